//! Data races, exact for the observed schedule, by the PTX memory model (PTX ISA, "Memory Consistency Model", "Data-Races", "Morally strong operations").
//!
//! Two accesses conflict when they overlap and one writes. A conflict is a race unless one comes before the other in causality order ([`super::actors`])
//! or both are strong, their scopes include each other and they overlap completely. One schedule is observed, and memory is sequentially consistent:
//! a race that needs another schedule needs another seed. The order that only two `fence.sc` give each other is not counted: other executions
//! have it the other way round.

use rustc_hash::FxHashMap;

use super::actors::{Actors, BlockActors, Halves, for_lanes};
use super::copies::Copies;
use super::release::{Clusters, Location, Locations, Place, Release, ReleaseSet};
use super::segment::{Segment, split};
use super::shadow::{Class, Line, Mark, Marks, NONE, Shadow, Strong};
use crate::observe::{
    Access, AccessKind, BarrierKind, Proxy, Scope, Semantics, Site, Space, SyncEvent, shared_offset, shared_rank,
};

/// Why two conflicting accesses are a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RaceKind {
    /// At least one of the two is an ordinary (weak) access.
    Data,
    /// Both are strong, but a scope does not include the other thread.
    Scope,
    /// Both are strong, but they overlap in part.
    MixedSize,
    /// One belongs to an asynchronous copy that nobody has waited for.
    AsyncCopy,
    /// Lanes of one warp write the same place with one instruction.
    SameInstruction,
}

/// One of the two accesses of a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaceSide {
    /// When and where; the function is not filled in.
    pub site: Site,
    /// The lane.
    pub lane: u32,
    /// What it does.
    pub kind: AccessKind,
    /// How far it is strong; [`Scope::None`] if it is weak.
    pub scope: Scope,
    /// Bytes it touches.
    pub size_bytes: u8,
    /// What it read or wrote, if the machine knows.
    pub value: Option<u64>,
}

/// A race between two instructions, with the first pair of accesses seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// Why.
    pub kind: RaceKind,
    /// Global or shared memory.
    pub space: Space,
    /// The block whose shared memory it is.
    pub owner: Option<u32>,
    /// The first byte both touch.
    pub address: u64,
    /// The access observed first.
    pub first: RaceSide,
    /// The access observed second.
    pub second: RaceSide,
    /// How many pairs of warp accesses raced.
    pub count: u64,
}

/// The race detector of one launch.
#[derive(Clone, Debug)]
pub struct Races {
    actors: Actors,
    shadow: Shadow,
    locations: Locations,
    phases: FxHashMap<(Place, u32), ReleaseSet>,
    copies: Copies,
    clustered: bool,
    found: FxHashMap<(u32, u32, RaceKind), Race>,
}

/// The access being checked.
struct Incoming<'a> {
    mark: Mark,
    space: Space,
    owner: Option<u32>,
    line: u64,
    access: &'a Access<'a>,
    block: &'a BlockActors,
    clusters: &'a Clusters,
    /// Shared memory that only its own block can reach: what is older than its last barrier can never race again.
    private: bool,
    /// No other block runs, so that the block's own marks stand in front of all others.
    alone: bool,
}

impl Races {
    /// A detector that uses at most about `limit_bytes` for its history.
    pub fn new(limit_bytes: usize) -> Races {
        Races {
            actors: Actors::begin(1024),
            shadow: Shadow::new(limit_bytes),
            locations: Locations::default(),
            phases: FxHashMap::default(),
            copies: Copies::default(),
            clustered: false,
            found: FxHashMap::default(),
        }
    }

    /// An empty detector for a block that runs apart.
    pub fn fork(&self) -> Races {
        Races {
            actors: self.actors.fork(),
            shadow: self.shadow.fork(),
            locations: Locations::default(),
            phases: FxHashMap::default(),
            copies: Copies::default(),
            clustered: self.clustered,
            found: FxHashMap::default(),
        }
    }

