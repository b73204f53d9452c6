//! The flame screen: which code launched that time?
//!
//! An icicle, root on top, of the tree that `rustg_analyze::flame` builds in a job. It owns what of the tree is shown: zoom,
//! cursor, search, and which tree (weight, direction, range, comparison).

mod layout;
mod shape;
mod view;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustg_analyze::flame::{FlameKind, FlameTree, Overlap, SvgOptions, Weight, emit_svg};
use rustg_trace::names::{KernelFamily, compact_name};

use crate::context::Context;
use crate::draw::{LineInput, Typed};
use crate::keys::{Binding, Chord, KeyLine, action_of, bindings, lines};
use crate::message::{Cmd, Goto, Msg};
use crate::screen::{Screen, ScreenId};
use layout::{Placed, place, visible};
pub(crate) use shape::Scope;
use shape::{Shape, Sides};

/// The state of the flame screen.
#[derive(Default)]
pub struct Flame {
    shape: Shape,
    /// The tree and what it shows; an older one stays until the new one is there.
    tree: Option<(Shape, Arc<FlameTree>)>,
    ticket: u64,
    /// A job is running.
    computing: bool,
    /// A trace has come or grown since the last job was started.
    outdated: bool,
    /// It has been shown, so that new traces are worth a job.
    wanted: bool,
    place: Place,
    undo: Vec<Place>,
    redo: Vec<Place>,
    /// The kernels with the most weight, ready to show.
    heaviest: Vec<(String, u64)>,
    search: Option<Search>,
    /// Another screen asked for the first match, before there was a tree to search.
    going_to_match: bool,
    typing: Option<LineInput>,
}

/// Where in the tree the view is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Place {
    zoom: u32,
    cursor: u32,
    /// Rows above the first that is drawn.
    scroll: u32,
}

/// A search in the tree.
struct Search {
    text: String,
    matches: Vec<bool>,
    count: usize,
    /// The weight of what matches.
    sum: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Left,
    Right,
    Up,
    Down,
    In,
    Out,
    Whole,
    PageUp,
    PageDown,
    Find,
    Next,
    Previous,
    Reverse,
    Weight,
    Overlap,
    Busy,
    Compare,
    Scope,
    Export,
    Timeline,
    Copy,
    Undo,
    Redo,
    Clear,
}

use Chord::{Char, Key};

const KEYS: &[Binding<Action>] = bindings! { Action:
    [Key(KeyCode::Enter), Char('+'), Char('=')] "↵" "zoom" "zoom into the frame; also a second click" In;
    [Key(KeyCode::Backspace), Char('-'), Char('_')] "⌫" "out" "zoom out to the caller; also the mouse wheel" Out;
    [Char('/')] "/" "find" "find frames by name or family (gemm), and sum them" Find;
    [Char('w')] "w" "weight" "widths: time, launches, bytes, idle time" Weight;
    [Char('b')] "b" "bottom-up" "kernels first, below each what launched it" Reverse;
    [Char('i')] "i" "idle" "without idle time, and back" Busy;
    [Char('s')] "s" "scope" "whole trace, selected range, timeline's window" Scope;
    [Char('d')] "d" "diff" "two traces: B against A, A alone, B alone" Compare;
    [Char('e')] "e" "svg" "write the SVG of exactly this view" Export;
    [Char('v')] "v" "timeline" "find this frame on the timeline" Timeline;
    [Key(KeyCode::Left), Key(KeyCode::Right), Char('h'), Char('l')] "←→" "" "frame to the left, frame to the right; also h l" Left, Right, Left, Right;
    [Key(KeyCode::Up), Key(KeyCode::Down), Char('k'), Char('j')] "↑↓" "" "the caller, the widest callee; also k j" Up, Down, Up, Down;
    [Char('n'), Char('N')] "n N" "" "next match, previous match" Next, Previous;
    [Char('0'), Key(KeyCode::Home)] "0" "" "zoom all the way out" Whole;
    [Char('o')] "o" "" "k things at once get 1/k each, or all in full" Overlap;
    [Key(KeyCode::PageUp), Key(KeyCode::PageDown)] "PgUp PgDn" "" "scroll by a page" PageUp, PageDown;
    [Char('y')] "y" "" "copy the command line that draws this graph" Copy;
    [Char('u'), Char('U')] "u U" "" "undo zooms; do them again" Undo, Redo;
    [Key(KeyCode::Esc)] "Esc" "" "drop the search, then zoom out" Clear;
};

