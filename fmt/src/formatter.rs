//! The state of one file's formatting, and what all rules share: writing nodes and tokens, trials, giving up.

use rustg_syntax::{NodeId, NodeKind, TokenKind};

use crate::input::Input;
use crate::memo::{Memo, Place};
use crate::rules;
use crate::writer::{Mark, Pieces, Word};
use crate::{Fail, Fit};

/// The room a node has: lines after its first begin at `indent`, its last may reach to `right`; both in columns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Shape {
    pub(crate) indent: u32,
    pub(crate) right: u32,
}

impl Shape {
    /// The same room with `columns` kept free behind it.
    pub(crate) fn less(self, columns: u32) -> Shape {
        Shape { right: self.right.saturating_sub(columns), ..self }
    }
}

pub(crate) struct Formatter<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) pieces: Pieces,
    memo: Memo,
    /// Inside the arguments of a macro call: commas stay as they are, blocks are neither added nor removed.
    pub(crate) in_macro: bool,
    /// Chains must stay on one line: while the last argument of a call is tried.
    pub(crate) one_line_chain: bool,
    /// Nodes that were copied because a rule gave up, as bytes of the source.
    pub(crate) given_up: Vec<(u32, u32)>,
    depth: u32,
    /// Rules asked since the last statement was decided.
    steps: u32,
}

/// How deep nodes may nest before a statement is copied as it is: the stack is finite.
const DEPTH_MAX: u32 = 200;

/// How many rules one statement or item may ask before it is copied as it is: a bound where looking layouts up does not help.
const STEPS_MAX: u32 = 50_000;

