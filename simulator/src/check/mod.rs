//! Checks: observers that find what a program does wrong, and what they found in words.
//!
//! [`Checker`] is the observer: races ([`Races`]), uninitialised reads ([`Init`], and of registers), and everything that the machine itself reports as a
//! [`Fault`](crate::Fault). [`Checker::findings`] turns that into [`Findings`], plain data about places in the program, which [`render`] shows as
//! text, JSON or SARIF. This module executes nothing and reads no files but the source texts that findings quote.

mod actors;
mod checker;
mod clock;
mod copies;
mod explain_fault;
mod explain_race;
mod finding;
mod init;
#[cfg(test)]
mod litmus;
mod panic;
mod race;
mod registers;
mod release;
pub mod render;
mod segment;
mod shadow;
mod subject;

pub use checker::{Checker, CheckerSetup, Checks};
pub use finding::{Check, Finding, Findings, Involved, InvolvedAccess, RULES, Rule, Severity, Spot};
pub use init::{Init, Uninitialised};
pub use panic::{PANIC_RECORD_BYTES, PanicRecord, writes_panic_records};
pub use race::{Race, RaceKind, RaceSide, Races};
pub use registers::{Origin, Purpose, UninitialisedRegister};
pub use subject::{Frame, Place, Subject, frames, inlined_names};
