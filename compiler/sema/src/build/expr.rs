//! Values of expressions.

use rustg_base::Span;

use crate::closures::ClosureKind;
use crate::hir::*;
use crate::items::DefKind;
use crate::place::{Aggregate, BorrowKind, Callee, Const, Message, Operand, Place, Rvalue, Step, StmtKind, Terminator};
use crate::types::{Ty, TyKind, known};

use super::{Builder, LoopTarget};

impl Builder<'_> {
    /// Evaluates an expression, its adjustments included, into a place.
    pub(super) fn expr_into(&mut self, dest: Place, id: ExprId) {
        let types = self.types.clone();
        let span = self.value_span(id);
        match types.adjustments.get(&id).map(Vec::as_slice) {
            None | Some([]) => self.plain_into(dest, id),
            Some(_) => {
                let ty = self.adjusted_type(id);
                if self.program.types.kind(self.ty(id)) == TyKind::Never {
                    return self.plain_into(dest, id);
                }
                let place = self.place_of(id, false);
                let value = self.take(place, ty);
                self.assign(dest, Rvalue::Use(value), span);
            }
        }
    }

    /// Evaluates an expression before its adjustments into a place.
    pub(super) fn plain_into(&mut self, dest: Place, id: ExprId) {
        let hir = self.hir.clone();
        let expr = hir.expr(id);
        let (ty, span) = (self.ty(id), expr.span);
        match &expr.kind {
            ExprKind::Error => {}
            ExprKind::Literal(literal) => {
                if let Some(constant) = self.literal(literal, ty, false) {
                    self.assign(dest, Rvalue::Use(Operand::Const(constant)), span);
                }
            }
            ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => {
                let place = self.place_of(id, false);
                let value = self.take(place, ty);
                self.assign(dest, Rvalue::Use(value), span);
            }
            ExprKind::Path(_) => self.path_into(dest, id, ty, span),
            ExprKind::Unary(op, inner) => self.unary_into(dest, id, *op, *inner, span),
            ExprKind::Binary(op, left, right) => self.binary_into(dest, id, *op, *left, *right, span),
            ExprKind::Logic(is_or, left, right) => {
                let value = self.operand(*left);
                let [other, short, join] = [0; 3].map(|_| self.add_block());
                let (on_true, on_false) = if *is_or { (short, other) } else { (other, short) };
                self.end(Terminator::Switch(value, known::BOOL, vec![(0, on_false)], on_true));
                self.block = short;
                let constant = self.bits(u128::from(*is_or), known::BOOL);
                self.assign(dest.clone(), Rvalue::Use(constant), span);
                self.end(Terminator::Goto(join));
                self.block = other;
                self.expr_into(dest, *right);
                self.end(Terminator::Goto(join));
                self.block = join;
            }
            ExprKind::Assign(left, right) => {
                let value = self.operand(*right);
                let place = self.place_of(*left, true);
                self.assign(place, Rvalue::Use(value), span);
                self.unit_into(dest, span);
            }
            ExprKind::AssignOp(op, left, right) => {
                self.assign_op(id, *op, *left, *right, span);
                self.unit_into(dest, span);
            }
            ExprKind::Ref(is_mutable, inner) => {
                let place = self.place_of(*inner, *is_mutable);
                self.assign(dest, Rvalue::Ref(BorrowKind::written(*is_mutable), place), span);
            }
            ExprKind::RawRef(is_mutable, inner) => {
                let place = self.place_of(*inner, *is_mutable);
                self.assign(dest, Rvalue::Address(*is_mutable, place), span);
            }
            ExprKind::Call(callee, arguments) => self.call_into(dest, id, *callee, arguments, span),
            ExprKind::MethodCall(receiver, _, _, arguments) => {
                let all: Vec<ExprId> = [*receiver].into_iter().chain(arguments.iter().copied()).collect();
                let operands = self.operands(&all);
                if let Some(&(def, args)) = self.types.callees.get(&id) {
                    self.call(dest, Callee::Fn(def, args), operands, span);
                }
                self.end_if_never(ty);
            }
            ExprKind::Cast(inner, _) => {
                let from = self.adjusted_type(*inner);
                let value = self.operand(*inner);
                let rvalue = if from == ty { Rvalue::Use(value) } else { Rvalue::Cast(from, ty, value) };
                self.assign(dest, rvalue, span);
            }
            ExprKind::Tuple(items) | ExprKind::Array(items) => {
                let operands = self.operands(items);
                self.assign(dest, Rvalue::Aggregate(Aggregate::Plain(ty), operands), span);
            }
            ExprKind::Repeat(value, _) => {
                let value = self.operand(*value);
                self.assign(dest, Rvalue::Repeat(ty, value), span);
            }
            ExprKind::Record(_, fields, base) => self.record_into(dest, id, fields, *base, ty, span),
            ExprKind::Range(start, end, inclusive) => {
                let ends: Vec<ExprId> = start.iter().chain(end).copied().collect();
                let mut operands = self.operands(&ends);
                if *inclusive && start.is_some() {
                    operands.push(self.bits(0, known::BOOL));
                }
                self.assign(dest, Rvalue::Aggregate(Aggregate::Adt(ty, None), operands), span);
            }
            ExprKind::Block(stmts, tail, label) => self.block_into(dest, stmts, *tail, *label, ty, span),
            ExprKind::If(condition, then, otherwise) => {
                let [fail, join] = [0; 2].map(|_| self.add_block());
                let mark = self.mark();
                self.open_scope();
                self.condition(*condition, fail);
                let until = self.mark();
                self.expr_into(dest.clone(), *then);
                self.close_scope(self.hir.expr(*then).span);
                self.end_condition(mark, until, span, fail);
                self.end(Terminator::Goto(join));
                self.block = fail;
                match otherwise {
                    Some(otherwise) => self.expr_into(dest, *otherwise),
                    None => self.unit_into(dest, span),
                }
                self.end(Terminator::Goto(join));
                self.block = join;
            }
            ExprKind::Let(..) => {
                let [fail, join] = [0; 2].map(|_| self.add_block());
                self.condition(id, fail);
                let (yes, no) = (self.bits(1, known::BOOL), self.bits(0, known::BOOL));
                self.assign(dest.clone(), Rvalue::Use(yes), span);
                self.end(Terminator::Goto(join));
                self.block = fail;
                self.assign(dest, Rvalue::Use(no), span);
                self.end(Terminator::Goto(join));
                self.block = join;
            }
            ExprKind::Match(scrutinee, arms) => self.match_into(dest, *scrutinee, arms, span),
            ExprKind::Loop(inner, loop_id, _) => {
                let [head, exit] = [0; 2].map(|_| self.add_block());
                self.end(Terminator::Goto(head));
                self.block = head;
                let depth = self.scopes.len();
                self.loops.push(LoopTarget { id: *loop_id, exit, value: dest, next: head, depth });
                let unit = self.temp(known::UNIT, span);
                self.expr_into(unit, *inner);
                self.end(Terminator::Goto(head));
                self.loops.pop();
                self.block = exit;
            }
            ExprKind::ForRange(pat, start, end, inclusive, inner, loop_id) => {
                self.for_range(*pat, (*start, *end, *inclusive), *inner, *loop_id, span);
                self.unit_into(dest, span);
            }
            ExprKind::For(pat, source, inner, loop_id) => {
                self.for_iterator(id, *pat, *source, *inner, *loop_id, span);
                self.unit_into(dest, span);
            }
            ExprKind::Break(target, value) => {
                let at = self.loops.iter().rposition(|state| Some(state.id) == *target);
                let Some(at) = at else { return };
                let (exit, place) = (self.loops[at].exit, self.loops[at].value.clone());
                match value {
                    Some(value) => self.expr_into(place, *value),
                    None => self.unit_into(place, span),
                }
                self.end_scopes(self.loops[at].depth, span);
                self.end_dead(Terminator::Goto(exit));
            }
            ExprKind::Continue(target) => {
                let found = self.loops.iter().rev().find(|state| Some(state.id) == *target);
                if let Some((next, depth)) = found.map(|state| (state.next, state.depth)) {
                    self.end_scopes(depth, span);
                    self.end_dead(Terminator::Goto(next));
                }
            }
            ExprKind::Return(value) => {
                let place = Place::new(crate::place::Local(0));
                match value {
                    Some(value) => self.expr_into(place, *value),
                    None => self.unit_into(place, span),
                }
                self.end_dead(Terminator::Return);
            }
            ExprKind::Try(inner) => self.try_into(dest, id, *inner, span),
            ExprKind::Closure(index) => self.closure_into(dest, *index, ty, span),
            ExprKind::Panic(format) => {
                let message = self.message(format);
                self.end_dead(Terminator::Panic(message, span));
            }
            ExprKind::Assert(condition, format) => {
                let value = self.operand(*condition);
                if format.values.is_empty() {
                    let message = self.message(format);
                    self.push(StmtKind::Assert(value, message), span);
                } else {
                    // The message's values are only evaluated where it fails.
                    let [fail, join] = [0; 2].map(|_| self.add_block());
                    self.end(Terminator::Switch(value, known::BOOL, vec![(0, fail)], join));
                    self.block = fail;
                    let message = self.message(format);
                    self.end(Terminator::Panic(message, span));
                    self.block = join;
                }
                self.unit_into(dest, span);
            }
            ExprKind::AssertEq(equal, left, right, format) => {
                self.assert_equal(id, *equal, *left, *right, format.as_ref(), span);
                self.unit_into(dest, span);
            }
            ExprKind::Print(format) => {
                let message = self.message(format);
                self.push(StmtKind::Print(message), span);
                self.unit_into(dest, span);
            }
        }
    }

    fn unit_into(&mut self, dest: Place, span: Span) {
        let unit = self.unit();
        self.assign(dest, Rvalue::Use(unit), span);
    }

    fn end_if_never(&mut self, ty: Ty) {
        if self.program.types.kind(ty) == TyKind::Never {
            self.end_dead(Terminator::Unreachable);
        }
    }

    fn path_into(&mut self, dest: Place, id: ExprId, ty: Ty, span: Span) {
        if let Some(&index) = self.types.const_params.get(&id) {
            return self.assign(dest, Rvalue::Use(Operand::Const(Const::Param(index, ty))), span);
        }
        let Some(&(def, args)) = self.types.callees.get(&id) else { return };
        let value = match self.program.def(def).kind {
            DefKind::Const => Rvalue::Use(Operand::Const(Const::Item(def, args, ty))),
            DefKind::Static => {
                let place = self.place_of(id, false);
                let value = self.take(place, ty);
                Rvalue::Use(value)
            }
            DefKind::Variant if matches!(self.program.types.kind(ty), TyKind::Adt(..)) => {
                Rvalue::Aggregate(Aggregate::Adt(ty, Some(self.program.def(def).number)), Vec::new())
            }
            DefKind::Struct if matches!(self.program.types.kind(ty), TyKind::Adt(..)) => {
                Rvalue::Aggregate(Aggregate::Adt(ty, None), Vec::new())
            }
            _ => Rvalue::Use(Operand::Const(Const::Unit(ty))),
        };
        self.assign(dest, value, span);
    }

    /// The value of an operand of a built-in operator: references to numbers are looked through.
    fn scalar_operand(&mut self, id: ExprId) -> (Operand, Ty) {
        let mut ty = self.adjusted_type(id);
        if !matches!(self.program.types.kind(ty), TyKind::Ref(..)) {
            return (self.operand(id), ty);
        }
        let mut place = self.place_of(id, false);
        while let TyKind::Ref(target, _) = self.program.types.kind(ty) {
            place = place.then(Step::Deref);
            ty = target;
        }
        (Operand::Copy(place), ty)
    }

    fn unary_into(&mut self, dest: Place, id: ExprId, op: UnaryOp, inner: ExprId, span: Span) {
        if let Some(&(def, args)) = self.types.callees.get(&id) {
            let value = self.operand(inner);
            return self.call(dest, Callee::Fn(def, args), vec![value], span);
        }
        // A negative literal is one value: `-128i8`.
        if op == UnaryOp::Neg
            && let ExprKind::Literal(literal @ Literal::Int(..)) = &self.hir.clone().expr(inner).kind
        {
            let ty = self.ty(inner);
            if let (TyKind::Int(_), Some(constant)) = (self.program.types.kind(ty), self.literal(literal, ty, true)) {
                return self.assign(dest, Rvalue::Use(Operand::Const(constant)), span);
            }
        }
        let (value, ty) = self.scalar_operand(inner);
        self.assign(dest, Rvalue::Unary(op, ty, value), span);
    }

    fn binary_into(&mut self, dest: Place, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId, span: Span) {
        if let Some(&(def, args)) = self.types.callees.get(&id) {
            let operands = if op.is_comparison() {
                let list: Vec<Ty> = self.program.types.list(args).to_vec();
                [(left, list[0]), (right, list[1])]
                    .map(|(side, ty)| {
                        let place = self.place_of(side, false);
                        let by = self.program.types.reference(ty, false);
                        let temp = self.temp(by, span);
                        self.assign(temp.clone(), Rvalue::Ref(BorrowKind::Shared, place), span);
                        Operand::Copy(temp)
                    })
                    .to_vec()
            } else {
                self.operands(&[left, right])
            };
            return self.call(dest, Callee::Fn(def, args), operands, span);
        }
        let (a, ty) = self.scalar_operand(left);
        // The left side's value is the one before the right side is evaluated.
        let a = self.pinned(a, ty, right, span);
        let (b, _) = self.scalar_operand(right);
        let b_type = self.adjusted_type(right);
        let _ = b_type;
        self.assign(dest, Rvalue::Binary(op, ty, a, b), span);
    }

    /// A copy of a value that what is evaluated next might change.
    fn pinned(&mut self, value: Operand, ty: Ty, next: ExprId, span: Span) -> Operand {
        let next_is_simple = matches!(
            self.hir.expr(next).kind,
            ExprKind::Literal(_) | ExprKind::Local(_) | ExprKind::Path(_) | ExprKind::Field(..)
        );
        match value {
            Operand::Copy(place) if !next_is_simple => {
                let temp = self.temp(ty, span);
                self.assign(temp.clone(), Rvalue::Use(Operand::Copy(place)), span);
                Operand::Copy(temp)
            }
            other => other,
        }
    }

    fn assign_op(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId, span: Span) {
        let left_type = self.ty(left);
        if let Some(&(def, args)) = self.types.callees.get(&id) {
            let place = self.place_of(left, true);
            let by = self.program.types.reference(left_type, true);
            let temp = self.temp(by, span);
            self.assign(temp.clone(), Rvalue::Ref(BorrowKind::TwoPhase, place), span);
            let value = self.operand(right);
            let unit = self.temp(known::UNIT, span);
            return self.call(unit, Callee::Fn(def, args), vec![Operand::Move(temp), value], span);
        }
        let (value, value_type) = self.scalar_operand(right);
        let value = self.pinned(value, value_type, left, span);
        let place = self.place_of(left, true);
        self.assign(place.clone(), Rvalue::Binary(op, left_type, Operand::Copy(place), value), span);
    }

    fn call_into(&mut self, dest: Place, id: ExprId, callee: ExprId, arguments: &[ExprId], span: Span) {
        let ty = self.ty(id);
        match self.types.callees.get(&id).copied() {
            Some((def, args)) if matches!(self.program.def(def).kind, DefKind::Struct | DefKind::Variant) => {
                let operands = self.operands(arguments);
                let _ = args;
                let variant = (self.program.def(def).kind == DefKind::Variant).then(|| self.program.def(def).number);
                self.assign(dest, Rvalue::Aggregate(Aggregate::Adt(ty, variant), operands), span);
            }
            Some((def, args)) => {
                let callee_type = self.adjusted_type(callee);
                let mut operands = Vec::new();
                if matches!(self.program.types.kind(callee_type), TyKind::Param(_)) {
                    // `f(x)` by a bound: `Fn::call(&f, x)`.
                    let name = self.program.strings.get(self.program.def(def).name).to_owned();
                    operands.push(self.callable_operand(callee, callee_type, &name, span));
                }
                operands.extend(self.operands(arguments));
                self.call(dest, Callee::Fn(def, args), operands, span);
            }
            None => {
                let callee_type = self.adjusted_type(callee);
                let TyKind::Closure(closure, args) = self.program.types.kind(callee_type) else { return };
                let name = match self.program.closures[closure.0 as usize].kind {
                    Some(ClosureKind::FnOnce) => "call_once",
                    Some(ClosureKind::FnMut) => "call_mut",
                    _ => "call",
                };
                let mut operands = vec![self.callable_operand(callee, callee_type, name, span)];
                operands.extend(self.operands(arguments));
                self.call(dest, Callee::Closure(closure, args), operands, span);
            }
        }
        self.end_if_never(ty);
    }

    fn callable_operand(&mut self, callee: ExprId, ty: Ty, method: &str, span: Span) -> Operand {
        if method == "call_once" {
            return self.operand(callee);
        }
        let is_mutable = method == "call_mut";
        let place = self.place_of(callee, is_mutable);
        let by = self.program.types.reference(ty, is_mutable);
        let temp = self.temp(by, span);
        self.assign(temp.clone(), Rvalue::Ref(BorrowKind::written(is_mutable), place), span);
        if is_mutable { Operand::Move(temp) } else { Operand::Copy(temp) }
    }

    fn record_into(
        &mut self,
        dest: Place,
        id: ExprId,
        fields: &[(rustg_base::StringId, ExprId, Span)],
        base: Option<ExprId>,
        ty: Ty,
        span: Span,
    ) {
        let Some(&(def, args)) = self.types.callees.get(&id) else { return };
        let names = self.program.fields_of(def);
        let list: Vec<Ty> = self.program.types.list(args).to_vec();
        let mut operands: Vec<Option<Operand>> = vec![None; names.len()];
        let values: Vec<ExprId> = fields.iter().map(|(_, value, _)| *value).collect();
        for ((name, ..), operand) in fields.iter().zip(self.operands(&values)) {
            if let Some(at) = names.iter().position(|field| field.name == *name) {
                operands[at] = Some(operand);
            }
        }
        if let Some(base) = base {
            let place = self.place_of(base, false);
            for (at, operand) in operands.iter_mut().enumerate() {
                if operand.is_none() {
                    let ty = self.program.types.substitute(names[at].ty, &list);
                    *operand = Some(self.take(place.clone().then(Step::Field(at as u32)), ty));
                }
            }
        }
        let variant = (self.program.def(def).kind == DefKind::Variant).then(|| self.program.def(def).number);
        let operands = operands.into_iter().flatten().collect();
        self.assign(dest, Rvalue::Aggregate(Aggregate::Adt(ty, variant), operands), span);
    }

    fn block_into(
        &mut self,
        dest: Place,
        stmts: &[Stmt],
        tail: Option<ExprId>,
        label: Option<LoopId>,
        ty: Ty,
        span: Span,
    ) {
        let exit = label.map(|id| {
            let exit = self.add_block();
            let depth = self.scopes.len();
            self.loops.push(LoopTarget { id, exit, value: dest.clone(), next: exit, depth });
            exit
        });
        self.open_scope();
        for stmt in stmts {
            let mark = self.mark();
            match stmt {
                Stmt::Expr(value, _) => {
                    let ty = self.ty(*value);
                    if self.is_place(*value) && !self.types.adjustments.contains_key(value) {
                        self.place_of(*value, false);
                        continue;
                    }
                    let temp = self.temp(ty, self.hir.expr(*value).span);
                    self.expr_into(temp, *value);
                }
                Stmt::Let(pat, written, init, otherwise) => {
                    self.let_stmt(*pat, *init, *otherwise);
                    self.annotate(*pat, *written);
                }
            }
            let span = self.stmt_span(stmt);
            self.end_temporaries(mark, self.mark(), span);
        }
        match tail {
            Some(tail) => {
                let mark = self.mark();
                self.expr_into(dest, tail);
                if self.program.edition >= rustg_syntax::Edition::E2024 {
                    self.end_temporaries(mark, self.mark(), self.hir.expr(tail).span);
                }
            }
            None if self.program.types.kind(ty) == TyKind::Never => {}
            None => self.unit_into(dest, span),
        }
        self.close_scope(span);
        if let Some(exit) = exit {
            self.loops.pop();
            self.end(Terminator::Goto(exit));
            self.block = exit;
        }
    }

    fn let_stmt(&mut self, pat: PatId, init: Option<ExprId>, otherwise: Option<ExprId>) {
        let Some(init) = init else {
            // Declared without a value: the place is made now, so that it is of this scope.
            if let PatKind::Binding(local, ..) = self.hir.pat(pat).kind {
                let place = self.local_place(local);
                self.push(StmtKind::Dead(place.local), self.hir.pat(pat).span);
            }
            return;
        };
        if self.binds_by_reference(pat) {
            self.extend_operand(init, self.scopes.len() - 1);
        } else {
            self.extend(init);
        }
        if let (PatKind::Binding(local, None, None), None) = (&self.hir.clone().pat(pat).kind, otherwise)
            && self.types.binding_refs.get(&pat).copied().flatten().is_none()
        {
            let place = self.local_place(*local);
            self.push(StmtKind::Dead(place.local), self.hir.pat(pat).span);
            return self.expr_into(place, init);
        }
        if let PatKind::Wild = self.hir.pat(pat).kind
            && self.is_place(init)
        {
            self.place_of(init, false);
            return;
        }
        let place = self.scrutinee(init, &[pat]);
        match otherwise {
            None => {
                self.check_irrefutable(pat);
                self.bind(pat, place);
            }
            Some(otherwise) => {
                let [fail, join] = [0; 2].map(|_| self.add_block());
                self.test(pat, &place, fail);
                self.bind(pat, place);
                self.end(Terminator::Goto(join));
                self.block = fail;
                let never = self.temp(known::NEVER, self.hir.expr(otherwise).span);
                self.expr_into(never, otherwise);
                self.end(Terminator::Unreachable);
                self.block = join;
            }
        }
    }

    fn try_into(&mut self, dest: Place, id: ExprId, inner: ExprId, span: Span) {
        let ty = self.adjusted_type(inner);
        let TyKind::Adt(def, args) = self.program.types.kind(ty) else { return };
        let args: Vec<Ty> = self.program.types.list(args).to_vec();
        let is_option = self.program.is_lang(def, "Option");
        let value = self.operand(inner);
        let place = self.temp(ty, span);
        self.assign(place.clone(), Rvalue::Use(value), span);
        let number = self.temp(known::int(crate::types::IntTy::Isize), span);
        self.assign(number.clone(), Rvalue::Variant(place.clone()), span);
        let [good, bad] = [0; 2].map(|_| self.add_block());
        // `None` is the first variant of `Option`, `Ok` that of `Result`.
        let (good_number, bad_number) = if is_option { (1, 0) } else { (0, 1) };
        let isize = known::int(crate::types::IntTy::Isize);
        self.end(Terminator::Switch(Operand::Copy(number), isize, vec![(good_number as u128, good)], bad));
        self.block = bad;
        let result_type = self.body.locals[0].ty;
        let operands = if is_option {
            Vec::new()
        } else {
            let error = place.clone().then(Step::Variant(bad_number)).then(Step::Field(0));
            let value = self.take(error, args[1]);
            match self.types.callees.get(&id).copied() {
                None => vec![value],
                Some((from, from_args)) => {
                    let ty = self.program.types.list(from_args)[0];
                    let converted = self.temp(ty, span);
                    self.call(converted.clone(), Callee::Fn(from, from_args), vec![value], span);
                    vec![self.take(converted, ty)]
                }
            }
        };
        self.assign(
            Place::new(crate::place::Local(0)),
            Rvalue::Aggregate(Aggregate::Adt(result_type, Some(bad_number)), operands),
            span,
        );
        self.end(Terminator::Return);
        self.block = good;
        let value = self.take(place.then(Step::Variant(good_number as u32)).then(Step::Field(0)), args[0]);
        self.assign(dest, Rvalue::Use(value), span);
    }

    fn for_range(
        &mut self,
        pat: PatId,
        (start, end, inclusive): (ExprId, ExprId, bool),
        inner: ExprId,
        id: LoopId,
        span: Span,
    ) {
        let ty = self.adjusted_type(start);
        let [index, last] = [0; 2].map(|_| self.temp(ty, span));
        self.expr_into(index.clone(), start);
        self.expr_into(last.clone(), end);
        let [head, body, step, exit] = [0; 4].map(|_| self.add_block());
        let more = self.temp(known::BOOL, span);
        self.end(Terminator::Goto(head));
        self.block = head;
        let relation = if inclusive { BinaryOp::Le } else { BinaryOp::Lt };
        self.assign(
            more.clone(),
            Rvalue::Binary(relation, ty, Operand::Copy(index.clone()), Operand::Copy(last.clone())),
            span,
        );
        self.end(Terminator::Switch(Operand::Copy(more.clone()), known::BOOL, vec![(0, exit)], body));
        self.block = body;
        let item = self.temp(ty, span);
        self.assign(item.clone(), Rvalue::Use(Operand::Copy(index.clone())), span);
        let depth = self.scopes.len();
        self.open_scope();
        self.bind(pat, item);
        let value = self.void();
        self.loops.push(LoopTarget { id, exit, value, next: step, depth });
        let unit = self.temp(known::UNIT, span);
        self.expr_into(unit, inner);
        self.loops.pop();
        self.close_scope(self.hir.expr(inner).span);
        self.end(Terminator::Goto(step));
        self.block = step;
        let one = self.bits(1, ty);
        if inclusive {
            // The last one ends the loop before the index could overflow.
            let next = self.add_block();
            self.assign(
                more.clone(),
                Rvalue::Binary(BinaryOp::Lt, ty, Operand::Copy(index.clone()), Operand::Copy(last)),
                span,
            );
            self.end(Terminator::Switch(Operand::Copy(more), known::BOOL, vec![(0, exit)], next));
            self.block = next;
        }
        self.assign(index.clone(), Rvalue::Wrapping(BinaryOp::Add, ty, Operand::Copy(index), one), span);
        self.end(Terminator::Goto(if inclusive { body } else { head }));
        self.block = exit;
    }

    /// A place for values that are nothing.
    fn void(&mut self) -> Place {
        self.temp(known::UNIT, Span::default())
    }

    fn for_iterator(&mut self, id: ExprId, pat: PatId, source: ExprId, inner: ExprId, loop_id: LoopId, span: Span) {
        let Some(&(into_iter, args)) = self.types.callees.get(&id) else { return };
        let (Some(into), Some(iterator), Some(option)) = (
            self.program.lang_item("IntoIterator"),
            self.program.lang_item("Iterator"),
            self.program.lang_item("Option"),
        ) else {
            return;
        };
        let names = ["IntoIter", "Item", "next"].map(|name| self.program.strings.intern(name));
        let (Some(iter_item), Some(item_item), Some(next)) = (
            self.program.assoc_item(into, names[0]),
            self.program.assoc_item(iterator, names[1]),
            self.program.assoc_item(iterator, names[2]),
        ) else {
            return;
        };
        let iter_type = self.project(iter_item, args);
        let iter_args = self.program.types.args(&[iter_type]);
        let item_type = self.project(item_item, iter_args);
        let item_args = self.program.types.args(&[item_type]);
        let option_type = self.program.types.intern(TyKind::Adt(option, item_args));
        let value = self.operand(source);
        let iter = self.temp(iter_type, span);
        self.call(iter.clone(), Callee::Fn(into_iter, args), vec![value], span);
        let [head, body, exit] = [0; 3].map(|_| self.add_block());
        self.end(Terminator::Goto(head));
        self.block = head;
        let by = self.program.types.reference(iter_type, true);
        let reference = self.temp(by, span);
        self.assign(reference.clone(), Rvalue::Ref(BorrowKind::Mutable, iter), span);
        let item = self.temp(option_type, span);
        self.call(item.clone(), Callee::Fn(next, iter_args), vec![Operand::Move(reference)], span);
        let isize = known::int(crate::types::IntTy::Isize);
        let number = self.temp(isize, span);
        self.assign(number.clone(), Rvalue::Variant(item.clone()), span);
        self.end(Terminator::Switch(Operand::Copy(number), isize, vec![(0, exit)], body));
        self.block = body;
        let depth = self.scopes.len();
        self.open_scope();
        self.bind(pat, item.then(Step::Variant(1)).then(Step::Field(0)));
        let value = self.void();
        self.loops.push(LoopTarget { id: loop_id, exit, value, next: head, depth });
        let unit = self.temp(known::UNIT, span);
        self.expr_into(unit, inner);
        self.loops.pop();
        self.close_scope(self.hir.expr(inner).span);
        self.end(Terminator::Goto(head));
        self.block = exit;
    }

    fn project(&mut self, item: crate::items::DefId, args: crate::types::Args) -> Ty {
        let env = self.program.predicates_of(self.owner);
        let projection = self.program.types.intern(TyKind::Projection(item, args));
        let mut solver = crate::traits::Solver::new(self.program, env);
        let ty = solver.normalize(projection);
        solver.resolve(ty)
    }

    fn message(&mut self, format: &Format) -> Message {
        let mut values = Vec::new();
        for (value, debug) in format.values.iter().zip(&format.debug) {
            let mut ty = self.adjusted_type(*value);
            let mut place = self.place_of(*value, false);
            while let TyKind::Ref(target, _) = self.program.types.kind(ty) {
                if self.program.types.kind(target) == TyKind::Str {
                    break;
                }
                place = place.then(Step::Deref);
                ty = target;
            }
            values.push((Operand::Copy(place), ty, *debug));
        }
        Message { texts: format.texts.clone(), values }
    }

    fn assert_equal(
        &mut self,
        id: ExprId,
        equal: bool,
        left: ExprId,
        right: ExprId,
        format: Option<&Format>,
        span: Span,
    ) {
        let places = [left, right].map(|side| (self.place_of(side, false), self.adjusted_type(side)));
        let holds = self.temp(known::BOOL, span);
        match self.types.callees.get(&id).copied() {
            Some((def, args)) => {
                let list: Vec<Ty> = self.program.types.list(args).to_vec();
                let operands: Vec<Operand> = (places.iter().zip(list))
                    .map(|((place, _), ty)| {
                        let by = self.program.types.reference(ty, false);
                        let temp = self.temp(by, span);
                        self.assign(temp.clone(), Rvalue::Ref(BorrowKind::Shared, place.clone()), span);
                        Operand::Copy(temp)
                    })
                    .collect();
                self.call(holds.clone(), Callee::Fn(def, args), operands, span);
            }
            None => {
                let scalars: Vec<(Operand, Ty)> = (places.iter())
                    .map(|(place, ty)| {
                        let (mut place, mut ty) = (place.clone(), *ty);
                        while let TyKind::Ref(target, _) = self.program.types.kind(ty) {
                            place = place.then(Step::Deref);
                            ty = target;
                        }
                        (Operand::Copy(place), ty)
                    })
                    .collect();
                let ty = scalars[0].1;
                self.assign(
                    holds.clone(),
                    Rvalue::Binary(BinaryOp::Eq, ty, scalars[0].0.clone(), scalars[1].0.clone()),
                    span,
                );
            }
        }
        let [fail, join] = [0; 2].map(|_| self.add_block());
        let (on_false, on_true) = if equal { (fail, join) } else { (join, fail) };
        self.end(Terminator::Switch(Operand::Copy(holds), known::BOOL, vec![(0, on_false)], on_true));
        self.block = fail;
        let sign = if equal { "==" } else { "!=" };
        let mut message = Message { texts: Vec::new(), values: Vec::new() };
        let head = match format {
            Some(format) => {
                message = self.message(format);
                let first = message.texts.first().cloned().unwrap_or_default();
                message.texts[0] = format!("assertion `left {sign} right` failed: {first}");
                message.texts.pop().unwrap_or_default()
            }
            None => format!("assertion `left {sign} right` failed"),
        };
        let is_scalar = |builder: &Self, ty: Ty| builder.program.types.is_scalar(ty);
        if places.iter().all(|(_, ty)| is_scalar(self, *ty)) {
            message.texts.extend([format!("{head}\n  left: "), "\n right: ".to_owned(), String::new()]);
            message.values.extend(places.into_iter().map(|(place, ty)| (Operand::Copy(place), ty, true)));
        } else {
            message.texts.push(head);
        }
        self.end(Terminator::Panic(message, span));
        self.block = join;
    }
}
