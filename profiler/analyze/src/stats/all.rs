//! All tables at once: which there are, and computing those that are wanted side by side.

use std::str::FromStr;

use rustg_trace::{TimeRange, Trace};

use super::gaps::{GapRow, LargestGapRow, gap_rows};
use super::group::{GroupBy, Grouping};
use super::launches::launches;
use super::summary::Summary;
use super::table::{Row, Table};
use super::window::Window;
use super::{
    ApiRow, KernelRow, MemoryRow, NvtxRow, OccupancyRow, OverlapRow, StreamRow, TelemetryRow, api_rows, kernel_rows,
    latency, memory_rows, nvtx, occupancy_rows, overlap_rows, stream_rows, telemetry_rows,
};

/// A table of `stats`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "TableKind::title says what each is")]
pub enum TableKind {
    Summary,
    Overlap,
    Gaps,
    LargestGaps,
    Kernels,
    Occupancy,
    Memory,
    MemoryKinds,
    Streams,
    Latency,
    Api,
    Sync,
    Nvtx,
    Telemetry,
}

impl TableKind {
    /// All tables, in the order in which they are shown.
    pub const ALL: [TableKind; 14] = [
        TableKind::Summary,
        TableKind::Overlap,
        TableKind::Gaps,
        TableKind::LargestGaps,
        TableKind::Kernels,
        TableKind::Occupancy,
        TableKind::Memory,
        TableKind::MemoryKinds,
        TableKind::Streams,
        TableKind::Latency,
        TableKind::Api,
        TableKind::Sync,
        TableKind::Nvtx,
        TableKind::Telemetry,
    ];

    /// Its key in JSON and its name on the command line.
    pub fn key(self) -> &'static str {
        self.texts().0
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        self.texts().1
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            TableKind::Summary => ("summary", "Summary"),
            TableKind::Overlap => ("overlap", "GPUs: busy time and overlap"),
            TableKind::Gaps => ("gaps", "GPU idle time by cause"),
            TableKind::LargestGaps => ("largest_gaps", "Largest GPU idle gaps"),
            TableKind::Kernels => ("kernels", "Kernels"),
            TableKind::Occupancy => ("occupancy", "Theoretical occupancy"),
            TableKind::Memory => ("memory", "Copies and fills by direction"),
            TableKind::MemoryKinds => ("memory_kinds", "Copies and fills by name"),
            TableKind::Streams => ("streams", "Streams"),
            TableKind::Latency => ("latency", "Launch latency: from the start of the call to the start of its work"),
            TableKind::Api => ("api", "API calls"),
            TableKind::Sync => ("sync", "Waits of the host for the GPU"),
            TableKind::Nvtx => ("nvtx", "NVTX ranges: on the host, and projected on the GPU"),
            TableKind::Telemetry => ("telemetry", "Telemetry"),
        }
    }
}

impl FromStr for TableKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        TableKind::ALL.into_iter().find(|kind| kind.key() == text).ok_or_else(|| {
            let keys: Vec<&str> = TableKind::ALL.iter().map(|kind| kind.key()).collect();
            format!("tables are {}", keys.join(", "))
        })
    }
}

/// What to compute.
#[derive(Clone, Debug)]
pub struct StatsOptions {
    /// The part of the trace that counts; all of it by default.
    pub range: Option<TimeRange>,
    /// What rows of the kernels and occupancy tables stand for.
    pub by: GroupBy,
    /// How many of the largest gaps to list.
    pub largest_gaps: usize,
    /// The tables wanted.
    pub tables: Vec<TableKind>,
}

impl Default for StatsOptions {
    fn default() -> Self {
        StatsOptions { range: None, by: GroupBy::Name, largest_gaps: 20, tables: TableKind::ALL.to_vec() }
    }
}

/// The statistics of a trace. Tables that were not wanted are empty.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "one field a TableKind")]
pub struct Stats {
    pub summary: Summary,
    pub overlap: Vec<OverlapRow>,
    pub gaps: Vec<GapRow>,
    pub largest_gaps: Vec<LargestGapRow>,
    pub kernels: Vec<KernelRow>,
    pub occupancy: Vec<OccupancyRow>,
    pub memory: Vec<MemoryRow>,
    pub memory_kinds: Vec<MemoryRow>,
    pub streams: Vec<StreamRow>,
    pub latency: Vec<latency::LatencyRow>,
    pub api: Vec<ApiRow>,
    pub sync: Vec<ApiRow>,
    pub nvtx: Vec<NvtxRow>,
    pub telemetry: Vec<TelemetryRow>,
}

