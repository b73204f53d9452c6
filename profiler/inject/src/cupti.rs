//! CUPTI as this library needs it: functions found at run time, numbers, and where a record's fields lie.
//!
//! Sources: `cupti_activity.h`, `cupti_callbacks.h`, `cupti_result.h`. The offsets are the same in 12.0 to 13.5 (records only grow
//! at their ends), so that one table reads the records of every version; records are stepped over by CUPTI itself.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::NonNull;

use crate::host::Library;

/// `CUptiResult`; 0 is success.
pub type Status = u32;

/// `CUPTI_SUCCESS`.
pub const SUCCESS: Status = 0;
/// `CUPTI_ERROR_INSUFFICIENT_PRIVILEGES`.
pub const ERROR_INSUFFICIENT_PRIVILEGES: Status = 35;
/// `CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED`.
pub const ERROR_MULTIPLE_SUBSCRIBERS: Status = 39;
/// `CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES`.
pub const ERROR_VIRTUALIZED_PRIVILEGES: Status = 40;
/// `CUPTI_ERROR_VIRTUALIZED_DEVICE_NOT_SUPPORTED`.
pub const ERROR_VIRTUALIZED: Status = 33;
/// `CUPTI_ERROR_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED` and the devices behind it (CMP, MIG, SLI, WSL).
pub const ERROR_UNSUPPORTED: std::ops::RangeInclusive<Status> = 41..=45;

/// Activity kinds (`CUpti_ActivityKind`).
pub mod kind {
    pub const MEMCPY: u32 = 1;
    pub const MEMSET: u32 = 2;
    pub const KERNEL: u32 = 3;
    pub const DRIVER: u32 = 4;
    pub const RUNTIME: u32 = 5;
    pub const CONCURRENT_KERNEL: u32 = 10;
    pub const MARKER: u32 = 12;
    pub const OVERHEAD: u32 = 17;
    pub const MEMCPY2: u32 = 22;
    pub const SYNCHRONIZATION: u32 = 38;
    pub const GRAPH_TRACE: u32 = 51;
}

/// Callback domains (`CUpti_CallbackDomain`).
pub mod domain {
    pub const DRIVER: u32 = 1;
    pub const RUNTIME: u32 = 2;
    pub const NVTX: u32 = 5;
}

/// `CUPTI_API_ENTER`.
pub const SITE_ENTER: u32 = 0;
/// `CUPTI_ACTIVITY_ATTR_ZEROED_OUT_ACTIVITY_BUFFER`, a `uint8_t`.
pub const ATTR_ZEROED_BUFFERS: u32 = 5;
/// `CUPTI_ACTIVITY_ATTR_PER_THREAD_ACTIVITY_BUFFER`, a `uint8_t`.
pub const ATTR_PER_THREAD_BUFFERS: u32 = 9;
/// `CUPTI_ACTIVITY_THREAD_ID_TYPE_SYSTEM`: thread ids are those of `gettid`.
pub const THREAD_ID_SYSTEM: u32 = 1;
/// `CUPTI_ACTIVITY_FLAG_FLUSH_FORCED`: also buffers with unfinished records.
pub const FLUSH_FORCED: u32 = 1;
/// `CUPTI_ACTIVITY_OBJECT_THREAD`.
pub const OBJECT_THREAD: u32 = 2;

/// `CUpti_CallbackFunc`: user data, domain, callback id, data of the domain.
pub type Callback = extern "C" fn(*mut c_void, u32, u32, *const c_void);
/// `CUpti_BuffersCallbackRequestFunc`: buffer, its size, most records.
pub type BufferRequested = extern "C" fn(*mut *mut u8, *mut usize, *mut usize);
/// `CUpti_BuffersCallbackCompleteFunc`: context, stream, buffer, its size, bytes of records.
pub type BufferCompleted = extern "C" fn(*mut c_void, u32, *mut u8, usize, usize);

/// `cuptiActivityEnableRuntimeApi` and its like: callback id, whether to record it.
pub type SwitchCall = unsafe extern "C" fn(u32, u8) -> Status;

/// `CUpti_SubscriberParams` (13.0).
#[repr(C)]
struct SubscriberParams {
    size: usize,
    name: *const c_char,
    old_name: *mut c_char,
    old_name_bytes: usize,
    several: u8,
    padding: [u8; 7],
}

