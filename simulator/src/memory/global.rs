//! Global and constant memory: allocations with guard gaps on 4 KiB copy-on-write pages.
//!
//! Pages appear when they are first written; a page that was never written reads as zeros. Addresses are never given twice, so a freed allocation stays
//! known and every later use of it is found.

use super::overlay::Overlay;
use super::{GLOBAL_BASE, PAGE_BYTES};
use crate::observe::AllocationInfo;
use std::sync::Arc;

/// One page of bytes.
#[repr(C, align(64))]
#[derive(Clone)]
pub(super) struct Page(pub(super) [u8; PAGE_BYTES]);

static ZEROS: Page = Page([0; PAGE_BYTES]);

/// Pages that may be mapped at most: 2^26 pages are 256 GiB of addresses, gaps included.
const PAGES_MAX: usize = 1 << 26;

/// Why an access is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// Some byte belongs to no live allocation.
    Unmapped,
    /// The bytes may only be read.
    ReadOnly,
    /// A page would be needed beyond the memory limit.
    Limit,
}

/// What an allocation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllocationKind {
    /// Made by the host, or a module's `.global` variable.
    Global,
    /// A module's `.const` variable; read-only for kernels.
    Const,
    /// Made by `malloc` in a kernel.
    Heap,
}

/// One allocation; the table of them is ordered by address.
#[derive(Clone, Debug)]
pub struct Allocation {
    /// First byte, a multiple of 256 (of a page, at present).
    pub address: u64,
    /// Size asked for.
    pub size_bytes: u64,
    /// What it is called in reports.
    pub name: String,
    /// What it is for.
    pub kind: AllocationKind,
    /// Whether it has been freed.
    pub freed: bool,
}

impl Allocation {
    fn info(&self) -> AllocationInfo {
        AllocationInfo {
            name: self.name.clone(),
            address: self.address,
            size_bytes: self.size_bytes,
            freed: self.freed,
        }
    }
}

/// What the hot path needs to know of a page.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// The page's bytes: private, shared, or the page of zeros.
    pub(super) data: *mut u8,
    /// Bytes of the page that belong to a live allocation, from its start; 0 for none.
    pub(super) end: u16,
    /// Whether `data` is ours alone and may be written.
    pub(super) writable: bool,
    /// Whether kernels may not write it.
    pub(super) constant: bool,
}

const UNMAPPED: Entry = Entry { data: std::ptr::null_mut(), end: 0, writable: false, constant: false };

/// Global memory of one device.
pub struct GlobalMemory {
    pub(super) entries: Vec<Entry>,
    /// What keeps the pages of `entries` alive; `None` is the page of zeros.
    pub(super) pages: Vec<Option<Arc<Page>>>,
    allocations: Vec<Allocation>,
    limit_bytes: u64,
    /// Bytes of written pages.
    used_bytes: u64,
    /// Bytes of live allocations.
    live_bytes: u64,
    /// Bytes that something else takes of the limit: shared and local memory, registers, what checks keep.
    charged_bytes: u64,
    /// Set while a block runs apart from the others; then pages are copied privately and reads are noted.
    pub(super) overlay: Option<Box<Overlay>>,
}

// SAFETY: `Entry::data` points into a page that `pages` (or the overlay's own pages, or the immutable page of zeros) keeps alive; it is written only when
// `writable`, which is set only when that page is held by nobody else.
unsafe impl Send for GlobalMemory {}

/// Global memory at one moment. Cheap to keep: pages are shared until they are written.
#[derive(Clone)]
pub struct MemorySnapshot {
    pages: Vec<Option<Arc<Page>>>,
    allocations: Vec<Allocation>,
    used_bytes: u64,
    live_bytes: u64,
}

impl GlobalMemory {
    /// Memory without allocations that may hold `limit_bytes` of written pages.
    pub fn new(limit_bytes: u64) -> Self {
        Self {
            entries: Vec::new(),
            pages: Vec::new(),
            allocations: Vec::new(),
            limit_bytes,
            used_bytes: 0,
            live_bytes: 0,
            charged_bytes: 0,
            overlay: None,
        }
    }

