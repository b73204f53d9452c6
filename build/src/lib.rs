//! Projects with kernels: what a new one is made of, where the crates that it depends on come from, and how its tests are reported.
//!
//! Until those crates are published, their sources travel in the binary ([`sdk`]). Building is Cargo's work: `#[kernel]` compiles a crate's kernels
//! while rustc compiles the crate.

pub mod bench;
pub mod cubin;
pub mod inspect;
pub mod occupancy;
pub mod project;
pub mod report;
pub mod runner;
pub mod sdk;
pub mod test_binary;
pub mod toolkit;
