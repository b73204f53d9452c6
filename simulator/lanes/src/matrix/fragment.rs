//! Which lane and register holds which element of a matrix (PTX ISA 9.7.15.5, the figures of each shape).
//!
//! All shapes but one follow one rule. With `group = lane / 4`, `t = lane % 4` and `e` elements in a register (one if they are 32 bits or wider):
//! `a` has row `group` (plus 8 in odd registers, if there are 16 rows) and column `t·e` plus the place in the register, plus `4e` for each further
//! pair of registers; `b` likewise with rows for columns; `c` and `d` have two neighbouring columns a lane. `m8n8k4` of f16 is four products
//! of quads of lanes, with layouts of its own.

use rustg_ptx::{Modifier, Shape};

use crate::{LANES, Row};

/// An operand of a matrix product; `C` stands for `c` and `d`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the operands of mma")]
pub enum Side {
    A,
    B,
    C,
}

/// The layout of a shape's fragments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// The rule above.
    Regular,
    /// `m8n8k4` of f16: four products, each of eight lanes.
    Quad {
        /// `a` lies row by row.
        a_rows: bool,
        /// `b` lies row by row.
        b_rows: bool,
    },
}

impl Layout {
    /// The layout of a shape; `None` for a shape that `mma` does not have.
    pub fn of(shape: Shape, layouts: &[Modifier]) -> Option<Layout> {
        match (shape.m, shape.n, shape.k) {
            // f64 has this shape too, with one row-and-column order only and the regular layout; the caller's types tell.
            (8, 8, 4) => Some(Layout::Quad {
                a_rows: layouts.first() == Some(&Modifier::Row),
                b_rows: layouts.get(1) == Some(&Modifier::Row),
            }),
            (8, 8, 16 | 32 | 128) | (16, 8, 4 | 8 | 16 | 32 | 64 | 128 | 256) => Some(Layout::Regular),
            _ => None,
        }
    }

    /// Whether it is the layout of four products at once.
    pub fn is_quad(self) -> bool {
        matches!(self, Layout::Quad { .. })
    }
}

/// Where an element is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Row of the matrix.
    pub row: usize,
    /// Column of the matrix.
    pub column: usize,
}

/// The place of element `index` (counted through the lane's registers) of `lane`.
pub fn place(layout: &Layout, side: Side, bits: u32, shape: Shape, lane: usize, index: usize) -> Place {
    let (group, t) = (lane / 4, lane % 4);
    match *layout {
        Layout::Regular => {
            let each = (32 / bits as usize).max(1);
            let (register, within) = (index / each, index % each);
            let tall = shape.m == 16;
            match side {
                Side::A => {
                    let (lower, block) = if tall { (register % 2, register / 2) } else { (0, register) };
                    Place { row: group + 8 * lower, column: block * 4 * each + t * each + within }
                }
                Side::B => Place { row: register * 4 * each + t * each + within, column: group },
                Side::C => Place { row: group + 8 * (index / 2), column: 2 * t + index % 2 },
            }
        }
        Layout::Quad { a_rows, b_rows } => {
            // Lanes 4q…4q+3 and 16+4q…16+4q+3 compute product q.
            let upper = if lane < 16 { 0 } else { 4 };
            match side {
                Side::A if a_rows => Place { row: t + upper, column: index },
                Side::A => Place { row: index + upper, column: t },
                Side::B if b_rows => Place { row: t, column: index + upper },
                Side::B => Place { row: index, column: t + upper },
                Side::C if bits == 16 => Place { row: t + upper, column: index },
                Side::C => {
                    Place { row: (lane & 1) + (index & 2) + upper, column: (index & 4) + (lane & 2) + (index & 1) }
                }
            }
        }
    }
}

fn belongs(layout: &Layout, lane: usize, product: usize) -> bool {
    !layout.is_quad() || lane % 16 / 4 == product
}

fn element(rows: &[Row], lane: usize, bits: u32, index: usize) -> u64 {
    if bits == 64 {
        return crate::wide(&rows[2 * index..])[lane];
    }
    let each = 32 / bits as usize;
    let word = rows[index / each].0[lane];
    u64::from(word >> (index % each * bits as usize) & (u32::MAX >> (32 - bits)))
}

/// Elements of one lane's fragment.
fn count(layout: &Layout, elements: usize) -> usize {
    if layout.is_quad() { elements / 8 } else { elements / LANES }
}

/// The matrix that a fragment holds, zero-extended elements: `A` and `C` row by row, `B` column by column.
pub fn gather(layout: &Layout, side: Side, bits: u32, shape: Shape, rows: &[Row], product: usize) -> Vec<u64> {
    let (m, n, k) = (shape.m as usize, shape.n as usize, shape.k as usize);
    let (height, width) = match side {
        Side::A => (m, k),
        Side::B => (k, n),
        Side::C => (m, n),
    };
    let mut matrix = vec![0; height * width];
    for lane in (0..LANES).filter(|&lane| belongs(layout, lane, product)) {
        for index in 0..count(layout, height * width) {
            let Place { row, column } = place(layout, side, bits, shape, lane, index);
            let at = if side == Side::B { column * height + row } else { row * width + column };
            matrix[at] = element(rows, lane, bits, index);
        }
    }
    matrix
}

/// Writes a result, row by row, into the registers of `d`.
pub fn scatter(layout: &Layout, bits: u32, shape: Shape, matrix: &[u64], rows: &mut [Row], product: usize) {
    let width = shape.n as usize;
    for lane in (0..LANES).filter(|&lane| belongs(layout, lane, product)) {
        for index in 0..count(layout, matrix.len()) {
            let Place { row, column } = place(layout, Side::C, bits, shape, lane, index);
            let value = matrix[row * width + column];
            if bits == 64 {
                crate::wide_mut(&mut rows[2 * index..])[lane] = value;
                continue;
            }
            let each = 32 / bits as usize;
            let shift = index % each * bits as usize;
            let mask = (u32::MAX >> (32 - bits)) << shift;
            let word = &mut rows[index / each].0[lane];
            *word = *word & !mask | (value as u32) << shift;
        }
    }
}
