//! Arguments of GPU events as Kineto writes them, and the device table.

use super::event::{Value, for_each_member};
use super::number::{parse_float, parse_integer};
use crate::{Gpu, KernelConfig, MemoryKind, NONE, TransferKind};

/// The arguments of a GPU event or an API call that anything is made of.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct GpuArgs<'a> {
    pub(super) device: Option<i64>,
    pub(super) context: Option<i64>,
    pub(super) stream: Option<i64>,
    correlation: Option<i64>,
    size_bytes: Option<i64>,
    registers: Option<i64>,
    shared_bytes: Option<i64>,
    graph: Option<i64>,
    graph_node: Option<i64>,
    grid: Value<'a>,
    block: Value<'a>,
    cluster: Value<'a>,
    occupancy_percent: Option<f64>,
    cbid: bool,
}

impl<'a> GpuArgs<'a> {
    /// Reads the `args` object; says whether it was well-formed.
    #[inline]
    pub(super) fn read(&mut self, object: &'a [u8]) -> bool {
        let integer = |value: Value| value.digits().and_then(parse_integer);
        for_each_member(object, |key, value| match key {
            b"correlation" => self.correlation = integer(value),
            b"device" => self.device = integer(value),
            b"context" => self.context = integer(value),
            b"stream" => self.stream = integer(value),
            b"grid" => self.grid = value,
            b"block" => self.block = value,
            b"cluster" => self.cluster = value,
            b"registers per thread" => self.registers = integer(value),
            b"shared memory" => self.shared_bytes = integer(value),
            b"est. achieved occupancy %" => self.occupancy_percent = value.digits().and_then(parse_float),
            b"bytes" => self.size_bytes = integer(value),
            b"graph id" => self.graph = integer(value),
            b"graph node id" => self.graph_node = integer(value),
            b"cbid" => self.cbid = true,
            _ => {}
        })
    }

    /// Whether there is anything that only events of a GPU or of its API have.
    pub(super) fn names_cuda(&self) -> bool {
        self.correlation.is_some() || self.stream.is_some() || self.cbid || !matches!(self.grid, Value::Absent)
    }

    /// The correlation id; [`NONE`] where it is absent, 0 (CUPTI's "none") or no 32-bit number.
    pub(super) fn correlation(&self) -> u32 {
        self.correlation.and_then(|id| u32::try_from(id).ok()).filter(|&id| id != 0).unwrap_or(NONE)
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes.and_then(|size| u64::try_from(size).ok()).unwrap_or(0)
    }

    pub(super) fn graph(&self) -> u32 {
        small(self.graph)
    }

    /// The launch configuration. Kineto gives static and dynamic shared memory as one sum, which stands as dynamic.
    pub(super) fn kernel_config(&self) -> KernelConfig {
        let occupancy_permille = self.occupancy_percent.map_or(0.0, |percent| (percent * 10.0).clamp(0.0, 1000.0));
        KernelConfig {
            grid: triple(self.grid),
            block: triple(self.block),
            cluster: triple(self.cluster),
            registers: small(self.registers),
            shared_static_bytes: 0,
            shared_dynamic_bytes: small(self.shared_bytes),
            local_bytes: 0,
            graph: self.graph(),
            graph_node: self.graph_node.and_then(|node| u64::try_from(node).ok()).unwrap_or(0),
            source_occupancy_permille: occupancy_permille.round() as u16,
        }
    }
}

fn small(value: Option<i64>) -> u32 {
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
}

/// The three numbers of `[1, 2, 3]`, also as a string.
fn triple(value: Value) -> [u32; 3] {
    let text = match value {
        Value::Container(text) => text,
        value => value.digits().unwrap_or_default(),
    };
    let mut numbers = text.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    [(); 3].map(|()| small(numbers.next().and_then(parse_integer)))
}

/// Direction and memories of a transfer, told from its name: `Memcpy HtoD (Pinned -> Device)`, `Memset (Device)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TransferName {
    pub(super) kind: TransferKind,
    pub(super) from: MemoryKind,
    pub(super) to: MemoryKind,
}

impl TransferName {
    pub(super) fn parse(name: &str) -> Self {
        let (head, inside) = match name.split_once('(') {
            Some((head, inside)) => (head, inside.split(')').next().unwrap_or_default()),
            None => (name, ""),
        };
        let (from, to) = inside.split_once("->").unwrap_or(("", inside));
        TransferName { kind: direction(head, inside), from: memory(from), to: memory(to) }
    }
}

