//! The one door of the compiler: source files in, PTX, kernels and diagnostics out.
//!
//! It owns the order of the stages and what is kept between runs; each stage is a crate below it.

mod anchor;
mod back;
mod cache;
mod callers;
mod database;
mod describe;
mod files;
mod front;
mod kernel;
mod library;
mod pack;
mod timings;
mod unit;

use rustg_base::Diagnostic;
pub use rustg_codegen::{KernelText, RECORD_SIZE_BYTES, Target, UnknownTarget, kernel_text};
use rustg_sema::{Lowered, Outline};
pub use rustg_syntax::Edition;

pub use cache::Cache;
pub use database::Database;
pub use files::crate_files;
pub use kernel::{ConstantVariable, Kernel, KernelParameter, Layout, PanicSite, ParameterKind, Scalar, SliceAccess};
pub use timings::{StageTime, Timings};

use anchor::Anchors;
use timings::Clock;
use unit::Unit;

/// A file of the crate that is compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its path, as diagnostics and panics shall show it. `mod name;` looks for the files beside it by these paths.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What is compiled, and for what.
#[derive(Clone, Debug)]
pub struct Options {
    /// The GPU.
    pub target: Target,
    /// The edition of the crate.
    pub edition: Edition,
    /// 0 leaves the code as it was lowered; 1 and above run the passes.
    pub optimization_level: u8,
    /// What a panic ends.
    pub panic: PanicEnd,
    /// How many threads work; 0 for as many as the machine has. What comes out does not depend on it.
    pub threads: usize,
    /// What holds in `cfg`: [`host_cfgs`] and what rustc was given besides, without blanks: `test`, `feature="fast"`.
    pub cfgs: Vec<String>,
    /// The crates whose functions kernels may call; their files stand behind the crate's own.
    pub dependencies: Vec<Dependency>,
}

/// A crate that the compiled one uses, as source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// What the compiled crate calls it.
    pub name: String,
    /// Its edition.
    pub edition: Edition,
    /// Its root among the files; the others of it follow, up to the next dependency's.
    pub first_file: usize,
    /// What holds in its `cfg`, beside [`Options::cfgs`] that are no features and not `test`; nothing where its features are not known.
    pub features: Option<Vec<String>>,
}

/// What holds in `cfg` on the machine that this runs on, for debug builds: a kernel's crate has the same items as rustc sees.
pub fn host_cfgs() -> Vec<String> {
    use std::env::consts::{ARCH, FAMILY, OS};
    let endian = if cfg!(target_endian = "little") { "little" } else { "big" };
    let width = usize::BITS;
    let texts = [
        FAMILY.to_owned(),
        "debug_assertions".to_owned(),
        format!("target_family=\"{FAMILY}\""),
        format!("target_os=\"{OS}\""),
        format!("target_arch=\"{ARCH}\""),
        format!("target_pointer_width=\"{width}\""),
        format!("target_endian=\"{endian}\""),
        "panic=\"unwind\"".to_owned(),
    ];
    texts.to_vec()
}

/// What a panic ends, once it has written its record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PanicEnd {
    /// The thread, as if it had returned: the others go on, and the device stays usable.
    #[default]
    Thread,
    /// The whole launch, at once. On a GPU the process can use the device no more.
    Launch,
}

/// No such way to end: it is `exit` or `trap`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownPanicEnd(pub String);

impl std::fmt::Display for UnknownPanicEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a panic ends its thread (`exit`) or the whole launch (`trap`), not `{}`", self.0)
    }
}

impl std::error::Error for UnknownPanicEnd {}

impl std::str::FromStr for PanicEnd {
    type Err = UnknownPanicEnd;

    fn from_str(text: &str) -> Result<PanicEnd, UnknownPanicEnd> {
        match text {
            "exit" => Ok(PanicEnd::Thread),
            "trap" => Ok(PanicEnd::Launch),
            _ => Err(UnknownPanicEnd(text.to_owned())),
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            target: Target { sm: 75 },
            edition: Edition::E2024,
            optimization_level: 3,
            panic: PanicEnd::default(),
            threads: 0,
            cfgs: host_cfgs(),
            dependencies: Vec::new(),
        }
    }
}

impl Options {
    /// The edition of the file of that number.
    fn edition_of(&self, file: usize) -> Edition {
        let of = self.dependencies.iter().rev().find(|of| of.first_file <= file);
        of.map_or(self.edition, |of| of.edition)
    }

    /// Where the crates begin among the files, and what holds in them.
    fn crates(&self) -> Vec<rustg_sema::Crate> {
        let own = rustg_sema::Crate { cfgs: self.cfgs.clone(), features_are_known: true, ..Default::default() };
        let is_common = |cfg: &&String| cfg.as_str() != "test" && !cfg.starts_with("feature=");
        let others = self.dependencies.iter().map(|of| rustg_sema::Crate {
            name: of.name.clone(),
            first_file: of.first_file,
            cfgs: self.cfgs.iter().filter(is_common).chain(of.features.iter().flatten()).cloned().collect(),
            features_are_known: of.features.is_some(),
        });
        std::iter::once(own).chain(others).collect()
    }

    /// How many threads are worth starting for that many kernels.
    fn threads_for(&self, kernels: usize) -> usize {
        self.threads_at_most().min(kernels / 4).max(1)
    }

