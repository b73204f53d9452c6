//! Folded stacks: lines of `outermost;…;innermost weight`, as `stackcollapse` scripts, inferno and py-spy write them.
//!
//! A folded file has no time, so the importer lays one out: stacks become a prefix tree, and the tree becomes nested
//! [`EventKind::Other`] slices on one thread, each as long as its weight (own and callees'), children packed from their
//! parent's start in order of first appearance. The track's levels are the depths of the stacks, so that a timeline shows
//! the icicle graph itself, and the flame graph of any host thread (nesting, width = own time) shows the file. The weights
//! stand in nanoseconds whatever their unit was; a [`Note`] says so.

use memchr::memchr_iter;
use rustc_hash::FxHashMap;

use super::{OpenOptions, ReadError};
use crate::{EventKind, NONE, NewEvent, Note, SourceFormat, StringId, Trace, TraceBuilder, TrackKey, TrackKind};

/// Deeper frames are counted in the frame at this depth.
const DEPTH_MAX: usize = 2048;
/// Most bytes of one line.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Reads folded stacks.
///
/// # Errors
/// At the first line that is not `stack weight`, and when the weights' sum does not fit into 63 bits.
pub fn import_folded(bytes: &[u8], title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    let mut tree = Tree::default();
    let mut start = 0;
    for end in memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        if tree.lines % 65_536 == 0 {
            options.report(start as u64, bytes.len() as u64)?;
        }
        tree.add_line(&bytes[start..end], start as u64)?;
        start = end + 1;
    }
    Ok(tree.lay_out(title))
}

/// The prefix tree of all stacks. A node's children come after it.
#[derive(Default)]
struct Tree {
    builder: TraceBuilder,
    nodes: Vec<Node>,
    children: FxHashMap<(u32, StringId), u32>,
    lines: u64,
    total: u64,
    fractions: u64,
    two_columns: u64,
    too_deep: u64,
    not_utf8: u64,
}

struct Node {
    parent: u32,
    name: StringId,
    own: u64,
}

impl Tree {
    fn add_line(&mut self, line: &[u8], offset: u64) -> Result<(), ReadError> {
        self.lines += 1;
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return Ok(());
        }
        if line.len() > LINE_BYTES_MAX {
            return Err(ReadError::at(offset, format!("line {} is longer than 1 MiB", self.lines)));
        }
        let Some((mut stack, weight)) = split_weight(line) else {
            return Err(ReadError::at(offset, format!("line {} does not end in a weight", self.lines)));
        };
        if let Some((before, _)) = split_weight(stack) {
            // Two columns, as `diff-folded` writes them: the second is the newer profile.
            stack = before;
            self.two_columns += 1;
        }
        self.fractions += u64::from(weight.fraction);
        let total = weight.whole.and_then(|whole| self.total.checked_add(whole)).filter(|&sum| sum < i64::MAX as u64);
        let (Some(total), Some(whole)) = (total, weight.whole) else {
            return Err(ReadError::at(
                offset,
                format!("line {}: the weights' sum does not fit into 63 bits", self.lines),
            ));
        };
        self.total = total;
        let text = String::from_utf8_lossy(stack);
        self.not_utf8 += u64::from(matches!(text, std::borrow::Cow::Owned(_)));
        let mut node = NONE;
        for (depth, frame) in text.split(';').enumerate() {
            if depth == DEPTH_MAX {
                self.too_deep += 1;
                break;
            }
            node = self.child(node, frame);
        }
        self.nodes[node as usize].own += whole;
        Ok(())
    }

    fn child(&mut self, parent: u32, frame: &str) -> u32 {
        let name = self.builder.strings.intern(frame);
        *self.children.entry((parent, name)).or_insert_with(|| {
            self.nodes.push(Node { parent, name, own: 0 });
            self.nodes.len() as u32 - 1
        })
    }

    fn lay_out(mut self, title: &str) -> Trace {
        let mut weight: Vec<u64> = self.nodes.iter().map(|node| node.own).collect();
        for index in (0..self.nodes.len()).rev() {
            if let Some(parent) = self.nodes.get(self.nodes[index].parent as usize).map(|_| self.nodes[index].parent) {
                weight[parent as usize] += weight[index];
            }
        }
        let process = self.builder.process(0);
        let thread = self.builder.thread(process, 0);
        self.builder.name_process(process, title);
        self.builder.name_thread(thread, "folded stacks");
        let track = self.builder.track(TrackKey::host(TrackKind::Other, process, thread));
        let mut next_free = vec![0u64; self.nodes.len()];
        let mut next_root = 0;
        for (index, node) in self.nodes.iter().enumerate() {
            let next = next_free.get_mut(node.parent as usize).unwrap_or(&mut next_root);
            let start = *next;
            *next += weight[index];
            next_free[index] = start;
            let (start_ns, dur_ns) = (start as i64, weight[index]);
            let kind = EventKind::Other;
            self.builder.push(NewEvent { track, start_ns, dur_ns, name: node.name, kind, detail: NONE, link: NONE });
        }
        let mut notes = vec![String::from("folded stacks have no time: weights are shown as nanoseconds")];
        let said = [
            (self.fractions, "weights had a fraction, which was dropped"),
            (self.two_columns, "lines had two weights; the second was taken"),
            (self.too_deep, "stacks were deeper than 2048 frames and were cut there"),
            (self.not_utf8, "lines were not UTF-8; the wrong bytes are shown as \u{fffd}"),
        ];
        notes.extend(said.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        self.builder.notes.extend(notes.into_iter().map(Note));
        self.builder.finish(title.to_owned(), SourceFormat::Folded)
    }
}

