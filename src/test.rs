//! `rustg test`: runs a project's tests on a device, and reports them for people and for machines.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use rustg_build::report;

use crate::cargo::{self, CargoArgs};
use crate::failure::Failure;
use crate::{exit, output};

/// Run a project's tests, on a GPU or in the simulator
///
/// Functions with #[gpu_test] (given a `&Device`) and #[test] run side by side. A test that fails, panics on the device or does not end in the simulator's
/// budget of steps (RUSTG_TEST_STEPS) fails alone.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg test
  rustg test saxpy                     tests whose path holds `saxpy`
  rustg test --device sim --parallel 1
  rustg test --junit report.xml
  rustg test --json | jq .failed

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
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print one JSON object instead of the tests' lines
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut command = args.cargo.command("test")?;
    command.arg("--no-fail-fast").arg("--");
    command.args(&args.filter);
    if let Some(parallel) = args.parallel {
        command.arg(format!("--test-threads={}", parallel.max(1)));
    }
    let start = Instant::now();
    let mut child = cargo::start(command.stdout(Stdio::piped()))?;
    let mut pipe = child.stdout.take().expect("its output was asked for");
    let mut printed = Vec::new();
    let mut part = [0; 16 << 10];
    loop {
        let count = pipe.read(&mut part).map_err(Failure::input)?;
        if count == 0 {
            break;
        }
        printed.extend_from_slice(&part[..count]);
        if !args.json {
            output::write_stdout(&part[..count])?;
        }
    }
    let status = child.wait().map_err(Failure::input)?;
    let seconds = start.elapsed().as_secs_f64();
    let tests = report::read(&String::from_utf8_lossy(&printed));
    if let Some(path) = &args.junit {
        let xml = report::to_junit(&tests, &args.cargo.project_name(), seconds);
        fs::write(path, xml).map_err(|error| Failure::output(path.display(), &error))?;
    }
    if args.json {
        let value = report::to_json(&tests, &args.cargo.device_name(), seconds);
        let text = format!("{value}\n");
        output::write_stdout(text.as_bytes())?;
    }
    let [_, failed, _] = report::counts(&tests);
    // Cargo's own code tells a project that does not compile from tests that failed.
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false if failed > 0 => ExitCode::from(exit::FINDINGS),
        false => ExitCode::from(cargo::exit_code(status)),
    })
}
