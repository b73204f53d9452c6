//! The device's core library: what a kernel sees as `core` and as `rustg`. Compiled by rustg together with each kernel; only what a
//! kernel reaches is looked at. Names and meaning are those of Rust's `core`.

pub mod intrinsics {
    extern "rustg-intrinsic" {
        pub fn wrapping_add<T>(a: T, b: T) -> T;
        pub fn wrapping_sub<T>(a: T, b: T) -> T;
        pub fn wrapping_mul<T>(a: T, b: T) -> T;
        pub fn unchecked_div<T>(a: T, b: T) -> T;
        pub fn unchecked_rem<T>(a: T, b: T) -> T;
        pub fn saturating_add<T>(a: T, b: T) -> T;
        pub fn saturating_sub<T>(a: T, b: T) -> T;
        pub fn minimum_of<T>(a: T, b: T) -> T;
        pub fn maximum_of<T>(a: T, b: T) -> T;
        pub fn rotate_left<T>(a: T, b: u32) -> T;
        pub fn unchecked_shl<T>(a: T, b: u32) -> T;
        pub fn unchecked_shr<T>(a: T, b: u32) -> T;
        pub fn leading_zeros<T>(a: T) -> u32;
        pub fn trailing_zeros<T>(a: T) -> u32;
        pub fn count_ones<T>(a: T) -> u32;
        pub fn swap_bytes<T>(a: T) -> T;
        pub fn reverse_bits<T>(a: T) -> T;
        pub fn overflowing_add<T>(a: T, b: T) -> (T, bool);
        pub fn overflowing_sub<T>(a: T, b: T) -> (T, bool);
        pub fn overflowing_mul<T>(a: T, b: T) -> (T, bool);
        pub fn float_min<T>(a: T, b: T) -> T;
        pub fn float_max<T>(a: T, b: T) -> T;
        pub fn copy_sign<T>(a: T, b: T) -> T;
        pub fn float_abs<T>(a: T) -> T;
        pub fn square_root<T>(a: T) -> T;
        pub fn floor<T>(a: T) -> T;
        pub fn ceil<T>(a: T) -> T;
        pub fn trunc<T>(a: T) -> T;
        pub fn round<T>(a: T) -> T;
        pub fn round_even<T>(a: T) -> T;
        pub fn fused_multiply_add<T>(a: T, b: T, c: T) -> T;
        pub fn float_is_nan<T>(a: T) -> bool;
        pub fn size_of<T>() -> usize;
        pub fn align_of<T>() -> usize;
        pub fn transmute<A, B>(a: A) -> B;
        pub fn pointer_offset<T>(pointer: *const T, count: isize) -> *const T;
        pub fn pointer_read<T>(pointer: *const T) -> T;
        pub fn pointer_write<T>(pointer: *mut T, value: T);
        pub fn volatile_load<T>(pointer: *const T) -> T;
        pub fn volatile_store<T>(pointer: *mut T, value: T);
        pub fn slice_from_parts<'a, T>(pointer: *const T, length: usize) -> &'a [T];
        pub fn slice_from_parts_mut<'a, T>(pointer: *mut T, length: usize) -> &'a mut [T];
        pub fn slice_length<T>(slice: *const [T]) -> usize;
        pub fn slice_address<T>(slice: *const [T]) -> *const T;
        pub fn thread_x() -> u32;
        pub fn thread_y() -> u32;
        pub fn thread_z() -> u32;
        pub fn block_x() -> u32;
        pub fn block_y() -> u32;
        pub fn block_z() -> u32;
        pub fn block_dim_x() -> u32;
        pub fn block_dim_y() -> u32;
        pub fn block_dim_z() -> u32;
        pub fn grid_dim_x() -> u32;
        pub fn grid_dim_y() -> u32;
        pub fn grid_dim_z() -> u32;
        pub fn lane() -> u32;
        pub fn lanemask_eq() -> u32;
        pub fn lanemask_lt() -> u32;
        pub fn lanemask_le() -> u32;
        pub fn lanemask_gt() -> u32;
        pub fn lanemask_ge() -> u32;
        pub fn dynamic_shared_size() -> u32;
        pub fn sync_threads();
        pub fn sync_warp(mask: u32);
        pub fn active_mask() -> u32;
        pub fn ballot(value: bool, mask: u32) -> u32;
        pub fn vote_all(value: bool, mask: u32) -> bool;
        pub fn vote_any(value: bool, mask: u32) -> bool;
        pub fn match_any<T>(value: T, mask: u32) -> u32;
        pub fn match_all<T>(value: T, mask: u32) -> u32;
        pub fn shuffle_index<T>(value: T, lane: u32, mask: u32) -> T;
        pub fn shuffle_up<T>(value: T, distance: u32, mask: u32) -> T;
        pub fn shuffle_down<T>(value: T, distance: u32, mask: u32) -> T;
        pub fn shuffle_xor<T>(value: T, lanes: u32, mask: u32) -> T;
        pub fn reduce_add<T>(value: T, mask: u32) -> T;
        pub fn reduce_and<T>(value: T, mask: u32) -> T;
        pub fn reduce_or<T>(value: T, mask: u32) -> T;
        pub fn reduce_xor<T>(value: T, mask: u32) -> T;
        pub fn reduce_min<T>(value: T, mask: u32) -> T;
        pub fn reduce_max<T>(value: T, mask: u32) -> T;
        pub fn atomic_load<T, const ORDER: usize, const SCOPE: usize>(pointer: *const T) -> T;
        pub fn atomic_store<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T);
        pub fn atomic_add<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T) -> T;
        pub fn atomic_and<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T) -> T;
        pub fn atomic_or<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T) -> T;
        pub fn atomic_xor<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T) -> T;
        pub fn atomic_min<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T) -> T;
        pub fn atomic_max<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T) -> T;
        pub fn atomic_exchange<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, value: T) -> T;
        pub fn atomic_compare_exchange<T, const ORDER: usize, const SCOPE: usize>(pointer: *mut T, expected: T, value: T) -> T;
        pub fn atomic_fence<const ORDER: usize, const SCOPE: usize>();
        pub fn clock() -> u64;
        pub fn trap() -> !;
        pub fn assume_reachable_not() -> !;
    }
}

