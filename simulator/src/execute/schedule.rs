//! Whose turn it is: splits of a warp, warps of a block, blocks of a group, groups of the grid. The same on every machine, and fair.
//!
//! Groups run one after another in order. One whose threads look again and again at memory that others must change gives its turn to the next, up to a
//! number of groups that are resident at once; so flags and locks across blocks make progress. A seed changes orders and lengths of turns.

use super::interpret::Pause;
use super::state::{Block, Group, Launch, Split, State, Warp, next_random};
use super::{Machine, Stop};
use crate::memory::GlobalMemory;
use crate::observe::{Fault, FaultKind, Observer, SyncEvent};
use crate::program::{Kind, PredicateRef, Program};

/// Warp instructions of a warp's turn.
const WARP_TURN: u32 = 4096;
/// Warp instructions of a split's turn while its warp has others.
const SPLIT_TURN: u32 = 256;
/// Turns others get before one that waits at a meeting point goes on alone.
const PATIENCE: u32 = 4;
/// Looks at unchanged memory after which a group's turn ends.
const POLLS: u32 = 64;
/// Warp instructions after which a group's turn ends in any case.
const GROUP_TURN: u64 = 1 << 22;

/// What bounds a launch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Warp instructions.
    pub(crate) steps: u64,
    /// Groups that are resident at once.
    pub(crate) resident: usize,
}

/// How a turn of the grid ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// All blocks have ended.
    Done,
    /// The observer asked for a pause.
    Paused,
}

/// How a group's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupTurn {
    Done,
    Yields,
    Paused,
}

/// A grid that runs: what is resident, what is to come, what was printed.
#[derive(Clone)]
pub(crate) struct Grid {
    pub(crate) resident: Vec<Group>,
    turn: usize,
    started: u32,
    begun: bool,
    /// What blocks printed, by block.
    pub(crate) output: Vec<(u32, Vec<u8>)>,
    /// Warp instructions executed.
    pub(crate) steps: u64,
    /// Blocks that have ended, for their memory.
    used: Vec<Block>,
}

