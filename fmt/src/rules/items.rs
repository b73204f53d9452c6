//! Items: which rule lays out which, and what they have in common: heads, where clauses, bodies in braces.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::assignments::{self, Overflow};
use super::{attributes, blocks, data, functions, imports, macro_items};
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit};

impl Formatter<'_> {
    /// The whole file.
    pub(crate) fn file(&mut self) {
        let root = NodeId::ROOT;
        let end = self.input.parse.tokens.len();
        let mark = self.pieces.mark();
        self.pieces.cursor = 0;
        let skipped = self.input.tree().children(root).any(|child| {
            self.kind(child) == N::Attr
                && self.input.is(self.input.next_code(self.input.first(child) + 1), "!")
                && attributes::is_skip(self.input, child)
        });
        let any = if skipped { Err(Fail) } else { blocks::elements(self, root, 0, end, 0) };
        match any {
            Ok(any) => {
                let has_comment = self.input.has_comment(self.pieces.cursor, end);
                if any || has_comment {
                    self.close(end, 0, 0, !any);
                }
            }
            Err(Fail) => {
                self.pieces.rewind(mark);
                self.verbatim_tokens(0, end);
            }
        }
        // The line break before the first thing in the file.
        if let Some(crate::writer::Piece::Newline { .. }) = self.pieces.list.first() {
            self.pieces.list.remove(0);
        }
    }
}

/// An item with its attributes.
pub(crate) fn item(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    match formatter.kind(node) {
        N::Fn => functions::function(formatter, node, shape),
        N::Use => imports::import(formatter, node, shape),
        N::Struct | N::Union => data::structure(formatter, node, shape),
        N::Enum => data::enumeration(formatter, node, shape),
        N::Impl => implementation(formatter, node, shape),
        N::Trait => trait_item(formatter, node, shape),
        N::Module | N::ExternBlock => in_braces(formatter, node, shape),
        N::Const | N::Static => constant(formatter, node, shape),
        N::TypeAlias => type_alias(formatter, node, shape),
        N::ExternCrate => {
            attributes::own_lines(formatter, node, shape)?;
            formatter.flat(attributes::first_behind(formatter, node), formatter.input.end(node))
        }
        N::MacroCall | N::MacroRules | N::MacroDef => macro_items::macro_item(formatter, node, shape),
        _ => Err(Fail),
    }
}

/// Whether a where clause has no predicates.
pub(crate) fn is_empty_where(formatter: &Formatter<'_>, clause: NodeId) -> bool {
    formatter.children(clause).is_empty()
}

/// Words, name and what else stands at the start of an item, from token `first` to before `end`.
pub(crate) fn head(formatter: &mut Formatter<'_>, first: usize, end: usize) -> Fit {
    let input = formatter.input;
    if input.config.force_explicit_abi {
        let bare = (first..end).find(|&token| {
            input.is(token, "extern")
                && input.node_kind(NodeId(input.owners[token])) == N::Abi
                && input.tree().tokens(NodeId(input.owners[token])).len() == 1
        });
        if let Some(bare) = bare {
            if bare > first {
                formatter.flat(first, bare)?;
                formatter.gap(bare);
            }
            formatter.pass_comments(bare)?;
            formatter.pieces.word(Word::Abi);
            formatter.pieces.cursor = bare + 1;
            return formatter.next_flat(bare + 1, end);
        }
    }
    formatter.flat(first, end)
}

/// ` where` on a line of its own and a line for each predicate.
pub(crate) fn where_clause(formatter: &mut Formatter<'_>, clause: NodeId, shape: Shape, trailing_comma: bool) -> Fit {
    where_clause_at(formatter, clause, shape, trailing_comma, false)
}

