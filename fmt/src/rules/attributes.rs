//! Attributes and doc comments.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use crate::formatter::{Formatter, Shape};
use crate::input::Input;
use crate::writer::Word;
use crate::{Fail, Fit};

/// The first token of a node behind its outer attributes and doc comments.
pub(crate) fn first_behind(formatter: &Formatter<'_>, node: NodeId) -> usize {
    let input = formatter.input;
    let mut token = input.first(node);
    let mut attributes = input.tree().children(node).filter(|&child| formatter.kind(child) == N::Attr).peekable();
    loop {
        if input.kind(token).is_doc_comment() {
            token = input.next_code(token + 1);
        } else if let Some(attribute) = attributes.next_if(|&attribute| input.first(attribute) == token) {
            token = input.next_code(input.end(attribute));
        } else {
            return token;
        }
    }
}

/// Writes the outer attributes and doc comments of a node, each on a line of its own, and breaks the line behind the last.
pub(crate) fn own_lines(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let first = first_behind(formatter, node);
    let mut token = input.first(node);
    if token == first || formatter.pieces.cursor >= first {
        return Ok(());
    }
    let attributes: Vec<_> =
        formatter.children(node).into_iter().filter(|&child| formatter.kind(child) == N::Attr).collect();
    while token < first {
        if input.kind(token).is_doc_comment() {
            doc_comment(formatter, token);
            token = input.next_code(token + 1);
        } else {
            let index = attributes.iter().position(|&attribute| input.first(attribute) == token).ok_or(Fail)?;
            let run = derive_run(formatter, &attributes[index..]);
            if run > 1 {
                merged_derive(formatter, &attributes[index..index + run], shape)?;
            } else {
                attribute(formatter, attributes[index], shape)?;
            }
            token = input.next_code(input.end(attributes[index + run.max(1) - 1]));
        }
        let docs = input.previous_code(token).is_some_and(|last| input.kind(last).is_doc_comment());
        let keeps = token == first && is_free_item(formatter.kind(node))
            || token < first && (docs || input.kind(token).is_doc_comment());
        lines_behind(formatter, token, shape.indent, keeps);
    }
    Ok(())
}

/// Comments and the line break behind an attribute; empty lines go where no comment stands.
fn lines_behind(formatter: &mut Formatter<'_>, next: usize, indent: u32, keeps_empty: bool) {
    if keeps_empty || formatter.input.has_comment(formatter.pieces.cursor, next) {
        formatter.separate(next, indent, false);
    } else {
        formatter.pieces.newline(indent);
        formatter.pieces.cursor = next;
    }
}

/// Items whose attributes may have an empty line behind them.
fn is_free_item(kind: N) -> bool {
    matches!(
        kind,
        N::Fn
            | N::Struct
            | N::Enum
            | N::Union
            | N::Impl
            | N::Trait
            | N::Module
            | N::Use
            | N::Const
            | N::Static
            | N::TypeAlias
            | N::ExternBlock
    )
}

/// How many of the attributes are derives behind one another that become one.
fn derive_run(formatter: &Formatter<'_>, attributes: &[NodeId]) -> usize {
    let input = formatter.input;
    if !input.config.merge_derives {
        return 1;
    }
    let is_derive = |&attribute: &NodeId| {
        let first = input.next_code(input.first(attribute) + 1);
        input.is(input.next_code(first + 1), "derive")
            && !input.has_comment(input.first(attribute), input.end(attribute))
    };
    let mut run = 0;
    let mut end = None;
    for attribute in attributes {
        let adjacent = end.is_none_or(|end| {
            input.next_code(end) == input.first(*attribute) && !input.has_comment(end, input.first(*attribute))
        });
        if !is_derive(attribute) || !adjacent {
            break;
        }
        end = Some(input.end(*attribute));
        run += 1;
    }
    run
}

/// Several derives as one.
fn merged_derive(formatter: &mut Formatter<'_>, attributes: &[NodeId], shape: Shape) -> Fit {
    let input = formatter.input;
    let mut text = String::from("#[derive(");
    let mut paths = Vec::new();
    for &attribute in attributes {
        let mut path = String::new();
        let mut depth = 0;
        for token in input.first(attribute)..input.end(attribute) {
            let kind = input.kind(token);
            match kind {
                T::OpenParen | T::OpenBracket => depth += 1,
                T::CloseParen | T::CloseBracket => depth -= 1,
                T::Comma => paths.push(std::mem::take(&mut path)),
                _ if depth == 2 && input.is_code(token) => path.push_str(input.token_text(token)),
                _ => {}
            }
        }
        paths.push(path);
    }
    paths.retain(|path| !path.is_empty());
    text.push_str(&paths.join(", "));
    text.push_str(")]");
    let last = *attributes.last().ok_or(Fail)?;
    if formatter.pieces.column + text.len() as u32 > formatter.max_width() {
        text = String::from("#[derive(");
        let mut indent = String::new();
        crate::writer::push_indent(input, &mut indent, shape.indent + formatter.tab());
        for path in &paths {
            text.push_str(&format!("\n{indent}{path},"));
        }
        indent.clear();
        crate::writer::push_indent(input, &mut indent, shape.indent);
        text.push_str(&format!("\n{indent})]"));
    }
    formatter.pieces.rewritten(&text);
    formatter.pieces.cursor = input.end(last);
    Ok(())
}

