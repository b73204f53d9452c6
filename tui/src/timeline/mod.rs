//! The timeline: when was the GPU idle, and why?
//!
//! It owns the rows, the walk through time and the panel about what is selected. Figures come from the level-of-detail index
//! at once or from jobs; nothing here scans a trace while a key waits.

mod commands;
mod gap;
pub(crate) mod layout;
mod navigate;
mod panel;
mod pointer;
mod report;
mod rows;
pub(crate) mod ruler;
mod saved;
mod search;
mod view;

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustg_trace::{EventId, GpuId, TimeRange};

use crate::context::{Context, Selection};
use crate::draw::{LineInput, Typed};
use crate::keys::{Binding, Chord, KeyLine, action_of, bindings, lines};
use crate::message::{Cmd, Goto, Msg};
use crate::screen::{Screen, ScreenId};
use gap::GapReport;
use layout::Layout;
use navigate::{Step, View};
use report::RangeReport;
use rows::{Compare, Rows};
use search::{Found, Search};

pub use gap::display_name;

/// The state of the timeline.
#[derive(Default)]
pub struct Timeline {
    rows: Rows,
    compare: Compare,
    /// First row that is drawn, and the row the keyboard is on.
    scroll: usize,
    row: usize,
    /// The largest gap of each GPU of the first trace, longest first.
    gaps: Vec<GapReport>,
    /// The gap that `g` went to.
    gap: Option<GapReport>,
    marks: BTreeMap<char, TimeRange>,
    undo: Vec<View>,
    redo: Vec<View>,
    last_step: Option<Step>,
    search: Option<Search>,
    typing: Option<LineInput>,
    /// `'` was pressed and waits for a letter.
    marking: bool,
    report: Option<RangeReport>,
    ticket: u64,
    drag: Option<pointer::Drag>,
    /// The selected event's other end: what a call launched, or what launched a kernel.
    linked: Option<Linked>,
    /// A view to restore once the trace is there.
    saved: Option<serde_json::Value>,
    /// Busy time of the whole trace by column of the minimap, and the GPUs it is summed over.
    minimap: (Vec<u64>, u64),
}

/// An event and the other end of its link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Linked {
    slot: usize,
    event: EventId,
    launch: EventId,
    work: EventId,
}

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    PanLeft,
    PanRight,
    PageLeft,
    PageRight,
    RowUp,
    RowDown,
    PageUp,
    PageDown,
    ZoomIn,
    ZoomOut,
    ZoomTo,
    Whole,
    NextGap,
    PreviousGap,
    NextEvent,
    PreviousEvent,
    Follow,
    Fold,
    FoldAll,
    Find,
    NextMatch,
    PreviousMatch,
    Mark,
    Undo,
    Redo,
    Compare,
    Live,
    Copy,
    Clear,
}

use Chord::{Char, Key, Shift};

/// The keys of the timeline; most useful first, for the footer is cut at the width.
const KEYS: &[Binding<Action>] = bindings! { Action:
    [Key(KeyCode::Left), Key(KeyCode::Right), Char('h'), Char('l')] "←→" "pan" "pan by a tenth; also h l, the right mouse button" PanLeft, PanRight, PanLeft, PanRight;
    [Char('+'), Char('-'), Char('='), Char('_')] "+−" "zoom" "zoom at the selection; the mouse wheel zooms at the pointer" ZoomIn, ZoomOut, ZoomIn, ZoomOut;
    [Char('g'), Char('G')] "g" "next gap" "next gap that is as wide as a column; G the previous one" NextGap, PreviousGap;
    [Key(KeyCode::Enter)] "↵" "select/follow" "select an event of this row; then follow launch to kernel and back" Follow;
    [Char('/')] "/" "find" "find names; the rows show where they are" Find;
    [Char('n'), Char('N')] "n" "next" "next match; N the previous one" NextMatch, PreviousMatch;
    [Char(' ')] "space" "fold" "fold or unfold this row's levels" Fold;
    [Char('0'), Key(KeyCode::Home)] "0" "all" "the whole trace" Whole;
    [Char('\'')] "'" "marks" "' and a letter goes to that mark, ' and a capital letter sets it here" Mark;
    [Char('u'), Char('U')] "u" "undo" "undo moves of the view; U does them again" Undo, Redo;
    [Char('d')] "d" "diff" "A/B: both traces, the first, the second" Compare;
    [Char('y')] "y" "copy" "copy the command line that shows exactly this" Copy;
    [Key(KeyCode::Up), Key(KeyCode::Down), Char('k'), Char('j')] "↑↓" "" "row above, row below; also k j" RowUp, RowDown, RowUp, RowDown;
    [Shift(KeyCode::Left), Shift(KeyCode::Right), Char('H'), Char('L')] "shift ←→" "" "pan by the whole window; also H L" PageLeft, PageRight, PageLeft, PageRight;
    [Key(KeyCode::PageUp), Key(KeyCode::PageDown)] "PgUp PgDn" "" "scroll rows by a page" PageUp, PageDown;
    [Char('['), Char(']')] "[ ]" "" "previous and next event of this row" PreviousEvent, NextEvent;
    [Char('z')] "z" "" "zoom to the selection or the gap" ZoomTo;
    [Char('O')] "O" "" "fold or unfold all rows" FoldAll;
    [Char('f')] "f" "" "follow the end of a trace that is being recorded" Live;
    [Key(KeyCode::Esc)] "Esc" "" "drop the selection, then the search" Clear;
};

