//! What the 32 lanes of a warp do together.

use crate::intrinsics as raw;
pub const FULL_MASK: u32 = 0xffff_ffff;
pub fn lane_id() -> u32 { raw::lane() }
pub fn warp_id() -> u32 {
    let row = raw::wrapping_add(raw::wrapping_mul(raw::thread_z(), raw::block_dim_y()), raw::thread_y());
    raw::wrapping_add(raw::wrapping_mul(row, raw::block_dim_x()), raw::thread_x()) / 32
}
pub fn active_mask() -> u32 { raw::active_mask() }
pub fn sync_mask(mask: u32) { raw::sync_warp(mask) }
pub fn lanemask_eq() -> u32 { raw::lanemask_eq() }
pub fn lanemask_lt() -> u32 { raw::lanemask_lt() }
pub fn lanemask_le() -> u32 { raw::lanemask_le() }
pub fn lanemask_gt() -> u32 { raw::lanemask_gt() }
pub fn lanemask_ge() -> u32 { raw::lanemask_ge() }

/// What travels between lanes.
pub trait Shuffled: Copy {}
#[each(Int, u32, i32, u64, i64, f32, f64)]
impl Shuffled for Int {}
pub fn shuffle_sync<T: Shuffled>(mask: u32, value: T, lane: u32) -> T { raw::shuffle_index(value, lane, mask) }
pub fn shuffle_xor_sync<T: Shuffled>(mask: u32, value: T, lanes: u32) -> T { raw::shuffle_xor(value, lanes, mask) }
pub fn shuffle_down_sync<T: Shuffled>(mask: u32, value: T, distance: u32) -> T { raw::shuffle_down(value, distance, mask) }
pub fn shuffle_up_sync<T: Shuffled>(mask: u32, value: T, distance: u32) -> T { raw::shuffle_up(value, distance, mask) }
// The same of all lanes, and for one type.
pub fn shuffle(value: u32, lane: u32) -> u32 { raw::shuffle_index(value, lane, FULL_MASK) }
pub fn shuffle_xor(value: u32, lanes: u32) -> u32 { raw::shuffle_xor(value, lanes, FULL_MASK) }
pub fn shuffle_down(value: u32, distance: u32) -> u32 { raw::shuffle_down(value, distance, FULL_MASK) }
pub fn shuffle_up(value: u32, distance: u32) -> u32 { raw::shuffle_up(value, distance, FULL_MASK) }
pub fn shuffle_f32(value: f32, lane: u32) -> f32 { raw::shuffle_index(value, lane, FULL_MASK) }
pub fn shuffle_f32_sync(mask: u32, value: f32, lane: u32) -> f32 { raw::shuffle_index(value, lane, mask) }
pub fn shuffle_xor_f32(value: f32, lanes: u32) -> f32 { raw::shuffle_xor(value, lanes, FULL_MASK) }
pub fn shuffle_xor_f32_sync(mask: u32, value: f32, lanes: u32) -> f32 { raw::shuffle_xor(value, lanes, mask) }
pub fn shuffle_down_f32(value: f32, distance: u32) -> f32 { raw::shuffle_down(value, distance, FULL_MASK) }
pub fn shuffle_down_f32_sync(mask: u32, value: f32, distance: u32) -> f32 { raw::shuffle_down(value, distance, mask) }
pub fn shuffle_up_f32(value: f32, distance: u32) -> f32 { raw::shuffle_up(value, distance, FULL_MASK) }
pub fn shuffle_up_f32_sync(mask: u32, value: f32, distance: u32) -> f32 { raw::shuffle_up(value, distance, mask) }
pub fn shuffle_u64(value: u64, lane: u32) -> u64 { raw::shuffle_index(value, lane, FULL_MASK) }
pub fn shuffle_u64_sync(mask: u32, value: u64, lane: u32) -> u64 { raw::shuffle_index(value, lane, mask) }
pub fn shuffle_xor_u64(value: u64, lanes: u32) -> u64 { raw::shuffle_xor(value, lanes, FULL_MASK) }
pub fn shuffle_xor_u64_sync(mask: u32, value: u64, lanes: u32) -> u64 { raw::shuffle_xor(value, lanes, mask) }
pub fn shuffle_down_u64(value: u64, distance: u32) -> u64 { raw::shuffle_down(value, distance, FULL_MASK) }
pub fn shuffle_down_u64_sync(mask: u32, value: u64, distance: u32) -> u64 { raw::shuffle_down(value, distance, mask) }
pub fn shuffle_up_u64(value: u64, distance: u32) -> u64 { raw::shuffle_up(value, distance, FULL_MASK) }
pub fn shuffle_up_u64_sync(mask: u32, value: u64, distance: u32) -> u64 { raw::shuffle_up(value, distance, mask) }
pub fn shuffle_f64(value: f64, lane: u32) -> f64 { raw::shuffle_index(value, lane, FULL_MASK) }
pub fn shuffle_f64_sync(mask: u32, value: f64, lane: u32) -> f64 { raw::shuffle_index(value, lane, mask) }
pub fn shuffle_xor_f64(value: f64, lanes: u32) -> f64 { raw::shuffle_xor(value, lanes, FULL_MASK) }
pub fn shuffle_xor_f64_sync(mask: u32, value: f64, lanes: u32) -> f64 { raw::shuffle_xor(value, lanes, mask) }
pub fn shuffle_down_f64(value: f64, distance: u32) -> f64 { raw::shuffle_down(value, distance, FULL_MASK) }
pub fn shuffle_down_f64_sync(mask: u32, value: f64, distance: u32) -> f64 { raw::shuffle_down(value, distance, mask) }
pub fn shuffle_up_f64(value: f64, distance: u32) -> f64 { raw::shuffle_up(value, distance, FULL_MASK) }
pub fn shuffle_up_f64_sync(mask: u32, value: f64, distance: u32) -> f64 { raw::shuffle_up(value, distance, mask) }

