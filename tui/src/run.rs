//! The loop: events and results in as messages, commands out into the world, frames in between.

use std::io::{self, BufWriter, Stdout};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::app::{State, update, view};
use crate::context::Context;
use crate::load::{Source, load};
use crate::message::{Cancel, Cmd, Msg};
use crate::perform::{Jobs, osc52, panic_text, run_job, write_file};
use crate::screen::Screen;
use crate::surface::Surface;
use crate::terminal::{Taken, ask_background, install_panic_hook, restore, take};
use crate::theme::Theme;

/// Least time between two frames: 30 a second, so that a slow line is not flooded while panning.
const FRAME_INTERVAL: Duration = Duration::from_millis(33);
/// How long the terminal may take to tell its background; the first frame is on the screen by then.
const BACKGROUND_PATIENCE: Duration = Duration::from_millis(150);

/// What to show and how.
pub struct Options {
    /// The traces: one, or two to compare.
    pub sources: Vec<Source>,
    /// The look; the background is asked from the terminal unless `background_given`.
    pub theme: Theme,
    /// The user said which background it is.
    pub background_given: bool,
    /// The source is the bundled sample.
    pub sample: bool,
    /// Where the view is kept between sessions; `None` keeps nothing.
    pub view_file: Option<PathBuf>,
    /// Commands to run once everything is loaded, one a line.
    pub commands: Vec<String>,
}

impl Options {
    /// The state before anything is loaded.
    pub fn state(&self, size: (u16, u16)) -> State {
        let titles = self.sources.iter().map(Source::title).collect();
        let mut context = Context::new(self.theme, size, titles);
        context.sample = self.sample;
        State::new(context, screens())
    }
}

/// All screens there are, in the order of their numbers.
pub fn screens() -> Vec<Box<dyn Screen>> {
    vec![
        Box::new(crate::timeline::Timeline::default()),
        Box::new(crate::kernels::Kernels::default()),
        Box::new(crate::flame::Flame::default()),
        Box::new(crate::telemetry::Telemetry::default()),
    ]
}

/// How the program ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// With this exit code.
    Code(u8),
    /// No trace could be opened; why, a sentence each.
    Unreadable(Vec<String>),
    /// By this signal; the process has ended before anybody sees this, unless the signal is ignored.
    Signal(i32),
}

enum Wake {
    Message(Msg),
    Suspend,
    Continue,
}

/// Runs the screens until the user leaves. The terminal is as it was when this returns, also with an error.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(options: &Options) -> io::Result<Exit> {
    install_panic_hook();
    let (sender, receiver) = channel();
    // Signals first: one that arrives while the terminal is being taken must not leave it so.
    watch_signals(&sender)?;
    let taken = Taken::enter()?;
    let mut surface = Surface::new(BufWriter::with_capacity(1 << 18, io::stdout()));
    let mut state = options.state(crossterm::terminal::size()?);
    draw(&mut surface, &state)?;
    restore_view(options, &mut state);

    let cancel = Cancel::new();
    start_loading(options, &sender, &cancel);
    if !options.background_given
        && let Some(background) = ask_background(BACKGROUND_PATIENCE)
    {
        let _ = sender.send(Wake::Message(Msg::Background(background)));
    }
    watch_input(&sender);
    let mut session = Session { surface, sender, jobs: Jobs::default(), cancel, waiting: options.commands.clone() };
    let exit = session.turn(&mut state, &receiver);
    drop(taken);
    save_view(options, &state);
    if let Ok(Exit::Signal(signal)) = exit {
        let _ = emulate_default_handler(signal);
    }
    exit
}

/// A kept view is a few hundred bytes; what is larger is none.
const VIEW_BYTES_MAX: u64 = 1 << 20;

/// Gives the state the view of an earlier session, unless the user asked for a place.
fn restore_view(options: &Options, state: &mut State) {
    let Some(path) = options.view_file.as_ref().filter(|_| options.commands.is_empty()) else { return };
    let small = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= VIEW_BYTES_MAX);
    let bytes = small.then(|| std::fs::read(path).ok()).flatten();
    if let Some(saved) = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        state.restore(&saved);
    }
}

/// Keeps the view. A view that cannot be kept is not worth a word to somebody who is leaving.
fn save_view(options: &Options, state: &State) {
    if let (Some(path), true) = (&options.view_file, state.context.loaded().next().is_some()) {
        let _ = write_file(path, state.save().to_string().as_bytes());
    }
}

struct Session {
    surface: Surface<BufWriter<Stdout>>,
    sender: Sender<Wake>,
    jobs: Jobs,
    cancel: Cancel,
    /// Commands that wait until all traces are loaded.
    waiting: Vec<String>,
}

