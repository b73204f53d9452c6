//! What must hold of a module. A violation is a mistake of ours, never of the user's program.

use std::fmt;

use crate::build::yielded_types;
use crate::function::{Definition, Function, InstData, List, Parameter};
use crate::graph::Graph;
use crate::ids::{Block, FunctionId, Inst, Value};
use crate::module::Module;
use crate::opcode::{Opcode, Shape, Want, Yields};
use crate::print::print_function;
use crate::types::Type;

/// Something that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// In which function.
    pub function: FunctionId,
    /// Of which instruction, if it is about one.
    pub inst: Option<Inst>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inst {
            Some(inst) => write!(f, "{} {inst}: {}", self.function, self.message),
            None => write!(f, "{}: {}", self.function, self.message),
        }
    }
}

/// Checks every function; empty where all is well.
pub fn verify(module: &Module) -> Vec<Violation> {
    let mut violations = Vec::new();
    for id in (0..module.functions.len()).map(FunctionId::new) {
        verify_function(module, id, &mut violations);
    }
    violations
}

/// Checks a module between passes.
///
/// # Panics
/// When something does not hold: with all violations and the text of the first function that has one.
pub fn assert_verified(module: &Module, after: &str) {
    let violations = verify(module);
    if let Some(first) = violations.first() {
        let list: Vec<String> = violations.iter().map(Violation::to_string).collect();
        panic!("after {after}:\n{}\n{}", list.join("\n"), print_function(module, first.function));
    }
}

fn verify_function(module: &Module, id: FunctionId, violations: &mut Vec<Violation>) {
    let function = module.function(id);
    if !function.has_body() {
        return;
    }
    let mut checker =
        Checker { module, function, id, graph: Graph::new(function), places: places(function), violations };
    checker.check_outline();
    for block in function.blocks() {
        checker.check_block(block);
    }
}

/// An instruction's place in its block, by instruction.
fn places(function: &Function) -> Vec<u32> {
    let mut places = vec![0; function.inst_count()];
    for block in function.blocks() {
        function.insts(block).enumerate().for_each(|(at, inst)| places[inst.index()] = at as u32);
    }
    places
}

struct Checker<'a> {
    module: &'a Module,
    function: &'a Function,
    id: FunctionId,
    graph: Graph,
    places: Vec<u32>,
    violations: &'a mut Vec<Violation>,
}