    /// Whether [`Races::join`] gives exactly what this detector would have seen itself: the other found nothing, nothing that it saw conflicts with what
    /// this one knows, and neither knows of a release that orders blocks.
    pub fn can_join(&self, other: &Races) -> bool {
        other.found.is_empty()
            && !other.is_truncated()
            && self.shadow.marks.has_room_for(&other.shadow.marks)
            && !self.locations.has_global()
            && !other.locations.has_global()
            && other.shadow.global_lines().iter().all(|(address, theirs)| {
                self.shadow.global_line(*address).is_none_or(|ours| self.are_apart(&ours, other, theirs))
            })
    }

    /// Whether no mark of a line conflicts with one that another detector has of it. Nothing orders the two.
    fn are_apart(&self, ours: &Line, other: &Races, theirs: &Line) -> bool {
        let all_alike = ours.strong == theirs.strong && matches!(ours.strong, Strong::Alike(_));
        Class::ALL.iter().all(|new| {
            other.shadow.marks.list(theirs.heads[*new as usize]).all(|new_mark| {
                Class::ALL.iter().all(|old| {
                    let both_strong = new.is_strong() && old.is_strong();
                    if !(new.writes() || old.writes()) || (both_strong && all_alike) {
                        return true;
                    }
                    self.shadow.marks.list(ours.heads[*old as usize]).all(|old_mark| {
                        old_mark.bytes & new_mark.bytes == 0
                            || (Strong::of(old_mark) == Strong::of(new_mark)
                                && matches!(Strong::of(old_mark), Strong::Alike(_)))
                    })
                })
            })
        })
    }

    /// Takes over what a forked detector saw. Its marks stand in front of those of earlier blocks, as if they had been made here.
    pub fn join(&mut self, other: Races) {
        let mut in_order: Vec<&Mark> = Vec::new();
        for (address, theirs) in other.shadow.global_lines() {
            let (line, marks) = self.shadow.line(None, address);
            if theirs.strong != Strong::None {
                line.strengthen(theirs.strong);
            }
            for (head, theirs) in line.heads.iter_mut().zip(theirs.heads) {
                in_order.extend(other.shadow.marks.list(theirs));
                while let Some(mark) = in_order.pop() {
                    marks.push(head, *mark);
                }
            }
        }
        self.actors.clusters.extend(&other.actors.clusters);
    }

    /// The races found, in the order of the program's instructions.
    pub fn races(&self) -> Vec<Race> {
        let mut races: Vec<_> = self.found.values().cloned().collect();
        races.sort_by_key(|race| (race.first.site.pc, race.second.site.pc, race.kind));
        races
    }

    /// How many pairs of instructions were found to race.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether history was dropped for want of memory, so that races may have been missed.
    pub fn is_truncated(&self) -> bool {
        self.shadow.marks.truncated
    }

    /// One warp-wide access to shared or global memory, with its segments.
    pub(super) fn access(&mut self, site: Site, access: &Access<'_>, segments: &[Segment]) {
        let (semantics, scope) = strength(access);
        let acquires = (access.kind.reads() && acquires(semantics)).then_some(scope);
        // What an acquiring read synchronises with comes before the read itself; a release comes after its own write.
        if acquires.is_some() && !self.locations.is_empty() {
            self.observe(site, access, acquires, scope);
        }
        self.check_access(site, access, segments, scope);
        if scope == Scope::None {
            return;
        }
        if acquires.is_none() && access.kind.reads() && !self.locations.is_empty() {
            self.observe(site, access, None, scope);
        }
        if access.kind.writes() {
            self.carry(site, access, semantics, scope);
        }
    }

