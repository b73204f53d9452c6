//! The crate that is being expanded: its root, its files, and what rustg's compiler makes of them, once for all its kernels.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustg_driver::{Compilation, Dependency, Edition, Options, SourceFile, compile, crate_files};

use crate::dependencies::path_crate;
use crate::invocation::Invocation;
use crate::problem::Problem;

/// What came out for the crate, and what is wrong with it and was not told yet.
pub(crate) struct Compiled {
    pub compilation: Compilation,
    pub problems: Mutex<Problems>,
}

/// What is wrong with the crate.
pub(crate) struct Problems {
    pub left: Vec<Problem>,
    /// Whether no kernel has asked yet.
    pub is_first: bool,
}

/// A file as it was when it was compiled.
type Stamp = (PathBuf, Option<SystemTime>, u64);

/// What was asked for last, and what came of it.
type Last = (Invocation, Vec<Stamp>, Arc<Compiled>);

static LAST: Mutex<Option<Last>> = Mutex::new(None);

/// The crate that holds `file`, compiled; from before where no file has changed since.
pub(crate) fn compiled(file: &Path) -> Result<Arc<Compiled>, String> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let manifest = manifest.ok_or("kernels are compiled by Cargo, which says where the package lies")?;
    let file = fs::canonicalize(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let invocation = Invocation::of_process();
    let root = root_of(&invocation, &file);
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
    if let Some((asked, known, compiled)) = last.as_ref()
        && *asked == invocation
        && *known == stamps
    {
        return Ok(compiled.clone());
    }
    let sources = files.iter().map(|path| {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(SourceFile { path: shown(&manifest, path), text })
    });
    // What lies below the root, of which its modules lead to some: another binary's files are none of its own.
    let mut found: Vec<SourceFile> = sources.collect::<Result<_, String>>()?;
    let root = found.swap_remove(0);
    let mut read = |path: &str| found.iter().find(|file| file.path == path).map(|file| file.text.clone());
    let mut sources = crate_files(root, &mut read);
    let mut options = options(&invocation)?;
    for (name, path) in &invocation.externs {
        let Some(found) = path_crate(name, path) else { continue };
        let edition = if found.edition.is_empty() { Ok(options.edition) } else { edition(&found.edition) };
        let (name, first_file, features) = (found.name, sources.len(), found.features);
        options.dependencies.push(Dependency { name, edition: edition?, first_file, features });
        sources
            .extend(found.files.into_iter().map(|(path, text)| SourceFile { path: path.display().to_string(), text }));
    }
    let compilation = compile(&sources, &options);
    let problems = Problems { left: problems(&compilation, &sources), is_first: true };
    let compiled = Arc::new(Compiled { compilation, problems: Mutex::new(problems) });
    *last = Some((invocation, stamps, compiled.clone()));
    Ok(compiled)
}

/// The path as rustc shows it: below the package.
pub(crate) fn shown(manifest: &Path, path: &Path) -> String {
    let base = fs::canonicalize(manifest).unwrap_or_else(|_| manifest.to_owned());
    path.strip_prefix(base).unwrap_or(path).display().to_string()
}

fn edition(name: &str) -> Result<Edition, String> {
    match name {
        "" | "2015" => Ok(Edition::E2015),
        "2018" => Ok(Edition::E2018),
        "2021" => Ok(Edition::E2021),
        "2024" => Ok(Edition::E2024),
        other => Err(format!("rustg does not know edition {other} of Rust")),
    }
}

fn options(invocation: &Invocation) -> Result<Options, String> {
    let mut options = Options { edition: edition(&invocation.edition)?, ..Options::default() };
    if !invocation.has_debug_assertions() {
        options.cfgs.retain(|cfg| cfg != "debug_assertions");
    }
    options.cfgs.extend(invocation.cfgs.iter().cloned());
    if let Some(name) = std::env::var("RUSTG_GPU_ARCH").ok().filter(|name| !name.is_empty()) {
        options.target = name.parse().map_err(|error| format!("RUSTG_GPU_ARCH: {error}"))?;
    }
    if let Some(end) = std::env::var("RUSTG_PANIC").ok().filter(|end| !end.is_empty()) {
        options.panic = end.parse().map_err(|error| format!("RUSTG_PANIC: {error}"))?;
    }
    Ok(options)
}

fn problems(compilation: &Compilation, sources: &[SourceFile]) -> Vec<Problem> {
    let found = compilation
        .diagnostics
        .iter()
        .filter(|found| found.diagnostic.severity == rustg_base::diagnostic::Severity::Error);
    found
        .map(|found| {
            let source = &sources[found.file];
            Problem::new(&found.diagnostic, &source.path, &source.text)
        })
        .collect()
}

/// The root of the crate that rustc compiles now, if `file` can be of it; else the file itself.
fn root_of(invocation: &Invocation, file: &Path) -> PathBuf {
    let root = invocation.root.as_ref().and_then(|path| fs::canonicalize(path).ok());
    let holds = |root: &PathBuf| root == file || root.parent().is_some_and(|folder| file.starts_with(folder));
    root.filter(holds).unwrap_or_else(|| file.to_owned())
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
