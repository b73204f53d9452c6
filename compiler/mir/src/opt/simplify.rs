//! What an instruction is the same as: identities of arithmetic. Each rule has its equation; none makes anything worse.

use crate::evaluate::signed;
use crate::function::{Function, InstData};
use crate::ids::Value;
use crate::immediate::Condition;
use crate::opcode::{Effects, Opcode, Shape};
use crate::types::Type;

/// What an instruction that yields one value can be replaced by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Simpler {
    /// A value that is there already.
    Value(Value),
    /// A constant of the result's type.
    Constant(u128),
    /// Another instruction that yields the same.
    Row(InstData),
}

/// A row that needs a constant which is not there yet: the constant's type and bits, and the row without it (in `b`).
pub(super) type WithConstant = (InstData, Type, u128);

/// Puts the operand that is a constant, or else the younger one, second where operands may change places.
pub(super) fn canonical(function: &Function, data: &mut InstData) {
    let swaps = data.opcode.effects().has(Effects::COMMUTES)
        || data.opcode.info().shape == Shape::Compare && data.condition().is_symmetric();
    if swaps {
        let key = |value: u32| (function.constant(Value(value)).is_some(), value);
        if key(data.a) > key(data.b) {
            std::mem::swap(&mut data.a, &mut data.b);
        }
    }
}

/// The simpler form of a pure instruction, if there is one that needs no new constant.
pub(super) fn simplify(function: &Function, data: &InstData) -> Option<Simpler> {
    let [a, b, c] = [data.a, data.b, data.c].map(Value);
    match data.opcode.info().shape {
        Shape::Binary if data.ty.is_float() => float_identity(function, data),
        Shape::Binary => integer_identity(function, data, a, b),
        Shape::Compare => compare_identity(function, data, a, b),
        Shape::Unary => unary_identity(function, data, a),
        Shape::Ternary if data.opcode == Opcode::Select => select_identity(function, data, a, b, c),
        _ => None,
    }
}

fn integer_identity(function: &Function, data: &InstData, a: Value, b: Value) -> Option<Simpler> {
    use Opcode::*;
    let same = a == b;
    let constant = function.constant(b);
    let ones = data.ty.mask();
    match (data.opcode, constant) {
        // x + 0 = x, x - 0 = x, x | 0 = x, x ^ 0 = x, shifts and rotations by 0
        (Add | Sub | Or | Xor | Shl | ShrU | ShrS | RotateLeft | Offset | AddSaturateU | SubSaturateU, Some(0)) => {
            Some(Simpler::Value(a))
        }
        // x * 0 = 0, x & 0 = 0, min(x, 0) = 0
        (Mul | And | MulHighU | MulHighS | MinU | MulWideU | MulWideS, Some(0)) => Some(Simpler::Constant(0)),
        // max(x, 0) = x, x | -1 = -1, x & -1 = x
        (MaxU, Some(0)) => Some(Simpler::Value(a)),
        (Or | MaxU, Some(bits)) if bits == ones => Some(Simpler::Constant(ones)),
        (And | MinU, Some(bits)) if bits == ones => Some(Simpler::Value(a)),
        // x * 1 = x, x / 1 = x, x % 1 = 0
        (Mul | DivU | DivS, Some(1)) => Some(Simpler::Value(a)),
        // The product of two widened numbers is one instruction from their narrow registers.
        (Mul, None) => {
            let narrow = |value| {
                widened(function, value)
                    .filter(|inner| data.ty.bits() <= 64 && 2 * function.value_type(*inner).bits() == data.ty.bits())
            };
            let (a, b) = (narrow(a)?, narrow(b)?);
            Some(Simpler::Row(InstData { a: a.0, b: b.0, ..InstData::new(MulWideU, data.ty) }))
        }
        (RemU | RemS, Some(1)) => Some(Simpler::Constant(0)),
        // x ^ true = !x
        (Xor, Some(bits)) if bits == ones => Some(Simpler::Row(InstData { a: a.0, ..InstData::new(Not, data.ty) })),
        // x - x = 0, x ^ x = 0, x & x = x, x | x = x, min(x, x) = x
        (Sub | Xor | SubSaturateU | SubSaturateS, _) if same => Some(Simpler::Constant(0)),
        (And | Or | MinU | MinS | MaxU | MaxS, _) if same => Some(Simpler::Value(a)),
        _ => None,
    }
}

/// What a value is the zero-extension of.
fn widened(function: &Function, value: Value) -> Option<Value> {
    let data = function.inst(function.defining_inst(value)?);
    (data.opcode == Opcode::Extend).then_some(Value(data.a))
}

fn float_identity(function: &Function, data: &InstData) -> Option<Simpler> {
    let (a, b) = (Value(data.a), Value(data.b));
    let bits = function.constant(b)?;
    let sign = 1 << (data.ty.bits() - 1);
    let one = match data.ty {
        Type::F16 => 0x3c00,
        Type::Bf16 => 0x3f80,
        Type::F32 => u128::from(1_f32.to_bits()),
        _ => u128::from(1_f64.to_bits()),
    };
    match data.opcode {
        // x * 1 = x, x / 1 = x; x + -0 = x, x - 0 = x (not x + 0, which turns -0 round)
        Opcode::FloatMul | Opcode::FloatDiv if bits == one => Some(Simpler::Value(a)),
        Opcode::FloatAdd if bits == sign => Some(Simpler::Value(a)),
        Opcode::FloatSub if bits == 0 => Some(Simpler::Value(a)),
        _ => None,
    }
}

