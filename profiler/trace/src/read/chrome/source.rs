//! Bytes for the parser: a window over memory, or over what a reader gives, that grows and moves on.

use std::io::Read;

use crate::read::ReadError;

/// Bytes asked for at once: little enough to stay in a core's cache between reading and parsing.
pub(super) const CHUNK_BYTES: usize = 1 << 19;

/// A window of a file's bytes.
pub(super) enum Source<'a> {
    /// The file is in memory.
    Memory {
        /// All of it.
        bytes: &'a [u8],
        /// The window.
        start: usize,
        /// Where the window ends.
        end: usize,
    },
    /// The file comes from a reader.
    Reader {
        /// Gives the bytes after the window.
        reader: Box<dyn Read + Send + 'a>,
        /// Holds the window.
        buffer: Vec<u8>,
        /// The window within the buffer.
        start: usize,
        /// Where the window ends.
        end: usize,
        /// Which byte of the file the buffer's first one is.
        base: u64,
    },
}

impl<'a> Source<'a> {
    /// A window over `bytes`, from byte `start`.
    pub(super) fn memory(bytes: &'a [u8], start: u64) -> Self {
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(bytes.len());
        Source::Memory { bytes, start, end: start }
    }

    /// A window over what `reader` gives, whose first byte is byte `base` of the file.
    pub(super) fn reader(reader: Box<dyn Read + Send + 'a>, base: u64) -> Self {
        Source::Reader { reader, buffer: Vec::new(), start: 0, end: 0, base }
    }

    /// The window, and which byte of the file its first one is.
    pub(super) fn window(&self) -> (&[u8], u64) {
        match self {
            Source::Memory { bytes, start, end } => (&bytes[*start..*end], *start as u64),
            Source::Reader { buffer, start, end, base, .. } => (&buffer[*start..*end], base + *start as u64),
        }
    }

    /// Moves the window's start on.
    pub(super) fn consume(&mut self, count: usize) {
        match self {
            Source::Memory { start, .. } | Source::Reader { start, .. } => *start += count,
        }
    }

    /// Widens the window by at least one byte, and by as much as it holds where it holds much (so that reading a long event
    /// again and again costs no more than twice its length). `false` at the end of the file.
    pub(super) fn widen(&mut self) -> Result<bool, ReadError> {
        match self {
            Source::Memory { bytes, start, end } => {
                let more = (bytes.len() - *end).min(CHUNK_BYTES.max(*end - *start));
                *end += more;
                Ok(more > 0)
            }
            Source::Reader { reader, buffer, start, end, base } => {
                buffer.copy_within(*start..*end, 0);
                *base += *start as u64;
                (*start, *end) = (0, *end - *start);
                let wanted = *end + CHUNK_BYTES.max(*end);
                if buffer.len() < wanted {
                    buffer.resize(wanted, 0);
                }
                let before = *end;
                while *end < wanted {
                    match reader.read(&mut buffer[*end..wanted]) {
                        Ok(0) => break,
                        Ok(count) => *end += count,
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(ReadError::from_reader(error)),
                    }
                }
                Ok(*end > before)
            }
        }
    }
}
