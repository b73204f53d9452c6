//! A CUDA GPU, by the driver's library, which is loaded when a GPU is asked for.

use std::collections::hash_map::Entry;
use std::ffi::{CString, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cudarc::driver::result::{self, DriverError};
use cudarc::driver::sys;
use rustc_hash::FxHashMap;

use super::{Backend, EventId, PinnedMemory, RecordMemory, Shape, StreamId};
use crate::error::{Error, Result};
use crate::image::KernelImage;

pub(crate) struct Cuda {
    context: sys::CUcontext,
    name: String,
    multiprocessors: u32,
    loaded: Mutex<FxHashMap<usize, Loaded>>,
}

#[derive(Clone, Copy)]
struct Loaded {
    module: sys::CUmodule,
    function: sys::CUfunction,
    /// The size of a block at which most threads run at once, without dynamic shared memory.
    block_size: u32,
}

// SAFETY: the driver's handles may be used from any thread; each call makes the context current first.
unsafe impl Send for Cuda {}
// SAFETY: as above; what is not the driver's own is behind a mutex.
unsafe impl Sync for Cuda {}

fn refused(call: &'static str) -> impl Fn(DriverError) -> Error {
    move |error| {
        let text = |found: std::result::Result<&std::ffi::CStr, DriverError>| {
            found.map_or_else(|_| format!("error {}", error.0 as u32), |text| text.to_string_lossy().into_owned())
        };
        Error::Driver { call, reason: format!("{} ({})", text(error.error_name()), text(error.error_string())) }
    }
}

impl Cuda {
    /// The GPU of that number.
    pub fn open(ordinal: u32) -> Result<Cuda> {
        let missing = |reason: String| Error::NoDevice { asked: format!("cuda:{ordinal}"), reason };
        // SAFETY: only looks whether the library can be loaded.
        if !unsafe { sys::is_culib_present() } {
            return Err(missing("libcuda.so, which the NVIDIA driver brings, is not there".to_owned()));
        }
        let why = |error: DriverError| missing(refused("cuInit")(error).to_string());
        result::init().map_err(why)?;
        let count = result::device::get_count().map_err(why)?;
        if ordinal as i32 >= count {
            return Err(missing(format!("there are {count} CUDA devices")));
        }
        let device = result::device::get(ordinal as i32).map_err(why)?;
        let name = result::device::get_name(device).map_err(why)?;
        let attribute = sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
        // SAFETY: the device is one that the driver named.
        let multiprocessors = unsafe { result::device::get_attribute(device, attribute) }.map_err(why)? as u32;
        // SAFETY: as above; the primary context is never released, so that it outlives every buffer.
        let context = unsafe { result::primary_ctx::retain(device) }.map_err(why)?;
        Ok(Cuda { context, name, multiprocessors, loaded: Mutex::new(FxHashMap::default()) })
    }

    fn enter(&self) -> Result<()> {
        // SAFETY: the context was retained and is never released.
        unsafe { result::ctx::set_current(self.context) }.map_err(refused("cuCtxSetCurrent"))
    }

    fn loaded(&self) -> MutexGuard<'_, FxHashMap<usize, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, image: &'static KernelImage) -> Result<Loaded> {
        self.enter()?;
        match self.loaded().entry(std::ptr::from_ref(image) as usize) {
            Entry::Occupied(entry) => Ok(*entry.get()),
            Entry::Vacant(entry) => Ok(*entry.insert(load_image(image)?)),
        }
    }
}

/// The stack of a thread where functions call themselves: how much they need cannot be told beforehand, and CUDA's own limit is 1 KiB.
const RECURSION_STACK_BYTES: usize = 16 << 10;

/// What is not inlined calls itself; `vprintf` and its like are extern.
fn has_recursion(ptx: &str) -> bool {
    ptx.lines().any(|line| line.starts_with(".func") || line.starts_with(".visible .func"))
}

