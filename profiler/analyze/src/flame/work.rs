//! From a trace to the tree: GPU work under the code that launched it, idle time beside it or, on demand, under the code
//! that caused it.

use rustc_hash::FxHashMap;
use rustg_trace::names::demangle;
use rustg_trace::{EventId, EventKind, GpuId, NONE, ProcessId, StringId, ThreadId, TimeRange, Trace, TrackKind};

use super::builder::FlameBuilder;
use super::host::{HostThread, Paths, Visit, host_threads};
use super::idle::{Idle, IdleFinder};
use super::sweep::{full_time, share_time};
use super::{FlameKind, FlameOptions, FlameTree, Overlap, Weight};
use crate::figures::Figures;
use crate::stats::gaps::gpus_with_work;
use crate::stats::{Window, gpu_label};

impl FlameTree {
    /// The flame graph of `trace`.
    ///
    /// Weights are exact integers. With [`Weight::Time`] and [`Overlap::Share`] the whole is the length of the trace (or
    /// range) times the GPUs that have records, to the nanosecond; where k things ran at once on a GPU, each has 1/k of
    /// that time, and sums of such parts are rounded so that the whole stays exact. A trace without GPU work (folded
    /// stacks, a CPU trace) gives the time of its host threads' slices instead, and a note says so.
    pub fn of(trace: &Trace, options: &FlameOptions) -> FlameTree {
        let range = options.range.map_or(trace.span, |range| range.intersect(trace.span));
        let mut gpus = gpus_with_work(trace);
        gpus.retain(|&gpu| options.gpu.is_none_or(|only| only == gpu));
        if gpus.is_empty() {
            return host_tree(trace, options, range);
        }
        let mut graph = Graph::new(trace, options, range, gpus);
        match options.weight {
            Weight::Time => graph.add_time(),
            Weight::Idle => graph.add_idle(),
            Weight::Launches => graph.add_started(|_| 1),
            Weight::Bytes => {
                graph.add_started(|event| trace.transfer_of(event).map_or(0, |transfer| transfer.size_bytes));
            }
        }
        graph.finish()
    }
}

/// The graph of GPU work in growth.
struct Graph<'t> {
    trace: &'t Trace,
    options: &'t FlameOptions,
    range: TimeRange,
    gpus: Vec<GpuId>,
    builder: FlameBuilder,
    is_launch: Vec<bool>,
    /// The node of each call that launched work, by row.
    calls: Vec<u32>,
    /// The shown name of GPU work, by its name in the trace.
    names: Vec<Option<StringId>>,
    /// The shown name of streams, by track.
    streams: Vec<Option<StringId>>,
}

impl<'t> Graph<'t> {
    fn new(trace: &'t Trace, options: &'t FlameOptions, range: TimeRange, gpus: Vec<GpuId>) -> Self {
        let mut is_launch = vec![false; trace.events.len()];
        for (_, track) in trace.gpu_tracks().filter(|(_, track)| track.gpu.is_some_and(|gpu| gpus.contains(&gpu))) {
            for call in track.events().filter_map(|event| trace.launch_of(event)) {
                is_launch[call.index()] = true;
            }
        }
        Graph {
            trace,
            options,
            range,
            gpus,
            builder: FlameBuilder::new(),
            is_launch,
            calls: Vec::new(),
            names: vec![None; trace.strings.len()],
            streams: vec![None; trace.tracks.len()],
        }
    }

    fn add_time(&mut self) {
        self.find_calls(IdleByThread::default());
        let window = Window::new(self.trace, Some(self.range));
        let idle = IdleFinder::new(&window, &self.is_launch);
        for gpu in self.gpus.clone() {
            let overlap = self.options.overlap;
            let add = |event, share| {
                let node = self.work_node(event);
                self.builder.add_fixed(node, share);
            };
            match overlap {
                Overlap::Share => share_time(&window, gpu, add),
                Overlap::Sum => full_time(&window, gpu, add),
            }
            let of_gpu = (self.gpus.len() > 1).then(|| gpu_label(self.trace, gpu));
            idle.for_each(gpu, |idle| {
                let root = self.builder.root();
                let mut node = self.builder.named(root, idle.label, idle.kind);
                if let Some(gpu) = &of_gpu {
                    node = self.builder.named(node, gpu, idle.kind);
                }
                self.builder.add(node, idle.gap.dur_ns());
            });
        }
    }

    fn add_started(&mut self, weight: impl Fn(EventId) -> u64) {
        self.find_calls(FxHashMap::default());
        for (_, track) in self.trace.gpu_tracks() {
            if !track.gpu.is_some_and(|gpu| self.gpus.contains(&gpu)) {
                continue;
            }
            for event in track.events() {
                let start_ns = self.trace.events.start_ns[event.index()];
                let inside =
                    self.range.start_ns <= start_ns && start_ns < self.range.end_ns.max(self.range.start_ns + 1);
                let weight = if inside { weight(event) } else { 0 };
                if weight > 0 {
                    let node = self.work_node(event);
                    self.builder.add(node, weight);
                }
            }
        }
    }

