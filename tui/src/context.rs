//! What all screens share: the open traces, the window of time, the selection, the look.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustg_analyze::lod::{Lod, NameTotals};
use rustg_analyze::stats::Window;
use rustg_analyze::stats::gaps::{GapFinder, HostCalls};
use rustg_trace::{EventId, EventKind, GpuId, TimeRange, Trace};

use crate::theme::{Paint, Theme};

/// An open trace with everything that drawing it needs.
pub struct Loaded {
    /// Where it was read from; `None` for the bundled sample.
    pub path: Option<PathBuf>,
    /// The trace.
    pub trace: Trace,
    /// Its level-of-detail index.
    pub lod: Lod,
    /// What each name is painted with, by string id.
    pub paints: Vec<Paint>,
    /// Figures of the header.
    pub summary: Summary,
    /// What the causes of gaps are told from.
    calls: Arc<HostCalls>,
    /// Scratch memory of queries; it carries nothing from one to the next.
    pub scratch: Mutex<NameTotals>,
}

/// The figures of the header.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Summary {
    /// Kernel executions.
    pub kernels: u64,
    /// Time GPUs were busy, summed over GPUs.
    pub busy_ns: u64,
    /// GPUs with any work.
    pub gpus: u64,
}

impl Loaded {
    /// Indexes a trace. Takes about as long as touching every event a few times.
    pub fn new(path: Option<PathBuf>, trace: Trace) -> Self {
        let lod = Lod::build(&trace);
        let paints = paints_of(&trace);
        let mut summary = Summary::default();
        for (_, track) in trace.gpu_tracks() {
            let kinds = &trace.events.kind[track.range()];
            summary.kernels += kinds.iter().filter(|&&kind| kind == EventKind::Kernel).count() as u64;
        }
        for gpu in (0..trace.gpus.len() as u32).map(GpuId) {
            if lod.gpu_span(gpu).is_some() {
                summary.gpus += 1;
                summary.busy_ns += lod.gpu_busy_ns(&trace, gpu, trace.span);
            }
        }
        let scratch = Mutex::new(NameTotals::new(&trace));
        let calls = GapFinder::new(&Window::new(&trace, None)).calls();
        Loaded { path, trace, lod, paints, summary, calls, scratch }
    }

    /// Tells the causes of gaps.
    pub fn gap_finder(&self) -> GapFinder<'_> {
        GapFinder::with_calls(&Window::new(&self.trace, None), self.calls.clone())
    }

    /// Bytes of memory the events and their index take.
    pub fn size_bytes(&self) -> usize {
        self.trace.events.size_bytes() + self.lod.size_bytes()
    }
}

fn paints_of(trace: &Trace) -> Vec<Paint> {
    let mut on_gpu = vec![false; trace.strings.len()];
    for (_, track) in trace.gpu_tracks() {
        trace.events.name[track.range()].iter().for_each(|name| on_gpu[name.index()] = true);
    }
    let paint = |(id, text): (rustg_trace::StringId, &str)| {
        if on_gpu[id.index()] { Paint::gpu(text) } else { Paint::host(text) }
    };
    trace.strings.iter().map(paint).collect()
}

/// One of the traces given on the command line.
#[derive(Clone, Default)]
pub struct Slot {
    /// What to call it.
    pub title: String,
    /// The trace, once it is there.
    pub loaded: Option<Arc<Loaded>>,
    /// Bytes read and bytes to read, while it is not.
    pub progress: (u64, u64),
    /// Why it never will be.
    pub failed: Option<String>,
    /// Trace time that is 0 in the view.
    pub origin_ns: i64,
    /// It is still being recorded.
    pub live: bool,
}

/// What is selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selection {
    /// An event of a trace.
    Event {
        /// Which of the traces.
        slot: usize,
        /// The event.
        event: EventId,
    },
    /// A range of time, in nanoseconds of the view.
    Range(TimeRange),
}

/// What all screens share.
pub struct Context {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The look.
    pub theme: Theme,
    /// The traces, one or two.
    pub slots: Vec<Slot>,
    /// The range of time that is shown, in nanoseconds of the view: 0 is where each trace starts.
    pub window: TimeRange,
    /// What is selected.
    pub selection: Option<Selection>,
    /// A sentence for the status line, until the next key.
    pub notice: Option<String>,
    /// The bundled sample is open, not the user's trace.
    pub sample: bool,
    /// The window follows the end of a growing trace.
    pub follow: bool,
}

impl Context {
    /// Before anything is loaded.
    pub fn new(theme: Theme, size: (u16, u16), titles: Vec<String>) -> Self {
        let slots = titles.into_iter().map(|title| Slot { title, ..Slot::default() }).collect();
        Context {
            size,
            theme,
            slots,
            window: TimeRange::default(),
            selection: None,
            notice: None,
            sample: false,
            follow: false,
        }
    }

    /// The loaded traces with their slots' numbers.
    pub fn loaded(&self) -> impl Iterator<Item = (usize, &Arc<Loaded>)> {
        self.slots.iter().enumerate().filter_map(|(slot, of)| Some((slot, of.loaded.as_ref()?)))
    }

