//! Who a thread is, and where the threads of its block meet.
//!
//! In a kernel these are the device's; as host code they answer under `KERNEL::on_host` and panic by name elsewhere.

use std::marker::PhantomData;

use crate::host;

/// The space of indices in a grid of one dimension: [`index_1d`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Index1D;

/// The space of indices in rows of `STRIDE` elements: [`index_2d`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Index2D<const STRIDE: usize>;

/// The space of indices in rows whose length is known when the kernel runs: [`index_2d_runtime`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Runtime2DIndex;

/// The index of a thread in its grid: what no other thread of the launch has in the same space `S`, so that what lies at it is the thread's own.
///
/// That holds where the launch has no more dimensions than the space, one for [`Index1D`], two for the others: launches of a kernel that has
/// [`DisjointSlice`](crate::DisjointSlice)s are held to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ThreadIndex<'kernel, S = Index1D> {
    index: usize,
    space: PhantomData<&'kernel S>,
}

impl<S> ThreadIndex<'_, S> {
    fn new(index: usize) -> Self {
        ThreadIndex { index, space: PhantomData }
    }

    /// The index as a number.
    pub fn get(&self) -> usize {
        self.index
    }

    /// Whether it is an index of so many elements.
    pub fn in_bounds(&self, len: usize) -> bool {
        self.index < len
    }
}

/// The spaces of indices, each with the launches in which no two threads have the same one.
pub trait IndexSpace {
    /// How many dimensions such a launch has at most.
    const DIMENSIONS: u32;
}

impl IndexSpace for Index1D {
    const DIMENSIONS: u32 = 1;
}

impl<const STRIDE: usize> IndexSpace for Index2D<STRIDE> {
    const DIMENSIONS: u32 = 2;
}

impl IndexSpace for Runtime2DIndex {
    const DIMENSIONS: u32 = 2;
}

/// The spaces whose index a thread knows by itself.
pub trait IndexFormula: IndexSpace + Sized {
    /// The calling thread's index; nothing where it has none.
    fn of_thread<'kernel>() -> Option<ThreadIndex<'kernel, Self>>;
}

impl IndexFormula for Index1D {
    fn of_thread<'kernel>() -> Option<ThreadIndex<'kernel, Index1D>> {
        Some(index_1d())
    }
}

impl<const STRIDE: usize> IndexFormula for Index2D<STRIDE> {
    fn of_thread<'kernel>() -> Option<ThreadIndex<'kernel, Index2D<STRIDE>>> {
        index_2d::<STRIDE>()
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
pub fn index_1d<'kernel>() -> ThreadIndex<'kernel> {
    ThreadIndex::new(coordinate("thread::index_1d", 0))
}

/// The thread's index in a grid of two dimensions over rows of `STRIDE` elements; nothing for threads beyond the end of a row.
pub fn index_2d<'kernel, const STRIDE: usize>() -> Option<ThreadIndex<'kernel, Index2D<STRIDE>>> {
    let [x, y] = [0, 1].map(|axis| coordinate("thread::index_2d", axis));
    (x < STRIDE).then(|| ThreadIndex::new(y * STRIDE + x))
}

/// The same with rows of so many elements.
///
/// # Safety
/// All threads of the kernel that index the same slice give the same stride.
pub unsafe fn index_2d_runtime<'kernel>(stride: usize) -> Option<ThreadIndex<'kernel, Runtime2DIndex>> {
    let [x, y] = [0, 1].map(|axis| coordinate("thread::index_2d_runtime", axis));
    (x < stride).then(|| ThreadIndex::new(y * stride + x))
}

/// The thread's row in a grid of two dimensions.
pub fn index_2d_row() -> usize {
    coordinate("thread::index_2d_row", 1)
}

/// The thread's column in a grid of two dimensions.
pub fn index_2d_col() -> usize {
    coordinate("thread::index_2d_col", 0)
}

fn coordinate(what: &str, axis: usize) -> usize {
    let place = host::place(what);
    place.block[axis] as usize * place.threads[axis] as usize + place.thread[axis] as usize
}

/// The number of the thread's warp in its grid of one dimension.
pub fn warp_index() -> usize {
    coordinate("thread::warp_index", 0) / 32
}

/// Waits until every thread of the block is here, and what they wrote is seen by all.
pub fn sync_threads() {
    host::barrier("thread::sync_threads");
}
