//! `rustg dump`: what the compiler's stages make of a source.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use rustg_syntax::{Edition, NodeId, Parse, parse};

use crate::failure::Failure;
use crate::output;
use crate::source_file::{self, Editions};

/// Show what the compiler makes of a Rust source, stage by stage; or what a PTX text holds
///
/// For people who build tools upon rustg or report its faults. Texts are shown with escapes; offsets are bytes. A source with
/// errors is shown all the same; rustg check --syntax tells them.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg dump tokens src/main.rs
  rustg dump tree src/main.rs
  echo 'fn f() { 1 + 2 }' | rustg dump tree -
  rustg dump tree src/main.rs --json | jq '.nodes | length'
  rustg dump ptx kernel.ptx
  rustg dump ptx program --summary                 instructions, registers and memory of every function
  rustg dump ptx libkernels.so --images            the device images of a library
  rustg dump ptx libkernels.so --image 3 --text    the PTX of one")]
pub struct Args {
    /// The stage
    #[arg(value_enum)]
    stage: Stage,
    /// A Rust source, - is standard input; for ptx, PTX text or a file that holds some (fatbin, cubin, executable, library)
    file: PathBuf,
    /// One JSON object instead of text: arrays of kinds and offsets as the compiler holds them
    #[arg(long)]
    json: bool,
    /// The edition; without it that of the nearest Cargo.toml, else 2024
    #[arg(long, value_name = "YEAR")]
    edition: Option<Edition>,
    #[command(flatten)]
    ptx: crate::dump_ptx::Shown,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    /// Tokens as rustc's lexer sees them, white space and comments included
    Tokens,
    /// The syntax tree
    Tree,
    /// PTX: functions, variables, and instructions with their source lines and effects
    Ptx,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if let Stage::Ptx = args.stage {
        return crate::dump_ptx::run(&args.file, args.json, &args.ptx);
    }
    if let Some(option) = args.ptx.given() {
        return Err(Failure::input(format_args!("{option} is an option of rustg dump ptx only")));
    }
    let text = source_file::read(&args.file)?;
    let edition = args.edition.unwrap_or_else(|| Editions::default().of(&args.file));
    let parse = parse(&text, edition);
    let shown = match (args.stage, args.json) {
        (Stage::Tokens, false) => tokens_text(&text, &parse),
        (Stage::Tree | Stage::Ptx, false) => tree_text(&text, &parse),
        (Stage::Tokens, true) => {
            serde_json::json!({ "edition": edition.to_string(), "tokens": tokens_json(&parse) }).to_string() + "\n"
        }
        (Stage::Tree | Stage::Ptx, true) => {
            let nodes = nodes_json(&parse);
            serde_json::json!({ "edition": edition.to_string(), "tokens": tokens_json(&parse), "nodes": nodes })
                .to_string()
                + "\n"
        }
    };
    output::write_stdout(shown.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// A text in quotes on one line, cut where it grows long.
fn quoted(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let escaped: String = text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(CHARACTERS_MAX).is_some() { "…" } else { "" };
    format!("\"{escaped}{more}\"")
}

fn tokens_text(text: &str, parse: &Parse) -> String {
    let mut shown = String::new();
    for token in 0..parse.tokens.len() {
        let range = parse.tokens.range(token);
        let place = format!("{}..{}", range.start, range.end);
        let _ = writeln!(shown, "{place:<16}{:<22}{}", parse.tokens.kind(token).name(), quoted(&text[range]));
    }
    shown
}

fn tree_text(text: &str, parse: &Parse) -> String {
    let tree = &parse.tree;
    let mut shown = String::new();
    // Nodes whose subtrees are open, as (end in pre-order, end in tokens); tokens are told between nodes.
    let mut open: Vec<(u32, usize)> = Vec::new();
    let mut token = 0;
    let tell_tokens = |shown: &mut String, token: &mut usize, up_to: usize, depth: usize| {
        while *token < up_to {
            let kind = parse.tokens.kind(*token);
            if !kind.is_trivia() {
                let range = parse.tokens.range(*token);
                let _ = writeln!(shown, "{:width$}{} {}", "", kind.name(), quoted(&text[range]), width = 2 * depth);
            }
            *token += 1;
        }
    };
    for node in tree.descendants(NodeId::ROOT) {
        while let Some(&(end, end_token)) = open.last()
            && end <= node.0
        {
            tell_tokens(&mut shown, &mut token, end_token, open.len());
            open.pop();
        }
        let range = tree.tokens(node);
        tell_tokens(&mut shown, &mut token, range.start, open.len());
        let starts = &parse.tokens.starts;
        let (start, end) = (starts[range.start], starts[range.end]);
        let _ = writeln!(shown, "{:width$}{} {start}..{end}", "", tree.kind(node).name(), width = 2 * open.len());
        open.push((node.0 + tree.size(node) as u32, range.end));
    }
    while let Some((_, end_token)) = open.last().copied() {
        tell_tokens(&mut shown, &mut token, end_token, open.len());
        open.pop();
    }
    shown
}

fn tokens_json(parse: &Parse) -> serde_json::Value {
    let kinds: Vec<_> = (0..parse.tokens.len()).map(|token| parse.tokens.kind(token).name()).collect();
    serde_json::json!({ "kinds": kinds, "starts": parse.tokens.starts })
}

/// Pre-order arrays: kind, first token, the token behind the last, nodes in the subtree.
fn nodes_json(parse: &Parse) -> serde_json::Value {
    let tree = &parse.tree;
    let column = |of: &dyn Fn(NodeId) -> usize| tree.descendants(NodeId::ROOT).map(of).collect::<Vec<_>>();
    let kinds: Vec<_> = tree.descendants(NodeId::ROOT).map(|node| tree.kind(node).name()).collect();
    serde_json::json!({
        "kinds": kinds,
        "first_tokens": column(&|node| tree.tokens(node).start),
        "end_tokens": column(&|node| tree.tokens(node).end),
        "sizes": column(&|node| tree.size(node)),
    })
}
