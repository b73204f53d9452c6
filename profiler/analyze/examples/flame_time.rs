//! How long flame graphs of a trace take: `cargo run --release -p rustg-analyze --example flame_time -- TRACE…`.

use std::path::Path;
use std::time::Instant;

use rustg_analyze::flame::{FlameOptions, FlameTree, SvgOptions, Weight, emit_folded, emit_svg};
use rustg_trace::read::{OpenOptions, open};

fn main() {
    for path in std::env::args().skip(1) {
        let started = Instant::now();
        let trace = match open(Path::new(&path), &OpenOptions::default()) {
            Ok(trace) => trace,
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(2);
            }
        };
        println!("{path}: {} events, opened in {:.2?}", trace.events.len(), started.elapsed());
        for weight in Weight::ALL {
            let started = Instant::now();
            let tree = FlameTree::of(&trace, &FlameOptions { weight, ..FlameOptions::default() });
            let built = started.elapsed();
            let started = Instant::now();
            let mut folded = Vec::new();
            emit_folded(&tree, &mut folded).expect("memory takes it");
            let mut svg = Vec::new();
            let drawn = emit_svg(&tree, &SvgOptions::default(), &mut svg).map_or(0, |()| svg.len());
            println!(
                "  {:8} {:>20} {}, {} nodes: built in {built:.2?}, drawn in {:.2?} ({} and {drawn} bytes)",
                weight.name(),
                tree.total(),
                weight.unit(),
                tree.nodes().len(),
                started.elapsed(),
                folded.len(),
            );
        }
    }
}
