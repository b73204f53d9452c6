//! `rustg test`: runs a project's tests on a device, each failing alone, and reports them for people and for machines.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustg_build::report::{self, Outcome, Test};
use rustg_build::runner::{self, Options, Outcomes};
use rustg_build::test_binary::{self, TestBinary};

use crate::cargo::{self, CargoArgs};
use crate::failure::Failure;
use crate::{exit, output};

/// Run a project's tests, on a GPU or in the simulator
///
/// Functions with #[gpu_test] (given a `&Device`) and #[test] run side by side. A test that fails, panics on the device, does not end, takes its process
/// with it or leaves the GPU unusable fails alone: what was under way beside it runs again in another process.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg test
  rustg test saxpy                     tests whose path holds `saxpy`
  rustg test --device sim --parallel 1
  rustg test --timeout 5               a test that takes longer than 5 s fails
  rustg test --junit report.xml
  rustg test --json | jq .failed
  rustg test --executable first-0123   a test program that was built elsewhere
  BLESS=1 rustg test                   write what golden! compares with

Exit codes: 0 all passed, 1 a test failed, 101 the project does not compile.")]
pub struct Args {
    #[command(flatten)]
    cargo: CargoArgs,
    /// Only tests whose path holds this
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    /// How many tests run at a time; without it, one a core
    #[arg(long, value_name = "N")]
    parallel: Option<u32>,
    /// A test that takes longer has failed
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    timeout: f64,
    /// Name the tests, and run none
    #[arg(long, conflicts_with_all = ["junit", "parallel"])]
    list: bool,
    /// Run this test program, built elsewhere, instead of building the project: on a GPU machine without Rust
    #[arg(long = "executable", value_name = "FILE")]
    executables: Vec<PathBuf>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print one JSON object instead of the tests' lines
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let options = options(&args.cargo, args.filter.iter(), args.parallel, args.timeout)?;
    let binaries = match args.executables.is_empty() {
        false => args.executables.iter().map(|path| prebuilt(path)).collect::<Result<_, _>>()?,
        true => match build(&args.cargo)? {
            Ok(binaries) => binaries,
            Err(code) => return Ok(code),
        },
    };
    if args.list {
        return list(&binaries, &options, args.json);
    }
    let mut outcomes = Outcomes::default();
    let running = Instant::now();
    for binary in &binaries {
        let ran = runner::run(binary, &options, &mut |test| tell(test, args.json)).map_err(Failure::input)?;
        outcomes.tests.extend(ran.tests);
        outcomes.devices.extend(ran.devices);
    }
    if binaries.iter().any(|binary| binary.has_documentation_tests) {
        outcomes.tests.extend(documentation_tests(args)?);
    }
    let (seconds, running_s) = (start.elapsed().as_secs_f64(), running.elapsed().as_secs_f64());
    let tests = &outcomes.tests;
    if let Some(path) = &args.junit {
        let xml = report::to_junit(tests, &args.cargo.project_name(), seconds);
        fs::write(path, xml).map_err(|error| Failure::output(path.display(), &error))?;
    }
    let text = match args.json {
        true => format!("{}\n", report::to_json(tests, &outcomes.devices, seconds)),
        false => summary(&outcomes, running_s),
    };
    output::write_stdout(text.as_bytes())?;
    let [_, failed, _] = report::counts(tests);
    Ok(if failed > 0 { ExitCode::from(exit::FINDINGS) } else { ExitCode::SUCCESS })
}

/// How the runner shall run what these arguments name.
pub fn options<'a>(
    cargo: &CargoArgs,
    filters: impl Iterator<Item = &'a String>,
    parallel: Option<u32>,
    timeout_s: f64,
) -> Result<Options, Failure> {
    let timeout = Duration::try_from_secs_f64(timeout_s).ok().filter(|timeout| !timeout.is_zero());
    let timeout =
        timeout.ok_or_else(|| Failure::input(format_args!("--timeout {timeout_s}: a number of seconds above 0")))?;
    let parallel = parallel.map_or(0, |parallel| parallel.max(1));
    Ok(Options { filters: filters.cloned().collect(), parallel, timeout, device: cargo.device.clone(), samples: None })
}

