//! Floats. Sums and products carry `.rn`, without which ptxas contracts them; signs are changed on the bits, because
//! PTX's own `neg` and `abs` do not keep a NaN's.

use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::immediate::Condition;
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::Version;
use crate::function::{Body, ptx};
use crate::registers::Class;

/// The suffix of a float type.
pub(crate) fn suffix(ty: Type) -> &'static str {
    match ty {
        Type::F16 => "f16",
        Type::Bf16 => "bf16",
        Type::F32 => "f32",
        _ => "f64",
    }
}

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let result = body.function.result(inst);
    let ty = data.ty;
    match data.opcode {
        Opcode::FloatNeg | Opcode::FloatAbs | Opcode::CopySign => signs(body, result, data),
        Opcode::FloatCompare => compare(body, result, data),
        _ if ty == Type::Bf16 || needs_single(data.opcode, ty) => return in_single(body, result, data),
        Opcode::FloatAdd | Opcode::FloatSub | Opcode::FloatMul | Opcode::FloatDiv => {
            let name = match data.opcode {
                Opcode::FloatAdd => "add",
                Opcode::FloatSub => "sub",
                Opcode::FloatMul => "mul",
                _ => "div",
            };
            let (a, b) = (body.operand(Value(data.a)), body.operand(Value(data.b)));
            let d = body.define(result);
            ptx!(body, "{name}.rn.{} {d}, {a}, {b}", suffix(ty));
        }
        Opcode::Fma => {
            let [a, b, c] = [data.a, data.b, data.c].map(|field| body.operand(Value(field)));
            let d = body.define(result);
            ptx!(body, "fma.rn.{} {d}, {a}, {b}, {c}", suffix(ty));
        }
        Opcode::FloatMin | Opcode::FloatMax => {
            let name = if data.opcode == Opcode::FloatMin { "min" } else { "max" };
            let (a, b) = (body.operand(Value(data.a)), body.operand(Value(data.b)));
            let d = body.define(result);
            ptx!(body, "{name}.{} {d}, {a}, {b}", suffix(ty));
        }
        Opcode::SquareRoot => {
            let a = body.operand(Value(data.a));
            let d = body.define(result);
            ptx!(body, "sqrt.rn.{} {d}, {a}", suffix(ty));
        }
        Opcode::Floor | Opcode::Ceil | Opcode::Trunc | Opcode::RoundEven => {
            let rounding = match data.opcode {
                Opcode::Floor => "rmi",
                Opcode::Ceil => "rpi",
                Opcode::Trunc => "rzi",
                _ => "rni",
            };
            let a = body.operand(Value(data.a));
            let d = body.define(result);
            ptx!(body, "cvt.{rounding}.{0}.{0} {d}, {a}", suffix(ty));
        }
        Opcode::Round => round(body, result, data),
        other => return Err(format!("`{}` of {}", other.info().name, ty.name())),
    }
    Ok(())
}

/// Half precision has sums, products and fused products; the rest is exact in `f32`, or rounds the same.
fn needs_single(opcode: Opcode, ty: Type) -> bool {
    ty == Type::F16 && !matches!(opcode, Opcode::FloatAdd | Opcode::FloatSub | Opcode::FloatMul | Opcode::Fma)
}

/// Computes a 16-bit operation in `f32` and rounds: 24 bits are more than twice 11 and two, so that one operation rounds as the
/// exact result would (but for fused products, whose exact result is longer).
fn in_single(body: &mut Body<'_, '_>, result: Value, data: &InstData) -> Result<(), String> {
    if data.opcode == Opcode::Fma {
        body.emitter.need(Version(7, 0));
        if body.emitter.target.sm < 80 {
            return Err("`fma` of bf16 below sm_80".to_owned());
        }
        let [a, b, c] = [data.a, data.b, data.c].map(|field| body.register(Value(field)));
        let d = body.define(result);
        ptx!(body, "fma.rn.bf16 {d}, {a}, {b}, {c}");
        return Ok(());
    }
    let mut operands = Vec::new();
    for field in [data.a, data.b].into_iter().take(data.opcode.info().wants.len()) {
        let (narrow, wide) = (body.register(Value(field)), body.scratch(Class::Word));
        widen(body, data.ty, narrow, wide);
        operands.push(wide.to_string());
    }
    let single = body.scratch(Class::Word);
    let name = match data.opcode {
        Opcode::FloatAdd => "add.rn.f32",
        Opcode::FloatSub => "sub.rn.f32",
        Opcode::FloatMul => "mul.rn.f32",
        Opcode::FloatDiv => "div.rn.f32",
        Opcode::FloatMin => "min.f32",
        Opcode::FloatMax => "max.f32",
        Opcode::SquareRoot => "sqrt.rn.f32",
        Opcode::Floor => "cvt.rmi.f32.f32",
        Opcode::Ceil => "cvt.rpi.f32.f32",
        Opcode::Trunc => "cvt.rzi.f32.f32",
        Opcode::RoundEven => "cvt.rni.f32.f32",
        other => return Err(format!("`{}` of {}", other.info().name, data.ty.name())),
    };
    ptx!(body, "{name} {single}, {}", operands.join(", "));
    let d = body.define(result);
    narrow_from_single(body, data.ty, single, d)
}