/// Gives every thread the stack that recursion may need. It stays: making it smaller would wait for the device.
fn grow_stack() -> Result<()> {
    let limit = sys::CUlimit::CU_LIMIT_STACK_SIZE;
    let mut size = 0;
    // SAFETY: a context is current, and the place is written by the call.
    unsafe { sys::cuCtxGetLimit(&mut size, limit) }.result().map_err(refused("cuCtxGetLimit"))?;
    if size < RECURSION_STACK_BYTES {
        // SAFETY: a context is current.
        unsafe { sys::cuCtxSetLimit(limit, RECURSION_STACK_BYTES) }.result().map_err(refused("cuCtxSetLimit"))?;
    }
    Ok(())
}

fn load_image(image: &'static KernelImage) -> Result<Loaded> {
    if has_recursion(image.ptx) {
        grow_stack()?;
    }
    let text = |text: &str| CString::new(text).expect("PTX text and names hold no NUL");
    let (ptx, symbol) = (text(image.ptx), text(image.symbol));
    // SAFETY: the image is a text that ends in NUL; modules stay loaded as long as the program runs.
    let module = unsafe { result::module::load_data(ptx.as_ptr().cast()) }.map_err(refused("cuModuleLoadData"))?;
    // SAFETY: the module was just loaded.
    let function = unsafe { result::module::get_function(module, symbol) }.map_err(refused("cuModuleGetFunction"))?;
    let (mut blocks, mut threads) = (0, 0);
    // SAFETY: the function was just found; both places are written by the call.
    unsafe { sys::cuOccupancyMaxPotentialBlockSize(&mut blocks, &mut threads, function, None, 0, 0) }
        .result()
        .map_err(refused("cuOccupancyMaxPotentialBlockSize"))?;
    let bound = if image.max_threads == 0 { 1024 } else { image.max_threads };
    Ok(Loaded { module, function, block_size: (threads as u32).clamp(1, bound) })
}

fn stream_of(stream: StreamId) -> sys::CUstream {
    stream as usize as sys::CUstream
}

fn event_of(event: EventId) -> sys::CUevent {
    event as usize as sys::CUevent
}

impl Backend for Cuda {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn is_simulator(&self) -> bool {
        false
    }

    fn is_lost(&self) -> bool {
        // Faults stick: every later call returns the same error, whichever it is.
        self.enter().is_err() || result::ctx::synchronize().is_err()
    }

    fn instructions(&self) -> Option<u64> {
        None
    }

