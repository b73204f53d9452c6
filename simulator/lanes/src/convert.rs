//! `cvt` (PTX ISA 9.7.9.21): every pair of types. The common scalar ones are row kernels; the rest is a [`Conversion`], data for one exact path.

use super::float::{self, DOWN, NAN32, NEAREST, UP, ZERO, finish, flush};
use super::half::{narrow, widen};
use super::kernel::{Lane, operations};
use super::soft::{BF16, E4M3, F16, F32, F64, Float, Format, Round, TF32};
use super::{LANES, Row};

/// One of the types `as` converts between.
pub(crate) trait CastTo<D>: Lane {
    fn cast(self) -> D;
}

macro_rules! casts {
    ($($from:ty => $($to:ty)*;)*) => {$($(
        impl CastTo<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to {
                self as $to
            }
        }
    )*)*};
}
casts! {
    u8 => u8 u16 u32 u64 f32 f64;
    i8 => u8 u16 u32 u64 f32 f64;
    u16 => u8 u16 u32 u64 f32 f64;
    i16 => u8 u16 u32 u64 f32 f64;
    u32 => u8 u16 u32 u64 f32 f64;
    i32 => u8 u16 u32 u64 f32 f64;
    u64 => u8 u16 u32 u64 f32 f64;
    i64 => f32 f64;
}

/// What a NaN becomes in an integer: zero, or only the top bit (measured on an H200: the wide conversions).
pub(crate) trait FromNan {
    const ZERO: Self;
    const TOP: Self;
}
macro_rules! from_nan {
    ($($t:ident $top:expr;)*) => {$(
        impl FromNan for $t {
            const ZERO: Self = 0;
            const TOP: Self = $top;
        }
    )*};
}
from_nan! { u32 1 << 31; i32 i32::MIN; u64 1 << 63; i64 i64::MIN; }

#[inline(always)]
fn integral32<const ROUND: u8>(x: f32) -> f32 {
    match ROUND {
        NEAREST => x.round_ties_even(),
        ZERO => x.trunc(),
        DOWN => x.floor(),
        _ => x.ceil(),
    }
}

#[inline(always)]
fn integral64<const ROUND: u8>(x: f64) -> f64 {
    match ROUND {
        NEAREST => x.round_ties_even(),
        ZERO => x.trunc(),
        DOWN => x.floor(),
        _ => x.ceil(),
    }
}

/// With `ftz` the value goes through a multiplication first, which makes a NaN 0x7fffffff.
#[inline(always)]
fn widen64<const FTZ: bool>(x: f32) -> f64 {
    let x = if FTZ { finish::<true, false>(x) } else { x };
    if x.is_nan() {
        let bits = u64::from(x.to_bits());
        return f64::from_bits(bits >> 31 << 63 | 0x7ff8_0000_0000_0000 | (bits & 0x007f_ffff) << 29);
    }
    f64::from(x)
}

#[inline(always)]
fn narrow32<const ROUND: u8>(x: f64) -> f32 {
    if x.is_nan() {
        let bits = x.to_bits();
        return f32::from_bits((bits >> 63 << 31) as u32 | 0x7fc0_0000 | (bits >> 29) as u32 & 0x003f_ffff);
    }
    float::round_f32::<ROUND>(x)
}

operations! {
    Cast<S: CastTo<D>, D: Lane>(a: S) -> D = a.cast();
    FromF32<D: IntegerOfFloat; ROUND: u8, FTZ: bool>(a: f32) -> D =
        if a.is_nan() { D::OF_NAN32 } else { D::of32(integral32::<ROUND>(flush::<FTZ>(a))) };
    FromF64<D: IntegerOfFloat; ROUND: u8>(a: f64) -> D =
        if a.is_nan() { D::OF_NAN64 } else { D::of64(integral64::<ROUND>(a)) };
    RoundF32<; ROUND: u8, FTZ: bool, SAT: bool>(a: f32) -> f32 = finish::<FTZ, SAT>(integral32::<ROUND>(flush::<FTZ>(a)));
    RoundF64<; ROUND: u8>(a: f64) -> f64 =
        if a.is_nan() { f64::from_bits(a.to_bits() | 1 << 51) } else { integral64::<ROUND>(a) };
    // Without a modifier it is a move: NaNs stay as they are.
    SameF32<; FTZ: bool, SAT: bool>(a: f32) -> f32 = if FTZ || SAT { finish::<FTZ, SAT>(a) } else { a };
    WidenF32<; FTZ: bool>(a: f32) -> f64 = widen64::<FTZ>(a);
    NarrowF64<; ROUND: u8, FTZ: bool>(a: f64) -> f32 = flush::<FTZ>(narrow32::<ROUND>(a));
    WidenF16(a: u16) -> f32 = {
        let wide = widen::<false>(a);
        if wide.is_nan() { NAN32 } else { wide }
    };
    WidenBf16(a: u16) -> f32 = widen::<true>(a);
    NarrowHalf<; BF: bool>(a: f32) -> u16 = narrow::<BF>(a.into());
    NarrowPair<; BF: bool>(a: f32, b: f32) -> u32 = u32::from(narrow::<BF>(a.into())) << 16 | u32::from(narrow::<BF>(b.into()));
}

