use rustg::prelude::*;

#[kernel]
pub fn run(mut out: DisjointSlice<u32>) {
    let mut tile: SharedArray<u32, 64> = SharedArray::UNINIT;
    tile[0] = 1;
    if let Some(item) = out.get_mut(thread::index_1d()) {
        *item = tile[0];
    }
}
