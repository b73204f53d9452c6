//! Random functions: what they compute must not change by any pass, nor by all of them in a row.
//!
//! The seed is printed with every failure. `RUSTG_TEST_FULL=1` tries many more.

#[path = "support/generate.rs"]
mod generate;

use generate::{Random, write_module};
use rustg_mir::ids::FunctionId;
use rustg_mir::immediate::Special;
use rustg_mir::interpret::{Machine, Stop};
use rustg_mir::module::Module;
use rustg_mir::opt::{PASSES, PIPELINE, pass_named};
use rustg_mir::print::print_module;
use rustg_mir::types::Type;
use rustg_mir::verify::verify;

/// What a call gives; every NaN is the same.
fn outcome(module: &Module, id: FunctionId, arguments: &[u128]) -> Result<Vec<u128>, Stop> {
    let mut machine = Machine::new(module, 200_000);
    machine.specials.extend([
        (Special::ThreadX, 37),
        (Special::BlockX, 256),
        (Special::BlockIdX, 5),
        (Special::Lane, 5),
    ]);
    let types = module.signature_of(id).returns;
    let values = machine.call(id, arguments)?;
    Ok(values.into_iter().zip(types).map(|(bits, ty)| if is_nan(ty, bits) { u128::MAX } else { bits }).collect())
}

fn is_nan(ty: Type, bits: u128) -> bool {
    match ty {
        Type::F32 => f32::from_bits(bits as u32).is_nan(),
        Type::F64 => f64::from_bits(bits as u64).is_nan(),
        _ => false,
    }
}

fn check(seed: u64, passes: &[&str]) {
    let (before, id) = write_module(seed, true);
    let wrong = verify(&before);
    assert!(wrong.is_empty(), "seed {seed}: {wrong:?}\n{}", print_module(&before));
    let mut after = before.clone();
    for pass in passes {
        pass_named(pass).expect("a pass of that name")(&mut after);
        let wrong = verify(&after);
        assert!(wrong.is_empty(), "seed {seed}, after {pass}: {wrong:?}\n{}", print_module(&after));
    }
    let types = before.signature_of(id).parameters;
    let mut random = Random(!seed);
    for _ in 0..5 {
        let arguments: Vec<u128> = types.iter().map(|ty| random.bits(*ty)).collect();
        let old = outcome(&before, id, &arguments);
        if old == Err(Stop::TooLong) {
            continue;
        }
        let new = outcome(&after, id, &arguments);
        assert_eq!(
            old,
            new,
            "seed {seed}, {passes:?}, {arguments:?}\n{}\n{}",
            print_module(&before),
            print_module(&after)
        );
    }
}

fn count() -> u64 {
    if std::env::var_os("RUSTG_TEST_FULL").is_some() { 50_000 } else { 300 }
}

#[test]
fn no_pass_alone_changes_what_a_random_function_computes() {
    for seed in 0..count() {
        let (pass, _) = PASSES[seed as usize % PASSES.len()];
        check(seed, &[pass]);
    }
}

#[test]
fn all_passes_in_a_row_change_nothing_that_is_computed() {
    for seed in 0..count() {
        check(1_000_000 + seed, PIPELINE);
    }
}
