//! Names for addresses of files: lines of "PATH OFFSET" on stdin (offset in hexadecimal), functions on stdout, and what it
//! cost on stderr. `symbolize < addresses`

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use rustg_record::symbols::{Symbols, build_id_of};

fn main() {
    let mut symbols = Symbols::new();
    let start = Instant::now();
    let mut count = 0u32;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Some((path, offset)) = line.rsplit_once(' ') else { continue };
        let Ok(offset) = u64::from_str_radix(offset.trim_start_matches("0x"), 16) else { continue };
        let path = Path::new(path);
        let functions = symbols.functions(path, &build_id_of(path).unwrap_or_default(), offset);
        for function in functions {
            println!("{}\t{}:{}", function.name, function.file, function.line);
        }
        count += 1;
    }
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
    eprintln!("{count} addresses in {:.1} ms, {peak}", start.elapsed().as_secs_f64() * 1e3);
}
