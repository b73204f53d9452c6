//! Places of expressions, and adjustments.

use crate::hir::*;
use crate::infer::Adjust;
use crate::items::DefKind;
use crate::place::{BorrowKind, Callee, Const, Operand, Place, Rvalue, Step, StmtKind};
use crate::types::{Ty, TyKind, known};

use super::Builder;

impl Builder<'_> {
    pub(super) fn ty(&self, id: ExprId) -> Ty {
        self.types.expr_types[id.index()]
    }

    /// The type of an expression after its adjustments.
    pub(super) fn adjusted_type(&mut self, id: ExprId) -> Ty {
        let mut ty = self.ty(id);
        let types = self.types.clone();
        for step in types.adjustments.get(&id).map_or(&[][..], Vec::as_slice) {
            ty = match *step {
                Adjust::Deref => self.target(ty),
                Adjust::Overloaded(target) | Adjust::To(target) => target,
                Adjust::Borrow(is_mutable) => self.program.types.reference(ty, is_mutable),
            };
        }
        ty
    }

    pub(super) fn target(&self, ty: Ty) -> Ty {
        match self.program.types.kind(ty) {
            TyKind::Ref(target, _) | TyKind::Ptr(target, _) => target,
            _ => known::ERROR,
        }
    }

    pub(super) fn is_place(&self, id: ExprId) -> bool {
        match &self.hir.expr(id).kind {
            ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => true,
            ExprKind::Path(_) => {
                self.types.callees.get(&id).is_some_and(|(def, _)| self.program.def(*def).kind == DefKind::Static)
            }
            _ => false,
        }
    }

    /// Where the value of an expression is written: of a block, its last expression.
    pub(super) fn value_span(&self, id: ExprId) -> rustg_base::Span {
        match &self.hir.expr(id).kind {
            ExprKind::Block(_, Some(tail), _) => self.value_span(*tail),
            _ => self.hir.expr(id).span,
        }
    }

    /// The place of an expression after its adjustments; values get a temporary.
    pub(super) fn place_of(&mut self, id: ExprId, is_mutable: bool) -> Place {
        let types = self.types.clone();
        let span = self.value_span(id);
        let steps = types.adjustments.get(&id).map_or(&[][..], Vec::as_slice);
        let wants_mutable = steps.iter().rev().find_map(|step| match step {
            Adjust::Borrow(is_mutable) => Some(*is_mutable),
            _ => None,
        });
        let mut ty = self.ty(id);
        let mut place = self.raw_place(id, wants_mutable.unwrap_or(is_mutable));
        for step in steps {
            match *step {
                Adjust::Deref => {
                    place = place.then(Step::Deref);
                    ty = self.target(ty);
                }
                Adjust::Overloaded(target) => {
                    place = self.overloaded_deref(place, ty, target, wants_mutable.unwrap_or(is_mutable), span);
                    ty = target;
                }
                Adjust::Borrow(is_mutable) => {
                    ty = self.program.types.reference(ty, is_mutable);
                    let temp = self.temp(ty, span);
                    self.assign(temp.clone(), Rvalue::Ref(BorrowKind::adjusted(is_mutable), place), span);
                    place = temp;
                }
                Adjust::To(target) => {
                    // What is referred to is lent again; the reference itself stays.
                    let value = Operand::Copy(place);
                    let temp = self.temp(target, span);
                    self.assign(temp.clone(), Rvalue::Cast(ty, target, value), span);
                    (place, ty) = (temp, target);
                }
            }
        }
        place
    }

    /// `*Deref::deref(&place)`
    fn overloaded_deref(
        &mut self,
        place: Place,
        ty: Ty,
        target: Ty,
        is_mutable: bool,
        span: rustg_base::Span,
    ) -> Place {
        let (trait_name, method) = if is_mutable { ("DerefMut", "deref_mut") } else { ("Deref", "deref") };
        let by = self.program.types.reference(ty, is_mutable);
        let reference = self.temp(by, span);
        self.assign(reference.clone(), Rvalue::Ref(BorrowKind::written(is_mutable), place), span);
        let result = self.program.types.reference(target, is_mutable);
        let result = self.temp(result, span);
        let method = self.program.strings.intern(method);
        let found = self.program.lang_item(trait_name).and_then(|trait_id| self.program.assoc_item(trait_id, method));
        if let Some(item) = found {
            let args = self.program.types.args(&[ty]);
            let argument = if is_mutable { Operand::Move(reference) } else { Operand::Copy(reference) };
            self.call(result.clone(), Callee::Fn(item, args), vec![argument], span);
        }
        result.then(Step::Deref)
    }

    fn raw_place(&mut self, id: ExprId, is_mutable: bool) -> Place {
        let hir = self.hir.clone();
        let expr = hir.expr(id);
        match &expr.kind {
            ExprKind::Local(local) => self.local_place(*local),
            ExprKind::Field(inner, _) => {
                let number = self.types.field_numbers.get(&id).copied().unwrap_or(0);
                self.place_of(*inner, is_mutable).then(Step::Field(number))
            }
            ExprKind::Deref(inner) => {
                let place = self.place_of(*inner, is_mutable);
                // Dereferencing by the trait is an adjustment of the operand.
                if self.types.field_numbers.contains_key(&id) { place } else { place.then(Step::Deref) }
            }
            ExprKind::Index(base, index) => match self.types.callees.get(&id).copied() {
                None => {
                    let place = self.place_of(*base, is_mutable);
                    let value = self.operand(*index);
                    let slot = self.temp(known::USIZE, expr.span);
                    self.assign(slot.clone(), Rvalue::Use(value), expr.span);
                    self.push(StmtKind::CheckIndex(Operand::Copy(slot.clone()), place.clone()), expr.span);
                    place.then(Step::Index(slot.local))
                }
                Some((method, args)) => {
                    let list: Vec<Ty> = self.program.types.list(args).to_vec();
                    let mut place = self.place_of(*base, is_mutable);
                    let mut by = self.program.types.reference(list[0], is_mutable);
                    let reference = self.temp(by, expr.span);
                    let base_type = self.adjusted_type(*base);
                    if let TyKind::Array(..) = self.program.types.kind(base_type) {
                        // An array is indexed as its slice.
                        let array = self.program.types.reference(base_type, is_mutable);
                        let temp = self.temp(array, expr.span);
                        self.assign(temp.clone(), Rvalue::Ref(BorrowKind::written(is_mutable), place), expr.span);
                        self.assign(reference.clone(), Rvalue::Cast(array, by, Operand::Copy(temp)), expr.span);
                    } else {
                        self.assign(reference.clone(), Rvalue::Ref(BorrowKind::written(is_mutable), place), expr.span);
                    }
                    let value = self.operand(*index);
                    let method = if is_mutable {
                        let name = self.program.strings.intern("index_mut");
                        self.program
                            .lang_item("IndexMut")
                            .and_then(|id| self.program.assoc_item(id, name))
                            .unwrap_or(method)
                    } else {
                        method
                    };
                    by = self.ty(id);
                    let result = self.program.types.reference(by, is_mutable);
                    let result = self.temp(result, expr.span);
                    let argument = if is_mutable { Operand::Move(reference) } else { Operand::Copy(reference) };
                    self.call(result.clone(), Callee::Fn(method, args), vec![argument, value], expr.span);
                    place = result.then(Step::Deref);
                    place
                }
            },
            ExprKind::Path(_) if self.is_place(id) => {
                let (def, _) = self.types.callees[&id];
                let ty = self.ty(id);
                let pointer = self.program.types.intern(TyKind::Ptr(ty, true));
                let temp = self.temp(pointer, expr.span);
                self.assign(temp.clone(), Rvalue::Use(Operand::Const(Const::Static(def, pointer))), expr.span);
                temp.then(Step::Deref)
            }
            _ => {
                let ty = self.ty(id);
                if self.promotes && !is_mutable && self.is_promotable(id) {
                    return self.promoted(id, ty, expr.span);
                }
                let temp = self.temp(ty, expr.span);
                self.body.locals[temp.local.0 as usize].is_promoted = self.is_promotable(id);
                self.plain_into(temp.clone(), id);
                self.keep(id, &temp);
                temp
            }
        }
    }

    pub(super) fn local_place(&mut self, local: LocalId) -> Place {
        if let Some(&slot) = self.locals.get(&local) {
            return Place::new(slot);
        }
        let declared = self.hir.locals[local.index()];
        let ty = self.types.local_types[local.index()];
        let slot = self.declare(ty, Some(declared.name), declared.is_mutable, declared.span);
        self.locals.insert(local, slot);
        if declared.closure == self.closure {
            self.scopes.last_mut().expect("a body has a scope").push(slot);
        } else {
            self.outer.push((slot, local));
        }
        Place::new(slot)
    }

    /// The value of an expression.
    pub(super) fn operand(&mut self, id: ExprId) -> Operand {
        let ty = self.adjusted_type(id);
        let is_adjusted = self.types.adjustments.contains_key(&id);
        if !is_adjusted && let Some(constant) = self.constant(id) {
            return Operand::Const(constant);
        }
        let place = if is_adjusted || self.is_place(id) {
            self.place_of(id, false)
        } else {
            let temp = self.temp(ty, self.hir.expr(id).span);
            self.plain_into(temp.clone(), id);
            temp
        };
        self.take(place, ty)
    }

    fn constant(&mut self, id: ExprId) -> Option<Const> {
        let ty = self.ty(id);
        match &self.hir.expr(id).kind {
            ExprKind::Literal(literal) => self.literal(&literal.clone(), ty, false),
            _ => None,
        }
    }

    pub(super) fn literal(&mut self, literal: &Literal, ty: Ty, is_negative: bool) -> Option<Const> {
        Some(match literal {
            Literal::Int(value, _) => match self.program.types.kind(ty) {
                TyKind::Float(bits) => {
                    Const::Bits(u128::from(crate::literal::float_bits(&value.to_string(), bits)?), ty)
                }
                _ => Const::Bits(if is_negative { value.wrapping_neg() } else { *value }, ty),
            },
            Literal::Float(digits, _) => {
                let TyKind::Float(bits) = self.program.types.kind(ty) else { return None };
                Const::Bits(u128::from(crate::literal::float_bits(digits, bits)?), ty)
            }
            Literal::Bool(value) => Const::Bits(u128::from(*value), known::BOOL),
            Literal::Char(value) => Const::Bits(*value as u128, known::CHAR),
            Literal::Str(bytes) => Const::Str(bytes.clone()),
            Literal::Bytes(bytes) => Const::Bytes(bytes.clone(), ty),
        })
    }
}
