//! `cvt` and `cvt.pack`.

use rustg_ptx::{Form, Modifier, Opcode, Rounding, Type};

use super::{Kind, described, only, with_flag, with_round};
use crate::lanes::LaneFn;
use crate::lanes::convert::{self as op, Arrangement, Conversion, PackConversion, Side, round_constant, slot_bits};
use crate::lanes::kernel::{Isa, hot, plain};
use crate::lanes::soft::{self, Format, Round};

/// The element of a floating-point type.
fn format(t: Type) -> Option<Format> {
    Some(match t {
        Type::F16 | Type::F16x2 => soft::F16,
        Type::Bf16 | Type::Bf16x2 => soft::BF16,
        Type::Tf32 => soft::TF32,
        Type::F32 => soft::F32,
        Type::F64 => soft::F64,
        Type::E4m3x2 | Type::E4m3 => soft::E4M3,
        Type::E5m2x2 | Type::E5m2 => soft::E5M2,
        Type::E3m2x2 => soft::E3M2,
        Type::E2m3x2 => soft::E2M3,
        Type::E2m1x2 => soft::E2M1,
        _ => return None,
    })
}

fn side(t: Type) -> Option<Side> {
    Some(match t {
        Type::Ue8m0x2 => Side::Exponent,
        t if t.is_integer() && t.packed() == 1 => Side::Integer { bits: t.bits(), signed: t.is_signed() },
        t => Side::Float(format(t)?),
    })
}

pub(super) fn select(form: &Form, isa: Isa) -> Option<LaneFn> {
    if form.opcode == Opcode::CvtPack {
        return pack(form);
    }
    use Modifier::{Ftz, Relu, Rm, Rmi, Rn, Rna, Rni, Rp, Rpi, Rs, Rz, Rzi, Sat, Satfinite};
    only(form, &[Rn, Rz, Rm, Rp, Rna, Rs, Rni, Rzi, Rmi, Rpi, Ftz, Sat, Relu, Satfinite])?;
    let (to, from) = (form.type_at(0)?, form.type_at(1)?);
    let (round, integral) = match form.rounding() {
        None => (if to.is_float() { Round::Nearest } else { Round::Zero }, false),
        Some(Rounding::Nearest) => (Round::Nearest, false),
        Some(Rounding::NearestAway) => (Round::NearestAway, false),
        Some(Rounding::Zero) => (Round::Zero, false),
        Some(Rounding::Down) => (Round::Down, false),
        Some(Rounding::Up) => (Round::Up, false),
        Some(Rounding::Stochastic) => (Round::Zero, false),
        Some(Rounding::NearestIntegral) => (Round::Nearest, true),
        Some(Rounding::ZeroIntegral) => (Round::Zero, true),
        Some(Rounding::DownIntegral) => (Round::Down, true),
        Some(Rounding::UpIntegral) => (Round::Up, true),
    };
    let conversion = Conversion {
        from: side(from)?,
        to: side(to)?,
        round,
        integral: integral && to.is_float(),
        ftz: form.has(Ftz),
        sat: form.has(Sat),
        relu: form.has(Relu),
        satfinite: form.has(Satfinite),
    };
    if form.has(Rs) {
        let random_bits = match to {
            Type::F16x2 => 13,
            Type::Bf16x2 => 16,
            _ => return None,
        };
        return Some(described(Kind::Convert(conversion, Arrangement::JoinStochastic { random_bits })));
    }
    if let Some(fast) = kernel(to, from, &conversion, isa) {
        return Some(fast);
    }
    let slot = |t: Type| match t {
        Type::Ue8m0x2 => Some(8),
        t => format(t).map(slot_bits),
    };
    let arrangement = match (to.packed(), from.packed()) {
        (1, 1) => Arrangement::Single,
        (2, 1) => Arrangement::Join { slot_bits: slot(to)? },
        (2, 2) => Arrangement::Each { count: 2, from_bits: slot(from)?, to_bits: slot(to)? },
        _ => return None,
    };
    Some(described(Kind::Convert(conversion, arrangement)))
}

