//! What the 32 lanes of a warp do together.
//!
//! In a kernel these are the device's; as host code they answer under `KERNEL::on_host` and panic by name elsewhere.

use crate::host::{exchange, live_lanes, place};

/// All lanes of a warp.
pub const FULL_MASK: u32 = u32::MAX;

/// The lane's number in its warp, 0 to 31.
pub fn lane_id() -> u32 {
    place("warp::lane_id").linear() % 32
}

/// The warp's number in its block.
pub fn warp_id() -> u32 {
    place("warp::warp_id").linear() / 32
}

/// The lanes that execute this together: as host code, those that have not ended.
pub fn active_mask() -> u32 {
    live_lanes("warp::active_mask")
}

/// Waits for the lanes of the mask, and orders their accesses.
pub fn sync_mask(mask: u32) {
    exchange("warp::sync_mask", mask, 0);
}

/// A value that lanes exchange.
pub trait Shuffled: Copy + sealed::Sealed {
    #[doc(hidden)]
    fn to_bits64(self) -> u64;
    #[doc(hidden)]
    fn from_bits64(bits: u64) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! shuffled {
    ($($ty:ty, |$value:ident| $to:expr, |$bits:ident| $from:expr;)*) => { $(
        impl sealed::Sealed for $ty {}
        impl Shuffled for $ty {
            fn to_bits64(self) -> u64 {
                let $value = self;
                $to
            }

            fn from_bits64($bits: u64) -> $ty {
                $from
            }
        }
    )* };
}

shuffled! {
    u32, |value| u64::from(value), |bits| bits as u32;
    i32, |value| u64::from(value as u32), |bits| bits as i32;
    u64, |value| value, |bits| bits;
    i64, |value| value as u64, |bits| bits as i64;
    f32, |value| u64::from(value.to_bits()), |bits| f32::from_bits(bits as u32);
    f64, |value| value.to_bits(), |bits| f64::from_bits(bits);
}

/// The value of the lane that `from` says; the own one where that lane is outside the warp or did not take part.
fn shuffled<T: Shuffled>(what: &str, mask: u32, value: T, from: impl FnOnce(i64) -> i64) -> T {
    let own = i64::from(lane_id());
    let (values, present) = exchange(what, mask, value.to_bits64());
    let lane = from(own);
    if (0..32).contains(&lane) && present >> lane & 1 != 0 { T::from_bits64(values[lane as usize]) } else { value }
}

/// The value of the lane of that number.
pub fn shuffle_sync<T: Shuffled>(mask: u32, value: T, lane: u32) -> T {
    shuffled("warp::shuffle_sync", mask, value, |_| i64::from(lane % 32))
}

/// The value of the lane whose number is the own one, exclusive or.
pub fn shuffle_xor_sync<T: Shuffled>(mask: u32, value: T, lanes: u32) -> T {
    shuffled("warp::shuffle_xor_sync", mask, value, |own| own ^ i64::from(lanes))
}

/// The value of the lane that many above.
pub fn shuffle_down_sync<T: Shuffled>(mask: u32, value: T, distance: u32) -> T {
    shuffled("warp::shuffle_down_sync", mask, value, |own| own + i64::from(distance))
}

/// The value of the lane that many below.
pub fn shuffle_up_sync<T: Shuffled>(mask: u32, value: T, distance: u32) -> T {
    shuffled("warp::shuffle_up_sync", mask, value, |own| own - i64::from(distance))
}

macro_rules! of_one_type {
    ($($sync:ident $($ty:ident $name:ident $masked:ident,)*;)*) => { $($(
        #[doc = concat!("[`", stringify!($sync), "`] among all lanes of the warp, for `", stringify!($ty), "`.")]
        pub fn $name(value: $ty, lanes: u32) -> $ty {
            $sync(FULL_MASK, value, lanes)
        }

        #[doc = concat!("[`", stringify!($sync), "`] for `", stringify!($ty), "`.")]
        pub fn $masked(mask: u32, value: $ty, lanes: u32) -> $ty {
            $sync(mask, value, lanes)
        }
    )*)* };
}

macro_rules! of_words {
    ($($name:ident $sync:ident;)*) => { $(
        #[doc = concat!("[`", stringify!($sync), "`] among all lanes of the warp.")]
        pub fn $name(value: u32, lanes: u32) -> u32 {
            $sync(FULL_MASK, value, lanes)
        }
    )* };
}

of_words! {
    shuffle shuffle_sync;
    shuffle_xor shuffle_xor_sync;
    shuffle_down shuffle_down_sync;
    shuffle_up shuffle_up_sync;
}

of_one_type! {
    shuffle_sync f32 shuffle_f32 shuffle_f32_sync, u64 shuffle_u64 shuffle_u64_sync, f64 shuffle_f64 shuffle_f64_sync,;
    shuffle_xor_sync f32 shuffle_xor_f32 shuffle_xor_f32_sync, u64 shuffle_xor_u64 shuffle_xor_u64_sync,
        f64 shuffle_xor_f64 shuffle_xor_f64_sync,;
    shuffle_down_sync f32 shuffle_down_f32 shuffle_down_f32_sync, u64 shuffle_down_u64 shuffle_down_u64_sync,
        f64 shuffle_down_f64 shuffle_down_f64_sync,;
    shuffle_up_sync f32 shuffle_up_f32 shuffle_up_f32_sync, u64 shuffle_up_u64 shuffle_up_u64_sync,
        f64 shuffle_up_f64 shuffle_up_f64_sync,;
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $ty:ident $masked:ident $($name:ident)?, |$a:ident, $b:ident| $join:expr;)*) => { $(
        $(#[$doc])*
        pub fn $masked(mask: u32, value: $ty) -> $ty {
            let (values, present) = exchange(concat!("warp::", stringify!($masked)), mask, value as u32 as u64);
            let brought = (0..32).filter(|lane| present >> lane & 1 != 0).map(|lane| values[lane as usize] as $ty);
            brought.reduce(|$a, $b| $join).unwrap_or(value)
        }

        $(
            #[doc = concat!("[`", stringify!($masked), "`] over all lanes of the warp.")]
            pub fn $name(value: $ty) -> $ty {
                $masked(FULL_MASK, value)
            }
        )?
    )* };
}

