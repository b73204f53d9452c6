//! The counting observer.

use std::ops::AddAssign;

use rustg_ptx::Module;

use super::traffic::{bank_passes, contention, sectors};
use crate::observe::{Access, AccessKind, Action, Fault, FaultKind, Observer, Site, Space};

/// What one instruction, or a line, a function, a kernel did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Warp instructions.
    pub executions: u64,
    /// Lanes that executed them: at most 32 a warp instruction.
    pub lanes: u64,
    /// Branches of warps.
    pub branches: u64,
    /// Branches that split a warp.
    pub divergent: u64,
    /// Warp-wide requests to global memory.
    pub global_requests: u64,
    /// 32-byte sectors they touched.
    pub global_sectors: u64,
    /// Warp-wide requests to shared memory.
    pub shared_requests: u64,
    /// Passes that shared memory took for them.
    pub shared_passes: u64,
    /// Passes without bank conflicts.
    pub shared_ideal: u64,
    /// Warp-wide atomics and reductions.
    pub atomic_requests: u64,
    /// Passes they took: lanes that name one address queue.
    pub atomic_passes: u64,
    /// Bytes the program read, by space: global, shared, local, constant and parameters.
    pub read_bytes: [u64; 4],
    /// Bytes the program wrote, by space.
    pub written_bytes: [u64; 4],
}

/// Names of the spaces of [`Tally::read_bytes`].
pub const SPACES: [&str; 4] = ["global", "shared", "local", "constant"];

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        let pairs = [
            (&mut self.executions, other.executions),
            (&mut self.lanes, other.lanes),
            (&mut self.branches, other.branches),
            (&mut self.divergent, other.divergent),
            (&mut self.global_requests, other.global_requests),
            (&mut self.global_sectors, other.global_sectors),
            (&mut self.shared_requests, other.shared_requests),
            (&mut self.shared_passes, other.shared_passes),
            (&mut self.shared_ideal, other.shared_ideal),
            (&mut self.atomic_requests, other.atomic_requests),
            (&mut self.atomic_passes, other.atomic_passes),
        ];
        pairs.into_iter().for_each(|(own, more)| *own += more);
        self.read_bytes.iter_mut().zip(other.read_bytes).for_each(|(own, more)| *own += more);
        self.written_bytes.iter_mut().zip(other.written_bytes).for_each(|(own, more)| *own += more);
    }
}

impl Tally {
    /// Active lanes out of 32, over all executions; 0 when nothing was executed.
    pub fn lane_share(&self) -> f64 {
        ratio(self.lanes, self.executions * 32)
    }

    /// Sectors a request to global memory; 4 is ideal for four-byte elements.
    pub fn sectors_per_request(&self) -> f64 {
        ratio(self.global_sectors, self.global_requests)
    }

    /// Passes that bank conflicts add.
    pub fn bank_conflicts(&self) -> u64 {
        self.shared_passes - self.shared_ideal
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Counts for every instruction of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    tallies: Vec<Tally>,
}

impl Counts {
    /// Zeros for every instruction of `module`.
    pub fn new(module: &Module) -> Counts {
        Counts { tallies: vec![Tally::default(); module.instructions.len()] }
    }

    /// The tallies, indexed by instruction.
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// All together.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.tallies.iter().for_each(|tally| total += tally);
        total
    }

    fn at(&mut self, site: Site) -> &mut Tally {
        let pc = site.pc as usize;
        if pc >= self.tallies.len() {
            self.tallies.resize(pc + 1, Tally::default());
        }
        &mut self.tallies[pc]
    }
}

impl Observer for Counts {
    const MEMORY: bool = true;
    const SYNC: bool = false;
    const STEPS: bool = true;
    const REGISTERS: bool = false;

    fn fork(&self, _block: u32) -> Counts {
        Counts { tallies: vec![Tally::default(); self.tallies.len()] }
    }

    fn join(&mut self, other: Counts) {
        self.tallies.resize(self.tallies.len().max(other.tallies.len()), Tally::default());
        self.tallies.iter_mut().zip(&other.tallies).for_each(|(own, more)| *own += more);
    }

    fn step(&mut self, site: Site, active: u32, _issued: u32) {
        let tally = self.at(site);
        tally.executions += 1;
        tally.lanes += u64::from(active.count_ones());
    }

    fn branch(&mut self, site: Site, active: u32, taken: u32) {
        let tally = self.at(site);
        tally.branches += 1;
        tally.divergent += u64::from(taken != 0 && taken != active);
    }

    fn access(&mut self, site: Site, access: &Access<'_>) {
        let bytes = u64::from(access.lanes.count_ones()) * u64::from(access.size_bytes);
        let tally = self.at(site);
        let space = match access.space {
            Space::Global => 0,
            Space::Shared => 1,
            Space::Local => 2,
            Space::Const | Space::Param => 3,
        };
        if access.kind.reads() {
            tally.read_bytes[space] += bytes;
        }
        if access.kind.writes() {
            tally.written_bytes[space] += bytes;
        }
        match access.space {
            Space::Global => {
                tally.global_requests += 1;
                tally.global_sectors += u64::from(sectors(access.addresses, access.lanes, access.size_bytes));
            }
            Space::Shared => {
                let (passes, ideal) = bank_passes(access.addresses, access.lanes, access.size_bytes);
                tally.shared_requests += 1;
                tally.shared_passes += u64::from(passes);
                tally.shared_ideal += u64::from(ideal);
            }
            _ => {}
        }
        if matches!(access.kind, AccessKind::Atomic | AccessKind::Reduction) {
            tally.atomic_requests += 1;
            tally.atomic_passes += u64::from(contention(access.addresses, access.lanes));
        }
    }

    fn fault(&mut self, _site: Site, fault: &Fault) -> Action {
        // Counting goes on where hardware would: only what it traps on ends the run.
        match fault.kind {
            FaultKind::DivisionByZero | FaultKind::ShuffleInactive { .. } | FaultKind::BadMask { .. } => {
                Action::Continue
            }
            _ => Action::Stop,
        }
    }
}
