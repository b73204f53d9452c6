//! The parser: what it accepts, what it refuses and with which words, and that its trees are trees whatever it is given.

use std::path::{Path, PathBuf};

use rustg_syntax::{Edition, NodeId, NodeKind, Parse, TokenKind, parse};

/// Everything that must hold of any parse of any text.
fn assert_well_formed(text: &str, parse: &Parse) {
    let (tokens, tree) = (&parse.tokens, &parse.tree);
    assert_eq!(tokens.starts.len(), tokens.len() + 1);
    assert_eq!(tokens.starts.first(), Some(&0));
    assert_eq!(tokens.starts.last(), Some(&(text.len() as u32)));
    assert!(tokens.starts.windows(2).all(|pair| pair[0] < pair[1]), "tokens are not empty and in order");
    assert_eq!(tree.kind(NodeId::ROOT), NodeKind::SourceFile);
    assert_eq!(tree.size(NodeId::ROOT), tree.len());
    assert_eq!(tree.tokens(NodeId::ROOT), 0..tokens.len());
    let parents = tree.parents();
    let mut reached = vec![0; tree.len()];
    for node in tree.descendants(NodeId::ROOT).skip(1) {
        let parent = parents[node.index()];
        let (inner, outer) = (tree.tokens(node), tree.tokens(parent));
        assert!(
            outer.start <= inner.start && inner.end <= outer.end,
            "{:?} {inner:?} in {:?} {outer:?} of {text:.500?}",
            tree.kind(node),
            tree.kind(parent)
        );
        assert!(inner.start >= reached[parent.index()], "siblings are in order: {:?}", tree.kind(node));
        // `x.0.1`: two fields share their last token.
        reached[parent.index()] = inner.end;
    }
    for diagnostic in &parse.diagnostics {
        let range = diagnostic.primary.span.range();
        assert!(range.start <= range.end && range.end <= text.len());
        assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
    }
}

fn checked(text: &str, edition: Edition) -> Parse {
    let parse = parse(text, edition);
    assert_well_formed(text, &parse);
    parse
}

fn accepts(edition: Edition, texts: &[&str]) {
    for text in texts {
        let parse = checked(text, edition);
        let messages: Vec<_> = parse.diagnostics.iter().map(|diagnostic| &diagnostic.message).collect();
        assert!(messages.is_empty(), "{text:?}: {messages:?}");
        let has_error = parse.tree.descendants(NodeId::ROOT).any(|node| parse.tree.kind(node) == NodeKind::Error);
        assert!(!has_error, "{text:?} has an error node");
    }
}

#[test]
fn every_kind_of_item_is_accepted() {
    accepts(
        Edition::E2024,
        &[
            "",
            "#!/usr/bin/env run\nfn main() {}",
            "---cargo\n[dependencies]\n---\nfn main() {}",
            "#![no_std]\n//! doc\n",
            "fn f() {}",
            "pub(crate) const unsafe extern \"C\" fn f<'a, T: ?Sized + 'a, const N: usize = 3>(self: &Self, mut x: T, _: [u8; N], ...) -> impl Fn(u8) -> u8 + 'a where T: Copy, for<'b> &'b T: Into<u8> {}",
            "async fn f(&'a mut self) -> ! { loop {} }",
            "extern crate core as c;",
            "extern \"C\" { static X: u8; fn f(x: u8, ...); type T; safe fn g(); }",
            "unsafe extern { }",
            "use a::{self, b as _, c::*, ::d}; use ::{x}; use *; use {a, b};",
            "mod a; mod b { #![allow(x)] fn f() {} }",
            "struct A; struct B(pub u8, pub(in a::b) (u8, u8)); struct C<T> where T: X { #[a] pub x: T, y: u8 }",
            "union U { a: u8, b: u16 }",
            "enum E { A, B(u8), C { x: u8 } = 3, #[x] D = 1 << 2, }",
            "impl<T> !Send for X<T> {}",
            "impl const Default for X {}",
            "unsafe impl<#[may_dangle] T> Drop for X<T> { default fn f() {} }",
            "pub unsafe auto trait T: A + B where Self: Sized { const X: u8 = 1; type Y<'a>: B where Self: 'a; fn f(); fn g() {} m!(); }",
            "trait A = B + C where D: E;",
            "type A<T>: B = C where T: D;",
            "const _: () = { let x = 1; };",
            "static mut X: [u8; 3] = [0; 3];",
            "macro_rules! m { ($x:expr) => { $x } }",
            "macro_rules! m ( () => () );",
            "macro m($x:expr) { $x }",
            "m! { a b c } m![a]; a::b!(x);",
            "type const X: u8 = 1;",
            "impl <T as A>::B {}",
            "#[derive(A)] #[cfg(all(a, b = \"c\"))] #[doc = concat!(\"a\")] #[unsafe(no_mangle)] fn f() {}",
            "/// doc\n/** more */ fn f() { //! inner\n }",
            "fn union(union: union) -> union { union }",
            "fn f<T>() -> T where {}",
            "trait T { fn f(self: Box<Self>, (a, b): (u8, u8)); }",
            "fn f() -> impl use<'a, T> + A {}",
            "fn f(#[a] x: u8) {}",
        ],
    );
}

