//! Integers of up to 64 bits, truth values, comparisons, selection.
//!
//! PTX computes on 16, 32 and 64 bits; 8- and 16-bit numbers are computed in 32 and cut again, so that what lies above them is always zero.

use rustg_mir::evaluate::signed;
use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::immediate::Condition;
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::function::{Body, ptx};
use crate::operand::Operand;
use crate::registers::{Class, Register};

/// How a two-operand instruction of PTX does it: its name, the sign of its type, and whether a narrow result has to be cut.
struct Row {
    opcode: Opcode,
    name: &'static str,
    sign: char,
    cuts: bool,
}

const fn row(opcode: Opcode, name: &'static str, sign: char, cuts: bool) -> Row {
    Row { opcode, name, sign, cuts }
}

const ROWS: &[Row] = &[
    row(Opcode::Add, "add", 'u', true),
    row(Opcode::Sub, "sub", 'u', true),
    row(Opcode::Mul, "mul.lo", 'u', true),
    row(Opcode::DivU, "div", 'u', true),
    row(Opcode::DivS, "div", 's', true),
    row(Opcode::RemU, "rem", 'u', true),
    row(Opcode::RemS, "rem", 's', true),
    row(Opcode::MinU, "min", 'u', false),
    row(Opcode::MinS, "min", 's', true),
    row(Opcode::MaxU, "max", 'u', false),
    row(Opcode::MaxS, "max", 's', true),
    row(Opcode::And, "and", 'b', false),
    row(Opcode::Or, "or", 'b', false),
    row(Opcode::Xor, "xor", 'b', false),
];

pub(crate) fn is_narrow(ty: Type) -> bool {
    matches!(ty, Type::I8 | Type::I16)
}

/// The width that PTX computes in.
pub(crate) fn width(ty: Type) -> u32 {
    ty.bits().max(32)
}

impl Body<'_, '_> {
    /// A value as a signed operand: a narrow one with its sign in the bits above.
    pub fn signed_operand(&mut self, value: Value) -> Operand {
        let ty = self.value_type(value);
        if !is_narrow(ty) {
            return self.operand(value);
        }
        match self.constant(value) {
            Some(bits) => Operand::Integer(signed(ty, bits) as u32 as u64),
            None => {
                let (from, extended) = (self.raw(value), self.scratch(Class::Word));
                ptx!(self, "cvt.s32.s{} {extended}, {from}", ty.bits());
                Operand::Register(extended)
            }
        }
    }

    /// Clears what lies above a narrow number.
    pub fn cut(&mut self, ty: Type, register: Register) {
        if is_narrow(ty) {
            ptx!(self, "and.b32 {register}, {register}, {}", ty.mask());
        }
    }

    /// A shift amount modulo the width.
    fn amount(&mut self, value: Value, ty: Type) -> Operand {
        let mask = u64::from(ty.bits() - 1);
        match self.operand(value) {
            Operand::Integer(bits) => Operand::Integer(bits & mask),
            amount => {
                let masked = self.scratch(Class::Word);
                ptx!(self, "and.b32 {masked}, {amount}, {mask}");
                Operand::Register(masked)
            }
        }
    }
}

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let result = body.function.result(inst);
    match data.opcode {
        Opcode::Compare => compare(body, result, data),
        Opcode::Select => select(body, result, data),
        Opcode::Shl | Opcode::ShrU | Opcode::ShrS | Opcode::RotateLeft => shift(body, result, data),
        Opcode::MulWideU | Opcode::MulWideS | Opcode::MulHighU | Opcode::MulHighS => product(body, result, data),
        Opcode::AddSaturateU | Opcode::AddSaturateS | Opcode::SubSaturateU | Opcode::SubSaturateS => {
            saturate(body, result, data)
        }
        Opcode::Not => {
            let (a, d) = (body.operand(Value(data.a)), body.define(result));
            let suffix = if data.ty == Type::Bool { "pred".to_owned() } else { format!("b{}", width(data.ty)) };
            ptx!(body, "not.{suffix} {d}, {a}");
            body.cut(data.ty, d);
        }
        Opcode::LeadingZeros | Opcode::TrailingZeros | Opcode::CountOnes => count(body, result, data),
        Opcode::SwapBytes | Opcode::ReverseBits => reverse(body, result, data),
        _ => two_operands(body, result, data)?,
    }
    Ok(())
}

