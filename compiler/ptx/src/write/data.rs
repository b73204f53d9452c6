//! Variables with their initial values, prototypes and sections.

use super::{Writer, put};
use crate::ids::VariableId;
use crate::module::{Prototype, Relocation, RelocationTarget, Section, SectionItem, Space, Variable};
use crate::types::Type;
use std::fmt::Write;

fn space_text(space: Space) -> &'static str {
    match space {
        Space::Generic => "",
        Space::Register => ".reg",
        Space::Special => ".sreg",
        Space::Constant => ".const",
        Space::Global => ".global",
        Space::Local => ".local",
        Space::Parameter => ".param",
        Space::Shared => ".shared",
        Space::SharedCluster => ".shared::cluster",
        Space::Texture => ".tex",
    }
}

impl<'m> Writer<'m> {
    /// Space, attributes, alignment, type, name and dimensions.
    pub(super) fn declaration(&mut self, variable: &Variable, name: &str) {
        self.out.push_str(space_text(variable.space));
        if variable.managed || variable.unified.is_some() {
            self.out.push_str(" .attribute(");
            if variable.managed {
                self.out.push_str(".managed");
            }
            if let Some((first, second)) = variable.unified {
                let comma = if variable.managed { ", " } else { "" };
                put!(self, "{comma}.unified({first}, {second})");
            }
            self.out.push(')');
        }
        let lanes = if variable.lanes == 3 { 4 } else { variable.lanes as u32 };
        if variable.align_bytes != variable.kind.size_bytes() * lanes && variable.pointee.is_none() {
            put!(self, " .align {}", variable.align_bytes);
        }
        if variable.lanes > 1 {
            put!(self, " .v{}", variable.lanes);
        }
        put!(self, " .{}", variable.kind.text());
        if let Some((space, align)) = variable.pointee {
            put!(self, " .ptr {} .align {align}", space_text(space));
        }
        put!(self, " {name}");
        for &dimension in &variable.dimensions {
            match dimension {
                0 => self.out.push_str("[]"),
                _ => {
                    put!(self, "[{dimension}]");
                }
            }
        }
    }

    /// A declaration with linkage and initial value.
    pub(super) fn variable(&mut self, index: usize, name: &str) {
        let variable = &self.module.variables[index];
        self.linkage(variable.linkage);
        self.declaration(variable, name);
        if variable.initialised && variable.kind.bits() <= 64 {
            let mut dimensions = variable.dimensions.clone();
            if variable.lanes > 1 {
                dimensions.push(variable.lanes as u64);
            }
            let relocations: Vec<_> = self
                .module
                .relocations
                .iter()
                .filter(|relocation| relocation.variable == VariableId::new(index))
                .collect();
            self.out.push_str(" = ");
            self.values(variable, &dimensions, 0, &relocations);
        }
        self.out.push_str(";\n");
    }

    /// The values of an array from byte `offset` on; zeros at the end are left out.
    fn values(&mut self, variable: &Variable, dimensions: &[u64], offset: u64, relocations: &[&Relocation]) {
        let Some((&length, inner)) = dimensions.split_first() else {
            self.value(variable, offset, relocations);
            return;
        };
        let stride = inner.iter().product::<u64>().max(1) * variable.kind.size_bytes() as u64;
        let end = variable.initial.len() as u64;
        self.out.push('{');
        for index in 0..length {
            let at = offset + index * stride;
            if at >= end && index > 0 {
                break;
            }
            if index > 0 {
                self.out.push_str(", ");
            }
            self.values(variable, inner, at, relocations);
        }
        self.out.push('}');
    }

    fn value(&mut self, variable: &Variable, offset: u64, relocations: &[&Relocation]) {
        if let Some(relocation) = relocations.iter().find(|relocation| relocation.offset_bytes == offset) {
            let name = match relocation.target {
                RelocationTarget::Variable(id) => self.module.variables[id.index()].name,
                RelocationTarget::Function(id) => self.module.functions[id.index()].name,
            };
            let name = self.module.name(name);
            let addend = match relocation.addend {
                0 => String::new(),
                addend if addend > 0 => format!("+{addend}"),
                addend => format!("{addend}"),
            };
            let address =
                if relocation.generic { format!("generic({name}){addend}") } else { format!("{name}{addend}") };
            match relocation.mask {
                Some(mask) => {
                    put!(self, "0x{mask:X}({address})");
                }
                None => self.out.push_str(&address),
            }
            return;
        }
        let size = variable.kind.size_bytes() as usize;
        let start = variable.initial.start as usize + offset as usize;
        let mut bytes = [0; 8];
        for (index, byte) in bytes.iter_mut().enumerate().take(size) {
            let at = start + index;
            *byte = if at < variable.initial.end as usize { self.module.initial_bytes[at] } else { 0 };
        }
        let bits = u64::from_le_bytes(bytes);
        match variable.kind {
            Type::F32 => {
                put!(self, "0f{bits:08X}");
            }
            Type::F64 => {
                put!(self, "0d{bits:016X}");
            }
            _ => {
                put!(self, "{bits}");
            }
        }
    }

    pub(super) fn prototype(&mut self, prototype: &Prototype, name: &str) {
        let module = self.module;
        let variables = |range: &std::ops::Range<u32>| &module.variables[range.start as usize..range.end as usize];
        put!(self, "{name}: .callprototype ");
        self.parameters(variables(&prototype.returns), false);
        self.out.push_str(" _ ");
        self.parameters(variables(&prototype.parameters), false);
        if prototype.noreturn {
            self.out.push_str(" .noreturn");
        }
        if let Some(count) = prototype.abi_preserve {
            put!(self, " .abi_preserve {count}");
        }
        if let Some(count) = prototype.abi_preserve_control {
            put!(self, " .abi_preserve_control {count}");
        }
        self.out.push_str(";\n");
    }

    pub(super) fn section(&mut self, section: &Section) {
        let module = self.module;
        put!(self, "\n.section {}\n{{\n", module.name(section.name));
        let mut open = 0;
        for item in &section.items {
            let (size, text) = match *item {
                SectionItem::Label(name) => {
                    self.out.push_str(if open > 0 { "\n" } else { "" });
                    put!(self, "{}:\n", module.name(name));
                    open = 0;
                    continue;
                }
                SectionItem::Number { size_bytes, value } => (size_bytes, format!("{value}")),
                SectionItem::Symbol { size_bytes, name, addend } => {
                    let sign = if addend > 0 { "+" } else { "" };
                    let addend = if addend == 0 { String::new() } else { addend.to_string() };
                    (size_bytes, format!("{}{sign}{addend}", module.name(name)))
                }
                SectionItem::Difference { size_bytes, plus, minus } => {
                    (size_bytes, format!("{}-{}", module.name(plus), module.name(minus)))
                }
            };
            // A symbol stands alone in its directive: ptxas accepts no list that holds one.
            let is_symbol = !matches!(item, SectionItem::Number { .. });
            if open == size && !is_symbol {
                put!(self, ",{text}");
            } else {
                self.out.push_str(if open > 0 { "\n" } else { "" });
                put!(self, ".b{} {text}", size as u32 * 8);
                open = size;
            }
            if is_symbol {
                self.out.push('\n');
                open = 0;
            }
        }
        self.out.push_str(if open > 0 { "\n}\n" } else { "}\n" });
    }
}
