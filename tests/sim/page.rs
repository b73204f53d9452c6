//! The commands of `docs/simulator.md`.

use std::fs;

use super::{fixtures, sim};
use crate::program::root;

/// A command line as a shell splits it, without quotes.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in line.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            _ => word.push(character),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[test]
fn the_pages_commands_end_as_it_says() {
    let page = fs::read_to_string(root().join("docs/simulator.md")).unwrap();
    let mut inside = false;
    let mut commands = 0;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line.starts_with("```sh");
            continue;
        }
        let Some(command) = line.strip_prefix("rustg sim ").filter(|_| inside) else { continue };
        let (command, comment) = command.split_once(" # ").unwrap_or((command, "exit 0"));
        let code: i32 = comment.trim().trim_start_matches("exit ").parse().expect("the page says the exit code");
        let arguments = split(command);
        let ended = sim(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ended.code, code, "rustg sim {command}\n{}{}", ended.stdout, ended.stderr);
        commands += 1;
    }
    assert!(commands >= 10, "the page shows how to use it");
}

#[test]
fn the_pages_launch_file_is_the_one_that_is_run() {
    let page = fs::read_to_string(root().join("docs/simulator.md")).unwrap();
    let shown = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(shown, fs::read_to_string(fixtures().join("launch.toml")).unwrap());
}
