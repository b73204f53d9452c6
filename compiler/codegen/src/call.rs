//! Calls, returns and `print`, by the PTX calling convention (PTX ISA, 7.1 Function Declarations and Definitions).

use std::fmt::Write;

use rustg_mir::function::InstData;
use rustg_mir::ids::{FunctionId, Inst, Value};
use rustg_mir::module::Signature;
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::fragment::Open;
use crate::function::{Body, Emitter, ptx};
use crate::registers::{Class, Register};
use crate::wide;

/// How a value travels: its untyped type and bytes. Truth values and narrow integers travel in 32 bits.
fn parameter_type(ty: Type) -> &'static str {
    match ty {
        Type::F16 | Type::Bf16 => "b16",
        Type::I64 | Type::F64 => "b64",
        Type::I128 => "b8",
        _ => "b32",
    }
}

fn parameter_bytes(ty: Type) -> u32 {
    match ty {
        Type::I128 => 16,
        ty => ty.size_bytes().max(if Class::of(ty) == Class::Short { 2 } else { 4 }),
    }
}

/// Where each result lies in the returned bytes, and how many there are: several results travel as one structure.
fn layout(types: &[Type]) -> (Vec<u32>, u32) {
    let mut end = 0_u32;
    let starts = types.iter().map(|ty| {
        let size = parameter_bytes(*ty);
        let start = end.next_multiple_of(size.min(16));
        end = start + size;
        start
    });
    (starts.collect(), end)
}

fn declared(ty: Type, name: &str) -> String {
    match ty {
        Type::I128 => format!(".param .align 16 .b8 {name}[16]"),
        ty => format!(".param .{} {name}", parameter_type(ty)),
    }
}

fn returned(types: &[Type], name: &str) -> Option<String> {
    match types {
        [] => None,
        [one] => Some(declared(*one, name)),
        more => Some(format!(".param .align 16 .b8 {name}[{}]", layout(more).1)),
    }
}

/// `(results) name (parameters)` of a function.
pub(crate) fn declaration(emitter: &Emitter<'_>, signature: &Signature, name: &str) -> String {
    let results = returned(&signature.returns, "results").map_or(String::new(), |results| format!("({results}) "));
    let mut parameters: Vec<String> = (signature.parameters.iter().enumerate())
        .map(|(at, ty)| declared(*ty, &format!("{name}_param_{at}")))
        .collect();
    if emitter.functions_take_record {
        parameters.push(declared(Type::I64, &format!("{name}_record")));
    }
    format!("{results}{name} ({})", parameters.join(", "))
}

/// Stores a value into parameter space.
fn store(body: &mut Body<'_, '_>, value: Value, name: &str, start: u32) {
    match body.value_type(value) {
        Type::I128 => {
            let [low, high] = wide::halves(body, value);
            ptx!(body, "st.param.b64 [{name}+{start}], {low}");
            ptx!(body, "st.param.b64 [{name}+{}], {high}", start + 8);
        }
        Type::Bool => {
            let (predicate, word) = (body.register(value), body.scratch(Class::Word));
            ptx!(body, "selp.b32 {word}, 1, 0, {predicate}");
            ptx!(body, "st.param.b32 [{name}+{start}], {word}");
        }
        ty => {
            let register = body.register(value);
            ptx!(body, "st.param.{} [{name}+{start}], {register}", parameter_type(ty));
        }
    }
}

/// Loads a value from parameter space.
fn load(body: &mut Body<'_, '_>, value: Value, name: &str, start: u32) {
    match body.value_type(value) {
        Type::I128 => {
            let [low, high] = wide::targets(body, value);
            ptx!(body, "ld.param.b64 {low}, [{name}+{start}]");
            ptx!(body, "ld.param.b64 {high}, [{name}+{}]", start + 8);
        }
        Type::Bool => {
            let word = body.scratch(Class::Word);
            let register = body.define(value);
            ptx!(body, "ld.param.b32 {word}, [{name}+{start}]");
            ptx!(body, "setp.ne.u32 {register}, {word}, 0");
        }
        ty => {
            let register = body.define(value);
            ptx!(body, "ld.param.{} {register}, [{name}+{start}]", parameter_type(ty));
        }
    }
}

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let module = body.emitter.module;
    let (signature, callee) = match data.opcode {
        Opcode::Call => {
            let id = FunctionId(data.a);
            if module.function(id).is_kernel {
                return Err("a call of a kernel".to_owned());
            }
            if !module.function(id).has_body() {
                return Err(format!("a call of `{}`, which has no body", module.strings.get(module.function(id).name)));
            }
            (module.signature_of(id), body.emitter.function_name(id))
        }
        _ => (module.signatures[data.a as usize].clone(), body.register(Value(data.b)).to_string()),
    };
    let arguments: Vec<Value> = body.function.values_of(data.c).collect();
    let results: Vec<Value> = body.function.results(inst).collect();
    body.text.push_str("\t{\n");
    let mut names = Vec::new();
    for (at, (value, ty)) in arguments.iter().zip(&signature.parameters).enumerate() {
        let name = format!("argument{at}");
        ptx!(body, "{}", declared(*ty, &name));
        store(body, *value, &name, 0);
        names.push(name);
    }
    if body.emitter.functions_take_record {
        let record = body.load_record();
        ptx!(body, "{}", declared(Type::I64, "record"));
        ptx!(body, "st.param.b64 [record], {record}");
        names.push("record".to_owned());
    }
    let has_results = returned(&signature.returns, "returned");
    if let Some(declaration) = &has_results {
        ptx!(body, "{declaration}");
    }
    let into = if has_results.is_some() { "(returned), " } else { "" };
    let prototype = if data.opcode == Opcode::CallIndirect {
        let label = format!("$prototype{}", body.scratch(Class::Predicate).number);
        let _ = writeln!(body.text, "\t{label}: .callprototype {};", prototype_of(body.emitter, &signature));
        format!(", {label}")
    } else {
        String::new()
    };
    ptx!(body, "call {into}{callee}, ({}){prototype}", names.join(", "));
    let (starts, _) = layout(&signature.returns);
    for (value, start) in results.into_iter().zip(starts) {
        load(body, value, "returned", start);
    }
    body.text.push_str("\t}\n");
    Ok(())
}

