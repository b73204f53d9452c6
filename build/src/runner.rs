//! Runs a test binary so that every test fails alone: one that hangs, ends its process or leaves the GPU unusable costs its own process, and what was
//! under way or still to come runs again in another.
//!
//! The process tells by a socket which `#[gpu_test]` starts and ends (`runtime/src/testing/report.rs`), and by its output, as every test harness of
//! Rust, how tests ended.

mod process;

use std::collections::BTreeSet;
use std::io;
use std::process::Command;
use std::time::Duration;

use crate::bench::Benchmark;
use crate::report::{self, Outcome, Test};
use crate::test_binary::TestBinary;
use process::{Ending, Process};

/// How tests are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only tests whose path holds one of these.
    pub filters: Vec<String>,
    /// Tests at a time; 0 for one a core.
    pub parallel: u32,
    /// A test that takes longer has failed.
    pub timeout: Duration,
    /// What `RUSTG_DEVICE` shall be.
    pub device: Option<String>,
    /// Samples of each benchmark; without it, as many as the runtime thinks right.
    pub samples: Option<u32>,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// The tests, in the order in which they ended.
    pub tests: Vec<Test>,
    /// What was measured.
    pub benchmarks: Vec<Benchmark>,
    /// The devices that tests were given.
    pub devices: BTreeSet<String>,
    /// How many processes it took.
    pub processes: u32,
}

/// The names of the tests of a binary; of benchmarks, if `benchmarks`.
///
/// # Errors
/// When it cannot be started.
pub fn list(binary: &TestBinary, options: &Options, benchmarks: bool) -> io::Result<Vec<String>> {
    let mut command = command(binary, options);
    command.arg("--list").args(benchmarks.then_some("--ignored")).args(&options.filters);
    let printed = String::from_utf8_lossy(&command.output()?.stdout).into_owned();
    let names = printed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned);
    Ok(names.filter(|name| benchmarks == name.ends_with(BENCHMARK)).collect())
}

/// How the test that `#[gpu_bench]` makes is called, below the benchmark's own name.
const BENCHMARK: &str = "::gpu_bench";

fn command(binary: &TestBinary, options: &Options) -> Command {
    let mut command = Command::new(&binary.executable);
    command.current_dir(&binary.folder).env("CARGO_MANIFEST_DIR", &binary.folder);
    if let Some(device) = &options.device {
        command.env("RUSTG_DEVICE", device);
    }
    if let Some(samples) = options.samples {
        command.env("RUSTG_BENCH_SAMPLES", samples.to_string());
    }
    command
}

/// Runs the tests of a binary, telling each as it ends.
///
/// # Errors
/// When it cannot be started, or there is no place for the socket.
pub fn run(binary: &TestBinary, options: &Options, told: &mut dyn FnMut(&Test)) -> io::Result<Outcomes> {
    let mut run = Run { binary, options, told, out: Outcomes::default() };
    let mut first = command(binary, options);
    first.args(&options.filters).args(["--skip", BENCHMARK]);
    if options.parallel > 0 {
        first.arg(format!("--test-threads={}", options.parallel));
    }
    let ended = run.process(first, false)?;
    if let Some(broken) = run.settle(ended) {
        let names = list(binary, options, false)?;
        run.go_on(names, broken)?;
        run.explain()?;
    }
    Ok(run.out)
}

/// Runs benchmarks, one at a time, each in a process of its own.
///
/// # Errors
/// As [`run`].
pub fn run_benchmarks(binary: &TestBinary, options: &Options, told: &mut dyn FnMut(&Test)) -> io::Result<Outcomes> {
    let names = list(binary, options, true)?;
    let mut run = Run { binary, options, told, out: Outcomes::default() };
    for name in names {
        run.alone(&name, true)?;
    }
    Ok(run.out)
}

struct Run<'a> {
    binary: &'a TestBinary,
    options: &'a Options,
    told: &'a mut dyn FnMut(&Test),
    out: Outcomes,
}

/// A process that ended before its tests.
struct Broken {
    /// What was under way, as far as that is known.
    suspects: Vec<String>,
    why: String,
    /// The tests that took too long: it was these.
    guilty: Vec<String>,
}

