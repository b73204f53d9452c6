//! The columns of each table: a name, a type, and how a cell comes from the trace.

use rustg_base::StringId;

use super::EventTable;
use crate::{EventId, FrameKind, KernelConfig, MemoryKind, NONE, Trace, Transfer, TransferKind};

/// One row: an event and its track, a counter's sample, or a row of a small table.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The track of an event, the counter of a sample.
    pub(super) owner: usize,
    pub(super) index: usize,
}

/// A column.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    cell: fn(&Trace, Row) -> Cell<'_>,
}

impl Column {
    pub(super) fn cell<'t>(&self, trace: &'t Trace, row: Row) -> Cell<'t> {
        (self.cell)(trace, row)
    }
}

/// The type of a column's cells, each of which may be missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Signed,
    Unsigned,
    Float,
    /// A text of the trace's string table.
    Name,
    Text,
}

/// A cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'t> {
    Missing,
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Name(StringId),
    Text(&'t str),
}

macro_rules! columns {
    // What all work on GPUs has, and then its own.
    (work; $($own:tt)*) => {
        columns! {
            "start_ns" Signed start_ns,
            "dur_ns" Unsigned dur_ns,
            "name" Name name,
            "gpu" Unsigned gpu,
            "context" Unsigned context,
            "stream" Unsigned stream,
            "pid" Signed pid,
            "correlation" Unsigned correlation,
            "queue_ns" Signed queue_ns,
            "launch_start_ns" Signed launch_start_ns,
            "launch_dur_ns" Unsigned launch_dur_ns,
            "launch_tid" Signed launch_tid,
            "stack" Unsigned launch_stack,
            $($own)*
        }
    };
    ($($name:literal $kind:ident $cell:expr,)*) => {
        &[$(Column { name: $name, kind: Kind::$kind, cell: $cell }),*]
    };
}

/// The columns of `table`.
pub(super) fn of(table: EventTable) -> &'static [Column] {
    match table {
        EventTable::Kernels => KERNELS,
        EventTable::Memory => MEMORY,
        EventTable::Graphs => GRAPHS,
        EventTable::Api => API,
        EventTable::Sync => SYNC,
        EventTable::Ranges => RANGES,
        EventTable::Counters => COUNTERS,
        EventTable::Stacks => STACKS,
        EventTable::Gpus => GPUS,
    }
}

const KERNELS: &[Column] = columns! {
    work;
    "grid_x" Unsigned |trace, row| config(trace, row, |k| k.grid[0]),
    "grid_y" Unsigned |trace, row| config(trace, row, |k| k.grid[1]),
    "grid_z" Unsigned |trace, row| config(trace, row, |k| k.grid[2]),
    "block_x" Unsigned |trace, row| config(trace, row, |k| k.block[0]),
    "block_y" Unsigned |trace, row| config(trace, row, |k| k.block[1]),
    "block_z" Unsigned |trace, row| config(trace, row, |k| k.block[2]),
    "cluster_x" Unsigned |trace, row| config(trace, row, |k| k.cluster[0]),
    "cluster_y" Unsigned |trace, row| config(trace, row, |k| k.cluster[1]),
    "cluster_z" Unsigned |trace, row| config(trace, row, |k| k.cluster[2]),
    "registers" Unsigned |trace, row| config(trace, row, |k| k.registers),
    "shared_static_bytes" Unsigned |trace, row| config(trace, row, |k| k.shared_static_bytes),
    "shared_dynamic_bytes" Unsigned |trace, row| config(trace, row, |k| k.shared_dynamic_bytes),
    "local_bytes" Unsigned |trace, row| config(trace, row, |k| k.local_bytes),
    "graph" Unsigned |trace, row| config(trace, row, |k| k.graph),
    "graph_node" Unsigned |trace, row| config(trace, row, |k| k.graph_node),
};

const MEMORY: &[Column] = columns! {
    work;
    "kind" Text |trace, row| transfer(trace, row, |t| Cell::Text(transfer_kind(t.kind))),
    "size_bytes" Unsigned |trace, row| transfer(trace, row, |t| Cell::Unsigned(t.size_bytes)),
    "from" Text |trace, row| transfer(trace, row, |t| memory_kind(t.from)),
    "to" Text |trace, row| transfer(trace, row, |t| memory_kind(t.to)),
    "graph" Unsigned |trace, row| transfer(trace, row, |t| Cell::Unsigned(u64::from(t.graph))),
};

const GRAPHS: &[Column] = columns! {
    work;
};

