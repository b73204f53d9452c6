//! What a block that runs apart from the others writes and reads: private pages, and which bytes of them.
//!
//! Reads are noted by lines of 64 bytes, one word a page, until two blocks of a round meet in a line; then by bytes ([`Detail`]). Writes are always known
//! by bytes: that is what is merged. All of it is used again from block to block, because fresh memory costs more than what is done with it.

use super::PAGE_BYTES;
use super::global::{GlobalMemory, Miss, Page};
use rustc_hash::FxHashMap;

/// One bit for every byte of a page.
type ByteMask = [u64; PAGE_BYTES / 64];

const NO_BYTES: ByteMask = [0; PAGE_BYTES / 64];

/// How exactly reads are noted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Detail {
    /// By lines of 64 bytes.
    #[default]
    Lines,
    /// By bytes.
    Bytes,
}

/// A page as a block has written it, and where.
struct Copy {
    page: Page,
    writes: ByteMask,
    /// The shared page it was made from.
    shared: *mut u8,
}

/// What a block did to one page.
struct Touched {
    page: usize,
    /// Lines of which it has read something that it had not written.
    lines_read: u64,
    /// The same by bytes, with [`Detail::Bytes`].
    reads: Option<Box<ByteMask>>,
    /// The private copy, once written.
    copy: Option<Box<Copy>>,
}

/// Private pages and footprints of a view.
#[derive(Default)]
pub(super) struct Overlay {
    /// Page → index in the footprint's `touched`, plus one; zero for none.
    index: Vec<u32>,
    footprint: Footprint,
    pending: FxHashMap<ReductionKey, u64>,
    detail: Detail,
}

/// A commutative integer reduction whose result nobody has read, kept until the block is merged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ReductionKey {
    /// Where.
    pub address: u64,
    /// What.
    pub op: ReductionOp,
    /// 4 or 8.
    pub size_bytes: u8,
}

/// The commutative reductions that are merged rather than counted as conflicts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ReductionOp {
    /// Wrapping addition.
    Add,
    /// Unsigned minimum.
    MinUnsigned,
    /// Unsigned maximum.
    MaxUnsigned,
    /// Signed minimum.
    MinSigned,
    /// Signed maximum.
    MaxSigned,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

impl ReductionOp {
    /// The operation on `size_bytes` wide values.
    pub fn apply(self, size_bytes: u8, a: u64, b: u64) -> u64 {
        let signed = |value: u64| if size_bytes == 4 { i64::from(value as u32 as i32) } else { value as i64 };
        let result = match self {
            Self::Add => a.wrapping_add(b),
            Self::MinUnsigned => a.min(b),
            Self::MaxUnsigned => a.max(b),
            Self::MinSigned => signed(a).min(signed(b)) as u64,
            Self::MaxSigned => signed(a).max(signed(b)) as u64,
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
        };
        if size_bytes == 4 { result & 0xffff_ffff } else { result }
    }
}

/// What one block read and wrote apart from the others, ready to be merged.
#[derive(Default)]
pub struct Footprint {
    touched: Vec<Touched>,
    reductions: Vec<(ReductionKey, u64)>,
    /// Memory for the next block.
    copies: Vec<Box<Copy>>,
    masks: Vec<Box<ByteMask>>,
}

// SAFETY: the raw pointers in `Copy::shared` are only compared and written back into the view that made them.
unsafe impl Send for Footprint {}

/// Calls `visit` with the words of a mask that hold bits `offset .. offset + size`, and those bits.
#[inline]
fn for_words(offset: usize, size: usize, mut visit: impl FnMut(usize, u64)) {
    let mut at = offset;
    let end = offset + size;
    while at < end {
        let bits = (64 - at % 64).min(end - at);
        visit(at / 64, (u64::MAX >> (64 - bits)) << (at % 64));
        at += bits;
    }
}

/// The lines of a page that `size` bytes at `offset` lie in.
#[inline]
fn lines(offset: usize, size: usize) -> u64 {
    let (first, last) = (offset / 64, (offset + size.max(1) - 1) / 64);
    (u64::MAX >> (63 - (last - first))) << first
}

impl Footprint {
    /// Forgets what was done, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        for one in self.touched.drain(..) {
            self.copies.extend(one.copy);
            self.masks.extend(one.reads);
        }
        self.reductions.clear();
    }

    /// Bytes of the private copies.
    pub(crate) fn copied_bytes(&self) -> usize {
        self.touched.iter().filter(|one| one.copy.is_some()).count() * PAGE_BYTES
    }
}

impl Overlay {
    #[inline]
    fn of(&mut self, page: usize) -> &mut Touched {
        let known = self.index.get(page).copied().unwrap_or(0);
        let at = if known == 0 { self.first_touch(page) } else { known as usize - 1 };
        &mut self.footprint.touched[at]
    }

