//! Typed views over the flat tree: `ast::Fn`, `ast::Expr`, … A view is a node's id with its kind known, four bytes, and
//! every question about it takes the tree.
//!
//! The views are generated from `rust.grammar` into `generated.rs` (`BLESS=1 cargo test -p rustg-syntax --test grammar`).

use crate::{NodeId, NodeKind, Parse, TokenKind, Tree};

/// A node whose kind is known.
pub trait AstNode: Copy {
    /// Whether a node of this kind is one.
    fn can_cast(kind: NodeKind) -> bool;

    /// The view of `node`, if it is of the right kind.
    fn cast(tree: &Tree, node: NodeId) -> Option<Self>;

    /// The node itself.
    fn id(self) -> NodeId;
}

/// The first child of `node` that is a `T`, after `skip` others.
fn nth_child<T: AstNode>(tree: &Tree, node: NodeId, skip: usize) -> Option<T> {
    children_of(tree, node).nth(skip)
}

fn children_of<T: AstNode>(tree: &Tree, node: NodeId) -> impl Iterator<Item = T> {
    tree.children(node).filter_map(move |child| T::cast(tree, child))
}

/// The raw tokens of `node` that are not of its children, white space and comments included.
pub fn own_tokens(tree: &Tree, node: NodeId) -> impl Iterator<Item = usize> {
    let mut next = tree.tokens(node).start;
    let end = tree.tokens(node).end;
    let mut children = tree.children(node).map(|child| tree.tokens(child)).peekable();
    std::iter::from_fn(move || {
        while let Some(child) = children.next_if(|child| child.start <= next) {
            next = next.max(child.end);
        }
        (next < end).then(|| {
            next += 1;
            next - 1
        })
    })
}

/// The token that names `node`: the last of its own tokens that is a word. Keywords stand before names.
fn name_token(parse: &Parse, node: NodeId) -> Option<usize> {
    let is_word = |token: &usize| matches!(parse.tokens.kind(*token), TokenKind::Ident | TokenKind::RawIdent);
    own_tokens(&parse.tree, node).filter(is_word).last()
}

macro_rules! node {
    ($kind:ident $($fields:tt)*) => {
        #[doc = concat!("A node of kind [`NodeKind::", stringify!($kind), "`].")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct $kind(NodeId);

        impl AstNode for $kind {
            fn can_cast(kind: NodeKind) -> bool {
                kind == NodeKind::$kind
            }

            fn cast(tree: &Tree, node: NodeId) -> Option<Self> {
                (tree.kind(node) == NodeKind::$kind).then_some($kind(node))
            }

            fn id(self) -> NodeId {
                self.0
            }
        }

        impl $kind {
            fields! { $($fields)* }
        }
    };
}

macro_rules! fields {
    () => {};
    (, name $($rest:tt)*) => {
        /// The token that names it.
        pub fn name(self, parse: &Parse) -> Option<usize> {
            name_token(parse, self.0)
        }
        fields! { $($rest)* }
    };
    (, $label:ident: [$child:ident] $($rest:tt)*) => {
        #[doc = concat!("All children that are a [`", stringify!($child), "`], in order.")]
        pub fn $label(self, tree: &Tree) -> impl Iterator<Item = $child> {
            children_of(tree, self.0)
        }
        fields! { $($rest)* }
    };
    (, $label:ident: $child:ident $index:literal $($rest:tt)*) => {
        #[doc = concat!("Child ", stringify!($index), " of those that are a [`", stringify!($child), "`].")]
        pub fn $label(self, tree: &Tree) -> Option<$child> {
            nth_child(tree, self.0, $index)
        }
        fields! { $($rest)* }
    };
}

macro_rules! choice {
    ($name:ident, nodes $($node:ident)*, choices $($choice:ident)*) => {
        #[doc = concat!("One of the nodes that are a ", stringify!($name), ".")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(missing_docs, reason = "each variant is the node of its name")]
        pub enum $name { $($node($node),)* $($choice($choice),)* }

        impl AstNode for $name {
            fn can_cast(kind: NodeKind) -> bool {
                matches!(kind, $(NodeKind::$node)|*) $(|| $choice::can_cast(kind))*
            }

            fn cast(tree: &Tree, node: NodeId) -> Option<Self> {
                match tree.kind(node) {
                    $(NodeKind::$node => Some($name::$node($node(node))),)*
                    _ => {
                        $(if let Some(view) = $choice::cast(tree, node) {
                            return Some($name::$choice(view));
                        })*
                        None
                    }
                }
            }

            fn id(self) -> NodeId {
                match self {
                    $($name::$node(view) => view.id(),)*
                    $($name::$choice(view) => view.id(),)*
                }
            }
        }
    };
}

#[rustfmt::skip]
mod generated;

pub use generated::*;
