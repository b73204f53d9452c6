//! Integer and bit instructions.

use rustg_ptx::{Form, Modifier, Opcode, Type};

use super::only;
use crate::carry::{CarryOperation, carry};
use crate::kernel::{Isa, hot, plain};
use crate::{Combine, LaneFn, bits, integer as op};

/// The operation for the form's type; `None` for a type outside the list. In every instruction set.
macro_rules! typed {
    ($t:expr, $isa:expr; $op:ident: $($ty:ident = $scalar:ty),*) => {
        match $t {
            $(Type::$ty => Some(hot::<op::$op<$scalar>>($isa)),)*
            _ => None,
        }
    };
}

/// As `typed`, for operations that are rare enough to be compiled once.
macro_rules! rare {
    ($t:expr; $op:ident: $($ty:ident = $scalar:ty),*) => {
        match $t {
            $(Type::$ty => Some(plain::<op::$op<$scalar>>()),)*
            _ => None,
        }
    };
    ($t:expr; $op:ident) => {
        rare!($t; $op: U16 = u16, S16 = i16, U32 = u32, S32 = i32, U64 = u64, S64 = i64)
    };
}

/// Registers of 32 and 64 bits in every instruction set, 16 bits once.
macro_rules! all_widths {
    ($t:expr, $isa:expr; $op:ident) => {
        match $t {
            Type::U16 => Some(plain::<op::$op<u16>>()),
            Type::S16 => Some(plain::<op::$op<i16>>()),
            t => typed!(t, $isa; $op: U32 = u32, S32 = i32, U64 = u64, S64 = i64),
        }
    };
}

/// The same for operations that do not know signs: half as many kernels.
macro_rules! modular {
    ($t:expr, $isa:expr; $op:ident) => {
        match $t {
            Type::U16 | Type::S16 => Some(plain::<op::$op<u16>>()),
            Type::U32 | Type::S32 => Some(hot::<op::$op<u32>>($isa)),
            Type::U64 | Type::S64 => Some(hot::<op::$op<u64>>($isa)),
            _ => None,
        }
    };
}

macro_rules! bits_widths {
    ($t:expr, $isa:expr; $op:ident) => {
        match $t {
            Type::B16 => Some(plain::<op::$op<u16>>()),
            t => typed!(t, $isa; $op: B32 = u32, B64 = u64),
        }
    };
}

macro_rules! wide {
    ($t:expr, $isa:expr; $op:ident) => {
        match $t {
            Type::U16 => Some(plain::<op::$op<u16>>()),
            Type::S16 => Some(plain::<op::$op<i16>>()),
            t => typed!(t, $isa; $op: U32 = u32, S32 = i32),
        }
    };
}

/// One operation a type, without generics.
macro_rules! listed {
    ($t:expr; $($ty:ident = $op:ty),* $(,)?) => {
        match $t {
            $(Type::$ty => Some(plain::<$op>()),)*
            _ => None,
        }
    };
}

