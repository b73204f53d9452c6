struct Pair { a: u64, b: u32 }
const BASE: u64 = 100;
fn table() -> &'static [u64] { &[3, 1, 4, 1, 5, 9, 2, 6] }
fn number(big: bool) -> &'static u64 { if big { &(BASE * 7) } else { &5 } }
fn pair() -> &'static Pair { &Pair { a: 11, b: 22 } }
fn nothing() -> Option<&'static u32> { Some(&77) }
fn pick<'a>(x: &'a u64, c: bool) -> &'a u64 { if c { x } else { &9 } }
fn of<const N: usize>() -> &'static [usize; 2] { &[N, N + 1] }
fn fill(out: &mut [u64; 4]) { let t = table(); for i in 0..4 { out[i] = t[i * 2]; } }
pub fn test(x: u64) -> u64 {
    let mut out = [0; 4];
    fill(&mut out);
    let t = table();
    let choose = |c: bool| if c { &1u64 } else { &2u64 };
    let p = pair();
    let mut sum = t[(x % 8) as usize] + t.len() as u64;
    sum = sum * 31 + *number(x % 2 == 0) + *number(x % 2 == 1) * 3;
    sum = sum * 31 + p.a + p.b as u64 + *nothing().unwrap() as u64;
    sum = sum * 31 + *pick(&x, x > 50) % 1000 + *choose(x > 3);
    sum = sum * 31 + of::<5>()[1] as u64 + of::<9>()[0] as u64;
    for v in &[1u64, 2, 3] { sum = sum * 7 + *v; }
    sum + out[0] + out[1] * 3 + out[2] * 5 + out[3] * 7
}
