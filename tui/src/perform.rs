//! Performing commands: the only part of the screens that touches the world.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::message::{Cancel, Cmd, Job, Msg};
use crate::screen::ScreenId;

/// Jobs that run, so that a newer one of a kind cancels the older.
#[derive(Default)]
pub struct Jobs {
    running: HashMap<(ScreenId, &'static str), Cancel>,
}

impl Jobs {
    /// A token for a new job; the older one of its kind is cancelled.
    pub fn start(&mut self, screen: ScreenId, kind: &'static str) -> Cancel {
        let cancel = Cancel::new();
        if let Some(older) = self.running.insert((screen, kind), cancel.clone()) {
            older.cancel();
        }
        cancel
    }
}

/// Runs a job; a panic in it becomes a notice, not the end of the program.
pub fn run_job(screen: ScreenId, kind: &str, ticket: u64, job: Job, cancel: &Cancel) -> Msg {
    match catch_unwind(AssertUnwindSafe(|| job(cancel))) {
        Ok(result) => Msg::Computed { screen, ticket, result },
        Err(panic) => Msg::Notice(format!("{kind} failed: {}", panic_text(panic.as_ref()))),
    }
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("an unknown panic")
}

/// Writes a file through a temporary one beside it, so that a reader never sees half; returns the notice about it.
pub fn write_file(path: &Path, bytes: &[u8]) -> String {
    let attempt = || {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        std::fs::write(&part, bytes)?;
        std::fs::rename(&part, path)
    };
    match attempt() {
        Ok(()) => format!("wrote {}", path.display()),
        Err(error) => format!("cannot write {}: {error}", path.display()),
    }
}

/// The escape sequence that puts `text` on the clipboard (OSC 52), also over SSH.
pub fn osc52(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", base64(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let value = chunk.iter().fold(0u32, |value, &byte| value << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sign = SIGNS[(value >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

/// The loop's view of a command: what is left to it after the pure part.
pub fn is_quit(command: &Cmd) -> Option<u8> {
    match command {
        Cmd::Quit(code) => Some(*code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in cases {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_panicking_job_is_a_notice() {
        let job: Job = Box::new(|_| panic!("no such row"));
        let message = run_job(ScreenId::Timeline, "statistics", 1, job, &Cancel::new());
        assert!(matches!(message, Msg::Notice(text) if text == "statistics failed: no such row"));
    }

    #[test]
    fn a_newer_job_cancels_the_older_of_its_kind_only() {
        let mut jobs = Jobs::default();
        let first = jobs.start(ScreenId::Timeline, "search");
        let other = jobs.start(ScreenId::Timeline, "range");
        let second = jobs.start(ScreenId::Timeline, "search");
        assert_eq!([first, other, second].map(|cancel| cancel.is_cancelled()), [true, false, false]);
    }
}
