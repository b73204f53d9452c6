//! Bodies: declarations, labels, lines and instructions.

use std::fmt::Write;

use rustc_hash::{FxHashMap, FxHashSet};
use rustg_base::StringId;

use super::{Writer, put};
use crate::ids::{LabelId, PrototypeId, RegisterId, TargetListId, VariableId};
use crate::module::{Function, Instruction, Location};
use crate::opcode::Opcode;
use crate::operand::{AddressBase, Operand, Part};

/// Names of one function that differ from what the module says, because scopes are written flat.
#[derive(Default)]
struct Names {
    used: FxHashSet<String>,
    prefixes: FxHashSet<String>,
    /// Used names without the digits at their ends.
    stems: FxHashSet<String>,
    variables: FxHashMap<u32, String>,
    labels: FxHashMap<u32, String>,
    targets: FxHashMap<u32, String>,
    prototypes: FxHashMap<u32, String>,
    /// For each register block its name.
    blocks: Vec<String>,
}

impl Names {
    /// `name`, or one made from it that is not used yet and that no numbered registers cover.
    fn fresh(&mut self, name: &str) -> String {
        let mut chosen = name.to_owned();
        let mut number = 1;
        loop {
            let stem = chosen.trim_end_matches(|letter: char| letter.is_ascii_digit());
            let is_covered = stem.len() < chosen.len() && self.prefixes.contains(stem);
            if !is_covered && !self.used.contains(&chosen) {
                self.stems.insert(stem.to_owned());
                self.used.insert(chosen.clone());
                return chosen;
            }
            chosen = format!("{name}_{number}");
            number += 1;
        }
    }

    /// The same for the prefix of numbered registers.
    fn fresh_prefix(&mut self, prefix: &str) -> String {
        let mut chosen = prefix.to_owned();
        let mut number = 1;
        while self.stems.contains(&chosen) || !self.prefixes.insert(chosen.clone()) {
            chosen = format!("{prefix}_{number}_");
            number += 1;
        }
        chosen
    }
}

impl<'m> Writer<'m> {
    pub(super) fn body(&mut self, function: &Function) {
        let module = self.module;
        self.out.push_str("\n{\n");
        let mut names = Names::default();
        for parameter in function.returns.clone().chain(function.parameters.clone()) {
            names.fresh(module.name(module.variables[parameter as usize].name));
        }
        self.registers(function, &mut names);
        let is_local = |index: &u32| {
            let prototypes = || module.prototypes.iter();
            !prototypes().any(|prototype| prototype.returns.contains(index) || prototype.parameters.contains(index))
        };
        let has_prototypes = module.prototypes.iter().any(|p| function.variables.contains(&p.parameters.start));
        for index in function.variables.clone().filter(|index| !has_prototypes || is_local(index)) {
            let variable = &module.variables[index as usize];
            if variable.register.is_some() {
                continue;
            }
            let name = names.fresh(module.name(variable.name));
            self.out.push('\t');
            self.variable(index as usize, &name);
            names.variables.insert(index, name);
        }
        let labels = self.labels(function, &mut names);
        for (index, prototype) in module.prototypes.iter().enumerate() {
            if prototype.function.is_some_and(|id| std::ptr::eq(&module.functions[id.index()], function)) {
                let name = names.fresh(module.name(prototype.name));
                self.prototype(prototype, &name);
                names.prototypes.insert(index as u32, name);
            }
        }
        for (index, list) in module.target_lists.iter().enumerate() {
            if std::ptr::eq(&module.functions[list.function.index()], function) {
                let name = names.fresh(module.name(list.name));
                let targets: Vec<String> = match list.is_branch {
                    true => list.labels.iter().map(|label| self.label_name(&names, *label)).collect(),
                    false => (list.functions.iter())
                        .map(|id| module.name(module.functions[id.index()].name).to_owned())
                        .collect(),
                };
                let word = if list.is_branch { ".branchtargets" } else { ".calltargets" };
                put!(self, "{name}: {word} {};\n", targets.join(", "));
                names.targets.insert(index as u32, name);
            }
        }
        self.statements(function, &names, &labels);
        self.out.push_str("}\n");
    }

