//! Single instructions whose verdict `ptxas` 13.5 gave, behind the declarations of `fixtures/prelude.txt`.

use rustg_ptx::{parse, verify};

const PRELUDE: &str = include_str!("fixtures/prelude.txt");

/// The first message about an instruction; `None` if it is accepted.
fn message(line: &str) -> Option<String> {
    let source = format!("{PRELUDE}{line}\nret;\n}}\n");
    let (module, mut diagnostics) = parse(source.as_bytes());
    diagnostics.extend(verify(&module, source.as_bytes()));
    diagnostics.first().map(|diagnostic| diagnostic.message.clone())
}

#[test]
fn what_ptxas_accepts_is_accepted() {
    let lines = include_str!("fixtures/accepted.txt");
    assert!(lines.lines().count() >= 150);
    let wrong: Vec<_> = lines.lines().filter_map(|line| message(line).map(|message| (line, message))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn mutated_instructions_that_ptxas_refuses_are_refused() {
    let lines = include_str!("fixtures/refused.txt");
    assert!(lines.lines().count() >= 150);
    let wrong: Vec<_> = lines.lines().filter(|line| message(line).is_none()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
