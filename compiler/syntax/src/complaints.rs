//! Faults as diagnostics: what the parser notes in two words a token is told here in full.

use rustg_base::diagnostic::Edit;
use rustg_base::{Diagnostic, Span};
use rustg_passes::lex::Tokens;

use crate::code::{BracketFault, Code, CodeKind};
use crate::parse::{Complaint, Fault};

/// Everything a message may quote.
pub(crate) struct Teller<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: &'a Tokens,
    pub(crate) code: &'a Code,
}

impl Teller<'_> {
    fn span(&self, token: u32) -> Span {
        let raw = self.code.raw[token as usize] as usize;
        let start = self.tokens.starts[raw];
        Span::new(start, self.tokens.starts.get(raw + 1).copied().unwrap_or(start))
    }

    /// The end of the token before `token`, where something is missing.
    fn behind_previous(&self, token: u32) -> Option<u32> {
        token.checked_sub(1).map(|previous| self.span(previous).end)
    }

    /// How rustc names the token that was found.
    fn found(&self, token: u32) -> String {
        let kind = self.code.kinds[token as usize];
        let text = &self.text[self.span(token).range()];
        match kind {
            CodeKind::End => "end of file".into(),
            CodeKind::OuterDoc => "doc comment".into(),
            CodeKind::InnerDoc => "inner doc comment".into(),
            _ if kind.is_name() => format!("`{text}`"),
            CodeKind::Underscore => "reserved identifier `_`".into(),
            _ if kind.is_word() => format!("keyword `{text}`"),
            _ if text.chars().count() > 32 => {
                format!("`{}…`", text.chars().take(31).collect::<String>().escape_debug())
            }
            _ => format!("`{text}`"),
        }
    }

    pub(crate) fn fault(&self, fault: &Fault) -> Diagnostic {
        let span = self.span(fault.token);
        match fault.what {
            Complaint::Expected(what) => {
                let found = self.found(fault.token);
                let diagnostic = Diagnostic::error(span, format!("expected {what}, found {found}"))
                    .with_primary(format!("expected {what}"));
                self.with_missing(diagnostic, fault.token, what)
            }
            Complaint::Plain(message, help) => {
                let diagnostic = Diagnostic::error(span, message);
                match help {
                    Some(help) => diagnostic.with_help(help),
                    None => diagnostic,
                }
            }
        }
    }

    /// A fix where a semicolon or comma was forgotten at the end of a line.
    fn with_missing(&self, diagnostic: Diagnostic, token: u32, what: &str) -> Diagnostic {
        let missing = match what {
            "`;`" | "`;` or `}`" => ";",
            "`,`" | "`,` or `}`" => ",",
            _ => return diagnostic,
        };
        let Some(end) = self.behind_previous(token) else { return diagnostic };
        let between = &self.text[end as usize..self.span(token).start as usize];
        if !between.contains('\n') {
            return diagnostic;
        }
        let edit = Edit { span: Span::new(end, end), text: missing.into() };
        diagnostic.with_fix(format!("add `{missing}` here"), vec![edit])
    }

    pub(crate) fn bracket(&self, fault: BracketFault) -> Diagnostic {
        match fault {
            BracketFault::Stray(token) => {
                let text = &self.text[self.span(token).range()];
                Diagnostic::error(self.span(token), format!("unexpected closing delimiter: `{text}`"))
                    .with_primary("unexpected closing delimiter")
            }
            BracketFault::Unclosed(open) => {
                let close = self.code.close[open as usize];
                if self.code.kinds[close as usize] == CodeKind::End {
                    return Diagnostic::error(self.span(close), "this file contains an unclosed delimiter")
                        .with_label(self.span(open), "unclosed delimiter");
                }
                let text = &self.text[self.span(close).range()];
                Diagnostic::error(self.span(close), format!("mismatched closing delimiter: `{text}`"))
                    .with_primary("mismatched closing delimiter")
                    .with_label(self.span(open), "unclosed delimiter")
            }
        }
    }
}
