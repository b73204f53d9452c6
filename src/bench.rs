//! `rustg bench`: runs a project's benchmarks on a device, and compares them with a baseline.

use std::fmt::Write as _;
use std::process::ExitCode;

use rustg_build::bench::{self, Benchmark, Comparison, Verdict};
use rustg_build::report;
use rustg_build::runner::{self, Outcomes};
use serde_json::json;

use crate::cargo::CargoArgs;
use crate::failure::Failure;
use crate::{exit, output, test};

/// Run a project's benchmarks, on a GPU or in the simulator
///
/// Functions with #[gpu_bench] (given a `&mut Bencher`) run one after the other, each in a process of its own. On a GPU an iteration is timed by
/// events; in the simulator its warp instructions are counted, and times are wall time. A benchmark has become slower where the Mann–Whitney U test
/// gives p < 0.01 and the median has grown by more than 2 %; in the simulator, where it executes 0.1 % more warp instructions.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg bench
  rustg bench saxpy --device cuda:0    benchmarks whose path holds `saxpy`
  rustg bench --save-baseline main     keep the result in .rustg/baselines/main.json
  rustg bench --baseline main          compare with it
  rustg bench --json | jq '.benchmarks[].median_ns'

Exit codes: 0 nothing became slower, 1 something became slower or failed, 2 there is no such baseline, 101 the project does not compile.")]
pub struct Args {
    #[command(flatten)]
    cargo: CargoArgs,
    /// Only benchmarks whose path holds this
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    /// Compare with the baseline of this name
    #[arg(long, value_name = "NAME", value_parser = baseline_name)]
    baseline: Option<String>,
    /// Keep the result under this name
    #[arg(long, value_name = "NAME", value_parser = baseline_name)]
    save_baseline: Option<String>,
    /// Samples of each benchmark
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(3..=100_000))]
    samples: u32,
    /// A benchmark that takes longer has failed
    #[arg(long, value_name = "SECONDS", default_value_t = 600.0)]
    timeout: f64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn baseline_name(text: &str) -> Result<String, String> {
    match bench::is_baseline_name(text) {
        true => Ok(text.to_owned()),
        false => Err("letters, digits, `-`, `_` and `.`, which it does not begin with".to_owned()),
    }
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let folder = args.cargo.project_folder()?;
    let before = match &args.baseline {
        None => None,
        Some(name) => {
            let path = bench::baseline_path(&folder, name);
            let wrong = |error: std::io::Error| {
                Failure::input(format_args!(
                    "{}: {error}; `rustg bench --save-baseline {name}` makes it",
                    path.display()
                ))
            };
            Some(bench::load(&path).map_err(wrong)?)
        }
    };
    let mut options = test::options(&args.cargo, args.filter.iter(), Some(1), args.timeout)?;
    options.samples = Some(args.samples);
    let binaries = match test::build(&args.cargo)? {
        Ok(binaries) => binaries,
        Err(code) => return Ok(code),
    };
    let mut outcomes = Outcomes::default();
    for binary in &binaries {
        let ran = runner::run_benchmarks(binary, &options, &mut |_| {}).map_err(Failure::input)?;
        outcomes.tests.extend(ran.tests);
        outcomes.benchmarks.extend(ran.benchmarks);
        outcomes.devices.extend(ran.devices);
    }
    let device = outcomes.devices.first().cloned().unwrap_or_default();
    if let Some((then, _)) = &before
        && *then != device
        && !outcomes.benchmarks.is_empty()
    {
        return Err(Failure::input(format_args!("the baseline was measured on {then}, and this is {device}")));
    }
    let compared: Vec<(&Benchmark, Option<Comparison>)> = outcomes
        .benchmarks
        .iter()
        .map(|now| {
            let then = before.iter().flat_map(|(_, list)| list).find(|then| then.name == now.name);
            (now, then.map(|then| bench::compare(then, now)))
        })
        .collect();
    let text = if args.json { json_text(&compared, &device, &outcomes) } else { table(&compared, &device, &outcomes) };
    output::write_stdout(text.as_bytes())?;
    if let Some(name) = &args.save_baseline {
        let path = bench::baseline_path(&folder, name);
        bench::save(&path, &device, &outcomes.benchmarks).map_err(|error| Failure::output(path.display(), &error))?;
    }
    let [_, failed, _] = report::counts(&outcomes.tests);
    let is_slower = compared.iter().any(|(_, comparison)| comparison.is_some_and(|it| it.verdict == Verdict::Slower));
    Ok(if failed > 0 || is_slower { ExitCode::from(exit::FINDINGS) } else { ExitCode::SUCCESS })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
    }
}

