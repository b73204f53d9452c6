//! Events to rows: what phases and categories mean.
//!
//! Phases are those of the trace-event format (the "Trace Event Format" document of Chromium's Catapult); categories are
//! those that PyTorch's Kineto writes, from PyTorch 1.8 (`Kernel`, `Runtime`, `Operator`) to today (`kernel`,
//! `cuda_runtime`, `cpu_op`). What only makes sense with other events (begins and ends, counters, names) is collected here
//! and put together in [`join`](super::join), because the events of one file may be read by several threads.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::event::{RawEvent, Value, for_each_member};
use super::gpu::{GpuArgs, TransferName};
use super::number::{parse_float, parse_integer, parse_us_as_ns};
use super::text::Text;
use crate::{
    EventKind, Gpu, KernelConfig, NONE, NewEvent, StringId, TraceBuilder, TrackKey, TrackKind, Transfer, TransferKind,
};

/// Most GPUs of one trace; higher device numbers are refused a GPU of their own.
const DEVICES_MAX: i64 = 4096;

/// What was read by one thread.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) builder: TraceBuilder,
    /// Begins and ends of slices, in the order of the file.
    pub(super) halves: Vec<Half>,
    pub(super) series: Vec<Series>,
    pub(super) names: Vec<Name>,
    /// API calls and GPU work without a correlation id, which flows may give them.
    pub(super) uncorrelated: Vec<Uncorrelated>,
    /// Ids of flows from calls to GPU work, by where they start or end. Empty where every row has a correlation id.
    pub(super) flows: FxHashMap<Place, u32>,
    pub(super) devices: Vec<Gpu>,
    pub(super) tally: Tally,
    /// Whether anything was seen that only Kineto writes.
    pub(super) is_kineto: bool,
    host_tracks: FxHashMap<(i64, i64, TrackKind), u32>,
    last_host_track: Option<((i64, i64, TrackKind), u32)>,
    gpu_tracks: FxHashMap<(i64, i64, i64, TrackKind), u32>,
    async_tracks: FxHashMap<(i64, StringId), u32>,
    series_ids: FxHashMap<(i64, StringId, u64, StringId), usize>,
    labels: FxHashSet<(i64, i64)>,
}

/// How often something was met that a reader of the trace should know.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Tally {
    pub(super) elements_odd: u64,
    pub(super) phases_unknown: u64,
    pub(super) phases_ignored: u64,
    pub(super) ts_wrong: u64,
    pub(super) dur_wrong: u64,
    pub(super) dur_negative: u64,
    pub(super) text_wrong: u64,
    pub(super) args_wrong: u64,
}

/// One side of a slice that is written as two events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    /// What begin and end have in common: process and thread, or the id of an asynchronous slice.
    pub(super) owner: (i64, i64),
    pub(super) is_end: bool,
    /// The slice, for a begin; its duration is not known yet. For an end only the time counts.
    pub(super) slice: NewEvent,
}

/// Where an event stands: process or device, thread or stream, start, and whether that is on a GPU.
pub(super) type Place = (i64, i64, i64, bool);

/// An event that waits for the id of its flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uncorrelated {
    pub(super) place: Place,
    pub(super) event: NewEvent,
}

/// Values of one counter.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) process: i64,
    /// The event's name and id.
    pub(super) name: String,
    /// The key of the value in the event's arguments.
    pub(super) key: String,
    pub(super) unit: &'static str,
    pub(super) device: Option<u32>,
    pub(super) ts_ns: Vec<i64>,
    pub(super) values: Vec<f64>,
}

/// A name that a metadata event gives to a process (`thread` is `None`) or a thread.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) process: i64,
    pub(super) thread: Option<i64>,
    pub(super) name: String,
}

/// What an event of a category is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Category {
    Host(EventKind, TrackKind),
    Kernel,
    Memcpy,
    Memset,
    Annotation,
    Sync,
    /// A whole CUDA graph. Kineto has no such category; rustg's own export does.
    Graph,
}

