//! Literals: the value of what is written.

use crate::types::{IntTy, Ty, known};

/// The value of an integer literal, and the type that its suffix says.
pub(crate) fn integer(text: &str) -> Option<(u128, Option<Ty>)> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x', ..] => (16, &text[2..]),
        [b'0', b'o', ..] => (8, &text[2..]),
        [b'0', b'b', ..] => (2, &text[2..]),
        _ => (10, text),
    };
    let mut value = 0_u128;
    let mut end = digits.len();
    for (at, c) in digits.char_indices() {
        if c == '_' {
            continue;
        }
        let is_suffix = matches!(c, 'i' | 'u') || (radix != 16 && c.is_alphabetic());
        match c.to_digit(radix) {
            Some(digit) if !is_suffix => {
                value = value.checked_mul(u128::from(radix))?.checked_add(u128::from(digit))?
            }
            _ => {
                end = at;
                break;
            }
        }
    }
    let suffix = &digits[end..];
    if suffix.is_empty() {
        return Some((value, None));
    }
    let ty = match suffix {
        "f32" if radix == 10 => known::F32,
        "f64" if radix == 10 => known::F64,
        _ => known::int(IntTy::ALL.into_iter().find(|int| int.name() == suffix)?),
    };
    Some((value, Some(ty)))
}

/// The digits of a float literal without `_`, and the type that its suffix says.
pub(crate) fn float(text: &str) -> (String, Option<Ty>) {
    let (digits, ty) = match text {
        _ if text.ends_with("f32") => (&text[..text.len() - 3], Some(known::F32)),
        _ if text.ends_with("f64") => (&text[..text.len() - 3], Some(known::F64)),
        _ => (text, None),
    };
    (digits.replace('_', ""), ty)
}

/// The bits of a float of `width` bits, nearest to what is written.
pub(crate) fn float_bits(digits: &str, width: u8) -> Option<u64> {
    match width {
        32 => digits.parse::<f32>().ok().map(|value| u64::from(value.to_bits())),
        _ => digits.parse::<f64>().ok().map(f64::to_bits),
    }
}

/// The character of `'…'` or `b'…'`.
pub(crate) fn character(text: &str) -> Option<char> {
    let inner = text.trim_start_matches('b').strip_prefix('\'')?.strip_suffix('\'')?;
    let bytes = unescape(inner)?;
    match bytes.as_slice() {
        [one] => Some(char::from(*one)),
        more => String::from_utf8(more.to_vec()).ok()?.chars().next(),
    }
}

/// The bytes of `"…"`, `b"…"` or a raw one.
pub(crate) fn string(text: &str) -> Option<Vec<u8>> {
    let rest = text.trim_start_matches(['b', 'c']);
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        return Some(raw.get(hashes + 1..raw.len() - hashes - 1)?.as_bytes().to_vec());
    }
    unescape(rest.strip_prefix('"')?.strip_suffix('"')?)
}

fn unescape(inner: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.extend(c.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        match chars.next()? {
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            '0' => out.push(0),
            'x' => {
                let digits: String = [chars.next()?, chars.next()?].iter().collect();
                out.push(u8::from_str_radix(&digits, 16).ok()?);
            }
            'u' => {
                let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').filter(|c| *c != '_').collect();
                let c = char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?;
                out.extend(c.encode_utf8(&mut [0; 4]).bytes());
            }
            '\n' => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            other => out.extend(other.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_have_the_values_that_rust_gives_them() {
        assert_eq!(integer("0xff_u8"), Some((255, Some(known::U8))));
        assert_eq!(integer("1_000"), Some((1000, None)));
        assert_eq!(integer("0b101i32"), Some((5, Some(known::I32))));
        assert_eq!(integer("1f32"), Some((1, Some(known::F32))));
        assert_eq!(character("'\\n'"), Some('\n'));
        assert_eq!(character("b'\\xff'"), Some('\u{ff}'));
        assert_eq!(string("\"a\\u{e9}\\\n   b\""), Some("aéb".as_bytes().to_vec()));
        assert_eq!(string("r#\"a\\\"#"), Some(b"a\\".to_vec()));
    }
}
