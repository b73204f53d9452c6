//! Borrows against what is done while they last.

use rustg_base::Span;

use crate::place::{BorrowKind, Local, Operand, Place, Rvalue, Step, StmtKind, Terminator};

use super::constraints::Checker;
use super::report::Errors;
use super::solve::Bits;

/// What is done to a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    /// Its value is copied.
    Read,
    /// It is borrowed so; the number of the loan that this makes.
    Borrow(BorrowKind, usize),
    /// It is moved out of.
    Move,
    /// It gets a new value.
    Assign,
    /// A borrow that waited is used for the first time.
    Activate(usize),
    /// Its variable ends.
    End,
    /// The body is left.
    Leave,
}

/// How far an access looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Not through references.
    Shallow,
    Deep,
    /// Only to a slice's length: its elements do not matter.
    Length,
}

/// By loan: where it lasts; by point: which loans do.
pub(super) struct Scopes {
    /// The loans in force before each point.
    at: Vec<Vec<u32>>,
    /// By loan: the points where it waits for its first use.
    waiting: Vec<Vec<usize>>,
    /// By point: the loans that begin to count there.
    activations: Vec<Vec<u32>>,
}

impl Checker<'_> {
    /// Follows each loan along the points that its region holds.
    pub(super) fn scopes(&self, values: &Bits) -> Scopes {
        let mut scopes = Scopes {
            at: vec![Vec::new(); self.point_count],
            waiting: vec![Vec::new(); self.loans.len()],
            activations: vec![Vec::new(); self.point_count],
        };
        for (number, loan) in self.loans.iter().enumerate() {
            let mut seen = vec![false; self.point_count];
            let mut open = self.successors(loan.point);
            while let Some(point) = open.pop() {
                if seen[point] || !values.has(loan.region as usize, point) {
                    continue;
                }
                seen[point] = true;
                scopes.at[point].push(number as u32);
                if !self.ends_loan(point, &loan.place) {
                    open.extend(self.successors(point));
                }
            }
            if loan.kind == BorrowKind::TwoPhase
                && let Some(holder) = loan.holder
            {
                let mut open = self.successors(loan.point);
                let mut seen = vec![false; self.point_count];
                while let Some(point) = open.pop() {
                    if std::mem::replace(&mut seen[point], true) {
                        continue;
                    }
                    if self.uses_at(point, &|local| local == holder.0 as usize) {
                        scopes.activations[point].push(number as u32);
                        continue;
                    }
                    scopes.waiting[number].push(point);
                    open.extend(self.successors(point));
                }
            }
        }
        scopes
    }

    /// Whether a statement gives the variable that a borrowed place goes through another value: what was lent is out of reach then.
    fn ends_loan(&self, point: usize, place: &Place) -> bool {
        let block = self.block_of(point);
        let Some(stmt) = self.body.blocks[block].stmts.get(point - self.starts[block]) else { return false };
        match &stmt.kind {
            StmtKind::Assign(dest, _) | StmtKind::Call(dest, ..) => {
                dest.local == place.local
                    && place.steps.starts_with(&dest.steps)
                    && !dest.steps.iter().any(|step| matches!(step, Step::Index(_)))
            }
            StmtKind::End(local) | StmtKind::Dead(local) => *local == place.local,
            _ => false,
        }
    }

    pub(super) fn check_accesses(&mut self, values: &Bits, scopes: &Scopes, errors: &mut Errors) {
        let body = self.body;
        let mut loan_at: Vec<Option<usize>> = vec![None; self.point_count];
        for (number, loan) in self.loans.iter().enumerate() {
            loan_at[loan.point] = Some(number);
        }
        let mut check = Check { checker: self, values, scopes, errors, point: 0, span: Span::default() };
        for (at, block) in body.blocks.iter().enumerate() {
            for (offset, stmt) in block.stmts.iter().enumerate() {
                check.point = check.checker.starts[at] + offset;
                check.span = stmt.span;
                if check.is_idle() {
                    continue;
                }
                check.activations();
                match &stmt.kind {
                    StmtKind::Assign(place, value) => {
                        check.value(value, loan_at[check.point]);
                        check.access(place, Access::Assign, Depth::Shallow);
                    }
                    StmtKind::Call(place, _, operands) => {
                        operands.iter().for_each(|operand| check.operand(operand));
                        check.access(place, Access::Assign, Depth::Deep);
                    }
                    StmtKind::CheckIndex(operand, place) => {
                        check.operand(operand);
                        check.access(place, Access::Read, Depth::Length);
                    }
                    StmtKind::Assert(operand, message) => {
                        check.operand(operand);
                        message.values.iter().for_each(|(operand, ..)| check.shown(operand));
                    }
                    StmtKind::Print(message) => message.values.iter().for_each(|(operand, ..)| check.shown(operand)),
                    StmtKind::End(local) => check.access(&Place::new(*local), Access::End, Depth::Shallow),
                    StmtKind::Dead(_) | StmtKind::Unmoved(_) => {}
                }
            }
            check.point = check.checker.starts[at] + block.stmts.len();
            if check.is_idle() {
                continue;
            }
            check.activations();
            match &block.terminator {
                Terminator::Switch(operand, ..) => {
                    check.span = block.stmts.last().map_or(Span::default(), |stmt| stmt.span);
                    check.operand(operand);
                }
                Terminator::Panic(message, span) => {
                    check.span = *span;
                    message.values.iter().for_each(|(operand, ..)| check.shown(operand));
                }
                Terminator::Return => check.leave(),
                _ => {}
            }
        }
    }
}

