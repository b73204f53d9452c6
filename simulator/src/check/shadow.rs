//! Shadow memory: for each 64-byte line that was touched, the latest writes and reads that nothing newer stands for.
//!
//! A line has four lists of marks ([`Class`]), in one slab for all lines. What one warp did to a line is one mark (see [`super::segment`]), so a streamed array
//! costs about its own size in marks, whatever the width of its elements.

use rustc_hash::FxHashMap;

use super::segment::{LINE_BYTES, Shape};
use crate::observe::{AccessKind, Scope};

/// What one warp instruction did to one line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// The bytes for which nothing newer stands.
    pub bytes: u64,
    /// The block's step, plus one.
    pub time: u64,
    pub shape: Shape,
    pub block: u32,
    pub pc: u32,
    pub(super) next: u32,
    pub warp: u16,
    pub kind: AccessKind,
    /// [`Scope::None`] for weak operations.
    pub scope: Scope,
}

const _: () = assert!(size_of::<Mark>() == 40);

/// The end of a list.
pub(super) const NONE: u32 = u32::MAX;

/// The list that a mark is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    WeakWrite,
    WeakRead,
    StrongWrite,
    StrongRead,
}

impl Class {
    /// In the order in which an access is held against them.
    pub(super) const ALL: [Class; 4] = [Class::WeakWrite, Class::WeakRead, Class::StrongWrite, Class::StrongRead];

    pub(super) fn writes(self) -> bool {
        matches!(self, Class::WeakWrite | Class::StrongWrite)
    }

    pub(super) fn is_strong(self) -> bool {
        matches!(self, Class::StrongWrite | Class::StrongRead)
    }
}

impl Mark {
    pub(super) fn class(&self) -> Class {
        match (self.scope == Scope::None, self.kind.writes()) {
            (true, true) => Class::WeakWrite,
            (true, false) => Class::WeakRead,
            (false, true) => Class::StrongWrite,
            (false, false) => Class::StrongRead,
        }
    }
}

/// What the strong marks of a line have in common: those that are strong towards the whole device and of one size never race with one another, so an
/// access like them need not be held against them. That is what lets thousands of blocks count in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Strong {
    None,
    /// All are at least of device scope, and of this size.
    Alike(u8),
    Mixed,
}

impl Strong {
    pub(super) fn of(mark: &Mark) -> Strong {
        if mark.scope >= Scope::Gpu { Strong::Alike(mark.shape.size_log2) } else { Strong::Mixed }
    }

    fn with(self, other: Strong) -> Strong {
        match (self, other) {
            (Strong::None, one) | (one, Strong::None) => one,
            (one, same) if one == same => one,
            _ => Strong::Mixed,
        }
    }
}

/// Heads of a line's lists, by [`Class`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub heads: [u32; 4],
    pub strong: Strong,
}

impl Line {
    /// A line of which a strong access becomes known.
    pub(super) fn strengthen(&mut self, strong: Strong) {
        let [_, _, writes, reads] = self.heads;
        self.strong = if writes == NONE && reads == NONE { strong } else { self.strong.with(strong) };
    }

    pub(super) fn is_touched(&self) -> bool {
        self.heads != [NONE; 4]
    }
}

const EMPTY: Line = Line { heads: [NONE; 4], strong: Strong::None };
/// Few, because blocks that run apart begin with an empty shadow, and many kernels touch one line of many.
const PAGE_LINES: u64 = 16;

/// All marks, and the lists' memory.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    slots: Vec<Mark>,
    free: u32,
    /// How many marks there may be.
    limit: usize,
    /// Whether history had to be dropped.
    pub truncated: bool,
}

impl Marks {
    fn new(limit: usize) -> Marks {
        Marks { slots: Vec::new(), free: NONE, limit, truncated: false }
    }

    pub(super) fn get(&self, index: u32) -> &Mark {
        &self.slots[index as usize]
    }

    pub(super) fn get_mut(&mut self, index: u32) -> &mut Mark {
        &mut self.slots[index as usize]
    }

