//! The ring: a header page and a power-of-two buffer in memory that two processes share.
//!
//! One writer (whoever holds the process's lock) and one reader. Positions only grow; `position % capacity` is the place in the
//! buffer. The reader releases bytes only once what they say is safely in the recording, so at any moment the file holds, from
//! `released` to `head`, exactly what the recording lacks: [`read_left_behind`] gives it to whoever comes after a killed collector.
//!
//! Either side may be hostile or half dead: every number read from the shared page is checked before use, and bytes are
//! copied out before they are looked at.

use alloc::vec::Vec;
use core::fmt;
use core::ptr::NonNull;
use core::slice;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::records::WIRE_VERSION;

const MAGIC: [u8; 8] = *b"rustg-w\n";

/// Bytes before the ring's buffer.
pub const HEADER_BYTES: usize = 4096;

/// The smallest capacity of a ring in bytes; capacities are powers of two.
pub const RING_CAPACITY_MIN: usize = 1 << 16;

const MESSAGE_BYTES: usize = 1024;

/// What a program does about its recording.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The file was made; CUPTI is not yet asked.
    Starting,
    /// CUPTI records.
    Recording,
    /// CUPTI is loaded and waits for `--delay` or `--range`.
    Waiting,
    /// Nothing will be recorded: [`FailedCode`] and a message say why.
    Failed,
    /// The recording is over and CUPTI is switched off; the program goes on.
    Stopped,
    /// The program ended in order.
    Finished,
}

/// Why a program cannot be recorded; the message beside it holds details (a name, an error's text), no sentence.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailedCode {
    /// It did not fail.
    None,
    /// No `libcupti` was found; the message lists where.
    NoCupti,
    /// The `libcupti` found lacks a function; the message names file and function.
    BadCupti,
    /// Another profiler holds CUPTI; the message may name it.
    Busy,
    /// The driver refuses for lack of permission.
    Permission,
    /// This kind of device cannot be traced (virtual GPU, confidential computing, …); the message is CUPTI's.
    Unsupported,
    /// Any other CUPTI error; the message is CUPTI's.
    Cupti,
    /// The library itself panicked.
    Panic,
}

/// What the collector asks of the program.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// Go on.
    Record,
    /// Stop recording for good.
    Stop,
}

#[repr(C)]
struct Header {
    magic: [u8; 8],
    version: u32,
    header_bytes: u32,
    capacity: u64,
    pid: u32,
    reserved: u32,
    process_start_ticks: u64,
    reserved_line: [u64; 3],
    // The writer's line.
    head: AtomicU64,
    lost: AtomicU64,
    state: AtomicU32,
    failed: AtomicU32,
    message_bytes: AtomicU32,
    writer_pad: [u32; 9],
    // The reader's line.
    released: AtomicU64,
    heartbeat: AtomicU64,
    control: AtomicU32,
    reader_pad: [u32; 11],
    message: [u8; MESSAGE_BYTES],
}

const _: () = assert!(size_of::<Header>() <= HEADER_BYTES);
const _: () = assert!(core::mem::offset_of!(Header, head) == 64);
const _: () = assert!(core::mem::offset_of!(Header, released) == 128);

/// Why a mapping is not a ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RingError {
    /// Shorter than a header.
    Short,
    /// Does not start with the magic bytes (at byte 0).
    Magic,
    /// Another version of the layout (at byte 8): the version found.
    Version(u32),
    /// The capacity (at byte 16) is no power of two, too small, or not the file's size.
    Capacity(u64),
    /// The positions (at bytes 64 and 128) contradict each other.
    Positions,
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RingError::Short => f.write_str("shorter than a ring's header"),
            RingError::Magic => f.write_str("byte 0: not a rustg ring"),
            RingError::Version(version) => {
                write!(f, "byte 8: ring layout {version}, this rustg reads {WIRE_VERSION}: use the same version")
            }
            RingError::Capacity(capacity) => write!(f, "byte 16: a ring of {capacity} bytes does not fit its file"),
            RingError::Positions => f.write_str("byte 64: the ring's positions contradict each other"),
        }
    }
}

impl core::error::Error for RingError {}

