//! What kernels are grouped by: their name, what launched them, or where they ran.

use std::fmt::Write;
use std::str::FromStr;

use rustc_hash::FxHashMap;
use rustg_trace::names::{KernelFamily, demangle, without_template_arguments};
use rustg_trace::{EventId, GpuId, NONE, ProcessId, StringId, Trace, Track, TrackId, TrackKind};

use super::enclosing::innermost;
use super::window::Window;

/// What rows of the kernels table stand for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum GroupBy {
    /// The name, as in the trace.
    #[default]
    Name,
    /// The name without template arguments and parameters.
    Short,
    /// What the kernel does: GEMM, attention, elementwise, ….
    Family,
    /// The innermost `nn.Module` of PyTorch that launched it.
    Module,
    /// The innermost NVTX range or user annotation around its launch: of its own thread, else the one that another thread of
    /// the process opened last (PyTorch's backward pass launches from threads of its own).
    Nvtx,
    /// The innermost framework operator around its launch.
    Operator,
    /// The innermost Python function around its launch.
    Python,
    /// The API call that launched it.
    Api,
    /// The CUDA stream.
    Stream,
    /// The GPU.
    Gpu,
    /// The process.
    Process,
    /// The host thread that launched it.
    Thread,
    /// The CUDA graph it was launched from.
    Graph,
    /// Name, grid and block together.
    Config,
}

impl GroupBy {
    /// All of them, in the order that help lists them.
    pub const ALL: [GroupBy; 14] = [
        GroupBy::Name,
        GroupBy::Short,
        GroupBy::Family,
        GroupBy::Module,
        GroupBy::Nvtx,
        GroupBy::Operator,
        GroupBy::Python,
        GroupBy::Api,
        GroupBy::Stream,
        GroupBy::Gpu,
        GroupBy::Process,
        GroupBy::Thread,
        GroupBy::Graph,
        GroupBy::Config,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            GroupBy::Name => "name",
            GroupBy::Short => "short",
            GroupBy::Family => "family",
            GroupBy::Module => "module",
            GroupBy::Nvtx => "nvtx",
            GroupBy::Operator => "operator",
            GroupBy::Python => "python",
            GroupBy::Api => "api",
            GroupBy::Stream => "stream",
            GroupBy::Gpu => "gpu",
            GroupBy::Process => "process",
            GroupBy::Thread => "thread",
            GroupBy::Graph => "graph",
            GroupBy::Config => "config",
        }
    }
}

impl FromStr for GroupBy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        GroupBy::ALL.into_iter().find(|by| by.name() == text).ok_or_else(|| {
            let names: Vec<&str> = GroupBy::ALL.iter().map(|by| by.name()).collect();
            format!("kernels can be grouped by {}", names.join(", "))
        })
    }
}

/// Which group each piece of GPU work belongs to.
#[derive(Clone, Debug)]
pub struct Grouping {
    labels: Vec<String>,
    assigned: Assigned,
}

/// How the group of a row is found: by the cheapest key that decides it.
#[derive(Clone, Debug)]
enum Assigned {
    /// The name's id is the group.
    Identity,
    Name(Vec<u32>),
    Track(Vec<u32>),
    Row {
        first: usize,
        groups: Vec<u32>,
    },
}

impl Grouping {
    /// Groups the GPU work of a trace.
    pub fn new(window: &Window, by: GroupBy) -> Self {
        let trace = window.trace;
        match by {
            GroupBy::Name => Grouping { labels: Vec::new(), assigned: Assigned::Identity },
            GroupBy::Short => by_name(trace, |name| without_template_arguments(&demangle(name)).into_owned()),
            GroupBy::Family => by_name(trace, |name| KernelFamily::of(name).name().to_owned()),
            GroupBy::Stream => by_track(trace, |track| stream_label(trace, track)),
            GroupBy::Gpu => by_track(trace, |track| track.gpu.map_or("(no GPU)".into(), |gpu| gpu_label(trace, gpu))),
            GroupBy::Process => by_track(trace, |track| {
                track.process.map_or("(unknown process)".into(), |process| process_label(trace, process))
            }),
            GroupBy::Graph => by_row(window, |trace, event| match trace.kernel_of(event).map(|kernel| kernel.graph) {
                None | Some(0) => "(no graph)".to_owned(),
                Some(graph) => format!("graph {graph}"),
            }),
            GroupBy::Config => by_row(window, |trace, event| {
                let mut label = trace.name(event).to_owned();
                if let Some(kernel) = trace.kernel_of(event) {
                    let ([gx, gy, gz], [bx, by, bz]) = (kernel.grid, kernel.block);
                    let _ = write!(label, " grid ({gx},{gy},{gz}) block ({bx},{by},{bz})");
                }
                label
            }),
            GroupBy::Api => by_row(window, |trace, event| {
                trace.launch_of(event).map_or("(launch not recorded)", |call| trace.name(call)).to_owned()
            }),
            GroupBy::Thread => by_row(window, |trace, event| {
                let thread = trace.launch_of(event).and_then(|call| trace.tracks[trace.track_of(call).index()].thread);
                thread.map_or("(launch not recorded)".into(), |thread| thread_label(trace, thread))
            }),
            GroupBy::Module => by_enclosing(window, &[TrackKind::Python], "(no module)", MODULE),
            GroupBy::Nvtx => by_enclosing(window, &[TrackKind::Nvtx], "(no NVTX range)", ""),
            GroupBy::Operator => by_enclosing(window, &[TrackKind::Operator], "(no operator)", ""),
            GroupBy::Python => by_enclosing(window, &[TrackKind::Python], "(no Python function)", ""),
        }
    }

