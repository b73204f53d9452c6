//! `rustg run`: builds and runs a project, on the device that is asked for.

use std::process::ExitCode;

use crate::cargo::{self, CargoArgs};
use crate::failure::Failure;

/// Build and run a project's program, on a GPU or in the simulator
///
/// What `cargo run` does, with the device as an option. The program's exit code is passed on.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg run
  rustg run --device sim
  rustg run --release --bin solve -- --steps 100")]
pub struct Args {
    #[command(flatten)]
    cargo: CargoArgs,
    /// Which program, where the project has several
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Which example to run instead
    #[arg(long, value_name = "NAME", conflicts_with = "bin")]
    example: Option<String>,
    /// What the program is given
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<std::ffi::OsString>,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut command = args.cargo.command("run")?;
    for (flag, name) in [("--bin", &args.bin), ("--example", &args.example)] {
        command.args(name.iter().flat_map(|name| [flag, name]));
    }
    command.arg("--").args(&args.arguments);
    let status = cargo::start(&mut command)?.wait().map_err(Failure::input)?;
    Ok(ExitCode::from(cargo::exit_code(status)))
}