    fn threads_at_most(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(16),
            threads => threads,
        }
    }
}

/// A diagnostic and the file that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileDiagnostic {
    /// Which of the files: an index into what was given.
    pub file: usize,
    /// What is said.
    pub diagnostic: Diagnostic,
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Compilation {
    /// The PTX text of all kernels, unless a diagnostic is an error. ASCII; kernels are `.visible .entry`.
    pub ptx: Option<String>,
    /// The kernels, in the order of the source.
    pub kernels: Vec<Kernel>,
    /// The places that can panic, by the number that a panic's record holds.
    pub sites: Vec<PanicSite>,
    /// The variables in constant memory that a host can name.
    pub constants: Vec<ConstantVariable>,
    /// What is wrong with the program.
    pub diagnostics: Vec<FileDiagnostic>,
    /// How long each stage took.
    pub timings: Timings,
}

impl Compilation {
    /// Whether the program was refused.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.diagnostic.severity == rustg_base::diagnostic::Severity::Error)
    }
}

/// Compiles a crate: `files[0]` is its root, the others are found by `mod` declarations.
///
/// Items that no kernel reaches (host code) may use anything; what kernels reach must be what the device's Rust has.
pub fn compile(files: &[SourceFile], options: &Options) -> Compilation {
    compile_and_keep(files, options, None)
}

/// The same, with what `cache` holds of it; what was compiled anew is kept there.
pub fn compile_cached(files: &[SourceFile], options: &Options, cache: &Cache) -> Compilation {
    compile_and_keep(files, options, Some(cache))
}

fn compile_and_keep(files: &[SourceFile], options: &Options, cache: Option<&Cache>) -> Compilation {
    let (start, mut clock) = (std::time::Instant::now(), Clock::new());
    let mut compilation = Compilation::default();
    let parsed = front::read(files, options);
    // A text with mistakes has no kernels to keep.
    let cache = cache.filter(|_| parsed.iter().all(|file| file.parse.diagnostics.is_empty()));
    let outlines: Option<Vec<Outline>> = cache.map(|_| parsed.iter().map(Outline::new).collect());
    clock.lap("read");
    let key = outlines.as_ref().map(|outlines| cache::key(outlines, options));
    let kept = match (cache, key, &outlines) {
        (Some(cache), Some(key), Some(outlines)) => cache.load(key, outlines),
        _ => None,
    };
    let mut units: Vec<Option<Unit>> = kept.unwrap_or_default();
    if cache.is_some() {
        clock.lap("cache");
    }
    // Without a kernel there is nothing that could be kept, and mistakes to be told perhaps.
    if units.is_empty() || units.iter().any(Option::is_none) {
        let mut program = front::load(parsed, options);
        clock.lap("read");
        if units.len() != program.kernels.len() {
            units = vec![None; program.kernels.len()];
        }
        let missing: Vec<usize> = (0..units.len()).filter(|at| units[*at].is_none()).collect();
        let made = front::make(&mut program, &missing, files, outlines.as_deref(), options, &mut clock);
        compilation.diagnostics = made.diagnostics;
        made.units.into_iter().for_each(|(at, unit)| units[at] = Some(unit));
        if let (Some(cache), Some(key), Some(outlines), true) =
            (cache, key, &outlines, compilation.diagnostics.is_empty())
        {
            let all: Vec<&Unit> = units.iter().flatten().collect();
            cache.store(key, &all, outlines);
            clock.lap("cache");
        }
    }
    let all: Vec<&Unit> = units.iter().flatten().collect();
    if compilation.has_errors() {
        compilation.kernels = all.iter().map(|unit| unit.kernel.clone()).collect();
    } else {
        let paths = files.iter().map(|file| file.path.as_str());
        let anchors = outlines.as_ref().map(|outlines| Anchors::new(paths.zip(outlines)));
        unit::join(&all, anchors.as_ref(), options, &mut compilation);
        clock.lap("link");
    }
    compilation.timings = Timings { wall: start.elapsed(), ..clock.timings };
    compilation
}

/// Checks the bodies of all functions of a crate, whether a kernel reaches them or not, and with `library` the device library's as strictly.
/// Nothing is lowered.
pub fn check_bodies(files: &[SourceFile], options: &Options, library: bool) -> Vec<FileDiagnostic> {
    let mut program = front::load(front::read(files, options), options);
    program.checks_library = library;
    program.check_bodies();
    front::told(&program, files.len())
}

/// The intermediate representation of a crate as text, after the passes; none where a diagnostic is an error.
pub fn compile_to_mir(files: &[SourceFile], options: &Options) -> (Option<String>, Compilation) {
    let (start, mut clock) = (std::time::Instant::now(), Clock::new());
    let mut compilation = Compilation::default();
    let mut program = front::load(front::read(files, options), options);
    clock.lap("read");
    let Lowered { mut module, .. } = program.lower();
    clock.lap("analyse");
    compilation.diagnostics = front::told(&program, files.len());
    let text = (!compilation.has_errors()).then(|| {
        back::optimise(&mut module, options, &mut clock);
        rustg_mir::print::print_module(&module)
    });
    compilation.timings = Timings { wall: start.elapsed(), ..clock.timings };
    (text, compilation)
}
