//! The commands and the program of `docs/first-kernel.md`.
//!
//! A new project compiles the runtime and the compiler optimised, which takes minutes: that is done with `RUSTG_TEST_FULL=1`. Without it the
//! project is made and compared with the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/first-kernel.md")).unwrap()
}

/// The page's blocks of that language.
fn blocks(language: &str) -> Vec<String> {
    let page = page();
    let fence = format!("```{language}\n");
    let parts = page.split(fence.as_str()).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// A shell that finds this `rustg`, and keeps SDKs in `home`.
fn shell(folder: &Path, home: &Path, command: &str) -> Output {
    let rustg = PathBuf::from(env!("CARGO_BIN_EXE_rustg"));
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    shell.env("PATH", format!("{}:{path}", rustg.parent().unwrap().display()));
    // Cargo sets these for tests; a user's shell has none of them.
    for name in ["CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_MANIFEST_DIR"] {
        shell.env_remove(name);
    }
    shell.env("RUSTG_SDK_DIR", home).env("RUSTG_DEVICE", "sim").output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_new_project_is_what_the_page_shows_and_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let made = shell(folder.path(), &folder.path().join("sdk"), "rustg new hello");
    assert!(made.status.success(), "{}", told(&made));
    let project = folder.path().join("hello");
    let main = fs::read_to_string(project.join("src/main.rs")).unwrap();
    let [shown] = &blocks("rust")[..] else { panic!("the page shows one program") };
    assert!(main.starts_with(shown.as_str()), "the page shows another program");
    // What needs no build of the project is run at once; of the other commands, that they are such.
    let inspected = shell(&project, &folder.path().join("sdk"), "rustg inspect saxpy");
    assert!(told(&inspected).contains("*out += a * x[i.get()];\n") && told(&inspected).contains("mul.rn.f32"));
    let commands = blocks("sh").join("");
    let own: Vec<&str> = commands.lines().filter(|line| line.starts_with("rustg ")).collect();
    assert!(own.len() > 6, "{own:?}");
    for command in own {
        let helped = shell(&project, &folder.path().join("sdk"), &format!("{command} --help"));
        assert!(helped.status.success(), "{command}: {}", told(&helped));
    }
    let again = shell(folder.path(), &folder.path().join("sdk"), "rustg new hello");
    assert_eq!(again.status.code(), Some(2));
    assert!(told(&again).contains("hello exists already"), "{}", told(&again));
}

#[test]
fn every_command_of_the_page_does_what_it_says() {
    if std::env::var_os("RUSTG_TEST_FULL").is_none() {
        println!("skipped: a new project takes minutes to build; RUSTG_TEST_FULL=1 does it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("sdk");
    let mut at = folder.path().to_owned();
    let mut printed = String::new();
    for command in blocks("sh").iter().flat_map(|block| block.lines()) {
        match command.strip_prefix("cd ") {
            Some(below) => at.push(below),
            None => {
                let output = shell(&at, &home, command);
                assert!(output.status.success(), "{command}: {}", told(&output));
                printed.push_str(&told(&output));
            }
        }
    }
    assert!(printed.contains("simulator: y[7] = 2"), "{printed}");
    assert!(printed.contains("3 passed") && printed.contains("1 passed; 0 failed"), "{printed}");
    assert!(printed.contains("\"failed\":0"), "{printed}");
    assert!(printed.contains("warp instructions  +0.0 % (p = 1.000): same"), "{printed}");
}
