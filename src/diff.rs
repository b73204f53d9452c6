//! `rustg diff`: what changed between two traces.

use std::path::PathBuf;
use std::process::ExitCode;

use rustg_analyze::diff::{Diff, DiffOptions, Metric};
use rustg_analyze::figures::Figures;
use rustg_analyze::range::RangeSpec;
use rustg_analyze::stats::{GroupBy, write_json};

use crate::failure::Failure;
use crate::table_text::{self, Style};
use crate::{exit, input, output};

/// Compare two traces: what got slower, what faster, what is new
///
/// Kernels are paired by name; one whose template arguments changed is found by the rest of its name. Sorted by the size of the
/// change of the total.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg diff before.json.gz after.json.gz
  rustg diff before.rgt after.rgt --by short              template arguments do not matter
  rustg diff before.rgt after.rgt --range 'nvtx:step#5'   one step of each
  rustg diff main.rgt branch.rgt --fail-above 5%          exit 1 when GPU busy time grew by more than 5 %
  rustg diff main.rgt branch.rgt --fail-above 2% --metric wall,kernels --json

'sure' is clear where the mean of the launches changed by at least 1 % and by more than three standard errors, ~ where it did
not, ? where one side has a single launch. Launches of one run are not independent: a clear change is worth a second run.")]
pub struct Args {
    /// The trace before
    before: PathBuf,
    /// The trace after
    after: PathBuf,
    /// Group kernels by name, short, family, module, nvtx, operator, python, api, stream, gpu, process, thread, graph or config
    #[arg(long, value_name = "WHAT", default_value = "name", hide_default_value = true)]
    by: GroupBy,
    /// Only this part of both traces: START..END since their start, or nvtx:NAME[#N]
    #[arg(long, value_name = "RANGE")]
    range: Option<RangeSpec>,
    /// Show at most N rows of each table; 0 shows all [default: 12 for people, all for --json]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Exit with code 1 when a --metric grew by more than this: 5% or 0.05
    #[arg(long, value_name = "PERCENT", value_parser = parse_ratio)]
    fail_above: Option<f64>,
    /// What --fail-above looks at: busy, wall, idle, kernels, memory or api time; several separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "busy", requires = "fail_above")]
    metric: Vec<Watched>,
    /// Write one JSON object, a key per table
    #[arg(long)]
    json: bool,
    /// No characters beyond ASCII
    #[arg(long)]
    ascii: bool,
}

/// A metric that may fail a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Watched {
    Busy,
    Wall,
    Idle,
    Kernels,
    Memory,
    Api,
}

impl Watched {
    fn key(self) -> &'static str {
        match self {
            Watched::Busy => "busy_ns",
            Watched::Wall => "wall_ns",
            Watched::Idle => "idle_ns",
            Watched::Kernels => "kernel_ns",
            Watched::Memory => "memory_ns",
            Watched::Api => "api_ns",
        }
    }
}

const TOP_FOR_PEOPLE: usize = 12;

fn parse_ratio(text: &str) -> Result<f64, String> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number.trim_end(), 100.0));
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value / scale),
        _ => Err("a growth like 5% or 0.05".to_owned()),
    }
}

/// Reads both, compares and writes; exit code 1 where a watched metric grew too much.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let (before, after) = (input::open(&args.before)?, input::open(&args.after)?);
    let options = DiffOptions { range: args.range.clone(), by: args.by };
    let diff = Diff::new(&before, &after, &options).map_err(Failure::input)?;
    let mut tables = diff.tables();
    let ascii = args.ascii || !output::unicode();
    let figures = Figures { ascii };
    let top = args.top.unwrap_or(if args.json { 0 } else { TOP_FOR_PEOPLE });
    if args.json {
        for table in tables.iter_mut().filter(|_| top > 0) {
            table.rows.truncate(top);
        }
        output::write_stdout(write_json(&tables).as_bytes())?;
    } else {
        let style = Style {
            figures,
            colored: output::colored(),
            width: output::width(),
            wall_ns: before.span.dur_ns(),
            takes_tables: false,
        };
        let mut text = headline(&before.title, &after.title, &diff, figures);
        for table in tables.iter().filter(|table| !table.rows.is_empty()) {
            text.push('\n');
            let top = if table.key == "metrics" { 0 } else { top };
            table_text::render(table, top, &style, &mut text);
        }
        output::write_stdout(text.as_bytes())?;
    }
    let failed = args.fail_above.map_or(Vec::new(), |limit| grown(&diff, &args.metric, limit));
    for metric in &failed {
        eprintln!("rustg: {}: {}", metric.key, change_text(metric, figures));
    }
    // Ends the process without walking through the traces.
    std::mem::forget((before, after));
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::FINDINGS) })
}

/// The watched metrics that grew by more than `limit`; what was nothing before and is something now grew beyond any limit.
fn grown<'a>(diff: &'a Diff, watched: &[Watched], limit: f64) -> Vec<&'a Metric> {
    let metrics = watched.iter().filter_map(|watched| diff.metric(watched.key()));
    metrics.filter(|metric| metric.ratio().map_or(metric.after > 0, |ratio| ratio > limit)).collect()
}

fn change_text(metric: &Metric, figures: Figures) -> String {
    let arrow = if figures.ascii { "->" } else { "→" };
    let (before, after) = if metric.is_time {
        (figures.duration(metric.before), figures.duration(metric.after))
    } else {
        (figures.count(metric.before), figures.count(metric.after))
    };
    let ratio = metric.ratio().map(|ratio| format!(" ({})", figures.percent_change(ratio))).unwrap_or_default();
    format!("{before} {arrow} {after}{ratio}")
}

fn headline(before: &str, after: &str, diff: &Diff, figures: Figures) -> String {
    let arrow = if figures.ascii { "->" } else { "→" };
    let part =
        |key: &str, label: &str| diff.metric(key).map(|metric| format!("{label} {}", change_text(metric, figures)));
    let parts = [part("busy_ns", "GPU busy"), part("wall_ns", "wall"), part("kernels", "kernels")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{before} {arrow} {after}\n{}\n", parts.join(&format!(" {} ", figures.separator())))
}

#[cfg(test)]
mod tests {
    use super::parse_ratio;

    #[test]
    fn limits_are_percent_or_ratios() {
        assert_eq!(parse_ratio("5%"), Ok(0.05));
        assert_eq!(parse_ratio("5 %"), Ok(0.05));
        assert_eq!(parse_ratio("0.05"), Ok(0.05));
        for text in ["", "%", "five", "-1%", "nan", "inf%"] {
            assert!(parse_ratio(text).is_err(), "{text}");
        }
    }
}
