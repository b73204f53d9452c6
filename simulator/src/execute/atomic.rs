//! `atom` and `red`: one lane after another, in lane order.

use super::access::{Failed, lanes_of};
use super::frame::Frame;
use super::state::Warp;
use super::{Machine, Stop};
use crate::lanes::{self, Row};
use crate::memory::{Miss, ReductionKey};
use crate::observe::{AccessKind, Observer, Space};
use crate::program::{MemoryOp, Op};

/// Rows of an operand of an atomic, and of what it finds.
const ATOMIC_ROWS: usize = 8;

impl<O: Observer> Machine<'_, O> {
    pub(super) fn atomic(
        &mut self,
        warp: &mut Warp,
        frame: &mut Frame,
        op: &Op,
        access: &MemoryOp,
        lanes: u32,
        steps: &mut u32,
    ) -> Result<(), Stop> {
        let mut addresses = self.addresses(frame, access);
        let element = usize::from(access.element_bytes);
        let rows = element.div_ceil(4);
        let size = element * usize::from(access.elements);
        let copy = |from: &[Row]| {
            let mut rows = [Row::ZERO; ATOMIC_ROWS];
            rows[..from.len().min(ATOMIC_ROWS)].copy_from_slice(&from[..from.len().min(ATOMIC_ROWS)]);
            rows
        };
        let (a, b) = (copy(frame.rows(op.b)), copy(frame.rows(op.c)));
        let mut old = [Row::ZERO; ATOMIC_ROWS];
        let mut new = [Row::ZERO; ATOMIC_ROWS];
        let mut changed = false;
        let mut left = lanes;
        while left != 0 {
            let (space, now) = self.resolve(access.space, &mut addresses, left);
            left &= !now;
            let mut failed = Failed::default();
            let mut good = 0;
            for lane in lanes_of(now) {
                let address = addresses[lane];
                if address & (size as u64 - 1) != 0 {
                    failed.note(lane, address, None);
                    continue;
                }
                if !O::MEMORY && self.memory.is_apart() && space == Space::Global {
                    match self.defer(access, address, word(&a, element, lane, 0)) {
                        Ok(true) => {
                            changed = true;
                            continue;
                        }
                        Ok(false) => {}
                        Err(miss) => {
                            failed.note(lane, address, Some(miss));
                            continue;
                        }
                    }
                }
                let mut bytes = [0u8; 32];
                if let Err(miss) = self.read_lane(warp, space, lane, address, &mut bytes[..size]) {
                    failed.note(lane, address, Some(miss));
                    continue;
                }
                let before = bytes;
                for index in 0..usize::from(access.elements) {
                    let at = index * element..(index + 1) * element;
                    let (first, second) = (word(&a, element, lane, index), word(&b, element, lane, index));
                    let found = number(&bytes[at.clone()]);
                    let value = match (access.atomic, access.wide_atomic) {
                        (Some(run), _) => {
                            let run = run[usize::from(space == Space::Global)];
                            u128::from(run(found as u64, first as u64, second as u64))
                        }
                        (None, Some(run)) => run(found, first, second),
                        (None, None) => found,
                    };
                    bytes[at].copy_from_slice(&value.to_le_bytes()[..element]);
                    set_word(&mut old[index * rows..], element, lane, found);
                    set_word(&mut new[index * rows..], element, lane, value);
                }
                changed |= before != bytes;
                match self.write_lane(warp, space, lane, address, &bytes[..size]) {
                    Ok(()) => good |= 1 << lane,
                    Err(miss) => failed.note(lane, address, Some(miss)),
                }
            }
            if O::MEMORY && good != 0 {
                self.show(access, space, good, &addresses, &new, &old);
            }
            self.failed(failed, space, access.kind, size)?;
        }
        if access.kind == AccessKind::Atomic {
            for (index, to) in access.registers[..usize::from(access.elements)].iter().enumerate() {
                let from = &old[index * rows..(index + 1) * rows];
                if to.count() == rows {
                    frame.put(*to, from, lanes);
                } else if to.count() == 2 && rows == 1 {
                    frame.put(*to, &bytemuck::cast::<_, [Row; 2]>(from[0].0.map(u64::from)), lanes);
                }
            }
            if !changed {
                // It found what it did not want to change: others should have their turn.
                self.group.polls += 1;
                *steps = steps.saturating_sub(32).max(1).min(*steps);
            }
        }
        Ok(())
    }

    /// A block that runs apart keeps commutative reductions for the end.
    fn defer(&mut self, access: &MemoryOp, address: u64, operand: u128) -> Result<bool, Miss> {
        match access.reduction {
            Some(op) => self
                .memory
                .defer_reduction(ReductionKey { address, op, size_bytes: access.element_bytes }, operand as u64),
            None => Ok(false),
        }
    }
}

fn number(bytes: &[u8]) -> u128 {
    let mut all = [0; 16];
    all[..bytes.len()].copy_from_slice(bytes);
    u128::from_le_bytes(all)
}

/// Element `index` of a lane.
fn word(rows: &[Row], element: usize, lane: usize, index: usize) -> u128 {
    match element {
        8 => u128::from(lanes::wide(&rows[index * 2..])[lane]),
        16 => {
            let words: &[u32] = bytemuck::cast_slice(&rows[index * 4..index * 4 + 4]);
            (0..4).fold(0, |value, at| value | u128::from(words[lane * 4 + at]) << (32 * at))
        }
        4 => u128::from(rows[index].0[lane]),
        _ => u128::from(rows[index].0[lane] & ((1 << (element * 8)) - 1)),
    }
}

fn set_word(rows: &mut [Row], element: usize, lane: usize, value: u128) {
    match element {
        8 => lanes::wide_mut(rows)[lane] = value as u64,
        16 => {
            let words: &mut [u32] = bytemuck::cast_slice_mut(&mut rows[..4]);
            (0..4).for_each(|at| words[lane * 4 + at] = (value >> (32 * at)) as u32);
        }
        _ => rows[0].0[lane] = value as u32,
    }
}
