//! Expressions of a few tokens around others: indices, parentheses, jumps, `let` in conditions, literals; and alternatives.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::assignments::{self, Overflow};
use crate::formatter::{Formatter, Shape};
use crate::{Fail, Fit};

pub(crate) fn index(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let [base, index] = formatter.children(node)[..] else { return Err(Fail) };
    formatter.node(base, shape)?;
    let open = input.next_code(input.end(base));
    let close = input.end(node) - 1;
    let write = |formatter: &mut Formatter<'_>, shape: Shape| -> Fit {
        formatter.token(open)?;
        formatter.skip_to(input.first(index))?;
        formatter.node(index, shape.less(1))?;
        formatter.token(close)
    };
    let before = formatter.pieces.mark();
    let same = formatter.attempt(|formatter| write(formatter, shape));
    if same.is_ok() && !formatter.is_multiline(before) && formatter.pieces.column <= shape.right {
        return Ok(());
    }
    let taken = same.ok().map(|_| formatter.pieces.take(before));
    let next = Shape {
        indent: shape.indent + formatter.tab(),
        right: formatter.max_width().saturating_sub(formatter.overhead(shape)),
    };
    formatter.pieces.newline(next.indent);
    let mark = formatter.pieces.mark();
    let other = formatter.attempt(|formatter| write(formatter, next));
    match (taken, other) {
        (_, Ok(_)) if !formatter.is_multiline(mark) => Ok(()),
        (None, Ok(_)) => Ok(()),
        (Some(taken), _) => {
            formatter.pieces.rewind(before);
            formatter.pieces.put(&taken);
            Ok(())
        }
        (None, Err(Fail)) => Err(Fail),
    }
}

pub(crate) fn parenthesized(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let input = formatter.input;
    let mut inner = formatter.children(node).last().copied().ok_or(Fail)?;
    while input.config.remove_nested_parens && formatter.kind(inner) == N::ParenExpr && !formatter.has_attributes(inner)
    {
        inner = formatter.children(inner).last().copied().ok_or(Fail)?;
    }
    formatter.token(formatter.start(node))?;
    formatter.skip_to(input.first(inner))?;
    formatter.node(inner, shape.less(1))?;
    formatter.skip_to(input.end(node) - 1)?;
    formatter.token(input.end(node) - 1)
}

/// `return value`, `break 'label value`, …
pub(crate) fn jump(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let input = formatter.input;
    let Some(value) = formatter.operands(node).last().copied() else { return formatter.flat_node(node) };
    formatter.flat(formatter.start(node), input.first(value))?;
    formatter.pieces.space();
    formatter.node(value, shape)
}

/// `let pattern = value` in a condition.
pub(crate) fn let_condition(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let [pattern, value] = formatter.children(node)[..] else { return Err(Fail) };
    formatter.flat(input.first(node), input.first(pattern))?;
    formatter.pieces.space();
    formatter.node(pattern, shape.less(2))?;
    formatter.next_flat(input.end(pattern), input.first(value))?;
    assignments::right_hand_side_with(formatter, shape, Overflow::No, input.first(value), |formatter, shape| {
        formatter.node(value, shape)
    })
}

/// A literal that is too long, or has lines of its own.
pub(crate) fn literal(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let input = formatter.input;
    let text = input.token_text(input.first(node));
    let mark = formatter.pieces.mark();
    formatter.flat_node(node)?;
    // What is between the quotes of a string over several lines is nobody's width.
    if text.contains('\n') {
        return if formatter.pieces.column <= shape.right && mark.column + 1 <= shape.right {
            Ok(())
        } else {
            Err(Fail)
        };
    }
    if formatter.pieces.column <= shape.right { Ok(()) } else { Err(Fail) }
}

/// `a | b | c` in patterns.
pub(crate) fn alternatives(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let items = formatter.children(node);
    if input.kind(input.first(node)) == T::Or {
        formatter.skip_to(input.first(*items.first().ok_or(Fail)?))?;
    }
    let column = formatter.pieces.column;
    let width: u32 = items.iter().map(|&item| input.node_width(item) + 3).sum::<u32>().saturating_sub(3);
    let single = items.iter().all(|&item| input.flat[item.index()]) && column + width <= shape.right;
    // Short names share lines; others have one each.
    let is_short = |&item: &NodeId| {
        input.tree().tokens(item).len() <= 3
            && input.node_width(item) <= formatter.tab()
            && is_short_pattern(formatter, item)
    };
    let packs = !single && items.iter().all(is_short);
    let nested = Shape { indent: column, right: shape.right };
    for (index, &item) in items.iter().enumerate() {
        if index > 0 {
            let bar = input.next_code(formatter.pieces.cursor);
            formatter.pass_comments(bar)?;
            formatter.pieces.cursor = bar;
            let fits = formatter.pieces.column + 3 + input.node_width(item) <= shape.right;
            if single || packs && fits {
                formatter.pieces.space();
            } else {
                formatter.pieces.newline(nested.indent);
            }
            formatter.token(bar)?;
            formatter.pieces.space();
            formatter.skip_to(input.first(item))?;
        }
        formatter.node(item, nested)?;
    }
    Ok(())
}

/// Patterns that may share a line with their like.
fn is_short_pattern(formatter: &Formatter<'_>, pattern: NodeId) -> bool {
    match formatter.kind(pattern) {
        N::RestPat | N::WildcardPat | N::LiteralPat => true,
        N::IdentPat | N::PathPat => true,
        N::RefPat | N::BoxPat | N::ParenPat => {
            formatter.children(pattern).last().is_some_and(|&inner| is_short_pattern(formatter, inner))
        }
        _ => false,
    }
}
