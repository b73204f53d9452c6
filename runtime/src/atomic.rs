//! Atomics with a scope: who sees their accesses in order.
//!
//! `DeviceAtomic*` are for the threads of a device, `BlockAtomic*` for those of a block, `SystemAtomic*` for other devices and the host as well. A kernel
//! takes them as `&[DeviceAtomicU32]` and is given a buffer of `u32`; in shared memory they are what a pointer there is seen as
//! (`from_ptr`). `core::sync::atomic` works in kernels, too, with the scope of the device. As host code all are the host's atomics.
//!
//! Adding floats is exact wherever they lie: subnormal numbers are kept, so that `f32` is added by compare and exchange.

use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64};
pub use std::sync::atomic::{Ordering, Ordering as AtomicOrdering, fence};

use crate::element::KernelElement;

macro_rules! shared_by_all {
    ($name:ident $plain:ident $atomic:ident) => {
        impl $name {
            /// It as it lies at an address.
            ///
            /// # Safety
            /// The address is aligned and lives as long as `'a`, and what lies there is meanwhile accessed by atomics alone.
            pub unsafe fn from_ptr<'a>(pointer: *mut $plain) -> &'a $name {
                // SAFETY: the caller's; the structure is its only field, which lies in memory as the plain value does.
                unsafe { &*pointer.cast::<$name>() }
            }

            /// The address of the value.
            pub fn as_ptr(&self) -> *mut $plain {
                self.value.as_ptr().cast()
            }
        }

        impl KernelElement for $name {
            type Stored = $plain;
        }
    };
}

macro_rules! integers {
    ($($name:ident $plain:ident $atomic:ident;)*) => { $(
        #[doc = concat!("A `", stringify!($plain), "` that many threads access.")]
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name {
            value: $atomic,
        }

        impl $name {
            /// One that holds `value`.
            pub const fn new(value: $plain) -> $name {
                $name { value: $atomic::new(value) }
            }

            /// The value.
            ///
            /// # Panics
            /// When the order is `Release` or `AcqRel`.
            pub fn load(&self, order: Ordering) -> $plain {
                self.value.load(order)
            }

            /// Replaces the value.
            ///
            /// # Panics
            /// When the order is `Acquire` or `AcqRel`.
            pub fn store(&self, value: $plain, order: Ordering) {
                self.value.store(value, order);
            }

            /// Replaces the value if it is `current`; what it was, and whether it was.
            ///
            /// # Panics
            /// When the order of failure is `Release` or `AcqRel`.
            pub fn compare_exchange(
                &self,
                current: $plain,
                new: $plain,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$plain, $plain> {
                self.value.compare_exchange(current, new, success, failure)
            }

            /// As [`Self::compare_exchange`]; it may fail without a reason.
            ///
            /// # Panics
            /// When the order of failure is `Release` or `AcqRel`.
            pub fn compare_exchange_weak(
                &self,
                current: $plain,
                new: $plain,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$plain, $plain> {
                self.value.compare_exchange_weak(current, new, success, failure)
            }
        }

        integers!(@changes $name $plain
            fetch_add "Adds, wrapping; what was there.",
            fetch_sub "Subtracts, wrapping; what was there.",
            fetch_and "Keeps the bits that both have; what was there.",
            fetch_or "Sets bits; what was there.",
            fetch_xor "Changes bits; what was there.",
            fetch_min "Keeps the lesser; what was there.",
            fetch_max "Keeps the greater; what was there.",
            swap "Replaces the value; what was there.",
        );
        shared_by_all!($name $plain $atomic);
    )* };
    (@changes $name:ident $plain:ident $($method:ident $doc:literal,)*) => {
        impl $name { $(
            #[doc = $doc]
            pub fn $method(&self, value: $plain, order: Ordering) -> $plain {
                self.value.$method(value, order)
            }
        )* }
    };
}

macro_rules! floats {
    ($($name:ident $plain:ident $atomic:ident;)*) => { $(
        #[doc = concat!("A `", stringify!($plain), "` that many threads access.")]
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name {
            value: $atomic,
        }

        impl $name {
            /// One that holds `value`.
            pub const fn new(value: $plain) -> $name {
                $name { value: $atomic::new(value.to_bits()) }
            }

            /// The value.
            ///
            /// # Panics
            /// When the order is `Release` or `AcqRel`.
            pub fn load(&self, order: Ordering) -> $plain {
                $plain::from_bits(self.value.load(order))
            }

            /// Replaces the value.
            ///
            /// # Panics
            /// When the order is `Acquire` or `AcqRel`.
            pub fn store(&self, value: $plain, order: Ordering) {
                self.value.store(value.to_bits(), order);
            }

            /// Replaces the value; what was there.
            pub fn swap(&self, value: $plain, order: Ordering) -> $plain {
                $plain::from_bits(self.value.swap(value.to_bits(), order))
            }

            /// Adds; what was there.
            pub fn fetch_add(&self, value: $plain, order: Ordering) -> $plain {
                let mut before = self.value.load(Ordering::Relaxed);
                loop {
                    let sum = ($plain::from_bits(before) + value).to_bits();
                    match self.value.compare_exchange_weak(before, sum, order, Ordering::Relaxed) {
                        Ok(found) => return $plain::from_bits(found),
                        Err(found) => before = found,
                    }
                }
            }

            /// Subtracts; what was there.
            pub fn fetch_sub(&self, value: $plain, order: Ordering) -> $plain {
                self.fetch_add(-value, order)
            }
        }

        shared_by_all!($name $plain $atomic);
    )* };
}

integers! {
    DeviceAtomicU32 u32 AtomicU32;
    DeviceAtomicI32 i32 AtomicI32;
    DeviceAtomicU64 u64 AtomicU64;
    DeviceAtomicI64 i64 AtomicI64;
    BlockAtomicU32 u32 AtomicU32;
    BlockAtomicI32 i32 AtomicI32;
    BlockAtomicU64 u64 AtomicU64;
    BlockAtomicI64 i64 AtomicI64;
    SystemAtomicU32 u32 AtomicU32;
    SystemAtomicI32 i32 AtomicI32;
    SystemAtomicU64 u64 AtomicU64;
    SystemAtomicI64 i64 AtomicI64;
}

floats! {
    DeviceAtomicF32 f32 AtomicU32;
    DeviceAtomicF64 f64 AtomicU64;
    BlockAtomicF32 f32 AtomicU32;
    BlockAtomicF64 f64 AtomicU64;
    SystemAtomicF32 f32 AtomicU32;
    SystemAtomicF64 f64 AtomicU64;
}
