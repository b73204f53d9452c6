//! `rustg check`: whether sources are well-formed Rust.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rustg_base::{LineIndex, diagnostic};
use rustg_syntax::{Edition, Parse, Scratch, Timings, parse_on};

use crate::failure::Failure;
use crate::source_file::{self, Editions};
use crate::{exit, output};

/// Check Rust sources
///
/// Without --syntax, whether the kernels of a crate (its root file or folder) are accepted as device code. With --syntax, that files are Rust at all: every file is lexed and parsed, for all syntax through Rust 1.95. Macros are not
/// expanded and names not resolved. Folders are searched for .rs files, leaving out what .gitignore names and hidden files.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg check src/main.rs                        the kernels of a crate
  rustg check --syntax .                         every file of the project
  rustg check --syntax src/main.rs --json        one JSON object a line and finding
  rustg check --syntax ~/.cargo/registry --stats files, tokens, nodes, and the time of each pass

Exit codes: 0 no errors, 1 errors found, 2 a file cannot be read or is not UTF-8.")]
pub struct Args {
    /// Files and folders; without any, the current folder. - is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Check the syntax alone, of any Rust; without it each PATH is a crate whose kernels are checked
    #[arg(long)]
    syntax: bool,
    /// The edition of all files; without it that of each file's nearest Cargo.toml, else 2024
    #[arg(long, value_name = "YEAR")]
    edition: Option<Edition>,
    /// Tell files, bytes, lines, tokens, nodes and the time of each pass
    #[arg(long)]
    stats: bool,
    /// Findings as JSON, one object a line; with --stats one more object at the end
    #[arg(long)]
    json: bool,
    /// Threads; without it one a CPU
    #[arg(long, short = 'j', value_name = "N")]
    threads: Option<usize>,
}

/// What checking came to.
#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    lines: usize,
    tokens: usize,
    nodes: usize,
    memory: usize,
    errors: usize,
    failures: usize,
    read_ns: u64,
    timings: Timings,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if !args.syntax {
        return crate::build::check(&args.paths);
    }
    let started = Instant::now();
    let files = source_file::collect(&args.paths)?;
    let threads =
        args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).clamp(1, 64);
    // Threads that have no file of their own help with one that is large.
    let threads_a_file = (threads / files.len().max(1)).max(1);
    let next = AtomicUsize::new(0);
    // What each file has to say, told in the order of files whatever thread is done first.
    let told: Vec<Mutex<String>> = files.iter().map(|_| Mutex::default()).collect();
    let totals = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(files.len().max(1)))
            .map(|_| scope.spawn(|| work(args, &files, threads_a_file, &next, &told)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("parsing does not panic"))
            .reduce(Totals::plus)
            .unwrap_or_default()
    });
    let wall_ns = started.elapsed().as_nanos() as u64;
    let mut shown = String::new();
    for told in told {
        shown.push_str(&told.into_inner().expect("no thread panicked while it held a file's words"));
    }
    if args.stats {
        shown.push_str(&if args.json { totals.json(wall_ns, threads) } else { totals.text(wall_ns, threads) });
    } else if !args.json && totals.errors > 0 {
        let (errors, files) = (counted(totals.errors, "error"), counted(totals.files, "file"));
        shown.push_str(&format!("{errors} in {files} checked\n"));
    }
    output::write_stdout(shown.as_bytes())?;
    Ok(ExitCode::from(match (totals.failures, totals.errors) {
        (1.., _) => exit::INPUT,
        (0, 1..) => exit::FINDINGS,
        _ => 0,
    }))
}

