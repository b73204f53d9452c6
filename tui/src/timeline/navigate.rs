//! Moving: windows, rows, events, gaps, matches, and going back.

use rustg_analyze::lod::Matches;
use rustg_trace::{EventId, EventKind, GpuId, NONE, TimeRange, Trace, TrackId, TrackKind};

use super::gap::GapReport;
use super::report::report;
use super::rows::{Compare, Rows, Shows};
use super::{Action, Linked, Timeline};
use crate::context::{Context, Selection};
use crate::draw::LineInput;
use crate::message::Cmd;

/// What can be undone.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct View {
    window: TimeRange,
    scroll: usize,
    row: usize,
    selection: Option<Selection>,
}

impl View {
    /// Drops a selected event, whose number is no longer its own.
    pub(super) fn forget_event(&mut self) {
        self.selection = self.selection.filter(|selection| !matches!(selection, Selection::Event { .. }));
    }
}

/// The kind of a move; several of one kind in a row are undone together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Pan,
    Zoom,
    Jump,
}

/// Most moves that are remembered.
const UNDO_MAX: usize = 200;

impl Timeline {
    pub(super) fn act(&mut self, context: &mut Context, action: Action) -> Vec<Cmd> {
        use Action as A;
        match action {
            A::PanLeft => self.pan(context, -0.1),
            A::PanRight => self.pan(context, 0.1),
            A::PageLeft => self.pan(context, -0.95),
            A::PageRight => self.pan(context, 0.95),
            A::RowUp => self.to_row(context, self.row.saturating_sub(1)),
            A::RowDown => self.to_row(context, self.row + 1),
            A::PageUp | A::PageDown => {
                let page = usize::from(self.layout(context).rows.height).max(2) - 1;
                let target = if action == A::PageUp { self.row.saturating_sub(page) } else { self.row + page };
                self.to_row(context, target);
            }
            A::ZoomIn => self.zoom_at_selection(context, 0.5),
            A::ZoomOut => self.zoom_at_selection(context, 2.0),
            A::ZoomTo => self.zoom_to_selection(context),
            A::Whole => {
                self.remember(context, Step::Jump);
                context.window = context.whole();
            }
            A::NextGap => self.to_gap(context, true, None),
            A::PreviousGap => self.to_gap(context, false, None),
            A::NextEvent => self.step_event(context, true),
            A::PreviousEvent => self.step_event(context, false),
            A::Follow => self.follow_link(context),
            A::Fold => self.fold(context),
            A::FoldAll => self.fold_all(context),
            A::Find => self.typing = Some(LineInput::default()),
            A::NextMatch => self.to_match(context, true),
            A::PreviousMatch => self.to_match(context, false),
            A::Mark => self.marking = true,
            A::Undo => self.undo(context),
            A::Redo => self.redo(context),
            A::Compare => self.next_compare(context),
            A::Live => {
                context.follow = !context.follow;
                let state = if context.follow { "following the end of the recording" } else { "standing still" };
                context.notice = Some(state.to_owned());
            }
            A::Copy => {
                let line = self.copy_line(context);
                context.notice = Some(format!("copied: {line}"));
                return vec![Cmd::Copy(line)];
            }
            A::Clear => {
                if context.selection.take().is_none() && self.gap.take().is_none() {
                    self.search = None;
                }
                self.report = None;
            }
        }
        Vec::new()
    }

    /// Remembers the view before a move.
    pub(super) fn remember(&mut self, context: &Context, step: Step) {
        if self.last_step == Some(step) && step != Step::Jump {
            return;
        }
        self.last_step = Some(step);
        let view = self.current(context);
        if self.undo.last() != Some(&view) {
            self.undo.push(view);
        }
        if self.undo.len() > UNDO_MAX {
            self.undo.remove(0);
        }
        self.redo.clear();
    }

    fn current(&self, context: &Context) -> View {
        View { window: context.window, scroll: self.scroll, row: self.row, selection: context.selection }
    }

