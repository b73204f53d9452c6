//! The shape of a function's control: predecessors, order, dominators, loops.

use crate::function::Function;
use crate::ids::Block;

/// The control graph of a function as it was when this was made.
///
/// Dominators follow Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm" (2001).
#[derive(Debug)]
pub struct Graph {
    /// Reachable blocks in reverse post-order: a block stands before those that it dominates.
    pub order: Vec<Block>,
    /// A block's place in `order`, by block; `u32::MAX` where it is not reachable.
    position: Vec<u32>,
    /// The block right above in the dominator tree, by block; the entry has itself.
    above: Vec<Block>,
    /// Where a block's predecessors begin in `predecessors`, by block; one more at the end.
    starts: Vec<u32>,
    predecessors: Vec<Block>,
    /// When the walk down the dominator tree enters and leaves a block, by block.
    entered: Vec<u32>,
    left: Vec<u32>,
}

impl Graph {
    /// The graph of a function with a body.
    pub fn new(function: &Function) -> Graph {
        let count = function.block_count();
        let order = reverse_post_order(function);
        let mut position = vec![u32::MAX; count];
        for (at, block) in order.iter().enumerate() {
            position[block.index()] = at as u32;
        }
        let (starts, predecessors) = predecessors(function, &order);
        let mut graph = Graph {
            order,
            position,
            above: vec![Block::NONE; count],
            starts,
            predecessors,
            entered: vec![0; count],
            left: vec![0; count],
        };
        graph.find_dominators();
        graph.number_tree();
        graph
    }

    /// The reachable blocks from which control may come; one that comes twice stands there twice.
    pub fn predecessors(&self, block: Block) -> &[Block] {
        &self.predecessors[self.starts[block.index()] as usize..self.starts[block.index() + 1] as usize]
    }

    /// Whether control can come to the block.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.position[block.index()] != u32::MAX
    }

    /// The block's place in `order`.
    ///
    /// # Panics
    /// When the block is not reachable.
    pub fn position(&self, block: Block) -> usize {
        assert!(self.is_reachable(block), "{block} is not reachable");
        self.position[block.index()] as usize
    }

    /// The block right above in the dominator tree; `None` for the entry.
    pub fn dominator(&self, block: Block) -> Option<Block> {
        let above = self.above[block.index()];
        (above != block && above.is_some()).then_some(above)
    }

    /// Whether every way to `below` leads through `above`; a block dominates itself.
    pub fn dominates(&self, above: Block, below: Block) -> bool {
        self.entered[above.index()] <= self.entered[below.index()]
            && self.left[below.index()] <= self.left[above.index()]
    }

    /// The reachable blocks in an order that walks the dominator tree: a block, then all that it dominates.
    pub fn tree_order(&self) -> Vec<Block> {
        let mut order = vec![Block::NONE; self.order.len()];
        for &block in &self.order {
            order[self.entered[block.index()] as usize - 1] = block;
        }
        order
    }

    fn find_dominators(&mut self) {
        let entry = self.order[0];
        self.above[entry.index()] = entry;
        let mut changed = true;
        while changed {
            changed = false;
            for at in 1..self.order.len() {
                let block = self.order[at];
                let mut above = Block::NONE;
                for &from in self.predecessors(block) {
                    if self.above[from.index()].is_some() {
                        above = if above.is_some() { self.meet(above, from) } else { from };
                    }
                }
                changed |= self.above[block.index()] != above;
                self.above[block.index()] = above;
            }
        }
    }

    fn meet(&self, mut a: Block, mut b: Block) -> Block {
        while a != b {
            while self.position[a.index()] > self.position[b.index()] {
                a = self.above[a.index()];
            }
            while self.position[b.index()] > self.position[a.index()] {
                b = self.above[b.index()];
            }
        }
        a
    }

    /// Numbers the dominator tree so that "dominates" is "encloses".
    fn number_tree(&mut self) {
        // Sizes of subtrees bottom-up, then places top-down: a block's subtree is one interval.
        let mut sizes = vec![1_u32; self.above.len()];
        for &block in self.order[1..].iter().rev() {
            sizes[self.above[block.index()].index()] += sizes[block.index()];
        }
        let mut next = vec![0_u32; self.above.len()];
        for (at, &block) in self.order.iter().enumerate() {
            let enter = if at == 0 {
                1
            } else {
                let above = self.above[block.index()].index();
                next[above] += sizes[block.index()];
                next[above] - sizes[block.index()]
            };
            self.entered[block.index()] = enter;
            self.left[block.index()] = enter + sizes[block.index()];
            next[block.index()] = enter + 1;
        }
    }
}

fn reverse_post_order(function: &Function) -> Vec<Block> {
    let mut seen = vec![false; function.block_count()];
    let mut order = Vec::new();
    let mut stack: Vec<(Block, Vec<Block>)> = Vec::new();
    let mut open = |block: Block, stack: &mut Vec<(Block, Vec<Block>)>| {
        if !std::mem::replace(&mut seen[block.index()], true) {
            stack.push((block, function.successors(block).collect()));
        }
    };
    open(function.entry(), &mut stack);
    // An explicit stack: bodies may be long chains of blocks.
    while let Some((block, successors)) = stack.last_mut() {
        let block = *block;
        match successors.pop() {
            Some(next) => open(next, &mut stack),
            None => {
                order.push(block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

fn predecessors(function: &Function, order: &[Block]) -> (Vec<u32>, Vec<Block>) {
    let mut starts = vec![0_u32; function.block_count() + 1];
    for &block in order {
        function.successors(block).for_each(|next| starts[next.index() + 1] += 1);
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut filled = starts.clone();
    let mut predecessors = vec![Block::NONE; starts[starts.len() - 1] as usize];
    for &block in order {
        for next in function.successors(block) {
            predecessors[filled[next.index()] as usize] = block;
            filled[next.index()] += 1;
        }
    }
    (starts, predecessors)
}

/// A loop: the blocks from which its header can be reached again without leaving the header's dominance.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The only block through which control enters.
    pub header: Block,
    /// Its blocks, header first, in reverse post-order.
    pub blocks: Vec<Block>,
    /// The blocks that jump back to the header.
    pub latches: Vec<Block>,
}

/// The natural loops of a graph, inner ones first. Two back edges to one header are one loop.
pub fn loops(graph: &Graph) -> Vec<Loop> {
    let mut found: Vec<Loop> = Vec::new();
    for &header in graph.order.iter().rev() {
        let latches: Vec<Block> =
            graph.predecessors(header).iter().copied().filter(|from| graph.dominates(header, *from)).collect();
        if latches.is_empty() {
            continue;
        }
        let mut inside = vec![header];
        let mut open = latches.clone();
        while let Some(block) = open.pop() {
            if !inside.contains(&block) {
                inside.push(block);
                open.extend(graph.predecessors(block));
            }
        }
        inside.sort_by_key(|block| graph.position(*block));
        found.push(Loop { header, blocks: inside, latches });
    }
    found.sort_by_key(|found| found.blocks.len());
    found
}
