//! The checks together as one observer, and what they found as findings.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use rustg_base::LineIndex;
use rustg_ptx::Module;

use super::explain_fault;
use super::explain_race;
use super::finding::{self, Check, Finding, Findings, Involved, InvolvedAccess, Severity, Spot};
use super::init::{Init, Uninitialised};
use super::race::Races;
use super::registers::{Purpose, Registers, UninitialisedRegister};
use super::segment::{Segment, split};
use super::subject::Subject;
use crate::observe::{
    Access, AccessKind, Action, Fault, FaultKind, Observer, RegisterSlot, RegisterUse, Scope, Site, Space, SyncEvent,
};
use crate::progress::Progress;

/// Which checks are on. What ends a program on hardware is always found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Data races.
    pub races: bool,
    /// Bounds, lifetimes, alignment.
    pub memory: bool,
    /// Uninitialised reads.
    pub init: bool,
    /// Barriers, warp operations, deadlocks.
    pub sync: bool,
}

impl Checks {
    /// All of them.
    pub const ALL: Checks = Checks { races: true, memory: true, init: true, sync: true };

    /// None of them.
    pub const NONE: Checks = Checks { races: false, memory: false, init: false, sync: false };
}

/// What a checker needs to know before a launch.
#[derive(Clone, Debug)]
pub struct CheckerSetup {
    /// Which checks are on.
    pub checks: Checks,
    /// Bytes the race history may take.
    pub history_bytes: usize,
    /// Global memory that the host has allocated and not written: first byte, bytes.
    pub unwritten: Vec<(u64, u64)>,
    /// The module that is launched: registers are checked only when it is given.
    pub module: Option<Arc<Module>>,
    /// Who wants to see how many findings there are.
    pub progress: Option<Arc<Progress>>,
}

impl Default for CheckerSetup {
    fn default() -> CheckerSetup {
        CheckerSetup {
            checks: Checks::ALL,
            history_bytes: 1 << 30,
            unwritten: Vec::new(),
            module: None,
            progress: None,
        }
    }
}

/// The observer of all checks.
#[derive(Clone, Debug)]
pub struct Checker {
    checks: Checks,
    races: Races,
    init: Init,
    registers: Option<Registers>,
    progress: Option<Arc<Progress>>,
    faults: FxHashMap<(u32, std::mem::Discriminant<FaultKind>), (Site, Fault, u64)>,
    fault_order: Vec<(u32, std::mem::Discriminant<FaultKind>)>,
    /// The segments of the access that is looked at.
    segments: Vec<Segment>,
}