macro_rules! functions {
    ($($field:ident = $name:literal ($($argument:ty),*);)*) => {
        /// CUPTI's functions. Calls are as safe as CUPTI is: pointers given to them must be what its headers ask for.
        #[allow(missing_docs, reason = "the names are CUPTI's")]
        pub struct Cupti {
            library: Library,
            $(pub $field: unsafe extern "C" fn($($argument),*) -> Status,)*
        }

        impl Cupti {
            /// Binds the functions of a loaded library; the name of the missing one where it is no usable CUPTI.
            pub fn bind(library: Library) -> Result<Cupti, &'static str> {
                Ok(Cupti {
                    library,
                    $($field: {
                        let name = CStr::from_bytes_with_nul(concat!($name, "\0").as_bytes()).expect("one NUL, at the end");
                        let symbol = library.symbol(name).ok_or($name)?;
                        // SAFETY: the symbol is CUPTI's function of this name, whose signature the table has.
                        unsafe {
                            std::mem::transmute::<NonNull<c_void>, unsafe extern "C" fn($($argument),*) -> Status>(symbol)
                        }
                    },)*
                })
            }
        }
    };
}

functions! {
    get_version = "cuptiGetVersion"(*mut u32);
    get_timestamp = "cuptiGetTimestamp"(*mut u64);
    get_result_string = "cuptiGetResultString"(Status, *mut *const c_char);
    get_callback_name = "cuptiGetCallbackName"(u32, u32, *mut *const c_char);
    subscribe = "cuptiSubscribe"(*mut *mut c_void, Callback, *mut c_void);
    enable_callback = "cuptiEnableCallback"(u32, *mut c_void, u32, u32);
    enable_domain = "cuptiEnableDomain"(u32, *mut c_void, u32);
    register_callbacks = "cuptiActivityRegisterCallbacks"(BufferRequested, BufferCompleted);
    set_attribute = "cuptiActivitySetAttribute"(u32, *mut usize, *mut c_void);
    set_thread_id_type = "cuptiSetThreadIdType"(u32);
    enable = "cuptiActivityEnable"(u32);
    disable = "cuptiActivityDisable"(u32);
    next_record = "cuptiActivityGetNextRecord"(*mut u8, usize, *mut *mut u8);
    dropped_records = "cuptiActivityGetNumDroppedRecords"(*mut c_void, u32, *mut usize);
    flush_all = "cuptiActivityFlushAll"(u32);
}

impl Cupti {
    /// CUPTI's API version (28 for 12.9, 130500 for 13.5).
    pub fn version(&self) -> u32 {
        let mut version = 0;
        // SAFETY: the pointer is to a `uint32_t`.
        unsafe { (self.get_version)(&raw mut version) };
        version
    }

    /// CUPTI's clock in nanoseconds.
    pub fn timestamp_ns(&self) -> u64 {
        let mut time = 0;
        // SAFETY: the pointer is to a `uint64_t`.
        unsafe { (self.get_timestamp)(&raw mut time) };
        time
    }

    /// The name of a status, as `CUPTI_ERROR_…`.
    pub fn describe(&self, status: Status) -> String {
        let mut text = std::ptr::null();
        // SAFETY: the pointer is to a string pointer; CUPTI's strings are static.
        let known = unsafe { (self.get_result_string)(status, &raw mut text) } == SUCCESS && !text.is_null();
        match known {
            // SAFETY: CUPTI gave a C string.
            true => format!("{} ({status})", unsafe { CStr::from_ptr(text) }.to_string_lossy()),
            false => format!("CUPTI error {status}"),
        }
    }

