//! Sums of blocks of elements: each block strides over its part, its warps sum in registers, its first warp over the warps.

use rustg::prelude::*;

/// Threads of a block; the kernel is launched with so many.
pub const THREADS: u32 = 256;

static mut PARTIAL: SharedArray<u32, 32> = SharedArray::UNINIT;

/// One sum a block, over every element whose index is the block's modulo the grid.
#[kernel]
pub fn block_sums(input: &[u32], mut sums: DisjointSlice<u32>) {
    let stride = (thread::blockDim_x() * thread::gridDim_x()) as usize;
    let mut i = thread::index_1d().get();
    let mut sum = 0_u32;
    while i < input.len() {
        sum = sum.wrapping_add(input[i]);
        i += stride;
    }
    let mut distance = 16;
    while distance > 0 {
        sum = sum.wrapping_add(warp::shuffle_down(sum, distance));
        distance /= 2;
    }
    if warp::lane_id() == 0 {
        // SAFETY: each warp writes its own element, and the barrier stands before they are read.
        unsafe { PARTIAL[warp::warp_id() as usize] = sum };
    }
    thread::sync_threads();
    if thread::threadIdx_x() == 0 {
        let mut total = 0_u32;
        let mut at = 0;
        while at < (thread::blockDim_x() / 32) as usize {
            // SAFETY: every warp wrote its element before the barrier.
            total = total.wrapping_add(unsafe { PARTIAL[at] });
            at += 1;
        }
        // SAFETY: one thread of each block writes the element of its block, which lies within the slice that the launch is given.
        unsafe { *sums.get_unchecked_mut(thread::blockIdx_x() as usize) = total };
    }
}

/// The sum on the CPU, wrapping.
pub fn reference(input: &[u32]) -> u32 {
    input.iter().fold(0, |sum, value| sum.wrapping_add(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[gpu_test]
    fn the_blocks_sums_are_the_whole_sum(device: &Device) -> rustg::Result<()> {
        let input: Vec<u32> = (0..10_000_u32).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        let mut sums = device.zeros::<u32>(7)?;
        block_sums::launch(device, Launch::grid(7, THREADS), &device.upload(&input)?, &mut sums)?;
        assert_eq!(reference(&sums.download()?), reference(&input));
        Ok(())
    }

    #[test]
    fn it_is_the_same_as_host_code() {
        let input: Vec<u32> = (0..3000).collect();
        let mut sums = [0; 3];
        block_sums::on_host(Launch::grid(3, THREADS), &input, &mut sums);
        assert_eq!(reference(&sums), reference(&input));
    }
}
