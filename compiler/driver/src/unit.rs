//! A kernel by itself: what it is, its text, and what that depends on.

use rustg_codegen::{Part, link};

use crate::anchor::{Anchors, untied};
use crate::kernel::{ConstantVariable, Kernel, PanicSite};
use crate::{Compilation, Options, PanicEnd};

/// A compiled kernel. Lines are tied to bodies (see [`crate::anchor`]) where the compilation is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unit {
    /// Its description; the line is [`Unit::line`]'s matter.
    pub kernel: Kernel,
    /// Where its name stands.
    pub line: u64,
    /// Its text.
    pub fragment: rustg_codegen::Fragment,
    /// The constants that it reaches.
    pub constants: Vec<ConstantVariable>,
    /// The bodies that it depends on: file of the crate, number in the file; besides the files' outlines there is nothing else.
    pub bodies: Vec<(u32, u32)>,
}

impl Unit {
    fn line_now(&self, anchors: Option<&Anchors<'_>>) -> u32 {
        match anchors.and_then(|anchors| anchors.outline(&self.kernel.file)) {
            Some(outline) => untied(outline, self.line),
            None => self.line as u32,
        }
    }
}

/// The program of those kernels: text, kernels, sites and constants. `anchors` are given where lines are tied.
pub(crate) fn join(units: &[&Unit], anchors: Option<&Anchors<'_>>, options: &Options, compilation: &mut Compilation) {
    let lines: Vec<Box<dyn Fn(u32, u64) -> u32 + '_>> = units
        .iter()
        .map(|unit| match anchors {
            Some(anchors) => Box::new(anchors.lines(&unit.fragment)) as Box<dyn Fn(u32, u64) -> u32>,
            None => Box::new(|_, line| line as u32),
        })
        .collect();
    let parts: Vec<Part<'_>> =
        units.iter().zip(&lines).map(|(unit, line)| Part { fragment: &unit.fragment, line: &**line }).collect();
    let ptx = link(options.target, &parts);
    compilation.ptx = Some(match options.panic {
        PanicEnd::Thread => ptx,
        PanicEnd::Launch => rustg_codegen::with_traps(&ptx),
    });
    for part in &parts {
        compilation.sites.extend(part.fragment.sites.iter().map(|site| PanicSite {
            message: site.message.clone(),
            file: part.fragment.files[site.file as usize].clone(),
            function: site.function.clone(),
            line: (part.line)(site.file, site.line),
            column: site.column,
        }));
    }
    for unit in units {
        compilation.kernels.push(Kernel { line: unit.line_now(anchors), ..unit.kernel.clone() });
        for constant in &unit.constants {
            if !compilation.constants.contains(constant) {
                compilation.constants.push(constant.clone());
            }
        }
    }
}
