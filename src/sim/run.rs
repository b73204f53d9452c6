//! One launch with one seed: a device, its buffers, the observers, and what came out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustg_simulator::check::{
    Checker, CheckerSetup, Checks, Findings, PANIC_RECORD_BYTES, PanicRecord, Severity, Subject,
};
use rustg_simulator::count::Counts;
use rustg_simulator::device::{Config, Device, LaunchError, LaunchShape, Module, Report};
use rustg_simulator::launch::{self, Bound, Comparison};
use rustg_simulator::observe::{Action, AllocationInfo, FaultKind};
use rustg_simulator::progress::Progress;
use rustg_simulator::{Fault, Observer, Site, Unobserved};

use super::kernel::Chosen;
use super::plan::{Check, Plan};
use super::results::{self, Held};
use crate::failure::Failure;

/// What one seed came to.
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Steps and output.
    pub report: Report,
    /// Whether a fault ended the launch before its time.
    pub ended_early: bool,
    /// What the checks found.
    pub findings: Findings,
    /// The buffers that somebody wants to see.
    pub held: Vec<Held>,
    /// Expectations: buffer, words, result.
    pub comparisons: Vec<(String, String, Comparison)>,
    /// Counts, if they were asked for.
    pub counts: Option<Counts>,
    /// Global allocations, for words about addresses.
    pub allocations: Vec<AllocationInfo>,
    /// Shared variables: name, first byte, size.
    pub shared: Vec<(String, u32, u32)>,
    /// Time to load the module and make the buffers.
    pub load: Duration,
    /// Time of the launch.
    pub launch: Duration,
}

impl Outcome {
    /// Whether there is nothing to complain about. Warnings are told, and are no failure.
    pub fn is_fine(&self) -> bool {
        let errors = self.findings.findings.iter().any(|finding| finding.severity == Severity::Error);
        !errors && self.comparisons.iter().all(|(_, _, comparison)| comparison.holds())
    }

    /// What turns this outcome's numbers into words.
    pub fn subject<'a>(&self, chosen: &'a Chosen, shape: &LaunchShape, replay: Option<String>) -> Subject<'a> {
        Subject {
            module: &chosen.module,
            text: &chosen.text,
            path: &chosen.path,
            grid: shape.grid,
            block: shape.block,
            allocations: self.allocations.clone(),
            shared: self.shared.clone(),
            seed: self.seed,
            replay,
        }
    }
}

/// Faults alone: what the machine itself sees, without the price of showing every access.
struct Faults(Checker);

impl Observer for Faults {
    const MEMORY: bool = false;
    const SYNC: bool = false;
    const STEPS: bool = false;
    const REGISTERS: bool = false;

    fn fork(&self, block: u32) -> Faults {
        Faults(self.0.fork(block))
    }

    fn join(&mut self, other: Faults) {
        self.0.join(other.0);
    }

    fn fault(&mut self, site: Site, fault: &Fault) -> Action {
        self.0.fault(site, fault)
    }
}

/// Launches the kernel with one seed on some cores, within some memory.
pub fn run(
    plan: &Plan,
    chosen: &Chosen,
    shape: &LaunchShape,
    seed: u64,
    (cores, memory_bytes): (usize, u64),
    progress: &Arc<Progress>,
) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let checks = Checks {
        races: plan.checks(Check::Races),
        memory: plan.checks(Check::Memory),
        init: plan.checks(Check::Init),
        sync: plan.checks(Check::Sync),
    };
    let config = Config {
        memory_limit_bytes: memory_bytes,
        seed,
        cores,
        step_budget: plan.steps,
        progress: Arc::clone(progress),
        ..Config::default()
    };
    let mut device = Device::new(config);
    let module =
        device.load_module(Arc::clone(&chosen.module)).map_err(|error| Failure::input(error).of(&plan.file))?;
    let mut unwritten = Vec::new();
    let Bound { mut values, buffers } = {
        let mut allocate = |name: &str, size_bytes: u64, bytes: Option<&[u8]>| {
            let address = device.allocate(name, size_bytes).map_err(launch::LaunchError::new)?;
            match bytes {
                Some(bytes) => device.upload(address, bytes).map_err(launch::LaunchError::new)?,
                None => unwritten.push((address, size_bytes)),
            }
            Ok(address)
        };
        let bound = launch::bind(&chosen.signature, &plan.arguments, &plan.folder, memory_bytes, &mut allocate);
        bound.map_err(|error| Failure::input(format_args!("{error}\n  {}", chosen.signature.describe())))?
    };
    let wanted = results::wanted(plan, &buffers)?;
    let expected = results::expected(plan, &buffers)?;
    let record = match chosen.signature.panic_record {
        true => Some(device.allocate("panic record", PANIC_RECORD_BYTES as u64).map_err(Failure::input)?),
        false => None,
    };
    values.extend(record.map(|address| address.to_le_bytes().to_vec()));
    let parameters = parameter_bytes(&module, chosen, &values)?;
    let load = started.elapsed();

    let history_bytes = reserve_history(&mut device, checks, memory_bytes)?;
    let setup = CheckerSetup {
        checks,
        history_bytes,
        unwritten,
        module: Some(Arc::clone(&chosen.module)),
        progress: Some(Arc::clone(progress)),
    };
    let launching = Instant::now();
    let watched = Launching { device: &mut device, module: &module, chosen, shape, parameters: &parameters };
    let (ended, checker, counts) = watched.launch(&setup, plan.counts);
    let launch = launching.elapsed();

    let (report, fault) = match ended {
        Ok(report) => (report, None),
        Err(LaunchError::Fault { site, fault, report }) => (report, Some((site, fault))),
        Err(LaunchError::Invalid(what)) => return Err(Failure::input(what)),
    };
    let interrupted = matches!(&fault, Some((_, fault)) if fault.kind == FaultKind::Interrupted);
    let mut held = Vec::new();
    for place in wanted {
        let buffer = buffers[place].clone();
        let bytes = device.download(buffer.address, buffer.size_bytes).map_err(Failure::input)?;
        held.push(Held { buffer, bytes });
    }
    let recorded = record.map(|address| device.download(address, PANIC_RECORD_BYTES as u64)).transpose();
    let panic = recorded.map_err(Failure::input)?.and_then(|bytes| PanicRecord::read(&bytes));
    let allocations = device.memory().allocations().iter().map(|allocation| AllocationInfo {
        name: allocation.name.clone(),
        address: allocation.address,
        size_bytes: allocation.size_bytes,
        freed: allocation.freed,
    });
    let mut outcome = Outcome {
        seed,
        report,
        ended_early: fault.is_some(),
        findings: Findings::default(),
        comparisons: results::check(&expected, &held, plan.tolerance),
        held,
        counts,
        allocations: allocations.collect(),
        shared: module.shared_variables(&chosen.signature.kernel),
        load,
        launch,
    };
    let subject = outcome.subject(chosen, shape, None);
    outcome.findings = match (checker, fault) {
        (Some(checker), _) => checker.findings(&subject),
        // Nobody watched, and yet the launch ended: that is told all the same.
        (None, Some((site, fault))) if !interrupted => {
            let mut checker = Checker::new(&CheckerSetup::default());
            checker.fault(site, &fault);
            checker.findings(&subject)
        }
        (None, _) => Findings::default(),
    };
    if interrupted {
        let (done, blocks) = progress.blocks();
        outcome.findings.limits.push(format!("the run was interrupted after {done} of {blocks} blocks"));
    }
    let panic = panic.map(|panic| panic.explain(&chosen.signature.kernel, &subject));
    outcome.findings.findings.splice(0..0, panic);
    Ok(outcome)
}

