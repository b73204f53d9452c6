//! The borrow check against rustc's: the same functions accepted and refused, with the same code at the same line.
//!
//! Each file of `tests/borrows` is handed to both. rustc says what is expected; nothing is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use rustg_driver::{Options, SourceFile, check_bodies};

/// A line and the codes of the errors told there; errors without a code have an empty one.
type Errors = BTreeMap<u32, BTreeSet<String>>;

fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/borrows");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the cases are there")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    if let Ok(only) = std::env::var("CASE") {
        files.retain(|(name, _)| name.contains(&only));
    }
    files
}

fn by_rustc(name: &str, text: &str) -> Errors {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let out = Command::new(rustc)
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "--emit=metadata",
            "--error-format=json",
            "-A",
            "warnings",
            "-o",
        ])
        .arg(folder.path().join("out.rmeta"))
        .arg(&path)
        .output()
        .unwrap();
    let mut errors = Errors::new();
    for line in String::from_utf8(out.stderr).unwrap().lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        if message["level"] != "error" {
            continue;
        }
        let code = message["code"]["code"].as_str().unwrap_or("").to_owned();
        let spans = message["spans"].as_array().unwrap();
        let Some(mut primary) = spans.iter().find(|span| span["is_primary"] == true) else { continue };
        // Of a macro of the library: where it is called.
        while !primary["expansion"].is_null() {
            primary = &primary["expansion"]["span"];
        }
        errors.entry(primary["line_start"].as_u64().unwrap() as u32).or_default().insert(code);
    }
    errors
}

fn by_rustg(name: &str, text: &str, library: bool) -> (Errors, Vec<String>) {
    let files = [SourceFile { path: name.to_owned(), text: text.to_owned() }];
    let lines = rustg_base::LineIndex::new(text);
    let mut errors = Errors::new();
    let mut messages = Vec::new();
    for found in check_bodies(&files, &Options::default(), library) {
        let place = lines.line_column(text, found.diagnostic.primary.span.start, rustg_base::ColumnUnit::Utf32);
        let code = found.diagnostic.code.map_or(String::new(), |code| code.to_string());
        messages.push(format!("{}: {code} {}", place.line + 1, found.diagnostic.message));
        errors.entry(place.line + 1).or_default().insert(code);
    }
    (errors, messages)
}

#[test]
fn borrows_are_accepted_and_refused_as_rustc_does() {
    let files = files();
    let mut wrong = Vec::new();
    let mut functions = 0;
    for (name, text) in &files {
        functions += text.matches("fn ").count();
        let (expected, (found, _)) = (by_rustc(name, text), by_rustg(name, text, false));
        let all: BTreeSet<u32> = expected.keys().chain(found.keys()).copied().collect();
        for line in all {
            let none = BTreeSet::new();
            let (wanted, got) = (expected.get(&line).unwrap_or(&none), found.get(&line).unwrap_or(&none));
            if wanted != got {
                let source = text.lines().nth(line as usize - 1).unwrap_or_default();
                wrong.push(format!("{name}:{line}: rustc {wanted:?}, rustg {got:?}: {source}"));
            }
        }
    }
    assert!(std::env::var("CASE").is_ok() || functions > 300, "only {functions} functions were found");
    assert!(wrong.is_empty(), "{} lines differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_device_library_passes_its_own_borrow_check() {
    let (_, messages) = by_rustg("empty.rs", "pub fn nothing() {}\n", true);
    assert!(messages.is_empty(), "{}", messages.join("\n"));
}
