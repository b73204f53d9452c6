//! What the GPUs were doing beside the program: NVML's figures, live.
//!
//! Two threads sample all GPUs: one takes the hardware's own counters (GPM, since Hopper: SM, tensor, DRAM, PCIe, NVLink)
//! many times a second, the other what the driver has to ask the GPU for (power, clocks, temperature, memory) once a second.
//! Both measure what they cost and slow down where they would take more than [`Rates::cpu_share`] of a core, which is what
//! keeps a machine of sixteen GPUs watchable. What a GPU does not support is asked for once and then left out. GPM shares no
//! hardware with CUPTI's or other profilers' counters, so that both may run.

mod board;
mod metric;
mod nvml;
mod pace;
mod processes;
mod sampler;

pub use board::{Board, Figures};
pub use metric::{Metric, throttle_reasons};
pub use nvml::Unavailable;
pub use processes::GpuProcess;
pub use sampler::{Rates, Sampling};

/// A GPU that NVML shows.
#[derive(Clone, PartialEq, Debug)]
pub struct GpuInfo {
    /// NVML's index, which is nvidia-smi's; CUDA may count otherwise, so join by [`GpuInfo::uuid`].
    pub index: u32,
    /// Marketing name, "NVIDIA H200".
    pub name: String,
    /// "GPU-…", empty where it cannot be told.
    pub uuid: String,
    /// PCI bus id, "0000:1B:00.0", empty where it cannot be told.
    pub pci_bus: String,
    /// Device memory, 0 where it cannot be told.
    pub memory_bytes: u64,
    /// The power limit in force, 0 where it cannot be told.
    pub power_limit_watts: f64,
    /// Whether it has GPM counters (Hopper and newer) that this user may read.
    pub has_gpm: bool,
}

/// One value of one GPU.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// When it was taken, on `CLOCK_MONOTONIC`. Rates and percentages are of the time since the sample before.
    pub monotonic_ns: i64,
    /// Which GPU: an index into [`Telemetry::gpus`].
    pub gpu: usize,
    /// What was measured.
    pub metric: Metric,
    /// The value, in [`Metric::unit`].
    pub value: f64,
}

/// NVML, loaded, with the GPUs it shows.
pub struct Telemetry {
    nvml: nvml::Library,
    gpus: Vec<GpuInfo>,
}

impl Telemetry {
    /// Loads NVML and lists the GPUs.
    ///
    /// # Errors
    /// There is no library, no driver, no permission or no GPU: a sentence each.
    pub fn open() -> Result<Telemetry, Unavailable> {
        let nvml = nvml::Library::load()?;
        let gpus = nvml.gpus()?;
        Ok(Telemetry { nvml, gpus })
    }

    /// The GPUs.
    pub fn gpus(&self) -> &[GpuInfo] {
        &self.gpus
    }

    /// The driver's version, "580.65.06", where it tells.
    pub fn driver_version(&self) -> Option<String> {
        self.nvml.driver_version()
    }

    /// Starts sampling all GPUs, until what is returned is dropped.
    pub fn start(&self, rates: Rates) -> Sampling {
        sampler::start(self.nvml, self.gpus.len(), rates)
    }

    /// The processes on a GPU (an index into [`Telemetry::gpus`]), those with most memory first.
    pub fn processes(&self, gpu: usize) -> Vec<GpuProcess> {
        self.nvml.processes(gpu)
    }
}

/// Now, on the clock of [`Sample::monotonic_ns`].
pub fn monotonic_ns() -> i64 {
    clock_ns(libc::CLOCK_MONOTONIC)
}

fn clock_ns(clock: libc::clockid_t) -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec; both clocks that are asked for exist on every Linux.
    unsafe { libc::clock_gettime(clock, &mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_gpu_there_is_one_clear_sentence() {
        match Telemetry::open() {
            Ok(telemetry) => assert!(!telemetry.gpus().is_empty()),
            Err(error) => {
                let sentence = error.to_string();
                assert!(sentence.len() > 20 && !sentence.contains('\n') && !sentence.ends_with('.'), "{sentence}");
            }
        }
    }
}
