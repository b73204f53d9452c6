//! What stands behind `=`, `:` and their like: on the same line, or on the next where that is better.

use rustg_syntax::NodeId;

use crate::formatter::{Formatter, Shape};
use crate::writer::Mark;
use crate::{Fail, Fit};

/// What stands on the left: where it began and the room for the whole.
#[derive(Clone, Copy)]
pub(crate) struct Lhs {
    #[allow(dead_code, reason = "tells readers what the shape is for")]
    pub(crate) start: Mark,
    pub(crate) shape: Shape,
}

/// Whether the right side may stick out where it fits nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    Yes,
    No,
}

/// Writes a space and the node, or a line break and the node one level further in.
pub(crate) fn right_hand_side(formatter: &mut Formatter<'_>, lhs: Lhs, node: NodeId, overflow: Overflow) -> Fit {
    let shape = lhs.shape;
    right_hand_side_with(formatter, shape, overflow, formatter.input.first(node), |formatter, shape| {
        formatter.node(node, shape)
    })
}

/// [`right_hand_side`] of anything that begins at token `first`.
pub(crate) fn right_hand_side_with(
    formatter: &mut Formatter<'_>,
    shape: Shape,
    overflow: Overflow,
    first: usize,
    write: impl Fn(&mut Formatter<'_>, Shape) -> Fit,
) -> Fit {
    let input = formatter.input;
    formatter.pass_comments(first)?;
    formatter.pieces.cursor = first;
    let before = formatter.pieces.mark();
    formatter.pieces.space();
    let same = formatter.attempt(|formatter| write(formatter, shape));
    if let Ok(mark) = same
        && !formatter.is_multiline(mark)
        && formatter.pieces.column <= shape.right
    {
        return Ok(());
    }
    let same = match same {
        Ok(mark) => {
            let (first_end, lines) = (formatter.pieces.first_line_end(input, mark), formatter.pieces.lines_since(mark));
            Some((formatter.pieces.take(before), first_end, lines))
        }
        Err(Fail) => {
            formatter.pieces.rewind(before);
            None
        }
    };
    let next_shape = Shape {
        indent: shape.indent + formatter.tab(),
        right: formatter.max_width().saturating_sub(formatter.overhead(shape)),
    };
    formatter.pieces.newline(next_shape.indent);
    let next = formatter.attempt(|formatter| write(formatter, next_shape));
    match (same, next) {
        (Some((taken, same_end, same_lines)), Ok(mark)) => {
            let next_lines = formatter.pieces.lines_since(mark);
            let next_end = formatter.pieces.first_line_end(input, mark);
            let opens = |c: char| same_end == Some(c) && next_end != Some(c);
            let is_better = formatter.is_fitting(mark, next_shape)
                && (next_lines == 0 || same_lines > next_lines + 1 || opens('(') || opens('{') || opens('['));
            if !is_better {
                formatter.pieces.rewind(before);
                formatter.pieces.put(&taken);
            }
            Ok(())
        }
        (None, Ok(_)) => Ok(()),
        (Some((taken, ..)), Err(Fail)) => {
            formatter.pieces.rewind(before);
            formatter.pieces.put(&taken);
            Ok(())
        }
        (None, Err(Fail)) if overflow == Overflow::Yes => {
            formatter.pieces.rewind(before);
            formatter.pieces.space();
            write(formatter, Shape { right: u32::MAX / 2, ..shape })
        }
        (None, Err(Fail)) => Err(Fail),
    }
}
