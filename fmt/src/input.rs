//! The source as the rules see it: tokens with their flat widths, nodes with whether they may stand on one line.
//!
//! *Flat* is a node on one line, spaced as rustfmt spaces it. What gap stands before a token depends only on it, the token
//! before it and the nodes that own the two ([`crate::gaps`]), so widths of all nodes follow from one prefix sum over tokens.

use rustg_syntax::{NodeId, NodeKind, Parse, TokenKind, Tree};
use unicode_width::UnicodeWidthStr;

use crate::config::{Config, Widths};
use crate::gaps::{gap_before, in_token_tree};

/// A source, parsed and measured. Token tables are indexed by raw token, and have one entry more than there are tokens.
pub(crate) struct Input<'a> {
    pub(crate) text: &'a str,
    pub(crate) config: &'a Config,
    pub(crate) widths: Widths,
    pub(crate) parse: &'a Parse,
    /// Kinds as lexed; the parse may have seen others (see [`crate::macros`]).
    pub(crate) kinds: &'a [u8],
    /// Spaces before each token when flat.
    pub(crate) gaps: Vec<u8>,
    /// Columns of all tokens before each, gaps included; white space, comments and dropped tokens have none.
    pub(crate) columns: Vec<u32>,
    /// Comments before each token.
    comments: Vec<u32>,
    /// Tokens before each that cannot stand on one line: doc comments, and what holds a line break.
    breaks: Vec<u32>,
    /// Tokens before each whose gap in the source is not the flat one, or that are dropped.
    changes: Vec<u32>,
    /// For each token the first at or behind it that is neither white space nor comment.
    next: Vec<u32>,
    /// For each token the innermost node that owns it.
    pub(crate) owners: Vec<u32>,
    pub(crate) parents: Vec<NodeId>,
    /// Whether a node may stand on one line if it fits.
    pub(crate) flat: Vec<bool>,
    /// Macro calls whose arguments were parsed as those of a function: their bracket's token, in order.
    pub(crate) macro_groups: &'a [u32],
}

/// A trailing comma that the flat form leaves out.
const DROPPED: u8 = u8::MAX;

