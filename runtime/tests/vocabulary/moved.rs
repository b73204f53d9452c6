//! Shapes that kernels have which were written for cuda-oxide: what is left after their `use` lines were changed.

use rustg::cuda_module;

#[cuda_module]
mod kernels {
    use rustg::atomic::{AtomicOrdering, DeviceAtomicU32, DeviceAtomicU64};
    use rustg::{DisjointSlice, SharedArray, device, kernel, launch_bounds, thread, warp};

    #[repr(u8)]
    enum Step {
        Add(u32) = 3,
        Scale { by: u64 } = 9,
        Nothing,
    }

    impl Step {
        #[inline(always)]
        fn apply(&self, value: u32) -> u32 {
            match self {
                Step::Add(amount) => value + *amount,
                Step::Scale { by } => value * *by as u32,
                Step::Nothing => value,
            }
        }
    }

    #[inline(never)]
    #[device]
    fn step_of(value: u32) -> Step {
        match value % 3 {
            0 => Step::Add(value),
            1 => Step::Scale { by: 3 },
            _ => Step::Nothing,
        }
    }

    #[inline(always)]
    fn apply<F: FnOnce(u32) -> u32>(f: F, x: u32) -> u32 {
        f(x)
    }

    const TABLE: [(u32, f32); 4] = [(1, 0.5), (2, 1.5), (3, 2.5), (4, 3.5)];

    /// The counter is a plain slice, seen as an atomic by its address.
    #[kernel]
    pub fn ranked(counter: &[u32], mut out: DisjointSlice<u32>) {
        let gid = thread::index_1d();
        // SAFETY: the counter is accessed by atomics alone.
        let atomic_counter = unsafe { &*(counter.as_ptr() as *const DeviceAtomicU32) };
        let old = atomic_counter.fetch_add(1, AtomicOrdering::Relaxed);
        if let Some(out_elem) = out.get_mut(gid) {
            *out_elem =
                match atomic_counter.compare_exchange(u32::MAX, 0, AtomicOrdering::AcqRel, AtomicOrdering::Relaxed) {
                    Ok(_) => u32::MAX,
                    Err(_) => old,
                };
        }
    }

    /// # Safety
    /// A block has 64 threads.
    #[kernel]
    #[launch_bounds(64)]
    pub unsafe fn stepped(factor: u32, input: &[u32], mut out: DisjointSlice<u32>) {
        static mut TILE: SharedArray<u32, 64, 128> = SharedArray::UNINIT;
        struct Holder<F> {
            f: F,
        }
        let idx = thread::index_1d();
        let tid = thread::threadIdx_x() as usize;
        let raw = idx.get();
        // SAFETY: each thread writes its own element, and the barrier stands before others read it.
        let tile = unsafe { SharedArray::as_raw_mut_ptr(&raw mut TILE) };
        unsafe { tile.add(tid).write(step_of(input[raw]).apply(input[raw])) };
        thread::sync_threads();
        let Some(out_elem) = out.get_mut(idx) else {
            return;
        };
        let holder = Holder { f: |x: u32| x * factor };
        // SAFETY: as above.
        let mut state = unsafe { tile.add(63 - tid).read() };
        let bump = |delta: u32| {
            state += delta;
            state
        };
        let mut sum = apply(bump, 3) + (holder.f)(1);
        for (at, (weight, part)) in TABLE.iter().enumerate() {
            if at == 2 {
                continue;
            }
            sum += *weight * (*part * 2.0) as u32;
        }
        let address = &raw const TILE as *const u8 as u64;
        if address == 0 {
            sum = 0;
        }
        *out_elem = sum;
    }

    const EMPTY: u64 = u64::MAX;
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

    #[inline(always)]
    const fn packed(key: u32, value: u32) -> u64 {
        ((key as u64) << 32) | (value as u64)
    }

