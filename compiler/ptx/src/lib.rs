//! PTX, NVIDIA's virtual instruction set, as flat tables: read, verified and written.
//!
//! This crate owns the PTX language (PTX ISA 6.0–9.5): the table of instructions ([`table`]), the reader ([`parse`]), the tables a text becomes
//! ([`Module`]), the verifier, the writer, and what the text says about source lines. It does not know how an instruction
//! computes (that is the simulator) nor how Rust becomes PTX (that is the code generator).
//!
//! A module is arrays, not objects: instructions, operands, registers, labels and locations of all functions stand in one
//! table each, and a function holds ranges of them. The dotted text of an instruction (`ld.global.nc.v4.f32`) is its
//! [`Form`], interned: a consumer decodes each form once.

mod debug;
mod form;
mod ids;
mod modifier;
mod module;
mod opcode;
mod operand;
mod read;
mod special;
mod types;

#[cfg(feature = "containers")]
pub mod container;
pub mod table;
mod verify;
mod write;

pub use debug::DebugSection;
pub use form::{Boolean, Comparison, Form, Forms, Rounding, Scope, Semantics, Shape, Word};
pub use ids::{
    FormId, FunctionId, LabelId, LocationId, OperandRange, PrototypeId, RegisterId, TargetListId, VariableId,
};
pub use modifier::Modifier;
pub use module::{
    Call, Directives, Function, Guard, Instruction, Label, Linkage, Location, Module, Prototype, Register,
    RegisterBlock, Relocation, RelocationTarget, Section, SectionItem, SourceFile, Space, Target, TargetList, Variable,
    Version,
};
pub use opcode::Opcode;
pub use operand::{AddressBase, Operand, Part};
pub use read::parse;
pub use special::SpecialRegister;
pub use types::{Type, TypeClass};
pub use verify::{Verdicts, verify};
pub use write::write;
