//! The time of one GPU, split among the work that ran on it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustg_trace::{EventId, GpuId};

use super::builder::FRACTION_BITS;
use crate::stats::Window;
use crate::stats::merge;

/// Goes through the work of `gpu` and tells each event's part of the GPU's time in the window, in units of 2⁻⁶⁴ ns. All
/// parts together are the GPU's busy time, exact to far less than a nanosecond.
///
/// The part comes from a clock that runs at 1/k while k things run: an event's part is what that clock advanced between
/// its start and its end, so that the sweep is O(n log k) however much overlaps.
pub(super) fn share_time(window: &Window, gpu: GpuId, mut each: impl FnMut(EventId, u128)) {
    let mut clock = Clock { now_ns: window.range.start_ns, shared: 0 };
    let mut running: BinaryHeap<Reverse<(i64, u32, u128)>> = BinaryHeap::new();
    let mut end_until = |clock: &mut Clock, running: &mut BinaryHeap<Reverse<(i64, u32, u128)>>, until_ns: i64| {
        while let Some(&Reverse((end_ns, row, opened))) = running.peek()
            && end_ns <= until_ns
        {
            clock.advance(end_ns, running.len());
            running.pop();
            each(EventId(row), clock.shared - opened);
        }
    };
    merge::for_each_in_order(window, &merge::tracks_of(window, gpu), |work| {
        end_until(&mut clock, &mut running, work.start_ns);
        clock.advance(work.start_ns, running.len());
        running.push(Reverse((work.end_ns, work.event.0, clock.shared)));
    });
    end_until(&mut clock, &mut running, i64::MAX);
}

/// Goes through the work of `gpu` and tells each event's own duration in the window, in units of 2⁻⁶⁴ ns.
pub(super) fn full_time(window: &Window, gpu: GpuId, mut each: impl FnMut(EventId, u128)) {
    merge::for_each_in_order(window, &merge::tracks_of(window, gpu), |work| {
        each(work.event, u128::from(work.end_ns.abs_diff(work.start_ns)) << FRACTION_BITS);
    });
}

/// The clock of a shared GPU.
struct Clock {
    now_ns: i64,
    /// What one of the things that run has got since the start, in units of 2⁻⁶⁴ ns.
    shared: u128,
}

impl Clock {
    fn advance(&mut self, to_ns: i64, running: usize) {
        let passed = u128::from(to_ns.abs_diff(self.now_ns)) << FRACTION_BITS;
        match running {
            0 => {}
            1 => self.shared += passed,
            _ => self.shared += passed / running as u128,
        }
        self.now_ns = to_ns;
    }
}
