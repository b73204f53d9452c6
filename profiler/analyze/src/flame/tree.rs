//! The finished flame graph: nodes in pre-order, the widest first among siblings, idle time last.

use rustg_trace::names::{Rgb, colour, name_hash};
use rustg_trace::{StringId, Strings};

use super::Weight;

/// What a frame stands for.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum FlameKind {
    /// The whole.
    Root,
    /// A process, where there are several.
    Process,
    /// A host thread.
    Thread,
    /// An NVTX range or user annotation.
    Range,
    /// A Python function.
    Python,
    /// A framework's operator.
    Operator,
    /// A machine frame.
    Native,
    /// A host frame of an unknown sort.
    Host,
    /// A runtime or driver API call.
    Call,
    /// A CUDA stream.
    Stream,
    /// A CUDA graph.
    Graph,
    /// A kernel.
    Kernel,
    /// A copy or a fill.
    Memory,
    /// Time lost to the profiler or the driver's bookkeeping while the GPU idled.
    Overhead,
    /// Records that are known to be missing.
    Lost,
    /// GPU idle time, with its cause.
    Idle,
}

impl FlameKind {
    /// Whether it stands for time without work; such frames come last among siblings.
    pub fn is_idle(self) -> bool {
        self >= FlameKind::Overhead
    }

    /// Whether it is a frame of the host's code.
    pub fn is_host(self) -> bool {
        (FlameKind::Range..=FlameKind::Call).contains(&self)
    }
}

/// A frame of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlameNode {
    /// Its name; see [`FlameTree::name`].
    pub name: StringId,
    /// What it is.
    pub kind: FlameKind,
    /// Distance from the root.
    pub depth: u32,
    /// The index of its caller; the root is its own.
    pub parent: u32,
    /// One past the last index of its subtree, which starts at the node itself.
    pub end: u32,
    /// What no child has of its weight.
    pub own: u64,
    /// Its weight, children included.
    pub total: u64,
    /// As `own`, in the tree it was compared with; see [`FlameTree::compare`].
    pub before_own: u64,
    /// As `total`, in the tree it was compared with.
    pub before: u64,
}

/// A flame graph. Node 0 is the root; children follow their parent.
#[derive(Clone, Debug)]
pub struct FlameTree {
    /// What the trace is called.
    pub title: String,
    /// What the root is: `428.9 ms × 1 GPU`.
    pub root_label: String,
    /// What a reader should know about what is shown, a sentence each.
    pub notes: Vec<String>,
    /// What the weights are.
    pub weight: Weight,
    /// Whether `before` holds another tree's weights.
    pub compared: bool,
    pub(super) strings: Strings,
    pub(super) nodes: Vec<FlameNode>,
}

impl FlameTree {
    /// All nodes, in pre-order; never empty.
    pub fn nodes(&self) -> &[FlameNode] {
        &self.nodes
    }

    /// The weight of the whole.
    pub fn total(&self) -> u64 {
        self.nodes[0].total
    }

    /// The full name of a node: demangled for kernels, the label for the root.
    pub fn name(&self, node: u32) -> &str {
        match node {
            0 => &self.root_label,
            _ => self.strings.get(self.nodes[node as usize].name),
        }
    }

