//! Closures: what each takes, returns and captures. Known when the body around it has been inferred.

use std::rc::Rc;

use crate::hir::{ClosureIndex, LocalId};
use crate::items::DefId;
use crate::place::Body;
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

/// A captured variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capture {
    /// Which.
    pub local: LocalId,
    /// How.
    pub mode: CaptureMode,
    /// The type of what is kept: of the variable, or a reference to it.
    pub ty: Ty,
}

/// A closure of the program.
#[derive(Clone, Debug)]
pub struct Closure {
    /// The item that it stands in.
    pub owner: DefId,
    /// Which of its closures it is.
    pub index: ClosureIndex,
    /// Its parameters' types as a tuple.
    pub parameters: Ty,
    /// Its result's type.
    pub result: Ty,
    /// How it may be called; none while that is not known.
    pub kind: Option<ClosureKind>,
    /// What it keeps, in order.
    pub captures: Vec<Capture>,
    /// What it does.
    pub body: Option<Rc<Body>>,
}
