//! Loads and stores of a warp: addresses, bounds and alignment, the fast ways for lanes side by side, and what observers see of it.

use super::frame::{Frame, blend};
use super::state::Warp;
use super::{Machine, Stop};
use crate::lanes::{self, Row};
use crate::memory::{LOCAL_WINDOW, Miss, PAGE_BYTES, PARAM_WINDOW, SHARED_WINDOW, Window, window_of};
use crate::observe::{
    Access, AccessKind, FaultKind, Observer, SHARED_RANK_SHIFT, Semantics, Space, shared_offset, shared_rank,
};
use crate::program::{AddressSpace, MemoryOp, Rows};

/// Rows of the widest access.
pub(super) const STAGE_ROWS: usize = 8;

/// How the addresses of 32 lanes lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    /// All the same.
    Same,
    /// Each behind the one before.
    Consecutive,
    /// Any other.
    Scattered,
}

#[inline]
fn pattern(addresses: &[u64; 32], size_bytes: usize) -> Pattern {
    let first = addresses[0];
    let shift = size_bytes.trailing_zeros();
    let mut different = 0;
    if addresses[1] == first {
        addresses.iter().for_each(|address| different |= address ^ first);
        return if different == 0 { Pattern::Same } else { Pattern::Scattered };
    }
    for (lane, address) in addresses.iter().enumerate() {
        different |= address ^ first.wrapping_add((lane as u64) << shift);
    }
    if different == 0 { Pattern::Consecutive } else { Pattern::Scattered }
}

/// Puts one lane's bytes into the rows of the elements.
#[inline(always)]
fn fill(stage: &mut [Row], lane: usize, bytes: &[u8], element: usize) {
    match element {
        4 => {
            for (index, word) in bytes.as_chunks::<4>().0.iter().enumerate() {
                stage[index].0[lane] = u32::from_le_bytes(*word);
            }
        }
        8 | 16 => {
            let words = element / 4;
            for (index, word) in bytes.as_chunks::<4>().0.iter().enumerate() {
                let at = lane * words + index % words;
                stage[index / words * words + at / 32].0[at % 32] = u32::from_le_bytes(*word);
            }
        }
        2 => {
            for (index, half) in bytes.as_chunks::<2>().0.iter().enumerate() {
                stage[index].0[lane] = u32::from(u16::from_le_bytes(*half));
            }
        }
        _ => bytes.iter().enumerate().for_each(|(index, byte)| stage[index].0[lane] = u32::from(*byte)),
    }
}

/// The reverse of [`fill`].
#[inline(always)]
fn drain(stage: &[Row], lane: usize, bytes: &mut [u8], element: usize) {
    match element {
        4 => {
            for (index, word) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *word = stage[index].0[lane].to_le_bytes();
            }
        }
        8 | 16 => {
            let words = element / 4;
            for (index, word) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                let at = lane * words + index % words;
                *word = stage[index / words * words + at / 32].0[at % 32].to_le_bytes();
            }
        }
        2 => {
            for (index, half) in bytes.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                *half = (stage[index].0[lane] as u16).to_le_bytes();
            }
        }
        _ => bytes.iter_mut().enumerate().for_each(|(index, byte)| *byte = stage[index].0[lane] as u8),
    }
}

/// Lanes whose access failed, and why the first of them did.
#[derive(Clone, Copy, Default)]
pub(super) struct Failed {
    lanes: u32,
    first: Option<(u64, Option<Miss>)>,
}

impl Failed {
    /// Notes a lane; no miss means misaligned.
    pub(super) fn note(&mut self, lane: usize, address: u64, miss: Option<Miss>) {
        self.lanes |= 1 << lane;
        self.first.get_or_insert((address, miss));
    }
}

pub(super) fn lanes_of(mask: u32) -> impl Iterator<Item = usize> {
    let mut left = mask;
    std::iter::from_fn(move || {
        let lane = left.trailing_zeros() as usize;
        (left != 0).then(|| {
            left &= left - 1;
            lane
        })
    })
}

