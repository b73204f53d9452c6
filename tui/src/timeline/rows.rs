//! The rows of the timeline: tracks in groups that fold, ordered so that cause stands above effect.

use rustg_trace::{GpuId, Trace, Track, TrackId, TrackKind};

use crate::context::Context;

/// What a row shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    /// The union of all work of a GPU.
    Gpu(GpuId),
    /// A telemetry series of a GPU.
    Counter(usize),
    /// A track.
    Track(TrackId),
}

/// One row of the screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Which trace.
    pub slot: usize,
    /// What of it.
    pub shows: Shows,
    /// Its group, an index into [`Rows::groups`].
    pub group: usize,
    /// What it is called; empty on the deeper levels of a group.
    pub label: String,
}

/// Tracks that fold together: the levels of one kind of one thread or stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Which trace.
    pub slot: usize,
    /// What it is called.
    pub label: String,
    /// The levels, outermost first; a GPU's union is a group of one.
    pub levels: Vec<Shows>,
    /// The level that stands for all while it is folded.
    pub telling: usize,
    /// How many levels are shown, from 1; unless all are, the telling one is the first of them.
    pub shown: usize,
    /// What decides which groups unfold first where there is room.
    kind: Option<TrackKind>,
}

impl Group {
    /// Whether there is anything to unfold.
    pub fn folds(&self) -> bool {
        self.levels.len() > 1
    }

    /// Whether all levels are shown.
    pub fn unfolded(&self) -> bool {
        self.shown == self.levels.len()
    }
}

/// Which of two traces are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Compare {
    /// Rows of both, like beside like.
    #[default]
    Both,
    /// The first trace alone.
    First,
    /// The second alone.
    Second,
}

/// All groups and the rows they make now.
#[derive(Clone, Default, Debug)]
pub struct Rows {
    /// The groups in order.
    pub groups: Vec<Group>,
    /// The rows in order.
    pub rows: Vec<Row>,
}

impl Rows {
    /// The rows of the loaded traces, unfolded as far as `height` allows.
    pub fn new(context: &Context, compare: Compare, height: usize) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let two = context.loaded().count() > 1;
        for (slot, loaded) in context.loaded() {
            if matches!((compare, slot), (Compare::First, 1) | (Compare::Second, 0)) {
                continue;
            }
            for mut group in groups_of(slot, &loaded.trace) {
                group.telling = telling_level(&loaded.trace, &group);
                let bare = group.label.clone();
                if two {
                    group.label = format!("{} {bare}", ["A", "B"][slot.min(1)]);
                }
                // Like beside like: B's stream 7 below A's.
                let twin = |other: &Group| other.slot != slot && two && other.label[2..] == bare;
                match groups.iter().rposition(twin) {
                    Some(place) => groups.insert(place + 1, group),
                    None => groups.push(group),
                }
            }
        }
        let mut rows = Rows { groups, rows: Vec::new() };
        rows.unfold_to(height);
        rows.rebuild();
        rows
    }

    /// Takes over which groups are folded from rows of an earlier state of the same traces.
    pub fn keep_folds(&mut self, before: &Rows) {
        for group in &mut self.groups {
            let same = before.groups.iter().find(|old| old.slot == group.slot && old.label == group.label);
            if let Some(old) = same {
                let all = old.unfolded() && old.folds();
                group.shown = if all { group.levels.len() } else { old.shown.min(group.levels.len()) };
            }
        }
        self.rebuild();
    }

    fn unfold_to(&mut self, height: usize) {
        use TrackKind::{Annotation, Api, Graph, Nvtx, Operator, Other, Python, Stream, Sync};
        let mut room = height.saturating_sub(self.groups.len());
        for kind in [Stream, Graph, Nvtx, Api, Sync, Annotation, Operator, Other, Python] {
            for group in self.groups.iter_mut().filter(|group| group.kind == Some(kind)) {
                let more = group.levels.len() - 1;
                let taken = more.min(room);
                group.shown = 1 + taken;
                room -= taken;
            }
        }
    }

    /// Makes the rows of the groups as they are folded now.
    pub fn rebuild(&mut self) {
        self.rows.clear();
        for (index, group) in self.groups.iter().enumerate() {
            let first = if group.unfolded() { 0 } else { group.telling.min(group.levels.len() - group.shown) };
            let levels = first..first + group.shown;
            for (place, level) in levels.enumerate() {
                let label = if place == 0 { group.label.clone() } else { String::new() };
                self.rows.push(Row { slot: group.slot, shows: group.levels[level], group: index, label });
            }
        }
    }

    /// Folds or unfolds a group.
    pub fn toggle(&mut self, group: usize) {
        let group = &mut self.groups[group];
        group.shown = if group.shown > 1 { 1 } else { group.levels.len() };
        self.rebuild();
    }

    /// The row that shows a track, unfolding its group if need be.
    pub fn reveal(&mut self, slot: usize, track: TrackId) -> Option<usize> {
        let shows = Shows::Track(track);
        let of = |rows: &Rows| rows.rows.iter().position(|row| row.slot == slot && row.shows == shows);
        if let Some(row) = of(self) {
            return Some(row);
        }
        let group = self.groups.iter_mut().find(|group| group.slot == slot && group.levels.contains(&shows))?;
        let level = group.levels.iter().position(|&level| level == shows)?;
        group.telling = if group.shown == 1 { level } else { group.telling.min(level) };
        group.shown = group.shown.max(level + 1 - group.telling).min(group.levels.len());
        self.rebuild();
        of(self)
    }
}

