//! `f32` and `f64` arithmetic that kernels do all the time: every rounding of f32 addition, multiplication and fused multiply-add, nearest for
//! f64, and what `ftz` and `sat` make of it. The rest is in [`super::soft`] and [`super::rare`].
//!
//! Nothing touches the processor's rounding mode: f32 operations are computed exactly enough in f64 (a product is exact, a sum is rounded to odd)
//! and rounded once. NaN results are the hardware's: 0x7fffffff for f32; for f64 an operand's payload, quieted. `ftz` flushes what rounds to
//! less than the smallest normal number, see [`flush_tiny`].

use super::approximate;
use super::kernel::{Machine, operations};

/// `.rn`
pub(crate) const NEAREST: u8 = 0;
/// `.rz`
pub(crate) const ZERO: u8 = 1;
/// `.rm`
pub(crate) const DOWN: u8 = 2;
/// `.rp`
pub(crate) const UP: u8 = 3;

/// The NaN of every f32 operation.
pub(crate) const NAN32: f32 = f32::from_bits(0x7fff_ffff);
/// The NaN of an invalid f64 operation.
pub(crate) const INVALID64: f64 = f64::from_bits(0xfff8_0000_0000_0000);

/// Subnormals become zeros of their sign.
#[inline(always)]
pub(crate) fn flush<const FTZ: bool>(x: f32) -> f32 {
    let bits = x.to_bits();
    if FTZ && bits & 0x7f80_0000 == 0 { f32::from_bits(bits & 0x8000_0000) } else { x }
}

/// What every f32 result goes through: flushing, clamping to [+0, 1] (NaN becomes +0), the canonical NaN.
#[inline(always)]
pub(crate) fn finish<const FTZ: bool, const SAT: bool>(x: f32) -> f32 {
    let x = flush::<FTZ>(x);
    if SAT {
        // NaN fails the comparison, −0 too.
        let x = if x > 0.0 { x } else { 0.0 };
        return if x > 1.0 { 1.0 } else { x };
    }
    if x.is_nan() { NAN32 } else { x }
}

/// The f32 that `x` rounds to. `x` is exact, or rounded to odd.
#[inline(always)]
pub(crate) fn round_f32<const ROUND: u8>(x: f64) -> f32 {
    let nearest = x as f32;
    let back = f64::from(nearest);
    let bits = nearest.to_bits();
    let wrong = match ROUND {
        ZERO => back.abs() > x.abs(),
        DOWN => back > x,
        UP => back < x,
        _ => return nearest,
    };
    let shrink = ROUND == ZERO || (ROUND == DOWN) == (bits >> 31 == 0);
    let step = if shrink { u32::MAX } else { 1 };
    if wrong { f32::from_bits(bits.wrapping_add(step)) } else { nearest }
}

