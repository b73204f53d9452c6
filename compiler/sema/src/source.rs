//! A file with its tree, and what is read off its tokens: names, paths, literals.

use rustg_base::{LineIndex, Span, StringId, Strings};
use rustg_syntax::{Edition, NodeId, NodeKind, Parse, Scratch, TokenKind, Tokens, Tree, parse_changed};

use crate::macros::is_known_macro;

/// A file of the program.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// A file with its tree.
pub struct File {
    /// Its path as it is shown.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its tree; calls of the macros that are built in are parsed as calls of functions.
    pub parse: Parse,
    /// The tokens `!` of those calls, sorted.
    pub bangs: Vec<u32>,
    /// Where its lines begin.
    pub lines: LineIndex,
}

impl File {
    /// Reads a file.
    pub fn new(scratch: &mut Scratch, path: String, text: String, edition: Edition) -> File {
        let mut parse = Parse::default();
        let mut bangs = Vec::new();
        parse_changed(scratch, &text, edition, &mut parse, &mut |tokens| {
            if memchr_bang(&text) {
                bangs = hide_bangs(&text, tokens);
            }
        });
        let lines = LineIndex::new(&text);
        File { path, text, parse, bangs, lines }
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.parse.tree
    }

    /// The kind of a node.
    pub fn kind(&self, node: NodeId) -> NodeKind {
        self.parse.tree.kind(node)
    }

    /// The children of a node.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.parse.tree.children(node)
    }

    /// The first child of that kind.
    pub fn child(&self, node: NodeId, kind: NodeKind) -> Option<NodeId> {
        self.children(node).find(|child| self.kind(*child) == kind)
    }

    /// The first child of which `accepts` holds.
    pub fn child_where(&self, node: NodeId, accepts: impl Fn(NodeKind) -> bool) -> Option<NodeId> {
        self.children(node).find(|child| accepts(self.kind(*child)))
    }

    /// The bytes of a node, from its first token to its last.
    pub fn span(&self, node: NodeId) -> Span {
        let tokens = self.tree().tokens(node);
        let starts = &self.parse.tokens.starts;
        let (first, end) = (tokens.start.min(starts.len() - 1), tokens.end.min(starts.len() - 1));
        Span::new(starts[first], starts[end].max(starts[first]))
    }

    /// The bytes of a token.
    pub fn token_span(&self, token: usize) -> Span {
        let range = self.parse.tokens.range(token);
        Span::new(range.start as u32, range.end as u32)
    }

    /// The text of a token, without the `r#` of a raw name.
    pub fn token_text(&self, token: usize) -> &str {
        let text = &self.text[self.parse.tokens.range(token)];
        if self.parse.tokens.kind(token) == TokenKind::RawIdent { &text[2..] } else { text }
    }

    /// The text of a node.
    pub fn node_text(&self, node: NodeId) -> &str {
        &self.text[self.span(node).range()]
    }

    /// The tokens of a node that are not of its children, white space and comments left out.
    pub fn own_tokens(&self, node: NodeId) -> impl Iterator<Item = usize> + '_ {
        rustg_syntax::ast::own_tokens(self.tree(), node).filter(|&token| is_code(self.parse.tokens.kind(token)))
    }

    /// Whether one of the node's own tokens is that word.
    pub fn has_word(&self, node: NodeId, word: &str) -> bool {
        self.own_tokens(node).any(|token| {
            self.parse.tokens.kind(token) == TokenKind::Ident && &self.text[self.parse.tokens.range(token)] == word
        })
    }

    /// Whether one of the node's own tokens is of that kind.
    pub fn has_token(&self, node: NodeId, kind: TokenKind) -> bool {
        self.own_tokens(node).any(|token| self.parse.tokens.kind(token) == kind)
    }

    /// The token that names a node: the last word among its own tokens.
    pub fn name_token(&self, node: NodeId) -> Option<usize> {
        let is_word = |token: &usize| matches!(self.parse.tokens.kind(*token), TokenKind::Ident | TokenKind::RawIdent);
        self.own_tokens(node).filter(is_word).last()
    }

    /// The name of a node, interned; the empty one where it has none.
    pub fn name(&self, strings: &mut Strings, node: NodeId) -> StringId {
        self.name_token(node).map_or(StringId::EMPTY, |token| strings.intern(self.token_text(token)))
    }

    /// The operator among a node's own tokens, as text: `+=`, `..`, `&&`.
    pub fn operator(&self, node: NodeId) -> String {
        let mut out = String::new();
        for token in self.own_tokens(node) {
            out.push_str(&self.text[self.parse.tokens.range(token)]);
        }
        out
    }

    /// The attributes of a node: each's path as text, and its node.
    pub fn attributes(&self, node: NodeId) -> Vec<(String, NodeId)> {
        let attrs = self.children(node).filter(|child| self.kind(*child) == NodeKind::Attr);
        attrs
            .filter_map(|attr| {
                let meta = self.children(attr).next()?;
                let path = self.child(meta, NodeKind::Path)?;
                Some((self.node_text(path).to_owned(), meta))
            })
            .collect()
    }

    /// The words in an attribute's arguments.
    pub fn attribute_words(&self, meta: NodeId) -> Vec<String> {
        let tokens = self.tree().tokens(meta);
        let code = tokens.filter(|&token| is_code(self.parse.tokens.kind(token)));
        let kinds = [TokenKind::Ident, TokenKind::Int, TokenKind::Str];
        code.filter(|&token| kinds.contains(&self.parse.tokens.kind(token)))
            .skip(1)
            .map(|token| self.token_text(token).to_owned())
            .collect()
    }

    /// Line and column of an offset, from 1, the column in characters.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let place = self.lines.line_column(&self.text, offset, rustg_base::ColumnUnit::Utf32);
        (place.line + 1, place.column + 1)
    }

    /// The segments of a path that stands directly in `node` (a path, path type, path expression or path pattern).
    pub fn path(&self, strings: &mut Strings, node: NodeId) -> PathText {
        let tree = self.tree();
        let mut path = PathText { segments: Vec::new(), anchor: None, is_global: false };
        let mut arguments: Vec<NodeId> = Vec::new();
        for child in self.children(node) {
            match self.kind(child) {
                NodeKind::TypeAnchor => path.anchor = Some(child),
                NodeKind::GenericArgList | NodeKind::ParenthesizedArgList => arguments.push(child),
                _ => {}
            }
        }
        let result = self.child(node, NodeKind::RetType);
        let mut is_first = true;
        for token in self.own_tokens(node) {
            match self.parse.tokens.kind(token) {
                TokenKind::Ident | TokenKind::RawIdent => {
                    let name = strings.intern(self.token_text(token));
                    path.segments.push(Segment { name, token: token as u32, arguments: None, result: None });
                }
                TokenKind::Colon if is_first && path.anchor.is_none() => path.is_global = true,
                _ => {}
            }
            is_first = false;
        }
        for list in arguments {
            let start = tree.tokens(list).start as u32;
            if let Some(segment) = path.segments.iter_mut().rev().find(|segment| segment.token < start) {
                segment.arguments = Some(list);
                if self.kind(list) == NodeKind::ParenthesizedArgList {
                    segment.result = result;
                }
            }
        }
        path
    }
}

