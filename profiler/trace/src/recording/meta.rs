//! `meta.json`: what a recording is, who made it and how its clock relates to the wall clock.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::read::ReadError;

/// The version of the layout that this crate writes. A reader refuses a higher one.
pub const FORMAT_VERSION: u64 = 1;

/// What `meta.json` says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordingMeta {
    /// The recorded command and its arguments; empty where nothing was run.
    pub command: Vec<String>,
    /// What wrote the recording, with its version.
    pub recorder: String,
    /// Wall-clock nanoseconds since 1970 at time 0 of the recording's clock.
    pub epoch_offset_ns: Option<i64>,
    /// Whether the recorder closed the recording in order.
    pub finished: bool,
    /// How the program ended, once it has: its exit code, or 128 plus the signal's number.
    pub exit_code: Option<i32>,
}

impl RecordingMeta {
    /// The meta of a new recording of `command` by this version of rustg.
    pub fn new(command: Vec<String>) -> Self {
        let recorder = concat!("rustg ", env!("CARGO_PKG_VERSION")).to_owned();
        RecordingMeta { command, recorder, ..Default::default() }
    }

    /// Writes the file anew, so that a reader sees the old one or the new one, never half of one.
    pub(crate) fn write(&self, dir: &Path) -> std::io::Result<()> {
        let value = json!({
            "format": "rustg recording",
            "version": FORMAT_VERSION,
            "recorder": self.recorder,
            "command": self.command,
            "epoch_offset_ns": self.epoch_offset_ns,
            "finished": self.finished,
            "exit_code": self.exit_code,
            "about": "Each *.arrows file is a table: an Arrow IPC stream of append-only batches. Times are nanoseconds on \
                      the recording's clock; epoch_offset_ns + time is nanoseconds since 1970.",
        });
        let temporary = dir.join("meta.json.new");
        let mut file = std::fs::File::create(&temporary)?;
        writeln!(file, "{value:#}")?;
        drop(file);
        std::fs::rename(temporary, dir.join("meta.json"))
    }

    /// Reads the file. Unknown keys are ignored.
    pub(crate) fn read(dir: &Path) -> Result<Self, ReadError> {
        let path = dir.join("meta.json");
        let bytes = std::fs::read(&path).map_err(|error| ReadError::io(error).of(&path))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            let line_start = bytes.split_inclusive(|&byte| byte == b'\n').take(error.line().saturating_sub(1));
            let offset = line_start.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
            ReadError::at(offset as u64, format!("not the description of a recording: {error}")).of(&path)
        })?;
        if value["format"] != "rustg recording" {
            return Err(ReadError::at(0, "not the description of a recording").of(&path));
        }
        match value["version"].as_u64() {
            Some(FORMAT_VERSION) => {}
            Some(version) => {
                let message = format!("recording format {version} is newer than this rustg reads ({FORMAT_VERSION})");
                return Err(ReadError::at(0, message).of(&path));
            }
            None => return Err(ReadError::at(0, "the format's version is missing").of(&path)),
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(RecordingMeta {
            command: value["command"].as_array().into_iter().flatten().map(text).collect(),
            recorder: text(&value["recorder"]),
            epoch_offset_ns: value["epoch_offset_ns"].as_i64(),
            finished: value["finished"] == true,
            exit_code: value["exit_code"].as_i64().and_then(|code| i32::try_from(code).ok()),
        })
    }
}
