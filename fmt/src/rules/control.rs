//! `if`, loops and `let … else`: conditions, where the brace goes, and when everything stands on one line.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::assignments::{self, Overflow};
use super::blocks;
use crate::flat::{is_expression, single_expression};
use crate::formatter::{Formatter, Shape};
use crate::writer::Mark;
use crate::{Fail, Fit};

pub(crate) fn if_expression(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    // On one line it is flat; that was tried where it may be.
    if_statement(formatter, node, shape)
}

/// An `if` over several lines.
pub(crate) fn if_statement(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let input = formatter.input;
    let mut node = node;
    let mut is_nested = false;
    loop {
        let children = formatter.operands(node);
        let (&condition, rest) = children.split_first().ok_or(Fail)?;
        let (&then, rest) = rest.split_first().ok_or(Fail)?;
        head(formatter, formatter.start(node), condition, then, shape, is_nested)?;
        if crate::flat::is_empty_block(input, then) && !rest.is_empty() {
            formatter.token(input.first(then))?;
            formatter.pieces.newline(shape.indent);
            formatter.token(input.end(then) - 1)?;
        } else {
            blocks::block_of_statements(formatter, then, shape)?;
        }
        let Some(&otherwise) = rest.first() else { return Ok(()) };
        let keyword = input.next_code(input.end(then));
        else_comments(formatter, keyword, shape)?;
        formatter.token(keyword)?;
        if input.has_comment(formatter.pieces.cursor, input.first(otherwise)) {
            return Err(Fail);
        }
        formatter.pieces.space();
        if formatter.kind(otherwise) != N::IfExpr {
            return blocks::block_of_statements(formatter, otherwise, shape);
        }
        node = otherwise;
        is_nested = true;
    }
}

/// What stands between `}` and `else`: a space, or comments on lines of their own.
fn else_comments(formatter: &mut Formatter<'_>, keyword: usize, shape: Shape) -> Fit {
    let input = formatter.input;
    if !input.has_comment(formatter.pieces.cursor, keyword) {
        formatter.pieces.space();
        formatter.pieces.cursor = keyword;
        return Ok(());
    }
    for token in formatter.pieces.cursor..keyword {
        if matches!(input.kind(token), T::LineComment | T::BlockComment) {
            if formatter.has_trailing_comment(formatter.pieces.cursor) && formatter.pieces.cursor <= token {
                return Err(Fail);
            }
            formatter.pieces.newline(shape.indent);
            formatter.comment(token);
        }
    }
    formatter.pieces.newline(shape.indent);
    formatter.pieces.cursor = keyword;
    Ok(())
}

/// Keyword and condition, and the space or line break before the brace.
fn head(
    formatter: &mut Formatter<'_>,
    first: usize,
    condition: NodeId,
    block: NodeId,
    shape: Shape,
    is_nested: bool,
) -> Fit {
    let input = formatter.input;
    let start = formatter.pieces.mark();
    formatter.flat(first, input.first(condition))?;
    // Behind `} else ` the room is that of the line all the same.
    let _ = is_nested;
    let room = Shape { indent: shape.indent, right: formatter.max_width() };
    condition_expression(formatter, condition, room)?;
    brace_gap(formatter, start, condition, block, shape)
}

/// The space before the brace, or a line break where the condition's last line is like the block's first.
fn brace_gap(formatter: &mut Formatter<'_>, start: Mark, condition: NodeId, block: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let brace = blocks::open_brace(formatter, block);
    formatter.pass_comments(brace)?;
    let multiline = formatter.is_multiline(start);
    let too_long = !multiline && formatter.pieces.column + 2 > formatter.max_width();
    let extendable = formatter.pieces.is_last_line_extendable(input, start);
    let offset = formatter.pieces.column.saturating_sub(formatter.pieces.trimmed_last_line_width(start));
    let forced = (multiline || too_long) && (!extendable || multiline && offset > shape.indent);
    let _ = condition;
    if forced {
        formatter.pieces.newline(shape.indent);
    } else {
        formatter.pieces.space();
    }
    formatter.pieces.cursor = brace;
    Ok(())
}

/// A condition: `let` with its pattern, or an expression.
fn condition_expression(formatter: &mut Formatter<'_>, condition: NodeId, shape: Shape) -> Fit {
    if !formatter.pieces.list.is_empty() {
        formatter.pieces.space();
    }
    if formatter.kind(condition) == N::LetExpr && !formatter.has_attributes(condition) {
        return super::expressions::let_condition(formatter, condition, shape);
    }
    formatter.node(condition, shape)
}

