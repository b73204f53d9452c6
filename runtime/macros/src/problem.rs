//! What is wrong with the crate, told at its place: by the kernel that it stands in, else by the first kernel.

use proc_macro::{Span, TokenStream, TokenTree};
use rustg_base::diagnostic::{Diagnostic, plain};
use rustg_base::{ColumnUnit, LineIndex};

/// An error of rustg's compiler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    /// As rustc shows the path.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is said where rustc shows the place itself.
    pub message: String,
    /// What is said elsewhere: the place with it.
    pub text: String,
    /// The line of the kernel's attribute that it seems to stand behind.
    pub owner: Option<usize>,
}

impl Problem {
    pub fn new(diagnostic: &Diagnostic, path: &str, text: &str) -> Problem {
        let lines = LineIndex::new(text);
        let at = lines.line_column(text, diagnostic.primary.span.start, ColumnUnit::Utf32);
        let (line, column) = (at.line as usize + 1, at.column as usize + 1);
        let mut message = match diagnostic.code {
            Some(code) => format!("[{code}] {}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        if !diagnostic.primary.text.is_empty() {
            message.push_str(&format!(": {}", diagnostic.primary.text));
        }
        for label in diagnostic.labels.iter().filter(|label| !label.text.is_empty()) {
            let at = lines.line_column(text, label.span.start, ColumnUnit::Utf32);
            message.push_str(&format!("\n{path}:{}:{}: {}", at.line + 1, at.column + 1, label.text));
        }
        diagnostic.help.iter().for_each(|help| message.push_str(&format!("\nhelp: {help}")));
        let text_before = text.lines().take(line).enumerate();
        let owner = text_before.filter(|(_, line)| is_kernel_attribute(line)).map(|(at, _)| at + 1).last();
        Problem { file: path.to_owned(), line, column, message, text: plain(diagnostic, path, text, &lines), owner }
    }

    /// The place, as messages name it.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }
}

fn is_kernel_attribute(line: &str) -> bool {
    let Some(path) = line.trim_start().strip_prefix("#[") else { return false };
    let path = path.strip_prefix("rustg::").unwrap_or(path);
    ["kernel", "gpu_kernel"].iter().any(|name| path.strip_prefix(name).is_some_and(|rest| rest.starts_with([']', '('])))
}

/// What the item of `tokens`, whose name stands in `file` on `line`, tells: those that stand in it at their places; as the first item of its crate
/// (`is_first`) also those that stand in no kernel, and a word of the others, so that nothing is lost.
pub(crate) fn told(
    problems: &mut Vec<Problem>,
    (file, line): (&str, usize),
    tokens: &TokenStream,
    is_first: bool,
) -> Vec<(Span, String)> {
    let mut spans = Vec::new();
    spans_of(tokens, &mut spans);
    let attributes = problems.iter().filter(|problem| problem.file == file).filter_map(|problem| problem.owner);
    let own = attributes.filter(|owner| *owner <= line).max();
    let mut out = Vec::new();
    problems.retain(|problem| {
        let is_own = problem.file == file && problem.owner.is_some() && problem.owner == own;
        let span = is_own.then(|| span_at(&spans, problem.line, problem.column)).flatten();
        match span {
            Some(span) => out.push((span, problem.message.clone())),
            None if is_own || (is_first && problem.owner.is_none()) => {
                out.push((Span::call_site(), problem.text.clone()))
            }
            None => return true,
        }
        false
    });
    if is_first && let [first, ..] = &problems[..] {
        let (count, place) = (problems.len(), first.place());
        let what = if count == 1 { "an error".to_owned() } else { format!("{count} errors, the first") };
        out.push((Span::call_site(), format!("the kernels of this crate are not compiled: {what} at {place}")));
    }
    out
}

/// The spans of all tokens, outer ones first.
fn spans_of(tokens: &TokenStream, out: &mut Vec<Span>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                out.push(group.span_open());
                spans_of(&group.stream(), out);
                out.push(group.span_close());
            }
            other => out.push(other.span()),
        }
    }
}

/// The token that holds a place, or the next one on its line.
fn span_at(spans: &[Span], line: usize, column: usize) -> Option<Span> {
    let mut on_line = spans.iter().filter(|span| span.line() == line);
    let holds = |span: &&Span| span.column() <= column && (span.end().line() > line || column < span.end().column());
    let found = on_line.clone().find(holds).or_else(|| on_line.clone().find(|span| span.column() >= column));
    found.or_else(|| on_line.next_back()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_knows_its_place_and_the_kernel_that_it_seems_to_stand_in() {
        let text = "use rustg::prelude::*;\n\nfn helper() {}\n\n#[kernel]\nfn k() {\n    wrong();\n}\n";
        let start = text.find("wrong").unwrap() as u32;
        let diagnostic = Diagnostic::error(rustg_base::Span::new(start, start + 5), "no `wrong`").with_help("write it");
        let problem = Problem::new(&diagnostic, "src/main.rs", text);
        assert_eq!((problem.place().as_str(), problem.owner), ("src/main.rs:7:5", Some(5)));
        assert_eq!(problem.message, "no `wrong`\nhelp: write it");
        let early = Problem::new(&Diagnostic::error(rustg_base::Span::new(24, 26), "no"), "src/main.rs", text);
        assert_eq!((early.line, early.owner), (3, None));
        assert!(is_kernel_attribute("  #[rustg::kernel]") && is_kernel_attribute("#[gpu_kernel]"));
        assert!(!is_kernel_attribute("/// #[kernel]") && !is_kernel_attribute("#[kernels]"));
    }
}
