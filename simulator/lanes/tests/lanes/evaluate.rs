//! Runs a case through the lanes: operands in, results out, as the kernel of the oracle does on a GPU.

use rustg_lanes::cross::{Reduction, Shuffle, Vote, elect, match_all, match_any};
use rustg_lanes::matrix::{Accumulation, Mma, load_matrices, store_matrices, transpose};
use rustg_lanes::{self as lanes, Isa, LANES, LaneFn, Row, atomic};
use rustg_ptx::{Form, Modifier, Opcode};

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
    if case.form.contains(';') {
        return carries(case, isa, warp);
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
        Opcode::Elect => {
            let leader = elect(members);
            return Some(vec![vec![leader.into(); LANES], predicates(1, 1 << leader, 0)]);
        }
        Opcode::Redux => return Some(vec![vec![Reduction::of(&form)?.reduce(&at(0)[0], members).into(); LANES]]),
        Opcode::Movmatrix => transpose(&mut d[0], &at(0)[0]),
        Opcode::Mma => {
            let mma = Mma::of(&form)?;
            assert_eq!(mma.rows().0, d.len(), "{}", case.form);
            assert_eq!(mma.rows().1, at(0).len(), "{}", case.form);
            assert_eq!(mma.rows().2, at(1).len(), "{}", case.form);
            let selector = case.inputs.iter().find_map(|input| match *input {
                Operand::Immediate(selector) => Some(selector),
                _ => None,
            });
            let metadata = selector.map(|selector| (&at(3)[0], selector));
            mma.run(model, &mut d, at(0), at(1), at(2), metadata);
        }
        Opcode::Atom | Opcode::Red => {
            let function = atomic::select(&form, case.form.contains(".global"))?;
            let Operand::Registers(class, count) = case.inputs[0] else { panic!("{} works on registers", case.form) };
            let each = rows_of(class.bits());
            let element = |operand: usize, index: usize| match at(operand) {
                [] => vec![0; LANES],
                rows => store(&rows[index * each..], class.bits()),
            };
            let mut results: Vec<Vec<u64>> = (0..count)
                .map(|index| {
                    let [old, a, b] = [0, 1, 2].map(|operand| element(operand, index));
                    (0..LANES).map(|lane| function(old[lane], a[lane], b[lane])).collect()
                })
                .collect();
            results.extend(output_bits(case).get(count).map(|_| element(0, 0)));
            return Some(results);
        }
        Opcode::Ldmatrix => {
            let rows = std::array::from_fn(|lane| {
                std::array::from_fn(|element| (at(0)[element / 2].0[lane] >> (16 * (element % 2))) as u16)
            });
            load_matrices(&mut d, &rows, form.has(Modifier::Trans));
            return Some(d.iter().map(|row| store(std::slice::from_ref(row), 32)).collect());
        }
        Opcode::Stmatrix => {
            let rows = store_matrices(at(0), form.has(Modifier::Trans));
            let word = |row: &[u16; 8], index: usize| u64::from(row[2 * index]) | u64::from(row[2 * index + 1]) << 16;
            return Some((0..4).map(|index| rows.iter().map(|row| word(row, index)).collect()).collect());
        }
        _ => {}
    }
    if let Some(video) = lanes::select_video(&form) {
        video.run(&mut d, at(0), at(1), at(2), &case.selectors);
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

/// The operands of a step of a chain that passes a carry: a product takes the first two and an addend of its own, a sum a pair of its own.
pub fn chained(step: &str, index: usize) -> Vec<usize> {
    if step.starts_with("mad") { vec![0, 1, 2 + index] } else { vec![2 * index, 2 * index + 1] }
}

/// Instructions that pass a carry, one result each.
fn carries(case: &Case, isa: Isa, warp: &Warp) -> Option<Vec<Vec<u64>>> {
    let Output::Registers(bits, _) = case.output else { panic!("{} writes registers", case.form) };
    let mut carry = 0;
    let mut results = Vec::new();
    for (index, step) in case.form.split(';').enumerate() {
        let Some(LaneFn::Carry { run, reads, writes }) = lanes::select_for(&Form::parse(step), isa) else {
            return None;
        };
        let operands = chained(step, index);
        let at = |place: usize| operands.get(place).map_or(&[][..], |&operand| &warp.operands[operand][..]);
        let mut d = vec![Row::ZERO; rows_of(bits)];
        let out = run(&mut d, at(0), at(1), at(2), if reads { carry } else { 0 });
        carry = if writes { out } else { carry };
        results.push(store(&d, bits));
    }
    Some(results)
}
