//! The frame around the screens: header, footer, help, command line, and the one `update` through which all goes.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::context::Context;
use crate::draw::{LineInput, Pieces, Typed, cut, text};
use crate::headless::{to_ansi, to_text};
use crate::help;
use crate::keys::{Binding, Chord, KeyLine, action_of, lines, parse_keys};
use crate::message::{Cmd, Goto, Msg};
use crate::picture::to_svg;
use crate::screen::{Screen, ScreenId};
use crate::theme::{Background, Colours, to_ascii};

/// The least size that is drawn.
pub const SIZE_MIN: (u16, u16) = (60, 16);

/// Everything that is shown, and nothing else.
pub struct State {
    /// What the screens share.
    pub context: Context,
    screens: Vec<Box<dyn Screen>>,
    shown: usize,
    help: Option<u16>,
    command: Option<LineInput>,
}

#[derive(Clone, Copy)]
enum Action {
    Show(usize),
    Help,
    Command,
    Theme,
    Picture,
    Redraw,
    Suspend,
    Quit,
}

/// The keys of the frame, for all screens.
const KEYS: &[Binding<Action>] = &[
    Binding {
        chords: &[Chord::Char('?'), Chord::Key(KeyCode::F(1))],
        shown: "?",
        label: "help",
        what: "all keys of this screen",
        actions: &[Action::Help],
    },
    Binding {
        chords: &[Chord::Char('q'), Chord::Ctrl('c')],
        shown: "q",
        label: "quit",
        what: "leave; also Ctrl-C",
        actions: &[Action::Quit],
    },
    Binding {
        chords: &[Chord::Char('1'), Chord::Char('2'), Chord::Char('3'), Chord::Char('4')],
        shown: "1-4",
        label: "",
        what: "the screens named in the header",
        actions: &[Action::Show(0), Action::Show(1), Action::Show(2), Action::Show(3)],
    },
    Binding {
        chords: &[Chord::Char(':')],
        shown: ":",
        label: "",
        what: "a command; the same ones as in --batch",
        actions: &[Action::Command],
    },
    Binding {
        chords: &[Chord::Char('t')],
        shown: "t",
        label: "",
        what: "next theme: dark, light, 16 colours, none",
        actions: &[Action::Theme],
    },
    Binding {
        chords: &[Chord::Char('e')],
        shown: "e",
        label: "",
        what: "export: write this screen as a picture (SVG), where the screen has no better format",
        actions: &[Action::Picture],
    },
    Binding {
        chords: &[Chord::Ctrl('l')],
        shown: "Ctrl-L",
        label: "",
        what: "draw the whole screen anew",
        actions: &[Action::Redraw],
    },
    Binding { chords: &[Chord::Ctrl('z')], shown: "Ctrl-Z", label: "", what: "suspend", actions: &[Action::Suspend] },
];

impl State {
    /// A program that shows `screens`, the first of them first.
    pub fn new(context: Context, screens: Vec<Box<dyn Screen>>) -> Self {
        State { context, screens, shown: 0, help: None, command: None }
    }

    /// The screen that is shown.
    pub fn shown(&self) -> ScreenId {
        self.screens[self.shown].id()
    }

    /// The area of the screens: all but the header and the footer.
    pub fn area(&self) -> Rect {
        let (width, height) = self.context.size;
        Rect { x: 0, y: 1, width, height: height.saturating_sub(2) }
    }

    /// The screens that apply, in the order of their numbers.
    fn numbered(&self) -> impl Iterator<Item = (usize, ScreenId)> {
        let applies = |(_, screen): &(usize, &Box<dyn Screen>)| screen.available(&self.context);
        self.screens.iter().enumerate().filter(applies).map(|(index, screen)| (index, screen.id()))
    }

    /// What to keep of the view between two sessions, by screen.
    pub fn save(&self) -> serde_json::Value {
        let kept = self.screens.iter().filter_map(|screen| Some((screen.id().title(), screen.save(&self.context)?)));
        kept.map(|(title, value)| (title.to_owned(), value)).collect::<serde_json::Map<_, _>>().into()
    }

    /// What [`State::save`] gave in an earlier session, before any trace is there.
    pub fn restore(&mut self, saved: &serde_json::Value) {
        for screen in &mut self.screens {
            if let Some(saved) = saved.get(screen.id().title()) {
                screen.restore(saved);
            }
        }
    }

    fn show(&mut self, index: usize) -> Vec<Cmd> {
        self.shown = index;
        let area = self.area();
        self.screens[index].on_show(&mut self.context, area)
    }

