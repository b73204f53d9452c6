use rustg::prelude::*;

fn inner(x: u32) -> u32 {
    println!("{x}");
    x
}

fn helper(x: u32) -> u32 {
    let v: Vec<u32> = Vec::new();
    inner(x)
}

fn outer(x: u32) -> u32 {
    inner(x)
}

#[kernel]
pub fn run(mut out: DisjointSlice<u32>) {
    if let Some(item) = out.get_mut(thread::index_1d()) {
        *item = outer(1) + helper(2);
    }
}
