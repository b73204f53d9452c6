//! Operators: built in between numbers, traits for everything else. Casts.

use crate::hir::*;
use crate::items::DefKind;
use crate::signatures::Predicate;
use crate::traits::VarKind;
use crate::types::{IntTy, Ty, TyKind, known};

use super::{Adjust, Deferred, Expect, Infer};

impl Infer<'_> {
    /// What an operand is once references are looked through, if it is a number, truth value or character.
    fn scalar_behind(&mut self, ty: Ty) -> (Ty, u32) {
        let (mut at, mut depth) = (self.solver.shallow(ty), 0);
        while let TyKind::Ref(target, _) = self.solver.kind(at) {
            at = self.solver.shallow(target);
            depth += 1;
        }
        (at, depth)
    }

    fn is_scalar(&mut self, ty: Ty) -> bool {
        matches!(self.solver.var_kind(ty), Some(VarKind::Int | VarKind::Float))
            || matches!(self.solver.kind(ty), TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char)
    }

    fn is_integral(&mut self, ty: Ty) -> bool {
        self.solver.var_kind(ty) == Some(VarKind::Int) || matches!(self.solver.kind(ty), TyKind::Int(_))
    }

    fn is_number(&mut self, ty: Ty) -> bool {
        self.is_integral(ty)
            || self.solver.var_kind(ty) == Some(VarKind::Float)
            || matches!(self.solver.kind(ty), TyKind::Float(_))
    }

    pub(super) fn check_unary(&mut self, id: ExprId, op: UnaryOp, inner: ExprId, expect: Expect) -> Ty {
        let ty = self.check(inner, expect);
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.process();
        }
        let (scalar, depth) = self.scalar_behind(ty);
        let fits = match op {
            UnaryOp::Neg => self.is_number(scalar),
            UnaryOp::Not => self.is_integral(scalar) || self.solver.kind(scalar) == TyKind::Bool,
        };
        if fits && depth <= 1 {
            if op == UnaryOp::Neg && matches!(self.solver.kind(scalar), TyKind::Int(int) if !int.is_signed()) {
                let name = self.shown(scalar);
                self.error(self.span(id), "E0600", format!("cannot apply unary operator `-` to type `{name}`"));
            }
            return scalar;
        }
        let (name, method) = match op {
            UnaryOp::Neg => ("Neg", "neg"),
            UnaryOp::Not => ("Not", "not"),
        };
        let args = self.types().args(&[ty]);
        match self.operator_method(id, name, method, args) {
            Some(output) => output,
            None => {
                let (name, sign) = (self.shown(ty), if op == UnaryOp::Neg { "-" } else { "!" });
                if !self.has_error(ty) {
                    self.error(
                        self.span(id),
                        "E0600",
                        format!("cannot apply unary operator `{sign}` to type `{name}`"),
                    );
                }
                known::ERROR
            }
        }
    }

    /// The method of an operator's trait, if the trait may hold: noted as the expression's callee. What it returns.
    fn operator_method(&mut self, id: ExprId, trait_name: &str, method: &str, args: crate::types::Args) -> Option<Ty> {
        let trait_id = self.lang(trait_name)?;
        if matches!(self.solver.probe(|solver| solver.select(trait_id, args)), crate::traits::Selection::No) {
            return None;
        }
        let method = self.program().strings.intern(method);
        let method = self.program().assoc_item(trait_id, method)?;
        self.require(Predicate::Trait(trait_id, args), self.span(id));
        self.out.callees.insert(id, (method, args));
        let signature = self.program().signature_of(method);
        let list: Vec<Ty> = self.types().list(args).to_vec();
        let result = self.types().substitute(signature.result, &list);
        Some(self.solver.normalize(result))
    }

    pub(super) fn check_binary(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId, expect: Expect) -> Ty {
        let hint = if op.is_comparison() {
            Expect::Nothing
        } else {
            match expect {
                Expect::Has(ty) if self.is_number(ty) => expect,
                _ => Expect::Nothing,
            }
        };
        let left_type = self.check(left, hint);
        let right_hint = if op.is_shift() {
            Expect::Nothing
        } else {
            let (scalar, depth) = self.scalar_behind(left_type);
            if depth == 0 && self.is_scalar(scalar) { Expect::Has(scalar) } else { Expect::Nothing }
        };
        let right_type = self.check(right, right_hint);
        self.binary_types(id, op, left, right, left_type, right_type)
    }

    pub(super) fn binary_types(
        &mut self,
        id: ExprId,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        left_type: Ty,
        right_type: Ty,
    ) -> Ty {
        if self.solver.var_kind(left_type) == Some(VarKind::Any)
            || self.solver.var_kind(right_type) == Some(VarKind::Any)
        {
            self.process();
        }
        if self.solver.var_kind(left_type) == Some(VarKind::Any) {
            let result = if op.is_comparison() { known::BOOL } else { self.solver.fresh(VarKind::Any) };
            self.deferred.push(Deferred::Binary(id, op, left, right, left_type, right_type, result));
            return result;
        }
        self.binary_of(id, op, left, right, left_type, right_type)
    }

    /// The type of an operation whose left side is known.
    pub(super) fn binary_of(
        &mut self,
        id: ExprId,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        left_type: Ty,
        right_type: Ty,
    ) -> Ty {
        if self.has_error(left_type) || self.has_error(right_type) {
            return if op.is_comparison() { known::BOOL } else { known::ERROR };
        }
        let (a, a_depth) = self.scalar_behind(left_type);
        let (b, b_depth) = self.scalar_behind(right_type);
        if let Some(ty) = self.builtin_binary(op, a, b, a_depth, b_depth) {
            return ty;
        }
        if op.is_comparison()
            && matches!((self.solver.kind(left_type), self.solver.kind(right_type)), (TyKind::Ptr(..), TyKind::Ptr(..)))
            && self.solver.unify(left_type, right_type)
        {
            return known::BOOL;
        }
        let (trait_name, method, ..) = op.traits();
        // Comparison looks through as many references on both sides.
        let (mut self_type, mut other) = (left_type, right_type);
        if op.is_comparison() {
            while let (TyKind::Ref(x, _), TyKind::Ref(y, _)) = (self.solver.kind(self_type), self.solver.kind(other)) {
                (self_type, other) = (x, y);
                self.adjust(left, &[Adjust::Deref]);
                self.adjust(right, &[Adjust::Deref]);
            }
        }
        let args = self.types().args(&[self_type, other]);
        if let Some(output) = self.operator_method(id, trait_name, method, args) {
            return output;
        }
        let (x, y) = (self.shown(left_type), self.shown(right_type));
        if self.is_scalar(a) && self.is_scalar(b) && a_depth == 0 && b_depth == 0 {
            self.mismatch(self.span(right), left_type, right_type);
        } else if op.is_comparison() {
            self.error(
                self.span(id),
                "E0369",
                format!("binary operation `{}` cannot be applied to type `{x}`", op.text()),
            );
        } else {
            self.error(self.span(id), "E0369", format!("no implementation for `{x} {} {y}`", op.text()));
        }
        if op.is_comparison() { known::BOOL } else { known::ERROR }
    }

    fn builtin_binary(&mut self, op: BinaryOp, a: Ty, b: Ty, a_depth: u32, b_depth: u32) -> Option<Ty> {
        if !self.is_scalar(a) {
            return None;
        }
        let b_is_open = self.solver.var_kind(b) == Some(VarKind::Any);
        if !self.is_scalar(b) && !(b_is_open && b_depth == 0) {
            return None;
        }
        if op.is_comparison() {
            return (a_depth == b_depth && self.solver.commit_if(|solver| solver.unify(a, b))).then_some(known::BOOL);
        }
        if a_depth > 1 || b_depth > 1 {
            return None;
        }
        if op.is_shift() {
            return (self.is_integral(a) && self.is_integral(b)).then_some(a);
        }
        let fits = match op {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => self.is_integral(a) || self.solver.kind(a) == TyKind::Bool,
            _ => self.is_number(a),
        };
        (fits && self.solver.commit_if(|solver| solver.unify(a, b))).then_some(a)
    }

    pub(super) fn check_assign_op(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId) -> Ty {
        let left_type = self.check(left, Expect::Nothing);
        if self.solver.var_kind(left_type) == Some(VarKind::Any) {
            self.process();
        }
        let hint = if !op.is_shift() && self.is_scalar(left_type) { Expect::Has(left_type) } else { Expect::Nothing };
        let right_type = self.check(right, hint);
        if !self.is_place(left) {
            self.error(self.span(left), "E0067", "invalid left-hand side of assignment");
            return known::UNIT;
        }
        if self.has_error(left_type) || self.has_error(right_type) {
            return known::UNIT;
        }
        let (b, b_depth) = self.scalar_behind(right_type);
        let left_shallow = self.solver.shallow(left_type);
        if self.solver.var_kind(left_type) != Some(VarKind::Any)
            && self.builtin_binary(op, left_shallow, b, 0, b_depth).is_some()
        {
            return known::UNIT;
        }
        let (.., trait_name, method) = op.traits();
        let args = self.types().args(&[left_type, right_type]);
        if self.operator_method(id, trait_name, method, args).is_none() {
            let (x, y) = (self.shown(left_type), self.shown(right_type));
            if self.is_scalar(left_shallow) && self.is_scalar(b) && b_depth == 0 {
                self.mismatch(self.span(right), left_type, right_type);
            } else {
                self.error(
                    self.span(id),
                    "E0368",
                    format!("binary assignment operation `{}=` cannot be applied to `{x}` and `{y}`", op.text()),
                );
            }
        }
        known::UNIT
    }

    pub(super) fn check_cast(&mut self, id: ExprId, operand: ExprId, to: Ty) {
        let from = self.out.expr_types[operand.index()];
        let from = self.solver.resolve(from);
        let to = self.solver.resolve(to);
        if self.has_error(from) || self.has_error(to) {
            return;
        }
        let to_kind = self.solver.kind(to);
        // `x as T` where x can be coerced to T.
        if self.solver.var_kind(from).is_some() {
            let fits = match (self.solver.var_kind(from), to_kind) {
                (Some(VarKind::Int), TyKind::Int(_))
                | (Some(VarKind::Float), TyKind::Float(_))
                | (Some(VarKind::Any), _) => self.solver.unify(from, to),
                _ => false,
            };
            if fits {
                return;
            }
            self.fall_back(from);
        }
        let from = self.solver.resolve(from);
        if from == to || self.try_coerce(operand, from, to) {
            return;
        }
        let is_number = |kind: TyKind| matches!(kind, TyKind::Int(_) | TyKind::Float(_));
        let from_kind = self.solver.kind(from);
        let fits = match (from_kind, to_kind) {
            (a, b) if is_number(a) && is_number(b) => true,
            (TyKind::Bool | TyKind::Char, TyKind::Int(_)) | (TyKind::Int(IntTy::U8), TyKind::Char) => true,
            (TyKind::Ptr(..), TyKind::Ptr(..))
            | (TyKind::Ptr(..), TyKind::Int(_))
            | (TyKind::Int(IntTy::Usize), TyKind::Ptr(..)) => true,
            (TyKind::Ref(a, _), TyKind::Ptr(b, false)) => match (self.solver.kind(a), self.solver.kind(b)) {
                (TyKind::Array(x, _), y) => self.solver.kind(x) == y || x == b,
                _ => false,
            },
            (TyKind::Adt(def, _), TyKind::Int(_)) => {
                self.program().def(def).kind == DefKind::Enum && {
                    let variants = self.program().variants_of(def).to_vec();
                    variants.into_iter().all(|variant| self.program().fields_of(variant).is_empty())
                }
            }
            _ => false,
        };
        if !fits {
            let (a, b) = (self.shown(from), self.shown(to));
            let code = if is_number(from_kind) || is_number(to_kind) { "E0606" } else { "E0605" };
            self.error(self.span(id), code, format!("casting `{a}` as `{b}` is invalid"));
        }
    }
}
