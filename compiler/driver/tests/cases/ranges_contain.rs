pub fn test(x: u64) -> u64 {
    let p = (x as i8, x as u16);
    let a = (10..20).contains(&p.0) as u64;
    let b = (10..=200).contains(&p.1) as u64;
    let c = !(0..5).contains(&x);
    a + b * 2 + c as u64 * 4
}