fn two_operands(body: &mut Body<'_, '_>, result: Value, data: &InstData) -> Result<(), String> {
    let row =
        ROWS.iter().find(|row| row.opcode == data.opcode).ok_or_else(|| format!("`{}`", data.opcode.info().name))?;
    let (a, b) = (Value(data.a), Value(data.b));
    let [a, b] = if row.sign == 's' {
        [body.signed_operand(a), body.signed_operand(b)]
    } else {
        [body.operand(a), body.operand(b)]
    };
    let d = body.define(result);
    if data.ty == Type::Bool {
        ptx!(body, "{}.pred {d}, {a}, {b}", row.name);
        return Ok(());
    }
    ptx!(body, "{}.{}{} {d}, {a}, {b}", row.name, row.sign, width(data.ty));
    if row.cuts {
        body.cut(data.ty, d);
    }
    Ok(())
}

fn compare(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let (a, b) = (Value(data.a), Value(data.b));
    let condition = data.condition();
    if data.ty == Type::Bool {
        let (a, b, d) = (body.operand(a), body.operand(b), body.define(result));
        ptx!(body, "xor.pred {d}, {a}, {b}");
        if condition == Condition::Equal {
            ptx!(body, "not.pred {d}, {d}");
        }
        return;
    }
    let (name, sign) = match condition {
        Condition::Equal => ("eq", 'u'),
        Condition::NotEqual => ("ne", 'u'),
        Condition::LessU => ("lt", 'u'),
        Condition::LessEqualU => ("le", 'u'),
        Condition::Less => ("lt", 's'),
        _ => ("le", 's'),
    };
    let [a, b] =
        if sign == 's' { [body.signed_operand(a), body.signed_operand(b)] } else { [body.operand(a), body.operand(b)] };
    let d = body.define(result);
    ptx!(body, "setp.{name}.{sign}{} {d}, {a}, {b}", width(data.ty));
}

fn select(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let condition = body.register(Value(data.a));
    let (b, c) = (body.select_operand(result, Value(data.b)), body.select_operand(result, Value(data.c)));
    let d = body.define(result);
    if data.ty == Type::Bool {
        // (p and b) or (not p and c)
        let [left, not, right] = [0; 3].map(|_| body.scratch(Class::Predicate));
        ptx!(body, "and.pred {left}, {condition}, {b}");
        ptx!(body, "not.pred {not}, {condition}");
        ptx!(body, "and.pred {right}, {not}, {c}");
        ptx!(body, "or.pred {d}, {left}, {right}");
        return;
    }
    ptx!(body, "selp.{} {d}, {b}, {c}, {condition}", Class::of(data.ty).suffix());
}

impl Body<'_, '_> {
    /// A source of a selection: an address stays in the space of the result. Float immediates have no untyped form.
    fn select_operand(&mut self, result: Value, value: Value) -> Operand {
        if self.spaces[result.index()].is_some() && self.constant(value).is_none() {
            return Operand::Register(self.raw(value));
        }
        match self.operand(value) {
            Operand::Single(bits) => Operand::Integer(u64::from(bits)),
            Operand::Double(bits) => Operand::Integer(bits),
            other => other,
        }
    }
}

fn shift(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let ty = data.ty;
    let amount = body.amount(Value(data.b), ty);
    match data.opcode {
        Opcode::RotateLeft => rotate(body, result, data, amount),
        Opcode::ShrS => {
            let (a, d) = (body.signed_operand(Value(data.a)), body.define(result));
            ptx!(body, "shr.s{} {d}, {a}, {amount}", width(ty));
            body.cut(ty, d);
        }
        Opcode::ShrU => {
            let (a, d) = (body.operand(Value(data.a)), body.define(result));
            ptx!(body, "shr.u{} {d}, {a}, {amount}", width(ty));
        }
        _ => {
            let (a, d) = (body.operand(Value(data.a)), body.define(result));
            ptx!(body, "shl.b{} {d}, {a}, {amount}", width(ty));
            body.cut(ty, d);
        }
    }
}

