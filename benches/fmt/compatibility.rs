//! How close the formatter comes to rustfmt: reads a list of files, formats each, and compares with what rustfmt made of it.
//!
//! The list has a line for each file: path, edition, configuration file or `-`, and what rustfmt wrote (`clean` where it wrote
//! the file itself), separated by tabs; `corpus.py` makes it. Prints files equal, lines equal, files left as they were by the
//! safety check, time, and the first difference of each file by kind of node. `--show N` prints N of these differences,
//! `--kind NAME` only of that kind. `--mode a|b|c` perturbs each file's white space first and writes the results into `--out FOLDER`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustg_fmt::{Config, format_text, read_config};
use rustg_syntax::{NodeId, TokenKind, parse};

struct Entry {
    path: PathBuf,
    config: Config,
    expected: String,
}

#[derive(Default)]
struct Totals {
    files: usize,
    equal: usize,
    lines: usize,
    equal_lines: usize,
    unsafe_files: usize,
    unstable: usize,
    given_up: usize,
    given_up_bytes: usize,
    bytes: usize,
    unparsed: usize,
    time: Duration,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1).cloned())
    };
    let list = arguments.first().expect("usage: compatibility LIST [--show N] [--kind NAME] [--only clean|dirty]");
    let show: usize = option("--show").map_or(0, |count| count.parse().expect("--show takes a number"));
    let kind = option("--kind");
    let only = option("--only");
    let perturbed = option("--mode").zip(option("--out"));
    let mut totals = Totals::default();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut given_up: BTreeMap<String, usize> = BTreeMap::new();
    let mut shown = 0;
    for line in std::fs::read_to_string(list).expect("the list can be read").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, edition, config, expected] = fields[..] else { continue };
        if expected == "fail" || only.as_deref().is_some_and(|only| (only == "clean") != (expected == "clean")) {
            continue;
        }
        let mut options = Config::default();
        if config != "-" && read_config(config.as_ref(), &mut options).is_err() {
            continue;
        }
        options.edition = options.edition.or(edition.parse().ok());
        let Ok(source) = std::fs::read_to_string(path) else { continue };
        let expected =
            if expected == "clean" { source.clone() } else { std::fs::read_to_string(expected).unwrap_or_default() };
        let entry = Entry { path: path.into(), config: options, expected };
        if let Some((mode, folder)) = &perturbed {
            perturb(&entry, &source, mode, folder);
            continue;
        }
        let started = Instant::now();
        let formatted = match std::panic::catch_unwind(|| format_text(&source, &entry.config)) {
            Ok(formatted) => formatted,
            Err(_) => {
                println!("PANIC {path}");
                continue;
            }
        };
        totals.time += started.elapsed();
        totals.files += 1;
        totals.bytes += source.len();
        totals.unparsed += usize::from(!formatted.diagnostics.is_empty());
        totals.given_up += formatted.given_up.len();
        totals.given_up_bytes += formatted.given_up.iter().map(|(start, end)| (end - start) as usize).sum::<usize>();
        if !formatted.given_up.is_empty() {
            let tree = parse(&source, entry.config.edition());
            for &(start, _) in &formatted.given_up {
                *given_up.entry(kind_at(&tree, start as usize)).or_default() += 1;
            }
        }
        if let Some(difference) = &formatted.difference {
            totals.unsafe_files += 1;
            if kind.as_deref() == Some("unsafe") {
                println!("UNSAFE {path}: {difference}");
            }
        }
        if arguments.iter().any(|argument| argument == "--twice") {
            let again = format_text(&formatted.text, &entry.config);
            if again.text != formatted.text {
                totals.unstable += 1;
                println!("UNSTABLE {path}");
            }
        }
        compare(&entry, &formatted.text, &mut totals, &mut kinds, (&mut shown, show, kind.as_deref()));
    }
    report(&totals, &kinds, &given_up);
}

/// The innermost node at a byte and the one around it.
fn kind_at(tree: &rustg_syntax::Parse, offset: usize) -> String {
    let token = tree.tokens.starts.partition_point(|&start| start as usize <= offset).saturating_sub(1);
    let node = tree.tree.node_at_token(token.min(tree.tokens.len().saturating_sub(1)));
    let mut names = vec![tree.tree.kind(node).name()];
    let mut at = node;
    while let Some(parent) = tree.tree.parent(at) {
        names.push(tree.tree.kind(parent).name());
        at = parent;
        if names.len() == 4 {
            break;
        }
    }
    names.reverse();
    names.join("/")
}

