//! `rustg fmt`: formats Rust sources in rustfmt's style.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustg_base::{LineIndex, diagnostic};
use rustg_fmt::{Config, Formatted, Setting, find_config, format_text, read_config};
use rustg_syntax::Edition;

use crate::failure::Failure;
use crate::source_file::{self, Editions};
use crate::{exit, output};

/// Format Rust sources
///
/// In rustfmt's style, by the nearest rustfmt.toml and the edition of the nearest Cargo.toml. What was formatted is compared with
/// the source token by token; where anything but layout would differ, the file is left as it was and that is told. A file that does
/// not parse is left alone and told.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg fmt                                the files of the current folder
  rustg fmt --check src                    exit code 1 where something would change
  rustg fmt --diff src/main.rs             show what would change
  rustg fmt --stdin < a.rs                 one file from standard input to standard output
  rustg fmt --config max_width=120 a.rs    with an option of rustfmt.toml

Exit codes: 0 done, 1 with --check: something would change; a file does not parse, 2 a file or option cannot be read.")]
pub struct Args {
    /// Files and folders; without any, the current folder
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing; exit code 1 where something would change
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change
    #[arg(long)]
    diff: bool,
    /// Name the files that change
    #[arg(short = 'l', long = "list")]
    list: bool,
    /// Read one source from standard input, write it to standard output
    #[arg(long, conflicts_with = "paths")]
    stdin: bool,
    /// The path whose configuration and edition hold for standard input
    #[arg(long, value_name = "PATH", requires = "stdin")]
    stdin_path: Option<PathBuf>,
    /// Where results go
    #[arg(long, value_enum, default_value_t = Emit::Files)]
    emit: Emit,
    /// An option of rustfmt.toml, which outweighs the file's
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    config: Vec<String>,
    /// The configuration file, instead of the nearest one
    #[arg(long, value_name = "FILE")]
    config_path: Option<PathBuf>,
    /// The edition of all files; without it that of each file's nearest Cargo.toml, else 2024
    #[arg(long, value_name = "YEAR")]
    edition: Option<Edition>,
}

/// Where results go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Emit {
    /// Into the files.
    Files,
    /// To standard output.
    Stdout,
}

/// What became of one file.
#[derive(Default)]
struct Outcome {
    shown: String,
    is_changed: bool,
    is_broken: bool,
    is_unreadable: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.stdin {
        return standard_input(args);
    }
    let files = source_file::collect(&args.paths)?;
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Outcome>> = files.iter().map(|_| Mutex::default()).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            // Rules recurse with their nodes: more stack than a thread has by itself.
            let builder = std::thread::Builder::new().stack_size(STACK_SIZE_BYTES);
            let work = || {
                let mut editions = Editions::default();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = files.get(index) else { break };
                    *outcomes[index].lock().expect("no thread panicked") = file(args, path, &mut editions);
                }
            };
            builder.spawn_scoped(scope, work).expect("threads can be started");
        }
    });
    let mut shown = String::new();
    let (mut findings, mut unreadable) = (false, false);
    for outcome in outcomes {
        let outcome = outcome.into_inner().expect("no thread panicked");
        shown.push_str(&outcome.shown);
        findings |= outcome.is_broken || outcome.is_changed && (args.check || args.diff);
        unreadable |= outcome.is_unreadable;
    }
    output::write_stdout(shown.as_bytes())?;
    Ok(ExitCode::from(if unreadable {
        exit::INPUT
    } else if findings {
        exit::FINDINGS
    } else {
        0
    }))
}

const STACK_SIZE_BYTES: usize = 64 << 20;

/// The options that hold for the source at `path`, and what is to be told about them.
fn config_for(args: &Args, path: &Path, editions: &mut Editions, told: &mut String) -> Result<Config, Failure> {
    let mut config = Config::default();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = args.config_path.clone().or_else(|| absolute.parent().and_then(find_config));
    if let Some(found) = found {
        for (name, setting) in read_config(&found, &mut config).map_err(Failure::input)? {
            let _ = writeln!(told, "{}: option `{name}` is {}", found.display(), state(setting));
        }
    }
    for option in &args.config {
        let (name, value) = option
            .split_once('=')
            .ok_or_else(|| Failure::input(format_args!("--config {option}: options are given as NAME=VALUE")))?;
        match config.set(name, value).map_err(Failure::input)? {
            Setting::Taken => {}
            Setting::Unknown => {
                return Err(Failure::input(format_args!("--config {option}: there is no option `{name}`")));
            }
            setting => {
                let _ = writeln!(told, "option `{name}` is {}", state(setting));
            }
        }
    }
    config.edition = args.edition.or(config.edition).or_else(|| Some(editions.of(path)));
    Ok(config)
}

