//! What is wrong with the user's program, as a value, and its renderings: plain text, text in rustc's look, JSON.

mod plain;
#[cfg(feature = "reports")]
mod render;

pub use plain::plain;
#[cfg(feature = "reports")]
pub use render::{render, to_json};

use crate::span::Span;

/// How grave a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The program is refused.
    Error,
    /// The program is accepted, though something is amiss.
    Warning,
}

impl Severity {
    /// The word that stands before a message: `error`, `warning`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
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
