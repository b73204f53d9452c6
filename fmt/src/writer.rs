//! Layouts as lists of pieces: what is decided is written as tokens to copy, words to add and line breaks, never as text.
//!
//! Rules write onto the end of one list. A trial is a [`Mark`], a few pieces and a look at what they came to: columns of the
//! first line, lines, column of the last, what the lines end with. What is not liked is cut off again. Text is made of the
//! pieces once, when the whole file is decided ([`Pieces::emit`]).

use crate::input::{Input, text_width};

/// A text that rules add.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Word {
    Space,
    Comma,
    Semi,
    OpenBrace,
    CloseBrace,
    Abi,
}

impl Word {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Word::Space => " ",
            Word::Comma => ",",
            Word::Semi => ";",
            Word::OpenBrace => "{",
            Word::CloseBrace => "}",
            Word::Abi => "extern \"C\"",
        }
    }
}

/// One piece of a layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    /// The tokens from the first to before the second, flat.
    Flat(u32, u32),
    /// An added word.
    Word(Word),
    /// That many spaces.
    Spaces(u32),
    /// A line break, or two, and that many columns of indentation.
    Newline { indent: u32, blank: bool },
    /// The bytes of the source from the first to before the second.
    Source(u32, u32),
    /// The bytes of rewritten text from the first to before the second.
    Rewritten(u32, u32),
}

/// A place in a list of pieces, to come back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) pieces: usize,
    pub(crate) column: u32,
    pub(crate) lines: u32,
    pub(crate) cursor: usize,
}

/// Pieces taken off the end, to be put back there.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) end: Mark,
}

/// A layout under way.
#[derive(Default)]
pub(crate) struct Pieces {
    pub(crate) list: Vec<Piece>,
    /// The column the next piece begins at.
    pub(crate) column: u32,
    /// Line breaks so far.
    pub(crate) lines: u32,
    /// The first raw token that has not been written.
    pub(crate) cursor: usize,
    rewritten: String,
}

impl Pieces {
    pub(crate) fn mark(&self) -> Mark {
        Mark { pieces: self.list.len(), column: self.column, lines: self.lines, cursor: self.cursor }
    }

