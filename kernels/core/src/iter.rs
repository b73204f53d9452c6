//! Iterators.

use crate::adaptors::{Chain, Cloned, Copied, Cycle, Enumerate, Filter, FilterMap, Flatten, Inspect, Map, MapWhile, Peekable, Rev, Scan, Skip, SkipWhile, StepBy, Take, TakeWhile, Zip};
use crate::cmp::Ordering;

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
    fn chain<U: IntoIterator<Item = Self::Item>>(self, other: U) -> Chain<Self, U::IntoIter> where Self: Sized { Chain { a: Some(self), b: Some(other.into_iter()) } }
    fn copied<'a, T: Copy + 'a>(self) -> Copied<Self> where Self: Sized + Iterator<Item = &'a T> { Copied { iter: self } }
    fn cloned<'a, T: Clone + 'a>(self) -> Cloned<Self> where Self: Sized + Iterator<Item = &'a T> { Cloned { iter: self } }
    fn filter_map<B, F: FnMut(Self::Item) -> Option<B>>(self, f: F) -> FilterMap<Self, F> where Self: Sized { FilterMap { iter: self, f } }
    fn take_while<P: FnMut(&Self::Item) -> bool>(self, predicate: P) -> TakeWhile<Self, P> where Self: Sized { TakeWhile { iter: self, is_done: false, predicate } }
    fn skip_while<P: FnMut(&Self::Item) -> bool>(self, predicate: P) -> SkipWhile<Self, P> where Self: Sized { SkipWhile { iter: self, has_begun: false, predicate } }
    fn map_while<B, F: FnMut(Self::Item) -> Option<B>>(self, f: F) -> MapWhile<Self, F> where Self: Sized { MapWhile { iter: self, f } }
    fn scan<S, B, F: FnMut(&mut S, Self::Item) -> Option<B>>(self, state: S, f: F) -> Scan<Self, S, F> where Self: Sized { Scan { iter: self, state, f } }
    fn inspect<F: FnMut(&Self::Item)>(self, f: F) -> Inspect<Self, F> where Self: Sized { Inspect { iter: self, f } }
    fn flatten(self) -> Flatten<Self, <Self::Item as IntoIterator>::IntoIter> where Self: Sized, Self::Item: IntoIterator { Flatten { iter: self, inner: None } }
    fn flat_map<U: IntoIterator, F: FnMut(Self::Item) -> U>(self, f: F) -> Flatten<Map<Self, F>, U::IntoIter> where Self: Sized { Flatten { iter: self.map(f), inner: None } }
    fn peekable(self) -> Peekable<Self> where Self: Sized { Peekable { iter: self, peeked: None } }
    fn cycle(self) -> Cycle<Self> where Self: Sized + Clone { Cycle { start: self.clone(), iter: self } }
    fn by_ref(&mut self) -> &mut Self where Self: Sized { self }
    fn position<P: FnMut(Self::Item) -> bool>(&mut self, mut predicate: P) -> Option<usize> where Self: Sized {
        let mut at = 0;
        while let Some(item) = self.next() {
            if predicate(item) { return Some(at); }
            at += 1;
        }
        None
    }
    fn find<P: FnMut(&Self::Item) -> bool>(&mut self, mut predicate: P) -> Option<Self::Item> where Self: Sized {
        while let Some(item) = self.next() { if predicate(&item) { return Some(item); } }
        None
    }
    fn find_map<B, F: FnMut(Self::Item) -> Option<B>>(&mut self, mut f: F) -> Option<B> where Self: Sized {
        while let Some(item) = self.next() { if let Some(value) = f(item) { return Some(value); } }
        None
    }
    fn last(mut self) -> Option<Self::Item> where Self: Sized {
        let mut last = None;
        while let Some(item) = self.next() { last = Some(item); }
        last
    }
    fn nth(&mut self, count: usize) -> Option<Self::Item> {
        let mut left = count;
        while left > 0 {
            left -= 1;
            if self.next().is_none() { return None; }
        }
        self.next()
    }
    fn reduce<F: FnMut(Self::Item, Self::Item) -> Self::Item>(mut self, mut f: F) -> Option<Self::Item> where Self: Sized {
        let mut value = match self.next() { Some(item) => item, None => return None };
        while let Some(item) = self.next() { value = f(value, item); }
        Some(value)
    }
    fn max_by_key<K: Ord, F: FnMut(&Self::Item) -> K>(mut self, mut f: F) -> Option<Self::Item> where Self: Sized {
        let mut best = match self.next() { Some(item) => item, None => return None };
        let mut most = f(&best);
        while let Some(item) = self.next() {
            let key = f(&item);
            if key >= most { best = item; most = key; }
        }
        Some(best)
    }
    fn min_by_key<K: Ord, F: FnMut(&Self::Item) -> K>(mut self, mut f: F) -> Option<Self::Item> where Self: Sized {
        let mut best = match self.next() { Some(item) => item, None => return None };
        let mut least = f(&best);
        while let Some(item) = self.next() {
            let key = f(&item);
            if key < least { best = item; least = key; }
        }
        Some(best)
    }
    fn max_by<F: FnMut(&Self::Item, &Self::Item) -> Ordering>(mut self, mut f: F) -> Option<Self::Item> where Self: Sized {
        let mut best = match self.next() { Some(item) => item, None => return None };
        while let Some(item) = self.next() { if f(&best, &item).is_le() { best = item; } }
        Some(best)
    }
    fn min_by<F: FnMut(&Self::Item, &Self::Item) -> Ordering>(mut self, mut f: F) -> Option<Self::Item> where Self: Sized {
        let mut best = match self.next() { Some(item) => item, None => return None };
        while let Some(item) = self.next() { if f(&best, &item).is_gt() { best = item; } }
        Some(best)
    }
    fn eq<U: IntoIterator>(mut self, other: U) -> bool where Self: Sized, U::IntoIter: Iterator<Item = U::Item>, Self::Item: PartialEq<U::Item> {
        let mut other = other.into_iter();
        loop {
            match (self.next(), other.next()) {
                (Some(a), Some(b)) => if a != b { return false; },
                (None, None) => return true,
                _ => return false,
            }
        }
    }
    fn ne<U: IntoIterator>(self, other: U) -> bool where Self: Sized, U::IntoIter: Iterator<Item = U::Item>, Self::Item: PartialEq<U::Item> { !self.eq(other) }
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
    fn nth_back(&mut self, count: usize) -> Option<Self::Item> {
        let mut left = count;
        while left > 0 {
            left -= 1;
            if self.next_back().is_none() { return None; }
        }
        self.next_back()
    }
    fn rfold<B, F: FnMut(B, Self::Item) -> B>(mut self, init: B, mut f: F) -> B where Self: Sized {
        let mut value = init;
        while let Some(item) = self.next_back() { value = f(value, item); }
        value
    }
    fn rfind<P: FnMut(&Self::Item) -> bool>(&mut self, mut predicate: P) -> Option<Self::Item> where Self: Sized {
        while let Some(item) = self.next_back() { if predicate(&item) { return Some(item); } }
        None
    }
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
impl<I: Iterator> Iterator for &mut I {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> { (**self).next() }
}
impl<I: DoubleEndedIterator> DoubleEndedIterator for &mut I {
    fn next_back(&mut self) -> Option<I::Item> { (**self).next_back() }
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
#[each(Num, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl<'a> Product<&'a Num> for Num {
    fn product<I: Iterator<Item = &'a Num>>(mut iter: I) -> Num {
        let mut total = 1;
        while let Some(item) = iter.next() { total *= *item; }
        total
    }
}
#[each(Float, f32, f64)]
impl Product for Float {
    fn product<I: Iterator<Item = Float>>(mut iter: I) -> Float {
        let mut total = 1.0;
        while let Some(item) = iter.next() { total *= item; }
        total
    }
}
/// One value.
pub struct Once<T> { value: Option<T> }
impl<T> Iterator for Once<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> { self.value.take() }
}
impl<T> Once<T> {
    pub(crate) fn of(value: Option<T>) -> Once<T> { Once { value } }
}
impl<T> DoubleEndedIterator for Once<T> {
    fn next_back(&mut self) -> Option<T> { self.value.take() }
}
pub fn once<T>(value: T) -> Once<T> { Once { value: Some(value) } }
/// A value for ever.
pub struct Repeat<T> { value: T }
impl<T: Clone> Iterator for Repeat<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> { Some(self.value.clone()) }
}
pub fn repeat<T: Clone>(value: T) -> Repeat<T> { Repeat { value } }
/// What a closure gives.
pub struct FromFn<F> { f: F }
impl<T, F: FnMut() -> Option<T>> Iterator for FromFn<F> {
    type Item = T;
    fn next(&mut self) -> Option<T> { (self.f)() }
}
pub fn from_fn<T, F: FnMut() -> Option<T>>(f: F) -> FromFn<F> { FromFn { f } }
/// Each value from the one before.
pub struct Successors<T, F> { next: Option<T>, f: F }
impl<T, F: FnMut(&T) -> Option<T>> Iterator for Successors<T, F> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        let item = self.next.take()?;
        self.next = (self.f)(&item);
        Some(item)
    }
}
pub fn successors<T, F: FnMut(&T) -> Option<T>>(first: Option<T>, f: F) -> Successors<T, F> { Successors { next: first, f } }
pub fn zip<A: IntoIterator, B: IntoIterator>(a: A, b: B) -> Zip<A::IntoIter, B::IntoIter> { a.into_iter().zip(b) }
