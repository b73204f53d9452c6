//! The level-of-detail index: what a timeline of any window shows, in time that depends on the columns, not on the events.
//!
//! It owns exact busy time of any range (prefix sums), the name that dominates a column (a pyramid of the two heaviest
//! names), the union of all work of a GPU with its gaps, and match counts of a search. It does not draw, and it copies no
//! event: about 1.5 bytes an event stand beside the 29 of the trace.

mod build;
mod matches;
mod pyramid;
mod track;
mod union;

#[cfg(test)]
mod tests;

use rustg_base::StringId;
use rustg_trace::{EventId, GpuId, TimeRange, Trace, TrackId};

pub use matches::Matches;
pub use pyramid::NameTotals;
use track::TrackIndex;
use union::UnionIndex;

/// Rows of one block: the unit of prefix sums and the leaves of the pyramid.
const BLOCK: usize = 32;

/// A column with at most this many events is scanned directly: its dominant name is exact.
pub const EXACT_EVENTS: usize = 64;

/// What one column of a track shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Column {
    /// Exact nanoseconds of the column's slice that are covered by events.
    pub busy_ns: u64,
    /// How many events touch the slice, instants included.
    pub events: u32,
    /// The first of them, where there is one.
    pub first: u32,
    /// The name that covers most of the slice: exact up to [`EXACT_EVENTS`] events, the pyramid's estimate above.
    pub dominant: StringId,
}

impl Column {
    /// The first event that touches the slice.
    pub fn first_event(&self) -> Option<EventId> {
        (self.events > 0).then_some(EventId(self.first))
    }
}

/// The start of column `index` of `columns` equal slices of `window`; `index == columns` is its end.
pub fn column_edge(window: TimeRange, columns: usize, index: usize) -> i64 {
    let offset = u128::from(window.dur_ns()) * index as u128 / (columns.max(1) as u128);
    window.start_ns + offset as i64
}

/// The index over one trace. It borrows nothing: every query is given the same trace again.
#[derive(Clone, Debug)]
pub struct Lod {
    tracks: Vec<TrackIndex>,
    gpus: Vec<UnionIndex>,
}

impl Lod {
    /// Builds the index on all cores.
    pub fn build(trace: &Trace) -> Lod {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let tracks = build::build_tracks(trace, threads);
        let gpus = (0..trace.gpus.len() as u32).map(|gpu| UnionIndex::build(trace, &tracks, GpuId(gpu), threads));
        let gpus = gpus.collect();
        Lod { tracks, gpus }
    }

    /// Bytes of memory the index takes.
    pub fn size_bytes(&self) -> usize {
        self.tracks.iter().map(TrackIndex::size_bytes).sum::<usize>()
            + self.gpus.iter().map(UnionIndex::size_bytes).sum::<usize>()
    }

    /// Fills `out` with the columns of `window` on `track`.
    pub fn columns(
        &self,
        trace: &Trace,
        track: TrackId,
        window: TimeRange,
        names: &mut NameTotals,
        out: &mut [Column],
    ) {
        self.tracks[track.index()].columns(trace, track, window, names, out);
    }

    /// Nanoseconds of `range` covered by events of `track`.
    pub fn busy_ns(&self, trace: &Trace, track: TrackId, range: TimeRange) -> u64 {
        let index = &self.tracks[track.index()];
        let before = |at_ns| index.busy_before(trace, track, at_ns);
        if range.dur_ns() == 0 { 0 } else { before(range.end_ns) - before(range.start_ns) }
    }

    /// The rows of `track` that touch `range`: those that cover a part of it, and instants in it.
    pub fn rows(&self, trace: &Trace, track: TrackId, range: TimeRange) -> std::ops::Range<u32> {
        self.tracks[track.index()].rows(trace, track, range)
    }

    /// Fills `out` with the nanoseconds of each column of `window` during which `gpu` did any work (the union over its
    /// streams).
    pub fn gpu_columns(&self, trace: &Trace, gpu: GpuId, window: TimeRange, out: &mut [u64]) {
        self.gpus[gpu.index()].columns(trace, &self.tracks, window, out);
    }

    /// Nanoseconds of `range` during which `gpu` did any work.
    pub fn gpu_busy_ns(&self, trace: &Trace, gpu: GpuId, range: TimeRange) -> u64 {
        let mut out = [0];
        self.gpu_columns(trace, gpu, range, &mut out);
        out[0]
    }

    /// The first gap of at least `min_ns` in the work of `gpu` that starts at or after `from_ns`, between two pieces of
    /// work.
    pub fn next_gap(&self, trace: &Trace, gpu: GpuId, from_ns: i64, min_ns: u64) -> Option<TimeRange> {
        self.gpus[gpu.index()].next_gap(trace, from_ns, min_ns)
    }

    /// The last gap of at least `min_ns` in the work of `gpu` that starts before `before_ns`.
    pub fn previous_gap(&self, trace: &Trace, gpu: GpuId, before_ns: i64, min_ns: u64) -> Option<TimeRange> {
        self.gpus[gpu.index()].previous_gap(trace, before_ns, min_ns)
    }

    /// The longest gap between two pieces of work of `gpu`; the first of several equal ones.
    pub fn largest_gap(&self, trace: &Trace, gpu: GpuId) -> Option<TimeRange> {
        self.gpus[gpu.index()].largest_gap(trace)
    }

    /// The time from the first to the last piece of work of `gpu`; `None` where it did none.
    pub fn gpu_span(&self, gpu: GpuId) -> Option<TimeRange> {
        self.gpus[gpu.index()].span()
    }
}