reductions! {
    /// The sum over the lanes of the mask, wrapping.
    u32 redux_sync_add reduce_add, |a, b| a.wrapping_add(b);
    /// The least over the lanes of the mask.
    u32 redux_sync_min_u32 reduce_min, |a, b| a.min(b);
    /// The greatest over the lanes of the mask.
    u32 redux_sync_max_u32 reduce_max, |a, b| a.max(b);
    /// The least over the lanes of the mask.
    i32 redux_sync_min_i32, |a, b| a.min(b);
    /// The greatest over the lanes of the mask.
    i32 redux_sync_max_i32, |a, b| a.max(b);
    /// The bits that all lanes of the mask have.
    u32 redux_sync_and reduce_and, |a, b| a & b;
    /// The bits that a lane of the mask has.
    u32 redux_sync_or reduce_or, |a, b| a | b;
    /// The bits that an odd number of lanes of the mask have.
    u32 redux_sync_xor reduce_xor, |a, b| a ^ b;
}

/// The sum over all lanes, in the order of a butterfly: distances 16, 8, 4, 2, 1.
pub fn reduce_sum_f32(value: f32) -> f32 {
    [16, 8, 4, 2, 1].into_iter().fold(value, |sum, lanes| sum + shuffle_xor_f32(sum, lanes))
}

macro_rules! lane_masks {
    ($($(#[$doc:meta])* $name:ident, |$lane:ident| $mask:expr;)*) => { $(
        $(#[$doc])*
        pub fn $name() -> u32 {
            let $lane = place(concat!("warp::", stringify!($name))).linear() % 32;
            $mask
        }
    )* };
}

lane_masks! {
    /// The bit of this lane.
    lanemask_eq, |lane| 1 << lane;
    /// The bits of the lanes below this one.
    lanemask_lt, |lane| (1 << lane) - 1;
    /// The bits of the lanes up to this one.
    lanemask_le, |lane| u32::MAX >> (31 - lane);
    /// The bits of the lanes above this one.
    lanemask_gt, |lane| !(u32::MAX >> (31 - lane));
    /// The bits of this lane and those above.
    lanemask_ge, |lane| u32::MAX << lane;
}

/// The lanes of the mask for which it is true, a bit each.
pub fn ballot_sync(mask: u32, holds: bool) -> u32 {
    let (values, present) = exchange("warp::ballot_sync", mask, u64::from(holds));
    (0..32)
        .filter(|lane| present >> lane & 1 != 0 && values[*lane as usize] != 0)
        .fold(0, |bits, lane| bits | 1 << lane)
}

/// The lanes for which it is true, a bit each.
pub fn ballot(holds: bool) -> u32 {
    ballot_sync(FULL_MASK, holds)
}

/// Whether it is true for all lanes of the mask.
pub fn all_sync(mask: u32, holds: bool) -> bool {
    let (values, present) = exchange("warp::all_sync", mask, u64::from(holds));
    (0..32).all(|lane| present >> lane & 1 == 0 || values[lane] != 0)
}

/// Whether it is true for one lane of the mask or more.
pub fn any_sync(mask: u32, holds: bool) -> bool {
    ballot_sync(mask, holds) != 0
}

/// Whether it is true for all lanes.
pub fn all(holds: bool) -> bool {
    all_sync(FULL_MASK, holds)
}

/// Whether it is true for one lane or more.
pub fn any(holds: bool) -> bool {
    any_sync(FULL_MASK, holds)
}

/// For how many lanes it is true.
pub fn popc(holds: bool) -> u32 {
    ballot(holds).count_ones()
}

/// The lanes of the mask that bring the same value, a bit each.
fn same(what: &str, mask: u32, value: u64) -> u32 {
    let (values, present) = exchange(what, mask, value);
    (0..32).filter(|lane| present >> lane & 1 != 0 && values[*lane] == value).fold(0, |bits, lane| bits | 1 << lane)
}

/// The mask where all its lanes bring the same value, else 0.
fn same_for_all(what: &str, mask: u32, value: u64) -> u32 {
    let (values, present) = exchange(what, mask, value);
    let all = (0..32).all(|lane| present >> lane & 1 == 0 || values[lane] == value);
    if all { mask } else { 0 }
}

macro_rules! matches_of {
    ($($any:ident $all:ident $ty:ident $any_lanes:ident $all_lanes:ident;)*) => { $(
        /// The lanes of the mask that bring the same value, a bit each.
        pub fn $any(mask: u32, value: $ty) -> u32 {
            same(concat!("warp::", stringify!($any)), mask, u64::from(value))
        }

        /// The mask where all its lanes bring the same value, else 0.
        pub fn $all(mask: u32, value: $ty) -> u32 {
            same_for_all(concat!("warp::", stringify!($all)), mask, u64::from(value))
        }

        /// The lanes that bring the same value, a bit each.
        pub fn $any_lanes(value: $ty) -> u32 {
            $any(FULL_MASK, value)
        }

        /// All bits where all lanes bring the same value, else 0.
        pub fn $all_lanes(value: $ty) -> u32 {
            $all(FULL_MASK, value)
        }
    )* };
}

matches_of! {
    match_any_sync match_all_sync u32 match_any match_all;
    match_any_i64_sync match_all_i64_sync u64 match_any_u64 match_all_u64;
}
