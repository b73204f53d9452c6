//! Listings out of texts that carry source positions: the compiler's MIR, PTX with `.loc`, and what `nvdisasm` prints.

use std::collections::HashMap;

use super::{Files, Line, Listing, Place};

/// Positions of a text: each with the call that it was inlined through.
#[derive(Default)]
struct Positions<K> {
    rows: HashMap<K, (Place, Option<K>)>,
}

/// Calls within calls are followed so far.
const DEPTH_MAX: usize = 64;

impl<K: Copy + Eq + std::hash::Hash> Positions<K> {
    fn chain(&self, from: K) -> Vec<Place> {
        let mut places = Vec::new();
        let mut next = Some(from);
        while let Some((place, call)) = next.and_then(|key| self.rows.get(&key)).filter(|_| places.len() < DEPTH_MAX) {
            places.push(*place);
            next = *call;
        }
        places
    }
}

/// The kernel `symbol` in the text form of the intermediate representation (`compiler/mir/src/print.rs`), and the functions that it calls.
pub fn mir(text: &str, symbol: &str, files: &mut Files) -> Listing {
    let mut positions = Positions::<u32>::default();
    let mut functions: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut is_within = false;
    for line in text.lines() {
        if let Some((number, row)) = line.strip_prefix("location").and_then(|rest| location(rest, files)) {
            positions.rows.insert(number, row);
        } else if let Some((_, rest)) =
            line.split_once('%').filter(|(kind, _)| matches!(*kind, "kernel " | "function "))
        {
            // What was inlined everywhere is left as a head without a body.
            is_within = line.ends_with('{');
            if is_within {
                functions.push((rest.split('(').next().unwrap_or(rest), vec![line]));
            }
        } else if is_within && let Some((_, lines)) = functions.last_mut() {
            lines.push(line);
            is_within = line != "}";
        }
    }
    let mut is_called = vec![false; functions.len()];
    let mut open: Vec<usize> = functions.iter().position(|(name, _)| *name == symbol).into_iter().collect();
    let mut order = Vec::new();
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut is_called[at], true) {
            order.push(at);
            let calls = |name: &str| functions[at].1[1..].iter().any(|line| line.contains(&format!("%{name}(")));
            open.extend((0..functions.len()).filter(|other| calls(functions[*other].0)));
        }
    }
    let mut lines = Vec::new();
    for at in order {
        if !lines.is_empty() {
            lines.push(Line { text: String::new(), places: Vec::new() });
        }
        lines.extend(functions[at].1.iter().map(|line| {
            let (code, number) = match line.rsplit_once(" ! location") {
                Some((code, number)) => (code, number.parse().ok()),
                None => (*line, None),
            };
            Line { text: code.to_owned(), places: number.map(|number| positions.chain(number)).unwrap_or_default() }
        }));
    }
    Listing { title: "MIR", lines }
}

/// `12 = "src/main.rs" 8:21 in "saxpy" inlined_at location3`
fn location(text: &str, files: &mut Files) -> Option<(u32, (Place, Option<u32>))> {
    let (number, rest) = text.split_once(" = \"")?;
    let (path, rest) = rest.split_once("\" ")?;
    let line = rest.split(':').next()?.parse().ok()?;
    let call = rest.rsplit_once(" inlined_at location").and_then(|(_, call)| call.parse().ok());
    Some((number.parse().ok()?, (Place { file: files.number(path), line }, call)))
}

/// PTX, its `.file` and `.loc` directives read (PTX ISA, 11.5) and left out.
pub fn ptx(text: &str, files: &mut Files) -> Listing {
    type Key = (u32, u32, u32);
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    let mut positions = Positions::<Key>::default();
    let mut current: Option<Key> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let code = line.trim_start();
        if let Some(rest) = code.strip_prefix(".file") {
            if let Some((number, path)) = rest.trim().split_once(" \"")
                && let Ok(number) = number.trim().parse()
            {
                numbers.insert(number, files.number(path.split('"').next().unwrap_or(path)));
            }
        } else if let Some(rest) = code.strip_prefix(".loc ") {
            let key = |text: &str| -> Option<Key> {
                let mut words = text.split([' ', ',']).filter(|word| !word.is_empty()).map(|word| word.parse().ok());
                Some((words.next()??, words.next()??, words.next()??))
            };
            let call = rest.split_once("inlined_at ").and_then(|(_, call)| key(call));
            if let Some(at) = key(rest) {
                let file = numbers.get(&at.0).copied().unwrap_or_default();
                positions.rows.insert(at, (Place { file, line: at.1 }, call.filter(|call| *call != at)));
                current = Some(at);
            }
        } else {
            if code.starts_with('}') || code.starts_with(".visible") || code.starts_with(".func") {
                current = None;
            }
            let is_code = code.ends_with(';') && !code.starts_with('.');
            let places = current.filter(|_| is_code).map(|key| positions.chain(key)).unwrap_or_default();
            lines.push(Line { text: line.replace('\t', "    "), places });
        }
    }
    // Names of functions for the debugger are no code.
    let end = lines.iter().position(|line| line.text.trim_start().starts_with(".section")).unwrap_or(lines.len());
    lines.truncate(end);
    while lines.last().is_some_and(|line| line.text.is_empty()) {
        lines.pop();
    }
    Listing { title: "PTX", lines }
}