    fn check_access(&mut self, site: Site, access: &Access<'_>, segments: &[Segment], scope: Scope) {
        let time = site.step + 1;
        let Races { actors, shadow, locations, copies, clustered, found, .. } = self;
        let alone = actors.is_alone(site.block);
        let (block, clusters) = actors.block_and_clusters(site.block);
        block.warp_mut(site.warp).access_time = time;
        let block: &BlockActors = block;
        let asynchronous = matches!(access.kind, AccessKind::AsyncRead | AccessKind::AsyncWrite);
        for segment in segments {
            let (owner, address) = match access.space {
                Space::Shared => (owner_of(segment.line, site.block, clusters), u64::from(shared_offset(segment.line))),
                _ => (None, segment.line),
            };
            if scope == Scope::None && access.kind.writes() && !locations.is_empty() {
                locations.overwrite(owner, address, segment.bytes);
            }
            let Segment { bytes, shape, .. } = *segment;
            let mark = Mark {
                bytes,
                time,
                shape,
                block: site.block,
                pc: site.pc,
                next: NONE,
                warp: site.warp,
                kind: access.kind,
                scope,
            };
            let incoming = Incoming {
                mark,
                space: access.space,
                owner,
                line: address,
                access,
                block,
                clusters,
                private: owner.is_some() && !*clustered,
                alone,
            };
            let (line, marks) = shadow.line(owner, address);
            let first = owner.is_none() && !line.is_touched();
            check(line, marks, &incoming, found);
            if first {
                shadow.touch(address);
            }
            if asynchronous {
                copies.issue(site, Place { owner, address }, shape.lanes);
            }
        }
    }

    /// Places that each lane and element of a strong access touches.
    fn places(&self, site: Site, access: &Access<'_>) -> Vec<(u32, Place)> {
        let mut places = Vec::new();
        for_lanes(access.lanes, |lane| {
            let address = access.addresses[lane as usize];
            let (owner, address) = match access.space {
                Space::Shared => {
                    (owner_of(address, site.block, &self.actors.clusters), u64::from(shared_offset(address)))
                }
                _ => (None, address),
            };
            for element in (0..access.size_bytes).step_by(usize::from(access.element_bytes.max(1))) {
                places.push((lane, Place { owner, address: address + u64::from(element) }));
            }
        });
        places
    }

    fn observe(&mut self, site: Site, access: &Access<'_>, acquires: Option<Scope>, scope: Scope) {
        // A reduction gives nothing back, so nothing is observed by it.
        if access.kind == AccessKind::Reduction {
            return;
        }
        for (lane, place) in self.places(site, access) {
            let Some(location) = self.locations.get(place) else { continue };
            let (block, clusters) = self.actors.block_and_clusters(site.block);
            if location.size_bytes == access.element_bytes && observes(location, site.block, scope, clusters) {
                block.observe(site.warp, lane, &location.set, acquires, clusters);
            }
        }
    }

    /// What a strong write leaves at its place for readers.
    fn carry(&mut self, site: Site, access: &Access<'_>, semantics: Semantics, scope: Scope) {
        let releases = matches!(semantics, Semantics::Release | Semantics::AcquireRelease | Semantics::Sequential);
        let carries = releases || self.actors.block(site.block).has_fences(site.warp, access.lanes);
        if !carries && self.locations.is_empty() {
            return;
        }
        let modifies = matches!(access.kind, AccessKind::Atomic | AccessKind::Reduction);
        for (lane, place) in self.places(site, access) {
            let (block, clusters) = self.actors.block_and_clusters(site.block);
            let own = block.released(site.warp, lane, site.step + 1, releases.then_some(scope));
            // A read-modify-write passes on what it observed.
            let previous = self.locations.remove(place).filter(|location| {
                modifies
                    && location.size_bytes == access.element_bytes
                    && observes(location, site.block, scope, clusters)
            });
            let mut set = previous.map_or_else(ReleaseSet::default, |location| location.set);
            own.releases().iter().for_each(|release| set.add(release));
            if !set.is_empty() {
                let location = Location { size_bytes: access.element_bytes, writer: (site.block, scope), set };
                self.locations.insert(place, location);
            }
        }
    }

