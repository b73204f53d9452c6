//! Flame graphs of GPU time: host stack → launch call → stream or graph → kernel.
//!
//! The whole is wall time × GPUs with records: what no kernel filled stands beside the code as idle time with its cause,
//! as overhead or as lost records, so that no share is flattered. The time of a GPU is split among the work that ran at
//! once on it: k kernels get 1/k each, exactly (see [`FlameTree::of`]).
//!
//! This module owns the tree, its building and its files (SVG, folded, speedscope, pprof). What a gap's cause is comes from the
//! idle analysis, names and colours from `rustg_trace::names`; screens draw the tree themselves.

mod builder;
mod folded;
mod host;
mod idle;
mod options;
mod order;
mod pprof;
mod reshape;
mod speedscope;
mod svg;
mod sweep;
mod tree;
mod work;

#[cfg(test)]
mod tests;

pub use folded::{emit_folded, emit_folded_difference};
pub use options::{FlameOptions, Overlap, Weight};
pub use pprof::emit_pprof;
pub use speedscope::emit_speedscope;
pub use svg::{SvgOptions, emit_svg};
pub use tree::{FlameKind, FlameNode, FlameTree};
