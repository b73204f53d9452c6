//! Random modules: functions with branches, loops, calls, slots and assertions, over every scalar type that hosts have.
//!
//! The crate's own tests and those of code generation use this file.

use rustg_mir::build::Builder;
use rustg_mir::function::{Function, InstData, Parameter, ParameterFacts, SlotData};
use rustg_mir::ids::{Block, FunctionId, LocationId, SiteId, Slot, Value};
use rustg_mir::immediate::{Condition, Memory, Space, Special};
use rustg_mir::module::{Module, Site};
use rustg_mir::opcode::{OPCODES, Opcode, Shape, Want};
use rustg_mir::types::Type;

const TYPES: [Type; 8] = [Type::I32, Type::I64, Type::Bool, Type::I8, Type::I16, Type::I128, Type::F32, Type::F64];

pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood, 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Numbers as programs have them: small ones, edges, and now and then anything.
    pub fn bits(&mut self, ty: Type) -> u128 {
        let any = u128::from(self.next()) << 64 | u128::from(self.next());
        let float = |value: f64| {
            if ty == Type::F32 { u128::from((value as f32).to_bits()) } else { u128::from(value.to_bits()) }
        };
        let bits = match (self.below(6), ty.is_float()) {
            (0, false) => 0,
            (1, false) => any % 10,
            (2, false) => ty.mask().wrapping_sub(any % 3),
            (3, false) => (ty.mask() >> 1) + any % 3,
            (4, false) => 1 << (any % u128::from(ty.bits())),
            (0, true) => float(0.0),
            (1, true) => float(1.0),
            (2, true) => float(-((any % 1000) as f64) / 8.0),
            (3, true) => float(f64::INFINITY),
            (4, true) => float(2_f64.powi((any % 60) as i32 - 30)),
            _ => any,
        };
        bits & ty.mask()
    }
}

/// A function that grows, and the values that may be used where it stands.
struct Writer<'a> {
    builder: Builder<'a>,
    random: &'a mut Random,
    values: Vec<(Type, Value)>,
    callees: &'a [(FunctionId, rustg_mir::module::Signature)],
    instructions_left: usize,
    shows_nans: bool,
}

