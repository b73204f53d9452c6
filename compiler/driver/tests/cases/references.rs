struct Point { x: i32, y: i32 }
impl Point {
    const ORIGIN: Point = Point { x: 0, y: 0 };
    fn new(x: i32, y: i32) -> Self { Self { x, y } }
    fn shift(&mut self, d: i32) -> &mut Self { self.x += d; self.y -= d; self }
    fn norm(&self) -> i64 { self.x as i64 * self.x as i64 + self.y as i64 * self.y as i64 }
}
fn swap(a: &mut i32, b: &mut i32) { let t = *a; *a = *b; *b = t; }
pub fn test(x: u64) -> u64 {
    let mut p = Point::new((x % 1000) as i32, -3);
    p.shift(5).shift(-2);
    let Point { x: mut a, y: mut b } = p;
    swap(&mut a, &mut b);
    let t = (a, b as i64, 'c');
    let (q, r, _) = t;
    let raw = &mut a as *mut i32;
    // SAFETY: it points to a variable that lives.
    unsafe { *raw += 1; }
    let z = { let k = &p; k.norm() };
    (z + q as i64 * 7 + r + a as i64 + Point::ORIGIN.norm()) as u64
}
