//! GPUs and their work: kernels, copies, fills, whole graphs, synchronisation records.

use super::database::Row;
use super::{Importer, duration, pid_of};
use crate::read::ReadError;
use crate::{
    EventKind, Gpu, GpuId, KernelConfig, MemoryKind, NONE, NewEvent, ProcessId, StringId, TrackKey, TrackKind,
    Transfer, TransferKind,
};

/// The columns that all tables of GPU work have, in this order from 0.
const COMMON: [&str; 7] = ["start", "end", "deviceId", "contextId", "streamId", "correlationId", "globalPid"];

/// What [`COMMON`] says of one row.
struct Common {
    start_ns: i64,
    end_ns: i64,
    device: i64,
    context: u32,
    stream: u64,
    correlation: u32,
    global_pid: Option<i64>,
}

impl Common {
    fn read(row: &Row) -> Option<Self> {
        let (start_ns, end_ns) = row.span()?;
        Some(Common {
            start_ns,
            end_ns,
            device: row.integer(2).unwrap_or(0),
            context: row.count(3),
            stream: row.count(4),
            correlation: correlation(row, 5),
            global_pid: row.integer(6),
        })
    }
}

/// The correlation id in a column; CUPTI's 0 means none.
pub(super) fn correlation(row: &Row, index: usize) -> u32 {
    row.integer(index).and_then(|id| u32::try_from(id).ok()).filter(|&id| id != 0).unwrap_or(NONE)
}

impl Importer {
    pub(super) fn read_gpus(&mut self) -> Result<(), ReadError> {
        let columns = [
            "id",
            "name",
            "uuid",
            "busLocation",
            "totalMemory",
            "smCount",
            "computeMajor",
            "computeMinor",
            "maxWarpsPerSm",
            "threadsPerWarp",
            "maxRegistersPerSm",
            "maxShmemPerSm",
        ];
        let (builder, gpus) = (&mut self.builder, &mut self.gpus);
        self.database.each("TARGET_INFO_GPU", &columns, |row| {
            let id: u32 = row.count(0);
            let text = |index| row.text(index).unwrap_or_default().into_owned();
            let uuid = if text(2).is_empty() { text(3) } else { text(2) };
            let gpu = builder.gpu(id, &uuid);
            builder.gpus[gpu.index()] = Gpu {
                device: id,
                uuid,
                name: text(1),
                memory_bytes: row.count(4),
                sm_count: row.count(5),
                compute_capability: (row.count(6), row.count(7)),
                max_threads_per_sm: row.count::<u32>(8).saturating_mul(row.count(9)),
                registers_per_sm: row.count(10),
                shared_bytes_per_sm: row.count(11),
            };
            gpus.insert(i64::from(id), gpu);
            Ok(())
        })?;
        let devices = &mut self.devices;
        self.database.each("TARGET_INFO_CUDA_DEVICE", &["gpuId", "cudaId", "pid"], |row| {
            if let (Some(gpu), Some(device), Some(pid)) = (row.integer(0), row.integer(1), row.integer(2))
                && let Some(&gpu) = gpus.get(&gpu)
            {
                devices.insert((pid, device), gpu);
            }
            Ok(())
        })
    }

    /// The GPU that a process knows by this device number.
    fn device(&mut self, pid: Option<i64>, device: i64) -> GpuId {
        let key = (pid.unwrap_or(0), device);
        if let Some(&gpu) = self.devices.get(&key) {
            return gpu;
        }
        let gpu = match self.gpus.get(&device) {
            Some(&gpu) => gpu,
            None => self.builder.gpu(device.clamp(0, 4095) as u32, ""),
        };
        self.devices.insert(key, gpu);
        gpu
    }

    fn gpu_row(&mut self, kind: TrackKind, common: &Common) -> NewEvent {
        let pid = common.global_pid.map(pid_of);
        let gpu = self.device(pid, common.device);
        let process: Option<ProcessId> = common.global_pid.map(|global| self.process(global));
        let track = self.builder.track(TrackKey::stream(kind, process, gpu, common.context, common.stream));
        NewEvent {
            track,
            start_ns: common.start_ns,
            dur_ns: duration(common.start_ns, common.end_ns),
            name: StringId::EMPTY,
            kind: EventKind::Kernel,
            detail: NONE,
            link: common.correlation,
        }
    }

