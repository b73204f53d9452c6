//! The kernels table: which kernels cost the most.

use rustg_trace::{EventId, EventKind};

use super::distribution::{Distribution, Grouped};
use super::group::{GroupBy, Grouping};
use super::occupancy::OccupancyRow;
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// One kernel, or one group of them.
#[derive(Clone, PartialEq, Debug)]
pub struct KernelRow {
    /// The name as in the trace, or the group's.
    pub name: String,
    /// Durations.
    pub dur_ns: Distribution,
    /// Its part of the time of all kernels, 0 to 1.
    pub share: f64,
    /// Theoretical occupancy, mean over the time, 0 to 1; where the launch configurations and the GPU are known.
    pub occupancy: Option<f64>,
    /// Its number in the [`Grouping`] it was made with.
    pub group: u32,
}

impl Row for KernelRow {
    const COLUMNS: &'static [Column] = &[
        shown("name", "kernel", Unit::Text),
        shown("total_ns", "total", Unit::DurNs),
        shown("share", "%", Unit::Share),
        shown("count", "count", Unit::Count),
        roomy("min_ns", "min", Unit::DurNs),
        shown("median_ns", "median", Unit::DurNs),
        shown("p95_ns", "p95", Unit::DurNs),
        roomy("max_ns", "max", Unit::DurNs),
        shown("occupancy", "occ %", Unit::Share),
        hidden("mean_ns", Unit::Number),
        hidden("stddev_ns", Unit::Number),
    ];

    fn values(&self) -> Vec<Value> {
        let mut values = vec![self.name.as_str().into()];
        values.extend(self.dur_ns.values(self.share));
        values.extend([self.occupancy.into(), self.dur_ns.mean().into(), self.dur_ns.stddev.into()]);
        values
    }
}

/// Durations of GPU work of the given kinds by group, for each group that has any.
pub(crate) fn by_group(
    window: &Window,
    grouping: &Grouping,
    counts: impl Fn(EventKind) -> bool,
) -> Vec<(u32, Distribution)> {
    let trace = window.trace;
    let each = |emit: &mut dyn FnMut(&[(u32, u64)])| {
        let mut batch = Vec::with_capacity(1024);
        for (id, track) in trace.gpu_tracks() {
            for row in window.rows(track) {
                if counts(trace.events.kind[row]) {
                    batch.push((grouping.of(trace, id, row), window.dur_ns(row)));
                    if batch.len() == batch.capacity() {
                        emit(&batch);
                        batch.clear();
                    }
                }
            }
        }
        emit(&batch);
    };
    Grouped::collect(grouping.len(trace), each).distributions()
}

/// The rows of all kernels, by total time. Whole-graph records count as kernels: a graph's nodes were not recorded then.
pub fn kernel_rows(window: &Window, grouping: &Grouping, occupancy: &[OccupancyRow]) -> Vec<KernelRow> {
    let groups = by_group(window, grouping, |kind| matches!(kind, EventKind::Kernel | EventKind::GraphExec));
    let all_ns: u128 = groups.iter().map(|(_, dur_ns)| u128::from(dur_ns.total)).sum();
    let occupancies = mean_occupancies(grouping.len(window.trace), occupancy);
    let mut rows: Vec<KernelRow> = (groups.into_iter())
        .map(|(group, dur_ns)| KernelRow {
            name: grouping.label(window.trace, group).to_owned(),
            dur_ns,
            share: if all_ns == 0 { 0.0 } else { dur_ns.total as f64 / all_ns as f64 },
            occupancy: occupancies[group as usize],
            group,
        })
        .collect();
    rows.sort_by(|a, b| b.dur_ns.total.cmp(&a.dur_ns.total).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// Occupancy of each group, mean over the time of the launches for which it is known.
fn mean_occupancies(group_count: usize, rows: &[OccupancyRow]) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0.0); group_count];
    for row in rows {
        if let Some(occupancy) = row.occupancy {
            let (weighted, time) = &mut sums[row.group() as usize];
            let weight = (row.total_ns as f64).max(1.0);
            *weighted += occupancy.share * weight;
            *time += weight;
        }
    }
    sums.into_iter().map(|(weighted, time)| (time > 0.0).then(|| weighted / time)).collect()
}

/// Kernels grouped as `by` says, with their occupancy.
pub fn kernels_by(window: &Window, by: GroupBy) -> Vec<KernelRow> {
    let grouping = Grouping::new(window, by);
    kernel_rows(window, &grouping, &super::occupancy::occupancy_rows(window, &grouping))
}

