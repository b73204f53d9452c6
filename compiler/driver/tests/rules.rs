//! The rules of kernels: what is refused, and what is said. Each file of `tests/rules` is compiled; the `.txt` beside it is what is rendered.

use std::path::Path;

use rustg_driver::{Options, SourceFile, compile};

fn rendered(name: &str, text: &str) -> String {
    let files = [SourceFile { path: name.to_owned(), text: text.to_owned() }];
    let compilation = compile(&files, &Options::default());
    let lines = rustg_base::LineIndex::new(text);
    let mut shown: String = compilation
        .diagnostics
        .iter()
        .map(|found| rustg_base::diagnostic::render(&found.diagnostic, name, text, &lines, false) + "\n")
        .collect();
    if compilation.ptx.is_some() {
        assert!(shown.is_empty(), "{shown}");
        shown.push_str("accepted\n");
    }
    shown
}

#[test]
fn every_rule_says_what_is_wrong_why_and_what_instead() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".rs"))
        .collect();
    names.sort();
    assert!(names.len() > 15, "the cases were found");
    let mut wrong = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        let found = rendered(&name, &text);
        let expected = folder.join(name.replace(".rs", ".txt"));
        if std::env::var("BLESS").is_ok() {
            std::fs::write(&expected, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        if wanted != found {
            wrong.push(format!("{name}:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_a_rule_has_its_section_in_the_docs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../../docs/kernel-rules.md")).unwrap();
    let mut codes = Vec::new();
    let mut open = vec![root.join("../sema/src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for (at, _) in text.match_indices("\"G01") {
            codes.push(text[at + 1..at + 6].to_owned());
        }
    }
    codes.sort();
    codes.dedup();
    assert!(codes.len() >= 8, "{codes:?}");
    for code in codes {
        assert!(page.contains(&format!("\n## {code}")), "{code} has no section in docs/kernel-rules.md");
    }
}
