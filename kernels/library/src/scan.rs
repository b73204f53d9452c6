//! Exclusive scans: sums of everything before an element, a block of elements at a time (Hillis and Steele, 1986, in shared memory).

use rustg::prelude::*;

/// Threads of a block, and so elements that it scans.
pub const THREADS: u32 = 256;

static mut SUMS: SharedArray<u32, 256> = SharedArray::UNINIT;

/// Writes the wrapping sum of the elements before each in its block of [`THREADS`].
#[kernel]
pub fn scan_blocks(input: &[u32], mut output: DisjointSlice<u32>) {
    let index = thread::index_1d();
    let at = thread::threadIdx_x() as usize;
    let own = if index.get() < input.len() { input[index.get()] } else { 0 };
    // SAFETY: each thread writes its own element; barriers stand between the rounds of reading and writing.
    unsafe { SUMS[at] = own };
    thread::sync_threads();
    let mut distance = 1;
    while distance < THREADS as usize {
        // SAFETY: every thread has written its element, and none writes before the next barrier.
        let mut sum = unsafe { SUMS[at] };
        if at >= distance {
            // SAFETY: as above.
            sum = sum.wrapping_add(unsafe { SUMS[at - distance] });
        }
        thread::sync_threads();
        // SAFETY: every thread has read what it needs, and writes its own element.
        unsafe { SUMS[at] = sum };
        thread::sync_threads();
        distance *= 2;
    }
    // SAFETY: the last barrier stands behind every write.
    let inclusive = unsafe { SUMS[at] };
    if let Some(out) = output.get_mut(index) {
        *out = inclusive.wrapping_sub(own);
    }
}

/// The same on the CPU.
pub fn reference(input: &[u32]) -> Vec<u32> {
    let scan = |block: &[u32]| {
        let sums = block.iter().scan(0_u32, |sum, value| {
            let before = *sum;
            *sum = sum.wrapping_add(*value);
            Some(before)
        });
        sums.collect::<Vec<_>>()
    };
    input.chunks(THREADS as usize).flat_map(scan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Vec<u32> {
        (0..700_u32).map(|i| i.wrapping_mul(2_654_435_761) >> 7).collect()
    }

    #[gpu_test]
    fn every_element_is_the_sum_of_those_before_it(device: &Device) -> rustg::Result<()> {
        let mut output = device.zeros::<u32>(700)?;
        scan_blocks::launch(device, Launch::cover(700).threads(THREADS), &device.upload(&input())?, &mut output)?;
        assert_eq!(output.download()?, reference(&input()));
        Ok(())
    }

    #[test]
    fn it_is_the_same_as_host_code() {
        let mut output = [0; 700];
        scan_blocks::on_host(Launch::cover(700).threads(THREADS), &input(), &mut output);
        assert_eq!(output.to_vec(), reference(&input()));
    }
}
