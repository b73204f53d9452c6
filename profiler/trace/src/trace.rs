//! The trace: all tables together, immutable once built.

use rustg_base::{StringId, Strings};

use crate::{
    Counter, EventId, EventKind, Events, Gpu, KernelConfig, Lost, NONE, Note, Process, SourceFormat, StackId, Stacks,
    Thread, Track, TrackId, Transfer,
};

/// A half-open range of time, `start_ns..end_ns`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TimeRange {
    /// First nanosecond.
    pub start_ns: i64,
    /// One past the last nanosecond.
    pub end_ns: i64,
}

impl TimeRange {
    /// Its length; 0 where it is empty or reversed.
    pub fn dur_ns(self) -> u64 {
        u64::try_from(self.end_ns.saturating_sub(self.start_ns)).unwrap_or(0)
    }

    /// The part that both ranges cover; empty (`start == end`) where they do not meet.
    pub fn intersect(self, other: TimeRange) -> TimeRange {
        let start_ns = self.start_ns.max(other.start_ns);
        TimeRange { start_ns, end_ns: self.end_ns.min(other.end_ns).max(start_ns) }
    }
}

/// A recorded or imported trace. Tables are plain and public; [`TraceBuilder`](crate::TraceBuilder) upholds their invariants.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What to call it: the file's name.
    pub title: String,
    /// Where it came from.
    pub source: SourceFormat,
    /// From the first to the last record of any kind.
    pub span: TimeRange,
    /// All texts.
    pub strings: Strings,
    /// Processes by [`ProcessId`](crate::ProcessId).
    pub processes: Vec<Process>,
    /// Threads by [`ThreadId`](crate::ThreadId).
    pub threads: Vec<Thread>,
    /// GPUs by [`GpuId`](crate::GpuId).
    pub gpus: Vec<Gpu>,
    /// Tracks by [`TrackId`], in the order they are shown: host threads by process, then GPUs and their streams;
    /// levels of one row stand together, outermost first.
    pub tracks: Vec<Track>,
    /// All events, track after track.
    pub events: Events,
    /// Launch configurations; the `detail` of kernels.
    pub kernels: Vec<KernelConfig>,
    /// Copies and fills; the `detail` of memcpy and memset events.
    pub transfers: Vec<Transfer>,
    /// Host stacks; the `link` of API calls.
    pub stacks: Stacks,
    /// Telemetry.
    pub counters: Vec<Counter>,
    /// What is known to be missing.
    pub lost: Vec<Lost>,
    /// Sentences for the reader.
    pub notes: Vec<Note>,
    /// Wall-clock nanoseconds since the epoch at trace time 0, where the source says.
    pub epoch_offset_ns: Option<i64>,
}

impl Trace {
    /// The text of `id`.
    pub fn text(&self, id: StringId) -> &str {
        self.strings.get(id)
    }

    /// The name of an event, as in the source.
    pub fn name(&self, event: EventId) -> &str {
        self.strings.get(self.events.name[event.index()])
    }

    /// When an event ran.
    pub fn range(&self, event: EventId) -> TimeRange {
        TimeRange { start_ns: self.events.start_ns[event.index()], end_ns: self.events.end_ns(event) }
    }

    /// The API call that launched a GPU event or waited in a [`EventKind::Sync`] record, where it was recorded.
    pub fn launch_of(&self, event: EventId) -> Option<EventId> {
        let kind = self.events.kind[event.index()];
        let link = self.events.link[event.index()];
        ((kind.is_gpu_work() || kind == EventKind::Sync) && link != NONE).then_some(EventId(link))
    }

    /// The host stack recorded at an API call.
    pub fn stack_of(&self, event: EventId) -> Option<StackId> {
        let link = self.events.link[event.index()];
        (self.events.kind[event.index()] == EventKind::Api && link != NONE).then_some(StackId(link))
    }

    /// The launch configuration of a kernel.
    pub fn kernel_of(&self, event: EventId) -> Option<&KernelConfig> {
        let detail = self.events.detail[event.index()];
        (self.events.kind[event.index()] == EventKind::Kernel).then(|| self.kernels.get(detail as usize)).flatten()
    }

    /// What a copy or fill moved.
    pub fn transfer_of(&self, event: EventId) -> Option<&Transfer> {
        let detail = self.events.detail[event.index()];
        matches!(self.events.kind[event.index()], EventKind::Memcpy | EventKind::Memset)
            .then(|| self.transfers.get(detail as usize))
            .flatten()
    }

    /// The track an event is on, by binary search.
    pub fn track_of(&self, event: EventId) -> TrackId {
        TrackId(self.tracks.partition_point(|track| track.rows.end <= event.0) as u32)
    }

    /// The event of `track` that covers `at_ns`, or the last one before it, by binary search.
    pub fn last_starting_by(&self, track: TrackId, at_ns: i64) -> Option<EventId> {
        let rows = self.tracks[track.index()].range();
        let count = self.events.start_ns[rows.clone()].partition_point(|&start| start <= at_ns);
        (count > 0).then(|| EventId((rows.start + count - 1) as u32))
    }

    /// The tracks that show GPU work.
    pub fn gpu_tracks(&self) -> impl Iterator<Item = (TrackId, &Track)> {
        use crate::TrackKind::{Graph, Stream};
        let tracks = self.tracks.iter().enumerate();
        tracks.filter(|(_, track)| matches!(track.kind, Stream | Graph)).map(|(id, track)| (TrackId(id as u32), track))
    }

    /// How many GPUs have at least one record of work.
    pub fn gpus_with_work(&self) -> usize {
        let mut seen = vec![false; self.gpus.len()];
        for (_, track) in self.gpu_tracks() {
            if let (Some(gpu), false) = (track.gpu, track.rows.is_empty()) {
                seen[gpu.index()] = true;
            }
        }
        seen.iter().filter(|&&seen| seen).count()
    }
}
