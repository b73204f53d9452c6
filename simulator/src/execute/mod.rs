//! Running a launch: warps whose lanes part and meet, blocks, barriers, and the schedule that is the same on every machine.
//!
//! This module owns execution. What an instruction computes is in `lanes`, where bytes are is in `memory`, what an instruction is was decided in
//! `program`.

mod access;
mod atomic;
mod barrier;
mod builtin;
mod control;
mod copy;
mod frame;
mod interpret;
mod matrix;
mod mbarrier;
pub(crate) mod parallel;
mod schedule;
mod state;
mod together;

pub(crate) use schedule::{Grid, Limits, Turn, bytes_of_group};
pub(crate) use state::{Launch, Stop};

use crate::memory::GlobalMemory;
use crate::observe::{Action, Fault, FaultKind, Observer, Site, SyncEvent};
use crate::program::Program;
pub(crate) use state::Block;
use state::Group;

/// What runs a group of blocks: everything a warp instruction may touch.
pub(crate) struct Machine<'a, O: Observer> {
    pub(crate) program: &'a Program,
    pub(crate) launch: &'a Launch,
    pub(crate) memory: &'a mut GlobalMemory,
    pub(crate) observer: &'a mut O,
    pub(crate) group: &'a mut Group,
    /// The block whose turn it is, in the group.
    pub(crate) block: usize,
    /// The warp whose turn it is.
    pub(crate) warp: u16,
    /// The module's function and instruction that is executed, for sites.
    pub(crate) pc: u32,
    /// Warp instructions this launch may still execute.
    pub(crate) steps_left: u64,
    /// Warp instructions it was allowed.
    pub(crate) steps_allowed: u64,
}

impl<'a, O: Observer> Machine<'a, O> {
    /// At the kernel's first instruction, in a launch that has executed `steps_done` of the `steps_allowed` warp instructions.
    pub(crate) fn at_start(
        program: &'a Program,
        launch: &'a Launch,
        memory: &'a mut GlobalMemory,
        observer: &'a mut O,
        group: &'a mut Group,
        steps_allowed: u64,
        steps_done: u64,
    ) -> Self {
        Machine {
            program,
            launch,
            memory,
            observer,
            group,
            block: 0,
            warp: 0,
            pc: program.functions[launch.kernel as usize].first_op,
            steps_left: steps_allowed.saturating_sub(steps_done),
            steps_allowed,
        }
    }
}

impl<O: Observer> Machine<'_, O> {
    pub(crate) fn block(&mut self) -> &mut Block {
        &mut self.group.blocks[self.block]
    }

    /// Where the machine is.
    pub(crate) fn site(&self) -> Site {
        let block = &self.group.blocks[self.block];
        let op = &self.program.ops[self.pc as usize];
        Site {
            block: block.index,
            warp: self.warp,
            function: self.program.function_of(self.pc),
            pc: op.instruction,
            step: block.steps,
        }
    }

    /// Tells the observer of a fault that the machine can go on after; stops if the observer wants to.
    #[cold]
    pub(crate) fn fault(&mut self, lanes: u32, kind: FaultKind) -> Result<(), Stop> {
        let (site, fault) = (self.site(), Fault { lanes, kind });
        match self.observer.fault(site, &fault) {
            Action::Continue => Ok(()),
            Action::Stop => Err(Stop { site, fault }),
        }
    }

    /// Tells the observer of a fault that ends the launch in any case.
    #[cold]
    pub(crate) fn fatal<T>(&mut self, lanes: u32, kind: FaultKind) -> Result<T, Stop> {
        let (site, fault) = (self.site(), Fault { lanes, kind });
        self.observer.fault(site, &fault);
        Err(Stop { site, fault })
    }

    /// Tells the observer of something that orders threads.
    #[inline]
    pub(crate) fn sync(&mut self, event: &SyncEvent<'_>) {
        if O::SYNC {
            let site = self.site();
            self.observer.sync(site, event);
        }
    }
}
