//! Recording: runs a program with the injection library inside, and writes what it sends into a recording.
//!
//! - [`record`]: the whole of it, and what [`Outcome`] came of it
//! - `program`: starting the program, passing signals on, how it ended
//! - `library`: the injection library that travels inside this crate
//! - `rings`: the files through which recorded processes send
//! - `stored`: what is noted beside the rings, for whoever comes after a killed collector; `salvage` is who
//! - `decode`: a process's stream of records into rows of the recording
//! - `reasons`: why nothing could be recorded, in one sentence
//! - [`symbols`]: names for machine frames
//! - [`telemetry`]: what the GPUs do meanwhile; `gpus` writes it beside a recording
//!
//! The crate owns no format: rows go to [`rustg_trace::recording::RecordingWriter`], records come from `rustg-wire`.

mod collect;
mod decode;
mod gpus;
mod library;
mod program;
mod reasons;
mod rings;
mod salvage;
mod stored;
pub mod symbols;
pub mod telemetry;

pub use collect::{Options, Outcome, RecordError, Stacks, Without, record};
pub use decode::{Decoded, Decoder, Failed};
pub use salvage::{SalvageError, Salvaged, salvage};