#[test]
fn every_kind_of_expression_is_accepted() {
    let expressions = [
        "1 + 2 * 3 - -4 / !5 % 6",
        "a.b.c().d::<T>().0.1.2.await?",
        "a[1][2..3][..]",
        "f(a, b,)(c)",
        "x as u8 as u16 <= y",
        "x as usize >> 2",
        "a == b && c != d || e < f",
        "a = b = c",
        "a <<= 1",
        "a >>= b >> c",
        "..",
        "a..",
        "..=b",
        "a..=b + 1",
        "&&mut x",
        "&raw const x",
        "&raw mut x.y",
        "&raw",
        "*x.y",
        "-x as i8",
        "|x| x + 1",
        "|| {}",
        "move |&x: &u8, (a, b)| -> u8 { a }()",
        "async move || x",
        "static || 1",
        "for<'a> |x: &'a u8| x",
        "if a { 1 } else if let Some(x) = b && c { 2 } else { 3 }",
        "match x { A | B if c => 1, C { x, .. } => {} D(..) => return, _ => {}, }",
        "while let Some(x) = y.next() {}",
        "'a: loop { break 'a 1; continue 'a }",
        "for (a, b) in c..d {}",
        "'a: { break 'a }",
        "unsafe  { x }",
        "const { 1 }",
        "async { x.await }",
        "S { a, b: 1, 0: 2, ..c }",
        "S::<T> { }",
        "<T as U>::f::<V>()",
        "::a::b",
        "m!(a b) + m![c]",
        "(a,)",
        "()",
        "(a)",
        "[1, 2, 3,]",
        "[0; N]",
        "r#fn()",
        "return",
        "return a",
        "break 'a x + 1",
        "_",
        "#[a] x",
        "{ 1 } + 2",
        "x.f(|a| { a }, b)",
        "a < b",
        "(a < b) == c",
        "if (S {}) == x {}",
        "match (S {}) {}",
        "if x == (y) {}",
        "if let A | B = c {}",
        "a as Fn(u8) -> u8",
        "b'x' as char",
        "1.0.f()",
        "1..2",
        "1.e5",
        "yield x",
        "become f(x)",
        "do yeet x",
        "try { x? }",
        "gen { yield 1 }",
        "a.match { _ => 1 }",
        "|a: u8| -> u8 { a } + 1",
        "\"a\\u{1F600}\\\n  b\"",
        "c\"a\\xff\"",
        "b\"\\xff\\0\"",
        "'\\u{0}'",
        "r##\"a\"#\"##",
    ];
    for expression in expressions {
        accepts(
            Edition::E2024,
            &[&format!("fn f() {{ let x = {expression}; }}"), &format!("const X: T = m({expression});")],
        );
    }
}

