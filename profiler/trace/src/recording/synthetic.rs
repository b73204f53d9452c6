//! Recordings of a program that never ran: any number of events, the same bytes each time, for benchmarks and tests.

use std::path::{Path, PathBuf};

use rustg_base::StringId;

use super::tables::*;
use super::{RecordingMeta, RecordingWriter, WriteError};
use crate::{Frame, FrameKind, Gpu, GpuId, KernelConfig, MemoryKind, ProcessId, StackId, ThreadId, TransferKind};

/// What to make up.
#[derive(Clone, Copy, Debug)]
pub struct Synthetic {
    /// Events of all kinds together, met within a step's size (some hundreds).
    pub events: u64,
    /// GPUs, each with its own streams.
    pub gpus: u32,
    /// Streams of each GPU.
    pub streams: u32,
    /// Launching host threads; thread `n` uses GPU `n % gpus`.
    pub threads: u32,
}

impl Default for Synthetic {
    fn default() -> Self {
        Synthetic { events: 1_000_000, gpus: 1, streams: 4, threads: 2 }
    }
}

/// Kernels with the shapes of a transformer's training step: name, blocks, threads a block, registers, typical duration.
const KERNELS: [(&str, u32, u32, u32, u64); 8] = [
    ("void gemm_bf16_128x128x64(Params)", 132, 384, 168, 58_000),
    ("void flash_forward<64, true>(FlashParams)", 528, 256, 128, 41_000),
    (
        "void vectorized_elementwise_kernel<4, AddFunctor<float>>(int, AddFunctor<float>, Array<char*, 3>)",
        4096,
        128,
        32,
        2_200,
    ),
    ("void layer_norm_forward<float>(float const*, float*, int)", 1024, 256, 40, 4_100),
    ("void softmax_warp_forward<float, 10>(float*, float const*, int)", 512, 128, 48, 3_600),
    ("void reduce_kernel<512, 1, ReduceOp<float>>(ReduceOp<float>)", 256, 512, 36, 5_200),
    ("void adamw_step<4>(TensorListMetadata<4>)", 320, 512, 60, 9_300),
    ("ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096>)", 24, 544, 96, 33_000),
];

/// Launches in one step of a thread.
const LAUNCHES: u64 = 128;

/// Writes a made-up recording to the directory `dir`, which must not hold one yet.
///
/// # Errors
/// As [`RecordingWriter::create`] and [`RecordingWriter::flush`].
pub fn write_synthetic(dir: &Path, what: Synthetic) -> Result<PathBuf, WriteError> {
    let command = vec!["synthetic".to_owned(), what.events.to_string()];
    let mut meta = RecordingMeta::new(command);
    meta.epoch_offset_ns = Some(1_700_000_000_000_000_000);
    let mut writer = RecordingWriter::create(dir, meta)?;
    let mut program = Program::new(&mut writer, what);
    let mut written = 0;
    while written < what.events {
        for thread in 0..program.threads.len() {
            written += program.step(&mut writer, thread)?;
        }
        written += program.sample(&mut writer)?;
    }
    writer.finish()
}

struct Program {
    process: ProcessId,
    gpus: Vec<GpuId>,
    threads: Vec<HostThread>,
    /// When each stream of each GPU is free again.
    streams: Vec<Vec<i64>>,
    kernels: Vec<(StringId, u32)>,
    stacks: Vec<StackId>,
    names: Names,
    series: Vec<(u32, f64)>,
    correlation: u32,
    steps: u64,
    random: u64,
}

struct HostThread {
    id: ThreadId,
    gpu: usize,
    now_ns: i64,
}

struct Names {
    launch: StringId,
    copy: StringId,
    synchronize: StringId,
    wait: StringId,
    step: StringId,
    layers: Vec<StringId>,
    overhead: StringId,
}

