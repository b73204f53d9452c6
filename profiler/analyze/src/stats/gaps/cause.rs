//! Why a GPU was idle, told from what the thread did that launched the next work.

use rustc_hash::FxHashMap;
use rustg_trace::{EventId, EventKind, ProcessId, StringId, ThreadId, TimeRange, Trace, TrackId, TrackKind};

use super::Gap;
use crate::stats::api::{CallKind, call_kind, function_name};

/// Why a GPU had nothing to do.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// The launching thread was slower than the GPU: it was in its own code when the work ran out.
    Host,
    /// The launching thread waited for the GPU, so that nothing was queued when it was done.
    Sync,
    /// The launching thread was in a copy that blocks, so that nothing was queued when it was done.
    Transfer,
    /// The launching thread was allocating or freeing memory.
    Allocation,
    /// The launching thread was loading code.
    Loading,
    /// The work had been launched and was on its way to the GPU.
    Launch,
    /// The work was queued in the same stream and followed as fast as the GPU can.
    Turnaround,
    /// The work was queued and waited for another stream, another GPU, a host function or an event.
    Dependency,
    /// The profiler took the time.
    Profiler,
    /// The launch of the next work was not recorded.
    Unknown,
    /// Before the first work in the window.
    BeforeFirst,
    /// After the last work in the window.
    AfterLast,
}

impl Cause {
    /// All causes, in the order of their values.
    pub const ALL: [Cause; 12] = [
        Cause::Host,
        Cause::Sync,
        Cause::Transfer,
        Cause::Allocation,
        Cause::Loading,
        Cause::Launch,
        Cause::Turnaround,
        Cause::Dependency,
        Cause::Profiler,
        Cause::Unknown,
        Cause::BeforeFirst,
        Cause::AfterLast,
    ];

    /// A word or two: `host`, `sync`, `launch latency`.
    pub fn label(self) -> &'static str {
        match self {
            Cause::Host => "host",
            Cause::Sync => "sync",
            Cause::Transfer => "transfer",
            Cause::Allocation => "allocation",
            Cause::Loading => "loading code",
            Cause::Launch => "launch latency",
            Cause::Turnaround => "turnaround",
            Cause::Dependency => "dependency",
            Cause::Profiler => "profiler",
            Cause::Unknown => "unknown",
            Cause::BeforeFirst => "before the first work",
            Cause::AfterLast => "after the last work",
        }
    }

    /// What it means and what helps, as a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Cause::Host => "the launching thread was slower than the GPU; CUDA graphs, fusion or less Python help",
            Cause::Sync => {
                "the launching thread waited for the GPU and queued nothing; avoid .item(), print, synchronize"
            }
            Cause::Transfer => "a blocking copy kept the launching thread; pinned memory and non_blocking copies help",
            Cause::Allocation => "the launching thread allocated or freed memory; reuse buffers, warm up the allocator",
            Cause::Loading => "the launching thread loaded code; a warm-up step takes it out of the loop",
            Cause::Launch => "the work was on its way to the GPU; fewer, larger kernels or CUDA graphs help",
            Cause::Turnaround => "the GPU's own pause between dependent kernels; fewer, larger kernels help",
            Cause::Dependency => "queued work waited for another stream, GPU, host function or event",
            Cause::Profiler => "the profiler itself took the time; it is not there without it",
            Cause::Unknown => "the launch of the next work was not recorded",
            Cause::BeforeFirst => "the GPU had no work yet",
            Cause::AfterLast => "the GPU had no more work",
        }
    }

    /// Whether the gap lies between work, and is not one of the window's ends.
    pub fn is_between_work(self) -> bool {
        self < Cause::BeforeFirst
    }
}

/// Work that starts within this time of its launch call's start was on its way, not waiting; launches take 4–10 µs on
/// current hosts.
const LAUNCH_LATENCY_NS: i64 = 10_000;
/// Queued work of the same stream follows within a few microseconds; longer waits have a reason that is not in the stream.
const TURNAROUND_NS: u64 = 20_000;

/// A thread that spends one part in so many of a gap in calls that load code is busy with a first use: opening libraries,
/// unpacking and compiling lie between those calls, and no call shows them.
const LOADING_SHARE: u64 = 10;

/// What is known of host threads: their outermost API calls by kind, and the time overhead took.
#[derive(Debug)]
pub struct HostCalls {
    /// What each name on an API track does; by [`StringId`].
    kinds: Vec<CallKind>,
    /// Each thread's outermost API calls.
    outermost: FxHashMap<ThreadId, TrackId>,
    /// Overhead of each process; that of unknown processes, and of rows that stand for no process, counts for all.
    profiler: FxHashMap<Option<ProcessId>, Intervals>,
    loading: FxHashMap<Option<ProcessId>, Intervals>,
}

/// Times that a launching thread spent within a gap, by what it did.
#[derive(Default)]
struct Spent {
    wait_ns: u64,
    transfer_ns: u64,
    allocate_ns: u64,
    load_ns: u64,
    /// In a call that was already waiting when the GPU fell idle, and its kind.
    drained_in: Option<CallKind>,
}