    fn undo(&mut self, context: &mut Context) {
        let now = self.current(context);
        if let Some(view) = self.undo.pop() {
            self.redo.push(now);
            self.show(context, view);
        } else {
            context.notice = Some("nothing to undo".to_owned());
        }
    }

    fn redo(&mut self, context: &mut Context) {
        let now = self.current(context);
        if let Some(view) = self.redo.pop() {
            self.undo.push(now);
            self.show(context, view);
        } else {
            context.notice = Some("nothing to do again".to_owned());
        }
    }

    fn show(&mut self, context: &mut Context, view: View) {
        self.last_step = None;
        context.window = view.window;
        context.selection = view.selection;
        self.row = view.row.min(self.rows.rows.len().saturating_sub(1));
        self.scroll = view.scroll;
        self.keep_row_visible(context);
    }

    /// Shows `window`, as far as there is such time.
    pub(super) fn set_window(&mut self, context: &mut Context, window: TimeRange) {
        context.set_window(window, self.layout(context).columns);
    }

    fn pan(&mut self, context: &mut Context, share: f64) {
        self.remember(context, Step::Pan);
        context.pan(share, self.layout(context).columns);
        context.follow &= share > 0.0;
    }

    pub(super) fn pan_by(&mut self, context: &mut Context, by_ns: i64) {
        let TimeRange { start_ns, end_ns } = context.window;
        let window = TimeRange { start_ns: start_ns.saturating_add(by_ns), end_ns: end_ns.saturating_add(by_ns) };
        self.set_window(context, window);
        context.follow &= by_ns > 0;
    }

    /// Zooms so that what is at `at_ns` stays where it is.
    pub(super) fn zoom(&mut self, context: &mut Context, factor: f64, at_ns: i64) {
        self.remember(context, Step::Zoom);
        context.zoom(factor, at_ns, self.layout(context).columns);
    }

    pub(super) fn zoom_at_selection(&mut self, context: &mut Context, factor: f64) {
        let selected = self.selected_range(context).or_else(|| self.gap_in_view(context));
        let middle = |range: TimeRange| range.start_ns + (range.dur_ns() / 2) as i64;
        let visible = |at: &i64| (context.window.start_ns..context.window.end_ns).contains(at);
        let at_ns = selected.map(middle).filter(visible).unwrap_or(context.middle_ns());
        self.zoom(context, factor, at_ns);
    }

    fn zoom_to_selection(&mut self, context: &mut Context) {
        let Some(range) = self.selected_range(context).or_else(|| self.gap_in_view(context)) else {
            context.notice = Some("nothing is selected".to_owned());
            return;
        };
        self.remember(context, Step::Jump);
        let margin = (range.dur_ns() / 4) as i64 + 1;
        self.set_window(context, TimeRange { start_ns: range.start_ns - margin, end_ns: range.end_ns + margin });
    }

    /// What is selected, as a range of the view.
    pub(super) fn selected_range(&self, context: &Context) -> Option<TimeRange> {
        match context.selection? {
            Selection::Range(range) => Some(range),
            Selection::Event { slot, event } => {
                let loaded = context.trace(slot)?;
                Some(context.to_view(slot, loaded.trace.range(event)))
            }
        }
    }

    /// The gap the panel speaks of: the one `g` went to, else the largest.
    pub(super) fn shown_gap(&self) -> Option<&GapReport> {
        self.gap.as_ref().or(self.gaps.first())
    }

    fn gap_in_view(&self, context: &Context) -> Option<TimeRange> {
        Some(context.to_view(0, self.shown_gap()?.gap.range))
    }

    pub(super) fn to_row(&mut self, context: &Context, row: usize) {
        self.row = row.min(self.rows.rows.len().saturating_sub(1));
        self.keep_row_visible(context);
    }

    pub(super) fn keep_row_visible(&mut self, context: &Context) {
        let height = usize::from(self.layout(context).rows.height).max(1);
        self.scroll = self.scroll.min(self.row).max((self.row + 1).saturating_sub(height));
        self.scroll = self.scroll.min(self.rows.rows.len().saturating_sub(height));
    }

