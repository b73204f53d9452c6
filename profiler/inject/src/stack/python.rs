//! The calling thread's Python frames, read by plain loads.
//!
//! The GIL is not held at a launch, so nothing of the Python API may be called but `PyGILState_GetThisThreadState`, which
//! only reads a thread-local slot. From the thread state the chain of frames is walked; the thread is in this very call, so
//! the chain cannot change meanwhile, and a code object that is on it is alive. Names and lines are for [`super::code`].
//!
//! Of a thread that runs several subinterpreters, the frames of the one that its first thread state belongs to are seen.

use std::ffi::{CStr, c_char, c_void};

use super::layout::{self, Entry, GENERATOR_OWNED, INTERPRETER_OWNED, Instruction, LENGTH, Layout, UNICODE_STATE};
use super::memory::{is_plausible, mix, read};
use super::system;

/// Python frames taken of one stack; what called them is left out.
pub(super) const MAX_FRAMES: usize = 256;

/// A CPython that runs in this process.
pub(super) struct Python {
    pub layout: Layout,
    /// `PyCode_Type`.
    pub code_type: usize,
    /// `_PyEval_EvalFrameDefault`, the loop that runs Python frames; 0 where it is not exported.
    pub evaluation_loop: usize,
    thread_state: unsafe extern "C" fn() -> *mut c_void,
}

/// What a frame is made of, before names are looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RawFrame {
    pub code: usize,
    /// [`Instruction`] as it stands in the frame.
    pub instruction: u64,
    /// Tells this code object from another at the same address later.
    pub guard: u64,
    pub of_generator: bool,
    /// Whether it is the outermost frame of its run of the evaluation loop.
    pub entry: bool,
    /// In such a frame: an address within the loop's own frame on the C stack, 0 where none is known.
    pub loop_address: usize,
}

impl RawFrame {
    pub const NONE: RawFrame =
        RawFrame { code: 0, instruction: 0, guard: 0, of_generator: false, entry: false, loop_address: 0 };
}

/// What [`Python::walk`] comes by, innermost first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Frame(RawFrame),
    /// The frames since the last boundary were one run of the evaluation loop; an address as [`RawFrame::loop_address`].
    Boundary(usize),
}

impl Python {
    /// Finds the CPython of this process: `Ok(None)` while there is none.
    ///
    /// # Errors
    /// Why the one that is there cannot be read, as a sentence.
    pub fn find() -> Result<Option<Python>, String> {
        let Some(thread_state) = system::symbol(c"PyGILState_GetThisThreadState") else { return Ok(None) };
        let (Some(version), Some(code_type)) = (system::symbol(c"Py_GetVersion"), system::symbol(c"PyCode_Type"))
        else {
            return Ok(None);
        };
        // SAFETY: both symbols have had these signatures in every CPython 3; `Py_GetVersion` needs no GIL and returns a
        // static string.
        let (thread_state, text) = unsafe {
            let version = std::mem::transmute::<usize, extern "C" fn() -> *const c_char>(version);
            let text = CStr::from_ptr(version()).to_string_lossy().into_owned();
            (std::mem::transmute::<usize, unsafe extern "C" fn() -> *mut c_void>(thread_state), text)
        };
        let version = readable_version(&text)?;
        let runtime = system::symbol(c"_PyRuntime").unwrap_or(0);
        // SAFETY: the symbol is of the CPython that answered.
        let layout = unsafe { layout::of_version(version, runtime)? };
        let evaluation_loop = system::symbol(c"_PyEval_EvalFrameDefault").unwrap_or(0);
        Ok(Some(Python { layout, code_type, evaluation_loop, thread_state }))
    }

    /// A hash that two different Python stacks do not share, 0 for a thread without Python frames.
    #[inline]
    pub fn hash(&self) -> u64 {
        let mut hash = 0;
        self.walk(|step| {
            if let Step::Frame(frame) = step {
                hash = mix(hash, frame.code as u64 ^ frame.guard.rotate_left(32), frame.instruction);
            }
        });
        hash
    }

