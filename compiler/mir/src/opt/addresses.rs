//! Addresses: constants in an index become a distance from one address, so that neighbours share it and name their place in the access itself.
//!
//! `p + (i + 3) * 4` is `(p + i * 4) + 12`. Distances are counted modulo 2^64, so that this holds whatever `i` is.

use crate::function::{Function, InstData};
use crate::ids::{Inst, Value};
use crate::opcode::Opcode;
use crate::types::Type;

/// So many constants are taken out of one index.
const STEPS_MAX: usize = 8;

/// Takes constants out of the distances of addresses.
pub(super) fn split_addresses(function: &mut Function) {
    for inst in function.placed_insts() {
        if function.inst(inst).opcode == Opcode::Offset {
            split(function, inst);
        }
    }
}

fn split(function: &mut Function, inst: Inst) {
    let data = *function.inst(inst);
    let mut distance = Value(data.b);
    let mut constant = 0_u64;
    // What a shift took from its operand has to be shifted anew.
    let mut shifted: Option<Value> = None;
    for _ in 0..STEPS_MAX {
        let amount = shifted.and_then(|amount| function.constant(amount)).unwrap_or(0);
        if let Some((rest, bits)) = sum(function, distance) {
            constant = constant.wrapping_add(bits << amount);
            distance = rest;
        } else if let (None, Some((of, amount))) = (shifted, shift(function, distance)) {
            if sum(function, of).is_none() {
                break;
            }
            (distance, shifted) = (of, Some(amount));
        } else {
            break;
        }
    }
    if constant == 0 || function.constant(distance).is_some() {
        return;
    }
    if let Some(amount) = shifted {
        let row = InstData { a: distance.0, b: amount.0, ..InstData::new(Opcode::Shl, Type::I64) };
        distance = insert(function, inst, row);
    }
    let base = insert(function, inst, InstData { b: distance.0, ..data });
    let row = function.constant_row(Type::I64, u128::from(constant));
    let constant = insert(function, inst, row);
    *function.inst_mut(inst) = InstData { a: base.0, b: constant.0, ..data };
}

fn insert(function: &mut Function, before: Inst, data: InstData) -> Value {
    let location = function.location(before);
    let inst = function.make(data, location);
    function.insert_before(before, inst);
    function.result(inst)
}

/// A 64-bit value as another one and a constant.
fn sum(function: &Function, value: Value) -> Option<(Value, u64)> {
    let data = function.inst(function.defining_inst(value)?);
    let bits = |value: u32| function.constant(Value(value)).map(|bits| bits as u64);
    if data.ty != Type::I64 || function.value_type(value) != Type::I64 {
        return None;
    }
    match data.opcode {
        Opcode::Add | Opcode::AddOverflowU | Opcode::AddOverflowS => Some((Value(data.a), bits(data.b)?)),
        Opcode::Sub | Opcode::SubOverflowU | Opcode::SubOverflowS => {
            Some((Value(data.a), bits(data.b)?.wrapping_neg()))
        }
        _ => None,
    }
}

/// A 64-bit value as another one shifted left by a constant.
fn shift(function: &Function, value: Value) -> Option<(Value, Value)> {
    let data = function.inst(function.defining_inst(value)?);
    if data.opcode != Opcode::Shl || data.ty != Type::I64 {
        return None;
    }
    let amount = function.constant(Value(data.b))?;
    (amount < 64).then_some((Value(data.a), Value(data.b)))
}
