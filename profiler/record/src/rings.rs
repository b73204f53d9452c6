//! The rings of all recorded processes: found in their folder, mapped, and watched for the end of their writers.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use memmap2::{MmapOptions, MmapRaw};
use rustg_wire::{RingError, RingReader};

/// The largest ring that is mapped.
pub(crate) const RING_BYTES_MAX: u64 = 1 << 30;

/// The file in the rings' folder that a collector keeps locked while it lives; the injection library knows it too.
const COLLECTOR_LOCK: &str = "collector";

/// One process's ring.
pub(crate) struct Ring {
    /// Its file's name.
    pub name: String,
    /// The reading side.
    pub reader: RingReader,
    file: File,
    /// Keeps the memory that `reader` reads.
    _map: MmapRaw,
}

impl Ring {
    /// Maps the file; `Ok(None)` while its writer is still laying it out.
    fn open(path: &Path) -> Result<Option<Ring>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let file = File::options().read(true).write(true).open(path).map_err(|error| failed(&error))?;
        let len = file.metadata().map_err(|error| failed(&error))?.len();
        if len == 0 {
            return Ok(None);
        }
        if len > RING_BYTES_MAX {
            return Err(failed(&"larger than a ring may be"));
        }
        let map = MmapOptions::new().len(len as usize).map_raw(&file).map_err(|error| failed(&error))?;
        let base = NonNull::new(map.as_mut_ptr()).ok_or_else(|| failed(&"mapped at address 0"))?;
        // SAFETY: a page-aligned, writable mapping of `len` bytes that lives as long as the value; this process opens each
        // ring once, and a recording has one collector.
        match unsafe { RingReader::open(base, len as usize) } {
            Ok(reader) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Ok(Some(Ring { name, reader, file, _map: map }))
            }
            // The magic bytes are written last.
            Err(RingError::Magic | RingError::Capacity(0)) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Whether the process that writes here has ended (or was killed): its lock has fallen.
    pub fn is_abandoned(&self) -> bool {
        is_unlocked(&self.file)
    }
}

/// Whether no other process holds the lock on the whole of `file`.
pub(crate) fn is_unlocked(file: &File) -> bool {
    // SAFETY: `flock` is plain numbers; zero is a valid value of each.
    let mut lock = unsafe { std::mem::zeroed::<libc::flock>() };
    lock.l_type = libc::F_WRLCK as libc::c_short;
    // SAFETY: the descriptor is open, and `lock` is the structure that the command fills.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLK, &raw mut lock) };
    result == 0 && lock.l_type == libc::F_UNLCK as libc::c_short
}

/// Whether rings are left in `wire` whose collector is no more.
pub(crate) fn are_orphaned(wire: &Path) -> bool {
    let lock = File::options().read(true).write(true).open(wire.join(COLLECTOR_LOCK));
    lock.is_ok_and(|lock| is_unlocked(&lock))
}

/// The folder of rings.
pub(crate) struct RingFolder {
    dir: PathBuf,
    known: HashSet<OsString>,
    _lock: File,
}

impl RingFolder {
    /// Makes the folder and the lock by which recorded processes know that the collector lives.
    pub fn create(dir: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&dir)?;
        let dir = std::path::absolute(dir)?;
        let lock =
            File::options().read(true).write(true).create(true).truncate(false).open(dir.join(COLLECTOR_LOCK))?;
        // SAFETY: `flock` is plain numbers; zero is a valid value of each.
        let mut whole = unsafe { std::mem::zeroed::<libc::flock>() };
        whole.l_type = libc::F_WRLCK as libc::c_short;
        // SAFETY: the descriptor is open, and `whole` is the structure that the command reads.
        if unsafe { libc::fcntl(lock.as_raw_fd(), libc::F_SETLK, &raw const whole) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(RingFolder { dir, known: HashSet::new(), _lock: lock })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The rings that have come since the last call; those that are none are told to `refused`.
    pub fn new_rings(&mut self, mut refused: impl FnMut(String)) -> Vec<Ring> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return Vec::new() };
        let mut rings = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name();
            if !name.as_encoded_bytes().ends_with(b".ring") || self.known.contains(&name) {
                continue;
            }
            match Ring::open(&entry.path()) {
                Ok(Some(ring)) => rings.push(ring),
                Ok(None) => continue,
                Err(error) => refused(error),
            }
            self.known.insert(name);
        }
        rings
    }

    /// Removes the folder with all that is left in it.
    pub fn remove(self) {
        // Should that fail, the folder is clutter, and the recording is whole without it.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
