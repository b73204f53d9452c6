pub fn test(x: u64) -> u64 {
    let v = (1u8, [3u64, 4], (5i16, x, ((7u32, 'Z'), 1.5f32)));
    let w = v.2.1.wrapping_pow(2);
    let mut u = ((1u64, 2u64), (3u64, [(x, 5u64); 2]));
    u.1.1[0].1 += v.2.2.0.0 as u64;
    u.0.1 = u.1.1[0].1;
    w ^ v.2.2.0.1 as u64 ^ u.0.1
}
