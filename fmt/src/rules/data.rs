//! Structs, unions, enums and their fields.

use rustg_syntax::{NodeId, NodeKind as N};

use super::lists::{List, Trailing};
use super::{assignments, attributes, items};
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit};

/// Name and generic parameters; tells whether they take several lines.
fn name_and_generics(formatter: &mut Formatter<'_>, node: NodeId, end: usize, shape: Shape) -> Result<bool, Fail> {
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let start = formatter.pieces.mark();
    match formatter.child(node, N::GenericParamList) {
        Some(generics) => {
            items::head(formatter, first, input.first(generics))?;
            formatter.node(generics, Shape { right: formatter.max_width().saturating_sub(2), ..shape })?;
        }
        None => {
            let last = input.previous_code(end).map_or(end, |token| token + 1);
            items::head(formatter, first, last)?;
        }
    }
    Ok(formatter.is_multiline(start))
}

pub(crate) fn structure(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let fields = formatter
        .children(node)
        .into_iter()
        .find(|&child| matches!(formatter.kind(child), N::RecordFieldList | N::TupleFieldList));
    let clause = formatter.child(node, N::WhereClause).filter(|&clause| !items::is_empty_where(formatter, clause));
    let Some(fields) = fields else {
        let semicolon = input.end(node) - 1;
        name_and_generics(formatter, node, clause.map_or(semicolon, |clause| input.first(clause)), shape)?;
        if let Some(clause) = clause {
            items::where_clause(formatter, clause, shape, false)?;
        }
        return formatter.token(semicolon);
    };
    if formatter.kind(fields) == N::TupleFieldList {
        name_and_generics(formatter, node, input.first(fields), shape)?;
        tuple_fields(formatter, fields, shape.less(1))?;
        if let Some(clause) = clause {
            items::where_clause(formatter, clause, shape, false)?;
        }
        return formatter.token(input.end(node) - 1);
    }
    let head_end = clause.map_or(input.first(fields), |clause| input.first(clause));
    let broken = name_and_generics(formatter, node, head_end, shape)?;
    brace_line(formatter, clause, input.first(fields), shape, broken)?;
    record_fields(formatter, fields, shape)
}

/// Where clause and what stands before the brace.
fn brace_line(formatter: &mut Formatter<'_>, clause: Option<NodeId>, brace: usize, shape: Shape, _broken: bool) -> Fit {
    if let Some(clause) = clause {
        items::where_clause(formatter, clause, shape, true)?;
        formatter.pass_comments(brace)?;
        formatter.pieces.newline(shape.indent);
    } else {
        formatter.pass_comments(brace)?;
        formatter.pieces.space();
    }
    formatter.pieces.cursor = brace;
    Ok(())
}

/// Fields in braces, one a line.
fn record_fields(formatter: &mut Formatter<'_>, list: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let (open, close) = (input.first(list), input.end(list) - 1);
    formatter.token(open)?;
    let fields = formatter.children(list);
    if fields.is_empty() && !input.has_comment(open, close) {
        return formatter.token(close);
    }
    if fields.iter().any(|&field| formatter.kind(field) != N::RecordField) {
        return Err(Fail);
    }
    let nested = formatter.block_shape(shape.indent);
    formatter.vertical_items(&fields, nested, shape.indent, close, true, true, |formatter, field| {
        if attributes::is_skipped(formatter, field) {
            formatter.verbatim(field);
            return Ok(());
        }
        record_field(formatter, field, nested.less(1))
    })?;
    formatter.token(close)
}

fn record_field(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let end = input.end(node);
    let children: Vec<_> =
        formatter.children(node).into_iter().filter(|&child| formatter.kind(child) != N::Attr).collect();
    let flat = children.iter().all(|child| input.flat[child.index()]) && !input.has_comment(first, end);
    if flat && formatter.pieces.column + input.width(first, end) <= shape.right {
        return formatter.flat(first, end);
    }
    let type_ = *children.last().ok_or(Fail)?;
    if formatter.kind(type_) == N::ConstArg {
        return Err(Fail);
    }
    formatter.flat(first, input.first(type_))?;
    assignments::right_hand_side_with(
        formatter,
        shape,
        assignments::Overflow::Yes,
        input.first(type_),
        |formatter, shape| formatter.node(type_, shape),
    )
}

