//! 128-bit integers, in pairs of 64-bit registers: the lower half in the value's register, the upper one right behind.

use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::immediate::Condition;
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::function::{Body, ptx};
use crate::memory::dotted;
use crate::operand::Operand;
use crate::registers::{Class, Register};

/// The two halves of a value.
#[derive(Clone, Copy)]
struct Pair {
    low: Operand,
    high: Operand,
}

/// The registers of a pair that is written.
#[derive(Clone, Copy)]
struct Target {
    low: Register,
    high: Register,
}

fn upper(register: Register) -> Register {
    Register { number: register.number + 1, ..register }
}

fn pair(body: &mut Body<'_, '_>, value: Value) -> Pair {
    match body.constant(value) {
        Some(bits) => Pair { low: Operand::Integer(bits as u64), high: Operand::Integer((bits >> 64) as u64) },
        None => {
            let low = body.raw(value);
            Pair { low: Operand::Register(low), high: Operand::Register(upper(low)) }
        }
    }
}

fn target(body: &mut Body<'_, '_>, value: Value) -> Target {
    let low = body.define(value);
    Target { low, high: upper(low) }
}

/// Copies a pair, for the arguments of jumps.
pub(crate) fn halves(body: &mut Body<'_, '_>, value: Value) -> [Operand; 2] {
    let Pair { low, high } = pair(body, value);
    [low, high]
}

/// The registers of both halves, for the parameters of blocks.
pub(crate) fn targets(body: &mut Body<'_, '_>, value: Value) -> [Register; 2] {
    let Target { low, high } = target(body, value);
    [low, high]
}

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let mut results = body.function.results(inst);
    let (first, second) = (results.next(), results.next());
    match (data.opcode, first) {
        (Opcode::Const, _) => {}
        (Opcode::Load, Some(result)) => {
            let d = target(body, result);
            access(body, data, [d.low, d.high].map(Operand::Register))?;
        }
        (Opcode::Store, _) => {
            let value = pair(body, Value(data.c));
            access(body, data, [value.low, value.high])?;
        }
        (Opcode::Compare, Some(result)) => compare(body, result, data),
        (Opcode::AddOverflowU | Opcode::SubOverflowU | Opcode::AddOverflowS | Opcode::SubOverflowS, Some(result)) => {
            checked(body, result, second.expect("a checked operation has two results"), data);
        }
        (_, Some(result)) if body.value_type(result) != Type::I128 => narrow(body, result, data)?,
        (_, Some(result)) => wide(body, result, data)?,
        _ => return Err(format!("`{}` of i128", data.opcode.info().name)),
    }
    Ok(())
}

/// Both halves at once where the address is aligned to all 16 bytes, else one after the other. No target below sm_90 has ordered accesses of 128 bits.
fn access(body: &mut Body<'_, '_>, data: &InstData, halves: [Operand; 2]) -> Result<(), String> {
    let memory = data.memory();
    if !memory.is_plain() {
        return Err(format!("a {} access of 16 bytes", memory.ordering().name()));
    }
    let is_load = data.opcode == Opcode::Load;
    let [low, high] = halves;
    match memory.align_bytes() {
        16.. => {
            let registers = [low, high].map(|half| match half {
                Operand::Register(register) => register,
                immediate => {
                    let register = body.scratch(Class::Long);
                    ptx!(body, "mov.b64 {register}, {immediate}");
                    register
                }
            });
            let (space, address) = body.access_address(Value(data.a), memory.space(), data.offset_bytes());
            let list = registers.map(|register| register.to_string()).join(", ");
            match is_load {
                true => ptx!(body, "ld{}.v2.b64 {{{list}}}, {address}", dotted(space)),
                false => ptx!(body, "st{}.v2.b64 {address}, {{{list}}}", dotted(space)),
            }
        }
        8 => {
            for (half, at) in [(low, 0), (high, 8)] {
                let (space, address) = body.access_address(Value(data.a), memory.space(), data.offset_bytes() + at);
                match is_load {
                    true => ptx!(body, "ld{}.b64 {half}, {address}", dotted(space)),
                    false => ptx!(body, "st{}.b64 {address}, {half}", dotted(space)),
                }
            }
        }
        align => return Err(format!("an access of 16 bytes aligned to {align}")),
    }
    Ok(())
}

