//! The state of a running launch: groups of blocks, blocks, warps, splits. All of it can be cloned: a clone is a snapshot.

use crate::lanes::Row;
use crate::memory::LocalMemory;
use crate::observe::{Fault, FaultKind, Site};
use crate::program::{FRAME_RETURN, NO_CALLER, Program};
use crate::progress::Progress;
use rustc_hash::FxHashMap;
use rustg_ptx::SpecialRegister;
use std::sync::Arc;

/// What a launch fixes for all its blocks.
#[derive(Clone)]
pub(crate) struct Launch {
    /// The kernel's index in the module.
    pub(crate) kernel: u32,
    /// Blocks of the grid.
    pub(crate) grid: [u32; 3],
    /// Threads of a block.
    pub(crate) block: [u32; 3],
    /// Blocks of a cluster.
    pub(crate) cluster: [u32; 3],
    /// Whether the kernel or the launch asked for clusters.
    pub(crate) explicit_cluster: bool,
    /// Dynamic shared memory.
    pub(crate) dynamic_shared_bytes: u32,
    /// Static and dynamic shared memory.
    pub(crate) shared_bytes: u32,
    /// The bytes of the kernel's parameters.
    pub(crate) parameters: Vec<u8>,
    /// Rows of [`crate::program::Operand::Launch`].
    pub(crate) rows: Vec<Row>,
    /// `%envreg1` and `%envreg2`: where the workspace of grid-wide barriers is.
    pub(crate) workspace: u64,
    /// Streaming multiprocessors that `%nsmid` says.
    pub(crate) multiprocessors: u32,
    /// The seed of the schedule; 0 is the plain one.
    pub(crate) seed: u64,
    /// The launch's number on its device.
    pub(crate) number: u64,
    /// Bytes of local memory a thread may have.
    pub(crate) stack_bytes: u32,
    /// How far it is, for others.
    pub(crate) progress: Arc<Progress>,
}

impl Launch {
    /// Threads of a block.
    pub(crate) fn threads(&self) -> u32 {
        self.block.iter().product()
    }

    /// Blocks of the grid.
    pub(crate) fn blocks(&self) -> u32 {
        self.grid.iter().product()
    }

    /// Blocks of a cluster.
    pub(crate) fn cluster_blocks(&self) -> u32 {
        self.cluster.iter().product()
    }
}

/// Why a launch ends early.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) site: Site,
    pub(crate) fault: Fault,
}

impl Stop {
    /// A block that ran apart needs the memory all share: it must be run again, alone. No observer sees it.
    pub(crate) fn apart(site: Site) -> Self {
        let kind = FaultKind::Unsupported { what: String::new() };
        Self { site, fault: Fault { lanes: 0, kind } }
    }
}

/// What a split does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Runs when it is its turn.
    Ready,
    /// At a meeting point, while others of the warp may still come.
    Met,
    /// At a barrier of the block.
    Barrier(u8),
    /// At a warp-wide operation for these members.
    Members(u32),
    /// At the cluster's barrier.
    Cluster,
}

/// Lanes of a warp that are at the same place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    /// Next operation.
    pub(crate) pc: u32,
    /// The frame, as a row of the register file.
    pub(crate) base: u32,
    /// The lanes.
    pub(crate) lanes: u32,
    pub(crate) state: State,
    /// The warp's turn at which its own last ended.
    pub(crate) turn: u32,
}

impl Split {
    /// Whether it can run.
    #[cfg(feature = "checks")]
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready | State::Met)
    }
}

/// One piece of an asynchronous copy that has been read and not yet been written.
#[derive(Clone, Copy)]
pub(crate) struct PendingCopy {
    pub(crate) lane: u8,
    pub(crate) size_bytes: u8,
    /// The group it will belong to when it is committed, counted by lane.
    pub(crate) group: u32,
    /// Generic-less shared address.
    pub(crate) address: u64,
    pub(crate) bytes: [u8; 16],
}

/// A warp.
#[derive(Clone, Default)]
pub(crate) struct Warp {
    /// The register file: frames one behind another.
    pub(crate) rows: Vec<Row>,
    /// Special registers, as the program placed them.
    pub(crate) special: Vec<Row>,
    pub(crate) local: LocalMemory,
    pub(crate) splits: Vec<Split>,
    /// Lanes that have not ended.
    pub(crate) live: u32,
    /// Carries of `add.cc` and its kin.
    pub(crate) carry: u32,
    pub(crate) copies: Vec<PendingCopy>,
    /// Copy groups each lane has committed.
    pub(crate) groups: [u32; 32],
    /// Turns that splits have taken while others waited at a meeting point.
    pub(crate) turns: u32,
    /// What the last strong load found, and where.
    pub(crate) seen: Option<(u32, u32)>,
    /// Cluster arrivals: lanes that have arrived and not yet waited.
    pub(crate) cluster_arrived: u32,
    /// Lanes whose cluster barrier has completed and that have not waited for it yet.
    pub(crate) cluster_passed: u32,
    /// Barriers at which lanes waited while others passed these meeting points.
    pub(crate) past: Vec<(u32, u32)>,
    /// Where a turn was interrupted: the split, steps left of the turn, steps left of the split's.
    pub(crate) resume: Option<(usize, u32, u32)>,
}

