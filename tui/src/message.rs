//! What comes into the program and what it asks the world to do.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{KeyEvent, MouseEvent};
use rustg_trace::{EventId, TimeRange};

use crate::context::Loaded;
use crate::screen::ScreenId;
use crate::theme::Background;

/// Something happened.
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// Reading the trace of a slot has come this far.
    Loading {
        /// Which of the traces.
        slot: usize,
        /// Bytes read.
        done_bytes: u64,
        /// Bytes to read.
        total_bytes: u64,
    },
    /// The trace of a slot is there, for the first time or grown.
    Loaded {
        /// Which of the traces.
        slot: usize,
        /// The trace with its index.
        loaded: Arc<Loaded>,
    },
    /// Whether the trace of a slot is still being recorded.
    Live {
        /// Which of the traces.
        slot: usize,
        /// Whether it grows.
        live: bool,
    },
    /// The trace of a slot could not be read.
    LoadFailed {
        /// Which of the traces.
        slot: usize,
        /// What is wrong, as a sentence.
        message: String,
    },
    /// A [`Cmd::Compute`] has its result.
    Computed {
        /// The screen that asked.
        screen: ScreenId,
        /// The number it gave the question; an answer to an old question is dropped by the screen.
        ticket: u64,
        /// The answer; the screen knows its type.
        result: Box<dyn Any + Send>,
    },
    /// Show something on another screen.
    Goto(Goto),
    /// A line of the `:` command line or of `--batch`.
    Command(String),
    /// The terminal told its background.
    Background(Background),
    /// A sentence for the status line.
    Notice(String),
    /// Leave because of a signal.
    Stop(i32),
}

/// A place to go to.
#[derive(Clone, PartialEq, Debug)]
pub enum Goto {
    /// A screen, as it is.
    Screen(ScreenId),
    /// The timeline at a range, in nanoseconds of the view (0 is the first trace's start).
    Window(TimeRange),
    /// The timeline with an event selected and visible.
    Event {
        /// Which of the traces.
        slot: usize,
        /// The event.
        event: EventId,
    },
    /// The timeline with this search, at its first match.
    Search(String),
    /// The flame graph with this search, at its first match.
    Flame(String),
}

/// Set when the answer is no longer wanted.
#[derive(Clone, Default, Debug)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A fresh one, not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work should stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Work for a thread; its result comes back in [`Msg::Computed`]. Looks at [`Cancel`] now and then.
pub type Job = Box<dyn FnOnce(&Cancel) -> Box<dyn Any + Send> + Send>;

/// Something for the loop to do.
pub enum Cmd {
    /// End with this exit code.
    Quit(u8),
    /// Post a message.
    Post(Msg),
    /// Run a job on a thread. A newer job of the same screen cancels an older one of the same `kind`.
    Compute {
        /// The screen that asks.
        screen: ScreenId,
        /// What the job is about, so that a newer question replaces an older one.
        kind: &'static str,
        /// The number of the question.
        ticket: u64,
        /// The work.
        job: Job,
    },
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Write a file and post a notice of how it went.
    WriteFile {
        /// Where to.
        path: PathBuf,
        /// What.
        bytes: Vec<u8>,
    },
    /// Send the next frame whole: something else has written on the terminal.
    Redraw,
    /// Suspend the program (Ctrl-Z).
    Suspend,
    /// Stop reading traces.
    CancelLoading,
}

impl std::fmt::Debug for Cmd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cmd::Quit(code) => write!(f, "Quit({code})"),
            Cmd::Post(_) => f.write_str("Post"),
            Cmd::Compute { screen, kind, ticket, .. } => write!(f, "Compute({screen:?}, {kind}, {ticket})"),
            Cmd::Copy(text) => write!(f, "Copy({text:?})"),
            Cmd::WriteFile { path, bytes } => write!(f, "WriteFile({}, {} bytes)", path.display(), bytes.len()),
            Cmd::Redraw => f.write_str("Redraw"),
            Cmd::Suspend => f.write_str("Suspend"),
            Cmd::CancelLoading => f.write_str("CancelLoading"),
        }
    }
}
