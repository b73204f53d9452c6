//! A file's outline and its functions' bodies apart: what an edit inside a body leaves as it was, and how the tables follow such an edit.
//!
//! All facts but those of bodies come from outlines, so a file whose outline is the same has the same definitions, signatures and impls. A body with
//! items in it counts as outline, because its impls hold everywhere.

use rustg_base::{Digest, Digester, Span};
use rustg_syntax::{NodeId, NodeKind};

use crate::items::DefId;
use crate::program::Program;
use crate::source::{File, FileId, is_item};

/// A function's body in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BodyText {
    /// Its block.
    pub node: NodeId,
    /// Where it stands.
    pub span: Span,
    /// The lines of its braces, from 1.
    pub lines: (u32, u32),
    /// Its text's digest.
    pub digest: Digest,
}

/// A file as it is outside of its functions' bodies, and those in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outline {
    /// Of the text outside of bodies, the path and the edition.
    pub digest: Digest,
    /// The bodies.
    pub bodies: Vec<BodyText>,
}

impl Outline {
    /// The outline of a file.
    pub fn new(file: &File) -> Outline {
        let tree = file.tree();
        let text = file.text.as_bytes();
        let mut digester = Digester::new();
        digester.add(file.path.as_bytes()).add_number(file.parse.edition as u64);
        let (mut bodies, mut from, mut at) = (Vec::new(), 0, 0);
        while at < tree.len() as u32 {
            let node = NodeId(at);
            at += 1;
            if tree.kind(node) != NodeKind::Fn {
                continue;
            }
            let Some(block) = file.child(node, NodeKind::BlockExpr) else { continue };
            if tree.descendants(block).any(|inner| is_item(tree.kind(inner))) {
                continue;
            }
            let span = file.span(block);
            digester.add(&text[from..span.start as usize]);
            from = span.end as usize;
            let line = |offset| file.lines.line_column(&file.text, offset, rustg_base::ColumnUnit::Utf8).line + 1;
            let lines = (line(span.start), line(span.end.saturating_sub(1).max(span.start)));
            bodies.push(BodyText { node: block, span, lines, digest: Digest::of(&text[span.range()]) });
            at = block.0 + tree.size(block) as u32;
        }
        digester.add(&text[from..]);
        Outline { digest: digester.finish(), bodies }
    }

    /// The number of the body that begins there.
    pub fn body_at(&self, start: u32) -> Option<usize> {
        self.bodies.binary_search_by_key(&start, |body| body.span.start).ok()
    }

    /// Whether lines and columns outside of the bodies `changed` are told by how many lines these have: nothing stands behind one on its last line.
    pub fn lines_are_apart(&self, text: &str, changed: impl IntoIterator<Item = usize>) -> bool {
        changed.into_iter().all(|at| {
            let behind = &text[self.bodies[at].span.end as usize..];
            behind.split('\n').next().is_none_or(|rest| rest.trim().is_empty())
        })
    }
}

impl Program {
    /// The body of a function among its file's text: none for what has none, and for the device library.
    pub fn body_place(&self, id: DefId) -> Option<(FileId, u32)> {
        let def = self.def(id);
        if def.file < self.first_file {
            return None;
        }
        let file = self.file(def.file);
        let block = file.child(def.node, NodeKind::BlockExpr)?;
        (file.kind(def.node) == NodeKind::Fn).then(|| (def.file, file.span(block).start))
    }

    /// The bodies that were executed to tell constants, which anything lowered after that may depend on.
    pub fn evaluated_bodies(&self) -> Vec<(FileId, u32)> {
        self.evaluated.iter().filter_map(|id| self.body_place(*id)).collect()
    }

    /// Takes a file's new text in where only bodies differ; false, and nothing is changed, where more does.
    ///
    /// `before` and `after` are the outlines of the file as it was and of `new`. What was known of the file's bodies is forgotten.
    pub fn replace_bodies(&mut self, id: FileId, new: File, before: &Outline, after: &Outline) -> bool {
        if before.digest != after.digest
            || before.bodies.len() != after.bodies.len()
            || !self.diagnostics.is_empty()
            || !new.parse.diagnostics.is_empty()
        {
            return false;
        }
        let Some(nodes) = node_map(self.file(id), &new, before, after) else { return false };
        let map = |node: NodeId| nodes[node.index()];
        for def in self.defs.iter_mut().filter(|def| def.file == id) {
            def.node = map(def.node);
        }
        for (owner, generics) in &mut self.generics {
            if self.defs[owner.index()].file == id && generics.params.iter().any(|param| param.node.is_some()) {
                let generics = std::rc::Rc::make_mut(generics);
                generics.params.iter_mut().for_each(|param| param.node = param.node.map(map));
            }
        }
        let blocks = std::mem::take(&mut self.block_modules);
        let moved = blocks.into_iter().filter_map(|((file, block), module)| match file == id {
            // Blocks inside of bodies without items have no module, which costs little to find again.
            true => module.map(|module| ((file, map(block)), Some(module))),
            false => Some(((file, block), module)),
        });
        self.block_modules = moved.collect();
        for (file, node) in self.derived_files.values_mut() {
            if *file == id {
                *node = map(*node);
            }
        }
        let defs = &self.defs;
        self.bodies.retain(|owner, _| defs[owner.index()].file != id);
        self.files[id.0 as usize] = new;
        true
    }
}

/// Where each node of the old tree is in the new one, for nodes outside of bodies; none where the trees differ there.
fn node_map(old: &File, new: &File, before: &Outline, after: &Outline) -> Option<Vec<NodeId>> {
    let (old, new) = (old.tree(), new.tree());
    let mut map = Vec::with_capacity(old.len());
    let mut next = 0_u32;
    let mut bodies = before.bodies.iter().zip(&after.bodies);
    loop {
        let body = bodies.next();
        let end = body.map_or(old.len() as u32, |(body, _)| body.node.0);
        for node in map.len() as u32..end {
            if (next as usize) >= new.len() || old.kind(NodeId(node)) != new.kind(NodeId(next)) {
                return None;
            }
            map.push(NodeId(next));
            next += 1;
        }
        let Some((from, to)) = body else { return (next as usize == new.len()).then_some(map) };
        if next != to.node.0 {
            return None;
        }
        // Inside a body nothing corresponds; its block stands for all of it.
        map.resize(map.len() + old.size(from.node), to.node);
        next += new.size(to.node) as u32;
    }
}
