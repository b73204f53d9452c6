//! A flame graph inside the kernel, as folded stacks: functions and lines with inlining.

use std::collections::BTreeMap;

use rustg_base::StringId;
use rustg_ptx::{Module, SectionItem};

use super::tally::{Counts, Tally};
use crate::check::{frames, inlined_names};

/// What the width of a frame means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Warp instructions.
    Instructions,
    /// Sectors of global memory.
    Sectors,
}

impl Weight {
    fn of(self, tally: &Tally) -> u64 {
        match self {
            Weight::Instructions => tally.executions,
            Weight::Sectors => tally.global_sectors,
        }
    }
}

/// Folded stacks, a line each: `kernel;inlined function;file:line weight`. A function of the module is a root of its own. The weights sum to the total.
pub fn folded(counts: &Counts, module: &Module, weight: Weight) -> String {
    let mut names = BTreeMap::new();
    let mut stacks: BTreeMap<String, u64> = BTreeMap::new();
    for function in &module.functions {
        for pc in function.instructions.clone() {
            let Some(weight) =
                counts.tallies().get(pc as usize).map(|tally| weight.of(tally)).filter(|weight| *weight > 0)
            else {
                continue;
            };
            let location = module.location_of(pc);
            let mut stack = module.name(function.name).to_owned();
            // Outwards in: the line of a call, then the function that was inlined there, …, then the innermost line.
            let lines = frames(module, location);
            let inlined = inlined_names(module, location);
            for (depth, line) in lines.iter().enumerate().rev() {
                let file = line.path.rsplit('/').next().unwrap_or(&line.path);
                stack.push_str(&format!(";{file}:{}", line.line));
                if depth > 0 {
                    let name = inlined.get(depth - 1).copied().flatten();
                    let name = name.and_then(|name| names.entry(name).or_insert_with(|| text_at(module, name)).clone());
                    stack.push_str(&format!(";{}", name.as_deref().unwrap_or("(inlined)").replace([';', ' '], "_")));
                }
            }
            *stacks.entry(stack).or_default() += weight;
        }
    }
    stacks.iter().map(|(stack, weight)| format!("{stack} {weight}\n")).collect()
}

/// Longest name that is read from a debug section.
const NAME_BYTES_MAX: usize = 4096;

/// The text at a label of a debug section, plus an offset: names of inlined functions stand there.
fn text_at(module: &Module, (label, offset): (StringId, i64)) -> Option<String> {
    for section in &module.sections {
        let at = section.items.iter().position(|item| matches!(item, SectionItem::Label(name) if *name == label));
        // The label may be the section's own name.
        let start = if section.name == label { Some(0) } else { at.map(|at| at + 1) };
        let Some(start) = start else { continue };
        let bytes = section.items[start..].iter().filter_map(|item| match item {
            SectionItem::Number { size_bytes: 1, value } => Some(*value as u8),
            _ => None,
        });
        let text: Vec<u8> =
            bytes.skip(usize::try_from(offset).ok()?).take_while(|byte| *byte != 0).take(NAME_BYTES_MAX).collect();
        return String::from_utf8(text).ok().filter(|text| !text.is_empty());
    }
    None
}