    #[inline(always)]
    fn slot<'a>(slots: &'a [u64], at: usize) -> &'a DeviceAtomicU64 {
        // SAFETY: within the slice, and accessed by atomics alone.
        unsafe { DeviceAtomicU64::from_ptr(slots.as_ptr().add(at).cast_mut()) }
    }

    /// Open addressing: a thread a key.
    #[kernel]
    pub fn insert(slots: &[u64], keys: &[u32], values: &[u32]) {
        let tid = thread::index_1d().get();
        if tid >= keys.len() {
            return;
        }
        let (key, value) = (keys[tid], values[tid]);
        let mask = slots.len() - 1;
        let mut at = (((key as u64).wrapping_mul(MULTIPLIER) >> 40) as usize) & mask;
        loop {
            let place = slot(slots, at);
            match place.compare_exchange(EMPTY, packed(key, value), AtomicOrdering::AcqRel, AtomicOrdering::Relaxed) {
                Ok(_) => return,
                Err(actual) if (actual >> 32) as u32 == key => {
                    place.fetch_max(packed(key, value), AtomicOrdering::Relaxed);
                    return;
                }
                Err(_) => at = (at + 1) & mask,
            }
        }
    }

    #[kernel]
    pub fn find(slots: &[u64], keys: &[u32], mut found: DisjointSlice<u32>) {
        let idx = thread::index_1d();
        let i = idx.get();
        let Some(out) = found.get_mut(idx) else { return };
        let mask = slots.len() - 1;
        let mut at = (((keys[i] as u64).wrapping_mul(MULTIPLIER) >> 40) as usize) & mask;
        *out = loop {
            let observed = slot(slots, at).load(AtomicOrdering::Acquire);
            if observed == EMPTY {
                break u32::MAX;
            } else if (observed >> 32) as u32 == keys[i] {
                break (observed & 0xFFFF_FFFF) as u32;
            }
            at = (at + 1) & mask;
        };
    }

    /// The second half of a memory as a slice of its own.
    #[kernel]
    pub fn halved(first: *mut u32, len: u64) {
        let half = len as usize / 2;
        // SAFETY: so many elements lie there, and nobody else has them.
        let mut upper = unsafe { DisjointSlice::from_raw_parts(first.add(half), half) };
        if let Some(item) = upper.get_mut(thread::index_1d()) {
            *item += 1;
        }
    }

    #[kernel]
    pub fn warp_sums(data: &[f32], mut out: DisjointSlice<f32>) {
        let gid = thread::index_1d();
        let lane = warp::lane_id();
        let mut val = data[gid.get()];
        val = val + warp::shuffle_xor_f32(val, 16);
        val = val + warp::shuffle_xor_f32(val, 8);
        val = val + warp::shuffle_xor_f32(val, 4);
        val = val + warp::shuffle_xor_f32(val, 2);
        val = val + warp::shuffle_xor_f32(val, 1);
        if lane == 0 {
            let warp_idx = gid.get() / 32;
            // SAFETY: one lane of each warp writes.
            unsafe {
                *out.get_unchecked_mut(warp_idx) = val;
            }
        }
    }
}

use rustg::prelude::*;

#[gpu_test]
fn they_run_on_devices_and_as_host_code(device: &Device) -> rustg::Result<()> {
    let (counter, mut ranks) = (device.zeros::<u32>(1)?, device.zeros::<u32>(100)?);
    kernels::ranked::launch(device, Launch::cover(100).threads(50), &counter, &mut ranks)?;
    let mut ranks = ranks.download()?;
    ranks.sort_unstable();
    assert_eq!(ranks, (0..100).collect::<Vec<u32>>());
    assert_eq!(counter.download()?, [100]);

    let input: Vec<u32> = (0..128).map(|at| at * 7 % 50).collect();
    let mut stepped = device.zeros::<u32>(128)?;
    let launch = Launch::grid(2, 64);
    // SAFETY: the kernel asks for blocks of 64 threads.
    unsafe { kernels::stepped::launch(device, launch, 5, &device.upload(&input)?, &mut stepped)? };
    let mut host = vec![0; 128];
    // SAFETY: as above.
    unsafe { kernels::stepped::on_host(launch, 5, &input, &mut host) };
    assert_eq!(stepped.download()?, host);
    assert_eq!(host[63], 0 + 3 + 5 + 1 + 6 + 28);

    let mut halves = device.zeros::<u32>(6)?;
    kernels::halved::launch(device, Launch::cover(6), &mut halves, 6)?;
    assert_eq!(halves.download()?, [0, 0, 0, 1, 1, 1]);

    let data: Vec<f32> = (0..64).map(|at| at as f32 * 0.5).collect();
    let mut sums = device.zeros::<f32>(2)?;
    kernels::warp_sums::launch(device, Launch::grid(1, 64), &device.upload(&data)?, &mut sums)?;
    assert_eq!(sums.download()?, [248.0, 760.0]);
    Ok(())
}

#[gpu_test]
fn a_hash_map_finds_what_was_inserted(device: &Device) -> rustg::Result<()> {
    let keys: Vec<u32> = (0..200).map(|i| i % 150 * 7).collect();
    let values: Vec<u32> = (0..200).collect();
    let slots = device.upload(&[u64::MAX; 256])?;
    let keys_there = device.upload(&keys)?;
    kernels::insert::launch(device, Launch::cover(200), &slots, &keys_there, &device.upload(&values)?)?;
    let asked: Vec<u32> = (0..160).map(|i| i * 7).collect();
    let mut found = device.zeros(160)?;
    kernels::find::launch(device, Launch::cover(160), &slots, &device.upload(&asked)?, &mut found)?;
    let want: Vec<u32> = (0..160)
        .map(|i| {
            if i < 50 {
                i + 150
            } else if i < 150 {
                i
            } else {
                u32::MAX
            }
        })
        .collect();
    assert_eq!(found.download()?, want);
    Ok(())
}
