//! A project's test binaries: which there are, by what Cargo says while it builds them.

use std::path::PathBuf;

use serde_json::Value;

/// A test binary that Cargo has built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestBinary {
    /// The program.
    pub executable: PathBuf,
    /// The target's name, as Cargo.toml or the file gives it.
    pub target: String,
    /// The package's folder, where tests run.
    pub folder: PathBuf,
    /// Whether examples in its documentation are tests as well, which Cargo runs.
    pub has_documentation_tests: bool,
}

/// Reads what `cargo test --no-run --message-format=json-render-diagnostics` writes to stdout.
pub fn read(messages: &str) -> Vec<TestBinary> {
    messages.lines().filter_map(|line| binary(&serde_json::from_str(line).ok()?)).collect()
}

fn binary(message: &Value) -> Option<TestBinary> {
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let executable = PathBuf::from(message["executable"].as_str().filter(|_| is_test)?);
    let mut folder = PathBuf::from(message["manifest_path"].as_str()?);
    folder.pop();
    let target = &message["target"];
    let is_library = target["kind"].as_array()?.iter().any(|kind| kind == "lib");
    Some(TestBinary {
        executable,
        target: target["name"].as_str()?.to_owned(),
        folder,
        has_documentation_tests: is_library && target["doctest"] == true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_from_programs_and_libraries() {
        let messages = r#"{"reason":"compiler-artifact","manifest_path":"/w/hello/Cargo.toml","target":{"kind":["lib"],"name":"hello","doctest":true},"profile":{"test":true},"executable":"/w/target/debug/deps/hello-1"}
{"reason":"compiler-artifact","manifest_path":"/w/hello/Cargo.toml","target":{"kind":["bin"],"name":"hello","doctest":false},"profile":{"test":false},"executable":"/w/target/debug/hello"}
{"reason":"build-finished","success":true}
no JSON
"#;
        let [found] = &read(messages)[..] else { panic!("one test binary") };
        assert_eq!(found.executable, PathBuf::from("/w/target/debug/deps/hello-1"));
        assert_eq!(found.folder, PathBuf::from("/w/hello"));
        assert!(found.has_documentation_tests);
    }
}