/// A barrier of a block.
#[derive(Clone, Default)]
pub(crate) struct Barrier {
    /// Lanes that have arrived, by warp.
    pub(crate) arrived: Vec<u32>,
    /// Lanes that wait, by warp.
    pub(crate) waiting: Vec<u32>,
    /// Threads expected; 0 for all.
    pub(crate) expected: u32,
    /// Lanes whose predicate was true, by warp.
    pub(crate) predicate: Vec<u32>,
}

/// An mbarrier object (PTX ISA, "mbarrier").
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MbarrierState {
    /// Arrivals expected in every phase.
    pub(crate) expected: u32,
    /// Arrivals missing in this phase.
    pub(crate) pending: u32,
    /// Bytes of asynchronous copies missing in this phase.
    pub(crate) transactions: i64,
    /// Phases completed.
    pub(crate) phase: u32,
}

/// A block.
#[derive(Clone, Default)]
pub(crate) struct Block {
    /// Linear index in the grid.
    pub(crate) index: u32,
    /// Rank in its cluster.
    pub(crate) rank: u32,
    pub(crate) shared: Vec<u8>,
    pub(crate) warps: Vec<Warp>,
    pub(crate) barriers: Vec<Barrier>,
    pub(crate) mbarriers: FxHashMap<u32, MbarrierState>,
    /// Warp instructions executed: the simulated clock.
    pub(crate) steps: u64,
    /// What the block printed.
    pub(crate) output: Vec<u8>,
    /// The warp whose turn is next.
    pub(crate) next_warp: usize,
    pub(crate) random: u64,
    /// Where a round of turns was interrupted: the warp it began with and how many it had passed.
    pub(crate) resume: Option<(usize, usize)>,
}

/// Blocks that run together: one, or those of a cluster.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) blocks: Vec<Block>,
    /// The block whose turn is next.
    pub(crate) next_block: usize,
    /// How often its threads have looked at memory that others may change and found nothing new.
    pub(crate) polls: u32,
    /// Warp instructions of its turn so far.
    pub(crate) turn_steps: u64,
    /// Bytes of the memory limit that its blocks take.
    pub(crate) charged_bytes: u64,
    /// Whether the limit does not allow them.
    pub(crate) too_large: bool,
}

/// The next number of a sequence that a seed fixes (SplitMix64).
pub(crate) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Block {
    /// A block at its first instruction. `used` is one that has ended, if there is one: its memory serves again, so that the many blocks of a
    /// launch do not ask the operating system for fresh pages each time.
    pub(crate) fn start(program: &Program, launch: &Launch, index: u32, used: Option<Block>) -> Self {
        let [x, y, _] = launch.grid;
        let at = [index % x, index / x % y, index / x / y];
        let rank_at: [u32; 3] = std::array::from_fn(|axis| at[axis] % launch.cluster[axis]);
        let rank = rank_at[0] + launch.cluster[0] * (rank_at[1] + launch.cluster[1] * rank_at[2]);
        let threads = launch.threads();
        let mut random = launch.seed ^ u64::from(index).wrapping_mul(0x2545_f491_4f6c_dd1d);
        let Block { mut shared, mut warps, .. } = used.unwrap_or_default();
        shared.clear();
        shared.resize(launch.shared_bytes as usize, 0);
        warps.resize_with(threads.div_ceil(32) as usize, Warp::default);
        for (number, warp) in warps.iter_mut().enumerate() {
            *warp = Warp::start(program, launch, at, rank, index, number as u32, std::mem::take(warp));
        }
        next_random(&mut random);
        Self {
            index,
            rank,
            shared,
            warps,
            barriers: Vec::new(),
            mbarriers: FxHashMap::default(),
            steps: 0,
            output: Vec::new(),
            next_warp: 0,
            random,
            resume: None,
        }
    }

    /// Whether all threads have ended.
    pub(crate) fn is_done(&self) -> bool {
        self.warps.iter().all(|warp| warp.live == 0)
    }
}

