//! The same function compiled by rustc for the host and by rustg for the simulator: equal bits, equal panics.
//!
//! Each `pub fn NAME(x: u64) -> u64` at the outermost level of a file in `tests/cases` is called with the values of [`case::INPUTS`]. All files are
//! one host program, compiled once.

mod case;
mod device;
mod host;
mod kit;
mod operators;
mod programs;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use case::Case;
use rustg_driver::{Options, SourceFile, compile};
use rustg_simulator::device::{Config, Device, LaunchShape};

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let files = std::fs::read_dir(folder).expect("the cases are there");
    let mut cases: Vec<(String, String)> = files
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    cases.extend(operators::operators());
    cases.sort();
    if let Ok(only) = std::env::var("CASE") {
        cases.retain(|(name, _)| name.contains(&only));
    }
    cases
        .into_iter()
        .map(|(name, text)| {
            let declared = text.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split_once("(x: u64) -> u64"));
            let tests = declared.map(|(test, _)| test.to_owned()).collect();
            Case { name, text, tests }
        })
        .collect()
}

/// Compares all cases without optimisation and with all of it.
fn assert_equal(cases: &[Case]) {
    let host = host::outcomes(cases);
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let error = [0, 3].iter().find_map(|level| device::compare(case, &host, *level).err());
                    wrong.lock().unwrap().extend(error);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_case_means_on_the_device_what_it_means_on_the_host() {
    let cases = cases();
    assert!(std::env::var("CASE").is_ok() || cases.len() > 100, "the cases were found");
    assert_equal(&cases);
}

#[test]
fn saxpy_runs_as_the_design_writes_it() {
    let text = "use rustg::prelude::*;

#[kernel]
pub fn saxpy(a: f32, x: &[f32], mut y: DisjointSlice<f32>) {
    let i = thread::index_1d();
    if let Some(out) = y.get_mut(i) {
        *out += a * x[i.get()];
    }
}

fn main() -> rustg::Result<()> {
    let device = Device::open_default()?;
}
";
    let compilation = compile(&[SourceFile { path: "src/main.rs".into(), text: text.into() }], &Options::default());
    assert_eq!(compilation.diagnostics, []);
    let kernel = &compilation.kernels[0];
    assert_eq!((kernel.path.as_str(), kernel.line, kernel.parameters.len()), ("saxpy", 4, 3));
    let ptx = compilation.ptx.unwrap();
    let module = Arc::new(rustg_ptx::parse(ptx.as_bytes()).0);
    let mut device = Device::new(Config::default());
    let module = device.load_module(module).unwrap();
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let (x, y) = (device.allocate("x", 400).unwrap(), device.allocate("y", 400).unwrap());
    device.upload(x, &bytes(&[3.0; 100])).unwrap();
    device.upload(y, &bytes(&[1.0; 100])).unwrap();
    let record = device.allocate("record", rustg_driver::RECORD_SIZE_BYTES as u64).unwrap();
    device.upload(record, &[0; rustg_driver::RECORD_SIZE_BYTES]).unwrap();
    let mut parameters = 2.0_f32.to_le_bytes().to_vec();
    parameters.extend([0; 4]);
    parameters.extend([x, 100, y, 100, record].iter().flat_map(|word| word.to_le_bytes()));
    device.launch(&module, "saxpy", &LaunchShape::linear(4, 32), &parameters).unwrap();
    assert_eq!(device.download(y, 400).unwrap(), bytes(&[7.0; 100]));
}

/// How many programs a file holds, and how many files are one host program.
const PROGRAMS: (u64, u64) = (10, 25);

/// `PROGRAMS=first..end` asks for certain seeds, `RUSTG_TEST_FULL=1` for 10,000.
#[test]
fn random_programs_mean_on_the_device_what_they_mean_on_the_host() {
    let full = std::env::var_os("RUSTG_TEST_FULL").is_some();
    let (first, end) = match std::env::var("PROGRAMS") {
        Ok(range) => {
            let (first, end) = range.split_once("..").expect("PROGRAMS=first..end");
            (first.parse().expect("a number"), end.parse().expect("a number"))
        }
        Err(_) => (0, if full { 10_000 } else { 60 }),
    };
    let starts: Vec<u64> = (first..end).step_by(PROGRAMS.0 as usize).collect();
    for starts in starts.chunks(PROGRAMS.1 as usize) {
        let cases: Vec<Case> = starts.iter().map(|start| programs::case(*start, PROGRAMS.0.min(end - start))).collect();
        assert_equal(&cases);
    }
}

/// Writes all cases and 2,000 random programs for a GPU: `RUSTG_MEANING_OUT=DIR cargo test --release -p rustg-driver --test meaning the_kit`,
/// then there `benches/gpu/meaning.py DIR`.
#[test]
fn the_kit_for_a_gpu_is_written() {
    let Some(folder) = std::env::var_os("RUSTG_MEANING_OUT") else {
        return println!("skipped: RUSTG_MEANING_OUT names no folder");
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let programs = (0..2_000).step_by(PROGRAMS.0 as usize).map(|start| programs::case(start, PROGRAMS.0));
    let cases: Vec<Case> = cases().into_iter().chain(programs).collect();
    let mut index = String::new();
    for cases in cases.chunks(PROGRAMS.1 as usize) {
        let host = host::outcomes(cases);
        for case in cases {
            for level in [0, 3] {
                let outcomes = |test: &str| host[&format!("{}::{test}", case.name)].clone();
                index += &kit::write(folder, case, level, outcomes).unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
    std::fs::write(folder.join("index"), index).unwrap();
}
