//! Which nodes may stand on one line: those without comments and line breaks whose lists keep to their widths.
//!
//! One pass over nodes in reverse pre-order: what a child may not, its parent may not either.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use crate::input::Input;

/// For each node whether it may stand on one line, if it fits there.
pub(crate) fn flat_nodes(input: &Input) -> Vec<bool> {
    let tree = input.tree();
    let mut flat = vec![true; tree.len()];
    for index in (0..tree.len()).rev() {
        let node = NodeId(index as u32);
        let tokens = tree.tokens(node);
        if flat[index] {
            flat[index] = !input.has_break(tokens.start, tokens.end)
                && !input.has_comment(tokens.start, tokens.end)
                && allows(input, node);
        }
        if !flat[index] && index > 0 {
            flat[input.parents[index].index()] = false;
        }
    }
    flat
}

/// Whether a node of this kind may stand on one line, given that its children may.
pub(crate) fn allows(input: &Input, node: NodeId) -> bool {
    let tree = input.tree();
    let kind = input.node_kind(node);
    match kind {
        N::ArgList if tree.children(node).any(|child| has_child(input, child, N::Attr)) => false,
        N::ArrayExpr | N::TupleExpr if tree.children(node).any(|child| has_child(input, child, N::Attr)) => false,
        N::ArgList => list_allows(input, node, arguments_width(input, node)),
        N::ArrayExpr => {
            let is_repeat = tree.children(node).count() == 2 && semicolon_in(input, node);
            is_repeat || list_allows(input, node, input.widths.array)
        }
        N::TupleExpr | N::TupleFieldList => list_allows(input, node, input.widths.fn_call),
        N::RecordExprFieldList | N::RecordPatFieldList => {
            is_empty_list(input, node)
                || inner_width(input, node) <= input.widths.struct_literal && !has_child(input, node, N::Attr)
        }
        N::RecordFieldList => {
            let in_variant = input.node_kind(input.parents[node.index()]) == N::Variant;
            is_empty_list(input, node) || in_variant && inner_width(input, node) <= input.widths.struct_variant
        }
        N::MethodCallExpr | N::FieldExpr | N::TryExpr | N::AwaitExpr => chain_allows(input, node),
        N::IfExpr => if_allows(input, node),
        N::BlockExpr => block_allows(input, node),
        N::ClosureExpr => closure_allows(input, node),
        N::MatchArmList | N::ItemList | N::AssocItemList | N::ExternItemList | N::VariantList => {
            is_empty_list(input, node)
        }
        N::LoopExpr | N::WhileExpr | N::ForExpr => {
            tree.children(node).last().is_some_and(|body| tree.children(body).next().is_none())
        }
        N::BinExpr => !holds_let(input, node) || is_short_let_chain(input, node),
        N::ParenExpr => !has_child(input, node, N::ParenExpr),
        N::RecordExprField | N::RecordField | N::Variant | N::RecordPatField => !has_child(input, node, N::Attr),
        N::TupleField => tree.children(node).filter(|&child| input.node_kind(child) == N::Attr).count() <= 1,
        N::ExprStmt => !tree.children(node).next().is_some_and(|child| is_control(input.node_kind(child))),
        N::LetElse | N::MatchArm | N::MacroRules | N::MacroDef | N::Error | N::SourceFile | N::MatchGuard => false,
        N::OrPat => !(input.kind(input.first(node)) == T::Or),
        N::RecordExpr => !has_child(input, node, N::Attr),
        _ => true,
    }
}

fn is_control(kind: N) -> bool {
    matches!(kind, N::IfExpr | N::MatchExpr | N::LoopExpr | N::WhileExpr | N::ForExpr | N::BlockExpr)
}

fn has_child(input: &Input, node: NodeId, kind: N) -> bool {
    input.tree().children(node).any(|child| input.node_kind(child) == kind)
}

/// The width the arguments of a call may have.
pub(crate) fn arguments_width(input: &Input, list: NodeId) -> u32 {
    if input.is(input.first(list), "[") { input.widths.array } else { input.widths.fn_call }
}

/// Columns between the brackets of a list.
pub(crate) fn inner_width(input: &Input, list: NodeId) -> u32 {
    let tokens = input.tree().tokens(list);
    let width = input.width(tokens.start, tokens.end);
    // Braces have a space on either side within.
    let spaced = if input.kind(tokens.start) == T::OpenBrace { 4 } else { 2 };
    width.saturating_sub(spaced)
}

fn is_empty_list(input: &Input, list: NodeId) -> bool {
    let tokens = input.tree().tokens(list);
    input.next_code(tokens.start + 1) + 1 == tokens.end
}

fn list_allows(input: &Input, list: NodeId, limit: u32) -> bool {
    let mut items = input.tree().children(list).filter(|&child| input.node_kind(child) != N::Attr);
    let is_single = items.next().is_some() && items.next().is_none();
    // A call within a call is held to the width as well, so that calls do not nest deeply on one line.
    let is_free = is_single && !(input.node_kind(list) != N::ArrayExpr && single_is_call(input, list));
    is_free || inner_width(input, list) <= limit
}

fn single_is_call(input: &Input, list: NodeId) -> bool {
    let mut item = input.tree().children(list).find(|&child| input.node_kind(child) != N::Attr);
    while let Some(node) = item {
        match input.node_kind(node) {
            N::CallExpr | N::MacroExpr => return true,
            N::RefExpr | N::TryExpr | N::PrefixExpr | N::CastExpr => item = receiver(input, node),
            _ => return false,
        }
    }
    false
}

pub(crate) fn semicolon_in(input: &Input, node: NodeId) -> bool {
    rustg_syntax::ast::own_tokens(input.tree(), node).any(|token| input.kind(token) == T::Semi)
}

