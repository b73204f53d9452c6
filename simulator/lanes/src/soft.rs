//! Floating point of any format and rounding in integer arithmetic: exact, the same on every host, and free of the processor's rounding mode.
//!
//! Every form that has no fast kernel is computed here. A [`Float`] holds a value exactly or, where an operation cannot (division, square
//! root, sums of distant terms), with its lowest bit set for whatever lies below: enough to round once, correctly, to any format of at most 60 bits
//! of significand.

/// The shape of a binary floating-point format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// Bits of exponent.
    pub exponent_bits: u32,
    /// Stored bits of significand.
    pub fraction_bits: u32,
    /// Which encodings are not numbers.
    pub special: Special,
}

/// Which encodings of a format are not finite numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// The highest exponent: infinities and NaNs.
    Ieee,
    /// All ones is NaN; there is no infinity.
    NanOnly,
    /// None.
    Finite,
}

/// How to round (PTX ISA 9.7.3; `NearestAway` is `.rna`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// To nearest, ties to even.
    Nearest,
    /// To nearest, ties away from zero.
    NearestAway,
    /// Towards zero.
    Zero,
    /// Towards negative infinity.
    Down,
    /// Towards positive infinity.
    Up,
}

/// A value of any format, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Float {
    /// Not a number; `payload` are the fraction bits at the top of a 52-bit field, so that it can move between formats.
    Nan {
        /// The sign bit.
        negative: bool,
        /// Fraction bits, most significant at bit 51.
        payload: u64,
    },
    /// Infinity.
    Infinite {
        /// The sign bit.
        negative: bool,
    },
    /// Zero.
    Zero {
        /// The sign bit.
        negative: bool,
    },
    /// `significand · 2^exponent`, `significand` not zero.
    Finite {
        /// The sign.
        negative: bool,
        /// Power of two of the lowest bit.
        exponent: i32,
        /// At most 126 bits; the lowest may stand for anything below it.
        significand: u128,
    },
}

/// IEEE binary16.
pub const F16: Format = Format { exponent_bits: 5, fraction_bits: 10, special: Special::Ieee };
/// bfloat16.
pub const BF16: Format = Format { exponent_bits: 8, fraction_bits: 7, special: Special::Ieee };
/// TensorFloat-32: the top 19 bits of an f32.
pub const TF32: Format = Format { exponent_bits: 8, fraction_bits: 10, special: Special::Ieee };
/// IEEE binary32.
pub const F32: Format = Format { exponent_bits: 8, fraction_bits: 23, special: Special::Ieee };
/// IEEE binary64.
pub const F64: Format = Format { exponent_bits: 11, fraction_bits: 52, special: Special::Ieee };
/// OCP FP8 E4M3: no infinity.
pub const E4M3: Format = Format { exponent_bits: 4, fraction_bits: 3, special: Special::NanOnly };
/// OCP FP8 E5M2.
pub const E5M2: Format = Format { exponent_bits: 5, fraction_bits: 2, special: Special::Ieee };
/// OCP FP6 E3M2.
pub const E3M2: Format = Format { exponent_bits: 3, fraction_bits: 2, special: Special::Finite };
/// OCP FP6 E2M3.
pub const E2M3: Format = Format { exponent_bits: 2, fraction_bits: 3, special: Special::Finite };
/// OCP FP4 E2M1.
pub const E2M1: Format = Format { exponent_bits: 2, fraction_bits: 1, special: Special::Finite };

impl Format {
    /// Bits of an encoding.
    pub const fn bits(self) -> u32 {
        1 + self.exponent_bits + self.fraction_bits
    }

    const fn bias(self) -> i32 {
        (1 << (self.exponent_bits - 1)) - 1
    }

    /// The sign bit.
    pub const fn sign_bit(self) -> u64 {
        1 << (self.exponent_bits + self.fraction_bits)
    }

    const fn fraction_mask(self) -> u64 {
        (1 << self.fraction_bits) - 1
    }

    /// Encoding of positive infinity; formats without one have none, see [`Format::special`].
    pub const fn infinity(self) -> u64 {
        ((1 << self.exponent_bits) - 1) << self.fraction_bits
    }

    /// Encoding of the largest finite number.
    pub const fn largest(self) -> u64 {
        match self.special {
            Special::Ieee => self.infinity() - 1,
            Special::NanOnly => self.sign_bit() - 2,
            Special::Finite => self.sign_bit() - 1,
        }
    }

    /// Encoding of the smallest normal number.
    pub const fn smallest_normal(self) -> u64 {
        1 << self.fraction_bits
    }