pub mod prelude {
    pub use crate::clone::Clone;
    pub use crate::cmp::{Eq, Ord, PartialEq, PartialOrd};
    pub use crate::convert::{AsRef, From, Into};
    pub use crate::default::Default;
    pub use crate::iter::{DoubleEndedIterator, ExactSizeIterator, IntoIterator, Iterator};
    pub use crate::marker::{Copy, Send, Sized, Sync};
    pub use crate::mem::drop;
    pub use crate::ops::{Drop, Fn, FnMut, FnOnce};
    pub use crate::option::Option::{self, None, Some};
    pub use crate::result::Result::{self, Err, Ok};
    pub mod v1 {
        pub use super::*;
    }
}

pub mod marker {
    #[lang = "Copy"]
    pub trait Copy: Clone {}
    #[lang = "Sized"]
    pub trait Sized {}
    #[lang = "Send"]
    pub trait Send {}
    #[lang = "Sync"]
    pub trait Sync {}
    #[derive(Clone, Copy)]
    pub struct PhantomData<T>;
}

pub mod clone {
    #[lang = "Clone"]
    pub trait Clone {
        fn clone(&self) -> Self;
    }
}

pub mod default {
    #[lang = "Default"]
    pub trait Default {
        fn default() -> Self;
    }
    #[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl Default for Int {
        fn default() -> Int { 0 }
    }
    #[each(Float, f32, f64)]
    impl Default for Float {
        fn default() -> Float { 0.0 }
    }
    impl Default for bool {
        fn default() -> bool { false }
    }
    impl Default for () {
        fn default() {}
    }
    impl<A: Default, B: Default> Default for (A, B) {
        fn default() -> (A, B) { (A::default(), B::default()) }
    }
    impl<T: Default + Copy, const N: usize> Default for [T; N] {
        fn default() -> [T; N] { [T::default(); N] }
    }
}

pub mod convert {
    pub trait From<T> {
        fn from(value: T) -> Self;
    }
    pub trait Into<T> {
        fn into(self) -> T;
    }
    impl<T, U: From<T>> Into<U> for T {
        fn into(self) -> U { U::from(self) }
    }
    impl<T> From<T> for T {
        fn from(value: T) -> T { value }
    }
    pub trait AsRef<T> {
        fn as_ref(&self) -> &T;
    }
    #[each(Wide, u16, u32, u64, u128, usize, i16, i32, i64, i128)]
    impl From<u8> for Wide {
        fn from(value: u8) -> Wide { value as Wide }
    }
    #[each(Wide, u32, u64, u128, usize, i32, i64, i128)]
    impl From<u16> for Wide {
        fn from(value: u16) -> Wide { value as Wide }
    }
    #[each(Wide, u64, u128, i64, i128)]
    impl From<u32> for Wide {
        fn from(value: u32) -> Wide { value as Wide }
    }
    #[each(Wide, i16, i32, i64, i128, isize)]
    impl From<i8> for Wide {
        fn from(value: i8) -> Wide { value as Wide }
    }
    #[each(Wide, i32, i64, i128, isize)]
    impl From<i16> for Wide {
        fn from(value: i16) -> Wide { value as Wide }
    }
    #[each(Wide, i64, i128)]
    impl From<i32> for Wide {
        fn from(value: i32) -> Wide { value as Wide }
    }
    #[each(Wide, i128, u128)]
    impl From<u64> for Wide {
        fn from(value: u64) -> Wide { value as Wide }
    }
    impl From<i64> for i128 {
        fn from(value: i64) -> i128 { value as i128 }
    }
    impl From<f32> for f64 {
        fn from(value: f32) -> f64 { value as f64 }
    }
    #[each(Small, i8, u8, i16, u16)]
    impl From<Small> for f32 {
        fn from(value: Small) -> f32 { value as f32 }
    }
    #[each(Small, i8, u8, i16, u16, i32, u32)]
    impl From<Small> for f64 {
        fn from(value: Small) -> f64 { value as f64 }
    }
    #[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl From<bool> for Int {
        fn from(value: bool) -> Int { value as Int }
    }
    impl From<u8> for char {
        fn from(value: u8) -> char { value as char }
    }
    impl From<char> for u32 {
        fn from(value: char) -> u32 { value as u32 }
    }
}