impl Writer<'_> {
    fn any(&mut self, ty: Type) -> Value {
        let known: Vec<Value> = self.values.iter().filter(|(known, _)| *known == ty).map(|(_, value)| *value).collect();
        if known.is_empty() || self.random.below(5) == 0 {
            let bits = self.random.bits(ty);
            let value = self.builder.constant(ty, bits);
            self.values.push((ty, value));
            return value;
        }
        // The youngest ones more often, so that chains grow.
        let back = self.random.below(known.len()).min(self.random.below(known.len()));
        known[known.len() - 1 - back]
    }

    fn keep(&mut self, ty: Type, value: Value) {
        self.values.push((ty, value));
    }

    /// A pure instruction with operands as its row of the table wants them.
    fn compute(&mut self) {
        let pure: Vec<Opcode> = (OPCODES.iter())
            .filter(|(opcode, info)| {
                matches!(info.shape, Shape::Unary | Shape::Binary | Shape::Ternary | Shape::Compare)
                    && !matches!(opcode, Opcode::Offset | Opcode::Bitcast)
            })
            .map(|(opcode, _)| *opcode)
            .collect();
        let opcode = self.random.pick(&pure);
        let info = opcode.info();
        let ty = self.random.pick(&TYPES);
        // The sign of a NaN would show in a number.
        if !info.types.contains(ty) || opcode == Opcode::CopySign && !self.shows_nans {
            return;
        }
        let mut fields = [0; 3];
        for (at, want) in info.wants.iter().enumerate() {
            let wanted = match want {
                Want::Same => Some(ty),
                Want::Bool => Some(Type::Bool),
                Want::I32 => Some(Type::I32),
                Want::Half => Type::integer(ty.bits() / 2),
                Want::Integer => Some(self.random.pick(&[Type::I8, Type::I16, Type::I32, Type::I64, Type::I128])),
                Want::Float => Some(if ty == Type::F32 { Type::F64 } else { Type::F32 }),
                Want::Narrower => Type::integer(ty.bits() / 2),
                Want::Wider => Type::integer(ty.bits() * 2),
                Want::Address | Want::SameWidth => None,
            };
            let Some(wanted) = wanted else { return };
            fields[at] = self.any(wanted).0;
        }
        let aux = match info.shape {
            Shape::Compare if opcode == Opcode::FloatCompare => self.random.pick(&[0, 1, 4, 5, 6, 7]),
            Shape::Compare if ty == Type::Bool => self.random.pick(&[0, 1]),
            Shape::Compare => self.random.pick(&[0, 1, 2, 3, 4, 5]),
            _ => 0,
        };
        let inst = self.builder.push(InstData { opcode, ty, aux, a: fields[0], b: fields[1], c: fields[2] });
        let results: Vec<Value> = self.builder.function.results(inst).collect();
        for value in results {
            let ty = self.builder.function.value_type(value);
            self.keep(ty, value);
        }
    }

    fn access_slot(&mut self) {
        let slot = Slot::new(self.random.below(self.builder.function.slots.len()));
        let stored = [Type::I32, Type::I64, Type::I8, Type::F32];
        let ty = self.random.pick(if self.shows_nans { &stored } else { &stored[..3] });
        let places = self.builder.function.slots[slot.index()].size_bytes / ty.size_bytes();
        let offset = self.random.below(places as usize) as i32 * ty.size_bytes() as i32;
        let address = self.builder.slot_address(slot);
        let memory = Memory::plain(Space::Generic, ty.size_bytes());
        if self.random.below(2) == 0 {
            let value = self.any(ty);
            self.builder.store(ty, memory, address, offset, value);
        } else {
            // Slots are written at the beginning, so that no pass may make up what is read.
            let value = self.builder.load(ty, memory, address, offset);
            if ty != Type::F32 {
                self.keep(ty, value);
            }
        }
    }

    fn call(&mut self) {
        if self.callees.is_empty() {
            return;
        }
        let (id, signature) = self.callees[self.random.below(self.callees.len())].clone();
        let arguments: Vec<Value> = signature.parameters.iter().map(|ty| self.any(*ty)).collect();
        let inst = self.builder.call(id, &signature, &arguments);
        let results: Vec<Value> = self.builder.function.results(inst).collect();
        results.into_iter().zip(signature.returns).for_each(|(value, ty)| self.keep(ty, value));
    }

    fn new_block(&mut self, types: &[Type]) -> (Block, Vec<Value>) {
        let block = self.builder.function.add_block();
        let parameters = types.iter().map(|ty| self.builder.function.add_parameter(block, *ty)).collect();
        (block, parameters)
    }

    fn branch(&mut self, depth: usize) {
        let condition = self.any(Type::Bool);
        let joined: Vec<Type> = (0..self.random.below(3)).map(|_| self.random.pick(&TYPES)).collect();
        let (then, _) = self.new_block(&[]);
        let (otherwise, _) = self.new_block(&[]);
        let (join, parameters) = self.new_block(&joined);
        self.builder.branch(condition, (then, &[]), (otherwise, &[]));
        for block in [then, otherwise] {
            let outside = self.values.len();
            self.builder.block = block;
            self.statements(depth + 1);
            let arguments: Vec<Value> = joined.iter().map(|ty| self.any(*ty)).collect();
            self.builder.jump(join, &arguments);
            self.values.truncate(outside);
        }
        self.builder.block = join;
        joined.into_iter().zip(parameters).for_each(|(ty, value)| self.keep(ty, value));
    }

    /// A loop of a few rounds that carries values around.
    fn repeat(&mut self, depth: usize) {
        let mut carried = vec![Type::I32];
        carried.extend((0..self.random.below(3)).map(|_| self.random.pick(&TYPES)));
        let zero = self.builder.constant(Type::I32, 0);
        let mut first = vec![zero];
        first.extend(carried[1..].iter().map(|ty| self.any(*ty)).collect::<Vec<_>>());
        let (header, parameters) = self.new_block(&carried);
        let (inside, _) = self.new_block(&[]);
        let (behind, _) = self.new_block(&[]);
        self.builder.jump(header, &first);
        self.builder.block = header;
        let outside = self.values.len();
        carried.iter().zip(&parameters).for_each(|(ty, value)| self.keep(*ty, *value));
        let rounds = 1 + self.random.below(4) as u128;
        let bound = self.builder.constant(Type::I32, rounds);
        let more = self.builder.compare(Condition::LessU, Type::I32, parameters[0], bound);
        self.builder.branch(more, (inside, &[]), (behind, &[]));
        self.builder.block = inside;
        let in_header = self.values.len();
        self.statements(depth + 1);
        let one = self.builder.constant(Type::I32, 1);
        let next = self.builder.binary(Opcode::Add, Type::I32, parameters[0], one);
        let mut arguments = vec![next];
        arguments.extend(carried[1..].iter().map(|ty| self.any(*ty)).collect::<Vec<_>>());
        self.builder.jump(header, &arguments);
        // What the header defines is known behind the loop, what the body defines is not.
        self.values.truncate(in_header.max(outside));
        self.builder.block = behind;
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..1 + self.random.below(8) {
            self.instructions_left = self.instructions_left.saturating_sub(1);
            if self.instructions_left == 0 {
                return;
            }
            match self.random.below(20) {
                0 | 1 if depth < 3 => self.branch(depth),
                2 if depth < 3 => self.repeat(depth),
                3 => {
                    let condition = self.any(Type::Bool);
                    let reported = self.any(Type::I32);
                    self.builder.assert(condition, SiteId(0), &[reported]);
                }
                4..=7 => self.access_slot(),
                8 => self.call(),
                9 => {
                    let special =
                        self.random.pick(&[Special::ThreadX, Special::BlockX, Special::BlockIdX, Special::Lane]);
                    let value = self.builder.special(special);
                    self.keep(Type::I32, value);
                }
                _ => self.compute(),
            }
        }
    }
}