const API: &[Column] = columns! {
    "start_ns" Signed start_ns,
    "dur_ns" Unsigned dur_ns,
    "name" Name name,
    "pid" Signed pid,
    "tid" Signed tid,
    "thread_name" Name thread_name,
    "correlation" Unsigned correlation,
    "stack" Unsigned own_stack,
};

const SYNC: &[Column] = columns! {
    "start_ns" Signed start_ns,
    "dur_ns" Unsigned dur_ns,
    "name" Name name,
    "pid" Signed pid,
    "gpu" Unsigned gpu,
    "context" Unsigned context,
    "stream" Unsigned stream,
    "correlation" Unsigned correlation,
    "launch_tid" Signed launch_tid,
    "stack" Unsigned launch_stack,
};

const RANGES: &[Column] = columns! {
    "start_ns" Signed start_ns,
    "dur_ns" Unsigned dur_ns,
    "name" Name name,
    "kind" Text event_kind,
    "level" Unsigned |trace, row| Cell::Unsigned(u64::from(trace.tracks[row.owner].level)),
    "pid" Signed pid,
    "tid" Signed tid,
    "thread_name" Name thread_name,
    "gpu" Unsigned gpu,
    "stream" Unsigned stream,
};

const COUNTERS: &[Column] = columns! {
    "ts_ns" Signed |trace, row| Cell::Signed(trace.counters[row.owner].ts_ns[row.index]),
    "name" Text |trace, row| Cell::Text(&trace.counters[row.owner].name),
    "unit" Text |trace, row| Cell::Text(&trace.counters[row.owner].unit),
    "gpu" Unsigned |trace, row| match trace.counters[row.owner].gpu {
        Some(gpu) => Cell::Unsigned(u64::from(trace.gpus[gpu.index()].device)),
        None => Cell::Missing,
    },
    "value" Float |trace, row| Cell::Float(trace.counters[row.owner].values[row.index]),
};

const STACKS: &[Column] = columns! {
    "id" Unsigned |_, row| Cell::Unsigned(row.index as u64),
    "caller" Unsigned |trace, row| optional(trace.stacks.nodes()[row.index].0.map(|caller| caller.0)),
    "function" Name |trace, row| Cell::Name(frame(trace, row).name),
    "file" Name |trace, row| Cell::Name(frame(trace, row).file),
    "line" Unsigned |trace, row| Cell::Unsigned(u64::from(frame(trace, row).line)),
    "language" Text |trace, row| Cell::Text(match frame(trace, row).kind {
        FrameKind::Python => "python",
        FrameKind::Native => "native",
        FrameKind::Unknown => "",
    }),
};

const GPUS: &[Column] = columns! {
    "gpu" Unsigned |trace, row| Cell::Unsigned(u64::from(trace.gpus[row.index].device)),
    "name" Text |trace, row| Cell::Text(&trace.gpus[row.index].name),
    "uuid" Text |trace, row| Cell::Text(&trace.gpus[row.index].uuid),
    "compute_capability_major" Unsigned |trace, row| Cell::Unsigned(u64::from(trace.gpus[row.index].compute_capability.0)),
    "compute_capability_minor" Unsigned |trace, row| Cell::Unsigned(u64::from(trace.gpus[row.index].compute_capability.1)),
    "sm_count" Unsigned |trace, row| Cell::Unsigned(u64::from(trace.gpus[row.index].sm_count)),
    "memory_bytes" Unsigned |trace, row| Cell::Unsigned(trace.gpus[row.index].memory_bytes),
};

fn start_ns(trace: &Trace, row: Row) -> Cell<'_> {
    Cell::Signed(trace.events.start_ns[row.index])
}

fn dur_ns(trace: &Trace, row: Row) -> Cell<'_> {
    Cell::Unsigned(trace.events.dur_ns[row.index])
}

fn name(trace: &Trace, row: Row) -> Cell<'_> {
    Cell::Name(trace.events.name[row.index])
}

fn optional<'t>(value: Option<impl Into<u64>>) -> Cell<'t> {
    value.map_or(Cell::Missing, |value| Cell::Unsigned(value.into()))
}

fn gpu(trace: &Trace, row: Row) -> Cell<'_> {
    optional(trace.tracks[row.owner].gpu.map(|gpu| trace.gpus[gpu.index()].device))
}

fn context(trace: &Trace, row: Row) -> Cell<'_> {
    Cell::Unsigned(u64::from(trace.tracks[row.owner].context))
}

fn stream(trace: &Trace, row: Row) -> Cell<'_> {
    let track = &trace.tracks[row.owner];
    optional(track.gpu.map(|_| track.stream))
}

