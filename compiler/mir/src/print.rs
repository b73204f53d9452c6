//! The text form of modules and functions. What [`crate::parse`] reads back prints the same again: blocks and values are
//! numbered in the order in which they stand, whatever their ids are.

use std::fmt::Write;

use crate::function::{Function, List, Parameter};
use crate::ids::{Block, FunctionId, Inst, LocationId, Value};
use crate::immediate::{Memory, Ordering, Rmw, Space, Vote};
use crate::module::{Address, Module};
use crate::opcode::{Opcode, Shape};
use crate::types::Type;

/// A module's text.
pub fn print_module(module: &Module) -> String {
    let mut out = String::new();
    for (id, location) in module.locations.iter().enumerate() {
        let [file, function] = [location.file, location.function].map(|text| module.strings.get(text));
        let _ = write!(out, "location{id} = {file:?} {}:{} in {function:?}", location.line, location.column);
        if location.inlined_at.is_some() {
            let _ = write!(out, " inlined_at {}", location.inlined_at);
        }
        out.push('\n');
    }
    for (id, site) in module.sites.iter().enumerate() {
        let _ = writeln!(out, "site{id} = {:?} {}", module.strings.get(site.message), site.location);
    }
    for (id, signature) in module.signatures.iter().enumerate() {
        let _ = writeln!(out, "signature{id} = ({}){}", types(&signature.parameters), returns(&signature.returns));
    }
    for global in &module.globals {
        print_global(module, global, &mut out);
    }
    for id in 0..module.functions.len() {
        if !out.is_empty() {
            out.push('\n');
        }
        print_function_to(module, FunctionId::new(id), &mut out);
    }
    out
}

/// A function's text.
pub fn print_function(module: &Module, id: FunctionId) -> String {
    let mut out = String::new();
    print_function_to(module, id, &mut out);
    out
}

fn print_global(module: &Module, global: &crate::module::Global, out: &mut String) {
    let name = module.strings.get(global.name);
    let _ = write!(out, "global @{name} {} {} align {}", global.space.name(), global.size_bytes, global.align_bytes);
    if !global.bytes.is_empty() {
        out.push_str(" = ");
        global.bytes.iter().for_each(|byte| {
            let _ = write!(out, "{byte:02x}");
        });
    }
    for (at, address) in &global.addresses {
        let _ = match address {
            Address::Global(id, offset) => {
                write!(out, ", {at}: @{} + {offset}", module.strings.get(module.global(*id).name))
            }
            Address::Function(id) => write!(out, ", {at}: %{}", module.strings.get(module.function(*id).name)),
        };
    }
    out.push('\n');
}

fn types(types: &[Type]) -> String {
    types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ")
}

fn returns(returned: &[Type]) -> String {
    match returned {
        [] => String::new(),
        [one] => format!(" -> {}", one.name()),
        more => format!(" -> ({})", types(more)),
    }
}

fn print_function_to(module: &Module, id: FunctionId, out: &mut String) {
    let function = module.function(id);
    let kind = if function.is_kernel { "kernel" } else { "function" };
    let parameters: Vec<String> = function.parameters.iter().map(parameter).collect();
    let _ = write!(out, "{kind} %{}({})", module.strings.get(function.name), parameters.join(", "));
    out.push_str(&returns(&function.returns));
    for (word, number) in [("max_threads", function.bounds.max_threads), ("min_blocks", function.bounds.min_blocks)] {
        if number != 0 {
            let _ = write!(out, " {word} {number}");
        }
    }
    if !function.has_body() {
        out.push('\n');
        return;
    }
    out.push_str(" {\n");
    for (at, slot) in function.slots.iter().enumerate() {
        let _ = writeln!(out, "    slot{at} = {} align {}", slot.size_bytes, slot.align_bytes);
    }
    let printer = Printer::new(module, function);
    for block in function.blocks() {
        let _ = write!(out, "{}", printer.block(block));
        let parameters: Vec<String> = (function.block_parameters(block))
            .map(|value| format!("{}: {}", printer.value(value), function.value_type(value).name()))
            .collect();
        if !parameters.is_empty() {
            let _ = write!(out, "({})", parameters.join(", "));
        }
        out.push_str(":\n");
        for inst in function.insts(block) {
            out.push_str("    ");
            printer.inst(inst, out);
            out.push('\n');
        }
    }
    out.push_str("}\n");
}

