fn exchange<T: Copy>(place: &mut T, value: T) -> T { let old = *place; *place = value; old }
fn times(count: u32, mut function: impl FnMut(u32)) { let mut i = 0; while i < count { function(i); i += 1; } }
pub fn test(x: u64) -> u64 {
    let mut n = 0u8;
    let mut v = loop {
        n += 1;
        if n >= 4 || ({ let mut m = ({ let t = n; t > 3 }); exchange(&mut m, x % 2 == 1) }) { break x + n as u64; }
    };
    let mut k = 0u8;
    let mut w = loop {
        let mut inner = 5usize;
        k += 1;
        if k == 2 { continue; }
        times(3, |a| inner = inner.wrapping_add(a as usize));
        if k > 3 { break inner; }
    };
    v += w as u64;
    w += 1;
    v ^ w as u64
}
