//! The operands of the oracle: what they have to contain for its comparison to mean something.

use std::collections::HashSet;

use super::cases::{Case, Operand, cases};
use super::evaluate::inputs;
use super::operands::Class;

fn classes(case: &Case) -> Vec<Class> {
    let each = case.inputs.iter().flat_map(|input| match *input {
        Operand::Registers(class, count) => vec![class; count],
        Operand::Predicate => vec![Class::Truth],
        Operand::Immediate(_) => Vec::new(),
    });
    each.collect()
}

/// Zeros, ones, the smallest and largest of each kind, subnormals, infinities, NaNs of both kinds and signs: [`Class::edges`] lists them.
#[test]
fn every_operand_meets_the_edges_of_its_type_and_most_meet_each_other() {
    for case in cases() {
        let arrays = inputs(&case);
        let edges: Vec<HashSet<u64>> =
            classes(&case).iter().map(|class| class.edges().iter().copied().collect()).collect();
        for (index, (edges, (_, values))) in edges.iter().zip(&arrays).enumerate().filter(|(_, (e, _))| !e.is_empty()) {
            let seen = values.iter().collect::<HashSet<_>>();
            let met = edges.iter().filter(|edge| seen.contains(edge)).count();
            assert!(met * 20 >= edges.len() * 19, "{} operand {index}: {met} of {} edges", case.id, edges.len());
            let others = seen.iter().filter(|value| !edges.contains(value)).count();
            assert!(others >= 25 || edges.len() == 2, "{} operand {index}: {others} values are no edges", case.id);
        }
        if let ([first, second, ..], [(_, a), (_, b), ..]) = (&edges[..], &arrays[..]) {
            let pairs = a.iter().zip(b).filter(|(a, b)| first.contains(a) && second.contains(b));
            let met = pairs.collect::<HashSet<_>>().len();
            let all = first.len() * second.len();
            assert!(met * 4 >= all, "{}: {met} of {all} pairs of edges", case.id);
        }
    }
}

/// A conversion to fewer digits is decided by the digits it drops: enough operands have exactly half a step of them.
#[test]
fn narrowing_conversions_meet_ties() {
    let all = cases();
    for (form, fraction, dropped) in [
        ("cvt.rn.f16.f32", 23, 13),
        ("cvt.rn.bf16.f32", 23, 16),
        ("cvt.rn.f32.f64", 52, 29),
        ("cvt.rn.f16.f64", 52, 42),
        ("cvt.rn.tf32.f32", 23, 13),
    ] {
        let is_tie = |value: &&u64| **value & ((1 << dropped) - 1) == 1 << (dropped - 1);
        let values = all.iter().filter(|case| case.form == form).flat_map(|case| inputs(case).swap_remove(0).1);
        let values: HashSet<_> = values.collect();
        let ties =
            values.iter().filter(is_tie).map(|value| value & ((1 << fraction) - 1)).collect::<HashSet<_>>().len();
        assert!(ties >= 10, "{form}: {ties} different ties");
    }
}