/// Integers that floats convert to by a kernel.
pub(crate) trait IntegerOfFloat: Lane {
    const OF_NAN32: Self;
    const OF_NAN64: Self;
    fn of32(integral: f32) -> Self;
    fn of64(integral: f64) -> Self;
}
macro_rules! integers_of_floats {
    ($($t:ident $nan32:expr;)*) => {$(
        impl IntegerOfFloat for $t {
            const OF_NAN32: Self = $nan32;
            const OF_NAN64: Self = <$t as FromNan>::TOP;
            #[inline(always)]
            fn of32(integral: f32) -> Self {
                integral as $t
            }
            #[inline(always)]
            fn of64(integral: f64) -> Self {
                integral as $t
            }
        }
    )*};
}
integers_of_floats! { u32 <u32 as FromNan>::ZERO; i32 <i32 as FromNan>::ZERO; u64 <u64 as FromNan>::TOP; i64 <i64 as FromNan>::TOP; }

/// A side of a conversion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Integer {
        bits: u32,
        signed: bool,
    },
    Float(Format),
    /// Powers of two without sign: `ue8m0`.
    Exponent,
}

/// How one value of a type becomes one of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Conversion {
    pub(crate) from: Side,
    pub(crate) to: Side,
    pub(crate) round: Round,
    /// `.rni`, `.rzi`, `.rmi`, `.rpi`: to an integral value, in a float too.
    pub(crate) integral: bool,
    /// Subnormal f32 operands and results are zeros.
    pub(crate) ftz: bool,
    /// `.sat`: to the range of the integer, or [0, 1].
    pub(crate) sat: bool,
    pub(crate) relu: bool,
    pub(crate) satfinite: bool,
}

/// How the values of a conversion lie in operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrangement {
    /// One to one.
    Single,
    /// `d = {a, b}`, `a` in the upper half; a slot has so many bits.
    Join { slot_bits: u32 },
    /// Each slot of `a` to one of `d`, so many of them.
    Each { count: u32, from_bits: u32, to_bits: u32 },
    /// As `Join`, rounded stochastically with the bits of `c`; so many random bits for each value.
    JoinStochastic { random_bits: u32 },
}

impl Conversion {
    fn nan(&self, value: Float) -> u64 {
        let (negative, payload) = match value {
            Float::Nan { negative, payload } => (u64::from(negative), payload),
            _ => (0, 0),
        };
        match (self.from, self.to) {
            // To and from f64 sign and payload stay, and the NaN becomes quiet.
            (_, Side::Float(F64)) => negative << 63 | F64.infinity() | 1 << 51 | payload,
            (Side::Float(F64), Side::Float(format)) if format.special == super::soft::Special::Ieee => {
                let fraction = (1 << 51 | payload) >> (52 - format.fraction_bits);
                negative << (format.bits() - 1) | format.infinity() | fraction
            }
            (Side::Float(BF16), Side::Float(F32)) => negative << 31 | 0x7f80_0000 | payload >> 29,
            // `.rna` is integer arithmetic on the bits: the lowest thirteen are cut off a NaN, whatever is left, and `.satfinite` takes the bits
            // one down from there. The other roundings are an instruction, with its own NaN.
            (_, Side::Float(TF32)) if self.round == Round::NearestAway => {
                let kept = (F32.infinity() | payload >> 29) & !0x1fff;
                negative << 31 | if self.satfinite { kept - 0x2000 } else { kept }
            }
            (_, Side::Float(TF32)) => 0x7fff_e000,
            (_, Side::Float(format)) if format.special == super::soft::Special::Finite => format.largest(),
            (_, Side::Float(format)) => format.canonical_nan(),
            (_, Side::Exponent) => 0xff,
            (Side::Float(from), Side::Integer { bits, .. }) if bits == 64 || from == F64 => 1 << (bits - 1),
            (_, Side::Integer { .. }) => 0,
        }
    }