/// What takes 128 bits and gives fewer.
fn narrow(body: &mut Body<'_, '_>, result: Value, data: &InstData) -> Result<(), String> {
    if data.opcode != Opcode::Truncate {
        return Err(format!("`{}` of i128", data.opcode.info().name));
    }
    let a = pair(body, Value(data.a));
    let d = body.define(result);
    match data.ty {
        Type::I64 => ptx!(body, "mov.b64 {d}, {}", a.low),
        ty => {
            ptx!(body, "cvt.u32.u64 {d}, {}", a.low);
            body.cut(ty, d);
        }
    }
    Ok(())
}

fn wide(body: &mut Body<'_, '_>, result: Value, data: &InstData) -> Result<(), String> {
    use Opcode::*;
    let (left, right) = (Value(data.a), Value(data.b));
    match data.opcode {
        Extend | ExtendS => extend(body, result, data, left),
        Not => {
            let a = pair(body, left);
            let d = target(body, result);
            ptx!(body, "not.b64 {}, {}", d.low, a.low);
            ptx!(body, "not.b64 {}, {}", d.high, a.high);
        }
        And | Or | Xor => {
            let name = [(And, "and"), (Or, "or"), (Xor, "xor")].iter().find(|(opcode, _)| *opcode == data.opcode);
            let name = name.expect("one of the three").1;
            let (a, b) = (pair(body, left), pair(body, right));
            let d = target(body, result);
            ptx!(body, "{name}.b64 {}, {}, {}", d.low, a.low, b.low);
            ptx!(body, "{name}.b64 {}, {}, {}", d.high, a.high, b.high);
        }
        Add | Sub => {
            let name = if data.opcode == Add { "add" } else { "sub" };
            let (a, b) = (pair(body, left), pair(body, right));
            let d = target(body, result);
            ptx!(body, "{name}.cc.u64 {}, {}, {}", d.low, a.low, b.low);
            ptx!(body, "{name}c.u64 {}, {}, {}", d.high, a.high, b.high);
        }
        Mul => {
            let (a, b) = (pair(body, left), pair(body, right));
            let d = target(body, result);
            let cross = body.scratch(Class::Long);
            ptx!(body, "mul.lo.u64 {}, {}, {}", d.low, a.low, b.low);
            ptx!(body, "mul.hi.u64 {cross}, {}, {}", a.low, b.low);
            ptx!(body, "mad.lo.u64 {cross}, {}, {}, {cross}", a.high, b.low);
            ptx!(body, "mad.lo.u64 {}, {}, {}, {cross}", d.high, a.low, b.high);
        }
        MulWideU | MulWideS => {
            let sign = if data.opcode == MulWideS { 's' } else { 'u' };
            let (a, b) = (body.operand(left), body.operand(right));
            let d = target(body, result);
            ptx!(body, "mul.lo.{sign}64 {}, {a}, {b}", d.low);
            ptx!(body, "mul.hi.{sign}64 {}, {a}, {b}", d.high);
        }
        Shl | ShrU | ShrS => shift(body, result, data),
        Select => {
            let condition = body.register(left);
            let (a, b) = (pair(body, right), pair(body, Value(data.c)));
            let d = target(body, result);
            ptx!(body, "selp.b64 {}, {}, {}, {condition}", d.low, a.low, b.low);
            ptx!(body, "selp.b64 {}, {}, {}, {condition}", d.high, a.high, b.high);
        }
        other => return Err(format!("`{}` of i128", other.info().name)),
    }
    Ok(())
}

