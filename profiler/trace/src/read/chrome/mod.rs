//! Chrome trace-event JSON, and PyTorch's (Kineto's) use of it.
//!
//! The parser is rustg's own: it reads events straight from the bytes, decodes only what becomes a row, and skips the rest
//! by bracket counting, so that a file costs little more than looking at it once. Times stay exact (see [`number`]). It
//! streams, so that memory is what the trace needs and not what the file has.
//!
//! What is tolerated, with a note: a missing `]` of the array form, values among the events that are no objects, wrong
//! UTF-8 and escapes, events without a time, slices without a beginning or an end. What is not: bytes that are no JSON
//! where something is read, and a file that is cut off, unless [`OpenOptions::salvage`](crate::read::OpenOptions::salvage)
//! is set. Arguments that are not used are skipped without a check of what is in them.

mod document;
mod event;
mod gpu;
mod join;
mod number;
mod rows;
mod scan;
mod segments;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod text;

use std::io::Read;
use std::path::Path;

use super::{OpenOptions, ReadError};
use crate::Trace;
use segments::Input;
use source::Source;

pub use stream::ChromeImporter;

/// Reads JSON in memory.
pub(super) fn import_bytes(bytes: &[u8], title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    segments::import(Input::Memory(bytes), title, options)
}

/// Reads a JSON file of `len` bytes.
pub(super) fn import_file(path: &Path, len: u64, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    segments::import(Input::File(path, len), title, options)
}

/// Reads JSON from a reader, to its end.
pub(super) fn import_reader<'a>(
    reader: impl Read + Send + 'a,
    title: &str,
    options: &OpenOptions,
) -> Result<Trace, ReadError> {
    segments::import_stream(Source::reader(Box::new(reader), 0), title, options)
}
