//! Which tracks a viewer shows, in which order, and what each holds.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::message::*;
use crate::{GpuId, ProcessId, ThreadId, Trace, Track, TrackKind};

/// One row of the viewer: a track and the parts of the trace it shows.
pub(super) struct Row {
    pub(super) uuid: u64,
    /// Rows of events, and the track for those among them that do not nest into the others.
    pub(super) parts: Vec<(Range<u32>, u64)>,
}

/// All tracks.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) descriptors: Vec<TrackDescriptor>,
    pub(super) rows: Vec<Row>,
    /// The track of each counter.
    pub(super) counters: Vec<u64>,
    /// Tracks that are described only once something turns out to go there.
    pub(super) in_reserve: FxHashMap<u64, TrackDescriptor>,
    /// Streams whose id several contexts use.
    shared_streams: FxHashSet<(Option<GpuId>, u64)>,
    processes: FxHashMap<ProcessId, u64>,
    gpus: FxHashMap<Option<GpuId>, u64>,
    last_uuid: u64,
}

impl Layout {
    pub(super) fn of(trace: &Trace) -> Layout {
        let mut layout = Layout { shared_streams: shared_streams(trace), ..Layout::default() };
        let mut threads: FxHashMap<ThreadId, usize> = FxHashMap::default();
        for track in &trace.tracks {
            if let (Some(thread), None) = (track.thread, track.gpu) {
                let row = *threads.entry(thread).or_insert_with(|| layout.thread(trace, thread));
                let parent = layout.rows[row].uuid;
                let overflow = layout.reserve(TrackDescriptor {
                    name: Some(format!("{} (overlapping)", kind_name(track.kind))),
                    parent_uuid: Some(parent),
                    ..TrackDescriptor::default()
                });
                layout.rows[row].parts.push((track.rows.clone(), overflow));
            } else {
                layout.lone_track(trace, track);
            }
        }
        for counter in &trace.counters {
            let parent_uuid = Some(layout.gpu(trace, counter.gpu));
            let unit_name = Some(counter.unit.clone()).filter(|unit| !unit.is_empty());
            let uuid = layout.add(TrackDescriptor {
                name: Some(counter.name.clone()),
                parent_uuid,
                counter: Some(CounterDescriptor { unit_name }),
                ..TrackDescriptor::default()
            });
            layout.counters.push(uuid);
        }
        layout
    }

    fn add(&mut self, descriptor: TrackDescriptor) -> u64 {
        let uuid = self.reserve(descriptor);
        self.descriptors.extend(self.in_reserve.remove(&uuid));
        uuid
    }

    fn reserve(&mut self, descriptor: TrackDescriptor) -> u64 {
        self.last_uuid += 1;
        let (uuid, sibling_order_rank) = (Some(self.last_uuid), i32::try_from(self.last_uuid).ok());
        self.in_reserve.insert(self.last_uuid, TrackDescriptor { uuid, sibling_order_rank, ..descriptor });
        self.last_uuid
    }

    fn process(&mut self, trace: &Trace, process: ProcessId) -> u64 {
        if let Some(&uuid) = self.processes.get(&process) {
            return uuid;
        }
        let known = &trace.processes[process.index()];
        let name = trace.text(known.name);
        let descriptor = ProcessDescriptor {
            pid: Some(known.pid as i32),
            process_name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        };
        let uuid = self.add(TrackDescriptor { process: Some(descriptor), ..TrackDescriptor::default() });
        self.processes.insert(process, uuid);
        uuid
    }

    /// Adds the row of a thread; returns its index.
    fn thread(&mut self, trace: &Trace, thread: ThreadId) -> usize {
        let known = &trace.threads[thread.index()];
        let parent_uuid = Some(self.process(trace, known.process));
        let name = trace.text(known.name);
        let descriptor = ThreadDescriptor {
            pid: Some(trace.processes[known.process.index()].pid as i32),
            tid: Some(known.tid),
            thread_name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        };
        let uuid = self.add(TrackDescriptor { thread: Some(descriptor), parent_uuid, ..TrackDescriptor::default() });
        self.rows.push(Row { uuid, parts: Vec::new() });
        self.rows.len() - 1
    }

    fn gpu(&mut self, trace: &Trace, gpu: Option<GpuId>) -> u64 {
        if let Some(&uuid) = self.gpus.get(&gpu) {
            return uuid;
        }
        let name = match gpu.map(|gpu| &trace.gpus[gpu.index()]) {
            Some(gpu) => format!("GPU {} {}", gpu.device, gpu.name).trim_end().to_owned(),
            None => "Telemetry".to_owned(),
        };
        let child_ordering = Some(ORDER_EXPLICIT);
        let uuid = self.add(TrackDescriptor { name: Some(name), child_ordering, ..TrackDescriptor::default() });
        self.gpus.insert(gpu, uuid);
        uuid
    }

    /// A track of no thread: of a stream, or of a whole process. Levels of one row have one name, by which viewers put
    /// them together.
    fn lone_track(&mut self, trace: &Trace, track: &Track) {
        let parent_uuid = match (track.gpu, track.process) {
            (None, None) => None,
            (None, Some(process)) => Some(self.process(trace, process)),
            (gpu, _) => Some(self.gpu(trace, gpu)),
        };
        let mut name = trace.text(track.name).to_owned();
        if name.is_empty() {
            name = match track.kind {
                TrackKind::Stream => format!("stream {}", track.stream),
                kind if track.gpu.is_some() => format!("stream {} {}", track.stream, kind_name(kind)),
                kind => kind_name(kind).to_owned(),
            };
            if track.context != 0 && self.shared_streams.contains(&(track.gpu, track.stream)) {
                name = format!("{name} (context {})", track.context);
            }
        }
        let uuid = self.add(TrackDescriptor { name: Some(name), parent_uuid, ..TrackDescriptor::default() });
        self.rows.push(Row { uuid, parts: vec![(track.rows.clone(), uuid)] });
    }
}

fn shared_streams(trace: &Trace) -> FxHashSet<(Option<GpuId>, u64)> {
    let mut contexts: FxHashMap<(Option<GpuId>, u64), u32> = FxHashMap::default();
    // Context 0 is one that the source does not say.
    let on_gpus = trace.tracks.iter().filter(|track| track.gpu.is_some() && track.context != 0);
    let shared =
        on_gpus.filter(|track| *contexts.entry((track.gpu, track.stream)).or_insert(track.context) != track.context);
    shared.map(|track| (track.gpu, track.stream)).collect()
}

fn kind_name(kind: TrackKind) -> &'static str {
    match kind {
        TrackKind::Nvtx => "NVTX",
        TrackKind::Python => "Python",
        TrackKind::Operator => "operators",
        TrackKind::Api => "API",
        TrackKind::Sync => "waits",
        TrackKind::Overhead => "overhead",
        TrackKind::Other => "other",
        TrackKind::Stream => "stream",
        TrackKind::Graph => "graphs",
        TrackKind::Annotation => "annotations",
    }
}