    pub(super) fn fold(&mut self, context: &Context) {
        let Some(group) = self.rows.rows.get(self.row).map(|row| row.group) else { return };
        self.rows.toggle(group);
        let first = self.rows.rows.iter().position(|row| row.group == group).unwrap_or(0);
        self.to_row(context, first);
    }

    fn fold_all(&mut self, context: &Context) {
        let any_folded = self.rows.groups.iter().any(|group| group.folds() && !group.unfolded());
        let at = self.rows.rows.get(self.row).map(|row| row.group);
        for group in &mut self.rows.groups {
            group.shown = if any_folded { group.levels.len() } else { 1 };
        }
        self.rows.rebuild();
        let first = self.rows.rows.iter().position(|row| Some(row.group) == at).unwrap_or(0);
        self.to_row(context, first);
    }

    fn next_compare(&mut self, context: &mut Context) {
        if context.slots.len() < 2 {
            context.notice = Some("one trace is open; rustg tui A B compares two".to_owned());
            return;
        }
        let (next, words) = match self.compare {
            Compare::Both => (Compare::First, "A alone"),
            Compare::First => (Compare::Second, "B alone"),
            Compare::Second => (Compare::Both, "A and B"),
        };
        self.compare = next;
        self.rows = Rows::new(context, next, usize::from(self.layout(context).rows.height));
        self.to_row(context, self.row);
        context.notice = Some(words.to_owned());
    }

    /// Selects an event, makes its row and its time visible.
    pub(super) fn select_event(&mut self, context: &mut Context, slot: usize, event: EventId) {
        let Some(loaded) = context.trace(slot).cloned() else { return };
        context.selection = Some(Selection::Event { slot, event });
        self.link(context, slot, event);
        if let Some(row) = self.rows.reveal(slot, loaded.trace.track_of(event)) {
            self.to_row(context, row);
        }
        let range = context.to_view(slot, loaded.trace.range(event));
        self.bring_into_view(context, range);
    }

    /// Finds the other end of an event's link.
    pub(super) fn link(&mut self, context: &Context, slot: usize, event: EventId) {
        let Some(loaded) = context.trace(slot) else { return };
        let trace = &loaded.trace;
        let up = trace.launch_of(event).map(|launch| Linked { slot, event, launch, work: event });
        let down = || launched_by(trace, event).map(|work| Linked { slot, event, launch: event, work });
        self.linked = up.or_else(down);
    }

    /// The link of the selected event.
    pub(super) fn linked_to(&self, slot: usize, event: EventId) -> Option<Linked> {
        self.linked.filter(|linked| (linked.slot, linked.event) == (slot, event))
    }

    fn bring_into_view(&mut self, context: &mut Context, range: TimeRange) {
        let window = context.window;
        if range.start_ns >= window.start_ns && range.end_ns <= window.end_ns {
            return;
        }
        let overlaps = range.intersect(window).dur_ns() > 0;
        if range.dur_ns() >= window.dur_ns() {
            if !overlaps {
                let margin = (range.dur_ns() / 4) as i64;
                self.set_window(
                    context,
                    TimeRange { start_ns: range.start_ns - margin, end_ns: range.end_ns + margin },
                );
            }
            return;
        }
        let middle = range.start_ns + (range.dur_ns() / 2) as i64;
        let half = (window.dur_ns() / 2) as i64;
        let start_ns = middle.saturating_sub(half);
        self.set_window(context, TimeRange { start_ns, end_ns: start_ns + window.dur_ns() as i64 });
    }

    /// Selects a range of the view and asks for its report.
    pub(super) fn select_range(&mut self, context: &mut Context, range: TimeRange) -> Vec<Cmd> {
        context.selection = Some(Selection::Range(range));
        self.report = None;
        self.ticket += 1;
        let slot = self.rows.rows.get(self.row).map_or(0, |row| row.slot);
        report(context, slot, range, self.ticket).into_iter().collect()
    }

