//! Expected texts in files: `BLESS=1` writes them, a missing one fails.

use std::fs;
use std::path::Path;

/// Compares `actual` with the file `name` under `tests/goldens`.
///
/// # Panics
/// Where they differ, with the first line that does, and where the file is missing.
pub fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("goldens lie in a directory")).expect("the repository is writable");
        fs::write(&path, actual).expect("the repository is writable");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; BLESS=1 writes it, then review it", path.display());
    });
    if expected != actual {
        let lines = expected.lines().zip(actual.lines()).enumerate().find(|(_, (expected, actual))| expected != actual);
        let (line, (expected, found)) =
            lines.unwrap_or((expected.lines().count().min(actual.lines().count()), ("", "")));
        panic!(
            "{} differs at line {}:\n  expected {expected:?}\n  found    {found:?}\nall of it:\n{actual}\nBLESS=1 rewrites it",
            path.display(),
            line + 1,
        );
    }
}
