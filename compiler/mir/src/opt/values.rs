//! Value numbering over the dominator tree: what is computed already is not computed again, what is known is folded,
//! what a branch or an assertion has decided holds below it.

use rustc_hash::FxHashMap;

use super::replace::Replaced;
use super::simplify::{Simpler, canonical, fold_offset, simplify, simplify_with_constant};
use crate::evaluate::evaluate;
use crate::function::{Function, InstData};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Value};
use crate::immediate::Condition;
use crate::opcode::{Opcode, Shape, Yields};
use crate::types::Type;

/// Numbers the values of a function.
pub(super) fn number_values(function: &mut Function) {
    let graph = Graph::new(function);
    let mut numbering = Numbering {
        replaced: Replaced::new(function),
        leaders: FxHashMap::default(),
        constants: FxHashMap::default(),
        decided: FxHashMap::default(),
        graph: &graph,
        function,
    };
    let order = graph.order.clone();
    for block in order {
        numbering.number_block(block);
    }
    // Uses in blocks that were numbered before their definition was replaced (loops) still name the old value.
    let Numbering { function, replaced, .. } = numbering;
    replaced.resolve_all(function);
}

struct Numbering<'a> {
    function: &'a mut Function,
    graph: &'a Graph,
    /// What stands for a value, by value.
    replaced: Replaced,
    /// The instruction that first computed a row.
    leaders: FxHashMap<InstData, Inst>,
    /// The value that first held a constant.
    constants: FxHashMap<(Type, u128), Inst>,
    /// Truth values that are known in a block and below.
    decided: FxHashMap<Value, Vec<(bool, Block)>>,
}

