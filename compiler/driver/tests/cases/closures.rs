fn call<F: Fn(u64) -> u64>(f: F, x: u64) -> u64 { f(x) }
fn call_twice<F: FnMut(u64) -> u64>(mut f: F, x: u64) -> u64 { f(x); f(x) }
fn call_once<F: FnOnce() -> u64>(f: F) -> u64 { f() }
fn compose<A, B, C>(f: impl Fn(A) -> B, g: impl Fn(B) -> C, a: A) -> C { g(f(a)) }
fn by_reference(f: &impl Fn(u64) -> u64, x: u64) -> u64 { f(x) ^ f(x + 1) }
struct Pair { a: u64, b: u64 }
struct Holder<F> { f: F, scale: u64 }
impl<F: Fn(u64) -> u64> Holder<F> { fn run(&self, x: u64) -> u64 { (self.f)(x).wrapping_mul(self.scale) } }

pub fn captures_by_reference(x: u64) -> u64 {
    let k = x / 2;
    call(|v| v.wrapping_add(k), x) ^ k
}
pub fn captures_by_mutable_reference(x: u64) -> u64 {
    let mut count = 0;
    let r = call_twice(|v| { count += 1; v ^ count }, x);
    r.wrapping_mul(10).wrapping_add(count)
}
pub fn moves_its_captures(x: u64) -> u64 {
    let pair = Pair { a: x, b: 3 };
    let f = move || pair.a ^ pair.b;
    call_once(f)
}
pub fn captures_disjoint_fields(x: u64) -> u64 {
    let mut pair = Pair { a: x, b: 3 };
    let mut bump = || pair.a = pair.a.wrapping_add(1);
    bump();
    pair.b += 2;
    pair.a ^ pair.b
}
pub fn composes(x: u64) -> u64 {
    compose(|v: u64| (v as u8, v % 3 == 0), |(b, t)| if t { b as u64 } else { 1000 }, x)
}
pub fn passes_by_reference(x: u64) -> u64 {
    let f = |v: u64| v.rotate_left(3);
    by_reference(&f, x % 1000) + f(1)
}
pub fn lives_in_a_structure(x: u64) -> u64 {
    let k = x % 10;
    Holder { f: |v| v ^ k, scale: 7 }.run(x)
}
pub fn returns_early(x: u64) -> u64 {
    let f = |v: u64| -> u64 {
        if v < 10 { return 100; }
        for i in 0..5 { if v % 7 == i { return i; } }
        v
    };
    f(x) ^ f(x / 3)
}
pub fn nests(x: u64) -> u64 {
    let outer = |a: u64| { let inner = |b: u64| a.wrapping_mul(b); inner(3) ^ inner(a) };
    outer(x).wrapping_add(outer(2))
}
pub fn takes_patterns(x: u64) -> u64 {
    let pairs = [(1u64, 'a'), (x, 'b'), (3, 'c')];
    pairs.iter().map(|&(n, c)| n.wrapping_mul(c as u64)).fold(0, |a, b| a ^ b)
}
