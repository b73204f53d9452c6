//! Memory that the threads of a block share.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ops::{Index, IndexMut};

/// `N` elements that the threads of a block share: a `static mut` of a kernel, each block with its own.
///
/// ```ignore
/// static mut TILE: SharedArray<f32, 256> = SharedArray::UNINIT;
/// ```
///
/// It holds nothing until threads have written it, and what one thread wrote another sees after [`crate::thread::sync_threads`]. As host code the static
/// stands for the running block's memory: blocks run one after the other.
#[repr(transparent)]
pub struct SharedArray<T, const N: usize> {
    elements: UnsafeCell<MaybeUninit<[T; N]>>,
}

// SAFETY: kernels reach it through `static mut`, whose accesses are `unsafe` and theirs to order; on the host one fiber runs at a time.
unsafe impl<T: Send, const N: usize> Sync for SharedArray<T, N> {}

impl<T, const N: usize> SharedArray<T, N> {
    /// Elements that nobody has written.
    pub const UNINIT: SharedArray<T, N> = SharedArray { elements: UnsafeCell::new(MaybeUninit::uninit()) };

    /// How many elements there are.
    #[allow(clippy::len_without_is_empty, reason = "its length is part of its type")]
    pub fn len(&self) -> usize {
        N
    }

    /// The address of the first element.
    pub fn as_ptr(&self) -> *const T {
        self.elements.get().cast()
    }

    /// The address of the first element, to write.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.elements.get().cast()
    }
}

impl<T: Copy, const N: usize> Index<usize> for SharedArray<T, N> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        assert!(index < N, "index out of bounds: the len is {N} but the index is {index}");
        // SAFETY: within the array; a kernel reads what a thread of its block has written, as on the device.
        unsafe { &*self.as_ptr().add(index) }
    }
}

impl<T: Copy, const N: usize> IndexMut<usize> for SharedArray<T, N> {
    fn index_mut(&mut self, index: usize) -> &mut T {
        assert!(index < N, "index out of bounds: the len is {N} but the index is {index}");
        // SAFETY: within the array.
        unsafe { &mut *self.as_mut_ptr().add(index) }
    }
}
