//! Theoretical occupancy: how many warps of a kernel fit on a multiprocessor, and what stops more.
//!
//! The rules are those of NVIDIA's occupancy calculator; the limits are the table "Technical Specifications per Compute
//! Capability" of the CUDA C++ Programming Guide. Limits that the trace itself gives for its GPU come first.

use rustc_hash::FxHashMap;
use rustg_trace::{EventKind, Gpu, KernelConfig, Trace};

use super::group::Grouping;
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// Threads of a warp, on every GPU so far.
const WARP_THREADS: u32 = 32;
/// Registers are given to a warp in units of this many.
const REGISTER_UNIT: u32 = 256;
/// Warps are given registers in groups of this many (one for each of the four partitions of a multiprocessor).
const WARP_UNIT: u32 = 4;

/// What one multiprocessor holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SmLimits {
    /// Resident warps.
    pub warps: u32,
    /// Resident blocks.
    pub blocks: u32,
    /// 32-bit registers.
    pub registers: u32,
    /// Shared memory.
    pub shared_bytes: u32,
    /// Unit in which a block is given shared memory.
    shared_unit_bytes: u32,
    /// Shared memory that the system takes of each block (since compute capability 8.0).
    shared_reserved_bytes: u32,
}

/// (major, minor, warps, blocks, shared KiB) of each compute capability; all have 64 Ki registers.
const CAPABILITIES: [(u32, u32, u32, u32, u32); 19] = [
    (5, 0, 64, 32, 64),
    (5, 2, 64, 32, 96),
    (5, 3, 64, 32, 64),
    (6, 0, 64, 32, 64),
    (6, 1, 64, 32, 96),
    (6, 2, 64, 32, 64),
    (7, 0, 64, 32, 96),
    (7, 2, 64, 32, 96),
    (7, 5, 32, 16, 64),
    (8, 0, 64, 32, 164),
    (8, 6, 48, 16, 100),
    (8, 7, 48, 16, 164),
    (8, 9, 48, 24, 100),
    (9, 0, 64, 32, 228),
    (10, 0, 64, 32, 228),
    (10, 3, 64, 32, 228),
    (11, 0, 48, 24, 228),
    (12, 0, 48, 24, 100),
    (12, 1, 48, 24, 100),
];

impl SmLimits {
    /// The limits of `gpu`; `None` where its compute capability is not known or not in the table.
    pub fn of(gpu: &Gpu) -> Option<Self> {
        let (major, minor) = gpu.compute_capability;
        let known = CAPABILITIES.iter().find(|row| (row.0, row.1) == (major, minor));
        let &(_, _, warps, blocks, shared_kib) = known?;
        let given = |value: u32, table: u32| if value == 0 { table } else { value };
        Some(SmLimits {
            warps: given(gpu.max_threads_per_sm / WARP_THREADS, warps),
            blocks,
            registers: given(gpu.registers_per_sm, 64 * 1024),
            shared_bytes: given(gpu.shared_bytes_per_sm, shared_kib * 1024),
            shared_unit_bytes: if major >= 8 { 128 } else { 256 },
            shared_reserved_bytes: if major >= 8 { 1024 } else { 0 },
        })
    }
}

/// What stops more blocks of a kernel from being resident.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Limiter {
    /// All warps are resident: nothing does.
    Warps,
    /// The number of resident blocks.
    Blocks,
    /// Registers.
    Registers,
    /// Shared memory.
    SharedMemory,
}

impl Limiter {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Limiter::Warps => "warps",
            Limiter::Blocks => "blocks",
            Limiter::Registers => "registers",
            Limiter::SharedMemory => "shared memory",
        }
    }
}

/// The theoretical occupancy of a launch.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Occupancy {
    /// Blocks that fit on a multiprocessor at once.
    pub blocks_per_sm: u32,
    /// Their warps.
    pub warps_per_sm: u32,
    /// `warps_per_sm` of what a multiprocessor holds, 0 to 1.
    pub share: f64,
    /// What stops more.
    pub limiter: Limiter,
}

