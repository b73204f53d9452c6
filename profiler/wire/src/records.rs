//! The records, one struct a kind. Kinds and fields are only ever added; a layout that must change gets a new kind.
//!
//! Times are nanoseconds on CUPTI's clock, related to the host's clocks by [`Clock`] records. Texts are UTF-8, but a reader must
//! bear any bytes. Ids are the process's own. Texts and configurations count from 1, 0 being none; what stacks are made of
//! counts from 0, [`NO_ID`] being none.

use alloc::vec::Vec;

use crate::record::records;

/// The layout version of this crate; a file of another version is refused.
pub const WIRE_VERSION: u32 = 1;

records! {
    /// The three clocks read together: first record of a stream, then every few seconds.
    1 Clock {
        /// CUPTI's clock, `cuptiGetTimestamp`.
        cupti_ns: u64,
        /// `CLOCK_REALTIME`.
        realtime_ns: u64,
        /// `CLOCK_MONOTONIC`.
        monotonic_ns: u64,
    }
    /// The process: who writes. Rest: its name, then its command line, each with its length in front ([`Texts`]).
    2 Process {
        /// Process id.
        pid: u32,
        /// Parent's process id.
        parent: u32,
        /// CUPTI's API version, `cuptiGetVersion`.
        cupti_version: u32,
        /// The driver's CUDA version, `cuDriverGetVersion` (13000 for 13.0), 0 if unknown.
        driver_version: u32,
    } + texts
    /// A thread's name; rest: the name.
    3 Thread {
        /// Thread id, `gettid`.
        tid: u32,
    } + name
    /// A GPU the process sees; rest: its UUID ("GPU-…"), then its name ([`Texts`]). Fields the driver does not give are 0.
    4 Device {
        /// CUDA's device ordinal.
        device: u32,
        /// Compute capability, major.
        cc_major: u32,
        /// Compute capability, minor.
        cc_minor: u32,
        /// Streaming multiprocessors.
        sm_count: u32,
        /// Most resident threads on one multiprocessor.
        max_threads_per_sm: u32,
        /// 32-bit registers on one multiprocessor.
        registers_per_sm: u32,
        /// Shared memory on one multiprocessor.
        shared_bytes_per_sm: u32,
        /// Device memory.
        memory_bytes: u64,
    } + texts
    /// A text; rest: the text. Kernel names, NVTX messages, domains.
    5 Text {
        /// Its id.
        id: u32,
        /// Its length in bytes.
        size_bytes: u32,
    } + text
    /// The name of an API call; rest: the name, without CUPTI's version suffix.
    6 ApiName {
        /// [`API_RUNTIME`] or [`API_DRIVER`].
        domain: u32,
        /// CUPTI's callback id.
        cbid: u32,
    } + name
    /// A kernel and how it was launched.
    7 KernelConfig {
        /// Its id.
        id: u32,
        /// The kernel's name, a [`Text`].
        name: u32,
        /// Blocks in x.
        grid_x: u32,
        /// Blocks in y.
        grid_y: u32,
        /// Blocks in z.
        grid_z: u32,
        /// Threads of a block in x.
        block_x: u32,
        /// Threads of a block in y.
        block_y: u32,
        /// Threads of a block in z.
        block_z: u32,
        /// Blocks of a cluster in x, 0 without clusters.
        cluster_x: u32,
        /// Blocks of a cluster in y.
        cluster_y: u32,
        /// Blocks of a cluster in z.
        cluster_z: u32,
        /// Registers a thread.
        registers: u32,
        /// Static shared memory a block.
        shared_static_bytes: u32,
        /// Dynamic shared memory a block.
        shared_dynamic_bytes: u32,
        /// Local memory a thread.
        local_bytes: u32,
        /// The CUDA graph it was launched from, 0 for none.
        graph: u32,
        /// Its node in that graph.
        graph_node: u64,
    }
    /// A shared library or executable mapped in the process; rest: its GNU build id (raw bytes, may be empty), then
    /// its path ([`Texts`]).
    8 Module {
        /// Its id, from 0.
        id: u32,
        /// Where it is loaded: an address minus this is an address as in its ELF headers.
        base: u64,
    } + texts
    /// A Python frame: function and line; rest: the function's qualified name, then its file ([`Texts`]).
    9 PythonFrame {
        /// Its id, from 0, of the same numbers as [`NativeFrame`]'s.
        id: u32,
        /// 1-based line, 0 when unknown.
        line: u32,
    } + texts
    /// A machine frame, symbolised by the collector.
    10 NativeFrame {
        /// Its id, from 0, of the same numbers as [`PythonFrame`]'s.
        id: u32,
        /// The [`Module`] it lies in, [`NO_ID`] for none.
        module: u32,
        /// Address of the call instruction's last byte, as an offset from the module's base; the absolute address without
        /// a module.
        offset: u64,
    }
    /// A host stack: a frame and the stack that called it.
    11 Stack {
        /// Its id, from 0.
        id: u32,
        /// The caller's stack, [`NO_ID`] for an outermost frame.
        caller: u32,
        /// Its innermost frame, a [`PythonFrame`] or [`NativeFrame`].
        frame: u32,
    }
    /// A kernel's execution.
    12 Kernel {
        /// The [`KernelConfig`].
        config: u32,
        /// Start.
        start_ns: u64,
        /// Duration.
        dur_ns: u64,
        /// Correlation id of the launching call.
        correlation: u32,
        /// Device ordinal.
        device: u32,
        /// CUDA context.
        context: u32,
        /// CUDA stream.
        stream: u32,
    }
    /// A copy or a fill on a GPU.
    13 Transfer {
        /// CUPTI's memcpy kind ([`TRANSFER_MEMSET`] for a fill).
        kind: u32,
        /// Start.
        start_ns: u64,
        /// Duration.
        dur_ns: u64,
        /// Bytes moved.
        size_bytes: u64,
        /// Correlation id of the call.
        correlation: u32,
        /// Device ordinal.
        device: u32,
        /// CUDA context.
        context: u32,
        /// CUDA stream.
        stream: u32,
        /// CUPTI's memory kind of the source.
        from: u32,
        /// CUPTI's memory kind of the destination.
        to: u32,
        /// The CUDA graph it was launched from, 0 for none.
        graph: u32,
    }
    /// One whole CUDA graph's execution (graph-level tracing).
    14 GraphExec {
        /// The graph.
        graph: u32,
        /// Start.
        start_ns: u64,
        /// Duration.
        dur_ns: u64,
        /// Correlation id of the launching call.
        correlation: u32,
        /// Device ordinal.
        device: u32,
        /// CUDA context.
        context: u32,
        /// CUDA stream.
        stream: u32,
    }
    /// A runtime or driver call.
    15 Api {
        /// Callback id; with [`Api::domain`] names the call ([`ApiName`]).
        cbid: u32,
        /// Start.
        start_ns: u64,
        /// Duration.
        dur_ns: u64,
        /// [`API_RUNTIME`] or [`API_DRIVER`].
        domain: u32,
        /// Correlation id.
        correlation: u32,
        /// Thread id.
        tid: u32,
        /// The host [`Stack`] at it, [`NO_ID`] for none.
        stack: u32,
        /// What it returned, 0 for success.
        returned: u32,
    }
    /// A wait recorded by the driver.
    16 Sync {
        /// CUPTI's synchronisation type: 1 event, 2 stream wait event, 3 stream, 4 context.
        kind: u32,
        /// Start.
        start_ns: u64,
        /// Duration.
        dur_ns: u64,
        /// Correlation id of the waiting call.
        correlation: u32,
        /// CUDA context.
        context: u32,
        /// CUDA stream.
        stream: u32,
    }
    /// Time the driver or CUPTI itself took.
    17 Overhead {
        /// CUPTI's overhead kind.
        kind: u32,
        /// Start.
        start_ns: u64,
        /// Duration.
        dur_ns: u64,
        /// Thread it was taken on, 0 where none is named.
        tid: u32,
    }
    /// One end of an NVTX range, or a mark.
    18 Marker {
        /// [`MARKER_START`], [`MARKER_END`] or [`MARKER_INSTANT`].
        flags: u32,
        /// When.
        ts_ns: u64,
        /// What pairs start and end.
        id: u32,
        /// Thread id.
        tid: u32,
        /// Message, a [`Text`]; 0 at an end.
        name: u32,
        /// Domain, a [`Text`]; 0 for the default one.
        domain: u32,
    }
    /// Records known to be missing; adds to what was said before.
    19 Lost {
        /// One of the `LOST_` values.
        what: u32,
        /// How many.
        count: u64,
    }
    /// A sentence for whoever reads the recording; rest: the sentence.
    20 Note {
        /// Its length in bytes.
        size_bytes: u32,
    } + text
    /// The process ends its stream here on its own accord: nothing is missing behind it.
    21 End {
        /// One of the `END_` values.
        reason: u32,
    }
}

