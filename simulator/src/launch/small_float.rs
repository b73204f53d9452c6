//! Floats of 16 bits and less, to and from `f64`, for files and literals. Rounds to nearest, ties to even.

/// A binary interchange format with a sign bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SmallFloat {
    /// Bits of the exponent.
    pub exponent_bits: u32,
    /// Bits of the fraction.
    pub fraction_bits: u32,
    /// Whether the highest exponent holds infinities and NaNs, as IEEE 754 has it; else only all ones is NaN (e4m3).
    pub has_infinity: bool,
}

/// IEEE 754 binary16.
pub const F16: SmallFloat = SmallFloat { exponent_bits: 5, fraction_bits: 10, has_infinity: true };
/// The upper half of binary32.
pub const BF16: SmallFloat = SmallFloat { exponent_bits: 8, fraction_bits: 7, has_infinity: true };
/// OCP 8-bit floating point E4M3: no infinity, largest 448.
pub const E4M3: SmallFloat = SmallFloat { exponent_bits: 4, fraction_bits: 3, has_infinity: false };
/// OCP 8-bit floating point E5M2.
pub const E5M2: SmallFloat = SmallFloat { exponent_bits: 5, fraction_bits: 2, has_infinity: true };

impl SmallFloat {
    fn sign_shift(self) -> u32 {
        self.exponent_bits + self.fraction_bits
    }

    fn exponent_min(self) -> i32 {
        2 - (1 << (self.exponent_bits - 1))
    }

    /// The bits above which no finite number lies.
    fn largest_bits(self) -> u64 {
        let ones = (1 << self.sign_shift()) - 1;
        if self.has_infinity { ones - (1 << self.fraction_bits) } else { ones - 1 }
    }

    /// The bits of the number nearest to `value`; beyond the largest: infinity, or NaN where there is none.
    pub fn encode(self, value: f64) -> u32 {
        let sign = u64::from(value.is_sign_negative()) << self.sign_shift();
        let all_ones = (1 << self.sign_shift()) - 1;
        let bits = if value.is_nan() {
            all_ones
        } else if value == 0.0 {
            0
        } else if value.is_infinite() {
            if self.has_infinity { self.largest_bits() + 1 } else { all_ones }
        } else {
            let exponent = (value.abs().to_bits() >> 52) as i32 - 1023;
            let exponent = exponent.max(self.exponent_min());
            // Powers of two scale exactly; where the scaled value is a subnormal f64, it rounds to zero all the same.
            let step = exponent - self.fraction_bits as i32;
            let steps = (value.abs() / power_of_two(step)).round_ties_even() as u64;
            let bits = (((exponent - self.exponent_min()) as u64) << self.fraction_bits) + steps;
            if bits <= self.largest_bits() { bits } else { self.encode(f64::INFINITY) as u64 }
        };
        (sign | bits) as u32
    }

    /// The number that `bits` mean, exactly.
    pub fn decode(self, bits: u32) -> f64 {
        let fraction = u64::from(bits) & ((1 << self.fraction_bits) - 1);
        let exponent = (bits >> self.fraction_bits) & ((1 << self.exponent_bits) - 1);
        let magnitude = u64::from(bits) & ((1 << self.sign_shift()) - 1);
        let value = if magnitude > self.largest_bits() {
            if self.has_infinity && fraction == 0 { f64::INFINITY } else { f64::NAN }
        } else if exponent == 0 {
            fraction as f64 * power_of_two(self.exponent_min() - self.fraction_bits as i32)
        } else {
            let steps = fraction | 1 << self.fraction_bits;
            steps as f64 * power_of_two(exponent as i32 - 1 + self.exponent_min() - self.fraction_bits as i32)
        };
        if bits >> self.sign_shift() & 1 == 1 { -value } else { value }
    }
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_every_format_survives_the_way_there_and_back() {
        for format in [F16, BF16, E4M3, E5M2] {
            for bits in 0..1_u32 << (format.sign_shift() + 1) {
                let value = format.decode(bits);
                if value.is_nan() {
                    assert!(format.decode(format.encode(value)).is_nan());
                } else {
                    assert_eq!(format.encode(value), bits, "{format:?} {bits:#x} {value}");
                }
            }
        }
    }

    #[test]
    fn halfway_goes_to_even_and_beyond_the_largest_to_infinity_or_nan() {
        assert_eq!(F16.encode(1.0 + 1.0 / 2048.0), 0x3c00);
        assert_eq!(F16.encode(1.0 + 3.0 / 2048.0), 0x3c02);
        assert_eq!(F16.encode(65519.0), 0x7bff);
        assert_eq!(F16.encode(65520.0), 0x7c00);
        assert_eq!(F16.encode(f64::from_bits(1)), 0);
        assert_eq!(F16.encode(2.0_f64.powi(-25)), 0);
        assert_eq!(F16.encode(2.0_f64.powi(-25) * 1.0001), 1);
        assert_eq!(E4M3.encode(448.0), 0x7e);
        assert_eq!(E4M3.encode(1000.0), 0x7f);
        assert_eq!(E5M2.encode(-1e9), 0xfc);
        assert_eq!(BF16.encode(f64::from(std::f32::consts::PI)), 0x4049);
    }

    #[test]
    fn bf16_is_the_upper_half_of_f32() {
        for bits in (0..=0xffff_u32).step_by(7) {
            let (small, large) = (BF16.decode(bits), f64::from(f32::from_bits(bits << 16)));
            assert!(small == large || small.is_nan() && large.is_nan());
        }
    }
}
