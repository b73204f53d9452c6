//! Floating-point operations on bits. `F32` and `F64` are the host's own, which IEEE 754 fixes to the bit (but for which
//! NaN comes out); the 16-bit types are computed in `f64` and rounded once.

use super::signed;
use crate::immediate::Condition;
use crate::opcode::Opcode;
use crate::types::Type;

/// The value of the bits, exactly: every type fits into `f64`.
fn widen(ty: Type, bits: u128) -> f64 {
    match ty {
        Type::F64 => f64::from_bits(bits as u64),
        Type::F32 => f64::from(f32::from_bits(bits as u32)),
        Type::Bf16 => f64::from(f32::from_bits((bits as u32) << 16)),
        _ => widen_half(bits as u16),
    }
}

fn widen_half(bits: u16) -> f64 {
    let sign = if bits >> 15 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        31 if fraction != 0.0 => f64::NAN,
        31 => f64::INFINITY,
        0 => fraction * 2_f64.powi(-24),
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    }
}

/// The bits of the value of type `ty` nearest to `value`, ties to even.
fn narrow(ty: Type, value: f64) -> u128 {
    match ty {
        Type::F64 => u128::from(value.to_bits()),
        Type::F32 => u128::from((value as f32).to_bits()),
        Type::Bf16 => u128::from(round_bits(value, 8, 7)),
        _ => u128::from(round_bits(value, 5, 10)),
    }
}

/// Rounds to a format of so many exponent and fraction bits; a NaN becomes the quiet one without payload.
fn round_bits(value: f64, exponent_bits: u32, fraction_bits: u32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 63) as u16) << 15;
    let infinity = ((1_u16 << exponent_bits) - 1) << fraction_bits;
    if value.is_nan() {
        return sign | infinity | 1 << (fraction_bits - 1);
    }
    let bias = (1_i32 << (exponent_bits - 1)) - 1;
    let exponent = (bits >> 52 & 2047) as i32 - 1023;
    let significand = if bits << 1 == 0 { 0 } else { bits & ((1 << 52) - 1) | 1 << 52 };
    // Below the least normal exponent the unit stays that of the subnormals.
    let shift = 52 - fraction_bits as i32 + (1 - bias - exponent).max(0);
    if value == 0.0 || shift > 60 {
        return sign;
    }
    let (kept, rest, half) = (significand >> shift, significand & ((1 << shift) - 1), 1_u64 << (shift - 1));
    let rounded = kept + u64::from(rest > half || rest == half && kept & 1 == 1);
    // `kept` holds the leading bit, so that a carry into the exponent is the right one.
    let scaled = ((exponent.max(1 - bias) + bias - 1) as i64).max(0) << fraction_bits;
    let encoded = scaled + rounded as i64;
    sign | if encoded >= i64::from(infinity) { infinity } else { encoded as u16 }
}

/// `value` with its last bit set where something was lost, so that rounding once more is rounding once.
fn to_odd(value: f64, lost: f64) -> f64 {
    if lost == 0.0 || value.is_nan() || value.is_infinite() || value.to_bits() & 1 == 1 {
        return value;
    }
    let away = (lost > 0.0) == (value > 0.0);
    f64::from_bits(if away { value.to_bits() + 1 } else { value.to_bits() - 1 })
}

/// Computes on the host's type where there is one, else in `f64` and rounds: for the 16-bit types the result of one operation in `f64` rounds as the exact one.
macro_rules! on_host {
    ($ty:expr, $($bits:ident)*, |$($name:ident)*| $body:expr) => {
        match $ty {
            Type::F32 => { $(let $name = f32::from_bits($bits as u32);)* u128::from(f32::to_bits($body)) }
            Type::F64 => { $(let $name = f64::from_bits($bits as u64);)* u128::from(f64::to_bits($body)) }
            _ => { $(let $name = widen($ty, $bits);)* narrow($ty, $body) }
        }
    };
}

fn sign_bit(ty: Type) -> u128 {
    1 << (ty.bits() - 1)
}

pub(super) fn compare(condition: Condition, ty: Type, a: u128, b: u128) -> bool {
    let (a, b) = (widen(ty, a), widen(ty, b));
    match condition {
        Condition::Equal => a == b,
        Condition::NotEqual => a != b,
        Condition::Less | Condition::LessU => a < b,
        Condition::LessEqual | Condition::LessEqualU => a <= b,
        Condition::Ordered => !a.is_nan() && !b.is_nan(),
        Condition::Unordered => a.is_nan() || b.is_nan(),
    }
}

pub(super) fn binary(opcode: Opcode, ty: Type, a: u128, b: u128) -> Option<u128> {
    let lesser = |is_less: bool| if is_less { a } else { b };
    Some(match opcode {
        Opcode::FloatAdd => on_host!(ty, a b, |a b| a + b),
        Opcode::FloatSub => on_host!(ty, a b, |a b| a - b),
        Opcode::FloatMul => on_host!(ty, a b, |a b| a * b),
        Opcode::FloatDiv => on_host!(ty, a b, |a b| a / b),
        Opcode::FloatRem => on_host!(ty, a b, |a b| a % b),
        Opcode::CopySign => a & !sign_bit(ty) | b & sign_bit(ty),
        Opcode::FloatMin | Opcode::FloatMax => {
            let (x, y) = (widen(ty, a), widen(ty, b));
            if x.is_nan() && y.is_nan() {
                narrow(ty, f64::NAN)
            } else if x.is_nan() || y.is_nan() {
                lesser(y.is_nan())
            } else {
                // -0 stands before +0.
                let is_less = x < y || x == y && x.is_sign_negative();
                lesser(is_less == (opcode == Opcode::FloatMin))
            }
        }
        _ => return None,
    })
}