    /// The frames, innermost first; whether there were more than fit.
    pub fn frames<'a>(&self, buffer: &'a mut [RawFrame; MAX_FRAMES]) -> (&'a [RawFrame], bool) {
        let mut count = 0;
        let cut = self.walk(|step| match step {
            Step::Frame(frame) if count < MAX_FRAMES => {
                buffer[count] = frame;
                count += 1;
            }
            Step::Frame(_) => {}
            Step::Boundary(loop_address) if count > 0 => {
                (buffer[count - 1].entry, buffer[count - 1].loop_address) = (true, loop_address);
            }
            Step::Boundary(_) => {}
        });
        self.find_loops(&mut buffer[..count]);
        (&buffer[..count], cut)
    }

    /// Gives each run of the loop its `cframe`, in the versions where it tells the runs apart.
    fn find_loops(&self, frames: &mut [RawFrame]) {
        let (Some(cframe), Some(previous)) = (self.layout.cframe, self.layout.cframe_previous) else { return };
        // SAFETY: the thread state was walked already; its `cframe`s are on this thread's stack.
        let mut at: usize = unsafe { read((self.thread_state)() as usize + cframe) };
        for frame in frames.iter_mut().filter(|frame| frame.entry) {
            if !is_plausible(at) {
                return;
            }
            frame.loop_address = at;
            // SAFETY: as above.
            at = unsafe { read(at + previous) };
        }
    }

    /// Visits the thread's frames, innermost first; returns whether the chain went on beyond [`MAX_FRAMES`].
    #[inline(always)]
    fn walk(&self, mut visit: impl FnMut(Step)) -> bool {
        let layout = &self.layout;
        // SAFETY: reads a thread-local slot, GIL or not.
        let state = unsafe { (self.thread_state)() } as usize;
        if !is_plausible(state) {
            return false;
        }
        // SAFETY: a thread state of the version whose layout this is.
        let mut frame: usize = unsafe {
            match layout.cframe {
                Some(cframe) if layout.frame_in_cframe => {
                    let cframe: usize = read(state + cframe);
                    if !is_plausible(cframe) {
                        return false;
                    }
                    read(cframe + layout.current_frame)
                }
                _ => read(state + layout.current_frame),
            }
        };
        let mut frames = 0;
        // Every frame may have a shim frame below it.
        for _ in 0..2 * MAX_FRAMES {
            if !is_plausible(frame) {
                return false;
            }
            if frames == MAX_FRAMES {
                return true;
            }
            // SAFETY: `frame` is a frame of this thread, which stands still in this call.
            let (previous, step) = unsafe { (read(frame + layout.frame_previous), self.step(frame)) };
            if let Some(step) = step {
                visit(Step::Frame(step));
                frames += 1;
            }
            let boundary = match layout.entry {
                Entry::EachFrame => true,
                // SAFETY: as above.
                Entry::Flag(offset) => unsafe { read::<u8>(frame + offset) != 0 },
                Entry::ShimFrame(_) => step.is_none(),
            };
            if boundary {
                // The interpreter's own frame is a local variable of the loop.
                visit(Step::Boundary(if step.is_none() { frame } else { 0 }));
            }
            frame = previous;
        }
        true
    }

    /// The frame at `frame`, `None` for the interpreter's own.
    ///
    /// # Safety
    /// `frame` is a live frame of the calling thread.
    #[inline(always)]
    unsafe fn step(&self, frame: usize) -> Option<RawFrame> {
        let layout = &self.layout;
        // SAFETY: the caller's promise, and offsets of this version.
        unsafe {
            let owner = layout.frame_owner.map_or(0, |offset| read::<u8>(frame + offset));
            if matches!(layout.entry, Entry::ShimFrame(_)) && owner >= INTERPRETER_OWNED {
                return None;
            }
            // 3.14 keeps reference-counting marks in the low bits.
            let code = read::<usize>(frame + layout.frame_code) & !7;
            if !is_plausible(code) {
                return None;
            }
            let instruction = match layout.instruction {
                Instruction::Index(_) => read::<i32>(frame + layout.frame_instruction) as u64,
                Instruction::Address => read(frame + layout.frame_instruction),
            };
            let of_generator = owner == GENERATOR_OWNED;
            Some(RawFrame { code, instruction, guard: self.guard(code), of_generator, ..RawFrame::NONE })
        }
    }

    /// What tells a code object from another one that later lives at the same address: its version number, or its line,
    /// name and file.
    ///
    /// # Safety
    /// `code` is a live code object.
    #[inline(always)]
    unsafe fn guard(&self, code: usize) -> u64 {
        let layout = &self.layout;
        // SAFETY: the caller's promise, and offsets of this version.
        unsafe {
            if let Some(offset) = layout.code_version {
                let version: u32 = read(code + offset);
                if version != 0 {
                    return version.into();
                }
            }
            let first_line: u32 = read(code + layout.code_first_line);
            let lines: u64 = read(code + layout.code_line_table);
            let name = self.text_mark(read(code + layout.code_name));
            let file = self.text_mark(read(code + layout.code_file));
            mix(name, file, lines ^ u64::from(first_line) << 48)
        }
    }

    /// What tells a text from another at the same address: its hash where Python has computed it, its length, its last
    /// eight characters.
    ///
    /// # Safety
    /// `object` is 0 or a live string object.
    #[inline(always)]
    unsafe fn text_mark(&self, object: usize) -> u64 {
        const HASH: usize = 24;
        if !is_plausible(object) {
            return 0;
        }
        // SAFETY: the caller's promise; a compact string's text follows its header, and memory is given out in more
        // than eight bytes at a time.
        unsafe {
            let length: usize = read(object + LENGTH);
            let hash: u64 = read(object + HASH);
            let place = object as u64 ^ (length as u64) << 48;
            if read::<u32>(object + UNICODE_STATE) & super::code::COMPACT == 0 || length > 1 << 16 {
                return mix(0, place, hash);
            }
            let text = object + self.layout.ascii_header;
            let last = match length {
                0..8 => read::<u64>(text) & ((1 << (8 * length)) - 1),
                _ => read(text + length - 8),
            };
            mix(0, place, hash ^ last)
        }
    }
}