    #[cold]
    fn first_touch(&mut self, page: usize) -> usize {
        if page >= self.index.len() {
            self.index.resize(page + 1, 0);
        }
        let reads = (self.detail == Detail::Bytes).then(|| match self.footprint.masks.pop() {
            Some(mut mask) => {
                *mask = NO_BYTES;
                mask
            }
            None => Box::new(NO_BYTES),
        });
        self.footprint.touched.push(Touched { page, lines_read: 0, reads, copy: None });
        self.index[page] = self.footprint.touched.len() as u32;
        self.footprint.touched.len() - 1
    }

    #[inline]
    pub(super) fn note_read(&mut self, page: usize, offset: usize, size: usize) {
        let touched = self.of(page);
        match (&touched.copy, &mut touched.reads) {
            (None, None) => touched.lines_read |= lines(offset, size),
            // What the block wrote itself it may read again.
            (copy, reads) => for_words(offset, size, |word, bits| {
                let bits = bits & !copy.as_ref().map_or(0, |copy| copy.writes[word]);
                touched.lines_read |= u64::from(bits != 0) << word;
                if let Some(reads) = reads {
                    reads[word] |= bits;
                }
            }),
        }
    }

    #[inline]
    pub(super) fn note_write(&mut self, page: usize, offset: usize, size: usize) {
        if let Some(copy) = &mut self.of(page).copy {
            for_words(offset, size, |word, bits| copy.writes[word] |= bits);
        }
    }

    pub(super) fn private_copy(&mut self, page: usize, shared: *mut u8) -> *mut u8 {
        // SAFETY: `shared` is the page's data in the view this overlay belongs to: a whole page that is not written while the view lives.
        let from = unsafe { &*shared.cast::<[u8; PAGE_BYTES]>() };
        let mut copy = match self.footprint.copies.pop() {
            Some(mut copy) => {
                copy.page.0.copy_from_slice(from);
                copy.writes = NO_BYTES;
                copy.shared = shared;
                copy
            }
            None => Box::new(Copy { page: Page(*from), writes: NO_BYTES, shared }),
        };
        let data = copy.page.0.as_mut_ptr();
        self.of(page).copy = Some(copy);
        data
    }
}

impl GlobalMemory {
    /// Whether this is a private view of a block that runs apart.
    #[inline]
    pub(crate) fn is_apart(&self) -> bool {
        self.overlay.is_some()
    }

    /// A block begins to run apart: how its reads are noted, and memory to note them in.
    pub(crate) fn begin_apart(&mut self, detail: Detail, mut room: Footprint) {
        if let Some(overlay) = &mut self.overlay {
            room.clear();
            overlay.footprint = room;
            overlay.detail = detail;
        }
    }

    /// Keeps a commutative reduction for later; false when the bytes cannot be written.
    pub(crate) fn defer_reduction(&mut self, key: ReductionKey, operand: u64) -> Result<bool, Miss> {
        let (page, offset) = place(key.address);
        let entry = self.entries.get(page).ok_or(Miss::Unmapped)?;
        if offset + usize::from(key.size_bytes) > usize::from(entry.end) {
            return Err(Miss::Unmapped);
        }
        if entry.constant {
            return Err(Miss::ReadOnly);
        }
        let Some(overlay) = &mut self.overlay else { return Ok(false) };
        let pending = overlay.pending.entry(key);
        pending.and_modify(|sum| *sum = key.op.apply(key.size_bytes, *sum, operand)).or_insert(operand);
        Ok(true)
    }

    /// Ends what a block did apart: gives its footprint, and the view is as when it was made.
    pub(crate) fn take_footprint(&mut self) -> Footprint {
        let Some(overlay) = &mut self.overlay else { return Footprint::default() };
        let mut footprint = std::mem::take(&mut overlay.footprint);
        footprint.reductions.extend(overlay.pending.drain());
        footprint.reductions.sort_unstable();
        for one in &footprint.touched {
            overlay.index[one.page] = 0;
            if let Some(copy) = &one.copy {
                self.entries[one.page].data = copy.shared;
                self.entries[one.page].writable = false;
            }
        }
        footprint
    }
}

/// The page of a global address, and the offset in it.
fn place(address: u64) -> (usize, usize) {
    ((address.wrapping_sub(super::GLOBAL_BASE) >> 12) as usize, address as usize & (PAGE_BYTES - 1))
}

/// How a block meets those merged before it in its round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meeting {
    /// It read nothing that they wrote.
    Apart,
    /// It read lines that they wrote; whether the same bytes is not known.
    SameLine,
    /// It read what they wrote, or mixed reductions with other accesses: what it did counts for nothing.
    Conflict,
}

/// Which bytes of a page the blocks merged so far in this round have written.
struct Written {
    lines: u64,
    bytes: ByteMask,
    /// Where the page was when the round began.
    before: *mut u8,
}

/// Which bytes the blocks merged so far in this round have written.
#[derive(Default)]
pub(crate) struct RoundWrites {
    writes: FxHashMap<usize, Box<Written>>,
    spare: Vec<Box<Written>>,
}

