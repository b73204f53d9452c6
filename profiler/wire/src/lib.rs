//! What the injection library and the collector say to each other: record layouts and the ring they travel through.
//!
//! One recorded process writes one file, a [`RingHeader`](ring) page followed by a ring of bytes, mapped shared by both sides. The
//! ring carries one stream of [`Record`]s, in which definitions (names, launch configurations, stacks) always precede their
//! use; so whoever holds any prefix of the stream can read it, and what a killed side left behind is read from the file.
//!
//! This crate owns the bytes. It maps no files, starts no threads, and knows nothing of CUPTI or of traces.
#![no_std]

extern crate alloc;

mod record;
mod records;
mod ring;

pub use record::{DecodeError, Records, pad_to_word, put_text};
pub use records::*;
pub use ring::{
    Control, FailedCode, HEADER_BYTES, LeftBehind, RING_CAPACITY_MIN, RingError, RingReader, RingWriter, State,
    read_left_behind,
};