struct Check<'a, 'b, 'c> {
    checker: &'a mut Checker<'b>,
    values: &'a Bits,
    scopes: &'a Scopes,
    errors: &'c mut Errors,
    point: usize,
    span: Span,
}

impl Check<'_, '_, '_> {
    fn is_idle(&self) -> bool {
        self.scopes.at[self.point].is_empty() && self.scopes.activations[self.point].is_empty()
    }

    fn activations(&mut self) {
        for number in self.scopes.activations[self.point].clone() {
            let place = self.checker.loans[number as usize].place.clone();
            self.access(&place, Access::Activate(number as usize), Depth::Deep);
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Copy(place) => self.access(place, Access::Read, Depth::Deep),
            Operand::Move(place) => self.access(place, Access::Move, Depth::Deep),
            Operand::Const(_) => {}
        }
    }

    /// A value of a message: it is borrowed to be shown.
    fn shown(&mut self, operand: &Operand) {
        if let Operand::Copy(place) | Operand::Move(place) = operand {
            self.access(place, Access::Borrow(BorrowKind::Shared, usize::MAX), Depth::Deep);
        }
    }

    fn value(&mut self, value: &Rvalue, loan: Option<usize>) {
        match value {
            Rvalue::Use(operand)
            | Rvalue::Unary(_, _, operand)
            | Rvalue::Cast(_, _, operand)
            | Rvalue::Repeat(_, operand) => self.operand(operand),
            Rvalue::Binary(_, _, a, b) | Rvalue::Wrapping(_, _, a, b) => {
                self.operand(a);
                self.operand(b);
            }
            Rvalue::Aggregate(_, operands) => operands.iter().for_each(|operand| self.operand(operand)),
            Rvalue::Ref(kind, place) => {
                self.access(place, Access::Borrow(*kind, loan.unwrap_or(usize::MAX)), Depth::Deep);
            }
            Rvalue::Address(is_mutable, place) => {
                let kind = BorrowKind::written(*is_mutable);
                self.access(place, Access::Borrow(kind, usize::MAX), Depth::Deep);
            }
            Rvalue::Variant(place) | Rvalue::Length(place) => self.access(place, Access::Read, Depth::Shallow),
        }
    }

    /// All variables end here: whatever is lent of them must have come back.
    fn leave(&mut self) {
        for number in self.scopes.at[self.point].clone() {
            let place = self.checker.loans[number as usize].place.clone();
            if !place.steps.contains(&Step::Deref) {
                self.errors.conflict(
                    self.checker,
                    self.values,
                    number as usize,
                    &place,
                    Access::Leave,
                    self.point,
                    self.span,
                );
            }
        }
    }

    fn access(&mut self, place: &Place, access: Access, depth: Depth) {
        for number in self.scopes.at[self.point].clone() {
            let number = number as usize;
            let loan = &self.checker.loans[number];
            if loan.place.local != place.local || !conflicts(&loan.place, place, depth) {
                continue;
            }
            let waits = self.scopes.waiting[number].contains(&self.point);
            let is_fine = match access {
                Access::Activate(own) => own == number,
                Access::Read | Access::Borrow(BorrowKind::Shared, _) => loan.kind == BorrowKind::Shared || waits,
                // A borrow that only waits may stand beside shared ones.
                Access::Borrow(BorrowKind::TwoPhase, _) => loan.kind == BorrowKind::Shared,
                _ => false,
            };
            if !is_fine {
                self.errors.conflict(self.checker, self.values, number, place, access, self.point, self.span);
            }
        }
    }
}

/// Whether what a loan holds and what is accessed may be the same memory.
fn conflicts(loan: &Place, place: &Place, depth: Depth) -> bool {
    for (at, mine) in loan.steps.iter().enumerate() {
        match place.steps.get(at) {
            // The access is of something around what is lent.
            None => {
                return match depth {
                    Depth::Deep => true,
                    Depth::Shallow => !loan.steps[at..].contains(&Step::Deref),
                    Depth::Length => false,
                };
            }
            Some(theirs) if is_apart(*mine, *theirs) => return false,
            Some(_) => {}
        }
    }
    true
}

fn is_apart(a: Step, b: Step) -> bool {
    match (a, b) {
        (Step::Field(a), Step::Field(b)) | (Step::Variant(a), Step::Variant(b)) => a != b,
        (Step::Element(a, from_end), Step::Element(b, other)) => from_end != other || a != b,
        _ => false,
    }
}

/// Whether a variable has a name of its own in the source.
pub(super) fn is_named(checker: &Checker<'_>, local: Local) -> bool {
    let decl = checker.body.locals[local.0 as usize];
    decl.name.is_some() || local.0 >= 1 && local.0 <= checker.body.parameter_count
}