#[test]
fn every_kind_of_statement_is_accepted() {
    accepts(
        Edition::E2024,
        &[
            "fn f() { ; let x; let y: u8 = 1; let Some(z) = w else { return }; #[a] let v = 1; }",
            "fn f() { if a {} else {} if b {} - 1; }",
            "fn f() { match x {} [1]; }",
            "fn f() { m! {} (1); m!{}.f(); m! {}? + 1; m!() + 1; }",
            "fn f() { {} .x; unsafe  {}.f() + 1; loop {} *x = 1; }",
            "fn f() { struct A; fn g() {} use a::b; const X: u8 = 1; const { 1 } static Y: u8 = 1; static || 1; }",
            "fn f() { union = 1; auto(); default.x; union A { x: u8 } }",
            "fn f() { unsafe fn g() {} unsafe  { g() } async fn h() {} async { 1 }; }",
            "fn f() { #[a] { 1 } #[b] x; #[c] m!{} }",
            "fn f() { #![a] x }",
            "fn f() { 'a: while x {} y }",
            "fn f() { macro_rules! m { () => {} } m!() }",
            "fn f() { x?; { y }?.z }",
        ],
    );
}

#[test]
fn every_kind_of_type_and_pattern_is_accepted() {
    let types = [
        "u8",
        "a::b<'c, D, 3, -1, { x }, E = F, G: H + 'i, J<'k> = L, true>",
        "&'a mut T",
        "&&T",
        "*const *mut T",
        "[T]",
        "[T; 3 + N]",
        "(A, B)",
        "(A,)",
        "()",
        "(A)",
        "!",
        "_",
        "fn(u8, x: &u8, ...) -> u8",
        "unsafe extern \"C\" fn()",
        "for<'a> fn(&'a u8) -> &'a u8",
        "dyn A + Send + 'a",
        "impl A + ?Sized + ~const B + [const] C",
        "dyn for<'a> Fn(&'a u8) -> u8",
        "Box<dyn Fn() -> A + Send>",
        "<T as U>::V",
        "<T>::V",
        "m!(x)",
        "&(dyn A + B)",
        "&dyn A",
        "Vec<Vec<Vec<u8>>>",
        "A<B, C = D<E>>",
        "dyn (A) + (B)",
        "impl async Fn()",
        "Fn(A) -> B",
        "T::f(..)",
        "dyn 'a + A",
        "A<{ 1 }>",
        "A<\"x\">",
        "fn(#[a] u8)",
        "self::A",
        "Self::B",
    ];
    for r#type in types {
        accepts(
            Edition::E2021,
            &[&format!("type T = {type};"), &format!("fn f(x: {type}) -> {type} {{ let y: {type} = 1; }}")],
        );
    }
    let patterns = [
        "_",
        "x",
        "ref mut x",
        "mut x @ 1..=3",
        "&x",
        "&&mut x",
        "(a, .., b)",
        "(a)",
        "(a,)",
        "()",
        "[a, b @ .., c]",
        "A",
        "a::B",
        "A(x, ..)",
        "A { x, y: 1, ref z, mut w, 0: v, .. }",
        "1",
        "-1",
        "'a'..='z'",
        "1..",
        "..=5",
        "\"s\"",
        "A | B",
        "| A",
        "(A | B, C)",
        "<T as U>::V",
        "m!(x)",
        "box x",
        "a::B..=C",
        "b\"x\"",
        "true",
        "A::<u8>(x)",
        "X..Y",
        "..Y",
    ];
    for pattern in patterns {
        accepts(
            Edition::E2021,
            &[
                &format!("fn f() {{ match x {{ {pattern} => 1, {pattern} if y => {{}} }} }}"),
                &format!("fn f() {{ if let {pattern} = x {{}} }}"),
            ],
        );
    }
}

#[test]
fn editions_differ_where_rust_says_so() {
    accepts(
        Edition::E2015,
        &[
            "fn async() { let dyn = await; try!(x); }",
            "trait T { fn f(u8, &str, x: u8); }",
            "type T = Box<dyn A + 'static>; type U = dyn::X;",
        ],
    );
    accepts(Edition::E2018, &["fn f() { m!('r#a c\"b\" #\"x\"#) }"]);
    accepts(Edition::E2021, &["fn gen() { m!(#\"x\"# ##) }"]);
    for (edition, text) in [
        (Edition::E2015, "async fn f() {}"),
        (Edition::E2018, "fn async() {}"),
        (Edition::E2018, "trait T { fn f(u8); }"),
        (Edition::E2021, "fn f() { m!(foo\"bar\") }"),
        (Edition::E2024, "fn gen() {}"),
        (Edition::E2024, "fn f() { m!(#\"x\"#) }"),
    ] {
        assert!(!checked(text, edition).diagnostics.is_empty(), "{text:?} in {edition}");
    }
}

