//! Integer arithmetic (PTX ISA 9.7.1) of 16, 32 and 64 bits. Nothing traps: division by zero gives all ones, as the hardware's sequence does.

use super::kernel::{Lane, operations};

/// The integers of PTX arithmetic.
pub(crate) trait Integer: Lane + Ord {
    /// Twice as wide, where PTX has it (64-bit integers give themselves a 128-bit one).
    type Wide: Copy + 'static;
    /// Zero.
    const ZERO: Self;
    /// All bits set.
    const ONES: Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn mul_high(self, other: Self) -> Self;
    fn mul_wide(self, other: Self) -> Self::Wide;
    fn divide(self, other: Self) -> Self;
    fn remainder(self, other: Self) -> Self;
    fn absolute(self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn shift_left(self, amount: u32) -> Self;
    fn shift_right(self, amount: u32) -> Self;
    fn saturating_add(self, other: Self) -> Self;
    fn saturating_sub(self, other: Self) -> Self;
}

macro_rules! integers {
    ($($t:ident, $wide:ident, $absolute:ident;)*) => {$(
        impl Integer for $t {
            type Wide = $wide;
            const ZERO: Self = 0;
            const ONES: Self = !0;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline(always)]
            fn mul_high(self, other: Self) -> Self {
                ((<$wide>::from(self) * <$wide>::from(other)) >> $t::BITS) as $t
            }
            #[inline(always)]
            fn mul_wide(self, other: Self) -> $wide {
                <$wide>::from(self) * <$wide>::from(other)
            }
            #[inline(always)]
            fn divide(self, other: Self) -> Self {
                if other == 0 { !0 } else { self.wrapping_div(other) }
            }
            #[inline(always)]
            fn remainder(self, other: Self) -> Self {
                if other == 0 { !0 } else { self.wrapping_rem(other) }
            }
            #[inline(always)]
            fn absolute(self) -> Self {
                $absolute!(self)
            }
            #[inline(always)]
            fn and(self, other: Self) -> Self {
                self & other
            }
            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self | other
            }
            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                self ^ other
            }
            #[inline(always)]
            fn shift_left(self, amount: u32) -> Self {
                if amount < $t::BITS { self << amount } else { 0 }
            }
            #[inline(always)]
            fn shift_right(self, amount: u32) -> Self {
                self >> amount.min($t::BITS - 1) >> u32::from(amount >= $t::BITS)
            }
            #[inline(always)]
            fn saturating_add(self, other: Self) -> Self {
                $t::saturating_add(self, other)
            }
            #[inline(always)]
            fn saturating_sub(self, other: Self) -> Self {
                $t::saturating_sub(self, other)
            }
        }
    )*};
}

macro_rules! wrapping_abs {
    ($v:expr) => {
        $v.wrapping_abs()
    };
}
macro_rules! itself {
    ($v:expr) => {
        $v
    };
}

integers! {
    u8, u16, itself;
    i8, i16, wrapping_abs;
    u16, u32, itself;
    i16, i32, wrapping_abs;
    u32, u64, itself;
    i32, i64, wrapping_abs;
    u64, u128, itself;
    i64, i128, wrapping_abs;
}

/// Integers whose double width is a register too.
pub(crate) trait Widened: Integer<Wide = Self::WideLane> {
    type WideLane: Integer;
}
impl Widened for u16 {
    type WideLane = u32;
}
impl Widened for i16 {
    type WideLane = i32;
}
impl Widened for u32 {
    type WideLane = u64;
}
impl Widened for i32 {
    type WideLane = i64;
}

#[inline(always)]
fn low24(value: u32) -> u32 {
    value & 0x00ff_ffff
}

#[inline(always)]
fn low24_signed(value: i32) -> i32 {
    value << 8 >> 8
}

