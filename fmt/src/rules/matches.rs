//! `match`: its arms, their guards, and whether a body has braces or stands behind the arrow.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::lists::Aligned;
use super::{attributes, blocks, control};
use crate::flat::{is_empty_block, is_expression, is_plain_block, single_expression};
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit, LeadingPipes};

pub(crate) fn match_expression(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let input = formatter.input;
    let children = formatter.operands(node);
    let [scrutinee, arms] = children[..] else { return Err(Fail) };
    let keyword = formatter.start(node);
    if !input.is(keyword, "match") {
        return Err(Fail);
    }
    let start = formatter.pieces.mark();
    formatter.token(keyword)?;
    formatter.pieces.space();
    let room = Shape { indent: shape.indent, right: formatter.max_width() };
    let mark = formatter.pieces.mark();
    formatter.node(scrutinee, room)?;
    let open = input.first(arms);
    formatter.pass_comments(open)?;
    let multiline = formatter.is_multiline(mark);
    if formatter.pieces.is_last_line_extendable(input, mark) || !multiline && formatter.pieces.column + 2 <= room.right
    {
        formatter.pieces.space();
    } else {
        formatter.pieces.newline(shape.indent);
    }
    let _ = start;
    let close = input.end(arms) - 1;
    formatter.token(open)?;
    let mut elements = formatter.children(arms);
    if elements.is_empty() && !input.has_comment(open, close) && input.next_code(open + 1) == close {
        return formatter.token(close);
    }
    let (in_macro, chain) = (formatter.in_macro, formatter.one_line_chain);
    formatter.one_line_chain = false;
    let result = arm_list(formatter, &mut elements, close, shape);
    (formatter.in_macro, formatter.one_line_chain) = (in_macro, chain);
    result?;
    formatter.token(close)
}

fn arm_list(formatter: &mut Formatter<'_>, elements: &mut [NodeId], close: usize, shape: Shape) -> Fit {
    let nested = formatter.block_shape(shape.indent);
    let count = elements.len();
    let mut aligned = Aligned::default();
    for (index, &arm) in elements.iter().enumerate() {
        let first = formatter.input.first(arm);
        let blank = formatter.input.newlines(formatter.pieces.cursor, first) >= 2;
        formatter.separate(first, nested.indent, index == 0);
        let mark = formatter.pieces.mark();
        if formatter.kind(arm) == N::Attr {
            attributes::attribute(formatter, arm, nested)?;
            continue;
        }
        if attributes::is_skipped(formatter, arm) {
            formatter.verbatim(arm);
            continue;
        }
        if match_arm(formatter, arm, nested, index + 1 == count).is_err() {
            formatter.pieces.rewind(mark);
            return Err(Fail);
        }
        formatter.comments_aligned(&mut aligned, mark, blank, close);
    }
    formatter.align(&mut aligned);
    formatter.close(close, nested.indent, shape.indent, elements.is_empty());
    Ok(())
}

fn match_arm(formatter: &mut Formatter<'_>, arm: NodeId, shape: Shape, _is_last: bool) -> Fit {
    let input = formatter.input;
    attributes::own_lines(formatter, arm, shape)?;
    let children: Vec<_> =
        formatter.children(arm).into_iter().filter(|&child| formatter.kind(child) != N::Attr).collect();
    let pattern = *children.first().ok_or(Fail)?;
    let guard = children.iter().copied().find(|&child| formatter.kind(child) == N::MatchGuard);
    let body = *children.last().filter(|&&body| is_expression(formatter.kind(body))).ok_or(Fail)?;
    let start = formatter.pieces.mark();
    let pattern_room = shape.less(5);
    leading_pipe(formatter, pattern)?;
    formatter.node(pattern, pattern_room)?;
    let arrow = input.next_code(guard.map_or(input.end(pattern), |guard| input.end(guard)));
    let broken_guard = match guard {
        Some(guard) => match_guard(formatter, guard, start, shape)?,
        None => false,
    };
    // `=>` is two tokens.
    formatter.pass_comments(arrow)?;
    formatter.pieces.space();
    formatter.pieces.cursor = arrow;
    formatter.flat(arrow, arrow + 2)?;
    formatter.pass_comments(input.first(body))?;
    arm_body(formatter, arm, body, start, shape, broken_guard)
}

fn leading_pipe(formatter: &mut Formatter<'_>, pattern: NodeId) -> Fit {
    let input = formatter.input;
    let has_pipe = formatter.kind(pattern) == N::OrPat && input.kind(input.first(pattern)) == T::Or;
    match input.config.match_arm_leading_pipes {
        LeadingPipes::Never => Ok(()),
        LeadingPipes::Preserve if !has_pipe => Ok(()),
        _ => Err(Fail),
    }
}

