//! One process's stream of wire records, turned into rows of a recording.
//!
//! Ids are the process's; the decoder keeps what they became in the recording. The stream is somebody else's memory: ids
//! that were never defined are shown as such, times that make no sense are bounded, nothing is trusted.

use std::collections::HashMap;
use std::path::Path;

use rustc_hash::FxHashMap;
use rustg_base::StringId;
use rustg_trace::recording::{
    ApiRow, GraphRow, KernelRow, MemoryRow, OverheadRow, RangeKind, RangeRow, RecordingWriter, SyncRow, WriteError,
};
use rustg_trace::{
    Frame, FrameId, FrameKind, Gpu, GpuId, KernelConfig, MemoryKind, ProcessId, StackId, ThreadId, TransferKind,
};
use rustg_wire::{self as wire, DecodeError, NO_ID, Record, Records, Texts};

use crate::symbols::Symbols;

/// Most definitions of one kind that a process may make: 16 million.
const DEFINITIONS_MAX: usize = 1 << 24;

/// Most NVTX ranges open at once.
const OPEN_RANGES_MAX: usize = 1 << 20;

/// What a stream has given so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Decoded {
    /// Kernels, copies, fills and graphs.
    pub gpu_events: u64,
    /// Kernels alone.
    pub kernels: u64,
    /// API calls.
    pub calls: u64,
    /// Other rows: ranges, waits, overhead.
    pub others: u64,
    /// Records known to be missing.
    pub lost: u64,
    /// Whether the process ended its stream in order.
    pub ended: bool,
}

impl Decoded {
    /// Adds what another stream has given.
    pub fn add(&mut self, other: &Decoded) {
        self.gpu_events += other.gpu_events;
        self.kernels += other.kernels;
        self.calls += other.calls;
        self.others += other.others;
        self.lost = self.lost.saturating_add(other.lost);
        self.ended |= other.ended;
    }
}

/// A native frame for which symbols are yet to be found.
#[derive(Clone, PartialEq, Eq, Debug)]
struct UnnamedFrame {
    /// Its id in the recording.
    frame: FrameId,
    /// Index into [`Decoder::modules`], if it lies in a module.
    module: Option<usize>,
    /// Offset in the module, or the address.
    offset: u64,
}

/// A module of the process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct LoadedModule {
    /// Its file.
    path: String,
    /// Its GNU build id, or empty.
    build_id: Vec<u8>,
}

/// Decodes the stream of one process.
pub struct Decoder {
    process: ProcessId,
    pid: i64,
    start_realtime_ns: u64,
    /// What is added to CUPTI's clock to give nanoseconds since the recording began.
    to_recording_ns: Option<i64>,
    texts: Vec<StringId>,
    calls: FxHashMap<(u32, u32), StringId>,
    fixed: HashMap<String, StringId>,
    configs: Vec<(StringId, u32)>,
    threads: FxHashMap<u32, ThreadId>,
    gpus: FxHashMap<u32, GpuId>,
    context_gpus: FxHashMap<u32, GpuId>,
    modules: Vec<LoadedModule>,
    frames: Vec<Option<FrameId>>,
    stacks: Vec<Option<StackId>>,
    unnamed: Vec<UnnamedFrame>,
    open_ranges: FxHashMap<u32, wire::Marker>,
    last_ns: i64,
    decoded: Decoded,
    /// Raw records, for [`Decoder::take_definitions`].
    definitions: Vec<u8>,
    replaying: bool,
}

/// Puts `value` at `id` of a table that grows as ids come.
fn define<T: Clone>(table: &mut Vec<T>, id: u32, empty: T, value: T) -> bool {
    let index = id as usize;
    if index >= DEFINITIONS_MAX {
        return false;
    }
    if index >= table.len() {
        table.resize(index + 1, empty);
    }
    table[index] = value;
    true
}

