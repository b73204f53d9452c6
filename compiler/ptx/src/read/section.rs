//! `.section`, `.loc` and `.file`: debug information as data (PTX ISA 11.5, 11.6).

use rustg_base::Diagnostic;

use super::cursor::{CLASS, DIGIT, IDENTIFIER, shown};
use super::{Read, Reader};
use crate::ids::LocationId;
use crate::module::{Location, Section, SectionItem, SourceFile};

impl<'t> Reader<'t> {
    /// `.file number "path" [, time, size]`
    pub(super) fn file(&mut self) -> Read<()> {
        let number = self.small_integer("a file's number")?;
        let path = self.string()?;
        let mut stamp = None;
        if self.take(b',') {
            let time = self.integer()?.bits;
            self.expect(b',', "between a file's time and size")?;
            stamp = Some((time, self.integer()?.bits));
        }
        self.take(b';');
        self.module.files.push(SourceFile { number, path, stamp });
        Ok(())
    }

    /// A plain number, as `.loc` is full of them.
    #[inline]
    fn plain(&mut self, what: &str) -> Read<u32> {
        while self.peek() == b' ' || self.peek() == b'\t' {
            self.at += 1;
        }
        let start = self.at;
        let mut value = 0u32;
        while self.peek().is_ascii_digit() && self.at - start < 9 {
            value = value * 10 + (self.peek() - b'0') as u32;
            self.at += 1;
        }
        if self.at > start && CLASS[self.peek() as usize] & IDENTIFIER == 0 && self.text[start] != b'0' {
            return Ok(value);
        }
        self.at = start;
        self.small_integer(what)
    }

    /// `.loc file line column [, function_name label[+n], inlined_at file line column]`
    pub(super) fn loc(&mut self, start: usize) -> Read<()> {
        let file = self.plain("a file's number")?;
        let line = self.plain("a line")?;
        let column = self.plain("a column")?;
        let mut function = None;
        let mut inlined_at = None;
        let mut end = self.at;
        self.blank();
        while self.peek() == b',' {
            self.at += 1;
            let (word, span) = self.name("`function_name` or `inlined_at`")?;
            match word {
                b"function_name" => {
                    let (label, _) = self.name("a label of a debug section")?;
                    let label = self.intern(label);
                    self.blank();
                    let offset = match self.peek() {
                        b'+' | b'-' => self.integer()?.bits as i64,
                        _ => 0,
                    };
                    function = Some((label, offset));
                }
                b"inlined_at" => {
                    let call = (self.plain("a file's number")?, self.plain("a line")?, self.plain("a column")?);
                    inlined_at = self.located(call);
                    if inlined_at.is_none() {
                        let message = format!("no `.loc {} {} {}` stands before this one", call.0, call.1, call.2);
                        let help = "a call site must be named by a `.loc` of its own first";
                        self.report(Diagnostic::error(span, message).with_help(help));
                    }
                }
                _ => return self.fail(span, format!("{} is no part of a `.loc`", shown(word))),
            }
            end = self.at;
            self.blank();
        }
        if self.peek() == b';' {
            self.at += 1;
        }
        let span = rustg_base::Span::new(start as u32, end as u32);
        let instruction = self.module.instructions.len() as u32;
        self.module.locations.push(Location { instruction, file, line, column, function, inlined_at, span });
        Ok(())
    }

    /// The last location of this function at that place.
    fn located(&mut self, place: (u32, u32, u32)) -> Option<LocationId> {
        for index in self.state.located_end..self.module.locations.len() {
            let location = &self.module.locations[index];
            self.state.located.insert((location.file, location.line, location.column), index as u32);
        }
        self.state.located_end = self.module.locations.len();
        self.state.located.get(&place).map(|&index| LocationId(index))
    }

    /// `.section .name { … }`
    pub(super) fn section(&mut self, start: usize) -> Read<()> {
        self.blank();
        let named = self.at;
        let word = self.dotted();
        if word.is_empty() {
            return self.unexpected("expected a section's name, with its dot");
        }
        let mut name = b".".to_vec();
        name.extend_from_slice(word);
        while self.peek() == b'.' {
            name.push(b'.');
            name.extend_from_slice(self.dotted());
        }
        let span = self.span_from(named);
        let name = self.intern(&name);
        self.expect(b'{', "of a section's content")?;
        let mut items = Vec::new();
        loop {
            self.blank();
            match self.peek() {
                b'}' => {
                    self.at += 1;
                    break;
                }
                b'.' => self.section_numbers(&mut items)?,
                byte if CLASS[byte as usize] & IDENTIFIER != 0 => {
                    let (label, _) = self.name("a label")?;
                    let label = self.intern(label);
                    self.expect(b':', "behind a label of a section")?;
                    items.push(SectionItem::Label(label));
                }
                b';' => self.at += 1,
                _ if self.at >= self.text.len() => {
                    return self.fail(span, "this section is never closed");
                }
                _ => return self.unexpected("expected `.b8`, `.b16`, `.b32`, `.b64`, a label or `}`"),
            }
        }
        let span = self.span_from(start);
        self.module.sections.push(Section { name, items, span });
        Ok(())
    }

    /// `.b8 1, 2, 3` and the like, up to the end of the list.
    fn section_numbers(&mut self, items: &mut Vec<SectionItem>) -> Read<()> {
        let start = self.at;
        let size_bytes = match self.dotted() {
            b"b8" => 1,
            b"b16" => 2,
            b"b32" => 4,
            b"b64" => 8,
            word => {
                let span = self.span_from(start);
                return self.fail(span, format!("{} cannot stand in a section", shown(word)));
            }
        };
        loop {
            self.blank();
            let class = CLASS[self.peek() as usize];
            if self.peek() == b'.' || (class & IDENTIFIER != 0 && class & DIGIT == 0) {
                items.push(self.section_symbol(size_bytes)?);
            } else {
                let start = self.at;
                let mut value = 0u64;
                while self.peek().is_ascii_digit() && self.at - start < 4 {
                    value = value * 10 + (self.peek() - b'0') as u64;
                    self.at += 1;
                }
                let plain = self.at > start && matches!(self.peek(), b',' | b'\n' | b' ' | b'\r');
                if !plain || (self.text[start] == b'0' && self.at - start > 1) {
                    self.at = start;
                    value = self.integer()?.bits;
                }
                items.push(SectionItem::Number { size_bytes, value });
            }
            if !self.take(b',') {
                self.take(b';');
                return Ok(());
            }
        }
    }

    fn section_symbol(&mut self, size_bytes: u8) -> Read<SectionItem> {
        let name = if self.peek() == b'.' {
            let mut name = b".".to_vec();
            name.extend_from_slice(self.dotted());
            self.intern(&name)
        } else {
            let (name, _) = self.name("a label")?;
            self.intern(name)
        };
        self.blank();
        match self.peek() {
            b'+' => {
                let addend = self.integer()?.bits as i64;
                Ok(SectionItem::Symbol { size_bytes, name, addend })
            }
            b'-' => {
                self.at += 1;
                self.blank();
                if CLASS[self.peek() as usize] & DIGIT != 0 {
                    let addend = (self.integer()?.bits as i64).wrapping_neg();
                    return Ok(SectionItem::Symbol { size_bytes, name, addend });
                }
                let (minus, _) = self.name("a label")?;
                let minus = self.intern(minus);
                Ok(SectionItem::Difference { size_bytes, plus: name, minus })
            }
            _ => Ok(SectionItem::Symbol { size_bytes, name, addend: 0 }),
        }
    }
}
