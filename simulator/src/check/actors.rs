//! Who knows whose past: the epochs of blocks and warps, and the clocks of threads that synchronise in finer ways.
//!
//! Three levels, from cheap to exact. A barrier of the whole block moves the block's epoch; `bar.warp.sync` of all live lanes moves the warp's. All else
//! (partial and named barriers, fences with flags, mbarriers, clusters) gives threads a [`Knowledge`], shared as long as it is equal.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::clock::{Actor, Clock, Knowledge, join};
use super::release::{Clusters, Release, ReleaseSet};
use crate::observe::Scope;

/// A fence of some lanes, and what they knew then: a later strong write of theirs releases it.
#[derive(Clone, Debug)]
struct FenceMark {
    lanes: u32,
    scope: Scope,
    time: u64,
    sync_time: u64,
    barrier_time: u64,
    knowledge: Lanes,
}

/// A [`Knowledge`] for each lane, held once while all lanes have the same.
#[derive(Clone, Debug)]
enum Lanes {
    Same(Knowledge),
    Each(Box<[Knowledge; 32]>),
}

impl Lanes {
    fn of(&self, lane: u32) -> &Knowledge {
        match self {
            Lanes::Same(knowledge) => knowledge,
            Lanes::Each(each) => &each[lane as usize],
        }
    }

    fn set(&mut self, lanes: u32, live: u32, knowledge: &Knowledge) {
        if lanes & live == live {
            *self = Lanes::Same(knowledge.clone());
            return;
        }
        if let Lanes::Same(same) = self {
            *self = Lanes::Each(Box::new(std::array::from_fn(|_| same.clone())));
        }
        let Lanes::Each(each) = self else { return };
        for_lanes(lanes, |lane| each[lane as usize] = knowledge.clone());
    }

    fn joined(&self, lanes: u32) -> Knowledge {
        match self {
            Lanes::Same(knowledge) => knowledge.clone(),
            Lanes::Each(each) => {
                let mut all = None;
                for_lanes(lanes, |lane| all = join(&all, &each[lane as usize]));
                all
            }
        }
    }
}

/// Calls `visit` for each lane of a mask.
pub(super) fn for_lanes(lanes: u32, mut visit: impl FnMut(u32)) {
    let mut left = lanes;
    while left != 0 {
        visit(left.trailing_zeros());
        left &= left - 1;
    }
}

/// One warp's epochs.
#[derive(Clone, Debug)]
pub(super) struct WarpActors {
    /// Lanes that have not ended.
    pub live: u32,
    /// When all live lanes last met.
    pub sync_time: u64,
    /// When the warp last touched memory.
    pub access_time: u64,
    knowledge: Lanes,
    fences: Vec<FenceMark>,
    /// What strong reads have observed and no fence has acquired yet.
    observed: Vec<(u32, Release)>,
}

/// Arrivals at a barrier by threads that did not wait.
#[derive(Clone, Debug)]
struct Arrival {
    barrier: u8,
    actors: Vec<(Actor, u64)>,
    knowledge: Knowledge,
}

/// One block's epochs.
#[derive(Clone, Debug)]
pub(super) struct BlockActors {
    block: u32,
    /// When all threads of the block last met.
    pub barrier_time: u64,
    warps: Vec<WarpActors>,
    arrivals: Vec<Arrival>,
    /// What the cluster's barrier carries to those of this block that wait for it.
    cluster_arrived: Vec<(Actor, u64)>,
    cluster_knowledge: Knowledge,
    cluster_ready: Knowledge,
}

impl BlockActors {
    fn new(block: u32, threads: u32) -> BlockActors {
        let warps = (0..threads.div_ceil(32)).map(|warp| {
            let live = if threads - warp * 32 >= 32 { u32::MAX } else { (1 << (threads - warp * 32)) - 1 };
            WarpActors {
                live,
                sync_time: 0,
                access_time: 0,
                knowledge: Lanes::Same(None),
                fences: Vec::new(),
                observed: Vec::new(),
            }
        });
        BlockActors {
            block,
            barrier_time: 0,
            warps: warps.collect(),
            arrivals: Vec::new(),
            cluster_arrived: Vec::new(),
            cluster_knowledge: None,
            cluster_ready: None,
        }
    }

    pub(super) fn warp(&self, warp: u16) -> &WarpActors {
        &self.warps[usize::from(warp)]
    }

    pub(super) fn warp_mut(&mut self, warp: u16) -> &mut WarpActors {
        &mut self.warps[usize::from(warp)]
    }

    /// What a thread knows besides the epochs.
    pub(super) fn knowledge(&self, warp: u16, lane: u32) -> &Knowledge {
        self.warp(warp).knowledge.of(lane)
    }

