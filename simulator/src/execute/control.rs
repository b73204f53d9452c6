//! Branches by table, calls, returns and exits; parting and meeting of lanes.

use super::access::lanes_of;
use super::frame::Frame;
use super::state::{Split, State, Warp};
use super::{Machine, Stop};
use crate::lanes::{self, Row};
use crate::memory::FUNCTION_WINDOW;
use crate::observe::{FaultKind, Observer, SyncEvent};
use crate::program::{
    CallSite, FRAME_CALLER, FRAME_LOCAL, FRAME_LOCAL_END, FRAME_RETURN, Kind, NO_CALLER, Op, Passing,
};

/// Rows a warp's register file may have: 64 MiB.
const FILE_ROWS_MAX: usize = 1 << 19;

impl<O: Observer> Machine<'_, O> {
    /// Executes an operation that moves lanes. True when the split `index` goes on with all its lanes at its new place.
    pub(super) fn control(&mut self, warp: &mut Warp, index: usize, op: &Op, lanes: u32) -> Result<bool, Stop> {
        let split = warp.splits[index];
        match op.kind {
            Kind::Exit => {
                self.exit(warp, index, lanes);
                Ok(false)
            }
            Kind::Return | Kind::End => {
                if lanes == 0 {
                    warp.splits[index].pc += 1;
                    return Ok(true);
                }
                self.leave(warp, index, lanes)
            }
            Kind::BranchIndexed(table) => {
                let table = &self.program.branch_tables[table as usize];
                let frame = Frame::new(self.program, self.launch, warp, split.base);
                let targets = frame.rows(op.a)[0];
                if let Some(lane) = lanes_of(lanes).find(|lane| targets.0[*lane] as usize >= table.len()) {
                    return self.fatal(1 << lane, FaultKind::BadTarget { target: u64::from(targets.0[lane]) });
                }
                if O::STEPS {
                    let site = self.site();
                    let first = targets.0[lanes.trailing_zeros() as usize & 31];
                    let taken =
                        lanes_of(lanes).filter(|lane| targets.0[*lane] == first).fold(0, |mask, lane| mask | 1 << lane);
                    self.observer.branch(site, lanes, taken);
                }
                Ok(part(warp, index, lanes, |lane| (table[targets.0[lane] as usize], split.base)))
            }
            Kind::Call(site) => self.call(warp, index, op, &self.program.calls[site as usize], lanes),
            Kind::AfterCall(site) => {
                let site = &self.program.calls[site as usize];
                if site.builtin.is_none() && lanes != 0 {
                    let frame = Frame::new(self.program, self.launch, warp, split.base);
                    let base = callee_base(&header(&frame, FRAME_LOCAL_END));
                    for passing in &site.returns {
                        pass(warp, split.base, self, passing, &base, lanes, false);
                    }
                }
                warp.splits[index].pc += 1;
                Ok(true)
            }
            _ => unreachable!("only operations that move lanes come here"),
        }
    }

    /// Ends lanes of a split; what is left of it goes on behind the operation.
    fn exit(&mut self, warp: &mut Warp, index: usize, lanes: u32) {
        if lanes == 0 {
            warp.splits[index].pc += 1;
            return;
        }
        self.sync(&SyncEvent::Exit { lanes });
        warp.live &= !lanes;
        warp.splits[index].lanes &= !lanes;
        warp.splits[index].pc += 1;
        if warp.splits[index].lanes == 0 {
            warp.splits.swap_remove(index);
        }
    }

    /// Returns from a function: each lane to where it was called from.
    fn leave(&mut self, warp: &mut Warp, index: usize, lanes: u32) -> Result<bool, Stop> {
        let split = warp.splits[index];
        let frame = Frame::new(self.program, self.launch, warp, split.base);
        let (to, caller) = (header(&frame, FRAME_RETURN), header(&frame, FRAME_CALLER));
        if split.base == 0 {
            self.exit(warp, index, lanes);
            return Ok(false);
        }
        debug_assert!(lanes_of(lanes).all(|lane| to.0[lane] != NO_CALLER), "a called function knows its caller");
        Ok(part(warp, index, lanes, |lane| (to.0[lane], caller.0[lane])))
    }

    fn call(&mut self, warp: &mut Warp, index: usize, op: &Op, site: &CallSite, lanes: u32) -> Result<bool, Stop> {
        if lanes == 0 {
            warp.splits[index].pc += 1;
            return Ok(true);
        }
        let split = warp.splits[index];
        if let Some(builtin) = site.builtin {
            self.builtin(warp, split.base, builtin, site, lanes)?;
            warp.splits[index].pc += 1;
            return Ok(true);
        }
        let (mut lanes, mut function) = (lanes, site.target);
        if function.is_none() {
            let frame = Frame::new(self.program, self.launch, warp, split.base);
            let target = *lanes::wide(frame.rows(op.a));
            let first = target[lanes.trailing_zeros() as usize & 31];
            let index = first.wrapping_sub(FUNCTION_WINDOW) / 16;
            let known = usize::try_from(index).ok().and_then(|index| self.program.functions.get(index));
            if first < FUNCTION_WINDOW || !known.is_some_and(|known| known.is_defined && !known.is_entry) {
                return self.fatal(lanes, FaultKind::BadTarget { target: first });
            }
            function = Some(index as u32);
            lanes = lanes_of(lanes).filter(|lane| target[*lane] == first).fold(0, |mask, lane| mask | 1 << lane);
        }
        let Some(function) = function else { return self.fatal(lanes, FaultKind::BadTarget { target: 0 }) };
        let guarded_off = split.lanes & !lanes;
        let base = self.place_frame(warp, index, function, site);
        self.enter(warp, split, base, function, site, lanes)?;
        let callee = &self.program.functions[function as usize];
        if guarded_off == 0 {
            let split = &mut warp.splits[index];
            (split.pc, split.base) = (callee.first_op, base);
            return Ok(true);
        }
        // Lanes whose guard is off go on behind the call; lanes with another target stay at it.
        let frame = Frame::new(self.program, self.launch, warp, split.base);
        let on = split.lanes & frame.predicate(op.guard);
        let (behind, elsewhere) = (split.lanes & !on, on & !lanes);
        warp.splits[index] = Split { pc: callee.first_op, base, lanes, ..split };
        if behind != 0 {
            warp.splits.push(Split { pc: split.pc + 2, lanes: behind, ..split });
        }
        if elsewhere != 0 {
            warp.splits.push(Split { lanes: elsewhere, ..split });
        }
        Ok(false)
    }

    /// The first row of the frame of a function that a split calls: behind the caller's, where the other splits allow it.
    ///
    /// Lanes share rows, and where in them a lane's value lies depends on the register's width: rows that one split uses as the frame of one function
    /// must not be another's frame of another. Lanes that come into the same function share its frame where they can, so that they can meet there.
    fn place_frame(&self, warp: &Warp, index: usize, function: u32, site: &CallSite) -> u32 {
        let natural = warp.splits[index].base + site.frame_rows;
        // Each other split's frame: its first row, the row behind it, and its function.
        let others = warp.splits.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, split)| {
            let its_function = self.program.function_of(split.pc);
            (split.base, split.base + self.program.functions[its_function as usize].frame_rows, its_function)
        });
        let is_free = |base: u32| others.clone().all(|(start, end, of)| end <= base || start == base && of == function);
        let shared =
            others.clone().filter(|(start, _, of)| *of == function && *start >= natural).map(|(start, ..)| start);
        let behind_all = others.clone().map(|(_, end, _)| end).fold(natural, u32::max);
        std::iter::once(natural).chain(shared).find(|base| is_free(*base)).unwrap_or(behind_all)
    }

    /// Makes the frame of a called function, which begins at row `base`, for some lanes and passes the arguments.
    fn enter(
        &mut self,
        warp: &mut Warp,
        split: Split,
        base: u32,
        function: u32,
        site: &CallSite,
        lanes: u32,
    ) -> Result<(), Stop> {
        let callee = &self.program.functions[function as usize];
        let rows = (base + callee.frame_rows) as usize;
        let limit_bytes = u64::from(self.launch.stack_bytes);
        if rows > FILE_ROWS_MAX {
            return self.fatal(lanes, FaultKind::StackOverflow { limit_bytes });
        }
        if rows > warp.rows.len() {
            self.charge(lanes, 128 * (rows - warp.rows.len()) as u64)?;
            warp.rows.resize(rows, Row::ZERO);
        }
        let mut frame = Frame::new(self.program, self.launch, warp, split.base);
        let local = callee_base(&header(&frame, FRAME_LOCAL_END));
        let end = local.0.map(|local| local.saturating_add(callee.local_bytes));
        let highest = lanes_of(lanes).map(|lane| end[lane]).max().unwrap_or(0);
        if highest > self.launch.stack_bytes {
            return self.fatal(lanes, FaultKind::StackOverflow { limit_bytes });
        }
        let passed = lanes_of(lanes).map(|lane| local.0[lane].saturating_add(site.passed_bytes)).max().unwrap_or(0);
        self.grow_local(warp, highest.max(passed), lanes)?;
        frame = Frame::new(self.program, self.launch, warp, base);
        let header = [Row::splat(split.pc + 1), Row::splat(split.base), local, Row(end)];
        for (index, row) in header.iter().enumerate() {
            frame.put(header_rows(index as u32), std::slice::from_ref(row), lanes);
        }
        for passing in &site.arguments {
            pass(warp, split.base, self, passing, &local, lanes, true);
        }
        if O::REGISTERS && self.observer.watches_registers() {
            let at = self.site();
            self.observer.frame(at, base..base + callee.frame_rows, &callee.parameter_registers, lanes);
        }
        Ok(())
    }

    /// Makes room in local memory, within the memory limit.
    fn grow_local(&mut self, warp: &mut Warp, size_bytes: u32, lanes: u32) -> Result<(), Stop> {
        let before = warp.local.size_bytes();
        if u64::from(size_bytes) > before {
            let after = u64::from(size_bytes).div_ceil(4).next_power_of_two() * 4;
            self.charge(lanes, 32 * (after - before))?;
            warp.local.reserve(size_bytes);
        }
        Ok(())
    }

    /// Counts bytes that a warp of the group takes more against the memory limit.
    fn charge(&mut self, lanes: u32, size_bytes: u64) -> Result<(), Stop> {
        if self.memory.charge(size_bytes).is_err() {
            let limit_bytes = self.memory.limit_bytes();
            return self.fatal(lanes, FaultKind::MemoryLimit { limit_bytes });
        }
        self.group.charged_bytes += size_bytes;
        Ok(())
    }

    /// `alloca`
    pub(super) fn alloca(
        &mut self,
        warp: &mut Warp,
        frame: &mut Frame,
        op: &Op,
        align: u32,
        lanes: u32,
    ) -> Result<(), Stop> {
        let sizes = frame.rows(op.a);
        let sizes: [u64; 32] = if sizes.len() == 1 { sizes[0].0.map(u64::from) } else { *lanes::wide(sizes) };
        let end = header(frame, FRAME_LOCAL_END);
        let mut starts = [0u64; 32];
        let mut ends = end;
        for lane in lanes_of(lanes) {
            let start = u64::from(end.0[lane]).next_multiple_of(u64::from(align.next_power_of_two()));
            let after = start.saturating_add(sizes[lane]);
            if after > u64::from(self.launch.stack_bytes) {
                let limit_bytes = u64::from(self.launch.stack_bytes);
                return self.fatal(1 << lane, FaultKind::StackOverflow { limit_bytes });
            }
            (starts[lane], ends.0[lane]) = (start, after as u32);
        }
        self.grow_local(warp, lanes_of(lanes).map(|lane| ends.0[lane]).max().unwrap_or(0), lanes)?;
        frame.put(header_rows(FRAME_LOCAL_END), &[ends], lanes);
        match op.d.count() {
            1 => frame.put(op.d, &[Row(starts.map(|start| start as u32))], lanes),
            _ => frame.put(op.d, &bytemuck::cast::<_, [Row; 2]>(starts), lanes),
        }
        Ok(())
    }
}

