//! `core::sync::atomic`: atomics that order accesses on the whole device.

pub mod atomic {
    use crate::cell::UnsafeCell;
    use crate::intrinsics as raw;
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Ordering { Relaxed, Release, Acquire, AcqRel, SeqCst }
    pub fn fence(order: Ordering) {
        match order { Ordering::Acquire => raw::atomic_fence::<1, 1>(), Ordering::Release => raw::atomic_fence::<2, 1>(), Ordering::AcqRel => raw::atomic_fence::<3, 1>(), Ordering::SeqCst => raw::atomic_fence::<4, 1>(), Ordering::Relaxed => panic!("there is no such thing as a relaxed fence") }
    }

    // The order is an argument and the instruction has it in its name: here each operation chooses, once for all types and scopes.
    pub fn ordered_load<T, const SCOPE: usize>(pointer: *const T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_load::<T, 0, SCOPE>(pointer),
            Ordering::Acquire => raw::atomic_load::<T, 1, SCOPE>(pointer),
            Ordering::SeqCst => raw::atomic_load::<T, 4, SCOPE>(pointer),
            _ => panic!("there is no such thing as a release or acquire-release load"),
        }
    }
    pub fn ordered_store<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) {
        match order {
            Ordering::Relaxed => raw::atomic_store::<T, 0, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_store::<T, 2, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_store::<T, 4, SCOPE>(pointer, value),
            _ => panic!("there is no such thing as an acquire or acquire-release store"),
        }
    }
    pub fn ordered_add<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_add::<T, 0, SCOPE>(pointer, value),
            Ordering::Acquire => raw::atomic_add::<T, 1, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_add::<T, 2, SCOPE>(pointer, value),
            Ordering::AcqRel => raw::atomic_add::<T, 3, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_add::<T, 4, SCOPE>(pointer, value),
        }
    }
    pub fn ordered_and<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_and::<T, 0, SCOPE>(pointer, value),
            Ordering::Acquire => raw::atomic_and::<T, 1, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_and::<T, 2, SCOPE>(pointer, value),
            Ordering::AcqRel => raw::atomic_and::<T, 3, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_and::<T, 4, SCOPE>(pointer, value),
        }
    }
    pub fn ordered_or<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_or::<T, 0, SCOPE>(pointer, value),
            Ordering::Acquire => raw::atomic_or::<T, 1, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_or::<T, 2, SCOPE>(pointer, value),
            Ordering::AcqRel => raw::atomic_or::<T, 3, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_or::<T, 4, SCOPE>(pointer, value),
        }
    }
    pub fn ordered_xor<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_xor::<T, 0, SCOPE>(pointer, value),
            Ordering::Acquire => raw::atomic_xor::<T, 1, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_xor::<T, 2, SCOPE>(pointer, value),
            Ordering::AcqRel => raw::atomic_xor::<T, 3, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_xor::<T, 4, SCOPE>(pointer, value),
        }
    }
    pub fn ordered_min<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_min::<T, 0, SCOPE>(pointer, value),
            Ordering::Acquire => raw::atomic_min::<T, 1, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_min::<T, 2, SCOPE>(pointer, value),
            Ordering::AcqRel => raw::atomic_min::<T, 3, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_min::<T, 4, SCOPE>(pointer, value),
        }
    }
    pub fn ordered_max<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_max::<T, 0, SCOPE>(pointer, value),
            Ordering::Acquire => raw::atomic_max::<T, 1, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_max::<T, 2, SCOPE>(pointer, value),
            Ordering::AcqRel => raw::atomic_max::<T, 3, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_max::<T, 4, SCOPE>(pointer, value),
        }
    }
    pub fn ordered_exchange<T, const SCOPE: usize>(pointer: *mut T, value: T, order: Ordering) -> T {
        match order {
            Ordering::Relaxed => raw::atomic_exchange::<T, 0, SCOPE>(pointer, value),
            Ordering::Acquire => raw::atomic_exchange::<T, 1, SCOPE>(pointer, value),
            Ordering::Release => raw::atomic_exchange::<T, 2, SCOPE>(pointer, value),
            Ordering::AcqRel => raw::atomic_exchange::<T, 3, SCOPE>(pointer, value),
            Ordering::SeqCst => raw::atomic_exchange::<T, 4, SCOPE>(pointer, value),
        }
    }
    pub fn ordered_compare_exchange<T, const SCOPE: usize>(pointer: *mut T, current: T, new: T, success: Ordering, failure: Ordering) -> T {
        // One instruction has one order: the stronger of the two.
        let order = match failure {
            Ordering::Relaxed => success,
            Ordering::Acquire => match success { Ordering::Relaxed => Ordering::Acquire, Ordering::Release => Ordering::AcqRel, other => other },
            Ordering::SeqCst => Ordering::SeqCst,
            _ => panic!("there is no such thing as a release or acquire-release failure ordering"),
        };
        match order {
            Ordering::Relaxed => raw::atomic_compare_exchange::<T, 0, SCOPE>(pointer, current, new),
            Ordering::Acquire => raw::atomic_compare_exchange::<T, 1, SCOPE>(pointer, current, new),
            Ordering::Release => raw::atomic_compare_exchange::<T, 2, SCOPE>(pointer, current, new),
            Ordering::AcqRel => raw::atomic_compare_exchange::<T, 3, SCOPE>(pointer, current, new),
            Ordering::SeqCst => raw::atomic_compare_exchange::<T, 4, SCOPE>(pointer, current, new),
        }
    }

    pub struct Atomic<T> { value: UnsafeCell<T> }
    #[each(Int, u32, i32, u64, i64, usize, isize)]
    impl Atomic<Int> {
        pub const fn new(value: Int) -> Self { Self { value: UnsafeCell::new(value) } }
        pub fn as_ptr(&self) -> *mut Int { self.value.get() }
        pub fn load(&self, order: Ordering) -> Int { ordered_load::<Int, 1>(self.value.get() as *const Int, order) }
        pub fn store(&self, value: Int, order: Ordering) { ordered_store::<Int, 1>(self.value.get(), value, order) }
        pub fn fetch_add(&self, value: Int, order: Ordering) -> Int { ordered_add::<Int, 1>(self.value.get(), value, order) }
        pub fn fetch_and(&self, value: Int, order: Ordering) -> Int { ordered_and::<Int, 1>(self.value.get(), value, order) }
        pub fn fetch_or(&self, value: Int, order: Ordering) -> Int { ordered_or::<Int, 1>(self.value.get(), value, order) }
        pub fn fetch_xor(&self, value: Int, order: Ordering) -> Int { ordered_xor::<Int, 1>(self.value.get(), value, order) }
        pub fn fetch_min(&self, value: Int, order: Ordering) -> Int { ordered_min::<Int, 1>(self.value.get(), value, order) }
        pub fn fetch_max(&self, value: Int, order: Ordering) -> Int { ordered_max::<Int, 1>(self.value.get(), value, order) }
        pub fn swap(&self, value: Int, order: Ordering) -> Int { ordered_exchange::<Int, 1>(self.value.get(), value, order) }
        pub fn fetch_sub(&self, value: Int, order: Ordering) -> Int { self.fetch_add(raw::wrapping_sub(0, value), order) }
        pub fn compare_exchange(&self, current: Int, new: Int, success: Ordering, failure: Ordering) -> Result<Int, Int> {
            let before = ordered_compare_exchange::<Int, 1>(self.value.get(), current, new, success, failure);
            if before == current { Ok(before) } else { Err(before) }
        }
        pub fn compare_exchange_weak(&self, current: Int, new: Int, success: Ordering, failure: Ordering) -> Result<Int, Int> { self.compare_exchange(current, new, success, failure) }
    }
    pub type AtomicU32 = Atomic<u32>;
    pub type AtomicI32 = Atomic<i32>;
    pub type AtomicU64 = Atomic<u64>;
    pub type AtomicI64 = Atomic<i64>;
    pub type AtomicUsize = Atomic<usize>;
    pub type AtomicIsize = Atomic<isize>;
}
