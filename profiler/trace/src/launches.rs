//! GPU work meets the API calls that launched it: correlation ids become rows.
//!
//! A correlation id is unique within a process only. GPU work whose process the source does not name (Kineto's; two ranks'
//! files put together) is given to the process whose calls could have launched it.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::{Events, NONE, ProcessId, Track, TrackKind};

/// How much earlier than its call work may seem to start: the clocks of hosts and GPUs are compared only so well.
const CLOCKS_DIFFER_NS: i64 = 10_000;

/// Turns the `link` of GPU work, a correlation id, into the row of the call that launched it.
pub(crate) fn join(events: &mut Events, tracks: &[Track]) {
    let mut tables: Vec<CallTable> = Vec::new();
    let mut index_of: FxHashMap<Option<ProcessId>, usize> = FxHashMap::default();
    let calls = || tracks.iter().filter(|track| track.kind == TrackKind::Api);
    for track in calls() {
        let index = *index_of.entry(track.process).or_insert_with(|| {
            tables.push(CallTable::default());
            tables.len() - 1
        });
        tables[index].cover(&events.detail[track.range()]);
    }
    tables.iter_mut().for_each(CallTable::allocate);
    for track in calls() {
        let table = &mut tables[index_of[&track.process]];
        for row in track.rows.clone() {
            table.insert(events.detail[row as usize], row);
        }
    }
    for track in tracks {
        if !matches!(track.kind, TrackKind::Stream | TrackKind::Graph | TrackKind::Sync) {
            continue;
        }
        // Where only one process makes calls, they launched everything.
        let own = if tables.len() == 1 { Some(0) } else { index_of.get(&track.process).copied() };
        match own {
            Some(own) => events.link[track.range()].iter_mut().for_each(|link| *link = tables[own].find(*link)),
            None if track.process.is_some() => events.link[track.range()].fill(NONE),
            None => join_to_any(events, track.range(), &tables),
        }
    }
}

/// Joins rows of one stream that any of several processes may have launched. Work does not start before its call does: the
/// process of which that is so for all rows is theirs; of several such the one that launched them the shortest time
/// before. Where no process has launched them all, each row goes to the nearest call before it.
fn join_to_any(events: &mut Events, rows: Range<usize>, tables: &[CallTable]) {
    let starts = &events.start_ns;
    let launch = |table: &CallTable, row: usize| {
        let call = table.find(events.link[row]);
        let latency_ns = (call != NONE).then(|| starts[row].saturating_sub(starts[call as usize]))?;
        // A call that comes after its work is possible, but less likely than any that comes before.
        (latency_ns >= -CLOCKS_DIFFER_NS).then_some(((latency_ns < 0, latency_ns.abs()), call))
    };
    let latency_of = |table: &CallTable| {
        let mut work = rows.clone().filter(|&row| events.link[row] != NONE);
        work.try_fold((0_usize, 0_i128), |(after, sum_ns), row| {
            let ((is_after, latency_ns), _) = launch(table, row)?;
            Some((after + usize::from(is_after), sum_ns + i128::from(latency_ns)))
        })
    };
    let owner = tables.iter().filter_map(|table| Some((latency_of(table)?, table))).min_by_key(|&(key, _)| key);
    let find = |row| match owner {
        Some((_, table)) => launch(table, row),
        None => tables.iter().filter_map(|table| launch(table, row)).min(),
    };
    let found: Vec<u32> = rows.clone().map(|row| find(row).map_or(NONE, |(_, call)| call)).collect();
    events.link[rows].copy_from_slice(&found);
}

/// Correlation id → row. Ids grow by small steps, so a dense array serves; where they do not, a hash map does.
#[derive(Default)]
struct CallTable {
    count: usize,
    lowest: u32,
    highest: u32,
    dense: Vec<u32>,
    sparse: FxHashMap<u32, u32>,
}

impl CallTable {
    fn cover(&mut self, correlations: &[u32]) {
        for &correlation in correlations.iter().filter(|&&correlation| correlation != NONE) {
            self.lowest = if self.count == 0 { correlation } else { self.lowest.min(correlation) };
            self.highest = self.highest.max(correlation);
            self.count += 1;
        }
    }

