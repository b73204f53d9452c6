//! Counts by line, and how much arithmetic a kernel does for each byte it moves.

use std::collections::BTreeMap;

use rustg_base::LineIndex;
use rustg_ptx::{Form, Module, Opcode, Shape, Type};

use super::tally::{Counts, Tally};
use super::traffic::SECTOR_BYTES;
use crate::check::{Frame, frames};

/// Counts of a line of source or PTX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCounts {
    /// The line.
    pub line: Frame,
    /// What its instructions did.
    pub tally: Tally,
}

/// Counts of every PTX line that has instructions, in order.
pub fn ptx_lines(counts: &Counts, module: &Module, text: &str, path: &str) -> Vec<LineCounts> {
    let index = LineIndex::new(text);
    let mut lines: BTreeMap<u32, Tally> = BTreeMap::new();
    for (instruction, tally) in module.instructions.iter().zip(counts.tallies()) {
        *lines.entry(index.line(instruction.span.start) + 1).or_default() += tally;
    }
    let named = |(line, tally)| LineCounts { line: Frame { path: path.to_owned(), line, column: 0 }, tally };
    lines.into_iter().map(named).collect()
}

/// Counts of every source line, by file and line. With `inlined`, a line also has what code inlined into it did: then lines overlap, and their sum
/// is more than the kernel's.
pub fn source_lines(counts: &Counts, module: &Module, inlined: bool) -> Vec<LineCounts> {
    let mut lines: BTreeMap<Frame, Tally> = BTreeMap::new();
    for (pc, tally) in counts.tallies().iter().enumerate().filter(|(_, tally)| tally.executions > 0) {
        let mut chain = frames(module, module.location_of(pc as u32));
        chain.iter_mut().for_each(|frame| frame.column = 0);
        chain.truncate(if inlined { chain.len() } else { 1 });
        chain.sort();
        chain.dedup();
        for frame in chain {
            *lines.entry(frame).or_default() += tally;
        }
    }
    lines.into_iter().map(|(line, tally)| LineCounts { line, tally }).collect()
}

/// Arithmetic beside traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Intensity {
    /// Operations of 16-bit floats, `fma` counting two; matrix instructions included, as those below.
    pub half_ops: u64,
    /// The same of 32-bit floats (and tf32).
    pub single_ops: u64,
    /// The same of 64-bit floats.
    pub double_ops: u64,
    /// Integer and logic operations, address arithmetic included; 8-bit and narrower matrix products too.
    pub integer_ops: u64,
    /// Bytes the program asked global memory for.
    pub global_bytes: u64,
    /// Bytes of the sectors that took.
    pub sector_bytes: u64,
}

impl Intensity {
    /// Floating-point operations of all widths.
    pub fn float_ops(&self) -> u64 {
        self.half_ops + self.single_ops + self.double_ops
    }

    /// Floating-point operations for each byte of sectors; nothing when no byte was moved.
    pub fn ops_per_byte(&self) -> Option<f64> {
        (self.sector_bytes > 0).then(|| self.float_ops() as f64 / self.sector_bytes as f64)
    }
}

/// How much arithmetic was done for each byte.
pub fn intensity(counts: &Counts, module: &Module) -> Intensity {
    let mut sum = Intensity::default();
    for (instruction, tally) in module.instructions.iter().zip(counts.tallies()) {
        let form = module.form(instruction);
        let (of, ops) = if instruction.opcode == Opcode::Mma {
            (form.type_at(1).or(form.type_at(0)), matrix_ops(form) * tally.executions)
        } else {
            (form.type_at(0), operations(instruction.opcode, form) * tally.lanes)
        };
        match of {
            Some(of) if of.is_float() => match of.bits() / of.packed().max(1) {
                64 => sum.double_ops += ops,
                17..=32 => sum.single_ops += ops,
                _ => sum.half_ops += ops,
            },
            Some(_) => sum.integer_ops += ops,
            None => {}
        }
        sum.global_bytes += tally.read_bytes[0] + tally.written_bytes[0];
        sum.sector_bytes += tally.global_sectors * SECTOR_BYTES;
    }
    sum
}

/// Operations a lane does; 0 for what computes nothing.
fn operations(opcode: Opcode, form: &Form) -> u64 {
    let each = match opcode {
        Opcode::Fma | Opcode::Mad | Opcode::Mad24 | Opcode::Madc => 2,
        Opcode::Dp4a => 8,
        Opcode::Dp2a => 4,
        Opcode::Add
        | Opcode::Addc
        | Opcode::Sub
        | Opcode::Subc
        | Opcode::Mul
        | Opcode::Mul24
        | Opcode::Div
        | Opcode::Rem
        | Opcode::Min
        | Opcode::Max
        | Opcode::Abs
        | Opcode::Neg
        | Opcode::Rcp
        | Opcode::Sqrt
        | Opcode::Rsqrt
        | Opcode::Sin
        | Opcode::Cos
        | Opcode::Ex2
        | Opcode::Lg2
        | Opcode::Tanh
        | Opcode::And
        | Opcode::Or
        | Opcode::Xor
        | Opcode::Not
        | Opcode::Shl
        | Opcode::Shr
        | Opcode::Shf
        | Opcode::Lop3
        | Opcode::Popc
        | Opcode::Clz
        | Opcode::Sad => 1,
        _ => 0,
    };
    each * u64::from(form.type_at(0).map_or(1, Type::packed).max(1))
}

/// Operations a warp does in one matrix instruction: two for each of m·n·k.
fn matrix_ops(form: &Form) -> u64 {
    let Shape { m, n, k } = form.shape;
    2 * u64::from(m) * u64::from(n) * u64::from(k)
}
