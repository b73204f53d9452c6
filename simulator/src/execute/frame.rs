//! Reading and writing rows by the places that operations name.

use super::state::{Launch, Warp};
use crate::lanes::Row;
use crate::program::{Op, PredicateRef, PredicateSlot, Program, Rows};

/// The tables that the operands of one split's operations lie in.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// By [`crate::program::Operand`]: the frame's registers, constants, special registers, the launch's rows.
    tables: [*const Row; 4],
}

impl Frame {
    /// The tables of a split whose frame begins at row `base`. Valid until the warp's register file grows, which only a call does.
    #[inline]
    pub(super) fn new(program: &Program, launch: &Launch, warp: &mut Warp, base: u32) -> Self {
        debug_assert!((base as usize) < warp.rows.len(), "frames are within the register file");
        let frame = warp.rows.as_mut_ptr().wrapping_add(base as usize).cast_const();
        Self { tables: [frame, program.constants.as_ptr(), warp.special.as_ptr(), launch.rows.as_ptr()] }
    }

    /// The rows of an operand that is read.
    #[inline(always)]
    pub(super) fn rows<'a>(&self, rows: Rows) -> &'a [Row] {
        // SAFETY: `decode` gives only rows inside the table they name (a frame's registers and scratch, interned constants, listed special registers,
        // the launch's values), and the file has room for the whole frame (`Warp::start`, `control::enter`). Nobody writes these rows while the slice
        // is used: results go to rows of their own (`Op::apart`) or through a copy.
        unsafe { std::slice::from_raw_parts(self.tables[rows.table()].add(rows.offset()), rows.count()) }
    }

    /// The rows of a result.
    #[inline(always)]
    pub(super) fn rows_mut<'a>(&mut self, rows: Rows) -> &'a mut [Row] {
        debug_assert!(rows.is_frame(), "only registers are written");
        // SAFETY: as in `rows`; table 0 is the warp's own register file, which `Frame::new` took by a mutable borrow.
        unsafe { std::slice::from_raw_parts_mut(self.tables[0].cast_mut().add(rows.offset()), rows.count()) }
    }

    /// The lanes in which a predicate is true.
    #[inline(always)]
    pub(super) fn predicate(&self, predicate: PredicateRef) -> u32 {
        match predicate {
            PredicateRef::TRUE => u32::MAX,
            PredicateRef::FALSE => 0,
            PredicateRef(word) => {
                // SAFETY: as in `rows`: words of predicates are inside the frame.
                let value = unsafe { *self.tables[0].cast::<u32>().add((word & 0x7fff_ffff) as usize) };
                value ^ 0u32.wrapping_sub(word >> 31)
            }
        }
    }

    /// Writes a predicate in some lanes.
    #[inline(always)]
    pub(super) fn set_predicate(&mut self, slot: PredicateSlot, value: u32, lanes: u32) {
        if slot != PredicateSlot::NONE {
            // SAFETY: as in `predicate`, and as in `rows_mut`.
            let word = unsafe { &mut *self.tables[0].cast_mut().cast::<u32>().add(slot.0 as usize) };
            *word = *word & !lanes | value & lanes;
        }
    }

    /// Runs `compute` into the operation's result: in place when all lanes of the warp take part and no source is overwritten, else through a copy.
    #[inline(always)]
    pub(super) fn write(&mut self, op: &Op, lanes: u32, all: bool, compute: impl FnOnce(&Frame, &mut [Row])) {
        let read = *self;
        if all && op.apart {
            compute(&read, self.rows_mut(op.d));
        } else {
            let mut result = [Row::ZERO; 8];
            let result = &mut result[..op.d.count()];
            compute(&read, result);
            self.put(op.d, result, lanes);
        }
    }

    /// Copies rows into a register in some lanes.
    #[inline]
    pub(super) fn put(&mut self, to: Rows, from: &[Row], lanes: u32) {
        // A result that nobody wants has room for the widest.
        let count = to.count().min(from.len());
        blend(&mut self.rows_mut(to)[..count], &from[..count], lanes);
    }
}

const fn bits<const N: usize>(words_a_lane: usize) -> [u32; N] {
    let mut bits = [0; N];
    let mut index = 0;
    while index < N {
        bits[index] = 1 << (index / words_a_lane);
        index += 1;
    }
    bits
}

static BITS_1: [u32; 32] = bits(1);
static BITS_2: [u32; 64] = bits(2);
static BITS_4: [u32; 128] = bits(4);

/// Copies the words of some lanes; the rows are one register of 32, 64 or 128 bits.
#[inline]
pub(super) fn blend(to: &mut [Row], from: &[Row], lanes: u32) {
    if lanes == u32::MAX {
        to.copy_from_slice(from);
        return;
    }
    let bits: &[u32] = match to.len() {
        1 => &BITS_1,
        2 => &BITS_2,
        _ => &BITS_4,
    };
    let to: &mut [u32] = bytemuck::cast_slice_mut(to);
    let from: &[u32] = bytemuck::cast_slice(from);
    for ((to, from), bit) in to.iter_mut().zip(from).zip(bits) {
        *to = if lanes & bit != 0 { *from } else { *to };
    }
}