/// The row kernels of common conversions; `None` where the exact path has to do.
fn kernel(to: Type, from: Type, conversion: &Conversion, isa: Isa) -> Option<LaneFn> {
    let Conversion { ftz, sat, relu, satfinite, round, integral, .. } = *conversion;
    let constant = round_constant(round);
    let bare = !sat && !relu && !satfinite;
    macro_rules! cast {
        ($($from:ident = $s:ty),*; $targets:tt) => {
            match from {
                $(Type::$from => cast!(@to $s; $targets),)*
                _ => None,
            }
        };
        (@to $s:ty; [$($to:ident = $d:ty),*]) => {
            match to {
                $(Type::$to => Some(hot::<op::Cast<$s, $d>>(isa)),)*
                _ => None,
            }
        };
    }
    if from.is_integer() && bare && !integral {
        if to.is_integer() {
            return cast!(U8 = u8, S8 = i8, U16 = u16, S16 = i16, U32 = u32, S32 = i32, U64 = u64, S64 = i64;
                [U8 = u8, S8 = i8, U16 = u16, S16 = i16, U32 = u32, S32 = i32, U64 = u64, S64 = i64]);
        }
        if round == Round::Nearest {
            return cast!(U8 = u8, S8 = i8, U16 = u16, S16 = i16, U32 = u32, S32 = i32, U64 = u64, S64 = i64; [F32 = f32, F64 = f64]);
        }
        return None;
    }
    macro_rules! to_integer {
        ($d:ty) => {
            match from {
                Type::F32 => Some(with_round!(constant; |R| with_flag!(ftz; |F| hot::<op::FromF32<$d, R, F>>(isa)))),
                Type::F64 => Some(with_round!(constant; |R| plain::<op::FromF64<$d, R>>())),
                _ => None,
            }
        };
    }
    match (to, from) {
        (Type::U32, Type::F32 | Type::F64) => to_integer!(u32),
        (Type::S32, Type::F32 | Type::F64) => to_integer!(i32),
        (Type::U64, Type::F32 | Type::F64) => to_integer!(u64),
        (Type::S64, Type::F32 | Type::F64) => to_integer!(i64),
        _ if relu || satfinite => None,
        (Type::F32, Type::F32) if integral => {
            Some(with_round!(constant; |R| with_flag!(ftz; |F| with_flag!(sat; |S| plain::<op::RoundF32<R, F, S>>()))))
        }
        (Type::F32, Type::F32) => Some(with_flag!(ftz; |F| with_flag!(sat; |S| plain::<op::SameF32<F, S>>()))),
        _ if sat => None,
        (Type::F64, Type::F64) if integral => Some(with_round!(constant; |R| plain::<op::RoundF64<R>>())),
        (Type::F64, Type::F32) => Some(with_flag!(ftz; |F| hot::<op::WidenF32<F>>(isa))),
        (Type::F32, Type::F64) => Some(with_round!(constant; |R| with_flag!(ftz; |F| plain::<op::NarrowF64<R, F>>()))),
        (Type::F32, Type::F16) if !ftz => Some(hot::<op::WidenF16>(isa)),
        (Type::F32, Type::Bf16) if !ftz => Some(hot::<op::WidenBf16>(isa)),
        (Type::F16, Type::F32) if round == Round::Nearest => {
            Some(with_flag!(ftz; |F| hot::<op::NarrowHalf<false, F>>(isa)))
        }
        (Type::Bf16, Type::F32) if round == Round::Nearest && !ftz => Some(hot::<op::NarrowHalf<true, false>>(isa)),
        (Type::F16x2, Type::F32) if round == Round::Nearest => Some(hot::<op::NarrowPair<false>>(isa)),
        (Type::Bf16x2, Type::F32) if round == Round::Nearest => Some(hot::<op::NarrowPair<true>>(isa)),
        _ => None,
    }
}

fn pack(form: &Form) -> Option<LaneFn> {
    let to = form.type_at(0)?;
    // `cvt.pack.sat.convertType.abType[.b32]`.
    let from = form.type_at(1)?;
    if !to.is_integer() || !matches!(from, Type::U32 | Type::S32) {
        return None;
    }
    let conversion = PackConversion { bits: to.bits(), signed: to.is_signed(), from_signed: from.is_signed() };
    Some(described(Kind::Pack(conversion)))
}
