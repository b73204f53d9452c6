//! Compiled kernels kept in a folder, between runs.
//!
//! A file holds the kernels of one crate, named by the digest of everything that all of them depend on: the compiler, the options, every file's outline.
//! Each kernel in it says which bodies it depends on and what they were; one of whose bodies has changed is not used. So an edit inside a body finds the
//! file again and all kernels but those that reach the body. What is damaged, truncated or of another compiler is as if it were not there.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rustg_base::{Digest, Digester};
use rustg_sema::Outline;

use crate::Options;
use crate::pack::{Packed, Reader};
use crate::unit::Unit;

/// How much a cache's folder may hold, unless it is told otherwise.
const SIZE_MAX_BYTES: u64 = 256 << 20;
const EXTENSION: &str = "kernels";
/// A file that something else has made does not begin like this.
const MAGIC: &[u8; 8] = b"rustgk01";

/// A folder of compiled kernels. Several processes may use one.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    size_max_bytes: u64,
}

/// What is kept of a kernel: it, and the digests of [`Unit::bodies`].
type Kept = (Unit, Vec<Digest>);

impl Cache {
    /// A cache in that folder, which is made when something is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Cache {
        Cache { folder: folder.into(), size_max_bytes: SIZE_MAX_BYTES }
    }

    /// The same with another limit: the files longest unused go first.
    pub fn with_size_max_bytes(self, size_max_bytes: u64) -> Cache {
        Cache { size_max_bytes, ..self }
    }

    /// The user's own: `kernels` below `RUSTG_CACHE_DIR`, else below `rustg` in `XDG_CACHE_HOME` or `~/.cache`; nothing where none of them is known.
    pub fn of_user() -> Option<Cache> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = variable("RUSTG_CACHE_DIR")
            .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("rustg")))
            .or_else(|| Some(variable("HOME")?.join(".cache/rustg")))?;
        Some(Cache::new(base.join("kernels")))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes everything that is kept; how many bytes that was.
    ///
    /// # Errors
    /// When the folder or a file cannot be read or removed. That there is none is no error.
    pub fn clear(&self) -> std::io::Result<u64> {
        let mut size_bytes = 0;
        for (path, metadata) in self.files()? {
            fs::remove_file(path)?;
            size_bytes += metadata.len();
        }
        Ok(size_bytes)
    }

    fn path(&self, key: Digest) -> PathBuf {
        self.folder.join(format!("{key}.{EXTENSION}"))
    }

    /// The kernels kept under that key, those left out of which a body has changed; nothing where there is no such file.
    pub(crate) fn load(&self, key: Digest, outlines: &[Outline]) -> Option<Vec<Option<Unit>>> {
        let path = self.path(key);
        let bytes = fs::read(&path).ok()?;
        let kept = unpacked(&bytes)?;
        // It was of use: it goes later.
        if let Ok(file) = fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(std::time::SystemTime::now());
        }
        let digest = |(file, body): &(u32, u32)| Some(outlines.get(*file as usize)?.bodies.get(*body as usize)?.digest);
        let holds = |(unit, digests): &Kept| {
            unit.fragment.is_sound()
                && unit.bodies.len() == digests.len()
                && unit.bodies.iter().zip(digests).all(|(body, known)| digest(body) == Some(*known))
        };
        Some(kept.into_iter().map(|kept| holds(&kept).then_some(kept.0)).collect())
    }

    /// Keeps a crate's kernels under a key. What goes wrong (a full disk, a folder that may not be written) costs the next run time, nothing else.
    pub(crate) fn store(&self, key: Digest, units: &[&Unit], outlines: &[Outline]) {
        let digests = |unit: &Unit| -> Vec<Digest> {
            unit.bodies.iter().map(|(file, body)| outlines[*file as usize].bodies[*body as usize].digest).collect()
        };
        let mut payload = Vec::new();
        (units.len() as u32).put(&mut payload);
        for unit in units {
            unit.put(&mut payload);
            digests(unit).put(&mut payload);
        }
        if payload.len() as u64 <= self.size_max_bytes {
            let _ = self.write(key, &payload);
        }
    }

    /// Under another name first, so that nobody sees half a file.
    fn write(&self, key: Digest, payload: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let unique =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        let temporary = self.folder.join(format!("{key}.{}.{unique}.part", std::process::id()));
        let mut file = fs::File::create_new(&temporary)?;
        let written = file
            .write_all(MAGIC)
            .and_then(|()| file.write_all(&Digest::of(payload).0.to_le_bytes()))
            .and_then(|()| file.write_all(payload))
            .and_then(|()| fs::rename(&temporary, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written?;
        self.trim()
    }

    /// The files that are ours, half-written ones included.
    fn files(&self) -> std::io::Result<Vec<(PathBuf, fs::Metadata)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION || extension == "part") {
                files.push((path, entry.metadata()?));
            }
        }
        Ok(files)
    }

    /// Removes the files longest unused until the others fit.
    fn trim(&self) -> std::io::Result<()> {
        let mut files = self.files()?;
        let mut size_bytes: u64 = files.iter().map(|(_, metadata)| metadata.len()).sum();
        if size_bytes <= self.size_max_bytes {
            return Ok(());
        }
        files.sort_by_key(|(path, metadata)| (metadata.modified().ok(), path.clone()));
        for (path, metadata) in files {
            if size_bytes <= self.size_max_bytes {
                break;
            }
            fs::remove_file(path)?;
            size_bytes -= metadata.len();
        }
        Ok(())
    }
}

/// What a file holds, if it is whole.
fn unpacked(bytes: &[u8]) -> Option<Vec<Kept>> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (digest, payload) = rest.split_at_checked(16)?;
    if Digest::of(payload).0.to_le_bytes() != digest {
        return None;
    }
    let mut reader = Reader(payload);
    let kept = Packed::get(&mut reader)?;
    reader.0.is_empty().then_some(kept)
}

/// What every kernel of a crate depends on, but for bodies.
pub(crate) fn key(outlines: &[Outline], options: &Options) -> Digest {
    let mut digester = Digester::new();
    digester.add(env!("RUSTG_COMPILER_DIGEST").as_bytes());
    // `panic` and `threads` say how the kernels' texts are joined and made, not what they are.
    digester.add_number(u64::from(options.target.sm)).add_number(u64::from(options.optimization_level));
    digester.add_number(options.edition as u64).add_number(outlines.len() as u64);
    for outline in outlines {
        digester.add(&outline.digest.0.to_le_bytes());
    }
    for of in options.crates() {
        digester.add(of.name.as_bytes()).add_number(of.first_file as u64).add_number(of.cfgs.len() as u64);
        digester.add_number(u64::from(of.features_are_known));
        for cfg in &of.cfgs {
            digester.add_number(cfg.len() as u64).add(cfg.as_bytes());
        }
    }
    digester.finish()
}
