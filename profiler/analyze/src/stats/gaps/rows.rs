//! The tables of gaps: by cause, and the largest ones.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;
use rustg_trace::names::compact_name;
use rustg_trace::{EventId, EventKind, GpuId, Trace};

use super::{Cause, Gap, GapFinder};
use crate::stats::distribution::Distribution;
use crate::stats::group::gpu_label;
use crate::stats::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use crate::stats::window::Window;

/// How many of the largest gaps are looked at to say what the host was doing.
const EXAMINED: usize = 256;
/// How many names of the host's context are shown.
const CONTEXT_NAMES: usize = 4;

/// All gaps of one GPU with one cause.
#[derive(Clone, PartialEq, Debug)]
pub struct GapRow {
    /// The GPU.
    pub gpu: String,
    /// Why the GPU was idle.
    pub cause: Cause,
    /// Durations.
    pub dur_ns: Distribution,
    /// Their part of the window, 0 to 1.
    pub share: f64,
    /// What the launching thread was in for most of their time, as far as the largest gaps tell.
    pub host: Option<String>,
}

impl Row for GapRow {
    const COLUMNS: &'static [Column] = &[
        shown("gpu", "GPU", Unit::Text),
        shown("cause", "cause", Unit::Text),
        shown("total_ns", "total", Unit::DurNs),
        shown("share", "%", Unit::Share),
        shown("count", "count", Unit::Count),
        hidden("min_ns", Unit::DurNs),
        roomy("median_ns", "median", Unit::DurNs),
        roomy("p95_ns", "p95", Unit::DurNs),
        roomy("max_ns", "max", Unit::DurNs),
        shown("host", "host was mostly in", Unit::Text),
        hidden("explanation", Unit::Text),
    ];

    fn values(&self) -> Vec<Value> {
        let mut values = vec![self.gpu.as_str().into(), self.cause.label().into()];
        values.extend(self.dur_ns.values(self.share));
        values.extend([self.host.clone().into(), self.cause.explanation().into()]);
        values
    }
}

/// One of the largest gaps.
#[derive(Clone, PartialEq, Debug)]
pub struct LargestGapRow {
    /// The gap.
    pub gap: Gap,
    /// The GPU.
    pub gpu: String,
    /// Since the trace's start.
    pub start_ns: i64,
    /// What the launching thread was in, outermost first, joined with arrows; empty where not known.
    pub host: String,
    /// The work before it.
    pub before: String,
    /// The work after it.
    pub after: String,
}

impl Row for LargestGapRow {
    const COLUMNS: &'static [Column] = &[
        shown("gpu", "GPU", Unit::Text),
        shown("start_ns", "at", Unit::TimeNs),
        shown("dur_ns", "idle", Unit::DurNs),
        shown("cause", "cause", Unit::Text),
        shown("host", "host was in", Unit::Text),
        roomy("before", "after kernel", Unit::Text),
        roomy("after", "before kernel", Unit::Text),
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.gpu.as_str().into(),
            self.start_ns.into(),
            self.gap.dur_ns().into(),
            self.gap.cause.label().into(),
            self.host.as_str().into(),
            self.before.as_str().into(),
            self.after.as_str().into(),
        ]
    }
}

