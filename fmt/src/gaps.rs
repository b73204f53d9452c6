//! What stands between two tokens on one line: nothing or a space.
//!
//! Words are kept apart, operators and colons are spaced by the node that owns them, brackets by their kind. Inside token
//! trees, which nobody has parsed, the gap is the source's own.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use crate::input::Input;

/// Words behind which a space stands whatever follows, unless it closes or separates.
const SPACED_WORDS: &[&str] = &[
    "as", "box", "break", "const", "continue", "dyn", "else", "enum", "extern", "for", "if", "impl", "in", "let",
    "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static", "struct", "trait", "type", "unsafe",
    "use", "where", "while", "async", "yield", "become", "do",
];

/// Words before which a space stands whatever comes before, unless it opens.
const INFIX_WORDS: &[&str] = &["as", "in", "for", "if", "where", "else"];

/// Whether the token is the second or third character of an operator.
pub(crate) fn is_glued(input: &Input, previous: usize, token: usize) -> bool {
    previous + 1 == token
        && matches!(
            (input.kind(previous), input.kind(token)),
            (T::Eq | T::Bang | T::Lt | T::Gt | T::Plus | T::Minus | T::Star | T::Slash | T::Percent, T::Eq)
                | (T::Caret | T::And | T::Or | T::Dot, T::Eq)
                | (T::Eq | T::Minus, T::Gt)
                | (T::And, T::And)
                | (T::Or, T::Or)
                | (T::Lt, T::Lt)
                | (T::Gt, T::Gt)
                | (T::Colon, T::Colon)
                | (T::Dot, T::Dot)
        )
        && !(input.kind(previous) == T::Gt && input.owners[previous] != input.owners[token])
        && !(input.kind(previous) == T::Gt && is_arrow_head(input, previous))
}

fn is_arrow_head(input: &Input, token: usize) -> bool {
    token > 0
        && matches!(input.kind(token - 1), T::Minus | T::Eq)
        && matches!(owner_kind(input, token), N::RetType | N::MatchArm)
}

fn owner_kind(input: &Input, token: usize) -> N {
    input.node_kind(NodeId(input.owners[token]))
}

fn is_word(kind: T) -> bool {
    matches!(
        kind,
        T::Ident
            | T::RawIdent
            | T::ForcedKeywordIdent
            | T::UnknownPrefix
            | T::InvalidIdent
            | T::Lifetime
            | T::RawLifetime
            | T::InvalidLifetime
            | T::UnknownPrefixLifetime
    ) || kind.is_literal()
}

/// Spaces between code token `previous` and `token`, the next one.
pub(crate) fn gap_before(input: &Input, previous: usize, token: usize) -> u8 {
    let (left, right) = (input.kind(previous), input.kind(token));
    let (left_owner, right_owner) = (owner_kind(input, previous), owner_kind(input, token));
    if in_token_tree(input, previous, token) {
        return source_gap(input, previous, token);
    }
    u8::from(is_spaced(input, previous, token, (left, left_owner), (right, right_owner)))
}

pub(crate) fn in_token_tree(input: &Input, previous: usize, token: usize) -> bool {
    let tree = input.tree();
    let (left, right) = (NodeId(input.owners[previous]), NodeId(input.owners[token]));
    let inside = |node: NodeId| tree.kind(node) == N::TokenTree;
    // The bracket that opens a tree is spaced from what stands before it by the rules.
    (inside(left) && inside(right))
        && !(input.first(right) == token && !inside(input.parents[right.index()]))
        && !is_meta(input, left)
}

/// Whether the token tree is the argument of an attribute, which is spaced as code is.
fn is_meta(input: &Input, node: NodeId) -> bool {
    let mut node = node;
    while input.node_kind(node) == N::TokenTree {
        node = input.parents[node.index()];
    }
    input.node_kind(node) == N::TokenTreeMeta && crate::rules::attributes::is_plain_meta(input, node)
}

fn source_gap(input: &Input, previous: usize, token: usize) -> u8 {
    let tokens = &input.parse.tokens;
    let between = &input.text[tokens.starts[previous + 1] as usize..tokens.starts[token] as usize];
    between.len().min(200) as u8
}

