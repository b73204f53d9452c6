//! The builder: rows in any order in, a [`Trace`] with its invariants out.
//!
//! It owns interning, sorting, the split of nested events into levels and the join of GPU work to the call that launched
//! it. It does not read formats; importers push into it.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use rustg_base::{StringId, Strings};

use crate::launches;
use crate::rows::TrackRows;
use crate::{
    Counter, EventKind, Events, Gpu, GpuId, KernelConfig, Lost, NONE, Note, Process, ProcessId, SourceFormat, Stacks,
    Thread, ThreadId, TimeRange, Trace, Track, TrackKind, Transfer,
};

/// What tells one row of the timeline from another before levels are assigned. See [`Track`] for the fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "the fields are those of Track")]
pub struct TrackKey {
    pub kind: TrackKind,
    pub process: Option<ProcessId>,
    pub thread: Option<ThreadId>,
    pub gpu: Option<GpuId>,
    pub context: u32,
    pub stream: u64,
    pub name: StringId,
}

impl TrackKey {
    /// The key of a host thread's track of `kind`.
    pub fn host(kind: TrackKind, process: ProcessId, thread: ThreadId) -> Self {
        let name = StringId::EMPTY;
        TrackKey { kind, process: Some(process), thread: Some(thread), gpu: None, context: 0, stream: 0, name }
    }

    /// The key of a CUDA stream's track of `kind`.
    pub fn stream(kind: TrackKind, process: Option<ProcessId>, gpu: GpuId, context: u32, stream: u64) -> Self {
        TrackKey { kind, process, thread: None, gpu: Some(gpu), context, stream, name: StringId::EMPTY }
    }
}

/// A row for [`TraceBuilder::push`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// The track, from [`TraceBuilder::track`].
    pub track: u32,
    /// Start in nanoseconds.
    pub start_ns: i64,
    /// Duration in nanoseconds; shortened where the end would overflow.
    pub dur_ns: u64,
    /// Name, from [`TraceBuilder::strings`].
    pub name: StringId,
    /// What it is.
    pub kind: EventKind,
    /// As [`EventKind`] says, or [`NONE`].
    pub detail: u32,
    /// For GPU work and [`EventKind::Sync`] the *correlation id* of the call it came from (the join makes it the call's
    /// row); for API calls the host stack; [`NONE`] where there is none.
    pub link: u32,
}

/// Collects rows and tables of a trace. Several builders, filled in parallel, become one with [`TraceBuilder::absorb`].
#[derive(Clone, Default)]
pub struct TraceBuilder {
    /// All texts.
    pub strings: Strings,
    /// Host stacks.
    pub stacks: Stacks,
    /// GPUs; add with [`TraceBuilder::gpu`].
    pub gpus: Vec<Gpu>,
    /// Telemetry series.
    pub counters: Vec<Counter>,
    /// Records known to be missing.
    pub lost: Vec<Lost>,
    /// Sentences for the reader.
    pub notes: Vec<Note>,
    /// See [`Trace::epoch_offset_ns`].
    pub epoch_offset_ns: Option<i64>,
    processes: Interned<Process, i64>,
    threads: Interned<Thread, (ProcessId, i64)>,
    tracks: Interned<TrackKey, TrackKey>,
    kernels: Interned<KernelConfig, KernelConfig>,
    transfers: Interned<Transfer, Transfer>,
    /// The rows of each track.
    rows: Vec<TrackRows>,
    row_count: usize,
    span: Option<TimeRange>,
}

