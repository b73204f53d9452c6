//! What the machine shows of a run: the [`Observer`] trait and the events it receives.
//!
//! Every kind of event has an associated constant. A kind that is `false` is never built: the machine is compiled once for every observer type, and
//! the code that would have made the event disappears.
//!
//! This module owns the vocabulary between the machine and whoever watches it (checks, counts, the debugger). It holds no state of a run.

mod registers;

pub use crate::lanes::Row;
pub use registers::{RegisterRole, RegisterSlot, RegisterUse};

/// Where in the program and in the launch something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// The block's linear index in the grid: `x + y · nx + z · nx · ny`.
    pub block: u32,
    /// The warp's index in its block; lane `l` is thread `32 · warp + l` in linear order.
    pub warp: u16,
    /// The function's index in the module.
    pub function: u32,
    /// The instruction's index in the module's instruction table.
    pub pc: u32,
    /// How many warp instructions this block had executed before: together with `block` it names one moment of a run.
    pub step: u64,
}

/// A state space after generic addresses are resolved (PTX ISA, "State Spaces").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// Global memory. Addresses are absolute.
    Global,
    /// Shared memory. Addresses are shared-window addresses: below [`SHARED_RANK_SHIFT`] an offset in the own block's window, above it the rank
    /// of another block of the cluster, see [`shared_rank`].
    Shared,
    /// Local memory. Addresses are offsets in each thread's own window.
    Local,
    /// Constant memory. Addresses are absolute.
    Const,
    /// Kernel and function parameters. Addresses are offsets in the parameter area.
    Param,
}

/// Bits of a shared address that are an offset; what stands above is zero for the own block, else the cluster rank plus one.
pub const SHARED_RANK_SHIFT: u32 = 24;

/// The cluster rank that a shared address names, or nothing for the accessing block's own window.
pub fn shared_rank(address: u64) -> Option<u32> {
    ((address >> SHARED_RANK_SHIFT) as u32).checked_sub(1)
}

/// The offset part of a shared address.
pub fn shared_offset(address: u64) -> u32 {
    (address & ((1 << SHARED_RANK_SHIFT) - 1)) as u32
}

/// What a memory instruction does with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// Reads.
    Load,
    /// Writes.
    Store,
    /// Reads and writes in one indivisible step, and gives the old value to the program (`atom`).
    Atomic,
    /// Reads and writes in one indivisible step without a result (`red`).
    Reduction,
    /// The reading half of an asynchronous copy (`cp.async`), at the moment of issue.
    AsyncRead,
    /// The writing half of an asynchronous copy, at the moment of issue; it becomes visible by a wait.
    AsyncWrite,
}

impl AccessKind {
    /// Whether memory may change.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Load | Self::AsyncRead)
    }

    /// Whether memory is read.
    pub fn reads(self) -> bool {
        !matches!(self, Self::Store | Self::AsyncWrite)
    }
}

/// Memory-order qualifier (PTX ISA, "Memory Consistency Model", operation types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Semantics {
    /// No qualifier, or `.weak`.
    Weak,
    /// `.volatile`: like relaxed at system scope.
    Volatile,
    /// `.relaxed`.
    Relaxed,
    /// `.acquire`.
    Acquire,
    /// `.release`.
    Release,
    /// `.acq_rel`.
    AcquireRelease,
    /// `.sc` (fences only).
    Sequential,
    /// `.mmio`.
    Mmio,
}

/// The set of threads an operation is strong towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Weak operations have none.
    None,
    /// `.cta`
    Block,
    /// `.cluster`
    Cluster,
    /// `.gpu`
    Gpu,
    /// `.sys`
    System,
}

/// The way by which memory is reached (PTX ISA, "Proxies").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proxy {
    /// Ordinary loads, stores and atomics.
    Generic,
    /// `cp.async.bulk` and its kin.
    Async,
    /// `cp{.async}` without bulk: asynchronous, but in the generic proxy.
    GenericAsync,
    /// `ld.const`, `ld.param`.
    Constant,
    /// `ld.global.nc`
    Texture,
}

