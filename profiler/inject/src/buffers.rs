//! Buffers for CUPTI: zeroed, with their pages present, so that a launching thread that is given one is not held up.

use std::ptr::NonNull;
use std::sync::Mutex;

use crate::channel::locked;
use crate::host::{self, ThisThread};

/// Bytes of a buffer: 16,000 launches.
pub const BUFFER_BYTES: usize = 4 << 20;

/// How many buffers lie ready.
const READY: usize = 6;

/// Most buffers kept for reuse; more are unmapped when they come back.
const KEPT: usize = 32;

/// Most threads remembered between two looks of [`Buffers::take_threads`].
const THREADS_MAX: usize = 1 << 14;

struct Buffer(NonNull<u8>);

// SAFETY: memory that belongs to whoever holds the value.
unsafe impl Send for Buffer {}

/// The buffers that CUPTI does not have.
pub struct Buffers {
    ready: Mutex<Vec<Buffer>>,
    /// Those with records, in the order in which CUPTI gave them back, with the bytes that hold records.
    completed: Mutex<Vec<(Buffer, usize)>>,
    /// The threads that asked for buffers.
    threads: Mutex<Vec<ThisThread>>,
}

impl Buffers {
    /// None yet.
    #[allow(clippy::new_without_default, reason = "made in a static")]
    pub const fn new() -> Self {
        Buffers { ready: Mutex::new(Vec::new()), completed: Mutex::new(Vec::new()), threads: Mutex::new(Vec::new()) }
    }

    /// Makes new buffers up to the number that should lie ready; for a thread that may take its time.
    pub fn refill(&self) {
        while locked(&self.ready).len() < READY {
            let Ok(buffer) = host::map_populated(BUFFER_BYTES) else { return };
            locked(&self.ready).push(Buffer(buffer));
        }
    }

    /// A zeroed buffer of [`BUFFER_BYTES`] for the calling thread; `None` only without memory.
    pub fn take(&self) -> Option<NonNull<u8>> {
        let this = host::this_thread();
        {
            let mut threads = locked(&self.threads);
            if !threads.contains(&this) && threads.len() < THREADS_MAX {
                threads.push(this);
            }
        }
        let ready = locked(&self.ready).pop();
        ready.map(|buffer| buffer.0).or_else(|| host::map_populated(BUFFER_BYTES).ok())
    }

    /// The threads that have asked for buffers since the last call.
    pub fn take_threads(&self) -> Vec<ThisThread> {
        std::mem::take(&mut *locked(&self.threads))
    }

    /// Queues a buffer with `valid_bytes` of records.
    ///
    /// # Safety
    /// `buffer` must come from [`Buffers::take`], hold that much, and nobody may use it any more.
    pub unsafe fn complete(&self, buffer: NonNull<u8>, valid_bytes: usize) {
        locked(&self.completed).push((Buffer(buffer), valid_bytes));
    }

    /// Gives each queued buffer to `convert` and makes it ready again.
    pub fn drain(&self, mut convert: impl FnMut(NonNull<u8>, usize)) {
        loop {
            let completed = std::mem::take(&mut *locked(&self.completed));
            if completed.is_empty() {
                return;
            }
            for (buffer, valid_bytes) in completed {
                if valid_bytes > 0 {
                    convert(buffer.0, valid_bytes);
                }
                // SAFETY: `complete` promises that the buffer is ours, and `convert` has done with it.
                unsafe { self.give_back(buffer.0, valid_bytes) };
            }
        }
    }

    /// Takes a buffer back of which CUPTI used the first `used_bytes`.
    ///
    /// # Safety
    /// `buffer` must come from [`Buffers::take`], and nothing may use it any more.
    unsafe fn give_back(&self, buffer: NonNull<u8>, used_bytes: usize) {
        if locked(&self.ready).len() >= KEPT {
            // SAFETY: the caller's promise.
            unsafe { host::unmap(buffer, BUFFER_BYTES) };
            return;
        }
        // Some more than was used, in case a record was begun.
        let dirty = (used_bytes + 4096).min(BUFFER_BYTES);
        // SAFETY: `dirty` bytes lie within the buffer, which the caller gives up.
        unsafe { buffer.as_ptr().write_bytes(0, dirty) };
        locked(&self.ready).push(Buffer(buffer));
    }
}
