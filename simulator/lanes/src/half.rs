//! `f16` and `bf16` arithmetic, single and packed in pairs: computed in f64 and rounded once. NaN results are 0x7fff.

use super::approximate;
use super::float::{NEAREST, add_to_odd};
use super::kernel::operations;

/// The NaN of every operation on halves.
pub(crate) const NAN: u16 = 0x7fff;

/// `f16` as `f32`, exactly.
#[inline(always)]
pub(crate) fn widen_f16(h: u16) -> f32 {
    let sign = u32::from(h >> 15) << 31;
    let magnitude = u32::from(h & 0x7fff) << 13;
    // The exponent moves by the difference of the biases; multiplication makes subnormals normal.
    let finite = f32::from_bits(magnitude) * f32::from_bits((127 + 112) << 23);
    let bits = if h & 0x7c00 == 0x7c00 { magnitude | 0x7f80_0000 } else { finite.to_bits() };
    f32::from_bits(bits | sign)
}

/// `bf16` as `f32`, exactly: its bits are the upper half.
#[inline(always)]
pub(crate) fn widen_bf16(h: u16) -> f32 {
    f32::from_bits(u32::from(h) << 16)
}

/// Rounds a magnitude to multiples of its format's last place, nearest even: `fraction` stored bits, `lowest` the exponent of the smallest normal.
#[inline(always)]
fn quantise(magnitude: f64, fraction: u64, lowest: i64) -> f64 {
    let exponent = (magnitude.to_bits() >> 52).max((1023 + lowest) as u64);
    // Adding 2^52 units of the last place leaves no bit below it.
    let anchor = f64::from_bits((exponent + 52 - fraction) << 52);
    (magnitude + anchor) - anchor
}

/// `x` (exact, or rounded to odd) as `f16`, nearest even; NaN is 0x7fff.
#[inline(always)]
pub(crate) fn narrow_f16(x: f64) -> u16 {
    let sign = (x.to_bits() >> 48) as u16 & 0x8000;
    let magnitude = f64::from_bits(x.to_bits() & !(1 << 63));
    if magnitude.is_nan() {
        return NAN;
    }
    let rounded = quantise(if magnitude < 1e6 { magnitude } else { 1e6 }, 10, -14) as f32;
    // Rebiased by multiplication: below the smallest normal the bits of an f32 are those of an f16 too.
    let bits = (rounded * f32::from_bits((127 - 112) << 23)).to_bits() >> 13;
    sign | bits.min(0x7c00) as u16
}

/// `x` (exact, or rounded to odd) as `bf16`, nearest even; NaN is 0x7fff.
#[inline(always)]
pub(crate) fn narrow_bf16(x: f64) -> u16 {
    let sign = (x.to_bits() >> 48) as u16 & 0x8000;
    let magnitude = f64::from_bits(x.to_bits() & !(1 << 63));
    if magnitude.is_nan() {
        return NAN;
    }
    let rounded = quantise(if magnitude < 1e40 { magnitude } else { 1e40 }, 7, -126) as f32;
    sign | (rounded.to_bits() >> 16) as u16
}

#[inline(always)]
pub(crate) fn widen<const BF: bool>(h: u16) -> f32 {
    if BF { widen_bf16(h) } else { widen_f16(h) }
}

#[inline(always)]
pub(crate) fn narrow<const BF: bool>(x: f64) -> u16 {
    if BF { narrow_bf16(x) } else { narrow_f16(x) }
}

/// Rounds the result of an operation; with `FTZ`, what would be rounded to less than the smallest normal number, had the exponent a lower one, is zero
/// (measured on an H200).
#[inline(always)]
fn round<const BF: bool, const FTZ: bool>(x: f64) -> u16 {
    let (smallest, half_step) = if BF { (1023 - 126, 1.0 / 512.0) } else { (1023 - 14, 1.0 / 4096.0) };
    let tiny = x.abs() < f64::from_bits(smallest << 52) * (1.0 - half_step);
    narrow::<BF>(if FTZ && tiny { 0f64.copysign(x) } else { x })
}

#[inline(always)]
fn is_nan<const BF: bool>(h: u16) -> bool {
    h & 0x7fff > if BF { 0x7f80 } else { 0x7c00 }
}

#[inline(always)]
fn flush<const BF: bool, const FTZ: bool>(h: u16) -> u16 {
    let exponent = if BF { 0x7f80 } else { 0x7c00 };
    if FTZ && h & exponent == 0 { h & 0x8000 } else { h }
}

/// The NaN that a tensor copy fills in beyond the tensor, which `fma.oob` takes for zero (found on an H200: 0x7ff7, of either sign).
#[inline(always)]
fn is_out_of_bounds(h: u16) -> bool {
    h & 0x7fff == 0x7ff7
}

/// No further treatment of a result.
pub(crate) const AS_IS: u8 = 0;
/// `.sat`: clamped to [+0, 1], NaN is +0.
pub(crate) const SATURATED: u8 = 1;
/// `.relu`: negative becomes +0.
pub(crate) const RELU: u8 = 2;

