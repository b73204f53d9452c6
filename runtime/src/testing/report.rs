//! What the runner (`rustg test`, `rustg bench`) is told while tests run: lines over a socket, words separated by tabs.
//!
//! `device NAME`; `start TEST`; `end TEST NANOSECONDS`; `lost TEST`: the GPU refuses everything from now on; `bench …`: see [`super::bench`]. Without a
//! runner nobody is told.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The path of the runner's socket.
const SOCKET: &str = "RUSTG_TEST_SOCKET";
/// Set where the process runs a single test: whatever becomes of the device, nobody else is harmed.
const ALONE: &str = "RUSTG_TEST_ALONE";

fn stream() -> Option<&'static Mutex<UnixStream>> {
    static STREAM: OnceLock<Option<Mutex<UnixStream>>> = OnceLock::new();
    let connect = || UnixStream::connect(std::env::var_os(SOCKET)?).ok().map(Mutex::new);
    STREAM.get_or_init(connect).as_ref()
}

/// Whether a runner listens that would run other tests again in another process.
pub(super) fn is_shared() -> bool {
    stream().is_some() && std::env::var_os(ALONE).is_none()
}

/// Whether a runner listens.
pub(super) fn is_heard() -> bool {
    stream().is_some()
}

/// Tells the runner a line.
pub(super) fn tell(words: &[&str]) {
    let Some(stream) = stream() else { return };
    let line = words.join("\t").replace('\n', " ") + "\n";
    // A runner that has gone needs no answer.
    let _ = stream.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
}
