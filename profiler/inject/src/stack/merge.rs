//! One stack of Python and native frames.
//!
//! A run of the interpreter's loop on the native stack stands for the Python frames it executes, which take its place;
//! the interpreter's other native frames are its plumbing and left out, as are the profiler's and the CUDA libraries' innermost
//! ones. Native frames of other libraries stay where they are, also between Python frames.

use super::define::{HIDDEN, Role, Told};
use super::native::{Backtrace, Unwound};
use super::python::{MAX_FRAMES as MAX_PYTHON, Python, RawFrame};
use super::{Definitions, NO_STACK, native, system};

/// Frame ids, innermost first.
struct Frames {
    ids: [u32; MAX_PYTHON + native::MAX_FRAMES + 1],
    count: usize,
}

impl Frames {
    fn push(&mut self, id: u32) {
        if id != HIDDEN && self.count < self.ids.len() {
            self.ids[self.count] = id;
            self.count += 1;
        }
    }
}

/// The id of the calling thread's stack, told where it is new; `None` where it was not taken or is empty.
pub(super) fn stack_id(
    told: &mut Told,
    python: Option<&Python>,
    trace: Option<&Backtrace>,
    definitions: &mut dyn Definitions,
) -> Option<u32> {
    let mut buffer = [RawFrame::NONE; MAX_PYTHON];
    let (python_frames, python_cut) = match python {
        Some(python) => python.frames(&mut buffer),
        None => (&[][..], false),
    };
    let mut frames = Frames { ids: [HIDDEN; MAX_PYTHON + native::MAX_FRAMES + 1], count: 0 };
    let native_frames = without_start(told, trace.map_or(&[][..], Backtrace::frames), definitions)?;
    let mut rest = match python {
        Some(python) if !python_frames.is_empty() => {
            interleave(told, python, python_frames, native_frames, &mut frames, definitions)?
        }
        _ => {
            push_native(told, native_frames, false, &mut frames, definitions)?;
            &[]
        }
    };
    if let Some(python) = python {
        push_run(told, python, &mut rest, false, &mut frames, definitions)?;
    }
    let cut = if python_frames.is_empty() { trace.is_some_and(|trace| trace.cut) } else { python_cut };
    if cut {
        frames.push(told.cut_frame(definitions)?);
    }
    let outermost_first = frames.ids[..frames.count].iter().rev();
    let mut stack = NO_STACK;
    for &frame in outermost_first {
        stack = told.stack(stack, frame, definitions)?;
    }
    (stack != NO_STACK).then_some(stack)
}

/// The frames without the outermost ones of the C library, which start a thread, and a program's `_start` outside of them.
fn without_start<'a>(
    told: &mut Told,
    frames: &'a [Unwound],
    definitions: &mut dyn Definitions,
) -> Option<&'a [Unwound]> {
    let mut role_at = |index: usize| Some(told.native_frame(frames[index].address, definitions)?.1);
    let mut end = frames.len();
    if end >= 2 && role_at(end - 2)? == Role::System {
        end -= 1;
    }
    while end > 0 && role_at(end - 1)? == Role::System {
        end -= 1;
    }
    Some(if end == 0 { frames } else { &frames[..end] })
}

/// Pushes native frames with the Python frames in the place of the loops that run them; returns the Python frames that
/// found no loop (the native stack was cut, or the loops are not known).
fn interleave<'a>(
    told: &mut Told,
    python: &Python,
    mut python_frames: &'a [RawFrame],
    native_frames: &[Unwound],
    frames: &mut Frames,
    definitions: &mut dyn Definitions,
) -> Option<&'a [RawFrame]> {
    let mut outer = native_frames;
    while let Some(entry) = python_frames.iter().find(|frame| frame.entry)
        && let Some(at) = loop_of(python, entry.loop_address, outer)
    {
        push_native(told, &outer[..at], true, frames, definitions)?;
        push_run(told, python, &mut python_frames, true, frames, definitions)?;
        outer = &outer[at + 1..];
    }
    let mut roles = Vec::new();
    roles.try_reserve(outer.len()).ok()?;
    for frame in outer {
        roles.push(told.native_frame(frame.address, definitions)?.1);
    }
    if !python_frames.is_empty() {
        // What is inside the interpreter's innermost frame was called by the innermost Python frame.
        let inner = roles.iter().position(|&role| role == Role::Interpreter).unwrap_or(outer.len());
        push_native(told, &outer[..inner], true, frames, definitions)?;
    } else if roles.contains(&Role::Program) {
        // Outside the outermost Python frame stand the program's start or the thread's: worth showing where more than the
        // interpreter and the C library is in it.
        push_native(told, outer, true, frames, definitions)?;
    }
    Some(python_frames)
}

/// Which of the native frames is the loop that has `address` in its frame, or, where no address is known, the first that
/// is in the loop's function. The address goes first, as compilers move parts of the loop out of the function.
fn loop_of(python: &Python, address: usize, native_frames: &[Unwound]) -> Option<usize> {
    if address == 0 {
        let is_loop = |frame: &Unwound| system::exported_function(frame.address) == python.evaluation_loop;
        return native_frames.iter().position(is_loop).filter(|_| python.evaluation_loop != 0);
    }
    // A function's frame lies between its callee's return address and its own.
    let callee = native_frames.iter().rposition(|frame| frame.place != 0 && frame.place < address)?;
    let known = native_frames.get(callee + 1).is_none_or(|caller| caller.place > address);
    known.then_some(callee)
}

/// Pushes the Python frames of one run of the loop, or all of them.
fn push_run(
    told: &mut Told,
    python: &Python,
    python_frames: &mut &[RawFrame],
    one_run: bool,
    frames: &mut Frames,
    definitions: &mut dyn Definitions,
) -> Option<()> {
    while let Some((frame, rest)) = python_frames.split_first() {
        *python_frames = rest;
        // SAFETY: read from this thread's chain in this very capture.
        frames.push(unsafe { told.python_frame(python, frame, definitions)? });
        if one_run && frame.entry {
            break;
        }
    }
    Some(())
}

/// Pushes native frames but for those that are left out.
fn push_native(
    told: &mut Told,
    native_frames: &[Unwound],
    among_python: bool,
    frames: &mut Frames,
    definitions: &mut dyn Definitions,
) -> Option<()> {
    for frame in native_frames {
        let (id, role) = told.native_frame(frame.address, definitions)?;
        let left_out = match role {
            Role::BelowApi => frames.count == 0,
            Role::Interpreter => among_python,
            Role::Program | Role::System => false,
        };
        if !left_out {
            frames.push(id);
        }
    }
    Some(())
}
