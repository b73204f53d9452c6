//! `&mut [T]` as a kernel's parameter: every thread holds the same slice, so each may only touch the element at its own index.
//!
//! An index is a thread's own where it comes from `thread::index_1d()` or `thread::index_2d()`, or is the same sum written out, by variables that
//! are set once. Everything else is not sure, and refused with the ways out.

use rustg_base::{Diagnostic, Span};

use crate::items::DefId;
use crate::place::{Body, BorrowKind, Callee, Local, Operand, Place, Rvalue, Step, StmtKind};
use crate::program::Program;
use crate::types::{Args, Ty, TyKind};

/// What a value is known to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    /// `blockIdx.x`, `blockDim.x`, `threadIdx.x`, the product of the first two.
    Block,
    Width,
    Thread,
    Start,
    /// The thread's index as a number, by the function (and its arguments) that gives it; none where it is written out.
    Own(Option<(DefId, Args)>),
    /// The same as a `ThreadIndex`, and as an `Option` of one.
    Index(Option<(DefId, Args)>),
    Maybe(Option<(DefId, Args)>),
}

struct Checker<'a> {
    program: &'a mut Program,
    body: &'a Body,
    /// By variable: the statement that sets it, if only one does and nothing borrows it mutably.
    setters: Vec<Option<(usize, usize)>>,
    parameter: Local,
    writes: Vec<Span>,
    /// Reads that are not of the thread's own element.
    reads: Vec<Span>,
    /// What is wrong: where, and why.
    wrong: Option<(Span, String)>,
    /// The first index that was found to be the thread's own.
    own: Option<Option<(DefId, Args)>>,
}

impl Program {
    /// Checks the parameters `&mut [T]` and `&mut T` of a kernel.
    pub(crate) fn check_own_index(&mut self, body: &Body, parameters: &[Ty]) {
        for (at, &ty) in parameters.iter().enumerate() {
            let TyKind::Ref(target, true) = self.types.kind(ty) else { continue };
            let setters = setters(body);
            let mut checker = Checker {
                program: self,
                body,
                setters,
                parameter: Local(at as u32 + 1),
                writes: Vec::new(),
                reads: Vec::new(),
                wrong: None,
                own: None,
            };
            checker.run();
            let (wrong, writes, reads) = (checker.wrong.take(), checker.writes.clone(), checker.reads.clone());
            let wrong = wrong.or_else(|| {
                let read = reads.first().filter(|_| !writes.is_empty())?;
                Some((*read, "other threads may write what is read here meanwhile".to_owned()))
            });
            if let Some((span, why)) = wrong {
                self.refuse_shared_write(body, Local(at as u32 + 1), target, span, &why);
            }
        }
    }

    fn refuse_shared_write(&mut self, body: &Body, parameter: Local, target: Ty, span: Span, why: &str) {
        let local = body.locals[parameter.0 as usize];
        let name = local.name.map_or("this parameter".to_owned(), |name| format!("`{}`", self.strings.get(name)));
        let element = match self.types.kind(target) {
            TyKind::Slice(element) => element,
            _ => target,
        };
        let (target, element) = (self.type_name(target), self.type_name(element));
        let error = Diagnostic::error(
            span,
            format!("every thread holds {name}: this is not provably the thread's own element"),
        )
        .with_code("G0103")
        .with_primary(why)
        .with_label(local.span, format!("all threads get the same `&mut {target}`"))
        .with_help(format!("take `DisjointSlice<{element}>` and write through `get_mut(thread::index_1d())`"))
        .with_help("where several threads write one element, take a slice of atomics")
        .with_help(format!(
            "where the algorithm itself keeps the threads apart, take `*mut {element}` and write in `unsafe`"
        ));
        let file = self.def(body.owner).file;
        self.report(file, error);
    }
}

