//! Messages of panics on a device: a text whose placeholders stand for the 64-bit words that a thread reported.
//!
//! `{}` is an unsigned number; `{i8}` to `{i64}`, `{isize}`, `{f32}`, `{f64}`, `{bool}` and `{char}` are shown as those types, and with a `?`
//! behind them as `Debug` shows them. `{str}` is a text in the device's memory: two words, its address and its length in bytes. Braces that mean
//! themselves are doubled.

/// The message with the reported words in their places. A placeholder without a word stays as it is, texts are shown as `<text>`.
pub fn render(message: &str, reported: &[u64]) -> String {
    render_with(message, reported, &|_, _| None)
}

/// The message with the reported words in their places; `text` reads the device's memory: so many bytes from an address on.
pub fn render_with(message: &str, reported: &[u64], text: &dyn Fn(u64, u64) -> Option<Vec<u8>>) -> String {
    let mut out = String::new();
    let mut words = reported.iter().copied();
    let mut rest = message;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(&tail[..1]);
            rest = &tail[2..];
            continue;
        }
        rest = match tail.find('}') {
            Some(end) if tail.starts_with('{') => {
                match words.next() {
                    Some(address) if tail[1..end].starts_with("str") => {
                        let bytes = words.next().and_then(|length| text(address, length));
                        let found = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                        match (found, &tail[1..end]) {
                            (Some(found), "str?") => out.push_str(&format!("{found:?}")),
                            (Some(found), _) => out.push_str(&found),
                            (None, _) => out.push_str("<text>"),
                        }
                    }
                    Some(word) => out.push_str(&shown(&tail[1..end], word)),
                    None => out.push_str(&tail[..=end]),
                }
                &tail[end + 1..]
            }
            // A lone brace.
            _ => {
                out.push_str(&tail[..1]);
                &tail[1..]
            }
        };
    }
    out.push_str(rest);
    out
}

/// A reported word as the type of that name shows it.
fn shown(kind: &str, word: u64) -> String {
    let character = || char::from_u32(word as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    match kind {
        "i8" => (word as i8).to_string(),
        "i16" => (word as i16).to_string(),
        "i32" => (word as i32).to_string(),
        "i64" | "isize" => (word as i64).to_string(),
        "f32" => f32::from_bits(word as u32).to_string(),
        "f32?" => format!("{:?}", f32::from_bits(word as u32)),
        "f64" => f64::from_bits(word).to_string(),
        "f64?" => format!("{:?}", f64::from_bits(word)),
        "bool" => (word != 0).to_string(),
        "char" => character().to_string(),
        "char?" => format!("{:?}", character()),
        _ => word.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reported_words_are_shown_as_their_types() {
        let bounds = "index out of bounds: the len is {} but the index is {}";
        assert_eq!(render(bounds, &[3, 7]), "index out of bounds: the len is 3 but the index is 7");
        let words = [u64::from(u32::MAX), 0x3fc0_0000, 0x3f80_0000];
        assert_eq!(render("{i32} {{}} {f32} {f32?}", &words), "-1 {} 1.5 1.0");
    }

    #[test]
    fn texts_are_read_where_they_lie() {
        let read = |address: u64, length: u64| (address == 64).then(|| b"within"[..length as usize].to_vec());
        assert_eq!(render_with("{str}, {str?} {}", &[64, 4, 64, 6, 9], &read), "with, \"within\" 9");
        assert_eq!(render("{str}: {}", &[64, 4, 9]), "<text>: 9");
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        assert_eq!(render("} {} { {", &[]), "} {} { {");
    }
}
