//! File tests: `tests/cases/*.mir` hold a module; the PTX that comes of it stands beside it. `BLESS=1` writes it.
//!
//! What is written is read back by our own reader without a complaint. Where `RUSTG_PTXAS` names NVIDIA's assembler, it must take
//! each text for every target, and `BLESS=1` notes the hash; without it the notes are compared, so that no text passes that was never assembled.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustg_codegen::{Target, emit_ptx};
use rustg_mir::module::Module;
use rustg_mir::opt;
use rustg_mir::parse::parse_module;
use rustg_mir::verify::assert_verified;

const TARGETS: [u16; 4] = [75, 80, 90, 120];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn cases() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mir"));
    paths.sort();
    assert!(paths.len() >= 3, "the cases are found");
    paths
}

fn read(path: &Path) -> Module {
    let text = fs::read_to_string(path).unwrap();
    let mut module = parse_module(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_verified(&module, "reading");
    let passes = text.lines().next().and_then(|line| line.strip_prefix("; passes ")).unwrap_or("");
    for pass in passes.split_whitespace() {
        opt::pass_named(pass).expect("a pass of that name")(&mut module);
        assert_verified(&module, pass);
    }
    module
}

/// The lowest target that a case says it needs: `; sm 80`.
fn lowest(path: &Path) -> u16 {
    let text = fs::read_to_string(path).unwrap();
    text.lines().find_map(|line| line.strip_prefix("; sm ")).map_or(75, |number| number.trim().parse().unwrap())
}

fn hash(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[test]
fn every_case_becomes_the_ptx_beside_it() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failed = Vec::new();
    for path in cases() {
        let ptx = emit_ptx(&read(&path), Target { sm: lowest(&path) })
            .unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let golden = path.with_extension("ptx");
        if bless {
            fs::write(&golden, &ptx).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != ptx {
            failed.push(format!("{}:\n{ptx}", golden.display()));
        }
    }
    assert!(failed.is_empty(), "differs from\n{}", failed.join("\n"));
}

#[test]
fn what_is_written_reads_back_without_a_complaint() {
    for path in cases() {
        for sm in TARGETS.into_iter().filter(|sm| *sm >= lowest(&path)) {
            let ptx = emit_ptx(&read(&path), Target { sm }).unwrap();
            let (module, diagnostics) = rustg_ptx::parse(ptx.as_bytes());
            assert!(diagnostics.is_empty(), "{}: {diagnostics:?}\n{ptx}", path.display());
            assert!(!module.functions.is_empty());
        }
    }
}

#[test]
fn every_text_was_assembled_by_ptxas() {
    let list = folder().join("../assembled.txt");
    let known: BTreeSet<String> = fs::read_to_string(&list).unwrap_or_default().lines().map(str::to_owned).collect();
    let texts: Vec<(String, u16)> = cases()
        .iter()
        .flat_map(|path| {
            let targets = TARGETS.into_iter().filter(|sm| *sm >= lowest(path)).collect::<Vec<_>>();
            targets.into_iter().map(move |sm| (emit_ptx(&read(path), Target { sm }).unwrap(), sm))
        })
        .collect();
    let Some(ptxas) = std::env::var_os("RUSTG_PTXAS") else {
        println!("skipped: no RUSTG_PTXAS; comparing with the {} texts that were assembled", known.len());
        let unknown: Vec<&String> =
            texts.iter().map(|(text, _)| text).filter(|text| !known.contains(&hash(text))).collect();
        assert!(unknown.is_empty(), "never assembled (set RUSTG_PTXAS and BLESS=1):\n{}", unknown[0]);
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    for (text, sm) in &texts {
        let path = scratch.path().join("case.ptx");
        fs::write(&path, text).unwrap();
        let output =
            Command::new(&ptxas).arg(format!("-arch=sm_{sm}")).arg("-o").arg("/dev/null").arg(&path).output().unwrap();
        assert!(output.status.success(), "sm_{sm}: {}\n{text}", String::from_utf8_lossy(&output.stderr));
    }
    if std::env::var_os("BLESS").is_some() {
        let hashes: BTreeSet<String> = texts.iter().map(|(text, _)| hash(text)).collect();
        fs::write(list, hashes.into_iter().collect::<Vec<_>>().join("\n") + "\n").unwrap();
    }
}
