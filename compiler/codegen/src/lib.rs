//! Intermediate representation to PTX text.
//!
//! Owns instruction selection (one file a family: integers, floats, memory, control, calls), the placement of addresses in their
//! spaces, panics as records, and line tables. Registers and schedule are ptxas's. It does not optimise: what is better done on values was done
//! on them ([`rustg_mir::opt`]). Facts about what ptxas makes of a sequence were measured on an H200 with ptxas 13.
//!
//! Values live in virtual registers of four classes: predicates, 16, 32 and 64 bits. Integers of 8 and 16 bits are kept in 32-bit
//! registers, zeros above; 128-bit ones in pairs. An address that is known to point into shared, local, constant or parameter memory is kept as that
//! space's own; it becomes generic where something else needs it.

mod address;
mod call;
mod control;
mod convert;
mod float;
mod fragment;
mod function;
mod global;
mod integer;
mod lines;
mod memory;
mod name;
mod operand;
mod overflow;
mod panic;
mod registers;
mod split;
mod target;
mod warp;
mod wide;

use std::fmt;

use rustg_mir::ids::{FunctionId, GlobalId, LocationId};
use rustg_mir::module::Module;

pub use fragment::{Fragment, FragmentGlobal, FragmentSite, Part, link};
pub use name::identifier as symbol;
pub use panic::{RECORD_SIZE_BYTES, with_traps};
pub use split::{KernelText, kernel_text};
pub use target::{Target, UnknownTarget, Version};

/// Something that cannot be written as PTX (yet).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsupported {
    /// In which function.
    pub function: String,
    /// Where in the source, or [`LocationId::NONE`].
    pub location: LocationId,
    /// What it is: "division of 128-bit integers".
    pub what: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is not supported on the device yet", self.function, self.what)
    }
}

impl std::error::Error for Unsupported {}

/// The PTX text of a module for a target: ASCII, with the lowest `.version` that has what it uses.
///
/// # Errors
/// With everything that has no PTX, by name; nothing is left out silently.
pub fn emit_ptx(module: &Module, target: Target) -> Result<String, Vec<Unsupported>> {
    let expanded = rustg_mir::opt::expanded(module);
    let mut emitter = function::Emitter::new(expanded.as_ref().unwrap_or(module), target);
    let unsupported = emitter.emit_functions();
    if !unsupported.is_empty() {
        return Err(unsupported);
    }
    let fragment = emitter.finish();
    Ok(link(target, &[Part { fragment: &fragment, line: &|_, line| line as u32 }]))
}

/// The text of each kernel of a module by itself, in the order of its functions. `kept` says for each in that order which variables are
/// declared whether they are used or not.
///
/// # Errors
/// Of a kernel with everything that has no PTX, by name.
pub fn emit_kernels(
    module: &Module,
    target: Target,
    kept: &[Vec<GlobalId>],
) -> Vec<Result<Fragment, Vec<Unsupported>>> {
    let expanded = rustg_mir::opt::expanded(module);
    let module = expanded.as_ref().unwrap_or(module);
    let kernels = (0..module.functions.len()).map(FunctionId::new).filter(|id| module.function(*id).is_kernel);
    let emit = |(at, id)| {
        let mut emitter = function::Emitter::for_kernel(module, target, id);
        emitter.kept = kept.get(at).cloned().unwrap_or_default();
        let unsupported = emitter.emit_functions();
        if unsupported.is_empty() { Ok(emitter.finish()) } else { Err(unsupported) }
    };
    kernels.filter(|id| module.function(*id).has_body()).enumerate().map(emit).collect()
}
