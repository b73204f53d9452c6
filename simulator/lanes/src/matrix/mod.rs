//! Matrix instructions of a warp (PTX ISA 9.7.15): `mma.sync`, sparse and dense, and the index maps of `ldmatrix`, `stmatrix`, `movmatrix`.
//!
//! A fragment's elements are gathered into plain arrays, multiplied, and scattered back; [`fragment`] has the layouts, [`accumulate`] the
//! arithmetic of the sums.

pub mod accumulate;
pub mod fragment;
mod moves;
mod sparse;
pub mod wmma;

pub use accumulate::Accumulation;
pub use moves::{MatrixRows, load_matrices, store_matrices, transpose};

use rustg_ptx::{Form, Modifier, Opcode, Shape, Type};

use super::Row;
use super::float::FmaF64;
use super::kernel::{Operation, Portable};
use accumulate::{Term, quad_sum, terms};
use fragment::Side;

/// The type of a multiplicand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is named as PTX names it")]
pub enum Element {
    F16,
    Bf16,
    Tf32,
    F64,
    E4m3,
    E5m2,
    U8,
    S8,
    U4,
    S4,
    B1,
}

impl Element {
    fn of(t: Type) -> Option<Element> {
        Some(match t {
            Type::F16 => Element::F16,
            Type::Bf16 => Element::Bf16,
            Type::Tf32 => Element::Tf32,
            Type::F64 => Element::F64,
            Type::E4m3 => Element::E4m3,
            Type::E5m2 => Element::E5m2,
            Type::U8 => Element::U8,
            Type::S8 => Element::S8,
            Type::U4 => Element::U4,
            Type::S4 => Element::S4,
            Type::B1 => Element::B1,
            _ => return None,
        })
    }

    /// Bits that it takes in a fragment.
    pub fn bits(self) -> u32 {
        match self {
            Element::F64 => 64,
            Element::Tf32 => 32,
            Element::F16 | Element::Bf16 => 16,
            Element::E4m3 | Element::E5m2 | Element::U8 | Element::S8 => 8,
            Element::U4 | Element::S4 => 4,
            Element::B1 => 1,
        }
    }

    fn is_integer(self) -> bool {
        matches!(self, Element::U8 | Element::S8 | Element::U4 | Element::S4 | Element::B1)
    }

    /// An integer element's value.
    fn integer(self, bits: u64) -> i32 {
        match self {
            Element::S8 => i32::from(bits as i8),
            Element::S4 => (bits as i32) << 28 >> 28,
            _ => bits as i32,
        }
    }
}

/// The type of the accumulators, `c` and `d`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is named as PTX names it")]
pub enum Accumulator {
    F16,
    F32,
    F64,
    S32,
}

impl Accumulator {
    fn of(t: Type) -> Option<Accumulator> {
        Some(match t {
            Type::F16 => Accumulator::F16,
            Type::F32 => Accumulator::F32,
            Type::F64 => Accumulator::F64,
            Type::S32 => Accumulator::S32,
            _ => return None,
        })
    }

