//! `rustg build`: a crate's kernels as PTX, machine code or the intermediate representation; `rustg check` without its files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustg_base::{LineIndex, diagnostic};
use rustg_build::cubin::{self, CubinError};
use rustg_driver::{
    Cache, Compilation, Options, SourceFile, StageTime, Target, Timings, compile, compile_cached, compile_to_mir,
};

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
  rustg build . --gpu-arch sm_90,sm_120 -o out   out/kernels.sm_90.ptx and out/kernels.sm_120.ptx
  rustg build . --emit cubin --gpu-arch sm_90 -o kernels.cubin
                                                 machine code, by ptxas (pip install nvidia-cuda-nvcc)
  rustg build src/main.rs --emit mir             the intermediate representation after the passes
  rustg build . --timings -o kernels.ptx         how long each stage took

Compiled kernels and machine code are kept under RUSTG_CACHE_DIR, else in the user's cache folder under rustg; `rustg clean` removes them.

Exit codes: 0 built, 1 the program is refused, 2 a file cannot be read, 3 ptxas is missing.")]
pub struct Args {
    /// A crate's root file or folder; without it the current folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// What is written
    #[arg(long, value_name = "KIND", default_value = "ptx")]
    emit: Emit,
    /// The GPUs: sm_75, sm_80, …, with commas between them
    #[arg(long, value_name = "ARCH", default_value = "sm_75", value_delimiter = ',', value_parser = target)]
    gpu_arch: Vec<Target>,
    /// 0 leaves the code as it was lowered, 1 and above run the passes
    #[arg(long, value_name = "N", default_value_t = 3)]
    opt_level: u8,
    /// Where to; without it stdout. For several GPUs, a folder
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Tell how long each stage took and on how many threads, on stderr
    #[arg(long)]
    timings: bool,
    /// Tell it as JSON
    #[arg(long, requires = "timings")]
    json: bool,
    /// How many threads work; 0 for as many as the machine has
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Where compiled kernels are kept between runs
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Compile everything, and keep nothing
    #[arg(long, conflicts_with = "cache_dir")]
    no_cache: bool,
}

impl Args {
    fn cache(&self) -> Option<Cache> {
        match &self.cache_dir {
            _ if self.no_cache => None,
            Some(folder) => Some(Cache::new(folder)),
            None => Cache::of_user(),
        }
    }
}

/// What `build` writes.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Emit {
    /// PTX text
    Ptx,
    /// The intermediate representation
    Mir,
    /// Machine code
    Cubin,
}

pub(crate) fn target(text: &str) -> Result<Target, String> {
    text.parse().map_err(|error: rustg_driver::UnknownTarget| error.to_string())
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let files = crate_files(&args.path)?;
    let is_many = args.gpu_arch.len() > 1;
    if is_many && args.out.is_none() {
        return Err(Failure::input("for several GPUs, --out names the folder of their files"));
    }
    let mut refused = false;
    let cache = args.cache();
    for target in &args.gpu_arch {
        let options = Options {
            target: *target,
            edition: edition(&files),
            optimization_level: args.opt_level,
            threads: args.threads,
            ..Options::default()
        };
        let (text, compilation) = match args.emit {
            Emit::Ptx | Emit::Cubin => {
                let mut compilation = match &cache {
                    Some(cache) => compile_cached(&files, &options, cache),
                    None => compile(&files, &options),
                };
                (compilation.ptx.take(), compilation)
            }
            Emit::Mir => compile_to_mir(&files, &options),
        };
        if args.timings {
            tell_timings(&compilation.timings, args.json);
        }
        refused = tell(&files, &compilation)?;
        let Some(text) = text.filter(|_| !refused) else { break };
        let content = match args.emit {
            Emit::Cubin => assembled(&text, *target)?,
            Emit::Ptx | Emit::Mir => text.into_bytes(),
        };
        let path = match &args.out {
            Some(folder) if is_many => {
                std::fs::create_dir_all(folder).map_err(|error| Failure::output(folder.display(), &error))?;
                Some(folder.join(format!("kernels.{target}.{}", args.emit.extension())))
            }
            out => out.clone(),
        };
        match path {
            Some(path) => std::fs::write(&path, content).map_err(|error| Failure::output(path.display(), &error))?,
            None => output::write_stdout(&content)?,
        }
    }
    Ok(ExitCode::from(if refused { exit::FINDINGS } else { 0 }))
}

impl Emit {
    fn extension(self) -> &'static str {
        match self {
            Emit::Ptx => "ptx",
            Emit::Mir => "mir",
            Emit::Cubin => "cubin",
        }
    }
}

fn assembled(ptx: &str, target: Target) -> Result<Vec<u8>, Failure> {
    match cubin::assemble(ptx, &target.to_string(), cubin::cache_folder().as_deref()) {
        Ok(cubin) => Ok(cubin.bytes),
        Err(error @ CubinError::NoPtxas) => Err(Failure::missing(error)),
        Err(error) => Err(Failure::input(error)),
    }
}

/// The table of stages, on stderr.
fn tell_timings(timings: &Timings, as_json: bool) {
    if as_json {
        let stage = |stage: &StageTime| {
            serde_json::json!({
                "stage": stage.stage,
                "time_ns": stage.time.as_nanos() as u64,
                "threads": stage.threads,
            })
        };
        let stages: Vec<_> = timings.stages.iter().map(stage).collect();
        let told = serde_json::json!({ "stages": stages, "wall_ns": timings.wall.as_nanos() as u64 });
        eprintln!("{told}");
        return;
    }
    let mut told = format!("{:<10} {:>13} {:>8}\n", "stage", "time", "threads");
    for stage in &timings.stages {
        let (time_ms, threads) = (stage.time.as_secs_f64() * 1e3, stage.threads);
        let _ = writeln!(told, "{:<10} {time_ms:>10.3} ms {threads:>8}", stage.stage);
    }
    let _ = writeln!(told, "{:<10} {:>10.3} ms", "wall", timings.wall.as_secs_f64() * 1e3);
    let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
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
pub(crate) fn tell(files: &[SourceFile], compilation: &Compilation) -> Result<bool, Failure> {
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

pub(crate) fn edition(files: &[SourceFile]) -> rustg_driver::Edition {
    files.first().map_or(rustg_driver::Edition::E2024, |file| Editions::default().of(Path::new(&file.path)))
}

/// The root of a crate, then the files of its modules.
pub(crate) fn crate_files(path: &Path) -> Result<Vec<SourceFile>, Failure> {
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
    let text = source_file::read(&root)?;
    let root = SourceFile { path: root.display().to_string(), text };
    let mut failure = None;
    let mut read = |path: &str| {
        let path = Path::new(path);
        let text = path.is_file().then(|| source_file::read(path))?;
        text.map_err(|error| failure = Some(error)).ok()
    };
    let files = rustg_driver::crate_files(root, &mut read);
    failure.map_or(Ok(files), |error| Err(error.into()))
}
