//! What a file is, told from its first bytes.

/// What the first bytes of a file look like.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Nothing in it, or only white space.
    Empty,
    /// A gzip file (RFC 1952); what is inside is told from the unpacked bytes.
    Gzip,
    /// JSON: an array or an object.
    Json,
    /// A SQLite 3 database.
    Sqlite,
    /// Folded stacks: lines of `frame;frame;frame weight`.
    Folded,
    /// None of these.
    Unknown,
}

/// Tells the format of a file from its head (the first [`HEAD_BYTES`](super::HEAD_BYTES) or all of it).
pub fn detect(head: &[u8]) -> Format {
    if head.starts_with(&[0x1f, 0x8b]) {
        return Format::Gzip;
    }
    if head.starts_with(b"SQLite format 3\0") {
        return Format::Sqlite;
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first() {
        None => Format::Empty,
        Some(b'[' | b'{') => Format::Json,
        Some(_) if is_folded(text, head.len() >= super::HEAD_BYTES) => Format::Folded,
        Some(_) => Format::Unknown,
    }
}

/// Whether the first line that is no comment reads `stack weight`. A line that the head cuts off is judged by its bytes
/// alone: it must be text and have a `;`.
fn is_folded(text: &[u8], cut: bool) -> bool {
    let mut lines = text.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_ascii_end();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if line.iter().any(|&byte| byte < b' ' && byte != b'\t') {
            return false;
        }
        if cut && lines.peek().is_none() {
            return line.contains(&b';');
        }
        let weight = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
        return weight.len() < line.len()
            && weight.first().is_some_and(u8::is_ascii_digit)
            && weight.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_from_their_first_bytes() {
        let long_stack = "frame;".repeat(1000);
        let cases: [(&[u8], Format); 13] = [
            (b"", Format::Empty),
            (b" \n\t", Format::Empty),
            (b"\x1f\x8b\x08", Format::Gzip),
            (b"SQLite format 3\0rest", Format::Sqlite),
            (b"\n  {\"traceEvents\": [", Format::Json),
            (b"\xef\xbb\xbf[{", Format::Json),
            (b"main;work;inner loop 12\n", Format::Folded),
            (b"# comment\n\nmain 1", Format::Folded),
            (b"main;work 12.5\r\n", Format::Folded),
            (&long_stack.as_bytes()[..crate::read::HEAD_BYTES], Format::Folded),
            (b"just a sentence\n", Format::Unknown),
            (b"\x7fELF\x02\x01\x01", Format::Unknown),
            (b"12", Format::Unknown),
        ];
        for (head, format) in cases {
            assert_eq!(detect(head), format, "{:?}", String::from_utf8_lossy(&head[..head.len().min(40)]));
        }
    }
}