#[test]
fn broken_programs_are_refused_with_words_that_help() {
    for (text, message) in [
        ("fn f( {}", "this file contains an unclosed delimiter"),
        ("fn f() { (x; }", "mismatched closing delimiter: `}`"),
        ("fn f() {", "this file contains an unclosed delimiter"),
        ("fn f() {} }", "unexpected closing delimiter: `}`"),
        ("fn f() { (] }", "unexpected closing delimiter: `]`"),
        ("fn f() { let x = ; }", "expected an expression, found `;`"),
        ("fn f() { let = 1; }", "expected a pattern, found `=`"),
        ("fn f() { let x = 1 let y = 2; }", "expected `;`, found keyword `let`"),
        ("fn f() { a b }", "expected `;` or `}`, found `b`"),
        ("fn f() { a < b < c }", "comparison operators cannot be chained"),
        ("fn f() { a..b..c }", "ranges cannot be chained"),
        ("fn f() { a..=; }", "inclusive range with no end"),
        ("fn f() { x as u8.y }", "cast cannot be followed by a method call, field access or `?`"),
        ("fn f() { match x { A 1 } }", "expected `=>` or `if`, found `1`"),
        ("fn f() { S { x = 1 } }", "expected `:`, found `=`"),
        ("fn f() { if x { } else y }", "expected `{` or `if`, found `y`"),
        ("fn () {}", "expected a name, found `(`"),
        ("fn f(x) {}", "expected `:` and the type of the parameter"),
        ("fn fn() {}", "expected a name, found keyword `fn`"),
        ("struct S { x u8 }", "expected `:`, found `u8`"),
        ("struct S { x: u8 } ;", "expected item, found `;`"),
        ("struct S", "expected `where`, `{`, `(` or `;` after struct name, found end of file"),
        ("struct S { /// lost\n }", "found an attribute or doc comment that doesn't document anything"),
        ("enum E { A B }", "expected `,`, found `B`"),
        ("impl {}", "expected a type, found `{`"),
        ("use a b;", "expected `;`, found `b`"),
        ("const X = 1;", "missing type for a `const` or `static` item"),
        ("x", "expected `!` or `::`, found end of file"),
        ("1", "expected an item, found `1`"),
        ("/// lost", "expected an item after an attribute or doc comment"),
        ("fn f() { #[a] }", "expected a statement after an outer attribute or doc comment"),
        ("fn f() { #![a] x; #![b] }", "an inner attribute is not permitted in this context"),
        ("fn f() { 'a x }", "expected `while`, `for`, `loop` or `{` after a label"),
        ("fn f() { x.; }", "expected a field or method name, found `;`"),
        ("fn f() { ''; }", "empty character literal"),
        ("fn f() { 'ab'; }", "character literal may only contain one codepoint"),
        ("fn f() { '\\q'; }", "unknown character escape: `q`"),
        ("fn f() { \"\\xff\"; }", "out of range hex escape: must be a character in the range [\\x00-\\x7f]"),
        ("fn f() { \"\\u{110000}\"; }", "invalid unicode character escape: it must be at most 10FFFF and no surrogate"),
        ("fn f() { b\"é\"; }", "non-ASCII character in byte string literal"),
        ("fn f() { \"abc", "unterminated double quote string"),
        ("fn f() { r#\"abc\"", "unterminated raw string"),
        ("/* /* */", "unterminated block comment"),
        ("fn f() { 0b12; }", "invalid digit for a base 2 literal"),
        ("fn f() { 0x; }", "no valid digits found for number"),
        ("fn f() { 1e; }", "expected at least one digit in exponent"),
        ("fn f() { 0x1.0; }", "hexadecimal float literal is not supported"),
        ("fn f() { № }", "unknown start of token: №"),
        ("fn f<'1>() {}", "lifetimes cannot start with a number"),
        (
            "fn f() { let Some(x) = S { y } else { return }; }",
            "right curly brace `}` before `else` in a `let...else` statement not allowed",
        ),
        ("async unsafe const fn f() {}", "expected `fn`, found keyword `const`"),
        ("unsafe struct S;", "expected `struct`, found keyword `unsafe`"),
        ("static _: u8 = 1;", "expected identifier, found reserved identifier `_`"),
        ("static X<T>: u8 = 1;", "static items may not have generic parameters"),
        ("fn f<T: ?for<'a> A<'a>>() {}", "`for<...>` binder should be placed before trait bound modifiers"),
        ("extern extern {}", "expected `{`, found keyword `extern`"),
        ("use a:: :: => b;", "expected a path segment, found `:`"),
        ("fn f() { a...b }", "unexpected token: `...`"),
        ("fn f() { if let x = y && z {} }", "let chains are only allowed in Rust 2024 or later"),
        ("enum E { _ }", "expected a variant, found reserved identifier `_`"),
        ("---\nfn f() {}", "unclosed frontmatter"),
        ("--- a b\n---\n", "invalid infostring for frontmatter"),
        ("fn 🦀() {}", "identifiers cannot contain emoji: `🦀`"),
    ] {
        let parse = checked(text, Edition::E2021);
        let messages: Vec<_> = parse.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert!(messages.contains(&message), "{text:?}: {messages:?}");
    }
}

