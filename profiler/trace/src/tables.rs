//! The small tables of a trace: processes, threads, GPUs, tracks, launch configurations, transfers, counters, notes.

use std::ops::Range;

use rustg_base::StringId;

use crate::events::EventId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// This id as an index into its table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(
    /// A process in [`Trace::processes`](crate::Trace::processes).
    ProcessId
);
id!(
    /// A host thread in [`Trace::threads`](crate::Trace::threads).
    ThreadId
);
id!(
    /// A GPU in [`Trace::gpus`](crate::Trace::gpus).
    GpuId
);
id!(
    /// A track in [`Trace::tracks`](crate::Trace::tracks).
    TrackId
);

/// A recorded process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Process id as in the trace.
    pub pid: i64,
    /// Its name, or empty.
    pub name: StringId,
}

/// A recorded host thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The process it belongs to.
    pub process: ProcessId,
    /// Thread id as in the trace.
    pub tid: i64,
    /// Its name, or empty.
    pub name: StringId,
}

/// A GPU that was recorded, with what occupancy and roofs need. Fields the source does not give are 0 or empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gpu {
    /// Device index as in the trace.
    pub device: u32,
    /// What tells this GPU from others of the same index in other processes: its UUID or PCI bus id, or empty.
    pub uuid: String,
    /// Marketing name, "NVIDIA H200".
    pub name: String,
    /// Compute capability, (9, 0) on Hopper.
    pub compute_capability: (u32, u32),
    /// Streaming multiprocessors.
    pub sm_count: u32,
    /// Device memory.
    pub memory_bytes: u64,
    /// Most resident threads on one multiprocessor.
    pub max_threads_per_sm: u32,
    /// 32-bit registers on one multiprocessor.
    pub registers_per_sm: u32,
    /// Shared memory on one multiprocessor.
    pub shared_bytes_per_sm: u32,
}

/// What a track shows; also the order in which the tracks of one owner are listed.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum TrackKind {
    /// NVTX ranges and user annotations of a host thread.
    Nvtx,
    /// Python functions of a host thread.
    Python,
    /// Framework operators of a host thread.
    Operator,
    /// API calls of a host thread.
    Api,
    /// Driver synchronisation records.
    Sync,
    /// Profiler and driver overhead.
    Overhead,
    /// Other slices of a host thread or of an unknown track.
    Other,
    /// Work of one CUDA stream: kernels, copies, fills.
    Stream,
    /// Whole-graph records of one CUDA stream.
    Graph,
    /// Ranges already projected on a GPU by the exporter.
    Annotation,
}

impl TrackKind {
    /// All kinds, in the order of their values.
    pub const ALL: [TrackKind; 10] = [
        TrackKind::Nvtx,
        TrackKind::Python,
        TrackKind::Operator,
        TrackKind::Api,
        TrackKind::Sync,
        TrackKind::Overhead,
        TrackKind::Other,
        TrackKind::Stream,
        TrackKind::Graph,
        TrackKind::Annotation,
    ];
}

/// One row of the timeline: events of one thread or stream, of one kind of track and one nesting level, disjoint in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Track {
    /// What it shows.
    pub kind: TrackKind,
    /// The process it belongs to, where known.
    pub process: Option<ProcessId>,
    /// The host thread, for host tracks.
    pub thread: Option<ThreadId>,
    /// The GPU, for GPU tracks.
    pub gpu: Option<GpuId>,
    /// CUDA context id, for GPU tracks, 0 where unknown.
    pub context: u32,
    /// CUDA stream id as in the trace, for GPU tracks. Graph kernels carry the stream they ran on.
    pub stream: u64,
    /// Nesting depth on a host thread, or overlap depth on a stream; 0 is the outermost.
    pub level: u32,
    /// A name the source gave it, or empty.
    pub name: StringId,
    /// Its rows in [`Events`](crate::Events).
    pub rows: Range<u32>,
}

impl Track {
    /// The ids of its events, in order of start.
    pub fn events(&self) -> impl ExactSizeIterator<Item = EventId> + DoubleEndedIterator + use<> {
        (self.rows.start..self.rows.end).map(EventId)
    }

    /// Its rows as a range of indexes into the columns.
    pub fn range(&self) -> Range<usize> {
        self.rows.start as usize..self.rows.end as usize
    }
}

/// How a kernel was launched and what it needed. Equal configurations are stored once. Unknown figures are 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct KernelConfig {
    /// Blocks in x, y, z.
    pub grid: [u32; 3],
    /// Threads of a block in x, y, z.
    pub block: [u32; 3],
    /// Blocks of a cluster in x, y, z; zeros without clusters.
    pub cluster: [u32; 3],
    /// Registers a thread.
    pub registers: u32,
    /// Static shared memory a block.
    pub shared_static_bytes: u32,
    /// Dynamic shared memory a block.
    pub shared_dynamic_bytes: u32,
    /// Local memory a thread.
    pub local_bytes: u32,
    /// The CUDA graph it was launched from, 0 for none.
    pub graph: u32,
    /// Its node in that graph, 0 for none.
    pub graph_node: u64,
    /// Occupancy as the source estimated it, in 1/1000; 0 where it did not.
    pub source_occupancy_permille: u16,
}

