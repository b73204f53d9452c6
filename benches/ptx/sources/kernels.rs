// Kernels for rustc's nvptx64-nvidia-cuda: slices with checks, closures, traits, 128-bit integers, floats, matches, panics.
#![no_std]
#![feature(abi_ptx, stdarch_nvptx)]
#![allow(internal_features, improper_ctypes_definitions)]
use core::arch::nvptx::{_block_dim_x, _block_idx_x, _syncthreads, _thread_idx_x, trap};
use core::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

// SAFETY: the intrinsics read registers and stop the grid.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { unsafe { trap() } }
fn index() -> usize { unsafe { (_block_idx_x() * _block_dim_x() + _thread_idx_x()) as usize } }

macro_rules! arithmetic { ($($name:ident $t:ty),*) => {$(
    #[no_mangle] pub unsafe extern "ptx-kernel" fn $name(o: *mut $t, a: *const $t, n: usize) {
        let a = core::slice::from_raw_parts(a, n);
        let i = index();
        *o.add(i) = a[i].wrapping_mul(a[i + 1]).wrapping_add(a[i + 2]) / a[i + 3] + (a[i] >> 3) + a[i].rotate_left(5) + a[i].count_ones() as $t + a[i].leading_zeros() as $t + a[i].swap_bytes() % a[i + 4];
    })*} }
arithmetic!(u8_kernel u8, i8_kernel i8, u16_kernel u16, i16_kernel i16, u32_kernel u32, i32_kernel i32, u64_kernel u64, i64_kernel i64, u128_kernel u128, i128_kernel i128);
macro_rules! floats { ($($name:ident $t:ty),*) => {$(
    #[no_mangle] pub unsafe extern "ptx-kernel" fn $name(o: *mut $t, a: *const $t, n: usize) {
        let a = core::slice::from_raw_parts(a, n);
        let i = index();
        *o.add(i) = a.iter().zip(a.chunks(3)).map(|(x, y)| x * y.iter().sum::<$t>()).fold(0.0, |s, x| if x > s { x } else { s + x.abs() }) + (a[i] as i32) as $t + (a[i] as u64) as $t + a[i].max(a[0]).min(a[1]);
    })*} }
floats!(f32_kernel f32, f64_kernel f64);
trait Shape { fn area(&self) -> f32; }
struct Square(f32); struct Circle(f32);
impl Shape for Square { fn area(&self) -> f32 { self.0 * self.0 } }
impl Shape for Circle { fn area(&self) -> f32 { self.0 * self.0 * 3.1415 } }
#[no_mangle] pub unsafe extern "ptx-kernel" fn dynamic(o: *mut f32, a: *const f32, k: u32) {
    let (s, c) = (Square(*a), Circle(*a.add(1)));
    let shape: &dyn Shape = if k & 1 == 0 { &s } else { &c };
    *o = shape.area();
}
#[inline(never)] fn collatz(n: u64, depth: u32) -> u32 { if n <= 1 { depth } else if n % 2 == 0 { collatz(n / 2, depth + 1) } else { collatz(3 * n + 1, depth + 1) } }
#[no_mangle] pub unsafe extern "ptx-kernel" fn recursion(o: *mut u32, a: *const u64) { *o.add(index()) = collatz(*a.add(index()), 0); }
#[no_mangle] pub unsafe extern "ptx-kernel" fn sorts(a: *mut u32, n: usize) { let a = core::slice::from_raw_parts_mut(a, n); a.sort_unstable(); a.reverse(); if let Ok(i) = a.binary_search(&7) { a[i] = 9; } _syncthreads(); }
#[no_mangle] pub unsafe extern "ptx-kernel" fn atomics(a: *const AtomicU32, b: *const AtomicU64, c: *const AtomicI32) {
    (*a).fetch_add(1, Ordering::Relaxed); (*a).store(3, Ordering::Relaxed); (*b).fetch_max(9, Ordering::SeqCst); (*c).fetch_min(-3, Ordering::AcqRel); let _ = (*a).compare_exchange(1, 2, Ordering::SeqCst, Ordering::Relaxed); (*c).swap((*a).load(Ordering::Relaxed) as i32, Ordering::Relaxed);
}
#[derive(Clone, Copy)] pub enum Message { Add(u32), Scale(f32), Pair(u16, u64), None }
#[no_mangle] pub unsafe extern "ptx-kernel" fn messages(o: *mut f64, m: *const Message, n: usize) {
    let mut sum = 0.0; for m in core::slice::from_raw_parts(m, n) { sum += match *m { Message::Add(x) => x as f64, Message::Scale(y) => y as f64 * sum, Message::Pair(a, b) if a > 3 => b as f64, Message::Pair(a, _) => a as f64, Message::None => 1.0 }; } *o = sum;
}
