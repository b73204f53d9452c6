//! Diagnostics in rustc's look, by its own renderer, and as JSON.

use annotate_snippets::{AnnotationKind, Level, Patch, Renderer, Snippet};
use serde_json::{Value, json};

use super::{Diagnostic, Label, Severity};
use crate::span::{ColumnUnit, LineIndex, Span};

/// Renders `diagnostic` about the file `path` with content `text` in rustc's look, without a newline at the end.
///
/// Only the lines around the spans are handed to the renderer, so that a file of any size costs the same.
pub fn render(diagnostic: &Diagnostic, path: &str, text: &str, lines: &LineIndex, colours: bool) -> String {
    let spans = [&diagnostic.primary].into_iter().chain(&diagnostic.labels).map(|label| label.span);
    let edits = diagnostic.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span));
    let (mut first, mut last) = (u32::MAX, 0);
    for span in spans.chain(edits) {
        first = first.min(lines.line(span.start));
        last = last.max(lines.line(span.end));
    }
    let start = lines.line_range(first, text).map_or(0, |range| range.start);
    let end = lines.line_range(last, text).map_or(text.len(), |range| range.end);
    let window = &text[start..end];
    let local = |span: Span| {
        let bound = |offset: u32| text.floor_char_boundary(offset as usize).clamp(start, end) - start;
        bound(span.start)..bound(span.end)
    };
    let snippet = || Snippet::source(window).line_start(first as usize + 1).path(path);
    let mut annotations =
        vec![AnnotationKind::Primary.span(local(diagnostic.primary.span)).label(words(&diagnostic.primary))];
    annotations.extend(
        diagnostic.labels.iter().map(|label| AnnotationKind::Context.span(local(label.span)).label(words(label))),
    );
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut title = level.primary_title(diagnostic.message.as_str());
    if let Some(code) = diagnostic.code {
        title = title.id(code);
    }
    let mut report = vec![title.element(snippet().annotations(annotations))];
    report[0] =
        diagnostic.help.iter().fold(report[0].clone(), |group, help| group.element(Level::HELP.message(help.as_str())));
    if let Some(fix) = &diagnostic.fix {
        let patches: Vec<_> = fix.edits.iter().map(|edit| Patch::new(local(edit.span), edit.text.as_str())).collect();
        let patched = Snippet::source(window).line_start(first as usize + 1).path(path).patches(patches);
        report.push(Level::HELP.secondary_title(fix.message.as_str()).element(patched));
    }
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&report)
}

fn words(label: &Label) -> Option<&str> {
    (!label.text.is_empty()).then_some(label.text.as_str())
}

/// `diagnostic` as a JSON value: byte offsets, and lines and columns (in characters) from 1. What is empty is left out.
pub fn to_json(diagnostic: &Diagnostic, path: &str, text: &str, lines: &LineIndex) -> Value {
    let place = |label: &Label| {
        let at = lines.line_column(text, label.span.start, ColumnUnit::Utf32);
        let Span { start, end } = label.span;
        let mut value = json!({ "start": start, "end": end, "line": at.line + 1, "column": at.column + 1 });
        if !label.text.is_empty() {
            value["label"] = json!(label.text);
        }
        value
    };
    let mut value = json!({
        "severity": diagnostic.severity.word(),
        "message": diagnostic.message,
        "path": path,
        "primary": place(&diagnostic.primary),
    });
    if let Some(code) = diagnostic.code {
        value["code"] = json!(code);
    }
    if !diagnostic.labels.is_empty() {
        value["labels"] = diagnostic.labels.iter().map(place).collect();
    }
    if !diagnostic.help.is_empty() {
        value["help"] = json!(diagnostic.help);
    }
    if let Some(fix) = &diagnostic.fix {
        let edit = |edit: &super::Edit| json!({ "start": edit.span.start, "end": edit.span.end, "text": edit.text });
        value["fix"] = json!({ "message": fix.message, "edits": fix.edits.iter().map(edit).collect::<Vec<_>>() });
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Edit;

    fn sample() -> (String, Diagnostic) {
        let text = "fn main() {\n    let x = 1\n}\n".to_owned();
        let diagnostic = Diagnostic::error(Span::new(26, 27), "expected `;`, found `}`")
            .with_primary("unexpected token")
            .with_label(Span::new(16, 25), "the statement")
            .with_help("statements end with a semicolon")
            .with_fix("add `;` here", vec![Edit { span: Span::new(25, 25), text: ";".into() }]);
        (text, diagnostic)
    }

    #[test]
    fn text_shows_message_place_labels_help_and_fix() {
        let (text, diagnostic) = sample();
        let shown = render(&diagnostic, "src/main.rs", &text, &LineIndex::new(&text), false);
        for part in [
            "error: expected `;`",
            "src/main.rs:3:1",
            "unexpected token",
            "the statement",
            "help:",
            "add `;` here",
            "let x = 1;",
        ] {
            assert!(shown.contains(part), "{part:?} in\n{shown}");
        }
    }

    #[test]
    fn spans_at_the_end_of_a_text_and_in_an_empty_one_render() {
        for text in ["", "x", "x\n", "é"] {
            let end = text.len() as u32;
            let diagnostic = Diagnostic::error(Span::new(end, end), "unexpected end of file");
            assert!(render(&diagnostic, "a.rs", text, &LineIndex::new(text), false).contains("unexpected end of file"));
        }
    }

    #[test]
    fn json_counts_lines_and_columns_from_one() {
        let (text, diagnostic) = sample();
        let json = to_json(&diagnostic, "a.rs", &text, &LineIndex::new(&text));
        assert_eq!(json["primary"]["line"], 3);
        assert_eq!(json["primary"]["column"], 1);
        assert_eq!(json["severity"], "error");
        assert_eq!(json["fix"]["edits"][0]["text"], ";");
        assert_eq!(json["labels"][0]["label"], "the statement");
        assert!(json.get("code").is_none());
    }
}
