//! Moving over bytes: white space and comments, identifiers, punctuation, strings.

use memchr::memchr;
use rustg_base::{Diagnostic, Span, StringId};

use super::{Read, Reader};

/// Bytes of identifiers: letters, digits, `_`, `$`, `%`.
pub(super) const IDENTIFIER: u8 = 1;
/// Bytes of an instruction's dotted text: those of identifiers, `.` and `:`.
pub(super) const DOTTED: u8 = 2;
/// White space.
const BLANK: u8 = 4;
/// Decimal digits.
pub(super) const DIGIT: u8 = 8;

/// Bytes of dotted words: those of identifiers and `.`.
pub(super) const WORDS: u8 = 16;

/// What each byte can be part of.
pub(super) static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b == b'%' {
            class[byte] = IDENTIFIER | DOTTED | WORDS;
        }
        if b == b'.' {
            class[byte] = DOTTED | WORDS;
        }
        if b == b':' {
            class[byte] = DOTTED;
        }
        if b.is_ascii_whitespace() || b == 0x0b {
            class[byte] = BLANK;
        }
        if b.is_ascii_digit() {
            class[byte] |= DIGIT;
        }
        byte += 1;
    }
    class
};

impl<'t> Reader<'t> {
    /// The next byte; 0 at the end.
    #[inline(always)]
    pub(super) fn peek(&self) -> u8 {
        if self.at < self.text.len() { self.text[self.at] } else { 0 }
    }

    /// The byte `ahead` of the next; 0 behind the end.
    #[inline(always)]
    pub(super) fn peek_at(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Skips white space and comments.
    #[inline(always)]
    pub(super) fn blank(&mut self) {
        loop {
            let byte = self.peek();
            if CLASS[byte as usize] & BLANK != 0 {
                self.at += 1;
            } else if byte == b'/' || byte == b'#' || byte == b'\\' {
                if !self.comment() {
                    return;
                }
            } else {
                return;
            }
        }
    }

    /// Skips a comment, a preprocessor's line mark or a line continuation. Whether there was one.
    #[cold]
    #[inline(never)]
    fn comment(&mut self) -> bool {
        let start = self.at;
        let rest = &self.text[start..];
        let length = match rest {
            [b'/', b'/', ..] => memchr(b'\n', rest).unwrap_or(rest.len()),
            [b'/', b'*', ..] => match memchr::memmem::find(&rest[2..], b"*/") {
                Some(end) => end + 4,
                None => {
                    let span = Span::new(start as u32, start as u32 + 2);
                    self.report(Diagnostic::error(span, "this comment is never closed").with_help("end it with `*/`"));
                    rest.len()
                }
            },
            [b'#', ..]
                if self.text[..start].iter().rev().find(|&&b| b != b' ' && b != b'\t').is_none_or(|&b| b == b'\n') =>
            {
                self.at += memchr(b'\n', rest).unwrap_or(rest.len());
                return true;
            }
            [b'\\', b'\n', ..] => {
                self.at += 2;
                return true;
            }
            [b'\\', b'\r', b'\n', ..] => {
                self.at += 3;
                return true;
            }
            _ => return false,
        };
        self.at += length;
        self.module.comments.push(Span::new(start as u32, self.at as u32));
        true
    }

    /// Skips blanks, then takes `byte` if it is next.
    #[inline(always)]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.blank();
        let found = self.peek() == byte && self.at < self.text.len();
        self.at += found as usize;
        found
    }

    /// Skips blanks and takes `byte`, or reports what stands there instead.
    pub(super) fn expect(&mut self, byte: u8, context: &str) -> Read<()> {
        if self.take(byte) {
            return Ok(());
        }
        self.unexpected(&format!("expected `{}` {context}", byte as char))
    }

