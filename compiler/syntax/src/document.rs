//! A text that is edited: each edit lexes the file again, which takes microseconds, and parses only the smallest body that
//! holds the change. What comes out is what a parse of the whole new text gives.

use std::ops::Range;
use std::time::Instant;

use crate::code::{Code, CodeKind};
use crate::parse::{Node, Piece, Source, Unit, parse_unit_whole};
use crate::source::{Stages, Timings};
use crate::{Edition, NodeKind, Parse, Tokens};

/// How an edit was taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reparsed {
    /// The whole file was parsed again.
    File,
    /// Only a body of that many tokens was.
    Body(u32),
}

/// A text with its parse, kept up to date edit by edit.
#[derive(Default)]
pub struct Document {
    text: String,
    parse: Parse,
    code: Code,
    old_code: Code,
    old_tokens: Tokens,
    piece: Piece,
    begins: Vec<u32>,
    /// Time spent so far.
    pub timings: Timings,
}

/// What an edit left alone, in code tokens: those before `first`, and those from `old_end` (now `new_end`) on.
struct Change {
    first: u32,
    old_end: u32,
    new_end: u32,
}

/// A body that holds the change.
struct Body {
    unit: Unit,
    open: u32,
    /// Its nodes in the old post-order.
    nodes: Range<usize>,
}

impl Document {
    /// Parses `text`.
    pub fn new(text: String, edition: Edition) -> Document {
        let mut document = Document { text, ..Document::default() };
        document.parse.edition = edition;
        document.stages(|stages, code, piece| stages.parse_file(code, piece, 1));
        document
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its parse.
    pub fn parse(&self) -> &Parse {
        &self.parse
    }

    /// Puts `replacement` in the place of the bytes `range`.
    ///
    /// # Panics
    /// When `range` is not within the text, or splits a character.
    pub fn edit(&mut self, range: Range<usize>, replacement: &str) -> Reparsed {
        self.text.replace_range(range.clone(), replacement);
        std::mem::swap(&mut self.code, &mut self.old_code);
        std::mem::swap(&mut self.parse.tokens, &mut self.old_tokens);
        let old_code = std::mem::take(&mut self.old_code);
        let old_tokens = std::mem::take(&mut self.old_tokens);
        let new_end = range.start + replacement.len();
        let mut reparsed = Reparsed::File;
        self.stages(|stages, code, piece| {
            let change = change(&old_tokens, stages.tokens, &old_code, code, range, new_end);
            let body = (old_code.faults.is_empty() && code.faults.is_empty())
                .then(|| find_body(&piece.nodes, &old_code, code, &change))
                .flatten();
            match body {
                Some(body) => {
                    reparsed = Reparsed::Body(code.close[body.open as usize] - body.open);
                    replace_body(stages.source(code), piece, &old_code, &change, &body);
                }
                None => stages.parse_file(code, piece, 1),
            }
        });
        (self.old_code, self.old_tokens) = (old_code, old_tokens);
        reparsed
    }

    fn stages(&mut self, run: impl FnOnce(&Stages<'_>, &Code, &mut Piece)) {
        let Document { text, parse, code, piece, begins, timings, .. } = self;
        let started = Instant::now();
        crate::source::run_stages(1, text, parse, code, piece, begins, timings, started, &mut |_| {}, run);
    }
}

/// What the edit of the bytes `edited`, now up to `new_end`, changed. White space alone may change how the tokens beside it
/// read (`& &`), but never through a bracket: a body that holds the place of the change holds those tokens too.
fn change(
    old: &Tokens,
    new: &Tokens,
    old_code: &Code,
    new_code: &Code,
    edited: Range<usize>,
    new_end: usize,
) -> Change {
    let limit = old.len().min(new.len());
    let same_before = (0..limit).take_while(|&token| {
        old.starts[token + 1] as usize <= edited.start
            && old.starts[token + 1] == new.starts[token + 1]
            && old.kinds[token] == new.kinds[token]
    });
    let before = same_before.count();
    let grown = new_end as i64 - edited.end as i64;
    let same_after = (1..=limit - before).take_while(|&back| {
        let (old_token, new_token) = (old.len() - back, new.len() - back);
        old.starts[old_token] as usize >= edited.end
            && i64::from(old.starts[old_token]) + grown == i64::from(new.starts[new_token])
            && old.kinds[old_token] == new.kinds[new_token]
    });
    let after = same_after.count();
    let code_before =
        |code: &Code, raw: usize| code.raw[..code.len()].partition_point(|&token| (token as usize) < raw) as u32;
    let first = code_before(new_code, before);
    Change {
        first,
        old_end: code_before(old_code, old.len() - after),
        new_end: code_before(new_code, new.len() - after),
    }
}

/// The innermost body of the old tree whose brackets stand unchanged around the change. Post-order has inner nodes first.
fn find_body(nodes: &[Node], old_code: &Code, new_code: &Code, change: &Change) -> Option<Body> {
    for (index, node) in nodes.iter().enumerate() {
        let unit = match node.kind {
            NodeKind::BlockExpr => Unit::Statements,
            NodeKind::ItemList => Unit::Items,
            NodeKind::AssocItemList => Unit::AssocItems,
            NodeKind::ExternItemList => Unit::ExternItems,
            _ => continue,
        };
        if node.first >= change.first || node.end <= change.old_end {
            continue;
        }
        let close = node.end - 1;
        let is_open = |token: &u32| {
            old_code.kinds[*token as usize] == CodeKind::OpenBrace && old_code.close[*token as usize] == close
        };
        let open = (node.first..close).find(is_open)?;
        let shifted = close + change.new_end - change.old_end;
        if open >= change.first || close < change.old_end || new_code.close[open as usize] != shifted {
            continue;
        }
        let start = index + 1 - node.size as usize;
        // Of a block, only what stands between its braces is parsed again; a list is parsed as a whole.
        let nodes = if unit == Unit::Statements {
            let before = nodes[start..index].iter().position(|node| node.first > open).unwrap_or(index - start);
            start + before..index
        } else {
            start..index + 1
        };
        return Some(Body { unit, open, nodes });
    }
    None
}

/// Parses `body` anew and puts it in the place of its old nodes and faults.
fn replace_body(source: Source<'_>, piece: &mut Piece, old_code: &Code, change: &Change, body: &Body) {
    let fresh = parse_unit_whole(source, body.unit, body.open as usize);
    let shift = |token: u32| token + change.new_end - change.old_end;
    let close = old_code.close[body.open as usize];
    let grown = fresh.nodes.len() as i64 - body.nodes.len() as i64;
    for (index, node) in piece.nodes.iter_mut().enumerate().skip(body.nodes.end) {
        // Nodes behind the body stand behind its bracket or around it.
        if index + 1 - (node.size as usize) <= body.nodes.start && node.first <= body.open {
            node.size = (i64::from(node.size) + grown) as u32;
        }
        node.first = if node.first > close { shift(node.first) } else { node.first };
        node.end = if node.end > close { shift(node.end) } else { node.end };
    }
    piece.nodes.splice(body.nodes.clone(), fresh.nodes);
    piece.faults.retain(|fault| fault.token <= body.open || fault.token > close);
    for fault in &mut piece.faults {
        if fault.token > close {
            fault.token = shift(fault.token);
        }
    }
    piece.faults.extend(fresh.faults);
    piece.faults.sort_by_key(|fault| fault.token);
}
