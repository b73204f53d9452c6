//! Lists of operands in the order of their evaluation, and expressions that are constants.

use std::rc::Rc;

use rustg_base::Span;

use crate::closures::{Closure, ClosureKind};
use crate::hir::*;
use crate::infer::Adjust;
use crate::items::DefKind;
use crate::place::{Const, Operand, Place, Rvalue, Step, Terminator};
use crate::types::{ClosureId, Ty, TyKind};

use super::Builder;

impl Builder<'_> {
    /// The values of expressions, from the first to the last: what a later one might change, and what stands behind a mutable borrow, is
    /// copied when its turn comes.
    pub(super) fn operands(&mut self, ids: &[ExprId]) -> Vec<Operand> {
        let last_impure = ids.iter().rposition(|id| !self.is_pure(*id));
        let first_mutable = ids.iter().position(|id| self.borrows_mutably(*id));
        let mut operands = Vec::with_capacity(ids.len());
        for (at, &id) in ids.iter().enumerate() {
            let value = self.operand(id);
            let is_pinned = last_impure.is_some_and(|last| at < last) || first_mutable.is_some_and(|first| at > first);
            operands.push(match &value {
                Operand::Copy(place) | Operand::Move(place) if is_pinned && !self.is_own(place) => {
                    let (ty, span) = (self.adjusted_type(id), self.hir.expr(id).span);
                    let temp = self.temp(ty, span);
                    self.assign(temp.clone(), Rvalue::Use(value), span);
                    self.take(temp, ty)
                }
                _ => value,
            });
        }
        operands
    }

    /// Whether a place is a temporary, which nothing else changes.
    fn is_own(&self, place: &Place) -> bool {
        place.steps.is_empty() && self.body.locals[place.local.0 as usize].name.is_none()
    }

    fn borrows_mutably(&self, id: ExprId) -> bool {
        let adjusted = self.types.adjustments.get(&id).is_some_and(|steps| steps.contains(&Adjust::Borrow(true)));
        adjusted || matches!(self.hir.expr(id).kind, ExprKind::Ref(true, _))
    }

    /// Whether evaluating an expression surely changes nothing.
    fn is_pure(&self, id: ExprId) -> bool {
        if self.borrows_mutably(id) {
            return false;
        }
        match &self.hir.expr(id).kind {
            ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Path(_) => true,
            ExprKind::Field(inner, _)
            | ExprKind::Cast(inner, _)
            | ExprKind::Deref(inner)
            | ExprKind::Ref(false, inner) => self.is_pure(*inner),
            ExprKind::Unary(_, inner) => !self.types.callees.contains_key(&id) && self.is_pure(*inner),
            ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
                !self.types.callees.contains_key(&id) && self.is_pure(*left) && self.is_pure(*right)
            }
            ExprKind::Tuple(items) => items.iter().all(|item| self.is_pure(*item)),
            _ => false,
        }
    }

    /// The place of a constant in global memory.
    pub(super) fn promoted(&mut self, id: ExprId, ty: Ty, span: Span) -> Place {
        let (owner, hir, types) = (self.owner, self.hir.clone(), self.types.clone());
        let mut inner = Builder::new(self.program, owner, hir, types);
        inner.declare(ty, None, true, span);
        inner.block = inner.add_block();
        inner.open_scope();
        inner.plain_into(Place::new(crate::place::Local(0)), id);
        inner.close_scope(span);
        inner.end(Terminator::Return);
        inner.drop_needless_ends();
        let body = inner.body;
        let promoted = ClosureId(self.program.closures.len() as u32);
        let parameters = self.program.types.tuple(&[]);
        self.program.closures.push(Closure {
            owner,
            index: ClosureIndex(u32::MAX),
            span,
            parameters,
            result: ty,
            expected: None,
            required: Vec::new(),
            kind: Some(ClosureKind::Fn),
            captures: Vec::new(),
            body: Some(Rc::new(body)),
        });
        let pointer = self.program.types.intern(TyKind::Ptr(ty, false));
        let temp = self.temp(pointer, span);
        self.assign(temp.clone(), Rvalue::Use(Operand::Const(Const::Promoted(promoted, pointer))), span);
        temp.then(Step::Deref)
    }

    /// Whether an expression is a constant that a reference may be lent of for ever.
    pub(super) fn is_promotable(&mut self, id: ExprId) -> bool {
        if self.types.adjustments.contains_key(&id) {
            return false;
        }
        let hir = self.hir.clone();
        match &hir.expr(id).kind {
            ExprKind::Literal(_) => true,
            ExprKind::Unary(_, inner) => !self.types.callees.contains_key(&id) && self.is_promotable(*inner),
            ExprKind::Cast(inner, _) | ExprKind::Repeat(inner, _) | ExprKind::Field(inner, _) => {
                self.is_promotable(*inner)
            }
            ExprKind::Ref(false, inner) => self.is_promotable(*inner),
            ExprKind::Binary(op, left, right) => {
                !matches!(op, BinaryOp::Div | BinaryOp::Rem)
                    && !self.types.callees.contains_key(&id)
                    && self.is_promotable(*left)
                    && self.is_promotable(*right)
            }
            ExprKind::Tuple(items) | ExprKind::Array(items) => items.iter().all(|item| self.is_promotable(*item)),
            ExprKind::Record(_, fields, None) => fields.iter().all(|(_, value, _)| self.is_promotable(*value)),
            ExprKind::Call(_, arguments) => {
                let is_constructor =
                    self.types.callees.get(&id).is_some_and(|(def, _)| {
                        matches!(self.program.def(*def).kind, DefKind::Struct | DefKind::Variant)
                    });
                is_constructor && arguments.iter().all(|argument| self.is_promotable(*argument))
            }
            ExprKind::Path(_) if self.types.const_params.contains_key(&id) => true,
            ExprKind::Path(_) => self.types.callees.get(&id).is_some_and(|(def, _)| {
                matches!(self.program.def(*def).kind, DefKind::Const | DefKind::Struct | DefKind::Variant | DefKind::Fn)
            }),
            _ => false,
        }
    }
}
