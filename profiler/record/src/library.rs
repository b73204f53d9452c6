//! The injection library as a file that the CUDA driver can load.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The library, compiled by the build script.
static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/librustg_inject.so"));

/// The library's name on disk.
const NAME: &str = "librustg_inject.so";

/// The exported library; its file goes when this does.
pub(crate) struct Exported {
    /// Where it is.
    pub path: PathBuf,
    /// Its private folder, where it did not go into the one asked for.
    _folder: Option<tempfile::TempDir>,
}

impl Drop for Exported {
    fn drop(&mut self) {
        // Loaded copies live on; a file that is left over is small.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Writes the library into `dir`, or, where nothing can be loaded from there (`noexec`), into a temporary folder.
pub(crate) fn export(dir: &Path) -> std::io::Result<Exported> {
    if LIBRARY.is_empty() {
        return Err(std::io::Error::other("CUPTI's injection exists on Linux only"));
    }
    let path = write(dir)?;
    let exported = Exported { path, _folder: None };
    if is_loadable(&exported.path) {
        return Ok(exported);
    }
    let folder = tempfile::Builder::new().prefix("rustg-").tempdir()?;
    let path = write(folder.path())?;
    let exported = Exported { path, _folder: Some(folder) };
    match is_loadable(&exported.path) {
        true => Ok(exported),
        false => Err(std::io::Error::other(format!(
            "no library can be loaded from {} nor from {}: set TMPDIR to a folder that is not mounted noexec",
            dir.display(),
            exported.path.parent().unwrap_or(dir).display()
        ))),
    }
}

fn write(dir: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(dir)?.join(NAME);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(&path)?;
    file.write_all(LIBRARY)?;
    Ok(path)
}

fn is_loadable(path: &Path) -> bool {
    // SAFETY: our own library, whose initialisers do nothing.
    unsafe { libloading::Library::new(path) }.is_ok()
}
