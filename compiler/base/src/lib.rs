//! What every room stands on: interned strings and typed ids, spans and line indices, diagnostics and their renderings.
//!
//! This crate owns small values without behaviour of their own. It knows nothing of traces, syntax or terminals.

pub mod diagnostic;
mod digest;
pub mod panic_message;
#[cfg(feature = "reports")]
pub mod report;
pub mod span;
mod strings;

pub use diagnostic::Diagnostic;
pub use digest::{Digest, Digester};
pub use span::{ColumnUnit, LineColumn, LineIndex, Span};
pub use strings::{StringId, Strings};