/// Hides the `!` of calls of macros that are built in, so that these are parsed as calls of functions; which tokens those are.
fn hide_bangs(text: &str, tokens: &mut Tokens) -> Vec<u32> {
    let mut bangs = Vec::new();
    // The two code tokens before this one.
    let mut before = [usize::MAX; 2];
    for at in 0..tokens.len() {
        let kind = tokens.kind(at);
        if !is_code(kind) {
            continue;
        }
        let [name, bang] = before;
        if kind == TokenKind::OpenParen
            && name != usize::MAX
            && tokens.kind(bang) == TokenKind::Bang
            && tokens.kind(name) == TokenKind::Ident
            && is_known_macro(&text[tokens.range(name)])
        {
            tokens.kinds[bang] = TokenKind::Whitespace as u8;
            bangs.push(bang as u32);
        }
        before = [bang, at];
    }
    bangs
}

fn memchr_bang(text: &str) -> bool {
    text.as_bytes().contains(&b'!')
}

/// Whether a token is neither white space nor a comment.
pub(crate) fn is_code(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Whitespace
            | TokenKind::LineComment
            | TokenKind::BlockComment
            | TokenKind::OuterLineDoc
            | TokenKind::OuterBlockDoc
            | TokenKind::InnerLineDoc
            | TokenKind::InnerBlockDoc
    )
}

/// A path as it is written.
#[derive(Clone, Debug)]
pub struct PathText {
    /// Its names with their arguments.
    pub segments: Vec<Segment>,
    /// `<T as Trait>` before them.
    pub anchor: Option<NodeId>,
    /// Whether it begins with `::`.
    pub is_global: bool,
}

/// One name of a path.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The name.
    pub name: StringId,
    /// Its token.
    pub token: u32,
    /// `<…>` or `(…)` behind it.
    pub arguments: Option<NodeId>,
    /// `-> T` behind `(…)`.
    pub result: Option<NodeId>,
}

/// Whether a node is an expression.
pub(crate) fn is_expr(kind: NodeKind) -> bool {
    kind as u8 >= NodeKind::ArrayExpr as u8 && kind as u8 <= NodeKind::BuiltinExpr as u8
}

/// Whether a node is a type.
pub(crate) fn is_type(kind: NodeKind) -> bool {
    kind as u8 >= NodeKind::ArrayType as u8 && kind as u8 <= NodeKind::TypeofType as u8
}

/// Whether a node is a pattern.
pub(crate) fn is_pat(kind: NodeKind) -> bool {
    kind as u8 >= NodeKind::IdentPat as u8 && kind as u8 <= NodeKind::NeverPat as u8
}

/// Whether a node is an item.
pub(crate) fn is_item(kind: NodeKind) -> bool {
    use NodeKind as K;
    matches!(
        kind,
        K::Module
            | K::ExternCrate
            | K::Use
            | K::Fn
            | K::TypeAlias
            | K::Struct
            | K::Enum
            | K::Union
            | K::Const
            | K::Static
            | K::Trait
            | K::Impl
            | K::ExternBlock
            | K::MacroRules
            | K::MacroDef
            | K::MacroCall
    )
}
