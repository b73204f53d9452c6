use std::mem;
struct Node { value: u64, next: usize }
impl Node { const EMPTY: Node = Node { value: 0, next: usize::MAX }; }
struct Stack<const N: usize> { items: [u64; N], len: usize }
impl<const N: usize> Stack<N> {
    const fn new() -> Self { Stack { items: [0; N], len: 0 } }
    fn push(&mut self, v: u64) -> bool { if self.len == N { return false; } self.items[self.len] = v; self.len += 1; true }
    fn pop(&mut self) -> Option<u64> { if self.len == 0 { None } else { self.len -= 1; Some(self.items[self.len]) } }
    fn peek(&self) -> Option<&u64> { if self.len == 0 { None } else { Some(&self.items[self.len - 1]) } }
    fn top_mut(&mut self) -> Option<&mut u64> { if self.len == 0 { None } else { let at = self.len - 1; Some(&mut self.items[at]) } }
}
static TABLE: [u32; 8] = [3, 1, 4, 1, 5, 9, 2, 6];
static PAIRS: [(u8, i64); 3] = [(1, -1), (2, -2), (3, 300)];
const SQUARES: [u64; 10] = { let mut t = [0; 10]; let mut i = 0; while i < 10 { t[i] = (i * i) as u64; i += 1; } t };
const fn cube(n: u64) -> u64 { n * n * n }
const CUBE: u64 = cube(5) + SQUARES[3];
fn longest<'a>(a: &'a [u64], b: &'a [u64]) -> &'a [u64] { if a.len() >= b.len() { a } else { b } }
fn split(v: &mut [u64]) -> (&mut [u64], &mut [u64]) { let mid = v.len() / 2; v.split_at_mut(mid) }
fn first_mut(pair: &mut (u64, u64), second: bool) -> &mut u64 { if second { &mut pair.1 } else { &mut pair.0 } }
fn sum(v: &[u64]) -> u64 { let mut s = 0u64; for e in v { s = s.wrapping_mul(7).wrapping_add(*e); } s }

