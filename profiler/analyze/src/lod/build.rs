//! Building the per-track index on several threads: blocks are independent, prefix sums follow.

use std::sync::Mutex;

use rustg_trace::Trace;

use super::pyramid::{NameTotals, Node};
use super::track::TrackIndex;
use super::{BLOCK, EXACT_EVENTS};

/// Blocks one task covers: large enough that taking a task costs nothing, small enough that threads end together.
const TASK_BLOCKS: usize = 2048;

struct Task<'a> {
    first_row: usize,
    end_row: usize,
    starts: &'a mut [i64],
    sums: &'a mut [u64],
    leaves: &'a mut [Node],
}

/// The index of every track of `trace`, in order.
pub(super) fn build_tracks(trace: &Trace, threads: usize) -> Vec<TrackIndex> {
    let mut tracks: Vec<TrackIndex> = Vec::with_capacity(trace.tracks.len());
    let mut all_leaves: Vec<Vec<Node>> = Vec::with_capacity(trace.tracks.len());
    for track in &trace.tracks {
        let blocks = track.rows.len().div_ceil(BLOCK);
        tracks.push(TrackIndex { starts: vec![0; blocks], busy: vec![0; blocks + 1], levels: Vec::new() });
        let leaves = if track.rows.len() > EXACT_EVENTS { blocks } else { 0 };
        all_leaves.push(vec![Node::EMPTY; leaves]);
    }

    let mut tasks = Vec::new();
    for ((track, index), leaves) in trace.tracks.iter().zip(&mut tracks).zip(&mut all_leaves) {
        let rows = track.range();
        let blocks = index.starts.len();
        let mut leaf_chunks = leaves.chunks_mut(TASK_BLOCKS);
        let chunks = index.starts.chunks_mut(TASK_BLOCKS).zip(index.busy[..blocks].chunks_mut(TASK_BLOCKS));
        for (number, (starts, sums)) in chunks.enumerate() {
            let first_row = rows.start + number * TASK_BLOCKS * BLOCK;
            let end_row = rows.end.min(first_row + TASK_BLOCKS * BLOCK);
            tasks.push(Task { first_row, end_row, starts, sums, leaves: leaf_chunks.next().unwrap_or_default() });
        }
    }
    let threads = threads.min(tasks.len()).max(1);
    let tasks = Mutex::new(tasks);
    let work = || {
        let mut names = NameTotals::new(trace);
        loop {
            let task = tasks.lock().expect("no task panics").pop();
            let Some(task) = task else { break };
            fill(trace, task, &mut names);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });

    for (index, leaves) in tracks.iter_mut().zip(all_leaves) {
        let mut before = 0;
        for sum in &mut index.busy {
            before += std::mem::replace(sum, before);
        }
        index.levels = Node::pyramid(leaves);
    }
    tracks
}

fn fill(trace: &Trace, task: Task<'_>, names: &mut NameTotals) {
    let events = &trace.events;
    for (block, row) in (task.first_row..task.end_row).step_by(BLOCK).enumerate() {
        let rows = row..task.end_row.min(row + BLOCK);
        task.starts[block] = events.start_ns[row];
        task.sums[block] = events.dur_ns[rows.clone()].iter().sum();
        if let Some(leaf) = task.leaves.get_mut(block) {
            names.clear();
            for row in rows {
                names.add(events.name[row], events.dur_ns[row]);
            }
            *leaf = names.heaviest_two();
        }
    }
}