    /// What all lanes of a warp know, if it is the same.
    pub(super) fn common_knowledge(&self, warp: u16) -> Option<&Knowledge> {
        match &self.warp(warp).knowledge {
            Lanes::Same(knowledge) => Some(knowledge),
            Lanes::Each(_) => None,
        }
    }

    /// Lanes of a warp have ended.
    pub(super) fn exit(&mut self, warp: u16, lanes: u32) {
        self.warp_mut(warp).live &= !lanes;
    }

    /// Lanes learn a past.
    fn learn(&mut self, warp: u16, lanes: u32, clock: &Knowledge) {
        if clock.is_none() {
            return;
        }
        let state = self.warp_mut(warp);
        match &state.knowledge {
            Lanes::Same(same) => {
                let joined = join(same, clock);
                state.knowledge.set(lanes, state.live, &joined);
            }
            Lanes::Each(each) => {
                let mut each = each.clone();
                for_lanes(lanes, |lane| each[lane as usize] = join(&each[lane as usize], clock));
                state.knowledge = Lanes::Each(each);
            }
        }
    }

    /// The entries that say "all these lanes did up to `time`".
    fn entries(&self, warp: u16, lanes: u32, time: u64, into: &mut Vec<(Actor, u64)>) {
        if lanes == self.warp(warp).live {
            into.push((Actor::warp(self.block, warp), time));
        } else {
            for_lanes(lanes, |lane| into.push((Actor::thread(self.block, warp, lane), time)));
        }
    }

    /// All that a lane knows now, its own past included.
    fn past(&self, warp: u16, lane: u32, time: u64) -> Arc<Clock> {
        let state = self.warp(warp);
        self.past_of(warp, lane, time, state.sync_time, self.barrier_time, state.knowledge.of(lane))
    }

    fn past_of(&self, warp: u16, lane: u32, time: u64, sync: u64, barrier: u64, knowledge: &Knowledge) -> Arc<Clock> {
        let mut entries = vec![(Actor::thread(self.block, warp, lane), time)];
        if sync > 0 {
            entries.push((Actor::warp(self.block, warp), sync));
        }
        if barrier > 0 {
            entries.push((Actor::block(self.block), barrier));
        }
        let own = Arc::new(Clock::new(entries));
        knowledge.as_ref().map_or(own.clone(), |known| Clock::join(&own, known))
    }

    /// `bar.warp.sync` of `lanes` completes.
    pub(super) fn warp_sync(&mut self, warp: u16, lanes: u32, time: u64) {
        let live = self.warp(warp).live;
        let lanes = lanes & live;
        let all = self.warp(warp).knowledge.joined(lanes);
        if lanes == live {
            let state = self.warp_mut(warp);
            state.sync_time = time;
            state.knowledge = Lanes::Same(all);
            return;
        }
        let mut entries = Vec::new();
        for_lanes(lanes, |lane| entries.push((Actor::thread(self.block, warp, lane), time)));
        let met = join(&all, &Some(Arc::new(Clock::new(entries))));
        self.warp_mut(warp).knowledge.set(lanes, live, &met);
    }

    /// Lanes arrive at a barrier and go on without waiting.
    pub(super) fn barrier_arrive(&mut self, warp: u16, lanes: u32, barrier: u8, time: u64) {
        let mut actors = Vec::new();
        self.entries(warp, lanes, time, &mut actors);
        let knowledge = self.warp(warp).knowledge.joined(lanes);
        self.arrivals.push(Arrival { barrier, actors, knowledge });
    }

    /// A barrier of the block completes: `arrived` and `waiting` lanes, one mask a warp.
    pub(super) fn barrier_complete(&mut self, barrier: u8, arrived: &[u32], waiting: &[u32], time: u64) {
        let full = self.warps.iter().enumerate().all(|(warp, state)| {
            let (arrived, waiting) = (arrived.get(warp).copied(), waiting.get(warp).copied());
            arrived.unwrap_or(0) & state.live == state.live && arrived == waiting
        });
        let mut all = None;
        for (warp, lanes) in waiting.iter().enumerate().filter(|(_, lanes)| **lanes != 0) {
            all = join(&all, &self.warps[warp].knowledge.joined(*lanes));
        }
        if full {
            self.barrier_time = time;
            let all = all.map(|clock| clock.without_block(self.block));
            for state in &mut self.warps {
                state.knowledge = Lanes::Same(all.clone());
            }
            return;
        }
        let mut entries = Vec::new();
        for (warp, &lanes) in waiting.iter().enumerate().filter(|(_, lanes)| **lanes != 0) {
            self.entries(warp as u16, lanes, time, &mut entries);
        }
        self.arrivals.retain(|arrival| {
            if arrival.barrier == barrier {
                entries.extend_from_slice(&arrival.actors);
                all = join(&all, &arrival.knowledge);
            }
            arrival.barrier != barrier
        });
        let all = join(&all, &Some(Arc::new(Clock::new(entries))));
        for (warp, &lanes) in waiting.iter().enumerate() {
            self.learn(warp as u16, lanes, &all);
        }
    }

