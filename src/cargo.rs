//! Cargo, as the commands that build and run projects call it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustg_build::project;

use crate::failure::Failure;

/// Which device runs kernels, and which packages are meant.
#[derive(clap::Args, Clone)]
pub struct CargoArgs {
    /// Where kernels run: `sim`, `cuda:0`, …; without it the first GPU, else the simulator
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
    /// Path of the project's Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Package of the workspace
    #[arg(short = 'p', long = "package", value_name = "NAME")]
    packages: Vec<String>,
    /// Build with optimisations of the host's code
    #[arg(short = 'r', long)]
    release: bool,
}

impl CargoArgs {
    /// `cargo SUBCOMMAND` with these choices; the SDK that the project names is there.
    pub fn command(&self, subcommand: &str) -> Result<Command, Failure> {
        let manifest = self.manifest()?;
        project::provide_sdk(&manifest).map_err(|error| Failure::input(format_args!("the SDK: {error}")))?;
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg(subcommand).arg("--manifest-path").arg(&manifest);
        command.args(self.packages.iter().flat_map(|name| ["-p", name]));
        if self.release {
            command.arg("--release");
        }
        if let Some(device) = &self.device {
            command.env("RUSTG_DEVICE", device);
        }
        Ok(command)
    }

    /// The nearest Cargo.toml from here upwards, unless one is given.
    fn manifest(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.manifest_path {
            return Ok(path.clone());
        }
        let here = std::env::current_dir().map_err(Failure::input)?;
        let found = here.ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| path.exists());
        found.ok_or_else(|| Failure::input("there is no Cargo.toml here or above; `rustg new NAME` makes a project"))
    }

    /// The folder of the project's Cargo.toml.
    pub fn project_folder(&self) -> Result<PathBuf, Failure> {
        let manifest = self.manifest()?;
        let manifest = manifest.canonicalize().map_err(|error| Failure::input(error).of(&manifest))?;
        Ok(manifest.parent().unwrap_or(Path::new("/")).to_owned())
    }

    /// The name that the project's folder has.
    pub fn project_name(&self) -> String {
        let folder = self.project_folder().ok();
        let name = folder.as_deref().and_then(Path::file_name);
        name.map_or_else(|| "tests".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// A child's exit code as ours; killed by a signal, 128 and its number.
pub fn exit_code(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => code as u8,
        (None, signal) => 128 + signal.unwrap_or(0) as u8,
    }
}

/// Cargo is there, or the message that says how to get it.
pub fn start(command: &mut Command) -> Result<std::process::Child, Failure> {
    let started = command.stdin(Stdio::inherit()).spawn();
    started.map_err(|error| {
        Failure::missing(format_args!("cargo cannot be started ({error}); https://rustup.rs installs it"))
    })
}
