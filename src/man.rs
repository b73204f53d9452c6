//! `rustg man`: man pages, generated from the same table as the help.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::failure::Failure;
use crate::output;

/// Print the man page, or write one page a subcommand
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg man | man -l -
  rustg man --out ~/.local/share/man/man1")]
pub struct Args {
    /// Write rustg.1 and a page for each subcommand to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the pages.
pub fn run(args: &Args, mut command: clap::Command) -> Result<ExitCode, Failure> {
    command.build();
    match &args.out {
        None => output::write_stdout(&page(command)?)?,
        Some(directory) => {
            fs::create_dir_all(directory).map_err(|error| Failure::output(directory.display(), &error))?;
            for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
                let name = format!("rustg-{}", subcommand.get_name());
                write(directory, &name, subcommand.clone().name(name.clone()).bin_name(name.replacen('-', " ", 1)))?;
            }
            write(directory, "rustg", command)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(directory: &Path, name: &str, command: clap::Command) -> Result<(), Failure> {
    let path = directory.join(format!("{name}.1"));
    fs::write(&path, page(command)?).map_err(|error| Failure::output(path.display(), &error))
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::output("memory", &error))?;
    Ok(page)
}