    fn key_lines(&self) -> Vec<KeyLine> {
        let mut all = self.screens[self.shown].keys();
        all.extend(lines(KEYS));
        all
    }
}

/// The one way anything changes: takes a message, returns what the world should do about it.
pub fn update(state: &mut State, message: Msg) -> Vec<Cmd> {
    match message {
        Msg::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Msg::Key(key) => on_key(state, &key),
        Msg::Paste(text) => {
            let press = |character| KeyEvent::new(KeyCode::Char(character), crossterm::event::KeyModifiers::NONE);
            let typing = state.command.is_some() || state.screens[state.shown].input().is_some();
            let keys = text.chars().filter(|character| typing && !character.is_control()).map(press);
            keys.flat_map(|key| on_key(state, &key)).collect()
        }
        Msg::Mouse(mouse) => on_mouse(state, &mouse),
        Msg::Goto(goto) => on_goto(state, &goto),
        Msg::Command(line) => match on_command(state, &line) {
            Ok(commands) => commands,
            Err(message) => {
                state.context.notice = Some(message);
                Vec::new()
            }
        },
        Msg::Stop(signal) => vec![Cmd::Quit(128u8.saturating_add(signal as u8))],
        Msg::Notice(notice) => {
            state.context.notice = Some(notice);
            Vec::new()
        }
        Msg::Background(background) => {
            state.context.theme.background = background;
            Vec::new()
        }
        message => {
            remember(&mut state.context, &message);
            let area = state.area();
            let context = &mut state.context;
            state.screens.iter_mut().flat_map(|screen| screen.on_message(context, &message, area)).collect()
        }
    }
}

/// What of a message belongs to the context; screens see it afterwards.
fn remember(context: &mut Context, message: &Msg) {
    match message {
        Msg::Resize(columns, rows) => context.size = (*columns, *rows),
        Msg::Loading { slot, done_bytes, total_bytes } => {
            if let Some(slot) = context.slots.get_mut(*slot) {
                slot.progress = (*done_bytes, *total_bytes);
            }
        }
        Msg::LoadFailed { slot, message } => {
            if let Some(slot) = context.slots.get_mut(*slot) {
                slot.failed = Some(message.clone());
            }
        }
        Msg::Loaded { slot, loaded } => {
            let first = context.loaded().next().is_none();
            let whole_before = context.window == context.whole();
            context.replace(*slot, loaded.clone());
            if first || whole_before {
                context.window = context.whole();
            }
        }
        Msg::Live { slot, live } => {
            if let Some(of) = context.slots.get_mut(*slot) {
                context.follow |= *live && !of.live;
                of.live = *live;
            }
        }
        _ => {}
    }
}

fn on_key(state: &mut State, key: &KeyEvent) -> Vec<Cmd> {
    state.context.notice = None;
    if let Some(input) = &mut state.command {
        return match input.on_key(key) {
            Typed::Text => Vec::new(),
            Typed::Left => {
                state.command = None;
                Vec::new()
            }
            Typed::Done => {
                let line = state.command.take().unwrap_or_default().text;
                vec![Cmd::Post(Msg::Command(line))]
            }
        };
    }
    if let Some(scroll) = &mut state.help {
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => *scroll = (*scroll + 1).min(help::LINES_MAX),
            KeyCode::Up | KeyCode::Char('k') => *scroll = scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => *scroll = (*scroll + 10).min(help::LINES_MAX),
            KeyCode::PageUp => *scroll = scroll.saturating_sub(10),
            KeyCode::Char('c') if Chord::Ctrl('c').matches(key) => return vec![Cmd::Quit(0)],
            _ => state.help = None,
        }
        return Vec::new();
    }
    if state.context.loaded().next().is_some() || state.screens[state.shown].input().is_some() {
        if let Some(commands) = state.screens[state.shown].on_key(&mut state.context, key) {
            return commands;
        }
    } else if key.code == KeyCode::Esc {
        return vec![Cmd::CancelLoading, Cmd::Quit(0)];
    }
    match action_of(KEYS, key) {
        Some(Action::Show(number)) => {
            let index = state.numbered().nth(number).map(|screen| screen.0);
            index.map_or_else(Vec::new, |index| state.show(index))
        }
        Some(Action::Help) => {
            state.help = Some(0);
            Vec::new()
        }
        Some(Action::Command) => {
            state.command = Some(LineInput::default());
            Vec::new()
        }
        Some(Action::Theme) => {
            next_theme(&mut state.context);
            Vec::new()
        }
        Some(Action::Picture) => {
            let name = format!("rustg-{}.svg", state.shown().title().to_lowercase());
            write_screen(state, &name).unwrap_or_default()
        }
        Some(Action::Redraw) => vec![Cmd::Redraw],
        Some(Action::Suspend) => vec![Cmd::Suspend],
        Some(Action::Quit) => vec![Cmd::CancelLoading, Cmd::Quit(0)],
        None => Vec::new(),
    }
}

