//! What a device must do: the simulator and CUDA behind one face.

pub(crate) mod cuda;
pub(crate) mod simulator;

use crate::error::Result;
use crate::image::KernelImage;

/// Blocks and threads of a launch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub blocks: [u32; 3],
    pub threads: [u32; 3],
    pub shared_bytes: u32,
}

impl Shape {
    /// Why threads of this launch would have the same index in a space of so many dimensions; nothing where they do not.
    pub fn too_many_dimensions(&self, most: u32) -> Option<String> {
        let dimensions = (1..=3).rev().find(|at| self.blocks[at - 1] > 1 || self.threads[at - 1] > 1).unwrap_or(1);
        (dimensions > most as usize).then(|| {
            format!(
                "a launch of {dimensions} dimensions, and a `DisjointSlice` with indices of {most}; \
                 `DisjointSlice<T, Index2D<STRIDE>>` and `DisjointSlice<T, Runtime2DIndex>` are for two dimensions"
            )
        })
    }
}

/// A stream of a backend; 0 is the one that every device has.
pub(crate) type StreamId = u64;
/// An event of a backend.
pub(crate) type EventId = u64;

/// Host memory that a device reaches at full speed.
pub(crate) struct PinnedMemory {
    pub pointer: *mut u8,
    pub size_bytes: usize,
}

/// Sizes are in bytes, addresses are the device's.
pub(crate) trait Backend: Send + Sync {
    fn name(&self) -> String;
    fn is_simulator(&self) -> bool;
    /// Whether the device refuses everything from now on: a GPU after a fault, as long as the process lives.
    fn is_lost(&self) -> bool;
    /// Warp instructions that all launches so far have executed, where the device counts them.
    fn instructions(&self) -> Option<u64>;

    /// Memory of zeros.
    fn allocate(&self, size_bytes: u64) -> Result<u64>;
    fn free(&self, address: u64);
    /// Copies to the device, behind all work of the default stream.
    fn upload(&self, address: u64, bytes: &[u8]) -> Result<()>;
    fn download(&self, address: u64, bytes: &mut [u8]) -> Result<()>;
    fn copy(&self, from: u64, to: u64, size_bytes: u64) -> Result<()>;

    fn allocate_pinned(&self, size_bytes: usize) -> Result<PinnedMemory>;
    fn free_pinned(&self, memory: &PinnedMemory);

    /// Memory for panic records: the device's address of the first one.
    fn allocate_records(&self, size_bytes: usize) -> Result<RecordMemory>;
    fn read_record(&self, memory: &RecordMemory, offset: usize) -> [u8; 64];
    fn clear_record(&self, memory: &RecordMemory, offset: usize);

    /// Writes a variable of a kernel's module, behind all work of the device.
    fn write_variable(&self, image: &'static KernelImage, symbol: &str, bytes: &[u8]) -> Result<()>;

    /// The size of a block at which most threads run at once.
    fn block_size(&self, image: &'static KernelImage, shared_bytes: u32) -> Result<u32>;
    /// How many blocks the device runs at once.
    fn resident_blocks(&self, image: &'static KernelImage, threads: u32, shared_bytes: u32) -> Result<u32>;
    fn launch(&self, stream: StreamId, image: &'static KernelImage, shape: &Shape, parameters: &[u8]) -> Result<()>;

    fn create_stream(&self) -> Result<StreamId>;
    fn destroy_stream(&self, stream: StreamId);
    /// Waits for all work of a stream; what went wrong in it.
    fn synchronize(&self, stream: StreamId) -> Result<()>;
    /// Lets a stream wait for an event of another.
    fn wait_event(&self, stream: StreamId, event: EventId) -> Result<()>;

    fn record_event(&self, stream: StreamId) -> Result<EventId>;
    fn destroy_event(&self, event: EventId);
    fn event_is_done(&self, event: EventId) -> Result<bool>;
    fn synchronize_event(&self, event: EventId) -> Result<()>;
    /// Nanoseconds between two events that are done.
    fn elapsed_ns(&self, start: EventId, end: EventId) -> Result<u64>;
}

/// Where panic records lie: for the device, and for the host where it sees the same memory.
pub(crate) struct RecordMemory {
    pub address: u64,
    pub host: *mut u8,
}

// SAFETY: the memory belongs to whoever holds the value, and is read and written only through the backend, which synchronises.
unsafe impl Send for RecordMemory {}
// SAFETY: as above; records are read with volatile accesses.
unsafe impl Sync for RecordMemory {}
// SAFETY: pinned memory is plain host memory, owned by the value.
unsafe impl Send for PinnedMemory {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for PinnedMemory {}