/// The version of a Python that says of itself what `text` says.
///
/// # Errors
/// Why that Python cannot be read, as a sentence.
fn readable_version(text: &str) -> Result<(u8, u8), String> {
    if text.contains("free-threading") {
        let version = text.split(' ').next().unwrap_or_default();
        return Err(format!(
            "free-threaded CPython {version} is not supported yet; its Python frames were not recorded"
        ));
    }
    parse_version(text).ok_or_else(|| format!("an unknown Python, {text:?}; its frames were not recorded"))
}

/// "3.12.1 (main, …) [GCC …]" → (3, 12).
fn parse_version(text: &str) -> Option<(u8, u8)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_every_way_they_are_written() {
        assert_eq!(parse_version("3.9.18 (main, Oct  1 2023) [GCC 12.2.0]"), Some((3, 9)));
        assert_eq!(parse_version("3.14.0rc2+ (heads/3.14) [Clang]"), Some((3, 14)));
        assert_eq!(parse_version("PyPy"), None);
    }

    #[test]
    fn free_threaded_builds_are_refused_with_a_sentence() {
        let text = "3.14.0 free-threading build (main, Oct  7 2025, 09:34:52) [GCC 12.2.0]";
        assert!(readable_version(text).unwrap_err().contains("free-threaded CPython 3.14.0"));
        assert_eq!(readable_version("3.13.0 (main, Oct  7 2024, 05:04:05) [GCC 12.2.0]"), Ok((3, 13)));
        assert!(readable_version("PyPy").is_err());
    }

    #[test]
    fn a_process_without_python_has_none() {
        assert!(Python::find().unwrap().is_none());
    }

    #[test]
    fn unknown_versions_are_refused_with_a_sentence() {
        // SAFETY: no runtime is read for these.
        let (old, unexported) = unsafe { (layout::of_version((3, 8), 0), layout::of_version((3, 13), 0)) };
        assert!(old.unwrap_err().contains("3.8"));
        assert!(unexported.unwrap_err().contains("_PyRuntime"));
    }
}
