//! The functions that loop: 128-bit division and the float remainder. (Atomic sums are in [`super::atomic`].)

use crate::build::Builder;
use crate::function::{Function, Parameter, ParameterFacts};
use crate::ids::{Block, LocationId, Value};
use crate::immediate::{Condition, Memory};
use crate::module::Module;
use crate::opcode::Opcode;
use crate::types::Type;

/// A function that expansion calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Helper {
    /// Two unsigned 128-bit numbers to quotient and remainder; all ones twice for a divisor of 0.
    Divide,
    /// Two floats to the exact remainder.
    FloatRemainder(Type),
    /// An address and a float that is added there; what was there.
    AtomicSum(Type, Memory),
}

impl Helper {
    pub fn write(self, module: &mut Module) -> Function {
        let (name, parameters, returns) = match self {
            Helper::Divide => ("rustg.divide.u128".to_owned(), vec![Type::I128; 2], vec![Type::I128; 2]),
            Helper::FloatRemainder(ty) => (format!("rustg.remainder.{}", ty.name()), vec![ty; 2], vec![ty]),
            Helper::AtomicSum(ty, memory) => {
                (format!("rustg.atomic_sum.{}.{}", ty.name(), memory.0), vec![Type::I64, ty], vec![ty])
            }
        };
        let mut function = Function::new(module.strings.intern(&name), false);
        function.parameters = parameters.iter().map(|ty| Parameter::Value(*ty, ParameterFacts::default())).collect();
        function.returns = returns;
        let entry = function.add_block();
        let values: Vec<Value> = parameters.iter().map(|ty| function.add_parameter(entry, *ty)).collect();
        let mut builder = Builder { function: &mut function, block: entry, location: LocationId::NONE };
        match self {
            Helper::Divide => divide(&mut builder, values[0], values[1]),
            Helper::FloatRemainder(ty) => remainder(&mut builder, ty, values[0], values[1]),
            Helper::AtomicSum(ty, memory) => super::atomic::sum(&mut builder, ty, memory, values[0], values[1]),
        }
        function
    }
}

/// A block with parameters of these types.
pub(super) fn block(builder: &mut Builder<'_>, types: &[Type]) -> (Block, Vec<Value>) {
    let block = builder.function.add_block();
    (block, types.iter().map(|ty| builder.function.add_parameter(block, *ty)).collect())
}

fn with(builder: &mut Builder<'_>, opcode: Opcode, ty: Type, a: Value, bits: u128) -> Value {
    let is_shift = matches!(opcode, Opcode::Shl | Opcode::ShrU | Opcode::ShrS);
    let b = builder.constant(if is_shift { Type::I32 } else { ty }, bits);
    builder.binary(opcode, ty, a, b)
}

fn compare_with(builder: &mut Builder<'_>, condition: Condition, ty: Type, a: Value, bits: u128) -> Value {
    let b = builder.constant(ty, bits);
    builder.compare(condition, ty, a, b)
}

