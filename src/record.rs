//! `rustg record`: runs a program and records what it does on its GPUs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustg_record::{Options, Outcome, Stacks, Without};

use crate::exit;
use crate::failure::Failure;
use crate::input::RECORDINGS;

/// Run a program and record its GPU work
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg record -- python train.py                     into .rustg/, with Python and native stacks
  rustg record --stack none -- ./bench                trace only, at the least cost
  rustg record --delay 30s --duration 10s -- ./serve  ten seconds, after warming up
  rustg record --range nvtx:step -- python train.py   only within NVTX ranges named \"step\"
  rustg tui                                           look at it, also while it runs

Works on any CUDA 12 or 13 program and its children; nothing needs to be rebuilt. CUPTI is taken
from the program, its toolkit or its Python environment; RUSTG_CUPTI names another. Exits with the
program's code, or with 3 if that was 0 and nothing could be recorded.")]
pub struct Args {
    /// The recording to make; default: .rustg/PROGRAM-TIME.rgt
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Host frames to take at each launch
    #[arg(long, value_enum, default_value_t = StackKind::All)]
    stack: StackKind,
    /// Record every API call, not only those that launch, copy, wait or allocate
    #[arg(long)]
    all_api: bool,
    /// What to record of a CUDA graph: each node, or its launch as a whole (cheaper)
    #[arg(long, value_enum, default_value_t = GraphTrace::Node)]
    graph_trace: GraphTrace,
    /// Begin only so long after CUDA is initialised (500ms, 10s, 2m)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    delay: Option<Duration>,
    /// Stop so long after recording began; the program goes on at its own speed
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    duration: Option<Duration>,
    /// Record only within NVTX ranges of this name
    #[arg(long, value_name = "nvtx:NAME", value_parser = parse_range)]
    range: Option<OsString>,
    /// Stop when the recording has about this size (500M, 2G)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_size: Option<u64>,
    /// Leave out NVML's figures of the GPUs (SM, tensor, DRAM, PCIe, power, …), recorded 25 times a second otherwise
    #[arg(long)]
    no_telemetry: bool,
    /// Record also which stream or context each wait was for; waiting calls are recorded anyway, and this costs a launch
    /// more than all else together
    #[arg(long)]
    sync: bool,
    /// Leave these out: each costs a launch something
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    without: Vec<Kind>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Which host frames to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum StackKind {
    /// No stacks
    None,
    /// Python's frames
    Python,
    /// Machine frames
    Native,
    /// Both
    All,
}

/// Kinds of records that can be left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Kind {
    /// NVTX ranges
    Nvtx,
    /// The driver's and CUPTI's own time
    Overhead,
}

/// What to record of CUDA graphs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum GraphTrace {
    /// One record a graph's launch
    Graph,
    /// One record a node
    Node,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let recording = match &args.out {
        Some(dir) => dir.clone(),
        None => default_recording(&args.command[0]),
    };
    let options = Options {
        command: args.command.clone(),
        recording,
        stacks: Stacks {
            python: matches!(args.stack, StackKind::Python | StackKind::All),
            native: matches!(args.stack, StackKind::Native | StackKind::All),
        },
        all_api: args.all_api,
        whole_graphs: args.graph_trace == GraphTrace::Graph,
        delay: args.delay.unwrap_or_default(),
        duration: args.duration,
        range: args.range.clone(),
        max_size_bytes: args.max_size,
        no_telemetry: args.no_telemetry,
        sync: args.sync,
        without: Without { nvtx: args.without.contains(&Kind::Nvtx), overhead: args.without.contains(&Kind::Overhead) },
    };
    let outcome = rustg_record::record(&options).map_err(Failure::input)?;
    report(&outcome);
    let code = match outcome.exit_code {
        0 if !outcome.has_records() => exit::MISSING,
        code => code as u8,
    };
    Ok(ExitCode::from(code))
}

/// What came of it, on stderr: stdout is the program's.
fn report(outcome: &Outcome) {
    for reason in &outcome.reasons {
        eprintln!("rustg: {reason}");
    }
    if !outcome.has_records() {
        return;
    }
    let decoded = &outcome.decoded;
    let processes = match outcome.processes {
        1 => String::new(),
        several => format!(", {several} processes"),
    };
    eprintln!(
        "rustg: {} kernels, {} copies and fills, {} API calls, {} lost, in {:.1} s{processes}; {} on disk ({:.1} bytes a record)\n\
         rustg: rustg tui {}",
        decoded.kernels,
        decoded.gpu_events - decoded.kernels,
        decoded.calls,
        decoded.lost,
        outcome.wall.as_secs_f64(),
        size(outcome.size_bytes),
        outcome.size_bytes as f64 / (decoded.gpu_events + decoded.calls + decoded.others) as f64,
        outcome.recording.display(),
    );
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// `.rustg/PROGRAM-YYYYMMDD-HHMMSS.rgt`, in UTC, with a number behind it if there is one already.
fn default_recording(program: &OsString) -> PathBuf {
    let name = Path::new(program).file_stem().map_or("program".into(), |name| name.to_string_lossy().into_owned());
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let name = format!("{name}-{}", utc(seconds));
    let recording = |name: &str| Path::new(RECORDINGS).join(format!("{name}.rgt"));
    let free = (1..).map(|number| if number == 1 { name.clone() } else { format!("{name}-{number}") });
    free.map(|name| recording(&name)).find(|path| !path.exists()).expect("some number is free")
}

/// Seconds since 1970 as `YYYYMMDD-HHMMSS`.
fn utc(seconds: u64) -> String {
    let (days, of_day) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Days to a date: years counted from March, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn split_unit(text: &str) -> (&str, &str) {
    let unit = text.find(|digit: char| !digit.is_ascii_digit() && digit != '.').unwrap_or(text.len());
    text.split_at(unit)
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let (number, unit) = split_unit(text);
    let seconds = match unit {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("no unit of time is called {unit:?}: use ms, s, m or h")),
    };
    let number: f64 = number.parse().map_err(|_| "a time is a number and a unit: 500ms, 10s, 2m".to_owned())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = split_unit(text);
    let bytes = match unit.trim_end_matches(['B', 'b']).to_ascii_uppercase().as_str() {
        "" => 1e0,
        "K" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        _ => return Err(format!("no size is called {unit:?}: use K, M, G or T")),
    };
    let number: f64 = number.parse().map_err(|_| "a size is a number and a unit: 500M, 2G".to_owned())?;
    Ok((number * bytes) as u64)
}

fn parse_range(text: &str) -> Result<OsString, String> {
    match text.strip_prefix("nvtx:") {
        Some(name) if !name.is_empty() => Ok(name.into()),
        _ => Err("a range to record within is written nvtx:NAME".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_units_and_nonsense_is_refused() {
        assert_eq!(parse_time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_time("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("10"), Ok(Duration::from_secs(10)));
        assert!(parse_time("10 fortnights").is_err() && parse_time("s").is_err());
        assert_eq!(parse_size("2G"), Ok(2_000_000_000));
        assert_eq!(parse_size("500MB"), Ok(500_000_000));
        assert!(parse_size("many").is_err() && parse_range("step").is_err());
    }

    #[test]
    fn a_recording_s_time_is_the_calendar_s() {
        assert_eq!(utc(0), "19700101-000000");
        assert_eq!(utc(951_782_399), "20000228-235959");
        assert_eq!(utc(951_782_400), "20000229-000000");
        assert_eq!(utc(1_795_261_369), "20261121-114249");
    }
}