pub mod cmp {
    #[lang = "PartialEq"]
    pub trait PartialEq<Rhs = Self> {
        fn eq(&self, other: &Rhs) -> bool;
        fn ne(&self, other: &Rhs) -> bool { !self.eq(other) }
    }
    #[lang = "Eq"]
    pub trait Eq: PartialEq {}
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Ordering {
        Less = -1,
        Equal = 0,
        Greater = 1,
    }
    use Ordering::{Equal, Greater, Less};
    impl Ordering {
        pub fn is_lt(self) -> bool { matches_less(self) }
        pub fn is_eq(self) -> bool { self == Equal }
        pub fn is_gt(self) -> bool { self == Greater }
        pub fn is_le(self) -> bool { self != Greater }
        pub fn is_ge(self) -> bool { self != Less }
        pub fn is_ne(self) -> bool { self != Equal }
        pub fn reverse(self) -> Ordering {
            match self { Less => Greater, Equal => Equal, Greater => Less }
        }
        pub fn then(self, other: Ordering) -> Ordering {
            match self { Equal => other, _ => self }
        }
    }
    fn matches_less(ordering: Ordering) -> bool { ordering == Less }
    #[lang = "PartialOrd"]
    pub trait PartialOrd<Rhs = Self>: PartialEq<Rhs> {
        fn partial_cmp(&self, other: &Rhs) -> Option<Ordering>;
        fn lt(&self, other: &Rhs) -> bool { match self.partial_cmp(other) { Some(Less) => true, _ => false } }
        fn le(&self, other: &Rhs) -> bool { match self.partial_cmp(other) { Some(Less | Equal) => true, _ => false } }
        fn gt(&self, other: &Rhs) -> bool { match self.partial_cmp(other) { Some(Greater) => true, _ => false } }
        fn ge(&self, other: &Rhs) -> bool { match self.partial_cmp(other) { Some(Greater | Equal) => true, _ => false } }
    }
    #[lang = "Ord"]
    pub trait Ord: Eq + PartialOrd {
        fn cmp(&self, other: &Self) -> Ordering;
        fn max(self, other: Self) -> Self where Self: Sized { if other < self { self } else { other } }
        fn min(self, other: Self) -> Self where Self: Sized { if other < self { other } else { self } }
        fn clamp(self, least: Self, most: Self) -> Self where Self: Sized {
            assert!(least <= most);
            if self < least { least } else if self > most { most } else { self }
        }
    }
    pub fn max<T: Ord>(a: T, b: T) -> T { a.max(b) }
    pub fn min<T: Ord>(a: T, b: T) -> T { a.min(b) }
    #[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, bool, char)]
    impl PartialEq for Num {
        fn eq(&self, other: &Num) -> bool { *self == *other }
        fn ne(&self, other: &Num) -> bool { *self != *other }
    }
    #[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool, char)]
    impl Eq for Num {}
    #[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool, char)]
    impl PartialOrd for Num {
        fn partial_cmp(&self, other: &Num) -> Option<Ordering> {
            Some(if *self < *other { Less } else if *self == *other { Equal } else { Greater })
        }
        fn lt(&self, other: &Num) -> bool { *self < *other }
        fn le(&self, other: &Num) -> bool { *self <= *other }
        fn gt(&self, other: &Num) -> bool { *self > *other }
        fn ge(&self, other: &Num) -> bool { *self >= *other }
    }
    #[each(Num, f32, f64)]
    impl PartialOrd for Num {
        fn partial_cmp(&self, other: &Num) -> Option<Ordering> {
            if *self < *other { Some(Less) } else if *self == *other { Some(Equal) } else if *self > *other { Some(Greater) } else { None }
        }
        fn lt(&self, other: &Num) -> bool { *self < *other }
        fn le(&self, other: &Num) -> bool { *self <= *other }
        fn gt(&self, other: &Num) -> bool { *self > *other }
        fn ge(&self, other: &Num) -> bool { *self >= *other }
    }
    #[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool, char)]
    impl Ord for Num {
        fn cmp(&self, other: &Num) -> Ordering {
            if *self < *other { Less } else if *self == *other { Equal } else { Greater }
        }
    }
    impl PartialEq for () {
        fn eq(&self, other: &()) -> bool { true }
    }
    impl<A: PartialEq, B: PartialEq> PartialEq for (A, B) {
        fn eq(&self, other: &(A, B)) -> bool { self.0 == other.0 && self.1 == other.1 }
    }
    impl<A: PartialEq, B: PartialEq, C: PartialEq> PartialEq for (A, B, C) {
        fn eq(&self, other: &(A, B, C)) -> bool { self.0 == other.0 && self.1 == other.1 && self.2 == other.2 }
    }
    impl<T: PartialEq, const N: usize> PartialEq for [T; N] {
        fn eq(&self, other: &[T; N]) -> bool {
            for i in 0..N {
                if self[i] != other[i] { return false; }
            }
            true
        }
    }
    impl<T: PartialEq> PartialEq for [T] {
        fn eq(&self, other: &[T]) -> bool {
            if self.len() != other.len() { return false; }
            for i in 0..self.len() {
                if self[i] != other[i] { return false; }
            }
            true
        }
    }
    impl<T: PartialEq> PartialEq for &T {
        fn eq(&self, other: &&T) -> bool { **self == **other }
    }
}

pub mod ops {
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
        pub fn start(&self) -> &Idx { &self.start }
        pub fn end(&self) -> &Idx { &self.end }
    }
    #[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl Iterator for Range<Int> {
        type Item = Int;
        fn next(&mut self) -> Option<Int> {
            if self.start < self.end {
                let value = self.start;
                self.start = value + 1;
                Some(value)
            } else {
                None
            }
        }
    }
    #[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl DoubleEndedIterator for Range<Int> {
        fn next_back(&mut self) -> Option<Int> {
            if self.start < self.end {
                self.end = self.end - 1;
                Some(self.end)
            } else {
                None
            }
        }
    }
    impl ExactSizeIterator for Range<usize> {
        fn len(&self) -> usize { if self.start < self.end { self.end - self.start } else { 0 } }
    }
    #[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl Iterator for RangeInclusive<Int> {
        type Item = Int;
        fn next(&mut self) -> Option<Int> {
            if self.exhausted || self.start > self.end { return None; }
            let value = self.start;
            if value < self.end { self.start = value + 1; } else { self.exhausted = true; }
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
}

pub mod mem {
    pub fn drop<T>(value: T) {}
    pub fn size_of<T>() -> usize { crate::intrinsics::size_of::<T>() }
    pub fn align_of<T>() -> usize { crate::intrinsics::align_of::<T>() }
    pub fn swap<T>(a: &mut T, b: &mut T) {
        let pa = a as *mut T;
        let pb = b as *mut T;
        let x = crate::intrinsics::pointer_read(pa as *const T);
        let y = crate::intrinsics::pointer_read(pb as *const T);
        crate::intrinsics::pointer_write(pa, y);
        crate::intrinsics::pointer_write(pb, x);
    }
    pub fn replace<T>(target: &mut T, value: T) -> T {
        let pointer = target as *mut T;
        let before = crate::intrinsics::pointer_read(pointer as *const T);
        crate::intrinsics::pointer_write(pointer, value);
        before
    }
    pub fn take<T: Default>(target: &mut T) -> T { replace(target, T::default()) }
    pub unsafe fn transmute<A, B>(value: A) -> B { crate::intrinsics::transmute::<A, B>(value) }
}

