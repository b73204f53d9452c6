//! Scalar replacement: pieces of a slot that are only loaded and stored become values.
//!
//! A slot is taken apart where every use of its address is an access at a constant distance, and accesses overlap only where
//! they are of the same bytes. Each such piece is a variable; where its values join, the dominance frontier says, a block gets a
//! parameter (Cytron et al., "Efficiently computing static single assignment form", 1991), but only for variables that some block reads
//! before it writes them (Briggs et al., "Practical improvements to the construction and destruction of static single assignment form",
//! 1998). Superfluous ones go with dead code. Slots that nothing names any more are dropped.
//!
//! Inlining leaves hundreds of slots in a body, most of them used in one block: everything here is linear in instructions and joins.

use crate::function::{Function, InstData};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Slot, Value};
use crate::opcode::{Opcode, Shape};
use crate::opt::dead::rewrite_targets;
use crate::opt::replace::Replaced;
use crate::types::Type;

/// Turns pieces of slots into values.
pub(super) fn replace_slots(function: &mut Function) {
    if function.slots.is_empty() {
        return;
    }
    let graph = Graph::new(function);
    let found = find_accesses(function, &graph);
    let pieces = Pieces::new(function, &found);
    if !pieces.types.is_empty() {
        Rewriter::new(function, &graph, &found.accesses, pieces).rewrite();
    }
    drop_unused(function);
}

/// Where a value points: a slot and a distance in it.
type Address = Option<(Slot, i64)>;

/// A plain load or store of `count` neighbours at a constant place in a slot.
#[derive(Clone, Copy, Debug)]
struct Access {
    inst: Inst,
    block: Block,
    slot: Slot,
    start: u32,
    /// The size of each.
    size_bytes: u32,
    count: u32,
    is_store: bool,
}

struct Found {
    /// In the order of the blocks.
    accesses: Vec<Access>,
    /// Whether a slot is only accessed like this, by slot.
    whole: Vec<bool>,
}

fn is_access(data: &InstData) -> bool {
    matches!(data.opcode.info().shape, Shape::Load | Shape::Store | Shape::LoadVector | Shape::StoreVector)
}

/// Walks the blocks so that what defines an address is seen before its uses.
fn find_accesses(function: &Function, graph: &Graph) -> Found {
    let mut addresses: Vec<Address> = vec![None; function.value_count()];
    let mut found = Found { accesses: Vec::new(), whole: vec![true; function.slots.len()] };
    for &block in &graph.order {
        for inst in function.insts(block) {
            let data = function.inst(inst);
            match data.opcode {
                Opcode::SlotAddress => addresses[function.result(inst).index()] = Some((data.slot(), 0)),
                Opcode::Offset => {
                    if let Some((slot, distance)) = addresses[data.a as usize] {
                        match function.constant(Value(data.b)) {
                            Some(bits) => {
                                let distance = distance.wrapping_add(bits as u64 as i64);
                                addresses[function.result(inst).index()] = Some((slot, distance));
                            }
                            None => found.whole[slot.index()] = false,
                        }
                    }
                    if let Some((slot, _)) = addresses[data.b as usize] {
                        found.whole[slot.index()] = false;
                    }
                }
                _ => found.visit(function, block, inst, &addresses),
            }
        }
    }
    found
}