/// What `nvdisasm -c -gi` prints of the kernel `symbol`: instructions without their addresses, with the lines that precede them.
pub fn sass(text: &str, symbol: &str, files: &mut Files) -> Listing {
    let section = format!(".text.{symbol}:");
    let mut lines = Vec::new();
    let mut places: Vec<Place> = Vec::new();
    let (mut is_own, mut is_said) = (false, false);
    for line in text.lines() {
        let code = line.trim();
        if code.starts_with(".text.") && code.ends_with(':') {
            is_own = code == section;
        } else if let Some(rest) = code.strip_prefix("//## File \"") {
            // A new position begins behind an instruction; its calls follow, line by line.
            if std::mem::take(&mut is_said) {
                places.clear();
            }
            let found = rest.split_once("\", line ").and_then(|(path, rest)| {
                let line = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
                Some(Place { file: files.number(path), line })
            });
            places.extend(found);
        } else if is_own && (code.starts_with("/*") || code.starts_with(".L")) {
            let instruction = code.split_once("*/").map_or(code, |(_, rest)| rest);
            let instruction = instruction.split("/*").next().unwrap_or(instruction).trim();
            if !instruction.is_empty() {
                let is_label = code.starts_with(".L");
                let text = if is_label { instruction.to_owned() } else { format!("    {instruction}") };
                lines.push(Line { text, places: if is_label { Vec::new() } else { places.clone() } });
                is_said |= !is_label;
            }
        }
    }
    Listing { title: "SASS", lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files::new([("src/main.rs".to_owned(), "a\nb\nc\n".to_owned())].into_iter())
    }

    fn places(line: &Line) -> Vec<(u32, u32)> {
        line.places.iter().map(|place| (place.file, place.line)).collect()
    }

    #[test]
    fn mir_lines_know_the_calls_that_they_were_inlined_through() {
        let text = "location0 = \"src/main.rs\" 3:9 in \"k\"\nlocation1 = \"<rustg>/device.rs\" 30:4 in \"get\" inlined_at location0\n\
                    site0 = \"no\" location0\n\nfunction %bare()\nfunction %called() {\n    return\n}\nkernel %other() {\n    return ! location0\n}\n\nkernel %k(f32) {\nblock0:\n    v1 = add v0, v0 ! location1\n    call %called()\n    return\n}\n";
        let mut files = files();
        let listing = mir(text, "k", &mut files);
        let texts: Vec<&str> = listing.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "kernel %k(f32) {",
                "block0:",
                "    v1 = add v0, v0",
                "    call %called()",
                "    return",
                "}",
                "",
                "function %called() {",
                "    return",
                "}"
            ]
        );
        assert_eq!(places(&listing.lines[2]), [(1, 30), (0, 3)]);
        assert_eq!(files.into_inner()[1].path, "<rustg>/device.rs");
    }

    #[test]
    fn ptx_lines_have_the_position_that_holds_where_they_stand() {
        let text = ".version 7.8\n.file 1 \"src/main.rs\"\n.file 2 \"lib.rs\"\n.visible .entry k()\n{\n\t.reg .b32 %r<2>;\n\t.loc 1 2 5\n\tmov.u32 %r1, 1;\n\
                    $L1:\n\t.loc 2 9 1, function_name $names+0, inlined_at 1 2 5\n\tadd.u32 %r1, %r1, 1;\n\tret;\n}\n\n.section .debug_str\n{\n}\n";
        let listing = ptx(text, &mut files());
        let found: Vec<_> = listing.lines.iter().map(|line| (line.text.trim(), places(line))).collect();
        assert!(found.contains(&("mov.u32 %r1, 1;", vec![(0, 2)])), "{found:?}");
        assert!(found.contains(&("add.u32 %r1, %r1, 1;", vec![(1, 9), (0, 2)])), "{found:?}");
        assert!(found.contains(&("$L1:", vec![])) && found.contains(&(".reg .b32 %r<2>;", vec![])));
        assert_eq!(listing.lines.last().unwrap().text, "}");
    }

    #[test]
    fn a_position_that_says_it_is_inlined_into_itself_ends() {
        let text = "\t.loc 1 1 1, function_name $n+0, inlined_at 1 2 1\n\t.loc 1 2 1, function_name $n+0, inlined_at 1 1 1\n\tret;\n";
        assert!(ptx(text, &mut files()).lines[0].places.len() <= DEPTH_MAX);
    }

    #[test]
    fn sass_lines_have_the_positions_that_precede_them() {
        let text = "\t.section\t.text.k,\"ax\",@progbits\n.text.k:\n        //## File \"lib.rs\", line 9 inlined at \"src/main.rs\", line 2\n        \
                    //## File \"src/main.rs\", line 2\n        /*0000*/                   MOV R1, c[0x0][0x28] ;\n        \
                    /*0010*/              @P0 BRA `(.L_x_1) ;\n        //## File \"src/main.rs\", line 3\n.L_x_1:\n        /*0020*/                   EXIT ;\n\
                    .text.other:\n        /*0000*/                   EXIT ;\n";
        let listing = sass(text, "k", &mut files());
        let found: Vec<_> = listing.lines.iter().map(|line| (line.text.as_str(), places(line))).collect();
        assert_eq!(
            found,
            [
                ("    MOV R1, c[0x0][0x28] ;", vec![(1, 9), (0, 2)]),
                ("    @P0 BRA `(.L_x_1) ;", vec![(1, 9), (0, 2)]),
                (".L_x_1:", vec![]),
                ("    EXIT ;", vec![(0, 3)]),
            ]
        );
    }
}
