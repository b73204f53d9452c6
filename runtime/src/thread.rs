//! Who a thread is, and where the threads of its block meet.
//!
//! In a kernel these are the device's; as host code they answer under `KERNEL::on_host` and panic by name elsewhere.

use crate::host;

/// The index of a thread in its grid: what no other thread of the launch has, so that what lies at it is the thread's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ThreadIndex(usize);

impl ThreadIndex {
    /// The index as a number.
    pub fn get(self) -> usize {
        self.0
    }
}

macro_rules! coordinates {
    ($($(#[$doc:meta])* $name:ident $field:ident $at:literal;)*) => { $(
        $(#[$doc])*
        #[allow(non_snake_case, reason = "the names are CUDA's")]
        pub fn $name() -> u32 {
            host::place(concat!("thread::", stringify!($name))).$field[$at]
        }
    )* };
}

coordinates! {
    /// The thread's place in its block: x.
    threadIdx_x thread 0;
    /// The thread's place in its block: y.
    threadIdx_y thread 1;
    /// The thread's place in its block: z.
    threadIdx_z thread 2;
    /// The block's place in the grid: x.
    blockIdx_x block 0;
    /// The block's place in the grid: y.
    blockIdx_y block 1;
    /// The block's place in the grid: z.
    blockIdx_z block 2;
    /// The block's size in threads: x.
    blockDim_x threads 0;
    /// The block's size in threads: y.
    blockDim_y threads 1;
    /// The block's size in threads: z.
    blockDim_z threads 2;
    /// The grid's size in blocks: x.
    gridDim_x blocks 0;
    /// The grid's size in blocks: y.
    gridDim_y blocks 1;
    /// The grid's size in blocks: z.
    gridDim_z blocks 2;
}

/// The thread's index in a grid of one dimension.
pub fn index_1d() -> ThreadIndex {
    let place = host::place("thread::index_1d");
    ThreadIndex(place.block[0] as usize * place.threads[0] as usize + place.thread[0] as usize)
}

/// The thread's index in a grid of two dimensions over rows of `STRIDE` elements; nothing for threads beyond the end of a row.
pub fn index_2d<const STRIDE: usize>() -> Option<ThreadIndex> {
    let place = host::place("thread::index_2d");
    let [x, y] = [0, 1].map(|at| place.block[at] as usize * place.threads[at] as usize + place.thread[at] as usize);
    (x < STRIDE).then(|| ThreadIndex(y * STRIDE + x))
}

/// The number of the thread's warp in its grid of one dimension.
pub fn warp_index() -> usize {
    index_1d().get() / 32
}

/// Waits until every thread of the block is here, and what they wrote is seen by all.
pub fn sync_threads() {
    host::barrier("thread::sync_threads");
}
