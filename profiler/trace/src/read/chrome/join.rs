//! Putting together what the threads read: halves of slices, counters, names, notes.

use rustc_hash::FxHashMap;

use super::rows::{Half, Name, Place, Rows, Series, Tally, Uncorrelated};
use crate::{Counter, EventKind, Gpu, NONE, NewEvent, Note, ProcessId, SourceFormat, Trace, TraceBuilder};

/// The trace of what was read, the parts in the order of the file.
pub(super) fn join(mut parts: Vec<Rows>, title: &str, notes: Vec<String>) -> Trace {
    let mut said = notes;
    join_flows(&mut parts);
    said.extend(join_halves(&mut parts));
    let source = if parts.iter().any(|part| part.is_kineto) { SourceFormat::Kineto } else { SourceFormat::Chrome };
    let mut builder = TraceBuilder::new();
    let (mut series, mut names, mut devices, mut tally) = (Vec::new(), Vec::new(), Vec::new(), Tally::default());
    for (index, part) in parts.into_iter().enumerate() {
        series.extend(part.series);
        names.extend(part.names);
        devices.extend(part.devices);
        tally.add(&part.tally);
        if index == 0 {
            builder = part.builder;
        } else {
            builder.absorb(part.builder);
        }
    }
    describe_devices(&mut builder, devices);
    join_series(&mut builder, series);
    give_names(&mut builder, names);
    said.extend(tally.sentences());
    builder.notes.extend(said.into_iter().map(Note));
    builder.finish(title.to_owned(), source)
}

/// Gives rows without a correlation id that of the flow that starts or ends at them.
fn join_flows(parts: &mut [Rows]) {
    let mut flows: FxHashMap<Place, u32> = FxHashMap::default();
    for part in parts.iter_mut() {
        flows.extend(std::mem::take(&mut part.flows));
    }
    for part in parts {
        for Uncorrelated { place, mut event } in std::mem::take(&mut part.uncorrelated) {
            let id = flows.get(&place).copied().unwrap_or(NONE);
            match event.kind {
                EventKind::Api => event.detail = id,
                _ => event.link = id,
            }
            part.builder.push(event);
        }
    }
}

/// Matches begins and ends: of one owner, ordered by time (of equal times, as in the file), an end closes the last begin
/// that is open. Slices that nothing closes reach to the end of the trace.
fn join_halves(parts: &mut [Rows]) -> Vec<String> {
    let mut owners: FxHashMap<(i64, i64), Vec<(u32, Half)>> = FxHashMap::default();
    for (part, rows) in parts.iter_mut().enumerate() {
        for half in std::mem::take(&mut rows.halves) {
            owners.entry(half.owner).or_default().push((part as u32, half));
        }
    }
    let last_ns = parts.iter().filter_map(|part| part.builder.span()).map(|span| span.end_ns).max().unwrap_or(0);
    let mut owners: Vec<_> = owners.into_iter().collect();
    owners.sort_unstable_by_key(|(owner, _)| *owner);
    let (mut unopened, mut unclosed) = (0u64, 0u64);
    for (_, mut halves) in owners {
        if !halves.is_sorted_by_key(|(_, half)| half.slice.start_ns) {
            halves.sort_by_key(|(_, half)| half.slice.start_ns);
        }
        let mut open: Vec<(u32, NewEvent)> = Vec::new();
        for (part, half) in halves {
            if !half.is_end {
                open.push((part, half.slice));
            } else if let Some((begun_in, slice)) = open.pop() {
                close(parts, begun_in, slice, half.slice.start_ns);
            } else {
                unopened += 1;
            }
        }
        unclosed += open.len() as u64;
        for (begun_in, slice) in open {
            close(parts, begun_in, slice, last_ns);
        }
    }
    let said = [
        (unopened, "ends of slices without a beginning, not shown"),
        (unclosed, "slices without an end, shown to the end of the trace"),
    ];
    said.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what}: {count}")).collect()
}

fn close(parts: &mut [Rows], begun_in: u32, slice: NewEvent, end_ns: i64) {
    let dur_ns = end_ns.abs_diff(slice.start_ns.min(end_ns));
    parts[begun_in as usize].builder.push(NewEvent { dur_ns, ..slice });
}