impl HostCalls {
    pub(super) fn new(trace: &Trace) -> Self {
        let mut used = vec![false; trace.strings.len()];
        let mut outermost = FxHashMap::default();
        for (index, track) in trace.tracks.iter().enumerate().filter(|(_, track)| track.kind == TrackKind::Api) {
            trace.events.name[track.range()].iter().for_each(|name| used[name.index()] = true);
            if let (0, Some(thread)) = (track.level, track.thread) {
                outermost.insert(thread, TrackId(index as u32));
            }
        }
        let kind = |(index, used): (usize, bool)| {
            if used { call_kind(function_name(trace.text(StringId(index as u32)))) } else { CallKind::Other }
        };
        let kinds = used.into_iter().enumerate().map(kind).collect();
        let (mut profiler, mut loading) = (FxHashMap::default(), FxHashMap::default());
        collect_overhead(trace, &mut profiler, &mut loading);
        HostCalls { kinds, outermost, profiler, loading }
    }

    pub(super) fn cause(
        &self,
        trace: &Trace,
        gap: TimeRange,
        before: Option<EventId>,
        after: Option<EventId>,
        launch: Option<EventId>,
    ) -> Cause {
        let (Some(before), Some(after)) = (before, after) else {
            return if after.is_some() { Cause::BeforeFirst } else { Cause::AfterLast };
        };
        let Some(launch) = launch else { return Cause::Unknown };
        let launched = trace.range(launch);
        if launched.start_ns <= gap.start_ns {
            return queued(trace, gap, before, after, launched);
        }
        let process = trace.tracks[trace.track_of(launch).index()].process;
        if self.overlap(&self.profiler, process, gap) * 2 >= gap.dur_ns() {
            return Cause::Profiler;
        }
        if self.overlap(&self.loading, process, gap) * 2 >= gap.dur_ns() {
            return Cause::Loading;
        }
        let waited = TimeRange { start_ns: gap.start_ns, end_ns: launched.start_ns.min(gap.end_ns) };
        let launch_ns = gap.dur_ns() - waited.dur_ns();
        let spent = self.spent(trace, launch, waited);
        let blocked_ns = spent.wait_ns + spent.transfer_ns;
        let own_ns = waited.dur_ns() - blocked_ns - spent.allocate_ns - spent.load_ns;
        let blocked = |kind| if kind == CallKind::Transfer { Cause::Transfer } else { Cause::Sync };
        // A thread that waited until the GPU ran dry pays for the way back to it as well.
        if let Some(kind) = spent.drained_in
            && blocked_ns + launch_ns >= own_ns + spent.allocate_ns + spent.load_ns
        {
            return blocked(kind);
        }
        let parts = [
            (own_ns, Cause::Host),
            (spent.wait_ns, Cause::Sync),
            (spent.transfer_ns, Cause::Transfer),
            (spent.allocate_ns, Cause::Allocation),
            (spent.load_ns, Cause::Loading),
            (launch_ns, Cause::Launch),
        ];
        // Of equal parts the first: the host's own.
        let cause = parts.into_iter().rev().max_by_key(|&(ns, _)| ns).map_or(Cause::Host, |(_, cause)| cause);
        if cause == Cause::Host && spent.load_ns.saturating_mul(LOADING_SHARE) >= own_ns && spent.load_ns > 0 {
            return Cause::Loading;
        }
        cause
    }

    /// What the launching thread did in `waited`, before it came to launch. Linear in the calls within, and gaps of a GPU are
    /// disjoint.
    fn spent(&self, trace: &Trace, launch: EventId, waited: TimeRange) -> Spent {
        let mut spent = Spent::default();
        let thread = trace.tracks[trace.track_of(launch).index()].thread;
        let Some(&track) = thread.and_then(|thread| self.outermost.get(&thread)) else { return spent };
        let rows = trace.tracks[track.index()].range();
        let first = if rows.contains(&launch.index()) {
            // Back from the launch: the calls on the way are those that are looked at anyway.
            let earlier = (rows.start..=launch.index()).rev();
            earlier.into_iter().find(|&row| trace.events.start_ns[row] <= waited.start_ns).unwrap_or(rows.start)
        } else {
            trace.last_starting_by(track, waited.start_ns).map_or(rows.start, EventId::index)
        };
        for row in first..rows.end {
            let call = trace.range(EventId(row as u32));
            if call.start_ns >= waited.end_ns {
                break;
            }
            let within_ns = call.intersect(waited).dur_ns();
            let kind = self.kinds[trace.events.name[row].index()];
            let part = match kind {
                CallKind::Wait => &mut spent.wait_ns,
                CallKind::Transfer => &mut spent.transfer_ns,
                CallKind::Allocate => &mut spent.allocate_ns,
                CallKind::Load => &mut spent.load_ns,
                CallKind::Other => continue,
            };
            *part += within_ns;
            if call.start_ns <= waited.start_ns && within_ns > 0 && matches!(kind, CallKind::Wait | CallKind::Transfer)
            {
                spent.drained_in = Some(kind);
            }
        }
        spent
    }