    /// Forgets what was written behind `mark`.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        self.list.truncate(mark.pieces);
        self.column = mark.column;
        self.lines = mark.lines;
        self.cursor = mark.cursor;
    }

    /// Takes what was written behind `mark` off.
    pub(crate) fn take(&mut self, mark: Mark) -> Taken {
        let end = self.mark();
        let pieces = self.list.split_off(mark.pieces);
        self.rewind(mark);
        Taken { pieces, end }
    }

    /// Puts back what was taken off the same place.
    pub(crate) fn put(&mut self, taken: &Taken) {
        self.list.extend_from_slice(&taken.pieces);
        self.column = taken.end.column;
        self.lines = taken.end.lines;
        self.cursor = taken.end.cursor;
    }

    pub(crate) fn word(&mut self, word: Word) {
        self.list.push(Piece::Word(word));
        self.column += word.text().len() as u32;
    }

    pub(crate) fn space(&mut self) {
        self.word(Word::Space);
    }

    pub(crate) fn newline(&mut self, indent: u32) {
        self.list.push(Piece::Newline { indent, blank: false });
        self.column = indent;
        self.lines += 1;
    }

    pub(crate) fn blank_line(&mut self, indent: u32) {
        self.list.push(Piece::Newline { indent, blank: true });
        self.column = indent;
        self.lines += 2;
    }

    /// Writes tokens flat. Comments and breaks among them are for the caller to exclude.
    pub(crate) fn flat(&mut self, input: &Input, first: usize, end: usize) {
        let first = input.next_code(first);
        if first < end {
            self.list.push(Piece::Flat(first as u32, end as u32));
            if input.has_break(first, end) {
                self.through_break(input, first, end);
            } else {
                self.column += input.width(first, end);
            }
        }
        self.cursor = end;
    }

    /// Columns and lines of tokens of which one holds a line break: a long string.
    fn through_break(&mut self, input: &Input, first: usize, end: usize) {
        let mut is_first = true;
        for token in (first..end).filter(|&token| input.is_kept(token)) {
            if !is_first {
                self.column += u32::from(input.gaps[token]);
            }
            is_first = false;
            self.through_text(input.token_text(token));
        }
    }

    fn through_text(&mut self, text: &str) {
        match text.rfind('\n') {
            Some(last) => {
                self.lines += text.bytes().filter(|&byte| byte == b'\n').count() as u32;
                self.column = text_width(&text[last + 1..]);
            }
            None => self.column += text_width(text),
        }
    }

    /// Writes bytes of the source as they are; `cursor` is the first token behind them.
    pub(crate) fn source(&mut self, input: &Input, start: usize, end: usize, cursor: usize) {
        self.list.push(Piece::Source(start as u32, end as u32));
        self.through_text(&input.text[start..end]);
        self.cursor = cursor;
    }

    /// Writes a text that is not in the source.
    pub(crate) fn rewritten(&mut self, text: &str) {
        let start = self.rewritten.len();
        self.rewritten.push_str(text);
        self.list.push(Piece::Rewritten(start as u32, self.rewritten.len() as u32));
        self.through_text(text);
    }

    /// The text of a rewritten piece.
    fn rewritten_text(&self, start: u32, end: u32) -> &str {
        &self.rewritten[start as usize..end as usize]
    }

    /// Line breaks written behind `mark`.
    pub(crate) fn lines_since(&self, mark: Mark) -> u32 {
        self.lines - mark.lines
    }

    /// The text of a piece, as far as questions about it need it: its last token or text.
    fn piece_text<'a>(&'a self, input: &Input<'a>, piece: Piece) -> std::borrow::Cow<'a, str> {
        match piece {
            Piece::Word(word) => word.text().into(),
            Piece::Spaces(count) => " ".repeat(count as usize).into(),
            Piece::Source(start, end) => input.text[start as usize..end as usize].into(),
            Piece::Rewritten(start, end) => self.rewritten_text(start, end).into(),
            Piece::Newline { .. } => "\n".into(),
            Piece::Flat(first, end) => {
                let mut text = String::new();
                flat_text(input, first as usize, end as usize, &mut text);
                text.into()
            }
        }
    }

    /// Columns of the first line written behind `mark`, counted from there.
    pub(crate) fn first_line_width(&self, input: &Input, mark: Mark) -> u32 {
        let mut width = 0;
        for &piece in &self.list[mark.pieces..] {
            match piece {
                Piece::Newline { .. } => return width,
                Piece::Flat(first, end) if !input.has_break(first as usize, end as usize) => {
                    width += input.width(first as usize, end as usize);
                }
                Piece::Word(word) => width += word.text().len() as u32,
                Piece::Spaces(count) => width += count,
                _ => {
                    let text = self.piece_text(input, piece);
                    match text.find('\n') {
                        Some(end) => return width + text_width(&text[..end]),
                        None => width += text_width(&text),
                    }
                }
            }
        }
        width
    }

    /// The last character of the first line written behind `mark`.
    pub(crate) fn first_line_end(&self, input: &Input, mark: Mark) -> Option<char> {
        let mut last = None;
        for &piece in &self.list[mark.pieces..] {
            match piece {
                Piece::Newline { .. } => return last,
                Piece::Flat(first, end) if !input.has_break(first as usize, end as usize) => {
                    let token = (first..end).rev().find(|&token| input.is_kept(token as usize));
                    last = token.and_then(|token| input.token_text(token as usize).chars().last()).or(last);
                }
                _ => {
                    let text = self.piece_text(input, piece);
                    let line = text.split('\n').next().unwrap_or("");
                    last = line.chars().last().or(last);
                    if text.contains('\n') {
                        return last;
                    }
                }
            }
        }
        last
    }

    /// Whether the last line written behind `mark` consists of closing brackets and their like only, so that more may be
    /// hung onto it.
    pub(crate) fn is_last_line_extendable(&self, input: &Input, mark: Mark) -> bool {
        let mut is_last = true;
        for &piece in self.list[mark.pieces..].iter().rev() {
            if matches!(piece, Piece::Newline { .. }) {
                return true;
            }
            let text = self.piece_text(input, piece);
            if is_last && text.ends_with("\"#") {
                return true;
            }
            is_last &= text.is_empty();
            for c in text.chars().rev() {
                match c {
                    '\n' => return true,
                    '(' | ')' | ']' | '}' | '?' | '>' => {}
                    _ if c.is_whitespace() => {}
                    _ => return false,
                }
            }
        }
        true
    }

    /// Characters of everything written behind `mark`, indentation and line breaks included.
    pub(crate) fn text_len(&self, input: &Input, mark: Mark) -> u32 {
        let len = |piece: &Piece| match *piece {
            Piece::Newline { indent, blank } => indent + 1 + u32::from(blank),
            Piece::Flat(first, end) if !input.has_break(first as usize, end as usize) => {
                input.width(first as usize, end as usize)
            }
            piece => self.piece_text(input, piece).chars().count() as u32,
        };
        self.list[mark.pieces..].iter().map(len).sum()
    }

    /// Columns of the last line, from `mark` if it began there.
    pub(crate) fn last_line_width(&self, mark: Mark) -> u32 {
        if self.lines == mark.lines { self.column - mark.column } else { self.column }
    }

    /// Columns of the last line without its indentation.
    pub(crate) fn trimmed_last_line_width(&self, mark: Mark) -> u32 {
        if self.lines == mark.lines {
            return self.column - mark.column;
        }
        let indent = self.list.iter().rev().find_map(|piece| match piece {
            Piece::Newline { indent, .. } => Some(*indent),
            _ => None,
        });
        self.column.saturating_sub(indent.unwrap_or(0))
    }

    /// The widest line that ended behind `mark`, and the current one, literals and comments left out.
    pub(crate) fn widest_line(&self, input: &Input, mark: Mark) -> u32 {
        let (mut widest, mut column) = (0, mark.column);
        for &piece in &self.list[mark.pieces..] {
            match piece {
                Piece::Newline { indent, .. } => {
                    widest = widest.max(column);
                    column = indent;
                }
                Piece::Flat(first, end) if !input.has_break(first as usize, end as usize) => {
                    column += input.width(first as usize, end as usize);
                }
                Piece::Word(word) => column += word.text().len() as u32,
                Piece::Spaces(count) => column += count,
                Piece::Flat(..) => column = 0,
                Piece::Source(..) | Piece::Rewritten(..) => {}
            }
        }
        widest.max(column)
    }

    /// Writes the text of all pieces.
    pub(crate) fn emit(&self, input: &Input, out: &mut String) {
        for &piece in &self.list {
            match piece {
                Piece::Flat(first, end) => flat_text(input, first as usize, end as usize, out),
                Piece::Word(word) => out.push_str(word.text()),
                Piece::Spaces(count) => push_spaces(out, count),
                Piece::Newline { indent, blank } => {
                    out.push_str(if blank { "\n\n" } else { "\n" });
                    push_indent(input, out, indent);
                }
                Piece::Source(start, end) => out.push_str(&input.text[start as usize..end as usize]),
                Piece::Rewritten(start, end) => out.push_str(self.rewritten_text(start, end)),
            }
        }
    }
}