/// ` if condition`, on a line of its own where it must; tells whether it takes several lines.
fn match_guard(
    formatter: &mut Formatter<'_>,
    guard: NodeId,
    start: crate::writer::Mark,
    shape: Shape,
) -> Result<bool, Fail> {
    let input = formatter.input;
    let condition = formatter.children(guard).first().copied().ok_or(Fail)?;
    let pattern_width = formatter.pieces.trimmed_last_line_width(start);
    let short = pattern_width <= formatter.tab();
    let keyword = input.first(guard);
    formatter.pass_comments(keyword)?;
    formatter.pieces.cursor = keyword;
    if !formatter.is_multiline(start) || short {
        let same = formatter.attempt(|formatter| {
            formatter.pieces.space();
            formatter.token(keyword)?;
            formatter.pieces.space();
            let mark = formatter.pieces.mark();
            formatter.node(condition, shape.less(5))?;
            let fits = formatter.is_multiline(mark) && short
                || !formatter.is_multiline(mark) && formatter.pieces.column <= shape.right.saturating_sub(5);
            if fits { Ok(()) } else { Err(Fail) }
        });
        if let Ok(mark) = same {
            return Ok(formatter.is_multiline(mark));
        }
    }
    let next = formatter.block_shape(shape.indent);
    formatter.pieces.newline(next.indent);
    formatter.token(keyword)?;
    formatter.pieces.space();
    formatter.node(condition, next.less(5))?;
    Ok(true)
}

/// The block that may go, and what is in it; whether the body may stand behind the arrow on several lines.
fn flattened(formatter: &mut Formatter<'_>, body: NodeId, shape: Shape) -> (bool, NodeId) {
    let Some(inner) = removable(formatter, body) else { return (may_extend(formatter, body), body) };
    if is_plain_block(formatter.input, inner) {
        return if single_expression(formatter.input, inner).is_some() || !formatter.has_attributes(inner) {
            flattened(formatter, inner, shape)
        } else {
            (true, body)
        };
    }
    if control::has_broken_condition(formatter, inner, shape) {
        return (false, body);
    }
    (may_extend(formatter, inner), inner)
}

fn removable(formatter: &Formatter<'_>, body: NodeId) -> Option<NodeId> {
    if formatter.in_macro || !is_plain_block(formatter.input, body) {
        return None;
    }
    let inner = single_expression(formatter.input, body)?;
    let is_macro = formatter.kind(inner) == N::MacroExpr
        || formatter.kind(inner) == N::CallExpr
            && formatter.child(inner, N::ArgList).is_some_and(|list| formatter.input.is_macro_group(list));
    (!is_macro).then_some(inner)
}

fn may_extend(formatter: &Formatter<'_>, body: NodeId) -> bool {
    match formatter.kind(body) {
        N::LoopExpr
        | N::MatchExpr
        | N::BlockExpr
        | N::ClosureExpr
        | N::ArrayExpr
        | N::CallExpr
        | N::MethodCallExpr
        | N::MacroExpr
        | N::RecordExpr
        | N::TupleExpr => true,
        N::RefExpr | N::TryExpr | N::PrefixExpr | N::IndexExpr | N::CastExpr => {
            formatter.input.tree().children(body).next().is_some_and(|inner| may_extend(formatter, inner))
        }
        _ => false,
    }
}

