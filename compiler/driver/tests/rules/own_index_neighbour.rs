use rustg::prelude::*;

#[kernel]
pub fn shift(out: &mut [f32]) {
    let i = thread::index_1d().get();
    out[i + 1] = 1.0;
}
