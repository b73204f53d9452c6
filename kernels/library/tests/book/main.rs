//! The programs of the book: every block of Rust in `docs/` stands here word for word, is compiled by rustc and for the device, and is run.

#![allow(static_mut_refs, reason = "as kernels write shared memory")]

mod cuda;
mod language;
mod oxide;
mod pages;
