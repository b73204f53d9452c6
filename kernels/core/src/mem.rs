//! Values in memory.

pub fn drop<T>(value: T) {}
pub fn size_of<T>() -> usize { crate::intrinsics::size_of::<T>() }
pub fn size_of_val<T>(value: &T) -> usize { crate::intrinsics::size_of::<T>() }
pub fn align_of_val<T>(value: &T) -> usize { crate::intrinsics::align_of::<T>() }
pub fn forget<T>(value: T) {}
pub fn align_of<T>() -> usize { crate::intrinsics::align_of::<T>() }
pub fn swap<T>(a: &mut T, b: &mut T) {
    let pa = a as *mut T;
    let pb = b as *mut T;
    let x = crate::intrinsics::pointer_read(pa as *const T);
    let y = crate::intrinsics::pointer_read(pb as *const T);
    crate::intrinsics::pointer_write(pa, y);
    crate::intrinsics::pointer_write(pb, x);
}
pub fn replace<T>(target: &mut T, value: T) -> T {
    let pointer = target as *mut T;
    let before = crate::intrinsics::pointer_read(pointer as *const T);
    crate::intrinsics::pointer_write(pointer, value);
    before
}
pub fn take<T: Default>(target: &mut T) -> T { replace(target, T::default()) }
pub unsafe fn transmute<A, B>(value: A) -> B { crate::intrinsics::transmute::<A, B>(value) }
