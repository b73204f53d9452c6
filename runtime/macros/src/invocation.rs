//! What rustc was told: a procedural macro runs within rustc, whose command line names the crate's root, its edition, its `cfg`s and the crates it uses.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

/// rustc's command line, as far as a crate's kernels depend on it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Invocation {
    /// The crate's root file, relative to the working folder where it was given so.
    pub root: Option<PathBuf>,
    /// `2021`, `2024`, …; empty where none was given.
    pub edition: String,
    /// `feature="fast"`, `test`, and whatever else was given by `--cfg`.
    pub cfgs: Vec<String>,
    /// The crates that it uses, by name, with the file that was compiled of each.
    pub externs: Vec<(String, PathBuf)>,
    /// `debug-assertions`, where it was given.
    debug_assertions: Option<bool>,
    is_optimised: bool,
}

/// Options of rustc and rustdoc whose value is the next argument.
const WITH_VALUE: &[&str] = &[
    "--cfg",
    "--check-cfg",
    "-L",
    "-l",
    "--crate-type",
    "--crate-name",
    "--edition",
    "--emit",
    "--print",
    "-o",
    "--out-dir",
    "--target",
    "-W",
    "-A",
    "-D",
    "-F",
    "--cap-lints",
    "-C",
    "--codegen",
    "-Z",
    "--extern",
    "--sysroot",
    "--error-format",
    "--json",
    "--color",
    "--diagnostic-width",
    "--remap-path-prefix",
];

impl Invocation {
    /// The running process's.
    pub fn of_process() -> Invocation {
        let mut arguments = Vec::new();
        for argument in std::env::args_os().skip(1) {
            // Where the command line would be too long, Cargo writes it to a file, an argument a line.
            match argument
                .to_str()
                .and_then(|text| text.strip_prefix('@'))
                .and_then(|path| fs::read_to_string(path).ok())
            {
                Some(file) => arguments.extend(file.lines().map(OsString::from)),
                None => arguments.push(argument),
            }
        }
        Invocation::of(arguments.iter().filter_map(|argument| argument.to_str()))
    }

    /// Whether `cfg(debug_assertions)` holds: where it is not said, in code that is not optimised.
    pub fn has_debug_assertions(&self) -> bool {
        self.debug_assertions.unwrap_or(!self.is_optimised)
    }

    fn of<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Invocation {
        let mut found = Invocation::default();
        while let Some(argument) = arguments.next() {
            let (option, value) = match argument.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, value),
                _ if WITH_VALUE.contains(&argument) => (argument, arguments.next().unwrap_or_default()),
                _ => (argument, ""),
            };
            match option {
                "--edition" => found.edition = value.to_owned(),
                "--cfg" => found.cfgs.push(value.split_whitespace().collect()),
                "-C" | "--codegen" => match value.split_once('=').unwrap_or((value, "yes")) {
                    ("opt-level", level) => found.is_optimised = level != "0",
                    ("debug-assertions", word) => found.debug_assertions = Some(!matches!(word, "no" | "n" | "off")),
                    _ => {}
                },
                "-O" => found.is_optimised = true,
                "--test" => found.cfgs.push("test".to_owned()),
                "--extern" => {
                    if let Some((name, path)) = value.split_once('=') {
                        // `priv:name`, `noprelude:name`.
                        let name = name.rsplit(':').next().unwrap_or(name);
                        found.externs.push((name.to_owned(), PathBuf::from(path)));
                    }
                }
                _ if !option.starts_with('-') && option.ends_with(".rs") && found.root.is_none() => {
                    found.root = Some(PathBuf::from(option));
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_edition_cfgs_and_externs_are_read_as_cargo_gives_them() {
        let line = [
            "--crate-name",
            "first",
            "--edition=2021",
            "src/bin/first.rs",
            "--error-format=json",
            "--emit=dep-info,link",
            "-C",
            "embed-bitcode=no",
            "--test",
            "--cfg",
            "feature=\"fast\"",
            "--out-dir",
            "/t/deps.rs",
            "--extern",
            "rustg=/t/deps/librustg-1.rlib",
            "-C",
            "opt-level=3",
            "-C",
            "debug-assertions=on",
            "--extern=priv:math=/t/deps/libmath-2.rmeta",
            "--extern",
            "proc_macro",
        ];
        let found = Invocation::of(line.into_iter());
        assert_eq!(found.root, Some(PathBuf::from("src/bin/first.rs")));
        assert_eq!(found.edition, "2021");
        assert_eq!(found.cfgs, ["test", "feature=\"fast\""]);
        let names: Vec<_> = found.externs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["rustg", "math"]);
        assert!(found.is_optimised && found.has_debug_assertions());
        assert!(!Invocation::of(["-O"].into_iter()).has_debug_assertions());
        assert_eq!(found.externs[1].1, PathBuf::from("/t/deps/libmath-2.rmeta"));
    }
}
