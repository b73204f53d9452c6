use rustg::prelude::*;

#[kernel]
pub fn clear(out: &mut [u32]) {
    for item in out.iter_mut() {
        *item = 0;
    }
}