    fn registers(&mut self, function: &Function, names: &mut Names) {
        let module = self.module;
        for block in
            &module.register_blocks[function.register_blocks.start as usize..function.register_blocks.end as usize]
        {
            let name = module.name(block.name);
            let is_parameter = (function.returns.clone().chain(function.parameters.clone()))
                .any(|index| module.variables[index as usize].register == Some(block.first));
            let name = match block.count {
                _ if is_parameter => name.to_owned(),
                Some(_) => names.fresh_prefix(name),
                None => names.fresh(name),
            };
            let vector = if block.register.lanes > 1 { format!(".v{} ", block.register.lanes) } else { String::new() };
            let kind = block.register.kind.text();
            if !is_parameter {
                let count = block.count.map(|count| format!("<{count}>")).unwrap_or_default();
                put!(self, "\t.reg {vector}.{kind} {name}{count};\n");
            }
            names.blocks.push(name);
        }
    }

    /// Names the function's labels. Their order by place: place and id.
    fn labels(&mut self, function: &Function, names: &mut Names) -> Vec<(u32, LabelId)> {
        let module = self.module;
        let mut placed: Vec<(u32, LabelId)> = Vec::new();
        let mut seen: FxHashMap<(StringId, u32), String> = FxHashMap::default();
        for index in function.labels.clone() {
            let label = &module.labels[index as usize];
            let key = (label.name, label.instruction);
            if let Some(name) = seen.get(&key) {
                names.labels.insert(index, name.clone());
                continue;
            }
            let name = names.fresh(module.name(label.name));
            seen.insert(key, name.clone());
            names.labels.insert(index, name);
            placed.push((label.instruction, LabelId(index)));
        }
        placed.sort();
        placed
    }

    fn label_name(&self, names: &Names, label: LabelId) -> String {
        names.labels.get(&label.0).cloned().unwrap_or_default()
    }

    fn statements(&mut self, function: &Function, names: &Names, labels: &[(u32, LabelId)]) {
        let module = self.module;
        let locations = &module.locations[function.locations.start as usize..function.locations.end as usize];
        let pragma_start = module.statement_pragmas.partition_point(|(at, _)| *at < function.instructions.start);
        let mut pragmas = module.statement_pragmas[pragma_start..].iter().peekable();
        let mut labels = labels.iter().peekable();
        let mut locations = locations.iter().peekable();
        for index in function.instructions.start..=function.instructions.end {
            while let Some(&&(at, label)) = labels.peek() {
                if at > index {
                    break;
                }
                let name = self.label_name(names, label);
                put!(self, "{name}:\n");
                labels.next();
            }
            // Pragmas behind the last instruction may belong to the next function.
            while index < function.instructions.end
                && let Some((_, pragma)) = pragmas.next_if(|(at, _)| *at <= index)
            {
                put!(self, "\t.pragma \"{}\";\n", module.name(*pragma));
            }
            while let Some(location) = locations.next_if(|location| location.instruction <= index) {
                self.location(location);
            }
            if index < function.instructions.end {
                let instruction = &module.instructions[index as usize];
                let unified = module.unified_accesses.binary_search(&index).is_ok();
                self.instruction(function, names, instruction, unified);
            }
        }
    }

    fn location(&mut self, location: &Location) {
        put!(self, "\t.loc {} {} {}", location.file, location.line, location.column);
        if let Some((name, offset)) = location.function {
            put!(self, ", function_name {}", self.module.name(name));
            if offset != 0 {
                put!(self, "+{offset}");
            }
        }
        if let Some(call) = location.inlined_at {
            let call = &self.module.locations[call.index()];
            put!(self, ", inlined_at {} {} {}", call.file, call.line, call.column);
        }
        self.out.push('\n');
    }

    fn instruction(&mut self, function: &Function, names: &Names, instruction: &Instruction, unified: bool) {
        let module = self.module;
        self.out.push('\t');
        if let Some((guard, negated)) = instruction.guard.get() {
            self.out.push_str(if negated { "@!" } else { "@" });
            self.register(function, names, guard);
            self.out.push(' ');
        }
        self.out.push_str(module.forms.text(instruction.form));
        for (index, operand) in module.operands_of(instruction).iter().enumerate() {
            self.out.push_str(if index == 0 { " " } else { ", " });
            self.operand(function, names, operand);
            if unified && matches!(operand, Operand::Address(..)) {
                self.out.push_str(".unified");
            }
        }
        debug_assert!(instruction.opcode != Opcode::Unknown || instruction.operand_count < u16::MAX);
        self.out.push_str(";\n");
    }

