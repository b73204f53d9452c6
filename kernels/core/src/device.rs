//! What `rustg` means in device code: threads, warps, shared memory, atomics.

pub use crate::device::disjoint::DisjointSlice;
pub use crate::device::shared::{DynamicSharedArray, SharedArray};
pub use crate::device::thread::ThreadIndex;
pub mod prelude {
    pub use crate::device::{disjoint::DisjointSlice, shared::DynamicSharedArray, shared::SharedArray};
    pub use crate::device::{atomic, thread, warp};
    pub use crate::device::thread::ThreadIndex;
}

pub mod thread {
    use crate::intrinsics as raw;
    pub fn threadIdx_x() -> u32 { raw::thread_x() }
    pub fn threadIdx_y() -> u32 { raw::thread_y() }
    pub fn threadIdx_z() -> u32 { raw::thread_z() }
    pub fn blockIdx_x() -> u32 { raw::block_x() }
    pub fn blockIdx_y() -> u32 { raw::block_y() }
    pub fn blockIdx_z() -> u32 { raw::block_z() }
    pub fn blockDim_x() -> u32 { raw::block_dim_x() }
    pub fn blockDim_y() -> u32 { raw::block_dim_y() }
    pub fn blockDim_z() -> u32 { raw::block_dim_z() }
    pub fn gridDim_x() -> u32 { raw::grid_dim_x() }
    pub fn gridDim_y() -> u32 { raw::grid_dim_y() }
    pub fn gridDim_z() -> u32 { raw::grid_dim_z() }
    pub fn sync_threads() { raw::sync_threads() }
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct ThreadIndex { index: usize }
    impl ThreadIndex {
        pub fn get(self) -> usize { self.index }
    }
    pub fn index_1d() -> ThreadIndex {
        let base = raw::wrapping_mul(raw::block_x() as usize, raw::block_dim_x() as usize);
        ThreadIndex { index: raw::wrapping_add(base, raw::thread_x() as usize) }
    }
    pub fn index_2d<const STRIDE: usize>() -> Option<ThreadIndex> {
        let x = raw::wrapping_add(raw::wrapping_mul(raw::block_x() as usize, raw::block_dim_x() as usize), raw::thread_x() as usize);
        let y = raw::wrapping_add(raw::wrapping_mul(raw::block_y() as usize, raw::block_dim_y() as usize), raw::thread_y() as usize);
        if x < STRIDE { Some(ThreadIndex { index: raw::wrapping_add(raw::wrapping_mul(y, STRIDE), x) }) } else { None }
    }
}

pub mod warp {
    use crate::intrinsics as raw;
    const ALL: u32 = 0xffff_ffff;
    pub fn lane_id() -> u32 { raw::lane() }
    pub fn warp_id() -> u32 {
        let linear = raw::wrapping_add(raw::wrapping_mul(raw::wrapping_add(raw::wrapping_mul(raw::thread_z(), raw::block_dim_y()), raw::thread_y()), raw::block_dim_x()), raw::thread_x());
        linear / 32
    }
    pub fn active_mask() -> u32 { raw::active_mask() }
    pub fn lanemask_eq() -> u32 { raw::lanemask_eq() }
    pub fn lanemask_lt() -> u32 { raw::lanemask_lt() }
    pub fn lanemask_le() -> u32 { raw::lanemask_le() }
    pub fn lanemask_gt() -> u32 { raw::lanemask_gt() }
    pub fn lanemask_ge() -> u32 { raw::lanemask_ge() }
    pub fn shuffle(value: u32, lane: u32) -> u32 { raw::shuffle_index(value, lane, ALL) }
    pub fn shuffle_xor(value: u32, lanes: u32) -> u32 { raw::shuffle_xor(value, lanes, ALL) }
    pub fn shuffle_down(value: u32, distance: u32) -> u32 { raw::shuffle_down(value, distance, ALL) }
    pub fn shuffle_up(value: u32, distance: u32) -> u32 { raw::shuffle_up(value, distance, ALL) }
    pub fn shuffle_f32(value: f32, lane: u32) -> f32 { raw::shuffle_index(value, lane, ALL) }
    pub fn shuffle_xor_f32(value: f32, lanes: u32) -> f32 { raw::shuffle_xor(value, lanes, ALL) }
    pub fn shuffle_down_f32(value: f32, distance: u32) -> f32 { raw::shuffle_down(value, distance, ALL) }
    pub fn shuffle_up_f32(value: f32, distance: u32) -> f32 { raw::shuffle_up(value, distance, ALL) }
    pub fn ballot(value: bool) -> u32 { raw::ballot(value, ALL) }
    pub fn all(value: bool) -> bool { raw::vote_all(value, ALL) }
    pub fn any(value: bool) -> bool { raw::vote_any(value, ALL) }
    pub fn sync_mask(mask: u32) { raw::sync_warp(mask) }
    pub fn reduce_add(value: u32) -> u32 { raw::reduce_add(value, ALL) }
    pub fn reduce_min(value: u32) -> u32 { raw::reduce_min(value, ALL) }
    pub fn reduce_max(value: u32) -> u32 { raw::reduce_max(value, ALL) }
    pub fn reduce_and(value: u32) -> u32 { raw::reduce_and(value, ALL) }
    pub fn reduce_or(value: u32) -> u32 { raw::reduce_or(value, ALL) }
    pub fn reduce_xor(value: u32) -> u32 { raw::reduce_xor(value, ALL) }
    pub fn reduce_sum_f32(value: f32) -> f32 {
        let mut sum = value;
        let mut lanes = 16;
        while lanes > 0 {
            sum += raw::shuffle_xor(sum, lanes, ALL);
            lanes = lanes / 2;
        }
        sum
    }
}