    /// The limit it was made with.
    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// Bytes of live allocations.
    pub fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    /// Whether so many bytes more stay within the limit.
    pub fn has_room(&self, size_bytes: u64) -> bool {
        self.used_bytes.saturating_add(self.charged_bytes).saturating_add(size_bytes) <= self.limit_bytes
    }

    /// Counts bytes that something else takes against the limit.
    ///
    /// # Errors
    /// [`Miss::Limit`], and nothing is counted.
    pub fn charge(&mut self, size_bytes: u64) -> Result<(), Miss> {
        if !self.has_room(size_bytes) {
            return Err(Miss::Limit);
        }
        self.charged_bytes += size_bytes;
        Ok(())
    }

    /// Gives back what [`GlobalMemory::charge`] counted.
    pub fn release(&mut self, size_bytes: u64) {
        self.charged_bytes = self.charged_bytes.saturating_sub(size_bytes);
    }

    /// All allocations ever made, by address.
    pub fn allocations(&self) -> &[Allocation] {
        &self.allocations
    }

    /// Makes an allocation of zeros. An allocation of no bytes has an address, too, but no byte of it can be accessed.
    ///
    /// # Errors
    /// [`Miss::Limit`] when all live allocations together would exceed the limit.
    pub fn allocate(&mut self, size_bytes: u64, name: &str, kind: AllocationKind) -> Result<u64, Miss> {
        if size_bytes.saturating_add(self.live_bytes) > self.limit_bytes {
            return Err(Miss::Limit);
        }
        let page = PAGE_BYTES as u64;
        let pages = size_bytes.div_ceil(page) as usize;
        let gap = (pages / 4).clamp(1, 256);
        let first = self.entries.len();
        if first + pages + gap > PAGES_MAX {
            return Err(Miss::Limit);
        }
        if kind == AllocationKind::Heap {
            // A kernel may allocate and free for ever, and addresses are never given twice: what is noted of each counts, too.
            let noted = (pages + gap) * (size_of::<Entry>() + size_of::<Option<Arc<Page>>>()) + size_of::<Allocation>();
            self.charge(noted as u64)?;
        }
        self.live_bytes += size_bytes;
        let zeros = std::ptr::from_ref(&ZEROS).cast::<u8>().cast_mut();
        let constant = kind == AllocationKind::Const;
        self.entries.resize(first + pages, Entry { data: zeros, end: PAGE_BYTES as u16, writable: false, constant });
        if size_bytes % page != 0 {
            self.entries[first + pages - 1].end = (size_bytes % page) as u16;
        }
        self.entries.resize(first + pages + gap, UNMAPPED);
        self.pages.resize(first + pages + gap, None);
        let address = GLOBAL_BASE + first as u64 * page;
        self.allocations.push(Allocation { address, size_bytes, name: name.to_owned(), kind, freed: false });
        Ok(address)
    }

    /// Frees an allocation; it stays known as freed.
    ///
    /// # Errors
    /// The address is no live allocation's first byte.
    pub fn free(&mut self, address: u64) -> Result<(), Miss> {
        let index = self.allocations.binary_search_by_key(&address, |a| a.address).map_err(|_| Miss::Unmapped)?;
        if self.allocations[index].freed {
            return Err(Miss::Unmapped);
        }
        self.allocations[index].freed = true;
        self.live_bytes -= self.allocations[index].size_bytes;
        let first = ((address - GLOBAL_BASE) as usize) / PAGE_BYTES;
        let pages = self.allocations[index].size_bytes.div_ceil(PAGE_BYTES as u64) as usize;
        for page in first..first + pages {
            self.entries[page] = UNMAPPED;
            if self.pages[page].take().is_some() {
                self.used_bytes -= PAGE_BYTES as u64;
            }
        }
        Ok(())
    }

    /// Renames the allocation that starts at `address`, for reports.
    pub fn name(&mut self, address: u64, name: &str) {
        if let Ok(index) = self.allocations.binary_search_by_key(&address, |a| a.address) {
            self.allocations[index].name = name.to_owned();
        }
    }