pub(crate) fn loop_expression(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let input = formatter.input;
    let children = formatter.operands(node);
    let body = *children.last().ok_or(Fail)?;
    let inner: Vec<_> =
        children.iter().copied().filter(|&child| child != body && formatter.kind(child) != N::Label).collect();
    match (formatter.kind(node), &inner[..]) {
        (N::LoopExpr, []) => {
            formatter.flat(formatter.start(node), input.first(body))?;
            formatter.pieces.space();
        }
        (N::WhileExpr, &[condition]) => head(formatter, formatter.start(node), condition, body, shape, false)?,
        (N::ForExpr, &[pattern, iterable]) => {
            let start = formatter.pieces.mark();
            formatter.flat(formatter.start(node), input.first(pattern))?;
            formatter.pieces.space();
            let room = Shape { indent: shape.indent, right: formatter.max_width() };
            formatter.node(pattern, room.less(3))?;
            formatter.next_flat(input.end(pattern), input.first(iterable))?;
            assignments::right_hand_side_with(
                formatter,
                room,
                Overflow::No,
                input.first(iterable),
                |formatter, shape| formatter.node(iterable, shape),
            )?;
            brace_gap(formatter, start, iterable, body, shape)?;
        }
        _ => return Err(Fail),
    }
    blocks::block_of_statements(formatter, body, shape)
}

/// Whether the condition of a control expression takes several lines.
pub(crate) fn has_broken_condition(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> bool {
    let kind = formatter.kind(node);
    if !matches!(kind, N::IfExpr | N::WhileExpr | N::ForExpr | N::MatchExpr) {
        return false;
    }
    let Some(condition) = formatter
        .input
        .tree()
        .children(node)
        .filter(|&child| formatter.kind(child) != N::Label)
        .nth(usize::from(kind == N::ForExpr))
    else {
        return false;
    };
    let column = formatter.pieces.column;
    let width = formatter.input.width(formatter.input.first(node), formatter.input.end(condition));
    let room = Shape { indent: shape.indent, right: formatter.max_width() };
    if formatter.input.flat[condition.index()] && column + width <= room.right {
        return false;
    }
    let first = formatter.input.first(condition);
    let lead = formatter.input.width(formatter.input.first(node), first) + 1;
    formatter
        .capture(column + lead, |formatter| {
            formatter.pieces.cursor = first;
            formatter.node(condition, room)
        })
        .is_ok_and(|condition| condition.is_multiline())
}

/// `else { … }` behind the value of a `let`.
pub(crate) fn let_else(
    formatter: &mut Formatter<'_>,
    (start, shape): (Mark, Shape),
    value: NodeId,
    otherwise: NodeId,
) -> Fit {
    let input = formatter.input;
    let block = formatter.children(otherwise).first().copied().ok_or(Fail)?;
    let keyword = input.first(otherwise);
    formatter.pass_comments(input.first(block))?;
    let multiline = formatter.is_multiline(start);
    let is_short = !multiline
        && single_expression(input, block)
            .is_some_and(|inner| input.flat[inner.index()] && is_expression(formatter.kind(inner)));
    if is_short {
        let width = formatter.pieces.column - start.column + 1 + input.width(keyword, input.end(block));
        if width <= input.widths.let_else
            && formatter.pieces.column + 2 + input.width(keyword, input.end(block)) <= shape.right
        {
            formatter.pieces.space();
            return formatter.flat(keyword, input.end(block));
        }
    }
    // `else {` behind the value where that is one line, or ends like a block.
    let fits = formatter.pieces.column + " else {".len() as u32 <= formatter.max_width();
    let ends_alone = multiline && {
        let width = formatter.pieces.trimmed_last_line_width(start);
        let extendable = formatter.pieces.is_last_line_extendable(input, start);
        extendable && width > 0 && formatter.pieces.column.saturating_sub(width) == shape.indent
    };
    let _ = value;
    if (!multiline && fits) || ends_alone {
        formatter.pieces.space();
    } else {
        formatter.pieces.newline(shape.indent);
    }
    formatter.pieces.cursor = keyword;
    formatter.token(keyword)?;
    formatter.pieces.space();
    blocks::block_of_statements(formatter, block, shape)
}
