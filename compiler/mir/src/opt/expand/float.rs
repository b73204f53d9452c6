//! Conversions that no instruction rounds right, and operations on halves by way of `f32`.

use super::Writer;
use super::helper::Helper;
use crate::function::InstData;
use crate::ids::Value;
use crate::immediate::Condition;
use crate::opcode::Opcode;
use crate::types::Type;

const WIDE: Type = Type::I128;

impl Writer<'_> {
    /// Every half is an `f32`, and what comes out exactly is one again.
    fn by_single(&mut self, ty: Type, operands: &[Value], run: impl FnOnce(&mut Self, &[Value]) -> Value) -> Value {
        if matches!(ty, Type::F32 | Type::F64) {
            return run(self, operands);
        }
        let wide: Vec<Value> =
            operands.iter().map(|value| self.unary(Opcode::ConvertFloat, Type::F32, *value)).collect();
        let result = run(self, &wide);
        self.unary(Opcode::ConvertFloat, ty, result)
    }

    pub(super) fn float_remainder(&mut self, data: &InstData) -> Value {
        let computed = if data.ty == Type::F64 { Type::F64 } else { Type::F32 };
        self.by_single(data.ty, &[Value(data.a), Value(data.b)], |writer, operands| {
            writer.call(Helper::FloatRemainder(computed), operands)[0]
        })
    }

    pub(super) fn round(&mut self, data: &InstData) -> Value {
        self.by_single(data.ty, &[Value(data.a)], |writer, operands| {
            writer.unary(Opcode::Round, Type::F32, operands[0])
        })
    }

    /// `f64` to `bf16` by an `f32` that is cut towards zero and odd where anything was lost, so that both steps round as one.
    pub(super) fn to_bf16(&mut self, a: Value) -> Value {
        use Opcode::*;
        let nearest = self.unary(ConvertFloat, Type::F32, a);
        let back = self.unary(ConvertFloat, Type::F64, nearest);
        let [size, back_size] = [a, back].map(|value| self.unary(FloatAbs, Type::F64, value));
        let is_beyond = self.compare(Condition::Less, Type::F64, size, back_size);
        let is_inexact = self.compare(Condition::NotEqual, Type::F64, a, back);
        let [beyond, inexact] = [is_beyond, is_inexact].map(|flag| self.unary(Extend, Type::I32, flag));
        let bits = self.unary(Bitcast, Type::I32, nearest);
        let cut = self.binary(Sub, Type::I32, bits, beyond);
        let odd = self.binary(Or, Type::I32, cut, inexact);
        let single = self.unary(Bitcast, Type::F32, odd);
        self.unary(ConvertFloat, Type::Bf16, single)
    }

    /// The leading bits, the last one set where anything behind them was lost, as a float that is scaled back: rounded once.
    pub(super) fn float_from(&mut self, data: &InstData) -> Value {
        use Opcode::*;
        let (mut value, mut ty) = (Value(data.a), self.function.value_type(Value(data.a)));
        let is_signed = data.opcode == FromS;
        if ty.bits() < 64 {
            ty = Type::I64;
            value = self.unary(if is_signed { ExtendS } else { Extend }, ty, value);
        }
        let (magnitude, sign) = match is_signed {
            true => self.magnitude(ty, value),
            false => (value, self.constant(ty, 0)),
        };
        // Halves are made of an `f32`, which must be exact.
        let is_half = matches!(data.ty, Type::F16 | Type::Bf16);
        let computed = if data.ty == Type::F64 { Type::F64 } else { Type::F32 };
        let kept_bits: u128 = if is_half { 24 } else { 62 };
        let zeros = self.unary(LeadingZeros, ty, magnitude);
        let zeros = self.unary(Truncate, Type::I32, zeros);
        let most = self.constant(Type::I32, u128::from(ty.bits()) - kept_bits);
        let excess = self.binary(SubSaturateU, Type::I32, most, zeros);
        let kept = self.binary(ShrU, ty, magnitude, excess);
        let again = self.binary(Shl, ty, kept, excess);
        let is_lost = self.compare(Condition::NotEqual, ty, again, magnitude);
        let lost = self.unary(Extend, ty, is_lost);
        let odd = self.binary(Or, ty, kept, lost);
        let odd = if ty == WIDE { self.unary(Truncate, Type::I64, odd) } else { odd };
        let leading = self.unary(FromU, computed, odd);
        let scale = match computed {
            Type::F32 => {
                let exponent = self.with(Add, Type::I32, excess, 127);
                let bits = self.with(Shl, Type::I32, exponent, 23);
                self.unary(Bitcast, Type::F32, bits)
            }
            _ => {
                let exponent = self.with(Add, Type::I32, excess, 1023);
                let exponent = self.unary(Extend, Type::I64, exponent);
                let bits = self.with(Shl, Type::I64, exponent, 52);
                self.unary(Bitcast, Type::F64, bits)
            }
        };
        let mut result = self.binary(FloatMul, computed, leading, scale);
        if is_half {
            result = self.unary(ConvertFloat, data.ty, result);
        }
        if is_signed {
            let (zero, negative) = (self.constant(ty, 0), self.unary(FloatNeg, data.ty, result));
            let is_negative = self.compare(Condition::NotEqual, ty, sign, zero);
            result = self.select(data.ty, is_negative, negative, result);
        }
        result
    }

    /// A float to 128 bits: its significand shifted to its place, held at the bounds.
    pub(super) fn float_to(&mut self, data: &InstData) -> Value {
        use Opcode::*;
        let from = self.function.value_type(Value(data.a));
        let is_signed = data.opcode == ToS;
        let double = match from {
            Type::F64 => Value(data.a),
            _ => self.unary(ConvertFloat, Type::F64, Value(data.a)),
        };
        let bits = self.unary(Bitcast, Type::I64, double);
        let exponent = self.with(ShrU, Type::I64, bits, 52);
        let exponent = self.with(And, Type::I64, exponent, 0x7ff);
        let exponent = self.unary(Truncate, Type::I32, exponent);
        let fraction = self.with(And, Type::I64, bits, (1 << 52) - 1);
        let significand = self.with(Or, Type::I64, fraction, 1 << 52);
        let significand = self.unary(Extend, WIDE, significand);
        // The last bit of the significand stands for 2^(exponent - 1075).
        let left = self.with(Sub, Type::I32, exponent, 1075);
        let bias = self.constant(Type::I32, 1075);
        let right = self.binary(Sub, Type::I32, bias, exponent);
        let (shifted_left, shifted_right) =
            (self.binary(Shl, WIDE, significand, left), self.binary(ShrU, WIDE, significand, right));
        let (zero, gone) = (self.constant(Type::I32, 0), self.constant(Type::I32, 64));
        let wide_zero = self.constant(WIDE, 0);
        let goes_right = self.compare(Condition::Less, Type::I32, left, zero);
        let is_gone = self.compare(Condition::LessEqual, Type::I32, gone, right);
        let right = self.select(WIDE, is_gone, wide_zero, shifted_right);
        let mut magnitude = self.select(WIDE, goes_right, right, shifted_left);
        let room = self.constant(Type::I32, if is_signed { 74 } else { 75 });
        let is_beyond = self.compare(Condition::Less, Type::I32, room, left);
        let bound = self.constant(WIDE, if is_signed { u128::MAX >> 1 } else { u128::MAX });
        magnitude = self.select(WIDE, is_beyond, bound, magnitude);
        let long_zero = self.constant(Type::I64, 0);
        let is_negative = self.compare(Condition::Less, Type::I64, bits, long_zero);
        let negative = match is_signed {
            true => {
                let negative = self.binary(Sub, WIDE, wide_zero, magnitude);
                let least = self.constant(WIDE, 1 << 127);
                self.select(WIDE, is_beyond, least, negative)
            }
            false => wide_zero,
        };
        let number = self.select(WIDE, is_negative, negative, magnitude);
        let is_nan = self.compare(Condition::Unordered, Type::F64, double, double);
        self.select(WIDE, is_nan, wide_zero, number)
    }
}
