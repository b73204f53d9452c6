mod shapes {
    pub const SIDES: u64 = 4;
    pub mod inner { pub fn area(a: u64, b: u64) -> u64 { super::scale(a.wrapping_mul(b)) } pub struct Hidden { pub(super) v: u64 } impl Hidden { pub fn new(v: u64) -> Hidden { Hidden { v } } } }
    fn scale(v: u64) -> u64 { v ^ SIDES }
    pub fn open(h: inner::Hidden) -> u64 { h.v }
    pub use self::inner::area as surface;
    pub enum Kind { Flat, Deep(u8) }
    impl Kind { pub fn weight(&self) -> u64 { match self { Self::Flat => 1, Self::Deep(n) => *n as u64 } } }
}
use shapes::{Kind::{self, *}, inner::Hidden, surface};
use shapes::*;
mod other { use super::shapes as s; pub fn sides() -> u64 { s::SIDES * crate_level(2) } use super::crate_level; }
fn crate_level(n: u64) -> u64 { n + 1 }
pub fn paths(x: u64) -> u64 { surface(x, 3) ^ shapes::inner::area(2, x) ^ open(Hidden::new(x)) ^ other::sides() ^ SIDES }
pub fn imported_variants(x: u64) -> u64 { let k = if x % 2 == 0 { Flat } else { Deep(x as u8) }; k.weight() + Kind::Deep(3).weight() }
pub fn inner_items(x: u64) -> u64 {
    const K: u64 = 12;
    fn local(v: u64) -> u64 { v.wrapping_mul(K) }
    struct Inner(u64);
    impl Inner { fn get(self) -> u64 { local(self.0) } }
    enum Two { A, B }
    use Two::*;
    let t = if x > 5 { A } else { B };
    Inner(x).get() ^ match t { A => 1, B => 2 }
}
type Pair<T> = (T, T);
type Table = [Pair<u64>; 2];
pub fn aliases(x: u64) -> u64 { let t: Table = [(x, 1), (2, 3)]; let p: Pair<u8> = (x as u8, 4); t[1].0 ^ t[0].0 ^ p.0 as u64 }
struct Unit;
impl Unit { const ID: u64 = 17; fn id(&self) -> u64 { Self::ID } }
pub fn units(x: u64) -> u64 { let u = Unit; let (): () = (); u.id() ^ x }
#[repr(u8)]
#[derive(Clone, Copy)]
enum Level { Low = 3, Middle, High = 200 }
enum Signed { Minus = -5, Zero = 0, Plus }
pub fn discriminants(x: u64) -> u64 { let l = match x % 3 { 0 => Level::Low, 1 => Level::Middle, _ => Level::High }; let s = match x % 3 { 0 => Signed::Minus, 1 => Signed::Zero, _ => Signed::Plus }; l as u8 as u64 + s as i32 as u64 }
pub fn generic_defaults(x: u64) -> u64 { struct D<T = u64, const N: usize = 3> { v: [T; N] } let d: D = D { v: [x, 1, 2] }; let e = D::<u8, 1> { v: [9] }; d.v[0] ^ d.v.len() as u64 ^ e.v[0] as u64 }