/// One doc comment as it is, without white space at its lines' ends.
pub(crate) fn doc_comment(formatter: &mut Formatter<'_>, token: usize) {
    let input = formatter.input;
    if input.kind(token) == T::Frontmatter {
        return formatter.verbatim_tokens(token, token + 1);
    }
    formatter.comment(token);
}

/// Whether rustfmt leaves the node alone: `#[rustfmt::skip]` in one of its forms.
pub(crate) fn is_skipped(formatter: &Formatter<'_>, node: NodeId) -> bool {
    let input = formatter.input;
    let own = |node: NodeId| {
        input
            .tree()
            .children(node)
            .filter(|&child| formatter.kind(child) == N::Attr)
            .any(|attribute| is_skip(input, attribute))
    };
    own(node) || formatter.kind(node) == N::ExprStmt && input.tree().children(node).next().is_some_and(own)
}

pub(crate) fn is_skip(input: &Input, attribute: NodeId) -> bool {
    let range = input.tree().tokens(attribute);
    let starts = &input.parse.tokens.starts;
    let text: String =
        input.text[starts[range.start] as usize..starts[range.end] as usize].split_whitespace().collect();
    let inner = text.trim_start_matches(['#', '!']).trim_start_matches('[').trim_end_matches(']');
    matches!(inner, "rustfmt::skip" | "rustfmt_skip")
        || inner
            .strip_prefix("cfg_attr(")
            .is_some_and(|rest| rest.ends_with("rustfmt::skip)") || rest.ends_with("rustfmt_skip)"))
}

/// Whether the arguments of an attribute are paths, literals, `=` and lists of these, as nearly all are.
pub(crate) fn is_plain_meta(input: &Input, meta: NodeId) -> bool {
    let range = input.tree().tokens(meta);
    let mut previous = None;
    for token in range.clone().filter(|&token| input.is_code(token)) {
        let kind = input.kind(token);
        let allowed =
            matches!(kind, T::Ident | T::RawIdent | T::Comma | T::Eq | T::Colon | T::OpenParen | T::CloseParen)
                || kind.is_literal();
        // Two words behind one another are no meta.
        let words = |kind: T| kind == T::Ident || kind.is_literal();
        if !allowed || kind == T::Eq && previous == Some(T::Eq) || previous.is_some_and(words) && words(kind) {
            return false;
        }
        if kind == T::Comma && matches!(previous, None | Some(T::Comma | T::OpenParen)) {
            return false;
        }
        previous = Some(kind);
    }
    !single_colon(input, range)
}

fn single_colon(input: &Input, range: std::ops::Range<usize>) -> bool {
    let mut count = 0;
    for token in range {
        if input.kind(token) == T::Colon {
            count += 1;
        } else {
            if count % 2 == 1 {
                return true;
            }
            count = 0;
        }
    }
    false
}

/// An attribute: on one line, its arguments one a line where they are too wide, or as it stands.
pub(crate) fn attribute(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let tokens = input.tree().tokens(node);
    let meta = formatter.children(node).first().copied();
    let list = meta.filter(|&meta| formatter.kind(meta) == N::TokenTreeMeta);
    let has_comment = input.has_comment(tokens.start, tokens.end);
    let fits = formatter.pieces.column + input.node_width(node) <= shape.right;
    let Some(list) = list else {
        if !has_comment && !input.has_break(tokens.start, tokens.end) && meta.is_some() {
            return formatter.flat_node(node);
        }
        formatter.verbatim(node);
        return Ok(());
    };
    if has_comment || !is_plain_meta(input, list) || input.has_break(tokens.start, tokens.end) {
        formatter.verbatim(node);
        return Ok(());
    }
    let tree = formatter.child(list, N::TokenTree).ok_or(Fail)?;
    let dropped = u32::from(previous_comma(input, tree).is_some());
    if fits && is_short_meta(input, tree) && dropped == 0 {
        return formatter.flat_node(node);
    }
    let items = meta_items(input, tree);
    if items.len() == 1 && !(items[0].0..items[0].1).any(|token| input.kind(token) == T::OpenParen) && !fits {
        formatter.verbatim(node);
        return Ok(());
    }
    formatter.flat(tokens.start, input.first(tree))?;
    meta_list(formatter, tree, shape)?;
    formatter.flat(input.end(tree), tokens.end)
}

