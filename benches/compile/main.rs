//! Compile time: projects of 1, 100 and 500 kernels, from source text to PTX text as a new process with an empty cache, and edits within a process.
//!
//! `cargo bench --bench compile`: medians and spread over the rounds, beside the aims. Peak memory: `/usr/bin/time -v rustg build FILE`.

mod workloads;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustg_driver::{Database, Options};

const ROUNDS: usize = 21;
const EDITS: usize = 60;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let rustg = env!("CARGO_BIN_EXE_rustg");
    println!("from text to PTX, a new process, nothing kept ({ROUNDS} rounds, projects in turn)");
    println!("{:>8} {:>7} {:>10} {:>18} {:>10} {:>9}", "kernels", "lines", "median", "spread", "CPU", "aim");
    let projects: Vec<(usize, f64, PathBuf)> = [(1, 4.0), (100, 15.0), (500, 60.0)]
        .into_iter()
        .map(|(count, aim_ms)| {
            let path = folder.path().join(format!("kernels{count}.rs"));
            std::fs::write(&path, workloads::project(count)).expect("the temporary folder can be written");
            (count, aim_ms, path)
        })
        .collect();
    let out = folder.path().join("kernels.ptx");
    let mut times: Vec<Vec<(Duration, Duration)>> = vec![Vec::new(); projects.len()];
    for _ in 0..ROUNDS {
        for ((_, _, path), times) in projects.iter().zip(&mut times) {
            times.push(built(rustg, path, &out));
        }
    }
    for ((count, aim_ms, path), times) in projects.iter().zip(times) {
        let (walls, cpus): (Vec<Duration>, Vec<Duration>) = times.into_iter().unzip();
        let lines = std::fs::read_to_string(path).expect("it was written above").lines().count();
        let (median, spread) = (quantile(&walls, 50), [quantile(&walls, 10), quantile(&walls, 90)]);
        let spread = format!("{:.1} to {:.1}", ms(spread[0]), ms(spread[1]));
        let cpu = ms(quantile(&cpus, 50));
        println!("{count:>8} {lines:>7} {:>7.1} ms {spread:>15} ms {cpu:>7.1} ms {aim_ms:>6} ms", ms(median));
    }
    edits(500);
}

/// One build: wall time, and the processor time of the process.
fn built(rustg: &str, path: &Path, out: &Path) -> (Duration, Duration) {
    let before = children_cpu();
    let start = Instant::now();
    let status = Command::new(rustg)
        .args(["build", "--no-cache", "-o"])
        .args([out, path])
        .stdout(Stdio::null())
        .status()
        .expect("the binary under test runs");
    assert!(status.success(), "{} was refused", path.display());
    (start.elapsed(), children_cpu() - before)
}

/// The processor time of all processes that were waited for.
fn children_cpu() -> Duration {
    // SAFETY: an all-zero `rusage` is a valid one, and the call writes no more than that.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Edits inside bodies, of one kernel after another, each until its PTX is there.
fn edits(count: usize) {
    let mut pieces: Vec<String> = (0..count).map(|at| workloads::kernel(at, at)).collect();
    let mut database = Database::new(Options::default());
    database.set_text("kernels.rs", format!("{}{}", workloads::RUSTG_HEADER, pieces.concat()));
    assert!(database.compilation().ptx.is_some(), "the project is right");
    let (mut alone, mut whole) = (Vec::new(), Vec::new());
    for edit in 0..EDITS {
        // Kernels whose body holds the number that is changed, some of them with a line more than before.
        let at = (edit * 10 * 7 + 2) % count / 10 * 10 + 2;
        pieces[at] = workloads::kernel(at, edit + 1000).replacen("    let i =", "    // Edited.\n    let i =", 1);
        let text = format!("{}{}", workloads::RUSTG_HEADER, pieces.concat());
        let start = Instant::now();
        database.set_text("kernels.rs", text);
        let ptx = database.ptx_of(&format!("k{at}")).expect("the edit is right");
        alone.push(start.elapsed());
        assert!(ptx.is_some());
        assert!(database.compilation().ptx.is_some());
        whole.push(start.elapsed());
    }
    for (what, times, aim) in [("that kernel's PTX", &alone, "5 ms"), ("the PTX of all", &whole, "-")] {
        let (median, low, high) = (quantile(times, 50), quantile(times, 10), quantile(times, 90));
        println!(
            "edit in a body of {count} kernels to {what}: {:.2} ms ({:.2} to {:.2}), aim {aim}",
            ms(median),
            ms(low),
            ms(high)
        );
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}
