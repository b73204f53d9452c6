use std::ops::{Add, Mul};
trait Area { fn area(&self) -> u64; fn twice(&self) -> u64 { self.area() * 2 } }
struct Square(u64);
struct Rect { w: u64, h: u64 }
impl Area for Square { fn area(&self) -> u64 { self.0 * self.0 } }
impl Area for Rect { fn area(&self) -> u64 { self.w * self.h } fn twice(&self) -> u64 { self.w + self.h } }
fn sum<A: Area, B: Area>(a: &A, b: &B) -> u64 { a.twice() + b.twice() }
fn dot<T: Copy + Add<Output = T> + Mul<Output = T>, const N: usize>(a: [T; N], b: [T; N], zero: T) -> T {
    let mut t = zero;
    for i in 0..N { t = t + a[i] * b[i]; }
    t
}
#[derive(Clone, Copy)]
struct V(f32, f32);
impl Add for V { type Output = V; fn add(self, o: V) -> V { V(self.0 + o.0, self.1 + o.1) } }
fn apply<F: Fn(u64) -> u64>(f: F, n: u64) -> u64 { f(n) + f(n + 1) }
fn apply_mut(mut f: impl FnMut(u64)) { for i in 0..4 { f(i); } }
pub fn test(x: u64) -> u64 {
    let y = x % 1000;
    let s = sum(&Square(y), &Rect { w: y, h: 3 });
    let d = dot([1u32, 2, 3], [y as u32, 4, 5], 0);
    let v = V(1.0, y as f32) + V(0.5, 2.0);
    let k = y * 2;
    let mut acc = 0;
    apply_mut(|i| acc += i * k);
    s + d as u64 + v.1 as u64 + apply(|n| n * k + 1, y) + acc
}
