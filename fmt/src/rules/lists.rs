//! Bracketed lists: on one line, one element a line, or short elements in rows; and the last element hanging over the end.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::calls;
use crate::formatter::{Formatter, Shape};
use crate::writer::{Mark, Piece, Taken, Word};
use crate::{Fail, Fit};

/// When a comma stands behind the last element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trailing {
    /// Where each element has a line.
    Vertical,
    Always,
    Never,
}

/// A bracketed list to be laid out. What stands before its bracket is written already.
pub(crate) struct List {
    pub(crate) open: usize,
    pub(crate) close: usize,
    pub(crate) items: Vec<NodeId>,
    /// Columns that several elements may have on one line.
    pub(crate) limit: u32,
    pub(crate) trailing: Trailing,
    /// Columns of what stands before the bracket and belongs to the list: the name of a called function.
    pub(crate) callee_width: u32,
    /// Where the format string of a macro like `println!` stands among its arguments.
    pub(crate) format_string: Option<usize>,
}

/// How a list is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tactic {
    Horizontal,
    Vertical,
    Mixed,
    /// Up to the format string one a line, the rest in one.
    FormatString(usize),
}

/// Comments behind elements in a row: where their padding stands, and how wide their element is.
pub(crate) type Aligned = Vec<(usize, u32)>;

/// A layout that was found at another place, to be written at the cursor.
#[derive(Clone)]
pub(crate) struct Captured {
    taken: Taken,
    from: Mark,
}

impl Captured {
    pub(crate) fn lines(&self) -> u32 {
        self.taken.end.lines - self.from.lines
    }

    pub(crate) fn is_multiline(&self) -> bool {
        self.lines() > 0
    }

    /// Columns, if it is one line.
    pub(crate) fn width(&self) -> u32 {
        self.taken.end.column.saturating_sub(self.from.column)
    }
}

