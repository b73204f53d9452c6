//! Drawing on a buffer: text that is cut with an ellipsis, eighth blocks, lines of styled pieces.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Eighth blocks by level, 0 (nothing) to 8 (full).
pub const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The eighth block of `part` in `whole`: rounded, but never nothing where there is something, nor full where a sixteenth
/// is missing.
pub fn eighth(part: u64, whole: u64) -> char {
    if part == 0 || whole == 0 {
        return EIGHTHS[0];
    }
    let level = (u128::from(part.min(whole)) * 8 + u128::from(whole) / 2) / u128::from(whole);
    EIGHTHS[(level as usize).clamp(1, 8)]
}

/// `text` cut to `width` columns, the cut marked with an ellipsis.
pub fn cut(text: &str, width: usize) -> std::borrow::Cow<'_, str> {
    if text.width() <= width {
        return text.into();
    }
    let mut kept = String::new();
    let mut columns = 0;
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if columns + wide + 1 > width {
            break;
        }
        columns += wide;
        kept.push(character);
    }
    if width > 0 {
        kept.push('…');
    }
    kept.into()
}

/// Puts one character; positions outside of the buffer are ignored.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, sign: char, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_char(sign).set_style(style);
    }
}

/// Writes `text`, cut to `width` columns; returns the columns it took. Control characters are left out.
pub fn text(buffer: &mut Buffer, x: u16, y: u16, width: usize, text: &str, style: Style) -> usize {
    let area = *buffer.area();
    if y >= area.bottom() || x >= area.right() || width == 0 {
        return 0;
    }
    let shown = cut(text, width.min(usize::from(area.right() - x)));
    let shown: std::borrow::Cow<'_, str> =
        if shown.chars().any(char::is_control) { shown.replace(char::is_control, " ").into() } else { shown };
    buffer.set_stringn(x, y, &shown, width, style);
    shown.width()
}

/// A line written piece after piece from left to right.
pub struct Pieces<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

impl<'a> Pieces<'a> {
    /// Starts at the left of row `row` of `area`.
    pub fn new(buffer: &'a mut Buffer, area: Rect, row: u16) -> Self {
        let end = if row < area.height { area.right() } else { area.x };
        Pieces { buffer, x: area.x, y: area.y + row, end }
    }

    /// Columns that are left.
    pub fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Adds text, cut where the line ends.
    pub fn add(&mut self, piece: &str, style: Style) -> &mut Self {
        let taken = text(self.buffer, self.x, self.y, self.room(), piece, style);
        self.x += taken as u16;
        self
    }

    /// Adds text only where all of it fits.
    pub fn add_whole(&mut self, piece: &str, style: Style) -> bool {
        let fits = piece.width() <= self.room();
        if fits {
            self.add(piece, style);
        }
        fits
    }

    /// Moves to `columns` from the right end, if that is ahead; returns whether it was.
    pub fn to_right(&mut self, columns: usize) -> bool {
        let target = usize::from(self.end).saturating_sub(columns) as u16;
        let ahead = target >= self.x;
        if ahead {
            self.x = target;
        }
        ahead
    }

    /// Where the next piece goes.
    pub fn column(&self) -> u16 {
        self.x
    }
}

/// A line of text being typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineInput {
    /// What has been typed; the cursor is at its end.
    pub text: String,
}

/// What a key did to a [`LineInput`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// The text changed, or nothing happened.
    Text,
    /// Enter.
    Done,
    /// Esc, or Backspace on an empty line.
    Left,
}

impl LineInput {
    /// Takes a key.
    pub fn on_key(&mut self, key: &crossterm::event::KeyEvent) -> Typed {
        use crossterm::event::{KeyCode, KeyModifiers};
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Typed::Left,
            KeyCode::Enter => return Typed::Done,
            KeyCode::Char('c' | 'g') if control => return Typed::Left,
            KeyCode::Char('u') if control => self.text.clear(),
            KeyCode::Char('w') if control => {
                let kept = self.text.trim_end().rfind(' ').map_or(0, |space| space + 1);
                self.text.truncate(kept);
            }
            KeyCode::Backspace if self.text.is_empty() => return Typed::Left,
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Char(character) if !control && self.text.len() < 4096 => self.text.push(character),
            _ => {}
        }
        Typed::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighths_round_but_keep_something_and_never_fill_too_early() {
        assert_eq!(eighth(0, 100), ' ');
        assert_eq!(eighth(1, 1_000_000), '▁');
        assert_eq!(eighth(50, 100), '▄');
        assert_eq!(eighth(93, 100), '▇');
        assert_eq!(eighth(94, 100), '█');
        assert_eq!(eighth(u64::MAX, u64::MAX), '█');
    }

    #[test]
    fn text_is_cut_by_columns_not_bytes() {
        assert_eq!(cut("kernel", 6), "kernel");
        assert_eq!(cut("kernels", 6), "kerne…");
        assert_eq!(cut("行列計算", 5), "行列…");
        assert_eq!(cut("abc", 0), "");
    }
}