    /// Something that orders threads.
    pub fn sync(&mut self, site: Site, event: &SyncEvent<'_>) {
        let time = site.step + 1;
        match *event {
            SyncEvent::KernelBegin { threads, cluster, .. } => {
                self.actors = Actors::begin(threads);
                self.clustered = cluster > 1;
            }
            SyncEvent::KernelEnd
            | SyncEvent::Allocate { .. }
            | SyncEvent::Free { .. }
            | SyncEvent::ProxyFence { .. } => {}
            SyncEvent::BlockBegin { shared_bytes, cluster } => {
                self.actors.clusters.insert(cluster);
                self.actors.begin_block(site.block);
                self.shadow.begin_block(site.block, shared_bytes);
            }
            SyncEvent::BlockEnd => {
                self.actors.end_block(site.block);
                self.shadow.end_block(site.block);
                self.locations.forget_shared(site.block);
                self.copies.forget(site.block);
                self.phases.retain(|(place, _), _| place.owner != Some(site.block));
            }
            SyncEvent::Exit { lanes } => self.actors.block(site.block).exit(site.warp, lanes),
            SyncEvent::BarrierArrive { barrier, kind: BarrierKind::Arrive, lanes, .. } => {
                self.actors.block(site.block).barrier_arrive(site.warp, lanes, barrier, time);
            }
            SyncEvent::BarrierArrive { .. } => {}
            SyncEvent::BarrierComplete { barrier, arrived, waiting } => {
                self.actors.block(site.block).barrier_complete(barrier, arrived, waiting, time);
            }
            SyncEvent::WarpSync { lanes } => self.actors.block(site.block).warp_sync(site.warp, lanes, time),
            SyncEvent::Fence { lanes, semantics, scope } => {
                let halves =
                    Halves { acquire: semantics != Semantics::Release, release: semantics != Semantics::Acquire };
                let (block, clusters) = self.actors.block_and_clusters(site.block);
                block.fence(site.warp, lanes, scope, time, halves, clusters);
            }
            SyncEvent::ClusterArrive { lanes, semantics } => {
                if semantics != Semantics::Relaxed {
                    self.actors.block(site.block).cluster_arrive(site.warp, lanes, time);
                }
            }
            SyncEvent::ClusterComplete { blocks } => self.actors.cluster_complete(blocks),
            SyncEvent::ClusterWait { lanes } => self.actors.cluster_wait(site.block, site.warp, lanes),
            SyncEvent::CopyCommit { lanes } => self.copies.commit(site, lanes),
            SyncEvent::CopyWait { lanes, pending } => self.copies.wait(site, lanes, pending, &mut self.shadow),
            SyncEvent::MbarrierInit { lanes, addresses, .. } | SyncEvent::MbarrierInvalidate { lanes, addresses } => {
                self.touch_mbarrier(site, lanes, addresses, AccessKind::Store, Scope::None);
            }
            SyncEvent::MbarrierArrive { lanes, addresses, phases, semantics, scope, copies } => {
                self.touch_mbarrier(site, lanes, addresses, AccessKind::Atomic, scope.max(Scope::Block));
                for_lanes(lanes, |lane| {
                    let (address, phase) = (addresses[lane as usize], phases.0[lane as usize]);
                    let place = self.mbarrier_place(site, address);
                    let block = self.actors.block(site.block);
                    let clock = if copies {
                        self.copies.past(site, lane)
                    } else if semantics == Semantics::Relaxed {
                        return;
                    } else {
                        block.export(site.warp, 1 << lane, time)
                    };
                    let release = Release { scope: scope.max(Scope::Block), block: Some(site.block), clock };
                    self.phases.entry((place, phase)).or_default().add(&release);
                });
            }
            SyncEvent::MbarrierComplete { .. } => {}
            SyncEvent::MbarrierWait { lanes, addresses, phases, semantics, scope } => {
                self.touch_mbarrier(site, lanes, addresses, AccessKind::Load, scope.max(Scope::Block));
                if semantics == Semantics::Relaxed {
                    return;
                }
                for_lanes(lanes, |lane| {
                    let place = self.mbarrier_place(site, addresses[lane as usize]);
                    let (block, clusters) = self.actors.block_and_clusters(site.block);
                    let Some(set) = self.phases.get(&(place, phases.0[lane as usize])) else { return };
                    for release in set.releases() {
                        if release.reaches(scope.max(Scope::Block), site.block, clusters) {
                            block.import(site.warp, 1 << lane, &release.clock);
                        }
                    }
                });
            }
        }
    }