    /// The range of time that is selected, in nanoseconds of the view.
    pub fn selected_range(&self) -> Option<TimeRange> {
        match self.selection {
            Some(Selection::Range(range)) => Some(range),
            _ => None,
        }
    }

    /// The trace of a slot.
    pub fn trace(&self, slot: usize) -> Option<&Arc<Loaded>> {
        self.slots.get(slot)?.loaded.as_ref()
    }

    /// All of the time there is, in nanoseconds of the view. Never empty once something is loaded.
    pub fn whole(&self) -> TimeRange {
        let mut whole: Option<TimeRange> = None;
        for (slot, loaded) in self.loaded() {
            let span = self.to_view(slot, loaded.trace.span);
            let known = whole.get_or_insert(span);
            *known = TimeRange { start_ns: known.start_ns.min(span.start_ns), end_ns: known.end_ns.max(span.end_ns) };
        }
        let whole = whole.unwrap_or_default();
        TimeRange { start_ns: whole.start_ns, end_ns: whole.end_ns.max(whole.start_ns + 1) }
    }

    /// A range of a trace, in nanoseconds of the view.
    pub fn to_view(&self, slot: usize, range: TimeRange) -> TimeRange {
        let origin = self.slots[slot].origin_ns;
        TimeRange { start_ns: range.start_ns.saturating_sub(origin), end_ns: range.end_ns.saturating_sub(origin) }
    }

    /// A range of the view, in nanoseconds of a trace.
    pub fn to_trace(&self, slot: usize, range: TimeRange) -> TimeRange {
        let origin = self.slots[slot].origin_ns;
        TimeRange { start_ns: range.start_ns.saturating_add(origin), end_ns: range.end_ns.saturating_add(origin) }
    }

    /// Shows `window`, moved and narrowed into what there is; at least a nanosecond for each of `columns`.
    pub fn set_window(&mut self, window: TimeRange, columns: u16) {
        let whole = self.whole();
        let least = u64::from(columns).min(whole.dur_ns());
        let width = window.dur_ns().clamp(least, whole.dur_ns()) as i64;
        let start_ns = if window.dur_ns() < least {
            window.start_ns.saturating_sub((least - window.dur_ns()) as i64 / 2)
        } else {
            window.start_ns
        };
        let start_ns = start_ns.clamp(whole.start_ns, whole.end_ns - width);
        self.window = TimeRange { start_ns, end_ns: start_ns + width };
    }

    /// Moves the window by a share of its width.
    pub fn pan(&mut self, share: f64, columns: u16) {
        let by = (self.window.dur_ns() as f64 * share) as i64;
        let by = if by == 0 { share.signum() as i64 } else { by };
        let TimeRange { start_ns, end_ns } = self.window;
        let window = TimeRange { start_ns: start_ns.saturating_add(by), end_ns: end_ns.saturating_add(by) };
        self.set_window(window, columns);
    }

    /// Zooms so that what is at `at_ns` stays where it is; factors below 1 show less time.
    pub fn zoom(&mut self, factor: f64, at_ns: i64, columns: u16) {
        let width = self.window.dur_ns() as f64;
        let share = ((at_ns - self.window.start_ns) as f64 / width.max(1.0)).clamp(0.0, 1.0);
        let whole = self.whole().dur_ns() as f64;
        let wanted = (width * factor).clamp(f64::from(columns).min(whole), whole);
        let start_ns = at_ns.saturating_sub((wanted * share) as i64);
        self.set_window(TimeRange { start_ns, end_ns: start_ns.saturating_add(wanted as i64) }, columns);
    }

    /// The middle of the window.
    pub fn middle_ns(&self) -> i64 {
        self.window.start_ns + (self.window.dur_ns() / 2) as i64
    }

    /// Puts a grown trace in the place of its slot's; what refers to events of the old one is carried over.
    pub fn replace(&mut self, slot: usize, loaded: Arc<Loaded>) {
        let Some(of) = self.slots.get_mut(slot) else { return };
        let before = of.loaded.replace(loaded.clone());
        of.title.clone_from(&loaded.trace.title);
        let Some(before) = before else {
            of.origin_ns = loaded.trace.span.start_ns;
            return;
        };
        if let Some(Selection::Event { slot: selected, event }) = self.selection
            && selected == slot
        {
            let same = same_event(&before.trace, &loaded.trace, event);
            self.selection = same.map(|event| Selection::Event { slot, event });
        }
    }
}

/// The event of a grown trace that `event` of the earlier one is: on the same track, with the same start.
fn same_event(before: &Trace, now: &Trace, event: EventId) -> Option<EventId> {
    let old = &before.tracks[before.track_of(event).index()];
    let same = |new: &&rustg_trace::Track| {
        (new.kind, new.process, new.thread, new.gpu, new.context, new.stream, new.level)
            == (old.kind, old.process, old.thread, old.gpu, old.context, old.stream, old.level)
            && now.text(new.name) == before.text(old.name)
    };
    let track = now.tracks.iter().find(same)?;
    let start = before.events.start_ns[event.index()];
    let place = now.events.start_ns[track.range()].partition_point(|&at| at < start);
    let found = EventId(track.rows.start + place as u32);
    (found.0 < track.rows.end && now.events.start_ns[found.index()] == start).then_some(found)
}
