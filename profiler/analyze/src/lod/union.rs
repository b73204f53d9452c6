//! When a GPU did any work: the union over its streams, from checkpoints every few events.

use rustg_trace::{GpuId, TimeRange, Trace, TrackId, TrackKind};

use super::column_edge;
use super::track::{Position, TrackIndex};

/// Events between two checkpoints, at least.
const STRIDE_MIN: usize = 64;
/// Events between two checkpoints for each stream, so that the cursors kept at checkpoints stay a byte an event.
const STRIDE_PER_TRACK: usize = 4;

/// Checkpoints over the work of one GPU, merged in order of start.
#[derive(Clone, Debug, Default)]
pub(super) struct UnionIndex {
    tracks: Vec<TrackId>,
    /// Start of every so many events, ascending.
    at_ns: Vec<i64>,
    /// Union of all work before that start.
    busy_ns: Vec<u64>,
    /// The longest gap right before one of the events from this checkpoint to the next.
    gap_ns: Vec<u64>,
    /// For each checkpoint the row of each track that comes next.
    cursors: Vec<u32>,
    end_ns: i64,
}

/// A walk over the merged events of a GPU.
struct Walk<'a> {
    trace: &'a Trace,
    /// Next row and one past the last of every track.
    rows: Vec<(usize, usize)>,
    /// Start of each track's next row; the largest number at its end.
    starts: Vec<i64>,
    /// Everything before this has been accounted for; the latest end so far, or the start of the walk.
    covered_ns: i64,
}

impl<'a> Walk<'a> {
    fn new(trace: &'a Trace, index: &UnionIndex) -> Self {
        let ends = index.tracks.iter().map(|track| trace.tracks[track.index()].range().end);
        let rows: Vec<(usize, usize)> = ends.map(|end| (end, end)).collect();
        let starts = vec![i64::MAX; rows.len()];
        Walk { trace, rows, starts, covered_ns: i64::MIN }
    }

    /// A walk over the events of `index` that start at or after `at_ns`, found by search.
    fn searched(trace: &'a Trace, index: &UnionIndex, tracks: &[TrackIndex], at_ns: i64) -> Self {
        let mut walk = Walk::new(trace, index);
        let next = index.tracks.iter().map(|&track| {
            let first = trace.tracks[track.index()].range().start;
            (first + tracks[track.index()].seek(trace, track, at_ns, Position::START).rows) as u32
        });
        walk.stand(index, next.collect::<Vec<_>>().into_iter());
        walk
    }

    /// Moves to a checkpoint.
    fn jump(&mut self, index: &UnionIndex, checkpoint: usize) {
        let count = index.tracks.len();
        let cursors = &index.cursors[checkpoint * count..(checkpoint + 1) * count];
        self.stand(index, cursors.iter().copied());
    }

    fn stand(&mut self, index: &UnionIndex, next: impl Iterator<Item = u32>) {
        let events = &self.trace.events;
        self.covered_ns = i64::MIN;
        for (place, next) in next.enumerate() {
            let next = next as usize;
            let range = self.trace.tracks[index.tracks[place].index()].range();
            self.rows[place].0 = next;
            self.starts[place] = if next < range.end { events.start_ns[next] } else { i64::MAX };
            if next > range.start {
                self.covered_ns = self.covered_ns.max(events.start_ns[next - 1] + events.dur_ns[next - 1] as i64);
            }
        }
    }

    /// The track whose next event starts first, with that start; `None` at the end.
    fn peek(&self) -> Option<(usize, i64)> {
        let mut best = (0, i64::MAX);
        for (track, &start) in self.starts.iter().enumerate() {
            if start < best.1 {
                best = (track, start);
            }
        }
        // No event starts at the largest number: starts and durations do not overflow, and an instant there is cut off.
        (best.1 != i64::MAX).then_some(best)
    }

    /// Steps over the event that [`Walk::peek`] found; returns the nanoseconds it adds to the union.
    fn step(&mut self, (track, start): (usize, i64)) -> u64 {
        let (row, last) = self.rows[track];
        self.rows[track].0 += 1;
        self.starts[track] = if row + 1 < last { self.trace.events.start_ns[row + 1] } else { i64::MAX };
        let end = start + self.trace.events.dur_ns[row] as i64;
        let added = end.saturating_sub(start.max(self.covered_ns)).max(0) as u64;
        self.covered_ns = self.covered_ns.max(end);
        added
    }

