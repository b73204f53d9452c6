pub fn wide_integers(x: u64) -> u64 {
    let a = x as u128 * 0x1234_5678_9abc_def1;
    let b = a ^ (a >> 77) ^ (x as u128) << 64;
    (b as u64) ^ (b >> 64) as u64 ^ b.count_ones() as u64 ^ b.leading_zeros() as u64
}
pub fn wide_signed(x: u64) -> u64 {
    let a = x as i64 as i128;
    let b = a * -3 + (1 << 100);
    (b as u64) ^ (b >> 64) as u64 ^ (b < a) as u64 ^ ((a - 1) / 7) as u64 ^ (a % 1000) as u64
}
pub fn wide_division(x: u64) -> u64 {
    let a = (x as u128) << 40 | 12345;
    let d = (x % 1000) as u128 + 1;
    (a / d) as u64 ^ (a % d) as u64 ^ (a / (d << 60)) as u64 ^ (a % (d << 60) >> 7) as u64
}
pub fn wide_checked(x: u64) -> u64 {
    let a = (x as u128) << 63;
    let r = a.checked_mul(x as u128);
    match r { Some(v) => (v >> 90) as u64, None => 1 }
}
pub fn narrow_arithmetic(x: u64) -> u64 {
    let a = x as u8;
    let b = x as i16;
    let c = a.wrapping_mul(a).wrapping_add(17).rotate_left(3);
    let d = b.wrapping_mul(257).wrapping_neg() >> 2;
    c as u64 ^ d as u16 as u64 ^ (a.wrapping_shl(9) as u64) << 8 ^ (b.wrapping_shr(20) as u64)
}
pub fn checked_family(x: u64) -> u64 {
    let a = x as i32;
    let r = [a.checked_add(i32::MAX / 2), a.checked_sub(77), a.checked_mul(3)];
    let mut out = 0u64;
    for v in r { out = out.wrapping_mul(31).wrapping_add(match v { Some(v) => v as u64, None => 5 }); }
    let (s, o) = (x as u16).overflowing_add(40000);
    out ^ s as u64 ^ o as u64
}
pub fn saturating_family(x: u64) -> u64 {
    let a = (x as i8).saturating_add(100) as u64;
    let b = (x as u32).saturating_sub(1000) as u64;
    let c = (x as i64).saturating_sub(i64::MAX) as u64;
    a ^ b ^ c ^ (x as u16).saturating_add(60000) as u64
}
pub fn bit_counts(x: u64) -> u64 {
    (x as u8).leading_zeros() as u64 + (x as u16).trailing_zeros() as u64 * 100 + (x as i32).count_ones() as u64 * 10000 + x.leading_ones() as u64 * 7 + (x as i8).count_zeros() as u64
}
pub fn bit_order(x: u64) -> u64 { x.swap_bytes() ^ (x as u32).reverse_bits() as u64 ^ (x as u16).swap_bytes() as u64 ^ (x as u8).reverse_bits() as u64 ^ x.to_be() }
pub fn power(x: u64) -> u64 { (x % 7).pow(5) ^ 3u64.pow((x % 20) as u32) ^ (x as u32).wrapping_pow(9) as u64 }
pub fn least_and_most(x: u64) -> u64 { (x as i32).min(-5).max(-1000) as u64 ^ x.clamp(10, 500) ^ std::cmp::max(x, 77) ^ std::cmp::min(x as u8, 9) as u64 }
pub fn distances(x: u64) -> u64 { (x as u32).abs_diff(1000) as u64 ^ ((x as i32 as i64).abs() as u64) ^ (x as i16 as i32).signum() as u64 ^ (x as i8).wrapping_abs() as u64 }
pub fn euclid(x: u64) -> u64 { (x as i32 as i64).rem_euclid(7) as u64 ^ x.div_ceil(10) ^ (x % 100_000).next_multiple_of(16) ^ (x | 1).ilog2() as u64 }
pub fn to_integers(x: u64) -> u64 {
    let f = f64::from_bits(x);
    (f as i8 as u64) ^ (f as u16 as u64) ^ (f as i32 as u64) ^ f as u64 ^ (f as f32 as i64 as u64)
}
pub fn from_integers(x: u64) -> u64 { (x as f32).to_bits() as u64 ^ (x as i64 as f32).to_bits() as u64 ^ (x as f64).to_bits() ^ (x as u128 as f32).to_bits() as u64 ^ (x as i8 as f64).to_bits() }
pub fn rounding(x: u64) -> u64 {
    let f = (x as i32 as f32) / 8.0;
    [f.floor(), f.ceil(), f.trunc(), f.round(), f.fract(), f.abs(), -f].iter().fold(0, |a, v| a * 3 ^ v.to_bits() as u64)
}
pub fn float_order(x: u64) -> u64 {
    let f = f32::from_bits(x as u32);
    let g = 1.5f32;
    (f < g) as u64 | ((f <= g) as u64) << 1 | ((f == f) as u64) << 2 | ((f != g) as u64) << 3 | ((f.partial_cmp(&g).is_some()) as u64) << 4 | (f.is_nan() as u64) << 5 | (f.is_infinite() as u64) << 6 | (f.is_finite() as u64) << 7
}
pub fn square_roots(x: u64) -> u64 { (x as f32).sqrt().to_bits() as u64 ^ (x as f64).sqrt().to_bits() ^ (x as f32).recip().to_bits() as u64 ^ (x as f64).mul_add(2.5, 1.0).to_bits() }
pub fn literals(x: u64) -> u64 { 0xff_u64 ^ 0b1010 ^ 0o17 ^ 1_000_000 ^ b'q' as u64 ^ 'é' as u64 ^ (1e3 as u64) ^ (2.5e-1f32 * 8.0) as u64 ^ x ^ '\u{1F600}' as u64 ^ '\x41' as u64 ^ b'\n' as u64 }
pub fn literal_fallback(x: u64) -> u64 {
    let a = 3_000_000_000u32;
    let b = 7;
    let c = 2.5;
    let d = [1, 2, 3];
    a as u64 ^ (b << 3) as u64 ^ (c * 2.0) as u64 ^ d[(x % 3) as usize] as u64
}
pub fn shifts_of_other_types(x: u64) -> u64 { (x << (x as u8 % 60)) ^ (x >> (x as i32 & 31)) ^ (1u8 << (x % 8)) as u64 ^ ((x as i16) >> (x % 15) as u64) as u64 }
pub fn compound_operators(x: u64) -> u64 {
    let mut a = x;
    a ^= 0x55; a |= 1 << 7; a &= !2; a <<= 3; a >>= 1; a /= 3; a %= 100_003; a -= a / 2; a *= 5; a += 9;
    let mut f = a as f32;
    f += 0.5; f *= 2.0; f -= 1.0; f /= 4.0;
    a ^ f.to_bits() as u64
}