    fn allocate(&mut self) {
        let spread = (self.highest - self.lowest) as usize + 1;
        if self.count > 0 && spread <= self.count.saturating_mul(16) {
            self.dense = vec![NONE; spread];
        }
    }

    fn insert(&mut self, correlation: u32, row: u32) {
        if correlation == NONE {
            return;
        }
        if self.dense.is_empty() {
            self.sparse.entry(correlation).or_insert(row);
        } else {
            let slot = &mut self.dense[(correlation - self.lowest) as usize];
            *slot = (*slot).min(row);
        }
    }

    fn find(&self, correlation: u32) -> u32 {
        if self.dense.is_empty() {
            return self.sparse.get(&correlation).copied().unwrap_or(NONE);
        }
        let index = correlation.checked_sub(self.lowest);
        index.and_then(|index| self.dense.get(index as usize)).copied().unwrap_or(NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventKind, NewEvent, SourceFormat, StringId, Trace, TraceBuilder, TrackKey};

    fn event(track: u32, start_ns: i64, dur_ns: u64, kind: EventKind, name: StringId) -> NewEvent {
        NewEvent { track, start_ns, dur_ns, name, kind, detail: NONE, link: NONE }
    }

    /// Start of each piece of GPU work, and pid and start of the call it was joined to.
    fn launches(trace: &Trace) -> Vec<(i64, Option<(i64, i64)>)> {
        let call = |id| {
            let process = trace.tracks[trace.track_of(id).index()].process.unwrap();
            (trace.processes[process.index()].pid, trace.range(id).start_ns)
        };
        (trace.gpu_tracks())
            .flat_map(|(_, track)| track.events())
            .map(|id| (trace.range(id).start_ns, trace.launch_of(id).map(call)))
            .collect()
    }

    #[test]
    fn gpu_work_is_joined_to_its_call_within_its_process() {
        let mut builder = TraceBuilder::new();
        let gpu = builder.gpu(0, "");
        let name = builder.strings.intern("k");
        for pid in [7, 8] {
            let process = builder.process(pid);
            let thread = builder.thread(process, pid);
            let api = builder.track(TrackKey::host(TrackKind::Api, process, thread));
            let stream = builder.track(TrackKey::stream(TrackKind::Stream, Some(process), gpu, 1, 7));
            builder.push(NewEvent { detail: 5, ..event(api, pid, 1, EventKind::Api, name) });
            builder.push(NewEvent { link: 5, ..event(stream, 100 + pid, 10, EventKind::Kernel, name) });
            builder.push(NewEvent { link: 6, ..event(stream, 200 + pid, 10, EventKind::Kernel, name) });
        }
        let trace = builder.finish("t".into(), SourceFormat::Recording);
        assert_eq!(launches(&trace), [(107, Some((7, 7))), (207, None), (108, Some((8, 8))), (208, None)]);
    }

    /// Two ranks with the same correlation ids, one a little behind the other; nothing says whose GPU is whose.
    #[test]
    fn work_of_an_unnamed_process_goes_to_the_one_that_can_have_launched_it() {
        let mut builder = TraceBuilder::new();
        let name = builder.strings.intern("k");
        // Calls of either rank, and how long after them the work of the GPU of the same number starts.
        for (rank, behind_us, latency_us) in [(0, 0, 30), (1, 40, 15)] {
            let process = builder.process(100 + rank);
            let thread = builder.thread(process, 100 + rank);
            let api = builder.track(TrackKey::host(TrackKind::Api, process, thread));
            let gpu = builder.gpu(rank as u32, "");
            let stream = builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 1, 7));
            for number in 0..50 {
                let call_ns = number * 200_000 + behind_us * 1000;
                builder.push(NewEvent { detail: number as u32, ..event(api, call_ns, 5_000, EventKind::Api, name) });
                let kernel = event(stream, call_ns + latency_us * 1000, 9_000, EventKind::Kernel, name);
                builder.push(NewEvent { link: number as u32, ..kernel });
            }
        }
        let trace = builder.finish("t".into(), SourceFormat::Kineto);
        for (row, (start_ns, call)) in launches(&trace).into_iter().enumerate() {
            let (rank, number) = (row as i64 / 50, row as i64 % 50);
            let expected = number * 200_000 + [0, 40_000][rank as usize];
            assert_eq!(call, Some((100 + rank, expected)), "work at {start_ns}");
        }
    }
}
