//! The kernels screen: which kernels cost the most?
//!
//! A table of what [`data`] computes in a job. It owns what of the table is shown: grouping, order, filter, what is left out,
//! cursor and scroll.

mod compare;
mod data;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustg_analyze::diff::Change;
use rustg_analyze::stats::GroupBy;
use rustg_trace::EventKind;

use crate::context::Context;
use crate::draw::{LineInput, Typed};
use crate::keys::{Binding, Chord, KeyLine, action_of, bindings, lines};
use crate::message::{Cmd, Goto, Msg};
use crate::screen::{Screen, ScreenId};
use data::{Answer, Column, Line, Question, ask};

/// The state of the kernels screen.
#[derive(Default)]
pub struct Kernels {
    question: Question,
    /// The rows; older ones stay until new ones are there.
    answer: Option<Arc<Answer>>,
    ticket: u64,
    computing: bool,
    /// It has been shown, so that new traces are worth a job.
    wanted: bool,
    sort: Column,
    /// The order where two traces are compared.
    compared_by: compare::Column,
    reversed: bool,
    /// All configurations of the kernel under the cursor are shown.
    details: bool,
    filter: String,
    typing: Option<LineInput>,
    /// Names of rows that are left out, of this grouping.
    excluded: BTreeSet<String>,
    /// Name of the row under the cursor; the first where it is not shown.
    cursor: Option<String>,
    scroll: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Timeline,
    Longest,
    Flame,
    Find,
    Group,
    GroupBack,
    SortLeft,
    SortRight,
    Reverse,
    Exclude,
    ExcludeNone,
    Scope,
    Side,
    Details,
    Export,
    Copy,
    Clear,
}

use Chord::{Char, Key};

const KEYS: &[Binding<Action>] = bindings! { Action:
    [Key(KeyCode::Enter)] "↵" "timeline" "its launches on the timeline; n and N step through them; also a second click" Timeline;
    [Char('f')] "f" "flame" "it in the flame graph: who launched it" Flame;
    [Char('/')] "/" "filter" "only rows with this text, as you type" Find;
    [Char('g'), Char('G')] "g G" "group" "by name, short name, family, NVTX range, operator, stream …; G goes back" Group, GroupBack;
    [Key(KeyCode::Left), Key(KeyCode::Right), Char('h'), Char('l')] "←→" "sort" "the column to sort by; also a click on its heading" SortLeft, SortRight, SortLeft, SortRight;
    [Char('i')] "i" "resources" "its configurations: registers, shared memory, occupancy; and back" Details;
    [Char('d')] "d" "diff" "two traces: A, B, B against A" Side;
    [Char('x'), Char('X')] "x" "exclude" "leave this row out, and out of the percentages; X takes all back" Exclude, ExcludeNone;
    [Char('s')] "s" "scope" "whole trace, selected range, timeline's window" Scope;
    [Char('e')] "e" "csv" "write the rows as CSV" Export;
    [Key(KeyCode::Up), Key(KeyCode::Down), Char('k'), Char('j')] "↑↓" "" "the row; also k j and the mouse wheel" Up, Down, Up, Down;
    [Char('r')] "r" "" "reverse the order" Reverse;
    [Char('v')] "v" "" "its longest launch on the timeline" Longest;
    [Key(KeyCode::PageUp), Key(KeyCode::PageDown)] "PgUp PgDn" "" "a page" PageUp, PageDown;
    [Key(KeyCode::Home), Key(KeyCode::End)] "Home End" "" "the first row, the last row" First, Last;
    [Char('y')] "y" "" "copy the command line that prints this table" Copy;
    [Key(KeyCode::Esc)] "Esc" "" "drop the filter, then take excluded rows back" Clear;
};

impl Screen for Kernels {
    fn id(&self) -> ScreenId {
        ScreenId::Kernels
    }

    fn available(&self, context: &Context) -> bool {
        context.loaded().any(|(_, loaded)| {
            let mut tracks = loaded.trace.gpu_tracks();
            tracks.any(|(_, track)| {
                let kinds = &loaded.trace.events.kind[track.range()];
                kinds.iter().any(|kind| matches!(kind, EventKind::Kernel | EventKind::GraphExec))
            })
        })
    }

    fn keys(&self) -> Vec<KeyLine> {
        lines(KEYS)
    }

