//! Micro-operations: what one PTX instruction is when it is executed.

use crate::lanes::atomic::{AtomicFn, WideAtomicFn};
use crate::lanes::cross::{Reduction, Shuffle, Vote};
use crate::lanes::{CarryFn, Combine, Row, TestFn, Tested, Value4Fn, ValueFn};
use crate::observe::{AccessKind, BarrierKind, Proxy, Scope, Semantics};

/// Rows of a frame, of the constants, of the special registers, or of the launch: which of them, how many, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rows(u32);

/// Whose rows [`Rows`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Registers of the current frame.
    Frame = 0,
    /// Immediates and addresses of the module.
    Constant = 1,
    /// Special registers of the warp.
    Special = 2,
    /// Kernel parameters and what else a launch fixes.
    Launch = 3,
}

impl Rows {
    /// No rows.
    pub const NONE: Rows = Rows(0);
    /// The largest offset that fits, exclusive.
    pub const OFFSET_MAX: u32 = 1 << 25;

    /// `count` rows (at most 31) from `offset` on.
    pub fn new(of: Operand, offset: u32, count: u32) -> Self {
        debug_assert!(offset < Self::OFFSET_MAX && count < 32, "decode checks the size of frames");
        Rows((of as u32) << 30 | count << 25 | offset)
    }

    /// Which table: 0–3 as [`Operand`] numbers them.
    #[inline(always)]
    pub fn table(self) -> usize {
        (self.0 >> 30) as usize
    }

    /// The first row.
    #[inline(always)]
    pub fn offset(self) -> usize {
        (self.0 & (Self::OFFSET_MAX - 1)) as usize
    }

    /// How many rows.
    #[inline(always)]
    pub fn count(self) -> usize {
        (self.0 >> 25 & 31) as usize
    }

    /// Whether they are registers of the frame, which may be written.
    pub fn is_frame(self) -> bool {
        self.table() == Operand::Frame as usize
    }

    /// Whether there are none.
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self.count() == 0
    }

    /// `count` of these rows from the `first`-th on.
    pub fn part(self, first: u32, count: u32) -> Self {
        Rows(self.0 & 0xc000_0000 | count << 25 | (self.offset() as u32 + first))
    }

    /// Whether a row is in both.
    pub fn overlaps(self, other: Rows) -> bool {
        self.table() == other.table()
            && self.offset() < other.offset() + other.count()
            && other.offset() < self.offset() + self.count()
    }
}

/// A predicate that is read: a word of the frame, maybe negated, or a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PredicateRef(pub u32);

impl PredicateRef {
    /// True in every lane: what an absent guard is.
    pub const TRUE: Self = Self(u32::MAX);
    /// False in every lane.
    pub const FALSE: Self = Self(u32::MAX - 1);

    /// The predicate in word `word` of the frame.
    pub fn new(word: u32, negated: bool) -> Self {
        Self(word | u32::from(negated) << 31)
    }

    /// The word of the frame, if it is not constant.
    pub fn word(self) -> Option<u32> {
        (self.0 < Self::FALSE.0).then_some(self.0 & 0x7fff_ffff)
    }
}

/// A predicate that is written: a word of the frame, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PredicateSlot(pub u32);

impl PredicateSlot {
    /// Not wanted.
    pub const NONE: Self = Self(u32::MAX);
}

/// What an operation computes when it is a value of up to three operands.
pub type Value = ValueFn;

