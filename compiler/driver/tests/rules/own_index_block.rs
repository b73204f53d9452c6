use rustg::prelude::*;

#[kernel]
pub fn sums(out: &mut [u32]) {
    let block = thread::blockIdx_x() as usize;
    out[block] = 3;
}
