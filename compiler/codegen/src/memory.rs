//! Loads, stores, atomics, fences.

use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::immediate::{Memory, Ordering, Rmw, Scope};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::Version;
use crate::function::{Body, ptx};
use crate::registers::{Class, Register};

/// The type of a memory access: `u8` for what is narrower than a register.
pub(crate) fn memory_type(ty: Type) -> &'static str {
    match ty {
        Type::Bool | Type::I8 => "u8",
        Type::I16 => "u16",
        Type::F16 | Type::Bf16 => "b16",
        Type::I32 => "b32",
        Type::F32 => "f32",
        Type::F64 => "f64",
        _ => "b64",
    }
}

/// Loads a value of any type from an address as text; a truth value from its byte.
pub(crate) fn load_scalar(body: &mut Body<'_, '_>, value: Value, ty: Type, space: &str, address: &str) {
    let register = body.define(value);
    match ty {
        Type::Bool => {
            let byte = body.scratch(Class::Word);
            ptx!(body, "ld.{space}.u8 {byte}, {address}");
            ptx!(body, "setp.ne.u32 {register}, {byte}, 0");
        }
        _ => ptx!(body, "ld.{space}.{} {register}, {address}", memory_type(ty)),
    }
}

/// `.relaxed.gpu` and the like, with what must stand before the access; plain accesses have nothing.
///
/// The table is the vendor's (PTX ISA and "Atomics ABI" of the PTX writer's guide).
fn ordering_of(memory: Memory, is_store: bool) -> (Option<String>, String) {
    let scope = scope_name(memory.scope());
    let strong = |word: &str| (None, format!(".{word}.{scope}"));
    match memory.ordering() {
        Ordering::Plain => (None, String::new()),
        Ordering::Volatile => (None, ".volatile".to_owned()),
        Ordering::Relaxed => strong("relaxed"),
        Ordering::Acquire => strong("acquire"),
        Ordering::Release => strong("release"),
        Ordering::AcquireRelease => strong("acq_rel"),
        Ordering::SeqCst => {
            let word = if is_store { "relaxed" } else { "acquire" };
            (Some(format!("fence.sc.{scope}")), format!(".{word}.{scope}"))
        }
    }
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::System => "sys",
        Scope::Device => "gpu",
        Scope::Cluster => "cluster",
        Scope::Block => "cta",
    }
}

/// The space as a suffix of an opcode; nothing for generic addresses.
pub(crate) fn dotted(space: &str) -> String {
    if space.is_empty() { String::new() } else { format!(".{space}") }
}

pub(crate) fn emit_access(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let memory = data.memory();
    let is_store = matches!(data.opcode, Opcode::Store | Opcode::StoreVector);
    let (space, address) = body.access_address(Value(data.a), memory.space(), data.offset_bytes());
    let (before, ordering) = ordering_of(memory, is_store);
    if let Some(fence) = before {
        ptx!(body, "{fence}");
    }
    let space = dotted(space);
    let ty = memory_type(data.ty);
    let size = data.ty.size_bytes();
    // Strong accesses of single bytes are there; wider ones must be aligned, as the hardware faults otherwise.
    if memory.align_bytes() < size {
        return Err(format!("an access of {size} bytes aligned to {}", memory.align_bytes()));
    }
    match data.opcode {
        Opcode::Load => {
            let constant = memory.is_read_only() && memory.is_plain() && space == ".global";
            let nc = if constant { ".nc" } else { "" };
            let register = body.define(body.function.result(inst));
            ptx!(body, "ld{ordering}{space}{nc}.{ty} {register}, {address}");
        }
        Opcode::Store => {
            let value = body.operand(Value(data.c));
            ptx!(body, "st{ordering}{space}.{ty} {address}, {value}");
        }
        _ => {
            let values: Vec<Value> = match data.opcode {
                Opcode::LoadVector => body.function.results(inst).collect(),
                _ => body.function.values_of(data.c).collect(),
            };
            emit_vector(body, data, &values, (&space, &ordering, ty), &address)?;
        }
    }
    Ok(())
}