/// `f16` or `bf16` to `f32`: a `bf16` is the upper half.
pub(crate) fn widen(
    body: &mut Body<'_, '_>,
    ty: Type,
    from: crate::registers::Register,
    to: crate::registers::Register,
) {
    match ty {
        Type::Bf16 => {
            let zero = body.scratch(Class::Short);
            ptx!(body, "mov.b16 {zero}, 0");
            ptx!(body, "mov.b32 {to}, {{{zero}, {from}}}");
        }
        _ => ptx!(body, "cvt.f32.f16 {to}, {from}"),
    }
}

/// `f32` to `f16` or `bf16`, nearest even.
pub(crate) fn narrow_from_single(
    body: &mut Body<'_, '_>,
    ty: Type,
    from: crate::registers::Register,
    to: crate::registers::Register,
) -> Result<(), String> {
    if ty == Type::Bf16 && body.emitter.target.sm < 80 {
        // Half a unit is added, less one where the number would become odd; a NaN stays one.
        let [odd, sum] = [0; 2].map(|_| body.scratch(Class::Word));
        let is_nan = body.scratch(Class::Predicate);
        ptx!(body, "shr.u32 {odd}, {from}, 16");
        ptx!(body, "and.b32 {odd}, {odd}, 1");
        ptx!(body, "add.u32 {sum}, {from}, {odd}");
        ptx!(body, "add.u32 {sum}, {sum}, 0x7FFF");
        ptx!(body, "shr.u32 {sum}, {sum}, 16");
        ptx!(body, "setp.nan.f32 {is_nan}, {from}, {from}");
        ptx!(body, "selp.b32 {sum}, 0x7FFF, {sum}, {is_nan}");
        ptx!(body, "cvt.u16.u32 {to}, {sum}");
    } else if ty == Type::Bf16 {
        body.emitter.need(Version(7, 0));
        ptx!(body, "cvt.rn.bf16.f32 {to}, {from}");
    } else {
        ptx!(body, "cvt.rn.f16.f32 {to}, {from}");
    }
    Ok(())
}

fn signs(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let bits = data.ty.bits();
    let (sign, rest) = (1_u64 << (bits - 1), (1_u64 << (bits - 1)) - 1);
    let a = body.register(Value(data.a));
    match data.opcode {
        Opcode::FloatNeg => {
            let d = body.define(result);
            ptx!(body, "xor.b{bits} {d}, {a}, 0x{sign:X}");
        }
        Opcode::FloatAbs => {
            let d = body.define(result);
            ptx!(body, "and.b{bits} {d}, {a}, 0x{rest:X}");
        }
        _ => {
            let b = body.register(Value(data.b));
            let [magnitude, other] = [0; 2].map(|_| body.scratch(Class::of(data.ty)));
            let d = body.define(result);
            ptx!(body, "and.b{bits} {magnitude}, {a}, 0x{rest:X}");
            ptx!(body, "and.b{bits} {other}, {b}, 0x{sign:X}");
            ptx!(body, "or.b{bits} {d}, {magnitude}, {other}");
        }
    }
}

fn compare(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let name = match data.condition() {
        Condition::Equal => "eq",
        Condition::NotEqual => "neu",
        Condition::Less | Condition::LessU => "lt",
        Condition::LessEqual | Condition::LessEqualU => "le",
        Condition::Ordered => "num",
        Condition::Unordered => "nan",
    };
    let is_short = Class::of(data.ty) == Class::Short;
    let [a, b] = [data.a, data.b].map(|field| {
        let value = Value(field);
        if !is_short {
            return body.operand(value).to_string();
        }
        let (narrow, wide) = (body.register(value), body.scratch(Class::Word));
        widen(body, data.ty, narrow, wide);
        wide.to_string()
    });
    let d = body.define(result);
    let ty = if is_short { "f32" } else { suffix(data.ty) };
    ptx!(body, "setp.{name}.{ty} {d}, {a}, {b}");
}

/// Ties away from zero: half of the sign is added towards zero, and what is behind the point cut; exact for every `f32`.
fn round(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let ty = data.ty;
    let (bits, class) = (ty.bits(), Class::of(ty));
    let (sign, half) = match ty {
        Type::F32 => (1_u64 << 31, u64::from(0.5_f32.to_bits())),
        _ => (1_u64 << 63, 0.5_f64.to_bits()),
    };
    let a = body.register(Value(data.a));
    let [signed_half, sum] = [0; 2].map(|_| body.scratch(class));
    let d = body.define(result);
    ptx!(body, "and.b{bits} {signed_half}, {a}, 0x{sign:X}");
    ptx!(body, "or.b{bits} {signed_half}, {signed_half}, 0x{half:X}");
    ptx!(body, "add.rz.{} {sum}, {signed_half}, {a}", suffix(ty));
    ptx!(body, "cvt.rzi.{0}.{0} {d}, {sum}", suffix(ty));
}
