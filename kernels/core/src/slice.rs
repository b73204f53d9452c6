//! Slices, their iterators and parts.

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
