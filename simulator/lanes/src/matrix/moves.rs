//! `ldmatrix`, `stmatrix` and `movmatrix` of 8×8 matrices of 16-bit elements: which lane gets which (PTX ISA 9.7.15.5.15–17).

use crate::{LANES, Row};

/// Eight 16-bit elements at each lane's address: what `ldmatrix` reads and `stmatrix` writes. Lane `8j + r` has the address of row `r` of matrix `j`.
pub type MatrixRows = [[u16; 8]; LANES];

/// The lane and element (of its pair) that hold `row`, `column` of a matrix.
fn holder(row: usize, column: usize, transposed: bool) -> (usize, usize) {
    let (row, column) = if transposed { (column, row) } else { (row, column) };
    (4 * row + column / 2, column % 2)
}

/// `ldmatrix`: `d[j]` gets matrix `j`, for as many as `d` has registers (1, 2, 4).
pub fn load_matrices(d: &mut [Row], memory: &MatrixRows, transposed: bool) {
    for (matrix, d) in d.iter_mut().enumerate() {
        *d = Row::ZERO;
        for row in 0..8 {
            for column in 0..8 {
                let (lane, half) = holder(row, column, transposed);
                d.0[lane] |= u32::from(memory[8 * matrix + row][column]) << (16 * half);
            }
        }
    }
}

/// `stmatrix`: what lands at each lane's address; lanes beyond the matrices of `a` have no address.
pub fn store_matrices(a: &[Row], transposed: bool) -> MatrixRows {
    let mut memory = [[0; 8]; LANES];
    for (matrix, a) in a.iter().enumerate() {
        for row in 0..8 {
            for column in 0..8 {
                let (lane, half) = holder(row, column, transposed);
                memory[8 * matrix + row][column] = (a.0[lane] >> (16 * half)) as u16;
            }
        }
    }
    memory
}

/// `movmatrix.trans`: the matrix in `a`, transposed.
pub fn transpose(d: &mut Row, a: &Row) {
    load_matrices(std::slice::from_mut(d), &store_matrices(std::slice::from_ref(a), false), true);
}