/// One warp-wide memory instruction: the lanes that carry it out, after lanes that fault were taken away.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The resolved space; an instruction with generic addresses in several spaces gives one access for each.
    pub space: Space,
    /// What happens to memory.
    pub kind: AccessKind,
    /// Bit `l` is set when lane `l` takes part.
    pub lanes: u32,
    /// Each lane's address as [`Space`] says; only lanes of `lanes` mean something.
    pub addresses: &'a [u64; 32],
    /// Bytes each lane touches, the whole vector.
    pub size_bytes: u8,
    /// Bytes of one element: what is indivisible, and what `values` holds one after another.
    pub element_bytes: u8,
    /// Order.
    pub semantics: Semantics,
    /// Scope; [`Scope::None`] for weak operations.
    pub scope: Scope,
    /// Proxy.
    pub proxy: Proxy,
    /// What is read by a load or written by a store, or an atomic's new value: for every vector element its rows (one up to 32 bits, two for 64,
    /// four for 128, lane-contiguous). Read it with [`Access::value`].
    pub values: &'a [Row],
    /// An atomic's old value, in the same shape; empty otherwise.
    pub old: &'a [Row],
}

impl Access<'_> {
    /// Element `element` of lane `lane` as bits; of a 128-bit element the low half. Zero when the machine did not keep it.
    pub fn value(&self, lane: usize, element: usize) -> u64 {
        element_of(self.values, self.element_bytes, lane, element)
    }

    /// What [`Access::value`] was before an atomic.
    pub fn old_value(&self, lane: usize, element: usize) -> u64 {
        element_of(self.old, self.element_bytes, lane, element)
    }
}

fn element_of(rows: &[Row], element_bytes: u8, lane: usize, element: usize) -> u64 {
    let rows_each = usize::from(element_bytes).div_ceil(4);
    let Some(rows) = rows.get(element * rows_each..(element + 1) * rows_each) else { return 0 };
    let word = |index: usize| u64::from(rows[index / 32].0[index % 32]);
    match rows_each {
        1 => word(lane),
        _ => word(lane * rows_each) | word(lane * rows_each + 1) << 32,
    }
}

/// What a block-wide barrier instruction does (PTX ISA, `barrier{.cta}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarrierKind {
    /// `barrier.sync`: arrive and wait.
    Sync,
    /// `barrier.arrive`: arrive only.
    Arrive,
    /// `barrier.red`: arrive, wait, and reduce a predicate.
    Reduce,
}

/// Everything that orders threads, or begins and ends something.
#[derive(Clone, Debug)]
pub enum SyncEvent<'a> {
    /// The launch begins; `threads` a block, `blocks` in the grid. The site names block 0.
    KernelBegin {
        /// Blocks of the grid.
        blocks: u32,
        /// Threads of a block.
        threads: u32,
        /// Blocks of a cluster (1 without clusters).
        cluster: u32,
    },
    /// The launch is over and everything it did happens before what the host does next.
    KernelEnd,
    /// A block begins.
    BlockBegin {
        /// Static and dynamic shared memory.
        shared_bytes: u32,
        /// The blocks of its cluster by rank, linear indices; only itself without clusters.
        cluster: &'a [u32],
    },
    /// All threads of a block have ended.
    BlockEnd,
    /// Lanes of a warp have ended (`exit`, or `ret` from the kernel).
    Exit {
        /// The lanes.
        lanes: u32,
    },
    /// Lanes arrive at a barrier of the block.
    BarrierArrive {
        /// Barrier number, 0–15.
        barrier: u8,
        /// What the instruction does.
        kind: BarrierKind,
        /// Threads the instruction says it expects; 0 for all of the block.
        expected: u32,
        /// Whether the instruction is `.aligned` (`bar.sync` is).
        aligned: bool,
        /// The lanes that arrive.
        lanes: u32,
        /// Lanes of the warp that have not ended.
        live: u32,
    },
    /// A barrier of the block completes; every participant's earlier accesses come before what the waiting ones do next.
    BarrierComplete {
        /// Barrier number.
        barrier: u8,
        /// Participating lanes, one mask a warp.
        arrived: &'a [u32],
        /// Those of them that wait (all but `arrive`), one mask a warp.
        waiting: &'a [u32],
    },
    /// `bar.warp.sync` completes for its members.
    WarpSync {
        /// The members.
        lanes: u32,
    },
    /// `fence` or `membar`.
    Fence {
        /// The lanes.
        lanes: u32,
        /// `Acquire`, `Release`, `AcquireRelease` or `Sequential`.
        semantics: Semantics,
        /// Scope.
        scope: Scope,
    },
    /// `fence.proxy`.
    ProxyFence {
        /// The lanes.
        lanes: u32,
        /// The proxy that is ordered with the generic one.
        proxy: Proxy,
    },
    /// `mbarrier.init`.
    MbarrierInit {
        /// The lanes.
        lanes: u32,
        /// Each lane's shared address.
        addresses: &'a [u64; 32],
        /// Each lane's count.
        counts: &'a Row,
    },
    /// `mbarrier.inval`.
    MbarrierInvalidate {
        /// The lanes.
        lanes: u32,
        /// Each lane's shared address.
        addresses: &'a [u64; 32],
    },
    /// `mbarrier.arrive`, also the arrival of asynchronous copies.
    MbarrierArrive {
        /// The lanes.
        lanes: u32,
        /// Each lane's shared address.
        addresses: &'a [u64; 32],
        /// The phase each lane arrives on, as a running number.
        phases: &'a Row,
        /// Order.
        semantics: Semantics,
        /// Scope.
        scope: Scope,
        /// Whether it is the completion of asynchronous copies (`cp.async.mbarrier.arrive`) and so carries them.
        copies: bool,
    },
    /// A phase of an mbarrier completes.
    MbarrierComplete {
        /// Its shared address, with the rank of the block that owns it when that is another one.
        address: u64,
        /// The phase that completed.
        phase: u32,
    },
    /// `mbarrier.test_wait` or `try_wait` that found its phase complete.
    MbarrierWait {
        /// The lanes that saw it complete.
        lanes: u32,
        /// Each lane's shared address.
        addresses: &'a [u64; 32],
        /// The completed phase.
        phases: &'a Row,
        /// Order.
        semantics: Semantics,
        /// Scope.
        scope: Scope,
    },
    /// `cp.async.commit_group`.
    CopyCommit {
        /// The lanes.
        lanes: u32,
    },
    /// `cp.async.wait_group N` (or `wait_all`, pending 0): all but the newest `pending` groups are visible to the executing thread.
    CopyWait {
        /// The lanes.
        lanes: u32,
        /// Groups that may still be pending.
        pending: u32,
    },
    /// `barrier.cluster.arrive`.
    ClusterArrive {
        /// The lanes.
        lanes: u32,
        /// Order: release, or relaxed.
        semantics: Semantics,
    },
    /// `barrier.cluster.wait` returns.
    ClusterWait {
        /// The lanes.
        lanes: u32,
    },
    /// All threads of the cluster have arrived.
    ClusterComplete {
        /// The cluster's blocks, linear indices.
        blocks: &'a [u32],
    },
    /// Device-side `malloc`, host allocations made before the launch are not repeated here.
    Allocate {
        /// The lane.
        lane: u32,
        /// First byte.
        address: u64,
        /// Size asked for.
        size_bytes: u64,
    },
    /// Device-side `free`.
    Free {
        /// The lane.
        lane: u32,
        /// First byte.
        address: u64,
    },
}

