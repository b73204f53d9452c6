//! Faults as diagnostics: what the parser notes in two words a token is told here in full.

use rustg_base::diagnostic::Edit;
use rustg_base::{Diagnostic, Span};
use rustg_passes::lex::Tokens;

use crate::code::{BracketFault, Code, CodeKind};
use crate::parse::rules::{Repair, Rule, code_of_expected};
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
                    .with_code(code_of_expected(what))
                    .with_primary(format!("expected {what}"));
                self.with_missing(diagnostic, fault.token, what)
            }
            Complaint::Rule(rule) => self.rule(rule, fault.token),
        }
    }

    /// From the first of `count` code tokens to the last.
    fn run(&self, token: u32, count: u32) -> Span {
        Span::new(self.span(token).start, self.span(token + count - 1).end)
    }

    fn rule(&self, rule: &Rule, token: u32) -> Diagnostic {
        let (span, edit) = match rule.repair {
            Repair::None => (self.span(token), None),
            Repair::Remove(count) => (self.run(token, count), Some((self.run(token, count), "", "remove it"))),
            Repair::Replace(count, text) => (self.run(token, count), Some((self.run(token, count), text, "write"))),
        };
        let mut diagnostic = Diagnostic::error(span, rule.message).with_code(rule.code);
        if !rule.help.is_empty() {
            diagnostic = diagnostic.with_help(rule.help);
        }
        let Some((span, text, verb)) = edit else { return diagnostic };
        let message = if text.is_empty() { verb.to_owned() } else { format!("{verb} `{}`", text.trim()) };
        diagnostic.with_fix(message, vec![Edit { span, text: text.into() }])
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
        // At the end of a line, before the end of the group and before a keyword it is clear what is missing.
        let kind = self.code.kinds[token as usize];
        if !between.contains('\n') && !kind.closes() && !(missing == ";" && kind as u8 >= CodeKind::As as u8) {
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
                    .with_code("unexpected-delimiter")
                    .with_primary("unexpected closing delimiter")
            }
            BracketFault::Unclosed(open) => {
                let close = self.code.close[open as usize];
                if self.code.kinds[close as usize] == CodeKind::End {
                    let diagnostic = Diagnostic::error(self.span(close), "this file contains an unclosed delimiter")
                        .with_code("unclosed-delimiter")
                        .with_label(self.span(open), "unclosed delimiter");
                    // Looked for once: where many are left open, one is told from the other by nothing.
                    let misindented = (self.code.faults.len() == 1).then(|| self.misindented_group(open)).flatten();
                    return match misindented {
                        Some((inner, end)) => diagnostic
                            .with_label(self.span(inner), "this delimiter might not be properly closed...")
                            .with_label(self.span(end), "...as it matches this but it has different indentation"),
                        None => diagnostic,
                    };
                }
                let text = &self.text[self.span(close).range()];
                let diagnostic = Diagnostic::error(self.span(close), format!("mismatched closing delimiter: `{text}`"))
                    .with_code("mismatched-delimiter")
                    .with_primary("mismatched closing delimiter")
                    .with_label(self.span(open), "unclosed delimiter");
                let (from, to) = (self.span(open), self.span(close));
                if self.text[from.end as usize..to.start as usize].contains('\n') {
                    return diagnostic;
                }
                let missing = match self.code.kinds[open as usize] {
                    CodeKind::OpenParen => ")",
                    CodeKind::OpenBracket => "]",
                    _ => "}",
                };
                let at = self.behind_previous(close).unwrap_or(to.start);
                let edit = Edit { span: Span::new(at, at), text: missing.into() };
                diagnostic.with_fix(format!("close it with `{missing}`"), vec![edit])
            }
        }
    }

    /// The first group behind `open` whose closing bracket begins a line indented unlike the one it was opened in: most
    /// likely it took the bracket of the group around it.
    fn misindented_group(&self, open: u32) -> Option<(u32, u32)> {
        const TOKENS_MAX: u32 = 1 << 20;
        let indentation = |token: u32| {
            let at = self.span(token).start as usize;
            // A line longer than this has no indentation worth a thought, and looking for its start would cost the square.
            let near = self.text.floor_char_boundary(at.saturating_sub(512));
            let line = self.text[near..at].rfind('\n').map_or(near, |newline| near + newline + 1);
            let blank = self.text[line..at].len() - self.text[line..at].trim_start().len();
            (line, blank, line + blank == at)
        };
        let last = (self.code.len() as u32).min(open.saturating_add(TOKENS_MAX));
        (open + 1..last).find_map(|token| {
            if self.code.kinds[token as usize] != CodeKind::OpenBrace || !self.code.is_closed(token as usize) {
                return None;
            }
            let close = self.code.close[token as usize];
            let ((opened, before, _), (closed, after, is_first)) = (indentation(token), indentation(close));
            (opened != closed && is_first && before != after).then_some((token, close))
        })
    }
}
