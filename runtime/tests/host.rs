//! Kernels as host code: barriers, warp operations, and what happens outside of a kernel.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustg::prelude::*;
use rustg::{host, thread, warp};

fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    panic.downcast::<String>().map_or_else(|_| "no text".to_owned(), |text| *text)
}

#[test]
fn every_thread_has_its_place() {
    let seen = RefCell::new(Vec::new());
    host::run(Launch::grid((2, 2), (3, 2)), || {
        seen.borrow_mut().push((
            thread::blockIdx_y() * thread::gridDim_x() + thread::blockIdx_x(),
            thread::threadIdx_y() * thread::blockDim_x() + thread::threadIdx_x(),
        ));
    });
    let want: Vec<(u32, u32)> = (0..4).flat_map(|block| (0..6).map(move |thread| (block, thread))).collect();
    assert_eq!(seen.into_inner(), want);
}

#[test]
fn a_barrier_lets_nobody_through_before_all_are_there() {
    let cells = RefCell::new([0_u32; 70]);
    let sums = RefCell::new(Vec::new());
    host::run(Launch::grid(1, 70), || {
        let at = thread::threadIdx_x() as usize;
        cells.borrow_mut()[at] = at as u32;
        thread::sync_threads();
        let sum: u32 = cells.borrow().iter().sum();
        sums.borrow_mut().push(sum);
        thread::sync_threads();
        cells.borrow_mut()[at] = 0;
    });
    assert_eq!(sums.into_inner(), [69 * 70 / 2; 70]);
}

#[test]
fn lanes_exchange_values_as_on_a_device() {
    let results = RefCell::new(Vec::new());
    host::run(Launch::grid(1, 40), || {
        let lane = warp::lane_id();
        let mut sum = 1_u32;
        let mut distance = 16;
        let mask = warp::active_mask();
        while distance > 0 {
            sum += warp::shuffle_xor_sync(mask, sum, distance);
            distance /= 2;
        }
        let odd = warp::ballot_sync(mask, lane % 2 == 1);
        let first = warp::shuffle_sync(mask, lane as f32 + 0.5, 0);
        results.borrow_mut().push((sum, odd, first));
    });
    let results = results.into_inner();
    assert_eq!(results[0], (32, 0xaaaa_aaaa, 0.5));
    // A warp of 8 lanes: a lane that is not there gives back the own value.
    assert_eq!(results[39], (32, 0xaa, 0.5));
}

#[test]
fn threads_write_their_own_elements() {
    let mut y = vec![1.0_f32; 100];
    let (first, len) = (y.as_mut_ptr(), y.len());
    host::run(Launch::cover(100), || {
        // SAFETY: each thread writes at its own index, and `y` is not used meanwhile.
        let mut y = unsafe { DisjointSlice::from_raw_parts(first, len) };
        let i = thread::index_1d();
        if let Some(out) = y.get_mut(i) {
            *out += i.get() as f32;
        }
    });
    assert_eq!(y[99], 100.0);
}

#[test]
fn words_of_kernels_outside_of_a_kernel_panic_by_name() {
    let text = message(catch_unwind(thread::index_1d).unwrap_err());
    assert!(text.starts_with("`thread::index_1d` is a word of kernels"), "{text}");
}

#[test]
fn threads_that_wait_at_different_places_are_told() {
    let waits = || {
        host::run(Launch::grid(1, 64), || {
            if thread::threadIdx_x() != 3 {
                thread::sync_threads();
            } else {
                warp::shuffle(1_u32, 0);
            }
        })
    };
    let text = message(catch_unwind(AssertUnwindSafe(waits)).unwrap_err());
    assert!(text.contains("wait for one another at different places: 63 at a barrier"), "{text}");
}

static mut TILE: SharedArray<u32, 64> = SharedArray::UNINIT;

#[test]
#[allow(static_mut_refs, reason = "as kernels write it")]
fn blocks_share_an_array_each_for_itself() {
    let out = RefCell::new(vec![0; 128]);
    host::run(Launch::grid(2, 64), || {
        let at = thread::threadIdx_x() as usize;
        // SAFETY: one fiber runs at a time, and a barrier stands between writing and reading.
        unsafe { TILE[at] = thread::index_1d().get() as u32 };
        thread::sync_threads();
        // SAFETY: as above.
        out.borrow_mut()[thread::index_1d().get()] = unsafe { TILE[63 - at] };
    });
    let out = out.into_inner();
    assert_eq!((out[0], out[63], out[64], out[127]), (63, 0, 127, 64));
}

#[test]
fn reductions_go_over_the_lanes_that_are_there() {
    let results = RefCell::new(Vec::new());
    host::run(Launch::grid(1, 40), || {
        let lane = warp::lane_id();
        let all = (warp::reduce_add(lane), warp::reduce_max(lane), warp::reduce_sum_f32(1.0));
        results.borrow_mut().push(all);
    });
    let results = results.into_inner();
    assert_eq!(results[0], (496, 31, 32.0));
    assert_eq!((results[39].0, results[39].1), (28, 7));
}
