use rustg::prelude::*;

#[kernel]
pub fn by_index(x: &[f32], out: &mut [f32]) {
    let i = thread::index_1d();
    if i.get() < out.len() {
        out[i.get()] = x[i.get()];
    }
}

#[kernel]
pub fn by_number(x: &[f32], out: &mut [f32]) {
    let i = thread::index_1d().get();
    if i < out.len() && i < x.len() {
        out[i] += x[i];
        out[i] *= 2.0;
    }
}

#[kernel]
pub fn by_get_mut(out: &mut [u32]) {
    let i = thread::index_1d().get();
    if let Some(item) = out.get_mut(i) {
        *item += 1;
    }
}

#[kernel]
pub fn written_out(out: &mut [u32]) {
    let i = (thread::blockIdx_x() * thread::blockDim_x() + thread::threadIdx_x()) as usize;
    if i >= out.len() {
        return;
    }
    let item = &mut out[i];
    *item = 7;
}

#[kernel]
pub fn in_rows(out: &mut [u32]) {
    if let Some(i) = thread::index_2d::<64>() {
        out[i.get()] = 1;
    }
}

#[kernel]
pub fn only_read(x: &mut [u32], mut out: DisjointSlice<u32>) {
    if let Some(item) = out.get_mut(thread::index_1d()) {
        *item = x[0] + x.iter().map(|v| *v).sum::<u32>();
    }
}