    pub(super) fn read_gpu_work(&mut self) -> Result<(), ReadError> {
        self.read_kernels()?;
        self.read_copies()?;
        self.read_fills()?;
        self.read_graphs()
    }

    fn read_kernels(&mut self) -> Result<(), ReadError> {
        let columns = [
            "demangledName",
            "shortName",
            "mangledName",
            "gridX",
            "gridY",
            "gridZ",
            "blockX",
            "blockY",
            "blockZ",
            "clusterX",
            "clusterY",
            "clusterZ",
            "registersPerThread",
            "staticSharedMemory",
            "dynamicSharedMemory",
            "localMemoryPerThread",
            "graphId",
            "graphNodeId",
        ];
        self.each_common("CUPTI_ACTIVITY_KIND_KERNEL", &columns, |importer, common, row| {
            let at = |index: usize| COMMON.len() + index;
            let triple = |index| [row.count(at(index)), row.count(at(index + 1)), row.count(at(index + 2))];
            let (graph, graph_node) = graph_of(row, at(16), at(17));
            let config = KernelConfig {
                grid: triple(3),
                block: triple(6),
                cluster: triple(9),
                registers: row.count(at(12)),
                shared_static_bytes: row.count(at(13)),
                shared_dynamic_bytes: row.count(at(14)),
                local_bytes: row.count(at(15)),
                graph,
                graph_node,
                source_occupancy_permille: 0,
            };
            let names = [0, 1, 2].map(|index| importer.text(row.integer(at(index))));
            let name = names.into_iter().find(|&name| name != StringId::EMPTY).unwrap_or(StringId::EMPTY);
            let detail = importer.builder.kernel_config(config);
            let event = importer.gpu_row(TrackKind::Stream, &common);
            importer.builder.push(NewEvent { name, detail, kind: EventKind::Kernel, ..event });
        })
    }

    fn read_copies(&mut self) -> Result<(), ReadError> {
        let columns = ["bytes", "copyKind", "srcKind", "dstKind", "graphId", "graphNodeId"];
        let kinds = [
            "Unknown",
            "Host-to-Device",
            "Device-to-Host",
            "Host-to-Array",
            "Array-to-Host",
            "Array-to-Array",
            "Array-to-Device",
            "Device-to-Array",
            "Device-to-Device",
            "Host-to-Host",
            "Peer-to-Peer",
            "Unified Host-to-Device",
            "Unified Device-to-Host",
            "Unified Device-to-Device",
        ];
        // As nsys stats names the operations.
        let names = kinds.map(|kind| self.builder.strings.intern(&format!("[CUDA memcpy {kind}]")));
        self.each_common("CUPTI_ACTIVITY_KIND_MEMCPY", &columns, |importer, common, row| {
            let at = |index: usize| COMMON.len() + index;
            let copy_kind: usize = row.count(at(1));
            let transfer = Transfer {
                kind: transfer_kind(copy_kind),
                size_bytes: row.count(at(0)),
                from: memory_kind(row.integer(at(2))),
                to: memory_kind(row.integer(at(3))),
                graph: graph_of(row, at(4), at(5)).0,
            };
            let detail = importer.builder.transfer(transfer);
            let event = importer.gpu_row(TrackKind::Stream, &common);
            let name = *names.get(copy_kind).unwrap_or(&names[0]);
            importer.builder.push(NewEvent { name, detail, kind: EventKind::Memcpy, ..event });
        })
    }

