//! Closures: what each takes, returns and captures. Signatures are known when the body around is inferred, captures when the place form is built.

use std::rc::Rc;

use rustg_base::Span;

use crate::hir::{ClosureIndex, LocalId};
use crate::items::DefId;
use crate::place::{Body, Step};
use crate::types::Ty;

/// How a closure may be called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ClosureKind {
    /// Any number of times, shared.
    Fn,
    /// Any number of times, one at a time.
    FnMut,
    /// Once.
    FnOnce,
}

impl ClosureKind {
    /// The trait's name.
    pub fn name(self) -> &'static str {
        ["Fn", "FnMut", "FnOnce"][self as usize]
    }

    /// The kind that a trait of that name stands for.
    pub fn named(name: &str) -> Option<ClosureKind> {
        [ClosureKind::Fn, ClosureKind::FnMut, ClosureKind::FnOnce].into_iter().find(|kind| kind.name() == name)
    }
}

/// How a variable is captured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CaptureMode {
    /// `&`
    Shared,
    /// `&mut`
    Mutable,
    /// By value.
    Value,
}

/// A captured place: a variable, or the part of it that is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capture {
    /// The variable.
    pub local: LocalId,
    /// The steps from there: fields, and what references refer to.
    pub path: Vec<Step>,
    /// How.
    pub mode: CaptureMode,
    /// The type of what is kept: of the place, or a reference to it.
    pub ty: Ty,
}

/// A closure of the program.
#[derive(Clone, Debug)]
pub struct Closure {
    /// The item that it stands in.
    pub owner: DefId,
    /// Which of its closures it is.
    pub index: ClosureIndex,
    /// Its expression.
    pub span: Span,
    /// Its parameters' types as a tuple.
    pub parameters: Ty,
    /// Its result's type.
    pub result: Ty,
    /// What its context wants it to be: a closure handed over directly is what the bound says.
    pub expected: Option<ClosureKind>,
    /// The traits that were asked of it, and where.
    pub required: Vec<(ClosureKind, Span)>,
    /// How it may be called; none while that is not known.
    pub kind: Option<ClosureKind>,
    /// What it keeps, in order.
    pub captures: Vec<Capture>,
    /// What it does.
    pub body: Option<Rc<Body>>,
}
