//! How often each of 256 values occurs: every block counts in its own shared memory, and adds what it has counted to the whole once.

use rustg::atomic::{BlockAtomicU32, DeviceAtomicU32, Ordering};
use rustg::prelude::*;

/// How many values there are.
pub const BINS: usize = 256;
/// Threads of a block; the kernel is launched with so many.
pub const THREADS: u32 = 256;

static mut COUNTS: SharedArray<BlockAtomicU32, 256> = SharedArray::UNINIT;

/// Adds to `bins[v]` how many elements are `v` modulo [`BINS`]; `bins` has [`BINS`] elements.
#[kernel]
pub fn histogram(input: &[u32], bins: &[DeviceAtomicU32]) {
    let at = thread::threadIdx_x() as usize;
    // SAFETY: here and below: shared memory is accessed by atomics alone; barriers stand between clearing, counting and reading.
    unsafe { COUNTS[at].store(0, Ordering::Relaxed) };
    thread::sync_threads();
    let stride = (thread::blockDim_x() * thread::gridDim_x()) as usize;
    let mut i = thread::index_1d().get();
    while i < input.len() {
        unsafe { COUNTS[input[i] as usize % BINS].fetch_add(1, Ordering::Relaxed) };
        i += stride;
    }
    thread::sync_threads();
    // SAFETY: as above.
    bins[at].fetch_add(unsafe { COUNTS[at].load(Ordering::Relaxed) }, Ordering::Relaxed);
}

/// The same on the CPU.
pub fn reference(input: &[u32]) -> Vec<u32> {
    let mut bins = vec![0; BINS];
    for value in input {
        bins[*value as usize % BINS] += 1;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Vec<u32> {
        (0..20_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20).leading_zeros() * 5 + i % 7).collect()
    }

    #[gpu_test]
    fn every_element_is_counted_once(device: &Device) -> rustg::Result<()> {
        let want = reference(&input());
        assert!(want.iter().filter(|count| **count > 100).count() > 10);
        let bins = device.zeros::<u32>(BINS)?;
        histogram::launch(device, Launch::grid(7, THREADS), &device.upload(&input())?, &bins)?;
        assert_eq!(bins.download()?, want);
        // A second launch adds to what is there.
        histogram::launch(device, Launch::resident().threads(THREADS), &device.upload(&[3; 500])?, &bins)?;
        assert_eq!(bins.download()?[3], want[3] + 500);
        Ok(())
    }

    #[test]
    fn it_is_the_same_as_host_code() {
        let bins: Vec<DeviceAtomicU32> = (0..BINS).map(|_| DeviceAtomicU32::new(0)).collect();
        histogram::on_host(Launch::grid(3, THREADS), &input(), &bins);
        let found: Vec<u32> = bins.iter().map(|bin| bin.load(Ordering::Relaxed)).collect();
        assert_eq!(found, reference(&input()));
    }
}