fn round_capacity(len: usize) -> Option<usize> {
    let capacity = len.checked_sub(HEADER_BYTES)?;
    (capacity.is_power_of_two() && capacity >= RING_CAPACITY_MIN).then_some(capacity)
}

/// The writing side. Not `Clone`: callers serialise their writes by a lock around it.
#[derive(Debug)]
pub struct RingWriter {
    base: NonNull<u8>,
    capacity: usize,
    head: u64,
}

// SAFETY: the writer owns its side of the mapping; the pointer stays valid for as long as `create`'s caller promised.
unsafe impl Send for RingWriter {}

impl RingWriter {
    /// Lays a ring into `len` zeroed bytes at `base` and becomes its writer.
    ///
    /// # Errors
    /// [`RingError::Capacity`] where `len` is not [`HEADER_BYTES`] plus a power of two of at least [`RING_CAPACITY_MIN`].
    ///
    /// # Safety
    /// `base` must be 8-aligned and valid for reads and writes of `len` bytes for the life of the value, and no one else may
    /// write there but a [`RingReader`] of the same mapping.
    pub unsafe fn create(base: NonNull<u8>, len: usize, pid: u32, process_start_ticks: u64) -> Result<Self, RingError> {
        let capacity = round_capacity(len).ok_or(RingError::Capacity(len as u64))?;
        let header = base.cast::<Header>().as_ptr();
        // SAFETY: the caller gives `len >= HEADER_BYTES` writable bytes, aligned; nobody reads before the magic is there.
        unsafe {
            (*header).version = WIRE_VERSION;
            (*header).header_bytes = HEADER_BYTES as u32;
            (*header).capacity = capacity as u64;
            (*header).pid = pid;
            (*header).process_start_ticks = process_start_ticks;
            core::sync::atomic::fence(Ordering::Release);
            (&raw mut (*header).magic).write_volatile(MAGIC);
        }
        Ok(RingWriter { base, capacity, head: 0 })
    }

    fn header(&self) -> &Header {
        // SAFETY: `create`'s contract; the fields changed later are atomics.
        unsafe { self.base.cast::<Header>().as_ref() }
    }

    /// Bytes of the ring's buffer.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes that can be written now.
    pub fn room(&self) -> usize {
        let released = self.header().released.load(Ordering::Acquire);
        let used = self.head.wrapping_sub(released);
        // A reader that releases what was never written is broken: nothing is lost by treating the ring as full.
        (self.capacity as u64).checked_sub(used).map_or(0, |room| room as usize)
    }

    /// Writes whole records at once, or nothing: `false` where the ring lacks the room.
    pub fn write(&mut self, records: &[u8]) -> bool {
        if records.len() > self.room() {
            return false;
        }
        let at = (self.head % self.capacity as u64) as usize;
        let first = records.len().min(self.capacity - at);
        // SAFETY: `at + first <= capacity` and the rest, at most `at` bytes, starts the buffer again; the reader does not
        // touch bytes from `head` on, and `room` says that it has released these.
        unsafe {
            let buffer = self.base.as_ptr().add(HEADER_BYTES);
            core::ptr::copy_nonoverlapping(records.as_ptr(), buffer.add(at), first);
            core::ptr::copy_nonoverlapping(records.as_ptr().add(first), buffer, records.len() - first);
        }
        self.head += records.len() as u64;
        self.header().head.store(self.head, Ordering::Release);
        true
    }

    /// Counts records that were given up because the ring was full.
    pub fn add_lost(&self, records: u64) {
        self.header().lost.fetch_add(records, Ordering::Relaxed);
    }

    /// Says what the program is doing.
    pub fn set_state(&self, state: State) {
        self.header().state.store(state as u32, Ordering::Release);
    }

    /// Says that nothing will be recorded, and why. `message` is cut at 1024 bytes.
    pub fn fail(&mut self, code: FailedCode, message: &str) {
        let mut end = message.len().min(MESSAGE_BYTES);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let header = self.base.cast::<Header>().as_ptr();
        // SAFETY: only the writer writes the message, and only readers that saw `State::Failed` after it read it.
        unsafe {
            core::ptr::copy_nonoverlapping(message.as_ptr(), (&raw mut (*header).message).cast::<u8>(), end);
        }
        self.header().message_bytes.store(end as u32, Ordering::Relaxed);
        self.header().failed.store(code as u32, Ordering::Relaxed);
        self.set_state(State::Failed);
    }

