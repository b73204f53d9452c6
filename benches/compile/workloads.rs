//! Projects of so many kernels, as people write them: element-wise maths, slices and options, loops, matches, generics and closures, structures,
//! shared memory with barriers, warp reductions, device functions in modules. Thirteen lines a kernel in the mean.

use std::fmt::Write;

/// One shape of kernel. `NAME` stands for its name, `KA` and `KB` for numbers of its own.
const SHAPES: &[&str] = &[
    // Element-wise, a slice each way.
    "
#[kernel]
pub fn NAME(factor: f32, x: &[f32], y: &[f32], mut out: DisjointSlice<f32>) {
    let i = thread::index_1d();
    let at = i.get();
    if let Some(item) = out.get_mut(i) {
        let scaled = x[at] * factor + KA.0;
        *item = scaled + y[at];
    }
}
",
    // A device function of its own and a match.
    "
fn classify_NAME(value: u32) -> u32 {
    match value % 7 {
        0 => value / KA,
        1 | 2 => value.wrapping_mul(KB),
        3..=5 => value.rotate_left(5),
        _ => value ^ 0x5bd1_e995,
    }
}

#[kernel]
pub fn NAME(data: &[u32], mut out: DisjointSlice<u32>) {
    let i = thread::index_1d();
    let value = data[i.get()];
    if let Some(item) = out.get_mut(i) {
        *item = classify_NAME(value) + KA;
    }
}
",
    // A loop with a stride over the grid.
    "
#[kernel]
pub fn NAME(input: &[u32], mut sums: DisjointSlice<u32>) {
    let i = thread::index_1d();
    let stride = (thread::blockDim_x() * thread::gridDim_x()) as usize;
    let mut at = i.get();
    let mut sum = KA_u32;
    while at < input.len() {
        sum = sum.wrapping_add(input[at] ^ KB);
        at += stride;
    }
    if let Some(item) = sums.get_mut(i) {
        *item = sum;
    }
}
",
    // Shared memory and barriers.
    "
static mut TILE_NAME: SharedArray<f32, 256> = SharedArray::UNINIT;

#[kernel]
pub fn NAME(input: &[f32], mut out: DisjointSlice<f32>) {
    let i = thread::index_1d();
    let t = thread::threadIdx_x() as usize;
    // SAFETY: each thread writes its own element, and a barrier stands before others read it.
    unsafe { TILE_NAME[t] = input[i.get()] * KA.5 };
    thread::sync_threads();
    if let Some(item) = out.get_mut(i) {
        // SAFETY: see above.
        *item = unsafe { TILE_NAME[(t + KB) % 256] };
    }
}
",
    // Options, results, early returns.
    "
fn half_NAME(value: u32) -> Option<u32> {
    if value % 2 == 0 { Some(value / 2 + KA) } else { None }
}

#[kernel]
pub fn NAME(data: &[u32], mut out: DisjointSlice<u32>) {
    let i = thread::index_1d();
    let Some(&value) = data.get(i.get()) else { return };
    let found = half_NAME(value).map(|half| half ^ KB).unwrap_or(value);
    if let Some(item) = out.get_mut(i) {
        *item = found;
    }
}
",
    // A generic function and a closure.
    "
fn fold_NAME<F: Fn(f32, f32) -> f32>(values: &[f32], start: f32, join: F) -> f32 {
    let mut all = start;
    for value in values {
        all = join(all, *value);
    }
    all
}

#[kernel]
pub fn NAME(data: &[f32], mut out: DisjointSlice<f32>) {
    let i = thread::index_1d();
    if let Some(item) = out.get_mut(i) {
        *item = fold_NAME(data, KA.0, |a, b| a.max(b)) + fold_NAME(data, 0.0, |a, b| a + b * KB.0);
    }
}
",
    // A structure with methods.
    "
#[derive(Clone, Copy)]
struct Point_NAME {
    x: f32,
    y: f32,
}

impl Point_NAME {
    fn dot(self, other: Point_NAME) -> f32 {
        self.x * other.x + self.y * other.y
    }
}

#[kernel]
pub fn NAME(x: &[f32], y: &[f32], mut out: DisjointSlice<f32>) {
    let i = thread::index_1d();
    let p = Point_NAME { x: x[i.get()], y: y[i.get()] };
    if let Some(item) = out.get_mut(i) {
        *item = p.dot(Point_NAME { x: KA.0, y: p.x });
    }
}
",
    // A warp's reduction.
    "
#[kernel]
pub fn NAME(data: &[u32], mut out: DisjointSlice<u32>) {
    let i = thread::index_1d();
    let mut sum = data[i.get()] + KA;
    let mut distance = 16;
    while distance > 0 {
        sum = sum.wrapping_add(warp::shuffle_down(sum, distance));
        distance /= 2;
    }
    if let Some(item) = out.get_mut(i) {
        *item = if warp::lane_id() == 0 { sum } else { KB };
    }
}
",
    // Integers: hashing in a loop with a range.
    "
#[kernel]
pub fn NAME(rounds: u32, seeds: &[u64], mut out: DisjointSlice<u64>) {
    let i = thread::index_1d();
    let mut state = seeds[i.get()];
    for round in 0..rounds {
        state ^= state << 13;
        state ^= state >> 7;
        state = state.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(round) + KA);
    }
    if let Some(item) = out.get_mut(i) {
        *item = state;
    }
}
",
    // Two dimensions, arrays, constants.
    "
const WEIGHTS_NAME: [f32; 3] = [0.25, KA.5, 0.25];

#[kernel]
pub fn NAME(width: u32, input: &[f32], mut out: DisjointSlice<f32>) {
    let i = thread::index_1d();
    let at = i.get();
    let mut sum = 0.0;
    for tap in 0..3 {
        let from = at + tap * width as usize;
        if from < input.len() {
            sum += input[from] * WEIGHTS_NAME[tap];
        }
    }
    if let Some(item) = out.get_mut(i) {
        *item = sum;
    }
}
",
];

/// What stands before the kernels when rustg compiles them.
pub const RUSTG_HEADER: &str =
    "#![allow(non_camel_case_types, non_upper_case_globals, static_mut_refs)]\nuse rustg::prelude::*;\n";

/// A crate of `count` kernels in one file. No two are the same text.
pub fn project(count: usize) -> String {
    let mut text = String::from(RUSTG_HEADER);
    for at in 0..count {
        text.push_str(&kernel(at, at));
    }
    text
}

/// The kernel of that place with the numbers of `variant`.
pub fn kernel(at: usize, variant: usize) -> String {
    let mut name = String::new();
    let _ = write!(name, "k{at}");
    SHAPES[at % SHAPES.len()]
        .replace("NAME", &name)
        .replace("KA", &(variant % 89 + 3).to_string())
        .replace("KB", &(variant % 97 + 2).to_string())
}
