//! `f64` arithmetic in the directed roundings, by exact integer arithmetic.

use super::soft::{F64, Float, Round, fused_multiply_add};
use super::{LANES, Row, wide, wide_mut};

/// What is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation64 {
    Add,
    Sub,
    Mul,
    Fma,
    Div,
    Rcp,
    Sqrt,
}

/// An operation and its rounding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Float64 {
    pub(crate) operation: Operation64,
    pub(crate) round: Round,
}

impl Float64 {
    /// One lane; operands that the operation does not have are ignored.
    pub(crate) fn compute(&self, a: u64, b: u64, c: u64) -> u64 {
        let [x, y, z] = [a, b, c].map(|bits| F64.unpack(bits));
        let one = Float::Finite { negative: false, exponent: 0, significand: 1 };
        let result = match self.operation {
            Operation64::Add => x.add(y, self.round),
            Operation64::Sub => x.add(y.negated(), self.round),
            Operation64::Mul => x.multiply(y),
            Operation64::Fma => fused_multiply_add(x, y, z, self.round),
            Operation64::Div => x.divide(y),
            Operation64::Rcp => one.divide(x),
            Operation64::Sqrt => x.square_root(),
        };
        let nan = match result {
            Float::Nan { negative, payload } => u64::from(negative) << 63 | 0x7ff8_0000_0000_0000 | payload,
            _ => 0,
        };
        F64.pack(result, self.round, nan, false)
    }

    /// All lanes.
    pub(crate) fn run(&self, d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
        let absent = [0; LANES];
        let (a, b) = (wide(a), if b.is_empty() { &absent } else { wide(b) });
        let c = if c.is_empty() { &absent } else { wide(c) };
        let d = wide_mut(d);
        for lane in 0..LANES {
            d[lane] = self.compute(a[lane], b[lane], c[lane]);
        }
    }
}