/// The category of this name. `legacy` is set for names so general that other tools use them too: such events count as
/// GPU work only where their arguments say so.
#[inline]
fn category(name: &[u8]) -> (Category, bool) {
    use Category::{Annotation, Graph, Host, Kernel, Memcpy, Memset, Sync};
    match name {
        b"cpu_op" => (Host(EventKind::Operator, TrackKind::Operator), false),
        b"kernel" => (Kernel, false),
        b"cuda_runtime" | b"cuda_driver" => (Host(EventKind::Api, TrackKind::Api), false),
        b"python_function" => (Host(EventKind::Python, TrackKind::Python), false),
        b"gpu_memcpy" => (Memcpy, false),
        b"gpu_memset" => (Memset, false),
        b"user_annotation" => (Host(EventKind::Nvtx, TrackKind::Nvtx), false),
        b"gpu_user_annotation" => (Annotation, false),
        b"overhead" => (Host(EventKind::Overhead, TrackKind::Overhead), false),
        b"cuda_sync" => (Sync, false),
        b"gpu_graph" => (Graph, false),
        b"hip_runtime"
        | b"hip_driver"
        | b"xpu_runtime"
        | b"xpu_driver"
        | b"mtia_runtime"
        | b"privateuse1_runtime"
        | b"privateuse1_driver" => (Host(EventKind::Api, TrackKind::Api), false),
        b"Kernel" => (Kernel, true),
        b"Memcpy" => (Memcpy, true),
        b"Memset" => (Memset, true),
        b"Runtime" => (Host(EventKind::Api, TrackKind::Api), true),
        b"Operator" => (Host(EventKind::Operator, TrackKind::Operator), true),
        _ => (Host(EventKind::Other, TrackKind::Other), true),
    }
}

impl Rows {
    /// Bytes of text held so far.
    pub(super) fn text_bytes(&self) -> usize {
        self.builder.strings.size_bytes()
    }

    /// Takes one event.
    #[inline]
    pub(super) fn event(&mut self, event: &RawEvent) {
        let phase = match event.phase {
            Value::Text(Text { raw: &[phase], .. }) => phase,
            _ => 0,
        };
        if phase == b'M' {
            return self.metadata(event);
        }
        let Some(ts_ns) = event.ts.digits().and_then(parse_us_as_ns) else {
            self.tally.ts_wrong += 1;
            return;
        };
        match phase {
            b'X' => self.complete(event, ts_ns),
            b's' | b't' | b'f' => self.flow(event, ts_ns, phase),
            b'B' | b'E' => {
                let owner = (self.process(event), self.thread(event));
                self.half(event, ts_ns, owner, phase == b'E', None);
            }
            b'b' | b'e' | b'S' | b'F' => {
                let owner = (ASYNC_OWNER, self.async_id(event));
                let track = self.async_track(event);
                self.half(event, ts_ns, owner, matches!(phase, b'e' | b'F'), Some(track));
            }
            b'i' | b'I' | b'R' | b'n' | b'T' | b'p' => self.instant(event, ts_ns, phase),
            b'C' => self.counter(event, ts_ns),
            _ => {
                self.builder.cover(ts_ns, ts_ns);
                match phase {
                    b'N' | b'O' | b'D' | b'P' | b'v' | b'V' | b'c' | b'(' | b')' => self.tally.phases_ignored += 1,
                    _ => self.tally.phases_unknown += 1,
                }
            }
        }
    }

