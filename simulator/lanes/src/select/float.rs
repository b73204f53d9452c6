//! `f32`, `f32x2` and `f64` instructions.

use rustg_ptx::{Form, Modifier, Opcode, Type};

use super::{Kind, described, only, rounding, with_flag, with_round};
use crate::convert::round_constant;
use crate::kernel::{Isa, hot, plain};
use crate::rare::{Float64, Operation64};
use crate::soft::Round;
use crate::{LaneFn, float as op};

pub(super) fn select(form: &Form, isa: Isa) -> Option<LaneFn> {
    match form.type_at(0)? {
        Type::F32 => single(form, isa),
        Type::F64 => double(form, isa),
        Type::F32x2 => pair(form),
        _ => None,
    }
}

const ROUNDINGS: [Modifier; 4] = [Modifier::Rn, Modifier::Rz, Modifier::Rm, Modifier::Rp];

/// An f32 operation in each rounding, flushing and saturation.
macro_rules! rounded {
    ($op:ident, $form:expr, $isa:expr) => {{
        use Modifier::*;
        only($form, &[Rn, Rz, Rm, Rp, Ftz, Sat])?;
        let round = round_constant(rounding($form)?);
        Some(with_round!(round; |R| with_flag!($form.has(Ftz); |F| with_flag!($form.has(Sat); |S| {
            if R == op::NEAREST { hot::<op::$op<R, F, S>>($isa) } else { plain::<op::$op<R, F, S>>() }
        }))))
    }};
}

macro_rules! approximate {
    ($op:ident, $form:expr, $isa:expr) => {{
        only($form, &[Modifier::Approx, Modifier::Full, Modifier::Ftz])?;
        Some(with_flag!($form.has(Modifier::Ftz); |F| hot::<op::$op<F>>($isa)))
    }};
}

fn single(form: &Form, isa: Isa) -> Option<LaneFn> {
    use Modifier::{Abs, Approx, Ftz, Full, NanResult, Xorsign};
    let approximately = form.has(Approx) || form.has(Full);
    match form.opcode {
        Opcode::Add => rounded!(AddF32, form, isa),
        Opcode::Sub => rounded!(SubF32, form, isa),
        Opcode::Mul => rounded!(MulF32, form, isa),
        Opcode::Fma | Opcode::Mad => rounded!(FmaF32, form, isa),
        Opcode::Div if form.has(Full) => approximate!(DivFull, form, isa),
        // Without a rounding `div.f32` is the approximate one (PTX ISA 9.7.3 `div`, .version 1.3 and before).
        Opcode::Div if approximately || form.rounding().is_none() => approximate!(DivApproximate, form, isa),
        Opcode::Div => rounded!(DivF32, form, isa),
        Opcode::Rcp if approximately || form.rounding().is_none() => approximate!(RcpApproximate, form, isa),
        Opcode::Rcp => rounded!(RcpF32, form, isa),
        Opcode::Sqrt if approximately || form.rounding().is_none() => approximate!(SqrtApproximate, form, isa),
        Opcode::Sqrt => rounded!(SqrtF32, form, isa),
        Opcode::Rsqrt => approximate!(RsqrtApproximate, form, isa),
        Opcode::Ex2 => approximate!(Ex2Approximate, form, isa),
        Opcode::Lg2 => approximate!(Lg2Approximate, form, isa),
        Opcode::Sin => approximate!(SinApproximate, form, isa),
        Opcode::Cos => approximate!(CosApproximate, form, isa),
        Opcode::Tanh => {
            only(form, &[Approx])?;
            Some(plain::<op::TanhApproximate>())
        }
        Opcode::Min | Opcode::Max => {
            only(form, &[Ftz, NanResult, Xorsign, Abs])?;
            let (max, magnitude) = (form.opcode == Opcode::Max, form.has(Xorsign));
            Some(with_flag!(form.has(Ftz); |F| with_flag!(form.has(NanResult); |N| match (max, magnitude) {
                (false, false) => hot::<op::MinF32<F, N>>(isa),
                (true, false) => hot::<op::MaxF32<F, N>>(isa),
                (false, true) => plain::<op::MinMagnitudeF32<F, N>>(),
                (true, true) => plain::<op::MaxMagnitudeF32<F, N>>(),
            })))
        }
        Opcode::Abs => only(form, &[Ftz]).map(|()| with_flag!(form.has(Ftz); |F| hot::<op::AbsF32<F>>(isa))),
        Opcode::Neg => only(form, &[Ftz]).map(|()| with_flag!(form.has(Ftz); |F| hot::<op::NegF32<F>>(isa))),
        Opcode::Copysign => only(form, &[]).map(|()| plain::<op::CopysignF32>()),
        Opcode::Mov => super::integer::copy(32, isa),
        _ => None,
    }
}