fn emit_vector(
    body: &mut Body<'_, '_>,
    data: &InstData,
    values: &[Value],
    (space, ordering, ty): (&str, &str, &str),
    address: &str,
) -> Result<(), String> {
    let bytes = values.len() as u32 * data.ty.size_bytes();
    if bytes > 16 || values.len() > 4 || data.memory().align_bytes() < bytes {
        return Err(format!("a vector of {} times {} at this alignment", values.len(), data.ty.name()));
    }
    let registers: Vec<Register> = match data.opcode {
        Opcode::LoadVector => values.iter().map(|value| body.define(*value)).collect(),
        _ => values.iter().map(|value| body.register(*value)).collect(),
    };
    let list = registers.iter().map(Register::to_string).collect::<Vec<_>>().join(", ");
    let count = values.len();
    match data.opcode {
        Opcode::LoadVector => {
            let nc = if data.memory().is_read_only() && space == ".global" { ".nc" } else { "" };
            ptx!(body, "ld{ordering}{space}{nc}.v{count}.{ty} {{{list}}}, {address}");
        }
        _ => ptx!(body, "st{ordering}{space}.v{count}.{ty} {address}, {{{list}}}"),
    }
    Ok(())
}

pub(crate) fn emit_atomic(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let memory = data.memory();
    let size = data.ty.size_bytes();
    if size > 8 || size < 4 && !(data.opcode == Opcode::CompareExchange && size == 2) {
        return Err(format!("an atomic operation on {}", data.ty.name()));
    }
    let (space, address) = body.access_address(Value(data.a), memory.space(), 0);
    // PTX ISA, 9.7.13.5 atom: the address is generic, global or shared.
    if space == "local" {
        return Err("an atomic operation on a variable of one thread's own".to_owned());
    }
    let (before, mut ordering) = ordering_of(memory, false);
    if let Some(fence) = before {
        ptx!(body, "{fence}");
    }
    if memory.is_plain() || memory.ordering() == Ordering::Volatile {
        ordering = format!(".relaxed.{}", scope_name(memory.scope()));
    }
    let space = dotted(space);
    let result = body.function.result(inst);
    if data.opcode == Opcode::CompareExchange {
        let (expected, new) = (body.operand(Value(data.b)), body.operand(Value(data.c)));
        let register = body.define(result);
        ptx!(body, "atom{ordering}{space}.cas.b{} {register}, {address}, {expected}, {new}", size * 8);
        return Ok(());
    }
    let bits = size * 8;
    let operation = match data.rmw() {
        Rmw::Add => format!("add.u{bits}"),
        Rmw::And => format!("and.b{bits}"),
        Rmw::Or => format!("or.b{bits}"),
        Rmw::Xor => format!("xor.b{bits}"),
        Rmw::Min => format!("min.s{bits}"),
        Rmw::MinU => format!("min.u{bits}"),
        Rmw::Max => format!("max.s{bits}"),
        Rmw::MaxU => format!("max.u{bits}"),
        Rmw::Exchange => format!("exch.b{bits}"),
        // `atom.global.add.f32` flushes subnormals: only the exact forms are written.
        Rmw::FloatAdd if data.ty == Type::F64 || space == ".shared" => format!("add.f{bits}"),
        Rmw::FloatAdd => return Err("an atomic sum of f32 outside shared memory".to_owned()),
    };
    let value = body.operand(Value(data.b));
    let register = body.define(result);
    ptx!(body, "atom{ordering}{space}.{operation} {register}, {address}, {value}");
    Ok(())
}

pub(crate) fn emit_fence(body: &mut Body<'_, '_>, data: &InstData) -> Result<(), String> {
    let scope = scope_name(data.memory().scope());
    match data.memory().ordering() {
        Ordering::SeqCst => ptx!(body, "fence.sc.{scope}"),
        Ordering::Acquire | Ordering::Release | Ordering::AcquireRelease => ptx!(body, "fence.acq_rel.{scope}"),
        other => return Err(format!("a fence that is {}", other.name())),
    }
    if data.memory().scope() == Scope::Cluster {
        body.emitter.need(Version(7, 8));
    }
    Ok(())
}