fn parameter(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Bytes(slot) => format!("bytes {} align {}", slot.size_bytes, slot.align_bytes),
        Parameter::Value(ty, facts) => {
            let mut text = ty.name().to_owned();
            for (word, holds) in
                [("global", facts.global), ("read_only", facts.read_only), ("no_alias", facts.no_alias)]
            {
                if holds {
                    text.push(' ');
                    text.push_str(word);
                }
            }
            if facts.bits != 0 {
                let _ = write!(text, " bits {}", facts.bits);
            }
            if facts.align_bytes != 0 {
                let _ = write!(text, " align {}", facts.align_bytes);
            }
            text
        }
    }
}

struct Printer<'a> {
    module: &'a Module,
    function: &'a Function,
    blocks: Vec<u32>,
    values: Vec<u32>,
}

impl<'a> Printer<'a> {
    fn new(module: &'a Module, function: &'a Function) -> Printer<'a> {
        let mut blocks = vec![u32::MAX; function.block_count()];
        let mut values = vec![u32::MAX; function.value_count()];
        let mut next = 0;
        for (at, block) in function.blocks().enumerate() {
            blocks[block.index()] = at as u32;
            let defined =
                function.block_parameters(block).chain(function.insts(block).flat_map(|inst| function.results(inst)));
            for value in defined {
                values[value.index()] = next;
                next += 1;
            }
        }
        Printer { module, function, blocks, values }
    }

    fn block(&self, block: Block) -> Block {
        self.blocks.get(block.index()).map_or(Block::NONE, |&at| Block(at))
    }

    fn value(&self, value: Value) -> Value {
        self.values.get(value.index()).map_or(Value::NONE, |&at| Value(at))
    }

    fn values(&self, values: impl Iterator<Item = Value>) -> String {
        values.map(|value| self.value(value).to_string()).collect::<Vec<_>>().join(", ")
    }

    fn list(&self, list: List) -> String {
        self.values(self.function.values_of(list))
    }

    fn target(&self, target: List) -> String {
        let block = self.block(self.function.target_block(target));
        let arguments = self.values(self.function.target_arguments(target));
        if arguments.is_empty() { block.to_string() } else { format!("{block}({arguments})") }
    }

    fn inst(&self, inst: Inst, out: &mut String) {
        let function = self.function;
        let data = *function.inst(inst);
        let results = self.values(function.results(inst));
        if !results.is_empty() {
            let _ = write!(out, "{results} = ");
        }
        out.push_str(data.opcode.info().name);
        if data.ty != Type::Void {
            let _ = write!(out, ".{}", data.ty.name());
        }
        let [a, b, c] = [data.a, data.b, data.c].map(|field| self.value(Value(field)));
        let _ = match data.opcode.info().shape {
            Shape::Constant => write!(out, " {}", constant(data.ty, function.constant_bits(&data))),
            Shape::Unary | Shape::WarpBarrier => write!(out, " {a}"),
            Shape::Binary => write!(out, " {a}, {b}"),
            Shape::Ternary => write!(out, " {a}, {b}, {c}"),
            Shape::Compare => write!(out, " {} {a}, {b}", data.condition().name()),
            Shape::Slot => write!(out, " {}", data.slot()),
            Shape::Global => write!(out, " @{}", self.module.strings.get(self.module.global(data.global()).name)),
            Shape::Function => write!(out, " %{}", self.module.strings.get(self.module.function(data.function()).name)),
            Shape::Special => write!(out, " {}", data.special().name()),
            Shape::Load => write!(out, " {}, {}", self.address(a, data.offset_bytes()), memory(data.memory())),
            Shape::Store => write!(out, " {}, {c}, {}", self.address(a, data.offset_bytes()), memory(data.memory())),
            Shape::LoadVector => {
                write!(out, " {}, {}, {}", self.address(a, data.offset_bytes()), data.c, memory(data.memory()))
            }
            Shape::StoreVector => {
                write!(
                    out,
                    " {}, ({}), {}",
                    self.address(a, data.offset_bytes()),
                    self.list(data.c),
                    memory(data.memory())
                )
            }
            Shape::Rmw => write!(out, " {} {a}, {b}, {}", data.rmw().name(), memory(data.memory())),
            Shape::CompareExchange => write!(out, " {a}, {b}, {c}, {}", memory(data.memory())),
            Shape::Fence => write!(out, " {} {}", data.memory().ordering().name(), data.memory().scope().name()),
            Shape::Barrier => write!(out, " {}{}", data.a, if data.aux == 1 { " aligned" } else { "" }),
            Shape::Shuffle => {
                let (mode, width) = data.shuffle();
                write!(out, " {} {a}, {b}, {c}, width {width}", mode.name())
            }
            Shape::Vote if data.opcode == Opcode::Ballot => write!(out, " {a}, {b}"),
            Shape::Vote => write!(out, " {} {a}, {b}", Vote::from_bits(data.aux).name()),
            Shape::Match => write!(out, " {} {a}, {b}", if data.aux == 1 { "all" } else { "any" }),
            Shape::Reduce => write!(out, " {} {a}, {b}", Rmw::from_bits(data.aux).name()),
            Shape::Call => {
                let callee = self.module.strings.get(self.module.function(data.function()).name);
                write!(out, " %{callee}({})", self.list(data.c))
            }
            Shape::CallIndirect => write!(out, " signature{} {b}({})", data.a, self.list(data.c)),
            Shape::Assert => write!(out, " {a}, {}({})", data.site(), self.list(data.c)),
            Shape::Panic => write!(out, " {}({})", data.site(), self.list(data.c)),
            Shape::Print => {
                let format = self.module.strings.get(rustg_base::StringId(data.a));
                write!(out, " {format:?}({})", self.list(data.c))
            }
            Shape::Jump => write!(out, " {}", self.target(data.c)),
            Shape::Branch => write!(out, " {a}, {}, {}", self.target(data.b), self.target(data.c)),
            Shape::Switch => {
                let default = function.list(data.c)[0];
                let cases: String =
                    function.cases(inst).map(|(key, target)| format!(", {key}: {}", self.target(target))).collect();
                write!(out, " {a}, {}{cases}", self.target(default))
            }
            Shape::Return if data.c == 0 => Ok(()),
            Shape::Return => write!(out, " {}", self.list(data.c)),
            Shape::Nothing => Ok(()),
        };
        if function.location(inst) != LocationId::NONE {
            let _ = write!(out, " ! {}", function.location(inst));
        }
    }

    fn address(&self, address: Value, offset_bytes: i32) -> String {
        match offset_bytes {
            0 => format!("[{address}]"),
            1.. => format!("[{address} + {offset_bytes}]"),
            _ => format!("[{address} - {}]", offset_bytes.unsigned_abs()),
        }
    }
}

/// A constant as the parser reads it: integers in decimal, floats by their bits.
fn constant(ty: Type, bits: u128) -> String {
    match ty {
        Type::Bool => (bits != 0).to_string(),
        _ if ty.is_float() => format!("0x{bits:0width$x}", width = ty.bits() as usize / 4),
        _ => bits.to_string(),
    }
}

/// Memory flags: space, alignment, ordering with scope, `read_only`.
fn memory(memory: Memory) -> String {
    let mut text = String::new();
    if memory.space() != Space::Generic {
        let _ = write!(text, "{} ", memory.space().name());
    }
    let _ = write!(text, "align {}", memory.align_bytes());
    if memory.ordering() != Ordering::Plain {
        let _ = write!(text, " {} {}", memory.ordering().name(), memory.scope().name());
    }
    if memory.is_read_only() {
        text.push_str(" read_only");
    }
    text
}
