//! `rustg clean`: removes what was kept between runs.

use std::path::PathBuf;
use std::process::ExitCode;

use rustg_build::cubin;
use rustg_driver::Cache;

use crate::failure::Failure;
use crate::output;

/// Remove compiled kernels and machine code that were kept between runs
///
/// They lie under RUSTG_CACHE_DIR, else in the user's cache folder under rustg. Nothing is lost but time: the next build makes them again.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg clean                    the user's cache
  rustg clean --cache-dir DIR    what `rustg build --cache-dir DIR` has kept

Exit codes: 0 done, 2 a file cannot be removed.")]
pub struct Args {
    /// The folder that was given to `rustg build --cache-dir`
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let cache = args.cache_dir.as_ref().map(Cache::new).or_else(Cache::of_user);
    let Some(cache) = cache else { return Err(Failure::input("no cache folder is known: name it by --cache-dir")) };
    let shown = cache.folder().display();
    let mut size_bytes = cache.clear().map_err(|error| Failure::output(shown, &error))?;
    if let (None, Some(folder)) = (&args.cache_dir, cubin::cache_folder())
        && let Ok(entries) = std::fs::read_dir(&folder)
    {
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == "cubin" || extension == "txt") {
                size_bytes += path.metadata().map_or(0, |metadata| metadata.len());
                std::fs::remove_file(&path).map_err(|error| Failure::output(path.display(), &error))?;
            }
        }
    }
    output::write_stdout(format!("Removed {} KiB.\n", size_bytes.div_ceil(1024)).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
