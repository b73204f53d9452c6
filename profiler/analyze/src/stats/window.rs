//! The part of a trace that is looked at: events are cut at its borders, so that adjacent windows sum to the whole.

use std::ops::Range;

use rustg_trace::{TimeRange, Trace, Track};

/// A trace and the time range of it that counts.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// The trace.
    pub trace: &'a Trace,
    /// What of it counts.
    pub range: TimeRange,
    whole: bool,
}

impl<'a> Window<'a> {
    /// The window of `range`, or the whole trace.
    pub fn new(trace: &'a Trace, range: Option<TimeRange>) -> Self {
        let range = range.unwrap_or(trace.span);
        let whole = range.start_ns <= trace.span.start_ns && range.end_ns >= trace.span.end_ns;
        Window { trace, range, whole }
    }

    /// Whether nothing is cut away.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The rows of `track` that have a part in the window; an event without duration has one where it starts.
    pub fn rows(&self, track: &Track) -> Range<usize> {
        let rows = track.range();
        if self.whole {
            return rows;
        }
        let events = &self.trace.events;
        let starts = &events.start_ns[rows.clone()];
        let end = rows.start + starts.partition_point(|&start| start < self.range.end_ns);
        let from = self.range.start_ns;
        // Ends are ordered as starts are: a track's events are disjoint.
        let mut first = rows.start + starts.partition_point(|&start| start < from);
        while first > rows.start && events.start_ns[first - 1] + events.dur_ns[first - 1] as i64 > from {
            first -= 1;
        }
        first.min(end)..end
    }

    /// The part of row `row` in the window, as start and end.
    pub fn clip(&self, row: usize) -> (i64, i64) {
        let start = self.trace.events.start_ns[row];
        let end = start + self.trace.events.dur_ns[row] as i64;
        if self.whole { (start, end) } else { (start.max(self.range.start_ns), end.min(self.range.end_ns)) }
    }

    /// How long the part of row `row` in the window is.
    pub fn dur_ns(&self, row: usize) -> u64 {
        if self.whole {
            return self.trace.events.dur_ns[row];
        }
        let (start, end) = self.clip(row);
        u64::try_from(end - start).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_trace::{EventKind, NONE, NewEvent, SourceFormat, TraceBuilder, TrackKey, TrackKind};

    #[test]
    fn adjacent_windows_sum_to_the_whole() {
        let mut builder = TraceBuilder::new();
        let gpu = builder.gpu(0, "");
        let track = builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 1, 7));
        let name = builder.strings.intern("k");
        for (start_ns, dur_ns) in [(0, 10), (10, 30), (45, 0), (50, 0), (60, 40)] {
            builder.push(NewEvent { track, start_ns, dur_ns, name, kind: EventKind::Kernel, detail: NONE, link: NONE });
        }
        let trace = builder.finish("t".into(), SourceFormat::Chrome);
        let track = &trace.tracks[0];
        let busy = |start_ns, end_ns| {
            let window = Window::new(&trace, Some(TimeRange { start_ns, end_ns }));
            window.rows(track).map(|row| window.dur_ns(row)).sum::<u64>()
        };
        for cut in 0..=100 {
            assert_eq!(busy(0, cut) + busy(cut, 100), 80, "cut at {cut}");
        }
        let rows = |start_ns, end_ns| Window::new(&trace, Some(TimeRange { start_ns, end_ns })).rows(track);
        assert_eq!(rows(10, 11), 1..2, "the one from 10, not the one that ended at 10");
        assert_eq!(rows(40, 60), 2..4, "empty events are where they start");
        assert_eq!(rows(41, 45), 2..2);
        assert_eq!(rows(45, 46), 2..3);
    }
}
