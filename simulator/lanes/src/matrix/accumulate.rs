//! How the tensor cores add: the model of floating-point `mma` sums.
//!
//! NVIDIA does not document it. Measurements published for several generations (Xie et al., "MMA-Sim", arXiv 2511.10909; Khattak and Mikaitis,
//! arXiv 2512.07004) agree on its shape: products are exact; a group of them and the accumulator are aligned to the largest exponent among them,
//! cut off below a fixed number of fraction bits, and added as integers; the sum is cut off (f32) or rounded to nearest (f16), and becomes the
//! accumulator of the next group along k. What differs between generations is the size of the group and the number of bits: an
//! [`Accumulation`]. The largest exponent is that of the operands' exponents added, before the product is normalised. FP64 is a chain of
//! fused multiply-adds in order of k, and integers are exact; neither needs a model.
//!
//! Two kinds of `mma.sync` are no instruction of the processor; ptxas makes them of others (seen in the code it makes for sm_90, confirmed by what
//! an H200 computes). FP8 becomes f16: each register of four elements gives its lower two to a first product and its upper two to a second, that
//! start from zero, and the sum is then added to `c` by an ordinary addition. And `m8n8k4` of f16 is a function of ordinary f32 arithmetic.

use super::{Accumulator, Element};
use crate::float::{FmaF32, NEAREST};
use crate::half::{narrow_f16, widen_f16};
use crate::kernel::{Operation, Portable};
use crate::soft::{self, Float, Format, Round};

/// The size of groups and the bits of alignment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accumulation {
    /// Products in a group for 16-bit types; half of it for `tf32`, and FP8 is computed as f16.
    pub group: usize,
    /// Bits kept below the largest exponent.
    pub fraction_bits: u32,
    /// Whether `m8n8k4` of f16 is an instruction; else it is the function of [`quad_sum`].
    pub quads: bool,
}

impl Accumulation {
    /// Compute capability 7.0.
    pub const VOLTA: Accumulation = Accumulation { group: 4, fraction_bits: 23, quads: true };
    /// 7.5
    pub const TURING: Accumulation = Accumulation { group: 4, fraction_bits: 24, quads: true };
    /// 8.0–8.9
    pub const AMPERE: Accumulation = Accumulation { group: 8, fraction_bits: 24, quads: false };
    /// 9.0: the default device. Every one of the sums an H200 recorded for every float form is equal (`tests/lanes/oracle.rs`).
    pub const HOPPER: Accumulation = Accumulation { group: 16, fraction_bits: 25, quads: false };
}

/// A float operand, decoded: `± significand · 2^(exponent − fraction bits of its format)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term {
    negative: bool,
    kind: Kind,
    exponent: i32,
    significand: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Zero,
    Finite,
    Infinite,
    Nan,
}

fn format(element: Element) -> Format {
    match element {
        Element::Bf16 => soft::BF16,
        Element::Tf32 => soft::TF32,
        _ => soft::F16,
    }
}

fn term(format: Format, bits: u64) -> Term {
    let value = format.unpack(bits);
    let negative = value.is_negative();
    let none = |kind| Term { negative, kind, exponent: 0, significand: 0 };
    match value {
        Float::Nan { .. } => none(Kind::Nan),
        Float::Infinite { .. } => none(Kind::Infinite),
        Float::Zero { .. } => none(Kind::Zero),
        Float::Finite { exponent, significand, .. } => Term {
            negative,
            kind: Kind::Finite,
            exponent: exponent + format.fraction_bits as i32,
            significand: significand as u64,
        },
    }
}

/// Decodes a fragment. `tf32` reads the upper 19 bits of its words; FP8 is decoded as the f16 that it becomes.
pub fn terms(element: Element, bits: &[u64]) -> Vec<Term> {
    let eight =
        |format: Format, bits| soft::F16.pack(format.unpack(bits), Round::Nearest, soft::F16.canonical_nan(), false);
    let bits = bits.iter().map(|&bits| match element {
        Element::Tf32 => bits >> 13,
        Element::E4m3 => eight(soft::E4M3, bits),
        Element::E5m2 => eight(soft::E5M2, bits),
        _ => bits,
    });
    bits.map(|bits| term(format(element), bits)).collect()
}

/// `m8n8k4` of f16 where it is a function, for one element of `d`: with an f32 result a chain of fused multiply-adds from zero in order of k,
/// then `c`; with an f16 one `c` plus the first two products, plus the other two, in f32. Each step is rounded to nearest.
pub fn quad_sum(c_type: Accumulator, d_type: Accumulator, c: u64, a: &[u64], b: &[u64]) -> u64 {
    let half = |bits: u64| widen_f16(bits as u16);
    let fused = |a: u64, b: u64, sum: f32| FmaF32::<NEAREST, false, false>::lane::<Portable>(half(a), half(b), sum);
    let add = |a: f32, b: f32| FmaF32::<NEAREST, false, false>::lane::<Portable>(a, 1.0, b);
    if d_type == Accumulator::F16 {
        let pair = |k: usize| fused(a[k + 1], b[k + 1], half(a[k]) * half(b[k]));
        let sum = add(add(half(c), pair(0)), pair(2));
        return narrow_f16(sum.into()).into();
    }
    let sum = a.iter().zip(b).fold(0.0, |sum, (&a, &b)| fused(a, b, sum));
    let c = if c_type == Accumulator::F16 { half(c) } else { f32::from_bits(c as u32) };
    add(sum, c).to_bits().into()
}

