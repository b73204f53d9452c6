//! Compares the shape of our trees with rust-analyzer's, file by file: `shape DIR… [--step N] [--show N]`.
//!
//! Over files that both parse without an error, every node must have the same kind, parent and significant tokens, but for
//! these differences, which are ours by design:
//!
//! 1. Nodes of one token are not nodes: NAME, NAME_REF and LIFETIME are tokens of the node they stand in.
//! 2. A path is one node: PATH_SEGMENT and inner PATHs are not nodes, and the PATH of a PATH_EXPR, PATH_TYPE or PATH_PAT is that node.
//! 3. The statements of a block stand in the BLOCK_EXPR itself: STMT_LIST is not a node.
//! 4. A type as generic argument is that type: TYPE_ARG is not a node.
//! 5. `cfg` and `cfg_attr` are attributes with a token tree like others: CFG_META and CFG_ATTR_META are not told apart.
//! 6. The parentheses of a visibility are tokens of it: VISIBILITY_INNER is not a node.
//! 7. A TYPE_BOUND_LIST without bounds is not a node.
//! 8. `x.0.1` has one token for two fields, as rustc's lexer has it: both FIELD_EXPRs end with it; so has `x.0. await`, whose `0.` is one.
//! 9. A name before `..=` in a pattern is a path, as it is before `..`: PATH_PAT where they have IDENT_PAT.
//! 10. `builtin # name(…)` is opaque.

#[path = "../corpus.rs"]
mod corpus;

use ra_ap_syntax::{AstNode, NodeOrToken, SourceFile, SyntaxKind, SyntaxNode};
use rustg_syntax::{Edition, NodeId, NodeKind, Parse, parse};

/// A node as both sides can tell it: depth, kind, first byte and the byte behind its last significant token.
type Shape = (usize, String, usize, usize);

fn camel(kind: SyntaxKind) -> String {
    let mut name = String::new();
    for word in format!("{kind:?}").split('_') {
        name.push_str(&word[..1]);
        name.push_str(&word[1..].to_lowercase());
    }
    match name.as_str() {
        "NotNull" => "NeverPat".into(),
        _ => name,
    }
}

fn is_transparent(node: &SyntaxNode) -> bool {
    use SyntaxKind::*;
    let parent = node.parent().map(|parent| parent.kind());
    match node.kind() {
        TYPE_BOUND_LIST if node.first_child().is_none() && node.first_token().is_none() => true,
        NAME | NAME_REF | LIFETIME | PATH_SEGMENT | STMT_LIST | TYPE_ARG | VISIBILITY_INNER => true,
        PATH => matches!(parent, Some(PATH | PATH_EXPR | PATH_TYPE | PATH_PAT)),
        _ => false,
    }
}

fn theirs(node: &SyntaxNode, depth: usize, out: &mut Vec<Shape>) {
    use SyntaxKind::*;
    let mut below = depth;
    if !is_transparent(node) {
        let tokens = node.descendants_with_tokens().filter_map(NodeOrToken::into_token);
        let mut range = None;
        for token in tokens.filter(|token| !token.kind().is_trivia()) {
            let (start, end) = (usize::from(token.text_range().start()), usize::from(token.text_range().end()));
            range = Some((range.map_or(start, |(start, _)| start), end));
        }
        let (start, end) = range.unwrap_or((0, 0));
        let kind =
            if matches!(node.kind(), CFG_META | CFG_ATTR_META) { "TokenTreeMeta".into() } else { camel(node.kind()) };
        out.push((depth, kind, start, end));
        if matches!(node.kind(), CFG_META | CFG_ATTR_META) {
            return;
        }
        below += 1;
    }
    for child in node.children() {
        theirs(&child, below, out);
    }
}

fn ours(text: &str, parse: &Parse) -> Vec<Shape> {
    let tree = &parse.tree;
    let mut out = Vec::new();
    let mut ends: Vec<u32> = Vec::new();
    let mut hidden = 0;
    for node in tree.descendants(NodeId::ROOT) {
        if node.0 < hidden {
            continue;
        }
        while ends.last().is_some_and(|&end| end <= node.0) {
            ends.pop();
        }
        let skipped = |token: &usize| {
            let kind = parse.tokens.kind(*token);
            kind.is_trivia() || kind.is_doc_comment()
        };
        let first = tree.tokens(node).find(|token| !skipped(token));
        let last = tree.tokens(node).rev().find(|token| !skipped(token));
        let (start, end) = match (first, last) {
            (Some(first), Some(last)) => (parse.tokens.range(first).start, parse.tokens.range(last).end),
            _ => (0, 0),
        };
        out.push((ends.len(), tree.kind(node).name().to_owned(), start, end));
        let end = node.0 + tree.size(node) as u32;
        if tree.kind(node) == NodeKind::TokenTreeMeta
            && matches!(first.map(|first| parse.tokens.text(first, text)), Some("cfg" | "cfg_attr"))
        {
            hidden = end;
        }
        ends.push(end);
    }
    out
}