/// `a + b` in f64, rounded to odd: rounding it again to a format of at most 51 bits rounds the exact sum. An exact zero of opposite terms is
/// negative when rounding down.
#[inline(always)]
pub(crate) fn add_to_odd<const ROUND: u8>(a: f64, b: f64) -> f64 {
    let sum = a + b;
    let other = sum - a;
    let error = (a - (sum - other)) + (b - other);
    let bits = sum.to_bits();
    let odd = if (error > 0.0) == (sum > 0.0) { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
    let inexact = error != 0.0 && !error.is_nan() && sum.is_finite();
    let sum = if inexact && bits & 1 == 0 { f64::from_bits(odd) } else { sum };
    if ROUND == DOWN && sum == 0.0 && (a.to_bits() ^ b.to_bits()) >> 63 == 1 { -0.0 } else { sum }
}

#[inline(always)]
fn add<const ROUND: u8>(a: f32, b: f32) -> f32 {
    match ROUND {
        NEAREST => a + b,
        _ => round_f32::<ROUND>(add_to_odd::<ROUND>(a.into(), b.into())),
    }
}

/// Flushes a result that is the smallest normal number only because its exponent has no lower one: with any exponent it would have been rounded to
/// less. Measured on an H200: `mul.ftz.f32` of −2⁻¹²⁶ and 1 − 2⁻²⁴ is −0, of 2⁻¹²⁶(1 + 2⁻²²) and 1 − 2⁻²² it is 2⁻¹²⁶. `lost` is the exact result less
/// `rounded`, or rounded to odd. Below the smallest normal number lie 2⁻¹⁵⁰ to the next one of 24 digits; half of that is rounded away to nearest.
#[inline(always)]
fn flush_tiny<const ROUND: u8, const FTZ: bool>(rounded: f32, lost: f64) -> f32 {
    let towards_zero = if rounded < 0.0 { lost } else { -lost };
    let tiny = match ROUND {
        NEAREST => towards_zero > f64::from_bits((1023 - 151) << 52),
        _ => towards_zero >= f64::from_bits((1023 - 150) << 52),
    };
    let smallest = rounded.abs() == f32::MIN_POSITIVE;
    if FTZ && smallest && tiny { f32::from_bits(rounded.to_bits() & 0x8000_0000) } else { rounded }
}

#[inline(always)]
fn mul<const ROUND: u8, const FTZ: bool>(a: f32, b: f32) -> f32 {
    let exact = f64::from(a) * f64::from(b);
    let rounded = match ROUND {
        NEAREST => a * b,
        _ => round_f32::<ROUND>(exact),
    };
    flush_tiny::<ROUND, FTZ>(rounded, exact - f64::from(rounded))
}

/// `a · b + c`, rounded once, and flushed as [`flush_tiny`] says.
#[inline(always)]
fn fma_flushed<M: Machine, const ROUND: u8, const FTZ: bool>(a: f32, b: f32, c: f32) -> f32 {
    let rounded = fma::<M, ROUND>(a, b, c);
    if !FTZ {
        return rounded;
    }
    // Where the result is the smallest normal number, a term that cancels the product is below 2⁻⁷⁸, and the inner difference exact.
    let rest = f64::from(c) - f64::from(rounded);
    flush_tiny::<ROUND, FTZ>(rounded, add_to_odd::<NEAREST>(f64::from(a) * f64::from(b), rest))
}

/// `a · b + c`, rounded once.
#[inline(always)]
pub(crate) fn fma<M: Machine, const ROUND: u8>(a: f32, b: f32, c: f32) -> f32 {
    if ROUND == NEAREST && M::FMA {
        return a.mul_add(b, c);
    }
    round_f32::<ROUND>(add_to_odd::<ROUND>(f64::from(a) * f64::from(b), c.into()))
}

#[inline(always)]
fn div<const ROUND: u8>(a: f32, b: f32) -> f32 {
    let nearest = a / b;
    if ROUND == NEAREST || !nearest.is_finite() && !a.is_finite() || b == 0.0 || !b.is_finite() || a == 0.0 {
        return nearest;
    }
    // The product is exact; whether it lies beyond the dividend says where the quotient lies.
    let (product, a) = (f64::from(nearest) * f64::from(b), f64::from(a));
    let magnitude_above = product.abs() > a.abs();
    let magnitude_below = product.abs() < a.abs();
    towards::<ROUND>(nearest, magnitude_above, magnitude_below)
}

/// Moves a correctly rounded result one step where its magnitude was rounded the wrong way for `ROUND`.
#[inline(always)]
fn towards<const ROUND: u8>(nearest: f32, above: bool, below: bool) -> f32 {
    let bits = nearest.to_bits();
    let shrink = match ROUND {
        ZERO => true,
        DOWN => bits >> 31 == 0,
        UP => bits >> 31 == 1,
        _ => return nearest,
    };
    match shrink {
        true if above => f32::from_bits(bits - 1),
        false if below => f32::from_bits(bits + 1),
        _ => nearest,
    }
}

#[inline(always)]
fn square_root<const ROUND: u8>(a: f32) -> f32 {
    let nearest = a.sqrt();
    if ROUND == NEAREST || a.is_nan() || a <= 0.0 || a == f32::INFINITY {
        return nearest;
    }
    let square = f64::from(nearest) * f64::from(nearest);
    towards::<ROUND>(nearest, square > f64::from(a), square < f64::from(a))
}

/// The smaller, by the hardware's order: −0 below +0, and a number rather than a NaN unless `NAN`.
#[inline(always)]
pub(crate) fn min<const NAN: bool>(a: f32, b: f32) -> f32 {
    let less = if a == b { a.to_bits() >> 31 == 1 } else { a < b };
    pick::<NAN>(a, b, less)
}

/// The larger, likewise.
#[inline(always)]
pub(crate) fn max<const NAN: bool>(a: f32, b: f32) -> f32 {
    let more = if a == b { a.to_bits() >> 31 == 0 } else { a > b };
    pick::<NAN>(a, b, more)
}

#[inline(always)]
fn pick<const NAN: bool>(a: f32, b: f32, first: bool) -> f32 {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => NAN32,
        (true, false) => {
            if NAN {
                NAN32
            } else {
                b
            }
        }
        (false, true) => {
            if NAN {
                NAN32
            } else {
                a
            }
        }
        _ if first => a,
        _ => b,
    }
}

