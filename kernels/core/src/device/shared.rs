//! Memory that the threads of a block share.

use crate::intrinsics as raw;
use crate::marker::PhantomData;
use crate::ops::{Index, IndexMut};
#[lang = "SharedArray"]
pub struct SharedArray<T, const N: usize, const ALIGN: usize = 0> { items: [T; N] }
impl<T, const N: usize, const ALIGN: usize> SharedArray<T, N, ALIGN> {
    pub const UNINIT: SharedArray<T, N, ALIGN> = loop {};
    pub fn len(&self) -> usize { N }
    pub fn as_ptr(&self) -> *const T { &self.items as *const [T; N] as *const T }
    pub fn as_mut_ptr(&mut self) -> *mut T { &mut self.items as *mut [T; N] as *mut T }
    pub unsafe fn as_raw_mut_ptr(shared: *mut SharedArray<T, N, ALIGN>) -> *mut T { shared as *mut T }
}
impl<T, const N: usize, const ALIGN: usize> Index<usize> for SharedArray<T, N, ALIGN> {
    type Output = T;
    #[track_caller]
    fn index(&self, index: usize) -> &T { &self.items[index] }
}
impl<T, const N: usize, const ALIGN: usize> IndexMut<usize> for SharedArray<T, N, ALIGN> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T { &mut self.items[index] }
}

/// The memory whose size the launch says: one for the block, whatever names it.
pub struct DynamicSharedArray<T, const ALIGN: usize = 16> { element: PhantomData<T> }
impl<T, const ALIGN: usize> DynamicSharedArray<T, ALIGN> {
    pub const UNINIT: DynamicSharedArray<T, ALIGN> = DynamicSharedArray { element: PhantomData };
    pub const fn alignment() -> usize { ALIGN }
    pub fn get() -> *mut T { raw::dynamic_shared::<ALIGN>() as *mut T }
    pub fn get_raw() -> *mut u8 { raw::dynamic_shared::<ALIGN>() }
    pub fn offset(distance_bytes: usize) -> *mut T { raw::pointer_offset::<u8>(raw::dynamic_shared::<ALIGN>() as *const u8, distance_bytes as isize) as *mut T }
    pub fn len(&self) -> usize { raw::dynamic_shared_size() as usize / raw::size_of::<T>() }
    pub fn as_ptr(&self) -> *const T { raw::dynamic_shared::<ALIGN>() as *const T }
    pub fn as_mut_ptr(&mut self) -> *mut T { raw::dynamic_shared::<ALIGN>() as *mut T }
}
impl<T, const ALIGN: usize> Index<usize> for DynamicSharedArray<T, ALIGN> {
    type Output = T;
    #[track_caller]
    fn index(&self, index: usize) -> &T { &raw::slice_from_parts::<T>(self.as_ptr(), self.len())[index] }
}
impl<T, const ALIGN: usize> IndexMut<usize> for DynamicSharedArray<T, ALIGN> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T { &mut raw::slice_from_parts_mut::<T>(raw::dynamic_shared::<ALIGN>() as *mut T, self.len())[index] }
}
