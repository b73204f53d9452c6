//! Readers: bytes of any supported format in, a [`Trace`] out.
//!
//! The format is told from the content, never from the name. Input is hostile until proven otherwise: lengths are checked,
//! memory is bounded by the size of the input, and what is wrong is said with the byte offset at which it is wrong.
//!
//! This module owns the choice of the reader and what all readers share: options, progress, errors. Each format is a
//! module of its own.

mod chrome;
mod detect;
mod error;
mod folded;
mod gzip;
mod nsys;
mod options;

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use crate::Trace;

pub use chrome::ChromeImporter;
pub use detect::{Format, detect};
pub use error::ReadError;
pub use options::{OpenOptions, Progress};

/// How many leading bytes [`detect`] wants to see.
pub const HEAD_BYTES: usize = 4096;

/// Reads the trace at `path`: a file of any supported format, or the directory of a recording.
///
/// # Errors
/// When the file cannot be read, is of no known format, or is not what its format demands; the error names the file and,
/// for wrong content, the byte offset.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Trace, ReadError> {
    let title = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    open_path(path, &title, options).map_err(|error| with_hint(error, &title).of(path))
}

/// Reads a trace from `bytes`; `title` is what it is called, as a file's name would be.
///
/// # Errors
/// As [`open`], without the file's name.
pub fn open_bytes(bytes: &[u8], title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    match detect(&bytes[..bytes.len().min(HEAD_BYTES)]) {
        Format::Gzip => open_packed(bytes, bytes.len() as u64, title, options),
        Format::Json => chrome::import_bytes(bytes, title, options),
        Format::Sqlite => nsys::import_bytes(bytes, title, options),
        Format::Folded => folded::import_folded(bytes, title, options),
        format @ (Format::Empty | Format::Unknown) => Err(refused(format)),
    }
}

fn open_path(path: &Path, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    if !options.ignore_index
        && let Some(trace) = crate::snapshot::load(path)
    {
        return Ok(trace);
    }
    if crate::recording::is_recording(path) {
        return crate::recording::import(path, title, options);
    }
    let metadata = std::fs::metadata(path).map_err(ReadError::io)?;
    if metadata.is_dir() {
        return Err(ReadError::plain("a directory, and not a recording of rustg"));
    }
    let mut file = File::open(path).map_err(ReadError::io)?;
    if !metadata.is_file() {
        // A pipe: it can be read once, from its start, and nobody knows its length.
        let head = read_head(&mut file)?;
        let is_packed = detect(&head) == Format::Gzip;
        let whole = Cursor::new(head).chain(file);
        return match is_packed {
            true => open_packed(BufReader::new(whole), 0, title, options),
            false => open_unpacked(whole, title, options),
        };
    }
    let head = read_head(&mut file)?;
    let length = metadata.len();
    match detect(&head) {
        Format::Json => chrome::import_file(path, length, title, options),
        Format::Gzip => {
            file.rewind().map_err(ReadError::io)?;
            open_packed(BufReader::with_capacity(1 << 16, file), length, title, options)
        }
        Format::Sqlite => nsys::import_file(path, title, options),
        Format::Folded => {
            let mut bytes = head;
            file.read_to_end(&mut bytes).map_err(ReadError::io)?;
            folded::import_folded(&bytes, title, options)
        }
        format @ (Format::Empty | Format::Unknown) => Err(refused(format)),
    }
}

/// Unpacks with one thread and reads what comes out with another.
fn open_packed(
    packed: impl BufRead + Send,
    length: u64,
    title: &str,
    options: &OpenOptions,
) -> Result<Trace, ReadError> {
    let quiet = OpenOptions { progress: None, ..*options };
    let unpacker = gzip::Unpacker::new(packed, length, options);
    gzip::read_ahead(unpacker, |reader| open_unpacked(reader, title, &quiet))
}

fn open_unpacked(mut reader: impl Read + Send, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    let head = read_head(&mut reader)?;
    let format = detect(&head);
    let mut reader = Cursor::new(head).chain(reader);
    if format == Format::Json {
        return chrome::import_reader(reader, title, options);
    }
    if matches!(format, Format::Empty | Format::Unknown | Format::Gzip) {
        return Err(refused(format));
    }
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(ReadError::from_reader)?;
    open_bytes(&bytes, title, options)
}

fn read_head(reader: &mut impl Read) -> Result<Vec<u8>, ReadError> {
    let mut head = Vec::new();
    reader.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(ReadError::from_reader)?;
    Ok(head)
}

fn refused(format: Format) -> ReadError {
    match format {
        Format::Empty => ReadError::at(0, "the file is empty"),
        Format::Gzip => ReadError::at(0, "a gzip file inside of a gzip file; unpack it once"),
        _ => ReadError::at(0, UNKNOWN),
    }
}

const UNKNOWN: &str = "not a trace that rustg knows; it reads its own recordings, PyTorch and Chrome JSON, Nsight Systems \
                       SQLite exports and folded stacks, each also as .gz";

/// Says the way out where an unknown file's name tells which tool wrote it. (The name never decides how a file is read.)
fn with_hint(mut error: ReadError, title: &str) -> ReadError {
    let hint = match title.rsplit('.').next() {
        Some("nsys-rep" | "qdrep" | "qdstrm") => {
            "a Nsight Systems report: nsys export --type sqlite FILE, then open that"
        }
        Some("pftrace" | "perfetto-trace") => "a Perfetto trace: traceconv json FILE, then open that",
        Some("ncu-rep") => "a Nsight Compute report, which holds no timeline",
        _ => return error,
    };
    if error.message == UNKNOWN {
        error.message = hint.to_owned();
    }
    error
}