    /// Idle time under the code that ran meanwhile on the thread which launched the work that ended it; where the launch
    /// has a recorded stack, under that stack.
    fn add_idle(&mut self) {
        let trace = self.trace;
        let window = Window::new(trace, Some(self.range));
        let finder = IdleFinder::new(&window, &self.is_launch);
        let mut waiting = IdleByThread::default();
        let (mut at_calls, mut nowhere) = (Vec::new(), Vec::new());
        for &gpu in &self.gpus {
            let mut of_gpu: FxHashMap<_, Vec<Idle>> = FxHashMap::default();
            finder.for_each(gpu, |idle| match idle.gap.launch {
                None => nowhere.push(idle),
                Some(call) if trace.stack_of(call).is_some() => at_calls.push((call, idle)),
                Some(call) => {
                    let track = &trace.tracks[trace.track_of(call).index()];
                    of_gpu.entry((track.process, track.thread)).or_default().push(idle);
                }
            });
            for (thread, idle) in of_gpu {
                waiting.entry(thread).or_default().push(idle);
            }
        }
        self.find_calls(waiting);
        for (call, idle) in at_calls {
            let node = match self.calls[call.index()] {
                NONE => self.builder.root(),
                node => node,
            };
            self.add_idle_below(node, idle);
        }
        for idle in nowhere {
            self.add_idle_below(self.builder.root(), idle);
        }
    }

    fn add_idle_below(&mut self, node: u32, idle: Idle) {
        let node = self.builder.named(node, idle.label, idle.kind);
        self.builder.add(node, idle.gap.dur_ns());
    }

    /// Walks the host threads that launched work: notes the node of each launching call and adds the idle times that
    /// `waiting` has for a thread (a list a GPU, ordered by time) to the code that ran in them.
    fn find_calls(&mut self, mut waiting: IdleByThread) {
        let threads = host_threads(self.trace);
        let shown: Vec<&HostThread<'_>> = threads.iter().filter(|thread| thread.has_marked(&self.is_launch)).collect();
        let mut calls = vec![NONE; self.trace.events.len()];
        let mut found = Vec::new();
        {
            let mut paths = Paths::new(self.trace, &mut self.builder, self.options, &shown);
            for host in shown {
                let lists = waiting.remove(&(host.process, host.thread)).unwrap_or_default();
                let lists = lists.into_iter().map(|times| (times, 0)).collect();
                let mut visit =
                    Launches { is_launch: &self.is_launch, calls: &mut calls, lists, idle: FxHashMap::default() };
                paths.walk(host, &mut visit);
                found.extend(visit.idle);
            }
        }
        for ((node, label, kind), dur_ns) in found {
            let node = self.builder.named(node, label, kind);
            self.builder.add(node, dur_ns);
        }
        self.calls = calls;
    }

    /// The node of GPU work.
    fn work_node(&mut self, event: EventId) -> u32 {
        let trace = self.trace;
        let call = trace.launch_of(event).map_or(NONE, |call| self.calls[call.index()]);
        let mut node = if call == NONE {
            let root = self.builder.root();
            self.builder.named(root, "[launch not recorded]", FlameKind::Call)
        } else {
            call
        };
        let config = trace.kernel_of(event).map(|config| config.graph);
        let graph = config.or_else(|| trace.transfer_of(event).map(|transfer| transfer.graph)).unwrap_or(0);
        if graph != 0 {
            node = self.builder.named(node, &format!("graph {graph}"), FlameKind::Graph);
        } else {
            let track = trace.track_of(event).index();
            let stream = self.stream_name(track);
            node = self.builder.child(node, stream, FlameKind::Stream);
        }
        let kind = match trace.events.kind[event.index()] {
            EventKind::Kernel => FlameKind::Kernel,
            EventKind::GraphExec => FlameKind::Graph,
            _ => FlameKind::Memory,
        };
        let id = trace.events.name[event.index()];
        let name = *self.names[id.index()].get_or_insert_with(|| {
            let name = demangle(trace.text(id));
            self.builder.strings.intern(if name.is_empty() { "(unnamed)" } else { &name })
        });
        self.builder.child(node, name, kind)
    }

    fn stream_name(&mut self, track: usize) -> StringId {
        if let Some(name) = self.streams[track] {
            return name;
        }
        let shown = &self.trace.tracks[track];
        let text = match shown.gpu {
            Some(gpu) if self.gpus.len() > 1 => format!("{} stream {}", gpu_label(self.trace, gpu), shown.stream),
            _ => format!("stream {}", shown.stream),
        };
        let name = self.builder.strings.intern(&text);
        self.streams[track] = Some(name);
        name
    }

