//! Telemetry: what each series was, in figures.

use super::group::gpu_label;
use super::table::{Column, Row, Unit, Value, hidden, shown};
use super::window::Window;

/// One series.
#[derive(Clone, PartialEq, Debug)]
pub struct TelemetryRow {
    /// What is measured.
    pub name: String,
    /// Unit of the values.
    pub unit: String,
    /// The GPU, where it belongs to one.
    pub gpu: Option<String>,
    /// Samples in the window.
    pub count: u64,
    /// The smallest value.
    pub min: f64,
    /// The mean of the samples.
    pub mean: f64,
    /// The middle sample (the lower of two).
    pub median: f64,
    /// The nearest-rank 95th percentile.
    pub p95: f64,
    /// The largest value.
    pub max: f64,
}

impl Row for TelemetryRow {
    const COLUMNS: &'static [Column] = &[
        shown("gpu", "GPU", Unit::Text),
        shown("name", "series", Unit::Text),
        shown("unit", "unit", Unit::Text),
        shown("min", "min", Unit::Number),
        shown("mean", "mean", Unit::Number),
        shown("median", "median", Unit::Number),
        shown("p95", "p95", Unit::Number),
        shown("max", "max", Unit::Number),
        hidden("count", Unit::Count),
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.gpu.clone().into(),
            self.name.as_str().into(),
            self.unit.as_str().into(),
            self.min.into(),
            self.mean.into(),
            self.median.into(),
            self.p95.into(),
            self.max.into(),
            self.count.into(),
        ]
    }
}

/// The rows of all series with finite samples in the window, in the order of the trace.
pub fn telemetry_rows(window: &Window) -> Vec<TelemetryRow> {
    let mut rows = Vec::new();
    for counter in &window.trace.counters {
        let from = counter.ts_ns.partition_point(|&ts_ns| ts_ns < window.range.start_ns);
        let to = counter.ts_ns.partition_point(|&ts_ns| ts_ns <= window.range.end_ns);
        let slice = counter.values.get(from..to).unwrap_or_default();
        let mut values: Vec<f64> = slice.iter().copied().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (values.first(), values.last()) else { continue };
        let count = values.len();
        rows.push(TelemetryRow {
            name: counter.name.clone(),
            unit: counter.unit.clone(),
            gpu: counter.gpu.map(|gpu| gpu_label(window.trace, gpu)),
            count: count as u64,
            min,
            mean: values.iter().sum::<f64>() / count as f64,
            median: values[(count - 1) / 2],
            p95: values[(count * 95).div_ceil(100) - 1],
            max,
        });
    }
    rows
}
