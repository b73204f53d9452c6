//! NVTX ranges and user annotations: the host's time in them, and the GPU's time on what they launched.
//!
//! A range is projected on the GPU as Nsight Systems does it: from the start of the first to the end of the last piece of GPU
//! work that was launched by calls of the range's own thread that lie within the range.

use rustc_hash::FxHashMap;
use rustg_trace::{EventId, EventKind, ProcessId, StringId, ThreadId, TrackKind};

use super::distribution::Distribution;
use super::launches::{Launch, LaunchTree};
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// All ranges of one name.
#[derive(Clone, PartialEq, Debug)]
pub struct NvtxRow {
    /// The range's text, as in the trace.
    pub name: String,
    /// The host's time in it.
    pub host_ns: Distribution,
    /// Its projections on the GPU; `count` is the number of ranges that launched work.
    pub gpu_ns: Distribution,
    /// The sum of the durations of the work that was launched within.
    pub gpu_busy_ns: u64,
    /// Pieces of work that were launched within.
    pub gpu_work: u64,
    /// The sum of the durations of the work that any thread of the process launched while it was open: a backward pass runs
    /// on threads of its own.
    pub process_busy_ns: u64,
    /// Pieces of that work.
    pub process_work: u64,
}

impl Row for NvtxRow {
    const COLUMNS: &'static [Column] = &[
        shown("name", "range", Unit::Text),
        shown("total_ns", "host", Unit::DurNs),
        shown("count", "count", Unit::Count),
        hidden("min_ns", Unit::DurNs),
        shown("median_ns", "median", Unit::DurNs),
        roomy("p95_ns", "p95", Unit::DurNs),
        roomy("max_ns", "max", Unit::DurNs),
        shown("gpu_total_ns", "on GPU", Unit::DurNs),
        shown("gpu_median_ns", "median", Unit::DurNs),
        shown("gpu_busy_ns", "busy", Unit::DurNs),
        shown("process_busy_ns", "all threads", Unit::DurNs),
        roomy("gpu_work", "work", Unit::Count),
        hidden("process_work", Unit::Count),
        hidden("gpu_count", Unit::Count),
        hidden("gpu_min_ns", Unit::DurNs),
        hidden("gpu_p95_ns", Unit::DurNs),
        hidden("gpu_max_ns", Unit::DurNs),
        hidden("mean_ns", Unit::Number),
        hidden("stddev_ns", Unit::Number),
        hidden("gpu_mean_ns", Unit::Number),
        hidden("gpu_stddev_ns", Unit::Number),
    ];

    fn values(&self) -> Vec<Value> {
        let (host, gpu) = (&self.host_ns, &self.gpu_ns);
        vec![
            self.name.as_str().into(),
            host.total.into(),
            host.count.into(),
            host.min.into(),
            host.median.into(),
            host.p95.into(),
            host.max.into(),
            gpu.total.into(),
            gpu.median.into(),
            self.gpu_busy_ns.into(),
            self.process_busy_ns.into(),
            self.gpu_work.into(),
            self.process_work.into(),
            gpu.count.into(),
            gpu.min.into(),
            gpu.p95.into(),
            gpu.max.into(),
            host.mean().into(),
            host.stddev.into(),
            gpu.mean().into(),
            gpu.stddev.into(),
        ]
    }
}

#[derive(Default)]
struct Samples {
    host_ns: Vec<u64>,
    gpu_ns: Vec<u64>,
    gpu_busy_ns: u64,
    gpu_work: u64,
    process_busy_ns: u64,
    process_work: u64,
}

/// The launches of one process in order of start, with the sums up to each.
#[derive(Default)]
struct ProcessLaunches {
    starts_ns: Vec<i64>,
    busy_ns: Vec<u64>,
    work: Vec<u64>,
}

