//! What is wrong with the user's program, as a value, and its renderings: text in rustc's look, JSON.

use annotate_snippets::{AnnotationKind, Level, Patch, Renderer, Snippet};
use serde::Serialize;

use crate::span::{ColumnUnit, LineIndex, Span};

/// How grave a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program is refused.
    Error,
    /// The program is accepted, though something is amiss.
    Warning,
}

/// A span with words about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is said about it; may be empty.
    pub text: String,
}

/// One replacement of a fix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// A change that a machine may apply without asking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What it does: "remove this semicolon".
    pub message: String,
    /// Its edits, disjoint.
    pub edits: Vec<Edit>,
}

/// One thing to tell about one text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// A code that has a page of explanation, if it has one.
    pub code: Option<&'static str>,
    /// The message, without capital letter and full stop, as rustc writes them.
    pub message: String,
    /// Where the matter is, with what the underline says.
    pub primary: Label,
    /// Other places that explain it.
    pub labels: Vec<Label>,
    /// Ways out, in words.
    pub help: Vec<String>,
    /// A way out that can be applied.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: None,
            message: message.into(),
            primary: Label { span, text: String::new() },
            labels: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// The same with a code.
    pub fn with_code(mut self, code: &'static str) -> Diagnostic {
        self.code = Some(code);
        self
    }

    /// The same with words under the primary span.
    pub fn with_primary(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// The same with another labelled place.
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// The same with a way out.
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// The same with a fix.
    pub fn with_fix(mut self, message: impl Into<String>, edits: Vec<Edit>) -> Diagnostic {
        self.fix = Some(Fix { message: message.into(), edits });
        self
    }
}

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

#[derive(Serialize)]
struct JsonPlace {
    start: u32,
    end: u32,
    /// From 1, as editors show lines.
    line: u32,
    /// From 1, in characters.
    column: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: String,
}

#[derive(Serialize)]
struct JsonEdit {
    start: u32,
    end: u32,
    text: String,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    message: &'a str,
    path: &'a str,
    primary: JsonPlace,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<JsonPlace>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    help: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    message: &'a str,
    edits: Vec<JsonEdit>,
}

/// `diagnostic` as a JSON value: byte offsets, and lines and columns (in characters) from 1.
pub fn to_json(diagnostic: &Diagnostic, path: &str, text: &str, lines: &LineIndex) -> serde_json::Value {
    let place = |label: &Label| {
        let at = lines.line_column(text, label.span.start, ColumnUnit::Utf32);
        let Span { start, end } = label.span;
        JsonPlace { start, end, line: at.line + 1, column: at.column + 1, label: label.text.clone() }
    };
    let fix = diagnostic.fix.as_ref().map(|fix| JsonFix {
        message: &fix.message,
        edits: (fix.edits.iter())
            .map(|edit| JsonEdit { start: edit.span.start, end: edit.span.end, text: edit.text.clone() })
            .collect(),
    });
    let value = JsonDiagnostic {
        severity: diagnostic.severity,
        code: diagnostic.code,
        message: &diagnostic.message,
        path,
        primary: place(&diagnostic.primary),
        labels: diagnostic.labels.iter().map(place).collect(),
        help: &diagnostic.help,
        fix,
    };
    serde_json::to_value(value).expect("plain data always serialises")
}

#[cfg(test)]
mod tests {
    use super::*;

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
