//! Edits and threads change how a parse is come by, never what it is.

use std::path::Path;

use rustg_syntax::{Document, Edition, Parse, Reparsed, Scratch, parse, parse_on};

/// A small generator of numbers, so that a failure is reproduced by its seed.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }
}

/// Sources of this crate: real code with everything in it.
fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["src/parse/items.rs", "src/code.rs", "src/lexical.rs", "tests/parse.rs"]
        .map(|name| std::fs::read_to_string(folder.join(name)).unwrap())
        .into()
}

fn boundary(text: &str, random: &mut Random) -> usize {
    text.floor_char_boundary(random.next(text.len() + 1))
}

#[test]
fn any_series_of_edits_gives_what_a_parse_of_the_whole_text_gives() {
    let pieces = [
        "x",
        " ",
        "\n",
        "{",
        "}",
        "(",
        ")",
        ";",
        "\"",
        "'",
        "//",
        "/*",
        "*/",
        "fn f() {}",
        "let x = 1;",
        "&",
        "=",
        "é",
        "#[a]",
        "0.",
        "..",
        "r#\"",
        "mod m { fn g() { h() } }",
        "",
        "",
        "",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let rounds = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 4_000 } else { 150 };
    let (mut bodies, mut files) = (0, 0);
    for source in sources() {
        let mut document = Document::new(source.clone(), Edition::E2024);
        for round in 0..rounds {
            if round % 5 == 0 {
                document = Document::new(source.clone(), Edition::E2024);
            }
            let start = boundary(document.text(), &mut random);
            let end = if random.next(3) == 0 {
                document.text().ceil_char_boundary((start + random.next(30)).min(document.text().len()))
            } else {
                start
            };
            match document.edit(start..end, pieces[random.next(pieces.len())]) {
                Reparsed::Body(_) => bodies += 1,
                Reparsed::File => files += 1,
            }
            let whole = parse(document.text(), Edition::E2024);
            assert!(
                document.parse() == &whole,
                "after an edit at {start}..{end} in round {round}:\n{}",
                first_difference(document.parse(), &whole)
            );
        }
    }
    assert!(bodies > files / 4, "{bodies} edits were taken in by a body, {files} by the file");
}

fn first_difference(ours: &Parse, theirs: &Parse) -> String {
    if ours.tokens != theirs.tokens {
        return "tokens".into();
    }
    if ours.diagnostics != theirs.diagnostics {
        return format!("{:?}\n{:?}", ours.diagnostics, theirs.diagnostics);
    }
    "trees".into()
}

#[test]
fn a_letter_typed_in_a_function_reparses_that_function_alone() {
    let text = "fn a() { one(); }\nfn b() { two(); }\nimpl T { fn c() { three(); } }\n".repeat(100);
    let mut document = Document::new(text.clone(), Edition::E2024);
    let at = text.rfind("three").unwrap() + 3;
    assert_eq!(document.edit(at..at, "x"), Reparsed::Body(5));
    assert_eq!(document.parse(), &parse(document.text(), Edition::E2024));
    assert_eq!(document.edit(at..at + 1, ""), Reparsed::Body(5));
    assert_eq!(document.text(), text);
    assert_eq!(document.edit(0..2, "fm"), Reparsed::File);
}

#[test]
fn threads_do_not_change_a_tree() {
    let sources = sources();
    let mut texts = vec![sources.concat().replace("#!", "#")];
    texts.push(format!("mod a {{ {} }}\n{}", texts[0].replace("//!", "//"), "fn broken( { let x = ; }\n".repeat(10)));
    texts.push(format!(
        "{}\nfn deep() {{ {}1{} }}",
        texts[0].replace("let ", "let = "),
        "(".repeat(2_000),
        ")".repeat(2_000)
    ));
    texts.push(format!("fn f() {{ {} }}", "if a { b(c, |d| { e }) } else { match f { g => { h } } }\n".repeat(3_000)));
    for text in texts {
        let whole = parse(&text, Edition::E2024);
        for threads in [2, 3, 7] {
            let mut parallel = Parse::default();
            parse_on(threads, &mut Scratch::default(), &text, Edition::E2024, &mut parallel);
            assert!(parallel == whole, "{threads} threads: {}", first_difference(&parallel, &whole));
        }
    }
}
