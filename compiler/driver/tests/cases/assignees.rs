#[derive(Debug, PartialEq, Clone, Copy)]
struct Low(u32);
#[derive(Debug, PartialEq, Clone, Copy)]
enum High { Small(u32), Large { by: u64 } }
impl From<Low> for High { fn from(low: Low) -> High { High::Small(low.0 + 1) } }
impl From<u64> for High { fn from(by: u64) -> High { High::Large { by } } }
struct Point { x: u64, y: u64, z: u64 }
struct Two(u64, u64);
fn low(x: u64) -> Result<u64, Low> { if x % 5 == 0 { Err(Low(x as u32 % 100)) } else { Ok(x % 1000) } }
fn large(x: u64) -> Result<u64, u64> { if x > 1000 { Err(x % 77) } else { Ok(x * 2) } }
fn both(x: u64) -> Result<u64, High> {
    let a = low(x)?;
    let b = large(x)?;
    if a == 3 { Err(High::Small(9))? }
    Ok(a + b)
}
pub fn test(x: u64) -> u64 {
    let (mut a, mut b) = (x % 1000, 7u64);
    (a, b) = (b, a);
    let mut array = [a, b, 3, 4];
    [array[0], _, .., array[2]] = [10, 20, 30, a];
    let mut p = Point { x: 1, y: 2, z: 3 };
    Point { x: p.y, y: (p.z), .. } = Point { x: 8, y: x % 9, z: 10 };
    let mut t = 0;
    Two(t, _) = Two(a * 2, 5);
    (t, (a, ..)) = (t + 1, (b, 1, 2));
    _ = b + 1;
    let (mut lo, mut hi) = (0u64, 1u64);
    for _ in 0..(x % 20) { (lo, hi) = (hi, lo + hi); }
    let c = match both(x) { Ok(v) => v, Err(High::Small(n)) => 5000 + n as u64, Err(High::Large { by }) => 9000 + by };
    a + b * 3 + array[0] * 5 + array[1] * 7 + array[2] * 11 + p.x * 13 + p.y * 17 + p.z * 19 + t * 23 + lo * 29 + c * 31
}
