//! `cvt` and `cvt.pack`.

use rustg_ptx::{Form, Modifier, Opcode, Rounding, Type};

use super::{Kind, described, only, with_flag, with_round};
use crate::LaneFn;
use crate::convert::{self as op, Arrangement, Conversion, PackConversion, Side, round_constant, slot_bits};
use crate::float::ZERO;
use crate::kernel::{Isa, hot, plain};
use crate::soft::{self, Format, Round};

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
        // The conversion to f16 reads subnormal operands whatever the form says: `F2F.F16.F32` has no flushing (measured on an H200).
        ftz: form.has(Ftz) && to != Type::F16,
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
    if from.is_integer() && bare && !integral {
        return match to.is_integer() {
            true => between_integers(to, from, isa),
            false if round == Round::Nearest => from_integer(to, from, isa),
            false => None,
        };
    }
    macro_rules! to_integer {
        ($d:ty) => {
            match from {
                Type::F32 => Some(with_round!(constant; |R| with_flag!(ftz; |F| {
                    if R == ZERO { hot::<op::FromF32<$d, R, F>>(isa) } else { plain::<op::FromF32<$d, R, F>>() }
                }))),
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
        // Without a modifier it is a move: NaNs stay as they are.
        (Type::F64, Type::F64) if !integral => super::integer::copy(64, isa),
        (Type::F64, Type::F64) => Some(with_round!(constant; |R| plain::<op::RoundF64<R>>())),
        (Type::F64, Type::F32) => Some(with_flag!(ftz; |F| hot::<op::WidenF32<F>>(isa))),
        (Type::F32, Type::F64) => Some(with_round!(constant; |R| with_flag!(ftz; |F| plain::<op::NarrowF64<R, F>>()))),
        (Type::F32, Type::F16) if !ftz => Some(hot::<op::WidenF16>(isa)),
        (Type::F32, Type::Bf16) if !ftz => Some(hot::<op::WidenBf16>(isa)),
        (Type::F16, Type::F32) if round == Round::Nearest => Some(hot::<op::NarrowHalf<false>>(isa)),
        (Type::Bf16, Type::F32) if round == Round::Nearest && !ftz => Some(hot::<op::NarrowHalf<true>>(isa)),
        (Type::F16x2, Type::F32) if round == Round::Nearest => Some(hot::<op::NarrowPair<false>>(isa)),
        (Type::Bf16x2, Type::F32) if round == Round::Nearest => Some(hot::<op::NarrowPair<true>>(isa)),
        _ => None,
    }
}

/// Truncation and extension: the sign matters in the source only.
fn between_integers(to: Type, from: Type, isa: Isa) -> Option<LaneFn> {
    macro_rules! cast {
        ($source:ty, $make:ident $(($isa:expr))?) => {
            match to.bits() {
                8 => Some(plain::<op::Cast<$source, u8>>()),
                16 => Some(plain::<op::Cast<$source, u16>>()),
                32 => Some($make::<op::Cast<$source, u32>>($($isa)?)),
                64 => Some($make::<op::Cast<$source, u64>>($($isa)?)),
                _ => None,
            }
        };
    }
    match from {
        Type::U8 => cast!(u8, plain),
        Type::S8 => cast!(i8, plain),
        Type::U16 => cast!(u16, plain),
        Type::S16 => cast!(i16, plain),
        Type::U32 => cast!(u32, hot(isa)),
        Type::S32 => cast!(i32, hot(isa)),
        Type::U64 | Type::S64 => cast!(u64, hot(isa)),
        _ => None,
    }
}

fn from_integer(to: Type, from: Type, isa: Isa) -> Option<LaneFn> {
    macro_rules! cast {
        ($source:ty, $make:ident $(($isa:expr))?) => {
            match to {
                Type::F32 => Some($make::<op::Cast<$source, f32>>($($isa)?)),
                Type::F64 => Some($make::<op::Cast<$source, f64>>($($isa)?)),
                _ => None,
            }
        };
    }
    match from {
        Type::U8 => cast!(u8, plain),
        Type::S8 => cast!(i8, plain),
        Type::U16 => cast!(u16, plain),
        Type::S16 => cast!(i16, plain),
        Type::U32 => cast!(u32, hot(isa)),
        Type::S32 => cast!(i32, hot(isa)),
        Type::U64 => cast!(u64, plain),
        Type::S64 => cast!(i64, plain),
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
