//! Comparison and order.

#[lang = "PartialEq"]
pub trait PartialEq<Rhs = Self> {
    fn eq(&self, other: &Rhs) -> bool;
    fn ne(&self, other: &Rhs) -> bool { !self.eq(other) }
}
#[lang = "Eq"]
pub trait Eq: PartialEq {}
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ordering {
    Less = -1,
    Equal = 0,
    Greater = 1,
}
use Ordering::{Equal, Greater, Less};
impl Ordering {
    pub fn is_lt(self) -> bool { self == Less }
    pub fn is_eq(self) -> bool { self == Equal }
    pub fn is_gt(self) -> bool { self == Greater }
    pub fn is_le(self) -> bool { self != Greater }
    pub fn is_ge(self) -> bool { self != Less }
    pub fn is_ne(self) -> bool { self != Equal }
    pub fn reverse(self) -> Ordering {
        match self { Less => Greater, Equal => Equal, Greater => Less }
    }
    pub fn then_with<F: FnOnce() -> Ordering>(self, f: F) -> Ordering {
        match self { Equal => f(), _ => self }
    }
    pub fn then(self, other: Ordering) -> Ordering {
        match self { Equal => other, _ => self }
    }
}
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
impl<T: PartialEq> PartialEq for &mut T {
    fn eq(&self, other: &&mut T) -> bool { **self == **other }
}
impl<T: PartialEq, const N: usize> PartialEq<[T; N]> for [T] {
    fn eq(&self, other: &[T; N]) -> bool { *self == *other.as_slice() }
}
impl<T: PartialEq, const N: usize> PartialEq<[T]> for [T; N] {
    fn eq(&self, other: &[T]) -> bool { *self.as_slice() == *other }
}
impl<T: PartialOrd> PartialOrd for &T {
    fn partial_cmp(&self, other: &&T) -> Option<Ordering> { (**self).partial_cmp(*other) }
}
impl<T: Eq> Eq for &T {}
impl<T: Ord> Ord for &T {
    fn cmp(&self, other: &&T) -> Ordering { (**self).cmp(*other) }
}
impl Eq for () {}
impl<A: Eq, B: Eq> Eq for (A, B) {}
impl<A: Eq, B: Eq, C: Eq> Eq for (A, B, C) {}
impl<T: Eq> Eq for [T] {}
impl<T: Eq, const N: usize> Eq for [T; N] {}
impl<A: PartialOrd, B: PartialOrd> PartialOrd for (A, B) {
    fn partial_cmp(&self, other: &(A, B)) -> Option<Ordering> {
        match self.0.partial_cmp(&other.0) { Some(Equal) => self.1.partial_cmp(&other.1), order => order }
    }
}
impl<A: PartialOrd, B: PartialOrd, C: PartialOrd> PartialOrd for (A, B, C) {
    fn partial_cmp(&self, other: &(A, B, C)) -> Option<Ordering> {
        match self.0.partial_cmp(&other.0) {
            Some(Equal) => match self.1.partial_cmp(&other.1) { Some(Equal) => self.2.partial_cmp(&other.2), order => order },
            order => order,
        }
    }
}
impl<A: Ord, B: Ord> Ord for (A, B) {
    fn cmp(&self, other: &(A, B)) -> Ordering { self.0.cmp(&other.0).then_with(|| self.1.cmp(&other.1)) }
}
impl<A: Ord, B: Ord, C: Ord> Ord for (A, B, C) {
    fn cmp(&self, other: &(A, B, C)) -> Ordering {
        self.0.cmp(&other.0).then_with(|| self.1.cmp(&other.1)).then_with(|| self.2.cmp(&other.2))
    }
}
impl<T: PartialOrd> PartialOrd for [T] {
    fn partial_cmp(&self, other: &[T]) -> Option<Ordering> {
        let shorter = if self.len() < other.len() { self.len() } else { other.len() };
        for at in 0..shorter {
            match self[at].partial_cmp(&other[at]) { Some(Equal) => {} order => return order }
        }
        self.len().partial_cmp(&other.len())
    }
}
impl<T: Ord> Ord for [T] {
    fn cmp(&self, other: &[T]) -> Ordering {
        let shorter = if self.len() < other.len() { self.len() } else { other.len() };
        for at in 0..shorter {
            match self[at].cmp(&other[at]) { Equal => {} order => return order }
        }
        self.len().cmp(&other.len())
    }
}
impl<T: PartialOrd, const N: usize> PartialOrd for [T; N] {
    fn partial_cmp(&self, other: &[T; N]) -> Option<Ordering> { self.as_slice().partial_cmp(other.as_slice()) }
}
impl<T: Ord, const N: usize> Ord for [T; N] {
    fn cmp(&self, other: &[T; N]) -> Ordering { self.as_slice().cmp(other.as_slice()) }
}
/// The order reversed.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Reverse<T>(pub T);
impl<T: PartialOrd> PartialOrd for Reverse<T> {
    fn partial_cmp(&self, other: &Reverse<T>) -> Option<Ordering> { other.0.partial_cmp(&self.0) }
}
impl<T: Ord> Ord for Reverse<T> {
    fn cmp(&self, other: &Reverse<T>) -> Ordering { other.0.cmp(&self.0) }
}
