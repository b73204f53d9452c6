//! Every word of kernels on three stages: compiled for the device, as host code, and both compared. `RUSTG_DEVICE=cuda:0` runs them on a GPU.

#![allow(static_mut_refs, reason = "as kernels write shared memory")]

mod atomics;
mod lanes;
mod memory;
mod moved;
mod panics;
mod places;