impl Session {
    fn turn(&mut self, state: &mut State, receiver: &Receiver<Wake>) -> io::Result<Exit> {
        let mut drawn = Instant::now();
        let mut dirty = false;
        loop {
            let wake = if dirty {
                match receiver.recv_timeout((drawn + FRAME_INTERVAL).saturating_duration_since(Instant::now())) {
                    Ok(wake) => Some(wake),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(Exit::Code(0)),
                }
            } else {
                match receiver.recv() {
                    Ok(wake) => Some(wake),
                    Err(_) => return Ok(Exit::Code(0)),
                }
            };
            let Some(wake) = wake else {
                draw(&mut self.surface, state)?;
                (drawn, dirty) = (Instant::now(), false);
                continue;
            };
            dirty = true;
            match wake {
                Wake::Message(Msg::Stop(signal)) => return Ok(Exit::Signal(signal)),
                Wake::Message(message) => {
                    if let Some(exit) = self.handle(state, message)? {
                        return Ok(exit);
                    }
                }
                Wake::Suspend => self.suspend()?,
                Wake::Continue => {
                    take()?;
                    self.surface.forget();
                }
            }
        }
    }

    fn handle(&mut self, state: &mut State, message: Msg) -> io::Result<Option<Exit>> {
        let mut commands = update(state, message);
        let all_there = state.context.slots.iter().all(|slot| slot.loaded.is_some() || slot.failed.is_some());
        if all_there {
            commands.extend(self.waiting.drain(..).map(|line| Cmd::Post(Msg::Command(line))));
        }
        for command in commands {
            if let Some(exit) = self.perform(command)? {
                return Ok(Some(exit));
            }
        }
        let failed: Vec<String> = state.context.slots.iter().filter_map(|slot| slot.failed.clone()).collect();
        let hopeless = failed.len() == state.context.slots.len();
        Ok(hopeless.then_some(Exit::Unreadable(failed)))
    }

    fn perform(&mut self, command: Cmd) -> io::Result<Option<Exit>> {
        let sender = self.sender.clone();
        let post = move |message| drop(sender.send(Wake::Message(message)));
        match command {
            Cmd::Quit(code) => {
                self.cancel.cancel();
                return Ok(Some(Exit::Code(code)));
            }
            Cmd::Post(message) => post(message),
            Cmd::Compute { screen, kind, ticket, job } => {
                let cancel = self.jobs.start(screen, kind);
                thread::spawn(move || post(run_job(screen, kind, ticket, job, &cancel)));
            }
            Cmd::Copy(text) => self.surface.send(&osc52(&text))?,
            Cmd::WriteFile { path, bytes } => {
                thread::spawn(move || post(Msg::Notice(write_file(&path, &bytes))));
            }
            Cmd::Redraw => self.surface.forget(),
            Cmd::Suspend => self.suspend()?,
            Cmd::CancelLoading => self.cancel.cancel(),
        }
        Ok(None)
    }

    fn suspend(&mut self) -> io::Result<()> {
        restore();
        emulate_default_handler(SIGTSTP)?;
        // Here the process has been continued.
        take()?;
        self.surface.forget();
        Ok(())
    }
}

fn draw(surface: &mut Surface<BufWriter<Stdout>>, state: &State) -> io::Result<()> {
    surface.draw(state.context.size, |buffer| view(state, buffer))
}

fn start_loading(options: &Options, sender: &Sender<Wake>, cancel: &Cancel) {
    for (slot, source) in options.sources.iter().cloned().enumerate() {
        let (sender, cancel) = (std::sync::Mutex::new(sender.clone()), cancel.clone());
        thread::spawn(move || {
            let post = |message| drop(sender.lock().map(|sender| sender.send(Wake::Message(message))));
            let work = || load(&source, slot, &cancel, &post);
            if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
                let message = format!("the reader failed: {}", panic_text(panic.as_ref()));
                post(Msg::LoadFailed { slot, message });
            }
        });
    }
}

fn watch_signals(sender: &Sender<Wake>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGCONT])?;
    let sender = sender.clone();
    thread::spawn(move || {
        let mut stopping = false;
        for signal in signals.forever() {
            let wake = match signal {
                SIGTSTP => Wake::Suspend,
                SIGCONT => Wake::Continue,
                _ if stopping => {
                    // Asked twice: the loop does not answer.
                    restore();
                    let _ = emulate_default_handler(signal);
                    return;
                }
                _ => {
                    stopping = true;
                    Wake::Message(Msg::Stop(signal))
                }
            };
            if sender.send(wake).is_err() {
                return;
            }
        }
    });
    Ok(())
}

fn watch_input(sender: &Sender<Wake>) {
    let sender = sender.clone();
    thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            let message = match event {
                Event::Key(key) => Msg::Key(key),
                Event::Mouse(mouse) => Msg::Mouse(mouse),
                Event::Paste(text) => Msg::Paste(text),
                Event::Resize(columns, rows) => Msg::Resize(columns, rows),
                Event::FocusGained | Event::FocusLost => continue,
            };
            if sender.send(Wake::Message(message)).is_err() {
                return;
            }
        }
        // The terminal is gone.
        let _ = sender.send(Wake::Message(Msg::Stop(SIGHUP)));
    });
}