impl Stats {
    /// The statistics of `trace`. The summary, busy times and the gaps that the headline needs are always there.
    pub fn new(trace: &Trace, options: &StatsOptions) -> Self {
        let window = &Window::new(trace, options.range);
        let wants = |kinds: &[TableKind]| kinds.iter().any(|kind| options.tables.contains(kind));
        // Three parts of about the same weight.
        let by_kernel = || {
            let grouping = Grouping::new(window, options.by);
            let wanted = wants(&[TableKind::Kernels, TableKind::Occupancy]);
            let occupancy = if wanted { occupancy_rows(window, &grouping) } else { Vec::new() };
            let kernels =
                if wants(&[TableKind::Kernels]) { kernel_rows(window, &grouping, &occupancy) } else { Vec::new() };
            let memory = wants(&[TableKind::Memory, TableKind::MemoryKinds]);
            let (memory, kinds) = if memory { memory_rows(window) } else { Default::default() };
            (kernels, occupancy, memory, kinds)
        };
        let by_launch = || {
            let launches = if wants(&[TableKind::Latency, TableKind::Nvtx]) { launches(window) } else { Vec::new() };
            let latency =
                if wants(&[TableKind::Latency]) { latency::latency_rows(window, &launches) } else { Vec::new() };
            let nvtx = if wants(&[TableKind::Nvtx]) { nvtx::nvtx_rows(window, &launches) } else { Vec::new() };
            (latency, nvtx)
        };
        let by_time = || {
            let api = wants(&[TableKind::Api, TableKind::Sync]);
            let (api, sync) = if api { api_rows(window) } else { Default::default() };
            (api, sync, overlap_rows(window), gap_rows(window, options.largest_gaps.max(1)))
        };
        let (first, second, third) = if trace.events.len() < 20_000 {
            (by_kernel(), by_launch(), by_time())
        } else {
            std::thread::scope(|scope| {
                let (second, third) = (scope.spawn(by_launch), scope.spawn(by_time));
                let first = by_kernel();
                (first, joined(second), joined(third))
            })
        };
        let (kernels, occupancy, memory, memory_kinds) = first;
        let (latency, nvtx) = second;
        let (api, sync, overlap, (gaps, largest_gaps)) = third;
        Stats {
            summary: Summary::new(window, &overlap),
            overlap,
            gaps,
            largest_gaps,
            kernels,
            occupancy,
            memory,
            memory_kinds,
            streams: if wants(&[TableKind::Streams]) { stream_rows(window) } else { Vec::new() },
            latency,
            api,
            sync,
            nvtx,
            telemetry: if wants(&[TableKind::Telemetry]) { telemetry_rows(window) } else { Vec::new() },
        }
    }

    /// One table as plain data.
    pub fn table(&self, kind: TableKind) -> Table {
        fn table<R: Row>(kind: TableKind, rows: &[R]) -> Table {
            Table::new(kind.key(), kind.title(), rows)
        }
        match kind {
            TableKind::Summary => table(kind, std::slice::from_ref(&self.summary)),
            TableKind::Overlap => table(kind, &self.overlap),
            TableKind::Gaps => table(kind, &self.gaps),
            TableKind::LargestGaps => table(kind, &self.largest_gaps),
            TableKind::Kernels => table(kind, &self.kernels),
            TableKind::Occupancy => table(kind, &self.occupancy),
            TableKind::Memory => table(kind, &self.memory),
            TableKind::MemoryKinds => table(kind, &self.memory_kinds),
            TableKind::Streams => table(kind, &self.streams),
            TableKind::Latency => table(kind, &self.latency),
            TableKind::Api => table(kind, &self.api),
            TableKind::Sync => table(kind, &self.sync),
            TableKind::Nvtx => table(kind, &self.nvtx),
            TableKind::Telemetry => table(kind, &self.telemetry),
        }
    }

    /// Several tables as plain data.
    pub fn tables(&self, kinds: &[TableKind]) -> Vec<Table> {
        kinds.iter().map(|&kind| self.table(kind)).collect()
    }
}

/// The result of a thread; its panic goes on here.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Window, kernel_times, write_json};
    use rustg_trace::{EventKind, NewEvent, SourceFormat, TraceBuilder, TrackKey, TrackKind};

    /// Events at the ends of time, as long as they can be, on all kinds of tracks.
    fn hostile() -> Trace {
        let mut builder = TraceBuilder::new();
        let process = builder.process(i64::MIN);
        let thread = builder.thread(process, i64::MAX);
        let gpu = builder.gpu(u32::MAX, "");
        let tracks = [
            (builder.track(TrackKey::host(TrackKind::Api, process, thread)), EventKind::Api),
            (builder.track(TrackKey::host(TrackKind::Nvtx, process, thread)), EventKind::Nvtx),
            (builder.track(TrackKey::host(TrackKind::Overhead, process, thread)), EventKind::Overhead),
            (builder.track(TrackKey::stream(TrackKind::Stream, Some(process), gpu, 1, 7)), EventKind::Kernel),
            (builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 1, u64::MAX)), EventKind::Memcpy),
        ];
        let name = builder.strings.intern("cudaStreamSynchronize");
        for (track, kind) in tracks {
            for start_ns in [i64::MIN, i64::MIN + 5, -1, 0, 1, i64::MAX - 1, i64::MAX] {
                for dur_ns in [0, 1, 1 << 40, u64::MAX] {
                    builder.push(NewEvent { track, start_ns, dur_ns, name, kind, detail: 0, link: 0 });
                }
            }
        }
        builder.finish("hostile".into(), SourceFormat::Chrome)
    }

    #[test]
    fn hostile_times_overflow_nothing() {
        let trace = hostile();
        let halves = [(i64::MIN, i64::MAX), (i64::MIN, 0), (-1, 1), (0, i64::MAX)];
        let ranges = halves.map(|(start_ns, end_ns)| Some(TimeRange { start_ns, end_ns }));
        for range in ranges.into_iter().chain([None]) {
            for by in GroupBy::ALL {
                let stats = Stats::new(&trace, &StatsOptions { range, by, ..StatsOptions::default() });
                let json = write_json(&stats.tables(&TableKind::ALL));
                assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
                let window = Window::new(&trace, range);
                kernel_times(&window, &Grouping::new(&window, by), &stats.kernels, 64);
            }
        }
    }
}
