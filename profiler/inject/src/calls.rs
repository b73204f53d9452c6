//! Which API calls matter, by name.
//!
//! Names rather than CUPTI's numbers: [`Cupti::callback_name`] gives the names, so that no number of any version is needed.

use crate::cupti::{Cupti, domain};

/// Prefixes of the runtime calls that are recorded: launches, copies, fills, waits, allocation, graphs, modules.
const RUNTIME: &[&str] = &[
    "cudaLaunch",
    "cudaGraphLaunch",
    "cudaGraphInstantiate",
    "cudaGraphUpload",
    "cudaMemcpy",
    "cudaMemset",
    "cudaMemPrefetch",
    "cudaDeviceSynchronize",
    "cudaStreamSynchronize",
    "cudaEventSynchronize",
    "cudaStreamWaitEvent",
    "cudaMalloc",
    "cudaFree",
    "cudaHostAlloc",
    "cudaHostRegister",
    "cudaHostUnregister",
    "cudaLibraryLoad",
    "cudaDeviceReset",
];

/// Likewise of the driver's calls; those made by a recorded runtime call are dropped again.
const DRIVER: &[&str] = &[
    "cuLaunch",
    "cuGraphLaunch",
    "cuGraphInstantiate",
    "cuGraphUpload",
    "cuMemcpy",
    "cuMemset",
    "cuMemPrefetch",
    "cuCtxSynchronize",
    "cuStreamSynchronize",
    "cuEventSynchronize",
    "cuStreamWaitEvent",
    "cuMemAlloc",
    "cuMemFree",
    "cuMemHostAlloc",
    "cuMemHostRegister",
    "cuMemHostUnregister",
    "cuMemCreate",
    "cuMemRelease",
    "cuModuleLoad",
    "cuLibraryLoad",
];

/// Calls that put work on a GPU: where host stacks are taken.
const WORK: &[&str] = &[
    "cudaLaunch",
    "cudaGraphLaunch",
    "cudaMemcpy",
    "cudaMemset",
    "cudaMemPrefetch",
    "cuLaunch",
    "cuGraphLaunch",
    "cuMemcpy",
    "cuMemset",
    "cuMemPrefetch",
];

/// Callback ids of one domain are dense from 1; more than there will ever be.
const CBID_END: u32 = 2000;

/// Misses in a row that end the search for callback ids.
const MISSES_MAX: u32 = 64;

/// A call: CUPTI's domain and callback id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// [`domain::RUNTIME`] or [`domain::DRIVER`].
    pub domain: u32,
    /// Callback id.
    pub cbid: u32,
    /// Name without suffixes.
    pub name: &'static str,
}

impl Call {
    /// Whether it is recorded by default.
    pub fn matters(&self) -> bool {
        self.is_one_of(if self.domain == domain::RUNTIME { RUNTIME } else { DRIVER })
    }

    /// Whether it puts work on a GPU.
    pub fn is_work(&self) -> bool {
        self.is_one_of(WORK)
    }

    /// Whether it is the driver call below the runtime's plain launch, which costs where it need not be recorded.
    pub fn is_driver_launch(&self) -> bool {
        self.name == "cuLaunchKernel"
    }

    /// Domain and callback id.
    pub fn key(&self) -> (u32, u32) {
        (self.domain, self.cbid)
    }

    fn is_one_of(&self, prefixes: &[&str]) -> bool {
        prefixes.iter().any(|prefix| self.name.starts_with(prefix))
    }
}

/// All calls that this CUPTI knows.
pub fn all_calls(cupti: &Cupti) -> Vec<Call> {
    let mut calls = Vec::with_capacity(1300);
    for domain in [domain::RUNTIME, domain::DRIVER] {
        let mut misses = 0;
        for cbid in 1..CBID_END {
            match cupti.callback_name(domain, cbid) {
                Some(name) => {
                    misses = 0;
                    calls.push(Call { domain, cbid, name });
                }
                None if misses == MISSES_MAX => break,
                None => misses += 1,
            }
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pytorch_calls_between_launches_is_not_recorded_by_default() {
        let call = |domain, name| Call { domain, cbid: 1, name };
        for name in ["cudaGetDevice", "cudaPeekAtLastError", "cudaStreamIsCapturing", "cudaEventQuery"] {
            assert!(!call(domain::RUNTIME, name).matters(), "{name}");
        }
        for name in ["cudaLaunchKernel", "cudaLaunchKernelExC", "cudaMemcpyAsync", "cudaGraphLaunch"] {
            assert!(call(domain::RUNTIME, name).matters() && call(domain::RUNTIME, name).is_work(), "{name}");
        }
        assert!(call(domain::DRIVER, "cuLaunchKernelEx").matters());
        assert!(!call(domain::DRIVER, "cuLaunchKernelEx").is_driver_launch());
        assert!(call(domain::RUNTIME, "cudaMalloc").matters() && !call(domain::RUNTIME, "cudaMalloc").is_work());
    }
}