/// Calls `visit` with the first lane and the length of each run of lanes side by side in memory, a run within a page; stops where it gives nothing.
#[inline]
fn runs(
    lanes: u32,
    addresses: &[u64; 32],
    size: usize,
    mut visit: impl FnMut(usize, usize) -> Option<()>,
) -> Option<()> {
    let mut left = lanes;
    while left != 0 {
        let first = left.trailing_zeros() as usize;
        let room = (PAGE_BYTES - (addresses[first] as usize & (PAGE_BYTES - 1))) / size;
        let mut count = 1;
        while first + count < 32
            && count < room
            && left >> (first + count) & 1 != 0
            && addresses[first + count] == addresses[first].wrapping_add((count * size) as u64)
        {
            count += 1;
        }
        left &= !((u32::MAX >> (32 - count)) << first);
        visit(first, count)?;
    }
    Some(())
}

impl<O: Observer> Machine<'_, O> {
    /// Every lane's address as the instruction computes it.
    #[inline]
    pub(super) fn addresses(&self, frame: &Frame, op: &MemoryOp) -> [u64; 32] {
        let offset = op.offset as u64;
        match op.address.count() {
            0 => [offset; 32],
            1 => frame.rows(op.address)[0].0.map(|address| u64::from(address.wrapping_add(offset as u32))),
            _ => lanes::wide(frame.rows(op.address)).map(|address| address.wrapping_add(offset)),
        }
    }

    /// The lanes whose space is that of the first lane, their space, and addresses in it.
    #[inline]
    pub(super) fn resolve(&self, space: AddressSpace, addresses: &mut [u64; 32], lanes: u32) -> (Space, u32) {
        match space {
            AddressSpace::Global => (Space::Global, lanes),
            AddressSpace::Const => (Space::Const, lanes),
            AddressSpace::Local => (Space::Local, lanes),
            AddressSpace::Param => (Space::Param, lanes),
            AddressSpace::Shared | AddressSpace::SharedCluster => {
                self.own_shared(addresses);
                (Space::Shared, lanes)
            }
            AddressSpace::Generic => {
                let window = window_of(addresses[lanes.trailing_zeros() as usize & 31]);
                let alike = (addresses.iter().enumerate())
                    .fold(0, |alike, (lane, address)| alike | u32::from(window_of(*address) == window) << lane);
                let (space, base) = match window {
                    Window::Global => return (Space::Global, lanes & alike),
                    Window::Shared => (Space::Shared, SHARED_WINDOW),
                    Window::Local => (Space::Local, LOCAL_WINDOW),
                    Window::Param => (Space::Param, PARAM_WINDOW),
                };
                for lane in lanes_of(lanes & alike) {
                    addresses[lane] -= base;
                }
                if space == Space::Shared {
                    self.own_shared(addresses);
                }
                (space, lanes & alike)
            }
        }
    }

    /// An address of the cluster's window that is the block's own becomes an offset.
    #[inline]
    fn own_shared(&self, addresses: &mut [u64; 32]) {
        if self.group.blocks.len() > 1 {
            let own = (u64::from(self.group.blocks[self.block].rank) + 1) << SHARED_RANK_SHIFT;
            for address in addresses {
                if *address & !((1 << SHARED_RANK_SHIFT) - 1) == own {
                    *address -= own;
                }
            }
        }
    }

    /// Reads one lane's bytes.
    pub(super) fn read_lane(
        &mut self,
        warp: &Warp,
        space: Space,
        lane: usize,
        address: u64,
        to: &mut [u8],
    ) -> Result<(), Miss> {
        match space {
            Space::Global | Space::Const => self.memory.read(address, to),
            Space::Shared => {
                let block = self.shared_block(address)?;
                let bytes = slice_of(&self.group.blocks[block].shared, shared_offset(address), to.len())?;
                to.copy_from_slice(bytes);
                Ok(())
            }
            Space::Local => warp.local.read(lane, address, to).then_some(()).ok_or(Miss::Unmapped),
            Space::Param => {
                let start = usize::try_from(address).map_err(|_| Miss::Unmapped)?;
                let bytes = self.launch.parameters.get(start..start.saturating_add(to.len())).ok_or(Miss::Unmapped)?;
                to.copy_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Writes one lane's bytes.
    pub(super) fn write_lane(
        &mut self,
        warp: &mut Warp,
        space: Space,
        lane: usize,
        address: u64,
        from: &[u8],
    ) -> Result<(), Miss> {
        match space {
            Space::Global => self.memory.write(address, from),
            Space::Const | Space::Param => Err(Miss::ReadOnly),
            Space::Shared => {
                let block = self.shared_block(address)?;
                let start = shared_offset(address) as usize;
                let bytes = self.group.blocks[block].shared.get_mut(start..start + from.len()).ok_or(Miss::Unmapped)?;
                bytes.copy_from_slice(from);
                Ok(())
            }
            Space::Local => warp.local.write(lane, address, from).then_some(()).ok_or(Miss::Unmapped),
        }
    }

    /// The block of the group that a shared address means.
    pub(super) fn shared_block(&self, address: u64) -> Result<usize, Miss> {
        match shared_rank(address) {
            None if address >> 32 == 0 => Ok(self.block),
            Some(rank) if (rank as usize) < self.group.blocks.len() && address >> 32 == 0 => Ok(rank as usize),
            _ => Err(Miss::Unmapped),
        }
    }

    /// Tells of lanes whose access failed; gives those that go on.
    pub(super) fn failed(
        &mut self,
        failed: Failed,
        space: Space,
        kind: AccessKind,
        size_bytes: usize,
    ) -> Result<(), Stop> {
        let Some((address, miss)) = failed.first else { return Ok(()) };
        let size = size_bytes as u32;
        let fault = match miss {
            None => FaultKind::Misaligned { space, kind, address, align_bytes: size },
            Some(Miss::ReadOnly) => FaultKind::ReadOnly { space, address },
            Some(Miss::Limit) => {
                let limit_bytes = self.memory.limit_bytes();
                return self.fatal(failed.lanes, FaultKind::MemoryLimit { limit_bytes });
            }
            Some(Miss::Unmapped) => {
                let nearest = match space {
                    Space::Global | Space::Const => self.memory.nearest(address),
                    Space::Shared => Some(self.whole("shared memory", self.launch.shared_bytes as usize)),
                    Space::Param => Some(self.whole("kernel parameters", self.launch.parameters.len())),
                    Space::Local => None,
                };
                FaultKind::OutOfBounds { space, kind, address, size_bytes: size, nearest }
            }
        };
        self.fault(failed.lanes, fault)
    }

    fn whole(&self, name: &str, size_bytes: usize) -> crate::observe::AllocationInfo {
        crate::observe::AllocationInfo {
            name: name.to_owned(),
            address: 0,
            size_bytes: size_bytes as u64,
            freed: false,
        }
    }

    /// `ld`
    #[inline]
    pub(super) fn load(
        &mut self,
        warp: &mut Warp,
        frame: &mut Frame,
        op: &MemoryOp,
        lanes: u32,
        all: bool,
        steps: &mut u32,
    ) -> Result<(), Stop> {
        let mut addresses = self.addresses(frame, op);
        let element = usize::from(op.element_bytes);
        let size = element * usize::from(op.elements);
        // The common case, straight into the register: 32 words.
        if all && lanes == u32::MAX && size == 4 && element == 4 && op.registers[0].count() == 1 {
            let to = &mut frame.rows_mut(op.registers[0])[0];
            let (space, loaded) = match op.space {
                AddressSpace::Shared if self.group.blocks.len() == 1 => {
                    (Space::Shared, load_words(&self.group.blocks[self.block].shared, &addresses, to))
                }
                AddressSpace::Global => (Space::Global, self.load_global(&addresses, to)),
                _ => (Space::Global, false),
            };
            if loaded {
                if O::MEMORY && !op.silent {
                    self.show(op, space, lanes, &addresses, std::slice::from_ref(to), &[]);
                }
                return self.polled(warp, op, to, steps);
            }
        }
        let mut stage = [Row::ZERO; STAGE_ROWS];
        let mut left = lanes;
        while left != 0 {
            let (space, now) = self.resolve(op.space, &mut addresses, left);
            left &= !now;
            let bad = self.load_stage(warp, space, &addresses, now, element, size, &mut stage)?;
            if O::MEMORY && !op.silent && now & !bad != 0 {
                self.show(op, space, now & !bad, &addresses, &stage, &[]);
            }
        }
        self.write_registers(frame, op, &stage, lanes, all);
        if op.semantics != Semantics::Weak {
            let first = stage[0];
            self.polled(warp, op, &first, steps)?;
        }
        Ok(())
    }

    /// Loads one word a lane from global memory; false when an address does not fit.
    #[inline]
    fn load_global(&mut self, addresses: &[u64; 32], to: &mut Row) -> bool {
        let first = addresses[0];
        match pattern(addresses, 4) {
            _ if first & 3 != 0 => false,
            Pattern::Consecutive if let Some(bytes) = self.memory.bytes(first, 128) => {
                bytemuck::cast_slice_mut::<u32, u8>(&mut to.0).copy_from_slice(bytes);
                true
            }
            Pattern::Same => match self.memory.bytes(first, 4).and_then(|bytes| bytes.first_chunk::<4>()) {
                Some(word) => {
                    *to = Row::splat(u32::from_le_bytes(*word));
                    true
                }
                None => false,
            },
            _ => {
                let aligned = addresses.iter().fold(0, |all, one| all | one) & 3 == 0;
                let load = |first: usize, count: usize| {
                    let bytes = self.memory.bytes(addresses[first], 4 * count)?;
                    let words = &mut to.0[first..first + count];
                    bytemuck::cast_slice_mut::<u32, u8>(words).copy_from_slice(bytes);
                    Some(())
                };
                aligned && runs(u32::MAX, addresses, 4, load).is_some()
            }
        }
    }

    /// A strong load that finds again what it found is a poll: others should have their turn.
    #[inline]
    fn polled(&mut self, warp: &mut Warp, op: &MemoryOp, value: &Row, steps: &mut u32) -> Result<(), Stop> {
        if op.semantics != Semantics::Weak {
            let seen = (self.pc, value.0[warp.live.trailing_zeros() as usize & 31]);
            if warp.seen == Some(seen) {
                self.group.polls += 1;
                *steps = steps.saturating_sub(32).max(1).min(*steps);
            }
            warp.seen = Some(seen);
        }
        Ok(())
    }

    /// Fills the stage for some lanes of one space. Gives the lanes that failed, if the observer lets it go on.
    #[allow(clippy::too_many_arguments, reason = "the parts of one access")]
    pub(super) fn load_stage(
        &mut self,
        warp: &Warp,
        space: Space,
        addresses: &[u64; 32],
        lanes: u32,
        element: usize,
        size: usize,
        stage: &mut [Row; STAGE_ROWS],
    ) -> Result<u32, Stop> {
        let align = size as u64 - 1;
        let mut failed = Failed::default();
        if lanes == u32::MAX && addresses[0] & align == 0 {
            let shape = pattern(addresses, size);
            let total = if shape == Pattern::Same { size } else { size * 32 };
            let bytes = match (space, shape) {
                (_, Pattern::Scattered) => None,
                (Space::Global | Space::Const, _) => self.memory.bytes(addresses[0], total),
                (Space::Shared, _) if addresses[0] >> SHARED_RANK_SHIFT == 0 => {
                    slice_of(&self.group.blocks[self.block].shared, addresses[0] as u32, total).ok()
                }
                (Space::Local, Pattern::Same) if element == 4 => {
                    if let Some(words) = warp.local.words(addresses[0].min(u64::from(u32::MAX)) as u32, size / 4) {
                        stage[..size / 4].copy_from_slice(words);
                        return Ok(0);
                    }
                    None
                }
                _ => None,
            };
            if let Some(bytes) = bytes {
                let step = if shape == Pattern::Same { 0 } else { size };
                for lane in 0..32 {
                    fill(stage, lane, &bytes[lane * step..lane * step + size], element);
                }
                return Ok(0);
            }
        }
        let mut left = lanes;
        if space == Space::Global && lanes_of(lanes).all(|lane| addresses[lane] & align == 0) {
            // Ends where a run does not lie in one allocation.
            let _ = runs(lanes, addresses, size, |first, count| {
                let bytes = self.memory.bytes(addresses[first], size * count)?;
                for (lane, bytes) in (first..).zip(bytes.chunks_exact(size)) {
                    fill(stage, lane, bytes, element);
                }
                left &= !((u32::MAX >> (32 - count)) << first);
                Some(())
            });
        }
        for lane in lanes_of(left) {
            let address = addresses[lane];
            if address & align != 0 {
                failed.note(lane, address, None);
                continue;
            }
            if space == Space::Global
                && let Some(bytes) = self.memory.bytes(address, size)
            {
                fill(stage, lane, bytes, element);
                continue;
            }
            let mut bytes = [0; 32];
            match self.read_lane(warp, space, lane, address, &mut bytes[..size]) {
                Ok(()) => fill(stage, lane, &bytes[..size], element),
                Err(miss) => failed.note(lane, address, Some(miss)),
            }
        }
        if failed.lanes != 0 {
            self.failed(failed, space, AccessKind::Load, size)?;
        }
        Ok(failed.lanes)
    }

    fn write_registers(&mut self, frame: &mut Frame, op: &MemoryOp, stage: &[Row], lanes: u32, all: bool) {
        let element = usize::from(op.element_bytes);
        let rows = element.div_ceil(4);
        let lanes = if all { u32::MAX } else { lanes };
        for (index, to) in op.registers[..usize::from(op.elements)].iter().enumerate() {
            let from = &stage[index * rows..(index + 1) * rows];
            if to.is_none() {
                continue;
            }
            if to.count() == rows && (element >= 4 || !op.signed) {
                frame.put(*to, from, lanes);
            } else if element <= 4 && to.count() <= 2 {
                let mut wide = [from[0], Row::ZERO];
                lanes::widen(&mut wide, element as u32 * 8, op.signed, to.count() as u32 * 32);
                frame.put(*to, &wide[..to.count()], lanes);
            }
        }
    }

    /// Shows an access to the observer.
    pub(super) fn show(
        &mut self,
        op: &MemoryOp,
        space: Space,
        lanes: u32,
        addresses: &[u64; 32],
        values: &[Row],
        old: &[Row],
    ) {
        let site = self.site();
        let access = Access {
            space,
            kind: op.kind,
            lanes,
            addresses,
            size_bytes: op.element_bytes * op.elements,
            element_bytes: op.element_bytes,
            semantics: op.semantics,
            scope: op.scope,
            proxy: op.proxy,
            values,
            old,
        };
        self.observer.access(site, &access);
    }

    /// The elements of a store, as rows of the elements' width.
    pub(super) fn stage_of(&self, frame: &Frame, registers: &[Rows], element: usize) -> [Row; STAGE_ROWS] {
        let mut stage = [Row::ZERO; STAGE_ROWS];
        let rows = element.div_ceil(4);
        for (index, from) in registers.iter().enumerate() {
            let from = frame.rows(*from);
            let to = &mut stage[index * rows..(index + 1) * rows];
            if from.len() == rows {
                to.copy_from_slice(from);
            } else if from.len() == 2 && rows == 1 {
                to[0] = Row(lanes::wide(from).map(|value| value as u32));
            } else if from.len() == 1 && rows == 2 {
                to.copy_from_slice(&bytemuck::cast::<_, [Row; 2]>(from[0].0.map(u64::from)));
            }
        }
        stage
    }

    /// `st`
    #[inline]
    pub(super) fn store(
        &mut self,
        warp: &mut Warp,
        frame: &Frame,
        op: &MemoryOp,
        lanes: u32,
        all: bool,
    ) -> Result<(), Stop> {
        let mut addresses = self.addresses(frame, op);
        let element = usize::from(op.element_bytes);
        let size = element * usize::from(op.elements);
        if all && lanes == u32::MAX && size == 4 && element == 4 && op.registers[0].count() == 1 {
            let from = &frame.rows(op.registers[0])[0];
            // Observers are shown stores before memory changes, and only those that do not fail.
            match op.space {
                AddressSpace::Shared if self.group.blocks.len() == 1 => {
                    let last = (self.group.blocks[self.block].shared.len() as u64).checked_sub(4);
                    if last.is_some_and(|last| fit(&addresses, last)) {
                        if O::MEMORY && !op.silent {
                            self.show(op, Space::Shared, lanes, &addresses, std::slice::from_ref(from), &[]);
                        }
                        store_words(&mut self.group.blocks[self.block].shared, &addresses, from);
                        return Ok(());
                    }
                }
                AddressSpace::Global
                    if addresses[0] & 3 == 0
                        && pattern(&addresses, 4) == Pattern::Consecutive
                        && self.memory.bytes_mut(addresses[0], 128).is_ok() =>
                {
                    if O::MEMORY && !op.silent {
                        self.show(op, Space::Global, lanes, &addresses, std::slice::from_ref(from), &[]);
                    }
                    if let Ok(bytes) = self.memory.bytes_mut(addresses[0], 128) {
                        bytes.copy_from_slice(bytemuck::cast_slice(&from.0));
                    }
                    return Ok(());
                }
                _ => {}
            }
        }
        let stage = self.stage_of(frame, &op.registers[..usize::from(op.elements)], element);
        let mut left = lanes;
        while left != 0 {
            let (space, now) = self.resolve(op.space, &mut addresses, left);
            left &= !now;
            if O::MEMORY && !op.silent {
                let good = self.storable(warp, space, &addresses, now, size);
                if good != 0 {
                    self.show(op, space, good, &addresses, &stage, &[]);
                }
            }
            self.store_stage(warp, space, &addresses, now, element, size, &stage)?;
        }
        Ok(())
    }

    /// The lanes whose store will not fail: observers are shown stores before memory changes.
    pub(super) fn storable(
        &mut self,
        warp: &Warp,
        space: Space,
        addresses: &[u64; 32],
        lanes: u32,
        size: usize,
    ) -> u32 {
        let mut good = 0;
        for lane in lanes_of(lanes) {
            let mut bytes = [0; 32];
            let fits = match space {
                Space::Const | Space::Param => false,
                Space::Global => self.memory.can_write(addresses[lane], size),
                _ => self.read_lane(warp, space, lane, addresses[lane], &mut bytes[..size]).is_ok(),
            };
            good |= u32::from(fits && addresses[lane] & (size as u64 - 1) == 0) << lane;
        }
        good
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one access")]
    pub(super) fn store_stage(
        &mut self,
        warp: &mut Warp,
        space: Space,
        addresses: &[u64; 32],
        lanes: u32,
        element: usize,
        size: usize,
        stage: &[Row; STAGE_ROWS],
    ) -> Result<(), Stop> {
        let align = size as u64 - 1;
        if lanes == u32::MAX && addresses[0] & align == 0 {
            let shape = pattern(addresses, size);
            let bytes = match (space, shape) {
                (Space::Global, Pattern::Consecutive) => self.memory.bytes_mut(addresses[0], size * 32).ok(),
                (Space::Shared, Pattern::Consecutive) if addresses[0] >> SHARED_RANK_SHIFT == 0 => {
                    let start = addresses[0] as usize;
                    self.group.blocks[self.block].shared.get_mut(start..start + size * 32)
                }
                _ => None,
            };
            if let Some(bytes) = bytes {
                for (lane, bytes) in bytes.chunks_exact_mut(size).enumerate() {
                    drain(stage, lane, bytes, element);
                }
                return Ok(());
            }
        }
        if space == Space::Local && element == 4 && lanes != 0 {
            let first = addresses[lanes.trailing_zeros() as usize];
            let same = lanes_of(lanes).all(|lane| addresses[lane] == first);
            if same
                && first & align == 0
                && first < u64::from(u32::MAX)
                && let Some(words) = warp.local.words_mut(first as u32, size / 4)
            {
                for (to, from) in words.iter_mut().zip(stage) {
                    blend(std::slice::from_mut(to), std::slice::from_ref(from), lanes);
                }
                return Ok(());
            }
        }
        let mut failed = Failed::default();
        for lane in lanes_of(lanes) {
            let address = addresses[lane];
            if address & align != 0 {
                failed.note(lane, address, None);
                continue;
            }
            if space == Space::Global
                && let Ok(bytes) = self.memory.bytes_mut(address, size)
            {
                drain(stage, lane, bytes, element);
                continue;
            }
            let mut bytes = [0; 32];
            drain(stage, lane, &mut bytes[..size], element);
            if let Err(miss) = self.write_lane(warp, space, lane, address, &bytes[..size]) {
                failed.note(lane, address, Some(miss));
            }
        }
        if failed.lanes != 0 {
            self.failed(failed, space, AccessKind::Store, size)?;
        }
        Ok(())
    }
}

fn slice_of(bytes: &[u8], offset: u32, size: usize) -> Result<&[u8], Miss> {
    bytes.get(offset as usize..offset as usize + size).ok_or(Miss::Unmapped)
}

/// Loads one word a lane from a block's shared memory; false, and nothing loaded, when an address does not fit.
#[inline]
fn load_words(shared: &[u8], addresses: &[u64; 32], to: &mut Row) -> bool {
    let Some(last) = (shared.len() as u64).checked_sub(4) else { return false };
    let first = addresses[0];
    if addresses[1] == first && addresses[31] == first && pattern(addresses, 4) == Pattern::Same {
        if first > last || first & 3 != 0 {
            return false;
        }
        let at = first as usize;
        *to = Row::splat(u32::from_le_bytes([shared[at], shared[at + 1], shared[at + 2], shared[at + 3]]));
        return true;
    }
    if !fit(addresses, last) {
        return false;
    }
    if pattern(addresses, 4) == Pattern::Consecutive {
        bytemuck::cast_slice_mut::<u32, u8>(&mut to.0).copy_from_slice(&shared[first as usize..first as usize + 128]);
        return true;
    }
    for (word, address) in to.0.iter_mut().zip(addresses) {
        let at = *address as usize;
        // SAFETY: `fit` has checked that every address is at most `last`, four bytes before the end.
        *word = u32::from_le(unsafe { shared.as_ptr().add(at).cast::<u32>().read_unaligned() });
    }
    true
}

/// Stores one word a lane, in lane order. The addresses must [`fit`].
#[inline]
fn store_words(shared: &mut [u8], addresses: &[u64; 32], from: &Row) {
    let first = addresses[0] as usize;
    if pattern(addresses, 4) == Pattern::Consecutive {
        shared[first..first + 128].copy_from_slice(bytemuck::cast_slice(&from.0));
        return;
    }
    for (word, address) in from.0.iter().zip(addresses) {
        let at = *address as usize;
        shared[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
}

/// Whether all addresses are multiples of 4 and at most `last`.
#[inline]
fn fit(addresses: &[u64; 32], last: u64) -> bool {
    let mut bits = 0;
    let mut beyond = 0;
    for address in addresses {
        bits |= address;
        // The top bit says "beyond"; addresses with the top bit set are beyond, too.
        beyond |= last.wrapping_sub(*address) | address;
    }
    bits & 3 == 0 && beyond >> 63 == 0
}