    /// The name of a callback id, without CUPTI's suffixes (`_v7000`, `_ptsz`); `None` for ids it does not have.
    pub fn callback_name(&self, domain: u32, cbid: u32) -> Option<&'static str> {
        let mut text = std::ptr::null();
        // SAFETY: the pointer is to a string pointer; CUPTI's strings are static.
        let status = unsafe { (self.get_callback_name)(domain, cbid, &raw mut text) };
        if status != SUCCESS || text.is_null() {
            return None;
        }
        // SAFETY: CUPTI gave a C string that lives as long as the library, which is never unloaded.
        unsafe { CStr::from_ptr(text) }.to_str().ok().map(plain_name)
    }

    /// CUPTI's own entry for NVTX, to which ours forwards.
    pub fn nvtx_entry(&self) -> Option<extern "C" fn(*const c_void) -> i32> {
        let symbol = self.library.symbol(c"InitializeInjectionNvtx2")?;
        // SAFETY: the symbol is NVTX's injection entry, whose signature this is.
        Some(unsafe { std::mem::transmute::<NonNull<c_void>, extern "C" fn(*const c_void) -> i32>(symbol) })
    }

    /// The functions that switch records of single calls of the runtime and of the driver; `None` before 12.3.
    pub fn switches_of_calls(&self) -> Option<[SwitchCall; 2]> {
        let switch = |name| {
            let symbol = self.library.symbol(name)?;
            // SAFETY: the symbol is CUPTI's function of this name, whose signature this is.
            Some(unsafe { std::mem::transmute::<NonNull<c_void>, SwitchCall>(symbol) })
        };
        Some([switch(c"cuptiActivityEnableRuntimeApi")?, switch(c"cuptiActivityEnableDriverApi")?])
    }

    /// The name of the subscriber that holds CUPTI, where this version can say (13.0).
    pub fn holder(&self, callback: Callback) -> Option<String> {
        type SubscribeV2 =
            unsafe extern "C" fn(*mut *mut c_void, Callback, *mut c_void, *mut SubscriberParams) -> Status;
        let symbol = self.library.symbol(c"cuptiSubscribe_v2")?;
        // SAFETY: the symbol is CUPTI's function of this name, whose signature this is since 13.0.
        let subscribe = unsafe { std::mem::transmute::<NonNull<c_void>, SubscribeV2>(symbol) };
        let own_name = CString::new("rustg").expect("no NUL in it");
        let mut old_name = [0u8; 256];
        let mut params = SubscriberParams {
            size: size_of::<SubscriberParams>(),
            name: own_name.as_ptr(),
            old_name: old_name.as_mut_ptr().cast(),
            old_name_bytes: old_name.len() - 1,
            several: 0,
            padding: [0; 7],
        };
        let mut subscriber = std::ptr::null_mut();
        // SAFETY: all pointers are to what the headers ask for and outlive the call.
        unsafe { subscribe(&raw mut subscriber, callback, std::ptr::null_mut(), &raw mut params) };
        let name = CStr::from_bytes_until_nul(&old_name).ok()?.to_string_lossy().into_owned();
        (!name.is_empty()).then_some(name)
    }
}

/// Strips the version and the per-thread-stream suffix: `cudaLaunchKernel_ptsz_v7000` → `cudaLaunchKernel`,
/// `cuMemAlloc_v2` → `cuMemAlloc`.
fn plain_name(name: &str) -> &str {
    let mut name = name;
    loop {
        let Some((head, tail)) = name.rsplit_once('_') else { return name };
        let is_version = tail.strip_prefix('v').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        if !(is_version || tail == "ptsz" || tail == "ptds") {
            return name;
        }
        name = head;
    }
}

/// A record in a buffer of CUPTI's.
#[derive(Clone, Copy)]
pub struct RawRecord(NonNull<u8>);

/// A fixed offset of a field in a record.
#[derive(Clone, Copy)]
pub struct At<T>(usize, std::marker::PhantomData<T>);

const fn at<T>(offset: usize) -> At<T> {
    At(offset, std::marker::PhantomData)
}

impl RawRecord {
    /// # Safety
    /// `record` must be a record that CUPTI put into a completed buffer, which outlives the value.
    pub unsafe fn new(record: NonNull<u8>) -> Self {
        RawRecord(record)
    }

    /// The record's kind.
    pub fn kind(self) -> u32 {
        self.get(at(0))
    }

    /// A field; the offset must be one of this record's kind.
    pub fn get<T: Copy>(self, field: At<T>) -> T {
        // SAFETY: offsets come from the tables below, whose kind the caller has checked, and lie within CUPTI's smallest
        // record of that kind; the fields are plain numbers and pointers.
        unsafe { self.0.as_ptr().add(field.0).cast::<T>().read_unaligned() }
    }

    /// The bytes of a text field, without the NUL; `None` for a null pointer.
    pub fn text<'a>(self, field: At<*const c_char>) -> Option<&'a [u8]> {
        let text = self.get(field);
        // SAFETY: CUPTI's text fields are null or C strings that live at least as long as the record.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
    }
}

