//! The lexer against rustc's lexer, kernel by kernel: over fuzzed strings, the standard library of hard cases below, and
//! every Rust file of the local cargo registry.

use std::path::{Path, PathBuf};

use ra_ap_rustc_lexer as oracle;
use rustg_passes::TokenKind;
use rustg_passes::lex::{Isa, Tokens, frontmatter_flags, lex_in_pieces, lex_sequentially, lex_with, literal_details};

fn isas() -> Vec<Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.is_available()).collect()
}

/// rustc's kind of a token, rebuilt from ours and the text.
fn as_rustc(tokens: &Tokens, index: usize, file: &str) -> oracle::TokenKind {
    use oracle::DocStyle::{Inner, Outer};
    use oracle::TokenKind as To;
    use oracle::{Base, LiteralKind};
    let (kind, text) = (tokens.kind(index), tokens.text(index, file));
    let details = literal_details(text);
    let terminated = details.is_terminated;
    let literal = |kind| To::Literal { kind, suffix_start: details.suffix_start as u32 };
    let n_hashes = terminated.then(|| u8::try_from(details.hashes).expect("a well-formed literal has at most 255"));
    let base = match details.base {
        2 => Base::Binary,
        8 => Base::Octal,
        16 => Base::Hexadecimal,
        _ => Base::Decimal,
    };
    match kind {
        TokenKind::Whitespace => To::Whitespace,
        TokenKind::LineComment => To::LineComment { doc_style: None },
        TokenKind::OuterLineDoc => To::LineComment { doc_style: Some(Outer) },
        TokenKind::InnerLineDoc => To::LineComment { doc_style: Some(Inner) },
        TokenKind::BlockComment => To::BlockComment { doc_style: None, terminated },
        TokenKind::OuterBlockDoc => To::BlockComment { doc_style: Some(Outer), terminated },
        TokenKind::InnerBlockDoc => To::BlockComment { doc_style: Some(Inner), terminated },
        TokenKind::Shebang => unreachable!("a shebang is cut off before rustc's lexer runs"),
        TokenKind::Frontmatter => {
            let (has_invalid_preceding_whitespace, invalid_infostring) = frontmatter_flags(file, tokens.range(index));
            To::Frontmatter { has_invalid_preceding_whitespace, invalid_infostring }
        }
        TokenKind::Ident => To::Ident,
        TokenKind::RawIdent => To::RawIdent,
        TokenKind::ForcedKeywordIdent => To::ForcedKeywordIdent,
        TokenKind::UnknownPrefix => To::UnknownPrefix,
        TokenKind::InvalidIdent => To::InvalidIdent,
        TokenKind::Lifetime => To::Lifetime { starts_with_number: false },
        TokenKind::InvalidLifetime => To::Lifetime { starts_with_number: true },
        TokenKind::RawLifetime => To::RawLifetime,
        TokenKind::UnknownPrefixLifetime => To::UnknownPrefixLifetime,
        TokenKind::Int => literal(LiteralKind::Int { base, empty_int: details.is_empty }),
        TokenKind::Float => literal(LiteralKind::Float { base, empty_exponent: details.is_empty }),
        TokenKind::Char => literal(LiteralKind::Char { terminated }),
        TokenKind::Byte => literal(LiteralKind::Byte { terminated }),
        TokenKind::Str => literal(LiteralKind::Str { terminated }),
        TokenKind::ByteStr => literal(LiteralKind::ByteStr { terminated }),
        TokenKind::CStr => literal(LiteralKind::CStr { terminated }),
        TokenKind::RawStr => literal(LiteralKind::RawStr { n_hashes }),
        TokenKind::RawByteStr => literal(LiteralKind::RawByteStr { n_hashes }),
        TokenKind::RawCStr => literal(LiteralKind::RawCStr { n_hashes }),
        TokenKind::GuardedStrPrefix => To::GuardedStrPrefix,
        TokenKind::Semi => To::Semi,
        TokenKind::Comma => To::Comma,
        TokenKind::Dot => To::Dot,
        TokenKind::OpenParen => To::OpenParen,
        TokenKind::CloseParen => To::CloseParen,
        TokenKind::OpenBrace => To::OpenBrace,
        TokenKind::CloseBrace => To::CloseBrace,
        TokenKind::OpenBracket => To::OpenBracket,
        TokenKind::CloseBracket => To::CloseBracket,
        TokenKind::At => To::At,
        TokenKind::Pound => To::Pound,
        TokenKind::Tilde => To::Tilde,
        TokenKind::Question => To::Question,
        TokenKind::Colon => To::Colon,
        TokenKind::Dollar => To::Dollar,
        TokenKind::Eq => To::Eq,
        TokenKind::Bang => To::Bang,
        TokenKind::Lt => To::Lt,
        TokenKind::Gt => To::Gt,
        TokenKind::Minus => To::Minus,
        TokenKind::And => To::And,
        TokenKind::Or => To::Or,
        TokenKind::Plus => To::Plus,
        TokenKind::Star => To::Star,
        TokenKind::Slash => To::Slash,
        TokenKind::Caret => To::Caret,
        TokenKind::Percent => To::Percent,
        TokenKind::Unknown => To::Unknown,
    }
}