impl<'a> Formatter<'a> {
    pub(crate) fn new(input: &'a Input<'a>) -> Formatter<'a> {
        Formatter {
            input,
            pieces: Pieces::default(),
            memo: Memo::default(),
            in_macro: false,
            one_line_chain: false,
            given_up: Vec::new(),
            depth: 0,
            steps: 0,
        }
    }

    pub(crate) fn kind(&self, node: NodeId) -> NodeKind {
        self.input.node_kind(node)
    }

    pub(crate) fn children(&self, node: NodeId) -> Vec<NodeId> {
        self.input.tree().children(node).collect()
    }

    pub(crate) fn child(&self, node: NodeId, kind: NodeKind) -> Option<NodeId> {
        self.input.tree().children(node).find(|&child| self.kind(child) == kind)
    }

    pub(crate) fn tab(&self) -> u32 {
        self.input.config.tab_spaces
    }

    pub(crate) fn max_width(&self) -> u32 {
        self.input.config.max_width
    }

    pub(crate) fn is_style_2024(&self) -> bool {
        self.input.config.is_style_2024()
    }

    /// The room on a new line one level further in.
    pub(crate) fn block_shape(&self, indent: u32) -> Shape {
        Shape { indent: indent + self.tab(), right: self.max_width() }
    }

    /// Columns that stand behind a node on its last line.
    pub(crate) fn overhead(&self, shape: Shape) -> u32 {
        self.max_width().saturating_sub(shape.right)
    }

    /// Whether the node may be written flat here.
    pub(crate) fn fits_flat(&self, node: NodeId, shape: Shape) -> bool {
        self.input.flat[node.index()]
            && self.pieces.column + self.input.node_width(node) + self.tries_counted_twice(node) <= shape.right
    }

    /// rustfmt counts the `?`s at the end of a chain twice.
    pub(crate) fn tries_counted_twice(&self, node: NodeId) -> u32 {
        let (mut tries, mut at) = (0, node);
        while self.kind(at) == NodeKind::TryExpr
            && let Some(inner) = crate::flat::receiver(self.input, at)
        {
            tries += 1;
            at = inner;
        }
        if crate::flat::is_chain_link(self.kind(at)) { tries } else { 0 }
    }

    /// The first token of a node that is to be written: behind its attributes where these are written.
    pub(crate) fn start(&self, node: NodeId) -> usize {
        let first = self.input.first(node);
        if self.pieces.cursor > first { rules::attributes::first_behind(self, node) } else { first }
    }

    /// The children of a node but its attributes.
    pub(crate) fn operands(&self, node: NodeId) -> Vec<NodeId> {
        self.input.tree().children(node).filter(|&child| self.kind(child) != NodeKind::Attr).collect()
    }

    /// Whether the node has attributes that are not written.
    pub(crate) fn has_attributes(&self, node: NodeId) -> bool {
        let first = self.input.first(node);
        let begins = self.input.kind(first).is_doc_comment()
            || self.input.tree().children(node).next().is_some_and(|child| self.kind(child) == NodeKind::Attr);
        begins && self.pieces.cursor <= first
    }

    /// Writes a node as its rule has it, flat where it may and fits.
    pub(crate) fn node(&mut self, node: NodeId, shape: Shape) -> Fit {
        let first = self.input.first(node);
        if self.pieces.cursor > first && self.child(node, NodeKind::Attr).is_some() {
            return self.behind_attributes(node, shape);
        }
        if self.fits_flat(node, shape) {
            return self.flat_node(node);
        }
        if crate::flat::is_expression(self.kind(node)) && self.has_attributes(node) {
            rules::attributes::own_lines(self, node, shape)?;
            return self.behind_attributes(node, shape);
        }
        self.broken(node, shape)
    }

    /// Writes a node whose attributes are written.
    fn behind_attributes(&mut self, node: NodeId, shape: Shape) -> Fit {
        let (first, end) = (self.start(node), self.input.end(node));
        let fits = self.pieces.column + self.input.width(first, end) <= shape.right;
        let flat = fits
            && !self.input.has_comment(first, end)
            && !self.input.has_break(first, end)
            && self.operands(node).iter().all(|&child| self.input.flat[child.index()])
            && crate::flat::allows(self.input, node);
        if flat { self.flat(first, end) } else { self.broken(node, shape) }
    }

    /// Writes a node by its rule, without looking whether it fits flat.
    pub(crate) fn broken(&mut self, node: NodeId, shape: Shape) -> Fit {
        self.steps += 1;
        if self.depth >= DEPTH_MAX || self.steps > STEPS_MAX {
            return Err(Fail);
        }
        let place = Place {
            node,
            column: self.pieces.column,
            shape,
            cursor: self.place_cursor(node),
            flags: u8::from(self.in_macro) | u8::from(self.one_line_chain) << 1,
        };
        let is_kept = self.depth > 0;
        if is_kept && let Some(result) = self.memo.recall(&place, &mut self.pieces) {
            return result;
        }
        let mark = self.pieces.mark();
        self.depth += 1;
        let result = rules::rule(self.kind(node))(self, node, shape);
        self.depth -= 1;
        if result.is_err() {
            self.pieces.rewind(mark);
        }
        if is_kept {
            self.memo.keep(place, result, &self.pieces, mark);
        }
        result
    }

    /// Where writing begins, as far as the layout of `node` depends on it: comments before it belong to it.
    fn place_cursor(&self, node: NodeId) -> usize {
        let (cursor, first) = (self.pieces.cursor, self.input.first(node));
        if cursor <= first && !self.input.has_comment(cursor, first) { first } else { cursor }
    }

    /// Lays out what depends on nothing but its indentation, or writes again what was found for that.
    pub(crate) fn remembered(&mut self, node: NodeId, indent: u32, layout: impl FnOnce(&mut Self) -> Fit) -> Fit {
        if self.depth == 0 {
            return layout(self);
        }
        let flags = u8::from(self.in_macro) | 4;
        let place = Place { node, column: u32::MAX, shape: Shape { indent, right: u32::MAX }, cursor: 0, flags };
        if let Some(result) = self.memo.recall(&place, &mut self.pieces) {
            return result;
        }
        let mark = self.pieces.mark();
        let result = layout(self);
        if result.is_err() {
            self.pieces.rewind(mark);
        }
        self.memo.keep(place, result, &self.pieces, mark);
        result
    }

    /// Writes a node flat.
    pub(crate) fn flat_node(&mut self, node: NodeId) -> Fit {
        let tokens = self.input.tree().tokens(node);
        self.flat(tokens.start, tokens.end)
    }

    /// Writes tokens flat.
    pub(crate) fn flat(&mut self, first: usize, end: usize) -> Fit {
        self.pass_comments(end)?;
        self.pieces.flat(self.input, first, end);
        Ok(())
    }

    /// Fails where a comment stands before `end` that nobody has written.
    pub(crate) fn pass_comments(&self, end: usize) -> Fit {
        let is_lost = self.pieces.cursor < end && self.input.has_comment(self.pieces.cursor, end);
        if is_lost { Err(Fail) } else { Ok(()) }
    }

    /// Writes one token without a gap.
    pub(crate) fn token(&mut self, token: usize) -> Fit {
        self.flat(token, token + 1)
    }

    /// Writes one token behind its gap.
    pub(crate) fn next_token(&mut self, token: usize) -> Fit {
        self.gap(token);
        self.token(token)
    }

    /// Writes the gap that stands before a token when flat.
    pub(crate) fn gap(&mut self, token: usize) {
        if self.input.gaps[token] == 1 {
            self.pieces.word(Word::Space);
        }
    }

    /// Writes tokens flat behind their gap.
    pub(crate) fn next_flat(&mut self, first: usize, end: usize) -> Fit {
        let first = self.input.next_code(first);
        if first < end {
            self.gap(first);
            self.flat(first, end)?;
        }
        Ok(())
    }

    /// Tries a layout; forgets it where it fails.
    pub(crate) fn attempt(&mut self, layout: impl FnOnce(&mut Self) -> Fit) -> Result<Mark, Fail> {
        let mark = self.pieces.mark();
        match layout(self) {
            Ok(()) => Ok(mark),
            Err(fail) => {
                self.pieces.rewind(mark);
                Err(fail)
            }
        }
    }

    pub(crate) fn is_multiline(&self, mark: Mark) -> bool {
        self.pieces.lines_since(mark) > 0
    }

    /// Whether what stands behind `mark` fits into `shape`: its first line, its last, and none beyond the widest allowed.
    pub(crate) fn is_fitting(&self, mark: Mark, shape: Shape) -> bool {
        if !self.is_multiline(mark) {
            return self.pieces.column <= shape.right;
        }
        mark.column + self.pieces.first_line_width(self.input, mark) <= shape.right
            && self.pieces.column <= shape.right
            && self.pieces.widest_line(self.input, mark) <= self.max_width().max(mark.column)
    }

    /// Copies a node as it stands in the source.
    pub(crate) fn verbatim(&mut self, node: NodeId) {
        let tokens = self.input.tree().tokens(node);
        self.verbatim_tokens(tokens.start, tokens.end);
    }

    /// Copies tokens and everything between them as they stand in the source.
    pub(crate) fn verbatim_tokens(&mut self, first: usize, end: usize) {
        let starts = &self.input.parse.tokens.starts;
        let (from, mut to) = (starts[first] as usize, starts[end] as usize);
        if first < end && self.input.kind(end - 1) == TokenKind::OuterLineDoc {
            to = from + self.input.text[from..to].trim_end().len();
        }
        self.pieces.source(self.input, from, to, end);
    }

    /// Copies a node that its rule could not lay out.
    pub(crate) fn give_up(&mut self, node: NodeId) {
        let starts = &self.input.parse.tokens.starts;
        let tokens = self.input.tree().tokens(node);
        self.given_up.push((starts[tokens.start], starts[tokens.end]));
        self.verbatim(node);
    }

    /// Forgets layouts of what is decided.
    pub(crate) fn decided(&mut self) {
        if self.depth == 0 {
            self.memo.clear();
            self.steps = 0;
        }
    }
}
