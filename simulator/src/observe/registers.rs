//! Registers as observers see them: which an instruction reads and writes, what for, and what predicates hold.

use crate::lanes::Row;

/// What an instruction does with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterRole {
    /// The guard, `@%p`.
    Guard,
    /// The base of an address.
    Address,
    /// An operand, or a result.
    Operand {
        /// The operand's index in the instruction.
        index: u8,
        /// Which element of a vector operand; 0 for a plain one.
        element: u8,
    },
}

/// A register as the machine holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterSlot {
    /// Place in its frame, in 32-bit words: a row's first word is a multiple of 32, a predicate is one word.
    pub word: u32,
    /// Rows the register takes; 0 for a predicate.
    pub rows: u8,
    /// Whether a predicate is read negated.
    pub negated: bool,
    /// What it is for.
    pub role: RegisterRole,
    /// The register's index in its function's register table.
    pub register: u32,
}

/// The registers of one warp instruction, before it is executed.
#[derive(Clone, Copy, Debug)]
pub struct RegisterUse<'a> {
    /// Where the frame begins in the warp's register file, in rows. Calls of different depth have different frames.
    pub frame: u32,
    /// What is read, the guard first, then by operand.
    pub reads: &'a [RegisterSlot],
    /// What is written, by operand.
    pub writes: &'a [RegisterSlot],
    /// The lanes that execute it.
    pub active: u32,
    /// The lanes that reached it, those that its guard turns off too.
    pub issued: u32,
    /// The warp's register file.
    pub file: &'a [Row],
}

impl RegisterUse<'_> {
    /// The lanes in which a predicate that is read is true, after its negation.
    pub fn true_in(&self, slot: &RegisterSlot) -> u32 {
        let row = self.file.get(self.frame as usize + slot.word as usize / 32);
        let value = row.map_or(0, |row| row.0[slot.word as usize % 32]);
        if slot.negated { !value } else { value }
    }
}
