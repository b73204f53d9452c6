//! A crate that is edited: texts in, kernels' PTX out, and after an edit only what it touched is done again.
//!
//! Facts of items and facts of bodies are apart. An edit inside a body forgets that body and the kernels that reach it; definitions,
//! signatures, impls and all other kernels stay. Any other edit begins anew. What comes out is in either case what [`crate::compile`] says.

use rustg_codegen::KernelText;
use rustg_sema::{File, Outline, Program};
use rustg_syntax::Scratch;

use crate::anchor::Anchors;
use crate::timings::Clock;
use crate::unit::{self, Unit};
use crate::{Compilation, FileDiagnostic, Options, SourceFile, Timings, front};

/// A crate and what is known of it.
pub struct Database {
    options: Options,
    files: Vec<SourceFile>,
    /// The files whose text has changed since `analysed` was brought up to date.
    changed: Vec<usize>,
    analysed: Option<Analysed>,
    scratch: Scratch,
}

/// The tables of the files as they were analysed last.
struct Analysed {
    program: Program,
    outlines: Vec<Outline>,
    units: Vec<Option<Unit>>,
}

impl Database {
    /// No files yet.
    pub fn new(options: Options) -> Database {
        Database { options, files: Vec::new(), changed: Vec::new(), analysed: None, scratch: Scratch::default() }
    }

    /// Gives a file its text; the first file is the crate's root. Nothing is computed before it is asked for.
    pub fn set_text(&mut self, path: &str, text: impl Into<String>) {
        let text = text.into();
        match self.files.iter().position(|file| file.path == path) {
            Some(at) if self.files[at].text == text => {}
            Some(at) => {
                self.files[at].text = text;
                if !self.changed.contains(&at) {
                    self.changed.push(at);
                }
            }
            None => {
                self.files.push(SourceFile { path: path.to_owned(), text });
                self.analysed = None;
            }
        }
    }

    /// The PTX of one kernel as a module of its own, by its path below the crate's root; nothing where there is no such kernel.
    ///
    /// # Errors
    /// With what is wrong in what was analysed for it: another kernel's mistakes may not be known yet.
    pub fn ptx_of(&mut self, kernel: &str) -> Result<Option<KernelText>, Vec<FileDiagnostic>> {
        self.bring_up_to_date();
        let Some(analysed) = &mut self.analysed else { return Ok(None) };
        let program = &analysed.program;
        let Some(at) = program.kernels.iter().position(|id| program.path_of(*id) == kernel) else {
            // A file with mistakes may lack its kernels.
            let diagnostics = front::told(program, self.files.len());
            return if diagnostics.is_empty() { Ok(None) } else { Err(self.refused(diagnostics)) };
        };
        if analysed.units[at].is_none() {
            let diagnostics = analysed.make(&[at], &self.files, &self.options, &mut Clock::new());
            if !diagnostics.is_empty() {
                return Err(self.refused(diagnostics));
            }
        }
        let mut compilation = Compilation::default();
        let analysed = self.analysed.as_ref().expect("it was there above");
        let unit = analysed.units[at].as_ref().expect("it was made above");
        unit::join(&[unit], Some(&anchors(&self.files, &analysed.outlines)), &self.options, &mut compilation);
        let sites = (0..compilation.sites.len() as u32).collect();
        Ok(compilation.ptx.map(|ptx| KernelText { ptx, sites }))
    }

    /// The whole crate, as [`crate::compile`] gives it.
    pub fn compilation(&mut self) -> Compilation {
        let (start, mut clock) = (std::time::Instant::now(), Clock::new());
        self.bring_up_to_date();
        clock.lap("read");
        let mut compilation = Compilation::default();
        let Some(analysed) = &mut self.analysed else { return compilation };
        let missing: Vec<usize> = (0..analysed.units.len()).filter(|at| analysed.units[*at].is_none()).collect();
        compilation.diagnostics = analysed.make(&missing, &self.files, &self.options, &mut clock);
        if compilation.has_errors() {
            // As many of the kernels may be known as there are; `compile` says which.
            self.analysed = None;
            return crate::compile(&self.files, &self.options);
        }
        let units: Vec<&Unit> = analysed.units.iter().flatten().collect();
        unit::join(&units, Some(&anchors(&self.files, &analysed.outlines)), &self.options, &mut compilation);
        clock.lap("link");
        compilation.timings = Timings { wall: start.elapsed(), ..clock.timings };
        compilation
    }

    /// Mistakes are kept in the tables they were found with: those are given up.
    fn refused(&mut self, diagnostics: Vec<FileDiagnostic>) -> Vec<FileDiagnostic> {
        self.analysed = None;
        diagnostics
    }

    fn bring_up_to_date(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        if let Some(analysed) = &mut self.analysed {
            let is_followed =
                changed.iter().all(|&at| analysed.follow(at, &self.files[at], &self.options, &mut self.scratch));
            if is_followed {
                return;
            }
        }
        if self.files.is_empty() {
            self.analysed = None;
            return;
        }
        let files = front::read(&self.files, &self.options);
        let outlines = files.iter().map(Outline::new).collect();
        let program = front::load(files, &self.options);
        let units = vec![None; program.kernels.len()];
        self.analysed = Some(Analysed { program, outlines, units });
    }
}

fn anchors<'a>(files: &'a [SourceFile], outlines: &'a [Outline]) -> Anchors<'a> {
    Anchors::new(files.iter().map(|file| file.path.as_str()).zip(outlines))
}

impl Analysed {
    /// Compiles the kernels of those numbers; what is wrong.
    fn make(
        &mut self,
        which: &[usize],
        files: &[SourceFile],
        options: &Options,
        clock: &mut Clock,
    ) -> Vec<FileDiagnostic> {
        let made = front::make(&mut self.program, which, files, Some(&self.outlines), options, clock);
        made.units.into_iter().for_each(|(at, unit)| self.units[at] = Some(unit));
        made.diagnostics
    }

    /// Takes a file's new text in where nothing but bodies has changed.
    fn follow(&mut self, at: usize, file: &SourceFile, options: &Options, scratch: &mut Scratch) -> bool {
        let new = File::new(scratch, file.path.clone(), file.text.clone(), options.edition_of(at));
        let (before, after) = (&self.outlines[at], Outline::new(&new));
        if before.digest != after.digest || before.bodies.len() != after.bodies.len() {
            return false;
        }
        let pairs = before.bodies.iter().zip(&after.bodies).enumerate();
        let changed: Vec<usize> =
            pairs.filter(|(_, (old, new))| old.digest != new.digest).map(|(body, _)| body).collect();
        let id = rustg_sema::FileId(self.program.first_file.0 + at as u32);
        let old_text = &self.program.file(id).text;
        let evaluated = self.program.evaluated_bodies();
        let is_constant = |body: &usize| evaluated.contains(&(id, before.bodies[*body].span.start));
        if changed.iter().any(is_constant)
            || !before.lines_are_apart(old_text, changed.iter().copied())
            || !after.lines_are_apart(&new.text, changed.iter().copied())
            || !self.program.replace_bodies(id, new, before, &after)
        {
            return false;
        }
        let depends = |unit: &Unit| changed.iter().any(|body| unit.bodies.contains(&(at as u32, *body as u32)));
        for unit in self.units.iter_mut().filter(|unit| unit.as_ref().is_some_and(depends)) {
            *unit = None;
        }
        self.outlines[at] = after;
        true
    }
}
