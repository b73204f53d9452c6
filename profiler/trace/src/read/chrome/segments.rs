//! Reading one file with several threads.
//!
//! The file is cut into segments of equal length. Where a segment's first event begins can only be guessed (the bytes could
//! as well be inside of another event's arguments), so a guess is made and *verified*: the thread of the segment before
//! must, parsing event after event from a position that is itself verified, come to stand exactly on the guessed byte,
//! between two events of the trace. Where it does not, what was read from the guess is thrown away and the thread before
//! goes on. The result is therefore what one thread would have read.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::document::{Document, Form};
use super::event::{Value, parse_event};
use super::join::join;
use super::rows::Rows;
use super::source::Source;
use crate::Trace;
use crate::read::{OpenOptions, ReadError};

/// A segment is at least this long.
const SEGMENT_BYTES_MIN: u64 = 1 << 20;
/// Where no event begins within so many bytes, the segment is left to the thread before.
const GUESS_BYTES_MAX: u64 = 4 << 20;
const THREADS_MAX: usize = 16;
/// Most text that one trace may hold; see [`rustg_base::Strings`].
const TEXT_BYTES_MAX: usize = 3 << 30;

/// A file that several threads can read at once.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    /// In memory.
    Memory(&'a [u8]),
    /// On disk, of this length in bytes.
    File(&'a Path, u64),
}

impl<'a> Input<'a> {
    fn len(self) -> u64 {
        match self {
            Input::Memory(bytes) => bytes.len() as u64,
            Input::File(_, len) => len,
        }
    }

    fn source(self, start: u64) -> Result<Source<'a>, ReadError> {
        match self {
            Input::Memory(bytes) => Ok(Source::memory(bytes, start)),
            Input::File(path, _) => {
                let mut file = File::open(path).map_err(ReadError::io)?;
                file.seek(SeekFrom::Start(start)).map_err(ReadError::io)?;
                Ok(Source::reader(Box::new(file), start))
            }
        }
    }
}

/// Reads a whole file.
pub(super) fn import(input: Input, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let segments = (input.len() / SEGMENT_BYTES_MIN).min(threads.min(THREADS_MAX) as u64).max(1);
    let starts = guess_starts(input, segments)?;
    import_from(input, &starts, title, options)
}

/// Reads a whole file with one thread for the start and one for each of `starts`, which are guesses.
pub(super) fn import_from(
    input: Input,
    starts: &[(u64, Form)],
    title: &str,
    options: &OpenOptions,
) -> Result<Trace, ReadError> {
    let run = Run { options, total_bytes: input.len(), done_bytes: AtomicU64::new(0), parts: starts.len() + 1 };
    let stop_of = |segment: usize| starts.get(segment).map_or(u64::MAX, |(start, _)| *start);
    let (first, others) = std::thread::scope(|scope| {
        let handles: Vec<_> = (starts.iter().enumerate())
            .map(|(index, &(start, form))| {
                let (run, stop_at) = (&run, stop_of(index + 1));
                scope.spawn(move || Segment::begin(input, start, Document::at_event(form))?.run(stop_at, run))
            })
            .collect();
        let first = Segment::begin(input, 0, Document::new()).and_then(|segment| segment.run(stop_of(0), &run));
        let others: Vec<_> = handles.into_iter().map(|handle| handle.join().expect("parsing does not panic")).collect();
        (first, others)
    });

    let mut verified = first?;
    let mut parts = Vec::with_capacity(starts.len() + 1);
    for (index, other) in others.into_iter().enumerate() {
        if verified.stands_on(starts[index].0) {
            parts.push(verified.rows);
            verified = other?;
        } else if !verified.at_end {
            verified = verified.run(stop_of(index + 1), &run)?;
        }
    }
    parts.push(verified.rows);
    Ok(join(parts, title, verified.notes))
}

