//! The compiler's own data-parallel passes: plain functions from slices to slices, without attributes or global state.
//!
//! This crate owns the lexer and the bracket matcher. It does not own syntax trees, editions or diagnostics: those are
//! `rustg-syntax`. Everything after the classification of bytes is integer arithmetic on `u64` masks.

pub mod lex;
mod token;

pub use token::{Delimiter, TokenKind};
