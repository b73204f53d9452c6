//! Devices for tests: `#[gpu_test]` takes one for as long as the test runs.

use std::sync::{Mutex, PoisonError};

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
            Ok(if shared.is_simulator() { Device::simulator_for_tests() } else { shared })
        }
    }
}

/// Runs a test with a device of its own in the simulator, or with the GPU that all tests share, and fails it where a kernel has failed that it did not
/// wait for.
///
/// # Panics
/// As the test does; when there is no device; when a kernel that the test launched has panicked and the test has not seen it.
pub fn run<R: TestResult>(test: impl FnOnce(&Device) -> R) {
    let device = take().unwrap_or_else(|error| panic!("{error}"));
    test(&device).check();
    if let Err(error) = device.synchronize() {
        panic!("{error}");
    }
    // A test that panicked does not come here: its device goes with it.
    if device.is_simulator() {
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(device);
    }
}
