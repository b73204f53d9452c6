//! Closures: their bodies are built with the outer variables as they are, what was done to them says what is captured and how, and then
//! each becomes the place where the closure keeps it.

use std::rc::Rc;

use rustg_base::{Diagnostic, Span};

use crate::closures::{Capture, CaptureMode, ClosureKind};
use crate::hir::*;
use crate::infer::Inferred;
use crate::place::{Aggregate, Body, BorrowKind, Local as Slot, Operand, Place, Rvalue, Step, StmtKind, Terminator};
use crate::program::Program;
use crate::traits::Solver;
use crate::types::{ClosureId, Ty, TyKind, known};

use super::Builder;

impl Program {
    /// Builds a closure; those within it and those before it are built.
    pub(super) fn build_closure(&mut self, id: ClosureId, hir: &Rc<HirBody>, types: &Rc<Inferred>, promotes: bool) {
        let closure = self.closures[id.0 as usize].clone();
        let expr = &hir.closures[closure.index.index()];
        let mut builder = Builder::new(self, closure.owner, hir.clone(), types.clone());
        builder.closure = Some(closure.index);
        builder.promotes = promotes;
        builder.declare(closure.result, None, true, Span::default());
        // What it keeps, of a type that its body tells.
        let env = builder.declare(known::ERROR, None, true, Span::default());
        let entry = builder.add_block();
        builder.block = entry;
        builder.open_scope();
        let parameters: Vec<(PatId, Ty)> =
            expr.parameters.iter().map(|(pat, _)| (*pat, builder.pattern_type(*pat))).collect();
        builder.parameters(&parameters);
        builder.body.parameter_count += 1;
        builder.expr_into(Place::new(Slot(0)), expr.body);
        builder.close_scope(builder.hir.expr(expr.body).span);
        builder.end(Terminator::Return);
        builder.drop_needless_ends();
        let outer: Vec<(Slot, LocalId)> = builder.outer.clone();
        let mut body = builder.body;
        let slots: Vec<Slot> = outer.iter().map(|(slot, _)| *slot).collect();
        self.check_outer_mutability(&body, &slots);
        let (captures, used_as) = self.captures_of(&body, &outer, expr.is_move);
        let kind = match closure.expected {
            Some(expected) => expected,
            None => used_as,
        };
        let args = self.identity_args(closure.owner);
        let own = self.types.intern(TyKind::Closure(id, args));
        let slot = &mut self.closures[id.0 as usize];
        (slot.kind, slot.captures) = (Some(kind), captures.clone());
        body.locals[env.0 as usize].ty = match kind {
            ClosureKind::Fn => self.types.reference(own, false),
            ClosureKind::FnMut => self.types.reference(own, true),
            ClosureKind::FnOnce => own,
        };
        let kept = |place: &mut Place| {
            let Some(&(_, local)) = outer.iter().find(|(slot, _)| *slot == place.local) else { return };
            let found =
                captures.iter().position(|capture| capture.local == local && place.steps.starts_with(&capture.path));
            let Some(at) = found else { return };
            let mut steps = Vec::new();
            if kind != ClosureKind::FnOnce {
                steps.push(Step::Deref);
            }
            steps.push(Step::Field(at as u32));
            if captures[at].mode != CaptureMode::Value {
                steps.push(Step::Deref);
            }
            steps.extend_from_slice(&place.steps[captures[at].path.len()..]);
            *place = Place { local: env, steps };
        };
        for_each_place(&mut body, &mut |place, _| kept(place));
        let body = Rc::new(body);
        self.check_moves(&body);
        self.closures[id.0 as usize].body = Some(body);
        for (wanted, _) in &closure.required {
            if kind > *wanted {
                let (wanted, kind) = (wanted.name(), kind.name());
                let message = format!(
                    "expected a closure that implements the `{wanted}` trait, but this closure only implements `{kind}`"
                );
                let file = self.def(closure.owner).file;
                self.report(file, Diagnostic::error(closure.span, message).with_code("E0525"));
            }
        }
    }

