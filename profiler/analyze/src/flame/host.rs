//! Which host code was running: the recorded stack of a launch call, or the slices of its thread that enclose it.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};
use rustg_trace::names::demangle;
use rustg_trace::{
    EventId, EventKind, Frame, FrameKind, ProcessId, StackId, StringId, ThreadId, Trace, Track, TrackKind,
};

use super::builder::FlameBuilder;
use super::order::InOrder;
use super::{FlameKind, FlameOptions};

/// More ranges than this that differ only in a number are shown as one, with `*` for the number.
const NUMBERED_MAX: usize = 2;

/// Slices inside this many others are left out; trees end above that depth, and crossing slices cost as much as are open.
const OPEN_MAX: usize = 1024;

/// A host thread with its tracks in the order in which equal slices nest.
pub(super) struct HostThread<'t> {
    pub(super) process: Option<ProcessId>,
    pub(super) thread: Option<ThreadId>,
    tracks: Vec<&'t Track>,
}

/// The host threads of a trace in the order of its tracks.
pub(super) fn host_threads(trace: &Trace) -> Vec<HostThread<'_>> {
    let mut threads: Vec<HostThread<'_>> = Vec::new();
    let is_host = |track: &&Track| {
        use TrackKind::{Api, Nvtx, Operator, Other, Python};
        track.thread.is_some() && matches!(track.kind, Nvtx | Python | Operator | Other | Api)
    };
    let mut places = FxHashMap::default();
    for track in trace.tracks.iter().filter(is_host) {
        let place = *places.entry((track.process, track.thread)).or_insert_with(|| {
            threads.push(HostThread { process: track.process, thread: track.thread, tracks: Vec::new() });
            threads.len() - 1
        });
        threads[place].tracks.push(track);
    }
    // Of slices with the same times the outer kind is the one that calls the other.
    let nesting = |kind: TrackKind| match kind {
        TrackKind::Nvtx => 0,
        TrackKind::Other => 1,
        TrackKind::Python => 2,
        TrackKind::Operator => 3,
        _ => 4,
    };
    for thread in &mut threads {
        thread.tracks.sort_by_key(|track| (nesting(track.kind), track.level));
    }
    threads
}

impl HostThread<'_> {
    fn rows(&self, kind: TrackKind) -> impl Iterator<Item = u32> + '_ {
        self.tracks.iter().filter(move |track| track.kind == kind).flat_map(|track| track.rows.clone())
    }

    /// Whether one of its API calls is marked.
    pub(super) fn has_marked(&self, marked: &[bool]) -> bool {
        self.rows(TrackKind::Api).any(|row| marked[row as usize])
    }
}

/// A slice that is open, and the node of the path down to it once somebody asked.
struct Open {
    end_ns: i64,
    /// The first end among this slice and those around it.
    first_end_ns: i64,
    event: EventId,
    node: Option<u32>,
}

/// What [`Paths::walk`] reports, in order of time.
pub(super) trait Visit {
    /// A stretch of time on the thread; ask `path` for the node of the code that ran.
    fn on_stretch(&mut self, _from_ns: i64, _to_ns: i64, _path: &mut dyn FnMut() -> u32) {}

    /// Whether this API call's node is wanted.
    fn wants(&self, _call: EventId) -> bool {
        false
    }

    /// The node of a call that was wanted.
    fn on_call(&mut self, _call: EventId, _node: u32) {}
}

/// Turns host code into nodes of a tree.
pub(super) struct Paths<'t, 'b> {
    trace: &'t Trace,
    pub(super) builder: &'b mut FlameBuilder,
    lines: bool,
    names: FxHashMap<(StringId, FlameKind), StringId>,
    frames: FxHashMap<Frame, StringId>,
    stacks: FxHashMap<(u32, StackId), u32>,
    numbered: FxHashSet<String>,
    process_names: Option<Vec<StringId>>,
    thread_names: Vec<StringId>,
    /// Threads have no frame of their own.
    pub(super) hide_threads: bool,
}

