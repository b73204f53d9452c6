//! Memory as the machine sees it: one 64-bit generic address space with windows, global allocations on copy-on-write pages, local memory by lanes.
//!
//! This module owns bytes, bounds and addresses. It knows nothing of programs, warps or observers; an access that does not fit is a [`Miss`], which
//! `execute` turns into a fault.

mod global;
mod local;
mod overlay;

pub use global::{Allocation, AllocationKind, GlobalMemory, MemorySnapshot, Miss};
pub use local::LocalMemory;
pub(crate) use overlay::{Detail, Meeting, RoundWrites};
pub use overlay::{Footprint, ReductionKey, ReductionOp};

/// First generic address of local memory: the same addresses mean other bytes in every thread.
pub const LOCAL_WINDOW: u64 = 0x7000_0000_0000;
/// First generic address of shared memory, the blocks of the cluster one after another (see [`crate::observe::shared_rank`]).
pub const SHARED_WINDOW: u64 = 0x7100_0000_0000;
/// First generic address of kernel parameters.
pub const PARAM_WINDOW: u64 = 0x7200_0000_0000;
/// First address of code: function `i` of a module has the "address" `FUNCTION_WINDOW + 16 i`.
pub const FUNCTION_WINDOW: u64 = 0x6f00_0000_0000;
/// Bytes of each window.
pub const WINDOW_BYTES: u64 = 1 << 32;
/// First global address; allocations follow one another from here with unmapped gaps.
pub const GLOBAL_BASE: u64 = 0x7300_0000_0000;
/// Bytes of a page, the unit of copy-on-write.
pub const PAGE_BYTES: usize = 4096;

/// The window a generic address lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Local memory; the offset follows.
    Local,
    /// Shared memory.
    Shared,
    /// Kernel parameters.
    Param,
    /// Everything else: global and constant memory, absolute addresses.
    Global,
}

/// The window of a generic address; subtract the window's base to get the address in its space.
#[inline]
pub fn window_of(address: u64) -> Window {
    match address >> 32 {
        high if high == LOCAL_WINDOW >> 32 => Window::Local,
        high if high == SHARED_WINDOW >> 32 => Window::Shared,
        high if high == PARAM_WINDOW >> 32 => Window::Param,
        _ => Window::Global,
    }
}
