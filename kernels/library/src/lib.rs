//! Kernels written as a user would write them: no word of them is known to the compiler.
//!
//! Each file has the kernel, the same as plain Rust for the CPU, and tests that hold one against the other on a device and as host code.

pub mod histogram;
pub mod quorum;
pub mod reduction;
pub mod saxpy;
pub mod scan;
pub mod sgemm;
pub mod sha256;
pub mod stencil;
pub mod triad;
