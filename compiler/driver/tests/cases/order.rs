use Kind::*;
#[derive(Clone, Copy, PartialEq)]
enum Kind { Small, Large(u32) }
struct Part { a: u64, b: u64 }
fn add(a: u64, b: u64) -> u64 { a.wrapping_mul(31).wrapping_add(b) }
fn three(a: u64, b: u64, c: u64) -> u64 { add(add(a, b), c) }
fn kind(x: u64) -> Kind { if x < 10 { Small } else { Large(x as u32) } }
impl Part {
    fn put(&mut self, x: u64) -> u64 { self.a = self.a.wrapping_add(x); self.a }
    fn sum(&self) -> u64 { self.a.wrapping_add(self.b) }
}
pub fn test(x: u64) -> u64 {
    let mut y = x;
    let first = add(y, { y = y.wrapping_add(1); y });
    let mut p = Part { a: x, b: 3 };
    let second = p.put(p.sum());
    let third = three(p.a, p.put(5), p.a);
    let t = (y, { y = 7; y }, y);
    let array = [p.b, { p.b = 9; p.b }, p.b];
    let q = Part { b: p.a, a: p.put(1) };
    let mut n = 0;
    let mut count = || { n += 1; n };
    let fourth = add(count(), count());
    let mut pair = (1u64, 2u64);
    let mut bump = || pair.0 += 5;
    pair.1 += 1;
    bump();
    let r = &mut p;
    let mut through = |d: u64| r.b += d;
    through(2);
    through(3);
    let k = match kind(x) { Small => 1, Large(n) => n as u64 };
    let taken = Part { a: 5, b: 6 };
    let once = move || taken.b + x % 3;
    let all = [first, second, third, t.0, t.1, t.2, array[0], array[1], array[2], q.a, q.b, fourth, pair.0, pair.1, p.b, k, once(), n];
    let mut sum = 0;
    for value in all { sum = add(sum, value); }
    sum
}
