//! One track's index: block starts and prefix sums, from which any range's exact busy time follows.

use rustg_trace::{TimeRange, Trace, TrackId};

use super::pyramid::{NameTotals, Node, add_nodes};
use super::{BLOCK, Column, EXACT_EVENTS, column_edge};

/// With this many whole blocks in a column, the rows of the two cut ones are not counted by name.
const EDGES_COUNT_BELOW_BLOCKS: usize = 8;

/// The index of one track. Rows are counted from the track's first.
#[derive(Clone, Debug)]
pub(super) struct TrackIndex {
    /// Start of the first row of each block.
    pub(super) starts: Vec<i64>,
    /// Busy nanoseconds of all rows before each block; one entry more than blocks.
    pub(super) busy: Vec<u64>,
    /// The pyramid over the blocks, leaves first; empty for short tracks.
    pub(super) levels: Vec<Vec<Node>>,
}

/// A position between two rows of a track: `rows` of them start before some time.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub(super) rows: usize,
    block: usize,
}

impl Position {
    pub(super) const START: Position = Position { rows: 0, block: 0 };
}

impl TrackIndex {
    pub(super) fn size_bytes(&self) -> usize {
        let nodes: usize = self.levels.iter().map(Vec::capacity).sum();
        self.starts.capacity() * 8 + self.busy.capacity() * 8 + nodes * size_of::<Node>()
    }

    /// How many rows start before `at_ns`, searching forward from `from` (a position of an earlier time).
    pub(super) fn seek(&self, trace: &Trace, track: TrackId, at_ns: i64, from: Position) -> Position {
        let rows = trace.tracks[track.index()].range();
        let ahead = &self.starts[from.block..];
        let mut reach = 1;
        while reach < ahead.len() && ahead[reach] < at_ns {
            reach *= 2;
        }
        let low = reach / 2;
        let high = ahead.len().min(reach);
        let blocks = from.block + low + ahead[low..high].partition_point(|&start| start < at_ns);
        let Some(block) = blocks.checked_sub(1) else { return Position::START };
        let base = rows.start + block * BLOCK;
        let starts = &trace.events.start_ns[base..rows.end.min(base + BLOCK)];
        Position { rows: block * BLOCK + starts.partition_point(|&start| start < at_ns), block }
    }

    /// Busy nanoseconds before `at_ns`, which `position` is the position of.
    fn busy_at(&self, trace: &Trace, track: TrackId, at_ns: i64, position: Position) -> u64 {
        if position.rows == 0 {
            return 0;
        }
        let first = trace.tracks[track.index()].range().start;
        let last = first + position.rows - 1;
        let durations = &trace.events.dur_ns[first + position.block * BLOCK..=last];
        let sum = self.busy[position.block] + durations.iter().sum::<u64>();
        let end = trace.events.start_ns[last] + trace.events.dur_ns[last] as i64;
        sum - end.saturating_sub(at_ns).max(0) as u64
    }

    pub(super) fn busy_before(&self, trace: &Trace, track: TrackId, at_ns: i64) -> u64 {
        let position = self.seek(trace, track, at_ns, Position::START);
        self.busy_at(trace, track, at_ns, position)
    }

    /// Rows (counted from the track's first) that touch `start_ns..`, given the rows that start before it.
    fn first_touching(trace: &Trace, first_row: usize, start_ns: i64, rows_before: usize) -> usize {
        match rows_before.checked_sub(1) {
            Some(last) => {
                let row = first_row + last;
                let end = trace.events.start_ns[row] + trace.events.dur_ns[row] as i64;
                if end > start_ns { last } else { rows_before }
            }
            None => 0,
        }
    }

    pub(super) fn rows(&self, trace: &Trace, track: TrackId, range: TimeRange) -> std::ops::Range<u32> {
        let first_row = trace.tracks[track.index()].range().start;
        if range.dur_ns() == 0 {
            return first_row as u32..first_row as u32;
        }
        let before = self.seek(trace, track, range.start_ns, Position::START);
        let until = self.seek(trace, track, range.end_ns, before);
        let first = Self::first_touching(trace, first_row, range.start_ns, before.rows);
        (first_row + first) as u32..(first_row + until.rows.max(first)) as u32
    }

    pub(super) fn columns(
        &self,
        trace: &Trace,
        track: TrackId,
        window: TimeRange,
        names: &mut NameTotals,
        out: &mut [Column],
    ) {
        let first_row = trace.tracks[track.index()].range().start;
        let count = out.len();
        let mut start_ns = window.start_ns;
        let mut before = self.seek(trace, track, start_ns, Position::START);
        let mut busy_before = self.busy_at(trace, track, start_ns, before);
        for (index, column) in out.iter_mut().enumerate() {
            let end_ns = column_edge(window, count, index + 1);
            let until = self.seek(trace, track, end_ns, before);
            let busy_until = self.busy_at(trace, track, end_ns, until);
            let first = Self::first_touching(trace, first_row, start_ns, before.rows);
            let events = if end_ns > start_ns { until.rows.saturating_sub(first) } else { 0 };
            *column = Column {
                busy_ns: busy_until - busy_before,
                events: events as u32,
                first: (first_row + first) as u32,
                dominant: Default::default(),
            };
            if events == 1 {
                column.dominant = trace.events.name[first_row + first];
            } else if events > 1 {
                names.clear();
                let slice = TimeRange { start_ns, end_ns };
                self.add_names(trace, first_row, first..until.rows, slice, names);
                column.dominant = names.heaviest().unwrap_or_default();
            }
            (start_ns, before, busy_before) = (end_ns, until, busy_until);
        }
    }

    fn add_names(
        &self,
        trace: &Trace,
        first_row: usize,
        rows: std::ops::Range<usize>,
        slice: TimeRange,
        names: &mut NameTotals,
    ) {
        let events = &trace.events;
        let add = |rows: std::ops::Range<usize>, names: &mut NameTotals| {
            for row in first_row + rows.start..first_row + rows.end {
                let start = events.start_ns[row].max(slice.start_ns);
                let end = (events.start_ns[row] + events.dur_ns[row] as i64).min(slice.end_ns);
                names.add(events.name[row], end.saturating_sub(start).max(0) as u64);
            }
        };
        if rows.len() <= EXACT_EVENTS || self.levels.is_empty() {
            add(rows, names);
            return;
        }
        // Inner blocks lie within the slice as a whole; only rows before and after them can be cut by it. Where there are
        // enough blocks, less than two of rows around them cannot change much.
        let blocks = (rows.start + 1).div_ceil(BLOCK)..(rows.end - 1) / BLOCK;
        if blocks.is_empty() {
            add(rows, names);
            return;
        }
        if blocks.len() >= EDGES_COUNT_BELOW_BLOCKS {
            add_nodes(&self.levels, blocks.start, blocks.end, names);
            return;
        }
        add(rows.start..blocks.start * BLOCK, names);
        add_nodes(&self.levels, blocks.start, blocks.end, names);
        add(blocks.end * BLOCK..rows.end, names);
    }
}