    /// What the collector asks for.
    pub fn control(&self) -> Control {
        if self.header().control.load(Ordering::Acquire) == Control::Stop as u32 {
            Control::Stop
        } else {
            Control::Record
        }
    }

    /// A number that grows while the collector lives.
    pub fn heartbeat(&self) -> u64 {
        self.header().heartbeat.load(Ordering::Relaxed)
    }
}

/// The reading side of a mapping that a program writes to.
#[derive(Debug)]
pub struct RingReader {
    base: NonNull<u8>,
    capacity: usize,
    read: u64,
}

// SAFETY: as for the writer: the value owns the reading side of the mapping.
unsafe impl Send for RingReader {}

impl RingReader {
    /// Checks the header and continues where the last reader released.
    ///
    /// # Errors
    /// [`RingError`] where the mapping is not (yet) a ring of this version and size.
    ///
    /// # Safety
    /// `base` must be 8-aligned and valid for reads and writes of `len` bytes for the life of the value; no other reader may
    /// be at work on the same mapping.
    pub unsafe fn open(base: NonNull<u8>, len: usize) -> Result<Self, RingError> {
        if len < HEADER_BYTES {
            return Err(RingError::Short);
        }
        let header = base.cast::<Header>().as_ptr();
        // SAFETY: the caller gives `len >= HEADER_BYTES` readable bytes.
        let (magic, version, capacity) = unsafe {
            let magic = (&raw const (*header).magic).read_volatile();
            core::sync::atomic::fence(Ordering::Acquire);
            (magic, (*header).version, (*header).capacity)
        };
        if magic != MAGIC {
            return Err(RingError::Magic);
        }
        if version != WIRE_VERSION {
            return Err(RingError::Version(version));
        }
        let fits = round_capacity(len).filter(|&own| own as u64 == capacity);
        let capacity = fits.ok_or(RingError::Capacity(capacity))?;
        let mut reader = RingReader { base, capacity, read: 0 };
        reader.read = reader.header().released.load(Ordering::Acquire);
        reader.unread().ok_or(RingError::Positions)?;
        Ok(reader)
    }

    fn header(&self) -> &Header {
        // SAFETY: `open`'s contract; the fields that change are atomics.
        unsafe { self.base.cast::<Header>().as_ref() }
    }

    fn unread(&self) -> Option<usize> {
        let head = self.header().head.load(Ordering::Acquire);
        let unread = head.checked_sub(self.read)?;
        (unread <= self.capacity as u64 && head.is_multiple_of(8) && self.read.is_multiple_of(8))
            .then_some(unread as usize)
    }

    /// Appends everything written since the last call to `out` and returns how many bytes that was.
    ///
    /// # Errors
    /// [`RingError::Positions`] where the writer's position makes no sense.
    pub fn read(&mut self, out: &mut Vec<u8>) -> Result<usize, RingError> {
        let unread = self.unread().ok_or(RingError::Positions)?;
        let at = (self.read % self.capacity as u64) as usize;
        let first = unread.min(self.capacity - at);
        // SAFETY: both slices lie in the buffer (`unread <= capacity`), and the writer leaves bytes alone that are not
        // released. A writer that breaks this garbles its own records, which are checked after they are copied.
        unsafe {
            let buffer = self.base.as_ptr().add(HEADER_BYTES);
            out.extend_from_slice(slice::from_raw_parts(buffer.add(at), first));
            out.extend_from_slice(slice::from_raw_parts(buffer, unread - first));
        }
        self.read += unread as u64;
        Ok(unread)
    }

    /// Gives everything read so far back to the writer: call it once the records are safely stored.
    pub fn release(&mut self) {
        self.header().released.store(self.read, Ordering::Release);
    }

    /// The position up to which [`RingReader::read`] has read, in bytes since the ring was made.
    pub fn position(&self) -> u64 {
        self.read
    }

