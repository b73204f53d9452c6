//! What a block that runs apart from the others writes and reads: private pages, and which bytes of them.

use super::PAGE_BYTES;
use super::global::{GlobalMemory, Miss, Page};
use rustc_hash::FxHashMap;

/// One bit for every byte of a page.
type ByteMask = [u64; PAGE_BYTES / 64];

/// What a block did to one page.
struct Touched {
    page: usize,
    reads: ByteMask,
    writes: ByteMask,
    /// The private copy, once written, and the shared page it was made from.
    copy: Option<(Box<Page>, *mut u8)>,
}

/// Private pages and footprints of a view.
#[derive(Default)]
pub(super) struct Overlay {
    /// Page → index in `touched`, plus one; zero for none.
    index: Vec<u32>,
    touched: Vec<Touched>,
    reductions: FxHashMap<ReductionKey, u64>,
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
pub struct Footprint {
    touched: Vec<Touched>,
    reductions: Vec<(ReductionKey, u64)>,
}

// SAFETY: the raw pointers in `Touched::copy` are only compared and written back into the view that made them.
unsafe impl Send for Footprint {}

fn set(mask: &mut ByteMask, offset: usize, size: usize) {
    let mut at = offset;
    let end = offset + size;
    while at < end {
        let word = at / 64;
        let bits = (64 - at % 64).min(end - at);
        mask[word] |= (u64::MAX >> (64 - bits)) << (at % 64);
        at += bits;
    }
}

impl Overlay {
    fn of(&mut self, page: usize) -> &mut Touched {
        if page >= self.index.len() {
            self.index.resize(page + 1, 0);
        }
        if self.index[page] == 0 {
            self.touched.push(Touched { page, reads: [0; PAGE_BYTES / 64], writes: [0; PAGE_BYTES / 64], copy: None });
            self.index[page] = self.touched.len() as u32;
        }
        &mut self.touched[self.index[page] as usize - 1]
    }

    #[inline]
    pub(super) fn note_read(&mut self, page: usize, offset: usize, size: usize) {
        // What the block wrote itself it may read again.
        let touched = self.of(page);
        let mut bits = [0; 2];
        let first = offset / 64;
        if offset + size <= (first + 2) * 64 {
            let mut at = offset;
            while at < offset + size {
                let word = at / 64;
                let count = (64 - at % 64).min(offset + size - at);
                bits[word - first] |= (u64::MAX >> (64 - count)) << (at % 64);
                at += count;
            }
            for (index, bits) in bits.iter().enumerate().filter(|(_, bits)| **bits != 0) {
                touched.reads[first + index] |= bits & !touched.writes[first + index];
            }
        } else {
            set(&mut touched.reads, offset, size);
        }
    }

    #[inline]
    pub(super) fn note_write(&mut self, page: usize, offset: usize, size: usize) {
        set(&mut self.of(page).writes, offset, size);
    }

    pub(super) fn private_copy(&mut self, page: usize, shared: *mut u8) -> *mut u8 {
        let mut copy = Box::new(Page([0; PAGE_BYTES]));
        // SAFETY: `shared` is the page's data in the view this overlay belongs to: a whole page that is not written while the view lives.
        copy.0.copy_from_slice(unsafe { std::slice::from_raw_parts(shared, PAGE_BYTES) });
        let data = copy.0.as_mut_ptr();
        self.of(page).copy = Some((copy, shared));
        data
    }
}

impl GlobalMemory {
    /// Whether this is a private view of a block that runs apart.
    #[inline]
    pub(crate) fn is_apart(&self) -> bool {
        self.overlay.is_some()
    }

