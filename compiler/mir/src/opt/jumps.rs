//! Jump threading: where the way that leads to a block decides which way leads on, the block is copied into that way.
//!
//! `Option`s and short-circuit conditions come to this: one block makes the tag, the next asks for it. What the copied block defines and others use
//! then comes from two places; such values go through slots of their own, which scalar replacement turns into parameters of the blocks where they
//! join. So [`super::slots`] is run behind this.

use crate::evaluate::evaluate;
use crate::function::{Function, InstData, List, SlotData};
use crate::graph::Graph;
use crate::ids::{Block, Inst, LocationId, Slot, Value};
use crate::immediate::{Condition, Memory, Space};
use crate::opcode::{Effects, Opcode, Shape};
use crate::opt::copy::copy_row;
use crate::opt::dead::{remove_unreachable, rewrite_targets};
use crate::types::Type;

/// A block of more instructions is not copied.
const COPIED_MAX: usize = 12;
/// Blocks that are decided one by the other: so often all are looked through.
const ROUNDS_MAX: usize = 4;

/// Threads jumps through blocks whose way on they decide; whether there was any.
pub(super) fn thread_jumps(function: &mut Function) -> bool {
    for round in 0..ROUNDS_MAX {
        if !thread_once(function) {
            return round > 0;
        }
        remove_unreachable(function, &Graph::new(function));
    }
    true
}

fn thread_once(function: &mut Function) -> bool {
    let graph = Graph::new(function);
    let candidates: Vec<Block> =
        (graph.order.iter().copied().skip(1)).filter(|block| is_candidate(function, &graph, *block)).collect();
    if candidates.is_empty() {
        return false;
    }
    // One block at a time decides over the edges into it, and no block is both copied from and threaded in one round.
    let mut touched = vec![false; function.block_count()];
    let mut changed = false;
    for block in candidates {
        let ways = decided_ways(function, &graph, block);
        let near = |other: &Block| touched[other.index()];
        if ways.is_empty()
            || near(&block)
            || graph.predecessors(block).iter().any(near)
            || function.successors(block).any(|next| near(&next))
        {
            continue;
        }
        touched[block.index()] = true;
        graph.predecessors(block).iter().for_each(|from| touched[from.index()] = true);
        let next: Vec<Block> = function.successors(block).collect();
        next.into_iter().for_each(|next| touched[next.index()] = true);
        thread_through(function, block, &ways);
        touched.resize(function.block_count(), true);
        changed = true;
    }
    changed
}

/// A small block that ends in a decision which hangs on its parameters, that is no loop's header, and where lanes do not meet.
fn is_candidate(function: &Function, graph: &Graph, block: Block) -> bool {
    let last = function.last_inst(block);
    if !matches!(function.inst(last).opcode, Opcode::Branch | Opcode::Switch)
        || function.block_parameters(block).len() == 0
    {
        return false;
    }
    let is_header = graph.predecessors(block).iter().any(|from| graph.dominates(block, *from));
    let mut count = 0;
    let copies = function.insts(block).all(|inst| {
        count += 1;
        count <= COPIED_MAX && !function.inst(inst).opcode.effects().has(Effects::CONVERGENT)
    });
    !is_header && copies
}

/// A jump into a block, and the target that it decides on.
struct Way {
    /// The terminator, and the number of its target.
    from: Inst,
    number: usize,
    /// The target in the block that is copied.
    to: List,
}

fn decided_ways(function: &Function, graph: &Graph, block: Block) -> Vec<Way> {
    let mut ways = Vec::new();
    let mut seen: Vec<Block> = Vec::new();
    for &before in graph.predecessors(block) {
        if before == block || seen.contains(&before) {
            continue;
        }
        seen.push(before);
        let from = function.last_inst(before);
        for (number, target) in function.targets(from).enumerate() {
            if function.target_block(target) == block
                && let Some(to) = decided_target(function, block, target)
            {
                ways.push(Way { from, number, to });
            }
        }
    }
    ways
}

