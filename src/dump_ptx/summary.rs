//! What a function consists of, counted: instructions by what they do, registers by type, accesses by space, bytes of memory.
//!
//! These are the text's figures: registers are virtual, loops count once. What a run executes is told by `rustg sim --counts`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rustg_ptx::table::{self, Effects};
use rustg_ptx::{Function, Instruction, Module, Opcode, Space};
use rustg_trace::names::demangle;

/// Figures of one function.
#[derive(Default)]
struct Summary {
    instructions: usize,
    /// Instructions that compute on floating-point numbers, matrices included.
    float: usize,
    /// Matrix instructions.
    matrix: usize,
    branches: usize,
    calls: usize,
    barriers: usize,
    atomics: usize,
    /// Loads and stores by space.
    loads: BTreeMap<&'static str, usize>,
    stores: BTreeMap<&'static str, usize>,
    /// Virtual registers by type.
    registers: BTreeMap<&'static str, usize>,
    shared_bytes: u64,
    local_bytes: u64,
    parameter_bytes: u64,
}

fn space_name(space: Space) -> &'static str {
    match space {
        Space::Register => "register",
        Space::Special => "special",
        Space::Constant => "constant",
        Space::Global => "global",
        Space::Local => "local",
        Space::Parameter => "parameter",
        Space::Shared => "shared",
        Space::SharedCluster => "cluster",
        Space::Texture => "texture",
        Space::Generic => "generic",
    }
}

fn count(summary: &mut Summary, module: &Module, instruction: &Instruction) {
    let form = module.form(instruction);
    let row = table::row_of(form, instruction.operand_count as usize);
    let effects = row.map(|row| row.effects).unwrap_or_default();
    summary.instructions += 1;
    let name = form.opcode.text();
    let family = name.split('.').next().unwrap_or(name);
    summary.float += form.types().iter().any(|kind| kind.is_float()) as usize;
    summary.matrix += matches!(family, "mma" | "wmma" | "wgmma" | "tcgen05") as usize;
    summary.branches += matches!(form.opcode, Opcode::Bra | Opcode::BrxIdx) as usize;
    summary.calls += (form.opcode == Opcode::Call) as usize;
    summary.barriers += effects.has(Effects::BARRIER) as usize;
    if matches!(family, "atom" | "red") {
        summary.atomics += 1;
    } else if effects.has(Effects::READS) && !effects.has(Effects::WRITES) {
        *summary.loads.entry(space_name(form.space())).or_default() += 1;
    } else if effects.has(Effects::WRITES) && !effects.has(Effects::READS) {
        *summary.stores.entry(space_name(form.space())).or_default() += 1;
    }
}

fn of(module: &Module, function: &Function) -> Summary {
    let mut summary = Summary::default();
    module.instructions_of(function).iter().for_each(|instruction| count(&mut summary, module, instruction));
    for register in module.registers_of(function) {
        *summary.registers.entry(register.kind.text()).or_default() += 1;
    }
    for index in function.variables.clone() {
        let variable = &module.variables[index as usize];
        match variable.space {
            Space::Shared | Space::SharedCluster => summary.shared_bytes += variable.size_bytes,
            Space::Local => summary.local_bytes += variable.size_bytes,
            _ => {}
        }
    }
    summary.parameter_bytes = module.parameters_of(function).iter().map(|parameter| parameter.size_bytes).sum();
    summary
}

fn list(counts: &BTreeMap<&'static str, usize>) -> String {
    let parts: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// A paragraph for each function that has a body.
pub fn render(module: &Module) -> String {
    let mut shown = String::new();
    for function in module.functions.iter().filter(|function| function.is_defined) {
        let summary = of(module, function);
        let kind = if function.is_entry { "kernel" } else { "function" };
        let (name, own) = (module.name(function.name), &summary);
        let _ = writeln!(shown, "\n{kind} {}", demangle(name));
        let _ = writeln!(
            shown,
            "  instructions {} ({} float, {} matrix, {} branches, {} calls, {} barriers, {} atomics)",
            own.instructions, own.float, own.matrix, own.branches, own.calls, own.barriers, own.atomics
        );
        let _ = writeln!(shown, "  loads        {}", list(&own.loads));
        let _ = writeln!(shown, "  stores       {}", list(&own.stores));
        let _ = writeln!(shown, "  registers    {}", list(&own.registers));
        let _ = writeln!(
            shown,
            "  bytes        {} shared, {} local, {} parameters",
            own.shared_bytes, own.local_bytes, own.parameter_bytes
        );
        let directives = &function.directives;
        if let Some([x, y, z]) = directives.reqntid.or(directives.maxntid) {
            let word = if directives.reqntid.is_some() { "exactly" } else { "at most" };
            let _ = writeln!(shown, "  block        {word} {x}×{y}×{z} threads");
        }
    }
    shown
}

/// The same figures of one function.
pub fn json(module: &Module, function: &Function) -> serde_json::Value {
    let own = of(module, function);
    serde_json::json!({
        "instructions": own.instructions,
        "float": own.float,
        "matrix": own.matrix,
        "branches": own.branches,
        "calls": own.calls,
        "barriers": own.barriers,
        "atomics": own.atomics,
        "loads": own.loads,
        "stores": own.stores,
        "registers": own.registers,
        "shared_bytes": own.shared_bytes,
        "local_bytes": own.local_bytes,
        "parameter_bytes": own.parameter_bytes,
    })
}
