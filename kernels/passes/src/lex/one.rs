//! The sequential lexer: one token from one position, exact on every input.
//!
//! It is what the block passes fall back to at rare constructs, what the start of a file is lexed by, and the reference the
//! passes are tested against. It is itself tested against rustc's lexer.

use unicode_properties::UnicodeEmoji;

use crate::token::{KIND_OF_FIRST_BYTE, TokenKind};

/// One token as the sequential lexer sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lexed {
    /// What it is.
    pub kind: TokenKind,
    /// The offset behind its last byte.
    pub end: usize,
    /// Facts about it that the kind leaves out.
    pub details: LiteralDetails,
}

/// What the kind of a literal or comment leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiteralDetails {
    /// Base of a number: 2, 8, 10 or 16.
    pub base: u8,
    /// An integer without digits (`0x`), or a float whose exponent has none (`1e`).
    pub is_empty: bool,
    /// Whether the closing quote (or `*/`) is there. For raw strings: whether the literal is well formed.
    pub is_terminated: bool,
    /// How many `#` a well-formed raw string has, more than 255 being an error of its own.
    pub hashes: u32,
    /// Where the suffix starts, as an offset from the start of the token; its length where there is no suffix.
    pub suffix_start: usize,
}

const PLAIN: LiteralDetails =
    LiteralDetails { base: 10, is_empty: false, is_terminated: true, hashes: 0, suffix_start: 0 };

/// The details of a literal or comment from its own text alone.
pub fn literal_details(text: &str) -> LiteralDetails {
    if text.is_empty() { PLAIN } else { lex_one(text, 0).details }
}

/// Whether `c` may start a name.
pub fn is_name_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

/// Whether `c` may continue a name.
pub fn is_name_continue(c: char) -> bool {
    unicode_ident::is_xid_continue(c)
}

/// Whether `c` is white space to Rust (`Pattern_White_Space`).
pub fn is_whitespace(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
    )
}

fn is_emoji(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char()
}

/// The token of `text` that starts at `start`.
///
/// # Panics
/// When `start` is not a character boundary before the end of `text`.
pub fn lex_one(text: &str, start: usize) -> Lexed {
    let mut cursor = Cursor { text, start, pos: start };
    cursor.token()
}

struct Cursor<'a> {
    text: &'a str,
    start: usize,
    pos: usize,
}

