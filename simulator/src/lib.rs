//! A deterministic SIMT machine: it executes PTX on the CPU, the same bytes on any number of cores, and shows an [`Observer`] what happens.
//!
//! The crate owns the machine and what is built directly on its observations. It prints nothing and never ends the process; what a program does
//! wrong comes back as a [`Fault`] at its [`Site`].

#[cfg(feature = "checks")]
pub mod check;
#[cfg(feature = "checks")]
pub mod count;
pub mod device;
mod execute;
#[cfg(feature = "checks")]
pub mod launch;
pub mod memory;
pub mod observe;
pub mod program;
pub mod progress;
#[cfg(feature = "checks")]
pub mod session;

pub use rustg_lanes as lanes;

pub use observe::{Access, Fault, Observer, Site, SyncEvent, Unobserved};