/// The id of no stack, no frame, no module.
pub const NO_ID: u32 = u32::MAX;

/// [`Api::domain`] of the runtime API, CUPTI's number for its callback domain.
pub const API_RUNTIME: u32 = 2;
/// [`Api::domain`] of the driver API, CUPTI's number for its callback domain.
pub const API_DRIVER: u32 = 1;

/// [`Transfer::kind`] of a fill; other values are CUPTI's memcpy kinds.
pub const TRANSFER_MEMSET: u32 = 1000;

/// [`Marker::flags`] of a mark.
pub const MARKER_INSTANT: u32 = 1;
/// [`Marker::flags`] of a range's start.
pub const MARKER_START: u32 = 2;
/// [`Marker::flags`] of a range's end.
pub const MARKER_END: u32 = 4;

/// [`Lost::what`]: activity records that CUPTI dropped.
pub const LOST_CUPTI: u32 = 1;
/// [`Lost::what`]: records that did not fit into the ring.
pub const LOST_RING: u32 = 2;
/// [`Lost::what`]: host stacks that were taken but no longer known when the call's record came.
pub const LOST_STACKS: u32 = 3;

/// [`End::reason`]: the program ended.
pub const END_EXIT: u32 = 1;
/// [`End::reason`]: the recording was over before the program (`--duration`, `--range`, `--max-size`).
pub const END_STOPPED: u32 = 2;

/// Iterates over texts with their lengths in front ([`put_text`](crate::put_text)). Ends where the bytes end or do not fit.
#[derive(Clone, Debug)]
pub struct Texts<'a>(pub &'a [u8]);

impl<'a> Iterator for Texts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_at_checked(4)?;
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let (text, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }
}

/// The variable part of [`Thread`] and [`ApiName`]: a name, whose padding is stripped.
pub fn name_of(rest: &[u8]) -> &[u8] {
    let end = rest.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &rest[..end]
}
