//! What is wrong inside tokens: literals that do not end, escapes that mean nothing, reserved prefixes.

use rustg_base::diagnostic::Edit;
use rustg_base::{Diagnostic, Span};
use rustg_passes::TokenKind;
use rustg_passes::lex::{LiteralDetails, Tokens, is_name_continue, is_name_start, literal_details};

use crate::Edition;

/// Kinds that may hide a fault; all other tokens are right by being tokens.
const SUSPECT: [bool; 256] = {
    use TokenKind::*;
    let suspects = [
        BlockComment,
        OuterBlockDoc,
        InnerBlockDoc,
        UnknownPrefix,
        ForcedKeywordIdent,
        RawIdent,
        RawLifetime,
        InvalidIdent,
        InvalidLifetime,
        UnknownPrefixLifetime,
        Int,
        Float,
        Char,
        Byte,
        Str,
        ByteStr,
        CStr,
        RawStr,
        RawByteStr,
        RawCStr,
        GuardedStrPrefix,
        Unknown,
        Frontmatter,
    ];
    let mut table = [false; 256];
    let mut index = 0;
    while index < suspects.len() {
        table[suspects[index] as usize] = true;
        index += 1;
    }
    table
};

/// Pushes what is wrong inside the tokens of `text`.
pub(crate) fn check_tokens(text: &str, tokens: &Tokens, edition: Edition, diagnostics: &mut Vec<Diagnostic>) {
    for (index, &number) in tokens.kinds.iter().enumerate() {
        if SUSPECT[usize::from(number)] {
            let start = tokens.starts[index];
            let kind = TokenKind::from_u8(number);
            let token = Token { kind, text: tokens.text(index, text), start, edition };
            if let Some(diagnostic) = token.fault() {
                diagnostics.push(diagnostic);
            }
        }
    }
}

/// Characters that look like what Rust's tokens are made of, as Unicode's confusables have them, and what they look like.
const LOOK_ALIKES: &[(&str, &str)] = &[
    (
        "\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{200b}\u{202f}\u{205f}\u{3000}\u{feff}",
        " ",
    ),
    ("\u{2018}\u{2019}\u{201a}\u{201b}\u{2032}\u{2035}\u{b4}\u{ff07}\u{ff40}\u{1fbf}\u{1ffe}\u{2bb}\u{2b9}", "'"),
    ("\u{201c}\u{201d}\u{201e}\u{201f}\u{2033}\u{2036}\u{301d}\u{301e}\u{ff02}\u{275d}\u{275e}", "\""),
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2043}\u{2212}\u{fe58}\u{fe63}\u{ff0d}\u{2796}\u{2574}", "-"),
    ("\u{37e}\u{ff1b}\u{fe14}\u{fe54}", ";"),
    ("\u{ff0c}\u{201a}\u{60c}\u{3001}\u{fe10}\u{fe50}", ","),
    ("\u{ff1a}\u{2236}\u{589}\u{a789}\u{fe13}\u{fe30}\u{fe55}", ":"),
    ("\u{ff0e}\u{3002}\u{2024}\u{fe52}\u{660}", "."),
    ("\u{ff01}\u{1c3}\u{2d51}", "!"),
    ("\u{ff1f}\u{294}\u{ff1f}", "?"),
    ("\u{ff08}\u{2768}\u{2772}\u{3014}\u{fd3e}\u{fe59}", "("),
    ("\u{ff09}\u{2769}\u{2773}\u{3015}\u{fd3f}\u{fe5a}", ")"),
    ("\u{ff3b}\u{3010}\u{27e6}", "["),
    ("\u{ff3d}\u{3011}\u{27e7}", "]"),
    ("\u{ff5b}\u{2774}\u{fe5b}", "{"),
    ("\u{ff5d}\u{2775}\u{fe5c}", "}"),
    ("\u{ff0a}\u{204e}\u{2217}\u{fe61}\u{2731}", "*"),
    ("\u{ff0f}\u{2044}\u{2215}\u{29f8}\u{2571}", "/"),
    ("\u{ff3c}\u{2216}\u{29f5}\u{fe68}", "\\"),
    ("\u{ff06}\u{fe60}", "&"),
    ("\u{ff5c}\u{2223}\u{2758}\u{1c0}", "|"),
    ("\u{ff0b}\u{2795}\u{fe62}", "+"),
    ("\u{ff1d}\u{a78a}\u{30a0}\u{fe66}", "="),
    ("\u{ff1c}\u{2039}\u{276e}\u{2c2}\u{fe64}", "<"),
    ("\u{ff1e}\u{203a}\u{276f}\u{2c3}\u{fe65}", ">"),
    ("\u{ff3e}\u{2c4}", "^"),
    ("\u{ff05}\u{66a}\u{fe6a}", "%"),
    ("\u{ff03}\u{fe5f}", "#"),
    ("\u{ff04}\u{fe69}", "$"),
    ("\u{ff20}\u{fe6b}", "@"),
    ("\u{ff5e}\u{2dc}\u{223c}", "~"),
    ("\u{ff3f}", "_"),
    ("\u{2192}\u{27f6}", "->"),
    ("\u{21d2}\u{27f9}", "=>"),
    ("\u{2260}", "!="),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("\u{d7}", "*"),
    ("\u{f7}", "/"),
];