pub(super) fn select_ternary(form: &Form, _isa: Isa) -> Option<LaneFn> {
    use Modifier::{Abs, Ftz, NanResult, Xorsign};
    only(form, &[Ftz, NanResult, Xorsign, Abs])?;
    if form.type_at(0)? != Type::F32 {
        return None;
    }
    let magnitude = form.has(Xorsign);
    Some(with_flag!(form.has(Ftz); |F| with_flag!(form.has(NanResult); |N| match (form.opcode, magnitude) {
        (Opcode::Min, false) => plain::<op::Min3F32<F, N>>(),
        (Opcode::Max, false) => plain::<op::Max3F32<F, N>>(),
        (Opcode::Min, true) => plain::<op::Min3MagnitudeF32<F, N>>(),
        (Opcode::Max, true) => plain::<op::Max3MagnitudeF32<F, N>>(),
        _ => return None,
    })))
}

fn double(form: &Form, isa: Isa) -> Option<LaneFn> {
    use Modifier::{Approx, Ftz};
    let directed = |operation: Operation64| -> Option<Option<LaneFn>> {
        only(form, &ROUNDINGS)?;
        let round = rounding(form)?;
        Some((round != Round::Nearest).then(|| described(Kind::Float64(Float64 { operation, round }))))
    };
    macro_rules! nearest_or {
        ($operation:ident, $kernel:ident) => {
            directed(Operation64::$operation).map(|soft| soft.unwrap_or_else(|| hot::<op::$kernel>(isa)))
        };
    }
    match form.opcode {
        Opcode::Add => nearest_or!(Add, AddF64),
        Opcode::Sub => nearest_or!(Sub, SubF64),
        Opcode::Mul => nearest_or!(Mul, MulF64),
        Opcode::Fma | Opcode::Mad => nearest_or!(Fma, FmaF64),
        Opcode::Div => nearest_or!(Div, DivF64),
        Opcode::Rcp if form.has(Approx) => only(form, &[Approx, Ftz]).map(|()| plain::<op::RcpTruncatedF64>()),
        Opcode::Rcp => nearest_or!(Rcp, RcpF64),
        Opcode::Sqrt => nearest_or!(Sqrt, SqrtF64),
        Opcode::Rsqrt if form.has(Ftz) => only(form, &[Approx, Ftz]).map(|()| plain::<op::RsqrtTruncatedF64>()),
        Opcode::Rsqrt => only(form, &[Approx]).map(|()| plain::<op::RsqrtApproximateF64>()),
        Opcode::Min => only(form, &[]).map(|()| hot::<op::MinF64>(isa)),
        Opcode::Max => only(form, &[]).map(|()| hot::<op::MaxF64>(isa)),
        Opcode::Abs => only(form, &[]).map(|()| plain::<op::AbsF64>()),
        Opcode::Neg => only(form, &[]).map(|()| plain::<op::NegF64>()),
        Opcode::Copysign => only(form, &[]).map(|()| plain::<op::CopysignF64>()),
        Opcode::Mov => super::integer::copy(64, isa),
        _ => None,
    }
}

fn pair(form: &Form) -> Option<LaneFn> {
    only(form, &[Modifier::Rn, Modifier::Rz, Modifier::Rm, Modifier::Rp, Modifier::Ftz])?;
    let round = round_constant(rounding(form)?);
    Some(with_round!(round; |R| with_flag!(form.has(Modifier::Ftz); |F| match form.opcode {
        Opcode::Add => plain::<op::AddF32x2<R, F>>(),
        Opcode::Sub => plain::<op::SubF32x2<R, F>>(),
        Opcode::Mul => plain::<op::MulF32x2<R, F>>(),
        Opcode::Fma => plain::<op::FmaF32x2<R, F>>(),
        _ => return None,
    })))
}
