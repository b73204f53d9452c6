//! Calls of functions and macros, arrays, tuples, tuple patterns: bracketed lists whose last element may hang over.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::lists::{List, Trailing, list_of};
use super::{closures, control};
use crate::flat::{is_expression, receiver, semicolon_in};
use crate::formatter::{Formatter, Shape};
use crate::input::Input;
use crate::{Fail, Fit};

/// Macros with a format string, and how many arguments stand before it.
const FORMAT_MACROS: &[(&str, usize)] = &[
    ("eprint", 0),
    ("eprintln", 0),
    ("format", 0),
    ("format_args", 0),
    ("print", 0),
    ("println", 0),
    ("panic", 0),
    ("unreachable", 0),
    ("debug", 0),
    ("error", 0),
    ("info", 0),
    ("warn", 0),
    ("assert", 1),
    ("debug_assert", 1),
    ("write", 1),
    ("writeln", 1),
    ("assert_eq", 2),
    ("assert_ne", 2),
    ("debug_assert_eq", 2),
    ("debug_assert_ne", 2),
];

pub(crate) fn call(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let parts = formatter.operands(node);
    let [callee, arguments] = parts[..] else { return Err(Fail) };
    write_attributes(formatter, node)?;
    if formatter.input.is_macro_group(arguments) {
        return macro_call(formatter, callee, arguments, shape);
    }
    let mark = formatter.pieces.mark();
    formatter.node(callee, shape)?;
    let width = formatter.pieces.last_line_width(mark);
    arguments_list(formatter, arguments, width, shape)
}

/// Attributes of an expression, on its line.
fn write_attributes(formatter: &mut Formatter<'_>, node: NodeId) -> Fit {
    if formatter.has_attributes(node) { Err(Fail) } else { Ok(()) }
}

/// The arguments of a call or method call whose callee, that many columns wide, is written.
pub(crate) fn arguments_list(formatter: &mut Formatter<'_>, arguments: NodeId, callee_width: u32, shape: Shape) -> Fit {
    if formatter.fits_flat(arguments, shape) {
        return formatter.flat_node(arguments);
    }
    let trailing = if formatter.in_macro {
        if has_trailing_comma(formatter, arguments) { Trailing::Always } else { Trailing::Never }
    } else {
        Trailing::Vertical
    };
    let mut list = list_of(formatter, arguments, formatter.input.widths.fn_call, trailing);
    list.callee_width = callee_width;
    formatter.list(&list, shape)
}

fn has_trailing_comma(formatter: &Formatter<'_>, list: NodeId) -> bool {
    let close = formatter.input.end(list) - 1;
    formatter.input.previous_code(close).is_some_and(|token| formatter.input.kind(token) == T::Comma)
}

/// Kinds of the brackets of `vec!`, which is an array.
fn macro_call(formatter: &mut Formatter<'_>, path: NodeId, arguments: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let mark = formatter.pieces.mark();
    let open = input.first(arguments);
    formatter.flat(input.first(path), open)?;
    let name = (input.tree().tokens(path).len() == 1).then(|| input.token_text(input.first(path)));
    let is_bracket = input.kind(open) == T::OpenBracket;
    let is_array = is_bracket && name == Some("vec") && !formatter.in_macro;
    let trailing = if is_array {
        Trailing::Vertical
    } else if has_trailing_comma(formatter, arguments) {
        Trailing::Always
    } else {
        Trailing::Never
    };
    let limit = if is_bracket { input.widths.array } else { input.widths.fn_call };
    let mut list = list_of(formatter, arguments, limit, trailing);
    let has_semicolon = semicolon_in(input, arguments);
    if has_semicolon && !formatter.fits_flat(arguments, shape) {
        return Err(Fail);
    }
    list.callee_width = formatter.pieces.column - mark.column;
    list.format_string = name.and_then(|name| FORMAT_MACROS.iter().find(|entry| entry.0 == name)).map(|entry| entry.1);
    let was = formatter.in_macro;
    formatter.in_macro = !is_array || was;
    let result = if formatter.fits_flat(arguments, shape) {
        formatter.flat_node(arguments)
    } else {
        formatter.list(&list, shape)
    };
    formatter.in_macro = was;
    result
}

pub(crate) fn array(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if semicolon_in(formatter.input, node) {
        return repeat(formatter, node, shape);
    }
    write_attributes(formatter, node)?;
    let trailing = macro_trailing(formatter, node);
    let list = list_of(formatter, node, formatter.input.widths.array, trailing);
    formatter.list(&list, shape)
}

fn macro_trailing(formatter: &Formatter<'_>, node: NodeId) -> Trailing {
    match formatter.in_macro {
        true if has_trailing_comma(formatter, node) => Trailing::Always,
        true => Trailing::Never,
        false => Trailing::Vertical,
    }
}

/// `[x; n]`
fn repeat(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let parts = formatter.parts(node);
    formatter.write_parts(&parts, shape)
}

pub(crate) fn slice_pattern(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let list = list_of(formatter, node, formatter.input.widths.array, Trailing::Vertical);
    formatter.list(&list, shape)
}

pub(crate) fn tuple(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    write_attributes(formatter, node)?;
    tuple_within(formatter, node, shape, formatter.input.widths.fn_call)
}

pub(crate) fn tuple_of_any_width(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    tuple_within(formatter, node, shape, u32::MAX)
}

fn tuple_within(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape, limit: u32) -> Fit {
    let mut list = list_of(formatter, node, limit, macro_trailing(formatter, node));
    if list.items.len() == 1 {
        list.trailing = Trailing::Always;
    }
    formatter.list(&list, shape)
}

