//! The device's core library: what a kernel sees as `core` and as `rustg`. Compiled by rustg together with each kernel; only what a
//! kernel reaches is looked at. Names and meaning are those of Rust's `core`.
pub mod intrinsics;
pub mod prelude;
pub mod marker;
pub mod clone;
pub mod default;
pub mod convert;
pub mod cmp;
pub mod ops;
mod math;
pub mod mem;
pub mod option;
pub mod result;
pub mod adaptors;
pub mod iter;
pub mod array;
pub mod slice;
pub mod num;
pub mod f32;
pub mod f64;
pub mod ptr;
pub mod cell;
pub mod device;
pub mod sync;
