//! The screens without a terminal: messages in, the screen as text out. Scripts (`--batch`) and tests stand on it.

use std::collections::VecDeque;
use std::sync::Mutex;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::app::{State, update, view};
use crate::load::load;
use crate::message::{Cancel, Cmd, Msg};
use crate::perform::{run_job, write_file};
use crate::run::Options;

/// A program whose commands are performed at once, on this thread.
pub struct Headless {
    /// The state, to look into.
    pub state: State,
    /// The exit code, once it has quit.
    pub quit: Option<u8>,
    /// What was copied to the clipboard, newest last.
    pub copied: Vec<String>,
}

impl Headless {
    /// Loads the traces of `options` and runs its commands.
    ///
    /// # Errors
    /// When a trace cannot be opened: the sentence that says why.
    pub fn new(options: &Options, size: (u16, u16)) -> Result<Self, String> {
        let mut headless = Headless::empty(options, size);
        for (slot, source) in options.sources.iter().enumerate() {
            let messages = Mutex::new(Vec::new());
            let post = |message| messages.lock().expect("no holder panics").push(message);
            load(source, slot, &Cancel::new(), &post);
            for message in messages.into_inner().expect("no holder panics") {
                if let Msg::LoadFailed { message, .. } = message {
                    return Err(message);
                }
                headless.send(message);
            }
        }
        for line in &options.commands {
            headless.send(Msg::Command(line.clone()));
        }
        Ok(headless)
    }

    /// Before anything is loaded; nothing loads it.
    pub fn empty(options: &Options, size: (u16, u16)) -> Self {
        Headless { state: options.state(size), quit: None, copied: Vec::new() }
    }

    /// Updates with a message and performs everything that follows from it.
    pub fn send(&mut self, message: Msg) {
        let mut queue = VecDeque::from([message]);
        while let Some(message) = queue.pop_front() {
            for command in update(&mut self.state, message) {
                match command {
                    Cmd::Quit(code) => self.quit = Some(code),
                    Cmd::Post(message) => queue.push_back(message),
                    Cmd::Compute { screen, kind, ticket, job } => {
                        queue.push_back(run_job(screen, kind, ticket, job, &Cancel::new()));
                    }
                    Cmd::Copy(text) => self.copied.push(text),
                    Cmd::WriteFile { path, bytes } => queue.push_back(Msg::Notice(write_file(&path, &bytes))),
                    Cmd::Redraw | Cmd::Suspend | Cmd::CancelLoading => {}
                }
            }
        }
    }

    /// Presses keys, as [`crate::keys::parse_keys`] reads them.
    ///
    /// # Errors
    /// When a key's name is none.
    pub fn press(&mut self, keys: &str) -> Result<(), String> {
        for key in crate::keys::parse_keys(keys)? {
            self.send(Msg::Key(key));
        }
        Ok(())
    }

    /// The screen as it is now.
    pub fn screen(&self) -> Buffer {
        let (width, height) = self.state.context.size;
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
        view(&self.state, &mut buffer);
        buffer
    }
}

/// The signs of a screen, a line each, without blanks at the ends.
pub fn to_text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let mut text = String::new();
    for row in buffer.content.chunks(width.max(1)) {
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The screen with its colours as escape sequences, for `--batch` on a terminal and for pictures.
pub fn to_ansi(buffer: &Buffer) -> String {
    use std::fmt::Write;
    let width = usize::from(buffer.area.width);
    let mut text = String::new();
    for row in buffer.content.chunks(width.max(1)) {
        let mut style = (Color::Reset, Color::Reset, Modifier::empty());
        for cell in row {
            let next = (cell.fg, cell.bg, cell.modifier);
            if next != style {
                style = next;
                let _ = write!(text, "\x1b[0{}{}{}m", modifiers(next.2), colour(next.0, false), colour(next.1, true));
            }
            text.push_str(cell.symbol());
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

fn modifiers(modifier: Modifier) -> String {
    let codes = [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)];
    codes.iter().filter(|(bit, _)| modifier.contains(*bit)).map(|(_, code)| format!(";{code}")).collect()
}

/// A colour as SGR parameters (ECMA-48; 38 and 48 with 5 or 2 as xterm has them).
fn colour(colour: Color, background: bool) -> String {
    let base = if background { 10 } else { 0 };
    let ansi = |code: u32| format!(";{}", code + base);
    match colour {
        Color::Reset => String::new(),
        Color::Black => ansi(30),
        Color::Red => ansi(31),
        Color::Green => ansi(32),
        Color::Yellow => ansi(33),
        Color::Blue => ansi(34),
        Color::Magenta => ansi(35),
        Color::Cyan => ansi(36),
        Color::Gray => ansi(37),
        Color::DarkGray => ansi(90),
        Color::LightRed => ansi(91),
        Color::LightGreen => ansi(92),
        Color::LightYellow => ansi(93),
        Color::LightBlue => ansi(94),
        Color::LightMagenta => ansi(95),
        Color::LightCyan => ansi(96),
        Color::White => ansi(97),
        Color::Indexed(index) => format!(";{};5;{index}", 38 + base),
        Color::Rgb(red, green, blue) => format!(";{};2;{red};{green};{blue}", 38 + base),
    }
}
