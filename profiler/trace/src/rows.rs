//! Rows on their way to a trace: kept per track, in pieces, so that a track that comes in order (nearly all do) is only
//! copied, and memory never holds much more than the rows themselves.
//!
//! This module owns the order of the rows of one track and their split into levels. What the rows refer to is
//! [`TraceBuilder`](crate::TraceBuilder)'s.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::{Events, NewEvent};

/// Rows of a track's first, second, third and all further pieces: most tracks are small. The largest are so large that the
/// allocator gives each its own memory from the operating system and returns it there; what has not been written to
/// takes none.
const PIECE_ROWS: [usize; 4] = [32, 1 << 10, 1 << 15, 1 << 20];

/// The rows of one track in the order of their coming.
#[derive(Clone, Default)]
pub(crate) struct TrackRows {
    pieces: Vec<Events>,
    len: usize,
    first: Option<(i64, u64)>,
    last: (i64, u64),
    /// Whether a row came before its place: ordered by start, of equal starts the longest first.
    out_of_order: bool,
    /// Whether a row started before the one before it had ended.
    overlapping: bool,
}

impl TrackRows {
    /// Adds a row whose end does not overflow.
    #[inline]
    pub(crate) fn push(&mut self, event: &NewEvent) {
        self.follow((event.start_ns, event.dur_ns));
        self.last = (event.start_ns, event.dur_ns);
        self.len += 1;
        if self.pieces.last().is_none_or(|piece| piece.len() == piece.start_ns.capacity()) {
            let rows = PIECE_ROWS[self.pieces.len().min(PIECE_ROWS.len() - 1)];
            self.pieces.push(Events::with_capacity(rows));
        }
        let piece = self.pieces.last_mut().expect("pushed where there was none");
        piece.start_ns.push(event.start_ns);
        piece.dur_ns.push(event.dur_ns);
        piece.name.push(event.name);
        piece.kind.push(event.kind);
        piece.detail.push(event.detail);
        piece.link.push(event.link);
    }

    /// Notes how a row that starts and lasts so stands to the last one.
    #[inline]
    fn follow(&mut self, (start_ns, dur_ns): (i64, u64)) {
        if self.first.is_none() {
            self.first = Some((start_ns, dur_ns));
            return;
        }
        let (last_start_ns, last_dur_ns) = self.last;
        self.out_of_order |= (start_ns, Reverse(dur_ns)) < (last_start_ns, Reverse(last_dur_ns));
        self.overlapping |= start_ns < last_start_ns + last_dur_ns as i64;
    }

    /// Adds the rows of `other` behind its own.
    pub(crate) fn append(&mut self, other: TrackRows) {
        if let Some(first) = other.first {
            self.follow(first);
            self.last = other.last;
            self.len += other.len;
            self.out_of_order |= other.out_of_order;
            self.overlapping |= other.overlapping;
            self.pieces.extend(other.pieces);
        }
    }

    /// The rows, piece by piece, to be changed in place; their times must stay.
    pub(crate) fn pieces_mut(&mut self) -> impl Iterator<Item = &mut Events> {
        self.pieces.iter_mut()
    }

    /// Appends the rows to `events`, level after level, each in order of start. Returns the row count of each level; none
    /// for no rows.
    pub(crate) fn append_to(mut self, events: &mut Events) -> Vec<usize> {
        if self.len == 0 {
            return Vec::new();
        }
        if !self.out_of_order && !self.overlapping {
            for mut piece in self.pieces {
                events.start_ns.append(&mut piece.start_ns);
                events.dur_ns.append(&mut piece.dur_ns);
                events.name.append(&mut piece.name);
                events.kind.append(&mut piece.kind);
                events.detail.append(&mut piece.detail);
                events.link.append(&mut piece.link);
            }
            return vec![self.len];
        }
        let start_ns = joined(&mut self.pieces, |piece| &mut piece.start_ns);
        let dur_ns = joined(&mut self.pieces, |piece| &mut piece.dur_ns);
        let mut order: Vec<u32> = (0..self.len as u32).collect();
        if self.out_of_order {
            order.sort_by_key(|&row| (start_ns[row as usize], Reverse(dur_ns[row as usize])));
        }
        let (levels, level_count) = assign_levels(&order, &start_ns, &dur_ns);
        let counts = split_by_level(&mut order, &levels, level_count);
        drop(levels);
        let order = order.iter().map(|&row| row as usize);
        // One column at a time, each freed before the next is joined.
        events.start_ns.extend(order.clone().map(|row| start_ns[row]));
        drop(start_ns);
        events.dur_ns.extend(order.clone().map(|row| dur_ns[row]));
        drop(dur_ns);
        let name = joined(&mut self.pieces, |piece| &mut piece.name);
        events.name.extend(order.clone().map(|row| name[row]));
        let kind = joined(&mut self.pieces, |piece| &mut piece.kind);
        events.kind.extend(order.clone().map(|row| kind[row]));
        let detail = joined(&mut self.pieces, |piece| &mut piece.detail);
        events.detail.extend(order.clone().map(|row| detail[row]));
        let link = joined(&mut self.pieces, |piece| &mut piece.link);
        events.link.extend(order.map(|row| link[row]));
        counts
    }
}

