//! `rustg stats --json` against sums computed independently, in Python's exact decimals (`tests/exact_sums.py`).

use std::path::{Path, PathBuf};

#[test]
fn sums_equal_those_computed_independently_to_the_nanosecond() {
    let Some(mut python) = crate::program::python3() else {
        eprintln!("SKIPPED: no python3 that works to compute the sums with");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut traces = traces_in(&root.join("tests/fixtures/traces"));
    assert!(traces.len() >= 6, "the fixtures are there: {traces:?}");
    match std::env::var_os("RUSTG_TRACES") {
        Some(folder) => traces.extend(traces_in(Path::new(&folder))),
        None => eprintln!("only the fixtures: RUSTG_TRACES names no folder of whole traces"),
    }
    let output = python
        .arg(root.join("tests/exact_sums.py"))
        .arg(env!("CARGO_BIN_EXE_rustg"))
        .args(&traces)
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.lines().filter(|line| line.ends_with(": equal")).count(), traces.len(), "{said}");
}

/// The traces of a folder that the script understands: JSON with complete events, and databases.
fn traces_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut traces: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    traces.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // The array form without its bracket is for rustg only.
        [".json", ".json.gz", ".sqlite", ".sqlite.gz"].iter().any(|end| name.ends_with(end)) && name != "begin-end.json"
    });
    traces.sort();
    traces
}
