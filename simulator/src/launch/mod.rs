//! Launches from words: argument specifications, files of numbers, the kernel's signature, and what the results should be.
//!
//! `x=f32[1024]:iota`, `n=1024`, `y=f32[1024]:want.npy` are [`Argument`]s; [`bind`](bind()) holds them against a kernel's
//! parameters and makes a device's buffers and argument bytes of them; [`Expectation`]s compare buffers with what they should hold.
//! This module owns that language and NumPy's file format. It prints nothing and runs nothing.

mod argument;
mod bind;
mod element;
mod expect;
mod initialise;
pub mod npy;
mod signature;
mod small_float;

use std::fmt;

pub use argument::{Argument, Offset, Value};
pub use bind::{Allocate, Bound, Buffer, bind};
pub use element::{Class, Element};
pub use expect::{Comparison, Difference, Tolerance, compare};
pub use initialise::{Initialiser, uniform_bits};
pub use signature::{Parameter, Pointee, Signature, element_of, kernels};

/// What is wrong with a specification or a file of numbers, in one sentence that names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaunchError(pub String);

impl LaunchError {
    /// An error with this message.
    pub fn new(message: impl fmt::Display) -> LaunchError {
        LaunchError(message.to_string())
    }

    /// The same, of this argument or file.
    pub fn of(self, what: impl fmt::Display) -> LaunchError {
        LaunchError(format!("{what}: {}", self.0))
    }
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LaunchError {}
