//! What of a corpus of PTX the machine refuses, by name: every other instruction has an operation.
//!
//! `RUSTG_PTX_CORPUS=FOLDER` names the corpus (`benches/ptx/corpus.py`); without one the fixtures of the repository are decoded. Instructions
//! whose families are refused by name for now (matrix instructions of later architectures, tensor copies, textures) are told and allowed. LLVM's tests
//! hold texts that no assembler takes either, with a parameter as an operand of `add`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustg_ptx::{self as ptx, Opcode};
use rustg_simulator::program::{Kind, Program};

/// Families that are refused by name for now, as docs/simulator.md says.
const REFUSED_FAMILIES: &[&str] = &[
    "wgmma",
    "tcgen05",
    "tex",
    "tld4",
    "txq",
    "sured",
    "suld",
    "sust",
    "suq",
    "istypep",
    "cp.async.bulk",
    "cp.reduce",
    "tensormap",
    "multimem",
    "setmaxnreg",
    "clusterlaunchcontrol",
    "griddepcontrol",
];

/// What ptxas refuses too: "Argument 1 of instruction 'add': must be register".
const NOT_ASSEMBLED: &str = "16x2-instructions.";

/// Reasons that are the module's: it must be linked with another first.
const UNLINKED: &[&str] = &["which the module only declares", "the extern variable"];

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ptx") {
            found.push(path);
        }
    }
}

#[test]
fn what_a_corpus_holds_is_decoded_or_belongs_to_a_family_that_is_refused_by_name() {
    let corpus = std::env::var_os("RUSTG_PTX_CORPUS").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders =
        corpus.map_or_else(|| vec![root.join("simulator/tests"), root.join("tests/fixtures/sim")], |one| vec![one]);
    let mut paths = Vec::new();
    folders.iter().for_each(|folder| collect(folder, &mut paths));
    assert!(paths.len() >= 5, "there is PTX in {folders:?}");
    let (mut refused, mut instructions) = (BTreeMap::<String, (usize, String)>::new(), 0);
    for path in &paths {
        let text = std::fs::read(path).expect("a readable text");
        let (module, _) = ptx::parse(&text);
        if module.address_size != 64 {
            continue;
        }
        instructions += module.instructions.len();
        let addresses = vec![0; module.variables.len()];
        let program = Program::decode(Arc::new(module), &addresses);
        for op in &program.ops {
            let Kind::Refused(what) = op.kind else { continue };
            let instruction = &program.module.instructions[op.instruction as usize];
            if instruction.opcode == Opcode::Unknown || path.to_string_lossy().contains(NOT_ASSEMBLED) {
                continue;
            }
            let form = program.module.forms.text(instruction.form);
            let key = format!("{form}: {}", program.refused[what as usize]);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            refused.entry(key).or_insert((0, name)).0 += 1;
        }
    }
    let is_family = |key: &str| REFUSED_FAMILIES.iter().any(|family| key.starts_with(family));
    let is_unlinked = |key: &str| UNLINKED.iter().any(|reason| key.contains(reason));
    let (mut by_family, mut unlinked, mut other) = (0, 0, Vec::new());
    for (key, (count, path)) in &refused {
        match (is_family(key), is_unlinked(key)) {
            (true, _) => by_family += count,
            (false, true) => unlinked += count,
            (false, false) => other.push((key, (count, path))),
        }
    }
    println!("{} texts, {instructions} instructions; {by_family} of families refused by name", paths.len());
    println!("{unlinked} of functions and variables that another module defines, {} others", other.len());
    for (key, (count, path)) in &other {
        println!("{count:>7} {key} ({path})");
    }
    assert!(other.is_empty(), "{} forms are refused that should not be", other.len());
}
