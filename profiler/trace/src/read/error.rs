//! What can be wrong with a trace file.

use std::fmt;
use std::path::PathBuf;

/// Why a trace could not be read: which file, where in it, and what is wrong there.
#[derive(Debug)]
pub struct ReadError {
    /// The file, where the bytes came from one.
    pub path: Option<PathBuf>,
    /// Offset of the byte at which reading stopped making sense, in the file as the reader sees it (unpacked, for `.gz`).
    pub offset: Option<u64>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// The operating system's error, where it was one.
    pub io: Option<std::io::Error>,
}

impl ReadError {
    /// The content at `offset` is not what the format demands.
    pub fn at(offset: u64, message: impl Into<String>) -> Self {
        ReadError { path: None, offset: Some(offset), message: message.into(), io: None }
    }

    /// The file ends at `offset`, too early; what is before it could be salvaged.
    pub(crate) fn cut_off(offset: u64, message: impl Into<String>) -> Self {
        let io = Some(std::io::ErrorKind::UnexpectedEof.into());
        ReadError { path: None, offset: Some(offset), message: message.into(), io }
    }

    /// Whether the file is cut off in a way that [`OpenOptions::salvage`](super::OpenOptions::salvage) helps with.
    pub fn is_cut_off(&self) -> bool {
        self.io.as_ref().is_some_and(|error| error.kind() == std::io::ErrorKind::UnexpectedEof)
    }

    /// The file as a whole is wrong.
    pub fn plain(message: impl Into<String>) -> Self {
        ReadError { path: None, offset: None, message: message.into(), io: None }
    }

    /// The progress callback asked to stop.
    pub fn cancelled() -> Self {
        ReadError { message: "cancelled".into(), ..ReadError::io(std::io::ErrorKind::Interrupted.into()) }
    }

    /// Whether reading stopped because the progress callback asked for it.
    pub fn is_cancelled(&self) -> bool {
        self.io.as_ref().is_some_and(|error| error.kind() == std::io::ErrorKind::Interrupted)
    }

    /// The operating system refused.
    pub fn io(error: std::io::Error) -> Self {
        ReadError { path: None, offset: None, message: error.to_string(), io: Some(error) }
    }

    /// An error that came through a reader: a [`ReadError`] inside of it is taken out.
    pub(crate) fn from_reader(error: std::io::Error) -> Self {
        error.downcast::<ReadError>().unwrap_or_else(ReadError::io)
    }

    /// The same error, of this file.
    pub fn of(mut self, path: impl Into<PathBuf>) -> Self {
        self.path.get_or_insert(path.into());
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        f.write_str(&self.message)?;
        if let Some(offset) = self.offset {
            write!(f, " (at byte {offset})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.io.as_ref().map(|error| error as _)
    }
}