pub mod disjoint {
    use crate::intrinsics as raw;
    use crate::device::thread::ThreadIndex;
    #[lang = "DisjointSlice"]
    pub struct DisjointSlice<'a, T> { pointer: *mut T, length: usize, lifetime: crate::marker::PhantomData<&'a mut T> }
    impl<'a, T> DisjointSlice<'a, T> {
        pub fn len(&self) -> usize { self.length }
        pub fn is_empty(&self) -> bool { self.length == 0 }
        pub fn get_mut(&mut self, index: ThreadIndex) -> Option<&mut T> {
            let at = index.get();
            if at < self.length { Some(&mut *(raw::pointer_offset::<T>(self.pointer as *const T, at as isize) as *mut T)) } else { None }
        }
        pub unsafe fn get_unchecked_mut(&mut self, index: usize) -> &mut T {
            &mut *(raw::pointer_offset::<T>(self.pointer as *const T, index as isize) as *mut T)
        }
        pub fn as_mut_ptr(&mut self) -> *mut T { self.pointer }
    }
}

pub mod shared {
    use crate::intrinsics as raw;
    use crate::ops::{Index, IndexMut};
    #[lang = "SharedArray"]
    pub struct SharedArray<T, const N: usize> { items: [T; N] }
    impl<T, const N: usize> SharedArray<T, N> {
        pub const UNINIT: SharedArray<T, N> = loop {};
        pub fn len(&self) -> usize { N }
        pub fn as_ptr(&self) -> *const T { &self.items as *const [T; N] as *const T }
        pub fn as_mut_ptr(&mut self) -> *mut T { &mut self.items as *mut [T; N] as *mut T }
    }
    impl<T, const N: usize> Index<usize> for SharedArray<T, N> {
        type Output = T;
        fn index(&self, index: usize) -> &T { &self.items[index] }
    }
    impl<T, const N: usize> IndexMut<usize> for SharedArray<T, N> {
        fn index_mut(&mut self, index: usize) -> &mut T { &mut self.items[index] }
    }
    #[lang = "DynamicSharedArray"]
    pub struct DynamicSharedArray<T> { item: T }
    impl<T> DynamicSharedArray<T> {
        pub const UNINIT: DynamicSharedArray<T> = loop {};
        pub fn len(&self) -> usize { raw::dynamic_shared_size() as usize / raw::size_of::<T>() }
        pub fn as_mut_ptr(&mut self) -> *mut T { &mut self.item as *mut T }
    }
}

