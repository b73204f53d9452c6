//! Unpacked batches of a recording into a [`TraceBuilder`]: ids are checked and become the trace's own.
//!
//! Rows that refer to a process, thread or GPU that is not defined are left out and counted; a missing name, configuration
//! or stack leaves the row with none.

use rustg_base::StringId;

use super::cell::OrNull;
use super::tables::*;
use crate::{
    Counter, EventKind, Frame, FrameId, FrameKind, GpuId, Lost, MemoryKind, NONE, NewEvent, Note, ProcessId,
    SourceFormat, StackId, Stacks, ThreadId, Trace, TraceBuilder, TrackKey, TrackKind, Transfer, TransferKind,
};

/// A trace being put together from a recording's tables.
#[derive(Default)]
pub(crate) struct Assembler {
    pub(crate) builder: TraceBuilder,
    names: Vec<StringId>,
    processes: Vec<ProcessId>,
    threads: Vec<(ProcessId, ThreadId)>,
    gpus: Vec<GpuId>,
    configs: Vec<u32>,
    frames: Vec<Frame>,
    /// Nodes as recorded; they become the trace's stacks at the end, when all frames have their last names.
    stacks: Vec<(Option<u32>, u32)>,
    /// Rows whose process, thread or GPU is not defined.
    undefined: u64,
}

/// The track of the rows at hand: rows of one owner mostly stand together.
struct LastTrack<K> {
    key: Option<K>,
    track: Option<u32>,
}

impl<K: Copy + PartialEq> LastTrack<K> {
    fn new() -> Self {
        LastTrack { key: None, track: None }
    }

    fn get(&mut self, key: K, find: impl FnOnce() -> Option<u32>) -> Option<u32> {
        if self.key != Some(key) {
            *self = LastTrack { key: Some(key), track: find() };
        }
        self.track
    }
}

/// Takes the row of `id` in a table whose ids count from 0: new, or in place of an earlier one.
fn define<T>(table: &mut Vec<T>, id: u32, row: T) -> Result<(), String> {
    match (id as usize).cmp(&table.len()) {
        std::cmp::Ordering::Less => table[id as usize] = row,
        std::cmp::Ordering::Equal => table.push(row),
        std::cmp::Ordering::Greater => return Err(format!("id {id} follows {} ids", table.len())),
    }
    Ok(())
}

impl Assembler {
    /// Whether row numbers have run out.
    pub(crate) fn is_full(&self) -> bool {
        self.builder.len() >= NONE as usize
    }

    pub(crate) fn add_notes(&mut self, rows: NoteColumns) -> Result<(), String> {
        self.builder.notes.extend(rows.text.into_iter().map(Note));
        Ok(())
    }

    pub(crate) fn add_lost(&mut self, rows: LostColumns) -> Result<(), String> {
        for (what, count) in rows.what.into_iter().zip(rows.count) {
            self.lose(what, count);
        }
        Ok(())
    }

    fn lose(&mut self, what: String, count: u64) {
        match self.builder.lost.iter_mut().find(|lost| lost.what == what) {
            Some(lost) => lost.count = lost.count.saturating_add(count),
            None => self.builder.lost.push(Lost { what, count }),
        }
    }

    pub(crate) fn add_names(&mut self, rows: NameColumns) -> Result<(), String> {
        for (id, text) in rows.id.into_iter().zip(rows.text) {
            if self.builder.strings.size_bytes() + text.len() > u32::MAX as usize / 2 {
                return Err("more than 2 GiB of names".into());
            }
            let name = self.builder.strings.intern(&text);
            define(&mut self.names, id, name)?;
        }
        Ok(())
    }

    pub(crate) fn add_processes(&mut self, rows: ProcessColumns) -> Result<(), String> {
        for ((id, pid), name) in rows.id.into_iter().zip(rows.pid).zip(rows.name) {
            let process = self.builder.process(pid);
            if !name.is_empty() {
                self.builder.name_process(process, &name);
            }
            define(&mut self.processes, id, process)?;
        }
        Ok(())
    }