impl TraceBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many rows have been pushed.
    pub fn len(&self) -> usize {
        self.row_count
    }

    /// Whether no row has been pushed.
    pub fn is_empty(&self) -> bool {
        self.row_count == 0
    }

    /// The process with this pid, added if new.
    pub fn process(&mut self, pid: i64) -> ProcessId {
        ProcessId(self.processes.intern(pid, || Process { pid, name: StringId::EMPTY }))
    }

    /// Names a process.
    pub fn name_process(&mut self, process: ProcessId, name: &str) {
        self.processes.rows[process.index()].name = self.strings.intern(name);
    }

    /// The processes so far.
    pub fn processes(&self) -> &[Process] {
        &self.processes.rows
    }

    /// The thread of `process` with this tid, added if new.
    pub fn thread(&mut self, process: ProcessId, tid: i64) -> ThreadId {
        ThreadId(self.threads.intern((process, tid), || Thread { process, tid, name: StringId::EMPTY }))
    }

    /// The thread of `process` with this tid, if it was added.
    pub fn find_thread(&self, process: ProcessId, tid: i64) -> Option<ThreadId> {
        self.threads.ids.get(&(process, tid)).copied().map(ThreadId)
    }

    /// Names a thread.
    pub fn name_thread(&mut self, thread: ThreadId, name: &str) {
        self.threads.rows[thread.index()].name = self.strings.intern(name);
    }

    /// The GPU with this device index and UUID, added if new.
    pub fn gpu(&mut self, device: u32, uuid: &str) -> GpuId {
        let found = self.gpus.iter().position(|gpu| gpu.device == device && gpu.uuid == uuid);
        let index = found.unwrap_or_else(|| {
            self.gpus.push(Gpu { device, uuid: uuid.to_owned(), ..Gpu::default() });
            self.gpus.len() - 1
        });
        GpuId(index as u32)
    }

    /// The index of the track with this key, added if new; for [`NewEvent::track`].
    pub fn track(&mut self, key: TrackKey) -> u32 {
        let track = self.tracks.intern(key, || key);
        if self.rows.len() <= track as usize {
            self.rows.push(TrackRows::default());
        }
        track
    }

    /// The index of a launch configuration; the `detail` of kernels.
    pub fn kernel_config(&mut self, config: KernelConfig) -> u32 {
        self.kernels.intern(config, || config)
    }

    /// The index of a transfer; the `detail` of memcpy and memset events.
    pub fn transfer(&mut self, transfer: Transfer) -> u32 {
        self.transfers.intern(transfer, || transfer)
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When its track is not one of [`TraceBuilder::track`]'s.
    #[inline]
    pub fn push(&mut self, event: NewEvent) {
        let room = event.start_ns.abs_diff(i64::MAX);
        let dur_ns = if event.start_ns >= 0 { event.dur_ns.min(room) } else { event.dur_ns.min(i64::MAX as u64) };
        self.cover(event.start_ns, event.start_ns + dur_ns as i64);
        self.rows[event.track as usize].push(&NewEvent { dur_ns, ..event });
        self.row_count += 1;
    }

    /// Widens the trace's span to cover a record that is no row (a counter sample, a flow).
    pub fn cover(&mut self, start_ns: i64, end_ns: i64) {
        let span = self.span.get_or_insert(TimeRange { start_ns, end_ns });
        span.start_ns = span.start_ns.min(start_ns);
        span.end_ns = span.end_ns.max(end_ns);
    }

    /// From the first to the last record so far.
    pub fn span(&self) -> Option<TimeRange> {
        self.span
    }

    /// Adds everything of `other`, whose ids are renumbered.
    pub fn absorb(&mut self, other: TraceBuilder) {
        let strings: Vec<StringId> = other.strings.iter().map(|(_, text)| self.strings.intern(text)).collect();
        let gpus: Vec<GpuId> = other.gpus.iter().map(|gpu| self.absorb_gpu(gpu)).collect();
        let name_of = |id: StringId| strings[id.index()];
        let mut processes = Vec::with_capacity(other.processes.rows.len());
        for process in &other.processes.rows {
            let id = self.process(process.pid);
            if process.name != StringId::EMPTY {
                self.processes.rows[id.index()].name = name_of(process.name);
            }
            processes.push(id);
        }
        let mut threads = Vec::with_capacity(other.threads.rows.len());
        for thread in &other.threads.rows {
            let id = self.thread(processes[thread.process.index()], thread.tid);
            if thread.name != StringId::EMPTY {
                self.threads.rows[id.index()].name = name_of(thread.name);
            }
            threads.push(id);
        }
        let tracks: Vec<u32> = (other.tracks.rows.iter())
            .map(|key| {
                self.track(TrackKey {
                    process: key.process.map(|id| processes[id.index()]),
                    thread: key.thread.map(|id| threads[id.index()]),
                    gpu: key.gpu.map(|id| gpus[id.index()]),
                    name: name_of(key.name),
                    ..*key
                })
            })
            .collect();
        let kernels: Vec<u32> = other.kernels.rows.iter().map(|&config| self.kernel_config(config)).collect();
        let transfers: Vec<u32> = other.transfers.rows.iter().map(|&transfer| self.transfer(transfer)).collect();
        let frames: Vec<_> = (other.stacks.frames().iter())
            .map(|frame| {
                self.stacks.intern_frame(crate::Frame {
                    name: name_of(frame.name),
                    file: name_of(frame.file),
                    ..*frame
                })
            })
            .collect();
        let mut stacks = Vec::with_capacity(other.stacks.nodes().len());
        for &(caller, frame) in other.stacks.nodes() {
            let caller = caller.map(|id| stacks[id.0 as usize]);
            stacks.push(self.stacks.push(caller, frames[frame.0 as usize]));
        }

        let remap = |table: &[u32], index: u32| table.get(index as usize).copied().unwrap_or(NONE);
        for (mut rows, track) in other.rows.into_iter().zip(tracks) {
            for piece in rows.pieces_mut() {
                piece.name.iter_mut().for_each(|name| *name = name_of(*name));
                let ids = piece.detail.iter_mut().zip(&mut piece.link);
                for (kind, (detail, link)) in piece.kind.iter().zip(ids) {
                    match kind {
                        EventKind::Kernel => *detail = remap(&kernels, *detail),
                        EventKind::Memcpy | EventKind::Memset => *detail = remap(&transfers, *detail),
                        EventKind::Api => *link = stacks.get(*link as usize).map_or(NONE, |id| id.0),
                        _ => {}
                    }
                }
            }
            self.rows[track as usize].append(rows);
        }
        self.row_count += other.row_count;
        if let Some(span) = other.span {
            self.cover(span.start_ns, span.end_ns);
        }
        for mut counter in other.counters {
            counter.gpu = counter.gpu.map(|id| gpus[id.index()]);
            let same = |mine: &&mut Counter| mine.name == counter.name && mine.gpu == counter.gpu;
            match self.counters.iter_mut().find(same) {
                Some(mine) => {
                    mine.ts_ns.append(&mut counter.ts_ns);
                    mine.values.append(&mut counter.values);
                }
                None => self.counters.push(counter),
            }
        }
        self.lost.extend(other.lost);
        self.notes.extend(other.notes);
        self.epoch_offset_ns = self.epoch_offset_ns.or(other.epoch_offset_ns);
    }

    fn absorb_gpu(&mut self, gpu: &Gpu) -> GpuId {
        let id = self.gpu(gpu.device, &gpu.uuid);
        if !gpu.name.is_empty() {
            self.gpus[id.index()] = gpu.clone();
        }
        id
    }

    /// The finished trace: rows grouped by track and level, ordered by start, joined to their launching calls.
    pub fn finish(mut self, title: String, source: SourceFormat) -> Trace {
        let mut rows = std::mem::take(&mut self.rows);
        let (events, tracks) = self.join_tracks(|track| std::mem::take(&mut rows[track as usize]));
        drop(rows);
        let mut counters = std::mem::take(&mut self.counters);
        counters.iter_mut().for_each(sort_counter);
        Trace {
            title,
            source,
            span: self.span_with(&counters),
            strings: self.strings,
            processes: self.processes.rows,
            threads: self.threads.rows,
            gpus: self.gpus,
            tracks,
            events,
            kernels: self.kernels.rows,
            transfers: self.transfers.rows,
            stacks: self.stacks,
            counters,
            lost: self.lost,
            notes: self.notes,
            epoch_offset_ns: self.epoch_offset_ns,
        }
    }

    /// The trace of what has been pushed so far; pushing may go on. Costs a copy of all rows.
    pub fn preview(&self, title: String, source: SourceFormat) -> Trace {
        let (events, tracks) = self.join_tracks(|track| self.rows[track as usize].clone());
        let mut counters = self.counters.clone();
        counters.iter_mut().for_each(sort_counter);
        Trace {
            title,
            source,
            span: self.span_with(&counters),
            strings: self.strings.clone(),
            processes: self.processes.rows.clone(),
            threads: self.threads.rows.clone(),
            gpus: self.gpus.clone(),
            tracks,
            events,
            kernels: self.kernels.rows.clone(),
            transfers: self.transfers.rows.clone(),
            stacks: self.stacks.clone(),
            counters,
            lost: self.lost.clone(),
            notes: self.notes.clone(),
            epoch_offset_ns: self.epoch_offset_ns,
        }
    }

    fn span_with(&self, counters: &[Counter]) -> TimeRange {
        let mut span = self.span;
        for counter in counters {
            if let (Some(&first), Some(&last)) = (counter.ts_ns.first(), counter.ts_ns.last()) {
                let span = span.get_or_insert(TimeRange { start_ns: first, end_ns: last });
                *span = TimeRange { start_ns: span.start_ns.min(first), end_ns: span.end_ns.max(last) };
            }
        }
        span.unwrap_or_default()
    }

    /// All rows, track after track in the order in which tracks are shown. `take` gives the rows of one.
    fn join_tracks(&self, mut take: impl FnMut(u32) -> TrackRows) -> (Events, Vec<Track>) {
        let keys = &self.tracks.rows;
        let mut shown: Vec<u32> = (0..keys.len() as u32).collect();
        shown.sort_by_key(|&index| self.display_key(&keys[index as usize]));
        let mut events = Events::with_capacity(self.row_count);
        let mut tracks = Vec::with_capacity(keys.len());
        for index in shown {
            let TrackKey { kind, process, thread, gpu, context, stream, name } = keys[index as usize];
            let mut first = events.len() as u32;
            for (level, count) in (0..).zip(take(index).append_to(&mut events)) {
                let rows = first..first + count as u32;
                first = rows.end;
                tracks.push(Track { kind, process, thread, gpu, context, stream, level, name, rows });
            }
        }
        launches::join(&mut events, &tracks);
        (events, tracks)
    }

    #[allow(clippy::type_complexity, reason = "a sort key")]
    fn display_key(
        &self,
        key: &TrackKey,
    ) -> (bool, Option<i64>, Option<i64>, Option<GpuId>, Option<i64>, u32, u64, TrackKind, &str) {
        let pid = key.process.map(|id| self.processes.rows[id.index()].pid);
        let tid = key.thread.map(|id| self.threads.rows[id.index()].tid);
        let (host_pid, gpu_pid) = if key.gpu.is_some() { (None, pid) } else { (pid, None) };
        let name = self.strings.get(key.name);
        (key.gpu.is_some(), host_pid, tid, key.gpu, gpu_pid, key.context, key.stream, key.kind, name)
    }
}

