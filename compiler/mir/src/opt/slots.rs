//! Scalar replacement: pieces of a slot that are only loaded and stored become values.
//!
//! A slot is taken apart where every use of its address is an access at a constant distance, and accesses overlap only where
//! they are of the same bytes. Each such piece is a variable; where its values join, the dominance frontier says, a block gets a
//! parameter (Cytron et al., "Efficiently computing static single assignment form", 1991). Superfluous ones go with dead code.

use rustc_hash::FxHashMap;

use crate::function::{Function, InstData};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Slot, Value};
use crate::opcode::{Opcode, Shape};
use crate::opt::dead::rewrite_targets;
use crate::opt::replace::Replaced;
use crate::types::Type;

/// A piece of a slot: where it begins and how many bytes it has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Piece {
    slot: Slot,
    start: u32,
    size_bytes: u32,
}

/// Turns pieces of slots into values.
pub(super) fn replace_slots(function: &mut Function) {
    let pieces = pieces(function);
    if pieces.is_empty() {
        return;
    }
    let graph = Graph::new(function);
    let mut rewriter = Rewriter::new(function, &graph, pieces);
    for block in graph.order.clone() {
        rewriter.rewrite_block(block);
    }
    rewriter.fill_arguments();
}

/// The slot and distance that a value is the address of, if that is known.
fn address(function: &Function, mut value: Value) -> Option<(Slot, i64)> {
    let mut distance = 0_i64;
    loop {
        let data = function.inst(function.defining_inst(value)?);
        match data.opcode {
            Opcode::SlotAddress => return Some((data.slot(), distance)),
            Opcode::Offset => {
                distance = distance.wrapping_add(function.constant(Value(data.b))? as u64 as i64);
                value = Value(data.a);
            }
            _ => return None,
        }
    }
}

/// What an access touches: for each of its values the piece.
fn touched(function: &Function, data: &InstData) -> Option<(Slot, Vec<(i64, u32)>)> {
    let (slot, distance) = address(function, Value(data.a))?;
    let count = match data.opcode.info().shape {
        Shape::LoadVector => data.c,
        Shape::StoreVector => function.list(data.c).len() as u32,
        _ => 1,
    };
    let size = data.ty.size_bytes();
    let start = distance + i64::from(data.offset_bytes());
    Some((slot, (0..count).map(|at| (start + i64::from(at * size), size)).collect()))
}

fn is_access(data: &InstData) -> bool {
    matches!(data.opcode.info().shape, Shape::Load | Shape::Store | Shape::LoadVector | Shape::StoreVector)
}

/// The pieces that can become values, with their numbers.
fn pieces(function: &Function) -> FxHashMap<Piece, usize> {
    let mut whole = vec![true; function.slots.len()];
    let mut found: Vec<Vec<(u32, u32)>> = vec![Vec::new(); function.slots.len()];
    for inst in function.blocks().flat_map(|block| function.insts(block)) {
        let data = *function.inst(inst);
        let accessed = if is_access(&data) && data.memory().is_plain() { touched(function, &data) } else { None };
        // An address may go into an access as its address, and into a constant offset; anything else lets the slot escape.
        let steps = data.opcode == Opcode::Offset && function.constant(Value(data.b)).is_some();
        let mut is_first = true;
        function.for_each_operand(inst, |value| {
            let harmless = std::mem::replace(&mut is_first, false) && (accessed.is_some() || steps);
            if let (Some((slot, _)), false) = (address(function, value), harmless) {
                whole[slot.index()] = false;
            }
        });
        if let Some((slot, places)) = accessed {
            let size = i64::from(function.slots[slot.index()].size_bytes);
            for (start, bytes) in places {
                // An access beyond the slot is the program's mistake; it stays, for whoever checks.
                if start < 0 || start + i64::from(bytes) > size {
                    whole[slot.index()] = false;
                } else {
                    found[slot.index()].push((start as u32, bytes));
                }
            }
        }
    }
    let mut pieces = FxHashMap::default();
    for (at, mut places) in found.into_iter().enumerate().filter(|(at, _)| whole[*at]) {
        places.sort_unstable();
        places.dedup();
        for (index, &(start, size_bytes)) in places.iter().enumerate() {
            let overlaps = |&(other, bytes): &(u32, u32)| other < start + size_bytes && start < other + bytes;
            let alone = !places[..index].iter().any(overlaps) && !places[index + 1..].iter().any(overlaps);
            if alone {
                let number = pieces.len();
                pieces.insert(Piece { slot: Slot::new(at), start, size_bytes }, number);
            }
        }
    }
    pieces
}