#[test]
fn what_surrounds_an_error_is_parsed_all_the_same() {
    let text = "fn a() { let x = ; y(); }\nfn b() { z }\nstruct S { q: , r: u8 }\nfn c() { match x { A => , B => 1 } }\nfn d() {}";
    let parse = checked(text, Edition::E2021);
    let count = |kind| parse.tree.descendants(NodeId::ROOT).filter(|&node| parse.tree.kind(node) == kind).count();
    assert_eq!(count(NodeKind::Fn), 4);
    assert_eq!(count(NodeKind::CallExpr), 1);
    assert_eq!(count(NodeKind::RecordField), 2);
    assert_eq!(count(NodeKind::MatchArm), 2);
    assert_eq!(parse.diagnostics.len(), 3, "{:?}", parse.diagnostics);
}

#[test]
fn nesting_of_any_depth_is_parsed_and_no_stack_overflows() {
    for bracket in ["()", "[]", "{}"] {
        let (open, close) = bracket.split_at(1);
        checked(&format!("fn f() {{ {}1{} }}", open.repeat(100_000), close.repeat(100_000)), Edition::E2021);
    }
    let deep = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 100_000 } else { 10_000 };
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("f(", ")"),
        ("x[", "]"),
        ("#[a](", ")"),
        ("m!(", ")"),
        ("S{x:", "}"),
        ("match x { _ => ", "}"),
        ("|x| {", "}"),
        ("if x {", "}"),
    ] {
        let text = format!("fn f() {{ {}1{} }}", open.repeat(deep), close.repeat(deep));
        checked(&text, Edition::E2021);
        checked(&format!("fn f() {{ {} }}", open.repeat(deep)), Edition::E2021);
        checked(&format!("fn f() {{ {} }}", close.repeat(deep)), Edition::E2021);
    }
    for (open, close) in
        [("(", ")"), ("[", "]"), ("&", ""), ("A<", ">"), ("fn(", ")"), ("*const ", ""), ("dyn Fn(", ")"), ("<", ">::X")]
    {
        checked(&format!("type T = {}u8{};", open.repeat(deep), close.repeat(deep)), Edition::E2021);
        checked(&format!("fn f() {{ let {}x{} = 1; }}", open.repeat(deep), close.repeat(deep)), Edition::E2021);
    }
    for piece in [
        "!",
        "-",
        "&",
        "x = ",
        "|x| ",
        "return ",
        "x + ",
        "x.y.",
        "x..",
        "if x {} else ",
        "let x = ",
        "'a: ",
        "x as ",
        "#[a] ",
        "a::",
        "{{ ",
        "mod m { ",
        "use a::{",
    ] {
        checked(&format!("fn f() {{ {}x }}", piece.repeat(deep)), Edition::E2021);
        checked(&piece.repeat(deep), Edition::E2021);
    }
}

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