/// What checks keep is taken from the device's memory, a half at most of what buffers leave. Gives what is for the history of races; the rest is for
/// the bits that tell which memory and registers have been written.
fn reserve_history(device: &mut Device, checks: Checks, memory_bytes: u64) -> Result<usize, Failure> {
    const HISTORY_BYTES_MAX: u64 = 1 << 30;
    if !checks.races && !checks.init {
        return Ok(0);
    }
    let left = memory_bytes.saturating_sub(device.memory().live_bytes());
    let history = (left / 8 * 3).min(HISTORY_BYTES_MAX);
    device.reserve(history + history / 3).map_err(Failure::input)?;
    Ok(history as usize)
}

/// The parameters' bytes as they lie in memory.
fn parameter_bytes(module: &Module, chosen: &Chosen, values: &[Vec<u8>]) -> Result<Vec<u8>, Failure> {
    let kernel = module.find_kernel(&chosen.signature.kernel);
    let kernel = kernel.ok_or_else(|| Failure::input(format_args!("no kernel {}", chosen.signature.kernel)))?;
    let mut bytes = vec![0; module.parameter_bytes(kernel) as usize];
    for (value, (offset, size)) in values.iter().zip(module.parameters(kernel)) {
        bytes[*offset as usize..][..*size as usize].copy_from_slice(value);
    }
    Ok(bytes)
}

/// A launch that waits for its observer.
struct Launching<'a> {
    device: &'a mut Device,
    module: &'a Module,
    chosen: &'a Chosen,
    shape: &'a LaunchShape,
    parameters: &'a [u8],
}

type Ended = Result<Report, LaunchError>;

impl Launching<'_> {
    /// The machine is compiled once for each kind of observer, so that what is not asked for costs nothing.
    fn launch(self, setup: &CheckerSetup, counting: bool) -> (Ended, Option<Checker>, Option<Counts>) {
        let Checks { races, memory, init, sync } = setup.checks;
        let counts = || Counts::new(&self.chosen.module);
        match (races || init, memory || sync, counting) {
            (false, false, false) => (self.observed(&mut Unobserved), None, None),
            (false, false, true) => {
                let mut counts = counts();
                (self.observed(&mut counts), None, Some(counts))
            }
            (false, true, false) => {
                let mut faults = Faults(Checker::new(setup));
                (self.observed(&mut faults), Some(faults.0), None)
            }
            (false, true, true) => {
                let mut both = (Faults(Checker::new(setup)), counts());
                (self.observed(&mut both), Some(both.0.0), Some(both.1))
            }
            (true, _, false) => {
                let mut checker = Checker::new(setup);
                (self.observed(&mut checker), Some(checker), None)
            }
            (true, _, true) => {
                let mut both = (Checker::new(setup), counts());
                (self.observed(&mut both), Some(both.0), Some(both.1))
            }
        }
    }

    fn observed<O: Observer>(self, observer: &mut O) -> Ended {
        let kernel = &self.chosen.signature.kernel;
        self.device.launch_observed(self.module, kernel, self.shape, self.parameters, observer)
    }
}

/// The shape that the plan and the kernel ask for.
pub fn shape(plan: &Plan, chosen: &Chosen) -> Option<LaunchShape> {
    let block = plan.block.or(chosen.signature.required_block)?;
    Some(LaunchShape {
        grid: plan.grid?,
        block,
        cluster: plan.cluster,
        dynamic_shared_bytes: plan.shared_bytes,
        cooperative: plan.cooperative,
    })
}