/// [`where_clause`], its keyword `on_line` behind what stands before it.
pub(crate) fn where_clause_at(
    formatter: &mut Formatter<'_>,
    clause: NodeId,
    shape: Shape,
    trailing_comma: bool,
    on_line: bool,
) -> Fit {
    let input = formatter.input;
    if on_line && !input.has_comment(formatter.pieces.cursor, input.first(clause)) {
        formatter.pieces.space();
        formatter.pieces.cursor = input.first(clause);
    } else {
        formatter.separate(input.first(clause), shape.indent, true);
    }
    formatter.token(input.first(clause))?;
    let predicates = formatter.children(clause);
    let nested = formatter.block_shape(shape.indent);
    for (index, &predicate) in predicates.iter().enumerate() {
        formatter.separate(input.first(predicate), nested.indent, index == 0);
        predicate_in(formatter, predicate, nested.less(1))?;
        let separator = input.next_code(input.end(predicate));
        let has_comma = input.kind(separator) == T::Comma;
        if has_comma {
            formatter.pass_comments(separator)?;
            formatter.pieces.cursor = separator + 1;
        }
        if trailing_comma || index + 1 < predicates.len() {
            formatter.pieces.word(Word::Comma);
        }
        let next = input.next_code(formatter.pieces.cursor);
        formatter.trailing_comments(next);
    }
    Ok(())
}

fn predicate_in(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    if formatter.fits_flat(node, shape) {
        return formatter.flat_node(node);
    }
    let Some(bounds) = formatter.child(node, N::TypeBoundList) else { return formatter.flat_node(node) };
    let before = formatter.parts(node);
    let parts: Vec<_> = before.into_iter().filter(|&part| formatter.part_first(part) < input.first(bounds)).collect();
    formatter.write_parts(&parts, shape)?;
    assignments::right_hand_side_with(formatter, shape, Overflow::Yes, input.first(bounds), |formatter, shape| {
        formatter.node(bounds, shape)
    })
}

/// A body in braces behind a head: `{}` where it is empty.
pub(crate) fn braces(formatter: &mut Formatter<'_>, list: NodeId, shape: Shape) -> Fit {
    let input = formatter.input;
    let tokens = input.tree().tokens(list);
    let close = tokens.end - 1;
    formatter.token(tokens.start)?;
    if input.next_code(tokens.start + 1) == close && !input.has_comment(tokens.start, close) {
        return formatter.token(close);
    }
    blocks::body(formatter, list, tokens.start, close, shape.indent + formatter.tab(), shape.indent)?;
    formatter.token(close)
}

fn in_braces(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let list = formatter
        .children(node)
        .into_iter()
        .find(|&child| matches!(formatter.kind(child), N::ItemList | N::ExternItemList));
    let Some(list) = list else { return formatter.flat(first, input.end(node)) };
    head(formatter, first, input.first(list))?;
    formatter.pieces.space();
    braces(formatter, list, shape)
}

fn is_empty_body(formatter: &Formatter<'_>, list: NodeId) -> bool {
    let tokens = formatter.input.tree().tokens(list);
    let close = tokens.end - 1;
    formatter.input.next_code(tokens.start + 1) == close && !formatter.input.has_comment(tokens.start, close)
}

/// Where clause and body of an impl or trait.
fn clause_and_body(formatter: &mut Formatter<'_>, node: NodeId, list: NodeId, shape: Shape, broken: bool) -> Fit {
    let input = formatter.input;
    let clause = formatter.child(node, N::WhereClause).filter(|&clause| !is_empty_where(formatter, clause));
    if let Some(clause) = clause {
        let is_impl = formatter.kind(node) == N::Impl;
        let single = formatter.children(clause).len() == 1 && is_impl && is_empty_body(formatter, list) && !broken;
        if single && input.flat[clause.index()] {
            let width = input.node_width(clause) - u32::from(input.kind(input.end(clause) - 1) == T::Comma);
            if formatter.pieces.column + 1 + width + 3 <= formatter.max_width() {
                formatter.pieces.space();
                let predicate = formatter.children(clause)[0];
                formatter.flat(input.first(clause), input.end(predicate))?;
                formatter.skip_to(input.first(list))?;
                formatter.pieces.space();
                return braces(formatter, list, shape);
            }
            where_clause_at(formatter, clause, shape, false, true)?;
            formatter.pass_comments(input.first(list))?;
            formatter.pieces.newline(shape.indent);
            formatter.pieces.cursor = input.first(list);
            return braces(formatter, list, shape);
        }
        where_clause(formatter, clause, shape, true)?;
        formatter.pass_comments(input.first(list))?;
        formatter.pieces.newline(shape.indent);
        formatter.pieces.cursor = input.first(list);
        if is_empty_body(formatter, list) {
            formatter.token(input.first(list))?;
            formatter.pieces.newline(shape.indent);
            return formatter.token(input.end(list) - 1);
        }
        return braces(formatter, list, shape);
    }
    let clause = formatter.child(node, N::WhereClause);
    formatter.pass_comments(input.first(list))?;
    let _ = clause;
    if broken {
        formatter.pieces.newline(shape.indent);
    } else {
        formatter.pieces.space();
    }
    formatter.pieces.cursor = input.first(list);
    if broken && is_empty_body(formatter, list) {
        formatter.token(input.first(list))?;
        formatter.pieces.newline(shape.indent);
        return formatter.token(input.end(list) - 1);
    }
    braces(formatter, list, shape)
}

