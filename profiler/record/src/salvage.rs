//! What a killed collector had not stored is still in the rings of the programs it recorded: here it is put into the recording.
//!
//! Nothing is guessed: the recording is cut back to the last moment of which the collector's note ([`crate::stored`]) tells,
//! and goes on from the same positions of the rings, so that every record is in it once.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustg_trace::recording::{RecordingWriter, is_recording};
use rustg_wire::{LeftBehind, RingError, State, read_left_behind};

use crate::decode::{Decoded, Decoder, Failed};
use crate::rings::{self, RING_BYTES_MAX};
use crate::stored::{Stored, StoredRing, definitions_file};
use crate::symbols::Symbols;

/// How long a program that still runs gets to notice that its collector is no more. It looks ten times a second.
const NOTICE: Duration = Duration::from_secs(3);

/// What was put into a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Salvaged {
    /// The records that the collector had not stored.
    pub decoded: Decoded,
}

/// Why nothing could be put into a recording. It is as it was, and readable as far as it goes.
#[derive(Debug)]
pub struct SalvageError {
    recording: PathBuf,
    why: String,
}

impl fmt::Display for SalvageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: what its killed recorder had not stored yet cannot be read: {}; remove the folder 'wire' in it to be rid of this",
            self.recording.display(),
            self.why
        )
    }
}

impl std::error::Error for SalvageError {}

/// Puts what a killed collector left in rings into `recording` and finishes it. `None` where there is nothing to do: no
/// recording, a collector at work, or a program that still sends.
///
/// # Errors
/// What was left makes no sense, or the recording cannot be written.
pub fn salvage(recording: &Path) -> Result<Option<Salvaged>, SalvageError> {
    salvage_within(recording, NOTICE)
}

/// Finishes recordings of killed collectors in `dir`, as far as that can be done at once.
pub(crate) fn sweep(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        // Whoever opens that recording is told of an error.
        let _ = salvage_within(&entry.path(), Duration::ZERO);
    }
}

/// A ring, and what was noted of it.
struct Left {
    noted: StoredRing,
    definitions: Vec<u8>,
    behind: LeftBehind,
}

fn salvage_within(recording: &Path, patience: Duration) -> Result<Option<Salvaged>, SalvageError> {
    let wire = recording.join("wire");
    if !is_recording(recording) || !rings::are_orphaned(&wire) {
        return Ok(None);
    }
    let failed = |why: String| SalvageError { recording: recording.to_owned(), why };
    let stored = Stored::read(&wire).ok_or_else(|| failed("the collector's note is damaged".to_owned()))?;
    let deadline = Instant::now() + patience;
    let mut all = Vec::new();
    for path in ring_files(&wire).map_err(|error| failed(error.to_string()))? {
        loop {
            match read_ring(&wire, &path, &stored).map_err(failed)? {
                Looked::Left(left) => all.push(left),
                Looked::StillSending if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
                Looked::StillSending => return Ok(None),
                Looked::NoRing => {}
            }
            break;
        }
    }
    let resumed = RecordingWriter::resume(recording, &stored.tables).map_err(|error| failed(error.to_string()))?;
    let Some(writer) = resumed else {
        // It was killed between its last two steps, or somebody else is at this.
        return Ok(None);
    };
    let decoded = add(writer, all).map_err(|error| failed(error.to_string()))?;
    // Should that fail, the folder is clutter, and the recording is whole without it.
    let _ = std::fs::remove_dir_all(&wire);
    Ok(Some(Salvaged { decoded }))
}

fn ring_files(wire: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(wire)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ring") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

enum Looked {
    Left(Left),
    /// Its program has not noticed yet.
    StillSending,
    /// The program was killed before it had laid it out, or it is something else.
    NoRing,
}

fn read_ring(wire: &Path, path: &Path, stored: &Stored) -> Result<Looked, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let failed = |error: &dyn fmt::Display| format!("{name}: {error}");
    // Opened for writing, as the question for the lock demands.
    let file = File::options().read(true).write(true).open(path).map_err(|error| failed(&error))?;
    let len = file.metadata().map_err(|error| failed(&error))?.len();
    if len == 0 || len > RING_BYTES_MAX {
        return Ok(Looked::NoRing);
    }
    // Asked before reading: what an ended process wrote is all there.
    let is_abandoned = rings::is_unlocked(&file);
    let behind = match read_left_behind(&std::fs::read(path).map_err(|error| failed(&error))?) {
        Ok(behind) => behind,
        Err(RingError::Magic) if is_abandoned => return Ok(Looked::NoRing),
        Err(RingError::Magic) => return Ok(Looked::StillSending),
        Err(error) => return Err(failed(&error)),
    };
    if !is_abandoned && !matches!(behind.state, Some(State::Stopped | State::Finished | State::Failed)) {
        return Ok(Looked::StillSending);
    }
    let noted = stored.ring(&name);
    let records_end = behind.start + behind.records.len() as u64;
    if !(behind.start..=records_end).contains(&noted.position) {
        return Err(failed(&"it does not fit the collector's note"));
    }
    let definitions = match noted.definition_bytes {
        0 => Vec::new(),
        bytes => {
            let mut definitions = std::fs::read(definitions_file(wire, &name)).map_err(|error| failed(&error))?;
            if (definitions.len() as u64) < bytes {
                return Err(failed(&"its definitions end early"));
            }
            definitions.truncate(bytes as usize);
            definitions
        }
    };
    Ok(Looked::Left(Left { noted, definitions, behind }))
}

/// Writes what is left and finishes the recording.
fn add(mut writer: RecordingWriter, all: Vec<Left>) -> Result<Decoded, rustg_trace::recording::WriteError> {
    let start_realtime_ns = writer.meta().epoch_offset_ns.unwrap_or(0) as u64;
    let mut symbols = Symbols::new();
    let mut sum = Decoded::default();
    let mut notes = Vec::new();
    for Left { noted, definitions, behind } in all {
        let mut decoder = Decoder::new(behind.pid, start_realtime_ns, &mut writer);
        let skipped = (noted.position - behind.start) as usize;
        let result = decoder.replay(&definitions, &mut writer).and_then(|()| {
            decoder.reopen_ranges(noted.open_ranges);
            decoder.decode(&behind.records[skipped..], &mut writer)
        });
        match result {
            Ok(()) => {}
            Err(Failed::Stream(error)) => notes.push(format!("process {}: {error}", behind.pid)),
            Err(Failed::Write(error)) => return Err(error),
        }
        decoder.finish(&mut writer)?;
        decoder.name_frames(&mut symbols, &mut writer);
        writer.lost("records that did not fit into the ring", behind.lost.saturating_sub(noted.lost));
        let one = decoder.decoded();
        if !one.ended {
            notes.push(format!("process {} was killed: at most its last 250 ms are missing", behind.pid));
        }
        sum.add(&one);
    }
    writer.note(
        "The recorder was killed. What it had not stored was taken from the rings of the recorded processes; what they did \
         from 250 ms after the kill on is not recorded.",
    );
    notes.iter().for_each(|note| writer.note(note));
    writer.finish()?;
    Ok(sum)
}