struct Token<'a> {
    kind: TokenKind,
    text: &'a str,
    start: u32,
    edition: Edition,
}

impl Token<'_> {
    fn whole(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        self.part(0..self.text.len(), code, message)
    }

    fn part(&self, range: std::ops::Range<usize>, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(Span::new(self.start + range.start as u32, self.start + range.end as u32), message)
            .with_code(code)
    }

    fn fault(&self) -> Option<Diagnostic> {
        use TokenKind::*;
        match self.kind {
            // Nearly every literal is a short number or a string without escapes.
            Int if self.text.len() == 1 || !self.text.starts_with('0') => None,
            Int | Float => self.number(),
            BlockComment | OuterBlockDoc | InnerBlockDoc => {
                let is_terminated = literal_details(self.text).is_terminated;
                (!is_terminated).then(|| {
                    self.part(0..2, "E0758", "unterminated block comment")
                        .with_help("block comments nest; each `/*` needs a `*/`")
                })
            }
            Char | Byte | Str | ByteStr | CStr => self.quoted(),
            RawStr | RawByteStr | RawCStr => self.raw(),
            UnknownPrefix | UnknownPrefixLifetime if self.edition < Edition::E2021 => None,
            UnknownPrefix => Some(
                self.whole("unknown-prefix", format!("prefix `{}` is unknown", self.text))
                    .with_primary("unknown prefix")
                    .with_help(
                        "prefixed identifiers and literals are reserved since Rust 2021; put white space behind it",
                    ),
            ),
            UnknownPrefixLifetime => Some(
                self.whole("unknown-prefix", format!("prefix `{}` is unknown", self.text))
                    .with_primary("unknown prefix")
                    .with_help("prefixed lifetimes are reserved since Rust 2021; put white space behind it"),
            ),
            ForcedKeywordIdent => Some(
                self.whole("forced-keyword", "forced keywords are not stable")
                    .with_help("write the keyword without `k#`"),
            ),
            RawIdent | RawLifetime => self.raw_name(),
            InvalidIdent => {
                Some(self.whole("emoji-in-name", format!("identifiers cannot contain emoji: `{}`", self.text)))
            }
            InvalidLifetime if self.text[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                Some(self.whole("lifetime-with-number", "lifetimes cannot start with a number"))
            }
            InvalidLifetime => {
                Some(self.whole("emoji-in-name", format!("identifiers cannot contain emoji: `{}`", self.text)))
            }
            GuardedStrPrefix if self.edition >= Edition::E2024 => Some(
                self.whole("reserved-guarded-string", "invalid unprefixed guarded string literal or reserved token")
                    .with_help("`#\"` and `##` are reserved since Rust 2024; put white space between them"),
            ),
            Frontmatter => self.frontmatter(),
            Unknown => Some(self.unknown()),
            _ => None,
        }
    }

    /// Words that stand for a place are no names even when raw.
    fn raw_name(&self) -> Option<Diagnostic> {
        let (_, name) = self.text.split_once('#')?;
        let what = if self.kind == TokenKind::RawIdent { "identifier" } else { "lifetime" };
        matches!(name, "self" | "Self" | "super" | "crate" | "_")
            .then(|| self.whole("raw-path-word", format!("`{name}` cannot be a raw {what}")))
    }

    /// What rustc's parser says about a frontmatter; whether there may be one at all is not for a parser to say.
    fn frontmatter(&self) -> Option<Diagnostic> {
        let fence = self.text.trim_start();
        let opening = fence.lines().next().unwrap_or("");
        let dashes = opening.len() - opening.trim_start_matches('-').len();
        let closing = self.text.lines().last().unwrap_or("");
        if fence.len() != self.text.len() {
            return Some(self.part(
                0..self.text.len() - fence.len(),
                "frontmatter",
                "invalid preceding whitespace for frontmatter opening",
            ));
        }
        let info = opening[dashes..].trim_matches([' ', '\t']);
        let mut characters = info.chars();
        let is_name = characters.next().is_none_or(is_name_start)
            && characters.all(|c| is_name_continue(c) || c == '-' || c == '.');
        if !is_name {
            return Some(
                self.part(0..opening.len(), "frontmatter", "invalid infostring for frontmatter")
                    .with_help("frontmatter infostrings must be a single identifier immediately following the opening"),
            );
        }
        if closing.trim_end() != &opening[..dashes] || fence.lines().count() < 2 {
            return Some(
                self.part(0..dashes, "frontmatter", "unclosed frontmatter")
                    .with_help(format!("close it with a line of {dashes} dashes")),
            );
        }
        None
    }

    fn unknown(&self) -> Diagnostic {
        let character = self.text.chars().next().unwrap_or('\0');
        let shown: String =
            if character.is_control() { character.escape_default().collect() } else { character.to_string() };
        let diagnostic = self.whole("unknown-character", format!("unknown start of token: {shown}"));
        let Some((_, ascii)) = LOOK_ALIKES.iter().find(|(alike, _)| alike.contains(character)) else {
            return diagnostic;
        };
        let end = self.start + character.len_utf8() as u32;
        diagnostic.with_help(format!("U+{:04X} looks like `{ascii}`, but it is not", u32::from(character))).with_fix(
            format!("write `{ascii}`"),
            vec![Edit { span: Span::new(self.start, end), text: (*ascii).into() }],
        )
    }

    fn number(&self) -> Option<Diagnostic> {
        let LiteralDetails { base, is_empty, suffix_start, .. } = literal_details(self.text);
        if self.kind == TokenKind::Float {
            if base != 10 {
                let name = match base {
                    2 => "binary",
                    8 => "octal",
                    _ => "hexadecimal",
                };
                return Some(self.part(
                    0..suffix_start,
                    "float-base",
                    format!("{name} float literal is not supported"),
                ));
            }
            return is_empty.then(|| self.whole("empty-exponent", "expected at least one digit in exponent"));
        }
        if is_empty {
            return Some(self.whole("E0768", "no valid digits found for number"));
        }
        if base < 10 {
            let digits = self.text.as_bytes()[2..suffix_start]
                .iter()
                .position(|&byte| byte.is_ascii_digit() && byte - b'0' >= base);
            let at = digits? + 2;
            return Some(self.part(at..at + 1, "invalid-digit", format!("invalid digit for a base {base} literal")));
        }
        None
    }

    fn raw(&self) -> Option<Diagnostic> {
        let details = literal_details(self.text);
        let prefix = self.text.find('r').map_or(1, |at| at + 1);
        let hashes = details.hashes as usize;
        if details.is_terminated {
            let body = &self.text[prefix + hashes + 1..details.suffix_start];
            let offset = prefix + hashes + 1;
            return self.raw_body(body, offset);
        }
        let behind = self.text.as_bytes().get(prefix + hashes);
        if behind != Some(&b'"') {
            let found = self.text[prefix + hashes..]
                .chars()
                .next()
                .map_or("end of file".into(), |c| format!("`{}`", c.escape_default()));
            return Some(self.whole(
                "raw-string-delimiter",
                format!("found invalid character; only `#` is allowed in raw string delimitation: {found}"),
            ));
        }
        if hashes > 255 {
            return Some(self.part(
                0..prefix + hashes,
                "too-many-hashes",
                format!(
                    "too many `#` symbols: raw strings may be delimited by up to 255 `#` symbols, but found {hashes}"
                ),
            ));
        }
        Some(
            self.part(0..prefix + hashes + 1, "E0748", "unterminated raw string")
                .with_help(format!("it should be ended by `\"{}`", "#".repeat(hashes))),
        )
    }

    fn raw_body(&self, body: &str, offset: usize) -> Option<Diagnostic> {
        if let Some(at) = bare_carriage_return(body.as_bytes(), 0) {
            return Some(self.part(
                offset + at..offset + at + 1,
                "bare-carriage-return",
                "bare CR not allowed in raw string",
            ));
        }
        match self.kind {
            TokenKind::RawByteStr => {
                let (at, character) = body.char_indices().find(|(_, c)| !c.is_ascii())?;
                Some(self.part(
                    offset + at..offset + at + character.len_utf8(),
                    "non-ascii-in-bytes",
                    "non-ASCII character in raw byte string literal",
                ))
            }
            TokenKind::RawCStr => {
                let at = body.find('\0')?;
                Some(self.part(
                    offset + at..offset + at + 1,
                    "null-in-c-string",
                    "null characters in C string literals are not supported",
                ))
            }
            _ => None,
        }
    }

    fn quoted(&self) -> Option<Diagnostic> {
        let quote = if matches!(self.kind, TokenKind::Char | TokenKind::Byte) { '\'' } else { '"' };
        let open = self.text.find(quote).unwrap_or(0) + 1;
        let bytes = self.text.as_bytes();
        // A string that ends with its quote and has no backslash, CR or NUL is right, as most are.
        let plain_end = bytes.len() > open && bytes[bytes.len() - 1] == quote as u8;
        if quote == '"'
            && plain_end
            && self.kind == TokenKind::Str
            && !bytes.iter().any(|byte| matches!(byte, b'\\' | b'\r'))
        {
            return None;
        }
        let LiteralDetails { is_terminated, suffix_start, .. } = literal_details(self.text);
        if !is_terminated {
            let (what_code, what) = match self.kind {
                TokenKind::Char => ("E0762", "unterminated character literal"),
                TokenKind::Byte => ("E0763", "unterminated byte constant"),
                TokenKind::ByteStr => ("E0766", "unterminated double quote byte string"),
                TokenKind::CStr => ("unterminated-c-string", "unterminated C string"),
                _ => ("E0765", "unterminated double quote string"),
            };
            return Some(self.part(0..open, what_code, what));
        }
        let body = &self.text[open..suffix_start - 1];
        if quote == '\'' { self.single(body, open) } else { self.double(body, open) }
    }

    /// The inside of a character or byte literal: exactly one of them.
    fn single(&self, body: &str, offset: usize) -> Option<Diagnostic> {
        let name = if self.kind == TokenKind::Byte { "byte" } else { "character" };
        let Some(first) = body.chars().next() else {
            return Some(self.whole("empty-character", format!("empty {name} literal")));
        };
        let len = if first == '\\' {
            match escape(body, self.kind) {
                Ok(len) => len,
                Err((len, message)) => return Some(self.part(offset..offset + len, "invalid-escape", message)),
            }
        } else {
            first.len_utf8()
        };
        if body.len() > len {
            let help = if self.kind == TokenKind::Byte {
                "if you meant to write a byte string literal, use double quotes"
            } else {
                "if you meant to write a string literal, use double quotes"
            };
            let one = if self.kind == TokenKind::Byte { "byte" } else { "codepoint" };
            return Some(
                self.whole("long-character", format!("{name} literal may only contain one {one}")).with_help(help),
            );
        }
        match first {
            '\n' | '\t' | '\r' | '\'' => Some(self.part(
                offset..offset + 1,
                "unescaped-character",
                format!("{name} constant must be escaped: `{}`", first.escape_default()),
            )),
            _ if self.kind == TokenKind::Byte && !first.is_ascii() => Some(
                self.part(offset..offset + len, "non-ascii-in-bytes", "non-ASCII character in byte literal")
                    .with_help("use a string literal or `\\xHH`"),
            ),
            _ => None,
        }
    }

    fn double(&self, body: &str, offset: usize) -> Option<Diagnostic> {
        let bytes = body.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                // A backslash at the end of a line skips it.
                b'\\' if matches!(bytes.get(at + 1), Some(b'\n')) || bytes[at + 1..].starts_with(b"\r\n") => at += 2,
                b'\\' => match escape(&body[at..], self.kind) {
                    Ok(len) => at += len,
                    Err((len, message)) => {
                        return Some(self.part(offset + at..offset + at + len, "invalid-escape", message));
                    }
                },
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => {
                    return Some(self.part(
                        offset + at..offset + at + 1,
                        "bare-carriage-return",
                        "bare CR not allowed in string, use `\\r` instead",
                    ));
                }
                0 if self.kind == TokenKind::CStr => {
                    return Some(self.part(
                        offset + at..offset + at + 1,
                        "null-in-c-string",
                        "null characters in C string literals are not supported",
                    ));
                }
                0x80.. if self.kind == TokenKind::ByteStr => {
                    let len = body[at..].chars().next().map_or(1, char::len_utf8);
                    return Some(self.part(
                        offset + at..offset + at + len,
                        "non-ascii-in-bytes",
                        "non-ASCII character in byte string literal",
                    ));
                }
                _ => at += 1,
            }
        }
        None
    }
}