/// Checks files until none is left, each on `threads` threads.
fn work(args: &Args, files: &[PathBuf], threads: usize, next: &AtomicUsize, told: &[Mutex<String>]) -> Totals {
    let (mut scratch, mut parse, mut editions) = (Scratch::default(), Parse::default(), Editions::default());
    let mut totals = Totals::default();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = files.get(index) else { break };
        let started = Instant::now();
        let read = source_file::read(path);
        totals.read_ns += started.elapsed().as_nanos() as u64;
        let text = match read {
            Ok(text) => text,
            Err(failure) => {
                totals.failures += 1;
                let _ = failure.report();
                continue;
            }
        };
        let edition = args.edition.unwrap_or_else(|| editions.of(path));
        parse_on(threads, &mut scratch, &text, edition, &mut parse);
        totals.files += 1;
        totals.bytes += text.len();
        totals.tokens += parse.tokens.len();
        totals.nodes += parse.tree.len();
        totals.memory += parse.tokens.size_bytes() + parse.tree.size_bytes();
        totals.errors += parse.diagnostics.len();
        if args.stats {
            totals.lines += LineIndex::new(&text).line_count();
        }
        if !parse.diagnostics.is_empty() {
            *told[index].lock().expect("no thread panicked") = findings(args, path, &text, &parse);
        }
    }
    totals.timings = scratch.timings;
    totals
}

fn findings(args: &Args, path: &Path, text: &str, parse: &Parse) -> String {
    let lines = LineIndex::new(text);
    let name = path.display().to_string();
    let mut shown = String::new();
    for finding in &parse.diagnostics {
        if args.json {
            shown.push_str(&diagnostic::to_json(finding, &name, text, &lines).to_string());
            shown.push('\n');
        } else {
            shown.push_str(&diagnostic::render(finding, &name, text, &lines, output::colored()));
            shown.push_str("\n\n");
        }
    }
    shown
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl Totals {
    fn plus(mut self, other: Totals) -> Totals {
        self.files += other.files;
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.tokens += other.tokens;
        self.nodes += other.nodes;
        self.memory += other.memory;
        self.errors += other.errors;
        self.failures += other.failures;
        self.read_ns += other.read_ns;
        self.timings = self.timings + other.timings;
        self
    }

    /// Names and times of the passes, summed over threads.
    fn passes(&self) -> [(&'static str, u64); 6] {
        let Timings { lex_ns, code_ns, parse_ns, tree_ns, check_ns } = self.timings;
        [
            ("read", self.read_ns),
            ("lex", lex_ns),
            ("words and brackets", code_ns),
            ("parse", parse_ns),
            ("tree", tree_ns),
            ("literals", check_ns),
        ]
    }

    fn text(&self, wall_ns: u64, threads: usize) -> String {
        let seconds = |ns: u64| ns.max(1) as f64 / 1e9;
        let mut shown = String::new();
        for (name, count) in [
            ("files", self.files),
            ("bytes", self.bytes),
            ("lines", self.lines),
            ("tokens", self.tokens),
            ("nodes", self.nodes),
            ("errors", self.errors),
        ] {
            shown.push_str(&format!("{name:<20}{count:>14}\n"));
        }
        let per_byte = self.memory as f64 / self.bytes.max(1) as f64;
        shown.push_str(&format!("{:<20}{:>14.2} bytes of tokens and tree a source byte\n", "memory", per_byte));
        for (name, ns) in self.passes() {
            shown.push_str(&format!(
                "{name:<20}{:>11.1} ms {:>8.0} MB/s\n",
                ns as f64 / 1e6,
                self.bytes as f64 / 1e6 / seconds(ns)
            ));
        }
        let lines_per_second = self.lines as f64 / seconds(wall_ns) / 1e6;
        shown.push_str(&format!(
            "{:<20}{:>11.1} ms {:>8.0} MB/s, {lines_per_second:.1} M lines/s on {}\n",
            "wall",
            wall_ns as f64 / 1e6,
            self.bytes as f64 / 1e6 / seconds(wall_ns),
            counted(threads, "thread"),
        ));
        shown
    }

    fn json(&self, wall_ns: u64, threads: usize) -> String {
        let passes: serde_json::Map<_, _> =
            self.passes().into_iter().map(|(name, ns)| (format!("{}_ns", name.replace(' ', "_")), ns.into())).collect();
        let value = serde_json::json!({
            "files": self.files, "bytes": self.bytes, "lines": self.lines, "tokens": self.tokens, "nodes": self.nodes,
            "errors": self.errors, "unreadable": self.failures, "tree_and_token_bytes": self.memory,
            "passes": passes, "wall_ns": wall_ns, "threads": threads,
        });
        value.to_string() + "\n"
    }
}