    fn value(&self, bits: u64) -> Float {
        match self.from {
            Side::Float(format) => {
                let flushed = self.ftz && format == F32 && format.is_subnormal(bits);
                format.unpack(if flushed { bits & format.sign_bit() } else { bits })
            }
            Side::Integer { bits: width, signed } => {
                let unused = 64 - width;
                let value =
                    if signed { ((bits << unused) as i64) >> unused } else { (bits << unused >> unused) as i64 };
                let negative = signed && value < 0;
                Float::from_integer(negative, if negative { value.unsigned_abs() } else { value as u64 })
            }
            Side::Exponent if bits & 0xff == 0xff => Float::Nan { negative: false, payload: 1 << 51 },
            Side::Exponent => Float::Finite { negative: false, exponent: (bits & 0xff) as i32 - 127, significand: 1 },
        }
    }

    /// Converts one value, zero-extended on both sides.
    pub(crate) fn convert(&self, bits: u64) -> u64 {
        let mut value = self.value(bits);
        if self.relu && !value.is_nan() && value.is_negative() {
            value = Float::Zero { negative: false };
        }
        match self.to {
            Side::Integer { bits: width, signed } => self.integer_of(bits, value, width, signed),
            Side::Float(format) => {
                if self.sat {
                    value = clamp_to_one(value);
                }
                if self.integral
                    && let Some((negative, magnitude)) = integral(value, self.round)
                {
                    value = match magnitude {
                        0 => Float::Zero { negative },
                        _ => Float::Finite { negative, exponent: 0, significand: magnitude },
                    };
                }
                let packed = format.pack(value, self.round, self.nan(value), self.satfinite);
                match format {
                    TF32 if value.is_nan() => packed,
                    TF32 => packed << 13,
                    F32 if self.ftz && format.is_subnormal(packed) => packed & format.sign_bit(),
                    _ => packed,
                }
            }
            Side::Exponent => match value {
                Float::Nan { .. } => 0xff,
                Float::Zero { .. } => 0,
                Float::Infinite { .. } => {
                    if self.satfinite {
                        0xfe
                    } else {
                        0xff
                    }
                }
                Float::Finite { exponent, significand, .. } => {
                    let top = 127 - significand.leading_zeros() as i32;
                    let up = self.round == Round::Up && !significand.is_power_of_two();
                    let biased = exponent + top + i32::from(up) + 127;
                    biased.clamp(0, if self.satfinite { 0xfe } else { 0xff }) as u64
                }
            },
        }
    }

    fn integer_of(&self, bits: u64, value: Float, width: u32, signed: bool) -> u64 {
        let mask = u64::MAX >> (64 - width);
        if let Side::Integer { bits: from_width, signed: from_signed } = self.from
            && !self.sat
        {
            let unused = 64 - from_width;
            let extended =
                if from_signed { ((bits << unused) as i64 >> unused) as u64 } else { bits << unused >> unused };
            return extended & mask;
        }
        let Some((negative, magnitude)) = value.to_integer(self.round) else { return self.nan(value) & mask };
        let most = if signed { (1u128 << (width - 1)) - 1 } else { (1u128 << width) - 1 };
        match (negative, signed) {
            (false, _) => magnitude.min(most) as u64,
            (true, false) => 0,
            (true, true) => (magnitude.min(most + 1) as u64).wrapping_neg() & mask,
        }
    }

