//! Reads of memory that nobody wrote: one valid bit a byte, for shared, local and global memory.
//!
//! A read is reported where it happens. Two things are let pass, because compilers make them of correct programs: an element of which some bytes are
//! valid (padding of a structure that is copied in words), and a vector access of which some elements are valid (a wide load of which a part is used).
//! A read that finds no valid byte at all is reported.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::segment::{LINE_BYTES, Segment};
use crate::observe::{Access, Site, Space, SyncEvent, shared_offset, shared_rank};

const PAGE_LINES: u64 = 64;
const PAGE_BYTES: u64 = PAGE_LINES * LINE_BYTES;
type Page = Arc<[u64; PAGE_LINES as usize]>;

/// Reads of uninitialised memory by one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uninitialised {
    /// The space.
    pub space: Space,
    /// The first read.
    pub site: Site,
    /// A lane of it that found nothing.
    pub lane: u32,
    /// What that lane read.
    pub address: u64,
    /// Bytes it wanted.
    pub size_bytes: u8,
    /// How many warp accesses found nothing in some lane.
    pub count: u64,
}

/// Validity of all memory in one launch.
#[derive(Clone, Debug, Default)]
pub struct Init {
    /// Ranges that the host has allocated and not written, sorted: first byte, end.
    holes: Arc<Vec<(u64, u64)>>,
    /// Pages with holes that have been looked at.
    pages: Arc<FxHashMap<u64, Page>>,
    /// Of an observer of a block that runs apart, the pages it has looked at since; `pages` is as when it was forked.
    apart: Option<FxHashMap<u64, Page>>,
    shared: FxHashMap<u32, Vec<u64>>,
    local: FxHashMap<(u32, u16, u64), Box<[u64; 32]>>,
    found: FxHashMap<(u32, Space), Uninitialised>,
    clusters: super::release::Clusters,
}

impl Init {
    /// Of global memory, `holes` (first byte, bytes) have not been written by the host.
    pub fn new(holes: &[(u64, u64)]) -> Init {
        let mut holes: Vec<_> = holes.iter().map(|(start, size)| (*start, start + size)).collect();
        holes.sort_unstable();
        Init { holes: Arc::new(holes), ..Init::default() }
    }

    /// An observer for a block that runs apart, which knows what this one knows of global memory.
    pub fn fork(&self) -> Init {
        let apart = Some(FxHashMap::default());
        Init { holes: self.holes.clone(), pages: self.pages.clone(), apart, ..Init::default() }
    }

    /// Whether [`Init::join`] gives exactly what this observer would have seen itself.
    pub fn can_join(&self, other: &Init) -> bool {
        other.found.is_empty()
    }

    /// Takes over what a forked observer saw.
    pub fn join(&mut self, other: Init) {
        for (number, theirs) in other.apart.into_iter().flatten() {
            if let Some(page) = self.page(number) {
                page.iter_mut().zip(theirs.iter()).for_each(|(ours, theirs)| *ours |= theirs);
            }
        }
        self.clusters.extend(&other.clusters);
        for (key, read) in other.found {
            self.found.entry(key).and_modify(|known| known.count += read.count).or_insert(read);
        }
    }

    /// What was found, in the order of the program's instructions.
    pub fn found(&self) -> Vec<Uninitialised> {
        let mut found: Vec<_> = self.found.values().copied().collect();
        found.sort_by_key(|read| (read.site.pc, read.space));
        found
    }

    /// How many reads were found, by instruction.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Blocks begin and end.
    pub fn sync(&mut self, site: Site, event: &SyncEvent<'_>) {
        match *event {
            SyncEvent::BlockBegin { shared_bytes, cluster } => {
                self.clusters.insert(cluster);
                self.shared.insert(site.block, vec![0; u64::from(shared_bytes).div_ceil(LINE_BYTES) as usize]);
            }
            SyncEvent::BlockEnd => {
                self.shared.remove(&site.block);
                if !self.local.is_empty() {
                    self.local.retain(|key, _| key.0 != site.block);
                }
            }
            SyncEvent::Allocate { address, size_bytes, .. } => {
                let mut holes = (*self.holes).clone();
                holes.push((address, address + size_bytes));
                holes.sort_unstable();
                self.holes = Arc::new(holes);
                self.invalidate(address, size_bytes);
            }
            SyncEvent::MbarrierInit { lanes, addresses, .. } => {
                for lane in (0..32).filter(|lane| lanes >> lane & 1 == 1) {
                    let address = u64::from(shared_offset(addresses[lane]));
                    if let Some(line) = self
                        .shared
                        .get_mut(&site.block)
                        .and_then(|lines| lines.get_mut((address / LINE_BYTES) as usize))
                    {
                        *line |= 0xff << (address % LINE_BYTES);
                    }
                }
            }
            _ => {}
        }
    }