    /// Goes to the next or previous gap of at least `min_ns` (by default: a column's width, at least 1 µs).
    pub(super) fn to_gap(&mut self, context: &mut Context, forward: bool, min_ns: Option<u64>) {
        let Some(loaded) = context.trace(0).cloned() else { return };
        let trace = &loaded.trace;
        let columns = u64::from(self.layout(context).columns);
        let min_ns = min_ns.unwrap_or((context.window.dur_ns() / columns).max(1_000));
        let origin = context.slots[0].origin_ns;
        let gpu = self.row_gpu(trace).unwrap_or_else(|| self.shown_gap().map_or(GpuId(0), |report| report.gap.gpu));
        if gpu.index() >= trace.gpus.len() {
            context.notice = Some("this trace has no GPU work".to_owned());
            return;
        }
        let here = self.gap.as_ref().map(|report| report.gap).filter(|gap| gap.gpu == gpu).map(|gap| gap.range);
        let here = here.filter(|gap| context.to_view(0, *gap).intersect(context.window).dur_ns() > 0);
        let found = if forward {
            let from = here.map_or(context.window.start_ns + origin, |gap| gap.start_ns + 1);
            loaded.lod.next_gap(trace, gpu, from, min_ns)
        } else {
            let before = here.map_or(context.window.end_ns + origin, |gap| gap.start_ns);
            loaded.lod.previous_gap(trace, gpu, before, min_ns)
        };
        let Some(range) = found else {
            let least = context.theme.figures().duration_short(min_ns);
            let way = if forward { "after" } else { "before" };
            context.notice = Some(format!("no gap of {least} or more {way} this; zoom in for shorter ones"));
            return;
        };
        self.remember(context, Step::Jump);
        self.gap = Some(GapReport::new(&loaded, gpu, range));
        context.selection = None;
        let shown = context.to_view(0, range);
        self.bring_into_view(context, shown);
    }

    fn row_gpu(&self, trace: &Trace) -> Option<GpuId> {
        let row = self.rows.rows.get(self.row).filter(|row| row.slot == 0)?;
        match row.shows {
            Shows::Gpu(gpu) => Some(gpu),
            Shows::Track(track) => trace.tracks[track.index()].gpu,
            Shows::Counter(counter) => trace.counters[counter].gpu,
        }
    }

    /// The track of the row the keyboard is on; for a GPU's row its busiest stream.
    fn row_track(&self, context: &Context) -> Option<(usize, TrackId)> {
        let row = self.rows.rows.get(self.row)?;
        match row.shows {
            Shows::Track(track) => Some((row.slot, track)),
            Shows::Gpu(gpu) => {
                let trace = &context.trace(row.slot)?.trace;
                let streams = trace.gpu_tracks().filter(|(_, track)| track.gpu == Some(gpu));
                Some((row.slot, streams.max_by_key(|(_, track)| track.rows.len())?.0))
            }
            Shows::Counter(_) => None,
        }
    }

    fn step_event(&mut self, context: &mut Context, forward: bool) {
        let Some((slot, track)) = self.row_track(context) else { return };
        let Some(loaded) = context.trace(slot).cloned() else { return };
        let trace = &loaded.trace;
        let rows = trace.tracks[track.index()].rows.clone();
        let selected = match context.selection {
            Some(Selection::Event { slot: of, event }) if of == slot && rows.contains(&event.0) => Some(event.0),
            _ => None,
        };
        let window = context.to_trace(slot, context.window);
        let visible = loaded.lod.rows(trace, track, window);
        let next = match (selected, forward) {
            (Some(row), true) => row + 1,
            (Some(row), false) => row.wrapping_sub(1),
            (None, true) => visible.start,
            (None, false) => visible.end.wrapping_sub(1),
        };
        if rows.contains(&next) {
            self.remember(context, Step::Pan);
            self.select_event(context, slot, EventId(next));
        }
    }