/// Where a block goes to if it is entered by that target, if that is known.
fn decided_target(function: &Function, block: Block, target: List) -> Option<List> {
    let mut known: Vec<(Value, u128)> = (function.block_parameters(block).zip(function.target_arguments(target)))
        .filter_map(|(parameter, argument)| Some((parameter, function.constant(argument)?)))
        .collect();
    if known.is_empty() {
        return None;
    }
    let bits_of = |known: &[(Value, u128)], value: Value| {
        known.iter().find(|(of, _)| *of == value).map(|(_, bits)| *bits).or_else(|| function.constant(value))
    };
    for inst in function.insts(block) {
        let data = *function.inst(inst);
        if data.opcode.is_terminator() {
            let bits = bits_of(&known, Value(data.a))?;
            return Some(match data.opcode {
                Opcode::Branch if bits != 0 => data.b,
                Opcode::Branch => data.c,
                _ => {
                    let mut cases = function.cases(inst);
                    cases
                        .find(|(key, _)| u128::from(*key) == bits)
                        .map_or(function.list(data.c)[0], |(_, target)| target)
                }
            });
        }
        // A NaN's bits are the hardware's to choose.
        if !data.opcode.effects().is_pure() || data.opcode == Opcode::Const || data.ty.is_float() {
            continue;
        }
        let (mut operands, mut types, mut all) = (Vec::new(), Vec::new(), true);
        function.for_each_operand(inst, |value| match bits_of(&known, value) {
            Some(bits) => {
                operands.push(bits);
                types.push(function.value_type(value));
            }
            None => all = false,
        });
        let condition = (data.opcode.info().shape == Shape::Compare).then(|| Condition::from_bits(data.aux));
        if all
            && !operands.is_empty()
            && let Some((bits, flag)) = evaluate(data.opcode, data.ty, condition, &operands, &types)
        {
            known.extend(function.results(inst).zip([bits, u128::from(flag)]));
        }
    }
    None
}

fn thread_through(function: &mut Function, block: Block, ways: &[Way]) {
    let values = local_values(function, block);
    let shared = used_outside(function, block, &values);
    shared.into_iter().for_each(|value| demote(function, block, value));
    // The stores of what others use stand in the block now, and are copied with it.
    ways.iter().for_each(|way| copy_into(function, block, way));
}

fn local_values(function: &Function, block: Block) -> Vec<Value> {
    let results = function.insts(block).flat_map(|inst| function.results(inst));
    function.block_parameters(block).chain(results).collect()
}

/// Those of a block's values that other blocks use.
fn used_outside(function: &Function, block: Block, values: &[Value]) -> Vec<Value> {
    let mut is_local = vec![false; function.value_count()];
    values.iter().for_each(|value| is_local[value.index()] = true);
    let mut used = Vec::new();
    for inst in function.blocks().filter(|other| *other != block).flat_map(|other| function.insts(other)) {
        function.for_each_operand(inst, |value| {
            if std::mem::replace(&mut is_local[value.index()], false) {
                used.push(value);
            }
        });
    }
    used.sort_unstable();
    used
}

fn stored_type(ty: Type) -> Type {
    if ty == Type::Bool { Type::I8 } else { ty }
}

fn memory(ty: Type) -> Memory {
    Memory::plain(Space::Local, stored_type(ty).size_bytes())
}

/// Gives a value a slot: it is stored where it is defined, and every use in another block loads it. What hangs on nothing is made anew for each use.
fn demote(function: &mut Function, block: Block, value: Value) {
    let ty = function.value_type(value);
    let uses: Vec<Inst> = (function.blocks().filter(|other| *other != block))
        .flat_map(|other| function.insts(other))
        .filter(|inst| {
            let mut uses = false;
            function.for_each_operand(*inst, |operand| uses |= operand == value);
            uses
        })
        .collect();
    let made_anew = function.defining_inst(value).filter(|inst| {
        let mut operands = 0;
        function.for_each_operand(*inst, |_| operands += 1);
        operands == 0 && function.inst(*inst).opcode.effects().is_pure() && function.results(*inst).len() == 1
    });
    if let Some(made) = made_anew {
        for inst in uses {
            let row = copy_row(function, made);
            let again = insert(function, inst, row);
            let again = function.result(again);
            function.map_operands(inst, |operand| if operand == value { again } else { operand });
        }
        return;
    }
    let size_bytes = stored_type(ty).size_bytes();
    let slot = Slot::new(function.slots.len());
    function.slots.push(SlotData { size_bytes, align_bytes: size_bytes });
    for inst in uses {
        let loaded = load(function, inst, slot, ty);
        function.map_operands(inst, |operand| if operand == value { loaded } else { operand });
    }
    let behind = match function.defining_inst(value) {
        Some(inst) => function.next_inst(inst),
        None => function.first_inst(block),
    };
    store(function, behind, slot, value);
}

