//! File tests: `tests/cases/*.mir` hold a module and what shall come of it.
//!
//! The first line says what is done: `; test print`, `; test verify`, or `; test PASS PASS…`. Lines `; run %f(1, 2) == 3`
//! are executed before and after, where `panic site0(5)` and the like may stand instead of values. What follows
//! `; ---` is the expected text; `BLESS=1` writes it.

use std::fs;
use std::path::{Path, PathBuf};

use rustg_mir::interpret::{Machine, Stop};
use rustg_mir::module::Module;
use rustg_mir::opt;
use rustg_mir::parse::parse_module;
use rustg_mir::print::print_module;
use rustg_mir::verify::verify;

const SEPARATOR: &str = "; ---\n";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mir"));
    paths.sort();
    paths
}

/// What a call gives, as the test lines say it.
fn run(module: &Module, call: &str) -> String {
    let (name, arguments) = call.trim().strip_suffix(')').and_then(|call| call.split_once('(')).expect("a call");
    let id = module.find_function(name.trim_start_matches('%')).unwrap_or_else(|| panic!("no function {name}"));
    let types = module.signature_of(id).parameters;
    let arguments: Vec<u128> = (arguments.split(',').filter(|text| !text.trim().is_empty()))
        .zip(types)
        .map(|(text, ty)| number(text.trim()) & ty.mask())
        .collect();
    match Machine::new(module, 1_000_000).call(id, &arguments) {
        Ok(values) => values.iter().map(u128::to_string).collect::<Vec<_>>().join(", "),
        Err(Stop::Panic(site, values)) => {
            let values: Vec<String> = values.iter().map(u128::to_string).collect();
            format!("panic {site}({})", values.join(", "))
        }
        Err(other) => format!("{other:?}"),
    }
}

fn number(text: &str) -> u128 {
    if let Some(digits) = text.strip_prefix("0x") {
        return u128::from_str_radix(digits, 16).unwrap();
    }
    text.parse::<i128>().unwrap() as u128
}

fn check_runs(module: &Module, input: &str, when: &str) {
    for line in input.lines().filter_map(|line| line.strip_prefix("; run ")) {
        let (call, expected) = line.split_once(" == ").expect("a run says what it gives");
        assert_eq!(run(module, call), expected.trim(), "{when}: {call}");
    }
}

fn check(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).unwrap();
    let (input, expected) = text.split_once(SEPARATOR).unwrap_or((&text, ""));
    let first = input.lines().next().unwrap_or("");
    let command = first.strip_prefix("; test ").ok_or("the first line is `; test …`")?;
    let mut module = parse_module(input).map_err(|error| error.to_string())?;
    let found = verify(&module);
    let output = if command == "verify" {
        assert!(!found.is_empty(), "nothing is wrong");
        found.iter().map(|violation| format!("; {violation}\n")).collect()
    } else {
        assert!(found.is_empty(), "{found:?}");
        check_runs(&module, input, "before");
        for pass in command.split_whitespace().filter(|pass| *pass != "print") {
            let run = opt::pass_named(pass).ok_or_else(|| format!("there is no pass `{pass}`"))?;
            run(&mut module);
            let found = verify(&module);
            assert!(found.is_empty(), "after {pass}: {found:?}\n{}", print_module(&module));
        }
        check_runs(&module, input, "after");
        print_module(&module)
    };
    // What is printed reads back to the same text.
    if command != "verify" {
        let again = parse_module(&output).map_err(|error| format!("the output does not read: {error}\n{output}"))?;
        assert_eq!(print_module(&again), output, "printing what was printed");
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, format!("{}\n\n{SEPARATOR}{output}", input.trim_end())).unwrap();
        return Ok(());
    }
    if output == expected { Ok(()) } else { Err(format!("expected:\n{expected}\nfound:\n{output}")) }
}

#[test]
fn every_case_gives_what_it_says() {
    let paths = cases();
    assert!(paths.len() >= 3, "the cases are found");
    let mut failed = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match std::panic::catch_unwind(|| check(&path)) {
            Ok(Ok(())) => {}
            Ok(Err(message)) => failed.push(format!("{name}: {message}")),
            Err(panic) => {
                let text = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                failed.push(format!("{name}: {}", text.unwrap_or_default()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