pub mod option {
    #[lang = "Option"]
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Option<T> { None, Some(T) }
    use Option::{None, Some};
    impl<T> Default for Option<T> {
        fn default() -> Option<T> { None }
    }
    impl<T> Option<T> {
        pub fn is_some(&self) -> bool { match self { Some(_) => true, None => false } }
        pub fn is_none(&self) -> bool { match self { Some(_) => false, None => true } }
        pub fn as_ref(&self) -> Option<&T> { match self { Some(value) => Some(value), None => None } }
        pub fn as_mut(&mut self) -> Option<&mut T> { match self { Some(value) => Some(value), None => None } }
        #[track_caller]
        pub fn unwrap(self) -> T { match self { Some(value) => value, None => panic!("called `Option::unwrap()` on a `None` value") } }
        pub fn unwrap_or(self, other: T) -> T { match self { Some(value) => value, None => other } }
        pub fn unwrap_or_else<F: FnOnce() -> T>(self, other: F) -> T { match self { Some(value) => value, None => other() } }
        pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Option<U> { match self { Some(value) => Some(f(value)), None => None } }
        pub fn map_or<U, F: FnOnce(T) -> U>(self, other: U, f: F) -> U { match self { Some(value) => f(value), None => other } }
        pub fn and_then<U, F: FnOnce(T) -> Option<U>>(self, f: F) -> Option<U> { match self { Some(value) => f(value), None => None } }
        pub fn or(self, other: Option<T>) -> Option<T> { match self { Some(value) => Some(value), None => other } }
        pub fn filter<P: FnOnce(&T) -> bool>(self, predicate: P) -> Option<T> {
            match self { Some(value) => if predicate(&value) { Some(value) } else { None }, None => None }
        }
        pub fn ok_or<E>(self, error: E) -> Result<T, E> { match self { Some(value) => Ok(value), None => Err(error) } }
        pub fn take(&mut self) -> Option<T> { crate::mem::replace(self, None) }
        pub fn replace(&mut self, value: T) -> Option<T> { crate::mem::replace(self, Some(value)) }
    }
    impl<T: Default> Option<T> {
        pub fn unwrap_or_default(self) -> T { match self { Some(value) => value, None => T::default() } }
    }
    impl<T: Copy> Option<&T> {
        pub fn copied(self) -> Option<T> { match self { Some(value) => Some(*value), None => None } }
    }
}

pub mod result {
    #[lang = "Result"]
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Result<T, E> { Ok(T), Err(E) }
    use Result::{Err, Ok};
    impl<T, E> Result<T, E> {
        pub fn is_ok(&self) -> bool { match self { Ok(_) => true, Err(_) => false } }
        pub fn is_err(&self) -> bool { match self { Ok(_) => false, Err(_) => true } }
        pub fn ok(self) -> Option<T> { match self { Ok(value) => Some(value), Err(_) => None } }
        pub fn err(self) -> Option<E> { match self { Ok(_) => None, Err(error) => Some(error) } }
        pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Result<U, E> { match self { Ok(value) => Ok(f(value)), Err(error) => Err(error) } }
        pub fn map_err<G, F: FnOnce(E) -> G>(self, f: F) -> Result<T, G> { match self { Ok(value) => Ok(value), Err(error) => Err(f(error)) } }
        pub fn unwrap_or(self, other: T) -> T { match self { Ok(value) => value, Err(_) => other } }
        pub fn and_then<U, F: FnOnce(T) -> Result<U, E>>(self, f: F) -> Result<U, E> { match self { Ok(value) => f(value), Err(error) => Err(error) } }
    }
}