fn next_theme(context: &mut Context) {
    let theme = &mut context.theme;
    let name = match (theme.colours, theme.background) {
        (Colours::Truecolor | Colours::Indexed, Background::Dark) => {
            theme.background = Background::Light;
            "light"
        }
        (Colours::Truecolor | Colours::Indexed, Background::Light) => {
            (theme.colours, theme.background) = (Colours::Ansi, Background::Dark);
            "16 colours"
        }
        (Colours::Ansi, _) => {
            theme.colours = Colours::None;
            "no colours"
        }
        (Colours::None, _) => {
            theme.colours = Colours::Indexed;
            "dark"
        }
    };
    context.notice = Some(format!("theme: {name}"));
}

fn on_mouse(state: &mut State, mouse: &MouseEvent) -> Vec<Cmd> {
    let (_, height) = state.context.size;
    let pressed = mouse.kind == MouseEventKind::Down(MouseButton::Left);
    if state.help.is_some() {
        if pressed {
            state.help = None;
        }
        return Vec::new();
    }
    if pressed && mouse.row + 1 == height {
        let hit = footer(state).into_iter().find(|(columns, _)| columns.contains(&mouse.column));
        return match hit.and_then(|(_, line)| line.chord) {
            Some(chord) => on_key(state, &chord.event()),
            None => Vec::new(),
        };
    }
    if pressed && mouse.row == 0 {
        let hit = header_tabs(state).into_iter().find(|(columns, _, _)| columns.contains(&mouse.column));
        return hit.map_or_else(Vec::new, |(_, index, _)| state.show(index));
    }
    if state.context.loaded().next().is_none() {
        return Vec::new();
    }
    let area = state.area();
    state.screens[state.shown].on_mouse(&mut state.context, mouse, area)
}

fn on_goto(state: &mut State, goto: &Goto) -> Vec<Cmd> {
    let wanted = match goto {
        Goto::Screen(id) => *id,
        Goto::Flame(_) => ScreenId::Flame,
        Goto::Window(_) | Goto::Event { .. } | Goto::Search(_) => ScreenId::Timeline,
    };
    let Some((index, _)) = state.numbered().find(|&(_, id)| id == wanted) else {
        state.context.notice = Some(format!("this trace has nothing for the {} screen", wanted.title()));
        return Vec::new();
    };
    let area = state.area();
    let mut commands = state.screens[index].on_goto(&mut state.context, goto, area);
    commands.extend(state.show(index));
    commands
}

fn on_command(state: &mut State, line: &str) -> Result<Vec<Cmd>, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some((&name, rest)) = words.split_first() else { return Ok(Vec::new()) };
    match (name, rest) {
        ("quit" | "q", _) => return Ok(vec![Cmd::CancelLoading, Cmd::Quit(0)]),
        ("help", _) => {
            state.help = Some(0);
            return Ok(Vec::new());
        }
        ("keys", _) => {
            let text = line.trim_start().strip_prefix("keys").unwrap_or_default().trim();
            return Ok(parse_keys(text)?.into_iter().map(|key| Cmd::Post(Msg::Key(key))).collect());
        }
        ("write", [file]) => return write_screen(state, file),
        ("theme", [wanted]) => {
            let theme = &mut state.context.theme;
            match *wanted {
                "dark" => theme.background = Background::Dark,
                "light" => theme.background = Background::Light,
                "ascii" => theme.ascii = true,
                "unicode" => theme.ascii = false,
                _ => return Err(format!("no theme {wanted}: dark, light, ascii or unicode")),
            }
            return Ok(Vec::new());
        }
        ("screen", [wanted]) => {
            let lower = wanted.to_ascii_lowercase();
            let found = state.numbered().find(|(_, id)| id.title().to_ascii_lowercase().starts_with(&lower));
            return match found {
                Some((index, _)) => Ok(state.show(index)),
                None => Err(format!("no screen {wanted} for this trace")),
            };
        }
        _ => {}
    }
    let area = state.area();
    let order = std::iter::once(state.shown).chain((0..state.screens.len()).filter(|&index| index != state.shown));
    for index in order.collect::<Vec<_>>() {
        if let Some(result) = state.screens[index].on_command(&mut state.context, &words, area) {
            return result;
        }
    }
    Err(format!("no command {name}: ? lists them"))
}