impl Formatter<'_> {
    /// Lays something out as if the cursor stood at `column`, and takes it off again.
    pub(crate) fn capture(&mut self, column: u32, layout: impl FnOnce(&mut Self) -> Fit) -> Result<Captured, Fail> {
        let before = self.pieces.mark();
        self.pieces.column = column;
        let from = self.pieces.mark();
        let result = layout(self);
        let taken = self.pieces.take(from);
        self.pieces.rewind(before);
        result.map(|()| Captured { taken, from })
    }

    /// Writes what was captured. Lines behind its first stay where they were.
    pub(crate) fn put(&mut self, captured: &Captured) {
        let (column, lines) = (self.pieces.column, self.pieces.lines);
        self.pieces.put(&captured.taken);
        self.pieces.lines = lines + captured.lines();
        if !captured.is_multiline() {
            self.pieces.column = column + captured.width();
        }
    }

    /// Whether a comment stands between the elements of a list.
    fn has_outer_comment(&self, list: &List) -> bool {
        let input = self.input;
        let mut from = list.open;
        for &item in &list.items {
            if input.has_comment(from, input.first(item)) {
                return true;
            }
            from = input.end(item);
        }
        input.has_comment(from, list.close)
    }

    /// The separator behind `item`, if there is one: a comma, or the semicolon of `vec![x; n]`.
    fn separator(&self, item: NodeId) -> Option<usize> {
        let next = self.input.next_code(self.input.end(item));
        matches!(self.input.kind(next), T::Comma | T::Semi).then_some(next)
    }

    /// Lays a list out; the cursor stands before its bracket.
    pub(crate) fn list(&mut self, list: &List, shape: Shape) -> Fit {
        let base = self.pieces.mark();
        self.token(list.open)?;
        if list.items.is_empty() {
            return self.empty_list(list, shape);
        }
        let inner = self.pieces.mark();
        let nested = Shape { indent: shape.indent + self.tab(), right: self.max_width().saturating_sub(1) };
        if self.has_outer_comment(list) {
            return self.list_with_comments(list, shape, nested);
        }
        let one_line_right = shape.right.saturating_sub(1);
        let one_line_width = one_line_right.saturating_sub(inner.column);
        let (last, others) = list.items.split_last().expect("the list is not empty");
        let mut others_width = 0;
        let mut others_single = true;
        for &item in others {
            match self.single_line_width(item, nested)? {
                Some(width) => others_width += width + 2,
                None => others_single = false,
            }
        }
        let limit = list.limit.min(one_line_width);
        if others_single && self.overflow_last(list, *last, others_width, limit, shape)? {
            return Ok(());
        }
        self.pieces.rewind(inner);
        let last_width = self.single_line_width(*last, nested)?;
        let tactic = match last_width {
            Some(width) if others.is_empty() && one_line_width > 0 && width <= one_line_width => Tactic::Horizontal,
            Some(width) if others_single && others_width + width <= limit => Tactic::Horizontal,
            _ => self.broken_tactic(list, nested),
        };
        let _ = base;
        self.write_list(list, tactic, shape, nested)
    }

    fn broken_tactic(&mut self, list: &List, nested: Shape) -> Tactic {
        let input = self.input;
        if let Some(index) = list.format_string {
            let simple = list.items.len() > index && list.items.iter().all(|&item| calls::is_simple(input, item));
            let fits = |items: &[NodeId]| {
                let width: u32 = items.iter().map(|&item| input.node_width(item) + 2).sum();
                items.iter().all(|&item| input.flat[item.index()])
                    && width <= nested.right.saturating_sub(nested.indent) + 2
            };
            if simple && fits(&list.items[..index]) && fits(&list.items[index + 1..]) {
                return Tactic::FormatString(index);
            }
            return Tactic::Vertical;
        }
        let threshold = input.config.short_array_element_width_threshold;
        let is_short = |&item: &NodeId| {
            input.flat[item.index()] && input.node_width(item) <= threshold && calls::is_simple(input, item)
        };
        if list.items.iter().all(is_short) { Tactic::Mixed } else { Tactic::Vertical }
    }

    /// Columns of a node on one line of its own, `None` if it needs several.
    pub(crate) fn single_line_width(&mut self, item: NodeId, nested: Shape) -> Result<Option<u32>, Fail> {
        // Attributes have lines of their own.
        if crate::flat::is_expression(self.kind(item))
            && super::attributes::first_behind(self, item) != self.input.first(item)
        {
            return Ok(None);
        }
        if self.input.flat[item.index()] && self.input.node_width(item) <= nested.right.saturating_sub(nested.indent) {
            return Ok(Some(self.input.node_width(item)));
        }
        let cursor = self.input.first(item);
        let captured = self.capture(nested.indent, |formatter| {
            formatter.pieces.cursor = cursor;
            formatter.node(item, nested)
        })?;
        Ok((!captured.is_multiline()).then(|| captured.width()))
    }

    /// Tries the last element hanging over the end of the line; tells whether the whole list is written so.
    fn overflow_last(
        &mut self,
        list: &List,
        last: NodeId,
        others_width: u32,
        limit: u32,
        shape: Shape,
    ) -> Result<bool, Fail> {
        let input = self.input;
        let is_single = list.items.len() == 1;
        let combines = is_single
            && calls::is_expression_or_patched(self, last)
            && !self.has_attributes(last)
            && list.callee_width < self.tab();
        if !combines && !calls::may_overflow(self, last, list.items.len()) {
            return Ok(false);
        }
        let inner = self.pieces.mark();
        let one_line_right = shape.right.saturating_sub(1);
        let right = if is_single && !calls::is_nested_call(self, last) {
            one_line_right
        } else {
            one_line_right.min(inner.column.saturating_add(list.limit))
        };
        if inner.column + others_width > right {
            return Ok(false);
        }
        let forced = self.one_line_chain;
        let is_macro = input.macro_groups.binary_search(&(list.open as u32)).is_ok();
        let may_break_chain = is_macro && !self.is_style_2024();
        self.one_line_chain |= !combines && !may_break_chain && calls::is_method_call(self, last);
        let (_, others) = list.items.split_last().expect("the list is not empty");
        let mut last_mark = inner;
        let result = self.attempt(|formatter| {
            for &item in others {
                formatter.node(item, Shape { right: u32::MAX, ..shape })?;
                formatter.write_separator(item)?;
                formatter.pieces.space();
            }
            formatter.skip_to(input.first(last))?;
            last_mark = formatter.pieces.mark();
            calls::overflowing(formatter, list, last, Shape { right, ..shape })
        });
        self.one_line_chain = forced;
        if result.is_err() {
            return Ok(false);
        }
        let first_line = self.pieces.first_line_width(input, last_mark);
        if others_width + first_line > limit {
            return Ok(false);
        }
        let lines = self.pieces.lines_since(last_mark);
        if is_single && lines == 1 {
            // Two lines: on a line of its own it may be one.
            let nested = Shape { indent: shape.indent + self.tab(), right: self.max_width().saturating_sub(1) };
            if let Ok(Some(width)) = self.single_line_width(last, nested) {
                self.pieces.rewind(inner);
                if inner.column + width <= one_line_right {
                    self.node(last, Shape { right: one_line_right, ..shape })?;
                    self.end_list(list, false, shape, false)?;
                } else {
                    self.pieces.newline(nested.indent);
                    self.node(last, nested)?;
                    self.skip_separator(last)?;
                    self.pieces.newline(shape.indent);
                    self.token(list.close)?;
                }
                return Ok(true);
            }
        }
        self.end_list(list, list.trailing == Trailing::Always, shape, false)?;
        Ok(true)
    }

    fn write_separator(&mut self, item: NodeId) -> Fit {
        match self.separator(item) {
            Some(separator) => self.token_even_dropped(separator),
            None => {
                self.pieces.word(Word::Comma);
                Ok(())
            }
        }
    }

    /// Writes a separator, which may be a comma that the flat form drops.
    fn token_even_dropped(&mut self, token: usize) -> Fit {
        self.pass_comments(token)?;
        self.pieces.word(if self.input.kind(token) == T::Semi { Word::Semi } else { Word::Comma });
        self.pieces.cursor = token + 1;
        Ok(())
    }

    pub(crate) fn skip_separator(&mut self, item: NodeId) -> Fit {
        if let Some(separator) = self.separator(item) {
            self.pass_comments(separator)?;
            self.pieces.cursor = separator + 1;
        }
        Ok(())
    }

    /// The end of a list on its last line: a comma if wanted, and the bracket.
    fn end_list(&mut self, list: &List, comma: bool, _shape: Shape, _vertical: bool) -> Fit {
        let last = *list.items.last().expect("the list is not empty");
        if comma {
            self.write_separator(last)?;
        } else {
            self.skip_separator(last)?;
        }
        self.token(list.close)
    }

    fn write_list(&mut self, list: &List, tactic: Tactic, shape: Shape, nested: Shape) -> Fit {
        match tactic {
            Tactic::Horizontal => {
                for (index, &item) in list.items.iter().enumerate() {
                    self.node(item, Shape { right: u32::MAX, ..shape })?;
                    if index + 1 < list.items.len() {
                        self.write_separator(item)?;
                        self.pieces.space();
                        self.skip_to(self.input.first(list.items[index + 1]))?;
                    }
                }
                self.end_list(list, list.trailing == Trailing::Always, shape, false)
            }
            Tactic::Vertical => self.vertical(list, shape, nested),
            Tactic::Mixed => {
                self.pieces.newline(nested.indent);
                for (index, &item) in list.items.iter().enumerate() {
                    let width = self.input.node_width(item);
                    if index > 0 {
                        if self.pieces.column + width + 2 > nested.right {
                            self.pieces.newline(nested.indent);
                        } else {
                            self.pieces.space();
                        }
                    }
                    self.skip_to(self.input.first(item))?;
                    self.node(item, nested)?;
                    if index + 1 < list.items.len() || list.trailing != Trailing::Never {
                        self.write_separator(item)?;
                    } else {
                        self.skip_separator(item)?;
                    }
                }
                self.pieces.newline(shape.indent);
                self.token(list.close)
            }
            Tactic::FormatString(at) => {
                for (index, &item) in list.items.iter().enumerate() {
                    if index == 0 || index == at || index == at + 1 {
                        self.pieces.newline(nested.indent);
                    } else {
                        self.pieces.space();
                    }
                    self.skip_to(self.input.first(item))?;
                    self.node(item, nested)?;
                    if index + 1 < list.items.len() || list.trailing == Trailing::Always {
                        self.write_separator(item)?;
                    } else {
                        self.skip_separator(item)?;
                    }
                }
                self.pieces.newline(shape.indent);
                self.token(list.close)
            }
        }
    }

    fn empty_list(&mut self, list: &List, shape: Shape) -> Fit {
        if self.input.has_comment(list.open, list.close) {
            let nested = shape.indent + self.tab();
            self.close(list.close, nested, shape.indent, true);
        }
        self.token(list.close)
    }

    fn list_with_comments(&mut self, list: &List, shape: Shape, nested: Shape) -> Fit {
        if !self.is_inline_comments(list) {
            return self.vertical(list, shape, nested);
        }
        // Block comments within a line: kept there if everything fits.
        let mark = self.pieces.mark();
        let result = self.attempt(|formatter| {
            for (index, &item) in list.items.iter().enumerate() {
                formatter.inline_comments(formatter.input.first(item))?;
                formatter.node(item, Shape { right: u32::MAX, ..shape })?;
                formatter.inline_comments_behind(item)?;
                if index + 1 < list.items.len() {
                    formatter.write_separator(item)?;
                    formatter.pieces.space();
                }
            }
            formatter.end_list(list, false, shape, false)
        });
        if result.is_ok() && !self.is_multiline(mark) && self.pieces.column <= shape.right {
            return Ok(());
        }
        self.pieces.rewind(mark);
        self.vertical(list, shape, nested)
    }

    fn is_inline_comments(&self, list: &List) -> bool {
        let input = self.input;
        (list.open..list.close).all(|token| match input.kind(token) {
            T::LineComment => false,
            T::BlockComment => !input.token_text(token).contains('\n'),
            _ => true,
        }) && input.newlines(list.open, list.close) == 0
    }

    fn inline_comments(&mut self, limit: usize) -> Fit {
        for token in self.pieces.cursor..limit {
            if self.input.kind(token) == T::BlockComment {
                self.comment(token);
                self.pieces.space();
            }
        }
        self.pieces.cursor = limit;
        Ok(())
    }

    fn inline_comments_behind(&mut self, item: NodeId) -> Fit {
        let next = self.input.next_code(self.input.end(item));
        for token in self.input.end(item)..next {
            if self.input.kind(token) == T::BlockComment {
                self.pieces.space();
                self.comment(token);
            }
        }
        self.pieces.cursor = next;
        Ok(())
    }

    /// One element a line, with comments; the cursor stands behind the bracket.
    fn vertical(&mut self, list: &List, shape: Shape, nested: Shape) -> Fit {
        let comma = list.trailing != Trailing::Never;
        self.vertical_items(&list.items, nested, shape.indent, list.close, comma, false, |formatter, item| {
            formatter.node(item, nested)
        })?;
        self.token(list.close)
    }

    /// Elements one a line with comments around them, up to before the bracket `close`, which stands at `outer`.
    pub(crate) fn vertical_items(
        &mut self,
        items: &[NodeId],
        nested: Shape,
        outer: u32,
        close: usize,
        trailing_comma: bool,
        keeps_empty: bool,
        mut write: impl FnMut(&mut Self, NodeId) -> Fit,
    ) -> Fit {
        let input = self.input;
        // Comments behind elements in a row are aligned: where the padding stands, and how wide its element is.
        let mut aligned = Aligned::default();
        for (index, &item) in items.iter().enumerate() {
            let first = input.first(item);
            let blank = input.newlines(self.pieces.cursor, first) >= 2;
            if keeps_empty || input.has_comment(self.pieces.cursor, first) {
                self.separate(first, nested.indent, index == 0);
            } else {
                self.pieces.newline(nested.indent);
                self.pieces.cursor = first;
            }
            let mark = self.pieces.mark();
            write(self, item)?;
            let is_last = index + 1 == items.len();
            let separator = self.separator(item).filter(|&token| token < close);
            if let Some(separator) = separator {
                if input.has_comment(self.pieces.cursor, separator) {
                    self.comment_before_separator(separator, is_last && !trailing_comma)?;
                } else {
                    self.pieces.cursor = separator + 1;
                    if !is_last || trailing_comma {
                        self.pieces.word(if input.kind(separator) == T::Semi { Word::Semi } else { Word::Comma });
                    }
                }
            } else if trailing_comma {
                self.pieces.word(Word::Comma);
            }
            self.comments_aligned(&mut aligned, mark, blank, close);
        }
        self.align(&mut aligned);
        self.close(close, nested.indent, outer, items.is_empty());
        Ok(())
    }

    /// `item // comment` and then the comma on a line of its own: the comma goes before the comment.
    fn comment_before_separator(&mut self, separator: usize, drops: bool) -> Fit {
        if !drops {
            self.pieces.word(Word::Comma);
        }
        self.trailing_comments(separator);
        self.pass_comments(separator)?;
        self.pieces.cursor = separator + 1;
        Ok(())
    }

    /// Writes the comments on the line of the element behind `mark`, to be aligned with those of its neighbours.
    pub(crate) fn comments_aligned(&mut self, aligned: &mut Aligned, mark: Mark, blank: bool, limit: usize) {
        let multiline = self.is_multiline(mark);
        let width = self.pieces.column.saturating_sub(mark.column);
        if blank || multiline {
            self.align(aligned);
        }
        if self.has_trailing_comment(self.pieces.cursor) {
            let at = self.pieces.list.len();
            self.trailing_comments(limit);
            if !multiline {
                aligned.push((at, width));
            }
        } else {
            self.align(aligned);
        }
    }

    /// Pads the comments of a group so that they begin in one column.
    pub(crate) fn align(&mut self, aligned: &mut Aligned) {
        let widest = aligned.iter().map(|&(_, width)| width).max().unwrap_or(0);
        let fits = aligned.iter().all(|&(at, _)| matches!(self.pieces.list.get(at), Some(Piece::Word(Word::Space))));
        if aligned.len() > 1 && fits {
            for &(at, width) in aligned.iter() {
                self.pieces.list[at] = Piece::Spaces(1 + widest - width);
            }
        }
        aligned.clear();
    }
}

/// The elements and brackets of a node that is a bracketed list; attributes are left out.
pub(crate) fn list_of(formatter: &Formatter<'_>, node: NodeId, limit: u32, trailing: Trailing) -> List {
    let tokens = formatter.input.tree().tokens(node);
    let items = formatter.input.tree().children(node).filter(|&child| formatter.kind(child) != N::Attr).collect();
    List { open: tokens.start, close: tokens.end - 1, items, limit, trailing, callee_width: 0, format_string: None }
}
