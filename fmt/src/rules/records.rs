//! Struct literals and struct patterns.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::attributes;
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit};

pub(crate) fn record_expression(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let [path, fields] = formatter.operands(node)[..] else { return Err(Fail) };
    formatter.node(path, shape.less(2))?;
    fields_in_braces(formatter, fields, shape)
}

pub(crate) fn record_pattern(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let [path, fields] = formatter.children(node)[..] else { return Err(Fail) };
    formatter.node(path, shape.less(2))?;
    fields_in_braces(formatter, fields, shape)
}

fn fields_in_braces(formatter: &mut Formatter<'_>, list: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let tokens = input.tree().tokens(list);
    let (open, close) = (tokens.start, tokens.end - 1);
    formatter.pieces.space();
    if formatter.pieces.column + input.node_width(list) <= shape.right && input.flat[list.index()] {
        return formatter.flat_node(list);
    }
    formatter.token(open)?;
    if formatter.kind(list) == N::RecordExprFieldList && formatter.child(list, N::Attr).is_some() {
        return Err(Fail);
    }
    let nested = formatter.block_shape(shape.indent);
    // A base or rest is no field, and no comma stands behind it.
    let parts = formatter.parts(list);
    let rest = parts.iter().find_map(|part| match part {
        super::sequence::Part::Token(token) if input.kind(*token) == T::Dot => Some(*token),
        super::sequence::Part::Node(node) if formatter.kind(*node) == N::RestPat => Some(input.first(*node)),
        _ => None,
    });
    let fields: Vec<_> = formatter
        .children(list)
        .into_iter()
        .filter(|&child| matches!(formatter.kind(child), N::RecordExprField | N::RecordPatField))
        .collect();
    if fields.is_empty() && rest.is_none() {
        formatter.close(close, nested.indent, shape.indent, true);
        return formatter.token(close);
    }
    // Short literals that only failed to be flat for reasons of their parts are tried on one line.
    if one_line(formatter, &fields, rest, close, shape) {
        return Ok(());
    }
    if let Some(rest) = rest
        && formatter.kind(list) == N::RecordPatFieldList
        && short_with_rest(formatter, &fields, rest, close, shape)
    {
        return Ok(());
    }
    let comma = rest.is_none() && (!formatter.in_macro || has_trailing_comma(formatter, close));
    match rest {
        None => {
            formatter.vertical_items(&fields, nested, shape.indent, close, comma, true, |formatter, field| {
                formatter.node(field, nested.less(1))
            })?;
        }
        Some(rest) => {
            let mut at_start = true;
            for &field in &fields {
                formatter.separate(input.first(field), nested.indent, at_start);
                at_start = false;
                formatter.node(field, nested.less(1))?;
                let separator = input.next_code(input.end(field));
                formatter.pass_comments(separator)?;
                formatter.pieces.cursor = separator + 1;
                formatter.pieces.word(Word::Comma);
                formatter.trailing_comments(rest);
            }
            formatter.separate(rest, nested.indent, at_start);
            let base = formatter.children(list).last().copied().filter(|&child| input.first(child) > rest);
            match base {
                Some(base) if formatter.kind(list) == N::RecordExprFieldList => {
                    formatter.flat(rest, input.first(base))?;
                    formatter.node(base, nested)?;
                }
                _ => formatter.flat(rest, input.next_code(rest + 1) + 1)?,
            }
            let next = input.next_code(formatter.pieces.cursor);
            if next < close {
                formatter.skip_to(next + 1)?;
            }
            formatter.close(close, nested.indent, shape.indent, false);
        }
    }
    formatter.token(close)
}

