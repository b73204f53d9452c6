//! What idle time is shown as: the causes of the gap analysis, and time in which lost records would have run.

use rustg_trace::{GpuId, TimeRange, Trace, TrackKind};

use super::FlameKind;
use crate::stats::gaps::{Cause, Gap, GapFinder};
use crate::stats::{Window, function_name};

const LOST: &str = "[lost records]";

/// Idle time of a GPU and the frame it is shown as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Idle {
    pub(super) gap: Gap,
    pub(super) kind: FlameKind,
    pub(super) label: &'static str,
}

/// Finds the idle time of GPUs.
pub(super) struct IdleFinder<'t> {
    gaps: GapFinder<'t>,
    /// When calls launched work of which no record arrived; empty where nothing is known to be lost.
    launches_lost_ns: Vec<i64>,
}

impl<'t> IdleFinder<'t> {
    pub(super) fn new(window: &Window<'t>, is_launch: &[bool]) -> Self {
        let trace = window.trace;
        let launches_lost_ns = if trace.lost.iter().any(|lost| lost.count > 0) {
            unanswered_launches(trace, is_launch)
        } else {
            Vec::new()
        };
        IdleFinder { gaps: GapFinder::new(window), launches_lost_ns }
    }

    /// Calls `each` for the idle times of `gpu` in order.
    pub(super) fn for_each(&self, gpu: GpuId, mut each: impl FnMut(Idle)) {
        self.gaps.for_each(gpu, |gap| {
            let (kind, label) = if self.has_lost_launch(gap.range) {
                (FlameKind::Lost, LOST)
            } else {
                (if gap.cause == Cause::Profiler { FlameKind::Overhead } else { FlameKind::Idle }, label(gap.cause))
            };
            each(Idle { gap, kind, label });
        });
    }

    fn has_lost_launch(&self, range: TimeRange) -> bool {
        let first = self.launches_lost_ns.partition_point(|&at_ns| at_ns < range.start_ns);
        self.launches_lost_ns.get(first).is_some_and(|&at_ns| at_ns < range.end_ns)
    }
}

fn label(cause: Cause) -> &'static str {
    match cause {
        Cause::Host => "[idle: host]",
        Cause::Sync => "[idle: sync]",
        Cause::Transfer => "[idle: transfer]",
        Cause::Allocation => "[idle: allocation]",
        Cause::Loading => "[idle: loading code]",
        Cause::Launch => "[idle: launch latency]",
        Cause::Turnaround => "[idle: turnaround]",
        Cause::Dependency => "[idle: dependency]",
        Cause::Profiler => "[profiler overhead]",
        Cause::Unknown => "[idle: unknown]",
        Cause::BeforeFirst => "[idle: before the first work]",
        Cause::AfterLast => "[idle: after the last work]",
    }
}

/// What an idle frame's label means and what helps, as a sentence.
pub(super) fn explanation(shown: &str) -> Option<&'static str> {
    if shown == LOST {
        return Some("work ran here whose records are missing");
    }
    Cause::ALL.into_iter().find(|&cause| label(cause) == shown).map(Cause::explanation)
}

/// When calls that launch kernels or graphs were made to which no GPU work belongs, in order.
fn unanswered_launches(trace: &Trace, is_launch: &[bool]) -> Vec<i64> {
    let launches = |text: &str| {
        let name = function_name(text);
        name.contains("LaunchKernel") || name.contains("GraphLaunch")
    };
    let names: Vec<bool> = trace.strings.iter().map(|(_, text)| launches(text)).collect();
    let mut starts_ns = Vec::new();
    for track in trace.tracks.iter().filter(|track| track.kind == TrackKind::Api) {
        let calls = track.range().filter(|&row| names[trace.events.name[row].index()] && !is_launch[row]);
        starts_ns.extend(calls.map(|row| trace.events.start_ns[row]));
    }
    starts_ns.sort_unstable();
    starts_ns
}