fn write_function(random: &mut Random, module: &mut Module, name: &str, shows_nans: bool) -> FunctionId {
    let callees: Vec<_> =
        (0..module.functions.len()).map(FunctionId::new).map(|id| (id, module.signature_of(id))).collect();
    let mut function = Function::new(module.strings.intern(name), false);
    let parameters: Vec<Type> = (0..1 + random.below(4)).map(|_| random.pick(&TYPES)).collect();
    function.parameters = parameters.iter().map(|ty| Parameter::Value(*ty, ParameterFacts::default())).collect();
    function.slots = vec![SlotData { size_bytes: 16, align_bytes: 16 }, SlotData { size_bytes: 8, align_bytes: 8 }];
    let entry = function.add_block();
    let values: Vec<(Type, Value)> = parameters.iter().map(|ty| (*ty, function.add_parameter(entry, *ty))).collect();
    let builder = Builder { function: &mut function, block: entry, location: LocationId::NONE };
    let mut writer = Writer { builder, random, values, callees: &callees, instructions_left: 60, shows_nans };
    for (slot, offset) in [(0, 0), (0, 8), (1, 0)] {
        let address = writer.builder.slot_address(Slot(slot));
        let zero = writer.builder.constant(Type::I64, 0);
        writer.builder.store(Type::I64, Memory::plain(Space::Generic, 8), address, offset, zero);
    }
    for _ in 0..3 {
        writer.statements(0);
    }
    let returns: Vec<Type> = (0..1 + writer.random.below(3)).map(|_| writer.random.pick(&TYPES)).collect();
    let returned: Vec<Value> = returns.iter().map(|ty| writer.any(*ty)).collect();
    writer.builder.ret(&returned);
    function.returns = returns;
    let id = FunctionId::new(module.functions.len());
    module.functions.push(function);
    id
}

/// Three functions that call one another; the last one's id. The same seed gives the same module.
///
/// Where `shows_nans` is false, nothing that is computed depends on which NaN an operation yields: for comparing arithmetic that may choose.
pub fn write_module(seed: u64, shows_nans: bool) -> (Module, FunctionId) {
    let mut random = Random(seed);
    let mut module = Module::default();
    let message = module.strings.intern("assertion failed: {}");
    module.sites.push(Site { message, location: LocationId::NONE });
    let mut id = FunctionId(0);
    for name in ["a", "b", "main"] {
        id = write_function(&mut random, &mut module, name, shows_nans);
    }
    (module, id)
}