/// Moves of the view that can be undone.
const UNDO_MAX: usize = 100;

impl Screen for Flame {
    fn id(&self) -> ScreenId {
        ScreenId::Flame
    }

    fn available(&self, context: &Context) -> bool {
        context.loaded().any(|(_, loaded)| !loaded.trace.events.is_empty())
    }

    fn keys(&self) -> Vec<KeyLine> {
        lines(KEYS)
    }

    fn on_key(&mut self, context: &mut Context, key: &KeyEvent) -> Option<Vec<Cmd>> {
        if let Some(input) = &mut self.typing {
            match input.on_key(key) {
                Typed::Text => {
                    let text = input.text.clone();
                    self.find(&text);
                }
                Typed::Left => (self.typing, self.search) = (None, None),
                Typed::Done => {
                    self.typing = None;
                    return Some(self.act(context, Action::Next));
                }
            }
            return Some(Vec::new());
        }
        Some(self.act(context, action_of(KEYS, key)?))
    }

    fn on_mouse(&mut self, context: &mut Context, mouse: &MouseEvent, area: Rect) -> Vec<Cmd> {
        let Some(frame) = self.frame_at(context, mouse, area) else { return Vec::new() };
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) if frame.node == self.place.cursor => self.act(context, Action::In),
            MouseEventKind::Down(MouseButton::Left) => {
                self.select(context, frame.node);
                Vec::new()
            }
            MouseEventKind::ScrollUp => {
                self.zoom_towards(context, frame.node);
                Vec::new()
            }
            MouseEventKind::ScrollDown => self.act(context, Action::Out),
            _ => Vec::new(),
        }
    }

    fn on_message(&mut self, context: &mut Context, message: &Msg, _area: Rect) -> Vec<Cmd> {
        match message {
            Msg::Loaded { .. } => {
                if context.loaded().count() > 1 {
                    self.shape.sides = Sides::Difference;
                }
                // A growing trace must not outrun the job: the next one starts when this one is done.
                self.outdated = true;
                if self.wanted && !self.computing { self.compute(context) } else { Vec::new() }
            }
            Msg::Computed { screen: ScreenId::Flame, ticket, result } if *ticket == self.ticket => {
                if let Some((shape, tree)) = result.downcast_ref::<(Shape, Arc<FlameTree>)>() {
                    self.computing = false;
                    self.adopt(context, *shape, tree.clone());
                    if std::mem::take(&mut self.going_to_match) {
                        self.go_to_match(context, tree, true);
                    }
                }
                if self.outdated { self.compute(context) } else { Vec::new() }
            }
            Msg::Resize(..) => {
                self.keep_visible(context);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn on_goto(&mut self, context: &mut Context, goto: &Goto, _area: Rect) -> Vec<Cmd> {
        if let Goto::Flame(text) = goto {
            self.find(text);
            if self.tree.is_some() && !self.computing {
                return self.act(context, Action::Next);
            }
            self.going_to_match = true;
        }
        Vec::new()
    }

    fn on_show(&mut self, context: &mut Context, _area: Rect) -> Vec<Cmd> {
        self.wanted = true;
        let scope = self.shape.scope;
        if scope == Scope::Whole && context.selected_range().is_some() {
            self.shape.scope = Scope::Selection;
        }
        let moved = self.shape.scope != Scope::Whole
            && self.tree.as_ref().is_some_and(|(shape, _)| shape.range != self.shape.with_range(context).range);
        if self.outdated || self.tree.is_none() || scope != self.shape.scope || moved {
            self.compute(context)
        } else {
            Vec::new()
        }
    }

    fn on_command(&mut self, context: &mut Context, words: &[&str], _area: Rect) -> Option<Result<Vec<Cmd>, String>> {
        let (&name, rest) = words.split_first()?;
        let argument = rest.join(" ");
        match (name, argument.as_str()) {
            ("weight", wanted) => Some(match Weight::ALL.into_iter().find(|w| w.name() == wanted) {
                Some(weight) => {
                    self.shape.weight = weight;
                    Ok(self.compute(context))
                }
                None => Err(format!("no weight {wanted}: time, launches, bytes or idle")),
            }),
            ("busy", "") => Some(Ok(self.act(context, Action::Busy))),
            ("bottom-up", _) => Some(Ok(self.act(context, Action::Reverse))),
            ("svg", "") => Some(Ok(self.act(context, Action::Export))),
            _ if !self.wanted => None,
            ("find", text) => {
                self.find(text);
                Some(Ok(Vec::new()))
            }
            ("next", "") => Some(Ok(self.act(context, Action::Next))),
            ("previous", "") => Some(Ok(self.act(context, Action::Previous))),
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

impl Flame {
    fn shown(&self) -> Option<&Arc<FlameTree>> {
        self.tree.as_ref().map(|(_, tree)| tree)
    }

    /// Asks for the tree of the current shape.
    fn compute(&mut self, context: &Context) -> Vec<Cmd> {
        self.shape = self.shape.with_range(context);
        self.ticket += 1;
        self.outdated = false;
        let commands = shape::build(self.shape, context, self.ticket);
        self.computing = !commands.is_empty();
        commands
    }

    /// Takes a new tree; the view stays at the frame it was at, if the new tree has it.
    fn adopt(&mut self, context: &Context, shape: Shape, tree: Arc<FlameTree>) {
        let same = |node: u32| {
            let (before, old) = self.tree.as_ref()?;
            (before.reversed == shape.reversed).then(|| shape::same_frame(old, node, &tree)).flatten()
        };
        let zoom = same(self.place.zoom).unwrap_or(0);
        let cursor = same(self.place.cursor).unwrap_or(zoom);
        self.place = Place { zoom, cursor, scroll: 0 };
        (self.undo, self.redo) = (Vec::new(), Vec::new());
        let short = |(name, sum): (&str, u64)| (compact_name(name).into_owned(), sum);
        self.heaviest = tree.heaviest(8).into_iter().map(short).collect();
        self.tree = Some((shape, tree));
        if let Some(search) = self.search.take() {
            self.find(&search.text);
        }
        self.keep_visible(context);
    }

    fn act(&mut self, context: &mut Context, action: Action) -> Vec<Cmd> {
        match action {
            Action::Weight => {
                let all = Weight::ALL;
                let at = all.iter().position(|&weight| weight == self.shape.weight).unwrap_or(0);
                self.shape.weight = all[(at + 1) % all.len()];
                return self.compute(context);
            }
            Action::Reverse => {
                self.shape.reversed = !self.shape.reversed;
                return self.compute(context);
            }
            Action::Busy if self.shape.weight != Weight::Time => {
                context.notice = Some("idle time stands beside GPU time only: w changes the weight".to_owned());
            }
            Action::Busy => {
                self.shape.busy = !self.shape.busy;
                return self.compute(context);
            }
            Action::Overlap => {
                self.shape.overlap = match self.shape.overlap {
                    Overlap::Share => Overlap::Sum,
                    Overlap::Sum => Overlap::Share,
                };
                return self.compute(context);
            }
            Action::Scope => {
                self.shape.scope = self.shape.scope.next(context);
                return self.compute(context);
            }
            Action::Compare if context.loaded().count() < 2 => {
                context.notice = Some("a difference needs two traces: rustg tui BEFORE AFTER".to_owned());
            }
            Action::Compare => {
                self.shape.sides = self.shape.sides.next();
                return self.compute(context);
            }
            Action::Find => self.typing = Some(LineInput::default()),
            Action::Copy => {
                context.notice = Some("copied".to_owned());
                return vec![Cmd::Copy(shape::command_line(&self.shape, context))];
            }
            Action::Clear if self.search.is_some() => self.search = None,
            _ => {
                if let Some(tree) = self.shown().cloned() {
                    return self.move_in(context, &tree, action);
                }
            }
        }
        Vec::new()
    }

    fn move_in(&mut self, context: &mut Context, tree: &FlameTree, action: Action) -> Vec<Cmd> {
        let nodes = tree.nodes();
        let Place { zoom, cursor, .. } = self.place;
        let placed = place(tree, zoom, context.size.0);
        let page = view::rows(context) as i64;
        match action {
            Action::Left | Action::Right => {
                if let Some(index) = visible(tree, &placed, cursor) {
                    let beside = |frame: &&Placed| frame.row == placed[index].row;
                    let left = placed.iter().filter(beside).filter(|frame| frame.x < placed[index].x);
                    let right = placed.iter().filter(beside).filter(|frame| frame.x > placed[index].x);
                    let next = match action {
                        Action::Left => left.max_by_key(|frame| frame.x),
                        _ => right.min_by_key(|frame| frame.x),
                    };
                    self.select(context, next.map_or(placed[index].node, |frame| frame.node));
                }
            }
            Action::Up => {
                let parent = nodes[cursor as usize].parent;
                if cursor == zoom { self.zoom(context, parent, parent) } else { self.select(context, parent) }
            }
            Action::Down => {
                if let Some(child) = tree.children(cursor).max_by_key(|&child| nodes[child as usize].total) {
                    if placed.iter().all(|frame| frame.node != child) {
                        self.zoom(context, cursor, child);
                    } else {
                        self.select(context, child);
                    }
                }
            }
            Action::In => self.zoom(context, cursor, cursor),
            Action::Out => {
                let parent = nodes[zoom as usize].parent;
                self.zoom(context, parent, cursor);
            }
            Action::Whole | Action::Clear => self.zoom(context, 0, cursor),
            Action::PageUp | Action::PageDown => {
                let deepest = placed.iter().map(|frame| frame.row).max().unwrap_or(0);
                let step = if action == Action::PageUp { -page } else { page };
                let last = (i64::from(deepest) + 1 - page).max(0);
                self.place.scroll = (i64::from(self.place.scroll) + step).clamp(0, last) as u32;
                let row = self.place.scroll;
                let widest = placed.iter().filter(|frame| frame.row == row).max_by_key(|frame| frame.width);
                self.place.cursor = widest.map_or(cursor, |frame| frame.node);
            }
            Action::Next | Action::Previous => self.go_to_match(context, tree, action == Action::Next),
            Action::Undo | Action::Redo => {
                let (from, to) = match action {
                    Action::Undo => (&mut self.undo, &mut self.redo),
                    _ => (&mut self.redo, &mut self.undo),
                };
                if let Some(place) = from.pop() {
                    to.push(self.place);
                    self.place = place;
                }
            }
            Action::Export => return self.export(context, tree),
            Action::Timeline => return self.show_on_timeline(context, tree),
            _ => {}
        }
        Vec::new()
    }

    fn select(&mut self, context: &Context, node: u32) {
        self.place.cursor = node;
        self.keep_visible(context);
    }

    fn zoom(&mut self, context: &Context, zoom: u32, cursor: u32) {
        if zoom != self.place.zoom {
            self.undo.push(self.place);
            if self.undo.len() > UNDO_MAX {
                self.undo.remove(0);
            }
            self.redo.clear();
            self.place.scroll = 0;
        }
        (self.place.zoom, self.place.cursor) = (zoom, cursor);
        self.keep_visible(context);
    }

    /// One level from the zoomed frame towards `node`.
    fn zoom_towards(&mut self, context: &Context, node: u32) {
        let Some(tree) = self.shown() else { return };
        let path = tree.path(node);
        let depth = tree.nodes()[self.place.zoom as usize].depth as usize;
        if let Some(&next) = path.get(depth) {
            self.zoom(context, next, next);
        }
    }

    /// Puts the cursor on a frame that is drawn, and scrolls so that it is on the screen.
    fn keep_visible(&mut self, context: &Context) {
        let Some(tree) = self.shown().cloned() else { return };
        let placed = place(&tree, self.place.zoom, context.size.0);
        let Some(index) = visible(&tree, &placed, self.place.cursor) else {
            self.place.cursor = self.place.zoom;
            return;
        };
        self.place.cursor = placed[index].node;
        let (row, rows) = (placed[index].row, view::rows(context).max(1));
        let scroll = self.place.scroll.clamp((row + 1).saturating_sub(rows), row);
        self.place.scroll = scroll;
    }

    fn frame_at(&self, context: &Context, mouse: &MouseEvent, area: Rect) -> Option<Placed> {
        let row = u32::from(mouse.row.checked_sub(area.y + view::HEADER)?);
        let placed = place(self.shown()?, self.place.zoom, context.size.0);
        if row >= view::rows(context) {
            return None;
        }
        let row = row + self.place.scroll;
        placed.into_iter().find(|frame| frame.row == row && (frame.x..frame.x + frame.width).contains(&mouse.column))
    }

    fn find(&mut self, text: &str) {
        let wanted = text.to_lowercase();
        let (matches, sum) = match (self.shown(), wanted.is_empty()) {
            (_, true) => {
                self.search = None;
                return;
            }
            (None, false) => (Vec::new(), 0),
            (Some(tree), false) => {
                let nodes = 1..tree.nodes().len() as u32;
                let family = KernelFamily::ALL.into_iter().find(|family| family.name().to_lowercase() == wanted);
                let is_match = |node: u32| {
                    let name = tree.name(node);
                    // Kernels also by what is written on them, and by what they are.
                    let is_kernel = tree.nodes()[node as usize].kind == FlameKind::Kernel;
                    name.to_lowercase().contains(&wanted)
                        || is_kernel && compact_name(name).to_lowercase().contains(&wanted)
                        || is_kernel && family.is_some_and(|family| KernelFamily::of(name) == family)
                };
                let matches: Vec<bool> = std::iter::once(false).chain(nodes.map(is_match)).collect();
                let sum = tree.sum_where(|node| matches[node as usize]);
                (matches, sum)
            }
        };
        let count = matches.iter().filter(|&&is_match| is_match).count();
        self.search = Some(Search { text: text.to_owned(), matches, count, sum });
    }

    /// To the next frame that matches, in the order they are drawn; zooms out as far as it takes to see it.
    fn go_to_match(&mut self, context: &mut Context, tree: &FlameTree, forward: bool) {
        let Some(search) = self.search.as_ref() else {
            context.notice = Some("nothing is searched: / finds".to_owned());
            return;
        };
        let count = search.matches.len();
        let cursor = self.place.cursor as usize;
        let step = |offset: usize| if forward { (cursor + offset) % count } else { (cursor + count - offset) % count };
        let Some(found) = (1..=count).map(step).find(|&node| search.matches[node]) else {
            context.notice = Some(format!("no frame is called {}", search.text));
            return;
        };
        let node = found as u32;
        let drawn = |zoom: u32| place(tree, zoom, context.size.0).iter().any(|frame| frame.node == node);
        let mut zoom = self.place.zoom;
        if !drawn(zoom) {
            // The outermost caller from which it is wide enough.
            zoom = std::iter::once(0).chain(tree.path(node)).find(|&caller| drawn(caller)).unwrap_or(node);
        }
        self.zoom(context, zoom, node);
    }

    fn export(&mut self, context: &mut Context, tree: &FlameTree) -> Vec<Cmd> {
        let mut bytes = Vec::new();
        if let Err(error) = emit_svg(&tree.focused(self.place.zoom), &SvgOptions::default(), &mut bytes) {
            context.notice = Some(error.to_string());
            return Vec::new();
        }
        vec![Cmd::WriteFile { path: shape::file_name(&self.shape, context).into(), bytes }]
    }

    fn show_on_timeline(&mut self, context: &mut Context, tree: &FlameTree) -> Vec<Cmd> {
        let node = self.place.cursor;
        match tree.nodes()[node as usize].kind {
            FlameKind::Root | FlameKind::Process | FlameKind::Thread | FlameKind::Stream | FlameKind::Graph => {
                context.notice = Some("select a kernel, a call or a function to find it on the timeline".to_owned());
                Vec::new()
            }
            kind if kind.is_idle() => vec![Cmd::Post(Msg::Goto(Goto::Screen(ScreenId::Timeline)))],
            _ => vec![Cmd::Post(Msg::Goto(Goto::Search(tree.name(node).replace('*', ""))))],
        }
    }
}

#[cfg(test)]
mod tests;
