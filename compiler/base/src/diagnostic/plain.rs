//! Diagnostics as plain text, with nothing but what every program has: for messages within another compiler's.

use std::fmt::Write;

use super::{Diagnostic, Label};
use crate::span::{ColumnUnit, LineIndex};

/// `diagnostic` about the file `path` with content `text`: its message, and each of its places with the line underlined, without a newline at the end.
pub fn plain(diagnostic: &Diagnostic, path: &str, text: &str, lines: &LineIndex) -> String {
    let mut out = diagnostic.severity.word().to_owned();
    if let Some(code) = diagnostic.code {
        let _ = write!(out, "[{code}]");
    }
    let _ = write!(out, ": {}", diagnostic.message);
    let places = [&diagnostic.primary].into_iter().chain(&diagnostic.labels);
    let width = places.clone().map(|label| (lines.line(label.span.start) + 1).to_string().len()).max().unwrap_or(1);
    for (at, label) in places.enumerate() {
        place(&mut out, label, path, text, lines, (width, if at == 0 { '^' } else { '-' }));
    }
    let ways = diagnostic.help.iter().chain(diagnostic.fix.as_ref().map(|fix| &fix.message));
    for way in ways {
        let _ = write!(out, "\n{:width$} = help: {way}", "");
    }
    out
}

fn place(out: &mut String, label: &Label, path: &str, text: &str, lines: &LineIndex, (width, mark): (usize, char)) {
    let at = lines.line_column(text, label.span.start, ColumnUnit::Utf32);
    let number = at.line + 1;
    let line = lines.line_range(at.line, text).map_or("", |range| text[range].trim_end_matches(['\n', '\r']));
    // Tabs as one column, as the underline has them.
    let line = line.replace('\t', " ");
    let end = lines.line_column(text, label.span.end, ColumnUnit::Utf32);
    let until = if end.line == at.line { end.column } else { line.chars().count() as u32 };
    let count = until.saturating_sub(at.column).max(1) as usize;
    let underline = format!("{}{}", " ".repeat(at.column as usize), mark.to_string().repeat(count));
    let _ = write!(out, "\n{:width$}--> {path}:{number}:{}\n{:width$} |", "", at.column + 1, "");
    let _ = write!(out, "\n{number:width$} | {line}\n{:width$} | {underline}", "");
    if !label.text.is_empty() {
        let _ = write!(out, " {}", label.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    #[test]
    fn message_places_underlines_and_help_are_written_without_any_library() {
        let text = "fn main() {\n    let x = 1\n}\n";
        let diagnostic = Diagnostic::error(Span::new(26, 27), "expected `;`, found `}`")
            .with_code("E0001")
            .with_primary("unexpected token")
            .with_label(Span::new(16, 25), "the statement")
            .with_help("statements end with a semicolon");
        let want = "error[E0001]: expected `;`, found `}`\n --> a.rs:3:1\n  |\n3 | }\n  | ^ unexpected token\n --> a.rs:2:5\n  |\n\
                    2 |     let x = 1\n  |     --------- the statement\n  = help: statements end with a semicolon";
        assert_eq!(plain(&diagnostic, "a.rs", text, &LineIndex::new(text)), want);
    }

    #[test]
    fn ends_of_texts_and_spans_over_lines_are_underlined() {
        for (text, start, end) in [("", 0, 0), ("x", 1, 1), ("é\nab\n", 0, 5), ("x\n", 2, 2)] {
            let diagnostic = Diagnostic::error(Span::new(start, end), "here");
            let shown = plain(&diagnostic, "a.rs", text, &LineIndex::new(text));
            assert!(shown.contains('^'), "{shown}");
        }
    }
}
