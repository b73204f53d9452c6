//! What CUPTI calls: at launches, at NVTX ranges, and for buffers. Each is guarded, so that a panic never crosses into C.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use rustg_wire::{Module, NO_ID, NativeFrame, Note, PythonFrame, Stack, put_text};

use crate::buffers::BUFFER_BYTES;
use crate::channel::Channel;
use crate::cupti::{self, CallbackData, NvtxData, domain};
use crate::guarded;
use crate::session::{Session, session};
use crate::stack;

/// CUPTI's subscriber callback.
pub extern "C" fn on_callback(_: *mut c_void, domain: u32, cbid: u32, data: *const c_void) {
    guarded(|| {
        let Some(session) = session() else { return };
        match domain {
            domain::RUNTIME | domain::DRIVER => {
                // SAFETY: in these domains the data is a `CUpti_CallbackData`, valid during the call.
                if let Some(data) = unsafe { data.cast::<CallbackData>().as_ref() } {
                    on_call(session, data);
                }
            }
            domain::NVTX => {
                // SAFETY: in this domain the data is a `CUpti_NvtxData`, valid during the call.
                if let Some(data) = unsafe { data.cast::<NvtxData>().as_ref() } {
                    on_range(session, cbid, data);
                }
            }
            _ => {}
        }
    });
}

fn on_call(session: &Session, data: &CallbackData) {
    if data.site == cupti::SITE_ENTER
        && session.takes_stacks.load(Ordering::Relaxed)
        && let Some(slots) = &session.slots
        // The driver's call below a runtime call has the same correlation id: the stack is there already.
        && !slots.has(data.correlation)
    {
        let stack = stack::capture(session.options.stacks, &mut Told(&session.channel));
        slots.set(data.correlation, stack);
    }
}

/// Definitions of stacks, queued to go before whatever uses them.
struct Told<'a>(&'a Channel);

impl stack::Definitions for Told<'_> {
    fn python_frame(&mut self, id: u32, function: &str, file: &str, line: u32) -> bool {
        let mut texts = Vec::with_capacity(8 + function.len() + file.len());
        put_text(&mut texts, function.as_bytes());
        put_text(&mut texts, file.as_bytes());
        self.0.define(|out| PythonFrame { id, line }.put(out, &texts))
    }

    fn native_frame(&mut self, id: u32, module: u32, offset: u64) -> bool {
        self.0.define(|out| NativeFrame { id, module, offset }.put(out, &[]))
    }

    fn module(&mut self, id: u32, base: u64, path: &[u8], build_id: &[u8]) -> bool {
        let mut texts = Vec::with_capacity(8 + path.len() + build_id.len());
        put_text(&mut texts, build_id);
        put_text(&mut texts, path);
        self.0.define(|out| Module { id, base }.put(out, &texts))
    }

    fn stack(&mut self, id: u32, caller: u32, frame: u32) -> bool {
        self.0.define(|out| Stack { id, caller, frame }.put(out, &[]))
    }

    fn note(&mut self, text: &str) -> bool {
        self.0.define(|out| Note { size_bytes: text.len() as u32 }.put(out, text.as_bytes()))
    }
}

const _: () = assert!(stack::NO_STACK == NO_ID && stack::NO_MODULE == NO_ID);

/// Callback ids of the NVTX domain (`cupti_nvtx_cbid.h`).
mod nvtx {
    pub const RANGE_START_A: u32 = 4;
    pub const RANGE_START_EX: u32 = 6;
    pub const RANGE_END: u32 = 7;
    pub const RANGE_PUSH_A: u32 = 8;
    pub const RANGE_PUSH_EX: u32 = 10;
    pub const RANGE_POP: u32 = 11;
    pub const DOMAIN_RANGE_START_EX: u32 = 31;
    pub const DOMAIN_RANGE_END: u32 = 32;
    pub const DOMAIN_RANGE_PUSH_EX: u32 = 33;
    pub const DOMAIN_RANGE_POP: u32 = 34;
}

thread_local! {
    /// The depth of this thread's pushed ranges, and the depths at which one asked for was pushed.
    static PUSHED: std::cell::RefCell<(u32, Vec<u32>)> = const { std::cell::RefCell::new((0, Vec::new())) };
}

