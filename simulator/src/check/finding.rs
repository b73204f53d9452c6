//! Findings: what a check has to say, as plain data that renderings share.

use super::subject::Place;
use crate::observe::{AccessKind, Scope, Site};

pub use rustg_base::diagnostic::Severity;

/// Which check found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// Data races in shared and global memory.
    Races,
    /// Bounds, lifetimes, alignment.
    Memory,
    /// Reads of what nobody wrote.
    Init,
    /// Barriers, warp operations, deadlocks.
    Sync,
    /// What ends a launch whatever is checked: traps, assertions, what the machine cannot execute.
    Program,
}

impl Check {
    /// The name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Check::Races => "races",
            Check::Memory => "memory",
            Check::Init => "init",
            Check::Sync => "sync",
            Check::Program => "program",
        }
    }
}

/// A kind of finding: its code, check, and one line of what it means. Codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Stable name: `race`, `out-of-bounds`.
    pub code: &'static str,
    /// Its check.
    pub check: Check,
    /// What it means.
    pub meaning: &'static str,
}

macro_rules! rules {
    ($($name:ident $code:literal $check:ident $meaning:literal;)*) => {
        $(pub(super) const $name: Rule = Rule { code: $code, check: Check::$check, meaning: $meaning };)*
        /// Every kind of finding.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    RACE "race" Races "conflicting accesses that nothing orders, at least one of them an ordinary access";
    RACE_SCOPE "race-scope" Races "conflicting strong accesses of which one's scope does not include the other thread";
    RACE_MIXED_SIZE "race-mixed-size" Races "conflicting strong accesses that overlap in part";
    RACE_ASYNC "race-async-copy" Races "an access to bytes of an asynchronous copy that was not waited for";
    RACE_SAME_INSTRUCTION "race-same-instruction" Races "lanes of one warp write the same bytes with one instruction";
    OUT_OF_BOUNDS "out-of-bounds" Memory "an access outside every live allocation";
    USE_AFTER_FREE "use-after-free" Memory "an access to an allocation that was freed";
    MISALIGNED "misaligned" Memory "an address that is no multiple of the access size";
    READ_ONLY "read-only" Memory "a store to memory that is read-only";
    BAD_FREE "bad-free" Memory "a free of something that was not allocated, or twice";
    STACK_OVERFLOW "stack-overflow" Memory "calls nest deeper than the stack allows";
    UNINITIALISED_GLOBAL "uninitialised-global" Init "a read of global memory that nobody wrote";
    UNINITIALISED_SHARED "uninitialised-shared" Init "a read of shared memory that nobody wrote";
    UNINITIALISED_LOCAL "uninitialised-local" Init "a read of local memory that the thread has not written";
    UNINITIALISED_REGISTER "uninitialised-register" Init "a read of a register that the thread has not written";
    DIVERGENT_BARRIER "divergent-barrier" Sync "an aligned barrier that a part of a warp reached";
    BAD_BARRIER "bad-barrier" Sync "a barrier with impossible operands";
    DEADLOCK "deadlock" Sync "no thread can go on";
    SHUFFLE_INACTIVE "shuffle-inactive" Sync "a shuffle that reads a lane which does not take part";
    BAD_MASK "bad-mask" Sync "a warp operation whose mask names absent lanes, or not the executing one";
    BAD_MBARRIER "bad-mbarrier" Sync "wrong use of an mbarrier object";
    DIVISION_BY_ZERO "division-by-zero" Program "an integer division or remainder by zero";
    TRAP "trap" Program "the program trapped";
    ASSERTION "assertion" Program "an assertion of the program failed";
    PANIC "panic" Program "the kernel panicked";
    BAD_TARGET "bad-target" Program "an indirect call or branch to something that is no code";
    UNSUPPORTED "unsupported" Program "an instruction that the simulator does not execute";
    STEP_BUDGET "step-budget" Program "more instructions than the budget allows";
    INTERRUPTED "interrupted" Program "the launch was stopped from outside";
    MEMORY_LIMIT "memory-limit" Program "more memory than the limit allows";
    RAN_OFF_END "ran-off-end" Program "control ran past the end of a function";
}

/// One access, or one thread, that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Involved {
    /// When and where.
    pub site: Site,
    /// The lanes.
    pub lanes: u32,
    /// What it does to memory, if it does.
    pub access: Option<InvolvedAccess>,
}

/// The access of an [`Involved`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvolvedAccess {
    /// Load, store, ….
    pub kind: AccessKind,
    /// How far it is strong.
    pub scope: Scope,
    /// Bytes.
    pub size_bytes: u32,
    /// What it read or wrote, if known.
    pub value: Option<u64>,
}

/// A place with what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Where.
    pub place: Place,
    /// What happens there.
    pub label: String,
}

/// One thing that is wrong, with everything a rendering needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub rule: Rule,
    /// How grave it is.
    pub severity: Severity,
    /// The message, without capital letter and full stop.
    pub message: String,
    /// The places, the one the message is about first.
    pub spots: Vec<Spot>,
    /// What else is known.
    pub notes: Vec<String>,
    /// Ways out.
    pub help: Vec<String>,
    /// The accesses or threads of the first occurrence, in the order of `spots`.
    pub involved: Vec<Involved>,
    /// The first byte concerned, in the address space that `message` names.
    pub address: Option<u64>,
    /// How often it happened.
    pub count: u64,
}

/// All that the checks of a launch found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The findings: errors first, then by place.
    pub findings: Vec<Finding>,
    /// What the checks could not see to the end, in words: history dropped for want of memory, …. Empty when they were exact.
    pub limits: Vec<String>,
}

impl Findings {
    /// Puts findings of one rule about the same source lines together, and sorts them.
    pub(super) fn grouped(findings: Vec<Finding>, ptx_path: &str) -> Findings {
        let key =
            |finding: &Finding| -> Vec<_> { finding.spots.iter().map(|spot| spot.place.line(ptx_path)).collect() };
        let mut groups: Vec<(Vec<super::subject::Frame>, Finding)> = Vec::new();
        for finding in findings {
            let lines = key(&finding);
            // Two orders of the same pair of lines are one matter.
            let same =
                |other: &[super::subject::Frame]| other == lines || (lines.len() == 2 && other.iter().rev().eq(&lines));
            match groups.iter_mut().find(|(other, group)| group.rule == finding.rule && same(other)) {
                Some((_, group)) => {
                    group.count += finding.count;
                    group.severity = group.severity.min(finding.severity);
                }
                None => groups.push((lines, finding)),
            }
        }
        groups.sort_by(|(left_lines, left), (right_lines, right)| {
            (left.severity, left_lines, left.rule.code).cmp(&(right.severity, right_lines, right.rule.code))
        });
        Findings { findings: groups.into_iter().map(|group| group.1).collect(), limits: Vec::new() }
    }
}