pub(crate) fn tuple_struct_pattern(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let children = formatter.children(node);
    let (&path, items) = children.split_first().ok_or(Fail)?;
    let input = formatter.input;
    let mark = formatter.pieces.mark();
    formatter.node(path, shape)?;
    let list = List {
        open: input.next_code(input.end(path)),
        close: input.end(node) - 1,
        items: items.to_vec(),
        limit: u32::MAX,
        trailing: Trailing::Vertical,
        callee_width: formatter.pieces.last_line_width(mark),
        format_string: None,
    };
    formatter.list(&list, shape)
}

pub(crate) fn is_expression_or_patched(formatter: &Formatter<'_>, node: NodeId) -> bool {
    is_expression(formatter.kind(node))
}

/// An expression without structure worth breaking.
pub(crate) fn is_simple(input: &Input, node: NodeId) -> bool {
    let tree = input.tree();
    match input.node_kind(node) {
        N::Literal => true,
        N::PathExpr => tree.tokens(node).len() == 1,
        N::RefExpr | N::CastExpr | N::FieldExpr | N::TryExpr | N::PrefixExpr => tree
            .children(node)
            .find(|&child| is_expression(input.node_kind(child)))
            .is_some_and(|child| is_simple(input, child)),
        N::IndexExpr => tree.children(node).all(|child| is_simple(input, child)),
        N::ArrayExpr => semicolon_in(input, node) && tree.children(node).all(|child| is_simple(input, child)),
        _ => false,
    }
}

/// The operand of prefixes, `?` and casts.
fn operand(formatter: &Formatter<'_>, node: NodeId) -> Option<NodeId> {
    match formatter.kind(node) {
        N::RefExpr | N::PrefixExpr | N::TryExpr | N::CastExpr => receiver(formatter.input, node),
        _ => None,
    }
}

fn is_macro(formatter: &Formatter<'_>, node: NodeId) -> bool {
    let kind = formatter.kind(node);
    kind == N::MacroExpr
        || kind == N::CallExpr
            && formatter.child(node, N::ArgList).is_some_and(|list| formatter.input.is_macro_group(list))
}

pub(crate) fn is_method_call(formatter: &Formatter<'_>, node: NodeId) -> bool {
    match formatter.kind(node) {
        N::MethodCallExpr => true,
        _ => operand(formatter, node).is_some_and(|node| is_method_call(formatter, node)),
    }
}

pub(crate) fn is_nested_call(formatter: &Formatter<'_>, node: NodeId) -> bool {
    match formatter.kind(node) {
        N::CallExpr | N::MacroExpr => true,
        _ => operand(formatter, node).is_some_and(|node| is_nested_call(formatter, node)),
    }
}

/// Whether the last of `count` elements may hang over the end of the line.
pub(crate) fn may_overflow(formatter: &Formatter<'_>, node: NodeId, count: usize) -> bool {
    if formatter.has_attributes(node) {
        return false;
    }
    let several = formatter.input.config.overflow_delimited_expr;
    match formatter.kind(node) {
        N::ClosureExpr | N::BlockExpr => true,
        N::MatchExpr | N::ArrayExpr | N::RecordExpr => count == 1 || several,
        N::IfExpr | N::ForExpr | N::LoopExpr | N::WhileExpr => count == 1,
        N::CallExpr if is_macro(formatter, node) => count == 1 || several && is_bracket_macro(formatter, node),
        N::CallExpr | N::MethodCallExpr | N::TupleExpr => count == 1,
        N::MacroExpr => count == 1 || several,
        N::TuplePat | N::TupleStructPat | N::RecordPat | N::TupleType => count == 1,
        N::RefPat | N::BoxPat | N::RefType | N::PtrType => {
            formatter.input.tree().children(node).last().is_some_and(|inner| may_overflow(formatter, inner, count))
        }
        _ => operand(formatter, node).is_some_and(|node| may_overflow(formatter, node, count)),
    }
}

fn is_bracket_macro(formatter: &Formatter<'_>, node: NodeId) -> bool {
    formatter.child(node, N::ArgList).is_some_and(|list| formatter.input.is(formatter.input.first(list), "["))
}

/// Writes the last element of a list so that it hangs over.
pub(crate) fn overflowing(formatter: &mut Formatter<'_>, list: &List, last: NodeId, shape: Shape) -> Fit {
    match formatter.kind(last) {
        N::ClosureExpr => {
            let closures = list.items.iter().filter(|&&item| formatter.kind(item) == N::ClosureExpr).count();
            if closures > 1 {
                return Err(Fail);
            }
            closures::last_closure(formatter, last, shape)
        }
        N::IfExpr | N::ForExpr | N::LoopExpr | N::WhileExpr | N::MatchExpr => {
            if control::has_broken_condition(formatter, last, shape) { Err(Fail) } else { formatter.node(last, shape) }
        }
        _ => formatter.node(last, shape),
    }
}

/// Whether a written node counts as a block that more may be hung onto.
pub(crate) fn ends_with_block(formatter: &Formatter<'_>, node: NodeId, multiline: bool) -> bool {
    let tree = formatter.input.tree();
    match formatter.kind(node) {
        N::MacroExpr
        | N::CallExpr
        | N::MethodCallExpr
        | N::ArrayExpr
        | N::RecordExpr
        | N::WhileExpr
        | N::IfExpr
        | N::BlockExpr
        | N::LoopExpr
        | N::ForExpr
        | N::MatchExpr => multiline,
        N::ParenExpr | N::BinExpr | N::IndexExpr | N::PrefixExpr | N::TryExpr | N::YieldExpr | N::ClosureExpr => {
            tree.children(node).last().is_some_and(|last| ends_with_block(formatter, last, multiline))
        }
        _ => false,
    }
}