macro_rules! offsets {
    ($($(#[$doc:meta])* $module:ident { $($field:ident: $type:ty = $offset:literal,)* })*) => {$(
        $(#[$doc])*
        #[allow(missing_docs, reason = "the fields are CUPTI's")]
        pub mod $module {
            #[allow(unused_imports, reason = "not every record has a text")]
            use std::ffi::c_char;
            $(pub const $field: super::At<$type> = super::at($offset);)*
        }
    )*};
}

offsets! {
    /// `CUpti_ActivityKernel9` and later.
    kernel {
        REGISTERS: u16 = 6, START: u64 = 16, END: u64 = 24, DEVICE: u32 = 40, CONTEXT: u32 = 44, STREAM: u32 = 48,
        GRID: [u32; 3] = 52, BLOCK: [u32; 3] = 64, SHARED_STATIC: u32 = 76, SHARED_DYNAMIC: u32 = 80, LOCAL: u32 = 84,
        CORRELATION: u32 = 92, NAME: *const c_char = 104, GRAPH_NODE: u64 = 144, GRAPH: u32 = 156, CLUSTER: [u32; 3] = 176,
    }
    /// `CUpti_ActivityMemcpy5` and later.
    memcpy {
        COPY_KIND: u8 = 4, FROM: u8 = 5, TO: u8 = 6, SIZE: u64 = 8, START: u64 = 16, END: u64 = 24, DEVICE: u32 = 32,
        CONTEXT: u32 = 36, STREAM: u32 = 40, CORRELATION: u32 = 44, GRAPH: u32 = 72,
    }
    /// `CUpti_ActivityMemcpyPtoP4`; its first fields are those of `memcpy`.
    peer_copy {
        CORRELATION: u32 = 60, GRAPH: u32 = 80,
    }
    /// `CUpti_ActivityMemset4` and later.
    memset {
        SIZE: u64 = 8, START: u64 = 16, END: u64 = 24, DEVICE: u32 = 32, CONTEXT: u32 = 36, STREAM: u32 = 40,
        CORRELATION: u32 = 44, MEMORY: u16 = 50, GRAPH: u32 = 72,
    }
    /// `CUpti_ActivityAPI`.
    api {
        CBID: u32 = 4, START: u64 = 8, END: u64 = 16, TID: u32 = 28, CORRELATION: u32 = 32, RETURNED: u32 = 36,
    }
    /// `CUpti_ActivitySynchronization` and later.
    sync {
        TYPE: u32 = 4, START: u64 = 8, END: u64 = 16, CORRELATION: u32 = 24, CONTEXT: u32 = 28, STREAM: u32 = 32,
    }
    /// `CUpti_ActivityOverhead` and later.
    overhead {
        TYPE: u32 = 4, OBJECT: u32 = 8, TID: u32 = 16, START: u64 = 24, END: u64 = 32,
    }
    /// `CUpti_ActivityMarker2`.
    marker {
        FLAGS: u32 = 4, TIMESTAMP: u64 = 8, ID: u32 = 16, OBJECT: u32 = 20, TID: u32 = 28, NAME: *const c_char = 40,
        DOMAIN: *const c_char = 48,
    }
    /// `CUpti_ActivityGraphTrace` and later.
    graph_trace {
        CORRELATION: u32 = 4, START: u64 = 8, END: u64 = 16, DEVICE: u32 = 24, GRAPH: u32 = 28, CONTEXT: u32 = 32,
        STREAM: u32 = 36,
    }
}

/// `CUpti_CallbackData`, up to the last field that is read.
#[repr(C)]
pub struct CallbackData {
    /// [`SITE_ENTER`], or another at the exit.
    pub site: u32,
    function_name: *const c_char,
    function_params: *const c_void,
    function_return_value: *const c_void,
    symbol_name: *const c_char,
    context: *const c_void,
    context_uid: u32,
    correlation_data: *const u64,
    /// The call's correlation id.
    pub correlation: u32,
}

const _: () = assert!(std::mem::offset_of!(CallbackData, correlation) == 64);

/// `CUpti_NvtxData`.
#[repr(C)]
pub struct NvtxData {
    function_name: *const c_char,
    /// The NVTX function's arguments.
    pub params: *const c_void,
    function_return_value: *const c_void,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_stream_suffixes_are_no_part_of_a_call_s_name() {
        assert_eq!(plain_name("cudaLaunchKernel_ptsz_v7000"), "cudaLaunchKernel");
        assert_eq!(plain_name("cuMemcpyHtoDAsync_v2_ptsz"), "cuMemcpyHtoDAsync");
        assert_eq!(plain_name("cuMemcpyHtoD_v2_ptds"), "cuMemcpyHtoD");
        assert_eq!(plain_name("cuLaunchKernelEx"), "cuLaunchKernelEx");
        assert_eq!(plain_name("a_volatile_name"), "a_volatile_name");
    }
}