fn state(setting: Setting) -> &'static str {
    match setting {
        Setting::Taken => "taken",
        Setting::Ignored => "not acted on yet",
        Setting::Unknown => "not known",
    }
}

fn file(args: &Args, path: &Path, editions: &mut Editions) -> Outcome {
    let mut outcome = Outcome::default();
    let mut told = String::new();
    let result = config_for(args, path, editions, &mut told)
        .and_then(|config| source_file::read(path).map(|source| (config, source)))
        .and_then(|(config, source)| {
            let formatted = format_text(&source, &config);
            report(path, &source, &formatted, &mut told);
            outcome.is_broken = !formatted.diagnostics.is_empty();
            outcome.is_changed = formatted.text != source;
            if outcome.is_changed {
                if args.list || args.check && !args.diff {
                    let _ = writeln!(outcome.shown, "{}", path.display());
                }
                if args.diff {
                    outcome.shown.push_str(&difference(path, &source, &formatted.text));
                }
            }
            match args.emit {
                Emit::Stdout if !args.check && !args.diff => outcome.shown.push_str(&formatted.text),
                Emit::Files if outcome.is_changed && !args.check && !args.diff => write_file(path, &formatted.text)?,
                _ => {}
            }
            Ok(())
        });
    let _ = std::io::stderr().write_all(told.as_bytes());
    if let Err(failure) = result {
        outcome.is_unreadable = true;
        let _ = failure.report();
    }
    outcome
}

/// Tells what is wrong with a source, and where formatting it would have changed more than its layout.
fn report(path: &Path, source: &str, formatted: &Formatted, told: &mut String) {
    if !formatted.diagnostics.is_empty() {
        let lines = LineIndex::new(source);
        let name = path.display().to_string();
        for finding in &formatted.diagnostics {
            let _ = writeln!(told, "{}\n", diagnostic::render(finding, &name, source, &lines, false));
        }
    }
    if let Some(difference) = &formatted.difference {
        let _ = writeln!(
            told,
            "{}: left as it was, because formatting it would change the program: {difference}. This is a bug of rustg; please report it with the file.",
            path.display()
        );
    }
}

/// The lines that change, with what replaces them.
fn difference(path: &Path, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let behind = old[before..].iter().rev().zip(new[before..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (removed, added) = (&old[before..old.len() - behind], &new[before..new.len() - behind]);
    let mut text =
        format!("--- {0}\n+++ {0}\n@@ -{1},{2} +{1},{3} @@\n", path.display(), before + 1, removed.len(), added.len());
    for line in removed {
        let _ = writeln!(text, "-{line}");
    }
    for line in added {
        let _ = writeln!(text, "+{line}");
    }
    text
}

/// Puts the text in the place of the file at once, so that nobody ever sees half of it; permissions stay.
fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let fresh = target.with_file_name(format!(".{name}.{}.rustg", std::process::id()));
    let written = std::fs::write(&fresh, text)
        .and_then(|()| std::fs::metadata(&target))
        .and_then(|metadata| std::fs::set_permissions(&fresh, metadata.permissions()))
        .and_then(|()| std::fs::rename(&fresh, &target));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&fresh);
        Failure::input(format_args!("cannot write {}: {error}", path.display()))
    })
}

fn standard_input(args: &Args) -> Result<ExitCode, Failure> {
    let mut told = String::new();
    let path = args.stdin_path.clone().unwrap_or_else(|| PathBuf::from("stdin.rs"));
    let config = config_for(args, &path, &mut Editions::default(), &mut told)?;
    let source = source_file::read(Path::new("-"))?;
    let formatted = format_text(&source, &config);
    report(&path, &source, &formatted, &mut told);
    let _ = std::io::stderr().write_all(told.as_bytes());
    let is_changed = formatted.text != source;
    if args.diff {
        if is_changed {
            output::write_stdout(difference(&path, &source, &formatted.text).as_bytes())?;
        }
    } else if !args.check {
        output::write_stdout(formatted.text.as_bytes())?;
    }
    let findings = !formatted.diagnostics.is_empty() || is_changed && (args.check || args.diff);
    Ok(ExitCode::from(if findings { exit::FINDINGS } else { 0 }))
}