pub mod iter {
    #[lang = "Iterator"]
    pub trait Iterator {
        type Item;
        fn next(&mut self) -> Option<Self::Item>;
        fn map<B, F: FnMut(Self::Item) -> B>(self, f: F) -> Map<Self, F> where Self: Sized { Map { iter: self, f } }
        fn filter<P: FnMut(&Self::Item) -> bool>(self, predicate: P) -> Filter<Self, P> where Self: Sized { Filter { iter: self, predicate } }
        fn enumerate(self) -> Enumerate<Self> where Self: Sized { Enumerate { iter: self, count: 0 } }
        fn zip<U: IntoIterator>(self, other: U) -> Zip<Self, U::IntoIter> where Self: Sized { Zip { a: self, b: other.into_iter() } }
        fn take(self, count: usize) -> Take<Self> where Self: Sized { Take { iter: self, count } }
        fn skip(self, count: usize) -> Skip<Self> where Self: Sized { Skip { iter: self, count } }
        fn step_by(self, step: usize) -> StepBy<Self> where Self: Sized {
            assert!(step != 0);
            StepBy { iter: self, step: step - 1, is_first: true }
        }
        fn rev(self) -> Rev<Self> where Self: Sized + DoubleEndedIterator { Rev { iter: self } }
        fn fold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B where Self: Sized {
            let mut value = init;
            loop {
                match self.next() {
                    Some(item) => value = f(value, item),
                    None => return value,
                }
            }
        }
        fn for_each<F: FnMut(Self::Item)>(mut self, mut f: F) where Self: Sized {
            while let Some(item) = self.next() { f(item); }
        }
        fn count(mut self) -> usize where Self: Sized {
            let mut count = 0;
            while let Some(_) = self.next() { count += 1; }
            count
        }
        fn all<F: FnMut(Self::Item) -> bool>(&mut self, mut f: F) -> bool where Self: Sized {
            while let Some(item) = self.next() { if !f(item) { return false; } }
            true
        }
        fn any<F: FnMut(Self::Item) -> bool>(&mut self, mut f: F) -> bool where Self: Sized {
            while let Some(item) = self.next() { if f(item) { return true; } }
            false
        }
        fn sum<S: Sum<Self::Item>>(self) -> S where Self: Sized { S::sum(self) }
        fn product<S: Product<Self::Item>>(self) -> S where Self: Sized { S::product(self) }
        fn max(mut self) -> Option<Self::Item> where Self: Sized, Self::Item: Ord {
            let mut best = match self.next() { Some(item) => item, None => return None };
            while let Some(item) = self.next() { if item >= best { best = item; } }
            Some(best)
        }
        fn min(mut self) -> Option<Self::Item> where Self: Sized, Self::Item: Ord {
            let mut best = match self.next() { Some(item) => item, None => return None };
            while let Some(item) = self.next() { if item < best { best = item; } }
            Some(best)
        }
    }
    pub trait DoubleEndedIterator: Iterator {
        fn next_back(&mut self) -> Option<Self::Item>;
    }
    pub trait ExactSizeIterator: Iterator {
        fn len(&self) -> usize;
    }
    #[lang = "IntoIterator"]
    pub trait IntoIterator {
        type Item;
        type IntoIter: Iterator;
        fn into_iter(self) -> Self::IntoIter;
    }
    impl<I: Iterator> IntoIterator for I {
        type Item = I::Item;
        type IntoIter = I;
        fn into_iter(self) -> I { self }
    }
    pub trait Sum<A = Self> {
        fn sum<I: Iterator<Item = A>>(iter: I) -> Self;
    }
    pub trait Product<A = Self> {
        fn product<I: Iterator<Item = A>>(iter: I) -> Self;
    }
    #[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl Sum for Int {
        fn sum<I: Iterator<Item = Int>>(mut iter: I) -> Int {
            let mut total = 0;
            while let Some(item) = iter.next() { total += item; }
            total
        }
    }
    #[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl<'a> Sum<&'a Int> for Int {
        fn sum<I: Iterator<Item = &'a Int>>(mut iter: I) -> Int {
            let mut total = 0;
            while let Some(item) = iter.next() { total += *item; }
            total
        }
    }
    #[each(Float, f32, f64)]
    impl Sum for Float {
        fn sum<I: Iterator<Item = Float>>(mut iter: I) -> Float {
            let mut total = -0.0;
            while let Some(item) = iter.next() { total += item; }
            total
        }
    }
    #[each(Float, f32, f64)]
    impl<'a> Sum<&'a Float> for Float {
        fn sum<I: Iterator<Item = &'a Float>>(mut iter: I) -> Float {
            let mut total = -0.0;
            while let Some(item) = iter.next() { total += *item; }
            total
        }
    }
    #[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
    impl Product for Num {
        fn product<I: Iterator<Item = Num>>(mut iter: I) -> Num {
            let mut total = 1;
            while let Some(item) = iter.next() { total *= item; }
            total
        }
    }
    pub struct Map<I, F> { iter: I, f: F }
    impl<B, I: Iterator, F: FnMut(I::Item) -> B> Iterator for Map<I, F> {
        type Item = B;
        fn next(&mut self) -> Option<B> {
            match self.iter.next() { Some(item) => Some((self.f)(item)), None => None }
        }
    }
    pub struct Filter<I, P> { iter: I, predicate: P }
    impl<I: Iterator, P: FnMut(&I::Item) -> bool> Iterator for Filter<I, P> {
        type Item = I::Item;
        fn next(&mut self) -> Option<I::Item> {
            while let Some(item) = self.iter.next() {
                if (self.predicate)(&item) { return Some(item); }
            }
            None
        }
    }
    pub struct Enumerate<I> { iter: I, count: usize }
    impl<I: Iterator> Iterator for Enumerate<I> {
        type Item = (usize, I::Item);
        fn next(&mut self) -> Option<(usize, I::Item)> {
            match self.iter.next() {
                Some(item) => {
                    let at = self.count;
                    self.count += 1;
                    Some((at, item))
                }
                None => None,
            }
        }
    }
    pub struct Zip<A, B> { a: A, b: B }
    impl<A: Iterator, B: Iterator> Iterator for Zip<A, B> {
        type Item = (A::Item, B::Item);
        fn next(&mut self) -> Option<(A::Item, B::Item)> {
            match self.a.next() {
                Some(a) => match self.b.next() { Some(b) => Some((a, b)), None => None },
                None => None,
            }
        }
    }
    pub struct Take<I> { iter: I, count: usize }
    impl<I: Iterator> Iterator for Take<I> {
        type Item = I::Item;
        fn next(&mut self) -> Option<I::Item> {
            if self.count == 0 { return None; }
            self.count -= 1;
            self.iter.next()
        }
    }
    pub struct Skip<I> { iter: I, count: usize }
    impl<I: Iterator> Iterator for Skip<I> {
        type Item = I::Item;
        fn next(&mut self) -> Option<I::Item> {
            while self.count > 0 {
                self.count -= 1;
                if self.iter.next().is_none() { return None; }
            }
            self.iter.next()
        }
    }
    pub struct StepBy<I> { iter: I, step: usize, is_first: bool }
    impl<I: Iterator> Iterator for StepBy<I> {
        type Item = I::Item;
        fn next(&mut self) -> Option<I::Item> {
            if self.is_first {
                self.is_first = false;
                return self.iter.next();
            }
            for i in 0..self.step {
                if self.iter.next().is_none() { return None; }
            }
            self.iter.next()
        }
    }
    pub struct Rev<I> { iter: I }
    impl<I: DoubleEndedIterator> Iterator for Rev<I> {
        type Item = I::Item;
        fn next(&mut self) -> Option<I::Item> { self.iter.next_back() }
    }
}

