//! Method calls: which method a name means for a receiver.

use rustg_base::StringId;

use crate::hir::*;
use crate::items::{DefId, DefKind, def_flags};
use crate::traits::{Selection, VarKind};
use crate::types::{Ty, TyKind, known};

use super::{Adjust, Expect, Infer};

/// A method that fits: the item, the arguments of what is around it.
struct Pick {
    item: DefId,
    parent_args: Vec<Ty>,
}

impl Infer<'_> {
    pub(super) fn check_method(
        &mut self,
        id: ExprId,
        receiver: ExprId,
        name: StringId,
        generic: Option<Written>,
        arguments: &[ExprId],
        expect: Expect,
    ) -> Ty {
        let ty = self.check(receiver, Expect::Nothing);
        if self.solver.var_kind(ty).is_some() {
            self.process();
        }
        let ty = self.solver.resolve(ty);
        let span = self.span(id);
        if self.has_error(ty) {
            arguments.iter().for_each(|argument| _ = self.check(*argument, Expect::Nothing));
            return known::ERROR;
        }
        if let Some(kind) = self.solver.var_kind(ty) {
            let text = self.program().strings.get(name).to_owned();
            let shown = self.shown(ty);
            arguments.iter().for_each(|argument| _ = self.check(*argument, Expect::Nothing));
            match kind {
                VarKind::Any => self.error(self.span(receiver), "E0282", "type annotations needed"),
                _ => {
                    self.error(span, "E0689", format!("can't call method `{text}` on ambiguous numeric type `{shown}`"))
                }
            }
            return known::ERROR;
        }
        let Some((pick, steps)) = self.probe_method(ty, name) else {
            arguments.iter().for_each(|argument| _ = self.check(*argument, Expect::Nothing));
            let (text, shown) = (self.program().strings.get(name).to_owned(), self.shown(ty));
            self.error(
                span,
                "E0599",
                format!("no method named `{text}` found for type `{shown}` in the current scope"),
            );
            return known::ERROR;
        };
        self.adjust(receiver, &steps);
        let module = generic.map_or_else(|| self.solver.program.module_of(self.owner), |written| written.module);
        let scope = self.scope(module);
        let args = self.method_arguments(pick.item, &pick.parent_args, generic, None, &scope);
        let list: Vec<Ty> = self.types().list(args).to_vec();
        self.require_predicates(pick.item, &list, span);
        self.out.callees.insert(id, (pick.item, args));
        if self.program().has_flag(pick.item, def_flags::UNSAFE) {
            let name = self.program().path_of(pick.item);
            self.need_unsafe(id, &format!("call to unsafe function `{name}`"));
        }
        let signature = self.program().signature_of(pick.item);
        let parameters: Vec<Ty> =
            signature.parameters.iter().skip(1).map(|ty| self.types().substitute(*ty, &list)).collect();
        let parameters: Vec<Ty> = parameters.into_iter().map(|ty| self.solver.normalize(ty)).collect();
        let result = self.types().substitute(signature.result, &list);
        let result = self.solver.normalize(result);
        let hints = self.expect_result(result, &parameters, expect);
        self.check_arguments_with(&parameters, &hints, arguments, span);
        self.solver.shallow(result)
    }

    /// Looks by value, then by `&`, then by `&mut`, at each type that dereferencing gives, and at last at the slice of an array.
    fn probe_method(&mut self, ty: Ty, name: StringId) -> Option<(Pick, Vec<Adjust>)> {
        let candidates = self.program().assoc_by_name.get(&name).cloned().unwrap_or_default();
        let candidates: Vec<DefId> =
            candidates.into_iter().filter(|item| self.solver.program.has_flag(*item, def_flags::METHOD)).collect();
        if candidates.is_empty() {
            return None;
        }
        let mut steps: Vec<Adjust> = Vec::new();
        let mut at = self.solver.resolve(ty);
        for _ in 0..16 {
            if let Some(found) = self.probe_step(&candidates, at, &steps) {
                return Some(found);
            }
            if let TyKind::Array(element, _) = self.solver.kind(at) {
                let slice = self.intern(TyKind::Slice(element));
                let mut found = None;
                for is_mutable in [false, true] {
                    let by = self.types().reference(slice, is_mutable);
                    if let Some(pick) = self.pick(&candidates, by) {
                        found = Some((pick, is_mutable, by));
                        break;
                    }
                }
                let (pick, is_mutable, by) = found?;
                steps.extend([Adjust::Borrow(is_mutable), Adjust::To(by)]);
                return Some((pick, steps));
            }
            let (target, step) = self.autoderef(at)?;
            steps.push(step);
            at = target;
        }
        None
    }

    fn probe_step(&mut self, candidates: &[DefId], at: Ty, steps: &[Adjust]) -> Option<(Pick, Vec<Adjust>)> {
        let mut all = steps.to_vec();
        if let Some(pick) = self.pick(candidates, at) {
            // A mutable reference is lent again rather than moved.
            if let TyKind::Ref(_, true) = self.solver.kind(at) {
                all.extend([Adjust::Deref, Adjust::Borrow(true)]);
            }
            return Some((pick, all));
        }
        for is_mutable in [false, true] {
            let by = self.types().reference(at, is_mutable);
            if let Some(pick) = self.pick(candidates, by) {
                all.push(Adjust::Borrow(is_mutable));
                return Some((pick, all));
            }
        }
        None
    }

    /// The candidate whose `self` parameter is of exactly that type: inherent ones first.
    fn pick(&mut self, candidates: &[DefId], by: Ty) -> Option<Pick> {
        let module = self.solver.program.module_of(self.owner);
        for of_traits in [false, true] {
            for &item in candidates {
                let parent = self.program().def(item).parent?;
                let is_trait = self.program().def(parent).kind == DefKind::Trait;
                if is_trait != of_traits {
                    continue;
                }
                let visible_in = self.program().def(item).visible_in;
                if !self.program().is_visible(visible_in, module) {
                    continue;
                }
                let found =
                    if is_trait { self.fits_trait(item, parent, by, module) } else { self.fits_impl(item, parent, by) };
                if let Some(parent_args) = found {
                    return Some(Pick { item, parent_args });
                }
            }
        }
        None
    }

    fn fits_impl(&mut self, item: DefId, parent: DefId, by: Ty) -> Option<Vec<Ty>> {
        let header = self.program().header_of(parent)?;
        if header.trait_ref.is_some() {
            return None;
        }
        // A quick look at the type behind the reference.
        let mut behind = by;
        let signature = self.program().signature_of(item);
        let &wanted = signature.parameters.first()?;
        if let (TyKind::Ref(target, _), TyKind::Ref(..)) = (self.solver.kind(by), self.solver.kind(wanted)) {
            behind = target;
        }
        if matches!(self.solver.program.types.kind(wanted), TyKind::Ref(..))
            != matches!(self.solver.kind(by), TyKind::Ref(..))
            && !matches!(self.solver.program.types.kind(wanted), TyKind::Param(_) | TyKind::Ref(..))
            && !self.solver.may_unify(header.self_type, by)
        {
            return None;
        }
        if matches!(self.solver.program.types.kind(wanted), TyKind::Ref(..))
            && !self.solver.may_unify(header.self_type, behind)
            && wanted != header.self_type
        {
            return None;
        }
        let count = self.program().generics_of(parent).params.len();
        let fresh: Vec<Ty> = (0..count).map(|_| self.solver.fresh(VarKind::Any)).collect();
        let total = self.program().generics_of(item).params.len();
        let mut all = fresh.clone();
        all.extend((count..total).map(|_| self.solver.fresh(VarKind::Any)));
        let wanted = self.types().substitute(wanted, &all);
        let wanted = self.solver.normalize(wanted);
        let fits = self.solver.commit_if(|solver| solver.unify(wanted, by) && solver.impl_may_hold(parent, &fresh));
        fits.then_some(fresh)
    }

    fn fits_trait(&mut self, item: DefId, parent: DefId, by: Ty, module: DefId) -> Option<Vec<Ty>> {
        let signature = self.program().signature_of(item);
        let &wanted = signature.parameters.first()?;
        // `self`, `&self` or `&mut self`: what `Self` would be.
        let self_type = match (self.solver.program.types.kind(wanted), self.solver.kind(by)) {
            (TyKind::Param(0), _) => by,
            (TyKind::Ref(_, x), TyKind::Ref(target, y)) if x == y => target,
            _ => return None,
        };
        if self.solver.var_kind(self_type) == Some(VarKind::Any) || !self.trait_in_scope(parent, module, self_type) {
            return None;
        }
        let count = self.program().generics_of(parent).params.len();
        let mut items = vec![self_type];
        items.extend((1..count).map(|_| self.solver.fresh(VarKind::Any)));
        let args = self.types().args(&items);
        match self.solver.probe(|solver| solver.select(parent, args)) {
            Selection::No => None,
            _ => Some(items),
        }
    }
}
