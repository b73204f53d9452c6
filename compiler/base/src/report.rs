//! One thing to tell about several texts: a race between two files, a call chain. [`crate::diagnostic`] is about one text.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::diagnostic::Severity;
use crate::span::{LineIndex, Span};

/// A labelled place in an [`Excerpt`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Where.
    pub span: Span,
    /// What is said about it; may be empty.
    pub text: String,
    /// Whether the message is about this place, rather than this place explaining it.
    pub is_primary: bool,
}

/// Places of one text.
#[derive(Clone, Copy, Debug)]
pub struct Excerpt<'a> {
    /// The file's name as it is shown.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Its lines.
    pub lines: &'a LineIndex,
    /// What is marked in it; an excerpt without marks is not shown.
    pub marks: &'a [Mark],
}

/// What is told.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// How grave it is.
    pub severity: Severity,
    /// Its code, if it has one.
    pub code: Option<&'a str>,
    /// The message, without capital letter and full stop.
    pub message: &'a str,
    /// The places, the most important text first.
    pub excerpts: &'a [Excerpt<'a>],
    /// What else is known, each a `note:`.
    pub notes: &'a [String],
    /// Ways out, each a `help:`.
    pub help: &'a [String],
}

/// Lines that are shown between the first and the last mark of an excerpt; marks further apart are shown as two excerpts.
const GAP_LINES: u32 = 60;

impl Report<'_> {
    /// The report in rustc's look, without a newline at the end.
    pub fn render(&self, colours: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut title = level.primary_title(self.message);
        if let Some(code) = self.code {
            title = title.id(code);
        }
        let mut group = title.elements(Vec::<Snippet<'_, annotate_snippets::Annotation<'_>>>::new());
        for excerpt in self.excerpts {
            let mut marks: Vec<_> = excerpt.marks.iter().collect();
            marks.sort_by_key(|mark| mark.span.start);
            let mut from = 0;
            while from < marks.len() {
                let line = |index: usize| excerpt.lines.line(marks[index].span.start);
                let mut to = from + 1;
                while to < marks.len() && line(to) - line(to - 1) <= GAP_LINES {
                    to += 1;
                }
                group = group.element(snippet(excerpt, &marks[from..to]));
                from = to;
            }
        }
        group = self.notes.iter().fold(group, |group, note| group.element(Level::NOTE.message(note.as_str())));
        group = self.help.iter().fold(group, |group, help| group.element(Level::HELP.message(help.as_str())));
        let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// Only the marked lines are handed to the renderer, so that a file of any size costs the same.
fn snippet<'a>(excerpt: &Excerpt<'a>, marks: &[&'a Mark]) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let first = marks.iter().map(|mark| excerpt.lines.line(mark.span.start)).min().unwrap_or(0);
    let last = marks.iter().map(|mark| excerpt.lines.line(mark.span.end)).max().unwrap_or(0);
    let start = excerpt.lines.line_range(first, excerpt.text).map_or(0, |range| range.start);
    let end = excerpt.lines.line_range(last, excerpt.text).map_or(excerpt.text.len(), |range| range.end);
    let bound = |offset: u32| excerpt.text.floor_char_boundary(offset as usize).clamp(start, end) - start;
    let annotations = marks.iter().map(|mark| {
        let kind = if mark.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(bound(mark.span.start)..bound(mark.span.end))
            .label((!mark.text.is_empty()).then_some(mark.text.as_str()))
    });
    let snippet = Snippet::source(&excerpt.text[start..end]).line_start(first as usize + 1).path(excerpt.path);
    snippet.annotations(annotations.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_two_texts_notes_and_help_are_all_shown() {
        let (left, right) = ("int a;\ns[t] = 1;\n".to_owned(), "x = s[u];\n".to_owned());
        let (left_lines, right_lines) = (LineIndex::new(&left), LineIndex::new(&right));
        let mark =
            |start, end, text: &str, is_primary| Mark { span: Span::new(start, end), text: text.into(), is_primary };
        let (left_marks, right_marks) = ([mark(7, 15, "written here", true)], [mark(4, 8, "read here", false)]);
        let excerpts = [
            Excerpt { path: "a.cu", text: &left, lines: &left_lines, marks: &left_marks },
            Excerpt { path: "b.h", text: &right, lines: &right_lines, marks: &right_marks },
        ];
        let report = Report {
            severity: Severity::Error,
            code: Some("race"),
            message: "data race",
            excerpts: &excerpts,
            notes: &["seen twice".into()],
            help: &["wait".into()],
        };
        let shown = report.render(false);
        for part in [
            "error[race]: data race",
            "a.cu:2:1",
            "written here",
            "b.h:1:5",
            "read here",
            "note: seen twice",
            "help: wait",
        ] {
            assert!(shown.contains(part), "{part:?} in\n{shown}");
        }
    }

    #[test]
    fn marks_far_apart_do_not_show_all_between() {
        let text = "line\n".repeat(5000);
        let lines = LineIndex::new(&text);
        let mark = |start| Mark { span: Span::new(start, start + 4), text: "here".into(), is_primary: start == 0 };
        let marks = [mark(0), mark(20_000)];
        let excerpts = [Excerpt { path: "a.ptx", text: &text, lines: &lines, marks: &marks }];
        let report = Report {
            severity: Severity::Warning,
            code: None,
            message: "far",
            excerpts: &excerpts,
            notes: &[],
            help: &[],
        };
        let shown = report.render(false);
        assert!(shown.contains("a.ptx:1:1") && shown.contains("4001 |") && shown.lines().count() < 20, "{shown}");
    }
}
