//! Several cores, one result: groups run apart on private views of memory, and are merged in order; where one read what an earlier one of its round
//! wrote, it is run again on the memory all share. What comes out is what one core would have made, byte for byte.

use super::schedule::{GroupTurn, blocks_of, group_at};
use super::state::{Group, Launch};
use super::{Grid, Limits, Machine, Stop, Turn};
use crate::memory::{Footprint, GlobalMemory, RoundWrites};
use crate::observe::{Observer, Site, SyncEvent};
use crate::program::Program;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Groups of one round for each core.
const ROUND: u32 = 32;
/// Groups that may be run again before the launch goes on with one core.
const CONFLICTS_MAX: u32 = 4;

/// What a group did apart.
struct Apart<O> {
    observer: O,
    group: Group,
    footprint: Footprint,
    ended: Result<GroupTurn, Stop>,
    steps: u64,
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
    let mut views: Vec<GlobalMemory> = (0..cores).map(|_| memory.fork()).collect();
    let (mut next, mut conflicts) = (0u32, 0u32);
    while next < groups && conflicts < CONFLICTS_MAX {
        let count = (groups - next).min(ROUND * cores as u32);
        let round = round(program, launch, observer, limits, &mut views, next, count);
        let mut writes = RoundWrites::default();
        let mut again = false;
        for apart in round {
            let fits = grid.steps + apart.steps <= limits.steps;
            let usable = matches!(apart.ended, Ok(GroupTurn::Done)) && fits && !writes.conflicts(&apart.footprint);
            if !usable || writes.merge(memory, &apart.footprint).is_err() {
                again = true;
                break;
            }
            observer.join(apart.observer);
            grid.steps += apart.steps;
            grid.keep_output(apart.group);
            next += 1;
        }
        for view in &mut views {
            writes.refresh(memory, view);
        }
        if again {
            conflicts += 1;
            grid.skip(next);
            // Alone, and only this group, if it ends by itself.
            if !grid.run_one(program, launch, memory, observer, limits)? {
                return grid.run(program, launch, memory, observer, limits);
            }
            next += 1;
            views = (0..cores).map(|_| memory.fork()).collect();
        }
    }
    grid.skip(next);
    grid.run(program, launch, memory, observer, limits)
}

/// Runs groups apart, each on the view of the core it happens to get; what it does depends on the shared memory alone.
fn round<O: Observer>(
    program: &Program,
    launch: &Launch,
    observer: &O,
    limits: Limits,
    views: &mut [GlobalMemory],
    first: u32,
    count: u32,
) -> Vec<Apart<O>> {
    let taken = AtomicUsize::new(0);
    // Observers are forked here, in order, so that they need not be shared.
    let forks: Vec<Mutex<Option<O>>> = (0..count)
        .map(|index| Mutex::new(Some(observer.fork(blocks_of(launch, group_at(launch, first + index))[0]))))
        .collect();
    let done: Vec<Mutex<Option<Apart<O>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let work = |view: &mut GlobalMemory| {
        loop {
            let index = taken.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = done.get(index) else { break };
            let mut group = Group::start(program, launch, group_at(launch, first + index as u32));
            let fork = forks[index].lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(mut own) = fork else { break };
            let mut machine = Machine::at_start(program, launch, view, &mut own, &mut group, limits.steps, 0);
            machine.begin_group();
            let ended = machine.run_group();
            let steps = limits.steps - machine.steps_left;
            let footprint = view.take_footprint();
            let apart = Apart { observer: own, group, footprint, ended, steps };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(apart);
        }
    };
    std::thread::scope(|scope| {
        let mut views = views.iter_mut();
        let own = views.next();
        for view in views {
            scope.spawn(|| work(view));
        }
        if let Some(view) = own {
            work(view);
        }
    });
    // A slot is empty only if its core panicked, which `scope` has passed on.
    done.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}
