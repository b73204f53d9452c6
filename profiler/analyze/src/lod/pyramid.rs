//! Which name dominates: exact totals of few events, and a pyramid of the two heaviest names for many.

use rustg_base::StringId;
use rustg_trace::Trace;

/// Totals by name, cleared in constant time. One per thread; it is scratch memory, not an answer.
#[derive(Clone, Debug)]
pub struct NameTotals {
    /// Total and the round it belongs to, by name.
    slots: Vec<(u64, u32)>,
    round: u32,
    seen: Vec<StringId>,
}

impl NameTotals {
    /// Room for the names of `trace`.
    pub fn new(trace: &Trace) -> Self {
        NameTotals { slots: vec![(0, 0); trace.strings.len()], round: 1, seen: Vec::new() }
    }

    /// Forgets all totals.
    pub fn clear(&mut self) {
        self.seen.clear();
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.slots.fill((0, 0));
            self.round = 1;
        }
    }

    /// Adds `total_ns` to `name`.
    pub fn add(&mut self, name: StringId, total_ns: u64) {
        let slot = &mut self.slots[name.index()];
        if slot.1 == self.round {
            slot.0 += total_ns;
        } else {
            *slot = (total_ns, self.round);
            self.seen.push(name);
        }
    }

    /// The names added since the last clear, with their totals, in order of first addition.
    pub fn iter(&self) -> impl Iterator<Item = (StringId, u64)> {
        self.seen.iter().map(|&name| (name, self.slots[name.index()].0))
    }

    /// The name with the largest total; of equal ones the first added.
    pub fn heaviest(&self) -> Option<StringId> {
        let mut best: Option<(StringId, u64)> = None;
        for (name, total) in self.iter() {
            if best.is_none_or(|(_, most)| total > most) {
                best = Some((name, total));
            }
        }
        best.map(|(name, _)| name)
    }

    pub(super) fn heaviest_two(&self) -> Node {
        let mut node = Node::EMPTY;
        for (name, total) in self.iter() {
            node.offer(name, total as f32);
        }
        node
    }
}

/// The two heaviest names of a run of rows, with their estimated nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Node {
    names: [StringId; 2],
    totals_ns: [f32; 2],
}

const _: () = assert!(size_of::<Node>() == 16, "half a byte an event for the leaves, as much again above");

impl Node {
    pub(super) const EMPTY: Node = Node { names: [StringId::EMPTY; 2], totals_ns: [-1.0; 2] };

    fn offer(&mut self, name: StringId, total_ns: f32) {
        if total_ns > self.totals_ns[0] {
            self.names = [name, self.names[0]];
            self.totals_ns = [total_ns, self.totals_ns[0]];
        } else if total_ns > self.totals_ns[1] {
            self.names[1] = name;
            self.totals_ns[1] = total_ns;
        }
    }

    fn merge(left: Node, right: Node) -> Node {
        let mut merged = Node::EMPTY;
        for (name, mut total) in left.pairs() {
            total += right.pairs().find(|pair| pair.0 == name).map_or(0.0, |pair| pair.1);
            merged.offer(name, total);
        }
        for (name, total) in right.pairs() {
            if !left.pairs().any(|pair| pair.0 == name) {
                merged.offer(name, total);
            }
        }
        merged
    }

    fn pairs(self) -> impl Iterator<Item = (StringId, f32)> {
        self.names.into_iter().zip(self.totals_ns).filter(|pair| pair.1 >= 0.0)
    }

    /// All levels over `leaves`, leaves first; each level halves the one below.
    pub(super) fn pyramid(leaves: Vec<Node>) -> Vec<Vec<Node>> {
        let mut levels = Vec::new();
        let mut level = leaves;
        while level.len() > 1 {
            let above = level.chunks(2).map(|pair| pair.iter().copied().reduce(Node::merge).unwrap_or(Node::EMPTY));
            let above = above.collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        if !level.is_empty() {
            levels.push(level);
        }
        levels
    }
}

/// Adds the names of the leaves `first..end` of a pyramid to `names`, through few nodes that cover them exactly, but
/// several on top, so that a name that is nowhere the heaviest can still win.
pub(super) fn add_nodes(levels: &[Vec<Node>], mut first: usize, mut end: usize, names: &mut NameTotals) {
    let mut add = |node: Node| node.pairs().for_each(|(name, total)| names.add(name, total as u64));
    for (height, level) in levels.iter().enumerate() {
        if end - first <= 8 || height + 1 == levels.len() {
            level[first..end].iter().for_each(|&node| add(node));
            return;
        }
        if first % 2 == 1 {
            add(level[first]);
            first += 1;
        }
        if end % 2 == 1 {
            end -= 1;
            add(level[end]);
        }
        first /= 2;
        end /= 2;
    }
}
