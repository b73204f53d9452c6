//! Host stacks at a launch: the calling thread's Python and native frames as one small number.
//!
//! [`capture`] is called from the launch callback, on the launching thread, without the GIL. What a stack looks like is told
//! once, to [`Definitions`]; afterwards the stack is its id. This module owns reading frames and remembering them; where
//! definitions go is the caller's. On the way that every launch takes nothing is allocated, locked or looked up by name:
//! [`python`] hashes the Python frames, [`native`] recognises the native ones, and a table of the thread has the id.

mod code;
mod define;
mod layout;
mod memory;
mod merge;
mod native;
mod python;
mod system;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use define::Told;
use memory::mix;
use native::{Backtrace, Tree};
use python::Python;

/// The id of "no stack could be taken".
pub const NO_STACK: u32 = u32::MAX;

/// Which frames to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kinds {
    /// Frames of the Python interpreter (CPython 3.9–3.14).
    pub python: bool,
    /// Machine frames.
    pub native: bool,
}

/// Takes what stacks are made of, each thing once per process and before the first stack id that needs it is returned.
///
/// Ids of frames, nodes and modules count up from 0, each in its own space. A method returns whether the definition was
/// taken: where it was not (a full ring), the stack is not remembered and will be told again at a later launch.
pub trait Definitions {
    /// A Python frame: function (`co_qualname`, `co_name` before 3.11), file and 1-based line (0 unknown), as UTF-8.
    fn python_frame(&mut self, id: u32, function: &str, file: &str, line: u32) -> bool;
    /// A native frame: an address as an offset into a module's image (or into nothing, `module` [`NO_MODULE`], where the
    /// address is in no file, as in JIT code). The address is that of the call instruction's last byte, not of its return.
    fn native_frame(&mut self, id: u32, module: u32, offset: u64) -> bool;
    /// A loaded file: where it is loaded, its path and its GNU build id (may be empty). Offsets count from the base, as
    /// addresses in its ELF headers do.
    fn module(&mut self, id: u32, base: u64, path: &[u8], build_id: &[u8]) -> bool;
    /// A stack: a frame and the stack that called it, [`NO_STACK`] for an outermost one. The id is what [`capture`] returns.
    fn stack(&mut self, id: u32, caller: u32, frame: u32) -> bool;
    /// A sentence for the reader of the recording, such as why there are no Python frames.
    fn note(&mut self, text: &str) -> bool;
}

/// The module of an address that lies in no file.
pub const NO_MODULE: u32 = u32::MAX;

/// The stack of the calling thread, innermost frames (the profiler's, CUPTI's and the CUDA libraries') left out.
///
/// Must not be called with a lock held that `dlopen` or a signal handler of the program could wait for.
pub fn capture(kinds: Kinds, definitions: &mut dyn Definitions) -> u32 {
    let taken = THREAD.try_with(|thread| {
        // Borrowed already: a signal handler launches while this thread takes a stack.
        thread.try_borrow_mut().ok().and_then(|mut thread| thread.capture(kinds, definitions))
    });
    taken.ok().flatten().unwrap_or_else(|| {
        MISSED.fetch_add(1, Ordering::Relaxed);
        NO_STACK
    })
}

/// How often [`capture`] could not give the stack there was: definitions were refused, or the tables are full.
pub fn missed() -> u64 {
    MISSED.load(Ordering::Relaxed)
}

/// How often [`capture`] took the long way: unwound, and looked up what was new. After a program's first moments this should
/// hardly go up.
pub fn unwound() -> u64 {
    UNWOUND.load(Ordering::Relaxed)
}

/// To be called in the child after `fork`: everything is told anew there, to the child's [`Definitions`].
pub fn reset_after_fork() {
    // Another thread of the parent may have held the table: it is left behind, with its lock.
    TABLE.told.store(std::ptr::null_mut(), Ordering::Release);
    TABLE.locked.store(false, Ordering::Release);
    MISSED.store(0, Ordering::Relaxed);
    UNWOUND.store(0, Ordering::Relaxed);
    GENERATION.fetch_add(1, Ordering::Release);
}

