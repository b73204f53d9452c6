//! Functions compiled by rustc, all as one program, and what they do on the host.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::case::{Case, INPUTS, Outcome};

const RUN: &str = r#"
static LAST: std::sync::Mutex<(String, u32)> = std::sync::Mutex::new((String::new(), 0));
fn run(name: &str, test: fn(u64) -> u64) {
    for x in INPUTS {
        match catch_unwind(|| test(*x)) {
            Ok(value) => println!("{name} ok {value}"),
            Err(_) => { let last = LAST.lock().unwrap(); println!("{name} panic {} {}", last.1, last.0.replace('\n', "\\n")); }
        }
    }
}
fn main() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<&str>().map(|text| text.to_string()).or_else(|| info.payload().downcast_ref::<String>().cloned()).unwrap_or_default();
        *LAST.lock().unwrap() = (text, info.location().map_or(0, |place| place.line()));
    }));
"#;

/// Writes the program's files; the root is `main.rs`.
pub fn write_program(folder: &Path, cases: &[Case]) {
    let mut main = format!("use std::panic::catch_unwind;\nconst INPUTS: &[u64] = &{INPUTS:?};\n");
    for case in cases {
        let _ = writeln!(main, "mod {};", case.name);
        std::fs::write(folder.join(format!("{}.rs", case.name)), &case.text).unwrap();
    }
    main.push_str(RUN);
    for case in cases {
        for test in &case.tests {
            let _ = writeln!(main, "    run(\"{0}::{test}\", {0}::{test});", case.name);
        }
    }
    main.push_str("}\n");
    std::fs::write(folder.join("main.rs"), main).unwrap();
}

/// What each test (`case::path`) does with each input, in their order.
pub fn outcomes(cases: &[Case]) -> BTreeMap<String, Vec<Outcome>> {
    let folder = tempfile::tempdir().unwrap();
    write_program(folder.path(), cases);
    let program = folder.path().join("program");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let built = Command::new(rustc)
        .args(["--edition", "2024", "--cap-lints", "allow", "-C", "debuginfo=0", "-C", "overflow-checks=on", "-o"])
        .arg(&program)
        .arg(folder.path().join("main.rs"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(&program).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut outcomes: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    for line in String::from_utf8(ran.stdout).unwrap().lines() {
        let mut words = line.splitn(3, ' ');
        let (name, kind, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let outcome = if kind == "ok" {
            Ok(rest.parse().unwrap())
        } else {
            let (line, message) = rest.split_once(' ').unwrap();
            Err((message.replace("\\n", "\n"), line.parse().unwrap()))
        };
        outcomes.entry(name.to_owned()).or_default().push(outcome);
    }
    outcomes
}
