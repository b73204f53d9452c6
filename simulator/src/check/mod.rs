//! Checks: observers that find what a program does wrong.

mod actors;
mod clock;
mod copies;
#[cfg(test)]
mod litmus;
mod race;
mod release;
mod segment;
mod shadow;

pub use race::{Race, RaceKind, RaceSide, Races};
