//! Clocks, traps, and the macros [`gpu_printf!`](crate::gpu_printf) and [`gpu_assert!`](crate::gpu_assert).

use std::sync::OnceLock;
use std::time::Instant;

/// A counter of the multiprocessor's cycles, its lower 32 bits; as host code nanoseconds.
pub fn clock() -> u32 {
    clock64() as u32
}

/// A counter of the multiprocessor's cycles; as host code nanoseconds.
pub fn clock64() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Ends the whole launch; on a GPU the process can use the device no more. `panic!` ends the thread and says why.
///
/// # Panics
/// As host code, always.
pub fn trap() -> ! {
    panic!("trap")
}

/// Prints from a kernel, as [`print!`] does: integers, `bool`, `char` and floats in `{}` and `{:?}`.
///
/// On a device the CUDA driver prints when the host synchronises, floats as C's `%g`.
#[macro_export]
macro_rules! gpu_printf {
    ($($arguments:tt)*) => {
        ::std::print!($($arguments)*)
    };
}

/// Panics where the condition does not hold, as [`assert!`].
#[macro_export]
macro_rules! gpu_assert {
    ($($arguments:tt)*) => {
        ::std::assert!($($arguments)*)
    };
}
