//! Closures: parameters, and whether the body has braces.
//!
//! A body of one expression loses its braces where it then stands on one line or is a block of its own kind; another body gets
//! them where it does not fit.

use rustg_syntax::{NodeId, NodeKind as N};

use super::{blocks, control};
use crate::flat::{is_empty_block, is_plain_block, single_expression};
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit};

struct Closure {
    body: NodeId,
    parameters: NodeId,
    has_return_type: bool,
}

fn closure_of(formatter: &Formatter<'_>, node: NodeId) -> Result<Closure, Fail> {
    let parameters = formatter.child(node, N::ParamList).ok_or(Fail)?;
    let body = formatter.input.tree().children(node).last().filter(|&body| body != parameters).ok_or(Fail)?;
    Ok(Closure { body, parameters, has_return_type: formatter.child(node, N::RetType).is_some() })
}

pub(crate) fn closure(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let closure = closure_of(formatter, node)?;
    head(formatter, node, &closure, shape)?;
    formatter.pieces.space();
    let body = closure.body;
    if !is_plain_block(formatter.input, body) {
        let plain = formatter.attempt(|formatter| bare_body(formatter, body, shape));
        return plain.map(|_| ()).or_else(|Fail| braced_body(formatter, body, shape));
    }
    if is_empty_block(formatter.input, body) {
        return formatter.node(body, Shape { right: u32::MAX, ..shape });
    }
    if !closure.has_return_type && !formatter.in_macro {
        let without = formatter.attempt(|formatter| {
            let inner = inner_body(formatter, body);
            if inner == body {
                return bare_body(formatter, body, shape);
            }
            if is_forced_block(formatter, inner) {
                return blocks::block_of_statements(formatter, body, shape);
            }
            formatter.skip_to(formatter.input.first(inner))?;
            bare_body(formatter, inner, shape)?;
            formatter.skip_to(formatter.input.end(body))
        });
        if without.is_ok() {
            return Ok(());
        }
    }
    blocks::block(formatter, body, shape)
}

/// Everything up to the body.
fn head(formatter: &mut Formatter<'_>, node: NodeId, closure: &Closure, shape: Shape) -> Fit {
    let input = formatter.input;
    let list = input.tree().tokens(closure.parameters);
    let first = formatter.start(node);
    formatter.flat(first, list.start)?;
    if list.start > first {
        formatter.gap(list.start);
    }
    let end = formatter.child(node, N::RetType).map_or(list.end, |ret| input.end(ret));
    let width = input.width(list.start, end);
    let has_attributes =
        formatter.children(closure.parameters).iter().any(|&parameter| formatter.has_attributes(parameter));
    let room = shape.right.saturating_sub(2);
    if formatter.pieces.column + width <= room.max(formatter.pieces.column)
        && !has_attributes
        && !input.has_break(list.start, end)
    {
        return formatter.flat(list.start, end);
    }
    // Parameters one a line, in the column of the first.
    let column = formatter.pieces.column + 1;
    formatter.token(list.start)?;
    let parameters = formatter.children(closure.parameters);
    for (index, &parameter) in parameters.iter().enumerate() {
        if index > 0 {
            formatter.pieces.word(Word::Comma);
            formatter.pieces.newline(column);
            formatter.skip_to(input.first(parameter))?;
        }
        formatter.node(parameter, Shape { indent: column, right: shape.right })?;
    }
    formatter.skip_to(list.end - 1)?;
    formatter.token(list.end - 1)?;
    formatter.next_flat(list.end, end)
}

/// What braces that may go stand around.
fn inner_body(formatter: &Formatter<'_>, body: NodeId) -> NodeId {
    let mut body = body;
    while is_plain_block(formatter.input, body) {
        match single_expression(formatter.input, body) {
            Some(inner) => body = inner,
            None => break,
        }
    }
    body
}

/// Bodies that keep braces around them.
fn is_forced_block(formatter: &Formatter<'_>, node: NodeId) -> bool {
    if formatter.in_macro {
        return false;
    }
    match formatter.kind(node) {
        N::IfExpr | N::WhileExpr | N::ForExpr => true,
        N::LoopExpr => formatter.is_style_2024(),
        N::RefExpr | N::TryExpr | N::PrefixExpr | N::CastExpr => {
            crate::flat::receiver(formatter.input, node).is_some_and(|inner| is_forced_block(formatter, inner))
        }
        _ => false,
    }
}

