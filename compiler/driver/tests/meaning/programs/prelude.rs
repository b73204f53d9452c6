/// What a value adds to the result of a program.
pub trait Digest {
    fn digest(&self, into: &mut u64);
}

fn mix(into: &mut u64, value: u64) {
    *into = (into.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
}

impl Digest for i8 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for i16 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for i32 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for i64 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for i128 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); mix(into, (*self >> 64) as u64); } }
impl Digest for isize { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for u8 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for u16 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for u32 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for u64 { fn digest(&self, into: &mut u64) { mix(into, *self); } }
impl Digest for u128 { fn digest(&self, into: &mut u64) { mix(into, *self as u64); mix(into, (*self >> 64) as u64); } }
impl Digest for usize { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for bool { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for char { fn digest(&self, into: &mut u64) { mix(into, *self as u64); } }
impl Digest for f32 { fn digest(&self, into: &mut u64) { mix(into, if self.is_nan() { 7 } else { self.to_bits() as u64 }); } }
impl Digest for f64 { fn digest(&self, into: &mut u64) { mix(into, if self.is_nan() { 7 } else { self.to_bits() }); } }
impl<A: Digest, B: Digest> Digest for (A, B) {
    fn digest(&self, into: &mut u64) { self.0.digest(into); self.1.digest(into); }
}
impl<A: Digest, B: Digest, C: Digest> Digest for (A, B, C) {
    fn digest(&self, into: &mut u64) { self.0.digest(into); self.1.digest(into); self.2.digest(into); }
}
impl<T: Digest, const N: usize> Digest for [T; N] {
    fn digest(&self, into: &mut u64) { for value in self { value.digest(into); } }
}
impl<T: Digest> Digest for Option<T> {
    fn digest(&self, into: &mut u64) { match self { Some(value) => value.digest(into), None => mix(into, 11) } }
}
impl<T: Digest, E: Digest> Digest for Result<T, E> {
    fn digest(&self, into: &mut u64) {
        match self { Ok(value) => value.digest(into), Err(error) => { mix(into, 13); error.digest(into) } }
    }
}

fn choose<T>(first: bool, a: T, b: T) -> T { if first { a } else { b } }
fn exchange<T: Copy>(place: &mut T, value: T) -> T { let old = *place; *place = value; old }
fn apply<A, B>(value: A, function: impl Fn(A) -> B) -> B { function(value) }
fn times(count: u32, mut function: impl FnMut(u32)) { let mut i = 0; while i < count { function(i); i += 1; } }
fn at<T: Copy, const N: usize>(array: &[T; N], index: usize) -> T { array[index % N] }
fn last_of<T: Copy>(slice: &[T], or: T) -> T { if let Some(value) = slice.last() { *value } else { or } }
fn larger<T: PartialOrd>(a: T, b: T) -> T { if a > b { a } else { b } }

#[derive(Clone, Copy, PartialEq)]
pub struct Pair<T> { a: T, b: T }
impl<T: Digest> Digest for Pair<T> {
    fn digest(&self, into: &mut u64) { self.a.digest(into); self.b.digest(into); }
}
impl<T: Copy> Pair<T> {
    fn new(a: T, b: T) -> Self { Pair { a, b } }
    fn swapped(self) -> Pair<T> { Pair { a: self.b, b: self.a } }
    fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> { let a = f(self.a); Pair { a, b: f(self.b) } }
    fn pick(&self, second: bool) -> &T { if second { &self.b } else { &self.a } }
    fn pick_mut(&mut self, second: bool) -> &mut T { if second { &mut self.b } else { &mut self.a } }
}
impl<T: Copy + PartialOrd> Pair<T> {
    fn least(&self) -> T { if self.b < self.a { self.b } else { self.a } }
}
