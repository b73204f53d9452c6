use rustg::prelude::*;

#[kernel]
pub fn stride(out: &mut [u32]) {
    let mut i = thread::index_1d().get();
    while i < out.len() {
        out[i] = 1;
        i += 32;
    }
}