#[test]
fn any_soup_of_tokens_gives_a_well_formed_tree() {
    let pieces = "fn struct enum impl trait mod use pub const static unsafe extern async move let if else match while loop for in return break \
        continue where as dyn ref mut type union macro_rules self Self crate super x y T 'a 1 1.0 0.1 \"s\" 'c' b'x' r#\"r\"# ( ) [ ] { } < > << >> , ; : :: -> => = == \
        != <= >= + - * / % ^ & && | || ! . .. ..= ... ? @ # #! #[a] $ ~ _ /// /** m! default auto box yield try gen await raw builtin # \0 é 🦀";
    let pieces: Vec<_> = pieces.split_whitespace().chain(["/// d\n", "//! d\n", "\n"]).collect();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let count = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 5_000_000 } else { 60_000 };
    let mut text = String::new();
    for round in 0..count {
        text.clear();
        let prefix = ["", "fn f() { ", "struct S { ", "impl T { ", "match x { "][random.next(5)];
        text.push_str(prefix);
        for _ in 0..random.next(40) {
            text.push_str(pieces[random.next(pieces.len())]);
            if random.next(4) != 0 {
                text.push(' ');
            }
        }
        checked(&text, Edition::ALL[round % 4]);
    }
}

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if path.is_dir() {
            // Cargo marks its output folders so.
            if !hidden && !path.join("CACHEDIR.TAG").exists() {
                rust_files(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn edition_of(path: &Path) -> Edition {
    let manifest = path.ancestors().skip(1).find_map(|dir| std::fs::read_to_string(dir.join("Cargo.toml")).ok());
    let edition = manifest.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("edition = \"")));
    edition.and_then(|edition| edition.trim_end_matches('"').parse().ok()).unwrap_or(Edition::E2015)
}

/// Whether rustfmt, and so rustc's parser, refuses the text too; `None` where there is no rustfmt.
fn rustfmt_refuses(text: &str, edition: Edition) -> Option<bool> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut command = Command::new("rustfmt");
    command.args(["--emit", "stdout", "--edition", &edition.to_string()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    Some(String::from_utf8_lossy(&output.stderr).lines().any(|line| line.starts_with("error")))
}

/// Published crates compile, so their files are accepted; what rustc refuses too (fixtures, templates, pieces for `include!`)
/// is left out.
#[test]
fn every_file_of_the_repository_and_the_registry_is_accepted() {
    let mut files = Vec::new();
    // What a machine's registry holds is chance: without being asked for, only the files that come with the test are read.
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), &mut files);
    if std::env::var_os("RUSTG_TEST_FULL").is_some() {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
        rust_files(&home.expect("CARGO_HOME or HOME is set").join("registry/src"), &mut files);
    } else {
        eprintln!("SKIPPED: the registry's files, which RUSTG_TEST_FULL=1 reads");
    }
    files.sort();
    let (mut accepted, mut memory, mut source) = (0, 0, 0);
    let mut refused = Vec::new();
    for path in &files {
        let shown = path.display().to_string();
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let parse = checked(&text, edition_of(path));
        if parse.diagnostics.is_empty() {
            accepted += 1;
        } else if rustfmt_refuses(&text, edition_of(path)) == Some(false) {
            refused.push(format!("{shown}: {}", parse.diagnostics[0].message));
        }
        let lossless: String = (0..parse.tokens.len()).map(|token| parse.tokens.text(token, &text)).collect();
        assert!(lossless == text, "{shown}: the tokens are the text");
        memory += parse.tokens.size_bytes() + parse.tree.size_bytes();
        source += text.len();
    }
    assert!(accepted > 0, "the repository holds Rust files");
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(memory <= 5 * source, "{memory} bytes of tokens and trees for {source} of source");
    eprintln!("{accepted} files accepted, {:.2} bytes of tokens and tree a byte", memory as f64 / source as f64);
}

#[test]
fn white_space_and_comments_stand_between_nodes() {
    let text = "// one\n\nfn f() { /* two */ x }\n// three\n";
    let parse = checked(text, Edition::E2021);
    let function = parse.tree.children(NodeId::ROOT).next().unwrap();
    let range = parse.tree.tokens(function);
    assert_eq!(
        &text[parse.tokens.starts[range.start] as usize..parse.tokens.starts[range.end] as usize],
        "fn f() { /* two */ x }"
    );
    assert_eq!(parse.tokens.kind(0), TokenKind::LineComment);
    let name = range.start + 2;
    assert_eq!(parse.tree.node_at_token(name), function);
}
