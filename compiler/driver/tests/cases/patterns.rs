#[derive(Clone, Copy, PartialEq)]
enum Shape { Circle(u32), Rect { w: u32, h: u32 }, Point }
enum Tree { Leaf(u64), Two((u64, u64), bool) }
const LIMIT: u64 = 100;
const BYTE: u8 = b'z';
struct Wrap(u64, (u8, i8));

pub fn ranges(x: u64) -> u64 {
    match x { 0 => 1, 1..=9 => 2, 10..LIMIT => 3, LIMIT => 4, 101..=u64::MAX => 5 }
}
pub fn signed_ranges(x: u64) -> u64 {
    match x as i8 { i8::MIN..=-100 => 1, -99..0 => 2, 0 => 3, 1..=50 => 4, _ => 5 }
}
pub fn characters(x: u64) -> u64 {
    match (x % 128) as u8 as char { 'a'..='z' => 1, 'A'..='Z' => 2, '0' | '1' | '2' => 3, '\n' | '\t' => 4, '\0'..=' ' => 5, _ => 6 }
}
pub fn bytes(x: u64) -> u64 {
    match x as u8 { b'a' => 1, BYTE => 2, b'0'..=b'9' => 3, 0x80.. => 4, _ => 5 }
}
pub fn guards(x: u64) -> u64 {
    match x { n if n % 2 == 0 && n > 50 => n / 2, n @ (1 | 3 | 5) => n * 100, n if n > 1000 => 7, _ => 9 }
}
pub fn alternatives_bind(x: u64) -> u64 {
    let t = if x % 3 == 0 { Tree::Leaf(x) } else { Tree::Two((x, 5), x % 2 == 0) };
    match t { Tree::Leaf(n) | Tree::Two((n, _), true) => n, Tree::Two((_, n), false) => n * 1000 }
}
pub fn records(x: u64) -> u64 {
    let s = match x % 3 { 0 => Shape::Circle(x as u32), 1 => Shape::Rect { w: x as u32, h: 2 }, _ => Shape::Point };
    let a = match s { Shape::Rect { w, .. } if w > 100 => w as u64, Shape::Rect { h, w: width } => (h ^ width) as u64, Shape::Circle(r @ 0..=9) => r as u64 + 50, Shape::Circle(_) => 60, Shape::Point => 70 };
    a + (s == Shape::Point) as u64 * 1000
}
pub fn through_references(x: u64) -> u64 {
    let mut v = Some((x, 3u8));
    if let Some((a, b)) = &mut v { *a ^= 5; *b += 1; }
    match &v { Some((a, b)) => *a + *b as u64, None => 0 }
}
pub fn reference_patterns(x: u64) -> u64 {
    let v = [(x, 1u64), (2, x)];
    let mut sum = 0u64;
    for &(a, b) in &v { sum = sum.wrapping_add(a ^ b); }
    let ref r = v[0];
    let &(c, _) = r;
    sum ^ c
}
pub fn slices(x: u64) -> u64 {
    let v = [x, x / 2, x / 3, 7];
    let a = match &v[..(x % 5) as usize] { [] => 1, [n] => *n, [a, b] => a ^ b, [first, .., last] => first.wrapping_mul(*last) };
    let [p, q, ..] = v;
    let [.., z] = v;
    let b = if let [0, .., n] = &v[..] { *n } else { 50 };
    a ^ p ^ q.rotate_left(7) ^ z ^ b
}
pub fn tuples_nest(x: u64) -> u64 {
    let t = ((x, 2u8), [1u64, 2], 'c');
    let ((a, b), [c, _], d) = t;
    match (a % 4, b, d) { (0, _, 'c') => a, (1 | 2, 2, _) => c + 100, (_, _, e) => e as u64 }
}
pub fn structure_patterns(x: u64) -> u64 {
    let Wrap(a, (b, c)) = Wrap(x, (x as u8, x as i8));
    a ^ b as u64 ^ c as u64
}
pub fn binds_whole_and_part(x: u64) -> u64 {
    match Some(x) { whole @ Some(n @ 1..=50) => n + whole.unwrap_or(0), Some(n) => n ^ 1, None => 3 }
}
pub fn let_else(x: u64) -> u64 {
    let Some(n) = x.checked_sub(10) else { return 12345 };
    let (Some(k), true) = (n.checked_mul(1 << 40), n > 5) else { return n };
    k
}
pub fn if_let_chains(x: u64) -> u64 {
    if let Some(a) = x.checked_sub(3) && a > 10 && let Some(b) = a.checked_add(1 << 63) { b } else if let 0 | 1 = x { 77 } else { 88 }
}
pub fn while_let(x: u64) -> u64 {
    let mut n = x % 1000;
    let mut steps = 0;
    while let Some(next) = n.checked_sub(7) { n = next; steps += 1; }
    let mut it = [1u64, 2, x].into_iter();
    let mut sum = 0u64;
    while let Some(v) = it.next() { sum = sum.wrapping_mul(3).wrapping_add(v); }
    steps * 10 + n ^ sum
}
pub fn booleans(x: u64) -> u64 {
    match (x % 2 == 0, x > 100) { (true, true) => 1, (true, false) => 2, (false, big) => 3 + big as u64 }
}
pub fn nested_enumerations(x: u64) -> u64 {
    let v: Option<Result<Option<u64>, u8>> = match x % 4 { 0 => None, 1 => Some(Err(x as u8)), 2 => Some(Ok(None)), _ => Some(Ok(Some(x))) };
    match v { Some(Ok(Some(n))) if n > 64 => n, Some(Ok(Some(n))) => n + 1, Some(Ok(None)) => 2, Some(Err(e)) => e as u64, None => 4 }
}
struct Both { a: bool, b: bool }
impl Both { fn pick(&self, second: bool) -> &bool { if second { &self.b } else { &self.a } } }
pub fn temporaries_in_conditions(x: u64) -> u64 {
    let even = x % 2 == 0;
    let a = match x { n if *(Both { a: even, b: true }).pick(n > 9) => 1, _ => 2 };
    let b = if *(Both { a: even, b: x > 3 }).pick(!even) && *(Both { a: true, b: even }).pick(x > 5) { 10 } else { 20 };
    let mut n = 0;
    while *(Both { a: n < 5, b: n < 9 }).pick(even) { n += 1; }
    a + b + n * 100
}
