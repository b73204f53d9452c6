//! Releases: the pasts that a flag, lock or counter carries from whoever wrote it to whoever reads it (PTX ISA, "Release and Acquire Patterns").

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::clock::Clock;
use super::segment::LINE_BYTES;
use crate::observe::Scope;

/// Which blocks share a cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Clusters {
    first_of: FxHashMap<u32, u32>,
    members: FxHashMap<u32, Vec<u32>>,
}

impl Clusters {
    /// Makes the cluster of `blocks` (by rank) known. Clusters of one block need not be told.
    pub(super) fn insert(&mut self, blocks: &[u32]) {
        if let [first, _, ..] = *blocks
            && !self.members.contains_key(&first)
        {
            self.first_of.extend(blocks.iter().map(|&block| (block, first)));
            self.members.insert(first, blocks.to_vec());
        }
    }

    /// Takes over what another table knows.
    pub(super) fn extend(&mut self, other: &Clusters) {
        other.members.values().for_each(|blocks| self.insert(blocks));
    }

    /// Whether blocks share a cluster.
    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        a == b || self.first_of.get(&a).is_some_and(|first| self.first_of.get(&b) == Some(first))
    }

    /// The block of a rank in `block`'s cluster.
    pub(super) fn member(&self, block: u32, rank: u32) -> Option<u32> {
        let Some(first) = self.first_of.get(&block) else { return (rank == 0).then_some(block) };
        self.members.get(first)?.get(rank as usize).copied()
    }

    /// Whether an operation of `scope` by a thread of `from` is strong towards threads of `to`.
    pub(super) fn includes(&self, scope: Scope, from: u32, to: u32) -> bool {
        match scope {
            Scope::None => false,
            Scope::Block => from == to,
            Scope::Cluster => self.same(from, to),
            Scope::Gpu | Scope::System => true,
        }
    }
}

/// One thread's past, released with a scope.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub scope: Scope,
    /// The releasing thread's block; nothing when releases of several blocks were put together.
    pub block: Option<u32>,
    pub clock: Arc<Clock>,
}

/// How many blocks' releases one location keeps apart before it puts the device-wide ones together.
const BLOCKS_APART: usize = 8;

/// The pasts one location carries.
#[derive(Clone, Debug, Default)]
pub(super) struct ReleaseSet {
    releases: Vec<Release>,
}

impl ReleaseSet {
    pub(super) fn is_empty(&self) -> bool {
        self.releases.is_empty()
    }

    pub(super) fn releases(&self) -> &[Release] {
        &self.releases
    }

    pub(super) fn add(&mut self, release: &Release) {
        let like = |one: &&mut Release| one.scope == release.scope && one.block == release.block;
        if let Some(one) = self.releases.iter_mut().find(like) {
            one.clock = Clock::join(&one.clock, &release.clock);
            return;
        }
        self.releases.push(release.clone());
        let wide = |one: &Release| one.scope >= Scope::Gpu;
        if self.releases.iter().filter(|one| wide(one)).count() > BLOCKS_APART {
            let (together, mut apart): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.releases).into_iter().partition(wide);
            let clock = together.into_iter().map(|one| one.clock).reduce(|left, right| Clock::join(&left, &right));
            apart.extend(clock.map(|clock| Release { scope: Scope::Gpu, block: None, clock }));
            self.releases = apart;
        }
    }
}

impl Release {
    /// Whether an acquire of `scope` by a thread of `block` synchronises with this release: both must include the other.
    pub(super) fn reaches(&self, scope: Scope, block: u32, clusters: &Clusters) -> bool {
        match self.block {
            Some(from) => clusters.includes(self.scope, from, block) && clusters.includes(scope, block, from),
            None => self.scope >= Scope::Gpu && scope >= Scope::Gpu,
        }
    }
}

/// A place in global memory, or in the shared memory of a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(super) struct Place {
    /// The owner of shared memory; nothing for global memory.
    pub owner: Option<u32>,
    pub address: u64,
}

/// What the last strong write to a location left for readers.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub size_bytes: u8,
    /// Block and scope of the last writer: a reader observes it only if both are strong towards each other.
    pub writer: (u32, Scope),
    pub set: ReleaseSet,
}

/// All locations that carry something.
#[derive(Clone, Debug, Default)]
pub(super) struct Locations {
    map: FxHashMap<Place, Location>,
    lines: FxHashSet<Place>,
}

impl Locations {
    pub(super) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Whether a place in global memory carries something.
    pub(super) fn has_global(&self) -> bool {
        self.map.keys().any(|place| place.owner.is_none())
    }

    pub(super) fn get(&self, place: Place) -> Option<&Location> {
        self.map.get(&place)
    }

    pub(super) fn remove(&mut self, place: Place) -> Option<Location> {
        self.map.remove(&place)
    }

    pub(super) fn insert(&mut self, place: Place, location: Location) {
        self.lines.insert(line_of(place));
        self.map.insert(place, location);
    }

    /// Forgets what bytes `bytes` of a line carried: a weak write has overwritten it.
    pub(super) fn overwrite(&mut self, owner: Option<u32>, line: u64, bytes: u64) {
        if !self.lines.contains(&Place { owner, address: line }) {
            return;
        }
        let mut left = bytes;
        while left != 0 {
            let byte = left.trailing_zeros();
            left &= left - 1;
            self.map.remove(&Place { owner, address: line + u64::from(byte) });
        }
    }

    /// Forgets a block's shared memory.
    pub(super) fn forget_shared(&mut self, owner: u32) {
        if !self.map.is_empty() {
            self.map.retain(|place, _| place.owner != Some(owner));
            self.lines.retain(|place| place.owner != Some(owner));
        }
    }
}

fn line_of(place: Place) -> Place {
    Place { address: place.address & !(LINE_BYTES - 1), ..place }
}
