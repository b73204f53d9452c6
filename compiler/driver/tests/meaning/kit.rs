//! What a GPU needs to hold the same comparison: texts of kernels, inputs, and what the simulator made of them.
//!
//! `benches/gpu/meaning.py` runs the kit where there is a GPU and no Rust. Results must be the same 64 bits, panic records the same bytes.

use std::fmt::Write as _;
use std::path::Path;

use crate::case::{Case, INPUTS, Outcome};
use crate::device::{Loaded, compile_case};

/// Writes one case at one level: `NAME.ptx` and lines for the kit's index.
///
/// A line is `kernel FILE NAME input,… result,…` or `panic FILE NAME input RECORD`, the record in hexadecimal.
pub fn write(folder: &Path, case: &Case, level: u8, host: impl Fn(&str) -> Vec<Outcome>) -> Result<String, String> {
    let (_, text) = compile_case(case, level)?;
    let file = format!("{}_{level}.ptx", case.name);
    std::fs::write(folder.join(&file), &text).unwrap();
    let mut loaded = Loaded::new(rustg_ptx::parse(text.as_bytes()).0);
    let mut lines = String::new();
    let list = |words: &[u64]| words.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    for (number, test) in case.tests.iter().enumerate() {
        let kernel = format!("run_{number}");
        let outcomes = host(test);
        let fine: Vec<u64> =
            INPUTS.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(input, _)| *input).collect();
        if !fine.is_empty() {
            let results = loaded.launch(&kernel, &fine)?.results;
            let _ = writeln!(lines, "kernel {file} {kernel} {} {}", list(&fine), list(&results));
        }
        let panics = INPUTS.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_err());
        for (input, _) in panics.take(3) {
            let record: String =
                loaded.launch(&kernel, &[*input])?.record.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(lines, "panic {file} {kernel} {input} {record}");
        }
    }
    Ok(lines)
}
