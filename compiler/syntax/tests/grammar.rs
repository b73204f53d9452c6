//! The typed views are what `rust.grammar` says, the grammar names every kind of node, and trees keep to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rustg_syntax::ast::{self, AstNode};
use rustg_syntax::{Edition, NodeId, NodeKind, parse};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap_or_default()
}

enum Rule {
    Node(Vec<String>),
    Choice(Vec<String>),
}

fn rules() -> Vec<(String, Rule)> {
    let text = read("rust.grammar");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, body) = line.split_once('=').unwrap_or_else(|| panic!("no `=` in {line:?}"));
            let words = body.split_whitespace().filter(|word| *word != "|").map(str::to_owned).collect();
            let rule =
                if body.contains('|') || name.trim() == "Meta" { Rule::Choice(words) } else { Rule::Node(words) };
            (name.trim().to_owned(), rule)
        })
        .collect()
}

fn generate() -> String {
    let rules = rules();
    let choices: BTreeSet<_> =
        rules.iter().filter(|(_, rule)| matches!(rule, Rule::Choice(_))).map(|(name, _)| name.as_str()).collect();
    let mut text = "//! Generated from `rust.grammar`: change that, then run `BLESS=1 cargo test -p rustg-syntax --test grammar`.\n\n\
        use super::{AstNode, children_of, name_token, nth_child};\nuse crate::{NodeId, NodeKind, Parse, Tree};\n\n"
        .to_owned();
    for (name, rule) in &rules {
        match rule {
            Rule::Choice(words) => {
                let (nested, nodes): (Vec<_>, Vec<_>) =
                    words.iter().map(String::as_str).partition(|word| choices.contains(word));
                writeln!(text, "choice! {{ {name}, nodes {}, choices {} }}", nodes.join(" "), nested.join(" "))
                    .unwrap();
            }
            Rule::Node(words) => {
                let mut fields = String::new();
                for word in words {
                    match word.split_once(':') {
                        None => write!(fields, ", {word}").unwrap(),
                        Some((label, child)) => match (child.strip_suffix('*'), child.split_once('@')) {
                            (Some(child), _) => write!(fields, ", {label}: [{child}]").unwrap(),
                            (_, Some((child, index))) => write!(fields, ", {label}: {child} {index}").unwrap(),
                            _ => write!(fields, ", {label}: {child} 0").unwrap(),
                        },
                    }
                }
                writeln!(text, "node! {{ {name} {fields} }}").unwrap();
            }
        }
    }
    text
}

#[test]
fn the_generated_views_are_fresh() {
    let fresh = generate();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file("src/ast")).unwrap();
        std::fs::write(file("src/ast/generated.rs"), &fresh).unwrap();
    }
    assert!(
        read("src/ast/generated.rs") == fresh,
        "src/ast/generated.rs is not what rust.grammar makes: run with BLESS=1"
    );
}

#[test]
fn the_grammar_names_every_kind_of_node_once() {
    let rules = rules();
    let nodes: Vec<_> =
        rules.iter().filter(|(_, rule)| matches!(rule, Rule::Node(_))).map(|(name, _)| name.as_str()).collect();
    let named: BTreeSet<_> = nodes.iter().copied().collect();
    assert_eq!(named.len(), nodes.len(), "a node is named twice");
    assert_eq!(named, NodeKind::ALL.iter().map(|kind| kind.name()).collect());
}

/// Kinds of nodes that may stand under each kind.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let rules = rules();
    let choices: BTreeMap<_, _> = (rules.iter())
        .filter_map(
            |(name, rule)| if let Rule::Choice(words) = rule { Some((name.clone(), words.clone())) } else { None },
        )
        .collect();
    fn expand(name: &str, choices: &BTreeMap<String, Vec<String>>, into: &mut BTreeSet<String>) {
        match choices.get(name) {
            Some(words) => words.iter().for_each(|word| expand(word, choices, into)),
            None => {
                into.insert(name.to_owned());
            }
        }
    }
    let nodes =
        rules.iter().filter_map(|(name, rule)| if let Rule::Node(words) = rule { Some((name, words)) } else { None });
    nodes
        .map(|(name, words)| {
            let mut kinds = BTreeSet::new();
            for child in words.iter().filter_map(|word| word.split_once(':')) {
                expand(child.1.trim_end_matches('*').split('@').next().unwrap(), &choices, &mut kinds);
            }
            (name.clone(), kinds)
        })
        .collect()
}

#[test]
fn trees_of_this_workspace_keep_to_the_grammar() {
    let allowed = allowed();
    let mut sources = Vec::new();
    for folder in [
        "src",
        "src/parse",
        "tests",
        "../base/src",
        "../../kernels/passes/src/lex",
        "../../profiler/trace/src",
        "../../src",
    ] {
        let entries = std::fs::read_dir(file(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        sources.extend(
            entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "rs")),
        );
    }
    let mut missing = BTreeSet::new();
    for source in sources {
        let parse = parse(&std::fs::read_to_string(&source).unwrap(), Edition::E2024);
        for node in parse.tree.descendants(NodeId::ROOT) {
            let kind = parse.tree.kind(node).name();
            for child in parse.tree.children(node) {
                let child = parse.tree.kind(child).name();
                if !allowed[kind].contains(child) {
                    missing.insert(format!("{kind} holds {child}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "rust.grammar does not know of: {missing:#?}");
}

#[test]
fn views_find_what_their_node_holds() {
    let text = "#[a] pub unsafe extern \"C\" fn add<T>(x: u8, y: u8) -> u8 where T: Copy { if x { y } else { x + y * 2 } }\nauto trait T {}\nunion U { a: u8 }";
    let parse = parse(text, Edition::E2024);
    let tree = &parse.tree;
    let file = ast::SourceFile::cast(tree, NodeId::ROOT).unwrap();
    let items: Vec<_> = file.items(tree).collect();
    let name = |token: Option<usize>| parse.tokens.text(token.unwrap(), text);
    let [ast::Item::Fn(function), ast::Item::Trait(r#trait), ast::Item::Union(union)] = items[..] else {
        panic!("{items:?}")
    };
    assert_eq!([name(function.name(&parse)), name(r#trait.name(&parse)), name(union.name(&parse))], ["add", "T", "U"]);
    assert_eq!(function.attributes(tree).count(), 1);
    assert!(
        function.visibility(tree).is_some() && function.abi(tree).is_some() && function.where_clause(tree).is_some()
    );
    assert_eq!(function.parameters(tree).unwrap().parameters(tree).count(), 2);
    let body = function.body(tree).unwrap();
    let Some(ast::Expr::IfExpr(branch)) = body.expressions(tree).next() else { panic!("the body is an `if`") };
    let Some(ast::Expr::BlockExpr(otherwise)) = branch.else_branch(tree) else { panic!("it has an `else`") };
    let Some(ast::Expr::BinExpr(sum)) = otherwise.expressions(tree).next() else { panic!("a sum") };
    assert!(
        matches!(sum.left(tree), Some(ast::Expr::PathExpr(_)))
            && matches!(sum.right(tree), Some(ast::Expr::BinExpr(_)))
    );
}