/// What an operation does. Operands are [`Op`]'s: `d` results, `a b c e` sources, `p r` predicates read, `q` predicates written.
#[derive(Clone, Copy)]
pub enum Kind {
    /// `d = f(a, b, c)`
    Value(ValueFn),
    /// `d = f(a, b, c, e)`
    Value4(Value4Fn),
    /// `d = a`
    Move,
    /// `d = a`, from 32 to 64 bits, zero-extended.
    Widen,
    /// `d = a`, from 64 to 32 bits.
    Narrow,
    /// `d = a`, from so many bits, signed or not, to the bits of the register.
    Extend(u8, bool, u8),
    /// As `Value`, by description: an index of `Program::described`.
    Described(u32),
    /// `d = f(a, b, c)` of pieces of registers: an index of `Program::videos`.
    Video(u32),
    /// `q = compare(a, b) ∘ p`
    Test(TestFn, Combine),
    /// `d = fill(compare(a, b) ∘ p)`
    Set(TestFn, Combine, fn(&mut [Row], Tested)),
    /// `d = p ? a : b`
    Select(fn(&mut [Row], &[Row], &[Row], u32)),
    /// `d = f(a, b, c, carry)`; whether the carry is read, written.
    Carry(CarryFn, bool, bool),
    /// `d = f(a, b, c, e); q = (d != 0) ∘ p`
    ValueTest(Value4Fn, Combine),
    /// `q = f(p, r)`
    Logic(fn(u32, u32) -> u32),
    /// A value or value test whose operands include vectors: an index of `Program::vectors`.
    Vector(u32),
    /// `d` = this frame's local memory plus so many bytes.
    FrameAddress(u32),
    /// `d` = the simulated clock; see [`Clock`].
    Clock(Clock),
    /// `ld`: an index of `Program::memory_ops`, and so below.
    Load(u32),
    /// `st`
    Store(u32),
    /// `atom`, `red`: operand `b` and for `cas` `c`.
    Atomic(u32),
    /// `cp.async`: `a` global source, `d` unused; `b` bytes to copy, if given; `p` ignore-source.
    CopyAsync(u32),
    /// `cp.async.commit_group`
    CopyCommit,
    /// `cp.async.wait_group N`
    CopyWait(u32),
    /// `cp.async.mbarrier.arrive`; whether `.noinc`. Address in `memory_ops`.
    CopyArrive(u32, bool),
    /// `bra`: to an operation, where the guard holds.
    Branch(u32),
    /// `brx.idx`: index `a`, an index of `Program::branch_tables`.
    BranchIndexed(u32),
    /// Before an integer division: a fault where the divisor `a` is zero. No PTX instruction.
    CheckDivisor,
    /// A meeting point: lanes that parted wait here for one another. No PTX instruction.
    Meet,
    /// `call`: an index of `Program::calls`; `a` the callee's address when indirect.
    Call(u32),
    /// Behind a call: results become the caller's. No PTX instruction.
    AfterCall(u32),
    /// `ret`
    Return,
    /// `exit`
    Exit,
    /// `trap`
    Trap,
    /// `brkpt`
    Breakpoint,
    /// `bar`, `barrier`: an index of `Program::barriers`.
    Barrier(u32),
    /// `bar.warp.sync`: members `e`.
    WarpBarrier,
    /// `barrier.cluster.arrive`
    ClusterArrive(Semantics),
    /// `barrier.cluster.wait`
    ClusterWait,
    /// `fence`, `membar`
    Fence(Semantics, Scope),
    /// `fence.proxy`
    ProxyFence(Proxy),
    /// `shfl`: value `a`, lane `b`, clamp `c`, members `e` (none for the form without `.sync`).
    Shuffle(Shuffle),
    /// `vote`: predicate `p`, members `e`; `d` for ballot, else `q`.
    Vote(Vote),
    /// `match`: value `a`, members `e`; whether `.all`.
    Match(bool),
    /// `redux`: value `a`, members `e`.
    Redux(Reduction),
    /// `activemask`
    ActiveMask,
    /// `elect`: members `e`.
    Elect,
    /// `isspacep`: address `a`.
    IsSpace(AddressSpace),
    /// `mapa`: address `a`, rank `b`; whether addresses are generic.
    MapShared(bool),
    /// `getctarank`: address `a`; whether it is generic.
    SharedRank(bool),
    /// `mbarrier.*`: address in `memory_ops`; see [`Mbarrier`].
    Mbarrier(u32, Mbarrier),
    /// Matrix instructions: an index of `Program::matrices`.
    Matrix(u32),
    /// `alloca`: bytes `a`, alignment.
    Alloca(u32),
    /// `stacksave`
    StackSave,
    /// `stackrestore`: `a`.
    StackRestore,
    /// `nanosleep`
    Sleep,
    /// Hints that change nothing: `prefetch`, `discard`, `pmevent`, ….
    Nothing,
    /// Refused: an index of `Program::refused`.
    Refused(u32),
    /// Behind a function's last instruction.
    End,
}

/// What a clock register counts, in units of the simulated clock: one warp instruction of the block is one cycle, and one cycle one nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `%clock64`, `%clock`, `%globaltimer`, `%globaltimer_lo`
    Low,
    /// `%clock_hi`, `%globaltimer_hi`
    High,
}

/// The operations on mbarrier objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mbarrier {
    /// `.init`: count `b`.
    Init,
    /// `.inval`
    Invalidate,
    /// `.expect_tx`: bytes `b`.
    ExpectTx,
    /// `.complete_tx`: bytes `b`.
    CompleteTx,
    /// `.arrive`: count `b` if given, result `d`.
    Arrive,
    /// `.arrive.expect_tx`: bytes `b`.
    ArriveExpectTx,
    /// `.arrive.noComplete`: count `b`.
    ArriveNoComplete,
    /// `.arrive_drop`: count `b` if given.
    ArriveDrop,
    /// `.arrive_drop.expect_tx`: bytes `b`.
    ArriveDropExpectTx,
    /// `.test_wait`: state `b`; result `q`. Whether it is `try_wait`, which may suspend.
    TestWait(bool),
    /// `.test_wait.parity`: parity `b`.
    TestWaitParity(bool),
    /// `.pending_count`: state `a`.
    PendingCount,
}

