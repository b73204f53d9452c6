//! Every text of a corpus that `benches/ptx/corpus.py` collected: read without an error, verified without an error, written and read again the same.
//!
//! `RUSTG_PTX_CORPUS=FOLDER` names the corpus; `RUSTG_PTXAS=PATH` the assembler that has the last word about a text which is refused
//! here: only what it accepts too is a fault of the reader. Without a corpus the fixtures are what is read.

use std::fmt::Write as _;
use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustc_hash::FxBuildHasher;
use rustg_base::diagnostic::Severity;
use rustg_ptx::{AddressBase, Function, Module, Operand, RelocationTarget, Space, Variable, parse, verify, write};

fn texts_under(folder: &Path, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            texts_under(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "ptx") {
            paths.push(path);
        }
    }
}

/// Whether the assembler accepts a text; for the target that the text names.
fn assembler_accepts(assembler: &Path, path: &Path, module: &Module) -> bool {
    let suffix = module.target.suffix.map(String::from).unwrap_or_default();
    let target = format!("-arch=sm_{}{suffix}", module.target.sm);
    let done = Command::new(assembler).args([&target, "-c", "-O0", "-o", "/dev/null"]).arg(path).output();
    done.expect("the assembler runs").status.success()
}

/// An operand; variables and labels by what they are, because the writer gives shadowed names a number.
fn operand_essence(said: &mut String, module: &Module, operand: Operand) {
    match operand {
        Operand::Variable(variable, offset) | Operand::Address(AddressBase::Variable(variable), offset) => {
            variable_essence(said, module, &module.variables[variable.index()]);
            let _ = write!(said, "+{offset}");
        }
        Operand::Vector(list) | Operand::Bracket(list) | Operand::List(list) | Operand::Pair(list) => {
            said.push('(');
            module.elements(list).iter().for_each(|one| operand_essence(said, module, *one));
            said.push(')');
        }
        Operand::Function(function) | Operand::Address(AddressBase::Function(function), _) => {
            let _ = write!(said, " {}", module.name(module.functions[function.index()].name));
        }
        Operand::Label(label) => {
            let _ = write!(said, " to {}", module.labels[label.index()].instruction);
        }
        _ => {
            let _ = write!(said, " {operand:?}");
        }
    }
}

fn variable_essence(said: &mut String, module: &Module, variable: &Variable) {
    let Variable { kind, lanes, dimensions, space, align_bytes, linkage, pointee, .. } = variable;
    let bytes = &module.initial_bytes[variable.initial.start as usize..variable.initial.end as usize];
    let name = if variable.function.is_none() { module.name(variable.name) } else { "" };
    let bytes_hash = FxBuildHasher.hash_one(bytes);
    let _ = write!(
        said,
        " {name} {kind:?} {lanes} {dimensions:?} {space:?} {align_bytes} {linkage:?} {pointee:?} {bytes_hash}"
    );
}

/// What a module says, without places in its text.
fn essence(module: &Module) -> String {
    let mut said = format!("{:?} {:?} {}\n", module.version, module.target, module.address_size);
    for instruction in &module.instructions {
        let _ = write!(said, "{} {:?}", module.forms.text(instruction.form), instruction.guard);
        for operand in module.operands_of(instruction) {
            operand_essence(&mut said, module, *operand);
        }
        said.push('\n');
    }
    for location in &module.locations {
        let (instruction, place) = (location.instruction, (location.file, location.line, location.column));
        let _ = writeln!(said, "{instruction} {place:?} {:?}", location.inlined_at);
    }
    let outer = |variable: &&Variable| variable.function.is_none() && variable.space != Space::Parameter;
    for variable in module.variables.iter().filter(outer) {
        variable_essence(&mut said, module, variable);
        said.push('\n');
    }
    for relocation in &module.relocations {
        let (variable, addend) = (&module.variables[relocation.variable.index()], relocation.addend);
        let target = match relocation.target {
            RelocationTarget::Variable(variable) => module.variables[variable.index()].name,
            RelocationTarget::Function(function) => module.functions[function.index()].name,
        };
        let (name, target) = (module.name(variable.name), module.name(target));
        let place = (relocation.offset_bytes, relocation.size_bytes, relocation.generic, relocation.mask);
        let _ = writeln!(said, "{name} {target} {addend} {place:?}");
    }
    // Functions and their variables in any order: the writer declares what is used before its definition.
    let mut functions = Vec::new();
    for function in &module.functions {
        let Function { is_entry, is_defined, linkage, directives, .. } = function;
        let instructions = is_defined.then_some(&function.instructions);
        let name = module.name(function.name);
        let mut said = format!("{name} {is_entry} {linkage:?} {instructions:?} {directives:?}");
        for range in [&function.returns, &function.parameters] {
            for index in range.clone() {
                variable_essence(&mut said, module, &module.variables[index as usize]);
            }
            said.push(';');
        }
        let mut variables = Vec::new();
        for index in function.variables.clone() {
            let mut one = String::new();
            variable_essence(&mut one, module, &module.variables[index as usize]);
            variables.push(one);
        }
        variables.sort();
        functions.push(format!("{said} {variables:?} {:?}", module.registers_of(function)));
    }
    functions.sort();
    said += &functions.join("\n");
    said
}

#[test]
fn every_text_of_the_corpus_is_read_and_written_the_same() {
    let corpus = std::env::var_os("RUSTG_PTX_CORPUS").map(PathBuf::from);
    let folder = corpus.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"));
    let assembler = std::env::var_os("RUSTG_PTXAS").map(PathBuf::from);
    let mut paths = Vec::new();
    texts_under(&folder, &mut paths);
    assert!(paths.len() >= 5, "there is a corpus in {}", folder.display());
    let (mut wrong, mut refused_by_both, mut bytes) = (Vec::new(), 0, 0);
    for path in &paths {
        let text = std::fs::read(path).expect("a readable text");
        bytes += text.len();
        let (module, mut diagnostics) = parse(&text);
        diagnostics.extend(verify(&module, &text));
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        if let Some(first) = diagnostics.first() {
            if assembler.as_deref().is_some_and(|assembler| !assembler_accepts(assembler, path, &module)) {
                refused_by_both += 1;
                continue;
            }
            let found = &text[first.primary.span.range()];
            let found = String::from_utf8_lossy(&found[..found.len().min(120)]).into_owned();
            wrong.push(format!("{}: {} at `{found}`", path.display(), first.message));
            continue;
        }
        let written = write(&module);
        let (again, diagnostics) = parse(written.as_bytes());
        if let Some(first) = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error) {
            let found = &written[first.primary.span.range()];
            wrong.push(format!("{}: as written here, {} at `{found}`", path.display(), first.message));
        } else if essence(&again) != essence(&module) {
            let (was, is) = (essence(&module), essence(&again));
            let line = was.lines().zip(is.lines()).find(|(was, is)| was != is);
            wrong.push(format!("{}: not the same when written and read again: {line:?}", path.display()));
        }
    }
    println!(
        "{} texts, {bytes} bytes; {refused_by_both} refused by the assembler too; {} wrong",
        paths.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), paths.len(), wrong.join("\n"));
}
