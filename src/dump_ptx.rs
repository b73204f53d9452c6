//! `rustg dump ptx`: what a PTX text holds, as the reader's tables say.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use rustg_base::diagnostic::{self, Severity};
use rustg_base::{Diagnostic, LineIndex};
use rustg_ptx::{Function, Instruction, Module, Variable, container, parse, table, verify};

use crate::failure::Failure;
use crate::{exit, output};

/// Shows the PTX in the file at `path`; exit code 1 when it has errors, which are told on stderr.
pub fn run(path: &Path, json: bool) -> Result<ExitCode, Failure> {
    let bytes = read(path)?;
    let texts = texts_of(&bytes).map_err(|failure| failure.of(path))?;
    let mut shown = String::new();
    let mut has_errors = false;
    for text in &texts {
        let (module, mut diagnostics) = parse(text);
        if diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
            diagnostics.extend(verify(&module, text));
        }
        has_errors |= diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let text = String::from_utf8_lossy(text);
        let lines = LineIndex::new(&text);
        let name = path.display().to_string();
        if json {
            let _ = writeln!(shown, "{}", module_json(&module, &text, &diagnostics, &name, &lines));
        } else {
            module_text(&mut shown, &module, &text);
            for diagnostic in &diagnostics {
                eprintln!("{}\n", diagnostic::render(diagnostic, &name, &text, &lines, false));
            }
        }
    }
    output::write_stdout(shown.as_bytes())?;
    Ok(if has_errors { ExitCode::from(exit::FINDINGS) } else { ExitCode::SUCCESS })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = match path == Path::new("-") {
        true => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        false => std::fs::read(path),
    };
    let bytes = result.map_err(|error| Failure::input(format_args!("cannot read {}: {error}", path.display())))?;
    if u32::try_from(bytes.len()).is_err() {
        return Err(Failure::input(format_args!("{}: 4 GiB and more cannot be read", path.display())));
    }
    Ok(bytes)
}

/// The PTX texts in a file: the file itself, or what its device images hold.
fn texts_of(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    if container::is_ptx_text(bytes) || bytes.iter().all(|byte| !matches!(byte, 0 | 0x80..)) {
        return Ok(vec![bytes.to_vec()]);
    }
    let file = container::read(bytes).map_err(Failure::input)?;
    let texts: Result<Vec<_>, _> = file.ptx_images().map(|image| image.text().map(|text| text.into_owned())).collect();
    let texts = texts.map_err(Failure::input)?;
    if texts.is_empty() {
        return Err(Failure::input(
            "there is no PTX in this file; compile with PTX embedded (nvcc -gencode arch=…,code=compute_90)",
        ));
    }
    Ok(texts)
}

fn type_text(variable: &Variable) -> String {
    let vector = if variable.lanes > 1 { format!(".v{} ", variable.lanes) } else { String::new() };
    let dimensions: String = variable.dimensions.iter().map(|length| format!("[{length}]")).collect();
    format!("{vector}.{}{dimensions}", variable.kind.text())
}

fn variable_text(module: &Module, variable: &Variable) -> String {
    let name = module.name(variable.name);
    let Variable { size_bytes, align_bytes, .. } = variable;
    let space = format!("{:?}", variable.space).to_lowercase();
    format!("{space} {name}: {}, {size_bytes} bytes, align {align_bytes}", type_text(variable))
}

/// An instruction as the text writes it, in one line.
fn statement(text: &str, instruction: &Instruction) -> String {
    let written = text.get(instruction.span.range()).unwrap_or("");
    written.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn effects(module: &Module, instruction: &Instruction) -> Vec<&'static str> {
    let row = table::row_of(module.form(instruction), instruction.operand_count as usize);
    row.map(|row| row.effects.names().collect()).unwrap_or_default()
}

/// File, line and column of an instruction, innermost first where code was inlined.
fn places(module: &Module, index: u32) -> Vec<(u32, u32, u32)> {
    let location = module.location_of(index);
    let chain = location.into_iter().flat_map(|location| module.inline_chain(location));
    chain.map(|location| (location.file, location.line, location.column)).collect()
}

fn module_text(shown: &mut String, module: &Module, text: &str) {
    let target = &module.target;
    let suffix = target.suffix.map(String::from).unwrap_or_default();
    let (version, bits) = (module.version, module.address_size);
    let _ =
        writeln!(shown, "PTX {}.{} for sm_{}{suffix}, {bits}-bit addresses", version.major, version.minor, target.sm);
    for file in &module.files {
        let _ = writeln!(shown, "file {} {}", file.number, module.name(file.path));
    }
    for variable in module.variables.iter().filter(|variable| variable.function.is_none()) {
        if !matches!(variable.space, rustg_ptx::Space::Parameter | rustg_ptx::Space::Register) {
            let _ = writeln!(shown, "{}", variable_text(module, variable));
        }
    }
    for function in &module.functions {
        function_text(shown, module, text, function);
    }
}

