//! Lists in angle brackets: generic parameters and arguments.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::lists::{List, Trailing};
use crate::formatter::{Formatter, Shape};
use crate::{Fail, Fit};

pub(crate) fn angle_list(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let tokens = input.tree().tokens(node);
    let open =
        (tokens.start..tokens.end).find(|&token| matches!(input.kind(token), T::Lt | T::OpenParen)).ok_or(Fail)?;
    if open > tokens.start {
        formatter.flat(tokens.start, open)?;
    }
    // The arguments of paths in expressions stand on one line or nowhere.
    let parent = formatter.kind(input.parents[node.index()]);
    if matches!(parent, N::PathExpr | N::MethodCallExpr | N::FieldExpr) && formatter.kind(node) == N::GenericArgList {
        return Err(Fail);
    }
    let items: Vec<_> =
        formatter.children(node).into_iter().filter(|&child| formatter.kind(child) != N::RetType).collect();
    let list = List {
        open,
        close: tokens.end - 1,
        items,
        limit: u32::MAX,
        trailing: Trailing::Vertical,
        callee_width: 100,
        format_string: None,
    };
    formatter.list(&list, shape)
}