    /// The indexes of a node's children, widest first.
    pub fn children(&self, node: u32) -> impl Iterator<Item = u32> + use<'_> {
        let end = self.nodes[node as usize].end;
        let mut next = node + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.nodes[child as usize].end;
            Some(child)
        })
    }

    /// The indexes from below the root down to `node`; empty for the root.
    pub fn path(&self, node: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut at = node;
        while at != 0 {
            path.push(at);
            at = self.nodes[at as usize].parent;
        }
        path.reverse();
        path
    }

    /// The weight of all nodes for which `is_match` holds, each nanosecond counted once (a match below a match adds nothing).
    pub fn sum_where(&self, mut is_match: impl FnMut(u32) -> bool) -> u64 {
        let (mut sum, mut node) = (0u64, 0u32);
        while (node as usize) < self.nodes.len() {
            if is_match(node) {
                sum += self.nodes[node as usize].total;
                node = self.nodes[node as usize].end;
            } else {
                node += 1;
            }
        }
        sum
    }

    /// The kernels, copies and fills (frames of work) with the most weight, summed over all places: up to `count` names, most
    /// first.
    pub fn heaviest(&self, count: usize) -> Vec<(&str, u64)> {
        let is_work = |node: &FlameNode| matches!(node.kind, FlameKind::Kernel | FlameKind::Memory);
        let mut sums = vec![0u64; self.strings.len()];
        let mut node = 0;
        while let Some(shown) = self.nodes.get(node) {
            // Bottom-up the callers stand below the kernel and have the same weight again.
            if is_work(shown) {
                sums[shown.name.index()] += shown.total;
                node = shown.end as usize;
            } else {
                node += 1;
            }
        }
        let named = self.strings.iter().map(|(id, name)| (name, sums[id.index()]));
        let mut heaviest: Vec<(&str, u64)> = named.filter(|&(_, sum)| sum > 0).collect();
        heaviest.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        heaviest.truncate(count);
        heaviest
    }

    /// What idle time, overhead or lost records mean and what helps, as a sentence; `None` for other frames.
    pub fn explanation(&self, node: u32) -> Option<&'static str> {
        let of = |node: u32| super::idle::explanation(self.name(node));
        // Below the cause stands the GPU, where there are several.
        let shown = &self.nodes[node as usize];
        shown.kind.is_idle().then(|| of(node).or_else(|| of(shown.parent))).flatten()
    }

    /// How a node's weight differs from that of the tree it was compared with, as a part of the larger of both: 1 is new,
    /// −1 gone, 0 unchanged. `None` where nothing was compared.
    pub fn change(&self, node: u32) -> Option<f64> {
        let FlameNode { total, before, .. } = self.nodes[node as usize];
        let difference = i128::from(total) - i128::from(before);
        self.compared.then(|| difference as f64 / total.max(before).max(1) as f64)
    }

    /// The colour of a node: stable by kind and name, or, in a compared tree, red where it grew and blue where it shrank.
    pub fn colour(&self, node: u32) -> Rgb {
        if let Some(change) = self.change(node) {
            return difference_colour(change);
        }
        let name = self.name(node);
        match self.nodes[node as usize].kind {
            FlameKind::Kernel | FlameKind::Memory => colour(name),
            FlameKind::Root => Rgb(0xd8, 0xd8, 0xd8),
            FlameKind::Process | FlameKind::Thread => Rgb(0xc8, 0xcc, 0xd4),
            FlameKind::Range => varied(Rgb(0xcd, 0xc1, 0xe0), name),
            FlameKind::Python => varied(Rgb(0xb4, 0xcb, 0xe0), name),
            FlameKind::Operator => varied(Rgb(0xbc, 0xd9, 0xc6), name),
            FlameKind::Native => varied(Rgb(0xe0, 0xd3, 0xb8), name),
            FlameKind::Host => varied(Rgb(0xd9, 0xcb, 0xc4), name),
            FlameKind::Call => varied(Rgb(0xc2, 0xc6, 0xcc), name),
            FlameKind::Stream | FlameKind::Graph => varied(Rgb(0xb0, 0xb6, 0xc0), name),
            FlameKind::Overhead => Rgb(0xc9, 0xa9, 0xa0),
            FlameKind::Lost => Rgb(0xb0, 0x50, 0x50),
            FlameKind::Idle => varied(Rgb(0xe6, 0xe6, 0xe6), name),
        }
    }
}

/// Red for growth, blue for the opposite, both told apart by colour-blind eyes; the root keeps small changes visible.
fn difference_colour(change: f64) -> Rgb {
    let Rgb(red, green, blue) = if change > 0.0 { Rgb(0xd5, 0x3e, 0x10) } else { Rgb(0x10, 0x62, 0xc2) };
    let amount = if change.abs() < 0.005 { 0.0 } else { change.abs().sqrt() };
    let mix = |channel: u8| (232.0 + (f64::from(channel) - 232.0) * amount).round() as u8;
    Rgb(mix(red), mix(green), mix(blue))
}

/// A pale colour, up to 12 steps lighter or darker by the name, so that neighbours can be told apart.
fn varied(Rgb(red, green, blue): Rgb, name: &str) -> Rgb {
    let hash = name_hash(name);
    let step = ((hash ^ (hash >> 32)) % 25) as i16 - 12;
    let shift = |channel: u8| (i16::from(channel) + step).clamp(0, 255) as u8;
    Rgb(shift(red), shift(green), shift(blue))
}