pub mod atomic {
    pub use crate::sync::atomic::{fence, Ordering};
    use crate::sync::atomic::{ordered_add, ordered_and, ordered_compare_exchange, ordered_exchange, ordered_load, ordered_max, ordered_min, ordered_or, ordered_store, ordered_xor};
    use crate::cell::UnsafeCell;
    use crate::intrinsics as raw;
    /// An atomic whose accesses are ordered for a scope: 0 the system, 1 the device, 2 the block, as the intrinsics have it.
    pub struct ScopedAtomic<T, const SCOPE: usize> { value: UnsafeCell<T> }
    #[each(Int, u32, i32, u64, i64)]
    impl<const SCOPE: usize> ScopedAtomic<Int, SCOPE> {
        pub const fn new(value: Int) -> Self { Self { value: UnsafeCell::new(value) } }
        pub fn as_ptr(&self) -> *mut Int { self.value.get() }
        pub fn load(&self, order: Ordering) -> Int { ordered_load::<Int, SCOPE>(self.value.get() as *const Int, order) }
        pub fn store(&self, value: Int, order: Ordering) { ordered_store::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_add(&self, value: Int, order: Ordering) -> Int { ordered_add::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_and(&self, value: Int, order: Ordering) -> Int { ordered_and::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_or(&self, value: Int, order: Ordering) -> Int { ordered_or::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_xor(&self, value: Int, order: Ordering) -> Int { ordered_xor::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_min(&self, value: Int, order: Ordering) -> Int { ordered_min::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_max(&self, value: Int, order: Ordering) -> Int { ordered_max::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn swap(&self, value: Int, order: Ordering) -> Int { ordered_exchange::<Int, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_sub(&self, value: Int, order: Ordering) -> Int { self.fetch_add(raw::wrapping_sub(0, value), order) }
        pub fn compare_exchange(&self, current: Int, new: Int, success: Ordering, failure: Ordering) -> Result<Int, Int> {
            let before = ordered_compare_exchange::<Int, SCOPE>(self.value.get(), current, new, success);
            if before == current { Ok(before) } else { Err(before) }
        }
        pub fn compare_exchange_weak(&self, current: Int, new: Int, success: Ordering, failure: Ordering) -> Result<Int, Int> { self.compare_exchange(current, new, success, failure) }
    }
    #[each(Float, f32, f64)]
    impl<const SCOPE: usize> ScopedAtomic<Float, SCOPE> {
        pub const fn new(value: Float) -> Self { Self { value: UnsafeCell::new(value) } }
        pub fn as_ptr(&self) -> *mut Float { self.value.get() }
        pub fn load(&self, order: Ordering) -> Float { ordered_load::<Float, SCOPE>(self.value.get() as *const Float, order) }
        pub fn store(&self, value: Float, order: Ordering) { ordered_store::<Float, SCOPE>(self.value.get(), value, order) }
        pub fn fetch_add(&self, value: Float, order: Ordering) -> Float { ordered_add::<Float, SCOPE>(self.value.get(), value, order) }
    }
    pub type DeviceAtomicU32 = ScopedAtomic<u32, 1>;
    pub type DeviceAtomicI32 = ScopedAtomic<i32, 1>;
    pub type DeviceAtomicU64 = ScopedAtomic<u64, 1>;
    pub type DeviceAtomicI64 = ScopedAtomic<i64, 1>;
    pub type DeviceAtomicF32 = ScopedAtomic<f32, 1>;
    pub type DeviceAtomicF64 = ScopedAtomic<f64, 1>;
    pub type BlockAtomicU32 = ScopedAtomic<u32, 2>;
    pub type BlockAtomicI32 = ScopedAtomic<i32, 2>;
    pub type BlockAtomicU64 = ScopedAtomic<u64, 2>;
    pub type BlockAtomicI64 = ScopedAtomic<i64, 2>;
    pub type BlockAtomicF32 = ScopedAtomic<f32, 2>;
    pub type BlockAtomicF64 = ScopedAtomic<f64, 2>;
    pub type SystemAtomicU32 = ScopedAtomic<u32, 0>;
    pub type SystemAtomicI32 = ScopedAtomic<i32, 0>;
    pub type SystemAtomicU64 = ScopedAtomic<u64, 0>;
    pub type SystemAtomicI64 = ScopedAtomic<i64, 0>;
    pub type SystemAtomicF32 = ScopedAtomic<f32, 0>;
    pub type SystemAtomicF64 = ScopedAtomic<f64, 0>;
}
