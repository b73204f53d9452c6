//! Places in a text: byte spans, and lines and columns in the units that tools count in.

use std::ops::Range;

/// A range of bytes of one text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The span as a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What a column counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnUnit {
    /// Bytes: UTF-8 code units.
    Utf8,
    /// UTF-16 code units, as editors count by default.
    Utf16,
    /// Characters: UTF-32 code units.
    Utf32,
}

/// A place as line and column, both from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LineColumn {
    /// Lines before it.
    pub line: u32,
    /// Code units before it in its line.
    pub column: u32,
}

/// Where the lines of a text start. A line ends with its `\n`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// The index of `text`.
    ///
    /// # Panics
    /// When `text` is 4 GiB or longer.
    pub fn new(text: &str) -> LineIndex {
        assert!(u32::try_from(text.len()).is_ok(), "texts of 4 GiB and more have no 32-bit offsets");
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|newline| newline as u32 + 1));
        LineIndex { starts }
    }

    /// How many lines there are; text behind the last newline counts, even if it is empty.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The line that holds byte `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        (self.starts.partition_point(|&start| start <= offset) - 1) as u32
    }

    /// The bytes of line `line` in `text`, its newline included; `None` when there is no such line.
    pub fn line_range(&self, line: u32, text: &str) -> Option<Range<usize>> {
        let start = *self.starts.get(line as usize)? as usize;
        let end = self.starts.get(line as usize + 1).map_or(text.len(), |&end| end as usize);
        Some(start..end)
    }

    /// Line and column of byte `offset` of `text`. An offset inside a character counts as that character's start, one
    /// behind the text as its end.
    pub fn line_column(&self, text: &str, offset: u32, unit: ColumnUnit) -> LineColumn {
        let offset = text.floor_char_boundary(offset as usize);
        let line = self.line(offset as u32);
        let before = &text[self.starts[line as usize] as usize..offset];
        LineColumn { line, column: unit.count(before) as u32 }
    }

    /// The byte offset of a line and column. A column behind the line's end means the end, one inside a character that
    /// character's start; `None` when there is no such line.
    pub fn offset(&self, text: &str, place: LineColumn, unit: ColumnUnit) -> Option<u32> {
        let range = self.line_range(place.line, text)?;
        let line = text[range.clone()].trim_end_matches('\n');
        let mut column = 0;
        for (offset, character) in line.char_indices() {
            let next = column + unit.width(character);
            if next > place.column as usize {
                return Some((range.start + offset) as u32);
            }
            column = next;
        }
        Some((range.start + line.len()) as u32)
    }
}

impl ColumnUnit {
    fn width(self, character: char) -> usize {
        match self {
            ColumnUnit::Utf8 => character.len_utf8(),
            ColumnUnit::Utf16 => character.len_utf16(),
            ColumnUnit::Utf32 => 1,
        }
    }

    fn count(self, text: &str) -> usize {
        match self {
            ColumnUnit::Utf8 => text.len(),
            _ => text.chars().map(|character| self.width(character)).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: [ColumnUnit; 3] = [ColumnUnit::Utf8, ColumnUnit::Utf16, ColumnUnit::Utf32];

    #[test]
    fn every_character_boundary_survives_the_way_to_a_column_and_back() {
        for text in ["", "a", "a\n", "\n\n", "let é = '🦀';\r\nfn f() {}\n日本", "no newline"] {
            let index = LineIndex::new(text);
            for (offset, character) in text.char_indices().chain([(text.len(), ' ')]) {
                for unit in UNITS {
                    let place = index.line_column(text, offset as u32, unit);
                    let back = index.offset(text, place, unit).unwrap();
                    assert_eq!(back as usize, offset, "{text:?} {character:?} {unit:?} {place:?}");
                }
            }
        }
    }

    #[test]
    fn units_count_what_they_say() {
        let text = "ab\né🦀x";
        let index = LineIndex::new(text);
        let column = |unit| index.line_column(text, text.len() as u32 - 1, unit).column;
        assert_eq!(UNITS.map(column), [6, 3, 2]);
        assert_eq!(index.line_count(), 2);
        assert_eq!(index.line_range(1, text), Some(3..text.len()));
        assert_eq!(index.line_range(2, text), None);
    }

    #[test]
    fn places_beyond_the_text_are_clamped() {
        let text = "ab\ncd";
        let index = LineIndex::new(text);
        let end = LineColumn { line: 1, column: 2 };
        assert_eq!(index.line_column(text, 99, ColumnUnit::Utf16), end);
        assert_eq!(index.offset(text, LineColumn { line: 0, column: 99 }, ColumnUnit::Utf8), Some(2));
        assert_eq!(index.offset(text, LineColumn { line: 7, column: 0 }, ColumnUnit::Utf8), None);
    }
}