impl Run<'_> {
    fn process(&mut self, command: Command, alone: bool) -> io::Result<(process::Seen, Ending)> {
        self.out.processes += 1;
        let told = &mut self.told;
        let ended = Process::start(command, alone)?.watch(self.options.timeout, &mut |test| told(test))?;
        self.out.devices.extend(ended.0.devices.iter().cloned());
        self.out.benchmarks.extend(ended.0.benchmarks.iter().cloned());
        Ok(ended)
    }

    /// Takes over what a process has said of its tests; what is broken, if it did not end by itself.
    fn settle(&mut self, (seen, ending): (process::Seen, Ending)) -> Option<Broken> {
        let mut tests = report::read(&seen.printed);
        for test in &mut tests {
            test.duration_ns = seen.durations_ns.get(&test.name).copied();
        }
        let ended: BTreeSet<&str> = tests.iter().map(|test| test.name.as_str()).collect();
        let running = seen.running.keys().cloned().chain(report::unfinished(&seen.printed));
        let suspects: BTreeSet<String> = running.filter(|name| !ended.contains(name.as_str())).collect();
        let mut suspects: Vec<String> = suspects.into_iter().collect();
        let broken = match ending {
            Ending::Finished => None,
            Ending::Lost => Some(Broken { suspects, why: "it left the GPU unusable".to_owned(), guilty: Vec::new() }),
            Ending::Late(guilty) => {
                suspects.retain(|name| !guilty.contains(name));
                let why = format!("it did not end within {} s", self.options.timeout.as_secs_f64());
                Some(Broken { suspects, why, guilty })
            }
            // A harness of its own, or nothing that prints tests: its code is all there is.
            Ending::Died(why) if tests.is_empty() && suspects.is_empty() && !seen.printed.contains("running ") => {
                let name = self.binary.target.clone();
                self.fail(name, format!("the test program ended: {why}\n{}", seen.printed));
                None
            }
            Ending::Died(why) => {
                Some(Broken { suspects, why: format!("its process ended: {why}"), guilty: Vec::new() })
            }
        };
        self.out.tests.extend(tests);
        broken
    }

    fn fail(&mut self, name: String, output: String) {
        let test = Test { name, outcome: Outcome::Failed, output, duration_ns: None };
        (self.told)(&test);
        self.out.tests.push(test);
    }

    /// Runs what has not ended of `names`: the suspects one by one, then the others together, as often as it takes.
    ///
    /// Each round at least one test ends, so that there is an end.
    fn go_on(&mut self, names: Vec<String>, mut broken: Broken) -> io::Result<()> {
        loop {
            let nobody_known = broken.suspects.is_empty() && broken.guilty.is_empty();
            for name in std::mem::take(&mut broken.guilty) {
                self.fail(name, broken.why.clone());
            }
            for name in std::mem::take(&mut broken.suspects) {
                if !self.has_ended(&name) {
                    self.alone(&name, false)?;
                }
            }
            let open = self.open(&names);
            if open.is_empty() {
                if self.out.tests.iter().all(|test| test.outcome != Outcome::Failed) {
                    self.fail(self.binary.target.clone(), format!("all its tests have ended, but {}", broken.why));
                }
                return Ok(());
            }
            // With one thread the harness names each test before it runs it.
            let Some(mut next) = self.together(&open, nobody_known.then_some(1))? else { return Ok(()) };
            if nobody_known && next.suspects.is_empty() && next.guilty.is_empty() {
                next.guilty.extend(self.open(&names).into_iter().next());
            }
            broken = next;
        }
    }

    fn open(&self, names: &[String]) -> Vec<String> {
        let ended: BTreeSet<&str> = self.out.tests.iter().map(|test| test.name.as_str()).collect();
        names.iter().filter(|name| !ended.contains(name.as_str())).cloned().collect()
    }

    /// The harness prints why tests failed when it ends: where it did not come to that, the tests that had failed run again, each alone.
    fn explain(&mut self) -> io::Result<()> {
        for at in 0..self.out.tests.len() {
            let test = &self.out.tests[at];
            if test.outcome != Outcome::Failed || !test.output.is_empty() {
                continue;
            }
            let name = test.name.clone();
            let mut again =
                Run { binary: self.binary, options: self.options, told: &mut |_| {}, out: Outcomes::default() };
            again.alone(&name, false)?;
            self.out.processes += again.out.processes;
            let found = again.out.tests.into_iter().find(|test| test.name == name);
            self.out.tests[at].output = match found {
                Some(test) if test.outcome == Outcome::Failed => test.output,
                _ => "it failed beside other tests, and passes alone".to_owned(),
            };
        }
        Ok(())
    }

    fn has_ended(&self, name: &str) -> bool {
        self.out.tests.iter().any(|test| test.name == name)
    }

    /// Runs these tests in one process, as many as fit a command line.
    fn together(&mut self, names: &[String], threads: Option<u32>) -> io::Result<Option<Broken>> {
        for part in names.chunks(2000) {
            let mut command = command(self.binary, self.options);
            command.arg("--exact").args(part);
            let threads = threads.unwrap_or(self.options.parallel);
            if threads > 0 {
                command.arg(format!("--test-threads={threads}"));
            }
            let ended = self.process(command, false)?;
            if let Some(broken) = self.settle(ended) {
                return Ok(Some(broken));
            }
        }
        Ok(None)
    }

    /// Runs one test in a process of its own, which it alone can break.
    fn alone(&mut self, name: &str, is_benchmark: bool) -> io::Result<()> {
        let mut command = command(self.binary, self.options);
        command.args(["--exact", name, "--test-threads=1"]).args(is_benchmark.then_some("--ignored"));
        let ended = self.process(command, true)?;
        let broken = self.settle(ended);
        if let Some(broken) = broken
            && !self.has_ended(name)
        {
            self.fail(name.to_owned(), broken.why);
        }
        Ok(())
    }
}
