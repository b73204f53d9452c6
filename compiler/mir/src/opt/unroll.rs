//! Unrolling: a loop whose rounds can be counted here is written out round by round.
//!
//! The rounds are counted by executing what decides them: the header's condition and the parameters that it hangs on, which begin as constants and
//! are computed from themselves and constants. So every step counts, not only `+ 1`. One call treats the innermost loops; what their
//! rounds have left open is then seen by the other passes before the next call.
//!
//! Written out are loops with one way out, in the header. That also holds for loops in which lanes meet: every lane that comes executes
//! every round as before.

use super::copy::copy_row;
use super::dead::{remove_unreachable, rewrite_targets};
use super::hoist::add_preheaders;
use super::replace::Replaced;
use crate::evaluate::evaluate;
use crate::function::{Definition, Function, InstData, List};
use crate::graph::{Graph, Loop, loops};
use crate::ids::{Block, Inst, Value};
use crate::immediate::Condition;
use crate::opcode::{Opcode, Shape};
use crate::types::Type;

/// So many rounds are counted.
const ROUNDS_MAX: usize = 256;
/// A loop grows no further than this many instructions.
const SIZE_MAX: usize = 1024;
/// The same for loops that index memory of the thread's own by their round: written out, that memory becomes registers.
const INDEXING_SIZE_MAX: usize = 12_000;
/// A function grows no further.
const FUNCTION_MAX: usize = 40_000;
/// A value that decides a loop is computed by no more instructions than this.
const DEPTH_MAX: usize = 8;

/// Writes out innermost loops; whether there was any that could be.
pub(super) fn unroll_loops(function: &mut Function) -> bool {
    if !add_preheaders(function) {
        return false;
    }
    let graph = Graph::new(function);
    let found = loops(&graph);
    let mut is_header = vec![false; function.block_count()];
    found.iter().for_each(|found| is_header[found.header.index()] = true);
    let innermost = |found: &&Loop| found.blocks[1..].iter().all(|block| !is_header[block.index()]);
    let mut replaced = Replaced::new(function);
    let mut changed = false;
    for found in found.iter().filter(innermost) {
        if let Some(plan) = plan(function, &graph, found) {
            write_out(function, found, &plan, &mut replaced);
            changed = true;
        }
    }
    if changed {
        remove_unreachable(function, &Graph::new(function));
        replaced.resolve_all(function);
    }
    changed
}

struct Plan {
    /// The block from which alone the loop is entered.
    preheader: Block,
    /// The only block that jumps back.
    latch: Block,
    /// Whether the loop goes on where the header's condition is true.
    goes_on: bool,
    rounds: usize,
}

fn plan(function: &Function, graph: &Graph, found: &Loop) -> Option<Plan> {
    let &[latch] = found.latches.as_slice() else { return None };
    let mut outside = graph.predecessors(found.header).iter().filter(|from| **from != latch);
    let (&preheader, None) = (outside.next()?, outside.next()) else { return None };
    let mut inside = vec![false; function.block_count()];
    found.blocks.iter().for_each(|block| inside[block.index()] = true);
    let leaves = |block: Block| function.successors(block).any(|next| !inside[next.index()]);
    if found.blocks[1..].iter().any(|block| leaves(*block)) || function.targets(function.last_inst(latch)).count() != 1
    {
        return None;
    }
    let decision = *function.inst(function.last_inst(found.header));
    if decision.opcode != Opcode::Branch {
        return None;
    }
    let goes_on = inside[function.target_block(decision.b).index()];
    if goes_on == inside[function.target_block(decision.c).index()] {
        return None;
    }
    let entering =
        function.targets(function.last_inst(preheader)).find(|to| function.target_block(*to) == found.header)?;
    let size: usize = found.blocks.iter().map(|block| counted(function, *block)).sum();
    let most = if indexes_slots(function, found, &inside) { INDEXING_SIZE_MAX } else { SIZE_MAX };
    let rounds_max = (most.min(FUNCTION_MAX.saturating_sub(function.inst_count())) / size.max(1)).min(ROUNDS_MAX);
    let again = function.inst(function.last_inst(latch)).c;
    let counter = Counter { function, header: found.header, entering, again };
    let rounds = counter.rounds(Value(decision.a), goes_on, rounds_max)?;
    Some(Plan { preheader, latch, goes_on, rounds })
}

