//! Fences by CUDA's names: what a thread does before one is seen before what it does behind it, by the threads that the fence names.
//!
//! [`crate::atomic::fence`] is the one with an ordering. As host code all are the host's sequentially consistent fence.

use std::sync::atomic::{Ordering, fence};

/// For the threads of the block.
pub fn threadfence_block() {
    fence(Ordering::SeqCst);
}

/// For the threads of the device.
pub fn threadfence() {
    fence(Ordering::SeqCst);
}

/// For the threads of the device, of other devices and of the host.
pub fn threadfence_system() {
    fence(Ordering::SeqCst);
}