    /// The writer's process id.
    pub fn pid(&self) -> u32 {
        self.header().pid
    }

    /// When the writer's process started, in clock ticks since boot (field 22 of `/proc/PID/stat`), 0 if unknown.
    pub fn process_start_ticks(&self) -> u64 {
        self.header().process_start_ticks
    }

    /// Records given up because the ring was full.
    pub fn lost(&self) -> u64 {
        self.header().lost.load(Ordering::Relaxed)
    }

    /// What the program is doing; `None` for a value of a newer version.
    pub fn state(&self) -> Option<State> {
        state_of(self.header().state.load(Ordering::Acquire))
    }

    /// Why nothing is recorded, and the details; for [`State::Failed`].
    pub fn failure(&self) -> (FailedCode, Vec<u8>) {
        use FailedCode::{BadCupti, Busy, Cupti, NoCupti, None, Panic, Permission, Unsupported};
        let value = self.header().failed.load(Ordering::Relaxed);
        let known = [None, NoCupti, BadCupti, Busy, Permission, Unsupported, Cupti, Panic];
        let code = known.into_iter().find(|&code| code as u32 == value).unwrap_or(Cupti);
        let length = (self.header().message_bytes.load(Ordering::Relaxed) as usize).min(MESSAGE_BYTES);
        (code, self.header().message[..length].to_vec())
    }

    /// Asks the program for something.
    pub fn set_control(&self, control: Control) {
        self.header().control.store(control as u32, Ordering::Release);
    }

    /// Shows the program that the collector lives.
    pub fn beat(&self) {
        self.header().heartbeat.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a collector that was killed left in a ring.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftBehind {
    /// The position of the first record, in bytes since the ring was made: what lies before it was released.
    pub start: u64,
    /// The records, which nobody has released.
    pub records: Vec<u8>,
    /// The writer's process id.
    pub pid: u32,
    /// Records given up because the ring was full.
    pub lost: u64,
    /// What the program was doing last; `None` for a value of a newer version.
    pub state: Option<State>,
}

/// What a ring's file holds that no collector has released: what a recording lacks whose collector was killed.
///
/// # Errors
/// [`RingError`] where the bytes are not a ring.
pub fn read_left_behind(file: &[u8]) -> Result<LeftBehind, RingError> {
    if file.len() < HEADER_BYTES {
        return Err(RingError::Short);
    }
    let short = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes of a whole header"));
    let word = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("eight bytes of a whole header"));
    use core::mem::offset_of;
    if file[..8] != MAGIC {
        return Err(RingError::Magic);
    }
    let version = short(offset_of!(Header, version));
    if version != WIRE_VERSION {
        return Err(RingError::Version(version));
    }
    let stated = word(offset_of!(Header, capacity));
    let fits = round_capacity(file.len()).filter(|&capacity| capacity as u64 == stated);
    let capacity = fits.ok_or(RingError::Capacity(stated))?;
    let (head, released) = (word(offset_of!(Header, head)), word(offset_of!(Header, released)));
    let unread = head
        .checked_sub(released)
        .filter(|&unread| unread <= capacity as u64 && head.is_multiple_of(8) && released.is_multiple_of(8));
    let unread = unread.ok_or(RingError::Positions)? as usize;
    let at = HEADER_BYTES + (released % capacity as u64) as usize;
    let first = unread.min(file.len() - at);
    let mut records = Vec::with_capacity(unread);
    records.extend_from_slice(&file[at..at + first]);
    records.extend_from_slice(&file[HEADER_BYTES..HEADER_BYTES + unread - first]);
    Ok(LeftBehind {
        start: released,
        records,
        pid: short(offset_of!(Header, pid)),
        lost: word(offset_of!(Header, lost)),
        state: state_of(short(offset_of!(Header, state))),
    })
}

fn state_of(value: u32) -> Option<State> {
    use State::{Failed, Finished, Recording, Starting, Stopped, Waiting};
    [Starting, Recording, Waiting, Failed, Stopped, Finished].into_iter().find(|&state| state as u32 == value)
}