    fn mbarrier_place(&self, site: Site, address: u64) -> Place {
        let owner = owner_of(address, site.block, &self.actors.clusters);
        Place { owner, address: u64::from(shared_offset(address)) }
    }

    /// An mbarrier operation as an access to the object's eight bytes.
    fn touch_mbarrier(&mut self, site: Site, lanes: u32, addresses: &[u64; 32], kind: AccessKind, scope: Scope) {
        let access = Access {
            space: Space::Shared,
            kind,
            lanes,
            addresses,
            size_bytes: 8,
            element_bytes: 8,
            semantics: if scope == Scope::None { Semantics::Weak } else { Semantics::Relaxed },
            scope,
            proxy: Proxy::Generic,
            values: &[],
            old: &[],
        };
        let mut segments = Vec::new();
        split(&access, |segment| segments.push(segment));
        self.check_access(site, &access, &segments, scope);
    }
}

fn owner_of(address: u64, block: u32, clusters: &Clusters) -> Option<u32> {
    Some(shared_rank(address).and_then(|rank| clusters.member(block, rank)).unwrap_or(block))
}

/// Semantics and scope with the defaults spelled out: `volatile` and `mmio` are relaxed at system scope, `atom` and `red` relaxed at device scope.
fn strength(access: &Access<'_>) -> (Semantics, Scope) {
    let atomic = matches!(access.kind, AccessKind::Atomic | AccessKind::Reduction);
    match access.semantics {
        Semantics::Weak if atomic => (Semantics::Relaxed, access.scope.max(Scope::Gpu)),
        Semantics::Weak => (Semantics::Weak, Scope::None),
        Semantics::Volatile | Semantics::Mmio => (Semantics::Relaxed, Scope::System),
        semantics => (semantics, if access.scope == Scope::None { Scope::Gpu } else { access.scope }),
    }
}

fn acquires(semantics: Semantics) -> bool {
    matches!(semantics, Semantics::Acquire | Semantics::AcquireRelease | Semantics::Sequential)
}

/// Whether a strong read by `block` with `scope` observes the location's last write.
fn observes(location: &Location, block: u32, scope: Scope, clusters: &Clusters) -> bool {
    let (writer, writer_scope) = location.writer;
    clusters.includes(writer_scope, writer, block) && clusters.includes(scope, block, writer)
}

/// Checks an access against a line's marks, forgets what it stands for, and marks it.
fn check(
    line: &mut Line,
    marks: &mut Marks,
    incoming: &Incoming<'_>,
    found: &mut FxHashMap<(u32, u32, RaceKind), Race>,
) {
    let new = &incoming.mark;
    let writes = new.kind.writes();
    if writes
        && new.shape.uniform
        && !new.shape.lanes.is_power_of_two()
        && matches!(new.kind, AccessKind::Store | AccessKind::AsyncWrite)
    {
        let lanes = (new.shape.lanes.trailing_zeros(), 31 - new.shape.lanes.leading_zeros());
        report(new, RaceKind::SameInstruction, lanes, new.bytes.trailing_zeros(), incoming, found);
    }
    let class = new.class();
    // Strong accesses of one size and of device scope never race with each other.
    let alike = class.is_strong() && line.strong == Strong::of(new) && line.strong != Strong::Mixed;
    let mut replaced = false;
    for other in Class::ALL {
        let head = &mut line.heads[other as usize];
        let conflicting = (writes || other.writes()) && !(alike && other.is_strong());
        if other == class {
            replaced = visit(head, marks, incoming, found, conflicting, true);
        } else if conflicting && *head != NONE {
            visit(head, marks, incoming, found, true, false);
        }
    }
    if class.is_strong() {
        line.strengthen(Strong::of(new));
    }
    if !replaced {
        marks.push(&mut line.heads[class as usize], *new);
    }
}

