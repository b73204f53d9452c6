//! Statements of function bodies: instructions, labels, scopes.

use rustc_hash::FxHashMap;
use rustg_base::{Diagnostic, Span};

use super::cursor::{CLASS, DOTTED, IDENTIFIER, WORDS, shown};
use super::names::{Binding, closest};
use super::operand::UNPLACED;
use super::{DEPTH_MAX, Read, Reader, Stop};
use crate::ids::{FormId, LabelId};
use crate::module::{Guard, Instruction, Label};
use crate::opcode::Opcode;
use crate::operand::Operand;

/// Slots of the form cache; a power of two.
const SLOTS: usize = 1024;

/// Forms by the text that spells them, without copying it.
pub(super) struct FormCache<'t> {
    slots: Vec<(&'t [u8], FormId, Opcode)>,
}

impl Default for FormCache<'_> {
    fn default() -> Self {
        FormCache { slots: vec![(&[], FormId(0), Opcode::Unknown); SLOTS] }
    }
}

/// A hash of an opcode's text: its length, first and last eight bytes.
#[inline(always)]
fn hash_of(text: &[u8]) -> u64 {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |word, &byte| word << 8 | byte as u64);
    let (low, high) = match text.len() {
        8.. => {
            let first: [u8; 8] = text[..8].try_into().expect("eight bytes");
            let last: [u8; 8] = text[text.len() - 8..].try_into().expect("eight bytes");
            (u64::from_le_bytes(first), u64::from_le_bytes(last))
        }
        _ => (word(text), 0),
    };
    let mixed = (low ^ text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) ^ high;
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// What the reader keeps while it is inside a function.
#[derive(Default)]
pub(super) struct BodyState {
    /// Where the labels of this function begin in the module's.
    labels_start: usize,
    /// Labels that turned out to be another one: used in an inner scope, placed in an outer one.
    same_label: FxHashMap<u32, LabelId>,
    /// Places of labels that were used before they were placed, by file, line and column of `.loc`.
    pub(super) located: FxHashMap<(u32, u32, u32), u32>,
    /// Locations that are in `located` already.
    pub(super) located_end: usize,
}

impl<'t> Reader<'t> {
    /// The body of a function; the `{` has been read. Reads the `}`.
    pub(super) fn body(&mut self) {
        let labels_start = self.module.labels.len();
        let operands_start = self.module.operands.len();
        let targets_start = self.module.target_lists.len();
        let located_end = self.module.locations.len();
        self.state = BodyState { labels_start, located_end, ..BodyState::default() };
        let mut open = vec![self.at as u32 - 1];
        self.names.open();
        while let Some(&opened) = open.last() {
            self.blank();
            let byte = self.peek();
            if self.at >= self.text.len() || self.diagnostics.len() >= super::ERRORS_MAX {
                let span = Span::new(opened, opened + 1);
                if self.at >= self.text.len() {
                    self.report(Diagnostic::error(span, "this `{` is never closed"));
                }
                while open.pop().is_some() {
                    self.close_scope(open.is_empty());
                }
                break;
            }
            let start = self.at;
            match byte {
                b'}' => {
                    self.at += 1;
                    open.pop();
                    self.close_scope(open.is_empty());
                }
                b'{' => {
                    self.at += 1;
                    if open.len() >= DEPTH_MAX as usize {
                        let span = self.span_from(start);
                        self.report(Diagnostic::error(span, format!("scopes nest at most {DEPTH_MAX} deep")));
                        self.at = self.text.len();
                        continue;
                    }
                    open.push(start as u32);
                    self.names.open();
                }
                b';' => self.at += 1,
                _ => {
                    let result = if byte == b'.' { self.body_directive() } else { self.statement() };
                    if result.is_err() {
                        self.recover();
                    }
                    if self.at == start {
                        self.at += 1;
                    }
                }
            }
        }
        self.finish_labels(labels_start, operands_start, targets_start);
    }