    /// The number of groups, empty ones included.
    pub fn len(&self, trace: &Trace) -> usize {
        if matches!(self.assigned, Assigned::Identity) { trace.strings.len() } else { self.labels.len() }
    }

    /// The group's name.
    pub fn label<'a>(&'a self, trace: &'a Trace, group: u32) -> &'a str {
        if matches!(self.assigned, Assigned::Identity) {
            trace.text(StringId(group))
        } else {
            &self.labels[group as usize]
        }
    }

    /// The group of a row of GPU work on `track`.
    pub fn of(&self, trace: &Trace, track: TrackId, row: usize) -> u32 {
        match &self.assigned {
            Assigned::Identity => trace.events.name[row].0,
            Assigned::Name(groups) => groups[trace.events.name[row].index()],
            Assigned::Track(groups) => groups[track.index()],
            Assigned::Row { first, groups } => groups[row - first],
        }
    }
}

/// How PyTorch names the Python event of a module's call.
const MODULE: &str = "nn.Module: ";

/// "GPU 0", with the process where several GPUs share an index.
pub fn gpu_label(trace: &Trace, gpu: GpuId) -> String {
    let row = &trace.gpus[gpu.index()];
    let same = trace.gpus.iter().filter(|other| other.device == row.device).count();
    if same > 1 && !row.uuid.is_empty() {
        format!("GPU {} ({})", row.device, row.uuid)
    } else {
        format!("GPU {}", row.device)
    }
}

/// "GPU 0 stream 7", with what else it takes to tell it from others.
pub fn stream_label(trace: &Trace, track: &Track) -> String {
    let mut label = track.gpu.map_or(String::new(), |gpu| gpu_label(trace, gpu));
    let _ = write!(label, " stream {}", track.stream);
    let namesakes = |other: &&Track| other.gpu == track.gpu && other.stream == track.stream;
    let (mut contexts, mut processes) = (false, false);
    for other in trace.tracks.iter().filter(namesakes) {
        contexts |= other.context != track.context && other.process == track.process;
        processes |= other.process != track.process;
    }
    if contexts {
        let _ = write!(label, " context {}", track.context);
    }
    if let (true, Some(process)) = (processes, track.process) {
        let _ = write!(label, " of {}", process_label(trace, process));
    }
    label.trim_start().to_owned()
}

/// "python 4127".
pub fn process_label(trace: &Trace, process: ProcessId) -> String {
    let row = &trace.processes[process.index()];
    let name = trace.text(row.name);
    if name.is_empty() { format!("process {}", row.pid) } else { format!("{name} {}", row.pid) }
}

/// "thread 4127 (pt_main_thread)".
pub fn thread_label(trace: &Trace, thread: rustg_trace::ThreadId) -> String {
    let row = &trace.threads[thread.index()];
    let name = trace.text(row.name);
    if name.is_empty() { format!("thread {}", row.tid) } else { format!("thread {} ({name})", row.tid) }
}

/// Labels seen so far and their numbers.
#[derive(Default)]
struct Labels {
    ids: FxHashMap<String, u32>,
    labels: Vec<String>,
}

impl Labels {
    fn intern(&mut self, label: String) -> u32 {
        *self.ids.entry(label).or_insert_with_key(|label| {
            self.labels.push(label.clone());
            (self.labels.len() - 1) as u32
        })
    }
}

fn by_name(trace: &Trace, label: impl Fn(&str) -> String) -> Grouping {
    let mut used = vec![false; trace.strings.len()];
    for (_, track) in trace.gpu_tracks() {
        trace.events.name[track.range()].iter().for_each(|name| used[name.index()] = true);
    }
    let mut labels = Labels::default();
    let groups = (trace.strings.iter())
        .map(|(id, text)| if used[id.index()] { labels.intern(label(text)) } else { 0 })
        .collect();
    Grouping { labels: labels.labels, assigned: Assigned::Name(groups) }
}

fn by_track(trace: &Trace, label: impl Fn(&Track) -> String) -> Grouping {
    let mut labels = Labels::default();
    let groups =
        (trace.tracks.iter()).map(|track| if track.gpu.is_some() { labels.intern(label(track)) } else { 0 }).collect();
    Grouping { labels: labels.labels, assigned: Assigned::Track(groups) }
}