#[inline(always)]
fn finish<const BF: bool, const FTZ: bool, const CLAMP: u8>(h: u16) -> u16 {
    let h = flush::<BF, FTZ>(h);
    let one = if BF { 0x3f80 } else { 0x3c00 };
    match CLAMP {
        SATURATED if is_nan::<BF>(h) || h >> 15 == 1 => 0,
        SATURATED => h.min(one),
        RELU if !is_nan::<BF>(h) && h >> 15 == 1 => 0,
        _ => h,
    }
}

#[inline(always)]
fn min_max<const BF: bool, const FTZ: bool, const NAN_RESULT: bool, const MAX: bool, const XORSIGN: bool>(
    a: u16,
    b: u16,
) -> u16 {
    let sign = (a ^ b) & 0x8000;
    let mask = if XORSIGN { 0x7fff } else { 0xffff };
    let (a, b) = (flush::<BF, FTZ>(a & mask), flush::<BF, FTZ>(b & mask));
    let (a_nan, b_nan) = (is_nan::<BF>(a), is_nan::<BF>(b));
    if a_nan && b_nan || NAN_RESULT && (a_nan || b_nan) {
        return NAN;
    }
    // Sign-magnitude as a two's complement order, in which −0 is below +0.
    let key = |h: u16| if h >> 15 == 1 { !(h & 0x7fff) as i16 } else { h as i16 };
    let first = if MAX { key(a) > key(b) } else { key(a) < key(b) };
    let picked = if b_nan || !a_nan && first { a } else { b };
    if XORSIGN { picked | sign } else { picked }
}

/// Each operation on one half and on a pair.
macro_rules! half_operations {
    ($($single:ident, $pair:ident<$($k:ident: $kt:ty),*>($($a:ident),*) = $body:expr;)*) => {
        operations! {
            $(
                $single<; $($k: $kt),*>($($a: u16),*) -> u16 = $body;
                $pair<; $($k: $kt),*>($($a: u32),*) -> u32 = {
                    let low = { $(let $a = $a as u16;)* $body };
                    let high = { $(let $a = ($a >> 16) as u16;)* $body };
                    u32::from(high) << 16 | u32::from(low)
                };
            )*
        }
    };
}

macro_rules! wide {
    ($a:ident) => {
        f64::from(widen::<BF>(flush::<BF, FTZ>($a)))
    };
}

half_operations! {
    AddHalf, AddPair<BF: bool, FTZ: bool, CLAMP: u8>(a, b) = finish::<BF, FTZ, CLAMP>(round::<BF, FTZ>(wide!(a) + wide!(b)));
    SubHalf, SubPair<BF: bool, FTZ: bool, CLAMP: u8>(a, b) = finish::<BF, FTZ, CLAMP>(round::<BF, FTZ>(wide!(a) - wide!(b)));
    MulHalf, MulPair<BF: bool, FTZ: bool, CLAMP: u8>(a, b) = finish::<BF, FTZ, CLAMP>(round::<BF, FTZ>(wide!(a) * wide!(b)));
    FmaHalf, FmaPair<BF: bool, FTZ: bool, CLAMP: u8>(a, b, c) =
        finish::<BF, FTZ, CLAMP>(round::<BF, FTZ>(add_to_odd::<NEAREST>(wide!(a) * wide!(b), wide!(c))));
    OobFmaHalf, OobFmaPair<BF: bool, CLAMP: u8>(a, b, c) = match is_out_of_bounds(a) || is_out_of_bounds(b) {
        true => 0,
        false => finish::<BF, false, CLAMP>(narrow::<BF>(add_to_odd::<NEAREST>(
            f64::from(widen::<BF>(a)) * f64::from(widen::<BF>(b)),
            f64::from(widen::<BF>(c)),
        ))),
    };
    NegHalf, NegPair<BF: bool, FTZ: bool>(a) = if is_nan::<BF>(a) { NAN } else { flush::<BF, FTZ>(a) ^ 0x8000 };
    AbsHalf, AbsPair<BF: bool, FTZ: bool>(a) = if is_nan::<BF>(a) { NAN } else { flush::<BF, FTZ>(a) & 0x7fff };
    MinHalf, MinPair<BF: bool, FTZ: bool, NAN_RESULT: bool, XORSIGN: bool>(a, b) = min_max::<BF, FTZ, NAN_RESULT, false, XORSIGN>(a, b);
    MaxHalf, MaxPair<BF: bool, FTZ: bool, NAN_RESULT: bool, XORSIGN: bool>(a, b) = min_max::<BF, FTZ, NAN_RESULT, true, XORSIGN>(a, b);
    Ex2Half, Ex2Pair<BF: bool, FTZ: bool>(a) = flush::<BF, FTZ>(narrow::<BF>(approximate::exp2(wide!(a))));
    TanhHalf, TanhPair<BF: bool, FTZ: bool>(a) = narrow::<BF>(approximate::tanh(wide!(a)));
}
