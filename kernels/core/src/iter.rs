//! Iterators and their adaptors.

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