fn compare_identity(function: &Function, data: &InstData, a: Value, b: Value) -> Option<Simpler> {
    if data.opcode == Opcode::FloatCompare {
        return None;
    }
    let ty = data.ty;
    let truth = |holds: bool| Some(Simpler::Constant(u128::from(holds)));
    if a == b {
        return truth(matches!(data.condition(), Condition::Equal | Condition::LessEqual | Condition::LessEqualU));
    }
    let (left, right) = (function.constant(a), function.constant(b));
    let max = (ty.mask() >> 1) as i128;
    match (data.condition(), left, right) {
        // x < 0 never, 0 <= x always, MAX < x never, x <= MAX always; the same signed
        (Condition::LessU, _, Some(0)) => truth(false),
        (Condition::LessEqualU, Some(0), _) => truth(true),
        (Condition::LessU, Some(bits), _) if bits == ty.mask() => truth(false),
        (Condition::LessEqualU, _, Some(bits)) if bits == ty.mask() => truth(true),
        (Condition::Less, _, Some(bits)) if signed(ty, bits) == -max - 1 => truth(false),
        (Condition::Less, Some(bits), _) if signed(ty, bits) == max => truth(false),
        (Condition::LessEqual, _, Some(bits)) if signed(ty, bits) == max => truth(true),
        // x == true is x, x != false is x, x == false is !x, x != true is !x
        (condition @ (Condition::Equal | Condition::NotEqual), _, Some(bits)) if ty == Type::Bool => {
            Some(if (condition == Condition::Equal) == (bits == 1) {
                Simpler::Value(a)
            } else {
                Simpler::Row(InstData { a: a.0, ..InstData::new(Opcode::Not, Type::Bool) })
            })
        }
        // A widened truth value against 0 or 1 is that value or its opposite; it is never another number.
        (condition @ (Condition::Equal | Condition::NotEqual), _, Some(bits)) => {
            let inner = widened(function, a).filter(|inner| function.value_type(*inner) == Type::Bool)?;
            let wants_equal = condition == Condition::Equal;
            match bits {
                0 | 1 if wants_equal == (bits == 1) => Some(Simpler::Value(inner)),
                0 | 1 => Some(Simpler::Row(InstData { a: inner.0, ..InstData::new(Opcode::Not, Type::Bool) })),
                _ => truth(!wants_equal),
            }
        }
        _ => None,
    }
}

fn unary_identity(function: &Function, data: &InstData, a: Value) -> Option<Simpler> {
    let inner = *function.inst(function.defining_inst(a)?);
    let from = function.value_type(Value(inner.a.min(function.value_count() as u32 - 1)));
    let again = |opcode: Opcode| Some(Simpler::Row(InstData { a: inner.a, ..InstData::new(opcode, data.ty) }));
    match (data.opcode, inner.opcode) {
        // !!x = x, --x = x, ||x|| = |x|, |-x| = |x|
        (Opcode::Not, Opcode::Not) | (Opcode::FloatNeg, Opcode::FloatNeg) => Some(Simpler::Value(Value(inner.a))),
        (Opcode::FloatAbs, Opcode::FloatAbs) => Some(Simpler::Value(a)),
        (Opcode::FloatAbs, Opcode::FloatNeg) => again(Opcode::FloatAbs),
        // The negation of a comparison of integers that has an opposite.
        (Opcode::Not, Opcode::Compare | Opcode::FloatCompare) => {
            let negated = match (inner.opcode, inner.condition()) {
                (Opcode::Compare, Condition::LessU) => return swapped(inner, Condition::LessEqualU),
                (Opcode::Compare, Condition::LessEqualU) => return swapped(inner, Condition::LessU),
                (Opcode::Compare, Condition::Less) => return swapped(inner, Condition::LessEqual),
                (Opcode::Compare, Condition::LessEqual) => return swapped(inner, Condition::Less),
                (_, condition) => condition.negated()?,
            };
            Some(Simpler::Row(InstData { aux: negated as u16, ..inner }))
        }
        // Widening twice is widening once; the low bits of what was widened.
        (Opcode::Extend, Opcode::Extend) | (Opcode::ExtendS, Opcode::Extend) => again(Opcode::Extend),
        (Opcode::ExtendS, Opcode::ExtendS) => again(Opcode::ExtendS),
        (Opcode::Truncate, Opcode::Truncate) => again(Opcode::Truncate),
        (Opcode::Truncate, Opcode::Extend | Opcode::ExtendS) if from == data.ty => Some(Simpler::Value(Value(inner.a))),
        (Opcode::Truncate, Opcode::Extend | Opcode::ExtendS) if from.bits() > data.ty.bits() => again(Opcode::Truncate),
        (Opcode::Truncate, Opcode::Extend | Opcode::ExtendS) => again(inner.opcode),
        (Opcode::Bitcast, Opcode::Bitcast) if from == data.ty => Some(Simpler::Value(Value(inner.a))),
        (Opcode::Bitcast, Opcode::Bitcast) => again(Opcode::Bitcast),
        _ => None,
    }
}

