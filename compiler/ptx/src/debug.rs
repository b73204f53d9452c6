//! What a PTX text says about its source: debug sections as bytes, and chains of inlined locations.
//!
//! Addresses in the assembled sections are indices of instructions in the module, so that a DWARF reader finds rows, ranges and
//! variables by the program counter of the simulator. This module assembles; it reads no DWARF.

use rustc_hash::FxHashMap;
use rustg_base::StringId;

use crate::ids::{LocationId, VariableId};
use crate::module::{Location, Module, Section, SectionItem};

/// The content of all `.section` directives of one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DebugSection {
    /// Its name, with the dot: `.debug_info`.
    pub name: StringId,
    /// Its bytes, little endian. Labels of code stand as instruction indices, labels of sections as offsets into theirs.
    pub bytes: Vec<u8>,
    /// Where the address of a variable stands, as the number to add to it: offset in bytes, and whose.
    pub variables: Vec<(u64, VariableId)>,
    /// Where a name stands, as zeros, that the module does not have.
    pub unresolved: Vec<(u64, StringId)>,
}

/// What a name in a section stands for.
#[derive(Clone, Copy)]
enum Meaning {
    Number(u64),
    Variable(VariableId),
}

impl Module {
    /// The debug sections of the module, assembled: each name once, in the order of the text.
    pub fn debug_sections(&self) -> Vec<DebugSection> {
        let mut sections: Vec<DebugSection> = Vec::new();
        let mut meanings = self.code_names();
        // Where each directive's content begins in its section, and the offsets of labels.
        let mut sizes: FxHashMap<StringId, u64> = FxHashMap::default();
        for section in &self.sections {
            let size = sizes.entry(section.name).or_insert(0);
            meanings.entry(section.name).or_insert(Meaning::Number(0));
            for item in &section.items {
                if let SectionItem::Label(name) = item {
                    meanings.insert(*name, Meaning::Number(*size));
                }
                *size += item.size_bytes();
            }
        }
        for section in &self.sections {
            let at = sections.iter().position(|known| known.name == section.name).unwrap_or_else(|| {
                let (variables, unresolved) = (Vec::new(), Vec::new());
                sections.push(DebugSection { name: section.name, bytes: Vec::new(), variables, unresolved });
                sections.len() - 1
            });
            assemble(section, &meanings, &mut sections[at]);
        }
        sections
    }

    /// What names of code and data stand for in a section; labels of sections come on top of them.
    fn code_names(&self) -> FxHashMap<StringId, Meaning> {
        let mut meanings = FxHashMap::default();
        for (index, variable) in self.variables.iter().enumerate() {
            meanings.insert(variable.name, Meaning::Variable(VariableId::new(index)));
        }
        for function in self.functions.iter().filter(|function| function.is_defined) {
            meanings.insert(function.name, Meaning::Number(function.instructions.start as u64));
        }
        for label in &self.labels {
            meanings.insert(label.name, Meaning::Number(label.instruction as u64));
        }
        meanings
    }

    /// The text, up to its NUL, that stands at a label of a debug section plus `offset` bytes: the `function_name` of a `.loc`.
    pub fn section_text(&self, label: StringId, offset: i64) -> Option<String> {
        let (section, at) = self.sections.iter().find_map(|section| {
            let at = section.items.iter().position(|item| *item == SectionItem::Label(label))?;
            Some((section, at))
        })?;
        let mut skip = u64::try_from(offset).ok()?;
        let mut text = Vec::new();
        for item in &section.items[at..] {
            match *item {
                SectionItem::Label(_) => {}
                SectionItem::Number { size_bytes: 1, value } if skip == 0 => match value as u8 {
                    0 => break,
                    byte => text.push(byte),
                },
                _ if skip >= item.size_bytes() => skip -= item.size_bytes(),
                _ => return None,
            }
        }
        String::from_utf8(text).ok()
    }

    /// The location and those it was inlined into, innermost first.
    pub fn inline_chain(&self, location: LocationId) -> impl Iterator<Item = &Location> {
        // A call site stands before what was inlined there, so that the chain gets shorter with every step.
        std::iter::successors(self.locations.get(location.index()), |location| {
            location.inlined_at.and_then(|call| self.locations.get(call.index()))
        })
    }
}

impl SectionItem {
    /// Bytes that it takes.
    pub fn size_bytes(&self) -> u64 {
        match *self {
            SectionItem::Label(_) => 0,
            SectionItem::Number { size_bytes, .. }
            | SectionItem::Symbol { size_bytes, .. }
            | SectionItem::Difference { size_bytes, .. } => size_bytes as u64,
        }
    }
}

fn assemble(section: &Section, meanings: &FxHashMap<StringId, Meaning>, into: &mut DebugSection) {
    for item in &section.items {
        let at = into.bytes.len() as u64;
        let value = match *item {
            SectionItem::Label(_) => continue,
            SectionItem::Number { value, .. } => value,
            SectionItem::Symbol { name, addend, .. } => match meanings.get(&name) {
                Some(Meaning::Number(value)) => value.wrapping_add_signed(addend),
                Some(Meaning::Variable(variable)) => {
                    into.variables.push((at, *variable));
                    addend as u64
                }
                None => {
                    into.unresolved.push((at, name));
                    0
                }
            },
            SectionItem::Difference { plus, minus, .. } => match (meanings.get(&plus), meanings.get(&minus)) {
                (Some(Meaning::Number(plus)), Some(Meaning::Number(minus))) => plus.wrapping_sub(*minus),
                (Some(_), _) => {
                    into.unresolved.push((at, minus));
                    0
                }
                (None, _) => {
                    into.unresolved.push((at, plus));
                    0
                }
            },
        };
        into.bytes.extend_from_slice(&value.to_le_bytes()[..(item.size_bytes() as usize).min(8)]);
    }
}
