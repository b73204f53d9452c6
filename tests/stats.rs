//! `rustg stats` and `rustg diff` from the outside.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::golden;
use crate::program::{fixture, python, run, rustg, succeed};

fn stats(path: &Path, more: &[&str]) -> Value {
    let path = path.to_string_lossy();
    let text = succeed(&[&["stats", &path, "--json"], more].concat());
    serde_json::from_str(&text).expect("stats prints JSON")
}

fn rows(of: &Value) -> BTreeMap<&str, &Value> {
    let rows = of.as_array().expect("a table is an array");
    rows.iter().map(|row| (row["name"].as_str().expect("rows have names"), row)).collect()
}

/// Compares count, total, min, median, max exactly, mean and standard deviation but for rounding.
fn assert_figures(what: &str, found: &Value, keys: [&str; 7], expected: &Value) {
    let integers = [("count", keys[0]), ("total_ns", keys[1]), ("min_ns", keys[2]), ("max_ns", keys[3])];
    for (theirs, ours) in integers {
        assert_eq!(found[ours], expected[theirs], "{what}: {theirs}");
    }
    let twice_median = expected["median_x2_ns"].as_u64().expect("an integer");
    assert_eq!(found[keys[4]], twice_median / 2, "{what}: median");
    for (theirs, ours) in [("mean_ns", keys[5]), ("stddev_ns", keys[6])] {
        let (found, expected) = (found[ours].as_f64().expect("a number"), expected[theirs].as_f64().expect("a number"));
        assert!(
            (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{what}: {theirs} {found} is not {expected}"
        );
    }
}

const FIGURES: [&str; 7] = ["count", "total_ns", "min_ns", "max_ns", "median_ns", "mean_ns", "stddev_ns"];
const GPU_FIGURES: [&str; 7] =
    ["gpu_count", "gpu_total_ns", "gpu_min_ns", "gpu_max_ns", "gpu_median_ns", "gpu_mean_ns", "gpu_stddev_ns"];

/// The Nsight Systems exports to check: the repository's, and those in `RUSTG_TRACES`.
fn exports() -> Vec<PathBuf> {
    let mut paths = vec![fixture("nsys-streams-nvtx.sqlite.gz")];
    if let Some(folder) = std::env::var_os("RUSTG_TRACES") {
        let entries = std::fs::read_dir(folder).expect("RUSTG_TRACES is a folder");
        let entries = entries.map(|entry| entry.expect("RUSTG_TRACES is readable").path());
        paths.extend(entries.filter(|path| path.to_string_lossy().contains(".sqlite")));
    }
    paths
}

#[test]
fn stats_of_an_nsight_systems_export_equals_its_own_reports() {
    for path in exports() {
        let Some(expected) = python("nsys/expected.py", &[&path]) else { return };
        let found = stats(&path, &[]);
        for table in ["kernels", "api", "memory", "nvtx"] {
            let (ours, theirs) = (rows(&found[table]), rows(&expected[table]));
            assert!(!theirs.is_empty(), "{}: {table}", path.display());
            assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{table}");
            for (name, theirs) in theirs {
                let row = ours[name];
                assert_figures(&format!("{table} {name}"), row, FIGURES, theirs);
                if table != "nvtx" {
                    let percent = 100.0 * row["share"].as_f64().unwrap();
                    assert!((percent - theirs["percent"].as_f64().unwrap()).abs() < 1e-9, "{table} {name}: Time %");
                }
                if table == "memory" {
                    assert_eq!(row["total_bytes"], theirs["total_bytes"], "{name}");
                }
            }
        }
        let nvtx = rows(&found["nvtx"]);
        let projected = rows(&expected["nvtx_gpu"]);
        assert!(!projected.is_empty());
        for (name, theirs) in &projected {
            assert_figures(&format!("nvtx_gpu {name}"), nvtx[name], GPU_FIGURES, theirs);
            assert_eq!(nvtx[name]["gpu_busy_ns"], theirs["busy_ns"], "{name}");
            assert_eq!(nvtx[name]["gpu_work"], theirs["work"], "{name}");
        }
        for (name, row) in nvtx {
            assert!(projected.contains_key(name) || row["gpu_count"] == 0, "{name} launched nothing");
        }
    }
}

fn total(table: &Value, key: &str) -> u64 {
    table.as_array().unwrap().iter().map(|row| row[key].as_u64().unwrap()).sum()
}

#[test]
fn kernels_sum_to_the_same_however_they_are_grouped() {
    for name in ["kineto-python-stacks.json.gz", "two-gpus-nccl.json", "graphs.json", "nsys-streams-nvtx.sqlite.gz"] {
        let path = fixture(name);
        let by_name = stats(&path, &[]);
        let expected = (total(&by_name["kernels"], "total_ns"), total(&by_name["kernels"], "count"));
        assert!(expected.1 > 0, "{name} has kernels");
        let groupings = "short family module nvtx operator python api stream gpu process thread graph config";
        for by in groupings.split(' ') {
            let found = stats(&path, &["--by", by, "--tables", "kernels"]);
            let sums = (total(&found["kernels"], "total_ns"), total(&found["kernels"], "count"));
            assert_eq!(sums, expected, "{name} by {by}");
        }
    }
}

#[test]
fn busy_and_idle_time_of_adjacent_ranges_sum_to_the_whole() {
    let path = fixture("kineto-python-stacks.json.gz");
    let figures = |range: &str| {
        let found = stats(&path, &["--range", range, "--tables", "overlap,gaps,kernels,streams"]);
        let busy = total(&found["overlap"], "busy_ns");
        assert_eq!(busy + total(&found["gaps"], "total_ns"), total(&found["overlap"], "wall_ns"), "{range}");
        assert_eq!(busy, total(&found["streams"], "busy_ns"), "one stream of {range}");
        (busy, total(&found["kernels"], "total_ns"), total(&found["overlap"], "wall_ns"))
    };
    let whole = figures("..");
    let parts = ["..5.000001ms", "5.000001ms..7ms", "7ms..7.5ms", "7.5ms.."].map(figures);
    let sum = parts.iter().fold((0, 0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1, sum.2 + part.2));
    assert_eq!(sum, whole);
}

#[test]
fn ranges_that_are_not_there_are_refused_with_what_is() {
    let path = fixture("nsys-streams-nvtx.sqlite.gz");
    let path = path.to_string_lossy();
    for (range, says) in [("nvtx:nope", "step"), ("900s..901s", "outside"), ("5", "START..END"), ("2ms..1ms", "before")]
    {
        let output = run(&["stats", &path, "--range", range]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{range}: {error}");
        assert!(error.contains(says), "{range}: {error}");
    }
}

/// The keys of every table, and what their values are.
#[test]
fn the_shape_of_json_is_stable() {
    let path = fixture("two-gpus-nccl.json");
    let mut shape = String::new();
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "text",
        _ => "nested",
    };
    let mut describe = |title: &str, answer: &Value| {
        for (table, rows) in answer.as_object().expect("one object") {
            let rows = rows.as_array().expect("a key per table, holding an array");
            shape.push_str(&format!("{title} {table}\n"));
            let Some(first) = rows.first() else { continue };
            for key in first.as_object().expect("rows are objects").keys() {
                let mut kinds: Vec<&str> =
                    rows.iter().map(|row| kind(&row[key])).filter(|kind| *kind != "null").collect();
                kinds.sort_unstable();
                kinds.dedup();
                shape.push_str(&format!(
                    "  {key}: {}\n",
                    if kinds.is_empty() { "null".into() } else { kinds.join(" or ") }
                ));
            }
        }
    };
    describe("stats", &stats(&path, &[]));
    let path = path.to_string_lossy();
    let diff = succeed(&["diff", &path, &path, "--json"]);
    describe("diff", &serde_json::from_str(&diff).expect("diff prints JSON"));
    golden::check("stats/shape.txt", &shape);
}

#[test]
fn tables_for_people_look_as_they_did() {
    for (golden, width, arguments) in [
        ("stats/two-gpus-80.txt", "80", &[][..]),
        ("stats/two-gpus-140-by-stream.txt", "140", &["--by", "stream", "--tables", "kernels,overlap"][..]),
        ("stats/two-gpus-ascii.txt", "100", &["--ascii", "--tables", "gaps,largest_gaps,kernels", "--top", "4"][..]),
    ] {
        let path = fixture("two-gpus-nccl.json");
        let output = rustg().arg("stats").arg(&path).args(arguments).env("COLUMNS", width).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let width: usize = width.parse().unwrap();
        let too_wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > width).collect();
        assert!(too_wide.is_empty(), "wider than {width}: {too_wide:?}");
        assert!(!golden.contains("ascii") || text.is_ascii(), "{text}");
        golden::check(golden, &text);
    }
}