struct Weight {
    /// The integer part; `None` where it does not fit.
    whole: Option<u64>,
    fraction: bool,
}

/// Splits `stack weight` at the last space; `None` where no weight follows one.
fn split_weight(line: &[u8]) -> Option<(&[u8], Weight)> {
    let space = memchr::memrchr2(b' ', b'\t', line)?;
    let (stack, number) = (line[..space].trim_ascii_end(), &line[space + 1..]);
    let (whole, fraction) = match memchr::memchr(b'.', number) {
        Some(dot) => (&number[..dot], &number[dot + 1..]),
        None => (number, &number[..0]),
    };
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if stack.is_empty() || whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let value = whole.iter().try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    Some((stack, Weight { whole: value, fraction: fraction.iter().any(|&digit| digit != b'0') }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(text: &str) -> Trace {
        import_folded(text.as_bytes(), "t", &OpenOptions::default()).expect("well-formed")
    }

    #[test]
    fn stacks_become_nested_slices_as_wide_as_their_weight() {
        let trace = import("main;work;inner 5\nmain;idle 2\r\n# note\n\nmain;work 3\nother 1");
        let rows: Vec<_> = (trace.tracks.iter())
            .flat_map(|track| track.events().map(move |id| (track.level, id)))
            .map(|(level, id)| (level, trace.name(id).to_owned(), trace.range(id).start_ns, trace.range(id).end_ns))
            .collect();
        let expected =
            [(0, "main", 0, 10), (0, "other", 10, 11), (1, "work", 0, 8), (1, "idle", 8, 10), (2, "inner", 0, 5)];
        assert_eq!(rows, expected.map(|(level, name, start, end)| (level, name.to_owned(), start, end)));
        assert_eq!(trace.span.dur_ns(), 11);
    }

    #[test]
    fn spaces_in_frames_fractions_and_second_columns_are_understood() {
        let trace = import("main;operator new 2.75\nmain;void f(int, int) 3 4");
        let names: Vec<_> = trace.tracks.iter().flat_map(|track| track.events()).map(|id| trace.name(id)).collect();
        assert_eq!(names, ["main", "operator new", "void f(int, int)"]);
        assert_eq!(trace.span.dur_ns(), 6);
        assert_eq!(trace.notes.len(), 3);
    }

    #[test]
    fn a_line_without_a_weight_is_an_error_at_its_offset() {
        let error = import_folded(b"a;b 1\nno weight here\n", "t", &OpenOptions::default()).unwrap_err();
        assert_eq!(error.offset, Some(6));
        let error = import_folded(b"a 9223372036854775807\n", "t", &OpenOptions::default()).unwrap_err();
        assert_eq!(error.offset, Some(0));
    }
}
