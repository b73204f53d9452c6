//! `rustg dump` and `rustg check --syntax`.

use std::fs;

use crate::program::{rustg, succeed};

/// How a run ended, in text.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str]) -> Ended {
    let output = rustg().args(arguments).output().expect("the program can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text is UTF-8");
    Ended {
        code: output.status.code().expect("it was not killed"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

#[test]
fn a_dumped_tree_shows_nodes_tokens_and_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rs");
    fs::write(&file, "// c\nfn f() -> u8 { 1 + 2 }\n").unwrap();
    let file = file.to_str().unwrap();
    let tree = succeed(&["dump", "tree", file]);
    assert!(tree.starts_with("SourceFile 0..28\n  Fn 5..27\n    Ident \"fn\"\n    Ident \"f\"\n"), "{tree}");
    for line in ["    RetType 12..17", "      PathType 15..17", "      BinExpr 20..25", "        Plus \"+\""] {
        assert!(tree.lines().any(|shown| shown == line), "{line:?} in\n{tree}");
    }
    let tokens = succeed(&["dump", "tokens", file]);
    assert_eq!(tokens.lines().next(), Some("0..4            LineComment           \"// c\""));
}

#[test]
fn a_dump_as_json_holds_the_arrays_of_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rs");
    fs::write(&file, "struct A;").unwrap();
    let json = succeed(&["dump", "tree", file.to_str().unwrap(), "--json", "--edition", "2018"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["edition"], "2018");
    assert_eq!(json["nodes"]["kinds"], serde_json::json!(["SourceFile", "Struct"]));
    assert_eq!(json["nodes"]["sizes"], serde_json::json!([2, 1]));
    assert_eq!(json["tokens"]["kinds"], serde_json::json!(["Ident", "Whitespace", "Ident", "Semi"]));
    assert_eq!(json["tokens"]["starts"], serde_json::json!([0, 6, 7, 8, 9]));
}

#[test]
fn a_folder_is_checked_without_what_gitignore_names_and_errors_exit_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("src/generated")).unwrap();
    fs::write(path(".gitignore"), "generated/\n").unwrap();
    fs::write(path("src/good.rs"), "fn f() {}\n").unwrap();
    fs::write(path("src/generated/bad.rs"), "fn (").unwrap();
    let root = folder.path().to_str().unwrap();
    let fine = run(&["check", "--syntax", root]);
    assert_eq!((fine.code, fine.stdout.as_str()), (0, ""), "{}", fine.stderr);

    fs::write(path("src/bad.rs"), "fn main() {\n    let x = 1\n    let y = 2;\n}\n").unwrap();
    let found = run(&["check", "--syntax", root]);
    assert_eq!(found.code, 1);
    for part in [
        "error[missing-semicolon]: expected `;`, found keyword `let`",
        "bad.rs:3:5",
        "add `;` here",
        "1 error in 2 files checked",
    ] {
        assert!(found.stdout.contains(part), "{part:?} in\n{}", found.stdout);
    }
    let json = run(&["check", "--syntax", root, "--json"]);
    let finding: serde_json::Value = serde_json::from_str(json.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(finding["primary"]["line"], 3);
    assert_eq!(finding["fix"]["edits"][0]["text"], ";");
}

#[test]
fn the_edition_is_that_of_the_nearest_package_or_its_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("member/src")).unwrap();
    fs::write(path("Cargo.toml"), "[workspace]\n[workspace.package]\nedition = \"2015\"\n").unwrap();
    fs::write(path("member/Cargo.toml"), "[package]\nname = \"m\"\nedition.workspace = true\n").unwrap();
    fs::write(path("member/src/lib.rs"), "fn async() {}\n").unwrap();
    let file = path("member/src/lib.rs");
    let file = file.to_str().unwrap();
    assert_eq!(run(&["check", "--syntax", file]).code, 0);
    assert_eq!(run(&["check", "--syntax", file, "--edition", "2018"]).code, 1);
    fs::write(path("member/Cargo.toml"), "[package]\nname = \"m\"\nedition = \"2024\" # newest\n").unwrap();
    assert_eq!(run(&["check", "--syntax", file]).code, 1);
    let wrong = run(&["check", "--syntax", file, "--edition", "2016"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("there are 2015, 2018, 2021 and 2024"), "{}", wrong.stderr);
}

#[test]
fn statistics_count_and_time_every_pass() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.rs"), "fn f() {}\n// two\n").unwrap();
    let root = folder.path().to_str().unwrap();
    let json = succeed(&["check", "--syntax", root, "--stats", "--json", "--threads", "2"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["files"], &json["bytes"], &json["lines"], &json["nodes"]),
        (&1.into(), &17.into(), &3.into(), &4.into())
    );
    for pass in ["read_ns", "lex_ns", "words_and_brackets_ns", "parse_ns", "tree_ns", "literals_ns"] {
        assert!(json["passes"][pass].as_u64().is_some(), "{pass} in {json}");
    }
    assert!(succeed(&["check", "--syntax", root, "--stats"]).contains("M lines/s"));
}

#[test]
fn a_file_that_is_not_utf8_is_refused_with_the_offset() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.rs");
    fs::write(&file, b"fn f() {} // \xff").unwrap();
    for command in [&["check", "--syntax"][..], &["dump", "tokens"]] {
        let refused = run(&[command, &[file.to_str().unwrap()]].concat());
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("not UTF-8 from byte 13 on"), "{}", refused.stderr);
    }
    assert_eq!(run(&["check", "--syntax", "/no/such/folder"]).code, 2);
}