/// The occupancy of `config` under `limits`; `None` where the block is unknown or fits not even once.
pub fn occupancy(config: &KernelConfig, limits: &SmLimits) -> Option<Occupancy> {
    let threads = config.block.iter().try_fold(1u32, |product, &side| product.checked_mul(side))?;
    if threads == 0 || limits.warps == 0 {
        return None;
    }
    let warps_per_block = threads.div_ceil(WARP_THREADS);
    let by_warps = limits.warps / warps_per_block;
    let by_registers = match config.registers {
        0 => u32::MAX,
        registers => {
            let per_warp = registers.checked_mul(WARP_THREADS)?.checked_next_multiple_of(REGISTER_UNIT)?;
            let warps = limits.registers / per_warp / WARP_UNIT * WARP_UNIT;
            warps / warps_per_block
        }
    };
    let shared = config.shared_static_bytes.checked_add(config.shared_dynamic_bytes)?;
    let shared =
        shared.checked_add(limits.shared_reserved_bytes)?.checked_next_multiple_of(limits.shared_unit_bytes)?;
    let by_shared = limits.shared_bytes.checked_div(shared).unwrap_or(u32::MAX);
    let bounds = [
        (by_warps, Limiter::Warps),
        (limits.blocks, Limiter::Blocks),
        (by_registers, Limiter::Registers),
        (by_shared, Limiter::SharedMemory),
    ];
    let (blocks_per_sm, limiter) = bounds.into_iter().min_by_key(|&(blocks, _)| blocks)?;
    let warps_per_sm = blocks_per_sm * warps_per_block;
    let share = f64::from(warps_per_sm) / f64::from(limits.warps);
    (blocks_per_sm > 0).then_some(Occupancy { blocks_per_sm, warps_per_sm, share, limiter })
}

/// Launches of one group of kernels with the same needs on one kind of GPU.
#[derive(Clone, PartialEq, Debug)]
pub struct OccupancyRow {
    /// The kernel's name, as in the trace, or its group's.
    pub name: String,
    /// Threads of a block.
    pub block_threads: u64,
    /// Registers a thread.
    pub registers: u32,
    /// Shared memory a block, static and dynamic.
    pub shared_bytes: u64,
    /// Launches.
    pub count: u64,
    /// Their time.
    pub total_ns: u64,
    /// The theoretical occupancy, where the GPU's limits are known.
    pub occupancy: Option<Occupancy>,
    /// How often the grid fills the GPU, mean over the time; below 1, multiprocessors stay empty.
    pub waves: Option<f64>,
    /// Occupancy as the source estimated it (Kineto's, which accounts for small grids), mean over the time, 0 to 1.
    pub source_occupancy: Option<f64>,
    group: u32,
}

impl OccupancyRow {
    /// The group of the grouping it was made with.
    pub(crate) fn group(&self) -> u32 {
        self.group
    }
}

impl Row for OccupancyRow {
    const COLUMNS: &'static [Column] = &[
        shown("name", "kernel", Unit::Text),
        shown("total_ns", "total", Unit::DurNs),
        shown("count", "count", Unit::Count),
        roomy("block_threads", "block", Unit::Count),
        shown("registers", "regs", Unit::Count),
        shown("shared_bytes", "shared", Unit::Bytes),
        shown("occupancy", "occ %", Unit::Share),
        shown("limiter", "limited by", Unit::Text),
        roomy("waves", "waves", Unit::Number),
        hidden("blocks_per_sm", Unit::Count),
        hidden("warps_per_sm", Unit::Count),
        hidden("source_occupancy", Unit::Share),
    ];

    fn values(&self) -> Vec<Value> {
        let of = |part: fn(&Occupancy) -> Value| self.occupancy.as_ref().map_or(Value::Null, part);
        vec![
            self.name.as_str().into(),
            self.total_ns.into(),
            self.count.into(),
            self.block_threads.into(),
            self.registers.into(),
            self.shared_bytes.into(),
            of(|occupancy| occupancy.share.into()),
            of(|occupancy| occupancy.limiter.name().into()),
            self.waves.into(),
            of(|occupancy| occupancy.blocks_per_sm.into()),
            of(|occupancy| occupancy.warps_per_sm.into()),
            self.source_occupancy.into(),
        ]
    }
}

