//! Slices, their iterators and parts.

use crate::intrinsics::{pointer_offset, slice_address, slice_from_parts, slice_from_parts_mut, slice_length};
use crate::cmp::Ordering;
use crate::ops::{Index, IndexMut, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
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
    pub fn split_at(&self, middle: usize) -> (&[T], &[T]) {
        if middle > self.len() { panic!("mid > len"); }
        (slice_from_parts::<T>(self.as_ptr(), middle), slice_from_parts::<T>(pointer_offset::<T>(self.as_ptr(), middle as isize), self.len() - middle))
    }
    pub fn split_at_mut(&mut self, middle: usize) -> (&mut [T], &mut [T]) {
        if middle > self.len() { panic!("mid > len"); }
        let (pointer, len) = (self.as_mut_ptr(), self.len());
        (slice_from_parts_mut::<T>(pointer, middle), slice_from_parts_mut::<T>(pointer_offset::<T>(pointer as *const T, middle as isize) as *mut T, len - middle))
    }
    pub fn first_mut(&mut self) -> Option<&mut T> { self.get_mut(0) }
    pub fn last_mut(&mut self) -> Option<&mut T> { if self.len() == 0 { None } else { let at = self.len() - 1; Some(&mut self[at]) } }
    pub fn split_first(&self) -> Option<(&T, &[T])> { if self.len() == 0 { None } else { Some((&self[0], &self[1..])) } }
    pub fn split_last(&self) -> Option<(&T, &[T])> { if self.len() == 0 { None } else { let at = self.len() - 1; Some((&self[at], &self[..at])) } }
    pub fn reverse(&mut self) {
        let (mut low, mut high) = (0, self.len());
        while low + 1 < high {
            high -= 1;
            self.swap(low, high);
            low += 1;
        }
    }
    pub fn windows(&self, size: usize) -> Windows<'_, T> {
        if size == 0 { panic!("window size must be non-zero"); }
        Windows { slice: self, size }
    }
    pub fn chunks(&self, size: usize) -> Chunks<'_, T> {
        if size == 0 { panic!("chunk size must be non-zero"); }
        Chunks { slice: self, size }
    }
    pub fn chunks_exact(&self, size: usize) -> ChunksExact<'_, T> {
        if size == 0 { panic!("chunk size must be non-zero"); }
        ChunksExact { slice: self, size }
    }
    pub fn chunks_mut(&mut self, size: usize) -> ChunksMut<'_, T> {
        if size == 0 { panic!("chunk size must be non-zero"); }
        ChunksMut { pointer: self.as_mut_ptr(), left: self.len(), size, lifetime: crate::marker::PhantomData }
    }
    pub fn binary_search_by<F: FnMut(&T) -> Ordering>(&self, mut f: F) -> Result<usize, usize> {
        let mut size = self.len();
        if size == 0 { return Err(0); }
        let mut base = 0;
        while size > 1 {
            let half = size / 2;
            let middle = base + half;
            if !f(&self[middle]).is_gt() { base = middle; }
            size -= half;
        }
        let order = f(&self[base]);
        if order.is_eq() { Ok(base) } else { Err(base + order.is_lt() as usize) }
    }
    pub fn partition_point<P: FnMut(&T) -> bool>(&self, mut predicate: P) -> usize {
        self.binary_search_by(|item| if predicate(item) { Ordering::Less } else { Ordering::Greater }).unwrap_or_else(|at| at)
    }
}
impl<T: Ord> [T] {
    pub fn binary_search(&self, value: &T) -> Result<usize, usize> { self.binary_search_by(|item| item.cmp(value)) }
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
    pub fn starts_with(&self, other: &[T]) -> bool { other.len() <= self.len() && self[..other.len()] == *other }
    pub fn ends_with(&self, other: &[T]) -> bool { other.len() <= self.len() && self[self.len() - other.len()..] == *other }
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
impl<'a, T> DoubleEndedIterator for IterMut<'a, T> {
    fn next_back(&mut self) -> Option<&'a mut T> {
        if self.left == 0 { return None; }
        self.left = crate::intrinsics::wrapping_sub(self.left, 1);
        Some(&mut *(pointer_offset::<T>(self.pointer as *const T, self.left as isize) as *mut T))
    }
}
impl<'a, T> ExactSizeIterator for Iter<'a, T> {
    fn len(&self) -> usize { self.left }
}
impl<'a, T> ExactSizeIterator for IterMut<'a, T> {
    fn len(&self) -> usize { self.left }
}
impl<'a, T> Clone for Iter<'a, T> {
    fn clone(&self) -> Iter<'a, T> { Iter { pointer: self.pointer, left: self.left, lifetime: crate::marker::PhantomData } }
}
/// Overlapping parts of one length.
pub struct Windows<'a, T> { slice: &'a [T], size: usize }
impl<'a, T> Iterator for Windows<'a, T> {
    type Item = &'a [T];
    fn next(&mut self) -> Option<&'a [T]> {
        if self.size > self.slice.len() { return None; }
        let part = &self.slice[..self.size];
        self.slice = &self.slice[1..];
        Some(part)
    }
}
/// Parts of one length, the last one of what is left.
pub struct Chunks<'a, T> { slice: &'a [T], size: usize }
impl<'a, T> Iterator for Chunks<'a, T> {
    type Item = &'a [T];
    fn next(&mut self) -> Option<&'a [T]> {
        if self.slice.is_empty() { return None; }
        let size = if self.size < self.slice.len() { self.size } else { self.slice.len() };
        let (part, rest) = self.slice.split_at(size);
        self.slice = rest;
        Some(part)
    }
}
/// Parts of one length; what is left is the remainder.
pub struct ChunksExact<'a, T> { slice: &'a [T], size: usize }
impl<'a, T> ChunksExact<'a, T> {
    pub fn remainder(&self) -> &'a [T] { &self.slice[self.slice.len() - self.slice.len() % self.size..] }
}
impl<'a, T> Iterator for ChunksExact<'a, T> {
    type Item = &'a [T];
    fn next(&mut self) -> Option<&'a [T]> {
        if self.slice.len() < self.size { return None; }
        let (part, rest) = self.slice.split_at(self.size);
        self.slice = rest;
        Some(part)
    }
}
/// Parts of one length that may be written.
pub struct ChunksMut<'a, T> { pointer: *mut T, left: usize, size: usize, lifetime: crate::marker::PhantomData<&'a mut T> }
impl<'a, T> Iterator for ChunksMut<'a, T> {
    type Item = &'a mut [T];
    fn next(&mut self) -> Option<&'a mut [T]> {
        if self.left == 0 { return None; }
        let size = if self.size < self.left { self.size } else { self.left };
        let part = self.pointer;
        self.pointer = pointer_offset::<T>(part as *const T, size as isize) as *mut T;
        self.left -= size;
        Some(slice_from_parts_mut::<T>(part, size))
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
impl<T> IndexMut<RangeFull> for [T] {
    fn index_mut(&mut self, range: RangeFull) -> &mut [T] { self }
}
impl<T> Index<RangeInclusive<usize>> for [T] {
    type Output = [T];
    fn index(&self, range: RangeInclusive<usize>) -> &[T] {
        if *range.end() == usize::MAX { panic!("range end index {} out of range for slice of length {}", *range.end(), self.len()); }
        &self[*range.start()..*range.end() + 1]
    }
}
impl<T> IndexMut<RangeInclusive<usize>> for [T] {
    fn index_mut(&mut self, range: RangeInclusive<usize>) -> &mut [T] {
        if *range.end() == usize::MAX { panic!("range end index {} out of range for slice of length {}", *range.end(), self.len()); }
        &mut self[*range.start()..*range.end() + 1]
    }
}
impl<T> Index<RangeToInclusive<usize>> for [T] {
    type Output = [T];
    fn index(&self, range: RangeToInclusive<usize>) -> &[T] {
        if range.end == usize::MAX { panic!("range end index {} out of range for slice of length {}", range.end, self.len()); }
        &self[..range.end + 1]
    }
}
impl<T> IndexMut<RangeToInclusive<usize>> for [T] {
    fn index_mut(&mut self, range: RangeToInclusive<usize>) -> &mut [T] {
        if range.end == usize::MAX { panic!("range end index {} out of range for slice of length {}", range.end, self.len()); }
        &mut self[..range.end + 1]
    }
}
