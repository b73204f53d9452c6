//! Memory that kernels read and the host writes before a launch.

use crate::cell::UnsafeCell;
use crate::intrinsics as raw;
use crate::ops::Index;
#[lang = "ConstantMemory"]
pub struct ConstantMemory<T> { value: UnsafeCell<T> }
impl<T> ConstantMemory<T> {
    pub const UNINIT: ConstantMemory<T> = ConstantMemory { value: UnsafeCell::new(raw::zeroed::<T>()) };
    pub const fn new(value: T) -> ConstantMemory<T> { ConstantMemory { value: UnsafeCell::new(value) } }
    pub fn as_ptr(&self) -> *const T { self.value.get() as *const T }
    pub fn value(&self) -> &T { &*(self.value.get() as *const T) }
}
impl<T: Copy> ConstantMemory<T> {
    pub fn get(&self) -> T { *self.value() }
}
impl<T, const N: usize> Index<usize> for ConstantMemory<[T; N]> {
    type Output = T;
    #[track_caller]
    fn index(&self, index: usize) -> &T { &self.value()[index] }
}