#[derive(Clone, Copy, Default)]
struct Launches {
    count: u64,
    total_ns: u64,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    count: u64,
    total_ns: u64,
    waves_weighted: f64,
    source_weighted: f64,
    source_ns: u64,
}

/// What tells one row from another: group, GPU, threads, registers, shared bytes.
type Needs = (u32, Option<u32>, u64, u32, u64);

/// The rows of all kernels with a known configuration, by total time.
pub fn occupancy_rows(window: &Window, grouping: &Grouping) -> Vec<OccupancyRow> {
    let trace = window.trace;
    let mut sums: FxHashMap<Needs, (Option<Occupancy>, Sums)> = FxHashMap::default();
    for (gpu, launches) in launches_by_gpu(window, grouping) {
        let gpu_row = gpu.map(|gpu| &trace.gpus[gpu as usize]);
        let limits = gpu_row.and_then(SmLimits::of);
        for ((group, detail), launches) in launches {
            let config = &trace.kernels[detail as usize];
            let threads = product(config.block);
            let shared = u64::from(config.shared_static_bytes) + u64::from(config.shared_dynamic_bytes);
            let (found, sums) = (sums.entry((group, gpu, threads, config.registers, shared)))
                .or_insert_with(|| (limits.as_ref().and_then(|limits| occupancy(config, limits)), Sums::default()));
            sums.count += launches.count;
            sums.total_ns = sums.total_ns.saturating_add(launches.total_ns);
            let weight = launches.total_ns as f64;
            if let (Some(found), Some(gpu)) = (found, gpu_row) {
                let at_once = f64::from(found.blocks_per_sm) * f64::from(gpu.sm_count.max(1));
                sums.waves_weighted += product(config.grid) as f64 / at_once * weight;
            }
            if config.source_occupancy_permille > 0 {
                sums.source_weighted += f64::from(config.source_occupancy_permille) / 1000.0 * weight;
                sums.source_ns = sums.source_ns.saturating_add(launches.total_ns);
            }
        }
    }
    let mut rows: Vec<OccupancyRow> = (sums.into_iter())
        .map(|((group, gpu, block_threads, registers, shared_bytes), (occupancy, sums))| OccupancyRow {
            name: grouping.label(trace, group).to_owned(),
            block_threads,
            registers,
            shared_bytes,
            count: sums.count,
            total_ns: sums.total_ns,
            occupancy,
            waves: (occupancy.is_some()
                && sums.total_ns > 0
                && gpu.is_some_and(|gpu| trace.gpus[gpu as usize].sm_count > 0))
            .then(|| sums.waves_weighted / sums.total_ns as f64),
            source_occupancy: (sums.source_ns > 0).then(|| sums.source_weighted / sums.source_ns as f64),
            group,
        })
        .collect();
    rows.sort_by(|a, b| {
        let key = |row: &OccupancyRow| (row.block_threads, row.registers, row.shared_bytes, row.count);
        b.total_ns.cmp(&a.total_ns).then_with(|| a.name.cmp(&b.name)).then_with(|| key(a).cmp(&key(b)))
    });
    rows
}

