//! Distributions: count, total, min, median, p95 and max of many groups at once, exact.

use super::table::Value;

/// What is known of a set of durations (or sizes), in the unit of its values.
///
/// - `median` is the middle value; of an even number of values the mean of the middle two, rounded down. (Nsight Systems prints
///   the same mean with its half.)
/// - `p95` is the nearest-rank percentile: the smallest value that at least 95 % of all values do not exceed.
/// - `total` saturates instead of wrapping, which takes a trace of 292 years.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Distribution {
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub total: u64,
    /// The smallest.
    pub min: u64,
    /// The middle one.
    pub median: u64,
    /// The nearest-rank 95th percentile.
    pub p95: u64,
    /// The largest.
    pub max: u64,
    /// Sample standard deviation (n − 1); 0 for a single value.
    pub stddev: f64,
}

impl Distribution {
    /// The cells of the columns `total_ns`, `share`, `count`, `min_ns`, `median_ns`, `p95_ns` and `max_ns`, in the order in
    /// which every table of durations has them. `share` is that of the table's total.
    pub(crate) fn values(&self, share: f64) -> [Value; 7] {
        [
            self.total.into(),
            share.into(),
            self.count.into(),
            self.min.into(),
            self.median.into(),
            self.p95.into(),
            self.max.into(),
        ]
    }

    /// The distribution of `values`, which are reordered.
    pub fn of(values: &mut [u64]) -> Self {
        let (Some(&min), Some(&max)) = (values.iter().min(), values.iter().max()) else {
            return Distribution::default();
        };
        let count = values.len();
        let sum: u128 = values.iter().map(|&value| u128::from(value)).sum();
        let mean = sum as f64 / count as f64;
        let squares: f64 = values.iter().map(|&value| (value as f64 - mean).powi(2)).sum();
        let rank = (count * 95).div_ceil(100) - 1;
        let p95 = *values.select_nth_unstable(rank).1;
        let middle = count / 2;
        // Everything up to the 95th percentile is left of it, the median included.
        let left = &mut values[..=rank.max(middle)];
        let (below, &mut upper, _) = left.select_nth_unstable(middle);
        let lower = if count % 2 == 1 { upper } else { below.iter().copied().max().unwrap_or(upper) };
        Distribution {
            count: count as u64,
            total: u64::try_from(sum).unwrap_or(u64::MAX),
            min,
            median: lower + (upper - lower) / 2,
            p95,
            max,
            stddev: if count < 2 { 0.0 } else { (squares / (count - 1) as f64).sqrt() },
        }
    }

    /// The mean, 0 of no values.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.total as f64 / self.count as f64 }
    }
}

/// Values sorted into groups: a counting sort, so that any number of groups costs two passes over the values.
#[derive(Debug, Default)]
pub(crate) struct Grouped {
    ends: Vec<usize>,
    values: Vec<u64>,
}

impl Grouped {
    /// Sorts what `each` emits, twice the same, into groups `0..group_count`.
    pub(crate) fn collect(group_count: usize, each: impl Fn(&mut dyn FnMut(&[(u32, u64)]))) -> Self {
        let mut next = vec![0usize; group_count];
        each(&mut |batch| {
            for &(group, _) in batch {
                next[group as usize] += 1;
            }
        });
        let mut sum = 0;
        for slot in &mut next {
            sum += std::mem::replace(slot, sum);
        }
        let mut values = vec![0u64; sum];
        each(&mut |batch| {
            for &(group, value) in batch {
                let slot = &mut next[group as usize];
                values[*slot] = value;
                *slot += 1;
            }
        });
        Grouped { ends: next, values }
    }

    /// The values of each group that has any, with its number.
    pub(crate) fn groups(&mut self) -> impl Iterator<Item = (u32, &mut [u64])> {
        let mut rest = self.values.as_mut_slice();
        let mut start = 0;
        self.ends.iter().enumerate().filter_map(move |(group, &end)| {
            let (own, after) = std::mem::take(&mut rest).split_at_mut(end - start);
            rest = after;
            start = end;
            (!own.is_empty()).then_some((group as u32, own))
        })
    }

    /// The distribution of each group that has values.
    pub(crate) fn distributions(mut self) -> Vec<(u32, Distribution)> {
        let threads = if self.values.len() < 200_000 { 1 } else { crate::threads() };
        let share = self.values.len().div_ceil(threads).max(1);
        let mut parts: Vec<Vec<(u32, &mut [u64])>> = vec![Vec::new()];
        let mut filled = 0;
        for (group, values) in self.groups() {
            if filled >= share && parts.len() < threads {
                parts.push(Vec::new());
                filled = 0;
            }
            filled += values.len();
            parts.last_mut().expect("starts with one").push((group, values));
        }
        let of = |part: Vec<(u32, &mut [u64])>| -> Vec<(u32, Distribution)> {
            part.into_iter().map(|(group, values)| (group, Distribution::of(values))).collect()
        };
        std::thread::scope(|scope| {
            let own = parts.remove(0);
            let others: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || of(part))).collect();
            let mut rows = of(own);
            for other in others {
                rows.extend(other.join().expect("the distribution of a slice cannot panic"));
            }
            rows
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_sorted_values() {
        // A multiplicative generator is random enough here.
        let mut state = 1u64;
        for count in (1..150).chain([1000, 1001]) {
            let mut values: Vec<u64> = (0..count)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    (state >> 33) % 50
                })
                .collect();
            let found = Distribution::of(&mut values);
            values.sort_unstable();
            let n = values.len();
            assert_eq!((found.min, found.max), (values[0], values[n - 1]));
            assert_eq!(found.median, (values[(n - 1) / 2] + values[n / 2]) / 2);
            let at_most = |value: u64| values.iter().filter(|&&other| other <= value).count() * 100;
            assert!(at_most(found.p95) >= 95 * n, "p95 covers 95 % of {n}");
            assert!(found.p95 == values[0] || at_most(found.p95 - 1) < 95 * n, "p95 is the smallest such value of {n}");
            assert_eq!(found.total, values.iter().sum::<u64>());
        }
    }

    #[test]
    fn the_standard_deviation_is_the_samples() {
        let found = Distribution::of(&mut [2, 4, 4, 4, 5, 5, 7, 9]);
        assert!((found.stddev - (32f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(Distribution::of(&mut [7]).stddev, 0.0);
        assert_eq!(Distribution::of(&mut []), Distribution::default());
    }

    #[test]
    fn totals_saturate_on_hostile_values() {
        assert_eq!(Distribution::of(&mut [u64::MAX, u64::MAX]).total, u64::MAX);
        assert_eq!(Distribution::of(&mut [u64::MAX, u64::MAX]).median, u64::MAX);
    }

    #[test]
    fn groups_keep_their_own_values() {
        let rows: Vec<(u32, u64)> = (0..1000).map(|value| ((value % 7) as u32, value)).collect();
        let grouped = Grouped::collect(9, |emit| rows.chunks(64).for_each(&mut *emit));
        let found = grouped.distributions();
        assert_eq!(found.len(), 7, "groups without values are left out");
        for (group, distribution) in found {
            let values: Vec<u64> = (0..1000).filter(|value| value % 7 == u64::from(group)).collect();
            assert_eq!(distribution, Distribution::of(&mut values.clone()));
        }
    }
}
