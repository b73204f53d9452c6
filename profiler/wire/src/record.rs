//! Framing: how records follow one another, and the macro that declares them.
//!
//! A record is a `u16` kind, a `u16` size in 8-byte words (header included), its fixed fields in little-endian order without
//! gaps, then an optional variable part, then zeros up to the next word.

use alloc::vec::Vec;
use core::fmt;

use crate::records::Record;

/// Bytes of a record's header.
pub(crate) const RECORD_HEADER_BYTES: usize = 4;

/// The longest a record may be, in bytes.
pub(crate) const RECORD_BYTES_MAX: usize = u16::MAX as usize * 8;

/// Why a byte stream is not a sequence of records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeError {
    /// Where the bad record starts, in bytes from the start of the stream given.
    pub offset: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.what)
    }
}

impl core::error::Error for DecodeError {}

/// A number with a fixed little-endian encoding.
pub(crate) trait Field: Copy {
    const BYTES: usize;
    fn put(self, out: &mut Vec<u8>);
    fn get(bytes: &[u8]) -> Self;
}

macro_rules! fields {
    ($($type:ty),*) => {$(
        impl Field for $type {
            const BYTES: usize = size_of::<$type>();
            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Self {
                let mut raw = [0; size_of::<$type>()];
                raw.copy_from_slice(&bytes[..size_of::<$type>()]);
                Self::from_le_bytes(raw)
            }
        }
    )*};
}

fields!(u32, u64, i64);

/// Rounds a length in bytes up to whole words.
pub const fn pad_to_word(bytes: usize) -> usize {
    (bytes + 7) & !7
}

/// Appends `kind`'s header, `fixed` and as much of `rest` as fits into the longest record.
pub(crate) fn put_record(out: &mut Vec<u8>, kind: u16, fixed: impl FnOnce(&mut Vec<u8>), rest: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    fixed(out);
    let room = RECORD_BYTES_MAX - (out.len() - start);
    out.extend_from_slice(&rest[..rest.len().min(room)]);
    let size = pad_to_word(out.len() - start);
    out.resize(start + size, 0);
    out[start + 2..start + 4].copy_from_slice(&((size / 8) as u16).to_le_bytes());
}

/// Appends a text of at most `u32::MAX` bytes with its length in front; what [`Texts`](crate::Texts) reads.
pub fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text);
}

/// Declares the records: a struct each with `put` and `parse`, and the enum over them.
macro_rules! records {
    ($($(#[$doc:meta])* $kind:literal $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* } $(+ $rest:ident)?)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl $name {
                /// Bytes of the record's fixed fields.
                pub const FIXED_BYTES: usize = 0 $(+ <$type as $crate::record::Field>::BYTES)*;

                /// Appends this record to `out`, `rest` being its variable part (empty where it has none). Bytes of `rest`
                /// beyond the longest record (512 KiB) are left out.
                pub fn put(self, out: &mut Vec<u8>, rest: &[u8]) {
                    $crate::record::put_record(out, $kind, |out| { $(<$type as $crate::record::Field>::put(self.$field, out);)* }, rest);
                }

                #[allow(unused_assignments, reason = "the last field's end is the rest's start")]
                fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
                    if bytes.len() < Self::FIXED_BYTES {
                        return None;
                    }
                    let mut at = 0;
                    let value = $name {
                        $($field: {
                            let value = <$type as $crate::record::Field>::get(&bytes[at..]);
                            at += <$type as $crate::record::Field>::BYTES;
                            value
                        },)*
                    };
                    Some((value, &bytes[Self::FIXED_BYTES..]))
                }
            }
        )*

        /// A record and, for kinds that have one, its variable part (with up to 7 bytes of padding behind it).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "the variants are the records of the same names")]
        pub enum Record<'a> {
            $($name($name $(, records!(@bytes $rest 'a))?),)*
            /// A kind this version does not know: written by a newer library, to be skipped.
            Unknown(u16, &'a [u8]),
        }

        impl<'a> Record<'a> {
            fn parse(kind: u16, bytes: &'a [u8]) -> Option<Self> {
                Some(match kind {
                    $($kind => {
                        #[allow(unused_variables, reason = "only some kinds have a variable part")]
                        let (value, rest) = $name::parse(bytes)?;
                        Record::$name(value $(, records!(@rest $rest rest))?)
                    })*
                    other => Record::Unknown(other, bytes),
                })
            }

            pub(crate) fn parse_body(kind: u16, bytes: &'a [u8]) -> Option<Self> {
                Self::parse(kind, bytes)
            }
        }
    };
    (@bytes $rest:ident $lifetime:lifetime) => { &$lifetime [u8] };
    (@rest $rest:ident $value:ident) => { $value };
}
pub(crate) use records;

/// The records of a byte stream, in order. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    /// Reads `bytes`, which must start at a record's start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Records { bytes, at: 0 }
    }

    /// Where the next record starts, in bytes.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The bytes of the records from `offset`, a record's start, to where the next one starts.
    ///
    /// # Panics
    /// Where `offset` lies beyond [`Records::offset`].
    pub fn since(&self, offset: usize) -> &'a [u8] {
        &self.bytes[offset..self.at]
    }

    fn fail(&mut self, what: &'static str) -> Option<Result<Record<'a>, DecodeError>> {
        let offset = self.at;
        self.at = self.bytes.len();
        Some(Err(DecodeError { offset, what }))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = &self.bytes[self.at..];
        if left.is_empty() {
            return None;
        }
        if left.len() < 8 {
            return self.fail("the stream ends inside a record's header");
        }
        let kind = u16::from_le_bytes([left[0], left[1]]);
        let size = u16::from_le_bytes([left[2], left[3]]) as usize * 8;
        if size == 0 {
            return self.fail("a record of no bytes");
        }
        if size > left.len() {
            return self.fail("a record is longer than the stream");
        }
        match Record::parse_body(kind, &left[RECORD_HEADER_BYTES..size]) {
            Some(record) => {
                self.at += size;
                Some(Ok(record))
            }
            None => self.fail("a record is shorter than its fields"),
        }
    }
}
