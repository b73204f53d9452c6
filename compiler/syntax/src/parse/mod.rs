//! The parser: recursive descent over code tokens, one file a corner of the grammar.
//!
//! This module owns the cursor, nodes under construction and recovery. Nodes are pushed in post-order, when they are complete:
//! a node is four numbers that are then final, and wrapping what was parsed (`a` in `a + b`) costs nothing. `tree` turns
//! the order round at the end. Closing brackets end every rule by themselves, so an error never leaves its group.
//!
//! Groups may be left out and parsed later (a [`Hole`]): by another thread, after an edit, or because the stack is deep.

mod attributes;
mod data_types;
mod expressions;
mod generics;
mod groups;
mod items;
mod mistakes;
mod paths;
mod patterns;
mod primary;
pub(crate) mod rules;
mod statements;
mod types;

use crate::Edition;
use crate::code::{Code, CodeKind as T};
use crate::kind::NodeKind;

use rules::Rule;

use groups::Hole;
pub(crate) use groups::{Piece, Source, Unit, parse_code_on, parse_unit_whole};

/// A node in post-order; tokens are code tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    /// First token.
    pub(crate) first: u32,
    /// The token behind the last.
    pub(crate) end: u32,
    /// Nodes in the subtree, this one included.
    pub(crate) size: u32,
}

const _: () = assert!(size_of::<Node>() == 16);

