//! The one door of the compiler: source files in, PTX, kernels and diagnostics out.
//!
//! It owns the order of the stages and what is kept between runs; each stage is a crate below it.

mod callers;
mod kernel;
mod library;

use std::time::Duration;

use rustg_base::Diagnostic;
pub use rustg_codegen::{KernelText, RECORD_SIZE_BYTES, Target, UnknownTarget, kernel_text};
use rustg_mir::module::Module;
use rustg_sema::{KernelParameterKind, Program, Source};
pub use rustg_syntax::Edition;

pub use kernel::{ConstantVariable, Kernel, KernelParameter, Layout, PanicSite, ParameterKind, Scalar, SliceAccess};

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
    /// How long each stage took, in their order.
    pub timings: Vec<(&'static str, Duration)>,
}

impl Compilation {
    /// Whether the program was refused.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.diagnostic.severity == rustg_base::diagnostic::Severity::Error)
    }
}

/// Passes in the order in which a module goes through them.
const PIPELINE: &[&str] = &[
    "control", "inline", "slots", "values", "control", "jumps", "slots", "control", "values", "ranges", "values",
    "hoist", "divide", "spaces", "loads", "values", "control", "dead",
];

/// Compiles a crate: `files[0]` is its root, the others are found by `mod` declarations.
///
/// Items that no kernel reaches (host code) may use anything; what kernels reach must be what the device's Rust has.
pub fn compile(files: &[SourceFile], options: &Options) -> Compilation {
    let mut compilation = Compilation::default();
    let mut clock = Clock::new();
    let Some(lowered) = lower(files, options, &mut compilation, &mut clock) else { return compilation };
    match rustg_codegen::emit_ptx(&lowered, options.target) {
        Ok(ptx) if options.panic == PanicEnd::Launch => compilation.ptx = Some(rustg_codegen::with_traps(&ptx)),
        Ok(ptx) => compilation.ptx = Some(ptx),
        Err(unsupported) => {
            for error in unsupported {
                compilation.diagnostics.push(unsupported_diagnostic(files, &lowered, &error));
            }
        }
    }
    clock.lap("ptx", &mut compilation.timings);
    compilation.sites = sites(&lowered);
    compilation
}

/// Checks the bodies of all functions of a crate, whether a kernel reaches them or not, and with `library` the device library's as strictly.
/// Nothing is lowered.
pub fn check_bodies(files: &[SourceFile], options: &Options, library: bool) -> Vec<FileDiagnostic> {
    let mut program = load(files, options);
    program.checks_library = library;
    program.check_bodies();
    diagnostics(&program, files.len())
}

/// The intermediate representation of a crate as text, after the passes; none where a diagnostic is an error.
pub fn compile_to_mir(files: &[SourceFile], options: &Options) -> (Option<String>, Compilation) {
    let mut compilation = Compilation::default();
    let mut clock = Clock::new();
    let module = lower(files, options, &mut compilation, &mut clock);
    (module.map(|module| rustg_mir::print::print_module(&module)), compilation)
}

struct Clock(std::time::Instant);

impl Clock {
    fn new() -> Clock {
        Clock(std::time::Instant::now())
    }

    fn lap(&mut self, stage: &'static str, timings: &mut Vec<(&'static str, Duration)>) {
        let now = std::time::Instant::now();
        timings.push((stage, now - self.0));
        self.0 = now;
    }
}

/// The device library and the crate.
fn load(files: &[SourceFile], options: &Options) -> Program {
    let library = library::FILES
        .iter()
        .map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    let sources = files.iter().map(|file| Source { path: file.path.clone(), text: file.text.clone() }).collect();
    Program::load(library, sources, options.edition)
}

/// What is wrong with a program, by the files that were given.
fn diagnostics(program: &Program, file_count: usize) -> Vec<FileDiagnostic> {
    let mut all = Vec::new();
    for (file, diagnostic) in &program.diagnostics {
        let origin = program.origin(*file);
        let mut found = FileDiagnostic {
            file: origin.0.wrapping_sub(program.first_file.0) as usize,
            diagnostic: diagnostic.clone(),
        };
        // The library is not the user's to mend; what is wrong in it is told at the first file.
        if found.file >= file_count {
            let library = program.file(origin);
            let (line, _) = library.line_column(found.diagnostic.primary.span.start);
            found.diagnostic.message =
                format!("in the device library ({}:{line}): {}", library.path, found.diagnostic.message);
            found.diagnostic.primary.span = rustg_base::Span::new(0, 0);
            found.diagnostic.labels.clear();
            found.file = 0;
        }
        all.push(found);
    }
    all
}

