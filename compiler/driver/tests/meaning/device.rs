//! Cases compiled by rustg and run in the simulator.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use rustg_driver::{Compilation, Options, RECORD_SIZE_BYTES, SourceFile, compile};
use rustg_simulator::device::{Config, Device, LaunchShape, Module};

use crate::case::{Case, INPUTS, Outcome};

/// A launch of one kernel on some inputs: the results and the panic record, whose first word says whether there was a panic.
pub struct Launched {
    pub results: Vec<u64>,
    pub record: Vec<u8>,
}

impl Launched {
    /// Word `at` bytes into the record.
    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.record[at..at + 4].try_into().unwrap())
    }

    /// The panic's message and line, if there was one.
    pub fn panic(&self, compilation: &Compilation) -> Option<(String, u32)> {
        if self.word(0) == 0 {
            return None;
        }
        let site = &compilation.sites[self.word(4) as usize];
        let reported: Vec<u64> =
            (0..4).map(|at| u64::from_le_bytes(self.record[32 + 8 * at..40 + 8 * at].try_into().unwrap())).collect();
        Some((site.render(&reported), site.line))
    }
}

/// A simulator with a module in it.
pub struct Loaded {
    device: Device,
    module: Module,
}

impl Loaded {
    pub fn new(ptx: rustg_ptx::Module) -> Loaded {
        let mut device = Device::new(Config::default());
        let module = device.load_module(Arc::new(ptx)).unwrap_or_else(|error| panic!("{error:?}"));
        Loaded { device, module }
    }

    /// Runs a kernel of a compiled case; a fault of the machine is an error.
    pub fn launch(&mut self, kernel: &str, inputs: &[u64]) -> Result<Launched, String> {
        let device = &mut self.device;
        let bytes: Vec<u8> = inputs.iter().flat_map(|input| input.to_le_bytes()).collect();
        let size = bytes.len() as u64;
        let source = device.allocate("inputs", size).unwrap();
        let target = device.allocate("results", size).unwrap();
        let record = device.allocate("record", RECORD_SIZE_BYTES as u64).unwrap();
        device.upload(source, &bytes).unwrap();
        device.upload(record, &[0; RECORD_SIZE_BYTES]).unwrap();
        let count = inputs.len() as u64;
        let parameters: Vec<u8> =
            [source, count, target, count, record].iter().flat_map(|word| word.to_le_bytes()).collect();
        let shape = LaunchShape::linear(inputs.len().div_ceil(32) as u32, 32);
        device.launch(&self.module, kernel, &shape, &parameters).map_err(|error| error.to_string())?;
        let results = device.download(target, size).unwrap();
        let record_bytes = device.download(record, RECORD_SIZE_BYTES as u64).unwrap();
        for address in [source, target, record] {
            device.free(address).unwrap();
        }
        Ok(Launched {
            results: results.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect(),
            record: record_bytes,
        })
    }
}

/// Compiles a case; the error is what the compiler says.
pub fn compile_case(case: &Case, level: u8) -> Result<(Compilation, String), String> {
    let path = format!("{}.rs", case.name);
    let files = [SourceFile { path: path.clone(), text: case.with_kernels() }];
    let compilation = compile(&files, &Options { optimization_level: level, ..Options::default() });
    let lines = rustg_base::LineIndex::new(&files[0].text);
    let shown: String = compilation
        .diagnostics
        .iter()
        .map(|found| rustg_base::diagnostic::render(&found.diagnostic, &path, &files[0].text, &lines, false) + "\n")
        .collect();
    match compilation.ptx.clone() {
        Some(ptx) => Ok((compilation, ptx)),
        None => Err(shown),
    }
}

/// `RUSTG_PTXAS` names an assembler, which must take the text as well.
fn assemble(text: &str) -> Result<(), String> {
    let Ok(ptxas) = std::env::var("RUSTG_PTXAS") else { return Ok(()) };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ptx"), text).unwrap();
    let arguments = ["-arch=sm_75", "-o", "/dev/null"];
    let out = Command::new(ptxas).args(arguments).arg(folder.path().join("a.ptx")).output().unwrap();
    if out.status.success() { Ok(()) } else { Err(format!("ptxas: {}", String::from_utf8_lossy(&out.stderr))) }
}

/// Whether a case does on the device what it did on the host.
pub fn compare(case: &Case, host: &BTreeMap<String, Vec<Outcome>>, level: u8) -> Result<(), String> {
    let name = &case.name;
    let (compilation, text) = compile_case(case, level)?;
    assemble(&text).map_err(|error| format!("{name}: {error}"))?;
    let (module, wrong) = rustg_ptx::parse(text.as_bytes());
    if !wrong.is_empty() {
        return Err(format!("{name}: {wrong:?}"));
    }
    let mut loaded = Loaded::new(module);
    for (number, test) in case.tests.iter().enumerate() {
        compare_test(&compilation, &mut loaded, &format!("run_{number}"), &host[&format!("{name}::{test}")])
            .map_err(|error| format!("{name}::{test} at level {level}: {error}"))?;
    }
    Ok(())
}

/// Inputs that give a value run together, those that panic each alone.
fn compare_test(
    compilation: &Compilation,
    loaded: &mut Loaded,
    kernel: &str,
    expected: &[Outcome],
) -> Result<(), String> {
    let outcomes = || INPUTS.iter().zip(expected);
    let fine: Vec<(u64, u64)> =
        outcomes().filter_map(|(input, outcome)| Some((*input, *outcome.as_ref().ok()?))).collect();
    if !fine.is_empty() {
        let inputs: Vec<u64> = fine.iter().map(|(input, _)| *input).collect();
        let launched = loaded.launch(kernel, &inputs)?;
        if let Some(panic) = launched.panic(compilation) {
            return Err(format!("unexpected panic {panic:?}"));
        }
        for ((input, wanted), found) in fine.into_iter().zip(launched.results) {
            if wanted != found {
                return Err(format!("test({input:#x}) is {wanted:#x} on the host, {found:#x} on the device"));
            }
        }
    }
    let panics = outcomes().filter_map(|(input, outcome)| Some((*input, outcome.as_ref().err()?)));
    for (input, wanted) in panics.take(6) {
        let launched = loaded.launch(kernel, &[input])?;
        let found = launched.panic(compilation);
        if found.as_ref() != Some(wanted) {
            let result = launched.results[0];
            return Err(format!(
                "test({input:#x}) panics with {wanted:?} on the host, on the device {found:?} ({result:#x})"
            ));
        }
    }
    Ok(())
}
