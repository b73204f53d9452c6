//! The arithmetic of `atom`, `red` and `multimem`-like reductions (PTX ISA 9.7.13.3): old value and operands in, new value out. Where the value lies and who
//! sees it when is the machine's.

use rustg_ptx::{Form, Modifier, Type};

use super::float::{self, finish, flush};
use super::half::{self, AS_IS};
use super::kernel::{Operation, Portable};

/// `(old, a, b) → new` on values zero-extended to 64 bits; `b` is the second operand of `cas` (compare with `a`, store `b`).
pub type AtomicFn = fn(old: u64, a: u64, b: u64) -> u64;

/// The function of an atomic on elements of up to 64 bits; vectors apply it to each element. `global` says that the address lies in global memory,
/// where f32 additions flush subnormals (measured on an H200; shared memory keeps them). `None` for what is not atomic arithmetic; 128-bit
/// `exch` and `cas` are [`wide`].
pub fn select(form: &Form, global: bool) -> Option<AtomicFn> {
    let t = form.types().iter().copied().find(|t| *t != Type::Pred)?;
    let bits = t.bits();
    use Modifier::*;
    Some(match (form.operation()?, t) {
        (Exch, _) if bits <= 64 => |_, a, _| a,
        (Cas, _) if bits <= 64 => |old, a, b| if old == a { b } else { old },
        (And, Type::B32 | Type::B64) => |old, a, _| old & a,
        (Or, Type::B32 | Type::B64) => |old, a, _| old | a,
        (Xor, Type::B32 | Type::B64) => |old, a, _| old ^ a,
        (Add, Type::U32 | Type::S32) => |old, a, _| u64::from((old as u32).wrapping_add(a as u32)),
        (Add, Type::U64 | Type::S64) => |old, a, _| old.wrapping_add(a),
        (Inc, Type::U32) => |old, a, _| if old as u32 >= a as u32 { 0 } else { old + 1 },
        (Dec, Type::U32) => |old, a, _| if old == 0 || old as u32 > a as u32 { a } else { old - 1 },
        (Min, Type::U32 | Type::U64) => |old, a, _| old.min(a),
        (Max, Type::U32 | Type::U64) => |old, a, _| old.max(a),
        (Min, Type::S32) => |old, a, _| u64::from((old as i32).min(a as i32) as u32),
        (Max, Type::S32) => |old, a, _| u64::from((old as i32).max(a as i32) as u32),
        (Min, Type::S64) => |old, a, _| (old as i64).min(a as i64) as u64,
        (Max, Type::S64) => |old, a, _| (old as i64).max(a as i64) as u64,
        (Add, Type::F32) if global => |old, a, _| {
            let [x, y] = [old, a].map(|bits| flush::<true>(f32::from_bits(bits as u32)));
            finish::<true, false>(x + y).to_bits().into()
        },
        (Add, Type::F32) => {
            |old, a, _| finish::<false, false>(f32::from_bits(old as u32) + f32::from_bits(a as u32)).to_bits().into()
        }
        (Add, Type::F64) if global => add_f64,
        (Add, Type::F64) => {
            |old, a, _| float::AddF64::lane::<Portable>(f64::from_bits(a), f64::from_bits(old), ()).to_bits()
        }
        (Add, Type::F16) => {
            |old, a, _| half::AddHalf::<false, false, AS_IS>::lane::<Portable>(old as u16, a as u16, ()).into()
        }
        (Add, Type::Bf16) => {
            |old, a, _| half::AddHalf::<true, false, AS_IS>::lane::<Portable>(old as u16, a as u16, ()).into()
        }
        (Add, Type::F16x2) => {
            |old, a, _| half::AddPair::<false, false, AS_IS>::lane::<Portable>(old as u32, a as u32, ()).into()
        }
        (Add, Type::Bf16x2) => {
            |old, a, _| half::AddPair::<true, false, AS_IS>::lane::<Portable>(old as u32, a as u32, ()).into()
        }
        (Min, Type::F16) => {
            |old, a, _| half::MinHalf::<false, false, false, false>::lane::<Portable>(old as u16, a as u16, ()).into()
        }
        (Min, Type::Bf16) => {
            |old, a, _| half::MinHalf::<true, false, false, false>::lane::<Portable>(old as u16, a as u16, ()).into()
        }
        (Min, Type::F16x2) => {
            |old, a, _| half::MinPair::<false, false, false, false>::lane::<Portable>(old as u32, a as u32, ()).into()
        }
        (Min, Type::Bf16x2) => {
            |old, a, _| half::MinPair::<true, false, false, false>::lane::<Portable>(old as u32, a as u32, ()).into()
        }
        (Max, Type::F16) => {
            |old, a, _| half::MaxHalf::<false, false, false, false>::lane::<Portable>(old as u16, a as u16, ()).into()
        }
        (Max, Type::Bf16) => {
            |old, a, _| half::MaxHalf::<true, false, false, false>::lane::<Portable>(old as u16, a as u16, ()).into()
        }
        (Max, Type::F16x2) => {
            |old, a, _| half::MaxPair::<false, false, false, false>::lane::<Portable>(old as u32, a as u32, ()).into()
        }
        (Max, Type::Bf16x2) => {
            |old, a, _| half::MaxPair::<true, false, false, false>::lane::<Portable>(old as u32, a as u32, ()).into()
        }
        _ => return None,
    })
}

/// Global memory's adder leaves NaNs as they are, where `add.f64` makes them quiet; the operand's goes before the memory's (measured on an
/// H200). In shared memory it is a loop of `DADD` (the operand first) and
/// compare-and-swap.
fn add_f64(old: u64, a: u64, _: u64) -> u64 {
    let [x, y] = [old, a].map(f64::from_bits);
    match (x.is_nan(), y.is_nan()) {
        (_, true) => a,
        (true, _) => old,
        _ => float::AddF64::lane::<Portable>(x, y, ()).to_bits(),
    }
}

/// `(old, a, b) → new` on 128 bits.
pub type WideAtomicFn = fn(old: u128, a: u128, b: u128) -> u128;

/// `atom.exch.b128` and `atom.cas.b128`.
pub fn wide(form: &Form) -> Option<WideAtomicFn> {
    if form.type_at(0)? != Type::B128 {
        return None;
    }
    match form.operation()? {
        Modifier::Exch => Some(|_, a, _| a),
        Modifier::Cas => Some(|old, a, b| if old == a { b } else { old }),
        _ => None,
    }
}