fn insert(function: &mut Function, before: Inst, data: InstData) -> Inst {
    let location = function.location(before);
    let inst = function.make(data, location);
    function.insert_before(before, inst);
    inst
}

fn slot_address(function: &mut Function, before: Inst, slot: Slot) -> Value {
    let inst = insert(function, before, InstData { a: slot.0, ..InstData::new(Opcode::SlotAddress, Type::Void) });
    function.result(inst)
}

fn store(function: &mut Function, before: Inst, slot: Slot, value: Value) {
    let ty = function.value_type(value);
    let stored = match ty {
        Type::Bool => {
            let inst = insert(function, before, InstData { a: value.0, ..InstData::new(Opcode::Extend, Type::I8) });
            function.result(inst)
        }
        _ => value,
    };
    let address = slot_address(function, before, slot);
    let row =
        InstData { a: address.0, c: stored.0, aux: memory(ty).0, ..InstData::new(Opcode::Store, stored_type(ty)) };
    insert(function, before, row);
}

fn load(function: &mut Function, before: Inst, slot: Slot, ty: Type) -> Value {
    let address = slot_address(function, before, slot);
    let inst = insert(
        function,
        before,
        InstData { a: address.0, aux: memory(ty).0, ..InstData::new(Opcode::Load, stored_type(ty)) },
    );
    let loaded = function.result(inst);
    if ty != Type::Bool {
        return loaded;
    }
    let row = function.constant_row(Type::I8, 0);
    let zero = insert(function, before, row);
    let zero = function.result(zero);
    let compare = InstData {
        a: loaded.0,
        b: zero.0,
        aux: Condition::NotEqual as u16,
        ..InstData::new(Opcode::Compare, Type::I8)
    };
    let inst = insert(function, before, compare);
    function.result(inst)
}

/// Copies the block into one way, without its decision.
fn copy_into(function: &mut Function, block: Block, way: &Way) {
    let copy = function.add_block_after(function.block_of(way.from));
    let target = function.targets(way.from).nth(way.number).expect("the target was there");
    let mut now: Vec<(Value, Value)> =
        function.block_parameters(block).zip(function.target_arguments(target)).collect();
    let resolve =
        |now: &[(Value, Value)], value: Value| now.iter().find(|(old, _)| *old == value).map_or(value, |(_, new)| *new);
    let insts: Vec<Inst> = function.insts(block).collect();
    let (last, insts) = insts.split_last().expect("a block has a terminator");
    for &inst in insts {
        let data = copy_row(function, inst);
        let types: Vec<Type> = function.results(inst).map(|value| function.value_type(value)).collect();
        let new = function.make_inst(data, &types, function.location(inst));
        function.append_inst(copy, new);
        function.map_operands(new, |value| resolve(&now, value));
        let pairs: Vec<(Value, Value)> = function.results(inst).zip(function.results(new)).collect();
        now.extend(pairs);
    }
    let arguments: Vec<Value> = function.target_arguments(way.to).map(|value| resolve(&now, value)).collect();
    let c = function.add_target(function.target_block(way.to), &arguments);
    let location: LocationId = function.location(*last);
    let jump = function.make(InstData { c, ..InstData::new(Opcode::Jump, Type::Void) }, location);
    function.append_inst(copy, jump);
    let mut number = 0;
    rewrite_targets(function, way.from, |function, target| {
        number += 1;
        if number - 1 == way.number { function.add_target(copy, &[]) } else { target }
    });
}