pub fn ballot_sync(mask: u32, holds: bool) -> u32 { raw::ballot(holds, mask) }
pub fn all_sync(mask: u32, holds: bool) -> bool { raw::vote_all(holds, mask) }
pub fn any_sync(mask: u32, holds: bool) -> bool { raw::vote_any(holds, mask) }
pub fn ballot(holds: bool) -> u32 { raw::ballot(holds, FULL_MASK) }
pub fn all(holds: bool) -> bool { raw::vote_all(holds, FULL_MASK) }
pub fn any(holds: bool) -> bool { raw::vote_any(holds, FULL_MASK) }
pub fn popc(holds: bool) -> u32 { raw::count_ones(raw::ballot(holds, FULL_MASK)) }

pub fn match_any_sync(mask: u32, value: u32) -> u32 { raw::match_any(value, mask) }
pub fn match_all_sync(mask: u32, value: u32) -> u32 { raw::match_all(value, mask) }
pub fn match_any_i64_sync(mask: u32, value: u64) -> u32 { raw::match_any(value, mask) }
pub fn match_all_i64_sync(mask: u32, value: u64) -> u32 { raw::match_all(value, mask) }
pub fn match_any(value: u32) -> u32 { raw::match_any(value, FULL_MASK) }
pub fn match_all(value: u32) -> u32 { raw::match_all(value, FULL_MASK) }
pub fn match_any_u64(value: u64) -> u32 { raw::match_any(value, FULL_MASK) }
pub fn match_all_u64(value: u64) -> u32 { raw::match_all(value, FULL_MASK) }

pub fn reduce_add(value: u32) -> u32 { raw::reduce_add(value, FULL_MASK) }
pub fn reduce_min(value: u32) -> u32 { raw::reduce_min(value, FULL_MASK) }
pub fn reduce_max(value: u32) -> u32 { raw::reduce_max(value, FULL_MASK) }
pub fn reduce_and(value: u32) -> u32 { raw::reduce_and(value, FULL_MASK) }
pub fn reduce_or(value: u32) -> u32 { raw::reduce_or(value, FULL_MASK) }
pub fn reduce_xor(value: u32) -> u32 { raw::reduce_xor(value, FULL_MASK) }
pub fn redux_sync_add(mask: u32, value: u32) -> u32 { raw::reduce_add(value, mask) }
pub fn redux_sync_and(mask: u32, value: u32) -> u32 { raw::reduce_and(value, mask) }
pub fn redux_sync_or(mask: u32, value: u32) -> u32 { raw::reduce_or(value, mask) }
pub fn redux_sync_xor(mask: u32, value: u32) -> u32 { raw::reduce_xor(value, mask) }
pub fn redux_sync_min_u32(mask: u32, value: u32) -> u32 { raw::reduce_min(value, mask) }
pub fn redux_sync_min_i32(mask: u32, value: i32) -> i32 { raw::reduce_min(value, mask) }
pub fn redux_sync_max_u32(mask: u32, value: u32) -> u32 { raw::reduce_max(value, mask) }
pub fn redux_sync_max_i32(mask: u32, value: i32) -> i32 { raw::reduce_max(value, mask) }
pub fn reduce_sum_f32(value: f32) -> f32 {
    let mut sum = value;
    let mut lanes = 16;
    while lanes > 0 {
        sum += raw::shuffle_xor(sum, lanes, FULL_MASK);
        lanes = lanes / 2;
    }
    sum
}
