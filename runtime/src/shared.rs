//! Memory that the threads of a block share.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Index, IndexMut};

/// `N` elements that the threads of a block share: a `static mut` of a kernel, each block with its own.
///
/// ```ignore
/// static mut TILE: SharedArray<f32, 256> = SharedArray::UNINIT;
/// ```
///
/// `ALIGN` is what its address is a multiple of; 0 is what its elements need. It holds nothing until threads have written it, and what one thread wrote another sees after [`crate::thread::sync_threads`]. As host code the static
/// stands for the running block's memory: blocks run one after the other.
#[repr(transparent)]
pub struct SharedArray<T, const N: usize, const ALIGN: usize = 0> {
    elements: UnsafeCell<MaybeUninit<[T; N]>>,
}

// SAFETY: kernels reach it through `static mut`, whose accesses are `unsafe` and theirs to order; on the host one fiber runs at a time.
unsafe impl<T: Send, const N: usize, const ALIGN: usize> Sync for SharedArray<T, N, ALIGN> {}

impl<T, const N: usize, const ALIGN: usize> SharedArray<T, N, ALIGN> {
    /// Elements that nobody has written.
    #[allow(clippy::declare_interior_mutable_const, reason = "statics begin with it")]
    pub const UNINIT: SharedArray<T, N, ALIGN> = SharedArray { elements: UnsafeCell::new(MaybeUninit::uninit()) };

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

    /// The address of the first element, without a reference to all of them.
    ///
    /// # Safety
    /// None is needed as host code; on the device `shared` is a static of this type.
    pub unsafe fn as_raw_mut_ptr(shared: *mut SharedArray<T, N, ALIGN>) -> *mut T {
        shared.cast()
    }
}

impl<T, const N: usize, const ALIGN: usize> Index<usize> for SharedArray<T, N, ALIGN> {
    type Output = T;

    #[track_caller]
    fn index(&self, index: usize) -> &T {
        assert!(index < N, "index out of bounds: the len is {N} but the index is {index}");
        // SAFETY: within the array; a kernel reads what a thread of its block has written, as on the device.
        unsafe { &*self.as_ptr().add(index) }
    }
}

impl<T, const N: usize, const ALIGN: usize> IndexMut<usize> for SharedArray<T, N, ALIGN> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T {
        assert!(index < N, "index out of bounds: the len is {N} but the index is {index}");
        // SAFETY: within the array.
        unsafe { &mut *self.as_mut_ptr().add(index) }
    }
}

/// The shared memory of a block whose size the launch says ([`crate::Launch::shared_bytes`]), seen as elements of one type.
///
/// There is one such memory: everything that names it names the same bytes, from the first on. As a static it is indexed, with a check against the launch's
/// size; [`DynamicSharedArray::get`] and [`DynamicSharedArray::offset`] are addresses in it.
///
/// ```ignore
/// static mut ROW: DynamicSharedArray<f32> = DynamicSharedArray::UNINIT;
/// ```
pub struct DynamicSharedArray<T, const ALIGN: usize = 16> {
    element: PhantomData<fn() -> T>,
}

impl<T, const ALIGN: usize> DynamicSharedArray<T, ALIGN> {
    /// The memory, which nobody has written.
    pub const UNINIT: DynamicSharedArray<T, ALIGN> = DynamicSharedArray { element: PhantomData };

    /// What its address is a multiple of.
    pub const fn alignment() -> usize {
        ALIGN
    }

    /// The address of its first byte, as an element's.
    pub fn get() -> *mut T {
        Self::get_raw().cast()
    }

    /// The address of its first byte.
    pub fn get_raw() -> *mut u8 {
        const { assert!(ALIGN.is_power_of_two() && ALIGN <= crate::host::DYNAMIC_ALIGN_BYTES) };
        crate::host::dynamic_shared("DynamicSharedArray").0
    }

    /// The address so many bytes behind its first.
    pub fn offset(distance_bytes: usize) -> *mut T {
        Self::get_raw().wrapping_add(distance_bytes).cast()
    }

    /// How many elements the launch has given place for.
    #[allow(clippy::len_without_is_empty, reason = "what a launch gives is not asked for being nothing")]
    pub fn len(&self) -> usize {
        crate::host::dynamic_shared("DynamicSharedArray").1 / size_of::<T>()
    }

    /// The address of the first element.
    pub fn as_ptr(&self) -> *const T {
        Self::get()
    }

    /// The address of the first element, to write.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        Self::get()
    }
}

impl<T, const ALIGN: usize> Index<usize> for DynamicSharedArray<T, ALIGN> {
    type Output = T;

    #[track_caller]
    fn index(&self, index: usize) -> &T {
        assert!(index < self.len(), "index out of bounds: the len is {} but the index is {index}", self.len());
        // SAFETY: within the block's memory; a kernel reads what a thread of its block has written, as on the device.
        unsafe { &*Self::get().add(index) }
    }
}

impl<T, const ALIGN: usize> IndexMut<usize> for DynamicSharedArray<T, ALIGN> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T {
        assert!(index < self.len(), "index out of bounds: the len is {} but the index is {index}", self.len());
        // SAFETY: within the block's memory.
        unsafe { &mut *Self::get().add(index) }
    }
}
