//! How often to sample: as often as wanted, as long as it costs no more than its share of a core.

use std::time::Duration;

/// The pace of one sampling thread.
pub(super) struct Pace {
    wanted: Duration,
    cpu_share: f64,
    /// Mean processor time of a round; rounds differ, the recent count most.
    cost_s: f64,
}

impl Pace {
    /// Rounds `wanted` apart, or further where they would take more than `cpu_share` of a core.
    pub fn new(wanted: Duration, cpu_share: f64) -> Pace {
        Pace { wanted, cpu_share: cpu_share.max(1e-4), cost_s: 0.0 }
    }

    /// How long after its start the next round should start, given the processor time of this one.
    pub fn next(&mut self, cpu: Duration) -> Duration {
        const WEIGHT: f64 = 0.125;
        let cost_s = cpu.as_secs_f64();
        self.cost_s = if self.cost_s == 0.0 { cost_s } else { self.cost_s + (cost_s - self.cost_s) * WEIGHT };
        self.wanted.max(Duration::from_secs_f64((self.cost_s / self.cpu_share).min(60.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheap_rounds_keep_the_wanted_pace() {
        let mut pace = Pace::new(Duration::from_millis(40), 0.02);
        for _ in 0..50 {
            assert_eq!(pace.next(Duration::from_micros(200)), Duration::from_millis(40));
        }
    }

    #[test]
    fn dear_rounds_take_no_more_than_their_share() {
        let mut pace = Pace::new(Duration::from_millis(40), 0.01);
        // Sixteen GPUs of 0.25 ms each.
        let cpu = Duration::from_millis(4);
        let interval = (0..50).map(|_| pace.next(cpu)).last().unwrap();
        assert_eq!(interval, Duration::from_millis(400));
    }
}
