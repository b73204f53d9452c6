//! Values that stand for others: what a pass notes while it walks, and brings into the operands.

use crate::function::Function;
use crate::ids::{Inst, Value};

/// For each value the one that stands for it, through any number of steps.
pub(super) struct Replaced(Vec<Value>);

impl Replaced {
    /// Every value stands for itself.
    pub fn new(function: &Function) -> Replaced {
        Replaced((0..function.value_count()).map(Value::new).collect())
    }

    /// Takes in the values that were made since.
    pub fn grow(&mut self, function: &Function) {
        self.0.extend((self.0.len()..function.value_count()).map(Value::new));
    }

    /// Lets `new` stand for `old`.
    pub fn replace(&mut self, old: Value, new: Value) {
        self.0[old.index()] = new;
    }

    /// What stands for a value in the end.
    pub fn resolve(&self, mut value: Value) -> Value {
        while self.0[value.index()] != value {
            value = self.0[value.index()];
        }
        value
    }

    /// Resolves what an instruction uses.
    pub fn resolve_operands(&self, function: &mut Function, inst: Inst) {
        function.map_operands(inst, |value| self.resolve(value));
    }

    /// Resolves what every instruction uses.
    pub fn resolve_all(&self, function: &mut Function) {
        for inst in function.placed_insts() {
            self.resolve_operands(function, inst);
        }
    }
}
