//! Stepping: a launch that runs to a position, a breakpoint or a watchpoint, and goes back to snapshots.
//!
//! A position is the number of warp instructions the launch has executed. The schedule is a function of module, launch, memory and seed alone, and
//! pausing does not change it, so a position names the same moment in every run. A session runs on one core.

use crate::device::{Device, LaunchError, LaunchShape, Module, Report};
use crate::execute::{Grid, Launch, Limits, Stop, Turn};
use crate::memory::MemorySnapshot;
use crate::observe::{
    Access, Action, Fault, Observer, RegisterSlot, RegisterUse, Site, Space, SyncEvent, shared_offset, shared_rank,
};
use crate::program::{Place, Program};
use std::sync::Arc;

/// A place to stop at: before a warp instruction. What is `None` is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breakpoint {
    /// Index of the instruction in the module.
    pub instruction: u32,
    /// Linear index of the block.
    pub block: Option<u32>,
    /// Warp of the block.
    pub warp: Option<u16>,
    /// Lanes of which at least one must execute it.
    pub lanes: u32,
}

/// Bytes to watch: the launch stops behind the instruction that touches them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watchpoint {
    /// Global or shared memory.
    pub space: Space,
    /// First byte: absolute, or an offset in shared memory.
    pub address: u64,
    /// Bytes.
    pub size_bytes: u64,
    /// Of shared memory: whose.
    pub block: u32,
    /// Whether reads count.
    pub reads: bool,
    /// Whether writes count.
    pub writes: bool,
}

/// Why a session stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// At the position asked for.
    Position,
    /// Before the instruction of a breakpoint: its index in [`Session::breakpoints`], and where.
    Breakpoint(usize, Site),
    /// Behind an access to watched bytes: the watchpoint's index, the access's place, its lanes.
    Watchpoint(usize, Site, u32),
    /// All blocks have ended.
    Done,
}

/// A launch that is run step by step.
pub struct Session<'d, O: Observer> {
    device: &'d mut Device,
    program: Arc<Program>,
    launch: Launch,
    limits: Limits,
    grid: Grid,
    observer: O,
    position: u64,
    ended: bool,
    /// Where to stop.
    pub breakpoints: Vec<Breakpoint>,
    /// What to watch.
    pub watchpoints: Vec<Watchpoint>,
}

/// A session at one moment: memory by copy-on-write pages, blocks, warps and registers by copy. Observers are not part of it.
#[derive(Clone)]
pub struct SessionSnapshot {
    grid: Grid,
    memory: MemorySnapshot,
    position: u64,
    ended: bool,
}

/// Lanes of a warp that are at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The next instruction, and whose.
    pub site: Site,
    /// The lanes.
    pub lanes: u32,
    /// Whether they can run, rather than wait for others.
    pub ready: bool,
}

/// Counts instructions, compares places and addresses, and passes everything on.
struct Watcher<'s, O> {
    inner: &'s mut O,
    position: u64,
    until: u64,
    breakpoints: &'s [Breakpoint],
    watchpoints: &'s [Watchpoint],
    /// The first instruction is the one the last stop was before.
    leaving: bool,
    seen: Option<(usize, Site, u32)>,
    stopped: Option<Stopped>,
}

