//! The race rules on small observed executions, written after the patterns of the PTX memory model's literature: each case is a schedule and a verdict.
//!
//! A line is `BLOCK.THREAD: operation`. Blocks have 64 threads; blocks 0 and 1 share a cluster. Variables are 64 bytes apart, `x+4:1` is one byte four
//! bytes into `x`, names that begin with `s` are shared memory of the block. `BLOCK: bar` is a whole-block barrier.

use super::race::{Race, RaceKind, Races};
use super::segment::split;
use crate::lanes::Row;
use crate::observe::{Access, AccessKind, BarrierKind, Proxy, Scope, Semantics, Site, Space, SyncEvent};

use RaceKind::{AsyncCopy, Data, MixedSize, SameInstruction, Scope as ScopeRace};

/// Runs a schedule and gives the kinds of the races seen, sorted.
fn verdict(script: &str) -> Vec<RaceKind> {
    let mut player = Player::new();
    for line in script.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty()) {
        player.play(line);
    }
    let mut kinds: Vec<_> = player.races.races().into_iter().map(|race| race.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

struct Player {
    races: Races,
    steps: u64,
}

impl Player {
    fn new() -> Player {
        let mut races = Races::new(1 << 20);
        races.sync(Site::default(), &SyncEvent::KernelBegin { blocks: 4, threads: 64, cluster: 1 });
        for block in 0..4 {
            let cluster = if block < 2 { &[0, 1] } else { &[2, 3] };
            let begin = SyncEvent::BlockBegin { shared_bytes: 4096, cluster };
            races.sync(Site { block, ..Site::default() }, &begin);
        }
        Player { races, steps: 0 }
    }

    fn play(&mut self, line: &str) {
        let (who, what) = line.split_once(':').expect("a line names its thread");
        let (block, thread) = who.split_once('.').unwrap_or((who, "0"));
        let block: u32 = block.trim().parse().expect("a block number");
        // `a-b` and `a,b` name several threads of one warp.
        let threads: Vec<u32> = thread
            .split(',')
            .flat_map(|part| {
                let (from, to) = part.split_once('-').unwrap_or((part, part));
                from.parse::<u32>().expect("a thread")..=to.parse().expect("a thread")
            })
            .collect();
        let warp = (threads[0] / 32) as u16;
        let lanes = threads.iter().fold(0u32, |mask, thread| mask | 1 << (thread % 32));
        self.steps += 1;
        let site = Site { block, warp, function: 0, pc: self.steps as u32, step: self.steps };
        let mut words = what.split_whitespace();
        let parts: Vec<_> = words.next().expect("an operation").split('.').collect();
        let operand = words.next().unwrap_or("");
        let scope = parts.iter().find_map(|part| match *part {
            "cta" => Some(Scope::Block),
            "cluster" => Some(Scope::Cluster),
            "gpu" => Some(Scope::Gpu),
            "sys" => Some(Scope::System),
            _ => None,
        });
        let semantics = parts.iter().find_map(|part| match *part {
            "relaxed" => Some(Semantics::Relaxed),
            "acquire" => Some(Semantics::Acquire),
            "release" => Some(Semantics::Release),
            "acq_rel" => Some(Semantics::AcquireRelease),
            "sc" => Some(Semantics::Sequential),
            "volatile" => Some(Semantics::Volatile),
            _ => None,
        });
        let kind = match parts[0] {
            "ld" => Some(AccessKind::Load),
            "st" => Some(AccessKind::Store),
            "atom" => Some(AccessKind::Atomic),
            "red" => Some(AccessKind::Reduction),
            "copy" => Some(AccessKind::AsyncWrite),
            _ => None,
        };
        if let Some(kind) = kind {
            return self.access(site, lanes, kind, semantics.unwrap_or(Semantics::Weak), scope, operand);
        }
        let (scope, semantics) = (scope.unwrap_or(Scope::Block), semantics.unwrap_or(Semantics::AcquireRelease));
        let addresses = &[operand.parse().unwrap_or(2048); 32];
        let phases = &Row::ZERO;
        let whole = [u32::MAX; 2];
        let event = match parts[0] {
            "fence" => SyncEvent::Fence { lanes, semantics, scope },
            "bar" => SyncEvent::BarrierComplete { barrier: 0, arrived: &whole, waiting: &whole },
            "syncwarp" => SyncEvent::WarpSync { lanes },
            "exit" => SyncEvent::Exit { lanes },
            "arrive" => SyncEvent::BarrierArrive {
                barrier: 1,
                kind: BarrierKind::Arrive,
                expected: 64,
                aligned: false,
                lanes,
                live: u32::MAX,
            },
            // Warp 1 waits for warp 0, or both wait for each other.
            "await" => SyncEvent::BarrierComplete { barrier: 1, arrived: &whole, waiting: &[0, u32::MAX] },
            // The first half-warps of both warps meet at a named barrier.
            "halves" => SyncEvent::BarrierComplete { barrier: 2, arrived: &[0xffff; 2], waiting: &[0xffff; 2] },
            "cluster_arrive" => SyncEvent::ClusterArrive { lanes, semantics },
            "cluster_complete" => SyncEvent::ClusterComplete { blocks: &[0, 1] },
            "cluster_wait" => SyncEvent::ClusterWait { lanes },
            "commit" => SyncEvent::CopyCommit { lanes },
            "wait" => SyncEvent::CopyWait { lanes, pending: operand.parse().expect("a number of groups") },
            "mb_init" => SyncEvent::MbarrierInit { lanes, addresses, counts: phases },
            "mb_arrive" | "mb_copies" => {
                let copies = parts[0] == "mb_copies";
                SyncEvent::MbarrierArrive { lanes, addresses, phases, semantics: Semantics::Release, scope, copies }
            }
            "mb_wait" => SyncEvent::MbarrierWait { lanes, addresses, phases, semantics: Semantics::Acquire, scope },
            other => panic!("no operation {other}"),
        };
        self.races.sync(site, &event);
    }

    fn access(
        &mut self,
        site: Site,
        lanes: u32,
        kind: AccessKind,
        semantics: Semantics,
        scope: Option<Scope>,
        operand: &str,
    ) {
        let (place, size) = operand.split_once(':').unwrap_or((operand, "4"));
        // `x+i` is an array: lane l touches its element l.
        let (place, own) = place.strip_suffix("+i").map_or((place, false), |place| (place, true));
        let (name, offset) = place.split_once('+').unwrap_or((place, "0"));
        let size: u64 = size.parse().expect("a size");
        let offset: u64 = offset.parse().expect("an offset");
        let variable = u64::from(name.as_bytes()[name.len() - 1] - b'a') * 128 + offset;
        let shared = name.starts_with('s');
        let start = if shared { variable } else { 0x7300_0000_0000 + variable };
        let addresses = std::array::from_fn(|lane| start + if own { lane as u64 * size } else { 0 });
        let weak = semantics == Semantics::Weak && !matches!(kind, AccessKind::Atomic | AccessKind::Reduction);
        let access = Access {
            space: if shared { Space::Shared } else { Space::Global },
            kind,
            lanes,
            addresses: &addresses,
            size_bytes: size as u8,
            element_bytes: size as u8,
            semantics,
            scope: if weak { Scope::None } else { scope.unwrap_or(Scope::Gpu) },
            proxy: Proxy::Generic,
            values: &[],
            old: &[],
        };
        observe(&mut self.races, site, &access);
    }
}

fn observe(races: &mut Races, site: Site, access: &Access<'_>) {
    let mut segments = Vec::new();
    split(access, |segment| segments.push(segment));
    races.access(site, access, &segments);
}

/// (claim, schedule, races).
type Case = (&'static str, &'static str, &'static [RaceKind]);

const CASES: &[Case] = &[
    // Program order, barriers, warps.
    ("one thread never races with itself", "0.0: st x; 0.0: ld x; 0.0: st x", &[]),
    ("a write and a read of two threads", "0.0: st x; 0.40: ld x", &[Data]),
    ("a read and a write of two threads", "0.0: ld x; 0.40: st x", &[Data]),
    ("two writes", "0.0: st x; 0.40: st x", &[Data]),
    ("two reads", "0.0: ld x; 0.40: ld x; 1.0: ld x", &[]),
    ("a barrier orders its block", "0.0: st x; 0: bar; 0.40: ld x; 0: bar; 0.7: st x", &[]),
    ("a barrier orders no other block", "0.0: st x; 0: bar; 1: bar; 1.0: ld x", &[Data]),
    ("a barrier before both orders nothing", "0: bar; 0.0: st x; 0.40: ld x", &[Data]),
    ("lanes of one warp are not ordered by lockstep", "0.0: st sx; 0.1: ld sx", &[Data]),
    ("bar.warp.sync orders its warp", "0.0: st sx; 0.0-31: syncwarp; 0.1: ld sx", &[]),
    ("bar.warp.sync orders no other warp", "0.0: st sx; 0.0-31: syncwarp; 0.32: ld sx", &[Data]),
    ("bar.warp.sync orders its members", "0.0: st sx; 0.0-3: syncwarp; 0.3: ld sx", &[]),
    ("bar.warp.sync orders only its members", "0.0: st sx; 0.0-3: syncwarp; 0.4: ld sx", &[Data]),
    ("partial warp syncs chain", "0.0: st sx; 0.0,1: syncwarp; 0.1,2: syncwarp; 0.2: ld sx", &[]),
    ("a partial sync of others does not help", "0.0: st sx; 0.1,2: syncwarp; 0.2: ld sx", &[Data]),
    ("a whole warp less ended lanes is whole", "0.0: st sx; 0.16-31: exit; 0.0-15: syncwarp; 0.1: ld sx", &[]),
    ("a named barrier of all waiting", "0.0: st sx; 0.0: halves; 0.33: ld sx", &[]),
    ("a named barrier leaves others out", "0.0: st sx; 0.0: halves; 0.50: ld sx", &[Data]),
    ("an outsider's write before a named barrier", "0.20: st sx; 0.0: halves; 0.33: ld sx", &[Data]),
    ("arrive orders before those who wait", "0.0: st sx; 0.0-31: arrive; 0.32: await; 0.40: ld sx", &[]),
    ("arrive does not carry what comes after it", "0.0-31: arrive; 0.0: st sx; 0.32: await; 0.40: ld sx", &[Data]),
    ("arrive does not order the arriving", "0.40: st sx; 0.0-31: arrive; 0.32: await; 0.0: ld sx", &[Data]),
    // Bytes.
    ("neighbouring bytes do not conflict", "0.0: st x+0:1; 0.1: st x+1:1", &[]),
    ("a byte inside a word does", "0.0: st x; 0.1: st x+3:1", &[Data]),
    ("each lane its own element, twice", "0.0-31: st x+i; 0.0-31: ld x+i", &[]),
    ("another lane's element, narrower", "0.0-31: st x+i; 0.0-31: ld x+i:2", &[Data]),
    ("lanes of one instruction write one place", "0.0,1: st x", &[SameInstruction]),
    ("lanes of one instruction add to one place", "0.0,1: atom.relaxed.gpu x; 0.0,1: red.relaxed.gpu x", &[]),
    ("lanes of one instruction read one place", "0.0-31: ld x", &[]),
    // Strength.
    ("relaxed accesses do not race", "0.0: st.relaxed.gpu x; 1.0: ld.relaxed.gpu x; 1.0: st.relaxed.gpu x", &[]),
    ("volatile is relaxed at system scope", "0.0: st.volatile x; 1.0: ld.volatile x; 1.0: atom.relaxed.gpu x", &[]),
    ("atomics do not race", "0.0: atom.relaxed.gpu x; 1.0: atom.relaxed.gpu x; 2.0: red.relaxed.gpu x", &[]),
    ("an atomic and a plain read", "0.0: atom.relaxed.gpu x; 1.0: ld x", &[Data]),
    ("an atomic and a plain write", "0.0: st x; 1.0: atom.relaxed.gpu x", &[Data]),
    (
        "plain initialisation races with another block's atomic even after a barrier and an own atomic",
        "0.0: st x; 0: bar; 0.1: atom.relaxed.gpu x; 1.0: atom.relaxed.gpu x",
        &[Data],
    ),
    ("block-scoped atomics of one block", "0.0: atom.relaxed.cta x; 0.40: atom.relaxed.cta x", &[]),
    ("block-scoped atomics of two blocks", "0.0: atom.relaxed.cta x; 1.0: atom.relaxed.cta x", &[ScopeRace]),
    ("one scope too narrow is enough", "0.0: atom.relaxed.gpu x; 1.0: atom.relaxed.cta x", &[ScopeRace]),
    ("cluster scope inside a cluster", "0.0: atom.relaxed.cluster x; 1.0: atom.relaxed.cluster x", &[]),
    ("cluster scope across clusters", "0.0: atom.relaxed.cluster x; 2.0: atom.relaxed.cluster x", &[ScopeRace]),
    ("system scope includes all", "0.0: st.relaxed.sys x; 3.0: ld.relaxed.sys x", &[]),
    ("strong accesses of two sizes", "0.0: st.relaxed.gpu x:8; 1.0: ld.relaxed.gpu x:4", &[MixedSize]),
    ("strong accesses of two sizes that do not meet", "0.0: st.relaxed.gpu x:4; 1.0: ld.relaxed.gpu x+4:4", &[]),
    ("ordered accesses may differ in size", "0.0: st.relaxed.gpu x:8; 0: bar; 0.40: ld.relaxed.gpu x:4", &[]),
    // Message passing.
    ("MP with release and acquire", "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x", &[]),
    ("MP with relaxed flags", "0.0: st x; 0.0: st.relaxed.gpu y; 1.0: ld.relaxed.gpu y; 1.0: ld x", &[Data]),
    ("MP with a plain flag", "0.0: st x; 0.0: st y; 1.0: ld y; 1.0: ld x", &[Data]),
    ("MP without acquire", "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.relaxed.gpu y; 1.0: ld x", &[Data]),
    ("MP without release", "0.0: st x; 0.0: st.relaxed.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x", &[Data]),
    ("MP that reads too early", "0.0: st x; 1.0: ld.acquire.gpu y; 0.0: st.release.gpu y; 1.0: ld x", &[Data]),
    (
        "MP with fences",
        "0.0: st x; 0.0: fence.acq_rel.gpu; 0.0: st.relaxed.gpu y; 1.0: ld.relaxed.gpu y; 1.0: fence.acq_rel.gpu; 1.0: ld x",
        &[],
    ),
    (
        "MP with sc fences",
        "0.0: st x; 0.0: fence.sc.gpu; 0.0: st.volatile y; 1.0: ld.volatile y; 1.0: fence.sc.gpu; 1.0: ld x",
        &[],
    ),
    (
        "MP, fence behind the flag's store",
        "0.0: st x; 0.0: st.relaxed.gpu y; 0.0: fence.sc.gpu; 1.0: ld.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: ld x",
        &[Data],
    ),
    (
        "MP, fence before the flag's load",
        "0.0: st x; 0.0: fence.sc.gpu; 0.0: st.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: ld.relaxed.gpu y; 1.0: ld x",
        &[Data],
    ),
    (
        "MP, data written between fence and flag",
        "0.0: fence.sc.gpu; 0.0: st x; 0.0: st.relaxed.gpu y; 1.0: ld.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: ld x",
        &[Data],
    ),
    (
        "MP, block-scoped fence across blocks",
        "0.0: st x; 0.0: fence.sc.cta; 0.0: st.relaxed.gpu y; 1.0: ld.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: ld x",
        &[Data],
    ),
    (
        "MP, block-scoped fence in a block",
        "0.0: st x; 0.0: fence.sc.cta; 0.0: st.relaxed.cta y; 0.40: ld.relaxed.cta y; 0.40: fence.sc.cta; 0.40: ld x",
        &[],
    ),
    (
        "MP, acquire too narrow",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.cta y; 1.0: ld x",
        &[Data, ScopeRace],
    ),
    (
        "MP, release too narrow",
        "0.0: st x; 0.0: st.release.cta y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[Data, ScopeRace],
    ),
    ("MP in a cluster", "0.0: st x; 0.0: st.release.cluster y; 1.0: ld.acquire.cluster y; 1.0: ld x", &[]),
    (
        "MP, flag of two sizes",
        "0.0: st x; 0.0: st.release.gpu y:8; 1.0: ld.acquire.gpu y:4; 1.0: ld x",
        &[Data, MixedSize],
    ),
    (
        "MP, the wide fence stays when a narrow one follows",
        "0.0: st x; 0.0: fence.acq_rel.gpu; 0.0: fence.acq_rel.cta; 0.0: st.relaxed.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[],
    ),
    (
        "MP, another thread's fence does not help",
        "0.0: st x; 0.1: fence.sc.gpu; 0.0: st.relaxed.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[Data],
    ),
    (
        "MP, fence after a barrier carries the block",
        "0.40: st x; 0: bar; 0.0: fence.acq_rel.gpu; 0.0: st.relaxed.gpu y; 1.0: ld.acquire.gpu y; 1: bar; 1.40: ld x",
        &[],
    ),
    (
        "MP, flag overwritten by a plain store",
        "0.0: st x; 0.0: st.release.gpu y; 2.0: st y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[Data],
    ),
    (
        "MP, flag overwritten by a relaxed store",
        "0.0: st x; 0.0: st.release.gpu y; 2.0: st.relaxed.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[Data],
    ),
    // Release sequences.
    (
        "atomics pass a release on",
        "0.0: st x; 0.0: st.release.gpu y; 2.0: atom.relaxed.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[],
    ),
    (
        "reductions pass a release on",
        "0.0: st x; 0.0: st.release.gpu y; 2.0: red.relaxed.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[],
    ),
    (
        "block-scoped atomics of others pass nothing on",
        "0.0: st x; 0.0: st.release.gpu y; 2.0: atom.relaxed.cta y; 1.0: ld.acquire.gpu y; 1.0: ld x",
        &[Data, ScopeRace],
    ),
    ("a reduction never acquires", "0.0: st x; 0.0: st.release.gpu y; 1.0: red.acq_rel.gpu y; 1.0: ld x", &[Data]),
    (
        "a reduction and a fence do not acquire",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: red.relaxed.gpu y; 1.0: fence.acq_rel.gpu; 1.0: ld x",
        &[Data],
    ),
    ("a reduction releases", "0.0: st x; 0.0: red.release.gpu y; 1.0: ld.acquire.gpu y; 1.0: ld x", &[]),
    (
        "atomic hand over: last block",
        "0.0: st x; 0.0: fence.sc.gpu; 0.0: atom.relaxed.gpu y; 1.0: st x+4; 1.0: fence.sc.gpu; 1.0: atom.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: ld x",
        &[],
    ),
    (
        "last block without a fence of the writer",
        "0.0: st x; 0.0: atom.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: atom.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: ld x",
        &[Data],
    ),
    (
        "last block, reading before the fence",
        "0.0: st x; 0.0: fence.sc.gpu; 0.0: atom.relaxed.gpu y; 1.0: atom.relaxed.gpu y; 1.0: ld x",
        &[Data],
    ),
    (
        "many releases on one counter all count",
        "0.0: st a; 0.0: atom.release.gpu y; 1.0: st b; 1.0: atom.release.gpu y; 2.0: st c; 2.0: atom.release.gpu y; 3.0: ld.acquire.gpu y; 3.0: ld a; 3.0: ld b; 3.0: ld c",
        &[],
    ),
    (
        "a lock",
        "0.0: atom.acquire.gpu l; 0.0: st x; 0.0: st.release.gpu l; 1.0: atom.acquire.gpu l; 1.0: ld x; 1.0: st x; 1.0: st.release.gpu l; 2.0: atom.acquire.gpu l; 2.0: st x",
        &[],
    ),
    (
        "a lock without acquire",
        "0.0: atom.relaxed.gpu l; 0.0: st x; 0.0: st.release.gpu l; 1.0: atom.relaxed.gpu l; 1.0: st x",
        &[Data],
    ),
    (
        "a lock that is left too early",
        "0.0: atom.acquire.gpu l; 0.0: st.release.gpu l; 0.0: st x; 1.0: atom.acquire.gpu l; 1.0: st x",
        &[Data],
    ),
    // Cumulativity.
    (
        "causality is transitive",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y; 1.0: st.release.gpu z; 2.0: ld.acquire.gpu z; 2.0: ld x",
        &[],
    ),
    (
        "through a barrier of the block between",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y; 1: bar; 1.40: st.release.gpu z; 2.0: ld.acquire.gpu z; 2: bar; 2.40: ld x",
        &[],
    ),
    (
        "through narrow scopes at both ends",
        "0.0: st x; 0.0: st.release.cta y; 0.40: ld.acquire.cta y; 0.40: st.release.gpu z; 1.0: ld.acquire.gpu z; 1.0: ld x",
        &[],
    ),
    (
        "not through a relaxed link",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.relaxed.gpu y; 1.0: st.release.gpu z; 2.0: ld.acquire.gpu z; 2.0: ld x",
        &[Data],
    ),
    (
        "through bar.warp.sync",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y; 1.0-31: syncwarp; 1.9: ld x",
        &[],
    ),
    ("not to other lanes without it", "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y; 1.9: ld x", &[Data]),
    (
        "not to other warps without a barrier",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y; 1.0-31: syncwarp; 1.40: ld x",
        &[Data],
    ),
    (
        "through a named barrier",
        "0.0: st x; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y; 1.0: halves; 1.33: ld x",
        &[],
    ),
    // Store buffering and coherence: strong accesses alone are no race, whatever the order.
    (
        "SB with relaxed accesses",
        "0.0: st.relaxed.gpu x; 0.0: fence.sc.gpu; 0.0: ld.relaxed.gpu y; 1.0: st.relaxed.gpu y; 1.0: fence.sc.gpu; 1.0: ld.relaxed.gpu x",
        &[],
    ),
    ("two sc fences alone order nothing", "0.0: st x; 0.0: fence.sc.gpu; 1.0: fence.sc.gpu; 1.0: ld x", &[Data]),
    (
        "IRIW with relaxed accesses",
        "0.0: st.relaxed.gpu x; 1.0: st.relaxed.gpu y; 2.0: ld.relaxed.gpu x; 2.0: ld.relaxed.gpu y; 3.0: ld.relaxed.gpu y; 3.0: ld.relaxed.gpu x",
        &[],
    ),
    (
        "the weak write behind a flag races with its relaxed reader",
        "0.0: st y; 0.0: fence.sc.gpu; 0.0: st.relaxed.gpu y; 1.0: ld.relaxed.gpu y",
        &[Data],
    ),
    ("and not with an acquiring one", "0.0: st y; 0.0: st.release.gpu y; 1.0: ld.acquire.gpu y", &[]),
    // Clusters.
    (
        "the cluster's barrier orders its blocks",
        "0.0: st x; 0.0-31: cluster_arrive; 0.32-63: cluster_arrive; 1.0-31: cluster_arrive; 1.32-63: cluster_arrive; 0: cluster_complete; 1.0-31: cluster_wait; 1.5: ld x",
        &[],
    ),
    (
        "not what comes between arrive and wait",
        "0.0-31: cluster_arrive; 0.0: st x; 0.32-63: cluster_arrive; 1.0-31: cluster_arrive; 1.32-63: cluster_arrive; 0: cluster_complete; 1.0-31: cluster_wait; 1.5: ld x",
        &[Data],
    ),
    (
        "not those that have not waited",
        "0.0: st x; 0.0-31: cluster_arrive; 0.32-63: cluster_arrive; 1.0-31: cluster_arrive; 1.32-63: cluster_arrive; 0: cluster_complete; 1.5: ld x",
        &[Data],
    ),
    (
        "a relaxed arrival carries nothing",
        "0.0: st x; 0.0-31: cluster_arrive.relaxed; 0.32-63: cluster_arrive.relaxed; 1.0-31: cluster_arrive.relaxed; 1.32-63: cluster_arrive.relaxed; 0: cluster_complete; 1.0-31: cluster_wait; 1.5: ld x",
        &[Data],
    ),
    // Asynchronous copies.
    ("a copy waited for", "0.0: copy sx; 0.0: commit; 0.0: wait 0; 0.0: ld sx", &[]),
    ("a copy not waited for", "0.0: copy sx; 0.0: commit; 0.0: ld sx", &[AsyncCopy]),
    ("a copy not waited for, behind a barrier", "0.0: copy sx; 0.0: commit; 0: bar; 0.40: ld sx", &[AsyncCopy]),
    ("a copy waited for, without a barrier", "0.0: copy sx; 0.0: commit; 0.0: wait 0; 0.40: ld sx", &[Data]),
    (
        "a copy waited for, and a barrier",
        "0.0-31: copy sx+i; 0.0-31: commit; 0.0-31: wait 0; 0: bar; 0.32-63: ld sx+i",
        &[],
    ),
    (
        "the newest group may be pending",
        "0.0: copy sx; 0.0: commit; 0.0: copy sy; 0.0: commit; 0.0: wait 1; 0.0: ld sx; 0.0: wait 0; 0.0: ld sy",
        &[],
    ),
    (
        "the newest group is pending",
        "0.0: copy sx; 0.0: commit; 0.0: copy sy; 0.0: commit; 0.0: wait 1; 0.0: ld sy",
        &[AsyncCopy],
    ),
    ("what is not committed is not waited for", "0.0: copy sx; 0.0: wait 0; 0.0: ld sx", &[AsyncCopy]),
    ("others' waits do not help", "0.0: copy sx; 0.0: commit; 0.1: commit; 0.1: wait 0; 0.0: ld sx", &[AsyncCopy]),
    ("a copy into what is still read", "0.40: ld sx; 0.0: copy sx", &[Data]),
    ("a copy into what was read before a barrier", "0.40: ld sx; 0: bar; 0.0: copy sx", &[]),
    // mbarriers.
    (
        "a phase carries its arrivals",
        "0.0: mb_init; 0: bar; 0.0: st sx; 0.0: mb_arrive; 0.40: mb_wait; 0.40: ld sx",
        &[],
    ),
    (
        "not what comes after an arrival",
        "0.0: mb_init; 0: bar; 0.0: mb_arrive; 0.0: st sx; 0.40: mb_wait; 0.40: ld sx",
        &[Data],
    ),
    ("not to those that do not wait", "0.0: mb_init; 0: bar; 0.0: st sx; 0.0: mb_arrive; 0.40: ld sx", &[Data]),
    ("an arrival races with the initialisation", "0.0: mb_init; 0.40: mb_arrive", &[Data]),
    (
        "copies arrive on an mbarrier",
        "0.0: mb_init; 0: bar; 0.0: copy sx; 0.0: mb_copies; 0.40: mb_wait; 0.40: ld sx; 0.0: mb_wait; 0.0: ld sx",
        &[],
    ),
    ("copies without the wait", "0.0: mb_init; 0: bar; 0.0: copy sx; 0.0: mb_copies; 0.0: ld sx", &[AsyncCopy]),
    (
        "an ordinary arrival does not carry copies",
        "0.0: mb_init; 0: bar; 0.0: copy sx; 0.0: mb_arrive; 0.40: mb_wait; 0.40: ld sx",
        &[AsyncCopy],
    ),
];

#[test]
fn every_litmus_schedule_gets_its_verdict() {
    let wrong: Vec<_> = (CASES.iter())
        .map(|(claim, script, expected)| (claim, verdict(script), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(claim, found, expected)| format!("{claim}: found {found:?}, expected {expected:?}"))
        .collect();
    assert!(CASES.len() > 90, "the table is whole: {}", CASES.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_number_of_later_readers_hides_the_first() {
    // 192 readers that the writer is ordered behind, and one before them that it is not.
    let mut script = vec!["0.0: ld x".to_owned()];
    for (block, flag) in (1..4).zip(["a", "b", "c"]) {
        script.extend((0..64).map(|thread| format!("{block}.{thread}: ld x")));
        script.push(format!("{block}: bar"));
        script.push(format!("{block}.0: st.release.gpu {flag}"));
        script.push(format!("0.40: ld.acquire.gpu {flag}"));
    }
    assert_eq!(verdict(&script.join("\n")), []);
    script.push("0.40: st x".to_owned());
    assert_eq!(verdict(&script.join("\n")), [Data]);
    let ordered: Vec<_> = script.iter().filter(|line| *line != "0.0: ld x").cloned().collect();
    assert_eq!(verdict(&ordered.join("\n")), []);
}

/// Four blocks, each observed apart and joined if that is exact, else observed again by the one that joins: as the machine does it.
fn races_of(blocks: &[&[(AccessKind, Semantics, u64)]], apart: bool) -> (Vec<Race>, u32) {
    let play = |races: &mut Races, block: u32| {
        let begin = SyncEvent::BlockBegin { shared_bytes: 0, cluster: &[block] };
        races.sync(Site { block, ..Site::default() }, &begin);
        for (step, &(kind, semantics, address)) in blocks[block as usize].iter().enumerate() {
            let addresses: [u64; 32] = std::array::from_fn(|lane| address + 4 * lane as u64);
            let weak = semantics == Semantics::Weak && kind != AccessKind::Atomic;
            let access = Access {
                space: Space::Global,
                kind,
                lanes: u32::MAX,
                addresses: &addresses,
                size_bytes: 4,
                element_bytes: 4,
                semantics,
                scope: if weak { Scope::None } else { Scope::Gpu },
                proxy: Proxy::Generic,
                values: &[Row::ZERO],
                old: &[],
            };
            let step = step as u64;
            observe(races, Site { block, pc: block * 16 + step as u32, step, ..Site::default() }, &access);
        }
        races.sync(Site { block, ..Site::default() }, &SyncEvent::BlockEnd);
    };
    let mut whole = Races::new(1 << 20);
    let count = blocks.len() as u32;
    whole.sync(Site::default(), &SyncEvent::KernelBegin { blocks: count, threads: 32, cluster: 1 });
    let mut joined = 0;
    for block in 0..count {
        let mut fork = whole.fork();
        if apart {
            play(&mut fork, block);
        }
        if apart && whole.can_join(&fork) {
            whole.join(fork);
            joined += 1;
        } else {
            play(&mut whole, block);
        }
    }
    (whole.races(), joined)
}

#[test]
fn blocks_observed_apart_find_what_one_observer_finds() {
    use AccessKind::{Atomic, Load, Store};
    let weak = |kind, address| (kind, Semantics::Weak, address);
    let cases: [(&[&[(AccessKind, Semantics, u64)]], u32, usize); 6] = [
        // Reads of one place, writes of others.
        (&[&[weak(Load, 0), weak(Store, 256)], &[weak(Load, 0), weak(Store, 512)], &[weak(Load, 0)]], 3, 0),
        // The last writes what all have read.
        (&[&[weak(Load, 0)], &[weak(Load, 0), weak(Store, 512)], &[weak(Store, 0)]], 2, 2),
        (&[&[weak(Store, 0)], &[weak(Load, 0)], &[weak(Load, 256)]], 2, 1),
        // Atomics of device scope; then somebody reads what they made.
        (&[&[weak(Atomic, 0)], &[weak(Atomic, 0)], &[weak(Atomic, 0)]], 3, 0),
        (&[&[weak(Atomic, 0)], &[weak(Atomic, 0)], &[weak(Load, 0)], &[weak(Load, 256)]], 3, 2),
        // A release makes the order of blocks known: from there on they are observed one after another.
        (
            &[
                &[weak(Store, 256), (Store, Semantics::Release, 0)],
                &[(Load, Semantics::Acquire, 0), weak(Load, 256)],
                &[weak(Load, 512)],
            ],
            0,
            0,
        ),
    ];
    for (blocks, joins, races) in cases {
        let (one, _) = races_of(blocks, false);
        let (several, joined) = races_of(blocks, true);
        assert_eq!(several, one, "{blocks:?}");
        assert_eq!((joined, one.len()), (joins, races), "{blocks:?}: {one:#?}");
    }
}
