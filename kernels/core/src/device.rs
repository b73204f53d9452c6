//! What `rustg` means in device code: threads, warps, memory that is shared, constant or wide, atomics.

pub mod atomic;
pub mod constant;
pub mod debug;
pub mod disjoint;
pub mod fence;
pub mod shared;
pub mod thread;
pub mod vector;
pub mod warp;

pub use crate::device::constant::ConstantMemory;
pub use crate::device::disjoint::DisjointSlice;
pub use crate::device::shared::{DynamicSharedArray, SharedArray};
pub use crate::device::thread::*;
pub use crate::device::vector::{Double2, Float2, Float4, Int2, Int4, Long2, UInt2, UInt4, ULong2, Vector};
pub mod prelude {
    pub use crate::device::constant::ConstantMemory;
    pub use crate::device::disjoint::DisjointSlice;
    pub use crate::device::shared::{DynamicSharedArray, SharedArray};
    pub use crate::device::thread::ThreadIndex;
    pub use crate::device::vector::{Double2, Float2, Float4, Int2, Int4, Long2, UInt2, UInt4, ULong2, Vector};
    pub use crate::device::{atomic, debug, fence, thread, vector, warp};
}
