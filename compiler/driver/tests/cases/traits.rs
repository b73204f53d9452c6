use std::ops::{Add, AddAssign, BitXor, Deref, DerefMut, Index, IndexMut, Mul, Neg, Not, Rem, Shl, Sub};
trait Animal { const LEGS: u64; type Food: Copy + Into<u64>; fn food(&self) -> Self::Food; fn name(&self) -> u64 { Self::LEGS * 10 } fn make(seed: u64) -> Self where Self: Sized; }
struct Dog(u64);
struct Bird { wing: u32 }
impl Animal for Dog { const LEGS: u64 = 4; type Food = u8; fn food(&self) -> u8 { self.0 as u8 } fn make(seed: u64) -> Self { Dog(seed) } }
impl Animal for Bird { const LEGS: u64 = 2; type Food = u32; fn food(&self) -> u32 { self.wing } fn name(&self) -> u64 { 7 } fn make(seed: u64) -> Self { Bird { wing: seed as u32 } } }
fn feed<A: Animal>(a: &A) -> u64 { let f: u64 = a.food().into(); f + a.name() + A::LEGS }
pub fn associated_items(x: u64) -> u64 { feed(&Dog(x)) ^ feed(&Bird { wing: 3 }) ^ feed(&Dog::make(5)) ^ feed(&<Bird as Animal>::make(x)) }
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct V2 { x: i64, y: i64 }
impl Add for V2 { type Output = V2; fn add(self, o: V2) -> V2 { V2 { x: self.x.wrapping_add(o.x), y: self.y.wrapping_add(o.y) } } }
impl Sub for V2 { type Output = V2; fn sub(self, o: V2) -> V2 { V2 { x: self.x.wrapping_sub(o.x), y: self.y.wrapping_sub(o.y) } } }
impl Mul<i64> for V2 { type Output = V2; fn mul(self, k: i64) -> V2 { V2 { x: self.x.wrapping_mul(k), y: self.y.wrapping_mul(k) } } }
impl Mul<V2> for V2 { type Output = i64; fn mul(self, o: V2) -> i64 { self.x.wrapping_mul(o.x).wrapping_add(self.y.wrapping_mul(o.y)) } }
impl Neg for V2 { type Output = V2; fn neg(self) -> V2 { V2 { x: self.x.wrapping_neg(), y: self.y.wrapping_neg() } } }
impl AddAssign for V2 { fn add_assign(&mut self, o: V2) { *self = *self + o; } }
impl Not for V2 { type Output = V2; fn not(self) -> V2 { V2 { x: !self.x, y: self.y } } }
impl<'a> Add<&'a V2> for &'a V2 { type Output = V2; fn add(self, o: &V2) -> V2 { *self + *o } }
impl Index<usize> for V2 { type Output = i64; fn index(&self, i: usize) -> &i64 { if i == 0 { &self.x } else { &self.y } } }
impl IndexMut<usize> for V2 { fn index_mut(&mut self, i: usize) -> &mut i64 { if i == 0 { &mut self.x } else { &mut self.y } } }
impl Rem<u32> for V2 { type Output = u32; fn rem(self, m: u32) -> u32 { (self.x as u32) % m } }
impl BitXor for V2 { type Output = u64; fn bitxor(self, o: V2) -> u64 { (self.x ^ o.y) as u64 } }
impl Shl<u32> for V2 { type Output = V2; fn shl(self, by: u32) -> V2 { V2 { x: self.x << by, y: self.y } } }
pub fn operators(x: u64) -> u64 {
    let a = V2 { x: x as i64, y: 3 };
    let mut b = -(a * 2) + V2 { x: 1, ..a };
    b += a - V2::default();
    b[1] = b[0].wrapping_add(a[1]);
    b[0] += 1;
    let c = &a + &b;
    (a * b) as u64 ^ c.x as u64 ^ (!c).x as u64 ^ (a % 7) as u64 ^ (a ^ b) ^ (V2 { x: 5, y: 0 } << 3).x as u64
}
pub fn derived_order(x: u64) -> u64 {
    let a = V2 { x: (x % 3) as i64, y: (x % 5) as i64 };
    let b = V2 { x: 1, y: 2 };
    (a < b) as u64 + (a == b) as u64 * 2 + (a.max(b) == a) as u64 * 4 + (a.cmp(&b) as i8 as u64 & 3) * 8
}
struct Smart { inner: V2, reads: u64 }
impl Deref for Smart { type Target = V2; fn deref(&self) -> &V2 { &self.inner } }
impl DerefMut for Smart { fn deref_mut(&mut self) -> &mut V2 { self.reads += 1; &mut self.inner } }
impl V2 { fn norm(&self) -> u64 { (self.x ^ self.y) as u64 } fn bump(&mut self) { self.x = self.x.wrapping_add(1); } }
pub fn deref(x: u64) -> u64 {
    let mut s = Smart { inner: V2 { x: x as i64, y: 2 }, reads: 0 };
    s.bump();
    s.y = 9;
    s.norm() ^ s.x as u64 ^ s.reads
}
trait Describe { fn describe(&self) -> u64; }
impl<T: Into<u64> + Copy> Describe for T { fn describe(&self) -> u64 { let v: u64 = (*self).into(); v ^ 1 } }
trait Twice: Describe { fn twice(&self) -> u64 { self.describe() * 2 } }
impl Twice for u8 {}
impl Twice for bool {}
pub fn blanket_and_super(x: u64) -> u64 { (x as u8).twice() + (x % 2 == 0).twice() + (x as u32).describe() }
trait Zero { fn zero() -> Self; }
impl Zero for u64 { fn zero() -> u64 { 0 } }
impl Zero for f32 { fn zero() -> f32 { 0.5 } }
impl<A: Zero, B: Zero> Zero for (A, B) { fn zero() -> (A, B) { (A::zero(), B::zero()) } }
impl<T: Zero + Copy, const N: usize> Zero for [T; N] { fn zero() -> Self { [T::zero(); N] } }
pub fn result_type_decides(x: u64) -> u64 {
    let t: (u64, (f32, u64)) = Zero::zero();
    let a: [(u64, f32); 3] = Zero::zero();
    t.0 + (t.1.0 * 4.0) as u64 + a.len() as u64 + (a[1].1 * 8.0) as u64 + x
}
struct Matrix<T, const R: usize, const C: usize>([[T; C]; R]);
impl<T: Copy + Zero + Add<Output = T> + Mul<Output = T>, const R: usize, const C: usize> Matrix<T, R, C> {
    const CELLS: usize = R * C;
    fn times<const K: usize>(&self, o: &Matrix<T, C, K>) -> Matrix<T, R, K> {
        let mut out = Matrix([[T::zero(); K]; R]);
        for i in 0..R { for j in 0..K { for k in 0..C { out.0[i][j] = out.0[i][j] + self.0[i][k] * o.0[k][j]; } } }
        out
    }
}
pub fn constant_generics(x: u64) -> u64 {
    let y = x % 1000;
    let a = Matrix([[y, 2, 3], [4, 5, y]]);
    let b = Matrix([[1, y], [2, 2], [y, 3]]);
    let c = a.times(&b);
    c.0[0][0] ^ c.0[0][1] * 3 ^ c.0[1][0] * 5 ^ c.0[1][1] * 7 ^ Matrix::<u64, 2, 3>::CELLS as u64
}
struct Counter { n: u64 }
impl Iterator for Counter { type Item = u64; fn next(&mut self) -> Option<u64> { if self.n == 0 { None } else { self.n -= 1; Some(self.n * self.n) } } }
pub fn own_iterator(x: u64) -> u64 {
    let mut total = 0u64;
    for v in (Counter { n: x % 20 }) { total = total * 2 + v; }
    total ^ Counter { n: 5 }.map(|v| v + 1).filter(|v| v % 2 == 0).sum::<u64>() ^ Counter { n: 9 }.zip(Counter { n: 4 }).count() as u64
}
trait Visitor { fn visit(&mut self, v: u64); }
struct Sum(u64);
struct Max { best: Option<u64> }
impl Visitor for Sum { fn visit(&mut self, v: u64) { self.0 = self.0.wrapping_add(v); } }
impl Visitor for Max { fn visit(&mut self, v: u64) { self.best = match self.best { Some(b) if b >= v => Some(b), _ => Some(v) }; } }
fn walk(v: &[u64], to: &mut impl Visitor) { for e in v { to.visit(*e); } }
pub fn visitors(x: u64) -> u64 {
    let v = [x, 3, x / 2, 99];
    let (mut s, mut m) = (Sum(0), Max { best: None });
    walk(&v, &mut s);
    walk(&v[1..], &mut m);
    s.0 ^ m.best.unwrap_or(0)
}
#[derive(Clone, Copy)]
struct Meters(f64);
impl From<u32> for Meters { fn from(v: u32) -> Meters { Meters(v as f64 * 0.5) } }
impl From<Meters> for u64 { fn from(m: Meters) -> u64 { m.0 as u64 } }
pub fn conversions(x: u64) -> u64 { let m: Meters = (x as u32).into(); let n: u64 = m.into(); n ^ u64::from(x as u16) ^ i64::from(x as i32) as u64 ^ f64::from(x as f32).to_bits() }