fn previous_comma(input: &Input, tree: NodeId) -> Option<usize> {
    input.previous_code(input.end(tree) - 1).filter(|&token| input.kind(token) == T::Comma)
}

/// Elements of a bracketed list of attribute arguments, as token ranges.
fn meta_items(input: &Input, tree: NodeId) -> Vec<(usize, usize)> {
    let (open, close) = (input.first(tree), input.end(tree) - 1);
    let mut items = Vec::new();
    let (mut depth, mut first) = (0, open + 1);
    for token in open + 1..close {
        match input.kind(token) {
            T::OpenParen => depth += 1,
            T::CloseParen => depth -= 1,
            T::Comma if depth == 0 => {
                items.push((input.next_code(first), token));
                first = token + 1;
            }
            _ => {}
        }
    }
    if input.next_code(first) < close {
        let last = input.previous_code(close).map_or(close, |token| token + 1);
        items.push((input.next_code(first), last));
    }
    items
}

/// Whether the arguments of an attribute, and of all lists within, keep to their width.
fn is_short_meta(input: &Input, tree: NodeId) -> bool {
    let items = meta_items(input, tree);
    let width: u32 = items.iter().map(|&(first, end)| input.width(first, end) + 2).sum::<u32>().saturating_sub(2);
    let is_derive = input.previous_code(input.first(tree)).is_some_and(|name| input.is(name, "derive"));
    (items.len() == 1 || is_derive || width <= input.widths.attribute)
        && input.tree().children(tree).all(|inner| is_short_meta(input, inner))
}

/// `(a, b = "c", d(e))`: on one line, or one element a line; a single element hangs over.
fn meta_list(formatter: &mut Formatter<'_>, tree: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let items = meta_items(input, tree);
    let close = input.end(tree) - 1;
    let width: u32 = items.iter().map(|&(first, end)| input.width(first, end) + 2).sum::<u32>().saturating_sub(2);
    formatter.token(input.first(tree))?;
    let one_line = formatter.pieces.column + width + 2 <= shape.right && is_short_meta(input, tree);
    if one_line || items.is_empty() {
        for (index, &(first, end)) in items.iter().enumerate() {
            if index > 0 {
                formatter.pieces.word(Word::Comma);
                formatter.pieces.space();
            }
            formatter.flat(first, end)?;
        }
        formatter.pieces.cursor = close;
        return formatter.token(close);
    }
    let nested_of = |first: usize, end: usize| {
        input.tree().children(tree).find(|&child| input.first(child) > first && input.end(child) == end)
    };
    if let [(first, end)] = items[..]
        && let Some(inner) = nested_of(first, end)
    {
        formatter.flat(first, input.first(inner))?;
        meta_list(formatter, inner, shape)?;
        formatter.pieces.cursor = close;
        return formatter.token(close);
    }
    let nested = formatter.block_shape(shape.indent);
    let comma = previous_comma(input, tree).is_some() || is_derive_list(formatter, tree);
    for (index, &(first, end)) in items.iter().enumerate() {
        formatter.pieces.newline(nested.indent);
        let fits = nested.indent + input.width(first, end) < nested.right
            && nested_of(first, end).is_none_or(|inner| is_short_meta(input, inner));
        match nested_of(first, end) {
            Some(inner) if !fits => {
                formatter.flat(first, input.first(inner))?;
                meta_list(formatter, inner, nested)?;
            }
            _ => formatter.flat(first, end)?,
        }
        if comma || index + 1 < items.len() {
            formatter.pieces.word(Word::Comma);
        }
    }
    formatter.pieces.newline(shape.indent);
    formatter.pieces.cursor = close;
    formatter.token(close)
}

fn is_derive_list(formatter: &Formatter<'_>, tree: NodeId) -> bool {
    let input = formatter.input;
    input.previous_code(input.first(tree)).is_some_and(|name| input.is(name, "derive"))
}

/// Attributes before a parameter: on its line where they stand there and fit.
pub(crate) fn before_parameter(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let first = first_behind(formatter, node);
    let fits = formatter.pieces.column + input.node_width(node) <= shape.right;
    let has_doc = (input.first(node)..first).any(|token| input.kind(token).is_doc_comment());
    let on_line = input.newlines(input.first(node), first) == 0;
    if fits && !has_doc && on_line && !input.has_comment(input.first(node), first) {
        formatter.flat(input.first(node), first)?;
        formatter.pieces.space();
        formatter.pieces.cursor = first;
        return Ok(());
    }
    own_lines(formatter, node, shape)
}
