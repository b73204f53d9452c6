//! What a trace means: statistics, idle gaps and their causes, level of detail, flame graphs and comparison.
//!
//! Everything here is a function of `&`[`Trace`](rustg_trace::Trace); nothing reads files or draws.

pub mod diff;
pub mod figures;
pub mod flame;
pub mod lod;
pub mod range;
pub mod stats;

/// Threads worth starting on this machine; at most 8, which is where sharing memory bandwidth stops paying.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(8))
}