/// With the sign of the product of both signs.
#[inline(always)]
fn signed_by_both(magnitude: f32, a: f32, b: f32) -> f32 {
    if magnitude.is_nan() {
        return NAN32;
    }
    f32::from_bits(magnitude.to_bits() & 0x7fff_ffff | (a.to_bits() ^ b.to_bits()) & 0x8000_0000)
}

#[inline(always)]
fn quiet(x: f64) -> f64 {
    f64::from_bits(x.to_bits() | 1 << 51)
}

/// The result of an f64 operation on `a` and `b`: the first NaN among them, quieted, or 0xfff8… for an invalid operation. The hardware's order is
/// (measured on an H200): of `add`, `sub` and `mul` the second operand before the first; of `fma` the second, the third, the first; `div`, a
/// sequence of instructions, the first before the second.
#[inline(always)]
fn finish64(result: f64, a: f64, b: f64) -> f64 {
    if !result.is_nan() {
        result
    } else if a.is_nan() {
        quiet(a)
    } else if b.is_nan() {
        quiet(b)
    } else {
        INVALID64
    }
}

#[inline(always)]
fn fma64<M: Machine>(a: f64, b: f64, c: f64) -> f64 {
    use super::soft::{F64, Round, fused_multiply_add};
    if M::FMA {
        return a.mul_add(b, c);
    }
    let [x, y, z] = [a, b, c].map(|v| F64.unpack(v.to_bits()));
    f64::from_bits(F64.pack(fused_multiply_add(x, y, z, Round::Nearest), Round::Nearest, INVALID64.to_bits(), false))
}

#[inline(always)]
pub(crate) fn min64(a: f64, b: f64) -> f64 {
    let less = if a == b { a.to_bits() >> 63 == 1 } else { a < b };
    pick64(a, b, less)
}

#[inline(always)]
pub(crate) fn max64(a: f64, b: f64) -> f64 {
    let more = if a == b { a.to_bits() >> 63 == 0 } else { a > b };
    pick64(a, b, more)
}

#[inline(always)]
fn pick64(a: f64, b: f64, first: bool) -> f64 {
    match (a.is_nan(), b.is_nan()) {
        (_, true) if a.is_nan() => quiet(b),
        (true, _) => b,
        (_, true) => a,
        _ if first => a,
        _ => b,
    }
}

#[inline(always)]
fn div_approximate<const FTZ: bool>(a: f32, b: f32) -> f32 {
    let (a, b) = (flush::<FTZ>(a), flush::<FTZ>(b));
    // Beyond 2^126 the reciprocal is flushed (PTX ISA 9.7.3 `div`).
    let huge = b.is_finite() && b.abs() > 8.507_059e37;
    let quotient =
        if huge && a.is_finite() { f32::from_bits((a.to_bits() ^ b.to_bits()) & 0x8000_0000) } else { a / b };
    finish::<FTZ, false>(if huge && a.is_infinite() { NAN32 } else { quotient })
}

macro_rules! f32_operations {
    ($($name:ident($($a:ident),*) = $body:expr;)*) => {
        operations! {
            $($name<; ROUND: u8, FTZ: bool, SAT: bool>($($a: f32),*) -> f32 = {
                $(let $a = flush::<FTZ>($a);)*
                finish::<FTZ, SAT>($body)
            };)*
        }
    };
}

