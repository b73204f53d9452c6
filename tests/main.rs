//! The one test binary of the repository: one module a harness, file-driven, `BLESS=1` rewrites expectations.

mod cli;
mod dump;
mod exact_sums;
mod export;
mod first_kernel;
mod flame;
mod fmt;
mod fuzz_readers;
mod golden;
mod input;
mod inspect;
mod nsys_stats;
mod program;
mod record;
mod sim;
mod stats;
mod syntax;
mod terminal;
mod tidy;
mod top;
mod tui;