/// The rows from the first GPU track to the last; they lie together at the end of the table.
fn gpu_rows(trace: &Trace) -> std::ops::Range<usize> {
    let first = trace.gpu_tracks().map(|(_, track)| track.range().start).min().unwrap_or(0);
    let end = trace.gpu_tracks().map(|(_, track)| track.range().end).max().unwrap_or(0);
    first..end
}

fn by_row(window: &Window, label: impl Fn(&Trace, EventId) -> String) -> Grouping {
    let trace = window.trace;
    let span = gpu_rows(trace);
    let mut groups = vec![0; span.len()];
    let mut labels = Labels::default();
    for (_, track) in trace.gpu_tracks() {
        for row in window.rows(track) {
            if trace.events.kind[row].is_gpu_work() {
                groups[row - span.start] = labels.intern(label(trace, EventId(row as u32)));
            }
        }
    }
    Grouping { labels: labels.labels, assigned: Assigned::Row { first: span.start, groups } }
}

/// Groups by the innermost event around the launch whose name starts with `prefix`, which its label then lacks.
fn by_enclosing(window: &Window, kinds: &[TrackKind], nothing: &str, prefix: &str) -> Grouping {
    let trace = window.trace;
    let span = gpu_rows(trace);
    let mut calls: Vec<u32> = (trace.gpu_tracks())
        .flat_map(|(_, track)| window.rows(track))
        .map(|row| trace.events.link[row])
        .filter(|&call| call != NONE)
        .collect();
    calls.sort_unstable();
    calls.dedup();
    let mut around = enclosing_of_calls(trace, &calls, kinds, |event| trace.name(event).starts_with(prefix));
    if kinds == [TrackKind::Nvtx] {
        borrow_ranges(trace, &calls, &mut around);
    }

    let mut labels = Labels::default();
    let nothing = labels.intern(nothing.to_owned());
    let mut by_text: FxHashMap<StringId, u32> = FxHashMap::default();
    let mut groups = vec![nothing; span.len()];
    for (_, track) in trace.gpu_tracks() {
        for row in window.rows(track) {
            let call = calls.binary_search(&trace.events.link[row]);
            if let Some(event) = call.ok().and_then(|position| around[position]) {
                let name = trace.events.name[event.index()];
                groups[row - span.start] =
                    *by_text.entry(name).or_insert_with(|| labels.intern(trace.text(name)[prefix.len()..].to_owned()));
            }
        }
    }
    Grouping { labels: labels.labels, assigned: Assigned::Row { first: span.start, groups } }
}

/// Threads with ranges of one process up to which their ranges are offered to others.
const LENDERS_MAX: usize = 16;

/// Gives calls without a range of their own thread the range that another thread of their process opened last.
fn borrow_ranges(trace: &Trace, calls: &[u32], around: &mut [Option<EventId>]) {
    let mut wanting: FxHashMap<ProcessId, Vec<(i64, usize)>> = FxHashMap::default();
    for (position, &call) in calls.iter().enumerate().filter(|(position, _)| around[*position].is_none()) {
        if let Some(process) = trace.tracks[trace.track_of(EventId(call)).index()].process {
            wanting.entry(process).or_default().push((trace.events.start_ns[call as usize], position));
        }
    }
    for (process, mut starts) in wanting {
        starts.sort_unstable();
        let times: Vec<i64> = starts.iter().map(|&(start_ns, _)| start_ns).collect();
        let ranges =
            trace.tracks.iter().filter(|track| track.kind == TrackKind::Nvtx && track.process == Some(process));
        let mut lenders: Vec<_> = ranges.filter_map(|track| track.thread).collect();
        lenders.dedup();
        if lenders.len() > LENDERS_MAX {
            continue;
        }
        for lender in lenders {
            let offered = innermost(trace, lender, &[TrackKind::Nvtx], |_| true, &times);
            for (&(_, position), offer) in starts.iter().zip(offered) {
                let start = |event: Option<EventId>| event.map(|event| trace.events.start_ns[event.index()]);
                if start(offer) > start(around[position]) {
                    around[position] = offer;
                }
            }
        }
    }
}

/// The innermost event around each of `calls` (rows, ascending), on its own thread.
fn enclosing_of_calls(
    trace: &Trace,
    calls: &[u32],
    kinds: &[TrackKind],
    counts: impl Fn(EventId) -> bool,
) -> Vec<Option<EventId>> {
    let mut by_thread: FxHashMap<_, Vec<(i64, usize)>> = FxHashMap::default();
    for (position, &call) in calls.iter().enumerate() {
        if let Some(thread) = trace.tracks[trace.track_of(EventId(call)).index()].thread {
            by_thread.entry(thread).or_default().push((trace.events.start_ns[call as usize], position));
        }
    }
    let mut around = vec![None; calls.len()];
    for (thread, mut starts) in by_thread {
        starts.sort_unstable();
        let times: Vec<i64> = starts.iter().map(|&(start_ns, _)| start_ns).collect();
        let found = innermost(trace, thread, kinds, &counts, &times);
        for (&(_, position), event) in starts.iter().zip(found) {
            around[position] = event;
        }
    }
    around
}
