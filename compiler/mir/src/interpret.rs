//! Executes a function for one thread: the oracle of the passes, and the engine of constant evaluation.
//!
//! What needs other threads (barriers, votes, shuffles) is refused by name. Memory is one row of bytes; every access is
//! checked against it.

use std::collections::HashMap;

use crate::evaluate::evaluate;
use crate::function::{Function, InstData, List};
use crate::ids::{Block, FunctionId, GlobalId, Inst, SiteId, Value};
use crate::immediate::{Condition, Rmw, Special};
use crate::module::{Address, Module};
use crate::opcode::{Opcode, Shape};
use crate::types::Type;

/// Why an execution did not return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// It panicked at a site, reporting these bits.
    Panic(SiteId, Vec<u128>),
    /// It ended its thread.
    Exit,
    /// It trapped, or reached what is never reached.
    Trap,
    /// It accessed bytes that are not there.
    OutOfBounds(u64),
    /// It took more steps than allowed.
    TooLong,
    /// It called too deep.
    TooDeep,
    /// It needs what one thread alone has not.
    NotAlone(&'static str),
}

/// A thread with memory.
pub struct Machine<'a> {
    module: &'a Module,
    /// All memory; addresses are indices. The first 256 bytes belong to nobody, so that null is out of bounds.
    pub memory: Vec<u8>,
    globals: Vec<u64>,
    /// What `special` reads; 0 where nothing is set, 1 for extents.
    pub specials: HashMap<Special, u32>,
    /// How many instructions may still be executed.
    pub steps_left: u64,
    depth: u32,
}

const NOBODYS: usize = 256;
/// Addresses of functions: far above memory.
const FUNCTIONS: u64 = 1 << 48;
const DEPTH_MAX: u32 = 200;

impl<'a> Machine<'a> {
    /// A thread that may execute `steps` instructions of `module`, with its variables in memory.
    pub fn new(module: &'a Module, steps: u64) -> Machine<'a> {
        let mut machine = Machine {
            module,
            memory: vec![0; NOBODYS],
            globals: Vec::new(),
            specials: HashMap::new(),
            steps_left: steps,
            depth: 0,
        };
        for global in &module.globals {
            let address = machine.allocate(global.size_bytes, u64::from(global.align_bytes));
            let at = address as usize;
            machine.memory[at..at + global.bytes.len()].copy_from_slice(&global.bytes);
            machine.globals.push(address);
        }
        for (id, global) in module.globals.iter().enumerate() {
            for (at, address) in &global.addresses {
                let bits = match *address {
                    Address::Global(of, distance) => machine.globals[of.index()].wrapping_add_signed(distance),
                    Address::Function(of) => FUNCTIONS + u64::from(of.0),
                };
                let at = (machine.globals[id] + at) as usize;
                machine.memory[at..at + 8].copy_from_slice(&bits.to_le_bytes());
            }
        }
        machine
    }

    /// Where new memory of zeros begins.
    pub fn allocate(&mut self, size_bytes: u64, align_bytes: u64) -> u64 {
        let address = (self.memory.len() as u64).next_multiple_of(align_bytes.max(1));
        self.memory.resize((address + size_bytes) as usize, 0);
        address
    }

    /// Where a variable lies.
    pub fn global_address(&self, id: GlobalId) -> u64 {
        self.globals[id.index()]
    }

    /// Calls a function with the bits of its arguments.
    ///
    /// # Errors
    /// When it does not return.
    pub fn call(&mut self, id: FunctionId, arguments: &[u128]) -> Result<Vec<u128>, Stop> {
        if self.depth == DEPTH_MAX {
            return Err(Stop::TooDeep);
        }
        self.depth += 1;
        let memory_before = self.memory.len();
        let function = self.module.function(id);
        let slots =
            function.slots.iter().map(|slot| self.allocate(u64::from(slot.size_bytes), u64::from(slot.align_bytes)));
        let slots: Vec<u64> = slots.collect();
        let mut frame = Frame { function, values: vec![0; function.value_count()], slots };
        let returned = frame.run(self, arguments);
        self.memory.truncate(memory_before);
        self.depth -= 1;
        returned
    }

    /// The bits in memory at `address`.
    ///
    /// # Errors
    /// When there are none.
    pub fn read(&self, address: u64, ty: Type) -> Result<u128, Stop> {
        let range = self.range(address, ty)?;
        Ok(self.memory[range].iter().rev().fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
    }

    /// Puts bits into memory at `address`.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn write(&mut self, address: u64, ty: Type, bits: u128) -> Result<(), Stop> {
        let range = self.range(address, ty)?;
        let size = range.len();
        self.memory[range].copy_from_slice(&bits.to_le_bytes()[..size]);
        Ok(())
    }

    fn range(&self, address: u64, ty: Type) -> Result<std::ops::Range<usize>, Stop> {
        let (start, size) = (usize::try_from(address).unwrap_or(usize::MAX), ty.size_bytes() as usize);
        match start.checked_add(size) {
            Some(end) if start >= NOBODYS && end <= self.memory.len() => Ok(start..end),
            _ => Err(Stop::OutOfBounds(address)),
        }
    }
}

struct Frame<'a> {
    function: &'a Function,
    values: Vec<u128>,
    slots: Vec<u64>,
}

