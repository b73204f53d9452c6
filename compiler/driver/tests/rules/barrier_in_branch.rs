use rustg::prelude::*;

static mut TILE: SharedArray<u32, 64> = SharedArray::UNINIT;

#[kernel]
pub fn run(mut out: DisjointSlice<u32>) {
    let t = thread::threadIdx_x() as usize;
    if t < 16 {
        // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
        unsafe { TILE[t] = 1 };
        thread::sync_threads();
    }
    thread::sync_threads();
    if let Some(item) = out.get_mut(thread::index_1d()) {
        // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
        *item = unsafe { TILE[0] };
    }
}
