//! Devices: where memory lies and kernels run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::backend::cuda::Cuda;
use crate::backend::simulator::Simulator;
use crate::backend::{Backend, RecordMemory};
use crate::buffer::{Buffer, Pinned};
use crate::constant::Constants;
use crate::element::DeviceCopy;
use crate::error::{Error, Result};
use crate::image::KernelImage;
use crate::launch::Launch;
use crate::record::{RECORD_SIZE_BYTES, Records};
use crate::stream::{LaunchOn, Stream};

/// A device: a CUDA GPU or the simulator. Clones are the same device.
///
/// Every device has a default stream, on which launches that name no stream run in order.
#[derive(Clone)]
pub struct Device {
    pub(crate) shared: Arc<Shared>,
}

/// What the clones of a device share.
pub(crate) struct Shared {
    pub backend: Box<dyn Backend>,
    /// Told apart by it, among all devices of the process.
    pub identity: u64,
    /// Free records.
    pub free_records: Mutex<Vec<Record>>,
    /// What was launched on the default stream and not looked at since.
    pub pending: Records,
    /// Values of constant variables.
    pub constants: Constants,
}

/// The place of one launch's panic record.
#[derive(Clone)]
pub(crate) struct Record {
    pub memory: Arc<RecordMemory>,
    pub offset: usize,
}

/// Records are allocated so many at a time.
const RECORDS_AT_ONCE: usize = 256;

impl Device {
    /// The device that `RUSTG_DEVICE` names (`sim`, `cuda:0`); without it the first CUDA GPU, and where there is none, the simulator.
    ///
    /// # Errors
    /// [`Error::NoDevice`] where `RUSTG_DEVICE` names a device that is not there.
    pub fn open_default() -> Result<Device> {
        match std::env::var("RUSTG_DEVICE") {
            Ok(name) if !name.is_empty() => Device::open(&name),
            _ => Ok(Cuda::open(0).map_or_else(|_| Device::simulator(), Device::of)),
        }
    }

    /// The device of that name: `sim` or `cuda:0`, `cuda:1`, ….
    ///
    /// # Errors
    /// [`Error::NoDevice`]
    pub fn open(name: &str) -> Result<Device> {
        if matches!(name, "sim" | "simulator") {
            return Ok(Device::simulator());
        }
        let ordinal = if name == "cuda" { Some(0) } else { name.strip_prefix("cuda:").and_then(|at| at.parse().ok()) };
        match ordinal {
            Some(ordinal) => Cuda::open(ordinal).map(Device::of),
            None => Err(Error::NoDevice {
                asked: name.to_owned(),
                reason: "devices are named `sim`, `cuda:0`, `cuda:1`, …".to_owned(),
            }),
        }
    }

    /// A new simulator, with memory of its own.
    pub fn simulator() -> Device {
        Device::of(Simulator::new(None))
    }

    /// A simulator on one core whose launches end after `RUSTG_TEST_STEPS` warp instructions, 10^9 where that is not set: a test that hangs
    /// fails alone.
    pub(crate) fn simulator_for_tests() -> Device {
        let steps = std::env::var("RUSTG_TEST_STEPS").ok().and_then(|steps| steps.parse().ok());
        Device::of(Simulator::new(Some(steps.unwrap_or(1_000_000_000))))
    }

    fn of(backend: impl Backend + 'static) -> Device {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let identity = LAST.fetch_add(1, Ordering::Relaxed);
        Device {
            shared: Arc::new(Shared {
                backend: Box::new(backend),
                identity,
                free_records: Mutex::new(Vec::new()),
                pending: Records::default(),
                constants: Constants::default(),
            }),
        }
    }

    /// What it is: "simulator", "NVIDIA H200".
    pub fn name(&self) -> String {
        self.shared.backend.name()
    }

    /// Whether it is the simulator.
    pub fn is_simulator(&self) -> bool {
        self.shared.backend.is_simulator()
    }

    /// Copies elements into a new buffer.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]
    pub fn upload<T: DeviceCopy>(&self, elements: &[T]) -> Result<Buffer<T>> {
        let mut buffer = self.zeros(elements.len())?;
        buffer.upload(elements)?;
        Ok(buffer)
    }

    /// A new buffer of zeros.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]
    pub fn zeros<T: DeviceCopy>(&self, len: usize) -> Result<Buffer<T>> {
        Buffer::allocate(self, len)
    }

    /// Zeros in host memory that the device copies from and to at full speed.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Driver`]
    pub fn pinned<T: DeviceCopy>(&self, len: usize) -> Result<Pinned<T>> {
        Pinned::allocate(self, len)
    }

    /// A new stream: what is launched on it runs in order, beside other streams.
    ///
    /// # Errors
    /// [`Error::Driver`]
    pub fn stream(&self) -> Result<Stream> {
        Stream::create(self)
    }

    /// Waits for everything on the default stream.
    ///
    /// # Errors
    /// The first panic or fault of a kernel since the last synchronisation.
    pub fn synchronize(&self) -> Result<()> {
        self.shared.pending.synchronize(&self.shared, 0)
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Device").field(&self.name()).finish()
    }
}

impl Shared {
    pub fn take_record(&self) -> Result<Record> {
        let mut free = self.free_records.lock().unwrap_or_else(PoisonError::into_inner);
        if free.is_empty() {
            let memory = Arc::new(self.backend.allocate_records(RECORDS_AT_ONCE * RECORD_SIZE_BYTES)?);
            let new = (0..RECORDS_AT_ONCE).map(|at| Record { memory: memory.clone(), offset: at * RECORD_SIZE_BYTES });
            free.extend(new);
        }
        Ok(free.pop().expect("there are free records now"))
    }

    pub fn give_record(&self, record: Record) {
        self.free_records.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

impl LaunchOn for Device {
    fn device(&self) -> &Device {
        self
    }

    fn stream_id(&self) -> u64 {
        0
    }

    fn launch_image(
        &self,
        image: &'static KernelImage,
        launch: Launch,
        arguments: crate::image::Arguments,
    ) -> Result<()> {
        self.shared.pending.launch(&self.shared, 0, image, launch, arguments)
    }

    fn synchronize_work(&self) -> Result<()> {
        self.synchronize()
    }
}

/// The device of this process, opened at the first call as [`Device::open_default`] does: for tests, which share it.
///
/// # Errors
/// As [`Device::open_default`], the same at each call.
pub fn default_device() -> Result<Device> {
    static DEVICE: OnceLock<Result<Device>> = OnceLock::new();
    DEVICE.get_or_init(Device::open_default).clone()
}
