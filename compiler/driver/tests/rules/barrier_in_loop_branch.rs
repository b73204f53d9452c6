use rustg::prelude::*;

#[kernel]
pub fn run(n: u32, mut out: DisjointSlice<u32>) {
    let t = thread::threadIdx_x();
    let mut step = n;
    while step > 0 {
        if t < step {
            thread::sync_threads();
        }
        step /= 2;
    }
    if let Some(item) = out.get_mut(thread::index_1d()) {
        *item = step;
    }
}
