//! mbarrier objects: barriers in shared memory with phases, counts and bytes of asynchronous copies (PTX ISA, "mbarrier").
//!
//! The object's eight bytes hold its state in a form of our own, as the hardware's are opaque; what counts is kept beside the block.

use super::access::{Failed, lanes_of};
use super::frame::Frame;
use super::state::{MbarrierState, Warp};
use super::{Machine, Stop};
use crate::lanes::{self, Row};
use crate::observe::{AccessKind, FaultKind, Observer, SHARED_RANK_SHIFT, Space, SyncEvent, shared_offset};
use crate::program::{Mbarrier, Op};

/// Counts are 20 bits wide (PTX ISA).
const COUNT_MAX: u32 = (1 << 20) - 1;

impl<O: Observer> Machine<'_, O> {
    #[allow(clippy::too_many_arguments, reason = "the parts of one operation")]
    pub(super) fn mbarrier(
        &mut self,
        warp: &mut Warp,
        frame: &mut Frame,
        op: &Op,
        memory: u32,
        what: Mbarrier,
        lanes: u32,
        steps: &mut u32,
    ) -> Result<(), Stop> {
        let operand = frame.rows(op.b).to_vec();
        let value = |lane: usize| match operand.len() {
            0 => None,
            1 => Some(u64::from(operand[0].0[lane])),
            _ => Some(lanes::wide(&operand)[lane]),
        };
        if what == Mbarrier::PendingCount {
            let counts: [u32; 32] = std::array::from_fn(|lane| (value(lane).unwrap_or(0) >> 32) as u32 & COUNT_MAX);
            frame.put(op.d, &[Row(counts)], lanes);
            return Ok(());
        }
        let access = &self.program.memory_ops[memory as usize];
        let addresses = self.checked(warp, frame, memory, lanes)?;
        let (semantics, scope) = (access.semantics, access.scope);
        let mut phases = Row::ZERO;
        let mut tokens = [0u64; 32];
        let mut found = 0;
        for lane in lanes_of(lanes) {
            let address = addresses[lane];
            if what == Mbarrier::Init {
                let count = value(lane).unwrap_or(0) as u32;
                if count == 0 || count > COUNT_MAX {
                    return self
                        .fatal(1 << lane, FaultKind::BadMbarrier { address, reason: "the count is not 1 to 1048575" });
                }
                let state = MbarrierState { expected: count, pending: count, transactions: 0, phase: 0 };
                self.put_mbarrier(warp, address, Some(state));
                continue;
            }
            let Some(mut state) = self.get_mbarrier(address) else {
                return self.fatal(1 << lane, FaultKind::BadMbarrier { address, reason: "it is not initialised" });
            };
            phases.0[lane] = state.phase;
            tokens[lane] = token(&state);
            let count = value(lane).map_or(1, |count| count as u32);
            match what {
                Mbarrier::Invalidate => {
                    self.put_mbarrier(warp, address, None);
                    continue;
                }
                Mbarrier::ExpectTx => state.transactions += value(lane).unwrap_or(0) as u32 as i64,
                Mbarrier::CompleteTx => state.transactions -= value(lane).unwrap_or(0) as u32 as i64,
                Mbarrier::Arrive | Mbarrier::ArriveNoComplete | Mbarrier::ArriveDrop => {
                    if count > state.pending || count == 0 {
                        let reason = "more arrivals than the phase expects";
                        self.fault(1 << lane, FaultKind::BadMbarrier { address, reason })?;
                        continue;
                    }
                    if what == Mbarrier::ArriveNoComplete && count == state.pending {
                        let reason = "arrive.noComplete completes the phase";
                        self.fault(1 << lane, FaultKind::BadMbarrier { address, reason })?;
                    }
                    state.pending -= count;
                    if what == Mbarrier::ArriveDrop {
                        state.expected -= count.min(state.expected);
                    }
                }
                Mbarrier::ArriveExpectTx | Mbarrier::ArriveDropExpectTx => {
                    state.transactions += i64::from(count);
                    if state.pending == 0 {
                        let reason = "more arrivals than the phase expects";
                        self.fault(1 << lane, FaultKind::BadMbarrier { address, reason })?;
                        continue;
                    }
                    state.pending -= 1;
                    if what == Mbarrier::ArriveDropExpectTx {
                        state.expected -= 1.min(state.expected);
                    }
                }
                Mbarrier::TestWait(_) | Mbarrier::TestWaitParity(_) => {
                    let waited = match what {
                        // The token's phase: the wait is for that phase to complete.
                        Mbarrier::TestWait(_) => value(lane).unwrap_or(0) as u32 & 0xffff_ffff,
                        _ if state.phase & 1 == value(lane).unwrap_or(0) as u32 & 1 => state.phase,
                        _ => state.phase.wrapping_sub(1),
                    };
                    phases.0[lane] = waited;
                    found |= u32::from(waited != state.phase) << lane;
                    continue;
                }
                Mbarrier::Init | Mbarrier::PendingCount => {}
            }
            self.settle_mbarrier(warp, address, state, 1 << lane);
        }
        if O::SYNC {
            let counts = Row(std::array::from_fn(|lane| value(lane).unwrap_or(1) as u32));
            match what {
                Mbarrier::Init => self.sync(&SyncEvent::MbarrierInit { lanes, addresses: &addresses, counts: &counts }),
                Mbarrier::Invalidate => self.sync(&SyncEvent::MbarrierInvalidate { lanes, addresses: &addresses }),
                Mbarrier::TestWait(_) | Mbarrier::TestWaitParity(_) if found & lanes != 0 => {
                    let lanes = found & lanes;
                    self.sync(&SyncEvent::MbarrierWait {
                        lanes,
                        addresses: &addresses,
                        phases: &phases,
                        semantics,
                        scope,
                    });
                }
                _ => {}
            }
        }
        match what {
            Mbarrier::TestWait(_) | Mbarrier::TestWaitParity(_) => {
                frame.set_predicate(op.q[0], found, lanes);
                if found & lanes != lanes {
                    // It is not complete: the others should have their turn.
                    *steps = 0;
                }
            }
            _ if op.d.count() == 2 => frame.put(op.d, &bytemuck::cast::<_, [Row; 2]>(tokens), lanes),
            _ => {}
        }
        Ok(())
    }

    /// The addresses of mbarrier objects, after bounds and alignment.
    fn checked(&mut self, warp: &mut Warp, frame: &Frame, memory: u32, lanes: u32) -> Result<[u64; 32], Stop> {
        let access = &self.program.memory_ops[memory as usize];
        let mut addresses = self.addresses(frame, access);
        let (space, now) = self.resolve(access.space, &mut addresses, lanes);
        let mut failed = Failed::default();
        for lane in lanes_of(lanes) {
            let mut bytes = [0; 8];
            if addresses[lane] & 7 != 0 {
                failed.note(lane, addresses[lane], None);
            } else if space != Space::Shared || now != lanes {
                failed.note(lane, addresses[lane], Some(crate::memory::Miss::Unmapped));
            } else if let Err(miss) = self.read_lane(warp, space, lane, addresses[lane], &mut bytes) {
                failed.note(lane, addresses[lane], Some(miss));
            }
        }
        self.failed(failed, space, AccessKind::Atomic, 8)?;
        Ok(addresses)
    }

    fn get_mbarrier(&self, address: u64) -> Option<MbarrierState> {
        let block = self.shared_block(address).ok()?;
        self.group.blocks[block].mbarriers.get(&shared_offset(address)).copied()
    }

    fn put_mbarrier(&mut self, warp: &mut Warp, address: u64, state: Option<MbarrierState>) {
        let Ok(block) = self.shared_block(address) else { return };
        let bytes = state.as_ref().map_or(0, token).to_le_bytes();
        let mbarriers = &mut self.group.blocks[block].mbarriers;
        match state {
            Some(state) => mbarriers.insert(shared_offset(address), state),
            None => mbarriers.remove(&shared_offset(address)),
        };
        // The place was checked; what stands there is only for those who look.
        let _ = self.write_lane(warp, Space::Shared, 0, address, &bytes);
    }

    /// Stores a state after an arrival or a completed copy; a phase that has nothing pending completes.
    fn settle_mbarrier(&mut self, warp: &mut Warp, address: u64, mut state: MbarrierState, lanes: u32) {
        if O::SYNC {
            let access = &self.program.ops[self.pc as usize];
            let (semantics, scope) = match access.kind {
                crate::program::Kind::Mbarrier(memory, _) | crate::program::Kind::CopyArrive(memory, _) => {
                    let memory = &self.program.memory_ops[memory as usize];
                    (memory.semantics, memory.scope)
                }
                _ => (crate::observe::Semantics::Release, crate::observe::Scope::Block),
            };
            let copies = matches!(access.kind, crate::program::Kind::CopyArrive(..));
            let (addresses, phases) = ([address; 32], Row::splat(state.phase));
            self.sync(&SyncEvent::MbarrierArrive {
                lanes,
                addresses: &addresses,
                phases: &phases,
                semantics,
                scope,
                copies,
            });
        }
        if state.pending == 0 && state.transactions == 0 {
            let owner = self.shared_block(address).map_or(0, |block| self.group.blocks[block].rank);
            let full = (u64::from(owner) + 1) << SHARED_RANK_SHIFT | u64::from(shared_offset(address));
            let own = self.group.blocks[self.block].rank == owner;
            self.sync(&SyncEvent::MbarrierComplete {
                address: if own { u64::from(shared_offset(address)) } else { full },
                phase: state.phase,
            });
            state.phase = state.phase.wrapping_add(1);
            state.pending = state.expected;
        }
        self.put_mbarrier(warp, address, Some(state));
    }

    /// `cp.async.mbarrier.arrive`: the arrival happens when the thread's earlier copies are done, which is now.
    pub(super) fn copy_arrive(
        &mut self,
        warp: &mut Warp,
        frame: &mut Frame,
        memory: u32,
        noinc: bool,
        lanes: u32,
    ) -> Result<(), Stop> {
        let addresses = self.checked(warp, frame, memory, lanes)?;
        self.finish_copies(warp, |copy, _| lanes >> copy.lane & 1 != 0);
        for lane in lanes_of(lanes) {
            let address = addresses[lane];
            let Some(mut state) = self.get_mbarrier(address) else {
                return self.fatal(1 << lane, FaultKind::BadMbarrier { address, reason: "it is not initialised" });
            };
            // Without `.noinc` the pending count is raised first, so that the arrival leaves it as it was.
            if noinc {
                if state.pending == 0 {
                    let reason = "more arrivals than the phase expects";
                    self.fault(1 << lane, FaultKind::BadMbarrier { address, reason })?;
                    continue;
                }
                state.pending -= 1;
            }
            self.settle_mbarrier(warp, address, state, 1 << lane);
        }
        Ok(())
    }
}

/// What the object's bytes hold, and what an arrival gives: phase, arrivals pending.
fn token(state: &MbarrierState) -> u64 {
    u64::from(state.phase) | u64::from(state.pending) << 32
}