    fn close_scope(&mut self, outermost: bool) {
        let mut escaped = Vec::new();
        let module = &mut self.module;
        self.names.close(|name, label| {
            if module.labels[label.index()].instruction == UNPLACED {
                escaped.push((name, label));
            }
        });
        for (name, label) in escaped {
            if outermost {
                self.unplaced(name, label);
                continue;
            }
            match self.names.find(name) {
                Some(Binding::Label(outer)) => {
                    self.state.same_label.insert(label.0, outer);
                }
                _ => {
                    self.names.bind(name, Binding::Label(label));
                }
            }
        }
    }

    #[cold]
    fn unplaced(&mut self, name: &[u8], label: LabelId) {
        let end = self.module.instructions.len() as u32;
        let entry = &mut self.module.labels[label.index()];
        entry.instruction = end;
        let span = entry.span;
        let mut diagnostic = Diagnostic::error(span, format!("{} is not declared", shown(name)))
            .with_primary("not found in this function");
        // The scopes are closed by now: labels of the function are what a misspelt one can mean.
        let (labels, strings) = (&self.module.labels[self.state.labels_start..], &self.module.strings);
        let placed = labels.iter().filter(|label| label.instruction < end);
        if self.gives_hints()
            && let Some(close) = closest(placed.map(|label| strings.get(label.name).as_bytes()), name)
        {
            diagnostic = diagnostic.with_help(format!("a label like it is {}", shown(close)));
        }
        self.report(diagnostic);
    }

    /// Drops a label that was only created because an unknown name was used.
    pub(super) fn forget(&mut self, label: LabelId) {
        let end = self.module.instructions.len() as u32;
        let entry = &mut self.module.labels[label.index()];
        if entry.instruction == UNPLACED {
            entry.instruction = end;
        }
    }

    /// Makes operands name the labels that theirs turned out to be.
    fn finish_labels(&mut self, labels_start: usize, operands_start: usize, targets_start: usize) {
        if self.state.same_label.is_empty() {
            return;
        }
        let same = std::mem::take(&mut self.state.same_label);
        let resolve = |mut label: LabelId| {
            while let Some(&outer) = same.get(&label.0) {
                label = outer;
            }
            label
        };
        for operand in &mut self.module.operands[operands_start..] {
            if let Operand::Label(label) = operand {
                *label = resolve(*label);
            }
        }
        for targets in &mut self.module.target_lists[targets_start..] {
            for label in &mut targets.labels {
                *label = resolve(*label);
            }
        }
        for index in labels_start..self.module.labels.len() {
            let placed = self.module.labels[resolve(LabelId::new(index)).index()].instruction;
            self.module.labels[index].instruction = placed;
        }
    }

    /// An instruction or a label.
    fn statement(&mut self) -> Read<()> {
        let start = self.at;
        let mut guard = Guard::NONE;
        if self.peek() == b'@' {
            guard = self.guard()?;
            self.blank();
        }
        let word = self.at;
        if CLASS[self.peek() as usize] & IDENTIFIER == 0 {
            return self.unexpected("expected an instruction, a label or a directive");
        }
        loop {
            while CLASS[self.peek() as usize] & WORDS != 0 {
                self.at += 1;
            }
            if self.peek() != b':' || self.peek_at(1) != b':' {
                break;
            }
            self.at += 2;
        }
        let mut text = &self.text[word..self.at];
        if self.peek() == b':' && guard == Guard::NONE && !text.contains(&b':') {
            self.at += 1;
            return self.place_label(text, Span::new(word as u32, (word + text.len()) as u32));
        }
        let mut joined = Vec::new();
        self.blank();
        if self.peek() == b':' && guard == Guard::NONE && !text.contains(&b'.') {
            self.at += 1;
            return self.place_label(text, Span::new(word as u32, (word + text.len()) as u32));
        }
        while self.peek() == b'.' && !self.peek_at(1).is_ascii_whitespace() {
            if joined.is_empty() {
                joined.extend_from_slice(text);
            }
            let at = self.at;
            while CLASS[self.peek() as usize] & DOTTED != 0 {
                self.at += 1;
            }
            joined.extend_from_slice(&self.text[at..self.at]);
            self.blank();
            text = &[];
        }
        let (form, opcode) = match joined.is_empty() {
            true => self.form(text),
            false => self.new_form(&joined),
        };
        self.instruction(start, guard, form, opcode)
    }