    fn complete(&mut self, event: &RawEvent, ts_ns: i64) {
        let dur_ns = match event.dur.digits().map(parse_us_as_ns) {
            Some(Some(dur_ns)) if dur_ns >= 0 => dur_ns as u64,
            Some(Some(_)) => {
                self.tally.dur_negative += 1;
                0
            }
            Some(None) if event.dur.digits() != Some(b"null") => {
                self.tally.dur_wrong += 1;
                0
            }
            _ => 0,
        };
        let row = NewEvent { dur_ns, ..self.row(event, ts_ns) };
        let uncorrelated = match row.kind {
            EventKind::Api => row.detail == NONE,
            kind => kind.is_gpu_work() && row.link == NONE,
        };
        if uncorrelated {
            let place = match row.kind {
                EventKind::Api => (self.process(event), self.thread(event), ts_ns, false),
                _ => gpu_place(event, ts_ns),
            };
            self.uncorrelated.push(Uncorrelated { place, event: row });
        } else {
            self.builder.push(row);
        }
    }

    /// Flows of Kineto (`ac2g`; `async` in its first versions) lead from calls to GPU work and have the correlation id as
    /// theirs. They matter where the arguments, which have it too, were taken out of the file.
    fn flow(&mut self, event: &RawEvent, ts_ns: i64, phase: u8) {
        self.builder.cover(ts_ns, ts_ns);
        if self.uncorrelated.is_empty() || !matches!(event.category.text(), Some(Text { raw: b"ac2g" | b"async", .. }))
        {
            return;
        }
        if let Some(id) = event.id.digits().and_then(parse_integer).and_then(|id| u32::try_from(id).ok()) {
            // Kineto ends a flow at the call, too, where the call launched nothing.
            let host = (self.process(event), self.thread(event), ts_ns, false);
            self.flows.insert(host, id);
            if phase == b'f' {
                self.flows.insert(gpu_place(event, ts_ns), id);
            }
        }
    }

    fn half(&mut self, event: &RawEvent, ts_ns: i64, owner: (i64, i64), is_end: bool, track: Option<u32>) {
        self.builder.cover(ts_ns, ts_ns);
        let mut slice = NewEvent {
            track: 0,
            start_ns: ts_ns,
            dur_ns: 0,
            name: StringId::EMPTY,
            kind: EventKind::Other,
            detail: NONE,
            link: NONE,
        };
        if !is_end {
            slice = match track {
                Some(track) => NewEvent { track, name: self.name(event.name), ..slice },
                None => self.row(event, ts_ns),
            };
        }
        self.halves.push(Half { owner, is_end, slice });
    }

    /// The row of a slice but for its duration.
    #[inline]
    fn row(&mut self, event: &RawEvent, ts_ns: i64) -> NewEvent {
        let (mut category, legacy) = match event.category {
            Value::Text(text) => category(text.raw),
            _ => (Category::Host(EventKind::Other, TrackKind::Other), true),
        };
        let name = self.name(event.name);
        let mut row =
            NewEvent { track: 0, start_ns: ts_ns, dur_ns: 0, name, kind: EventKind::Other, detail: NONE, link: NONE };
        let mut args = GpuArgs::default();
        let needs_args = !matches!(category, Category::Host(kind, _) if kind != EventKind::Api);
        if needs_args && let Value::Container(object) = event.args {
            self.tally.args_wrong += u64::from(!args.read(object));
        }
        if legacy && matches!(event.process, Value::Text(Text { raw: b"CUDA functions", .. })) {
            // The profiler before Kineto: device number as thread, no arguments.
            category = Category::Kernel;
            (args.device, args.stream) = (event.thread.digits().and_then(parse_integer), Some(0));
        } else if legacy && needs_args && !args.names_cuda() {
            category = Category::Host(EventKind::Other, TrackKind::Other);
        }
        self.is_kineto |= !legacy || needs_args && args.names_cuda();
        match category {
            Category::Host(kind, track_kind) => {
                let (process, thread) = (self.process(event), self.thread(event));
                row.kind = kind;
                row.track = self.host_track(process, thread, track_kind);
                if kind == EventKind::Api {
                    row.detail = args.correlation();
                }
            }
            Category::Annotation => {
                row.kind = EventKind::Annotation;
                row.track = self.gpu_track(event, &args, TrackKind::Annotation);
            }
            Category::Graph => {
                row.kind = EventKind::GraphExec;
                row.track = self.gpu_track(event, &args, TrackKind::Graph);
                row.link = args.correlation();
            }
            Category::Sync => {
                row.kind = EventKind::Sync;
                row.track = self.gpu_track(event, &args, TrackKind::Sync);
                row.link = args.correlation();
            }
            Category::Kernel => {
                row.kind = EventKind::Kernel;
                row.track = self.gpu_track(event, &args, TrackKind::Stream);
                row.link = args.correlation();
                let config: KernelConfig = args.kernel_config();
                row.detail = self.builder.kernel_config(config);
            }
            Category::Memcpy | Category::Memset => {
                row.kind = if category == Category::Memcpy { EventKind::Memcpy } else { EventKind::Memset };
                row.track = self.gpu_track(event, &args, TrackKind::Stream);
                row.link = args.correlation();
                let TransferName { mut kind, from, to } = TransferName::parse(self.builder.strings.get(name));
                if category == Category::Memset {
                    kind = TransferKind::Memset;
                }
                let transfer = Transfer { kind, size_bytes: args.size_bytes(), from, to, graph: args.graph() };
                row.detail = self.builder.transfer(transfer);
            }
        }
        row
    }

