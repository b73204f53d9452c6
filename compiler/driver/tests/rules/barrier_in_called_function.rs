use rustg::prelude::*;

fn wait() {
    thread::sync_threads();
}

fn is_first() -> bool {
    thread::threadIdx_x() == 0
}

#[kernel]
pub fn run(mut out: DisjointSlice<u32>) {
    if is_first() {
        wait();
    }
    wait();
    if let Some(item) = out.get_mut(thread::index_1d()) {
        *item = 1;
    }
}
