//! C = A·B of square matrices of `f32`, in tiles of 16 by 16 that a block keeps in shared memory.

use rustg::prelude::*;

/// Rows and columns of a tile, and threads of a block in each direction.
pub const TILE: u32 = 16;

static mut TILE_A: SharedArray<f32, 256> = SharedArray::UNINIT;
static mut TILE_B: SharedArray<f32, 256> = SharedArray::UNINIT;

/// Writes the product of two `n` by `n` matrices, row after row; `n` is a multiple of [`TILE`].
#[kernel]
pub fn sgemm(n: u32, a: &[f32], b: &[f32], mut c: DisjointSlice<f32>) {
    let n = n as usize;
    let tile = TILE as usize;
    let (x, y) = (thread::threadIdx_x() as usize, thread::threadIdx_y() as usize);
    let column = thread::blockIdx_x() as usize * tile + x;
    let row = thread::blockIdx_y() as usize * tile + y;
    let mut sum = 0.0_f32;
    let mut first = 0;
    while first < n {
        // SAFETY: each thread writes its own element of each tile, and barriers stand between writing and reading.
        unsafe {
            TILE_A[y * tile + x] = a[row * n + first + x];
            TILE_B[y * tile + x] = b[(first + y) * n + column];
        }
        thread::sync_threads();
        let mut k = 0;
        while k < tile {
            // SAFETY: the tiles are written, and nobody writes them before the next barrier.
            sum = unsafe { TILE_A[y * tile + k].mul_add(TILE_B[k * tile + x], sum) };
            k += 1;
        }
        thread::sync_threads();
        first += tile;
    }
    // SAFETY: row and column are this thread's alone, and within the matrix that the launch covers.
    unsafe { *c.get_unchecked_mut(row * n + column) = sum };
}

/// The same on the CPU.
pub fn reference(n: usize, a: &[f32], b: &[f32]) -> Vec<f32> {
    let element =
        |row: usize, column: usize| (0..n).fold(0.0_f32, |sum, k| a[row * n + k].mul_add(b[k * n + column], sum));
    (0..n * n).map(|at| element(at / n, at % n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[gpu_test]
    fn it_is_the_reference_bit_for_bit(device: &Device) -> rustg::Result<()> {
        let n = 48_u32;
        let a: Vec<f32> = (0..n * n).map(|i| (i % 13) as f32 * 0.3 - 1.0).collect();
        let b: Vec<f32> = (0..n * n).map(|i| (i % 7) as f32 * 0.7 - 2.0).collect();
        let mut c = device.zeros::<f32>((n * n) as usize)?;
        let launch = Launch::grid((n / TILE, n / TILE), (TILE, TILE));
        sgemm::launch(device, launch, n, &device.upload(&a)?, &device.upload(&b)?, &mut c)?;
        assert_eq!(c.download()?, reference(n as usize, &a, &b));
        Ok(())
    }

    #[test]
    fn it_is_the_reference_as_host_code() {
        let n = 32_u32;
        let a: Vec<f32> = (0..n * n).map(|i| (i % 11) as f32 * 0.25 - 1.0).collect();
        let b: Vec<f32> = (0..n * n).map(|i| (i % 5) as f32 * 0.5).collect();
        let mut c = vec![0.0; (n * n) as usize];
        sgemm::on_host(Launch::grid((n / TILE, n / TILE), (TILE, TILE)), n, &a, &b, &mut c);
        assert_eq!(c, reference(n as usize, &a, &b));
    }
}