fn header_rows(row: u32) -> crate::program::Rows {
    crate::program::Rows::new(crate::program::Operand::Frame, row, 1)
}

fn header(frame: &Frame, row: u32) -> Row {
    frame.rows(header_rows(row))[0]
}

/// Where the local memory of a function called by these lanes begins.
fn callee_base(end: &Row) -> Row {
    Row(end.0.map(|end| end.checked_next_multiple_of(16).unwrap_or(u32::MAX)))
}

/// Copies one argument to the callee (`call`), or one result from it.
fn pass<O: Observer>(
    warp: &mut Warp,
    base: u32,
    machine: &Machine<'_, O>,
    passing: &Passing,
    callee: &Row,
    lanes: u32,
    call: bool,
) {
    let mut frame = Frame::new(machine.program, machine.launch, warp, base);
    let own = header(&frame, FRAME_LOCAL);
    let size = passing.size_bytes as usize;
    match passing.caller {
        Ok(offset) => {
            let mut bytes = vec![0; size];
            for lane in lanes_of(lanes) {
                let here = u64::from(own.0[lane].wrapping_add(offset));
                let there = u64::from(callee.0[lane].wrapping_add(passing.callee));
                let (from, to) = if call { (here, there) } else { (there, here) };
                if warp.local.read(lane, from, &mut bytes) {
                    warp.local.write(lane, to, &bytes);
                }
            }
        }
        Err(rows) => {
            let words = rows.count();
            let mut copy = [Row::ZERO; 4];
            copy[..words].copy_from_slice(frame.rows(rows));
            let flat: &mut [u32] = bytemuck::cast_slice_mut(&mut copy[..words]);
            for lane in lanes_of(lanes) {
                let there = u64::from(callee.0[lane].wrapping_add(passing.callee));
                for (index, word) in flat[lane * words..(lane + 1) * words].iter_mut().enumerate() {
                    let at = index * 4;
                    if at >= size {
                        break;
                    }
                    let mut bytes = word.to_le_bytes();
                    let part = (size - at).min(4);
                    if call {
                        warp.local.write(lane, there + at as u64, &bytes[..part]);
                    } else if warp.local.read(lane, there + at as u64, &mut bytes[..part]) {
                        bytes[part..].fill(0);
                        *word = u32::from_le_bytes(bytes);
                    }
                }
            }
            if !call {
                frame.put(rows, &copy[..words], lanes);
            }
        }
    }
}

/// Sends each lane to its own place; lanes of the split outside `lanes` go on behind the operation. True when all stay together.
fn part(warp: &mut Warp, index: usize, lanes: u32, place: impl Fn(usize) -> (u32, u32)) -> bool {
    let split = warp.splits[index];
    let mut pieces: Vec<Split> = Vec::with_capacity(2);
    for lane in lanes_of(lanes) {
        let (pc, base) = place(lane);
        match pieces.iter_mut().find(|piece| piece.pc == pc && piece.base == base) {
            Some(piece) => piece.lanes |= 1 << lane,
            None => pieces.push(Split { pc, base, lanes: 1 << lane, state: State::Ready, turn: split.turn }),
        }
    }
    if split.lanes & !lanes != 0 {
        pieces.push(Split { pc: split.pc + 1, lanes: split.lanes & !lanes, ..split });
    }
    let mut pieces = pieces.into_iter();
    match pieces.next() {
        Some(first) => warp.splits[index] = first,
        None => warp.splits[index].pc += 1,
    }
    let before = warp.splits.len();
    warp.splits.extend(pieces);
    warp.splits.len() == before
}