impl ProcessLaunches {
    fn of(mut launches: Vec<(i64, u64, u64)>) -> Self {
        // Each thread's are in order already; the stable sort merges such runs.
        launches.sort_by_key(|launch| launch.0);
        let mut sums = ProcessLaunches { starts_ns: Vec::new(), busy_ns: vec![0], work: vec![0] };
        let (mut busy_ns, mut work) = (0u64, 0u64);
        for (start_ns, launch_busy_ns, launch_work) in launches {
            busy_ns = busy_ns.saturating_add(launch_busy_ns);
            work += launch_work;
            sums.starts_ns.push(start_ns);
            sums.busy_ns.push(busy_ns);
            sums.work.push(work);
        }
        sums
    }
}

/// The launches of each process. Those without a process share one entry.
fn launches_by_process(window: &Window, launches: &[Launch]) -> FxHashMap<Option<ProcessId>, ProcessLaunches> {
    let trace = window.trace;
    let mut by_process: FxHashMap<Option<ProcessId>, Vec<(i64, u64, u64)>> = FxHashMap::default();
    for track in trace.tracks.iter().filter(|track| track.kind == TrackKind::Api) {
        let first = launches.partition_point(|launch| launch.call.0 < track.rows.start);
        let end = launches.partition_point(|launch| launch.call.0 < track.rows.end);
        let own = launches[first..end].iter();
        let own = own.map(|launch| (trace.range(launch.call).start_ns, launch.work_ns, launch.work_count));
        by_process.entry(track.process).or_default().extend(own);
    }
    by_process.into_iter().map(|(process, launches)| (process, ProcessLaunches::of(launches))).collect()
}

