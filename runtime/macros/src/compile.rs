//! The crate that is being expanded: its root, its files, and what rustg's compiler makes of them, once for all its kernels.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustg_base::LineIndex;
use rustg_driver::{Compilation, Edition, Options, SourceFile, compile};

/// What came out for the crate, and whether somebody has told what is wrong with it.
pub(crate) struct Compiled {
    pub compilation: Compilation,
    pub errors: Mutex<Vec<String>>,
}

/// A file as it was when it was compiled.
type Stamp = (PathBuf, Option<SystemTime>, u64);

static LAST: Mutex<Option<(Vec<Stamp>, Arc<Compiled>)>> = Mutex::new(None);

/// The crate that holds `file`, compiled; from before where no file has changed since.
pub(crate) fn compiled(file: &Path) -> Result<Arc<Compiled>, String> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let manifest = manifest.ok_or("kernels are compiled by Cargo, which says where the package lies")?;
    let file = fs::canonicalize(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let root = root_of(&manifest, &file);
    let mut files = vec![root.clone()];
    collect(root.parent().unwrap_or(&manifest), &root, &mut files);
    let stamps: Vec<Stamp> = files
        .iter()
        .map(|path| {
            let metadata = fs::metadata(path).ok();
            let modified = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
            (path.clone(), modified, metadata.map_or(0, |metadata| metadata.len()))
        })
        .collect();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, compiled)) = last.as_ref()
        && *known == stamps
    {
        return Ok(compiled.clone());
    }
    let sources = files.iter().map(|path| {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(SourceFile { path: shown(&manifest, path), text })
    });
    let sources: Vec<SourceFile> = sources.collect::<Result<_, String>>()?;
    let compilation = compile(&sources, &options());
    let errors = errors(&compilation, &sources);
    let compiled = Arc::new(Compiled { compilation, errors: Mutex::new(errors) });
    *last = Some((stamps, compiled.clone()));
    Ok(compiled)
}

/// The path as rustc shows it: below the package.
pub(crate) fn shown(manifest: &Path, path: &Path) -> String {
    let base = fs::canonicalize(manifest).unwrap_or_else(|_| manifest.to_owned());
    path.strip_prefix(base).unwrap_or(path).display().to_string()
}

fn options() -> Options {
    let target = std::env::var("RUSTG_GPU_ARCH").ok().and_then(|name| name.parse().ok());
    let mut options = Options { edition: Edition::E2024, ..Options::default() };
    if let Some(target) = target {
        options.target = target;
    }
    options
}

fn errors(compilation: &Compilation, sources: &[SourceFile]) -> Vec<String> {
    let found = compilation
        .diagnostics
        .iter()
        .filter(|found| found.diagnostic.severity == rustg_base::diagnostic::Severity::Error);
    found
        .map(|found| {
            let source = &sources[found.file];
            let lines = LineIndex::new(&source.text);
            rustg_base::diagnostic::render(&found.diagnostic, &source.path, &source.text, &lines, false)
        })
        .collect()
}

/// The root of the crate that rustc compiles now, as Cargo names it, if `file` can be of it; else the file itself.
fn root_of(manifest: &Path, file: &Path) -> PathBuf {
    let names = ["CARGO_BIN_NAME", "CARGO_CRATE_NAME"].map(|name| std::env::var(name).unwrap_or_default());
    let mut candidates = declared_roots(manifest, &names);
    let [bin, krate] = &names;
    if !bin.is_empty() {
        let own = [format!("src/bin/{bin}.rs"), format!("src/bin/{bin}/main.rs"), "src/main.rs".to_owned()];
        candidates.extend(own.map(|path| manifest.join(path)));
    }
    candidates.push(manifest.join("src/lib.rs"));
    for folder in ["tests", "examples", "benches"] {
        candidates.push(manifest.join(format!("{folder}/{krate}.rs")));
        candidates.push(manifest.join(format!("{folder}/{krate}/main.rs")));
    }
    candidates.push(manifest.join("src/main.rs"));
    let holds = |root: &PathBuf| root == file || root.parent().is_some_and(|folder| file.starts_with(folder));
    let mut found = candidates.iter().filter_map(|path| fs::canonicalize(path).ok()).filter(holds);
    // A file that is a root itself is its own.
    let own = candidates.iter().filter_map(|path| fs::canonicalize(path).ok()).find(|path| path == file);
    own.or_else(|| found.next()).unwrap_or_else(|| file.to_owned())
}

/// The paths that Cargo.toml gives for targets of these names.
fn declared_roots(manifest: &Path, names: &[String]) -> Vec<PathBuf> {
    let Ok(text) = fs::read_to_string(manifest.join("Cargo.toml")) else { return Vec::new() };
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let mut targets: Vec<&toml::Value> = table.get("lib").into_iter().collect();
    for key in ["bin", "test", "example", "bench"] {
        targets.extend(table.get(key).and_then(|list| list.as_array()).into_iter().flatten());
    }
    let text_of = |target: &toml::Value, key: &str| target.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    targets
        .into_iter()
        .filter(|target| {
            text_of(target, "name")
                .is_none_or(|name| names.iter().any(|known| *known == name.replace('-', "_") || *known == name))
        })
        .filter_map(|target| text_of(target, "path"))
        .map(|path| manifest.join(path))
        .collect()
}

/// All Rust files below a folder, but for the root, in a fixed order.
fn collect(folder: &Path, root: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if !is_hidden && !path.ends_with("target") {
                collect(&path, root, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && path != root {
            files.push(path);
        }
    }
}
