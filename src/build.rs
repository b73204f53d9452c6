//! `rustg build`: a crate's kernels as PTX or as the intermediate representation; `rustg check` without its files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustg_base::{LineIndex, diagnostic};
use rustg_driver::{Compilation, Options, SourceFile, Target, compile, compile_to_mir};

use crate::failure::Failure;
use crate::source_file::{self, Editions};
use crate::{exit, output};

/// Compile a crate's kernels
///
/// PATH is a crate's root file, or a folder with src/lib.rs or src/main.rs. Only what kernels reach is compiled; the rest of the file may be any host code.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg build src/main.rs                        PTX on stdout
  rustg build . --gpu-arch sm_90 -o kernels.ptx  for one architecture, into a file
  rustg build src/main.rs --emit mir             the intermediate representation after the passes
  rustg build . --timings -o kernels.ptx         how long each stage took

Exit codes: 0 built, 1 the program is refused, 2 a file cannot be read.")]
pub struct Args {
    /// A crate's root file or folder; without it the current folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// What is written
    #[arg(long, value_name = "KIND", default_value = "ptx")]
    emit: Emit,
    /// The GPU: sm_75, sm_80, …
    #[arg(long, value_name = "ARCH", default_value = "sm_75", value_parser = target)]
    gpu_arch: Target,
    /// 0 leaves the code as it was lowered, 1 and above run the passes
    #[arg(long, value_name = "N", default_value_t = 3)]
    opt_level: u8,
    /// Where to; without it stdout
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Tell how long each stage took, on stderr
    #[arg(long)]
    timings: bool,
}

/// What `build` writes.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Emit {
    /// PTX text
    Ptx,
    /// The intermediate representation
    Mir,
}

fn target(text: &str) -> Result<Target, String> {
    text.parse().map_err(|error: rustg_driver::UnknownTarget| error.to_string())
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let files = crate_files(&args.path)?;
    let options = Options {
        target: args.gpu_arch,
        edition: edition(&files),
        optimization_level: args.opt_level,
        ..Options::default()
    };
    let (text, compilation) = match args.emit {
        Emit::Ptx => {
            let compilation = compile(&files, &options);
            (compilation.ptx.clone(), compilation)
        }
        Emit::Mir => compile_to_mir(&files, &options),
    };
    if args.timings {
        let mut told = String::new();
        for (stage, time) in &compilation.timings {
            let _ = writeln!(told, "{stage:<10} {:>10.3} ms", time.as_secs_f64() * 1e3);
        }
        let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
    }
    let refused = tell(&files, &compilation)?;
    match (text, &args.out) {
        (Some(text), Some(path)) => {
            std::fs::write(path, text).map_err(|error| Failure::output(path.display(), &error))?
        }
        (Some(text), None) => output::write_stdout(text.as_bytes())?,
        (None, _) => {}
    }
    Ok(ExitCode::from(if refused { exit::FINDINGS } else { 0 }))
}

/// Checks the crates whose roots or folders are named: everything that `build` checks, and nothing is written.
pub(crate) fn check(paths: &[PathBuf]) -> Result<ExitCode, Failure> {
    let here = [PathBuf::from(".")];
    let mut refused = false;
    for path in if paths.is_empty() { &here[..] } else { paths } {
        let files = crate_files(path)?;
        let compilation = compile(&files, &Options { edition: edition(&files), ..Options::default() });
        refused |= tell(&files, &compilation)?;
    }
    Ok(ExitCode::from(if refused { exit::FINDINGS } else { 0 }))
}

/// Writes what is wrong; whether the program is refused.
fn tell(files: &[SourceFile], compilation: &Compilation) -> Result<bool, Failure> {
    let mut told = String::new();
    for found in &compilation.diagnostics {
        let file = &files[found.file];
        let lines = LineIndex::new(&file.text);
        let _ = writeln!(
            told,
            "{}\n",
            diagnostic::render(&found.diagnostic, &file.path, &file.text, &lines, output::colored())
        );
    }
    output::write_stdout(told.as_bytes())?;
    Ok(compilation.has_errors())
}

fn edition(files: &[SourceFile]) -> rustg_driver::Edition {
    files.first().map_or(rustg_driver::Edition::E2024, |file| Editions::default().of(Path::new(&file.path)))
}

/// The root of a crate, then the files beside and below it.
fn crate_files(path: &Path) -> Result<Vec<SourceFile>, Failure> {
    let root = if path.is_dir() {
        let candidates = ["src/lib.rs", "src/main.rs", "lib.rs", "main.rs"].map(|name| path.join(name));
        let found = candidates.into_iter().find(|path| path.is_file());
        found.ok_or_else(|| {
            Failure::input(format_args!(
                "{}: neither src/lib.rs nor src/main.rs is there; name the crate's root file",
                path.display()
            ))
        })?
    } else {
        path.to_path_buf()
    };
    let read = |path: &Path| {
        let text = source_file::read(path)?;
        Ok::<_, Failure>(SourceFile { path: path.display().to_string(), text })
    };
    let mut files = vec![read(&root)?];
    // A file that declares no modules is a crate by itself, whatever lies beside it.
    let declares = files[0].text.lines().any(|line| line.trim_start().starts_with("mod ") || line.contains(" mod "));
    if let Some(folder) = root.parent().filter(|_| declares) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        for path in source_file::collect(&[folder.to_path_buf()])? {
            let path = path.strip_prefix("./").map_or(path.clone(), Path::to_path_buf);
            if path != root {
                files.push(read(&path)?);
            }
        }
    }
    Ok(files)
}
