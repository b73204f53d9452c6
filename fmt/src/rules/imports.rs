//! Imports: trees in normal form, sorted, laid out; and runs of imports, `extern crate`s and modules, sorted.

use std::cmp::Ordering;

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::attributes;
use crate::formatter::{Formatter, Shape};
use crate::writer::Word;
use crate::{Fail, Fit};

/// One step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Segment {
    SelfValue,
    Super,
    Crate,
    Name(String),
    Glob,
    List(Vec<UseTree>),
}

/// A path, what it is renamed to, and its subtrees as its last segment.
#[derive(Clone, PartialEq, Eq, Debug)]
struct UseTree {
    path: Vec<Segment>,
    rename: Option<String>,
}

fn segment(text: &str) -> Segment {
    match text {
        "self" => Segment::SelfValue,
        "super" => Segment::Super,
        "crate" => Segment::Crate,
        _ => Segment::Name(text.to_owned()),
    }
}

/// Reads a tree; `None` where it holds comments, which have no place in a sorted list.
fn read(formatter: &Formatter<'_>, node: NodeId) -> Option<UseTree> {
    let input = formatter.input;
    let mut path = Vec::new();
    let mut rename = None;
    let list = formatter.child(node, N::UseTreeList);
    let rename_node = formatter.child(node, N::Rename);
    let end = list.or(rename_node).map_or(input.end(node), |child| input.first(child));
    for token in input.first(node)..end {
        match input.kind(token) {
            T::Ident | T::RawIdent => path.push(segment(input.token_text(token))),
            T::Star => path.push(Segment::Glob),
            T::Colon if path.is_empty() => path.push(Segment::Name(String::new())),
            T::Colon | T::Whitespace => {}
            _ => return None,
        }
    }
    if let Some(node) = rename_node {
        let name = input.end(node) - 1;
        rename = Some(input.token_text(name).to_owned());
    }
    if let Some(list) = list {
        let trees =
            formatter.children(list).into_iter().map(|tree| read(formatter, tree)).collect::<Option<Vec<_>>>()?;
        path.push(Segment::List(trees));
    }
    Some(UseTree { path, rename })
}

impl UseTree {
    fn is_self(&self) -> bool {
        self.path == [Segment::SelfValue] && self.rename.is_none()
    }

    /// Lists of one are their element, lists are sorted.
    fn normalize(mut self, sort: &dyn Fn(&UseTree, &UseTree) -> Ordering) -> UseTree {
        // `a::self` is `a`.
        if self.path.len() > 1 && self.path.last() == Some(&Segment::SelfValue) {
            self.path.pop();
        }
        let Some(Segment::List(trees)) = self.path.last_mut() else { return self };
        let mut trees: Vec<UseTree> = std::mem::take(trees).into_iter().map(|tree| tree.normalize(sort)).collect();
        self.path.pop();
        if trees.len() == 1 && !trees[0].is_self() && !(trees[0].path == [Segment::SelfValue]) {
            let tree = trees.remove(0);
            self.path.extend(tree.path);
            self.rename = tree.rename;
            return self;
        }
        trees.sort_by(sort);
        self.path.push(Segment::List(trees));
        self
    }

    fn flat_text(&self) -> String {
        let mut text = String::new();
        for (index, segment) in self.path.iter().enumerate() {
            if index > 0 {
                text.push_str("::");
            }
            match segment {
                Segment::SelfValue => text.push_str("self"),
                Segment::Super => text.push_str("super"),
                Segment::Crate => text.push_str("crate"),
                Segment::Name(name) => text.push_str(name),
                Segment::Glob => text.push('*'),
                Segment::List(trees) => {
                    let trees: Vec<_> = trees.iter().map(UseTree::flat_text).collect();
                    text.push_str(&format!("{{{}}}", trees.join(", ")));
                }
            }
        }
        if let Some(name) = &self.rename {
            text.push_str(" as ");
            text.push_str(name);
        }
        text
    }

    fn list(&self) -> Option<&[UseTree]> {
        match self.path.last() {
            Some(Segment::List(trees)) => Some(trees),
            _ => None,
        }
    }

    /// The path before its list, as text with `::` behind it.
    fn prefix(&self) -> String {
        let path = self.path[..self.path.len() - 1].to_vec();
        let prefix = UseTree { path, rename: None };
        let text = prefix.flat_text();
        if prefix.path.is_empty() { text } else { text + "::" }
    }
}

fn rank(segment: &Segment) -> u8 {
    match segment {
        Segment::SelfValue => 0,
        Segment::Super => 1,
        Segment::Crate => 2,
        Segment::Name(_) => 3,
        Segment::Glob => 4,
        Segment::List(_) => 5,
    }
}