/// By the hardware's division where both fit into 64 bits, else bit by bit from where both begin.
fn divide(builder: &mut Builder<'_>, n: Value, d: Value) {
    const WIDE: Type = Type::I128;
    let (narrow, _) = block(builder, &[]);
    let (is_wide, _) = block(builder, &[]);
    let (large, _) = block(builder, &[]);
    let (shorter, _) = block(builder, &[]);
    let (header, carried) = block(builder, &[WIDE, WIDE, WIDE, Type::I32]);
    let (body, _) = block(builder, &[]);
    let (done, _) = block(builder, &[]);

    let either = builder.binary(Opcode::Or, WIDE, n, d);
    let upper = with(builder, Opcode::ShrU, WIDE, either, 64);
    let fits = compare_with(builder, Condition::Equal, WIDE, upper, 0);
    builder.branch(fits, (narrow, &[]), (is_wide, &[]));

    builder.block = narrow;
    let [n64, d64] = [n, d].map(|value| builder.unary(Opcode::Truncate, Type::I64, value));
    let results = [Opcode::DivU, Opcode::RemU].map(|opcode| {
        let short = builder.binary(opcode, Type::I64, n64, d64);
        // All ones, the answer for a divisor of 0, are so in 128 bits too.
        let is_zero = compare_with(builder, Condition::Equal, Type::I64, d64, 0);
        let long = builder.unary(Opcode::Extend, WIDE, short);
        let ones = builder.constant(WIDE, u128::MAX);
        builder.ternary(Opcode::Select, WIDE, is_zero, ones, long)
    });
    builder.ret(&results);

    builder.block = is_wide;
    let is_shorter = builder.compare(Condition::LessU, WIDE, n, d);
    builder.branch(is_shorter, (shorter, &[]), (large, &[]));

    builder.block = shorter;
    let zero = builder.constant(WIDE, 0);
    builder.ret(&[zero, n]);

    builder.block = large;
    let [n_zeros, d_zeros] = [n, d].map(|value| {
        let zeros = builder.unary(Opcode::LeadingZeros, WIDE, value);
        builder.unary(Opcode::Truncate, Type::I32, zeros)
    });
    // A divisor of 0 has 128 leading zeros: every one of the rounds then subtracts nothing and yields a bit.
    let is_zero = compare_with(builder, Condition::Equal, WIDE, d, 0);
    let apart = builder.binary(Opcode::Sub, Type::I32, d_zeros, n_zeros);
    let whole = builder.constant(Type::I32, 127);
    let rounds = builder.ternary(Opcode::Select, Type::I32, is_zero, whole, apart);
    let rounds = with(builder, Opcode::Add, Type::I32, rounds, 1);
    let aligned = builder.binary(Opcode::Shl, WIDE, d, apart);
    let zero = builder.constant(WIDE, 0);
    builder.jump(header, &[zero, n, aligned, rounds]);

    builder.block = header;
    let [quotient, rest, part, left] = [0, 1, 2, 3].map(|at| carried[at]);
    let more = compare_with(builder, Condition::NotEqual, Type::I32, left, 0);
    builder.branch(more, (body, &[]), (done, &[]));

    builder.block = body;
    let fits = builder.compare(Condition::LessEqualU, WIDE, part, rest);
    let less = builder.binary(Opcode::Sub, WIDE, rest, part);
    let rest_next = builder.ternary(Opcode::Select, WIDE, fits, less, rest);
    let bit = builder.unary(Opcode::Extend, WIDE, fits);
    let doubled = with(builder, Opcode::Shl, WIDE, quotient, 1);
    let quotient_next = builder.binary(Opcode::Or, WIDE, doubled, bit);
    let part_next = with(builder, Opcode::ShrU, WIDE, part, 1);
    let left_next = with(builder, Opcode::Sub, Type::I32, left, 1);
    builder.jump(header, &[quotient_next, rest_next, part_next, left_next]);

    builder.block = done;
    let is_zero = compare_with(builder, Condition::Equal, WIDE, d, 0);
    let ones = builder.constant(WIDE, u128::MAX);
    let rest = builder.ternary(Opcode::Select, WIDE, is_zero, ones, rest);
    builder.ret(&[quotient, rest]);
}