fn is_spaced(
    input: &Input,
    previous: usize,
    token: usize,
    (left, left_owner): (T, N),
    (right, right_owner): (T, N),
) -> bool {
    if is_glued(input, previous, token) {
        return false;
    }
    match right {
        T::Comma | T::Semi => return false,
        T::Question => return right_owner == N::TypeBound && !matches!(left, T::OpenParen | T::Lt | T::And),
        T::CloseParen | T::CloseBracket => return false,
        T::Dot => return is_operator_dot(input, previous, token, left),
        T::OpenBrace => {
            return !matches!(left, T::OpenParen | T::OpenBracket | T::Bang if left != T::Bang)
                && !(left == T::Colon
                    && left_owner != N::Label
                    && left_owner != N::RecordExprField
                    && left_owner != N::KeyValueMeta)
                && !(left == T::Lt)
                && !(matches!(left, T::And | T::Star | T::Minus | T::Bang)
                    && is_prefix(left_owner)
                    && left_owner != N::BinExpr)
                && !(left == T::OpenBrace && left_owner == N::UseTreeList);
        }
        T::CloseBrace => return left != T::OpenBrace && right_owner != N::UseTreeList,
        _ => {}
    }
    match left {
        T::Comma | T::Semi => return true,
        T::OpenParen | T::OpenBracket => return false,
        T::OpenBrace => return left_owner != N::UseTreeList,
        T::CloseBrace => {
            return !(right == T::Colon && right_owner != N::BinExpr)
                && !(right == T::Or && right_owner == N::ParamList)
                && !matches!(right, T::OpenParen | T::OpenBracket)
                && !(right == T::Gt && right_owner != N::BinExpr);
        }
        _ => {}
    }
    if is_word(left) && is_word(right) {
        return true;
    }
    if right == T::Ident
        && INFIX_WORDS.contains(&input.token_text(token))
        && !matches!(right_owner, N::PathExpr | N::Path | N::TokenTree)
    {
        return !matches!(left, T::Or | T::And | T::Star | T::Lt | T::Bang)
            || left_owner == N::BinExpr
            || closes_parameters(input, previous);
    }
    if left == T::Ident && SPACED_WORDS.contains(&input.token_text(previous)) {
        return is_spaced_word(input, previous, right, left_owner, right_owner);
    }
    if is_colon(input, previous, token, left) {
        return true;
    }
    if operator_spaced(input, previous, token, (left, left_owner), (right, right_owner)) {
        return true;
    }
    match left {
        T::Lifetime | T::RawLifetime => {
            matches!(left_owner, N::RefType | N::SelfParam)
                || matches!(left_owner, N::BreakExpr) && !matches!(right, T::Dot)
        }
        T::CloseParen => {
            left_owner == N::Visibility && right != T::CloseParen
                || matches!(right, T::Ident) && left_owner == N::MutRestriction
        }
        T::CloseBracket => left_owner == N::Attr,
        T::Gt => {
            is_word(right)
                || (matches!(left_owner, N::ForBinder)
                    || left_owner == N::GenericParamList && in_impl_or_binder(input, previous))
                    && !matches!(right, T::CloseParen | T::Comma)
        }
        T::Bang => is_word(right) && left_owner == N::MacroRules,
        T::Or => closes_parameters(input, previous),
        _ => false,
    }
}

/// A dot starts or continues a range behind a keyword only.
fn is_operator_dot(input: &Input, previous: usize, token: usize, left: T) -> bool {
    match left {
        T::Comma | T::Semi | T::Eq | T::OpenBrace | T::At => {
            !(left == T::Eq
                && is_glued(input, previous.saturating_sub(1), previous)
                && input.kind(previous - 1) == T::Dot)
        }
        T::Gt => is_arrow_head(input, previous),
        T::Or => {
            closes_parameters(input, previous)
                || owner_kind(input, previous) == N::OrPat
                || owner_kind(input, previous) == N::BinExpr
        }
        T::Colon => is_colon(input, previous, token, left),
        T::Ident => {
            let starts_range = input.kind(input.next_code(token + 1).min(input.kinds.len() - 1)) == T::Dot;
            starts_range && SPACED_WORDS.contains(&input.token_text(previous))
        }
        _ => false,
    }
}

fn is_prefix(owner: N) -> bool {
    matches!(owner, N::RefExpr | N::PrefixExpr | N::RefType | N::PtrType | N::RefPat)
}

