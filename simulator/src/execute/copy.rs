//! Asynchronous copies of the `cp.async` kind, and addresses in other blocks of the cluster.

use super::access::{Failed, lanes_of};
use super::frame::Frame;
use super::state::{PendingCopy, Warp};
use super::{Machine, Stop};
use crate::lanes::{self, Row};
use crate::memory::SHARED_WINDOW;
use crate::observe::{AccessKind, FaultKind, Observer, SHARED_RANK_SHIFT, Space, SyncEvent};
use crate::program::Op;

/// Copies of a warp that may be on their way at once.
const COPIES_MAX: usize = 1 << 16;

impl<O: Observer> Machine<'_, O> {
    /// `cp.async`: what is read now appears in shared memory when the thread waits for it.
    pub(super) fn copy_async(
        &mut self,
        warp: &mut Warp,
        frame: &mut Frame,
        op: &Op,
        memory: u32,
        lanes: u32,
    ) -> Result<(), Stop> {
        let program = self.program;
        let (from, to) = (&program.memory_ops[memory as usize], &program.memory_ops[memory as usize + 1]);
        let size = usize::from(from.element_bytes);
        let mut sources = self.addresses(frame, from);
        let mut targets = self.addresses(frame, to);
        let ignored = frame.predicate(op.p);
        let sizes = frame.rows(op.b).first().copied();
        let bytes_of = |lane: usize| match sizes {
            _ if ignored >> lane & 1 != 0 => 0,
            Some(sizes) => (sizes.0[lane] as usize).min(size),
            None => size,
        };
        let (target_space, _) = self.resolve(to.space, &mut targets, lanes);
        let (source_space, _) = self.resolve(from.space, &mut sources, lanes);
        let (mut read, mut written) = (Failed::default(), Failed::default());
        let mut good = 0;
        let mut values = [Row::ZERO; 4];
        for lane in lanes_of(lanes) {
            let mut bytes = [0; 16];
            let count = bytes_of(lane);
            if targets[lane] % size as u64 != 0 || target_space != Space::Shared {
                written.note(lane, targets[lane], None);
                continue;
            }
            if count > 0 && sources[lane] % size as u64 != 0 {
                read.note(lane, sources[lane], None);
                continue;
            }
            if let Err(miss) = self.read_lane(warp, source_space, lane, sources[lane], &mut bytes[..count]) {
                read.note(lane, sources[lane], Some(miss));
                continue;
            }
            let mut there = [0; 16];
            if let Err(miss) = self.read_lane(warp, Space::Shared, lane, targets[lane], &mut there[..size]) {
                written.note(lane, targets[lane], Some(miss));
                continue;
            }
            good |= 1 << lane;
            if warp.copies.len() >= COPIES_MAX {
                let limit_bytes = (COPIES_MAX * size_of::<PendingCopy>()) as u64;
                return self.fatal(lanes, FaultKind::MemoryLimit { limit_bytes });
            }
            let words = size / 4;
            for (index, word) in bytes[..size].as_chunks::<4>().0.iter().enumerate() {
                let at = lane * words + index;
                values[at / 32].0[at % 32] = u32::from_le_bytes(*word);
            }
            let group = warp.groups[lane];
            let copy = PendingCopy { lane: lane as u8, size_bytes: size as u8, group, address: targets[lane], bytes };
            warp.copies.push(copy);
        }
        if O::MEMORY && good != 0 {
            let reading = lanes_of(good).filter(|lane| bytes_of(*lane) > 0).fold(0, |mask, lane| mask | 1 << lane);
            if reading != 0 {
                self.show(from, source_space, reading, &sources, &values, &[]);
            }
            self.show(to, Space::Shared, good, &targets, &values, &[]);
        }
        self.failed(read, source_space, AccessKind::AsyncRead, size)?;
        self.failed(written, Space::Shared, AccessKind::AsyncWrite, size)
    }

    /// `cp.async.wait_group`: all but the newest groups of these lanes become visible.
    pub(super) fn copy_wait(&mut self, warp: &mut Warp, lanes: u32, pending: u32) -> Result<(), Stop> {
        self.finish_copies(warp, |copy, groups| {
            lanes >> copy.lane & 1 != 0 && (pending == 0 || copy.group + pending < groups[usize::from(copy.lane)])
        });
        self.sync(&SyncEvent::CopyWait { lanes, pending });
        Ok(())
    }

    /// Writes the pending copies that `which` names, in the order they were issued.
    pub(super) fn finish_copies(&mut self, warp: &mut Warp, which: impl Fn(&PendingCopy, &[u32; 32]) -> bool) {
        let groups = warp.groups;
        let copies = std::mem::take(&mut warp.copies);
        let (now, later): (Vec<_>, Vec<_>) = copies.into_iter().partition(|copy| which(copy, &groups));
        warp.copies = later;
        for copy in now {
            let bytes = &copy.bytes[..usize::from(copy.size_bytes)];
            // The target was checked at issue; shared memory does not shrink.
            let written = self.write_lane(warp, Space::Shared, usize::from(copy.lane), copy.address, bytes);
            debug_assert!(written.is_ok(), "a checked target");
        }
    }

    /// `mapa`: the address of the same place in another block of the cluster.
    pub(super) fn map_shared(&mut self, frame: &mut Frame, op: &Op, generic: bool, lanes: u32) {
        let address = frame.rows(op.a);
        let ranks = frame.rows(op.b)[0];
        let base = if generic { SHARED_WINDOW } else { 0 };
        let mapped = |address: u64, lane: usize| {
            let offset = address.wrapping_sub(base) & ((1 << SHARED_RANK_SHIFT) - 1);
            base + offset + ((u64::from(ranks.0[lane] & 0x7f) + 1) << SHARED_RANK_SHIFT)
        };
        if address.len() == 2 {
            let address = lanes::wide(address);
            let result: [u64; 32] = std::array::from_fn(|lane| mapped(address[lane], lane));
            frame.put(op.d, &bytemuck::cast::<_, [Row; 2]>(result), lanes);
        } else {
            let address = address[0];
            let result = std::array::from_fn(|lane| mapped(u64::from(address.0[lane]), lane) as u32);
            frame.put(op.d, &[Row(result)], lanes);
        }
    }

    /// `getctarank`: which block of the cluster an address is in.
    pub(super) fn shared_rank(&mut self, frame: &mut Frame, op: &Op, generic: bool, lanes: u32) {
        let own = self.group.blocks[self.block].rank;
        let address = frame.rows(op.a);
        let base = if generic { SHARED_WINDOW } else { 0 };
        let rank = |address: u64| match (address.wrapping_sub(base) >> SHARED_RANK_SHIFT) as u32 {
            0 => own,
            rank => rank - 1,
        };
        let result = match address.len() {
            2 => lanes::wide(address).map(rank),
            _ => address[0].0.map(|address| rank(u64::from(address))),
        };
        frame.put(op.d, &[Row(result)], lanes);
    }
}
