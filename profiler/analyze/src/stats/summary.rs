//! One row about the whole: what the trace is and the figures that matter.

use rustg_trace::{EventKind, SourceFormat};

use super::overlap::OverlapRow;
use super::table::{Column, Row, Unit, Value, hidden, shown};
use super::window::Window;

/// The whole in figures.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// What the trace is called.
    pub title: String,
    /// Where it came from.
    pub source: SourceFormat,
    /// The window: the trace's wall time, or the part of it that was asked for.
    pub wall_ns: u64,
    /// GPUs with work.
    pub gpus: u64,
    /// Kernels in the window.
    pub kernels: u64,
    /// Copies and fills in the window.
    pub transfers: u64,
    /// API calls in the window.
    pub api_calls: u64,
    /// Time with work, all GPUs together.
    pub busy_ns: u64,
    /// Records known to be missing.
    pub lost: u64,
    /// Sentences of the reader.
    pub notes: Vec<String>,
}

impl Summary {
    /// The figures of `window`, whose GPUs are `gpus`.
    pub fn new(window: &Window, gpus: &[OverlapRow]) -> Self {
        let trace = window.trace;
        let (mut kernels, mut transfers, mut api_calls) = (0, 0, 0);
        for track in &trace.tracks {
            for kind in &trace.events.kind[window.rows(track)] {
                match kind {
                    EventKind::Kernel | EventKind::GraphExec => kernels += 1,
                    EventKind::Memcpy | EventKind::Memset => transfers += 1,
                    EventKind::Api => api_calls += 1,
                    _ => {}
                }
            }
        }
        Summary {
            title: trace.title.clone(),
            source: trace.source,
            wall_ns: window.range.dur_ns(),
            gpus: gpus.len() as u64,
            kernels,
            transfers,
            api_calls,
            busy_ns: gpus.iter().map(|gpu| gpu.busy_ns).fold(0, u64::saturating_add),
            lost: trace.lost.iter().map(|lost| lost.count).fold(0, u64::saturating_add),
            notes: trace.notes.iter().map(|note| note.0.clone()).collect(),
        }
    }

    /// The part of the GPUs' wall time in which they had work, 0 to 1.
    pub fn busy_share(&self) -> f64 {
        let all_ns = self.wall_ns as f64 * self.gpus as f64;
        if all_ns > 0.0 { self.busy_ns as f64 / all_ns } else { 0.0 }
    }
}

impl Row for Summary {
    const COLUMNS: &'static [Column] = &[
        shown("title", "trace", Unit::Text),
        hidden("source", Unit::Text),
        shown("wall_ns", "wall", Unit::DurNs),
        shown("gpus", "GPUs", Unit::Count),
        shown("busy_ns", "busy", Unit::DurNs),
        shown("busy_share", "%", Unit::Share),
        shown("kernels", "kernels", Unit::Count),
        shown("transfers", "copies", Unit::Count),
        shown("api_calls", "API calls", Unit::Count),
        shown("lost", "lost", Unit::Count),
        hidden("notes", Unit::Text),
    ];

    fn values(&self) -> Vec<Value> {
        let source = match self.source {
            SourceFormat::Recording => "rustg",
            SourceFormat::Kineto => "kineto",
            SourceFormat::Chrome => "chrome",
            SourceFormat::NsightSystems => "nsys",
            SourceFormat::Folded => "folded",
        };
        vec![
            self.title.as_str().into(),
            source.into(),
            self.wall_ns.into(),
            self.gpus.into(),
            self.busy_ns.into(),
            self.busy_share().into(),
            self.kernels.into(),
            self.transfers.into(),
            self.api_calls.into(),
            self.lost.into(),
            self.notes.join("\n").into(),
        ]
    }
}
