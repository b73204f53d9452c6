//! The programs of `docs/language.md`.

mod threads {
    use rustg::prelude::*;
    use rustg::thread::Index2D;

    /// A picture with rows of 640 pixels, a thread each.
    #[kernel]
    pub fn gradient(mut pixels: DisjointSlice<u32, Index2D<640>>) {
        if let Some((pixel, index)) = pixels.get_mut_indexed() {
            let (row, column) = (index.get() / 640, thread::index_2d_col());
            *pixel = (column * 255 / 639 + row * 256) as u32;
        }
    }

    #[gpu_test]
    fn every_pixel_is_written(device: &Device) -> rustg::Result<()> {
        let mut pixels = device.zeros::<u32>(640 * 3)?;
        gradient::launch(device, Launch::grid((20, 1), (32, 4)), &mut pixels)?;
        let pixels = pixels.download()?;
        assert_eq!((pixels[639], pixels[640 * 2 + 320]), (255, 127 + 512));
        Ok(())
    }
}

mod warps {
    use rustg::prelude::*;

    /// For each warp its greatest element, and how many different elements it has.
    #[kernel]
    pub fn survey(input: &[u32], mut found: DisjointSlice<[u32; 2]>) {
        let index = thread::index_1d().get();
        let value = input[index];
        let greatest = warp::reduce_max(value);
        // The lowest of the lanes that have the same value stands for all of them.
        let is_first = warp::match_any(value).trailing_zeros() == warp::lane_id();
        let kinds = warp::ballot(is_first).count_ones();
        if warp::lane_id() == 0 {
            // SAFETY: one lane of each warp writes the element of its warp.
            unsafe { *found.get_unchecked_mut(index / 32) = [greatest, kinds] };
        }
    }

    #[gpu_test]
    fn warps_are_surveyed(device: &Device) -> rustg::Result<()> {
        let input: Vec<u32> = (0..64).map(|at| at % if at < 32 { 5 } else { 9 }).collect();
        let mut found = device.zeros(2)?;
        survey::launch(device, Launch::grid(1, 64), &device.upload(&input)?, &mut found)?;
        assert_eq!(found.download()?, [[4, 5], [8, 9]]);
        let mut host = [[0; 2]; 2];
        survey::on_host(Launch::grid(1, 64), &input, &mut host);
        assert_eq!(host, [[4, 5], [8, 9]]);
        Ok(())
    }
}

mod shared {
    use rustg::prelude::*;

    static mut TILE: SharedArray<f32, 128> = SharedArray::UNINIT;

    /// Turns each block of 128 elements round.
    #[kernel]
    pub fn turn(input: &[f32], mut output: DisjointSlice<f32>) {
        let index = thread::index_1d();
        let at = thread::threadIdx_x() as usize;
        // SAFETY: each thread writes its own element of the tile, and the barrier stands before others read it.
        unsafe { TILE[at] = input[index.get()] };
        thread::sync_threads();
        if let Some(out) = output.get_mut(index) {
            // SAFETY: as above.
            *out = unsafe { TILE[127 - at] };
        }
    }

    static mut ROW: DynamicSharedArray<u32> = DynamicSharedArray::UNINIT;

    /// How many elements of its block are less than each one.
    #[kernel]
    pub fn rank(input: &[u32], mut ranks: DisjointSlice<u32>) {
        let index = thread::index_1d();
        let own = input[index.get()];
        let mut rank = 0;
        // SAFETY: each thread writes its own element, and the barrier stands before they are read.
        unsafe {
            ROW[thread::threadIdx_x() as usize] = own;
            thread::sync_threads();
            for at in 0..ROW.len() {
                rank += u32::from(ROW[at] < own);
            }
        }
        if let Some(out) = ranks.get_mut(index) {
            *out = rank;
        }
    }

    pub fn ranks(device: &Device, input: &[u32], threads: u32) -> rustg::Result<Vec<u32>> {
        let mut ranks = device.zeros(input.len())?;
        let launch = Launch::cover(input.len()).threads(threads).shared_bytes(4 * threads);
        rank::launch(device, launch, &device.upload(input)?, &mut ranks)?;
        ranks.download()
    }

    #[gpu_test]
    fn blocks_share_memory(device: &Device) -> rustg::Result<()> {
        let input = device.upload(&(0..256).map(|at| at as f32).collect::<Vec<f32>>())?;
        let mut output = device.zeros(256)?;
        turn::launch(device, Launch::grid(2, 128), &input, &mut output)?;
        let data = output.download()?;
        assert_eq!((data[0], data[255]), (127.0, 128.0));
        assert_eq!(ranks(device, &[5, 3, 9, 3, 1, 1, 1, 1], 4)?, [2, 0, 3, 0, 0, 0, 0, 0]);
        Ok(())
    }
}

mod constant {
    use rustg::prelude::*;

    static WEIGHTS: ConstantMemory<[f32; 3]> = ConstantMemory::new([0.25, 0.5, 0.25]);