    /// Moves to `until_ns`; returns the union of work in `from_ns..until_ns`. `from_ns` must be where the walk stands.
    fn busy_until(&mut self, from_ns: i64, until_ns: i64) -> u64 {
        let mut edge_ns = from_ns.max(self.covered_ns.min(until_ns));
        let mut busy = (edge_ns - from_ns) as u64;
        while let Some(next) = self.peek().filter(|next| next.1 < until_ns) {
            self.step(next);
            let start = next.1.max(edge_ns);
            let end = self.covered_ns.min(until_ns);
            if end > start {
                busy += (end - start) as u64;
                edge_ns = end;
            }
        }
        busy
    }
}

impl UnionIndex {
    /// Merges the streams of `gpu`; the span is cut into pieces that threads walk side by side.
    pub(super) fn build(trace: &Trace, tracks: &[TrackIndex], gpu: GpuId, threads: usize) -> Self {
        let of_gpu = (trace.tracks.iter().enumerate()).filter(|(_, track)| {
            track.gpu == Some(gpu)
                && !track.rows.is_empty()
                && matches!(track.kind, TrackKind::Stream | TrackKind::Graph)
        });
        let mut index =
            UnionIndex { tracks: of_gpu.map(|(id, _)| TrackId(id as u32)).collect(), ..UnionIndex::default() };
        let Some(&longest) = index.tracks.iter().max_by_key(|track| trace.tracks[track.index()].rows.len()) else {
            return index;
        };
        let rows = trace.tracks[longest.index()].range();
        let pieces = if rows.len() < 10_000 { 1 } else { threads };
        let mut cuts: Vec<i64> =
            (1..pieces).map(|piece| trace.events.start_ns[rows.start + rows.len() * piece / pieces]).collect();
        cuts.dedup();
        cuts.insert(0, i64::MIN);
        cuts.push(i64::MAX);
        let parts: Vec<UnionIndex> = std::thread::scope(|scope| {
            let of = &index;
            let piece = move |from, to| Self::build_piece(trace, tracks, of, from, to);
            let running: Vec<_> = cuts[1..].windows(2).map(|cut| scope.spawn(move || piece(cut[0], cut[1]))).collect();
            let first = piece(cuts[0], cuts[1]);
            let rest = running.into_iter().map(|thread| thread.join().expect("a walk does not panic"));
            std::iter::once(first).chain(rest).collect()
        });
        let mut before = 0;
        for part in parts {
            index.at_ns.extend(part.at_ns);
            let total = part.end_ns as u64;
            index.busy_ns.extend(part.busy_ns.iter().map(|&busy| busy.wrapping_add(before)));
            index.gap_ns.extend(part.gap_ns);
            index.cursors.extend(part.cursors);
            before += total;
        }
        let ends = index.tracks.iter().map(|track| {
            let last = trace.tracks[track.index()].range().end - 1;
            trace.events.start_ns[last] + trace.events.dur_ns[last] as i64
        });
        index.end_ns = ends.max().unwrap_or(0);
        index
    }

    /// The checkpoints of the events that start in `from_ns..to_ns`; `busy_ns` counts from this piece's start and `end_ns`
    /// is its sum. What a piece adds is counted where it starts, so sums of pieces join without a seam.
    fn build_piece(trace: &Trace, tracks: &[TrackIndex], of: &UnionIndex, from_ns: i64, to_ns: i64) -> UnionIndex {
        let mut walk = Walk::searched(trace, of, tracks, from_ns);
        let stride = STRIDE_MIN.max(STRIDE_PER_TRACK * of.tracks.len());
        let mut piece = UnionIndex::default();
        let mut sum = 0u64;
        let mut seen = 0;
        while let Some(next) = walk.peek().filter(|next| next.1 < to_ns) {
            if seen % stride == 0 {
                piece.cursors.extend(walk.rows.iter().map(|rows| rows.0 as u32));
                piece.at_ns.push(next.1);
                // Work already counted that lies after this start is not before it. (Below 0 where that work belongs to
                // an earlier piece; adding that piece's sum mends it.)
                piece.busy_ns.push(sum.wrapping_sub(walk.covered_ns.saturating_sub(next.1).max(0) as u64));
                piece.gap_ns.push(0);
            }
            if walk.covered_ns != i64::MIN && next.1 > walk.covered_ns {
                let gap = (next.1 - walk.covered_ns) as u64;
                let longest = piece.gap_ns.last_mut().expect("the first event opens a checkpoint");
                *longest = gap.max(*longest);
            }
            sum += walk.step(next);
            seen += 1;
        }
        piece.end_ns = sum as i64;
        piece
    }