    /// What a closure's body does with outer variables: the places it needs, and how it may be called.
    fn captures_of(&mut self, body: &Body, outer: &[(Slot, LocalId)], is_move: bool) -> (Vec<Capture>, ClosureKind) {
        let mut uses: Vec<(Place, CaptureMode)> = Vec::new();
        let mut copy = body.clone();
        for_each_place(&mut copy, &mut |place, mode| {
            if outer.iter().any(|(slot, _)| *slot == place.local) {
                uses.push((place.clone(), mode));
            }
        });
        let mut kind = ClosureKind::Fn;
        let mut found: Vec<(Slot, Vec<Step>, CaptureMode)> = Vec::new();
        for (place, mode) in uses {
            let (mut path, mut mode) = self.captured_path(body, &place, mode);
            kind = kind.max(match mode {
                CaptureMode::Shared => ClosureKind::Fn,
                CaptureMode::Mutable => ClosureKind::FnMut,
                CaptureMode::Value => ClosureKind::FnOnce,
            });
            if is_move {
                mode = CaptureMode::Value;
            }
            if mode == CaptureMode::Value {
                let end = path.iter().position(|step| *step == Step::Deref).unwrap_or(path.len());
                path.truncate(end);
            }
            // One capture stands for a place and all within it.
            if let Some(known) = found.iter_mut().find(|known| known.0 == place.local && path.starts_with(&known.1)) {
                known.2 = known.2.max(mode);
                continue;
            }
            found.retain(|known| {
                let within = known.0 == place.local && known.1.starts_with(&path);
                if within {
                    mode = mode.max(known.2);
                }
                !within
            });
            found.push((place.local, path, mode));
        }
        let captures = found.into_iter().map(|(slot, path, mode)| {
            let (_, local) = *outer.iter().find(|(known, _)| *known == slot).expect("it was looked up above");
            let place = self.place_type(body, slot, &path);
            let ty = match mode {
                CaptureMode::Value => place,
                mode => self.types.reference(place, mode == CaptureMode::Mutable),
            };
            Capture { local, path, mode, ty }
        });
        (captures.collect(), kind)
    }

    fn place_type(&mut self, body: &Body, slot: Slot, steps: &[Step]) -> Ty {
        let mut variant = None;
        let mut ty = body.locals[slot.0 as usize].ty;
        for step in steps {
            ty = self.normal_step_type(body, ty, *step, &mut variant);
        }
        ty
    }

    fn normal_step_type(&mut self, body: &Body, ty: Ty, step: Step, variant: &mut Option<u32>) -> Ty {
        let ty = self.step_type(ty, step, variant);
        if !self.types.has(ty, crate::types::flags::PROJECTION) {
            return ty;
        }
        let env = self.predicates_of(body.owner);
        let mut solver = Solver::new(self, env);
        let ty = solver.normalize(ty);
        solver.resolve(ty)
    }

    /// The part of a place that is captured: up to an element, a variant's fields, or what a pointer points to.
    fn captured_path(&mut self, body: &Body, place: &Place, mode: CaptureMode) -> (Vec<Step>, CaptureMode) {
        let mut ty = body.locals[place.local.0 as usize].ty;
        let (mut variant, mut mode, mut path) = (None, mode, Vec::new());
        // Behind a shared reference, that reference is all that is needed.
        let mut shared_end = None;
        for step in &place.steps {
            match (step, self.types.kind(ty)) {
                (Step::Field(_), TyKind::Adt(..) | TyKind::Tuple(_) | TyKind::Closure(..)) => {}
                (Step::Deref, TyKind::Ref(_, is_mutable)) => {
                    if !is_mutable {
                        shared_end = Some(path.len() + 1);
                        mode = CaptureMode::Shared;
                    }
                }
                (Step::Deref, TyKind::Ptr(..)) => {
                    mode = CaptureMode::Shared;
                    break;
                }
                _ => break,
            }
            ty = self.normal_step_type(body, ty, *step, &mut variant);
            path.push(*step);
        }
        if let Some(end) = shared_end {
            path.truncate(end);
        }
        (path, mode)
    }
}

