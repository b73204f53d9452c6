//! `rustg flame` and the flame screen, run as a user runs them.

use std::path::Path;
use std::process::Output;

use crate::golden;

const SAMPLE: &str = "tui/sample/transformer-train-h200.json.gz";

fn rustg(arguments: &[&str]) -> Output {
    let mut command = crate::program::rustg();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    // Screens as text, whatever terminal the tests run in.
    command.env("LC_ALL", "C.UTF-8").env("NO_COLOR", "1").env_remove("COLUMNS");
    command.output().expect("the binary runs")
}

fn stdout_of(arguments: &[&str]) -> String {
    let output = rustg(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn weight_sum(folded: &str) -> u64 {
    folded
        .lines()
        .map(|line| line.rsplit(' ').next().and_then(|weight| weight.parse::<u64>().ok()).expect("a weight"))
        .sum()
}

/// The title and the number of the root of an SVG.
fn root_of(svg: &str) -> (String, u64) {
    let titles = svg.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next());
    let root = titles.filter(|title| title.ends_with(" ns, 100%)")).last().expect("a root");
    let number = root.rsplit('(').next().and_then(|rest| rest.split(" ns").next()).expect("a weight");
    (root.to_owned(), number.replace(',', "").parse().expect("a number"))
}

#[test]
fn the_root_is_wall_time_times_gpus_in_every_format() {
    let stats: serde_json::Value = serde_json::from_str(&stdout_of(&["stats", SAMPLE, "--json"])).expect("JSON");
    let wall_ns: u64 =
        stats["overlap"].as_array().expect("a row a GPU").iter().filter_map(|row| row["wall_ns"].as_u64()).sum();
    let busy_ns: u64 =
        stats["overlap"].as_array().expect("a row a GPU").iter().filter_map(|row| row["busy_ns"].as_u64()).sum();
    assert!(wall_ns > 0);
    let folded = stdout_of(&["flame", SAMPLE, "--format", "folded"]);
    assert_eq!(weight_sum(&folded), wall_ns);
    let idle: String = folded.lines().filter(|line| line.starts_with('[')).map(|line| format!("{line}\n")).collect();
    assert_eq!(weight_sum(&idle), wall_ns - busy_ns);
    assert_eq!(weight_sum(&stdout_of(&["flame", SAMPLE, "--format", "folded", "--busy"])), busy_ns);
    assert_eq!(weight_sum(&stdout_of(&["flame", SAMPLE, "--format", "folded", "--reverse"])), wall_ns);
    let (title, root_ns) = root_of(&stdout_of(&["flame", SAMPLE]));
    assert_eq!(root_ns, wall_ns);
    assert!(title.contains(" × 1 GPU ("), "{title}");
    let speedscope = stdout_of(&["flame", SAMPLE, "--format", "speedscope"]);
    let speedscope: serde_json::Value = serde_json::from_str(&speedscope).expect("JSON");
    assert_eq!(speedscope["profiles"][0]["endValue"].as_u64(), Some(wall_ns));
}

#[test]
fn idle_frames_equal_the_gaps_of_stats() {
    let stats: serde_json::Value = serde_json::from_str(&stdout_of(&["stats", SAMPLE, "--json"])).expect("JSON");
    let folded = stdout_of(&["flame", SAMPLE, "--format", "folded"]);
    let gaps = stats["gaps"].as_array().expect("rows");
    assert!(!gaps.is_empty());
    for gap in gaps {
        let cause = gap["cause"].as_str().expect("a cause");
        let label = if cause == "profiler" { "[profiler overhead]".to_owned() } else { format!("[idle: {cause}]") };
        let line = format!("{label} {}", gap["total_ns"]);
        assert!(folded.lines().any(|folded| folded == line), "{line} is not in\n{folded}");
    }
}

#[test]
fn an_svg_is_well_formed_and_has_its_figures() {
    let svg = stdout_of(&["flame", SAMPLE, "--width", "1200"]);
    assert!(svg.starts_with("<?xml"), "{}", &svg[..60]);
    assert!(svg.trim_end().ends_with("</svg>"));
    // Every `<` opens or closes an element; script and style are CDATA.
    let mut open = Vec::new();
    let mut rest = svg.as_str();
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = if rest.starts_with("<![CDATA[") {
            rest.find("]]>").expect("CDATA ends") + 3
        } else {
            let end = rest.find('>').expect("a tag ends") + 1;
            let tag = &rest[1..end - 1];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "elements close in order");
            } else if !tag.starts_with(['?', '!']) && !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().expect("a name"));
            }
            end
        };
        rest = &rest[end..];
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn wrong_usage_is_told_with_the_way_out() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let none = crate::program::rustg().arg("flame").current_dir(folder.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert_eq!(none.status.code(), Some(2), "{said}");
    assert!(said.contains("rustg record"), "{said}");
    for (arguments, part) in [
        (["flame", SAMPLE, "--gpu", "7"], "no GPU 7"),
        (["flame", SAMPLE, "--range", "nvtx:absent"], "no NVTX range"),
        (["flame", SAMPLE, "--output", "/nonexistent/out.svg"], "/nonexistent/out.svg"),
        (["flame", "Cargo.toml", "--format", "folded"], "Cargo.toml"),
    ] {
        let output = rustg(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}

#[test]
fn folded_stacks_of_the_sample_are_as_expected() {
    golden::check("flame/sample.folded", &stdout_of(&["flame", SAMPLE, "--format", "folded"]));
    let range = ["flame", SAMPLE, "--format", "folded", "--range", "nvtx:forward#2", "--reverse"];
    golden::check("flame/sample-forward-reverse.folded", &stdout_of(&range));
    let idle = ["flame", SAMPLE, "--format", "folded", "--range", "nvtx:h2d#2", "--weight", "idle"];
    golden::check("flame/sample-idle.folded", &stdout_of(&idle));
}

#[test]
fn a_trace_compared_with_itself_has_equal_weights() {
    let folded = stdout_of(&["flame", SAMPLE, "--diff", SAMPLE, "--format", "folded"]);
    for line in folded.lines() {
        let mut weights = line.rsplit(' ');
        assert_eq!(weights.next(), weights.next(), "{line}");
    }
    assert!(stdout_of(&["flame", SAMPLE, "--diff", SAMPLE]).contains("compared with"));
}

#[test]
fn whole_shared_traces_have_roots_of_wall_time_times_gpus() {
    let Some(folder) = std::env::var_os("RUSTG_TRACES") else {
        eprintln!("skipped: RUSTG_TRACES names no folder of traces");
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(Path::new(&folder)).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        let path = path.to_string_lossy();
        let stats: serde_json::Value = serde_json::from_str(&stdout_of(&["stats", &path, "--json"])).expect("JSON");
        let rows = stats["overlap"].as_array().expect("a row a GPU");
        let wall_ns: u64 = rows.iter().filter_map(|row| row["wall_ns"].as_u64()).sum();
        assert_eq!(root_of(&stdout_of(&["flame", &path])).1, wall_ns, "{path}");
        seen += 1;
    }
    assert!(seen > 0, "the folder holds traces");
}

/// The screen without the header, which is the frame's.
fn screen(name: &str, size: &str, commands: &str) {
    let batch = format!("screen flame; {commands}");
    let shown = stdout_of(&["tui", SAMPLE, "--batch", &batch, "--size", size]);
    let own = shown.split_once('\n').map_or(shown.as_str(), |(_, rest)| rest);
    golden::check(&format!("flame/screens/{name}-{size}.txt"), own);
}

#[test]
fn the_flame_screen_looks_as_expected() {
    for size in ["80x24", "200x60"] {
        screen("opened", size, "");
        screen("busy", size, "busy");
        screen("bottom-up-found", size, "bottom-up; busy; find gemm; next");
        screen("idle-weight", size, "weight idle");
        screen("zoomed", size, "busy; find forward; next; keys <Enter><Down><Right>");
    }
}
