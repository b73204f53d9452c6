//! The binary: arguments, wiring and exit codes; every subcommand is a file of its own.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

mod bench;
mod build;
mod cargo;
mod check;
mod clean;
mod completions;
mod device_code;
mod diff;
mod dump;
mod dump_ptx;
mod export;
mod failure;
mod flame;
mod fmt;
mod input;
mod inspect;
mod man;
mod new;
mod output;
mod progress;
mod record;
mod run;
mod sim;
mod source_file;
mod stats;
mod table_text;
mod test;
mod top;
mod tui;

use failure::Failure;

/// Exit codes of the house; a command that runs somebody's program passes that program's code on.
mod exit {
    /// Findings: a check failed.
    #[allow(dead_code, reason = "used by commands that check")]
    pub const FINDINGS: u8 = 1;
    /// Wrong usage or unreadable input.
    pub const INPUT: u8 = 2;
    /// A component is missing: GPU, CUPTI, NVML.
    #[allow(dead_code, reason = "used by commands that need a GPU")]
    pub const MISSING: u8 = 3;
    /// Ended by Ctrl-C: 128 and the signal's number, as shells have it.
    pub const INTERRUPTED: u8 = 130;
}

/// A terminal suite for people who write and run GPU code.
#[derive(Parser)]
#[command(
    name = "rustg",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:
  rustg stats train.json.gz
  rustg diff before.json after.json
  rustg flame train.json.gz > out.svg
  rustg export train.rgt --to perfetto -o train.pftrace
  rustg completions bash > ~/.local/share/bash-completion/completions/rustg
  rustg man --out ~/.local/share/man/man1

TRACE is rustg's own recording, PyTorch or Chrome JSON (plain or .gz), a Nsight Systems SQLite export or folded
stacks; the content decides, not the name. Without TRACE: the newest recording under .rustg/.

Exit codes: 0 fine, 1 findings, 2 wrong usage or input, 3 a component is missing."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: output::OutputArgs,
    #[command(flatten)]
    input: input::InputArgs,
}

/// One variant a subcommand, one file a variant: `src/NAME.rs` holds its `Args` and `run`.
#[derive(clap::Subcommand)]
enum Command {
    Tui(tui::Args),
    Record(record::Args),
    Stats(stats::Args),
    Diff(diff::Args),
    Flame(flame::Args),
    Export(export::Args),
    Top(top::Args),
    Sim(sim::Args),
    New(new::Args),
    Run(run::Args),
    Test(test::Args),
    Bench(bench::Args),
    Build(build::Args),
    Inspect(inspect::Args),
    Check(check::Args),
    Clean(clean::Args),
    Fmt(fmt::Args),
    Dump(dump::Args),
    Completions(completions::Args),
    Man(man::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.output.apply();
    cli.input.apply();
    let result: Result<ExitCode, Failure> = match cli.command {
        Command::Tui(args) => tui::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Flame(args) => flame::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Top(args) => top::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::New(args) => new::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Clean(args) => clean::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Dump(args) => dump::run(&args),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
    };
    result.unwrap_or_else(Failure::report)
}
