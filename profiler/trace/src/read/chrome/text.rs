//! JSON strings as they stand in the file, and their decoding.

use std::borrow::Cow;

/// A string of the file: the bytes between its quotes, still escaped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Text<'a> {
    pub(super) raw: &'a [u8],
    pub(super) escaped: bool,
}

impl<'a> Text<'a> {
    /// The text, and whether bytes of it were wrong and are replaced by U+FFFD (invalid UTF-8, half surrogates, unknown
    /// escapes).
    #[inline]
    pub(super) fn decode(self) -> (Cow<'a, str>, bool) {
        match std::str::from_utf8(self.raw) {
            Ok(text) if !self.escaped => (Cow::Borrowed(text), false),
            _ => decode_slowly(self.raw),
        }
    }
}

#[cold]
fn decode_slowly(raw: &[u8]) -> (Cow<'_, str>, bool) {
    let text = String::from_utf8_lossy(raw);
    let mut wrong = matches!(text, Cow::Owned(_));
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        decoded.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let (symbol, length) = match escape.as_bytes().first() {
            Some(b'n') => ('\n', 1),
            Some(b't') => ('\t', 1),
            Some(b'r') => ('\r', 1),
            Some(b'b') => ('\u{8}', 1),
            Some(b'f') => ('\u{c}', 1),
            Some(&plain @ (b'"' | b'\\' | b'/')) => (char::from(plain), 1),
            Some(b'u') => decode_unit(escape.as_bytes()),
            _ => (char::REPLACEMENT_CHARACTER, 0),
        };
        wrong |= symbol == char::REPLACEMENT_CHARACTER;
        decoded.push(symbol);
        rest = &escape[length..];
    }
    decoded.push_str(rest);
    (Cow::Owned(decoded), wrong)
}

/// The character of `uXXXX` or `uXXXX\uXXXX`, and how many bytes of `escape` it takes.
fn decode_unit(escape: &[u8]) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let digits = escape.get(at..at + 4)?;
        digits.iter().try_fold(0, |value, &digit| Some(value * 16 + char::from(digit).to_digit(16)?))
    };
    let Some(first) = unit(1) else { return (char::REPLACEMENT_CHARACTER, 1) };
    if (0xD800..0xDC00).contains(&first)
        && escape.get(5..7) == Some(b"\\u")
        && let Some(second @ 0xDC00..0xE000) = unit(7)
    {
        let value = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), 11);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_surrogates_and_wrong_bytes_are_decoded() {
        let cases: [(&[u8], &str, bool); 12] = [
            (b"plain", "plain", false),
            (b"a\\\"b\\\\c\\/d", "a\"b\\c/d", false),
            (b"\\n\\t\\r\\b\\f", "\n\t\r\u{8}\u{c}", false),
            (b"\\u0041\\u00e9", "A\u{e9}", false),
            (b"\\uD83D\\uDE00!", "\u{1F600}!", false),
            (b"\\uD83D", "\u{fffd}", true),
            (b"\\uDE00x", "\u{fffd}x", true),
            (b"\\uD83D\\u0041", "\u{fffd}A", true),
            (b"\\u12", "\u{fffd}12", true),
            (b"\\q", "\u{fffd}q", true),
            (b"\xff\xfe", "\u{fffd}\u{fffd}", true),
            ("\u{44f}".as_bytes(), "\u{44f}", false),
        ];
        for (raw, expected, wrong) in cases {
            let text = Text { raw, escaped: raw.contains(&b'\\') };
            assert_eq!(text.decode(), (Cow::Borrowed(expected), wrong), "{raw:?}");
        }
    }
}
