//! Cases, one a line in `tests/cases`, chapter by chapter as the Rust reference has them: odd programs that rustc's parser
//! takes (`ok`) with their trees, and programs it refuses (`err`) with what we say. `⏎` stands for a line break.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustg_syntax::{Edition, NodeId, NodeKind, Parse, Tree, parse};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

/// Chapters of `ok` or `err`, and the cases of each.
fn chapters(name: &str) -> Vec<(PathBuf, Vec<String>)> {
    let entries = std::fs::read_dir(folder(name)).expect("the cases are part of the repository");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder is readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("the cases are readable");
        let cases = text.lines().map(str::to_owned).collect();
        (path, cases)
    };
    paths.into_iter().map(read).collect()
}

fn program(case: &str) -> String {
    case.replace('⏎', "\n")
}

fn shape(tree: &Tree, node: NodeId, out: &mut String) {
    out.push_str(tree.kind(node).name());
    let children: Vec<_> = tree.children(node).collect();
    if !children.is_empty() {
        out.push('(');
        for (index, &child) in children.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            shape(tree, child, out);
        }
        out.push(')');
    }
}

fn findings(parse: &Parse) -> String {
    let mut out = String::new();
    for finding in &parse.diagnostics {
        let span = finding.primary.span;
        let code = finding.code.expect("every finding has a code");
        write!(out, "  {code} {}..{} {}", span.start, span.end, finding.message.escape_debug()).unwrap();
        if let Some(fix) = &finding.fix {
            let edits = fix.edits.iter().map(|edit| format!("{}..{} {:?}", edit.span.start, edit.span.end, edit.text));
            write!(out, " | fix {}", edits.collect::<Vec<_>>().join(", ")).unwrap();
        }
        out.push('\n');
    }
    out
}

fn compare_with_golden(path: &Path, actual: &str) {
    let golden = path.with_extension("expected");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, actual).expect("the golden is writable");
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    let differs = actual.lines().zip(expected.lines().chain(std::iter::repeat(""))).find(|(now, then)| now != then);
    assert!(actual == expected, "{}: {differs:?}; BLESS=1 rewrites it", golden.display());
}

#[test]
fn odd_programs_that_rustc_takes_parse_into_the_trees_they_did() {
    let mut count = 0;
    for (path, cases) in chapters("ok") {
        let mut actual = String::new();
        for case in &cases {
            let parse = parse(&program(case), Edition::E2024);
            assert!(parse.diagnostics.is_empty(), "{case}: {:?}", parse.diagnostics);
            assert!(
                !parse.tree.descendants(NodeId::ROOT).any(|node| parse.tree.kind(node) == NodeKind::Error),
                "{case}"
            );
            writeln!(actual, "{case}").unwrap();
            actual.push_str("  ");
            shape(&parse.tree, NodeId::ROOT, &mut actual);
            actual.push('\n');
        }
        count += cases.len();
        compare_with_golden(&path, &actual);
    }
    assert!(count >= 200, "{count} cases");
}

#[test]
fn programs_that_rustc_refuses_are_refused_with_a_code_and_the_words_they_were() {
    let mut count = 0;
    for (path, cases) in chapters("err") {
        let mut actual = String::new();
        for case in &cases {
            let findings = findings(&parse(&program(case), Edition::E2024));
            assert!(!findings.is_empty(), "{case} is not refused");
            write!(actual, "{case}\n{findings}").unwrap();
        }
        count += cases.len();
        compare_with_golden(&path, &actual);
    }
    assert!(count >= 200, "{count} cases");
}

/// Fixes are meant for machines: applied, they leave fewer findings, and none where there was one alone.
#[test]
fn a_fix_of_the_only_finding_repairs_the_program_or_leads_on() {
    let (mut repaired, mut tried) = (0, 0);
    for (_, cases) in chapters("err") {
        for case in cases {
            let text = program(&case);
            let findings = parse(&text, Edition::E2024).diagnostics;
            let [finding] = &findings[..] else { continue };
            let Some(fix) = &finding.fix else { continue };
            let mut fixed = text.clone();
            for edit in fix.edits.iter().rev() {
                fixed.replace_range(edit.span.range(), &edit.text);
            }
            let after = parse(&fixed, Edition::E2024).diagnostics;
            tried += 1;
            repaired += usize::from(after.is_empty());
            assert!(
                after.is_empty() || after[0].primary.span != finding.primary.span || after[0].code != finding.code,
                "{case}: {after:?}"
            );
        }
    }
    assert!(tried >= 20 && 10 * repaired >= 8 * tried, "{repaired} of {tried} are repaired");
}

/// Whether rustc's parser takes a program: nothing is compiled, because the file is configured out once it is parsed.
/// `None` where there is no rustc of the version the cases were written for.
fn rustc_takes(program: &str, edition: Edition) -> Option<bool> {
    let version = Command::new("rustc").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).starts_with("rustc 1.95.") {
        return None;
    }
    let dir = std::env::temp_dir().join(format!("rustg-cases-{}", std::process::id()));
    std::fs::create_dir_all(&dir).ok()?;
    let (file, out) = (dir.join("case.rs"), dir.join("case.rmeta"));
    std::fs::write(&file, format!("#![cfg(any())] {program}")).ok()?;
    let mut command = Command::new("rustc");
    command.args(["--edition", &edition.to_string(), "--crate-type", "lib", "--emit", "metadata", "-o"]);
    let output = command.arg(&out).arg(&file).output().ok()?;
    let _ = std::fs::remove_dir_all(&dir);
    // What is merely unstable is syntax all the same.
    let errors = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| line.starts_with("error"))
        .filter(|line| !line.starts_with("error[E0658]") && !line.starts_with("error: aborting"))
        .count();
    Some(errors == 0)
}

#[test]
fn rustc_agrees_with_every_case() {
    if std::env::var_os("RUSTG_TEST_FULL").is_none() {
        return eprintln!("skipped: one rustc a case, behind RUSTG_TEST_FULL=1");
    }
    for (name, wanted) in [("ok", true), ("err", false)] {
        for case in chapters(name).into_iter().flat_map(|(_, cases)| cases) {
            match rustc_takes(&program(&case), Edition::E2024) {
                Some(takes) => assert_eq!(takes, wanted, "{case}"),
                None => return eprintln!("skipped: no rustc 1.95"),
            }
        }
    }
}

#[test]
fn every_code_of_a_case_is_explained() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/syntax-errors.md"));
    let page = page.expect("the page of codes is part of the repository");
    for case in chapters("err").into_iter().flat_map(|(_, cases)| cases) {
        for finding in parse(&program(&case), Edition::E2024).diagnostics {
            let code = finding.code.expect("every finding has a code");
            assert!(page.contains(&format!("| `{code}` |")), "{code} of {case} is not in docs/syntax-errors.md");
        }
    }
}