/// The first difference to rustc's lexer, if there is one.
fn difference_to_rustc(text: &str, tokens: &Tokens) -> Option<String> {
    let mut index = 0;
    let mut pos = 0;
    if let Some(end) = oracle::strip_shebang(text) {
        if tokens.kinds.first() != Some(&(TokenKind::Shebang as u8)) || tokens.starts[1] as usize != end {
            return Some(format!("shebang of {end} bytes"));
        }
        (index, pos) = (1, end);
    }
    for token in oracle::tokenize(&text[pos..], oracle::FrontmatterAllowed::Yes) {
        let end = pos + token.len as usize;
        if index >= tokens.len() {
            return Some(format!("at {pos}: we end, rustc has {:?}", token.kind));
        }
        let ours = as_rustc(tokens, index, text);
        if tokens.range(index) != (pos..end) || ours != token.kind {
            return Some(format!(
                "at {pos}: rustc {pos}..{end} {:?}, we {:?} {ours:?}",
                token.kind,
                tokens.range(index)
            ));
        }
        (index, pos) = (index + 1, end);
    }
    (index != tokens.len()).then(|| format!("at {pos}: rustc ends, we go on"))
}

fn check(text: &str, isas: &[Isa], tokens: &mut Tokens, sequential: &mut Tokens) {
    lex_sequentially(text, sequential);
    if let Some(difference) = difference_to_rustc(text, sequential) {
        panic!("sequential lexer: {difference} in {text:?}");
    }
    for &isa in isas {
        lex_with(isa, text, tokens);
        if tokens != sequential {
            let difference = difference_to_rustc(text, tokens);
            panic!("{isa:?}: {} in {text:?}", difference.unwrap_or("tokens beyond the text".into()));
        }
    }
}

/// The same text in several pieces: whatever the pieces guessed, the tokens are those of the whole.
fn check_pieces(text: &str, isas: &[Isa], pieces: usize, tokens: &mut Tokens, whole: &mut Tokens) {
    lex_with(isas[0], text, whole);
    for &isa in isas {
        lex_in_pieces(isa, pieces, text, tokens);
        let at = tokens.starts.iter().zip(&whole.starts).position(|(ours, right)| ours != right);
        assert!(tokens == whole, "{isa:?} in {pieces} pieces: token {at:?} differs in {text:?}");
    }
}

#[test]
fn a_text_in_pieces_has_the_tokens_of_the_whole() {
    let full = std::env::var_os("RUSTG_TEST_FULL").is_some();
    let isas = isas();
    let mut random = Random(0x00C0_FFEE);
    let (mut tokens, mut whole) = (Tokens::new(), Tokens::new());
    for _ in 0..if full { 20_000 } else { 1_000 } {
        let mut text = String::new();
        for _ in 0..1 + random.next(60) {
            text.push_str(NASTY[random.next(NASTY.len())]);
            // Cuts lie behind newlines.
            text.push_str(["\n", "", " ", "x\n"][random.next(4)]);
        }
        check_pieces(&text, &isas, 2 + random.next(6), &mut tokens, &mut whole);
    }
    // Code, then a string and a comment of many lines that hold what looks like code, longer than the search for a common start.
    for opening in ["let s = \"", "/* ", "let r = r##\""] {
        let lines = "let a = 'x'; // it's \"b\" \\ 1..2\n".repeat(2_000);
        let text = format!("{lines}{opening}{lines}\"## */{lines}");
        for pieces in 2..7 {
            check_pieces(&text, &isas, pieces, &mut tokens, &mut whole);
        }
    }
}

