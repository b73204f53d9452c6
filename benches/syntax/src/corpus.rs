//! The corpus: every Rust file under given folders, with the edition its Cargo.toml names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rustg_syntax::Edition;

/// One source file.
pub struct File {
    pub path: PathBuf,
    pub text: String,
    pub edition: Edition,
}

/// Every UTF-8 Rust file under `dirs`, sorted by path, of which every `step`th is taken.
pub fn read(dirs: &[PathBuf], step: usize) -> Vec<File> {
    let mut paths = Vec::new();
    for dir in dirs {
        walk(dir, &mut paths);
    }
    paths.sort();
    let mut editions = HashMap::new();
    let paths = paths.into_iter().step_by(step);
    paths
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            let edition = edition_of(path.parent()?, &mut editions);
            Some(File { path, text, edition })
        })
        .collect()
}

fn walk(dir: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn edition_of(dir: &Path, known: &mut HashMap<PathBuf, Edition>) -> Edition {
    if let Some(&edition) = known.get(dir) {
        return edition;
    }
    let edition = match std::fs::read_to_string(dir.join("Cargo.toml")) {
        Ok(manifest) => {
            let line = manifest.lines().find_map(|line| line.strip_prefix("edition = \""));
            line.and_then(|line| line.trim_end_matches('"').parse().ok()).unwrap_or(Edition::E2015)
        }
        Err(_) => dir.parent().map_or(Edition::E2024, |parent| edition_of(parent, known)),
    };
    known.insert(dir.to_owned(), edition);
    edition
}
