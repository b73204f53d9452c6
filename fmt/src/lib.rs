//! The formatter: rustfmt's style over the flat syntax tree.
//!
//! `text → tokens and tree → flat widths → pieces → text`. This crate owns options, layout rules and the check that a formatted
//! text says what the source said. It does not own files, command lines or parsing.
//!
//! # How a layout is found
//!
//! rustfmt writes a node to a string inside a shape, and compares strings. Its choices look only at a few things: whether the
//! attempt failed, its lines, the width of its first and last line, and what these end with. So nothing is written here until
//! everything is decided:
//!
//! 1. **Measure** ([`input`]): one pass gives each token its gap to the one before; a prefix sum makes of that the width of any
//!    node on one line, and a pass over nodes in reverse says which may stand on one line ([`flat`]). A node that may and fits
//!    costs one comparison and one piece, whatever its size.
//! 2. **Decide** ([`rules`]): what does not fit goes to the rule of its node kind, one file a family, found in a table by kind. A rule
//!    writes *pieces* ([`writer`]): token ranges to copy, words to add, line breaks. To try an alternative is to write it, look at
//!    the few numbers and cut it off again; a rule that cannot do its node gives [`Fail`], and so does a comment that nobody
//!    placed. Where rules try the same node again in the same place, its layout is looked up instead ([`memo`]): cost stays
//!    linear where rustfmt's grows with every level of nesting.
//! 3. **Emit** once, from pieces to text.
//! 4. **Check** ([`safety`]): tokens and comments of the result are those of the source, but for the edits of the style.
//!
//! A statement, item or list element that fails is copied as it is, as rustfmt does.

mod config;
mod flat;
mod formatter;
mod gaps;
mod input;
mod macros;
mod memo;
mod rules;
mod safety;
mod trivia;
mod writer;

pub use config::{
    Config, ConfigError, GroupImports, Heuristics, ImportsGranularity, LeadingPipes, NewlineStyle, ParamsLayout,
    Setting, find_config, read_config,
};
pub use safety::Difference;

use rustg_base::Diagnostic;
use rustg_syntax::Scratch;

use crate::formatter::Formatter;
use crate::input::Input;

/// A rule cannot lay its node out in the room there is, or would lose a comment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fail;

pub(crate) type Fit = Result<(), Fail>;

/// What formatting a text came to.
#[derive(Debug)]
pub struct Formatted {
    /// The text, formatted; the source where there was a reason not to.
    pub text: String,
    /// What is wrong with the source. Code that does not parse is left as it is.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the result said something else than the source: a bug of this formatter. The text is the source then.
    pub difference: Option<Difference>,
    /// How many nodes were copied because a rule gave up, as (start, end) bytes of the source.
    pub given_up: Vec<(u32, u32)>,
}

/// Formats `text` by `config`.
pub fn format_text(text: &str, config: &Config) -> Formatted {
    let unchanged =
        |diagnostics| Formatted { text: text.to_owned(), diagnostics, difference: None, given_up: Vec::new() };
    if config.disable_all_formatting {
        return unchanged(Vec::new());
    }
    let source = unix_lines(text);
    let mut scratch = Scratch::default();
    let parsed = macros::parse_through_macros(&mut scratch, &source, config.edition(), config);
    if !parsed.parse.diagnostics.is_empty() {
        return unchanged(parsed.parse.diagnostics);
    }
    let input = Input::new(&source, config, &parsed.parse, &parsed.kinds, &parsed.groups);
    let mut formatter = Formatter::new(&input);
    formatter.file();
    let mut out = String::with_capacity(source.len() + source.len() / 16);
    formatter.pieces.emit(&input, &mut out);
    let given_up = std::mem::take(&mut formatter.given_up);
    if let Some(difference) = safety::compare(&source, &out, config) {
        return Formatted { text: text.to_owned(), diagnostics: Vec::new(), difference: Some(difference), given_up };
    }
    Formatted { text: with_line_ends(text, out, config), diagnostics: Vec::new(), difference: None, given_up }
}

/// The text with `\n` for all its `\r\n`.
fn unix_lines(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() }
}

/// The result with the line ends that the options want, or those of the source.
fn with_line_ends(source: &str, formatted: String, config: &Config) -> String {
    let is_windows = match config.newline_style {
        NewlineStyle::Auto => source.find('\n').is_some_and(|end| source[..end].ends_with('\r')),
        NewlineStyle::Native => cfg!(windows),
        NewlineStyle::Unix => false,
        NewlineStyle::Windows => true,
    };
    if is_windows { formatted.replace('\n', "\r\n") } else { formatted }
}