f32_operations! {
    AddF32(a, b) = add::<ROUND>(a, b);
    SubF32(a, b) = add::<ROUND>(a, -b);
    MulF32(a, b) = mul::<ROUND, FTZ>(a, b);
    FmaF32(a, b, c) = fma_flushed::<M, ROUND, FTZ>(a, b, c);
    DivF32(a, b) = div::<ROUND>(a, b);
    RcpF32(a) = div::<ROUND>(1.0, a);
    SqrtF32(a) = square_root::<ROUND>(a);
}

operations! {
    MinF32<; FTZ: bool, NAN: bool>(a: f32, b: f32) -> f32 = min::<NAN>(flush::<FTZ>(a), flush::<FTZ>(b));
    MaxF32<; FTZ: bool, NAN: bool>(a: f32, b: f32) -> f32 = max::<NAN>(flush::<FTZ>(a), flush::<FTZ>(b));
    MinMagnitudeF32<; FTZ: bool, NAN: bool>(a: f32, b: f32) -> f32 =
        signed_by_both(min::<NAN>(flush::<FTZ>(a).abs(), flush::<FTZ>(b).abs()), a, b);
    MaxMagnitudeF32<; FTZ: bool, NAN: bool>(a: f32, b: f32) -> f32 =
        signed_by_both(max::<NAN>(flush::<FTZ>(a).abs(), flush::<FTZ>(b).abs()), a, b);
    Min3F32<; FTZ: bool, NAN: bool>(a: f32, b: f32, c: f32) -> f32 =
        min::<NAN>(min::<NAN>(flush::<FTZ>(a), flush::<FTZ>(b)), flush::<FTZ>(c));
    Max3F32<; FTZ: bool, NAN: bool>(a: f32, b: f32, c: f32) -> f32 =
        max::<NAN>(max::<NAN>(flush::<FTZ>(a), flush::<FTZ>(b)), flush::<FTZ>(c));
    Min3MagnitudeF32<; FTZ: bool, NAN: bool>(a: f32, b: f32, c: f32) -> f32 = {
        let least = min::<NAN>(min::<NAN>(flush::<FTZ>(a).abs(), flush::<FTZ>(b).abs()), flush::<FTZ>(c).abs());
        signed_by_both(least, f32::from_bits(a.to_bits() ^ b.to_bits()), c)
    };
    Max3MagnitudeF32<; FTZ: bool, NAN: bool>(a: f32, b: f32, c: f32) -> f32 = {
        let most = max::<NAN>(max::<NAN>(flush::<FTZ>(a).abs(), flush::<FTZ>(b).abs()), flush::<FTZ>(c).abs());
        signed_by_both(most, f32::from_bits(a.to_bits() ^ b.to_bits()), c)
    };
    AbsF32<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(f32::from_bits(a.to_bits() & 0x7fff_ffff));
    NegF32<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(f32::from_bits(a.to_bits() ^ 0x8000_0000));
    CopysignF32(a: u32, b: u32) -> u32 = a & 0x8000_0000 | b & 0x7fff_ffff;
    CopysignF64(a: u64, b: u64) -> u64 = a & 1 << 63 | b & !(1 << 63);

    AddF64(a: f64, b: f64) -> f64 = finish64(a + b, b, a);
    SubF64(a: f64, b: f64) -> f64 = finish64(a - b, b, a);
    MulF64(a: f64, b: f64) -> f64 = finish64(a * b, b, a);
    DivF64(a: f64, b: f64) -> f64 = finish64(a / b, a, b);
    FmaF64(a: f64, b: f64, c: f64) -> f64 = finish64(fma64::<M>(a, b, c), b, if c.is_nan() { c } else { a });
    RcpF64(a: f64) -> f64 = finish64(1.0 / a, a, a);
    SqrtF64(a: f64) -> f64 = finish64(a.sqrt(), a, a);
    MinF64(a: f64, b: f64) -> f64 = min64(a, b);
    MaxF64(a: f64, b: f64) -> f64 = max64(a, b);
    AbsF64(a: f64) -> f64 = if a.is_nan() { quiet(a) } else { f64::from_bits(a.to_bits() & !(1 << 63)) };
    NegF64(a: f64) -> f64 = if a.is_nan() { quiet(a) } else { -a };

    DivApproximate<; FTZ: bool>(a: f32, b: f32) -> f32 = div_approximate::<FTZ>(a, b);
    DivFull<; FTZ: bool>(a: f32, b: f32) -> f32 = finish::<FTZ, false>(flush::<FTZ>(a) / flush::<FTZ>(b));
    RcpApproximate<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(1.0 / flush::<FTZ>(a));
    SqrtApproximate<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(flush::<FTZ>(a).sqrt());
    RsqrtApproximate<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>((1.0 / f64::from(flush::<FTZ>(a)).sqrt()) as f32);
    Ex2Approximate<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(approximate::exp2(f64::from(flush::<FTZ>(a))) as f32);
    Lg2Approximate<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(approximate::log2(f64::from(flush::<FTZ>(a))) as f32);
    SinApproximate<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(approximate::sine(flush::<FTZ>(a)));
    CosApproximate<; FTZ: bool>(a: f32) -> f32 = finish::<FTZ, false>(approximate::cosine(flush::<FTZ>(a)));
    TanhApproximate(a: f32) -> f32 = finish::<false, false>(approximate::tanh(f64::from(a)) as f32);
    RsqrtApproximateF64(a: f64) -> f64 = finish64(1.0 / a.sqrt(), a, a);
    RcpTruncatedF64(a: f64) -> f64 = truncated(1.0 / upper_word(a));
    RsqrtTruncatedF64(a: f64) -> f64 = truncated(1.0 / upper_word(a).sqrt());
}