    fn allocate(&self, size_bytes: u64) -> Result<u64> {
        self.enter()?;
        let size = size_bytes.max(1) as usize;
        // SAFETY: a context is current.
        let address = unsafe { result::malloc_sync(size) }.map_err(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => Error::OutOfMemory { size_bytes },
            _ => refused("cuMemAlloc")(error),
        })?;
        // SAFETY: the memory was just allocated, with that size.
        unsafe { result::memset_d8_sync(address, 0, size) }.map_err(refused("cuMemsetD8"))?;
        Ok(address)
    }

    fn free(&self, address: u64) {
        // After a fault of a kernel the driver refuses everything; the memory goes with the process.
        if self.enter().is_ok() {
            // SAFETY: the owner frees it once; the call waits for work that uses it.
            let _ = unsafe { result::free_sync(address) };
        }
    }

    fn upload(&self, address: u64, bytes: &[u8]) -> Result<()> {
        self.enter()?;
        // SAFETY: the caller's range lies within one allocation.
        unsafe { result::memcpy_htod_sync(address, bytes) }.map_err(refused("cuMemcpyHtoD"))
    }

    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<()> {
        self.enter()?;
        // SAFETY: the caller's range lies within one allocation.
        unsafe { result::memcpy_dtoh_sync(bytes, address) }.map_err(refused("cuMemcpyDtoH"))
    }

    fn copy(&self, from: u64, to: u64, size_bytes: u64) -> Result<()> {
        self.enter()?;
        // SAFETY: the caller's ranges lie within allocations.
        unsafe { result::memcpy_dtod_sync(to, from, size_bytes as usize) }.map_err(refused("cuMemcpyDtoD"))
    }

    fn allocate_pinned(&self, size_bytes: usize) -> Result<PinnedMemory> {
        self.enter()?;
        let flags = sys::CU_MEMHOSTALLOC_PORTABLE | sys::CU_MEMHOSTALLOC_DEVICEMAP;
        // SAFETY: a context is current.
        let pointer =
            unsafe { result::malloc_host(size_bytes.max(1), flags) }.map_err(refused("cuMemHostAlloc"))?.cast::<u8>();
        // SAFETY: so many bytes were just allocated.
        unsafe { pointer.write_bytes(0, size_bytes) };
        Ok(PinnedMemory { pointer, size_bytes })
    }

    fn free_pinned(&self, memory: &PinnedMemory) {
        if self.enter().is_ok() {
            // SAFETY: its owner frees it once.
            let _ = unsafe { result::free_host(memory.pointer.cast()) };
        }
    }

    fn allocate_records(&self, size_bytes: usize) -> Result<RecordMemory> {
        let memory = self.allocate_pinned(size_bytes)?;
        let mut address = 0;
        // SAFETY: the memory is host memory of the driver, mapped for devices.
        unsafe { sys::cuMemHostGetDevicePointer_v2(&mut address, memory.pointer.cast::<c_void>(), 0) }
            .result()
            .map_err(refused("cuMemHostGetDevicePointer"))?;
        Ok(RecordMemory { address, host: memory.pointer })
    }

    fn read_record(&self, memory: &RecordMemory, offset: usize) -> [u8; 64] {
        let mut record = [0; 64];
        for (at, byte) in record.iter_mut().enumerate() {
            // SAFETY: the record lies within the memory; the device may write it, so the read is volatile.
            *byte = unsafe { memory.host.add(offset + at).read_volatile() };
        }
        record
    }

    fn clear_record(&self, memory: &RecordMemory, offset: usize) {
        // SAFETY: the record lies within the memory, and no launch that may write it is running.
        unsafe { memory.host.add(offset).write_bytes(0, 64) };
    }

    fn write_variable(&self, image: &'static KernelImage, symbol: &str, bytes: &[u8]) -> Result<()> {
        let module = self.load(image)?.module;
        let name = CString::new(symbol).expect("symbols hold no NUL");
        // Launches on any stream may still read the old value.
        result::ctx::synchronize().map_err(refused("cuCtxSynchronize"))?;
        // SAFETY: the module stays loaded.
        let (address, size) =
            unsafe { result::module::get_global(module, name) }.map_err(refused("cuModuleGetGlobal"))?;
        if size < bytes.len() {
            let reason = format!("its `{symbol}` has {size} bytes, not {}", bytes.len());
            return Err(Error::Launch { kernel: image.path.to_owned(), reason });
        }
        // SAFETY: the variable has so many bytes.
        unsafe { result::memcpy_htod_sync(address, bytes) }.map_err(refused("cuMemcpyHtoD"))
    }

    fn block_size(&self, image: &'static KernelImage, _shared_bytes: u32) -> Result<u32> {
        Ok(self.load(image)?.block_size)
    }

    fn resident_blocks(&self, image: &'static KernelImage, threads: u32, shared_bytes: u32) -> Result<u32> {
        let function = self.load(image)?.function;
        // SAFETY: the function belongs to a module that stays loaded.
        let blocks = unsafe {
            result::occupancy::max_active_block_per_multiprocessor(function, threads as i32, shared_bytes as usize)
        };
        Ok(blocks.map_err(refused("cuOccupancyMaxActiveBlocksPerMultiprocessor"))?.max(1) as u32 * self.multiprocessors)
    }

    fn launch(&self, stream: StreamId, image: &'static KernelImage, shape: &Shape, parameters: &[u8]) -> Result<()> {
        let function = self.load(image)?.function;
        if shape.shared_bytes > 48 << 10 {
            let attribute = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: the function belongs to a module that stays loaded.
            unsafe { result::function::set_function_attribute(function, attribute, shape.shared_bytes as i32) }
                .map_err(refused("cuFuncSetAttribute"))?;
        }
        let mut size = parameters.len();
        let mut extra: [*mut c_void; 5] = [
            1 as *mut c_void, // CU_LAUNCH_PARAM_BUFFER_POINTER
            parameters.as_ptr().cast_mut().cast(),
            2 as *mut c_void, // CU_LAUNCH_PARAM_BUFFER_SIZE
            (&raw mut size).cast(),
            std::ptr::null_mut(), // CU_LAUNCH_PARAM_END
        ];
        let ([gx, gy, gz], [bx, by, bz]) = (shape.blocks, shape.threads);
        // SAFETY: the parameters are laid out as the kernel declares them, and are copied before the call returns.
        unsafe {
            sys::cuLaunchKernel(
                function,
                gx,
                gy,
                gz,
                bx,
                by,
                bz,
                shape.shared_bytes,
                stream_of(stream),
                std::ptr::null_mut(),
                extra.as_mut_ptr(),
            )
        }
        .result()
        .map_err(refused("cuLaunchKernel"))
    }

    fn create_stream(&self) -> Result<StreamId> {
        self.enter()?;
        let stream = result::stream::create(result::stream::StreamKind::NonBlocking);
        Ok(stream.map_err(refused("cuStreamCreate"))? as usize as StreamId)
    }

    fn destroy_stream(&self, stream: StreamId) {
        if self.enter().is_ok() {
            // SAFETY: its owner destroys it once; work in it goes on to its end.
            let _ = unsafe { result::stream::destroy(stream_of(stream)) };
        }
    }

    fn synchronize(&self, stream: StreamId) -> Result<()> {
        self.enter()?;
        // SAFETY: the stream lives as long as its owner.
        unsafe { result::stream::synchronize(stream_of(stream)) }.map_err(refused("cuStreamSynchronize"))
    }

    fn wait_event(&self, stream: StreamId, event: EventId) -> Result<()> {
        self.enter()?;
        let flags = sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
        // SAFETY: stream and event live as long as their owners.
        unsafe { result::stream::wait_event(stream_of(stream), event_of(event), flags) }
            .map_err(refused("cuStreamWaitEvent"))
    }

    fn record_event(&self, stream: StreamId) -> Result<EventId> {
        self.enter()?;
        let event = result::event::create(sys::CUevent_flags::CU_EVENT_DEFAULT).map_err(refused("cuEventCreate"))?;
        // SAFETY: the event was just made; the stream lives as long as its owner.
        unsafe { result::event::record(event, stream_of(stream)) }.map_err(refused("cuEventRecord"))?;
        Ok(event as usize as EventId)
    }

    fn destroy_event(&self, event: EventId) {
        if self.enter().is_ok() {
            // SAFETY: its owner destroys it once.
            let _ = unsafe { result::event::destroy(event_of(event)) };
        }
    }

    fn event_is_done(&self, event: EventId) -> Result<bool> {
        self.enter()?;
        // SAFETY: the event lives as long as its owner.
        match unsafe { result::event::query(event_of(event)) } {
            Ok(()) => Ok(true),
            Err(DriverError(sys::CUresult::CUDA_ERROR_NOT_READY)) => Ok(false),
            Err(error) => Err(refused("cuEventQuery")(error)),
        }
    }

    fn synchronize_event(&self, event: EventId) -> Result<()> {
        self.enter()?;
        // SAFETY: the event lives as long as its owner.
        unsafe { result::event::synchronize(event_of(event)) }.map_err(refused("cuEventSynchronize"))
    }

    fn elapsed_ns(&self, start: EventId, end: EventId) -> Result<u64> {
        self.enter()?;
        // SAFETY: both events live as long as their owners.
        let milliseconds = unsafe { result::event::elapsed(event_of(start), event_of(end)) };
        Ok((f64::from(milliseconds.map_err(refused("cuEventElapsedTime"))?) * 1e6) as u64)
    }
}
