//! Shadow memory: for each 64-byte line that was touched, the latest writes and reads that nothing newer stands for.
//!
//! A line has two short lists of marks, in one slab for all lines. What one warp did to a line is one mark (see [`super::segment`]), so a streamed array
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

/// Heads of a line's two lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub writes: u32,
    pub reads: u32,
}

const EMPTY: Line = Line { writes: NONE, reads: NONE };
const PAGE_LINES: u64 = 64;

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
}

impl Shadow {
    /// A shadow of at most `limit_bytes`.
    pub(super) fn new(limit_bytes: usize) -> Shadow {
        Shadow {
            marks: Marks::new((limit_bytes / size_of::<Mark>()).min(NONE as usize)),
            pages: Vec::new(),
            page_of: FxHashMap::default(),
            last: (u64::MAX, 0),
            shared: FxHashMap::default(),
        }
    }

    /// An empty shadow with the same limit.
    pub(super) fn fork(&self) -> Shadow {
        Shadow::new(self.marks.limit * size_of::<Mark>())
    }

    /// Gives a block its shared memory.
    pub(super) fn begin_block(&mut self, block: u32, shared_bytes: u32) {
        self.shared.insert(block, vec![EMPTY; u64::from(shared_bytes).div_ceil(LINE_BYTES) as usize]);
    }

    /// Takes a block's shared memory away.
    pub(super) fn end_block(&mut self, block: u32) {
        for line in self.shared.remove(&block).unwrap_or_default() {
            self.marks.release(line.writes);
            self.marks.release(line.reads);
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

    /// Every line of global memory that has marks, in the order of first touch.
    pub(super) fn global_lines(&self) -> Vec<(u64, Line)> {
        let mut pages: Vec<_> = self.page_of.iter().map(|(page, index)| (*index, *page)).collect();
        pages.sort_unstable();
        let touched = |line: &Line| line.writes != NONE || line.reads != NONE;
        (pages.into_iter())
            .flat_map(|(index, page)| {
                let lines = self.pages[index as usize].iter().enumerate();
                lines.map(move |(line, heads)| ((page * PAGE_LINES + line as u64) * LINE_BYTES, *heads))
            })
            .filter(|(_, line)| touched(line))
            .collect()
    }
}
