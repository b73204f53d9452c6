//! Raw pointers.

use crate::intrinsics as raw;
impl<T> *const T {
    pub unsafe fn add(self, count: usize) -> *const T { raw::pointer_offset::<T>(self, count as isize) }
    pub unsafe fn sub(self, count: usize) -> *const T { raw::pointer_offset::<T>(self, raw::wrapping_sub(0, count as isize)) }
    pub unsafe fn offset(self, count: isize) -> *const T { raw::pointer_offset::<T>(self, count) }
    pub unsafe fn read(self) -> T { raw::pointer_read(self) }
    pub unsafe fn read_volatile(self) -> T { raw::volatile_load(self) }
    pub fn is_null(self) -> bool { self as usize == 0 }
    pub fn cast<U>(self) -> *const U { self as *const U }
    pub fn cast_mut(self) -> *mut T { self as *mut T }
}
impl<T> *mut T {
    pub unsafe fn add(self, count: usize) -> *mut T { raw::pointer_offset::<T>(self as *const T, count as isize) as *mut T }
    pub unsafe fn sub(self, count: usize) -> *mut T { raw::pointer_offset::<T>(self as *const T, raw::wrapping_sub(0, count as isize)) as *mut T }
    pub unsafe fn offset(self, count: isize) -> *mut T { raw::pointer_offset::<T>(self as *const T, count) as *mut T }
    pub unsafe fn read(self) -> T { raw::pointer_read(self as *const T) }
    pub unsafe fn write(self, value: T) { raw::pointer_write(self, value) }
    pub unsafe fn read_volatile(self) -> T { raw::volatile_load(self as *const T) }
    pub unsafe fn write_volatile(self, value: T) { raw::volatile_store(self, value) }
    pub fn is_null(self) -> bool { self as usize == 0 }
    pub fn cast<U>(self) -> *mut U { self as *mut U }
    pub fn cast_const(self) -> *const T { self as *const T }
}
pub unsafe fn read<T>(pointer: *const T) -> T { raw::pointer_read(pointer) }
pub unsafe fn write<T>(pointer: *mut T, value: T) { raw::pointer_write(pointer, value) }
