//! CUDA streams: what ran on each, and how busy it was.

use rustg_trace::{EventKind, GpuId, ProcessId, TrackId};

use super::group::stream_label;
use super::merge;
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// One stream.
#[derive(Clone, PartialEq, Debug)]
pub struct StreamRow {
    /// "GPU 0 stream 7".
    pub stream: String,
    /// The stream's id, as in the trace.
    pub id: u64,
    /// Kernels (whole graphs count as one where only they were recorded).
    pub kernels: u64,
    /// Copies and fills.
    pub transfers: u64,
    /// At least one piece of its work ran.
    pub busy_ns: u64,
    /// `busy_ns` of the window, 0 to 1.
    pub share: f64,
    /// Start of its first work, since the trace's start.
    pub first_ns: i64,
    /// End of its last work, since the trace's start.
    pub last_ns: i64,
}

impl Row for StreamRow {
    const COLUMNS: &'static [Column] = &[
        shown("stream", "stream", Unit::Text),
        hidden("id", Unit::Count),
        shown("busy_ns", "busy", Unit::DurNs),
        shown("share", "%", Unit::Share),
        shown("kernels", "kernels", Unit::Count),
        shown("transfers", "copies", Unit::Count),
        roomy("first_ns", "first", Unit::TimeNs),
        roomy("last_ns", "last", Unit::TimeNs),
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.stream.as_str().into(),
            self.id.into(),
            self.busy_ns.into(),
            self.share.into(),
            self.kernels.into(),
            self.transfers.into(),
            self.first_ns.into(),
            self.last_ns.into(),
        ]
    }
}

type StreamKey = (Option<GpuId>, Option<ProcessId>, u32, u64);

/// The rows of all streams with work in the window, by busy time.
pub fn stream_rows(window: &Window) -> Vec<StreamRow> {
    let trace = window.trace;
    let mut streams: Vec<(StreamKey, Vec<TrackId>)> = Vec::new();
    let mut index_of = rustc_hash::FxHashMap::default();
    for (id, track) in trace.gpu_tracks() {
        let key = (track.gpu, track.process, track.context, track.stream);
        let index = *index_of.entry(key).or_insert_with(|| {
            streams.push((key, Vec::new()));
            streams.len() - 1
        });
        streams[index].1.push(id);
    }
    let mut rows: Vec<StreamRow> = Vec::new();
    for (key, tracks) in streams {
        let (mut kernels, mut transfers, mut busy_ns) = (0, 0, 0u64);
        let mut first_ns = None;
        let mut until_ns = i64::MIN;
        merge::for_each_in_order(window, &tracks, |work| {
            match trace.events.kind[work.event.index()] {
                EventKind::Memcpy | EventKind::Memset => transfers += 1,
                _ => kernels += 1,
            }
            first_ns.get_or_insert(work.start_ns);
            busy_ns += u64::try_from(work.end_ns.saturating_sub(work.start_ns.max(until_ns))).unwrap_or(0);
            until_ns = until_ns.max(work.end_ns);
        });
        let Some(first_ns) = first_ns else { continue };
        rows.push(StreamRow {
            stream: stream_label(trace, &trace.tracks[tracks[0].index()]),
            id: key.3,
            kernels,
            transfers,
            busy_ns,
            share: busy_ns as f64 / (window.range.dur_ns() as f64).max(1.0),
            first_ns: first_ns.saturating_sub(trace.span.start_ns),
            last_ns: until_ns.saturating_sub(trace.span.start_ns),
        });
    }
    rows.sort_by(|a, b| b.busy_ns.cmp(&a.busy_ns).then_with(|| a.stream.cmp(&b.stream)));
    rows
}
