//! Other views of a finished tree: bottom-up, beside another, one branch alone, without idle time.

use rustg_trace::StringId;

use super::builder::FlameBuilder;
use super::{FlameKind, FlameNode, FlameTree, Weight};
use crate::figures::Figures;

impl FlameTree {
    /// Bottom-up: kernels at the root, below each what launched it. Idle time at the root stays as it is.
    pub fn reversed(&self) -> FlameTree {
        let mut builder = FlameBuilder::new();
        let mut names = Names::of(self);
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.own > 0 || node.before_own > 0) {
            let mut path = self.path(index as u32);
            if !path.iter().all(|&at| self.nodes[at as usize].kind.is_idle()) {
                path.reverse();
            }
            let mut at = builder.root();
            for step in path {
                let name = names.get(self, step, &mut builder);
                at = builder.child(at, name, self.nodes[step as usize].kind);
            }
            builder.add(at, node.own);
            builder.add_before(at, node.before_own);
        }
        self.finished_like(builder)
    }

    /// This tree with the weights of `before` beside its own, frame by frame; frames that only `before` has are there too,
    /// with no weight of their own.
    pub fn compare(&self, before: &FlameTree) -> FlameTree {
        let mut builder = FlameBuilder::new();
        replay(self, &mut builder, |_| true, |builder, place, node| builder.add(place, node.own));
        replay(before, &mut builder, |_| true, |builder, place, node| builder.add_before(place, node.own));
        let mut tree = self.finished_like(builder);
        tree.compared = true;
        tree.notes.push(format!("compared with {}: {}", before.title, before.root_label));
        tree
    }

    /// The tree without idle time, overhead and lost records: the whole is the work alone.
    pub fn without_idle(&self) -> FlameTree {
        let mut builder = FlameBuilder::new();
        replay(
            self,
            &mut builder,
            |kind| !kind.is_idle(),
            |builder, place, node| {
                builder.add(place, node.own);
                builder.add_before(place, node.before_own);
            },
        );
        let mut tree = self.finished_like(builder);
        if tree.weight == Weight::Time {
            let busy = Figures::UNICODE.duration(tree.total());
            tree.root_label = format!("{busy} busy of {}", self.root_label);
        }
        tree
    }

    /// The branch of `node` alone, below the frames that lead to it, which have its weight.
    pub fn focused(&self, node: u32) -> FlameTree {
        if node == 0 {
            return self.clone();
        }
        let mut builder = FlameBuilder::new();
        let mut names = Names::of(self);
        let mut places = vec![builder.root(); self.nodes.len()];
        let end = self.nodes[node as usize].end;
        for index in self.path(node).into_iter().chain(node.saturating_add(1)..end) {
            let shown = &self.nodes[index as usize];
            let name = names.get(self, index, &mut builder);
            let place = builder.child(places[shown.parent as usize], name, shown.kind);
            places[index as usize] = place;
            if index >= node {
                builder.add(place, shown.own);
                builder.add_before(place, shown.before_own);
            }
        }
        let mut tree = self.finished_like(builder);
        tree.root_label = format!("{} of {}", self.name(node), self.root_label);
        tree
    }

    fn finished_like(&self, builder: FlameBuilder) -> FlameTree {
        let mut tree = builder.finish(self.title.clone(), self.root_label.clone(), self.notes.clone(), self.weight);
        tree.compared = self.compared;
        tree
    }
}

/// Adds the nodes of `tree` whose kind is `wanted`, and whose callers' are, to `builder`.
fn replay(
    tree: &FlameTree,
    builder: &mut FlameBuilder,
    wanted: impl Fn(FlameKind) -> bool,
    add: impl Fn(&mut FlameBuilder, u32, &FlameNode),
) {
    let mut names = Names::of(tree);
    let mut places = vec![Some(builder.root()); tree.nodes.len()];
    for (index, node) in tree.nodes.iter().enumerate() {
        if node.kind != FlameKind::Root {
            places[index] = places[node.parent as usize].filter(|_| wanted(node.kind)).map(|parent| {
                let name = names.get(tree, index as u32, builder);
                builder.child(parent, name, node.kind)
            });
        }
        if let Some(place) = places[index] {
            add(builder, place, node);
        }
    }
}

/// The names of a tree in the table of a builder.
struct Names(Vec<Option<StringId>>);

impl Names {
    fn of(tree: &FlameTree) -> Self {
        Names(vec![None; tree.strings.len()])
    }

    fn get(&mut self, tree: &FlameTree, node: u32, builder: &mut FlameBuilder) -> StringId {
        let id = tree.nodes[node as usize].name;
        *self.0[id.index()].get_or_insert_with(|| builder.strings.intern(tree.strings.get(id)))
    }
}
