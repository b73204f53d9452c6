//! All work of one GPU in order of start, whatever streams it ran on: a k-way merge of tracks, which are sorted already.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustg_trace::{EventId, GpuId, TrackId, TrackKind};

use super::window::Window;

/// One piece of GPU work, cut to the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Work {
    pub(crate) event: EventId,
    pub(crate) track: TrackId,
    pub(crate) start_ns: i64,
    pub(crate) end_ns: i64,
}

/// The tracks with work of `gpu`.
pub(crate) fn tracks_of(window: &Window, gpu: GpuId) -> Vec<TrackId> {
    let tracks = window.trace.tracks.iter().enumerate();
    tracks
        .filter(|(_, track)| matches!(track.kind, TrackKind::Stream | TrackKind::Graph) && track.gpu == Some(gpu))
        .map(|(index, _)| TrackId(index as u32))
        .collect()
}

/// Tracks up to which the next one is found by looking at all of them.
const FEW_TRACKS: usize = 8;

/// Calls `each` for all work of `tracks` in the window, by start and then by track.
pub(crate) fn for_each_in_order(window: &Window, tracks: &[TrackId], mut each: impl FnMut(Work)) {
    let trace = window.trace;
    let start_ns = &trace.events.start_ns;
    let rows: Vec<_> = tracks.iter().map(|track| window.rows(&trace.tracks[track.index()])).collect();
    let heads = rows.iter().enumerate().filter(|(_, rows)| !rows.is_empty());
    let mut heads: Heads = Heads::new(heads.map(|(index, rows)| (start_ns[rows.start], index, rows.start)).collect());
    while let Some((_, index, mut row)) = heads.take() {
        // Run on in this track until another one is earlier.
        let limit = heads.peek().map_or((i64::MAX, usize::MAX), |(start, other, _)| (start, other));
        let (track, end) = (tracks[index], rows[index].end);
        while row < end && (start_ns[row], index) <= limit {
            if trace.events.kind[row].is_gpu_work() {
                let (start_ns, end_ns) = window.clip(row);
                each(Work { event: EventId(row as u32), track, start_ns, end_ns });
            }
            row += 1;
        }
        if row < end {
            heads.put((start_ns[row], index, row));
        }
    }
}

/// The next row of each track: (start, index of the track, row).
type Head = (i64, usize, usize);

/// The heads of all tracks, of which the earliest is wanted.
enum Heads {
    /// In no order.
    Few(Vec<Head>),
    /// As a heap.
    Many(BinaryHeap<Reverse<Head>>),
}

impl Heads {
    fn new(heads: Vec<Head>) -> Self {
        if heads.len() <= FEW_TRACKS {
            Heads::Few(heads)
        } else {
            Heads::Many(heads.into_iter().map(Reverse).collect())
        }
    }

    fn take(&mut self) -> Option<Head> {
        match self {
            Heads::Few(heads) => {
                let (position, _) = heads.iter().enumerate().min_by_key(|(_, head)| **head)?;
                Some(heads.swap_remove(position))
            }
            Heads::Many(heads) => heads.pop().map(|Reverse(head)| head),
        }
    }

    fn peek(&self) -> Option<Head> {
        match self {
            Heads::Few(heads) => heads.iter().min().copied(),
            Heads::Many(heads) => heads.peek().map(|Reverse(head)| *head),
        }
    }

    fn put(&mut self, head: Head) {
        match self {
            Heads::Few(heads) => heads.push(head),
            Heads::Many(heads) => heads.push(Reverse(head)),
        }
    }
}
