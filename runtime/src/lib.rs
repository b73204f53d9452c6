//! GPU kernels in stable Rust.
//!
//! A function with [`macro@kernel`] is compiled for the GPU while its crate is compiled for the host, and is launched through the type of its name:
//!
//! ```ignore
//! use rustg::prelude::*;
//!
//! #[kernel]
//! pub fn saxpy(a: f32, x: &[f32], mut y: DisjointSlice<f32>) {
//!     let i = thread::index_1d();
//!     if let Some(out) = y.get_mut(i) {
//!         *out += a * x[i.get()];
//!     }
//! }
//!
//! fn main() -> rustg::Result<()> {
//!     let device = Device::open_default()?; // a CUDA GPU where there is one, else the simulator
//!     let x = device.upload(&vec![1.0_f32; 1 << 20])?;
//!     let mut y = device.zeros::<f32>(1 << 20)?;
//!     saxpy::launch(&device, Launch::cover(1 << 20), 2.0, &x, &mut y)?;
//!     assert_eq!(y.download()?[7], 2.0);
//!     Ok(())
//! }
//! ```
//!
//! Launches return before the kernel has ended, on every device. What goes wrong in a kernel (a panic with its place, block and thread, or a fault) is
//! told by the next call that waits: [`Buffer::download`], [`Device::synchronize`], [`Stream::synchronize`].
//!
//! The crate owns devices, memory, streams and launches, and the words that kernels use as host code sees them. It compiles nothing: `#[kernel]` does.

pub mod atomic;
mod backend;
mod buffer;
mod constant;
pub mod debug;
mod device;
mod disjoint;
mod element;
mod error;
pub mod fence;
pub mod host;
mod image;
mod launch;
mod record;
mod shared;
mod stream;
pub mod testing;
pub mod thread;
pub mod vector;
pub mod warp;

pub use buffer::{Buffer, DeviceSlice, DeviceSliceMut, Pinned, View, ViewMut};
pub use constant::ConstantMemory;
pub use device::{Device, default_device};
pub use disjoint::DisjointSlice;
pub use element::{DeviceCopy, KernelElement};
pub use error::{Error, Panic, Result};
pub use image::Kernel;
pub use launch::{Extent, Launch};
pub use rustg_macros::{
    DeviceCopy, constant, cuda_module, device, gpu_bench, gpu_kernel, gpu_test, kernel, launch_bounds,
};
pub use shared::{DynamicSharedArray, SharedArray};
pub use stream::{Event, LaunchFuture, LaunchOn, Stream};
pub use thread::*;
pub use vector::{Double2, Float2, Float4, Int2, Int4, Long2, UInt2, UInt4, ULong2, Vector};

/// What kernels and their launches need: `use rustg::prelude::*;`.
pub mod prelude {
    pub use crate::vector::{Double2, Float2, Float4, Int2, Int4, Long2, UInt2, UInt4, ULong2, Vector};
    pub use crate::{
        Buffer, ConstantMemory, Device, DeviceCopy, DisjointSlice, DynamicSharedArray, Kernel, Launch, SharedArray,
        ThreadIndex, atomic, debug, device, fence, gpu_assert, gpu_bench, gpu_printf, gpu_test, kernel, launch_bounds,
        testing::Bencher, thread, vector, warp,
    };
}

/// What `#[kernel]` writes into a program. No part of the interface.
#[doc(hidden)]
pub mod internal {
    pub use crate::constant::ConstantSymbol;
    pub use crate::element::KernelElement;
    pub use crate::image::{Arguments, KernelImage, Site};
}
