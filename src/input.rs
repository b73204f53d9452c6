//! Which trace a command works on: the one named, else the newest recording under `.rustg/`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;
use std::{fs, io};

use rustg_trace::Trace;
use rustg_trace::read::{self, OpenOptions};

use crate::failure::Failure;
use crate::progress::Progress;

/// Where `rustg record` leaves recordings, below the working directory.
#[allow(dead_code, reason = "commands on traces use it")]
pub const RECORDINGS: &str = ".rustg";

/// Set by [`InputArgs::apply`], before anything is opened.
static SALVAGE: AtomicBool = AtomicBool::new(false);

/// How traces are read, the same for every command.
#[derive(clap::Args)]
pub struct InputArgs {
    /// Read what is whole of a trace file that is cut off
    #[arg(long, global = true)]
    salvage: bool,
}

impl InputArgs {
    /// Makes it the way in which [`open`] reads.
    pub fn apply(&self) {
        SALVAGE.store(self.salvage, Ordering::Relaxed);
    }
}

/// The trace to work on: `given`, else the newest recording.
///
/// # Errors
/// Where there is none, a sentence on how to record one (exit code 2).
#[allow(dead_code, reason = "commands on traces use it")]
pub fn trace_or_newest(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let newest = newest_recording(Path::new(RECORDINGS))
        .map_err(|error| Failure::input(format_args!("cannot look for recordings in {RECORDINGS}/: {error}")))?;
    newest.ok_or_else(|| {
        Failure::input(format_args!(
            "no trace given and no recording under {RECORDINGS}/\n  \
             record one:   rustg record -- python train.py\n  \
             or name one:  a rustg recording, PyTorch/Chrome JSON (.gz), Nsight Systems SQLite export, folded stacks"
        ))
    })
}

/// The newest recording in `directory`, by the time its `meta.json` (else the directory) last changed; `None` where there is none.
///
/// # Errors
/// When the directory exists and cannot be listed.
#[allow(dead_code, reason = "commands on traces use it")]
pub fn newest_recording(directory: &Path) -> io::Result<Option<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut newest: Option<(SystemTime, PathBuf)> = None;
    for entry in entries {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if hidden || !metadata.is_dir() {
            continue;
        }
        // The directory itself also changes when an index is saved in it, long after it was recorded.
        let changed = fs::metadata(path.join("meta.json")).unwrap_or(metadata).modified();
        let candidate = (changed.unwrap_or(SystemTime::UNIX_EPOCH), path);
        if newest.as_ref().is_none_or(|best| candidate > *best) {
            newest = Some(candidate);
        }
    }
    Ok(newest.map(|(_, path)| path))
}

/// Reads the trace at `path`, with progress on a terminal.
///
/// # Errors
/// What is wrong with the file, and where in it.
#[allow(dead_code, reason = "commands on traces use it")]
pub fn open(path: &Path) -> Result<Trace, Failure> {
    if let Err(error) = rustg_record::salvage(path) {
        eprintln!("rustg: {error}");
    }
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let line = Mutex::new(Progress::new(format!("reading {name}")));
    let report = |progress: read::Progress| {
        // A thread that finds the line taken has nothing to add to it.
        if let Ok(mut line) = line.try_lock() {
            line.bytes(progress.done_bytes, progress.total_bytes);
        }
        ControlFlow::Continue(())
    };
    let salvage = SALVAGE.load(Ordering::Relaxed);
    let options = OpenOptions { progress: Some(&report), salvage, ..OpenOptions::default() };
    read::open(path, &options).map_err(|error| {
        let hint = if error.is_cut_off() { "\n  --salvage reads what is whole of it" } else { "" };
        Failure::input(format_args!("{error}{hint}"))
    })
}