fn rotate(body: &mut Body<'_, '_>, result: Value, data: &InstData, amount: Operand) {
    let a = body.register(Value(data.a));
    let d = body.define(result);
    match data.ty {
        Type::I64 => {
            // Both halves are shifted into each other, and change places for 32 and more.
            let [low, high, swapped_low, swapped_high, new_low, new_high, bit] =
                [0; 7].map(|_| body.scratch(Class::Word));
            let swaps = body.scratch(Class::Predicate);
            ptx!(body, "mov.b64 {{{low}, {high}}}, {a}");
            ptx!(body, "and.b32 {bit}, {amount}, 32");
            ptx!(body, "setp.ne.u32 {swaps}, {bit}, 0");
            ptx!(body, "selp.b32 {swapped_low}, {high}, {low}, {swaps}");
            ptx!(body, "selp.b32 {swapped_high}, {low}, {high}, {swaps}");
            ptx!(body, "shf.l.wrap.b32 {new_high}, {swapped_low}, {swapped_high}, {amount}");
            ptx!(body, "shf.l.wrap.b32 {new_low}, {swapped_high}, {swapped_low}, {amount}");
            ptx!(body, "mov.b64 {d}, {{{new_low}, {new_high}}}");
        }
        ty if is_narrow(ty) => {
            // The number repeated fills 32 bits, and rotates as one.
            let repeated = body.scratch(Class::Word);
            let factor = if ty == Type::I8 { 0x0101_0101 } else { 0x0001_0001 };
            ptx!(body, "mul.lo.u32 {repeated}, {a}, {factor}");
            ptx!(body, "shf.l.wrap.b32 {d}, {repeated}, {repeated}, {amount}");
            body.cut(ty, d);
        }
        _ => ptx!(body, "shf.l.wrap.b32 {d}, {a}, {a}, {amount}"),
    }
}

fn product(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let (a, b) = (Value(data.a), Value(data.b));
    let is_signed = matches!(data.opcode, Opcode::MulWideS | Opcode::MulHighS);
    let sign = if is_signed { 's' } else { 'u' };
    let [a, b] =
        if is_signed { [body.signed_operand(a), body.signed_operand(b)] } else { [body.operand(a), body.operand(b)] };
    let d = body.define(result);
    let is_high = matches!(data.opcode, Opcode::MulHighU | Opcode::MulHighS);
    match (is_high, data.ty) {
        (false, Type::I64) => ptx!(body, "mul.wide.{sign}32 {d}, {a}, {b}"),
        // The halves are narrow: the product fits into 32 bits.
        (false, ty) => {
            ptx!(body, "mul.lo.{sign}32 {d}, {a}, {b}");
            body.cut(ty, d);
        }
        (true, ty) if is_narrow(ty) => {
            ptx!(body, "mul.lo.{sign}32 {d}, {a}, {b}");
            ptx!(body, "shr.{sign}32 {d}, {d}, {}", ty.bits());
            body.cut(ty, d);
        }
        (true, ty) => ptx!(body, "mul.hi.{sign}{} {d}, {a}, {b}", ty.bits()),
    }
}

fn saturate(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let (ty, w) = (data.ty, width(data.ty));
    let (a, b) = (Value(data.a), Value(data.b));
    let is_signed = matches!(data.opcode, Opcode::AddSaturateS | Opcode::SubSaturateS);
    let name = if matches!(data.opcode, Opcode::AddSaturateU | Opcode::AddSaturateS) { "add" } else { "sub" };
    let [a, b] =
        if is_signed { [body.signed_operand(a), body.signed_operand(b)] } else { [body.operand(a), body.operand(b)] };
    let d = body.define(result);
    match (name, is_signed, ty) {
        (_, true, Type::I32) => ptx!(body, "{name}.sat.s32 {d}, {a}, {b}"),
        (_, true, Type::I64) => saturate_long(body, name, a, b, d),
        (_, true, _) => {
            let max = ty.mask() >> 1;
            ptx!(body, "{name}.s32 {d}, {a}, {b}");
            ptx!(body, "min.s32 {d}, {d}, {max}");
            ptx!(body, "max.s32 {d}, {d}, -{}", max + 1);
            body.cut(ty, d);
        }
        // max(a, b) - b
        ("sub", ..) => {
            let greater = body.scratch(Class::of(ty));
            ptx!(body, "max.u{w} {greater}, {a}, {b}");
            ptx!(body, "sub.u{w} {d}, {greater}, {b}");
        }
        _ if is_narrow(ty) => {
            ptx!(body, "add.u32 {d}, {a}, {b}");
            ptx!(body, "min.u32 {d}, {d}, {}", ty.mask());
        }
        // min(a, !b) + b
        _ => {
            let room = body.scratch(Class::of(ty));
            ptx!(body, "not.b{w} {room}, {b}");
            ptx!(body, "min.u{w} {room}, {room}, {a}");
            ptx!(body, "add.u{w} {d}, {room}, {b}");
        }
    }
}

