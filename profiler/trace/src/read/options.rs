//! How a trace is opened: progress, cancelling, threads and the limit of unpacking.

use std::ops::ControlFlow;

use super::ReadError;

/// How far reading has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of the file that have been read.
    pub done_bytes: u64,
    /// Bytes of the file.
    pub total_bytes: u64,
}

/// How to open a trace. `OpenOptions::default()` is what a command without a terminal wants.
#[derive(Clone, Copy, Default)]
pub struct OpenOptions<'a> {
    /// Called every few milliseconds of work, from any thread; `Break` cancels and makes the reader return an error for
    /// which [`ReadError::is_cancelled`] holds.
    pub progress: Option<&'a (dyn Fn(Progress) -> ControlFlow<()> + Sync)>,
    /// Threads to parse with; 0 takes what the machine has.
    pub threads: usize,
    /// Most bytes that a `.gz` may unpack to; 0 means 1 GiB or 250 times its size, whichever is more. (Traces shrink to a
    /// twentieth; a bomb, to a thousandth.)
    pub unpacked_bytes_max: u64,
    /// Gives what is whole of a file that is cut off, with a note, instead of an error.
    pub salvage: bool,
    /// Read the source itself, even where a saved index ([`snapshot`](crate::snapshot)) is up to date.
    pub ignore_index: bool,
}

impl OpenOptions<'_> {
    /// Reports progress.
    ///
    /// # Errors
    /// When the callback asks to stop.
    pub(crate) fn report(&self, done_bytes: u64, total_bytes: u64) -> Result<(), ReadError> {
        match self.progress.map(|report| report(Progress { done_bytes, total_bytes })) {
            Some(ControlFlow::Break(())) => Err(ReadError::cancelled()),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for OpenOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions")
            .field("progress", &self.progress.is_some())
            .field("threads", &self.threads)
            .field("unpacked_bytes_max", &self.unpacked_bytes_max)
            .field("salvage", &self.salvage)
            .field("ignore_index", &self.ignore_index)
            .finish()
    }
}
