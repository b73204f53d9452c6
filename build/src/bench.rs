//! Benchmarks: what a run measured, baselines to compare with, and whether something became slower.
//!
//! # The verdict
//!
//! Two sets of samples are compared by the Mann–Whitney U test (two-sided, normal approximation with ties and continuity; H. B. Mann, D. R. Whitney,
//! Ann. Math. Statist. 18, 1947), which asks nothing of their distribution. A benchmark has become slower where the test gives p < 0.01 *and* the median
//! has grown by more than 2 %: the first says that it is no chance, the second that it matters. In the simulator the verdict is by the warp instructions of an
//! iteration, which are the same in every run; any growth by more than 0.1 % counts, and times are shown only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What a benchmark measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Benchmark {
    /// Its path, without what the test that runs it is called.
    pub name: String,
    /// Bytes an iteration moves; 0 where it did not say.
    pub size_bytes: u64,
    /// Elements an iteration works on; 0 where it did not say.
    pub elements: u64,
    /// Iterations in a sample.
    pub batch: u64,
    /// Warp instructions of an iteration, in the simulator.
    pub instructions: Option<f64>,
    /// Nanoseconds of an iteration, one for each sample.
    pub samples_ns: Vec<f64>,
}

/// Reads the words behind `bench` as the process tells them (`runtime/src/testing/bench.rs`).
pub fn read(words: &[&str]) -> Option<Benchmark> {
    let [name, bytes, elements, batch, instructions, samples] = words else { return None };
    let samples_ns: Vec<f64> = samples.split(',').filter_map(|sample| sample.parse().ok()).collect();
    (!samples_ns.is_empty()).then(|| Benchmark {
        name: (*name).to_owned(),
        size_bytes: bytes.parse().unwrap_or(0),
        elements: elements.parse().unwrap_or(0),
        batch: batch.parse().unwrap_or(1),
        instructions: instructions.parse().ok(),
        samples_ns,
    })
}

/// Sorted values' quantile by linear interpolation.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64)
}

impl Benchmark {
    /// First quartile, median, third quartile.
    pub fn quartiles_ns(&self) -> [f64; 3] {
        let mut sorted = self.samples_ns.clone();
        sorted.sort_by(f64::total_cmp);
        [0.25, 0.5, 0.75].map(|at| quantile(&sorted, at))
    }

    /// As reports and baselines hold it.
    pub fn to_json(&self) -> Value {
        let [first, median, third] = self.quartiles_ns();
        json!({
            "name": self.name, "median_ns": median, "first_quartile_ns": first, "third_quartile_ns": third,
            "size_bytes": self.size_bytes, "elements": self.elements, "batch": self.batch,
            "warp_instructions": self.instructions, "samples_ns": self.samples_ns,
        })
    }

    fn from_json(value: &Value) -> Option<Benchmark> {
        let samples_ns: Vec<f64> = value["samples_ns"].as_array()?.iter().filter_map(Value::as_f64).collect();
        (!samples_ns.is_empty()).then_some(Benchmark {
            name: value["name"].as_str()?.to_owned(),
            size_bytes: value["size_bytes"].as_u64()?,
            elements: value["elements"].as_u64()?,
            batch: value["batch"].as_u64()?,
            instructions: value["warp_instructions"].as_f64(),
            samples_ns,
        })
    }
}

/// What became of a benchmark since the baseline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing that could be told from chance, or that matters.
    Same,
    /// It takes less.
    Faster,
    /// It takes more.
    Slower,
}

/// A benchmark beside its baseline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Comparison {
    /// Now divided by then: of medians, or of instructions.
    pub ratio: f64,
    /// How likely chance makes such a difference; 0 or 1 where instructions are compared.
    pub p: f64,
    /// What to make of it.
    pub verdict: Verdict,
}

const CHANCE: f64 = 0.01;
const TIMES_MATTER: f64 = 0.02;
const INSTRUCTIONS_MATTER: f64 = 0.001;

/// Compares a benchmark with its baseline.
pub fn compare(before: &Benchmark, now: &Benchmark) -> Comparison {
    let (ratio, p, matters) = match (before.instructions, now.instructions) {
        (Some(before), Some(now)) if before > 0.0 => {
            (now / before, if now == before { 1.0 } else { 0.0 }, INSTRUCTIONS_MATTER)
        }
        _ => {
            let [then, today] = [before, now].map(|benchmark| benchmark.quartiles_ns()[1]);
            (today / then, mann_whitney(&before.samples_ns, &now.samples_ns), TIMES_MATTER)
        }
    };
    let verdict = match () {
        () if p >= CHANCE => Verdict::Same,
        () if ratio > 1.0 + matters => Verdict::Slower,
        () if ratio < 1.0 - matters => Verdict::Faster,
        () => Verdict::Same,
    };
    Comparison { ratio, p, verdict }
}

