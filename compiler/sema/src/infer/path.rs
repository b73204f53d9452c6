//! What paths in bodies mean.

use rustg_base::{Span, StringId};

use crate::hir::*;
use crate::items::{DefId, DefKind};
use crate::resolve::{Res, Space};
use crate::signatures::{HOLE, Predicate, TypeScope};
use crate::source::{PathText, Segment};
use crate::traits::{Selection, VarKind};
use crate::types::{Args, Ty, TyKind, known};

use super::{ExprId, Infer};

impl Infer<'_> {
    pub(super) fn check_path(&mut self, id: ExprId, written: Written) -> Ty {
        let span = self.span(id);
        let (file, owner) = (self.file, self.owner);
        let text = self.solver.program.file(file).node_text(written.node);
        if let Some(name) = self.solver.program.strings.find(text)
            && let Some(ty) = self.program().param_named(owner, name)
            && let TyKind::Param(index) = self.program().types.kind(ty)
            && let Some(ty) = self.program().const_param_type(owner, index)
        {
            self.out.const_params.insert(id, index);
            return ty;
        }
        let Some((def, args)) = self.resolve_value(written, span, false) else { return known::ERROR };
        self.out.callees.insert(id, (def, args));
        let list: Vec<Ty> = self.types().list(args).to_vec();
        match self.program().def(def).kind {
            DefKind::Fn => {
                self.require_predicates(def, &list, span);
                self.intern(TyKind::FnDef(def, args))
            }
            DefKind::Const | DefKind::Static => {
                if self.program().has_flag(def, crate::items::def_flags::MUTABLE) {
                    self.need_unsafe(id, "use of mutable static");
                }
                let ty = self.program().item_type(def);
                let ty = self.types().substitute(ty, &list);
                self.solver.normalize(ty)
            }
            DefKind::Struct | DefKind::Variant => {
                let has_fields = !self.program().fields_of(def).is_empty() || self.program().is_tuple_like(def);
                if has_fields {
                    return self.intern(TyKind::FnDef(def, args));
                }
                let adt = if self.program().def(def).kind == DefKind::Variant {
                    self.program().def(def).parent.expect("a variant stands in an enumeration")
                } else {
                    def
                };
                self.intern(TyKind::Adt(adt, args))
            }
            DefKind::Refused(what) => self.refuse(span, what),
            _ => {
                self.error(span, "E0423", "expected a value");
                known::ERROR
            }
        }
    }

    pub(super) fn resolve_value_quietly(&mut self, written: Written) -> Option<(DefId, Args)> {
        self.resolve_value(written, Span::default(), true)
    }

    /// What a path means as a value: the definition and its generic arguments.
    fn resolve_value(&mut self, written: Written, span: Span, quiet: bool) -> Option<(DefId, Args)> {
        let scope = self.scope(written.module);
        let file = self.file;
        let program = &mut *self.solver.program;
        let path = program.files[file.0 as usize].path(&mut program.strings, written.node);
        if let Some(anchor) = path.anchor {
            let (base, trait_ref) = program.lower_anchor(&scope, anchor, &path);
            let segment = *path.segments.last()?;
            let base = self.fill_holes(base);
            return match trait_ref {
                Some((trait_id, args)) => {
                    let list: Vec<Ty> = self.types().list(args).to_vec();
                    let list: Vec<Ty> = list.into_iter().map(|ty| self.fill_holes(ty)).collect();
                    let args = self.types().args(&list);
                    self.trait_value(trait_id, args, segment, &scope, span)
                }
                None => self.assoc_value(base, segment, &scope, span, quiet),
            };
        }
        let scope = TypeScope { infers: true, ..scope };
        let names: Vec<StringId> = path.segments.iter().map(|segment| segment.name).collect();
        // A path without a name: the parser has said what is wrong.
        if names.is_empty() {
            return None;
        }
        let is_type_word = names[0] == self.solver.program.names.self_type
            || (!path.is_global && names.len() > 1 && self.solver.program.param_named(self.owner, names[0]).is_some());
        let found = if is_type_word {
            None
        } else {
            Some(self.solver.program.resolve_names(written.module, &names, path.is_global, Space::Values))
        };
        match found {
            Some(Ok((Res::Def(def), 0))) => self.with_arguments(def, &path, &scope, span),
            Some(Ok((Res::Def(def), 1))) if self.program().def(def).kind == DefKind::Trait => {
                let generics = self.program().generics_of(def);
                let mut items = vec![self.solver.fresh(VarKind::Any)];
                if let Some(list) = path.segments[names.len() - 2].arguments {
                    self.program().read_arguments(&scope, list, &mut items);
                }
                while items.len() < generics.params.len() {
                    items.push(self.solver.fresh(VarKind::Any));
                }
                let items: Vec<Ty> = items.into_iter().map(|ty| self.fill_holes(ty)).collect();
                let args = self.types().args(&items);
                self.trait_value(def, args, *path.segments.last()?, &scope, span)
            }
            Some(Err(unresolved)) => {
                if !quiet {
                    self.program().report_unresolved(&scope, &names, unresolved, "value", span);
                }
                None
            }
            _ => {
                let prefix = PathText {
                    segments: path.segments[..names.len() - 1].to_vec(),
                    anchor: None,
                    is_global: path.is_global,
                };
                if prefix.segments.is_empty() {
                    // `Self` as a constructor.
                    let ty = self.program().self_type(scope.owner)?;
                    return match self.solver.kind(ty) {
                        TyKind::Adt(def, args) => Some((def, args)),
                        _ => None,
                    };
                }
                let (ty, left) = self.program().lower_type_prefix(&scope, &prefix, span)?;
                let mut ty = self.fill_holes(ty);
                for segment in &prefix.segments[prefix.segments.len() - left..] {
                    let name = segment.name;
                    ty = self.assoc_type_in_body(ty, name, span)?;
                }
                self.assoc_value(ty, *path.segments.last()?, &scope, span, quiet)
            }
        }
    }

    fn assoc_type_in_body(&mut self, ty: Ty, name: StringId, span: Span) -> Option<Ty> {
        let env = self.solver.env.clone();
        for predicate in env.iter() {
            if let Predicate::Trait(trait_id, args) = *predicate
                && self.types().list(args)[0] == ty
                && let Some(item) = self.program().assoc_item(trait_id, name)
            {
                let projection = self.intern(TyKind::Projection(item, args));
                return Some(self.solver.normalize(projection));
            }
        }
        self.refuse(span, "this associated type in a path");
        None
    }

    /// The item's generic arguments as the path writes them.
    fn with_arguments(&mut self, def: DefId, path: &PathText, scope: &TypeScope, span: Span) -> Option<(DefId, Args)> {
        let last = path.segments.len() - 1;
        let kind = self.program().def(def).kind;
        let (owner, segment) = match kind {
            DefKind::Variant => {
                let segment = match path.segments[last].arguments {
                    None if last > 0 => path.segments[last - 1],
                    _ => path.segments[last],
                };
                (self.program().def(def).parent.expect("a variant stands in an enumeration"), segment)
            }
            _ => (def, path.segments[last]),
        };
        let args = self.program().generic_arguments(scope, owner, segment, span);
        let list: Vec<Ty> = self.types().list(args).to_vec();
        let list: Vec<Ty> = list.into_iter().map(|ty| self.fill_holes(ty)).collect();
        Some((def, self.types().args(&list)))
    }

    /// The item's arguments: those of what is around it, then those that the segment writes or new variables.
    pub(super) fn method_arguments(
        &mut self,
        item: DefId,
        parent: &[Ty],
        arguments: Option<Written>,
        segment: Option<Segment>,
        scope: &TypeScope,
    ) -> Args {
        let generics = self.program().generics_of(item);
        let mut items = parent.to_vec();
        let list = arguments.map(|written| written.node).or(segment.and_then(|segment| segment.arguments));
        if let Some(list) = list {
            self.program().read_arguments(scope, list, &mut items);
        }
        items.truncate(generics.params.len());
        while items.len() < generics.params.len() {
            items.push(self.intern(TyKind::Infer(HOLE)));
        }
        let items: Vec<Ty> = items.into_iter().map(|ty| self.fill_holes(ty)).collect();
        self.types().args(&items)
    }

    fn trait_value(
        &mut self,
        trait_id: DefId,
        args: Args,
        segment: Segment,
        scope: &TypeScope,
        span: Span,
    ) -> Option<(DefId, Args)> {
        let Some(item) = self.program().assoc_item(trait_id, segment.name) else {
            let name = self.program().strings.get(segment.name).to_owned();
            self.error(span, "E0576", format!("cannot find method or associated constant `{name}` in this trait"));
            return None;
        };
        self.require(Predicate::Trait(trait_id, args), span);
        let parent: Vec<Ty> = self.types().list(args).to_vec();
        Some((item, self.method_arguments(item, &parent, None, Some(segment), scope)))
    }

    /// `ty::name` as a value.
    fn assoc_value(
        &mut self,
        ty: Ty,
        segment: Segment,
        scope: &TypeScope,
        span: Span,
        quiet: bool,
    ) -> Option<(DefId, Args)> {
        let ty = self.solver.resolve(ty);
        if self.has_error(ty) {
            return None;
        }
        if let TyKind::Adt(def, args) = self.solver.kind(ty)
            && self.program().def(def).kind == DefKind::Enum
        {
            let variants = self.program().variants_of(def).to_vec();
            if let Some(variant) =
                variants.into_iter().find(|variant| self.solver.program.def(*variant).name == segment.name)
            {
                return Some((variant, args));
            }
        }
        let candidates = self.program().assoc_by_name.get(&segment.name).cloned().unwrap_or_default();
        let module = scope.module;
        let mut private = false;
        for &item in &candidates {
            let Some(parent) = self.program().def(item).parent else { continue };
            if self.program().def(parent).kind != DefKind::Impl {
                continue;
            }
            let Some(header) = self.program().header_of(parent) else { continue };
            if header.trait_ref.is_some() || !self.solver.may_unify(header.self_type, ty) {
                continue;
            }
            let count = self.program().generics_of(parent).params.len();
            let fresh: Vec<Ty> = (0..count).map(|_| self.solver.fresh(VarKind::Any)).collect();
            let self_type = self.types().substitute(header.self_type, &fresh);
            if !self.solver.commit_if(|solver| solver.unify(self_type, ty)) {
                continue;
            }
            let visible_in = self.program().def(item).visible_in;
            if !self.program().is_visible(visible_in, module) {
                private = true;
                continue;
            }
            return Some((item, self.method_arguments(item, &fresh, None, Some(segment), scope)));
        }
        for &item in &candidates {
            let Some(parent) = self.program().def(item).parent else { continue };
            if self.program().def(parent).kind != DefKind::Trait || !self.trait_in_scope(parent, module, ty) {
                continue;
            }
            let count = self.program().generics_of(parent).params.len();
            let mut items = vec![ty];
            items.extend((1..count).map(|_| self.solver.fresh(VarKind::Any)));
            let args = self.types().args(&items);
            if matches!(self.solver.probe(|solver| solver.select(parent, args)), Selection::No) {
                continue;
            }
            return self.trait_value(parent, args, segment, scope, span);
        }
        if !quiet {
            let (name, owner) = (self.program().strings.get(segment.name).to_owned(), self.shown(ty));
            if private {
                self.error(span, "E0624", format!("associated item `{name}` is private"));
            } else {
                self.error(
                    span,
                    "E0599",
                    format!("no function or associated item named `{name}` found for type `{owner}`"),
                );
            }
        }
        None
    }

    /// Whether a trait's items can be named without it: it is imported, in the prelude, or a bound of the type.
    pub(super) fn trait_in_scope(&mut self, trait_id: DefId, module: DefId, ty: Ty) -> bool {
        let env = self.solver.env.clone();
        for predicate in env.iter() {
            if let Predicate::Trait(known, args) = predicate
                && *known == trait_id
                && self.solver.shallow(self.solver.program.types.list(*args)[0]) == self.solver.shallow(ty)
            {
                return true;
            }
        }
        let program = &*self.solver.program;
        let is_in = |module: DefId| {
            program
                .scopes
                .get(&module)
                .is_some_and(|scope| scope.types.values().any(|entry| entry.res == Res::Def(trait_id)))
        };
        let mut at = module;
        loop {
            if is_in(at) {
                return true;
            }
            if program.def(at).number != 1 {
                break;
            }
            at = program.module_of(program.def(at).parent.expect("a block stands in a module"));
        }
        program.prelude.is_some_and(is_in)
    }

    /// What the path of a structure expression or pattern means.
    pub(super) fn resolve_constructor(&mut self, written: Written, span: Span) -> Option<(DefId, Args)> {
        let scope = TypeScope { infers: true, ..self.scope(written.module) };
        let file = self.file;
        let program = &mut *self.solver.program;
        let path = program.files[file.0 as usize].path(&mut program.strings, written.node);
        let names: Vec<StringId> = path.segments.iter().map(|segment| segment.name).collect();
        if path.anchor.is_none() && !names.is_empty() && names[0] != program.names.self_type {
            for space in [Space::Values, Space::Types] {
                if let Ok((Res::Def(def), 0)) =
                    self.solver.program.resolve_names(written.module, &names, path.is_global, space)
                {
                    match self.program().def(def).kind {
                        DefKind::Struct | DefKind::Variant | DefKind::Const | DefKind::Union => {
                            return self.with_arguments(def, &path, &scope, span);
                        }
                        DefKind::TypeAlias => {
                            let args = self.program().generic_arguments(&scope, def, *path.segments.last()?, span);
                            let list: Vec<Ty> = self.types().list(args).to_vec();
                            let ty = self.program().item_type(def);
                            let ty = self.types().substitute(ty, &list);
                            let ty = self.fill_holes(ty);
                            if let TyKind::Adt(def, args) = self.solver.kind(ty) {
                                return Some((def, args));
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        self.resolve_value(written, span, false)
    }
}
