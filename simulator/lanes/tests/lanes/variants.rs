//! Instruction sets agree with each other, and every form of the table is known.

use rustg_lanes::Isa;
use rustg_lanes::matrix::Accumulation;

use super::cases::cases;
use super::evaluate::evaluate_some;

/// Enough for every edge pair of the common types; the oracle's replay runs them all.
const WARPS: usize = 6;

#[test]
fn every_form_of_the_table_is_computed() {
    let all = cases();
    assert!(all.len() > 1000, "the table expands: {}", all.len());
    let unknown: Vec<_> = (all.iter())
        .filter(|case| evaluate_some(case, Isa::Portable, &Accumulation::HOPPER, 1).is_none())
        .map(|case| &case.form)
        .collect();
    assert!(unknown.is_empty(), "{} forms are not computed: {unknown:#?}", unknown.len());
}

#[test]
fn instruction_sets_agree_bit_for_bit() {
    let mut compared = 0;
    for isa in Isa::ALL.into_iter().filter(|&isa| isa != Isa::Portable) {
        if !isa.available() {
            eprintln!("skipped: this processor has no {isa:?}");
            continue;
        }
        for case in cases().iter().filter(|case| !case.form.starts_with("mma")) {
            let portable = evaluate_some(case, Isa::Portable, &Accumulation::HOPPER, WARPS);
            let other = evaluate_some(case, isa, &Accumulation::HOPPER, WARPS);
            assert_eq!(portable, other, "{} in {isa:?}", case.form);
            compared += 1;
        }
    }
    eprintln!("{compared} forms compared");
}