fn function_text(shown: &mut String, module: &Module, text: &str, function: &Function) {
    let kind = match (function.is_entry, function.is_defined) {
        (true, _) => "kernel",
        (false, true) => "function",
        (false, false) => "declared function",
    };
    let parameters: Vec<_> = (module.parameters_of(function).iter())
        .map(|parameter| format!("{}: {}", module.name(parameter.name), type_text(parameter)))
        .collect();
    let _ = writeln!(shown, "\n{kind} {}({})", module.name(function.name), parameters.join(", "));
    for index in function.variables.clone() {
        let variable = &module.variables[index as usize];
        if variable.space != rustg_ptx::Space::Parameter {
            let _ = writeln!(shown, "  {}", variable_text(module, variable));
        }
    }
    for index in function.register_blocks.clone() {
        let block = &module.register_blocks[index as usize];
        let count = block.count.map(|count| format!("<{count}>")).unwrap_or_default();
        let _ = writeln!(shown, "  register {}{count}: .{}", module.name(block.name), block.register.kind.text());
    }
    let mut labels: Vec<_> = function.labels.clone().map(|index| &module.labels[index as usize]).collect();
    labels.sort_by_key(|label| label.instruction);
    let mut labels = labels.into_iter().peekable();
    for index in function.instructions.clone() {
        while let Some(label) = labels.next_if(|label| label.instruction <= index) {
            let _ = writeln!(shown, " {}:", module.name(label.name));
        }
        let instruction = &module.instructions[index as usize];
        let place: Vec<_> = places(module, index).iter().map(|(file, line, _)| format!("{file}:{line}")).collect();
        let effects = effects(module, instruction).join(" ");
        let statement = statement(text, instruction);
        let row = format!("  {index:<5} {:<10} {statement:<56} {effects}", place.join("<"));
        let _ = writeln!(shown, "{}", row.trim_end());
    }
}

fn variable_json(module: &Module, variable: &Variable) -> serde_json::Value {
    serde_json::json!({
        "name": module.name(variable.name),
        "space": format!("{:?}", variable.space).to_lowercase(),
        "type": type_text(variable),
        "size_bytes": variable.size_bytes,
        "align_bytes": variable.align_bytes,
    })
}

fn function_json(module: &Module, text: &str, function: &Function) -> serde_json::Value {
    let instructions: Vec<_> = (function.instructions.clone())
        .map(|index| {
            let instruction = &module.instructions[index as usize];
            let form = module.form(instruction);
            let types: Vec<_> = form.types().iter().map(|found| found.text()).collect();
            serde_json::json!({
                "index": index,
                "start": instruction.span.start,
                "end": instruction.span.end,
                "text": statement(text, instruction),
                "opcode": form.opcode.text(),
                "types": types,
                "effects": effects(module, instruction),
                "places": places(module, index),
            })
        })
        .collect();
    let labels: Vec<_> = (function.labels.clone())
        .map(|index| &module.labels[index as usize])
        .map(|label| serde_json::json!({ "name": module.name(label.name), "instruction": label.instruction }))
        .collect();
    let registers: Vec<_> = (function.register_blocks.clone())
        .map(|index| &module.register_blocks[index as usize])
        .map(|block| {
            let (name, kind) = (module.name(block.name), block.register.kind.text());
            serde_json::json!({ "name": name, "count": block.count, "type": kind, "lanes": block.register.lanes })
        })
        .collect();
    let list = |range: &std::ops::Range<u32>| {
        range.clone().map(|index| variable_json(module, &module.variables[index as usize])).collect::<Vec<_>>()
    };
    serde_json::json!({
        "name": module.name(function.name),
        "is_kernel": function.is_entry,
        "is_defined": function.is_defined,
        "parameters": list(&function.parameters),
        "returns": list(&function.returns),
        "variables": list(&function.variables),
        "registers": registers,
        "labels": labels,
        "instructions": instructions,
    })
}

fn module_json(
    module: &Module,
    text: &str,
    diagnostics: &[Diagnostic],
    path: &str,
    lines: &LineIndex,
) -> serde_json::Value {
    let variables: Vec<_> = (module.variables.iter())
        .filter(|variable| variable.function.is_none())
        .map(|variable| variable_json(module, variable))
        .collect();
    let files: Vec<_> = (module.files.iter())
        .map(|file| serde_json::json!({ "number": file.number, "path": module.name(file.path) }))
        .collect();
    let functions: Vec<_> = module.functions.iter().map(|function| function_json(module, text, function)).collect();
    let diagnostics: Vec<_> =
        diagnostics.iter().map(|diagnostic| diagnostic::to_json(diagnostic, path, text, lines)).collect();
    serde_json::json!({
        "version": format!("{}.{}", module.version.major, module.version.minor),
        "target": format!("sm_{}{}", module.target.sm, module.target.suffix.map(String::from).unwrap_or_default()),
        "address_size": module.address_size,
        "files": files,
        "variables": variables,
        "functions": functions,
        "diagnostics": diagnostics,
    })
}
