//! How a command fails: one message on stderr and an exit code of the house.

use std::io;
use std::process::ExitCode;

use rustg_trace::read::ReadError;

/// A message for the user and the exit code that goes with it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

#[allow(dead_code, reason = "subcommands use what they need")]
impl Failure {
    /// Wrong usage or input: exit code 2.
    pub fn input(message: impl std::fmt::Display) -> Self {
        Failure { message: message.to_string(), code: crate::exit::INPUT }
    }

    /// A component is missing, with what to install: exit code 3.
    pub fn missing(message: impl std::fmt::Display) -> Self {
        Failure { message: message.to_string(), code: crate::exit::MISSING }
    }

    /// Writing a result failed. A reader that went away (`rustg stats | head`) is no failure: nothing is said, exit code 0.
    pub fn output(to: impl std::fmt::Display, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure { message: String::new(), code: 0 };
        }
        Failure::input(format_args!("cannot write to {to}: {error}"))
    }

    /// The same failure, of this file.
    pub fn of(mut self, path: &std::path::Path) -> Self {
        if !self.message.is_empty() {
            self.message = format!("{}: {}", path.display(), self.message);
        }
        self
    }

    /// Prints the message and gives the exit code.
    pub fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            // Not eprintln: a closed stderr must not turn a failure into a panic.
            let _ = io::Write::write_all(&mut io::stderr(), format!("rustg: {}\n", self.message).as_bytes());
        }
        ExitCode::from(self.code)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::input(error)
    }
}
