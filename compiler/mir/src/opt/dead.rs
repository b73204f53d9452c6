//! Removes what nothing needs: unreachable blocks, instructions whose results are unused, parameters and the arguments for them.

use crate::function::{Definition, Function, List};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Slot, Value};
use crate::opcode::Opcode;

/// Removes blocks that control cannot reach.
pub(super) fn remove_unreachable(function: &mut Function, graph: &Graph) -> bool {
    let unreachable: Vec<Block> = function.blocks().filter(|block| !graph.is_reachable(*block)).collect();
    unreachable.iter().for_each(|block| function.remove_block(*block));
    !unreachable.is_empty()
}

/// Removes whatever does not lead to an effect.
///
/// Values are found needed from the effects upwards, so that a loop that only counts for itself goes as a whole.
pub(super) fn remove_dead(function: &mut Function) {
    let graph = Graph::new(function);
    remove_unreachable(function, &graph);
    unread_stores(function, &graph).into_iter().for_each(|store| function.remove_inst(store));
    let needed = needed_values(function);
    let blocks: Vec<Block> = function.blocks().collect();
    for &block in &blocks {
        let unused: Vec<Inst> = (function.insts(block))
            .filter(|inst| {
                function.inst(*inst).opcode.effects().is_removable()
                    && function.inst(*inst).memory_is_removable()
                    && function.results(*inst).all(|value| !needed[value.index()])
            })
            .collect();
        unused.into_iter().for_each(|inst| function.remove_inst(inst));
    }
    let entry = function.entry();
    for &block in blocks.iter().filter(|block| **block != entry) {
        let keep: Vec<bool> = function.block_parameters(block).map(|value| needed[value.index()]).collect();
        if keep.contains(&false) {
            function.retain_parameters(block, |at| keep[at]);
            retain_arguments(function, &blocks, block, &keep);
        }
    }
}

/// Keeps of every jump to `block` the arguments for which `keep` says so.
pub(super) fn retain_arguments(function: &mut Function, from: &[Block], block: Block, keep: &[bool]) {
    for &before in from {
        let last = function.last_inst(before);
        if !last.is_some() {
            continue;
        }
        rewrite_targets(function, last, |function, target| {
            if function.target_block(target) != block {
                return target;
            }
            let kept: Vec<Value> = function
                .target_arguments(target)
                .zip(keep)
                .filter(|(_, keep)| **keep)
                .map(|(value, _)| value)
                .collect();
            function.add_target(block, &kept)
        });
    }
}

/// Replaces the targets of a terminator by what `rewrite` makes of them.
pub(super) fn rewrite_targets(
    function: &mut Function,
    inst: Inst,
    mut rewrite: impl FnMut(&mut Function, List) -> List,
) {
    let old: Vec<List> = function.targets(inst).collect();
    let new: Vec<List> = old.iter().map(|target| rewrite(function, *target)).collect();
    if old == new {
        return;
    }
    let mut data = *function.inst(inst);
    match data.opcode {
        Opcode::Jump => data.c = new[0],
        Opcode::Branch => (data.b, data.c) = (new[0], new[1]),
        _ => {
            let list = function.list_mut(data.c);
            list[0] = new[0];
            list[1..].chunks_exact_mut(3).zip(&new[1..]).for_each(|(case, target)| case[2] = *target);
        }
    }
    *function.inst_mut(inst) = data;
}

/// The stores into slots that nobody reads and whose address goes nowhere else.
fn unread_stores(function: &Function, graph: &Graph) -> Vec<Inst> {
    if function.slots.is_empty() {
        return Vec::new();
    }
    let mut slot_of: Vec<Slot> = vec![Slot::NONE; function.value_count()];
    let mut is_read = vec![false; function.slots.len()];
    let mut stores = Vec::new();
    for inst in graph.order.iter().flat_map(|block| function.insts(*block)) {
        let data = function.inst(inst);
        let is_plain_store = matches!(data.opcode, Opcode::Store | Opcode::StoreVector) && data.memory().is_plain();
        if data.opcode == Opcode::SlotAddress {
            slot_of[function.result(inst).index()] = data.slot();
        } else if data.opcode == Opcode::Offset {
            slot_of[function.result(inst).index()] = slot_of[data.a as usize];
        }
        let mut is_first = is_plain_store || data.opcode == Opcode::Offset;
        function.for_each_operand(inst, |value| {
            let slot = slot_of[value.index()];
            if !std::mem::take(&mut is_first) && slot.is_some() {
                is_read[slot.index()] = true;
            }
        });
        if is_plain_store && slot_of[data.a as usize].is_some() {
            stores.push((inst, slot_of[data.a as usize]));
        }
    }
    stores.into_iter().filter(|(_, slot)| !is_read[slot.index()]).map(|(inst, _)| inst).collect()
}

fn needed_values(function: &Function) -> Vec<bool> {
    let mut needed = vec![false; function.value_count()];
    let mut open: Vec<Value> = Vec::new();
    let mut need = |value: Value, open: &mut Vec<Value>| {
        if !std::mem::replace(&mut needed[value.index()], true) {
            open.push(value);
        }
    };
    let blocks: Vec<Block> = function.blocks().collect();
    // Which jumps bring arguments to a block.
    let mut coming: Vec<Vec<List>> = vec![Vec::new(); function.block_count()];
    for inst in blocks.iter().flat_map(|block| function.insts(*block)) {
        let data = function.inst(inst);
        for target in function.targets(inst) {
            coming[function.target_block(target).index()].push(target);
        }
        if data.opcode.is_terminator() {
            // The arguments of jumps are needed only where the parameters are.
            let arguments: Vec<Value> =
                function.targets(inst).flat_map(|target| function.target_arguments(target)).collect();
            let mut operands = Vec::new();
            function.for_each_operand(inst, |value| operands.push(value));
            let own = operands.len() - arguments.len();
            operands[..own].iter().for_each(|value| need(*value, &mut open));
        } else if !data.opcode.effects().is_removable() || !data.memory_is_removable() {
            function.for_each_operand(inst, |value| need(value, &mut open));
        }
    }
    function.block_parameters(function.entry()).for_each(|value| need(value, &mut open));
    while let Some(value) = open.pop() {
        match function.definition(value) {
            Definition::Result(inst, _) => function.for_each_operand(inst, |value| need(value, &mut open)),
            Definition::Parameter(block, at) => {
                for &target in &coming[block.index()] {
                    if let Some(argument) = function.target_arguments(target).nth(at as usize) {
                        need(argument, &mut open);
                    }
                }
            }
        }
    }
    needed
}
