//! The few functions of the C library that the standard library does not wrap. Source: POSIX and glibc's manual, Linux 64-bit.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_long, c_void};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr::NonNull;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: c_long,
}

/// `sigset_t` of glibc.
type SignalSet = [u64; 16];

/// `struct flock` of 64-bit Linux.
#[repr(C)]
struct Flock {
    kind: i16,
    whence: i16,
    start: i64,
    len: i64,
    pid: c_int,
}

/// The first fields of `struct dl_phdr_info`.
#[repr(C)]
struct LoadedObject {
    base: usize,
    name: *const c_char,
}

unsafe extern "C" {
    fn mmap(hint: *mut c_void, len: usize, prot: c_int, flags: c_int, fd: c_int, offset: i64) -> *mut c_void;
    fn munmap(at: *mut c_void, len: usize) -> c_int;
    fn posix_fallocate(fd: c_int, offset: i64, len: i64) -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dl_iterate_phdr(
        each: extern "C" fn(*const LoadedObject, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
    fn pthread_self() -> usize;
    fn prctl(option: c_int, ...) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn pthread_sigmask(how: c_int, set: *const SignalSet, old: *mut SignalSet) -> c_int;
    fn atexit(handler: extern "C" fn()) -> c_int;
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

const PR_GET_NAME: c_int = 16;
/// `gettid`, which glibc wraps only since 2.30.
const SYS_GETTID: c_long = if cfg!(target_arch = "x86_64") { 186 } else { 178 };
const PROT_READ_WRITE: c_int = 3;
const MAP_SHARED: c_int = 1;
const MAP_PRIVATE_ANONYMOUS_POPULATED: c_int = 0x2 | 0x20 | 0x8000;
const F_GETLK: c_int = 5;
const F_SETLK: c_int = 6;
const F_WRLCK: i16 = 1;
const F_UNLCK: i16 = 2;
const RTLD_NOW: c_int = 2;
const RTLD_NOLOAD: c_int = 4;
const CLOCK_REALTIME: c_int = 0;
const CLOCK_MONOTONIC: c_int = 1;

/// Maps `len` bytes of `file` shared, for good.
pub fn map_shared(file: &File, len: usize) -> std::io::Result<NonNull<u8>> {
    // SAFETY: a fresh mapping touches nothing that exists.
    let at = unsafe { mmap(std::ptr::null_mut(), len, PROT_READ_WRITE, MAP_SHARED, file.as_raw_fd(), 0) };
    checked_mapping(at)
}

/// Zeroed memory of `len` bytes whose pages are there already, so that whoever touches it first is not held up.
pub fn map_populated(len: usize) -> std::io::Result<NonNull<u8>> {
    // SAFETY: a fresh mapping touches nothing that exists.
    let at = unsafe { mmap(std::ptr::null_mut(), len, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_POPULATED, -1, 0) };
    checked_mapping(at)
}

fn checked_mapping(at: *mut c_void) -> std::io::Result<NonNull<u8>> {
    if at as isize == -1 {
        return Err(std::io::Error::last_os_error());
    }
    NonNull::new(at.cast()).ok_or_else(|| std::io::Error::other("mapped at address 0"))
}

/// Gives memory of [`map_populated`] or [`map_shared`] back.
///
/// # Safety
/// `at` and `len` must be those of one mapping, which nothing uses any more.
pub unsafe fn unmap(at: NonNull<u8>, len: usize) {
    // SAFETY: the caller's promise.
    unsafe { munmap(at.as_ptr().cast(), len) };
}

/// Makes sure that the disk has room for the first `len` bytes of `file`, so that writing to its mapping cannot fault.
pub fn reserve(file: &File, len: usize) -> std::io::Result<()> {
    // SAFETY: the descriptor is open for as long as `file` is borrowed.
    match unsafe { posix_fallocate(file.as_raw_fd(), 0, len as i64) } {
        0 => Ok(()),
        code => Err(std::io::Error::from_raw_os_error(code)),
    }
}

/// Takes the lock on the whole of `file` for this process; it falls when the process ends, however it ends, and a
/// child made by `fork` does not have it.
pub fn lock(file: &File) -> std::io::Result<()> {
    let lock = Flock { kind: F_WRLCK, whence: 0, start: 0, len: 0, pid: 0 };
    // SAFETY: the descriptor is open, and `lock` is the structure that the command reads.
    match unsafe { fcntl(file.as_raw_fd(), F_SETLK, &raw const lock) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// Whether another process holds the lock on `file`. `true` where the system cannot say.
pub fn is_locked_elsewhere(file: &File) -> bool {
    let mut lock = Flock { kind: F_WRLCK, whence: 0, start: 0, len: 0, pid: 0 };
    // SAFETY: the descriptor is open, and `lock` is the structure that the command fills.
    let result = unsafe { fcntl(file.as_raw_fd(), F_GETLK, &raw mut lock) };
    result != 0 || lock.kind != F_UNLCK
}

fn clock(id: c_int) -> u64 {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: `time` is the structure that the call fills.
    unsafe { clock_gettime(id, &raw mut time) };
    time.seconds as u64 * 1_000_000_000 + time.nanoseconds as u64
}

/// `CLOCK_REALTIME` in nanoseconds.
pub fn realtime_ns() -> u64 {
    clock(CLOCK_REALTIME)
}

/// `CLOCK_MONOTONIC` in nanoseconds.
pub fn monotonic_ns() -> u64 {
    clock(CLOCK_MONOTONIC)
}

/// A loaded library; never unloaded.
#[derive(Clone, Copy)]
pub struct Library(NonNull<c_void>);

// SAFETY: a handle of the dynamic loader, usable from any thread.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    /// Loads `name`, a path or a bare name that the loader searches.
    pub fn open(name: &OsStr) -> Option<Library> {
        Self::with_flags(name, RTLD_NOW)
    }

    /// `name` if the process has it already.
    pub fn already_loaded(name: &str) -> Option<Library> {
        Self::with_flags(OsStr::new(name), RTLD_NOW | RTLD_NOLOAD)
    }

    fn with_flags(name: &OsStr, flags: c_int) -> Option<Library> {
        let name = CString::new(name.as_bytes()).ok()?;
        // SAFETY: `name` is a C string; initialisers of the library run, as with any load.
        NonNull::new(unsafe { dlopen(name.as_ptr(), flags) }).map(Library)
    }

    /// The address of a symbol.
    pub fn symbol(self, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: the handle is of a loaded library, `name` a C string.
        NonNull::new(unsafe { dlsym(self.0.as_ptr(), name.as_ptr()) })
    }
}

/// The paths of all objects mapped in the process.
pub fn loaded_objects() -> Vec<PathBuf> {
    extern "C" fn each(object: *const LoadedObject, _: usize, paths: *mut c_void) -> c_int {
        // SAFETY: the loader passes a valid object, and `paths` is the vector below, which nobody else uses meanwhile.
        unsafe {
            if !(*object).name.is_null() {
                let name = CStr::from_ptr((*object).name).to_bytes();
                if !name.is_empty() {
                    (*paths.cast::<Vec<PathBuf>>()).push(PathBuf::from(OsStr::from_bytes(name)));
                }
            }
        }
        0
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    // SAFETY: `each` takes its data for the vector that it is.
    unsafe { dl_iterate_phdr(each, (&raw mut paths).cast()) };
    paths
}

/// A thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThisThread {
    /// As CUPTI names it by default: the lower half of `pthread_self`.
    pub own: u32,
    /// As the system does: `gettid`.
    pub tid: u32,
    /// Its name, up to the first NUL.
    pub name: [u8; 16],
}

/// The calling thread.
pub fn this_thread() -> ThisThread {
    let mut name = [0u8; 16];
    // SAFETY: `prctl` writes at most 16 bytes for this option; the other calls take and touch nothing.
    unsafe {
        prctl(PR_GET_NAME, name.as_mut_ptr());
        ThisThread { own: pthread_self() as u32, tid: syscall(SYS_GETTID) as u32, name }
    }
}

/// Runs `spawn` with all signals blocked, so that a thread it starts never runs a handler of the program's.
pub fn with_signals_blocked<T>(spawn: impl FnOnce() -> T) -> T {
    const SIG_SETMASK: c_int = 2;
    let all: SignalSet = [u64::MAX; 16];
    let mut old: SignalSet = [0; 16];
    // SAFETY: both sets are as large as glibc's; the old mask is put back below.
    let blocked = unsafe { pthread_sigmask(SIG_SETMASK, &raw const all, &raw mut old) } == 0;
    let result = spawn();
    if blocked {
        // SAFETY: as above.
        unsafe { pthread_sigmask(SIG_SETMASK, &raw const old, std::ptr::null_mut()) };
    }
    result
}

/// Has `handler` called when the program ends in order.
pub fn at_exit(handler: extern "C" fn()) {
    // SAFETY: the library is never unloaded, so the handler stays.
    unsafe { atexit(handler) };
}

/// Has `handler` called in every child that `fork` makes.
pub fn at_fork_in_child(handler: extern "C" fn()) {
    // SAFETY: the library is never unloaded, so the handler stays.
    unsafe { pthread_atfork(None, None, Some(handler)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_have_ids_that_the_system_knows() {
        let this = this_thread();
        assert!(this.own != 0 && std::path::Path::new(&format!("/proc/self/task/{}", this.tid)).exists());
        let named = std::thread::Builder::new().name("other".into()).spawn(this_thread).expect("a thread");
        let other = named.join().expect("it does not panic");
        assert_ne!(other.tid, this.tid);
        assert_eq!(&other.name[..6], b"other\0");
    }
}