    /// A fence: first its acquiring half, then its releasing half.
    pub(super) fn fence(
        &mut self,
        warp: u16,
        lanes: u32,
        scope: Scope,
        time: u64,
        halves: Halves,
        clusters: &Clusters,
    ) {
        if halves.acquire {
            let observed = std::mem::take(&mut self.warp_mut(warp).observed);
            let mut kept = Vec::new();
            for (readers, release) in observed {
                let mut readers = readers;
                if readers & lanes != 0 && release.reaches(scope, self.block, clusters) {
                    self.learn(warp, readers & lanes, &Some(release.clock.clone()));
                    readers &= !lanes;
                }
                if readers != 0 {
                    kept.push((readers, release));
                }
            }
            self.warp_mut(warp).observed = kept;
        }
        if halves.release {
            let barrier_time = self.barrier_time;
            let state = self.warp_mut(warp);
            state.fences.retain_mut(|mark| {
                if mark.scope <= scope {
                    mark.lanes &= !lanes;
                }
                mark.lanes != 0
            });
            let (sync_time, knowledge) = (state.sync_time, state.knowledge.clone());
            state.fences.push(FenceMark { lanes, scope, time, sync_time, barrier_time, knowledge });
        }
    }

    /// What a strong write of a lane carries: its fences' pasts, and its own if the write itself releases with `scope`.
    pub(super) fn released(&self, warp: u16, lane: u32, time: u64, releases: Option<Scope>) -> ReleaseSet {
        let mut set = ReleaseSet::default();
        let block = Some(self.block);
        if let Some(scope) = releases {
            set.add(&Release { scope, block, clock: self.past(warp, lane, time) });
        }
        for mark in self.warp(warp).fences.iter().filter(|mark| mark.lanes >> lane & 1 == 1) {
            let known = mark.knowledge.of(lane);
            let clock = self.past_of(warp, lane, mark.time, mark.sync_time, mark.barrier_time, known);
            set.add(&Release { scope: mark.scope, block, clock });
        }
        set
    }

    /// Whether a strong write of these lanes could carry anything.
    pub(super) fn has_fences(&self, warp: u16, lanes: u32) -> bool {
        self.warp(warp).fences.iter().any(|mark| mark.lanes & lanes != 0)
    }

    /// A strong read of a lane observed a location: acquired at once with `acquires`, else by a later fence.
    pub(super) fn observe(
        &mut self,
        warp: u16,
        lane: u32,
        set: &ReleaseSet,
        acquires: Option<Scope>,
        clusters: &Clusters,
    ) {
        for release in set.releases() {
            if let Some(scope) = acquires
                && release.reaches(scope, self.block, clusters)
            {
                self.learn(warp, 1 << lane, &Some(release.clock.clone()));
                continue;
            }
            let observed = &mut self.warp_mut(warp).observed;
            let same = |one: &&mut (u32, Release)| {
                one.1.scope == release.scope
                    && one.1.block == release.block
                    && Arc::ptr_eq(&one.1.clock, &release.clock)
            };
            match observed.iter_mut().find(same) {
                Some(one) => one.0 |= 1 << lane,
                None => observed.push((1 << lane, release.clone())),
            }
            if observed.len() > 64 {
                merge_observed(observed);
            }
        }
    }

    /// Everything lanes did and know, as an mbarrier or a cluster's barrier carries it on.
    pub(super) fn export(&self, warp: u16, lanes: u32, time: u64) -> Arc<Clock> {
        let mut entries = Vec::new();
        self.entries(warp, lanes, time, &mut entries);
        if self.warp(warp).sync_time > 0 {
            entries.push((Actor::warp(self.block, warp), self.warp(warp).sync_time));
        }
        if self.barrier_time > 0 {
            entries.push((Actor::block(self.block), self.barrier_time));
        }
        let own = Arc::new(Clock::new(entries));
        match self.warp(warp).knowledge.joined(lanes) {
            Some(known) => Clock::join(&own, &known),
            None => own,
        }
    }

    /// Lanes learn what an mbarrier's phase or a cluster's barrier carried.
    pub(super) fn import(&mut self, warp: u16, lanes: u32, clock: &Arc<Clock>) {
        self.learn(warp, lanes, &Some(clock.clone()));
    }