impl<O: Observer> Observer for Watcher<'_, O> {
    const MEMORY: bool = true;
    const SYNC: bool = O::SYNC;
    const STEPS: bool = O::STEPS;
    const REGISTERS: bool = O::REGISTERS;
    const STOPS: bool = true;

    fn fork(&self, _block: u32) -> Self {
        unreachable!("a session runs on one core")
    }

    fn join(&mut self, _other: Self) {}

    fn stops_before(&mut self, site: Site, active: u32) -> bool {
        let leaving = std::mem::take(&mut self.leaving);
        if let Some((index, at, lanes)) = self.seen.take() {
            self.stopped = Some(Stopped::Watchpoint(index, at, lanes));
            return true;
        }
        if self.position >= self.until {
            self.stopped = Some(Stopped::Position);
            return true;
        }
        let hit = self.breakpoints.iter().position(|point| {
            point.instruction == site.pc
                && point.block.is_none_or(|block| block == site.block)
                && point.warp.is_none_or(|warp| warp == site.warp)
                && point.lanes & active != 0
        });
        if let Some(index) = hit.filter(|_| !leaving) {
            self.stopped = Some(Stopped::Breakpoint(index, site));
            return true;
        }
        self.position += 1;
        false
    }

    fn access(&mut self, site: Site, access: &Access<'_>) {
        if O::MEMORY {
            self.inner.access(site, access);
        }
        for (index, point) in self.watchpoints.iter().enumerate() {
            if point.space != access.space
                || !(point.reads && access.kind.reads() || point.writes && access.kind.writes())
            {
                continue;
            }
            let own = point.space != Space::Shared || point.block == site.block;
            let touched = (0..32).filter(|lane| access.lanes >> lane & 1 != 0).filter(|lane| {
                let address = access.addresses[*lane as usize];
                // Another block's shared memory is told apart by the rank; whose it is the check of the own block covers.
                let (address, reachable) = match (access.space, shared_rank(address)) {
                    (Space::Shared, None) => (u64::from(shared_offset(address)), own),
                    (Space::Shared, Some(_)) => (u64::from(shared_offset(address)), false),
                    _ => (address, true),
                };
                reachable
                    && address < point.address + point.size_bytes
                    && point.address < address + u64::from(access.size_bytes)
            });
            let lanes = touched.fold(0u32, |mask, lane| mask | 1 << lane);
            if lanes != 0 {
                self.seen = Some((index, site, lanes));
            }
        }
    }

    fn sync(&mut self, site: Site, event: &SyncEvent<'_>) {
        self.inner.sync(site, event);
    }

    fn step(&mut self, site: Site, active: u32, issued: u32) {
        self.inner.step(site, active, issued);
    }

    fn branch(&mut self, site: Site, active: u32, taken: u32) {
        self.inner.branch(site, active, taken);
    }

    fn watches_registers(&self) -> bool {
        self.inner.watches_registers()
    }

    fn registers(&mut self, site: Site, used: &RegisterUse<'_>) {
        self.inner.registers(site, used);
    }

    fn frame(&mut self, site: Site, rows: std::ops::Range<u32>, parameters: &[RegisterSlot], active: u32) {
        self.inner.frame(site, rows, parameters, active);
    }

    fn fault(&mut self, site: Site, fault: &Fault) -> Action {
        self.inner.fault(site, fault)
    }
}

impl<'d, O: Observer> Session<'d, O> {
    /// A launch of which nothing has run yet.
    ///
    /// # Errors
    /// [`LaunchError::Invalid`]
    pub fn start(
        device: &'d mut Device,
        module: &Module,
        kernel: &str,
        shape: &LaunchShape,
        parameters: &[u8],
        observer: O,
    ) -> Result<Self, LaunchError> {
        let launch = device.prepare(module, kernel, shape, parameters)?;
        let limits = device.limits(&launch, shape);
        let program = module.program.clone();
        let (breakpoints, watchpoints) = (Vec::new(), Vec::new());
        let (grid, position, ended) = (Grid::new(), 0, false);
        Ok(Self { device, program, launch, limits, grid, observer, position, ended, breakpoints, watchpoints })
    }

    /// Warp instructions executed so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The observer.
    pub fn observer(&mut self) -> &mut O {
        &mut self.observer
    }

    /// The device, to read memory.
    pub fn device(&mut self) -> &mut Device {
        self.device
    }

