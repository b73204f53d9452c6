//! Straightens control: folds decided branches, merges blocks, forwards jumps, drops parameters that are always the same.

use super::dead::{remove_unreachable, retain_arguments, rewrite_targets};
use super::replace::Replaced;
use crate::function::{Function, InstData};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Value};
use crate::opcode::Opcode;
use crate::types::Type;

/// Repeats every rule until none applies.
pub(super) fn simplify_control(function: &mut Function) {
    loop {
        let mut changed = fold_decided(function);
        let graph = Graph::new(function);
        changed |= remove_unreachable(function, &graph);
        changed |= drop_same_parameters(function, &graph);
        changed |= forward_jumps(function);
        changed |= merge_chains(function);
        if !changed {
            return;
        }
    }
}

fn terminators(function: &Function) -> Vec<Inst> {
    function.blocks().map(|block| function.last_inst(block)).filter(|inst| inst.is_some()).collect()
}

/// Makes jumps of branches and switches whose way is known.
fn fold_decided(function: &mut Function) -> bool {
    let mut changed = false;
    for inst in terminators(function) {
        let data = *function.inst(inst);
        let target = match data.opcode {
            Opcode::Branch => match function.constant(Value(data.a)) {
                Some(0) => data.c,
                Some(_) => data.b,
                None if function.list(data.b) == function.list(data.c) => data.b,
                None => continue,
            },
            Opcode::Switch => {
                let default = function.list(data.c)[0];
                let value = function.constant(Value(data.a));
                let mut cases = function.cases(inst);
                match value {
                    Some(value) => {
                        cases.find(|(key, _)| u128::from(*key) == value).map_or(default, |(_, target)| target)
                    }
                    None if cases.next().is_none() => default,
                    None => continue,
                }
            }
            _ => continue,
        };
        *function.inst_mut(inst) = InstData { c: target, ..InstData::new(Opcode::Jump, Type::Void) };
        changed = true;
    }
    changed
}

/// Replaces parameters for which every jump brings the same value, or the parameter itself.
fn drop_same_parameters(function: &mut Function, graph: &Graph) -> bool {
    let mut replaced = Replaced::new(function);
    let blocks: Vec<Block> = function.blocks().collect();
    let mut changed = false;
    for &block in graph.order.iter().skip(1) {
        let parameters: Vec<Value> = function.block_parameters(block).collect();
        let mut keep = vec![true; parameters.len()];
        for (at, &parameter) in parameters.iter().enumerate() {
            let mut only = None;
            let arguments = graph.predecessors(block).iter().flat_map(|from| {
                let targets = function.targets(function.last_inst(*from));
                targets.filter(|target| function.target_block(*target) == block)
            });
            let same = arguments
                .map(|target| function.target_arguments(target).nth(at).expect("a target has every argument"))
                .all(|value| {
                    let value = replaced.resolve(value);
                    value == parameter || *only.get_or_insert(value) == value
                });
            if let (true, Some(value)) = (same, only) {
                replaced.replace(parameter, value);
                keep[at] = false;
            }
        }
        if keep.contains(&false) {
            changed = true;
            function.retain_parameters(block, |at| keep[at]);
            retain_arguments(function, &blocks, block, &keep);
        }
    }
    if changed {
        replaced.resolve_all(function);
    }
    changed
}

/// Jumps past blocks that only jump on.
fn forward_jumps(function: &mut Function) -> bool {
    let entry = function.entry();
    let mut changed = false;
    for inst in terminators(function) {
        let own = function.block_of(inst);
        rewrite_targets(function, inst, |function, target| {
            let block = function.target_block(target);
            let first = function.first_inst(block);
            if block == own || block == entry || function.inst(first).opcode != Opcode::Jump {
                return target;
            }
            let next = function.inst(first).c;
            let next_block = function.target_block(next);
            if next_block == block {
                return target;
            }
            // The block's parameters must not be needed behind it.
            let parameters: Vec<Value> = function.block_parameters(block).collect();
            if is_used_outside(function, block, &parameters) {
                return target;
            }
            let given: Vec<Value> = function.target_arguments(target).collect();
            let arguments: Vec<Value> = (function.target_arguments(next))
                .map(|value| parameters.iter().position(|parameter| *parameter == value).map_or(value, |at| given[at]))
                .collect();
            changed = true;
            function.add_target(next_block, &arguments)
        });
    }
    changed
}

fn is_used_outside(function: &Function, block: Block, values: &[Value]) -> bool {
    if values.is_empty() {
        return false;
    }
    function.blocks().filter(|other| *other != block).flat_map(|other| function.insts(other)).any(|inst| {
        let mut used = false;
        function.for_each_operand(inst, |value| used |= values.contains(&value));
        used
    })
}

/// Appends a block to the only one that jumps to it.
fn merge_chains(function: &mut Function) -> bool {
    let mut comings = vec![0_u32; function.block_count()];
    let blocks: Vec<Block> = function.blocks().collect();
    blocks.iter().for_each(|block| function.successors(*block).for_each(|next| comings[next.index()] += 1));
    let entry = function.entry();
    let mut replaced = Replaced::new(function);
    let mut gone = vec![false; function.block_count()];
    for &block in &blocks {
        if gone[block.index()] {
            continue;
        }
        loop {
            let last = function.last_inst(block);
            let data = *function.inst(last);
            if data.opcode != Opcode::Jump {
                break;
            }
            let next = function.target_block(data.c);
            if next == block || next == entry || comings[next.index()] != 1 {
                break;
            }
            let brought = function.block_parameters(next).zip(function.target_arguments(data.c));
            brought.for_each(|(parameter, argument)| replaced.replace(parameter, argument));
            function.remove_inst(last);
            let moved: Vec<Inst> = function.insts(next).collect();
            for inst in moved {
                function.remove_inst(inst);
                function.append_inst(block, inst);
            }
            function.remove_block(next);
            gone[next.index()] = true;
        }
    }
    let changed = gone.contains(&true);
    if changed {
        replaced.resolve_all(function);
    }
    changed
}
