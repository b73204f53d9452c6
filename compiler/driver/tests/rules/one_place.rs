use rustg::prelude::*;

#[kernel]
pub fn count(total: &mut u32) {
    *total += 1;
}
