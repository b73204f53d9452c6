//! Types of expressions.

use crate::hir::*;
use crate::items::DefKind;
use crate::signatures::Predicate;
use crate::source::is_expr;
use crate::traits::VarKind;
use crate::types::{Ty, TyKind, known};

use super::{Adjust, Deferred, Expect, Infer, LoopState};

impl Infer<'_> {
    /// Infers an expression; its type is noted.
    pub(super) fn check(&mut self, id: ExprId, expect: Expect) -> Ty {
        let ty = self.check_kind(id, expect);
        let ty = self.solver.shallow(ty);
        self.out.expr_types[id.index()] = ty;
        if self.solver.kind(ty) == TyKind::Never {
            self.diverges = true;
        }
        ty
    }

    fn check_kind(&mut self, id: ExprId, expect: Expect) -> Ty {
        let body = self.body.clone();
        let expr = body.expr(id);
        match &expr.kind {
            ExprKind::Error => known::ERROR,
            ExprKind::Literal(literal) => self.literal(literal, expect, id),
            ExprKind::Local(local) => self.out.local_types[local.index()],
            ExprKind::Path(written) => self.check_path(id, *written),
            ExprKind::Unary(op, inner) => self.check_unary(id, *op, *inner, expect),
            ExprKind::Binary(op, left, right) => self.check_binary(id, *op, *left, *right, expect),
            ExprKind::Logic(_, left, right) => {
                self.check_coerce(*left, known::BOOL);
                let diverges = self.diverges;
                self.check_coerce(*right, known::BOOL);
                self.diverges = diverges;
                known::BOOL
            }
            ExprKind::Assign(left, right) => {
                let place = self.check(*left, Expect::Nothing);
                if !self.is_place(*left) {
                    self.error(self.span(*left), "E0070", "invalid left-hand side of assignment");
                }
                self.check_coerce(*right, place);
                known::UNIT
            }
            ExprKind::AssignOp(op, left, right) => self.check_assign_op(id, *op, *left, *right),
            ExprKind::Ref(is_mutable, inner) => {
                let hint = match expect.ty().map(|ty| self.solver.kind(ty)) {
                    Some(TyKind::Ref(target, _)) => match self.solver.kind(target) {
                        TyKind::Slice(_) | TyKind::Str => Expect::Nothing,
                        _ => Expect::Has(target),
                    },
                    _ => Expect::Nothing,
                };
                let ty = self.check(*inner, hint);
                self.types().reference(ty, *is_mutable)
            }
            ExprKind::RawRef(is_mutable, inner) => {
                let ty = self.check(*inner, Expect::Nothing);
                self.intern(TyKind::Ptr(ty, *is_mutable))
            }
            ExprKind::Deref(inner) => {
                let ty = self.check(*inner, Expect::Nothing);
                self.deref_type(id, *inner, ty)
            }
            ExprKind::Call(callee, arguments) => self.check_call(id, *callee, arguments, expect),
            ExprKind::MethodCall(receiver, name, generic, arguments) => {
                self.check_method(id, *receiver, *name, *generic, arguments, expect)
            }
            ExprKind::Field(inner, name) => self.check_field(id, *inner, *name),
            ExprKind::Index(base, index) => self.check_index(id, *base, *index),
            ExprKind::Cast(inner, written) => {
                let to = self.written_type(*written);
                self.check(*inner, Expect::Cast(to));
                self.deferred.push(Deferred::Cast(id, *inner, to));
                to
            }
            ExprKind::Tuple(items) => {
                let hints: Vec<Ty> = match expect.ty().map(|ty| self.solver.kind(ty)) {
                    Some(TyKind::Tuple(args)) => self.types().list(args).to_vec(),
                    _ => Vec::new(),
                };
                let mut types = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    let ty = match hints.get(at).filter(|_| hints.len() == items.len()) {
                        Some(&hint) => {
                            let found = self.check(*item, Expect::Has(hint));
                            if self.solver.var_kind(hint).is_none() && self.try_coerce(*item, found, hint) {
                                hint
                            } else {
                                found
                            }
                        }
                        None => self.check(*item, Expect::Nothing),
                    };
                    types.push(ty);
                }
                self.types().tuple(&types)
            }
            ExprKind::Array(items) => {
                let element = self.element_hint(expect).unwrap_or_else(|| self.solver.fresh(VarKind::Any));
                for item in items {
                    self.check_coerce(*item, element);
                }
                let length = self.intern(TyKind::Const(items.len() as u128));
                self.intern(TyKind::Array(element, length))
            }
            ExprKind::Repeat(value, written) => {
                let element = self.element_hint(expect).unwrap_or_else(|| self.solver.fresh(VarKind::Any));
                self.check_coerce(*value, element);
                let length = self.array_length(*written, expect);
                if self.solver.kind(length) != TyKind::Const(1)
                    && let Some(copy) = self.lang("Copy")
                    && !self.is_const_path(*value)
                {
                    let args = self.types().args(&[element]);
                    self.require(Predicate::Trait(copy, args), expr.span);
                }
                self.intern(TyKind::Array(element, length))
            }
            ExprKind::Record(path, fields, base) => self.check_record(id, *path, fields, *base, expect),
            ExprKind::Range(start, end, inclusive) => self.check_range(id, *start, *end, *inclusive, expect),
            ExprKind::Block(stmts, tail, label) => self.check_block(id, stmts, *tail, *label, expect),
            ExprKind::If(condition, then, otherwise) => self.check_if(id, *condition, *then, *otherwise, expect),
            ExprKind::Let(pat, value) => {
                let ty = self.check(*value, Expect::Nothing);
                self.check_pat(*pat, ty, None);
                known::BOOL
            }
            ExprKind::Match(scrutinee, arms) => self.check_match(*scrutinee, arms, expect),
            ExprKind::Loop(inner, loop_id, is_while) => {
                let value = (!*is_while).then(|| self.loop_value(expect));
                self.loops.push(LoopState { id: *loop_id, value, has_break: false });
                self.check_coerce(*inner, known::UNIT);
                let state = self.loops.pop().expect("pushed above");
                self.diverges = false;
                match (state.has_break, *is_while) {
                    (_, true) => known::UNIT,
                    (true, _) => value.expect("a plain loop has a value"),
                    (false, _) => known::NEVER,
                }
            }
            ExprKind::ForRange(pat, start, end, _, inner, loop_id) => {
                let ty = self.check(*start, Expect::Nothing);
                let hint = Expect::Has(ty);
                let other = self.check(*end, hint);
                if !self.solver.unify(ty, other) {
                    self.mismatch(self.span(*end), ty, other);
                }
                match self.solver.var_kind(ty) {
                    Some(VarKind::Any) => {
                        self.process();
                    }
                    _ => {}
                }
                if !matches!(self.solver.kind(ty), TyKind::Int(_) | TyKind::Error)
                    && self.solver.var_kind(ty) != Some(VarKind::Int)
                {
                    let name = self.shown(ty);
                    self.refuse(expr.span, &format!("a `for` over a range of `{name}`"));
                }
                self.check_pat(*pat, ty, None);
                self.check_for_body(*inner, *loop_id);
                known::UNIT
            }
            ExprKind::For(pat, source, inner, loop_id) => {
                let ty = self.check(*source, Expect::Nothing);
                let item = self.iterated(id, ty);
                self.check_pat(*pat, item, None);
                self.check_for_body(*inner, *loop_id);
                known::UNIT
            }
            ExprKind::Break(target, value) => {
                let at = self.loops.iter().rposition(|state| Some(state.id) == *target);
                let wanted = at.map(|at| {
                    self.loops[at].has_break = true;
                    self.loops[at].value
                });
                match (wanted, value) {
                    (Some(Some(ty)), Some(value)) => _ = self.check_coerce(*value, ty),
                    (Some(Some(ty)), None) => {
                        if !self.solver.unify(ty, known::UNIT) {
                            self.mismatch(expr.span, ty, known::UNIT);
                        }
                    }
                    (Some(None), Some(value)) => {
                        self.check(*value, Expect::Nothing);
                        self.error(expr.span, "E0571", "`break` with value from a `while` or `for` loop");
                    }
                    _ => {}
                }
                known::NEVER
            }
            ExprKind::Continue(_) => known::NEVER,
            ExprKind::Return(value) => {
                let result = self.result;
                match value {
                    Some(value) => _ = self.check_coerce(*value, result),
                    None => {
                        if !self.solver.unify(result, known::UNIT) {
                            self.mismatch(expr.span, result, known::UNIT);
                        }
                    }
                }
                known::NEVER
            }
            ExprKind::Try(inner) => self.check_try(id, *inner),
            ExprKind::Closure(index) => self.check_closure(id, *index, expect),
            ExprKind::Panic(format) => {
                self.check_format(format);
                known::NEVER
            }
            ExprKind::Assert(condition, format) => {
                self.check_coerce(*condition, known::BOOL);
                let diverges = self.diverges;
                self.check_format(format);
                self.diverges = diverges;
                known::UNIT
            }
            ExprKind::AssertEq(_, left, right, format) => {
                let left_type = self.check(*left, Expect::Nothing);
                let right_type = self.check(*right, Expect::Has(left_type));
                let result = self.binary_types(id, BinaryOp::Eq, *left, *right, left_type, right_type);
                let _ = result;
                if let Some(format) = format {
                    self.check_format(format);
                }
                known::UNIT
            }
            ExprKind::Print(format) => {
                self.check_format(format);
                known::UNIT
            }
        }
    }

    fn loop_value(&mut self, expect: Expect) -> Ty {
        match expect {
            Expect::Has(ty) => ty,
            _ => self.solver.fresh(VarKind::Any),
        }
    }

    fn check_for_body(&mut self, inner: ExprId, id: LoopId) {
        self.loops.push(LoopState { id, value: None, has_break: false });
        self.check_coerce(inner, known::UNIT);
        self.loops.pop();
        self.diverges = false;
    }

    fn is_const_path(&self, id: ExprId) -> bool {
        let callee = self.out.callees.get(&id);
        callee.is_some_and(|(def, _)| self.solver.program.def(*def).kind == DefKind::Const)
    }

    fn check_format(&mut self, format: &Format) {
        for value in &format.values {
            self.check(*value, Expect::Nothing);
        }
    }

    fn element_hint(&mut self, expect: Expect) -> Option<Ty> {
        match self.solver.kind(expect.ty()?) {
            TyKind::Array(element, _) | TyKind::Slice(element) => Some(element),
            _ => None,
        }
    }

    fn array_length(&mut self, written: Written, expect: Expect) -> Ty {
        let scope = self.scope(written.module);
        let file = self.file;
        let node = written.node;
        let is_hole = self.program().file(file).node_text(node).trim() == "_";
        if is_hole {
            return match expect.ty().map(|ty| self.solver.kind(ty)) {
                Some(TyKind::Array(_, length)) => length,
                _ => self.solver.fresh(VarKind::Any),
            };
        }
        let ty = if is_expr(self.program().file(file).kind(node)) {
            self.program().lower_length(&scope, node)
        } else {
            self.program().lower_const_arg(&scope, node)
        };
        self.fill_holes(ty)
    }

    fn literal(&mut self, literal: &Literal, expect: Expect, id: ExprId) -> Ty {
        match literal {
            Literal::Int(_, Some(ty)) | Literal::Float(_, Some(ty)) => *ty,
            Literal::Int(..) => {
                let hint = match expect {
                    Expect::Has(ty) | Expect::Cast(ty) => Some(ty),
                    Expect::Nothing => None,
                };
                match (hint.map(|ty| self.solver.kind(ty)), expect) {
                    (Some(TyKind::Int(int)), _) => known::int(int),
                    (Some(TyKind::Char), Expect::Cast(_)) => known::U8,
                    (Some(TyKind::Ptr(..)), Expect::Cast(_)) => known::USIZE,
                    _ => self.solver.fresh(VarKind::Int),
                }
            }
            Literal::Float(..) => match expect.ty().map(|ty| self.solver.kind(ty)) {
                Some(TyKind::Float(32)) => known::F32,
                Some(TyKind::Float(64)) => known::F64,
                _ => self.solver.fresh(VarKind::Float),
            },
            Literal::Bool(_) => known::BOOL,
            Literal::Char(_) => known::CHAR,
            Literal::Str(_) => self.types().reference(known::STR, false),
            Literal::Bytes(bytes) => {
                let _ = id;
                let length = self.intern(TyKind::Const(bytes.len() as u128));
                let array = self.intern(TyKind::Array(known::U8, length));
                self.types().reference(array, false)
            }
        }
    }

    pub(super) fn is_place(&self, id: ExprId) -> bool {
        match &self.body.expr(id).kind {
            ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) | ExprKind::Error => {
                true
            }
            ExprKind::Path(_) => {
                let callee = self.out.callees.get(&id);
                callee.is_some_and(|(def, _)| self.solver.program.def(*def).kind == DefKind::Static)
            }
            _ => false,
        }
    }

    fn deref_type(&mut self, id: ExprId, inner: ExprId, ty: Ty) -> Ty {
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.process();
        }
        match self.solver.kind(ty) {
            TyKind::Ref(target, _) => target,
            TyKind::Ptr(target, _) => {
                self.need_unsafe(id, "dereference of raw pointer");
                target
            }
            TyKind::Error => known::ERROR,
            _ => match self.overloaded_deref(ty) {
                Some(target) => {
                    self.adjust(inner, &[Adjust::Overloaded(target)]);
                    // The place itself: the dereference that is written is this adjustment.
                    self.out.field_numbers.insert(id, 0);
                    target
                }
                None => {
                    let name = self.shown(ty);
                    self.error(self.span(id), "E0614", format!("type `{name}` cannot be dereferenced"));
                    known::ERROR
                }
            },
        }
    }

    pub(super) fn need_unsafe(&mut self, id: ExprId, what: &str) {
        let is_allowed = self.body.expr(id).is_unsafe;
        if !is_allowed {
            self.error(self.span(id), "E0133", format!("{what} is unsafe and requires unsafe function or block"));
        }
    }

    fn check_block(
        &mut self,
        id: ExprId,
        stmts: &[Stmt],
        tail: Option<ExprId>,
        label: Option<LoopId>,
        expect: Expect,
    ) -> Ty {
        let outer = std::mem::replace(&mut self.diverges, false);
        let value = label.map(|_| self.loop_value(expect));
        if let Some(label) = label {
            self.loops.push(LoopState { id: label, value, has_break: false });
        }
        for stmt in stmts {
            match stmt {
                Stmt::Let(pat, ty, init, otherwise) => self.check_let(*pat, *ty, *init, *otherwise),
                Stmt::Expr(inner, has_semi) => {
                    if *has_semi {
                        self.check(*inner, Expect::Nothing);
                    } else {
                        let ty = self.check(*inner, Expect::Has(known::UNIT));
                        if self.solver.kind(ty) != TyKind::Never && !self.solver.unify(ty, known::UNIT) {
                            self.mismatch(self.span(*inner), known::UNIT, ty);
                        }
                    }
                }
            }
        }
        let mut ty = match tail {
            Some(tail) => {
                let ty = match (expect, value) {
                    (_, Some(value)) => self.check_coerce(tail, value),
                    (Expect::Has(wanted), _) if self.solver.var_kind(wanted) != Some(VarKind::Any) => {
                        let found = self.check(tail, expect);
                        if self.solver.kind(found) == TyKind::Never {
                            found
                        } else if self.try_coerce(tail, found, wanted) {
                            wanted
                        } else {
                            found
                        }
                    }
                    _ => self.check(tail, expect),
                };
                ty
            }
            None if self.diverges => known::NEVER,
            None => known::UNIT,
        };
        if label.is_some() {
            let state = self.loops.pop().expect("pushed above");
            if state.has_break {
                let value = state.value.expect("labelled blocks have values");
                if tail.is_none() && !self.diverges && !self.solver.unify(value, known::UNIT) {
                    self.mismatch(self.span(id), value, known::UNIT);
                }
                self.diverges = false;
                ty = value;
            }
        }
        if self.diverges && tail.is_some() && self.solver.kind(ty) == TyKind::Never {
            ty = known::NEVER;
        }
        self.diverges |= outer;
        ty
    }

    fn check_let(&mut self, pat: PatId, written: Option<Written>, init: Option<ExprId>, otherwise: Option<ExprId>) {
        let declared = written.map(|written| self.written_type(written));
        let ty = match (declared, init) {
            (Some(ty), Some(init)) => self.check_coerce(init, ty),
            (Some(ty), None) => ty,
            (None, Some(init)) => self.check(init, Expect::Nothing),
            (None, None) => self.solver.fresh(VarKind::Any),
        };
        let ty = if declared.is_none() && self.solver.kind(ty) == TyKind::Never { ty } else { ty };
        if let Some(otherwise) = otherwise {
            let diverges = std::mem::replace(&mut self.diverges, false);
            let found = self.check(otherwise, Expect::Has(known::NEVER));
            if self.solver.kind(found) != TyKind::Never {
                self.error(self.span(otherwise), "E0308", "`else` clause of `let...else` does not diverge");
            }
            self.diverges = diverges;
        }
        self.check_pat(pat, ty, None);
    }

    fn check_if(
        &mut self,
        id: ExprId,
        condition: ExprId,
        then: ExprId,
        otherwise: Option<ExprId>,
        expect: Expect,
    ) -> Ty {
        self.check_coerce(condition, known::BOOL);
        let before = self.diverges;
        let Some(otherwise) = otherwise else {
            let ty = self.check(then, Expect::Has(known::UNIT));
            if self.solver.kind(ty) != TyKind::Never && !self.solver.unify(ty, known::UNIT) {
                let name = self.shown(ty);
                self.error(
                    self.span(id),
                    "E0317",
                    format!("`if` may be missing an `else` clause: expected `{name}`, found `()`"),
                );
            }
            self.diverges = before;
            return known::UNIT;
        };
        self.diverges = false;
        let mut merged = Merge::new(expect);
        self.merge(&mut merged, then, expect);
        let first = std::mem::replace(&mut self.diverges, false);
        self.merge(&mut merged, otherwise, expect);
        self.diverges = before || (first && self.diverges);
        merged.ty.unwrap_or(known::NEVER)
    }

    /// Checks one of several ways to a value.
    fn merge(&mut self, merged: &mut Merge, id: ExprId, expect: Expect) {
        match merged.ty {
            None => {
                let found = self.check(id, expect);
                if self.solver.kind(found) != TyKind::Never {
                    merged.ty = Some(match expect {
                        Expect::Has(wanted) if self.solver.var_kind(wanted) != Some(VarKind::Any) => {
                            if self.try_coerce(id, found, wanted) { wanted } else { found }
                        }
                        _ => found,
                    });
                }
            }
            Some(ty) => {
                let found = self.check(id, Expect::Has(ty));
                self.coerce(id, found, ty);
            }
        }
    }

    fn check_match(&mut self, scrutinee: ExprId, arms: &[Arm], expect: Expect) -> Ty {
        let ty = self.check(scrutinee, Expect::Nothing);
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.process();
        }
        let before = self.diverges;
        let mut all = true;
        for arm in arms {
            self.check_pat(arm.pattern, ty, None);
        }
        let mut merged = Merge::new(expect);
        for arm in arms {
            self.diverges = false;
            if let Some(guard) = arm.guard {
                self.check_coerce(guard, known::BOOL);
            }
            self.diverges = false;
            self.merge(&mut merged, arm.body, expect);
            all &= self.diverges;
        }
        self.diverges = before || all;
        merged.ty.unwrap_or(known::NEVER)
    }

    fn check_range(
        &mut self,
        id: ExprId,
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
        expect: Expect,
    ) -> Ty {
        let name = match (start.is_some(), end.is_some(), inclusive) {
            (true, true, false) => "Range",
            (true, true, true) => "RangeInclusive",
            (true, false, _) => "RangeFrom",
            (false, true, false) => "RangeTo",
            (false, true, true) => "RangeToInclusive",
            _ => "RangeFull",
        };
        let Some(def) = self.lang(name) else { return self.refuse(self.span(id), "this range") };
        let hint = match expect.ty().map(|ty| self.solver.kind(ty)) {
            Some(TyKind::Adt(known, args)) if known == def => self.types().list(args).first().copied(),
            _ => None,
        };
        let index = hint.unwrap_or_else(|| self.solver.fresh(VarKind::Any));
        for value in start.iter().chain(&end) {
            self.check_coerce(*value, index);
        }
        let args =
            if start.is_some() || end.is_some() { self.types().args(&[index]) } else { crate::types::Args::EMPTY };
        self.intern(TyKind::Adt(def, args))
    }

    fn check_field(&mut self, id: ExprId, inner: ExprId, name: rustg_base::StringId) -> Ty {
        let ty = self.check(inner, Expect::Nothing);
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.process();
        }
        let mut at = self.solver.resolve(ty);
        let mut steps = Vec::new();
        let module = self.solver.program.module_of(self.owner);
        for _ in 0..16 {
            match self.solver.kind(at) {
                TyKind::Error => return known::ERROR,
                TyKind::Adt(def, args) if self.program().def(def).kind != DefKind::Enum => {
                    let fields = self.program().fields_of(def);
                    if let Some(number) = fields.iter().position(|field| field.name == name) {
                        let field = fields[number];
                        if self.program().is_visible(field.visible_in, module) {
                            self.adjust(inner, &steps);
                            self.out.field_numbers.insert(id, number as u32);
                            let args: Vec<Ty> = self.types().list(args).to_vec();
                            let ty = self.types().substitute(field.ty, &args);
                            return self.solver.normalize(ty);
                        }
                        let (field, owner) = (self.program().strings.get(name).to_owned(), self.shown(at));
                        self.error(self.span(id), "E0616", format!("field `{field}` of `{owner}` is private"));
                        return known::ERROR;
                    }
                }
                TyKind::Tuple(items) => {
                    let number = self.program().strings.get(name).parse::<usize>().ok();
                    let items: Vec<Ty> = self.types().list(items).to_vec();
                    if let Some(number) = number.filter(|number| *number < items.len()) {
                        self.adjust(inner, &steps);
                        self.out.field_numbers.insert(id, number as u32);
                        return items[number];
                    }
                }
                _ => {}
            }
            let Some((target, step)) = self.autoderef(at) else { break };
            steps.push(step);
            at = target;
        }
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.error(self.span(inner), "E0282", "type annotations needed");
            return known::ERROR;
        }
        let (field, owner) = (self.program().strings.get(name).to_owned(), self.shown(ty));
        self.error(self.span(id), "E0609", format!("no field `{field}` on type `{owner}`"));
        known::ERROR
    }

    fn check_index(&mut self, id: ExprId, base: ExprId, index: ExprId) -> Ty {
        let ty = self.check(base, Expect::Nothing);
        let index_type = self.check(index, Expect::Nothing);
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.process();
        }
        let mut at = self.solver.resolve(ty);
        let mut steps = Vec::new();
        for _ in 0..16 {
            let is_integer = match self.solver.kind(index_type) {
                TyKind::Int(crate::types::IntTy::Usize) => true,
                _ => self.solver.var_kind(index_type).is_some_and(|kind| kind != VarKind::Float),
            };
            match self.solver.kind(at) {
                TyKind::Error => return known::ERROR,
                TyKind::Array(element, _) | TyKind::Slice(element) if is_integer => {
                    self.solver.unify(index_type, known::USIZE);
                    self.adjust(base, &steps);
                    return element;
                }
                TyKind::Adt(..) | TyKind::Slice(_) | TyKind::Array(..) => {
                    let mut seen = at;
                    if let TyKind::Array(element, _) = self.solver.kind(at) {
                        seen = self.intern(TyKind::Slice(element));
                    }
                    if let Some(found) = self.overloaded_index(id, seen, index_type) {
                        self.adjust(base, &steps);
                        return found;
                    }
                }
                _ => {}
            }
            let Some((target, step)) = self.autoderef(at) else { break };
            steps.push(step);
            at = target;
        }
        let name = self.shown(ty);
        if !self.has_error(ty) && !self.has_error(index_type) {
            let index_name = self.shown(index_type);
            self.error(self.span(id), "E0608", format!("cannot index into a value of type `{name}` by `{index_name}`"));
        }
        known::ERROR
    }

    fn overloaded_index(&mut self, id: ExprId, ty: Ty, index: Ty) -> Option<Ty> {
        let trait_id = self.lang("Index")?;
        let args = self.types().args(&[ty, index]);
        if matches!(self.solver.probe(|solver| solver.select(trait_id, args)), crate::traits::Selection::No) {
            return None;
        }
        let name = self.program().strings.intern("index");
        let method = self.program().assoc_item(trait_id, name)?;
        let output = self.program().strings.intern("Output");
        let item = self.program().assoc_item(trait_id, output)?;
        self.out.callees.insert(id, (method, args));
        self.require(Predicate::Trait(trait_id, args), self.span(id));
        let projection = self.intern(TyKind::Projection(item, args));
        Some(self.solver.normalize(projection))
    }
}

/// The type that several ways to a value agree on.
struct Merge {
    ty: Option<Ty>,
}

impl Merge {
    fn new(_expect: Expect) -> Merge {
        Merge { ty: None }
    }
}