    /// The allocation that holds `address`, live or freed.
    pub fn allocation_of(&self, address: u64) -> Option<&Allocation> {
        let index = self.allocations.partition_point(|a| a.address <= address).checked_sub(1)?;
        let found = &self.allocations[index];
        (address - found.address < found.size_bytes).then_some(found)
    }

    /// The allocation nearest to `address`, live or freed: the one that holds it, else the one whose end or start is closest.
    pub fn nearest(&self, address: u64) -> Option<AllocationInfo> {
        let after = self.allocations.partition_point(|a| a.address <= address);
        let below = after.checked_sub(1).map(|index| &self.allocations[index]);
        let above = self.allocations.get(after);
        let distance_below = below.map_or(u64::MAX, |a| (address - a.address).saturating_sub(a.size_bytes));
        let distance_above = above.map_or(u64::MAX, |a| a.address - address);
        (if distance_below <= distance_above { below } else { above }).map(Allocation::info)
    }

    #[inline(always)]
    fn page_of(address: u64) -> (usize, usize) {
        let offset = address.wrapping_sub(GLOBAL_BASE);
        ((offset >> 12) as usize, offset as usize & (PAGE_BYTES - 1))
    }

    /// `size` readable bytes at `address` if they lie in one page of one allocation; `size` is at most a page.
    #[inline(always)]
    pub fn bytes(&mut self, address: u64, size: usize) -> Option<&[u8]> {
        let (page, offset) = Self::page_of(address);
        let entry = self.entries.get(page)?;
        if offset + size > usize::from(entry.end) {
            return None;
        }
        if let Some(overlay) = &mut self.overlay
            && !entry.constant
        {
            overlay.note_read(page, offset, size);
        }
        // SAFETY: `end` is non-zero only for entries whose `data` is a page kept alive by `self` (or the page of zeros), and `offset + size <= end <=
        // PAGE_BYTES`; the shared borrow of `self` outlives no write.
        Some(unsafe { std::slice::from_raw_parts(entry.data.add(offset), size) })
    }

    /// `size` writable bytes at `address` if they lie in one page of one allocation that kernels may write.
    #[inline(always)]
    pub fn bytes_mut(&mut self, address: u64, size: usize) -> Result<&mut [u8], Miss> {
        let (page, offset) = Self::page_of(address);
        let Some(entry) = self.entries.get(page).copied() else { return Err(Miss::Unmapped) };
        if offset + size > usize::from(entry.end) {
            return Err(Miss::Unmapped);
        }
        let data = match entry.writable {
            true => entry.data,
            false if entry.constant => return Err(Miss::ReadOnly),
            false => self.own_page(page)?,
        };
        if let Some(overlay) = &mut self.overlay {
            overlay.note_write(page, offset, size);
        }
        // SAFETY: as in `bytes`, and `writable` (or `own_page`) says that nobody else holds the page.
        Ok(unsafe { std::slice::from_raw_parts_mut(data.add(offset), size) })
    }

    /// Makes a page ours alone, and gives its bytes.
    #[cold]
    fn own_page(&mut self, page: usize) -> Result<*mut u8, Miss> {
        if let Some(overlay) = &mut self.overlay {
            let data = overlay.private_copy(page, self.entries[page].data);
            self.entries[page].data = data;
            self.entries[page].writable = true;
            return Ok(data);
        }
        let is_room = self.has_room(PAGE_BYTES as u64);
        let slot = &mut self.pages[page];
        let owned = match slot {
            Some(shared) => shared,
            None => {
                if !is_room {
                    return Err(Miss::Limit);
                }
                self.used_bytes += PAGE_BYTES as u64;
                slot.insert(Arc::new(ZEROS.clone()))
            }
        };
        let data = Arc::make_mut(owned).0.as_mut_ptr();
        self.entries[page].data = data;
        self.entries[page].writable = true;
        Ok(data)
    }

    /// Whether an address lies in a live allocation of constants.
    pub fn is_constant(&self, address: u64) -> bool {
        self.entries.get(Self::page_of(address).0).is_some_and(|entry| entry.constant && entry.end > 0)
    }