fn json_text(compared: &[(&Benchmark, Option<Comparison>)], device: &str, outcomes: &Outcomes) -> String {
    let list: Vec<_> = compared
        .iter()
        .map(|(benchmark, comparison)| {
            let mut value = benchmark.to_json();
            if let Some(Comparison { ratio, p, verdict }) = comparison {
                value["comparison"] = json!({ "ratio": ratio, "p": p, "verdict": word(*verdict) });
            }
            value
        })
        .collect();
    let failed: Vec<_> = outcomes
        .tests
        .iter()
        .filter(|test| test.outcome == report::Outcome::Failed)
        .map(|test| json!({ "name": test.name, "output": test.output }))
        .collect();
    format!("{}\n", json!({ "device": device, "benchmarks": list, "failed": failed }))
}

/// A row a benchmark: its median, its spread, and what it does a second.
fn table(compared: &[(&Benchmark, Option<Comparison>)], device: &str, outcomes: &Outcomes) -> String {
    let mut text = test::failures(&outcomes.tests);
    if compared.is_empty() && text.is_empty() {
        return "no benchmarks: a function with #[gpu_bench] is one\n".to_owned();
    }
    let width = compared.iter().map(|(benchmark, _)| benchmark.name.chars().count()).max().unwrap_or(0).max(9);
    let _ =
        writeln!(text, "{:width$}  {:>11}  {:>8}  {:>14}  on {device}", "benchmark", "median", "spread", "a second");
    for (benchmark, comparison) in compared {
        let [first, median, third] = benchmark.quartiles_ns();
        let spread = format!("±{:.1} %", (third - first) / 2.0 / median.max(1e-9) * 100.0);
        let a_second = match (benchmark.size_bytes, benchmark.elements) {
            (0, 0) => String::new(),
            (0, elements) => format!("{}elem", scaled(elements as f64 / median * 1e9)),
            (bytes, _) => format!("{}B", scaled(bytes as f64 / median * 1e9)),
        };
        let _ = write!(text, "{:width$}  {:>11}  {spread:>8}  {a_second:>14}", benchmark.name, duration(median));
        if let Some(count) = benchmark.instructions {
            let _ = write!(text, "  {count:.0} warp instructions");
        }
        if let Some(Comparison { ratio, p, verdict }) = comparison {
            let change = (ratio - 1.0) * 100.0;
            let _ = write!(text, "  {change:+.1} % (p = {p:.3}): {}", word(*verdict));
        }
        text.push('\n');
    }
    text
}

/// Nanoseconds with three figures and their unit.
fn duration(ns: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    let (scale, unit) = units.into_iter().find(|(scale, _)| ns >= *scale).unwrap_or((1.0, "ns"));
    format!("{:.3} {unit}", ns / scale)
}

/// A number with three figures and the prefix of its unit.
fn scaled(value: f64) -> String {
    let prefixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let (scale, prefix) = prefixes.into_iter().find(|(scale, _)| value >= *scale).unwrap_or((1.0, ""));
    format!("{:.2} {prefix}", value / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_unit_that_makes_them_short() {
        assert_eq!(duration(1_234.5), "1.234 µs");
        assert_eq!(duration(12.0), "12.000 ns");
        assert_eq!(scaled(4.37e12), "4.37 T");
    }
}
