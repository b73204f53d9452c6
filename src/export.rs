//! `rustg export`: a trace in other tools' formats.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustg_analyze::flame::{FlameOptions, FlameTree, emit_folded, emit_pprof, emit_speedscope};
use rustg_trace::Trace;
use rustg_trace::write::{EventTable, TableFormat, write_chrome, write_json_tables, write_perfetto, write_table};

use crate::failure::Failure;
use crate::input;
use crate::progress::Progress;

/// Write a trace in another tool's format
///
/// Timelines for Perfetto and chrome://tracing, profiles of GPU time for flame graph tools and pprof, tables of all events for
/// pandas, Polars, DuckDB and spreadsheets. Times are exact in all of them.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg export --to perfetto -o train.pftrace                  the newest recording, for ui.perfetto.dev
  rustg export train.rgt --to chrome -o train.json.gz          PyTorch's format, packed
  rustg export train.rgt --to pprof -o gpu.pb.gz && go tool pprof -http : gpu.pb.gz
  rustg export train.rgt --to speedscope -o train.speedscope.json
  rustg export train.rgt --to parquet -o tables/               one file a table
  rustg export train.rgt --to csv --table kernels | head
  duckdb -c \"select name, sum(dur_ns) from 'tables/kernels.parquet' group by all order by 2 desc\"

The tables of figures (kernels by total time, gaps, …) come from rustg stats --json and --csv; flame graphs with options from
rustg flame.")]
pub struct Args {
    /// The trace; without it the newest recording under .rustg/
    trace: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Format,
    /// Write to this file, or directory for several tables; - is stdout. A name that ends in .gz is packed
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Only these tables, separated by commas: kernels, memory, graphs, api, sync, ranges, counters, stacks, gpus
    #[arg(long, visible_alias = "tables", value_name = "LIST", value_delimiter = ',')]
    table: Vec<EventTable>,
    /// Replace what is there
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Perfetto's protobuf, for ui.perfetto.dev
    Perfetto,
    /// Chrome trace-event JSON as PyTorch writes it
    Chrome,
    /// Folded stacks of GPU time, a line each
    Folded,
    /// GPU time for speedscope.app
    Speedscope,
    /// GPU time as a gzipped pprof profile
    Pprof,
    /// Arrow IPC files of all events, one a table
    Arrow,
    /// Parquet files of all events, one a table
    Parquet,
    /// CSV files of all events, one a table
    Csv,
    /// One JSON object of all events, a key per table
    Json,
}

impl Format {
    fn table(self) -> Option<TableFormat> {
        match self {
            Format::Arrow => Some(TableFormat::Arrow),
            Format::Parquet => Some(TableFormat::Parquet),
            Format::Csv => Some(TableFormat::Csv),
            Format::Json => Some(TableFormat::Json),
            _ => None,
        }
    }

    fn is_text(self) -> bool {
        !matches!(self, Format::Perfetto | Format::Pprof | Format::Arrow | Format::Parquet)
    }

    /// A file name for examples.
    fn example(self) -> &'static str {
        match self {
            Format::Perfetto => "trace.pftrace",
            Format::Chrome | Format::Json => "trace.json.gz",
            Format::Folded => "trace.folded",
            Format::Speedscope => "trace.speedscope.json",
            Format::Pprof => "trace.pb.gz",
            Format::Arrow | Format::Parquet | Format::Csv => "tables/",
        }
    }
}

