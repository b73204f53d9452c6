//! New projects, and projects that are there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::sdk;

const MANIFEST: &str = include_str!("../templates/Cargo.toml.template");
const MAIN: &str = include_str!("../templates/main.rs.template");

/// Why there is no new project.
#[derive(Debug)]
pub enum NewError {
    /// Cargo does not take such a name.
    Name(String),
    /// Something lies there already.
    Exists(PathBuf),
    /// A file cannot be written.
    Write(PathBuf, io::Error),
}

impl std::fmt::Display for NewError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NewError::Name(name) => write!(
                f,
                "`{name}` is no package name: a letter, then letters, digits, `-` and `_`, and no word of Rust"
            ),
            NewError::Exists(path) => write!(f, "{} exists already", path.display()),
            NewError::Write(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for NewError {}

/// Names that Cargo refuses, or that hide what projects use.
const RESERVED: &[&str] =
    &["test", "core", "std", "alloc", "proc_macro", "rustg", "self", "super", "crate", "fn", "mod", "use", "main"];

/// Makes the project `path`, named by its last part, which depends on the SDK below `sdk_home`.
///
/// # Errors
/// [`NewError`]
pub fn create(path: &Path, sdk_home: &Path) -> Result<(), NewError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let starts_well = name.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !starts_well || !is_plain || RESERVED.contains(&name.as_str()) {
        return Err(NewError::Name(name));
    }
    if path.exists() {
        return Err(NewError::Exists(path.to_owned()));
    }
    let root = sdk::unpack(sdk_home).map_err(|error| NewError::Write(sdk_home.to_owned(), error))?;
    let root = fs::canonicalize(&root).unwrap_or(root);
    let runtime = root.join("runtime").display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let manifest = MANIFEST.replace("{name}", &name).replace("{runtime}", &runtime);
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let files =
        [("Cargo.toml", manifest.as_str()), ("src/main.rs", MAIN), (".gitignore", "/target\n"), ("Cargo.lock", &lock)];
    for (file, content) in files {
        let path = path.join(file);
        let write = || {
            fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
            fs::write(&path, content)
        };
        write().map_err(|error| NewError::Write(path.clone(), error))?;
    }
    Ok(())
}

/// Unpacks this binary's SDK where a project's manifest names it and it is not there, as on a machine that the project was copied to.
///
/// # Errors
/// When it cannot be unpacked.
pub fn provide_sdk(manifest: &Path) -> io::Result<()> {
    let names_it = fs::read_to_string(manifest).is_ok_and(|text| text.contains(sdk::ID));
    if names_it { sdk::home().and_then(|home| sdk::unpack(&home)).map(|_| ()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_project_depends_on_the_unpacked_runtime() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("first-kernel");
        create(&project, &folder.path().join("sdk")).unwrap();
        let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
        let line = manifest.lines().find(|line| line.starts_with("rustg = ")).unwrap();
        let runtime = line.split('"').nth(1).unwrap();
        assert!(Path::new(runtime).join("Cargo.toml").exists(), "{line}");
        assert!(fs::read_to_string(project.join("src/main.rs")).unwrap().contains("#[kernel]"));
        assert!(matches!(create(&project, folder.path()), Err(NewError::Exists(_))));
    }

    #[test]
    fn names_that_cargo_refuses_are_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["1st", "a b", "std", "ä"] {
            let error = create(&folder.path().join(name), folder.path()).unwrap_err();
            assert!(error.to_string().contains("is no package name"), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