#[test]
fn csv_holds_what_json_holds() {
    let path = fixture("kineto-python-stacks.json.gz");
    let json = stats(&path, &["--tables", "api"]);
    let csv = succeed(&["stats", &path.to_string_lossy(), "--csv", "--table", "api"]);
    let mut lines = csv.lines();
    let keys: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |key: &str| keys.iter().position(|other| *other == key).unwrap();
    for row in json["api"].as_array().unwrap() {
        let cells: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!(cells[column("name")], row["name"].as_str().unwrap());
        assert_eq!(cells[column("total_ns")], row["total_ns"].to_string());
    }
    assert_eq!(lines.next(), None);

    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tables");
    succeed(&["stats", &path.to_string_lossy(), "--csv", "--out", &out.to_string_lossy()]);
    assert_eq!(std::fs::read_to_string(out.join("api.csv")).unwrap(), csv);
    assert!(out.join("kernels.csv").exists() && out.join("gaps.csv").exists());
}

#[test]
fn a_reader_that_leaves_ends_stats_quietly() {
    let path = fixture("kineto-python-stacks.json.gz");
    let mut child = rustg()
        .args(["stats", "--json"])
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    drop(child.stdout.take());
    let mut error = String::new();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!((child.wait().unwrap().code(), error.as_str()), (Some(0), ""));
}