    /// Runs until `position` warp instructions have been executed, or something to stop at comes first. `u64::MAX` for no position.
    ///
    /// # Errors
    /// [`LaunchError::Fault`]
    pub fn run_to(&mut self, position: u64) -> Result<Stopped, LaunchError> {
        if self.ended {
            return Ok(Stopped::Done);
        }
        let mut watcher = Watcher {
            inner: &mut self.observer,
            position: self.position,
            until: position,
            breakpoints: &self.breakpoints,
            watchpoints: &self.watchpoints,
            leaving: true,
            seen: None,
            stopped: None,
        };
        let turn = self.grid.run(&self.program, &self.launch, self.device.memory(), &mut watcher, self.limits);
        let (now, seen, stopped) = (watcher.position, watcher.seen, watcher.stopped);
        self.position = now;
        match turn {
            Ok(Turn::Paused) => Ok(stopped.unwrap_or(Stopped::Position)),
            Ok(Turn::Done) => {
                self.ended = true;
                // The last instruction may have touched what is watched.
                Ok(seen.map_or(Stopped::Done, |(index, site, lanes)| Stopped::Watchpoint(index, site, lanes)))
            }
            Err(Stop { site, fault }) => {
                self.ended = true;
                let report = Report { steps: self.grid.steps, output: Vec::new() };
                Err(LaunchError::Fault { site, fault, report })
            }
        }
    }

    /// Keeps this moment.
    pub fn snapshot(&mut self) -> SessionSnapshot {
        let memory = self.device.memory().snapshot();
        SessionSnapshot { grid: self.grid.clone(), memory, position: self.position, ended: self.ended }
    }

    /// Goes back to a moment of this session.
    pub fn restore(&mut self, snapshot: &SessionSnapshot) {
        self.device.memory().restore(&snapshot.memory);
        self.grid = snapshot.grid.clone();
        (self.position, self.ended) = (snapshot.position, snapshot.ended);
    }

    /// Blocks that have begun and not ended, by their linear indices.
    pub fn blocks(&self) -> Vec<u32> {
        self.grid
            .resident
            .iter()
            .flat_map(|group| &group.blocks)
            .filter(|block| !block.is_done())
            .map(|block| block.index)
            .collect()
    }

    fn block(&self, block: u32) -> Option<&crate::execute::Block> {
        self.grid.resident.iter().flat_map(|group| &group.blocks).find(|known| known.index == block)
    }

    /// Where the lanes of a warp are; nothing for blocks that have not begun or have ended.
    pub fn whereabouts(&self, block: u32, warp: u16) -> Vec<Whereabouts> {
        let Some(state) = self.block(block) else { return Vec::new() };
        let Some(splits) = state.warps.get(usize::from(warp)).map(|warp| &warp.splits) else { return Vec::new() };
        let site = |pc: u32| {
            let instruction = self.program.ops[pc as usize].instruction;
            Site { block, warp, function: self.program.function_of(pc), pc: instruction, step: state.steps }
        };
        splits
            .iter()
            .map(|split| Whereabouts { site: site(split.pc), lanes: split.lanes, ready: split.is_ready() })
            .collect()
    }

    /// The bits of a register in one lane, in the innermost frame of that lane: up to 64; a predicate is 0 or 1.
    pub fn register(&self, block: u32, warp: u16, lane: u32, register: u32) -> Option<u64> {
        let warp = self.block(block)?.warps.get(usize::from(warp))?;
        let split = warp.splits.iter().find(|split| split.lanes >> lane & 1 != 0)?;
        let function = self.program.function_of(split.pc);
        let words: &[u32] = bytemuck::cast_slice(warp.rows.get(split.base as usize..)?);
        match *self.program.functions.get(function as usize)?.places.get(register as usize)? {
            Place::Predicate(word) => Some(u64::from(words.get(word as usize)? >> lane & 1)),
            Place::Rows { row, bits, .. } if bits > 32 => {
                let each = bits as usize / 32;
                let at = row as usize * 32 + lane as usize * each;
                Some(u64::from(*words.get(at)?) | u64::from(*words.get(at + 1)?) << 32)
            }
            Place::Rows { row, .. } => words.get(row as usize * 32 + lane as usize).map(|word| u64::from(*word)),
        }
    }

    /// The shared memory of a block.
    pub fn shared(&self, block: u32) -> Option<&[u8]> {
        self.block(block).map(|block| block.shared.as_slice())
    }
}
