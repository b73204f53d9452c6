//! Runs the program under test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A trace that the repository carries.
pub fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/traces").join(name)
}

/// `rustg` with nothing of the environment that changes what it writes.
pub fn rustg() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rustg"));
    for variable in ["NO_COLOR", "COLUMNS", "LC_ALL", "LC_CTYPE", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command.env("LANG", "C.UTF-8");
    command
}

/// What `rustg` with these arguments writes and how it ends.
pub fn run(arguments: &[&str]) -> Output {
    rustg().args(arguments).output().expect("the program can be started")
}

/// The stdout of a run that must succeed.
pub fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "rustg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text is UTF-8")
}

/// The result of a Python script as JSON; `None`, visibly, where there is no Python.
pub fn python(script: &str, arguments: &[&Path]) -> Option<serde_json::Value> {
    let path = root().join("tests").join(script);
    match Command::new("python3").arg(&path).args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
            Some(serde_json::from_slice(&output.stdout).expect("the script prints JSON"))
        }
        Err(error) => {
            eprintln!("SKIPPED: python3 cannot be started ({error}); {script} checks nothing");
            None
        }
    }
}
