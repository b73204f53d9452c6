//! Operations that no instruction does, as several that there are: 128-bit products, quotients and counts, conversions between 128 bits and
//! floats, float remainders, atomic sums that the hardware does not do exactly.
//!
//! What is a straight run of instructions stands in place; what loops is a function of its own, made once a module. It is the last pass: those
//! before it know the operations as they are.

mod atomic;
mod float;
mod helper;
mod wide;

use rustc_hash::FxHashMap;

use super::replace::Replaced;
use super::spaces::address_spaces;
use crate::function::{Function, InstData};
use crate::ids::{FunctionId, Inst, LocationId, Value};
use crate::immediate::{Condition, Rmw, Space};
use crate::module::Module;
use crate::opcode::Opcode;
use crate::types::Type;

use helper::Helper;

/// Whether any function has what [`expand`] replaces.
pub(super) fn is_needed(module: &Module) -> bool {
    module.functions.iter().any(|function| {
        let mut insts = function.blocks().flat_map(|block| function.insts(block));
        insts.any(|inst| is_expanded(module, function, inst))
    })
}

pub(super) fn expand(module: &mut Module) {
    let mut helpers = FxHashMap::default();
    let mut at = 0;
    // Helpers are appended, and are expanded in their turn; what stands for an operation may use another that is expanded.
    while at < module.functions.len() {
        at += usize::from(!expand_function(module, FunctionId::new(at), &mut helpers));
    }
}

/// Whether there was anything to replace.
fn expand_function(module: &mut Module, id: FunctionId, helpers: &mut FxHashMap<Helper, FunctionId>) -> bool {
    let insts: Vec<Inst> = {
        let function = module.function(id);
        let insts = function.blocks().flat_map(|block| function.insts(block));
        insts.filter(|inst| is_expanded(module, function, *inst)).collect()
    };
    if insts.is_empty() {
        return false;
    }
    let mut function = module.function(id).clone();
    let mut replaced = Replaced::new(&function);
    for inst in insts {
        let data = *function.inst(inst);
        let results: Vec<Value> = function.results(inst).collect();
        let location = function.location(inst);
        let mut writer = Writer { function: &mut function, before: inst, location, module, helpers };
        let new = writer.replacement(&data);
        replaced.grow(&function);
        results.into_iter().zip(new).for_each(|(old, new)| replaced.replace(old, new));
        function.remove_inst(inst);
    }
    replaced.resolve_all(&mut function);
    module.functions[id.index()] = function;
    true
}

/// The integer type that an operation works on, or its operand's where it converts.
fn operand_type(function: &Function, data: &InstData) -> Type {
    function.value_type(Value(data.a))
}

fn is_expanded(module: &Module, function: &Function, inst: Inst) -> bool {
    use Opcode::*;
    let data = function.inst(inst);
    let is_half = matches!(data.ty, Type::F16 | Type::Bf16);
    match data.opcode {
        MulHighU | MulHighS | DivU | DivS | RemU | RemS | MulOverflowU | MulOverflowS | AddSaturateU | AddSaturateS
        | SubSaturateU | SubSaturateS | MinU | MinS | MaxU | MaxS | RotateLeft | LeadingZeros | TrailingZeros
        | CountOnes | SwapBytes | ReverseBits | ToU | ToS => data.ty == Type::I128,
        FromU | FromS => operand_type(function, data) == Type::I128 || data.ty == Type::Bf16,
        FloatRem => true,
        Round => is_half,
        ConvertFloat => data.ty == Type::Bf16 && operand_type(function, data) == Type::F64,
        AtomicRmw if data.rmw() == Rmw::FloatAdd => match data.ty {
            Type::F64 => false,
            // Outside shared memory the hardware's sum loses subnormal numbers.
            Type::F32 => {
                let shared = Some(Space::Shared);
                data.memory().space() != Space::Shared && address_spaces(module, function)[data.a as usize] != shared
            }
            _ => true,
        },
        _ => false,
    }
}

/// Puts instructions before the one that they replace.
struct Writer<'a> {
    function: &'a mut Function,
    before: Inst,
    location: LocationId,
    module: &'a mut Module,
    helpers: &'a mut FxHashMap<Helper, FunctionId>,
}

impl Writer<'_> {
    /// The values that stand for the instruction's results.
    fn replacement(&mut self, data: &InstData) -> Vec<Value> {
        use Opcode::*;
        let a = Value(data.a);
        match data.opcode {
            AtomicRmw => {
                let helper = Helper::AtomicSum(data.ty, data.memory());
                self.call(helper, &[a, Value(data.b)])
            }
            FloatRem => vec![self.float_remainder(data)],
            Round => vec![self.round(data)],
            ConvertFloat => vec![self.to_bf16(a)],
            FromU | FromS => vec![self.float_from(data)],
            ToU | ToS => vec![self.float_to(data)],
            _ => self.wide(data),
        }
    }

    fn push(&mut self, data: InstData) -> Inst {
        let inst = self.function.make(data, self.location);
        self.function.insert_before(self.before, inst);
        inst
    }

    fn value(&mut self, data: InstData) -> Value {
        let inst = self.push(data);
        self.function.result(inst)
    }

    fn constant(&mut self, ty: Type, bits: u128) -> Value {
        let data = self.function.constant_row(ty, bits);
        self.value(data)
    }

    fn unary(&mut self, opcode: Opcode, ty: Type, a: Value) -> Value {
        self.value(InstData { a: a.0, ..InstData::new(opcode, ty) })
    }

    fn binary(&mut self, opcode: Opcode, ty: Type, a: Value, b: Value) -> Value {
        self.value(InstData { a: a.0, b: b.0, ..InstData::new(opcode, ty) })
    }

    /// An operation with a constant.
    fn with(&mut self, opcode: Opcode, ty: Type, a: Value, bits: u128) -> Value {
        let is_shift = matches!(opcode, Opcode::Shl | Opcode::ShrU | Opcode::ShrS);
        let b = self.constant(if is_shift { Type::I32 } else { ty }, bits);
        self.binary(opcode, ty, a, b)
    }

    fn compare(&mut self, condition: Condition, ty: Type, a: Value, b: Value) -> Value {
        let opcode = if ty.is_float() { Opcode::FloatCompare } else { Opcode::Compare };
        self.value(InstData { a: a.0, b: b.0, aux: condition as u16, ..InstData::new(opcode, ty) })
    }

    fn select(&mut self, ty: Type, condition: Value, then: Value, otherwise: Value) -> Value {
        self.value(InstData { a: condition.0, b: then.0, c: otherwise.0, ..InstData::new(Opcode::Select, ty) })
    }

    /// Calls a helper, which is made at its first call.
    fn call(&mut self, helper: Helper, arguments: &[Value]) -> Vec<Value> {
        let id = match self.helpers.get(&helper) {
            Some(id) => *id,
            None => {
                let function = helper.write(self.module);
                let id = FunctionId::new(self.module.functions.len());
                self.module.functions.push(function);
                self.helpers.insert(helper, id);
                id
            }
        };
        let returns = self.module.function(id).returns.clone();
        let c = self.function.add_values(arguments);
        let data = InstData { a: id.0, c, ..InstData::new(Opcode::Call, Type::Void) };
        let inst = self.function.make_inst(data, &returns, self.location);
        self.function.insert_before(self.before, inst);
        self.function.results(inst).collect()
    }
}
