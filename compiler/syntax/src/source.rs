//! From text to tree: the stages in order.

use std::time::Instant;

use rustg_passes::lex::{Isa, Tokens, lex_on};

use rustg_base::Diagnostic;

use crate::code::Code;
use crate::complaints::Teller;
use crate::lexical::check_tokens;
use crate::parse::{Piece, Source, parse_code_on};
use crate::split::split_for_edition;
use crate::{Edition, Tree};

/// A parsed file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Parse {
    /// The edition it was parsed as.
    pub edition: Edition,
    /// The raw tokens.
    pub tokens: Tokens,
    /// The tree over them.
    pub tree: Tree,
    /// What is wrong, by position; a text without entries here is a program to rustc's parser too.
    pub diagnostics: Vec<Diagnostic>,
}

/// How long each stage took, summed over files.
#[derive(Clone, Copy, Default, Debug)]
pub struct Timings {
    /// Text to raw tokens.
    pub lex_ns: u64,
    /// Raw tokens to the parser's input: keywords, brackets.
    pub code_ns: u64,
    /// The parser proper.
    pub parse_ns: u64,
    /// Post-order to tree.
    pub tree_ns: u64,
    /// Looking into literals, and telling what is wrong.
    pub check_ns: u64,
}

impl std::ops::Add for Timings {
    type Output = Timings;

    fn add(self, other: Timings) -> Timings {
        Timings {
            lex_ns: self.lex_ns + other.lex_ns,
            code_ns: self.code_ns + other.code_ns,
            parse_ns: self.parse_ns + other.parse_ns,
            tree_ns: self.tree_ns + other.tree_ns,
            check_ns: self.check_ns + other.check_ns,
        }
    }
}

/// Memory that parsing one file after another uses again.
#[derive(Default)]
pub struct Scratch {
    code: Code,
    piece: Piece,
    begins: Vec<u32>,
    /// Time spent so far.
    pub timings: Timings,
}

/// Parses `text`.
pub fn parse(text: &str, edition: Edition) -> Parse {
    let mut parse = Parse::default();
    parse_with(&mut Scratch::default(), text, edition, &mut parse);
    parse
}

/// Parses `text` into `parse`, whose memory and that of `scratch` are used again.
pub fn parse_with(scratch: &mut Scratch, text: &str, edition: Edition, parse: &mut Parse) {
    parse_on(1, scratch, text, edition, parse);
}

/// Parses `parse.tokens`, which lie over `text`, again: for callers that look at a text with other eyes, as a formatter that
/// takes the arguments of a macro call for those of a function and has changed the kinds of a few tokens. Their number and
/// places must be those of a lexed text.
pub fn parse_tokens(scratch: &mut Scratch, text: &str, parse: &mut Parse) {
    let Scratch { code, piece, begins, .. } = scratch;
    code.read(text, &parse.tokens, parse.edition);
    Stages { text, tokens: &parse.tokens, edition: parse.edition }.parse_file(code, piece, 1);
    parse.tree.read_post_order(&piece.nodes, &code.raw, parse.tokens.len(), begins);
    parse.diagnostics.clear();
    let teller = Teller { text, tokens: &parse.tokens, code };
    parse.diagnostics.extend(code.faults.iter().map(|&fault| teller.bracket(fault)));
    if code.faults.is_empty() {
        parse.diagnostics.extend(piece.faults.iter().map(|fault| teller.fault(fault)));
    }
}

/// Like [`parse_with`], on `threads` threads where the file is large enough to gain from it. The result is the same.
pub fn parse_on(threads: usize, scratch: &mut Scratch, text: &str, edition: Edition, parse: &mut Parse) {
    let Scratch { code, piece, begins, timings } = scratch;
    parse.edition = edition;
    run_stages(
        threads,
        text,
        parse,
        code,
        piece,
        begins,
        timings,
        Instant::now(),
        &mut |_| {},
        |stages, code, piece| {
            stages.parse_file(code, piece, threads);
        },
    );
}

/// Like [`parse_with`], after `change` was let at the tokens: it may change the kinds of a few, as [`parse_tokens`] describes.
pub fn parse_changed(
    scratch: &mut Scratch,
    text: &str,
    edition: Edition,
    parse: &mut Parse,
    change: &mut dyn FnMut(&mut Tokens),
) {
    let Scratch { code, piece, begins, timings } = scratch;
    parse.edition = edition;
    run_stages(1, text, parse, code, piece, begins, timings, Instant::now(), change, |stages, code, piece| {
        stages.parse_file(code, piece, 1);
    });
}

/// What the parser proper gets to see.
pub(crate) struct Stages<'a> {
    text: &'a str,
    pub(crate) tokens: &'a Tokens,
    edition: Edition,
}

impl<'a> Stages<'a> {
    pub(crate) fn source(&self, code: &'a Code) -> Source<'a> {
        Source { text: self.text, starts: &self.tokens.starts, code, edition: self.edition }
    }

    pub(crate) fn parse_file(&self, code: &'a Code, piece: &mut Piece, threads: usize) {
        parse_code_on(threads, self.source(code), piece);
    }
}

/// All stages in order; `run` is the parser proper, which leaves nodes in post-order in the piece.
#[allow(clippy::too_many_arguments, reason = "the memory of each stage, lent by its owner")]
pub(crate) fn run_stages(
    threads: usize,
    text: &str,
    parse: &mut Parse,
    code: &mut Code,
    piece: &mut Piece,
    begins: &mut Vec<u32>,
    timings: &mut Timings,
    started: Instant,
    change: &mut dyn FnMut(&mut Tokens),
    run: impl for<'a> FnOnce(&Stages<'a>, &'a Code, &mut Piece),
) {
    let mut clock = started;
    let mut lap = |total: &mut u64| {
        let now = Instant::now();
        *total += (now - clock).as_nanos() as u64;
        clock = now;
    };
    let edition = parse.edition;
    lex_on(Isa::best(), threads, text, &mut parse.tokens);
    split_for_edition(text, edition, &mut parse.tokens);
    change(&mut parse.tokens);
    lap(&mut timings.lex_ns);
    code.read(text, &parse.tokens, edition);
    lap(&mut timings.code_ns);
    run(&Stages { text, tokens: &parse.tokens, edition }, code, piece);
    lap(&mut timings.parse_ns);
    parse.tree.read_post_order(&piece.nodes, &code.raw, parse.tokens.len(), begins);
    lap(&mut timings.tree_ns);
    parse.diagnostics.clear();
    check_tokens(text, &parse.tokens, edition, &mut parse.diagnostics);
    let teller = Teller { text, tokens: &parse.tokens, code };
    // Where brackets do not match, what else the parser found odd follows from that.
    parse.diagnostics.extend(code.faults.iter().map(|&fault| teller.bracket(fault)));
    if code.faults.is_empty() {
        parse.diagnostics.extend(piece.faults.iter().map(|fault| teller.fault(fault)));
    }
    parse.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    lap(&mut timings.check_ns);
}
