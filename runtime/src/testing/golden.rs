//! Values that tests compare with files: `golden!("name", value)`.

use std::fs;
use std::path::Path;

/// Compares a value with the file `tests/golden/NAME.txt` of the package: its `Debug` text, many lines where it has parts.
///
/// `BLESS=1` writes the file; the difference to the last commit is what to look at. A file that is missing fails the test.
///
/// ```ignore
/// rustg::golden!("sums of the first blocks", sums.download()?);
/// ```
///
/// # Panics
/// When the value is another than the file's, or there is no file.
#[macro_export]
macro_rules! golden {
    ($name:expr, $value:expr $(,)?) => {
        $crate::testing::check_golden(::core::env!("CARGO_MANIFEST_DIR"), $name, &::std::format!("{:#?}\n", $value))
    };
}

/// Compares `found` with the golden file `name` of the package whose manifest lies in `package`.
///
/// # Panics
/// When they differ, when there is no such file, or when it cannot be written.
#[track_caller]
pub fn check_golden(package: &str, name: &str, found: &str) {
    assert!(
        !name.is_empty() && !name.split('/').any(|part| matches!(part, "" | "." | "..")),
        "`{name}` is no name of a golden file"
    );
    let path = Path::new(package).join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        let folder = path.parent().expect("the file lies in a folder");
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, found));
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let Ok(want) = fs::read_to_string(&path) else {
        panic!("{} is not there; BLESS=1 writes it:\n{found}", path.display());
    };
    if want == found {
        return;
    }
    let lines = || want.lines().map(Some).chain(std::iter::repeat(None)).zip(found.lines().map(Some).chain([None]));
    let differing = lines().position(|(want, found)| want != found).unwrap_or(0);
    let (want, found) = lines().nth(differing).unwrap_or((None, None));
    let shown = |line: Option<&str>| line.map_or_else(|| "(the end)".to_owned(), str::to_owned);
    panic!(
        "{}:{}: another value (BLESS=1 takes the new one)\n  golden: {}\n   found: {}",
        path.display(),
        differing + 1,
        shown(want),
        shown(found)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
        *std::panic::catch_unwind(run).unwrap_err().downcast::<String>().unwrap()
    }

    #[test]
    fn a_golden_file_is_compared_line_by_line() {
        let package = std::env::temp_dir().join(format!("rustg-golden-{}", std::process::id()));
        fs::create_dir_all(package.join("tests/golden")).unwrap();
        fs::write(package.join("tests/golden/sums.txt"), "[\n    1,\n    2,\n]\n").unwrap();
        let root = package.to_str().unwrap();
        check_golden(root, "sums", &format!("{:#?}\n", [1, 2]));
        let text = message(|| check_golden(root, "sums", &format!("{:#?}\n", [1, 3])));
        assert!(text.contains("sums.txt:3: another value") && text.contains("found:     3,"), "{text}");
        let text = message(|| check_golden(root, "sums", "[\n    1,\n"));
        assert!(text.contains("sums.txt:3:") && text.contains("found: (the end)"), "{text}");
        assert!(message(|| check_golden(root, "other", "1\n")).contains("BLESS=1 writes it"));
        assert!(message(|| check_golden(root, "../out", "1\n")).contains("is no name"));
        fs::remove_dir_all(package).unwrap();
    }
}