fn implementation(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let list = formatter.child(node, N::AssocItemList).ok_or(Fail)?;
    let clause = formatter.child(node, N::WhereClause);
    let has_where = clause.is_some_and(|clause| !is_empty_where(formatter, clause));
    let end = clause.map_or(input.first(list), |clause| input.first(clause));
    let last = input.previous_code(end).map_or(end, |token| token + 1);
    let behind = if has_where { 0 } else { 2 };
    let flat_head = !input.has_comment(first, last)
        && formatter.children(node).iter().all(|&child| {
            input.flat[child.index()] || matches!(formatter.kind(child), N::Attr | N::AssocItemList | N::WhereClause)
        });
    if flat_head && formatter.pieces.column + input.width(first, last) + behind <= formatter.max_width() {
        formatter.flat(first, last)?;
        return clause_and_body(formatter, node, list, shape, false);
    }
    // Too long: the type of `… for Type` goes onto a line of its own.
    let start = formatter.pieces.mark();
    let generics = formatter.child(node, N::GenericParamList);
    let types: Vec<_> = formatter.children(node).into_iter().filter(|&child| is_type(formatter.kind(child))).collect();
    let room = Shape { indent: shape.indent, right: formatter.max_width() };
    let nested = formatter.block_shape(shape.indent);
    let &trait_type = types.first().ok_or(Fail)?;
    let head_end = generics.map_or(input.first(trait_type), |generics| input.first(generics));
    head(formatter, first, head_end)?;
    if let Some(generics) = generics {
        formatter.node(generics, room)?;
    }
    let lead = generics.map_or(input.first(trait_type), |generics| input.end(generics));
    let width = input.width(lead, input.end(trait_type));
    // A type that does not fit behind the parameters goes onto a line of its own.
    if generics.is_some()
        && formatter.pieces.column + 1 + width + if types.len() == 1 { behind } else { 0 } > formatter.max_width()
    {
        formatter.pieces.newline(nested.indent);
        formatter.skip_to(input.next_code(lead))?;
        formatter.flat(lead, input.first(trait_type))?;
        if input.next_code(lead) < input.first(trait_type) {
            formatter.gap(input.first(trait_type));
        }
    } else {
        formatter.next_flat(lead, input.first(trait_type))?;
        formatter.gap(input.first(trait_type));
    }
    formatter.node(trait_type, room)?;
    if let Some(&type_) = types.get(1) {
        let keyword = input.next_code(input.end(trait_type));
        formatter.pass_comments(keyword)?;
        let width = 4 + input.node_width(type_) + 1;
        let on_line = formatter.is_multiline(start) && formatter.pieces.column + width <= formatter.max_width();
        if on_line {
            formatter.pieces.space();
        } else {
            formatter.pieces.newline(nested.indent);
        }
        formatter.pieces.cursor = keyword;
        formatter.token(keyword)?;
        formatter.pieces.space();
        formatter.node(type_, if on_line { room } else { nested })?;
    }
    let trimmed = formatter.pieces.column.saturating_sub(formatter.pieces.trimmed_last_line_width(start));
    let broken = formatter.is_multiline(start) && trimmed > shape.indent;
    clause_and_body(formatter, node, list, shape, broken)
}