/// Fields that would fit were it not for the `..` behind them: all on one line of their own.
fn short_with_rest(formatter: &mut Formatter<'_>, fields: &[NodeId], rest: usize, close: usize, shape: Shape) -> bool {
    let input = formatter.input;
    let Some(&last) = fields.last() else { return false };
    let first = input.first(fields[0]);
    if input.has_comment(formatter.pieces.cursor, close)
        || fields.iter().any(|field| !input.flat[field.index()])
        || input.width(first, input.end(last)) > input.widths.struct_literal
    {
        return false;
    }
    let nested = formatter.block_shape(shape.indent);
    formatter
        .attempt(|formatter| {
            formatter.pieces.newline(nested.indent);
            formatter.skip_to(first)?;
            formatter.flat(first, rest + 2)?;
            formatter.pieces.newline(shape.indent);
            formatter.skip_to(close)?;
            formatter.token(close)
        })
        .is_ok()
}

fn has_trailing_comma(formatter: &Formatter<'_>, close: usize) -> bool {
    formatter.input.previous_code(close).is_some_and(|token| formatter.input.kind(token) == T::Comma)
}

/// Fields on one line where the whole keeps to the width of struct literals; tells whether that is written.
fn one_line(formatter: &mut Formatter<'_>, fields: &[NodeId], rest: Option<usize>, close: usize, shape: Shape) -> bool {
    let input = formatter.input;
    if rest.is_some() || input.has_comment(formatter.pieces.cursor, close) || input.widths.struct_literal == 0 {
        return false;
    }
    let limit = input.widths.struct_literal;
    let result = formatter.attempt(|formatter| {
        let mark = formatter.pieces.mark();
        formatter.pieces.space();
        let inner = formatter.pieces.mark();
        for (index, &field) in fields.iter().enumerate() {
            if formatter.has_attributes(field) {
                return Err(Fail);
            }
            if index > 0 {
                formatter.pieces.word(Word::Comma);
                formatter.pieces.space();
            }
            formatter.skip_to(input.first(field))?;
            formatter.node(field, shape)?;
            if formatter.is_multiline(mark) || formatter.pieces.column - inner.column > limit {
                return Err(Fail);
            }
        }
        formatter.pieces.space();
        formatter.skip_to(close)?;
        formatter.token(close)?;
        if formatter.pieces.column <= shape.right { Ok(()) } else { Err(Fail) }
    });
    result.is_ok()
}

/// `name: value`
pub(crate) fn field(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    attributes::own_lines(formatter, node, shape)?;
    let value =
        formatter.children(node).into_iter().filter(|&child| formatter.kind(child) != N::Attr).last().ok_or(Fail)?;
    let first = attributes::first_behind(formatter, node);
    if first == input.first(value) {
        return formatter.node(value, shape);
    }
    formatter.flat(first, input.first(value))?;
    let is_short = input.config.use_field_init_shorthand
        && formatter.kind(value) == N::PathExpr
        && input.tree().tokens(value).len() == 1
        && input.token_text(first) == input.token_text(input.first(value));
    if is_short {
        return Err(Fail);
    }
    let before = formatter.pieces.mark();
    formatter.pieces.space();
    if formatter.attempt(|formatter| formatter.node(value, shape)).is_ok() {
        return Ok(());
    }
    formatter.pieces.rewind(before);
    let next = formatter.block_shape(shape.indent);
    formatter.pieces.newline(next.indent);
    formatter.node(value, next)
}

/// `name: pattern` in a pattern.
pub(crate) fn pattern_field(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    attributes::own_lines(formatter, node, shape)?;
    let pattern =
        formatter.children(node).into_iter().filter(|&child| formatter.kind(child) != N::Attr).last().ok_or(Fail)?;
    let first = attributes::first_behind(formatter, node);
    if first == input.first(pattern) {
        return formatter.node(pattern, shape);
    }
    formatter.flat(first, input.first(pattern))?;
    let before = formatter.pieces.mark();
    formatter.pieces.space();
    let mark = formatter.pieces.mark();
    formatter.node(pattern, shape)?;
    // The whole text counts, not its first line.
    let width = formatter.pieces.text_len(input, mark);
    if before.column + 1 + width <= shape.right {
        return Ok(());
    }
    formatter.pieces.rewind(before);
    let next = formatter.block_shape(shape.indent);
    formatter.pieces.newline(next.indent);
    formatter.node(pattern, next)
}