impl Found {
    fn visit(&mut self, function: &Function, block: Block, inst: Inst, addresses: &[Address]) {
        let data = function.inst(inst);
        let place = (is_access(data) && data.memory().is_plain()).then(|| addresses[data.a as usize]).flatten();
        // An address may go into an access as its address; anything else lets the slot escape.
        let mut is_first = place.is_some();
        function.for_each_operand(inst, |value| {
            if let (Some((slot, _)), false) = (addresses[value.index()], std::mem::take(&mut is_first)) {
                self.whole[slot.index()] = false;
            }
        });
        let Some((slot, distance)) = place else { return };
        let count = match data.opcode.info().shape {
            Shape::LoadVector => data.c,
            Shape::StoreVector => function.list(data.c).len() as u32,
            _ => 1,
        };
        let size_bytes = data.ty.size_bytes();
        let start = distance.wrapping_add(i64::from(data.offset_bytes()));
        let end = start.saturating_add(i64::from(size_bytes) * i64::from(count));
        // An access beyond the slot is the program's mistake; it stays, for whoever checks.
        if start < 0 || end > i64::from(function.slots[slot.index()].size_bytes) {
            self.whole[slot.index()] = false;
            return;
        }
        let is_store = matches!(data.opcode, Opcode::Store | Opcode::StoreVector);
        self.accesses.push(Access { inst, block, slot, start: start as u32, size_bytes, count, is_store });
    }
}

/// The pieces that can become values.
struct Pieces {
    /// Slot, start and size of each, ascending.
    places: Vec<(Slot, u32, u32)>,
    /// Where a slot's pieces begin in `places`, by slot; one more at the end.
    first: Vec<u32>,
    /// The integer type of each.
    types: Vec<Type>,
}

impl Pieces {
    fn new(function: &Function, found: &Found) -> Pieces {
        let touched = found.accesses.iter().filter(|access| found.whole[access.slot.index()]);
        let mut places: Vec<(Slot, u32, u32)> = touched
            .flat_map(|access| {
                (0..access.count).map(|at| (access.slot, access.start + at * access.size_bytes, access.size_bytes))
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        // What overlaps its neighbour on either side stays in memory; a long one may reach over many.
        let mut alone = vec![true; places.len()];
        let (mut reach, mut furthest) = (0, 0);
        for at in 1..places.len() {
            if places[at].0 != places[at - 1].0 {
                (reach, furthest) = (0, at);
                continue;
            }
            let end = places[at - 1].1 + places[at - 1].2;
            if end > reach {
                (reach, furthest) = (end, at - 1);
            }
            if places[at].1 < reach {
                (alone[at], alone[furthest]) = (false, false);
            }
        }
        let mut kept = alone.iter();
        places.retain(|_| *kept.next().expect("as many as places"));
        let mut first = vec![0_u32; function.slots.len() + 1];
        places.iter().for_each(|(slot, ..)| first[slot.index() + 1] += 1);
        (1..first.len()).for_each(|at| first[at] += first[at - 1]);
        let types =
            places.iter().map(|(_, _, size)| Type::integer(size * 8).expect("an access has the size of an integer"));
        let types = types.collect();
        Pieces { places, first, types }
    }

    /// The number of the first piece that an access touches, if its pieces are values; the others follow it.
    fn find(&self, access: &Access) -> Option<usize> {
        let (from, to) = (self.first[access.slot.index()] as usize, self.first[access.slot.index() + 1] as usize);
        let own = &self.places[from..to];
        let at = own.binary_search(&(access.slot, access.start, access.size_bytes)).ok()?;
        let all = (0..access.count).all(|next| {
            own.get(at + next as usize)
                == Some(&(access.slot, access.start + next * access.size_bytes, access.size_bytes))
        });
        all.then_some(from + at)
    }
}

struct Rewriter<'a> {
    function: &'a mut Function,
    graph: &'a Graph,
    /// The accesses that go, with their first piece, in the order of the blocks.
    accesses: Vec<(Access, usize)>,
    /// Where a block's accesses begin, by block; empty ranges for most.
    starts: Vec<(u32, u32)>,
    types: Vec<Type>,
    /// What stands for a value, by value.
    replaced: Replaced,
    /// The value of each piece where the walk is; `NONE` where it was not written yet.
    now: Vec<Value>,
    /// The parameter that a block has for a piece, by block.
    parameters: Vec<Vec<(u32, Value)>>,
}

impl<'a> Rewriter<'a> {
    fn new(function: &'a mut Function, graph: &'a Graph, accesses: &[Access], pieces: Pieces) -> Rewriter<'a> {
        let accesses: Vec<(Access, usize)> =
            accesses.iter().filter_map(|access| Some((*access, pieces.find(access)?))).collect();
        let mut starts = vec![(0, 0); function.block_count()];
        for (at, (access, _)) in accesses.iter().enumerate() {
            let range = &mut starts[access.block.index()];
            if range.1 == 0 {
                range.0 = at as u32;
            }
            range.1 = at as u32 + 1;
        }
        let mut parameters: Vec<Vec<(u32, Value)>> = vec![Vec::new(); function.block_count()];
        for (number, block) in joins(function, graph, &accesses, pieces.types.len()) {
            parameters[block.index()].push((number, Value::NONE));
        }
        for (at, added) in parameters.iter_mut().enumerate().filter(|(_, added)| !added.is_empty()) {
            let types: Vec<Type> = added.iter().map(|(number, _)| pieces.types[*number as usize]).collect();
            let values = function.add_parameters(Block::new(at), &types);
            added.iter_mut().zip(values).for_each(|((_, to), value)| *to = value);
        }
        let now = vec![Value::NONE; pieces.types.len()];
        let replaced = Replaced::new(function);
        Rewriter { function, graph, accesses, starts, types: pieces.types, replaced, now, parameters }
    }