impl Warp {
    fn start(program: &Program, launch: &Launch, at: [u32; 3], rank: u32, block: u32, warp: u32, used: Warp) -> Self {
        let Warp { mut rows, mut special, mut local, mut splits, mut copies, .. } = used;
        let threads = launch.threads();
        let count = (threads - warp * 32).min(32);
        let live = u32::MAX >> (32 - count);
        let layout = &program.functions[launch.kernel as usize];
        rows.clear();
        rows.resize(layout.frame_rows as usize, Row::ZERO);
        rows[FRAME_RETURN as usize] = Row::splat(NO_CALLER);
        rows[crate::program::FRAME_LOCAL_END as usize] = Row::splat(layout.local_bytes);
        local.clear();
        local.reserve(layout.local_bytes);
        special.clear();
        special.resize(2 * program.specials.len(), Row::ZERO);
        for known in &program.specials {
            fill_special(&mut special[known.row as usize..], known.register, launch, at, rank, block, warp);
        }
        splits.clear();
        splits.push(Split { pc: layout.first_op, base: 0, lanes: live, state: State::Ready, turn: 0 });
        copies.clear();
        Self { rows, special, local, splits, live, copies, ..Self::default() }
    }

    /// Lanes of splits in a state.
    pub(crate) fn lanes_in(&self, state: State) -> u32 {
        self.splits.iter().filter(|split| split.state == state).fold(0, |lanes, split| lanes | split.lanes)
    }
}

fn fill_special(
    rows: &mut [Row],
    register: SpecialRegister,
    launch: &Launch,
    at: [u32; 3],
    rank: u32,
    block: u32,
    warp: u32,
) {
    use SpecialRegister::*;
    let [nx, ny, _] = launch.block;
    let thread = |lane: u32| warp * 32 + lane;
    let clusters: [u32; 3] = std::array::from_fn(|axis| launch.grid[axis] / launch.cluster[axis].max(1));
    let of_lane = |value: &dyn Fn(u32) -> u32| Row(std::array::from_fn(|lane| value(lane as u32)));
    let in_cluster = |axis: usize| at[axis] % launch.cluster[axis];
    rows[0] = match register {
        TidX => of_lane(&|lane| thread(lane) % nx),
        TidY => of_lane(&|lane| thread(lane) / nx % ny),
        TidZ => of_lane(&|lane| thread(lane) / nx / ny),
        NtidX => Row::splat(launch.block[0]),
        NtidY => Row::splat(launch.block[1]),
        NtidZ => Row::splat(launch.block[2]),
        CtaidX => Row::splat(at[0]),
        CtaidY => Row::splat(at[1]),
        CtaidZ => Row::splat(at[2]),
        NctaidX => Row::splat(launch.grid[0]),
        NctaidY => Row::splat(launch.grid[1]),
        NctaidZ => Row::splat(launch.grid[2]),
        ClusteridX => Row::splat(at[0] / launch.cluster[0]),
        ClusteridY => Row::splat(at[1] / launch.cluster[1]),
        ClusteridZ => Row::splat(at[2] / launch.cluster[2]),
        NclusteridX => Row::splat(clusters[0]),
        NclusteridY => Row::splat(clusters[1]),
        NclusteridZ => Row::splat(clusters[2]),
        ClusterCtaidX => Row::splat(in_cluster(0)),
        ClusterCtaidY => Row::splat(in_cluster(1)),
        ClusterCtaidZ => Row::splat(in_cluster(2)),
        ClusterNctaidX => Row::splat(launch.cluster[0]),
        ClusterNctaidY => Row::splat(launch.cluster[1]),
        ClusterNctaidZ => Row::splat(launch.cluster[2]),
        ClusterCtarank => Row::splat(rank),
        ClusterNctarank => Row::splat(launch.cluster_blocks()),
        Laneid => of_lane(&|lane| lane),
        Warpid => Row::splat(warp),
        Nwarpid => Row::splat(launch.threads().div_ceil(32)),
        Smid => Row::splat(block % launch.multiprocessors.max(1)),
        Nsmid => Row::splat(launch.multiprocessors.max(1)),
        LanemaskEq => of_lane(&|lane| 1 << lane),
        LanemaskLt => of_lane(&|lane| (1 << lane) - 1),
        LanemaskLe => of_lane(&|lane| u32::MAX >> (31 - lane)),
        LanemaskGt => of_lane(&|lane| !(u32::MAX >> (31 - lane))),
        LanemaskGe => of_lane(&|lane| u32::MAX << lane),
        IsExplicitCluster => Row::splat(u32::from(launch.explicit_cluster)),
        Envreg1 => Row::splat((launch.workspace >> 32) as u32),
        Envreg2 => Row::splat(launch.workspace as u32),
        TotalSmemSize | AggrSmemSize => Row::splat(launch.shared_bytes),
        DynamicSmemSize => Row::splat(launch.dynamic_shared_bytes),
        Gridid => {
            let both = Row::splat64(launch.number);
            rows[1] = both[1];
            both[0]
        }
        _ => Row::ZERO,
    };
}
