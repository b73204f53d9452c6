//! How fast PTX text becomes tables: `cargo bench -p rustg-ptx`, of the corpus in `RUSTG_PTX_CORPUS` (`benches/ptx/corpus.py`), else of the fixtures.
//!
//! One thread, its own time on the CPU. For each folder of the corpus the texts are read one after another, whole rounds in turn, and the median round counts.
//! Linux counts that time in steps of a few milliseconds: a round is long enough for them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Texts of one folder beyond this many bytes are left out, so that a round stays short.
const BYTES_MAX: usize = 48 << 20;
const ROUNDS: usize = 7;
/// A round reads about as much at least, folders of small texts several times.
const ROUND_BYTES: usize = 24 << 20;

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ptx") {
            found.push(path);
        }
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Seconds that this thread has computed, where Linux says so: other programs on the machine then count less.
fn cpu_seconds() -> Option<f64> {
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    figures.split_whitespace().next()?.parse::<f64>().ok().map(|ns| ns / 1e9)
}

fn timed(texts: &[Vec<u8>], repeats: usize, work: impl Fn(&[u8])) -> f64 {
    let (start, start_cpu) = (Instant::now(), cpu_seconds());
    (0..repeats).for_each(|_| texts.iter().for_each(|text| work(text)));
    match (start_cpu, cpu_seconds()) {
        (Some(start), Some(end)) => (end - start).max(1e-9),
        _ => start.elapsed().as_secs_f64(),
    }
}

fn main() {
    let corpus = std::env::var_os("RUSTG_PTX_CORPUS").map(PathBuf::from);
    let folder = corpus.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"));
    let mut paths = Vec::new();
    collect(&folder, &mut paths);
    let mut groups: BTreeMap<String, (usize, Vec<Vec<u8>>)> = BTreeMap::new();
    for path in &paths {
        let name = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let (bytes, texts) = groups.entry(name.unwrap_or_default()).or_default();
        let text = std::fs::read(path).expect("a readable text");
        if *bytes + text.len() <= BYTES_MAX {
            *bytes += text.len();
            texts.push(text);
        }
    }
    println!("{:<12} {:>6} {:>8} {:>13} {:>9}", "folder", "texts", "MB", "instructions", "read");
    let (mut all_bytes, mut all_seconds) = (0.0, 0.0);
    for (name, (bytes, texts)) in &groups {
        let repeats = 1 + ROUND_BYTES / (bytes + 1);
        let mut read = Vec::new();
        for _ in 0..ROUNDS {
            read.push(timed(texts, repeats, |text| drop(black_box(rustg_ptx::parse(text)))) / repeats as f64);
        }
        let instructions: usize = texts.iter().map(|text| rustg_ptx::parse(text).0.instructions.len()).sum();
        let (read, megabytes) = (median(read), *bytes as f64 / 1e6);
        let count = texts.len();
        let speed = megabytes / read;
        println!("{name:<12} {count:>6} {megabytes:>8.1} {instructions:>13} {speed:>6.0} MB/s");
        all_bytes += megabytes;
        all_seconds += read;
    }
    println!("{:<12} {:>6} {all_bytes:>8.1} {:>13} {:>6.0} MB/s", "all", paths.len(), "", all_bytes / all_seconds);
}
