//! Calls of macros whose arguments are expressions, seen as calls of functions.
//!
//! A macro's arguments are any tokens, but most are expressions and are formatted as such. So `name!(a, b)` is parsed a second
//! time with its `!` taken for white space, brackets for parentheses, and the `;` of `vec![x; n]` for a comma: token places stay,
//! only kinds change. What does not parse then is seen as tokens again.

use rustg_syntax::{Edition, NodeId, NodeKind, Parse, Scratch, TokenKind, parse_tokens, parse_with};

use crate::config::Config;

/// A parse in which macro calls are function calls where possible.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) parse: Parse,
    /// Kinds as lexed.
    pub(crate) kinds: Vec<u8>,
    /// The opening brackets of the calls that were taken for function calls, in order.
    pub(crate) groups: Vec<u32>,
}

struct Group {
    path_first: usize,
    bang: usize,
    open: usize,
    close: usize,
}

/// Parses `text` as said above.
pub(crate) fn parse_through_macros(scratch: &mut Scratch, text: &str, edition: Edition, config: &Config) -> Parsed {
    let mut parsed = Parsed::default();
    parse_with(scratch, text, edition, &mut parsed.parse);
    parsed.kinds = parsed.parse.tokens.kinds.clone();
    if !parsed.parse.diagnostics.is_empty() {
        return parsed;
    }
    let mut groups = groups(text, &parsed.parse, config);
    for _ in 0..4 {
        parsed.parse.tokens.kinds.copy_from_slice(&parsed.kinds);
        for group in &groups {
            change_kinds(text, &mut parsed.parse, group);
        }
        parse_tokens(scratch, text, &mut parsed.parse);
        let before = groups.len();
        groups.retain(|group| is_call(&parsed.parse, group));
        if groups.len() == before && parsed.parse.diagnostics.is_empty() {
            break;
        }
        if groups.len() == before {
            groups.clear();
        }
    }
    if !parsed.parse.diagnostics.is_empty() || groups.is_empty() {
        groups.clear();
        parsed.parse.tokens.kinds.copy_from_slice(&parsed.kinds);
        parse_tokens(scratch, text, &mut parsed.parse);
    }
    parsed.groups = groups.iter().map(|group| group.open as u32).collect();
    parsed.groups.sort_unstable();
    parsed
}

/// Macro calls in the place of expressions, with parentheses or brackets, also those within others' arguments.
fn groups(text: &str, parse: &Parse, config: &Config) -> Vec<Group> {
    let (tree, tokens) = (&parse.tree, &parse.tokens);
    let mut groups = Vec::new();
    let is_code = |token: usize| {
        !matches!(tokens.kind(token), TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment)
    };
    for node in tree.descendants(NodeId::ROOT) {
        if tree.kind(node) != NodeKind::MacroExpr {
            continue;
        }
        let Some(call) = tree.children(node).find(|&child| tree.kind(child) == NodeKind::MacroCall) else { continue };
        let mut children = tree.children(call);
        let (Some(path), Some(arguments)) = (children.next(), children.next()) else { continue };
        let range = tree.tokens(arguments);
        if tokens.kind(range.start) == TokenKind::OpenBrace || range.is_empty() {
            continue;
        }
        let Some(bang) = (tree.tokens(path).end..range.start).find(|&token| tokens.kind(token) == TokenKind::Bang)
        else {
            continue;
        };
        let name = &text[tokens.range(tree.tokens(path).start).start..tokens.range(tree.tokens(path).end - 1).end];
        if config.skip_macro_invocations.iter().any(|skipped| skipped == name || skipped == "*") {
            continue;
        }
        groups.push(Group { path_first: tree.tokens(path).start, bang, open: range.start, close: range.end - 1 });
        nested(text, parse, range.start + 1, range.end - 1, &is_code, &mut groups);
    }
    groups.sort_by_key(|group| group.open);
    groups.dedup_by_key(|group| group.open);
    groups
}

/// Words that stand before `!(` without being a macro's name.
const NO_NAMES: &[&str] =
    &["if", "in", "match", "while", "return", "else", "break", "let", "as", "mut", "move", "macro_rules"];

/// Macro calls among tokens that nobody has parsed: a name, `!` and a bracket.
fn nested(
    text: &str,
    parse: &Parse,
    first: usize,
    end: usize,
    is_code: &dyn Fn(usize) -> bool,
    groups: &mut Vec<Group>,
) {
    let tokens = &parse.tokens;
    let (mut before, mut previous): (Option<usize>, Option<usize>) = (None, None);
    let mut open: Vec<(usize, Option<(usize, usize)>)> = Vec::new();
    for token in (first..end).filter(|&token| is_code(token)) {
        let kind = tokens.kind(token);
        if kind.opens().is_some() {
            let named = match (before, previous) {
                (Some(name), Some(bang))
                    if kind != TokenKind::OpenBrace
                        && tokens.kind(bang) == TokenKind::Bang
                        && tokens.kind(name) == TokenKind::Ident
                        && !NO_NAMES.contains(&tokens.text(name, text)) =>
                {
                    Some((name, bang))
                }
                _ => None,
            };
            open.push((token, named));
        } else if kind.closes().is_some()
            && let Some((start, named)) = open.pop()
            && let Some((name, bang)) = named
        {
            groups.push(Group { path_first: name, bang, open: start, close: token });
        }
        before = previous;
        previous = Some(token);
    }
}

fn change_kinds(text: &str, parse: &mut Parse, group: &Group) {
    let name = parse.tokens.range(group.path_first);
    let kinds = &mut parse.tokens.kinds;
    kinds[group.bang] = TokenKind::Whitespace as u8;
    kinds[group.open] = TokenKind::OpenParen as u8;
    kinds[group.close] = TokenKind::CloseParen as u8;
    // `try!` and their like are words that no function is called.
    if matches!(&text[name], "try" | "await" | "dyn" | "async") {
        kinds[group.path_first] = TokenKind::RawIdent as u8;
    }
    let mut depth = 0;
    let mut semicolon = None;
    for token in group.open + 1..group.close {
        let kind = TokenKind::from_u8(kinds[token]);
        depth += i32::from(kind.opens().is_some()) - i32::from(kind.closes().is_some());
        if depth == 0 && kind == TokenKind::Semi && semicolon.replace(token).is_some() {
            return;
        }
    }
    if let Some(semicolon) = semicolon {
        kinds[semicolon] = TokenKind::Comma as u8;
    }
}

/// Whether the group came out as the arguments of a call without an error in it.
fn is_call(parse: &Parse, group: &Group) -> bool {
    let (starts, tree) = (&parse.tokens.starts, &parse.tree);
    let (from, to) = (starts[group.path_first], starts[group.close + 1]);
    let is_inside = |span: rustg_base::Span| span.start >= from && span.start <= to;
    if parse.diagnostics.iter().any(|diagnostic| is_inside(diagnostic.primary.span)) {
        return false;
    }
    let node = tree.node_at_token(group.open);
    tree.kind(node) == NodeKind::ArgList && tree.tokens(node).start == group.open
        || tree.kind(node) == NodeKind::TokenTree
}
