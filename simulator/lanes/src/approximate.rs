//! The approximate functions: `ex2`, `lg2`, `sin`, `cos`, `tanh`, and reciprocals, within the error bounds that the PTX ISA documents
//! (9.7.3.20–9.7.3.26, 9.7.4) and the same on every host.
//!
//! Polynomials in f64 with a fixed order of operations, far more accurate than the bounds; no function of the platform's mathematics library is
//! called. The hardware's own last bits differ: they are not documented.

use std::f64::consts::{LN_2, LOG2_E, TAU};

/// `1/n!`
const EXPONENTIAL: [f64; 20] = {
    let mut terms = [1.0; 20];
    let mut n = 1;
    while n < terms.len() {
        terms[n] = terms[n - 1] / n as f64;
        n += 1;
    }
    terms
};

/// `1/(2n + 1)`
const ODD: [f64; 11] = {
    let mut terms = [1.0; 11];
    let mut n = 1;
    while n < terms.len() {
        terms[n] = 1.0 / (2 * n + 1) as f64;
        n += 1;
    }
    terms
};

/// `2^n` for any `n`; zero and infinity beyond the range.
#[inline(always)]
fn power_of_two(n: i32) -> f64 {
    let normal = |n: i32| f64::from_bits(((n + 1023) as u64) << 52);
    let n = n.clamp(-1100, 1100);
    // In two halves, so that each is a normal number.
    normal(n / 2) * normal(n - n / 2)
}

/// `2^x`, relative error below 1e-14.
#[inline(always)]
pub(crate) fn exp2(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let x = x.clamp(-1100.0, 1100.0);
    let whole = nearest(x);
    let r = (x - whole) * LN_2;
    // The exponential series: |r| ≤ 0.347, terms vanish long before the last.
    let mut sum = 0.0;
    let mut term = EXPONENTIAL.len();
    while term > 0 {
        term -= 1;
        sum = sum * r + EXPONENTIAL[term];
    }
    sum * power_of_two(whole as i32)
}

/// The integer nearest to `x`, |x| < 2^51, without a library call.
#[inline(always)]
fn nearest(x: f64) -> f64 {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52
    (x + SHIFT) - SHIFT
}

/// The base-2 logarithm, relative error below 1e-14. NaN below zero, −∞ at ±0.
#[inline(always)]
pub(crate) fn log2(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x == f64::INFINITY {
        return x;
    }
    let bits = x.to_bits();
    // With the significand in [√½, √2): the exponent is that of x/√½ (0x3fe6a09e667f3bcd).
    let exponent = (bits.wrapping_sub(0x3fe6_a09e_667f_3bcd) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((exponent << 52) as u64));
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    // 2·artanh(s): |s| ≤ 0.172, the term s^23 is below 1e-18.
    let mut sum = 0.0;
    let mut term = ODD.len();
    while term > 0 {
        term -= 1;
        sum = sum * square + ODD[term];
    }
    exponent as f64 + 2.0 * s * sum * LOG2_E
}

/// Sine and cosine of `turns` whole turns.
#[inline(always)]
fn sine_cosine(turns: f64) -> (f64, f64) {
    let fraction = turns - nearest(turns);
    let quarter = nearest(fraction * 4.0);
    let x = (fraction - quarter * 0.25) * TAU;
    let square = x * x;
    let (mut sine, mut cosine) = (0.0, 0.0);
    let mut term = 10;
    while term > 0 {
        term -= 1;
        sine = EXPONENTIAL[2 * term + 1] - sine * square;
        cosine = EXPONENTIAL[2 * term] - cosine * square;
    }
    sine *= x;
    match quarter as i32 & 3 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// The angle in turns as the hardware reduces it: one multiplication by 1/2π in f32, rounded towards zero.
#[inline(always)]
fn turns(x: f32) -> f64 {
    let exact = f64::from(x) * f64::from(std::f32::consts::FRAC_1_PI / 2.0);
    let rounded = super::float::round_f32::<{ super::float::ZERO }>(exact);
    // Beyond 2^31 turns an f32 has no fraction left.
    if rounded.abs() < 2_147_483_648.0 { f64::from(rounded) } else { 0.0 }
}

#[inline(always)]
pub(crate) fn sine(x: f32) -> f32 {
    match x {
        _ if !x.is_finite() => f32::NAN,
        0.0 => x,
        _ => sine_cosine(turns(x)).0 as f32,
    }
}

#[inline(always)]
pub(crate) fn cosine(x: f32) -> f32 {
    if x.is_finite() { sine_cosine(turns(x)).1 as f32 } else { f32::NAN }
}

/// The hyperbolic tangent, relative error below 1e-9.
#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x.abs() < 0.0005 {
        return x - x * x * x / 3.0;
    }
    let e = exp2(2.0 * LOG2_E * x.clamp(-30.0, 30.0));
    (e - 1.0) / (e + 1.0)
}