/// Fields in parentheses.
fn tuple_fields(formatter: &mut Formatter<'_>, list: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let fields = formatter.children(list);
    let has_attributes = !input.flat[list.index()]
        && fields.iter().any(|&field| attributes::first_behind(formatter, field) != input.first(field));
    if !has_attributes {
        if formatter.fits_flat(list, shape) {
            return formatter.flat_node(list);
        }
        let list = List {
            open: input.first(list),
            close: input.end(list) - 1,
            items: fields,
            limit: input.widths.fn_call,
            trailing: Trailing::Vertical,
            callee_width: 100,
            format_string: None,
        };
        return formatter.list(&list, shape);
    }
    let nested = formatter.block_shape(shape.indent);
    let close = input.end(list) - 1;
    formatter.token(input.first(list))?;
    formatter.vertical_items(&fields, nested, shape.indent, close, true, true, |formatter, field| {
        if attributes::first_behind(formatter, field) != input.first(field) {
            attributes::before_parameter(formatter, field, nested)?;
        }
        let first = attributes::first_behind(formatter, field);
        let parts: Vec<_> =
            formatter.parts(field).into_iter().filter(|&part| formatter.part_first(part) >= first).collect();
        formatter.write_parts(&parts, nested.less(1))
    })?;
    formatter.token(close)
}

pub(crate) fn enumeration(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let variants = formatter.child(node, N::VariantList).ok_or(Fail)?;
    let clause = formatter.child(node, N::WhereClause).filter(|&clause| !items::is_empty_where(formatter, clause));
    let head_end = clause.map_or(input.first(variants), |clause| input.first(clause));
    let broken = name_and_generics(formatter, node, head_end, shape)?;
    brace_line(formatter, clause, input.first(variants), shape, broken)?;
    let (open, close) = (input.first(variants), input.end(variants) - 1);
    formatter.token(open)?;
    let list = formatter.children(variants);
    if list.is_empty() && !input.has_comment(open, close) {
        return formatter.token(close);
    }
    if list.iter().any(|&variant| formatter.kind(variant) != N::Variant) {
        return Err(Fail);
    }
    let nested = formatter.block_shape(shape.indent);
    // Where some variants take several lines and others do not, fields in braces take several.
    let multiline = |&variant: &NodeId| {
        let first = attributes::first_behind(formatter, variant);
        let flat = formatter.operands(variant).iter().all(|&child| input.flat[child.index()]);
        first != input.first(variant) || !flat || !fits_on_line(formatter, variant, nested)
    };
    let all_broken = list.iter().any(multiline) && !list.iter().all(multiline);
    formatter.vertical_items(&list, nested, shape.indent, close, true, true, |formatter, item| {
        if attributes::is_skipped(formatter, item) {
            formatter.verbatim(item);
            return Ok(());
        }
        variant(formatter, item, nested.less(1), all_broken)
    })?;
    formatter.token(close)
}

fn fits_on_line(formatter: &Formatter<'_>, variant: NodeId, shape: Shape) -> bool {
    let first = attributes::first_behind(formatter, variant);
    shape.indent + formatter.input.width(first, formatter.input.end(variant)) < shape.right
}

fn variant(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape, all_broken: bool) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let end = input.end(node);
    let fields = formatter
        .children(node)
        .into_iter()
        .find(|&child| matches!(formatter.kind(child), N::RecordFieldList | N::TupleFieldList));
    let value = formatter.child(node, N::ConstArg);
    let is_record = fields
        .is_some_and(|fields| formatter.kind(fields) == N::RecordFieldList && !formatter.children(fields).is_empty());
    let flat =
        formatter.children(node).iter().all(|&child| formatter.kind(child) == N::Attr || input.flat[child.index()]);
    if flat
        && !input.has_comment(first, end)
        && !(is_record && all_broken)
        && formatter.pieces.column + input.width(first, end) <= shape.right
    {
        return formatter.flat(first, end);
    }
    let name_end = fields.or(value).map_or(end, |child| input.first(child));
    let name_end = input.previous_code(name_end).map_or(name_end, |token| token + 1);
    match fields {
        Some(fields) if formatter.kind(fields) == N::RecordFieldList => {
            formatter.flat(first, name_end)?;
            formatter.pass_comments(input.first(fields))?;
            formatter.pieces.word(Word::Space);
            record_fields(formatter, fields, shape)?;
        }
        Some(fields) => {
            formatter.flat(first, name_end)?;
            tuple_fields(formatter, fields, shape)?;
        }
        None => formatter.flat(first, name_end)?,
    }
    match value {
        Some(value) if fields.is_none() => assignments::right_hand_side_with(
            formatter,
            shape,
            assignments::Overflow::No,
            input.first(value),
            |formatter, shape| formatter.node(value, shape),
        ),
        Some(_) => Err(Fail),
        None => Ok(()),
    }
}
