//! Macro calls whose arguments are no expressions, and definitions of macros: copied as they are.

use rustg_syntax::{NodeId, NodeKind as N};

use super::attributes;
use crate::formatter::{Formatter, Shape};
use crate::{Fail, Fit};

/// A macro call or definition as an item.
pub(crate) fn macro_item(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let first = attributes::first_behind(formatter, node);
    formatter.pass_comments(first)?;
    formatter.verbatim_tokens(first, formatter.input.end(node));
    Ok(())
}

/// A macro call as an expression, statement, type or pattern.
pub(crate) fn macro_call(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.kind(node) == N::MacroExpr && formatter.child(node, N::Attr).is_some() {
        return Err(Fail);
    }
    let _ = shape;
    formatter.pass_comments(formatter.input.first(node))?;
    formatter.verbatim(node);
    Ok(())
}
