use rustg::prelude::*;

static mut TILE: SharedArray<u32, 64> = SharedArray::UNINIT;

#[kernel]
pub fn after_an_early_end(n: usize, mut out: DisjointSlice<u32>) {
    let i = thread::index_1d();
    if i.get() >= n {
        return;
    }
    // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
    unsafe { TILE[thread::threadIdx_x() as usize % 64] = 1 };
    thread::sync_threads();
    if let Some(item) = out.get_mut(i) {
        // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
        *item = unsafe { TILE[0] };
    }
}

#[kernel]
pub fn of_the_whole_block(flag: u32, mut out: DisjointSlice<u32>) {
    let mut step = thread::blockDim_x() / 2;
    while step > 0 {
        thread::sync_threads();
        if thread::threadIdx_x() < step {
            // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
            unsafe { TILE[0] = step };
        }
        if flag == 1 || thread::blockIdx_x() == 3 {
            thread::sync_threads();
        }
        thread::sync_threads();
        step /= 2;
    }
    if let Some(item) = out.get_mut(thread::index_1d()) {
        // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
        *item = unsafe { TILE[0] };
    }
}
