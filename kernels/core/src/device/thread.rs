//! Who a thread is, and where the threads of its block meet.

use crate::intrinsics as raw;
use crate::marker::PhantomData;
pub fn threadIdx_x() -> u32 { raw::thread_x() }
pub fn threadIdx_y() -> u32 { raw::thread_y() }
pub fn threadIdx_z() -> u32 { raw::thread_z() }
pub fn blockIdx_x() -> u32 { raw::block_x() }
pub fn blockIdx_y() -> u32 { raw::block_y() }
pub fn blockIdx_z() -> u32 { raw::block_z() }
pub fn blockDim_x() -> u32 { raw::block_dim_x() }
pub fn blockDim_y() -> u32 { raw::block_dim_y() }
pub fn blockDim_z() -> u32 { raw::block_dim_z() }
pub fn gridDim_x() -> u32 { raw::grid_dim_x() }
pub fn gridDim_y() -> u32 { raw::grid_dim_y() }
pub fn gridDim_z() -> u32 { raw::grid_dim_z() }
pub fn sync_threads() { raw::sync_threads() }

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Index1D;
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Index2D<const STRIDE: usize>;
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Runtime2DIndex;
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ThreadIndex<'kernel, S = Index1D> { index: usize, space: PhantomData<&'kernel S> }
impl<'kernel, S> ThreadIndex<'kernel, S> {
    pub fn get(&self) -> usize { self.index }
    pub fn in_bounds(&self, length: usize) -> bool { self.index < length }
}
pub trait IndexSpace { const DIMENSIONS: u32; }
impl IndexSpace for Index1D { const DIMENSIONS: u32 = 1; }
impl<const STRIDE: usize> IndexSpace for Index2D<STRIDE> { const DIMENSIONS: u32 = 2; }
impl IndexSpace for Runtime2DIndex { const DIMENSIONS: u32 = 2; }
/// The spaces whose index a thread knows by itself.
pub trait IndexFormula: IndexSpace + Sized {
    fn of_thread<'kernel>() -> Option<ThreadIndex<'kernel, Self>>;
}
impl IndexFormula for Index1D {
    fn of_thread<'kernel>() -> Option<ThreadIndex<'kernel, Index1D>> { Some(index_1d()) }
}
impl<const STRIDE: usize> IndexFormula for Index2D<STRIDE> {
    fn of_thread<'kernel>() -> Option<ThreadIndex<'kernel, Index2D<STRIDE>>> { index_2d::<STRIDE>() }
}
pub fn index_1d<'kernel>() -> ThreadIndex<'kernel> { ThreadIndex { index: index_2d_col(), space: PhantomData } }
pub fn index_2d<'kernel, const STRIDE: usize>() -> Option<ThreadIndex<'kernel, Index2D<STRIDE>>> {
    let column = index_2d_col();
    if column < STRIDE { Some(ThreadIndex { index: in_rows(STRIDE, column), space: PhantomData }) } else { None }
}
pub unsafe fn index_2d_runtime<'kernel>(stride: usize) -> Option<ThreadIndex<'kernel, Runtime2DIndex>> {
    let column = index_2d_col();
    if column < stride { Some(ThreadIndex { index: in_rows(stride, column), space: PhantomData }) } else { None }
}
fn in_rows(stride: usize, column: usize) -> usize { raw::wrapping_add(raw::wrapping_mul(index_2d_row(), stride), column) }
pub fn index_2d_row() -> usize {
    raw::wrapping_add(raw::wrapping_mul(raw::block_y() as usize, raw::block_dim_y() as usize), raw::thread_y() as usize)
}
pub fn index_2d_col() -> usize {
    raw::wrapping_add(raw::wrapping_mul(raw::block_x() as usize, raw::block_dim_x() as usize), raw::thread_x() as usize)
}
pub fn warp_index() -> usize { index_2d_col() / 32 }