operations! {
    Add<T: Integer>(a: T, b: T) -> T = a.add(b);
    Sub<T: Integer>(a: T, b: T) -> T = a.sub(b);
    MulLow<T: Integer>(a: T, b: T) -> T = a.mul(b);
    MulHigh<T: Integer>(a: T, b: T) -> T = a.mul_high(b);
    MulWide<T: Widened>(a: T, b: T) -> T::WideLane = a.mul_wide(b);
    MadLow<T: Integer>(a: T, b: T, c: T) -> T = a.mul(b).add(c);
    MadHigh<T: Integer>(a: T, b: T, c: T) -> T = a.mul_high(b).add(c);
    MadWide<T: Widened>(a: T, b: T, c: T::WideLane) -> T::WideLane = a.mul_wide(b).add(c);
    MadHighSaturated(a: i32, b: i32, c: i32) -> i32 = i32::saturating_add(a.mul_high(b), c);
    Sad<T: Integer>(a: T, b: T, c: T) -> T = c.add(if a < b { b.sub(a) } else { a.sub(b) });
    Div<T: Integer>(a: T, b: T) -> T = a.divide(b);
    Rem<T: Integer>(a: T, b: T) -> T = a.remainder(b);
    Abs<T: Integer>(a: T) -> T = a.absolute();
    Neg<T: Integer>(a: T) -> T = T::ZERO.sub(a);
    Min<T: Integer>(a: T, b: T) -> T = if a < b { a } else { b };
    Max<T: Integer>(a: T, b: T) -> T = if a < b { b } else { a };
    MinRelu<T: Integer>(a: T, b: T) -> T = {
        let least = if a < b { a } else { b };
        if least < T::ZERO { T::ZERO } else { least }
    };
    MaxRelu<T: Integer>(a: T, b: T) -> T = {
        let most = if a < b { b } else { a };
        if most < T::ZERO { T::ZERO } else { most }
    };
    AddSaturated<T: Integer>(a: T, b: T) -> T = a.saturating_add(b);
    SubSaturated<T: Integer>(a: T, b: T) -> T = a.saturating_sub(b);
    And<T: Integer>(a: T, b: T) -> T = a.and(b);
    Or<T: Integer>(a: T, b: T) -> T = a.or(b);
    Xor<T: Integer>(a: T, b: T) -> T = a.xor(b);
    Not<T: Integer>(a: T) -> T = a.xor(T::ONES);
    Cnot<T: Integer>(a: T) -> u32 = u32::from(a == T::ZERO);
    Cnot64(a: u64) -> u64 = u64::from(a == 0);
    ShiftLeft<T: Integer>(a: T, b: u32) -> T = a.shift_left(b);
    ShiftRight<T: Integer>(a: T, b: u32) -> T = a.shift_right(b);
    Mul24Low(a: u32, b: u32) -> u32 = low24(a).wrapping_mul(low24(b));
    Mul24High(a: u32, b: u32) -> u32 = ((u64::from(low24(a)) * u64::from(low24(b))) >> 16) as u32;
    Mul24LowSigned(a: i32, b: i32) -> i32 = low24_signed(a).wrapping_mul(low24_signed(b));
    Mul24HighSigned(a: i32, b: i32) -> i32 = ((i64::from(low24_signed(a)) * i64::from(low24_signed(b))) >> 16) as i32;
    Mad24Low(a: u32, b: u32, c: u32) -> u32 = low24(a).wrapping_mul(low24(b)).wrapping_add(c);
    Mad24High(a: u32, b: u32, c: u32) -> u32 = (((u64::from(low24(a)) * u64::from(low24(b))) >> 16) as u32).wrapping_add(c);
    Mad24LowSigned(a: i32, b: i32, c: i32) -> i32 = low24_signed(a).wrapping_mul(low24_signed(b)).wrapping_add(c);
    Mad24HighSigned(a: i32, b: i32, c: i32) -> i32 =
        (((i64::from(low24_signed(a)) * i64::from(low24_signed(b))) >> 16) as i32).wrapping_add(c);
    Mad24HighSaturated(a: i32, b: i32, c: i32) -> i32 =
        (((i64::from(low24_signed(a)) * i64::from(low24_signed(b))) >> 16) as i32).saturating_add(c);
    Copy32(a: u32) -> u32 = a;
    Copy64(a: u64) -> u64 = a;
    Copy128(a: u128) -> u128 = a;
    Copy16(a: u16) -> u16 = a;
    Copy8(a: u8) -> u8 = a;
}

/// A packed operation: the same on each piece of a 32-bit word.
macro_rules! packed {
    ($($name:ident<$t:ident, $unsigned:ident, $count:literal>($a:ident, $b:ident) = $body:expr;)*) => {
        operations! {
            $($name(a: u32, b: u32) -> u32 = {
                let mut word = 0;
                let bits = 32 / $count;
                let mut piece = 0;
                while piece < $count {
                    let shift = piece * bits;
                    let ($a, $b) = ((a >> shift) as $t, (b >> shift) as $t);
                    let result: $t = $body;
                    word |= u32::from(result as $unsigned) << shift;
                    piece += 1;
                }
                word
            };)*
        }
    };
}

packed! {
    Add16x2<u16, u16, 2>(a, b) = a.wrapping_add(b);
    Sub16x2<u16, u16, 2>(a, b) = a.wrapping_sub(b);
    AddSaturatedU16x2<u16, u16, 2>(a, b) = u16::saturating_add(a, b);
    AddSaturatedS16x2<i16, u16, 2>(a, b) = i16::saturating_add(a, b);
    SubSaturatedU16x2<u16, u16, 2>(a, b) = u16::saturating_sub(a, b);
    SubSaturatedS16x2<i16, u16, 2>(a, b) = i16::saturating_sub(a, b);
    MinU16x2<u16, u16, 2>(a, b) = a.min(b);
    MaxU16x2<u16, u16, 2>(a, b) = a.max(b);
    MinS16x2<i16, u16, 2>(a, b) = a.min(b);
    MaxS16x2<i16, u16, 2>(a, b) = a.max(b);
    MinReluS16x2<i16, u16, 2>(a, b) = a.min(b).max(0);
    MaxReluS16x2<i16, u16, 2>(a, b) = a.max(b).max(0);
    Add8x4<u8, u8, 4>(a, b) = a.wrapping_add(b);
    Sub8x4<u8, u8, 4>(a, b) = a.wrapping_sub(b);
    AddSaturatedU8x4<u8, u8, 4>(a, b) = u8::saturating_add(a, b);
    AddSaturatedS8x4<i8, u8, 4>(a, b) = i8::saturating_add(a, b);
    SubSaturatedU8x4<u8, u8, 4>(a, b) = u8::saturating_sub(a, b);
    SubSaturatedS8x4<i8, u8, 4>(a, b) = i8::saturating_sub(a, b);
    MinU8x4<u8, u8, 4>(a, b) = a.min(b);
    MaxU8x4<u8, u8, 4>(a, b) = a.max(b);
    MinS8x4<i8, u8, 4>(a, b) = a.min(b);
    MaxS8x4<i8, u8, 4>(a, b) = a.max(b);
    MinReluS8x4<i8, u8, 4>(a, b) = a.min(b).max(0);
    MaxReluS8x4<i8, u8, 4>(a, b) = a.max(b).max(0);
}

operations! {
    NegS16x2(a: u32) -> u32 = u32::from((a as u16).wrapping_neg()) | u32::from(((a >> 16) as u16).wrapping_neg()) << 16;
    AbsS16x2(a: u32) -> u32 =
        u32::from((a as i16).wrapping_abs() as u16) | u32::from(((a >> 16) as i16).wrapping_abs() as u16) << 16;
}