    fn register(&mut self, function: &Function, names: &Names, register: RegisterId) {
        let module = self.module;
        let blocks =
            &module.register_blocks[function.register_blocks.start as usize..function.register_blocks.end as usize];
        let at = blocks.partition_point(|block| block.first <= register).saturating_sub(1);
        self.out.push_str(&names.blocks[at]);
        if blocks[at].count.is_some() {
            put!(self, "{}", register.0 - blocks[at].first.0);
        }
    }

    fn variable_name(&mut self, names: &Names, variable: VariableId) {
        match names.variables.get(&variable.0) {
            Some(name) => self.out.push_str(name),
            None => self.out.push_str(self.module.name(self.module.variables[variable.index()].name)),
        }
    }

    fn list(&mut self, function: &Function, names: &Names, range: crate::ids::OperandRange, separator: &str) {
        let module = self.module;
        for (index, element) in module.elements(range).iter().enumerate() {
            if index > 0 {
                self.out.push_str(separator);
            }
            self.operand(function, names, element);
        }
    }

    fn operand(&mut self, function: &Function, names: &Names, operand: &Operand) {
        let module = self.module;
        match *operand {
            Operand::Register(register) => self.register(function, names, register),
            Operand::Negated(register) => {
                self.out.push('!');
                self.register(function, names, register);
            }
            Operand::Part(register, part) => {
                self.register(function, names, register);
                self.part(part);
            }
            Operand::Integer(value) => {
                put!(self, "{}", value as i64);
            }
            Operand::F32(bits) => {
                put!(self, "0f{bits:08X}");
            }
            Operand::F64(bits) => {
                put!(self, "0d{bits:016X}");
            }
            Operand::Address(base, offset) => {
                self.out.push('[');
                match base {
                    AddressBase::Absolute => {
                        put!(self, "{offset}");
                    }
                    AddressBase::Register(register) => self.register(function, names, register),
                    AddressBase::Variable(variable) => self.variable_name(names, variable),
                    AddressBase::Function(id) => {
                        self.out.push_str(module.name(module.functions[id.index()].name));
                    }
                }
                if offset != 0 && base != AddressBase::Absolute {
                    put!(self, "+{offset}");
                }
                self.out.push(']');
            }
            Operand::Bracket(range) => {
                self.out.push('[');
                for (index, element) in module.elements(range).iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    let start = self.out.len();
                    self.operand(function, names, element);
                    // The first element may be an address, whose brackets are the operand's own.
                    if index == 0 && matches!(element, Operand::Address(..)) {
                        self.out.remove(start);
                        self.out.pop();
                    }
                }
                self.out.push(']');
            }
            Operand::Variable(variable, offset) => {
                self.variable_name(names, variable);
                if offset != 0 {
                    put!(self, "+{offset}");
                }
            }
            Operand::Function(id) => self.out.push_str(module.name(module.functions[id.index()].name)),
            Operand::Label(label) => {
                let name = self.label_name(names, label);
                self.out.push_str(&name);
            }
            Operand::Targets(TargetListId(id)) => self.out.push_str(names.targets.get(&id).map_or("", |name| name)),
            Operand::Prototype(PrototypeId(id)) => match names.prototypes.get(&id) {
                Some(name) => self.out.push_str(name),
                None => self.out.push_str(module.name(module.prototypes[id as usize].name)),
            },
            Operand::Special(special) => self.out.push_str(special.text()),
            Operand::Vector(range) => {
                self.out.push('{');
                self.list(function, names, range, ", ");
                self.out.push('}');
            }
            Operand::List(range) => {
                self.out.push('(');
                self.list(function, names, range, ", ");
                self.out.push(')');
            }
            Operand::Pair(range) => self.list(function, names, range, "|"),
            Operand::Sink | Operand::Unresolved => self.out.push('_'),
        }
    }

    fn part(&mut self, part: Part) {
        let (letter, count, numbers) = match part {
            Part::X => return self.out.push_str(".x"),
            Part::Y => return self.out.push_str(".y"),
            Part::Z => return self.out.push_str(".z"),
            Part::W => return self.out.push_str(".w"),
            Part::Bytes(count, numbers) => ('b', count, numbers),
            Part::Halves(count, numbers) => ('h', count, numbers),
        };
        put!(self, ".{letter}");
        for index in (0..count).rev() {
            put!(self, "{}", numbers >> (index as u32 * 4) & 0xf);
        }
    }
}
