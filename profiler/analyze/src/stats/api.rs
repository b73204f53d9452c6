//! API calls of host threads, and among them those that wait for the GPU.

use rustg_trace::{EventKind, StringId, TrackKind};

use super::distribution::{Distribution, Grouped};
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// All calls of one name.
#[derive(Clone, PartialEq, Debug)]
pub struct ApiRow {
    /// The function, without Nsight Systems' version suffix (`cudaLaunchKernel_v7000` is `cudaLaunchKernel`).
    pub name: String,
    /// Durations.
    pub dur_ns: Distribution,
    /// Its part of the time of all rows of its table, 0 to 1.
    pub share: f64,
}

impl Row for ApiRow {
    const COLUMNS: &'static [Column] = &[
        shown("name", "call", Unit::Text),
        shown("total_ns", "total", Unit::DurNs),
        shown("share", "%", Unit::Share),
        shown("count", "count", Unit::Count),
        roomy("min_ns", "min", Unit::DurNs),
        shown("median_ns", "median", Unit::DurNs),
        roomy("p95_ns", "p95", Unit::DurNs),
        shown("max_ns", "max", Unit::DurNs),
        hidden("mean_ns", Unit::Number),
        hidden("stddev_ns", Unit::Number),
    ];

    fn values(&self) -> Vec<Value> {
        let mut values = vec![self.name.as_str().into()];
        values.extend(self.dur_ns.values(self.share));
        values.extend([self.dur_ns.mean().into(), self.dur_ns.stddev.into()]);
        values
    }
}

/// The function behind a call's name: without the `_v` and four digits that Nsight Systems appends, and strips in its own
/// reports.
pub fn function_name(name: &str) -> &str {
    match name.rsplit_once("_v") {
        Some((function, version)) if version.len() == 4 && version.bytes().all(|byte| byte.is_ascii_digit()) => {
            function
        }
        _ => name,
    }
}

/// What a call does to its thread, as far as its name tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallKind {
    /// It waits until the GPU, a stream or an event is done.
    Wait,
    /// It copies or fills, and blocks where the memory is pageable.
    Transfer,
    /// It allocates or frees memory.
    Allocate,
    /// It loads code.
    Load,
    /// Anything else, launches among them.
    Other,
}

/// What a call of this name does.
pub fn call_kind(name: &str) -> CallKind {
    let wait = ["Synchronize", "cuStreamWaitValue", "hipStreamSynchronize"];
    let load = ["ModuleLoad", "LibraryLoad", "ModuleGetFunction", "LibraryGetKernel", "LibraryGetModule", "FuncLoad"];
    let allocate = ["Malloc", "Free", "MemAlloc", "HostAlloc", "HostRegister", "MemCreate", "MemMap", "MemUnmap"];
    let contains = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if contains(&wait) {
        CallKind::Wait
    } else if contains(&load) {
        CallKind::Load
    } else if name.contains("Memcpy") || name.contains("Memset") {
        CallKind::Transfer
    } else if contains(&allocate) {
        CallKind::Allocate
    } else {
        CallKind::Other
    }
}

/// The rows of API calls, and those of waits: calls that wait and the driver's own synchronisation records.
pub fn api_rows(window: &Window) -> (Vec<ApiRow>, Vec<ApiRow>) {
    let names = function_ids(window);
    let calls = by_name(window, &names, EventKind::Api, |_| true);
    let mut waits = by_name(window, &names, EventKind::Api, |name| call_kind(name) == CallKind::Wait);
    for mut record in by_name(window, &names, EventKind::Sync, |_| true) {
        if waits.iter().any(|wait| wait.name == record.name) {
            record.name.push_str(" (driver's record)");
        }
        waits.push(record);
    }
    (finished(calls), finished(waits))
}

fn finished(mut rows: Vec<ApiRow>) -> Vec<ApiRow> {
    let all_ns: f64 = rows.iter().map(|row| row.dur_ns.total as f64).sum();
    for row in &mut rows {
        row.share = if all_ns > 0.0 { row.dur_ns.total as f64 / all_ns } else { 0.0 };
    }
    rows.sort_by(|a, b| b.dur_ns.total.cmp(&a.dur_ns.total).then_with(|| a.name.cmp(&b.name)));
    rows
}

/// Name id → id of the function's name; ids of names that differ only by their suffix are made one.
fn function_ids(window: &Window) -> Vec<u32> {
    let strings = &window.trace.strings;
    let mut ids: Vec<u32> = (0..strings.len() as u32).collect();
    let mut first = rustc_hash::FxHashMap::default();
    for (id, text) in strings.iter() {
        let function = function_name(text);
        if function.len() < text.len() {
            ids[id.index()] = match strings.find(function) {
                Some(plain) => plain.0,
                None => *first.entry(function).or_insert(id.0),
            };
        }
    }
    ids
}

fn by_name(window: &Window, ids: &[u32], kind: EventKind, counts: impl Fn(&str) -> bool) -> Vec<ApiRow> {
    let trace = window.trace;
    let wanted = |track: TrackKind| matches!(track, TrackKind::Api | TrackKind::Sync);
    let counted: Vec<bool> = (ids.iter()).map(|&id| counts(function_name(trace.text(StringId(id))))).collect();
    let each = |emit: &mut dyn FnMut(&[(u32, u64)])| {
        let mut batch = Vec::with_capacity(1024);
        for track in trace.tracks.iter().filter(|track| wanted(track.kind)) {
            for row in window.rows(track) {
                let name = trace.events.name[row].index();
                if trace.events.kind[row] == kind && counted[name] {
                    batch.push((ids[name], window.dur_ns(row)));
                    if batch.len() == batch.capacity() {
                        emit(&batch);
                        batch.clear();
                    }
                }
            }
        }
        emit(&batch);
    };
    let groups = Grouped::collect(ids.len(), each).distributions();
    let row = |(id, dur_ns)| ApiRow { name: function_name(trace.text(StringId(id))).to_owned(), dur_ns, share: 0.0 };
    groups.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nsight_systems_suffix_is_stripped_and_nothing_else() {
        assert_eq!(function_name("cudaLaunchKernel_v7000"), "cudaLaunchKernel");
        for name in ["cuMemcpyAsync_v2", "cudaGraphLaunch", "_v12", "cuLaunchKernel_ptsz", "a_v70x0"] {
            assert_eq!(function_name(name), name);
        }
    }

    #[test]
    fn calls_are_told_apart_by_what_they_do() {
        let cases = [
            ("cudaStreamSynchronize", CallKind::Wait),
            ("cuCtxSynchronize", CallKind::Wait),
            ("cudaMemcpyAsync", CallKind::Transfer),
            ("cudaMallocAsync", CallKind::Allocate),
            ("cudaFree", CallKind::Allocate),
            ("cuModuleLoadData", CallKind::Load),
            ("cudaLaunchKernel", CallKind::Other),
            ("cudaEventQuery", CallKind::Other),
        ];
        for (name, kind) in cases {
            assert_eq!(call_kind(name), kind, "{name}");
        }
    }
}