    /// Walks down the dominator tree; what a subtree has changed in `now` is taken back behind it.
    fn rewrite(mut self) {
        let mut changed: Vec<(u32, Value)> = Vec::new();
        let mut open: Vec<(Block, usize)> = Vec::new();
        for block in self.graph.tree_order() {
            while let Some(&(above, before)) = open.last() {
                if self.graph.dominates(above, block) {
                    break;
                }
                while changed.len() > before {
                    let (number, value) = changed.pop().expect("longer than before");
                    self.now[number as usize] = value;
                }
                open.pop();
            }
            open.push((block, changed.len()));
            self.rewrite_block(block, &mut changed);
            self.fill_arguments(block, &mut changed);
        }
        self.replaced.resolve_all(self.function);
    }

    fn set(&mut self, number: usize, value: Value, changed: &mut Vec<(u32, Value)>) {
        changed.push((number as u32, self.now[number]));
        self.now[number] = value;
    }

    fn rewrite_block(&mut self, block: Block, changed: &mut Vec<(u32, Value)>) {
        for at in 0..self.parameters[block.index()].len() {
            let (number, value) = self.parameters[block.index()][at];
            self.set(number as usize, value, changed);
        }
        let (from, to) = self.starts[block.index()];
        for at in from..to {
            let (access, first) = self.accesses[at as usize];
            self.rewrite_access(&access, first, changed);
        }
    }