fn describe_devices(builder: &mut TraceBuilder, devices: Vec<Gpu>) {
    for device in devices {
        let id = builder.gpu(device.device, "");
        builder.gpus[id.index()] = device;
    }
}

/// Counters of equal process, name and key become one. The key is named where it says more than "value"; the process
/// where several count the same.
fn join_series(builder: &mut TraceBuilder, series: Vec<Series>) {
    let mut ids: FxHashMap<(i64, String, String), usize> = FxHashMap::default();
    let mut joined: Vec<Series> = Vec::new();
    for mut part in series {
        let key = (part.process, part.name.clone(), part.key.clone());
        match ids.get(&key) {
            Some(&index) => {
                joined[index].ts_ns.append(&mut part.ts_ns);
                joined[index].values.append(&mut part.values);
            }
            None => {
                ids.insert(key, joined.len());
                joined.push(part);
            }
        }
    }
    let mut owners: FxHashMap<(&str, &str), u32> = FxHashMap::default();
    for series in &joined {
        *owners.entry((&series.name, &series.key)).or_default() += 1;
    }
    let names: Vec<String> = (joined.iter())
        .map(|series| {
            let mut name = series.name.clone();
            if !series.key.is_empty() && series.key != "value" && series.key != series.name {
                name = format!("{name}: {}", series.key);
            }
            if series.device.is_none() && owners[&(series.name.as_str(), series.key.as_str())] > 1 {
                name = format!("{name} (process {})", series.process);
            }
            name
        })
        .collect();
    for (series, name) in joined.into_iter().zip(names) {
        let gpu = series.device.map(|device| builder.gpu(device, ""));
        let Series { unit, ts_ns, values, .. } = series;
        builder.counters.push(Counter { name, unit: unit.to_owned(), gpu, ts_ns, values });
    }
}

/// Names the processes and threads that have rows. Of several names of a thread the last one counts, unless it only
/// repeats the process's: Kineto names every thread twice, the second time `thread 441 (python3)`.
fn give_names(builder: &mut TraceBuilder, names: Vec<Name>) {
    let known = builder.processes().iter().enumerate().map(|(id, process)| (process.pid, ProcessId(id as u32)));
    let known: FxHashMap<i64, ProcessId> = known.collect();
    let mut process_names: FxHashMap<i64, &str> = FxHashMap::default();
    for name in names.iter().filter(|name| name.thread.is_none()) {
        process_names.insert(name.process, &name.name);
        if let Some(&process) = known.get(&name.process) {
            builder.name_process(process, &name.name);
        }
    }
    let mut thread_names: FxHashMap<(i64, i64), &str> = FxHashMap::default();
    for name in &names {
        let (Some(thread), Some(&process)) = (name.thread, known.get(&name.process)) else { continue };
        let repeated =
            process_names.get(&name.process).is_some_and(|process| name.name.ends_with(&format!("({process})")));
        if repeated && thread_names.contains_key(&(name.process, thread)) {
            continue;
        }
        thread_names.insert((name.process, thread), &name.name);
        if let Some(thread) = builder.find_thread(process, thread) {
            builder.name_thread(thread, &name.name);
        }
    }
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.elements_odd += other.elements_odd;
        self.phases_unknown += other.phases_unknown;
        self.phases_ignored += other.phases_ignored;
        self.ts_wrong += other.ts_wrong;
        self.dur_wrong += other.dur_wrong;
        self.dur_negative += other.dur_negative;
        self.text_wrong += other.text_wrong;
        self.args_wrong += other.args_wrong;
    }

    fn sentences(&self) -> impl Iterator<Item = String> {
        [
            (self.elements_odd, "values among the events that are no events, left out"),
            (self.phases_unknown, "events of an unknown phase, which count for the trace's extent only"),
            (self.phases_ignored, "object, sample or clock events, which count for the trace's extent only"),
            (self.ts_wrong, "events without a time that fits into 64-bit nanoseconds, left out"),
            (self.dur_wrong, "durations that are no number or too long, taken as 0"),
            (self.dur_negative, "negative durations, taken as 0"),
            (self.text_wrong, "texts with invalid UTF-8 or wrong escapes, shown with \u{fffd} there"),
            (self.args_wrong, "events with arguments that could not be read"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{what}: {count}"))
    }
}