/// Whether later records refer to what this one says.
fn is_definition(record: &Record<'_>) -> bool {
    use Record::{
        ApiName, Clock, Device, KernelConfig, Module, NativeFrame, Process, PythonFrame, Stack, Text, Thread,
    };
    matches!(
        record,
        Clock(..)
            | Process(..)
            | Thread(..)
            | Device(..)
            | Text(..)
            | ApiName(..)
            | KernelConfig(..)
            | Module(..)
            | PythonFrame(..)
            | NativeFrame(..)
            | Stack(..)
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Decoder {
    /// A decoder for process `pid`. Time 0 of the recording is `start_realtime_ns` since 1970.
    pub fn new(pid: u32, start_realtime_ns: u64, writer: &mut RecordingWriter) -> Self {
        Decoder {
            process: writer.process(i64::from(pid), ""),
            pid: i64::from(pid),
            start_realtime_ns,
            to_recording_ns: None,
            texts: Vec::new(),
            calls: FxHashMap::default(),
            fixed: HashMap::new(),
            configs: Vec::new(),
            threads: FxHashMap::default(),
            gpus: FxHashMap::default(),
            context_gpus: FxHashMap::default(),
            modules: Vec::new(),
            frames: Vec::new(),
            stacks: Vec::new(),
            unnamed: Vec::new(),
            open_ranges: FxHashMap::default(),
            last_ns: 0,
            decoded: Decoded::default(),
            definitions: Vec::new(),
            replaying: false,
        }
    }

    /// What has come so far.
    pub fn decoded(&self) -> Decoded {
        self.decoded
    }

    /// Gives the native frames that still have none the names of their functions. Inlined callees are left to the function
    /// they were inlined into: the stack has one frame for them all.
    pub fn name_frames(&mut self, symbols: &mut Symbols, writer: &mut RecordingWriter) {
        for unnamed in std::mem::take(&mut self.unnamed) {
            let Some(module) = unnamed.module.and_then(|module| self.modules.get(module)) else { continue };
            let functions = symbols.functions(Path::new(&module.path), &module.build_id, unnamed.offset);
            let Some(function) = functions.last() else { continue };
            let (name, file) = (writer.name(&function.name), writer.name(&function.file));
            writer.redefine_frame(unnamed.frame, Frame { name, file, line: function.line, kind: FrameKind::Native });
        }
    }

    /// Writes the records in `bytes`, which must follow those of the last call.
    ///
    /// # Errors
    /// A stream that is damaged from some byte on (the records before it are written), or the writer's.
    pub fn decode(&mut self, bytes: &[u8], writer: &mut RecordingWriter) -> Result<(), Failed> {
        let mut records = Records::new(bytes);
        while self.decode_some(&mut records, usize::MAX, writer)? {}
        Ok(())
    }

    /// Writes at most `most` of the records that follow; `false` where there were none left.
    ///
    /// # Errors
    /// As of [`Decoder::decode`].
    pub fn decode_some(
        &mut self,
        records: &mut Records<'_>,
        most: usize,
        writer: &mut RecordingWriter,
    ) -> Result<bool, Failed> {
        for done in 0..most {
            let start = records.offset();
            let Some(record) = records.next() else { return Ok(done > 0) };
            let record = record.map_err(Failed::Stream)?;
            if is_definition(&record) {
                self.definitions.extend_from_slice(records.since(start));
            }
            self.record(record, writer).map_err(Failed::Write)?;
        }
        Ok(true)
    }

    /// The records since the last call that define what later ones refer to, as they came.
    pub fn take_definitions(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.definitions)
    }

    /// Takes definitions in which an earlier decoder has given to the same recording. What that one had defined gets the
    /// same ids again.
    ///
    /// # Errors
    /// As of [`Decoder::decode`].
    pub fn replay(&mut self, definitions: &[u8], writer: &mut RecordingWriter) -> Result<(), Failed> {
        self.replaying = true;
        let result = self.decode(definitions, writer);
        self.replaying = false;
        self.definitions.clear();
        result
    }

    /// The NVTX ranges that have begun and not ended.
    pub fn open_ranges(&self) -> impl Iterator<Item = &wire::Marker> {
        self.open_ranges.values()
    }

    /// Ranges that had begun where an earlier decoder stopped.
    pub fn reopen_ranges(&mut self, markers: impl IntoIterator<Item = wire::Marker>) {
        self.open_ranges.extend(markers.into_iter().take(OPEN_RANGES_MAX).map(|marker| (marker.id, marker)));
    }

    /// Closes ranges that are still open where the stream ends.
    pub fn finish(&mut self, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let mut open: Vec<_> = std::mem::take(&mut self.open_ranges).into_values().collect();
        open.sort_by_key(|marker| (marker.ts_ns, marker.id));
        for marker in open {
            let start_ns = self.time(marker.ts_ns);
            self.range(&marker, start_ns, self.last_ns.max(start_ns), RangeKind::Nvtx, writer)?;
        }
        Ok(())
    }

    /// A time of the recording. Without a clock record CUPTI's clock is taken for the wall clock, as it is by default.
    fn time(&mut self, cupti_ns: u64) -> i64 {
        let offset = self.to_recording_ns.unwrap_or(-(self.start_realtime_ns as i64));
        (cupti_ns as i64).saturating_add(offset)
    }

    fn span(&mut self, start_ns: u64, dur_ns: u64) -> (i64, u64) {
        let start = self.time(start_ns);
        let dur_ns = dur_ns.min(i64::MAX as u64);
        self.last_ns = self.last_ns.max(start.saturating_add(dur_ns as i64));
        (start, dur_ns)
    }

    fn record(&mut self, record: Record<'_>, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        match record {
            Record::Clock(clock) => {
                let offset = (clock.realtime_ns as i64).wrapping_sub(clock.cupti_ns as i64);
                let offset = offset.wrapping_sub(self.start_realtime_ns as i64);
                self.to_recording_ns.get_or_insert(offset);
            }
            Record::Process(_, texts) => {
                let name = Texts(texts).next().map(text).unwrap_or_default();
                writer.process(self.pid, &name);
            }
            Record::Thread(thread, name) => {
                let id = writer.thread(self.process, i64::from(thread.tid), &text(wire::name_of(name)));
                self.threads.insert(thread.tid, id);
            }
            Record::Device(device, texts) => self.device(&device, texts, writer),
            Record::Text(header, rest) => {
                let bytes = rest.get(..header.size_bytes as usize).unwrap_or(rest);
                let name = writer.name(&text(bytes));
                define(&mut self.texts, header.id, StringId::EMPTY, name);
            }
            Record::ApiName(call, name) => {
                let name = writer.name(&text(wire::name_of(name)));
                self.calls.insert((call.domain, call.cbid), name);
            }
            Record::KernelConfig(config) => self.config(&config, writer),
            Record::Module(module, texts) => {
                let mut texts = Texts(texts);
                let build_id = texts.next().unwrap_or_default().to_vec();
                let path = texts.next().map(text).unwrap_or_default();
                define(&mut self.modules, module.id, LoadedModule::default(), LoadedModule { path, build_id });
            }
            Record::PythonFrame(frame, texts) => {
                let mut texts = Texts(texts).map(text);
                let name = writer.name(&texts.next().unwrap_or_default());
                let file = writer.name(&texts.next().unwrap_or_default());
                let id = writer.frame(Frame { name, file, line: frame.line, kind: FrameKind::Python });
                define(&mut self.frames, frame.id, None, Some(id));
            }
            Record::NativeFrame(frame) => self.native_frame(&frame, writer),
            Record::Stack(stack) => {
                let caller = self.stacks.get(stack.caller as usize).copied().flatten();
                if let Some(frame) = self.frames.get(stack.frame as usize).copied().flatten() {
                    let id = writer.stack(caller, frame);
                    define(&mut self.stacks, stack.id, None, Some(id));
                }
            }
            Record::Kernel(kernel) => self.kernel(&kernel, writer)?,
            Record::Transfer(transfer) => self.transfer(&transfer, writer)?,
            Record::GraphExec(graph) => self.graph(&graph, writer)?,
            Record::Api(api) => self.api(&api, writer)?,
            Record::Sync(sync) => self.sync(&sync, writer)?,
            Record::Overhead(overhead) => self.overhead(&overhead, writer)?,
            Record::Marker(marker) => self.marker(marker, writer)?,
            Record::Lost(lost) => {
                self.decoded.lost = self.decoded.lost.saturating_add(lost.count);
                writer.lost(
                    match lost.what {
                        wire::LOST_CUPTI => "records that CUPTI dropped",
                        wire::LOST_RING => "records that did not fit into the ring",
                        wire::LOST_STACKS => "host stacks",
                        _ => "records",
                    },
                    lost.count,
                );
            }
            Record::Note(header, rest) => {
                writer.note(&text(rest.get(..header.size_bytes as usize).unwrap_or(rest)));
            }
            Record::End(_) => self.decoded.ended = true,
            Record::Unknown(..) => {}
        }
        Ok(())
    }

    fn device(&mut self, device: &wire::Device, texts: &[u8], writer: &mut RecordingWriter) {
        let mut texts = Texts(texts).map(text);
        let gpu = Gpu {
            device: device.device,
            uuid: texts.next().unwrap_or_default(),
            name: texts.next().unwrap_or_default(),
            compute_capability: (device.cc_major, device.cc_minor),
            sm_count: device.sm_count,
            memory_bytes: device.memory_bytes,
            max_threads_per_sm: device.max_threads_per_sm,
            registers_per_sm: device.registers_per_sm,
            shared_bytes_per_sm: device.shared_bytes_per_sm,
        };
        let id = writer.gpu(&gpu);
        self.gpus.insert(device.device, id);
    }

    /// The GPU with this ordinal; one that was never described is added bare.
    fn gpu(&mut self, device: u32, context: u32, writer: &mut RecordingWriter) -> GpuId {
        let id = *self.gpus.entry(device).or_insert_with(|| writer.gpu(&Gpu { device, ..Gpu::default() }));
        if context != 0 {
            self.context_gpus.insert(context, id);
        }
        id
    }

    fn thread(&mut self, tid: u32, writer: &mut RecordingWriter) -> ThreadId {
        *self.threads.entry(tid).or_insert_with(|| writer.thread(self.process, i64::from(tid), ""))
    }

    fn config(&mut self, config: &wire::KernelConfig, writer: &mut RecordingWriter) {
        let id = writer.kernel_config(KernelConfig {
            grid: [config.grid_x, config.grid_y, config.grid_z],
            block: [config.block_x, config.block_y, config.block_z],
            cluster: [config.cluster_x, config.cluster_y, config.cluster_z],
            registers: config.registers,
            shared_static_bytes: config.shared_static_bytes,
            shared_dynamic_bytes: config.shared_dynamic_bytes,
            local_bytes: config.local_bytes,
            graph: config.graph,
            graph_node: config.graph_node,
            source_occupancy_permille: 0,
        });
        let name = self.texts.get(config.name as usize).copied().unwrap_or(StringId::EMPTY);
        define(&mut self.configs, config.id, (StringId::EMPTY, NO_ID), (name, id));
    }

    fn native_frame(&mut self, frame: &wire::NativeFrame, writer: &mut RecordingWriter) {
        let module = self.modules.get(frame.module as usize).map(|module| module.path.as_str()).unwrap_or_default();
        let short = module.rsplit('/').next().unwrap_or_default();
        let name = match short {
            "" => format!("{:#x}", frame.offset),
            short => format!("{short}+{:#x}", frame.offset),
        };
        let (name, file) = (writer.name(&name), writer.name(module));
        let unnamed = Frame { name, file, line: 0, kind: FrameKind::Native };
        let id = if self.replaying { writer.frame(unnamed) } else { writer.new_frame(unnamed) };
        if define(&mut self.frames, frame.id, None, Some(id)) {
            let module = (frame.module != NO_ID).then_some(frame.module as usize);
            self.unnamed.push(UnnamedFrame { frame: id, module, offset: frame.offset });
        }
    }

    fn kernel(&mut self, kernel: &wire::Kernel, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let (start_ns, dur_ns) = self.span(kernel.start_ns, kernel.dur_ns);
        let known = self.configs.get(kernel.config as usize).copied().filter(|config| config.1 != NO_ID);
        let (name, config) = match known {
            Some((name, config)) => (name, Some(config)),
            None => (self.fixed("(unknown kernel)", writer), None),
        };
        self.decoded.gpu_events += 1;
        self.decoded.kernels += 1;
        let gpu = self.gpu(kernel.device, kernel.context, writer);
        writer.kernel(KernelRow {
            process: self.process,
            gpu,
            context: kernel.context,
            stream: u64::from(kernel.stream),
            start_ns,
            dur_ns,
            correlation: correlation(kernel.correlation),
            name,
            config,
        })
    }

    fn transfer(&mut self, transfer: &wire::Transfer, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let (start_ns, dur_ns) = self.span(transfer.start_ns, transfer.dur_ns);
        self.decoded.gpu_events += 1;
        let gpu = self.gpu(transfer.device, transfer.context, writer);
        writer.memory(MemoryRow {
            process: self.process,
            gpu,
            context: transfer.context,
            stream: u64::from(transfer.stream),
            start_ns,
            dur_ns,
            correlation: correlation(transfer.correlation),
            kind: transfer_kind(transfer.kind),
            size_bytes: transfer.size_bytes,
            from: memory_kind(transfer.from),
            to: memory_kind(transfer.to),
            graph: transfer.graph,
        })
    }

    fn graph(&mut self, graph: &wire::GraphExec, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let (start_ns, dur_ns) = self.span(graph.start_ns, graph.dur_ns);
        self.decoded.gpu_events += 1;
        let gpu = self.gpu(graph.device, graph.context, writer);
        writer.graph(GraphRow {
            process: self.process,
            gpu,
            context: graph.context,
            stream: u64::from(graph.stream),
            start_ns,
            dur_ns,
            correlation: correlation(graph.correlation),
            graph: graph.graph,
        })
    }

    fn api(&mut self, api: &wire::Api, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let (start_ns, dur_ns) = self.span(api.start_ns, api.dur_ns);
        let name = match self.calls.get(&(api.domain, api.cbid)) {
            Some(&name) => name,
            None => self.fixed(&format!("call {} of API {}", api.cbid, api.domain), writer),
        };
        self.decoded.calls += 1;
        let thread = self.thread(api.tid, writer);
        writer.api(ApiRow {
            process: self.process,
            thread,
            start_ns,
            dur_ns,
            correlation: correlation(api.correlation),
            name,
            stack: self.stacks.get(api.stack as usize).copied().flatten(),
        })
    }

    fn sync(&mut self, sync: &wire::Sync, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let (start_ns, dur_ns) = self.span(sync.start_ns, sync.dur_ns);
        let name = match sync.kind {
            1 => "event synchronize",
            2 => "stream wait event",
            3 => "stream synchronize",
            4 => "context synchronize",
            _ => "synchronize",
        };
        self.decoded.others += 1;
        // CUPTI's value for "no stream": the wait is of a whole context or of an event.
        let stream = if sync.stream == NO_ID { 0 } else { u64::from(sync.stream) };
        let name = self.fixed(name, writer);
        writer.sync(SyncRow {
            process: self.process,
            gpu: self.context_gpus.get(&sync.context).copied(),
            context: sync.context,
            stream,
            start_ns,
            dur_ns,
            correlation: correlation(sync.correlation),
            name,
        })
    }

    fn overhead(&mut self, overhead: &wire::Overhead, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let (start_ns, dur_ns) = self.span(overhead.start_ns, overhead.dur_ns);
        let name = match (overhead.kind & 0xffff, overhead.kind >> 16) {
            (1, _) => "driver compiler",
            (_, 1) => "CUPTI buffer flush",
            (_, 2) => "CUPTI instrumentation",
            (_, 3) => "CUPTI resource creation",
            (_, 4) => "module loading by the runtime",
            (_, 5) => "lazy function loading",
            (_, 6) => "command buffer full",
            (_, 7) => "activity buffer request",
            (_, 8) => "UVM activity initialisation",
            _ => "overhead",
        };
        self.decoded.others += 1;
        let thread = (overhead.tid != 0).then(|| self.thread(overhead.tid, writer));
        let name = self.fixed(name, writer);
        writer.overhead(OverheadRow { process: self.process, thread, start_ns, dur_ns, name })
    }

    fn marker(&mut self, marker: wire::Marker, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        let at_ns = self.time(marker.ts_ns);
        self.last_ns = self.last_ns.max(at_ns);
        match marker.flags {
            wire::MARKER_START if self.open_ranges.len() < OPEN_RANGES_MAX => {
                self.open_ranges.insert(marker.id, marker);
                Ok(())
            }
            wire::MARKER_END => match self.open_ranges.remove(&marker.id) {
                Some(start) => {
                    let start_ns = self.time(start.ts_ns);
                    self.range(&start, start_ns, at_ns, RangeKind::Nvtx, writer)
                }
                None => Ok(()),
            },
            wire::MARKER_INSTANT => self.range(&marker, at_ns, at_ns, RangeKind::NvtxMark, writer),
            _ => Ok(()),
        }
    }

    fn range(
        &mut self,
        marker: &wire::Marker,
        start_ns: i64,
        end_ns: i64,
        kind: RangeKind,
        writer: &mut RecordingWriter,
    ) -> Result<(), WriteError> {
        self.decoded.others += 1;
        let thread = self.thread(marker.tid, writer);
        writer.range(RangeRow {
            process: self.process,
            thread,
            start_ns,
            dur_ns: end_ns.saturating_sub(start_ns).max(0) as u64,
            name: self.texts.get(marker.name as usize).copied().unwrap_or(StringId::EMPTY),
            kind,
        })
    }

    /// The id of a text of ours, interned once.
    fn fixed(&mut self, text: &str, writer: &mut RecordingWriter) -> StringId {
        if let Some(&id) = self.fixed.get(text) {
            return id;
        }
        let id = writer.name(text);
        // Names of unknown calls could be as many as a hostile stream likes.
        if self.fixed.len() < 4096 {
            self.fixed.insert(text.to_owned(), id);
        }
        id
    }
}

