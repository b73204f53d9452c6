fn half(x: u64) -> Option<u64> { if x % 2 == 0 { Some(x / 2) } else { None } }
fn quarter(x: u64) -> Option<u64> { let h = half(x)?; half(h) }
fn check(x: u64) -> Result<u32, u8> { if x > 1000 { Err(7) } else { Ok(x as u32) } }
fn twice(x: u64) -> Result<u32, u8> { Ok(check(x)? + check(x / 2)?) }
pub fn test(x: u64) -> u64 {
    let a = quarter(x).unwrap_or(9);
    let b = half(x).map(|v| v ^ 3).unwrap_or_default();
    let c = match twice(x) { Ok(v) => v as u64, Err(e) => e as u64 * 1000 };
    let d = if let Some(v) = half(x) && v > 10 { v } else { 1 };
    let Some(e) = half(x & !1) else { return 0 };
    a ^ b.rotate_left(3) ^ c ^ d ^ e
}
