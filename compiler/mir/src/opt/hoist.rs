//! Hoisting: what is the same in every round of a loop is computed once before it.

use crate::function::{Definition, Function, InstData};
use crate::graph::{Graph, Loop, loops};
use crate::ids::{Block, Inst, Value};
use crate::opcode::{Effects, Opcode};
use crate::opt::dead::rewrite_targets;
use crate::types::Type;

/// Moves pure instructions out of loops, and loads of memory that nobody writes where the loop surely executes them.
pub(super) fn hoist(function: &mut Function) {
    if !add_preheaders(function) {
        return;
    }
    let graph = Graph::new(function);
    // Inner loops first, so that what leaves an inner loop can leave the outer one too.
    for found in loops(&graph) {
        hoist_loop(function, &graph, &found);
    }
}

/// Gives every loop a block through which alone it is entered; false where there is no loop.
pub(super) fn add_preheaders(function: &mut Function) -> bool {
    let graph = Graph::new(function);
    let found = loops(&graph);
    for found in &found {
        let outside: Vec<Block> =
            graph.predecessors(found.header).iter().copied().filter(|from| !found.latches.contains(from)).collect();
        let mut distinct = outside.clone();
        distinct.dedup();
        let is_preheader = distinct.len() == 1 && function.successors(distinct[0]).count() == 1;
        if !is_preheader {
            add_preheader(function, found, &outside);
        }
    }
    !found.is_empty()
}

fn add_preheader(function: &mut Function, found: &Loop, outside: &[Block]) {
    let last = outside.iter().max_by_key(|block| block.index()).copied().expect("a loop is entered from outside");
    let block = function.add_block_after(last);
    let types: Vec<_> = function.block_parameters(found.header).map(|value| function.value_type(value)).collect();
    let parameters: Vec<Value> = types.into_iter().map(|ty| function.add_parameter(block, ty)).collect();
    for &from in outside {
        let inst = function.last_inst(from);
        rewrite_targets(function, inst, |function, target| {
            if function.target_block(target) != found.header {
                return target;
            }
            let arguments: Vec<Value> = function.target_arguments(target).collect();
            function.add_target(block, &arguments)
        });
    }
    let location = function.location(function.first_inst(found.header));
    let c = function.add_target(found.header, &parameters);
    let data = InstData { c, ..InstData::new(Opcode::Jump, Type::Void) };
    let jump = function.make(data, location);
    function.append_inst(block, jump);
}

fn hoist_loop(function: &mut Function, graph: &Graph, found: &Loop) {
    let outside = graph.predecessors(found.header).iter().find(|from| !found.latches.contains(from));
    let Some(&preheader) = outside else { return };
    let mut inside = vec![false; function.block_count()];
    found.blocks.iter().for_each(|block| inside[block.index()] = true);
    let is_inside = |function: &Function, value: Value| match function.definition(value) {
        Definition::Parameter(block, _) => inside[block.index()],
        Definition::Result(inst, _) => function.block_of(inst).is_some() && inside[function.block_of(inst).index()],
    };
    for &block in &found.blocks {
        // A load may fault: it moves only if the loop cannot be entered without executing it.
        let surely = block == found.header;
        let mut may_have_ended = false;
        let insts: Vec<Inst> = function.insts(block).collect();
        for inst in insts {
            let data = *function.inst(inst);
            let effects = data.opcode.effects();
            let is_constant_load = matches!(data.opcode, Opcode::Load | Opcode::LoadVector)
                && data.memory().is_plain()
                && data.memory().is_read_only()
                && surely
                && !may_have_ended;
            may_have_ended |= effects.has(Effects::MAY_END);
            if !effects.is_pure() && !is_constant_load {
                continue;
            }
            let mut depends = false;
            function.for_each_operand(inst, |value| depends |= is_inside(function, value));
            if !depends {
                function.remove_inst(inst);
                let end = function.last_inst(preheader);
                function.insert_before(end, inst);
            }
        }
    }
}
