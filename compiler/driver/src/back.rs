//! From a module with some kernels to a fragment of PTX for each: passes, code generation. Works on any thread.

use rustg_base::{Diagnostic, Span};
use rustg_codegen::{Fragment, Unsupported};
use rustg_mir::ids::GlobalId;
use rustg_mir::module::Module;

use crate::timings::Clock;
use crate::{FileDiagnostic, Options, SourceFile};

/// Kernels that were lowered together.
pub(crate) struct Batch {
    pub module: Module,
    /// Where each kernel's fragment goes, in the order of their functions.
    pub slots: Vec<usize>,
    /// The variables that each declares whether it uses them or not.
    pub kept: Vec<Vec<GlobalId>>,
}

/// What became of a kernel.
pub(crate) struct Written {
    pub slot: usize,
    pub fragment: Result<Fragment, Vec<FileDiagnostic>>,
}

/// Runs the passes over a module.
pub(crate) fn optimise(module: &mut Module, options: &Options, clock: &mut Clock) {
    if options.optimization_level > 0 {
        for name in rustg_mir::opt::PIPELINE {
            let pass = rustg_mir::opt::pass_named(name).expect("the pipeline names passes that there are");
            pass(module);
            clock.lap(name);
        }
    } else {
        crate::callers::inline_library(module);
    }
    crate::callers::place_panics_at_callers(module);
}

/// The fragments of a batch's kernels.
pub(crate) fn write_kernels(batch: Batch, files: &[SourceFile], options: &Options, clock: &mut Clock) -> Vec<Written> {
    let Batch { mut module, slots, kept } = batch;
    optimise(&mut module, options, clock);
    let written = rustg_codegen::emit_kernels(&module, options.target, &kept);
    let tell = |errors: Vec<Unsupported>| errors.iter().map(|error| refusal(files, &module, error)).collect();
    let written =
        slots.into_iter().zip(written).map(|(slot, fragment)| Written { slot, fragment: fragment.map_err(tell) });
    let written = written.collect();
    clock.lap("ptx");
    written
}

fn refusal(files: &[SourceFile], module: &Module, error: &Unsupported) -> FileDiagnostic {
    let mut at = (0, Span::new(0, 0));
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
            at = (file, Span::new(offset, offset));
        }
    }
    let message = format!("{} is not supported in device code yet (in `{}`)", error.what, error.function);
    FileDiagnostic { file: at.0, diagnostic: Diagnostic::error(at.1, message).with_code("G0001") }
}