/// The order in which groups start.
pub(super) fn group_at(launch: &Launch, index: u32) -> u32 {
    let groups = launch.blocks() / launch.cluster_blocks();
    if launch.seed == 0 {
        return index;
    }
    // A step that shares no divisor with the number of groups visits each once.
    let mut random = launch.seed;
    let offset = next_random(&mut random) % u64::from(groups);
    let mut step = next_random(&mut random) % u64::from(groups) | 1;
    while greatest_common_divisor(step, u64::from(groups)) != 1 {
        step += 2;
    }
    ((u64::from(index) * (step % u64::from(groups)) + offset) % u64::from(groups)) as u32
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The linear indices of a group's blocks, by rank.
pub(super) fn blocks_of(launch: &Launch, group: u32) -> Vec<u32> {
    let per: [u32; 3] = std::array::from_fn(|axis| launch.grid[axis] / launch.cluster[axis]);
    let at = [group % per[0], group / per[0] % per[1], group / per[0] / per[1]];
    let [cx, cy, cz] = launch.cluster;
    let mut blocks = Vec::new();
    for z in 0..cz {
        for y in 0..cy {
            for x in 0..cx {
                let [bx, by, bz] = [at[0] * cx + x, at[1] * cy + y, at[2] * cz + z];
                blocks.push(bx + launch.grid[0] * (by + launch.grid[1] * bz));
            }
        }
    }
    blocks
}

/// Bytes of shared memory, local memory and registers of a group's blocks when they begin.
pub(crate) fn bytes_of_group(program: &Program, launch: &Launch) -> u64 {
    let layout = &program.functions[launch.kernel as usize];
    let rows = u64::from(layout.frame_rows) + 2 * program.specials.len() as u64;
    let warp = 128 * rows + 32 * u64::from(layout.local_bytes).next_power_of_two();
    let block = u64::from(launch.shared_bytes) + u64::from(launch.threads().div_ceil(32)) * warp;
    u64::from(launch.cluster_blocks()) * block
}

impl Group {
    /// A group at its first instruction.
    pub(super) fn start(program: &Program, launch: &Launch, group: u32, used: &mut Vec<Block>) -> Self {
        let blocks = blocks_of(launch, group);
        let blocks = blocks.into_iter().map(|block| Block::start(program, launch, block, used.pop())).collect();
        Self { blocks, next_block: 0, polls: 0, turn_steps: 0, charged_bytes: 0, too_large: false }
    }

    /// Counts the memory of the group's blocks against the limit.
    pub(super) fn charge(&mut self, program: &Program, launch: &Launch, memory: &mut GlobalMemory) {
        let bytes = bytes_of_group(program, launch);
        match memory.charge(bytes) {
            Ok(()) => self.charged_bytes = bytes,
            Err(_) => self.too_large = true,
        }
    }

    /// Gives back what [`Group::charge`] and calls have taken.
    pub(super) fn release(&mut self, memory: &mut GlobalMemory) {
        memory.release(std::mem::take(&mut self.charged_bytes));
    }
}

impl Grid {
    /// A grid of which nothing has run.
    pub(crate) fn new() -> Self {
        Self { resident: Vec::new(), turn: 0, started: 0, begun: false, output: Vec::new(), steps: 0, used: Vec::new() }
    }

    /// As if the first `groups` groups had run already.
    pub(super) fn skip(&mut self, groups: u32) {
        self.started = groups;
        self.begun = true;
    }

    /// Runs until all blocks have ended, something goes wrong, or the observer asks for a pause.
    pub(crate) fn run<O: Observer>(
        &mut self,
        program: &Program,
        launch: &Launch,
        memory: &mut GlobalMemory,
        observer: &mut O,
        limits: Limits,
    ) -> Result<Turn, Stop> {
        let groups = launch.blocks() / launch.cluster_blocks();
        loop {
            if self.resident.is_empty() {
                if self.started == groups {
                    return Ok(Turn::Done);
                }
                self.start(program, launch, memory, observer, limits);
                self.turn = 0;
            }
            let group = &mut self.resident[self.turn];
            let mut machine = Machine::at_start(program, launch, memory, observer, group, limits.steps, self.steps);
            let before = machine.steps_left;
            let turn = machine.run_group();
            let left = machine.steps_left;
            self.steps += before - left;
            match turn? {
                GroupTurn::Paused => return Ok(Turn::Paused),
                GroupTurn::Done => {
                    let group = self.resident.remove(self.turn);
                    self.retire(group, launch, memory);
                    if self.turn >= self.resident.len() {
                        self.turn = 0;
                    }
                }
                GroupTurn::Yields => self.pass_on(program, launch, memory, observer, limits),
            }
        }
    }

    /// The group whose turn it is gives it to one that starts, or to the next resident one.
    fn pass_on<O: Observer>(
        &mut self,
        program: &Program,
        launch: &Launch,
        memory: &mut GlobalMemory,
        observer: &mut O,
        limits: Limits,
    ) {
        let group = &mut self.resident[self.turn];
        group.polls = 0;
        group.turn_steps = 0;
        let is_room = self.resident.len() < limits.resident && memory.has_room(bytes_of_group(program, launch));
        if self.started < launch.blocks() / launch.cluster_blocks() && is_room {
            self.start(program, launch, memory, observer, limits);
            self.turn = self.resident.len() - 1;
        } else {
            self.turn = (self.turn + 1) % self.resident.len();
        }
    }

    /// Keeps what a group that has ended printed, and its memory for those to come.
    fn retire(&mut self, mut group: Group, launch: &Launch, memory: &mut GlobalMemory) {
        group.release(memory);
        launch.progress.end_blocks(group.blocks.len() as u64);
        self.output.extend(take_output(&mut group));
        if self.used.len() < group.blocks.len() {
            self.used.append(&mut group.blocks);
        }
    }

    /// Runs the next group alone. False when it has to wait for others, and stays resident.
    pub(super) fn run_one<O: Observer>(
        &mut self,
        program: &Program,
        launch: &Launch,
        memory: &mut GlobalMemory,
        observer: &mut O,
        limits: Limits,
    ) -> Result<bool, Stop> {
        self.start(program, launch, memory, observer, limits);
        let steps_left = limits.steps.saturating_sub(self.steps);
        let group = &mut self.resident[0];
        let mut machine = Machine::at_start(program, launch, memory, observer, group, limits.steps, self.steps);
        let turn = machine.run_group();
        self.steps += steps_left - machine.steps_left;
        if turn? == GroupTurn::Done {
            let group = self.resident.remove(0);
            self.retire(group, launch, memory);
            return Ok(true);
        }
        self.turn = 0;
        self.pass_on(program, launch, memory, observer, limits);
        Ok(false)
    }

    fn start<O: Observer>(
        &mut self,
        program: &Program,
        launch: &Launch,
        memory: &mut GlobalMemory,
        observer: &mut O,
        limits: Limits,
    ) {
        let mut group = Group::start(program, launch, group_at(launch, self.started), &mut self.used);
        group.charge(program, launch, memory);
        let first = !std::mem::replace(&mut self.begun, true);
        self.started += 1;
        let mut machine = Machine::at_start(program, launch, memory, observer, &mut group, limits.steps, 0);
        if first {
            machine.sync(&SyncEvent::KernelBegin {
                blocks: launch.blocks(),
                threads: launch.threads(),
                cluster: launch.cluster_blocks(),
            });
        }
        machine.begin_group();
        self.resident.push(group);
    }
}

/// What a group's blocks printed, by block.
pub(super) fn take_output(group: &mut Group) -> Vec<(u32, Vec<u8>)> {
    let printed = group.blocks.iter_mut().filter(|block| !block.output.is_empty());
    printed.map(|block| (block.index, std::mem::take(&mut block.output))).collect()
}

impl<O: Observer> Machine<'_, O> {
    /// Tells the observer of the group's blocks and their first frames.
    pub(super) fn begin_group(&mut self) {
        let rows = self.program.functions[self.launch.kernel as usize].frame_rows;
        let cluster: Vec<u32> = self.group.blocks.iter().map(|block| block.index).collect();
        for block in 0..self.group.blocks.len() {
            self.block = block;
            self.warp = 0;
            self.sync(&SyncEvent::BlockBegin { shared_bytes: self.launch.shared_bytes, cluster: &cluster });
            if O::REGISTERS && self.observer.watches_registers() {
                for warp in 0..self.group.blocks[block].warps.len() {
                    self.warp = warp as u16;
                    let live = self.group.blocks[block].warps[warp].live;
                    let site = self.site();
                    self.observer.frame(site, 0..rows, &[], live);
                }
            }
        }
    }

    /// Runs the group's blocks in turn until all have ended or the group should let others run.
    pub(super) fn run_group(&mut self) -> Result<GroupTurn, Stop> {
        if self.group.too_large {
            let limit_bytes = self.memory.limit_bytes();
            return self.fatal(0, FaultKind::MemoryLimit { limit_bytes });
        }
        loop {
            let start = self.steps_left;
            let mut ran = false;
            let mut live = false;
            for _ in 0..self.group.blocks.len() {
                self.block = self.group.next_block;
                self.group.next_block = (self.block + 1) % self.group.blocks.len();
                if self.group.blocks[self.block].is_done() {
                    continue;
                }
                match self.run_block()? {
                    Some(progress) => ran |= progress,
                    None => {
                        self.group.next_block = self.block;
                        self.group.turn_steps += start - self.steps_left;
                        return Ok(GroupTurn::Paused);
                    }
                }
                if self.group.blocks[self.block].is_done() {
                    self.sync(&SyncEvent::BlockEnd);
                    // What other blocks of the cluster wait for may now be complete.
                    ran |= self.complete_barriers()?;
                }
                live |= !self.group.blocks[self.block].is_done();
            }
            live |= self.group.blocks.iter().any(|block| !block.is_done());
            if !live {
                return Ok(GroupTurn::Done);
            }
            if !ran {
                let waiting = self.waiters();
                return self.fatal(waiting.first().map_or(0, |first| first.lanes), FaultKind::Deadlock { waiting });
            }
            self.group.turn_steps += start - self.steps_left;
            if self.group.polls >= POLLS || self.group.turn_steps >= GROUP_TURN {
                return Ok(GroupTurn::Yields);
            }
        }
    }

    /// Gives every warp of a block a turn. Whether any could run; nothing when the observer asked for a pause.
    fn run_block(&mut self) -> Result<Option<bool>, Stop> {
        let warps = self.group.blocks[self.block].warps.len();
        let resume = self.block().resume.take();
        let mut ran = resume.is_some();
        let (first, passed) = match (resume, self.launch.seed) {
            (Some(resume), _) => resume,
            (None, 0) => (self.group.blocks[self.block].next_warp, 0),
            (None, _) => (next_random(&mut self.block().random) as usize % warps, 0),
        };
        for offset in passed..warps {
            let index = (first + offset) % warps;
            if self.group.blocks[self.block].warps[index].live == 0 {
                continue;
            }
            self.warp = index as u16;
            let mut warp = std::mem::take(&mut self.group.blocks[self.block].warps[index]);
            let turn = self.run_warp(&mut warp);
            let waits = warp.splits.iter().any(|split| matches!(split.state, State::Barrier(_) | State::Cluster));
            let ended = warp.live == 0;
            self.group.blocks[self.block].warps[index] = warp;
            let Some(progress) = turn? else {
                self.block().resume = Some((first, offset));
                return Ok(None);
            };
            ran |= progress;
            if waits || ended || progress && !self.group.blocks[self.block].barriers.is_empty() {
                ran |= self.complete_barriers()?;
            }
            if self.group.polls >= POLLS {
                self.group.blocks[self.block].next_warp = (index + 1) % warps;
                return Ok(Some(ran));
            }
        }
        Ok(Some(ran))
    }

    /// A warp's turn. Whether it could run; nothing when the observer asked for a pause.
    fn run_warp(&mut self, warp: &mut Warp) -> Result<Option<bool>, Stop> {
        let mut resume = warp.resume.take();
        let mut left = match (resume, self.launch.seed) {
            (Some((_, left, _)), _) => left,
            (None, 0) => WARP_TURN,
            (None, _) => 1 + next_random(&mut self.block().random) as u32 % WARP_TURN,
        };
        let mut ran = false;
        while left > 0 && warp.live != 0 {
            let interrupted = resume.take();
            let chosen = match interrupted {
                Some((index, _, _)) => Some(index),
                None => self.choose(warp)?,
            };
            let Some(index) = chosen else { break };
            ran = true;
            if self.launch.progress.is_stopped() {
                self.pc = warp.splits[index].pc;
                let fault = Fault { lanes: warp.splits[index].lanes, kind: FaultKind::Interrupted };
                return Err(Stop { site: self.site(), fault });
            }
            if self.steps_left == 0 {
                self.pc = warp.splits[index].pc;
                let steps = self.steps_allowed;
                return self.fatal(warp.splits[index].lanes, FaultKind::StepBudget { steps });
            }
            let most = if warp.splits.len() > 1 { left.min(SPLIT_TURN) } else { left };
            let most = interrupted.map_or(u64::from(most).min(self.steps_left) as u32, |(_, _, steps)| steps);
            let mut steps = most;
            let pause = self.run_split(warp, index, &mut steps)?;
            left -= most - steps;
            match pause {
                Pause::Asked => {
                    warp.resume = Some((index, left, steps));
                    return Ok(None);
                }
                Pause::Quantum => {
                    warp.turns += 1;
                    warp.splits[index].turn = warp.turns;
                }
                Pause::Choose => {
                    if warp.splits.iter().any(|split| matches!(split.state, State::Members(_))) {
                        self.release(warp)?;
                    }
                }
            }
        }
        Ok(Some(ran))
    }

    /// The split of a warp that runs next: lanes that have met become one; among those that are ready the one that had its turn longest ago, then the
    /// innermost call, then the earliest place, which is where others are likely to be met. Those that wait at a meeting point go on when nobody else
    /// is ready, or has not come for some turns.
    fn choose(&mut self, warp: &mut Warp) -> Result<Option<usize>, Stop> {
        if let [only] = &mut warp.splits[..] {
            if only.state == State::Met {
                step_over(only, self.program);
            }
            return Ok((only.state == State::Ready).then_some(0));
        }
        meet(warp);
        if self.launch.seed != 0 {
            let ready: Vec<usize> =
                (0..warp.splits.len()).filter(|at| warp.splits[*at].state == State::Ready).collect();
            if ready.len() > 1 {
                return Ok(Some(ready[next_random(&mut self.block().random) as usize % ready.len()]));
            }
        }
        let turns = warp.turns;
        let key = |split: &Split| (split.turn, std::cmp::Reverse(split.base), split.pc);
        let ready = (0..warp.splits.len())
            .filter(|at| match warp.splits[*at].state {
                State::Ready => true,
                State::Met => turns >= warp.splits[*at].turn + PATIENCE,
                _ => false,
            })
            .min_by_key(|at| key(&warp.splits[*at]));
        let place = |split: &Split| (std::cmp::Reverse(split.base), split.pc);
        let met = || {
            (0..warp.splits.len())
                .filter(|at| warp.splits[*at].state == State::Met)
                .min_by_key(|at| place(&warp.splits[*at]))
        };
        let Some(chosen) = ready.or_else(met) else { return Ok(None) };
        if warp.splits[chosen].state == State::Met {
            self.leave_behind(warp, chosen)?;
            step_over(&mut warp.splits[chosen], self.program);
        }
        Ok(Some(chosen))
    }

    /// Lanes go on behind a meeting point: others of the warp that wait at an aligned barrier which these have passed by, and cannot reach any more, are there
    /// without them.
    fn leave_behind(&mut self, warp: &mut Warp, chosen: usize) -> Result<(), Stop> {
        let program = self.program;
        let Split { pc: meeting, base, .. } = warp.splits[chosen];
        let next = &program.ops[meeting as usize + 1];
        let leaves = matches!(next.kind, Kind::Return | Kind::Exit | Kind::End);
        // Lanes that end are not missed at barriers.
        if base == 0 && leaves && next.guard == PredicateRef::TRUE {
            return Ok(());
        }
        for index in 0..warp.splits.len() {
            let waiting = warp.splits[index];
            let State::Barrier(barrier) = waiting.state else { continue };
            let is_aligned = match program.ops[waiting.pc as usize].kind {
                Kind::Barrier(which) => program.barriers[which as usize].aligned,
                _ => false,
            };
            if !is_aligned || waiting.base != base {
                continue;
            }
            // Each barrier and meeting point is looked at once a warp.
            if warp.past.contains(&(waiting.pc, meeting)) {
                continue;
            }
            warp.past.push((waiting.pc, meeting));
            if program.leads_to(waiting.pc, meeting) && !program.leads_to(meeting, waiting.pc) {
                self.pc = waiting.pc;
                self.fault(waiting.lanes, FaultKind::BarrierDivergence { barrier, live: warp.live })?;
            }
        }
        Ok(())
    }
}

/// A split goes on behind its meeting point.
fn step_over(split: &mut Split, program: &Program) {
    debug_assert!(matches!(program.ops[split.pc as usize].kind, Kind::Meet), "lanes meet at meeting points");
    split.pc += 1;
    split.state = State::Ready;
}

/// Makes one split of those that have met at the same place.
fn meet(warp: &mut Warp) {
    let mut index = 0;
    while index < warp.splits.len() {
        let one = warp.splits[index];
        let same = (warp.splits[..index].iter()).position(|other| {
            one.state == State::Met && other.state == State::Met && other.pc == one.pc && other.base == one.base
        });
        match same {
            Some(at) => {
                warp.splits[at].lanes |= one.lanes;
                warp.splits[at].turn = warp.splits[at].turn.max(one.turn);
                warp.splits.swap_remove(index);
            }
            None => index += 1,
        }
    }
}
