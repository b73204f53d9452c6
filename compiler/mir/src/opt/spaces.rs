//! Address spaces: where an address comes from says where it points, so that accesses need not find out at run time, and slots
//! with constant indices can stay in registers.

use crate::function::{Definition, Function, Parameter};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Value};
use crate::immediate::Space;
use crate::module::Module;
use crate::opcode::{Opcode, Shape};

/// What is known of where a value points, if it is an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing has come there yet.
    Nothing,
    /// Into this space.
    In(Space),
    /// Into more than one, or it is no address.
    Anywhere,
}

impl Known {
    fn join(self, other: Known) -> Known {
        match (self, other) {
            (Known::Nothing, known) | (known, Known::Nothing) => known,
            (Known::In(a), Known::In(b)) if a == b => self,
            _ => Known::Anywhere,
        }
    }
}

/// Gives accesses the space that their address is known to point into, and marks loads through read-only parameters.
pub(super) fn infer_spaces(module: &mut Module) {
    let spaces: Vec<Space> = module.globals.iter().map(|global| global.space).collect();
    for function in module.functions.iter_mut().filter(|function| function.has_body()) {
        infer_in(function, &spaces);
    }
}

/// For each value the space that it surely points into.
pub(super) fn address_spaces(module: &Module, function: &Function) -> Vec<Option<Space>> {
    let globals: Vec<Space> = module.globals.iter().map(|global| global.space).collect();
    let known = known_spaces(function, &globals);
    known
        .into_iter()
        .map(|known| match known {
            Known::In(space) => Some(space),
            _ => None,
        })
        .collect()
}

fn infer_in(function: &mut Function, globals: &[Space]) {
    let known = known_spaces(function, globals);
    let insts = function.placed_insts();
    for inst in insts {
        let data = *function.inst(inst);
        let is_access = matches!(
            data.opcode.info().shape,
            Shape::Load | Shape::Store | Shape::LoadVector | Shape::StoreVector | Shape::Rmw | Shape::CompareExchange
        );
        if !is_access {
            continue;
        }
        let mut memory = data.memory();
        if let (Space::Generic, Known::In(space)) = (memory.space(), known[data.a as usize]) {
            memory = memory.with_space(space);
        }
        if matches!(data.opcode, Opcode::Load | Opcode::LoadVector)
            && memory.is_plain()
            && is_read_only(function, Value(data.a))
        {
            memory = memory.with_read_only();
        }
        function.inst_mut(inst).aux = memory.0;
    }
}

/// Whether an address is an offset from a kernel's parameter that nobody writes through.
fn is_read_only(function: &Function, mut address: Value) -> bool {
    loop {
        match function.definition(address) {
            Definition::Parameter(block, at) => {
                let is_entry = block == function.entry() && function.is_kernel;
                return is_entry
                    && matches!(function.parameters[at as usize], Parameter::Value(_, facts) if facts.global && facts.read_only);
            }
            Definition::Result(inst, _) => {
                let data = function.inst(inst);
                if data.opcode != Opcode::Offset {
                    return false;
                }
                address = Value(data.a);
            }
        }
    }
}

/// Follows addresses from where they are made, around loops until nothing changes.
fn known_spaces(function: &Function, globals: &[Space]) -> Vec<Known> {
    let graph = Graph::new(function);
    let mut known = vec![Known::Nothing; function.value_count()];
    for (value, parameter) in function.block_parameters(function.entry()).zip(&function.parameters) {
        known[value.index()] = match parameter {
            Parameter::Bytes(_) => Known::In(Space::Parameter),
            Parameter::Value(_, facts) if facts.global => Known::In(Space::Global),
            Parameter::Value(..) => Known::Anywhere,
        };
    }
    let mut changed = true;
    while changed {
        changed = false;
        for &block in &graph.order {
            for inst in function.insts(block) {
                changed |= follow(function, inst, globals, &mut known);
            }
            changed |= follow_jumps(function, block, &mut known);
        }
    }
    known
}

fn follow(function: &Function, inst: Inst, globals: &[Space], known: &mut [Known]) -> bool {
    let data = function.inst(inst);
    let mut changed = false;
    let mut first = true;
    for result in function.results(inst) {
        let coming = match data.opcode {
            _ if !std::mem::replace(&mut first, false) => Known::Anywhere,
            Opcode::SlotAddress => Known::In(Space::Local),
            Opcode::GlobalAddress => Known::In(globals[data.a as usize]),
            Opcode::Offset => known[data.a as usize],
            Opcode::Select => known[data.b as usize].join(known[data.c as usize]),
            _ => Known::Anywhere,
        };
        let joined = known[result.index()].join(coming);
        changed |= joined != known[result.index()];
        known[result.index()] = joined;
    }
    changed
}

fn follow_jumps(function: &Function, block: Block, known: &mut [Known]) -> bool {
    let mut changed = false;
    for target in function.targets(function.last_inst(block)) {
        let parameters = function.block_parameters(function.target_block(target));
        for (parameter, argument) in parameters.zip(function.target_arguments(target)) {
            let joined = known[parameter.index()].join(known[argument.index()]);
            changed |= joined != known[parameter.index()];
            known[parameter.index()] = joined;
        }
    }
    changed
}