impl Numbering<'_> {
    fn number_block(&mut self, block: Block) {
        self.learn_from_branch(block);
        let insts: Vec<Inst> = self.function.insts(block).collect();
        for inst in insts {
            self.replaced.resolve_operands(self.function, inst);
            self.number(block, inst);
        }
    }

    /// In a block that is reached by one branch only, the branch's condition is known.
    fn learn_from_branch(&mut self, block: Block) {
        let &[before] = self.graph.predecessors(block) else { return };
        let data = *self.function.inst(self.function.last_inst(before));
        if data.opcode == Opcode::Branch {
            let then = self.function.target_block(data.b) == block;
            self.decide(Value(data.a), then, block);
        }
    }

    /// Notes that `value` is known from here on, and what follows for the truth values that it was made of.
    fn decide(&mut self, value: Value, holds: bool, block: Block) {
        let value = self.replaced.resolve(value);
        self.decided.entry(value).or_default().push((holds, block));
        let Some(inst) = self.function.defining_inst(value) else { return };
        let data = *self.function.inst(inst);
        match (data.opcode, holds) {
            (Opcode::Not, _) => self.decide(Value(data.a), !holds, block),
            (Opcode::And, true) | (Opcode::Or, false) if data.ty == Type::Bool => {
                self.decide(Value(data.a), holds, block);
                self.decide(Value(data.b), holds, block);
            }
            _ => {}
        }
    }

    fn known(&self, value: Value, block: Block) -> Option<bool> {
        let found = self.decided.get(&value)?.iter().find(|(_, from)| self.graph.dominates(*from, block));
        found.map(|(holds, _)| *holds)
    }

    fn number(&mut self, block: Block, inst: Inst) {
        let data = *self.function.inst(inst);
        if let Some(folded) = fold_offset(self.function, &data) {
            *self.function.inst_mut(inst) = folded;
            return;
        }
        match data.opcode {
            Opcode::Assert => return self.number_assert(block, inst, data),
            Opcode::Branch => {
                if let Some(holds) = self.known(Value(data.a), block) {
                    let known = self.constant_before(inst, Type::Bool, u128::from(holds));
                    self.function.inst_mut(inst).a = known.0;
                }
                return;
            }
            Opcode::Const => return self.number_constant(block, inst, data),
            _ if !data.opcode.effects().is_pure() => return,
            _ => {}
        }
        self.number_pure(block, inst, data);
    }

    /// An assertion that holds goes; behind one that stays its condition is known.
    fn number_assert(&mut self, block: Block, inst: Inst, data: InstData) {
        let condition = Value(data.a);
        let holds = self.function.constant(condition).map(|bits| bits != 0).or_else(|| self.known(condition, block));
        match holds {
            Some(true) => self.function.remove_inst(inst),
            Some(false) => {}
            // The numbering walks forward: what is decided now is used by what stands behind, in this block and below.
            None => self.decide(condition, true, block),
        }
    }

    fn number_constant(&mut self, block: Block, inst: Inst, data: InstData) {
        let bits = self.function.constant_bits(&data);
        match self.constants.get(&(data.ty, bits)) {
            Some(&leader) if self.stands_above(leader, block) => {
                self.replaced.replace(self.function.result(inst), self.function.result(leader));
                self.function.remove_inst(inst);
            }
            _ => {
                self.constants.insert((data.ty, bits), inst);
            }
        }
    }

    fn stands_above(&self, inst: Inst, block: Block) -> bool {
        let of = self.function.block_of(inst);
        of.is_some() && self.graph.dominates(of, block)
    }

    /// The constant, made right before `inst` unless it is there already.
    fn constant_before(&mut self, inst: Inst, ty: Type, bits: u128) -> Value {
        let block = self.function.block_of(inst);
        if let Some(&leader) = self.constants.get(&(ty, bits))
            && self.stands_above(leader, block)
        {
            return self.function.result(leader);
        }
        let row = self.function.constant_row(ty, bits);
        let location = self.function.location(inst);
        let made = self.function.make(row, location);
        self.function.insert_before(inst, made);
        let value = self.function.result(made);
        self.replaced.grow(self.function);
        self.constants.insert((ty, bits), made);
        value
    }

    fn number_pure(&mut self, block: Block, inst: Inst, mut data: InstData) {
        if self.fold(inst, &data) {
            return;
        }
        let yields_one =
            matches!(data.opcode.info().yields, Yields::Same | Yields::Bool | Yields::Address | Yields::I32);
        // Rules lead to rules; each makes the instruction smaller, so that they end.
        for _ in 0..8 {
            canonical(self.function, &mut data);
            if !yields_one {
                break;
            }
            let result = self.function.result(inst);
            match simplify(self.function, &data) {
                Some(Simpler::Value(value)) => {
                    self.replaced.replace(result, self.replaced.resolve(value));
                    return self.function.remove_inst(inst);
                }
                Some(Simpler::Constant(bits)) => {
                    let value = self.constant_before(inst, self.function.value_type(result), bits);
                    self.replaced.replace(result, value);
                    return self.function.remove_inst(inst);
                }
                Some(Simpler::Row(row)) => data = row,
                None => match simplify_with_constant(self.function, &data) {
                    Some((row, ty, bits)) => {
                        let constant = self.constant_before(inst, ty, bits);
                        data = InstData { b: constant.0, ..row };
                    }
                    None => break,
                },
            }
        }
        *self.function.inst_mut(inst) = data;
        match self.leaders.get(&data) {
            Some(&leader) if self.stands_above(leader, block) => {
                let pairs: Vec<_> = self.function.results(inst).zip(self.function.results(leader)).collect();
                pairs.into_iter().for_each(|(old, new)| self.replaced.replace(old, new));
                self.function.remove_inst(inst);
            }
            _ => {
                self.leaders.insert(data, inst);
            }
        }
    }

    /// Computes an instruction whose operands are all constants.
    fn fold(&mut self, inst: Inst, data: &InstData) -> bool {
        let function = &*self.function;
        let (mut operands, mut types, mut all) = (Vec::new(), Vec::new(), true);
        function.for_each_operand(inst, |value| match function.constant(value) {
            Some(bits) => {
                operands.push(bits);
                types.push(function.value_type(value));
            }
            None => all = false,
        });
        if !all || operands.is_empty() {
            return false;
        }
        let condition = (data.opcode.info().shape == Shape::Compare).then(|| Condition::from_bits(data.aux));
        let Some((bits, flag)) = evaluate(data.opcode, data.ty, condition, &operands, &types) else { return false };
        let results: Vec<Value> = self.function.results(inst).collect();
        for (result, bits) in results.into_iter().zip([bits, u128::from(flag)]) {
            // A NaN's bits are the hardware's to choose, and ours would differ.
            if is_nan(self.function.value_type(result), bits) && data.opcode != Opcode::Bitcast {
                return false;
            }
            let value = self.constant_before(inst, self.function.value_type(result), bits);
            self.replaced.replace(result, value);
        }
        self.function.remove_inst(inst);
        true
    }
}

fn is_nan(ty: Type, bits: u128) -> bool {
    let infinity = match ty {
        Type::F16 => 0x7c00,
        Type::Bf16 => 0x7f80,
        Type::F32 => 0x7f80_0000,
        Type::F64 => 0x7ff0_0000_0000_0000,
        _ => return false,
    };
    bits & (ty.mask() >> 1) > infinity
}
