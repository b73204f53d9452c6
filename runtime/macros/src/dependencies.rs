//! The path crates whose functions kernels may call: their sources, as rustc's own notes beside the compiled crate list them.
//!
//! Beside `libmath-HASH.rmeta` lies `math-HASH.d`, with every file that it was compiled from (rustc's `--emit=dep-info`, a Makefile rule). Crates of a
//! registry or of git are left out, and those that do not use the runtime: they have no device code.

use std::fs;
use std::path::{Path, PathBuf};

/// A crate that the expanded one uses.
pub(crate) struct PathCrate {
    pub name: String,
    /// Its root first.
    pub files: Vec<(PathBuf, String)>,
    /// As its Cargo.toml says; empty where that does not.
    pub edition: String,
    /// `feature="fast"`, …; nothing where Cargo's notes of them are not found.
    pub features: Option<Vec<String>>,
}

/// The path crate that was compiled into `compiled`, if it is one with device code.
pub(crate) fn path_crate(name: &str, compiled: &Path) -> Option<PathCrate> {
    // The runtime is known to the compiler; shared libraries are macros.
    let is_library = compiled.extension().is_some_and(|extension| extension == "rlib" || extension == "rmeta");
    if name == "rustg" || !is_library {
        return None;
    }
    let stem = compiled.file_stem()?.to_str()?.strip_prefix("lib")?;
    let notes = fs::read_to_string(compiled.with_file_name(format!("{stem}.d"))).ok()?;
    let mut paths = sources(&notes);
    let is_foreign = |path: &PathBuf| {
        let text = path.to_string_lossy();
        text.contains("/registry/src/") || text.contains("/git/checkouts/")
    };
    if paths.is_empty() || paths.iter().any(is_foreign) {
        return None;
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let files: Vec<(PathBuf, String)> = paths
        .into_iter()
        .map(|path| fs::read_to_string(&path).map(|text| (path, text)))
        .collect::<Result<_, _>>()
        .ok()?;
    let has_device_code = |text: &str| ["use rustg::", "#[rustg::"].iter().any(|sign| text.contains(sign));
    if !files.iter().any(|(_, text)| has_device_code(text)) {
        return None;
    }
    let root = fs::canonicalize(&files.first()?.0).ok()?;
    let manifest = root.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|path| path.exists());
    let manifest = manifest.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let features = stem.rsplit_once('-').and_then(|(_, hash)| features(compiled, hash));
    Some(PathCrate { name: name.to_owned(), files, edition: edition(&manifest), features })
}

/// The files behind the colon of the first rule; blanks in them are escaped.
fn sources(notes: &str) -> Vec<PathBuf> {
    let Some((_, list)) = notes.lines().next().and_then(|line| line.split_once(": ")) else { return Vec::new() };
    let marked = list.replace("\\ ", "\u{0}");
    marked.split_whitespace().map(|path| PathBuf::from(path.replace('\u{0}', " "))).collect()
}

/// The `edition = "…"` of a manifest's package.
fn edition(manifest: &str) -> String {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[package]").skip(1);
    let own = lines.by_ref().take_while(|line| !line.starts_with('['));
    let values = own.filter_map(|line| line.strip_prefix("edition")?.trim_start().strip_prefix('='));
    values.map(|value| value.trim().trim_matches('"').to_owned()).next().unwrap_or_default()
}

/// The features that Cargo compiled a crate with, from its notes in `.fingerprint/PACKAGE-HASH/lib-NAME.json`.
fn features(compiled: &Path, hash: &str) -> Option<Vec<String>> {
    let notes = compiled.parent()?.parent()?.join(".fingerprint");
    let folders = fs::read_dir(notes).ok()?.filter_map(Result::ok);
    let folder =
        folders.map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with(&format!("-{hash}")))?;
    let is_notes = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("lib-") && name.ends_with(".json")
    };
    let file = fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path()).find(is_notes)?;
    features_of(&fs::read_to_string(file).ok()?)
}

/// `"features":"[\"default\", \"fast\"]"`
fn features_of(notes: &str) -> Option<Vec<String>> {
    let (_, rest) = notes.split_once("\"features\":\"[")?;
    let (list, _) = rest.split_once("]\"")?;
    let names = list.split(',').map(|name| name.trim().trim_matches(['\\', '"'])).filter(|name| !name.is_empty());
    Some(names.map(|name| format!("feature=\"{name}\"")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_rustc_and_cargo_are_read() {
        let notes = "/t/deps/math-1.d: math/src/lib.rs /my\\ code/b.rs\n\n/t/deps/libmath-1.rmeta: math/src/lib.rs\n";
        assert_eq!(sources(notes), ["math/src/lib.rs", "/my code/b.rs"].map(PathBuf::from));
        assert_eq!(edition("[workspace]\n[package]\nname = \"a\"\nedition = \"2021\"\n"), "2021");
        assert_eq!(edition("[package]\nedition.workspace = true\n[lib]\nedition = \"2018\"\n"), "");
        let notes = r#"{"rustc":7,"features":"[\"default\", \"fast\"]","declared_features":"[]"}"#;
        assert_eq!(features_of(notes), Some(vec!["feature=\"default\"".to_owned(), "feature=\"fast\"".to_owned()]));
        assert_eq!(features_of(r#"{"features":"[]"}"#), Some(Vec::new()));
        assert_eq!(features_of("{}"), None);
    }

    #[test]
    fn a_path_crate_is_found_by_the_notes_beside_it() {
        let folder = std::env::temp_dir().join(format!("rustg-crate-{}", std::process::id()));
        let (source, deps) = (folder.join("math/src"), folder.join("target/debug/deps"));
        let fingerprint = folder.join("target/debug/.fingerprint/math-12ab");
        [&source, &deps, &fingerprint].into_iter().for_each(|path| fs::create_dir_all(path).unwrap());
        fs::write(folder.join("math/Cargo.toml"), "[package]\nname = \"math\"\nedition = \"2021\"\n").unwrap();
        fs::write(source.join("lib.rs"), "use rustg::device;\n").unwrap();
        fs::write(fingerprint.join("lib-math.json"), r#"{"features":"[\"fast\"]"}"#).unwrap();
        let root = source.join("lib.rs");
        fs::write(deps.join("math-12ab.d"), format!("{}: {}\n", deps.display(), root.display())).unwrap();
        let found = path_crate("math", &deps.join("libmath-12ab.rmeta")).unwrap();
        assert_eq!((found.edition.as_str(), found.files.len()), ("2021", 1));
        assert_eq!(found.features, Some(vec!["feature=\"fast\"".to_owned()]));
        assert!(path_crate("rustg", &deps.join("libmath-12ab.rmeta")).is_none());
        fs::write(&root, "pub fn host() {}\n").unwrap();
        assert!(path_crate("math", &deps.join("libmath-12ab.rmeta")).is_none());
        fs::remove_dir_all(folder).unwrap();
    }
}