/// How many instructions of a block cost something.
fn counted(function: &Function, block: Block) -> usize {
    function.insts(block).filter(|inst| !matches!(function.inst(*inst).opcode, Opcode::Const)).count()
}

/// Whether the loop accesses a slot at a distance that is computed in it.
fn indexes_slots(function: &Function, found: &Loop, inside: &[bool]) -> bool {
    let is_slot = |mut value: Value| loop {
        let Some(inst) = function.defining_inst(value) else { return false };
        let data = function.inst(inst);
        match data.opcode {
            Opcode::SlotAddress => return true,
            Opcode::Offset => value = Value(data.a),
            _ => return false,
        }
    };
    let varies = |value: Value| match function.definition(value) {
        Definition::Parameter(block, _) => inside[block.index()],
        Definition::Result(inst, _) => function.block_of(inst).is_some() && inside[function.block_of(inst).index()],
    };
    found.blocks.iter().flat_map(|block| function.insts(*block)).any(|inst| {
        let data = function.inst(inst);
        data.opcode == Opcode::Offset
            && function.constant(Value(data.b)).is_none()
            && varies(Value(data.b))
            && is_slot(Value(data.a))
    })
}

/// Executes what decides how often a loop goes round.
struct Counter<'a> {
    function: &'a Function,
    header: Block,
    /// The targets that lead into the header, from before and from the round before.
    entering: List,
    again: List,
}

/// The header's parameters in one round: their bits where they are known.
type Round = Vec<Option<u128>>;

impl Counter<'_> {
    /// How many rounds the condition lets pass, up to `most`.
    fn rounds(&self, condition: Value, goes_on: bool, most: usize) -> Option<usize> {
        let function = self.function;
        let mut round: Round = function.target_arguments(self.entering).map(|value| function.constant(value)).collect();
        // Only what the condition hangs on is computed.
        let mut wanted = vec![false; round.len()];
        self.want(condition, &mut wanted, DEPTH_MAX)?;
        for rounds in 0..=most {
            if (self.bits(condition, &round, DEPTH_MAX)? != 0) != goes_on {
                return Some(rounds);
            }
            let next = function.target_arguments(self.again).zip(&wanted);
            round =
                next.map(|(value, wanted)| if *wanted { self.bits(value, &round, DEPTH_MAX) } else { None }).collect();
        }
        None
    }

    /// Marks the parameters that a value hangs on, in this round or an earlier one.
    fn want(&self, value: Value, wanted: &mut [bool], depth: usize) -> Option<()> {
        match self.function.definition(value) {
            Definition::Parameter(block, at) if block == self.header => {
                if !std::mem::replace(&mut wanted[at as usize], true) {
                    let again = self.function.target_arguments(self.again).nth(at as usize)?;
                    self.want(again, wanted, DEPTH_MAX)?;
                }
                Some(())
            }
            Definition::Parameter(..) => None,
            Definition::Result(inst, _) => {
                let mut all = (depth > 0).then_some(());
                self.function.for_each_operand(inst, |operand| {
                    if all.is_some() {
                        all = self.want(operand, wanted, depth - 1);
                    }
                });
                all
            }
        }
    }

    fn bits(&self, value: Value, round: &Round, depth: usize) -> Option<u128> {
        let function = self.function;
        if let Some(bits) = function.constant(value) {
            return Some(bits);
        }
        let (inst, number) = match function.definition(value) {
            Definition::Parameter(block, at) if block == self.header => return round[at as usize],
            Definition::Parameter(..) => return None,
            Definition::Result(inst, number) => (inst, number),
        };
        let data = function.inst(inst);
        // A NaN's bits are the hardware's to choose.
        if depth == 0 || !data.opcode.effects().is_pure() || data.ty.is_float() {
            return None;
        }
        let (mut operands, mut types, mut all) = (Vec::new(), Vec::new(), true);
        function.for_each_operand(inst, |operand| match self.bits(operand, round, depth - 1) {
            Some(bits) if all => {
                operands.push(bits);
                types.push(function.value_type(operand));
            }
            _ => all = false,
        });
        if !all || operands.is_empty() {
            return None;
        }
        let condition = (data.opcode.info().shape == Shape::Compare).then(|| Condition::from_bits(data.aux));
        let (bits, flag) = evaluate(data.opcode, data.ty, condition, &operands, &types)?;
        Some(if number == 0 { bits } else { u128::from(flag) })
    }
}

