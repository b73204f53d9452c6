//! From syntax trees to the intermediate representation: names, types, patterns, borrows, kernel rules, instances.
//!
//! # Stages
//!
//! | stage | unit | module |
//! |---|---|---|
//! | item tree | file | [`items`] |
//! | names, imports | crate | [`resolve`] |
//! | signatures, heads of impls | item | [`signatures`] |
//! | traits | goal | `traits` |
//! | bodies as tables | body | [`hir`] |
//! | inference | body | [`infer`] |
//! | place form, patterns | body | [`place`] |
//! | moves | body | `moves` |
//! | borrows | body | `borrow` |
//! | kernel rules | body, kernel | `rules` |
//! | instances, layouts | instance | [`lower`] |
//!
//! What is not supported yet is refused by name at its span; what no kernel reaches is not looked at.

mod borrow;
mod build;
pub mod cfg;
pub mod closures;
mod constant;
mod derive;
pub mod hir;
mod hir_lower;
pub mod infer;
pub mod items;
mod layout;
mod literal;
pub mod lower;
mod lower_types;
mod macros;
mod moves;
mod names;
pub mod outline;
pub mod place;
pub mod program;
pub mod resolve;
mod rules;
pub mod signatures;
pub mod source;
mod traits;
pub mod types;
mod usefulness;

pub use cfg::Crate;
pub use lower::{KernelParameter, KernelParameterKind, Lowered, LoweredKernel};
pub use outline::{BodyText, Outline};
pub use program::Program;
pub use source::{File, FileId};
