//! A module as the machine runs it: flat micro-operations with places of rows instead of registers.
//!
//! This module owns decoding: layout of frames, shared memory and constants, and the operation each instruction becomes. Everything that can be
//! decided before a launch is decided here. It runs nothing.

mod decode;
pub mod flow;
mod forms;
pub(crate) mod layout;
mod memory_forms;
mod operation;
mod reach;
mod special;
mod video_forms;

pub use layout::{Builtin, CallSite, FunctionLayout, Passing, Place, Signature};
pub use operation::{
    AddressSpace, BarrierOp, Clock, Kind, MatrixOp, Mbarrier, MemoryOp, Op, Operand, PredicateRef, PredicateSlot, Rows,
    Value, VectorOp, VoteReduction,
};
pub use special::SpecialRow;

use crate::lanes::Row;
use crate::observe::RegisterSlot;
use rustg_ptx as ptx;
use std::sync::Arc;

/// Rows at the start of every frame: where to return to, the caller's frame, this frame's local memory, and its end.
pub const FRAME_ROWS: u32 = 4;
/// Row of a frame that holds the operation to return to; [`NO_CALLER`] in a kernel's frame.
pub const FRAME_RETURN: u32 = 0;
/// Row of a frame that holds the caller's frame, as a row of the register file.
pub const FRAME_CALLER: u32 = 1;
/// Row of a frame that holds where its local memory begins, in bytes.
pub const FRAME_LOCAL: u32 = 2;
/// Row of a frame that holds where its local memory ends, `alloca` included.
pub const FRAME_LOCAL_END: u32 = 3;
/// [`FRAME_RETURN`] of a kernel's frame.
pub const NO_CALLER: u32 = u32::MAX;

/// A decoded module. Addresses of module variables are not in it: they are in [`Program::constants`] once the module is loaded.
pub struct Program {
    /// The module it was made from.
    pub module: Arc<ptx::Module>,
    /// Micro-operations of all functions.
    pub ops: Vec<Op>,
    /// Rows of immediates and addresses.
    pub constants: Vec<Row>,
    /// Memory accesses, by the index in [`Kind`].
    pub memory_ops: Vec<MemoryOp>,
    /// Block barriers, likewise.
    pub barriers: Vec<BarrierOp>,
    /// Rare computations that are data.
    pub described: Vec<crate::lanes::Described>,
    /// Video instructions and the pieces of registers they name.
    pub videos: Vec<(crate::lanes::video::Video, crate::lanes::video::Selectors)>,
    /// Operations on vectors of registers that do not lie side by side.
    pub vectors: Vec<VectorOp>,
    /// Matrix operations.
    pub matrices: Vec<MatrixOp>,
    /// Calls.
    pub calls: Vec<CallSite>,
    /// Targets of indexed branches: operations.
    pub branch_tables: Vec<Vec<u32>>,
    /// Names of what is refused when it is executed.
    pub refused: Vec<String>,
    /// By function of the module.
    pub functions: Vec<FunctionLayout>,
    /// Registers each operation reads (`.0` of them first) and writes, for observers of registers; places are relative to the frame.
    pub uses: Vec<(u32, u16, u16)>,
    /// What `uses` are ranges of.
    pub use_slots: Vec<RegisterSlot>,
    /// Special registers that some operation reads.
    pub specials: Vec<SpecialRow>,
    /// Bytes of shared memory that module-scope variables take.
    pub shared_bytes: u32,
}

impl Program {
    /// The function an operation belongs to.
    pub fn function_of(&self, op: u32) -> u32 {
        (self.functions.partition_point(|function| function.first_op <= op) as u32).saturating_sub(1)
    }
}
