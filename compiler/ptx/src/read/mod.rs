//! The reader: text to tables in one pass, without an allocation for each instruction.
//!
//! One file an idea: [`cursor`] moves over bytes, [`names`] binds identifiers, [`constant`] folds expressions, [`operand`] and
//! [`statement`] read bodies, [`declaration`] variables and registers, [`initial`] their initialisers, [`directive`] everything else
//! that begins with a dot, [`function`] heads of kernels and functions.

mod constant;
mod cursor;
mod declaration;
mod directive;
mod function;
mod initial;
mod names;
mod operand;
mod section;
mod statement;

use rustg_base::{Diagnostic, Span};

use crate::ids::FunctionId;
use crate::module::Module;
use crate::operand::Operand;

use names::Names;
use statement::FormCache;

/// Diagnostics after which reading stops.
const ERRORS_MAX: usize = 100;

/// The first so many errors say which name is like a misspelt one: the search looks at every name there is.
const HINTED_ERRORS: usize = 20;
/// `{` inside `{`, and parentheses inside parentheses.
const DEPTH_MAX: u32 = 64;
/// Registers of a whole module; ptxas itself gives up well below.
const REGISTERS_MAX: usize = 1 << 24;

/// What went wrong has been reported; the statement is given up.
struct Stop;

type Read<T> = Result<T, Stop>;

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    module: Module,
    diagnostics: Vec<Diagnostic>,
    names: Names<'t>,
    forms: FormCache<'t>,
    /// Operands of what is being read, innermost last.
    stack: Vec<Operand>,
    function: Option<FunctionId>,
    depth: u32,
    /// Variables declared in runs so far.
    run_variables: u32,
    state: statement::BodyState,
}

/// Reads a PTX text (PTX ISA 6.0–9.5, older texts too) into tables. It never fails: what cannot be read is reported with its span
/// and skipped. A NUL byte at the end, as PTX inside fat binaries has, is no part of the text.
///
/// The module of a text with errors holds what could be read; it must not be executed.
///
/// # Panics
/// When the text is 4 GiB or longer.
pub fn parse(text: &[u8]) -> (Module, Vec<Diagnostic>) {
    assert!(u32::try_from(text.len()).is_ok(), "texts of 4 GiB and more have no 32-bit offsets");
    let mut end = text.len();
    while end > 0 && text[end - 1] == 0 {
        end -= 1;
    }
    let mut reader = Reader {
        text: &text[..end],
        at: 0,
        module: Module { address_size: 32, ..Module::default() },
        diagnostics: Vec::new(),
        names: Names::default(),
        forms: FormCache::default(),
        stack: Vec::with_capacity(64),
        function: None,
        depth: 0,
        run_variables: 0,
        state: statement::BodyState::default(),
    };
    reader.module();
    (reader.module, reader.diagnostics)
}

impl<'t> Reader<'t> {
    fn module(&mut self) {
        loop {
            self.blank();
            if self.at >= self.text.len() || self.diagnostics.len() >= ERRORS_MAX {
                break;
            }
            let start = self.at;
            if self.module_statement().is_err() {
                self.recover();
            }
            if self.at == start {
                self.at += 1;
            }
        }
        self.check_head();
    }

    /// Skips the statement in which an error was found: behind its `;`, or before the `}` that ends its scope.
    fn recover(&mut self) {
        self.stack.clear();
        let mut open = 0u32;
        while self.at < self.text.len() {
            match self.text[self.at] {
                b';' if open == 0 => {
                    self.at += 1;
                    return;
                }
                b'{' => open += 1,
                b'}' if open == 0 => return,
                b'}' => open -= 1,
                b'/' | b'#' => {
                    let before = self.at;
                    self.blank();
                    if self.at > before {
                        continue;
                    }
                }
                b'"' => self.skip_string(),
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Whether a misspelt name is still worth a search for the one that was meant.
    fn gives_hints(&self) -> bool {
        self.diagnostics.len() < HINTED_ERRORS
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < ERRORS_MAX {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports an error and gives the statement up.
    fn fail<T>(&mut self, span: Span, message: impl Into<String>) -> Read<T> {
        self.report(Diagnostic::error(span, message));
        Err(Stop)
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(start as u32, self.at as u32)
    }
}
