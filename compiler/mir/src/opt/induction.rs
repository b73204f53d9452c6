//! Counters: how far a loop's parameter can get that each round steps on and the header's condition bounds.

use crate::function::{Definition, Function, List};
use crate::graph::Graph;
use crate::ids::{Block, Value};
use crate::immediate::Condition;
use crate::opcode::{Opcode, Shape};

/// How a counter goes from one round to the next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add(u128),
    Multiply(u128),
    /// It gets no greater.
    Down,
}

/// What bounds a parameter of a loop's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    /// What it is compared with.
    pub limit: Value,
    /// Whether it is below the limit where the loop goes on, and not only at most the limit.
    pub is_strict: bool,
    /// Whether the comparison is of signed numbers.
    pub is_signed: bool,
}

/// A counter of a loop: what bounds it where it is stepped on, if anything does, and its steps.
pub(super) struct Counter {
    bound: Option<Bound>,
    steps: Vec<Step>,
}

impl Counter {
    /// The parameter of that number of a header that is entered again from `latches`.
    pub fn new(function: &Function, graph: &Graph, header: Block, at: usize, latches: &[Block]) -> Option<Counter> {
        let parameter = function.block_parameters(header).nth(at)?;
        let mut steps = Vec::new();
        for &latch in latches {
            let again = function.targets(function.last_inst(latch)).filter(|to| function.target_block(*to) == header);
            for target in again {
                let value = function.target_arguments(target).nth(at)?;
                steps.push(step(function, parameter, value)?);
            }
        }
        Some(Counter { bound: bound(function, graph, header, parameter, latches), steps })
    }

    /// What bounds it.
    pub fn bound(&self) -> Option<Bound> {
        self.bound
    }

    /// The greatest number that it can be, if it begins at `first` at most and its limit is at most `limit`; `mask` is its type's greatest.
    ///
    /// By induction: it is so in the first round, and a round goes on only where the bound holds.
    pub fn greatest(&self, first: u64, limit: Option<u64>, mask: u64) -> Option<u64> {
        let half = mask >> 1;
        let mut greatest = u128::from(first);
        for step in &self.steps {
            if let Step::Down = step {
                continue;
            }
            let (bound, limit) = (self.bound?, limit?);
            if bound.is_signed && first > half {
                return None;
            }
            let top = if bound.is_signed { half } else { mask };
            let last = u128::from(limit.min(top).saturating_sub(u64::from(bound.is_strict)));
            let next = match step {
                Step::Add(distance) => last + distance,
                Step::Multiply(factor) => last * factor,
                Step::Down => last,
            };
            if next > u128::from(top) {
                return None;
            }
            greatest = greatest.max(next);
        }
        Some(greatest as u64)
    }

    /// Whether it gets no smaller than it begins.
    pub fn only_grows(&self) -> bool {
        !self.steps.iter().any(|step| matches!(step, Step::Down))
    }
}

fn step(function: &Function, parameter: Value, value: Value) -> Option<Step> {
    let Definition::Result(inst, 0) = function.definition(value) else { return None };
    let data = function.inst(inst);
    if data.opcode.info().shape != Shape::Binary || Value(data.a) != parameter {
        return None;
    }
    let constant = function.constant(Value(data.b)).filter(|bits| *bits <= u128::from(u32::MAX));
    match data.opcode {
        Opcode::Add | Opcode::AddOverflowU | Opcode::AddOverflowS => Some(Step::Add(constant?)),
        Opcode::Mul | Opcode::MulOverflowU => Some(Step::Multiply(constant.filter(|factor| *factor > 0)?)),
        Opcode::Shl => Some(Step::Multiply(1 << constant.filter(|amount| *amount < 32)?)),
        Opcode::ShrU => Some(Step::Down),
        Opcode::DivU => constant.filter(|divisor| *divisor > 0).map(|_| Step::Down),
        _ => None,
    }
}

/// What the header's decision says of the parameter where the loop goes on; every latch must stand below that way.
fn bound(function: &Function, graph: &Graph, header: Block, parameter: Value, latches: &[Block]) -> Option<Bound> {
    let last = *function.inst(function.last_inst(header));
    if last.opcode != Opcode::Branch {
        return None;
    }
    let leads_in = |target: List| {
        let block = function.target_block(target);
        graph.predecessors(block) == [header] && latches.iter().all(|latch| graph.dominates(block, *latch))
    };
    let goes_on = if leads_in(last.b) {
        true
    } else if leads_in(last.c) {
        false
    } else {
        return None;
    };
    let data = function.inst(function.defining_inst(Value(last.a))?);
    if data.opcode != Opcode::Compare {
        return None;
    }
    let (a, b) = (Value(data.a), Value(data.b));
    let is_signed = matches!(data.condition(), Condition::Less | Condition::LessEqual);
    // `p < n`, `p <= n`; not `n <= p`, not `n < p`.
    let (limit, is_strict) = match (data.condition(), goes_on) {
        (Condition::LessU | Condition::Less, true) if a == parameter => (b, true),
        (Condition::LessEqualU | Condition::LessEqual, true) if a == parameter => (b, false),
        (Condition::LessEqualU | Condition::LessEqual, false) if b == parameter => (a, true),
        (Condition::LessU | Condition::Less, false) if b == parameter => (a, false),
        _ => return None,
    };
    Some(Bound { limit, is_strict, is_signed })
}