    /// How many marks there have been at once.
    pub(super) fn most(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is room for as many marks as `other` has had.
    pub(super) fn has_room_for(&self, other: &Marks) -> bool {
        self.slots.len() + other.most() <= self.limit
    }

    /// Puts a mark in front of the list `head`.
    pub(super) fn push(&mut self, head: &mut u32, mut mark: Mark) {
        mark.next = *head;
        if self.free != NONE {
            let index = self.free;
            self.free = self.slots[index as usize].next;
            self.slots[index as usize] = mark;
            *head = index;
        } else if self.slots.len() < self.limit {
            *head = self.slots.len() as u32;
            self.slots.push(mark);
        } else if *head != NONE {
            mark.next = self.slots[*head as usize].next;
            self.slots[*head as usize] = mark;
            self.truncated = true;
        } else {
            self.truncated = true;
        }
    }

    /// The marks of a list, from its head on.
    pub(super) fn list(&self, head: u32) -> impl Iterator<Item = &Mark> {
        let mut index = head;
        std::iter::from_fn(move || {
            let mark = self.slots.get(index as usize)?;
            index = mark.next;
            Some(mark)
        })
    }

    /// Takes mark `index` out of its list; `previous` is the one in front of it.
    pub(super) fn unlink(&mut self, head: &mut u32, previous: u32, index: u32) {
        let next = self.slots[index as usize].next;
        if previous == NONE {
            *head = next;
        } else {
            self.slots[previous as usize].next = next;
        }
        self.slots[index as usize].next = self.free;
        self.free = index;
    }

    fn release(&mut self, head: u32) {
        let mut index = head;
        while index != NONE {
            let next = self.slots[index as usize].next;
            self.slots[index as usize].next = self.free;
            self.free = index;
            index = next;
        }
    }
}

/// The shadow of one launch: global memory in pages, shared memory by block.
#[derive(Clone, Debug)]
pub(super) struct Shadow {
    pub marks: Marks,
    pages: Vec<[Line; PAGE_LINES as usize]>,
    page_of: FxHashMap<u64, u32>,
    last: (u64, u32),
    shared: FxHashMap<u32, Vec<Line>>,
    /// Of a block that runs apart, the lines of global memory that it has touched; some twice.
    touched: Option<Vec<u64>>,
}

impl Shadow {
    /// A shadow of at most `limit_bytes`.
    pub(super) fn new(limit_bytes: usize) -> Shadow {
        Shadow {
            marks: Marks::new((limit_bytes / size_of::<Mark>()).min(NONE as usize - 1)),
            pages: Vec::new(),
            page_of: FxHashMap::default(),
            last: (u64::MAX, 0),
            shared: FxHashMap::default(),
            touched: None,
        }
    }

    /// An empty shadow with the same limit, of a block that runs apart.
    pub(super) fn fork(&self) -> Shadow {
        Shadow { touched: Some(Vec::new()), ..Shadow::new(self.marks.limit * size_of::<Mark>()) }
    }

    /// A line of global memory is about to get its first mark.
    pub(super) fn touch(&mut self, address: u64) {
        if let Some(touched) = &mut self.touched {
            touched.push(address);
        }
    }

    /// Gives a block its shared memory.
    pub(super) fn begin_block(&mut self, block: u32, shared_bytes: u32) {
        self.shared.insert(block, vec![EMPTY; u64::from(shared_bytes).div_ceil(LINE_BYTES) as usize]);
    }

    /// Takes a block's shared memory away.
    pub(super) fn end_block(&mut self, block: u32) {
        for line in self.shared.remove(&block).unwrap_or_default() {
            line.heads.into_iter().for_each(|head| self.marks.release(head));
        }
    }

    /// The line at `address` of global memory, or of `owner`'s shared memory, with the marks.
    pub(super) fn line(&mut self, owner: Option<u32>, address: u64) -> (&mut Line, &mut Marks) {
        match owner {
            None => {
                let number = address / LINE_BYTES;
                let page = number / PAGE_LINES;
                if self.last.0 != page {
                    let pages = &mut self.pages;
                    let index = *self.page_of.entry(page).or_insert_with(|| {
                        pages.push([EMPTY; PAGE_LINES as usize]);
                        pages.len() as u32 - 1
                    });
                    self.last = (page, index);
                }
                let line = &mut self.pages[self.last.1 as usize][(number % PAGE_LINES) as usize];
                (line, &mut self.marks)
            }
            Some(block) => {
                let lines = self.shared.entry(block).or_default();
                let index = (address / LINE_BYTES) as usize;
                if index >= lines.len() {
                    lines.resize(index + 1, EMPTY);
                }
                (&mut lines[index], &mut self.marks)
            }
        }
    }

    /// The line at `address` of global memory, if its page was touched.
    pub(super) fn global_line(&self, address: u64) -> Option<Line> {
        let number = address / LINE_BYTES;
        let page = self.page_of.get(&(number / PAGE_LINES))?;
        Some(self.pages[*page as usize][(number % PAGE_LINES) as usize])
    }

    /// Every line of global memory that a block that ran apart has marks of, by address.
    pub(super) fn global_lines(&self) -> Vec<(u64, Line)> {
        let mut touched = self.touched.clone().unwrap_or_default();
        touched.sort_unstable();
        touched.dedup();
        touched.into_iter().filter_map(|address| Some((address, self.global_line(address)?))).collect()
    }
}
