//! Blocks and statements.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::assignments::{self, Lhs};
use super::{attributes, control, items, matches};
use crate::flat::{is_empty_block, is_expression, single_expression};
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit};

/// The brace that opens the block.
pub(crate) fn open_brace(formatter: &Formatter<'_>, block: NodeId) -> usize {
    let tokens = formatter.input.tree().tokens(block);
    // Label and words before it hold no brace.
    let label_end =
        formatter.child(block, N::TryBlockModifier).map_or(tokens.start, |modifier| formatter.input.end(modifier));
    (label_end..tokens.end).find(|&token| formatter.input.kind(token) == T::OpenBrace).unwrap_or(tokens.start)
}

/// A block as an expression: on one line where it holds one expression and fits.
pub(crate) fn block(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    if is_empty_block(formatter.input, node) {
        return formatter.flat(formatter.start(node), formatter.input.end(node));
    }
    let open = open_brace(formatter, node);
    if let Some(inner) = single_expression(formatter.input, node) {
        let one_line = formatter.attempt(|formatter| {
            let mark = formatter.pieces.mark();
            formatter.flat(formatter.start(node), open + 1)?;
            formatter.pieces.space();
            formatter.skip_to(formatter.input.first(inner))?;
            formatter.node(inner, shape.less(2))?;
            formatter.pieces.space();
            formatter.token(formatter.input.end(node) - 1)?;
            if formatter.is_multiline(mark) || formatter.pieces.column > shape.right { Err(Fail) } else { Ok(()) }
        });
        if one_line.is_ok() {
            return Ok(());
        }
    }
    block_of_statements(formatter, node, shape)
}

/// A block with a line for each statement.
pub(crate) fn block_of_statements(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let open = open_brace(formatter, node);
    formatter.flat(formatter.start(node), open + 1)?;
    if is_empty_block(input, node) {
        return formatter.token(input.end(node) - 1);
    }
    if is_comment_only(formatter, node, open)
        && formatter.pieces.column + text_columns(formatter, open, node) <= shape.right
    {
        formatter.pieces.rewind(formatter.pieces.mark());
        formatter.verbatim_tokens(open + 1, input.end(node));
        return Ok(());
    }
    let (in_macro, chain) = (formatter.in_macro, formatter.one_line_chain);
    formatter.one_line_chain = false;
    let result = formatter.remembered(node, shape.indent, |formatter| {
        body(formatter, node, open, input.end(node) - 1, shape.indent + formatter.tab(), shape.indent)
    });
    (formatter.in_macro, formatter.one_line_chain) = (in_macro, chain);
    result?;
    formatter.token(input.end(node) - 1)
}

/// Whether a block holds one block comment on its own line and nothing else.
fn is_comment_only(formatter: &Formatter<'_>, node: NodeId, open: usize) -> bool {
    let input = formatter.input;
    let close = input.end(node) - 1;
    input.next_code(open + 1) == close
        && (open + 1..close).all(|token| match input.kind(token) {
            T::Whitespace | T::BlockComment => !input.token_text(token).contains('\n'),
            _ => false,
        })
}

/// Columns of the source from behind the brace to the end of the block.
fn text_columns(formatter: &Formatter<'_>, open: usize, node: NodeId) -> u32 {
    let starts = &formatter.input.parse.tokens.starts;
    starts[formatter.input.end(node)] - starts[open + 1]
}

/// What stands between two braces, or in the file: attributes, items, statements. Breaks the line before the closing brace.
pub(crate) fn body(
    formatter: &mut Formatter<'_>,
    node: NodeId,
    open: usize,
    close: usize,
    indent: u32,
    outer: u32,
) -> Fit {
    let any = elements(formatter, node, open + 1, close, indent)?;
    // Comments at the end of a block before `else` that stand in the column of its brace stay there.
    let unindented =
        any && formatter.input.has_comment(formatter.pieces.cursor, close) && is_at_brace(formatter, node, close);
    formatter.close(close, if unindented { outer } else { indent }, outer, !any);
    Ok(())
}

/// Whether the block is one before `else`, and the comments at its end stand no further in than its brace.
fn is_at_brace(formatter: &Formatter<'_>, node: NodeId, close: usize) -> bool {
    let input = formatter.input;
    if input.kind(close) != T::CloseBrace
        || !input.is(input.next_code(close + 1), "else")
        || formatter.kind(node) != N::BlockExpr
    {
        return false;
    }
    let column = |token: usize| {
        let start = input.parse.tokens.starts[token] as usize;
        start - input.text[..start].rfind('\n').map_or(0, |line| line + 1)
    };
    (formatter.pieces.cursor..close)
        .filter(|&token| matches!(input.kind(token), T::LineComment | T::BlockComment))
        .all(|token| column(token) <= column(close))
}

