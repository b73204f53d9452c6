//! rustg's own recording: a directory `NAME.rgt/` of append-only columnar tables.
//!
//! ```text
//! NAME.rgt/
//!   meta.json        what was recorded, by what, how the clocks relate
//!   live             locked by the recorder for as long as it runs
//!   names.arrows     the texts; other tables hold ids: processes, threads, gpus, configs, frames, stacks, series, …
//!   wire/            only while it is recorded, or where the recorder was killed: see `rustg-record`
//!   kernels.arrows   one row an execution; likewise memory, graphs, api, sync, ranges, overhead, samples, lost, notes
//! ```
//!
//! Each table is an Arrow IPC *stream* (zstd within), readable unaided by pyarrow, Polars and DuckDB; its schema describes
//! each column. Batches are appended with one write each, definitions before the rows that use them, so that whatever
//! moment the recorder is killed at, what lies on the disk is a readable prefix. A table without rows has no file.
//!
//! This module owns the layout, its writer and its readers. It does not record (`rustg-record` does) and does not join:
//! kernels meet their launching calls in [`TraceBuilder`](crate::TraceBuilder).

mod assemble;
mod cell;
mod definitions;
mod import;
mod meta;
mod stream;
mod synthetic;
mod tables;
mod writer;

#[cfg(test)]
mod tests;

pub use import::{RecordingFollower, import, is_live, is_recording};
pub use meta::{FORMAT_VERSION, RecordingMeta};
pub use synthetic::{Synthetic, write_synthetic};
pub use tables::{ApiRow, GraphRow, KernelRow, MemoryRow, OverheadRow, RangeKind, RangeRow, SyncRow};
pub use writer::{RecordingWriter, WriteError};
