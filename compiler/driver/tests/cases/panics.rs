pub fn test(x: u64) -> u64 {
    let v = [1u8, 2, 3];
    if x == 7 { panic!("seven is {} and {:?}", x, 1.5f32); }
    assert!(x != 31, "not {}", x as i32);
    assert!(x != 32);
    assert_eq!(x as u32 % 100, x as u32 % 100);
    if x == 63 { assert_eq!(x + 1, 7); }
    if x == 64 { let n: Option<u32> = None; return n.unwrap_or(4) as u64; }
    if x == 65 { unreachable!(); }
    let i = (x % 11) as usize;
    if i > 8 { return v[i] as u64; }
    match x { 100 => todo!(), _ => x }
}
