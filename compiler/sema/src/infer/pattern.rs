//! Types of patterns, and what they look through.

use crate::hir::*;
use crate::items::DefKind;
use crate::traits::VarKind;
use crate::types::{Ty, TyKind, known};

use super::{Expect, Infer};

impl Infer<'_> {
    /// Checks a pattern against values of type `ty`; `by` is how bindings refer to what they match, once a reference was looked through.
    pub(super) fn check_pat(&mut self, id: PatId, ty: Ty, by: Option<bool>) {
        let body = self.body.clone();
        let pat = body.pat(id);
        let mut ty = self.solver.shallow(ty);
        let mut by = by;
        // Patterns that are no reference patterns look through references.
        let looks = match &pat.kind {
            PatKind::TupleStruct(..)
            | PatKind::Record(..)
            | PatKind::Tuple(_)
            | PatKind::Slice(_)
            | PatKind::Range(..) => true,
            PatKind::Path(written) => !self.path_is_reference(*written),
            PatKind::Literal(value) => {
                !matches!(body.expr(*value).kind, ExprKind::Literal(Literal::Str(_) | Literal::Bytes(_)))
            }
            _ => false,
        };
        if looks {
            if self.solver.var_kind(ty) == Some(VarKind::Any) {
                self.process();
                ty = self.solver.shallow(ty);
            }
            let mut count = 0;
            while let TyKind::Ref(target, is_mutable) = self.solver.kind(ty) {
                ty = self.solver.shallow(target);
                by = Some(by.unwrap_or(true) && is_mutable);
                count += 1;
            }
            if count > 0 {
                self.out.pat_derefs.insert(id, count);
            }
        }
        self.out.pat_types[id.index()] = ty;
        match &pat.kind {
            PatKind::Wild | PatKind::Rest => {}
            PatKind::Binding(local, explicit, inner) => {
                let mode = match (explicit, by) {
                    (Some(is_mutable), _) => Some(*is_mutable),
                    (None, by) => by,
                };
                self.out.binding_refs.insert(id, mode);
                let bound = match mode {
                    Some(is_mutable) => self.types().reference(ty, is_mutable),
                    None => ty,
                };
                let known = self.out.local_types[local.index()];
                if !self.solver.unify(known, bound) {
                    self.mismatch(pat.span, known, bound);
                }
                if let Some(inner) = inner {
                    self.check_pat(*inner, ty, by);
                }
            }
            PatKind::Literal(value) => {
                let found = self.check(*value, Expect::Has(ty));
                if !self.solver.unify(found, ty) {
                    self.mismatch(pat.span, ty, found);
                }
            }
            PatKind::Range(start, end, _) => {
                for value in start.iter().chain(end) {
                    let found = self.check(*value, Expect::Has(ty));
                    if !self.solver.unify(found, ty) {
                        self.mismatch(pat.span, ty, found);
                    }
                }
            }
            PatKind::Path(written) => {
                let Some((def, found)) = self.pattern_path(id, *written, ty) else { return };
                let is_unit = match self.program().def(def).kind {
                    DefKind::Struct | DefKind::Variant => self.program().fields_of(def).is_empty(),
                    DefKind::Const => true,
                    _ => false,
                };
                if !is_unit {
                    self.error(pat.span, "E0532", "expected unit struct, unit variant or constant");
                }
                if !self.solver.unify(found, ty) {
                    self.mismatch(pat.span, ty, found);
                }
            }
            PatKind::TupleStruct(written, pats) => {
                let Some((def, found)) = self.pattern_path(id, *written, ty) else {
                    return self.check_pats_error(pats);
                };
                if !self.solver.unify(found, ty) {
                    self.mismatch(pat.span, ty, found);
                    return self.check_pats_error(pats);
                }
                let types = self.field_types(def, ty);
                self.check_sequence(pats, &types, by, pat.span);
            }
            PatKind::Record(written, fields, has_rest) => {
                let Some((def, found)) = self.pattern_path(id, *written, ty) else { return };
                if !self.solver.unify(found, ty) {
                    return self.mismatch(pat.span, ty, found);
                }
                let types = self.field_types(def, ty);
                let names = self.program().fields_of(def);
                for (name, inner) in fields {
                    match names.iter().position(|field| field.name == *name) {
                        Some(at) => self.check_pat(*inner, types[at], by),
                        None => {
                            let name = self.program().strings.get(*name).to_owned();
                            self.error(pat.span, "E0026", format!("no field named `{name}`"));
                            self.check_pat(*inner, known::ERROR, by);
                        }
                    }
                }
                if !has_rest
                    && let Some(missing) =
                        names.iter().find(|field| !fields.iter().any(|(name, _)| *name == field.name))
                {
                    let name = self.program().strings.get(missing.name).to_owned();
                    self.error(pat.span, "E0027", format!("pattern does not mention field `{name}`"));
                }
            }
            PatKind::Tuple(pats) => {
                if self.solver.var_kind(ty).is_some() {
                    if pats.iter().any(|pat| body.pat(*pat).kind == PatKind::Rest) {
                        return self.error(pat.span, "E0282", "type annotations needed");
                    }
                    let fresh: Vec<Ty> = pats.iter().map(|_| self.solver.fresh(VarKind::Any)).collect();
                    let tuple = self.types().tuple(&fresh);
                    self.solver.unify(ty, tuple);
                }
                match self.solver.kind(ty) {
                    TyKind::Tuple(items) => {
                        let items: Vec<Ty> = self.types().list(items).to_vec();
                        self.check_sequence(pats, &items, by, pat.span);
                    }
                    _ => {
                        let fresh: Vec<Ty> = pats.iter().map(|_| self.solver.fresh(VarKind::Any)).collect();
                        let tuple = self.types().tuple(&fresh);
                        self.mismatch(pat.span, ty, tuple);
                        self.check_pats_error(pats);
                    }
                }
            }
            PatKind::Ref(inner, is_mutable) => {
                let target = match self.solver.kind(ty) {
                    TyKind::Ref(target, found) if found == *is_mutable => target,
                    TyKind::Infer(_) => {
                        let target = self.solver.fresh(VarKind::Any);
                        let reference = self.types().reference(target, *is_mutable);
                        self.solver.unify(ty, reference);
                        target
                    }
                    TyKind::Error => known::ERROR,
                    _ => {
                        let target = self.solver.fresh(VarKind::Any);
                        let reference = self.types().reference(target, *is_mutable);
                        self.mismatch(pat.span, ty, reference);
                        known::ERROR
                    }
                };
                if by.is_some() {
                    self.refuse(pat.span, "a reference pattern behind a reference that was looked through");
                }
                self.check_pat(*inner, target, None);
            }
            PatKind::Slice(pats) => {
                let element = match self.solver.kind(ty) {
                    TyKind::Array(element, length) => {
                        let rests = pats.iter().filter(|pat| self.is_rest(**pat)).count();
                        if let TyKind::Const(length) = self.solver.kind(length)
                            && (if rests > 0 {
                                pats.len() - 1 > length as usize
                            } else {
                                pats.len() != length as usize
                            })
                        {
                            self.error(
                                pat.span,
                                "E0527",
                                format!("pattern requires {} elements but array has {length}", pats.len() - rests),
                            );
                        }
                        element
                    }
                    TyKind::Slice(element) => element,
                    TyKind::Error => known::ERROR,
                    _ => {
                        let name = self.shown(ty);
                        self.error(pat.span, "E0529", format!("expected an array or slice, found `{name}`"));
                        known::ERROR
                    }
                };
                for inner in pats {
                    if self.is_rest(*inner) {
                        if !matches!(body.pat(*inner).kind, PatKind::Rest) {
                            self.refuse(body.pat(*inner).span, "a binding of the rest of a slice pattern");
                        }
                        continue;
                    }
                    self.check_pat(*inner, element, by);
                }
            }
            PatKind::Or(pats) => pats.iter().for_each(|inner| self.check_pat(*inner, ty, by)),
        }
    }

    fn is_rest(&self, id: PatId) -> bool {
        match &self.body.pat(id).kind {
            PatKind::Rest => true,
            PatKind::Binding(_, _, Some(inner)) => matches!(self.body.pat(*inner).kind, PatKind::Rest),
            _ => false,
        }
    }

    fn check_pats_error(&mut self, pats: &[PatId]) {
        for pat in pats {
            self.check_pat(*pat, known::ERROR, None);
        }
    }

    fn check_sequence(&mut self, pats: &[PatId], types: &[Ty], by: Option<bool>, span: rustg_base::Span) {
        let rest = pats.iter().position(|pat| self.body.pat(*pat).kind == PatKind::Rest);
        let fits = match rest {
            Some(_) => pats.len() - 1 <= types.len(),
            None => pats.len() == types.len(),
        };
        if !fits {
            self.error(
                span,
                "E0023",
                format!("this pattern has {} fields, but the value has {}", pats.len(), types.len()),
            );
            return self.check_pats_error(pats);
        }
        for (at, pat) in pats.iter().enumerate() {
            match rest {
                Some(rest) if at == rest => {}
                Some(rest) if at > rest => self.check_pat(*pat, types[types.len() - (pats.len() - at)], by),
                _ => self.check_pat(*pat, types[at], by),
            }
        }
    }

    /// The types of a structure's or variant's fields where the value is of type `ty`.
    pub(super) fn field_types(&mut self, def: crate::items::DefId, ty: Ty) -> Vec<Ty> {
        let args: Vec<Ty> = match self.solver.kind(ty) {
            TyKind::Adt(_, args) => self.types().list(args).to_vec(),
            _ => Vec::new(),
        };
        let fields = self.program().fields_of(def);
        let types: Vec<Ty> = fields.iter().map(|field| self.types().substitute(field.ty, &args)).collect();
        types.into_iter().map(|ty| self.solver.normalize(ty)).collect()
    }

    fn path_is_reference(&mut self, written: Written) -> bool {
        let Some((def, _)) = self.resolve_value_quietly(written) else { return false };
        if self.program().def(def).kind != DefKind::Const {
            return false;
        }
        let ty = self.program().item_type(def);
        matches!(self.solver.kind(ty), TyKind::Ref(..))
    }

    /// What a pattern's path means, and the type that its values have.
    fn pattern_path(&mut self, id: PatId, written: Written, expected: Ty) -> Option<(crate::items::DefId, Ty)> {
        let span = self.body.pat(id).span;
        let (def, args) = self.resolve_constructor(written, span)?;
        let ty = match self.program().def(def).kind {
            DefKind::Const => {
                let list: Vec<Ty> = self.types().list(args).to_vec();
                let ty = self.program().item_type(def);
                let ty = self.types().substitute(ty, &list);
                self.solver.normalize(ty)
            }
            DefKind::Variant => {
                let parent = self.program().def(def).parent.expect("a variant stands in an enumeration");
                self.intern(TyKind::Adt(parent, args))
            }
            DefKind::Struct | DefKind::Union => self.intern(TyKind::Adt(def, args)),
            _ => {
                self.error(span, "E0532", "expected a structure, variant or constant");
                return None;
            }
        };
        let _ = expected;
        self.out.pat_paths.insert(id, (def, args));
        Some((def, ty))
    }
}
