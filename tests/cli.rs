//! What all commands have in common: help, exit codes, completions, manual pages, and the README's promises.

use std::collections::BTreeSet;
use std::fs;

use crate::program::{fixture, root, run, rustg, succeed};

/// The subcommands, as the help lists them.
fn subcommands() -> Vec<String> {
    let help = succeed(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(names.len() >= 4, "{help}");
    names.into_iter().filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_help_with_examples_that_parse() {
    for name in subcommands() {
        let help = succeed(&[&name, "--help"]);
        let examples: Vec<&str> = help.lines().skip_while(|line| *line != "Examples:").skip(1).collect();
        let ours = examples.iter().filter(|line| line.trim_start().starts_with(&format!("rustg {name}"))).count();
        assert!(ours > 0, "rustg {name} --help shows no example of itself:\n{help}");
        for line in examples.iter().filter(|line| line.trim_start().starts_with("rustg ")) {
            assert_options_exist(line.trim_start(), &help);
        }
        let short = succeed(&[&name, "-h"]);
        assert!(short.contains("Usage:"), "{short}");
    }
}

/// Every `--option` of a command line of ours is one that its help names.
fn assert_options_exist(line: &str, help: &str) {
    let own = line.split([';', '|', '>', '#']).next().unwrap_or(line);
    let own = own.split(" -- ").next().unwrap_or(own);
    for option in own.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2) {
        let option = option.split('=').next().unwrap_or(option);
        assert!(help.contains(option), "'{line}' uses {option}, which the help does not know");
    }
}

#[test]
fn wrong_usage_and_wrong_input_exit_with_2_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let junk = folder.path().join("junk.json");
    fs::write(&junk, b"\x00\x01 this is no trace").unwrap();
    let junk = junk.to_string_lossy();
    for arguments in [
        vec!["no-such-command"],
        vec!["stats", "--no-such-option"],
        vec!["stats", "/no/such/file"],
        vec!["stats", &junk],
        vec!["stats", "--by", "nothing"],
        vec!["stats", "--tables", "nothing"],
        vec!["diff", &junk],
        vec!["diff", &junk, &junk],
        vec!["diff", "a", "b", "--fail-above", "many"],
        vec!["flame", &junk],
        vec!["completions", "no-such-shell"],
    ] {
        let output = run(&arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(!error.is_empty() && !error.contains("panicked"), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty(), "{arguments:?} writes its error to stderr");
    }
}

#[test]
fn without_a_trace_the_newest_recording_is_meant_and_without_one_it_is_said_how_to_record() {
    let folder = tempfile::tempdir().unwrap();
    let output = rustg().arg("stats").current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("rustg record -- "));

    for name in ["old.rgt", ".hidden"] {
        fs::create_dir_all(folder.path().join(".rustg").join(name)).unwrap();
    }
    let output = rustg().arg("stats").current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "an empty directory is no recording");
    assert!(String::from_utf8_lossy(&output.stderr).contains("old.rgt"), "and it is named");
}

#[test]
fn help_completions_and_manual_pages_come_from_one_table() {
    let names: BTreeSet<String> = subcommands().into_iter().collect();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = succeed(&["completions", shell]);
        for name in &names {
            assert!(script.contains(name.as_str()), "{shell} does not complete {name}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    succeed(&["man", "--out", &folder.path().to_string_lossy()]);
    for name in &names {
        let page = fs::read_to_string(folder.path().join(format!("rustg-{name}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains("Examples"), "{name}");
    }
    let page = fs::read_to_string(folder.path().join("rustg.1")).unwrap();
    assert_eq!(page, succeed(&["man"]));
}

/// The `rustg …` lines of the README's shell blocks.
fn readme_commands() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut inside = false;
    let mut commands = Vec::new();
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = !inside && line.starts_with("```sh");
        } else if inside && line.starts_with("rustg ") {
            commands.push(line.split(" # ").next().unwrap_or(line).trim().to_owned());
        }
    }
    assert!(commands.len() >= 5, "the README shows how to use it: {commands:?}");
    commands
}

#[test]
fn the_readmes_commands_work() {
    let names = subcommands();
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (fixture("kineto-python-stacks.json.gz"), fixture("kineto-launch-bound.json.gz"));
    for command in readme_commands() {
        let name = command.split_whitespace().nth(1).unwrap_or_default().to_owned();
        assert!(names.contains(&name), "the README's '{command}' is no command of {names:?}");
        assert_options_exist(&command, &succeed(&[&name, "--help"]));
        // What needs a GPU or a terminal is not run here.
        if !["stats", "flame", "diff", "export"].contains(&name.as_str()) {
            continue;
        }
        let mut traces = [&second, &first].into_iter().cycle();
        let own = command.split('>').next().unwrap_or(&command);
        let arguments = own.split_whitespace().skip(1).map(|word| {
            let is_trace = [".json", ".gz", ".rgt", ".sqlite"].iter().any(|suffix| word.ends_with(suffix));
            if is_trace { traces.next().expect("endless").into() } else { std::path::PathBuf::from(word) }
        });
        let output = rustg().args(arguments).current_dir(folder.path()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "'{command}' ends with {:?}: {error}", output.status.code());
    }
}

#[test]
fn colours_come_only_when_asked_for() {
    let path = fixture("two-gpus-nccl.json");
    let path = path.to_string_lossy();
    assert!(!succeed(&["stats", &path]).contains('\x1b'));
    assert!(succeed(&["stats", &path, "--color", "always"]).contains('\x1b'));
}
