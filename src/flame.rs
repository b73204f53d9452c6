//! `rustg flame`: the flame graph of GPU time.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustg_analyze::flame::{
    FlameOptions, FlameTree, Overlap, SvgOptions, Weight, emit_folded, emit_folded_difference, emit_speedscope,
    emit_svg,
};
use rustg_analyze::range::RangeSpec;
use rustg_analyze::stats::gpu_label;
use rustg_trace::{GpuId, Trace};

use crate::failure::Failure;
use crate::{input, output};

/// Draw which code launched the GPU's time, as an interactive SVG
///
/// Host stack → launch call → stream or graph → kernel; widths are GPU time, idle time stands beside the code with its
/// cause, and the whole is wall time × GPUs. Where k things ran at once on a GPU, each gets 1/k.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg flame > out.svg                               the newest recording
  rustg flame train.json.gz -o out.svg                a trace of PyTorch's profiler
  rustg flame train.json.gz --weight idle > idle.svg  which code let the GPU wait
  rustg flame after.rgt --diff before.rgt > diff.svg  red grew, blue shrank
  rustg flame train.json.gz --format folded | sort -t' ' -k2 | less
  rustg flame train.json.gz --range nvtx:backward --reverse -o kernels.svg")]
pub struct Args {
    /// The trace; without it the newest recording under .rustg/
    trace: Option<PathBuf>,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    format: Format,
    /// What a frame's width means
    #[arg(long, value_enum, default_value_t = WeightArg::Time)]
    weight: WeightArg,
    /// How work that runs at once on a GPU is counted
    #[arg(long, value_enum, default_value_t = OverlapArg::Share)]
    overlap: OverlapArg,
    /// Only this part: 118.86ms..119.07ms since the start, or nvtx:NAME, or nvtx:NAME#3
    #[arg(long, value_name = "RANGE")]
    range: Option<RangeSpec>,
    /// Only the GPU with this index
    #[arg(long, value_name = "INDEX")]
    gpu: Option<u32>,
    /// Colour by the difference to this trace: red takes more than there, blue less
    #[arg(long, value_name = "TRACE")]
    diff: Option<PathBuf>,
    /// Bottom-up: kernels at the root, below each what launched it
    #[arg(long)]
    reverse: bool,
    /// Leave idle time out, so that the whole is the time GPUs were busy
    #[arg(long, conflicts_with = "weight")]
    busy: bool,
    /// Tell the lines of a function apart, where stacks were recorded with lines
    #[arg(long)]
    lines: bool,
    /// Keep NVTX ranges apart that differ only in a number (step 1, step 2, …), however many
    #[arg(long)]
    numbered: bool,
    /// Width of the SVG in pixels; without it, that of the window which shows it
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u16).range(200..))]
    width: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// An interactive SVG for a browser
    Svg,
    /// Folded stacks, a line each: frame;frame;frame weight
    Folded,
    /// JSON for speedscope.app, a profile a GPU
    Speedscope,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum WeightArg {
    /// GPU nanoseconds, idle time beside the code
    Time,
    /// Kernels, copies and fills started
    Launches,
    /// Bytes copied and filled
    Bytes,
    /// GPU idle nanoseconds, under the code that let it wait
    Idle,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum OverlapArg {
    /// k at once get 1/k each: the sum is the time the GPU was busy
    Share,
    /// Each counts in full: a kernel's width is its duration
    Sum,
}

/// Draws the graph.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.output.is_none() && args.format != Format::Folded && io::stdout().is_terminal() {
        return Err(Failure::input(
            "the result is for a browser, not a terminal: rustg flame > out.svg, or -o out.svg\n  \
             to look at it here: rustg tui, or rustg flame --format folded",
        ));
    }
    let trace = input::open(&input::trace_or_newest(args.trace.as_deref())?)?;
    let before = args.diff.as_deref().map(input::open).transpose()?;
    let options = args.options(&trace)?;
    let graph = args.graph(&trace, before.as_ref(), &options)?;
    if graph.total() == 0 {
        return Err(Failure::input(format_args!(
            "{}: no {} to show{}",
            graph.title,
            graph.weight.name(),
            args.way_out()
        )));
    }
    match &args.output {
        Some(path) => {
            let file = File::create(path).map_err(|error| Failure::output(path.display(), &error))?;
            args.write(&trace, &graph, &options, &mut BufWriter::new(file), path)?;
        }
        None => {
            let mut bytes = Vec::new();
            args.write(&trace, &graph, &options, &mut bytes, Path::new("stdout"))?;
            output::write_stdout(&bytes)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn options(&self, trace: &Trace) -> Result<FlameOptions, Failure> {
        let range = self.range.as_ref().map(|range| range.resolve(trace)).transpose().map_err(Failure::input)?;
        Ok(FlameOptions {
            weight: match self.weight {
                WeightArg::Time => Weight::Time,
                WeightArg::Launches => Weight::Launches,
                WeightArg::Bytes => Weight::Bytes,
                WeightArg::Idle => Weight::Idle,
            },
            overlap: match self.overlap {
                OverlapArg::Share => Overlap::Share,
                OverlapArg::Sum => Overlap::Sum,
            },
            range,
            gpu: self.gpu.map(|index| gpu_of(trace, index)).transpose()?,
            lines: self.lines,
            numbered: self.numbered,
        })
    }

    fn graph(&self, trace: &Trace, before: Option<&Trace>, options: &FlameOptions) -> Result<FlameTree, Failure> {
        let mut graph = FlameTree::of(trace, options);
        if let Some(before) = before {
            graph = graph.compare(&FlameTree::of(before, &self.options(before)?));
        }
        Ok(self.reshaped(graph))
    }

    fn reshaped(&self, mut graph: FlameTree) -> FlameTree {
        if self.busy {
            graph = graph.without_idle();
        }
        if self.reverse { graph.reversed() } else { graph }
    }

    /// What may have been meant where there is nothing to show.
    fn way_out(&self) -> &'static str {
        match self.weight {
            WeightArg::Bytes => " (the trace has no copies or fills with sizes); try --weight time",
            _ if self.range.is_some() || self.gpu.is_some() => "; try without --range and --gpu",
            _ => "",
        }
    }

    fn write(
        &self,
        trace: &Trace,
        graph: &FlameTree,
        options: &FlameOptions,
        writer: &mut impl Write,
        to: &Path,
    ) -> Result<(), Failure> {
        let written = match self.format {
            Format::Svg => {
                let svg = SvgOptions { width: self.width.map(usize::from), root_at_bottom: false };
                emit_svg(graph, &svg, writer)
            }
            Format::Folded if graph.compared => emit_folded_difference(graph, writer),
            Format::Folded => emit_folded(graph, writer),
            Format::Speedscope => self.write_speedscope(trace, graph, options, writer),
        };
        written.and_then(|()| writer.flush()).map_err(|error| Failure::output(to.display(), &error))
    }

    /// A profile a GPU; where there is one GPU or none, the graph itself.
    fn write_speedscope(
        &self,
        trace: &Trace,
        graph: &FlameTree,
        options: &FlameOptions,
        writer: &mut impl Write,
    ) -> io::Result<()> {
        let of_gpu = |index: u32| {
            let tree = FlameTree::of(trace, &FlameOptions { gpu: Some(GpuId(index)), ..*options });
            (gpu_label(trace, GpuId(index)), self.reshaped(tree))
        };
        let trees: Vec<(String, FlameTree)> = if options.gpu.is_none() && trace.gpus_with_work() > 1 {
            let used = |index: &u32| trace.gpu_tracks().any(|(_, track)| track.gpu == Some(GpuId(*index)));
            (0..trace.gpus.len() as u32).filter(used).map(of_gpu).collect()
        } else {
            vec![(graph.root_label.clone(), graph.clone())]
        };
        let profiles: Vec<(String, &FlameTree)> = trees.iter().map(|(name, tree)| (name.clone(), tree)).collect();
        emit_speedscope(&graph.title, &profiles, writer)
    }
}

fn gpu_of(trace: &Trace, index: u32) -> Result<GpuId, Failure> {
    let found = trace.gpus.iter().position(|gpu| gpu.device == index);
    found.map(|position| GpuId(position as u32)).ok_or_else(|| {
        let known: Vec<String> = trace.gpus.iter().map(|gpu| gpu.device.to_string()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Failure::input(format_args!("{} has no GPU {index}; it has {known}", trace.title))
    })
}