/// What is wrong at a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    /// The code token the message points at.
    pub(crate) token: u32,
    pub(crate) what: Complaint,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Complaint {
    /// `expected …, found …`
    Expected(&'static str),
    /// What a rule of its own says.
    Rule(&'static Rule),
}

/// Where a node may start: complete it with [`Parser::done`].
#[derive(Clone, Copy)]
struct Mark {
    first: u32,
    nodes: u32,
}

/// Below this depth, groups become holes: the stack stays bounded however deep the brackets nest.
const HOLE_DEPTH: u32 = 96;
/// Below this depth, what cannot become a hole (`&&&&…`, `<<<<…`) is refused.
const CHAIN_MAX: u32 = 288;

pub(crate) struct Parser<'a> {
    text: &'a str,
    starts: &'a [u32],
    code: &'a Code,
    edition: Edition,
    pos: usize,
    nodes: Vec<Node>,
    faults: Vec<Fault>,
    holes: Vec<Hole>,
    /// Bodies with at least this many tokens become holes.
    hole_size: u32,
    depth: u32,
    chain: u32,
    /// Where the last `let` of the condition being read stands, plus one; 0 when there is none.
    last_let: u32,
    marks: Vec<Mark>,
}

impl Parser<'_> {
    #[inline(always)]
    fn kind(&self) -> T {
        self.code.kinds[self.pos]
    }

    /// The kind `ahead` tokens further, at most three.
    #[inline(always)]
    fn nth(&self, ahead: usize) -> T {
        self.code.kinds.get(self.pos + ahead).copied().unwrap_or(T::End)
    }

    #[inline(always)]
    fn at(&self, kind: T) -> bool {
        self.kind() == kind
    }

    /// Whether nothing stands between the token `ahead` and the one behind it.
    #[inline(always)]
    fn is_glued(&self, ahead: usize) -> bool {
        let index = self.pos + ahead;
        index + 1 < self.code.raw.len() && self.code.raw[index] + 1 == self.code.raw[index + 1]
    }

    /// Whether the cursor is at the two-character operator `first` `second`.
    #[inline(always)]
    fn at2(&self, first: T, second: T) -> bool {
        self.kind() == first && self.nth(1) == second && self.is_glued(0)
    }

    fn at3(&self, first: T, second: T, third: T) -> bool {
        self.at2(first, second) && self.nth(2) == third && self.is_glued(1)
    }

    /// The same, `ahead` tokens further.
    fn nth2(&self, ahead: usize, first: T, second: T) -> bool {
        self.nth(ahead) == first && self.nth(ahead + 1) == second && self.is_glued(ahead)
    }

    /// The text of the token `ahead`.
    fn text_at(&self, ahead: usize) -> &str {
        let raw = self.code.raw[(self.pos + ahead).min(self.code.raw.len() - 1)] as usize;
        match self.starts.get(raw + 1) {
            Some(&end) => &self.text[self.starts[raw] as usize..end as usize],
            None => "",
        }
    }

    fn at_word(&self, word: &str) -> bool {
        self.kind() == T::Name && self.text_at(0) == word
    }

    #[inline(always)]
    fn bump(&mut self) {
        self.pos += 1;
    }

    /// Steps over the token if it is a `kind`.
    ///
    /// Written with a branch on purpose: rustc 1.95 drops the comparison of `self.pos += usize::from(found)` where `found`
    /// also decides a branch, and adds garbage instead (rust-lang/rust#158206, its MIR pass SimplifyComparisonIntegral).
    #[inline(always)]
    fn eat(&mut self, kind: T) -> bool {
        let found = self.kind() == kind;
        if found {
            self.pos += 1;
        }
        found
    }

    fn eat2(&mut self, first: T, second: T) -> bool {
        let found = self.at2(first, second);
        if found {
            self.pos += 2;
        }
        found
    }

    fn expect(&mut self, kind: T) -> bool {
        let found = self.eat(kind);
        if !found {
            self.expected(kind.shown());
        }
        found
    }

    #[inline(always)]
    fn mark(&self) -> Mark {
        Mark { first: self.pos as u32, nodes: self.nodes.len() as u32 }
    }

    #[inline(always)]
    fn done(&mut self, mark: Mark, kind: NodeKind) {
        // Nothing was found for it: only the root may be without a token.
        if self.pos as u32 == mark.first && kind != NodeKind::SourceFile {
            return;
        }
        let size = self.nodes.len() as u32 - mark.nodes + 1;
        self.nodes.push(Node { kind, first: mark.first, end: self.pos as u32, size });
    }

    /// Makes everything completed since `mark` children of the last node: attributes in front of it.
    fn adopt(&mut self, mark: Mark) {
        let size = self.nodes.len() as u32 - mark.nodes;
        if let Some(node) = self.nodes.last_mut() {
            (node.first, node.size) = (mark.first, size);
        }
    }

    /// Takes the last node back; its children stay and become those of whatever is completed next.
    fn undo(&mut self, kind: NodeKind) {
        let node = self.nodes.pop();
        debug_assert_eq!(node.map(|node| node.kind), Some(kind));
    }

    #[cold]
    #[inline(never)]
    fn expected(&mut self, what: &'static str) {
        self.fault(Complaint::Expected(what));
    }

    #[cold]
    #[inline(never)]
    fn complain(&mut self, rule: &'static Rule) {
        self.fault(Complaint::Rule(rule));
    }

    /// Complains about an earlier token than that at the cursor.
    #[cold]
    #[inline(never)]
    fn complain_at(&mut self, token: u32, rule: &'static Rule) {
        let here = std::mem::replace(&mut self.pos, token as usize);
        self.complain(rule);
        self.pos = here;
    }

    /// Notes a fault at the cursor; one a token is enough.
    fn fault(&mut self, what: Complaint) {
        let token = self.pos as u32;
        if self.faults.last().is_none_or(|last| last.token != token) {
            self.faults.push(Fault { token, what });
        }
    }

    /// Steps over one token, or over one whole group.
    fn skip(&mut self) {
        self.pos = if self.kind().opens() { self.behind_group(self.pos) } else { self.pos + 1 };
    }

    /// The index behind the group that `open` opens.
    fn behind_group(&self, open: usize) -> usize {
        self.code.close[open] as usize + usize::from(self.code.is_closed(open))
    }

    /// Wraps everything up to one of `stops`, or to the end of the group, into an error node.
    #[cold]
    #[inline(never)]
    fn error_until(&mut self, stops: &[T]) {
        let mark = self.mark();
        while !self.kind().closes() && !stops.contains(&self.kind()) {
            self.skip();
        }
        if self.pos > mark.first as usize {
            self.done(mark, NodeKind::Error);
        }
    }

    /// Enters a group; pass what this gives to [`Parser::leave`].
    #[inline(always)]
    fn enter(&mut self) -> usize {
        debug_assert!(self.kind().opens(), "a group starts with its bracket");
        let open = self.pos;
        self.pos += 1;
        open
    }

    /// Leaves the group that `open` opened; what is left of it becomes an error node.
    #[inline(always)]
    fn leave(&mut self, open: usize) {
        if self.pos != self.code.close[open] as usize {
            self.leave_early(open);
        }
        self.pos += usize::from(self.code.is_closed(open));
    }

    #[cold]
    #[inline(never)]
    fn leave_early(&mut self, open: usize) {
        let close = self.code.close[open] as usize;
        if self.pos < close {
            self.expected(self.code.kinds[close].shown());
            let mark = self.mark();
            self.pos = close;
            self.done(mark, NodeKind::Error);
        }
    }

    /// The elements of a group, separated by commas; `element` says whether it found one.
    fn comma_list(&mut self, what: &'static str, mut element: impl FnMut(&mut Self) -> bool) {
        let open = self.enter();
        self.comma_elements(what, &mut element);
        self.leave(open);
    }

    fn comma_elements(&mut self, what: &'static str, element: &mut dyn FnMut(&mut Self) -> bool) {
        while !self.kind().closes() {
            let before = self.pos;
            if !element(self) {
                self.expected(what);
                self.error_until(&[T::Comma]);
            } else if !self.at(T::Comma) && !self.kind().closes() {
                self.expected("`,`");
                // A forgotten comma: go on where an element may start, unless nothing was read.
                if self.pos == before || !self.kind().is_word() {
                    self.error_until(&[T::Comma]);
                }
            }
            if !self.eat(T::Comma) && self.pos == before {
                self.error_until(&[]);
            }
        }
    }

    /// Guards recursion that is not through brackets; `false` when it is too deep, with the rest of the group skipped.
    #[inline(always)]
    fn descend(&mut self) -> bool {
        self.depth += 1;
        self.chain += 1;
        if self.chain > CHAIN_MAX {
            self.too_deep();
            return false;
        }
        true
    }

    #[cold]
    fn too_deep(&mut self) {
        self.complain(&rules::TOO_DEEP);
        self.error_until(&[]);
    }

    #[inline(always)]
    fn ascend(&mut self) {
        self.depth -= 1;
        self.chain -= 1;
    }
}