fn is_type(kind: N) -> bool {
    kind >= N::ArrayType && kind <= N::TypeofType
}

fn trait_item(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let Some(list) = formatter.child(node, N::AssocItemList) else { return formatter.flat(first, input.end(node)) };
    let clause = formatter.child(node, N::WhereClause);
    let has_where = clause.is_some_and(|clause| !is_empty_where(formatter, clause));
    let end = clause.map_or(input.first(list), |clause| input.first(clause));
    let last = input.previous_code(end).map_or(end, |token| token + 1);
    let behind = if has_where { 0 } else { 2 };
    let flat_parts = formatter.children(node).iter().all(|&child| {
        input.flat[child.index()] || matches!(formatter.kind(child), N::Attr | N::AssocItemList | N::WhereClause)
    });
    // rustfmt counts the visibility twice where bounds follow.
    let counted_twice = match (formatter.child(node, N::TypeBoundList), formatter.child(node, N::Visibility)) {
        (Some(_), visibility) => 4 + visibility.map_or(0, |visibility| input.node_width(visibility) + 1),
        (None, _) => behind,
    };
    let has_room =
        formatter.pieces.column + input.width(first, last) + counted_twice.max(behind) <= formatter.max_width();
    if flat_parts && !input.has_comment(first, last) && has_room {
        formatter.flat(first, last)?;
        return clause_and_body(formatter, node, list, shape, false);
    }
    let start = formatter.pieces.mark();
    let room = Shape { indent: shape.indent, right: formatter.max_width() };
    let bounds = formatter.child(node, N::TypeBoundList);
    match formatter.child(node, N::GenericParamList) {
        Some(generics) => {
            head(formatter, first, input.first(generics))?;
            formatter.node(generics, room.less(2))?;
            if let Some(bounds) = bounds {
                formatter.flat(input.end(generics), input.first(bounds))?;
            }
        }
        None => head(formatter, first, bounds.map_or(last, |bounds| input.first(bounds)))?,
    }
    if let Some(bounds) = bounds {
        // Bounds that do not fit behind the name stand below it, the first further in than `trait`, the others as far.
        let nested = formatter.block_shape(shape.indent);
        formatter.pass_comments(input.first(bounds))?;
        formatter.pieces.newline(nested.indent);
        formatter.pieces.cursor = input.first(bounds);
        let outer = Shape { indent: shape.indent, right: formatter.max_width() };
        formatter.node(bounds, outer)?;
    }
    let broken = formatter.is_multiline(start) && bounds.is_some();
    clause_and_body(formatter, node, list, shape, broken)
}

/// `const NAME: Type = value;` and `static`.
fn constant(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let semicolon = input.end(node) - 1;
    let children: Vec<_> = formatter
        .children(node)
        .into_iter()
        .filter(|&child| !matches!(formatter.kind(child), N::Attr | N::Visibility))
        .collect();
    let flat = children.iter().all(|child| input.flat[child.index()]) && !input.has_comment(first, semicolon);
    if flat && formatter.pieces.column + input.width(first, semicolon + 1) <= formatter.max_width() {
        return formatter.flat(first, semicolon + 1);
    }
    let room = Shape { indent: shape.indent, right: formatter.max_width() };
    match children[..] {
        [type_, value] if is_type(formatter.kind(type_)) => {
            head(formatter, first, input.first(type_))?;
            let start = formatter.pieces.mark();
            formatter.pieces.space();
            let fits = formatter.attempt(|formatter| formatter.node(type_, room.less(2))).is_ok();
            if !fits || !formatter.is_multiline(start) && formatter.pieces.column + 2 > room.right {
                formatter.pieces.rewind(start);
                let nested = formatter.block_shape(shape.indent);
                formatter.pieces.newline(nested.indent);
                formatter.node(type_, nested.less(2))?;
            }
            formatter.next_flat(input.end(type_), input.first(value))?;
            assignments::right_hand_side_with(
                formatter,
                room.less(1),
                Overflow::No,
                input.first(value),
                |formatter, shape| formatter.node(value, shape),
            )?;
            formatter.token(semicolon)
        }
        [type_] if is_type(formatter.kind(type_)) => {
            head(formatter, first, input.first(type_))?;
            let nested = formatter.block_shape(shape.indent);
            if formatter.pieces.column + 1 + input.node_width(type_) + 1 > room.right
                && nested.indent + input.node_width(type_) < room.right
            {
                formatter.pieces.newline(nested.indent);
            } else {
                formatter.pieces.space();
            }
            formatter.node(type_, room.less(1))?;
            formatter.token(semicolon)
        }
        _ => Err(Fail),
    }
}

