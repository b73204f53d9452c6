//! What only the start of a file may hold: a shebang line and a frontmatter.

use super::Tokens;
use super::one::{is_name_continue, is_name_start, is_whitespace, lex_one};
use crate::token::TokenKind;

fn is_blank(c: char) -> bool {
    matches!(c, '\t' | ' ')
}

/// The tokens at the start of a file that need file-start rules, as (kind, end), in order. The rest of the file is lexed
/// without such rules from the last end.
pub(super) fn lex_head(text: &str) -> Vec<(TokenKind, usize)> {
    let mut tokens = Vec::new();
    let mut pos = 0;
    if let Some(end) = shebang_end(text) {
        tokens.push((TokenKind::Shebang, end));
        pos = end;
    }
    let rest = &text[pos..];
    let code = rest.trim_start_matches(is_whitespace);
    if !code.starts_with("---") {
        return tokens;
    }
    let blank_len = rest.len() - code.len();
    let on_own_line = blank_len == 0 || rest[..blank_len].ends_with('\n');
    if on_own_line && blank_len > 0 {
        tokens.push((TokenKind::Whitespace, pos + blank_len));
    }
    let fence = pos + blank_len;
    tokens.push((TokenKind::Frontmatter, fence + frontmatter_len(&text[fence..])));
    tokens
}

/// Appends the tokens of [`lex_head`]; gives the offset behind them.
pub(super) fn push_head(text: &str, tokens: &mut Tokens) -> usize {
    let mut begin = 0;
    for (kind, end) in lex_head(text) {
        if end > begin {
            tokens.push(kind, begin);
            begin = end;
        }
    }
    begin
}

fn shebang_end(text: &str) -> Option<usize> {
    let tail = text.strip_prefix("#!")?;
    let mut pos = 0;
    while pos < tail.len() {
        let token = lex_one(tail, pos);
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => pos = token.end,
            TokenKind::OpenBracket => return None, // an inner attribute
            _ => break,
        }
    }
    Some(2 + tail.lines().next().unwrap_or_default().len())
}

/// How many characters of the opening line stand before its end, and whether something other than an info string does.
fn opening(text: &str) -> (usize, bool) {
    let after_fence = text.trim_start_matches('-');
    let mut rest = after_fence.trim_start_matches(is_blank);
    if rest.starts_with(is_name_start) {
        rest = rest.trim_start_matches(|c| is_name_continue(c) || c == '-' || c == '.');
    }
    let rest = rest.trim_start_matches(is_blank);
    (text.len() - rest.len(), !rest.starts_with('\n'))
}

/// The length of the frontmatter at the start of `text`, which starts with `---`.
fn frontmatter_len(text: &str) -> usize {
    let dashes = text.len() - text.trim_start_matches('-').len();
    let (opened, _) = opening(text);
    let rest = &text[opened..];
    let to_line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |newline| from + newline);
    let fence = format!("\n{}", "-".repeat(dashes));
    if let Some(closing) = rest.find(&fence) {
        return to_line_end(opened + closing + fence.len());
    }
    // Not closed properly: take what rustc takes, so that the code behind it is still lexed as code.
    let candidate = (rest.find("\n---").map(|newline| newline + 1))
        .or_else(|| rest.find("\nuse "))
        .or_else(|| rest.find("\n//!"))
        .or_else(|| rest.find("\n#!["))
        .or_else(|| indented_fence(rest));
    candidate.map_or(text.len(), |candidate| to_line_end(opened + candidate))
}

fn indented_fence(text: &str) -> Option<usize> {
    let (mut rest, mut base) = (text, 0);
    while let Some(closing) = rest.find("---") {
        let line = rest[..closing].rfind('\n').map_or(0, |newline| newline + 1);
        if rest[line..closing].chars().all(is_blank) {
            return Some(base + closing);
        }
        (rest, base) = (&rest[closing + 3..], base + closing + 3);
    }
    None
}

/// Of the frontmatter token that covers `range` of the file's `text`: whether white space that is no newline precedes the
/// fence, and whether the opening line holds more than an info string.
pub fn frontmatter_flags(text: &str, range: std::ops::Range<usize>) -> (bool, bool) {
    // To the end of the file, because the newline that ends the opening line may be the first byte behind the token.
    let fence = text[range.start..].trim_start_matches(is_whitespace);
    (fence.len() != text.len() - range.start, opening(fence).1)
}
