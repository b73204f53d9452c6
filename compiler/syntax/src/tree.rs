//! The syntax tree: a structure of arrays in pre-order, 13 bytes a node.
//!
//! A node is a kind, the raw tokens it covers (from its first significant token to its last) and the size of its subtree.
//! Its first child is the next node, its next sibling stands one subtree further; parents are found by walking back.
//! Nothing is lost: what no node covers by itself (white space, comments) stands between the tokens as the lexer saw it.

use crate::kind::NodeKind;
use crate::parse::Node;

/// The identity of a node within its tree: its index in pre-order. The root is 0.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The root of every tree.
    pub const ROOT: NodeId = NodeId(0);

    /// This id as an index into per-node side tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A syntax tree over the raw tokens of one file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Tree {
    pub(crate) kinds: Vec<NodeKind>,
    pub(crate) first_tokens: Vec<u32>,
    pub(crate) end_tokens: Vec<u32>,
    pub(crate) sizes: Vec<u32>,
}

impl Tree {
    /// How many nodes there are; at least one, the root.
    #[allow(clippy::len_without_is_empty, reason = "a tree is never empty")]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The kind of a node.
    pub fn kind(&self, node: NodeId) -> NodeKind {
        self.kinds[node.index()]
    }

    /// The raw tokens a node covers. The root covers all of them.
    pub fn tokens(&self, node: NodeId) -> std::ops::Range<usize> {
        self.first_tokens[node.index()] as usize..self.end_tokens[node.index()] as usize
    }

    /// How many nodes the subtree has, its root included.
    pub fn size(&self, node: NodeId) -> usize {
        self.sizes[node.index()] as usize
    }

    /// The nodes directly under `node`, in order.
    pub fn children(&self, node: NodeId) -> Children<'_> {
        Children { tree: self, next: node.0 + 1, end: node.0 + self.sizes[node.index()] }
    }

    /// All nodes under `node` and itself, in pre-order.
    pub fn descendants(&self, node: NodeId) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        (node.0..node.0 + self.sizes[node.index()]).map(NodeId)
    }

    /// The node that `node` stands in directly. Walks back over earlier siblings' subtrees: linear in their number.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let mut candidate = node.0.checked_sub(1)?;
        // The nearest node before it whose subtree reaches over it.
        while candidate + self.sizes[candidate as usize] <= node.0 {
            candidate = candidate.checked_sub(1)?;
        }
        Some(NodeId(candidate))
    }

    /// The parents of all nodes in one pass, the root being its own.
    pub fn parents(&self) -> Vec<NodeId> {
        let mut parents = vec![NodeId::ROOT; self.len()];
        let mut open: Vec<u32> = Vec::new();
        for node in 0..self.len() as u32 {
            while open.last().is_some_and(|&last| last + self.sizes[last as usize] <= node) {
                open.pop();
            }
            parents[node as usize] = NodeId(open.last().copied().unwrap_or(0));
            open.push(node);
        }
        parents
    }

    /// The node after `node` under the same parent, if `end` (the end of the parent's subtree) is not reached.
    pub fn next_sibling(&self, node: NodeId) -> Option<NodeId> {
        let next = node.0 + self.sizes[node.index()];
        let parent = self.parent(node)?;
        (next < parent.0 + self.sizes[parent.index()]).then_some(NodeId(next))
    }

    /// The innermost node that covers raw token `token`.
    pub fn node_at_token(&self, token: usize) -> NodeId {
        let mut node = NodeId::ROOT;
        while let Some(child) = self.children(node).find(|&child| self.tokens(child).contains(&token)) {
            node = child;
        }
        node
    }

    /// Bytes of memory the tree takes.
    pub fn size_bytes(&self) -> usize {
        self.len() * (size_of::<NodeKind>() + 3 * size_of::<u32>())
    }

    /// Turns nodes in post-order over code tokens into a tree over raw tokens; `raw` maps the former to the latter and has
    /// one entry more than there are code tokens. The root is made to cover all `token_count` raw tokens.
    ///
    /// A node's place in pre-order is its place in post-order, less its descendants, plus its ancestors; and how many
    /// ancestors there are follows from how many subtrees begin at each place. Three loops without a branch in them.
    #[inline(never)]
    pub(crate) fn read_post_order(&mut self, nodes: &[Node], raw: &[u32], token_count: usize, begins: &mut Vec<u32>) {
        let len = nodes.len();
        begins.clear();
        begins.resize(len, 0);
        for (index, node) in nodes.iter().enumerate() {
            begins[index + 1 - node.size as usize] += 1;
        }
        self.kinds.resize(len, NodeKind::Error);
        self.first_tokens.resize(len, 0);
        self.end_tokens.resize(len, 0);
        self.sizes.resize(len, 0);
        let (kinds, firsts) = (&mut self.kinds[..len], &mut self.first_tokens[..len]);
        let (ends, sizes) = (&mut self.end_tokens[..len], &mut self.sizes[..len]);
        let mut depth = 0u32;
        for (index, node) in nodes.iter().enumerate().rev() {
            let place = (index as u32 + 1 - node.size + depth) as usize;
            depth = depth + 1 - begins[index];
            kinds[place] = node.kind;
            firsts[place] = raw[node.first as usize];
            // A node without tokens ends where it starts.
            let is_empty = u32::from(node.end <= node.first);
            ends[place] = raw[(node.end + is_empty - 1) as usize] + 1 - is_empty;
            sizes[place] = node.size;
        }
        if len > 0 {
            firsts[0] = 0;
            ends[0] = token_count as u32;
        }
    }
}

/// The children of a node.
#[derive(Clone)]
pub struct Children<'a> {
    tree: &'a Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let node = (self.next < self.end).then_some(NodeId(self.next))?;
        self.next += self.tree.sizes[node.index()];
        Some(node)
    }
}