    fn read_fills(&mut self) -> Result<(), ReadError> {
        let columns = ["bytes", "memKind", "graphId", "graphNodeId"];
        let name = self.builder.strings.intern("[CUDA memset]");
        self.each_common("CUPTI_ACTIVITY_KIND_MEMSET", &columns, |importer, common, row| {
            let at = |index: usize| COMMON.len() + index;
            let transfer = Transfer {
                kind: TransferKind::Memset,
                size_bytes: row.count(at(0)),
                from: MemoryKind::Unknown,
                to: memory_kind(row.integer(at(1))),
                graph: graph_of(row, at(2), at(3)).0,
            };
            let detail = importer.builder.transfer(transfer);
            let event = importer.gpu_row(TrackKind::Stream, &common);
            importer.builder.push(NewEvent { name, detail, kind: EventKind::Memset, ..event });
        })
    }

    fn read_graphs(&mut self) -> Result<(), ReadError> {
        self.each_common("CUPTI_ACTIVITY_KIND_GRAPH_TRACE", &["graphId"], |importer, common, row| {
            let graph = row.integer(COMMON.len()).unwrap_or(0);
            let name = importer.builder.strings.intern(&format!("CUDA graph {graph}"));
            let event = importer.gpu_row(TrackKind::Graph, &common);
            importer.builder.push(NewEvent { name, kind: EventKind::GraphExec, ..event });
        })
    }

    pub(super) fn read_synchronization(&mut self) -> Result<(), ReadError> {
        // ENUM_CUPTI_SYNC_TYPE.
        let kinds = ["Sync", "Event sync", "Stream wait event", "Stream sync", "Context sync"];
        let names = kinds.map(|kind| self.builder.strings.intern(kind));
        let table = "CUPTI_ACTIVITY_KIND_SYNCHRONIZATION";
        self.each_common(table, &["syncType"], |importer, common, row| {
            let name = *names.get(row.count::<usize>(COMMON.len())).unwrap_or(&names[0]);
            let event = importer.gpu_row(TrackKind::Sync, &common);
            importer.builder.push(NewEvent { name, kind: EventKind::Sync, ..event });
        })
    }

    /// Calls `take` with each row of a table of GPU work; `columns` follow [`COMMON`].
    fn each_common(
        &mut self,
        table: &str,
        columns: &[&str],
        mut take: impl FnMut(&mut Importer, Common, &Row),
    ) -> Result<(), ReadError> {
        let all: Vec<&str> = COMMON.iter().chain(columns).copied().collect();
        self.with_database(|importer, database| {
            database.each(table, &all, |row| {
                if let Some(common) = Common::read(row) {
                    take(importer, common, row);
                }
                Ok(())
            })
        })
    }
}

/// The graph and node ids. Where there is no graph id, CUPTI's node ids hold it in their upper half.
fn graph_of(row: &Row, graph: usize, node: usize) -> (u32, u64) {
    let graph_node: u64 = row.count(node);
    match row.count::<u32>(graph) {
        0 => ((graph_node >> 32) as u32, graph_node),
        graph => (graph, graph_node),
    }
}

/// `ENUM_CUDA_MEMCPY_OPER`, whose values are CUPTI's `CUpti_ActivityMemcpyKind` and unified memory's beyond.
fn transfer_kind(copy_kind: usize) -> TransferKind {
    match copy_kind {
        1 => TransferKind::HostToDevice,
        2 => TransferKind::DeviceToHost,
        3..=7 => TransferKind::Array,
        8 => TransferKind::DeviceToDevice,
        9 => TransferKind::HostToHost,
        10 => TransferKind::PeerToPeer,
        11..=13 => TransferKind::Unified,
        _ => TransferKind::Unknown,
    }
}

/// `ENUM_CUDA_MEM_KIND`.
fn memory_kind(kind: Option<i64>) -> MemoryKind {
    match kind {
        Some(0) => MemoryKind::Pageable,
        Some(1) => MemoryKind::Pinned,
        Some(2) => MemoryKind::Device,
        Some(3) => MemoryKind::Array,
        Some(4) => MemoryKind::Managed,
        Some(5) => MemoryKind::DeviceStatic,
        Some(6) => MemoryKind::ManagedStatic,
        _ => MemoryKind::Unknown,
    }
}
