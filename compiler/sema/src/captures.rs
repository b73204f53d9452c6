//! What the body of a closure does with the variables around it.

use rustc_hash::FxHashMap;

use crate::closures::CaptureMode;
use crate::hir::*;
use crate::infer::{Adjust, Inferred};
use crate::traits::Solver;
use crate::types::TyKind;

/// Walks a closure's body.
pub(crate) struct Walker<'a, 'b> {
    pub infer: &'a Inferred,
    pub body: &'a HirBody,
    pub solver: &'a mut Solver<'b>,
    pub uses: &'a mut FxHashMap<LocalId, CaptureMode>,
}

impl Walker<'_, '_> {
    fn note(&mut self, local: LocalId, mode: CaptureMode) {
        let entry = self.uses.entry(local).or_insert(mode);
        *entry = (*entry).max(mode);
    }

    /// An expression whose value is used.
    pub(crate) fn value(&mut self, id: ExprId, moves: bool) {
        let adjustments = self.infer.adjustments.get(&id);
        if let Some(steps) = adjustments
            && let Some(Adjust::Borrow(is_mutable)) = steps.iter().rev().find(|step| matches!(step, Adjust::Borrow(_)))
        {
            let through = steps.iter().any(|step| matches!(step, Adjust::Deref | Adjust::Overloaded(_)));
            return self.place(id, if *is_mutable { CaptureMode::Mutable } else { CaptureMode::Shared }, through);
        }
        if self.is_place(id) {
            let ty = self.infer.expr_types[id.index()];
            let is_copy = !moves || self.solver.is_copy(ty);
            return self.place(id, if is_copy { CaptureMode::Shared } else { CaptureMode::Value }, false);
        }
        self.inside(id);
    }

