//! The columnar trace model, its store, and the readers and writers of other tools' formats.
//!
//! `bytes → importer → `[`TraceBuilder`]` → `[`Trace`]` → queries and writers`. Renderers take `&Trace` and nothing else.
//! This crate owns what a trace *is*; what it *means* (statistics, flame graphs, level of detail) is `rustg-analyze`'s.
//!
//! All times are `i64` nanoseconds on the trace's own clock, exactly as recorded; durations are `u64` nanoseconds.

mod build;
mod events;
mod launches;
pub mod names;
pub mod read;
pub mod recording;
mod rows;
pub mod snapshot;
mod stacks;
mod tables;
mod trace;
pub mod write;

pub use build::{NewEvent, TraceBuilder, TrackKey};
pub use events::{EventId, EventKind, Events, NONE};
pub use rustg_base::{StringId, Strings};
pub use stacks::{Frame, FrameId, FrameKind, StackId, Stacks};
pub use tables::{
    Counter, Gpu, GpuId, KernelConfig, Lost, MemoryKind, Note, Process, ProcessId, SourceFormat, Thread, ThreadId,
    Track, TrackId, TrackKind, Transfer, TransferKind,
};
pub use trace::{TimeRange, Trace};
