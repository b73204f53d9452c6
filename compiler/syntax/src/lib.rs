//! Source text to tokens to a flat syntax tree, for all of Rust.
//!
//! This crate owns editions, keywords, the grammar, syntax errors and the tree. It does not own the lexer's passes
//! (`rustg-passes`), names or types. Parsing never fails: [`parse`] gives a tree for every text, and says what is wrong with
//! it as [`Diagnostic`]s.

pub mod ast;
mod code;
mod complaints;
mod document;
mod edition;
mod kind;
mod lexical;
mod parse;
mod source;
mod split;
mod tree;

pub use document::{Document, Reparsed};
pub use edition::Edition;
pub use kind::NodeKind;
pub use rustg_passes::lex::{TEXT_SIZE_MAX, Tokens};
pub use rustg_passes::{Delimiter, TokenKind};
pub use source::{Parse, Scratch, Timings, parse, parse_changed, parse_on, parse_tokens, parse_with};
pub use tree::{Children, NodeId, Tree};
