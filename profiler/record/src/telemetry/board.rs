//! The figures of an interval: what a table or a script shows of many samples.

use std::collections::BTreeMap;

use super::{Metric, Sample};

/// The values of one GPU over an interval. What changes many times a second is averaged; of the rest the last value counts.
pub type Figures = BTreeMap<Metric, f64>;

/// Samples of an interval, per GPU.
#[derive(Clone, Debug, Default)]
pub struct Board {
    gpus: Vec<BTreeMap<Metric, (f64, u32)>>,
}

impl Board {
    /// Nothing yet, for so many GPUs.
    pub fn new(gpus: usize) -> Board {
        Board { gpus: vec![BTreeMap::new(); gpus] }
    }

    /// Takes a sample.
    pub fn add(&mut self, sample: &Sample) {
        let Some(gpu) = self.gpus.get_mut(sample.gpu) else { return };
        let (value, count) = gpu.entry(sample.metric).or_insert((0.0, 0));
        if sample.metric.is_averaged() {
            *value += sample.value;
            *count += 1;
        } else {
            (*value, *count) = (sample.value, 1);
        }
    }

    /// Whether every GPU has given values of both kinds: averaged ones where it has counters, and the driver's.
    pub fn is_complete(&self, has_counters: &[bool]) -> bool {
        self.gpus.iter().zip(has_counters).all(|(gpu, &counters)| {
            (!counters || gpu.keys().any(|metric| metric.is_averaged()))
                && gpu.keys().any(|metric| !metric.is_averaged())
        })
    }

    /// The figures of the interval. The next one starts without averages, but with the last of what is not averaged, as it
    /// may come less often than once an interval.
    pub fn take(&mut self) -> Vec<Figures> {
        let mean = |&(value, count): &(f64, u32)| value / f64::from(count.max(1));
        let figures = self.gpus.iter().map(|gpu| gpu.iter().map(|(&metric, sum)| (metric, mean(sum))).collect());
        let figures = figures.collect();
        for gpu in &mut self.gpus {
            gpu.retain(|metric, _| !metric.is_averaged());
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(gpu: usize, metric: Metric, value: f64) -> Sample {
        Sample { monotonic_ns: 0, gpu, metric, value }
    }

    #[test]
    fn percentages_are_averaged_and_the_last_temperature_counts() {
        let mut board = Board::new(2);
        for (active, temperature) in [(10.0, 50.0), (30.0, 52.0)] {
            board.add(&sample(1, Metric::SmActive, active));
            board.add(&sample(1, Metric::Temperature, temperature));
        }
        board.add(&sample(9, Metric::SmActive, 1.0));
        assert!(!board.is_complete(&[true, true]));
        let figures = board.take();
        assert!(figures[0].is_empty());
        assert_eq!(figures[1][&Metric::SmActive], 20.0);
        assert_eq!(figures[1][&Metric::Temperature], 52.0);
        let next = board.take();
        assert_eq!(next[1].get(&Metric::SmActive), None);
        assert_eq!(next[1][&Metric::Temperature], 52.0);
    }

    #[test]
    fn a_gpu_without_counters_is_complete_with_the_drivers_values() {
        let mut board = Board::new(1);
        board.add(&sample(0, Metric::Power, 100.0));
        assert!(board.is_complete(&[false]) && !board.is_complete(&[true]));
    }
}
