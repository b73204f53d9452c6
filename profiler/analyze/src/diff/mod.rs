//! What changed between two traces: kernel by kernel, and in the figures of the whole.
//!
//! It owns the pairing of rows and the judgement whether a change is more than noise. The figures are those of
//! [`stats`](crate::stats).

mod change;

use rustg_trace::Trace;
use rustg_trace::names::{demangle, without_template_arguments};

use crate::range::{RangeError, RangeSpec};
use crate::stats::{Column, Distribution, GroupBy, Row, Stats, StatsOptions, Table, Unit, Value, hidden, shown};

pub use change::{Change, Significance, pair};

/// What to compare.
#[derive(Clone, Debug, Default)]
pub struct DiffOptions {
    /// The part of each trace that counts.
    pub range: Option<RangeSpec>,
    /// What kernels are grouped by.
    pub by: GroupBy,
}

/// One figure of the whole, before and after.
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    /// Its key: `wall_ns`, `busy_ns`, `kernels`.
    pub key: String,
    /// Whether it is in nanoseconds, or a number of things.
    pub is_time: bool,
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

impl Metric {
    /// By how much it grew, as a ratio; `None` where there was nothing before.
    pub fn ratio(&self) -> Option<f64> {
        (self.before > 0).then(|| self.after as f64 / self.before as f64 - 1.0)
    }
}

impl Row for Metric {
    const COLUMNS: &'static [Column] = &[
        shown("before", "before", Unit::Number),
        shown("after", "after", Unit::Number),
        shown("change", "change", Unit::Number),
        shown("change_ratio", "%", Unit::Change),
        hidden("unit", Unit::Text),
        shown("name", "figure", Unit::Text),
    ];

    fn values(&self) -> Vec<Value> {
        let change = i64::try_from(i128::from(self.after) - i128::from(self.before)).unwrap_or(i64::MAX);
        vec![
            self.before.into(),
            self.after.into(),
            change.into(),
            self.ratio().into(),
            if self.is_time { "ns" } else { "" }.into(),
            self.key.as_str().into(),
        ]
    }
}

/// The comparison.
#[derive(Clone, PartialEq, Debug)]
pub struct Diff {
    /// Figures of the whole.
    pub metrics: Vec<Metric>,
    /// Kernels, by the size of the change.
    pub kernels: Vec<Change>,
    /// Copies and fills by direction.
    pub memory: Vec<Change>,
    /// API calls.
    pub api: Vec<Change>,
    /// NVTX ranges, the host's time.
    pub nvtx: Vec<Change>,
    /// NVTX ranges, projected on the GPU.
    pub nvtx_gpu: Vec<Change>,
    /// Idle time of all GPUs by cause.
    pub gaps: Vec<Change>,
}

impl Diff {
    /// Compares two traces.
    ///
    /// # Errors
    /// Where the range is not in one of them.
    pub fn new(before: &Trace, after: &Trace, options: &DiffOptions) -> Result<Self, RangeError> {
        let stats = |trace: &Trace| -> Result<Stats, RangeError> {
            let range = options.range.as_ref().map(|range| range.resolve(trace)).transpose()?;
            Ok(Stats::new(trace, &StatsOptions { range, by: options.by, ..StatsOptions::default() }))
        };
        let (before, after) = (stats(before)?, stats(after)?);
        let rows = |of: fn(&Stats) -> Vec<(String, Distribution)>| pair(of(&before), of(&after), |_| None);
        let family = |name: &str| {
            let short = without_template_arguments(&demangle(name)).into_owned();
            (options.by == GroupBy::Name).then_some(short)
        };
        let kernels = |stats: &Stats| stats.kernels.iter().map(|row| (row.name.clone(), row.dur_ns)).collect();
        Ok(Diff {
            kernels: pair(kernels(&before), kernels(&after), family),
            memory: rows(|stats| stats.memory.iter().map(|row| (row.name.clone(), row.dur_ns)).collect()),
            api: rows(|stats| stats.api.iter().map(|row| (row.name.clone(), row.dur_ns)).collect()),
            nvtx: rows(|stats| stats.nvtx.iter().map(|row| (row.name.clone(), row.host_ns)).collect()),
            nvtx_gpu: rows(|stats| {
                let on_gpu = stats.nvtx.iter().filter(|row| row.gpu_ns.count > 0);
                on_gpu.map(|row| (row.name.clone(), row.gpu_ns)).collect()
            }),
            gaps: pair(gaps(&before), gaps(&after), |_| None),
            metrics: metrics(&before, &after),
        })
    }

    /// The metric with this key.
    pub fn metric(&self, key: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.key == key)
    }

    /// All tables as plain data.
    pub fn tables(&self) -> Vec<Table> {
        vec![
            Table::new("metrics", "The whole", &self.metrics),
            Table::new("kernels", "Kernels", &self.kernels),
            Table::new("memory", "Copies and fills", &self.memory),
            Table::new("gaps", "GPU idle time by cause", &self.gaps),
            Table::new("api", "API calls", &self.api),
            Table::new("nvtx", "NVTX ranges on the host", &self.nvtx),
            Table::new("nvtx_gpu", "NVTX ranges projected on the GPU", &self.nvtx_gpu),
        ]
    }
}

/// Idle time by cause, of all GPUs together. Of several GPUs only count and total can be joined; the rest is the largest one's.
fn gaps(stats: &Stats) -> Vec<(String, Distribution)> {
    let mut rows: Vec<(String, Distribution)> = Vec::new();
    for row in &stats.gaps {
        let label = row.cause.label();
        match rows.iter_mut().find(|(name, _)| name == label) {
            Some((_, sum)) => {
                let (count, total) = (sum.count + row.dur_ns.count, sum.total.saturating_add(row.dur_ns.total));
                let larger = if row.dur_ns.total > sum.total { row.dur_ns } else { *sum };
                *sum = Distribution { count, total, ..larger };
            }
            None => rows.push((label.to_owned(), row.dur_ns)),
        }
    }
    rows
}

fn metrics(before: &Stats, after: &Stats) -> Vec<Metric> {
    type Figure = fn(&Stats) -> u64;
    fn sum<T>(rows: &[T], of: fn(&T) -> u64) -> u64 {
        rows.iter().map(of).fold(0, u64::saturating_add)
    }
    let figures: [(&str, bool, Figure); 12] = [
        ("wall_ns", true, |stats| stats.summary.wall_ns),
        ("busy_ns", true, |stats| stats.summary.busy_ns),
        ("idle_ns", true, |stats| sum(&stats.overlap, |gpu| gpu.idle_ns)),
        ("kernel_ns", true, |stats| sum(&stats.kernels, |row| row.dur_ns.total)),
        ("kernels", false, |stats| stats.summary.kernels),
        ("memory_ns", true, |stats| sum(&stats.memory, |row| row.dur_ns.total)),
        ("memory_bytes", false, |stats| sum(&stats.memory, |row| row.size_bytes.total)),
        ("transfers", false, |stats| stats.summary.transfers),
        ("api_ns", true, |stats| sum(&stats.api, |row| row.dur_ns.total)),
        ("api_calls", false, |stats| stats.summary.api_calls),
        ("communication_alone_ns", true, |stats| sum(&stats.overlap, |gpu| gpu.communication_alone_ns)),
        ("gpus", false, |stats| stats.summary.gpus),
    ];
    let metric = |(key, is_time, of): (&str, bool, Figure)| {
        let key = key.to_owned();
        Metric { key, is_time, before: of(before), after: of(after) }
    };
    figures.into_iter().map(metric).collect()
}

#[cfg(test)]
mod tests;