    fn finish(self) -> FlameTree {
        let (figures, options) = (Figures::UNICODE, self.options);
        let gpus = self.gpus.len();
        let gpus = format!("{gpus} GPU{}", if gpus == 1 { "" } else { "s" });
        let wall = format!("{} × {gpus}", figures.duration(self.range.dur_ns()));
        let mut notes = Vec::new();
        if options.range.is_some() {
            let since = |ns: i64| figures.time(ns.saturating_sub(self.trace.span.start_ns), self.range.dur_ns());
            notes.push(format!("only {} to {}", since(self.range.start_ns), since(self.range.end_ns)));
        }
        if options.weight == Weight::Time && options.overlap == Overlap::Sum {
            notes
                .push("simultaneous work counts in full: the whole exceeds wall time where work overlapped".to_owned());
        }
        for lost in self.trace.lost.iter().filter(|lost| lost.count > 0) {
            notes.push(format!("{} {} were lost", figures.count(lost.count), lost.what));
        }
        let title = self.trace.title.clone();
        let mut tree = self.builder.finish(title, String::new(), notes, options.weight);
        tree.root_label = match options.weight {
            Weight::Time => wall,
            Weight::Idle => format!("GPU idle in {wall}"),
            Weight::Launches => format!("{} launches on {gpus}", figures.count(tree.total())),
            Weight::Bytes => format!("{} moved on {gpus}", figures.bytes(tree.total())),
        };
        tree
    }
}

/// Idle times by the host thread they are laid on: a list a GPU, each ordered by time.
type IdleByThread = FxHashMap<(Option<ProcessId>, Option<ThreadId>), Vec<Vec<Idle>>>;

/// What is wanted of a thread that launched work.
struct Launches<'a> {
    is_launch: &'a [bool],
    calls: &'a mut [u32],
    /// Idle times, a list a GPU, and how many of them are over.
    lists: Vec<(Vec<Idle>, usize)>,
    idle: FxHashMap<(u32, &'static str, FlameKind), u64>,
}

impl Visit for Launches<'_> {
    fn on_stretch(&mut self, from_ns: i64, to_ns: i64, path: &mut dyn FnMut() -> u32) {
        let stretch = TimeRange { start_ns: from_ns, end_ns: to_ns };
        for (times, over) in &mut self.lists {
            while let Some(idle) = times.get(*over) {
                let dur_ns = idle.gap.range.intersect(stretch).dur_ns();
                if dur_ns > 0 {
                    *self.idle.entry((path(), idle.label, idle.kind)).or_default() += dur_ns;
                }
                if idle.gap.range.end_ns > to_ns {
                    break;
                }
                *over += 1;
            }
        }
    }

    fn wants(&self, call: EventId) -> bool {
        self.is_launch[call.index()]
    }

    fn on_call(&mut self, call: EventId, node: u32) {
        self.calls[call.index()] = node;
    }
}

/// The flame graph of host threads: each slice's own time under the slices around it.
fn host_tree(trace: &Trace, options: &FlameOptions, range: TimeRange) -> FlameTree {
    struct OwnTime {
        range: TimeRange,
        own: FxHashMap<u32, u64>,
    }
    impl Visit for OwnTime {
        fn on_stretch(&mut self, from_ns: i64, to_ns: i64, path: &mut dyn FnMut() -> u32) {
            let dur_ns = self.range.intersect(TimeRange { start_ns: from_ns, end_ns: to_ns }).dur_ns();
            if dur_ns > 0 {
                *self.own.entry(path()).or_default() += dur_ns;
            }
        }
    }

    let mut builder = FlameBuilder::new();
    let threads = host_threads(trace);
    let shown: Vec<&HostThread<'_>> = threads.iter().collect();
    let mut visit = OwnTime { range, own: FxHashMap::default() };
    let is_folded = trace.tracks.iter().all(|track| track.kind == TrackKind::Other) && shown.len() == 1;
    let mut bases = Vec::new();
    if options.weight == Weight::Time {
        let mut paths = Paths::new(trace, &mut builder, options, &shown);
        paths.hide_threads = is_folded;
        for host in &shown {
            bases.push(paths.thread_node(host));
            paths.walk(host, &mut visit);
        }
    }
    for (node, dur_ns) in visit.own {
        if !bases.contains(&node) {
            builder.add(node, dur_ns);
        }
    }
    let note = if trace.events.is_empty() { "the trace has no events" } else { "no GPU work: widths are host time" };
    let notes = if is_folded { Vec::new() } else { vec![note.to_owned()] };
    let mut tree = builder.finish(trace.title.clone(), String::new(), notes, options.weight);
    tree.root_label = format!("{} on the host", Figures::UNICODE.duration(tree.total()));
    tree
}
