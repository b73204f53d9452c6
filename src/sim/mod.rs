//! `rustg sim`: runs a kernel on the simulator, checks what it does, compares what it gives.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use rustg_simulator::count::Weight;
use rustg_simulator::launch::{Argument, Signature, Tolerance};

use crate::failure::Failure;
use crate::progress::Progress;
use crate::{device_code, exit, output};

mod kernel;
mod plan;
mod report;
mod results;
mod run;
mod seeds;
mod watch;

use kernel::Chosen;
use plan::{Check, Plan, parse_dimensions, parse_size};
use report::Telling;

/// Run a kernel on a simulated GPU and check what it does
///
/// FILE is PTX, or a fatbin, cubin, executable, library, object or archive that holds some, or a launch file (.toml) that says all of
/// this. Without the arguments that the kernel needs, its signature is shown, and a command to copy. Every run with the same
/// arguments and seed is the same, on any machine and any number of cores.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg sim saxpy.ptx                                        what the kernel takes, and a command to copy
  rustg sim saxpy.ptx --grid 4 --block 256 --arg n=1024 --arg a=2 --arg 'x=f32[1024]:iota' --arg 'y=f32[1024]' --dump y
  rustg sim saxpy.ptx --grid 4 --block 256 --arg 1024 --arg 2 --arg x.npy --arg 'y=f32[1024]:ones' --expect y=want.npy
  rustg sim launch.toml --check races --seeds 100            other schedules of the same launch
  rustg sim libkernels.so --kernel 'scale<float>' --arch sm_80 --grid 1 --block 32 --arg 'f32[32]' --arg 3
  rustg sim saxpy.ptx --grid 4 --block 256 --arg n=1024 --arg a=2 --arg 'x=f32[1024]' --arg 'y=f32[1024]' --counts

Arguments: x=f32[1024]:iota is a buffer; n=1024 or n=u32:1024 a number; s={u32:1,f32:2,@x} a struct; s=bytes:00ff10 its bytes;
p=@x[16] a pointer into a buffer; q=null no pointer. They go to parameters in order, or by name or number where that is one of the
kernel's. Elements: f64 f32 f16 bf16 e4m3 e5m2 u8 u16 u32 u64 s8 s16 s32 s64. Buffers hold zeros or: ones, iota[:FIRST[:STEP]],
fill:V, random[:SEED], normal[:SEED], range:LOW:HIGH[:SEED], [1,2,3], FILE.npy, ./FILE (raw bytes), uninitialised.

