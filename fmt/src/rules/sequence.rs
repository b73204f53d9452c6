//! Nodes that are laid out token after token: prefixes, paths, types.

use rustg_syntax::NodeId;

use crate::Fit;
use crate::formatter::{Formatter, Shape};

/// One part of a node: a token of its own or a child.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Token(usize),
    Node(NodeId),
}

impl Formatter<'_> {
    /// The own tokens and children of a node in order, white space and comments left out.
    pub(crate) fn parts(&self, node: NodeId) -> Vec<Part> {
        let tree = self.input.tree();
        let tokens = tree.tokens(node);
        let mut children = tree.children(node).peekable();
        let mut parts = Vec::new();
        let mut token = tokens.start;
        while token < tokens.end {
            match children.peek().copied() {
                Some(child) if tree.tokens(child).start <= token || tree.tokens(child).is_empty() => {
                    if !tree.tokens(child).is_empty() {
                        parts.push(Part::Node(child));
                        token = tree.tokens(child).end;
                    }
                    children.next();
                }
                _ => {
                    if self.input.is_code(token) {
                        parts.push(Part::Token(token));
                    }
                    token += 1;
                }
            }
        }
        parts
    }

    pub(crate) fn part_first(&self, part: Part) -> usize {
        match part {
            Part::Token(token) => token,
            Part::Node(node) => self.input.first(node),
        }
    }

    /// Writes a part without a gap.
    pub(crate) fn part(&mut self, part: Part, shape: Shape) -> Fit {
        match part {
            Part::Token(token) => self.token(token),
            Part::Node(node) => self.node(node, shape),
        }
    }

    /// Writes parts behind their gaps; behind each child what follows on its line is kept free.
    pub(crate) fn write_parts(&mut self, parts: &[Part], shape: Shape) -> Fit {
        for (index, &part) in parts.iter().enumerate() {
            let first = self.part_first(part);
            if index > 0 {
                self.gap(first);
            }
            let mut room = shape;
            if let Part::Node(node) = part {
                let rest = &parts[index + 1..];
                let end = rest.iter().take_while(|part| matches!(part, Part::Token(_))).last();
                if let Some(&Part::Token(last)) = end {
                    let behind = self.input.columns[last + 1] - self.input.columns[self.input.end(node)];
                    room = shape.less(behind);
                }
            }
            self.part(part, room)?;
        }
        Ok(())
    }
}

/// Writes a node's parts one behind the other.
pub(crate) fn sequence(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    let parts = formatter.parts(node);
    if parts.len() == 1 && matches!(parts[0], Part::Node(_)) || !parts.is_empty() {
        return formatter.write_parts(&parts, shape);
    }
    formatter.flat_node(node)
}