    fn rewrite_access(&mut self, access: &Access, first: usize, changed: &mut Vec<(u32, Value)>) {
        let data = *self.function.inst(access.inst);
        if access.is_store {
            for at in 0..access.count as usize {
                let value = match data.opcode {
                    Opcode::Store => Value(data.c),
                    _ => Value(self.function.list(data.c)[at]),
                };
                let value = self.as_type(access.inst, self.replaced.resolve(value), self.types[first + at]);
                self.set(first + at, value, changed);
            }
        } else {
            for (at, result) in self.function.results(access.inst).enumerate() {
                if !self.now[first + at].is_some() {
                    // Read before it was written: any value will do.
                    let zero = self.zero(access.inst, self.types[first + at]);
                    self.set(first + at, zero, changed);
                }
                let value = self.as_type(access.inst, self.now[first + at], data.ty);
                self.replaced.replace(result, value);
            }
        }
        self.function.remove_inst(access.inst);
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

    /// The value seen as another type of the same width; what was seen so before is itself again.
    fn as_type(&mut self, before: Inst, value: Value, ty: Type) -> Value {
        if self.function.value_type(value) == ty {
            return value;
        }
        let seen = self.function.defining_inst(value).map(|inst| *self.function.inst(inst));
        match seen.filter(|data| data.opcode == Opcode::Bitcast).map(|data| self.replaced.resolve(Value(data.a))) {
            Some(inner) if self.function.value_type(inner) == ty => inner,
            _ => self.insert(before, InstData { a: value.0, ..InstData::new(Opcode::Bitcast, ty) }),
        }
    }

    /// Gives a block's jumps the arguments for the parameters that were added.
    fn fill_arguments(&mut self, block: Block, changed: &mut Vec<(u32, Value)>) {
        let last = self.function.last_inst(block);
        let next: Vec<Block> = self.function.successors(block).collect();
        for next in next {
            for at in 0..self.parameters[next.index()].len() {
                let number = self.parameters[next.index()][at].0 as usize;
                if !self.now[number].is_some() {
                    let zero = self.zero(last, self.types[number]);
                    self.set(number, zero, changed);
                }
            }
        }
        let (parameters, now) = (&self.parameters, &self.now);
        rewrite_targets(self.function, last, |function, target| {
            let next = function.target_block(target);
            if parameters[next.index()].is_empty() {
                return target;
            }
            let mut arguments: Vec<Value> = function.target_arguments(target).collect();
            arguments.extend(parameters[next.index()].iter().map(|(number, _)| now[*number as usize]));
            function.add_target(next, &arguments)
        });
    }
}

/// Which blocks need a parameter for which piece: where stores of it meet, if any block reads it before writing it.
fn joins(function: &Function, graph: &Graph, accesses: &[(Access, usize)], count: usize) -> Vec<(u32, Block)> {
    let mut stored_in: Vec<Block> = vec![Block::NONE; count];
    let mut is_exposed = vec![false; count];
    let mut storing: Vec<(u32, Block)> = Vec::new();
    for (access, first) in accesses {
        for piece in *first..*first + access.count as usize {
            if stored_in[piece] == access.block {
                continue;
            }
            if access.is_store {
                stored_in[piece] = access.block;
                storing.push((piece as u32, access.block));
            } else {
                is_exposed[piece] = true;
            }
        }
    }
    storing.retain(|(piece, _)| is_exposed[*piece as usize]);
    if storing.is_empty() {
        return storing;
    }
    storing.sort_unstable();
    let frontiers = frontiers(function, graph);
    let mut found = Vec::new();
    // The piece for which a block was reached last.
    let mut reached = vec![u32::MAX; function.block_count()];
    let mut open: Vec<Block> = Vec::new();
    for same in storing.chunk_by(|a, b| a.0 == b.0) {
        let piece = same[0].0;
        open.extend(same.iter().map(|(_, block)| *block));
        while let Some(block) = open.pop() {
            for &join in &frontiers[block.index()] {
                if std::mem::replace(&mut reached[join.index()], piece) != piece {
                    found.push((piece, join));
                    open.push(join);
                }
            }
        }
    }
    found
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
                // A block's joins are met one after another: one that is there already is the last.
                if frontiers[block_at.index()].last() != Some(&block) {
                    frontiers[block_at.index()].push(block);
                }
                at = graph.dominator(block_at);
            }
        }
    }
    frontiers
}

/// Drops the slots whose address nobody takes, and numbers the others anew.
fn drop_unused(function: &mut Function) {
    let mut used = vec![false; function.slots.len()];
    let takers: Vec<Inst> = (function.blocks().flat_map(|block| function.insts(block)))
        .filter(|inst| function.inst(*inst).opcode == Opcode::SlotAddress)
        .collect();
    let needed = |inst: &Inst| function.inst(*inst).slot().index();
    takers.iter().for_each(|inst| used[needed(inst)] = true);
    let mut number = 0;
    let numbers: Vec<u32> = (used.iter())
        .map(|used| {
            number += u32::from(*used);
            number - u32::from(*used)
        })
        .collect();
    for inst in takers {
        let data = function.inst_mut(inst);
        data.a = numbers[data.a as usize];
    }
    let mut used = used.into_iter();
    function.slots.retain(|_| used.next().expect("as many as slots"));
}
