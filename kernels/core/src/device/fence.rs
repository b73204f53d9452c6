//! Fences by CUDA's names: everything before them is seen before everything behind them.

use crate::intrinsics as raw;
pub fn threadfence_block() { raw::atomic_fence::<4, 2>() }
pub fn threadfence() { raw::atomic_fence::<4, 1>() }
pub fn threadfence_system() { raw::atomic_fence::<4, 0>() }