/// 64 bits: where the sign of the result is wrong, the bound on the side of `a`.
fn saturate_long(body: &mut Body<'_, '_>, name: &str, a: Operand, b: Operand, d: Register) {
    let [wrapped, left, right, bound] = [0; 4].map(|_| body.scratch(Class::Long));
    let overflows = body.scratch(Class::Predicate);
    ptx!(body, "{name}.s64 {wrapped}, {a}, {b}");
    ptx!(body, "xor.b64 {left}, {wrapped}, {a}");
    // A sum overflows where it differs in sign from both, a difference where it differs from `a` and `a` from `b`.
    if name == "add" {
        ptx!(body, "xor.b64 {right}, {wrapped}, {b}");
    } else {
        ptx!(body, "xor.b64 {right}, {b}, {a}");
    }
    ptx!(body, "and.b64 {left}, {left}, {right}");
    ptx!(body, "setp.lt.s64 {overflows}, {left}, 0");
    ptx!(body, "shr.s64 {bound}, {wrapped}, 63");
    ptx!(body, "xor.b64 {bound}, {bound}, 0x8000000000000000");
    ptx!(body, "selp.b64 {d}, {bound}, {wrapped}, {overflows}");
}

fn count(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let (ty, w) = (data.ty, width(data.ty));
    let a = body.register(Value(data.a));
    let d = body.define(result);
    let counted = if ty == Type::I64 { body.scratch(Class::Word) } else { d };
    match data.opcode {
        Opcode::CountOnes => ptx!(body, "popc.b{w} {counted}, {a}"),
        Opcode::LeadingZeros => {
            ptx!(body, "clz.b{w} {counted}, {a}");
            if is_narrow(ty) {
                ptx!(body, "sub.u32 {counted}, {counted}, {}", 32 - ty.bits());
            }
        }
        _ => {
            let reversed = body.scratch(Class::of(ty));
            // A bit right above a narrow number ends the count there.
            if is_narrow(ty) {
                ptx!(body, "or.b32 {reversed}, {a}, {}", 1_u32 << ty.bits());
                ptx!(body, "brev.b32 {reversed}, {reversed}");
            } else {
                ptx!(body, "brev.b{w} {reversed}, {a}");
            }
            ptx!(body, "clz.b{w} {counted}, {reversed}");
        }
    }
    if ty == Type::I64 {
        ptx!(body, "cvt.u64.u32 {d}, {counted}");
    }
}

fn reverse(body: &mut Body<'_, '_>, result: Value, data: &InstData) {
    let a = body.register(Value(data.a));
    let d = body.define(result);
    match (data.opcode, data.ty) {
        (Opcode::ReverseBits, Type::I64) => ptx!(body, "brev.b64 {d}, {a}"),
        (Opcode::ReverseBits, ty) => {
            ptx!(body, "brev.b32 {d}, {a}");
            if is_narrow(ty) {
                ptx!(body, "shr.u32 {d}, {d}, {}", 32 - ty.bits());
            }
        }
        (_, Type::I8) => ptx!(body, "mov.b32 {d}, {a}"),
        (_, Type::I16) => ptx!(body, "prmt.b32 {d}, {a}, 0, 0x4401"),
        (_, Type::I32) => ptx!(body, "prmt.b32 {d}, {a}, 0, 0x0123"),
        _ => {
            let [low, high] = [0; 2].map(|_| body.scratch(Class::Word));
            ptx!(body, "mov.b64 {{{low}, {high}}}, {a}");
            ptx!(body, "prmt.b32 {low}, {low}, 0, 0x0123");
            ptx!(body, "prmt.b32 {high}, {high}, 0, 0x0123");
            ptx!(body, "mov.b64 {d}, {{{high}, {low}}}");
        }
    }
}