impl RoundWrites {
    /// A new round begins.
    pub(crate) fn clear(&mut self) {
        self.spare.extend(self.writes.drain().map(|(_, written)| written));
    }

    /// Whether a block that ran on the memory before this round has read, or reduced, what the round wrote before it.
    pub(crate) fn meeting(&self, block: &Footprint) -> Meeting {
        let mut meeting = Meeting::Apart;
        for one in block.touched.iter().filter(|one| one.lines_read != 0) {
            let Some(written) = self.writes.get(&one.page) else { continue };
            if written.lines & one.lines_read == 0 {
                continue;
            }
            match &one.reads {
                None => meeting = Meeting::SameLine,
                Some(reads) if reads.iter().zip(&written.bytes).any(|(read, written)| read & written != 0) => {
                    return Meeting::Conflict;
                }
                Some(_) => {}
            }
        }
        // A block that both defers a reduction and touches the same bytes otherwise cannot be merged.
        let mut at: Option<(usize, Option<&Touched>)> = None;
        for (key, _) in &block.reductions {
            let (page, offset) = place(key.address);
            let found = match at {
                Some((known, found)) if known == page => found,
                _ => block.touched.iter().find(|one| one.page == page),
            };
            at = Some((page, found));
            let Some(one) = found else { continue };
            let mut mixed = Meeting::Apart;
            for_words(offset, usize::from(key.size_bytes), |word, bits| {
                let copied = one.copy.as_ref().map_or(0, |copy| copy.writes[word]) & bits;
                match &one.reads {
                    _ if copied != 0 => mixed = Meeting::Conflict,
                    Some(reads) if reads[word] & bits != 0 => mixed = Meeting::Conflict,
                    None if one.lines_read >> word & 1 != 0 => mixed = Meeting::SameLine,
                    _ => {}
                }
            });
            match mixed {
                Meeting::Conflict => return mixed,
                Meeting::SameLine => meeting = mixed,
                Meeting::Apart => {}
            }
        }
        meeting
    }

    /// Shows a private view where the pages are that this round has moved.
    pub(crate) fn refresh(&self, memory: &GlobalMemory, view: &mut GlobalMemory) {
        for (page, written) in &self.writes {
            let data = memory.entries[*page].data;
            if data != written.before {
                view.entries[*page].data = data;
            }
        }
    }

    fn of(&mut self, memory: &GlobalMemory, page: usize) -> &mut Written {
        let spare = &mut self.spare;
        self.writes.entry(page).or_insert_with(|| {
            let before = memory.entries[page].data;
            match spare.pop() {
                Some(mut written) => {
                    *written = Written { lines: 0, bytes: NO_BYTES, before };
                    written
                }
                None => Box::new(Written { lines: 0, bytes: NO_BYTES, before }),
            }
        })
    }

    /// Writes what a block did into the memory all share.
    ///
    /// # Errors
    /// When a page cannot be had; nothing is written then.
    pub(crate) fn merge(&mut self, memory: &mut GlobalMemory, block: &Footprint) -> Result<(), Miss> {
        let copies = || block.touched.iter().filter_map(|one| Some((one.page, one.copy.as_ref()?)));
        let reduced = || block.reductions.iter().map(|(key, _)| place(key.address).0);
        for page in copies().map(|(page, _)| page).chain(reduced()) {
            self.of(memory, page);
            memory.bytes_mut(super::GLOBAL_BASE + (page * PAGE_BYTES) as u64, 1)?;
        }
        for (page, copy) in copies() {
            let base = super::GLOBAL_BASE + (page * PAGE_BYTES) as u64;
            let written = self.of(memory, page);
            written.lines |= written_lines(&copy.writes);
            for (word, mask) in copy.writes.iter().enumerate() {
                written.bytes[word] |= mask;
                let mut left = *mask;
                while left != 0 {
                    let first = left.trailing_zeros() as usize;
                    let run = (!(left >> first)).trailing_zeros().min(64 - first as u32) as usize;
                    let at = word * 64 + first;
                    memory.bytes_mut(base + at as u64, run)?.copy_from_slice(&copy.page.0[at..at + run]);
                    left &= !((u64::MAX >> (64 - run)) << first);
                }
            }
        }
        for (key, operand) in &block.reductions {
            let size = usize::from(key.size_bytes);
            let bytes = memory.bytes_mut(key.address, size)?;
            let mut old = [0; 8];
            old[..size].copy_from_slice(bytes);
            let new = key.op.apply(key.size_bytes, u64::from_le_bytes(old), *operand);
            bytes.copy_from_slice(&new.to_le_bytes()[..size]);
            let (page, offset) = place(key.address);
            let written = self.of(memory, page);
            written.lines |= lines(offset, size);
            for_words(offset, size, |word, bits| written.bytes[word] |= bits);
        }
        Ok(())
    }
}

/// The lines of which some byte is set.
fn written_lines(bytes: &ByteMask) -> u64 {
    bytes.iter().enumerate().fold(0, |lines, (line, bytes)| lines | u64::from(*bytes != 0) << line)
}
