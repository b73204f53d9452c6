//! Binary operators, casts and ranges.

use rustg_syntax::{NodeId, NodeKind as N};

use super::lists::Captured;
use crate::flat::{holds_let, is_short_let_chain};
use crate::formatter::{Formatter, Shape};
use crate::{Fail, Fit};

/// The operands of `left op right`, and the tokens of the operator.
fn operands(formatter: &Formatter<'_>, node: NodeId) -> Option<(NodeId, (usize, usize), NodeId)> {
    let input = formatter.input;
    let mut children = input.tree().children(node).filter(|&child| formatter.kind(child) != N::Attr);
    let (left, right) = (children.next()?, children.next()?);
    let first = input.next_code(input.end(left));
    let mut end = first + 1;
    while end < input.first(right) && input.is_code(end) {
        end += 1;
    }
    Some((left, (first, end), right))
}

fn operator<'a>(formatter: &Formatter<'a>, (first, end): (usize, usize)) -> &'a str {
    let starts = &formatter.input.parse.tokens.starts;
    &formatter.input.text[starts[first] as usize..starts[end] as usize]
}

pub(crate) fn binary(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let (left, tokens, right) = operands(formatter, node).ok_or(Fail)?;
    let text = operator(formatter, tokens);
    if is_assignment(text) {
        formatter.node(left, shape.less(1 + text.len() as u32))?;
        formatter.pieces.space();
        formatter.flat(tokens.0, tokens.1)?;
        return super::assignments::right_hand_side_with(
            formatter,
            shape,
            super::assignments::Overflow::No,
            formatter.input.first(right),
            |formatter, shape| formatter.node(right, shape),
        );
    }
    let start = formatter.pieces.mark();
    let list = flatten(formatter, node, text);
    let is_let_chain = holds_let(formatter.input, node);
    if !is_let_chain || is_short_let_chain(formatter.input, node) {
        let one = formatter.attempt(|formatter| one_line(formatter, &list, shape));
        if one.is_ok() {
            return Ok(());
        }
    }
    if formatter.attempt(|formatter| several_lines(formatter, &list, shape)).is_ok() {
        return Ok(());
    }
    formatter.pieces.rewind(start);
    pair(formatter, left, tokens, right, shape, true)
}

fn is_assignment(text: &str) -> bool {
    text.ends_with('=') && !matches!(text, "==" | "!=" | "<=" | ">=")
}

/// An operand and the operator before it; none before the first.
struct Operand {
    operator: Option<(usize, usize)>,
    node: NodeId,
}

/// Operands that the same operator joins, in order.
fn flatten(formatter: &Formatter<'_>, node: NodeId, text: &str) -> Vec<Operand> {
    let mut spine = Vec::new();
    let mut at = node;
    while formatter.kind(at) == N::BinExpr
        && let Some((left, tokens, right)) = operands(formatter, at)
        && operator(formatter, tokens) == text
        && (at == node || !formatter.has_attributes(at))
    {
        spine.push((tokens, right));
        at = left;
    }
    let mut list = vec![Operand { operator: None, node: at }];
    list.extend(spine.into_iter().rev().map(|(operator, node)| Operand { operator: Some(operator), node }));
    list
}

/// The room of operands on lines of their own.
fn nested(formatter: &Formatter<'_>, shape: Shape) -> Shape {
    Shape {
        indent: shape.indent + formatter.tab(),
        right: formatter.max_width().saturating_sub(formatter.overhead(shape)),
    }
}

/// All operands on one line; the last may go on behind it where lines would not be better.
fn one_line(formatter: &mut Formatter<'_>, list: &[Operand], shape: Shape) -> Fit {
    let input = formatter.input;
    let start = formatter.pieces.mark();
    let (last, others) = list.split_last().ok_or(Fail)?;
    let nested = nested(formatter, shape);
    for (index, operand) in others.iter().enumerate() {
        if let Some((first, end)) = operand.operator {
            formatter.pieces.space();
            formatter.flat(first, end)?;
            formatter.pieces.space();
        }
        let room = if index == 0 { shape } else { Shape { right: u32::MAX / 2, ..nested } };
        formatter.skip_to(input.first(operand.node))?;
        formatter.node(operand.node, room)?;
        if formatter.is_multiline(start) || formatter.pieces.column > shape.right {
            return Err(Fail);
        }
    }
    let (first, end) = last.operator.ok_or(Fail)?;
    formatter.pieces.space();
    formatter.flat(first, end)?;
    formatter.pieces.space();
    let mark = formatter.pieces.mark();
    formatter.skip_to(input.first(last.node))?;
    formatter.node(last.node, shape)?;
    let width = formatter.pieces.first_line_width(input, mark);
    if mark.column + width > shape.right {
        return Err(Fail);
    }
    if formatter.is_multiline(mark) {
        let opens = |brace| input.is(input.first(last.node), brace);
        let prefix = mark.column - start.column;
        if !opens("{") && (opens("(") || prefix > formatter.tab()) {
            return Err(Fail);
        }
    }
    if formatter.is_fitting(start, shape) { Ok(()) } else { Err(Fail) }
}