impl Checker {
    /// A checker for one launch.
    pub fn new(setup: &CheckerSetup) -> Checker {
        Checker {
            checks: setup.checks,
            races: Races::new(setup.history_bytes),
            init: Init::new(if setup.checks.init { &setup.unwritten } else { &[] }),
            registers: setup.module.clone().filter(|_| setup.checks.init).map(Registers::new),
            progress: setup.progress.clone(),
            faults: FxHashMap::default(),
            fault_order: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// What was found, in words.
    pub fn findings(&self, subject: &Subject<'_>) -> Findings {
        let lines = LineIndex::new(subject.text);
        let races = self.races.races();
        let mut findings: Vec<_> = races.iter().map(|race| explain_race::explain(race, subject, &lines)).collect();
        findings.extend(self.init.found().iter().map(|read| explain_read(read, subject, &lines)));
        let registers = self.registers.as_ref().map(Registers::found).unwrap_or_default();
        findings.extend(registers.iter().map(|read| explain_register(read, subject, &lines)));
        findings.extend(self.fault_order.iter().map(|key| {
            let (site, fault, count) = &self.faults[key];
            explain_fault::explain(*site, fault, *count, subject, &lines)
        }));
        findings.retain(|finding| self.is_on(finding.rule.check));
        let mut findings = Findings::grouped(findings, subject.path);
        if self.checks.races && self.races.is_truncated() {
            findings
                .limits
                .push("the race history was cut short: races with accesses long past may have been missed".to_owned());
        }
        findings
    }

    fn tell_progress(&self) {
        if let Some(progress) = &self.progress {
            let registers = self.registers.as_ref().map_or(0, Registers::count);
            let found = self.races.count() + self.init.count() + registers + self.faults.len();
            progress.found(found as u64);
        }
    }

    fn is_on(&self, check: Check) -> bool {
        match check {
            Check::Races => self.checks.races,
            Check::Memory => self.checks.memory,
            Check::Init => self.checks.init,
            Check::Sync => self.checks.sync,
            Check::Program => true,
        }
    }

    fn note_fault(&mut self, site: Site, fault: &Fault, count: u64) {
        let key = (site.pc, std::mem::discriminant(&fault.kind));
        match self.faults.get_mut(&key) {
            Some(known) => known.2 += count,
            None => {
                self.fault_order.push(key);
                self.faults.insert(key, (site, fault.clone(), count));
            }
        }
    }
}

impl Observer for Checker {
    const MEMORY: bool = true;
    const SYNC: bool = true;
    const STEPS: bool = false;
    const REGISTERS: bool = true;

    fn fork(&self, _block: u32) -> Checker {
        Checker {
            checks: self.checks,
            races: self.races.fork(),
            init: self.init.fork(),
            registers: self.registers.as_ref().map(Registers::fork),
            progress: None,
            faults: FxHashMap::default(),
            fault_order: Vec::new(),
            segments: Vec::new(),
        }
    }

    fn join(&mut self, other: Checker) {
        if self.checks.races {
            self.races.join(other.races);
        }
        if self.checks.init {
            self.init.join(other.init);
        }
        if let (Some(registers), Some(other)) = (&mut self.registers, other.registers) {
            registers.join(other);
        }
        for key in &other.fault_order {
            let (site, fault, count) = &other.faults[key];
            self.note_fault(*site, fault, *count);
        }
        self.tell_progress();
    }

    fn can_join(&self, other: &Checker) -> bool {
        (!self.checks.races || self.races.can_join(&other.races))
            && (!self.checks.init || self.init.can_join(&other.init))
    }

    fn access(&mut self, site: Site, access: &Access<'_>) {
        if !self.checks.races && !self.checks.init {
            return;
        }
        if let Some(registers) = &mut self.registers {
            registers.access(site, access);
        }
        match access.space {
            Space::Global | Space::Shared => {
                self.segments.clear();
                split(access, |segment| self.segments.push(segment));
                if self.checks.init {
                    self.segments.iter().for_each(|segment| self.init.segment(site, access, segment));
                }
                if self.checks.races {
                    self.races.access(site, access, &self.segments);
                }
            }
            Space::Local if self.checks.init => self.init.local(site, access),
            _ => {}
        }
    }

    fn sync(&mut self, site: Site, event: &SyncEvent<'_>) {
        if self.checks.races {
            self.races.sync(site, event);
        }
        if self.checks.init {
            self.init.sync(site, event);
        }
        if let SyncEvent::BlockEnd = event {
            if let Some(registers) = &mut self.registers {
                registers.end_block(site.block);
            }
            self.tell_progress();
        }
    }

    fn watches_registers(&self) -> bool {
        self.registers.is_some()
    }

    fn registers(&mut self, site: Site, used: &RegisterUse<'_>) {
        if let Some(registers) = &mut self.registers {
            registers.registers(site, used);
        }
    }

    fn frame(&mut self, site: Site, rows: std::ops::Range<u32>, parameters: &[RegisterSlot], active: u32) {
        if let Some(registers) = &mut self.registers {
            registers.frame(site, rows, parameters, active);
        }
    }

    fn fault(&mut self, site: Site, fault: &Fault) -> Action {
        self.note_fault(site, fault, 1);
        Action::Continue
    }
}

fn explain_read(read: &Uninitialised, subject: &Subject<'_>, lines: &LineIndex) -> Finding {
    let who = subject.thread(read.site, read.lane);
    let (rule, what, help) = match read.space {
        Space::Shared => (
            finding::UNINITIALISED_SHARED,
            subject.shared(u64::from(crate::observe::shared_offset(read.address))),
            "shared memory holds leftovers when a block begins: write it first, with a barrier before other threads read",
        ),
        Space::Local => (
            finding::UNINITIALISED_LOCAL,
            format!("local memory at byte {}", read.address),
            "give the variable a value on every path before it is read",
        ),
        _ => (
            finding::UNINITIALISED_GLOBAL,
            subject.global(read.address),
            "fresh device memory holds leftovers: copy to it, clear it, or write it in a kernel before it is read",
        ),
    };
    let access = InvolvedAccess {
        kind: AccessKind::Load,
        scope: Scope::None,
        size_bytes: u32::from(read.size_bytes),
        value: None,
    };
    Finding {
        rule,
        severity: Severity::Error,
        message: format!("read of uninitialised memory: nobody has written {what}"),
        spots: vec![Spot {
            place: subject.place(read.site.pc, lines),
            label: format!("{who} reads {} bytes (step {})", read.size_bytes, read.site.step),
        }],
        notes: Vec::new(),
        help: vec![help.to_owned()],
        involved: vec![Involved { site: read.site, lanes: 1 << read.lane, access: Some(access) }],
        address: Some(read.address),
        count: read.count,
    }
}

/// A register that was used without a value.
fn explain_register(read: &UninitialisedRegister, subject: &Subject<'_>, lines: &LineIndex) -> Finding {
    let name = |pc: u32, register: u32| {
        let function = subject.module.functions.iter().find(|function| function.instructions.contains(&pc));
        function.map_or_else(String::new, |function| {
            subject.module.register_name(function, rustg_ptx::RegisterId(register))
        })
    };
    let (origin, used) = (name(read.origin.pc, read.origin.register), name(read.site.pc, read.register));
    let who = subject.thread(read.site, read.lane);
    let does = match read.purpose {
        Purpose::Address => format!("takes `{used}` as an address"),
        Purpose::Condition => format!("lets `{used}` decide"),
        Purpose::Control => format!("takes `{used}` as an operand"),
        Purpose::Data => format!("writes `{used}` to memory"),
    };
    let step = read.site.step;
    let mut spots =
        vec![Spot { place: subject.place(read.site.pc, lines), label: format!("{who} {does} (step {step})") }];
    if read.origin.pc != read.site.pc {
        let label = format!("it comes from `{origin}`, which has no value here");
        spots.push(Spot { place: subject.place(read.origin.pc, lines), label });
    }
    Finding {
        rule: finding::UNINITIALISED_REGISTER,
        severity: Severity::Error,
        message: format!("use of an uninitialised register: the thread has not written `{origin}`"),
        spots,
        notes: vec!["on hardware it holds whatever the last user of the register left there".to_owned()],
        help: vec!["give the variable a value on every path that leads here".to_owned()],
        involved: vec![Involved { site: read.site, lanes: 1 << read.lane, access: None }],
        address: None,
        count: read.count,
    }
}
