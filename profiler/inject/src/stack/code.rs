//! Names and lines of Python code objects, by plain loads: done once for each place that is seen.
//!
//! Every read is checked first: the object's type, a string's kind and length, a table's length.

use super::layout::{BYTES_START, Instruction, LENGTH, LineTable, OBJECT_TYPE, UNICODE_STATE};
use super::memory::{is_plausible, read};
use super::python::{Python, RawFrame};

/// `state.compact` of a string object: its text follows it in memory (`Include/cpython/unicodeobject.h`).
pub(super) const COMPACT: u32 = 1 << 5;
const ASCII: u32 = 1 << 6;

/// Longest name or path that is read, in characters.
const MAX_TEXT: usize = 4096;
/// Longest line table that is read.
const MAX_TABLE_BYTES: usize = 1 << 22;

/// A Python frame for a reader; the texts' memory is used again.
#[derive(Default, Debug)]
pub(super) struct Described {
    pub function: String,
    pub file: String,
    /// 1-based, 0 where the instruction belongs to none.
    pub line: u32,
}

impl Python {
    /// Looks up a frame's names and line; `false` where the frame is one that Python does not show: not yet set up, or the
    /// interpreter's own.
    ///
    /// # Safety
    /// `frame` was just read from the calling thread's chain.
    pub unsafe fn describe(&self, frame: &RawFrame, described: &mut Described) -> bool {
        let layout = &self.layout;
        described.line = 0;
        described.function.clear();
        described.file.clear();
        // SAFETY: every object has a type; a code object is what its type says.
        unsafe {
            if read::<usize>(frame.code + OBJECT_TYPE) != self.code_type {
                return false;
            }
            let offset = match layout.instruction {
                Instruction::Index(unit) => (frame.instruction as i64).saturating_mul(unit),
                Instruction::Address => frame.instruction.wrapping_sub((frame.code + layout.code_start) as u64) as i64,
            };
            if let Some(first_traceable) = layout.code_first_traceable {
                let first = i64::from(read::<i32>(frame.code + first_traceable)) * 2;
                if !frame.of_generator && offset < first {
                    return false;
                }
            }
            append_text(read(frame.code + layout.code_name), self, &mut described.function);
            append_text(read(frame.code + layout.code_file), self, &mut described.file);
            let first_line: i32 = read(frame.code + layout.code_first_line);
            let line = match table_bytes(read(frame.code + layout.code_line_table)) {
                Some(table) => line_at(layout.line_table, table, first_line, offset),
                None => first_line,
            };
            described.line = u32::try_from(line).unwrap_or(0);
            true
        }
    }
}

/// The content of a bytes object.
///
/// # Safety
/// `object` is 0 or a live bytes object, which outlives the slice.
unsafe fn table_bytes<'a>(object: usize) -> Option<&'a [u8]> {
    if !is_plausible(object) {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let length: usize = read(object + LENGTH);
        (length <= MAX_TABLE_BYTES).then(|| std::slice::from_raw_parts((object + BYTES_START) as *const u8, length))
    }
}

