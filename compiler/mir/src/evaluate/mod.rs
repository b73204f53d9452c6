//! What pure operations compute, on bits: the one arithmetic that constant folding, the interpreter and constant
//! evaluation share. A value is its bits in a `u128`, zeros above its width.

mod float;
mod integer;

use crate::immediate::Condition;
use crate::opcode::{Opcode, Shape};
use crate::types::Type;

/// What an operation yields: the first result, and the second one of those that have two.
pub type Results = (u128, bool);

/// Computes a pure operation on the bits of its operands, of the types `types`; `None` for what is not computed from operands alone
/// (addresses, special registers, memory, other lanes).
pub fn evaluate(
    opcode: Opcode,
    ty: Type,
    condition: Option<Condition>,
    operands: &[u128],
    types: &[Type],
) -> Option<Results> {
    let one = |bits: u128| Some((bits & ty.mask(), false));
    let truth = |holds: bool| Some((u128::from(holds), false));
    match (opcode.info().shape, operands) {
        (Shape::Compare, &[a, b]) => {
            let condition = condition?;
            truth(if opcode == Opcode::FloatCompare {
                float::compare(condition, ty, a, b)
            } else {
                integer::compare(condition, ty, a, b)
            })
        }
        (Shape::Ternary, &[a, b, c]) => match opcode {
            Opcode::Select => one(if a != 0 { b } else { c }),
            Opcode::Fma => one(float::fma(ty, a, b, c)),
            _ => None,
        },
        (Shape::Binary, &[a, b]) if opcode == Opcode::Offset => Some((a.wrapping_add(b) & Type::I64.mask(), false)),
        (Shape::Binary, &[a, b]) if ty.is_float() => one(float::binary(opcode, ty, a, b)?),
        (Shape::Binary, &[a, b]) => integer::binary(opcode, ty, a, b).map(|(bits, flag)| (bits & ty.mask(), flag)),
        (Shape::Unary, &[a]) => {
            let from = *types.first()?;
            if ty.is_float() || from.is_float() {
                one(float::unary(opcode, ty, from, a)?)
            } else {
                one(integer::unary(opcode, ty, from, a)?)
            }
        }
        _ => None,
    }
}

/// The bits of `ty` as a signed number.
pub fn signed(ty: Type, bits: u128) -> i128 {
    let unused = 128 - ty.bits();
    (bits << unused) as i128 >> unused
}
