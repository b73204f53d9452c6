//! `rustg export` from outside: every format of real traces, what is refused, and that nothing is lost on the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use rustg_trace::recording::{Synthetic, write_synthetic};
use serde_json::Value;

use crate::golden;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/traces").join(name)
}

fn rustg(arguments: &[&str]) -> Output {
    crate::program::rustg().args(arguments).output().unwrap()
}

fn succeed(arguments: &[&str]) -> Vec<u8> {
    let output = rustg(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn refuse(arguments: &[&str]) -> String {
    let output = rustg(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty());
    message
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Tables of `rustg stats --json` without what names the file, what Chrome JSON has no place for (units of telemetry), and
/// figures that are means of floats, whose last digit depends on the order of summing.
fn figures(trace: &Path) -> Value {
    let mut tables: Value = serde_json::from_slice(&succeed(&["stats", text(trace), "--json"])).unwrap();
    for row in tables["summary"].as_array_mut().unwrap() {
        row["title"] = Value::Null;
        row["source"] = Value::Null;
        row["notes"] = Value::Null;
    }
    for row in tables["occupancy"].as_array_mut().unwrap() {
        row["source_occupancy"] = Value::Null;
        row["waves"] = Value::Null;
    }
    tables["telemetry"] = Value::Null;
    tables
}

#[test]
fn chrome_json_has_the_statistics_of_what_it_was_made_from() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["kineto-launch-bound.json.gz", "kineto-python-stacks.json.gz", "two-gpus-nccl.json", "graphs.json"];
    for name in names {
        let again = dir.path().join(format!("again-{}.json.gz", name.split('.').next().unwrap()));
        succeed(&["export", text(&fixture(name)), "--to", "chrome", "-o", text(&again)]);
        let (after, before) = (figures(&again), figures(&fixture(name)));
        for (table, rows) in before.as_object().unwrap() {
            assert_eq!(&after[table], rows, "{table} of {name}");
        }
    }
}

#[test]
fn a_recording_exported_to_chrome_json_has_its_statistics() {
    let dir = tempfile::tempdir().unwrap();
    let what = Synthetic { events: 5_000, gpus: 2, streams: 3, threads: 3 };
    let recording = write_synthetic(&dir.path().join("synthetic.rgt"), what).unwrap();
    let again = dir.path().join("again.json");
    succeed(&["export", text(&recording), "--to", "chrome", "-o", text(&again)]);
    let (before, after) = (figures(&recording), figures(&again));
    for table in ["kernels", "memory", "api", "nvtx", "gaps", "overlap", "latency"] {
        assert_eq!(after[table], before[table], "{table}");
    }
}

#[test]
fn every_format_is_written_of_every_trace() {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture("")).unwrap() {
        let trace = entry.unwrap().path();
        // Formats of GPU time have nothing to say of traces without a GPU.
        for format in ["perfetto", "chrome", "folded", "speedscope", "pprof", "json"] {
            let output = dir.path().join(format);
            let result = rustg(&["export", text(&trace), "--to", format, "-o", text(&output), "--force"]);
            let message = String::from_utf8_lossy(&result.stderr).into_owned();
            if !result.status.success() && message.contains("cannot be read yet") {
                continue;
            }
            assert!(result.status.success(), "{} to {format}: {message}", trace.display());
            assert!(output.exists());
        }
    }
}

#[test]
fn tables_go_to_a_directory_and_hold_every_kernel() {
    let dir = tempfile::tempdir().unwrap();
    let trace = fixture("kineto-launch-bound.json.gz");
    let kernels: u64 =
        (figures(&trace)["kernels"].as_array().unwrap().iter()).map(|row| row["count"].as_u64().unwrap()).sum();
    for format in ["arrow", "parquet", "csv"] {
        let tables = dir.path().join(format);
        succeed(&["export", text(&trace), "--to", format, "-o", text(&tables)]);
        assert!(fs::metadata(tables.join(format!("kernels.{format}"))).unwrap().len() > 1_000);
        let message = refuse(&["export", text(&trace), "--to", format, "-o", text(&tables)]);
        assert!(message.contains("--force"), "{message}");
    }
    let csv = fs::read_to_string(dir.path().join("csv/kernels.csv")).unwrap();
    assert_eq!(csv.lines().count() as u64, kernels + 1);
    let all: Value = serde_json::from_slice(&succeed(&["export", text(&trace), "--to", "json"])).unwrap();
    assert_eq!(all["kernels"].as_array().unwrap().len() as u64, kernels);
}

#[test]
fn small_exports_look_as_they_did() {
    let trace = fixture("graphs.json");
    let chrome = String::from_utf8(succeed(&["export", text(&trace), "--to", "chrome"])).unwrap();
    let head: Vec<&str> = chrome.lines().take(40).collect();
    golden::check("export/graphs.chrome.txt", &(head.join("\n") + "\n"));
    for table in ["kernels", "api"] {
        let csv = succeed(&["export", text(&trace), "--to", "csv", "--table", table]);
        golden::check(&format!("export/graphs.{table}.csv"), &String::from_utf8(csv).unwrap());
    }
}

#[test]
fn nothing_is_replaced_unasked_and_no_part_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let trace = fixture("graphs.json");
    let file = dir.path().join("out.json");
    fs::write(&file, "mine").unwrap();
    let message = refuse(&["export", text(&trace), "--to", "chrome", "-o", text(&file)]);
    assert!(message.contains("is there already"), "{message}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    succeed(&["export", text(&trace), "--to", "chrome", "-o", text(&file), "--force"]);
    assert!(fs::read_to_string(&file).unwrap().starts_with('{'));
    let message = refuse(&["export", text(&trace), "--to", "chrome", "-o", "/nonexistent/out.json"]);
    assert!(message.contains("/nonexistent/out.json"), "{message}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn wrong_combinations_name_the_way_out() {
    let trace = fixture("graphs.json");
    assert!(refuse(&["export", text(&trace), "--to", "parquet"]).contains("-o tables/"));
    assert!(refuse(&["export", text(&trace), "--to", "chrome", "--table", "kernels"]).contains("--to arrow"));
    assert!(refuse(&["export", text(&trace), "--to", "csv", "--table", "nonsense"]).contains("kernels"));
    assert!(refuse(&["export", "/nonexistent.json", "--to", "chrome"]).contains("/nonexistent.json"));
}
