use rustg::prelude::*;

pub struct Kernels;

impl Kernels {
    #[kernel]
    pub fn run(&self, mut out: DisjointSlice<u32>) {
        if let Some(item) = out.get_mut(thread::index_1d()) {
            *item = 1;
        }
    }
}
