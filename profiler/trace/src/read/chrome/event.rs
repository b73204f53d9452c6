//! One event object: bytes to fields. What a field means is not known here.

use super::scan::{Skipper, string_end};
use super::text::Text;

/// Why an event was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// The bytes end inside of it.
    More,
    /// The byte at this index cannot stand there.
    Bad(usize, &'static str),
}

/// A value as it stands in the file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Value<'a> {
    /// The key is absent.
    #[default]
    Absent,
    /// A string.
    Text(Text<'a>),
    /// A number, `true`, `false`, `null`, or what some writers put for not-a-number.
    Plain(&'a [u8]),
    /// An object or an array with its brackets.
    Container(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The bytes of a number, also of one inside of quotes.
    pub(super) fn digits(self) -> Option<&'a [u8]> {
        match self {
            Value::Plain(digits) => Some(digits),
            Value::Text(text) => Some(text.raw),
            _ => None,
        }
    }

    /// The text of a string; the digits of a number.
    pub(super) fn text(self) -> Option<Text<'a>> {
        match self {
            Value::Text(text) => Some(text),
            Value::Plain(raw) if raw != b"null" => Some(Text { raw, escaped: false }),
            _ => None,
        }
    }
}

/// The fields of an event that anything is made of. Of keys that stand twice, the last one counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawEvent<'a> {
    pub(super) phase: Value<'a>,
    pub(super) category: Value<'a>,
    pub(super) name: Value<'a>,
    pub(super) process: Value<'a>,
    pub(super) thread: Value<'a>,
    pub(super) ts: Value<'a>,
    pub(super) dur: Value<'a>,
    pub(super) id: Value<'a>,
    pub(super) id2: Value<'a>,
    pub(super) args: Value<'a>,
}

impl<'a> RawEvent<'a> {
    #[inline]
    fn field(&mut self, key: &[u8]) -> Option<&mut Value<'a>> {
        Some(match key {
            b"ph" => &mut self.phase,
            b"cat" => &mut self.category,
            b"name" => &mut self.name,
            b"pid" => &mut self.process,
            b"tid" => &mut self.thread,
            b"ts" => &mut self.ts,
            b"dur" => &mut self.dur,
            b"id" => &mut self.id,
            b"id2" => &mut self.id2,
            b"args" => &mut self.args,
            _ => return None,
        })
    }
}

/// Reads the event object whose `{` is at `open`; its fields and the index after its `}`.
#[inline]
pub(super) fn parse_event(data: &[u8], open: usize) -> Result<(RawEvent<'_>, usize), Stop> {
    let mut event = RawEvent::default();
    let mut cursor = Cursor { data, at: open };
    cursor.members(|key, value| {
        if let Some(field) = event.field(key) {
            *field = value;
        }
    })?;
    Ok((event, cursor.at))
}

/// Calls `each` with the members of `object`, which has its braces. Says whether the object was well-formed to its end.
pub(super) fn for_each_member<'a>(object: &'a [u8], each: impl FnMut(&[u8], Value<'a>)) -> bool {
    Cursor { data: object, at: 0 }.members(each).is_ok()
}