pub mod slice {
    use crate::intrinsics::{pointer_offset, slice_address, slice_from_parts, slice_from_parts_mut, slice_length};
    use crate::ops::{Index, IndexMut, Range, RangeFrom, RangeFull, RangeTo};
    impl<T> [T] {
        pub fn len(&self) -> usize { slice_length::<T>(self as *const [T]) }
        pub fn is_empty(&self) -> bool { self.len() == 0 }
        pub fn as_ptr(&self) -> *const T { slice_address::<T>(self as *const [T]) }
        pub fn as_mut_ptr(&mut self) -> *mut T { slice_address::<T>(self as *const [T]) as *mut T }
        pub fn get(&self, index: usize) -> Option<&T> { if index < self.len() { Some(&self[index]) } else { None } }
        pub fn get_mut(&mut self, index: usize) -> Option<&mut T> { if index < self.len() { Some(&mut self[index]) } else { None } }
        pub unsafe fn get_unchecked(&self, index: usize) -> &T { &*pointer_offset::<T>(self.as_ptr(), index as isize) }
        pub unsafe fn get_unchecked_mut(&mut self, index: usize) -> &mut T { &mut *(pointer_offset::<T>(self.as_ptr(), index as isize) as *mut T) }
        pub fn first(&self) -> Option<&T> { self.get(0) }
        pub fn last(&self) -> Option<&T> { if self.len() == 0 { None } else { Some(&self[self.len() - 1]) } }
        pub fn iter(&self) -> Iter<'_, T> { Iter { pointer: self.as_ptr(), left: self.len(), lifetime: crate::marker::PhantomData } }
        pub fn iter_mut(&mut self) -> IterMut<'_, T> { IterMut { pointer: self.as_mut_ptr(), left: self.len(), lifetime: crate::marker::PhantomData } }
        pub fn swap(&mut self, a: usize, b: usize) {
            let pa = &mut self[a] as *mut T;
            let pb = &mut self[b] as *mut T;
            let x = crate::intrinsics::pointer_read(pa as *const T);
            let y = crate::intrinsics::pointer_read(pb as *const T);
            crate::intrinsics::pointer_write(pa, y);
            crate::intrinsics::pointer_write(pb, x);
        }
        pub fn split_at(&self, middle: usize) -> (&[T], &[T]) { (&self[..middle], &self[middle..]) }
    }
    impl<T: Copy> [T] {
        pub fn fill(&mut self, value: T) {
            for i in 0..self.len() { self[i] = value; }
        }
        pub fn copy_from_slice(&mut self, source: &[T]) {
            assert!(self.len() == source.len(), "copy_from_slice: source slice length does not match destination slice length");
            for i in 0..self.len() { self[i] = source[i]; }
        }
    }
    impl<T: PartialEq> [T] {
        pub fn contains(&self, value: &T) -> bool {
            for i in 0..self.len() { if self[i] == *value { return true; } }
            false
        }
    }
    pub struct Iter<'a, T> { pointer: *const T, left: usize, lifetime: crate::marker::PhantomData<&'a T> }
    impl<'a, T> Iterator for Iter<'a, T> {
        type Item = &'a T;
        fn next(&mut self) -> Option<&'a T> {
            if self.left == 0 { return None; }
            let item = self.pointer;
            self.pointer = pointer_offset::<T>(item, 1);
            self.left = crate::intrinsics::wrapping_sub(self.left, 1);
            Some(&*item)
        }
    }
    impl<'a, T> DoubleEndedIterator for Iter<'a, T> {
        fn next_back(&mut self) -> Option<&'a T> {
            if self.left == 0 { return None; }
            self.left = crate::intrinsics::wrapping_sub(self.left, 1);
            Some(&*pointer_offset::<T>(self.pointer, self.left as isize))
        }
    }
    pub struct IterMut<'a, T> { pointer: *mut T, left: usize, lifetime: crate::marker::PhantomData<&'a mut T> }
    impl<'a, T> Iterator for IterMut<'a, T> {
        type Item = &'a mut T;
        fn next(&mut self) -> Option<&'a mut T> {
            if self.left == 0 { return None; }
            let item = self.pointer;
            self.pointer = pointer_offset::<T>(item as *const T, 1) as *mut T;
            self.left = crate::intrinsics::wrapping_sub(self.left, 1);
            Some(&mut *item)
        }
    }
    impl<'a, T> IntoIterator for &'a [T] {
        type Item = &'a T;
        type IntoIter = Iter<'a, T>;
        fn into_iter(self) -> Iter<'a, T> { self.iter() }
    }
    impl<'a, T> IntoIterator for &'a mut [T] {
        type Item = &'a mut T;
        type IntoIter = IterMut<'a, T>;
        fn into_iter(self) -> IterMut<'a, T> { self.iter_mut() }
    }
    impl<'a, T, const N: usize> IntoIterator for &'a [T; N] {
        type Item = &'a T;
        type IntoIter = Iter<'a, T>;
        fn into_iter(self) -> Iter<'a, T> { self.iter() }
    }
    impl<'a, T, const N: usize> IntoIterator for &'a mut [T; N] {
        type Item = &'a mut T;
        type IntoIter = IterMut<'a, T>;
        fn into_iter(self) -> IterMut<'a, T> { self.iter_mut() }
    }
    impl<T> Index<Range<usize>> for [T] {
        type Output = [T];
        fn index(&self, range: Range<usize>) -> &[T] {
            if range.start > range.end { panic!("slice index starts at {} but ends at {}", range.start, range.end); }
            if range.end > self.len() { panic!("range end index {} out of range for slice of length {}", range.end, self.len()); }
            slice_from_parts::<T>(pointer_offset::<T>(self.as_ptr(), range.start as isize), range.end - range.start)
        }
    }
    impl<T> IndexMut<Range<usize>> for [T] {
        fn index_mut(&mut self, range: Range<usize>) -> &mut [T] {
            if range.start > range.end { panic!("slice index starts at {} but ends at {}", range.start, range.end); }
            if range.end > self.len() { panic!("range end index {} out of range for slice of length {}", range.end, self.len()); }
            slice_from_parts_mut::<T>(pointer_offset::<T>(self.as_ptr(), range.start as isize) as *mut T, range.end - range.start)
        }
    }
    impl<T> Index<RangeFrom<usize>> for [T] {
        type Output = [T];
        fn index(&self, range: RangeFrom<usize>) -> &[T] {
            if range.start > self.len() { panic!("range start index {} out of range for slice of length {}", range.start, self.len()); }
            slice_from_parts::<T>(pointer_offset::<T>(self.as_ptr(), range.start as isize), self.len() - range.start)
        }
    }
    impl<T> IndexMut<RangeFrom<usize>> for [T] {
        fn index_mut(&mut self, range: RangeFrom<usize>) -> &mut [T] {
            if range.start > self.len() { panic!("range start index {} out of range for slice of length {}", range.start, self.len()); }
            slice_from_parts_mut::<T>(pointer_offset::<T>(self.as_ptr(), range.start as isize) as *mut T, self.len() - range.start)
        }
    }
    impl<T> Index<RangeTo<usize>> for [T] {
        type Output = [T];
        fn index(&self, range: RangeTo<usize>) -> &[T] {
            if range.end > self.len() { panic!("range end index {} out of range for slice of length {}", range.end, self.len()); }
            slice_from_parts::<T>(self.as_ptr(), range.end)
        }
    }
    impl<T> IndexMut<RangeTo<usize>> for [T] {
        fn index_mut(&mut self, range: RangeTo<usize>) -> &mut [T] {
            if range.end > self.len() { panic!("range end index {} out of range for slice of length {}", range.end, self.len()); }
            slice_from_parts_mut::<T>(self.as_mut_ptr(), range.end)
        }
    }
    impl<T> Index<RangeFull> for [T] {
        type Output = [T];
        fn index(&self, range: RangeFull) -> &[T] { self }
    }
}

