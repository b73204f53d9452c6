//! The loop that executes operations of one split.

use super::frame::Frame;
use super::state::{Split, State, Warp};
use super::{Machine, Stop};
use crate::lanes::{self, Row, Tested};
use crate::memory::{Window, window_of};
use crate::observe::{FaultKind, Observer, RegisterUse, Site, SyncEvent};
use crate::program::{AddressSpace, Clock, FRAME_LOCAL_END, Kind, Op};

/// Why a split gives up its turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pause {
    /// Its steps are used up.
    Quantum,
    /// It parted, met others, waits, or is gone: the warp chooses anew.
    Choose,
    /// A stepping observer asked for it.
    Asked,
}

impl<O: Observer> Machine<'_, O> {
    #[allow(unused_assignments, reason = "the count is brought up to date also where the turn ends")]
    /// Runs the split `index` of a warp for at most `steps` warp instructions, which it counts down.
    pub(super) fn run_split(&mut self, warp: &mut Warp, index: usize, steps: &mut u32) -> Result<Pause, Stop> {
        let program = self.program;
        let mut split = warp.splits[index];
        let mut frame = Frame::new(program, self.launch, warp, split.base);
        let start = *steps;
        let mut counted = *steps;
        // Steps are counted in a register and brought up to date where somebody looks.
        macro_rules! settle {
            () => {{
                let done = u64::from(counted - *steps);
                counted = *steps;
                self.group.blocks[self.block].steps += done;
                self.steps_left = self.steps_left.saturating_sub(done);
                self.pc = split.pc;
            }};
        }
        macro_rules! leave {
            ($pause:expr) => {{
                settle!();
                warp.splits[index] = split;
                return Ok($pause);
            }};
        }
        debug_assert!(start > 0, "a turn has steps");
        let registers = O::REGISTERS && self.observer.watches_registers();
        loop {
            let op = &program.ops[split.pc as usize];
            let lanes = split.lanes & frame.predicate(op.guard);
            if op.first {
                if *steps == 0 {
                    leave!(Pause::Quantum);
                }
                if O::STOPS || O::STEPS {
                    settle!();
                    if O::STOPS && self.observer.stops_before(self.site(), lanes) {
                        leave!(Pause::Asked);
                    }
                    if O::STEPS {
                        let site = self.site();
                        self.observer.step(site, lanes, split.lanes);
                    }
                }
                if O::REGISTERS && registers {
                    settle!();
                    self.watch_registers(warp, lanes, &split);
                }
                *steps -= 1;
            }
            let all = lanes | !warp.live == u32::MAX;
            match op.kind {
                Kind::Value(run) => {
                    frame
                        .write(op, lanes, all, |frame, d| run(d, frame.rows(op.a), frame.rows(op.b), frame.rows(op.c)));
                }
                Kind::Described(described) => {
                    let described = &program.described[described as usize];
                    frame.write(op, lanes, all, |frame, d| {
                        described.run(d, frame.rows(op.a), frame.rows(op.b), frame.rows(op.c))
                    });
                }
                Kind::Video(video) => {
                    let (video, selectors) = &program.videos[video as usize];
                    frame.write(op, lanes, all, |frame, d| {
                        video.run(d, frame.rows(op.a), frame.rows(op.b), frame.rows(op.c), selectors)
                    });
                }
                Kind::Value4(run) => {
                    frame.write(op, lanes, all, |frame, d| {
                        run(d, frame.rows(op.a), frame.rows(op.b), frame.rows(op.c), frame.rows(op.e));
                    });
                }
                Kind::Move => {
                    let from = frame.rows(op.a);
                    if all && op.apart {
                        frame.rows_mut(op.d).copy_from_slice(from);
                    } else if lanes != 0 {
                        let mut copy = [Row::ZERO; 8];
                        copy[..from.len()].copy_from_slice(from);
                        frame.put(op.d, &copy[..from.len()], lanes);
                    }
                }
                Kind::Test(test, combine) => {
                    let found = test(frame.rows(op.a), frame.rows(op.b));
                    let p = frame.predicate(op.p);
                    frame.set_predicate(op.q[0], combine.apply(found.p, p), lanes);
                    frame.set_predicate(op.q[1], combine.apply(found.q, p), lanes);
                }
                Kind::Select(run) => {
                    let p = frame.predicate(op.p);
                    frame.write(op, lanes, all, |frame, d| run(d, frame.rows(op.a), frame.rows(op.b), p));
                }
                Kind::Load(memory) => {
                    if lanes != 0 {
                        settle!();
                        self.load(warp, &mut frame, &program.memory_ops[memory as usize], lanes, all, steps)?;
                        // A turn that is cut short has not executed what it gives up.
                        counted = *steps;
                    }
                }
                Kind::Store(memory) => {
                    if lanes != 0 {
                        settle!();
                        self.store(warp, &frame, &program.memory_ops[memory as usize], lanes, all)?;
                    }
                }
                Kind::Branch(target) => {
                    if O::STEPS && op.guard != crate::program::PredicateRef::TRUE {
                        settle!();
                        self.watch_branch(split.lanes, lanes);
                    }
                    if lanes == split.lanes {
                        split.pc = target;
                        continue;
                    }
                    if lanes != 0 {
                        settle!();
                        let other = Split { pc: split.pc + 1, lanes: split.lanes & !lanes, ..split };
                        split.lanes = lanes;
                        split.pc = target;
                        warp.splits[index] = split;
                        warp.splits.push(other);
                        return Ok(Pause::Choose);
                    }
                }
                Kind::Meet => {
                    if warp.splits.len() > 1 {
                        settle!();
                        split.state = State::Met;
                        split.turn = warp.turns;
                        leave!(Pause::Choose);
                    }
                }
                Kind::CheckDivisor => {
                    let there = match frame.rows(op.a) {
                        [row] => lanes::nonzero(row),
                        rows => {
                            let values = lanes::wide(rows).iter().enumerate();
                            values.fold(0, |mask, (lane, value)| mask | u32::from(*value != 0) << lane)
                        }
                    };
                    if lanes & !there != 0 {
                        settle!();
                        self.fault(lanes & !there, FaultKind::DivisionByZero)?;
                    }
                }
                Kind::Logic(run) => {
                    let value = run(frame.predicate(op.p), frame.predicate(op.r));
                    frame.set_predicate(op.q[0], value, lanes);
                }
                Kind::Widen => {
                    let from = frame.rows(op.a)[0];
                    let wide: [u64; 32] = from.0.map(u64::from);
                    frame.put(op.d, &bytemuck::cast::<_, [Row; 2]>(wide), lanes);
                }
                Kind::Narrow => {
                    let narrow = lanes::wide(frame.rows(op.a)).map(|value| value as u32);
                    frame.put(op.d, &[Row(narrow)], lanes);
                }
                Kind::Extend(from, signed, to) => {
                    let mut rows = [Row::ZERO; 2];
                    rows[0] = frame.rows(op.a)[0];
                    lanes::widen(&mut rows, u32::from(from), signed, u32::from(to.max(16)));
                    frame.put(op.d, &rows[..op.d.count()], lanes);
                }
                Kind::Set(test, combine, fill) => {
                    let found = test(frame.rows(op.a), frame.rows(op.b));
                    let p = frame.predicate(op.p);
                    let found = Tested { p: combine.apply(found.p, p), q: combine.apply(found.q, p) };
                    frame.write(op, lanes, all, |_, d| fill(d, found));
                }
                Kind::Carry(run, reads, writes) => {
                    let carry_in = if reads { warp.carry } else { 0 };
                    let mut carry = 0;
                    frame.write(op, lanes, all, |frame, d| {
                        carry = run(d, frame.rows(op.a), frame.rows(op.b), frame.rows(op.c), carry_in);
                    });
                    if writes {
                        warp.carry = warp.carry & !lanes | carry & lanes;
                    }
                }
                Kind::ValueTest(run, combine) => {
                    let mut found = 0;
                    frame.write(op, lanes, all, |frame, d| {
                        run(d, frame.rows(op.a), frame.rows(op.b), frame.rows(op.c), frame.rows(op.e));
                        found = d.first().map_or(0, lanes::nonzero);
                    });
                    let value = combine.apply(found, frame.predicate(op.p));
                    frame.set_predicate(op.q[0], value, lanes);
                }
                Kind::Vector(vector) => self.vector(&mut frame, vector, lanes),
                Kind::FrameAddress(offset) => {
                    let base = frame.rows(op.a)[0];
                    let address = base.0.map(|base| u64::from(base.wrapping_add(offset)));
                    match op.d.count() {
                        1 => frame.put(op.d, &[Row(address.map(|address| address as u32))], lanes),
                        _ => frame.put(op.d, &bytemuck::cast::<_, [Row; 2]>(address), lanes),
                    }
                }
                Kind::Clock(clock) => {
                    settle!();
                    let now = self.group.blocks[self.block].steps;
                    let now = if clock == Clock::High { now >> 32 } else { now };
                    match op.d.count() {
                        1 => frame.put(op.d, &[Row::splat(now as u32)], lanes),
                        _ => frame.put(op.d, &Row::splat64(now), lanes),
                    }
                }
                Kind::Atomic(memory) => {
                    if lanes != 0 {
                        settle!();
                        self.atomic(warp, &mut frame, op, &program.memory_ops[memory as usize], lanes, steps)?;
                        counted = *steps;
                    }
                }
                Kind::Nothing => {}
                Kind::Sleep => {
                    settle!();
                    *steps = 0;
                    counted = 0;
                }
                Kind::ActiveMask => frame.put(op.d, &[Row::splat(lanes)], lanes),
                Kind::IsSpace(space) => {
                    let found = self.is_space(lanes::wide(frame.rows(op.a)), space);
                    frame.set_predicate(op.q[0], found, lanes);
                }
                Kind::Fence(semantics, scope) => {
                    settle!();
                    self.sync(&SyncEvent::Fence { lanes, semantics, scope });
                }
                Kind::ProxyFence(proxy) => {
                    settle!();
                    self.sync(&SyncEvent::ProxyFence { lanes, proxy });
                }
                Kind::BranchIndexed(_) | Kind::Call(_) | Kind::AfterCall(_) | Kind::Return | Kind::End | Kind::Exit => {
                    settle!();
                    warp.splits[index] = split;
                    if self.control(warp, index, op, lanes)? {
                        split = warp.splits[index];
                        frame = Frame::new(program, self.launch, warp, split.base);
                        continue;
                    }
                    return Ok(Pause::Choose);
                }
                Kind::Barrier(_) | Kind::ClusterWait | Kind::ClusterArrive(_) => {
                    settle!();
                    warp.splits[index] = split;
                    if self.arrive(warp, index, op, lanes)? {
                        split = warp.splits[index];
                        continue;
                    }
                    return Ok(Pause::Choose);
                }
                Kind::WarpBarrier
                | Kind::Shuffle(_)
                | Kind::Vote(_)
                | Kind::Match(_)
                | Kind::Redux(_)
                | Kind::Elect
                | Kind::Matrix(_) => {
                    if lanes != 0 {
                        settle!();
                        warp.splits[index] = split;
                        if self.together(warp, index, op, lanes)? {
                            split = warp.splits[index];
                            continue;
                        }
                        return Ok(Pause::Choose);
                    }
                }
                Kind::Trap | Kind::Breakpoint if lanes != 0 => {
                    settle!();
                    return self.fatal(lanes, FaultKind::Trap);
                }
                Kind::Refused(what) if lanes != 0 => {
                    settle!();
                    let what = program.refused[what as usize].clone();
                    return self.fatal(lanes, FaultKind::Unsupported { what });
                }
                Kind::Trap | Kind::Breakpoint | Kind::Refused(_) => {}
                _ => {
                    if lanes != 0 {
                        settle!();
                        self.rare(warp, &mut frame, op, lanes, steps)?;
                        counted = *steps;
                    }
                }
            }
            split.pc += 1;
        }
    }

    /// Operations that are neither frequent nor change control.
    #[cold]
    fn rare(&mut self, warp: &mut Warp, frame: &mut Frame, op: &Op, lanes: u32, steps: &mut u32) -> Result<(), Stop> {
        match op.kind {
            Kind::CopyAsync(memory) => self.copy_async(warp, frame, op, memory, lanes),
            Kind::CopyCommit => {
                self.sync(&SyncEvent::CopyCommit { lanes });
                (0..32).filter(|lane| lanes >> lane & 1 != 0).for_each(|lane| warp.groups[lane] += 1);
                Ok(())
            }
            Kind::CopyWait(pending) => self.copy_wait(warp, lanes, pending),
            Kind::CopyArrive(memory, noinc) => self.copy_arrive(warp, frame, memory, noinc, lanes),
            Kind::Mbarrier(memory, what) => self.mbarrier(warp, frame, op, memory, what, lanes, steps),
            Kind::MapShared(generic) => {
                self.map_shared(frame, op, generic, lanes);
                Ok(())
            }
            Kind::SharedRank(generic) => {
                self.shared_rank(frame, op, generic, lanes);
                Ok(())
            }
            Kind::Alloca(align) => self.alloca(warp, frame, op, align, lanes),
            Kind::StackSave => {
                let end = frame.rows(crate::program::Rows::new(crate::program::Operand::Frame, FRAME_LOCAL_END, 1))[0];
                match op.d.count() {
                    1 => frame.put(op.d, &[end], lanes),
                    _ => frame.put(op.d, &bytemuck::cast::<_, [Row; 2]>(end.0.map(u64::from)), lanes),
                }
                Ok(())
            }
            Kind::StackRestore => {
                let saved = frame.rows(op.a);
                let saved = if saved.len() == 1 { saved[0] } else { Row(lanes::wide(saved).map(|value| value as u32)) };
                let end = crate::program::Rows::new(crate::program::Operand::Frame, FRAME_LOCAL_END, 1);
                frame.put(end, &[saved], lanes);
                Ok(())
            }
            _ => unreachable!("every other operation is in the loop"),
        }
    }

    /// Tells the observer of the registers of the operation at hand.
    fn watch_registers(&mut self, warp: &Warp, active: u32, split: &Split) {
        let program = self.program;
        let Some(&(first, reads, writes)) = program.uses.get(self.pc as usize) else { return };
        let slots = &program.use_slots[first as usize..];
        let (reads, slots) = slots.split_at(usize::from(reads));
        let writes = &slots[..usize::from(writes)];
        let block = &self.group.blocks[self.block];
        let pc = program.ops[self.pc as usize].instruction;
        let site = Site { block: block.index, warp: self.warp, function: 0, pc, step: block.steps };
        let frame = split.base;
        let used = RegisterUse { frame, reads, writes, active, issued: split.lanes, file: &warp.rows };
        self.observer.registers(site, &used);
    }

    fn watch_branch(&mut self, active: u32, taken: u32) {
        let site = self.site();
        self.observer.branch(site, active, taken);
    }

    /// A value of vectors of registers: gathered, computed, scattered.
    fn vector(&mut self, frame: &mut Frame, vector: u32, lanes: u32) {
        let vector = &self.program.vectors[vector as usize];
        let mut sources = [[Row::ZERO; 8]; 3];
        let mut counts = [0; 3];
        for (index, parts) in vector.sources.iter().enumerate() {
            for part in parts {
                for row in frame.rows(*part) {
                    if counts[index] < 8 {
                        sources[index][counts[index]] = *row;
                        counts[index] += 1;
                    }
                }
            }
        }
        let mut result = [Row::ZERO; 16];
        let total: usize = vector.d.iter().map(|part| part.count()).sum();
        (vector.run)(
            &mut result[..total.min(16)],
            &sources[0][..counts[0]],
            &sources[1][..counts[1]],
            &sources[2][..counts[2]],
        );
        let mut at = 0;
        for part in &vector.d {
            frame.put(*part, &result[at..at + part.count()], lanes);
            at += part.count();
        }
    }

    fn is_space(&mut self, addresses: &[u64; 32], space: AddressSpace) -> u32 {
        let rank = u64::from(self.group.blocks[self.block].rank);
        let mut found = 0;
        for (lane, address) in addresses.iter().enumerate() {
            let is = match (space, window_of(*address)) {
                (AddressSpace::Shared, Window::Shared) => {
                    let named = (address & 0xffff_ffff) >> crate::observe::SHARED_RANK_SHIFT;
                    named == 0 || named == rank + 1
                }
                (AddressSpace::SharedCluster, Window::Shared) => true,
                (AddressSpace::Local, Window::Local) | (AddressSpace::Param, Window::Param) => true,
                (AddressSpace::Const, Window::Global) => self.memory.is_constant(*address),
                (AddressSpace::Global, Window::Global) => !self.memory.is_constant(*address),
                _ => false,
            };
            found |= u32::from(is) << lane;
        }
        found
    }
}
