//! Where indexes lie, what they were built from, and how much room they may take together.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::FxHasher;

use super::WORTH_BYTES;
use crate::recording;

/// Most bytes that the indexes of imported files may take together in the cache directory.
pub const CACHE_BYTES_MAX: u64 = 4 << 30;

/// Pieces of a source that are compared in addition to its size and time of change.
const SAMPLES: u64 = 16;
const SAMPLE_BYTES: usize = 4096;

/// What a source was when its index was built.
pub(super) type Identity = [u64; 3];

/// Where the index of one source lies, whether or not it is there.
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) identity: Identity,
    /// Whether an index saves time and the source will hold still.
    pub(super) is_worth_it: bool,
    in_cache: bool,
}

/// The place of `source`'s index; `None` where the source cannot be examined or there is no cache directory.
pub(super) fn find(source: &Path) -> Option<Place> {
    let source = fs::canonicalize(source).ok()?;
    if recording::is_recording(&source) {
        let (identity, size_bytes) = identify_recording(&source).ok()?;
        let is_worth_it = size_bytes >= WORTH_BYTES && !recording::is_live(&source);
        return Some(Place { file: source.join("index"), identity, is_worth_it, in_cache: false });
    }
    let (identity, size_bytes) = identify_file(&source).ok()?;
    let mut hasher = FxHasher::default();
    source.hash(&mut hasher);
    let file = cache_dir()?.join(format!("{:016x}.index", hasher.finish()));
    // A packed source takes several times as long to read as its size tells.
    let is_worth_it = size_bytes >= WORTH_BYTES / 8;
    Some(Place { file, identity, is_worth_it, in_cache: true })
}

fn cache_dir() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("rustg"))
}

fn changed_ns(metadata: &fs::Metadata) -> u64 {
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    changed.map_or(0, |time| time.as_nanos() as u64)
}

fn identify_file(source: &Path) -> io::Result<(Identity, u64)> {
    // Asked before opening: to open a pipe is to wait for it.
    let metadata = fs::metadata(source)?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let file = File::open(source)?;
    let size_bytes = metadata.len();
    let mut hasher = FxHasher::default();
    let mut piece = [0; SAMPLE_BYTES];
    for sample in 0..SAMPLES {
        let offset = (size_bytes.saturating_sub(SAMPLE_BYTES as u64)) / (SAMPLES - 1) * sample;
        let count = file.read_at(&mut piece, offset)?;
        piece[..count].hash(&mut hasher);
    }
    Ok(([size_bytes, changed_ns(&metadata), hasher.finish()], size_bytes))
}

/// All files of the recording but the index itself, by name, size and time of change.
fn identify_recording(dir: &Path) -> io::Result<(Identity, u64)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_part = name == "meta.json" || Path::new(&name).extension().is_some_and(|end| end == "arrows");
        if is_part {
            let metadata = entry.metadata()?;
            files.push((name, metadata.len(), changed_ns(&metadata)));
        }
    }
    files.sort();
    let mut hasher = FxHasher::default();
    files.hash(&mut hasher);
    let size_bytes = files.iter().map(|(_, size, _)| size).sum();
    let newest = files.iter().map(|&(_, _, changed)| changed).max().unwrap_or(0);
    Ok(([size_bytes, newest, hasher.finish()], size_bytes))
}

impl Place {
    /// Makes this index the most recently used.
    pub(super) fn touch(&self) {
        if self.in_cache {
            // Only the order of eviction hangs on it.
            let _ = File::options().append(true).open(&self.file).and_then(|file| file.set_modified(SystemTime::now()));
        }
    }

    /// Removes the least recently used indexes of the cache until all fit.
    pub(super) fn evict_others(&self) {
        if let (true, Some(dir)) = (self.in_cache, self.file.parent()) {
            evict(dir, &self.file, CACHE_BYTES_MAX);
        }
    }
}

/// Removes the least recently used indexes in `dir` but `keep` until they take at most `most_bytes`.
pub(super) fn evict(dir: &Path, keep: &Path, most_bytes: u64) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut indexes: Vec<(u64, u64, PathBuf)> = (entries.flatten())
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "index"))
        .filter_map(|entry| entry.metadata().ok().map(|metadata| (changed_ns(&metadata), metadata.len(), entry.path())))
        .collect();
    indexes.sort();
    let mut total: u64 = indexes.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in indexes {
        if total <= most_bytes {
            break;
        }
        if path != keep && fs::remove_file(&path).is_ok() {
            total -= size;
        }
    }
}