static MISSED: AtomicU64 = AtomicU64::new(0);
static UNWOUND: AtomicU64 = AtomicU64::new(0);

/// Counts the times that ids lost their meaning; what threads remember of earlier generations is forgotten.
static GENERATION: AtomicU32 = AtomicU32::new(1);

static TABLE: Table = Table { locked: AtomicBool::new(false), told: AtomicPtr::new(std::ptr::null_mut()) };

/// The process's ids, one thread at a time. Not a mutex, as a forked child must be able to leave it behind.
struct Table {
    locked: AtomicBool,
    told: AtomicPtr<Told>,
}

impl Table {
    /// Gives the ids to `work`; `None` where another thread keeps them for too long.
    fn with<T>(&self, work: impl FnOnce(&mut Told) -> T) -> Option<T> {
        const PATIENCE: u32 = 10_000;
        let mut tries = 0;
        while self.locked.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            tries += 1;
            if tries > PATIENCE {
                return None;
            }
            if tries.is_multiple_of(64) { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
        let _unlock = Unlock(&self.locked);
        let mut told = self.told.load(Ordering::Acquire);
        if told.is_null() {
            told = Box::into_raw(Box::default());
            self.told.store(told, Ordering::Release);
        }
        // SAFETY: made above, never freed, and the lock is held.
        Some(work(unsafe { &mut *told }))
    }
}

/// Opens the lock also where `work` panics, which is caught at the library's border.
struct Unlock<'a>(&'a AtomicBool);

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The process's Python, or why it cannot be read; null until there is one.
static PYTHON: AtomicPtr<Result<Python, String>> = AtomicPtr::new(std::ptr::null_mut());

thread_local! {
    static THREAD: RefCell<Thread> = const { RefCell::new(Thread::new()) };
}

/// What a thread remembers.
struct Thread {
    generation: u32,
    stack: (usize, usize),
    /// Captures without a Python in the process so far.
    without_python: u32,
    /// The process's Python cannot be read, and that was told.
    refusal_told: bool,
    tree: Tree,
    ids: Ids,
}

impl Thread {
    const fn new() -> Thread {
        Thread {
            generation: 0,
            stack: (0, 0),
            without_python: 0,
            refusal_told: false,
            tree: Tree::new(),
            ids: Ids::new(),
        }
    }

    /// The stack's id, [`NO_STACK`] where there are no frames of these kinds; `None` where it could not be taken.
    #[inline(never)]
    fn capture(&mut self, kinds: Kinds, definitions: &mut dyn Definitions) -> Option<u32> {
        let pointer = native::stack_pointer();
        let generation = GENERATION.load(Ordering::Acquire);
        if self.generation != generation || self.tree.is_full() {
            self.start(generation);
        }
        let python = if kinds.python { self.python() } else { None };
        let hash = match python {
            Some(Ok(python)) => python.hash(),
            _ => 0,
        };
        let on_stack = kinds.native && (self.stack.0..self.stack.1).contains(&pointer);
        // SAFETY: the pointer is the stack pointer, and lies on the stack whose end this is.
        let leaf = if on_stack { unsafe { self.tree.find(pointer, self.stack.1) } } else { None };
        if kinds.native && leaf.is_none() {
            return self.define(kinds, python, hash, on_stack.then_some(pointer), pointer, definitions);
        }
        if !kinds.native && hash == 0 && (self.refusal_told || !matches!(python, Some(Err(_)))) {
            return Some(NO_STACK);
        }
        let key = mix(hash, leaf.map_or(0, u64::from), 1);
        match self.ids.get(key) {
            Some(id) => Some(id),
            None => self.define(kinds, python, hash, on_stack.then_some(pointer), pointer, definitions),
        }
    }