Ctrl-C ends a run with what was found so far. Exit codes: 0 fine, 1 a finding or an unmet --expect, 2 wrong usage or input,
130 ended by Ctrl-C.")]
pub struct Args {
    /// What holds the kernel, or a launch file; - is PTX on standard input
    file: PathBuf,
    /// The kernel's name, mangled or not; needed where the file holds several
    #[arg(long, short, value_name = "NAME")]
    kernel: Option<String>,
    /// The image to take where the file holds PTX for several architectures: sm_90
    #[arg(long, value_name = "SM")]
    arch: Option<String>,
    /// Blocks of the grid: X, X,Y or X,Y,Z
    #[arg(long, value_name = "SIZE", value_parser = parse_dimensions)]
    grid: Option<[u32; 3]>,
    /// Threads of a block
    #[arg(long, value_name = "SIZE", value_parser = parse_dimensions)]
    block: Option<[u32; 3]>,
    /// Blocks of a cluster
    #[arg(long, value_name = "SIZE", value_parser = parse_dimensions)]
    cluster: Option<[u32; 3]>,
    /// Dynamic shared memory of a block, in bytes (48K)
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    shared: Option<u64>,
    /// All blocks at once, so that the grid can wait for all of itself
    #[arg(long)]
    cooperative: bool,
    /// An argument of the kernel
    #[arg(long = "arg", short, value_name = "[NAME=]VALUE", allow_hyphen_values = true)]
    arguments: Vec<String>,
    /// What a buffer should hold afterwards: a .npy file, or what fills buffers (iota, fill:3, [1,2,3])
    #[arg(long = "expect", value_name = "NAME=VALUE")]
    expectations: Vec<String>,
    /// How far results may lie from it: ulp:N, abs:X, rel:X, or several with commas of which one must hold
    #[arg(long, value_name = "BOUNDS")]
    tolerance: Option<String>,
    /// Write a buffer after the run: as text to standard output, or to a .npy or raw file
    #[arg(long = "dump", value_name = "NAME[=FILE]")]
    dumps: Vec<String>,
    /// What is checked [default: all]
    #[arg(long = "check", value_enum, value_name = "LIST", value_delimiter = ',')]
    checks: Vec<Check>,
    /// The schedule, by number [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run so many schedules, up to the first that shows a finding
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// With --seeds, run all of them and tell every finding once
    #[arg(long, requires = "seeds")]
    keep_going: bool,
    /// Count executions, lanes, branches, sectors and bank conflicts of every line
    #[arg(long)]
    counts: bool,
    /// Folded stacks of the kernel's functions and lines, for rustg flame and others, to standard output
    #[arg(
        long,
        value_enum,
        value_name = "WEIGHT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "instructions",
        conflicts_with_all = ["json", "sarif"]
    )]
    folded: Option<FoldedWeight>,
    /// One JSON object instead of text
    #[arg(long, conflicts_with = "sarif")]
    json: bool,
    /// Findings as SARIF 2.1.0 instead of text
    #[arg(long)]
    sarif: bool,
    /// Memory of the device [default: 4G]
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    memory: Option<u64>,
    /// Warp instructions that a run may take before it counts as endless [default: 10000000000]
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Cores of this machine; the results do not depend on it [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=256))]
    cores: Option<u64>,
    /// Tell how long reading, compiling and running took, and the rate
    #[arg(long)]
    timings: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let plan = args.plan()?;
    let bytes = device_code::read(&plan.file)?;
    let chosen = kernel::choose(&plan.file, &bytes, plan.kernel.as_deref(), plan.architecture.as_deref())?;
    drop(bytes);
    let shape = match run::shape(&plan, &chosen) {
        Some(shape) if plan.arguments.len() >= chosen.signature.parameters.len() => shape,
        _ => return Err(explain_launch(args, &plan, &chosen)),
    };
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = plan.cores.unwrap_or(all).max(1);
    let stop = Arc::new(rustg_simulator::progress::Progress::new());
    let explored = if plan.seeds > 1 {
        let progress = Mutex::new(Progress::new(format!("running {}", chosen.signature.kernel)));
        let tell = |done| progress.lock().expect("drawing does not panic").items(done, plan.seeds, "schedules");
        let explore = || seeds::explore(&plan, &chosen, &shape, args.keep_going, cores, &stop, &tell);
        watch::watched(&chosen.signature.kernel, &stop, false, explore)?
    } else {
        let run = || run::run(&plan, &chosen, &shape, plan.seed, (cores, plan.memory_bytes), &stop);
        let outcome = watch::watched(&chosen.signature.kernel, &stop, true, run)?;
        let failing = if outcome.is_fine() { Vec::new() } else { vec![outcome.seed] };
        seeds::Explored { count: 1, failing, outcomes: vec![outcome] }
    };
    let first = explored.outcomes.first();
    if let Some(outcome) = first {
        results::write_files(&plan.dumps, &outcome.held)?;
    }
    let telling = Telling { plan: &plan, chosen: &chosen, shape: &shape, explored: &explored, timings: args.timings };
    let told = match (args.json, args.sarif, args.folded) {
        (true, _, _) => (telling.json().to_string() + "\n").into_bytes(),
        (_, true, _) => (telling.sarif().unwrap_or_default().to_string() + "\n").into_bytes(),
        (_, _, Some(weight)) => telling.folded(weight.into()).into_bytes(),
        _ => telling.text(),
    };
    output::write_stdout(&told)?;
    if args.timings && !args.json {
        eprint!("{}", telling.timings_text());
    }
    if stop.is_stopped() {
        return Ok(ExitCode::from(exit::INTERRUPTED));
    }
    Ok(if explored.failing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::FINDINGS) })
}

/// What the width of a folded stack means.
#[derive(Clone, Copy, clap::ValueEnum)]
enum FoldedWeight {
    /// Warp instructions
    Instructions,
    /// Sectors of global memory
    Sectors,
}

impl From<FoldedWeight> for Weight {
    fn from(weight: FoldedWeight) -> Weight {
        match weight {
            FoldedWeight::Instructions => Weight::Instructions,
            FoldedWeight::Sectors => Weight::Sectors,
        }
    }
}

