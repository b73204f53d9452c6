//! The writer: tables to text that `ptxas` and the reader accept.
//!
//! Nested scopes are written flat: what shadows another name gets a name of its own. Writing what was read from written text gives
//! the same bytes again.

mod body;
mod data;

use std::fmt::Write;

use rustc_hash::FxHashSet;

use crate::module::{Directives, Function, Linkage, Module, RelocationTarget, Space, Variable};
use crate::operand::Operand;

/// `module` as PTX text. Deterministic: the same tables give the same bytes.
pub fn write(module: &Module) -> String {
    let size = module.instructions.len() * 40 + module.variables.len() * 40 + 256;
    let mut writer = Writer { module, out: String::with_capacity(size) };
    writer.module();
    writer.out
}

struct Writer<'m> {
    module: &'m Module,
    out: String,
}

/// Writes formatted text; writing to a string cannot fail.
macro_rules! put {
    ($writer:expr, $($arguments:tt)*) => {
        let _ = write!($writer.out, $($arguments)*);
    };
}
pub(self) use put;

impl<'m> Writer<'m> {
    fn module(&mut self) {
        let module = self.module;
        put!(self, ".version {}.{}\n", module.version.major, module.version.minor);
        let target = &module.target;
        put!(self, ".target sm_{}{}", target.sm, target.suffix.map(String::from).unwrap_or_default());
        for &option in &target.options {
            put!(self, ", {}", module.name(option));
        }
        put!(self, "{}\n", if target.debug { ", debug" } else { "" });
        put!(self, ".address_size {}\n", module.address_size);
        if let Some(language) = module.language {
            put!(self, ".language \"{}\"\n", module.name(language));
        }
        for &pragma in &module.pragmas {
            put!(self, ".pragma \"{}\";\n", module.name(pragma));
        }
        for file in &module.files {
            put!(self, ".file {} \"{}\"", file.number, module.name(file.path));
            if let Some((time, size)) = file.stamp {
                put!(self, ", {time}, {size}");
            }
            self.out.push('\n');
        }
        self.out.push('\n');
        let addressed = self.addressed_entries();
        for (index, function) in module.functions.iter().enumerate() {
            if !function.is_entry || !function.is_defined || addressed.contains(&(index as u32)) {
                self.function_head(function);
                self.out.push_str(";\n");
            }
        }
        for (index, variable) in module.variables.iter().enumerate() {
            if is_module_scope(variable) {
                self.variable(index, module.name(variable.name));
            }
        }
        for prototype in module.prototypes.iter().filter(|prototype| prototype.function.is_none()) {
            self.prototype(prototype, module.name(prototype.name));
        }
        // In the order of the text they were read from, which declarations do not change.
        let mut defined: Vec<_> = module.functions.iter().filter(|function| function.is_defined).collect();
        defined.sort_by_key(|function| (function.instructions.start, function.span.start));
        for function in defined {
            self.out.push('\n');
            self.function_head(function);
            self.body(function);
        }
        for &(alias, target) in &module.aliases {
            let name = |id: crate::ids::FunctionId| module.name(module.functions[id.index()].name);
            put!(self, ".alias {}, {};\n", name(alias), name(target));
        }
        for section in &module.sections {
            self.section(section);
        }
    }

    /// Kernels whose address is taken, which must be declared before.
    fn addressed_entries(&self) -> FxHashSet<u32> {
        let operands = self.module.operands.iter().filter_map(|operand| match operand {
            Operand::Function(function) => Some(function.0),
            _ => None,
        });
        let relocations = self.module.relocations.iter().filter_map(|relocation| match relocation.target {
            RelocationTarget::Function(function) => Some(function.0),
            RelocationTarget::Variable(_) => None,
        });
        operands.chain(relocations).collect()
    }

    fn linkage(&mut self, linkage: Linkage) {
        self.out.push_str(match linkage {
            Linkage::Internal => "",
            Linkage::Extern => ".extern ",
            Linkage::Visible => ".visible ",
            Linkage::Weak => ".weak ",
            Linkage::Common => ".common ",
        });
    }

    /// Linkage, results, name, parameters and directives of a function.
    fn function_head(&mut self, function: &Function) {
        let module = self.module;
        self.linkage(function.linkage);
        self.out.push_str(if function.is_entry { ".entry " } else { ".func " });
        if !function.returns.is_empty() {
            self.parameters(&module.variables[function.returns.start as usize..function.returns.end as usize], true);
            self.out.push(' ');
        }
        self.out.push_str(module.name(function.name));
        self.parameters(module.parameters_of(function), true);
        self.directives(&function.directives);
    }

    /// A parameter list in parentheses.
    fn parameters(&mut self, parameters: &[Variable], named: bool) {
        self.out.push('(');
        for (index, parameter) in parameters.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            let name = if named { self.module.name(parameter.name) } else { "_" };
            self.declaration(parameter, name);
        }
        self.out.push(')');
    }

    fn directives(&mut self, directives: &Directives) {
        let numbers = [
            (".maxnreg", directives.maxnreg),
            (".minnctapersm", directives.minnctapersm),
            (".maxnctapersm", directives.maxnctapersm),
            (".maxclusterrank", directives.maxclusterrank),
            (".abi_preserve", directives.abi_preserve),
            (".abi_preserve_control", directives.abi_preserve_control),
        ];
        let triples = [
            (".maxntid", directives.maxntid),
            (".reqntid", directives.reqntid),
            (".reqnctapercluster", directives.reqnctapercluster),
        ];
        let flags = [
            (".explicitcluster", directives.explicitcluster),
            (".blocksareclusters", directives.blocksareclusters),
            (".noreturn", directives.noreturn),
        ];
        for (name, triple) in triples {
            if let Some([x, y, z]) = triple {
                put!(self, " {name} {x}, {y}, {z}");
            }
        }
        for (name, number) in numbers {
            if let Some(number) = number {
                put!(self, " {name} {number}");
            }
        }
        for (name, _) in flags.iter().filter(|(_, set)| *set) {
            put!(self, " {name}");
        }
        if let Some((first, second)) = directives.unified {
            put!(self, " .attribute(.unified({first}, {second}))");
        }
        for &pragma in &directives.pragmas {
            put!(self, " .pragma \"{}\";", self.module.name(pragma));
        }
    }
}

fn is_module_scope(variable: &Variable) -> bool {
    variable.function.is_none() && !matches!(variable.space, Space::Parameter | Space::Register)
}
