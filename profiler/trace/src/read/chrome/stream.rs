//! The importer for bytes that come piece by piece.

use super::document::{Document, ELEMENT_BYTES_MAX};
use super::join::join;
use super::rows::Rows;
use crate::Trace;
use crate::read::ReadError;

/// Reads Chrome trace-event JSON that comes in pieces of any size: `push` each, then `finish`.
pub struct ChromeImporter {
    document: Document,
    rows: Rows,
    /// Bytes that are not whole events yet.
    rest: Vec<u8>,
    /// Which byte of the input `rest` begins with.
    base: u64,
    /// The rest is looked at again once it is so long, so that a long event in small pieces is not read over and over.
    retry_at: usize,
}

impl Default for ChromeImporter {
    fn default() -> Self {
        Self::new()
    }
}

impl ChromeImporter {
    /// An importer that has seen nothing.
    pub fn new() -> Self {
        ChromeImporter { document: Document::new(), rows: Rows::default(), rest: Vec::new(), base: 0, retry_at: 0 }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// Where the bytes are not JSON, with their offset in the whole input.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), ReadError> {
        if self.rest.is_empty() {
            let done = self.document.parse(piece, self.base, u64::MAX, &mut self.rows)?;
            self.base += done as u64;
            self.rest.extend_from_slice(&piece[done..]);
            self.retry_at = self.rest.len() * 2;
            return Ok(());
        }
        self.rest.extend_from_slice(piece);
        if self.rest.len() >= self.retry_at.min(ELEMENT_BYTES_MAX + 1) { self.flush() } else { Ok(()) }
    }

    /// Reads all events that are whole, whatever their length.
    ///
    /// # Errors
    /// As [`ChromeImporter::push`].
    pub fn flush(&mut self) -> Result<(), ReadError> {
        let done = self.document.parse(&self.rest, self.base, u64::MAX, &mut self.rows)?;
        self.base += done as u64;
        self.rest.drain(..done);
        self.retry_at = self.rest.len() * 2;
        Ok(())
    }

    /// How many slices and points have been read.
    pub fn len(&self) -> usize {
        self.rows.builder.len()
    }

    /// Whether no slice or point has been read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The trace. With `salvage`, input that is cut off gives what was whole and a note.
    ///
    /// # Errors
    /// As [`ChromeImporter::push`], and where the input is cut off.
    pub fn finish(mut self, title: &str, salvage: bool) -> Result<Trace, ReadError> {
        self.flush()?;
        let end = self.base + self.rest.len() as u64;
        let note = self.document.at_end(&self.rest, end, salvage)?;
        Ok(join(vec![self.rows], title, note.into_iter().collect()))
    }
}
