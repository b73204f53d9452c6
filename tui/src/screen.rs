//! What a screen is to the frame.

use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::context::Context;
use crate::keys::KeyLine;
use crate::message::{Cmd, Goto, Msg};

/// The screens, in the order of their numbers. One that does not apply to the open trace is neither numbered nor shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ScreenId {
    /// When was the GPU idle, and why?
    Timeline,
    /// Which kernels cost the most?
    Kernels,
    /// Which code launched that time?
    Flame,
    /// What was the machine doing?
    Telemetry,
}

impl ScreenId {
    /// The word in the header.
    pub fn title(self) -> &'static str {
        match self {
            ScreenId::Timeline => "Timeline",
            ScreenId::Kernels => "Kernels",
            ScreenId::Flame => "Flame",
            ScreenId::Telemetry => "Telemetry",
        }
    }

    /// The question it answers at first sight.
    pub fn question(self) -> &'static str {
        match self {
            ScreenId::Timeline => "when was the GPU idle, and why?",
            ScreenId::Kernels => "which kernels cost the most?",
            ScreenId::Flame => "which code launched that time?",
            ScreenId::Telemetry => "what was the machine doing?",
        }
    }
}

/// One screen: its state, its keys, its drawing. All methods but `view` may change it; none does I/O or reads a clock.
pub trait Screen {
    /// Which one it is.
    fn id(&self) -> ScreenId;

    /// Whether the open traces give it anything to show.
    fn available(&self, context: &Context) -> bool;

    /// Its key table, for footer and help; most useful first.
    fn keys(&self) -> Vec<KeyLine>;

    /// A key while it is shown; `None` leaves the key to the frame.
    fn on_key(&mut self, context: &mut Context, key: &KeyEvent) -> Option<Vec<Cmd>>;

    /// The mouse inside its area.
    fn on_mouse(&mut self, _context: &mut Context, _mouse: &MouseEvent, _area: Rect) -> Vec<Cmd> {
        Vec::new()
    }

    /// Any other message, also while another screen is shown: traces loaded, results computed, the size changed.
    fn on_message(&mut self, _context: &mut Context, _message: &Msg, _area: Rect) -> Vec<Cmd> {
        Vec::new()
    }

    /// It was asked to show something; called before it becomes the shown screen.
    fn on_goto(&mut self, _context: &mut Context, _goto: &Goto, _area: Rect) -> Vec<Cmd> {
        Vec::new()
    }

    /// It becomes the shown screen: time to ask for what it needs.
    fn on_show(&mut self, _context: &mut Context, _area: Rect) -> Vec<Cmd> {
        Vec::new()
    }

    /// A command of the command line; `None` where it is not one of this screen's.
    ///
    /// # Errors
    /// What is wrong with the command, as a sentence.
    fn on_command(&mut self, _context: &mut Context, _words: &[&str], _area: Rect) -> Option<Result<Vec<Cmd>, String>> {
        None
    }

    /// What to keep of the view between two sessions.
    fn save(&self, _context: &Context) -> Option<serde_json::Value> {
        None
    }

    /// What [`Screen::save`] gave in an earlier session, before any trace is there.
    fn restore(&mut self, _saved: &serde_json::Value) {}

    /// The prompt and text of a line being typed; while there is one, it stands in for the footer and the frame leaves all
    /// keys to the screen.
    fn input(&self) -> Option<(&'static str, &str)> {
        None
    }

    /// Draws it.
    fn view(&self, context: &Context, buffer: &mut Buffer, area: Rect);
}