/// One column of all pieces, which lose it.
fn joined<T>(pieces: &mut [Events], column: impl Fn(&mut Events) -> &mut Vec<T>) -> Vec<T> {
    if let [piece] = pieces {
        return std::mem::take(column(piece));
    }
    let mut whole = Vec::with_capacity(pieces.iter_mut().map(|piece| column(piece).len()).sum());
    for piece in pieces {
        whole.append(&mut std::mem::take(column(piece)));
    }
    whole
}

/// Gives each row of one track, ordered by start, the lowest level on which it overlaps nothing before it. For properly
/// nested slices that is the nesting depth. Returns the levels and how many there are; O(n log n) on any input.
fn assign_levels(rows: &[u32], start_ns: &[i64], dur_ns: &[u64]) -> (Vec<u32>, u32) {
    let mut levels = Vec::with_capacity(rows.len());
    let mut running: BinaryHeap<Reverse<(i64, u32)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
    let mut level_count = 0;
    for &row in rows {
        let start = start_ns[row as usize];
        let end = start + dur_ns[row as usize] as i64;
        // The common case, a track without nesting: the one slot in use is reused in place.
        if level_count == 1
            && let Some(mut top) = running.peek_mut()
            && top.0.0 <= start
        {
            top.0.0 = end;
            levels.push(0);
            continue;
        }
        while let Some(&Reverse((done, level))) = running.peek()
            && done <= start
        {
            running.pop();
            free.push(Reverse(level));
        }
        let level = free.pop().map_or_else(
            || {
                level_count += 1;
                level_count - 1
            },
            |Reverse(level)| level,
        );
        running.push(Reverse((end, level)));
        levels.push(level);
    }
    (levels, level_count)
}

/// Stably reorders `rows` so that levels are contiguous; returns each level's row count.
fn split_by_level(rows: &mut Vec<u32>, levels: &[u32], level_count: u32) -> Vec<usize> {
    let mut counts = vec![0usize; level_count as usize];
    for &level in levels {
        counts[level as usize] += 1;
    }
    if level_count > 1 {
        let mut next: Vec<usize> =
            counts.iter().scan(0, |sum, &count| Some(std::mem::replace(sum, *sum + count))).collect();
        let before = std::mem::replace(rows, vec![0; rows.len()]);
        for (&row, &level) in before.iter().zip(levels) {
            rows[next[level as usize]] = row;
            next[level as usize] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventKind, NONE, StringId};

    fn rows(times: &[(i64, u64)]) -> TrackRows {
        let mut rows = TrackRows::default();
        for (detail, &(start_ns, dur_ns)) in (0..).zip(times) {
            let (name, kind, link) = (StringId::EMPTY, EventKind::Other, NONE);
            rows.push(&NewEvent { track: 0, start_ns, dur_ns, name, kind, detail, link });
        }
        rows
    }

    /// (start, duration) of each level, and the rows they came from.
    fn levels(rows: TrackRows) -> Vec<Vec<(i64, u64, u32)>> {
        let mut events = Events::default();
        let counts = rows.append_to(&mut events);
        let mut all = (0..events.len()).map(|row| (events.start_ns[row], events.dur_ns[row], events.detail[row]));
        counts.into_iter().map(|count| all.by_ref().take(count).collect()).collect()
    }

    #[test]
    fn rows_in_order_stay_as_they_came() {
        let times: Vec<(i64, u64)> = (0..100_000).map(|row| (row * 10, 10)).collect();
        let levels = levels(rows(&times));
        assert_eq!(levels.len(), 1);
        assert!(levels[0].iter().zip(&times).all(|(row, time)| (row.0, row.1) == *time));
    }

    #[test]
    fn rows_out_of_order_are_ordered_and_ties_put_the_longest_first() {
        let found = levels(rows(&[(30, 5), (10, 5), (20, 0), (20, 8)]));
        assert_eq!(found, [vec![(10, 5, 1), (20, 8, 3), (30, 5, 0)], vec![(20, 0, 2)]]);
    }

    #[test]
    fn a_point_at_the_end_of_a_slice_does_not_overlap_it() {
        assert_eq!(levels(rows(&[(0, 5), (5, 0), (5, 0), (6, 1)])).len(), 1);
    }

    #[test]
    fn appended_rows_are_as_if_pushed() {
        let times: Vec<(i64, u64)> = (0..5_000).map(|row| ((row * 7_919) % 4_001, (row % 13) as u64)).collect();
        let only_times = |rows: TrackRows| -> Vec<Vec<(i64, u64)>> {
            levels(rows).into_iter().map(|level| level.into_iter().map(|row| (row.0, row.1)).collect()).collect()
        };
        let pushed = only_times(rows(&times));
        for split in [0, 1, 2_500, 4_999, 5_000] {
            let mut joined = rows(&times[..split]);
            joined.append(rows(&times[split..]));
            assert_eq!(only_times(joined), pushed);
        }
    }

    #[test]
    fn many_overlapping_events_are_levelled_in_reasonable_time() {
        let rows: Vec<u32> = (0..200_000).collect();
        let start_ns: Vec<i64> = (0..200_000).collect();
        let dur_ns = vec![1_000_000u64; 200_000];
        assert_eq!(assign_levels(&rows, &start_ns, &dur_ns).1, 200_000);
    }
}