fn direction(head: &str, inside: &str) -> TransferKind {
    const DIRECTIONS: [(&str, TransferKind); 16] = [
        ("HtoD", TransferKind::HostToDevice),
        ("DtoH", TransferKind::DeviceToHost),
        ("DtoD", TransferKind::DeviceToDevice),
        ("HtoH", TransferKind::HostToHost),
        ("PtoP", TransferKind::PeerToPeer),
        ("HtoA", TransferKind::Array),
        ("AtoH", TransferKind::Array),
        ("AtoA", TransferKind::Array),
        ("AtoD", TransferKind::Array),
        ("DtoA", TransferKind::Array),
        ("HostToDevice", TransferKind::HostToDevice),
        ("DeviceToHost", TransferKind::DeviceToHost),
        ("DeviceToDevice", TransferKind::DeviceToDevice),
        ("M2D", TransferKind::HostToDevice),
        ("D2M", TransferKind::DeviceToHost),
        ("D2D", TransferKind::DeviceToDevice),
    ];
    let found = DIRECTIONS.iter().find(|(text, _)| head.contains(text) || inside.contains(text));
    found.map_or(TransferKind::Unknown, |(_, kind)| *kind)
}

fn memory(name: &str) -> MemoryKind {
    match name.trim() {
        "Pageable" => MemoryKind::Pageable,
        "Pinned" => MemoryKind::Pinned,
        "Device" => MemoryKind::Device,
        "Array" => MemoryKind::Array,
        "Managed" => MemoryKind::Managed,
        "Device Static" => MemoryKind::DeviceStatic,
        "Managed Static" => MemoryKind::ManagedStatic,
        _ => MemoryKind::Unknown,
    }
}

/// The GPUs of Kineto's `deviceProperties`; what is not understood is left out.
pub(super) fn parse_devices(json: &[u8]) -> Vec<Gpu> {
    let Ok(serde_json::Value::Array(devices)) = serde_json::from_slice(json) else { return Vec::new() };
    let number = |device: &serde_json::Value, key: &str| device.get(key).and_then(serde_json::Value::as_u64);
    let small = |device: &serde_json::Value, key: &str| {
        number(device, key).and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
    };
    (devices.iter().take(4096).enumerate())
        .map(|(index, device)| Gpu {
            device: number(device, "id").and_then(|id| u32::try_from(id).ok()).unwrap_or(index as u32).min(4095),
            uuid: String::new(),
            name: device.get("name").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
            compute_capability: (small(device, "computeMajor"), small(device, "computeMinor")),
            sm_count: small(device, "numSms"),
            memory_bytes: number(device, "totalGlobalMem").unwrap_or(0),
            max_threads_per_sm: small(device, "maxThreadsPerMultiprocessor"),
            registers_per_sm: match small(device, "regsPerMultiprocessor") {
                0 => small(device, "regsPerBlock"),
                registers => registers,
            },
            shared_bytes_per_sm: small(device, "sharedMemPerMultiprocessor"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_are_told_from_their_names() {
        use MemoryKind as M;
        use TransferKind as T;
        let cases = [
            ("Memcpy HtoD (Pinned -> Device)", T::HostToDevice, M::Pinned, M::Device),
            ("Memcpy DtoH (Device -> Pageable)", T::DeviceToHost, M::Device, M::Pageable),
            ("Memcpy PtoP (Device -> Device)", T::PeerToPeer, M::Device, M::Device),
            ("Memset (Device)", T::Unknown, M::Unknown, M::Device),
            ("CopyDeviceToHost", T::DeviceToHost, M::Unknown, M::Unknown),
            ("zeCommandListAppendMemoryCopy(M2D)", T::HostToDevice, M::Unknown, M::Unknown),
            ("Memcpy", T::Unknown, M::Unknown, M::Unknown),
        ];
        for (name, kind, from, to) in cases {
            assert_eq!(TransferName::parse(name), TransferName { kind, from, to }, "{name}");
        }
    }

    #[test]
    fn launch_configurations_are_read_from_arrays_and_strings() {
        let mut args = GpuArgs::default();
        assert!(args.read(
            br#"{"grid": [1, 2, 3], "block": "[128, 1, 1]", "registers per thread": 32, "est. achieved occupancy %": 12.5,
                 "shared memory": 99999999999, "correlation": 0, "graph id": 4, "graph node id": 17179869189}"#
        ));
        let config = args.kernel_config();
        assert_eq!((config.grid, config.block, config.registers), ([1, 2, 3], [128, 1, 1], 32));
        assert_eq!((config.source_occupancy_permille, config.graph, config.graph_node), (125, 4, 17_179_869_189));
        assert_eq!((config.shared_dynamic_bytes, args.correlation()), (0, NONE));
    }
}