    /// Takes the stack the long way and remembers it.
    #[cold]
    #[inline(never)]
    fn define(
        &mut self,
        kinds: Kinds,
        python: Option<&Result<Python, String>>,
        hash: u64,
        memory: Option<usize>,
        pointer: usize,
        definitions: &mut dyn Definitions,
    ) -> Option<u32> {
        UNWOUND.fetch_add(1, Ordering::Relaxed);
        let trace = kinds.native.then(|| Backtrace::take(pointer));
        let leaf = match (&trace, memory) {
            (Some(trace), Some(pointer)) => self.tree.insert(pointer, trace.frames()),
            _ => None,
        };
        let id = TABLE.with(|told| {
            if told.forget_unloaded() {
                GENERATION.fetch_add(1, Ordering::Release);
            }
            if let Some(Err(refusal)) = python {
                told.python_refused(refusal, definitions);
            }
            let python = python.and_then(|python| python.as_ref().ok());
            merge::stack_id(told, python, trace.as_ref(), definitions)
        });
        self.refusal_told |= matches!(python, Some(Err(_)));
        let id = id??;
        if leaf.is_some() || !kinds.native {
            self.ids.insert(mix(hash, leaf.map_or(0, u64::from), 1), id);
        }
        Some(id)
    }

    #[cold]
    fn start(&mut self, generation: u32) {
        self.tree.clear();
        self.ids.clear();
        self.stack = system::thread_stack();
        self.refusal_told = false;
        self.generation = generation;
    }

    /// The process's Python or why it cannot be read; `None` while there is none. It may be loaded at any time, so it is
    /// looked for again, less and less often.
    #[inline]
    fn python(&mut self) -> Option<&'static Result<Python, String>> {
        let known = PYTHON.load(Ordering::Acquire);
        if known.is_null() {
            return self.look_for_python();
        }
        // SAFETY: leaked, never freed.
        Some(unsafe { &*known })
    }

    #[cold]
    fn look_for_python(&mut self) -> Option<&'static Result<Python, String>> {
        self.without_python = self.without_python.saturating_add(1);
        if !self.without_python.is_power_of_two() {
            return None;
        }
        let found = Python::find().transpose()?;
        let found: &'static _ = Box::leak(Box::new(found));
        PYTHON.store(std::ptr::from_ref(found).cast_mut(), Ordering::Release);
        Some(found)
    }
}

/// Stack ids by what was hashed: open addressing, at most three quarters full.
struct Ids {
    slots: Vec<(u64, u32)>,
    count: usize,
}

impl Ids {
    const MAX_SLOTS: usize = 1 << 17;

    const fn new() -> Ids {
        Ids { slots: Vec::new(), count: 0 }
    }

    fn clear(&mut self) {
        self.slots.clear();
        self.count = 0;
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = key as usize & mask;
        loop {
            match self.slots[at] {
                (_, NO_STACK) => return None,
                (found, id) if found == key => return Some(id),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Remembers an id where there is memory for it.
    fn insert(&mut self, key: u64, id: u32) {
        if (self.count + 1) * 4 > self.slots.len() * 3 {
            let wanted = (self.slots.len() * 2).max(1024);
            let mut old = std::mem::take(&mut self.slots);
            self.count = 0;
            if wanted > Self::MAX_SLOTS {
                old.clear();
            }
            if self.slots.try_reserve_exact(wanted.min(Self::MAX_SLOTS)).is_err() {
                return;
            }
            self.slots.resize(wanted.min(Self::MAX_SLOTS), (0, NO_STACK));
            for (key, id) in old.into_iter().filter(|&(_, id)| id != NO_STACK) {
                self.put(key, id);
            }
        }
        self.put(key, id);
    }

    fn put(&mut self, key: u64, id: u32) {
        let mask = self.slots.len() - 1;
        let mut at = key as usize & mask;
        while self.slots[at].1 != NO_STACK && self.slots[at].0 != key {
            at = (at + 1) & mask;
        }
        self.count += usize::from(self.slots[at].1 == NO_STACK);
        self.slots[at] = (key, id);
    }
}
