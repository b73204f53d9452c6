//! Runs a case through the lanes: operands in, results out, as the kernel of the oracle does on a GPU.

use rustg_lanes::cross::{Reduction, Shuffle, Vote, match_all, match_any};
use rustg_lanes::matrix::{Accumulation, Mma, transpose};
use rustg_lanes::video::Selectors;
use rustg_lanes::{self as lanes, Isa, LANES, LaneFn, Row, atomic};
use rustg_ptx::{Form, Opcode};

use super::cases::{Case, Operand, Output};
use super::operands::{CASES, Class, operands};

/// The operand arrays of a case: one for each register and predicate, in order. The seed is the case's name.
pub fn inputs(case: &Case) -> Vec<(u32, Vec<u64>)> {
    let mut classes = Vec::new();
    for input in &case.inputs {
        match *input {
            Operand::Registers(class, count) => classes.extend(std::iter::repeat_n(class, count)),
            Operand::Predicate => classes.push(Class::Truth),
            Operand::Immediate(_) => {}
        }
    }
    let seed = case
        .id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let bits = classes.iter().map(|class| class.bits());
    bits.zip(operands(&classes, seed)).collect()
}

/// Bits of each result array.
pub fn output_bits(case: &Case) -> Vec<u32> {
    match case.output {
        Output::Registers(bits, count) => vec![bits.max(8); count],
        Output::Predicates(_) => vec![8],
        Output::Both => vec![32, 8],
    }
}

fn rows_of(bits: u32) -> usize {
    bits.div_ceil(32) as usize
}

fn load(rows: &mut [Row], bits: u32, values: &[u64]) {
    if bits == 64 {
        lanes::wide_mut(rows).copy_from_slice(values);
    } else {
        rows[0] = Row(std::array::from_fn(|lane| values[lane] as u32));
    }
}

fn store(rows: &[Row], bits: u32) -> Vec<u64> {
    match bits {
        64 => lanes::wide(rows).to_vec(),
        _ => rows[0].0.iter().map(|&word| u64::from(word) & (u64::MAX >> (64 - bits))).collect(),
    }
}

/// One warp's operands.
#[derive(Default)]
struct Warp {
    operands: Vec<Vec<Row>>,
    masks: Vec<u32>,
}

/// The results of a case, `[array][case]`; `None` if the simulator does not know the form.
pub fn evaluate(case: &Case, isa: Isa, model: &Accumulation) -> Option<Vec<Vec<u64>>> {
    evaluate_some(case, isa, model, CASES / LANES)
}

/// As [`evaluate`], the first `warps` warps only.
pub fn evaluate_some(case: &Case, isa: Isa, model: &Accumulation, warps: usize) -> Option<Vec<Vec<u64>>> {
    let arrays = inputs(case);
    let mut results: Vec<Vec<u64>> = vec![Vec::with_capacity(CASES); output_bits(case).len()];
    for first in (0..warps * LANES).step_by(LANES) {
        let mut warp = Warp::default();
        let mut array = arrays.iter();
        for input in &case.inputs {
            match *input {
                Operand::Immediate(word) => warp.operands.push(vec![Row::splat(word)]),
                Operand::Predicate => {
                    let (_, values) = array.next().expect("an array for each operand");
                    let mask = (0..LANES).fold(0, |mask, lane| mask | ((values[first + lane] & 1) as u32) << lane);
                    warp.masks.push(mask);
                }
                Operand::Registers(class, count) => {
                    let each = rows_of(class.bits());
                    let mut rows = vec![Row::ZERO; each * count];
                    for register in rows.chunks_mut(each) {
                        let (bits, values) = array.next().expect("an array for each register");
                        load(register, *bits, &values[first..first + LANES]);
                    }
                    warp.operands.push(rows);
                }
            }
        }
        for (all, found) in results.iter_mut().zip(run(case, isa, model, &warp)?) {
            all.extend(found);
        }
    }
    Some(results)
}

fn predicates(count: u32, p: u32, q: u32) -> Vec<u64> {
    (0..LANES)
        .map(|lane| u64::from(p >> lane & 1) | if count == 2 { u64::from(q >> lane & 1) << 1 } else { 0 })
        .collect()
}