/// Everything up to the passes.
fn lower(files: &[SourceFile], options: &Options, compilation: &mut Compilation, clock: &mut Clock) -> Option<Module> {
    let mut program = load(files, options);
    clock.lap("read", &mut compilation.timings);
    let lowered = program.lower();
    clock.lap("analyse", &mut compilation.timings);
    compilation.kernels = kernels(&program, &lowered);
    compilation.constants = constants(&program, &lowered);
    compilation.diagnostics.extend(diagnostics(&program, files.len()));
    if compilation.has_errors() {
        return None;
    }
    let mut module = lowered.module;
    if options.optimization_level > 0 {
        for name in PIPELINE {
            let pass = rustg_mir::opt::pass_named(name).expect("the pipeline names passes that there are");
            pass(&mut module);
            clock.lap(name, &mut compilation.timings);
        }
    } else {
        callers::inline_library(&mut module);
    }
    callers::place_panics_at_callers(&mut module);
    Some(module)
}

fn unsupported_diagnostic(files: &[SourceFile], module: &Module, error: &rustg_codegen::Unsupported) -> FileDiagnostic {
    let mut at = (0, rustg_base::Span::new(0, 0));
    if error.location.is_some() {
        let location = module.locations[error.location.index()];
        let path = module.strings.get(location.file);
        if let Some(file) = files.iter().position(|file| file.path == path) {
            let lines = rustg_base::LineIndex::new(&files[file].text);
            let place = rustg_base::LineColumn {
                line: location.line.saturating_sub(1),
                column: location.column.saturating_sub(1),
            };
            let offset = lines.offset(&files[file].text, place, rustg_base::ColumnUnit::Utf32).unwrap_or(0);
            at = (file, rustg_base::Span::new(offset, offset));
        }
    }
    let message = format!("{} is not supported in device code yet (in `{}`)", error.what, error.function);
    FileDiagnostic { file: at.0, diagnostic: Diagnostic::error(at.1, message).with_code("G0001") }
}

fn sites(module: &Module) -> Vec<PanicSite> {
    let text = |id| module.strings.get(id).to_owned();
    let site = |site: &rustg_mir::module::Site| {
        let location = module.locations[site.location.index()];
        PanicSite {
            message: text(site.message),
            file: text(location.file),
            function: text(location.function),
            line: location.line,
            column: location.column,
        }
    };
    module.sites.iter().map(site).collect()
}

fn kernels(program: &Program, lowered: &rustg_sema::Lowered) -> Vec<Kernel> {
    let layout = |ty| {
        let (size_bytes, align_bytes) = lowered.sizes.get(&ty).copied().unwrap_or((0, 1));
        Layout { type_name: program.type_name(ty), size_bytes, align_bytes }
    };
    let kernel = |kernel: &rustg_sema::LoweredKernel| {
        let def = program.def(kernel.def);
        let file = program.file(def.file);
        let (line, _) = file.line_column(program.name_span(kernel.def).start);
        let parameters = kernel.parameters.iter().map(|parameter| {
            let kind = match parameter.kind {
                KernelParameterKind::Scalar => {
                    ParameterKind::Scalar(scalar(&program.type_name(parameter.ty)).unwrap_or(Scalar::U64))
                }
                KernelParameterKind::Pointer(ty, is_mutable) => {
                    ParameterKind::Pointer { is_mutable, target: layout(ty) }
                }
                KernelParameterKind::Slice(ty, access) => {
                    let access = [SliceAccess::Shared, SliceAccess::Mutable, SliceAccess::Disjoint][access as usize];
                    ParameterKind::Slice { access, element: layout(ty) }
                }
                KernelParameterKind::Bytes(..) => ParameterKind::Bytes(layout(parameter.ty)),
            };
            KernelParameter { name: parameter.name.clone(), type_name: program.type_name(parameter.ty), kind }
        });
        Kernel {
            path: program.path_of(kernel.def),
            symbol: kernel.symbol.clone(),
            parameters: parameters.collect(),
            max_threads: kernel.max_threads,
            file: file.path.clone(),
            line,
        }
    };
    lowered.kernels.iter().map(kernel).collect()
}

fn constants(program: &Program, lowered: &rustg_sema::Lowered) -> Vec<ConstantVariable> {
    // One within a function has a path that nobody else can write: the block above it has no name.
    let is_reachable = |mut def: rustg_sema::items::DefId| {
        while let Some(parent) = program.def(def).parent {
            if program.strings.get(program.def(def).name).is_empty() {
                return false;
            }
            def = parent;
        }
        true
    };
    let reachable = lowered.constants.iter().filter(|(def, _)| is_reachable(*def));
    reachable
        .map(|(def, global)| ConstantVariable {
            path: program.path_of(*def),
            symbol: rustg_codegen::symbol(lowered.module.strings.get(lowered.module.global(*global).name)),
        })
        .collect()
}

/// The scalar of that name.
fn scalar(name: &str) -> Option<Scalar> {
    use Scalar::*;
    let all = [
        ("bool", Bool),
        ("char", Char),
        ("i8", I8),
        ("i16", I16),
        ("i32", I32),
        ("i64", I64),
        ("i128", I128),
        ("isize", Isize),
        ("u8", U8),
        ("u16", U16),
        ("u32", U32),
        ("u64", U64),
        ("u128", U128),
        ("usize", Usize),
        ("f32", F32),
        ("f64", F64),
    ];
    all.into_iter().find(|(known, _)| *known == name).map(|(_, scalar)| scalar)
}
