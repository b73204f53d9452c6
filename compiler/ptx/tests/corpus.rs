//! Whole files: the fixtures always, and every file of a folder that `RUSTG_PTX_CORPUS` names. All are read without a
//! diagnostic, verified, and written to a text that is read as the same tables.

use std::path::{Path, PathBuf};

use rustg_base::LineIndex;
use rustg_base::diagnostic::render;
use rustg_ptx::{Module, parse, verify, write};

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            files_below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "ptx") {
            files.push(path);
        }
    }
}

/// What a module says, without what writing changes: names of scopes and spans.
fn shape(module: &Module) -> Vec<String> {
    let mut lines = Vec::new();
    for function in module.functions.iter().filter(|function| function.is_defined) {
        lines.push(format!("{} {:?}", module.name(function.name), function.directives.maxntid));
        for instruction in module.instructions_of(function) {
            let operands = module.operands_of(instruction);
            let kinds: Vec<_> =
                operands.iter().map(|operand| format!("{:?}", std::mem::discriminant(operand))).collect();
            lines.push(format!("{} {:?} {kinds:?}", module.forms.text(instruction.form), instruction.guard));
        }
    }
    for location in &module.locations {
        lines.push(format!("{} {} {}", location.instruction, location.line, location.inlined_at.is_some()));
    }
    lines.push(format!("{:?}", module.sections.iter().map(|section| section.items.len()).collect::<Vec<_>>()));
    lines.sort();
    lines
}

fn check(path: &Path) -> Result<(), String> {
    let bytes = std::fs::read(path).expect("a readable file");
    let (module, mut diagnostics) = parse(&bytes);
    diagnostics.extend(verify(&module, &bytes));
    if let Some(first) = diagnostics.first() {
        let text = String::from_utf8_lossy(&bytes);
        return Err(render(first, &path.display().to_string(), &text, &LineIndex::new(&text), false));
    }
    let written = write(&module);
    let (again, diagnostics) = parse(written.as_bytes());
    if let Some(first) = diagnostics.first() {
        return Err(render(first, "written", &written, &LineIndex::new(&written), false));
    }
    if shape(&module) != shape(&again) {
        return Err(format!("{}: written and read again it differs", path.display()));
    }
    if write(&again) != written {
        return Err(format!("{}: writing is not stable", path.display()));
    }
    Ok(())
}

fn check_all(folder: &Path, least: usize) {
    let mut files = Vec::new();
    files_below(folder, &mut files);
    files.sort();
    assert!(files.len() >= least, "{} has only {} files", folder.display(), files.len());
    let wrong: Vec<_> = files.iter().filter_map(|path| check(path).err()).collect();
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), files.len(), wrong[..wrong.len().min(10)].join("\n"));
}

#[test]
fn fixtures_are_read_verified_and_written_back() {
    check_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"), 9);
}

#[test]
fn every_file_of_the_given_corpus_is_read_verified_and_written_back() {
    match std::env::var_os("RUSTG_PTX_CORPUS") {
        Some(folder) => check_all(Path::new(&folder), 1),
        None => println!("skipped: RUSTG_PTX_CORPUS names no folder of .ptx files"),
    }
}