fn type_alias(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let semicolon = input.end(node) - 1;
    let has_where = formatter.child(node, N::WhereClause).is_some();
    let parts: Vec<_> = formatter
        .children(node)
        .into_iter()
        .filter(|&child| !matches!(formatter.kind(child), N::Attr | N::Visibility))
        .collect();
    let flat =
        parts.iter().all(|child| input.flat[child.index()]) && !input.has_comment(first, semicolon) && !has_where;
    if flat && formatter.pieces.column + input.width(first, semicolon + 1) <= formatter.max_width() {
        return formatter.flat(first, semicolon + 1);
    }
    if has_where {
        return Err(Fail);
    }
    let room = Shape { indent: shape.indent, right: formatter.max_width() };
    let type_ = *parts.last().filter(|&&last| is_type(formatter.kind(last))).ok_or(Fail)?;
    match formatter.child(node, N::GenericParamList) {
        Some(generics) => {
            head(formatter, first, input.first(generics))?;
            formatter.node(generics, room)?;
            formatter.next_flat(input.end(generics), input.first(type_))?;
        }
        None => head(formatter, first, input.first(type_))?,
    }
    assignments::right_hand_side_with(
        formatter,
        room.less(1),
        Overflow::No,
        input.first(type_),
        |formatter, shape| formatter.node(type_, shape),
    )?;
    formatter.token(semicolon)
}

/// How many of the elements are imports, `extern crate`s or `mod name;`s in a row that are sorted together.
pub(crate) fn reorderable_run(formatter: &Formatter<'_>, elements: &[NodeId]) -> usize {
    let input = formatter.input;
    let kind_of = |node: NodeId| match formatter.kind(node) {
        N::Use if input.config.reorder_imports => Some(N::Use),
        N::ExternCrate if input.config.reorder_imports => Some(N::ExternCrate),
        N::Module if input.config.reorder_modules && formatter.child(node, N::ItemList).is_none() => Some(N::Module),
        _ => None,
    };
    let Some(kind) = kind_of(elements[0]) else { return 1 };
    let mut run = 0;
    let mut end: Option<usize> = None;
    for &element in elements {
        let adjacent = end.is_none_or(|end| !has_empty_line(formatter, end, input.first(element)));
        if kind_of(element) != Some(kind)
            || !adjacent
            || attributes::is_skipped(formatter, element)
            || is_macro_use(formatter, element)
        {
            break;
        }
        run += 1;
        end = Some(input.end(element));
    }
    run.max(1)
}

fn has_empty_line(formatter: &Formatter<'_>, first: usize, end: usize) -> bool {
    (first..end).any(|token| {
        formatter.input.kind(token) == T::Whitespace
            && formatter.input.token_text(token).bytes().filter(|&byte| byte == b'\n').count() >= 2
    })
}

fn is_macro_use(formatter: &Formatter<'_>, node: NodeId) -> bool {
    let input = formatter.input;
    formatter.children(node).iter().any(|&child| {
        formatter.kind(child) == N::Attr
            && (input.first(child)..input.end(child)).any(|token| input.is(token, "macro_use"))
    })
}