/// An operator and its operand on each line.
fn several_lines(formatter: &mut Formatter<'_>, list: &[Operand], shape: Shape) -> Fit {
    let input = formatter.input;
    let start = formatter.pieces.mark();
    let nested = nested(formatter, shape);
    let (first, others) = list.split_first().ok_or(Fail)?;
    formatter.node(first.node, shape)?;
    for operand in others {
        let (operator_first, operator_end) = operand.operator.ok_or(Fail)?;
        let width = (operator_first..operator_end).len() as u32;
        formatter.pass_comments(operator_first)?;
        // A short first line takes the next operand too, so that nothing stands alone.
        if formatter.pieces.column <= nested.indent {
            let snug = formatter.attempt(|formatter| {
                formatter.pieces.space();
                formatter.flat(operator_first, operator_end)?;
                formatter.pieces.space();
                formatter.skip_to(input.first(operand.node))?;
                formatter.node(operand.node, shape)
            });
            if snug.is_ok() {
                continue;
            }
        }
        let column = nested.indent + width + 1;
        let captured: Captured = formatter.capture(column, |formatter| {
            formatter.pieces.cursor = operator_end;
            formatter.skip_to(input.first(operand.node))?;
            formatter.node(operand.node, nested)
        })?;
        formatter.pieces.newline(nested.indent);
        formatter.pieces.cursor = operator_first;
        formatter.flat(operator_first, operator_end)?;
        formatter.pieces.space();
        formatter.put(&captured);
    }
    let _ = start;
    Ok(())
}

pub(crate) fn cast(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let (left, tokens, right) = operands(formatter, node).ok_or(Fail)?;
    pair(formatter, left, tokens, right, shape, true)
}

pub(crate) fn range(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    match operands(formatter, node) {
        Some((left, tokens, right)) => pair(formatter, left, tokens, right, shape, false),
        None => super::sequence::sequence(formatter, node, shape),
    }
}

/// Two operands on one line, or the second with the operator on the next.
fn pair(
    formatter: &mut Formatter<'_>,
    left: NodeId,
    (first, end): (usize, usize),
    right: NodeId,
    shape: Shape,
    spaced: bool,
) -> Fit {
    let input = formatter.input;
    let start = formatter.pieces.mark();
    formatter.node(left, Shape { right: formatter.max_width(), ..shape })?;
    let left_width = formatter.pieces.last_line_width(start);
    let is_short = !formatter.is_multiline(start) && left_width <= formatter.tab();
    let before = formatter.pieces.mark();
    let same = formatter.attempt(|formatter| {
        if spaced {
            formatter.pieces.space();
        }
        formatter.flat(first, end)?;
        if spaced {
            formatter.pieces.space();
        }
        let mark = formatter.pieces.mark();
        formatter.skip_to(input.first(right))?;
        formatter.node(right, shape)?;
        let opens = formatter.pieces.first_line_end(input, mark) == Some('{');
        if formatter.is_multiline(mark) && !is_short && !opens {
            return Err(Fail);
        }
        let width = formatter.pieces.first_line_width(input, mark);
        // Behind several lines the last one counts with its indentation.
        let room = if before.lines > start.lines { shape.right.saturating_sub(start.column) } else { shape.right };
        if mark.column + width <= room { Ok(()) } else { Err(Fail) }
    });
    if same.is_ok() {
        return Ok(());
    }
    formatter.pieces.rewind(before);
    let nested = nested(formatter, shape);
    formatter.pass_comments(first)?;
    formatter.pieces.newline(nested.indent);
    formatter.pieces.cursor = first;
    formatter.flat(first, end)?;
    if spaced {
        formatter.pieces.space();
    }
    formatter.skip_to(input.first(right))?;
    formatter.node(right, nested)
}