impl Program {
    fn new(writer: &mut RecordingWriter, what: Synthetic) -> Self {
        let process = writer.process(4127, "synthetic");
        let gpus: Vec<GpuId> = (0..what.gpus.max(1)).map(|device| writer.gpu(&h200(device))).collect();
        let threads = (0..what.threads.max(1) as usize)
            .map(|index| {
                let name = format!("worker {index}");
                HostThread {
                    id: writer.thread(process, 4127 + index as i64, &name),
                    gpu: index % gpus.len(),
                    now_ns: 0,
                }
            })
            .collect();
        let kernels = (KERNELS.iter())
            .map(|&(name, blocks, threads, registers, _)| {
                let config =
                    KernelConfig { grid: [blocks, 1, 1], block: [threads, 1, 1], registers, ..KernelConfig::default() };
                (writer.name(name), writer.kernel_config(config))
            })
            .collect();
        let layers: Vec<StringId> = (0..24).map(|layer| writer.name(&format!("layer {layer}"))).collect();
        let stacks = synthetic_stacks(writer);
        let series = (gpus.iter())
            .flat_map(|&gpu| [("SM active", "%", gpu), ("power", "W", gpu)])
            .map(|(name, unit, gpu)| (writer.series(name, unit, Some(gpu)), if unit == "W" { 700.0 } else { 100.0 }))
            .collect();
        let names = Names {
            launch: writer.name("cudaLaunchKernel"),
            copy: writer.name("cudaMemcpyAsync"),
            synchronize: writer.name("cudaStreamSynchronize"),
            wait: writer.name("stream synchronize"),
            step: writer.name("step"),
            layers,
            overhead: writer.name("activity buffer request"),
        };
        let streams = vec![vec![0; what.streams.max(1) as usize]; gpus.len()];
        Program {
            process,
            gpus,
            threads,
            streams,
            kernels,
            stacks,
            names,
            series,
            correlation: 0,
            steps: 0,
            random: 88172645463325252,
        }
    }