/// The command that writes the screen to a file whose ending says how.
fn write_screen(state: &State, file: &str) -> Result<Vec<Cmd>, String> {
    let (width, height) = state.context.size;
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
    view(state, &mut buffer);
    let path = std::path::PathBuf::from(file);
    let text = match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => to_svg(&buffer, &state.context.theme),
        Some("txt") => to_text(&buffer),
        Some("ansi") => to_ansi(&buffer),
        _ => return Err(format!("{file}: a screen is written as .svg, .txt or .ansi")),
    };
    Ok(vec![Cmd::WriteFile { path, bytes: text.into_bytes() }])
}

/// Draws everything. `state` stays as it is.
pub fn view(state: &State, buffer: &mut Buffer) {
    let (width, height) = state.context.size;
    let theme = state.context.theme;
    if width < SIZE_MIN.0 || height < SIZE_MIN.1 {
        let sentence = format!("rustg needs {}x{}, this terminal is {width}x{height}", SIZE_MIN.0, SIZE_MIN.1);
        text(buffer, 0, height / 2, usize::from(width), &sentence, theme.text());
        return;
    }
    draw_header(state, buffer);
    let area = state.area();
    if state.context.loaded().next().is_some() {
        state.screens[state.shown].view(&state.context, buffer, area);
    } else {
        draw_loading(&state.context, buffer, area);
    }
    if let Some(scroll) = state.help {
        let screen = &state.screens[state.shown];
        help::draw(&state.context.theme, screen.id(), &screen.keys(), &lines(KEYS), scroll, buffer, area);
    }
    draw_footer(state, buffer);
    if theme.ascii {
        to_ascii(buffer);
    }
}

/// Where each screen's name stands in the header: columns, index, text.
fn header_tabs(state: &State) -> Vec<(std::ops::Range<u16>, usize, String)> {
    let width = state.context.size.0;
    let screens: Vec<_> = state.numbered().collect();
    let title = |(number, &(index, id)): (usize, &(usize, ScreenId))| match width {
        110.. => format!("{} {}", number + 1, id.title()),
        _ if index == state.shown => format!("{} {}", number + 1, id.title()),
        _ => format!("{}", number + 1),
    };
    let titles: Vec<String> = screens.iter().enumerate().map(title).collect();
    let taken: usize = titles.iter().map(|title| title.width() + 2).sum();
    let mut x = usize::from(width).saturating_sub(taken) as u16;
    let place = |((index, _), title): (&(usize, ScreenId), String)| {
        let start = x;
        x += title.width() as u16 + 2;
        (start..start + title.width() as u16, *index, title)
    };
    screens.iter().zip(titles).map(place).collect()
}

fn draw_header(state: &State, buffer: &mut Buffer) {
    let context = &state.context;
    let theme = context.theme;
    let width = context.size.0;
    let tabs = header_tabs(state);
    let left = Rect { x: 0, y: 0, width: tabs.first().map_or(width, |tab| tab.0.start).saturating_sub(1), height: 1 };
    let (facts, busy) = header_facts(context);
    let titles: Vec<&str> = context.slots.iter().map(|slot| slot.title.as_str()).collect();
    let title = titles.join(" ⇄ ");
    let mut line = Pieces::new(buffer, left, 0);
    line.add(" rustg  ", theme.dim());
    // The one figure that matters has its place; the title takes what it needs of the rest, other facts what is left.
    let room = line.room().saturating_sub(busy.width() + 4);
    line.add(&cut(&title, room), theme.strong());
    if context.slots.iter().any(|slot| slot.live) {
        line.add(" ● live", theme.warning());
    }
    if !busy.is_empty() {
        line.add(" ── ", theme.faint());
    }
    for fact in facts {
        let fact = format!("{fact} · ");
        if fact.width() + busy.width() <= line.room() {
            line.add(&fact, theme.text());
        }
    }
    line.add(&busy, theme.accent());
    for (columns, index, title) in tabs {
        let style = if index == state.shown { theme.selected().patch(theme.strong()) } else { theme.dim() };
        text(buffer, columns.start, 0, title.width(), &title, style);
    }
}