    /// The NaN that the hardware makes in this format.
    pub const fn canonical_nan(self) -> u64 {
        match (self.special, self.bits()) {
            (Special::Ieee, 64) => 0xfff8_0000_0000_0000,
            _ => self.sign_bit() - 1,
        }
    }

    /// Whether `bits` is subnormal (zero is not).
    pub const fn is_subnormal(self, bits: u64) -> bool {
        let magnitude = bits & (self.sign_bit() - 1);
        magnitude != 0 && magnitude < self.smallest_normal()
    }

    /// The value that `bits` encode.
    pub fn unpack(self, bits: u64) -> Float {
        let negative = bits & self.sign_bit() != 0;
        let magnitude = bits & (self.sign_bit() - 1);
        let fraction = magnitude & self.fraction_mask();
        match self.special {
            Special::Ieee if magnitude == self.infinity() => return Float::Infinite { negative },
            Special::Ieee if magnitude > self.infinity() => {
                return Float::Nan { negative, payload: fraction << (52 - self.fraction_bits) };
            }
            Special::NanOnly if magnitude == self.sign_bit() - 1 => return Float::Nan { negative, payload: 1 << 51 },
            _ => {}
        }
        if magnitude == 0 {
            return Float::Zero { negative };
        }
        let biased = (magnitude >> self.fraction_bits) as i32;
        let significand = if biased == 0 { fraction } else { fraction | 1 << self.fraction_bits };
        let exponent = biased.max(1) - self.bias() - self.fraction_bits as i32;
        Float::Finite { negative, exponent, significand: significand.into() }
    }

    /// The encoding nearest to `value` as `round` says. NaN becomes `nan`. With `satfinite`, what exceeds the largest number becomes it, as do
    /// infinities; without, overflow goes to infinity (or the largest number, if `round` says so). Formats without infinity always saturate.
    pub fn pack(self, value: Float, round: Round, nan: u64, satfinite: bool) -> u64 {
        let signed = |negative: bool, magnitude: u64| if negative { magnitude | self.sign_bit() } else { magnitude };
        match value {
            Float::Nan { .. } => nan,
            Float::Zero { negative } => signed(negative, 0),
            Float::Infinite { negative } => match self.special {
                Special::Ieee if !satfinite => signed(negative, self.infinity()),
                Special::NanOnly if !satfinite => signed(negative, self.canonical_nan()),
                _ => signed(negative, self.largest()),
            },
            Float::Finite { negative, exponent, significand } => {
                let (magnitude, _) = self.quantise(negative, exponent, significand, round);
                if magnitude <= self.largest() {
                    return signed(negative, magnitude);
                }
                let stays = match round {
                    Round::Zero => true,
                    Round::Down => !negative,
                    Round::Up => negative,
                    Round::Nearest | Round::NearestAway => false,
                };
                match self.special {
                    _ if satfinite || stays => signed(negative, self.largest()),
                    Special::Ieee => signed(negative, self.infinity()),
                    Special::NanOnly => signed(negative, self.canonical_nan()),
                    Special::Finite => signed(negative, self.largest()),
                }
            }
        }
    }

    /// The encoding, without its sign, of a finite magnitude after rounding, however large (the exponent field may overflow into
    /// the bits above), and whether anything was lost.
    fn quantise(self, negative: bool, exponent: i32, significand: u128, round: Round) -> (u64, bool) {
        let top = exponent + (127 - significand.leading_zeros() as i32);
        let lowest_normal = 1 - self.bias();
        let quantum = top.max(lowest_normal) - self.fraction_bits as i32;
        let drop = quantum - exponent;
        let (mut kept, half, rest) = match drop {
            ..=0 => ((significand << -drop) as u64, false, false),
            1..=127 => {
                let half = significand >> (drop - 1) & 1 == 1;
                let rest = significand & ((1 << (drop - 1)) - 1) != 0;
                ((significand >> drop) as u64, half, rest)
            }
            _ => (0, false, true),
        };
        kept += u64::from(match round {
            Round::Nearest => half && (rest || kept & 1 == 1),
            Round::NearestAway => half,
            Round::Zero => false,
            Round::Down => negative && (half || rest),
            Round::Up => !negative && (half || rest),
        });
        // A significand that carried, or a subnormal that became normal, carries into the exponent field by itself.
        let biased = (quantum + self.fraction_bits as i32 + self.bias()) as u64;
        let magnitude = match kept >> self.fraction_bits {
            0 => kept,
            _ => ((biased - 1) << self.fraction_bits).saturating_add(kept),
        };
        (magnitude, half || rest)
    }

