//! Video instructions: scalar (PTX ISA 9.7.17: `vadd` … `vset`) and SIMD (9.7.18: `vadd2` … `vset4`).
//!
//! No processor since Kepler has the scalar ones; ptxas makes them of 64-bit integer arithmetic, and where that departs from the ISA the functions here
//! follow it, as an H200 confirms. Operands are extended to 64 bits by their signs and the operation is exact, but:
//! - `.sat` to a whole u32 of a sum, difference or distance replaces negative results only and takes the low word of others;
//! - `.sat` to a piece replaces whatever has an upper word, negative results too, by the piece's largest number;
//! - `.sat` of a shift keeps 34 bits of the result and saturates to 32 bits even for a piece;
//! - `.min` and `.max` with `c` compare a sum or difference, or a saturated shift, extended from its low word by its sign, whatever its type;
//! - `vmad` multiplies and adds the low words as signed numbers.
//!
//! They work on pieces of registers that operands name (`r1.b0`, `r2.h1`), and either merge the result into a piece of a third operand or combine
//! it with that operand. They are rare, so one function interprets a description.

use rustg_ptx::{Comparison, Form, Modifier, Opcode, Type};

use super::{LANES, Row};

/// Which piece of a 32-bit register an operand of a scalar video instruction names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Piece {
    /// All of it.
    #[default]
    Whole,
    /// Byte 0–3.
    Byte(u8),
    /// Half 0–1.
    Half(u8),
}

/// What the operands of a video instruction name besides registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Selectors {
    /// Scalar: the piece of `d` that is replaced, the rest coming from `c`; `None` when all of `d` is written.
    pub d: Option<Piece>,
    /// Scalar: the piece of `a` that is read.
    pub a: Piece,
    /// Scalar: the piece of `b` that is read.
    pub b: Piece,
    /// `vmad`: `-a`, `-b`, `-c`.
    pub negate: [bool; 3],
    /// SIMD: lanes that are computed (bit = lane); 0 stands for all, the default.
    pub mask: u8,
    /// SIMD: where each lane of the first operand comes from: a piece of `a` (0 …) or of `b` (behind them). `None` is the default.
    pub from_a: Option<[u8; 4]>,
    /// SIMD: likewise for the second operand.
    pub from_b: Option<[u8; 4]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operation {
    Add,
    Sub,
    AbsDiff,
    Min,
    Max,
    Average,
    ShiftLeft { wrap: bool },
    ShiftRight { wrap: bool },
    Mad,
    Set(Comparison),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Second {
    Add,
    Min,
    Max,
}

/// A video instruction's form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Video {
    operation: Operation,
    /// 1 for scalar instructions, 2 or 4 for SIMD ones.
    pieces: u32,
    signed_d: bool,
    signed_a: bool,
    signed_b: bool,
    saturate: bool,
    second: Option<Second>,
    /// `vmad`: the product is `a·b + c + 1`.
    plus_one: bool,
    /// `vmad`: the sum is shifted right by so many bits.
    scale: u32,
}

