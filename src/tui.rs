//! `rustg tui`: the terminal screens over one trace, or over two to compare.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustg_tui::headless::{Headless, to_ansi, to_text};
use rustg_tui::{Background, Colours, Exit, Options, Source, Theme};

use crate::failure::Failure;
use crate::input::{RECORDINGS, newest_recording};
use crate::output;

/// A trimmed recording by PyTorch's profiler of a small transformer's training on an H200.
const SAMPLE: &[u8] = include_bytes!("../tui/sample/transformer-train-h200.json.gz");
const SAMPLE_TITLE: &str = "sample: transformer training, H200";

/// See a trace: the timeline, kernels, flame graph and telemetry, in the terminal
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg tui                                  the newest recording under .rustg/, or a bundled sample
  rustg tui train.json.gz
  rustg tui before.json.gz after.json.gz     two traces, like rows beside like
  rustg tui train.rgt --at 118.86ms..119.07ms --select stream7
  rustg tui train.rgt --batch 'find gemm; next' --size 120x40

Keys: arrows pan, + - and the mouse wheel zoom, g next gap, Enter select and follow, / find, ? all keys.")]
pub struct Args {
    /// Traces to open: one, or two to compare
    #[arg(value_name = "TRACE", num_args = 0..=2)]
    traces: Vec<PathBuf>,
    /// Range to show: START..END like 118.86ms..119.07ms, or nvtx:NAME#2
    #[arg(long, value_name = "RANGE")]
    at: Option<String>,
    /// Row (stream7) or a part of an event's name to select
    #[arg(long, value_name = "TEXT")]
    select: Option<String>,
    /// Commands to run, separated by ';'; prints the screen and exits
    #[arg(long, value_name = "COMMANDS")]
    batch: Option<String>,
    /// Columns and rows of the screen that --batch prints
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "120x40", value_parser = parse_size)]
    size: (u16, u16),
    /// Plain ASCII instead of Unicode
    #[arg(long)]
    ascii: bool,
    /// The terminal's colours; told from COLORTERM, TERM and NO_COLOR otherwise
    #[arg(long, value_enum)]
    palette: Option<Palette>,
    /// The terminal's background; asked from the terminal otherwise
    #[arg(long, value_enum)]
    background: Option<Shade>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Palette {
    Truecolor,
    #[value(name = "256")]
    Indexed,
    #[value(name = "16")]
    Ansi,
    None,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Shade {
    Dark,
    Light,
}

fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let (columns, rows) = text.split_once('x').ok_or("COLUMNSxROWS, like 80x24")?;
    let number = |text: &str| text.parse::<u16>().map_err(|_| format!("{text} is no number"));
    let size = (number(columns)?, number(rows)?);
    if !(1..=1000).contains(&size.0) || !(1..=1000).contains(&size.1) {
        return Err("between 1x1 and 1000x1000".to_owned());
    }
    Ok(size)
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let options = options(args)?;
    if args.batch.is_some() {
        return batch(args, &options);
    }
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::input(
            "the screens need a terminal; --batch '' prints one as text, `rustg stats` the figures",
        ));
    }
    match rustg_tui::run(&options) {
        Ok(Exit::Code(code)) => Ok(ExitCode::from(code)),
        Ok(Exit::Unreadable(messages)) => Err(Failure::input(messages.join("\nrustg: "))),
        Ok(Exit::Signal(signal)) => Ok(ExitCode::from(128u8.saturating_add(signal as u8))),
        Err(error) => Err(Failure::input(format_args!("cannot use this terminal: {error}"))),
    }
}

fn options(args: &Args) -> Result<Options, Failure> {
    let mut sources: Vec<Source> = args.traces.iter().cloned().map(Source::Path).collect();
    let mut sample = false;
    if sources.is_empty() {
        let newest = newest_recording(Path::new(RECORDINGS));
        let newest = newest.map_err(|error| Failure::input(format_args!("cannot look into {RECORDINGS}/: {error}")))?;
        sample = newest.is_none();
        let bundled = || Source::Bytes { title: SAMPLE_TITLE.to_owned(), bytes: SAMPLE };
        sources.push(newest.map_or_else(bundled, Source::Path));
    }
    let mut theme = Theme::from_environment(|name| std::env::var(name).ok());
    theme.ascii = args.ascii || !output::unicode();
    if let Some(palette) = args.palette {
        theme.colours = match palette {
            Palette::Truecolor => Colours::Truecolor,
            Palette::Indexed => Colours::Indexed,
            Palette::Ansi => Colours::Ansi,
            Palette::None => Colours::None,
        };
    }
    if let Some(background) = args.background {
        theme.background = match background {
            Shade::Dark => Background::Dark,
            Shade::Light => Background::Light,
        };
    }
    let mut commands = Vec::new();
    commands.extend(args.at.iter().map(|range| format!("at {range}")));
    commands.extend(args.select.iter().map(|text| format!("select {text}")));
    if let Some(batch) = &args.batch {
        commands.extend(batch.split(';').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let background_given = args.background.is_some() || theme.colours == Colours::None;
    let view_file = if sample { None } else { view_file(&sources) };
    Ok(Options { sources, theme, background_given, sample, view_file, commands })
}

/// Where the view of these traces is kept: the user's cache, by the files' full names.
fn view_file(sources: &[Source]) -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))?;
    let mut name = String::new();
    for source in sources {
        name.push_str(&source.path()?.canonicalize().ok()?.to_string_lossy());
        name.push('\n');
    }
    Some(cache.join("rustg/views").join(format!("{:016x}.json", rustg_trace::names::name_hash(&name))))
}

fn batch(args: &Args, options: &Options) -> Result<ExitCode, Failure> {
    let headless = Headless::new(options, args.size).map_err(Failure::input)?;
    let screen = headless.screen();
    let text = if output::colored() { to_ansi(&screen) } else { to_text(&screen) };
    output::write_stdout(text.as_bytes())?;
    Ok(ExitCode::from(headless.quit.unwrap_or(0)))
}