/// Both halves of a 64-bit register.
macro_rules! f32x2_operations {
    ($($name:ident($($a:ident),*) = $single:ident;)*) => {
        operations! {
            $($name<; ROUND: u8, FTZ: bool>($($a: u64),*) -> u64 = {
                let low = { f32x2_operations!(@apply $single, $($a,)* |v| f32::from_bits(v as u32)) };
                let high = { f32x2_operations!(@apply $single, $($a,)* |v| f32::from_bits((v >> 32) as u32)) };
                u64::from(high.to_bits()) << 32 | u64::from(low.to_bits())
            };)*
        }
    };
    (@apply $single:ident, $a:ident, $b:ident, |$v:ident| $half:expr) => {{
        let half = |$v: u64| $half;
        $single::<ROUND, FTZ, false>::lane::<M>(half($a), half($b), ())
    }};
    (@apply $single:ident, $a:ident, $b:ident, $c:ident, |$v:ident| $half:expr) => {{
        let half = |$v: u64| $half;
        $single::<ROUND, FTZ, false>::lane::<M>(half($a), half($b), half($c))
    }};
}

f32x2_operations! {
    AddF32x2(a, b) = AddF32;
    SubF32x2(a, b) = SubF32;
    MulF32x2(a, b) = MulF32;
    FmaF32x2(a, b, c) = FmaF32;
}

#[inline(always)]
fn flush64(x: f64) -> f64 {
    if x.to_bits() >> 52 & 0x7ff == 0 { f64::from_bits(x.to_bits() & 1 << 63) } else { x }
}

/// What `rcp.approx.ftz.f64` and `rsqrt.approx.ftz.f64` (`MUFU.RCP64H`, `MUFU.RSQ64H`) read: the upper word, so that a NaN with its payload in the
/// lower word only is an infinity (measured on an H200); subnormals are zeros.
#[inline(always)]
fn upper_word(x: f64) -> f64 {
    flush64(f64::from_bits(x.to_bits() & !0xffff_ffff))
}

/// What they write: the upper word, rounded to nearest, subnormals flushed; the NaN is 0x7fffffff.
#[inline(always)]
fn truncated(x: f64) -> f64 {
    match x {
        _ if x.is_nan() => f64::from_bits(0x7fff_ffff << 32),
        _ if x.is_finite() => f64::from_bits((flush64(x).to_bits() + 0x7fff_ffff) & !0xffff_ffff),
        _ => x,
    }
}
