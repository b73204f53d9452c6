//! Comparison and order.

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