    /// Converts all lanes.
    pub(crate) fn run(&self, arrangement: Arrangement, d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
        let word =
            |rows: &[Row], lane: usize, wide: bool| if wide { super::wide(rows)[lane] } else { rows[0].0[lane].into() };
        let from_wide = side_bits(self.from) == 64;
        let to_wide = side_bits(self.to) == 64;
        for lane in 0..LANES {
            let converted = match arrangement {
                Arrangement::Single => {
                    self.convert(word(a, lane, from_wide) & (u64::MAX >> (64 - side_bits(self.from))))
                }
                Arrangement::Join { slot_bits } => {
                    self.convert(word(a, lane, false)) << slot_bits | self.convert(word(b, lane, false))
                }
                Arrangement::Each { count, from_bits, to_bits } => (0..count).fold(0, |sum, slot| {
                    let value = word(a, lane, false) >> (slot * from_bits) & (u64::MAX >> (64 - from_bits));
                    sum | self.convert(value) << (slot * to_bits)
                }),
                Arrangement::JoinStochastic { random_bits } => {
                    let random = c[0].0[lane];
                    let mask = u32::MAX >> (32 - random_bits);
                    let high = self.stochastic(word(a, lane, false), random >> 16 & mask, random_bits);
                    high << 16 | self.stochastic(word(b, lane, false), random & mask, random_bits)
                }
            };
            if to_wide {
                super::wide_mut(d)[lane] = converted;
            } else {
                d[0].0[lane] = converted as u32;
            }
        }
    }

    fn stochastic(&self, bits: u64, random: u32, random_bits: u32) -> u64 {
        let value = self.value(bits);
        let Side::Float(format) = self.to else { return 0 };
        if self.relu && !value.is_nan() && value.is_negative() {
            return 0;
        }
        format.pack_stochastic(value, random, random_bits, self.nan(value), self.satfinite)
    }
}

/// Bits of a value as registers hold it.
fn side_bits(side: Side) -> u32 {
    match side {
        Side::Integer { bits, .. } => bits,
        Side::Float(TF32) => 32,
        Side::Float(format) => format.bits(),
        Side::Exponent => 8,
    }
}

/// `.sat` of a float: [+0, 1], NaN is +0.
pub(crate) fn clamp_to_one(value: Float) -> Float {
    let zero = Float::Zero { negative: false };
    match value {
        Float::Nan { .. } | Float::Zero { .. } => zero,
        value if value.is_negative() => zero,
        Float::Finite { exponent, significand, .. } if 127 - significand.leading_zeros() as i32 + exponent < 0 => value,
        _ => Float::Finite { negative: false, exponent: 0, significand: 1 },
    }
}

/// The integral value of finite numbers that have a fraction; `None` where nothing changes.
fn integral(value: Float, round: Round) -> Option<(bool, u128)> {
    match value {
        Float::Finite { exponent: ..0, .. } => value.to_integer(round),
        _ => None,
    }
}

/// `.rn`, `.rz`, `.rm`, `.rp` as the constants kernels are stamped with.
pub(crate) fn round_constant(round: Round) -> u8 {
    match round {
        Round::Nearest | Round::NearestAway => NEAREST,
        Round::Zero => ZERO,
        Round::Down => DOWN,
        Round::Up => UP,
    }
}

/// `cvt.pack` (PTX ISA 9.7.9.22): `a` and `b` saturated to narrow integers; `c`, where there is one, moves up to make room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PackConversion {
    /// Bits of a result: 16, 8, 4, 2.
    pub(crate) bits: u32,
    pub(crate) signed: bool,
    /// Whether `a` and `b` are signed.
    pub(crate) from_signed: bool,
}

impl PackConversion {
    pub(crate) fn run(&self, d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
        let conversion = Conversion {
            from: Side::Integer { bits: 32, signed: self.from_signed },
            to: Side::Integer { bits: self.bits, signed: self.signed },
            round: Round::Zero,
            integral: false,
            ftz: false,
            sat: true,
            relu: false,
            satfinite: false,
        };
        for lane in 0..LANES {
            let [high, low] = [a, b].map(|rows| conversion.convert(rows[0].0[lane].into()) as u32);
            let above = c.first().map_or(0, |row| row.0[lane].checked_shl(2 * self.bits).unwrap_or(0));
            d[0].0[lane] = above | high << self.bits | low;
        }
    }
}

/// Formats of eight bits in a slot and the halves, by which `Join` places them.
pub(crate) fn slot_bits(format: Format) -> u32 {
    match format {
        F16 | BF16 => 16,
        E4M3 => 8,
        format if format.bits() == 4 => 4,
        _ => 8,
    }
}