    fn instant(&mut self, event: &RawEvent, ts_ns: i64, phase: u8) {
        if let Value::Text(Text { raw: b"[memory]", .. }) = event.name {
            return self.memory(event, ts_ns);
        }
        let track = match phase {
            b'n' | b'T' | b'p' => self.async_track(event),
            _ => {
                let (process, thread) = (self.process(event), self.thread(event));
                self.host_track(process, thread, TrackKind::Other)
            }
        };
        let name = self.name(event.name);
        let kind = EventKind::Instant;
        self.builder.push(NewEvent { track, start_ns: ts_ns, dur_ns: 0, name, kind, detail: NONE, link: NONE });
    }

    /// Kineto's allocator events carry running totals.
    fn memory(&mut self, event: &RawEvent, ts_ns: i64) {
        self.builder.cover(ts_ns, ts_ns);
        let Value::Container(args) = event.args else { return };
        let (mut device, mut on_gpu, mut totals) = (0, false, [None; 2]);
        for_each_member(args, |key, value| match key {
            b"Device Id" => device = value.digits().and_then(parse_integer).unwrap_or(0),
            b"Device Type" => on_gpu = value.digits() == Some(b"1"),
            b"Total Allocated" => totals[0] = value.digits().and_then(parse_float),
            b"Total Reserved" => totals[1] = value.digits().and_then(parse_float),
            _ => {}
        });
        let device = on_gpu.then(|| device_index(device));
        for (value, name) in totals.into_iter().zip(["memory allocated", "memory reserved"]) {
            if let Some(value) = value {
                let owner = device.map_or(-1, i64::from);
                let name_id = self.builder.strings.intern(name);
                let series = self.series(owner, name_id, None, b"");
                (series.unit, series.device) = ("B", device);
                series.ts_ns.push(ts_ns);
                series.values.push(value);
            }
        }
    }

    fn counter(&mut self, event: &RawEvent, ts_ns: i64) {
        self.builder.cover(ts_ns, ts_ns);
        let Value::Container(args) = event.args else { return };
        let process = self.process(event);
        let name = self.name(event.name);
        let id = event.id.text();
        let mut wrong = 0;
        let whole = for_each_member(args, |key, value| match value.digits().and_then(parse_float) {
            Some(value) => {
                let series = self.series(process, name, id, key);
                series.ts_ns.push(ts_ns);
                series.values.push(value);
            }
            None => wrong += 1,
        });
        self.tally.args_wrong += wrong + u64::from(!whole);
    }