fn bare_carriage_return(bytes: &[u8], from: usize) -> Option<usize> {
    let at = from + bytes[from..].iter().position(|&byte| byte == b'\r')?;
    if bytes.get(at + 1) == Some(&b'\n') { bare_carriage_return_behind(bytes, at + 2) } else { Some(at) }
}

fn bare_carriage_return_behind(bytes: &[u8], mut from: usize) -> Option<usize> {
    while let Some(at) = bytes[from..].iter().position(|&byte| byte == b'\r').map(|at| at + from) {
        if bytes.get(at + 1) != Some(&b'\n') {
            return Some(at);
        }
        from = at + 2;
    }
    None
}

/// The length of the escape at the start of `text`, or the length and the message of what is wrong with it.
fn escape(text: &str, kind: TokenKind) -> Result<usize, (usize, String)> {
    let is_bytes = matches!(kind, TokenKind::Byte | TokenKind::ByteStr);
    let is_mixed = kind == TokenKind::CStr;
    let Some(second) = text[1..].chars().next() else {
        return Err((1, "invalid trailing backslash in literal".into()));
    };
    match second {
        'n' | 'r' | 't' | '\\' | '\'' | '"' => Ok(2),
        '0' if is_mixed => Err((2, "null characters in C string literals are not supported".into())),
        '0' => Ok(2),
        'x' => {
            let digits = text.as_bytes().get(2..4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            let Some(digits) = digits else {
                let len = text[2..].chars().take(2).take_while(char::is_ascii_hexdigit).count() + 2;
                return Err((
                    len,
                    "numeric character escape is too short or holds a character that is no hexadecimal digit".into(),
                ));
            };
            if digits == b"00" && is_mixed {
                return Err((4, "null characters in C string literals are not supported".into()));
            }
            if !is_bytes && !is_mixed && digits[0] > b'7' {
                return Err((4, "out of range hex escape: must be a character in the range [\\x00-\\x7f]".into()));
            }
            Ok(4)
        }
        'u' if is_bytes => Err((
            2,
            "unicode escape in byte string: unicode escape sequences cannot be used as a byte or in a byte string"
                .into(),
        )),
        'u' => unicode_escape(text, is_mixed),
        other => Err((1 + other.len_utf8(), format!("unknown character escape: `{}`", other.escape_default()))),
    }
}

fn unicode_escape(text: &str, is_mixed: bool) -> Result<usize, (usize, String)> {
    if !text[2..].starts_with('{') {
        return Err((2, "incorrect unicode escape sequence: the format is `\\u{…}`".into()));
    }
    let Some(close) = text.find('}') else { return Err((3, "unterminated unicode escape".into())) };
    let digits = &text[3..close];
    let count = digits.bytes().filter(|&byte| byte != b'_').count();
    if count == 0 {
        return Err((close + 1, "empty unicode escape: it must have at least one hexadecimal digit".into()));
    }
    if digits.starts_with('_') {
        return Err((close + 1, "invalid start of unicode escape: `_`".into()));
    }
    if let Some((at, character)) = digits.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '_') {
        return Err((
            3 + at + character.len_utf8(),
            format!("invalid character in unicode escape: `{}`", character.escape_default()),
        ));
    }
    if count > 6 {
        return Err((close + 1, "overlong unicode escape: it must have at most 6 hexadecimal digits".into()));
    }
    let value = digits
        .bytes()
        .filter(|&byte| byte != b'_')
        .fold(0, |value, byte| value * 16 + (byte as char).to_digit(16).unwrap_or(0));
    match char::from_u32(value) {
        Some('\0') if is_mixed => Err((close + 1, "null characters in C string literals are not supported".into())),
        Some(_) => Ok(close + 1),
        None => Err((close + 1, "invalid unicode character escape: it must be at most 10FFFF and no surrogate".into())),
    }
}
