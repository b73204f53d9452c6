use rustg::prelude::*;

#[kernel]
pub fn mixed(out: &mut [u32]) {
    let i = thread::index_1d().get();
    out[i] = 1;
    if let Some(j) = thread::index_2d::<64>() {
        out[j.get()] = 2;
    }
}
