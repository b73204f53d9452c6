//! `rustg new`: a project with a kernel, a program that launches it and tests.

use std::path::PathBuf;
use std::process::ExitCode;

use rustg_build::{project, sdk};

use crate::failure::Failure;
use crate::output;

/// Make a new project with a kernel, a program and tests
///
/// The project builds with stable Rust and Cargo alone, and runs in the simulator where there is no GPU. The crates that it depends on are unpacked from
/// this binary into the user's data folder (RUSTG_SDK_DIR names another one), once for each version.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg new hello && cd hello
  cargo run                        launch the kernel on the GPU, or in the simulator
  RUSTG_DEVICE=sim cargo run       in the simulator also where there is a GPU
  rustg test                       its tests

Exit codes: 0 done, 2 the name is no package name, something lies there already or cannot be written.")]
pub struct Args {
    /// Folder of the new project; its last part is the package's name
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let home = sdk::home().map_err(Failure::input)?;
    project::create(&args.path, &home).map_err(Failure::input)?;
    let shown = args.path.display();
    let text = format!("Made {shown}. Next:\n  cd {shown}\n  cargo run\n  rustg test\n");
    output::write_stdout(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