fn closes_parameters(input: &Input, token: usize) -> bool {
    let owner = NodeId(input.owners[token]);
    input.node_kind(owner) == N::ParamList && input.kind(token) == T::Or && input.end(owner) == token + 1
}

fn in_impl_or_binder(input: &Input, token: usize) -> bool {
    let owner = NodeId(input.owners[token]);
    matches!(input.node_kind(input.parents[owner.index()]), N::Impl | N::ForBinder)
}

fn is_spaced_word(input: &Input, previous: usize, right: T, left_owner: N, right_owner: N) -> bool {
    let word = input.token_text(previous);
    if right == T::Colon
        && !matches!(input.kind((previous + 2).min(input.kinds.len() - 1)), T::Colon)
        && !is_path_colon(input, previous)
    {
        return false;
    }
    match right {
        T::Dot | T::Question | T::Bang if right == T::Dot => false,
        T::OpenParen => match word {
            "pub" | "impl" if matches!(left_owner, N::Visibility | N::ImplRestriction) => false,
            "mut" if left_owner == N::MutRestriction => false,
            "unsafe" if left_owner == N::UnsafeMeta => false,
            "continue" | "default" | "gen" => false,
            _ => !matches!(left_owner, N::Path | N::PathExpr),
        },
        T::Lt => !matches!(word, "impl" | "for" | "use" | "default") && right_owner != N::GenericParamList,
        T::Gt | T::Plus if matches!(left_owner, N::Path | N::PathExpr) => false,
        T::Or if word == "move" || word == "static" || word == "async" || word == "const" => true,
        T::OpenBracket => !matches!(left_owner, N::Path | N::PathExpr),
        _ => {
            !matches!(left_owner, N::Path | N::PathExpr | N::PathType | N::PathPat)
                || operator_spaced(
                    input,
                    previous,
                    input.next_code(previous + 1),
                    (T::Ident, left_owner),
                    (right, right_owner),
                )
        }
    }
}

/// Whether the colon behind a word is the first of two.
fn is_path_colon(input: &Input, word: usize) -> bool {
    let colon = input.next_code(word + 1);
    colon + 1 < input.kinds.len() && input.kind(colon + 1) == T::Colon
}

/// Whether a space follows because the token before is a single colon.
fn is_colon(input: &Input, previous: usize, token: usize, left: T) -> bool {
    left == T::Colon
        && !(previous > 0 && input.kind(previous - 1) == T::Colon && is_glued(input, previous - 1, previous))
        && !is_glued(input, previous, token)
}

fn is_operator_owner(owner: N) -> bool {
    matches!(owner, N::BinExpr | N::OrPat | N::TypeBoundList | N::DynTraitType | N::ImplTraitType)
}

/// Whether a space stands there because an operator begins or ends.
fn operator_spaced(
    input: &Input,
    previous: usize,
    token: usize,
    (left, left_owner): (T, N),
    (right, right_owner): (T, N),
) -> bool {
    let binary = |kind: T, owner: N| {
        (is_operator_owner(owner) && !is_word(kind) && kind.opens().is_none() && kind.closes().is_none())
            && !matches!(kind, T::Comma | T::Semi | T::Dot | T::Question | T::Pound)
    };
    let leading_pipe = left == T::Or && left_owner == N::OrPat;
    if leading_pipe || right == T::Or && right_owner == N::OrPat {
        return !matches!(left, T::OpenParen | T::OpenBracket);
    }
    if binary(left, left_owner) || binary(right, right_owner) {
        return true;
    }
    let equals = |token: usize, kind: T, owner: N| {
        kind == T::Eq
            && !matches!(owner, N::RangeExpr | N::RangePat | N::BinExpr)
            && !(token > 0 && matches!(input.kind(token - 1), T::Dot) && is_glued(input, token - 1, token))
    };
    if equals(token, right, right_owner) || equals(previous, left, left_owner) {
        return true;
    }
    if right == T::Minus && right_owner == N::RetType || left == T::Gt && is_arrow_head(input, previous) {
        return true;
    }
    if right == T::At || left == T::At {
        return true;
    }
    // `T: A + B` in bounds that own their plus through the parent.
    (right == T::Plus || left == T::Plus) && !matches!(right_owner, N::PrefixExpr)
}