/// Direction of a copy, or a fill.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum TransferKind {
    /// The source does not say.
    #[default]
    Unknown,
    /// Host to device.
    HostToDevice,
    /// Device to host.
    DeviceToHost,
    /// Within one device.
    DeviceToDevice,
    /// Host to host.
    HostToHost,
    /// Between two devices.
    PeerToPeer,
    /// To, from or between CUDA arrays.
    Array,
    /// A fill.
    Memset,
    /// Unified memory migration.
    Unified,
}

impl TransferKind {
    /// All kinds, in the order of their values.
    pub const ALL: [TransferKind; 9] = [
        TransferKind::Unknown,
        TransferKind::HostToDevice,
        TransferKind::DeviceToHost,
        TransferKind::DeviceToDevice,
        TransferKind::HostToHost,
        TransferKind::PeerToPeer,
        TransferKind::Array,
        TransferKind::Memset,
        TransferKind::Unified,
    ];

    /// The kind with this value, as stored in files; [`TransferKind::Unknown`] for values of later versions.
    pub fn from_u8(value: u8) -> Self {
        Self::ALL.get(value as usize).copied().unwrap_or_default()
    }
}

/// Kind of memory on one side of a transfer.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum MemoryKind {
    /// The source does not say.
    #[default]
    Unknown,
    /// Pageable host memory.
    Pageable,
    /// Pinned host memory.
    Pinned,
    /// Device memory.
    Device,
    /// A CUDA array.
    Array,
    /// Managed memory.
    Managed,
    /// Device static memory.
    DeviceStatic,
    /// Managed static memory.
    ManagedStatic,
}

impl MemoryKind {
    /// Its name, as PyTorch's profiler writes it.
    pub fn name(self) -> &'static str {
        match self {
            MemoryKind::Unknown => "Unknown",
            MemoryKind::Pageable => "Pageable",
            MemoryKind::Pinned => "Pinned",
            MemoryKind::Device => "Device",
            MemoryKind::Array => "Array",
            MemoryKind::Managed => "Managed",
            MemoryKind::DeviceStatic => "Device Static",
            MemoryKind::ManagedStatic => "Managed Static",
        }
    }

    /// All kinds, in the order of their values.
    pub const ALL: [MemoryKind; 8] = [
        MemoryKind::Unknown,
        MemoryKind::Pageable,
        MemoryKind::Pinned,
        MemoryKind::Device,
        MemoryKind::Array,
        MemoryKind::Managed,
        MemoryKind::DeviceStatic,
        MemoryKind::ManagedStatic,
    ];

    /// The kind with this value, as stored in files; [`MemoryKind::Unknown`] for values of later versions.
    pub fn from_u8(value: u8) -> Self {
        Self::ALL.get(value as usize).copied().unwrap_or_default()
    }
}

/// What a copy or fill moved. Equal transfers are stored once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Transfer {
    /// Direction.
    pub kind: TransferKind,
    /// Bytes moved or filled.
    pub size_bytes: u64,
    /// Memory read from.
    pub from: MemoryKind,
    /// Memory written to.
    pub to: MemoryKind,
    /// The CUDA graph it was launched from, 0 for none.
    pub graph: u32,
}

impl Transfer {
    /// What PyTorch's profiler calls it, "Memcpy HtoD (Pinned -> Device)": for sources that give copies no name.
    pub fn name(&self) -> String {
        let direction = match self.kind {
            TransferKind::Unknown => "",
            TransferKind::HostToDevice => " HtoD",
            TransferKind::DeviceToHost => " DtoH",
            TransferKind::DeviceToDevice => " DtoD",
            TransferKind::HostToHost => " HtoH",
            TransferKind::PeerToPeer => " PtoP",
            TransferKind::Array => " array",
            TransferKind::Unified => " unified",
            TransferKind::Memset => return format!("Memset ({})", self.to.name()),
        };
        if (self.from, self.to) == (MemoryKind::Unknown, MemoryKind::Unknown) {
            return format!("Memcpy{direction}");
        }
        format!("Memcpy{direction} ({} -> {})", self.from.name(), self.to.name())
    }
}

/// A telemetry series: values over time.
#[derive(Clone, PartialEq, Debug)]
pub struct Counter {
    /// What is measured: "SM active", "power".
    pub name: String,
    /// Unit of the values: "%", "W", "B/s", "MHz", "°C", "B", or empty.
    pub unit: String,
    /// The GPU it belongs to, if any.
    pub gpu: Option<GpuId>,
    /// When each value was taken, ascending.
    pub ts_ns: Vec<i64>,
    /// The values, as long as `ts_ns`.
    pub values: Vec<f64>,
}

/// Records that are known to be missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lost {
    /// What was lost: "kernel records", "host stacks".
    pub what: String,
    /// How many.
    pub count: u64,
}

/// Something a reader of the trace should know: a sentence, ready to show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note(pub String);

/// Where a trace came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SourceFormat {
    /// rustg's own recording.
    Recording,
    /// PyTorch's profiler (Kineto), Chrome JSON with GPU rows.
    Kineto,
    /// Chrome trace-event JSON.
    Chrome,
    /// A Nsight Systems SQLite export.
    NsightSystems,
    /// Folded stacks.
    Folded,
}
