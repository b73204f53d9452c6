//! Statistics: where the time went, as tables.
//!
//! One file a table; each turns a [`Window`] of a trace into rows, and rows into a plain [`Table`]. Everything is exact in
//! integer nanoseconds. A window cuts events at its borders, so that adjacent windows sum to the whole.

mod all;
mod api;
mod distribution;
mod enclosing;
pub mod gaps;
mod group;
mod kernels;
mod latency;
mod launches;
mod memory;
pub(crate) mod merge;
mod nvtx;
mod occupancy;
mod overlap;
mod streams;
mod summary;
mod table;
mod telemetry;
mod window;

pub use all::{Stats, StatsOptions, TableKind};
pub use api::{ApiRow, CallKind, api_rows, call_kind, function_name};
pub use distribution::Distribution;
pub use group::{GroupBy, Grouping, gpu_label, process_label, stream_label, thread_label};
pub use kernels::{KernelRow, KernelTimes, kernel_rows, kernel_times, kernels_by};
pub use latency::LatencyRow;
pub use memory::{MemoryRow, direction, memory_rows};
pub use nvtx::NvtxRow;
pub use occupancy::{Limiter, Occupancy, OccupancyRow, SmLimits, occupancy, occupancy_rows};
pub use overlap::{OverlapRow, overlap_rows};
pub use streams::{StreamRow, stream_rows};
pub use summary::Summary;
pub use table::{Column, Row, Shown, Table, Unit, Value, write_json};
pub(crate) use table::{hidden, roomy, shown};
pub use telemetry::{TelemetryRow, telemetry_rows};
pub use window::Window;