/// Snake case before camel case before capitals, each by bytes.
fn compare_names(a: &str, b: &str) -> Ordering {
    let class = |name: &str| {
        let first = name.trim_start_matches("r#").chars().next();
        let is_upper = first.is_some_and(char::is_uppercase);
        let is_capitals = is_upper && !name.chars().any(char::is_lowercase);
        (is_upper, is_capitals && name.len() > 1)
    };
    class(a).cmp(&class(b)).then_with(|| a.cmp(b))
}

/// Numbers in names compare as numbers, all else by bytes, `_` before all.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.trim_start_matches("r#").as_bytes(), b.trim_start_matches("r#").as_bytes());
    let mut zeros = Ordering::Equal;
    loop {
        match (a.first(), b.first()) {
            (None, None) => return zeros,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (len_a, len_b) = (digits(a), digits(b));
                let strip = |text: &[u8]| text.iter().position(|&byte| byte != b'0').unwrap_or(text.len());
                let (number_a, number_b) = (&a[strip(&a[..len_a])..len_a], &b[strip(&b[..len_b])..len_b]);
                let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
                if order != Ordering::Equal {
                    return order;
                }
                zeros = zeros.then(len_b.cmp(&len_a));
                (a, b) = (&a[len_a..], &b[len_b..]);
            }
            (Some(x), Some(y)) => {
                let key = |byte: u8| if byte == b'_' { 0 } else { byte };
                let order = key(*x).cmp(&key(*y));
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (&a[1..], &b[1..]);
            }
        }
    }
}

