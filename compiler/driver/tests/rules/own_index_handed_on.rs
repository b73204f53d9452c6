use rustg::prelude::*;

fn fill(out: &mut [u32], i: usize) {
    out[i] = 1;
}

#[kernel]
pub fn run(out: &mut [u32]) {
    fill(out, thread::index_1d().get());
}
