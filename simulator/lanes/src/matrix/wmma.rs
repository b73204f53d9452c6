//! Fragments of `wmma` (PTX ISA 9.7.15.3), whose layout is the hardware's own affair: here it is `mma`'s, tile after tile.
//!
//! A tile of `a` is 8 rows by one register's elements in each of four lanes, of `b` the same with columns for rows, of `c` and `d` 8×8 with two neighbouring
//! columns a lane. Where a fragment has more registers than its matrix needs (`f16`), the rest repeat it.

use rustg_ptx::{Form, Modifier, Opcode, Shape, Type};

use super::accumulate::Accumulation;
use super::fragment::{Place, Side};
use super::{Accumulator, Element, Mma, Product};
use crate::{LANES, Row, wide, wide_mut};

/// A fragment that `wmma.load` fills, `wmma.store` empties, or `wmma.mma` multiplies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fragment {
    side: Side,
    shape: Shape,
    /// Bits of an element.
    pub bits: u32,
}

impl Fragment {
    /// The fragment of a load or store, and whether memory holds it row by row; `None` for shapes and types that `wmma` does not have.
    pub fn of(form: &Form) -> Option<(Fragment, bool)> {
        let side = match (form.opcode, form.has(Modifier::FragmentA), form.has(Modifier::FragmentB)) {
            (Opcode::WmmaLoad, true, _) => Side::A,
            (Opcode::WmmaLoad, _, true) => Side::B,
            (Opcode::WmmaLoad | Opcode::WmmaStore, _, _) => Side::C,
            _ => return None,
        };
        let kind = *form.types().last()?;
        let element = match side {
            Side::C => Element::F16,
            _ => Element::of(kind)?,
        };
        let known = match side {
            Side::C => ACCUMULATORS.contains(&kind) && SHAPES.iter().any(|(shape, _)| *shape == shape_of(form.shape)),
            _ => SHAPES.iter().any(|(shape, elements)| *shape == shape_of(form.shape) && elements.contains(&element)),
        };
        known.then_some((Fragment { side, shape: form.shape, bits: kind.bits() }, form.has(Modifier::Row)))
    }

    /// Rows and columns of the matrix.
    pub fn size(&self) -> (usize, usize) {
        let (m, n, k) = (self.shape.m as usize, self.shape.n as usize, self.shape.k as usize);
        match self.side {
            Side::A => (m, k),
            Side::B => (k, n),
            Side::C => (m, n),
        }
    }

    /// Elements of a register, or one where it is wider.
    pub fn each(&self) -> usize {
        (32 / self.bits as usize).max(1)
    }

    /// Elements that every lane holds, repetitions not counted.
    pub fn elements(&self) -> usize {
        let (rows, columns) = self.size();
        rows * columns / LANES
    }

    /// Whether the elements of a register are neighbours in a row.
    pub fn lies_in_rows(&self) -> bool {
        self.side != Side::B
    }

    /// Where element `index` of a lane belongs.
    pub fn place(&self, lane: usize, index: usize) -> Place {
        let (group, t) = (lane / 4, lane % 4);
        let (rows, columns) = self.size();
        let each = self.each();
        match self.side {
            Side::C => {
                let (tile, within) = (index / 2, index % 2);
                let tiles = rows / 8;
                Place { row: tile % tiles * 8 + group, column: tile / tiles * 8 + 2 * t + within }
            }
            Side::A => {
                let (tile, within) = (index / each, index % each);
                let tiles = rows / 8;
                Place { row: tile % tiles * 8 + group, column: (tile / tiles * 4 + t) * each + within }
            }
            Side::B => {
                let (tile, within) = (index / each, index % each);
                let tiles = rows / (4 * each);
                debug_assert!(tile / tiles * 8 < columns, "elements are those of the matrix");
                Place { row: (tile % tiles * 4 + t) * each + within, column: tile / tiles * 8 + group }
            }
        }
    }

    /// Element `index` of a lane, zero-extended.
    pub fn get(&self, rows: &[Row], lane: usize, index: usize) -> u64 {
        if self.bits == 64 {
            return wide(&rows[2 * index..])[lane];
        }
        let each = self.each();
        u64::from(rows[index / each].0[lane] >> (index % each * self.bits as usize) & (u32::MAX >> (32 - self.bits)))
    }

    /// Sets element `index` of a lane.
    pub fn set(&self, rows: &mut [Row], lane: usize, index: usize, value: u64) {
        if self.bits == 64 {
            wide_mut(&mut rows[2 * index..])[lane] = value;
            return;
        }
        let each = self.each();
        let shift = index % each * self.bits as usize;
        let mask = (u32::MAX >> (32 - self.bits)) << shift;
        let word = &mut rows[index / each].0[lane];
        *word = *word & !mask | (value as u32) << shift & mask;
    }

    /// Rows of registers that hold every element once.
    pub fn rows(&self) -> usize {
        self.elements() * self.bits as usize / 32
    }