    pub(crate) fn add_threads(&mut self, rows: ThreadColumns) -> Result<(), String> {
        for (row, id) in rows.id.into_iter().enumerate() {
            let process = *self.processes.get(rows.process[row] as usize).ok_or("a thread of an undefined process")?;
            let thread = self.builder.thread(process, rows.tid[row]);
            if !rows.name[row].is_empty() {
                self.builder.name_thread(thread, &rows.name[row]);
            }
            define(&mut self.threads, id, (process, thread))?;
        }
        Ok(())
    }

    pub(crate) fn add_gpus(&mut self, rows: GpuColumns) -> Result<(), String> {
        for (row, id) in rows.id.into_iter().enumerate() {
            let gpu = self.builder.gpu(rows.device[row], &rows.uuid[row]);
            define(&mut self.gpus, id, gpu)?;
            let known = &mut self.builder.gpus[gpu.index()];
            if !rows.name[row].is_empty() {
                known.name.clone_from(&rows.name[row]);
            }
            let capability = (rows.compute_capability_major[row], rows.compute_capability_minor[row]);
            if capability != (0, 0) {
                known.compute_capability = capability;
            }
            let replace = |known: &mut u32, figure: u32| *known = if figure == 0 { *known } else { figure };
            replace(&mut known.sm_count, rows.sm_count[row]);
            replace(&mut known.max_threads_per_sm, rows.max_threads_per_sm[row]);
            replace(&mut known.registers_per_sm, rows.registers_per_sm[row]);
            replace(&mut known.shared_bytes_per_sm, rows.shared_bytes_per_sm[row]);
            known.memory_bytes = known.memory_bytes.max(rows.memory_bytes[row]);
        }
        Ok(())
    }

    pub(crate) fn add_configs(&mut self, rows: ConfigColumns) -> Result<(), String> {
        for (row, id) in rows.id.iter().copied().enumerate() {
            let config = self.builder.kernel_config(rows.config(row));
            define(&mut self.configs, id, config)?;
        }
        Ok(())
    }

    pub(crate) fn add_frames(&mut self, rows: FrameColumns) -> Result<(), String> {
        for (row, id) in rows.id.iter().copied().enumerate() {
            let kind = FrameKind::from_u8(rows.kind[row]);
            let (name, file) = (self.name(rows.name[row]), self.name(rows.file[row]));
            define(&mut self.frames, id, Frame { name, file, line: rows.line[row], kind })?;
        }
        Ok(())
    }

    pub(crate) fn add_stacks(&mut self, rows: StackColumns) -> Result<(), String> {
        for (row, id) in rows.id.iter().copied().enumerate() {
            let caller = Some(rows.caller[row].0).filter(|&caller| caller != NONE);
            if caller.is_some_and(|caller| caller >= id) {
                return Err(format!("stack {id} is called by a later one"));
            }
            define(&mut self.stacks, id, (caller, rows.frame[row]))?;
        }
        Ok(())
    }

    pub(crate) fn add_series(&mut self, rows: SeriesColumns) -> Result<(), String> {
        for (row, id) in rows.id.iter().copied().enumerate() {
            if (id as usize) < self.builder.counters.len() {
                continue;
            }
            let gpu = self.gpus.get(rows.gpu[row].0 as usize).copied();
            let (name, unit) = (rows.name[row].clone(), rows.unit[row].clone());
            define(&mut self.builder.counters, id, Counter { name, unit, gpu, ts_ns: Vec::new(), values: Vec::new() })?;
        }
        Ok(())
    }

    fn name(&mut self, id: u32) -> StringId {
        match self.names.get(id as usize) {
            Some(&name) => name,
            None => self.builder.strings.intern("(name missing)"),
        }
    }

    fn stream_track(&mut self, kind: TrackKind, (process, gpu, context, stream): (u32, u32, u32, u64)) -> Option<u32> {
        let process = *self.processes.get(process as usize)?;
        let gpu = *self.gpus.get(gpu as usize)?;
        Some(self.builder.track(TrackKey::stream(kind, Some(process), gpu, context, stream)))
    }

    fn host_track(&mut self, kind: TrackKind, process: u32, thread: u32) -> Option<u32> {
        let process = *self.processes.get(process as usize)?;
        let (owner, thread) = *self.threads.get(thread as usize)?;
        (owner == process).then(|| self.builder.track(TrackKey::host(kind, process, thread)))
    }

