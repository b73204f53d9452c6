//! What every computing PTX instruction means, for 32 lanes at once.
//!
//! This module owns value semantics: arithmetic, conversion, comparison, data movement between lanes, the arithmetic of atomics and of matrix
//! instructions. It does not know memory, scheduling, masks of active lanes or registers: functions read rows and write rows, for all 32
//! lanes, and never fault; the machine keeps the lanes that count.
//!
//! A [`Row`] is one register of up to 32 bits across a warp. Values narrower than 32 bits stand zero-extended in it (functions ignore the
//! upper bits of what they read). A 64-bit register is two rows seen as `[u64; 32]`, lane after lane; a 128-bit register is four. Predicates are
//! not rows but masks: bit = lane. A vector operand is the rows of its elements, one after another.
//!
//! [`select`] gives the function for a form; instructions that move values between lanes, atomics, matrices and video instructions have doors of
//! their own. Functions come in several instruction sets ([`Isa`]) with bit-identical results.

#![allow(clippy::needless_range_loop, reason = "a lane indexes several rows at once")]
#![allow(clippy::redundant_closure_call, reason = "macros stamp one expression on many rows")]
#![allow(clippy::type_complexity, reason = "the unsafe twins of named function types")]

mod approximate;
pub mod atomic;
pub mod bits;
mod carry;
mod compare;
mod convert;
pub mod cross;
mod float;
mod half;
mod integer;
pub mod kernel;
pub mod matrix;
mod rare;
mod select;
pub mod soft;
pub mod video;

pub use kernel::{Isa, Lane, Operation};
pub use select::{Described, select, select_for, select_ternary, select_video};

/// Lanes of a warp.
pub const LANES: usize = 32;

/// One 32-bit register of a warp: a word for each lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(64))]
pub struct Row(pub [u32; LANES]);

// SAFETY: 128 bytes of u32 at alignment 64: no padding, every bit pattern is a value.
unsafe impl bytemuck::Zeroable for Row {}
// SAFETY: as above.
unsafe impl bytemuck::Pod for Row {}

impl Row {
    /// All lanes zero.
    pub const ZERO: Row = Row([0; LANES]);

    /// The same word in every lane.
    pub const fn splat(word: u32) -> Row {
        Row([word; LANES])
    }

    /// The same 64-bit value in every lane, as the two rows of a 64-bit register.
    pub fn splat64(value: u64) -> [Row; 2] {
        bytemuck::cast([value; LANES])
    }
}

/// Two rows as the 64-bit register they are. Panics when there are fewer.
pub fn wide(rows: &[Row]) -> &[u64; LANES] {
    bytemuck::from_bytes(bytemuck::cast_slice(&rows[..2]))
}

/// Two rows as the 64-bit register they are. Panics when there are fewer.
pub fn wide_mut(rows: &mut [Row]) -> &mut [u64; LANES] {
    bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(&mut rows[..2]))
}

/// Rows from up to three operands: `(d, a, b, c)`; operands an instruction does not have are empty slices.
pub type ValueFn = fn(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]);

/// Rows from four operands: `(d, a, b, c, e)`.
pub type Value4Fn = fn(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], e: &[Row]);

/// Masks from two operands: `(a, b)`.
pub type TestFn = fn(a: &[Row], b: &[Row]) -> Tested;

/// Rows and a carry mask: `(d, a, b, c, carry_in) -> carry_out`.
pub type CarryFn = fn(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], carry: u32) -> u32;

/// What a comparison found in each lane, before it is combined with a predicate operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tested {
    /// For the first destination predicate.
    pub p: u32,
    /// For the second: the opposite of `p`, or for packed types what the upper half found.
    pub q: u32,
}

/// How `setp`, `set` and `lop3` combine their finding with a predicate operand (already negated where the operand says so).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Combine {
    /// There is no such operand.
    None,
    /// `found & predicate`
    And,
    /// `found | predicate`
    Or,
    /// `found ^ predicate`
    Xor,
}

impl Combine {
    /// The combined mask.
    pub fn apply(self, found: u32, predicate: u32) -> u32 {
        match self {
            Combine::None => found,
            Combine::And => found & predicate,
            Combine::Or => found | predicate,
            Combine::Xor => found ^ predicate,
        }
    }
}

/// How one form of instruction computes. Chosen once, when a program is decoded.
#[derive(Clone, Copy)]
pub enum LaneFn {
    /// Rows from up to three operands.
    Value(ValueFn),
    /// Rows from four operands: `bfi`, `lop3` (the fourth is the table), stochastic conversions.
    Value4(Value4Fn),
    /// `setp`, `testp`: `p = found.p ∘ predicate`, and where there is a second destination `q = found.q ∘ predicate`.
    Test {
        /// Compares.
        test: TestFn,
        /// With the predicate operand.
        combine: Combine,
    },
    /// `set`: compares, combines `p` (and `q`, for packed types) with the predicate operand, and writes the result as a value.
    Set {
        /// Compares.
        test: TestFn,
        /// With the predicate operand.
        combine: Combine,
        /// Writes the combined masks as all ones, `1` or `1.0`.
        fill: fn(d: &mut [Row], found: Tested),
    },
    /// A rare form, as data: [`Described::run`] takes the operands of [`LaneFn::Value`].
    Described(Described),
    /// `selp`: `d = p ? a : b`.
    Select(fn(d: &mut [Row], a: &[Row], b: &[Row], p: u32)),
    /// `add.cc`, `addc`, `sub.cc`, `subc`, `mad.cc`, `madc`: the condition code's carry is a mask the machine keeps for each warp.
    Carry {
        /// Computes; gives back the carry (for subtraction the borrow) out of each lane.
        run: CarryFn,
        /// Whether the carry is read (else it counts as zero).
        reads: bool,
        /// Whether the carry is written.
        writes: bool,
    },
    /// `lop3.boolop`: a value, and `p = (d != 0) ∘ predicate`, see [`nonzero`].
    ValueTest {
        /// Computes the value.
        run: Value4Fn,
        /// With the predicate operand.
        combine: Combine,
    },
    /// `and.pred`, `or.pred`, `xor.pred`, `not.pred`, `mov.pred`: masks only (the second is ignored where there is one operand).
    Logic(fn(a: u32, b: u32) -> u32),
}

/// The lanes of a row that are not zero.
pub fn nonzero(row: &Row) -> u32 {
    (row.0.iter().enumerate()).fold(0, |mask, (lane, &word)| mask | (u32::from(word != 0) << lane))
}

/// Extends values of `from_bits` (8, 16, 32) bits to a register of `to_bits` (16, 32, 64) bits in place: what PTX does when a `cvt` or `ld` writes a
/// register wider than its type (PTX ISA 9.4.1). `rows` holds the value in its first row and has room for the register.
pub fn widen(rows: &mut [Row], from_bits: u32, signed: bool, to_bits: u32) {
    let unused = 64 - from_bits;
    let extended: [u64; LANES] = std::array::from_fn(|lane| {
        let word = u64::from(rows[0].0[lane]) << unused;
        if signed { ((word as i64) >> unused) as u64 } else { word >> unused }
    });
    if to_bits == 64 {
        *wide_mut(rows) = extended;
    } else {
        let mask = u32::MAX >> (32 - to_bits);
        rows[0] = Row(extended.map(|value| value as u32 & mask));
    }
}
