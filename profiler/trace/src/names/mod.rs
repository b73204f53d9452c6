//! Names of kernels and functions: demangled, shortened, sorted into families, given a stable colour.
//!
//! This module owns everything that is read out of a name alone. Traces keep names as the source wrote them; what is
//! shown, grouped and coloured is derived here, so that every screen, table and file agrees. It knows no event.

mod colour;
mod demangle;
mod family;
mod shorten;

pub use colour::{Rgb, colour, name_hash};
pub use demangle::demangle;
pub use family::KernelFamily;
pub use shorten::{compact_name, short_name, without_template_arguments};