fn extend(body: &mut Body<'_, '_>, result: Value, data: &InstData, a: Value) {
    let from = body.value_type(a);
    let is_signed = data.opcode == Opcode::ExtendS;
    let source = if is_signed { body.signed_operand(a) } else { body.operand(a) };
    let d = target(body, result);
    match (from, is_signed) {
        (Type::Bool, _) => ptx!(body, "selp.b64 {}, 1, 0, {source}", d.low),
        (Type::I64, _) => ptx!(body, "mov.b64 {}, {source}", d.low),
        (_, true) => ptx!(body, "cvt.s64.s32 {}, {source}", d.low),
        (_, false) => ptx!(body, "cvt.u64.u32 {}, {source}", d.low),
    }
    match is_signed {
        true => ptx!(body, "shr.s64 {}, {}, 63", d.high, d.low),
        false => ptx!(body, "mov.b64 {}, 0", d.high),
    }
}

fn compare(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let (a, b) = (pair(body, Value(data.a)), pair(body, Value(data.b)));
    let d = body.define(result);
    let (low, equal) = (body.scratch(Class::Predicate), body.scratch(Class::Predicate));
    match data.condition() {
        Condition::Equal | Condition::NotEqual => {
            let name = if data.condition() == Condition::Equal { "eq" } else { "ne" };
            let join = if name == "eq" { "and" } else { "or" };
            ptx!(body, "setp.{name}.u64 {low}, {}, {}", a.low, b.low);
            ptx!(body, "setp.{name}.{join}.u64 {d}, {}, {}, {low}", a.high, b.high);
        }
        condition => {
            let sign = if matches!(condition, Condition::Less | Condition::LessEqual) { 's' } else { 'u' };
            let name = if matches!(condition, Condition::Less | Condition::LessU) { "lt" } else { "le" };
            // The lower halves decide where the upper ones are equal.
            ptx!(body, "setp.{name}.u64 {low}, {}, {}", a.low, b.low);
            ptx!(body, "setp.eq.and.u64 {equal}, {}, {}, {low}", a.high, b.high);
            ptx!(body, "setp.lt.or.{sign}64 {d}, {}, {}, {equal}", a.high, b.high);
        }
    }
}

fn checked(body: &mut Body<'_, '_>, result: Value, flag: Value, data: &InstData) {
    let (a, b) = (pair(body, Value(data.a)), pair(body, Value(data.b)));
    let d = target(body, result);
    let overflows = body.define(flag);
    let is_sum = matches!(data.opcode, Opcode::AddOverflowU | Opcode::AddOverflowS);
    let name = if is_sum { "add" } else { "sub" };
    ptx!(body, "{name}.cc.u64 {}, {}, {}", d.low, a.low, b.low);
    if matches!(data.opcode, Opcode::AddOverflowU | Opcode::SubOverflowU) {
        let carry = body.scratch(Class::Word);
        ptx!(body, "{name}c.cc.u64 {}, {}, {}", d.high, a.high, b.high);
        ptx!(body, "{name}c.u32 {carry}, 0, 0");
        ptx!(body, "setp.ne.u32 {overflows}, {carry}, 0");
        return;
    }
    let [left, right] = [0; 2].map(|_| body.scratch(Class::Long));
    ptx!(body, "{name}c.u64 {}, {}, {}", d.high, a.high, b.high);
    ptx!(body, "xor.b64 {left}, {}, {}", a.high, d.high);
    match is_sum {
        true => ptx!(body, "xor.b64 {right}, {}, {}", b.high, d.high),
        false => ptx!(body, "xor.b64 {right}, {}, {}", a.high, b.high),
    }
    ptx!(body, "and.b64 {left}, {left}, {right}");
    ptx!(body, "setp.lt.s64 {overflows}, {left}, 0");
}

