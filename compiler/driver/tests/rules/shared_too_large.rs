use rustg::prelude::*;

static mut A: SharedArray<f32, 8192> = SharedArray::UNINIT;
static mut B: SharedArray<f32, 8192> = SharedArray::UNINIT;

fn second(i: usize) -> f32 {
    // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
    unsafe { B[i] }
}

#[kernel]
pub fn run(mut out: DisjointSlice<f32>) {
    if let Some(item) = out.get_mut(thread::index_1d()) {
        // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
        *item = unsafe { A[0] } + second(1);
    }
}
