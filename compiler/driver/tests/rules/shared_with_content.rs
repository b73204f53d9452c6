use rustg::prelude::*;

const fn filled() -> SharedArray<u32, 64> {
    loop {}
}
static mut TILE: SharedArray<u32, 64> = filled();

#[kernel]
pub fn run(mut out: DisjointSlice<u32>) {
    if let Some(item) = out.get_mut(thread::index_1d()) {
        // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
        *item = unsafe { TILE[0] };
    }
}