/// Visits every place of a body with what is done to it.
pub(super) fn for_each_place(body: &mut Body, visit: &mut dyn FnMut(&mut Place, CaptureMode)) {
    for block in &mut body.blocks {
        for stmt in &mut block.stmts {
            match &mut stmt.kind {
                StmtKind::Assign(place, value) => {
                    match value {
                        Rvalue::Ref(kind, target) => {
                            let mode = if kind.is_mutable() { CaptureMode::Mutable } else { CaptureMode::Shared };
                            visit(target, mode);
                        }
                        Rvalue::Address(is_mutable, target) => {
                            visit(target, if *is_mutable { CaptureMode::Mutable } else { CaptureMode::Shared });
                        }
                        Rvalue::Variant(target) | Rvalue::Length(target) => visit(target, CaptureMode::Shared),
                        Rvalue::Use(operand)
                        | Rvalue::Unary(_, _, operand)
                        | Rvalue::Cast(_, _, operand)
                        | Rvalue::Repeat(_, operand) => visit_operand(operand, visit),
                        Rvalue::Binary(_, _, a, b) | Rvalue::Wrapping(_, _, a, b) => {
                            visit_operand(a, visit);
                            visit_operand(b, visit);
                        }
                        Rvalue::Aggregate(_, operands) => {
                            operands.iter_mut().for_each(|operand| visit_operand(operand, visit));
                        }
                    }
                    visit(place, CaptureMode::Mutable);
                }
                StmtKind::Call(place, _, operands) => {
                    operands.iter_mut().for_each(|operand| visit_operand(operand, visit));
                    visit(place, CaptureMode::Mutable);
                }
                StmtKind::CheckIndex(operand, place) => {
                    visit_operand(operand, visit);
                    visit(place, CaptureMode::Shared);
                }
                StmtKind::Assert(operand, message) => {
                    visit_operand(operand, visit);
                    message.values.iter_mut().for_each(|(operand, ..)| visit_operand(operand, visit));
                }
                StmtKind::Print(message) => {
                    message.values.iter_mut().for_each(|(operand, ..)| visit_operand(operand, visit));
                }
                StmtKind::Unmoved(place) => visit(place, CaptureMode::Shared),
                StmtKind::Dead(_) | StmtKind::End(_) => {}
            }
        }
        match &mut block.terminator {
            Terminator::Switch(operand, ..) => visit_operand(operand, visit),
            Terminator::Panic(message, _) => {
                message.values.iter_mut().for_each(|(operand, ..)| visit_operand(operand, visit));
            }
            _ => {}
        }
    }
}

fn visit_operand(operand: &mut Operand, visit: &mut dyn FnMut(&mut Place, CaptureMode)) {
    match operand {
        Operand::Copy(place) => visit(place, CaptureMode::Shared),
        Operand::Move(place) => visit(place, CaptureMode::Value),
        Operand::Const(_) => {}
    }
}

impl Builder<'_> {
    /// The closure's value: what it captures, taken or lent.
    pub(super) fn closure_into(&mut self, dest: Place, index: ClosureIndex, ty: Ty, span: Span) {
        let id = self.types.closures[index.index()];
        let captures = self.program.closures[id.0 as usize].captures.clone();
        let mut operands = Vec::new();
        for capture in captures {
            let mut place = self.local_place(capture.local);
            place.steps.extend_from_slice(&capture.path);
            operands.push(match capture.mode {
                CaptureMode::Value => self.take(place, capture.ty),
                mode => {
                    let kind = if mode == CaptureMode::Mutable { BorrowKind::Unique } else { BorrowKind::Shared };
                    let temp = self.temp(capture.ty, span);
                    self.assign(temp.clone(), Rvalue::Ref(kind, place), span);
                    Operand::Move(temp)
                }
            });
        }
        self.assign(dest, Rvalue::Aggregate(Aggregate::Closure(ty), operands), span);
    }
}