    fn series(&mut self, process: i64, name: StringId, id: Option<Text>, key: &[u8]) -> &mut Series {
        let key_text = String::from_utf8_lossy(key);
        let key_id = self.builder.strings.intern(&key_text);
        let id_hash = id.map_or(0, |id| hash_of(&id.raw));
        let index = *self.series_ids.entry((process, name, id_hash, key_id)).or_insert_with(|| {
            let mut name = self.builder.strings.get(name).to_owned();
            if let Some(id) = id {
                name = format!("{name} {}", id.decode().0);
            }
            let key = key_text.into_owned();
            let (ts_ns, values) = (Vec::new(), Vec::new());
            self.series.push(Series { process, name, key, unit: "", device: None, ts_ns, values });
            self.series.len() - 1
        });
        &mut self.series[index]
    }

    fn metadata(&mut self, event: &RawEvent) {
        let of_thread = match event.name {
            Value::Text(Text { raw: b"process_name", .. }) => false,
            Value::Text(Text { raw: b"thread_name", .. }) => true,
            _ => return,
        };
        let Value::Container(args) = event.args else { return };
        let mut name = None;
        for_each_member(args, |key, value| {
            if key == b"name" {
                name = value.text().map(|text| text.decode().0.into_owned());
            }
        });
        if let Some(name) = name {
            let process = identity(event.process).0;
            let thread = of_thread.then(|| identity(event.thread).0);
            self.names.push(Name { process, thread, name });
        }
    }

    /// Takes a member of the object around the events.
    pub(super) fn member(&mut self, key: &str, value: Value) {
        match (key, value) {
            ("baseTimeNanoseconds", Value::Plain(digits)) => self.builder.epoch_offset_ns = parse_integer(digits),
            ("deviceProperties", Value::Container(json)) => {
                self.is_kineto = true;
                self.devices.extend(super::gpu::parse_devices(json));
            }
            ("schemaVersion", _) => self.is_kineto = true,
            _ => {}
        }
    }

    #[inline]
    fn name(&mut self, value: Value) -> StringId {
        let Some(text) = value.text() else { return StringId::EMPTY };
        let (text, wrong) = text.decode();
        self.tally.text_wrong += u64::from(wrong);
        self.builder.strings.intern(&text)
    }

    #[inline]
    fn process(&mut self, event: &RawEvent) -> i64 {
        if is_of_kineto(event) {
            return self.labelled(KINETO_OWN, None);
        }
        self.labelled(event.process, None)
    }

    #[inline]
    fn thread(&mut self, event: &RawEvent) -> i64 {
        if let Some(tid) = event.thread.digits().and_then(parse_integer) {
            return tid;
        }
        let process = self.process(event);
        self.labelled(if is_of_kineto(event) { KINETO_OWN } else { event.thread }, Some(process))
    }

    /// The number of a process or thread; a label becomes a number, and the label its name.
    #[inline]
    fn labelled(&mut self, value: Value, process: Option<i64>) -> i64 {
        let (number, label) = identity(value);
        if let Some(label) = label
            && self.labels.insert((process.unwrap_or(number), number))
        {
            let (name, wrong) = label.decode();
            self.tally.text_wrong += u64::from(wrong);
            let name = if name.is_empty() { "(unnamed)".to_owned() } else { name.into_owned() };
            let thread = process.is_some().then_some(number);
            self.names.push(Name { process: process.unwrap_or(number), thread, name });
        }
        number
    }

    #[inline]
    fn host_track(&mut self, process: i64, thread: i64, kind: TrackKind) -> u32 {
        let key = (process, thread, kind);
        if let Some((last, track)) = self.last_host_track
            && last == key
        {
            return track;
        }
        let builder = &mut self.builder;
        let track = *self.host_tracks.entry(key).or_insert_with(|| {
            let process = builder.process(process);
            let thread = builder.thread(process, thread);
            builder.track(TrackKey::host(kind, process, thread))
        });
        self.last_host_track = Some((key, track));
        track
    }

