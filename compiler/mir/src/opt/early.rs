//! Early arithmetic: what a block computes stands before its first assertion, as far as it does not hang on loads behind it.
//!
//! ptxas makes predicated instructions of short ways, and keeps what stands behind a check there: addresses that are computed
//! before it leave the loads ready to go.

use crate::function::{Definition, Function};
use crate::ids::{Block, Inst};
use crate::opcode::Opcode;

/// Moves pure instructions before the first assertion of their block.
pub(super) fn compute_early(function: &mut Function) {
    let mut is_late = vec![false; function.inst_count()];
    let blocks: Vec<Block> = function.blocks().collect();
    for block in blocks {
        // What ends in a panic is cold, and its registers are not.
        let end = function.inst(function.last_inst(block)).opcode;
        if matches!(end, Opcode::Unreachable | Opcode::Panic) {
            continue;
        }
        let insts: Vec<Inst> = function.insts(block).collect();
        let Some(at) = insts.iter().position(|inst| function.inst(*inst).opcode == Opcode::Assert) else { continue };
        let first = insts[at];
        for &inst in &insts[at..] {
            let mut hangs = !function.inst(inst).opcode.effects().is_pure();
            function.for_each_operand(inst, |value| {
                hangs |= matches!(function.definition(value), Definition::Result(by, _) if is_late[by.index()]);
            });
            if hangs {
                is_late[inst.index()] = true;
            } else {
                function.remove_inst(inst);
                function.insert_before(first, inst);
            }
        }
    }
}