impl Accumulation {
    /// `c + Σ a·b`, the sum of one element of `d`.
    pub fn sum(
        &self,
        element: Element,
        c_type: Accumulator,
        d_type: Accumulator,
        c: u64,
        a: &[Term],
        b: &[Term],
    ) -> u64 {
        if matches!(element, Element::E4m3 | Element::E5m2) {
            return self.eight_bit_sum(d_type, c, a, b);
        }
        let group = if element == Element::Tf32 { self.group / 2 } else { self.group }.max(1);
        let product_bits = 2 * format(element).fraction_bits;
        let mut accumulator = c;
        let mut accumulator_type = c_type;
        for (a, b) in a.chunks(group).zip(b.chunks(group)) {
            accumulator = self.step(product_bits, accumulator_type, d_type, accumulator, a, b);
            accumulator_type = d_type;
        }
        accumulator
    }

    fn eight_bit_sum(&self, d_type: Accumulator, c: u64, a: &[Term], b: &[Term]) -> u64 {
        let half = |terms: &[Term], upper: usize| -> Vec<Term> {
            terms.chunks(4).flat_map(|register| &register[2 * upper..2 * upper + 2]).copied().collect()
        };
        let sum =
            (0..2).fold(0, |sum, upper| self.sum(Element::F16, d_type, d_type, sum, &half(a, upper), &half(b, upper)));
        match d_type {
            Accumulator::F16 => narrow_f16(f64::from(widen_f16(sum as u16)) + f64::from(widen_f16(c as u16))).into(),
            _ => {
                let [sum, c] = [sum, c].map(|bits| f32::from_bits(bits as u32));
                FmaF32::<NEAREST, false, false>::lane::<Portable>(c, 1.0, sum).to_bits().into()
            }
        }
    }

    fn step(&self, product_bits: u32, c_type: Accumulator, d_type: Accumulator, c: u64, a: &[Term], b: &[Term]) -> u64 {
        let accumulator_format = |t| if t == Accumulator::F16 { soft::F16 } else { soft::F32 };
        let target = accumulator_format(d_type);
        let c_format = accumulator_format(c_type);
        let addend = term(c_format, c);
        let mut special = Special::None.with(addend.kind, addend.negative);
        let mut largest = if addend.kind == Kind::Finite { Some(addend.exponent) } else { None };
        for (a, b) in a.iter().zip(b) {
            match (a.kind, b.kind) {
                (Kind::Finite, Kind::Finite) => largest = largest.max(Some(a.exponent + b.exponent)),
                (Kind::Zero, Kind::Zero | Kind::Finite) | (Kind::Finite, Kind::Zero) => {}
                (Kind::Infinite, Kind::Infinite | Kind::Finite) | (Kind::Finite, Kind::Infinite) => {
                    special = special.with(Kind::Infinite, a.negative != b.negative);
                }
                _ => special = Special::Nan,
            }
        }
        match special {
            Special::Nan => return target.canonical_nan(),
            Special::Infinite { negative } => return target.infinity() | if negative { target.sign_bit() } else { 0 },
            Special::None => {}
        }
        let Some(largest) = largest else { return 0 };
        let aligned = |negative: bool, exponent: i32, significand: u64, fraction: u32| {
            let shift = self.fraction_bits as i32 - fraction as i32 - (largest - exponent);
            let magnitude = if shift >= 0 {
                significand << shift
            } else {
                significand.checked_shr(shift.unsigned_abs()).unwrap_or(0)
            };
            if negative { -(magnitude as i64) } else { magnitude as i64 }
        };
        let mut sum = match addend.kind {
            Kind::Finite => aligned(addend.negative, addend.exponent, addend.significand, c_format.fraction_bits),
            _ => 0,
        };
        for (a, b) in a.iter().zip(b) {
            if a.kind == Kind::Finite && b.kind == Kind::Finite {
                sum += aligned(
                    a.negative != b.negative,
                    a.exponent + b.exponent,
                    a.significand * b.significand,
                    product_bits,
                );
            }
        }
        if sum == 0 {
            return 0;
        }
        let value = Float::Finite {
            negative: sum < 0,
            exponent: largest - self.fraction_bits as i32,
            significand: sum.unsigned_abs().into(),
        };
        let packed = match d_type {
            Accumulator::F16 => soft::F16.pack(value, Round::Nearest, 0, false),
            _ => {
                let packed = soft::F32.pack(value, Round::Zero, 0, false);
                let beyond =
                    largest - self.fraction_bits as i32 + 63 - sum.unsigned_abs().leading_zeros() as i32 >= 128;
                if beyond { soft::F32.infinity() | packed & soft::F32.sign_bit() } else { packed }
            }
        };
        // What is too small for any digit is +0, whatever its sign.
        if packed == target.sign_bit() { 0 } else { packed }
    }
}

/// What special terms make of a sum.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    None,
    Infinite { negative: bool },
    Nan,
}

impl Special {
    fn with(self, kind: Kind, negative: bool) -> Special {
        match (self, kind) {
            (Special::Nan, _) | (_, Kind::Nan) => Special::Nan,
            (Special::None, Kind::Infinite) => Special::Infinite { negative },
            (Special::Infinite { negative: other }, Kind::Infinite) if other != negative => Special::Nan,
            _ => self,
        }
    }
}