/// Of the track; where a GPU's work does not say, of the thread that launched it.
fn pid(trace: &Trace, row: Row) -> Cell<'_> {
    let own = trace.tracks[row.owner].process;
    let process = own.or_else(|| trace.tracks[trace.track_of(launch(trace, row)?).index()].process);
    process.map_or(Cell::Missing, |process| Cell::Signed(trace.processes[process.index()].pid))
}

fn tid(trace: &Trace, row: Row) -> Cell<'_> {
    let thread = trace.tracks[row.owner].thread;
    thread.map_or(Cell::Missing, |thread| Cell::Signed(trace.threads[thread.index()].tid))
}

fn thread_name(trace: &Trace, row: Row) -> Cell<'_> {
    let thread = trace.tracks[row.owner].thread.map(|thread| trace.threads[thread.index()].name);
    thread.filter(|&name| name != StringId::EMPTY).map_or(Cell::Missing, Cell::Name)
}

fn event(row: Row) -> EventId {
    EventId(row.index as u32)
}

fn launch(trace: &Trace, row: Row) -> Option<EventId> {
    trace.launch_of(event(row))
}

fn correlation(trace: &Trace, row: Row) -> Cell<'_> {
    let call =
        if trace.events.kind[row.index] == crate::EventKind::Api { Some(event(row)) } else { launch(trace, row) };
    optional(call.map(|call| trace.events.detail[call.index()]).filter(|&correlation| correlation != NONE))
}

/// From the end of the launching call to the start of the work; negative where the work began within the call.
fn queue_ns(trace: &Trace, row: Row) -> Cell<'_> {
    let start_ns = trace.events.start_ns[row.index];
    launch(trace, row).map_or(Cell::Missing, |call| Cell::Signed(start_ns.saturating_sub(trace.events.end_ns(call))))
}

fn launch_start_ns(trace: &Trace, row: Row) -> Cell<'_> {
    launch(trace, row).map_or(Cell::Missing, |call| Cell::Signed(trace.events.start_ns[call.index()]))
}

fn launch_dur_ns(trace: &Trace, row: Row) -> Cell<'_> {
    optional(launch(trace, row).map(|call| trace.events.dur_ns[call.index()]))
}

fn launch_tid(trace: &Trace, row: Row) -> Cell<'_> {
    let thread = launch(trace, row).and_then(|call| trace.tracks[trace.track_of(call).index()].thread);
    thread.map_or(Cell::Missing, |thread| Cell::Signed(trace.threads[thread.index()].tid))
}

fn launch_stack(trace: &Trace, row: Row) -> Cell<'_> {
    optional(launch(trace, row).and_then(|call| trace.stack_of(call)).map(|stack| stack.0))
}

fn own_stack(trace: &Trace, row: Row) -> Cell<'_> {
    optional(trace.stack_of(event(row)).map(|stack| stack.0))
}

fn config<V: Into<u64>>(trace: &Trace, row: Row, value: impl FnOnce(&KernelConfig) -> V) -> Cell<'_> {
    optional(trace.kernel_of(event(row)).map(value))
}

fn transfer<'t>(trace: &'t Trace, row: Row, value: impl FnOnce(&'t Transfer) -> Cell<'t>) -> Cell<'t> {
    trace.transfer_of(event(row)).map_or(Cell::Missing, value)
}

fn frame(trace: &Trace, row: Row) -> crate::Frame {
    trace.stacks.frame(trace.stacks.nodes()[row.index].1)
}

fn transfer_kind(kind: TransferKind) -> &'static str {
    match kind {
        TransferKind::Unknown => "unknown",
        TransferKind::HostToDevice => "host to device",
        TransferKind::DeviceToHost => "device to host",
        TransferKind::DeviceToDevice => "device to device",
        TransferKind::HostToHost => "host to host",
        TransferKind::PeerToPeer => "peer to peer",
        TransferKind::Array => "array",
        TransferKind::Memset => "memset",
        TransferKind::Unified => "unified",
    }
}

fn memory_kind<'t>(kind: MemoryKind) -> Cell<'t> {
    if kind == MemoryKind::Unknown { Cell::Missing } else { Cell::Text(kind.name()) }
}

fn event_kind(trace: &Trace, row: Row) -> Cell<'_> {
    use crate::EventKind::*;
    Cell::Text(match trace.events.kind[row.index] {
        Nvtx => "nvtx",
        Operator => "operator",
        Python => "python",
        Overhead => "overhead",
        Annotation => "annotation",
        Instant => "instant",
        Kernel | Memcpy | Memset | GraphExec | Api | Sync | Other => "other",
    })
}
