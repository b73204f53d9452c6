//! Atomics whose accesses are ordered for a scope: 0 the system, 1 the device, 2 the block, as the intrinsics have it.

pub use crate::sync::atomic::{fence, Ordering};
pub use crate::sync::atomic::Ordering as AtomicOrdering;
use crate::sync::atomic::{ordered_add, ordered_and, ordered_compare_exchange, ordered_exchange, ordered_load, ordered_max, ordered_min, ordered_or, ordered_store, ordered_xor};
use crate::cell::UnsafeCell;
use crate::intrinsics as raw;
pub struct ScopedAtomic<T, const SCOPE: usize> { value: UnsafeCell<T> }
impl<T, const SCOPE: usize> ScopedAtomic<T, SCOPE> {
    pub const fn new(value: T) -> Self { Self { value: UnsafeCell::new(value) } }
    pub unsafe fn from_ptr<'a>(pointer: *mut T) -> &'a Self { &*(pointer as *const Self) }
    pub fn as_ptr(&self) -> *mut T { self.value.get() }
}
#[each(Int, u32, i32, u64, i64)]
impl<const SCOPE: usize> ScopedAtomic<Int, SCOPE> {
    pub fn load(&self, order: Ordering) -> Int { ordered_load::<Int, SCOPE>(self.value.get() as *const Int, order) }
    pub fn store(&self, value: Int, order: Ordering) { ordered_store::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_add(&self, value: Int, order: Ordering) -> Int { ordered_add::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_sub(&self, value: Int, order: Ordering) -> Int { self.fetch_add(raw::wrapping_sub(0, value), order) }
    pub fn fetch_and(&self, value: Int, order: Ordering) -> Int { ordered_and::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_or(&self, value: Int, order: Ordering) -> Int { ordered_or::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_xor(&self, value: Int, order: Ordering) -> Int { ordered_xor::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_min(&self, value: Int, order: Ordering) -> Int { ordered_min::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_max(&self, value: Int, order: Ordering) -> Int { ordered_max::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn swap(&self, value: Int, order: Ordering) -> Int { ordered_exchange::<Int, SCOPE>(self.value.get(), value, order) }
    pub fn compare_exchange(&self, current: Int, new: Int, success: Ordering, failure: Ordering) -> Result<Int, Int> {
        let before = ordered_compare_exchange::<Int, SCOPE>(self.value.get(), current, new, success, failure);
        if before == current { Ok(before) } else { Err(before) }
    }
    pub fn compare_exchange_weak(&self, current: Int, new: Int, success: Ordering, failure: Ordering) -> Result<Int, Int> { self.compare_exchange(current, new, success, failure) }
}
#[each(Float, f32, f64)]
impl<const SCOPE: usize> ScopedAtomic<Float, SCOPE> {
    pub fn load(&self, order: Ordering) -> Float { ordered_load::<Float, SCOPE>(self.value.get() as *const Float, order) }
    pub fn store(&self, value: Float, order: Ordering) { ordered_store::<Float, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_add(&self, value: Float, order: Ordering) -> Float { ordered_add::<Float, SCOPE>(self.value.get(), value, order) }
    pub fn fetch_sub(&self, value: Float, order: Ordering) -> Float { self.fetch_add(-value, order) }
    pub fn swap(&self, value: Float, order: Ordering) -> Float { ordered_exchange::<Float, SCOPE>(self.value.get(), value, order) }
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
