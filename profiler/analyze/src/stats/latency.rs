//! Launch latency: from the start of the launching call to the start of its work.

use rustc_hash::FxHashMap;
use rustg_trace::StringId;

use super::api::function_name;
use super::distribution::Distribution;
use super::launches::Launch;
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// All launches by one API function. A call that launched several pieces of work (a graph) counts once, with its first.
#[derive(Clone, PartialEq, Debug)]
pub struct LatencyRow {
    /// The function.
    pub name: String,
    /// From the start of the call to the start of its first work; 0 where clocks put the work before the call.
    pub latency_ns: Distribution,
    /// The part of it spent in the call.
    pub call_ns: Distribution,
    /// The part of it after the call had returned: in the queue. 0 where the work started before that.
    pub queue_ns: Distribution,
    /// Work that its record puts before the call that launched it: clocks that do not agree.
    pub early: u64,
}

impl Row for LatencyRow {
    const COLUMNS: &'static [Column] = &[
        shown("name", "launched by", Unit::Text),
        shown("count", "count", Unit::Count),
        roomy("min_ns", "min", Unit::DurNs),
        shown("median_ns", "median", Unit::DurNs),
        shown("p95_ns", "p95", Unit::DurNs),
        shown("max_ns", "max", Unit::DurNs),
        shown("call_median_ns", "call", Unit::DurNs),
        shown("queue_median_ns", "queue", Unit::DurNs),
        hidden("total_ns", Unit::DurNs),
        hidden("call_total_ns", Unit::DurNs),
        hidden("queue_total_ns", Unit::DurNs),
        hidden("queue_p95_ns", Unit::DurNs),
        hidden("early", Unit::Count),
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.name.as_str().into(),
            self.latency_ns.count.into(),
            self.latency_ns.min.into(),
            self.latency_ns.median.into(),
            self.latency_ns.p95.into(),
            self.latency_ns.max.into(),
            self.call_ns.median.into(),
            self.queue_ns.median.into(),
            self.latency_ns.total.into(),
            self.call_ns.total.into(),
            self.queue_ns.total.into(),
            self.queue_ns.p95.into(),
            self.early.into(),
        ]
    }
}

#[derive(Default)]
struct Samples {
    latency_ns: Vec<u64>,
    call_ns: Vec<u64>,
    queue_ns: Vec<u64>,
    early: u64,
}

/// The rows of all functions that launched work, by total latency.
pub(crate) fn latency_rows(window: &Window, launches: &[Launch]) -> Vec<LatencyRow> {
    let trace = window.trace;
    let mut by_name: FxHashMap<StringId, Samples> = FxHashMap::default();
    for launch in launches {
        let call = trace.range(launch.call);
        let samples = by_name.entry(trace.events.name[launch.call.index()]).or_default();
        let since = |start_ns: i64| u64::try_from(launch.first_ns.saturating_sub(start_ns)).unwrap_or(0);
        samples.early += u64::from(launch.first_ns < call.start_ns);
        samples.latency_ns.push(since(call.start_ns));
        samples.call_ns.push(call.dur_ns());
        samples.queue_ns.push(since(call.end_ns));
    }
    let mut rows: Vec<LatencyRow> = (by_name.into_iter())
        .map(|(name, mut samples)| LatencyRow {
            name: function_name(trace.text(name)).to_owned(),
            latency_ns: Distribution::of(&mut samples.latency_ns),
            call_ns: Distribution::of(&mut samples.call_ns),
            queue_ns: Distribution::of(&mut samples.queue_ns),
            early: samples.early,
        })
        .collect();
    rows.sort_by(|a, b| b.latency_ns.total.cmp(&a.latency_ns.total).then_with(|| a.name.cmp(&b.name)));
    rows
}
