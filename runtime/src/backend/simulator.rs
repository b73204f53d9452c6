//! The simulator as a device. A launch runs at once; what went wrong is told at the next synchronisation, as on a GPU.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustc_hash::FxHashMap;
use rustg_simulator::device::{Config, Device, DeviceError, LaunchError, LaunchShape, Module};

use super::{Backend, EventId, PinnedMemory, RecordMemory, Shape, StreamId};
use crate::error::{Error, Result};
use crate::image::KernelImage;

pub(crate) struct Simulator {
    state: Mutex<State>,
}

struct State {
    device: Device,
    /// Loaded kernels, by the address of their image.
    modules: FxHashMap<usize, Module>,
    /// What went wrong in a stream and was not told yet.
    failures: FxHashMap<StreamId, Error>,
    events: FxHashMap<EventId, Instant>,
    last_id: u64,
    /// Warp instructions of all launches.
    instructions: u64,
}

impl Simulator {
    /// With every core; or with one, and a bound of warp instructions for each launch, where others run beside it.
    pub fn new(steps: Option<u64>) -> Simulator {
        let config = match steps {
            Some(step_budget) => Config { cores: 1, step_budget, ..Config::default() },
            None => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                Config { cores, ..Config::default() }
            }
        };
        let device = Device::new(config);
        let state = State {
            device,
            modules: FxHashMap::default(),
            failures: FxHashMap::default(),
            events: FxHashMap::default(),
            last_id: 0,
            instructions: 0,
        };
        Simulator { state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held left tables that are still whole: each step replaces one entry.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn device_error(error: DeviceError, size_bytes: u64) -> Error {
    match error {
        DeviceError::OutOfMemory { .. } => Error::OutOfMemory { size_bytes },
        other => Error::Fault { kernel: "(copy)".to_owned(), reason: other.to_string() },
    }
}

impl State {
    fn module(&mut self, image: &'static KernelImage) -> Result<Module> {
        let key = std::ptr::from_ref(image) as usize;
        if let Some(module) = self.modules.get(&key) {
            return Ok(module.clone());
        }
        let refuse = |reason: String| Error::Launch { kernel: image.path.to_owned(), reason };
        let (parsed, diagnostics) = rustg_ptx::parse(image.ptx.as_bytes());
        if let Some(first) = diagnostics.first() {
            return Err(refuse(format!("its PTX cannot be read: {}", first.message)));
        }
        let module = self.device.load_module(Arc::new(parsed)).map_err(|error| refuse(error.to_string()))?;
        self.modules.insert(key, module.clone());
        Ok(module)
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl Backend for Simulator {
    fn name(&self) -> String {
        "simulator".to_owned()
    }

    fn is_simulator(&self) -> bool {
        true
    }

    fn is_lost(&self) -> bool {
        false
    }

    fn instructions(&self) -> Option<u64> {
        Some(self.state().instructions)
    }

    fn allocate(&self, size_bytes: u64) -> Result<u64> {
        self.state().device.allocate("buffer", size_bytes.max(1)).map_err(|error| device_error(error, size_bytes))
    }

    fn free(&self, address: u64) {
        let freed = self.state().device.free(address);
        debug_assert!(freed.is_ok(), "an allocation is freed once, by its owner");
    }

    fn upload(&self, address: u64, bytes: &[u8]) -> Result<()> {
        self.state().device.upload(address, bytes).map_err(|error| device_error(error, bytes.len() as u64))
    }

    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<()> {
        let found = self.state().device.download(address, bytes.len() as u64);
        bytes.copy_from_slice(&found.map_err(|error| device_error(error, bytes.len() as u64))?);
        Ok(())
    }

    fn copy(&self, from: u64, to: u64, size_bytes: u64) -> Result<()> {
        let mut state = self.state();
        let bytes = state.device.download(from, size_bytes).map_err(|error| device_error(error, size_bytes))?;
        state.device.upload(to, &bytes).map_err(|error| device_error(error, size_bytes))
    }

    fn allocate_pinned(&self, size_bytes: usize) -> Result<PinnedMemory> {
        // 16 bytes at a time, so that any element is aligned.
        let memory = vec![0_u128; size_bytes.div_ceil(16)].into_boxed_slice();
        Ok(PinnedMemory { pointer: Box::into_raw(memory).cast(), size_bytes })
    }

    fn free_pinned(&self, memory: &PinnedMemory) {
        let blocks = std::ptr::slice_from_raw_parts_mut(memory.pointer.cast::<u128>(), memory.size_bytes.div_ceil(16));
        // SAFETY: `allocate_pinned` made it of a box of that length, and its owner frees it once.
        drop(unsafe { Box::from_raw(blocks) });
    }

    fn allocate_records(&self, size_bytes: usize) -> Result<RecordMemory> {
        let size = size_bytes as u64;
        let address = self.state().device.allocate("panic records", size).map_err(|error| device_error(error, size))?;
        Ok(RecordMemory { address, host: std::ptr::null_mut() })
    }

    fn read_record(&self, memory: &RecordMemory, offset: usize) -> [u8; 64] {
        let mut record = [0; 64];
        // Records are never freed; a read of them does not fail.
        if let Ok(bytes) = self.state().device.download(memory.address + offset as u64, 64) {
            record.copy_from_slice(&bytes);
        }
        record
    }

    fn clear_record(&self, memory: &RecordMemory, offset: usize) {
        let cleared = self.state().device.upload(memory.address + offset as u64, &[0; 64]);
        debug_assert!(cleared.is_ok(), "records are never freed");
    }

    fn write_variable(&self, image: &'static KernelImage, symbol: &str, bytes: &[u8]) -> Result<()> {
        let mut state = self.state();
        let module = state.module(image)?;
        let missing = || Error::Launch { kernel: image.path.to_owned(), reason: format!("its PTX has no `{symbol}`") };
        let address = module.variable(symbol).ok_or_else(missing)?;
        state.device.upload(address, bytes).map_err(|error| device_error(error, bytes.len() as u64))
    }

    fn block_size(&self, image: &'static KernelImage, _shared_bytes: u32) -> Result<u32> {
        Ok(if image.max_threads == 0 { 256 } else { image.max_threads.min(256) })
    }

    fn resident_blocks(&self, _image: &'static KernelImage, threads: u32, _shared_bytes: u32) -> Result<u32> {
        let multiprocessors = self.state().device.config().multiprocessors;
        Ok(multiprocessors * (2048 / threads.max(1)).clamp(1, 32))
    }

    fn launch(&self, stream: StreamId, image: &'static KernelImage, shape: &Shape, parameters: &[u8]) -> Result<()> {
        let mut state = self.state();
        let module = state.module(image)?;
        let launch = LaunchShape {
            grid: shape.blocks,
            block: shape.threads,
            cluster: None,
            dynamic_shared_bytes: shape.shared_bytes,
            cooperative: false,
        };
        let failure = |reason: String| Error::Fault { kernel: image.path.to_owned(), reason };
        let report = match state.device.launch(&module, image.symbol, &launch, parameters) {
            Ok(report) => report,
            Err(LaunchError::Invalid(reason)) => {
                return Err(Error::Launch { kernel: image.path.to_owned(), reason });
            }
            Err(error) => {
                let LaunchError::Fault { report, .. } = &error else { unreachable!("the other kind was returned") };
                let (report, reason) = (report.clone(), error.to_string());
                state.failures.entry(stream).or_insert(failure(reason));
                report
            }
        };
        state.instructions += report.steps;
        drop(state);
        if !report.output.is_empty() {
            // By the macro, so that a test's output is kept with the test; bytes that are no text stand as such.
            print!("{}", String::from_utf8_lossy(&report.output));
        }
        Ok(())
    }

    fn create_stream(&self) -> Result<StreamId> {
        Ok(self.state().next_id())
    }

    fn destroy_stream(&self, stream: StreamId) {
        self.state().failures.remove(&stream);
    }

    fn synchronize(&self, stream: StreamId) -> Result<()> {
        self.state().failures.remove(&stream).map_or(Ok(()), Err)
    }

    fn wait_event(&self, _stream: StreamId, _event: EventId) -> Result<()> {
        // Everything that was recorded has run.
        Ok(())
    }

    fn record_event(&self, _stream: StreamId) -> Result<EventId> {
        let mut state = self.state();
        let id = state.next_id();
        state.events.insert(id, Instant::now());
        Ok(id)
    }

    fn destroy_event(&self, event: EventId) {
        self.state().events.remove(&event);
    }

    fn event_is_done(&self, _event: EventId) -> Result<bool> {
        Ok(true)
    }

    fn synchronize_event(&self, _event: EventId) -> Result<()> {
        Ok(())
    }

    fn elapsed_ns(&self, start: EventId, end: EventId) -> Result<u64> {
        let state = self.state();
        let at = |event| state.events.get(&event).copied();
        Ok(match (at(start), at(end)) {
            (Some(start), Some(end)) => end.saturating_duration_since(start).as_nanos() as u64,
            _ => 0,
        })
    }
}
