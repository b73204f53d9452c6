//! The one door of the compiler: source files in, PTX, kernels and diagnostics out.
//!
//! It owns the order of the stages and what is kept between runs; each stage is a crate below it.

mod anchor;
mod back;
mod callers;
mod describe;
mod front;
mod kernel;
mod library;
mod timings;
mod unit;

use rustg_base::Diagnostic;
pub use rustg_codegen::{KernelText, RECORD_SIZE_BYTES, Target, UnknownTarget, kernel_text};
use rustg_sema::Lowered;
pub use rustg_syntax::Edition;

pub use kernel::{ConstantVariable, Kernel, KernelParameter, Layout, PanicSite, ParameterKind, Scalar, SliceAccess};
pub use timings::{StageTime, Timings};

use timings::Clock;

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
        }
    }
}

impl Options {
    /// How many threads are worth starting for that many kernels.
    fn threads_for(&self, kernels: usize) -> usize {
        let wanted = match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(16),
            threads => threads,
        };
        wanted.min(kernels / 4).max(1)
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
    let (start, mut clock) = (std::time::Instant::now(), Clock::new());
    let mut compilation = Compilation::default();
    let parsed = front::read(files, options.edition);
    let mut program = front::load(parsed);
    clock.lap("read");
    let all: Vec<usize> = (0..program.kernels.len()).collect();
    let made = front::make(&mut program, &all, files, None, options, &mut clock);
    compilation.diagnostics = made.diagnostics;
    if compilation.has_errors() {
        compilation.kernels = made.units.into_iter().map(|(_, unit)| unit.kernel).collect();
    } else {
        let units: Vec<&unit::Unit> = made.units.iter().map(|(_, unit)| unit).collect();
        unit::join(&units, None, options, &mut compilation);
        clock.lap("link");
    }
    compilation.timings = Timings { wall: start.elapsed(), ..clock.timings };
    compilation
}

/// Checks the bodies of all functions of a crate, whether a kernel reaches them or not, and with `library` the device library's as strictly.
/// Nothing is lowered.
pub fn check_bodies(files: &[SourceFile], options: &Options, library: bool) -> Vec<FileDiagnostic> {
    let mut program = front::load(front::read(files, options.edition));
    program.checks_library = library;
    program.check_bodies();
    front::told(&program, files.len())
}

/// The intermediate representation of a crate as text, after the passes; none where a diagnostic is an error.
pub fn compile_to_mir(files: &[SourceFile], options: &Options) -> (Option<String>, Compilation) {
    let (start, mut clock) = (std::time::Instant::now(), Clock::new());
    let mut compilation = Compilation::default();
    let mut program = front::load(front::read(files, options.edition));
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
