//! The one door of the compiler: source files in, PTX, kernels and diagnostics out.
//!
//! It owns the order of the stages and what is kept between runs; each stage is a crate below it.

mod kernel;

use std::time::Duration;

use rustg_base::Diagnostic;
pub use rustg_codegen::{KernelText, RECORD_SIZE_BYTES, Target, UnknownTarget, kernel_text};
pub use rustg_syntax::Edition;

pub use kernel::{Kernel, KernelParameter, Layout, PanicSite, ParameterKind, Scalar, SliceAccess};

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
}

impl Default for Options {
    fn default() -> Options {
        Options { target: Target { sm: 75 }, edition: Edition::E2024, optimization_level: 3 }
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
    /// What is wrong with the program.
    pub diagnostics: Vec<FileDiagnostic>,
    /// How long each stage took, in their order.
    pub timings: Vec<(&'static str, Duration)>,
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
    let _ = options;
    let refuse = |file: usize| FileDiagnostic {
        file,
        diagnostic: Diagnostic::error(rustg_base::Span::new(0, 0), "this compiler does not lower Rust yet"),
    };
    Compilation { diagnostics: files.first().map(|_| refuse(0)).into_iter().collect(), ..Compilation::default() }
}
