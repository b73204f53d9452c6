//! One kernel's part of a module's text, for programs that carry each kernel by itself.

use std::ops::Range;

/// One kernel's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelText {
    /// The module without the other kernels: what they share stays.
    pub ptx: String,
    /// The sites that it can panic at, ascending.
    pub sites: Vec<u32>,
}

const ENTRY: &str = ".visible .entry ";

/// The part of [`crate::emit_ptx`]'s text that the kernel `symbol` needs; nothing where it has no such kernel.
pub fn kernel_text(ptx: &str, symbol: &str) -> Option<KernelText> {
    let entries = entries(ptx);
    let own = entries.iter().position(|range| ptx[range.start + ENTRY.len()..].starts_with(&format!("{symbol}(")))?;
    let mut text = String::new();
    let mut at = 0;
    for (index, range) in entries.iter().enumerate() {
        text.push_str(&ptx[at..if index == own { range.end } else { range.start }]);
        at = range.end;
    }
    text.push_str(&ptx[at..]);
    let mut sites: Vec<u32> = sites(&text).collect();
    sites.sort_unstable();
    sites.dedup();
    Some(KernelText { ptx: text, sites })
}

/// Where each kernel stands, the empty line behind it included.
fn entries(ptx: &str) -> Vec<Range<usize>> {
    let starts = ptx.match_indices(ENTRY).map(|(at, _)| at).filter(|at| *at == 0 || ptx.as_bytes()[at - 1] == b'\n');
    starts
        .map(|start| {
            // A body ends in the only closing brace that begins a line.
            let end = ptx[start..].find("\n}\n").map_or(ptx.len(), |end| start + end + 3);
            start..if ptx[end..].starts_with('\n') { end + 1 } else { end }
        })
        .collect()
}

/// What the cold blocks note: the first instruction behind the label of each.
fn sites(text: &str) -> impl Iterator<Item = u32> + '_ {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        lines.by_ref().find(|line| line.starts_with(crate::panic::COLD_LABEL))?;
        lines.next()?.rsplit(' ').next()?.trim_end_matches(';').parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_mir::parse::parse_module;

    #[test]
    fn a_kernel_keeps_what_is_shared_and_loses_the_others() {
        let module = parse_module(
            "location0 = \"a.rs\" 1:1 in \"k\"\nsite0 = \"zero\" location0\nsite1 = \"one\" location0\n\
             kernel %first(bool) {\nblock0(v0: bool):\n    assert v0, site0()\n    return\n}\n\
             kernel %second(bool) {\nblock0(v0: bool):\n    assert v0, site1()\n    assert v0, site1()\n    return\n}\n",
        )
        .unwrap();
        let whole = crate::emit_ptx(&module, "sm_75".parse().unwrap()).unwrap();
        let first = kernel_text(&whole, "first").unwrap();
        assert!(first.ptx.contains(".entry first(") && !first.ptx.contains(".entry second("), "{}", first.ptx);
        assert_eq!(first.sites, [0]);
        let second = kernel_text(&whole, "second").unwrap();
        assert!(second.ptx.starts_with(".version") && !second.ptx.contains(".entry first("), "{}", second.ptx);
        assert_eq!(second.sites, [1]);
        assert_eq!(kernel_text(&whole, "sec"), None);
    }
}