impl<'t, 'b> Paths<'t, 'b> {
    pub(super) fn new(
        trace: &'t Trace,
        builder: &'b mut FlameBuilder,
        options: &FlameOptions,
        shown: &[&HostThread<'_>],
    ) -> Self {
        let numbered = if options.numbered { FxHashSet::default() } else { numbered_ranges(trace) };
        let process_names = process_names(trace, builder, shown);
        let thread_names = thread_names(trace, builder, shown);
        Paths {
            trace,
            builder,
            lines: options.lines,
            names: FxHashMap::default(),
            frames: FxHashMap::default(),
            stacks: FxHashMap::default(),
            numbered,
            process_names,
            thread_names,
            hide_threads: false,
        }
    }

    /// The node of a thread.
    pub(super) fn thread_node(&mut self, host: &HostThread<'_>) -> u32 {
        let mut node = self.builder.root();
        if self.hide_threads {
            return node;
        }
        if let (Some(names), Some(process)) = (&self.process_names, host.process) {
            node = self.builder.child(node, names[process.index()], FlameKind::Process);
        }
        match host.thread {
            Some(thread) => self.builder.child(node, self.thread_names[thread.index()], FlameKind::Thread),
            None => node,
        }
    }

    /// Goes through a thread's slices in order of time. Slices that end before those inside them do so as recorded: the
    /// path at any time is of the slices open at that time, outermost first.
    pub(super) fn walk(&mut self, host: &HostThread<'_>, visit: &mut impl Visit) {
        let base = self.thread_node(host);
        let mut open: Vec<Open> = Vec::new();
        let mut now_ns = i64::MIN;
        let events = &self.trace.events;
        for event in InOrder::new(events, host.tracks.iter().copied()) {
            let (start_ns, end_ns) = (events.start_ns[event.index()], events.end_ns(event));
            self.close_until(&mut open, base, &mut now_ns, start_ns, visit);
            let too_deep = open.len() >= OPEN_MAX && !visit.wants(event);
            if too_deep || events.kind[event.index()] == EventKind::Instant {
                continue;
            }
            let first_end_ns = open.last().map_or(end_ns, |around| around.first_end_ns.min(end_ns));
            open.push(Open { end_ns, first_end_ns, event, node: None });
            if visit.wants(event) {
                let node = self.call_node(&mut open, base, event);
                visit.on_call(event, node);
            }
        }
        self.close_until(&mut open, base, &mut now_ns, i64::MAX, visit);
    }

    fn close_until(
        &mut self,
        open: &mut Vec<Open>,
        base: u32,
        now_ns: &mut i64,
        until_ns: i64,
        visit: &mut impl Visit,
    ) {
        while let Some(&Open { first_end_ns, .. }) = open.last()
            && first_end_ns <= until_ns
        {
            visit.on_stretch(*now_ns, first_end_ns, &mut || self.path_node(open, base));
            *now_ns = first_end_ns;
            close(open, first_end_ns);
        }
        visit.on_stretch(*now_ns, until_ns, &mut || self.path_node(open, base));
        *now_ns = until_ns;
    }

    /// The node of the open slices, made as far as it does not exist yet.
    fn path_node(&mut self, open: &mut [Open], base: u32) -> u32 {
        let known = open.iter().rposition(|slice| slice.node.is_some()).map_or(0, |last| last + 1);
        let mut node = if known == 0 { base } else { open[known - 1].node.unwrap_or(base) };
        for slice in &mut open[known..] {
            node = self.slice_node(node, slice.event);
            slice.node = Some(node);
        }
        node
    }

    /// The node of an API call that is the innermost open slice: under its recorded stack and the ranges around it where
    /// a stack was recorded, else under the slices around it.
    fn call_node(&mut self, open: &mut [Open], base: u32, call: EventId) -> u32 {
        let Some(stack) = self.trace.stack_of(call) else { return self.path_node(open, base) };
        let mut node = base;
        for slice in open.iter().filter(|slice| self.trace.events.kind[slice.event.index()] == EventKind::Nvtx) {
            node = self.slice_node(node, slice.event);
        }
        let node = self.stack_node(node, stack);
        self.slice_node(node, call)
    }

    fn slice_node(&mut self, parent: u32, event: EventId) -> u32 {
        let kind = match self.trace.events.kind[event.index()] {
            EventKind::Nvtx => FlameKind::Range,
            EventKind::Python => FlameKind::Python,
            EventKind::Operator => FlameKind::Operator,
            EventKind::Api => FlameKind::Call,
            _ => FlameKind::Host,
        };
        let id = self.trace.events.name[event.index()];
        let name = self.name_of(id, kind);
        self.builder.frame(parent, name, kind)
    }

    fn stack_node(&mut self, base: u32, stack: StackId) -> u32 {
        let mut missing = Vec::new();
        let (mut node, mut next) = (base, Some(stack));
        while let Some(id) = next {
            if let Some(&known) = self.stacks.get(&(base, id)) {
                node = known;
                break;
            }
            missing.push(id);
            next = self.trace.stacks.nodes()[id.0 as usize].0;
        }
        for &id in missing.iter().rev() {
            let frame = self.trace.stacks.frame(self.trace.stacks.nodes()[id.0 as usize].1);
            let name = self.frame_name(frame);
            let kind = match frame.kind {
                FrameKind::Python => FlameKind::Python,
                FrameKind::Native => FlameKind::Native,
                FrameKind::Unknown => FlameKind::Host,
            };
            node = self.builder.frame(node, name, kind);
            self.stacks.insert((base, id), node);
        }
        node
    }

    /// The name a slice is shown by.
    fn name_of(&mut self, id: StringId, kind: FlameKind) -> StringId {
        if let Some(&name) = self.names.get(&(id, kind)) {
            return name;
        }
        let text = self.trace.text(id);
        let name = match kind {
            FlameKind::Range => {
                let pattern = without_numbers(text);
                let shown = if self.numbered.contains(&pattern) { &pattern } else { text };
                self.builder.strings.intern(shown)
            }
            FlameKind::Call => self.builder.strings.intern(without_version(text)),
            FlameKind::Python => self.builder.strings.intern(&without_addresses(text)),
            _ => self.builder.strings.intern(text),
        };
        self.names.insert((id, kind), name);
        name
    }

    fn frame_name(&mut self, frame: Frame) -> StringId {
        let frame = if self.lines { frame } else { Frame { line: 0, ..frame } };
        if let Some(&name) = self.frames.get(&frame) {
            return name;
        }
        let (trace, function) = (self.trace, demangle(self.trace.text(frame.name)));
        let path = trace.text(frame.file);
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let text = match (file, frame.line) {
            ("", _) => function.into_owned(),
            (file, 0) if frame.kind == FrameKind::Python => format!("{function} ({file})"),
            (_, 0) => function.into_owned(),
            (file, line) => format!("{function} ({file}:{line})"),
        };
        let name = self.builder.strings.intern(&text);
        self.frames.insert(frame, name);
        name
    }
}

/// Removes the slices that ended by `now_ns`. Proper nesting takes them from the top; otherwise what lay inside an ended
/// slice moves up, and its path is made anew.
fn close(open: &mut Vec<Open>, now_ns: i64) {
    while open.last().is_some_and(|slice| slice.end_ns <= now_ns) {
        open.pop();
    }
    let Some(first) = open.iter().position(|slice| slice.end_ns <= now_ns) else { return };
    open.retain(|slice| slice.end_ns > now_ns);
    let mut first_end_ns = if first == 0 { i64::MAX } else { open[first - 1].first_end_ns };
    for slice in &mut open[first..] {
        first_end_ns = first_end_ns.min(slice.end_ns);
        slice.first_end_ns = first_end_ns;
        slice.node = None;
    }
}

/// `step 12` as `step *`.
fn without_numbers(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_ascii_digit() {
            pattern.push(character);
        } else if !pattern.ends_with('*') {
            pattern.push('*');
        }
    }
    pattern
}

