//! `A + B` in types, generic parameters, where clauses and traits.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use crate::formatter::{Formatter, Shape};
use crate::{Fail, Fit};

pub(crate) fn bounds(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    match formatter.kind(node) {
        N::TypeBoundList => joined(formatter, node, shape),
        _ => {
            let Some(list) = formatter.child(node, N::TypeBoundList) else {
                let parts = formatter.parts(node);
                return formatter.write_parts(&parts, shape);
            };
            if input.first(list) > input.first(node) {
                formatter.flat(input.first(node), input.first(list))?;
                formatter.gap(input.first(list));
            }
            joined(formatter, list, shape)
        }
    }
}

/// Bounds on one line, or each further one on its own behind its `+`.
fn joined(formatter: &mut Formatter<'_>, list: NodeId, shape: Shape) -> Fit {
    if formatter.fits_flat(list, shape) {
        return formatter.flat_node(list);
    }
    let input = formatter.input;
    let bounds = formatter.children(list);
    let nested = formatter.block_shape(shape.indent);
    for (index, &bound) in bounds.iter().enumerate() {
        if index > 0 {
            let plus = input.next_code(formatter.pieces.cursor);
            if input.kind(plus) != T::Plus {
                return Err(Fail);
            }
            formatter.pass_comments(plus)?;
            formatter.pieces.newline(nested.indent);
            formatter.pieces.cursor = plus;
            formatter.token(plus)?;
            formatter.pieces.space();
            formatter.skip_to(input.first(bound))?;
        }
        formatter.node(bound, if index == 0 { shape } else { nested })?;
    }
    Ok(())
}