/// When a group's kernels ran, and which one to look at first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelTimes {
    /// Time its kernels took in each of equal parts of the window, in nanoseconds.
    pub busy_ns: Vec<u64>,
    /// The first to start.
    pub first: EventId,
    /// The one that took longest.
    pub longest: EventId,
}

/// When the kernels of each row ran: one entry a row. `rows` are of the same window and grouping.
pub fn kernel_times(window: &Window, grouping: &Grouping, rows: &[KernelRow], parts: usize) -> Vec<KernelTimes> {
    let trace = window.trace;
    let parts = parts.max(1);
    let mut row_of = vec![u32::MAX; grouping.len(trace)];
    for (index, row) in rows.iter().enumerate() {
        row_of[row.group as usize] = index as u32;
    }
    let empty = KernelTimes { busy_ns: vec![0; parts], first: EventId(u32::MAX), longest: EventId(u32::MAX) };
    let mut times = vec![empty; rows.len()];
    let wall_ns = window.range.dur_ns().max(1);
    let part_of = |at_ns: i64| {
        let since = u128::from(at_ns.abs_diff(window.range.start_ns));
        ((since * parts as u128 / u128::from(wall_ns)) as usize).min(parts - 1)
    };
    // Windows of half of all time are longer than an i64, so this wraps, and wraps back.
    let start_of = |part: usize| {
        let since = (part as u128 * u128::from(wall_ns)).div_ceil(parts as u128) as i64;
        window.range.start_ns.wrapping_add(since)
    };
    for (id, track) in trace.gpu_tracks() {
        for row in window.rows(track) {
            if !matches!(trace.events.kind[row], EventKind::Kernel | EventKind::GraphExec) {
                continue;
            }
            let Some(times) = times.get_mut(row_of[grouping.of(trace, id, row) as usize] as usize) else { continue };
            let event = EventId(row as u32);
            let key = |event: EventId| trace.events.start_ns.get(event.index()).copied();
            if key(times.first).is_none_or(|first| trace.events.start_ns[row] < first) {
                times.first = event;
            }
            let dur = |event: EventId| trace.events.dur_ns.get(event.index()).copied();
            if dur(times.longest).is_none_or(|longest| trace.events.dur_ns[row] > longest) {
                times.longest = event;
            }
            // Most kernels lie within one part.
            let (start_ns, end_ns) = window.clip(row);
            for part in part_of(start_ns)..=part_of(end_ns) {
                let from_ns = start_ns.max(start_of(part));
                let to_ns = if part + 1 == parts { end_ns } else { end_ns.min(start_of(part + 1)) };
                let within_ns = u64::try_from(to_ns.saturating_sub(from_ns)).unwrap_or(0);
                times.busy_ns[part] = times.busy_ns[part].saturating_add(within_ns);
            }
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_trace::{NONE, NewEvent, SourceFormat, TimeRange, TraceBuilder, TrackKey, TrackKind};

    #[test]
    fn the_parts_of_a_rows_time_sum_to_its_total() {
        let mut builder = TraceBuilder::new();
        let gpu = builder.gpu(0, "");
        for index in 0..300i64 {
            let track = builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 1, (index % 3) as u64));
            let name = builder.strings.intern(&format!("k{}", index % 5));
            let (start_ns, dur_ns) = (index * 37 % 7001, (index * 13 % 400) as u64);
            builder.push(NewEvent { track, start_ns, dur_ns, name, kind: EventKind::Kernel, detail: NONE, link: NONE });
        }
        let trace = builder.finish("t".into(), SourceFormat::Chrome);
        for range in [None, Some(TimeRange { start_ns: 1_001, end_ns: 5_503 })] {
            let window = Window::new(&trace, range);
            let grouping = Grouping::new(&window, GroupBy::Name);
            let rows = kernel_rows(&window, &grouping, &[]);
            for parts in [1, 7, 64, 10_000] {
                let times = kernel_times(&window, &grouping, &rows, parts);
                for (row, times) in rows.iter().zip(times) {
                    assert_eq!(times.busy_ns.iter().sum::<u64>(), row.dur_ns.total, "{} in {parts}", row.name);
                    assert_eq!(window.dur_ns(times.longest.index()).max(row.dur_ns.max), row.dur_ns.max);
                }
            }
        }
    }
}