/// `<built-in method add of Tensor object at 0x7f12>` as `<built-in method add of Tensor object>`: an object's address is
/// another in every call.
fn without_addresses(text: &str) -> Cow<'_, str> {
    const MARK: &str = " at 0x";
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(MARK);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.trim_start_matches(|character: char| character.is_ascii_hexdigit()));
    }
    Cow::Owned(kept)
}

/// `cudaLaunchKernelExC_v11060` as `cudaLaunchKernelExC`: the version of the binary interface is not what was called, and
/// only some tools append it.
fn without_version(text: &str) -> &str {
    match text.rsplit_once("_v") {
        Some((name, version)) if version.len() >= 4 && version.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => text,
    }
}

/// The patterns that more than [`NUMBERED_MAX`] names of ranges share.
fn numbered_ranges(trace: &Trace) -> FxHashSet<String> {
    let mut seen = vec![false; trace.strings.len()];
    for track in trace.tracks.iter().filter(|track| track.kind == TrackKind::Nvtx) {
        for name in &trace.events.name[track.range()] {
            seen[name.index()] = true;
        }
    }
    let mut counts: FxHashMap<String, usize> = FxHashMap::default();
    for (_, text) in trace.strings.iter().filter(|(id, _)| seen[id.index()]) {
        *counts.entry(without_numbers(text)).or_default() += 1;
    }
    counts.retain(|_, count| *count > NUMBERED_MAX);
    counts.into_keys().collect()
}