fn run(case: &Case, isa: Isa, model: &Accumulation, warp: &Warp) -> Option<Vec<Vec<u64>>> {
    if let Some((first, second)) = case.form.split_once(';') {
        return carries(case, first, second, isa, warp);
    }
    let form = Form::parse(&case.form);
    let empty: &[Row] = &[];
    let at = |index: usize| warp.operands.get(index).map_or(empty, |rows| rows.as_slice());
    let predicate = warp.masks.first().copied().unwrap_or(0);
    let (bits, count) = match case.output {
        Output::Registers(bits, count) => (bits, count),
        Output::Predicates(_) => (8, 0),
        Output::Both => (32, 1),
    };
    let mut d = vec![Row::ZERO; rows_of(bits) * count.max(1)];
    let members = u32::MAX;
    match form.opcode {
        Opcode::Shfl => {
            let sources = Shuffle::of(&form)?.sources(&at(1)[0], &at(2)[0]);
            sources.shuffle(&mut d[0], &at(0)[0]);
            return Some(vec![store(&d, 32), predicates(1, sources.in_range, 0)]);
        }
        Opcode::Vote => {
            let found = Vote::of(&form)?.count(predicate, members);
            return Some(vec![match case.output {
                Output::Predicates(_) => predicates(1, found, 0),
                _ => vec![found.into(); LANES],
            }]);
        }
        Opcode::Match => {
            let values = match form.type_at(0)?.bits() {
                64 => *lanes::wide(at(0)),
                _ => at(0)[0].0.map(u64::from),
            };
            if case.output == Output::Both {
                let (mask, same) = match_all(&values, members);
                return Some(vec![vec![mask.into(); LANES], vec![same.into(); LANES]]);
            }
            return Some(vec![store(&[match_any(&values, members)], 32)]);
        }
        Opcode::Redux => return Some(vec![vec![Reduction::of(&form)?.reduce(&at(0)[0], members).into(); LANES]]),
        Opcode::Movmatrix => transpose(&mut d[0], &at(0)[0]),
        Opcode::Mma => {
            let mma = Mma::of(&form)?;
            assert_eq!(mma.rows().0, d.len(), "{}", case.form);
            assert_eq!(mma.rows().1, at(0).len(), "{}", case.form);
            assert_eq!(mma.rows().2, at(1).len(), "{}", case.form);
            mma.run(model, &mut d, at(0), at(1), at(2), None);
        }
        Opcode::Atom => {
            let function = atomic::select(&form, true)?;
            let [old, a, b] =
                [0, 1, 2].map(|index| if at(index).is_empty() { vec![0; LANES] } else { store(at(index), bits) });
            return Some(vec![(0..LANES).map(|lane| function(old[lane], a[lane], b[lane])).collect()]);
        }
        _ => {}
    }
    if let Some(video) = lanes::select_video(&form) {
        video.run(&mut d, at(0), at(1), at(2), &Selectors::default());
        return Some(vec![store(&d, bits)]);
    }
    match lanes::select_for(&form, isa) {
        Some(LaneFn::Value(function)) => function(&mut d, at(0), at(1), at(2)),
        Some(LaneFn::Value4(function)) => function(&mut d, at(0), at(1), at(2), at(3)),
        Some(LaneFn::Described(described)) => described.run(&mut d, at(0), at(1), at(2)),
        Some(LaneFn::Select(function)) => function(&mut d, at(0), at(1), predicate),
        Some(LaneFn::Test { test, combine }) => {
            let found = test(at(0), at(1));
            let Output::Predicates(count) = case.output else { panic!("{} writes predicates", case.form) };
            return Some(vec![predicates(count, combine.apply(found.p, predicate), combine.apply(found.q, predicate))]);
        }
        Some(LaneFn::Set { test, combine, fill }) => {
            let found = test(at(0), at(1));
            let [p, q] = [found.p, found.q].map(|mask| combine.apply(mask, predicate));
            fill(&mut d, lanes::Tested { p, q });
        }
        Some(LaneFn::ValueTest { run, combine }) => {
            run(&mut d, at(0), at(1), at(2), at(3));
            let p = combine.apply(lanes::nonzero(&d[0]), predicate);
            return Some(vec![store(&d, 32), predicates(1, p, 0)]);
        }
        None if form.opcode != Opcode::Mma && form.opcode != Opcode::Movmatrix => return None,
        _ => {}
    }
    // A register wider than the type of a conversion is extended.
    if let (Opcode::Cvt, Some(t)) = (form.opcode, form.type_at(0))
        && t.is_integer()
        && t.bits() < bits
    {
        lanes::widen(&mut d, t.bits(), t.is_signed(), bits);
    }
    let each = rows_of(bits);
    Some(d.chunks(each).map(|register| store(register, bits)).collect())
}

/// Two instructions that pass a carry: `d0 = first(a, b, …)`, `d1 = second(…)` with the operands left.
fn carries(case: &Case, first: &str, second: &str, isa: Isa, warp: &Warp) -> Option<Vec<Vec<u64>>> {
    let Output::Registers(bits, _) = case.output else { panic!("{} writes registers", case.form) };
    let rows = &warp.operands;
    let (low, high): (Vec<&[Row]>, Vec<&[Row]>) = match first.starts_with("mad") {
        true => (vec![&rows[0], &rows[1], &rows[2]], vec![&rows[0], &rows[1], &rows[3]]),
        false => (vec![&rows[0], &rows[1], &[]], vec![&rows[2], &rows[3], &[]]),
    };
    let mut carry = 0;
    let mut results = Vec::new();
    for (form, operands) in [(first, low), (second, high)] {
        let Some(LaneFn::Carry { run, reads, writes }) = lanes::select_for(&Form::parse(form), isa) else {
            return None;
        };
        let mut d = vec![Row::ZERO; rows_of(bits)];
        let out = run(&mut d, operands[0], operands[1], operands[2], if reads { carry } else { 0 });
        carry = if writes { out } else { carry };
        results.push(store(&d, bits));
    }
    Some(results)
}