pub(super) fn select(form: &Form, isa: Isa) -> Option<LaneFn> {
    use Modifier::{Cc, Clamp, Hi, Left, Lo, Relu, Right, Sat, Shiftamt, Wide, Wrap};
    let t = form.type_at(0)?;
    let has = |modifier| form.has(modifier);
    match form.opcode {
        Opcode::Add | Opcode::Sub if has(Cc) => carrying(form),
        Opcode::Addc | Opcode::Subc | Opcode::Madc => carrying(form),
        Opcode::Mad if has(Cc) => carrying(form),
        Opcode::Add => {
            only(form, &[Sat])?;
            match (has(Sat), t) {
                (true, Type::S32) => Some(hot::<op::AddSaturated<i32>>(isa)),
                (true, Type::U32) => Some(hot::<op::AddSaturated<u32>>(isa)),
                (true, _) => listed!(t; U16x2 = op::AddSaturatedU16x2, S16x2 = op::AddSaturatedS16x2,
                    U8x4 = op::AddSaturatedU8x4, S8x4 = op::AddSaturatedS8x4),
                (_, Type::U16x2 | Type::S16x2) => Some(hot::<op::Add16x2>(isa)),
                (_, Type::U8x4 | Type::S8x4) => Some(plain::<op::Add8x4>()),
                _ => modular!(t, isa; Add),
            }
        }
        Opcode::Sub => {
            only(form, &[Sat])?;
            match (has(Sat), t) {
                (true, Type::S32) => Some(hot::<op::SubSaturated<i32>>(isa)),
                (true, Type::U32) => Some(hot::<op::SubSaturated<u32>>(isa)),
                (true, _) => listed!(t; U16x2 = op::SubSaturatedU16x2, S16x2 = op::SubSaturatedS16x2,
                    U8x4 = op::SubSaturatedU8x4, S8x4 = op::SubSaturatedS8x4),
                (_, Type::U16x2 | Type::S16x2) => Some(plain::<op::Sub16x2>()),
                (_, Type::U8x4 | Type::S8x4) => Some(plain::<op::Sub8x4>()),
                _ => modular!(t, isa; Sub),
            }
        }
        Opcode::Mul => {
            only(form, &[Lo, Hi, Wide])?;
            match () {
                _ if has(Wide) => wide!(t, isa; MulWide),
                _ if has(Hi) => rare!(t; MulHigh),
                _ => modular!(t, isa; MulLow),
            }
        }
        Opcode::Mad => {
            only(form, &[Lo, Hi, Wide, Sat])?;
            match () {
                _ if has(Sat) => (has(Hi) && t == Type::S32).then(plain::<op::MadHighSaturated>),
                _ if has(Wide) => wide!(t, isa; MadWide),
                _ if has(Hi) => rare!(t; MadHigh),
                _ => modular!(t, isa; MadLow),
            }
        }
        Opcode::Mul24 => {
            only(form, &[Lo, Hi])?;
            match has(Hi) {
                true => listed!(t; U32 = op::Mul24High, S32 = op::Mul24HighSigned),
                false => listed!(t; U32 = op::Mul24Low, S32 = op::Mul24LowSigned),
            }
        }
        Opcode::Mad24 => {
            only(form, &[Lo, Hi, Sat])?;
            match has(Hi) {
                true if has(Sat) => listed!(t; S32 = op::Mad24HighSaturated),
                true => listed!(t; U32 = op::Mad24High, S32 = op::Mad24HighSigned),
                false => listed!(t; U32 = op::Mad24Low, S32 = op::Mad24LowSigned),
            }
        }
        Opcode::Sad => only(form, &[]).and_then(|()| rare!(t; Sad)),
        Opcode::Div => only(form, &[]).and_then(|()| rare!(t; Div)),
        Opcode::Rem => only(form, &[]).and_then(|()| rare!(t; Rem)),
        Opcode::Abs => {
            only(form, &[])?;
            if t == Type::S16x2 {
                Some(plain::<op::AbsS16x2>())
            } else {
                rare!(t; Abs: S16 = i16, S32 = i32, S64 = i64)
            }
        }
        Opcode::Neg => {
            only(form, &[])?;
            if t == Type::S16x2 {
                Some(plain::<op::NegS16x2>())
            } else {
                rare!(t; Neg: S16 = i16, S32 = i32, S64 = i64)
            }
        }
        Opcode::Min => {
            only(form, &[Relu])?;
            match has(Relu) {
                true => match t {
                    Type::S16x2 => Some(plain::<op::MinReluS16x2>()),
                    Type::S8x4 => Some(plain::<op::MinReluS8x4>()),
                    _ => rare!(t; MinRelu: S16 = i16, S32 = i32, S64 = i64),
                },
                false => match t {
                    Type::U16x2 => Some(plain::<op::MinU16x2>()),
                    Type::S16x2 => Some(plain::<op::MinS16x2>()),
                    Type::U8x4 => Some(plain::<op::MinU8x4>()),
                    Type::S8x4 => Some(plain::<op::MinS8x4>()),
                    _ => all_widths!(t, isa; Min),
                },
            }
        }
        Opcode::Max => {
            only(form, &[Relu])?;
            match has(Relu) {
                true => match t {
                    Type::S16x2 => Some(plain::<op::MaxReluS16x2>()),
                    Type::S8x4 => Some(plain::<op::MaxReluS8x4>()),
                    _ => rare!(t; MaxRelu: S16 = i16, S32 = i32, S64 = i64),
                },
                false => match t {
                    Type::U16x2 => Some(plain::<op::MaxU16x2>()),
                    Type::S16x2 => Some(plain::<op::MaxS16x2>()),
                    Type::U8x4 => Some(plain::<op::MaxU8x4>()),
                    Type::S8x4 => Some(plain::<op::MaxS8x4>()),
                    _ => all_widths!(t, isa; Max),
                },
            }
        }
        Opcode::Popc => only(form, &[]).and_then(|()| listed!(t; B32 = bits::Popc32, B64 = bits::Popc64)),
        Opcode::Clz => only(form, &[]).and_then(|()| listed!(t; B32 = bits::Clz32, B64 = bits::Clz64)),
        Opcode::Brev => only(form, &[]).and_then(|()| listed!(t; B32 = bits::Brev32, B64 = bits::Brev64)),
        Opcode::Bfind => {
            only(form, &[Shiftamt])?;
            match has(Shiftamt) {
                true => {
                    listed!(t; U32 = bits::FindShiftU32, S32 = bits::FindShiftS32, U64 = bits::FindShiftU64, S64 = bits::FindShiftS64)
                }
                false => listed!(t; U32 = bits::FindU32, S32 = bits::FindS32, U64 = bits::FindU64, S64 = bits::FindS64),
            }
        }
        Opcode::Fns => only(form, &[]).and_then(|()| listed!(t; B32 = bits::FindNth)),
        Opcode::Bfe => {
            only(form, &[])?;
            listed!(t; U32 = bits::ExtractU32, S32 = bits::ExtractS32, U64 = bits::ExtractU64, S64 = bits::ExtractS64)
        }
        Opcode::Bfi => {
            only(form, &[])?;
            match t {
                Type::B32 => Some(LaneFn::Value4(bits::insert32)),
                Type::B64 => Some(LaneFn::Value4(bits::insert64)),
                _ => None,
            }
        }
        Opcode::Szext => {
            only(form, &[Clamp, Wrap])?;
            match has(Clamp) {
                true => listed!(t; U32 = bits::ExtendClampU32, S32 = bits::ExtendClampS32),
                false => listed!(t; U32 = bits::ExtendWrapU32, S32 = bits::ExtendWrapS32),
            }
        }
        Opcode::Bmsk => {
            only(form, &[Clamp, Wrap])?;
            match has(Clamp) {
                true => listed!(t; B32 = bits::MaskClamp),
                false => listed!(t; B32 = bits::MaskWrap),
            }
        }
        Opcode::Dp4a | Opcode::Dp2a => dot(form),
        Opcode::And if t == Type::Pred => Some(LaneFn::Logic(|a, b| a & b)),
        Opcode::Or if t == Type::Pred => Some(LaneFn::Logic(|a, b| a | b)),
        Opcode::Xor if t == Type::Pred => Some(LaneFn::Logic(|a, b| a ^ b)),
        Opcode::Not if t == Type::Pred => Some(LaneFn::Logic(|a, _| !a)),
        Opcode::Mov if t == Type::Pred => Some(LaneFn::Logic(|a, _| a)),
        Opcode::And => only(form, &[]).and_then(|()| bits_widths!(t, isa; And)),
        Opcode::Or => only(form, &[]).and_then(|()| bits_widths!(t, isa; Or)),
        Opcode::Xor => only(form, &[]).and_then(|()| bits_widths!(t, isa; Xor)),
        Opcode::Not => only(form, &[]).and_then(|()| bits_widths!(t, isa; Not)),
        Opcode::Cnot => {
            only(form, &[])?;
            listed!(t; B16 = op::Cnot<u16>, B32 = op::Cnot<u32>, B64 = op::Cnot64)
        }
        Opcode::Lop3 => lop3(form, isa),
        Opcode::Shl => only(form, &[]).and_then(|()| bits_widths!(t, isa; ShiftLeft)),
        Opcode::Shr => {
            only(form, &[])?;
            match t {
                Type::B16 | Type::U16 => Some(plain::<op::ShiftRight<u16>>()),
                Type::S16 => Some(plain::<op::ShiftRight<i16>>()),
                Type::B32 => Some(hot::<op::ShiftRight<u32>>(isa)),
                Type::B64 => Some(hot::<op::ShiftRight<u64>>(isa)),
                t => typed!(t, isa; ShiftRight: U32 = u32, U64 = u64, S32 = i32, S64 = i64),
            }
        }
        Opcode::Shf => {
            only(form, &[Left, Right, Clamp, Wrap])?;
            match (has(Left), has(Clamp), t) {
                (true, true, Type::B32) => Some(hot::<bits::FunnelLeftClamp>(isa)),
                (true, false, Type::B32) => Some(hot::<bits::FunnelLeftWrap>(isa)),
                (false, true, Type::B32) => Some(hot::<bits::FunnelRightClamp>(isa)),
                (false, false, Type::B32) => Some(hot::<bits::FunnelRightWrap>(isa)),
                _ => None,
            }
        }
        Opcode::Prmt => permute(form, isa),
        Opcode::Mov => {
            only(form, &[])?;
            copy(t.bits(), isa)
        }
        _ => None,
    }
}

