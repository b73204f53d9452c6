//! Several cores, one result: groups run apart on private views of memory, and are merged in order; where one read what an earlier one of its round
//! wrote, it is run again on the memory all share. What comes out is what one core would have made, byte for byte.

use super::schedule::{GroupTurn, blocks_of, group_at, take_output};
use super::state::{Group, Launch};
use super::{Block, Grid, Limits, Machine, Stop, Turn};
use crate::memory::{Detail, Footprint, GlobalMemory, Meeting, RoundWrites};
use crate::observe::{Observer, Site, SyncEvent};
use crate::program::Program;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Groups of the first round for each core; later rounds are as long as [`ROUND_TIME`] allows. What comes out does not depend on it.
const ROUND_FIRST: u32 = 8;
/// Groups of any round for each core.
const ROUND_MAX: u32 = 1024;
/// A round that is shorter is followed by a longer one: starting threads, and waiting for the last of them, must not show.
const ROUND_TIME: Duration = Duration::from_millis(80);
/// Bytes that the groups of one round may keep privately; after a round with more, rounds are shorter.
const ROUND_BYTES: usize = 64 << 20;
/// Groups that may be run again before the launch goes on with one core.
const CONFLICTS_MAX: u32 = 4;

/// What a group did apart.
struct Apart<O> {
    observer: O,
    output: Vec<(u32, Vec<u8>)>,
    footprint: Footprint,
    ended: Result<GroupTurn, Stop>,
    steps: u64,
}

/// What a core keeps from round to round.
struct Core {
    view: GlobalMemory,
    /// Memory of blocks that have ended.
    used: Vec<Block>,
}

/// What all groups of a launch share.
struct Shared<'a> {
    program: &'a Program,
    launch: &'a Launch,
    limits: Limits,
    /// Memory for footprints.
    room: Mutex<Vec<Footprint>>,
}

/// Runs a whole grid on `cores` cores.
pub(crate) fn run<O: Observer>(
    grid: &mut Grid,
    program: &Program,
    launch: &Launch,
    memory: &mut GlobalMemory,
    observer: &mut O,
    limits: Limits,
    cores: usize,
) -> Result<Turn, Stop> {
    let groups = launch.blocks() / launch.cluster_blocks();
    if O::SYNC {
        let event = SyncEvent::KernelBegin {
            blocks: launch.blocks(),
            threads: launch.threads(),
            cluster: launch.cluster_blocks(),
        };
        observer.sync(Site::default(), &event);
    }
    let shared = Shared { program, launch, limits, room: Mutex::default() };
    let mut cores: Vec<Core> = (0..cores).map(|_| Core { view: memory.fork(), used: Vec::new() }).collect();
    let mut writes = RoundWrites::default();
    let (mut next, mut conflicts, mut length, mut detail) = (0u32, 0u32, ROUND_FIRST, Detail::Lines);
    while next < groups && conflicts < CONFLICTS_MAX {
        let count = (groups - next).min(length * cores.len() as u32);
        let begun = Instant::now();
        let round = round(&shared, observer, &mut cores, next, count, detail);
        let took = begun.elapsed();
        let kept: usize = round.iter().map(|apart| apart.footprint.copied_bytes()).sum();
        if kept > ROUND_BYTES {
            length = (length / 2).max(1);
        } else if took < ROUND_TIME && kept < ROUND_BYTES / 2 {
            length = (length * 2).min(ROUND_MAX);
        }
        writes.clear();
        let mut again = false;
        let mut room = shared.room.lock().unwrap_or_else(PoisonError::into_inner);
        for apart in round {
            let fits = grid.steps + apart.steps <= limits.steps;
            let meeting = writes.meeting(&apart.footprint);
            if meeting == Meeting::SameLine {
                detail = Detail::Bytes;
                break;
            }
            let usable = matches!(apart.ended, Ok(GroupTurn::Done)) && fits && meeting == Meeting::Apart;
            if !usable || !observer.can_join(&apart.observer) || writes.merge(memory, &apart.footprint).is_err() {
                again = true;
                break;
            }
            observer.join(apart.observer);
            grid.steps += apart.steps;
            grid.output.extend(apart.output);
            room.push(apart.footprint);
            next += 1;
            launch.progress.end_blocks(launch.cluster_blocks().into());
        }
        drop(room);
        for core in &mut cores {
            writes.refresh(memory, &mut core.view);
        }
        if again {
            conflicts += 1;
            grid.skip(next);
            // Alone, and only this group, if it ends by itself.
            if !grid.run_one(program, launch, memory, observer, limits)? {
                return grid.run(program, launch, memory, observer, limits);
            }
            next += 1;
            cores.iter_mut().for_each(|core| core.view = memory.fork());
        }
    }
    grid.skip(next);
    grid.run(program, launch, memory, observer, limits)
}

/// Runs groups apart, each on the view of the core it happens to get; what it does depends on the shared memory alone.
fn round<O: Observer>(
    shared: &Shared<'_>,
    observer: &O,
    cores: &mut [Core],
    first: u32,
    count: u32,
    detail: Detail,
) -> Vec<Apart<O>> {
    let Shared { program, launch, limits, room } = shared;
    let taken = AtomicUsize::new(0);
    // Observers are forked here, in order, so that they need not be shared.
    let forks: Vec<Mutex<Option<O>>> = (0..count)
        .map(|index| Mutex::new(Some(observer.fork(blocks_of(launch, group_at(launch, first + index))[0]))))
        .collect();
    let done: Vec<Mutex<Option<Apart<O>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let work = |core: &mut Core| {
        loop {
            let index = taken.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = done.get(index) else { break };
            let mut group = Group::start(program, launch, group_at(launch, first + index as u32), &mut core.used);
            group.charge(shared.program, shared.launch, &mut core.view);
            let fork = forks[index].lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(mut own) = fork else { break };
            let footprint = room.lock().unwrap_or_else(PoisonError::into_inner).pop();
            core.view.begin_apart(detail, footprint.unwrap_or_default());
            let mut machine = Machine::at_start(program, launch, &mut core.view, &mut own, &mut group, limits.steps, 0);
            machine.begin_group();
            let ended = machine.run_group();
            let steps = limits.steps - machine.steps_left;
            let footprint = core.view.take_footprint();
            let output = take_output(&mut group);
            group.release(&mut core.view);
            core.used.append(&mut group.blocks);
            let apart = Apart { observer: own, output, footprint, ended, steps };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(apart);
        }
    };
    std::thread::scope(|scope| {
        let mut cores = cores.iter_mut();
        let own = cores.next();
        for core in cores {
            scope.spawn(|| work(core));
        }
        if let Some(core) = own {
            work(core);
        }
    });
    // A slot is empty only if its core panicked, which `scope` has passed on.
    done.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}