impl Video {
    /// What `form` is; `None` if it is no video instruction or has words that are not known here.
    pub fn of(form: &Form) -> Option<Video> {
        use Opcode::*;
        let pieces = match form.opcode {
            Vadd | Vsub | Vabsdiff | Vmin | Vmax | Vshl | Vshr | Vmad | Vset => 1,
            Vadd2 | Vsub2 | Vavrg2 | Vabsdiff2 | Vmin2 | Vmax2 | Vset2 => 2,
            Vadd4 | Vsub4 | Vavrg4 | Vabsdiff4 | Vmin4 | Vmax4 | Vset4 => 4,
            _ => return None,
        };
        if form.has(Modifier::Unknown) {
            return None;
        }
        let wrap = form.has(Modifier::Wrap);
        let operation = match form.opcode {
            Vadd | Vadd2 | Vadd4 => Operation::Add,
            Vsub | Vsub2 | Vsub4 => Operation::Sub,
            Vabsdiff | Vabsdiff2 | Vabsdiff4 => Operation::AbsDiff,
            Vmin | Vmin2 | Vmin4 => Operation::Min,
            Vmax | Vmax2 | Vmax4 => Operation::Max,
            Vavrg2 | Vavrg4 => Operation::Average,
            Vshl => Operation::ShiftLeft { wrap },
            Vshr => Operation::ShiftRight { wrap },
            Vmad => Operation::Mad,
            _ => Operation::Set(form.comparison()?),
        };
        let signed = |index: usize| form.type_at(index).map(|t| t == Type::S32);
        let compares = matches!(operation, Operation::Set(_));
        let (signed_d, signed_a, signed_b) = match compares {
            // `c` has the signs of `a`.
            true => (signed(0)?, signed(0)?, signed(1)?),
            false => (signed(0)?, signed(1)?, signed(2)?),
        };
        let second = match form.operation() {
            Some(Modifier::Add) => Some(Second::Add),
            Some(Modifier::Min) => Some(Second::Min),
            Some(Modifier::Max) => Some(Second::Max),
            _ => None,
        };
        let scale = match (form.has(Modifier::Shr7), form.has(Modifier::Shr15)) {
            (true, _) => 7,
            (_, true) => 15,
            _ => 0,
        };
        let plus_one = form.has(Modifier::PlusOne);
        Some(Video {
            plus_one,
            scale,
            operation,
            pieces,
            signed_d,
            signed_a,
            signed_b,
            saturate: form.has(Modifier::Sat),
            second,
        })
    }

    /// Whether it works on one piece of each register, rather than on all bytes or halves.
    pub fn is_scalar(&self) -> bool {
        self.pieces == 1
    }

    /// Pieces that it works on at once: 1, 2 or 4.
    pub fn pieces(&self) -> usize {
        self.pieces as usize
    }

