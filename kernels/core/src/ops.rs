//! Operators, callables and ranges.

#[lang = "FnOnce"]
pub trait FnOnce<Args> {
    #[lang = "fn_once_output"]
    type Output;
    fn call_once(self, args: Args) -> Self::Output;
}
#[lang = "FnMut"]
pub trait FnMut<Args>: FnOnce<Args> {
    fn call_mut(&mut self, args: Args) -> Self::Output;
}
#[lang = "Fn"]
pub trait Fn<Args>: FnMut<Args> {
    fn call(&self, args: Args) -> Self::Output;
}
#[lang = "Drop"]
pub trait Drop {
    fn drop(&mut self);
}
#[lang = "Deref"]
pub trait Deref {
    type Target;
    fn deref(&self) -> &Self::Target;
}
#[lang = "DerefMut"]
pub trait DerefMut: Deref {
    fn deref_mut(&mut self) -> &mut Self::Target;
}
#[lang = "Index"]
pub trait Index<Idx> {
    type Output;
    fn index(&self, index: Idx) -> &Self::Output;
}
#[lang = "IndexMut"]
pub trait IndexMut<Idx>: Index<Idx> {
    fn index_mut(&mut self, index: Idx) -> &mut Self::Output;
}
#[lang = "Add"]
pub trait Add<Rhs = Self> {
    type Output;
    fn add(self, other: Rhs) -> Self::Output;
}
#[lang = "AddAssign"]
pub trait AddAssign<Rhs = Self> {
    fn add_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Add<Num> for Num {
    type Output = Num;
    fn add(self, other: Num) -> Num { self + other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl AddAssign<Num> for Num {
    fn add_assign(&mut self, other: Num) { *self = *self + other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Add<&Num> for Num {
    type Output = Num;
    fn add(self, other: &Num) -> Num { self + *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl AddAssign<&Num> for Num {
    fn add_assign(&mut self, other: &Num) { *self = *self + *other; }
}
#[lang = "Sub"]
pub trait Sub<Rhs = Self> {
    type Output;
    fn sub(self, other: Rhs) -> Self::Output;
}
#[lang = "SubAssign"]
pub trait SubAssign<Rhs = Self> {
    fn sub_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Sub<Num> for Num {
    type Output = Num;
    fn sub(self, other: Num) -> Num { self - other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl SubAssign<Num> for Num {
    fn sub_assign(&mut self, other: Num) { *self = *self - other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Sub<&Num> for Num {
    type Output = Num;
    fn sub(self, other: &Num) -> Num { self - *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl SubAssign<&Num> for Num {
    fn sub_assign(&mut self, other: &Num) { *self = *self - *other; }
}
#[lang = "Mul"]
pub trait Mul<Rhs = Self> {
    type Output;
    fn mul(self, other: Rhs) -> Self::Output;
}
#[lang = "MulAssign"]
pub trait MulAssign<Rhs = Self> {
    fn mul_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Mul<Num> for Num {
    type Output = Num;
    fn mul(self, other: Num) -> Num { self * other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl MulAssign<Num> for Num {
    fn mul_assign(&mut self, other: Num) { *self = *self * other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Mul<&Num> for Num {
    type Output = Num;
    fn mul(self, other: &Num) -> Num { self * *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl MulAssign<&Num> for Num {
    fn mul_assign(&mut self, other: &Num) { *self = *self * *other; }
}
#[lang = "Div"]
pub trait Div<Rhs = Self> {
    type Output;
    fn div(self, other: Rhs) -> Self::Output;
}
#[lang = "DivAssign"]
pub trait DivAssign<Rhs = Self> {
    fn div_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Div<Num> for Num {
    type Output = Num;
    fn div(self, other: Num) -> Num { self / other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl DivAssign<Num> for Num {
    fn div_assign(&mut self, other: Num) { *self = *self / other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Div<&Num> for Num {
    type Output = Num;
    fn div(self, other: &Num) -> Num { self / *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl DivAssign<&Num> for Num {
    fn div_assign(&mut self, other: &Num) { *self = *self / *other; }
}
#[lang = "Rem"]
pub trait Rem<Rhs = Self> {
    type Output;
    fn rem(self, other: Rhs) -> Self::Output;
}
#[lang = "RemAssign"]
pub trait RemAssign<Rhs = Self> {
    fn rem_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Rem<Num> for Num {
    type Output = Num;
    fn rem(self, other: Num) -> Num { self % other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl RemAssign<Num> for Num {
    fn rem_assign(&mut self, other: Num) { *self = *self % other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl Rem<&Num> for Num {
    type Output = Num;
    fn rem(self, other: &Num) -> Num { self % *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64)]
impl RemAssign<&Num> for Num {
    fn rem_assign(&mut self, other: &Num) { *self = *self % *other; }
}
#[lang = "BitAnd"]
pub trait BitAnd<Rhs = Self> {
    type Output;
    fn bitand(self, other: Rhs) -> Self::Output;
}
#[lang = "BitAndAssign"]
pub trait BitAndAssign<Rhs = Self> {
    fn bitand_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitAnd<Num> for Num {
    type Output = Num;
    fn bitand(self, other: Num) -> Num { self & other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitAndAssign<Num> for Num {
    fn bitand_assign(&mut self, other: Num) { *self = *self & other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitAnd<&Num> for Num {
    type Output = Num;
    fn bitand(self, other: &Num) -> Num { self & *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitAndAssign<&Num> for Num {
    fn bitand_assign(&mut self, other: &Num) { *self = *self & *other; }
}
#[lang = "BitOr"]
pub trait BitOr<Rhs = Self> {
    type Output;
    fn bitor(self, other: Rhs) -> Self::Output;
}
#[lang = "BitOrAssign"]
pub trait BitOrAssign<Rhs = Self> {
    fn bitor_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitOr<Num> for Num {
    type Output = Num;
    fn bitor(self, other: Num) -> Num { self | other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitOrAssign<Num> for Num {
    fn bitor_assign(&mut self, other: Num) { *self = *self | other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitOr<&Num> for Num {
    type Output = Num;
    fn bitor(self, other: &Num) -> Num { self | *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitOrAssign<&Num> for Num {
    fn bitor_assign(&mut self, other: &Num) { *self = *self | *other; }
}
#[lang = "BitXor"]
pub trait BitXor<Rhs = Self> {
    type Output;
    fn bitxor(self, other: Rhs) -> Self::Output;
}
#[lang = "BitXorAssign"]
pub trait BitXorAssign<Rhs = Self> {
    fn bitxor_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitXor<Num> for Num {
    type Output = Num;
    fn bitxor(self, other: Num) -> Num { self ^ other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitXorAssign<Num> for Num {
    fn bitxor_assign(&mut self, other: Num) { *self = *self ^ other; }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitXor<&Num> for Num {
    type Output = Num;
    fn bitxor(self, other: &Num) -> Num { self ^ *other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl BitXorAssign<&Num> for Num {
    fn bitxor_assign(&mut self, other: &Num) { *self = *self ^ *other; }
}
#[lang = "Shl"]
pub trait Shl<Rhs = Self> {
    type Output;
    fn shl(self, other: Rhs) -> Self::Output;
}
#[lang = "ShlAssign"]
pub trait ShlAssign<Rhs = Self> {
    fn shl_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl Shl<u32> for Num {
    type Output = Num;
    fn shl(self, other: u32) -> Num { self << other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl ShlAssign<u32> for Num {
    fn shl_assign(&mut self, other: u32) { *self = *self << other; }
}
#[lang = "Shr"]
pub trait Shr<Rhs = Self> {
    type Output;
    fn shr(self, other: Rhs) -> Self::Output;
}
#[lang = "ShrAssign"]
pub trait ShrAssign<Rhs = Self> {
    fn shr_assign(&mut self, other: Rhs);
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl Shr<u32> for Num {
    type Output = Num;
    fn shr(self, other: u32) -> Num { self >> other }
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl ShrAssign<u32> for Num {
    fn shr_assign(&mut self, other: u32) { *self = *self >> other; }
}
#[lang = "Neg"]
pub trait Neg {
    type Output;
    fn neg(self) -> Self::Output;
}
#[each(Num, i8, i16, i32, i64, i128, isize, f32, f64)]
impl Neg for Num {
    type Output = Num;
    fn neg(self) -> Num { -self }
}
#[lang = "Not"]
pub trait Not {
    type Output;
    fn not(self) -> Self::Output;
}
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool)]
impl Not for Num {
    type Output = Num;
    fn not(self) -> Num { !self }
}
#[lang = "Range"]
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Range<Idx> { pub start: Idx, pub end: Idx }
#[lang = "RangeInclusive"]
#[derive(Clone, PartialEq, Eq)]
pub struct RangeInclusive<Idx> { start: Idx, end: Idx, exhausted: bool }
#[lang = "RangeFrom"]
#[derive(Clone, PartialEq, Eq)]
pub struct RangeFrom<Idx> { pub start: Idx }
#[lang = "RangeTo"]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RangeTo<Idx> { pub end: Idx }
#[lang = "RangeToInclusive"]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RangeToInclusive<Idx> { pub end: Idx }
#[lang = "RangeFull"]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RangeFull;
impl<Idx: PartialOrd> Range<Idx> {
    pub fn contains(&self, item: &Idx) -> bool { *item >= self.start && *item < self.end }
    pub fn is_empty(&self) -> bool { !(self.start < self.end) }
}
impl<Idx: PartialOrd> RangeInclusive<Idx> {
    pub fn contains(&self, item: &Idx) -> bool { *item >= self.start && *item <= self.end }
    pub fn new(start: Idx, end: Idx) -> RangeInclusive<Idx> { RangeInclusive { start, end, exhausted: false } }
    pub fn is_empty(&self) -> bool { self.exhausted || !(self.start <= self.end) }
    pub fn start(&self) -> &Idx { &self.start }
    pub fn end(&self) -> &Idx { &self.end }
}
/// Types whose ranges can be walked.
pub trait Step: Copy + PartialOrd {
    /// The next value; the caller has seen that there is one.
    fn forward(self) -> Self;
    fn backward(self) -> Self;
    /// How many values there are from one to a later one, as far as that can be counted.
    fn distance(self, end: Self) -> usize;
}
#[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl Step for Int {
    fn forward(self) -> Int { crate::intrinsics::wrapping_add(self, 1) }
    fn backward(self) -> Int { crate::intrinsics::wrapping_sub(self, 1) }
    fn distance(self, end: Int) -> usize { crate::intrinsics::wrapping_sub(end as usize, self as usize) }
}
impl Step for char {
    fn forward(self) -> char { if self == '\u{D7FF}' { '\u{E000}' } else { crate::intrinsics::transmute::<u32, char>(self as u32 + 1) } }
    fn backward(self) -> char { if self == '\u{E000}' { '\u{D7FF}' } else { crate::intrinsics::transmute::<u32, char>(self as u32 - 1) } }
    fn distance(self, end: char) -> usize {
        let count = end as usize - self as usize;
        if self <= '\u{D7FF}' && end >= '\u{E000}' { count - 0x800 } else { count }
    }
}
impl<A: Step> Iterator for Range<A> {
    type Item = A;
    fn next(&mut self) -> Option<A> {
        if self.start < self.end {
            let value = self.start;
            self.start = value.forward();
            Some(value)
        } else {
            None
        }
    }
}
impl<A: Step> DoubleEndedIterator for Range<A> {
    fn next_back(&mut self) -> Option<A> {
        if self.start < self.end {
            self.end = self.end.backward();
            Some(self.end)
        } else {
            None
        }
    }
}
impl<A: Step> ExactSizeIterator for Range<A> {
    fn len(&self) -> usize { if self.start < self.end { self.start.distance(self.end) } else { 0 } }
}
impl<A: Step> Iterator for RangeInclusive<A> {
    type Item = A;
    fn next(&mut self) -> Option<A> {
        if self.exhausted || self.start > self.end { return None; }
        let value = self.start;
        if value < self.end { self.start = value.forward(); } else { self.exhausted = true; }
        Some(value)
    }
}
impl<A: Step> DoubleEndedIterator for RangeInclusive<A> {
    fn next_back(&mut self) -> Option<A> {
        if self.exhausted || self.start > self.end { return None; }
        let value = self.end;
        if self.start < value { self.end = value.backward(); } else { self.exhausted = true; }
        Some(value)
    }
}
#[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl Iterator for RangeFrom<Int> {
    type Item = Int;
    fn next(&mut self) -> Option<Int> {
        let value = self.start;
        self.start = value + 1;
        Some(value)
    }
}
