//! Rust sources for commands: reading them, and the edition their package is written in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rustg_syntax::{Edition, TEXT_SIZE_MAX};

use crate::failure::Failure;

/// Reads the Rust source at `path`; `-` is standard input.
pub fn read(path: &Path) -> Result<String, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| Failure::input(format_args!("cannot read {}: {error}", path.display())))?;
    if bytes.len() > TEXT_SIZE_MAX {
        return Err(Failure::input(format_args!(
            "{}: {} bytes are more than a source may have (4 GiB)",
            path.display(),
            bytes.len()
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Failure::input(format_args!(
            "{}: not UTF-8 from byte {offset} on; Rust sources are UTF-8, so convert the file",
            path.display()
        ))
    })
}

/// The files named, and all `.rs` files of the folders named, in a fixed order; those of the current folder where none is. Leaves out
/// what .gitignore names and hidden files.
pub fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut files = Vec::new();
    for path in paths {
        if path == Path::new("-") || path.is_file() {
            files.push(path.clone());
            continue;
        }
        if !path.exists() {
            return Err(Failure::input(format_args!("{}: no such file or folder", path.display())));
        }
        let mut found = Vec::new();
        for entry in ignore::WalkBuilder::new(path).require_git(false).build() {
            let entry =
                entry.map_err(|error| Failure::input(format_args!("cannot search {}: {error}", path.display())))?;
            if entry.file_type().is_some_and(|kind| kind.is_file())
                && entry.path().extension().is_some_and(|end| end == "rs")
            {
                found.push(entry.into_path());
            }
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}

/// Finds editions in Cargo.toml files, each folder's once.
#[derive(Default)]
pub struct Editions {
    known: HashMap<PathBuf, Option<Edition>>,
}

impl Editions {
    /// The edition of the nearest Cargo.toml above `path` that is a package's; 2024 where there is none.
    pub fn of(&mut self, path: &Path) -> Edition {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        absolute.parent().and_then(|dir| self.of_dir(dir)).unwrap_or_default()
    }

    fn of_dir(&mut self, dir: &Path) -> Option<Edition> {
        if let Some(&known) = self.known.get(dir) {
            return known;
        }
        let own = std::fs::read_to_string(dir.join("Cargo.toml")).ok().and_then(|text| edition_in(&text, dir));
        let edition = own.or_else(|| dir.parent().and_then(|parent| self.of_dir(parent)));
        self.known.insert(dir.to_owned(), edition);
        edition
    }
}

/// The edition a package's manifest names, 2015 if none; `None` for a manifest without a package.
fn edition_in(manifest: &str, dir: &Path) -> Option<Edition> {
    let package = section(manifest, "package").or_else(|| section(manifest, "project"))?;
    let mut edition = None;
    for line in package.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        match key.trim() {
            "edition" if value.contains("workspace") => edition = inherited(dir),
            "edition" => edition = Some(unquoted(value)),
            "edition.workspace" => edition = inherited(dir),
            _ => {}
        }
    }
    Some(edition.map_or(Edition::E2015, |text| text.parse().unwrap_or_default()))
}

/// The lines of `[name]`.
fn section<'a>(manifest: &'a str, name: &str) -> Option<&'a str> {
    let header = format!("[{name}]");
    let mut offset = 0;
    for line in manifest.split_inclusive('\n') {
        offset += line.len();
        if line.split('#').next().unwrap_or("").trim() == header {
            let rest = &manifest[offset..];
            return Some(rest.split("\n[").next().unwrap_or(rest));
        }
    }
    None
}

fn unquoted(value: &str) -> String {
    value.split('#').next().unwrap_or("").trim().trim_matches(['"', '\'']).to_owned()
}

/// What the workspace above `dir` says for all its packages.
fn inherited(dir: &Path) -> Option<String> {
    dir.ancestors().find_map(|dir| {
        let manifest = std::fs::read_to_string(dir.join("Cargo.toml")).ok()?;
        let package = section(&manifest, "workspace.package")?;
        package.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == "edition").then(|| unquoted(value))
        })
    })
}
