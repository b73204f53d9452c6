//! Rules about the repository itself: file lengths, arrows between rooms, banned calls, links in documents.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 850;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the repository whose name ends with `ending`, without build outputs, hidden folders and fixtures.
fn files_ending(ending: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, ending: &str, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("the repository is readable") {
            let path = entry.expect("the repository is readable").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "fixtures", "goldens"].contains(&name.as_str()) && !name.starts_with('.') {
                    walk(&path, ending, files);
                }
            } else if name.ends_with(ending) {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(root(), ending, &mut files);
    files.sort();
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn no_rust_file_is_longer_than_the_house_allows() {
    let files = files_ending(".rs");
    assert!(files.len() > 10, "the walk found the sources");
    let long: Vec<_> = (files.iter())
        .map(|path| (shown(path), read(path).lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:?}");
}

/// The rooms table of ARCHITECTURE.md: crate → crates it may use; `None` is "everything".
fn allowed_arrows() -> BTreeMap<String, Option<Vec<String>>> {
    let text = read(&root().join("ARCHITECTURE.md"));
    let rows = text.lines().filter(|line| line.starts_with("| `") && line.contains("`rustg-"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let allowed = cells[3].trim_end_matches('|').trim();
        let all = allowed.starts_with("everything");
        (name, (!all).then(|| allowed.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()))
    })
    .collect()
}

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let allowed = allowed_arrows();
    assert!(allowed.len() > 5, "the rooms table was found: {allowed:?}");
    let mut wrong = Vec::new();
    for manifest in files_ending("Cargo.toml") {
        let text = read(&manifest);
        let Some(name) = text.lines().find_map(|line| line.strip_prefix("name = \"")) else { continue };
        let name = name.trim_end_matches('"');
        let Some(allowed) = allowed.get(name) else {
            wrong.push(format!("{name} ({}) is not in the rooms table of ARCHITECTURE.md", shown(&manifest)));
            continue;
        };
        let section = text.split("\n[dependencies]").nth(1).unwrap_or("").split("\n[").next().unwrap_or("");
        for line in section.lines().filter(|line| line.starts_with("rustg-")) {
            let used = line.split(['.', ' ', '=']).next().unwrap_or("");
            if allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|name| name == used)) {
                wrong.push(format!("{name} may not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_unwrap_todo_or_debug_print_outside_tests() {
    // A file's tests stand at its end, below the first `#[cfg(test)]`.
    let banned = [".unwrap()", "todo!(", "unimplemented!(", "dbg!("];
    let mut wrong = Vec::new();
    for path in files_ending(".rs") {
        let place = shown(&path);
        if ["tests/", "/tests", "examples/", "benches/", "fuzz/"].iter().any(|part| place.contains(part)) {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]\nmod").next().unwrap_or("");
        for (number, line) in code.lines().enumerate() {
            let statement = line.split("//").next().unwrap_or("");
            if let Some(call) = banned.iter().find(|call| statement.contains(**call)) {
                wrong.push(format!("{place}:{}: {call}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn unsafe_blocks_say_why_they_are_sound() {
    let mut wrong = Vec::new();
    for path in files_ending(".rs") {
        let text = read(&path);
        let lines: Vec<_> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let statement = line.split("//").next().unwrap_or("");
            // A line that begins with a quote is a text, as in tests of the parser.
            let is_text = statement.trim_start().starts_with('"');
            let opens = !is_text && (statement.contains("unsafe {") || statement.contains("unsafe impl"));
            let reasons = lines[number.saturating_sub(8)..=number].iter().any(|line| line.contains("SAFETY"));
            if opens && !reasons && !shown(&path).ends_with("tidy.rs") {
                wrong.push(format!("{}:{}", shown(&path), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "unsafe without a SAFETY comment in the eight lines above: {wrong:#?}");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut dead = Vec::new();
    let documents = files_ending(".md");
    assert!(documents.len() >= 4, "the documents were found");
    for path in documents {
        let text = read(&path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or("");
            let outside = link.contains("://") || link.starts_with("mailto:");
            let folder = path.parent().expect("a file has a folder");
            if !outside && !file.is_empty() && !folder.join(file).exists() {
                dead.push(format!("{}: {link}", shown(&path)));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn every_package_states_the_same_minimum_rust_version() {
    for manifest in files_ending("Cargo.toml") {
        let text = read(&manifest);
        if text.contains("[package]") && text.contains("\n[workspace]\n") && !text.contains("[workspace.package]") {
            // A package outside the workspace has nobody to inherit from.
            assert!(text.contains("rust-version = \"1.95\""), "{} states another", shown(&manifest));
        } else if text.contains("[package]") && !text.contains("[workspace.package]") {
            assert!(text.contains("rust-version.workspace = true"), "{} states its own", shown(&manifest));
        }
    }
    assert!(read(&root().join("Cargo.toml")).contains("rust-version = \"1.95\""));
}
