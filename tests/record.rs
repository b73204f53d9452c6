//! `rustg record` without a GPU: exit codes, sentences, signals, kills; and rings, written by the library's own writer or
//! captured on a GPU, through the collector into a recording.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustg_inject::channel::Channel;
use rustg_wire::{
    API_RUNTIME, Api, ApiName, Clock, Device, END_EXIT, End, Kernel, KernelConfig, MARKER_END, MARKER_START, Marker,
    NO_ID, Process, PythonFrame, Stack, State, Text, put_text,
};
use serde_json::Value;

use crate::program::{PATIENCE, root, run, rustg};

fn record(dir: &Path, options: &[&str], command: &[&str]) -> Output {
    start(dir, options, command).wait_with_output().unwrap()
}

fn start(dir: &Path, options: &[&str], command: &[&str]) -> Child {
    let mut rustg = rustg();
    rustg.arg("record").arg("-o").arg(dir.join("r.rgt")).args(options).arg("--").args(command);
    rustg.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// This binary again, running [`producer`] alone: a program that is recorded.
fn producer_command() -> [OsString; 5] {
    this_test("record::producer")
}

/// This binary again, running one of its ignored tests alone.
fn this_test(name: &str) -> [OsString; 5] {
    let this = std::env::current_exe().unwrap().into_os_string();
    [this, "--exact".into(), name.into(), "--ignored".into(), "--nocapture".into()]
}

fn start_producer(dir: &Path, options: &[&str], events: u64, then: &str) -> Child {
    let mut rustg = rustg();
    rustg.arg("record").arg("-o").arg(dir.join("r.rgt")).args(options).arg("--").args(producer_command());
    rustg.env("PRODUCER_EVENTS", events.to_string()).env("PRODUCER_THEN", then);
    rustg.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Not a test of its own: the program that the tests below record. It writes what the injection library would, with the
/// library's own channel, at the times and places of a made-up GPU.
#[test]
#[ignore = "run by the other tests"]
fn producer() {
    let Some(dir) = std::env::var_os("RUSTG_RECORD_DIR") else { return };
    let events: u64 = std::env::var("PRODUCER_EVENTS").unwrap().parse().unwrap();
    let channel = Channel::create(Path::new(&dir)).unwrap();
    define(&channel);
    channel.set_state(State::Recording);
    let then = std::env::var("PRODUCER_THEN").unwrap();
    let told = std::fs::File::create(Path::new(&dir).join("told")).unwrap();
    let mut batch = Vec::new();
    let mut number = 0;
    // A steady one goes on until its recorder is gone, or itself killed.
    while number < events || then == "steady" && !(number % 500 == 0 && channel.is_over()) {
        number += 1;
        let start_ns = 2_000_000_000 + number * 4_000;
        let correlation = number as u32;
        let call = Api {
            cbid: 211,
            start_ns,
            dur_ns: 2_000,
            domain: API_RUNTIME,
            correlation,
            tid: 77,
            stack: 1,
            returned: 0,
        };
        call.put(&mut batch, &[]);
        let kernel = Kernel {
            config: 1,
            start_ns: start_ns + 2_500,
            dur_ns: 1_000,
            correlation,
            device: 0,
            context: 1,
            stream: 7,
        };
        kernel.put(&mut batch, &[]);
        if number % 500 == 0 || number == events {
            channel.send(&mut batch, 1_000);
            // What is told has been sent; a kill between the two leaves at most one batch untold.
            told.write_all_at(&number.to_le_bytes(), 0).unwrap();
            if then == "steady" {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
    // Those who kill something wait for this word, as nobody knows how long the sending takes.
    std::fs::write(Path::new(&dir).join("sent"), "").unwrap();
    match then.as_str() {
        "end" => end(&channel, State::Finished),
        // As the library does, which notices on its own thread and stops.
        "steady" => {
            let marker = Marker { flags: MARKER_END, ts_ns: 3_000_000_000, id: 2, tid: 77, name: 0, domain: 0 };
            channel.define(|out| marker.put(out, &[]));
            end(&channel, State::Stopped);
            std::fs::write(Path::new(&dir).join("alone"), "").unwrap();
            // The program itself goes on for as long as anybody wants to look at it.
            std::thread::sleep(PATIENCE);
        }
        _ => std::thread::sleep(PATIENCE),
    }
}

fn end(channel: &Channel, state: State) {
    channel.define(|out| End { reason: END_EXIT }.put(out, &[]));
    channel.send(&mut Vec::new(), 0);
    channel.set_state(state);
}

fn define(channel: &Channel) {
    channel.define(|out| {
        // CUPTI's clock two seconds after its zero, whatever the wall clock says.
        Clock { cupti_ns: 2_000_000_000, realtime_ns: now_ns(), monotonic_ns: 5 }.put(out, &[]);
        let mut texts = Vec::new();
        put_text(&mut texts, b"producer");
        put_text(&mut texts, b"producer\0--of\0records");
        Process { pid: std::process::id(), parent: 1, cupti_version: 130_000, driver_version: 13_000 }.put(out, &texts);
        let mut texts = Vec::new();
        put_text(&mut texts, b"GPU-1");
        put_text(&mut texts, b"NVIDIA Test");
        Device { device: 0, sm_count: 132, ..Device::default() }.put(out, &texts);
        Text { id: 1, size_bytes: 11 }.put(out, b"step_kernel");
        Text { id: 2, size_bytes: 4 }.put(out, b"step");
        ApiName { domain: API_RUNTIME, cbid: 211 }.put(out, b"cudaLaunchKernel");
        let config =
            KernelConfig { id: 1, name: 1, grid_x: 1, grid_y: 1, grid_z: 1, block_x: 32, ..Default::default() };
        config.put(out, &[]);
        for (id, line, function) in [(0, 3, "main"), (1, 9, "train_step")] {
            let mut texts = Vec::new();
            put_text(&mut texts, function.as_bytes());
            put_text(&mut texts, b"/code/train.py");
            PythonFrame { id, line }.put(out, &texts);
        }
        Stack { id: 0, caller: NO_ID, frame: 0 }.put(out, &[]);
        Stack { id: 1, caller: 0, frame: 1 }.put(out, &[]);
        let start = Marker { flags: MARKER_START, ts_ns: 2_000_000_500, id: 1, tid: 77, name: 2, domain: 0 };
        start.put(out, &[]);
        Marker { flags: MARKER_END, ts_ns: 2_000_900_500, name: 0, ..start }.put(out, &[]);
        Marker { id: 2, ..start }.put(out, &[]);
    });
}

fn now_ns() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
}

fn stats(recording: &Path) -> Value {
    let output = run(&["stats", recording.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn kernel_count(recording: &Path) -> u64 {
    stats(recording)["kernels"].as_array().unwrap().iter().map(|row| row["count"].as_u64().unwrap()).sum()
}

fn kill(pid: u32, signal: i32) {
    // SAFETY: signals a process that this test started.
    assert_eq!(unsafe { libc::kill(pid as i32, signal) }, 0);
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The pid in a ring's file name.
fn recorded_pid(dir: &Path) -> Option<u32> {
    let rings = std::fs::read_dir(dir.join("r.rgt/wire")).ok()?;
    let name =
        rings.flatten().map(|entry| text(entry.file_name().as_encoded_bytes())).find(|name| name.ends_with(".ring"))?;
    name.split('-').next()?.parse().ok()
}

#[test]
fn the_program_s_exit_code_is_passed_on() {
    let dir = tempfile::tempdir().unwrap();
    let output = record(dir.path(), &[], &["sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(text(&output.stdout), "out\n");
    assert!(text(&output.stderr).starts_with("err\n"), "{}", text(&output.stderr));
    assert_eq!(record(dir.path(), &[], &["sh", "-c", "kill -SEGV $$"]).status.code(), Some(128 + 11));
}

#[test]
fn a_program_without_cuda_ends_in_one_sentence_code_3_and_no_recording() {
    let dir = tempfile::tempdir().unwrap();
    let output = record(dir.path(), &[], &["true"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.starts_with("rustg: nothing was recorded: ") && said.lines().count() == 1, "{said}");
    assert!(!dir.path().join("r.rgt").exists());
}

#[test]
fn a_program_that_is_not_there_is_an_error_of_usage_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let output = record(dir.path(), &[], &["no-such-program-anywhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot run no-such-program-anywhere"), "{}", text(&output.stderr));
    assert!(!dir.path().join("r.rgt").exists());
}

/// Not a test of its own: a program in which the CUDA driver would find the library and call its entry.
#[test]
#[ignore = "run by the test below"]
fn loads_the_injection_library() {
    let Some(path) = std::env::var_os("CUDA_INJECTION64_PATH") else { return };
    let path = std::ffi::CString::new(path.as_encoded_bytes()).unwrap();
    // SAFETY: the path ends in a zero; the library and its entry are ours, and the entry takes nothing.
    unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        let entry = libc::dlsym(library, c"InitializeInjection".as_ptr());
        assert!(!entry.is_null(), "the library has its entry");
        std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> i32>(entry)();
    }
}

#[test]
fn the_embedded_library_loads_and_says_that_there_is_no_cupti() {
    let dir = tempfile::tempdir().unwrap();
    let mut rustg = rustg();
    rustg.env("RUSTG_CUPTI", "/nowhere").env_remove("CUDA_HOME").env_remove("CUDA_PATH");
    let command = this_test("record::loads_the_injection_library");
    rustg.arg("record").arg("-o").arg(dir.path().join("r.rgt")).arg("--").args(command);
    let output = rustg.output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let words = ["nothing was recorded", "no CUPTI library was found"];
    assert!(words.iter().any(|words| said.contains(words)), "{said}");
    if said.contains("no CUPTI library was found") {
        assert!(said.contains("RUSTG_CUPTI="), "{said}");
    } else {
        eprintln!("SKIPPED: there is a CUPTI in a place of its own here: {said}");
    }
}

#[test]
fn more_than_the_ring_holds_arrives_whole_and_joined() {
    let dir = tempfile::tempdir().unwrap();
    let events = 300_000;
    let output = start_producer(dir.path(), &[], events, "end").wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("300000 kernels, 0 copies and fills, 300000 API calls, 0 lost"), "{said}");
    let recording = dir.path().join("r.rgt");
    let stats = stats(&recording);
    let kernel = &stats["kernels"][0];
    assert_eq!((&kernel["name"], &kernel["count"]), (&Value::from("step_kernel"), &Value::from(events)));
    assert_eq!(kernel["total_ns"], Value::from(events * 1_000));
    assert_eq!(stats["nvtx"][0]["name"], "step");
    let folded = run(&["flame", recording.to_str().unwrap(), "--format", "folded"]);
    let folded = text(&folded.stdout);
    assert!(folded.lines().any(|line| line.contains("main") && line.contains("train_step")), "{folded}");
    assert!(!recording.join("wire").exists(), "rings are gone once all is stored");
}

/// How many kernels the producer says it has sent.
fn told(dir: &Path) -> u64 {
    let told = std::fs::read(dir.join("r.rgt/wire/told")).unwrap_or_default();
    told.try_into().map_or(0, u64::from_le_bytes)
}

/// Holds the recording to what the producer told when it was killed, and to one batch more that it had not told yet.
fn assert_whole(dir: &Path, told: u64) {
    let found = kernel_count(&dir.join("r.rgt"));
    assert!((told..=told + 500).contains(&found), "{found} kernels of {told} that were sent");
}

#[test]
fn a_killed_program_leaves_all_it_sent_and_the_recording_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let child = start_producer(dir.path(), &[], 0, "steady");
    wait_until("some kernels", || told(dir.path()) > 20_000);
    // The recording, and with it what was told, is moved aside when the recorder ends: it is stopped meanwhile.
    kill(child.id(), libc::SIGSTOP);
    kill(recorded_pid(dir.path()).unwrap(), libc::SIGKILL);
    let told = told(dir.path());
    kill(child.id(), libc::SIGCONT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(128 + 9));
    assert!(text(&output.stderr).contains("was killed"), "{}", text(&output.stderr));
    assert_whole(dir.path(), told);
}

#[test]
fn what_a_killed_collector_had_not_stored_is_there_once_the_recording_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("r.rgt");
    let mut child = start_producer(dir.path(), &[], 0, "steady");
    wait_until("some stored kernels", || recording.join("kernels.arrows").exists() && told(dir.path()) > 20_000);
    kill(child.id(), libc::SIGKILL);
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGKILL));
    let told_at_kill = told(dir.path());
    let pid = recorded_pid(dir.path()).unwrap();
    wait_until("that the program notices", || recording.join("wire/alone").exists());
    let told_since = told(dir.path());
    let output = run(&["stats", recording.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let stats: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(text(&output.stdout).contains("The recorder was killed"), "{}", text(&output.stdout));
    assert!(!text(&output.stdout).contains("could finish"), "it is finished now");
    assert!(!recording.join("wire").exists(), "the rings are gone once all is stored");
    let row = &stats["kernels"][0];
    let found = row["count"].as_u64().unwrap();
    assert_eq!((&row["name"], found), (&Value::from("step_kernel"), told_since), "{told_at_kill} at the kill");
    assert_eq!(row["total_ns"], Value::from(found * 1_000), "each once");
    assert_eq!(stats["api"][0]["count"], row["count"]);
    // A range that had begun before the kill and ended after it is one range.
    assert_eq!(stats["nvtx"][0]["count"], 2, "{}", stats["nvtx"]);
    let folded = text(&run(&["flame", recording.to_str().unwrap(), "--format", "folded"]).stdout);
    assert!(folded.lines().any(|line| line.contains("main (train.py);train_step")), "{folded}");
    kill(pid, libc::SIGKILL);
}

#[test]
fn collector_and_program_killed_together_leave_all_that_was_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = start_producer(dir.path(), &[], 0, "steady");
    wait_until("some kernels", || told(dir.path()) > 20_000);
    kill(child.id(), libc::SIGKILL);
    kill(recorded_pid(dir.path()).unwrap(), libc::SIGKILL);
    child.wait().unwrap();
    let told = told(dir.path());
    // The next recording beside it puts it right.
    wait_until("that the ring is left", || {
        let mut next = rustg();
        next.arg("record").arg("-o").arg(dir.path().join("next.rgt")).args(["--", "true"]);
        next.output().unwrap();
        !dir.path().join("r.rgt/wire").exists()
    });
    assert_whole(dir.path(), told);
    let output = run(&["stats", dir.path().join("r.rgt").to_str().unwrap()]);
    assert!(text(&output.stdout).contains("250 ms"), "{}", text(&output.stdout));
}

#[test]
fn a_collector_killed_before_it_stored_anything_leaves_the_whole_ring() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = start_producer(dir.path(), &[], 500, "hang");
    wait_until("the first kernels", || told(dir.path()) == 500);
    kill(child.id(), libc::SIGKILL);
    kill(recorded_pid(dir.path()).unwrap(), libc::SIGKILL);
    child.wait().unwrap();
    wait_until("all kernels", || kernel_count(&dir.path().join("r.rgt")) == 500);
}

#[test]
fn what_a_killed_collector_left_damaged_is_said_and_the_recording_is_readable() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = start_producer(dir.path(), &[], 0, "steady");
    let wire = dir.path().join("r.rgt/wire");
    let kernels = dir.path().join("r.rgt/kernels.arrows");
    let are_stored =
        || wire.join("stored.json").exists() && std::fs::metadata(&kernels).is_ok_and(|file| file.len() > 0);
    wait_until("some stored kernels", are_stored);
    kill(child.id(), libc::SIGKILL);
    kill(recorded_pid(dir.path()).unwrap(), libc::SIGKILL);
    child.wait().unwrap();
    std::fs::write(wire.join("stored.json"), b"{\"tables\": 7}").unwrap();
    let output = run(&["stats", dir.path().join("r.rgt").to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("note is damaged") && said.lines().count() == 1, "{said}");
    assert!(text(&output.stdout).contains("step_kernel"), "{}", text(&output.stdout));
}

#[test]
fn a_signal_to_the_recorder_reaches_the_program_and_the_recording_is_finished() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let dir = tempfile::tempdir().unwrap();
        let child = start_producer(dir.path(), &[], 5_000, "hang");
        wait_until("the last record", || dir.path().join("r.rgt/wire/sent").exists());
        kill(child.id(), signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(128 + signal));
        assert_eq!(kernel_count(&dir.path().join("r.rgt")), 5_000);
    }
}

#[test]
fn a_recording_stops_at_its_size_limit_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let child = start_producer(dir.path(), &["--max-size", "400K"], 400_000, "end");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("the size limit was reached"), "{}", text(&output.stderr));
    let files = std::fs::read_dir(dir.path().join("r.rgt")).unwrap().flatten();
    let size: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
    assert!((100_000..1_500_000).contains(&size), "{size}");
    assert!(kernel_count(&dir.path().join("r.rgt")) > 1_000);
}

