pub fn test(x: u64) -> u64 {
    let mut v = [(x, 'a'), (x + 1, 'b')];
    for e in v.iter_mut() { *e = (e.0.wrapping_mul(3), 'c'); }
    let mut w = [[1u8, 2, 3], [x as u8, 5, 6]];
    for row in w.iter_mut() { for e in row.iter_mut() { *e = e.wrapping_add(x as u8); } }
    for e in &mut w[1] { *e ^= 1; }
    v[0].0 ^ v[1].1 as u64 ^ w[1][0] as u64 ^ w[0][2] as u64 * 256
}
