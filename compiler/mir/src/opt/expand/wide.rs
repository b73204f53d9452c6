//! 128-bit integers from 64-bit ones.

use super::Writer;
use super::helper::Helper;
use crate::function::InstData;
use crate::ids::Value;
use crate::immediate::Condition;
use crate::opcode::Opcode;
use crate::types::Type;

const WIDE: Type = Type::I128;
const HALF: Type = Type::I64;

impl Writer<'_> {
    /// Lower and upper half.
    pub(super) fn halves(&mut self, value: Value) -> [Value; 2] {
        let low = self.unary(Opcode::Truncate, HALF, value);
        let upper = self.with(Opcode::ShrU, WIDE, value, 64);
        [low, self.unary(Opcode::Truncate, HALF, upper)]
    }

    fn join(&mut self, low: Value, high: Value) -> Value {
        let [low, high] = [low, high].map(|half| self.unary(Opcode::Extend, WIDE, half));
        let high = self.with(Opcode::Shl, WIDE, high, 64);
        self.binary(Opcode::Or, WIDE, low, high)
    }

    pub(super) fn wide(&mut self, data: &InstData) -> Vec<Value> {
        use Opcode::*;
        let (a, b) = (Value(data.a), Value(data.b));
        let opcode = data.opcode;
        match opcode {
            MulHighU => vec![self.product_high(a, b)],
            MulHighS => vec![self.signed_product_high(a, b)],
            MulOverflowU => {
                let (product, high) = (self.binary(Mul, WIDE, a, b), self.product_high(a, b));
                let zero = self.constant(WIDE, 0);
                vec![product, self.compare(Condition::NotEqual, WIDE, high, zero)]
            }
            MulOverflowS => {
                let (product, high) = (self.binary(Mul, WIDE, a, b), self.signed_product_high(a, b));
                let fill = self.with(ShrS, WIDE, product, 127);
                vec![product, self.compare(Condition::NotEqual, WIDE, high, fill)]
            }
            DivU | RemU => {
                let results = self.call(Helper::Divide, &[a, b]);
                vec![results[usize::from(opcode == RemU)]]
            }
            DivS | RemS => vec![self.divide_signed(opcode == RemS, a, b)],
            AddSaturateU | AddSaturateS | SubSaturateU | SubSaturateS => vec![self.saturate(opcode, a, b)],
            MinU | MinS | MaxU | MaxS => {
                let condition = if matches!(opcode, MinU | MaxU) { Condition::LessU } else { Condition::Less };
                let is_less = self.compare(condition, WIDE, a, b);
                let (then, otherwise) = if matches!(opcode, MinU | MinS) { (a, b) } else { (b, a) };
                vec![self.select(WIDE, is_less, then, otherwise)]
            }
            RotateLeft => {
                // Shift amounts count modulo the width, so that 0 minus the amount is the rest.
                let zero = self.constant(Type::I32, 0);
                let rest = self.binary(Sub, Type::I32, zero, b);
                let (left, right) = (self.binary(Shl, WIDE, a, b), self.binary(ShrU, WIDE, a, rest));
                vec![self.binary(Or, WIDE, left, right)]
            }
            _ => vec![self.by_halves(opcode, a)],
        }
    }

    /// Upper half of the unsigned product: the sum of four partial products.
    fn product_high(&mut self, a: Value, b: Value) -> Value {
        let ([a0, a1], [b0, b1]) = (self.halves(a), self.halves(b));
        let [p00, p01, p10, p11] =
            [(a0, b0), (a0, b1), (a1, b0), (a1, b1)].map(|(a, b)| self.binary(Opcode::MulWideU, WIDE, a, b));
        let [low01, low10] = [p01, p10].map(|product| self.with(Opcode::And, WIDE, product, u128::from(u64::MAX)));
        let [high00, high01, high10] = [p00, p01, p10].map(|product| self.with(Opcode::ShrU, WIDE, product, 64));
        let middle = self.binary(Opcode::Add, WIDE, high00, low01);
        let middle = self.binary(Opcode::Add, WIDE, middle, low10);
        let carry = self.with(Opcode::ShrU, WIDE, middle, 64);
        let sum = self.binary(Opcode::Add, WIDE, p11, high01);
        let sum = self.binary(Opcode::Add, WIDE, sum, high10);
        self.binary(Opcode::Add, WIDE, sum, carry)
    }

    /// From the unsigned one: a negative factor counts 2^128 too much of the other.
    fn signed_product_high(&mut self, a: Value, b: Value) -> Value {
        let mut high = self.product_high(a, b);
        for (sign, other) in [(a, b), (b, a)] {
            let fill = self.with(Opcode::ShrS, WIDE, sign, 127);
            let excess = self.binary(Opcode::And, WIDE, fill, other);
            high = self.binary(Opcode::Sub, WIDE, high, excess);
        }
        high
    }

    /// The magnitude, and all ones where the number is negative.
    pub(super) fn magnitude(&mut self, ty: Type, value: Value) -> (Value, Value) {
        let fill = self.with(Opcode::ShrS, ty, value, u128::from(ty.bits() - 1));
        let turned = self.binary(Opcode::Xor, ty, value, fill);
        (self.binary(Opcode::Sub, ty, turned, fill), fill)
    }

    fn divide_signed(&mut self, remainder: bool, a: Value, b: Value) -> Value {
        let ((n, n_sign), (d, d_sign)) = (self.magnitude(WIDE, a), self.magnitude(WIDE, b));
        let results = self.call(Helper::Divide, &[n, d]);
        let sign = if remainder { n_sign } else { self.binary(Opcode::Xor, WIDE, n_sign, d_sign) };
        let turned = self.binary(Opcode::Xor, WIDE, results[usize::from(remainder)], sign);
        let signed = self.binary(Opcode::Sub, WIDE, turned, sign);
        let (zero, ones) = (self.constant(WIDE, 0), self.constant(WIDE, u128::MAX));
        let is_zero = self.compare(Condition::Equal, WIDE, b, zero);
        self.select(WIDE, is_zero, ones, signed)
    }

    fn saturate(&mut self, opcode: Opcode, a: Value, b: Value) -> Value {
        use Opcode::*;
        let (checked, is_signed) = match opcode {
            AddSaturateU => (AddOverflowU, false),
            SubSaturateU => (SubOverflowU, false),
            AddSaturateS => (AddOverflowS, true),
            _ => (SubOverflowS, true),
        };
        let inst = self.push(InstData { a: a.0, b: b.0, ..InstData::new(checked, WIDE) });
        let wrapped = self.function.result(inst);
        let bound = if is_signed {
            // The bound on the side of `a`.
            let fill = self.with(ShrS, WIDE, a, 127);
            self.with(Xor, WIDE, fill, u128::MAX >> 1)
        } else {
            self.constant(WIDE, if opcode == AddSaturateU { u128::MAX } else { 0 })
        };
        self.select(WIDE, Value(wrapped.0 + 1), bound, wrapped)
    }

    fn by_halves(&mut self, opcode: Opcode, a: Value) -> Value {
        use Opcode::*;
        let [low, high] = self.halves(a);
        let [new_low, new_high] = [low, high].map(|half| self.unary(opcode, HALF, half));
        let count = match opcode {
            SwapBytes | ReverseBits => return self.join(new_high, new_low),
            CountOnes => self.binary(Add, HALF, new_low, new_high),
            // The half that is counted first, and the other one where the first is empty.
            _ => {
                let (first, near, far) =
                    if opcode == LeadingZeros { (high, new_high, new_low) } else { (low, new_low, new_high) };
                let zero = self.constant(HALF, 0);
                let is_empty = self.compare(Condition::Equal, HALF, first, zero);
                let beyond = self.with(Add, HALF, far, 64);
                self.select(HALF, is_empty, beyond, near)
            }
        };
        self.unary(Extend, WIDE, count)
    }
}
