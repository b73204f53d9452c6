//! What can go wrong, and where.

use std::fmt;

/// A panic of a thread of a kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Panic {
    /// The kernel's path.
    pub kernel: String,
    /// What was said.
    pub message: String,
    /// The source file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The block: x, y, z.
    pub block: [u32; 3],
    /// The thread in its block: x, y, z.
    pub thread: [u32; 3],
}

/// Why something on a device did not work. `Debug` says the same as `Display`, so that a `main` that returns it ends with the message.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// There is no such device.
    NoDevice {
        /// What was asked for.
        asked: String,
        /// Why there is none, and what there is.
        reason: String,
    },
    /// The device has not so much memory.
    OutOfMemory {
        /// How much was asked for.
        size_bytes: u64,
    },
    /// The launch cannot be: its shape, or an argument.
    Launch {
        /// The kernel's path.
        kernel: String,
        /// What is wrong.
        reason: String,
    },
    /// Two lengths that must be equal are not.
    Length {
        /// What was copied.
        what: &'static str,
        /// How many elements there are.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// A thread panicked: the first one that did, since the last synchronisation.
    Panic(Panic),
    /// The kernel did what the device does not allow.
    Fault {
        /// The kernel's path.
        kernel: String,
        /// What, and where.
        reason: String,
    },
    /// A call of the CUDA driver failed.
    Driver {
        /// The call.
        call: &'static str,
        /// The driver's name of the error.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoDevice { asked, reason } => write!(f, "no device `{asked}`: {reason}"),
            Error::OutOfMemory { size_bytes } => write!(f, "the device has no {size_bytes} bytes left"),
            Error::Launch { kernel, reason } => write!(f, "kernel `{kernel}` cannot be launched: {reason}"),
            Error::Length { what, expected, given } => {
                write!(f, "{what}: {given} elements were given for {expected}")
            }
            Error::Panic(panic) => {
                let [block, thread] = [panic.block, panic.thread].map(shown);
                write!(
                    f,
                    "kernel `{}` panicked at {}:{}:{} (block {block}, thread {thread}): {}",
                    panic.kernel, panic.file, panic.line, panic.column, panic.message
                )
            }
            Error::Fault { kernel, reason } => write!(f, "kernel `{kernel}` failed: {reason}"),
            Error::Driver { call, reason } => write!(f, "the CUDA driver refused {call}: {reason}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// Coordinates without the trailing zeros.
fn shown([x, y, z]: [u32; 3]) -> String {
    match (y, z) {
        (0, 0) => x.to_string(),
        (_, 0) => format!("({x}, {y})"),
        _ => format!("({x}, {y}, {z})"),
    }
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
