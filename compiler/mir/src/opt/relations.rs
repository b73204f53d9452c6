//! Relations: of two values, by how much one is at most greater than the other.
//!
//! A value that is another one and a constant, without wrapping, is told by that other one; so `i + 1 < n` says all that is to be known of `i < n`
//! and `i - 1 < n` as well. All numbers are the unsigned ones that the bits mean, and sums of them do not wrap.

use rustc_hash::FxHashMap;

use crate::function::Function;
use crate::graph::Graph;
use crate::ids::{Block, Value};

/// A value as another one and a distance from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sum {
    pub base: Value,
    pub distance: i128,
}

/// What is known of pairs of values.
pub(super) struct Relations {
    /// What each value is wherever it is defined, by value.
    sums: Vec<Sum>,
    /// What a value is in a block and below.
    sums_below: FxHashMap<Value, Vec<(Block, Sum)>>,
    /// By how much the first is at most greater than the second, in a block and below.
    most: FxHashMap<(Value, Value), Vec<(Block, i128)>>,
}

impl Relations {
    /// Every value is itself, and nothing is known.
    pub fn new(function: &Function) -> Relations {
        let itself = |at| Sum { base: Value::new(at), distance: 0 };
        let sums = (0..function.value_count()).map(itself).collect();
        Relations { sums, sums_below: FxHashMap::default(), most: FxHashMap::default() }
    }

    /// Takes in the values that were made since.
    pub fn grow(&mut self, function: &Function) {
        let itself = |at| Sum { base: Value::new(at), distance: 0 };
        self.sums.extend((self.sums.len()..function.value_count()).map(itself));
    }

    /// What a value is, in a block.
    pub fn sum(&self, graph: &Graph, value: Value, block: Block) -> Sum {
        let own = self.sums[value.index()];
        if own.base != value || self.sums_below.is_empty() {
            return own;
        }
        let below = self.sums_below.get(&value).map_or(&[][..], Vec::as_slice);
        below.iter().find(|(from, _)| graph.dominates(*from, block)).map_or(own, |(_, sum)| *sum)
    }

    /// Notes that `value` is `of` and a distance: wherever it is defined, or only in a block and below.
    pub fn set_sum(
        &mut self,
        graph: &Graph,
        value: Value,
        (of, distance): (Value, i128),
        (at, only_below): (Block, bool),
    ) {
        let of = self.sum(graph, of, at);
        let sum = Sum { base: of.base, distance: of.distance + distance };
        if only_below {
            self.sums_below.entry(value).or_default().push((at, sum));
        } else {
            self.sums[value.index()] = sum;
        }
    }

    /// Notes that in a block and below `low` is at most `high` and a distance.
    pub fn learn(&mut self, graph: &Graph, low: Value, high: Value, distance: i128, block: Block) {
        let (low, high) = (self.sum(graph, low, block), self.sum(graph, high, block));
        if low.base == high.base {
            return;
        }
        let most = high.distance - low.distance + distance;
        let known = self.most.entry((low.base, high.base)).or_default();
        if !known.iter().any(|(from, known)| *known <= most && graph.dominates(*from, block)) {
            known.push((block, most));
        }
    }

    /// By how much `low` is at most greater than `high` in a block, if that is known.
    pub fn most(&self, graph: &Graph, low: Value, high: Value, block: Block) -> Option<i128> {
        let (low, high) = (self.sum(graph, low, block), self.sum(graph, high, block));
        let bases = if low.base == high.base {
            0
        } else {
            let known = self.most.get(&(low.base, high.base))?;
            known.iter().filter(|(from, _)| graph.dominates(*from, block)).map(|(_, most)| *most).min()?
        };
        Some(bases + low.distance - high.distance)
    }
}
