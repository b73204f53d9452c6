//! Why nothing could be recorded: one sentence each, with the way out.

use std::path::Path;

use rustg_wire::{FailedCode, State};

/// The sentence for a process that was reached but not recorded. `details` are what the process itself said.
pub(crate) fn of_failure(code: FailedCode, details: &str) -> String {
    match code {
        FailedCode::NoCupti => format!(
            "no CUPTI library was found: install it (the CUDA toolkit's extras/CUPTI, or pip install nvidia-cuda-cupti), or \
             set RUSTG_CUPTI=/path/to/libcupti.so. Searched: {details}"
        ),
        FailedCode::BadCupti => {
            format!("the CUPTI found is too old or damaged ({details}): set RUSTG_CUPTI to one of CUDA 12 or 13")
        }
        FailedCode::Busy if details.is_empty() => {
            "another profiler holds CUPTI in the program (Nsight Systems, PyTorch's profiler, …): run without it"
                .to_owned()
        }
        FailedCode::Busy => format!("another profiler holds CUPTI in the program: {details}. Run without it"),
        FailedCode::Permission => format!(
            "the driver does not let this user trace ({details}): run as root, or load the nvidia module with \
             NVreg_RestrictProfilingToAdminUsers=0"
        ),
        FailedCode::Unsupported => {
            format!("CUPTI cannot trace this kind of device (virtual GPU, confidential computing, …): {details}")
        }
        FailedCode::Panic => {
            "a bug in rustg's injection library stopped the recording; the program was not harmed".to_owned()
        }
        FailedCode::Cupti | FailedCode::None => format!("CUPTI refuses to record: {details}"),
    }
}

/// The sentence for a program in which the library was never called.
pub(crate) fn of_silence() -> String {
    if !Path::new("/proc/driver/nvidia").exists()
        && !Path::new("/dev/nvidiactl").exists()
        && !Path::new("/dev/dxg").exists()
    {
        return "nothing was recorded: there is no NVIDIA GPU or driver on this machine".to_owned();
    }
    "nothing was recorded: the program did not initialise CUDA, or it does so where CUDA_INJECTION64_PATH does not reach \
     (a set-uid program, a container, another machine)"
        .to_owned()
}

/// The sentence for a program that was reached and gave no record; `state` is what its library said last.
pub(crate) fn of_nothing(state: Option<State>) -> String {
    match state {
        Some(State::Waiting) => {
            "nothing was recorded: the program ended before --delay was over or without a --range of that name"
        }
        Some(State::Stopped) => {
            "nothing was recorded: the program did nothing on the GPU before the recording ended (--duration counts from CUDA's initialisation)"
        }
        _ => "nothing was recorded: the program used no GPU",
    }
    .to_owned()
}
