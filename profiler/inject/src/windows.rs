//! When recording was on: `--delay` and `--range` switch it while host records go on coming.

/// Most windows remembered; records of older ones have long been converted.
const WINDOWS_MAX: usize = 4096;

/// A range's own start may be stamped a little before the callback in which recording is switched on.
const SLACK_NS: u64 = 100_000;

/// Windows of CUPTI's clock, in order.
#[derive(Clone, Debug)]
pub struct Windows {
    limited: bool,
    spans: Vec<(u64, u64)>,
}

impl Windows {
    /// No window yet. Where recording is not `limited`, everything counts as inside.
    pub fn new(limited: bool) -> Self {
        Windows { limited, spans: Vec::new() }
    }

    /// Recording begins.
    pub fn open(&mut self, now_ns: u64) {
        if !self.limited {
            return;
        }
        if self.spans.len() >= WINDOWS_MAX {
            self.spans.drain(..WINDOWS_MAX / 2);
        }
        self.spans.push((now_ns, u64::MAX));
    }

    /// Recording ends.
    pub fn close(&mut self, now_ns: u64) {
        if !self.limited {
            self.limited = true;
            self.spans.push((0, now_ns));
        } else if let Some(last) = self.spans.last_mut().filter(|last| last.1 == u64::MAX) {
            last.1 = now_ns;
        }
    }

    /// Whether recording was on at `at_ns`.
    pub fn hold(&self, at_ns: u64) -> bool {
        if !self.limited {
            return true;
        }
        let after = self.spans.partition_point(|span| span.0 <= at_ns);
        after > 0 && at_ns <= self.spans[after - 1].1
    }

    /// Whether it was on at `at_ns` or came on a moment later.
    pub fn nearly_hold(&self, at_ns: u64) -> bool {
        self.hold(at_ns) || self.hold(at_ns.saturating_add(SLACK_NS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_began_while_recording_was_on_counts() {
        let mut windows = Windows::new(true);
        assert!(!windows.hold(5));
        windows.open(1_000_000);
        assert!(windows.hold(1_000_000) && windows.hold(u64::MAX - 1) && !windows.hold(999_999));
        windows.close(2_000_000);
        windows.open(3_000_000);
        assert!(windows.hold(1_500_000) && !windows.hold(2_500_000) && windows.hold(3_000_000));
        assert!(windows.nearly_hold(2_950_000) && !windows.nearly_hold(2_500_000));
        let mut windows = Windows::new(false);
        windows.open(10);
        assert!(windows.hold(0) && windows.hold(u64::MAX));
        windows.close(20);
        assert!(windows.hold(15) && !windows.hold(21));
    }
}