/// Pieces whose neighbourhoods are where lexers go wrong.
const NASTY: &[&str] = &[
    "\"",
    "'",
    "\\",
    "/",
    "*",
    "#",
    "\n",
    " ",
    "r",
    "b",
    "c",
    "k",
    "br",
    "cr",
    "r#",
    "r#\"",
    "\"#",
    "br#\"",
    "##",
    "//",
    "/*",
    "*/",
    "///",
    "//!",
    "/**",
    "/*!",
    "'a",
    "'a'",
    "'\\''",
    "b'",
    "b'x'",
    "0",
    "1",
    "9_",
    "0x",
    "0b",
    "0o",
    "1e",
    "1e+",
    "1.",
    "1.5",
    "..",
    ".",
    "e",
    "E",
    "+",
    "-",
    "_",
    "foo",
    "é",
    "ｘ",
    "\u{301}",
    "🦀",
    "\u{2028}",
    "\u{85}",
    "\u{200e}",
    "№",
    "\0",
    "\t",
    "\r\n",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "#!",
    "---",
    "---\n",
    "use ",
    ";",
    "::",
    "->",
    "<",
    ">",
    "u8",
    "f32",
    "'static",
    "'r#a",
    "'1",
    "'🦀",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "                                ",
    "\\\\\\\\",
    "\\\"",
    "$",
    "@",
];

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

fn fuzz(count: usize, seed: u64) {
    let isas = isas();
    let mut random = Random(seed);
    let (mut tokens, mut sequential) = (Tokens::new(), Tokens::new());
    let mut text = String::new();
    for _ in 0..count {
        text.clear();
        // Some strings begin anywhere within a block, so that every construct meets the block's end.
        if random.next(2) == 0 {
            let filler = [" ", "x", "é", "// \n", ";"][random.next(5)];
            for _ in 0..random.next(70) {
                text.push_str(filler);
            }
        }
        for _ in 0..1 + random.next(24) {
            text.push_str(NASTY[random.next(NASTY.len())]);
        }
        check(&text, &isas, &mut tokens, &mut sequential);
    }
}

#[test]
fn fuzzed_strings_lex_as_rustc_lexes_them_with_every_kernel() {
    let count = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 10_000_000 } else { 60_000 };
    fuzz(count, 0x9E37_79B9_7F4A_7C15);
}

#[test]
fn hard_cases_lex_as_rustc_lexes_them_with_every_kernel() {
    let cases = [
        "",
        "#!/bin/sh\nfn main() {}",
        "#![allow(x)]",
        "#! [x]",
        "#!\r\nfn",
        "---\nname\n---\nfn main() {}",
        " \n---\n---",
        " ---\n---",
        "--- cargo x\n---",
        "---\nuse a;",
        "----\n---",
        "1..2",
        "1.foo()",
        "1._x",
        "1.2.3",
        "x.0.1",
        "0x1e+1",
        "1e+foo",
        "1e+r\"x\"",
        "\"a\"r\"b\"",
        "br#x",
        "br#a1.5",
        "#\"a\"#",
        "###\"a\"",
        "/*/ */",
        "/* /* */",
        "'ab'c",
        "'a'b",
        "'\n'",
        "'\\\n'",
        "'/'",
        "'a/'",
        "'\"'\"'\"'",
        "k#fn",
        "'r#a",
        "r####\"a\"###\"b\"####",
        "\u{feff}fn",
        "a\u{301}b",
        "é1.5",
        "'é'",
        "'éa",
        "b'é'",
        "\"\\\\\"x",
    ];
    let (mut tokens, mut sequential) = (Tokens::new(), Tokens::new());
    for case in cases {
        for shift in 0..130 {
            let text = format!("{}{case}", " ".repeat(shift));
            check(&text, &isas(), &mut tokens, &mut sequential);
        }
        check(&case.repeat(40), &isas(), &mut tokens, &mut sequential);
    }
    let hashes = "#".repeat(300);
    check(&format!("r{hashes}\"a\"{hashes} x"), &isas(), &mut tokens, &mut sequential);
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

#[test]
fn every_file_of_the_repository_and_the_registry_lexes_as_rustc_lexes_it() {
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
    let (mut tokens, mut sequential) = (Tokens::new(), Tokens::new());
    let (mut file_count, mut size_bytes, mut token_count) = (0, 0, 0);
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        lex_sequentially(&text, &mut sequential);
        if let Some(difference) = difference_to_rustc(&text, &sequential) {
            panic!("{}: {difference}", path.display());
        }
        for isa in isas() {
            lex_with(isa, &text, &mut tokens);
            assert!(tokens == sequential, "{}: {isa:?}: {:?}", path.display(), difference_to_rustc(&text, &tokens));
        }
        (file_count, size_bytes, token_count) = (file_count + 1, size_bytes + text.len(), token_count + tokens.len());
    }
    eprintln!("{file_count} files, {size_bytes} bytes, {token_count} tokens: no difference");
    assert!(file_count > 0, "the repository holds Rust files");
}
