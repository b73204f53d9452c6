//! Slices that all threads write, each at its own index.

use crate::device::thread::{Index1D, IndexFormula, ThreadIndex};
use crate::intrinsics as raw;
#[lang = "DisjointSlice"]
pub struct DisjointSlice<'a, T, S = Index1D> { pointer: *mut T, length: usize, lifetime: crate::marker::PhantomData<&'a mut T>, space: crate::marker::PhantomData<S> }
impl<'a, T, S> DisjointSlice<'a, T, S> {
    pub unsafe fn from_raw_parts(pointer: *mut T, length: usize) -> DisjointSlice<'a, T, S> {
        DisjointSlice { pointer, length, lifetime: crate::marker::PhantomData, space: crate::marker::PhantomData }
    }
    pub fn len(&self) -> usize { self.length }
    pub fn is_empty(&self) -> bool { self.length == 0 }
    pub fn get_mut(&mut self, index: ThreadIndex<'_, S>) -> Option<&mut T> {
        let at = index.get();
        if at < self.length { Some(&mut *(raw::pointer_offset::<T>(self.pointer as *const T, at as isize) as *mut T)) } else { None }
    }
    pub unsafe fn get_unchecked_mut(&mut self, index: usize) -> &mut T {
        &mut *(raw::pointer_offset::<T>(self.pointer as *const T, index as isize) as *mut T)
    }
    pub fn as_mut_ptr(&mut self) -> *mut T { self.pointer }
}
impl<'a, T, S: IndexFormula> DisjointSlice<'a, T, S> {
    pub fn get_mut_indexed<'kernel>(&mut self) -> Option<(&mut T, ThreadIndex<'kernel, S>)> {
        match S::of_thread() {
            Some(index) => {
                let at = index.get();
                if at < self.length { Some((&mut *(raw::pointer_offset::<T>(self.pointer as *const T, at as isize) as *mut T), index)) } else { None }
            }
            None => None,
        }
    }
}