/// Walks one list. With `conflicting`, overlaps are conflicts; with `own`, the list is the one the access belongs to, and the result says whether an
/// older mark of the same threads has been brought up to date instead of a new one being needed.
fn visit(
    head: &mut u32,
    marks: &mut Marks,
    incoming: &Incoming<'_>,
    found: &mut FxHashMap<(u32, u32, RaceKind), Race>,
    conflicting: bool,
    own: bool,
) -> bool {
    let new = &incoming.mark;
    let writes = new.kind.writes();
    let (mut previous, mut index) = (NONE, *head);
    let mut replaced = false;
    while index != NONE {
        let old = marks.get(index);
        if !conflicting && incoming.alone && old.block != new.block {
            break;
        }
        let next = old.next;
        let overlap = old.bytes & new.bytes;
        let mut gone = false;
        if incoming.private && is_stale(old, incoming) {
            gone = true;
        } else if overlap != 0 {
            // What the same lanes did before is done again: each comes after its own, and among each other they do not conflict.
            let again = own && !conflicting && is_again(old, new);
            let (ordered, pair) = if again { (true, ((0, 0), 0)) } else { relation(old, incoming, overlap) };
            let race = if conflicting && !ordered { race_kind(old, new, incoming.clusters) } else { None };
            if let Some(kind) = race {
                let (lanes, byte) = pair;
                report(old, kind, lanes, byte, incoming, found);
            }
            // The new access stands for the old one towards all that is to come, unless it is stronger than that was.
            let stands = (ordered || race.is_some())
                && (writes || !old.kind.writes())
                && (new.scope == Scope::None || (new.scope <= old.scope && new.shape.size_log2 == old.shape.size_log2));
            if stands {
                let left = old.bytes & !overlap;
                if own && !replaced && left == 0 && old.shape == new.shape && old.bytes == new.bytes {
                    let slot = marks.get_mut(index);
                    *slot = Mark { next: slot.next, ..*new };
                    replaced = true;
                } else {
                    marks.get_mut(index).bytes = left;
                    gone = left == 0;
                }
            }
        }
        if gone {
            marks.unlink(head, previous, index);
        } else {
            previous = index;
        }
        index = next;
    }
    replaced
}

/// Whether the lanes of an older mark do the same once more.
fn is_again(old: &Mark, new: &Mark) -> bool {
    let settled = !matches!(old.kind, AccessKind::AsyncRead | AccessKind::AsyncWrite);
    settled && old.warp == new.warp && old.block == new.block && old.shape == new.shape && old.bytes == new.bytes
}

/// Whether everything still to come in the block is ordered after a mark.
fn is_stale(old: &Mark, incoming: &Incoming<'_>) -> bool {
    let settled = !matches!(old.kind, AccessKind::AsyncRead | AccessKind::AsyncWrite);
    settled && old.time <= incoming.block.barrier_time
}