fn arm_body(
    formatter: &mut Formatter<'_>,
    arm: NodeId,
    body: NodeId,
    start: crate::writer::Mark,
    shape: Shape,
    broken_guard: bool,
) -> Fit {
    let input = formatter.input;
    let comma_token = Some(input.next_code(input.end(body))).filter(|&token| token < input.end(arm));
    let original = body;
    let (extend, body) = flattened(formatter, body, shape);
    let is_block = formatter.kind(body) == N::BlockExpr && !is_async(formatter, body);
    let is_empty = is_block && is_empty_block(input, body);
    let has_comma = !is_block || !is_plain_or_labelled(formatter, body) || input.config.match_block_trailing_comma;
    let comma = u32::from(has_comma);
    let end = |formatter: &mut Formatter<'_>, comma: bool| -> Fit {
        formatter.skip_to(input.end(original))?;
        if comma {
            formatter.pieces.word(Word::Comma);
        }
        match comma_token {
            Some(token) => {
                if input.has_comment(formatter.pieces.cursor, token) {
                    return Err(Fail);
                }
                formatter.pieces.cursor = token + 1;
                Ok(())
            }
            None => Ok(()),
        }
    };
    let has_attributes = formatter.has_attributes(body);
    if has_attributes {
        return Err(Fail);
    }
    let multiline_pattern = formatter.is_multiline(start);
    let forbidden = broken_guard && multiline_pattern && !is_empty;
    let before = formatter.pieces.mark();
    let body_shape = shape.less(comma);
    let mut same = None;
    if !forbidden {
        let result = formatter.attempt(|formatter| {
            formatter.pieces.space();
            formatter.skip_to(input.first(body))?;
            blocks::as_statement(formatter, body, body_shape)
        });
        if let Ok(mark) = result {
            let multiline = formatter.is_multiline(mark);
            if is_block || !multiline && formatter.pieces.column <= body_shape.right {
                return end(formatter, has_comma);
            }
            let first_end = formatter.pieces.first_line_end(input, mark);
            let lines = formatter.pieces.lines_since(mark);
            let fits = mark.column + formatter.pieces.first_line_width(input, mark) <= body_shape.right;
            same = Some((formatter.pieces.take(before), first_end, lines, fits));
        }
    }
    let next_indent = if is_block && !is_empty { shape.indent } else { shape.indent + formatter.tab() };
    let next_shape = Shape { indent: next_indent, right: formatter.max_width() };
    let next = formatter.attempt(|formatter| {
        let braces = !is_block && !formatter.in_macro;
        if braces {
            if forbidden {
                formatter.pieces.newline(shape.indent);
            } else {
                formatter.pieces.space();
            }
            formatter.pieces.word(Word::OpenBrace);
        }
        formatter.pieces.newline(next_indent);
        formatter.skip_to(input.first(body))?;
        blocks::as_statement(formatter, body, next_shape)
    });
    let next = next.map(|mark| {
        // The body begins behind the line break.
        let own_lines = usize::from(forbidden && !is_block && !formatter.in_macro);
        let at = formatter.pieces.list[mark.pieces..]
            .iter()
            .enumerate()
            .filter(|(_, piece)| matches!(piece, crate::writer::Piece::Newline { .. }))
            .map(|(at, _)| at)
            .nth(own_lines);
        let body_at = crate::writer::Mark {
            pieces: mark.pieces + at.map_or(0, |at| at + 1),
            column: next_indent,
            lines: mark.lines + 1 + own_lines as u32,
            cursor: mark.cursor,
        };
        (formatter.pieces.lines_since(body_at), formatter.pieces.first_line_end(input, body_at))
    });
    let takes_next = match (&same, &next) {
        (Some((_, same_end, same_lines, fits)), Ok((next_lines, next_end))) => {
            let opens = |c: char| *same_end == Some(c) && *next_end != Some(c);
            let prefers = *next_lines == 0 || *same_lines > *next_lines + 1 || opens('(') || opens('{') || opens('[');
            if prefers {
                true
            } else if extend && *fits {
                false
            } else {
                *same_lines > 0
            }
        }
        (Some((.., lines, fits)), Err(Fail)) => {
            let _ = (lines, fits);
            false
        }
        (None, Ok(_)) => true,
        (None, Err(Fail)) => return Err(Fail),
    };
    if !takes_next {
        let (taken, ..) = same.ok_or(Fail)?;
        formatter.pieces.rewind(before);
        formatter.pieces.put(&taken);
        return end(formatter, has_comma);
    }
    if is_block {
        return end(formatter, has_comma);
    }
    if formatter.in_macro {
        return end(formatter, true);
    }
    if formatter.is_style_2024() && matches!(formatter.kind(body), N::ReturnExpr | N::BreakExpr | N::ContinueExpr) {
        formatter.pieces.word(Word::Semi);
    }
    formatter.pieces.newline(shape.indent);
    formatter.pieces.word(Word::CloseBrace);
    end(formatter, input.config.match_block_trailing_comma)
}

fn is_async(formatter: &Formatter<'_>, block: NodeId) -> bool {
    let first = formatter.input.first(block);
    formatter.input.is(first, "async")
        || formatter.input.is(first, "gen")
        || formatter.input.is(first, "const")
        || formatter.input.is(first, "try")
}

/// A block that ends an arm without a comma: any but an unsafe one.
fn is_plain_or_labelled(formatter: &Formatter<'_>, block: NodeId) -> bool {
    !formatter.input.is(formatter.input.first(block), "unsafe")
}