/// A table whose rows are found by a key.
#[derive(Clone)]
struct Interned<T, K> {
    rows: Vec<T>,
    ids: FxHashMap<K, u32>,
}

impl<T, K> Default for Interned<T, K> {
    fn default() -> Self {
        Interned { rows: Vec::new(), ids: FxHashMap::default() }
    }
}

impl<T, K: Eq + Hash> Interned<T, K> {
    fn intern(&mut self, key: K, row: impl FnOnce() -> T) -> u32 {
        let rows = &mut self.rows;
        *self.ids.entry(key).or_insert_with(|| {
            rows.push(row());
            (rows.len() - 1) as u32
        })
    }
}

fn gather<T: Copy>(column: &mut Vec<T>, order: &[u32]) {
    *column = order.iter().map(|&row| column[row as usize]).collect();
}

fn sort_counter(counter: &mut Counter) {
    if !counter.ts_ns.is_sorted() {
        let mut order: Vec<u32> = (0..counter.ts_ns.len() as u32).collect();
        order.sort_by_key(|&row| counter.ts_ns[row as usize]);
        gather(&mut counter.ts_ns, &order);
        gather(&mut counter.values, &order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventId;

    fn event(track: u32, start_ns: i64, dur_ns: u64, kind: EventKind, name: StringId) -> NewEvent {
        NewEvent { track, start_ns, dur_ns, name, kind, detail: NONE, link: NONE }
    }

    #[test]
    fn nested_slices_become_levels_that_are_their_depth() {
        let mut builder = TraceBuilder::new();
        let process = builder.process(1);
        let thread = builder.thread(process, 1);
        let track = builder.track(TrackKey::host(TrackKind::Operator, process, thread));
        let names = ["inner", "outer", "second", "leaf"].map(|name| builder.strings.intern(name));
        // outer 0..100 { inner 10..40 { leaf 10..20 }, second 40..100 }
        for (name, start, dur) in [(names[0], 10, 30), (names[3], 10, 10), (names[1], 0, 100), (names[2], 40, 60)] {
            builder.push(event(track, start, dur, EventKind::Operator, name));
        }
        let trace = builder.finish("t".into(), SourceFormat::Chrome);
        let levels: Vec<_> = (trace.tracks.iter())
            .map(|track| (track.level, track.events().map(|id| trace.name(id)).collect::<Vec<_>>()))
            .collect();
        assert_eq!(levels, [(0, vec!["outer"]), (1, vec!["inner", "second"]), (2, vec!["leaf"])]);
        assert_eq!(trace.span, TimeRange { start_ns: 0, end_ns: 100 });
    }

    #[test]
    fn absorbed_builders_equal_one_builder() {
        let fill = |builder: &mut TraceBuilder, rows: std::ops::Range<i64>| {
            let gpu = builder.gpu(0, "");
            let stream = builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 0, 7));
            for row in rows {
                let name = builder.strings.intern(&format!("k{}", row % 3));
                let detail = builder.kernel_config(KernelConfig { registers: (row % 5) as u32, ..Default::default() });
                builder.push(NewEvent { detail, ..event(stream, row * 10, 5, EventKind::Kernel, name) });
            }
        };
        let (mut whole, mut left, mut right) = (TraceBuilder::new(), TraceBuilder::new(), TraceBuilder::new());
        fill(&mut whole, 0..20);
        fill(&mut left, 0..7);
        fill(&mut right, 7..20);
        left.absorb(right);
        let table = |builder: TraceBuilder| {
            let trace = builder.finish("t".into(), SourceFormat::Chrome);
            let rows = (0..trace.events.len() as u32).map(EventId);
            rows.map(|id| (trace.range(id), trace.name(id).to_owned(), *trace.kernel_of(id).expect("a kernel")))
                .collect::<Vec<_>>()
        };
        assert_eq!(table(whole), table(left));
    }
}