    /// As [`Format::pack`] with stochastic rounding: `random` (of `random_bits` bits) is added just below the lowest kept bit, and what then lies
    /// below is dropped (PTX ISA `cvt.rs`).
    pub fn pack_stochastic(self, value: Float, random: u32, random_bits: u32, nan: u64, satfinite: bool) -> u64 {
        let Float::Finite { negative, exponent, significand } = value else {
            return self.pack(value, Round::Zero, nan, satfinite);
        };
        let top = exponent + (127 - significand.leading_zeros() as i32);
        let quantum = top.max(1 - self.bias()) - self.fraction_bits as i32;
        let shift = exponent - (quantum - random_bits as i32);
        let scaled =
            if shift >= 0 { significand << shift } else { significand.checked_shr(shift.unsigned_abs()).unwrap_or(0) };
        let sum = scaled + u128::from(random);
        if sum == 0 {
            return if negative { self.sign_bit() } else { 0 };
        }
        let (magnitude, _) = self.quantise(negative, quantum - random_bits as i32, sum, Round::Zero);
        match magnitude <= self.largest() {
            true if negative => magnitude | self.sign_bit(),
            true => magnitude,
            false => self.pack(Float::Infinite { negative }, Round::Zero, nan, satfinite),
        }
    }
}

/// Shifts right, keeping in the lowest bit whether anything was lost.
fn shift_right_sticky(value: u128, amount: u32) -> u128 {
    match amount {
        0 => value,
        1..=127 => value >> amount | u128::from(value & ((1 << amount) - 1) != 0),
        _ => u128::from(value != 0),
    }
}

/// The bit that [`normalise`] moves the highest one to: leaves room for a carry.
const TOP: u32 = 125;

fn normalise(exponent: i32, significand: u128) -> (i32, u128) {
    let shift = significand.leading_zeros() as i32 - (127 - TOP as i32);
    if shift >= 0 {
        (exponent - shift, significand << shift)
    } else {
        (exponent - shift, shift_right_sticky(significand, -shift as u32))
    }
}

impl Float {
    /// Positive or negative.
    pub fn is_negative(self) -> bool {
        match self {
            Float::Nan { negative, .. }
            | Float::Infinite { negative }
            | Float::Zero { negative }
            | Float::Finite { negative, .. } => negative,
        }
    }

    /// Whether it is NaN.
    pub fn is_nan(self) -> bool {
        matches!(self, Float::Nan { .. })
    }

    /// With the sign flipped; a NaN stays as it is.
    pub fn negated(self) -> Float {
        match self {
            Float::Nan { .. } => self,
            Float::Infinite { negative } => Float::Infinite { negative: !negative },
            Float::Zero { negative } => Float::Zero { negative: !negative },
            Float::Finite { negative, exponent, significand } => {
                Float::Finite { negative: !negative, exponent, significand }
            }
        }
    }

    /// An integer, exactly.
    pub fn from_integer(negative: bool, magnitude: u64) -> Float {
        match magnitude {
            0 => Float::Zero { negative: false },
            _ => Float::Finite { negative, exponent: 0, significand: magnitude.into() },
        }
    }

    /// The NaN of an invalid operation.
    const INVALID: Float = Float::Nan { negative: true, payload: 1 << 51 };

    /// The sum. An exact zero of opposite terms is negative only when rounding down. NaN operands: the second, as the
    /// hardware's `add.f64` has it.
    pub fn add(self, other: Float, round: Round) -> Float {
        match (self, other) {
            (_, Float::Nan { .. }) => other,
            (Float::Nan { .. }, _) => self,
            (Float::Infinite { negative }, Float::Infinite { negative: second }) if negative != second => {
                Float::INVALID
            }
            (Float::Infinite { .. }, _) => self,
            (_, Float::Infinite { .. }) => other,
            (Float::Zero { negative }, Float::Zero { negative: second }) => match negative == second {
                true => self,
                false => Float::Zero { negative: round == Round::Down },
            },
            (Float::Zero { .. }, _) => other,
            (_, Float::Zero { .. }) => self,
            (
                Float::Finite { negative, exponent, significand },
                Float::Finite { negative: second_negative, exponent: second_exponent, significand: second_significand },
            ) => {
                let mut large = (normalise(exponent, significand), negative);
                let mut small = (normalise(second_exponent, second_significand), second_negative);
                if large.0 < small.0 {
                    std::mem::swap(&mut large, &mut small);
                }
                let ((exponent, large, negative), small_negative) = ((large.0.0, large.0.1, large.1), small.1);
                let small = shift_right_sticky(small.0.1, (exponent - small.0.0) as u32);
                let significand = if negative == small_negative { large + small } else { large - small };
                match significand {
                    0 => Float::Zero { negative: round == Round::Down },
                    _ => Float::Finite { negative, exponent, significand },
                }
            }
        }
    }