pub(super) fn fma(ty: Type, a: u128, b: u128, c: u128) -> u128 {
    match ty {
        Type::F32 => {
            u128::from(f32::from_bits(a as u32).mul_add(f32::from_bits(b as u32), f32::from_bits(c as u32)).to_bits())
        }
        Type::F64 => {
            u128::from(f64::from_bits(a as u64).mul_add(f64::from_bits(b as u64), f64::from_bits(c as u64)).to_bits())
        }
        _ => {
            // The product is exact; the sum's error is found by Knuth's two-sum.
            let (product, c) = (widen(ty, a) * widen(ty, b), widen(ty, c));
            let sum = product + c;
            let part = sum - product;
            let lost = (product - (sum - part)) + (c - part);
            narrow(ty, to_odd(sum, if lost.is_nan() { 0.0 } else { lost }))
        }
    }
}

pub(super) fn unary(opcode: Opcode, ty: Type, from: Type, a: u128) -> Option<u128> {
    Some(match opcode {
        Opcode::Bitcast => a,
        Opcode::FloatNeg => a ^ sign_bit(ty),
        Opcode::FloatAbs => a & !sign_bit(ty),
        Opcode::SquareRoot => on_host!(ty, a, |a| a.sqrt()),
        Opcode::Floor => on_host!(ty, a, |a| a.floor()),
        Opcode::Ceil => on_host!(ty, a, |a| a.ceil()),
        Opcode::Trunc => on_host!(ty, a, |a| a.trunc()),
        Opcode::Round => on_host!(ty, a, |a| a.round()),
        Opcode::RoundEven => on_host!(ty, a, |a| a.round_ties_even()),
        Opcode::ConvertFloat => narrow(ty, widen(from, a)),
        Opcode::ToU => saturate_unsigned(ty, widen(from, a)),
        Opcode::ToS => saturate_signed(ty, widen(from, a)),
        Opcode::FromU => from_integer(ty, a, false),
        Opcode::FromS => {
            let number = signed(from, a);
            from_integer(ty, number.unsigned_abs(), number < 0)
        }
        _ => return None,
    })
}

fn saturate_unsigned(ty: Type, value: f64) -> u128 {
    (value as u128).min(ty.mask())
}

fn saturate_signed(ty: Type, value: f64) -> u128 {
    let max = (ty.mask() >> 1) as i128;
    (value as i128).clamp(-max - 1, max) as u128
}

fn from_integer(ty: Type, magnitude: u128, negative: bool) -> u128 {
    let bits = match ty {
        Type::F32 => u128::from((magnitude as f32).to_bits()),
        Type::F64 => u128::from((magnitude as f64).to_bits()),
        _ => {
            // 32 leading bits, the last one set where anything was cut: exact in `f64`, rounded once.
            let shift = (128 - magnitude.leading_zeros()).saturating_sub(32);
            let lost = magnitude & ((1 << shift) - 1) != 0;
            let leading = (magnitude >> shift) as u32 | u32::from(lost);
            narrow(ty, f64::from(leading) * 2_f64.powi(shift as i32))
        }
    };
    if negative { bits | sign_bit(ty) } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_widening_and_narrowing() {
        for ty in [Type::F16, Type::Bf16] {
            for bits in 0..=u16::MAX {
                let value = widen(ty, u128::from(bits));
                if !value.is_nan() {
                    assert_eq!(narrow(ty, value), u128::from(bits), "{ty:?} {bits:#06x}");
                }
            }
        }
    }

    #[test]
    fn narrowing_rounds_to_the_nearest_even() {
        let half = |value| narrow(Type::F16, value);
        assert_eq!(half(65519.0), 0x7bff);
        assert_eq!(half(65520.0), 0x7c00);
        assert_eq!(half(1.0 + 1.0 / 2048.0), 0x3c00);
        assert_eq!(half(1.0 + 3.0 / 2048.0), 0x3c02);
        assert_eq!(half(2_f64.powi(-25)), 0);
        assert_eq!(half(2_f64.powi(-25) * 1.0001), 1);
        assert_eq!(half(2_f64.powi(-14) - 2_f64.powi(-26)), 0x0400);
        assert_eq!(narrow(Type::Bf16, f64::from(f32::from_bits(0x3f80_8000))), 0x3f80);
        assert_eq!(narrow(Type::Bf16, f64::from(f32::from_bits(0x3f80_8001))), 0x3f81);
    }

    #[test]
    fn a_fused_product_of_halves_is_rounded_once() {
        // 1.0 * 1.0 + 2^-24 just above the tie must round up although the sum in steps would not see it.
        let (one, tiny) = (narrow(Type::Bf16, 1.0), narrow(Type::Bf16, 2_f64.powi(-100)));
        let tie = narrow(Type::Bf16, 2_f64.powi(-8));
        let above = fma(Type::Bf16, one, tie, one);
        assert_eq!(above, 0x3f80);
        let big = fma(Type::Bf16, tiny, one, narrow(Type::Bf16, 1.0));
        assert_eq!(big, 0x3f80);
    }

    #[test]
    fn integers_become_the_nearest_float_without_rounding_twice() {
        let number = (1_u128 << 60) + (1 << 52) + 1;
        assert_eq!(from_integer(Type::Bf16, number, false), 0x5d81);
        assert_eq!(from_integer(Type::F16, 70_000, true), 0xfc00);
    }
}