    /// Bits that one takes in a fragment.
    pub fn bits(self) -> u32 {
        match self {
            Accumulator::F16 => 16,
            Accumulator::F32 | Accumulator::S32 => 32,
            Accumulator::F64 => 64,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Product {
    Multiply,
    XorCount,
    AndCount,
}

/// A form of `mma.sync`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mma {
    /// Rows, columns and depth.
    pub shape: Shape,
    /// Type of `a`.
    pub a: Element,
    /// Type of `b`.
    pub b: Element,
    /// Type of `c`.
    pub c: Accumulator,
    /// Type of `d`.
    pub d: Accumulator,
    /// Whether `a` is compressed and metadata say where its elements belong.
    pub sparse: bool,
    product: Product,
    saturate: bool,
    layout: fragment::Layout,
}

impl Mma {
    /// What `form` multiplies; `None` if it is no `mma`, or one that is not known here (block scaling, formats of six and four bits).
    pub fn of(form: &Form) -> Option<Mma> {
        if form.opcode != Opcode::Mma || form.has(Modifier::BlockScale) || form.has(Modifier::Unknown) {
            return None;
        }
        let [d, a, b, c] = [form.type_at(0)?, form.type_at(1)?, form.type_at(2)?, form.type_at(3)?];
        let product = match (form.has(Modifier::Popc), form.has(Modifier::Xor)) {
            (false, _) => Product::Multiply,
            (true, true) => Product::XorCount,
            (true, false) => Product::AndCount,
        };
        let layouts: Vec<_> = form.modifiers().filter(|m| matches!(m, Modifier::Row | Modifier::Col)).collect();
        let sparse = form.has(Modifier::Sp) || form.has(Modifier::SpOrderedMetadata);
        let mma = Mma {
            shape: form.shape,
            a: Element::of(a)?,
            b: Element::of(b)?,
            c: Accumulator::of(c)?,
            d: Accumulator::of(d)?,
            sparse,
            product,
            saturate: form.has(Modifier::Satfinite),
            layout: match fragment::Layout::of(form.shape, &layouts)? {
                // Only f16 has the layout of quads; f64 has the same shape.
                fragment::Layout::Quad { .. } if a == Type::F64 => fragment::Layout::Regular,
                layout => layout,
            },
        };
        let known = mma.a.is_integer() == mma.b.is_integer()
            && (mma.c == Accumulator::S32) == mma.a.is_integer()
            && (mma.a == Element::F64) == (mma.c == Accumulator::F64)
            && (mma.a.bits() == mma.b.bits())
            && (!mma.layout.is_quad() || mma.a == Element::F16)
            && (mma.a != Element::B1 || product != Product::Multiply)
            && (!sparse || sparse::known(&mma));
        known.then_some(mma)
    }

    fn depth(&self) -> usize {
        self.shape.k as usize
    }

    /// Rows of each operand's registers: `(d, a, b, c)`.
    pub fn rows(&self) -> (usize, usize, usize, usize) {
        let a_depth = if self.sparse { self.depth() / 2 } else { self.depth() };
        let (m, n) = (self.shape.m as usize, self.shape.n as usize);
        // The legacy shape computes four products at once.
        let copies = if self.layout.is_quad() { 4 } else { 1 };
        let rows = |elements: usize, bits: u32| copies * elements * bits as usize / 1024;
        (
            rows(m * n, self.d.bits()),
            rows(m * a_depth, self.a.bits()),
            rows(self.depth() * n, self.b.bits()),
            rows(m * n, self.c.bits()),
        )
    }

    /// `d = a · b + c`. Operands are the rows of their registers, one after another ([`Mma::rows`] many); `metadata` are the metadata register and
    /// the sparsity selector of a sparse form.
    ///
    /// # Panics
    /// When an operand has too few rows, or a sparse form no metadata.
    pub fn run(
        &self,
        model: &Accumulation,
        d: &mut [Row],
        a: &[Row],
        b: &[Row],
        c: &[Row],
        metadata: Option<(&Row, u32)>,
    ) {
        let products = if self.layout.is_quad() { 4 } else { 1 };
        for product in 0..products {
            let left = fragment::gather(&self.layout, Side::A, self.a.bits(), self.a_shape(), a, product);
            let columns = self.sparse.then(|| {
                let (metadata, selector) = metadata.expect("a sparse product comes with its metadata");
                sparse::columns(self, metadata, selector)
            });
            let right = fragment::gather(&self.layout, Side::B, self.b.bits(), self.shape, b, product);
            let sums = fragment::gather(&self.layout, Side::C, self.c.bits(), self.shape, c, product);
            let results = self.multiply(model, &left, &right, &sums, columns.as_deref());
            fragment::scatter(&self.layout, self.d.bits(), self.shape, &results, d, product);
        }
    }

    fn a_shape(&self) -> Shape {
        Shape { k: if self.sparse { self.shape.k / 2 } else { self.shape.k }, ..self.shape }
    }

    /// `left` is row-major m×k, `right` column-major (k fastest), `sums` and the result row-major m×n.
    /// Of a sparse product `left` is m×k/2, and `columns` says which of `right` each of its elements meets.
    fn multiply(
        &self,
        model: &Accumulation,
        left: &[u64],
        right: &[u64],
        sums: &[u64],
        columns: Option<&[usize]>,
    ) -> Vec<u64> {
        let (n, k) = (self.shape.n as usize, self.depth());
        let at = |index: usize| (index / n * k, index % n * k);
        match self.c {
            Accumulator::S32 => (sums.iter().enumerate())
                .map(|(index, &c)| {
                    let (row, column) = at(index);
                    self.integer_sum(&left[row..row + k], &right[column..column + k], c as i32) as u32 as u64
                })
                .collect(),
            Accumulator::F64 => (sums.iter().enumerate())
                .map(|(index, &c)| {
                    let (row, column) = at(index);
                    let pairs = left[row..row + k].iter().zip(&right[column..column + k]);
                    let sum = pairs.fold(f64::from_bits(c), |sum, (&a, &b)| {
                        FmaF64::lane::<Portable>(f64::from_bits(a), f64::from_bits(b), sum)
                    });
                    sum.to_bits()
                })
                .collect(),
            _ if self.layout.is_quad() && !model.quads => (sums.iter().enumerate())
                .map(|(index, &c)| {
                    let (row, column) = at(index);
                    quad_sum(self.c, self.d, c, &left[row..row + k], &right[column..column + k])
                })
                .collect(),
            Accumulator::F16 | Accumulator::F32 => {
                let (left, right): (Vec<Term>, Vec<Term>) = (terms(self.a, left), terms(self.b, right));
                (sums.iter().enumerate())
                    .map(|(index, &c)| {
                        let (row, column) = at(index);
                        let Some(columns) = columns else {
                            return model.sum(
                                self.a,
                                self.c,
                                self.d,
                                c,
                                &left[row..row + k],
                                &right[column..column + k],
                            );
                        };
                        let stored = row / 2..row / 2 + k / 2;
                        let met: Vec<Term> = columns[stored.clone()].iter().map(|&k| right[column + k]).collect();
                        model.sum(self.a, self.c, self.d, c, &left[stored], &met)
                    })
                    .collect()
            }
        }
    }

    fn integer_sum(&self, left: &[u64], right: &[u64], c: i32) -> i32 {
        let pairs = left.iter().zip(right);
        let sum: i64 = match self.product {
            Product::Multiply => {
                pairs.map(|(&a, &b)| i64::from(self.a.integer(a)) * i64::from(self.b.integer(b))).sum()
            }
            Product::XorCount => pairs.map(|(&a, &b)| (a ^ b) as i64).sum(),
            Product::AndCount => pairs.map(|(&a, &b)| (a & b) as i64).sum(),
        };
        let sum = sum + i64::from(c);
        if self.saturate { sum.clamp(i32::MIN.into(), i32::MAX.into()) as i32 } else { sum as i32 }
    }
}
