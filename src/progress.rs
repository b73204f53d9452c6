//! Progress of long work: one line on stderr, only on a terminal, only when the work takes long enough to wonder.

#![allow(dead_code, reason = "commands that read traces use it")]

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Work shorter than this shows nothing.
const SILENT: Duration = Duration::from_millis(300);
/// Time between two updates.
const INTERVAL: Duration = Duration::from_millis(80);

/// A progress line; dropping it wipes the line.
pub struct Progress {
    what: String,
    visible: bool,
    shown: bool,
    next: Instant,
}

impl Progress {
    /// A line about `what` ("reading train.json").
    pub fn new(what: impl Into<String>) -> Self {
        Progress { what: what.into(), visible: io::stderr().is_terminal(), shown: false, next: Instant::now() + SILENT }
    }

    /// Says that `done` of `total` bytes are done; cheap enough for every chunk.
    pub fn bytes(&mut self, done: u64, total: u64) {
        self.draw(done, total, 1_000_000, "MB");
    }

    /// Says that `done` of `total` events are done.
    pub fn events(&mut self, done: u64, total: u64) {
        self.draw(done, total, 1_000, "thousand events");
    }

    /// Says that `done` of `total` are done, of things called `name`.
    pub fn items(&mut self, done: u64, total: u64, name: &str) {
        self.draw(done, total, 1, name);
    }

    fn draw(&mut self, done: u64, total: u64, unit: u64, unit_name: &str) {
        if !self.visible || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + INTERVAL;
        self.shown = true;
        let percent = if total == 0 { 0 } else { (done.min(total) as u128 * 100 / total as u128) as u64 };
        let (done, total) = (done / unit, total.div_ceil(unit));
        let _ = write!(io::stderr(), "\r\x1b[K{}  {percent:3} %  {done} of {total} {unit_name}", self.what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