impl<'a> Input<'a> {
    pub(crate) fn new(
        text: &'a str,
        config: &'a Config,
        parse: &'a Parse,
        kinds: &'a [u8],
        macro_groups: &'a [u32],
    ) -> Input<'a> {
        let count = parse.tokens.len();
        let mut input = Input {
            text,
            config,
            widths: Widths::of(config),
            parse,
            kinds,
            gaps: vec![0; count + 1],
            columns: Vec::with_capacity(count + 1),
            comments: Vec::with_capacity(count + 1),
            breaks: Vec::with_capacity(count + 1),
            changes: Vec::with_capacity(count + 1),
            next: vec![count as u32; count + 1],
            owners: owners(&parse.tree, count),
            parents: parse.tree.parents(),
            flat: Vec::new(),
            macro_groups,
        };
        input.measure();
        input.flat = crate::flat::flat_nodes(&input);
        input
    }

    fn measure(&mut self) {
        let count = self.parse.tokens.len();
        for token in (0..count).rev() {
            self.next[token] = if self.is_code(token) { token as u32 } else { self.next[token + 1] };
        }
        let (mut column, mut comments, mut breaks, mut changes) = (0u32, 0u32, 0u32, 0u32);
        let mut previous: Option<usize> = None;
        let mut previous_end = 0;
        for token in 0..count {
            self.columns.push(column);
            self.comments.push(comments);
            self.breaks.push(breaks);
            self.changes.push(changes);
            let kind = self.kind(token);
            if matches!(kind, TokenKind::LineComment | TokenKind::BlockComment) {
                comments += 1;
                changes += 1;
                breaks += u32::from(kind == TokenKind::LineComment);
                continue;
            }
            if kind == TokenKind::Whitespace {
                continue;
            }
            let range = self.parse.tokens.range(token);
            if self.is_dropped(token) {
                self.gaps[token] = DROPPED;
                changes += 1;
                previous_end = range.end;
                continue;
            }
            let gap = previous.map_or(0, |previous| gap_before(self, previous, token));
            self.gaps[token] = gap;
            let text = &self.text[range.clone()];
            let source_gap = &self.text[previous_end..range.start];
            if source_gap.len() != usize::from(gap) || (gap == 1 && source_gap != " ") {
                changes += 1;
            }
            let opens_line = source_gap.contains('\n');
            breaks += u32::from(opens_line && previous.is_some_and(|previous| in_token_tree(self, previous, token)));
            breaks += u32::from(kind.is_doc_comment() || (text.len() > 1 && text.contains('\n')));
            column += u32::from(gap) + text_width(text);
            previous = Some(token);
            previous_end = range.end;
        }
        self.columns.push(column);
        self.comments.push(comments);
        self.breaks.push(breaks);
        self.changes.push(changes);
    }

    /// Whether the token is a trailing comma of a list that has none on one line.
    fn is_dropped(&self, token: usize) -> bool {
        use NodeKind as N;
        if self.kind(token) != TokenKind::Comma {
            return false;
        }
        let next = self.next[token + 1] as usize;
        let owner = NodeId(self.owners[token]);
        if next >= self.parse.tokens.len() || self.owners[next] != owner.0 {
            return false;
        }
        let closes = self.kind(next).closes().is_some() || self.kind(next) == TokenKind::Gt || self.is_pipe(next);
        if !closes {
            return false;
        }
        match self.tree().kind(owner) {
            N::ArgList => !self.is_macro_group(owner) || self.is_vector(owner),
            N::ParamList
            | N::ArrayExpr
            | N::GenericArgList
            | N::GenericParamList
            | N::RecordExprFieldList
            | N::SlicePat
            | N::TupleFieldList
            | N::RecordFieldList
            | N::UseTreeList
            | N::ParenthesizedArgList
            | N::TupleStructPat
            | N::VariantList
            | N::UseBoundGenericArgs => true,
            N::RecordPatFieldList => true,
            N::TupleExpr | N::TuplePat | N::TupleType => self.tree().children(owner).nth(1).is_some(),
            _ => false,
        }
    }

    /// Whether the argument list is that of `vec![…]` outside other macros' arguments, which is an array.
    fn is_vector(&self, list: NodeId) -> bool {
        let open = self.first(list);
        let is_vec = self.kind(open) == TokenKind::OpenBracket
            && self
                .previous_code(open)
                .and_then(|bang| self.previous_code(bang))
                .is_some_and(|name| self.is(name, "vec"));
        is_vec && !self.is_in_macro(self.parents[list.index()])
    }

    /// Whether a node stands among the arguments of a macro call.
    fn is_in_macro(&self, node: NodeId) -> bool {
        let mut at = node;
        while at != NodeId::ROOT {
            at = self.parents[at.index()];
            if self.node_kind(at) == NodeKind::ArgList && self.is_macro_group(at) {
                return true;
            }
        }
        false
    }

    fn is_pipe(&self, token: usize) -> bool {
        self.kind(token) == TokenKind::Or
    }

    pub(crate) fn tree(&self) -> &'a Tree {
        &self.parse.tree
    }

    pub(crate) fn node_kind(&self, node: NodeId) -> NodeKind {
        self.tree().kind(node)
    }

    /// The kind of a token as lexed.
    pub(crate) fn kind(&self, token: usize) -> TokenKind {
        TokenKind::from_u8(self.kinds[token])
    }

    pub(crate) fn is_code(&self, token: usize) -> bool {
        !matches!(self.kind(token), TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment)
    }

    pub(crate) fn is_kept(&self, token: usize) -> bool {
        self.is_code(token) && self.gaps[token] != DROPPED
    }

    pub(crate) fn token_text(&self, token: usize) -> &'a str {
        self.parse.tokens.text(token, self.text)
    }

    pub(crate) fn is(&self, token: usize, text: &str) -> bool {
        token < self.parse.tokens.len() && self.token_text(token) == text
    }

    /// The first token of a node.
    pub(crate) fn first(&self, node: NodeId) -> usize {
        self.tree().tokens(node).start
    }

    /// The token behind the last one of a node.
    pub(crate) fn end(&self, node: NodeId) -> usize {
        self.tree().tokens(node).end
    }

    /// The first token at or behind `token` that is neither white space nor a comment.
    pub(crate) fn next_code(&self, token: usize) -> usize {
        self.next[token.min(self.next.len() - 1)] as usize
    }

    /// The last token before `token` that is neither white space nor a comment.
    pub(crate) fn previous_code(&self, token: usize) -> Option<usize> {
        (0..token).rev().find(|&token| self.is_code(token))
    }

    /// Columns of the tokens `first..end` when flat, without the gap before them.
    pub(crate) fn width(&self, first: usize, end: usize) -> u32 {
        let first = self.next_kept(first);
        if first >= end { 0 } else { self.columns[end] - self.columns[first] - u32::from(self.gaps[first]) }
    }

    fn next_kept(&self, token: usize) -> usize {
        let mut token = self.next_code(token);
        while token < self.parse.tokens.len() && self.gaps[token] == DROPPED {
            token = self.next_code(token + 1);
        }
        token
    }

    pub(crate) fn node_width(&self, node: NodeId) -> u32 {
        let tokens = self.tree().tokens(node);
        self.width(tokens.start, tokens.end)
    }

    /// Whether the tokens `first..end` hold a comment.
    pub(crate) fn has_comment(&self, first: usize, end: usize) -> bool {
        self.comments[end] != self.comments[first.min(end)]
    }

    /// Whether the tokens `first..end` hold one that needs lines of its own.
    pub(crate) fn has_break(&self, first: usize, end: usize) -> bool {
        self.breaks[end] != self.breaks[first]
    }

    /// Whether the tokens behind `first`, up to `end`, stand in the source as they stand when flat.
    pub(crate) fn is_as_written(&self, first: usize, end: usize) -> bool {
        first + 1 >= end || self.changes[end] == self.changes[first + 1]
    }

    /// Whether the argument list is that of a macro call.
    pub(crate) fn is_macro_group(&self, list: NodeId) -> bool {
        self.macro_groups.binary_search(&(self.first(list) as u32)).is_ok()
    }

    /// Line breaks in the tokens `first..end`, white space only.
    pub(crate) fn newlines(&self, first: usize, end: usize) -> usize {
        (first..end)
            .filter(|&token| self.kind(token) == TokenKind::Whitespace)
            .map(|token| self.token_text(token).bytes().filter(|&byte| byte == b'\n').count())
            .sum()
    }
}

/// Columns of a text without line breaks.
pub(crate) fn text_width(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.width() as u32 }
}

/// For each token the innermost node that covers it.
fn owners(tree: &Tree, count: usize) -> Vec<u32> {
    let mut owners = Vec::with_capacity(count + 1);
    let mut open: Vec<u32> = Vec::new();
    let mut next = 0u32;
    for token in 0..count {
        let is_over = |node: &u32| tree.tokens(NodeId(*node)).end <= token;
        while open.last().is_some_and(is_over) {
            open.pop();
        }
        while (next as usize) < tree.len() && tree.tokens(NodeId(next)).start <= token {
            if !is_over(&next) {
                open.push(next);
            }
            next += 1;
        }
        owners.push(open.last().copied().unwrap_or(0));
    }
    owners.push(0);
    owners
}
