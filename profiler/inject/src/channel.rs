//! The way out of the process: the ring file, and definitions waiting to go before what uses them.
//!
//! Definitions made on launching threads (frames, stacks) are only queued, so that a launch never waits for the ring; whoever
//! writes events next sends them first. Events that find the ring full are given up and counted; definitions are kept.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustg_wire::{FailedCode, HEADER_BYTES, RingWriter, State};

use crate::host;

/// Bytes of a ring. Holds 0.8 s of launches at full rate.
pub const RING_BYTES: usize = 16 << 20;

/// How long the converting thread (never a launching one) waits for room before it gives events up, while the collector
/// shows that it is at work. On a machine that has more to do than it can, that may take long.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it waits for a collector that lives but does not move (somebody stopped it). It waits once: not again until
/// the collector moves. For one that is dead it does not wait at all.
const STALLED: Duration = Duration::from_secs(10);

/// Most bytes of definitions kept while the ring is full.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// The file that a collector keeps locked in the rings' folder while it lives.
pub const COLLECTOR_LOCK: &str = "collector";

/// One process's ring.
pub struct Channel {
    ring: Mutex<RingWriter>,
    waiting: Mutex<Vec<u8>>,
    collector: Option<File>,
    /// The heartbeat, plus one, at which the collector was found stalled; 0 while it was not.
    stalled_at: AtomicU64,
    /// Keeps the ring's file locked for as long as the process lives.
    _file: File,
}

/// A panic elsewhere (caught at the border) leaves plain bytes behind, which are good as they are.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Channel {
    /// Makes this process's ring in `dir`.
    pub fn create(dir: &Path) -> std::io::Result<Channel> {
        let (pid, ticks) = (std::process::id(), start_ticks());
        let len = HEADER_BYTES + RING_BYTES;
        // A program that `exec`s itself keeps its pid and start: the next number is another ring.
        let file = (0..1000).find_map(|number| {
            let path = dir.join(format!("{pid}-{ticks}-{number}.ring"));
            match File::options().read(true).write(true).create_new(true).open(path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => None,
                result => Some(result),
            }
        });
        let file = file.ok_or_else(|| std::io::Error::other("a thousand rings of one process"))??;
        host::lock(&file)?;
        host::reserve(&file, len)?;
        let base = host::map_shared(&file, len)?;
        // SAFETY: a fresh, page-aligned mapping of `len` bytes that is never unmapped; the file is new, so its bytes are zero
        // and only a collector's reader shares it.
        let ring = unsafe { RingWriter::create(base, len, pid, ticks) }.map_err(std::io::Error::other)?;
        let collector = File::options().read(true).write(true).open(dir.join(COLLECTOR_LOCK)).ok();
        Ok(Channel {
            ring: Mutex::new(ring),
            waiting: Mutex::default(),
            collector,
            stalled_at: AtomicU64::new(0),
            _file: file,
        })
    }

    /// Queues definitions; `false` where too many wait already and these are dropped.
    pub fn define(&self, put: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut waiting = locked(&self.waiting);
        if waiting.len() > WAITING_BYTES_MAX {
            return false;
        }
        put(&mut waiting);
        true
    }

    /// Sends `events` behind all definitions queued so far and clears both; `count` is how many events they are.
    pub fn send(&self, events: &mut Vec<u8>, count: u64) {
        let mut ring = locked(&self.ring);
        let begun = Instant::now();
        let mut beat = (ring.heartbeat(), begun);
        loop {
            let sent_definitions = {
                let mut waiting = locked(&self.waiting);
                let sent = waiting.is_empty() || ring.write(&waiting) || write_in_parts(&mut ring, &mut waiting);
                if sent {
                    waiting.clear();
                }
                sent
            };
            if sent_definitions && (events.is_empty() || ring.write(events)) {
                self.stalled_at.store(0, Ordering::Relaxed);
                break;
            }
            let (now, heartbeat) = (Instant::now(), ring.heartbeat());
            if heartbeat != beat.0 {
                beat = (heartbeat, now);
            }
            let known = self.stalled_at.load(Ordering::Relaxed) == heartbeat + 1;
            if known || self.is_alone() || now - beat.1 > STALLED || now - begun > PATIENCE {
                self.stalled_at.store(heartbeat + 1, Ordering::Relaxed);
                ring.add_lost(count);
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        events.clear();
    }

    /// Says what the program is doing.
    pub fn set_state(&self, state: State) {
        locked(&self.ring).set_state(state);
    }

    /// Says why nothing will be recorded.
    pub fn fail(&self, code: FailedCode, message: &str) {
        locked(&self.ring).fail(code, message);
    }

    /// Whether the collector asks to stop, or is no more.
    pub fn is_over(&self) -> bool {
        locked(&self.ring).control() == rustg_wire::Control::Stop || self.is_alone()
    }

    /// Whether the collector is no more.
    fn is_alone(&self) -> bool {
        self.collector.as_ref().is_some_and(|file| !host::is_locked_elsewhere(file))
    }
}

/// Definitions that together exceed the ring's room go record by record as far as they fit; `true` once all are sent.
fn write_in_parts(ring: &mut RingWriter, waiting: &mut Vec<u8>) -> bool {
    let mut sent = 0;
    let mut records = rustg_wire::Records::new(waiting);
    let mut start = 0;
    while records.next().is_some() {
        let end = records.offset();
        if !ring.write(&waiting[start..end]) {
            break;
        }
        sent = end;
        start = end;
    }
    waiting.drain(..sent);
    waiting.is_empty()
}

/// When this process started, in clock ticks since boot: field 22 of `/proc/self/stat`, 0 where it cannot be read.
fn start_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, the name, may hold blanks and brackets; the last bracket ends it.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().nth(19).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}
