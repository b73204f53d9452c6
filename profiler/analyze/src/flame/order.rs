//! Events of several tracks as one sequence in order of start: a merge of tracks that are ordered already.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use rustg_trace::{EventId, Events, Track};

/// (start, longest first, track's place in the list, next row).
type Key = Reverse<(i64, Reverse<u64>, u32, u32)>;

/// The events of `tracks` in order of start; of those that start together the longest comes first, then the one whose
/// track stands first. O(n log tracks) time, O(tracks) memory.
pub(super) struct InOrder<'a> {
    events: &'a Events,
    ends: Vec<u32>,
    heads: BinaryHeap<Key>,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(events: &'a Events, tracks: impl IntoIterator<Item = &'a Track>) -> Self {
        let (mut ends, mut heads) = (Vec::new(), BinaryHeap::new());
        for track in tracks {
            if !track.rows.is_empty() {
                heads.push(key(events, ends.len() as u32, track.rows.start));
                ends.push(track.rows.end);
            }
        }
        InOrder { events, ends, heads }
    }
}

fn key(events: &Events, place: u32, row: u32) -> Key {
    Reverse((events.start_ns[row as usize], Reverse(events.dur_ns[row as usize]), place, row))
}

impl Iterator for InOrder<'_> {
    type Item = EventId;

    fn next(&mut self) -> Option<EventId> {
        let mut head = self.heads.peek_mut()?;
        let Reverse((_, _, place, row)) = *head;
        if row + 1 < self.ends[place as usize] {
            *head = key(self.events, place, row + 1);
        } else {
            PeekMut::pop(head);
        }
        Some(EventId(row))
    }
}