struct Rewriter<'a> {
    function: &'a mut Function,
    graph: &'a Graph,
    pieces: FxHashMap<Piece, usize>,
    /// The integer type of each piece.
    types: Vec<Type>,
    /// What stands for a value, by value.
    replaced: Replaced,
    /// The value of each piece at the end of a block, by block and piece.
    at_end: Vec<Vec<Value>>,
    /// The parameter that a block has for a piece, by block.
    parameters: Vec<Vec<(usize, Value)>>,
}

impl<'a> Rewriter<'a> {
    fn new(function: &'a mut Function, graph: &'a Graph, pieces: FxHashMap<Piece, usize>) -> Rewriter<'a> {
        let mut types = vec![Type::I8; pieces.len()];
        for (piece, &number) in &pieces {
            types[number] = Type::integer(piece.size_bytes * 8).expect("an access has the size of an integer");
        }
        let mut parameters = vec![Vec::new(); function.block_count()];
        let frontiers = frontiers(function, graph);
        for (number, blocks) in storing_blocks(function, &pieces).into_iter().enumerate() {
            for block in joins(&frontiers, blocks) {
                let value = function.add_parameter(block, types[number]);
                parameters[block.index()].push((number, value));
            }
        }
        let at_end = vec![Vec::new(); function.block_count()];
        let replaced = Replaced::new(function);
        Rewriter { function, graph, pieces, types, replaced, at_end, parameters }
    }

    fn rewrite_block(&mut self, block: Block) {
        let mut now = match self.graph.dominator(block) {
            Some(above) => self.at_end[above.index()].clone(),
            None => vec![Value::NONE; self.types.len()],
        };
        for &(number, value) in &self.parameters[block.index()] {
            now[number] = value;
        }
        let insts: Vec<Inst> = self.function.insts(block).collect();
        for inst in insts {
            self.rewrite_inst(inst, &mut now);
        }
        self.at_end[block.index()] = now;
    }

    fn rewrite_inst(&mut self, inst: Inst, now: &mut [Value]) {
        let data = *self.function.inst(inst);
        if !is_access(&data) {
            return;
        }
        let Some((slot, places)) = touched(self.function, &data) else { return };
        let numbers: Option<Vec<usize>> = (places.into_iter())
            .map(|(start, size_bytes)| self.pieces.get(&Piece { slot, start: start as u32, size_bytes }).copied())
            .collect();
        let Some(numbers) = numbers else { return };
        match data.opcode {
            Opcode::Store | Opcode::StoreVector => {
                let stored: Vec<Value> = if data.opcode == Opcode::Store {
                    vec![Value(data.c)]
                } else {
                    self.function.values_of(data.c).collect()
                };
                for (number, value) in numbers.into_iter().zip(stored) {
                    now[number] = self.as_type(inst, self.replaced.resolve(value), self.types[number]);
                }
                self.function.remove_inst(inst);
            }
            _ => {
                let results: Vec<Value> = self.function.results(inst).collect();
                for (number, result) in numbers.into_iter().zip(results) {
                    if !now[number].is_some() {
                        // Read before it was written: any value will do.
                        now[number] = self.zero(inst, self.types[number]);
                    }
                    let value = self.as_type(inst, now[number], data.ty);
                    self.replaced.replace(result, value);
                }
                self.function.remove_inst(inst);
            }
        }
    }

    fn insert(&mut self, before: Inst, data: InstData) -> Value {
        let location = self.function.location(before);
        let inst = self.function.make(data, location);
        self.function.insert_before(before, inst);
        self.replaced.grow(self.function);
        self.function.result(inst)
    }

    fn zero(&mut self, before: Inst, ty: Type) -> Value {
        let row = self.function.constant_row(ty, 0);
        self.insert(before, row)
    }

    /// The value seen as another type of the same width.
    fn as_type(&mut self, before: Inst, value: Value, ty: Type) -> Value {
        match self.function.value_type(value) == ty {
            true => value,
            false => self.insert(before, InstData { a: value.0, ..InstData::new(Opcode::Bitcast, ty) }),
        }
    }

    /// Gives every jump the arguments for the parameters that were added.
    fn fill_arguments(mut self) {
        for block in self.graph.order.clone() {
            let last = self.function.last_inst(block);
            let mut zeros: FxHashMap<usize, Value> = FxHashMap::default();
            let wanted: Vec<usize> = (self.function.successors(block))
                .flat_map(|next| self.parameters[next.index()].iter().map(|(number, _)| *number).collect::<Vec<_>>())
                .collect();
            for number in wanted {
                if !self.at_end[block.index()][number].is_some() && !zeros.contains_key(&number) {
                    let zero = self.zero(last, self.types[number]);
                    zeros.insert(number, zero);
                }
            }
            let (parameters, at_end) = (&self.parameters, &self.at_end[block.index()]);
            rewrite_targets(self.function, last, |function, target| {
                let next = function.target_block(target);
                if parameters[next.index()].is_empty() {
                    return target;
                }
                let mut arguments: Vec<Value> = function.target_arguments(target).collect();
                arguments.extend(parameters[next.index()].iter().map(|(number, _)| {
                    let value = at_end[*number];
                    if value.is_some() { value } else { zeros[number] }
                }));
                function.add_target(next, &arguments)
            });
        }
        self.replaced.resolve_all(self.function);
    }
}