    /// Reports the token that stands here.
    #[cold]
    pub(super) fn unexpected<T>(&mut self, expected: &str) -> Read<T> {
        self.blank();
        let start = self.at;
        let mut end = start;
        if self.peek() == b'.' {
            end += 1;
        }
        while end < self.text.len() && CLASS[self.text[end] as usize] & IDENTIFIER != 0 {
            end += 1;
        }
        if end == start && start < self.text.len() {
            end += 1;
            while end < self.text.len() && self.text[end] & 0xc0 == 0x80 {
                end += 1;
            }
        }
        let found = match &self.text[start..end] {
            [] => "the end of the text".to_owned(),
            token => shown(token),
        };
        self.fail(Span::new(start as u32, end as u32), format!("{expected}, found {found}"))
    }

    /// The identifier that starts here; empty if none does.
    #[inline(always)]
    pub(super) fn identifier(&mut self) -> &'t [u8] {
        let start = self.at;
        if CLASS[self.peek() as usize] & DIGIT == 0 {
            while CLASS[self.peek() as usize] & IDENTIFIER != 0 {
                self.at += 1;
            }
        }
        &self.text[start..self.at]
    }

    /// Skips blanks and reads an identifier, or reports what stands there.
    pub(super) fn name(&mut self, what: &str) -> Read<(&'t [u8], Span)> {
        self.blank();
        let start = self.at;
        let name = self.identifier();
        if name.is_empty() {
            return self.unexpected(&format!("expected {what}"));
        }
        Ok((name, self.span_from(start)))
    }

    /// Skips blanks and takes the dotted word `.word` if it is next. `word` with its dot.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.blank();
        let word = word.as_bytes();
        let behind = self.peek_at(word.len());
        let found = self.text[self.at..].starts_with(word)
            && CLASS[behind as usize] & IDENTIFIER == 0
            && !(behind == b':' && self.peek_at(word.len() + 1) == b':');
        if found {
            self.at += word.len();
        }
        found
    }

    /// Skips blanks and reads a dotted word, without its dot: `shared::cta`. Empty if none stands here.
    pub(super) fn dotted(&mut self) -> &'t [u8] {
        self.blank();
        let start = self.at + 1;
        if self.peek() != b'.' {
            return &[];
        }
        self.at += 1;
        loop {
            while CLASS[self.peek() as usize] & IDENTIFIER != 0 {
                self.at += 1;
            }
            if self.peek() == b':' && self.peek_at(1) == b':' {
                self.at += 2;
            } else {
                return &self.text[start..self.at];
            }
        }
    }

    /// Skips a string, from its first quote to its last.
    pub(super) fn skip_string(&mut self) {
        let mut at = self.at + 1;
        while at < self.text.len() && self.text[at] != b'"' && self.text[at] != b'\n' {
            at += if self.text[at] == b'\\' { 2 } else { 1 };
        }
        self.at = at.min(self.text.len().saturating_sub(1)).max(self.at);
    }

    /// Skips blanks and reads a string in quotes; escapes stay as written.
    pub(super) fn string(&mut self) -> Read<StringId> {
        self.blank();
        if self.peek() != b'"' {
            return self.unexpected("expected a string in quotes");
        }
        let start = self.at + 1;
        self.skip_string();
        if self.peek() != b'"' || self.at < start {
            return self.fail(Span::new(start as u32 - 1, start as u32), "this string is never closed");
        }
        let id = self.module.strings.intern(&String::from_utf8_lossy(&self.text[start..self.at]));
        self.at += 1;
        Ok(id)
    }

    /// Interns an identifier.
    pub(super) fn intern(&mut self, name: &[u8]) -> StringId {
        let name = std::str::from_utf8(name).unwrap_or_default();
        self.module.strings.intern(name)
    }
}

/// An identifier for a message; its beginning if it is longer than anyone reads.
pub(super) fn shown(name: &[u8]) -> String {
    const BYTES_MAX: usize = 200;
    match name.get(..BYTES_MAX) {
        Some(head) if name.len() > BYTES_MAX => format!("`{}…`", String::from_utf8_lossy(head)),
        _ => format!("`{}`", String::from_utf8_lossy(name)),
    }
}