/// One round's copy: what became of the loop's values and blocks.
struct Copy {
    values: Vec<Value>,
    blocks: Vec<Block>,
}

fn write_out(function: &mut Function, found: &Loop, plan: &Plan, replaced: &mut Replaced) {
    let value_count = function.value_count();
    let block_count = function.block_count();
    let mut copy = Copy { values: (0..value_count).map(Value::new).collect(), blocks: Vec::new() };
    let parameters: Vec<Value> = function.block_parameters(found.header).collect();
    let header_target = |function: &Function, from: Block| {
        let mut targets = function.targets(function.last_inst(from));
        targets.find(|to| function.target_block(*to) == found.header).expect("it leads into the header")
    };
    let mut arguments: Vec<Value> = function.target_arguments(header_target(function, plan.preheader)).collect();
    let again: Vec<Value> = function.target_arguments(header_target(function, plan.latch)).collect();
    let mut before = plan.preheader;
    for round in 0..=plan.rounds {
        let blocks = if round < plan.rounds { &found.blocks[..] } else { &found.blocks[..1] };
        copy.blocks.clear();
        copy.blocks.resize(block_count, Block::NONE);
        let mut last = before;
        for &block in blocks {
            last = function.add_block_after(last);
            copy.blocks[block.index()] = last;
        }
        parameters.iter().zip(&arguments).for_each(|(parameter, value)| copy.values[parameter.index()] = *value);
        for &block in &blocks[1..] {
            let types: Vec<Type> = function.block_parameters(block).map(|value| function.value_type(value)).collect();
            let new = function.add_parameters(copy.blocks[block.index()], &types);
            let old: Vec<Value> = function.block_parameters(block).collect();
            old.into_iter().zip(new).for_each(|(old, new)| copy.values[old.index()] = new);
        }
        // The order is one in which definitions stand before uses, so that each block's operands are known.
        for &block in blocks {
            copy_block(function, found, plan, block, &mut copy);
        }
        enter(function, found, before, copy.blocks[found.header.index()]);
        if round < plan.rounds {
            arguments = again.iter().map(|value| copy.values[value.index()]).collect();
            before = copy.blocks[plan.latch.index()];
        }
    }
    // Behind the loop, what the header defines is what its last copy does.
    let header_values: Vec<Value> =
        parameters.into_iter().chain(function.insts(found.header).flat_map(|inst| function.results(inst))).collect();
    replaced.grow(function);
    for value in header_values {
        replaced.replace(value, copy.values[value.index()]);
    }
}

/// Sends the jump that led into the header, of the preheader or of a copied latch, to the header's copy, which has no parameters.
fn enter(function: &mut Function, found: &Loop, from: Block, header: Block) {
    let last = function.last_inst(from);
    rewrite_targets(function, last, |function, target| {
        if function.target_block(target) == found.header { function.add_target(header, &[]) } else { target }
    });
}

fn copy_block(function: &mut Function, found: &Loop, plan: &Plan, block: Block, copy: &mut Copy) {
    let to = copy.blocks[block.index()];
    let insts: Vec<Inst> = function.insts(block).collect();
    for inst in insts {
        let mut data = copy_row(function, inst);
        if block == found.header && data.opcode.is_terminator() {
            // Only the last copy leaves.
            let is_last = found.blocks.get(1).is_none_or(|next| !copy.blocks[next.index()].is_some());
            let c = if plan.goes_on != is_last { data.b } else { data.c };
            data = InstData { c, ..InstData::new(Opcode::Jump, Type::Void) };
        }
        let types: Vec<Type> = function.results(inst).map(|value| function.value_type(value)).collect();
        let new = function.make_inst(data, &types, function.location(inst));
        function.append_inst(to, new);
        function.map_operands(new, |value| copy.values.get(value.index()).copied().unwrap_or(value));
        for (old, new) in function.results(inst).zip(function.results(new)) {
            copy.values[old.index()] = new;
        }
        if data.opcode.is_terminator() {
            rewrite_targets(function, new, |function, target| {
                let old = function.target_block(target);
                let new = if old == found.header { Block::NONE } else { copy.blocks[old.index()] };
                if !new.is_some() {
                    return target;
                }
                let arguments: Vec<Value> = function.target_arguments(target).collect();
                function.add_target(new, &arguments)
            });
        }
    }
}
