//! Lexer and parser beside their peers, over the same files in the same run: `speed [DIR…] [--step N] [--rounds N]`.
//!
//! Without folders, the local cargo registry; `fetch_corpus.sh` fills it. Every stage runs `--rounds` times over all files,
//! stages by turns, and the fastest round counts: what else the machine does can only slow a round down. Ratios are the
//! result; the bars are those of the project.

#[path = "../corpus.rs"]
mod corpus;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use corpus::File;
use rustg_passes::lex::{Isa, lex_on, lex_with};
use rustg_syntax::{Document, Parse, Scratch, Tokens, parse_on, parse_with};

struct Stage<'a> {
    name: String,
    run: Box<dyn FnMut(&[File]) -> usize + 'a>,
    best_s: f64,
    /// Peers that are slow run over every so-manyeth file.
    step: usize,
}

fn stage<'a>(name: impl Into<String>, step: usize, mut one: impl FnMut(&File) -> usize + 'a) -> Stage<'a> {
    let run = Box::new(move |files: &[File]| files.iter().step_by(step).map(&mut one).sum());
    Stage { name: name.into(), run, best_s: f64::INFINITY, step }
}

fn ra_edition(edition: rustg_syntax::Edition) -> ra_ap_syntax::Edition {
    use ra_ap_syntax::Edition as Theirs;
    [Theirs::Edition2015, Theirs::Edition2018, Theirs::Edition2021, Theirs::Edition2024][edition as usize]
}

fn stages<'a>() -> Vec<Stage<'a>> {
    use ra_ap_rustc_lexer::{FrontmatterAllowed, tokenize};
    let mut stages = vec![stage("rustc_lexer", 1, |file| {
        tokenize(&file.text, FrontmatterAllowed::Yes).map(|token| black_box(token).len as usize).sum()
    })];
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
        let mut tokens = Tokens::new();
        stages.push(stage(format!("rustg lex {isa:?}"), 1, move |file| {
            lex_with(isa, &file.text, &mut tokens);
            tokens.len()
        }));
    }
    let (mut scratch, mut parse) = (Scratch::default(), Parse::default());
    stages.push(stage("rustg parse", 1, move |file| {
        parse_with(&mut scratch, &file.text, file.edition, &mut parse);
        parse.tree.len()
    }));
    stages.push(stage("ra_ap_syntax parse", 8, |file| {
        usize::from(
            black_box(ra_ap_syntax::SourceFile::parse(&file.text, ra_edition(file.edition))).errors().is_empty(),
        )
    }));
    stages.push(stage("syn parse_file", 8, |file| usize::from(black_box(syn::parse_file(&file.text)).is_ok())));
    let mut peer = tree_sitter::Parser::new();
    peer.set_language(&tree_sitter_rust::LANGUAGE.into()).expect("the grammar fits the library");
    stages
        .push(stage("tree-sitter-rust", 8, move |file| usize::from(black_box(peer.parse(&file.text, None)).is_some())));
    stages
}

/// The processor time this thread has had: a busy machine does not add to it, though it slows caches down.
fn cpu_s() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec to the place given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Bytes to trees over all files on `threads` threads, once.
fn parse_all(files: &[File], threads: usize) -> f64 {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let (mut scratch, mut parse) = (Scratch::default(), Parse::default());
                while let Some(file) = files.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    parse_with(&mut scratch, &file.text, file.edition, &mut parse);
                    black_box(parse.tree.len());
                }
            });
        }
    });
    started.elapsed().as_secs_f64()
}