impl Checker<'_> {
    fn say(&mut self, inst: Option<Inst>, message: String) {
        self.violations.push(Violation { function: self.id, inst, message });
    }

    fn check_outline(&mut self) {
        let function = self.function;
        let given: Vec<Type> =
            function.block_parameters(function.entry()).map(|value| function.value_type(value)).collect();
        let wanted: Vec<Type> = (function.parameters.iter())
            .map(|parameter| match parameter {
                Parameter::Value(ty, _) => *ty,
                Parameter::Bytes(_) => Type::I64,
            })
            .collect();
        if given != wanted {
            self.say(None, format!("the entry block takes {given:?}, the outline says {wanted:?}"));
        }
        if function.is_kernel && !function.returns.is_empty() {
            self.say(None, "a kernel returns nothing".to_owned());
        }
        if !self.graph.predecessors(function.entry()).is_empty() {
            self.say(None, "the entry block is jumped to".to_owned());
        }
    }

    fn check_block(&mut self, block: Block) {
        let function = self.function;
        let last = function.last_inst(block);
        if !last.is_some() || !function.inst(last).opcode.is_terminator() {
            self.say(None, format!("{block} has no terminator"));
        }
        for inst in function.insts(block) {
            if inst != last && function.inst(inst).opcode.is_terminator() {
                self.say(Some(inst), format!("a terminator in the middle of {block}"));
            }
            self.check_operands(block, inst);
            self.check_types(inst);
        }
    }

    fn check_operands(&mut self, block: Block, inst: Inst) {
        let function = self.function;
        let mut wrong = Vec::new();
        function.for_each_operand(inst, |value| {
            if value.index() >= function.value_count() {
                wrong.push(format!("{value} does not exist"));
            } else if self.graph.is_reachable(block) && !self.is_defined_at(value, block, inst) {
                wrong.push(format!("{value} is not defined on every way to its use"));
            }
        });
        wrong.into_iter().for_each(|message| self.say(Some(inst), message));
        for target in function.targets(inst) {
            self.check_target(inst, target);
        }
    }

    fn is_defined_at(&self, value: Value, block: Block, inst: Inst) -> bool {
        match self.function.definition(value) {
            Definition::Parameter(of, at) => {
                self.function.block_parameters(of).nth(at as usize) == Some(value)
                    && self.graph.is_reachable(of)
                    && self.graph.dominates(of, block)
            }
            Definition::Result(by, _) => {
                let of = self.function.block_of(by);
                of.is_some()
                    && self.graph.is_reachable(of)
                    && if of == block {
                        self.places[by.index()] < self.places[inst.index()]
                    } else {
                        self.graph.dominates(of, block)
                    }
            }
        }
    }

    fn check_target(&mut self, inst: Inst, target: List) {
        let function = self.function;
        let block = function.target_block(target);
        let given: Vec<Type> = function
            .target_arguments(target)
            .filter(|value| value.index() < function.value_count())
            .map(|value| function.value_type(value))
            .collect();
        let wanted: Vec<Type> = function.block_parameters(block).map(|value| function.value_type(value)).collect();
        if given != wanted {
            self.say(Some(inst), format!("{block} takes {wanted:?}, given are {given:?}"));
        }
    }

    fn check_types(&mut self, inst: Inst) {
        let function = self.function;
        let data = *function.inst(inst);
        let info = data.opcode.info();
        if !info.types.contains(data.ty) {
            self.say(Some(inst), format!("`{}` has no form for {}", info.name, data.ty.name()));
        }
        let mut operands = Vec::new();
        function.for_each_operand(inst, |value| operands.push(function.value_type(value)));
        for (at, want) in info.wants.iter().enumerate() {
            match operands.get(at) {
                Some(&given) if fits(*want, given, data.ty, data.opcode) => {}
                Some(given) => self.say(Some(inst), format!("operand {at} of `{}` is {}", info.name, given.name())),
                None => self.say(Some(inst), format!("`{}` lacks operand {at}", info.name)),
            }
        }
        let wanted_results = match info.yields {
            Yields::Signature => self.check_call(inst, &data, &operands),
            _ => {
                let (types, count) = yielded_types(&data);
                types[..count].to_vec()
            }
        };
        let results: Vec<Type> = function.results(inst).map(|value| function.value_type(value)).collect();
        if results != wanted_results {
            self.say(Some(inst), format!("`{}` yields {results:?} instead of {wanted_results:?}", info.name));
        }
        self.check_immediates(inst, &data, &operands);
    }

    fn check_call(&mut self, inst: Inst, data: &InstData, operands: &[Type]) -> Vec<Type> {
        let (signature, arguments) = match data.opcode {
            Opcode::Call => (self.module.signature_of(data.function()), operands),
            _ => (self.module.signatures[data.a as usize].clone(), &operands[1..]),
        };
        if arguments != signature.parameters {
            self.say(Some(inst), format!("called with {arguments:?}, wanted are {:?}", signature.parameters));
        }
        signature.returns
    }

    fn check_immediates(&mut self, inst: Inst, data: &InstData, operands: &[Type]) {
        let function = self.function;
        let message = match data.opcode.info().shape {
            Shape::Slot if data.a as usize >= function.slots.len() => "there is no such slot".to_owned(),
            Shape::StoreVector if operands[1..].iter().any(|ty| *ty != data.ty) => {
                format!("the stored values are {:?}", &operands[1..])
            }
            Shape::StoreVector if ![3, 5, 9].contains(&operands.len()) => "a vector has 2, 4 or 8 values".to_owned(),
            Shape::Assert | Shape::Panic if data.b as usize >= self.module.sites.len() => {
                "there is no such site".to_owned()
            }
            Shape::Barrier if data.a > 15 => format!("there are barriers 0 to 15, not {}", data.a),
            Shape::Return if operands != function.returns => {
                format!("returns {operands:?} instead of {:?}", function.returns)
            }
            _ => return,
        };
        self.say(Some(inst), message);
    }
}

fn fits(want: Want, given: Type, ty: Type, opcode: Opcode) -> bool {
    match want {
        Want::Same => given == ty,
        Want::Bool => given == Type::Bool,
        Want::Address => given == Type::I64,
        Want::I32 => given == Type::I32,
        Want::Narrower => {
            given.bits() < ty.bits() && (given.is_integer() || given == Type::Bool && opcode == Opcode::Extend)
        }
        Want::Wider => given.is_integer() && given.bits() > ty.bits(),
        Want::Half => given.is_integer() && given.bits() * 2 == ty.bits(),
        Want::Integer => given.is_integer(),
        Want::Float => given.is_float() && (given != ty || opcode != Opcode::ConvertFloat),
        Want::SameWidth => given != ty && given.bits() == ty.bits() && given != Type::Bool,
    }
}
