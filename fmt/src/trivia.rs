//! Comments and empty lines between the elements of blocks and lists.

use rustg_syntax::TokenKind as T;

use crate::Fit;
use crate::formatter::Formatter;
use crate::writer::Word;

impl Formatter<'_> {
    /// Breaks the line before token `next`, which stands at `indent`, and writes the comments before it; empty lines stay, but
    /// no more than allowed, and none where the block or list begins.
    pub(crate) fn separate(&mut self, next: usize, indent: u32, at_start: bool) {
        let newlines = self.comments(next, indent, at_start);
        match newlines {
            None => self.pieces.space(),
            Some(newlines) => self.break_line(newlines, indent, at_start && !self.has_written_since_start()),
        }
        self.pieces.cursor = next;
    }

    /// Writes the comments before the bracket `close` that ends a block or list, and breaks the line before it.
    pub(crate) fn close(&mut self, close: usize, indent: u32, outer: u32, at_start: bool) {
        self.comments(close, indent, at_start);
        self.pieces.newline(outer);
        self.pieces.cursor = close;
    }

    fn has_written_since_start(&self) -> bool {
        self.pieces.list.last().is_some_and(|piece| self.is_comment_piece(*piece))
    }

    fn is_comment_piece(&self, piece: crate::writer::Piece) -> bool {
        use crate::writer::Piece;
        match piece {
            Piece::Source(start, _) => {
                self.input.text[start as usize..].starts_with("//")
                    || self.input.text[start as usize..].starts_with("/*")
            }
            Piece::Rewritten(..) => true,
            _ => false,
        }
    }

    fn break_line(&mut self, newlines: usize, indent: u32, at_start: bool) {
        if newlines >= 2 && !at_start && self.input.config.blank_lines_upper_bound > 0 {
            self.pieces.blank_line(indent);
        } else {
            self.pieces.newline(indent);
        }
    }

    /// Writes the comments between the cursor and token `next`. Gives the line breaks that follow the last one, `None` where
    /// `next` stands on the line of a block comment.
    fn comments(&mut self, next: usize, indent: u32, at_start: bool) -> Option<usize> {
        let input = self.input;
        let mut newlines = 0;
        let mut any = false;
        for token in self.pieces.cursor..next {
            match input.kind(token) {
                T::Whitespace => newlines += input.token_text(token).bytes().filter(|&byte| byte == b'\n').count(),
                T::LineComment | T::BlockComment => {
                    if newlines == 0 && (any || !at_start) && self.pieces.column > 0 {
                        self.pieces.space();
                    } else if at_start && !any {
                        if !self.pieces.list.is_empty() {
                            self.pieces.newline(indent);
                        }
                    } else {
                        self.break_line(newlines, indent, false);
                    }
                    self.comment(token);
                    newlines = 0;
                    any = true;
                }
                _ => {}
            }
        }
        let is_block = (self.pieces.cursor..next).rev().find(|&token| input.kind(token) != T::Whitespace);
        self.pieces.cursor = next;
        let inline = any && newlines == 0 && is_block.is_some_and(|token| input.kind(token) == T::BlockComment);
        if inline { None } else { Some(newlines.max(1)) }
    }

    /// Writes one comment at the cursor's column; the lines of a block comment move with it.
    pub(crate) fn comment(&mut self, token: usize) {
        let input = self.input;
        let range = input.parse.tokens.range(token);
        let text = &input.text[range.clone()];
        // Doc comments are part of the program, white space at their end too.
        let trimmed = if input.kind(token).is_doc_comment() { text } else { text.trim_end() };
        if !text.contains('\n') {
            self.pieces.source(input, range.start, range.start + trimmed.len(), token + 1);
            return;
        }
        let line_start = input.text[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let before = &input.text[line_start..range.start];
        let was = columns_of(before, self.tab());
        let moved = i64::from(self.pieces.column) - i64::from(was);
        let has_tabs = input.text[range.clone()].contains("\n\t");
        if (moved == 0 && !has_tabs) || !before.trim().is_empty() {
            let lines_end = text.lines().all(|line| line.trim_end() == line);
            if lines_end {
                self.pieces.source(input, range.start, range.end, token + 1);
                return;
            }
        }
        let moved = if before.trim().is_empty() { moved } else { 0 };
        let mut shifted = String::with_capacity(text.len() + 16);
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                shifted.push('\n');
                let bare = line.trim();
                if bare.is_empty() {
                    continue;
                }
                let indent = i64::from(columns_of(&line[..line.len() - line.trim_start().len()], self.tab()));
                let indent =
                    if bare.starts_with('*') { i64::from(self.pieces.column) + 1 } else { (indent + moved).max(0) };
                crate::writer::push_indent(input, &mut shifted, indent as u32);
                shifted.push_str(bare);
            } else {
                shifted.push_str(line.trim_end());
            }
        }
        self.pieces.rewritten(&shifted);
        self.pieces.cursor = token + 1;
    }

    /// Writes comments that stand on the line of what was written last.
    pub(crate) fn trailing_comments(&mut self, limit: usize) {
        let input = self.input;
        for token in self.pieces.cursor..limit {
            match input.kind(token) {
                T::Whitespace if input.token_text(token).contains('\n') => return,
                T::Whitespace => {}
                T::LineComment | T::BlockComment => {
                    self.pieces.word(Word::Space);
                    self.comment(token);
                }
                _ => return,
            }
        }
    }

    /// Whether a comment stands on the line of token `token - 1`, with nothing but white space between.
    pub(crate) fn has_trailing_comment(&self, token: usize) -> bool {
        let input = self.input;
        for token in token..input.parse.tokens.len() {
            match input.kind(token) {
                T::Whitespace if input.token_text(token).contains('\n') => return false,
                T::Whitespace => {}
                T::LineComment | T::BlockComment => return true,
                _ => return false,
            }
        }
        false
    }

    /// Fails where a comment stands between the cursor and `token`, else moves there.
    pub(crate) fn skip_to(&mut self, token: usize) -> Fit {
        self.pass_comments(token)?;
        self.pieces.cursor = token;
        Ok(())
    }
}

/// Columns of a line's indentation.
fn columns_of(text: &str, tab: u32) -> u32 {
    text.chars().map(|c| if c == '\t' { tab } else { 1 }).sum()
}
