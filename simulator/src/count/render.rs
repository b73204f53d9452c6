//! Counts as text and JSON.

use std::fmt::Write;

use rustg_ptx::Module;
use serde_json::{Value, json};

use super::summary::{Intensity, LineCounts, intensity, ptx_lines, source_lines};
use super::tally::{Counts, SPACES, Tally};

/// A table of the lines that did something, and the kernel's totals. Source lines where there is line information, else PTX lines.
pub fn text(counts: &Counts, module: &Module, ptx: &str, path: &str) -> String {
    let mut lines = source_lines(counts, module, false);
    if lines.is_empty() {
        lines = ptx_lines(counts, module, ptx, path);
        lines.retain(|line| line.tally.executions > 0);
    }
    let mut shown = String::new();
    let _ = writeln!(
        shown,
        "{:>12} {:>6} {:>9} {:>8} {:>9} {:>9} {:>8}  line",
        "executions", "lanes", "divergent", "sectors", "/request", "conflicts", "atomics"
    );
    for LineCounts { line, tally } in &lines {
        let _ = writeln!(shown, "{}  {}:{}", row(tally), line.path, line.line);
    }
    let total = counts.total();
    let _ = writeln!(shown, "{}  all", row(&total));
    for (space, (read, written)) in SPACES.iter().zip(total.read_bytes.iter().zip(total.written_bytes)) {
        if *read > 0 || written > 0 {
            let _ = writeln!(shown, "{space} memory: {read} bytes read, {written} bytes written");
        }
    }
    let sum = intensity(counts, module);
    let Intensity { half_ops, single_ops, double_ops, integer_ops, sector_bytes, .. } = sum;
    let _ = writeln!(
        shown,
        "arithmetic: {single_ops} single, {double_ops} double, {half_ops} half precision, {integer_ops} integer operations"
    );
    if let Some(ratio) = sum.ops_per_byte() {
        let _ =
            writeln!(shown, "intensity: {ratio:.2} floating-point operations a byte ({sector_bytes} bytes in sectors)");
    }
    shown
}

fn row(tally: &Tally) -> String {
    let some = |value: u64| if value == 0 { "-".to_owned() } else { value.to_string() };
    let per_request =
        if tally.global_requests == 0 { "-".to_owned() } else { format!("{:.1}", tally.sectors_per_request()) };
    format!(
        "{:>12} {:>5.0}% {:>9} {:>8} {:>9} {:>9} {:>8}",
        tally.executions,
        tally.lane_share() * 100.0,
        some(tally.divergent),
        some(tally.global_sectors),
        per_request,
        some(tally.bank_conflicts()),
        some(tally.atomic_passes)
    )
}

/// Everything as one JSON object: `total`, `intensity`, `source_lines`, `ptx_lines`.
pub fn to_json(counts: &Counts, module: &Module, ptx: &str, path: &str) -> Value {
    let list = |lines: Vec<LineCounts>| -> Vec<Value> {
        let lines = lines.iter().filter(|line| line.tally.executions > 0);
        let line = |LineCounts { line, tally }: &LineCounts| {
            let mut value = tally_json(tally);
            value["path"] = line.path.as_str().into();
            value["line"] = line.line.into();
            value
        };
        lines.map(line).collect()
    };
    let sum = intensity(counts, module);
    json!({
        "total": tally_json(&counts.total()),
        "intensity": {
            "half_ops": sum.half_ops,
            "single_ops": sum.single_ops,
            "double_ops": sum.double_ops,
            "integer_ops": sum.integer_ops,
            "global_bytes": sum.global_bytes,
            "sector_bytes": sum.sector_bytes,
            "float_ops_per_byte": sum.ops_per_byte(),
        },
        "source_lines": list(source_lines(counts, module, false)),
        "ptx_lines": list(ptx_lines(counts, module, ptx, path)),
    })
}

fn tally_json(tally: &Tally) -> Value {
    let spaces = |bytes: &[u64; 4]| -> Value {
        SPACES.iter().map(|space| (*space).to_owned()).zip(bytes.map(Value::from)).collect()
    };
    json!({
        "executions": tally.executions,
        "lanes": tally.lanes,
        "branches": tally.branches,
        "divergent_branches": tally.divergent,
        "global_requests": tally.global_requests,
        "global_sectors": tally.global_sectors,
        "shared_requests": tally.shared_requests,
        "shared_passes": tally.shared_passes,
        "bank_conflicts": tally.bank_conflicts(),
        "atomic_requests": tally.atomic_requests,
        "atomic_passes": tally.atomic_passes,
        "read_bytes": spaces(&tally.read_bytes),
        "written_bytes": spaces(&tally.written_bytes),
    })
}
