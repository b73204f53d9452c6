//! Checked arithmetic: the result, and whether it overflowed, in the shortest sequences that were found (measured as SASS on sm_90).

use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::function::{Body, ptx};
use crate::integer::is_narrow;
use crate::operand::Operand;
use crate::registers::{Class, Register};

/// The operands and results of a checked operation.
struct Checked {
    ty: Type,
    a: Operand,
    b: Operand,
    d: Register,
    overflows: Register,
}

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) {
    use Opcode::*;
    let is_signed = matches!(data.opcode, AddOverflowS | SubOverflowS | MulOverflowS);
    let (a, b) = (Value(data.a), Value(data.b));
    let [a, b] =
        if is_signed { [body.signed_operand(a), body.signed_operand(b)] } else { [body.operand(a), body.operand(b)] };
    let mut results = body.function.results(inst);
    let (result, flag) = (results.next().expect("a checked operation has two results"), results.next());
    let d = body.define(result);
    let overflows = body.define(flag.expect("a checked operation has two results"));
    let checked = Checked { ty: data.ty, a, b, d, overflows };
    if is_narrow(data.ty) {
        return narrow(body, data.opcode, &checked);
    }
    match data.opcode {
        AddOverflowU => add_unsigned(body, &checked),
        SubOverflowU => {
            let Checked { ty, a, b, d, overflows } = checked;
            ptx!(body, "setp.lt.u{} {overflows}, {a}, {b}", ty.bits());
            ptx!(body, "sub.u{} {d}, {a}, {b}", ty.bits());
        }
        AddOverflowS | SubOverflowS => by_signs(body, data.opcode, &checked),
        _ => multiply(body, is_signed, &checked),
    }
}

/// In 32 bits nothing is lost: the result is out of the narrow type's range, or not.
fn narrow(body: &mut Body<'_, '_>, opcode: Opcode, checked: &Checked) {
    let Checked { ty, a, b, d, overflows } = *checked;
    let (name, is_signed) = match opcode {
        Opcode::AddOverflowU => ("add.s32", false),
        Opcode::SubOverflowU => ("sub.s32", false),
        Opcode::MulOverflowU => ("mul.lo.s32", false),
        Opcode::AddOverflowS => ("add.s32", true),
        Opcode::SubOverflowS => ("sub.s32", true),
        _ => ("mul.lo.s32", true),
    };
    let exact = body.scratch(Class::Word);
    ptx!(body, "{name} {exact}, {a}, {b}");
    if is_signed {
        let back = body.scratch(Class::Word);
        ptx!(body, "cvt.s32.s{} {back}, {exact}", ty.bits());
        ptx!(body, "setp.ne.s32 {overflows}, {back}, {exact}");
    } else {
        // A negative difference is a great unsigned number.
        ptx!(body, "setp.gt.u32 {overflows}, {exact}, {}", ty.mask());
    }
    ptx!(body, "and.b32 {d}, {exact}, {}", ty.mask());
}

/// The carry becomes a predicate: one instruction in 32 bits, two in 64.
fn add_unsigned(body: &mut Body<'_, '_>, checked: &Checked) {
    let Checked { ty, a, b, d, overflows } = *checked;
    let carry = body.scratch(Class::Word);
    ptx!(body, "add.cc.u{} {d}, {a}, {b}", ty.bits());
    ptx!(body, "addc.u32 {carry}, 0, 0");
    ptx!(body, "setp.ne.u32 {overflows}, {carry}, 0");
}

/// A sum overflows where its sign differs from both operands', a difference where it differs from `a`'s and that from `b`'s.
fn by_signs(body: &mut Body<'_, '_>, opcode: Opcode, checked: &Checked) {
    let Checked { ty, a, b, d, overflows } = *checked;
    let (w, class) = (ty.bits(), Class::of(ty));
    let [left, right] = [0; 2].map(|_| body.scratch(class));
    let name = if opcode == Opcode::AddOverflowS { "add" } else { "sub" };
    ptx!(body, "{name}.s{w} {d}, {a}, {b}");
    ptx!(body, "xor.b{w} {left}, {a}, {d}");
    match opcode {
        Opcode::AddOverflowS => ptx!(body, "xor.b{w} {right}, {b}, {d}"),
        _ => ptx!(body, "xor.b{w} {right}, {a}, {b}"),
    }
    ptx!(body, "and.b{w} {left}, {left}, {right}");
    ptx!(body, "setp.lt.s{w} {overflows}, {left}, 0");
}

/// The upper half must be what the lower half's sign says.
fn multiply(body: &mut Body<'_, '_>, is_signed: bool, checked: &Checked) {
    let Checked { ty, a, b, d, overflows } = *checked;
    let (w, class) = (ty.bits(), Class::of(ty));
    let sign = if is_signed { 's' } else { 'u' };
    let high = body.scratch(class);
    if ty == Type::I32 {
        let whole = body.scratch(Class::Long);
        ptx!(body, "mul.wide.{sign}32 {whole}, {a}, {b}");
        ptx!(body, "mov.b64 {{{d}, {high}}}, {whole}");
    } else {
        // The order says nothing: registers are assigned once.
        ptx!(body, "mul.hi.{sign}64 {high}, {a}, {b}");
        ptx!(body, "mul.lo.{sign}64 {d}, {a}, {b}");
    }
    if is_signed {
        let fill = body.scratch(class);
        ptx!(body, "shr.s{w} {fill}, {d}, {}", w - 1);
        ptx!(body, "setp.ne.s{w} {overflows}, {high}, {fill}");
    } else {
        ptx!(body, "setp.ne.u{w} {overflows}, {high}, 0");
    }
}
