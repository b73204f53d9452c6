//! The CUPTI injection library: loaded by the CUDA driver into the recorded program, where it turns CUPTI's records into the
//! wire's and leaves the rest to the collector.
//!
//! It depends on nothing but the standard library and `rustg-wire`, prints nothing, never takes the program down, and
//! costs a launching thread as little as it can: records are fetched and converted on a thread of its own.
//!
//! - `session`: attach, start, stop
//! - `callbacks`, `buffers`: what CUPTI calls
//! - `convert`, `intern`, `windows`: records in, wire records out
//! - `channel`, `slots`: the ways out of the process and off the launching thread
//! - `cupti`, `find`, `calls`, `devices`, `host`: what is used of CUPTI, the driver and the C library
//! - `stack`: host stacks

#![allow(
    clashing_extern_declarations,
    reason = "the stack reader declares dl_iterate_phdr over its own view of the structure"
)]

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

mod buffers;
mod callbacks;
mod calls;
pub mod channel;
mod convert;
mod cupti;
mod devices;
mod find;
mod host;
mod intern;
pub mod options;
mod session;
mod slots;
pub mod stack;
mod windows;

/// Runs `body`; a panic in it ends the recording, silently, and never crosses into the program.
pub(crate) fn guarded<T>(body: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // Dropping a payload may panic again; it is a text, and a leak of it is harmless.
            std::mem::forget(payload);
            let _ = catch_unwind(session::give_up);
            None
        }
    }
}

fn silence_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // This library's own copy of the standard library: the program's hook is another.
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

/// The driver calls this while it initialises, in programs that run with `CUDA_INJECTION64_PATH`. Returns 1 for success.
#[unsafe(no_mangle)]
pub extern "C" fn InitializeInjection() -> c_int {
    silence_panics();
    guarded(session::attach);
    1
}

/// NVTX calls this at its first use, in programs that run with `NVTX_INJECTION64_PATH`: CUPTI turns ranges into records.
/// Returns 1 for success.
#[unsafe(no_mangle)]
pub extern "C" fn InitializeInjectionNvtx2(export_table: *const c_void) -> c_int {
    silence_panics();
    guarded(|| {
        let Ok(cupti) = session::cupti() else { return 0 };
        if host::Library::already_loaded("libcuda.so.1").is_some() {
            session::attach();
        }
        cupti.nvtx_entry().map_or(0, |entry| entry(export_table))
    })
    .unwrap_or(0)
}
