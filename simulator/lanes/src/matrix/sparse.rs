//! Structured sparsity of `mma.sp` (PTX ISA 9.7.15.6): from the stored half of `a` and its metadata to the places of its elements.
//!
//! Known are the shapes whose metadata for a pair of rows lie in one register: `m16n8k16` of 16-bit floats and `m16n8k8` of `tf32`. The larger ones
//! spread them over lanes in an order not confirmed yet, and are refused.

use super::{Element, Mma};
use crate::Row;

pub(super) fn known(mma: &Mma) -> bool {
    matches!((mma.shape.m, mma.shape.k, mma.a), (16, 16, Element::F16 | Element::Bf16) | (16, 8, Element::Tf32))
}

/// The column of each stored element, row by row. What is not stored takes no part in the sums: an infinity or NaN in `b` that meets nothing does no
/// harm (measured on an H200). The lane `selector` of each group of four has the metadata of its rows: row `group` in the lower half, `group + 8` in
/// the upper.
pub(super) fn columns(mma: &Mma, metadata: &Row, selector: u32) -> Vec<usize> {
    let (m, k) = (mma.shape.m as usize, mma.shape.k as usize);
    let places = (0..m).flat_map(|row| (0..k / 2).map(move |index| (row, index)));
    let column = |(row, index): (usize, usize)| {
        let lane = 4 * (row % 8) + (selector & 3) as usize;
        let bits = metadata.0[lane] >> (16 * (row / 8)) & 0xffff;
        match mma.a {
            // One of two: 4 bits, which name the element's two halves.
            Element::Tf32 => 2 * index + usize::from(bits >> (4 * index) & 0xf == 0b1110),
            // Two of four: 2 bits each.
            _ => 4 * (index / 2) + (bits >> (2 * index) & 3) as usize,
        }
    };
    places.map(column).collect()
}