/// How much a machine may do after an observer has seen a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go on: a faulty load gives zeros, a faulty store is dropped, a bad mask counts as the present lanes. Faults that leave nothing to go on with
    /// (deadlock, unsupported instruction, step budget, trap) stop all the same.
    Continue,
    /// End the launch with this fault.
    Stop,
}

/// Something that watches a launch.
///
/// Blocks may run on several cores. Each then has an observer made by [`Observer::fork`], and they are joined in block order, so what comes out does
/// not depend on the number of cores. The law: after `a.join(b)`, `a` is as if it had itself observed `b`'s events after its own.
pub trait Observer: Sized + Send {
    /// Whether [`Observer::access`] is called.
    const MEMORY: bool;
    /// Whether [`Observer::sync`] is called.
    const SYNC: bool;
    /// Whether [`Observer::step`] is called.
    const STEPS: bool;
    /// Whether [`Observer::registers`] and [`Observer::frame`] are called.
    const REGISTERS: bool;
    /// Whether [`Observer::stops_before`] is asked before every warp instruction: what a debugger needs.
    const STOPS: bool = false;

    /// An observer for a block that runs apart from the others.
    fn fork(&self, block: u32) -> Self;

    /// Takes over what a forked observer has seen.
    fn join(&mut self, other: Self);

    /// Whether [`Observer::join`] would give exactly what this observer would have seen itself. If not, what `other` saw is dropped, and the block is
    /// run again under this observer: so what is observed does not depend on the number of cores.
    fn can_join(&self, _other: &Self) -> bool {
        true
    }