/// The elements between tokens `first` and `close`; tells whether there was any.
pub(crate) fn elements(
    formatter: &mut Formatter<'_>,
    node: NodeId,
    first: usize,
    close: usize,
    indent: u32,
) -> Result<bool, Fail> {
    let input = formatter.input;
    let tree = input.tree();
    let children: Vec<NodeId> = tree.children(node).filter(|&child| tree.tokens(child).start >= first).collect();
    let mut index = 0;
    let mut token = input.next_code(first);
    let mut any = false;
    // Modules may begin with an empty line.
    let is_free = matches!(formatter.kind(node), N::ItemList | N::ExternItemList);
    while token < close {
        if index < children.len() && input.first(children[index]) <= token {
            let run = items::reorderable_run(formatter, &children[index..]);
            if run > 1 {
                super::imports::run(formatter, &children[index..index + run], indent, !any && !is_free);
                index += run;
                token = input.next_code(formatter.pieces.cursor.max(input.end(children[index - 1])));
                any = true;
                continue;
            }
            let child = children[index];
            if tree.tokens(child).is_empty() {
                index += 1;
                continue;
            }
            if formatter.kind(child) == N::Attr && input.is(input.next_code(input.first(child) + 1), "!") {
                formatter.separate(input.first(child), indent, !any);
                attributes::attribute(formatter, child, Shape { indent, right: formatter.max_width() })?;
            } else {
                statement(formatter, child, indent, !any && !is_free);
            }
            formatter.decided();
            index += 1;
            token = input.next_code(input.end(child));
        } else if input.kind(token) == T::Semi {
            // An empty statement goes, if no comment stands before it.
            if input.has_comment(formatter.pieces.cursor, token) && any {
                formatter.separate(token, indent, !any);
            } else {
                formatter.pieces.cursor = token + 1;
            }
            formatter.pieces.cursor = token + 1;
            token = input.next_code(token + 1);
            continue;
        } else if input.kind(token).is_doc_comment()
            || input.kind(token) == T::Shebang
            || input.kind(token) == T::Frontmatter
        {
            formatter.separate(token, indent, !any);
            attributes::doc_comment(formatter, token);
            token = input.next_code(token + 1);
        } else {
            return Err(Fail);
        }
        any = true;
    }
    Ok(any)
}

/// A statement or item on lines of its own, copied as it is where its rule gives up.
pub(crate) fn statement(formatter: &mut Formatter<'_>, node: NodeId, indent: u32, at_start: bool) {
    formatter.separate(formatter.input.first(node), indent, at_start);
    let shape = Shape { indent, right: formatter.max_width() };
    let mark = formatter.pieces.mark();
    if attributes::is_skipped(formatter, node) {
        formatter.verbatim(node);
    } else if statement_in(formatter, node, shape).is_err() {
        formatter.pieces.rewind(mark);
        formatter.give_up(node);
    }
}

fn statement_in(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    match formatter.kind(node) {
        N::LetStmt => let_statement(formatter, node, shape),
        N::ExprStmt => expression_statement(formatter, node, shape),
        kind if is_expression(kind) => {
            attributes::own_lines(formatter, node, shape)?;
            let is_last = is_last_in_block(formatter, node);
            without_attributes(formatter, node, |formatter| {
                if is_last { last_expression(formatter, node, shape) } else { as_statement(formatter, node, shape) }
            })
        }
        _ => items::item(formatter, node, shape),
    }
}

