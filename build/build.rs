//! Packs the SDK: the sources of the crates that a project with kernels depends on, as a workspace of their own.
//!
//! The archive is gzip over entries of: path length (u32), path, content length (u32), content; all little-endian.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use toml::{Table, Value};

/// The crate that projects name.
const ROOT: &str = "rustg";
/// Folders of a crate that its users do not compile.
const LEFT_OUT: &[&str] = &["tests", "benches", "examples", "target", "fixtures"];

fn main() {
    let workspace = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("Cargo says it")).join("..");
    let text = fs::read_to_string(workspace.join("Cargo.toml")).expect("the workspace has a Cargo.toml");
    let manifest: Table = text.parse().expect("Cargo has read the same text");
    let dependencies = manifest["workspace"]["dependencies"].as_table().expect("a table of dependencies").clone();
    let crates = reachable(&workspace, &dependencies);

    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for folder in &crates {
        collect(&workspace, &workspace.join(folder), &mut files);
        println!("cargo::rerun-if-changed={}", workspace.join(folder).display());
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "NOTICE.md"] {
        if let Ok(content) = fs::read(workspace.join(name)) {
            files.push((name.to_owned(), content));
        }
    }
    files.push(("Cargo.toml".to_owned(), root_manifest(&manifest, &crates, &dependencies).into_bytes()));
    // Beside the sources, for new projects: the versions that this tree was tested with.
    if let Ok(lock) = fs::read(workspace.join("Cargo.lock")) {
        files.push(("Cargo.lock".to_owned(), lock));
    }
    println!("cargo::rerun-if-changed={}", workspace.join("Cargo.toml").display());
    println!("cargo::rerun-if-changed={}", workspace.join("Cargo.lock").display());
    files.sort();

    let out = PathBuf::from(env::var("OUT_DIR").expect("Cargo says it"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for (path, content) in &files {
        for part in [path.as_bytes(), content] {
            packed.write_all(&(part.len() as u32).to_le_bytes()).expect("memory takes it");
            packed.write_all(part).expect("memory takes it");
        }
    }
    fs::write(out.join("sdk.bin"), packed.finish().expect("memory takes it")).expect("the output folder is writable");
    println!("cargo::rustc-env=RUSTG_SDK_ID={:016x}", hash(&files));
}

/// FNV-1a over all paths and contents: which SDK it is.
fn hash(files: &[(String, Vec<u8>)]) -> u64 {
    let bytes = files.iter().flat_map(|(path, content)| path.bytes().chain(content.iter().copied()));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The folders of the crates of this workspace that [`ROOT`] depends on, itself included.
fn reachable(workspace: &Path, dependencies: &Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![ROOT.to_owned()];
    while let Some(name) = open.pop() {
        let Some(folder) = dependencies.get(&name).and_then(|entry| entry.get("path")).and_then(Value::as_str) else {
            continue;
        };
        if !found.insert(folder.to_owned()) {
            continue;
        }
        let manifest = read_manifest(&workspace.join(folder));
        for section in ["dependencies", "build-dependencies"] {
            open.extend(
                manifest.get(section).and_then(Value::as_table).into_iter().flat_map(|table| table.keys().cloned()),
            );
        }
        // Sources that a crate embeds, rather than depends on.
        if name == "rustg-sema" && workspace.join("kernels/core").is_dir() {
            found.insert("kernels/core".to_owned());
        }
    }
    found
}

fn read_manifest(folder: &Path) -> Table {
    let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    text.parse().expect("Cargo has read the same text")
}

fn collect(workspace: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a crate's folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            // A folder with a manifest is a crate of its own, which is listed if it is needed.
            if !LEFT_OUT.contains(&name.as_str()) && !path.join("Cargo.toml").exists() {
                collect(workspace, &path, files);
            }
            continue;
        }
        let content = match name.as_str() {
            "Cargo.toml" => trimmed(&path).into_bytes(),
            _ => fs::read(&path).expect("a file of the crate"),
        };
        let path = path.strip_prefix(workspace).expect("a path below the workspace");
        files.push((path.to_string_lossy().replace('\\', "/"), content));
    }
}

/// A crate's manifest without what is only for its own tests.
fn trimmed(path: &Path) -> String {
    let mut manifest = read_manifest(path.parent().expect("a file lies in a folder"));
    for section in ["dev-dependencies", "bench", "test", "example"] {
        manifest.remove(section);
    }
    toml_text(&manifest)
}

/// The workspace's manifest with the members that are packed and the dependencies that they name.
fn root_manifest(manifest: &Table, crates: &BTreeSet<String>, dependencies: &Table) -> String {
    let mut workspace = manifest["workspace"].as_table().expect("a workspace").clone();
    workspace.remove("exclude");
    let with_manifest = crates.iter().filter(|folder| Path::new("..").join(folder).join("Cargo.toml").exists());
    workspace
        .insert("members".into(), Value::Array(with_manifest.map(|folder| Value::String(folder.clone())).collect()));
    let kept = dependencies
        .iter()
        .filter(|(_, entry)| entry.get("path").and_then(Value::as_str).is_none_or(|path| crates.contains(path)));
    workspace
        .insert("dependencies".into(), Value::Table(kept.map(|(name, entry)| (name.clone(), entry.clone())).collect()));
    toml_text(&Table::from_iter([("workspace".to_owned(), Value::Table(workspace))]))
}

/// A table as TOML. Keys are quoted, tables in tables are inline: nothing of it is for reading.
fn toml_text(table: &Table) -> String {
    table
        .iter()
        .map(|(key, value)| match value {
            Value::Table(inner) => {
                let lines: String = inner.iter().map(|(key, value)| format!("{key:?} = {}\n", inline(value))).collect();
                format!("[{key:?}]\n{lines}\n")
            }
            other => format!("{key:?} = {}\n", inline(other)),
        })
        .collect()
}

fn inline(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let entries: Vec<String> =
                table.iter().map(|(key, value)| format!("{key:?} = {}", inline(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Float(_) | Value::Datetime(_) => panic!("no manifest of this workspace holds {value:?}"),
    }
}