impl Args {
    /// The launch file, if FILE is one, with the options over it.
    fn plan(&self) -> Result<Plan, Failure> {
        let is_launch_file = self.file.extension().is_some_and(|extension| extension == "toml");
        let mut plan = match is_launch_file {
            true => Plan::from_file(&self.file)?,
            false => Plan { file: self.file.clone(), ..Plan::default_limits() },
        };
        let text = |error: rustg_simulator::launch::LaunchError| Failure::input(error);
        plan.kernel = self.kernel.clone().or(plan.kernel);
        plan.architecture = self.arch.clone().or(plan.architecture);
        plan.grid = self.grid.or(plan.grid);
        plan.block = self.block.or(plan.block);
        plan.cluster = self.cluster.or(plan.cluster);
        if let Some(shared) = self.shared {
            plan.shared_bytes = shared.try_into().map_err(|_| Failure::input("--shared: more than any GPU has"))?;
        }
        plan.cooperative |= self.cooperative;
        for argument in &self.arguments {
            let argument = Argument::parse(argument).map_err(text)?;
            // An argument of the same name replaces the file's.
            let same = plan
                .arguments
                .iter_mut()
                .find(|known| is_launch_file && known.name.is_some() && known.name == argument.name);
            match same {
                Some(known) => *known = argument,
                None => plan.arguments.push(argument),
            }
        }
        for expectation in &self.expectations {
            let wrong = || Failure::input(format_args!("--expect {expectation}: expected NAME=VALUE"));
            let (name, value) = expectation.split_once('=').ok_or_else(wrong)?;
            plan.expectations.retain(|(known, _)| known != name);
            plan.expectations.push((name.to_owned(), value.to_owned()));
        }
        if let Some(tolerance) = &self.tolerance {
            plan.tolerance = Tolerance::parse(tolerance).map_err(text)?;
        }
        for dump in &self.dumps {
            plan.dumps.push(match dump.split_once('=') {
                Some((name, file)) => {
                    (name.to_owned(), Some(PathBuf::from(file)).filter(|file| file != Path::new("-")))
                }
                None => (dump.clone(), None),
            });
        }
        if !self.checks.is_empty() {
            plan.checks.clone_from(&self.checks);
        }
        if plan.checks.contains(&Check::None) && plan.checks.len() > 1 {
            return Err(Failure::input("--check none goes with no other check"));
        }
        plan.seed = self.seed.unwrap_or(plan.seed);
        plan.seeds = self.seeds.unwrap_or(plan.seeds).max(1);
        plan.memory_bytes = self.memory.unwrap_or(plan.memory_bytes);
        plan.steps = self.steps.unwrap_or(plan.steps);
        plan.counts = self.counts || self.folded.is_some();
        plan.cores = self.cores.map(|cores| cores as usize).or(plan.cores);
        Ok(plan)
    }
}

/// What the kernel takes, and a command that would run it.
fn explain_launch(args: &Args, plan: &Plan, chosen: &Chosen) -> Failure {
    let signature = &chosen.signature;
    let mut missing: Vec<String> = Vec::new();
    missing.extend(plan.grid.is_none().then(|| "--grid".to_owned()));
    let block = plan.block.or(signature.required_block);
    missing.extend(block.is_none().then(|| "--block".to_owned()));
    let (have, want) = (plan.arguments.len(), signature.parameters.len());
    if have != want {
        missing.push(format!("{want} arguments{}", if have > 0 { format!(", not {have}") } else { String::new() }));
    }
    Failure::input(format_args!(
        "{} needs {}\n  {}{}\n\nFor example:\n  {}",
        signature.kernel,
        missing.join(" and "),
        signature.describe(),
        asked_for(signature),
        example(args, plan, signature)
    ))
}

/// What the kernel asks of a launch, in words.
fn asked_for(signature: &Signature) -> String {
    let size = |[x, y, z]: [u32; 3]| format!("{x},{y},{z}");
    let mut words = Vec::new();
    words.extend(signature.required_block.map(|block| format!("blocks of {} threads", size(block))));
    words.extend(signature.threads_max.map(|threads| format!("at most {threads} threads a block")));
    words.extend(signature.required_cluster.map(|cluster| format!("clusters of {} blocks", size(cluster))));
    words.extend(signature.dynamic_shared.then(|| "dynamic shared memory (--shared)".to_owned()));
    if words.is_empty() { String::new() } else { format!("\n  with {}", words.join(", ")) }
}

/// A command line that launches the kernel: what was given, and examples for what was not.
fn example(args: &Args, plan: &Plan, signature: &Signature) -> String {
    let mut words = vec!["rustg sim".to_owned(), quoted(&args.file.display().to_string())];
    words.extend(args.kernel.as_ref().map(|kernel| format!("--kernel {}", quoted(kernel))));
    words.extend(args.arch.as_ref().map(|arch| format!("--arch {arch}")));
    let size = |[x, y, z]: [u32; 3]| match (y, z) {
        (1, 1) => x.to_string(),
        (_, 1) => format!("{x},{y}"),
        _ => format!("{x},{y},{z}"),
    };
    words.push(format!("--grid {}", plan.grid.map_or("4".to_owned(), size)));
    if plan.block.is_some() || signature.required_block.is_none() {
        let most = signature.threads_max.unwrap_or(256).min(256);
        words.push(format!("--block {}", plan.block.map_or(most.to_string(), size)));
    }
    if signature.dynamic_shared {
        words.push(format!("--shared {}", if plan.shared_bytes == 0 { 16384 } else { plan.shared_bytes }));
    }
    let examples = signature.example_arguments();
    let given = args.arguments.iter().take(examples.len());
    let rest = examples.iter().skip(given.len());
    words.extend(given.chain(rest).map(|argument| format!("--arg {}", quoted(argument))));
    words.join(" ")
}

/// A word as shells take it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=:,+@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
