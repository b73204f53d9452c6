//! Opens a trace and says how long it took and how much memory it holds:
//! `cargo run --release -p rustg-trace --example open -- TRACE [fresh|save]`. `fresh` ignores a saved index, `save` saves one.

use std::process::ExitCode;
use std::time::Instant;

use rustg_trace::read::{OpenOptions, open};

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: open TRACE");
        return ExitCode::from(2);
    };
    let how = std::env::args().nth(2).unwrap_or_default();
    let options = OpenOptions { ignore_index: how == "fresh", ..OpenOptions::default() };
    let start = Instant::now();
    match open(path.as_ref(), &options) {
        Ok(trace) => {
            let seconds = start.elapsed().as_secs_f64();
            let (events, bytes) = (trace.events.len(), trace.events.size_bytes());
            println!(
                "{events} events in {seconds:.3} s, columns {:.1} bytes an event",
                bytes as f64 / events.max(1) as f64
            );
            println!("peak memory {:.1} bytes an event", peak_memory_bytes() as f64 / events.max(1) as f64);
            for note in &trace.notes {
                println!("note: {}", note.0);
            }
            if how == "save" {
                let start = Instant::now();
                let saved = rustg_trace::snapshot::save(path.as_ref(), &trace);
                println!("index saved: {saved}, in {:.3} s", start.elapsed().as_secs_f64());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("open: {error}");
            ExitCode::from(2)
        }
    }
}

/// The most memory this process has held, as Linux counts it; 0 elsewhere.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