    /// Keeps a commutative reduction for later; false when the bytes cannot be written.
    pub(crate) fn defer_reduction(&mut self, key: ReductionKey, operand: u64) -> Result<bool, Miss> {
        let (page, offset) =
            (((key.address.wrapping_sub(super::GLOBAL_BASE)) >> 12) as usize, key.address as usize & (PAGE_BYTES - 1));
        let entry = self.entries.get(page).ok_or(Miss::Unmapped)?;
        if offset + usize::from(key.size_bytes) > usize::from(entry.end) {
            return Err(Miss::Unmapped);
        }
        if entry.constant {
            return Err(Miss::ReadOnly);
        }
        let Some(overlay) = &mut self.overlay else { return Ok(false) };
        let pending = overlay.reductions.entry(key);
        pending.and_modify(|sum| *sum = key.op.apply(key.size_bytes, *sum, operand)).or_insert(operand);
        Ok(true)
    }

    /// Ends what a block did apart: gives its footprint, and the view is as when it was made.
    pub(crate) fn take_footprint(&mut self) -> Footprint {
        let Some(overlay) = &mut self.overlay else { return Footprint { touched: Vec::new(), reductions: Vec::new() } };
        let touched = std::mem::take(&mut overlay.touched);
        let mut reductions: Vec<_> = overlay.reductions.drain().collect();
        reductions.sort_unstable();
        for one in &touched {
            overlay.index[one.page] = 0;
            if let Some((_, shared)) = &one.copy {
                self.entries[one.page].data = *shared;
                self.entries[one.page].writable = false;
            }
        }
        Footprint { touched, reductions }
    }
}

/// Which bytes the blocks merged so far in this round have written.
#[derive(Default)]
pub(crate) struct RoundWrites {
    writes: FxHashMap<usize, Box<ByteMask>>,
}

impl RoundWrites {
    /// Whether a block that ran on the memory before this round has read, or reduced, bytes that the round wrote before it.
    pub(crate) fn conflicts(&self, block: &Footprint) -> bool {
        let read = block.touched.iter().any(|one| {
            let Some(written) = self.writes.get(&one.page) else { return false };
            written.iter().zip(&one.reads).any(|(written, read)| written & read != 0)
        });
        // A block that both defers a reduction and touches the same bytes otherwise cannot be merged.
        read || block.reductions.iter().any(|(key, _)| {
            let page = ((key.address - super::GLOBAL_BASE) >> 12) as usize;
            let offset = key.address as usize & (PAGE_BYTES - 1);
            let mut mask = [0; PAGE_BYTES / 64];
            set(&mut mask, offset, usize::from(key.size_bytes));
            (block.touched.iter().filter(|one| one.page == page))
                .any(|one| (0..mask.len()).any(|word| mask[word] & (one.reads[word] | one.writes[word]) != 0))
        })
    }

    /// Shows a private view where the pages are that this round has written.
    pub(crate) fn refresh(&self, memory: &GlobalMemory, view: &mut GlobalMemory) {
        for page in self.writes.keys() {
            view.entries[*page].data = memory.entries[*page].data;
            view.entries[*page].writable = false;
        }
    }

    /// Writes what a block did into the memory all share.
    pub(crate) fn merge(&mut self, memory: &mut GlobalMemory, block: &Footprint) -> Result<(), Miss> {
        for one in &block.touched {
            let Some((copy, _)) = &one.copy else { continue };
            let base = super::GLOBAL_BASE + (one.page * PAGE_BYTES) as u64;
            let written = self.writes.entry(one.page).or_insert_with(|| Box::new([0; PAGE_BYTES / 64]));
            for (word, mask) in one.writes.iter().enumerate() {
                written[word] |= mask;
                let mut left = *mask;
                while left != 0 {
                    let first = left.trailing_zeros() as usize;
                    let run = (!(left >> first)).trailing_zeros().min(64 - first as u32) as usize;
                    let at = word * 64 + first;
                    memory.bytes_mut(base + at as u64, run)?.copy_from_slice(&copy.0[at..at + run]);
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
            let page = ((key.address - super::GLOBAL_BASE) >> 12) as usize;
            let written = self.writes.entry(page).or_insert_with(|| Box::new([0; PAGE_BYTES / 64]));
            set(written, key.address as usize & (PAGE_BYTES - 1), size);
        }
        Ok(())
    }
}
