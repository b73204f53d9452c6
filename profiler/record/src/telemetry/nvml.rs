//! NVML itself: loading it, listing GPUs, reading values.

use std::ffi::OsStr;
use std::fmt;

use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use nvml_wrapper::enums::gpm::GpmMetricId;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::gpm::{GpmSample, gpm_metrics_get};
use nvml_wrapper::{Device, Nvml};

use super::{GpuInfo, Metric};

/// Why there is no telemetry: a sentence, with the way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unavailable(String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}

/// The loaded library; it stays loaded until the process ends, so that threads may keep what it gave.
#[derive(Clone, Copy)]
pub(super) struct Library(&'static Nvml);

/// Where the driver's library is: the linker's path, WSL's folder, NixOS's.
const FILES: [&str; 3] =
    ["libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1", "/run/opengl-driver/lib/libnvidia-ml.so.1"];

impl Library {
    /// Loads and initialises NVML.
    pub fn load() -> Result<Library, Unavailable> {
        let mut last = None;
        for file in FILES {
            match Nvml::builder().lib_path(OsStr::new(file)).init() {
                Ok(nvml) => return Ok(Library(Box::leak(Box::new(nvml)))),
                Err(NvmlError::LibloadingError(_)) => {}
                Err(error) => last = Some(error),
            }
        }
        Err(match last {
            None => Unavailable(
                "no NVIDIA driver found: its library libnvidia-ml.so.1 is not installed (install the driver; start a \
                 container with `--gpus all`)"
                    .to_owned(),
            ),
            Some(error) => unavailable(&error),
        })
    }

    /// The GPUs, by NVML's index.
    pub fn gpus(self) -> Result<Vec<GpuInfo>, Unavailable> {
        let count = self.0.device_count().map_err(|error| unavailable(&error))?;
        let gpus: Vec<GpuInfo> =
            (0..count).filter_map(|index| Some(gpu_info(index, &self.0.device_by_index(index).ok()?))).collect();
        if gpus.is_empty() {
            return Err(Unavailable(
                "the NVIDIA driver is there but shows no GPU (`nvidia-smi -L` lists them)".to_owned(),
            ));
        }
        Ok(gpus)
    }

    /// The driver's version.
    pub fn driver_version(self) -> Option<String> {
        self.0.sys_driver_version().ok()
    }

    /// NVML's handle of the GPUs that [`Library::gpus`] listed.
    pub fn devices(self) -> Vec<Device<'static>> {
        let count = self.0.device_count().unwrap_or(0);
        (0..count).filter_map(|index| self.0.device_by_index(index).ok()).collect()
    }

    /// NVML, for as long as the process lives.
    pub fn get(self) -> &'static Nvml {
        self.0
    }
}

fn unavailable(error: &NvmlError) -> Unavailable {
    Unavailable(match error {
        NvmlError::DriverNotLoaded => "the NVIDIA driver is not loaded (`nvidia-smi` must work first)".to_owned(),
        NvmlError::NoPermission => {
            "no permission to talk to the NVIDIA driver (may this user open /dev/nvidiactl?)".to_owned()
        }
        NvmlError::LibRmVersionMismatch => {
            "the NVIDIA driver was updated but the old one still runs (reboot, or reload its modules)".to_owned()
        }
        NvmlError::FailedToLoadSymbol(_) => {
            "the NVIDIA driver is too old: its library lacks NVML's basic calls".to_owned()
        }
        other => format!("the NVIDIA management library failed: {other}"),
    })
}

fn gpu_info(index: u32, device: &Device) -> GpuInfo {
    GpuInfo {
        index,
        name: device.name().unwrap_or_else(|_| format!("GPU {index}")),
        uuid: device.uuid().unwrap_or_default(),
        pci_bus: device.pci_info().map(|info| info.bus_id).unwrap_or_default(),
        memory_bytes: device.memory_info().map_or(0, |memory| memory.total),
        power_limit_watts: device.enforced_power_limit().map_or(0.0, |milliwatts| f64::from(milliwatts) / 1e3),
        has_gpm: has_counters(device),
    }
}

/// Whether the GPU has GPM counters and this user may read them.
fn has_counters(device: &Device) -> bool {
    device.gpm_support().unwrap_or(false) && device.gpm_sample().is_ok()
}

