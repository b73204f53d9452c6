//! The past of one GPU's figures, in buckets of time.

use std::collections::{BTreeMap, VecDeque};

use rustg_record::telemetry::Metric;

/// Time of one bucket.
const BUCKET_NS: i64 = 250_000_000;
/// Buckets that are kept: half an hour.
const BUCKETS_MAX: usize = 7200;

/// How much time one column shows: buckets and its name.
pub(super) const SPANS: [(usize, &str); 4] = [(1, "¼ s"), (4, "1 s"), (20, "5 s"), (120, "30 s")];

/// The past of one GPU.
#[derive(Default)]
pub(super) struct History {
    /// The number of the newest bucket.
    newest: i64,
    series: BTreeMap<Metric, VecDeque<Bucket>>,
}

/// Sum and count of the values in a stretch of time.
#[derive(Clone, Copy, Default)]
struct Bucket {
    sum: f64,
    count: u32,
}

impl History {
    /// Adds a value to its bucket; one from before the oldest bucket is forgotten.
    pub fn add(&mut self, metric: Metric, monotonic_ns: i64, value: f64) {
        let number = monotonic_ns.div_euclid(BUCKET_NS);
        if self.series.is_empty() {
            self.newest = number;
        }
        if number > self.newest {
            let steps = usize::try_from(number - self.newest).unwrap_or(BUCKETS_MAX).min(BUCKETS_MAX);
            for series in self.series.values_mut() {
                series.extend(std::iter::repeat_n(Bucket::default(), steps));
                let extra = series.len().saturating_sub(BUCKETS_MAX);
                series.drain(..extra);
            }
            self.newest = number;
        }
        let behind = usize::try_from(self.newest - number).unwrap_or(0);
        let series = self.series.entry(metric).or_default();
        while series.len() <= behind {
            if series.len() == BUCKETS_MAX {
                return;
            }
            series.push_front(Bucket::default());
        }
        let at = series.len() - 1 - behind;
        let bucket = &mut series[at];
        bucket.sum += value;
        bucket.count += 1;
    }

    /// Whether there is any value of a metric.
    pub fn has(&self, metric: Metric) -> bool {
        self.series.contains_key(&metric)
    }

    /// The mean of the last second, or the newest value there is.
    pub fn now(&self, metric: Metric) -> Option<f64> {
        let series = self.series.get(&metric)?;
        if metric.is_averaged() {
            let total = series.iter().rev().take(4).fold(Bucket::default(), Bucket::plus);
            if let Some(mean) = total.mean() {
                return Some(mean);
            }
        }
        series.iter().rev().find_map(|bucket| bucket.mean())
    }

    /// The last `columns` stretches of `buckets` each, oldest first; `None` where there is no value. A figure that is read
    /// less often than that holds until the next reading.
    pub fn columns(&self, metric: Metric, buckets: usize, columns: usize) -> Vec<Option<f64>> {
        let Some(series) = self.series.get(&metric) else { return vec![None; columns] };
        // Columns start at multiples of their stretch, so that they do not flicker as time goes on.
        let newest = self.newest + 1;
        let partial = usize::try_from(newest.rem_euclid(buckets as i64)).unwrap_or(0);
        let mut end = series.len();
        let mut values = Vec::with_capacity(columns);
        let mut length = if partial == 0 { buckets } else { partial };
        for _ in 0..columns {
            let start = end.saturating_sub(length);
            values.push(series.range(start..end).fold(Bucket::default(), Bucket::plus).mean());
            (end, length) = (start, buckets);
        }
        values.reverse();
        if !metric.is_averaged() {
            let mut held = None;
            for value in &mut values {
                held = value.or(held);
                *value = held;
            }
        }
        values
    }
}

impl Bucket {
    fn plus(self, other: &Bucket) -> Bucket {
        Bucket { sum: self.sum + other.sum, count: self.count + other.count }
    }

    fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_means_of_their_time_and_gaps_stay_gaps() {
        let mut history = History::default();
        for (bucket, value) in [(0, 10.0), (0, 20.0), (1, 30.0), (3, 50.0)] {
            history.add(Metric::SmActive, bucket * BUCKET_NS + 5, value);
        }
        assert_eq!(history.columns(Metric::SmActive, 1, 5), [None, Some(15.0), Some(30.0), None, Some(50.0)]);
        assert_eq!(history.columns(Metric::SmActive, 4, 2), [None, Some(27.5)]);
        assert_eq!(history.now(Metric::SmActive), Some(27.5));
    }

    #[test]
    fn readings_hold_until_the_next_one() {
        let mut history = History::default();
        history.add(Metric::Power, 0, 100.0);
        history.add(Metric::SmActive, 3 * BUCKET_NS, 1.0);
        assert_eq!(history.columns(Metric::Power, 1, 5), [None, Some(100.0), Some(100.0), Some(100.0), Some(100.0)]);
        assert_eq!(history.now(Metric::Power), Some(100.0));
    }

    #[test]
    fn the_past_is_bounded_and_jumps_in_time_are_survived() {
        let mut history = History::default();
        for at in [0, 1, i64::MAX / 2, 5, i64::MAX / 2 + BUCKET_NS] {
            history.add(Metric::Power, at, 1.0);
        }
        assert!(history.series[&Metric::Power].len() <= BUCKETS_MAX);
    }
}
