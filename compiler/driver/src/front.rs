//! From files to units: reading, analysis, and the back end on every thread there is.
//!
//! The tables of the analysis belong to one thread, which hands kernels on in batches, some at a time, while other threads take them to text;
//! when it is done it helps them. What a kernel becomes does not depend on who shares its batch.

use std::sync::{Mutex, PoisonError, mpsc};

use rustg_sema::items::DefId;
use rustg_sema::{File, Outline, Program};
use rustg_syntax::{Edition, Scratch};

use crate::anchor::{Anchors, tied};
use crate::back::{Batch, Written, write_kernels};
use crate::timings::{Clock, Timings};
use crate::unit::Unit;
use crate::{FileDiagnostic, Options, SourceFile, describe, library};

/// A thread is given this much stack: passes go down the tree of dominators.
const STACK_SIZE_BYTES: usize = 16 << 20;

/// Reads files.
pub(crate) fn read(files: &[SourceFile], options: &Options) -> Vec<File> {
    let mut scratch = Scratch::default();
    let files = files.iter().enumerate();
    files
        .map(|(at, file)| File::new(&mut scratch, file.path.clone(), file.text.clone(), options.edition_of(at)))
        .collect()
}

/// The program of those files and the device library, which is read on two threads where `options` allow that many.
pub(crate) fn load(files: Vec<File>, options: &Options) -> Program {
    let read = |files: &[(&str, &str)]| -> Vec<File> {
        let mut scratch = Scratch::default();
        let one = |(path, text): &(&str, &str)| {
            File::new(&mut scratch, (*path).to_owned(), (*text).to_owned(), Edition::E2024)
        };
        files.iter().map(one).collect()
    };
    if options.threads_at_most() < 2 {
        return Program::load(read(library::FILES), files, options.crates());
    }
    // As much text on either side as the borders of files allow.
    let size_bytes: usize = library::FILES.iter().map(|(_, text)| text.len()).sum();
    let ends = library::FILES.iter().scan(0, |end, (_, text)| {
        *end += text.len();
        Some(*end)
    });
    let (first, second) = library::FILES.split_at(ends.take_while(|end| *end <= size_bytes / 2).count());
    let library = std::thread::scope(|scope| {
        let other = std::thread::Builder::new().stack_size(STACK_SIZE_BYTES).spawn_scoped(scope, || read(second));
        let mut library = read(first);
        library.extend(match other {
            Ok(other) => other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // Where no thread is to be had, this one does the work.
            Err(_) => read(second),
        });
        library
    });
    Program::load(library, files, options.crates())
}

/// What came of some kernels.
pub(crate) struct Made {
    /// The units by the kernels' numbers, of those that were asked for; their lines are not tied.
    pub units: Vec<(usize, Unit)>,
    /// What is wrong.
    pub diagnostics: Vec<FileDiagnostic>,
}

/// Compiles the kernels of those numbers. With `outlines`, units say what bodies they depend on and their lines are tied.
pub(crate) fn make(
    program: &mut Program,
    which: &[usize],
    files: &[SourceFile],
    outlines: Option<&[Outline]>,
    options: &Options,
    clock: &mut Clock,
) -> Made {
    let kernels: Vec<DefId> = program.kernels.clone();
    let threads = options.threads_for(which.len());
    let batch_size = (which.len() / 16).clamp(4, 32);
    let (send, receive) = mpsc::channel::<Batch>();
    let receive = Mutex::new(receive);
    let (written, timings) = (Mutex::new(Vec::<Written>::new()), Mutex::new(Vec::<Timings>::new()));
    let work = |clock: &mut Clock| {
        loop {
            let batch = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(batch) = batch else { return };
            clock.skip();
            let fragments = write_kernels(batch, files, options, clock);
            written.lock().unwrap_or_else(PoisonError::into_inner).extend(fragments);
        }
    };
    let mut described = Vec::new();
    std::thread::scope(|scope| {
        for _ in 1..threads {
            let run = || {
                let mut clock = Clock::new();
                work(&mut clock);
                timings.lock().unwrap_or_else(PoisonError::into_inner).push(clock.timings);
            };
            // Where no thread is to be had, this one does the work.
            let _ = std::thread::Builder::new().stack_size(STACK_SIZE_BYTES).spawn_scoped(scope, run);
        }
        for slots in which.chunks(batch_size) {
            let ids: Vec<DefId> = slots.iter().map(|slot| kernels[*slot]).collect();
            let lowered = program.lower_kernels(&ids);
            if !program.has_errors() {
                for (slot, kernel) in slots.iter().zip(&lowered.kernels) {
                    let what = describe::kernel(program, &lowered, kernel);
                    let constants = describe::constants(program, &lowered, kernel);
                    described.push((*slot, what, constants, kernel.reached.clone()));
                }
                let kept = lowered.kernels.iter().map(|kernel| kernel.constants.clone()).collect();
                let sent = send.send(Batch { module: lowered.module, slots: slots.to_vec(), kept });
                sent.expect("the receiver lives until all threads are done");
            }
            clock.lap("analyse");
        }
        drop(send);
        work(clock);
    });
    let timings = timings.into_inner().unwrap_or_else(PoisonError::into_inner);
    timings.iter().for_each(|other| clock.timings.join(other));
    clock.skip();

    let mut diagnostics = told(program, files.len());
    let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    written.sort_unstable_by_key(|written| written.slot);
    let mut units = Vec::new();
    let paths = program.files[program.first_file.0 as usize..].iter().map(|file| file.path.as_str());
    let anchors = outlines.map(|outlines| Anchors::new(paths.zip(outlines)));
    for ((slot, kernel, constants, reached), written) in described.into_iter().zip(written) {
        assert_eq!(slot, written.slot, "every batch is written whole");
        let mut fragment = match written.fragment {
            Ok(fragment) => fragment,
            Err(refused) => {
                diagnostics.extend(refused);
                continue;
            }
        };
        let (mut line, mut bodies) = (u64::from(kernel.line), Vec::new());
        if let (Some(anchors), Some(outlines)) = (&anchors, outlines) {
            anchors.tie(&mut fragment);
            line = anchors.outline(&kernel.file).map_or(line, |outline| tied(outline, kernel.line));
            bodies.extend(reached.into_iter().filter_map(|def| {
                let (file, start) = program.body_place(def)?;
                let file = file.0.checked_sub(program.first_file.0)?;
                Some((file, outlines.get(file as usize)?.body_at(start)? as u32))
            }));
        }
        units.push((slot, Unit { kernel, line, fragment, constants, bodies }));
    }
    Made { units, diagnostics }
}

/// What the analysis found wrong.
pub(crate) fn told(program: &Program, file_count: usize) -> Vec<FileDiagnostic> {
    let mut told = Vec::new();
    for (file, diagnostic) in &program.diagnostics {
        let origin = program.origin(*file);
        let file = origin.0.wrapping_sub(program.first_file.0) as usize;
        let mut found = FileDiagnostic { file, diagnostic: diagnostic.clone() };
        // The library is not the user's to mend; what is wrong in it is told at the first file.
        if file >= file_count {
            let library = program.file(origin);
            let (line, _) = library.line_column(found.diagnostic.primary.span.start);
            found.diagnostic.message =
                format!("in the device library ({}:{line}): {}", library.path, found.diagnostic.message);
            found.diagnostic.primary.span = rustg_base::Span::new(0, 0);
            found.diagnostic.labels.clear();
            found.file = 0;
        }
        told.push(found);
    }
    told
}
