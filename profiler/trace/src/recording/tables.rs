//! The tables of a recording: one macro call a table, from which its row type, its columns and its Arrow schema come.
//!
//! A column's doc comment travels in the file as the field's `description`, so that a recording explains itself.

use std::collections::HashMap;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema, SchemaRef};
use rustg_base::StringId;

use super::cell::{Cell, Stored};
use super::stream::Batch;
use crate::{FrameId, FrameKind, GpuId, KernelConfig, MemoryKind, ProcessId, StackId, ThreadId, TransferKind};

/// Rows of one table, column by column.
pub(crate) trait Columns: Default {
    /// The table's name; its file is `NAME.arrows`.
    const NAME: &'static str;
    /// How many rows there are.
    fn len(&self) -> usize;
    /// The Arrow schema of the file.
    fn schema() -> SchemaRef;
    /// All rows as one record batch of `schema`; leaves the columns empty.
    fn take_batch(&mut self, schema: &SchemaRef) -> RecordBatch;
    /// Appends the rows of a batch read from a file.
    fn append(&mut self, batch: &Batch<'_>) -> Result<(), String>;
}

/// Hands every table of a recording to the macro `$with`: its field and its columns, in the order in which they reach the disk,
/// definitions before the rows that use them.
macro_rules! recording_tables {
    ($with:ident) => {
        $with! {
            definitions {
                notes: NoteColumns,
                lost: LostColumns,
                names: NameColumns,
                processes: ProcessColumns,
                threads: ThreadColumns,
                gpus: GpuColumns,
                configs: ConfigColumns,
                frames: FrameColumns,
                stacks: StackColumns,
                series: SeriesColumns,
            }
            rows {
                api: ApiColumns,
                kernels: KernelColumns,
                memory: MemoryColumns,
                graphs: GraphColumns,
                sync: SyncColumns,
                ranges: RangeColumns,
                overhead: OverheadColumns,
                samples: SampleColumns,
            }
        }
    };
}
pub(crate) use recording_tables;

macro_rules! table {
    (
        $name:literal, $(#[doc = $doc:literal])* $row:ident, $columns:ident {
            $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $row {
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        /// The columns of this table.
        #[derive(Default)]
        pub(crate) struct $columns {
            $(pub(crate) $field: Vec<<$type as Cell>::Stored>,)*
        }

        impl $columns {
            pub(crate) fn push(&mut self, row: $row) {
                $(self.$field.push(row.$field.stored());)*
            }
        }

        impl Columns for $columns {
            const NAME: &'static str = $name;

            fn len(&self) -> usize {
                [$(self.$field.len()),*][0]
            }

            fn schema() -> SchemaRef {
                let fields = vec![$({
                    let name = stringify!($field);
                    field::<<$type as Cell>::Stored>(name, concat!($($field_doc),*))
                }),*];
                let about = HashMap::from([("description".to_owned(), concat!($($doc),*).trim().to_owned())]);
                Schema::new_with_metadata(fields, about).into()
            }

            fn take_batch(&mut self, schema: &SchemaRef) -> RecordBatch {
                let columns: Vec<ArrayRef> = vec![$(Stored::array(&mut self.$field)),*];
                RecordBatch::try_new(schema.clone(), columns).expect("the schema and the columns come from one table")
            }

            fn append(&mut self, batch: &Batch<'_>) -> Result<(), String> {
                let result = (|| {
                    $(batch.read(stringify!($field), &mut self.$field)?;)*
                    Ok(())
                })();
                if result.is_err() {
                    let whole = [$(self.$field.len()),*].into_iter().min().unwrap_or(0);
                    $(self.$field.truncate(whole);)*
                }
                result
            }
        }
    };
}

fn field<S: Stored>(name: &str, about: &str) -> Field {
    let about = HashMap::from([("description".to_owned(), about.trim().to_owned())]);
    Field::new(name, S::TYPE, S::NULLABLE).with_metadata(about)
}

table! { "names",
    /// Every text other tables refer to by id.
    NameRow, NameColumns {
        /// The id, counted from 0.
        id: u32,
        /// The text; kernel names may be mangled.
        text: String,
    }
}

table! { "processes",
    /// Recorded processes. A later row with the same id replaces an earlier one.
    ProcessRow, ProcessColumns {
        /// The id, counted from 0.
        id: u32,
        /// Process id of the operating system.
        pid: i64,
        /// Program name, or empty.
        name: String,
    }
}

table! { "threads",
    /// Host threads. A later row with the same id replaces an earlier one.
    ThreadRow, ThreadColumns {
        /// The id, counted from 0.
        id: u32,
        /// Its process, an id in `processes`.
        process: ProcessId,
        /// Thread id of the operating system.
        tid: i64,
        /// Thread name, or empty.
        name: String,
    }
}

table! { "gpus",
    /// GPUs. Unknown figures are 0. A later row with the same id replaces an earlier one.
    GpuRow, GpuColumns {
        /// The id, counted from 0.
        id: u32,
        /// CUDA device index.
        device: u32,
        /// UUID or PCI bus id, or empty.
        uuid: String,
        /// Marketing name.
        name: String,
        /// Compute capability, the figure before the point.
        compute_capability_major: u32,
        /// Compute capability, the figure after the point.
        compute_capability_minor: u32,
        /// Streaming multiprocessors.
        sm_count: u32,
        /// Device memory in bytes.
        memory_bytes: u64,
        /// Most resident threads on one multiprocessor.
        max_threads_per_sm: u32,
        /// 32-bit registers on one multiprocessor.
        registers_per_sm: u32,
        /// Shared memory on one multiprocessor in bytes.
        shared_bytes_per_sm: u32,
    }
}

table! { "configs",
    /// Launch configurations of kernels. Unknown figures are 0.
    ConfigRow, ConfigColumns {
        /// The id, counted from 0.
        id: u32,
        /// Blocks in x.
        grid_x: u32,
        /// Blocks in y.
        grid_y: u32,
        /// Blocks in z.
        grid_z: u32,
        /// Threads of a block in x.
        block_x: u32,
        /// Threads of a block in y.
        block_y: u32,
        /// Threads of a block in z.
        block_z: u32,
        /// Blocks of a cluster in x.
        cluster_x: u32,
        /// Blocks of a cluster in y.
        cluster_y: u32,
        /// Blocks of a cluster in z.
        cluster_z: u32,
        /// Registers a thread.
        registers: u32,
        /// Static shared memory a block in bytes.
        shared_static_bytes: u32,
        /// Dynamic shared memory a block in bytes.
        shared_dynamic_bytes: u32,
        /// Local memory a thread in bytes.
        local_bytes: u32,
        /// CUDA graph it was launched from, 0 for none.
        graph: u32,
        /// Node in that graph, 0 for none.
        graph_node: u64,
        /// Occupancy as the source estimated it in 1/1000, 0 where it did not.
        source_occupancy_permille: u32,
    }
}

impl ConfigColumns {
    /// The configuration in `row`.
    pub(crate) fn config(&self, row: usize) -> KernelConfig {
        KernelConfig {
            grid: [self.grid_x[row], self.grid_y[row], self.grid_z[row]],
            block: [self.block_x[row], self.block_y[row], self.block_z[row]],
            cluster: [self.cluster_x[row], self.cluster_y[row], self.cluster_z[row]],
            registers: self.registers[row],
            shared_static_bytes: self.shared_static_bytes[row],
            shared_dynamic_bytes: self.shared_dynamic_bytes[row],
            local_bytes: self.local_bytes[row],
            graph: self.graph[row],
            graph_node: self.graph_node[row],
            source_occupancy_permille: self.source_occupancy_permille[row].min(1000) as u16,
        }
    }
}

table! { "frames",
    /// Host stack frames. A later row with the same id replaces an earlier one: symbols may be found late.
    FrameRow, FrameColumns {
        /// The id, counted from 0.
        id: u32,
        /// Function, an id in `names`.
        name: StringId,
        /// Source file or module, an id in `names`.
        file: StringId,
        /// 1-based line, 0 when unknown.
        line: u32,
        /// Language: 0 Python, 1 native, 2 unknown.
        kind: FrameKind,
    }
}

table! { "stacks",
    /// Host stacks, a tree: a stack is a frame and the stack that called it. Ids of callers are below those of callees.
    StackRow, StackColumns {
        /// The id, counted from 0.
        id: u32,
        /// The calling stack, an id in this table; null for an outermost frame.
        caller: Option<StackId>,
        /// The frame, an id in `frames`.
        frame: FrameId,
    }
}

table! { "kernels",
    /// Kernel executions.
    KernelRow, KernelColumns {
        /// Process, an id in `processes`.
        process: ProcessId,
        /// GPU, an id in `gpus`.
        gpu: GpuId,
        /// CUDA context id.
        context: u32,
        /// CUDA stream id.
        stream: u64,
        /// Start in nanoseconds.
        start_ns: i64,
        /// Duration in nanoseconds.
        dur_ns: u64,
        /// Correlation id of the launching call within its process; null where unknown.
        correlation: Option<u32>,
        /// Kernel, an id in `names`.
        name: StringId,
        /// Launch configuration, an id in `configs`; null where unknown.
        config: Option<u32>,
    }
}

table! { "memory",
    /// Memory copies and fills on GPUs.
    MemoryRow, MemoryColumns {
        /// Process, an id in `processes`.
        process: ProcessId,
        /// GPU, an id in `gpus`.
        gpu: GpuId,
        /// CUDA context id.
        context: u32,
        /// CUDA stream id.
        stream: u64,
        /// Start in nanoseconds.
        start_ns: i64,
        /// Duration in nanoseconds.
        dur_ns: u64,
        /// Correlation id of the call within its process; null where unknown.
        correlation: Option<u32>,
        /// Direction: 0 unknown, 1 host to device, 2 device to host, 3 device to device, 4 host to host, 5 peer to peer, 6 array, 7 memset, 8 unified.
        kind: TransferKind,
        /// Bytes moved or filled.
        size_bytes: u64,
        /// Memory read: 0 unknown, 1 pageable, 2 pinned, 3 device, 4 array, 5 managed, 6 device static, 7 managed static.
        from: MemoryKind,
        /// Memory written, as `from`.
        to: MemoryKind,
        /// CUDA graph it was launched from, 0 for none.
        graph: u32,
    }
}

table! { "graphs",
    /// Executions of whole CUDA graphs, where nodes were not recorded.
    GraphRow, GraphColumns {
        /// Process, an id in `processes`.
        process: ProcessId,
        /// GPU, an id in `gpus`.
        gpu: GpuId,
        /// CUDA context id.
        context: u32,
        /// CUDA stream id.
        stream: u64,
        /// Start in nanoseconds.
        start_ns: i64,
        /// Duration in nanoseconds.
        dur_ns: u64,
        /// Correlation id of the launching call within its process; null where unknown.
        correlation: Option<u32>,
        /// CUDA graph.
        graph: u32,
    }
}

table! { "api",
    /// Runtime and driver API calls of host threads.
    ApiRow, ApiColumns {
        /// Process, an id in `processes`.
        process: ProcessId,
        /// Thread, an id in `threads`.
        thread: ThreadId,
        /// Start in nanoseconds.
        start_ns: i64,
        /// Duration in nanoseconds.
        dur_ns: u64,
        /// Correlation id within its process; null where there is none.
        correlation: Option<u32>,
        /// Function, an id in `names`.
        name: StringId,
        /// Host stack, an id in `stacks`; null where none was taken.
        stack: Option<StackId>,
    }
}

table! { "sync",
    /// Driver synchronisation records: what a host thread or a stream waited for.
    SyncRow, SyncColumns {
        /// Process, an id in `processes`.
        process: ProcessId,
        /// GPU, an id in `gpus`; null where unknown.
        gpu: Option<GpuId>,
        /// CUDA context id.
        context: u32,
        /// CUDA stream id.
        stream: u64,
        /// Start in nanoseconds.
        start_ns: i64,
        /// Duration in nanoseconds.
        dur_ns: u64,
        /// Correlation id of the waiting call within its process; null where unknown.
        correlation: Option<u32>,
        /// Kind of wait, an id in `names`.
        name: StringId,
    }
}

table! { "ranges",
    /// Ranges of host threads: NVTX, Python functions, framework operators and others.
    RangeRow, RangeColumns {
        /// Process, an id in `processes`.
        process: ProcessId,
        /// Thread, an id in `threads`.
        thread: ThreadId,
        /// Start in nanoseconds.
        start_ns: i64,
        /// Duration in nanoseconds, 0 for marks.
        dur_ns: u64,
        /// Text of the range, an id in `names`.
        name: StringId,
        /// What it is: 0 NVTX range, 1 NVTX mark, 2 Python function, 3 operator, 4 other.
        kind: RangeKind,
    }
}

table! { "overhead",
    /// Time the profiler or the driver took for itself.
    OverheadRow, OverheadColumns {
        /// Process, an id in `processes`.
        process: ProcessId,
        /// Thread, an id in `threads`; null where it is of the whole process.
        thread: Option<ThreadId>,
        /// Start in nanoseconds.
        start_ns: i64,
        /// Duration in nanoseconds.
        dur_ns: u64,
        /// Kind of overhead, an id in `names`.
        name: StringId,
    }
}

table! { "series",
    /// Telemetry series, whose values are in `samples`.
    SeriesRow, SeriesColumns {
        /// The id, counted from 0.
        id: u32,
        /// What is measured.
        name: String,
        /// Unit of the values, or empty.
        unit: String,
        /// GPU, an id in `gpus`; null where it belongs to none.
        gpu: Option<GpuId>,
    }
}

table! { "samples",
    /// Telemetry values over time.
    SampleRow, SampleColumns {
        /// Series, an id in `series`.
        series: u32,
        /// When the value was taken, in nanoseconds.
        ts_ns: i64,
        /// The value, in the unit of its series.
        value: f64,
    }
}

table! { "lost",
    /// Records known to be missing; counts of the same kind add up.
    LostRow, LostColumns {
        /// What was lost.
        what: String,
        /// How many.
        count: u64,
    }
}

table! { "notes",
    /// Sentences the reader of the recording should see.
    NoteRow, NoteColumns {
        /// The sentence.
        text: String,
    }
}

/// What a [`RangeRow`] is.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RangeKind {
    /// An NVTX range.
    Nvtx,
    /// An NVTX mark, a point in time.
    NvtxMark,
    /// A Python function.
    Python,
    /// A framework operator.
    Operator,
    /// Anything else.
    Other,
}

impl Cell for RangeKind {
    type Stored = u8;
    fn stored(self) -> u8 {
        self as u8
    }
}
