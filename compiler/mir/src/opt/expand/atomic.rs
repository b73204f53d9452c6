//! Atomic float sums by compare-and-exchange.

use super::helper::block;
use crate::build::Builder;
use crate::function::InstData;
use crate::ids::Value;
use crate::immediate::{Condition, Memory, Ordering, Space};
use crate::opcode::Opcode;
use crate::types::Type;

/// Exchanges what was seen for the sum until nobody came between.
pub(super) fn sum(builder: &mut Builder<'_>, ty: Type, memory: Memory, address: Value, added: Value) {
    let bits = ty.as_integer();
    // The address comes as an argument, which is generic.
    let memory = memory.with_space(Space::Generic);
    let (header, carried) = block(builder, &[bits]);
    let (done, _) = block(builder, &[]);
    let seen = builder.load(bits, memory.with_ordering(Ordering::Relaxed, memory.scope()), address, 0);
    builder.jump(header, &[seen]);

    builder.block = header;
    let seen = carried[0];
    let old = builder.unary(Opcode::Bitcast, ty, seen);
    let sum = builder.binary(Opcode::FloatAdd, ty, old, added);
    let sum = builder.unary(Opcode::Bitcast, bits, sum);
    let data = InstData::new(Opcode::CompareExchange, bits);
    let inst = builder.push(InstData { aux: memory.0, a: address.0, b: seen.0, c: sum.0, ..data });
    let found = builder.function.result(inst);
    let is_done = builder.compare(Condition::Equal, bits, found, seen);
    builder.branch(is_done, (done, &[]), (header, &[found]));

    builder.block = done;
    let old = builder.unary(Opcode::Bitcast, ty, found);
    builder.ret(&[old]);
}
