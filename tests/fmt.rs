//! `rustg fmt`: what it writes and how it ends.

use std::io::Write;
use std::process::Stdio;

use crate::program::{run, rustg};

#[test]
fn check_says_what_would_change_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.rs");
    std::fs::write(&path, "fn main(){let x=1;}").unwrap();
    let shown = path.display().to_string();
    let output = run(&["fmt", "--check", &shown]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("a.rs"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "fn main(){let x=1;}");
}

#[test]
fn files_are_formatted_in_place_and_then_pass_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.rs");
    std::fs::write(&path, "fn main(){let x=1;}").unwrap();
    let shown = path.display().to_string();
    assert_eq!(run(&["fmt", &shown]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "fn main() {\n    let x = 1;\n}\n");
    assert_eq!(run(&["fmt", "--check", &shown]).status.code(), Some(0));
}

#[test]
fn standard_input_is_read_only_when_asked_for() {
    let mut child = rustg()
        .args(["fmt", "--stdin", "--config", "tab_spaces=2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    child.stdin.take().unwrap().write_all(b"fn main(){let x=1;}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "fn main() {\n  let x = 1;\n}\n");
}

#[test]
fn unknown_options_and_missing_files_are_refused_by_name() {
    let output = run(&["fmt", "--config", "no_such_option=1", "--stdin"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no_such_option"));
    assert_eq!(run(&["fmt", "no/such/file.rs"]).status.code(), Some(2));
}
