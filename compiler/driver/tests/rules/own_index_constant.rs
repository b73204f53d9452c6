use rustg::prelude::*;

#[kernel]
pub fn first(out: &mut [u32]) {
    out[0] += 1;
}
