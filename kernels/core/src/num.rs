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
    pub fn checked_rem(self, other: Int) -> Option<Int> { if other == 0 || self.checked_div(other).is_none() { None } else { Some(self % other) } }
    pub fn checked_neg(self) -> Option<Int> { (0 as Int).checked_sub(self) }
    pub fn checked_shl(self, amount: u32) -> Option<Int> { if amount < Int::BITS { Some(raw::unchecked_shl(self, amount)) } else { None } }
    pub fn checked_shr(self, amount: u32) -> Option<Int> { if amount < Int::BITS { Some(raw::unchecked_shr(self, amount)) } else { None } }
    pub fn checked_pow(self, mut exponent: u32) -> Option<Int> {
        if exponent == 0 { return Some(1); }
        let mut base = self;
        let mut result: Int = 1;
        loop {
            if exponent & 1 == 1 {
                result = result.checked_mul(base)?;
                if exponent == 1 { return Some(result); }
            }
            exponent = exponent / 2;
            base = base.checked_mul(base)?;
        }
    }
    pub fn saturating_mul(self, other: Int) -> Int {
        match self.checked_mul(other) {
            Some(value) => value,
            None => if (self < 0) == (other < 0) { Int::MAX } else { Int::MIN },
        }
    }
    pub fn saturating_pow(self, exponent: u32) -> Int {
        match self.checked_pow(exponent) {
            Some(value) => value,
            None => if self < 0 && exponent % 2 == 1 { Int::MIN } else { Int::MAX },
        }
    }
    pub fn overflowing_neg(self) -> (Int, bool) { raw::overflowing_sub(0, self) }
    pub fn overflowing_shl(self, amount: u32) -> (Int, bool) { (raw::unchecked_shl(self, amount), amount >= Int::BITS) }
    pub fn overflowing_shr(self, amount: u32) -> (Int, bool) { (raw::unchecked_shr(self, amount), amount >= Int::BITS) }
    pub unsafe fn unchecked_add(self, other: Int) -> Int { raw::wrapping_add(self, other) }
    pub unsafe fn unchecked_sub(self, other: Int) -> Int { raw::wrapping_sub(self, other) }
    pub unsafe fn unchecked_mul(self, other: Int) -> Int { raw::wrapping_mul(self, other) }
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
    pub fn next_power_of_two(self) -> Int {
        if self <= 1 { return 1; }
        (Int::MAX >> raw::leading_zeros(self - 1)) + 1
    }
    pub fn isqrt(self) -> Int {
        if self < 2 { return self; }
        let mut bit: Int = 1 << (self.ilog2() & !1);
        let (mut rest, mut root) = (self, 0);
        while bit != 0 {
            if rest >= root + bit {
                rest -= root + bit;
                root = (root >> 1) + bit;
            } else {
                root = root >> 1;
            }
            bit = bit >> 2;
        }
        root
    }
    pub fn rem_euclid(self, other: Int) -> Int { self % other }
    pub fn div_euclid(self, other: Int) -> Int { self / other }
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
    pub fn checked_div(self, other: Int) -> Option<Int> { if other == 0 || (self == Int::MIN && other == -1) { None } else { Some(self / other) } }
    pub fn checked_abs(self) -> Option<Int> { if self == Int::MIN { None } else { Some(self.wrapping_abs()) } }
    pub fn saturating_neg(self) -> Int { if self == Int::MIN { Int::MAX } else { -self } }
    pub fn saturating_abs(self) -> Int { if self == Int::MIN { Int::MAX } else { self.wrapping_abs() } }
    pub fn div_euclid(self, other: Int) -> Int {
        let quotient = self / other;
        if self % other < 0 { if other > 0 { quotient - 1 } else { quotient + 1 } } else { quotient }
    }
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
impl i8 {
    pub fn unsigned_abs(self) -> u8 { self.wrapping_abs() as u8 }
    pub fn abs_diff(self, other: i8) -> u8 {
        if self < other { raw::wrapping_sub(other as u8, self as u8) } else { raw::wrapping_sub(self as u8, other as u8) }
    }
}
impl i16 {
    pub fn unsigned_abs(self) -> u16 { self.wrapping_abs() as u16 }
    pub fn abs_diff(self, other: i16) -> u16 {
        if self < other { raw::wrapping_sub(other as u16, self as u16) } else { raw::wrapping_sub(self as u16, other as u16) }
    }
}
impl i32 {
    pub fn unsigned_abs(self) -> u32 { self.wrapping_abs() as u32 }
    pub fn abs_diff(self, other: i32) -> u32 {
        if self < other { raw::wrapping_sub(other as u32, self as u32) } else { raw::wrapping_sub(self as u32, other as u32) }
    }
}
impl i64 {
    pub fn unsigned_abs(self) -> u64 { self.wrapping_abs() as u64 }
    pub fn abs_diff(self, other: i64) -> u64 {
        if self < other { raw::wrapping_sub(other as u64, self as u64) } else { raw::wrapping_sub(self as u64, other as u64) }
    }
}
impl isize {
    pub fn unsigned_abs(self) -> usize { self.wrapping_abs() as usize }
    pub fn abs_diff(self, other: isize) -> usize {
        if self < other { raw::wrapping_sub(other as usize, self as usize) } else { raw::wrapping_sub(self as usize, other as usize) }
    }
}
impl f32 {
    pub fn exp(self) -> f32 { crate::math::single::exp(self) }
    pub fn exp2(self) -> f32 { crate::math::single::exp2(self) }
    pub fn exp_m1(self) -> f32 { crate::math::single::exp_m1(self) }
    pub fn ln(self) -> f32 { crate::math::single::ln(self) }
    pub fn log2(self) -> f32 { crate::math::single::log2(self) }
    pub fn log10(self) -> f32 { crate::math::single::log10(self) }
    pub fn ln_1p(self) -> f32 { crate::math::single::ln_1p(self) }
    pub fn sin(self) -> f32 { crate::math::single::sin(self) }
    pub fn cos(self) -> f32 { crate::math::single::cos(self) }
    pub fn tan(self) -> f32 { crate::math::single::tan(self) }
    pub fn sinh(self) -> f32 { crate::math::single::sinh(self) }
    pub fn cosh(self) -> f32 { crate::math::single::cosh(self) }
    pub fn tanh(self) -> f32 { crate::math::single::tanh(self) }
    pub fn atan(self) -> f32 { crate::math::single::atan(self) }
    pub fn asin(self) -> f32 { crate::math::single::asin(self) }
    pub fn acos(self) -> f32 { crate::math::single::acos(self) }
    pub fn sin_cos(self) -> (f32, f32) { (self.sin(), self.cos()) }
    pub fn log(self, base: f32) -> f32 { self.ln() / base.ln() }
    pub fn powf(self, other: f32) -> f32 { crate::math::single::powf(self, other) }
    pub fn atan2(self, other: f32) -> f32 { crate::math::single::atan2(self, other) }
    pub fn hypot(self, other: f32) -> f32 { crate::math::single::hypot(self, other) }
}
impl f64 {
    pub fn exp(self) -> f64 { crate::math::double::exp(self) }
    pub fn exp2(self) -> f64 { crate::math::double::exp2(self) }
    pub fn exp_m1(self) -> f64 { crate::math::double::exp_m1(self) }
    pub fn ln(self) -> f64 { crate::math::double::ln(self) }
    pub fn log2(self) -> f64 { crate::math::double::log2(self) }
    pub fn log10(self) -> f64 { crate::math::double::log10(self) }
    pub fn sin(self) -> f64 { crate::math::double::sin(self) }
    pub fn cos(self) -> f64 { crate::math::double::cos(self) }
    pub fn tan(self) -> f64 { crate::math::double::tan(self) }
    pub fn sinh(self) -> f64 { crate::math::double::sinh(self) }
    pub fn cosh(self) -> f64 { crate::math::double::cosh(self) }
    pub fn tanh(self) -> f64 { crate::math::double::tanh(self) }
    pub fn sin_cos(self) -> (f64, f64) { (self.sin(), self.cos()) }
    pub fn log(self, base: f64) -> f64 { self.ln() / base.ln() }
    pub fn hypot(self, other: f64) -> f64 { crate::math::double::hypot(self, other) }
}
#[each(Float, f32, f64)]
impl Float {
    pub fn powi(self, exponent: i32) -> Float {
        let (mut left, mut factor, mut result) = (exponent.unsigned_abs(), self, 1.0);
        while left != 0 {
            if left & 1 == 1 { result *= factor; }
            left >>= 1;
            factor *= factor;
        }
        if exponent < 0 { 1.0 / result } else { result }
    }
    pub fn to_radians(self) -> Float { self * 0.017453292519943295 }
    pub fn to_degrees(self) -> Float { self * 57.29577951308232 }
}
