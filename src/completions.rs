//! `rustg completions`: shell completions, generated from the same table as the help.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::output;

/// Print a completion script for a shell
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg completions bash > ~/.local/share/bash-completion/completions/rustg
  rustg completions zsh  > ~/.zfunc/_rustg
  rustg completions fish > ~/.config/fish/completions/rustg.fish")]
pub struct Args {
    /// The shell to complete in
    shell: clap_complete::Shell,
}

/// Writes the script to stdout.
pub fn run(args: &Args, mut command: clap::Command) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "rustg", &mut script);
    output::write_stdout(&script)?;
    Ok(ExitCode::SUCCESS)
}
