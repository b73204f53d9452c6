//! What a host thread was in at given times: the innermost range, operator or function around each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustg_trace::{EventId, ThreadId, Trace, TrackKind};

/// For each of `times_ns` (ascending) the innermost event of `thread` that covers it, on tracks of `kinds` and where
/// `counts` holds. Of events that start together the one on the deeper level is the inner one. O(n log n) on any input.
pub(crate) fn innermost(
    trace: &Trace,
    thread: ThreadId,
    kinds: &[TrackKind],
    counts: impl Fn(EventId) -> bool,
    times_ns: &[i64],
) -> Vec<Option<EventId>> {
    debug_assert!(times_ns.is_sorted());
    let tracks: Vec<_> = (trace.tracks.iter().enumerate())
        .filter(|(_, track)| track.thread == Some(thread) && kinds.contains(&track.kind) && !track.rows.is_empty())
        .map(|(_, track)| track)
        .collect();
    let events = &trace.events;
    let mut heap: BinaryHeap<Reverse<(i64, u32, u32)>> = (tracks.iter().enumerate())
        .map(|(index, track)| Reverse((events.start_ns[track.rows.start as usize], index as u32, track.rows.start)))
        .collect();
    let mut open: Vec<EventId> = Vec::new();
    let mut found = Vec::with_capacity(times_ns.len());
    for &at_ns in times_ns {
        while let Some(mut top) = heap.peek_mut()
            && top.0.0 <= at_ns
        {
            let Reverse((_, index, row)) = *top;
            if row + 1 < tracks[index as usize].rows.end {
                *top = Reverse((events.start_ns[row as usize + 1], index, row + 1));
            } else {
                std::collections::binary_heap::PeekMut::pop(top);
            }
            let event = EventId(row);
            if events.end_ns(event) > at_ns && counts(event) {
                open.push(event);
            }
        }
        // Events that ended below a live one stay buried until it ends; they are never on top of it.
        while open.last().is_some_and(|&event| events.end_ns(event) <= at_ns) {
            open.pop();
        }
        found.push(open.last().copied());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_trace::{EventKind, NONE, NewEvent, SourceFormat, TraceBuilder, TrackKey};

    #[test]
    fn the_innermost_event_is_found_at_each_time() {
        let mut builder = TraceBuilder::new();
        let process = builder.process(1);
        let thread = builder.thread(process, 1);
        let track = builder.track(TrackKey::host(TrackKind::Nvtx, process, thread));
        for (name, start_ns, dur_ns) in [("step", 0, 100), ("forward", 10, 30), ("layer", 10, 10), ("step", 200, 10)] {
            let name = builder.strings.intern(name);
            builder.push(NewEvent { track, start_ns, dur_ns, name, kind: EventKind::Nvtx, detail: NONE, link: NONE });
        }
        let trace = builder.finish("t".into(), SourceFormat::Chrome);
        let times = [-1, 0, 10, 19, 20, 39, 40, 99, 100, 205, 210];
        let found = innermost(&trace, thread, &[TrackKind::Nvtx], |_| true, &times);
        let names: Vec<_> = found.iter().map(|event| event.map_or("-", |event| trace.name(event))).collect();
        assert_eq!(names, ["-", "step", "layer", "layer", "forward", "forward", "step", "step", "-", "step", "-"]);
    }
}
