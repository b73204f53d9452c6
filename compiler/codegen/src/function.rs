//! The frame around instruction selection: module header, function outline, registers, operands.

use std::fmt::Write;

use rustc_hash::FxHashMap;
use rustg_base::StringId;
use rustg_mir::function::{Function, InstData, Parameter};
use rustg_mir::ids::{FunctionId, GlobalId, Inst, SiteId, Value};
use rustg_mir::immediate::Space;
use rustg_mir::module::Module;
use rustg_mir::opcode::{Opcode, Shape};
use rustg_mir::opt::address_spaces;
use rustg_mir::types::Type;

use crate::fragment::{Fragment, FragmentSite};
use crate::lines::Lines;
use crate::name::identifier;
use crate::operand::Operand;
use crate::panic::ColdBlock;
use crate::registers::{Class, Register, Registers};
use crate::{
    Target, Unsupported, Version, call, control, convert, float, global, integer, memory, overflow, panic, warp, wide,
};

/// Writes one line of a body.
macro_rules! ptx {
    ($body:expr, $($argument:tt)*) => {{
        $body.text.push('\t');
        let _ = ::std::fmt::Write::write_fmt(&mut $body.text, format_args!($($argument)*));
        $body.text.push_str(";\n");
    }};
}
pub(crate) use ptx;

/// A module on its way to text.
pub(crate) struct Emitter<'a> {
    pub module: &'a Module,
    pub target: Target,
    pub version: Version,
    pub lines: Lines,
    /// The formats of `print`, in the order of their symbols.
    pub formats: Vec<String>,
    /// The places that can panic, in the order of their numbers.
    pub sites: Vec<SiteId>,
    site_numbers: FxHashMap<SiteId, u32>,
    /// Whether functions that are no kernels are handed the panic record: one of them may panic.
    pub functions_take_record: bool,
    pub uses_print: bool,
    /// Whether the whole module is written, and not one kernel with what it reaches.
    pub is_whole: bool,
    /// Variables that are declared in any case.
    pub kept: Vec<GlobalId>,
    /// The functions that are written, in their order, and the names that they get where these are not their own.
    functions: Vec<FunctionId>,
    names: FxHashMap<FunctionId, String>,
    /// Their text.
    text: String,
}

