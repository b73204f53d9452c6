//! Ranges: what values can be at most and at least, from special registers, masks, widening and the conditions above; and what
//! follows: checks that always hold, overflow that cannot be, 64-bit arithmetic that fits into 32.

use rustc_hash::FxHashMap;

use super::checks::{self, Check};
use super::induction::Counter;
use super::relations::Relations;
use super::replace::Replaced;
use crate::function::{Definition, Function, InstData, Parameter};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Value};
use crate::immediate::Condition;
use crate::opcode::Opcode;
use crate::types::Type;

/// The unsigned numbers that a value can be, both ends included. Only for types of up to 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub min: u64,
    pub max: u64,
}

impl Range {
    fn of_type(ty: Type) -> Range {
        Range { min: 0, max: ty.mask() as u64 }
    }

    fn exactly(number: u64) -> Range {
        Range { min: number, max: number }
    }

    fn up_to(max: u64) -> Range {
        Range { min: 0, max }
    }

    fn meet(self, other: Range) -> Range {
        let (min, max) = (self.min.max(other.min), self.max.min(other.max));
        // An empty range is of code that is never reached; anything holds there.
        if min <= max { Range { min, max } } else { self }
    }

    fn join(self, other: Range) -> Range {
        Range { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

fn is_tracked(ty: Type) -> bool {
    ty == Type::Bool || ty.is_integer() && ty != Type::I128
}

/// Uses ranges to make a function smaller.
pub(super) fn use_ranges(function: &mut Function) {
    let graph = Graph::new(function);
    let mut walk = Walk {
        ranges: vec![Range::up_to(u64::MAX); function.value_count()],
        facts: FxHashMap::default(),
        relations: Relations::new(function),
        checks: Vec::new(),
        replaced: Replaced::new(function),
        graph: &graph,
        function,
    };
    let mut done = vec![false; walk.function.block_count()];
    for &block in &graph.order {
        walk.enter(block, &done);
        let insts: Vec<Inst> = walk.function.insts(block).collect();
        for inst in insts {
            walk.visit(block, inst);
        }
        done[block.index()] = true;
    }
    let checks = std::mem::take(&mut walk.checks);
    let Walk { function, replaced, ranges, facts, .. } = walk;
    replaced.resolve_all(function);
    checks::combine(function, &checks, |value, block| {
        // What the block's own assertions say is not known yet where it begins.
        let above = facts.get(&value).map_or(&[][..], Vec::as_slice).iter();
        let above = above.filter(|(from, _)| *from != block && graph.dominates(*from, block));
        above.fold(ranges[value.index()], |range, (_, fact)| range.meet(*fact))
    });
}

struct Walk<'a> {
    function: &'a mut Function,
    graph: &'a Graph,
    /// What holds of a value wherever it is defined.
    ranges: Vec<Range>,
    /// What a condition adds in a block and below.
    facts: FxHashMap<Value, Vec<(Block, Range)>>,
    relations: Relations,
    /// The assertions of numbers below limits that were met and stay.
    checks: Vec<Check>,
    replaced: Replaced,
}

impl Walk<'_> {
    /// What is known of a value in a block.
    fn range(&self, value: Value, block: Block) -> Range {
        let own = self.own_range(value, block);
        let sum = self.relations.sum(self.graph, value, block);
        if sum.base == value {
            return own;
        }
        // What bounds the value that this one is a distance from bounds this one.
        let base = self.own_range(sum.base, block);
        let moved = |end: u64| u64::try_from(i128::from(end) + sum.distance);
        match (moved(base.min), moved(base.max)) {
            (Ok(min), Ok(max)) => own.meet(Range { min, max }),
            _ => own,
        }
    }

    fn own_range(&self, value: Value, block: Block) -> Range {
        let own = self.ranges[value.index()];
        let facts = self.facts.get(&value).map_or(&[][..], Vec::as_slice);
        facts
            .iter()
            .filter(|(from, _)| self.graph.dominates(*from, block))
            .fold(own, |range, (_, fact)| range.meet(*fact))
    }

    /// What comes to a parameter from some of the predecessors.
    fn coming(&self, block: Block, at: usize, is_wanted: impl Fn(Block) -> bool) -> Option<Range> {
        let mut range: Option<Range> = None;
        for &from in self.graph.predecessors(block).iter().filter(|from| is_wanted(**from)) {
            for target in self.function.targets(self.function.last_inst(from)) {
                if self.function.target_block(target) == block {
                    let argument = self.function.target_arguments(target).nth(at).expect("a target has every argument");
                    let coming = self.range(self.replaced.resolve(argument), from);
                    range = Some(range.map_or(coming, |range| range.join(coming)));
                }
            }
        }
        range
    }

    /// The range of a loop's counter that begins in `first`; what its rounds compute was not looked at yet.
    fn counted(&self, header: Block, at: usize, first: Range, latches: &[Block]) -> Option<Range> {
        if !latches.iter().all(|latch| self.graph.dominates(header, *latch)) {
            return None;
        }
        let counter = Counter::new(self.function, self.graph, header, at, latches)?;
        let parameter = self.function.block_parameters(header).nth(at)?;
        let mask = self.function.value_type(parameter).mask() as u64;
        // What the loop computes itself has no range yet, and is taken for anything.
        let limit = counter.bound().map(|bound| self.range(self.replaced.resolve(bound.limit), header).max.min(mask));
        let max = counter.greatest(first.max, limit, mask)?;
        Some(Range { min: if counter.only_grows() { first.min } else { 0 }, max })
    }

    /// What the parameters' facts say.
    fn enter_function(&mut self) {
        let values: Vec<Value> = self.function.block_parameters(self.function.entry()).collect();
        for (value, parameter) in values.into_iter().zip(&self.function.parameters) {
            let Parameter::Value(ty, facts) = parameter else { continue };
            let fact =
                if (1..64).contains(&facts.bits) { Range::up_to((1 << facts.bits) - 1) } else { Range::of_type(*ty) };
            self.ranges[value.index()] = fact.meet(Range::of_type(*ty));
        }
    }

    fn enter(&mut self, block: Block, done: &[bool]) {
        if block == self.function.entry() {
            return self.enter_function();
        }
        let predecessors = self.graph.predecessors(block);
        let parameters: Vec<Value> = self.function.block_parameters(block).collect();
        for (at, parameter) in parameters.into_iter().enumerate() {
            let whole = Range::of_type(self.function.value_type(parameter));
            let range = self.coming(block, at, |from| done[from.index()]);
            let open: Vec<Block> = predecessors.iter().copied().filter(|from| !done[from.index()]).collect();
            self.ranges[parameter.index()] = match range {
                Some(range) if open.is_empty() => range,
                Some(range) if is_tracked(self.function.value_type(parameter)) => {
                    self.counted(block, at, range, &open).map_or(whole, |range| range.meet(whole))
                }
                _ => whole,
            };
        }
        if let &[before] = predecessors {
            let data = *self.function.inst(self.function.last_inst(before));
            if data.opcode == Opcode::Branch && data.b != data.c {
                let then = self.function.target_block(data.b) == block;
                self.learn(Value(data.a), then, block);
            }
        }
    }

    /// Notes what follows from a truth value that is known in a block.
    fn learn(&mut self, condition: Value, holds: bool, block: Block) {
        let condition = self.replaced.resolve(condition);
        let Some(inst) = self.function.defining_inst(condition) else { return };
        let data = *self.function.inst(inst);
        match (data.opcode, holds) {
            (Opcode::Not, _) => self.learn(Value(data.a), !holds, block),
            (Opcode::And, true) | (Opcode::Or, false) if data.ty == Type::Bool => {
                self.learn(Value(data.a), holds, block);
                self.learn(Value(data.b), holds, block);
            }
            (Opcode::Compare, _) if is_tracked(data.ty) => self.learn_compare(&data, holds, block),
            (Opcode::AddOverflowU | Opcode::SubOverflowU, false) if is_tracked(data.ty) => {
                self.learn_no_overflow(inst, &data, block);
            }
            _ => {}
        }
    }

    /// What follows where a sum or difference is known not to have wrapped.
    fn learn_no_overflow(&mut self, inst: Inst, data: &InstData, block: Block) {
        let result = self.function.result(inst);
        let (a, b) = (self.replaced.resolve(Value(data.a)), self.replaced.resolve(Value(data.b)));
        let (left, right) = (self.range(a, block), self.range(b, block));
        let constant = self.function.constant(b).map(|bits| bits as i128);
        if data.opcode == Opcode::AddOverflowU {
            let min = left.min.saturating_add(right.min);
            self.add_fact(result, Range { min, max: data.ty.mask() as u64 }, block);
            self.relations.learn(self.graph, a, result, -i128::from(right.min), block);
            self.relations.learn(self.graph, b, result, -i128::from(left.min), block);
        } else {
            self.add_fact(result, Range::up_to(left.max.saturating_sub(right.min)), block);
            self.add_fact(a, Range { min: right.min, max: u64::MAX }, block);
            self.relations.learn(self.graph, b, a, 0, block);
            self.relations.learn(self.graph, result, a, -i128::from(right.min), block);
        }
        if let Some(constant) = constant {
            let distance = if data.opcode == Opcode::AddOverflowU { constant } else { -constant };
            self.relations.set_sum(self.graph, result, (a, distance), (block, true));
        }
    }

    /// Notes an assertion that something is below a limit.
    fn note_check(&mut self, block: Block, inst: Inst, condition: Value) {
        let compare = self.function.defining_inst(condition).map(|inst| *self.function.inst(inst));
        if let Some(data) =
            compare.filter(|data| data.opcode == Opcode::Compare && data.condition() == Condition::LessU)
        {
            let (value, limit) = (self.replaced.resolve(Value(data.a)), self.replaced.resolve(Value(data.b)));
            let sum = self.relations.sum(self.graph, value, block);
            self.checks.push(Check { inst, block, base: sum.base, distance: sum.distance, limit, ty: data.ty });
        }
    }

    /// Notes what a value is the sum of, where it cannot have wrapped.
    fn note_sum(&mut self, block: Block, inst: Inst, data: &InstData) {
        let a = Value(data.a);
        match data.opcode {
            Opcode::Extend if is_tracked(self.function.value_type(a)) => {
                self.relations.set_sum(self.graph, self.function.result(inst), (a, 0), (block, false));
            }
            Opcode::Add | Opcode::AddOverflowU | Opcode::Sub | Opcode::SubOverflowU if is_tracked(data.ty) => {
                let Some(bits) = self.function.constant(Value(data.b)) else { return };
                // The operand's range where it is defined: the sum is used in other blocks too.
                let (range, mask) = (self.ranges[a.index()].meet(self.range(a, block)), data.ty.mask());
                let is_sum = matches!(data.opcode, Opcode::Add | Opcode::AddOverflowU);
                let (up, down) = if is_sum { (bits, mask + 1 - bits) } else { ((mask + 1 - bits) & mask, bits) };
                let distance = if u128::from(range.max) + up <= mask {
                    up as i128
                } else if u128::from(range.min) >= down && data.opcode != Opcode::AddOverflowU {
                    -(down as i128)
                } else {
                    return;
                };
                self.relations.set_sum(self.graph, self.function.result(inst), (a, distance), (block, false));
            }
            _ => {}
        }
    }

    fn learn_compare(&mut self, data: &InstData, holds: bool, block: Block) {
        let (a, b) = (self.replaced.resolve(Value(data.a)), self.replaced.resolve(Value(data.b)));
        let (left, right) = (self.range(a, block), self.range(b, block));
        let half = (data.ty.mask() >> 1) as u64;
        let both_positive = left.max <= half && right.max <= half;
        let (less, or_equal, swap) = match (data.condition(), holds) {
            (Condition::LessU, true) => (true, false, false),
            (Condition::LessU, false) => (true, true, true),
            (Condition::LessEqualU, true) => (true, true, false),
            (Condition::LessEqualU, false) => (true, false, true),
            (Condition::Less, true) if both_positive => (true, false, false),
            (Condition::Less, false) if both_positive => (true, true, true),
            (Condition::LessEqual, true) if both_positive => (true, true, false),
            (Condition::LessEqual, false) if both_positive => (true, false, true),
            (Condition::Equal, true) | (Condition::NotEqual, false) => (false, false, false),
            (Condition::Equal, false) | (Condition::NotEqual, true) => return self.learn_unequal(a, right, block),
            _ => return,
        };
        if !less {
            let both = left.meet(right);
            self.add_fact(a, both, block);
            self.add_fact(b, both, block);
            self.relations.learn(self.graph, a, b, 0, block);
            self.relations.learn(self.graph, b, a, 0, block);
            return;
        }
        let (low, high, low_range, high_range) = if swap { (b, a, right, left) } else { (a, b, left, right) };
        let gap = u64::from(!or_equal);
        self.relations.learn(self.graph, low, high, -i128::from(gap), block);
        self.add_fact(low, Range::up_to(high_range.max.saturating_sub(gap)), block);
        self.add_fact(high, Range { min: low_range.min.saturating_add(gap), max: u64::MAX }, block);
    }

    /// A value that is not the number at the end of its range is beyond it.
    fn learn_unequal(&mut self, value: Value, other: Range, block: Block) {
        let own = self.range(value, block);
        if other.min == other.max && own.min < own.max {
            let (min, max) = (own.min + u64::from(own.min == other.min), own.max - u64::from(own.max == other.min));
            self.add_fact(value, Range { min, max }, block);
        }
    }

    fn add_fact(&mut self, value: Value, range: Range, block: Block) {
        // What bounds a widened value bounds what was widened.
        if let Some(inst) = self.function.defining_inst(value) {
            let data = *self.function.inst(inst);
            if data.opcode == Opcode::Extend {
                let from = self.function.value_type(Value(data.a)).mask() as u64;
                self.add_fact(Value(data.a), Range { min: range.min.min(from), max: range.max.min(from) }, block);
            }
        }
        let known = self.range(value, block);
        if known.meet(range) != known {
            self.facts.entry(value).or_default().push((block, range));
        }
    }

    fn visit(&mut self, block: Block, inst: Inst) {
        self.replaced.resolve_operands(self.function, inst);
        let data = *self.function.inst(inst);
        if data.opcode == Opcode::Assert {
            self.note_check(block, inst, Value(data.a));
            return self.learn(Value(data.a), true, block);
        }
        self.improve(block, inst, &data);
        let data = *self.function.inst(inst);
        let results: Vec<Value> = self.function.results(inst).collect();
        for (at, result) in results.into_iter().enumerate() {
            let ty = self.function.value_type(result);
            if is_tracked(ty) {
                let found = if at == 0 { self.computed(block, &data) } else { None };
                let whole = Range::of_type(ty);
                self.ranges[result.index()] = found.map_or(whole, |range| range.meet(whole));
            }
        }
        self.note_sum(block, inst, &data);
    }

    /// The range of an instruction's first result, where more than its type is known.
    fn computed(&self, block: Block, data: &InstData) -> Option<Range> {
        use Opcode::*;
        let max = data.ty.mask() as u64;
        match data.opcode {
            Const if is_tracked(data.ty) => return Some(Range::exactly(self.function.constant_bits(data) as u64)),
            Special => return Some(Range::up_to(u64::from(data.special().max()))),
            Ballot | ActiveMask | Match => return None,
            LeadingZeros | TrailingZeros | CountOnes => return Some(Range::up_to(u64::from(data.ty.bits()))),
            _ => {}
        }
        let operand = |field: u32| {
            let value = Value(field);
            (value.index() < self.function.value_count() && is_tracked(self.function.value_type(value)))
                .then(|| self.range(value, block))
        };
        let a = operand(data.a)?;
        let b = || operand(data.b);
        // A sum that cannot wrap.
        let bounded = |min: Option<u64>, top: Option<u64>| {
            top.filter(|top| *top <= max).map(|top| Range { min: min.unwrap_or(0), max: top })
        };
        match data.opcode {
            Extend => Some(a),
            Truncate => (a.max <= max).then_some(a),
            ExtendS => (a.max <= self.function.value_type(Value(data.a)).mask() as u64 >> 1).then_some(a),
            Add | AddOverflowU => bounded(a.min.checked_add(b()?.min), a.max.checked_add(b()?.max)),
            Mul | MulOverflowU | MulWideU => bounded(a.min.checked_mul(b()?.min), a.max.checked_mul(b()?.max)),
            Sub | SubOverflowU => {
                let b = b()?;
                (a.min >= b.max).then(|| Range { min: a.min - b.max, max: a.max - b.min })
            }
            And => Some(Range::up_to(a.max.min(b()?.max))),
            Or | Xor => Some(Range::up_to(u64::MAX >> (a.max | b()?.max).leading_zeros().min(63))),
            DivU => {
                let b = b()?;
                (b.min > 0).then(|| Range { min: a.min / b.max, max: a.max / b.min })
            }
            RemU => {
                let b = b()?;
                (b.min > 0).then(|| Range::up_to(a.max.min(b.max - 1)))
            }
            ShrU => {
                let b = b()?;
                (b.max < u64::from(data.ty.bits())).then(|| Range { min: a.min >> b.max, max: a.max >> b.min })
            }
            Shl => {
                let b = b()?;
                let fits = b.max < u64::from(data.ty.bits()) && a.max.leading_zeros() >= b.max as u32;
                if fits { bounded(Some(a.min << b.min), Some(a.max << b.max)) } else { None }
            }
            MinU => Some(Range { min: a.min.min(b()?.min), max: a.max.min(b()?.max) }),
            MaxU => Some(Range { min: a.min.max(b()?.min), max: a.max.max(b()?.max) }),
            Select => Some(b()?.join(operand(data.c)?)),
            _ => None,
        }
    }

    /// Replaces an instruction by a cheaper one that the ranges allow.
    fn improve(&mut self, block: Block, inst: Inst, data: &InstData) {
        use Opcode::*;
        if !is_tracked(data.ty) || data.opcode.info().wants.is_empty() {
            return;
        }
        let known = |walk: &Self, field: u32| {
            is_tracked(walk.function.value_type(Value(field))).then(|| walk.range(Value(field), block))
        };
        let half = (data.ty.mask() >> 1) as u64;
        match data.opcode {
            Compare => {
                let (Some(a), Some(b)) = (known(self, data.a), known(self, data.b)) else { return };
                let related = || self.related(data, a.max <= half && b.max <= half, block);
                if let Some(holds) = decided(data.condition(), a, b, half).or_else(related) {
                    let value = self.constant(inst, Type::Bool, u128::from(holds));
                    self.replace_result(inst, 0, value);
                } else if a.max <= half && b.max <= half {
                    let unsigned = match data.condition() {
                        Condition::Less => Condition::LessU,
                        Condition::LessEqual => Condition::LessEqualU,
                        other => other,
                    };
                    self.function.inst_mut(inst).aux = unsigned as u16;
                }
            }
            AddOverflowU | AddOverflowS | SubOverflowU | SubOverflowS | MulOverflowU | MulOverflowS => {
                let (Some(a), Some(b)) = (known(self, data.a), known(self, data.b)) else { return };
                let is_less = || {
                    self.relations.most(self.graph, Value(data.b), Value(data.a), block).is_some_and(|most| most <= 0)
                };
                let plain = cannot_overflow(data.opcode, data.ty, a, b)
                    .or_else(|| (data.opcode == SubOverflowU && is_less()).then_some(Sub));
                if let Some(plain) = plain {
                    let row = InstData { a: data.a, b: data.b, ..InstData::new(plain, data.ty) };
                    let value = self.insert(inst, block, row);
                    let no = self.constant(inst, Type::Bool, 0);
                    self.replace_result(inst, 0, value);
                    self.replace_result(inst, 1, no);
                }
            }
            ExtendS => {
                let from = self.function.value_type(Value(data.a));
                if known(self, data.a).is_some_and(|range| range.max <= from.mask() as u64 >> 1) {
                    self.function.inst_mut(inst).opcode = Extend;
                }
            }
            DivS | RemS | ShrS => {
                let positive =
                    [data.a, data.b].iter().all(|field| known(self, *field).is_some_and(|range| range.max <= half));
                if positive {
                    let unsigned = [(DivS, DivU), (RemS, RemU), (ShrS, ShrU)];
                    let found = unsigned.iter().find(|(signed, _)| *signed == data.opcode).expect("one of the three");
                    self.function.inst_mut(inst).opcode = found.1;
                }
            }
            DivU | RemU if data.ty == Type::I64 => self.narrow_division(block, inst, data),
            Mul | Shl if data.ty == Type::I64 => self.narrow_product(block, inst, data),
            _ => {}
        }
    }

    /// What relations say about a comparison.
    fn related(&self, data: &InstData, both_positive: bool, block: Block) -> Option<bool> {
        let (a, b) = (Value(data.a), Value(data.b));
        let most = |low, high| self.relations.most(self.graph, low, high, block);
        let holds = |below: i128| match most(a, b) {
            Some(most) if most <= below => Some(true),
            _ => most(b, a).filter(|most| *most < -below).map(|_| false),
        };
        match data.condition() {
            Condition::LessU => holds(-1),
            Condition::LessEqualU => holds(0),
            Condition::Less if both_positive => holds(-1),
            Condition::LessEqual if both_positive => holds(0),
            _ => None,
        }
    }

    /// A 64-bit division of numbers below 2^32 is one of 32 bits: 18 instructions instead of 72.
    fn narrow_division(&mut self, block: Block, inst: Inst, data: &InstData) {
        let small = |field: u32| self.range(Value(field), block).max <= u64::from(u32::MAX);
        // The quotient by zero differs between the widths.
        if !small(data.a) || !small(data.b) || self.range(Value(data.b), block).min == 0 {
            return;
        }
        let [a, b] = [data.a, data.b].map(|field| self.truncated(inst, block, Value(field)));
        let row = InstData { a: a.0, b: b.0, ..InstData::new(data.opcode, Type::I32) };
        let narrow = self.insert(inst, block, row);
        let wide = self.insert(inst, block, InstData { a: narrow.0, ..InstData::new(Opcode::Extend, Type::I64) });
        self.replace_result(inst, 0, wide);
    }

    /// A 64-bit product of a widened number and a small constant is one instruction from 32-bit registers.
    fn narrow_product(&mut self, block: Block, inst: Inst, data: &InstData) {
        let Some(bits) = self.function.constant(Value(data.b)) else { return };
        let factor = if data.opcode == Opcode::Shl { 1_u128.checked_shl(bits as u32) } else { Some(bits) };
        let Some(factor) = factor.filter(|factor| *factor <= u128::from(u32::MAX)) else { return };
        let is_extended = self.function.defining_inst(Value(data.a)).map(|inst| *self.function.inst(inst));
        let Some(extended) = is_extended.filter(|row| row.opcode == Opcode::Extend) else { return };
        if self.function.value_type(Value(extended.a)) != Type::I32 {
            return;
        }
        let factor = self.constant(inst, Type::I32, factor);
        let row = InstData { a: extended.a, b: factor.0, ..InstData::new(Opcode::MulWideU, Type::I64) };
        let value = self.insert(inst, block, row);
        self.replace_result(inst, 0, value);
    }

    /// The low half of a value, without a new instruction where it was widened from there.
    fn truncated(&mut self, before: Inst, block: Block, value: Value) -> Value {
        if let Definition::Result(by, _) = self.function.definition(value) {
            let data = *self.function.inst(by);
            if data.opcode == Opcode::Extend && self.function.value_type(Value(data.a)) == Type::I32 {
                return Value(data.a);
            }
        }
        self.insert(before, block, InstData { a: value.0, ..InstData::new(Opcode::Truncate, Type::I32) })
    }

    fn constant(&mut self, before: Inst, ty: Type, bits: u128) -> Value {
        let row = self.function.constant_row(ty, bits);
        let block = self.function.block_of(before);
        self.insert(before, block, row)
    }

    fn insert(&mut self, before: Inst, block: Block, row: InstData) -> Value {
        let location = self.function.location(before);
        let inst = self.function.make(row, location);
        self.function.insert_before(before, inst);
        let value = self.function.result(inst);
        self.replaced.grow(self.function);
        self.relations.grow(self.function);
        let whole = Range::of_type(self.function.value_type(value));
        let range = self.computed(block, &row).map_or(whole, |range| range.meet(whole));
        self.ranges.push(range);
        self.note_sum(block, inst, &row);
        value
    }

    fn replace_result(&mut self, inst: Inst, number: usize, value: Value) {
        let old = self.function.results(inst).nth(number).expect("the result that is replaced");
        self.replaced.replace(old, value);
    }
}

/// Whether a comparison has the same answer for all numbers of two ranges.
fn decided(condition: Condition, a: Range, b: Range, half: u64) -> Option<bool> {
    let (less, less_equal) = (
        if a.max < b.min { Some(true) } else { (a.min >= b.max).then_some(false) },
        if a.max <= b.min { Some(true) } else { (a.min > b.max).then_some(false) },
    );
    let same_sign = a.max <= half && b.max <= half;
    match condition {
        Condition::LessU => less,
        Condition::LessEqualU => less_equal,
        Condition::Less if same_sign => less,
        Condition::LessEqual if same_sign => less_equal,
        Condition::Equal | Condition::NotEqual if a.max < b.min || b.max < a.min => {
            Some(condition == Condition::NotEqual)
        }
        _ => None,
    }
}

/// The plain operation, if the checked one cannot overflow.
fn cannot_overflow(opcode: Opcode, ty: Type, a: Range, b: Range) -> Option<Opcode> {
    use Opcode::*;
    let (max, half) = (ty.mask() as u64, (ty.mask() >> 1) as u64);
    let positive = a.max <= half && b.max <= half;
    match opcode {
        AddOverflowU => a.max.checked_add(b.max).filter(|sum| *sum <= max).map(|_| Add),
        AddOverflowS if positive => a.max.checked_add(b.max).filter(|sum| *sum <= half).map(|_| Add),
        SubOverflowU => (a.min >= b.max).then_some(Sub),
        SubOverflowS => positive.then_some(Sub),
        MulOverflowU => a.max.checked_mul(b.max).filter(|product| *product <= max).map(|_| Mul),
        MulOverflowS if positive => a.max.checked_mul(b.max).filter(|product| *product <= half).map(|_| Mul),
        _ => None,
    }
}