/// The rows of all ranges in the window, by the host's time.
pub(crate) fn nvtx_rows(window: &Window, launches: &[Launch]) -> Vec<NvtxRow> {
    let trace = window.trace;
    let tracks: Vec<_> = trace.tracks.iter().filter(|track| track.kind == TrackKind::Nvtx).collect();
    if tracks.is_empty() {
        return Vec::new();
    }
    let tree = LaunchTree::new(launches);
    let mut calls: FxHashMap<ThreadId, Vec<std::ops::Range<usize>>> = FxHashMap::default();
    for track in trace.tracks.iter().filter(|track| track.kind == TrackKind::Api) {
        let first = launches.partition_point(|launch| launch.call.0 < track.rows.start);
        let end = launches.partition_point(|launch| launch.call.0 < track.rows.end);
        if let (Some(thread), true) = (track.thread, first < end) {
            calls.entry(thread).or_default().push(first..end);
        }
    }
    let processes = launches_by_process(window, launches);
    let no_launches = ProcessLaunches::of(Vec::new());
    let mut by_name: FxHashMap<StringId, Samples> = FxHashMap::default();
    for track in tracks {
        let process = processes.get(&track.process).unwrap_or(&no_launches);
        let mut open = 0..0;
        let own: Vec<_> = track.thread.and_then(|thread| calls.get(&thread)).cloned().unwrap_or_default();
        // Starts and ends of a track's ranges ascend, so what lies within them only moves on.
        let mut within: Vec<_> = own.iter().map(|calls| calls.start..calls.start).collect();
        for row in window.rows(track).filter(|&row| trace.events.kind[row] == EventKind::Nvtx) {
            let samples = by_name.entry(trace.events.name[row]).or_default();
            samples.host_ns.push(window.dur_ns(row));
            let range = trace.range(EventId(row as u32));
            for (calls, within) in own.iter().zip(&mut within) {
                let call = |index: usize| trace.range(launches[index].call);
                within.start = gallop(within.start..calls.end, |index| call(index).start_ns < range.start_ns);
                within.end = gallop(within.end..calls.end, |index| call(index).end_ns <= range.end_ns);
            }
            let projections = within.iter().filter_map(|within| tree.project(within.clone()));
            let count = process.starts_ns.len();
            open.start = gallop(open.start..count, |index| process.starts_ns[index] < range.start_ns);
            open.end = gallop(open.end.max(open.start)..count, |index| process.starts_ns[index] < range.end_ns);
            let sum = process.busy_ns[open.end] - process.busy_ns[open.start];
            samples.process_busy_ns = samples.process_busy_ns.saturating_add(sum);
            samples.process_work += process.work[open.end] - process.work[open.start];
            let (mut first_ns, mut last_ns) = (i64::MAX, i64::MIN);
            for projection in projections {
                first_ns = first_ns.min(projection.first_ns);
                last_ns = last_ns.max(projection.last_ns);
                samples.gpu_work += projection.work_count;
                samples.gpu_busy_ns = samples.gpu_busy_ns.saturating_add(projection.work_ns);
            }
            if first_ns <= last_ns {
                samples.gpu_ns.push(last_ns.abs_diff(first_ns));
            }
        }
    }
    let mut rows: Vec<NvtxRow> = (by_name.into_iter())
        .map(|(name, mut samples)| NvtxRow {
            name: trace.text(name).to_owned(),
            host_ns: Distribution::of(&mut samples.host_ns),
            gpu_ns: Distribution::of(&mut samples.gpu_ns),
            gpu_busy_ns: samples.gpu_busy_ns,
            gpu_work: samples.gpu_work,
            process_busy_ns: samples.process_busy_ns,
            process_work: samples.process_work,
        })
        .collect();
    rows.sort_by(|a, b| b.host_ns.total.cmp(&a.host_ns.total).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// The first index of `range` for which `before` does not hold; looks near the start first.
fn gallop(range: std::ops::Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (range.start, 1);
    while low + step <= range.end && before(low + step - 1) {
        low += step;
        step *= 2;
    }
    let mut high = (low + step - 1).min(range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::launches::launches;
    use rustg_trace::{NONE, NewEvent, SourceFormat, TraceBuilder, TrackKey};

    #[test]
    fn galloping_finds_what_a_binary_search_finds() {
        for end in 0..40 {
            for first in 0..=end {
                for start in 0..=end {
                    let found = gallop(start..end, |index| index < first);
                    assert_eq!(found, first.max(start), "from {start} to {first} of {end}");
                }
            }
        }
    }

    #[test]
    fn ranges_are_projected_on_the_work_their_thread_launched() {
        let mut builder = TraceBuilder::new();
        let process = builder.process(1);
        let gpu = builder.gpu(0, "");
        let stream = builder.track(TrackKey::stream(TrackKind::Stream, Some(process), gpu, 1, 7));
        let mut correlation = 0;
        for tid in [1, 2] {
            let thread = builder.thread(process, tid);
            let api = builder.track(TrackKey::host(TrackKind::Api, process, thread));
            let nvtx = builder.track(TrackKey::host(TrackKind::Nvtx, process, thread));
            let event = |track, name, start_ns, dur_ns, kind| NewEvent {
                track,
                start_ns,
                dur_ns,
                name,
                kind,
                detail: NONE,
                link: NONE,
            };
            let names = ["step", "empty", "launch", "k"].map(|name| builder.strings.intern(name));
            builder.push(event(nvtx, names[0], 0, 100, EventKind::Nvtx));
            builder.push(event(nvtx, names[1], 10, 5, EventKind::Nvtx));
            // The last launch leaves the range, so it is not within.
            for (start_ns, dur_ns) in [(20, 5), (30, 5), (95, 6)] {
                correlation += 1;
                builder
                    .push(NewEvent { detail: correlation, ..event(api, names[2], start_ns, dur_ns, EventKind::Api) });
                let start_ns = 1000 * tid + start_ns * 10;
                builder
                    .push(NewEvent { link: correlation, ..event(stream, names[3], start_ns, 30, EventKind::Kernel) });
            }
        }
        let trace = builder.finish("t".into(), SourceFormat::Chrome);
        let window = Window::new(&trace, None);
        let rows = nvtx_rows(&window, &launches(&window));
        let found: Vec<_> = (rows.iter())
            .map(|row| {
                (
                    row.name.as_str(),
                    row.host_ns.total,
                    row.gpu_ns.count,
                    row.gpu_ns.total,
                    row.gpu_busy_ns,
                    row.gpu_work,
                )
            })
            .collect();
        assert_eq!(found, [("step", 200, 2, 260, 120, 4), ("empty", 10, 0, 0, 0, 0)]);
        let process: Vec<_> = rows.iter().map(|row| (row.process_busy_ns, row.process_work)).collect();
        assert_eq!(process, [(360, 12), (0, 0)], "each of the two ranges saw the six launches of both threads");
    }
}
