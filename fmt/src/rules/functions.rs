//! Functions: what stands before the name, parameters, return types, where clauses; and function pointers.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::lists::{List, Trailing};
use super::{attributes, blocks, items};
use crate::config::ParamsLayout;
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit};

pub(crate) fn function(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    attributes::own_lines(formatter, node, shape)?;
    let first = attributes::first_behind(formatter, node);
    let parameters = formatter.child(node, N::ParamList).ok_or(Fail)?;
    let generics = formatter.child(node, N::GenericParamList);
    let returns = formatter.child(node, N::RetType);
    let clause = formatter.child(node, N::WhereClause).filter(|&clause| !items::is_empty_where(formatter, clause));
    let body = formatter.child(node, N::BlockExpr);
    let start = formatter.pieces.mark();
    let head_end = generics.map_or(input.first(parameters), |generics| input.first(generics));
    items::head(formatter, first, head_end)?;
    // `) {` or `);` stand behind on the same line, if no where clause does.
    let behind = match (clause, body) {
        (Some(_), _) => 0,
        (None, Some(_)) => 2,
        (None, None) => 1,
    };
    let return_width = returns.map_or(0, |returns| input.node_width(returns) + 1);
    if let Some(generics) = generics {
        formatter.node(generics, Shape { right: formatter.max_width().saturating_sub(2), ..shape })?;
    }
    let broken_generics = formatter.is_multiline(start);
    let close = input.end(parameters) - 1;
    let one_line =
        formatter.pieces.column + input.node_width(parameters) + return_width + behind <= formatter.max_width();
    let is_empty = formatter.children(parameters).is_empty();
    let mut in_block = false;
    let may_be_flat = input.flat[parameters.index()]
        && !(input.config.fn_params_layout == ParamsLayout::Vertical && formatter.children(parameters).len() > 1);
    let plain_returns = returns.is_none_or(|returns| input.flat[returns.index()]);
    if may_be_flat && (one_line && plain_returns && !broken_generics || is_empty) {
        formatter.flat_node(parameters)?;
    } else if is_empty {
        let list = list_of(formatter, parameters);
        formatter.list(&list, shape)?;
    } else {
        let fits_alone = may_be_flat
            && formatter.pieces.column + input.node_width(parameters) + return_width <= formatter.max_width();
        let _ = fits_alone;
        in_block = true;
        let nested = formatter.block_shape(shape.indent);
        formatter.token(input.first(parameters))?;
        let list = formatter.children(parameters);
        let variadic = list.last().is_some_and(|&last| is_variadic(formatter, last));
        formatter.vertical_items(&list, nested, shape.indent, close, !variadic, true, |formatter, parameter| {
            self::parameter(formatter, parameter, nested.less(1))
        })?;
        formatter.token(close)?;
    }
    if let Some(returns) = returns {
        formatter.pass_comments(input.first(returns))?;
        let fits = formatter.pieces.column + return_width + behind <= formatter.max_width();
        if in_block || is_empty || fits || broken_generics {
            formatter.pieces.space();
            formatter.pieces.cursor = input.first(returns);
            return_type(formatter, returns, shape.less(behind))?;
        } else {
            let next = formatter.block_shape(shape.indent);
            formatter.pieces.newline(next.indent);
            formatter.pieces.cursor = input.first(returns);
            return_type(formatter, returns, next)?;
        }
    }
    if let Some(clause) = clause {
        let on_line = in_block && returns.is_none();
        items::where_clause_at(formatter, clause, shape, body.is_some(), on_line)?;
    }
    match body {
        None => formatter.token(input.end(node) - 1),
        Some(body) => {
            formatter.pass_comments(input.first(body))?;
            if clause.is_some() {
                formatter.pieces.newline(shape.indent);
            } else {
                formatter.pieces.space();
            }
            formatter.pieces.cursor = input.first(body);
            let is_broken = formatter.is_multiline(start) || formatter.pieces.column + 2 > formatter.max_width();
            if is_broken && crate::flat::is_empty_block(input, body) {
                formatter.token(input.first(body))?;
                formatter.pieces.newline(shape.indent);
                return formatter.token(input.end(body) - 1);
            }
            blocks::block_of_statements(formatter, body, shape)
        }
    }
}

fn return_type(formatter: &mut Formatter<'_>, returns: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let type_ = *formatter.children(returns).first().ok_or(Fail)?;
    formatter.flat(input.first(returns), input.first(type_))?;
    formatter.pieces.space();
    formatter.node(type_, shape)
}

fn is_variadic(formatter: &Formatter<'_>, parameter: NodeId) -> bool {
    let input = formatter.input;
    let end = input.end(parameter);
    end >= 3 && (end - 3..end).all(|token| input.kind(token) == T::Dot)
}

/// A parameter on a line of its own.
fn parameter(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    if first != input.first(node) {
        attributes::before_parameter(formatter, node, shape)?;
    }
    let children: Vec<_> =
        formatter.children(node).into_iter().filter(|&child| formatter.kind(child) != N::Attr).collect();
    let end = input.end(node);
    if children.iter().all(|child| input.flat[child.index()])
        && !input.has_comment(first, end)
        && formatter.pieces.column + input.width(first, end) <= shape.right
    {
        return formatter.flat(first, end);
    }
    let [pattern, type_] = children[..] else {
        let parts: Vec<_> =
            formatter.parts(node).into_iter().filter(|&part| formatter.part_first(part) >= first).collect();
        return formatter.write_parts(&parts, shape);
    };
    formatter.node(pattern, shape)?;
    formatter.flat(input.end(pattern), input.first(type_))?;
    let before = formatter.pieces.mark();
    formatter.pieces.space();
    if formatter.attempt(|formatter| formatter.node(type_, shape)).is_ok() {
        return Ok(());
    }
    formatter.pieces.rewind(before);
    let next = formatter.block_shape(shape.indent);
    formatter.pieces.newline(next.indent);
    formatter.node(type_, next)
}

fn list_of(formatter: &Formatter<'_>, parameters: NodeId) -> List {
    let tokens = formatter.input.tree().tokens(parameters);
    List {
        open: tokens.start,
        close: tokens.end - 1,
        items: formatter.children(parameters),
        limit: u32::MAX,
        trailing: Trailing::Vertical,
        callee_width: 100,
        format_string: None,
    }
}

/// `fn(A, B) -> C`
pub(crate) fn pointer(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let parameters = formatter.child(node, N::ParamList).ok_or(Fail)?;
    formatter.flat(input.first(node), input.first(parameters))?;
    let returns = formatter.child(node, N::RetType);
    let return_width = returns.map_or(0, |returns| input.node_width(returns) + 1);
    if formatter.fits_flat(parameters, shape.less(return_width)) {
        formatter.flat_node(parameters)?;
    } else {
        let mut list = list_of(formatter, parameters);
        if list.items.last().is_some_and(|&last| is_variadic(formatter, last)) {
            list.trailing = Trailing::Never;
        }
        formatter.list(&list, Shape { right: 0, ..shape })?;
    }
    match returns {
        Some(returns) => {
            formatter.pass_comments(input.first(returns))?;
            formatter.pieces.word(Word::Space);
            return_type(formatter, returns, shape)
        }
        None => Ok(()),
    }
}