/// Names of processes, where threads of more than one are shown.
fn process_names(trace: &Trace, builder: &mut FlameBuilder, shown: &[&HostThread<'_>]) -> Option<Vec<StringId>> {
    let processes: FxHashSet<_> = shown.iter().filter_map(|host| host.process).collect();
    (processes.len() > 1).then(|| {
        let name = |process: &rustg_trace::Process| match trace.text(process.name) {
            "" => builder.strings.intern(&format!("process {}", process.pid)),
            name => builder.strings.intern(&format!("process {} ({name})", process.pid)),
        };
        trace.processes.iter().map(name).collect()
    })
}

/// Names of threads that mean the same in the next run: their own, or their place, never their id.
fn thread_names(trace: &Trace, builder: &mut FlameBuilder, shown: &[&HostThread<'_>]) -> Vec<StringId> {
    let mut names = vec![StringId::EMPTY; trace.threads.len()];
    let mut unnamed: FxHashMap<Option<ProcessId>, usize> = FxHashMap::default();
    for host in shown {
        let Some(id) = host.thread else { continue };
        let thread = &trace.threads[id.index()];
        let pid = trace.processes[thread.process.index()].pid;
        let given = given_name(trace.text(thread.name));
        let name = if thread.tid == pid {
            "main thread".to_owned()
        } else if given.is_empty() {
            let place = unnamed.entry(host.process).or_insert(1);
            *place += 1;
            format!("thread {place}")
        } else {
            format!("thread {given}")
        };
        names[id.index()] = builder.strings.intern(&name);
    }
    names
}

/// What a thread is called without what identifies it: `worker` of `thread 4127 (worker)`; empty where nothing is left.
fn given_name(name: &str) -> &str {
    let inner = name.strip_prefix("thread ").and_then(|rest| {
        let (number, inner) = rest.split_once(" (")?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| inner.trim_end_matches(')'))
    });
    let name = inner.unwrap_or(name).trim();
    if name.bytes().all(|byte| byte.is_ascii_digit()) { "" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_differs_between_runs() {
        assert_eq!(given_name("thread 4127 (pt_autograd_0)"), "pt_autograd_0");
        assert_eq!(given_name("thread 4127"), "thread 4127");
        assert_eq!(given_name("4127"), "");
        assert_eq!(without_version("cudaLaunchKernelExC_v11060"), "cudaLaunchKernelExC");
        assert_eq!(without_version("cuMemcpyAsync_v2"), "cuMemcpyAsync_v2");
        assert_eq!(without_addresses("<method add of Tensor object at 0x7f1a2B>"), "<method add of Tensor object>");
        assert_eq!(without_numbers("ProfilerStep#12 of 30"), "ProfilerStep#* of *");
    }
}
