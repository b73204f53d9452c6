//! How long each stage took, over all threads.

use std::time::{Duration, Instant};

/// A stage's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StageTime {
    /// The stage: `read`, `analyse`, a pass's name, `ptx`, `link`.
    pub stage: &'static str,
    /// The time it took, summed over the threads.
    pub time: Duration,
    /// How many threads worked on it.
    pub threads: u32,
}

/// How long each stage took, in the order in which they first ran.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Timings {
    /// The stages.
    pub stages: Vec<StageTime>,
    /// From the first to the last.
    pub wall: Duration,
}

impl Timings {
    fn add(&mut self, stage: &'static str, time: Duration, threads: u32) {
        match self.stages.iter_mut().find(|known| known.stage == stage) {
            Some(known) => (known.time, known.threads) = (known.time + time, known.threads + threads),
            None => self.stages.push(StageTime { stage, time, threads }),
        }
    }

    /// Adds what another thread measured.
    pub(crate) fn join(&mut self, other: &Timings) {
        other.stages.iter().for_each(|stage| self.add(stage.stage, stage.time, stage.threads));
    }
}

/// One thread's clock.
pub(crate) struct Clock {
    last: Instant,
    pub timings: Timings,
}

impl Clock {
    pub fn new() -> Clock {
        Clock { last: Instant::now(), timings: Timings::default() }
    }

    /// Leaves out what passed since the last stage.
    pub fn skip(&mut self) {
        self.last = Instant::now();
    }

    /// Notes that the stage took what passed since the last one.
    pub fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        let time = now - self.last;
        match self.timings.stages.iter_mut().find(|known| known.stage == stage) {
            Some(known) => known.time += time,
            None => self.timings.stages.push(StageTime { stage, time, threads: 1 }),
        }
        self.last = now;
    }
}
