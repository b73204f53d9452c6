//! Patterns: tests and bindings. Arms are tried from the first to the last.

use rustg_base::Span;

use crate::hir::*;
use crate::items::DefKind;
use crate::place::BlockId;
use crate::place::{BorrowKind, Callee, Const, Operand, Place, Rvalue, Step, StmtKind, Terminator};
use crate::types::{IntTy, Ty, TyKind, known};

use super::Builder;

impl Builder<'_> {
    /// The place that patterns are matched against.
    pub(super) fn scrutinee(&mut self, id: ExprId, pats: &[PatId]) -> Place {
        let is_mutable = pats.iter().any(|pat| self.binds_mutably(*pat));
        let place = self.place_of(id, is_mutable);
        self.tested = self.hir.expr(id).span;
        place
    }

    fn binds_mutably(&self, pat: PatId) -> bool {
        if self.types.binding_refs.get(&pat).copied().flatten() == Some(true) {
            return true;
        }
        match &self.hir.pat(pat).kind {
            PatKind::Binding(_, _, Some(inner)) | PatKind::Ref(inner, _) => self.binds_mutably(*inner),
            PatKind::TupleStruct(_, pats) | PatKind::Tuple(pats) | PatKind::Slice(pats) | PatKind::Or(pats) => {
                pats.iter().any(|pat| self.binds_mutably(*pat))
            }
            PatKind::Record(_, fields, _) => fields.iter().any(|(_, pat)| self.binds_mutably(*pat)),
            _ => false,
        }
    }

    /// Goes on where a condition holds, and to `fail` where not; variables of `let` are bound.
    pub(super) fn condition(&mut self, id: ExprId, fail: BlockId) {
        let hir = self.hir.clone();
        match &hir.expr(id).kind {
            ExprKind::Logic(false, left, right) => {
                self.condition(*left, fail);
                self.condition(*right, fail);
            }
            ExprKind::Let(pat, value) => {
                let place = self.scrutinee(*value, &[*pat]);
                self.test(*pat, &place, fail);
                self.bind(*pat, place);
            }
            _ => {
                // Read before the temporaries end, which it may lie behind: `if *make().part()`.
                let span = hir.expr(id).span;
                let value = self.temp(known::BOOL, span);
                let mark = self.mark();
                self.expr_into(value.clone(), id);
                self.end_temporaries(mark, self.mark(), span);
                let value = Operand::Copy(value);
                let next = self.add_block();
                self.end(Terminator::Switch(value, known::BOOL, vec![(0, fail)], next));
                self.block = next;
            }
        }
    }

    /// Whether a variable of the pattern is declared `ref`.
    pub(super) fn binds_by_reference(&self, pat: PatId) -> bool {
        match &self.hir.pat(pat).kind {
            PatKind::Binding(_, Some(_), _) => true,
            PatKind::Binding(_, None, Some(inner)) | PatKind::Ref(inner, _) => self.binds_by_reference(*inner),
            PatKind::TupleStruct(_, pats) | PatKind::Tuple(pats) | PatKind::Slice(pats) | PatKind::Or(pats) => {
                pats.iter().any(|pat| self.binds_by_reference(*pat))
            }
            PatKind::Record(_, fields, _) => fields.iter().any(|(_, pat)| self.binds_by_reference(*pat)),
            _ => false,
        }
    }

    pub(super) fn match_into(&mut self, dest: Place, scrutinee: ExprId, arms: &[Arm], span: Span) {
        let pats: Vec<PatId> = arms.iter().map(|arm| arm.pattern).collect();
        let place = self.scrutinee(scrutinee, &pats);
        let tested = self.tested;
        let ty = self.adjusted_type(scrutinee);
        self.check_exhaustive(arms, ty, span);
        let join = self.add_block();
        for arm in arms {
            let next = self.add_block();
            self.open_scope();
            self.tested = tested;
            let outer_moves = std::mem::take(&mut self.pattern_moves);
            self.test(arm.pattern, &place, next);
            self.bind(arm.pattern, place.clone());
            let moves = std::mem::replace(&mut self.pattern_moves, outer_moves);
            if let Some(guard) = arm.guard {
                // A guard that does not hold leaves everything to the next arm.
                let fail = if moves.is_empty() { next } else { self.add_block() };
                self.condition(guard, fail);
                if fail != next {
                    let block = std::mem::replace(&mut self.block, fail);
                    for place in moves {
                        self.push(StmtKind::Unmoved(place), tested);
                    }
                    self.end(Terminator::Goto(next));
                    self.block = block;
                }
            }
            let mark = self.mark();
            self.expr_into(dest.clone(), arm.body);
            let span = self.hir.expr(arm.body).span;
            self.end_temporaries(mark, self.mark(), span);
            self.close_scope(span);
            self.end(Terminator::Goto(join));
            self.block = next;
        }
        self.end(Terminator::Unreachable);
        self.block = join;
    }

    fn through(&self, pat: PatId, place: &Place) -> Place {
        let count = self.types.pat_derefs.get(&pat).copied().unwrap_or(0);
        (0..count).fold(place.clone(), |place, _| place.then(Step::Deref))
    }

    /// What lies in the fields that a pattern of fields looks at: each with its place.
    fn fields(&self, pat: PatId, place: &Place) -> Vec<(PatId, Place)> {
        let place = self.through(pat, place);
        let ty = self.types.pat_types[pat.index()];
        let variant = |place: Place| match self.types.pat_paths.get(&pat) {
            Some((def, _)) if self.program.def(*def).kind == DefKind::Variant => {
                place.then(Step::Variant(self.program.def(*def).number))
            }
            _ => place,
        };
        match &self.hir.pat(pat).kind {
            PatKind::TupleStruct(_, pats) => {
                let count = self
                    .types
                    .pat_paths
                    .get(&pat)
                    .and_then(|(def, _)| self.program.fields.get(def))
                    .map_or(0, |fields| fields.len());
                self.sequence(pats, count, &variant(place), |number| Step::Field(number))
            }
            PatKind::Tuple(pats) => {
                let count = match self.program.types.kind(ty) {
                    TyKind::Tuple(items) => self.program.types.list(items).len(),
                    _ => 0,
                };
                self.sequence(pats, count, &place, Step::Field)
            }
            PatKind::Record(_, fields, _) => {
                let names = self.types.pat_paths.get(&pat).and_then(|(def, _)| self.program.fields.get(def)).cloned();
                let place = variant(place);
                let number = |name: &rustg_base::StringId| {
                    names.as_ref().and_then(|names| names.iter().position(|field| field.name == *name))
                };
                fields
                    .iter()
                    .filter_map(|(name, inner)| Some((*inner, place.clone().then(Step::Field(number(name)? as u32)))))
                    .collect()
            }
            PatKind::Slice(pats) => {
                let rest = pats.iter().position(|pat| self.hir.pat(*pat).kind == PatKind::Rest);
                let step = |at: usize| match rest {
                    Some(rest) if at > rest => Step::Element((pats.len() - at) as u32, true),
                    _ => Step::Element(at as u32, false),
                };
                (pats.iter().enumerate().filter(|(at, _)| Some(*at) != rest))
                    .map(|(at, pat)| (*pat, place.clone().then(step(at))))
                    .collect()
            }
            PatKind::Ref(inner, _) => vec![(*inner, place.then(Step::Deref))],
            PatKind::Binding(_, _, Some(inner)) => vec![(*inner, place)],
            _ => Vec::new(),
        }
    }

    fn sequence(&self, pats: &[PatId], count: usize, place: &Place, step: impl Fn(u32) -> Step) -> Vec<(PatId, Place)> {
        let rest = pats.iter().position(|pat| self.hir.pat(*pat).kind == PatKind::Rest);
        let number = |at: usize| match rest {
            Some(rest) if at > rest => count - (pats.len() - at),
            _ => at,
        };
        (pats.iter().enumerate().filter(|(at, _)| Some(*at) != rest))
            .map(|(at, pat)| (*pat, place.clone().then(step(number(at) as u32))))
            .collect()
    }

    fn branch(&mut self, value: Operand, ty: Ty, key: u128, fail: BlockId) {
        let next = self.add_block();
        self.end(Terminator::Switch(value, ty, vec![(key, next)], fail));
        self.block = next;
    }

    /// Goes on where the pattern matches, and to `fail` where not.
    pub(super) fn test(&mut self, pat: PatId, place: &Place, fail: BlockId) {
        let hir = self.hir.clone();
        let span = hir.pat(pat).span;
        let ty = self.types.pat_types[pat.index()];
        let here = self.through(pat, place);
        match &hir.pat(pat).kind {
            PatKind::Literal(value) => self.test_value(*value, here, ty, fail, span),
            PatKind::Range(start, end, inclusive) => {
                for (bound, op) in [(start, BinaryOp::Ge), (end, if *inclusive { BinaryOp::Le } else { BinaryOp::Lt })]
                {
                    let Some(bound) = bound else { continue };
                    let value = self.operand(*bound);
                    let holds = self.temp(known::BOOL, span);
                    self.assign(holds.clone(), Rvalue::Binary(op, ty, Operand::Copy(here.clone()), value), span);
                    let next = self.add_block();
                    self.end(Terminator::Switch(Operand::Copy(holds), known::BOOL, vec![(0, fail)], next));
                    self.block = next;
                }
            }
            PatKind::Path(_) | PatKind::TupleStruct(..) | PatKind::Record(..) => {
                if let Some(&(def, args)) = self.types.pat_paths.get(&pat) {
                    match self.program.def(def).kind {
                        DefKind::Variant => {
                            let parent = self.program.def(def).parent.expect("a variant stands in an enumeration");
                            if self.program.variants_of(parent).len() > 1 {
                                let isize = known::int(IntTy::Isize);
                                let number = self.temp(isize, span);
                                let tested = self.tested;
                                self.assign(number.clone(), Rvalue::Variant(here), tested);
                                let key = u128::from(self.program.def(def).number);
                                self.branch(Operand::Copy(number), isize, key, fail);
                            }
                        }
                        DefKind::Const => {
                            let constant = self.temp(ty, span);
                            self.assign(
                                constant.clone(),
                                Rvalue::Use(Operand::Const(Const::Item(def, args, ty))),
                                span,
                            );
                            self.test_equal(constant, here, ty, fail, span);
                        }
                        _ => {}
                    }
                }
                for (inner, place) in self.fields(pat, place) {
                    self.test(inner, &place, fail);
                }
            }
            PatKind::Slice(pats) => {
                let rest = pats.iter().any(|pat| hir.pat(*pat).kind == PatKind::Rest);
                if let TyKind::Slice(_) = self.program.types.kind(ty) {
                    let length = self.temp(known::USIZE, span);
                    self.assign(length.clone(), Rvalue::Length(here), span);
                    let wanted = self.bits((pats.len() - usize::from(rest)) as u128, known::USIZE);
                    let holds = self.temp(known::BOOL, span);
                    let op = if rest { BinaryOp::Ge } else { BinaryOp::Eq };
                    self.assign(holds.clone(), Rvalue::Binary(op, known::USIZE, Operand::Copy(length), wanted), span);
                    let next = self.add_block();
                    self.end(Terminator::Switch(Operand::Copy(holds), known::BOOL, vec![(0, fail)], next));
                    self.block = next;
                }
                for (inner, place) in self.fields(pat, place) {
                    self.test(inner, &place, fail);
                }
            }
            PatKind::Tuple(_) | PatKind::Ref(..) | PatKind::Binding(_, _, Some(_)) => {
                for (inner, place) in self.fields(pat, place) {
                    self.test(inner, &place, fail);
                }
            }
            PatKind::Or(pats) => {
                let join = self.add_block();
                for (at, inner) in pats.iter().enumerate() {
                    let next = if at + 1 == pats.len() { fail } else { self.add_block() };
                    self.test(*inner, place, next);
                    // Each alternative binds by itself.
                    self.bind(*inner, place.clone());
                    self.end(Terminator::Goto(join));
                    self.block = next;
                }
                self.block = join;
            }
            PatKind::Wild | PatKind::Rest | PatKind::Binding(..) => {}
        }
    }

    fn test_value(&mut self, value: ExprId, place: Place, ty: Ty, fail: BlockId, span: Span) {
        let constant = self.temp(ty, span);
        self.expr_into(constant.clone(), value);
        self.test_equal(constant, place, ty, fail, span);
    }

    fn test_equal(&mut self, constant: Place, place: Place, ty: Ty, fail: BlockId, span: Span) {
        let holds = self.temp(known::BOOL, span);
        if self.program.types.is_scalar(ty) {
            self.assign(
                holds.clone(),
                Rvalue::Binary(BinaryOp::Eq, ty, Operand::Copy(place), Operand::Copy(constant)),
                span,
            );
        } else {
            let name = self.program.strings.intern("eq");
            let method = self.program.lang_item("PartialEq").and_then(|id| self.program.assoc_item(id, name));
            let Some(method) = method else { return };
            let (mut compared, mut left, mut right) = (ty, place, constant);
            while let TyKind::Ref(target, _) = self.program.types.kind(compared) {
                (compared, left, right) = (target, left.then(Step::Deref), right.then(Step::Deref));
            }
            let by = self.program.types.reference(compared, false);
            let args = self.program.types.args(&[compared, compared]);
            let operands = [left, right].map(|place| {
                let temp = self.temp(by, span);
                self.assign(temp.clone(), Rvalue::Ref(BorrowKind::Shared, place), span);
                Operand::Copy(temp)
            });
            self.call(holds.clone(), Callee::Fn(method, args), operands.to_vec(), span);
        }
        let next = self.add_block();
        self.end(Terminator::Switch(Operand::Copy(holds), known::BOOL, vec![(0, fail)], next));
        self.block = next;
    }

    /// Binds the variables of a pattern that matches.
    pub(super) fn bind(&mut self, pat: PatId, place: Place) {
        let hir = self.hir.clone();
        let span = hir.pat(pat).span;
        match &hir.pat(pat).kind {
            PatKind::Binding(local, _, inner) => {
                let here = self.through(pat, &place);
                let dest = self.local_place(*local);
                self.push(crate::place::StmtKind::Dead(dest.local), span);
                let value = match self.types.binding_refs.get(&pat).copied().flatten() {
                    Some(is_mutable) => Rvalue::Ref(BorrowKind::written(is_mutable), here),
                    None => {
                        let ty = self.types.local_types[local.index()];
                        let value = self.take(here, ty);
                        if let Operand::Move(place) = &value {
                            self.pattern_moves.push(place.clone());
                        }
                        Rvalue::Use(value)
                    }
                };
                self.assign(dest, value, span);
                if let Some(inner) = inner {
                    self.bind(*inner, place);
                }
            }
            // Bound where they were tested.
            PatKind::Or(_) => {}
            _ => {
                for (inner, place) in self.fields(pat, &place) {
                    self.bind(inner, place);
                }
            }
        }
    }
}
