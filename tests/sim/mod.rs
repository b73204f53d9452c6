//! `rustg sim`: kernels that nvcc and Triton compiled, run by the command, end to end.

use std::path::{Path, PathBuf};

use crate::golden;
use crate::program::{root, rustg};

mod launches;
mod page;
mod triton;

/// How a run ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

fn fixtures() -> PathBuf {
    root().join("tests/fixtures/sim")
}

/// Runs `rustg sim` in the fixtures' folder.
pub fn sim(arguments: &[&str]) -> Ended {
    sim_in(&fixtures(), arguments)
}

pub fn sim_in(folder: &Path, arguments: &[&str]) -> Ended {
    let output = rustg().arg("sim").args(arguments).current_dir(folder).output().expect("the program can be started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text is UTF-8");
    Ended {
        code: output.status.code().expect("it was not killed"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// What a launch without findings printed.
pub fn fine(arguments: &[&str]) -> String {
    let ended = sim(arguments);
    assert_eq!(ended.code, 0, "{arguments:?}\n{}{}", ended.stdout, ended.stderr);
    ended.stdout
}

/// A launch with these words, which are split at spaces.
pub fn words(line: &str) -> Vec<&str> {
    line.split(' ').filter(|word| !word.is_empty()).collect()
}

fn json(arguments: &[&str]) -> (i32, serde_json::Value) {
    let ended = sim(arguments);
    let value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
    (ended.code, value)
}

const SAXPY: &str =
    "saxpy.ptx --grid 4 --block 256 --arg n=1000 --arg a=2 --arg x=f32[1024]:iota --arg y=f32[1024]:ones";

#[test]
fn a_kernel_without_arguments_shows_what_it_takes_and_a_command_that_works() {
    let ended = sim(&["saxpy.ptx"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    let said = "saxpy needs --grid and --block and 4 arguments\n  saxpy(u32 p0, f32 p1, f32* p2 read, f32* p3 read and written)";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let command = ended.stderr.lines().last().unwrap().trim().replace('\'', "");
    assert!(command.starts_with("rustg sim saxpy.ptx --grid 4 --block 256 --arg p0=1024 "), "{command}");
    fine(&words(command.strip_prefix("rustg sim ").unwrap()));
}

#[test]
fn every_fixtures_example_command_launches() {
    // What the kernel makes of such arguments is its own matter; that they fit is ours.
    for file in [
        "reduction.ptx",
        "histogram.ptx",
        "sgemm.ptx",
        "sha256.ptx",
        "structs.ptx",
        "templates.ptx",
        "triton/matmul.ptx",
    ] {
        let kernels = sim(&[file]).stderr;
        let names: Vec<&str> = match kernels.contains("choose one with --kernel") {
            true => kernels.lines().skip(1).map(str::trim).filter(|line| !line.contains('(')).collect(),
            false => vec![],
        };
        for kernel in if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() } {
            let arguments: Vec<&str> =
                [file].into_iter().chain(kernel.into_iter().flat_map(|name| ["--kernel", name])).collect();
            let help = sim(&arguments);
            let command = help.stderr.lines().last().unwrap().trim().replace('\'', "");
            let mut all = words(command.strip_prefix("rustg sim ").unwrap_or_else(|| panic!("{}", help.stderr)));
            all.extend(["--steps", "20000", "--grid", "1"]);
            // Later sizes win nowhere: --grid is given once by the example.
            let at = all.iter().position(|word| *word == "--grid").unwrap();
            all.drain(at..at + 2);
            let ended = sim(&all);
            assert!(ended.code < 2, "{command}: {}", ended.stderr);
        }
    }
}

#[test]
fn results_are_dumped_and_held_against_expectations() {
    let text = fine(&[&words(SAXPY)[..], &["--dump", "y"]].concat());
    assert!(text.starts_with("y = f32[1024]\n"), "{text}");
    let numbers: Vec<f32> =
        (text.lines().skip(1).flat_map(str::split_whitespace)).map_while(|word| word.parse().ok()).collect();
    assert_eq!(numbers.len(), 1024);
    assert!((0..1000).all(|i| numbers[i] == 2.0 * i as f32 + 1.0) && numbers[1000..] == [1.0; 24]);
    assert!(text.ends_with("saxpy, 4 blocks of 256 threads: 640 warp instructions, no findings\n"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("y.npy").display().to_string();
    fine(&[&words(SAXPY)[..], &["--dump", &format!("y={file}")]].concat());
    let met = fine(&[&words(SAXPY)[..], &["--expect", &format!("y={file}")]].concat());
    assert!(met.contains("all 1024 elements as expected"), "{met}");

    let unmet = sim(&[&words(SAXPY)[..], &["--expect", "y=iota:1:2"]].concat());
    assert_eq!(unmet.code, 1);
    let said =
        "y, expected iota:1:2: 24 of 1024 elements differ\n  first: [1000] is 1.0, expected 2001.0 (off by 2.000e3, ";
    assert!(unmet.stdout.contains(said), "{}", unmet.stdout);
    assert!(unmet.stdout.contains("\n  worst: [1023] is 1.0, expected 2047.0"), "{}", unmet.stdout);
    fine(&[&words(SAXPY)[..], &["--expect", "y=iota:1:2", "--tolerance", "abs:2046"]].concat());
}

#[test]
fn findings_are_told_as_text_json_and_sarif() {
    for (name, line) in [
        (
            "race-shared",
            "reduction.ptx --kernel block_sum_racy --grid 2 --block 256 --arg x=s32[512]:ones --arg sums=s32[2] --arg n=512",
        ),
        (
            "race-global",
            "histogram.ptx --kernel histogram_racy --grid 2 --block 32 --arg bytes=u8[256]:fill:7 --arg n=256 --arg counts=u32[256]",
        ),
        ("out-of-bounds", "faults.ptx --kernel out_of_bounds --grid 2 --block 32 --arg x=f32[64] --arg n=64"),
        ("misaligned", "faults.ptx --kernel misaligned --grid 1 --block 4 --arg x=u8[64]"),
        ("uninitialised", "faults.ptx --kernel uninitialised --grid 1 --block 64 --arg x=f32[32]:ones --arg y=f32[64]"),
        ("trap", "faults.ptx --kernel trap --grid 1 --block 32 --arg x=s32[32]:iota"),
        ("endless", "faults.ptx --kernel endless --grid 1 --block 32 --arg flag=s32[1] --steps 1000"),
    ] {
        let ended = sim(&words(line));
        assert_eq!(ended.code, 1, "{name}: {}{}", ended.stdout, ended.stderr);
        golden::check(&format!("sim/{name}.txt"), &ended.stdout);
        let one_core = sim(&[&words(line)[..], &["--cores", "1"]].concat());
        let others = sim(&[&words(line)[..], &["--cores", "3"]].concat());
        // The command to replay names the cores, as it was given.
        let same = |ended: &Ended| ended.stdout.replace(" --cores 1", "").replace(" --cores 3", "");
        assert_eq!(same(&one_core), ended.stdout, "{name}");
        assert_eq!(same(&others), ended.stdout, "{name}");

        let (code, object) = json(&[&words(line)[..], &["--json"]].concat());
        assert_eq!(code, 1);
        let findings = object["runs"][0]["findings"].as_array().unwrap();
        assert!(!findings.is_empty(), "{name}");
        for finding in findings {
            assert!(finding["message"].is_string() && finding["count"].as_u64() > Some(0), "{finding}");
            let codes = ended.stdout.contains(finding["message"].as_str().unwrap());
            assert!(codes, "{name}: text and JSON say the same: {finding}");
        }
        let (code, sarif) = json(&[&words(line)[..], &["--sarif"]].concat());
        assert_eq!((code, &sarif["version"]), (1, &"2.1.0".into()));
        assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), findings.len(), "{name}");
    }
}

#[test]
fn checks_can_be_chosen() {
    let racy = "reduction.ptx --kernel block_sum_racy --grid 1 --block 256 --arg x=s32[256]:ones --arg sums=s32[1] --arg n=256";
    assert_eq!(sim(&[&words(racy)[..], &["--check", "races"]].concat()).code, 1);
    for others in ["memory", "memory,init,sync", "none"] {
        assert_eq!(sim(&[&words(racy)[..], &["--check", others]].concat()).code, 0, "{others}");
    }
    let wrong = sim(&[&words(racy)[..], &["--check", "none,races"]].concat());
    assert_eq!(wrong.code, 2);
    // What ends a program on hardware is told whatever is checked.
    let bad = "faults.ptx --kernel trap --grid 1 --block 32 --arg x=s32[32]:iota --check none";
    let ended = sim(&words(bad));
    assert!(ended.code == 1 && ended.stdout.contains("ended early"), "{}", ended.stdout);
}

#[test]
fn what_a_kernel_prints_comes_first() {
    let text = fine(&words("printf.ptx --grid 2 --block 32 --arg 2"));
    let lines: Vec<&str> = text.lines().collect();
    let wanted = [
        "block 0 thread 0:  0.00 words a beef -5000000000%",
        "block 0 thread 1:  0.50 words b beef -5000000000%",
        "block 1 thread 0:  0.00 words a beef -5000000000%",
        "block 1 thread 1:  0.50 words b beef -5000000000%",
    ];
    assert_eq!(lines[..4], wanted, "{text}");
}

#[test]
fn many_seeds_find_what_one_may_not_and_say_which() {
    let line = "histogram.ptx --kernel histogram_racy --grid 2 --block 32 --arg bytes=u8[256]:fill:7 --arg n=256 --arg counts=u32[256]";
    let found = sim(&[&words(line)[..], &["--seeds", "8", "--seed", "5"]].concat());
    assert_eq!(found.code, 1);
    assert!(found.stdout.contains("1 of 8 schedules (seeds 5 to 5), findings with seed 5"), "{}", found.stdout);
    assert!(found.stdout.contains("--seed 5"), "a command replays it: {}", found.stdout);
    let all = sim(&[&words(line)[..], &["--seeds", "8", "--keep-going"]].concat());
    assert!(all.stdout.contains("8 schedules (seeds 0 to 7), findings with 8 seeds (0 … 7)"), "{}", all.stdout);
    let good = line.replace("histogram_racy", "histogram").replace("--block 32", "--block 256");
    let none = fine(&[&words(&good)[..], &["--seeds", "8"]].concat());
    assert!(none.contains("8 schedules (seeds 0 to 7), no findings"), "{none}");
    let (one, three) = (["--cores", "1"], ["--cores", "3"]);
    let by = |cores: [&str; 2]| sim(&[&words(line)[..], &["--seeds", "6", "--json"], &cores].concat()).stdout;
    assert_eq!(by(one).replace("--cores 1", ""), by(three).replace("--cores 3", ""));
}

#[test]
fn counts_tell_every_line_and_folded_stacks_sum_to_them() {
    let text = fine(&[&words(SAXPY)[..], &["--counts"]].concat());
    golden::check("sim/counts-saxpy.txt", &text);
    let (_, object) = json(&[&words(SAXPY)[..], &["--counts", "--json"]].concat());
    let executions = object["runs"][0]["counts"]["total"]["executions"].as_u64().unwrap();
    assert_eq!(object["runs"][0]["steps"].as_u64(), Some(executions));
    let folded = fine(&[&words(SAXPY)[..], &["--folded"]].concat());
    let sum: u64 = folded.lines().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(sum, executions, "{folded}");
    assert!(folded.lines().all(|line| line.starts_with("saxpy;saxpy.cu:")), "{folded}");
}
