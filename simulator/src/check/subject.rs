//! What findings are about: the module's text and lines, the shape of the launch, and the names of memory.

use std::fmt;

use rustg_base::{LineIndex, Span, StringId};
use rustg_ptx::{LocationId, Module};

use crate::observe::{AllocationInfo, Site};

/// Everything that turns numbers into words.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The module that ran.
    pub module: &'a Module,
    /// Its text.
    pub text: &'a str,
    /// The name of the file the text is from.
    pub path: &'a str,
    /// Blocks of the grid by axis.
    pub grid: [u32; 3],
    /// Threads of a block by axis.
    pub block: [u32; 3],
    /// Global allocations and module variables by name.
    pub allocations: Vec<AllocationInfo>,
    /// Shared variables by name: first byte in the block's window, size.
    pub shared: Vec<(String, u32, u32)>,
    /// The schedule's seed.
    pub seed: u64,
    /// A command that runs the same again.
    pub replay: Option<String>,
}

/// A line of source code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Frame {
    /// The path as the compiler wrote it.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1; 0 when the compiler gave none.
    pub column: u32,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)?;
        if self.column > 0 { write!(f, ":{}", self.column) } else { Ok(()) }
    }
}

/// Where an instruction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The instruction's index in the module.
    pub pc: u32,
    /// The function it is in.
    pub function: String,
    /// Its line in the PTX text, from 1.
    pub ptx_line: u32,
    /// Its bytes in the PTX text.
    pub ptx_span: Span,
    /// The instruction as written.
    pub instruction: String,
    /// Its source lines: its own first, then where that code was inlined, outwards. Empty without line information.
    pub frames: Vec<Frame>,
}

impl Place {
    /// The innermost source line, or the PTX line.
    pub fn line(&self, ptx_path: &str) -> Frame {
        let ptx = || Frame { path: ptx_path.to_owned(), line: self.ptx_line, column: 0 };
        self.frames.first().cloned().unwrap_or_else(ptx)
    }
}

/// Inlining deeper than this is not followed.
const INLINE_DEPTH_MAX: usize = 64;

impl Subject<'_> {
    /// Where instruction `pc` stands. `lines` is the index of the PTX text.
    pub fn place(&self, pc: u32, lines: &LineIndex) -> Place {
        let module = self.module;
        let function = module.functions.iter().find(|function| function.instructions.contains(&pc));
        let function = function.map_or_else(String::new, |function| module.name(function.name).to_owned());
        let span = module.instructions.get(pc as usize).map_or(Span::default(), |instruction| instruction.span);
        let instruction = self.text.get(span.range()).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        Place {
            pc,
            function,
            ptx_line: lines.line(span.start) + 1,
            ptx_span: span,
            instruction,
            frames: frames(module, module.location_of(pc)),
        }
    }

    /// The block's coordinates.
    pub fn block_index(&self, block: u32) -> [u32; 3] {
        coordinates(block, self.grid)
    }

    /// The thread's coordinates in its block.
    pub fn thread_index(&self, warp: u16, lane: u32) -> [u32; 3] {
        coordinates(u32::from(warp) * 32 + lane, self.block)
    }

    /// A thread in words: "thread (5, 0, 0) of block (0, 0, 0)".
    pub fn thread(&self, site: Site, lane: u32) -> String {
        let ([x, y, z], [bx, by, bz]) = (self.thread_index(site.warp, lane), self.block_index(site.block));
        format!("thread ({x},{y},{z}) of block ({bx},{by},{bz})")
    }

    /// Lanes of a warp in words: "lane 3", "lanes 0–15", "32 lanes".
    pub fn lanes(lanes: u32) -> String {
        let count = lanes.count_ones();
        let (first, last) = (lanes.trailing_zeros(), 31 - lanes.leading_zeros().min(31));
        match count {
            0 => "no lane".to_owned(),
            1 => format!("lane {first}"),
            _ if last - first + 1 == count => format!("lanes {first}–{last}"),
            _ => format!("{count} lanes (mask {lanes:#010x})"),
        }
    }

    /// A global address in words, by the allocation it lies in.
    pub fn global(&self, address: u64) -> String {
        let inside = |info: &&AllocationInfo| (info.address..info.address + info.size_bytes.max(1)).contains(&address);
        match self.allocations.iter().find(inside) {
            Some(info) => format!("`{}` at byte {}", info.name, address - info.address),
            None => format!("global memory at {address:#x}"),
        }
    }

    /// A shared address in words, by the variable it lies in.
    pub fn shared(&self, offset: u64) -> String {
        let inside = |variable: &&(String, u32, u32)| {
            let (_, start, size) = **variable;
            (u64::from(start)..u64::from(start) + u64::from(size)).contains(&offset)
        };
        match self.shared.iter().find(inside) {
            Some((name, start, _)) => format!("`{name}` at byte {}", offset - u64::from(*start)),
            None => format!("shared memory at byte {offset}"),
        }
    }
}

fn coordinates(linear: u32, size: [u32; 3]) -> [u32; 3] {
    let [x, y, _] = size.map(|axis| axis.max(1));
    [linear % x, linear / x % y, linear / x / y]
}

/// The chain of source lines of a location, innermost first.
pub fn frames(module: &Module, location: Option<LocationId>) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut next = location;
    while let Some(id) = next
        && frames.len() < INLINE_DEPTH_MAX
    {
        let location = &module.locations[id.0 as usize];
        let file = module.files.iter().find(|file| file.number == location.file);
        if location.line > 0
            && let Some(file) = file
        {
            let path = module.name(file.path).to_owned();
            frames.push(Frame { path, line: location.line, column: location.column });
        }
        next = location.inlined_at;
    }
    frames
}

/// The functions a location's code was inlined from, innermost first: what `.loc … function_name` says, by text in debug sections.
pub fn inlined_names(module: &Module, location: Option<LocationId>) -> Vec<Option<(StringId, i64)>> {
    let mut names = Vec::new();
    let mut next = location;
    while let Some(id) = next
        && names.len() < INLINE_DEPTH_MAX
    {
        let location = &module.locations[id.0 as usize];
        names.push(location.function);
        next = location.inlined_at;
    }
    names
}