#[test]
fn diff_finds_nothing_between_equal_traces_and_fails_above_a_limit() {
    let (small, large) = (fixture("kineto-python-stacks.json.gz"), fixture("kineto-launch-bound.json.gz"));
    let (small, large) = (small.to_string_lossy(), large.to_string_lossy());
    let same: Value = serde_json::from_str(&succeed(&["diff", &small, &small, "--json"])).unwrap();
    for (table, rows) in same.as_object().unwrap() {
        for row in rows.as_array().unwrap() {
            let change = if table == "metrics" { &row["change"] } else { &row["total_change_ns"] };
            assert_eq!(*change, 0, "{table}: {row}");
        }
    }
    assert_eq!(run(&["diff", &small, &small, "--fail-above", "0%"]).status.code(), Some(0));
    let busy = |path: &str| total(&stats(Path::new(path), &["--tables", "overlap"])["overlap"], "busy_ns");
    let (before, after) = if busy(&small) < busy(&large) { (&small, &large) } else { (&large, &small) };
    let failed = run(&["diff", before, after, "--fail-above", "1%", "--metric", "busy"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("busy_ns"));
    assert_eq!(run(&["diff", after, before, "--fail-above", "1%"]).status.code(), Some(0), "less is not more");
}

#[test]
fn the_kernels_screen_looks_as_it_did() {
    let (one, two) = (fixture("kineto-python-stacks.json.gz"), fixture("two-gpus-nccl.json"));
    for (golden, trace, size, commands) in [
        ("kernels-80x24.txt", &one, "80x24", "screen kernels"),
        ("kernels-200x60.txt", &one, "200x60", "screen kernels; sort median"),
        ("kernels-nvtx-100x24.txt", &one, "100x24", "screen kernels; group nvtx; filter step"),
        ("kernels-two-gpus-80x24.txt", &two, "80x24", "screen kernels; group stream; keys <Down>x"),
    ] {
        let output = rustg().arg("tui").arg(trace).args(["--size", size, "--batch", commands]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // The frame's own lines change with the screens there are.
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        golden::check(&format!("tui/{golden}"), &format!("{}\n", lines[1..lines.len() - 1].join("\n")));
    }
    let ascii = rustg().arg("tui").arg(&two).args(["--ascii", "--batch", "screen kernels"]).output().unwrap();
    assert!(ascii.status.success() && ascii.stdout.is_ascii(), "{}", String::from_utf8_lossy(&ascii.stdout));
}
