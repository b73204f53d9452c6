//! The programs of `docs/from-cuda-oxide.md`.

mod kernels {
    use rustg::atomic::{AtomicOrdering, DeviceAtomicU32};
    use rustg::{DisjointSlice, SharedArray, kernel, thread, warp};

    #[kernel]
    pub fn vecadd(a: &[f32], b: &[f32], mut c: DisjointSlice<f32>) {
        let idx = thread::index_1d();
        let i = idx.get();
        if let Some(c_elem) = c.get_mut(idx) {
            *c_elem = a[i] + b[i];
        }
    }

    #[kernel]
    pub fn count_positive(data: &[i32], counter: &[DeviceAtomicU32]) {
        static mut WARPS: SharedArray<u32, 32> = SharedArray::UNINIT;
        let i = thread::index_1d().get();
        let votes = warp::ballot(i < data.len() && data[i] > 0).count_ones();
        if warp::lane_id() == 0 {
            // SAFETY: each warp writes its own element, and the barrier stands before they are read.
            unsafe { WARPS[warp::warp_id() as usize] = votes };
        }
        thread::sync_threads();
        if thread::threadIdx_x() == 0 {
            let mut sum = 0;
            for at in 0..(thread::blockDim_x() / 32) as usize {
                // SAFETY: as above.
                sum += unsafe { WARPS[at] };
            }
            counter[0].fetch_add(sum, AtomicOrdering::Relaxed);
        }
    }
}

mod host {
    use super::kernels;
    use rustg::prelude::*;

    pub fn added(a: &[f32], b: &[f32]) -> rustg::Result<Vec<f32>> {
        let device = Device::open_default()?;
        let (a, b) = (device.upload(a)?, device.upload(b)?);
        let mut c = device.zeros::<f32>(a.len())?;
        kernels::vecadd::launch(&device, Launch::cover(a.len()), &a, &b, &mut c)?;
        c.download()
    }

    #[test]
    fn they_are_added() {
        assert_eq!(added(&[1.0, 2.0], &[0.5, 0.25]).unwrap(), [1.5, 2.25]);
    }

    #[gpu_test]
    fn they_are_counted(device: &Device) -> rustg::Result<()> {
        let counter = device.zeros::<u32>(1)?;
        let data: Vec<i32> = (-50..51).collect();
        kernels::count_positive::launch(device, Launch::grid(2, 64), &device.upload(&data)?, &counter)?;
        assert_eq!(counter.download()?, [50]);
        Ok(())
    }
}
