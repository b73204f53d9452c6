//! Variables of a module with their initial contents.

use std::fmt::Write;

use rustg_mir::ids::FunctionId;
use rustg_mir::immediate::Space;
use rustg_mir::module::{Address, Global};
use rustg_mir::opcode::Opcode;

use crate::address::space_name;
use crate::fragment::FragmentGlobal;
use crate::function::Emitter;
use crate::name::identifier;

/// A text as a constant array of bytes that ends in 0.
pub(crate) fn emit_string(text: &mut String, name: &str, content: &str) {
    let bytes: Vec<String> = content.bytes().chain([0]).map(|byte| byte.to_string()).collect();
    let _ = writeln!(text, ".global .align 1 .b8 {name}[{}] = {{{}}};", bytes.len(), bytes.join(", "));
}

/// The variables that the functions use, those first that others hold the addresses of.
pub(crate) fn emit_globals(emitter: &Emitter<'_>, functions: &[FunctionId]) -> Vec<FragmentGlobal> {
    let globals = &emitter.module.globals;
    let mut out = Vec::new();
    let mut written = vec![false; globals.len()];
    let mut open = roots(emitter, functions);
    open.reverse();
    // Depth first; a ring of addresses, which PTX cannot say, is written as it comes.
    let mut entered = vec![false; globals.len()];
    while let Some(&at) = open.last() {
        if !entered[at] {
            entered[at] = true;
            let needed = globals[at].addresses.iter().filter_map(|(_, address)| match address {
                Address::Global(id, _) => Some(id.index()),
                Address::Function(_) => None,
            });
            open.extend(needed.filter(|needed| !entered[*needed]).collect::<Vec<_>>());
            continue;
        }
        open.pop();
        if !std::mem::replace(&mut written[at], true) {
            let mut text = String::new();
            emit_global(emitter, &globals[at], &mut text);
            out.push(FragmentGlobal { name: emitter.module.strings.get(globals[at].name).to_owned(), text });
        }
    }
    out
}

/// What is written for its own sake: every variable for a whole module, for a kernel those that its functions name, in their order there.
fn roots(emitter: &Emitter<'_>, functions: &[FunctionId]) -> Vec<usize> {
    let module = emitter.module;
    if emitter.is_whole {
        return (0..module.globals.len()).collect();
    }
    let mut found: Vec<usize> = emitter.kept.iter().map(|id| id.index()).collect();
    for function in functions.iter().map(|id| module.function(*id)) {
        for inst in function.blocks().flat_map(|block| function.insts(block)) {
            let data = function.inst(inst);
            if data.opcode == Opcode::GlobalAddress && !found.contains(&data.global().index()) {
                found.push(data.global().index());
            }
        }
    }
    found
}

fn emit_global(emitter: &Emitter<'_>, global: &Global, text: &mut String) {
    let name = identifier(emitter.module.strings.get(global.name));
    let align = global.align_bytes;
    match global.space {
        Space::Shared if global.size_bytes == 0 => {
            let _ = writeln!(text, ".extern .shared .align {align} .b8 {name}[];");
            return;
        }
        Space::Shared => {
            let _ = writeln!(text, ".shared .align {align} .b8 {name}[{}];", global.size_bytes);
            return;
        }
        _ => {}
    }
    let space = if global.space == Space::Constant { space_name(Space::Constant) } else { "global" };
    if global.addresses.is_empty() {
        let _ = write!(text, ".visible .{space} .align {align} .b8 {name}[{}]", global.size_bytes.max(1));
        if !global.bytes.is_empty() {
            let bytes: Vec<String> = global.bytes.iter().map(u8::to_string).collect();
            let _ = write!(text, " = {{{}}}", bytes.join(", "));
        }
        text.push_str(";\n");
        return;
    }
    // With addresses in it: an array of 64-bit words.
    let words = global.size_bytes.div_ceil(8);
    let items: Vec<String> = (0..words).map(|word| word_of(emitter, global, word * 8)).collect();
    let _ =
        writeln!(text, ".visible .{space} .align {} .u64 {name}[{words}] = {{{}}};", align.max(8), items.join(", "));
}

fn word_of(emitter: &Emitter<'_>, global: &Global, at: u64) -> String {
    match global.addresses.iter().find(|(start, _)| *start == at) {
        Some((_, Address::Global(id, distance))) => {
            let name = identifier(emitter.module.strings.get(emitter.module.global(*id).name));
            format!("generic({name}){distance:+}")
        }
        Some((_, Address::Function(id))) => emitter.function_name(*id),
        None => {
            let byte = |offset: u64| global.bytes.get((at + offset) as usize).copied().unwrap_or(0);
            u64::from_le_bytes(std::array::from_fn(|offset| byte(offset as u64))).to_string()
        }
    }
}
