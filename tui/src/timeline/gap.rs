//! Why a GPU was idle, for the panel and the rows: a gap with its neighbours, its cause and where the host was.

use rustg_analyze::stats::gaps::{Cause, Gap};
use rustg_trace::names::{compact_name, demangle};
use rustg_trace::{EventId, EventKind, GpuId, ThreadId, TimeRange, Trace, TrackId, TrackKind};

use crate::context::Loaded;

/// A gap and what the launching thread was in meanwhile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GapReport {
    /// The gap, on the trace's clock.
    pub gap: Gap,
    /// The launching thread's ranges, functions, operators and calls, outermost first.
    pub host: Vec<String>,
}

impl GapReport {
    /// Looks into a gap of `gpu`.
    pub fn new(loaded: &Loaded, gpu: GpuId, range: TimeRange) -> Self {
        let gap = gap_of(loaded, gpu, range);
        let host = loaded.gap_finder().host_context(&gap);
        GapReport { gap, host: host.into_iter().map(|event| display_name(&loaded.trace, event)).collect() }
    }
}

/// The neighbours and the cause of the time `range` in which `gpu` was idle.
pub fn gap_of(loaded: &Loaded, gpu: GpuId, range: TimeRange) -> Gap {
    let trace = &loaded.trace;
    let streams = || trace.gpu_tracks().filter(|(_, track)| track.gpu == Some(gpu));
    let before = streams()
        .filter_map(|(id, _)| trace.last_starting_by(id, range.start_ns))
        .filter(|&event| trace.events.end_ns(event) <= range.start_ns)
        .max_by_key(|&event| trace.events.end_ns(event));
    let after = streams().filter_map(|(_, track)| {
        let starts = &trace.events.start_ns[track.range()];
        let first = starts.partition_point(|&start| start < range.end_ns);
        (first < starts.len()).then(|| EventId(track.rows.start + first as u32))
    });
    let after = after.min_by_key(|&event| trace.range(event).start_ns);
    loaded.gap_finder().gap(gpu, range, before, after)
}

/// What kind of idle time it is, in a few words.
pub fn words(cause: Cause) -> &'static str {
    match cause {
        Cause::Host => "idle, host-bound",
        Cause::Sync => "idle, the host waited",
        Cause::Transfer => "idle, a copy blocked",
        Cause::Allocation => "idle, allocation",
        Cause::Loading => "idle, loading code",
        Cause::Launch => "idle, launch latency",
        Cause::Turnaround => "idle, turnaround",
        Cause::Dependency => "idle, dependency",
        Cause::Profiler => "idle, profiler",
        Cause::Unknown => "idle, launch not recorded",
        Cause::BeforeFirst => "before the first work",
        Cause::AfterLast => "after the last work",
    }
}

/// The events of `thread` that cover `at_ns`, outermost first, over all kinds of tracks.
pub fn host_chain(trace: &Trace, thread: ThreadId, at_ns: i64) -> Vec<EventId> {
    let mut chain: Vec<EventId> = Vec::new();
    for (id, track) in trace.tracks.iter().enumerate() {
        let tells = matches!(
            track.kind,
            TrackKind::Nvtx | TrackKind::Python | TrackKind::Operator | TrackKind::Api | TrackKind::Other
        );
        if track.thread != Some(thread) || !tells {
            continue;
        }
        let event = trace.last_starting_by(TrackId(id as u32), at_ns);
        chain.extend(event.filter(|&event| trace.events.end_ns(event) > at_ns));
    }
    chain.sort_by_key(|&event| (trace.range(event).start_ns, std::cmp::Reverse(trace.range(event).end_ns)));
    chain
}

/// The name of an event as screens show it: kernels demangled and compact, others as they are.
pub fn display_name(trace: &Trace, event: EventId) -> String {
    let name = trace.name(event);
    if trace.events.kind[event.index()] == EventKind::Kernel {
        compact_name(&demangle(name)).into_owned()
    } else {
        name.to_owned()
    }
}