fn push_spaces(out: &mut String, count: u32) {
    const SPACES: &str = "                                                                ";
    let mut left = count as usize;
    while left > 0 {
        let some = left.min(SPACES.len());
        out.push_str(&SPACES[..some]);
        left -= some;
    }
}

/// Indentation as the options want it.
pub(crate) fn push_indent(input: &Input, out: &mut String, columns: u32) {
    if input.config.hard_tabs {
        let tab = input.config.tab_spaces.max(1);
        out.extend(std::iter::repeat_n('\t', (columns / tab) as usize));
        push_spaces(out, columns % tab);
    } else {
        push_spaces(out, columns);
    }
}

/// Appends tokens as they stand when flat.
pub(crate) fn flat_text(input: &Input, first: usize, end: usize, out: &mut String) {
    if first >= end {
        return;
    }
    if input.is_as_written(first, end) && input.is_kept(first) && input.is_code(end - 1) {
        let starts = &input.parse.tokens.starts;
        out.push_str(&input.text[starts[first] as usize..starts[end] as usize]);
        return;
    }
    let mut is_first = true;
    for token in (first..end).filter(|&token| input.is_kept(token)) {
        if !is_first {
            push_spaces(out, u32::from(input.gaps[token]));
        }
        is_first = false;
        let text = input.token_text(token);
        out.push_str(text);
    }
}
