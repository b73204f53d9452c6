//! Layouts that rustfmt 1.9 gives, and what must hold for every source.

use rustg_fmt::{Config, format_text};
use rustg_syntax::Edition;

fn config(edition: Edition) -> Config {
    Config { edition: Some(edition), ..Config::default() }
}

#[track_caller]
fn becomes(source: &str, expected: &str) {
    let formatted = format_text(source, &config(Edition::E2021));
    assert_eq!(formatted.difference, None);
    assert!(formatted.diagnostics.is_empty(), "{:?}", formatted.diagnostics);
    assert_eq!(formatted.text, expected);
}

#[test]
fn statements_and_items_are_spaced_and_broken() {
    becomes(
        "fn  main ( ) {let x=1 ;\n\n\nfoo( x,&mut y , -1 );}",
        "fn main() {\n    let x = 1;\n\n    foo(x, &mut y, -1);\n}\n",
    );
    becomes("struct A<T>(T) where T: Foo;", "struct A<T>(T)\nwhere\n    T: Foo;\n");
    becomes("fn h<T>() where T: X {}", "fn h<T>()\nwhere\n    T: X,\n{\n}\n");
}

#[test]
fn an_if_at_the_end_of_a_block_is_one_line_only_since_2024() {
    let source = "fn f() -> i32 { if a { 1 } else { 2 } }";
    becomes(source, "fn f() -> i32 {\n    if a {\n        1\n    } else {\n        2\n    }\n}\n");
    let formatted = format_text(source, &config(Edition::E2024));
    assert_eq!(formatted.text, "fn f() -> i32 {\n    if a { 1 } else { 2 }\n}\n");
}

#[test]
fn the_last_closure_hangs_over_the_end_of_the_line() {
    becomes(
        "fn f() { let x = items.iter().map(|item| { foo(item); bar(item) }).collect::<Vec<_>>(); }",
        "fn f() {\n    let x = items\n        .iter()\n        .map(|item| {\n            foo(item);\n            bar(item)\n        })\n        .collect::<Vec<_>>();\n}\n",
    );
}

#[test]
fn variants_are_broken_together_where_some_take_lines_and_others_do_not() {
    becomes(
        "enum E { A, B { x: u32, y: u32 }, D { xxxxxxxxxxxxxxxxxxxxx: u32, yyyyyyyyyyyyyyyyy: u32 } }",
        "enum E {\n    A,\n    B {\n        x: u32,\n        y: u32,\n    },\n    D {\n        xxxxxxxxxxxxxxxxxxxxx: u32,\n        yyyyyyyyyyyyyyyyy: u32,\n    },\n}\n",
    );
}

#[test]
fn imports_are_sorted_by_the_rules_of_their_edition() {
    let source = "use b::{u16, u8, Zed, self};\nuse a;\n";
    becomes(source, "use a;\nuse b::{self, u16, u8, Zed};\n");
    assert_eq!(format_text(source, &config(Edition::E2024)).text, "use a;\nuse b::{self, Zed, u8, u16};\n");
}

#[test]
fn text_that_does_not_parse_and_line_ends_stay() {
    let broken = "fn f( {";
    let formatted = format_text(broken, &config(Edition::E2021));
    assert_eq!(formatted.text, broken);
    assert!(!formatted.diagnostics.is_empty());
    assert_eq!(format_text("fn f(){\r\n}\r\n", &config(Edition::E2021)).text, "fn f() {}\r\n");
}

#[test]
fn no_text_of_this_crate_loses_a_token_at_any_width() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the sources are readable") {
            let path = entry.expect("the sources are readable").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).expect("the sources are readable");
            // Narrow lines break nearly everything.
            for max_width in [60, 100, 120] {
                let config = Config { max_width, ..config(Edition::E2024) };
                let formatted = format_text(&source, &config);
                assert_eq!(formatted.difference, None, "{} at {max_width}", path.display());
                assert!(formatted.diagnostics.is_empty(), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 60, "the sources were found");
}