    fn is_place(&self, id: ExprId) -> bool {
        matches!(
            self.body.expr(id).kind,
            ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_)
        )
    }

    /// A place that is used so; `through`: only what it refers to.
    fn place(&mut self, id: ExprId, mode: CaptureMode, _through: bool) {
        match &self.body.expr(id).kind {
            ExprKind::Local(local) => self.note(*local, mode),
            ExprKind::Field(inner, _) => self.place_adjusted(*inner, mode),
            ExprKind::Index(base, index) => {
                self.place_adjusted(*base, mode);
                self.value(*index, true);
            }
            ExprKind::Deref(inner) => self.through(*inner, mode),
            _ => self.inside(id),
        }
    }

    fn place_adjusted(&mut self, id: ExprId, mode: CaptureMode) {
        let derefs = self.infer.adjustments.get(&id).is_some_and(|steps| steps.contains(&Adjust::Deref));
        if derefs { self.through(id, mode) } else { self.place(id, mode, false) }
    }

    /// What a reference refers to is used so: writing through a `&mut` needs it unique, moving out of it is an error found elsewhere.
    fn through(&mut self, id: ExprId, mode: CaptureMode) {
        let ty = self.solver.resolve(self.infer.expr_types[id.index()]);
        let mode = match self.solver.kind(ty) {
            TyKind::Ref(_, true) => mode.min(CaptureMode::Mutable),
            _ => CaptureMode::Shared,
        };
        if self.is_place(id) { self.place(id, mode, false) } else { self.inside(id) }
    }

    fn pattern_mode(&mut self, pat: PatId) -> CaptureMode {
        let mut mode = CaptureMode::Shared;
        let mut open = vec![pat];
        while let Some(pat) = open.pop() {
            match &self.body.pat(pat).kind {
                PatKind::Binding(local, _, inner) => {
                    let found = match self.infer.binding_refs.get(&pat).copied().flatten() {
                        Some(true) => CaptureMode::Mutable,
                        Some(false) => CaptureMode::Shared,
                        None => {
                            let ty = self.infer.local_types[local.index()];
                            if self.solver.is_copy(ty) { CaptureMode::Shared } else { CaptureMode::Value }
                        }
                    };
                    mode = mode.max(found);
                    open.extend(inner);
                }
                PatKind::TupleStruct(_, pats) | PatKind::Tuple(pats) | PatKind::Slice(pats) | PatKind::Or(pats) => {
                    open.extend(pats)
                }
                PatKind::Record(_, fields, _) => open.extend(fields.iter().map(|(_, pat)| *pat)),
                PatKind::Ref(inner, _) => open.push(*inner),
                _ => {}
            }
        }
        mode
    }

    fn scrutinee(&mut self, id: ExprId, pats: &[PatId]) {
        let mode = pats.iter().fold(CaptureMode::Shared, |mode, pat| mode.max(self.pattern_mode(*pat)));
        if self.is_place(id) { self.place_adjusted(id, mode) } else { self.value(id, true) }
    }

    /// The parts of an expression that is no place.
    fn inside(&mut self, id: ExprId) {
        let body = self.body;
        match &body.expr(id).kind {
            ExprKind::Error | ExprKind::Literal(_) | ExprKind::Path(_) | ExprKind::Continue(_) => {}
            ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => {
                self.place(id, CaptureMode::Shared, false)
            }
            ExprKind::Unary(_, inner)
            | ExprKind::Cast(inner, _)
            | ExprKind::Repeat(inner, _)
            | ExprKind::Try(inner) => self.value(*inner, true),
            ExprKind::Binary(_, left, right) => {
                let moves = self.infer.callees.contains_key(&id)
                    && !matches!(&body.expr(id).kind, ExprKind::Binary(op, ..) if op.is_comparison());
                self.value(*left, moves);
                self.value(*right, moves);
            }
            ExprKind::Logic(_, left, right) => {
                self.value(*left, true);
                self.value(*right, true);
            }
            ExprKind::Assign(left, right) => {
                self.value(*right, true);
                self.place(*left, CaptureMode::Mutable, false);
            }
            ExprKind::AssignOp(_, left, right) => {
                self.value(*right, true);
                self.place(*left, CaptureMode::Mutable, false);
            }
            ExprKind::Ref(is_mutable, inner) | ExprKind::RawRef(is_mutable, inner) => {
                let mode = if *is_mutable { CaptureMode::Mutable } else { CaptureMode::Shared };
                if self.is_place(*inner) { self.place_adjusted(*inner, mode) } else { self.value(*inner, true) }
            }
            ExprKind::Call(callee, arguments) => {
                // A closure that is called is used as its kind says.
                let mode = match self
                    .infer
                    .callees
                    .get(&id)
                    .map(|(def, _)| self.solver.program.strings.get(self.solver.program.def(*def).name).to_owned())
                {
                    Some(name) if name == "call_mut" => Some(CaptureMode::Mutable),
                    Some(name) if name == "call" => Some(CaptureMode::Shared),
                    _ => None,
                };
                match mode {
                    Some(mode) if self.is_place(*callee) => self.place_adjusted(*callee, mode),
                    _ => self.value(*callee, true),
                }
                arguments.iter().for_each(|argument| self.value(*argument, true));
            }
            ExprKind::MethodCall(receiver, _, _, arguments) => {
                self.value(*receiver, true);
                arguments.iter().for_each(|argument| self.value(*argument, true));
            }
            ExprKind::Tuple(items) | ExprKind::Array(items) => items.iter().for_each(|item| self.value(*item, true)),
            ExprKind::Record(_, fields, base) => {
                fields.iter().for_each(|(_, value, _)| self.value(*value, true));
                base.iter().for_each(|base| self.value(*base, true));
            }
            ExprKind::Range(start, end, _) => start.iter().chain(end).for_each(|value| self.value(*value, true)),
            ExprKind::Block(stmts, tail, _) => {
                for stmt in stmts {
                    match stmt {
                        Stmt::Let(pat, _, init, otherwise) => {
                            if let Some(init) = init {
                                self.scrutinee(*init, &[*pat]);
                            }
                            otherwise.iter().for_each(|value| self.value(*value, true));
                        }
                        Stmt::Expr(value, _) => self.value(*value, false),
                    }
                }
                tail.iter().for_each(|tail| self.value(*tail, true));
            }
            ExprKind::If(condition, then, otherwise) => {
                self.value(*condition, true);
                self.value(*then, true);
                otherwise.iter().for_each(|value| self.value(*value, true));
            }
            ExprKind::Let(pat, value) => self.scrutinee(*value, &[*pat]),
            ExprKind::Match(scrutinee, arms) => {
                let pats: Vec<PatId> = arms.iter().map(|arm| arm.pattern).collect();
                self.scrutinee(*scrutinee, &pats);
                for arm in arms {
                    arm.guard.iter().for_each(|guard| self.value(*guard, true));
                    self.value(arm.body, true);
                }
            }
            ExprKind::Loop(inner, _, _) => self.value(*inner, true),
            ExprKind::ForRange(_, start, end, _, inner, _) => {
                self.value(*start, true);
                self.value(*end, true);
                self.value(*inner, true);
            }
            ExprKind::For(_, source, inner, _) => {
                self.value(*source, true);
                self.value(*inner, true);
            }
            ExprKind::Break(_, value) | ExprKind::Return(value) => {
                value.iter().for_each(|value| self.value(*value, true))
            }
            ExprKind::Closure(index) => {
                let id = self.infer.closures[index.index()];
                let captures = self.solver.program.closures[id.0 as usize].captures.clone();
                for capture in captures {
                    let ty = self.infer.local_types[capture.local.index()];
                    let mode = match capture.mode {
                        CaptureMode::Value if self.solver.is_copy(ty) => CaptureMode::Shared,
                        mode => mode,
                    };
                    self.note(capture.local, mode);
                }
            }
            ExprKind::Panic(format) | ExprKind::Print(format) => {
                format.values.iter().for_each(|value| self.value(*value, false))
            }
            ExprKind::Assert(condition, format) => {
                self.value(*condition, true);
                format.values.iter().for_each(|value| self.value(*value, false));
            }
            ExprKind::AssertEq(_, left, right, format) => {
                self.value(*left, false);
                self.value(*right, false);
                format.iter().flat_map(|format| &format.values).for_each(|value| self.value(*value, false));
            }
        }
    }
}
