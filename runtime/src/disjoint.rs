//! Slices that all threads write, each at its own index.

use std::marker::PhantomData;

use crate::thread::{Index1D, IndexFormula, ThreadIndex};

/// Elements of which each thread of a launch writes only its own: the one at its [`ThreadIndex`].
///
/// As a kernel's parameter it is given a buffer that is borrowed exclusively. `S` is the space of its indices: [`Index1D`], or
/// [`Index2D`](crate::thread::Index2D) for a launch of two dimensions.
#[derive(Debug)]
pub struct DisjointSlice<'a, T, S = Index1D> {
    first: *mut T,
    len: usize,
    elements: PhantomData<&'a mut [T]>,
    space: PhantomData<S>,
}

impl<'a, T, S> DisjointSlice<'a, T, S> {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The calling thread's element; nothing where the slice ends before it.
    pub fn get_mut(&mut self, index: ThreadIndex<'_, S>) -> Option<&mut T> {
        // SAFETY: the index is within the slice, and no other thread has it.
        (index.get() < self.len).then(|| unsafe { &mut *self.first.add(index.get()) })
    }

    /// The element at any index.
    ///
    /// # Safety
    /// The index is within the slice, and no other thread accesses that element while the reference lives.
    pub unsafe fn get_unchecked_mut(&mut self, index: usize) -> &mut T {
        // SAFETY: the caller's.
        unsafe { &mut *self.first.add(index) }
    }

    /// The address of the first element.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.first
    }

    /// Elements from an address on.
    ///
    /// # Safety
    /// So many elements lie there as long as `'a`, and are accessed through slices alone of which each thread touches different elements, which
    /// [`ThreadIndex`] sees to.
    pub unsafe fn from_raw_parts(first: *mut T, len: usize) -> DisjointSlice<'a, T, S> {
        DisjointSlice { first, len, elements: PhantomData, space: PhantomData }
    }
}

impl<T, S: IndexFormula> DisjointSlice<'_, T, S> {
    /// The calling thread's element and its index; nothing where it has none.
    pub fn get_mut_indexed<'kernel>(&mut self) -> Option<(&mut T, ThreadIndex<'kernel, S>)> {
        let index = S::of_thread()?;
        // SAFETY: as in `get_mut`.
        (index.get() < self.len).then(|| (unsafe { &mut *self.first.add(index.get()) }, index))
    }
}
