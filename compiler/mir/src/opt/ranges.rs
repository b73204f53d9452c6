//! Ranges: what values can be at most and at least, from special registers, masks, widening and the conditions above; and what
//! follows: checks that always hold, overflow that cannot be, 64-bit arithmetic that fits into 32.

use rustc_hash::FxHashMap;

use super::replace::Replaced;
use crate::function::{Definition, Function, InstData};
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
    let Walk { function, replaced, .. } = walk;
    replaced.resolve_all(function);
}

struct Walk<'a> {
    function: &'a mut Function,
    graph: &'a Graph,
    /// What holds of a value wherever it is defined.
    ranges: Vec<Range>,
    /// What a condition adds in a block and below.
    facts: FxHashMap<Value, Vec<(Block, Range)>>,
    replaced: Replaced,
}

impl Walk<'_> {
    /// What is known of a value in a block.
    fn range(&self, value: Value, block: Block) -> Range {
        let own = self.ranges[value.index()];
        let facts = self.facts.get(&value).map_or(&[][..], Vec::as_slice);
        facts
            .iter()
            .filter(|(from, _)| self.graph.dominates(*from, block))
            .fold(own, |range, (_, fact)| range.meet(*fact))
    }

    fn enter(&mut self, block: Block, done: &[bool]) {
        let predecessors = self.graph.predecessors(block);
        let parameters: Vec<Value> = self.function.block_parameters(block).collect();
        for (at, parameter) in parameters.into_iter().enumerate() {
            let whole = Range::of_type(self.function.value_type(parameter));
            let all_done = !predecessors.is_empty() && predecessors.iter().all(|from| done[from.index()]);
            let mut range = None;
            if all_done {
                for &from in predecessors {
                    for target in self.function.targets(self.function.last_inst(from)) {
                        if self.function.target_block(target) == block {
                            let argument =
                                self.function.target_arguments(target).nth(at).expect("a target has every argument");
                            let coming = self.range(self.replaced.resolve(argument), from);
                            range = Some(range.map_or(coming, |range: Range| range.join(coming)));
                        }
                    }
                }
            }
            // Around a loop nothing is known yet, but for what the conditions inside say.
            self.ranges[parameter.index()] = range.unwrap_or(whole);
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
            _ => return,
        };
        if !less {
            let both = left.meet(right);
            self.add_fact(a, both, block);
            self.add_fact(b, both, block);
            return;
        }
        let (low, high, low_range, high_range) = if swap { (b, a, right, left) } else { (a, b, left, right) };
        let gap = u64::from(!or_equal);
        self.add_fact(low, Range::up_to(high_range.max.saturating_sub(gap)), block);
        self.add_fact(high, Range { min: low_range.min.saturating_add(gap), max: u64::MAX }, block);
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
        self.facts.entry(value).or_default().push((block, range));
    }

    fn visit(&mut self, block: Block, inst: Inst) {
        self.replaced.resolve_operands(self.function, inst);
        let data = *self.function.inst(inst);
        if data.opcode == Opcode::Assert {
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
                if let Some(holds) = decided(data.condition(), a, b, half) {
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
                if let Some(plain) = cannot_overflow(data.opcode, data.ty, a, b) {
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
        let whole = Range::of_type(self.function.value_type(value));
        let range = self.computed(block, &row).map_or(whole, |range| range.meet(whole));
        self.ranges.push(range);
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