fn may_be_multiline(formatter: &Formatter<'_>, node: NodeId) -> bool {
    match formatter.kind(node) {
        N::MatchExpr | N::BlockExpr | N::LoopExpr | N::RecordExpr => true,
        N::RefExpr | N::TryExpr | N::PrefixExpr | N::CastExpr => {
            crate::flat::receiver(formatter.input, node).is_some_and(|inner| may_be_multiline(formatter, inner))
        }
        _ => false,
    }
}

/// The body without braces of its own: on one line, unless it is one that ends like a block.
fn bare_body(formatter: &mut Formatter<'_>, body: NodeId, shape: Shape) -> Fit {
    let mark = formatter.pieces.mark();
    formatter.node(body, shape)?;
    if formatter.is_multiline(mark)
        && mark.column + formatter.pieces.first_line_width(formatter.input, mark) > shape.right
    {
        return Err(Fail);
    }
    let vetoed = !may_be_multiline(formatter, body) && !formatter.in_macro;
    if vetoed && formatter.is_multiline(mark) { Err(Fail) } else { Ok(()) }
}

/// The body as the only statement of a block that the source does not have.
fn braced_body(formatter: &mut Formatter<'_>, body: NodeId, shape: Shape) -> Fit {
    if is_vetoed(formatter, body) {
        return Err(Fail);
    }
    let first = formatter.input.first(body);
    formatter.pass_comments(first)?;
    formatter.pieces.word(Word::OpenBrace);
    let inner = formatter.block_shape(shape.indent);
    formatter.pieces.newline(inner.indent);
    formatter.pieces.cursor = first;
    blocks::last_expression(formatter, body, inner)?;
    formatter.pieces.newline(shape.indent);
    formatter.pieces.word(Word::CloseBrace);
    Ok(())
}

/// Operators whose left end is a block would end a statement there.
fn is_vetoed(formatter: &Formatter<'_>, body: NodeId) -> bool {
    let mut leftmost = body;
    let mut is_operator = false;
    while matches!(
        formatter.kind(leftmost),
        N::CallExpr
            | N::BinExpr
            | N::CastExpr
            | N::FieldExpr
            | N::IndexExpr
            | N::RangeExpr
            | N::TryExpr
            | N::MethodCallExpr
    ) {
        is_operator = true;
        match formatter.input.tree().children(leftmost).next() {
            Some(next) => leftmost = next,
            None => break,
        }
    }
    is_operator
        && matches!(
            formatter.kind(leftmost),
            N::IfExpr | N::MatchExpr | N::BlockExpr | N::WhileExpr | N::LoopExpr | N::ForExpr
        )
        && formatter.kind(body) != N::MethodCallExpr
}

/// A closure as the last argument of a call, whose body may hang over the end of the line.
pub(crate) fn last_closure(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let closure = closure_of(formatter, node)?;
    // Parameters of a hanging closure stand on one line.
    let input = formatter.input;
    let end = formatter.child(node, N::RetType).map_or(input.end(closure.parameters), |ret| input.end(ret));
    let head_width = input.width(formatter.start(node), end);
    if input.has_break(input.first(node), end) || formatter.pieces.column + head_width > shape.right.saturating_sub(2) {
        return Err(Fail);
    }
    let mut body = closure.body;
    if is_plain_block(formatter.input, body) && !formatter.in_macro {
        body = single_expression(formatter.input, body).unwrap_or(body);
    }
    let is_wrapped = body != closure.body;
    if is_forced_block(formatter, body) {
        head(formatter, node, &closure, shape)?;
        formatter.pieces.space();
        if !closure.has_return_type {
            let single = formatter.attempt(|formatter| {
                let mark = formatter.pieces.mark();
                formatter.skip_to(formatter.input.first(body))?;
                formatter.node(body, shape)?;
                if formatter.is_multiline(mark) {
                    Err(Fail)
                } else {
                    formatter.skip_to(formatter.input.end(closure.body))
                }
            });
            if single.is_ok() {
                return Ok(());
            }
        }
        return if is_wrapped {
            blocks::block_of_statements(formatter, closure.body, shape)
        } else {
            braced_body(formatter, body, shape)
        };
    }
    if control::has_broken_condition(formatter, body, shape) {
        head(formatter, node, &closure, shape)?;
        formatter.pieces.space();
        return if is_wrapped {
            blocks::block_of_statements(formatter, closure.body, shape)
        } else {
            braced_body(formatter, body, shape)
        };
    }
    formatter.node(node, shape)
}
