//! Methods of integers and floats.

use crate::intrinsics as raw;
#[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl Int {
    pub fn wrapping_add(self, other: Int) -> Int { raw::wrapping_add(self, other) }
    pub fn wrapping_sub(self, other: Int) -> Int { raw::wrapping_sub(self, other) }
    pub fn wrapping_mul(self, other: Int) -> Int { raw::wrapping_mul(self, other) }
    pub fn wrapping_neg(self) -> Int { raw::wrapping_sub(0, self) }
    pub fn wrapping_shl(self, amount: u32) -> Int { raw::unchecked_shl(self, amount) }
    pub fn wrapping_shr(self, amount: u32) -> Int { raw::unchecked_shr(self, amount) }
    pub fn saturating_add(self, other: Int) -> Int { raw::saturating_add(self, other) }
    pub fn saturating_sub(self, other: Int) -> Int { raw::saturating_sub(self, other) }
    pub fn overflowing_add(self, other: Int) -> (Int, bool) { raw::overflowing_add(self, other) }
    pub fn overflowing_sub(self, other: Int) -> (Int, bool) { raw::overflowing_sub(self, other) }
    pub fn overflowing_mul(self, other: Int) -> (Int, bool) { raw::overflowing_mul(self, other) }
    pub fn checked_add(self, other: Int) -> Option<Int> { let (value, over) = raw::overflowing_add(self, other); if over { None } else { Some(value) } }
    pub fn checked_sub(self, other: Int) -> Option<Int> { let (value, over) = raw::overflowing_sub(self, other); if over { None } else { Some(value) } }
    pub fn checked_mul(self, other: Int) -> Option<Int> { let (value, over) = raw::overflowing_mul(self, other); if over { None } else { Some(value) } }
    pub fn rotate_left(self, amount: u32) -> Int { raw::rotate_left(self, amount) }
    pub fn rotate_right(self, amount: u32) -> Int { raw::rotate_left(self, raw::wrapping_sub(0u32, amount)) }
    pub fn leading_zeros(self) -> u32 { raw::leading_zeros(self) }
    pub fn trailing_zeros(self) -> u32 { raw::trailing_zeros(self) }
    pub fn leading_ones(self) -> u32 { raw::leading_zeros(!self) }
    pub fn trailing_ones(self) -> u32 { raw::trailing_zeros(!self) }
    pub fn count_ones(self) -> u32 { raw::count_ones(self) }
    pub fn count_zeros(self) -> u32 { raw::count_ones(!self) }
    pub fn swap_bytes(self) -> Int { raw::swap_bytes(self) }
    pub fn reverse_bits(self) -> Int { raw::reverse_bits(self) }
    pub fn to_le(self) -> Int { self }
    pub fn to_be(self) -> Int { raw::swap_bytes(self) }
    pub fn from_be(value: Int) -> Int { raw::swap_bytes(value) }
    pub fn from_le(value: Int) -> Int { value }
    pub fn pow(self, mut exponent: u32) -> Int {
        if exponent == 0 { return 1; }
        let mut base = self;
        let mut result: Int = 1;
        loop {
            if exponent & 1 == 1 {
                result = result * base;
                if exponent == 1 { return result; }
            }
            exponent = exponent / 2;
            base = base * base;
        }
    }
    pub fn wrapping_pow(self, mut exponent: u32) -> Int {
        let mut base = self;
        let mut result: Int = 1;
        while exponent > 0 {
            if exponent & 1 == 1 { result = raw::wrapping_mul(result, base); }
            exponent = exponent / 2;
            base = raw::wrapping_mul(base, base);
        }
        result
    }
}
#[each(Int, u8, u16, u32, u64, u128, usize)]
impl Int {
    pub const MIN: Int = 0;
    pub const MAX: Int = !0;
    pub fn abs_diff(self, other: Int) -> Int { if self < other { other - self } else { self - other } }
    pub fn is_power_of_two(self) -> bool { raw::count_ones(self) == 1 }
    pub fn div_ceil(self, other: Int) -> Int { let quotient = self / other; if self % other > 0 { quotient + 1 } else { quotient } }
    pub fn next_multiple_of(self, other: Int) -> Int { let rest = self % other; if rest == 0 { self } else { self + (other - rest) } }
    pub fn checked_div(self, other: Int) -> Option<Int> { if other == 0 { None } else { Some(self / other) } }
    pub fn wrapping_div(self, other: Int) -> Int { self / other }
    pub fn wrapping_rem(self, other: Int) -> Int { self % other }
    pub fn ilog2(self) -> u32 {
        if self == 0 { panic!("argument of integer logarithm must be positive"); }
        Int::BITS - 1 - raw::leading_zeros(self)
    }
}
#[each(Int, i8, u8)]
impl Int { pub const BITS: u32 = 8; }
#[each(Int, i16, u16)]
impl Int { pub const BITS: u32 = 16; }
#[each(Int, i32, u32)]
impl Int { pub const BITS: u32 = 32; }
#[each(Int, i64, u64, isize, usize)]
impl Int { pub const BITS: u32 = 64; }
#[each(Int, i128, u128)]
impl Int { pub const BITS: u32 = 128; }
#[each(Int, i8, i16, i32, i64, i128, isize)]
impl Int {
    pub const MIN: Int = (1 as Int) << (Int::BITS - 1);
    pub const MAX: Int = !Int::MIN;
    pub fn abs(self) -> Int { if self < 0 { -self } else { self } }
    pub fn wrapping_abs(self) -> Int { if self < 0 { raw::wrapping_sub(0, self) } else { self } }
    pub fn signum(self) -> Int { if self > 0 { 1 } else if self == 0 { 0 } else { -1 } }
    pub fn is_negative(self) -> bool { self < 0 }
    pub fn is_positive(self) -> bool { self > 0 }
    pub fn rem_euclid(self, other: Int) -> Int {
        let rest = self % other;
        if rest < 0 { raw::wrapping_add(rest, other.wrapping_abs()) } else { rest }
    }
    pub fn wrapping_div(self, other: Int) -> Int { if self == Int::MIN && other == -1 { self } else { self / other } }
    pub fn wrapping_rem(self, other: Int) -> Int { if other == -1 { 0 } else { self % other } }
}
#[each(Float, f32, f64)]
impl Float {
    pub fn sqrt(self) -> Float { raw::square_root(self) }
    pub fn abs(self) -> Float { raw::float_abs(self) }
    pub fn floor(self) -> Float { raw::floor(self) }
    pub fn ceil(self) -> Float { raw::ceil(self) }
    pub fn trunc(self) -> Float { raw::trunc(self) }
    pub fn round(self) -> Float { raw::round(self) }
    pub fn round_ties_even(self) -> Float { raw::round_even(self) }
    pub fn fract(self) -> Float { self - raw::trunc(self) }
    pub fn mul_add(self, a: Float, b: Float) -> Float { raw::fused_multiply_add(self, a, b) }
    pub fn min(self, other: Float) -> Float { raw::float_min(self, other) }
    pub fn max(self, other: Float) -> Float { raw::float_max(self, other) }
    pub fn clamp(self, least: Float, most: Float) -> Float {
        assert!(least <= most);
        let mut value = self;
        if value < least { value = least; }
        if value > most { value = most; }
        value
    }
    pub fn copysign(self, sign: Float) -> Float { raw::copy_sign(self, sign) }
    pub fn signum(self) -> Float { if raw::float_is_nan(self) { self } else { raw::copy_sign(1.0, self) } }
    pub fn is_nan(self) -> bool { raw::float_is_nan(self) }
    pub fn is_infinite(self) -> bool { raw::float_abs(self) == 1.0 / 0.0 }
    pub fn is_finite(self) -> bool { raw::float_abs(self) < 1.0 / 0.0 }
    pub fn recip(self) -> Float { 1.0 / self }
    pub const INFINITY: Float = 1.0 / 0.0;
    pub const NEG_INFINITY: Float = -1.0 / 0.0;
    pub const NAN: Float = 0.0 / 0.0;
}
impl f32 {
    pub const MAX: f32 = 3.40282347e+38;
    pub const MIN: f32 = -3.40282347e+38;
    pub const EPSILON: f32 = 1.19209290e-07;
    pub const MIN_POSITIVE: f32 = 1.17549435e-38;
    pub fn to_bits(self) -> u32 { raw::transmute::<f32, u32>(self) }
    pub fn from_bits(bits: u32) -> f32 { raw::transmute::<u32, f32>(bits) }
    pub fn is_sign_negative(self) -> bool { self.to_bits() >> 31 == 1 }
    pub fn is_sign_positive(self) -> bool { self.to_bits() >> 31 == 0 }
}
impl f64 {
    pub const MAX: f64 = 1.7976931348623157e+308;
    pub const MIN: f64 = -1.7976931348623157e+308;
    pub const EPSILON: f64 = 2.2204460492503131e-16;
    pub const MIN_POSITIVE: f64 = 2.2250738585072014e-308;
    pub fn to_bits(self) -> u64 { raw::transmute::<f64, u64>(self) }
    pub fn from_bits(bits: u64) -> f64 { raw::transmute::<u64, f64>(bits) }
    pub fn is_sign_negative(self) -> bool { self.to_bits() >> 63 == 1 }
    pub fn is_sign_positive(self) -> bool { self.to_bits() >> 63 == 0 }
}