/// Whether all of an old mark's overlapping bytes come before the new access; if not, a pair of lanes and a byte for which it does not.
fn relation(old: &Mark, incoming: &Incoming<'_>, overlap: u64) -> (bool, ((u32, u32), u32)) {
    let new = &incoming.mark;
    let asynchronous = matches!(old.kind, AccessKind::AsyncRead | AccessKind::AsyncWrite);
    let any_pair = || {
        let byte = overlap.trailing_zeros();
        let lane = |shape: &super::segment::Shape| shape.lanes_at(byte).trailing_zeros();
        ((lane(&old.shape), lane(&new.shape)), byte)
    };
    let block = incoming.block;
    let same_block = old.block == new.block;
    let same_warp = same_block && old.warp == new.warp;
    if !asynchronous {
        if same_block && old.time <= block.barrier_time {
            return (true, any_pair());
        }
        if same_warp && (old.time <= block.warp(new.warp).sync_time || old.shape.same_threads(&new.shape)) {
            return (true, any_pair());
        }
        match block.common_knowledge(new.warp) {
            Some(None) if !same_warp => return (false, any_pair()),
            Some(Some(clock)) if clock.covers_warp(old.block, old.warp, old.time) => return (true, any_pair()),
            _ => {}
        }
    }
    // Lane by lane: the bytes of one lane's element at a time.
    let mut left = overlap;
    while left != 0 {
        let byte = left.trailing_zeros();
        left &= left - 1;
        let (olds, news) = (old.shape.lanes_at(byte), new.shape.lanes_at(byte));
        let mut unordered = None;
        for_lanes(news, |to| {
            let known = block.knowledge(new.warp, to).as_deref();
            for_lanes(olds, |from| {
                let program_order = !asynchronous && same_warp && from == to && old.time < new.time;
                let before = program_order
                    || known.is_some_and(|clock| {
                        if asynchronous {
                            clock.covers_copies(old.block, old.warp, from, old.time)
                        } else {
                            clock.covers_thread(old.block, old.warp, from, old.time)
                        }
                    });
                if !before && unordered.is_none() && !(same_warp && from == to && old.time == new.time) {
                    unordered = Some((from, to));
                }
            });
        });
        if let Some(lanes) = unordered {
            return (false, (lanes, byte));
        }
    }
    (true, any_pair())
}

/// Why unordered conflicting accesses are a race; nothing if they are morally strong.
fn race_kind(old: &Mark, new: &Mark, clusters: &Clusters) -> Option<RaceKind> {
    let asynchronous = |mark: &Mark| matches!(mark.kind, AccessKind::AsyncRead | AccessKind::AsyncWrite);
    if asynchronous(old) {
        return Some(RaceKind::AsyncCopy);
    }
    if old.scope == Scope::None || new.scope == Scope::None {
        let same = old.block == new.block && old.warp == new.warp && old.time == new.time;
        return Some(if same { RaceKind::SameInstruction } else { RaceKind::Data });
    }
    if !clusters.includes(old.scope, old.block, new.block) || !clusters.includes(new.scope, new.block, old.block) {
        return Some(RaceKind::Scope);
    }
    (old.shape.size_log2 != new.shape.size_log2).then_some(RaceKind::MixedSize)
}

fn report(
    old: &Mark,
    kind: RaceKind,
    lanes: (u32, u32),
    byte: u32,
    incoming: &Incoming<'_>,
    found: &mut FxHashMap<(u32, u32, RaceKind), Race>,
) {
    let new = &incoming.mark;
    if let Some(known) = found.get_mut(&(old.pc, new.pc, kind)) {
        known.count += 1;
        return;
    }
    let side = |mark: &Mark, lane: u32, value: Option<u64>| RaceSide {
        site: Site { block: mark.block, warp: mark.warp, function: 0, pc: mark.pc, step: mark.time - 1 },
        lane,
        kind: mark.kind,
        scope: mark.scope,
        size_bytes: 1 << mark.shape.size_log2,
        value,
    };
    let address = incoming.line + u64::from(byte);
    let value = |lane: u32| {
        let access = Some(incoming.access).filter(|access| !access.values.is_empty())?;
        let start = access.addresses[lane as usize] & (super::segment::LINE_BYTES - 1);
        let element = u64::from(byte).checked_sub(start)? / u64::from(access.element_bytes.max(1));
        Some(access.value(lane as usize, element as usize))
    };
    let second = value(lanes.1);
    let first = match (old.kind.writes(), new.kind) {
        _ if kind == RaceKind::SameInstruction => value(lanes.0),
        // Nothing has written in between: what is read now is what was written then.
        (true, AccessKind::Load) if old.shape.size_log2 == new.shape.size_log2 => second,
        _ => None,
    };
    let race = Race {
        kind,
        space: incoming.space,
        owner: incoming.owner,
        address,
        first: side(old, lanes.0, first),
        second: side(new, lanes.1, second),
        count: 1,
    };
    found.insert((old.pc, new.pc, kind), race);
}