    fn on_key(&mut self, context: &mut Context, key: &KeyEvent) -> Option<Vec<Cmd>> {
        if let Some(input) = &mut self.typing {
            match input.on_key(key) {
                Typed::Text => self.filter.clone_from(&input.text),
                Typed::Left => {
                    self.typing = None;
                    self.filter.clear();
                }
                Typed::Done => self.typing = None,
            }
            self.scroll = 0;
            return Some(Vec::new());
        }
        Some(self.act(context, action_of(KEYS, key)?))
    }

    fn on_mouse(&mut self, context: &mut Context, mouse: &MouseEvent, area: Rect) -> Vec<Cmd> {
        match mouse.kind {
            MouseEventKind::ScrollUp => self.act(context, Action::Up),
            MouseEventKind::ScrollDown => self.act(context, Action::Down),
            MouseEventKind::Down(MouseButton::Left) => self.click(context, mouse, area),
            _ => Vec::new(),
        }
    }

    fn on_message(&mut self, context: &mut Context, message: &Msg, _area: Rect) -> Vec<Cmd> {
        match message {
            Msg::Loaded { .. } => {
                if self.wanted {
                    self.compute(context)
                } else {
                    Vec::new()
                }
            }
            Msg::Computed { screen: ScreenId::Kernels, ticket, result } if *ticket == self.ticket => {
                if let Some(answer) = result.downcast_ref::<Arc<Answer>>() {
                    self.computing = false;
                    self.answer = Some(answer.clone());
                    self.keep_visible(context);
                }
                Vec::new()
            }
            Msg::Resize(..) => {
                self.keep_visible(context);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn on_show(&mut self, context: &mut Context, _area: Rect) -> Vec<Cmd> {
        self.wanted = true;
        if self.answer.as_ref().is_some_and(|answer| answer.question == self.question.with_range(context)) {
            return Vec::new();
        }
        self.compute(context)
    }

    fn on_command(&mut self, context: &mut Context, words: &[&str], _area: Rect) -> Option<Result<Vec<Cmd>, String>> {
        let (&name, rest) = words.split_first()?;
        match (name, rest) {
            ("group", [by]) => Some(by.parse().map(|by| self.group(context, by))),
            ("compare", []) if context.loaded().count() > 1 => {
                (self.question.slot, self.question.compares) = (1, true);
                Some(Ok(self.compute(context)))
            }
            ("compare", []) => Some(Err("there is one trace only: rustg tui A B opens two".to_owned())),
            ("sort", [column]) => Some(match Column::ALL.into_iter().find(|known| known.title() == *column) {
                Some(column) => {
                    self.sort = column;
                    self.keep_visible(context);
                    Ok(Vec::new())
                }
                None => Err(format!("no column {column}: total, %, count, min, median, p95, max, occ or kernel")),
            }),
            ("filter", words) => {
                self.filter = words.join(" ");
                self.scroll = 0;
                Some(Ok(Vec::new()))
            }
            _ => None,
        }
    }

    fn input(&self) -> Option<(&'static str, &str)> {
        self.typing.as_ref().map(|input| ("/", input.text.as_str()))
    }

    fn view(&self, context: &Context, buffer: &mut Buffer, area: Rect) {
        view::draw(self, context, buffer, area);
    }
}

impl Kernels {
    fn compute(&mut self, context: &Context) -> Vec<Cmd> {
        let slots: Vec<usize> = context.loaded().map(|(slot, _)| slot).collect();
        if !slots.contains(&self.question.slot) {
            self.question.slot = slots.first().copied().unwrap_or(0);
        }
        self.question.compares &= slots.len() > 1;
        self.question = self.question.with_range(context);
        self.ticket += 1;
        self.computing = true;
        ask(self.question, context, self.ticket)
    }

    fn group(&mut self, context: &Context, by: GroupBy) -> Vec<Cmd> {
        self.question.by = by;
        self.excluded.clear();
        self.cursor = None;
        self.scroll = 0;
        self.compute(context)
    }

    /// The rows that are shown, in their order.
    fn shown(&self) -> Vec<&Line> {
        let Some(answer) = &self.answer else { return Vec::new() };
        let wanted = self.filter.to_lowercase();
        let is_shown = |line: &&Line| !self.excluded.contains(&line.kernel.name) && line.lower.contains(&wanted);
        let mut shown: Vec<&Line> = answer.lines.iter().filter(is_shown).collect();
        // They come by total time.
        if self.sort != Column::Total || self.reversed {
            self.sort.sort(&mut shown, self.reversed);
        }
        shown
    }

    /// As [`Kernels::shown`], where two traces are compared.
    fn shown_changes(&self) -> Vec<&Change> {
        let Some(answer) = &self.answer else { return Vec::new() };
        let wanted = self.filter.to_lowercase();
        let is_shown =
            |change: &&Change| !self.excluded.contains(&change.name) && change.name.to_lowercase().contains(&wanted);
        let mut shown: Vec<&Change> = answer.changes.iter().filter(is_shown).collect();
        self.compared_by.sort(&mut shown, self.reversed);
        shown
    }

    /// Whether what is shown compares two traces.
    fn compares(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.question.compares)
    }

    /// The names of the rows that are shown, in their order.
    fn names(&self) -> Vec<&str> {
        if self.compares() {
            self.shown_changes().into_iter().map(|change| change.name.as_str()).collect()
        } else {
            self.shown().into_iter().map(|line| line.kernel.name.as_str()).collect()
        }
    }

    fn cursor_index(&self, names: &[&str]) -> usize {
        let of = |name: &String| names.iter().position(|known| known == name);
        self.cursor.as_ref().and_then(of).unwrap_or(0)
    }

    fn act(&mut self, context: &mut Context, action: Action) -> Vec<Cmd> {
        match action {
            Action::Group | Action::GroupBack => {
                let all = GroupBy::ALL;
                let at = all.iter().position(|&by| by == self.question.by).unwrap_or(0);
                let step = if action == Action::Group { 1 } else { all.len() - 1 };
                return self.group(context, all[(at + step) % all.len()]);
            }
            Action::Scope => {
                self.question.scope = self.question.scope.next(context);
                return self.compute(context);
            }
            Action::Side if context.loaded().count() < 2 => {
                context.notice = Some("there is one trace only: rustg tui A B opens two".to_owned());
            }
            Action::Side => {
                self.question = self.question.next_side();
                return self.compute(context);
            }
            Action::Details => self.details = !self.details,
            Action::SortLeft | Action::SortRight if self.compares() => {
                let shown = compare::columns(context.size.0);
                let at = shown.iter().position(|&column| column == self.compared_by).unwrap_or(1);
                let step = if action == Action::SortRight { 1 } else { shown.len() - 1 };
                self.compared_by = shown[(at + step) % shown.len()];
            }
            Action::SortLeft | Action::SortRight => {
                let shown = view::columns(context.size.0);
                let at = shown.iter().position(|&(column, _)| column == self.sort).unwrap_or(1);
                let step = if action == Action::SortRight { 1 } else { shown.len() - 1 };
                self.sort = shown[(at + step) % shown.len()].0;
            }
            Action::Reverse => self.reversed = !self.reversed,
            Action::Find => self.typing = Some(LineInput { text: self.filter.clone() }),
            Action::ExcludeNone => self.excluded.clear(),
            Action::Clear if !self.filter.is_empty() => self.filter.clear(),
            Action::Clear => self.excluded.clear(),
            Action::Exclude => self.exclude(),
            Action::Copy => {
                context.notice = Some("copied".to_owned());
                return vec![Cmd::Copy(self.command_line(context))];
            }
            Action::Export => return self.export(),
            Action::Timeline | Action::Longest | Action::Flame => return self.go(action),
            _ => self.step(context, action),
        }
        self.keep_visible(context);
        Vec::new()
    }

    fn step(&mut self, context: &Context, action: Action) {
        let names = self.names();
        let at = self.cursor_index(&names);
        let page = view::rows_shown(self, context.size).max(1);
        let to = match action {
            Action::Up => at.saturating_sub(1),
            Action::Down => at + 1,
            Action::PageUp => at.saturating_sub(page),
            Action::PageDown => at + page,
            Action::First => 0,
            _ => names.len(),
        };
        let to = to.min(names.len().saturating_sub(1));
        self.cursor = names.get(to).map(|&name| name.to_owned());
    }

    fn exclude(&mut self) {
        let names = self.names();
        let at = self.cursor_index(&names);
        let Some(name) = names.get(at).map(|&name| name.to_owned()) else { return };
        let next = names.get(at + 1).or(at.checked_sub(1).and_then(|before| names.get(before)));
        let next = next.map(|&name| name.to_owned());
        self.cursor = next;
        self.excluded.insert(name);
    }

    fn go(&self, action: Action) -> Vec<Cmd> {
        let names = self.names();
        let Some(&name) = names.get(self.cursor_index(&names)) else { return Vec::new() };
        let lines = self.answer.iter().flat_map(|answer| &answer.lines);
        let Some(line) = lines.into_iter().find(|line| line.kernel.name == name) else {
            // Only the first of two traces has it.
            let goto =
                if action == Action::Flame { Goto::Flame(name.to_owned()) } else { Goto::Search(name.to_owned()) };
            return vec![Cmd::Post(Msg::Goto(goto))];
        };
        let named = matches!(self.question.by, GroupBy::Name | GroupBy::Short);
        let goto = match action {
            Action::Flame => Goto::Flame(if named { line.kernel.name.clone() } else { line.example.clone() }),
            // A group's launches have no text in common to search for.
            Action::Timeline if named => Goto::Search(line.kernel.name.clone()),
            Action::Timeline => Goto::Event { slot: self.question.slot, event: line.times.first },
            _ => Goto::Event { slot: self.question.slot, event: line.times.longest },
        };
        vec![Cmd::Post(Msg::Goto(goto))]
    }

    fn click(&mut self, context: &mut Context, mouse: &MouseEvent, area: Rect) -> Vec<Cmd> {
        if mouse.row == area.y + view::HEADER_ROW && self.compares() {
            let Some(column) = compare::column_at(context.size.0, mouse.column) else { return Vec::new() };
            if self.compared_by == column {
                self.reversed = !self.reversed;
            } else {
                (self.compared_by, self.reversed) = (column, false);
            }
            self.keep_visible(context);
            return Vec::new();
        }
        if mouse.row == area.y + view::HEADER_ROW {
            let Some(column) = view::column_at(context.size.0, mouse.column) else { return Vec::new() };
            if self.sort == column {
                self.reversed = !self.reversed;
            } else {
                (self.sort, self.reversed) = (column, false);
            }
            self.keep_visible(context);
            return Vec::new();
        }
        let first = area.y + view::HEADER_ROW + 1;
        let row = usize::from(mouse.row.wrapping_sub(first));
        if mouse.row < first || row >= view::rows_shown(self, context.size) {
            return Vec::new();
        }
        let names = self.names();
        let Some(name) = names.get(self.scroll + row).map(|&name| name.to_owned()) else { return Vec::new() };
        if self.cursor.as_ref() == Some(&name) {
            return self.go(Action::Timeline);
        }
        self.cursor = Some(name);
        Vec::new()
    }

    fn keep_visible(&mut self, context: &Context) {
        let names = self.names();
        let (at, count) = (self.cursor_index(&names), names.len());
        let page = view::rows_shown(self, context.size).max(1);
        self.scroll = self.scroll.min(at).max((at + 1).saturating_sub(page)).min(count.saturating_sub(1));
    }

    fn command_line(&self, context: &Context) -> String {
        let path = |slot: usize| {
            let slot = &context.slots[slot];
            let path = slot.loaded.as_ref().and_then(|loaded| loaded.path.clone());
            path.map_or_else(|| slot.title.clone(), |path| path.display().to_string())
        };
        let mut line = if self.question.compares {
            format!("rustg diff {} {} --top 0", path(0), path(1))
        } else {
            format!("rustg stats {} --tables kernels --top 0", path(self.question.slot))
        };
        if self.question.by != GroupBy::Name {
            line.push_str(&format!(" --by {}", self.question.by.name()));
        }
        if let Some(range) = self.question.range {
            line.push_str(&format!(" --range {}ns..{}ns", range.start_ns, range.end_ns));
        }
        line
    }

    fn export(&self) -> Vec<Cmd> {
        let mut text = String::new();
        if self.compares() {
            let rows: Vec<_> = self.shown_changes().into_iter().cloned().collect();
            rustg_analyze::stats::Table::new("kernels", "Kernels", &rows).write_csv(&mut text);
        } else {
            let rows: Vec<_> = self.shown().into_iter().map(|line| line.kernel.clone()).collect();
            rustg_analyze::stats::Table::new("kernels", "Kernels", &rows).write_csv(&mut text);
        }
        vec![Cmd::WriteFile { path: "rustg-kernels.csv".into(), bytes: text.into_bytes() }]
    }
}