    pub(super) fn size_bytes(&self) -> usize {
        (self.tracks.capacity() + self.cursors.capacity()) * 4
            + (self.at_ns.capacity() + self.busy_ns.capacity() + self.gap_ns.capacity()) * size_of::<u64>()
    }

    pub(super) fn span(&self) -> Option<TimeRange> {
        self.at_ns.first().map(|&start_ns| TimeRange { start_ns, end_ns: self.end_ns })
    }

    pub(super) fn columns(&self, trace: &Trace, tracks: &[TrackIndex], window: TimeRange, out: &mut [u64]) {
        out.fill(0);
        let Some(span) = self.span() else { return };
        // One stream is its own union, without a merge.
        if let [track] = self.tracks[..] {
            let index = &tracks[track.index()];
            let mut before = index.busy_before(trace, track, window.start_ns);
            let count = out.len();
            for (column, busy) in out.iter_mut().enumerate() {
                let until = index.busy_before(trace, track, column_edge(window, count, column + 1));
                *busy = until - std::mem::replace(&mut before, until);
            }
            return;
        }
        let count = out.len();
        let mut at_ns = i64::MIN;
        let mut total = 0;
        let mut walk = Walk::new(trace, self);
        let mut advance = |to_ns: i64| -> u64 {
            let to_ns = to_ns.clamp(span.start_ns, span.end_ns);
            let checkpoint = self.at_ns.partition_point(|&at| at <= to_ns) - 1;
            if self.at_ns[checkpoint] > at_ns {
                at_ns = self.at_ns[checkpoint];
                total = self.busy_ns[checkpoint];
                walk.jump(self, checkpoint);
            }
            if to_ns > at_ns {
                total += walk.busy_until(at_ns, to_ns);
                at_ns = to_ns;
            }
            total
        };
        let mut before = advance(window.start_ns);
        for (column, busy) in out.iter_mut().enumerate() {
            let until = advance(column_edge(window, count, column + 1));
            *busy = until - std::mem::replace(&mut before, until);
        }
    }

    /// The gaps before the events of checkpoint `number`, in order.
    fn gaps_of(&self, trace: &Trace, number: usize) -> Vec<TimeRange> {
        let until_ns = self.at_ns.get(number + 1).copied().unwrap_or(i64::MAX);
        let mut walk = Walk::new(trace, self);
        walk.jump(self, number);
        let mut gaps = Vec::new();
        while let Some(next) = walk.peek().filter(|next| next.1 <= until_ns) {
            if walk.covered_ns != i64::MIN && next.1 > walk.covered_ns {
                gaps.push(TimeRange { start_ns: walk.covered_ns, end_ns: next.1 });
            }
            walk.step(next);
        }
        gaps
    }

    pub(super) fn next_gap(&self, trace: &Trace, from_ns: i64, min_ns: u64) -> Option<TimeRange> {
        let first = self.at_ns.partition_point(|&at| at <= from_ns).saturating_sub(1);
        let blocks = (first..self.at_ns.len()).filter(|&number| self.gap_ns[number] >= min_ns.max(1));
        let mut gaps = blocks.flat_map(|number| self.gaps_of(trace, number));
        gaps.find(|gap| gap.start_ns >= from_ns && gap.dur_ns() >= min_ns)
    }

    pub(super) fn previous_gap(&self, trace: &Trace, before_ns: i64, min_ns: u64) -> Option<TimeRange> {
        let last = self.at_ns.partition_point(|&at| at <= before_ns);
        // A gap may end in the block after the one in which it starts.
        let blocks = (0..self.at_ns.len().min(last + 1)).rev().filter(|&number| self.gap_ns[number] >= min_ns.max(1));
        let mut gaps = blocks.flat_map(|number| self.gaps_of(trace, number).into_iter().rev());
        gaps.find(|gap| gap.start_ns < before_ns && gap.dur_ns() >= min_ns)
    }

    pub(super) fn largest_gap(&self, trace: &Trace) -> Option<TimeRange> {
        let longest = self.gap_ns.iter().copied().max().filter(|&gap| gap > 0)?;
        let number = self.gap_ns.iter().position(|&gap| gap == longest).expect("the maximum is among them");
        self.gaps_of(trace, number).into_iter().find(|gap| gap.dur_ns() == longest)
    }
}