/// The blocks that store to a piece, by piece.
fn storing_blocks(function: &Function, pieces: &FxHashMap<Piece, usize>) -> Vec<Vec<Block>> {
    let mut storing: Vec<Vec<Block>> = vec![Vec::new(); pieces.len()];
    for block in function.blocks() {
        for inst in function.insts(block) {
            let data = function.inst(inst);
            if !matches!(data.opcode, Opcode::Store | Opcode::StoreVector) {
                continue;
            }
            let Some((slot, places)) = touched(function, data) else { continue };
            for (start, size_bytes) in places {
                if let Some(&number) = pieces.get(&Piece { slot, start: start as u32, size_bytes })
                    && storing[number].last() != Some(&block)
                {
                    storing[number].push(block);
                }
            }
        }
    }
    storing
}

/// Where what a block defines meets something else, by block.
fn frontiers(function: &Function, graph: &Graph) -> Vec<Vec<Block>> {
    let mut frontiers: Vec<Vec<Block>> = vec![Vec::new(); function.block_count()];
    for &block in &graph.order {
        let predecessors = graph.predecessors(block);
        if predecessors.len() < 2 {
            continue;
        }
        for &from in predecessors {
            let mut at = Some(from);
            while let Some(block_at) = at.filter(|at| Some(*at) != graph.dominator(block)) {
                if !frontiers[block_at.index()].contains(&block) {
                    frontiers[block_at.index()].push(block);
                }
                at = graph.dominator(block_at);
            }
        }
    }
    frontiers
}

/// The blocks that need a parameter for what the given blocks define.
fn joins(frontiers: &[Vec<Block>], defining: Vec<Block>) -> Vec<Block> {
    let (mut joins, mut open) = (Vec::new(), defining);
    while let Some(block) = open.pop() {
        for &join in &frontiers[block.index()] {
            if !joins.contains(&join) {
                joins.push(join);
                open.push(join);
            }
        }
    }
    joins.sort_unstable();
    joins
}