/// `(results) _ (parameters)`, where every name is `_`.
fn prototype_of(emitter: &Emitter<'_>, signature: &Signature) -> String {
    let results = returned(&signature.returns, "_").map_or(String::new(), |results| format!("({results}) "));
    let record = emitter.functions_take_record.then_some(&Type::I64);
    let parameters: Vec<String> = signature.parameters.iter().chain(record).map(|ty| declared(*ty, "_")).collect();
    format!("{results}_ ({})", parameters.join(", "))
}

pub(crate) fn emit_return(body: &mut Body<'_, '_>, data: &InstData) -> Result<(), String> {
    let values: Vec<Value> = body.function.values_of(data.c).collect();
    let types: Vec<Type> = values.iter().map(|value| body.value_type(*value)).collect();
    let (starts, _) = layout(&types);
    for (value, start) in values.into_iter().zip(starts) {
        store(body, value, "results", start);
    }
    ptx!(body, "ret");
    Ok(())
}

/// Loads the parameters of a function that is no kernel.
pub(crate) fn load_parameters(body: &mut Body<'_, '_>, name: &str) {
    let values: Vec<Value> = body.function.block_parameters(body.function.entry()).collect();
    for (at, value) in values.into_iter().enumerate() {
        load(body, value, &format!("{name}_param_{at}"), 0);
    }
}

/// `vprintf` with its arguments packed as C's would be (CUDA C++ programming guide, formatted output).
pub(crate) fn emit_print(body: &mut Body<'_, '_>, data: &InstData) -> Result<(), String> {
    let values: Vec<Value> = body.function.values_of(data.c).collect();
    let format = body.emitter.module.strings.get(rustg_base::StringId(data.a)).to_owned();
    let at = body.emitter.formats.iter().position(|known| *known == format).unwrap_or_else(|| {
        body.emitter.formats.push(format);
        body.emitter.formats.len() - 1
    });
    body.emitter.uses_print = true;
    let buffer = format!("print{}", body.scratch(Class::Predicate).number);
    let mut end = 0_u32;
    let mut stores: Vec<(u32, &'static str, Register)> = Vec::new();
    for value in values {
        let ty = body.value_type(value);
        let (size, register) = match ty {
            Type::I128 => return Err("printing an i128".to_owned()),
            Type::F32 => {
                let (single, double) = (body.register(value), body.scratch(Class::Long));
                ptx!(body, "cvt.f64.f32 {double}, {single}");
                (8, double)
            }
            Type::F16 | Type::Bf16 => return Err(format!("printing a {}", ty.name())),
            Type::Bool => {
                let (predicate, word) = (body.register(value), body.scratch(Class::Word));
                ptx!(body, "selp.b32 {word}, 1, 0, {predicate}");
                (4, word)
            }
            ty => (ty.size_bytes().max(4), body.register(value)),
        };
        end = end.next_multiple_of(size);
        stores.push((end, if size == 8 { "b64" } else { "b32" }, register));
        end += size;
    }
    let _ = writeln!(body.depot, "\t.local .align 8 .b8 {buffer}[{}];", end.max(8));
    for (start, ty, register) in stores {
        ptx!(body, "st.local.{ty} [{buffer}+{start}], {register}");
    }
    let [raw, arguments, text, text_generic] = [0; 4].map(|_| body.scratch(Class::Long));
    ptx!(body, "mov.b64 {raw}, {buffer}");
    ptx!(body, "cvta.local.u64 {arguments}, {raw}");
    ptx!(body, "mov.b64 {text}, $format{}", Open::Format(at as u32));
    ptx!(body, "cvta.global.u64 {text_generic}, {text}");
    body.text.push_str("\t{\n");
    ptx!(body, ".param .b64 format");
    ptx!(body, ".param .b64 arguments");
    ptx!(body, ".param .b32 status");
    ptx!(body, "st.param.b64 [format], {text_generic}");
    ptx!(body, "st.param.b64 [arguments], {arguments}");
    ptx!(body, "call (status), vprintf, (format, arguments)");
    body.text.push_str("\t}\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_results_lie_in_one_structure_each_at_its_alignment() {
        let (starts, size) = layout(&[Type::I32, Type::I64, Type::Bool, Type::I128]);
        assert_eq!((starts, size), (vec![0, 8, 16, 32], 48));
    }
}
