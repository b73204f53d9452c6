//! What iterators become: each adaptor, by `next` and where it can by `next_back`.

pub struct Map<I, F> { pub(crate) iter: I, pub(crate) f: F }
impl<B, I: Iterator, F: FnMut(I::Item) -> B> Iterator for Map<I, F> {
    type Item = B;
    fn next(&mut self) -> Option<B> {
        match self.iter.next() { Some(item) => Some((self.f)(item)), None => None }
    }
}
impl<B, I: DoubleEndedIterator, F: FnMut(I::Item) -> B> DoubleEndedIterator for Map<I, F> {
    fn next_back(&mut self) -> Option<B> {
        match self.iter.next_back() { Some(item) => Some((self.f)(item)), None => None }
    }
}
impl<B, I: ExactSizeIterator, F: FnMut(I::Item) -> B> ExactSizeIterator for Map<I, F> {
    fn len(&self) -> usize { self.iter.len() }
}
pub struct Filter<I, P> { pub(crate) iter: I, pub(crate) predicate: P }
impl<I: Iterator, P: FnMut(&I::Item) -> bool> Iterator for Filter<I, P> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        while let Some(item) = self.iter.next() {
            if (self.predicate)(&item) { return Some(item); }
        }
        None
    }
}
impl<I: DoubleEndedIterator, P: FnMut(&I::Item) -> bool> DoubleEndedIterator for Filter<I, P> {
    fn next_back(&mut self) -> Option<I::Item> {
        while let Some(item) = self.iter.next_back() {
            if (self.predicate)(&item) { return Some(item); }
        }
        None
    }
}
pub struct FilterMap<I, F> { pub(crate) iter: I, pub(crate) f: F }
impl<B, I: Iterator, F: FnMut(I::Item) -> Option<B>> Iterator for FilterMap<I, F> {
    type Item = B;
    fn next(&mut self) -> Option<B> {
        while let Some(item) = self.iter.next() {
            if let Some(value) = (self.f)(item) { return Some(value); }
        }
        None
    }
}
pub struct Enumerate<I> { pub(crate) iter: I, pub(crate) count: usize }
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
impl<I: DoubleEndedIterator + ExactSizeIterator> DoubleEndedIterator for Enumerate<I> {
    fn next_back(&mut self) -> Option<(usize, I::Item)> {
        match self.iter.next_back() {
            Some(item) => Some((self.count + self.iter.len(), item)),
            None => None,
        }
    }
}
impl<I: ExactSizeIterator> ExactSizeIterator for Enumerate<I> {
    fn len(&self) -> usize { self.iter.len() }
}
pub struct Zip<A, B> { pub(crate) a: A, pub(crate) b: B }
impl<A: Iterator, B: Iterator> Iterator for Zip<A, B> {
    type Item = (A::Item, B::Item);
    fn next(&mut self) -> Option<(A::Item, B::Item)> {
        match self.a.next() {
            Some(a) => match self.b.next() { Some(b) => Some((a, b)), None => None },
            None => None,
        }
    }
}
impl<A: DoubleEndedIterator + ExactSizeIterator, B: DoubleEndedIterator + ExactSizeIterator> DoubleEndedIterator for Zip<A, B> {
    fn next_back(&mut self) -> Option<(A::Item, B::Item)> {
        while self.a.len() > self.b.len() { self.a.next_back(); }
        while self.b.len() > self.a.len() { self.b.next_back(); }
        match self.a.next_back() {
            Some(a) => match self.b.next_back() { Some(b) => Some((a, b)), None => None },
            None => None,
        }
    }
}
impl<A: ExactSizeIterator, B: ExactSizeIterator> ExactSizeIterator for Zip<A, B> {
    fn len(&self) -> usize { let (a, b) = (self.a.len(), self.b.len()); if a < b { a } else { b } }
}
pub struct Take<I> { pub(crate) iter: I, pub(crate) count: usize }
impl<I: Iterator> Iterator for Take<I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        if self.count == 0 { return None; }
        self.count -= 1;
        self.iter.next()
    }
}
impl<I: DoubleEndedIterator + ExactSizeIterator> DoubleEndedIterator for Take<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        while self.iter.len() > self.count { self.iter.next_back(); }
        if self.count == 0 { return None; }
        let item = self.iter.next_back();
        if item.is_some() { self.count = self.iter.len(); }
        item
    }
}
impl<I: ExactSizeIterator> ExactSizeIterator for Take<I> {
    fn len(&self) -> usize { let len = self.iter.len(); if len < self.count { len } else { self.count } }
}
pub struct Skip<I> { pub(crate) iter: I, pub(crate) count: usize }
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
impl<I: DoubleEndedIterator + ExactSizeIterator> DoubleEndedIterator for Skip<I> {
    fn next_back(&mut self) -> Option<I::Item> { if self.iter.len() > self.count { self.iter.next_back() } else { None } }
}
impl<I: ExactSizeIterator> ExactSizeIterator for Skip<I> {
    fn len(&self) -> usize { let len = self.iter.len(); if len > self.count { len - self.count } else { 0 } }
}
pub struct StepBy<I> { pub(crate) iter: I, pub(crate) step: usize, pub(crate) is_first: bool }
impl<I: Iterator> Iterator for StepBy<I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        if self.is_first {
            self.is_first = false;
            return self.iter.next();
        }
        self.iter.nth(self.step)
    }
}
impl<I: DoubleEndedIterator + ExactSizeIterator> DoubleEndedIterator for StepBy<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        let len = self.iter.len();
        if self.is_first {
            if len == 0 { return None; }
            self.iter.nth_back((len - 1) % (self.step + 1))
        } else {
            if len <= self.step { return None; }
            self.iter.nth_back(len % (self.step + 1))
        }
    }
}
impl<I: ExactSizeIterator> ExactSizeIterator for StepBy<I> {
    fn len(&self) -> usize {
        let len = self.iter.len();
        if self.is_first { if len == 0 { 0 } else { 1 + (len - 1) / (self.step + 1) } } else { len / (self.step + 1) }
    }
}
pub struct Rev<I> { pub(crate) iter: I }
impl<I: DoubleEndedIterator> Iterator for Rev<I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> { self.iter.next_back() }
}
impl<I: DoubleEndedIterator> DoubleEndedIterator for Rev<I> {
    fn next_back(&mut self) -> Option<I::Item> { self.iter.next() }
}
impl<I: ExactSizeIterator + DoubleEndedIterator> ExactSizeIterator for Rev<I> {
    fn len(&self) -> usize { self.iter.len() }
}
pub struct Chain<A, B> { pub(crate) a: Option<A>, pub(crate) b: Option<B> }
impl<A: Iterator, B: Iterator<Item = A::Item>> Iterator for Chain<A, B> {
    type Item = A::Item;
    fn next(&mut self) -> Option<A::Item> {
        if let Some(a) = &mut self.a {
            if let Some(item) = a.next() { return Some(item); }
            self.a = None;
        }
        match &mut self.b { Some(b) => b.next(), None => None }
    }
}
impl<A: DoubleEndedIterator, B: DoubleEndedIterator<Item = A::Item>> DoubleEndedIterator for Chain<A, B> {
    fn next_back(&mut self) -> Option<A::Item> {
        if let Some(b) = &mut self.b {
            if let Some(item) = b.next_back() { return Some(item); }
            self.b = None;
        }
        match &mut self.a { Some(a) => a.next_back(), None => None }
    }
}
pub struct Copied<I> { pub(crate) iter: I }
impl<'a, T: Copy + 'a, I: Iterator<Item = &'a T>> Iterator for Copied<I> {
    type Item = T;
    fn next(&mut self) -> Option<T> { match self.iter.next() { Some(item) => Some(*item), None => None } }
}
impl<'a, T: Copy + 'a, I: DoubleEndedIterator<Item = &'a T>> DoubleEndedIterator for Copied<I> {
    fn next_back(&mut self) -> Option<T> { match self.iter.next_back() { Some(item) => Some(*item), None => None } }
}
impl<'a, T: Copy + 'a, I: ExactSizeIterator<Item = &'a T>> ExactSizeIterator for Copied<I> {
    fn len(&self) -> usize { self.iter.len() }
}
pub struct Cloned<I> { pub(crate) iter: I }
impl<'a, T: Clone + 'a, I: Iterator<Item = &'a T>> Iterator for Cloned<I> {
    type Item = T;
    fn next(&mut self) -> Option<T> { match self.iter.next() { Some(item) => Some(item.clone()), None => None } }
}
impl<'a, T: Clone + 'a, I: DoubleEndedIterator<Item = &'a T>> DoubleEndedIterator for Cloned<I> {
    fn next_back(&mut self) -> Option<T> { match self.iter.next_back() { Some(item) => Some(item.clone()), None => None } }
}
pub struct TakeWhile<I, P> { pub(crate) iter: I, pub(crate) is_done: bool, pub(crate) predicate: P }
impl<I: Iterator, P: FnMut(&I::Item) -> bool> Iterator for TakeWhile<I, P> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        if self.is_done { return None; }
        match self.iter.next() {
            Some(item) => if (self.predicate)(&item) { Some(item) } else { self.is_done = true; None },
            None => None,
        }
    }
}
pub struct SkipWhile<I, P> { pub(crate) iter: I, pub(crate) has_begun: bool, pub(crate) predicate: P }
impl<I: Iterator, P: FnMut(&I::Item) -> bool> Iterator for SkipWhile<I, P> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        while let Some(item) = self.iter.next() {
            if self.has_begun || !(self.predicate)(&item) {
                self.has_begun = true;
                return Some(item);
            }
        }
        None
    }
}
pub struct MapWhile<I, F> { pub(crate) iter: I, pub(crate) f: F }
impl<B, I: Iterator, F: FnMut(I::Item) -> Option<B>> Iterator for MapWhile<I, F> {
    type Item = B;
    fn next(&mut self) -> Option<B> { match self.iter.next() { Some(item) => (self.f)(item), None => None } }
}
pub struct Scan<I, S, F> { pub(crate) iter: I, pub(crate) state: S, pub(crate) f: F }
impl<B, S, I: Iterator, F: FnMut(&mut S, I::Item) -> Option<B>> Iterator for Scan<I, S, F> {
    type Item = B;
    fn next(&mut self) -> Option<B> {
        match self.iter.next() { Some(item) => (self.f)(&mut self.state, item), None => None }
    }
}
pub struct Inspect<I, F> { pub(crate) iter: I, pub(crate) f: F }
impl<I: Iterator, F: FnMut(&I::Item)> Iterator for Inspect<I, F> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        match self.iter.next() { Some(item) => { (self.f)(&item); Some(item) } None => None }
    }
}
pub struct Flatten<I, U> { pub(crate) iter: I, pub(crate) inner: Option<U> }
impl<I: Iterator, U: Iterator> Iterator for Flatten<I, U> where I::Item: IntoIterator<IntoIter = U, Item = U::Item> {
    type Item = U::Item;
    fn next(&mut self) -> Option<U::Item> {
        loop {
            if let Some(inner) = &mut self.inner {
                if let Some(item) = inner.next() { return Some(item); }
            }
            match self.iter.next() {
                Some(next) => self.inner = Some(next.into_iter()),
                None => return None,
            }
        }
    }
}
pub struct Peekable<I: Iterator> { pub(crate) iter: I, pub(crate) peeked: Option<Option<I::Item>> }
impl<I: Iterator> Iterator for Peekable<I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        match self.peeked.take() { Some(item) => item, None => self.iter.next() }
    }
}
impl<I: Iterator> Peekable<I> {
    fn fill(&mut self) { if self.peeked.is_none() { self.peeked = Some(self.iter.next()); } }
    pub fn peek(&mut self) -> Option<&I::Item> {
        self.fill();
        match &self.peeked { Some(Some(item)) => Some(item), _ => None }
    }
    pub fn peek_mut(&mut self) -> Option<&mut I::Item> {
        self.fill();
        match &mut self.peeked { Some(Some(item)) => Some(item), _ => None }
    }
    pub fn next_if<F: FnOnce(&I::Item) -> bool>(&mut self, f: F) -> Option<I::Item> {
        match self.next() {
            Some(item) => if f(&item) { Some(item) } else { self.peeked = Some(Some(item)); None },
            None => { self.peeked = Some(None); None }
        }
    }
}
pub struct Cycle<I> { pub(crate) start: I, pub(crate) iter: I }
impl<I: Iterator + Clone> Iterator for Cycle<I> {
    type Item = I::Item;
    fn next(&mut self) -> Option<I::Item> {
        match self.iter.next() {
            Some(item) => Some(item),
            None => { self.iter = self.start.clone(); self.iter.next() }
        }
    }
}