    /// One warp-wide memory instruction. Loads are shown after, stores before memory changes.
    fn access(&mut self, _site: Site, _access: &Access<'_>) {}

    /// Something that orders threads.
    fn sync(&mut self, _site: Site, _event: &SyncEvent<'_>) {}

    /// A warp instruction is about to be executed by `active` lanes out of the `issued` ones that reached it (a guard may turn lanes off).
    fn step(&mut self, _site: Site, _active: u32, _issued: u32) {}

    /// A conditional branch or indexed branch sent `taken` lanes one way out of `active`.
    fn branch(&mut self, _site: Site, _active: u32, _taken: u32) {}

    /// Whether [`Observer::registers`] and [`Observer::frame`] are wanted in this launch; asked once a turn. False costs a comparison an instruction.
    fn watches_registers(&self) -> bool {
        true
    }

    /// Registers a warp instruction reads and writes, before it is executed. The site's function is not filled in.
    fn registers(&mut self, _site: Site, _used: &RegisterUse<'_>) {}

    /// `active` lanes entered a function whose registers live in the rows `rows` of the register file; but for those that hold parameters
    /// (`parameters`, relative to the first row) they hold no values yet.
    fn frame(&mut self, _site: Site, _rows: std::ops::Range<u32>, _parameters: &[RegisterSlot], _active: u32) {}

    /// Whether the launch should pause before this warp instruction. It is asked again when the launch goes on.
    fn stops_before(&mut self, _site: Site, _active: u32) -> bool {
        false
    }

    /// Something went wrong. Who does not care goes on where hardware does: at a division by zero.
    fn fault(&mut self, _site: Site, fault: &Fault) -> Action {
        if fault.kind == FaultKind::DivisionByZero { Action::Continue } else { Action::Stop }
    }
}

/// Watches nothing and stops at the first fault that hardware would stop at, too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    const MEMORY: bool = false;
    const SYNC: bool = false;
    const STEPS: bool = false;
    const REGISTERS: bool = false;

    fn fork(&self, _block: u32) -> Self {
        Self
    }

    fn join(&mut self, _other: Self) {}
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    const MEMORY: bool = A::MEMORY || B::MEMORY;
    const SYNC: bool = A::SYNC || B::SYNC;
    const STEPS: bool = A::STEPS || B::STEPS;
    const REGISTERS: bool = A::REGISTERS || B::REGISTERS;
    const STOPS: bool = A::STOPS || B::STOPS;

    fn fork(&self, block: u32) -> Self {
        (self.0.fork(block), self.1.fork(block))
    }

    fn join(&mut self, other: Self) {
        self.0.join(other.0);
        self.1.join(other.1);
    }

    fn can_join(&self, other: &Self) -> bool {
        self.0.can_join(&other.0) && self.1.can_join(&other.1)
    }

    fn access(&mut self, site: Site, access: &Access<'_>) {
        if A::MEMORY {
            self.0.access(site, access);
        }
        if B::MEMORY {
            self.1.access(site, access);
        }
    }

    fn sync(&mut self, site: Site, event: &SyncEvent<'_>) {
        if A::SYNC {
            self.0.sync(site, event);
        }
        if B::SYNC {
            self.1.sync(site, event);
        }
    }

    fn step(&mut self, site: Site, active: u32, issued: u32) {
        if A::STEPS {
            self.0.step(site, active, issued);
        }
        if B::STEPS {
            self.1.step(site, active, issued);
        }
    }

    fn branch(&mut self, site: Site, active: u32, taken: u32) {
        if A::STEPS {
            self.0.branch(site, active, taken);
        }
        if B::STEPS {
            self.1.branch(site, active, taken);
        }
    }

    fn watches_registers(&self) -> bool {
        A::REGISTERS && self.0.watches_registers() || B::REGISTERS && self.1.watches_registers()
    }

    fn registers(&mut self, site: Site, used: &RegisterUse<'_>) {
        if A::REGISTERS && self.0.watches_registers() {
            self.0.registers(site, used);
        }
        if B::REGISTERS && self.1.watches_registers() {
            self.1.registers(site, used);
        }
    }

    fn frame(&mut self, site: Site, rows: std::ops::Range<u32>, parameters: &[RegisterSlot], active: u32) {
        if A::REGISTERS && self.0.watches_registers() {
            self.0.frame(site, rows.clone(), parameters, active);
        }
        if B::REGISTERS && self.1.watches_registers() {
            self.1.frame(site, rows, parameters, active);
        }
    }

    fn stops_before(&mut self, site: Site, active: u32) -> bool {
        let first = A::STOPS && self.0.stops_before(site, active);
        let second = B::STOPS && self.1.stops_before(site, active);
        first || second
    }

    fn fault(&mut self, site: Site, fault: &Fault) -> Action {
        // Both see it; it goes on only if both can go on.
        match (self.0.fault(site, fault), self.1.fault(site, fault)) {
            (Action::Continue, Action::Continue) => Action::Continue,
            _ => Action::Stop,
        }
    }
}

/// An allocation as a fault report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocationInfo {
    /// What the host called it: an argument's name, a module variable's, or `malloc`.
    pub name: String,
    /// First byte.
    pub address: u64,
    /// Size.
    pub size_bytes: u64,
    /// Whether it has been freed.
    pub freed: bool,
}

/// Why one thread waits, for a deadlock report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// At a barrier of the block that `arrived` of `expected` threads have reached.
    Barrier {
        /// Barrier number.
        barrier: u8,
        /// Threads that have arrived.
        arrived: u32,
        /// Threads that must arrive.
        expected: u32,
    },
    /// At a warp-wide instruction for lanes that are elsewhere.
    WarpSync {
        /// The mask it names.
        mask: u32,
        /// The lanes that have not come.
        missing: u32,
    },
    /// At the cluster's barrier.
    Cluster {
        /// Threads that have arrived.
        arrived: u32,
        /// Threads that must arrive.
        expected: u32,
    },
    /// At the grid's barrier.
    Grid,
}