impl Screen for Timeline {
    fn id(&self) -> ScreenId {
        ScreenId::Timeline
    }

    fn available(&self, _context: &Context) -> bool {
        true
    }

    fn keys(&self) -> Vec<KeyLine> {
        lines(KEYS)
    }

    fn on_key(&mut self, context: &mut Context, key: &KeyEvent) -> Option<Vec<Cmd>> {
        if let Some(input) = &mut self.typing {
            return Some(match input.on_key(key) {
                Typed::Text => {
                    let text = input.text.clone();
                    self.find(context, &text)
                }
                Typed::Left => {
                    self.typing = None;
                    self.search = None;
                    Vec::new()
                }
                Typed::Done => {
                    self.typing = None;
                    self.act(context, Action::NextMatch)
                }
            });
        }
        if std::mem::take(&mut self.marking) {
            if let KeyCode::Char(letter) = key.code {
                return Some(self.mark(context, letter));
            }
            return Some(Vec::new());
        }
        let action = action_of(KEYS, key)?;
        Some(self.act(context, action))
    }

    fn on_mouse(&mut self, context: &mut Context, mouse: &MouseEvent, area: Rect) -> Vec<Cmd> {
        self.pointer(context, mouse, area)
    }

    fn on_message(&mut self, context: &mut Context, message: &Msg, _area: Rect) -> Vec<Cmd> {
        match message {
            Msg::Loaded { slot, .. } => self.on_loaded(context, *slot),
            Msg::Computed { screen: ScreenId::Timeline, ticket, result } => {
                if let Some(found) = result.downcast_ref::<Found>() {
                    if let Some(search) = self.search.as_mut().filter(|search| search.ticket == *ticket) {
                        search.found.clone_from(&found.matches);
                    }
                } else if let Some(report) = result.downcast_ref::<RangeReport>() {
                    let current = context.selection == Some(Selection::Range(report.range));
                    self.report = current.then(|| report.clone());
                }
                Vec::new()
            }
            Msg::Resize(..) => {
                self.keep_row_visible(context);
                self.measure_minimap(context);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn on_goto(&mut self, context: &mut Context, goto: &Goto, _area: Rect) -> Vec<Cmd> {
        match goto {
            Goto::Screen(_) | Goto::Flame(_) => Vec::new(),
            Goto::Window(window) => {
                self.remember(context, Step::Jump);
                self.set_window(context, *window);
                Vec::new()
            }
            Goto::Event { slot, event } => {
                self.remember(context, Step::Jump);
                self.select_event(context, *slot, *event);
                Vec::new()
            }
            Goto::Search(text) => {
                let mut commands = self.find(context, text);
                commands.push(Cmd::Post(Msg::Command("next".to_owned())));
                commands
            }
        }
    }

    fn on_command(&mut self, context: &mut Context, words: &[&str], _area: Rect) -> Option<Result<Vec<Cmd>, String>> {
        self.command(context, words)
    }

    fn save(&self, context: &Context) -> Option<serde_json::Value> {
        self.saved_view(context)
    }

    fn restore(&mut self, saved: &serde_json::Value) {
        self.saved = Some(saved.clone());
    }

    fn input(&self) -> Option<(&'static str, &str)> {
        match &self.typing {
            Some(input) => Some(("/", &input.text)),
            None if self.marking => Some(("'", "")),
            None => None,
        }
    }

    fn view(&self, context: &Context, buffer: &mut Buffer, area: Rect) {
        view::draw(self, context, buffer, area);
    }
}

impl Timeline {
    fn layout(&self, context: &Context) -> Layout {
        let (width, height) = context.size;
        let area = Rect { x: 0, y: 1, width, height: height.saturating_sub(2) };
        Layout::new(area, self.search.is_some())
    }

    fn on_loaded(&mut self, context: &mut Context, slot: usize) -> Vec<Cmd> {
        self.measure_minimap(context);
        let height = usize::from(self.layout(context).rows.height);
        let before = std::mem::take(&mut self.rows);
        self.rows = Rows::new(context, self.compare, height);
        let grown = before.groups.iter().any(|group| group.slot == slot);
        if slot == 0
            && let Some(loaded) = context.trace(0)
        {
            let gpus = (0..loaded.trace.gpus.len() as u32).map(GpuId);
            let gaps = gpus.filter_map(|gpu| Some((gpu, loaded.lod.largest_gap(&loaded.trace, gpu)?)));
            self.gaps = gaps.map(|(gpu, range)| GapReport::new(loaded, gpu, range)).collect();
            self.gaps.sort_by_key(|report| std::cmp::Reverse(report.gap.dur_ns()));
            self.gap = self.gap.take().map(|report| GapReport::new(loaded, report.gap.gpu, report.gap.range));
        }
        if grown {
            self.rows.keep_folds(&before);
            return self.on_grown(context);
        }
        context.window = context.whole();
        self.show_gpus(height);
        if let Some(saved) = self.saved.take() {
            self.restore_view(context, &saved);
        }
        Vec::new()
    }

    /// The trace has grown: events have new numbers, so what was found in it is found again.
    fn on_grown(&mut self, context: &mut Context) -> Vec<Cmd> {
        self.linked = None;
        if let Some(Selection::Event { slot, event }) = context.selection {
            self.link(context, slot, event);
        }
        self.undo.iter_mut().chain(&mut self.redo).for_each(View::forget_event);
        if context.follow {
            let whole = context.whole();
            let width = context.window.dur_ns() as i64;
            self.set_window(context, TimeRange { start_ns: whole.end_ns - width, end_ns: whole.end_ns });
        }
        self.to_row(context, self.row);
        let mut commands = Vec::new();
        if let Some(text) = self.search.as_ref().map(|search| search.text.clone()) {
            self.search = None;
            commands = self.find(context, &text);
        }
        if let Some(Selection::Range(range)) = context.selection {
            commands.extend(self.select_range(context, range));
        }
        commands
    }

    /// Sums the busy time of the first trace's GPUs over the whole, once for each size.
    fn measure_minimap(&mut self, context: &Context) {
        self.minimap = (Vec::new(), 0);
        let Some((slot, loaded)) = context.loaded().next() else { return };
        let mut total = vec![0u64; usize::from(context.size.0)];
        let mut part = total.clone();
        let mut gpus = 0;
        let whole = context.to_trace(slot, context.whole());
        for gpu in (0..loaded.trace.gpus.len() as u32).map(GpuId) {
            if loaded.lod.gpu_span(gpu).is_some() {
                gpus += 1;
                loaded.lod.gpu_columns(&loaded.trace, gpu, whole, &mut part);
                total.iter_mut().zip(&part).for_each(|(sum, &busy)| *sum += busy);
            }
        }
        self.minimap = (total, gpus);
    }

    /// Puts the cursor on the first GPU's row and scrolls so that GPU rows are visible.
    fn show_gpus(&mut self, height: usize) {
        let is_gpu = |row: &rows::Row| matches!(row.shows, rows::Shows::Gpu(_));
        let Some(first) = self.rows.rows.iter().position(is_gpu) else { return };
        let streams = self.rows.rows[first..].iter().take(4).count();
        self.row = first;
        self.scroll = (first + streams).saturating_sub(height);
    }

    fn find(&mut self, context: &Context, text: &str) -> Vec<Cmd> {
        if text.is_empty() {
            self.search = None;
            return Vec::new();
        }
        self.ticket += 1;
        let found = self.search.take().map(|search| search.found).unwrap_or_default();
        self.search = Some(Search { text: text.to_owned(), found, ticket: self.ticket });
        vec![search::search(context, text, self.ticket)]
    }

    fn mark(&mut self, context: &mut Context, letter: char) -> Vec<Cmd> {
        let key = letter.to_ascii_lowercase();
        if letter.is_uppercase() {
            self.marks.insert(key, context.window);
            context.notice = Some(format!("mark {key} set: '{key} comes back here"));
        } else if let Some(&window) = self.marks.get(&key) {
            self.remember(context, Step::Jump);
            self.set_window(context, window);
        } else {
            let known: Vec<String> = self.marks.keys().map(char::to_string).collect();
            let known = if known.is_empty() { "none yet".to_owned() } else { known.join(" ") };
            let set = key.to_ascii_uppercase();
            context.notice = Some(format!("no mark {key}; '{set} sets it (marks: {known})"));
        }
        Vec::new()
    }

    fn copy_line(&self, context: &Context) -> String {
        let figures = rustg_analyze::figures::Figures::ASCII;
        let mut line = "rustg tui".to_owned();
        for slot in &context.slots {
            let path = slot.loaded.as_ref().and_then(|loaded| loaded.path.clone());
            if let Some(path) = path {
                let path = path.to_string_lossy();
                let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c));
                line.push(' ');
                line.push_str(&if plain { path.into_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) });
            }
        }
        let width = context.window.dur_ns();
        let time = |at_ns| figures.time(at_ns, width).replace(' ', "");
        line.push_str(&format!(" --at {}..{}", time(context.window.start_ns), time(context.window.end_ns)));
        if let Some(row) = self.rows.rows.get(self.row) {
            let label = self.rows.groups[row.group].label.replace(' ', "");
            line.push_str(&format!(" --select {label}"));
        }
        line
    }
}