fn edition(edition: Edition) -> ra_ap_syntax::Edition {
    match edition {
        Edition::E2015 => ra_ap_syntax::Edition::Edition2015,
        Edition::E2018 => ra_ap_syntax::Edition::Edition2018,
        Edition::E2021 => ra_ap_syntax::Edition::Edition2021,
        Edition::E2024 => ra_ap_syntax::Edition::Edition2024,
    }
}

fn main() {
    let mut dirs = Vec::new();
    let (mut step, mut show) = (1, 20);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok()).expect("a number follows the option");
        match argument.as_str() {
            "--step" => step = number(),
            "--show" => show = number(),
            _ => dirs.push(argument.into()),
        }
    }
    let mut shown_pairs = std::collections::HashSet::new();
    let (mut compared, mut differing, mut only_ours, mut only_theirs, mut nodes) = (0, 0, 0, 0, 0);
    for file in corpus::read(&dirs, step) {
        let our_parse = parse(&file.text, file.edition);
        let their_parse = SourceFile::parse(&file.text, edition(file.edition));
        match (our_parse.diagnostics.is_empty(), their_parse.errors().is_empty()) {
            (true, true) => {}
            (true, false) => only_ours += 1,
            (false, true) => {
                only_theirs += 1;
                if only_theirs < show {
                    let diagnostic = &our_parse.diagnostics[0];
                    let line = file.text[..diagnostic.primary.span.start as usize].matches('\n').count() + 1;
                    println!("{}:{line}: only we refuse: {}", file.path.display(), diagnostic.message);
                }
            }
            (false, false) => {}
        }
        if !our_parse.diagnostics.is_empty() || !their_parse.errors().is_empty() {
            continue;
        }
        compared += 1;
        let mut their_shape = Vec::new();
        theirs(their_parse.tree().syntax(), 0, &mut their_shape);
        let our_shape = ours(&file.text, &our_parse);
        nodes += our_shape.len();
        // The root covers everything on one side and the significant tokens on the other.
        let same = |ours: &Shape, theirs: &Shape| {
            let is_pair = ours.1 == "FieldExpr" && file.text[..ours.3].ends_with(|c: char| c.is_ascii_digit());
            let is_bound = (ours.1.as_str(), theirs.1.as_str()) == ("PathPat", "IdentPat")
                && (ours.0, ours.2, ours.3) == (theirs.0, theirs.2, theirs.3);
            ours == theirs || is_bound || is_pair && (ours.0, &ours.1, ours.2) == (theirs.0, &theirs.1, theirs.2)
        };
        let mut pairs = our_shape.iter().skip(1).zip(their_shape.iter().skip(1));
        let differs = pairs.position(|(ours, theirs)| !same(ours, theirs));
        let differs =
            differs.or((our_shape.len() != their_shape.len()).then(|| our_shape.len().min(their_shape.len()) - 1));
        if let Some(index) = differs {
            differing += 1;
            let (ours, theirs) = (our_shape.get(index + 1), their_shape.get(index + 1));
            let name = |shape: Option<&Shape>| shape.map_or(String::new(), |shape| shape.1.clone());
            if shown_pairs.insert((name(ours), name(theirs))) && shown_pairs.len() <= show {
                let at = ours.or(theirs).map_or(0, |shape| shape.2);
                let line = file.text[..at].matches('\n').count() + 1;
                let shown = file.text.lines().nth(line - 1).unwrap_or("");
                println!("{}:{line}: we {ours:?}, they {theirs:?}\n    {}", file.path.display(), shown.trim());
            }
        }
    }
    println!(
        "{compared} files compared, {nodes} nodes, {differing} files differ; {only_ours} only we accept, {only_theirs} only they accept"
    );
    std::process::exit(i32::from(differing > 0));
}
