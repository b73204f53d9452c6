//! What may lie in a device's memory.

/// Plain data: the same bytes on host and device, and valid where they are all zero.
///
/// # Safety
/// The type has no padding that is read, holds no reference, is valid when all its bytes are zero, and its layout is fixed: a primitive, or a
/// `#[repr(C)]` structure of such (`#[derive(DeviceCopy)]` checks that).
pub unsafe trait DeviceCopy: Copy + Send + Sync + 'static {}

macro_rules! plain {
    ($($ty:ty)*) => {
        // SAFETY: primitives have no padding and no reference, and zero is a value of each.
        $(unsafe impl DeviceCopy for $ty {})*
    };
}

plain!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char);

// SAFETY: an array is its elements one behind the other.
unsafe impl<T: DeviceCopy, const N: usize> DeviceCopy for [T; N] {}

/// What a kernel's parameter may be a slice of: plain data, or atomics over it.
pub trait KernelElement {
    /// What a buffer that is given for it holds.
    type Stored: DeviceCopy;
}

impl<T: DeviceCopy> KernelElement for T {
    type Stored = T;
}

macro_rules! atomics {
    ($($atomic:ident $plain:ident)*) => { $(
        impl KernelElement for std::sync::atomic::$atomic {
            type Stored = $plain;
        }
    )* };
}

atomics!(AtomicU32 u32 AtomicI32 i32 AtomicU64 u64 AtomicI64 i64 AtomicUsize usize AtomicIsize isize);

/// The bytes of elements.
pub(crate) fn bytes_of<T: DeviceCopy>(elements: &[T]) -> &[u8] {
    // SAFETY: `DeviceCopy` types are plain data; the length is that of the same memory.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// The bytes of elements, to be written by a device, which holds values of the same type.
pub(crate) fn bytes_of_mut<T: DeviceCopy>(elements: &mut [T]) -> &mut [u8] {
    // SAFETY: as above; what is written are bytes of values of `T`.
    unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), size_of_val(elements)) }
}
