//! Opening traces beside the screens: a thread per trace, progress as messages, cancelling at any time.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustg_trace::read::{OpenOptions, ReadError, open, open_bytes};
use rustg_trace::recording::{RecordingFollower, is_live};

use crate::context::Loaded;
use crate::message::{Cancel, Msg};

/// Where a trace comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A file or a recording's directory.
    Path(PathBuf),
    /// A trace that is part of the program.
    Bytes {
        /// What to call it.
        title: String,
        /// Its content, in any format that [`open_bytes`] reads.
        bytes: &'static [u8],
    },
}

impl Source {
    /// What to call it before it is read.
    pub fn title(&self) -> String {
        match self {
            Source::Path(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Source::Bytes { title, .. } => title.clone(),
        }
    }

    /// The file, where it is one.
    pub fn path(&self) -> Option<&PathBuf> {
        match self {
            Source::Path(path) => Some(path),
            Source::Bytes { .. } => None,
        }
    }
}

/// Least time between two progress messages.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);

/// Least time between two looks at a growing recording; longer where taking it over takes longer.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(500);

/// Follows a recording until its recorder is done or nobody wants it.
fn follow(
    path: &Path,
    source: &Source,
    slot: usize,
    cancel: &Cancel,
    post: &(dyn Fn(Msg) + Sync),
) -> Result<(), ReadError> {
    let mut follower = RecordingFollower::open(path, &source.title())?;
    post(Msg::Live { slot, live: true });
    let mut first = true;
    loop {
        // Asked before reading, so that the last look comes after the recorder's last byte.
        let live = follower.is_live();
        let started = Instant::now();
        if follower.poll()? || first || !live {
            let loaded = Arc::new(Loaded::new(Some(path.to_owned()), follower.trace()));
            post(Msg::Loaded { slot, loaded });
            first = false;
        }
        if !live {
            post(Msg::Live { slot, live: false });
            return Ok(());
        }
        // At most a third of a core for following.
        let until = Instant::now() + FOLLOW_INTERVAL.max(started.elapsed() * 2);
        while Instant::now() < until {
            if cancel.is_cancelled() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Reads and indexes the trace of `slot`; `post` is given its progress and then how it ended. A cancelled read posts
/// nothing more.
pub fn load(source: &Source, slot: usize, cancel: &Cancel, post: &(dyn Fn(Msg) + Sync)) {
    let last = Mutex::new(Instant::now());
    let progress = |progress: rustg_trace::read::Progress| {
        if cancel.is_cancelled() {
            return ControlFlow::Break(());
        }
        let mut last = last.lock().expect("no holder panics");
        if last.elapsed() >= PROGRESS_INTERVAL {
            *last = Instant::now();
            post(Msg::Loading { slot, done_bytes: progress.done_bytes, total_bytes: progress.total_bytes });
        }
        ControlFlow::Continue(())
    };
    if let Source::Path(path) = source
        && let Err(error) = rustg_record::salvage(path)
    {
        post(Msg::Notice(error.to_string()));
    }
    if let Source::Path(path) = source
        && is_live(path)
    {
        if let Err(error) = follow(path, source, slot, cancel, post) {
            post(Msg::Live { slot, live: false });
            post(Msg::LoadFailed { slot, message: error.to_string() });
        }
        return;
    }
    let options = OpenOptions { progress: Some(&progress), ..OpenOptions::default() };
    let result = match source {
        Source::Path(path) => open(path, &options),
        Source::Bytes { title, bytes } => open_bytes(bytes, title, &options),
    };
    match result {
        Ok(trace) => {
            let loaded = Arc::new(Loaded::new(source.path().cloned(), trace));
            post(Msg::Loaded { slot, loaded: loaded.clone() });
            // For the next time, while the screens are already at work.
            if let Some(path) = source.path() {
                rustg_trace::snapshot::save(path, &loaded.trace);
            }
        }
        Err(error) if error.is_cancelled() => {}
        Err(error) => post(Msg::LoadFailed { slot, message: error.to_string() }),
    }
}