/// PTX's shifts give 0 (or the sign) for amounts of 64 and more, negative ones seen as unsigned too, so that the three parts of
/// a half can just be joined.
fn shift(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let a = pair(body, Value(data.a));
    let d = target(body, result);
    if let Some(amount) = body.constant(Value(data.b)) {
        return shift_by(body, data.opcode, a, d, amount as u32 & 127);
    }
    let amount = body.operand(Value(data.b));
    let [n, less, beyond] = [0; 3].map(|_| body.scratch(Class::Word));
    ptx!(body, "and.b32 {n}, {amount}, 127");
    ptx!(body, "sub.u32 {less}, 64, {n}");
    ptx!(body, "sub.u32 {beyond}, {n}, 64");
    let [x, y, z] = [0; 3].map(|_| body.scratch(Class::Long));
    if data.opcode == Opcode::Shl {
        ptx!(body, "shl.b64 {x}, {}, {n}", a.high);
        ptx!(body, "shr.u64 {y}, {}, {less}", a.low);
        ptx!(body, "shl.b64 {z}, {}, {beyond}", a.low);
        ptx!(body, "or.b64 {x}, {x}, {y}");
        ptx!(body, "or.b64 {}, {x}, {z}", d.high);
        ptx!(body, "shl.b64 {}, {}, {n}", d.low, a.low);
        return;
    }
    let sign = if data.opcode == Opcode::ShrS { 's' } else { 'u' };
    ptx!(body, "shr.u64 {x}, {}, {n}", a.low);
    ptx!(body, "shl.b64 {y}, {}, {less}", a.high);
    ptx!(body, "or.b64 {x}, {x}, {y}");
    ptx!(body, "shr.{sign}64 {z}, {}, {beyond}", a.high);
    // An arithmetic shift by a negative amount fills with the sign, which must not be joined.
    let is_beyond = body.scratch(Class::Predicate);
    ptx!(body, "setp.gt.u32 {is_beyond}, {n}, 63");
    ptx!(body, "selp.b64 {}, {z}, {x}, {is_beyond}", d.low);
    ptx!(body, "shr.{sign}64 {}, {}, {n}", d.high, a.high);
}

/// A shift by an amount that is known: at most three instructions.
fn shift_by(body: &mut Body<'_, '_>, opcode: Opcode, a: Pair, d: Target, amount: u32) {
    let sign = if opcode == Opcode::ShrS { 's' } else { 'u' };
    let is_left = opcode == Opcode::Shl;
    if amount == 0 {
        ptx!(body, "mov.b64 {}, {}", d.low, a.low);
        ptx!(body, "mov.b64 {}, {}", d.high, a.high);
        return;
    }
    if amount >= 64 {
        let rest = amount - 64;
        match is_left {
            true => {
                ptx!(body, "shl.b64 {}, {}, {rest}", d.high, a.low);
                ptx!(body, "mov.b64 {}, 0", d.low);
            }
            false => {
                ptx!(body, "shr.{sign}64 {}, {}, {rest}", d.low, a.high);
                match sign {
                    's' => ptx!(body, "shr.s64 {}, {}, 63", d.high, a.high),
                    _ => ptx!(body, "mov.b64 {}, 0", d.high),
                }
            }
        }
        return;
    }
    let [own, other] = [0; 2].map(|_| body.scratch(Class::Long));
    match is_left {
        true => {
            ptx!(body, "shl.b64 {own}, {}, {amount}", a.high);
            ptx!(body, "shr.u64 {other}, {}, {}", a.low, 64 - amount);
            ptx!(body, "or.b64 {}, {own}, {other}", d.high);
            ptx!(body, "shl.b64 {}, {}, {amount}", d.low, a.low);
        }
        false => {
            ptx!(body, "shr.u64 {own}, {}, {amount}", a.low);
            ptx!(body, "shl.b64 {other}, {}, {}", a.high, 64 - amount);
            ptx!(body, "or.b64 {}, {own}, {other}", d.low);
            ptx!(body, "shr.{sign}64 {}, {}, {amount}", d.high, a.high);
        }
    }
}
