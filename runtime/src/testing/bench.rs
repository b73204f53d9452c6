//! `#[gpu_bench]`: a closure is run over and over, and timed by the device.
//!
//! On a GPU a sample is the time between two events around so many iterations that it takes a millisecond. In the simulator, whose time says nothing of
//! a GPU's, a sample is wall time, and the warp instructions of an iteration are counted: those are the same in every run.

use std::time::{Duration, Instant};

use super::{TestResult, report, without_crate};
use crate::device::{Device, default_device};
use crate::error::Result;
use crate::stream::Event;

/// A sample takes at least so long.
const SAMPLE_NS: f64 = 1e6;
/// No more iterations in a sample than this.
const BATCH_MAX: u64 = 10_000;
/// Samples of a benchmark, unless `RUSTG_BENCH_SAMPLES` says otherwise.
const SAMPLES: usize = 50;
/// After so long there are no more samples than [`SAMPLES_MIN`].
const PATIENCE: Duration = Duration::from_secs(5);
const SAMPLES_MIN: usize = 10;
/// So long the device is kept busy before it is measured: clocks go up, caches fill.
const WARM_UP: Duration = Duration::from_millis(100);

/// What a `#[gpu_bench]` is given.
#[derive(Debug)]
pub struct Bencher {
    device: Device,
    bytes: u64,
    elements: u64,
    measured: Option<Measured>,
}

#[derive(Debug)]
struct Measured {
    batch: u64,
    /// Nanoseconds an iteration took, one for each sample, in order.
    samples_ns: Vec<f64>,
    /// Warp instructions of an iteration, in the simulator.
    instructions: Option<f64>,
}

impl Bencher {
    /// The device to measure on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// An iteration moves so many bytes: the report has bytes a second.
    pub fn bytes(&mut self, size_bytes: u64) {
        self.bytes = size_bytes;
    }

    /// An iteration works on so many elements: the report has elements a second.
    pub fn elements(&mut self, count: u64) {
        self.elements = count;
    }

    /// Measures `iteration`, which launches on the device's default stream and does not wait.
    ///
    /// # Errors
    /// As the iterations have; the first panic or fault of a kernel.
    ///
    /// # Panics
    /// When a benchmark measures twice.
    pub fn iter(&mut self, mut iteration: impl FnMut(&Device) -> Result<()>) -> Result<()> {
        assert!(self.measured.is_none(), "a benchmark measures one thing: write another `#[gpu_bench]`");
        let device = self.device.clone();
        // What is loaded at the first launch is not what is measured.
        iteration(&device)?;
        device.synchronize()?;
        let mut run = |count: u64| -> Result<f64> {
            let wall = Instant::now();
            let start = Event::record(&device)?;
            for _ in 0..count {
                iteration(&device)?;
            }
            let end = Event::record(&device)?;
            device.synchronize()?;
            let taken = if device.is_simulator() { wall.elapsed() } else { end.elapsed_since(&start)? };
            Ok(taken.as_nanos() as f64 / count as f64)
        };
        let begin = Instant::now();
        let mut once_ns = run(1)?;
        let mut batch = 1;
        while begin.elapsed() < WARM_UP && !device.is_simulator() {
            batch = ((SAMPLE_NS / once_ns.max(1.0)).ceil() as u64).clamp(1, BATCH_MAX);
            once_ns = run(batch)?;
        }
        let wanted = std::env::var("RUSTG_BENCH_SAMPLES").ok().and_then(|text| text.parse().ok()).unwrap_or(SAMPLES);
        let (begin, before) = (Instant::now(), device.shared.backend.instructions());
        let mut samples_ns = Vec::with_capacity(wanted);
        while samples_ns.len() < wanted.max(1) {
            samples_ns.push(run(batch)?);
            if samples_ns.len() >= SAMPLES_MIN && begin.elapsed() > PATIENCE {
                break;
            }
        }
        let iterations = (samples_ns.len() as u64 * batch) as f64;
        let after = device.shared.backend.instructions();
        let instructions = before.zip(after).map(|(before, after)| (after - before) as f64 / iterations);
        self.measured = Some(Measured { batch, samples_ns, instructions });
        Ok(())
    }
}

/// Runs the benchmark whose module (with its crate) is `path`, and tells what was measured: the runner, or stdout where there is none.
///
/// # Panics
/// When there is no device, when the benchmark fails, or when it does not measure anything.
pub fn run_bench<R: TestResult>(path: &str, bench: impl FnOnce(&mut Bencher) -> R) {
    let name = without_crate(path);
    report::tell(&["start", name]);
    let start = Instant::now();
    let device = default_device().unwrap_or_else(|error| panic!("{error}"));
    report::tell(&["device", &device.name()]);
    let mut bencher = Bencher { device, bytes: 0, elements: 0, measured: None };
    bench(&mut bencher).check();
    let Some(measured) = &bencher.measured else { panic!("`{name}` measured nothing: it calls `Bencher::iter`") };
    let samples: Vec<String> = measured.samples_ns.iter().map(|sample| format!("{sample:.2}")).collect();
    let instructions = measured.instructions.map(|count| count.to_string()).unwrap_or_default();
    let numbers = [bencher.bytes, bencher.elements, measured.batch].map(|number| number.to_string());
    let [bytes, elements, batch] = numbers.each_ref();
    report::tell(&["bench", name, bytes, elements, batch, &instructions, &samples.join(",")]);
    if !report::is_heard() {
        let mut sorted = measured.samples_ns.clone();
        sorted.sort_by(f64::total_cmp);
        println!("{name}: median {:.0} ns of {} samples", sorted[sorted.len() / 2], sorted.len());
    }
    report::tell(&["end", name, &start.elapsed().as_nanos().to_string()]);
}