fn compare_segments(a: &Segment, b: &Segment, is_2024: bool) -> Ordering {
    match (a, b) {
        (Segment::Name(a), Segment::Name(b)) if is_2024 => compare_versions(a, b),
        (Segment::Name(a), Segment::Name(b)) => compare_names(a, b),
        (Segment::List(a), Segment::List(b)) => {
            for (a, b) in a.iter().zip(b) {
                let order = compare_trees(a, b, is_2024);
                if order != Ordering::Equal {
                    return order;
                }
            }
            a.len().cmp(&b.len())
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

fn compare_trees(a: &UseTree, b: &UseTree, is_2024: bool) -> Ordering {
    for (index, (x, y)) in a.path.iter().zip(&b.path).enumerate() {
        let order = compare_segments(x, y, is_2024);
        if order != Ordering::Equal {
            return order;
        }
        let _ = index;
    }
    // What is renamed comes before what is not.
    a.path.len().cmp(&b.path.len()).then_with(|| b.rename.is_some().cmp(&a.rename.is_some()))
}

fn normal_tree(formatter: &Formatter<'_>, item: NodeId) -> Option<UseTree> {
    let input = formatter.input;
    let tree = formatter.child(item, N::UseTree)?;
    if input.has_comment(attributes::first_behind(formatter, item), input.end(item)) {
        return None;
    }
    let is_2024 = formatter.is_style_2024();
    let sorts = input.config.reorder_imports;
    let sort = move |a: &UseTree, b: &UseTree| if sorts { compare_trees(a, b, is_2024) } else { Ordering::Equal };
    Some(read(formatter, tree)?.normalize(&sort))
}

/// One `use`.
pub(crate) fn import(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    attributes::own_lines(formatter, node, shape)?;
    let tree = normal_tree(formatter, node).ok_or(Fail)?;
    import_of(formatter, node, &tree, shape)
}

fn import_of(formatter: &mut Formatter<'_>, node: NodeId, tree: &UseTree, shape: Shape) -> Fit {
    let input = formatter.input;
    let first = attributes::first_behind(formatter, node);
    let at = formatter.child(node, N::UseTree).ok_or(Fail)?;
    formatter.flat(first, input.first(at))?;
    formatter.pieces.space();
    layout(formatter, tree, Shape { indent: shape.indent, right: formatter.max_width().saturating_sub(1) });
    formatter.pieces.cursor = input.end(node) - 1;
    formatter.token(input.end(node) - 1)
}

/// A tree on one line, or its list in lines that are filled, trees with a list of their own each on one.
fn layout(formatter: &mut Formatter<'_>, tree: &UseTree, shape: Shape) {
    let text = tree.flat_text();
    let Some(list) = tree.list() else { return formatter.pieces.rewritten(&text) };
    let has_nested = list.iter().any(|tree| tree.list().is_some());
    if !has_nested && formatter.pieces.column + text.len() as u32 + 2 <= shape.right || list.is_empty() {
        return formatter.pieces.rewritten(&text);
    }
    let prefix = tree.prefix();
    if !prefix.is_empty() {
        formatter.pieces.rewritten(&prefix);
    }
    formatter.pieces.word(Word::OpenBrace);
    let nested = formatter.block_shape(shape.indent).less(1);
    let mut previous_nested = false;
    for (index, tree) in list.iter().enumerate() {
        let text = tree.flat_text();
        let is_nested = text.contains("::");
        let comma = u32::from(index + 1 < list.len());
        let too_long = formatter.pieces.column + 1 + text.len() as u32 + comma > nested.right;
        if index == 0 || too_long || has_nested && (previous_nested || is_nested) {
            formatter.pieces.newline(nested.indent);
        } else {
            formatter.pieces.space();
        }
        layout(formatter, tree, nested);
        formatter.pieces.word(Word::Comma);
        previous_nested = is_nested;
    }
    formatter.pieces.newline(shape.indent);
    formatter.pieces.word(Word::CloseBrace);
}

/// What a run is sorted by.
enum Key {
    Tree(UseTree),
    Name(String),
}

/// A run of imports, `extern crate`s or modules in order; comments go with the item behind them.
pub(crate) fn run(formatter: &mut Formatter<'_>, nodes: &[NodeId], indent: u32, at_start: bool) {
    let input = formatter.input;
    let is_2024 = formatter.is_style_2024();
    let keys: Option<Vec<Key>> = nodes.iter().map(|&node| key(formatter, node)).collect();
    let Some(keys) = keys else {
        for (index, &node) in nodes.iter().enumerate() {
            super::blocks::statement(formatter, node, indent, at_start && index == 0);
        }
        return;
    };
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|&a, &b| match (&keys[a], &keys[b]) {
        (Key::Tree(a), Key::Tree(b)) => compare_trees(a, b, is_2024),
        (Key::Name(a), Key::Name(b)) if is_2024 => compare_versions(a, b),
        (Key::Name(a), Key::Name(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    formatter.separate(input.first(nodes[0]), indent, at_start);
    let shape = Shape { indent, right: formatter.max_width() };
    let last_end = input.end(nodes[nodes.len() - 1]);
    for (place, &index) in order.iter().enumerate() {
        let node = nodes[index];
        if place > 0 {
            formatter.pieces.newline(indent);
        }
        if index > 0 {
            comments_before(formatter, input.end(nodes[index - 1]), input.first(node), indent);
        }
        formatter.pieces.cursor = input.first(node);
        let mark = formatter.pieces.mark();
        let result = attributes::own_lines(formatter, node, shape).and_then(|()| match &keys[index] {
            Key::Tree(tree) => import_of(formatter, node, tree, shape),
            Key::Name(_) => formatter.flat(attributes::first_behind(formatter, node), input.end(node)),
        });
        if result.is_err() {
            formatter.pieces.rewind(mark);
            formatter.give_up(node);
        }
        if place + 1 < order.len() {
            formatter.pieces.cursor = input.end(node);
            formatter.trailing_comments(input.next_code(input.end(node)));
        } else if index + 1 < nodes.len() {
            formatter.pieces.cursor = input.end(node);
            formatter.trailing_comments(input.next_code(input.end(node)));
        }
    }
    // The last in the source may stand elsewhere now: what trails it went with it.
    formatter.pieces.cursor = last_end;
    if order.last() != Some(&(nodes.len() - 1)) {
        formatter.pieces.cursor = behind_trailing(formatter, last_end);
    }
}

/// Comments between two items of a run that belong to the second.
fn comments_before(formatter: &mut Formatter<'_>, first: usize, end: usize, indent: u32) {
    let input = formatter.input;
    let from = behind_trailing(formatter, first);
    for token in from..end {
        if matches!(input.kind(token), T::LineComment | T::BlockComment) {
            formatter.comment(token);
            formatter.pieces.newline(indent);
        }
    }
}

/// The token behind the comments on the line of token `first - 1`.
fn behind_trailing(formatter: &Formatter<'_>, first: usize) -> usize {
    let input = formatter.input;
    let mut behind = first;
    for token in first..input.parse.tokens.len() {
        match input.kind(token) {
            T::Whitespace if input.token_text(token).contains('\n') => break,
            T::Whitespace => {}
            T::LineComment | T::BlockComment => behind = token + 1,
            _ => break,
        }
    }
    behind
}

fn key(formatter: &Formatter<'_>, node: NodeId) -> Option<Key> {
    if formatter.kind(node) == N::Use {
        return normal_tree(formatter, node).map(Key::Tree);
    }
    let name = rustg_syntax::ast::own_tokens(formatter.input.tree(), node)
        .filter(|&token| matches!(formatter.input.kind(token), T::Ident | T::RawIdent))
        .last()?;
    Some(Key::Name(formatter.input.token_text(name).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_case_class_before_2024_and_by_version_since() {
        let mut names = ["u16", "u8", "Zed", "MAX", "abc", "Abc"];
        names.sort_by(|a, b| compare_names(a, b));
        assert_eq!(names, ["abc", "u16", "u8", "Abc", "Zed", "MAX"]);
        names.sort_by(|a, b| compare_versions(a, b));
        assert_eq!(names, ["Abc", "MAX", "Zed", "abc", "u8", "u16"]);
    }
}
