//! speedscope's file format: <https://www.speedscope.app/file-format-schema.json>, a profile a tree.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::FlameTree;

/// Writes one sampled profile a tree, each with its name; a sample is a stack, its weight the stack's own weight.
///
/// # Errors
/// Those of `writer`.
pub fn emit_speedscope(title: &str, profiles: &[(String, &FlameTree)], writer: &mut impl Write) -> io::Result<()> {
    let mut frames: Vec<Value> = Vec::new();
    let mut ids: HashMap<String, usize> = HashMap::new();
    let mut written = Vec::new();
    for (name, tree) in profiles {
        let (mut samples, mut weights) = (Vec::new(), Vec::new());
        let mut path: Vec<usize> = Vec::new();
        for index in 1..tree.nodes().len() as u32 {
            let node = &tree.nodes()[index as usize];
            path.truncate(node.depth as usize - 1);
            let text = tree.name(index);
            path.push(*ids.entry(text.to_owned()).or_insert_with(|| {
                frames.push(json!({ "name": text }));
                frames.len() - 1
            }));
            if node.own > 0 {
                samples.push(path.clone());
                weights.push(node.own);
            }
        }
        let unit = match tree.weight.unit() {
            "ns" => "nanoseconds",
            "bytes" => "bytes",
            _ => "none",
        };
        written.push(json!({
            "type": "sampled", "name": name, "unit": unit, "startValue": 0, "endValue": tree.total(),
            "samples": samples, "weights": weights,
        }));
    }
    let file = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": title, "exporter": concat!("rustg ", env!("CARGO_PKG_VERSION")), "activeProfileIndex": 0,
        "shared": { "frames": frames }, "profiles": written,
    });
    serde_json::to_writer(&mut *writer, &file)?;
    writer.write_all(b"\n")
}
