//! Atomics of every type, scope and ordering, in global and shared memory; fences.

use core::sync::atomic::AtomicU32;
use rustg::atomic::{
    AtomicOrdering, BlockAtomicF32, BlockAtomicI64, BlockAtomicU32, DeviceAtomicF32, DeviceAtomicF64, DeviceAtomicI32,
    DeviceAtomicI64, DeviceAtomicU32, DeviceAtomicU64, Ordering, SystemAtomicI32, SystemAtomicU64,
};
use rustg::prelude::*;

static mut COUNTS: SharedArray<u32, 4> = SharedArray::UNINIT;

/// What does not depend on the order in which threads come.
#[kernel]
pub fn tallied(words: &[DeviceAtomicU32], signed: &[DeviceAtomicI32], wide: &[SystemAtomicU64], plain: &[AtomicU32]) {
    let own = thread::index_1d().get() as u32;
    words[0].fetch_add(own, Ordering::Relaxed);
    words[1].fetch_sub(own, Ordering::Acquire);
    words[2].fetch_and(!(1 << (own % 32)), Ordering::Release);
    words[3].fetch_or(1 << (own % 32), Ordering::AcqRel);
    words[4].fetch_xor(own, Ordering::SeqCst);
    words[5].fetch_min(own + 5, Ordering::Relaxed);
    words[6].fetch_max(own + 5, Ordering::Relaxed);
    signed[0].fetch_min(own as i32 - 50, AtomicOrdering::Relaxed);
    signed[1].fetch_max(own as i32 - 50, AtomicOrdering::Relaxed);
    wide[0].fetch_add(u64::from(own) << 33, Ordering::Relaxed);
    wide[1].fetch_max(u64::from(own) << 40, Ordering::SeqCst);
    plain[0].fetch_add(2, core::sync::atomic::Ordering::Relaxed);
    // One thread finds the place free.
    if words[7].compare_exchange(0, own + 1, Ordering::AcqRel, Ordering::Acquire).is_ok() {
        words[8].fetch_add(1, Ordering::Relaxed);
    }
    // Exchanges hand one value round: all values that come out and the one that stays are those that went in.
    words[9].fetch_add(words[10].swap(own, Ordering::Relaxed), Ordering::Relaxed);
    fence::threadfence();
    atomic::fence(Ordering::SeqCst);
    words[11].store(7, Ordering::Release);
    words[12].store(words[11].load(Ordering::Acquire), Ordering::SeqCst);
}

/// Sums of floats that are exact in any order, a subnormal one among them.
#[kernel]
pub fn summed(
    single: &[DeviceAtomicF32],
    double: &[DeviceAtomicF64],
    long: &[DeviceAtomicI64],
    wide: &[DeviceAtomicU64],
) {
    let own = thread::index_1d().get();
    single[0].fetch_add(own as f32, Ordering::Relaxed);
    single[1].fetch_sub(0.5, Ordering::Relaxed);
    single[2].fetch_add(f32::from_bits(1), Ordering::Relaxed);
    double[0].fetch_add(own as f64 * 0.25, Ordering::Relaxed);
    double[1].fetch_sub(1.0, Ordering::SeqCst);
    if own == 3 {
        single[3].swap(2.5, Ordering::Relaxed);
        double[2].store(single[3].load(Ordering::Relaxed) as f64, Ordering::Relaxed);
    }
    long[0].fetch_min(-(own as i64), Ordering::Relaxed);
    wide[0].fetch_xor(own as u64, Ordering::Relaxed);
}

/// A block's own, in shared memory.
#[kernel]
pub fn counted(input: &[u32], mut output: DisjointSlice<u32>, total: &[SystemAtomicI32]) {
    let index = thread::index_1d();
    let at = thread::threadIdx_x() as usize;
    // SAFETY: four threads write what is counted before the barrier; from then on it is accessed by atomics until the next one.
    unsafe {
        if at < 4 {
            COUNTS[at] = 0;
        }
        thread::sync_threads();
        let first = COUNTS.as_mut_ptr();
        let own = BlockAtomicU32::from_ptr(first.add(input[index.get()] as usize % 4));
        own.fetch_add(1, Ordering::Relaxed);
        fence::threadfence_block();
        thread::sync_threads();
        if let Some(out) = output.get_mut(index) {
            *out = COUNTS[at % 4];
        }
    }
    total[0].fetch_add(1, Ordering::Relaxed);
}