/// GPM's metrics and how their values become ours. Rates come in MiB/s (`nvml.h`, `nvmlGpmMetricId_t`).
const GPM_METRICS: [(GpmMetricId, Metric, f64); 12] = {
    const MIB: f64 = 1_048_576.0;
    use GpmMetricId as Id;
    [
        (Id::SmUtil, Metric::SmActive, 1.0),
        (Id::SmOccupancy, Metric::SmOccupancy, 1.0),
        (Id::AnyTensorUtil, Metric::TensorActive, 1.0),
        (Id::DramBwUtil, Metric::DramBandwidth, 1.0),
        (Id::Fp64Util, Metric::Fp64Active, 1.0),
        (Id::Fp32Util, Metric::Fp32Active, 1.0),
        (Id::Fp16Util, Metric::Fp16Active, 1.0),
        (Id::IntegerUtil, Metric::IntegerActive, 1.0),
        (Id::PcieTxPerSec, Metric::PcieSent, MIB),
        (Id::PcieRxPerSec, Metric::PcieReceived, MIB),
        (Id::NvlinkTotalTxPerSec, Metric::NvlinkSent, MIB),
        (Id::NvlinkTotalRxPerSec, Metric::NvlinkReceived, MIB),
    ]
};

/// The hardware counters of one GPU: each reading is over the time since the one before.
pub(super) struct Counters {
    device: Device<'static>,
    nvml: &'static Nvml,
    before: Option<GpmSample<'static>>,
    ids: Vec<GpmMetricId>,
}

impl Counters {
    /// The counters of a GPU, `None` where it has none.
    pub fn of(library: Library, device: Device<'static>) -> Option<Counters> {
        if !has_counters(&device) {
            return None;
        }
        let linked = (0..18).any(|link| device.link_wrapper_for(link).is_active().unwrap_or(false));
        let wanted = GPM_METRICS
            .iter()
            .filter(|(_, metric, _)| linked || !matches!(metric, Metric::NvlinkSent | Metric::NvlinkReceived));
        let ids = wanted.map(|&(id, _, _)| id).collect();
        Some(Counters { device, nvml: library.get(), before: None, ids })
    }

    /// Takes a reading and gives its values to `add`; the first one has none. `false` where the GPU stopped answering.
    pub fn read(&mut self, mut add: impl FnMut(Metric, f64)) -> bool {
        let Ok(now) = self.device.gpm_sample() else { return false };
        let Some(before) = self.before.replace(now) else { return true };
        let now = self.before.as_ref().expect("just put there");
        let Ok(results) = gpm_metrics_get(self.nvml, &before, now, &self.ids) else { return false };
        let mut unsupported = Vec::new();
        for (&id, result) in self.ids.iter().zip(results) {
            match result {
                Ok(result) if result.value.is_finite() => {
                    if let Some(&(_, metric, factor)) = GPM_METRICS.iter().find(|(known, _, _)| *known == id) {
                        add(metric, (result.value * factor).max(0.0));
                    }
                }
                Ok(_) => {}
                Err(NvmlError::NotSupported | NvmlError::InvalidArg) => unsupported.push(id),
                Err(_) => {}
            }
        }
        self.ids.retain(|id| !unsupported.contains(id));
        !self.ids.is_empty()
    }
}

/// A reading of the driver's: value by value, each with a call of its own.
type Reading = fn(&Device<'static>) -> Result<f64, NvmlError>;

/// What the driver answers, dearest calls last. NVML's PCIe throughput is not among them: it sleeps 20 ms.
const READINGS: [(Metric, Reading); 8] = [
    (Metric::MemoryUsed, |device| Ok(device.memory_info()?.used as f64)),
    (Metric::ThrottleReasons, |device| Ok(device.current_throttle_reasons()?.bits() as f64)),
    (Metric::SmClock, |device| Ok(device.clock_info(Clock::SM)?.into())),
    (Metric::MemoryClock, |device| Ok(device.clock_info(Clock::Memory)?.into())),
    (Metric::Temperature, |device| Ok(device.temperature(TemperatureSensor::Gpu)?.into())),
    (Metric::Power, |device| Ok(f64::from(device.power_usage()?) / 1e3)),
    (Metric::GpuUtilization, |device| Ok(device.utilization_rates()?.gpu.into())),
    (Metric::MemoryUtilization, |device| Ok(device.utilization_rates()?.memory.into())),
];

/// What the driver tells of one GPU.
pub(super) struct Readings {
    device: Device<'static>,
    supported: Vec<(Metric, Reading)>,
}

impl Readings {
    /// The readings of a GPU; its utilisation figures only where it has no counters, which tell more.
    pub fn of(device: Device<'static>) -> Readings {
        let has_counters = has_counters(&device);
        let wanted = READINGS.iter().filter(|(metric, _)| {
            !has_counters || !matches!(metric, Metric::GpuUtilization | Metric::MemoryUtilization)
        });
        let supported = wanted.copied().collect();
        Readings { device, supported }
    }

    /// Gives the present values to `add`; what turns out not to be supported is not asked for again.
    pub fn read(&mut self, mut add: impl FnMut(Metric, f64)) {
        let device = &self.device;
        self.supported.retain(|(metric, reading)| match reading(device) {
            Ok(value) => {
                add(*metric, value);
                true
            }
            Err(NvmlError::NotSupported | NvmlError::NoPermission | NvmlError::FailedToLoadSymbol(_)) => false,
            // A passing failure.
            Err(_) => true,
        });
    }
}