pub mod num {
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
}

pub mod ptr {
    use crate::intrinsics as raw;
    impl<T> *const T {
        pub unsafe fn add(self, count: usize) -> *const T { raw::pointer_offset::<T>(self, count as isize) }
        pub unsafe fn sub(self, count: usize) -> *const T { raw::pointer_offset::<T>(self, raw::wrapping_sub(0, count as isize)) }
        pub unsafe fn offset(self, count: isize) -> *const T { raw::pointer_offset::<T>(self, count) }
        pub unsafe fn read(self) -> T { raw::pointer_read(self) }
        pub unsafe fn read_volatile(self) -> T { raw::volatile_load(self) }
        pub fn is_null(self) -> bool { self as usize == 0 }
        pub fn cast<U>(self) -> *const U { self as *const U }
        pub fn cast_mut(self) -> *mut T { self as *mut T }
    }
    impl<T> *mut T {
        pub unsafe fn add(self, count: usize) -> *mut T { raw::pointer_offset::<T>(self as *const T, count as isize) as *mut T }
        pub unsafe fn sub(self, count: usize) -> *mut T { raw::pointer_offset::<T>(self as *const T, raw::wrapping_sub(0, count as isize)) as *mut T }
        pub unsafe fn offset(self, count: isize) -> *mut T { raw::pointer_offset::<T>(self as *const T, count) as *mut T }
        pub unsafe fn read(self) -> T { raw::pointer_read(self as *const T) }
        pub unsafe fn write(self, value: T) { raw::pointer_write(self, value) }
        pub unsafe fn read_volatile(self) -> T { raw::volatile_load(self as *const T) }
        pub unsafe fn write_volatile(self, value: T) { raw::volatile_store(self, value) }
        pub fn is_null(self) -> bool { self as usize == 0 }
        pub fn cast<U>(self) -> *mut U { self as *mut U }
        pub fn cast_const(self) -> *const T { self as *const T }
    }
    pub unsafe fn read<T>(pointer: *const T) -> T { raw::pointer_read(pointer) }
    pub unsafe fn write<T>(pointer: *mut T, value: T) { raw::pointer_write(pointer, value) }
}

pub mod cell {
    #[lang = "UnsafeCell"]
    pub struct UnsafeCell<T> { value: T }
    impl<T> UnsafeCell<T> {
        pub const fn new(value: T) -> UnsafeCell<T> { UnsafeCell { value } }
        pub fn get(&self) -> *mut T { &self.value as *const T as *mut T }
    }
}

/// What `rustg` means in device code.
pub mod device {
    pub use crate::device::disjoint::DisjointSlice;
    pub use crate::device::shared::{DynamicSharedArray, SharedArray};
    pub use crate::device::thread::ThreadIndex;
    pub mod prelude {
        pub use crate::device::{disjoint::DisjointSlice, shared::DynamicSharedArray, shared::SharedArray};
        pub use crate::device::{atomic, thread, warp};
        pub use crate::device::thread::ThreadIndex;
    }

    pub mod thread {
        use crate::intrinsics as raw;
        pub fn threadIdx_x() -> u32 { raw::thread_x() }
        pub fn threadIdx_y() -> u32 { raw::thread_y() }
        pub fn threadIdx_z() -> u32 { raw::thread_z() }
        pub fn blockIdx_x() -> u32 { raw::block_x() }
        pub fn blockIdx_y() -> u32 { raw::block_y() }
        pub fn blockIdx_z() -> u32 { raw::block_z() }
        pub fn blockDim_x() -> u32 { raw::block_dim_x() }
        pub fn blockDim_y() -> u32 { raw::block_dim_y() }
        pub fn blockDim_z() -> u32 { raw::block_dim_z() }
        pub fn gridDim_x() -> u32 { raw::grid_dim_x() }
        pub fn gridDim_y() -> u32 { raw::grid_dim_y() }
        pub fn gridDim_z() -> u32 { raw::grid_dim_z() }
        pub fn sync_threads() { raw::sync_threads() }
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct ThreadIndex { index: usize }
        impl ThreadIndex {
            pub fn get(self) -> usize { self.index }
        }
        pub fn index_1d() -> ThreadIndex {
            let base = raw::wrapping_mul(raw::block_x() as usize, raw::block_dim_x() as usize);
            ThreadIndex { index: raw::wrapping_add(base, raw::thread_x() as usize) }
        }
        pub fn index_2d<const STRIDE: usize>() -> Option<ThreadIndex> {
            let x = raw::wrapping_add(raw::wrapping_mul(raw::block_x() as usize, raw::block_dim_x() as usize), raw::thread_x() as usize);
            let y = raw::wrapping_add(raw::wrapping_mul(raw::block_y() as usize, raw::block_dim_y() as usize), raw::thread_y() as usize);
            if x < STRIDE { Some(ThreadIndex { index: raw::wrapping_add(raw::wrapping_mul(y, STRIDE), x) }) } else { None }
        }
    }

