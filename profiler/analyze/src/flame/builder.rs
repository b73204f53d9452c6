//! Grows the tree: a prefix tree of frames whose weights are fixed-point, made exact integers when it is finished.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use rustg_trace::{NONE, StringId, Strings};

use super::{FlameKind, FlameNode, FlameTree, Weight};

/// Weights have this many fractional bits while they are summed.
pub(super) const FRACTION_BITS: u32 = 64;
/// Frames deeper than this are counted in one that says so.
const DEPTH_MAX: u32 = 512;
const ROOT: u32 = 0;

/// A node of the tree in growth. Its index is above its parent's.
#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    name: StringId,
    kind: FlameKind,
    depth: u32,
    weight: u128,
    before: u64,
}

/// The tree in growth.
pub(super) struct FlameBuilder {
    pub(super) strings: Strings,
    nodes: Vec<Node>,
    children: FxHashMap<(u32, StringId, FlameKind), u32>,
}

impl FlameBuilder {
    pub(super) fn new() -> Self {
        let root = Node { parent: ROOT, name: StringId::EMPTY, kind: FlameKind::Root, depth: 0, weight: 0, before: 0 };
        FlameBuilder { strings: Strings::new(), nodes: vec![root], children: FxHashMap::default() }
    }

    pub(super) fn root(&self) -> u32 {
        ROOT
    }

    /// The child of `parent` with this name and kind, added if new.
    pub(super) fn child(&mut self, parent: u32, name: StringId, kind: FlameKind) -> u32 {
        *self.children.entry((parent, name, kind)).or_insert_with(|| {
            let depth = self.nodes[parent as usize].depth + 1;
            self.nodes.push(Node { parent, name, kind, depth, weight: 0, before: 0 });
            self.nodes.len() as u32 - 1
        })
    }

    /// As [`FlameBuilder::child`], for frames of stacks, whose depth is bounded.
    pub(super) fn frame(&mut self, parent: u32, name: StringId, kind: FlameKind) -> u32 {
        let depth = self.nodes[parent as usize].depth;
        if depth < DEPTH_MAX {
            return self.child(parent, name, kind);
        }
        if depth > DEPTH_MAX {
            return parent;
        }
        let name = self.strings.intern("[deeper frames]");
        self.child(parent, name, FlameKind::Host)
    }

    /// The child with this text as its name.
    pub(super) fn named(&mut self, parent: u32, name: &str, kind: FlameKind) -> u32 {
        let name = self.strings.intern(name);
        self.child(parent, name, kind)
    }

    /// Adds a whole weight to a node.
    pub(super) fn add(&mut self, node: u32, weight: u64) {
        self.add_fixed(node, u128::from(weight) << FRACTION_BITS);
    }

    /// Adds a weight in units of 2⁻⁶⁴.
    pub(super) fn add_fixed(&mut self, node: u32, weight: u128) {
        self.nodes[node as usize].weight += weight;
    }

    /// Adds to the weight that a node is compared with.
    pub(super) fn add_before(&mut self, node: u32, weight: u64) {
        self.nodes[node as usize].before += weight;
    }

    /// The finished tree: weights are integers whose sum is the exact sum, nodes without weight are gone.
    pub(super) fn finish(self, title: String, root_label: String, notes: Vec<String>, weight: Weight) -> FlameTree {
        let own = self.whole_weights();
        let mut totals = own.clone();
        let mut before: Vec<u64> = self.nodes.iter().map(|node| node.before).collect();
        for index in (1..self.nodes.len()).rev() {
            let parent = self.nodes[index].parent as usize;
            totals[parent] += totals[index];
            before[parent] += before[index];
        }
        let compared = before[0] > 0;
        let order = self.display_order(&totals, &before);
        let mut position = vec![NONE; self.nodes.len()];
        for (at, &index) in order.iter().enumerate() {
            position[index as usize] = at as u32;
        }
        let mut nodes: Vec<FlameNode> = (order.iter())
            .map(|&index| {
                let Node { parent, name, kind, depth, before: before_own, .. } = self.nodes[index as usize];
                FlameNode {
                    name,
                    kind,
                    depth,
                    parent: position[parent as usize],
                    end: 0,
                    own: own[index as usize],
                    total: totals[index as usize],
                    before_own,
                    before: before[index as usize],
                }
            })
            .collect();
        for index in (0..nodes.len()).rev() {
            nodes[index].end = nodes[index].end.max(index as u32 + 1);
            let (parent, end) = (nodes[index].parent as usize, nodes[index].end);
            nodes[parent].end = nodes[parent].end.max(end);
        }
        FlameTree { title, root_label, notes, weight, compared, strings: self.strings, nodes }
    }

    /// Rounds the weights so that their sum is exact: all down, then the largest fractions up until nothing is missing.
    fn whole_weights(&self) -> Vec<u64> {
        let fraction = |node: &Node| node.weight as u64;
        let mut whole: Vec<u64> = self.nodes.iter().map(|node| (node.weight >> FRACTION_BITS) as u64).collect();
        let missing: u128 = self.nodes.iter().map(|node| u128::from(fraction(node))).sum();
        let missing = ((missing + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS) as usize;
        if missing > 0 {
            let mut split: Vec<u32> = (0..self.nodes.len() as u32).collect();
            split.retain(|&index| fraction(&self.nodes[index as usize]) != 0);
            split.sort_by_key(|&index| Reverse(fraction(&self.nodes[index as usize])));
            for &index in split.iter().take(missing) {
                whole[index as usize] += 1;
            }
        }
        whole
    }

    /// The indexes of nodes that have weight, in pre-order: siblings by weight, idle time after all others.
    fn display_order(&self, totals: &[u64], before: &[u64]) -> Vec<u32> {
        let mut siblings: Vec<u32> = (1..self.nodes.len() as u32).collect();
        siblings.retain(|&index| totals[index as usize] > 0 || before[index as usize] > 0);
        // Descending within a parent, so that a stack pops them in order.
        siblings.sort_by(|&a, &b| {
            let key = |index: u32| {
                let node = &self.nodes[index as usize];
                (node.parent, Reverse(node.kind.is_idle()), totals[index as usize], before[index as usize])
            };
            let names = |index: u32| self.strings.get(self.nodes[index as usize].name);
            key(a).cmp(&key(b)).then_with(|| names(b).cmp(names(a)))
        });
        let mut first_child = vec![0u32; self.nodes.len() + 1];
        for &index in &siblings {
            first_child[self.nodes[index as usize].parent as usize + 1] += 1;
        }
        for index in 0..self.nodes.len() {
            first_child[index + 1] += first_child[index];
        }
        let (mut order, mut open) = (Vec::with_capacity(siblings.len() + 1), vec![ROOT]);
        while let Some(index) = open.pop() {
            order.push(index);
            open.extend_from_slice(
                &siblings[first_child[index as usize] as usize..first_child[index as usize + 1] as usize],
            );
        }
        order
    }
}
