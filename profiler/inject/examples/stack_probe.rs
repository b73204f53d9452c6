//! A library that takes stacks where a program asks for it: what the tests load into every Python, and a way to measure.

use std::ffi::c_char;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard};

use rustg_inject::stack::{self, Definitions, Kinds, NO_STACK};

/// Everything told so far.
#[derive(Default)]
struct Heard {
    modules: Vec<String>,
    frames: Vec<String>,
    stacks: Vec<(u32, u32)>,
    notes: Vec<String>,
    refuse: bool,
}

impl Definitions for Heard {
    fn python_frame(&mut self, id: u32, function: &str, file: &str, line: u32) -> bool {
        if self.refuse {
            return false;
        }
        assert_eq!(id as usize, self.frames.len());
        self.frames.push(format!("python\t{function}\t{file}\t{line}"));
        true
    }

    fn native_frame(&mut self, id: u32, module: u32, offset: u64) -> bool {
        assert_eq!(id as usize, self.frames.len());
        let module = self.modules.get(module as usize).map_or("?", String::as_str);
        self.frames.push(format!("native\t{module}\t{offset:#x}\t0"));
        true
    }

    fn module(&mut self, id: u32, _base: u64, path: &[u8], _build_id: &[u8]) -> bool {
        assert_eq!(id as usize, self.modules.len());
        self.modules.push(String::from_utf8_lossy(path).into_owned());
        true
    }

    fn stack(&mut self, id: u32, caller: u32, frame: u32) -> bool {
        assert_eq!(id as usize, self.stacks.len());
        self.stacks.push((caller, frame));
        true
    }

    fn note(&mut self, text: &str) -> bool {
        self.notes.push(text.to_owned());
        true
    }
}

/// What was told since the last reset; a reset leaves the old one behind, as its lock may be held in a parent's thread.
static HEARD: AtomicPtr<Mutex<Heard>> = AtomicPtr::new(std::ptr::null_mut());

fn heard() -> MutexGuard<'static, Heard> {
    let mut known = HEARD.load(Ordering::Acquire);
    if known.is_null() {
        let new = Box::into_raw(Box::default());
        known = match HEARD.compare_exchange(known, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            Err(first) => first,
        };
    }
    // SAFETY: made here or by another thread, never freed.
    unsafe { &*known }.lock().expect("no panic while it is held")
}

fn kinds(bits: u32) -> Kinds {
    Kinds { python: bits & 1 != 0, native: bits & 2 != 0 }
}

/// Takes the caller's stack (bit 0: Python, bit 1: native frames) and writes it as lines, innermost frame first, then the
/// notes. Returns the stack's id, or -1 where there is none.
///
/// # Safety
/// `text` has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rustg_probe_stack(bits: u32, text: *mut c_char, size: usize) -> i64 {
    let mut heard = heard();
    let id = stack::capture(kinds(bits), &mut *heard);
    let mut lines = Vec::new();
    let mut next = id;
    while next != NO_STACK {
        let (caller, frame) = heard.stacks[next as usize];
        lines.push(heard.frames[frame as usize].clone());
        next = caller;
    }
    lines.extend(heard.notes.iter().map(|note| format!("note\t{note}")));
    let mut lines = lines.join("\n");
    lines.truncate(size.saturating_sub(1));
    // SAFETY: the caller's promise.
    unsafe {
        std::ptr::copy_nonoverlapping(lines.as_ptr(), text.cast(), lines.len());
        *text.add(lines.len()) = 0;
    }
    if id == NO_STACK { -1 } else { id.into() }
}

/// Takes the caller's stack and returns its id, or -1: what a launch callback does.
#[unsafe(no_mangle)]
pub extern "C" fn rustg_probe_id(bits: u32) -> i64 {
    let id = stack::capture(kinds(bits), &mut *heard());
    if id == NO_STACK { -1 } else { id.into() }
}

/// How often the long way was taken so far.
#[unsafe(no_mangle)]
pub extern "C" fn rustg_probe_unwound() -> u64 {
    stack::unwound()
}

/// Lets definitions of frames be refused, as a full ring does, or taken again.
#[unsafe(no_mangle)]
pub extern "C" fn rustg_probe_refuse(refuse: bool) {
    heard().refuse = refuse;
}

/// Forgets everything, as a forked child does.
#[unsafe(no_mangle)]
pub extern "C" fn rustg_probe_reset() {
    HEARD.store(std::ptr::null_mut(), Ordering::Release);
    stack::reset_after_fork();
}

/// Takes the caller's stack `count` times; returns the mean nanoseconds of one. Between two, `evict_bytes` of other memory
/// are gone through, as a program does between two launches.
#[unsafe(no_mangle)]
pub extern "C" fn rustg_probe_nanoseconds(bits: u32, count: u32, evict_bytes: usize) -> f64 {
    let mut heard = heard();
    let mut other = vec![1u8; evict_bytes];
    let mut spent = std::time::Duration::ZERO;
    for round in 0..count {
        for line in other.chunks_mut(64) {
            line[0] = line[0].wrapping_add(round as u8);
        }
        let start = std::time::Instant::now();
        std::hint::black_box(stack::capture(kinds(bits), &mut *heard));
        spent += start.elapsed();
    }
    std::hint::black_box(&other);
    spent.as_nanos() as f64 / f64::from(count)
}