    fn guard(&mut self) -> Read<Guard> {
        self.at += 1;
        let negated = self.take(b'!');
        self.blank();
        let start = self.at;
        match self.operand()? {
            Operand::Register(register) => Ok(Guard::new(register, negated)),
            Operand::Label(label) => {
                let name = self.module.labels[label.index()].name;
                let name = self.module.strings.get(name).to_owned();
                let span = self.span_from(start);
                self.forget(label);
                self.undeclared(name.as_bytes(), span)
            }
            _ => {
                let span = self.span_from(start);
                self.fail(span, "a guard is a predicate register")
            }
        }
    }

    #[inline(always)]
    fn form(&mut self, text: &'t [u8]) -> (FormId, Opcode) {
        let slot = hash_of(text) as usize >> 20 & (SLOTS - 1);
        let (known, form, opcode) = self.forms.slots[slot];
        if known == text {
            return (form, opcode);
        }
        let (form, opcode) = self.new_form(text);
        self.forms.slots[slot] = (text, form, opcode);
        (form, opcode)
    }

    #[cold]
    fn new_form(&mut self, text: &[u8]) -> (FormId, Opcode) {
        let text = std::str::from_utf8(text).unwrap_or_default();
        let form = self.module.forms.intern(text);
        (form, self.module.forms[form].opcode)
    }

    fn instruction(&mut self, start: usize, guard: Guard, form: FormId, opcode: Opcode) -> Read<()> {
        debug_assert!(self.stack.is_empty());
        self.blank();
        if self.peek() != b';' {
            loop {
                let operand = if opcode == Opcode::Call { self.call_operand()? } else { self.operand()? };
                self.stack.push(operand);
                self.blank();
                match self.peek() {
                    b',' => self.at += 1,
                    b';' => break,
                    _ => return self.unexpected("expected `,` or `;` behind an operand"),
                }
            }
        }
        let operands_start = self.module.operands.len() as u32;
        let Ok(operand_count) = u16::try_from(self.stack.len()) else {
            let span = self.span_from(start);
            return self.fail(span, "an instruction has at most 65535 operands");
        };
        self.module.operands.extend_from_slice(&self.stack);
        self.stack.clear();
        let span = self.span_from(start);
        self.at += 1;
        self.module.instructions.push(Instruction { form, guard, operands_start, operand_count, opcode, span });
        Ok(())
    }

    /// Operands of a call: lists in parentheses besides the usual ones.
    fn call_operand(&mut self) -> Read<Operand> {
        if !self.take(b'(') {
            return self.operand();
        }
        self.elements(b')').map(Operand::List)
    }

    fn place_label(&mut self, name: &'t [u8], span: Span) -> Read<()> {
        if name.first().is_none_or(u8::is_ascii_digit) || name.contains(&b'.') {
            return self.fail(span, format!("{} is not a name", shown(name)));
        }
        self.blank();
        if self.peek() == b'.' {
            for word in [".branchtargets", ".calltargets", ".callprototype"] {
                if self.take_word(word) {
                    return self.labelled_directive(word, name, span);
                }
            }
        }
        let instruction = self.module.instructions.len() as u32;
        match self.names.find_here(name) {
            Some(Binding::Label(label)) if self.module.labels[label.index()].instruction == UNPLACED => {
                let entry = &mut self.module.labels[label.index()];
                entry.instruction = instruction;
                entry.span = span;
                return Ok(());
            }
            Some(_) => {
                self.report(Diagnostic::error(span, format!("{} is declared twice in this scope", shown(name))));
                return Ok(());
            }
            None => {}
        }
        let id = LabelId::new(self.module.labels.len());
        let name_id = self.intern(name);
        self.module.labels.push(Label { name: name_id, instruction, span });
        self.names.bind(name, Binding::Label(id));
        Ok(())
    }

    /// Binds a name, reporting one that this scope has already.
    pub(super) fn declare(&mut self, name: &'t [u8], binding: Binding, span: Span) -> Read<()> {
        if self.names.bind(name, binding).is_some() {
            let message = format!("{} is declared twice in this scope", shown(name));
            self.report(Diagnostic::error(span, message));
            return Err(Stop);
        }
        Ok(())
    }
}