    /// The product, exact for significands of up to 63 bits. NaN operands: the second.
    pub fn multiply(self, other: Float) -> Float {
        let negative = self.is_negative() != other.is_negative();
        match (self, other) {
            (_, Float::Nan { .. }) => other,
            (Float::Nan { .. }, _) => self,
            (Float::Infinite { .. }, Float::Zero { .. }) | (Float::Zero { .. }, Float::Infinite { .. }) => {
                Float::INVALID
            }
            (Float::Infinite { .. }, _) | (_, Float::Infinite { .. }) => Float::Infinite { negative },
            (Float::Zero { .. }, _) | (_, Float::Zero { .. }) => Float::Zero { negative },
            (
                Float::Finite { exponent, significand, .. },
                Float::Finite { exponent: second_exponent, significand: second_significand, .. },
            ) => Float::Finite {
                negative,
                exponent: exponent + second_exponent,
                significand: significand * second_significand,
            },
        }
    }

    /// The quotient. NaN operands: the first.
    pub fn divide(self, other: Float) -> Float {
        let negative = self.is_negative() != other.is_negative();
        match (self, other) {
            (Float::Nan { .. }, _) => self,
            (_, Float::Nan { .. }) => other,
            (Float::Infinite { .. }, Float::Infinite { .. }) | (Float::Zero { .. }, Float::Zero { .. }) => {
                Float::INVALID
            }
            (Float::Infinite { .. }, _) | (_, Float::Zero { .. }) => Float::Infinite { negative },
            (Float::Zero { .. }, _) | (_, Float::Infinite { .. }) => Float::Zero { negative },
            (
                Float::Finite { exponent, significand, .. },
                Float::Finite { exponent: second_exponent, significand: second_significand, .. },
            ) => {
                let (exponent, significand) = normalise(exponent, significand);
                let quotient = significand / second_significand;
                let rest = significand % second_significand != 0;
                Float::Finite {
                    negative,
                    exponent: exponent - second_exponent,
                    significand: quotient | u128::from(rest),
                }
            }
        }
    }

    /// The square root; of −0 it is −0.
    pub fn square_root(self) -> Float {
        match self {
            Float::Nan { .. } | Float::Zero { .. } | Float::Infinite { negative: false } => self,
            Float::Infinite { negative: true } | Float::Finite { negative: true, .. } => Float::INVALID,
            Float::Finite { exponent, significand, .. } => {
                let (mut exponent, mut significand) = normalise(exponent, significand);
                if exponent & 1 != 0 {
                    (exponent, significand) = (exponent - 1, significand << 1);
                }
                let root = significand.isqrt();
                let rest = root * root != significand;
                Float::Finite { negative: false, exponent: exponent / 2, significand: root << 1 | u128::from(rest) }
                    .halved()
            }
        }
    }

    fn halved(self) -> Float {
        match self {
            Float::Finite { negative, exponent, significand } => {
                Float::Finite { negative, exponent: exponent - 1, significand }
            }
            other => other,
        }
    }

    /// The integral value nearest as `round` says: sign and magnitude, saturated at 2^127; infinities likewise. NaN gives `None`.
    pub fn to_integer(self, round: Round) -> Option<(bool, u128)> {
        Some(match self {
            Float::Nan { .. } => return None,
            Float::Infinite { negative } => (negative, 1 << 127),
            Float::Zero { negative } => (negative, 0),
            Float::Finite { negative, exponent, significand } => {
                let magnitude = match exponent {
                    0.. if exponent as u32 >= significand.leading_zeros() => 1 << 127,
                    0.. => significand << exponent,
                    _ => {
                        let drop = exponent.unsigned_abs();
                        let kept = significand.checked_shr(drop).unwrap_or(0);
                        let half = significand.checked_shr(drop - 1).unwrap_or(0) & 1 == 1;
                        let rest = drop > 127 || significand & ((1 << (drop - 1)) - 1) != 0;
                        kept + u128::from(match round {
                            Round::Nearest => half && (rest || kept & 1 == 1),
                            Round::NearestAway => half,
                            Round::Zero => false,
                            Round::Down => negative && (half || rest),
                            Round::Up => !negative && (half || rest),
                        })
                    }
                };
                (negative, magnitude)
            }
        })
    }
}

/// `a · b + c`, to be rounded once. NaN operands: the second, then the third, then the first (measured on an H200).
pub fn fused_multiply_add(a: Float, b: Float, c: Float, round: Round) -> Float {
    match (b.is_nan(), c.is_nan()) {
        (true, _) => b,
        (_, true) => c,
        _ => a.multiply(b).add(c, round),
    }
}