    /// Memory that is handed out again holds nothing.
    fn invalidate(&mut self, address: u64, size_bytes: u64) {
        for number in address / PAGE_BYTES..=(address + size_bytes) / PAGE_BYTES {
            if let Some(page) = self.page(number) {
                let fresh = hole_lines(&[(address, address + size_bytes)], number);
                page.iter_mut().zip(fresh).for_each(|(line, fresh)| *line &= fresh);
            }
        }
    }

    /// The valid bits of a page; nothing for a page without holes.
    fn page(&mut self, number: u64) -> Option<&mut [u64; PAGE_LINES as usize]> {
        let known = match &self.apart {
            Some(apart) => apart.contains_key(&number),
            None => self.pages.contains_key(&number),
        };
        if !known {
            let page = match self.pages.get(&number) {
                Some(page) => page.clone(),
                None => Arc::new(hole_lines(touching(&self.holes, number)?, number)),
            };
            match &mut self.apart {
                Some(apart) => apart.insert(number, page),
                None => Arc::make_mut(&mut self.pages).insert(number, page),
            };
        }
        let pages = match &mut self.apart {
            Some(apart) => apart,
            None => Arc::make_mut(&mut self.pages),
        };
        pages.get_mut(&number).map(Arc::make_mut)
    }

    /// One segment of an access to shared or global memory.
    pub(super) fn segment(&mut self, site: Site, access: &Access<'_>, segment: &Segment) {
        let line = match access.space {
            Space::Global if self.holes.is_empty() => return,
            Space::Global => {
                let number = segment.line / LINE_BYTES;
                self.page(number / PAGE_LINES).map(|page| &mut page[(number % PAGE_LINES) as usize])
            }
            _ => {
                let rank = shared_rank(segment.line);
                let owner = rank.and_then(|rank| self.clusters.member(site.block, rank)).unwrap_or(site.block);
                let index = (u64::from(shared_offset(segment.line)) / LINE_BYTES) as usize;
                self.shared.get_mut(&owner).and_then(|lines| lines.get_mut(index))
            }
        };
        let Some(valid) = line else { return };
        let missing = segment.bytes & !*valid;
        if access.kind.writes() {
            *valid |= segment.bytes;
        }
        if missing != 0 && access.kind.reads() {
            self.missing(site, access, segment, missing);
        }
    }

    /// Some bytes of a read are invalid: reports it if a lane found none that is valid.
    #[cold]
    fn missing(&mut self, site: Site, access: &Access<'_>, segment: &Segment, missing: u64) {
        for lane in (0..32).filter(|lane| segment.shape.lanes >> lane & 1 == 1) {
            let offset = access.addresses[lane] & (LINE_BYTES - 1);
            let size = u64::from(access.size_bytes);
            let bytes = (if size >= 64 { u64::MAX } else { (1 << size) - 1 }) << offset;
            if bytes & missing == bytes {
                self.report(site, access, lane as u32);
                return;
            }
        }
    }

    fn report(&mut self, site: Site, access: &Access<'_>, lane: u32) {
        let read = Uninitialised {
            space: access.space,
            site,
            lane,
            address: access.addresses[lane as usize],
            size_bytes: access.size_bytes,
            count: 1,
        };
        self.found.entry((site.pc, access.space)).and_modify(|known| known.count += 1).or_insert(read);
    }

    /// An access to local memory, where every thread has bytes of its own.
    pub(super) fn local(&mut self, site: Site, access: &Access<'_>) {
        let mut missed = None;
        for lane in (0..32).filter(|lane| access.lanes >> lane & 1 == 1) {
            let address = access.addresses[lane];
            let (line, offset) = (address / LINE_BYTES, address % LINE_BYTES);
            let size = u64::from(access.size_bytes).min(LINE_BYTES - offset);
            let bytes = (if size >= 64 { u64::MAX } else { (1 << size) - 1 }) << offset;
            let valid = self.local.entry((site.block, site.warp, line)).or_insert_with(|| Box::new([0; 32]));
            if access.kind.reads() && valid[lane] & bytes == 0 {
                missed = Some(lane as u32);
            }
            if access.kind.writes() {
                valid[lane] |= bytes;
            }
        }
        if let Some(lane) = missed {
            self.report(site, access, lane);
        }
    }
}