    /// Selects the event of this row nearest to the window's middle, or follows the selected one's link.
    fn follow_link(&mut self, context: &mut Context) {
        let Some(Selection::Event { slot, event }) = context.selection else {
            self.select_in_row(context);
            return;
        };
        let link = self.linked_to(slot, event);
        match link.map(|link| if link.launch == event { link.work } else { link.launch }) {
            Some(target) => {
                self.remember(context, Step::Jump);
                self.select_event(context, slot, target);
            }
            None => context.notice = Some("this event is linked to no launch and no kernel".to_owned()),
        }
    }

    fn select_in_row(&mut self, context: &mut Context) {
        let Some((slot, track)) = self.row_track(context) else {
            context.notice = Some("this row has no events; ↑ and ↓ choose another".to_owned());
            return;
        };
        let Some(loaded) = context.trace(slot).cloned() else { return };
        let trace = &loaded.trace;
        let window = context.to_trace(slot, context.window);
        let middle = window.start_ns + (window.dur_ns() / 2) as i64;
        let rows = loaded.lod.rows(trace, track, window);
        let near = trace.last_starting_by(track, middle).map_or(rows.start, |event| event.0);
        let distance = |row: &u32| {
            let range = trace.range(EventId(*row));
            if range.start_ns <= middle { (middle - range.end_ns).max(0) } else { range.start_ns - middle }
        };
        let candidates = (near.saturating_sub(1)..near.saturating_add(2)).filter(|row| rows.contains(row));
        match candidates.min_by_key(distance) {
            Some(row) => {
                self.remember(context, Step::Jump);
                self.select_event(context, slot, EventId(row));
            }
            None => context.notice = Some("nothing of this row is in view".to_owned()),
        }
    }

    pub(super) fn to_match(&mut self, context: &mut Context, forward: bool) {
        let Some(search) = &self.search else {
            context.notice = Some("nothing is searched: / finds names".to_owned());
            return;
        };
        let from = match context.selection {
            Some(Selection::Event { slot, event }) => {
                context.trace(slot).map(|loaded| context.to_view(slot, loaded.trace.range(event)).start_ns)
            }
            _ => None,
        };
        let window = context.window;
        let from = from.unwrap_or(if forward { window.start_ns - 1 } else { window.end_ns });
        let mut best: Option<(i64, usize, EventId)> = None;
        for (slot, loaded) in context.loaded() {
            let Some(matches) = search.found.get(slot).and_then(Option::as_ref) else { continue };
            let at_ns = from.saturating_add(context.slots[slot].origin_ns);
            let found = step_match(matches, &loaded.trace, at_ns, forward);
            let Some(event) = found else { continue };
            let start = context.to_view(slot, loaded.trace.range(event)).start_ns;
            let better = best.is_none_or(|(known, ..)| if forward { start < known } else { start > known });
            if better {
                best = Some((start, slot, event));
            }
        }
        match best {
            Some((_, slot, event)) => {
                self.remember(context, Step::Jump);
                self.select_event(context, slot, event);
            }
            None if search.total().is_some() => {
                let way = if forward { "after" } else { "before" };
                context.notice = Some(format!("no match for {} {way} this", search.text));
            }
            None => {}
        }
    }
}

fn step_match(matches: &Matches, trace: &Trace, at_ns: i64, forward: bool) -> Option<EventId> {
    let tracks = (0..trace.tracks.len() as u32).map(TrackId);
    if forward { matches.next(trace, tracks, at_ns) } else { matches.previous(trace, tracks, at_ns) }
}

/// The first piece of GPU work that an API call launched, by a scan over the links of GPU tracks.
fn launched_by(trace: &Trace, call: EventId) -> Option<EventId> {
    if trace.events.kind[call.index()] != EventKind::Api || call.0 == NONE {
        return None;
    }
    let work = trace.tracks.iter().filter(|track| matches!(track.kind, TrackKind::Stream | TrackKind::Graph));
    work.filter_map(|track| {
        let links = &trace.events.link[track.range()];
        links.iter().position(|&link| link == call.0).map(|place| EventId(track.rows.start + place as u32))
    })
    .min_by_key(|&event| trace.range(event).start_ns)
}