/// A copy of a register of so many bits.
pub(super) fn copy(bits: u32, isa: Isa) -> Option<LaneFn> {
    match bits {
        8 => Some(plain::<op::Copy8>()),
        16 => Some(plain::<op::Copy16>()),
        32 => Some(hot::<op::Copy32>(isa)),
        64 => Some(hot::<op::Copy64>(isa)),
        128 => Some(plain::<op::Copy128>()),
        _ => None,
    }
}

fn carrying(form: &Form) -> Option<LaneFn> {
    use Modifier::{Cc, Hi, Lo};
    only(form, &[Cc, Lo, Hi])?;
    let t = form.type_at(0).filter(|t| matches!(t, Type::U32 | Type::S32 | Type::U64 | Type::S64))?;
    let operation = match form.opcode {
        Opcode::Add | Opcode::Addc => CarryOperation::Add,
        Opcode::Sub | Opcode::Subc => CarryOperation::Sub,
        _ if !form.has(Hi) => CarryOperation::MadLow,
        _ if t.is_signed() => CarryOperation::MadHighSigned,
        _ => CarryOperation::MadHigh,
    };
    let reads = matches!(form.opcode, Opcode::Addc | Opcode::Subc | Opcode::Madc);
    Some(LaneFn::Carry { run: carry(operation, t.bits()), reads, writes: form.has(Cc) })
}