/// Attributes of an expression were written on their own lines; only expressions without any have rules.
fn without_attributes(
    formatter: &mut Formatter<'_>,
    node: NodeId,
    write: impl FnOnce(&mut Formatter<'_>) -> Fit,
) -> Fit {
    if formatter.has_attributes(node) { attributed_expression(formatter, node) } else { write(formatter) }
}

/// An expression behind its attributes: flat if it may be.
fn attributed_expression(formatter: &mut Formatter<'_>, node: NodeId) -> Fit {
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let end = input.end(node);
    let mut children = input.tree().children(node).filter(|&child| formatter.kind(child) != N::Attr);
    let fits = formatter.pieces.column + input.width(first, end) <= formatter.max_width();
    let flat = children.all(|child| input.flat[child.index()])
        && !input.has_comment(first, end)
        && !input.has_break(first, end);
    let is_list = matches!(
        formatter.kind(node),
        N::BlockExpr | N::IfExpr | N::MatchExpr | N::ForExpr | N::LoopExpr | N::WhileExpr
    );
    if flat && fits && !is_list { formatter.flat(first, end) } else { Err(Fail) }
}

fn is_last_in_block(formatter: &Formatter<'_>, node: NodeId) -> bool {
    let parent = formatter.input.parents[node.index()];
    formatter.input.tree().children(parent).last() == Some(node)
}

/// The value of a block.
pub(crate) fn last_expression(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.is_style_2024() { formatter.node(node, shape) } else { as_statement(formatter, node, shape) }
}

/// An expression where a statement stands: what ends with a block has lines for that.
pub(crate) fn as_statement(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    match formatter.kind(node) {
        N::IfExpr => control::if_statement(formatter, node, shape),
        // Only blocks without a word before them have lines for their contents.
        N::BlockExpr if formatter.input.kind(formatter.start(node)) == T::Ident => block(formatter, node, shape),
        N::BlockExpr => block_of_statements(formatter, node, shape),
        N::MatchExpr => matches::match_expression(formatter, node, shape),
        _ => formatter.node(node, shape),
    }
}

fn expression_statement(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    attributes::own_lines(formatter, node, shape)?;
    let expression =
        formatter.input.tree().children(node).find(|&child| is_expression(formatter.kind(child))).ok_or(Fail)?;
    let last = input.end(node) - 1;
    let has_semicolon = input.kind(last) == T::Semi && input.end(expression) <= last;
    let kind = formatter.kind(expression);
    attributes::own_lines(formatter, expression, shape)?;
    if formatter.has_attributes(expression) {
        attributed_expression(formatter, expression)?;
    } else {
        as_statement(formatter, expression, shape.less(u32::from(has_semicolon)))?;
    }
    if has_semicolon {
        // Loops need none.
        formatter.pass_comments(last)?;
        if matches!(kind, N::WhileExpr | N::ForExpr | N::LoopExpr) {
            formatter.pieces.cursor = last + 1;
            return Ok(());
        }
        return formatter.token(last);
    }
    if matches!(kind, N::ReturnExpr | N::BreakExpr | N::ContinueExpr) {
        formatter.pieces.word(Word::Semi);
    }
    Ok(())
}

/// `let pattern: Type = value else { … };`
fn let_statement(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    attributes::own_lines(formatter, node, shape)?;
    let children: Vec<_> =
        formatter.children(node).into_iter().filter(|&child| formatter.kind(child) != N::Attr).collect();
    let otherwise = children.iter().copied().find(|&child| formatter.kind(child) == N::LetElse);
    let first = attributes::first_behind(formatter, node);
    let semicolon = input.end(node) - 1;
    if otherwise.is_none()
        && !input.has_comment(first, semicolon)
        && !input.has_break(first, semicolon)
        && children.iter().all(|child| input.flat[child.index()])
        && formatter.pieces.column
            + input.width(first, semicolon + 1)
            + children.last().map_or(0, |&value| formatter.tries_counted_twice(value))
            <= shape.right
    {
        return formatter.flat(first, semicolon + 1);
    }
    let start = formatter.pieces.mark();
    let pattern = *children.first().ok_or(Fail)?;
    formatter.flat(first, input.first(pattern))?;
    formatter.gap(input.first(pattern));
    formatter.node(pattern, shape.less(1))?;
    let equals =
        (input.end(pattern)..semicolon).find(|&token| input.kind(token) == T::Eq && input.owners[token] == node.0);
    let type_ = children.get(1).copied().filter(|&child| equals.is_none_or(|equals| input.first(child) < equals));
    if let Some(type_) = type_.filter(|&child| formatter.kind(child) != N::LetElse) {
        formatter.flat(input.end(pattern), input.first(type_))?;
        let room = shape.less(if equals.is_some() { 2 } else { 1 });
        assignments::right_hand_side(formatter, Lhs { start, shape: room }, type_, assignments::Overflow::No)?;
    }
    if let Some(equals) = equals {
        let value = children.iter().copied().find(|&child| input.first(child) > equals).ok_or(Fail)?;
        formatter.next_token(equals)?;
        assignments::right_hand_side(formatter, Lhs { start, shape: shape.less(1) }, value, assignments::Overflow::No)?;
        if let Some(otherwise) = otherwise {
            control::let_else(formatter, (start, shape), value, otherwise)?;
        }
    }
    formatter.token(semicolon)
}
