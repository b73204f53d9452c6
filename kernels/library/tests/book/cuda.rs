//! The programs of `docs/from-cuda.md`; the CUDA C++ beside them is in `twins/book.cu`.

mod saxpy {
    use rustg::prelude::*;

    #[kernel]
    pub fn saxpy(a: f32, x: &[f32], mut y: DisjointSlice<f32>) {
        let i = thread::index_1d();
        if let Some(out) = y.get_mut(i) {
            *out += a * x[i.get()];
        }
    }

    pub fn run(device: &Device, a: f32, x: &[f32], y: &[f32]) -> rustg::Result<Vec<f32>> {
        let x = device.upload(x)?;
        let mut y = device.upload(y)?;
        saxpy::launch(device, Launch::cover(y.len()).threads(256), a, &x, &mut y)?;
        y.download()
    }

    #[gpu_test]
    fn it_adds(device: &Device) -> rustg::Result<()> {
        assert_eq!(run(device, 2.0, &[1.0, 2.0], &[10.0, 20.0])?, [12.0, 24.0]);
        Ok(())
    }
}

mod block_sum {
    use rustg::prelude::*;

    static mut PARTIAL: SharedArray<u32, 8> = SharedArray::UNINIT;

    #[kernel]
    #[launch_bounds(256)]
    pub fn block_sum(input: &[u32], mut sums: DisjointSlice<u32>) {
        let i = thread::index_1d().get();
        let value = if i < input.len() { input[i] } else { 0 };
        let sum = warp::reduce_add(value);
        if warp::lane_id() == 0 {
            // SAFETY: each warp writes its own element, and the barrier stands before they are read.
            unsafe { PARTIAL[warp::warp_id() as usize] = sum };
        }
        thread::sync_threads();
        if thread::threadIdx_x() == 0 {
            let mut total = 0;
            for at in 0..8 {
                // SAFETY: as above.
                total += unsafe { PARTIAL[at] };
            }
            // SAFETY: one thread of each block writes the block's element.
            unsafe { *sums.get_unchecked_mut(thread::blockIdx_x() as usize) = total };
        }
    }

    #[gpu_test]
    fn blocks_are_summed(device: &Device) -> rustg::Result<()> {
        let mut sums = device.zeros(2)?;
        block_sum::launch(device, Launch::grid(2, 256), &device.upload(&[1; 300])?, &mut sums)?;
        assert_eq!(sums.download()?, [256, 44]);
        Ok(())
    }
}

mod histogram {
    use rustg::atomic::{BlockAtomicU32, DeviceAtomicU32, Ordering};
    use rustg::prelude::*;

    static mut COUNTS: SharedArray<BlockAtomicU32, 256> = SharedArray::UNINIT;

    #[kernel]
    pub fn histogram(input: &[u8], bins: &[DeviceAtomicU32]) {
        let at = thread::threadIdx_x() as usize;
        // SAFETY: here and below: shared memory is accessed by atomics alone; barriers stand between clearing, counting and reading.
        unsafe { COUNTS[at].store(0, Ordering::Relaxed) };
        thread::sync_threads();
        let i = thread::index_1d().get();
        if i < input.len() {
            unsafe { COUNTS[input[i] as usize].fetch_add(1, Ordering::Relaxed) };
        }
        thread::sync_threads();
        // SAFETY: as above.
        bins[at].fetch_add(unsafe { COUNTS[at].load(Ordering::Relaxed) }, Ordering::Relaxed);
    }

    #[gpu_test]
    fn bytes_are_counted(device: &Device) -> rustg::Result<()> {
        let bins = device.zeros::<u32>(256)?;
        histogram::launch(device, Launch::grid(2, 256), &device.upload(&[7_u8; 300])?, &bins)?;
        let bins = bins.download()?;
        assert_eq!((bins[7], bins.iter().sum::<u32>()), (300, 300));
        Ok(())
    }
}

mod filter {
    use rustg::prelude::*;

    static TAPS: ConstantMemory<[f32; 9]> = ConstantMemory::UNINIT;
    static mut LINE: DynamicSharedArray<f32> = DynamicSharedArray::UNINIT;

    #[kernel]
    pub fn filter(input: &[f32], mut output: DisjointSlice<f32>) {
        let index = thread::index_1d();
        let at = thread::threadIdx_x() as usize;
        // SAFETY: each thread writes its own element, and the barrier stands before others read it.
        unsafe { LINE[at] = input[index.get()] };
        thread::sync_threads();
        if let Some(out) = output.get_mut(index) {
            let mut sum = 0.0;
            for tap in 0..9 {
                // SAFETY: as above.
                sum += TAPS[tap] * unsafe { LINE[(at + tap) % LINE.len()] };
            }
            *out = sum;
        }
    }

    pub fn run(device: &Device, taps: &[f32; 9], input: &[f32]) -> rustg::Result<Vec<f32>> {
        let mut output = device.zeros(input.len())?;
        TAPS.upload(device, taps);
        let launch = Launch::cover(input.len()).threads(64).shared_bytes(64 * 4);
        filter::launch(device, launch, &device.upload(input)?, &mut output)?;
        output.download()
    }

    #[gpu_test]
    fn lines_are_filtered(device: &Device) -> rustg::Result<()> {
        let input: Vec<f32> = (0..128).map(|at| at as f32).collect();
        let found = run(device, &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], &input)?;
        assert_eq!((found[0], found[63], found[64]), (9.0, 0.0 + 7.0, 65.0 + 72.0));
        Ok(())
    }
}
