//! What a flame graph is asked to show.

use rustg_trace::{GpuId, TimeRange};

/// What a frame's width means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Weight {
    /// GPU nanoseconds, with idle time beside them: the whole is wall time × GPUs.
    #[default]
    Time,
    /// Kernels, copies, fills and graphs that started.
    Launches,
    /// Bytes copied and filled.
    Bytes,
    /// Nanoseconds in which a GPU had nothing to do, under the host code that let it wait.
    Idle,
}

impl Weight {
    /// All weights, in the order a screen cycles through them.
    pub const ALL: [Weight; 4] = [Weight::Time, Weight::Launches, Weight::Bytes, Weight::Idle];

    /// Its name in options and on screens.
    pub fn name(self) -> &'static str {
        match self {
            Weight::Time => "time",
            Weight::Launches => "launches",
            Weight::Bytes => "bytes",
            Weight::Idle => "idle",
        }
    }

    /// The unit of its numbers.
    pub fn unit(self) -> &'static str {
        match self {
            Weight::Time | Weight::Idle => "ns",
            Weight::Launches => "launches",
            Weight::Bytes => "bytes",
        }
    }
}

/// How the time of a GPU that runs several things at once is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Overlap {
    /// k at once get 1/k of the time each, so that the sum is the time the GPU was busy.
    #[default]
    Share,
    /// Each counts in full, so that a kernel's width is its summed duration and the whole may exceed wall time.
    Sum,
}

/// What a flame graph is asked to show; the default is all of a trace, in GPU time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FlameOptions {
    /// What widths mean.
    pub weight: Weight,
    /// How simultaneous work is counted.
    pub overlap: Overlap,
    /// Only this part of the trace.
    pub range: Option<TimeRange>,
    /// Only this GPU.
    pub gpu: Option<GpuId>,
    /// Tell the lines of a function apart, where the source of the stacks has them.
    pub lines: bool,
    /// Keep ranges apart that differ only in a number (`step 1`, `step 2`, …), however many there are.
    pub numbered: bool,
}
