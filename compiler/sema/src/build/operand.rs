//! Lists of operands in the order of their evaluation, and expressions that are constants.

use crate::hir::*;
use crate::infer::Adjust;
use crate::items::DefKind;
use crate::place::{Operand, Rvalue};

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
    fn is_own(&self, place: &crate::place::Place) -> bool {
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
            ExprKind::Path(_) => self.types.callees.get(&id).is_some_and(|(def, _)| {
                matches!(self.program.def(*def).kind, DefKind::Const | DefKind::Struct | DefKind::Variant | DefKind::Fn)
            }),
            _ => false,
        }
    }
}