    pub mod warp {
        use crate::intrinsics as raw;
        const ALL: u32 = 0xffff_ffff;
        pub fn lane_id() -> u32 { raw::lane() }
        pub fn warp_id() -> u32 {
            let linear = raw::wrapping_add(raw::wrapping_mul(raw::wrapping_add(raw::wrapping_mul(raw::thread_z(), raw::block_dim_y()), raw::thread_y()), raw::block_dim_x()), raw::thread_x());
            linear / 32
        }
        pub fn active_mask() -> u32 { raw::active_mask() }
        pub fn lanemask_eq() -> u32 { raw::lanemask_eq() }
        pub fn lanemask_lt() -> u32 { raw::lanemask_lt() }
        pub fn lanemask_le() -> u32 { raw::lanemask_le() }
        pub fn lanemask_gt() -> u32 { raw::lanemask_gt() }
        pub fn lanemask_ge() -> u32 { raw::lanemask_ge() }
        pub fn shuffle(value: u32, lane: u32) -> u32 { raw::shuffle_index(value, lane, ALL) }
        pub fn shuffle_xor(value: u32, lanes: u32) -> u32 { raw::shuffle_xor(value, lanes, ALL) }
        pub fn shuffle_down(value: u32, distance: u32) -> u32 { raw::shuffle_down(value, distance, ALL) }
        pub fn shuffle_up(value: u32, distance: u32) -> u32 { raw::shuffle_up(value, distance, ALL) }
        pub fn shuffle_f32(value: f32, lane: u32) -> f32 { raw::shuffle_index(value, lane, ALL) }
        pub fn shuffle_xor_f32(value: f32, lanes: u32) -> f32 { raw::shuffle_xor(value, lanes, ALL) }
        pub fn shuffle_down_f32(value: f32, distance: u32) -> f32 { raw::shuffle_down(value, distance, ALL) }
        pub fn shuffle_up_f32(value: f32, distance: u32) -> f32 { raw::shuffle_up(value, distance, ALL) }
        pub fn ballot(value: bool) -> u32 { raw::ballot(value, ALL) }
        pub fn all(value: bool) -> bool { raw::vote_all(value, ALL) }
        pub fn any(value: bool) -> bool { raw::vote_any(value, ALL) }
        pub fn sync_mask(mask: u32) { raw::sync_warp(mask) }
        pub fn reduce_add(value: u32) -> u32 { raw::reduce_add(value, ALL) }
        pub fn reduce_min(value: u32) -> u32 { raw::reduce_min(value, ALL) }
        pub fn reduce_max(value: u32) -> u32 { raw::reduce_max(value, ALL) }
        pub fn reduce_and(value: u32) -> u32 { raw::reduce_and(value, ALL) }
        pub fn reduce_or(value: u32) -> u32 { raw::reduce_or(value, ALL) }
        pub fn reduce_xor(value: u32) -> u32 { raw::reduce_xor(value, ALL) }
        pub fn reduce_sum_f32(value: f32) -> f32 {
            let mut sum = value;
            let mut lanes = 16;
            while lanes > 0 {
                sum += raw::shuffle_xor(sum, lanes, ALL);
                lanes = lanes / 2;
            }
            sum
        }
    }

    pub mod disjoint {
        use crate::intrinsics as raw;
        use crate::device::thread::ThreadIndex;
        #[lang = "DisjointSlice"]
        pub struct DisjointSlice<'a, T> { pointer: *mut T, length: usize, lifetime: crate::marker::PhantomData<&'a mut T> }
        impl<'a, T> DisjointSlice<'a, T> {
            pub fn len(&self) -> usize { self.length }
            pub fn is_empty(&self) -> bool { self.length == 0 }
            pub fn get_mut(&mut self, index: ThreadIndex) -> Option<&mut T> {
                let at = index.get();
                if at < self.length { Some(&mut *(raw::pointer_offset::<T>(self.pointer as *const T, at as isize) as *mut T)) } else { None }
            }
            pub unsafe fn get_unchecked_mut(&mut self, index: usize) -> &mut T {
                &mut *(raw::pointer_offset::<T>(self.pointer as *const T, index as isize) as *mut T)
            }
            pub fn as_mut_ptr(&mut self) -> *mut T { self.pointer }
        }
    }

    pub mod shared {
        use crate::intrinsics as raw;
        use crate::ops::{Index, IndexMut};
        #[lang = "SharedArray"]
        pub struct SharedArray<T, const N: usize> { items: [T; N] }
        impl<T, const N: usize> SharedArray<T, N> {
            pub const UNINIT: SharedArray<T, N> = loop {};
            pub fn len(&self) -> usize { N }
            pub fn as_ptr(&self) -> *const T { &self.items as *const [T; N] as *const T }
            pub fn as_mut_ptr(&mut self) -> *mut T { &mut self.items as *mut [T; N] as *mut T }
        }
        impl<T, const N: usize> Index<usize> for SharedArray<T, N> {
            type Output = T;
            fn index(&self, index: usize) -> &T { &self.items[index] }
        }
        impl<T, const N: usize> IndexMut<usize> for SharedArray<T, N> {
            fn index_mut(&mut self, index: usize) -> &mut T { &mut self.items[index] }
        }
        #[lang = "DynamicSharedArray"]
        pub struct DynamicSharedArray<T> { item: T }
        impl<T> DynamicSharedArray<T> {
            pub const UNINIT: DynamicSharedArray<T> = loop {};
            pub fn len(&self) -> usize { raw::dynamic_shared_size() as usize / raw::size_of::<T>() }
            pub fn as_mut_ptr(&mut self) -> *mut T { &mut self.item as *mut T }
        }
    }

    pub mod atomic {
    }
}