/// Groups of one trace: threads that call CUDA or carry NVTX ranges, then GPUs with their streams, then other threads.
fn groups_of(slot: usize, trace: &Trace) -> Vec<Group> {
    let calls = |track: &Track| matches!(track.kind, TrackKind::Api | TrackKind::Nvtx);
    let mut calling: Vec<_> = trace.tracks.iter().filter(|track| calls(track)).map(|track| track.thread).collect();
    calling.sort_unstable();
    calling.dedup();
    let place = |track: &Track| match (track.gpu, calling.binary_search(&track.thread)) {
        (Some(_), _) => 1,
        (None, Ok(_)) if track.thread.is_some() => 0,
        _ => 2,
    };
    let mut order: Vec<u32> =
        (0..trace.tracks.len() as u32).filter(|&t| !trace.tracks[t as usize].rows.is_empty()).collect();
    order.sort_by_key(|&track| place(&trace.tracks[track as usize]));

    // Threads and processes that do something: a source may have others, made up for what it says of itself.
    let works = |track: &&Track| {
        use TrackKind::{Api, Nvtx, Operator, Python};
        matches!(track.kind, Api | Nvtx | Operator | Python) && !track.rows.is_empty()
    };
    let count = |mut ids: Vec<Option<u32>>| {
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    };
    let working = || trace.tracks.iter().filter(works);
    let threads = count(working().map(|track| track.thread.map(|id| id.0)).collect());
    let processes = count(working().map(|track| track.process.map(|id| id.0)).collect());
    let mut groups: Vec<Group> = Vec::new();
    let mut last: Option<&Track> = None;
    let mut gpu_shown = None;
    for track in order {
        let own = &trace.tracks[track as usize];
        if let Some(gpu) = own.gpu
            && gpu_shown != Some(gpu)
        {
            gpu_shown = Some(gpu);
            groups.extend(gpu_groups(slot, trace, gpu));
        }
        let shows = Shows::Track(TrackId(track));
        let same_row = last.is_some_and(|last| {
            (last.kind, last.process, last.thread, last.gpu, last.context, last.stream, last.name)
                == (own.kind, own.process, own.thread, own.gpu, own.context, own.stream, own.name)
        });
        match groups.last_mut() {
            Some(group) if same_row => group.levels.push(shows),
            _ => groups.push(Group {
                slot,
                label: label_of(trace, own, threads, processes),
                levels: vec![shows],
                telling: 0,
                shown: 1,
                kind: Some(own.kind),
            }),
        }
        last = Some(own);
    }
    groups
}

fn gpu_groups(slot: usize, trace: &Trace, gpu: GpuId) -> Vec<Group> {
    let single = |label: String, shows| Group { slot, label, levels: vec![shows], telling: 0, shown: 1, kind: None };
    let mut groups = vec![single(format!("GPU {}", trace.gpus[gpu.index()].device), Shows::Gpu(gpu))];
    let counters = trace.counters.iter().enumerate();
    let sm = counters.filter(|(_, counter)| {
        counter.gpu == Some(gpu) && counter.unit == "%" && counter.name.to_ascii_lowercase().contains("sm")
    });
    if let Some((index, counter)) = sm.min_by_key(|(_, counter)| counter.name.len()) {
        groups.push(single(counter.name.clone(), Shows::Counter(index)));
    }
    groups
}

fn label_of(trace: &Trace, track: &Track, threads: usize, processes: usize) -> String {
    let name = trace.text(track.name);
    let thread = track.thread.map(|thread| &trace.threads[thread.index()]);
    let owner = match (thread, track.process.map(|process| &trace.processes[process.index()])) {
        (Some(thread), Some(process))
            if processes > 1 && threads > 1 && process.pid != thread.tid && thread.tid > 0 =>
        {
            format!(" {}/{}", process.pid, thread.tid)
        }
        // The source did not know the thread.
        (Some(thread), _) if thread.tid <= 0 => String::new(),
        (Some(thread), _) if threads > 1 => format!(" {}", thread.tid),
        _ => String::new(),
    };
    let kind = match track.kind {
        TrackKind::Nvtx => "nvtx",
        TrackKind::Python => "python",
        TrackKind::Operator => "ops",
        TrackKind::Api => "cuda",
        TrackKind::Sync => "sync",
        TrackKind::Overhead => "overhead",
        TrackKind::Other => "",
        TrackKind::Stream => return format!("stream {}", track.stream),
        TrackKind::Graph => return format!("graphs {}", track.stream),
        TrackKind::Annotation => return format!("ranges {}", track.stream),
    };
    let thread_name = thread.map_or("", |thread| trace.text(thread.name));
    match (kind, name.is_empty(), thread_name.is_empty()) {
        ("", false, _) => format!("{name}{owner}"),
        ("", true, false) => thread_name.to_owned(),
        ("", true, true) => format!("thread{owner}"),
        (_, false, _) => format!("{kind} {name}"),
        _ => format!("{kind}{owner}"),
    }
}

/// The deepest level that still covers most of what the outermost does: `<module>` tells nothing, the training step does.
fn telling_level(trace: &Trace, group: &Group) -> usize {
    if group.kind != Some(TrackKind::Python) {
        return 0;
    }
    let busy = |shows: &Shows| match shows {
        Shows::Track(track) => trace.events.dur_ns[trace.tracks[track.index()].range()].iter().sum::<u64>(),
        _ => 0,
    };
    let outermost = busy(&group.levels[0]);
    group.levels.iter().rposition(|level| busy(level) >= outermost / 10 * 6).unwrap_or(0)
}
