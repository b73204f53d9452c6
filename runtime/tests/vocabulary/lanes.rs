//! Warps: shuffles of every width, votes, matches, reductions, masks; whole warps and parts of one.

use rustg::prelude::*;

/// How many results each thread writes.
const RESULTS: usize = 40;

/// A value that differs from lane to lane, in every part.
#[device]
fn sample(at: usize) -> u64 {
    (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[kernel]
pub fn among_all(mut results: DisjointSlice<[u64; 40]>) {
    let index = thread::index_1d();
    let wide = sample(index.get());
    let word = wide as u32;
    let single = word as f32 * 0.25;
    let double = wide as f64 * 0.125;
    let mut all = [0_u64; 40];
    all[0] = warp::shuffle(word, 3) as u64;
    all[1] = warp::shuffle_xor(word, 5) as u64;
    all[2] = warp::shuffle_down(word, 7) as u64;
    all[3] = warp::shuffle_up(word, 9) as u64;
    all[4] = warp::shuffle_f32(single, 30).to_bits() as u64;
    all[5] = warp::shuffle_xor_f32(single, 16).to_bits() as u64;
    all[6] = warp::shuffle_down_f32(single, 1).to_bits() as u64;
    all[7] = warp::shuffle_up_f32(single, 31).to_bits() as u64;
    all[8] = warp::shuffle_u64(wide, 17);
    all[9] = warp::shuffle_xor_u64(wide, 1);
    all[10] = warp::shuffle_down_u64(wide, 4);
    all[11] = warp::shuffle_up_u64(wide, 2);
    all[12] = warp::shuffle_f64(double, 0).to_bits();
    all[13] = warp::shuffle_xor_f64(double, 31).to_bits();
    all[14] = warp::shuffle_down_f64(double, 2).to_bits();
    all[15] = warp::shuffle_up_f64(double, 3).to_bits();
    all[16] = warp::ballot(word % 3 == 0) as u64;
    all[17] = warp::all(word % 3 == 0) as u64 + 2 * (warp::all(word > 0) as u64);
    all[18] = warp::any(word == 0) as u64 + 2 * (warp::any(word % 7 == 3) as u64);
    all[19] = warp::popc(word % 5 > 1) as u64;
    all[20] = warp::match_any(word % 4) as u64;
    all[21] = warp::match_all(word / 0xffff_ffff) as u64;
    all[22] = warp::match_all(word) as u64;
    all[23] = warp::match_any_u64(wide % 3) as u64;
    all[24] = warp::match_all_u64(wide) as u64 + 1;
    all[25] = warp::reduce_add(word) as u64;
    all[26] = warp::reduce_min(word) as u64;
    all[27] = warp::reduce_max(word) as u64;
    all[28] = warp::reduce_and(word | 0xff) as u64;
    all[29] = warp::reduce_or(word & 0xf0f0) as u64;
    all[30] = warp::reduce_xor(word) as u64;
    all[31] = warp::reduce_sum_f32(single).to_bits() as u64;
    all[32] = warp::redux_sync_min_i32(warp::FULL_MASK, word as i32) as u32 as u64;
    all[33] = warp::redux_sync_max_i32(warp::FULL_MASK, word as i32) as u32 as u64;
    all[34] = warp::lane_id() as u64 * 100 + warp::warp_id() as u64;
    all[35] = warp::lanemask_lt() as u64 | (warp::lanemask_gt() as u64) << 32;
    all[36] = warp::lanemask_le() as u64 | (warp::lanemask_ge() as u64) << 32;
    all[37] = warp::lanemask_eq() as u64;
    all[38] = warp::active_mask() as u64;
    warp::sync_mask(warp::FULL_MASK);
    all[39] = 1;
    if let Some(own) = results.get_mut(index) {
        *own = all;
    }
}

#[kernel]
pub fn among_some(mut results: DisjointSlice<[u64; 40]>) {
    let index = thread::index_1d();
    let wide = sample(index.get());
    let word = wide as u32;
    let mut all = [0_u64; 40];
    let is_odd = warp::lane_id() % 2 == 1;
    let mask = if is_odd { 0xaaaa_aaaa } else { 0x5555_5555 };
    if is_odd {
        all[0] = warp::shuffle_sync(mask, word, 5) as u64;
        all[1] = warp::shuffle_xor_sync(mask, word as i32, 2) as u32 as u64;
        all[2] = warp::shuffle_u64_sync(mask, wide, 31);
        all[3] = warp::shuffle_f32_sync(mask, 1.5 * index.get() as f32, 1).to_bits() as u64;
        all[4] = warp::shuffle_xor_f64_sync(mask, 0.5 * index.get() as f64, 4).to_bits();
        all[5] = warp::redux_sync_add(mask, word) as u64;
        all[6] = warp::redux_sync_max_u32(mask, word) as u64;
        all[7] = warp::redux_sync_min_i32(mask, word as i32) as u32 as u64;
    } else {
        all[8] = warp::ballot_sync(mask, word % 3 == 0) as u64;
        all[9] = warp::all_sync(mask, word != 0) as u64;
        all[10] = warp::any_sync(mask, word == 0) as u64;
        all[11] = warp::match_any_sync(mask, word % 3) as u64;
        all[12] = warp::match_all_sync(mask, 7) as u64;
        all[13] = warp::match_any_i64_sync(mask, wide % 2) as u64;
        all[14] = warp::match_all_i64_sync(mask, wide) as u64;
        all[15] = warp::redux_sync_and(mask, word | 3) as u64;
        all[16] = warp::redux_sync_or(mask, word & 0xff) as u64;
        all[17] = warp::redux_sync_xor(mask, word) as u64;
        all[18] = warp::redux_sync_min_u32(mask, word) as u64;
        all[19] = warp::redux_sync_max_i32(mask, word as i32) as u32 as u64;
        all[20] = warp::shuffle_down_sync(mask, wide, 2);
    }
    warp::sync_mask(mask);
    if let Some(own) = results.get_mut(index) {
        *own = all;
    }
}

/// The last warp of the block is not whole.
#[kernel]
pub fn in_a_part_of_a_warp(mut results: DisjointSlice<[u64; 40]>) {
    let index = thread::index_1d();
    let word = sample(index.get()) as u32;
    let mut all = [0_u64; 40];
    all[0] = warp::reduce_add(word) as u64;
    all[1] = warp::reduce_min(word) as u64;
    all[2] = warp::ballot(true) as u64;
    all[3] = warp::all(word != 0) as u64;
    all[4] = (warp::active_mask() & warp::lanemask_eq()) as u64;
    if let Some(own) = results.get_mut(index) {
        *own = all;
    }
}

fn check(
    device: &Device,
    threads: u32,
    run: impl Fn(Launch, &mut rustg::Buffer<[u64; RESULTS]>) -> rustg::Result<()>,
    on_host: impl Fn(Launch, &mut [[u64; RESULTS]]),
) -> rustg::Result<Vec<[u64; RESULTS]>> {
    let launch = Launch::grid(2, threads);
    let count = 2 * threads as usize;
    let mut found = device.zeros(count)?;
    run(launch, &mut found)?;
    let mut host = vec![[0; RESULTS]; count];
    on_host(launch, &mut host);
    for (thread, (found, host)) in found.download()?.iter().zip(&host).enumerate() {
        for (at, (found, host)) in found.iter().zip(host).enumerate() {
            assert_eq!(found, host, "result {at} of thread {thread}");
        }
    }
    Ok(host)
}

#[gpu_test]
fn whole_warps_agree_with_host_code(device: &Device) -> rustg::Result<()> {
    let host = check(
        device,
        64,
        |launch, found| among_all::launch(device, launch, found),
        |launch, host| among_all::on_host(launch, host),
    )?;
    assert_eq!(host[40][8], sample(32 + 17));
    assert_eq!((host[0][21], host[0][22], host[0][38]), (0xffff_ffff, 0, 0xffff_ffff));
    Ok(())
}

#[gpu_test]
fn lanes_of_a_mask_agree_with_host_code(device: &Device) -> rustg::Result<()> {
    let host = check(
        device,
        32,
        |launch, found| among_some::launch(device, launch, found),
        |launch, host| among_some::on_host(launch, host),
    )?;
    assert_eq!((host[1][2], host[0][12]), (sample(31), 0x5555_5555));
    Ok(())
}

#[gpu_test]
fn lanes_that_are_not_there_bring_nothing(device: &Device) -> rustg::Result<()> {
    let host = check(
        device,
        40,
        |launch, found| in_a_part_of_a_warp::launch(device, launch, found),
        |launch, host| in_a_part_of_a_warp::on_host(launch, host),
    )?;
    assert_eq!((host[39][2], host[39][4]), (0xff, 1 << 7));
    Ok(())
}