/// The two-sided p value of the Mann–Whitney U test.
fn mann_whitney(a: &[f64], b: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        a.iter().map(|value| (*value, true)).chain(b.iter().map(|value| (*value, false))).collect();
    all.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut rank_sum, mut ties, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let end = at + all[at..].iter().take_while(|(value, _)| *value == all[at].0).count();
        let (count, rank) = ((end - at) as f64, (at + 1 + end) as f64 / 2.0);
        rank_sum += rank * all[at..end].iter().filter(|(_, is_first)| *is_first).count() as f64;
        ties += count.powi(3) - count;
        at = end;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let total = n + m;
    let u = rank_sum - n * (n + 1.0) / 2.0;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let z = ((u - n * m / 2.0).abs() - 0.5).max(0.0) / variance.sqrt();
    (2.0 * upper_tail(z)).min(1.0)
}

/// How much of the normal distribution lies above `z` ≥ 0 (Abramowitz and Stegun, 26.2.17: error below 7.5e-8).
fn upper_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let polynomial = series.iter().fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * polynomial
}

/// Where a project keeps a baseline: `.rustg/baselines/NAME.json` in its folder.
pub fn baseline_path(project: &Path, name: &str) -> PathBuf {
    project.join(".rustg/baselines").join(format!("{name}.json"))
}

/// Whether a baseline may be called so: letters, digits, `-`, `_`, `.`, not at its start.
pub fn is_baseline_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain)
}

/// Writes a baseline.
///
/// # Errors
/// When the file cannot be written.
pub fn save(path: &Path, device: &str, benchmarks: &[Benchmark]) -> io::Result<()> {
    let list: Vec<Value> = benchmarks.iter().map(Benchmark::to_json).collect();
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    fs::write(path, format!("{:#}\n", json!({ "device": device, "benchmarks": list })))
}

/// Reads a baseline: the device that it was measured on, and what was measured.
///
/// # Errors
/// When the file cannot be read, or is no baseline.
pub fn load(path: &Path) -> io::Result<(String, Vec<Benchmark>)> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "no baseline of `rustg bench --save-baseline`");
    let value: Value = serde_json::from_str(&fs::read_to_string(path)?).map_err(|_| wrong())?;
    let device = value["device"].as_str().ok_or_else(wrong)?.to_owned();
    let list = value["benchmarks"].as_array().ok_or_else(wrong)?;
    let benchmarks: Option<Vec<Benchmark>> = list.iter().map(Benchmark::from_json).collect();
    Ok((device, benchmarks.ok_or_else(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(samples_ns: &[f64], instructions: Option<f64>) -> Benchmark {
        let name = "sums".to_owned();
        Benchmark { name, size_bytes: 8, elements: 0, batch: 1, instructions, samples_ns: samples_ns.to_vec() }
    }

    #[test]
    fn the_test_gives_what_tables_give() {
        // No overlap of 5 and 5: U = 0; without continuity z = 2.611, with it 2.507, p = 0.0122.
        let p = mann_whitney(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]);
        assert!((p - 0.012_19).abs() < 1e-4, "{p}");
        assert_eq!(mann_whitney(&[1.0, 1.0], &[1.0, 1.0]), 1.0);
        assert!((upper_tail(1.96) - 0.024_998).abs() < 1e-6);
        assert!((upper_tail(0.0) - 0.5).abs() < 1e-7);
    }

    #[test]
    fn a_regression_is_neither_chance_nor_too_small_to_matter() {
        let around = |center: f64| (0..30).map(|i| center + f64::from(i % 7) * 0.1).collect::<Vec<_>>();
        let verdict = |now: f64| compare(&measured(&around(100.0), None), &measured(&around(now), None)).verdict;
        assert_eq!(verdict(100.0), Verdict::Same);
        assert_eq!(verdict(101.5), Verdict::Same);
        assert_eq!(verdict(105.0), Verdict::Slower);
        assert_eq!(verdict(90.0), Verdict::Faster);
        // Three samples are too few to say anything.
        assert_eq!(compare(&measured(&[1.0; 3], None), &measured(&[2.0; 3], None)).verdict, Verdict::Same);
    }

    #[test]
    fn in_the_simulator_instructions_decide_and_not_times() {
        let before = measured(&[10.0; 20], Some(1000.0));
        assert_eq!(compare(&before, &measured(&[99.0; 20], Some(1000.0))).verdict, Verdict::Same);
        assert_eq!(compare(&before, &measured(&[10.0; 20], Some(1010.0))).verdict, Verdict::Slower);
        assert_eq!(compare(&before, &measured(&[10.0; 20], Some(900.0))).verdict, Verdict::Faster);
    }

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = baseline_path(folder.path(), "main");
        let all = vec![measured(&[1.5, 2.5], Some(7.0)), measured(&[3.0], None)];
        save(&path, "simulator", &all).unwrap();
        assert_eq!(load(&path).unwrap(), ("simulator".to_owned(), all));
        fs::write(&path, "{}").unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("no baseline"));
        assert!(is_baseline_name("v1.2-main") && !is_baseline_name("../x") && !is_baseline_name(".x"));
    }

    #[test]
    fn what_a_process_tells_is_read() {
        let found = read(&["sums", "8", "0", "3", "", "1.50,2.50"]).unwrap();
        assert_eq!(found, Benchmark { batch: 3, ..measured(&[1.5, 2.5], None) });
        assert_eq!(read(&["sums", "8", "0", "3", "", ""]), None);
    }
}
