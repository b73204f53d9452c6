//! The file around the events: array form, object form, and where one may stop and go on.
//!
//! Both forms of the trace-event format are read: `[event, …]` and `{"traceEvents": [event, …], "key": value, …}` with its
//! keys in any order. The array form may lack its `]` (a program that was killed writes such files) and either may have a
//! comma before it. Between events and between members the parser can stop and go on with other bytes: that is what
//! streaming and parsing in segments stand on.

use super::event::{Cursor, Stop, Value, parse_event};
use super::rows::Rows;
use super::scan::Skipper;
use crate::read::ReadError;

/// Longest event, and longest member beside the events that is looked at.
pub(super) const ELEMENT_BYTES_MAX: usize = 64 << 20;
/// A member beside the events that is longer is skipped as it comes in.
const MEMBER_BYTES_MAX: usize = 1 << 20;

/// Which of the two forms a file has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Array,
    Object,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before the first bracket.
    Start,
    /// In the object, before a key or its end.
    Key,
    /// In the object, after a value.
    AfterValue,
    /// In the object, inside of a long value.
    Skip(Skipper),
    /// In the array, before an event or its end.
    Element,
    /// In the array, after an event.
    AfterElement,
    /// After the last bracket.
    End,
}

/// A parser that stands somewhere in a file.
#[derive(Debug)]
pub(super) struct Document {
    form: Form,
    state: State,
    /// Whether the events have been reached.
    has_events: bool,
    /// See [`Document::has_stopped`].
    stopped: bool,
}

impl Document {
    /// At the start of a file.
    pub(super) fn new() -> Self {
        Document { form: Form::Array, state: State::Start, has_events: false, stopped: false }
    }

    /// Before an event of a file of this form.
    pub(super) fn at_event(form: Form) -> Self {
        Document { form, state: State::Element, has_events: true, stopped: false }
    }

    /// Whether the last call ended because it reached `stop_at`.
    pub(super) fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Reads what is whole in `data`, whose first byte is byte `base` of the file, and returns how many bytes that was. Ends
    /// before the first event that starts at or after byte `stop_at` of the file.
    pub(super) fn parse(&mut self, data: &[u8], base: u64, stop_at: u64, rows: &mut Rows) -> Result<usize, ReadError> {
        self.stopped = false;
        let mut done = 0;
        let stop_index = usize::try_from(stop_at.saturating_sub(base)).unwrap_or(usize::MAX);
        let result = loop {
            match self.step(data, &mut done, stop_index, rows) {
                Ok(()) if self.stopped => break Ok(done),
                Ok(()) => {}
                Err(Stop::More) => break Ok(done),
                Err(Stop::Bad(at, what)) => break Err(bad(data, at, base, what)),
            }
        };
        if result.is_ok() && data.len() - done > ELEMENT_BYTES_MAX && !self.stopped {
            return Err(ReadError::at(base + done as u64, "what starts here does not end within 64 MiB"));
        }
        result
    }

    /// One step; `done` moves only over what is whole.
    #[inline]
    fn step(&mut self, data: &[u8], done: &mut usize, stop_index: usize, rows: &mut Rows) -> Result<(), Stop> {
        let mut cursor = Cursor { data, at: *done };
        if let State::Skip(skipper) = &mut self.state {
            let rest = &data[*done..];
            let end = skipper.skip(rest);
            match end {
                Ok(end) => {
                    *done += end;
                    self.state = State::AfterValue;
                    return Ok(());
                }
                Err(Stop::More) => {
                    *done += rest.len();
                    return Err(Stop::More);
                }
                Err(Stop::Bad(at, what)) => return Err(Stop::Bad(*done + at, what)),
            }
        }
        let byte = cursor.token().inspect_err(|_| *done = cursor.at)?;
        *done = cursor.at;
        match self.state {
            State::Element => {
                if cursor.at >= stop_index {
                    self.stopped = true;
                    return Ok(());
                }
                if byte == b'{' {
                    let (event, end) = parse_event(data, cursor.at)?;
                    rows.event(&event);
                    cursor.at = end;
                    self.state = State::AfterElement;
                } else if byte == b']' {
                    cursor.at += 1;
                    self.close_array();
                } else {
                    cursor.value()?;
                    rows.tally.elements_odd += 1;
                    self.state = State::AfterElement;
                }
            }
            State::AfterElement => match byte {
                b',' => {
                    cursor.at += 1;
                    self.state = State::Element;
                }
                b']' => {
                    cursor.at += 1;
                    self.close_array();
                }
                _ => return Err(Stop::Bad(cursor.at, "expected , or ] after an event")),
            },
            State::Start => {
                const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
                if cursor.at == 0 && data.starts_with(BYTE_ORDER_MARK) {
                    cursor.at = 3;
                } else if cursor.at == 0 && data.len() < 3 && BYTE_ORDER_MARK.starts_with(data) {
                    return Err(Stop::More);
                } else {
                    (self.form, self.state) = match byte {
                        b'[' => (Form::Array, State::Element),
                        b'{' => (Form::Object, State::Key),
                        _ => return Err(Stop::Bad(cursor.at, "expected [ or { at the start")),
                    };
                    cursor.at += 1;
                }
            }
            State::Key => self.step_member(&mut cursor, byte, rows)?,
            State::AfterValue => {
                self.state = match byte {
                    b',' => State::Key,
                    b'}' => State::End,
                    _ => return Err(Stop::Bad(cursor.at, "expected , or } after a value")),
                };
                cursor.at += 1;
            }
            State::End => return Err(Stop::Bad(cursor.at, "expected nothing after the last bracket")),
            State::Skip(_) => unreachable!("handled above"),
        }
        *done = cursor.at;
        Ok(())
    }