/// One micro-operation.
#[derive(Clone, Copy)]
pub struct Op {
    /// What it does.
    pub kind: Kind,
    /// Results.
    pub d: Rows,
    /// First source.
    pub a: Rows,
    /// Second source.
    pub b: Rows,
    /// Third source.
    pub c: Rows,
    /// Fourth source, or the members of a warp-wide operation.
    pub e: Rows,
    /// Lanes in which it is carried out.
    pub guard: PredicateRef,
    /// Predicate source.
    pub p: PredicateRef,
    /// Second predicate source.
    pub r: PredicateRef,
    /// Predicate results.
    pub q: [PredicateSlot; 2],
    /// Whether `d` shares no row with a source, so that a result may be written while sources are read.
    pub apart: bool,
    /// Whether it is the first operation of its instruction: the one that counts as a step.
    pub first: bool,
    /// Index of the instruction in the module.
    pub instruction: u32,
}

impl Op {
    /// An operation without operands.
    pub fn new(kind: Kind, instruction: u32) -> Self {
        Self {
            kind,
            d: Rows::NONE,
            a: Rows::NONE,
            b: Rows::NONE,
            c: Rows::NONE,
            e: Rows::NONE,
            guard: PredicateRef::TRUE,
            p: PredicateRef::TRUE,
            r: PredicateRef::TRUE,
            q: [PredicateSlot::NONE; 2],
            apart: true,
            first: false,
            instruction,
        }
    }
}

/// The space an instruction names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum AddressSpace {
    Generic,
    Global,
    Shared,
    SharedCluster,
    Local,
    Const,
    Param,
}

/// A memory access.
#[derive(Clone, Copy)]
pub struct MemoryOp {
    /// Where the address is: one or two rows.
    pub address: Rows,
    /// Added to it.
    pub offset: i64,
    /// The space it is in.
    pub space: AddressSpace,
    /// What is done.
    pub kind: AccessKind,
    /// Bytes of an element, 1–16.
    pub element_bytes: u8,
    /// Elements, 1–8.
    pub elements: u8,
    /// Whether loaded elements are sign-extended to their registers.
    pub signed: bool,
    /// Registers of the elements: results of loads, sources of stores; no rows for those nobody wants.
    pub registers: [Rows; 8],
    /// Order.
    pub semantics: Semantics,
    /// Scope.
    pub scope: Scope,
    /// Proxy.
    pub proxy: Proxy,
    /// Whether it is a function's own parameters, which nobody watches.
    pub silent: bool,
    /// Of an atomic: what it computes on one element elsewhere and in global memory.
    pub atomic: Option<[AtomicFn; 2]>,
    /// The commutative reduction it is, if it is one.
    pub reduction: Option<crate::memory::ReductionOp>,
    /// Of a 128-bit atomic: what it computes.
    pub wide_atomic: Option<WideAtomicFn>,
}

/// A block-wide barrier.
#[derive(Clone, Copy)]
pub struct BarrierOp {
    /// What it does.
    pub kind: BarrierKind,
    /// Whether all lanes of the warp promise to execute it together.
    pub aligned: bool,
    /// Barrier number.
    pub number: Rows,
    /// Threads expected, if given.
    pub count: Rows,
    /// The reduction: and, or, popc.
    pub reduction: VoteReduction,
}

/// What `barrier.red` computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum VoteReduction {
    None,
    And,
    Or,
    Popc,
}

/// An operation whose operands are vectors of registers that do not lie side by side: they are gathered, computed, and scattered.
#[derive(Clone)]
pub struct VectorOp {
    /// Computes; nothing for a move.
    pub run: ValueFn,
    /// Rows of the result's elements.
    pub d: Vec<Rows>,
    /// Rows of each source's elements.
    pub sources: [Vec<Rows>; 3],
}

/// A matrix instruction.
#[derive(Clone)]
pub struct MatrixOp {
    /// Rows of the operands' elements: d, a, b, c, and what more there is.
    pub operands: Vec<Vec<Rows>>,
    /// An address, for loads and stores.
    pub address: Option<u32>,
    /// The instruction.
    pub form: rustg_ptx::FormId,
}