/// The holes that a page has a part of; nothing if there are none.
fn touching(holes: &[(u64, u64)], page: u64) -> Option<&[(u64, u64)]> {
    let start = page * PAGE_BYTES;
    let from = holes.partition_point(|hole| hole.1 <= start);
    let count = holes[from..].iter().take_while(|hole| hole.0 < start + PAGE_BYTES).count();
    (count > 0).then(|| &holes[from..from + count])
}

/// Valid bits of a page in which only `holes` are invalid.
fn hole_lines(holes: &[(u64, u64)], page: u64) -> [u64; PAGE_LINES as usize] {
    let mut lines = [u64::MAX; PAGE_LINES as usize];
    let start = page * PAGE_BYTES;
    for &(from, to) in holes {
        let (from, to) = (from.max(start) - start, to.min(start + PAGE_BYTES).saturating_sub(start));
        for byte in from..to {
            lines[(byte / LINE_BYTES) as usize] &= !(1 << (byte % LINE_BYTES));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::segment::split;
    use crate::observe::{AccessKind, Proxy, Scope, Semantics};

    fn access(init: &mut Init, space: Space, kind: AccessKind, start: u64, lanes: u32, size: u8, element: u8) {
        let addresses = std::array::from_fn(|lane| start + lane as u64 * u64::from(size));
        let access = Access {
            space,
            kind,
            lanes,
            addresses: &addresses,
            size_bytes: size,
            element_bytes: element,
            semantics: Semantics::Weak,
            scope: Scope::None,
            proxy: Proxy::Generic,
            values: &[],
            old: &[],
        };
        if space == Space::Local {
            init.local(Site::default(), &access);
        } else {
            split(&access, |segment| init.segment(Site::default(), &access, &segment));
        }
    }

    #[test]
    fn only_what_nobody_wrote_is_reported() {
        let mut init = Init::new(&[(0x10_0100, 0x80)]);
        init.sync(Site::default(), &SyncEvent::BlockBegin { shared_bytes: 256, cluster: &[0] });
        use AccessKind::{Load, Store};
        access(&mut init, Space::Global, Load, 0x10_0000, u32::MAX, 4, 4);
        access(&mut init, Space::Global, Store, 0x10_0100, 0xffff, 4, 4);
        access(&mut init, Space::Global, Load, 0x10_0100, 0xffff, 4, 4);
        access(&mut init, Space::Shared, Store, 0, u32::MAX, 4, 4);
        access(&mut init, Space::Shared, Load, 0, u32::MAX, 4, 4);
        access(&mut init, Space::Local, Store, 8, 1, 4, 4);
        access(&mut init, Space::Local, Load, 8, 1, 4, 4);
        assert_eq!(init.found(), []);
        access(&mut init, Space::Global, Load, 0x10_0100, u32::MAX, 4, 4);
        access(&mut init, Space::Shared, Load, 128, 1, 4, 4);
        access(&mut init, Space::Local, Load, 8, 3, 4, 4);
        let found: Vec<_> = init.found().iter().map(|read| (read.space, read.lane, read.count)).collect();
        assert_eq!(found, [(Space::Global, 16, 1), (Space::Shared, 0, 1), (Space::Local, 1, 1)]);
    }

    #[test]
    fn padding_and_half_used_vectors_pass() {
        let mut init = Init::default();
        init.sync(Site::default(), &SyncEvent::BlockBegin { shared_bytes: 256, cluster: &[0] });
        access(&mut init, Space::Shared, AccessKind::Store, 0, 1, 1, 1);
        access(&mut init, Space::Shared, AccessKind::Load, 0, 1, 8, 8);
        access(&mut init, Space::Shared, AccessKind::Load, 0, 1, 16, 4);
        assert_eq!(init.found(), []);
        access(&mut init, Space::Shared, AccessKind::Load, 16, 1, 16, 4);
        assert_eq!(init.found().len(), 1);
    }

    #[test]
    fn blocks_apart_join_their_writes() {
        let mut init = Init::new(&[(0x1000, 256)]);
        let mut apart = init.fork();
        access(&mut apart, Space::Global, AccessKind::Store, 0x1000, u32::MAX, 4, 4);
        init.join(apart);
        access(&mut init, Space::Global, AccessKind::Load, 0x1000, u32::MAX, 4, 4);
        assert_eq!(init.found(), []);
        access(&mut init, Space::Global, AccessKind::Load, 0x1080, u32::MAX, 4, 4);
        assert_eq!(init.found().len(), 1);
    }
}
