//! The same function compiled by rustc for the host and by rustg for the simulator: equal bits, equal panics.
//!
//! Each file of `tests/cases` has `pub fn test(x: u64) -> u64`; it is called with the values of [`INPUTS`]. All files are one host program,
//! compiled once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustg_driver::{Compilation, Options, SourceFile, compile};
use rustg_simulator::device::{Config, Device, LaunchShape};

const INPUTS: &[u64] = &[
    0,
    1,
    2,
    3,
    5,
    7,
    8,
    31,
    32,
    33,
    63,
    64,
    65,
    100,
    127,
    128,
    129,
    255,
    256,
    1000,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x3f80_0000,
    0x7f80_0000,
    0x4009_21fb_5444_2d18,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xdead_beef_0123_4567,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

const KERNEL: &str = "
#[kernel]
pub fn run(inputs: &[u64], mut results: rustg::DisjointSlice<u64>) {
    let i = rustg::prelude::thread::index_1d();
    if let Some(result) = results.get_mut(i) {
        *result = test(inputs[i.get()]);
    }
}
";

/// What a call did: its value, or the panic's message and line.
type Outcome = Result<u64, (String, u32)>;

fn cases() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let files = std::fs::read_dir(folder).expect("the cases are there");
    let mut cases: BTreeMap<String, String> = files
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    cases.extend(operators());
    if let Ok(only) = std::env::var("CASE") {
        cases.retain(|name, _| name.contains(&only));
    }
    cases
}

