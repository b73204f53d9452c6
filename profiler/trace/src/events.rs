//! Events: everything with a start and a duration, as a structure of arrays.

use rustg_base::StringId;

/// The value of a `u32` link or detail column that refers to nothing.
pub const NONE: u32 = u32::MAX;

/// The row of an event in [`Events`].
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EventId(pub u32);

impl EventId {
    /// This id as an index into the columns of [`Events`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an event is. GPU work comes first: see [`EventKind::is_gpu_work`].
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EventKind {
    /// A kernel's execution. `detail` indexes [`Trace::kernels`](crate::Trace::kernels), `link` is the launching call.
    Kernel,
    /// A memory copy on a GPU. `detail` indexes [`Trace::transfers`](crate::Trace::transfers), `link` is the launching call.
    Memcpy,
    /// A memory fill on a GPU. `detail` indexes [`Trace::transfers`](crate::Trace::transfers), `link` is the launching call.
    Memset,
    /// One whole CUDA graph's execution (graph-level tracing: its nodes are not recorded). `link` is the launching call.
    GraphExec,
    /// A runtime or driver API call on a host thread. `detail` is its correlation id, `link` its host stack ([`StackId`](crate::StackId)).
    Api,
    /// A wait recorded by the driver's own synchronisation records. `link` is the API call that waited.
    Sync,
    /// Time the profiler itself or the driver took (buffer requests, command buffers full, instrumentation).
    Overhead,
    /// An NVTX range, or a user annotation of a framework.
    Nvtx,
    /// A framework operator on a host thread (`aten::mm`).
    Operator,
    /// A Python function on a host thread.
    Python,
    /// A range some exporter has already projected onto a GPU; not work of its own.
    Annotation,
    /// Any other slice of the source file.
    Other,
    /// A point in time; its duration is 0.
    Instant,
}

impl EventKind {
    /// All kinds, in the order of their values.
    pub const ALL: [EventKind; 13] = [
        EventKind::Kernel,
        EventKind::Memcpy,
        EventKind::Memset,
        EventKind::GraphExec,
        EventKind::Api,
        EventKind::Sync,
        EventKind::Overhead,
        EventKind::Nvtx,
        EventKind::Operator,
        EventKind::Python,
        EventKind::Annotation,
        EventKind::Other,
        EventKind::Instant,
    ];

    /// Whether this is work that keeps a GPU busy: kernels, copies, fills and graphs.
    pub fn is_gpu_work(self) -> bool {
        self <= EventKind::GraphExec
    }

    /// The kind with this value, as stored in files.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.get(value as usize).copied()
    }
}

/// The events of a trace, one column a fact, 29 bytes a row.
///
/// Rows of one [`Track`](crate::Track) are contiguous, ordered by start and disjoint in time (nested or overlapping events
/// of one thread or stream are on tracks of different [`level`](crate::Track::level)); so a track's ends are ordered too.
#[derive(Clone, Default, Debug)]
pub struct Events {
    /// Start in nanoseconds on the trace's clock.
    pub start_ns: Vec<i64>,
    /// Duration in nanoseconds. `start_ns + dur_ns` never overflows.
    pub dur_ns: Vec<u64>,
    /// Name, as in the source (kernel names may be mangled).
    pub name: Vec<StringId>,
    /// Index into the table that [`EventKind`] names, or [`NONE`].
    pub detail: Vec<u32>,
    /// What the event came from, as [`EventKind`] says, or [`NONE`].
    pub link: Vec<u32>,
    /// What the event is.
    pub kind: Vec<EventKind>,
}

impl Events {
    /// No events, with room for `rows`.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Events {
            start_ns: Vec::with_capacity(rows),
            dur_ns: Vec::with_capacity(rows),
            name: Vec::with_capacity(rows),
            detail: Vec::with_capacity(rows),
            link: Vec::with_capacity(rows),
            kind: Vec::with_capacity(rows),
        }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.start_ns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.start_ns.is_empty()
    }

    /// When event `id` ended, in nanoseconds.
    pub fn end_ns(&self, id: EventId) -> i64 {
        self.start_ns[id.index()] + self.dur_ns[id.index()] as i64
    }

    /// Bytes of memory the columns take.
    pub fn size_bytes(&self) -> usize {
        self.start_ns.capacity() * 8
            + self.dur_ns.capacity() * 8
            + (self.name.capacity() + self.detail.capacity() + self.link.capacity()) * 4
            + self.kind.capacity()
    }
}