/// One waiting split of a deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Where it waits.
    pub site: Site,
    /// The lanes.
    pub lanes: u32,
    /// What for.
    pub reason: WaitReason,
}

/// What went wrong, with everything a message needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The lanes concerned.
    pub lanes: u32,
    /// What it is.
    pub kind: FaultKind,
}

/// Kinds of [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An access outside every live allocation of its space.
    OutOfBounds {
        /// The space.
        space: Space,
        /// What the instruction does.
        kind: AccessKind,
        /// The first faulty lane's address.
        address: u64,
        /// Bytes that lane wanted.
        size_bytes: u32,
        /// The nearest allocation, freed ones included.
        nearest: Option<AllocationInfo>,
    },
    /// An address that is no multiple of the access size.
    Misaligned {
        /// The space.
        space: Space,
        /// What the instruction does.
        kind: AccessKind,
        /// The first faulty lane's address.
        address: u64,
        /// The alignment it needs.
        align_bytes: u32,
    },
    /// A store to constant memory, to kernel parameters, or through a read-only pointer.
    ReadOnly {
        /// The space.
        space: Space,
        /// The address.
        address: u64,
    },
    /// Integer division or remainder by zero; the machine goes on with all ones, as the hardware does.
    DivisionByZero,
    /// `shfl` that reads a lane which does not execute it; the value is undefined.
    ShuffleInactive {
        /// Lanes that are read but do not execute the instruction.
        sources: u32,
    },
    /// A `.sync` instruction whose mask does not name the executing lane, or names lanes that have ended.
    BadMask {
        /// The mask.
        mask: u32,
        /// Executing lanes.
        active: u32,
        /// Lanes of the mask that have ended.
        ended: u32,
    },
    /// An `.aligned` barrier reached by a part of a warp.
    BarrierDivergence {
        /// Barrier number.
        barrier: u8,
        /// Lanes of the warp that have not ended.
        live: u32,
    },
    /// A barrier operand outside 0–15, a thread count that is no multiple of 32, or counts that disagree.
    BadBarrier {
        /// In words.
        reason: &'static str,
    },
    /// No thread can go on.
    Deadlock {
        /// All that wait.
        waiting: Vec<Waiter>,
    },
    /// The machine does not execute this instruction.
    Unsupported {
        /// The instruction or feature, by name.
        what: String,
    },
    /// The launch executed more warp instructions than it was allowed.
    StepBudget {
        /// The budget.
        steps: u64,
    },
    /// More memory is needed than allowed.
    MemoryLimit {
        /// The limit.
        limit_bytes: u64,
    },
    /// Calls nest deeper than the stack allows.
    StackOverflow {
        /// The limit, a thread.
        limit_bytes: u64,
    },
    /// [`Progress::stop`](crate::progress::Progress::stop) was called. No observer is told.
    Interrupted,
    /// `trap`, or `brkpt` without a debugger.
    Trap,
    /// `__assertfail`.
    Assertion {
        /// The asserted expression.
        message: String,
        /// Source file.
        file: String,
        /// Line.
        line: u32,
        /// Function.
        function: String,
    },
    /// An indirect call or branch to something that is no function or label.
    BadTarget {
        /// The value.
        target: u64,
    },
    /// `free` of something `malloc` did not give, or twice.
    BadFree {
        /// The pointer.
        address: u64,
        /// The allocation it lies in, if any.
        nearest: Option<AllocationInfo>,
    },
    /// Wrong use of an mbarrier object.
    BadMbarrier {
        /// Its shared address.
        address: u64,
        /// In words.
        reason: &'static str,
    },
    /// Control ran past a function's last instruction.
    RanOffEnd,
}