pub fn statics(x: u64) -> u64 { TABLE[(x % 8) as usize] as u64 ^ PAIRS[(x % 3) as usize].1 as u64 ^ TABLE.len() as u64 }
pub fn constants(x: u64) -> u64 { SQUARES[(x % 10) as usize] ^ CUBE }
pub fn stack(x: u64) -> u64 {
    let mut s = Stack::<4>::new();
    for i in 0..x % 7 { if !s.push(x.wrapping_add(i)) { break; } }
    if let Some(t) = s.top_mut() { *t ^= 0xff; }
    let p = s.peek().copied().unwrap_or(1);
    let mut r = p;
    while let Some(v) = s.pop() { r = r.wrapping_mul(3) ^ v; }
    r
}
pub fn linked(x: u64) -> u64 {
    let mut nodes = [Node::EMPTY; 5];
    for i in 0..5 { nodes[i].value = x ^ i as u64; nodes[i].next = if i == 4 { usize::MAX } else { (i + 3) % 5 }; }
    let (mut at, mut r, mut steps) = (0, 0u64, 0);
    while at != usize::MAX && steps < 10 { r = r.wrapping_mul(5) ^ nodes[at].value; at = nodes[at].next; steps += 1; }
    r
}
pub fn slices_of_slices(x: u64) -> u64 {
    let v = [x, 1, 2, 3, 4, 5];
    let n = (x % 5) as usize;
    sum(&v[n..]) ^ sum(&v[..n]) ^ sum(&v[1..=n]) ^ sum(longest(&v[..2], &v[n..])) ^ v[1..5][n % 4]
}
pub fn halves(x: u64) -> u64 {
    let mut v = [x, 2, 3, 4, 5];
    { let (a, b) = split(&mut v); a[0] ^= 9; b[0] += a[1]; mem::swap(&mut a[1], &mut b[1]); }
    sum(&v)
}
pub fn returned_references(x: u64) -> u64 {
    let mut p = (x, 7);
    *first_mut(&mut p, x % 2 == 0) ^= 0x1234;
    let r = first_mut(&mut p, false);
    *r = r.wrapping_add(1);
    p.0 ^ p.1 * 3
}
pub fn swaps(x: u64) -> u64 {
    let mut a = [x, 2]; let mut b = [3, 4];
    mem::swap(&mut a, &mut b);
    let old = mem::replace(&mut a[0], 99);
    let taken = mem::take(&mut b[1]);
    let mut o = Some(x);
    let t = o.take();
    old ^ taken ^ a[0] ^ b[0] ^ t.map_or(0, |v| v / 2) ^ o.is_none() as u64
}
pub fn raw_pointers(x: u64) -> u64 {
    let mut v = [x, 5, 6];
    let p = v.as_mut_ptr();
    // SAFETY: three elements.
    unsafe { *p.add(1) = x / 2; let q = p.add(2) as *const u64; *p ^ *p.add(1) ^ q.read() ^ (q.offset(-1)).read() }
}
pub fn nested_arrays(x: u64) -> u64 {
    let mut g = [[0u32; 4]; 3];
    for (i, row) in g.iter_mut().enumerate() { for (j, cell) in row.iter_mut().enumerate() { *cell = (x as u32).wrapping_mul(i as u32 + 1) ^ j as u32; } }
    let row = g[(x % 3) as usize];
    g[2][1] = row[3];
    g.iter().flatten_sum() as u64
}
trait FlattenSum { fn flatten_sum(self) -> u32; }
impl<'a, I: Iterator<Item = &'a [u32; 4]>> FlattenSum for I { fn flatten_sum(self) -> u32 { let mut s = 0u32; for r in self { for c in r { s = s.rotate_left(3) ^ c; } } s } }
pub fn copies_do_not_alias(x: u64) -> u64 {
    let a = [x, 1, 2];
    let mut b = a;
    b[0] ^= 1;
    let t = (a, b);
    let mut u = t;
    u.0[1] = 77;
    t.0[0] ^ t.1[0] ^ u.0[1] ^ t.0[1]
}
pub fn structure_update(x: u64) -> u64 {
    #[derive(Clone, Copy)]
    struct Config { a: u8, b: u64, c: (bool, char) }
    let base = Config { a: 1, b: x, c: (true, 'k') };
    let d = Config { a: 9, ..base };
    let e = Config { c: (false, 'm'), ..d };
    e.a as u64 ^ e.b ^ e.c.1 as u64 ^ e.c.0 as u64
}
pub fn sorting(x: u64) -> u64 {
    let mut v = [x % 97, x % 31, x % 7, x % 5, 50];
    for i in 1..v.len() { let mut j = i; while j > 0 && v[j - 1] > v[j] { v.swap(j - 1, j); j -= 1; } }
    sum(&v)
}
pub fn binary_search(x: u64) -> u64 {
    let v = [1u64, 5, 9, 33, 64, 100, 255, 1000];
    let (mut low, mut high) = (0, v.len());
    while low < high { let mid = low + (high - low) / 2; if v[mid] < x { low = mid + 1; } else { high = mid; } }
    low as u64
}
pub fn two_phase_borrow(x: u64) -> u64 {
    let mut s = Stack::<8>::new();
    s.push(x);
    s.push(s.len as u64);
    let mut v = [1u64, 2, 3];
    let i = 1;
    v[i] += v[i + 1] + v[0];
    s.items[1] ^ v[1] ^ s.items[0]
}
pub fn references_in_structures(x: u64) -> u64 {
    struct View<'a> { data: &'a [u64], at: usize }
    impl<'a> View<'a> { fn next(&mut self) -> Option<&'a u64> { let r = self.data.get(self.at); self.at += 1; r } }
    let v = [x, 4, 9];
    let mut w = View { data: &v, at: 0 };
    let mut r = 0u64;
    while let Some(e) = w.next() { r = r.wrapping_mul(11) ^ e; }
    r
}
pub fn sizes(x: u64) -> u64 { (mem::size_of::<(u8, u32)>() + mem::size_of::<[u16; 5]>() * 100 + mem::align_of::<u64>() * 1000 + mem::size_of_val(&x)) as u64 }
