//! `f16`, `bf16` and their pairs.

use rustg_ptx::{Form, Modifier, Opcode, Type};

use super::{only, with_flag};
use crate::half::{self as op, AS_IS, RELU, SATURATED};
use crate::kernel::{Isa, hot, plain};
use crate::{LaneFn, Operation};

macro_rules! with_clamp {
    ($form:expr; |$k:ident| $make:expr) => {
        match ($form.has(Modifier::Sat), $form.has(Modifier::Relu)) {
            (true, _) => {
                const $k: u8 = SATURATED;
                $make
            }
            (_, true) => {
                const $k: u8 = RELU;
                $make
            }
            _ => {
                const $k: u8 = AS_IS;
                $make
            }
        }
    };
}

/// In every instruction set where nothing is flushed or clamped.
fn common<O: Operation, const BARE: bool>(isa: Isa) -> LaneFn {
    if BARE { hot::<O>(isa) } else { plain::<O>() }
}

/// Single or pair of an operation, `f16` or `bf16`, flushing or not.
macro_rules! either {
    ($form:expr, $t:expr; |$b:ident, $f:ident| $single:ty, $pair:ty; $make:ident $([$bare:expr])? ($($isa:ident)?)) => {
        with_flag!($form.has(Modifier::Ftz); |$f| match $t {
            Type::F16 => {
                const $b: bool = false;
                $make::<$single $(, { !$f && $bare })?>($($isa)?)
            }
            Type::F16x2 => {
                const $b: bool = false;
                $make::<$pair $(, { !$f && $bare })?>($($isa)?)
            }
            Type::Bf16 => {
                const $b: bool = true;
                $make::<$single $(, { !$f && $bare })?>($($isa)?)
            }
            Type::Bf16x2 => {
                const $b: bool = true;
                $make::<$pair $(, { !$f && $bare })?>($($isa)?)
            }
            _ => return None,
        })
    };
}

pub(super) fn select(form: &Form, isa: Isa) -> Option<LaneFn> {
    use Modifier::{Abs, Approx, Ftz, NanResult, Relu, Rn, Sat, Xorsign};
    let t = form.type_at(0)?;
    if form.types().len() != 1 {
        return None;
    }
    Some(match form.opcode {
        Opcode::Add => {
            only(form, &[Rn, Ftz, Sat])?;
            with_clamp!(form; |C| either!(form, t; |B, F| op::AddHalf<B, F, C>, op::AddPair<B, F, C>; common[C == AS_IS](isa)))
        }
        Opcode::Sub => {
            only(form, &[Rn, Ftz, Sat])?;
            with_clamp!(form; |C| either!(form, t; |B, F| op::SubHalf<B, F, C>, op::SubPair<B, F, C>; common[C == AS_IS](isa)))
        }
        Opcode::Mul => {
            only(form, &[Rn, Ftz, Sat])?;
            with_clamp!(form; |C| either!(form, t; |B, F| op::MulHalf<B, F, C>, op::MulPair<B, F, C>; common[C == AS_IS](isa)))
        }
        Opcode::Fma if form.has(Modifier::Oob) => {
            only(form, &[Rn, Modifier::Oob, Relu])?;
            with_clamp!(form; |C| match t {
                Type::F16 => plain::<op::OobFmaHalf<false, C>>(),
                Type::F16x2 => plain::<op::OobFmaPair<false, C>>(),
                Type::Bf16 => plain::<op::OobFmaHalf<true, C>>(),
                Type::Bf16x2 => plain::<op::OobFmaPair<true, C>>(),
                _ => return None,
            })
        }
        Opcode::Fma => {
            only(form, &[Rn, Ftz, Sat, Relu])?;
            with_clamp!(form; |C| either!(form, t; |B, F| op::FmaHalf<B, F, C>, op::FmaPair<B, F, C>; common[C == AS_IS](isa)))
        }
        Opcode::Neg => {
            only(form, &[Ftz])?;
            either!(form, t; |B, F| op::NegHalf<B, F>, op::NegPair<B, F>; plain())
        }
        Opcode::Abs => {
            only(form, &[Ftz])?;
            either!(form, t; |B, F| op::AbsHalf<B, F>, op::AbsPair<B, F>; plain())
        }
        Opcode::Min | Opcode::Max => {
            only(form, &[Ftz, NanResult, Xorsign, Abs])?;
            let max = form.opcode == Opcode::Max;
            with_flag!(form.has(NanResult); |N| with_flag!(form.has(Xorsign); |X| match max {
                false => either!(form, t; |B, F| op::MinHalf<B, F, N, X>, op::MinPair<B, F, N, X>; plain()),
                true => either!(form, t; |B, F| op::MaxHalf<B, F, N, X>, op::MaxPair<B, F, N, X>; plain()),
            }))
        }
        Opcode::Ex2 => {
            only(form, &[Approx, Ftz])?;
            either!(form, t; |B, F| op::Ex2Half<B, F>, op::Ex2Pair<B, F>; plain())
        }
        Opcode::Tanh => {
            only(form, &[Approx])?;
            either!(form, t; |B, F| op::TanhHalf<B, F>, op::TanhPair<B, F>; plain())
        }
        Opcode::Mov => return super::integer::copy(t.bits(), isa),
        _ => return None,
    })
}
