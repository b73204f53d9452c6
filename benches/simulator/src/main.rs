//! Speed of the simulator on tiled SGEMM and SHA-256, beside ptoxide and Oclgrind on the same algorithms, in one run.
//!
//! `cargo run --release` prints medians of interleaved rounds with the spread between best and worst. All figures are seconds of CPU time of the kernel, so
//! that a machine which others use, too, disturbs them little; ratios are theirs over ours. The peers run on one thread.

mod ours;
mod peers;

use std::path::Path;
use std::time::Instant;

use ours::{Checking, Workload};
use peers::OclgrindRun;

const ROUNDS: usize = 5;
/// Rounds with the peers, which take seconds.
const PEER_ROUNDS: usize = 3;
/// Our launches that are one sample beside a peer's.
const LAUNCHES: usize = 20;

/// What something took.
#[derive(Clone, Copy)]
pub struct Seconds {
    pub wall: f64,
    pub cpu: f64,
}

impl Seconds {
    /// The clocks now.
    fn now() -> (Instant, f64) {
        (Instant::now(), cpu_seconds(libc::RUSAGE_SELF))
    }

    fn since((wall, cpu): (Instant, f64)) -> Seconds {
        Seconds { wall: wall.elapsed().as_secs_f64(), cpu: cpu_seconds(libc::RUSAGE_SELF) - cpu }
    }
}

/// CPU time of this process, or of all its children that have ended.
fn cpu_seconds(who: i32) -> f64 {
    // SAFETY: `getrusage` writes one `rusage`, which is plain integers, to the place given.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(who, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Measurements of one thing.
#[derive(Default)]
struct Samples(Vec<Seconds>);

impl Samples {
    fn of(&self, part: fn(&Seconds) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = self.0.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn cpu(&self) -> f64 {
        self.of(|one| one.cpu)[self.0.len() / 2]
    }

    fn wall(&self) -> f64 {
        self.of(|one| one.wall)[self.0.len() / 2]
    }

    /// Between best and worst, in percent of the median.
    fn spread(&self) -> f64 {
        let values = self.of(|one| one.cpu);
        (values[values.len() - 1] - values[0]) / self.cpu() * 100.0
    }
}

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(here.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (sgemm, sha256) = (read("kernels/sgemm.ptx"), read("../../simulator/tests/fixtures/sha256.ptx"));
    println!("medians of {ROUNDS} interleaved rounds, {PEER_ROUNDS} with peers; seconds are of CPU time");
    cores(&Workload::sgemm(&sgemm, 256));
    cores(&Workload::sha256(&sha256, 256));

    let floats = 64 * 64 * 4;
    let launch = OclgrindRun {
        source: &here.join("kernels/sgemm.cl"),
        kernel: "sgemm",
        global: [64, 64],
        local: [16, 16],
        arguments: format!(
            "<size=4 uint>\n64\n<size={floats} float fill=0.5>\n<size={floats} float fill=2>\n<size={floats} float fill=0>\n"
        ),
    };
    beside(&Workload::sgemm(&sgemm, 64), &launch, || peers::ptoxide_sgemm(&sgemm, 64));
    let launch = OclgrindRun {
        source: &here.join("kernels/sha256.cl"),
        kernel: "sha256",
        global: [1024, 1],
        local: [128, 1],
        arguments: "<size=4 uint>\n1\n<size=32768 uint fill=0>\n".to_owned(),
    };
    beside(&Workload::sha256(&sha256, 8), &launch, || peers::ptoxide_reads(&sha256));
}

/// Run mode and all checks, on one core and two.
fn cores(workload: &Workload) {
    let lanes = workload.lane_instructions() as f64 / 1e6;
    let modes = [
        ("run", Checking::None, 1),
        ("all checks", Checking::All, 1),
        ("run", Checking::None, 2),
        ("all checks", Checking::All, 2),
    ];
    let mut samples: [Samples; 4] = Default::default();
    for _ in 0..ROUNDS {
        for ((_, checking, cores), samples) in modes.iter().zip(&mut samples) {
            samples.0.push(workload.run(*checking, *cores));
        }
    }
    println!("\n{}, {lanes:.0} M lane instructions", workload.name);
    for (index, ((mode, _, cores), taken)) in modes.iter().zip(&samples).enumerate() {
        let rate = lanes / taken.cpu();
        print!("  {mode:<10} {cores} core(s): {:.4} s ± {:.0} %, {rate:.0} M a second", taken.cpu(), taken.spread());
        match *cores {
            1 => println!(),
            _ => {
                let one = &samples[index - 2];
                println!(
                    "; elapsed {:.2} × as fast as one core, at {:.2} × its CPU time",
                    one.wall() / taken.wall(),
                    taken.cpu() / one.cpu()
                );
            }
        }
    }
}

/// One core of ours beside the peers.
fn beside(workload: &Workload, launch: &OclgrindRun<'_>, ptoxide: impl Fn() -> Result<Seconds, String>) {
    let [mut run, mut checked, mut plain, mut racecheck, mut other]: [Samples; 5] = Default::default();
    let mut refusal = String::new();
    let instructions = peers::oclgrind_instructions(launch).unwrap_or(0);
    let several = |checking| {
        let launches: Vec<Seconds> = (0..LAUNCHES).map(|_| workload.run(checking, 1)).collect();
        let mean = |part: fn(&Seconds) -> f64| launches.iter().map(part).sum::<f64>() / LAUNCHES as f64;
        Seconds { wall: mean(|one| one.wall), cpu: mean(|one| one.cpu) }
    };
    for _ in 0..PEER_ROUNDS {
        run.0.push(several(Checking::None));
        checked.0.push(several(Checking::All));
        match ptoxide() {
            Ok(seconds) => other.0.push(seconds),
            Err(error) => refusal = error,
        }
        plain.0.extend(peers::oclgrind(launch, &[]));
        if let Some(seconds) = peers::oclgrind(launch, &["--data-races", "--uninitialized"]) {
            racecheck.0.push(seconds);
        }
    }
    println!("\n{} on one core, beside peers", workload.name);
    let show = |name: &str, taken: &Samples, ours: Option<(&str, &Samples)>| {
        let ratio =
            ours.map_or_else(String::new, |(mode, ours)| format!(", {:.1} × ours ({mode})", taken.cpu() / ours.cpu()));
        println!("  {name:<40} {:.4} s ± {:.0} %{ratio}", taken.cpu(), taken.spread());
    };
    show("rustg, run", &run, None);
    show("rustg, all checks", &checked, None);
    match other.0.is_empty() {
        true => println!("  ptoxide does not run it: {refusal}"),
        false => show("ptoxide", &other, Some(("run", &run))),
    }
    match plain.0.is_empty() {
        true => println!("  Oclgrind: SKIPPED, not installed (apt-get install oclgrind)"),
        false => {
            show(&format!("Oclgrind ({:.1} M instructions)", instructions as f64 / 1e6), &plain, Some(("run", &run)));
            show("Oclgrind, races and uninitialised values", &racecheck, Some(("all checks", &checked)));
        }
    }
}