/// Has Cargo build the project's test binaries; Cargo's own exit code where it does not compile.
pub fn build(cargo: &CargoArgs) -> Result<Result<Vec<TestBinary>, ExitCode>, Failure> {
    let mut command = cargo.command("test")?;
    command.args(["--no-run", "--message-format=json-render-diagnostics"]).stdout(Stdio::piped());
    let output = cargo::start(&mut command)?.wait_with_output().map_err(Failure::input)?;
    if !output.status.success() {
        return Ok(Err(ExitCode::from(cargo::exit_code(output.status))));
    }
    Ok(Ok(test_binary::read(&String::from_utf8_lossy(&output.stdout))))
}

/// A test program as it lies, run in the current folder.
fn prebuilt(path: &Path) -> Result<TestBinary, Failure> {
    let executable = path.canonicalize().map_err(|error| Failure::input(error).of(path))?;
    let folder = std::env::current_dir().map_err(Failure::input)?;
    let target = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(TestBinary { executable, target, folder, has_documentation_tests: false })
}

fn list(binaries: &[TestBinary], options: &Options, json: bool) -> Result<ExitCode, Failure> {
    let mut names = Vec::new();
    for binary in binaries {
        names.extend(runner::list(binary, options, false).map_err(Failure::input)?);
    }
    let text = match json {
        true => format!("{}\n", serde_json::json!({ "tests": names })),
        false => names.iter().map(|name| format!("{name}\n")).collect(),
    };
    output::write_stdout(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The line of a test that has ended.
pub fn tell(test: &Test, quiet: bool) {
    let word = match test.outcome {
        Outcome::Passed => "ok",
        Outcome::Failed => "FAILED",
        Outcome::Ignored => "ignored",
    };
    if !quiet {
        // A reader that has gone is told of at the end.
        let _ = output::write_stdout(format!("test {} ... {word}\n", test.name).as_bytes());
    }
}

/// What failed and why, and how many there were.
fn summary(outcomes: &Outcomes, seconds: f64) -> String {
    let tests = &outcomes.tests;
    let mut text = failures(tests);
    let [passed, failed, ignored] = report::counts(tests);
    let devices: Vec<&str> = outcomes.devices.iter().map(String::as_str).collect();
    let on = if devices.is_empty() { String::new() } else { format!(" on {}", devices.join(", ")) };
    let rate = tests.len() as f64 / seconds.max(1e-9);
    let word = if failed > 0 { "FAILED" } else { "ok" };
    let _ = writeln!(
        text,
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; {seconds:.2} s, {rate:.0} tests/s{on}"
    );
    text
}

/// What the tests that failed have printed.
pub fn failures(tests: &[Test]) -> String {
    let failed = tests.iter().filter(|test| test.outcome == Outcome::Failed);
    failed.map(|test| format!("\n---- {} ----\n{}\n", test.name, test.output)).collect()
}

/// Cargo runs the examples of documentation itself.
fn documentation_tests(args: &Args) -> Result<Vec<Test>, Failure> {
    let mut command = args.cargo.command("test")?;
    command.args(["--doc", "--"]).args(&args.filter).stdout(Stdio::piped());
    let output = cargo::start(&mut command)?.wait_with_output().map_err(Failure::input)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut tests = report::read(&printed);
    if !output.status.success() && tests.iter().all(|test| test.outcome != Outcome::Failed) {
        let name = "documentation".to_owned();
        tests.push(Test { name, outcome: Outcome::Failed, output: printed.into_owned(), duration_ns: None });
    }
    tests.iter().for_each(|test| tell(test, args.json));
    Ok(tests)
}