/// A position in bytes that may end anywhere.
pub(super) struct Cursor<'a> {
    pub(super) data: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) fn peek(&self) -> Result<u8, Stop> {
        self.data.get(self.at).copied().ok_or(Stop::More)
    }

    /// The next byte that is no white space; the cursor stands on it.
    #[inline]
    pub(super) fn token(&mut self) -> Result<u8, Stop> {
        loop {
            match self.peek()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Ok(byte),
            }
        }
    }

    /// The members of the object at whose `{` the cursor stands; afterwards it stands after the `}`.
    #[inline]
    fn members(&mut self, mut each: impl FnMut(&[u8], Value<'a>)) -> Result<(), Stop> {
        self.expect(b'{', "expected an object")?;
        if self.token()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let (key, value) = self.member()?;
            if key.escaped {
                each(key.decode().0.as_bytes(), value);
            } else {
                each(key.raw, value);
            }
            match self.token()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Stop::Bad(self.at, "expected , or } after a value")),
            }
            self.token()?;
        }
    }

    /// A key and its value.
    #[inline]
    fn member(&mut self) -> Result<(Text<'a>, Value<'a>), Stop> {
        let key = self.key()?;
        Ok((key, self.value()?))
    }

    /// A key and its colon.
    pub(super) fn key(&mut self) -> Result<Text<'a>, Stop> {
        self.token()?;
        let key = self.string("expected a key in quotes")?;
        self.token()?;
        self.expect(b':', "expected : after a key")?;
        Ok(key)
    }

    #[inline]
    fn string(&mut self, what: &'static str) -> Result<Text<'a>, Stop> {
        self.expect(b'"', what)?;
        let (end, escaped) = string_end(self.data, self.at)?;
        let raw = &self.data[self.at..end];
        self.at = end + 1;
        Ok(Text { raw, escaped })
    }

    #[inline]
    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(Stop::Bad(self.at, what));
        }
        self.at += 1;
        Ok(())
    }

    /// Any value. What containers hold is skipped, whatever its depth.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Value<'a>, Stop> {
        let start = match self.token()? {
            b'"' => return self.string("expected a string").map(Value::Text),
            b'{' | b'[' => {
                let rest = &self.data[self.at..];
                let length = Skipper::default().skip(rest).map_err(|stop| match stop {
                    Stop::Bad(at, what) => Stop::Bad(self.at + at, what),
                    Stop::More => Stop::More,
                })?;
                self.at += length;
                return Ok(Value::Container(&rest[..length]));
            }
            b'0'..=b'9' | b'-' => self.at,
            _ => return self.word(),
        };
        self.at += 1;
        while let b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E' = self.peek()? {
            self.at += 1;
        }
        if self.data[start..self.at] == *b"-" {
            return self.word();
        }
        Ok(Value::Plain(&self.data[start..self.at]))
    }

    /// One of the words that may stand for a value, after a minus that was already read or without one.
    #[cold]
    fn word(&mut self) -> Result<Value<'a>, Stop> {
        let start = self.at;
        while self.peek()?.is_ascii_alphabetic() {
            self.at += 1;
        }
        match &self.data[start..self.at] {
            word @ (b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"nan" | b"inf") => Ok(Value::Plain(word)),
            _ => Err(Stop::Bad(start, "expected a value")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_any_order_with_any_neighbours() {
        let json = br#"{"x": [1,{"ph":"no"}], "tid" :"stream 7","ts":1.5, "ph":"B","ph" : "X", "\u0064ur":3, "args":{"a":"}"}}"#;
        let (event, end) = parse_event(json, 0).expect("well-formed");
        assert_eq!(end, json.len());
        let raw = |value: Value| match value {
            Value::Text(Text { raw, .. }) | Value::Plain(raw) | Value::Container(raw) => {
                String::from_utf8_lossy(raw).into_owned()
            }
            Value::Absent => "absent".into(),
        };
        let fields = [event.phase, event.thread, event.ts, event.dur, event.args, event.name].map(raw);
        assert_eq!(fields, ["X", "stream 7", "1.5", "3", r#"{"a":"}"}"#, "absent"]);
    }

    #[test]
    fn every_prefix_wants_more_and_wrong_bytes_are_refused_where_they_stand() {
        let json = br#"{"ph": "X", "args": {"s": "a\"b"}, "ts": 12, "list": []}"#;
        for length in 0..json.len() {
            assert_eq!(parse_event(&json[..length], 0).map(|_| ()), Err(Stop::More), "{length}");
        }
        for (json, at) in [("{,}", 1), (r#"{"a" 1}"#, 5), (r#"{"a":1 "b"}"#, 7), (r#"{"a":}"#, 5), (r#"{"a":1,}"#, 7)] {
            let stop = parse_event(json.as_bytes(), 0).map(|_| ()).unwrap_err();
            assert!(matches!(stop, Stop::Bad(bad, _) if bad == at), "{json}: {stop:?}");
        }
    }
}
