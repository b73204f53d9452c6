//! The figures, one line of a table each.

macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident $name:literal $unit:literal $key:literal;)*) => {
        /// A figure of a GPU.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Metric {
            $($(#[$doc])* $metric,)*
        }

        impl Metric {
            /// All of them, in the order they are shown in.
            pub const ALL: &[Metric] = &[$(Metric::$metric),*];

            /// What it is called on screens and in recordings: "SM active".
            pub fn name(self) -> &'static str {
                match self { $(Metric::$metric => $name,)* }
            }

            /// Unit of its values: "%", "W", "B/s", "MHz", "°C", "B", "bits".
            pub fn unit(self) -> &'static str {
                match self { $(Metric::$metric => $unit,)* }
            }

            /// Its key in JSON and CSV, unit last: "sm_active_percent".
            pub fn key(self) -> &'static str {
                match self { $(Metric::$metric => $key,)* }
            }
        }
    };
}

metrics! {
    /// Share of time an SM had at least one warp, mean of all SMs (GPM 2).
    SmActive "SM active" "%" "sm_active_percent";
    /// Resident warps of the most that fit, mean of all SMs (GPM 3).
    SmOccupancy "SM occupancy" "%" "sm_occupancy_percent";
    /// Share of time the tensor cores worked (GPM 5).
    TensorActive "tensor active" "%" "tensor_active_percent";
    /// Share of the DRAM bandwidth (GPM 10).
    DramBandwidth "DRAM bandwidth" "%" "dram_bandwidth_percent";
    /// Share of time the FP64 pipes worked (GPM 11).
    Fp64Active "FP64 active" "%" "fp64_active_percent";
    /// Share of time the FP32 pipes worked (GPM 12).
    Fp32Active "FP32 active" "%" "fp32_active_percent";
    /// Share of time the FP16 pipes worked, tensor cores not counted (GPM 13).
    Fp16Active "FP16 active" "%" "fp16_active_percent";
    /// Share of time the integer pipes worked (GPM 4).
    IntegerActive "integer active" "%" "integer_active_percent";
    /// From the GPU over PCIe (GPM 20).
    PcieSent "PCIe sent" "B/s" "pcie_sent_bytes_per_s";
    /// To the GPU over PCIe (GPM 21).
    PcieReceived "PCIe received" "B/s" "pcie_received_bytes_per_s";
    /// From the GPU over all NVLinks (GPM 61).
    NvlinkSent "NVLink sent" "B/s" "nvlink_sent_bytes_per_s";
    /// To the GPU over all NVLinks (GPM 60).
    NvlinkReceived "NVLink received" "B/s" "nvlink_received_bytes_per_s";
    /// Share of time any kernel ran: all that GPUs before Hopper tell, and far above what their SMs do.
    GpuUtilization "GPU utilization" "%" "gpu_utilization_percent";
    /// Share of time device memory was read or written at all: GPUs before Hopper.
    MemoryUtilization "memory utilization" "%" "memory_utilization_percent";
    /// Power drawn.
    Power "power" "W" "power_watts";
    /// Clock of the SMs.
    SmClock "SM clock" "MHz" "sm_clock_mhz";
    /// Clock of the device memory.
    MemoryClock "memory clock" "MHz" "memory_clock_mhz";
    /// Temperature of the GPU.
    Temperature "temperature" "°C" "temperature_celsius";
    /// Device memory in use.
    MemoryUsed "memory used" "B" "memory_used_bytes";
    /// Why clocks are held down, as a bit mask: [`throttle_reasons`].
    ThrottleReasons "throttle reasons" "bits" "throttle_reasons";
}

impl Metric {
    /// Whether its values are shares and rates of the time since the sample before, so that an interval's figure is their
    /// mean. Of the others the last value counts.
    pub fn is_averaged(self) -> bool {
        use Metric::*;
        matches!(
            self,
            SmActive
                | SmOccupancy
                | TensorActive
                | DramBandwidth
                | Fp64Active
                | Fp32Active
                | Fp16Active
                | IntegerActive
        ) || matches!(self, PcieSent | PcieReceived | NvlinkSent | NvlinkReceived)
    }
}

/// Names of the reasons in a mask (`nvmlClocksEventReasons` in `nvml.h`), most telling first; idling is none.
pub fn throttle_reasons(mask: u64) -> Vec<&'static str> {
    const REASONS: [(u64, &str); 8] = [
        (0x40, "hardware thermal"),
        (0x80, "power brake"),
        (0x20, "thermal"),
        (0x08, "hardware slowdown"),
        (0x04, "power cap"),
        (0x10, "sync boost"),
        (0x02, "clocks set"),
        (0x100, "display clocks"),
    ];
    REASONS.iter().filter(|(bit, _)| mask & bit != 0).map(|&(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_distinct_and_end_in_their_unit() {
        let mut keys: Vec<&str> = Metric::ALL.iter().map(|metric| metric.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            let end = match metric.unit() {
                "%" => "_percent",
                "B/s" => "_bytes_per_s",
                "B" => "_bytes",
                "W" => "_watts",
                "MHz" => "_mhz",
                "°C" => "_celsius",
                _ => "",
            };
            assert!(metric.key().ends_with(end), "{metric:?}");
        }
    }

    #[test]
    fn idling_is_no_throttling_and_heat_comes_first() {
        assert!(throttle_reasons(1).is_empty());
        assert_eq!(throttle_reasons(0x04 | 0x20), ["thermal", "power cap"]);
    }
}