fn dot(form: &Form) -> Option<LaneFn> {
    let [a, b] = [form.type_at(0)?, form.type_at(1)?].map(|t| matches!(t, Type::S32));
    if form.types().iter().any(|t| !matches!(t, Type::U32 | Type::S32)) {
        return None;
    }
    Some(match (form.opcode, form.has(Modifier::Hi), a, b) {
        (Opcode::Dp4a, _, false, false) => plain::<bits::DotUU>(),
        (Opcode::Dp4a, _, false, true) => plain::<bits::DotUS>(),
        (Opcode::Dp4a, _, true, false) => plain::<bits::DotSU>(),
        (Opcode::Dp4a, _, true, true) => plain::<bits::DotSS>(),
        (_, false, false, false) => plain::<bits::DotLowUU>(),
        (_, false, false, true) => plain::<bits::DotLowUS>(),
        (_, false, true, false) => plain::<bits::DotLowSU>(),
        (_, false, true, true) => plain::<bits::DotLowSS>(),
        (_, true, false, false) => plain::<bits::DotHighUU>(),
        (_, true, false, true) => plain::<bits::DotHighUS>(),
        (_, true, true, false) => plain::<bits::DotHighSU>(),
        (_, true, true, true) => plain::<bits::DotHighSS>(),
    })
}

fn lop3(form: &Form, isa: Isa) -> Option<LaneFn> {
    only(form, &[Modifier::And, Modifier::Or, Modifier::Xor])?;
    if form.type_at(0)? != Type::B32 {
        return None;
    }
    let run = bits::lop3(isa);
    Some(match Combine::of(form) {
        Combine::None => LaneFn::Value4(run),
        combine => LaneFn::ValueTest { run, combine },
    })
}

fn permute(form: &Form, isa: Isa) -> Option<LaneFn> {
    use Modifier::{B4e, Ecl, Ecr, F4e, Rc8, Rc16};
    only(form, &[F4e, B4e, Rc8, Ecl, Ecr, Rc16])?;
    Some(match form.modifiers().next() {
        None => hot::<bits::Permute>(isa),
        Some(F4e) => plain::<bits::PermuteMode<0>>(),
        Some(B4e) => plain::<bits::PermuteMode<1>>(),
        Some(Rc8) => plain::<bits::PermuteMode<2>>(),
        Some(Ecl) => plain::<bits::PermuteMode<3>>(),
        Some(Ecr) => plain::<bits::PermuteMode<4>>(),
        Some(_) => plain::<bits::PermuteMode<5>>(),
    })
}