/// Appends the text of a string object as UTF-8, lone surrogates and what is no string as U+FFFD.
///
/// # Safety
/// `object` is 0 or a live string object.
unsafe fn append_text(object: usize, python: &Python, text: &mut String) {
    if !is_plausible(object) || text.try_reserve(MAX_TEXT).is_err() {
        return;
    }
    // SAFETY: the caller's promise; a compact string's characters follow its header, `length` of them of `width` bytes.
    unsafe {
        let state: u32 = read(object + UNICODE_STATE);
        if state & COMPACT == 0 {
            text.push(char::REPLACEMENT_CHARACTER);
            return;
        }
        let layout = &python.layout;
        let start = object + if state & ASCII != 0 { layout.ascii_header } else { layout.compact_header };
        let width = (state >> 2 & 7) as usize;
        let length = read::<usize>(object + LENGTH).min(MAX_TEXT);
        for index in 0..length {
            let value = match width {
                1 => u32::from(read::<u8>(start + index)),
                2 => u32::from(read::<u16>(start + index * 2)),
                4 => read::<u32>(start + index * 4),
                _ => break,
            };
            let Ok(()) = text.try_reserve(4) else { return };
            text.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
}

/// The line of the instruction `offset` bytes into the code; 0 or less for none.
fn line_at(format: LineTable, table: &[u8], first_line: i32, offset: i64) -> i32 {
    if offset < 0 {
        return first_line;
    }
    match format {
        LineTable::Lnotab => lnotab_line(table, first_line, offset),
        LineTable::Deltas => deltas_line(table, first_line, offset),
        LineTable::Locations => locations_line(table, first_line, offset),
    }
}

/// `co_lnotab`: pairs of (bytes, signed lines) to go on by (`Objects/lnotab_notes.txt`).
fn lnotab_line(table: &[u8], first_line: i32, offset: i64) -> i32 {
    let (mut address, mut line) = (0i64, first_line);
    for pair in table.chunks_exact(2) {
        address += i64::from(pair[0]);
        if address > offset {
            break;
        }
        line = line.wrapping_add(i32::from(pair[1] as i8));
    }
    line
}

/// `co_linetable` of 3.10: pairs of (length in bytes, signed lines before it, or -128 for no line).
fn deltas_line(table: &[u8], first_line: i32, offset: i64) -> i32 {
    const NO_LINE: i8 = -128;
    let (mut end, mut line) = (0i64, first_line);
    for pair in table.chunks_exact(2) {
        end += i64::from(pair[0]);
        let delta = pair[1] as i8;
        if delta != NO_LINE {
            line = line.wrapping_add(delta.into());
        }
        if offset < end {
            return if delta == NO_LINE { 0 } else { line };
        }
    }
    0
}

/// `co_linetable` since 3.11: entries that begin with a byte whose top bit is set: four bits of kind, three of length in
/// code units less one; kinds 13 and 14 carry a signed variable-length line delta, 11 and 12 mean one and two lines, 15 none
/// (`Objects/locations.md`).
fn locations_line(table: &[u8], first_line: i32, offset: i64) -> i32 {
    const NO_LOCATION: u8 = 15;
    let (mut end, mut line) = (0i64, first_line);
    let mut at = 0;
    while let Some(&head) = table.get(at) {
        let kind = head >> 3 & 15;
        end += i64::from((head & 7) + 1) * 2;
        at += 1;
        line = line.wrapping_add(match kind {
            11 => 1,
            12 => 2,
            13 | 14 => signed_number(&table[at..]),
            _ => 0,
        });
        if offset < end {
            return if kind == NO_LOCATION { 0 } else { line };
        }
        while table.get(at).is_some_and(|byte| byte & 0x80 == 0) {
            at += 1;
        }
    }
    0
}

/// A variable-length number, six bits a byte, least first, more to follow where bit 6 is set; its lowest bit is the sign.
fn signed_number(bytes: &[u8]) -> i32 {
    let (mut value, mut shift) = (0u32, 0u32);
    for &byte in bytes {
        value |= u32::from(byte & 63).checked_shl(shift).unwrap_or(0);
        shift += 6;
        if byte & 64 == 0 {
            break;
        }
    }
    let magnitude = (value >> 1) as i32;
    if value & 1 != 0 { magnitude.wrapping_neg() } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lnotab_goes_on_by_pairs_and_back() {
        let table = [6, 1, 50, 2, 4, 0xff];
        let lines: Vec<i32> = [0, 5, 6, 55, 56, 59, 60, 900].map(|at| lnotab_line(&table, 10, at)).to_vec();
        assert_eq!(lines, [10, 10, 11, 11, 13, 13, 12, 12]);
    }

    #[test]
    fn deltas_have_ranges_without_a_line() {
        let table = [4, 1, 2, 0x80, 6, 0xfe];
        let lines: Vec<i32> = [0, 3, 4, 6, 11, 12].map(|at| deltas_line(&table, 10, at)).to_vec();
        assert_eq!(lines, [11, 11, 0, 9, 9, 0]);
    }

    #[test]
    fn locations_of_every_kind_are_read() {
        let entry = |kind: u8, units: u8| 0x80 | kind << 3 | (units - 1);
        // Short form (two bytes), one line on, none, a long form with delta -3, no columns with delta +100.
        let table =
            [entry(0, 1), 0x11, entry(11, 2), 4, 9, entry(15, 1), entry(14, 1), 7, 0, 1, 1, entry(13, 8), 0x48, 3];
        let lines: Vec<i32> = [0, 2, 4, 6, 8, 10, 24, 26].map(|at| locations_line(&table, 20, at)).to_vec();
        assert_eq!(lines, [20, 21, 21, 0, 18, 118, 118, 0]);
    }

    #[test]
    fn tables_of_any_bytes_end() {
        let mut state = 7u32;
        for length in 0..400 {
            let table: Vec<u8> = (0..length % 40)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            for format in [LineTable::Lnotab, LineTable::Deltas, LineTable::Locations] {
                let line = line_at(format, &table, 1, i64::from(length));
                assert_eq!(line, line_at(format, &table, 1, i64::from(length)));
            }
        }
    }
}