    #[kernel]
    pub fn smooth(input: &[f32], mut output: DisjointSlice<f32>) {
        let index = thread::index_1d();
        let at = index.get();
        if let Some(out) = output.get_mut(index) {
            let mut sum = 0.0;
            for tap in 0..3 {
                sum += WEIGHTS[tap] * input[(at + tap).saturating_sub(1).min(input.len() - 1)];
            }
            *out = sum;
        }
    }

    pub fn sharpened(device: &Device, input: &[f32]) -> rustg::Result<Vec<f32>> {
        let mut output = device.zeros(input.len())?;
        WEIGHTS.upload(device, &[-0.5, 2.0, -0.5]);
        smooth::launch(device, Launch::cover(input.len()), &device.upload(input)?, &mut output)?;
        output.download()
    }

    #[gpu_test]
    fn weights_are_uploaded(device: &Device) -> rustg::Result<()> {
        let input = [0.0, 4.0, 0.0, 0.0];
        let mut output = device.zeros(4)?;
        smooth::launch(device, Launch::cover(4), &device.upload(&input)?, &mut output)?;
        assert_eq!(output.download()?, [1.0, 2.0, 1.0, 0.0]);
        assert_eq!(sharpened(device, &input)?, [-2.0, 8.0, -2.0, 0.0]);
        Ok(())
    }
}

mod wide {
    use rustg::prelude::*;

    /// Four elements a thread: each is one load and one store of 16 bytes.
    #[kernel]
    pub fn scale(factor: f32, mut data: DisjointSlice<Float4>) {
        if let Some((four, _)) = data.get_mut_indexed() {
            *four = Float4::new(four.x * factor, four.y * factor, four.z * factor, four.w * factor);
        }
    }

    /// The same for plain elements, where they are aligned.
    #[kernel]
    pub fn sum_of_fours(input: &[u32], mut sums: DisjointSlice<u32>) {
        let fours = vector::as_vectors::<UInt4>(input).expect("aligned to 16 bytes, and a multiple of four elements");
        let index = thread::index_1d();
        let at = index.get();
        if let Some(sum) = sums.get_mut(index) {
            let four = fours[at];
            *sum = four.x + four.y + four.z + four.w;
        }
    }

    #[gpu_test]
    fn four_at_once(device: &Device) -> rustg::Result<()> {
        let mut data = device.upload(&[Float4::splat(1.5); 3])?;
        scale::launch(device, Launch::cover(3), 2.0, &mut data)?;
        assert_eq!(data.download()?, [Float4::splat(3.0); 3]);
        let input = device.upload(&(0..9).collect::<Vec<u32>>())?;
        let mut sums = device.zeros(2)?;
        sum_of_fours::launch(device, Launch::cover(2), &input.view(..8), &mut sums)?;
        assert_eq!(sums.download()?, [6, 22]);
        sum_of_fours::launch(device, Launch::cover(2), &input, &mut sums)?;
        let told = device.synchronize().unwrap_err().to_string();
        assert!(told.ends_with("aligned to 16 bytes, and a multiple of four elements"), "{told}");
        Ok(())
    }
}

mod atomics {
    use rustg::atomic::{DeviceAtomicU32, Ordering};
    use rustg::prelude::*;

    /// Puts the elements that are not 0 together, in any order, and counts them.
    #[kernel]
    pub fn compact(input: &[u32], count: &[DeviceAtomicU32], found: &[DeviceAtomicU32]) {
        let at = thread::index_1d().get();
        if at < input.len() && input[at] != 0 {
            let place = count[0].fetch_add(1, Ordering::Relaxed);
            found[place as usize].store(input[at], Ordering::Relaxed);
        }
    }

    pub fn compacted(device: &Device, input: &[u32]) -> rustg::Result<Vec<u32>> {
        let (count, found) = (device.zeros::<u32>(1)?, device.zeros::<u32>(input.len())?);
        compact::launch(device, Launch::cover(input.len()), &device.upload(input)?, &count, &found)?;
        found.view(..count.download()?[0] as usize).download()
    }

    #[gpu_test]
    fn elements_come_together(device: &Device) -> rustg::Result<()> {
        let mut found = compacted(device, &[0, 7, 0, 0, 3, 9, 0])?;
        found.sort_unstable();
        assert_eq!(found, [3, 7, 9]);
        Ok(())
    }
}

mod structures {
    use rustg::prelude::*;

    #[repr(C)]
    #[derive(Clone, Copy, DeviceCopy)]
    pub struct Particle {
        pub position: [f32; 3],
        pub mass: f32,
    }

    #[kernel]
    pub fn fall(seconds: f32, mut particles: DisjointSlice<Particle>) {
        if let Some((particle, _)) = particles.get_mut_indexed() {
            particle.position[2] -= 0.5 * 9.81 * seconds * seconds * particle.mass.min(1.0);
        }
    }

    #[gpu_test]
    fn heavy_ones_fall(device: &Device) -> rustg::Result<()> {
        let particle = |mass| Particle { position: [1.0, 2.0, 100.0], mass };
        let mut particles = device.upload(&[particle(1.0), particle(0.0)])?;
        fall::launch(device, Launch::cover(2), 2.0, &mut particles)?;
        let particles = particles.download()?;
        assert_eq!((particles[0].position[2], particles[1].position[2]), (80.38, 100.0));
        Ok(())
    }
}

