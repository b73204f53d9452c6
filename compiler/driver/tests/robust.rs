//! Programs with a token too few, twice or in another's place: the compiler answers, whatever they have become.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rustg_driver::{Options, SourceFile, compile};

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

/// The kernels of the library, and the cases of meaning with a kernel that reaches them.
fn programs() -> Vec<(PathBuf, String)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |folder: PathBuf| {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
        paths.sort();
        paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
    };
    let mut programs: Vec<(PathBuf, String)> = read(here.join("../../kernels/library/src")).collect();
    for (path, text) in read(here.join("tests/cases")) {
        let kernel = "use rustg::prelude::*;\n#[kernel]\npub fn kernel(mut data: DisjointSlice<u64>) {\n    \
                      if let Some(item) = data.get_mut(thread::index_1d()) {\n        *item = test(*item);\n    }\n}\n";
        programs.push((path, format!("{kernel}{text}")));
    }
    assert!(programs.len() > 8);
    programs
}

/// The text with one token left out, written twice, or changed for another.
fn mutant(text: &str, random: &mut Random) -> String {
    let parse = rustg_syntax::parse(text, rustg_syntax::Edition::E2024);
    let code = |token: &usize| !text[parse.tokens.range(*token)].trim().is_empty();
    let tokens: Vec<usize> = (0..parse.tokens.len()).filter(code).collect();
    let mut pick = || parse.tokens.range(tokens[random.below(tokens.len())]);
    let (one, other) = (pick(), pick());
    match random.below(3) {
        0 => format!("{}{}", &text[..one.start], &text[one.end..]),
        1 => format!("{} {} {}", &text[..one.end], &text[one.clone()], &text[one.end..]),
        _ => {
            let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
            if first == second {
                return text.to_owned();
            }
            let between = &text[first.end..second.start];
            let (a, b) = (&text[first.clone()], &text[second.clone()]);
            format!("{}{b}{between}{a}{}", &text[..first.start], &text[second.end..])
        }
    }
}

#[test]
fn no_change_of_a_token_makes_the_compiler_panic_or_flood() {
    let rounds = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 20_000 } else { 150 };
    let programs = programs();
    let mut random = Random(11);
    let mut wrong = Vec::new();
    for round in 0..rounds {
        let (path, text) = &programs[random.below(programs.len())];
        let text = mutant(text, &mut random);
        let files = [SourceFile { path: "kernel.rs".to_owned(), text: text.clone() }];
        let options = Options { threads: 1, ..Options::default() };
        let what = match catch_unwind(AssertUnwindSafe(|| compile(&files, &options))) {
            Err(_) => "a panic".to_owned(),
            // Nothing said and nothing made would be a silent failure.
            Ok(made) if made.diagnostics.is_empty() && made.ptx.is_none() => "neither text nor mistake".to_owned(),
            Ok(made) if made.diagnostics.len() > 30 => format!("{} mistakes for one", made.diagnostics.len()),
            Ok(_) => continue,
        };
        wrong.push(format!("round {round}, {}: {what}", path.display()));
        if let Some(folder) = std::env::var_os("RUSTG_TEST_KEEP") {
            fs::write(Path::new(&folder).join(format!("{round}.rs")), &text).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
