//! The figures of `nsys stats` itself, printed on the machine that recorded the two exports beside them in
//! `tests/fixtures/nsys-stats` (four busy streams with a graph and two threads; NCCL on two GPUs), against `rustg stats`.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::program::succeed;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nsys-stats")
}

/// The cells of one line of CSV, where a cell in quotes may hold commas.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(character),
        }
    }
    cells
}

/// The rows of one of nsys's reports, by column.
fn report(trace: &str, name: &str) -> Vec<HashMap<String, String>> {
    let text = std::fs::read_to_string(folder().join(format!("{trace}-{name}.csv"))).unwrap();
    let mut lines = text.lines();
    let heads = cells(lines.next().unwrap());
    lines.map(|line| heads.iter().cloned().zip(cells(line)).collect()).collect()
}

/// nsys prints a range as DOMAIN:NAME; rustg's row has the domain only where there is one.
fn row<'a>(rows: &'a Value, name: &str) -> &'a Value {
    let plain = name.strip_prefix(':').unwrap_or(name);
    let without_domain = name.split_once(':').map_or(name, |(_, name)| name);
    let rows = rows.as_array().unwrap();
    let find = |wanted: &str| rows.iter().find(|row| row["name"] == wanted);
    find(plain).or_else(|| find(without_domain)).unwrap_or_else(|| panic!("no row of {name}"))
}

fn integer(cell: &str) -> u64 {
    // A median between two integers ends in .5 there and is rounded down here.
    cell.parse::<f64>().unwrap() as u64
}

#[test]
fn stats_equals_what_nsys_stats_printed() {
    // Report, its column of names and of counts, and the table of `rustg stats`.
    let reports = [
        ("cuda_gpu_kern_sum", "Name", "Instances", "kernels"),
        ("cuda_api_sum", "Name", "Num Calls", "api"),
        ("cuda_gpu_mem_time_sum", "Operation", "Count", "memory_kinds"),
        ("nvtx_sum", "Range", "Instances", "nvtx"),
    ];
    let mut compared = 0;
    for trace in ["streams-node", "nccl"] {
        let path = folder().join(format!("{trace}.sqlite.gz"));
        let text = succeed(&["stats", path.to_str().unwrap(), "--json", "--top", "0"]);
        let found: Value = serde_json::from_str(&text).unwrap();
        for (name, names, counts, table) in reports {
            for theirs in report(trace, name) {
                let ours = row(&found[table], &theirs[names]);
                let pairs = [
                    (counts, "count"),
                    ("Total Time (ns)", "total_ns"),
                    ("Min (ns)", "min_ns"),
                    ("Med (ns)", "median_ns"),
                    ("Max (ns)", "max_ns"),
                ];
                for (column, key) in pairs {
                    assert_eq!(ours[key], integer(&theirs[column]), "{trace} {name} {} {column}", theirs[names]);
                    compared += 1;
                }
            }
        }
        for theirs in report(trace, "nvtx_gpu_proj_sum") {
            let ours = row(&found["nvtx"], &theirs["Range"]);
            let pairs = [
                ("Range Instances", "gpu_count"),
                ("Total Proj Time (ns)", "gpu_total_ns"),
                ("Proj Min (ns)", "gpu_min_ns"),
                ("Proj Med (ns)", "gpu_median_ns"),
                ("Proj Max (ns)", "gpu_max_ns"),
            ];
            for (column, key) in pairs {
                assert_eq!(ours[key], integer(&theirs[column]), "{trace} projected {} {column}", theirs["Range"]);
                compared += 1;
            }
            // nsys counts a graph's launch as one operation, rustg each of its nodes.
            if theirs["Range"] != ":graph launches" {
                assert_eq!(ours["gpu_work"], integer(&theirs["Total GPU Ops"]), "{trace} {}", theirs["Range"]);
            }
        }
    }
    assert!(compared > 700, "only {compared} figures were compared");
}