fn main() {
    let mut dirs: Vec<PathBuf> = Vec::new();
    let (mut step, mut rounds) = (1, 5);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok()).expect("a number follows the option");
        match argument.as_str() {
            "--step" => step = number(),
            "--rounds" => rounds = number(),
            _ => dirs.push(argument.into()),
        }
    }
    if dirs.is_empty() {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
        dirs.push(home.expect("HOME is set").join("registry/src"));
    }
    // Sources of a size people write; fixtures of lexers and parsers are no measure of anything.
    let mut files = corpus::read(&dirs, step);
    files.retain(|file| !file.path.to_string_lossy().contains("test_data"));
    let total = |step: usize| files.iter().step_by(step).map(|file| file.text.len()).sum::<usize>() as f64;
    let lines = |step: usize| files.iter().step_by(step).map(|file| file.text.lines().count()).sum::<usize>() as f64;
    println!("{} files, {:.1} MB, {:.2} M lines, one thread", files.len(), total(1) / 1e6, lines(1) / 1e6);
    let mut stages = stages();
    for _ in 0..rounds {
        for stage in &mut stages {
            let started = cpu_s();
            black_box((stage.run)(&files));
            stage.best_s = stage.best_s.min(cpu_s() - started);
        }
    }
    let speed = |stage: &Stage| total(stage.step) / stage.best_s / 1e6;
    let of = |name: &str| stages.iter().find(|stage| stage.name == name).map_or(f64::NAN, &speed);
    for stage in &stages {
        let mine = if stage.name.starts_with("rustg parse") || !stage.name.contains("lex") {
            of("rustg parse")
        } else {
            f64::NAN
        };
        let ratio = if stage.name.contains("lex") {
            format!("{:>6.2} × rustc_lexer", speed(stage) / of("rustc_lexer"))
        } else {
            format!("rustg parse is {:>6.1} × this", mine / speed(stage))
        };
        println!(
            "{:<22}{:>8.1} MB/s {:>8.2} M lines/s   {ratio}",
            stage.name,
            speed(stage),
            lines(stage.step) / stage.best_s / 1e6
        );
    }
    println!("rustg parse is {:.2} × rustc_lexer's speed", of("rustg parse") / of("rustc_lexer"));
    let best = |threads| (0..rounds).map(|_| parse_all(&files, threads)).fold(f64::INFINITY, f64::min);
    let (one, two) = (best(1), best(2));
    println!("two threads are {:.2} × one", one / two);
    one_large_file(&files, rounds);
    edit_one_letter(&files, rounds);
}

/// Files joined to one of some 30 MB, lexed and parsed on one thread and on two.
fn one_large_file(files: &[File], rounds: usize) {
    let mut text = String::new();
    for file in files.iter().filter(|file| file.edition == rustg_syntax::Edition::E2021) {
        text.push_str("mod part {\n");
        text.push_str(&file.text);
        text.push_str("\n}\n");
        if text.len() > 30_000_000 {
            break;
        }
    }
    let (mut tokens, mut scratch, mut parse) = (Tokens::new(), Scratch::default(), Parse::default());
    let mut best_s = [[f64::INFINITY; 2]; 2];
    for _ in 0..rounds {
        for threads in 1..=2 {
            let [lex_s, parse_s] = &mut best_s[threads - 1];
            let started = Instant::now();
            lex_on(Isa::best(), threads, &text, &mut tokens);
            *lex_s = lex_s.min(started.elapsed().as_secs_f64());
            let started = Instant::now();
            parse_on(threads, &mut scratch, &text, rustg_syntax::Edition::E2021, &mut parse);
            *parse_s = parse_s.min(started.elapsed().as_secs_f64());
        }
    }
    let [one, two] = best_s;
    println!(
        "one file of {:.1} MB: lexing on two threads is {:.2} × one, bytes to tree {:.2} ×",
        text.len() as f64 / 1e6,
        one[0] / two[0],
        one[1] / two[1]
    );
}

/// A letter typed into the middle of a file of 10,000 lines and taken out again.
fn edit_one_letter(files: &[File], rounds: usize) {
    let mut text = String::new();
    for file in files.iter().filter(|file| file.edition == rustg_syntax::Edition::E2021 && file.text.len() < 50_000) {
        text.push_str("mod part {\n");
        text.push_str(&file.text);
        text.push_str("\n}\n");
        if text.lines().count() >= 10_000 {
            break;
        }
    }
    let Some(at) = text[text.len() / 2..].find("let ").map(|at| at + text.len() / 2 + 4) else { return };
    let mut document = Document::new(text.clone(), rustg_syntax::Edition::E2021);
    let (mut best_s, mut reparsed) = (f64::INFINITY, None);
    for _ in 0..20 * rounds {
        let started = cpu_s();
        reparsed = Some(document.edit(at..at, "x"));
        best_s = best_s.min(cpu_s() - started);
        document.edit(at..at + 1, "");
    }
    println!(
        "a letter typed in {} lines ({} bytes): {:.3} ms, {reparsed:?}",
        text.lines().count(),
        text.len(),
        best_s * 1e3
    );
}
