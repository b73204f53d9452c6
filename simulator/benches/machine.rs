//! Speed of the machine: lane instructions a second on kernels made by nvcc, without and with checks, on one core and two, and launches a second.
//!
//! `cargo bench -p rustg-simulator --bench machine [-- PART…]` measures the parts whose names contain all the words given. Figures are medians of
//! interleaved rounds, with the spread between the best and the worst. On a machine that others use too, look at the CPU time: "2 cores" says how much
//! of it the launch took on all cores, as a multiple of what one core took.

use rustg_simulator::check::{Checker, CheckerSetup};
use rustg_simulator::device::{Config, Device, LaunchShape, Module};
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: usize = 5;

/// A kernel with its launch.
struct Workload {
    name: &'static str,
    text: &'static [u8],
    kernel: &'static str,
    shape: LaunchShape,
    number: u32,
    /// Words of the buffers.
    buffers: Vec<u32>,
}

/// What one launch took.
#[derive(Clone, Copy, Default)]
struct Taken {
    steps: u64,
    wall_s: f64,
    cpu_s: f64,
}

fn workloads() -> Vec<Workload> {
    let n = 512;
    let sgemm = Workload {
        name: "sgemm 512³",
        text: include_bytes!("../tests/fixtures/basics.ptx"),
        kernel: "sgemm",
        shape: LaunchShape { grid: [n / 16, n / 16, 1], block: [16, 16, 1], ..LaunchShape::linear(1, 1) },
        number: n,
        buffers: vec![n * n; 3],
    };
    let sha256 = Workload {
        name: "sha256 × 262144",
        text: include_bytes!("../tests/fixtures/sha256.ptx"),
        kernel: "sha256",
        shape: LaunchShape::linear(128, 256),
        number: 8,
        buffers: vec![32768 * 8],
    };
    vec![sgemm, sha256]
}

/// CPU time of all threads of this process, in seconds.
fn cpu_s() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one `timespec`, to the place given.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the clock of the process can be read");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn load(text: &[u8], config: Config) -> (Device, Module) {
    let (module, _) = rustg_ptx::parse(text);
    let mut device = Device::new(config);
    let module = device.load_module(Arc::new(module)).expect("the fixture loads");
    (device, module)
}

impl Workload {
    fn run(&self, checked: bool, cores: usize) -> Taken {
        let (mut device, module) = load(self.text, Config { cores, ..Config::default() });
        let mut parameters = self.number.to_le_bytes().to_vec();
        parameters.extend([0; 4]);
        for words in &self.buffers {
            let buffer = device.allocate("buffer", u64::from(words * 4)).expect("there is room");
            let values: Vec<u8> = (0..*words).flat_map(|i| ((i % 13) as f32).to_le_bytes()).collect();
            device.upload(buffer, &values).expect("the buffer is there");
            parameters.extend(buffer.to_le_bytes());
        }
        let known = Some(Arc::new(module.ptx().clone()));
        let mut checker = Checker::new(&CheckerSetup { module: known, ..CheckerSetup::default() });
        let (wall, cpu) = (Instant::now(), cpu_s());
        let report = match checked {
            false => device.launch(&module, self.kernel, &self.shape, &parameters),
            true => device.launch_observed(&module, self.kernel, &self.shape, &parameters, &mut checker),
        };
        let (wall_s, cpu_s) = (wall.elapsed().as_secs_f64(), cpu_s() - cpu);
        Taken { steps: report.expect("the kernel runs").steps, wall_s, cpu_s }
    }
}

/// Median, and the spread as a share of it.
fn median(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values[values.len() / 2];
    (middle, (values[values.len() - 1] - values[0]) / middle)
}

fn speed(workload: &Workload, checked: bool, cores: &[usize]) {
    let mut taken = vec![Vec::new(); cores.len()];
    for _ in 0..ROUNDS {
        for (cores, taken) in cores.iter().zip(&mut taken) {
            taken.push(workload.run(checked, *cores));
        }
    }
    let mode = if checked { "checked" } else { "run" };
    let (one_wall, _) = median(taken[0].iter().map(|one| one.wall_s));
    let (one_cpu, _) = median(taken[0].iter().map(|one| one.cpu_s));
    for (cores, taken) in cores.iter().zip(&taken) {
        let lanes = taken[0].steps as f64 * 32.0 / 1e6;
        let ((wall, spread), (cpu, cpu_spread)) =
            (median(taken.iter().map(|one| one.wall_s)), median(taken.iter().map(|one| one.cpu_s)));
        let best = taken.iter().map(|one| one.wall_s).fold(f64::MAX, f64::min);
        println!(
            "{}, {mode}, {cores} core(s): {:.0} M lane instructions/s (spread {:.0} %, best {:.0}), {:.0} a second of CPU (spread {:.0} %); {:.2} × \
             one core, {:.2} × its CPU time",
            workload.name,
            lanes / wall,
            spread * 100.0,
            lanes / best,
            lanes / cpu,
            cpu_spread * 100.0,
            one_wall / wall,
            cpu / one_cpu
        );
    }
}

fn small_launches() {
    let text = include_bytes!("../tests/fixtures/basics.ptx");
    let taken: Vec<(f64, f64)> = (0..5)
        .map(|_| {
            let (wall, cpu) = (Instant::now(), cpu_s());
            for _ in 0..1000 {
                let (mut device, module) = load(text, Config::default());
                let buffer = device.allocate("out", 256).expect("there is room");
                device
                    .launch(&module, "constants", &LaunchShape::linear(1, 64), &buffer.to_le_bytes())
                    .expect("the kernel runs");
            }
            (wall.elapsed().as_secs_f64(), cpu_s() - cpu)
        })
        .collect();
    let ((wall, spread), (cpu, _)) = (median(taken.iter().map(|one| one.0)), median(taken.iter().map(|one| one.1)));
    println!(
        "1,000 modules of 22 kernels, launches of one block: read, loaded, run in {wall:.2} s (spread {:.0} %), {cpu:.2} s of CPU",
        spread * 100.0
    );
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |name: &str| words.iter().all(|word| name.contains(word.as_str()));
    for workload in workloads() {
        for (mode, checked) in [("run", false), ("checked", true)] {
            let cores: Vec<usize> =
                (1..=2).filter(|cores| wanted(&format!("{} {mode} cores{cores}", workload.name))).collect();
            if !cores.is_empty() {
                speed(&workload, checked, &cores);
            }
        }
    }
    if wanted("launches") {
        small_launches();
    }
}