impl Cursor<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.pos + ahead).copied().unwrap_or(0)
    }

    fn is_end(&self) -> bool {
        self.pos >= self.text.len()
    }

    /// The character at the cursor; NUL at the end of the text.
    fn first(&self) -> char {
        let byte = self.byte(0);
        if byte < 0x80 { char::from(byte) } else { self.text[self.pos..].chars().next().unwrap_or('\0') }
    }

    /// The `index`th character after the cursor's; NUL behind the end of the text.
    fn nth(&self, index: usize) -> char {
        self.text[self.pos..].chars().nth(index).unwrap_or('\0')
    }

    fn bump(&mut self) {
        if !self.is_end() {
            self.pos += self.first().len_utf8();
        }
    }

    fn eat_while(&mut self, accept: impl Fn(char) -> bool) {
        while !self.is_end() && accept(self.first()) {
            self.bump();
        }
    }

    fn eat_name(&mut self) {
        if is_name_start(self.first()) {
            self.eat_while(is_name_continue);
        }
    }

    fn done(&self, kind: TokenKind) -> Lexed {
        self.done_with(kind, LiteralDetails { suffix_start: self.pos - self.start, ..PLAIN })
    }

    fn done_with(&self, kind: TokenKind, details: LiteralDetails) -> Lexed {
        Lexed { kind, end: self.pos, details }
    }

    fn token(&mut self) -> Lexed {
        let first = self.first();
        match first {
            '/' if self.byte(1) == b'/' => self.line_comment(),
            '/' if self.byte(1) == b'*' => self.block_comment(),
            'r' | 'b' | 'c' | 'k' => self.prefixed(),
            '0'..='9' => self.number(),
            '\'' => self.lifetime_or_char(),
            '"' => {
                self.pos += 1;
                self.quoted(TokenKind::Str)
            }
            '#' if matches!(self.byte(1), b'"' | b'#') => {
                self.pos += 2;
                self.done(TokenKind::GuardedStrPrefix)
            }
            _ if is_whitespace(first) => {
                self.eat_while(is_whitespace);
                self.done(TokenKind::Whitespace)
            }
            _ if is_name_start(first) => self.name(),
            _ if is_emoji(first) => self.emoji_name(),
            _ => {
                self.bump();
                let kind = if first.is_ascii() { KIND_OF_FIRST_BYTE[first as usize] } else { TokenKind::Unknown as u8 };
                self.done(TokenKind::from_u8(kind))
            }
        }
    }

    fn line_comment(&mut self) -> Lexed {
        let kind = line_comment_kind(self.byte(2), self.byte(3));
        let rest = &self.text.as_bytes()[self.pos..];
        self.pos += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.done(kind)
    }

    fn block_comment(&mut self) -> Lexed {
        let kind = block_comment_kind(self.byte(2), self.byte(3));
        let bytes = self.text.as_bytes();
        let mut depth = 1usize;
        self.pos += 2;
        while depth > 0 {
            let Some(slash) = memchr::memchr2(b'/', b'*', &bytes[self.pos..]) else {
                self.pos = bytes.len();
                break;
            };
            self.pos += slash;
            match (bytes[self.pos], self.byte(1)) {
                (b'/', b'*') => (self.pos, depth) = (self.pos + 2, depth + 1),
                (b'*', b'/') => (self.pos, depth) = (self.pos + 2, depth - 1),
                _ => self.pos += 1,
            }
        }
        let suffix_start = self.pos - self.start;
        self.done_with(kind, LiteralDetails { is_terminated: depth == 0, suffix_start, ..PLAIN })
    }

    /// A token that starts with `r`, `b`, `c` or `k`: a literal with a prefix, a raw name, or a name.
    fn prefixed(&mut self) -> Lexed {
        use TokenKind::*;
        let (quoted, raw) = match self.byte(0) {
            b'b' => (Some(ByteStr), RawByteStr),
            b'c' => (Some(CStr), RawCStr),
            _ => (None, RawStr),
        };
        match (self.byte(0), self.byte(1), self.byte(2)) {
            (b'r' | b'k', b'#', _) if is_name_start(self.nth(2)) => {
                let kind = if self.byte(0) == b'r' { RawIdent } else { ForcedKeywordIdent };
                self.pos += 2;
                self.eat_name();
                self.done(kind)
            }
            (b'r', b'#' | b'"', _) => {
                self.pos += 1;
                self.raw_quoted(raw)
            }
            (b'b', b'\'', _) => {
                self.pos += 2;
                self.single_quoted(Byte)
            }
            (b'b' | b'c', b'"', _) => {
                self.pos += 2;
                self.quoted(quoted.expect("b and c have a quoted form"))
            }
            (b'b' | b'c', b'r', b'"' | b'#') => {
                self.pos += 2;
                self.raw_quoted(raw)
            }
            _ => self.name(),
        }
    }

    fn name(&mut self) -> Lexed {
        self.bump();
        self.eat_while(is_name_continue);
        match self.first() {
            '#' | '"' | '\'' => self.done(TokenKind::UnknownPrefix),
            c if is_emoji(c) => self.emoji_name(),
            _ => self.done(TokenKind::Ident),
        }
    }

    fn emoji_name(&mut self) -> Lexed {
        self.eat_while(|c| is_name_continue(c) || is_emoji(c));
        self.done(TokenKind::InvalidIdent)
    }

    fn digits(&mut self, is_digit: impl Fn(u8) -> bool) -> bool {
        let mut any = false;
        while self.byte(0) == b'_' || is_digit(self.byte(0)) {
            any |= self.byte(0) != b'_';
            self.pos += 1;
        }
        any
    }

    fn number(&mut self) -> Lexed {
        let base = match (self.byte(0), self.byte(1)) {
            (b'0', b'b') => 2,
            (b'0', b'o') => 8,
            (b'0', b'x') => 16,
            _ => 10,
        };
        let mut any = true;
        if base != 10 {
            self.pos += 2;
            any = self.digits(|byte| if base == 16 { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() });
        } else {
            self.digits(|byte| byte.is_ascii_digit());
        }
        let mut kind = TokenKind::Int;
        let mut is_empty = !any;
        if any {
            let is_point = self.byte(0) == b'.' && self.byte(1) != b'.' && !is_name_start(self.nth(1));
            if is_point {
                kind = TokenKind::Float;
                self.pos += 1;
                if self.byte(0).is_ascii_digit() {
                    self.digits(|byte| byte.is_ascii_digit());
                    is_empty = self.exponent() == Some(false);
                }
            } else if let Some(has_digits) = self.exponent() {
                (kind, is_empty) = (TokenKind::Float, !has_digits);
            }
        }
        let suffix_start = self.pos - self.start;
        self.eat_name();
        self.done_with(kind, LiteralDetails { base, is_empty, suffix_start, ..PLAIN })
    }

    /// Eats an exponent if there is one; tells whether it has digits.
    fn exponent(&mut self) -> Option<bool> {
        matches!(self.byte(0), b'e' | b'E').then(|| {
            self.pos += 1;
            if matches!(self.byte(0), b'+' | b'-') {
                self.pos += 1;
            }
            self.digits(|byte| byte.is_ascii_digit())
        })
    }

    fn lifetime_or_char(&mut self) -> Lexed {
        self.pos += 1;
        let first = self.first();
        let mut invalid = first.is_ascii_digit() || is_emoji(first);
        if self.is_end() || self.nth(1) == '\'' || !(is_name_start(first) || invalid) {
            return self.single_quoted(TokenKind::Char);
        }
        if first == 'r' && self.byte(1) == b'#' && is_name_start(self.nth(2)) {
            self.pos += 2;
            self.eat_name();
            return self.done(TokenKind::RawLifetime);
        }
        let starts_with_digit = first.is_ascii_digit();
        self.bump();
        self.eat_while(is_name_continue);
        if !matches!(self.first(), '#' | '"' | '\'') && is_emoji(self.first()) {
            self.eat_while(|c| is_name_continue(c) || is_emoji(c));
            invalid = true;
        }
        match self.byte(0) {
            b'\'' => {
                self.pos += 1;
                self.done(TokenKind::Char)
            }
            b'#' if !starts_with_digit => self.done(TokenKind::UnknownPrefixLifetime),
            _ if invalid => self.done(TokenKind::InvalidLifetime),
            _ => self.done(TokenKind::Lifetime),
        }
    }

    /// The rest of a character literal, from behind its opening quote.
    fn single_quoted(&mut self, kind: TokenKind) -> Lexed {
        let mut is_terminated = false;
        if self.nth(1) == '\'' && self.byte(0) != b'\\' {
            self.bump();
            self.pos += 1;
            is_terminated = true;
        } else {
            while !self.is_end() {
                match self.byte(0) {
                    b'\'' => {
                        self.pos += 1;
                        is_terminated = true;
                        break;
                    }
                    b'/' => break,
                    b'\n' if self.byte(1) != b'\'' => break,
                    b'\\' => {
                        self.pos += 1;
                        self.bump();
                    }
                    _ => self.bump(),
                }
            }
        }
        self.suffixed(kind, is_terminated)
    }

    /// The rest of a string literal, from behind its opening quote.
    fn quoted(&mut self, kind: TokenKind) -> Lexed {
        let end = string_end(self.text.as_bytes(), self.pos);
        self.pos = end.unwrap_or(self.text.len());
        self.suffixed(kind, end.is_some())
    }

    fn suffixed(&mut self, kind: TokenKind, is_terminated: bool) -> Lexed {
        let suffix_start = self.pos - self.start;
        if is_terminated {
            self.eat_name();
        }
        self.done_with(kind, LiteralDetails { is_terminated, suffix_start, ..PLAIN })
    }

    /// The rest of a raw string, from behind the `r`.
    fn raw_quoted(&mut self, kind: TokenKind) -> Lexed {
        let bytes = self.text.as_bytes();
        let hashes = bytes[self.pos..].iter().take_while(|&&byte| byte == b'#').count();
        self.pos += hashes;
        let mut is_terminated = false;
        if self.byte(0) == b'"' {
            self.pos += 1;
            while let Some(quote) = memchr::memchr(b'"', &bytes[self.pos..]) {
                self.pos += quote + 1;
                let closing = bytes[self.pos..].iter().take(hashes).take_while(|&&byte| byte == b'#').count();
                self.pos += closing;
                if closing == hashes {
                    is_terminated = true;
                    break;
                }
            }
            if !is_terminated {
                self.pos = bytes.len();
            }
        } else {
            self.bump(); // an invalid starter swallows the character that should have been a quote
        }
        let suffix_start = self.pos - self.start;
        is_terminated &= hashes <= 255;
        if is_terminated {
            self.eat_name();
        }
        self.done_with(kind, LiteralDetails { is_terminated, hashes: hashes as u32, suffix_start, ..PLAIN })
    }
}

/// The offset behind the quote that closes the string whose content starts at `pos`.
pub(crate) fn string_end(bytes: &[u8], mut pos: usize) -> Option<usize> {
    loop {
        pos += memchr::memchr2(b'"', b'\\', &bytes[pos..])?;
        if bytes[pos] == b'"' {
            return Some(pos + 1);
        }
        let skips = matches!(bytes.get(pos + 1), Some(b'"' | b'\\'));
        pos += if skips { 2 } else { 1 };
    }
}

/// The kind of the line comment whose `//` is followed by `third` and `fourth` (0 for the end of the text).
#[inline(always)]
pub(crate) fn line_comment_kind(third: u8, fourth: u8) -> TokenKind {
    match (third, fourth) {
        (b'!', _) => TokenKind::InnerLineDoc,
        (b'/', fourth) if fourth != b'/' => TokenKind::OuterLineDoc,
        _ => TokenKind::LineComment,
    }
}

fn block_comment_kind(third: u8, fourth: u8) -> TokenKind {
    match (third, fourth) {
        (b'!', _) => TokenKind::InnerBlockDoc,
        (b'*', fourth) if !matches!(fourth, b'*' | b'/') => TokenKind::OuterBlockDoc,
        _ => TokenKind::BlockComment,
    }
}
