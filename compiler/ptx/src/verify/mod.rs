//! The verifier: holds what was read to the instruction table and to PTX ISA chapters 5 and 6.
//!
//! It reports what `ptxas` would refuse: wrong words, operands, types, spaces, versions and targets. It does not follow values
//! through a program; that is the simulator's work.

mod operands;
mod together;
mod words;

use rustc_hash::FxHashMap;
use rustg_base::{Diagnostic, Span};

use crate::form::Form;
use crate::ids::FormId;
use crate::module::{Function, Instruction, Module, Register};
use crate::opcode::Opcode;
use crate::table::{self, Row};
use crate::types::Type;

/// Diagnostics after which the verifier stops.
const ERRORS_MAX: usize = 100;

/// What is wrong with `module`, which was read from `text`. A module with errors of the reader is verified as far as it goes.
pub fn verify(module: &Module, text: &[u8]) -> Vec<Diagnostic> {
    let mut verifier = Verifier { module, text, forms: FxHashMap::default(), diagnostics: Vec::new() };
    for function in &module.functions {
        let registers = module.registers_of(function);
        for instruction in module.instructions_of(function) {
            if verifier.diagnostics.len() >= ERRORS_MAX {
                return verifier.diagnostics;
            }
            verifier.instruction(function, registers, instruction);
        }
    }
    verifier.diagnostics
}

/// Says of single instructions whether they are what the table says, without a word about what is wrong: for those who run them.
pub struct Verdicts<'m>(Verifier<'m>);

impl<'m> Verdicts<'m> {
    /// For the instructions of `module`.
    pub fn new(module: &'m Module) -> Verdicts<'m> {
        Verdicts(Verifier { module, text: &[], forms: FxHashMap::default(), diagnostics: Vec::new() })
    }

    /// Whether the words of an instruction go together, and its operands are as many and of such kinds as they ask for. Versions and targets do
    /// not count.
    pub fn accepts(&mut self, function: &'m Function, instruction: &'m Instruction) -> bool {
        let module = self.0.module;
        let registers = module.registers_of(function);
        let form = module.form(instruction);
        let is_predicate = |guard: crate::ids::RegisterId| {
            registers.get(guard.index()).is_some_and(|register| register.kind == Type::Pred)
        };
        if instruction.guard.get().is_some_and(|(guard, _)| !is_predicate(guard)) {
            return false;
        }
        let site = Site { function, registers, instruction, form };
        let known = self.0.forms.entry(instruction.form).or_insert_with(|| FormRows {
            rows: table::rows_of(form.opcode).iter().filter(|row| row.accepts(form).is_ok()).collect(),
        });
        let rows = std::mem::take(&mut known.rows);
        let accepted = self.0.fits(&site, &rows);
        self.0.forms.insert(instruction.form, FormRows { rows });
        accepted
    }
}

/// The rows a form is spelt by; empty if it is misspelt.
#[derive(Clone, Default)]
struct FormRows {
    rows: Vec<&'static Row>,
}

struct Verifier<'m> {
    module: &'m Module,
    text: &'m [u8],
    forms: FxHashMap<FormId, FormRows>,
    diagnostics: Vec<Diagnostic>,
}

/// One instruction under the verifier's eyes.
struct Site<'m> {
    function: &'m Function,
    registers: &'m [Register],
    instruction: &'m Instruction,
    form: &'m Form,
}

impl<'m> Verifier<'m> {
    fn instruction(&mut self, function: &'m Function, registers: &'m [Register], instruction: &'m Instruction) {
        let module = self.module;
        let form = module.form(instruction);
        let site = Site { function, registers, instruction, form };
        self.guard(&site);
        if instruction.opcode == Opcode::Unknown {
            self.unknown_instruction(&site);
            return;
        }
        let rows = match self.forms.get(&instruction.form) {
            Some(known) => known.rows.clone(),
            None => {
                let rows: Vec<_> = table::rows_of(form.opcode).iter().filter(|row| row.accepts(form).is_ok()).collect();
                self.forms.insert(instruction.form, FormRows { rows: rows.clone() });
                rows
            }
        };
        if rows.is_empty() {
            self.misspelt(&site);
            return;
        }
        if self.words_together(&site) {
            self.operands(&site, &rows);
        }
    }

    fn guard(&mut self, site: &Site<'m>) {
        if let Some((guard, _)) = site.instruction.guard.get()
            && site.registers.get(guard.index()).is_some_and(|register| register.kind != Type::Pred)
        {
            let kind = site.registers[guard.index()].kind.text();
            let span = self.guard_span(site.instruction);
            let name = self.module.register_name(site.function, guard);
            let diagnostic = Diagnostic::error(span, format!("a guard is a predicate, but `{name}` is `.{kind}`"))
                .with_primary(format!("`.{kind}`"))
                .with_help("compare first: `setp.ne.b32 %p, %r, 0;`, then guard with `@%p`");
            self.diagnostics.push(diagnostic);
        }
    }

    fn guard_span(&self, instruction: &Instruction) -> Span {
        let opcode = self.opcode_span(instruction);
        let guard = &self.text[instruction.span.start as usize..opcode.start as usize];
        let length = guard.trim_ascii_end().len() as u32;
        Span::new(instruction.span.start, instruction.span.start + length)
    }

    /// Where the dotted text of an instruction stands.
    fn opcode_span(&self, instruction: &Instruction) -> Span {
        let text = &self.text[instruction.span.range()];
        let mut at = 0;
        if instruction.guard.get().is_some() {
            // `@ ! %p`, then the opcode.
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'_' | b'$');
            while at < text.len() && !is_part(text[at]) {
                at += 1;
            }
            while at < text.len() && is_part(text[at]) {
                at += 1;
            }
            while at < text.len() && text[at].is_ascii_whitespace() {
                at += 1;
            }
        }
        let length = self.module.forms.text(instruction.form).len().min(text.len() - at);
        let start = instruction.span.start + at as u32;
        Span::new(start, start + length as u32)
    }

    /// Where operand number `index` stands; the whole instruction if it cannot be told.
    fn operand_span(&self, instruction: &Instruction, index: usize) -> Span {
        let start = self.opcode_span(instruction).end as usize;
        let end = instruction.span.end as usize;
        let (mut at, mut seen, mut depth) = (start, 0, 0);
        let mut first = start;
        while at <= end {
            let byte = if at < end { self.text[at] } else { b',' };
            match byte {
                b'[' | b'{' | b'(' => depth += 1,
                b']' | b'}' | b')' => depth -= 1,
                b'/' if self.text.get(at + 1) == Some(&b'*') => {
                    at += memchr::memmem::find(&self.text[at..end], b"*/").unwrap_or(0) + 1;
                }
                b'/' if self.text.get(at + 1) == Some(&b'/') => {
                    at += memchr::memchr(b'\n', &self.text[at..end]).unwrap_or(0);
                }
                b',' if depth == 0 || at == end => {
                    if seen == index {
                        let operand = &self.text[first..at];
                        let lead = operand.len() - operand.trim_ascii_start().len();
                        let length = operand.trim_ascii().len();
                        return Span::new((first + lead) as u32, (first + lead + length) as u32);
                    }
                    seen += 1;
                    first = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        instruction.span
    }
}
