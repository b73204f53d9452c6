pub fn adaptors(x: u64) -> u64 {
    let v = [x % 100, 3, 8, 1, 12];
    let a = v.iter().map(|e| e * 2).filter(|e| e % 3 != 0).sum::<u64>();
    let b = v.iter().enumerate().fold(0, |s, (i, e)| s + i as u64 * e);
    let c = v.iter().zip(v.iter().skip(1)).map(|(a, b)| a ^ b).max().unwrap_or(0);
    let d = v.iter().rev().take(2).copied().min().unwrap_or(0);
    a ^ b * 3 ^ c * 7 ^ d
}
pub fn searching(x: u64) -> u64 {
    let v = [3u64, 9, 27, 81];
    v.iter().any(|e| *e == x) as u64 + v.iter().all(|e| *e <= x) as u64 * 2 + v.contains(&x) as u64 * 4 + v.iter().position(|e| *e > x).unwrap_or(9) as u64 * 8 + v.iter().find(|e| **e % 2 == x % 2).copied().unwrap_or(5) * 100
}
pub fn steps(x: u64) -> u64 {
    let mut s = 0u64;
    for i in (0..100).step_by(7) { s = s.wrapping_mul(3) + (i ^ x % 16); }
    for i in (0..=10u8).rev() { s ^= (i as u64) << (i % 8); }
    s
}
pub fn chained(x: u64) -> u64 {
    let a = [1u64, 2];
    let b = [x, 4];
    a.iter().chain(b.iter()).copied().fold(1, |p, e| p.wrapping_mul(e | 1))
}
pub fn whiles(x: u64) -> u64 {
    let v = [1u64, 2, 30, 4, 50];
    v.iter().take_while(|e| **e < x).count() as u64 * 10 + v.iter().skip_while(|e| **e < 10).count() as u64
}
pub fn windows_and_chunks(x: u64) -> u64 {
    let v = [x, 2, 3, 4, 5, 6, 7];
    let a = v.windows(3).map(|w| w[0] ^ w[2]).fold(0u64, |s, e| s.wrapping_mul(5).wrapping_add(e));
    let b = v.chunks(3).map(|c| c.len() as u64 * c[0]).fold(0u64, |s, e| s.rotate_left(9) ^ e);
    a ^ b
}
pub fn scan_and_flat(x: u64) -> u64 {
    let v = [1u64, 2, 3];
    let a = v.iter().flat_map(|e| 0..*e).fold(x, |s, e| s.wrapping_mul(3).wrapping_add(e));
    let b = v.iter().scan(x, |state, e| { *state = state.wrapping_add(*e); Some(*state) }).fold(0, |a: u64, b| a ^ b);
    a ^ b
}
pub fn last_and_nth(x: u64) -> u64 {
    let v = [x, 5, 6, 7];
    v.iter().last().copied().unwrap_or(0) ^ v.iter().nth((x % 6) as usize).copied().unwrap_or(100) ^ v.first().copied().unwrap_or(0) ^ v.iter().copied().reduce(|a, b| a.wrapping_mul(b)).unwrap_or(0)
}
pub fn by_keys(x: u64) -> u64 {
    let v = [(3u64, 'a'), (x % 5, 'b'), (4, 'c')];
    v.iter().max_by_key(|p| p.0).map_or(0, |p| p.1 as u64) ^ v.iter().min_by_key(|p| p.0 ^ 2).map_or(0, |p| p.1 as u64) << 8
}
pub fn filter_maps(x: u64) -> u64 {
    [x, 10, 20].iter().filter_map(|e| e.checked_sub(5)).map(|e| e / 2).fold(0u64, |a, b| a.wrapping_add(b))
}
pub fn products(x: u64) -> u64 { (1..=x % 15).product::<u64>() + (0..x % 100).sum::<u64>() }
pub fn peeking(x: u64) -> u64 {
    let v = [1u64, 1, x % 3, 2, 2, 2];
    let mut it = v.iter().peekable();
    let mut runs = 0u64;
    while let Some(e) = it.next() { let mut n = 1; while it.peek() == Some(&e) { it.next(); n += 1; } runs = runs * 10 + n; }
    runs
}
pub fn mutation(x: u64) -> u64 {
    let mut v = [x, 2, 3, 4];
    v.iter_mut().for_each(|e| *e = e.wrapping_mul(3));
    for (i, e) in v.iter_mut().enumerate().skip(1) { *e ^= i as u64; }
    v.reverse();
    v[1..].fill(7);
    v[0] ^ v[3]
}
pub fn comparisons(x: u64) -> u64 {
    let a = [x % 3, 2, 3]; let b = [1u64, 2, 3];
    (a == b) as u64 + (a < b) as u64 * 2 + (a[..2] == b[..2]) as u64 * 4 + a.iter().eq(b.iter()) as u64 * 8 + ((x, 3) < (5, 2)) as u64 * 16
}