    pub(crate) fn add_api(&mut self, rows: &ApiColumns) {
        let mut last = LastTrack::new();
        for row in 0..rows.len() {
            let key = (rows.process[row], rows.thread[row]);
            let Some(track) = last.get(key, || self.host_track(TrackKind::Api, key.0, key.1)) else {
                self.undefined += 1;
                continue;
            };
            let name = self.name(rows.name[row]);
            self.builder.push(NewEvent {
                track,
                start_ns: rows.start_ns[row],
                dur_ns: rows.dur_ns[row],
                name,
                kind: EventKind::Api,
                detail: rows.correlation[row].0,
                link: rows.stack[row].0,
            });
        }
    }

    pub(crate) fn add_kernels(&mut self, rows: &KernelColumns) {
        let mut last = LastTrack::new();
        for row in 0..rows.len() {
            let key = (rows.process[row], rows.gpu[row], rows.context[row], rows.stream[row]);
            let Some(track) = last.get(key, || self.stream_track(TrackKind::Stream, key)) else {
                self.undefined += 1;
                continue;
            };
            let name = self.name(rows.name[row]);
            self.builder.push(NewEvent {
                track,
                start_ns: rows.start_ns[row],
                dur_ns: rows.dur_ns[row],
                name,
                kind: EventKind::Kernel,
                detail: self.configs.get(rows.config[row].0 as usize).copied().unwrap_or(NONE),
                link: rows.correlation[row].0,
            });
        }
    }

    pub(crate) fn add_memory(&mut self, rows: &MemoryColumns) {
        let mut last = LastTrack::new();
        for row in 0..rows.len() {
            let key = (rows.process[row], rows.gpu[row], rows.context[row], rows.stream[row]);
            let Some(track) = last.get(key, || self.stream_track(TrackKind::Stream, key)) else {
                self.undefined += 1;
                continue;
            };
            let transfer = Transfer {
                kind: TransferKind::from_u8(rows.kind[row]),
                size_bytes: rows.size_bytes[row],
                from: MemoryKind::from_u8(rows.from[row]),
                to: MemoryKind::from_u8(rows.to[row]),
                graph: rows.graph[row],
            };
            let fill = transfer.kind == TransferKind::Memset;
            let name = self.builder.strings.intern(&transfer.name());
            let detail = self.builder.transfer(transfer);
            self.builder.push(NewEvent {
                track,
                start_ns: rows.start_ns[row],
                dur_ns: rows.dur_ns[row],
                name,
                kind: if fill { EventKind::Memset } else { EventKind::Memcpy },
                detail,
                link: rows.correlation[row].0,
            });
        }
    }

    pub(crate) fn add_graphs(&mut self, rows: &GraphColumns) {
        for row in 0..rows.len() {
            let key = (rows.process[row], rows.gpu[row], rows.context[row], rows.stream[row]);
            let Some(track) = self.stream_track(TrackKind::Graph, key) else {
                self.undefined += 1;
                continue;
            };
            let name = self.builder.strings.intern(&format!("CUDA graph {}", rows.graph[row]));
            self.push(track, rows.start_ns[row], rows.dur_ns[row], name, EventKind::GraphExec, rows.correlation[row]);
        }
    }

    pub(crate) fn add_sync(&mut self, rows: &SyncColumns) {
        for row in 0..rows.len() {
            let Some(&process) = self.processes.get(rows.process[row] as usize) else {
                self.undefined += 1;
                continue;
            };
            let track = self.builder.track(TrackKey {
                kind: TrackKind::Sync,
                process: Some(process),
                thread: None,
                gpu: self.gpus.get(rows.gpu[row].0 as usize).copied(),
                context: rows.context[row],
                stream: rows.stream[row],
                name: StringId::EMPTY,
            });
            let name = self.name(rows.name[row]);
            self.push(track, rows.start_ns[row], rows.dur_ns[row], name, EventKind::Sync, rows.correlation[row]);
        }
    }