    /// Whether kernels may write `size` bytes at `address`.
    pub fn can_write(&self, address: u64, size: usize) -> bool {
        let (page, offset) = Self::page_of(address);
        let last = Self::page_of(address.wrapping_add(size as u64).wrapping_sub(1));
        (page..=last.0.min(page + 1)).all(|index| {
            let Some(entry) = self.entries.get(index) else { return false };
            let end = if index == last.0 { last.1 + 1 } else { PAGE_BYTES };
            !entry.constant && end <= usize::from(entry.end) && offset < PAGE_BYTES
        })
    }

    /// Reads bytes that may cross pages.
    ///
    /// # Errors
    /// [`Miss::Unmapped`] when any byte is outside; `to` is then partly filled.
    pub fn read(&mut self, address: u64, to: &mut [u8]) -> Result<(), Miss> {
        let mut done = 0;
        while done < to.len() {
            let here = address.wrapping_add(done as u64);
            let size = (PAGE_BYTES - (here as usize & (PAGE_BYTES - 1))).min(to.len() - done);
            let bytes = self.bytes(here, size).ok_or(Miss::Unmapped)?;
            to[done..done + size].copy_from_slice(bytes);
            done += size;
        }
        Ok(())
    }

    /// Writes bytes that may cross pages; all or nothing.
    ///
    /// # Errors
    /// A [`Miss`] when any byte may not be written; nothing is written then.
    pub fn write(&mut self, address: u64, from: &[u8]) -> Result<(), Miss> {
        for write in [false, true] {
            let mut done = 0;
            while done < from.len() {
                let here = address.wrapping_add(done as u64);
                let size = (PAGE_BYTES - (here as usize & (PAGE_BYTES - 1))).min(from.len() - done);
                let bytes = self.bytes_mut(here, size)?;
                if write {
                    bytes.copy_from_slice(&from[done..done + size]);
                }
                done += size;
            }
        }
        Ok(())
    }

    /// Writes as the host does: constant memory, too.
    ///
    /// # Errors
    /// A [`Miss`] when any byte is outside.
    pub fn upload(&mut self, address: u64, from: &[u8]) -> Result<(), Miss> {
        let first = Self::page_of(address).0;
        let last = Self::page_of(address.wrapping_add((from.len() as u64).saturating_sub(1))).0;
        let constant: Vec<usize> =
            (first..=last).filter(|page| self.entries.get(*page).is_some_and(|entry| entry.constant)).collect();
        constant.iter().for_each(|page| self.entries[*page].constant = false);
        let result = self.write(address, from);
        for page in constant {
            self.entries[page].constant = true;
            self.entries[page].writable = false;
        }
        result
    }

    /// Keeps the present contents; nothing is copied before it is written.
    pub fn snapshot(&mut self) -> MemorySnapshot {
        self.entries.iter_mut().for_each(|entry| entry.writable = false);
        MemorySnapshot {
            pages: self.pages.clone(),
            allocations: self.allocations.clone(),
            used_bytes: self.used_bytes,
            live_bytes: self.live_bytes,
        }
    }

    /// Goes back to a snapshot of this memory.
    pub fn restore(&mut self, snapshot: &MemorySnapshot) {
        self.pages.clone_from(&snapshot.pages);
        self.allocations.clone_from(&snapshot.allocations);
        self.used_bytes = snapshot.used_bytes;
        self.live_bytes = snapshot.live_bytes;
        self.entries.clear();
        self.entries.resize(self.pages.len(), UNMAPPED);
        let zeros = std::ptr::from_ref(&ZEROS).cast::<u8>().cast_mut();
        for allocation in self.allocations.iter().filter(|a| !a.freed) {
            let first = Self::page_of(allocation.address).0;
            let mut left = allocation.size_bytes as usize;
            for page in first..first + left.div_ceil(PAGE_BYTES) {
                let data = self.pages[page].as_ref().map_or(zeros, |page| Arc::as_ptr(page).cast::<u8>().cast_mut());
                let end = left.min(PAGE_BYTES) as u16;
                self.entries[page] =
                    Entry { data, end, writable: false, constant: allocation.kind == AllocationKind::Const };
                left -= usize::from(end);
            }
        }
    }

