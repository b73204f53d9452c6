//! `cfg`: which items a crate has (Rust Reference, "Conditional compilation"), by what rustc was told of the same crate.

use rustg_base::Diagnostic;
use rustg_syntax::NodeId;

use crate::program::Program;
use crate::source::FileId;

/// A crate among the files of a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Crate {
    /// What others call it; empty for the one that is compiled.
    pub name: String,
    /// Its root, an index among the program's files; its files go on to the next crate's root.
    pub first_file: usize,
    /// What holds in it: `test`, `unix`, `feature="fast"`, without blanks.
    pub cfgs: Vec<String>,
    /// Whether `cfgs` has its features; where not, asking for one is refused.
    pub features_are_known: bool,
}

/// Predicates within predicates are followed so far.
const DEPTH_MAX: u32 = 64;

impl Program {
    /// Whether a `cfg` holds; one that is none, or asks for what is not known, is reported.
    pub(crate) fn cfg_holds(&mut self, file: FileId, meta: NodeId) -> bool {
        let span = self.file(file).span(meta);
        let text: String = self.file(file).node_text(meta).chars().filter(|c| !c.is_whitespace()).collect();
        let inner = text.strip_prefix("cfg(").and_then(|rest| rest.strip_suffix(')'));
        let place = file.0.wrapping_sub(self.first_file.0) as usize;
        let of = self.crates.iter().rev().find(|of| file >= self.first_file && of.first_file <= place);
        let Some(of) = of else { return inner.is_some_and(|inner| inner == "debug_assertions") };
        match inner.ok_or(Why::NoPredicate).and_then(|inner| holds(inner.trim_end_matches(','), of, 0)) {
            Ok(holds) => holds,
            Err(why) => {
                let message = match why {
                    Why::NoPredicate => format!("`{text}` is no predicate of `cfg`"),
                    Why::UnknownFeatures => {
                        format!("`{text}` is not supported here: the features of the crate `{}` are not known", of.name)
                    }
                };
                self.report(file, Diagnostic::error(span, message));
                false
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Why {
    NoPredicate,
    UnknownFeatures,
}

/// Whether a predicate without blanks holds in a crate.
fn holds(predicate: &str, of: &Crate, depth: u32) -> Result<bool, Why> {
    if depth > DEPTH_MAX {
        return Err(Why::NoPredicate);
    }
    if let Some((word, rest)) = predicate.split_once('(')
        && !word.contains('=')
    {
        let inner = rest.strip_suffix(')').ok_or(Why::NoPredicate)?;
        let parts = parts(inner).into_iter().map(|part| holds(part, of, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        return match (word, &parts[..]) {
            ("all", _) => Ok(parts.iter().all(|part| *part)),
            ("any", _) => Ok(parts.iter().any(|part| *part)),
            ("not", [part]) => Ok(!part),
            _ => Err(Why::NoPredicate),
        };
    }
    match predicate {
        "true" => Ok(true),
        "false" => Ok(false),
        "" => Err(Why::NoPredicate),
        _ if predicate.starts_with("feature=") && !of.features_are_known => Err(Why::UnknownFeatures),
        _ => Ok(of.cfgs.iter().any(|known| known == predicate)),
    }
}

/// What stands between commas that are in no brackets and in no text.
fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut is_text, mut start, mut parts) = (0_i32, false, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '"' => is_text = !is_text,
            '(' if !is_text => depth += 1,
            ')' if !is_text => depth -= 1,
            ',' if !is_text && depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_hold_as_the_reference_says() {
        let of = Crate {
            cfgs: ["unix", "feature=\"fast\"", "target_os=\"linux\""].map(str::to_owned).to_vec(),
            features_are_known: true,
            ..Crate::default()
        };
        for (predicate, want) in [
            ("unix", true),
            ("test", false),
            ("feature=\"fast\"", true),
            ("feature=\"slow\"", false),
            ("all()", true),
            ("any()", false),
            ("not(test)", true),
            ("all(unix,not(test),any(feature=\"slow\",target_os=\"linux\"))", true),
            ("all(unix,)", true),
            ("any(feature=\"a,b)\",test)", false),
        ] {
            assert_eq!(holds(predicate, &of, 0), Ok(want), "{predicate}");
        }
        for predicate in ["", "not()", "not(unix,test)", "all(unix", "some(unix)"] {
            assert_eq!(holds(predicate, &of, 0), Err(Why::NoPredicate), "{predicate}");
        }
        let unknown = Crate { features_are_known: false, ..of };
        assert_eq!(holds("any(feature=\"fast\")", &unknown, 0), Err(Why::UnknownFeatures));
        let deep = "not(".repeat(100) + "unix" + &")".repeat(100);
        assert_eq!(holds(&deep, &unknown, 0), Err(Why::NoPredicate));
    }
}