    /// Computes all lanes. `c` may be empty where the instruction has two operands.
    pub fn run(&self, d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], selectors: &Selectors) {
        for lane in 0..LANES {
            let (a, b, c) = (a[0].0[lane], b[0].0[lane], c.first().map_or(0, |row| row.0[lane]));
            d[0].0[lane] = match (self.operation, self.pieces) {
                (Operation::Mad, _) => self.multiply_add(a, b, c, selectors),
                (_, 1) => self.scalar(a, b, c, selectors),
                _ => self.simd(a, b, c, selectors),
            };
        }
    }

    fn apply(&self, a: i64, b: i64) -> i64 {
        match self.operation {
            Operation::Add => a + b,
            Operation::Sub => a - b,
            Operation::AbsDiff => (a - b).abs(),
            Operation::Min => a.min(b),
            Operation::Max => a.max(b),
            Operation::Average => (a + b + i64::from(a + b >= 0)) >> 1,
            Operation::ShiftLeft { wrap } => a << if wrap { b & 31 } else { b.clamp(0, 32) },
            Operation::ShiftRight { wrap } => a >> if wrap { b & 31 } else { b.clamp(0, 32) },
            Operation::Mad => unreachable!("multiply_add computes it"),
            Operation::Set(comparison) => i64::from(match comparison {
                Comparison::Eq => a == b,
                Comparison::Ne => a != b,
                Comparison::Lt => a < b,
                Comparison::Le => a <= b,
                Comparison::Gt => a > b,
                _ => a >= b,
            }),
        }
    }

    fn scalar(&self, a: u32, b: u32, c: u32, selectors: &Selectors) -> u32 {
        let shifts = matches!(self.operation, Operation::ShiftLeft { .. } | Operation::ShiftRight { .. });
        let a = read(a, selectors.a, self.signed_a);
        let b = read(b, selectors.b, self.signed_b && !shifts);
        let exact = self.apply(a, b);
        let bits = match selectors.d {
            Some(Piece::Byte(_)) => 8,
            Some(Piece::Half(_)) => 16,
            _ => 32,
        };
        let picks = matches!(self.operation, Operation::Min | Operation::Max);
        let result = match self.saturate {
            false => exact,
            true if shifts => clamp(exact << 30 >> 30, 32, self.signed_d),
            true if bits < 32 => (exact as u64 | if exact >> 32 != 0 { u64::MAX } else { 0 })
                .min((1 << (bits - u32::from(self.signed_d))) - 1) as i64,
            true if self.signed_d || picks => clamp(exact, 32, self.signed_d),
            true => exact.max(0),
        };
        let narrow = matches!(self.operation, Operation::Add | Operation::Sub) || shifts && self.saturate;
        match (self.second, selectors.d) {
            (Some(second), _) => {
                combine(second, if narrow { (result as i32).into() } else { result }, c, self.signed_d)
            }
            (None, Some(Piece::Byte(index))) => replace(c, result as u32, u32::from(index) * 8, 8),
            (None, Some(Piece::Half(index))) => replace(c, result as u32, u32::from(index) * 16, 16),
            _ => result as u32,
        }
    }

    fn multiply_add(&self, a: u32, b: u32, c: u32, selectors: &Selectors) -> u32 {
        let [negate_a, negate_b, negate_c] = selectors.negate;
        let signed = self.signed_a || self.signed_b || negate_a != negate_b || negate_c;
        let product = i64::from(read(a, selectors.a, self.signed_a) as i32)
            * i64::from(read(b, selectors.b, self.signed_b) as i32);
        let product = if negate_a != negate_b { -product } else { product };
        let addend = if negate_c { -i64::from(c as i32) } else { i64::from(c as i32) };
        let sum = product + addend + i64::from(self.plus_one);
        let scaled = if signed { sum >> self.scale } else { (sum as u64 >> self.scale) as i64 };
        match (self.saturate, signed) {
            (false, _) => scaled as u32,
            (true, true) => scaled.clamp(i32::MIN.into(), i32::MAX.into()) as u32,
            (true, false) => scaled.clamp(0, u32::MAX.into()) as u32,
        }
    }

    fn simd(&self, a: u32, b: u32, c: u32, selectors: &Selectors) -> u32 {
        let bits = 32 / self.pieces;
        let both = u64::from(b) << 32 | u64::from(a);
        let take = |index: u8, signed: bool| {
            let raw = both >> (u32::from(index) * bits) & ((1 << bits) - 1);
            extend(raw as u32, bits, signed)
        };
        let (mut packed, mut sum) = (c, c);
        for piece in 0..self.pieces {
            if selectors.mask != 0 && selectors.mask >> piece & 1 == 0 {
                continue;
            }
            let first = selectors.from_a.map_or(piece as u8, |from| from[piece as usize]);
            let second = selectors.from_b.map_or((piece + self.pieces) as u8, |from| from[piece as usize]);
            let mut result = self.apply(take(first, self.signed_a), take(second, self.signed_b));
            if self.saturate {
                result = clamp(result, bits, self.signed_d);
            }
            packed = replace(packed, result as u32, piece * bits, bits);
            sum = sum.wrapping_add(result as u32);
        }
        if self.second.is_some() { sum } else { packed }
    }
}

fn extend(raw: u32, bits: u32, signed: bool) -> i64 {
    let unused = 32 - bits;
    if signed { i64::from((raw << unused) as i32 >> unused) } else { i64::from(raw << unused >> unused) }
}

fn read(word: u32, piece: Piece, signed: bool) -> i64 {
    match piece {
        Piece::Whole => extend(word, 32, signed),
        Piece::Byte(index) => extend(word >> (8 * u32::from(index & 3)), 8, signed),
        Piece::Half(index) => extend(word >> (16 * u32::from(index & 1)), 16, signed),
    }
}

fn clamp(value: i64, bits: u32, signed: bool) -> i64 {
    if signed { value.clamp(-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { value.clamp(0, (1 << bits) - 1) }
}

fn replace(word: u32, value: u32, at: u32, bits: u32) -> u32 {
    let mask = (u32::MAX >> (32 - bits)) << at;
    word & !mask | value << at & mask
}

/// The secondary operation: 64-bit, of the signs of `d`.
fn combine(second: Second, value: i64, c: u32, signed: bool) -> u32 {
    let addend = extend(c, 32, signed);
    let below = if signed { value < addend } else { (value as u64) < addend as u64 };
    match second {
        Second::Add => (value as u32).wrapping_add(c),
        Second::Min => {
            if below {
                value as u32
            } else {
                c
            }
        }
        Second::Max => {
            if below {
                c
            } else {
                value as u32
            }
        }
    }
}
