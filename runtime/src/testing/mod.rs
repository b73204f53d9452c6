//! What `#[gpu_test]` and `#[gpu_bench]` run in: a device for as long as the test runs, and what the runner is told of it.

mod bench;
mod golden;
mod report;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

pub use bench::{Bencher, run_bench};
pub use golden::check_golden;

use crate::device::Device;
use crate::error::Result;

/// Simulators that no test uses now. A GPU is one for all tests.
static FREE: Mutex<Vec<Device>> = Mutex::new(Vec::new());

/// What a `#[gpu_test]` returns.
pub trait TestResult {
    /// Fails the test by a panic, if it failed.
    fn check(self);
}

impl TestResult for () {
    fn check(self) {}
}

impl<E: std::fmt::Display> TestResult for std::result::Result<(), E> {
    fn check(self) {
        if let Err(error) = self {
            panic!("{error}");
        }
    }
}

fn take() -> Result<Device> {
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    match free {
        Some(device) => Ok(device),
        None => {
            let shared = crate::device::default_device()?;
            let device = if shared.is_simulator() { Device::simulator_for_tests() } else { shared };
            report::tell(&["device", &device.name()]);
            Ok(device)
        }
    }
}

/// A test's path without its crate, as the test harness names it.
fn without_crate(path: &str) -> &str {
    path.split_once("::").map_or(path, |(_, rest)| rest)
}

/// Runs the test `path` (with its crate) with a device of its own in the simulator, or with the GPU that all tests share, and fails it where a kernel
/// has failed that it did not wait for.
///
/// Where `rustg test` runs it, it is told of starts and ends. A test after which the GPU refuses everything does not return: the runner ends the
/// process, and runs what was under way one by one, so that only the test fails that did it.
///
/// # Panics
/// As the test does; when there is no device; when a kernel that the test launched has panicked and the test has not seen it.
pub fn run<R: TestResult>(path: &str, test: impl FnOnce(&Device) -> R) {
    let name = without_crate(path);
    report::tell(&["start", name]);
    let start = Instant::now();
    let device = take().unwrap_or_else(|error| panic!("{error}"));
    let ended = catch_unwind(AssertUnwindSafe(|| {
        test(&device).check();
        if let Err(error) = device.synchronize() {
            panic!("{error}");
        }
    }));
    if ended.is_err() && device.shared.backend.is_lost() && report::is_shared() {
        report::tell(&["lost", name]);
        loop {
            std::thread::park();
        }
    }
    report::tell(&["end", name, &start.elapsed().as_nanos().to_string()]);
    match ended {
        // A test that panicked does not come here: its simulator goes with it.
        Ok(()) if device.is_simulator() => FREE.lock().unwrap_or_else(PoisonError::into_inner).push(device),
        Ok(()) => {}
        Err(panic) => resume_unwind(panic),
    }
}
