//! Extended-precision integer arithmetic with the condition code's carry (PTX ISA 9.7.2). The carry of a subtraction is its borrow.

use super::{CarryFn, LANES, Row, wide, wide_mut};

/// One lane: `(a, b, c, carry) → (d, carry)`.
type Step<T> = fn(T, T, T, bool) -> (T, bool);

#[inline(always)]
fn run32(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], carry: u32, step: Step<u32>) -> u32 {
    let mut out = 0;
    for lane in 0..LANES {
        let c = c.first().map_or(0, |row| row.0[lane]);
        let (value, carried) = step(a[0].0[lane], b[0].0[lane], c, carry >> lane & 1 == 1);
        d[0].0[lane] = value;
        out |= u32::from(carried) << lane;
    }
    out
}

#[inline(always)]
fn run64(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], carry: u32, step: Step<u64>) -> u32 {
    let (a, b, d) = (wide(a), wide(b), wide_mut(d));
    let c = if c.is_empty() { &[0; LANES] } else { wide(c) };
    let mut out = 0;
    for lane in 0..LANES {
        let (value, carried) = step(a[lane], b[lane], c[lane], carry >> lane & 1 == 1);
        d[lane] = value;
        out |= u32::from(carried) << lane;
    }
    out
}

macro_rules! steps {
    ($add:ident, $sub:ident, $mad_low:ident, $mad_high:ident, $mad_high_signed:ident, $t:ident, $signed:ident, $wide:ident, $signed_wide:ident) => {
        #[inline(always)]
        fn $add(a: $t, b: $t, _c: $t, carry: bool) -> ($t, bool) {
            let (sum, first) = a.overflowing_add(b);
            let (sum, second) = sum.overflowing_add($t::from(carry));
            (sum, first | second)
        }
        #[inline(always)]
        fn $sub(a: $t, b: $t, _c: $t, borrow: bool) -> ($t, bool) {
            let (difference, first) = a.overflowing_sub(b);
            let (difference, second) = difference.overflowing_sub($t::from(borrow));
            (difference, first | second)
        }
        #[inline(always)]
        fn $mad_low(a: $t, b: $t, c: $t, carry: bool) -> ($t, bool) {
            $add(a.wrapping_mul(b), c, 0, carry)
        }
        #[inline(always)]
        fn $mad_high(a: $t, b: $t, c: $t, carry: bool) -> ($t, bool) {
            $add(($wide::from(a) * $wide::from(b) >> $t::BITS) as $t, c, 0, carry)
        }
        #[inline(always)]
        fn $mad_high_signed(a: $t, b: $t, c: $t, carry: bool) -> ($t, bool) {
            $add(($signed_wide::from(a as $signed) * $signed_wide::from(b as $signed) >> $t::BITS) as $t, c, 0, carry)
        }
    };
}
steps!(add32, sub32, mad_low32, mad_high32, mad_high_signed32, u32, i32, u64, i64);
steps!(add64, sub64, mad_low64, mad_high64, mad_high_signed64, u64, i64, u128, i128);

/// What is computed with the carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CarryOperation {
    Add,
    Sub,
    MadLow,
    MadHigh,
    MadHighSigned,
}

/// The function for `operation` on 32 or 64 bits.
pub(crate) fn carry(operation: CarryOperation, bits: u32) -> CarryFn {
    match (operation, bits == 64) {
        (CarryOperation::Add, false) => |d, a, b, c, carry| run32(d, a, b, c, carry, add32),
        (CarryOperation::Sub, false) => |d, a, b, c, carry| run32(d, a, b, c, carry, sub32),
        (CarryOperation::MadLow, false) => |d, a, b, c, carry| run32(d, a, b, c, carry, mad_low32),
        (CarryOperation::MadHigh, false) => |d, a, b, c, carry| run32(d, a, b, c, carry, mad_high32),
        (CarryOperation::MadHighSigned, false) => |d, a, b, c, carry| run32(d, a, b, c, carry, mad_high_signed32),
        (CarryOperation::Add, true) => |d, a, b, c, carry| run64(d, a, b, c, carry, add64),
        (CarryOperation::Sub, true) => |d, a, b, c, carry| run64(d, a, b, c, carry, sub64),
        (CarryOperation::MadLow, true) => |d, a, b, c, carry| run64(d, a, b, c, carry, mad_low64),
        (CarryOperation::MadHigh, true) => |d, a, b, c, carry| run64(d, a, b, c, carry, mad_high64),
        (CarryOperation::MadHighSigned, true) => |d, a, b, c, carry| run64(d, a, b, c, carry, mad_high_signed64),
    }
}