mod debugging {
    use rustg::prelude::*;

    #[kernel]
    pub fn halve(input: &[u32], mut output: DisjointSlice<u32>) {
        let index = thread::index_1d();
        let at = index.get();
        if let Some(out) = output.get_mut(index) {
            let value = input[at];
            gpu_assert!(value % 2 == 0, "{} is odd", value);
            if at == 0 {
                gpu_printf!("the first of {} is {}\n", input.len(), value);
            }
            *out = value / 2;
        }
    }

    #[gpu_test]
    fn odd_elements_are_told(device: &Device) -> rustg::Result<()> {
        let mut output = device.zeros(3)?;
        halve::launch(device, Launch::cover(3), &device.upload(&[8, 5, 2])?, &mut output)?;
        let told = output.download().unwrap_err().to_string();
        assert!(told.contains("(block 0, thread 1): 5 is odd"), "{told}");
        Ok(())
    }
}

mod launching {
    use rustg::prelude::*;
    use std::time::Duration;

    #[kernel]
    pub fn add(amount: u32, mut data: DisjointSlice<u32>) {
        if let Some((item, _)) = data.get_mut_indexed() {
            *item += amount;
        }
    }

    /// As many threads as the device runs at once, each for every element that is its own modulo their number.
    #[kernel]
    pub fn add_everywhere(amount: u32, mut data: DisjointSlice<u32>) {
        let stride = (thread::gridDim_x() * thread::blockDim_x()) as usize;
        let mut at = thread::index_1d().get();
        while at < data.len() {
            // SAFETY: no two threads have the same index modulo the stride.
            unsafe { *data.get_unchecked_mut(at) += amount };
            at += stride;
        }
    }

    pub fn shapes(device: &Device, data: &mut Buffer<u32>) -> rustg::Result<()> {
        add::launch(device, Launch::cover(data.len()), 1, data)?; // blocks as large as suits the device
        add::launch(device, Launch::cover(data.len()).threads(128), 1, data)?;
        add::launch(device, Launch::grid(8, 128), 1, data)?;
        add::launch(device, Launch::cover(100), 1, &mut data.view_mut(..100))?; // a part of it
        add_everywhere::launch(device, Launch::resident().threads(256), 1, data)
    }

    pub fn beside_one_another(device: &Device, a: &mut Buffer<u32>, b: &mut Buffer<u32>) -> rustg::Result<Duration> {
        let (left, right) = (device.stream()?, device.stream()?);
        let start = left.record()?;
        add::launch(&left, Launch::cover(a.len()), 1, a)?;
        let added = left.record()?;
        right.wait(&added)?; // what follows on `right` runs behind the addition on `left`
        add::launch(&right, Launch::cover(b.len()), 2, b)?;
        right.synchronize()?;
        left.synchronize()?;
        added.elapsed_since(&start)
    }

    pub async fn awaited(device: &Device, data: &mut Buffer<u32>) -> rustg::Result<u32> {
        add::launch_async(device, Launch::cover(data.len()), 1, data).await?;
        Ok(data.download()?[0])
    }

    pub fn through_pinned_memory(device: &Device) -> rustg::Result<u32> {
        let mut staging = device.pinned::<u32>(1000)?;
        staging.fill(41);
        let mut data = device.upload(&staging)?;
        add::launch(device, Launch::cover(data.len()), 1, &mut data)?;
        data.download_into(&mut staging)?;
        Ok(staging[999])
    }

    /// Polls a future until it is done.
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
            std::thread::yield_now();
        }
    }

    #[gpu_test]
    fn launches_of_every_kind(device: &Device) -> rustg::Result<()> {
        let mut data = device.zeros(1000)?;
        shapes(device, &mut data)?;
        let found = data.download()?;
        assert_eq!((found[0], found[999]), (5, 4));
        let (mut a, mut b) = (device.zeros(10)?, device.zeros(10)?);
        beside_one_another(device, &mut a, &mut b)?;
        assert_eq!((a.download()?, b.download()?), (vec![1; 10], vec![2; 10]));
        assert_eq!(block_on(awaited(device, &mut a))?, 2);
        assert_eq!(through_pinned_memory(device)?, 42);
        Ok(())
    }
}

mod host {
    use rustg::prelude::*;

    #[kernel]
    pub fn double(input: &[u32], mut output: DisjointSlice<u32>) {
        let index = thread::index_1d();
        let at = index.get();
        if let Some(out) = output.get_mut(index) {
            *out = input[at] * 2;
        }
    }

    #[gpu_test]
    fn it_doubles(device: &Device) -> rustg::Result<()> {
        let input = [1, 2, 3];
        let mut output = device.zeros(3)?;
        double::launch(device, Launch::cover(3), &device.upload(&input)?, &mut output)?;
        assert_eq!(output.download()?, [2, 4, 6]);
        let mut host = [0; 3];
        double::on_host(Launch::cover(3), &input, &mut host);
        assert_eq!(host, [2, 4, 6]);
        Ok(())
    }
}
