//! Stacks taken inside every CPython that is installed are those that Python itself reports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const KNOWN: [&str; 6] = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];

#[test]
fn stacks_in_every_installed_python_are_those_python_reports() {
    let probe = build_probe();
    let pythons = installed();
    let mut failures = Vec::new();
    for version in KNOWN {
        let Some(program) = pythons.get(version) else {
            eprintln!("CPython {version}: UNTESTED, not installed (RUSTG_PYTHONS=/path/to/python:… names others)");
            continue;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stacks.py");
        let output = Command::new(program).arg("-X").arg("utf8").arg(script).arg(&probe).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        eprintln!(
            "CPython {version} ({}): {}",
            program.display(),
            if output.status.success() { &text } else { "FAILED" }
        );
        if !output.status.success() {
            failures.push(format!("{version}: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Builds the library under test; a plain `cargo test` has it already, a filtered one not.
fn build_probe() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "rustg-inject", "--example", "stack_probe", "--message-format=json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = messages.lines().find(|line| line.contains("\"name\":\"stack_probe\"")).expect("an artifact");
    let files = line.split("\"filenames\":[\"").nth(1).expect("file names");
    PathBuf::from(files.split('"').next().unwrap())
}

/// Programs by minor version: those of `RUSTG_PYTHONS`, of pyenv, and of the PATH.
fn installed() -> BTreeMap<String, PathBuf> {
    let mut candidates = Vec::new();
    if let Some(named) = std::env::var_os("RUSTG_PYTHONS") {
        candidates.extend(std::env::split_paths(&named));
    }
    let pyenv =
        std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
    if let Some(versions) = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok()) {
        candidates.extend(versions.flatten().map(|version| version.path().join("bin/python3")));
    }
    for directory in std::env::var_os("PATH").iter().flat_map(std::env::split_paths) {
        let names = KNOWN.iter().map(|version| format!("python{version}")).chain(["python3".to_owned()]);
        candidates.extend(names.map(|name| directory.join(name)));
    }
    let mut found = BTreeMap::new();
    for program in candidates.into_iter().filter(|path| path.exists()) {
        // The script needs these modules, which some distributions leave out; builds without the GIL are another matter.
        let ask = "import sys, sysconfig, ctypes, asyncio; \
                   print('%d.%d' % sys.version_info[:2], sys.implementation.name, sysconfig.get_config_var('Py_GIL_DISABLED') or 0)";
        let Ok(output) = Command::new(&program).args(["-c", ask]).output() else { continue };
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if let Some((version, "cpython 0")) = text.split_once(' ') {
            found.entry(version.to_owned()).or_insert(program);
        }
    }
    found
}