fn on_range(session: &Session, cbid: u32, data: &NvtxData) {
    let Some(wanted) = &session.options.range else { return };
    match cbid {
        nvtx::RANGE_PUSH_A | nvtx::RANGE_PUSH_EX | nvtx::DOMAIN_RANGE_PUSH_EX => {
            // SAFETY: the data is that of this callback id.
            let matches = unsafe { message(cbid, data) } == Some(wanted.as_slice());
            PUSHED.with_borrow_mut(|(depth, asked)| {
                *depth += 1;
                if matches {
                    asked.push(*depth);
                }
            });
            if matches {
                open_range(session);
            }
        }
        nvtx::RANGE_POP | nvtx::DOMAIN_RANGE_POP => {
            let closed = PUSHED.with_borrow_mut(|(depth, asked)| {
                let closed = asked.pop_if(|at| *at == *depth).is_some();
                *depth = depth.saturating_sub(1);
                closed
            });
            if closed {
                close_range(session);
            }
        }
        nvtx::RANGE_START_A | nvtx::RANGE_START_EX | nvtx::DOMAIN_RANGE_START_EX
            // SAFETY: the data is that of this callback id.
            if unsafe { message(cbid, data) } == Some(wanted.as_slice()) =>
        {
            open_range(session);
        }
        // Which range ends is an id that the start's callback does not know yet: ranges across threads that are asked
        // for are recorded until the first end of any.
        nvtx::RANGE_END | nvtx::DOMAIN_RANGE_END
            if session.open_ranges.load(Ordering::Relaxed) > 0 && PUSHED.with_borrow(|(_, asked)| asked.is_empty()) =>
        {
            close_range(session);
        }
        _ => {}
    }
}

fn open_range(session: &Session) {
    if session.open_ranges.fetch_add(1, Ordering::AcqRel) == 0 {
        session.start();
    }
}

fn close_range(session: &Session) {
    if session.open_ranges.fetch_sub(1, Ordering::AcqRel) == 1 {
        session.pause();
    }
}

/// The message of a range's start, where it is ASCII or UTF-8.
///
/// # Safety
/// `data` must be the data of a callback of this id, valid as long as `data` is borrowed.
unsafe fn message(cbid: u32, data: &NvtxData) -> Option<&[u8]> {
    // The arguments, in order, 8-aligned: `(const char*)`, `(const nvtxEventAttributes_t*)`, or a domain before the latter.
    let arguments = data.params.cast::<*const u8>();
    if arguments.is_null() {
        return None;
    }
    // SAFETY: the arguments are pointers, one or two of them as the callback id says; a message is a C string.
    unsafe {
        let text = match cbid {
            nvtx::RANGE_PUSH_A | nvtx::RANGE_START_A => arguments.read(),
            nvtx::RANGE_PUSH_EX | nvtx::RANGE_START_EX => attributes_message(arguments.read())?,
            _ => attributes_message(arguments.add(1).read())?,
        };
        (!text.is_null()).then(|| CStr::from_ptr(text.cast::<c_char>()).to_bytes())
    }
}

/// The message of an `nvtxEventAttributes_t` (`nvToolsExt.h`): its type at byte 32, 1 for ASCII, the pointer at byte 40.
///
/// # Safety
/// `attributes` must be null or point to such a structure.
unsafe fn attributes_message(attributes: *const u8) -> Option<*const u8> {
    const MESSAGE_ASCII: i32 = 1;
    if attributes.is_null() {
        return None;
    }
    // SAFETY: the structure has both fields since its first version.
    unsafe {
        let kind = attributes.add(32).cast::<i32>().read_unaligned();
        (kind == MESSAGE_ASCII).then(|| attributes.add(40).cast::<*const u8>().read_unaligned())
    }
}

/// CUPTI asks for a buffer, on a launching thread.
pub extern "C" fn on_buffer_requested(buffer: *mut *mut u8, size: *mut usize, records: *mut usize) {
    // A refused buffer takes CUPTI before 12.9 down, so also a silent session serves.
    let taken = guarded(|| crate::session::buffers().take()).flatten();
    // SAFETY: CUPTI passes three valid pointers.
    unsafe {
        *buffer = taken.map_or(std::ptr::null_mut(), NonNull::as_ptr);
        *size = if taken.is_some() { BUFFER_BYTES } else { 0 };
        *records = 0;
    }
}

/// CUPTI gives a buffer back, on its worker thread or within a flush, possibly with locks held that launching threads need:
/// the buffer is only queued here and converted later.
pub extern "C" fn on_buffer_completed(_: *mut c_void, _: u32, buffer: *mut u8, _: usize, valid_bytes: usize) {
    guarded(|| {
        let Some(buffer) = NonNull::new(buffer) else { return };
        // SAFETY: the buffer came from `on_buffer_requested`, and CUPTI has done with it.
        unsafe { crate::session::buffers().complete(buffer, valid_bytes.min(BUFFER_BYTES)) };
    });
}