/// Where the result goes.
enum Output<'a> {
    Stdout,
    File(&'a Path),
    /// One file a table.
    Directory(&'a Path, TableFormat),
}

/// Reads, converts and writes.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let output = args.output()?;
    let path = input::trace_or_newest(args.trace.as_deref())?;
    let trace = input::open(&path)?;
    match output {
        Output::Directory(directory, format) => args.write_directory(&trace, directory, format)?,
        Output::File(file) => args.write_file(file, |output| args.write(&trace, output))?,
        Output::Stdout => {
            let mut stdout = BufWriter::with_capacity(1 << 16, io::stdout());
            let written = args.write(&trace, &mut stdout).and_then(|()| stdout.flush());
            written.map_err(|error| Failure::output("stdout", &error))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    /// Where to, checked before anything is read.
    fn output(&self) -> Result<Output<'_>, Failure> {
        if !self.table.is_empty() && self.to.table().is_none() {
            return Err(Failure::input("--table goes with --to arrow, parquet, csv or json"));
        }
        let output = self.output.as_deref().filter(|path| *path != Path::new("-"));
        if let Some(format) = self.to.table().filter(|&format| format != TableFormat::Json && self.table.len() != 1) {
            let Some(directory) = output else {
                return Err(Failure::input(format_args!(
                    "several tables need a directory: -o {}, or choose one: --table kernels",
                    self.to.example()
                )));
            };
            let taken = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
            if directory.is_file() || taken && !self.force {
                return Err(exists(directory));
            }
            return Ok(Output::Directory(directory, format));
        }
        match output {
            Some(file) if file.exists() && !self.force && !is_device(file) => Err(exists(file)),
            Some(file) => Ok(Output::File(file)),
            None if !self.to.is_text() && io::stdout().is_terminal() => Err(Failure::input(format_args!(
                "the result is not text and would garble the terminal; name a file: -o {}",
                self.to.example()
            ))),
            None => Ok(Output::Stdout),
        }
    }

    /// Everything the format holds, to one output.
    fn write(&self, trace: &Trace, output: &mut (dyn Write + Send)) -> io::Result<()> {
        let mut line = Progress::new(format!("writing {}", trace.title));
        let report = &mut |done, total| {
            line.events(done, total);
            ControlFlow::Continue(())
        };
        let flame = || FlameTree::of(trace, &FlameOptions::default());
        match self.to {
            Format::Perfetto => write_perfetto(trace, output, report),
            Format::Chrome => write_chrome(trace, output, report),
            Format::Folded => emit_folded(&flame(), &mut &mut *output),
            Format::Speedscope => {
                let tree = flame();
                emit_speedscope(&tree.title, &[(tree.root_label.clone(), &tree)], &mut &mut *output)
            }
            Format::Pprof => {
                let start_ns = trace.epoch_offset_ns.and_then(|offset| offset.checked_add(trace.span.start_ns));
                emit_pprof(&flame(), start_ns, trace.span.dur_ns(), &mut &mut *output)
            }
            Format::Json if self.table.len() != 1 => {
                let tables = if self.table.is_empty() { &EventTable::ALL[..] } else { &self.table };
                write_json_tables(trace, tables, output, report)
            }
            Format::Arrow | Format::Parquet | Format::Csv | Format::Json => {
                let format = self.to.table().expect("these are tables");
                write_table(trace, self.table[0], format, output, report)
            }
        }
    }

    /// Writes beside `path` and renames at the end, so that nobody takes half a result for a whole one.
    fn write_file(
        &self,
        path: &Path,
        write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let to = if is_device(path) { path.to_owned() } else { PathBuf::from(part) };
        let packed = self.to != Format::Pprof && path.extension().is_some_and(|extension| extension == "gz");
        let result = (|| {
            let mut file = BufWriter::with_capacity(1 << 18, File::create(&to)?);
            if packed {
                let mut packer = GzEncoder::new(&mut file, Compression::default());
                write(&mut packer)?;
                packer.finish()?;
            } else {
                write(&mut file)?;
            }
            file.flush()?;
            if to == path { Ok(()) } else { fs::rename(&to, path) }
        })();
        result.map_err(|error| {
            if to != path {
                let _ = fs::remove_file(&to);
            }
            Failure::output(path.display(), &error)
        })
    }

    fn write_directory(&self, trace: &Trace, directory: &Path, format: TableFormat) -> Result<(), Failure> {
        fs::create_dir_all(directory).map_err(|error| Failure::output(directory.display(), &error))?;
        let tables = if self.table.is_empty() { &EventTable::ALL[..] } else { &self.table };
        for &table in tables.iter().filter(|table| !table.is_empty(trace)) {
            let mut line = Progress::new(format!("writing {table}"));
            let report = &mut |done, total| {
                line.events(done, total);
                ControlFlow::Continue(())
            };
            let file = directory.join(format!("{table}.{}", format.extension()));
            self.write_file(&file, |output| write_table(trace, table, format, output, report))?;
        }
        Ok(())
    }
}

fn exists(path: &Path) -> Failure {
    Failure::input(format_args!("{} is there already; --force replaces it", path.display()))
}

/// A pipe, a terminal or /dev/null: written to, never replaced.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}