#[gpu_test]
fn integers_agree_with_host_code(device: &Device) -> rustg::Result<()> {
    let first: Vec<u32> = (0..13).map(|at| if at == 2 || at == 5 { u32::MAX } else { 0 }).collect();
    let (words, signed) = (device.upload(&first)?, device.upload(&[0_i32, -1000])?);
    let (wide, plain) = (device.zeros::<u64>(2)?, device.zeros::<u32>(1)?);
    let launch = Launch::grid(3, 40);
    tallied::launch(device, launch, &words, &signed, &wide, &plain)?;
    let host: Vec<DeviceAtomicU32> = first.iter().map(|word| DeviceAtomicU32::new(*word)).collect();
    let host_signed = [DeviceAtomicI32::new(0), DeviceAtomicI32::new(-1000)];
    let host_wide = [SystemAtomicU64::new(0), SystemAtomicU64::new(0)];
    let host_plain = [AtomicU32::new(0)];
    tallied::on_host(launch, &host, &host_signed, &host_wide, &host_plain);
    let (mut found, mut want) =
        (words.download()?, host.iter().map(|word| word.load(Ordering::Relaxed)).collect::<Vec<u32>>());
    // Which thread was first and which last is the machine's affair.
    for words in [&mut found, &mut want] {
        assert!((1..=120).contains(&words[7]), "{words:?}");
        assert_eq!(words[9] + words[10], (0..120).sum::<u32>());
        for at in [7, 9, 10] {
            words[at] = 0;
        }
    }
    assert_eq!(found, want);
    assert_eq!((want[0], want[8], want[12]), (7140, 1, 7));
    assert_eq!(signed.download()?, host_signed.map(|word| word.load(Ordering::Relaxed)));
    assert_eq!(wide.download()?, host_wide.map(|word| word.load(Ordering::Relaxed)));
    assert_eq!(plain.download()?, [240]);
    assert_eq!(host_plain[0].load(Ordering::Relaxed), 240);
    Ok(())
}

#[gpu_test]
fn floats_are_added_exactly(device: &Device) -> rustg::Result<()> {
    let (single, double) = (device.zeros::<f32>(4)?, device.zeros::<f64>(3)?);
    let (long, wide) = (device.zeros::<i64>(1)?, device.zeros::<u64>(1)?);
    let launch = Launch::grid(2, 64);
    summed::launch(device, launch, &single, &double, &long, &wide)?;
    let host_single = [const { DeviceAtomicF32::new(0.0) }; 4];
    let host_double = [const { DeviceAtomicF64::new(0.0) }; 3];
    let (host_long, host_wide) = ([DeviceAtomicI64::new(0)], [DeviceAtomicU64::new(0)]);
    summed::on_host(launch, &host_single, &host_double, &host_long, &host_wide);
    let single = single.download()?;
    assert_eq!(single, [8128.0, -64.0, f32::from_bits(128), 2.5]);
    assert_eq!(single, host_single.map(|word| word.load(Ordering::Relaxed)));
    assert_eq!(double.download()?, host_double.map(|word| word.load(Ordering::Relaxed)));
    assert_eq!(long.download()?, [-127]);
    assert_eq!(wide.download()?, host_wide.map(|word| word.load(Ordering::Relaxed)));
    Ok(())
}

#[gpu_test]
fn a_block_counts_in_its_own_memory(device: &Device) -> rustg::Result<()> {
    let input: Vec<u32> = (0..96).map(|at| at * at).collect();
    let (mut output, total) = (device.zeros(96)?, device.zeros::<i32>(1)?);
    let launch = Launch::grid(2, 48);
    counted::launch(device, launch, &device.upload(&input)?, &mut output, &total)?;
    let (mut host, host_total) = (vec![0; 96], [SystemAtomicI32::new(0)]);
    counted::on_host(launch, &input, &mut host, &host_total);
    assert_eq!(output.download()?, host);
    assert_eq!((host[0], host[1]), (24, 24));
    assert_eq!((total.download()?[0], host_total[0].load(Ordering::Relaxed)), (96, 96));
    Ok(())
}

#[test]
fn scopes_and_orders_are_in_the_instructions() {
    let ptx = tallied::image().ptx;
    for part in [
        "atom.relaxed.gpu",
        "atom.acquire.gpu",
        "atom.release.gpu",
        "atom.acq_rel.gpu",
        "fence.sc.gpu",
        "atom.relaxed.sys",
    ] {
        assert!(ptx.contains(part), "{part}:\n{ptx}");
    }
    assert!(counted::image().ptx.contains("atom.relaxed.cta.shared.add.u32"), "{}", counted::image().ptx);
    // What others change is not read through the read-only cache.
    assert!(!ptx.contains(".nc"), "{ptx}");
}

#[test]
fn block_atomics_of_other_types_are_words_of_host_code_too() {
    let (float, long) = (BlockAtomicF32::new(1.5), BlockAtomicI64::new(-3));
    assert_eq!((float.fetch_add(1.0, Ordering::Relaxed), float.load(Ordering::Relaxed)), (1.5, 2.5));
    assert_eq!((long.swap(9, Ordering::Relaxed), long.load(Ordering::Relaxed)), (-3, 9));
}