/// Why decoding stopped.
#[derive(Debug)]
pub enum Failed {
    /// The stream is damaged.
    Stream(DecodeError),
    /// The recording cannot be written.
    Write(WriteError),
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failed::Stream(error) => error.fmt(f),
            Failed::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failed {}

fn correlation(id: u32) -> Option<u32> {
    (id != 0).then_some(id)
}

/// CUPTI's memcpy kinds (`CUpti_ActivityMemcpyKind`), and ours for fills.
fn transfer_kind(kind: u32) -> TransferKind {
    match kind {
        1 => TransferKind::HostToDevice,
        2 => TransferKind::DeviceToHost,
        3..=7 => TransferKind::Array,
        8 => TransferKind::DeviceToDevice,
        9 => TransferKind::HostToHost,
        10 => TransferKind::PeerToPeer,
        wire::TRANSFER_MEMSET => TransferKind::Memset,
        _ => TransferKind::Unknown,
    }
}

/// CUPTI's memory kinds (`CUpti_ActivityMemoryKind`).
fn memory_kind(kind: u32) -> MemoryKind {
    match kind {
        1 => MemoryKind::Pageable,
        2 => MemoryKind::Pinned,
        3 => MemoryKind::Device,
        4 => MemoryKind::Array,
        5 => MemoryKind::Managed,
        6 => MemoryKind::DeviceStatic,
        7 => MemoryKind::ManagedStatic,
        _ => MemoryKind::Unknown,
    }
}