pub(crate) fn is_chain_link(kind: N) -> bool {
    matches!(kind, N::MethodCallExpr | N::FieldExpr | N::TryExpr | N::AwaitExpr)
}

/// What a link of a chain stands behind.
pub(crate) fn receiver(input: &Input, link: NodeId) -> Option<NodeId> {
    input.tree().children(link).find(|&child| input.node_kind(child) != N::Attr)
}

fn chain_allows(input: &Input, node: NodeId) -> bool {
    // rustfmt counts the `?`s at the end twice.
    let (mut tries, mut inner) = (0, node);
    while input.node_kind(inner) == N::TryExpr
        && let Some(next) = receiver(input, inner)
    {
        tries += 1;
        inner = next;
    }
    if input.node_width(node) + tries <= input.widths.chain {
        return true;
    }
    // Only the outermost link is held to the width of chains.
    let parent = input.parents[node.index()];
    if is_chain_link(input.node_kind(parent)) && receiver(input, parent) == Some(node) {
        return true;
    }
    let (mut links, mut at) = (0, node);
    while is_chain_link(input.node_kind(at)) {
        links += u32::from(input.node_kind(at) != N::TryExpr);
        match receiver(input, at) {
            Some(next) => at = next,
            None => break,
        }
    }
    links <= 1
}

fn if_allows(input: &Input, node: NodeId) -> bool {
    let tree = input.tree();
    let blocks: Vec<_> = tree.children(node).filter(|&child| input.node_kind(child) != N::Attr).collect();
    let [condition, then, otherwise] = blocks[..] else { return false };
    let simple = |block| input.node_kind(block) == N::BlockExpr && single_expression(input, block).is_some();
    input.node_width(node) <= input.widths.if_else
        && input.node_kind(condition) != N::BlockExpr
        && simple(then)
        && simple(otherwise)
}

/// The only thing in a block, when that is an expression without a semicolon behind it and without attributes.
pub(crate) fn single_expression(input: &Input, block: NodeId) -> Option<NodeId> {
    let tree = input.tree();
    let mut children = tree.children(block);
    let child = children.next()?;
    if children.next().is_some() || !is_expression(input.node_kind(child)) {
        return None;
    }
    let tokens = tree.tokens(block);
    // Nothing else may stand in it: no empty statement, no comment.
    let last = input.previous_code(tokens.end - 1)?;
    let is_last = last + 1 == tree.tokens(child).end;
    let has_attribute = tree.children(child).next().is_some_and(|first| input.node_kind(first) == N::Attr);
    let begins_with_doc = input.kind(tree.tokens(child).start).is_doc_comment();
    (is_last && !has_attribute && !begins_with_doc && !input.has_comment(tokens.start, tokens.end)).then_some(child)
}

pub(crate) fn is_expression(kind: N) -> bool {
    (kind >= N::ArrayExpr && kind <= N::BuiltinExpr) && kind != N::ExprStmt
}

/// Whether the block has no word before its brace.
pub(crate) fn is_plain_block(input: &Input, block: NodeId) -> bool {
    input.node_kind(block) == N::BlockExpr && input.kind(input.first(block)) == T::OpenBrace
}

/// Whether nothing stands in the block, comments included.
pub(crate) fn is_empty_block(input: &Input, block: NodeId) -> bool {
    let tokens = input.tree().tokens(block);
    let open = (tokens.start..tokens.end).find(|&token| input.kind(token) == T::OpenBrace);
    open.is_some_and(|open| input.next_code(open + 1) + 1 == tokens.end && !input.has_comment(open, tokens.end))
}

fn block_allows(input: &Input, node: NodeId) -> bool {
    is_empty_block(input, node) || single_expression_of_words(input, node).is_some()
}

/// [`single_expression`] of a block that may have words or a label before its brace.
fn single_expression_of_words(input: &Input, block: NodeId) -> Option<NodeId> {
    let tree = input.tree();
    let mut children =
        tree.children(block).filter(|&child| !matches!(input.node_kind(child), N::Label | N::TryBlockModifier));
    let child = children.next()?;
    let is_only = children.next().is_none() && is_expression(input.node_kind(child));
    let tokens = tree.tokens(block);
    let last = input.previous_code(tokens.end - 1)?;
    let has_attribute = tree.children(child).next().is_some_and(|first| input.node_kind(first) == N::Attr);
    (is_only && last + 1 == tree.tokens(child).end && !has_attribute).then_some(child)
}

fn closure_allows(input: &Input, node: NodeId) -> bool {
    let Some(body) = input.tree().children(node).last() else { return false };
    !is_plain_block(input, body) || is_empty_block(input, body)
}

pub(crate) fn holds_let(input: &Input, node: NodeId) -> bool {
    input.tree().children(node).any(|child| match input.node_kind(child) {
        N::LetExpr => true,
        N::BinExpr => holds_let(input, child),
        _ => false,
    })
}

/// A chain of two conditions of which the first is a name or a truth value.
pub(crate) fn is_short_let_chain(input: &Input, node: NodeId) -> bool {
    let mut children = input.tree().children(node).filter(|&child| input.node_kind(child) != N::Attr);
    let (Some(first), Some(second)) = (children.next(), children.next()) else { return false };
    let tokens = input.tree().tokens(first);
    let negated = input.node_kind(first) == N::PrefixExpr && tokens.len() == 2 && input.is(tokens.start, "!");
    let is_bare = tokens.len() == 1 && matches!(input.node_kind(first), N::PathExpr | N::Literal);
    (is_bare || negated) && input.node_kind(second) == N::LetExpr
}