    /// Lanes arrive at the cluster's barrier and release.
    pub(super) fn cluster_arrive(&mut self, warp: u16, lanes: u32, time: u64) {
        let mut entries = std::mem::take(&mut self.cluster_arrived);
        self.entries(warp, lanes, time, &mut entries);
        if self.barrier_time > 0 {
            entries.push((Actor::block(self.block), self.barrier_time));
        }
        self.cluster_arrived = entries;
        self.cluster_knowledge = join(&self.cluster_knowledge, &self.warp(warp).knowledge.joined(lanes));
    }

    /// What this block's arrivals carry; the next phase starts empty. Nobody having touched memory since arriving, it is one entry.
    fn take_cluster_arrivals(&mut self) -> Knowledge {
        let mut entries = std::mem::take(&mut self.cluster_arrived);
        let quiet = self.warps.iter().enumerate().all(|(warp, state)| {
            let arrived = entries.iter().find(|entry| entry.0 == Actor::warp(self.block, warp as u16));
            state.live == 0 || arrived.is_some_and(|arrived| state.access_time <= arrived.1)
        });
        if quiet && let Some(last) = entries.iter().map(|entry| entry.1).max() {
            entries = vec![(Actor::block(self.block), last)];
        }
        join(&self.cluster_knowledge.take(), &Some(Arc::new(Clock::new(entries))))
    }
}

/// Which halves of a fence count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halves {
    pub acquire: bool,
    pub release: bool,
}

/// Device-wide releases observed by the same lanes are put together.
fn merge_observed(observed: &mut Vec<(u32, Release)>) {
    let mut merged: Vec<(u32, Release)> = Vec::new();
    for (lanes, release) in observed.drain(..) {
        let wide = release.scope >= Scope::Gpu;
        let like = merged.iter_mut().find(|one| wide && one.1.scope >= Scope::Gpu && one.0 == lanes);
        match like {
            Some(one) => {
                one.1.clock = Clock::join(&one.1.clock, &release.clock);
                one.1.block = if one.1.block == release.block { release.block } else { None };
            }
            None => merged.push((lanes, release)),
        }
    }
    *observed = merged;
}

/// All blocks that have begun and not ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Actors {
    blocks: FxHashMap<u32, Box<BlockActors>>,
    pub clusters: Clusters,
    threads: u32,
}

impl Actors {
    /// A launch of blocks of `threads` threads begins.
    pub(super) fn begin(threads: u32) -> Actors {
        Actors { threads, ..Actors::default() }
    }

    /// The same launch, as a block that runs apart starts to see it: it hears of its own cluster when that begins, and meets no other.
    pub(super) fn fork(&self) -> Actors {
        Actors { blocks: FxHashMap::default(), clusters: Clusters::default(), threads: self.threads }
    }

    /// Whether no other block runs.
    pub(super) fn is_alone(&self, block: u32) -> bool {
        self.blocks.len() <= 1 && self.blocks.keys().all(|one| *one == block)
    }

    pub(super) fn begin_block(&mut self, block: u32) {
        self.blocks.insert(block, Box::new(BlockActors::new(block, self.threads)));
    }

    pub(super) fn end_block(&mut self, block: u32) {
        self.blocks.remove(&block);
    }

    /// The state of a block; one that was not announced begins now.
    pub(super) fn block(&mut self, block: u32) -> &mut BlockActors {
        let threads = self.threads;
        self.blocks.entry(block).or_insert_with(|| Box::new(BlockActors::new(block, threads)))
    }

    /// The state of a block together with the clusters.
    pub(super) fn block_and_clusters(&mut self, block: u32) -> (&mut BlockActors, &Clusters) {
        let threads = self.threads;
        let state = self.blocks.entry(block).or_insert_with(|| Box::new(BlockActors::new(block, threads)));
        (state, &self.clusters)
    }

    /// All threads of a cluster have arrived at its barrier.
    pub(super) fn cluster_complete(&mut self, blocks: &[u32]) {
        let mut all = None;
        for block in blocks {
            if let Some(state) = self.blocks.get_mut(block) {
                all = join(&all, &state.take_cluster_arrivals());
            }
        }
        for block in blocks {
            if let Some(state) = self.blocks.get_mut(block) {
                state.cluster_ready = all.clone();
            }
        }
    }

    /// Lanes have waited for the cluster's barrier.
    pub(super) fn cluster_wait(&mut self, block: u32, warp: u16, lanes: u32) {
        let state = self.block(block);
        let ready = state.cluster_ready.clone();
        state.learn(warp, lanes, &ready);
    }
}