impl<'a> Emitter<'a> {
    /// For the whole of a module.
    pub fn new(module: &'a Module, target: Target) -> Emitter<'a> {
        let all =
            (0..module.functions.len()).map(FunctionId::new).filter(|id| module.function(*id).has_body()).collect();
        let mut emitter = Emitter::for_functions(module, target, all);
        // Every site keeps its number.
        (0..module.sites.len()).map(SiteId::new).for_each(|site| _ = emitter.site(site));
        emitter
    }

    /// For a kernel and the functions that it reaches, whose names nobody else shall have.
    pub fn for_kernel(module: &'a Module, target: Target, kernel: FunctionId) -> Emitter<'a> {
        let functions = reached(module, kernel);
        let own = identifier(module.strings.get(module.function(kernel).name));
        let mut emitter = Emitter::for_functions(module, target, functions);
        emitter.is_whole = false;
        for (at, &id) in emitter.functions.iter().enumerate().skip(1) {
            let name = identifier(module.strings.get(module.function(id).name));
            emitter.names.insert(id, format!("{own}$in${at}${name}"));
        }
        // Callees first: a call follows the definition of what it calls.
        emitter.functions.reverse();
        emitter
    }

    fn for_functions(module: &'a Module, target: Target, functions: Vec<FunctionId>) -> Emitter<'a> {
        let panics = |id: &FunctionId| !module.function(*id).is_kernel && may_panic(module.function(*id));
        Emitter {
            module,
            target,
            version: target.lowest_version(),
            lines: Lines::default(),
            formats: Vec::new(),
            sites: Vec::new(),
            site_numbers: FxHashMap::default(),
            functions_take_record: functions.iter().any(panics),
            uses_print: false,
            is_whole: true,
            kept: Vec::new(),
            functions,
            names: FxHashMap::default(),
            text: String::new(),
        }
    }

    /// The number of a site in the fragment.
    pub fn site(&mut self, site: SiteId) -> u32 {
        *self.site_numbers.entry(site).or_insert_with(|| {
            self.sites.push(site);
            self.sites.len() as u32 - 1
        })
    }

    /// Writes all its functions; what cannot be written is told.
    pub fn emit_functions(&mut self) -> Vec<Unsupported> {
        let functions = self.functions.clone();
        functions.into_iter().filter_map(|id| self.emit_function(id).err()).collect()
    }

    /// Notes that the text uses something of that version.
    pub fn need(&mut self, version: Version) {
        self.version = self.version.max(version);
    }

    fn emit_function(&mut self, id: FunctionId) -> Result<(), Unsupported> {
        let outline = self.outline(id);
        let mut body = Body::new(self, id);
        body.emit()?;
        let Body { text, registers, depot, .. } = body;
        let _ = write!(self.text, "{outline}\n{{\n{depot}{}{text}}}\n\n", registers.declarations());
        Ok(())
    }

    /// `.visible .entry name(…)` with its launch bounds, or `.func (…) name(…)`.
    fn outline(&mut self, id: FunctionId) -> String {
        let function = self.module.function(id);
        let name = self.function_name(id);
        if !function.is_kernel {
            return format!(".func {}", call::declaration(self, &self.module.signature_of(id), &name));
        }
        let mut parameters: Vec<String> = (function.parameters.iter().enumerate())
            .map(|(at, parameter)| match parameter {
                Parameter::Bytes(slot) => {
                    format!("\t.param .align {} .b8 {name}_param_{at}[{}]", slot.align_bytes, slot.size_bytes)
                }
                Parameter::Value(ty, _) => format!("\t.param .{} {name}_param_{at}", memory::memory_type(*ty)),
            })
            .collect();
        parameters.push(format!("\t.param .b64 {name}_param_{}", parameters.len()));
        let mut text = format!(".visible .entry {name}(\n{}\n)", parameters.join(",\n"));
        if function.bounds.max_threads != 0 {
            let _ = write!(text, "\n.maxntid {}, 1, 1", function.bounds.max_threads);
        }
        if function.bounds.min_blocks != 0 {
            let _ = write!(text, "\n.minnctapersm {}", function.bounds.min_blocks);
        }
        text
    }

    pub fn function_name(&self, id: FunctionId) -> String {
        match self.names.get(&id) {
            Some(name) => name.clone(),
            None => identifier(self.module.strings.get(self.module.function(id).name)),
        }
    }

    /// What was written, as a fragment.
    pub fn finish(mut self) -> Fragment {
        let mut declarations = String::new();
        let mut in_order = self.functions.clone();
        in_order.sort_unstable();
        for id in in_order.into_iter().filter(|id| !self.module.function(*id).is_kernel) {
            let signature = self.module.signature_of(id);
            let declaration = call::declaration(&self, &signature, &self.function_name(id));
            let _ = writeln!(declarations, ".func {declaration};");
        }
        let text = |id| self.module.strings.get(id).to_owned();
        let mut sites = Vec::with_capacity(self.sites.len());
        for site in &self.sites {
            let site = self.module.site(*site);
            let location = site.location.is_some().then(|| self.module.locations[site.location.index()]);
            let file = self.lines.file(self.module, location.map_or(StringId::EMPTY, |location| location.file));
            sites.push(FragmentSite {
                message: text(site.message),
                function: text(location.map_or(StringId::EMPTY, |location| location.function)),
                file,
                line: location.map_or(0, |location| u64::from(location.line)),
                column: location.map_or(0, |location| location.column),
            });
        }
        let globals = global::emit_globals(&self, &self.functions);
        Fragment {
            version: self.version,
            uses_print: self.uses_print,
            text: self.text,
            declarations,
            files: self.lines.files,
            names: self.lines.names,
            formats: self.formats,
            sites,
            globals,
        }
    }
}

/// The kernel, then the functions with bodies that it reaches, in the order in which they are met.
fn reached(module: &Module, kernel: FunctionId) -> Vec<FunctionId> {
    let mut found = vec![kernel];
    let mut at = 0;
    while let Some(&id) = found.get(at) {
        let function = module.function(id);
        for inst in function.blocks().flat_map(|block| function.insts(block)) {
            let data = function.inst(inst);
            if matches!(data.opcode, Opcode::Call | Opcode::FunctionAddress)
                && !found.contains(&data.function())
                && module.function(data.function()).has_body()
            {
                found.push(data.function());
            }
        }
        at += 1;
    }
    found
}

fn may_panic(function: &Function) -> bool {
    let mut insts = function.blocks().flat_map(|block| function.insts(block));
    insts.any(|inst| matches!(function.inst(inst).opcode.info().shape, Shape::Assert | Shape::Panic))
}

/// A function's body on its way to text.
pub(crate) struct Body<'a, 'm> {
    pub emitter: &'a mut Emitter<'m>,
    pub function: &'m Function,
    /// Its name in PTX.
    name: String,
    pub text: String,
    pub registers: Registers,
    /// Declarations of local memory.
    pub depot: String,
    /// The space whose own addresses a value holds, by value; `None` for generic addresses and everything else.
    pub spaces: Vec<Option<Space>>,
    pub cold: Vec<ColdBlock>,
    values: Vec<Option<Register>>,
}

impl<'a, 'm> Body<'a, 'm> {
    fn new(emitter: &'a mut Emitter<'m>, id: FunctionId) -> Body<'a, 'm> {
        let function = emitter.module.function(id);
        let spaces = address_spaces(emitter.module, function);
        // A global address is its own generic one (PTX ISA, 5.2 State Spaces: generic addressing).
        let own = |space: Option<Space>| space.filter(|space| !matches!(space, Space::Global | Space::Generic));
        Body {
            text: String::new(),
            registers: Registers::default(),
            depot: String::new(),
            spaces: spaces.into_iter().map(own).collect(),
            cold: Vec::new(),
            values: vec![None; function.value_count()],
            name: emitter.function_name(id),
            emitter,
            function,
        }
    }

    fn emit(&mut self) -> Result<(), Unsupported> {
        self.declare_slots();
        self.load_parameters();
        let blocks: Vec<_> = self.function.blocks().collect();
        for (at, &block) in blocks.iter().enumerate() {
            control::emit_label(self, block);
            for inst in self.function.insts(block) {
                self.emit_location(inst);
                self.emit_inst(inst, blocks.get(at + 1).copied()).map_err(|what| self.unsupported(inst, what))?;
            }
        }
        panic::emit_cold_blocks(self);
        Ok(())
    }

    fn unsupported(&self, inst: Inst, what: String) -> Unsupported {
        let function = self.emitter.module.strings.get(self.function.name).to_owned();
        Unsupported { function, location: self.function.location(inst), what }
    }

    fn declare_slots(&mut self) {
        let mut used = vec![false; self.function.slots.len()];
        for inst in self.function.blocks().flat_map(|block| self.function.insts(block)) {
            let data = self.function.inst(inst);
            if data.opcode == Opcode::SlotAddress {
                used[data.slot().index()] = true;
            }
        }
        for (at, slot) in self.function.slots.iter().enumerate().filter(|(at, _)| used[*at]) {
            let _ =
                writeln!(self.depot, "\t.local .align {} .b8 slot{at}[{}];", slot.align_bytes, slot.size_bytes.max(1));
        }
    }

    /// Loads the address of the launch's panic record, which is a kernel's last parameter, and a function's where one may panic.
    pub fn load_record(&mut self) -> Register {
        let register = self.scratch(Class::Long);
        let name = &self.name;
        match self.function.is_kernel {
            true => ptx!(self, "ld.param.b64 {register}, [{name}_param_{}]", self.function.parameters.len()),
            false => ptx!(self, "ld.param.b64 {register}, [{name}_record]"),
        }
        register
    }

    fn load_parameters(&mut self) {
        let name = self.name.clone();
        if !self.function.is_kernel {
            return call::load_parameters(self, &name);
        }
        let values: Vec<Value> = self.function.block_parameters(self.function.entry()).collect();
        for (at, (value, parameter)) in values.into_iter().zip(&self.function.parameters).enumerate() {
            match parameter {
                Parameter::Bytes(_) => {
                    let register = self.define(value);
                    ptx!(self, "mov.b64 {register}, {name}_param_{at}");
                }
                Parameter::Value(ty, _) => {
                    memory::load_scalar(self, value, *ty, "param", &format!("[{name}_param_{at}]"))
                }
            }
        }
    }

    /// Selects instructions for one of ours; what has no form yet is an error by name.
    fn emit_inst(&mut self, inst: Inst, next: Option<rustg_mir::ids::Block>) -> Result<(), String> {
        let data = *self.function.inst(inst);
        let result = || self.function.result(inst);
        if self.is_wide(inst) {
            return wide::emit(self, inst, &data);
        }
        match data.opcode.info().shape {
            // Constants are written where they are used.
            Shape::Constant => {}
            Shape::Slot | Shape::Global | Shape::Function => self.emit_address(inst, &data),
            Shape::Special => {
                let register = self.define(result());
                ptx!(self, "mov.u32 {register}, %{}", data.special().name());
            }
            Shape::Load | Shape::Store | Shape::LoadVector | Shape::StoreVector => {
                memory::emit_access(self, inst, &data)?
            }
            Shape::Rmw | Shape::CompareExchange => memory::emit_atomic(self, inst, &data)?,
            Shape::Fence => memory::emit_fence(self, &data)?,
            Shape::Barrier | Shape::WarpBarrier => warp::emit_barrier(self, &data),
            Shape::Shuffle | Shape::Vote | Shape::Match | Shape::Reduce => warp::emit(self, inst, &data)?,
            Shape::Call | Shape::CallIndirect => call::emit(self, inst, &data)?,
            Shape::Print => call::emit_print(self, &data)?,
            Shape::Assert | Shape::Panic => panic::emit(self, &data),
            Shape::Jump | Shape::Branch | Shape::Switch | Shape::Return => control::emit(self, inst, &data, next)?,
            Shape::Nothing => control::emit_nothing(self, inst, &data),
            Shape::Unary | Shape::Binary | Shape::Ternary | Shape::Compare => self.emit_computation(inst, &data)?,
        }
        Ok(())
    }

    /// Whether it computes with, loads or stores 128-bit integers.
    fn is_wide(&self, inst: Inst) -> bool {
        use Shape::*;
        let shape = self.function.inst(inst).opcode.info().shape;
        if !matches!(shape, Constant | Unary | Binary | Ternary | Compare | Load | Store) {
            return false;
        }
        let mut wide = self.function.results(inst).any(|value| self.function.value_type(value) == Type::I128);
        self.function.for_each_operand(inst, |value| wide |= self.function.value_type(value) == Type::I128);
        wide
    }

    fn emit_computation(&mut self, inst: Inst, data: &InstData) -> Result<(), String> {
        use Opcode::*;
        match data.opcode {
            Offset => {
                self.emit_offset(inst, data);
                Ok(())
            }
            Extend | ExtendS | Truncate | Bitcast | FromU | FromS | ToU | ToS | ConvertFloat => {
                convert::emit(self, inst, data)
            }
            AddOverflowU | AddOverflowS | SubOverflowU | SubOverflowS | MulOverflowU | MulOverflowS => {
                overflow::emit(self, inst, data);
                Ok(())
            }
            _ if data.ty.is_float() && data.opcode != Select => float::emit(self, inst, data),
            _ => integer::emit(self, inst, data),
        }
    }

    // Operands.

    /// The bits of a constant.
    pub fn constant(&self, value: Value) -> Option<u128> {
        self.function.constant(value)
    }

    pub fn value_type(&self, value: Value) -> Type {
        self.function.value_type(value)
    }

    /// The register that a value is put into.
    pub fn define(&mut self, value: Value) -> Register {
        if let Some(register) = self.values[value.index()] {
            return register;
        }
        let ty = self.function.value_type(value);
        let register = self.registers.add(Class::of(ty));
        if ty == Type::I128 {
            // The upper half lies right behind.
            self.registers.add(Class::Long);
        }
        self.values[value.index()] = Some(register);
        register
    }

    /// A register of no value.
    pub fn scratch(&mut self, class: Class) -> Register {
        self.registers.add(class)
    }

    /// A value as a source: an immediate where it is a constant that has one. An address becomes generic.
    pub fn operand(&mut self, value: Value) -> Operand {
        let ty = self.function.value_type(value);
        match self.constant(value) {
            Some(bits) => match Operand::immediate(ty, bits) {
                Some(immediate) => immediate,
                None => Operand::Register(self.constant_register(ty, bits)),
            },
            None => Operand::Register(self.generic(value)),
        }
    }

    /// A value in a register. An address becomes generic.
    pub fn register(&mut self, value: Value) -> Register {
        match self.operand(value) {
            Operand::Register(register) => register,
            immediate => {
                let class = Class::of(self.function.value_type(value));
                let register = self.scratch(class);
                ptx!(self, "mov.{} {register}, {immediate}", class.suffix());
                register
            }
        }
    }

    fn constant_register(&mut self, ty: Type, bits: u128) -> Register {
        let class = Class::of(ty);
        let register = self.scratch(class);
        match class {
            Class::Predicate => ptx!(self, "setp.ne.u32 {register}, {bits}, 0"),
            _ => ptx!(self, "mov.{} {register}, 0x{bits:X}", class.suffix()),
        }
        register
    }

    /// The register of a value that is no constant.
    pub fn raw(&mut self, value: Value) -> Register {
        self.define(value)
    }

    fn generic(&mut self, value: Value) -> Register {
        let register = self.raw(value);
        match self.spaces[value.index()] {
            None => register,
            Some(space) => {
                let generic = self.scratch(Class::Long);
                if space == Space::Parameter {
                    self.emitter.need(Version(7, 7));
                }
                ptx!(self, "cvta.{}.u64 {generic}, {register}", crate::address::space_name(space));
                generic
            }
        }
    }

    fn emit_location(&mut self, inst: Inst) {
        let shows = !matches!(self.function.inst(inst).opcode.info().shape, Shape::Constant);
        let location = self.function.location(inst);
        if shows && location.is_some() {
            let module = self.emitter.module;
            if self.emitter.lines.at(module, location, &mut self.text) {
                self.emitter.need(Version(7, 2));
            }
        }
    }
}