#[test]
fn a_recording_s_directory_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    assert!(start_producer(dir.path(), &[], 100, "end").wait_with_output().unwrap().status.success());
    let output = record(dir.path(), &[], &["true"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("there is a recording already"), "{}", text(&output.stderr));
    assert_eq!(kernel_count(&dir.path().join("r.rgt")), 100);
}

/// A ring as the library left it on an H200 (four streams, copies, a graph, NVTX).
fn captured_ring() -> Vec<u8> {
    let packed = std::fs::File::open(root().join("tests/fixtures/record/h200-streams.ring.gz")).unwrap();
    let mut ring = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut ring).unwrap();
    ring
}

/// Records a program that puts `ring` where a recorded process's would be.
fn record_ring(dir: &Path, ring: &[u8]) -> Output {
    let file = dir.join("ring");
    std::fs::write(&file, ring).unwrap();
    let script =
        "cp \"$1\" \"$RUSTG_RECORD_DIR/whole\" && mv \"$RUSTG_RECORD_DIR/whole\" \"$RUSTG_RECORD_DIR/1-1-0.ring\"";
    record(dir, &["--no-telemetry"], &["sh", "-c", script, "sh", file.to_str().unwrap()])
}

#[test]
fn a_ring_captured_on_an_h200_becomes_the_expected_tables() {
    let dir = tempfile::tempdir().unwrap();
    let output = record_ring(dir.path(), &captured_ring());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let stats = stats(&dir.path().join("r.rgt"));
    let mut lines = String::new();
    for table in ["kernels", "memory", "api", "nvtx"] {
        let mut rows: Vec<String> = (stats[table].as_array().unwrap().iter())
            .map(|row| format!("{table}\t{}\t{}\t{}\n", row["name"], row["count"], row["total_ns"]))
            .collect();
        rows.sort();
        lines.extend(rows);
    }
    crate::golden::check("record/h200-streams.tsv", &lines);
}

#[test]
fn a_damaged_ring_costs_its_own_records_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut ring = captured_ring();
    // In the middle of the records; zeros are a record of no length.
    ring[16_000..16_512].fill(0);
    let output = record_ring(dir.path(), &ring);
    let said = text(&output.stderr);
    assert!(said.contains("byte "), "{said}");
    assert!(output.status.success(), "what came before the damage is kept: {said}");
}

#[test]
fn the_default_recording_lies_under_the_working_directory() {
    let dir = tempfile::tempdir().unwrap();
    let mut command: Command = rustg();
    command.current_dir(dir.path()).arg("record").arg("--").args(producer_command());
    command.env("PRODUCER_EVENTS", "10").env("PRODUCER_THEN", "end").stdout(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let recordings: Vec<PathBuf> =
        std::fs::read_dir(dir.path().join(".rustg")).unwrap().flatten().map(|entry| entry.path()).collect();
    assert_eq!(recordings.len(), 1, "{recordings:?}");
    assert_eq!(kernel_count(&recordings[0]), 10);
}
