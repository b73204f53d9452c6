//! What a range of time held: the figures that need a scan, made on a thread.

use std::sync::Arc;

use rustg_trace::{EventKind, StringId, TimeRange};

use crate::context::{Context, Loaded};
use crate::message::{Cmd, Job};
use crate::screen::ScreenId;

/// Rows between two looks at the cancel flag.
const CHUNK: usize = 1 << 16;

/// Totals of the kernels in a range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeReport {
    /// The range, in nanoseconds of the view.
    pub range: TimeRange,
    /// Which trace.
    pub slot: usize,
    /// Kernels that touch it.
    pub kernels: u64,
    /// Copies and fills that touch it.
    pub transfers: u64,
    /// Bytes that those copies moved, in full.
    pub transfer_bytes: u64,
    /// API calls that touch it.
    pub calls: u64,
    /// Kernel names with the time each covers of the range and its count, longest first.
    pub by_name: Vec<(StringId, u64, u64)>,
}

/// The command that makes the report of `range` of the view for a slot.
pub fn report(context: &Context, slot: usize, range: TimeRange, ticket: u64) -> Option<Cmd> {
    let loaded = context.trace(slot)?.clone();
    let of_trace = context.to_trace(slot, range);
    let job: Job = Box::new(move |cancel| Box::new(scan(&loaded, slot, range, of_trace, &|| cancel.is_cancelled())));
    Some(Cmd::Compute { screen: ScreenId::Timeline, kind: "range", ticket, job })
}

fn scan(
    loaded: &Arc<Loaded>,
    slot: usize,
    range: TimeRange,
    of_trace: TimeRange,
    cancelled: &dyn Fn() -> bool,
) -> RangeReport {
    let trace = &loaded.trace;
    let mut totals = vec![(0u64, 0u64); trace.strings.len()];
    let mut report =
        RangeReport { range, slot, kernels: 0, transfers: 0, transfer_bytes: 0, calls: 0, by_name: Vec::new() };
    for (id, track) in trace.tracks.iter().enumerate() {
        use rustg_trace::TrackKind::{Api, Graph, Stream};
        if !matches!(track.kind, Stream | Graph | Api) {
            continue;
        }
        let rows = loaded.lod.rows(trace, rustg_trace::TrackId(id as u32), of_trace);
        if track.kind == Api {
            report.calls += rows.len() as u64;
            continue;
        }
        for chunk_start in rows.clone().step_by(CHUNK) {
            if cancelled() {
                return report;
            }
            for row in chunk_start..rows.end.min(chunk_start + CHUNK as u32) {
                let event = rustg_trace::EventId(row);
                match trace.events.kind[event.index()] {
                    EventKind::Kernel => {
                        let total = &mut totals[trace.events.name[event.index()].index()];
                        total.0 += trace.range(event).intersect(of_trace).dur_ns();
                        total.1 += 1;
                        report.kernels += 1;
                    }
                    EventKind::Memcpy | EventKind::Memset => {
                        report.transfers += 1;
                        report.transfer_bytes += trace.transfer_of(event).map_or(0, |transfer| transfer.size_bytes);
                    }
                    _ => {}
                }
            }
        }
    }
    let named = totals.iter().enumerate().filter(|(_, total)| total.1 > 0);
    report.by_name = named.map(|(name, &(total_ns, count))| (StringId(name as u32), total_ns, count)).collect();
    report.by_name.sort_by_key(|&(name, total_ns, _)| (std::cmp::Reverse(total_ns), name));
    report.by_name.truncate(20);
    report
}