    fn overlap(
        &self,
        overhead: &FxHashMap<Option<ProcessId>, Intervals>,
        process: Option<ProcessId>,
        range: TimeRange,
    ) -> u64 {
        let of = |process: Option<ProcessId>| overhead.get(&process).map_or(0, |intervals| intervals.within(range));
        of(None).saturating_add(if process.is_some() { of(process) } else { 0 })
    }

    pub(super) fn context(&self, trace: &Trace, gap: &Gap) -> Vec<EventId> {
        let Some(launch) = gap.launch else { return Vec::new() };
        let Some(thread) = trace.tracks[trace.track_of(launch).index()].thread else { return Vec::new() };
        let until_ns = trace.range(launch).start_ns.clamp(gap.range.start_ns, gap.range.end_ns);
        let middle_ns = gap.range.start_ns.midpoint(until_ns);
        let host = [TrackKind::Nvtx, TrackKind::Python, TrackKind::Operator, TrackKind::Api];
        let mut around: Vec<EventId> = (trace.tracks.iter().enumerate())
            .filter(|(_, track)| track.thread == Some(thread) && host.contains(&track.kind))
            .filter_map(|(index, _)| trace.last_starting_by(TrackId(index as u32), middle_ns))
            .filter(|&event| trace.events.end_ns(event) > middle_ns)
            .collect();
        around.sort_by_key(|&event| {
            let range = trace.range(event);
            (range.start_ns, std::cmp::Reverse(range.end_ns), event)
        });
        around
    }
}

/// The cause where the work had been launched before the GPU fell idle.
fn queued(trace: &Trace, gap: TimeRange, before: EventId, after: EventId, launched: TimeRange) -> Cause {
    let row = |event: EventId| event.index();
    let same_launch = trace.events.link[row(before)] == trace.events.link[row(after)];
    let on_its_way =
        launched.end_ns > gap.start_ns || gap.end_ns.saturating_sub(launched.start_ns) <= LAUNCH_LATENCY_NS;
    if on_its_way && !same_launch {
        return Cause::Launch;
    }
    let stream = |event: EventId| {
        let track = &trace.tracks[trace.track_of(event).index()];
        (track.process, track.context, track.stream)
    };
    if gap.dur_ns() <= TURNAROUND_NS && (same_launch || stream(before) == stream(after)) {
        Cause::Turnaround
    } else {
        Cause::Dependency
    }
}

/// Sorts overhead records into the profiler's own and the loading of code, process by process.
fn collect_overhead(
    trace: &Trace,
    profiler: &mut FxHashMap<Option<ProcessId>, Intervals>,
    loading: &mut FxHashMap<Option<ProcessId>, Intervals>,
) {
    let calls = |process: Option<ProcessId>| {
        trace.tracks.iter().any(|track| track.kind == TrackKind::Api && track.process == process)
    };
    for track in trace.tracks.iter().filter(|track| !track.rows.is_empty()) {
        if track.kind != TrackKind::Overhead {
            continue;
        }
        let process = track.process.filter(|&process| calls(Some(process)));
        for event in track.events() {
            if trace.events.kind[event.index()] == EventKind::Overhead {
                let loads = trace.name(event).contains("Load");
                let overhead = if loads { &mut *loading } else { &mut *profiler };
                overhead.entry(process).or_default().ranges.push(trace.range(event));
            }
        }
    }
    profiler.values_mut().chain(loading.values_mut()).for_each(Intervals::finish);
}

/// Disjoint times in order, with the sum up to each.
#[derive(Default, Debug)]
struct Intervals {
    ranges: Vec<TimeRange>,
    sums_ns: Vec<u64>,
}

impl Intervals {
    /// Sorts and joins what was pushed.
    fn finish(&mut self) {
        self.ranges.sort_by_key(|range| range.start_ns);
        let mut joined: Vec<TimeRange> = Vec::new();
        for range in &self.ranges {
            match joined.last_mut().filter(|last| last.end_ns >= range.start_ns) {
                Some(last) => last.end_ns = last.end_ns.max(range.end_ns),
                None => joined.push(*range),
            }
        }
        let mut sum_ns = 0u64;
        self.sums_ns.clear();
        for range in &joined {
            self.sums_ns.push(sum_ns);
            sum_ns = sum_ns.saturating_add(range.dur_ns());
        }
        self.ranges = joined;
    }

    /// How much of `range` they cover.
    fn within(&self, range: TimeRange) -> u64 {
        let up_to = |at_ns: i64| {
            let count = self.ranges.partition_point(|other| other.start_ns < at_ns);
            let last = count.checked_sub(1).map(|index| (self.sums_ns[index], self.ranges[index]));
            last.map_or(0, |(sum, last)| sum + last.dur_ns().min(at_ns.abs_diff(last.start_ns)))
        };
        up_to(range.end_ns).saturating_sub(up_to(range.start_ns))
    }
}
