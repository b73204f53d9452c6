//! Where frames are drawn: each as wide as its weight, in whole columns, rounded so that neighbours always meet.

use rustg_analyze::flame::FlameTree;

/// A frame on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The node of the tree.
    pub node: u32,
    /// Levels below the frame that is zoomed to.
    pub row: u32,
    /// First column.
    pub x: u16,
    /// Columns, at least one.
    pub width: u16,
}

/// The frames at and below `zoom` that take at least a column of `width`, callers before what they call.
pub fn place(tree: &FlameTree, zoom: u32, width: u16) -> Vec<Placed> {
    let nodes = tree.nodes();
    let total = u128::from(nodes[zoom as usize].total);
    let mut placed = Vec::new();
    if total == 0 || width == 0 {
        return placed;
    }
    let column = |weight: u64| ((u128::from(weight) * u128::from(width) * 2 + total) / (total * 2)) as u16;
    let mut open = vec![(zoom, 0u64)];
    while let Some((node, offset)) = open.pop() {
        let shown = &nodes[node as usize];
        let (x, end) = (column(offset), column(offset + shown.total));
        if end <= x {
            continue;
        }
        placed.push(Placed { node, row: shown.depth - nodes[zoom as usize].depth, x, width: end - x });
        let mut next = offset;
        for child in tree.children(node) {
            let weight = nodes[child as usize].total;
            // What ends in the column where it starts has none of its own, and neither has anything in it.
            if column(next + weight) > column(next) {
                open.push((child, next));
            }
            next += weight;
        }
    }
    placed
}

/// The nearest frame to `node` that is drawn: itself, or the closest caller that is wide enough.
pub fn visible(tree: &FlameTree, placed: &[Placed], node: u32) -> Option<usize> {
    let mut at = node;
    loop {
        if let Some(index) = placed.iter().position(|frame| frame.node == at) {
            return Some(index);
        }
        if at == 0 {
            return None;
        }
        at = tree.nodes()[at as usize].parent;
    }
}