/// What the header says of the first trace: facts, and the one figure that matters.
fn header_facts(context: &Context) -> (Vec<String>, String) {
    let figures = context.theme.figures();
    let Some((_, loaded)) = context.loaded().next() else { return (Vec::new(), String::new()) };
    let trace = &loaded.trace;
    let mut facts = Vec::new();
    // A machine may have more GPUs than did anything here.
    let mut at_work =
        (0..).map(rustg_trace::GpuId).zip(&trace.gpus).filter(|(id, _)| loaded.lod.gpu_span(*id).is_some());
    if let Some(gpu) = at_work.next().map(|(_, gpu)| gpu).or(trace.gpus.first()) {
        let name = gpu.name.trim_start_matches("NVIDIA ");
        let name = if name.is_empty() { "GPU" } else { name };
        let others = at_work.count();
        facts.push(if others > 0 { format!("{} × {name}", others + 1) } else { name.to_owned() });
    }
    facts.push(figures.duration(trace.span.dur_ns()));
    facts.push(format!("{} kernels", figures.count(loaded.summary.kernels)));
    let whole = trace.span.dur_ns().saturating_mul(loaded.summary.gpus.max(1));
    let busy = match loaded.summary.gpus {
        0 => "no GPU work".to_owned(),
        _ => format!("GPU busy {} %", figures.percent_of(loaded.summary.busy_ns, whole)),
    };
    (facts, busy)
}

fn draw_loading(context: &Context, buffer: &mut Buffer, area: Rect) {
    let (theme, figures) = (context.theme, context.theme.figures());
    let top = area.height / 2 - 1;
    for (row, slot) in context.slots.iter().enumerate() {
        let mut line = Pieces::new(buffer, area, top + row as u16 * 2);
        if let Some(failed) = &slot.failed {
            line.add("   cannot open ", theme.warning()).add(&slot.title, theme.strong());
            let mut why = Pieces::new(buffer, area, top + row as u16 * 2 + 1);
            why.add("   ", theme.text()).add(failed, theme.text());
            continue;
        }
        line.add("   opening ", theme.dim()).add(&slot.title, theme.strong()).add("  ", theme.dim());
        let (done, total) = slot.progress;
        if total > 0 {
            let filled = (done.min(total) * 30 / total) as usize;
            line.add(&"█".repeat(filled), theme.busy()).add(&"░".repeat(30 - filled), theme.faint());
            line.add(&format!("  {} of {}", figures.bytes_short(done), figures.bytes_short(total)), theme.dim());
        }
    }
    let mut line = Pieces::new(buffer, area, top + context.slots.len() as u16 * 2 + 1);
    line.add("   Esc or q leaves", theme.faint());
}

/// The footer's lines with the columns each takes, cut at the width.
fn footer(state: &State) -> Vec<(std::ops::Range<u16>, KeyLine)> {
    let width = state.context.size.0;
    let mut x = 1u16;
    let mut placed = Vec::new();
    let all = state.key_lines();
    // Help and quit always have their place.
    let last: u16 = lines(KEYS).iter().filter(|line| !line.label.is_empty()).map(footer_width).sum();
    for line in all.iter().filter(|line| !line.label.is_empty()) {
        let columns = footer_width(line);
        let of_frame = KEYS.iter().any(|binding| binding.shown == line.shown && binding.label == line.label);
        let limit = if of_frame { width } else { width.saturating_sub(last) };
        if x + columns > limit + 1 {
            continue;
        }
        placed.push((x..x + columns - 2, *line));
        x += columns;
    }
    placed
}

fn footer_width(line: &KeyLine) -> u16 {
    (line.shown.width() + 1 + line.label.width() + 2) as u16
}

fn draw_footer(state: &State, buffer: &mut Buffer) {
    let context = &state.context;
    let theme = context.theme;
    let (width, height) = context.size;
    let area = Rect { x: 0, y: height - 1, width, height: 1 };
    let mut line = Pieces::new(buffer, area, 0);
    let typed = state.command.as_ref().map(|input| (":", input.text.as_str()));
    if let Some((prompt, text)) = typed.or_else(|| state.screens[state.shown].input()) {
        line.add(" ", theme.text()).add(prompt, theme.accent()).add(text, theme.text()).add("█", theme.dim());
        return;
    }
    if let Some(notice) = &context.notice {
        line.add(" ", theme.text()).add(notice, theme.accent());
        return;
    }
    for (columns, key) in footer(state) {
        let taken = text(buffer, columns.start, height - 1, usize::from(width), key.shown, theme.strong());
        let x = columns.start + taken as u16 + 1;
        text(buffer, x, height - 1, usize::from(width.saturating_sub(x)), key.label, theme.dim());
    }
}