    /// A second view for a block that runs apart: it sees this memory as it is now, and keeps its own writes to itself.
    ///
    /// The view must not outlive `self`, nor be used after `self` has been written: see `execute::parallel`, the only user.
    pub(crate) fn fork(&self) -> Self {
        let mut entries = self.entries.clone();
        entries.iter_mut().for_each(|entry| entry.writable = false);
        Self {
            entries,
            pages: Vec::new(),
            allocations: self.allocations.clone(),
            limit_bytes: self.limit_bytes,
            used_bytes: self.used_bytes,
            live_bytes: self.live_bytes,
            charged_bytes: self.charged_bytes,
            overlay: Some(Box::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> (GlobalMemory, u64) {
        let mut memory = GlobalMemory::new(1 << 20);
        let address = memory.allocate(10_000, "x", AllocationKind::Global).unwrap();
        (memory, address)
    }

    #[test]
    fn untouched_memory_is_zero_and_costs_nothing() {
        let (mut memory, address) = memory();
        let mut bytes = [1; 9000];
        memory.read(address + 1000, &mut bytes).unwrap();
        assert!(bytes.iter().all(|byte| *byte == 0));
        assert_eq!(memory.used_bytes, 0);
    }

    #[test]
    fn the_byte_after_the_end_is_unmapped_and_its_neighbour_is_named() {
        let (mut memory, address) = memory();
        assert!(memory.bytes(address + 9_999, 1).is_some());
        assert!(memory.bytes(address + 10_000, 1).is_none());
        assert_eq!(memory.write(address + 9_998, &[1, 2, 3]), Err(Miss::Unmapped));
        let nearest = memory.nearest(address + 10_004).unwrap();
        assert_eq!((nearest.name.as_str(), nearest.address, nearest.size_bytes), ("x", address, 10_000));
    }

    #[test]
    fn a_write_that_does_not_fit_writes_nothing() {
        let (mut memory, address) = memory();
        assert!(memory.write(address + 9_000, &[7; 1001]).is_err());
        let mut bytes = [0; 1000];
        memory.read(address + 9_000, &mut bytes).unwrap();
        assert_eq!(bytes, [0; 1000]);
    }

    #[test]
    fn freed_memory_is_remembered() {
        let (mut memory, address) = memory();
        memory.free(address).unwrap();
        assert_eq!(memory.free(address), Err(Miss::Unmapped));
        assert!(memory.bytes(address, 4).is_none());
        assert!(memory.nearest(address + 4).unwrap().freed);
        let next = memory.allocate(16, "y", AllocationKind::Global).unwrap();
        assert!(next > address + 10_000, "addresses are never given twice");
    }

    #[test]
    fn a_snapshot_keeps_what_was() {
        let (mut memory, address) = memory();
        memory.write(address, &[1, 2, 3]).unwrap();
        let snapshot = memory.snapshot();
        memory.write(address, &[9]).unwrap();
        let later = memory.allocate(16, "y", AllocationKind::Global).unwrap();
        memory.restore(&snapshot);
        let mut bytes = [0; 3];
        memory.read(address, &mut bytes).unwrap();
        assert_eq!(bytes, [1, 2, 3]);
        assert!(memory.bytes(later, 1).is_none());
        memory.write(address, &[5]).unwrap();
        memory.restore(&snapshot);
        memory.read(address, &mut bytes).unwrap();
        assert_eq!(bytes, [1, 2, 3]);
    }

    #[test]
    fn constants_are_written_by_the_host_only() {
        let mut memory = GlobalMemory::new(1 << 20);
        let address = memory.allocate(8, "c", AllocationKind::Const).unwrap();
        memory.upload(address, &[4; 8]).unwrap();
        assert_eq!(memory.write(address, &[5]), Err(Miss::ReadOnly));
        assert_eq!(memory.bytes(address, 8).unwrap(), &[4; 8]);
    }

    #[test]
    fn the_limit_holds_for_allocations() {
        let mut memory = GlobalMemory::new(8192);
        assert_eq!(memory.allocate(8193, "big", AllocationKind::Global), Err(Miss::Limit));
    }
}