fn compare(
    entry: &Entry,
    found: &str,
    totals: &mut Totals,
    kinds: &mut BTreeMap<String, usize>,
    (shown, show, only): (&mut usize, usize, Option<&str>),
) {
    let (expected_lines, found_lines): (Vec<_>, Vec<_>) = (entry.expected.lines().collect(), found.lines().collect());
    totals.lines += expected_lines.len();
    if entry.expected == found {
        totals.equal += 1;
        totals.equal_lines += expected_lines.len();
        return;
    }
    // Lines in common, in order, found greedily around each difference.
    let mut set: BTreeMap<&str, i64> = BTreeMap::new();
    for line in &found_lines {
        *set.entry(line).or_default() += 1;
    }
    for line in &expected_lines {
        let left = set.entry(line).or_default();
        totals.equal_lines += usize::from(*left > 0);
        *left -= 1;
    }
    let first = expected_lines.iter().zip(&found_lines).take_while(|(a, b)| a == b).count();
    let offset: usize = expected_lines[..first].iter().map(|line| line.len() + 1).sum();
    let lead = expected_lines.get(first).map_or(0, |line| line.len() - line.trim_start().len());
    let tree = parse(&entry.expected, entry.config.edition());
    let kind = if tree.tree.len() < 2 {
        "none".into()
    } else {
        kind_at(&tree, (offset + lead).min(entry.expected.len().saturating_sub(1)))
    };
    if *shown < show && only.is_none_or(|only| kind.contains(only)) {
        *shown += 1;
        println!("--- {}:{} {kind}", entry.path.display(), first + 1);
        let from = first.saturating_sub(2);
        for line in &expected_lines[from..(first + 6).min(expected_lines.len())] {
            println!("  - {line}");
        }
        for line in &found_lines[from.min(found_lines.len())..(first + 6).min(found_lines.len())] {
            println!("  + {line}");
        }
    }
    *kinds.entry(kind).or_default() += 1;
}

fn report(totals: &Totals, kinds: &BTreeMap<String, usize>, given_up: &BTreeMap<String, usize>) {
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let mut sorted: Vec<_> = kinds.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (kind, count) in sorted.iter().take(25) {
        println!("{count:>6} {kind}");
    }
    let mut sorted: Vec<_> = given_up.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    println!("given up:");
    for (kind, count) in sorted.iter().take(12) {
        println!("{count:>6} {kind}");
    }
    println!("files            {:>9}", totals.files);
    println!("equal            {:>9} {:.2} %", totals.equal, percent(totals.equal, totals.files));
    println!("lines equal      {:>9} {:.3} %", totals.equal_lines, percent(totals.equal_lines, totals.lines));
    println!("left by check    {:>9}", totals.unsafe_files);
    println!("not parsed       {:>9}", totals.unparsed);
    println!(
        "given up         {:>9} ({:.2} % of bytes)",
        totals.given_up,
        percent(totals.given_up_bytes, totals.bytes)
    );
    println!("changed again    {:>9}", totals.unstable);
    let seconds = totals.time.as_secs_f64();
    println!("time             {:>9.2} s, {:.1} MB/s", seconds, totals.bytes as f64 / 1e6 / seconds);
}

/// Writes the file with its white space changed: (a) doubled, (b) line breaks joined, (c) every space a line break. What
/// stands beside comments stays.
fn perturb(entry: &Entry, source: &str, mode: &str, folder: &str) {
    let tree = parse(source, entry.config.edition());
    let tokens = &tree.tokens;
    let mut out = String::new();
    let is_comment = |token: usize| {
        matches!(tokens.kind(token), TokenKind::LineComment | TokenKind::BlockComment)
            || tokens.kind(token).is_doc_comment()
    };
    for token in 0..tokens.len() {
        let text = tokens.text(token, source);
        let beside = token > 0 && is_comment(token - 1) || token + 1 < tokens.len() && is_comment(token + 1);
        if tokens.kind(token) != TokenKind::Whitespace || beside {
            out.push_str(text);
            continue;
        }
        let lines = text.bytes().filter(|&byte| byte == b'\n').count();
        match mode {
            "a" if lines == 0 => out.push_str("  "),
            "b" if lines == 1 => out.push(' '),
            "c" if lines == 0 => out.push('\n'),
            _ => out.push_str(text),
        }
    }
    let name = format!("{:016x}.rs", hash(entry.path.to_string_lossy().as_bytes()));
    std::fs::write(PathBuf::from(folder).join(&name), out).expect("the folder can be written to");
    println!("{}\t{name}", entry.path.display());
    let _ = NodeId::ROOT;
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