/// `!(x < y)` is `y <= x`.
fn swapped(inner: InstData, condition: Condition) -> Option<Simpler> {
    Some(Simpler::Row(InstData { aux: condition as u16, a: inner.b, b: inner.a, ..inner }))
}

fn select_identity(function: &Function, data: &InstData, a: Value, b: Value, c: Value) -> Option<Simpler> {
    if let Some(bits) = function.constant(a) {
        return Some(Simpler::Value(if bits != 0 { b } else { c }));
    }
    if b == c {
        return Some(Simpler::Value(b));
    }
    match (data.ty, function.constant(b), function.constant(c)) {
        // select(p, true, false) = p, select(p, false, true) = !p
        (Type::Bool, Some(1), Some(0)) => Some(Simpler::Value(a)),
        (Type::Bool, Some(0), Some(1)) => {
            Some(Simpler::Row(InstData { a: a.0, ..InstData::new(Opcode::Not, Type::Bool) }))
        }
        _ => None,
    }
}

/// The simpler form that needs one new constant as its second operand.
pub(super) fn simplify_with_constant(function: &Function, data: &InstData) -> Option<WithConstant> {
    use Opcode::*;
    let a = Value(data.a);
    if !matches!(data.opcode.info().shape, Shape::Binary | Shape::Compare) {
        return None;
    }
    let bits = function.constant(Value(data.b))?;
    let power = || bits.is_power_of_two().then(|| u128::from(bits.trailing_zeros()));
    let row = |opcode| InstData { a: data.a, ..InstData::new(opcode, data.ty) };
    match data.opcode {
        // x * 2^k = x << k, x / 2^k = x >> k, x % 2^k = x & (2^k - 1)
        Mul => Some((row(Shl), Type::I32, power()?)),
        DivU => Some((row(ShrU), Type::I32, power()?)),
        RemU if bits.is_power_of_two() => Some((row(And), data.ty, bits - 1)),
        // x - c = x + -c
        Sub => Some((row(Add), data.ty, bits.wrapping_neg() & data.ty.mask())),
        // (x + c1) + c2 = x + (c1 + c2), the same of bit operations and addresses
        Add | And | Or | Xor | Offset => {
            let inner = *function.inst(function.defining_inst(a)?);
            let inner_bits = (inner.opcode == data.opcode).then(|| function.constant(Value(inner.b)))??;
            let ty = if data.opcode == Offset { Type::I64 } else { data.ty };
            let joined = match data.opcode {
                And => bits & inner_bits,
                Or => bits | inner_bits,
                Xor => bits ^ inner_bits,
                _ => bits.wrapping_add(inner_bits) & ty.mask(),
            };
            Some((InstData { a: inner.a, ..*data }, ty, joined))
        }
        // A widened number against a constant that fits into it.
        Compare if !matches!(data.condition(), Condition::Less | Condition::LessEqual) => {
            let inner = widened(function, a)?;
            let ty = function.value_type(inner);
            (ty != Type::Bool && bits <= ty.mask()).then_some((InstData { a: inner.0, ty, ..*data }, ty, bits))
        }
        // x / 2^k = x * 2^-k, where 2^-k is exact
        FloatDiv => Some((row(FloatMul), data.ty, exact_reciprocal(data.ty, bits)?)),
        _ => None,
    }
}

/// The bits of `1 / x` where both are powers of two and normal.
fn exact_reciprocal(ty: Type, bits: u128) -> Option<u128> {
    let (fraction_bits, bias) = match ty {
        Type::F16 => (10, 15),
        Type::Bf16 => (7, 127),
        Type::F32 => (23, 127),
        Type::F64 => (52, 1023),
        _ => return None,
    };
    let sign = bits & 1 << (ty.bits() - 1);
    let exponent = (bits ^ sign) >> fraction_bits;
    let is_power = (bits ^ sign) & ((1 << fraction_bits) - 1) == 0;
    (is_power && (1..2 * bias).contains(&exponent)).then(|| sign | (2 * bias - exponent) << fraction_bits)
}

/// An access whose address is another one and a constant, as an access of that other one.
pub(super) fn fold_offset(function: &Function, data: &InstData) -> Option<InstData> {
    if !matches!(data.opcode.info().shape, Shape::Load | Shape::Store | Shape::LoadVector | Shape::StoreVector) {
        return None;
    }
    let inner = *function.inst(function.defining_inst(Value(data.a))?);
    let bits = (inner.opcode == Opcode::Offset).then(|| function.constant(Value(inner.b)))??;
    let distance = i64::from(data.offset_bytes()).checked_add(bits as u64 as i64)?;
    let distance = i32::try_from(distance).ok()?;
    Some(InstData { a: inner.a, b: distance as u32, ..*data })
}
