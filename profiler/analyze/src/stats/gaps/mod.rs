//! GPU idle gaps: when no stream of a GPU had work, and why.
//!
//! A gap lies between two pieces of work of one GPU, whatever their streams. Its cause is told from the work that ends it:
//! from the call that launched it, and from what the launching thread did since the GPU fell idle ([`cause`]). Gaps before the
//! first and after the last work are found too, so that busy time and gaps make up the whole window.

mod cause;
mod rows;

use std::sync::Arc;

use rustg_trace::{EventId, GpuId, TimeRange};

use super::merge;
use super::window::Window;

pub use cause::{Cause, HostCalls};
pub(crate) use rows::gpus_with_work;
pub use rows::{GapRow, LargestGapRow, gap_rows};

/// A time in which a GPU had nothing to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The GPU.
    pub gpu: GpuId,
    /// When.
    pub range: TimeRange,
    /// Why.
    pub cause: Cause,
    /// The work that ended last before it.
    pub before: Option<EventId>,
    /// The work that ended it.
    pub after: Option<EventId>,
    /// The call that launched `after`, where it was recorded.
    pub launch: Option<EventId>,
}

impl Gap {
    /// How long it was.
    pub fn dur_ns(&self) -> u64 {
        self.range.dur_ns()
    }
}

/// Finds gaps and tells their causes. Making one reads the API calls' names once.
#[derive(Debug)]
pub struct GapFinder<'a> {
    window: Window<'a>,
    host: Arc<HostCalls>,
}

impl<'a> GapFinder<'a> {
    /// A finder for the gaps in `window`.
    pub fn new(window: &Window<'a>) -> Self {
        Self::with_calls(window, Arc::new(HostCalls::new(window.trace)))
    }

    /// A finder with what an earlier one of the same trace learned of it, see [`GapFinder::calls`].
    pub fn with_calls(window: &Window<'a>, host: Arc<HostCalls>) -> Self {
        GapFinder { window: *window, host }
    }

    /// What making the finder has read, to be kept where the trace cannot be borrowed for long.
    pub fn calls(&self) -> Arc<HostCalls> {
        self.host.clone()
    }

    /// Calls `each` for the gaps of `gpu`, in order of time. Together with the GPU's busy time they make up the window.
    pub fn for_each(&self, gpu: GpuId, mut each: impl FnMut(Gap)) {
        let tracks = merge::tracks_of(&self.window, gpu);
        let mut until_ns = self.window.range.start_ns;
        let mut before = None;
        merge::for_each_in_order(&self.window, &tracks, |work| {
            if work.start_ns > until_ns {
                let range = TimeRange { start_ns: until_ns, end_ns: work.start_ns };
                each(self.gap(gpu, range, before, Some(work.event)));
            }
            if work.end_ns >= until_ns {
                before = Some(work.event);
            }
            until_ns = until_ns.max(work.end_ns);
        });
        if until_ns < self.window.range.end_ns {
            let range = TimeRange { start_ns: until_ns, end_ns: self.window.range.end_ns };
            each(self.gap(gpu, range, before, None));
        }
    }

    /// The gaps of `gpu`, in order of time.
    pub fn gaps(&self, gpu: GpuId) -> Vec<Gap> {
        let mut gaps = Vec::new();
        self.for_each(gpu, |gap| gaps.push(gap));
        gaps
    }

    /// Tells the cause of a gap: `before` ended at its start, `after` started at its end.
    pub fn gap(&self, gpu: GpuId, range: TimeRange, before: Option<EventId>, after: Option<EventId>) -> Gap {
        let launch = after.and_then(|after| self.window.trace.launch_of(after));
        let cause = self.host.cause(self.window.trace, range, before, after, launch);
        Gap { gpu, range, cause, before, after, launch }
    }

    /// What the launching thread was in, in the middle of the time that it kept the GPU waiting: NVTX ranges, Python functions,
    /// operators and the API call, outermost first. Empty where the launch was not recorded.
    pub fn host_context(&self, gap: &Gap) -> Vec<EventId> {
        self.host.context(self.window.trace, gap)
    }
}

#[cfg(test)]
mod tests;