    /// A deterministic number below `below` (xorshift64).
    fn random(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) % below
    }

    /// One training step of one thread: an upload, launches within layers, a wait. Returns how many events it wrote.
    fn step(&mut self, writer: &mut RecordingWriter, thread: usize) -> Result<u64, WriteError> {
        let step_start = self.threads[thread].now_ns;
        let mut events = self.upload(writer, thread)?;
        let mut last_end = 0;
        for layer in 0..LAUNCHES / 16 {
            let layer_start = self.threads[thread].now_ns;
            for _ in 0..16 {
                last_end = self.launch(writer, thread, layer)?;
                events += 2;
            }
            let name = self.names.layers[(layer as usize) % self.names.layers.len()];
            events += self.range(writer, thread, layer_start, name)?;
        }
        events += self.wait(writer, thread, last_end)?;
        events += self.range(writer, thread, step_start, self.names.step)?;
        if self.steps.is_multiple_of(64) {
            let (process, thread, start_ns) =
                (self.process, Some(self.threads[thread].id), self.threads[thread].now_ns);
            let name = self.names.overhead;
            writer.overhead(OverheadRow { process, thread, start_ns, dur_ns: 900, name })?;
            events += 1;
        }
        self.steps += 1;
        Ok(events)
    }

    fn launch(&mut self, writer: &mut RecordingWriter, thread: usize, layer: u64) -> Result<i64, WriteError> {
        let dur_ns = 1_800 + self.random(1_400);
        let (index, jitter) = (self.random(KERNELS.len() as u64) as usize, self.random(1_000));
        let gpu = self.threads[thread].gpu;
        let stream = (self.random(8) as usize).saturating_sub(4) % self.streams[gpu].len();
        let start_ns = self.threads[thread].now_ns + 400 + jitter as i64;
        let correlation = self.api(writer, thread, start_ns, dur_ns, self.names.launch, layer)?;
        let begin_ns = self.streams[gpu][stream].max(start_ns + dur_ns as i64 + 600);
        let (name, config) = self.kernels[index];
        let typical_ns = KERNELS[index].4 / 16;
        let kernel_ns = typical_ns + self.random(typical_ns / 4 + 1);
        self.streams[gpu][stream] = begin_ns + kernel_ns as i64;
        writer.kernel(KernelRow {
            process: self.process,
            gpu: self.gpus[gpu],
            context: 1,
            stream: 7 + stream as u64 * 6,
            start_ns: begin_ns,
            dur_ns: kernel_ns,
            correlation: Some(correlation),
            name,
            config: Some(config),
        })?;
        Ok(begin_ns + kernel_ns as i64)
    }

    fn upload(&mut self, writer: &mut RecordingWriter, thread: usize) -> Result<u64, WriteError> {
        let gpu = self.threads[thread].gpu;
        let start_ns = self.threads[thread].now_ns + 300;
        let correlation = self.api(writer, thread, start_ns, 2_400, self.names.copy, 0)?;
        let begin_ns = self.streams[gpu][0].max(start_ns + 3_000);
        let size_bytes = 4096 << self.random(10);
        let dur_ns = 900 + size_bytes / 50;
        self.streams[gpu][0] = begin_ns + dur_ns as i64;
        writer.memory(MemoryRow {
            process: self.process,
            gpu: self.gpus[gpu],
            context: 1,
            stream: 7,
            start_ns: begin_ns,
            dur_ns,
            correlation: Some(correlation),
            kind: TransferKind::HostToDevice,
            size_bytes,
            from: MemoryKind::Pinned,
            to: MemoryKind::Device,
            graph: 0,
        })?;
        Ok(2)
    }

    fn wait(&mut self, writer: &mut RecordingWriter, thread: usize, until_ns: i64) -> Result<u64, WriteError> {
        let gpu = self.threads[thread].gpu;
        let start_ns = self.threads[thread].now_ns + 200;
        let dur_ns = (until_ns - start_ns).max(0) as u64 + 1_500;
        let correlation = self.api(writer, thread, start_ns, dur_ns, self.names.synchronize, 0)?;
        writer.sync(SyncRow {
            process: self.process,
            gpu: Some(self.gpus[gpu]),
            context: 1,
            stream: 7,
            start_ns: start_ns + 300,
            dur_ns: dur_ns - 600,
            correlation: Some(correlation),
            name: self.names.wait,
        })?;
        Ok(2)
    }

    fn api(
        &mut self,
        writer: &mut RecordingWriter,
        thread: usize,
        start_ns: i64,
        dur_ns: u64,
        name: StringId,
        layer: u64,
    ) -> Result<u32, WriteError> {
        self.correlation += 1;
        let stack = self.stacks[layer as usize % self.stacks.len()];
        let host = &mut self.threads[thread];
        host.now_ns = start_ns + dur_ns as i64;
        writer.api(ApiRow {
            process: self.process,
            thread: host.id,
            start_ns,
            dur_ns,
            correlation: Some(self.correlation),
            name,
            stack: Some(stack),
        })?;
        Ok(self.correlation)
    }

    fn range(
        &mut self,
        writer: &mut RecordingWriter,
        thread: usize,
        start_ns: i64,
        name: StringId,
    ) -> Result<u64, WriteError> {
        let host = &mut self.threads[thread];
        host.now_ns += 150;
        let dur_ns = (host.now_ns - start_ns) as u64;
        writer.range(RangeRow {
            process: self.process,
            thread: host.id,
            start_ns,
            dur_ns,
            name,
            kind: RangeKind::Nvtx,
        })?;
        Ok(1)
    }

    /// Telemetry at the time of the first thread.
    fn sample(&mut self, writer: &mut RecordingWriter) -> Result<u64, WriteError> {
        let ts_ns = self.threads[0].now_ns;
        for index in 0..self.series.len() {
            let (series, most) = self.series[index];
            let value = most * (0.4 + self.random(600) as f64 / 1000.0);
            writer.sample(series, ts_ns, value)?;
        }
        Ok(self.series.len() as u64)
    }
}

fn h200(device: u32) -> Gpu {
    Gpu {
        device,
        uuid: format!("GPU-00000000-0000-0000-0000-{device:012}"),
        name: "NVIDIA H200".into(),
        compute_capability: (9, 0),
        sm_count: 132,
        memory_bytes: 150_754_820_096,
        max_threads_per_sm: 2048,
        registers_per_sm: 65536,
        shared_bytes_per_sm: 233_472,
    }
}

fn synthetic_stacks(writer: &mut RecordingWriter) -> Vec<StackId> {
    let file = writer.name("train.py");
    let frame = |writer: &mut RecordingWriter, name: &str, line: u32| {
        let name = writer.name(name);
        writer.frame(Frame { name, file, line, kind: FrameKind::Python })
    };
    let main = frame(writer, "main", 91);
    let step = frame(writer, "train_step", 64);
    let root = writer.stack(None, main);
    let step = writer.stack(Some(root), step);
    (0..24)
        .map(|layer| {
            let forward = frame(writer, &format!("Layer{layer}.forward"), 20 + layer);
            let layer = writer.stack(Some(step), forward);
            let linear = frame(writer, "linear", 12);
            writer.stack(Some(layer), linear)
        })
        .collect()
}
