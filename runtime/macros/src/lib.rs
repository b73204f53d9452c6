//! `#[kernel]` and its like.
//!
//! While rustc expands a crate, the first `#[kernel]` has rustg's compiler compile all kernels of that crate from the same files; every `#[kernel]` then
//! takes its own PTX out of that, and writes it into the program with a typed `launch`. So `cargo build` alone builds GPU code: there is no build
//! script, and what Cargo watches (the crate's sources) is what the PTX depends on.
//!
//! The function itself stays as it is: rustc checks it as host code.

mod compile;
mod copied;
mod dependencies;
mod expand;
mod invocation;
mod outline;
mod problem;

use proc_macro::TokenStream;

/// Compiles a function for the GPU; the type of its name has `launch`, `launch_async` and `on_host`.
///
/// Parameters: numbers, `bool`, `char` and `#[repr(C)]` structures by value (`rustg::DeviceCopy`); `&[T]` is given a buffer, or a view of one;
/// `DisjointSlice<T>` and `&mut [T]` are given one that is borrowed exclusively.
#[proc_macro_attribute]
pub fn kernel(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::kernel(item)
}

/// The same as [`macro@kernel`].
#[proc_macro_attribute]
pub fn gpu_kernel(arguments: TokenStream, item: TokenStream) -> TokenStream {
    kernel(arguments, item)
}

/// Marks a function that kernels call. It changes nothing: what kernels reach is compiled for the GPU anyway.
#[proc_macro_attribute]
pub fn device(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Marks a module of kernels. It changes nothing: kernels are found wherever they stand. It is there for modules that come from cuda-oxide.
#[proc_macro_attribute]
pub fn cuda_module(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Marks a static of the type `ConstantMemory`. It changes nothing: the type says where it lies. It is there for statics that come from cuda-oxide.
#[proc_macro_attribute]
pub fn constant(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// `#[launch_bounds(max_threads, min_blocks)]` on a kernel: how many threads a block of it may have, and how many blocks shall fit on a
/// multiprocessor together. The compiler reads it from the source.
#[proc_macro_attribute]
pub fn launch_bounds(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// A test that is given a device: `fn name(device: &Device)`, returning nothing or a `Result`. It is a `#[test]`, in the simulator on a device of its own.
#[proc_macro_attribute]
pub fn gpu_test(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::gpu_test(item)
}

/// A benchmark that is given a `&mut Bencher`, returning nothing or a `Result`. `rustg bench` runs it; to `cargo test` it is an ignored test.
#[proc_macro_attribute]
pub fn gpu_bench(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::gpu_bench(item)
}

/// Says that a `#[repr(C)]` structure is plain data that devices may be given: checked are its fields, and that there is no padding.
#[proc_macro_derive(DeviceCopy)]
pub fn device_copy(item: TokenStream) -> TokenStream {
    let written = copied::derive(item).unwrap_or_else(|message| format!("::core::compile_error!({message:?});"));
    written.parse().expect("what is written here is Rust")
}