/// By variable: its only assignment.
fn setters(body: &Body) -> Vec<Option<(usize, usize)>> {
    let mut counts = vec![0; body.locals.len()];
    let mut setters = vec![None; body.locals.len()];
    for (at, block) in body.blocks.iter().enumerate() {
        for (offset, stmt) in block.stmts.iter().enumerate() {
            match &stmt.kind {
                StmtKind::Assign(place, value) => {
                    counts[place.local.0 as usize] += 1;
                    setters[place.local.0 as usize] = place.steps.is_empty().then_some((at, offset));
                    if let Rvalue::Ref(kind, target) = value
                        && kind.is_mutable()
                        && !target.steps.contains(&Step::Deref)
                    {
                        counts[target.local.0 as usize] += 2;
                    }
                    if let Rvalue::Address(true, target) = value {
                        counts[target.local.0 as usize] += 2;
                    }
                }
                StmtKind::Call(place, ..) => {
                    counts[place.local.0 as usize] += 1;
                    setters[place.local.0 as usize] = place.steps.is_empty().then_some((at, offset));
                }
                _ => {}
            }
        }
    }
    for (setter, count) in setters.iter_mut().zip(counts) {
        if count != 1 {
            *setter = None;
        }
    }
    setters
}

impl Checker<'_> {
    fn run(&mut self) {
        let body = self.body;
        for block in &body.blocks {
            for stmt in &block.stmts {
                self.stmt(&stmt.kind, stmt.span);
            }
        }
    }

    fn refuse(&mut self, span: Span, why: impl Into<String>) {
        if self.wrong.is_none() {
            self.wrong = Some((span, why.into()));
        }
    }

    /// Whether a place is of the parameter: its element's index, or nothing where it is of the whole.
    fn element<'b>(&self, place: &'b Place) -> Option<Option<&'b Step>> {
        (place.local == self.parameter).then(|| match place.steps.as_slice() {
            [Step::Deref, step @ (Step::Index(_) | Step::Element(..)), ..] => Some(step),
            _ => None,
        })
    }

    fn is_own(&mut self, step: &Step) -> bool {
        match step {
            Step::Index(local) => self.is_own_local(*local),
            _ => false,
        }
    }

    fn is_own_local(&mut self, local: Local) -> bool {
        match self.value(local, 0) {
            Some(Value::Own(by)) => *self.own.get_or_insert(by) == by,
            _ => false,
        }
    }

    fn is_own_operand(&mut self, operand: &Operand) -> bool {
        match operand {
            Operand::Copy(place) | Operand::Move(place) => match self.value_at(place, 0) {
                Some(Value::Own(by)) => *self.own.get_or_insert(by) == by,
                _ => false,
            },
            Operand::Const(_) => false,
        }
    }

    fn read(&mut self, place: &Place, span: Span) {
        match self.element(place) {
            Some(Some(step)) if !self.is_own(step) => self.reads.push(span),
            Some(None) if place.steps.is_empty() => {
                self.refuse(span, "the whole slice is handed on");
            }
            Some(None) if place.steps.len() == 1 && !self.is_slice() => self.reads.push(span),
            _ => {}
        }
    }

    fn is_slice(&self) -> bool {
        let ty = self.body.locals[self.parameter.0 as usize].ty;
        matches!(self.program.types.kind(ty), TyKind::Ref(target, _) if matches!(self.program.types.kind(target), TyKind::Slice(_)))
    }

    fn write(&mut self, place: &Place, span: Span) {
        match self.element(place) {
            Some(Some(step)) => {
                self.writes.push(span);
                if !self.is_own(step) {
                    self.refuse(span, "nothing proves that this index is the thread's own");
                }
            }
            Some(None) => self.refuse(span, "every thread writes this one place"),
            None => {}
        }
    }

    fn operand(&mut self, operand: &Operand, span: Span) {
        if let Operand::Copy(place) | Operand::Move(place) = operand {
            self.read(place, span);
        }
    }

    fn stmt(&mut self, kind: &StmtKind, span: Span) {
        match kind {
            StmtKind::Assign(dest, value) => {
                match value {
                    Rvalue::Use(operand)
                    | Rvalue::Unary(_, _, operand)
                    | Rvalue::Cast(_, _, operand)
                    | Rvalue::Repeat(_, operand) => self.operand(operand, span),
                    Rvalue::Binary(_, _, a, b) | Rvalue::Wrapping(_, _, a, b) => {
                        self.operand(a, span);
                        self.operand(b, span);
                    }
                    Rvalue::Aggregate(_, operands) => operands.iter().for_each(|operand| self.operand(operand, span)),
                    Rvalue::Ref(kind, place) => self.borrow(*kind, place, dest, span),
                    Rvalue::Address(is_mutable, place) => match self.element(place) {
                        Some(Some(step)) if *is_mutable && !self.is_own(step) => self.write(place, span),
                        Some(None) => self.refuse(span, "a pointer to the whole slice is made"),
                        _ => {}
                    },
                    Rvalue::Variant(place) => self.read(place, span),
                    Rvalue::Length(_) => {}
                }
                self.write(dest, span);
            }
            StmtKind::Call(dest, _, operands) => {
                operands.iter().for_each(|operand| self.operand(operand, span));
                self.write(dest, span);
            }
            StmtKind::CheckIndex(operand, _) => self.operand(operand, span),
            StmtKind::Assert(operand, message) => {
                self.operand(operand, span);
                message.values.iter().for_each(|(operand, ..)| self.operand(operand, span));
            }
            StmtKind::Print(message) => message.values.iter().for_each(|(operand, ..)| self.operand(operand, span)),
            StmtKind::Dead(_) | StmtKind::End(_) | StmtKind::Unmoved(_) => {}
        }
    }

    /// A borrow of an element, or of the whole for a call that is known to look at one element only.
    fn borrow(&mut self, kind: BorrowKind, place: &Place, dest: &Place, span: Span) {
        match self.element(place) {
            None => {}
            Some(Some(_)) if kind.is_mutable() => self.write(place, span),
            Some(Some(_)) => self.read(place, span),
            Some(None) => {
                let call = self.call_with(dest.local);
                let name = call.map(|(callee, _)| self.callee_name(callee));
                let index = call.and_then(|(_, operands)| operands.get(1).cloned());
                match name.as_deref() {
                    Some("len" | "is_empty") => {}
                    Some("get_mut" | "get_unchecked_mut" | "index_mut") if kind.is_mutable() => {
                        self.writes.push(span);
                        if !index.is_some_and(|index| self.is_own_operand(&index)) {
                            self.refuse(span, "nothing proves that this index is the thread's own");
                        }
                    }
                    Some("get" | "get_unchecked" | "index") if !kind.is_mutable() => {
                        if !index.is_some_and(|index| self.is_own_operand(&index)) {
                            self.reads.push(span);
                        }
                    }
                    Some(name) if kind.is_mutable() => {
                        self.refuse(span, format!("`{name}` gets the whole slice, on every thread"));
                    }
                    None if kind.is_mutable() => self.refuse(span, "the whole slice is lent, on every thread"),
                    _ => self.reads.push(span),
                }
            }
        }
    }

    /// The call that a temporary is handed to.
    fn call_with(&self, local: Local) -> Option<(Callee, &[Operand])> {
        let stmts = self.body.blocks.iter().flat_map(|block| &block.stmts);
        stmts.into_iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Call(_, callee, operands)
                if operands.iter().any(
                    |operand| matches!(operand, Operand::Copy(place) | Operand::Move(place) if place.local == local),
                ) =>
            {
                Some((*callee, operands.as_slice()))
            }
            _ => None,
        })
    }

    fn callee_name(&self, callee: Callee) -> String {
        match callee {
            Callee::Fn(def, _) => self.program.strings.get(self.program.def(def).name).to_owned(),
            Callee::Closure(..) => "a closure".to_owned(),
        }
    }

    // What values are.

    fn value_at(&mut self, place: &Place, depth: u32) -> Option<Value> {
        let value = self.value(place.local, depth);
        match (place.steps.as_slice(), value) {
            ([], value) => value,
            // A reference to one is as good.
            ([Step::Deref], value) => value,
            ([Step::Variant(1), Step::Field(0)], Some(Value::Maybe(by))) => Some(Value::Index(by)),
            _ => None,
        }
    }

    fn value_of(&mut self, operand: &Operand, depth: u32) -> Option<Value> {
        match operand {
            Operand::Copy(place) | Operand::Move(place) => self.value_at(place, depth),
            Operand::Const(_) => None,
        }
    }

    fn value(&mut self, local: Local, depth: u32) -> Option<Value> {
        if depth > 24 {
            return None;
        }
        let depth = depth + 1;
        let (block, offset) = self.setters[local.0 as usize]?;
        let body = self.body;
        match &body.blocks[block].stmts[offset].kind {
            StmtKind::Assign(_, Rvalue::Use(operand)) => self.value_of(operand, depth),
            StmtKind::Assign(_, Rvalue::Ref(BorrowKind::Shared, place)) => self.value_at(place, depth),
            StmtKind::Assign(_, Rvalue::Cast(_, to, operand)) => match self.program.types.kind(*to) {
                TyKind::Int(int) if int.bits() >= 32 => self.value_of(operand, depth),
                _ => None,
            },
            StmtKind::Assign(_, Rvalue::Binary(op, _, a, b) | Rvalue::Wrapping(op, _, a, b)) => {
                let (a, b) = (self.value_of(a, depth)?, self.value_of(b, depth)?);
                match (op, a, b) {
                    (crate::hir::BinaryOp::Mul, Value::Block, Value::Width)
                    | (crate::hir::BinaryOp::Mul, Value::Width, Value::Block) => Some(Value::Start),
                    (crate::hir::BinaryOp::Add, Value::Start, Value::Thread)
                    | (crate::hir::BinaryOp::Add, Value::Thread, Value::Start) => Some(Value::Own(None)),
                    _ => None,
                }
            }
            StmtKind::Call(_, Callee::Fn(def, args), operands) => self.called(*def, *args, operands, depth),
            _ => None,
        }
    }

    fn called(&mut self, def: DefId, args: Args, operands: &[Operand], depth: u32) -> Option<Value> {
        let path = self.program.library_path(def);
        match path.as_str() {
            "device::thread::blockIdx_x" => return Some(Value::Block),
            "device::thread::blockDim_x" => return Some(Value::Width),
            "device::thread::threadIdx_x" => return Some(Value::Thread),
            // The same sum as it is written out.
            "device::thread::index_1d" => return Some(Value::Index(None)),
            "device::thread::index_2d" => return Some(Value::Maybe(Some((def, args)))),
            "" => return None,
            _ => {}
        }
        let name = self.program.strings.get(self.program.def(def).name).to_owned();
        let given = self.value_of(operands.first()?, depth)?;
        match (name.as_str(), given) {
            ("get", Value::Index(by)) => Some(Value::Own(by)),
            ("unwrap" | "expect", Value::Maybe(by)) => Some(Value::Index(by)),
            ("wrapping_add", given) | ("wrapping_mul", given) => {
                let other = self.value_of(operands.get(1)?, depth)?;
                match (name.as_str(), given, other) {
                    ("wrapping_mul", Value::Block, Value::Width) | ("wrapping_mul", Value::Width, Value::Block) => {
                        Some(Value::Start)
                    }
                    ("wrapping_add", Value::Start, Value::Thread) | ("wrapping_add", Value::Thread, Value::Start) => {
                        Some(Value::Own(None))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
