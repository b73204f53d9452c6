const TABLE: [u32; 5] = [3, 1, 4, 1, 5];
fn sum(s: &[u32]) -> u32 { let mut t = 0; for v in s { t += *v; } t }
fn fill(s: &mut [u32], x: u32) { for (i, v) in s.iter_mut().enumerate() { *v = x + i as u32; } }
pub fn test(x: u64) -> u64 {
    let mut a = [0u32; 6];
    fill(&mut a, (x % 100) as u32);
    let n = (x % 8) as usize;
    let part = sum(&a[1..4]) + sum(&TABLE);
    let m: u32 = a.iter().map(|v| v * 2).filter(|v| v % 3 != 0).sum();
    a[n] += 5;
    (part + m + a[n] + TABLE[n % 5]) as u64 + a.len() as u64
}