    /// The matrix, `b` column by column, the others row by row.
    fn gather(&self, rows: &[Row]) -> Vec<u64> {
        let (height, width) = self.size();
        let mut matrix = vec![0; height * width];
        for lane in 0..LANES {
            for index in 0..self.elements() {
                let Place { row, column } = self.place(lane, index);
                let at = if self.side == Side::B { column * height + row } else { row * width + column };
                matrix[at] = self.get(rows, lane, index);
            }
        }
        matrix
    }
}

const ACCUMULATORS: [Type; 4] = [Type::F16, Type::F32, Type::S32, Type::F64];

const WIDE: &[Element] = &[Element::F16, Element::Bf16, Element::U8, Element::S8];

/// Shapes and the multiplicands they have (PTX ISA 9.7.15.2).
const SHAPES: &[((u16, u16, u16), &[Element])] = &[
    ((16, 16, 16), WIDE),
    ((32, 8, 16), WIDE),
    ((8, 32, 16), WIDE),
    ((16, 16, 8), &[Element::Tf32]),
    ((8, 8, 4), &[Element::F64]),
    ((8, 8, 32), &[Element::U4, Element::S4]),
    ((8, 8, 128), &[Element::B1]),
];

fn shape_of(shape: Shape) -> (u16, u16, u16) {
    (shape.m, shape.n, shape.k)
}

/// `wmma.mma`
#[derive(Clone, Copy, Debug)]
pub struct Wmma {
    product: Mma,
}

impl Wmma {
    /// What `form` multiplies; `None` for what `wmma` does not have, and roundings that are not known here.
    pub fn of(form: &Form) -> Option<Wmma> {
        if form.opcode != Opcode::WmmaMma || form.has(Modifier::Unknown) {
            return None;
        }
        if !matches!(form.rounding(), None | Some(rustg_ptx::Rounding::Nearest)) {
            return None;
        }
        let types = [form.type_at(0), form.type_at(1), form.type_at(2), form.type_at(3)];
        let (d, a, b, c) = match types {
            [Some(d), Some(c), None, _] => (d, Type::F16, Type::F16, c),
            [Some(d), Some(a), Some(b), Some(c)] => (d, a, b, c),
            _ => return None,
        };
        let product = match (form.has(Modifier::Popc), form.has(Modifier::Xor)) {
            (false, _) => Product::Multiply,
            (true, true) => Product::XorCount,
            (true, false) => Product::AndCount,
        };
        let product = Mma {
            shape: form.shape,
            a: Element::of(a)?,
            b: Element::of(b)?,
            c: Accumulator::of(c)?,
            d: Accumulator::of(d)?,
            sparse: false,
            product,
            saturate: form.has(Modifier::Satfinite),
            layout: super::fragment::Layout::Regular,
        };
        let known = (product.c == Accumulator::S32) == product.a.is_integer()
            && product.a.is_integer() == product.b.is_integer()
            && (product.a == Element::F64) == (product.c == Accumulator::F64)
            && (product.c == product.d || !product.a.is_integer() && product.a == Element::F16)
            && product.a.bits() == product.b.bits()
            && !(product.saturate && !product.a.is_integer())
            && (SHAPES.iter()).any(|(shape, of)| *shape == shape_of(form.shape) && of.contains(&product.a));
        known.then_some(Wmma { product })
    }

    fn fragment(&self, side: Side, bits: u32) -> Fragment {
        Fragment { side, shape: self.product.shape, bits }
    }

    /// Rows that each operand needs at least: `(d, a, b, c)`.
    pub fn rows(&self) -> (usize, usize, usize, usize) {
        let Mma { a, b, c, d, .. } = self.product;
        let rows = |side, bits| self.fragment(side, bits).rows();
        (rows(Side::C, d.bits()), rows(Side::A, a.bits()), rows(Side::B, b.bits()), rows(Side::C, c.bits()))
    }

    /// `d = a · b + c`
    ///
    /// # Panics
    /// When an operand has too few rows.
    pub fn run(&self, model: &Accumulation, d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
        let mma = &self.product;
        let left = self.fragment(Side::A, mma.a.bits()).gather(a);
        let right = self.fragment(Side::B, mma.b.bits()).gather(b);
        let sums = self.fragment(Side::C, mma.c.bits()).gather(c);
        let results = mma.multiply(model, &left, &right, &sums, None);
        let to = self.fragment(Side::C, mma.d.bits());
        let width = to.size().1;
        for lane in 0..LANES {
            for index in 0..to.elements() {
                let Place { row, column } = to.place(lane, index);
                to.set(d, lane, index, results[row * width + column]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_of_every_fragment_has_one_place() {
        for (shape, elements) in SHAPES {
            let shape = Shape { m: shape.0, n: shape.1, k: shape.2 };
            for (side, bits) in [(Side::A, elements[0].bits()), (Side::B, elements[0].bits()), (Side::C, 32)] {
                let fragment = Fragment { side, shape, bits };
                let mut places: Vec<_> = (0..LANES)
                    .flat_map(|lane| (0..fragment.elements()).map(move |index| fragment.place(lane, index)))
                    .map(|place| (place.row, place.column))
                    .collect();
                places.sort_unstable();
                let (rows, columns) = fragment.size();
                let all: Vec<_> = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).collect();
                assert_eq!(places, all, "{side:?} of {shape:?}");
            }
        }
    }
}
