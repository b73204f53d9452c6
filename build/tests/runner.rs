//! The runner of `rustg test` against real test binaries, compiled here by rustc: tests that break their process fail alone.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustg_build::report::{Outcome, Test};
use rustg_build::runner::{self, Options, Outcomes};
use rustg_build::test_binary::TestBinary;

/// Speaks to the runner as `#[gpu_test]` does (`runtime/src/testing/report.rs`), without a device.
const HEAD: &str = r#"
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, OnceLock};
fn tell(line: &str) {
    static STREAM: OnceLock<Mutex<UnixStream>> = OnceLock::new();
    let connect = || Mutex::new(UnixStream::connect(std::env::var_os("RUSTG_TEST_SOCKET").unwrap()).unwrap());
    STREAM.get_or_init(connect).lock().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
}
fn is_alone() -> bool { std::env::var_os("RUSTG_TEST_ALONE").is_some() }
fn gpu(name: &str, test: impl FnOnce()) {
    tell(&format!("start\t{name}"));
    test();
    tell(&format!("end\t{name}\t1000"));
}
"#;

fn compiled(folder: &Path, tests: &str) -> TestBinary {
    let source = folder.join("broken.rs");
    std::fs::write(&source, format!("{HEAD}{tests}")).unwrap();
    let executable = folder.join("broken");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--test", "--edition=2024", "-o"]).arg(&executable).arg(&source).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    TestBinary { executable, target: "broken".to_owned(), folder: folder.to_owned(), has_documentation_tests: false }
}

fn options(timeout_s: u64) -> Options {
    Options { filters: Vec::new(), parallel: 2, timeout: Duration::from_secs(timeout_s), device: None, samples: None }
}

fn outcome<'a>(outcomes: &'a Outcomes, name: &str) -> &'a Test {
    let mut found = outcomes.tests.iter().filter(|test| test.name == name);
    let test = found.next().unwrap_or_else(|| panic!("{name} has not ended"));
    assert!(found.next().is_none(), "{name} ended twice");
    test
}

#[test]
fn tests_that_end_their_process_fail_alone() {
    let folder = tempfile::tempdir().unwrap();
    let binary = compiled(
        folder.path(),
        r#"
        #[test] fn works() {}
        #[test] fn fails() { panic!("on purpose") }
        #[test] fn a_gpu_test_aborts() { gpu("a_gpu_test_aborts", || std::process::abort()) }
        #[test] fn a_plain_test_exits() { std::process::exit(7) }
        #[test] fn another_gpu_test_works() { gpu("another_gpu_test_works", || tell("device\tGPU 0")) }
        #[test] #[ignore] fn is_ignored() {}
        mod sums { #[test] #[ignore] fn gpu_bench() { super::tell("bench\tsums\t8\t0\t1\t\t1.5,2.5") } }
        "#,
    );
    let mut told = Vec::new();
    let outcomes = runner::run(&binary, &options(120), &mut |test| told.push(test.name.clone())).unwrap();
    let is = |name: &str| outcome(&outcomes, name).outcome;
    assert_eq!(outcomes.tests.len(), 6, "{:?}", outcomes.tests);
    assert_eq!(
        (is("works"), is("another_gpu_test_works"), is("is_ignored")),
        (Outcome::Passed, Outcome::Passed, Outcome::Ignored)
    );
    assert!(outcome(&outcomes, "fails").output.contains("on purpose"), "{:?}", outcome(&outcomes, "fails"));
    assert!(outcome(&outcomes, "a_gpu_test_aborts").output.contains("signal 6"));
    assert!(outcome(&outcomes, "a_plain_test_exits").output.contains("exit code 7"));
    assert_eq!(outcome(&outcomes, "another_gpu_test_works").duration_ns, Some(1000));
    assert_eq!(outcomes.devices.iter().collect::<Vec<_>>(), ["GPU 0"]);
    assert!(told.contains(&"works".to_owned()) && told.len() >= 6, "{told:?}");

    let listed = runner::list(&binary, &options(120), false).unwrap();
    assert_eq!((listed.len(), listed.contains(&"sums::gpu_bench".to_owned())), (6, false));
    let measured = runner::run_benchmarks(&binary, &options(120), &mut |_| {}).unwrap();
    assert_eq!(measured.benchmarks[0].samples_ns, [1.5, 2.5]);
    assert_eq!(measured.benchmarks[0].name, "sums");
}

#[test]
fn tests_beside_one_that_loses_the_device_run_again_and_pass() {
    let folder = tempfile::tempdir().unwrap();
    let binary = compiled(
        folder.path(),
        r#"
        fn lose(name: &str) -> ! {
            if is_alone() { panic!("the device faulted") }
            tell(&format!("lost\t{name}"));
            loop { std::thread::park() }
        }
        #[test] fn faults() { gpu("faults", || lose("faults")) }
        // Its neighbour was lost with the device, and it cannot know by whom: alone it passes.
        #[test] fn is_beside() { gpu("is_beside", || if !is_alone() { lose("is_beside") }) }
        #[test] fn comes_later() { gpu("comes_later", || ()) }
        "#,
    );
    let outcomes = runner::run(&binary, &options(120), &mut |_| {}).unwrap();
    assert_eq!(outcomes.tests.len(), 3, "{:?}", outcomes.tests);
    assert!(outcome(&outcomes, "faults").output.contains("the device faulted"), "{:?}", outcomes.tests);
    assert_eq!(outcome(&outcomes, "is_beside").outcome, Outcome::Passed);
    assert_eq!(outcome(&outcomes, "comes_later").outcome, Outcome::Passed);
}

#[test]
fn a_test_that_hangs_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let binary = compiled(
        folder.path(),
        r#"
        #[test] fn hangs() { gpu("hangs", || loop { std::thread::park() }) }
        #[test] fn works() { gpu("works", || ()) }
        "#,
    );
    let outcomes = runner::run(&binary, &options(15), &mut |_| {}).unwrap();
    assert_eq!(outcome(&outcomes, "works").outcome, Outcome::Passed);
    assert!(outcome(&outcomes, "hangs").output.contains("did not end within 15 s"), "{:?}", outcomes.tests);
}
