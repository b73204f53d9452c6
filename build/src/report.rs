//! What `cargo test` printed, as a list of tests: for summaries, JSON and JUnit.
//!
//! libtest's JSON output is not stable; its lines `test NAME ... ok` and the sections of failures are what every version prints.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

/// How a test ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// As it should.
    Passed,
    /// It failed or panicked.
    Failed,
    /// It was not run.
    Ignored,
}

/// A test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its path in its crate.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What it printed, where it failed.
    pub output: String,
    /// How long it took, where it told.
    pub duration_ns: Option<u64>,
}

/// Reads what libtest printed on stdout, of any number of test binaries.
pub fn read(text: &str) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::new();
    let mut section: Option<String> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            section = Some(name.to_owned());
        } else if line == "failures:" || line.starts_with("test result: ") {
            section = None;
        } else if let Some(name) = &section {
            if let Some(test) = tests.iter_mut().rev().find(|test| test.name == *name) {
                let _ = writeln!(test.output, "{line}");
            }
        } else {
            tests.extend(read_line(line));
        }
    }
    tests.iter_mut().for_each(|test| test.output = test.output.trim().to_owned());
    tests
}

/// A line `test NAME ... ok`.
pub fn read_line(line: &str) -> Option<Test> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let outcome = match result {
        "ok" => Outcome::Passed,
        result if result.starts_with("FAILED") => Outcome::Failed,
        result if result.starts_with("ignored") => Outcome::Ignored,
        _ => return None,
    };
    let name = name.trim_end_matches(" - should panic").to_owned();
    Some(Test { name, outcome, output: String::new(), duration_ns: None })
}

/// The test that a harness of one thread has named and not ended.
pub fn unfinished(text: &str) -> Option<String> {
    let last = text.rsplit('\n').next()?;
    let name = last.strip_prefix("test ")?.strip_suffix(" ... ")?;
    Some(name.trim_end_matches(" - should panic").to_owned())
}

/// How many passed, failed and were ignored.
pub fn counts(tests: &[Test]) -> [usize; 3] {
    [Outcome::Passed, Outcome::Failed, Outcome::Ignored]
        .map(|outcome| tests.iter().filter(|test| test.outcome == outcome).count())
}

/// One JSON object for the whole run.
///
/// `devices` are those that tests were given; where it was one, it stands as `device`, else that is null.
pub fn to_json(tests: &[Test], devices: &BTreeSet<String>, seconds: f64) -> serde_json::Value {
    let [passed, failed, ignored] = counts(tests);
    let list: Vec<_> = tests
        .iter()
        .map(|test| {
            let duration_s = test.duration_ns.map(|duration| duration as f64 / 1e9);
            json!({
                "name": test.name, "outcome": word(test.outcome), "output": test.output, "duration_s": duration_s,
            })
        })
        .collect();
    let device = devices.first().filter(|_| devices.len() == 1);
    json!({
        "device": device, "devices": devices, "passed": passed, "failed": failed, "ignored": ignored, "duration_s": seconds, "tests": list,
    })
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Ignored => "ignored",
    }
}

/// JUnit's XML, as CI services read it.
pub fn to_junit(tests: &[Test], suite: &str, seconds: f64) -> String {
    let [_, failed, ignored] = counts(tests);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{ignored}\" time=\"{seconds:.3}\">",
        escaped(suite),
        tests.len()
    );
    for test in tests {
        let (class, name) = test.name.rsplit_once("::").unwrap_or(("", &test.name));
        let _ = write!(out, "  <testcase classname=\"{}\" name=\"{}\"", escaped(class), escaped(name));
        if let Some(duration) = test.duration_ns {
            let _ = write!(out, " time=\"{:.6}\"", duration as f64 / 1e9);
        }
        let _ = match test.outcome {
            Outcome::Passed => writeln!(out, "/>"),
            Outcome::Ignored => writeln!(out, "><skipped/></testcase>"),
            Outcome::Failed => {
                let first = test.output.lines().find(|line| !line.is_empty()).unwrap_or("failed");
                writeln!(out, "><failure message=\"{}\">{}</failure></testcase>", escaped(first), escaped(&test.output))
            }
        };
    }
    out.push_str("</testsuite>\n");
    out
}

/// XML's special characters as entities; what XML 1.0 cannot hold as a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c < ' ' => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\nrunning 3 tests\ntest a::works ... ok\ntest a::waits ... ignored, needs a GPU\ntest b::breaks ... FAILED\n\n\
        failures:\n\n---- b::breaks stdout ----\n\nthread 'b::breaks' panicked at src/main.rs:9:5:\nleft < right\n\n\nfailures:\n    b::breaks\n\n\
        test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";

    #[test]
    fn names_outcomes_and_output_are_read() {
        let tests = read(PRINTED);
        assert_eq!(counts(&tests), [1, 1, 1]);
        assert_eq!(tests[2].name, "b::breaks");
        assert_eq!(tests[2].output, "thread 'b::breaks' panicked at src/main.rs:9:5:\nleft < right");
    }

    #[test]
    fn a_test_that_was_named_and_did_not_end_is_known() {
        assert_eq!(unfinished("running 2 tests\ntest a ... ok\ntest b::c ... "), Some("b::c".to_owned()));
        assert_eq!(unfinished("running 2 tests\ntest a ... ok\n"), None);
    }

    #[test]
    fn junit_names_classes_and_escapes_output() {
        let xml = to_junit(&read(PRINTED), "demo", 0.25);
        assert!(xml.contains("tests=\"3\" failures=\"1\" skipped=\"1\" time=\"0.250\""), "{xml}");
        assert!(xml.contains("<testcase classname=\"b\" name=\"breaks\"><failure message=\"thread "), "{xml}");
        assert!(xml.contains("left &lt; right"), "{xml}");
    }

    #[test]
    fn json_has_the_same_counts() {
        let value = to_json(&read(PRINTED), &BTreeSet::from(["simulator".to_owned()]), 0.25);
        assert_eq!((value["passed"].as_u64(), value["failed"].as_u64()), (Some(1), Some(1)));
        assert_eq!(value["tests"][1]["outcome"], "ignored");
        assert_eq!(value["device"], "simulator");
        assert!(to_json(&[], &BTreeSet::new(), 0.0)["device"].is_null());
    }
}
