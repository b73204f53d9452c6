//! `rustg stats`: where the time went, as tables.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use rustg_analyze::figures::Figures;
use rustg_analyze::range::RangeSpec;
use rustg_analyze::stats::{self, GroupBy, Stats, StatsOptions, Table, TableKind};
use rustg_trace::Trace;

use crate::failure::Failure;
use crate::table_text::{self, Style};
use crate::{input, output};

/// Show where the time went, as tables
///
/// Kernels, copies, API calls, NVTX ranges, GPU idle time by cause, overlap, launch latency, occupancy. All figures come from
/// exact integer nanoseconds.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg stats                                     the newest recording
  rustg stats train.json.gz --top 5
  rustg stats train.json.gz --by nvtx             kernels by the NVTX range that launched them
  rustg stats train.json.gz --range 1.2s..1.4s
  rustg stats train.json.gz --range 'nvtx:step#3' --tables kernels,gaps
  rustg stats train.json.gz --json | jq '.kernels[0]'
  rustg stats train.json.gz --csv --tables kernels > kernels.csv

The median of an even number of values is the mean of the middle two, rounded down to a nanosecond; p95 is the nearest-rank
percentile. A range cuts events at its borders, so that adjacent ranges sum to the whole.")]
pub struct Args {
    /// Traces; the newest recording under .rustg/ where there is none
    #[arg(value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// Group kernels by name, short, family, module, nvtx, operator, python, api, stream, gpu, process, thread, graph or config
    #[arg(long, value_name = "WHAT", default_value = "name", hide_default_value = true)]
    by: GroupBy,
    /// Show at most N rows of each table; 0 shows all [default: a few for people, all for --json and --csv]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Only this part of the trace: START..END since its start, or nvtx:NAME[#N]
    #[arg(long, value_name = "RANGE")]
    range: Option<RangeSpec>,
    /// Only these tables, separated by commas: summary, overlap, gaps, largest_gaps, kernels, occupancy, memory, memory_kinds,
    /// streams, latency, api, sync, nvtx, telemetry
    #[arg(long, visible_alias = "table", value_name = "LIST", value_delimiter = ',')]
    tables: Vec<TableKind>,
    /// Write one JSON object, a key per table
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Write CSV; of several tables, sections that start with a line "# TABLE"
    #[arg(long)]
    csv: bool,
    /// With --csv, write one file per table, DIR/TABLE.csv
    #[arg(long, value_name = "DIR", requires = "csv")]
    out: Option<PathBuf>,
    /// No characters beyond ASCII
    #[arg(long)]
    ascii: bool,
}

/// Rows of a table that people see unless they ask for more.
fn top_for_people(table: &str) -> usize {
    let kind: Option<TableKind> = table.parse().ok();
    match kind {
        Some(TableKind::Kernels) => 12,
        Some(TableKind::LargestGaps | TableKind::Occupancy | TableKind::MemoryKinds) => 5,
        Some(TableKind::Overlap | TableKind::Gaps | TableKind::Telemetry) => 64,
        _ => 8,
    }
}

/// Reads, computes and writes.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let traces = match args.traces.as_slice() {
        [] => vec![input::trace_or_newest(None)?],
        traces => traces.to_vec(),
    };
    if traces.len() > 1 && (args.json || args.csv) {
        return Err(Failure::input("--json and --csv take one trace at a time"));
    }
    for (index, path) in traces.iter().enumerate() {
        let trace = input::open(path)?;
        let text = one(args, &trace).map_err(|failure| failure.of(path))?;
        if index > 0 {
            output::write_stdout(b"\n")?;
        }
        output::write_stdout(text.as_bytes())?;
        // A process that ends frees its memory at once; walking through it costs milliseconds.
        std::mem::forget(trace);
    }
    Ok(ExitCode::SUCCESS)
}

fn one(args: &Args, trace: &Trace) -> Result<String, Failure> {
    let range = args.range.as_ref().map(|range| range.resolve(trace)).transpose().map_err(Failure::input)?;
    let kinds = if args.tables.is_empty() { TableKind::ALL.to_vec() } else { args.tables.clone() };
    let top = args.top.unwrap_or(0);
    let largest_gaps = if top == 0 { StatsOptions::default().largest_gaps } else { top };
    let options = StatsOptions { range, by: args.by, largest_gaps, tables: kinds.clone() };
    let found = Stats::new(trace, &options);
    let mut tables = found.tables(&kinds);
    let cut = |table: &mut Table| {
        if top > 0 {
            table.rows.truncate(top)
        }
    };
    if args.json {
        tables.iter_mut().for_each(cut);
        return Ok(stats::write_json(&tables));
    }
    if args.csv {
        tables.iter_mut().for_each(cut);
        return match &args.out {
            Some(directory) => write_files(directory, &tables).map(|()| String::new()),
            None => Ok(csv_sections(&tables)),
        };
    }
    let ascii = args.ascii || !output::unicode();
    let style = Style {
        figures: Figures { ascii },
        colored: output::colored(),
        width: output::width(),
        wall_ns: found.summary.wall_ns,
        takes_tables: true,
    };
    let mut text = table_text::headline(trace, &found, &style);
    for table in tables.iter().filter(|table| !table.rows.is_empty() && table.key != TableKind::Summary.key()) {
        text.push('\n');
        let top = args.top.unwrap_or_else(|| top_for_people(table.key));
        table_text::render(table, top, &style, &mut text);
    }
    Ok(text)
}

fn csv_sections(tables: &[Table]) -> String {
    let mut text = String::new();
    for table in tables {
        if tables.len() > 1 {
            let separator = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{separator}# {}\n", table.key));
        }
        table.write_csv(&mut text);
    }
    text
}

fn write_files(directory: &Path, tables: &[Table]) -> Result<(), Failure> {
    let failed = |path: &Path, error: &io::Error| Failure::output(path.display(), error);
    fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
    for table in tables {
        let path = directory.join(format!("{}.csv", table.key));
        let mut text = String::new();
        table.write_csv(&mut text);
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}
