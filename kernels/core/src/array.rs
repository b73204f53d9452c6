//! Arrays as values.

use crate::intrinsics::{pointer_offset, pointer_read, wrapping_sub};

/// The elements of an array by value; those that were not taken are given up with the array, for nothing drops on a device.
pub struct IntoIter<T, const N: usize> { data: [T; N], start: usize, end: usize }
impl<T, const N: usize> IntoIter<T, N> {
    fn read(&self, at: usize) -> T { pointer_read::<T>(pointer_offset::<T>(self.data.as_ptr(), at as isize)) }
}
impl<T, const N: usize> Iterator for IntoIter<T, N> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        if self.start == self.end { return None; }
        let at = self.start;
        self.start = at + 1;
        Some(self.read(at))
    }
}
impl<T, const N: usize> DoubleEndedIterator for IntoIter<T, N> {
    fn next_back(&mut self) -> Option<T> {
        if self.start == self.end { return None; }
        self.end = wrapping_sub(self.end, 1);
        Some(self.read(self.end))
    }
}
impl<T, const N: usize> ExactSizeIterator for IntoIter<T, N> {
    fn len(&self) -> usize { wrapping_sub(self.end, self.start) }
}
impl<T, const N: usize> IntoIterator for [T; N] {
    type Item = T;
    type IntoIter = IntoIter<T, N>;
    fn into_iter(self) -> IntoIter<T, N> { IntoIter { data: self, start: 0, end: N } }
}
impl<T, const N: usize> [T; N] {
    pub fn as_slice(&self) -> &[T] { self }
    pub fn as_mut_slice(&mut self) -> &mut [T] { self }
}