/// Reads what comes from a reader, with one thread.
pub(super) fn import_stream(source: Source, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    let run = Run { options, total_bytes: 0, done_bytes: AtomicU64::new(0), parts: 1 };
    let segment =
        Segment { source, document: Document::new(), rows: Rows::default(), at_end: false, notes: Vec::new() };
    let whole = segment.run(u64::MAX, &run)?;
    Ok(join(vec![whole.rows], title, whole.notes))
}

/// What the threads share.
struct Run<'a> {
    options: &'a OpenOptions<'a>,
    /// 0 where somebody else reports progress.
    total_bytes: u64,
    done_bytes: AtomicU64,
    parts: usize,
}

/// A thread's part of the file.
struct Segment<'a> {
    source: Source<'a>,
    document: Document,
    rows: Rows,
    at_end: bool,
    notes: Vec<String>,
}

impl<'a> Segment<'a> {
    fn begin(input: Input<'a>, start: u64, document: Document) -> Result<Self, ReadError> {
        Ok(Segment { source: input.source(start)?, document, rows: Rows::default(), at_end: false, notes: Vec::new() })
    }

    /// Parses up to the first event at or after byte `stop_at`, or to the end of the file.
    fn run(mut self, stop_at: u64, run: &Run) -> Result<Self, ReadError> {
        loop {
            let (window, base) = self.source.window();
            let consumed = self.document.parse(window, base, stop_at, &mut self.rows)?;
            self.source.consume(consumed);
            if self.document.has_stopped() {
                return Ok(self);
            }
            if self.rows.text_bytes() > TEXT_BYTES_MAX / run.parts {
                return Err(ReadError::at(base, "the trace holds more than 3 GiB of names"));
            }
            if run.total_bytes > 0 {
                let done = run.done_bytes.fetch_add(consumed as u64, Ordering::Relaxed) + consumed as u64;
                run.options.report(done.min(run.total_bytes), run.total_bytes)?;
            }
            if !self.source.widen()? {
                let (rest, base) = self.source.window();
                self.notes.extend(self.document.at_end(rest, base + rest.len() as u64, run.options.salvage)?);
                self.at_end = true;
                return Ok(self);
            }
        }
    }

    /// Whether the segment ended exactly before an event at byte `start`.
    fn stands_on(&self, start: u64) -> bool {
        self.document.has_stopped() && self.source.window().1 == start
    }
}

/// A likely start of an event near the start of each segment but the first.
fn guess_starts(input: Input, segments: u64) -> Result<Vec<(u64, Form)>, ReadError> {
    let mut starts: Vec<(u64, Form)> = Vec::new();
    if segments < 2 {
        return Ok(starts);
    }
    let Some(form) = form_of(input)? else { return Ok(starts) };
    for segment in 1..segments {
        let at = input.len() / segments * segment;
        let after = starts.last().map_or(0, |(start, _)| *start);
        if let Some(start) = guess_start(input, at)?
            && start > after
        {
            starts.push((start, form));
        }
    }
    Ok(starts)
}

fn form_of(input: Input) -> Result<Option<Form>, ReadError> {
    let mut source = input.source(0)?;
    source.widen()?;
    let head = source.window().0;
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    Ok(match head.first() {
        Some(b'[') => Some(Form::Array),
        Some(b'{') => Some(Form::Object),
        _ => None,
    })
}

fn guess_start(input: Input, at: u64) -> Result<Option<u64>, ReadError> {
    let mut source = input.source(at)?;
    while source.widen()? {
        let (window, base) = source.window();
        if let Some(index) = guess_in(window) {
            return Ok(Some(base + index as u64));
        }
        if window.len() as u64 > GUESS_BYTES_MAX {
            break;
        }
    }
    Ok(None)
}

/// The first `{` after `},` that begins an object with a phase.
fn guess_in(window: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'{', window).find(|&open| {
        let before = window[..open].trim_ascii_end();
        let Some(before) = before.strip_suffix(b",") else { return false };
        before.trim_ascii_end().ends_with(b"}")
            && parse_event(window, open).is_ok_and(|(event, _)| matches!(event.phase, Value::Text(_)))
    })
}
