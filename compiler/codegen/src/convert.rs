//! Conversions between types.

use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::float::{narrow_from_single, suffix, widen};
use crate::function::{Body, ptx};
use crate::integer::is_narrow;
use crate::operand::Operand;
use crate::registers::{Class, Register};

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let result = body.function.result(inst);
    let a = Value(data.a);
    let from = body.value_type(a);
    match data.opcode {
        Opcode::Extend => extend(body, result, data.ty, a, from),
        Opcode::ExtendS => {
            let narrow = body.register(a);
            let d = body.define(result);
            match data.ty {
                Type::I64 => ptx!(body, "cvt.s64.s{} {d}, {narrow}", from.bits()),
                ty => {
                    ptx!(body, "cvt.s32.s{} {d}, {narrow}", from.bits());
                    body.cut(ty, d);
                }
            }
        }
        Opcode::Truncate => {
            let wide = body.operand(a);
            let d = body.define(result);
            match (from, data.ty) {
                (Type::I64, Type::I32) => ptx!(body, "cvt.u32.u64 {d}, {wide}"),
                (Type::I64, ty) => {
                    ptx!(body, "cvt.u32.u64 {d}, {wide}");
                    body.cut(ty, d);
                }
                (_, ty) => ptx!(body, "and.b32 {d}, {wide}, {}", ty.mask()),
            }
        }
        Opcode::Bitcast => bitcast(body, result, data.ty, a, from),
        Opcode::FromU | Opcode::FromS => return from_integer(body, result, data, a, from),
        Opcode::ToU | Opcode::ToS => to_integer(body, result, data, a, from),
        _ => return convert_float(body, result, data.ty, a, from),
    }
    Ok(())
}

fn extend(body: &mut Body<'_, '_>, result: Value, ty: Type, a: Value, from: Type) {
    let source = body.operand(a);
    let d = body.define(result);
    match (from, ty) {
        (Type::Bool, Type::I64) => ptx!(body, "selp.b64 {d}, 1, 0, {source}"),
        (Type::Bool, _) => ptx!(body, "selp.b32 {d}, 1, 0, {source}"),
        (_, Type::I64) => ptx!(body, "cvt.u64.u32 {d}, {source}"),
        // The bits above are zero already.
        _ => ptx!(body, "mov.b32 {d}, {source}"),
    }
}

fn bitcast(body: &mut Body<'_, '_>, result: Value, ty: Type, a: Value, from: Type) {
    let source = body.register(a);
    let d = body.define(result);
    match (Class::of(from), Class::of(ty)) {
        // A 16-bit integer lies in 32 bits, a 16-bit float in 16.
        (Class::Word, Class::Short) => ptx!(body, "cvt.u16.u32 {d}, {source}"),
        (Class::Short, Class::Word) => ptx!(body, "cvt.u32.u16 {d}, {source}"),
        (_, class) => ptx!(body, "mov.{} {d}, {source}", class.suffix()),
    }
}

fn from_integer(body: &mut Body<'_, '_>, result: Value, data: &InstData, a: Value, from: Type) -> Result<(), String> {
    let is_signed = data.opcode == Opcode::FromS;
    let source = if is_signed { body.signed_operand(a) } else { body.operand(a) };
    let source = match source {
        Operand::Register(register) => register,
        immediate => {
            let register = body.scratch(Class::of(from));
            ptx!(body, "mov.{} {register}, {immediate}", Class::of(from).suffix());
            register
        }
    };
    let integer = format!("{}{}", if is_signed { 's' } else { 'u' }, from.bits().max(32));
    let d = body.define(result);
    match data.ty {
        // Through `f32` it would round twice.
        Type::Bf16 => return Err("an integer as bf16".to_owned()),
        ty => ptx!(body, "cvt.rn.{}.{integer} {d}, {source}", suffix(ty)),
    }
    Ok(())
}

/// Saturates as Rust does; a NaN becomes 0, for which the wider forms need help (measured: they give the top bit).
fn to_integer(body: &mut Body<'_, '_>, result: Value, data: &InstData, a: Value, from: Type) {
    let (mut source, mut float) = (body.register(a), from);
    if from == Type::Bf16 {
        let wide = body.scratch(Class::Word);
        widen(body, from, source, wide);
        (source, float) = (wide, Type::F32);
    }
    let sign = if data.opcode == Opcode::ToS { 's' } else { 'u' };
    let d = body.define(result);
    let is_right = float != Type::F64 && data.ty != Type::I64;
    let class = Class::of(data.ty);
    let converted = if is_right { d } else { body.scratch(class) };
    match data.ty {
        // PTX saturates to the narrow type, and leaves the sign in the bits above.
        ty if is_narrow(ty) => {
            ptx!(body, "cvt.rzi.{sign}{}.{} {converted}, {source}", ty.bits(), suffix(float));
            body.cut(ty, converted);
        }
        ty => ptx!(body, "cvt.rzi.{sign}{}.{} {converted}, {source}", ty.bits(), suffix(float)),
    }
    if !is_right {
        let is_number = body.scratch(Class::Predicate);
        ptx!(body, "setp.num.{0} {is_number}, {source}, {source}", suffix(float));
        ptx!(body, "selp.{} {d}, {converted}, 0, {is_number}", class.suffix());
    }
}

fn convert_float(body: &mut Body<'_, '_>, result: Value, ty: Type, a: Value, from: Type) -> Result<(), String> {
    let source = body.register(a);
    let d = body.define(result);
    match (from, ty) {
        (Type::F32, Type::F64) => ptx!(body, "cvt.f64.f32 {d}, {source}"),
        (Type::F64, Type::F32) => ptx!(body, "cvt.rn.f32.f64 {d}, {source}"),
        (Type::F16, Type::F32) | (Type::Bf16, Type::F32) => widen(body, from, source, d),
        (Type::F32, Type::F16 | Type::Bf16) => return narrow_from_single(body, ty, source, d),
        (Type::F16 | Type::Bf16, Type::F64) => {
            let single = single_of(body, from, source);
            ptx!(body, "cvt.f64.f32 {d}, {single}");
        }
        (Type::F64, Type::F16) => ptx!(body, "cvt.rn.f16.f64 {d}, {source}"),
        (Type::Bf16, Type::F16) => {
            let single = single_of(body, from, source);
            return narrow_from_single(body, ty, single, d);
        }
        (Type::F16, Type::Bf16) => {
            let single = single_of(body, from, source);
            return narrow_from_single(body, ty, single, d);
        }
        (from, ty) => return Err(format!("{} as {}", from.name(), ty.name())),
    }
    Ok(())
}

fn single_of(body: &mut Body<'_, '_>, from: Type, source: Register) -> Register {
    let single = body.scratch(Class::Word);
    widen(body, from, source, single);
    single
}