/// Exact: significands are integers, and the dividend's is brought down to the divisor's exponent by as many bits at a time as 64 hold.
fn remainder(builder: &mut Builder<'_>, ty: Type, x: Value, y: Value) {
    use Opcode::*;
    const LONG: Type = Type::I64;
    let fraction_bits: u128 = if ty == Type::F32 { 23 } else { 52 };
    let step = 63 - fraction_bits;
    let sign_bit = 1_u128 << (ty.bits() - 1);
    let infinity = (sign_bit - 1) >> fraction_bits << fraction_bits;
    let [nan_block, number, same, begin, done, zero_block, normal] = [0; 7].map(|_| block(builder, &[]).0);
    let (header, carried) = block(builder, &[LONG, LONG]);
    let (body, _) = block(builder, &[]);
    let as_long = |builder: &mut Builder<'_>, value| {
        let bits = builder.unary(Bitcast, ty.as_integer(), value);
        if ty == Type::F32 { builder.unary(Extend, LONG, bits) } else { bits }
    };
    let as_float = |builder: &mut Builder<'_>, bits| {
        let bits = if ty == Type::F32 { builder.unary(Truncate, Type::I32, bits) } else { bits };
        builder.unary(Bitcast, ty, bits)
    };

    let [x_bits, y_bits] = [x, y].map(|value| as_long(builder, value));
    let [a, b] = [x_bits, y_bits].map(|bits| with(builder, And, LONG, bits, sign_bit - 1));
    let no_divisor = compare_with(builder, Condition::Equal, LONG, b, 0);
    let limit = builder.constant(LONG, infinity);
    let no_dividend = builder.compare(Condition::LessEqualU, LONG, limit, a);
    let no_number = builder.compare(Condition::LessU, LONG, limit, b);
    let refuses = builder.binary(Or, Type::Bool, no_divisor, no_dividend);
    let refuses = builder.binary(Or, Type::Bool, refuses, no_number);
    builder.branch(refuses, (nan_block, &[]), (number, &[]));

    builder.block = nan_block;
    let quiet = builder.constant(ty, infinity | 1 << (fraction_bits - 1));
    builder.ret(&[quiet]);

    builder.block = number;
    let is_less = builder.compare(Condition::LessU, LONG, a, b);
    builder.branch(is_less, (same, &[]), (begin, &[]));

    builder.block = same;
    builder.ret(&[x]);

    builder.block = begin;
    let [(x_exponent, x_significand), (y_exponent, y_significand)] = [a, b].map(|bits| {
        let exponent = with(builder, ShrU, LONG, bits, fraction_bits);
        let fraction = with(builder, And, LONG, bits, (1 << fraction_bits) - 1);
        let leading = with(builder, Or, LONG, fraction, 1 << fraction_bits);
        // Subnormal numbers have no leading bit, and the least exponent.
        let is_subnormal = compare_with(builder, Condition::Equal, LONG, exponent, 0);
        let least = with(builder, MaxU, LONG, exponent, 1);
        (least, builder.ternary(Select, LONG, is_subnormal, fraction, leading))
    });
    let apart = builder.binary(Sub, LONG, x_exponent, y_exponent);
    let rest = builder.binary(RemU, LONG, x_significand, y_significand);
    builder.jump(header, &[apart, rest]);

    builder.block = header;
    let (apart, rest) = (carried[0], carried[1]);
    let more = compare_with(builder, Condition::NotEqual, LONG, apart, 0);
    builder.branch(more, (body, &[]), (done, &[]));

    builder.block = body;
    let bits = with(builder, MinU, LONG, apart, step);
    let amount = builder.unary(Truncate, Type::I32, bits);
    let shifted = builder.binary(Shl, LONG, rest, amount);
    let next = builder.binary(RemU, LONG, shifted, y_significand);
    let apart_next = builder.binary(Sub, LONG, apart, bits);
    builder.jump(header, &[apart_next, next]);

    builder.block = done;
    let sign = with(builder, And, LONG, x_bits, sign_bit);
    let is_zero = compare_with(builder, Condition::Equal, LONG, rest, 0);
    builder.branch(is_zero, (zero_block, &[]), (normal, &[]));

    builder.block = zero_block;
    let zero = as_float(builder, sign);
    builder.ret(&[zero]);

    builder.block = normal;
    let zeros = builder.unary(LeadingZeros, LONG, rest);
    let room = with(builder, Sub, LONG, zeros, step);
    let lowest = with(builder, Sub, LONG, y_exponent, 1);
    let moved = builder.binary(MinU, LONG, room, lowest);
    let amount = builder.unary(Truncate, Type::I32, moved);
    let significand = builder.binary(Shl, LONG, rest, amount);
    // The leading bit, where there is one, counts as 1 in the exponent.
    let exponent = builder.binary(Sub, LONG, lowest, moved);
    let exponent = with(builder, Shl, LONG, exponent, fraction_bits);
    let magnitude = builder.binary(Add, LONG, exponent, significand);
    let bits = builder.binary(Or, LONG, magnitude, sign);
    let result = as_float(builder, bits);
    builder.ret(&[result]);
}