/// Where execution goes on.
enum Next {
    Inst,
    Block(List),
    Returned(Vec<u128>),
}

impl Frame<'_> {
    fn run(&mut self, machine: &mut Machine<'_>, arguments: &[u128]) -> Result<Vec<u128>, Stop> {
        let mut block = self.function.entry();
        self.enter(block, arguments);
        'blocks: loop {
            for inst in self.function.insts(block) {
                machine.steps_left = machine.steps_left.checked_sub(1).ok_or(Stop::TooLong)?;
                match self.step(machine, inst)? {
                    Next::Inst => {}
                    Next::Returned(values) => return Ok(values),
                    Next::Block(target) => {
                        let arguments: Vec<u128> =
                            self.function.target_arguments(target).map(|value| self.get(value)).collect();
                        block = self.function.target_block(target);
                        self.enter(block, &arguments);
                        continue 'blocks;
                    }
                }
            }
            unreachable!("a verified block ends in a terminator");
        }
    }

    fn enter(&mut self, block: Block, arguments: &[u128]) {
        let parameters: Vec<Value> = self.function.block_parameters(block).collect();
        parameters.into_iter().zip(arguments).for_each(|(value, bits)| self.values[value.index()] = *bits);
    }

    fn get(&self, value: Value) -> u128 {
        self.values[value.index()]
    }

    fn list(&self, list: List) -> Vec<u128> {
        self.function.values_of(list).map(|value| self.get(value)).collect()
    }

    fn set(&mut self, inst: Inst, bits: u128) {
        let result = self.function.result(inst);
        self.values[result.index()] = bits;
    }

    fn step(&mut self, machine: &mut Machine<'_>, inst: Inst) -> Result<Next, Stop> {
        let data = *self.function.inst(inst);
        let [a, b, c] = [data.a, data.b, data.c].map(|field| self.values.get(field as usize).copied().unwrap_or(0));
        let address = (a as u64).wrapping_add_signed(i64::from(data.offset_bytes()));
        match data.opcode.info().shape {
            Shape::Constant => self.set(inst, self.function.constant_bits(&data)),
            Shape::Slot => self.set(inst, u128::from(self.slots[data.slot().index()])),
            Shape::Global => self.set(inst, u128::from(machine.globals[data.global().index()])),
            Shape::Function => self.set(inst, u128::from(FUNCTIONS + u64::from(data.a))),
            Shape::Special => {
                let missing = u32::from(data.special().name().starts_with('n'));
                let value = machine.specials.get(&data.special()).copied().unwrap_or(missing);
                self.set(inst, u128::from(value));
            }
            Shape::Load => {
                let bits = machine.read(address, data.ty)?;
                self.set(inst, bits);
            }
            Shape::Store => machine.write(address, data.ty, c)?,
            Shape::LoadVector => {
                for (at, value) in self.function.results(inst).enumerate() {
                    self.values[value.index()] = machine.read(element(address, data.ty, at), data.ty)?;
                }
            }
            Shape::StoreVector => {
                for (at, bits) in self.list(data.c).into_iter().enumerate() {
                    machine.write(element(address, data.ty, at), data.ty, bits)?;
                }
            }
            Shape::Rmw => {
                let old = machine.read(a as u64, data.ty)?;
                machine.write(a as u64, data.ty, combined(data.rmw(), data.ty, old, b))?;
                self.set(inst, old);
            }
            Shape::CompareExchange => {
                let old = machine.read(a as u64, data.ty)?;
                if old == b {
                    machine.write(a as u64, data.ty, c)?;
                }
                self.set(inst, old);
            }
            Shape::Fence | Shape::Print => {}
            Shape::Barrier | Shape::WarpBarrier | Shape::Shuffle | Shape::Vote | Shape::Match | Shape::Reduce => {
                return Err(Stop::NotAlone(data.opcode.info().name));
            }
            Shape::Call | Shape::CallIndirect => self.call(machine, inst, &data)?,
            Shape::Assert if a == 0 => return Err(Stop::Panic(data.site(), self.list(data.c))),
            Shape::Assert => {}
            Shape::Panic => return Err(Stop::Panic(data.site(), self.list(data.c))),
            Shape::Jump => return Ok(Next::Block(data.c)),
            Shape::Branch => return Ok(Next::Block(if a != 0 { data.b } else { data.c })),
            Shape::Switch => {
                let case = self.function.cases(inst).find(|(key, _)| u128::from(*key) == a);
                return Ok(Next::Block(case.map_or(self.function.list(data.c)[0], |(_, target)| target)));
            }
            Shape::Return => return Ok(Next::Returned(self.list(data.c))),
            Shape::Nothing => match data.opcode {
                Opcode::Exit => return Err(Stop::Exit),
                Opcode::Clock => self.set(inst, u128::from(u64::MAX - machine.steps_left)),
                Opcode::ActiveMask => return Err(Stop::NotAlone("active_mask")),
                _ => return Err(Stop::Trap),
            },
            Shape::Unary | Shape::Binary | Shape::Ternary | Shape::Compare => self.compute(inst, &data),
        }
        Ok(Next::Inst)
    }

    fn compute(&mut self, inst: Inst, data: &InstData) {
        let (mut operands, mut types) = (Vec::new(), Vec::new());
        self.function.for_each_operand(inst, |value| {
            operands.push(self.values[value.index()]);
            types.push(self.function.value_type(value));
        });
        let is_compare = data.opcode.info().shape == Shape::Compare;
        let condition = is_compare.then(|| Condition::from_bits(data.aux));
        let (bits, flag) = evaluate(data.opcode, data.ty, condition, &operands, &types)
            .expect("the evaluator knows every pure operation");
        let mut results = self.function.results(inst);
        results.next().into_iter().for_each(|value| self.values[value.index()] = bits);
        results.next().into_iter().for_each(|value| self.values[value.index()] = u128::from(flag));
    }

    fn call(&mut self, machine: &mut Machine<'_>, inst: Inst, data: &InstData) -> Result<(), Stop> {
        let callee = match data.opcode {
            Opcode::Call => data.function(),
            _ => {
                let address = self.get(Value(data.b)) as u64;
                let id = address.wrapping_sub(FUNCTIONS);
                if id >= machine.module.functions.len() as u64 {
                    return Err(Stop::OutOfBounds(address));
                }
                FunctionId(id as u32)
            }
        };
        let arguments = self.list(data.c);
        let returned = machine.call(callee, &arguments)?;
        self.function.results(inst).zip(returned).for_each(|(value, bits)| self.values[value.index()] = bits);
        Ok(())
    }
}

fn element(address: u64, ty: Type, at: usize) -> u64 {
    address.wrapping_add(at as u64 * u64::from(ty.size_bytes()))
}

/// What stands in memory after an atomic operation.
fn combined(rmw: Rmw, ty: Type, old: u128, new: u128) -> u128 {
    let opcode = match rmw {
        Rmw::Add => Opcode::Add,
        Rmw::And => Opcode::And,
        Rmw::Or => Opcode::Or,
        Rmw::Xor => Opcode::Xor,
        Rmw::Min => Opcode::MinS,
        Rmw::MinU => Opcode::MinU,
        Rmw::Max => Opcode::MaxS,
        Rmw::MaxU => Opcode::MaxU,
        Rmw::FloatAdd => Opcode::FloatAdd,
        Rmw::Exchange => return new,
    };
    evaluate(opcode, ty, None, &[old, new], &[ty, ty]).expect("the evaluator knows every atomic operation").0
}