    fn gpu_track(&mut self, event: &RawEvent, args: &GpuArgs, kind: TrackKind) -> u32 {
        let from_process = || event.process.digits().and_then(last_number);
        let device = args.device.or_else(from_process).unwrap_or(0);
        let from_thread = || event.thread.digits().and_then(last_number);
        let stream = args.stream.or_else(from_thread).unwrap_or(0);
        let context = args.context.unwrap_or(0);
        let builder = &mut self.builder;
        *self.gpu_tracks.entry((device, context, stream, kind)).or_insert_with(|| {
            let gpu = builder.gpu(device_index(device), "");
            // CUPTI's invalid stream id is all ones in 32 bits; Kineto writes it as -1.
            let stream = u64::try_from(stream).unwrap_or(u64::from(u32::MAX));
            let context = u32::try_from(context).unwrap_or(0);
            builder.track(TrackKey::stream(kind, None, gpu, context, stream))
        })
    }

    /// The row of asynchronous slices of one process and category.
    fn async_track(&mut self, event: &RawEvent) -> u32 {
        let process = self.process(event);
        let name = match event.category.text() {
            Some(text) => text.decode().0,
            None => "async".into(),
        };
        let name = self.builder.strings.intern(&name);
        let builder = &mut self.builder;
        *self.async_tracks.entry((process, name)).or_insert_with(|| {
            let process = Some(builder.process(process));
            let (kind, thread, gpu) = (TrackKind::Other, None, None);
            builder.track(TrackKey { kind, process, thread, gpu, context: 0, stream: 0, name })
        })
    }

    /// What begin and end of an asynchronous slice share: category and id; the process too where the id is local to it.
    fn async_id(&mut self, event: &RawEvent) -> i64 {
        let mut hasher = FxHasher::default();
        event.category.text().unwrap_or_default().raw.hash(&mut hasher);
        if let Value::Container(id2) = event.id2 {
            let process = self.process(event);
            for_each_member(id2, |key, value| {
                if key == b"local" {
                    process.hash(&mut hasher);
                }
                value.text().unwrap_or_default().raw.hash(&mut hasher);
            });
        } else {
            event.id.text().unwrap_or_default().raw.hash(&mut hasher);
        }
        hasher.finish() as i64
    }
}

/// What Kineto says of itself (its span, where the iteration starts, where its window ends) stands under three made-up
/// processes, one of which has no name. It is one row here, called this.
const KINETO_OWN: Value = Value::Text(Text { raw: b"profiler", escaped: false });

fn is_of_kineto(event: &RawEvent) -> bool {
    match event.process {
        Value::Text(Text { raw: b"Spans" | b"Traces", .. }) => true,
        Value::Text(Text { raw: b"", .. }) => {
            matches!(event.name, Value::Text(Text { raw, .. }) if raw.starts_with(b"Record Window End"))
        }
        _ => false,
    }
}

/// The first part of the owner of asynchronous slices, which no process has.
const ASYNC_OWNER: i64 = i64::MIN;

fn device_index(device: i64) -> u32 {
    device.clamp(0, DEVICES_MAX - 1) as u32
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A process or thread id: a number, also in quotes, or a label, which is given a number above all real ones.
#[inline]
fn identity(value: Value) -> (i64, Option<Text>) {
    if let Some(number) = value.digits().and_then(parse_integer) {
        return (number, None);
    }
    match value {
        Value::Text(text) => ((1 << 40) + (hash_of(&text.raw) >> 33) as i64, Some(text)),
        _ => (0, None),
    }
}

/// The place of an event of a GPU, whose process is its device and whose thread its stream.
fn gpu_place(event: &RawEvent, ts_ns: i64) -> Place {
    let number = |value: Value| value.digits().and_then(last_number).unwrap_or(0);
    (number(event.process), number(event.thread), ts_ns, true)
}

/// The number that ends `text`: 7 of `stream 7`.
fn last_number(text: &[u8]) -> Option<i64> {
    parse_integer(text).or_else(|| {
        let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        parse_integer(&text[text.len() - digits..])
    })
}