    fn step_member(&mut self, cursor: &mut Cursor, byte: u8, rows: &mut Rows) -> Result<(), Stop> {
        if byte == b'}' {
            cursor.at += 1;
            self.state = State::End;
            return Ok(());
        }
        let key = cursor.key()?.decode().0;
        let byte = cursor.token()?;
        if key == "traceEvents" && byte == b'[' {
            cursor.at += 1;
            self.state = State::Element;
            self.has_events = true;
            return Ok(());
        }
        match cursor.value() {
            Ok(value) => {
                self.state = State::AfterValue;
                if let Value::Container(_) | Value::Plain(_) = value {
                    rows.member(&key, value);
                }
                Ok(())
            }
            Err(Stop::More) if matches!(byte, b'{' | b'[') && cursor.data.len() - cursor.at > MEMBER_BYTES_MAX => {
                self.state = State::Skip(Skipper::default());
                Ok(())
            }
            Err(stop) => Err(stop),
        }
    }

    fn close_array(&mut self) {
        self.state = match self.form {
            Form::Array => State::End,
            Form::Object => State::AfterValue,
        };
    }

    /// The file ends after `rest`, of which nothing whole is left, at byte `end`. Says what is missing: `Ok(None)` nothing,
    /// `Ok(Some)` a note, `Err` an error.
    pub(super) fn at_end(&self, rest: &[u8], end: u64, salvage: bool) -> Result<Option<String>, ReadError> {
        let start = end - rest.len() as u64;
        let cut = !rest.trim_ascii().is_empty();
        let (missing, allowed) = match (self.state, self.form) {
            (State::End, Form::Object) if !self.has_events => {
                return Err(ReadError::at(0, "JSON, but no trace: it has no traceEvents"));
            }
            (State::End, _) => return Ok(None),
            (State::Start, _) => return Err(ReadError::at(end, "no trace in the file: it holds only white space")),
            (State::Element | State::AfterElement, _) if cut => {
                (format!("the file is cut off inside the event that starts at byte {start}"), salvage)
            }
            (State::Element | State::AfterElement, Form::Array) => {
                ("the closing ] is missing: the writing program was killed, or is still writing".to_owned(), true)
            }
            (State::Element | State::AfterElement, Form::Object) => {
                ("the file is cut off inside traceEvents".to_owned(), salvage)
            }
            (State::Key | State::AfterValue | State::Skip(_), _) => {
                ("the file is cut off in the object around its events".to_owned(), salvage)
            }
        };
        if allowed { Ok(Some(missing)) } else { Err(ReadError::cut_off(end, missing)) }
    }
}

#[cold]
fn bad(data: &[u8], at: usize, base: u64, what: &str) -> ReadError {
    let found = match data.get(at) {
        Some(byte) if byte.is_ascii_graphic() => format!("{what}, found {}", char::from(*byte)),
        Some(byte) => format!("{what}, found byte 0x{byte:02x}"),
        None => what.to_owned(),
    };
    ReadError::at(base + at as u64, format!("not valid JSON: {found}"))
}