/// Each operator and cast of each type at the edges: a case for each pair of types.
fn operators() -> Vec<(String, String)> {
    let integers = ["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];
    let mut cases = Vec::new();
    for ty in integers {
        let edges = format!(
            "let edges: [{ty}; 8] = [0, 1, 2, 7, {ty}::MAX, {ty}::MAX - 1, {ty}::MIN, {ty}::MIN + 1];\n    let b = edges[(x % 8) as usize];\n    let a = x as {ty};"
        );
        for (name, op) in [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("rem", "%")] {
            cases.push((
                format!("op_{ty}_{name}"),
                format!("pub fn test(x: u64) -> u64 {{\n    {edges}\n    (a {op} b) as u64\n}}\n"),
            ));
        }
        let bits = "((a & b) ^ (a | b)) as u64 + ((a == b) as u64) + ((a < b) as u64 * 2) + ((a <= b) as u64 * 4) + ((a > b) as u64 * 8)";
        cases.push((format!("op_{ty}_bits"), format!("pub fn test(x: u64) -> u64 {{\n    {edges}\n    let bits = (((a & b) ^ (a | b)) ^ !a) as u64;\n    let _ = 0;\n    bits ^ (((a == b) as u64) + ((a < b) as u64 * 2) + ((a <= b) as u64 * 4) + ((a > b) as u64 * 8) + ((a >= b) as u64 * 16) + ((a != b) as u64 * 32))\n}}\n")));
        let _ = bits;
        for (name, op) in [("shl", "<<"), ("shr", ">>")] {
            cases.push((format!("op_{ty}_{name}"), format!("pub fn test(x: u64) -> u64 {{\n    let a = (x ^ 0x5a5a) as {ty};\n    (a {op} (x % 70) as u32) as u64\n}}\n")));
        }
        let casts: String = integers
            .iter()
            .map(|to| format!("    all = all.wrapping_mul(31).wrapping_add(a as {to} as u64);\n"))
            .collect();
        cases.push((format!("cast_{ty}"), format!("pub fn test(x: u64) -> u64 {{\n    let a = x as {ty};\n    let mut all: u64 = 0;\n{casts}    all ^ ((a as f32).to_bits() as u64) ^ (a as f64).to_bits()\n}}\n")));
    }
    for (ty, bits) in [("f32", "u32"), ("f64", "u64")] {
        let casts: String = integers
            .iter()
            .map(|to| format!("    all = all.wrapping_mul(31).wrapping_add(a as {to} as u64);\n"))
            .collect();
        cases.push((format!("cast_{ty}"), format!("pub fn test(x: u64) -> u64 {{\n    let a = {ty}::from_bits(x as {bits});\n    let mut all: u64 = 0;\n{casts}    all\n}}\n")));
        let body = "let c = a + b; let d = a * b; let e = a - b; let f = a / b;";
        cases.push((format!("op_{ty}"), format!("fn bits(v: {ty}) -> u64 {{ if v.is_nan() {{ 12345 }} else {{ v.to_bits() as u64 }} }}\npub fn test(x: u64) -> u64 {{\n    let a = {ty}::from_bits(x as {bits});\n    let b: {ty} = 1.5;\n    {body}\n    bits(c) ^ bits(d).rotate_left(7) ^ bits(e).rotate_left(13) ^ bits(f).rotate_left(29) ^ bits(-a) ^ ((a < b) as u64) ^ ((a == a) as u64 * 2) ^ ((a != b) as u64 * 4) ^ ((a >= b) as u64 * 8)\n}}\n")));
    }
    cases
}

/// Runs all cases on the host.
fn on_host(cases: &BTreeMap<String, String>) -> BTreeMap<String, Vec<Outcome>> {
    let folder = tempfile::tempdir().unwrap();
    let mut main = String::from("#![allow(warnings)]\nuse std::panic::catch_unwind;\n");
    for name in cases.keys() {
        let _ = writeln!(main, "mod {name};");
        std::fs::write(folder.path().join(format!("{name}.rs")), &cases[name]).unwrap();
    }
    let inputs: Vec<String> = INPUTS.iter().map(u64::to_string).collect();
    let _ = write!(
        main,
        "static LAST: std::sync::Mutex<(String, u32)> = std::sync::Mutex::new((String::new(), 0));
fn run(name: &str, test: fn(u64) -> u64) {{
    for x in [{}] {{
        match catch_unwind(|| test(x)) {{
            Ok(value) => println!(\"{{name}} ok {{value}}\"),
            Err(_) => {{ let last = LAST.lock().unwrap(); println!(\"{{name}} panic {{}} {{}}\", last.1, last.0.replace('\\n', \"\\\\n\")); }}
        }}
    }}
}}
fn main() {{
    std::panic::set_hook(Box::new(|info| {{
        let text = info.payload().downcast_ref::<&str>().map(|text| text.to_string()).or_else(|| info.payload().downcast_ref::<String>().cloned()).unwrap_or_default();
        *LAST.lock().unwrap() = (text, info.location().map_or(0, |place| place.line()));
    }}));
",
        inputs.join("u64, ")
    );
    for name in cases.keys() {
        let _ = writeln!(main, "    run(\"{name}\", {name}::test);");
    }
    main.push_str("}\n");
    std::fs::write(folder.path().join("main.rs"), main).unwrap();
    let program = folder.path().join("program");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let built = Command::new(rustc)
        .args(["--edition", "2024", "-C", "debuginfo=0", "-C", "overflow-checks=on", "-o"])
        .arg(&program)
        .arg(folder.path().join("main.rs"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(&program).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut outcomes: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    for line in String::from_utf8(ran.stdout).unwrap().lines() {
        let mut words = line.splitn(3, ' ');
        let (name, kind, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let outcome = if kind == "ok" {
            Ok(rest.parse().unwrap())
        } else {
            let (line, message) = rest.split_once(' ').unwrap();
            Err((message.replace("\\n", "\n"), line.parse().unwrap()))
        };
        outcomes.entry(name.to_owned()).or_default().push(outcome);
    }
    outcomes
}

/// Runs a compiled case on some inputs: the results, and the panic that was recorded.
fn on_device(
    compilation: &Compilation,
    ptx: &Arc<rustg_ptx::Module>,
    inputs: &[u64],
) -> Result<Vec<u64>, (String, u32)> {
    let mut device = Device::new(Config::default());
    let module = device.load_module(ptx.clone()).unwrap_or_else(|error| panic!("{error:?}"));
    let bytes: Vec<u8> = inputs.iter().flat_map(|input| input.to_le_bytes()).collect();
    let size = bytes.len() as u64;
    let source = device.allocate("inputs", size).unwrap();
    let target = device.allocate("results", size).unwrap();
    let record = device.allocate("record", rustg_driver::RECORD_SIZE_BYTES as u64).unwrap();
    device.upload(source, &bytes).unwrap();
    device.upload(record, &[0; rustg_driver::RECORD_SIZE_BYTES]).unwrap();
    let count = inputs.len() as u64;
    let parameters: Vec<u8> =
        [source, count, target, count, record].iter().flat_map(|word| word.to_le_bytes()).collect();
    let shape = LaunchShape::linear(inputs.len().div_ceil(32) as u32, 32);
    if let Err(error) = device.launch(&module, "run", &shape, &parameters) {
        return Err((format!("{error}"), 0));
    }
    let record = device.download(record, rustg_driver::RECORD_SIZE_BYTES as u64).unwrap();
    let word = |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().unwrap());
    if word(0) != 0 {
        let site = &compilation.sites[word(4) as usize];
        let reported: Vec<u64> =
            (0..4).map(|at| u64::from_le_bytes(record[32 + 8 * at..40 + 8 * at].try_into().unwrap())).collect();
        return Err((site.render(&reported), site.line));
    }
    let results = device.download(target, size).unwrap();
    Ok(results.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect())
}

fn compile_case(name: &str, source: &str, level: u8) -> Result<(Compilation, String), String> {
    let path = format!("{name}.rs");
    let files = [SourceFile { path: path.clone(), text: format!("{source}{KERNEL}") }];
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

fn compare(name: &str, source: &str, expected: &[Outcome], level: u8) -> Result<(), String> {
    let (compilation, text) = compile_case(name, source, level)?;
    if let Ok(ptxas) = std::env::var("RUSTG_PTXAS") {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.ptx"), &text).unwrap();
        let out = Command::new(ptxas)
            .args(["-arch=sm_75", "-o", "/dev/null"])
            .arg(folder.path().join("a.ptx"))
            .output()
            .unwrap();
        if !out.status.success() {
            return Err(format!("{name}: ptxas: {}", String::from_utf8_lossy(&out.stderr)));
        }
    }
    let (module, wrong) = rustg_ptx::parse(text.as_bytes());
    if !wrong.is_empty() {
        return Err(format!("{name}: {wrong:?}"));
    }
    let module = Arc::new(module);
    let fine: Vec<(u64, u64)> =
        INPUTS.iter().zip(expected).filter_map(|(input, outcome)| Some((*input, *outcome.as_ref().ok()?))).collect();
    let inputs: Vec<u64> = fine.iter().map(|(input, _)| *input).collect();
    if !inputs.is_empty() {
        let results = on_device(&compilation, &module, &inputs)
            .map_err(|panic| format!("{name} at level {level}: unexpected panic {panic:?}"))?;
        for ((input, wanted), found) in fine.into_iter().zip(results) {
            if wanted != found {
                return Err(format!(
                    "{name} at level {level}: test({input:#x}) is {wanted:#x} on the host, {found:#x} on the device"
                ));
            }
        }
    }
    let panics = INPUTS.iter().zip(expected).filter_map(|(input, outcome)| Some((*input, outcome.as_ref().err()?)));
    for (input, wanted) in panics.take(6) {
        match on_device(&compilation, &module, &[input]) {
            Err(found) if found == *wanted => {}
            found => {
                return Err(format!(
                    "{name} at level {level}: test({input:#x}) panics with {wanted:?} on the host, on the device {found:?}"
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn every_case_means_on_the_device_what_it_means_on_the_host() {
    let cases = cases();
    assert!(std::env::var("CASE").is_ok() || cases.len() > 100, "the cases were found");
    let expected = on_host(&cases);
    let mut wrong = Vec::new();
    for (name, source) in &cases {
        for level in [0, 3] {
            if let Err(error) = compare(name, source, &expected[name], level) {
                wrong.push(error);
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
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
