#[derive(Clone, Copy, PartialEq, Eq)]
enum Problem { Small(u8), Big, Odd { at: u64 } }
fn step(x: u64) -> Result<u64, Problem> { if x < 3 { Err(Problem::Small(x as u8)) } else if x > 1 << 40 { Err(Problem::Big) } else if x % 2 == 1 { Err(Problem::Odd { at: x }) } else { Ok(x / 2) } }
fn steps(x: u64) -> Result<u64, Problem> { let a = step(x)?; let b = step(a + 2)?; Ok(a ^ step(b * 2)?) }
fn code(r: Result<u64, Problem>) -> u64 { match r { Ok(v) => v, Err(Problem::Small(n)) => 1000 + n as u64, Err(Problem::Big) => 2000, Err(Problem::Odd { at }) => 3000 ^ at } }
fn maybe(x: u64) -> Option<u64> { let a = x.checked_sub(5)?; let b = a.checked_mul(3)?; if b % 2 == 0 { Some(b) } else { None } }
pub fn questions(x: u64) -> u64 { code(steps(x)) }
pub fn combinators(x: u64) -> u64 {
    code(step(x).map(|v| v + 1)) ^ code(step(x).or_else(|_| step(8))) ^ step(x).unwrap_or(5) ^ step(x).is_ok() as u64 ^ step(x).map_err(|p| p == Problem::Big).unwrap_or_else(|big| big as u64 * 9) ^ step(x).ok().unwrap_or_default() ^ code(step(x).and_then(step))
}
pub fn options(x: u64) -> u64 {
    let m = maybe(x);
    m.unwrap_or(1) ^ m.map(|v| v ^ 7).unwrap_or_default() ^ m.is_some() as u64 ^ m.filter(|v| *v > 100).map_or(3, |v| v / 3) ^ m.or(Some(9)).unwrap_or(0) ^ m.xor(None).is_some() as u64 ^ m.ok_or(5u8).is_err() as u64 ^ m.and(Some(2u64)).unwrap_or(4)
}
pub fn mutable_options(x: u64) -> u64 {
    let mut m = maybe(x);
    if let Some(v) = m.as_mut() { *v += 1; }
    let old = m.replace(77);
    let got = *m.get_or_insert(5);
    let z = m.insert(8);
    *z += 1;
    old.unwrap_or(3) ^ got ^ m.unwrap_or(0)
}
pub fn zips(x: u64) -> u64 { match maybe(x).zip(maybe(x + 7 & 0xffff)) { Some((a, b)) => a ^ b, None => 6 } }
pub fn transposes(x: u64) -> u64 { let a: Option<Result<u64, u8>> = if x % 2 == 0 { Some(Ok(x)) } else { Some(Err(3)) }; match a.transpose() { Ok(Some(v)) => v, Ok(None) => 1, Err(e) => e as u64 } }
pub fn flattens(x: u64) -> u64 { let v: Option<Option<u64>> = if x % 3 == 0 { None } else { Some(maybe(x)) }; v.flatten().unwrap_or(11) }
pub fn option_order(x: u64) -> u64 { (maybe(x) < Some(10)) as u64 + (maybe(x) == None) as u64 * 2 + (maybe(x).max(Some(3)) == Some(3)) as u64 * 4 }
pub fn unwraps(x: u64) -> u64 { maybe(x & 0xff).unwrap() + step(x).ok().unwrap() }
