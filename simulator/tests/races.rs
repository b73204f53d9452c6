//! The race suite: kernels in pairs, one that races and one that does not, with their verdicts (`races/manifest.txt`).
//!
//! The kernels are CUDA C++ (`races/*.cu`), compiled by `races/build.sh`. Every kernel runs under several schedules: 8 by default, 100 with
//! `RUSTG_TEST_FULL=1`. A racy kernel must be found out under each of them, and a fixed one must have no finding of any check.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rustg_simulator::check::{Checker, CheckerSetup, Findings, Subject, render};
use rustg_simulator::device::{Config, Device, LaunchShape};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/races");

/// A line of the manifest.
struct Case {
    file: String,
    kernel: String,
    shape: LaunchShape,
    arguments: Vec<String>,
    rules: Vec<String>,
}

fn manifest() -> Vec<Case> {
    let text = std::fs::read_to_string(Path::new(FOLDER).join("manifest.txt")).expect("the manifest is readable");
    let axes = |word: &str| {
        let mut axes = [1; 3];
        word.split(',').enumerate().for_each(|(axis, size)| axes[axis] = size.parse().expect("a size"));
        axes
    };
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (launch, rules) = line.split_once(" : ").expect("rules behind a colon");
            let words: Vec<_> = launch.split_whitespace().collect();
            let [file, kernel, grid, block, shared, cluster, arguments @ ..] = &words[..] else { panic!("{line}") };
            let cluster: u32 = cluster.parse().expect("a cluster size");
            Case {
                file: (*file).to_owned(),
                kernel: (*kernel).to_owned(),
                shape: LaunchShape {
                    grid: axes(grid),
                    block: axes(block),
                    cluster: (cluster > 1).then_some([cluster, 1, 1]),
                    dynamic_shared_bytes: shared.parse().expect("bytes"),
                    cooperative: false,
                },
                arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
                rules: rules.split_whitespace().map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// The modules of all files, racy and fixed.
fn modules(cases: &[Case]) -> BTreeMap<String, (Arc<rustg_ptx::Module>, String)> {
    let mut modules = BTreeMap::new();
    for case in cases {
        for variant in ["racy", "fixed"] {
            let name = format!("{}.{variant}.ptx", case.file);
            if modules.contains_key(&name) {
                continue;
            }
            let text = std::fs::read_to_string(Path::new(FOLDER).join(&name)).expect("the PTX is readable");
            let (module, diagnostics) = rustg_ptx::parse(text.as_bytes());
            assert!(diagnostics.is_empty(), "{name}: {diagnostics:?}");
            modules.insert(name, (Arc::new(module), text));
        }
    }
    modules
}

/// Runs a kernel under one schedule on `cores` cores and gives the findings, their text, and whether the launch ended well.
fn run(
    case: &Case,
    variant: &str,
    seed: u64,
    cores: usize,
    (ptx, text): &(Arc<rustg_ptx::Module>, String),
) -> (Findings, String, bool) {
    let mut device = Device::new(Config { seed, cores, step_budget: 2_000_000, ..Config::default() });
    let module = device.load_module(ptx.clone()).expect("the module loads");
    let kernel = format!("{}_{variant}", case.kernel);
    let index = module.find_kernel(&kernel).unwrap_or_else(|| panic!("{} has no kernel {kernel}", case.file));
    let mut parameters = vec![0; module.parameter_bytes(index) as usize];
    assert_eq!(module.parameters(index).len(), case.arguments.len(), "{kernel}: arguments");
    for (argument, (offset, size)) in case.arguments.iter().zip(module.parameters(index)) {
        let value = match argument.split_once(':') {
            Some((start, words)) => {
                let words: u32 = words.parse().expect("a number of words");
                let address = device.allocate(argument, u64::from(words) * 4).expect("memory is there");
                let word = |index: u32| if start == "iota" { index } else { 0 };
                let bytes: Vec<u8> = (0..words).flat_map(|index| word(index).to_le_bytes()).collect();
                device.upload(address, &bytes).expect("it was just allocated");
                address
            }
            None => argument.trim_start_matches('=').parse().expect("a number"),
        };
        let (offset, size) = (*offset as usize, *size as usize);
        parameters[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
    }
    let mut checker =
        Checker::new(&CheckerSetup { history_bytes: 64 << 20, module: Some(ptx.clone()), ..CheckerSetup::default() });
    let ended = device.launch_observed(&module, &kernel, &case.shape, &parameters, &mut checker);
    let subject = Subject {
        module: ptx,
        text,
        path: &case.file,
        grid: case.shape.grid,
        block: case.shape.block,
        allocations: Vec::new(),
        shared: Vec::new(),
        seed,
        replay: None,
    };
    let findings = checker.findings(&subject);
    let read = |path: &str| std::fs::read_to_string(Path::new(FOLDER).join(path)).ok();
    let shown = render::text(&findings, &subject, &mut render::Sources::new(&read), false);
    let ended_well = ended.is_ok();
    let why = ended.err().map(|error| error.to_string()).unwrap_or_default();
    (findings, shown + &why, ended_well)
}

#[test]
fn every_racy_kernel_is_found_out_and_no_fixed_one_is_accused() {
    let cases = manifest();
    assert!(cases.len() >= 60, "the suite is whole: {} pairs", cases.len());
    let modules = modules(&cases);
    let seeds = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 100 } else { 8 };
    let mut wrong = Vec::new();
    let only = std::env::var("RUSTG_RACE").ok();
    for case in cases.iter().filter(|case| only.as_ref().is_none_or(|only| *only == case.kernel)) {
        for seed in 0..seeds {
            let (findings, shown, _) = run(case, "racy", seed, 1, &modules[&format!("{}.racy.ptx", case.file)]);
            let codes: Vec<_> = findings.findings.iter().map(|finding| finding.rule.code).collect();
            let races: Vec<_> = codes.iter().filter(|code| code.starts_with("race")).collect();
            let found = codes.iter().any(|code| case.rules.iter().any(|rule| rule == code));
            if !found || races.iter().any(|code| !case.rules.iter().any(|rule| rule == *code)) {
                wrong.push(format!(
                    "{}, racy, seed {seed}: found {codes:?}, expected {:?}\n{shown}",
                    case.kernel, case.rules
                ));
                break;
            }
        }
        for seed in 0..seeds {
            let (findings, shown, ended_well) =
                run(case, "fixed", seed, 1, &modules[&format!("{}.fixed.ptx", case.file)]);
            if !findings.findings.is_empty() || !ended_well {
                wrong.push(format!("{}, fixed, seed {seed}:\n{shown}", case.kernel));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len() * 2, wrong.join("\n"));
}

#[test]
fn findings_are_the_same_to_the_byte_on_one_two_and_four_cores() {
    let cases = manifest();
    let modules = modules(&cases);
    let seeds = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 20 } else { 2 };
    for case in &cases {
        for (variant, seed) in
            ["racy", "fixed"].into_iter().flat_map(|variant| (0..seeds).map(move |seed| (variant, seed)))
        {
            let module = &modules[&format!("{}.{variant}.ptx", case.file)];
            let (one, shown, ended_well) = run(case, variant, seed, 1, module);
            for cores in [2, 4] {
                let (several, also_shown, also_ended_well) = run(case, variant, seed, cores, module);
                assert_eq!(also_shown, shown, "{}, {variant}, seed {seed}, {cores} cores", case.kernel);
                assert!(several == one && also_ended_well == ended_well, "{}, {variant}, seed {seed}", case.kernel);
            }
        }
    }
}
