//! Barriers of a block and of a cluster.

use super::access::lanes_of;
use super::frame::Frame;
use super::state::{Barrier, State, Warp};
use super::{Machine, Stop};
use crate::lanes::Row;
use crate::observe::{BarrierKind, FaultKind, Observer, Site, SyncEvent, WaitReason, Waiter};
use crate::program::{Kind, Op, VoteReduction};

/// Barriers a block has.
const BARRIERS: usize = 16;

impl<O: Observer> Machine<'_, O> {
    /// Arrives at a barrier. True when the split goes on at once.
    pub(super) fn arrive(&mut self, warp: &mut Warp, index: usize, op: &Op, lanes: u32) -> Result<bool, Stop> {
        if lanes == 0 {
            warp.splits[index].pc += 1;
            return Ok(true);
        }
        let barrier = match op.kind {
            Kind::ClusterArrive(semantics) => {
                self.sync(&SyncEvent::ClusterArrive { lanes, semantics });
                warp.cluster_arrived |= lanes;
                warp.splits[index].pc += 1;
                return Ok(true);
            }
            Kind::ClusterWait => {
                if lanes & !warp.cluster_passed == 0 {
                    self.sync(&SyncEvent::ClusterWait { lanes });
                    warp.cluster_passed &= !lanes;
                    warp.splits[index].pc += 1;
                    return Ok(true);
                }
                self.stay(warp, index, lanes, State::Cluster);
                return Ok(false);
            }
            Kind::Barrier(barrier) => &self.program.barriers[barrier as usize],
            _ => unreachable!("only barriers come here"),
        };
        let split = warp.splits[index];
        let frame = Frame::new(self.program, self.launch, warp, split.base);
        let first = lanes.trailing_zeros() as usize & 31;
        let numbers = frame.rows(barrier.number)[0];
        let number = numbers.0[first];
        let expected = frame.rows(barrier.count).first().map_or(0, |count| count.0[first]);
        let same = lanes_of(lanes).all(|lane| numbers.0[lane] == number);
        let wrong = match () {
            () if !same => Some("lanes of one warp name different barriers"),
            () if number as usize >= BARRIERS => Some("barrier numbers are 0 to 15"),
            () if expected % 32 != 0 => Some("the thread count is no multiple of the warp size"),
            () if expected > self.launch.threads().next_multiple_of(32) => {
                Some("the thread count is larger than the block")
            }
            () if barrier.kind != BarrierKind::Sync
                && barrier.kind != BarrierKind::Reduce
                && barrier.count.is_none() =>
            {
                Some("an arrival needs a thread count")
            }
            () => None,
        };
        if let Some(reason) = wrong {
            return self.fatal(lanes, FaultKind::BadBarrier { reason });
        }
        let predicate = frame.predicate(op.p) & lanes;
        let (kind, aligned) = (barrier.kind, barrier.aligned);
        let live = warp.live;
        self.sync(&SyncEvent::BarrierArrive { barrier: number as u8, kind, expected, aligned, lanes, live });
        let warps = self.launch.threads().div_ceil(32) as usize;
        let number = number as usize;
        let own = usize::from(self.warp);
        let state = {
            let block = self.block();
            if block.barriers.len() <= number {
                block.barriers.resize_with(number + 1, Barrier::default);
            }
            &mut block.barriers[number]
        };
        if state.arrived.len() < warps {
            state.arrived.resize(warps, 0);
            state.waiting.resize(warps, 0);
            state.predicate.resize(warps, 0);
        }
        let empty = state.arrived.iter().all(|arrived| *arrived == 0);
        if !empty && state.expected != expected {
            return self
                .fatal(lanes, FaultKind::BadBarrier { reason: "threads expect different counts at one barrier" });
        }
        state.expected = expected;
        state.arrived[own] |= lanes;
        state.predicate[own] |= predicate;
        if kind == BarrierKind::Arrive {
            warp.splits[index].pc += 1;
            // The warp's own lanes are not in the block while it runs, so completion is looked for when its turn ends.
            return Ok(true);
        }
        state.waiting[own] |= lanes;
        self.stay(warp, index, lanes, State::Barrier(number as u8));
        Ok(false)
    }

    /// Leaves lanes of a split at its operation in a state; lanes whose guard is off go on.
    pub(super) fn stay(&mut self, warp: &mut Warp, index: usize, lanes: u32, state: State) {
        let split = warp.splits[index];
        warp.splits[index].state = state;
        warp.splits[index].lanes = lanes;
        if split.lanes & !lanes != 0 {
            warp.splits.push(super::state::Split { pc: split.pc + 1, lanes: split.lanes & !lanes, ..split });
        }
    }

    /// Completes whatever barriers of the block and cluster can complete. True when some did.
    pub(super) fn complete_barriers(&mut self) -> Result<bool, Stop> {
        let mut any = false;
        for number in 0..self.group.blocks[self.block].barriers.len() {
            if self.is_complete(number) {
                self.complete(number)?;
                any = true;
            }
        }
        any |= self.complete_cluster();
        Ok(any)
    }

    fn is_complete(&self, number: usize) -> bool {
        let block = &self.group.blocks[self.block];
        let barrier = &block.barriers[number];
        if barrier.arrived.iter().all(|arrived| *arrived == 0) {
            return false;
        }
        let mut whole =
            block.warps.iter().zip(&barrier.arrived).map(|(warp, arrived)| (*arrived, warp.live & !arrived == 0));
        match barrier.expected {
            // Threads that have ended count as arrived.
            0 => whole.all(|(_, whole)| whole),
            expected => {
                let counted = whole.filter(|(arrived, whole)| *arrived != 0 && *whole).count() as u32 * 32;
                counted >= expected
            }
        }
    }

    fn complete(&mut self, number: usize) -> Result<(), Stop> {
        let index = self.block;
        let mut barrier = std::mem::take(&mut self.group.blocks[index].barriers[number]);
        if O::SYNC {
            let event = SyncEvent::BarrierComplete {
                barrier: number as u8,
                arrived: &barrier.arrived,
                waiting: &barrier.waiting,
            };
            self.sync(&event);
        }
        let popc =
            (barrier.predicate.iter().zip(&barrier.arrived)).map(|(yes, arrived)| (yes & arrived).count_ones()).sum();
        let all = barrier.predicate.iter().zip(&barrier.arrived).all(|(yes, arrived)| arrived & !yes == 0);
        for own in 0..self.group.blocks[index].warps.len() {
            let mut warp = std::mem::take(&mut self.group.blocks[index].warps[own]);
            self.warp = own as u16;
            let mut aligned_at = None;
            for at in 0..warp.splits.len() {
                let split = warp.splits[at];
                if split.state != State::Barrier(number as u8) {
                    continue;
                }
                let op = &self.program.ops[split.pc as usize];
                let Kind::Barrier(which) = op.kind else { unreachable!("only barriers are waited at") };
                let which = &self.program.barriers[which as usize];
                let mut frame = Frame::new(self.program, self.launch, &mut warp, split.base);
                match which.reduction {
                    VoteReduction::None => {}
                    VoteReduction::And => frame.set_predicate(op.q[0], if all { u32::MAX } else { 0 }, split.lanes),
                    VoteReduction::Or => frame.set_predicate(op.q[0], if popc > 0 { u32::MAX } else { 0 }, split.lanes),
                    VoteReduction::Popc => frame.put(op.d, &[Row::splat(popc)], split.lanes),
                }
                if which.aligned && aligned_at.replace(split.pc).is_some_and(|pc| pc != split.pc) {
                    self.pc = split.pc;
                    self.fault(split.lanes, FaultKind::BarrierDivergence { barrier: number as u8, live: warp.live })?;
                }
                warp.splits[at].pc += 1;
                warp.splits[at].state = State::Ready;
            }
            merge(&mut warp);
            self.group.blocks[index].warps[own] = warp;
        }
        barrier.arrived.fill(0);
        barrier.waiting.fill(0);
        barrier.predicate.fill(0);
        self.group.blocks[index].barriers[number] = barrier;
        Ok(())
    }

    fn complete_cluster(&mut self) -> bool {
        let blocks = &self.group.blocks;
        let waits = blocks.iter().any(|block| block.warps.iter().any(|warp| warp.lanes_in(State::Cluster) != 0));
        // A barrier completes when all threads that have not ended have arrived.
        let complete =
            (blocks.iter().flat_map(|block| &block.warps)).all(|warp| warp.live & !warp.cluster_arrived == 0);
        if !waits || !complete {
            return false;
        }
        if O::SYNC {
            let indices: Vec<u32> = blocks.iter().map(|block| block.index).collect();
            self.sync(&SyncEvent::ClusterComplete { blocks: &indices });
        }
        let own = (self.block, self.warp, self.pc);
        for block in 0..self.group.blocks.len() {
            for warp in 0..self.group.blocks[block].warps.len() {
                (self.block, self.warp) = (block, warp as u16);
                let lanes = self.group.blocks[block].warps[warp].lanes_in(State::Cluster);
                if lanes != 0 {
                    self.sync(&SyncEvent::ClusterWait { lanes });
                }
                let warp = &mut self.group.blocks[block].warps[warp];
                // Lanes that arrived and have not waited yet keep what completed: their wait is answered at once.
                warp.cluster_passed |= warp.cluster_arrived & !lanes;
                warp.cluster_arrived = 0;
                for split in warp.splits.iter_mut().filter(|split| split.state == State::Cluster) {
                    split.pc += 1;
                    split.state = State::Ready;
                }
                merge(warp);
            }
        }
        (self.block, self.warp, self.pc) = own;
        true
    }

    /// Every split that waits, for a deadlock report.
    pub(super) fn waiters(&mut self) -> Vec<Waiter> {
        let mut waiting = Vec::new();
        let threads = self.launch.threads();
        for block in &self.group.blocks {
            for (index, warp) in block.warps.iter().enumerate() {
                for split in &warp.splits {
                    let reason = match split.state {
                        State::Ready | State::Met => continue,
                        State::Barrier(barrier) => {
                            let state = &block.barriers[usize::from(barrier)];
                            let expected = if state.expected == 0 { threads } else { state.expected };
                            let arrived = state.arrived.iter().map(|arrived| arrived.count_ones()).sum();
                            WaitReason::Barrier { barrier, arrived, expected }
                        }
                        State::Members(mask) => {
                            let there = warp.lanes_in(split.state);
                            WaitReason::WarpSync { mask, missing: mask & warp.live & !there }
                        }
                        State::Cluster => {
                            let arrived = (self.group.blocks.iter().flat_map(|block| &block.warps))
                                .map(|warp| warp.cluster_arrived.count_ones())
                                .sum();
                            WaitReason::Cluster { arrived, expected: threads * self.group.blocks.len() as u32 }
                        }
                    };
                    let op = &self.program.ops[split.pc as usize];
                    let site = Site {
                        block: block.index,
                        warp: index as u16,
                        function: self.program.function_of(split.pc),
                        pc: op.instruction,
                        step: block.steps,
                    };
                    waiting.push(Waiter { site, lanes: split.lanes, reason });
                }
            }
        }
        waiting
    }
}

/// Makes one split of ready splits at the same place.
pub(super) fn merge(warp: &mut Warp) {
    let mut index = 0;
    while index < warp.splits.len() {
        let one = warp.splits[index];
        let same = warp.splits[..index].iter().position(|other| {
            other.pc == one.pc && other.base == one.base && other.state == one.state && one.state == State::Ready
        });
        match same {
            Some(at) => {
                warp.splits[at].lanes |= one.lanes;
                warp.splits.swap_remove(index);
            }
            None => index += 1,
        }
    }
}
