//! Kernels whose threads work together, and programs that are refused.

use std::sync::Arc;

use rustg_driver::{Options, SourceFile, compile};
use rustg_simulator::device::{Config, Device, LaunchShape};

fn build(text: &str) -> rustg_driver::Compilation {
    compile(&[SourceFile { path: "kernel.rs".into(), text: text.into() }], &Options::default())
}

/// Runs `kernel` on 64 threads in blocks of 32 over one row of words, which it changes.
fn run(text: &str, words: &[u32]) -> Vec<u32> {
    let compilation = build(text);
    assert_eq!(compilation.diagnostics, []);
    let ptx = compilation.ptx.expect("no diagnostics, so there is PTX");
    let (module, wrong) = rustg_ptx::parse(ptx.as_bytes());
    assert!(wrong.is_empty(), "{wrong:?}\n{ptx}");
    let mut device = Device::new(Config::default());
    let module = device.load_module(Arc::new(module)).unwrap();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let data = device.allocate("data", bytes.len() as u64).unwrap();
    let record = device.allocate("record", rustg_driver::RECORD_SIZE_BYTES as u64).unwrap();
    device.upload(data, &bytes).unwrap();
    device.upload(record, &[0; rustg_driver::RECORD_SIZE_BYTES]).unwrap();
    let parameters: Vec<u8> = [data, words.len() as u64, record].iter().flat_map(|word| word.to_le_bytes()).collect();
    device
        .launch(&module, "kernel", &LaunchShape::linear(2, 32), &parameters)
        .unwrap_or_else(|error| panic!("{error}\n{ptx}"));
    let result = device.download(data, bytes.len() as u64).unwrap();
    result.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

#[test]
fn shared_memory_and_barriers_reverse_each_block() {
    let text = "use rustg::prelude::*;
static mut TILE: SharedArray<u32, 32> = SharedArray::UNINIT;
#[kernel]
pub fn kernel(mut data: DisjointSlice<u32>) {
    let i = thread::index_1d();
    let t = thread::threadIdx_x() as usize;
    if let Some(item) = data.get_mut(i) {
        // SAFETY: each thread writes its own element, and a barrier stands before others read it.
        unsafe {
            TILE[t] = *item;
            thread::sync_threads();
            *item = TILE[31 - t];
        }
    }
}
";
    let words: Vec<u32> = (0..64).collect();
    let wanted: Vec<u32> = (0..32).rev().chain((32..64).rev()).collect();
    assert_eq!(run(text, &words), wanted);
}

#[test]
fn warps_shuffle_vote_and_reduce() {
    let text = "use rustg::prelude::*;
#[kernel]
pub fn kernel(mut data: DisjointSlice<u32>) {
    let lane = warp::lane_id();
    let next = warp::shuffle_xor(lane, 1);
    let odd = warp::ballot(lane % 2 == 1);
    let mut sum = lane;
    let mut step = 16;
    while step > 0 {
        sum += warp::shuffle_down(sum, step);
        step /= 2;
    }
    let total = warp::shuffle(sum, 0);
    if let Some(item) = data.get_mut(thread::index_1d()) {
        *item = next + total * 100 + (odd & 0xf) * 1000000;
    }
}
";
    let wanted: Vec<u32> = (0..64).map(|i| ((i % 32) ^ 1) + 496 * 100 + 0b1010 * 1_000_000).collect();
    assert_eq!(run(text, &[0; 64]), wanted);
}

#[test]
fn atomics_count_across_blocks() {
    let text = "use rustg::prelude::*;
use rustg::atomic::{DeviceAtomicU32, Ordering};
static COUNT: DeviceAtomicU32 = DeviceAtomicU32::new(5);
#[kernel]
pub fn kernel(mut data: DisjointSlice<u32>) {
    let before = COUNT.fetch_add(2, Ordering::Relaxed);
    if let Some(item) = data.get_mut(thread::index_1d()) {
        *item = before;
    }
}
";
    let mut found = run(text, &[0; 64]);
    found.sort_unstable();
    assert_eq!(found, (0..64).map(|i| 5 + 2 * i).collect::<Vec<u32>>());
}

#[test]
fn a_panic_ends_its_thread_or_as_asked_the_launch_and_both_leave_the_record() {
    let text = "use rustg::prelude::*;
#[kernel]
pub fn kernel(mut data: DisjointSlice<u32>) {
    let i = thread::index_1d();
    assert!(i.get() != 3, \"not {}\", i.get());
    if let Some(item) = data.get_mut(i) {
        *item = 1;
    }
}
";
    for (end, ends_launch) in [("exit", false), ("trap", true)] {
        let options = Options { panic: end.parse().unwrap(), ..Options::default() };
        let compilation = compile(&[SourceFile { path: "kernel.rs".into(), text: text.into() }], &options);
        let (module, wrong) = rustg_ptx::parse(compilation.ptx.unwrap().as_bytes());
        assert!(wrong.is_empty(), "{wrong:?}");
        let mut device = Device::new(Config::default());
        let module = device.load_module(Arc::new(module)).unwrap();
        let data = device.allocate("data", 256).unwrap();
        let record = device.allocate("record", rustg_driver::RECORD_SIZE_BYTES as u64).unwrap();
        device.upload(record, &[0; rustg_driver::RECORD_SIZE_BYTES]).unwrap();
        let parameters: Vec<u8> = [data, 64, record].iter().flat_map(|word| word.to_le_bytes()).collect();
        let launched = device.launch(&module, "kernel", &LaunchShape::linear(2, 32), &parameters);
        assert_eq!(launched.is_err(), ends_launch, "{end}");
        let found = device.download(record, rustg_driver::RECORD_SIZE_BYTES as u64).unwrap();
        let word = |at: usize| u32::from_le_bytes(found[at..at + 4].try_into().unwrap());
        assert_eq!((word(0), word(20), word(32)), (2, 3, 3), "{end}");
        assert_eq!(compilation.sites[word(4) as usize].render(&[3]), "not 3");
    }
    assert!("abort".parse::<rustg_driver::PanicEnd>().unwrap_err().to_string().contains("not `abort`"));
}

/// Programs that are refused, each with the code of its first diagnostic and a word of the line that it stands at.
const REFUSED: &[(&str, &str, &str)] = &[
    ("E0308", "wrong", "fn f(x: u32) -> u64 {\n    x // wrong\n}"),
    ("E0425", "wrong", "fn f() -> u64 {\n    nothing // wrong\n}"),
    ("E0384", "wrong", "fn f() -> u64 {\n    let a = 1;\n    a = 2; // wrong\n    a\n}"),
    (
        "E0382",
        "wrong",
        "struct S(u64);\nfn g(s: S) -> u64 { s.0 }\nfn f() -> u64 {\n    let s = S(1);\n    g(s);\n    g(s) // wrong\n}",
    ),
    ("E0381", "wrong", "fn f() -> u64 {\n    let a: u64;\n    a + 1 // wrong\n}"),
    ("E0596", "wrong", "fn f() -> u64 {\n    let a = [1u64; 2];\n    let b = &mut a; // wrong\n    b[0]\n}"),
    (
        "E0004",
        "wrong",
        "fn f(x: u8) -> u64 {\n    match x { // wrong\n        0..=200 => 1,\n        202.. => 2,\n    }\n}",
    ),
    ("E0599", "wrong", "fn f(x: u32) -> u64 {\n    x.nothing() // wrong\n}"),
    ("E0277", "wrong", "trait T {}\nfn g<X: T>(_: X) {}\nfn f(x: u32) -> u64 {\n    g(x); // wrong\n    1\n}"),
    ("E0133", "wrong", "fn f(x: *const u64) -> u64 {\n    *x // wrong\n}"),
    ("E0507", "wrong", "struct S(u64);\nfn f(s: &S) -> u64 {\n    let t = *s; // wrong\n    t.0\n}"),
    ("E0061", "wrong", "fn g(_: u32) {}\nfn f() -> u64 {\n    g(); // wrong\n    1\n}"),
    ("E0600", "wrong", "fn f(x: u32) -> u64 {\n    (-x) as u64 // wrong\n}"),
    ("E0369", "wrong", "struct S;\nfn f() -> u64 {\n    let _s = S + S; // wrong\n    1\n}"),
    (
        "E0616",
        "wrong",
        "mod m {\n    pub struct S { a: u64 }\n    pub fn s() -> S { S { a: 1 } }\n}\nfn f() -> u64 {\n    m::s().a // wrong\n}",
    ),
];

/// A program that reaches `f`.
fn reaching(source: &str) -> String {
    let call = match source {
        _ if source.contains("fn f(x: *const u64)") => "f(core::ptr::null())",
        _ if source.contains("fn f(s: &S)") => "f(&S(1))",
        _ if source.contains("fn f(x: u") => "f(3)",
        _ => "f()",
    };
    format!("{source}\n#[kernel]\npub fn kernel(mut data: rustg::DisjointSlice<u64>) {{\n    if let Some(x) = data.get_mut(rustg::prelude::thread::index_1d()) {{\n        *x = {call} as u64;\n    }}\n}}\n").replace("f(core::ptr::null())", "f(x as *const u64)")
}

#[test]
fn what_rustc_refuses_is_refused_with_the_same_code_at_the_same_line() {
    let folder = tempfile::tempdir().unwrap();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    for (at, (code, word, source)) in REFUSED.iter().enumerate() {
        let compilation = build(&reaching(source));
        let first = compilation.diagnostics.first().unwrap_or_else(|| panic!("accepted:\n{source}"));
        let line = source[..(first.diagnostic.primary.span.start as usize).min(source.len())].lines().count().max(1);
        let wanted = source.lines().position(|line| line.contains(word)).expect("a line is marked") + 1;
        assert_eq!(first.diagnostic.code, Some(*code), "{}\n{source}", first.diagnostic.message);
        assert!(line == wanted || line + 1 == wanted, "line {line}, wanted {wanted}\n{source}");
        let path = folder.path().join(format!("case{at}.rs"));
        std::fs::write(&path, format!("#![allow(warnings)]\n{source}")).unwrap();
        let out = std::process::Command::new(&rustc)
            .args(["--edition", "2024", "--crate-type", "lib", "--emit=metadata", "--out-dir"])
            .arg(folder.path())
            .arg(&path)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(
            told.contains(&format!("error[{code}]")) && told.contains(&format!(".rs:{}:", wanted + 1)),
            "rustc says\n{told}"
        );
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name_and_only_where_a_kernel_reaches_it() {
    let host = "fn host() -> Box<dyn Fn()> { println!(\"x\"); todo!() }\n#[kernel]\npub fn kernel(mut data: rustg::DisjointSlice<u32>) {}\n";
    assert_eq!(build(host).diagnostics, []);
    let device =
        "fn f() { println!(\"x\"); }\n#[kernel]\npub fn kernel(mut data: rustg::DisjointSlice<u32>) { f(); }\n";
    let found = build(device);
    assert_eq!(found.diagnostics[0].diagnostic.code, Some("G0108"));
    assert!(
        found.diagnostics[0].diagnostic.message.contains("`println!`"),
        "{}",
        found.diagnostics[0].diagnostic.message
    );
}

#[test]
fn what_would_silently_mean_something_else_is_refused() {
    let kernel = "#[kernel]\npub fn kernel(mut data: rustg::DisjointSlice<u32>) {";
    for (body, word) in [
        ("let _s = S(1);", "`Drop`"),
        ("let _n = core::mem::size_of::<Option<&u32>>();", "enumeration with fields"),
        ("let _n = NAMES[0].len();", "static that holds references"),
        ("rustg::gpu_printf!(\"{}\", \"text\");", "`&str` in `gpu_printf!`"),
        ("rustg::gpu_printf!(\"{}\", 1_u128);", "`u128` in `gpu_printf!`"),
    ] {
        let text = format!(
            "struct S(u32);\nimpl Drop for S {{ fn drop(&mut self) {{}} }}\nstatic NAMES: [&[u32]; 1] = [&[1]];\n{kernel} {body} }}\n"
        );
        let found = build(&text);
        let message = &found.diagnostics.first().unwrap_or_else(|| panic!("accepted: {body}")).diagnostic.message;
        assert!(message.contains(word), "{message}");
    }
}
