//! `rustg top`: what every GPU is doing now, and who uses it.
//!
//! The same halves as the trace screens: [`TopState`] changes by samples and keys and knows no clock, [`view`] draws it,
//! [`run`] feeds it from the telemetry threads and the terminal.

mod history;
mod run;
#[cfg(test)]
mod tests;
mod view;

use crossterm::event::{KeyCode, KeyEvent};
use rustg_record::telemetry::{GpuInfo, GpuProcess, Metric, Sample};

use crate::keys::{Binding, Chord, KeyLine, action_of, lines};
use crate::theme::Theme;

use history::History;

pub use run::run;
pub use view::view;

/// What the screen shows.
pub struct TopState {
    /// The look.
    pub theme: Theme,
    /// The GPUs, in the order of their rows.
    pub gpus: Vec<GpuInfo>,
    /// The driver's version, or empty.
    pub driver: String,
    histories: Vec<History>,
    processes: Vec<(usize, GpuProcess)>,
    sort: Sort,
    span: usize,
    paused: bool,
    help: bool,
    first_process: usize,
    first_gpu: usize,
}

/// What processes are ordered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sort {
    Memory,
    Share,
    Pid,
}

/// What keys do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Quit,
    Pause,
    Sort,
    Wider,
    Narrower,
    Help,
    Down,
    Up,
    NextGpu,
    PreviousGpu,
}

const KEYS: &[Binding<Action>] = &[
    Binding {
        chords: &[Chord::Char('q'), Chord::Ctrl('c')],
        shown: "q",
        label: "quit",
        what: "leave",
        actions: &[Action::Quit],
    },
    Binding {
        chords: &[Chord::Char(' '), Chord::Char('p')],
        shown: "space",
        label: "pause",
        what: "hold the picture still; sampling goes on",
        actions: &[Action::Pause],
    },
    Binding {
        chords: &[Chord::Char('+'), Chord::Char('='), Chord::Char('-')],
        shown: "+−",
        label: "time",
        what: "less or more time on the plots",
        actions: &[Action::Narrower, Action::Narrower, Action::Wider],
    },
    Binding {
        chords: &[Chord::Char('s')],
        shown: "s",
        label: "sort",
        what: "order processes by memory, by SM share, by pid",
        actions: &[Action::Sort],
    },
    Binding {
        chords: &[Chord::Key(KeyCode::Down), Chord::Char('j'), Chord::Key(KeyCode::Up), Chord::Char('k')],
        shown: "↑↓",
        label: "processes",
        what: "scroll the processes",
        actions: &[Action::Down, Action::Down, Action::Up, Action::Up],
    },
    Binding {
        chords: &[Chord::Key(KeyCode::Tab), Chord::Key(KeyCode::BackTab), Chord::Shift(KeyCode::BackTab)],
        shown: "Tab",
        label: "GPUs",
        what: "scroll the GPUs where they do not all fit",
        actions: &[Action::NextGpu, Action::PreviousGpu, Action::PreviousGpu],
    },
    Binding {
        chords: &[Chord::Char('?'), Chord::Key(KeyCode::F(1))],
        shown: "?",
        label: "help",
        what: "this",
        actions: &[Action::Help],
    },
];

impl TopState {
    /// Nothing sampled yet.
    pub fn new(theme: Theme, gpus: Vec<GpuInfo>, driver: String) -> TopState {
        TopState {
            theme,
            histories: gpus.iter().map(|_| History::default()).collect(),
            gpus,
            driver,
            processes: Vec::new(),
            sort: Sort::Memory,
            span: 1,
            paused: false,
            help: false,
            first_process: 0,
            first_gpu: 0,
        }
    }

    /// Takes a sample.
    pub fn on_sample(&mut self, sample: &Sample) {
        if let (Some(history), false) = (self.histories.get_mut(sample.gpu), self.paused) {
            history.add(sample.metric, sample.monotonic_ns, sample.value);
        }
    }

    /// Takes the processes of all GPUs, each with the index of its GPU.
    pub fn on_processes(&mut self, processes: Vec<(usize, GpuProcess)>) {
        if !self.paused {
            self.processes = processes;
            self.order();
        }
    }

    /// Takes a key; whether the user wants to leave.
    pub fn on_key(&mut self, key: &KeyEvent) -> bool {
        if self.help {
            // Any key closes help.
            self.help = false;
            return action_of(KEYS, key) == Some(Action::Quit) && key.code == KeyCode::Char('c');
        }
        match action_of(KEYS, key) {
            Some(Action::Quit) => return true,
            Some(Action::Pause) => self.paused = !self.paused,
            Some(Action::Sort) => {
                self.sort = match self.sort {
                    Sort::Memory => Sort::Share,
                    Sort::Share => Sort::Pid,
                    Sort::Pid => Sort::Memory,
                };
                self.order();
            }
            Some(Action::Wider) => self.span = (self.span + 1).min(history::SPANS.len() - 1),
            Some(Action::Narrower) => self.span = self.span.saturating_sub(1),
            Some(Action::Help) => self.help = true,
            Some(Action::Down) => {
                self.first_process = (self.first_process + 1).min(self.processes.len().saturating_sub(1));
            }
            Some(Action::Up) => self.first_process = self.first_process.saturating_sub(1),
            Some(Action::NextGpu) => self.first_gpu = (self.first_gpu + 1) % self.gpus.len().max(1),
            Some(Action::PreviousGpu) => self.first_gpu = self.first_gpu.saturating_sub(1),
            None => {}
        }
        false
    }

    /// The key table, for the footer and help.
    fn key_lines() -> Vec<KeyLine> {
        lines(KEYS)
    }

    /// The value of the last second, or the last there is.
    fn now(&self, gpu: usize, metric: Metric) -> Option<f64> {
        self.histories.get(gpu)?.now(metric)
    }

    fn order(&mut self) {
        let sort = self.sort;
        self.processes.sort_by_key(|(gpu, process)| {
            let first = match sort {
                Sort::Memory => u64::MAX - process.memory_bytes.unwrap_or(0),
                Sort::Share => u64::from(100 - process.sm_percent.unwrap_or(0).min(100)),
                Sort::Pid => u64::from(process.pid),
            };
            (first, *gpu, process.pid)
        });
    }
}
