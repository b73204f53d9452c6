//! Folded stacks: a line a stack, `outermost;…;innermost weight`.

use std::io::{self, Write};

use super::FlameTree;

/// Writes the tree as folded stacks; the weights sum to the tree's total. The root has no frame.
///
/// # Errors
/// Those of `writer`.
pub fn emit_folded(tree: &FlameTree, writer: &mut impl Write) -> io::Result<()> {
    let lines = FoldedLines::new(tree, |tree, node| tree.name(node).to_owned());
    lines.emit(writer, |tree, node| {
        let own = tree.nodes[node as usize].own;
        (own > 0).then(|| own.to_string())
    })
}

/// Writes a compared tree with two weights a line, the other tree's and its own, as differential flame graphs take them.
///
/// # Errors
/// Those of `writer`.
pub fn emit_folded_difference(tree: &FlameTree, writer: &mut impl Write) -> io::Result<()> {
    let lines = FoldedLines::new(tree, |tree, node| tree.name(node).to_owned());
    lines.emit(writer, difference)
}

/// `before after` of a node's own weights, where it has any.
fn difference(tree: &FlameTree, node: u32) -> Option<String> {
    let node = &tree.nodes[node as usize];
    (node.own > 0 || node.before_own > 0).then(|| format!("{} {}", node.before_own, node.own))
}

/// A tree whose frames have been made fit for folded lines.
pub(super) struct FoldedLines<'a> {
    tree: &'a FlameTree,
    frames: Vec<String>,
}

impl<'a> FoldedLines<'a> {
    pub(super) fn new(tree: &'a FlameTree, label: impl Fn(&FlameTree, u32) -> String) -> Self {
        let frames = (0..tree.nodes.len() as u32).map(|node| frame_text(&label(tree, node))).collect();
        FoldedLines { tree, frames }
    }

    /// The text of a node's frame.
    pub(super) fn frame(&self, node: u32) -> &str {
        &self.frames[node as usize]
    }

    /// One line for each node that has weights, in the order of the tree.
    pub(super) fn lines(&self, weights: impl Fn(&FlameTree, u32) -> Option<String>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut path: Vec<&str> = Vec::new();
        for (index, node) in self.tree.nodes.iter().enumerate().skip(1) {
            path.truncate(node.depth as usize - 1);
            path.push(&self.frames[index]);
            if let Some(weights) = weights(self.tree, index as u32) {
                lines.push(format!("{} {weights}", unmistakable(path.join(";"))));
            }
        }
        lines
    }

    fn emit(&self, writer: &mut impl Write, weights: impl Fn(&FlameTree, u32) -> Option<String>) -> io::Result<()> {
        self.lines(weights).iter().try_for_each(|line| writeln!(writer, "{line}"))
    }
}

/// A name without what separates frames and lines.
fn frame_text(name: &str) -> String {
    let text: String = (name.chars())
        .map(|character| match character {
            ';' => ',',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect();
    let text = text.trim();
    if text.is_empty() { "(unnamed)".to_owned() } else { text.to_owned() }
}

/// A stack whose last word is a number would be read as one with two weights; a no-break space keeps the word in the name.
fn unmistakable(mut stack: String) -> String {
    if let Some(space) = stack.rfind(' ')
        && stack[space + 1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        stack.replace_range(space..=space, "\u{a0}");
    }
    stack
}