/// Launches of each (group, configuration), by model of GPU, of which the first in the trace stands for all.
fn launches_by_gpu(window: &Window, grouping: &Grouping) -> Vec<(Option<u32>, FxHashMap<(u32, u32), Launches>)> {
    let trace: &Trace = window.trace;
    let mut by_gpu: Vec<(Option<u32>, FxHashMap<(u32, u32), Launches>)> = Vec::new();
    for (id, track) in trace.gpu_tracks() {
        // GPUs of one model are one: what differs between them is not how kernels fit.
        let model = |gpu: &Gpu| (gpu.compute_capability, gpu.sm_count, SmLimits::of(gpu));
        let gpu = track.gpu.map(|gpu| {
            let own = model(&trace.gpus[gpu.index()]);
            trace.gpus.iter().position(|other| model(other) == own).unwrap_or(gpu.index()) as u32
        });
        let index = by_gpu.iter().position(|(other, _)| *other == gpu).unwrap_or_else(|| {
            by_gpu.push((gpu, FxHashMap::default()));
            by_gpu.len() - 1
        });
        let launches = &mut by_gpu[index].1;
        for row in window.rows(track) {
            let detail = trace.events.detail[row];
            if trace.events.kind[row] == EventKind::Kernel && (detail as usize) < trace.kernels.len() {
                let slot = launches.entry((grouping.of(trace, id, row), detail)).or_default();
                slot.count += 1;
                slot.total_ns = slot.total_ns.saturating_add(window.dur_ns(row));
            }
        }
    }
    by_gpu
}

fn product(sides: [u32; 3]) -> u64 {
    sides.iter().fold(1u64, |product, &side| product.saturating_mul(u64::from(side)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(threads: u32, registers: u32, shared_bytes: u32) -> KernelConfig {
        KernelConfig { block: [threads, 1, 1], registers, shared_dynamic_bytes: shared_bytes, ..Default::default() }
    }

    #[test]
    fn occupancy_follows_nvidias_calculator() {
        let gpu = |capability| Gpu { compute_capability: capability, ..Gpu::default() };
        let hopper = SmLimits::of(&gpu((9, 0))).unwrap();
        let ada = SmLimits::of(&gpu((8, 9))).unwrap();
        let turing = SmLimits::of(&gpu((7, 5))).unwrap();
        // Figures of the occupancy calculator of Nsight Compute.
        let cases = [
            (hopper, config(128, 32, 0), 16, 1.0, Limiter::Warps),
            (hopper, config(32, 16, 0), 32, 0.5, Limiter::Blocks),
            (hopper, config(256, 128, 0), 2, 0.25, Limiter::Registers),
            (hopper, config(384, 168, 200 * 1024), 1, 0.1875, Limiter::Registers),
            (hopper, config(128, 32, 100 * 1024), 2, 0.125, Limiter::SharedMemory),
            (ada, config(1024, 32, 0), 1, 32.0 / 48.0, Limiter::Warps),
            (ada, config(256, 40, 0), 6, 1.0, Limiter::Warps),
            (turing, config(256, 32, 0), 4, 1.0, Limiter::Warps),
            (turing, config(96, 255, 0), 2, 0.1875, Limiter::Registers),
        ];
        for (limits, config, blocks, share, limiter) in cases {
            let found = occupancy(&config, &limits).unwrap();
            assert_eq!((found.blocks_per_sm, found.share, found.limiter), (blocks, share, limiter), "{config:?}");
        }
    }

    #[test]
    fn launches_that_cannot_be_are_not_computed() {
        let hopper = SmLimits::of(&Gpu { compute_capability: (9, 0), ..Gpu::default() }).unwrap();
        let hostile = KernelConfig { block: [u32::MAX; 3], ..Default::default() };
        for config in
            [config(0, 1, 0), hostile, config(2048 + 32, 1, 0), config(32, u32::MAX, 0), config(32, 1, u32::MAX)]
        {
            assert_eq!(occupancy(&config, &hopper), None);
        }
        assert_eq!(SmLimits::of(&Gpu { compute_capability: (99, 0), ..Gpu::default() }), None);
    }
}