/// Gaps of all GPUs with work: by cause (by total time), and the largest between work (by duration).
pub fn gap_rows(window: &Window, largest: usize) -> (Vec<GapRow>, Vec<LargestGapRow>) {
    let trace = window.trace;
    let finder = GapFinder::new(window);
    let kept = largest.max(EXAMINED);
    let mut rows = Vec::new();
    let mut top: BinaryHeap<Reverse<(u64, i64, GpuId)>> = BinaryHeap::new();
    let mut found: FxHashMap<(i64, GpuId), Gap> = FxHashMap::default();
    for gpu in gpus_with_work(trace) {
        let mut by_cause: [Vec<u64>; Cause::ALL.len()] = Default::default();
        finder.for_each(gpu, |gap| {
            by_cause[gap.cause as usize].push(gap.dur_ns());
            let key = Reverse((gap.dur_ns(), gap.range.start_ns, gpu));
            let full = top.len() >= kept;
            if gap.cause.is_between_work() && (!full || top.peek().is_some_and(|least| *least > key)) {
                if full && let Some(Reverse((_, start_ns, gpu))) = top.pop() {
                    found.remove(&(start_ns, gpu));
                }
                found.insert((gap.range.start_ns, gpu), gap);
                top.push(key);
            }
        });
        for (cause, mut durations) in Cause::ALL.into_iter().zip(by_cause) {
            if !durations.is_empty() {
                let dur_ns = Distribution::of(&mut durations);
                let share = dur_ns.total as f64 / (window.range.dur_ns() as f64).max(1.0);
                rows.push((gpu, GapRow { gpu: gpu_label(trace, gpu), cause, dur_ns, share, host: None }));
            }
        }
    }
    let mut examined: Vec<Gap> = found.into_values().collect();
    examined.sort_by_key(|gap| (Reverse(gap.dur_ns()), gap.range.start_ns, gap.gpu));
    let contexts: Vec<Vec<EventId>> = examined.iter().map(|gap| finder.host_context(gap)).collect();
    for (gpu, row) in &mut rows {
        row.host = mostly_in(trace, examined.iter().zip(&contexts), *gpu, row.cause);
    }
    let mut rows: Vec<GapRow> = rows.into_iter().map(|(_, row)| row).collect();
    rows.sort_by(|a, b| a.gpu.cmp(&b.gpu).then(b.dur_ns.total.cmp(&a.dur_ns.total)).then(a.cause.cmp(&b.cause)));
    let largest = examined.iter().zip(&contexts).take(largest).map(|(gap, context)| largest_row(trace, gap, context));
    (rows, largest.collect())
}

/// The GPUs with at least one record of work.
pub(crate) fn gpus_with_work(trace: &Trace) -> Vec<GpuId> {
    let mut gpus: Vec<GpuId> =
        trace.gpu_tracks().filter(|(_, track)| !track.rows.is_empty()).filter_map(|(_, track)| track.gpu).collect();
    gpus.sort_unstable();
    gpus.dedup();
    gpus
}

fn largest_row(trace: &Trace, gap: &Gap, context: &[EventId]) -> LargestGapRow {
    let name = |event: Option<EventId>| event.map(|event| shown_name(trace, event)).unwrap_or_default();
    let skipped = context.len().saturating_sub(CONTEXT_NAMES);
    let mut names: Vec<String> = context[skipped..].iter().map(|&event| shown_name(trace, event)).collect();
    names.dedup();
    LargestGapRow {
        gap: *gap,
        gpu: gpu_label(trace, gap.gpu),
        start_ns: gap.range.start_ns.saturating_sub(trace.span.start_ns),
        host: names.join(" → "),
        before: name(gap.before),
        after: name(gap.after),
    }
}

fn shown_name(trace: &Trace, event: EventId) -> String {
    let name = trace.name(event);
    if trace.events.kind[event.index()] == EventKind::Kernel {
        compact_name(name).into_owned()
    } else {
        name.to_owned()
    }
}

/// The innermost context in which most of the time of the gaps of one GPU and cause was spent.
fn mostly_in<'a>(
    trace: &Trace,
    gaps: impl Iterator<Item = (&'a Gap, &'a Vec<EventId>)>,
    gpu: GpuId,
    cause: Cause,
) -> Option<String> {
    let mut spent: FxHashMap<&str, u64> = FxHashMap::default();
    for (gap, context) in gaps.filter(|(gap, _)| gap.gpu == gpu && gap.cause == cause) {
        if let Some(&innermost) = context.last() {
            let slot = spent.entry(trace.name(innermost)).or_default();
            *slot = slot.saturating_add(gap.dur_ns());
        }
    }
    let most = spent.into_iter().max_by_key(|&(name, ns)| (ns, Reverse(name)));
    most.map(|(name, _)| name.to_owned())
}
