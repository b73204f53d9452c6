//! Whether a formatted text says what its source said.
//!
//! Both are lexed, and their tokens and comments compared as multisets by place-independent hash, leaving out what the style
//! adds and drops: commas, braces, semicolons and parentheses, spaces inside comments' lines, and the order of imports.

use rustc_hash::FxHashMap;
use rustg_syntax::{Parse, TokenKind as T, parse};

use crate::config::Config;

/// A token or comment that the source has and the result has not, or the other way round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Its text.
    pub token: String,
    /// How often it stands in the source and in the result.
    pub counts: (i64, i64),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` stands {} times in the source and {} times in the result",
            self.token, self.counts.0, self.counts.1
        )
    }
}

/// Tokens that formatting may add or drop.
fn is_free(kind: T) -> bool {
    matches!(kind, T::Comma | T::Semi | T::OpenBrace | T::CloseBrace | T::OpenParen | T::CloseParen | T::Whitespace)
}

/// The first difference between `source` and `formatted`; `None` when they say the same.
pub(crate) fn compare(source: &str, formatted: &str, config: &Config) -> Option<Difference> {
    if source == formatted {
        return None;
    }
    let (before, after) = (parse(source, config.edition()), parse(formatted, config.edition()));
    let mut counts: FxHashMap<String, (i64, i64)> = FxHashMap::default();
    // Equal stretches at the start cost nothing: most files change in few places.
    count(source, &before, |text| counts.entry(text).or_default().0 += 1);
    count(formatted, &after, |text| counts.entry(text).or_default().1 += 1);
    let merged = config.merge_derives;
    let mut wrong: Vec<_> = counts
        .into_iter()
        .filter(|(text, (before, after))| {
            before != after && !(merged && matches!(text.as_str(), "derive" | "#" | "[" | "]"))
        })
        .filter(|(text, (before, after))| !is_allowed(text, *before, *after))
        .collect();
    wrong.sort();
    if let Some((token, counts)) = wrong.into_iter().next() {
        return Some(Difference { token, counts });
    }
    // What was a program stays one.
    let broken = before.diagnostics.is_empty() && !after.diagnostics.is_empty();
    broken.then(|| Difference { token: after.diagnostics[0].message.clone(), counts: (0, 1) })
}

/// `extern` becomes `extern "C"`, leading pipes of patterns and `::` of `use {…}` go, numbers of tuple fields come apart.
fn is_allowed(text: &str, before: i64, after: i64) -> bool {
    match text {
        "\"C\"" => after > before,
        "|" => after < before,
        _ => text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'),
    }
}

fn count(text: &str, parse: &Parse, mut each: impl FnMut(String)) {
    let tokens = &parse.tokens;
    for token in 0..tokens.len() {
        let kind = tokens.kind(token);
        if is_free(kind) {
            continue;
        }
        let text = tokens.text(token, text);
        let is_comment = matches!(
            kind,
            T::LineComment | T::BlockComment | T::OuterLineDoc | T::OuterBlockDoc | T::InnerLineDoc | T::InnerBlockDoc
        );
        each(if is_comment { text.split_whitespace().collect() } else { text.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_comment_and_a_lost_token_are_found() {
        let config = Config::default();
        assert!(compare("fn f() { /* x */ }", "fn f() {}", &config).is_some());
        assert!(compare("fn f() { a }", "fn f() { b }", &config).is_some());
        assert!(compare("fn f() { a(b) }", "fn f() {\n    a(b,)\n}", &config).is_none());
    }

    #[test]
    fn a_result_that_does_not_parse_is_found() {
        assert!(compare("fn f() { a }", "fn f() { a ", &Config::default()).is_some());
    }
}
