//! Calls that launched GPU work, each with what it launched: the join that latency and NVTX projection stand on.

use rustg_trace::{EventId, NONE};

use super::window::Window;

/// One call and its work in the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Launch {
    /// The call.
    pub(crate) call: EventId,
    /// Start of the first work it launched.
    pub(crate) first_ns: i64,
    /// End of the last work it launched.
    pub(crate) last_ns: i64,
    /// Pieces of work it launched.
    pub(crate) work_count: u64,
    /// The sum of their durations.
    pub(crate) work_ns: u64,
}

/// All calls with work in the window, ordered by row; so calls of one track are contiguous and ordered by start.
pub(crate) fn launches(window: &Window) -> Vec<Launch> {
    let trace = window.trace;
    let events = &trace.events;
    let linked = |row: &usize| events.kind[*row].is_gpu_work() && events.link[*row] != NONE;
    let work = || trace.gpu_tracks().flat_map(|(_, track)| window.rows(track)).filter(linked);
    let calls = RankedSet::of(work().map(|row| events.link[row]), events.len());
    let empty = Launch { call: EventId(0), first_ns: i64::MAX, last_ns: i64::MIN, work_count: 0, work_ns: 0 };
    let mut launches = vec![empty; calls.len()];
    for row in work() {
        let (start_ns, end_ns) = window.clip(row);
        let launch = &mut launches[calls.rank(events.link[row])];
        launch.call = EventId(events.link[row]);
        launch.first_ns = launch.first_ns.min(start_ns);
        launch.last_ns = launch.last_ns.max(end_ns);
        launch.work_count += 1;
        launch.work_ns = launch.work_ns.saturating_add(window.dur_ns(row));
    }
    launches
}

/// A set of rows that knows how many of its members come before each: a bit a row, and a count every 64 rows.
struct RankedSet {
    words: Vec<u64>,
    before: Vec<u32>,
}

impl RankedSet {
    fn of(members: impl Iterator<Item = u32>, row_count: usize) -> Self {
        let mut words = vec![0u64; row_count.div_ceil(64)];
        for member in members {
            words[member as usize / 64] |= 1 << (member % 64);
        }
        let mut count = 0;
        let mut before = Vec::with_capacity(words.len() + 1);
        for word in &words {
            before.push(count);
            count += word.count_ones();
        }
        before.push(count);
        RankedSet { words, before }
    }

    fn len(&self) -> usize {
        self.before.last().map_or(0, |&count| count as usize)
    }

    /// How many members are smaller than `row`.
    fn rank(&self, row: u32) -> usize {
        let index = row as usize / 64;
        let below = self.words[index] & ((1 << (row % 64)) - 1);
        (self.before[index] + below.count_ones()) as usize
    }
}

/// What several launches did together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Projection {
    /// Start of the first work.
    pub(crate) first_ns: i64,
    /// End of the last work.
    pub(crate) last_ns: i64,
    /// Pieces of work.
    pub(crate) work_count: u64,
    /// The sum of their durations.
    pub(crate) work_ns: u64,
}

impl Projection {
    const EMPTY: Projection = Projection { first_ns: i64::MAX, last_ns: i64::MIN, work_count: 0, work_ns: 0 };

    fn join(self, other: Projection) -> Projection {
        Projection {
            first_ns: self.first_ns.min(other.first_ns),
            last_ns: self.last_ns.max(other.last_ns),
            work_count: self.work_count + other.work_count,
            work_ns: self.work_ns.saturating_add(other.work_ns),
        }
    }
}

/// How many entries of one level an entry of the next stands for.
const FAN_OUT: usize = 16;

/// Answers "what did launches `i..j` do together" in logarithmic time: levels of sums over 16, 256, … launches.
#[derive(Debug)]
pub(crate) struct LaunchTree<'a> {
    launches: &'a [Launch],
    levels: Vec<Vec<Projection>>,
}

impl<'a> LaunchTree<'a> {
    pub(crate) fn new(launches: &'a [Launch]) -> Self {
        let mut levels: Vec<Vec<Projection>> = vec![launches.chunks(FAN_OUT).map(join_launches).collect()];
        while let Some(below) = levels.last().filter(|below| below.len() > FAN_OUT) {
            let joined = below.chunks(FAN_OUT).map(join_all).collect();
            levels.push(joined);
        }
        LaunchTree { launches, levels }
    }

    /// The projection of launches `range`; `None` of none.
    pub(crate) fn project(&self, range: std::ops::Range<usize>) -> Option<Projection> {
        let (mut start, mut end) = (range.start, range.end.max(range.start));
        let (inner_start, inner_end) = (start.next_multiple_of(FAN_OUT), end / FAN_OUT * FAN_OUT);
        if inner_start >= inner_end {
            return Some(join_launches(&self.launches[start..end])).filter(|sum| sum.work_count > 0);
        }
        let edges = [&self.launches[start..inner_start], &self.launches[inner_end..end]];
        let mut sum = join_launches(edges[0]).join(join_launches(edges[1]));
        (start, end) = (inner_start / FAN_OUT, inner_end / FAN_OUT);
        for (height, level) in self.levels.iter().enumerate() {
            let (inner_start, inner_end) = (start.next_multiple_of(FAN_OUT), end / FAN_OUT * FAN_OUT);
            if inner_start >= inner_end || height + 1 == self.levels.len() {
                sum = sum.join(join_all(&level[start..end]));
                break;
            }
            sum = sum.join(join_all(&level[start..inner_start])).join(join_all(&level[inner_end..end]));
            (start, end) = (inner_start / FAN_OUT, inner_end / FAN_OUT);
        }
        (sum.work_count > 0).then_some(sum)
    }
}

fn join_launches(launches: &[Launch]) -> Projection {
    launches.iter().fold(Projection::EMPTY, |sum, launch| {
        let Launch { first_ns, last_ns, work_count, work_ns, .. } = *launch;
        sum.join(Projection { first_ns, last_ns, work_count, work_ns })
    })
}

fn join_all(parts: &[Projection]) -> Projection {
    parts.iter().fold(Projection::EMPTY, |sum, &part| sum.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projections_of_any_range_equal_a_scan() {
        for count in [0usize, 1, 15, 16, 17, 300, 5000] {
            let launches: Vec<Launch> = (0..count as i64)
                .map(|index| Launch {
                    call: EventId(index as u32),
                    first_ns: index * 31 % 1009,
                    last_ns: index * 31 % 1009 + index % 7,
                    work_count: 1 + index as u64 % 3,
                    work_ns: index as u64 % 11,
                })
                .collect();
            let tree = LaunchTree::new(&launches);
            let mut state = 5usize;
            for _ in 0..200 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let (a, b) = ((state >> 33) % (count + 1), (state >> 13) % (count + 1));
                let range = a.min(b)..a.max(b);
                let scanned = join_launches(&launches[range.clone()]);
                assert_eq!(tree.project(range.clone()), (!range.is_empty()).then_some(scanned), "{range:?} of {count}");
            }
        }
    }
}