    pub(crate) fn add_ranges(&mut self, rows: &RangeColumns) {
        let mut last = LastTrack::new();
        for row in 0..rows.len() {
            let (track_kind, kind) = match rows.kind[row] {
                0 => (TrackKind::Nvtx, EventKind::Nvtx),
                1 => (TrackKind::Nvtx, EventKind::Instant),
                2 => (TrackKind::Python, EventKind::Python),
                3 => (TrackKind::Operator, EventKind::Operator),
                _ => (TrackKind::Other, EventKind::Other),
            };
            let key = (track_kind, rows.process[row], rows.thread[row]);
            let Some(track) = last.get(key, || self.host_track(key.0, key.1, key.2)) else {
                self.undefined += 1;
                continue;
            };
            let name = self.name(rows.name[row]);
            self.push(track, rows.start_ns[row], rows.dur_ns[row], name, kind, OrNull(NONE));
        }
    }

    pub(crate) fn add_overhead(&mut self, rows: &OverheadColumns) {
        for row in 0..rows.len() {
            let Some(&process) = self.processes.get(rows.process[row] as usize) else {
                self.undefined += 1;
                continue;
            };
            let thread = self.threads.get(rows.thread[row].0 as usize).filter(|(owner, _)| *owner == process);
            let track = self.builder.track(TrackKey {
                kind: TrackKind::Overhead,
                process: Some(process),
                thread: thread.map(|&(_, thread)| thread),
                gpu: None,
                context: 0,
                stream: 0,
                name: StringId::EMPTY,
            });
            let name = self.name(rows.name[row]);
            self.push(track, rows.start_ns[row], rows.dur_ns[row], name, EventKind::Overhead, OrNull(NONE));
        }
    }

    pub(crate) fn add_samples(&mut self, rows: &SampleColumns) {
        for row in 0..rows.len() {
            match self.builder.counters.get_mut(rows.series[row] as usize) {
                Some(counter) => {
                    counter.ts_ns.push(rows.ts_ns[row]);
                    counter.values.push(rows.value[row]);
                }
                None => self.undefined += 1,
            }
        }
    }

    fn push(&mut self, track: u32, start_ns: i64, dur_ns: u64, name: StringId, kind: EventKind, link: OrNull) {
        self.builder.push(NewEvent { track, start_ns, dur_ns, name, kind, detail: NONE, link: link.0 });
    }

    /// The trace of everything added.
    pub(crate) fn finish(mut self, title: String, notes: Vec<Note>) -> Trace {
        let builder = std::mem::take(&mut self.builder);
        self.complete(builder.finish(title, SourceFormat::Recording), notes)
    }

    /// The trace of what has been added so far.
    pub(crate) fn preview(&self, title: String, notes: Vec<Note>) -> Trace {
        self.complete(self.builder.preview(title, SourceFormat::Recording), notes)
    }

    fn complete(&self, mut trace: Trace, notes: Vec<Note>) -> Trace {
        trace.notes.extend(notes);
        if self.undefined > 0 {
            let what = "records whose process, thread or GPU is unknown".to_owned();
            trace.lost.push(Lost { what, count: self.undefined });
        }
        let (stacks, ids) = self.build_stacks();
        trace.stacks = stacks;
        let in_order = ids.iter().enumerate().all(|(index, id)| id.is_some_and(|id| id.0 as usize == index));
        for track in trace.tracks.iter().filter(|track| track.kind == TrackKind::Api) {
            for link in &mut trace.events.link[track.range()] {
                if !(in_order && (*link as usize) < ids.len()) {
                    *link = ids.get(*link as usize).copied().flatten().map_or(NONE, |id| id.0);
                }
            }
        }
        trace
    }

    /// The recorded stacks as the trace's, and the id of each; equal ones may have become one since their frames were named.
    fn build_stacks(&self) -> (Stacks, Vec<Option<StackId>>) {
        let mut stacks = Stacks::default();
        let frames: Vec<FrameId> = self.frames.iter().map(|&frame| stacks.intern_frame(frame)).collect();
        let mut ids: Vec<Option<StackId>> = Vec::with_capacity(self.stacks.len());
        for &(caller, frame) in &self.stacks {
            let caller = caller.and_then(|caller| ids[caller as usize]);
            let frame = frames.get(frame as usize);
            ids.push(frame.map(|&frame| stacks.push(caller, frame)).or(caller));
        }
        (stacks, ids)
    }
}
