//! One body: variables become slots, places addresses, blocks blocks.

use rustg_base::Span;
use rustg_mir::build::Builder;
use rustg_mir::function::{Function, InstData, SlotData};
use rustg_mir::ids::{Block, LocationId, Slot, Value};
use rustg_mir::immediate::{Condition, Memory, Space};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::layout::Class;
use crate::lower::{KernelParameterKind, Lowering};
use crate::place::{BlockId, Body, Const, Local, Operand, Place, Step, StmtKind, Terminator};
use crate::source::FileId;
use crate::types::{Args, Ty, TyKind, known};

/// A value as it is held: nothing, one scalar, address and length, or the address of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    Nothing,
    Scalar(Value),
    Fat(Value, Value),
    At(Value),
}

/// Where a place lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub address: Value,
    pub offset: i64,
    pub ty: Ty,
    /// The variant that a step has named.
    pub variant: Option<u32>,
    /// The length, of slices and texts.
    pub length: Option<Value>,
}

pub(crate) struct Frame<'a, 'b> {
    pub lowering: &'a mut Lowering<'b>,
    pub function: Function,
    pub body: &'a Body,
    pub args: Vec<Ty>,
    pub block: Block,
    pub location: LocationId,
    pub file: FileId,
    /// The one place that everything stands at, if there is such.
    fixed_span: Option<Span>,
    pub name: rustg_base::StringId,
    types: Vec<Ty>,
    slots: Vec<Option<Slot>>,
    blocks: Vec<Block>,
    /// Where the caller wants a result that lies in memory.
    result: Option<Value>,
    /// The block has ended early: what follows is never reached.
    pub ended: bool,
}

/// Lowers a body into its function's outline.
pub(crate) fn lower(
    lowering: &mut Lowering<'_>,
    function: Function,
    body: &Body,
    args: Args,
    kernel: Option<&[KernelParameterKind]>,
) -> Function {
    let args: Vec<Ty> = lowering.program.types.list(args).to_vec();
    let mut types: Vec<Ty> = body.locals.iter().map(|local| local.ty).collect();
    for ty in &mut types {
        *ty = lowering.instantiate(*ty, &args);
    }
    let owner = body.owner;
    if lowering.program.def(owner).kind == crate::items::DefKind::Fn
        && lowering.program.body_of(owner).is_some_and(|own| std::ptr::eq(&*own, body))
    {
        let signature = lowering.program.signature_of(owner);
        for (at, ty) in signature.parameters.iter().enumerate() {
            types[at + 1] = lowering.instantiate(*ty, &args);
        }
    }
    let file = lowering.program.def(owner).file;
    // What a derive wrote stands at the item that it was written for.
    let derived = lowering.program.derived_files.get(&file).copied();
    let (file, fixed_span) = match derived {
        Some((file, node)) => (file, Some(lowering.program.file(file).span(node))),
        None => (file, None),
    };
    let name = lowering.program.path_of(owner);
    let name = lowering.module.strings.intern(&name);
    let slots = vec![None; types.len()];
    let mut frame = Frame {
        lowering,
        function,
        body,
        args,
        block: Block(0),
        location: LocationId::NONE,
        file,
        fixed_span,
        name,
        types,
        slots,
        blocks: Vec::new(),
        result: None,
        ended: false,
    };
    frame.run(kernel);
    frame.function
}

impl Frame<'_, '_> {
    fn run(&mut self, kernel: Option<&[KernelParameterKind]>) {
        let span = self.lowering.program.name_span(self.body.owner);
        self.set_location(span);
        let entry = self.function.add_block();
        self.block = entry;
        self.parameters(entry, kernel);
        self.blocks = self.body.blocks.iter().map(|_| self.function.add_block()).collect();
        let first = self.blocks[0];
        self.build().jump(first, &[]);
        for at in 0..self.body.blocks.len() {
            self.block = self.blocks[at];
            self.ended = false;
            let block = &self.body.blocks[at];
            for stmt in &block.stmts {
                if self.ended {
                    break;
                }
                self.set_location(stmt.span);
                self.stmt(&stmt.kind);
            }
            if !self.ended {
                self.terminator(&block.terminator);
            }
        }
    }

    fn set_location(&mut self, span: Span) {
        let (file, span) = (self.file, self.fixed_span.unwrap_or(span));
        self.location = self.lowering.location(file, span, self.name);
    }

    pub(crate) fn build(&mut self) -> Builder<'_> {
        Builder { function: &mut self.function, block: self.block, location: self.location }
    }

    pub(crate) fn int(&mut self, value: u64) -> Value {
        self.build().constant(Type::I64, u128::from(value))
    }

    pub(crate) fn add_slot(&mut self, size: u64, align: u32) -> Slot {
        let slot = Slot::new(self.function.slots.len());
        self.function
            .slots
            .push(SlotData { size_bytes: size.min(u64::from(u32::MAX)) as u32, align_bytes: align.max(1) });
        slot
    }

    fn slot_of(&mut self, local: Local) -> Slot {
        if let Some(slot) = self.slots[local.0 as usize] {
            return slot;
        }
        let layout = self.lowering.layout(self.types[local.0 as usize]);
        let slot = self.add_slot(layout.size, layout.align);
        self.slots[local.0 as usize] = Some(slot);
        slot
    }

    fn parameters(&mut self, entry: Block, kernel: Option<&[KernelParameterKind]>) {
        let types: Vec<rustg_mir::function::Parameter> = self.function.parameters.clone();
        let mut values: Vec<Value> = Vec::new();
        for parameter in types {
            let ty = match parameter {
                rustg_mir::function::Parameter::Value(ty, _) => ty,
                rustg_mir::function::Parameter::Bytes(_) => Type::I64,
            };
            values.push(self.function.add_parameter(entry, ty));
        }
        let mut values = values.into_iter();
        if kernel.is_none() && self.lowering.layout(self.types[0]).class == Class::Memory {
            self.result = values.next();
        }
        for at in 1..=self.body.parameter_count {
            let local = Local(at);
            let ty = self.types[at as usize];
            let class = self.lowering.layout(ty).class;
            let disjoint =
                matches!(kernel.and_then(|kinds| kinds.get(at as usize - 1)), Some(KernelParameterKind::Slice(_, 2)));
            let held = match class {
                Class::Nothing => Held::Nothing,
                Class::Scalar(_) => Held::Scalar(values.next().expect("the outline has a value for it")),
                Class::Memory if disjoint => {
                    let pair = (values.next(), values.next());
                    let slot = self.slot_of(local);
                    let address = self.build().slot_address(slot);
                    let layout = self.lowering.layout(ty);
                    for (value, offset) in [pair.0, pair.1].into_iter().zip(&layout.fields[0]) {
                        let value = value.expect("the outline has two values for it");
                        self.build().store(Type::I64, Memory::plain(Space::Generic, 8), address, *offset as i32, value);
                    }
                    continue;
                }
                Class::Fat => Held::Fat(values.next().expect("an address"), values.next().expect("a length")),
                Class::Memory => Held::At(values.next().expect("the outline has an address for it")),
            };
            let spot = self.local_spot(local);
            self.write(spot, held);
        }
    }

    fn local_spot(&mut self, local: Local) -> Spot {
        let ty = self.types[local.0 as usize];
        if local.0 == 0
            && let Some(address) = self.result
        {
            return Spot { address, offset: 0, ty, variant: None, length: None };
        }
        let slot = self.slot_of(local);
        let address = self.build().slot_address(slot);
        Spot { address, offset: 0, ty, variant: None, length: None }
    }

    /// Where a place lies.
    pub(crate) fn spot(&mut self, place: &Place) -> Spot {
        let mut spot = self.local_spot(place.local);
        for step in &place.steps {
            match *step {
                Step::Deref => {
                    let target = match self.lowering.program.types.kind(spot.ty) {
                        TyKind::Ref(target, _) | TyKind::Ptr(target, _) => target,
                        _ => known::ERROR,
                    };
                    let memory = Memory::plain(Space::Generic, 8);
                    let (address, offset) = self.near(spot.address, spot.offset);
                    let pointer = self.build().load(Type::I64, memory, address, offset);
                    let length = self
                        .lowering
                        .is_unsized(target)
                        .then(|| self.build().load(Type::I64, memory, address, offset + 8));
                    spot = Spot { address: pointer, offset: 0, ty: target, variant: None, length };
                }
                Step::Variant(number) => spot.variant = Some(number),
                Step::Field(number) => {
                    let layout = self.lowering.layout(spot.ty);
                    let types = self.lowering.parts(spot.ty, spot.variant);
                    let row = if layout.tag.is_some() { spot.variant.unwrap_or(0) as usize } else { 0 };
                    let offset = layout.fields.get(row).and_then(|row| row.get(number as usize)).copied().unwrap_or(0);
                    let ty = types.get(number as usize).copied().unwrap_or(known::ERROR);
                    spot = Spot {
                        address: spot.address,
                        offset: spot.offset + offset as i64,
                        ty,
                        variant: None,
                        length: None,
                    };
                }
                Step::Index(index) => {
                    let index = self.local_spot(index);
                    let index = match self.read(index) {
                        Held::Scalar(value) => value,
                        _ => self.int(0),
                    };
                    spot = self.element(spot, index);
                }
                Step::Element(number, from_end) => {
                    let index = if from_end {
                        let length = self.length_of(spot);
                        let back = self.int(u64::from(number));
                        self.build().binary(Opcode::Sub, Type::I64, length, back)
                    } else {
                        self.int(u64::from(number))
                    };
                    spot = self.element(spot, index);
                }
            }
        }
        spot
    }

    fn element(&mut self, spot: Spot, index: Value) -> Spot {
        let ty = match self.lowering.program.types.kind(spot.ty) {
            TyKind::Array(element, _) | TyKind::Slice(element) => element,
            TyKind::Str => known::U8,
            _ => known::ERROR,
        };
        let size = self.lowering.layout(ty).size;
        let size = self.int(size);
        let distance = self.build().binary(Opcode::Mul, Type::I64, index, size);
        let (address, offset) = self.near(spot.address, spot.offset);
        let base = if offset == 0 { address } else { self.moved(address, i64::from(offset)) };
        let address = self.build().offset(base, distance);
        Spot { address, offset: 0, ty, variant: None, length: None }
    }

    /// How many elements an array or slice has.
    pub(crate) fn length_of(&mut self, spot: Spot) -> Value {
        match (self.lowering.program.types.kind(spot.ty), spot.length) {
            (TyKind::Array(_, length), _) => {
                let count = self.lowering.constant_of(length);
                self.int(count)
            }
            (_, Some(length)) => length,
            _ => self.int(0),
        }
    }

    fn moved(&mut self, address: Value, distance: i64) -> Value {
        let distance = self.int(distance as u64);
        self.build().offset(address, distance)
    }

    /// An address with a distance that an access can hold.
    fn near(&mut self, address: Value, offset: i64) -> (Value, i32) {
        match i32::try_from(offset) {
            Ok(offset) if offset < i32::MAX - 64 => (address, offset),
            _ => (self.moved(address, offset), 0),
        }
    }

    /// The address of a spot as a value.
    pub(crate) fn address_of(&mut self, spot: Spot) -> Value {
        if spot.offset == 0 { spot.address } else { self.moved(spot.address, spot.offset) }
    }

    pub(crate) fn load_scalar(&mut self, address: Value, offset: i64, ty: Type) -> Value {
        let (address, offset) = self.near(address, offset);
        let memory = Memory::plain(Space::Generic, ty.size_bytes());
        if ty == Type::Bool {
            let byte = self.build().load(Type::I8, memory, address, offset);
            let zero = self.build().constant(Type::I8, 0);
            return self.build().compare(Condition::NotEqual, Type::I8, byte, zero);
        }
        self.build().load(ty, memory, address, offset)
    }

    pub(crate) fn store_scalar(&mut self, address: Value, offset: i64, ty: Type, value: Value) {
        let (address, offset) = self.near(address, offset);
        let memory = Memory::plain(Space::Generic, ty.size_bytes());
        if ty == Type::Bool {
            let byte = self.build().unary(Opcode::Extend, Type::I8, value);
            return self.build().store(Type::I8, memory, address, offset, byte);
        }
        self.build().store(ty, memory, address, offset, value);
    }

    /// The value that lies there.
    pub(crate) fn read(&mut self, spot: Spot) -> Held {
        match self.lowering.layout(spot.ty).class {
            Class::Nothing => Held::Nothing,
            Class::Scalar(ty) => Held::Scalar(self.load_scalar(spot.address, spot.offset, ty)),
            Class::Fat => {
                let address = self.load_scalar(spot.address, spot.offset, Type::I64);
                Held::Fat(address, self.load_scalar(spot.address, spot.offset + 8, Type::I64))
            }
            Class::Memory => Held::At(self.address_of(spot)),
        }
    }

    /// Puts a value there.
    pub(crate) fn write(&mut self, spot: Spot, held: Held) {
        match (self.lowering.layout(spot.ty).class, held) {
            (Class::Scalar(ty), Held::Scalar(value)) => self.store_scalar(spot.address, spot.offset, ty, value),
            (Class::Fat, Held::Fat(address, length)) => {
                self.store_scalar(spot.address, spot.offset, Type::I64, address);
                self.store_scalar(spot.address, spot.offset + 8, Type::I64, length);
            }
            (Class::Memory, Held::At(from)) => self.copy(spot, from),
            _ => {}
        }
    }

    /// Copies the bytes of a value.
    fn copy(&mut self, to: Spot, from: Value) {
        if let Some((element, count)) = self.lowering.vector_of(to.ty) {
            let memory = Memory::plain(Space::Generic, count * element.size_bytes());
            let load = InstData { aux: memory.0, a: from.0, c: count, ..InstData::new(Opcode::LoadVector, element) };
            let load = self.build().push(load);
            let values: Vec<Value> = self.function.results(load).collect();
            let (address, offset) = self.near(to.address, to.offset);
            let c = self.function.add_values(&values);
            let store = InstData::new(Opcode::StoreVector, element);
            self.build().push(InstData { aux: memory.0, a: address.0, b: offset as u32, c, ..store });
            return;
        }
        if let Some(leaves) = self.lowering.leaves(to.ty) {
            // All is read before anything is written: the two may be the same.
            let values: Vec<(u64, Type, Value)> = (leaves.into_iter())
                .map(|(at, ty)| {
                    let ty = if ty == Type::Bool { Type::I8 } else { ty };
                    (at, ty, self.load_scalar(from, at as i64, ty))
                })
                .collect();
            for (at, ty, value) in values {
                self.store_scalar(to.address, to.offset + at as i64, ty, value);
            }
            return;
        }
        let layout = self.lowering.layout(to.ty);
        let to = self.address_of(to);
        self.copy_loop(to, from, layout.size, layout.align);
    }

    /// Copies bytes in a loop, in pieces as large as the alignment allows.
    fn copy_loop(&mut self, to: Value, from: Value, size: u64, align: u32) {
        self.pieces(size, align, |frame, ty, index| {
            let source = frame.build().offset(from, index);
            let target = frame.build().offset(to, index);
            let value = frame.load_scalar(source, 0, ty);
            frame.store_scalar(target, 0, ty, value);
        });
    }

    /// Sets bytes to zero.
    pub(super) fn zero_bytes(&mut self, at: Value, size: u64, align: u32) {
        self.pieces(size, align, |frame, ty, index| {
            let target = frame.build().offset(at, index);
            let zero = frame.build().constant(ty, 0);
            frame.store_scalar(target, 0, ty, zero);
        });
    }

    /// Does something for each piece of some bytes, in a loop.
    fn pieces(&mut self, size: u64, align: u32, each: impl FnOnce(&mut Self, Type, Value)) {
        let piece = u64::from(align.min(8));
        let ty = Type::integer(piece as u32 * 8).expect("a piece is 1, 2, 4 or 8 bytes");
        let [head, body, exit] = [0; 3].map(|_| self.function.add_block());
        let index = self.function.add_parameter(head, Type::I64);
        let zero = self.int(0);
        self.build().jump(head, &[zero]);
        self.block = head;
        let end = self.int(size);
        let more = self.build().compare(Condition::LessU, Type::I64, index, end);
        self.build().branch(more, (body, &[]), (exit, &[]));
        self.block = body;
        each(self, ty, index);
        let step = self.int(piece);
        let next = self.build().binary(Opcode::Add, Type::I64, index, step);
        self.build().jump(head, &[next]);
        self.block = exit;
    }

    pub(crate) fn instantiate(&mut self, ty: Ty) -> Ty {
        let args = std::mem::take(&mut self.args);
        let result = self.lowering.instantiate(ty, &args);
        self.args = args;
        result
    }

    /// The value of an operand, and its type where that is known from it.
    pub(crate) fn operand(&mut self, operand: &Operand) -> (Held, Ty) {
        match operand {
            Operand::Copy(place) | Operand::Move(place) => {
                let spot = self.spot(place);
                (self.read(spot), spot.ty)
            }
            Operand::Const(constant) => self.constant(constant),
        }
    }

    /// The value of an operand of a scalar type.
    pub(crate) fn scalar(&mut self, operand: &Operand) -> Value {
        match self.operand(operand).0 {
            Held::Scalar(value) | Held::At(value) | Held::Fat(value, _) => value,
            Held::Nothing => self.int(0),
        }
    }

    fn constant(&mut self, constant: &Const) -> (Held, Ty) {
        match constant {
            Const::Bits(bits, ty) => {
                let ty = self.instantiate(*ty);
                let Class::Scalar(scalar) = self.lowering.layout(ty).class else { return (Held::Nothing, ty) };
                (Held::Scalar(self.build().constant(scalar, *bits)), ty)
            }
            Const::Unit(ty) => (Held::Nothing, self.instantiate(*ty)),
            Const::Str(bytes) => {
                let ty = self.lowering.program.types.reference(known::STR, false);
                let global = self.lowering.text(bytes);
                let address = self.build().global_address(global);
                let length = self.int(bytes.len() as u64);
                (Held::Fat(address, length), ty)
            }
            Const::Bytes(bytes, ty) => {
                let global = self.lowering.text(bytes);
                (Held::Scalar(self.build().global_address(global)), *ty)
            }
            Const::Param(index, ty) => {
                let value = self.args.get(*index as usize).map_or(0, |ty| self.lowering.constant_of(*ty));
                let Class::Scalar(scalar) = self.lowering.layout(*ty).class else { return (Held::Nothing, *ty) };
                (Held::Scalar(self.build().constant(scalar, u128::from(value))), *ty)
            }
            Const::Static(def, ty) => {
                let address = self.static_address(*def);
                (Held::Scalar(address), *ty)
            }
            Const::Promoted(id, ty) => {
                let args = self.args.clone();
                let args = self.lowering.program.types.args(&args);
                let global = self.lowering.promoted(*id, args);
                (Held::Scalar(self.build().global_address(global)), self.instantiate(*ty))
            }
            Const::Item(def, args, ty) => {
                let ty = self.instantiate(*ty);
                let args = self.lowering.instantiate_list(*args, &self.args.clone());
                let slot_type = ty;
                (self.call_constant(*def, args, slot_type), ty)
            }
        }
    }

    fn stmt(&mut self, stmt: &StmtKind) {
        match stmt {
            StmtKind::Assign(place, value) => self.assign(place, value),
            StmtKind::Call(place, callee, operands) => self.call(place, *callee, operands),
            StmtKind::CheckIndex(index, place) => {
                let spot = self.spot(place);
                let length = self.length_of(spot);
                let index = self.scalar(index);
                let holds = self.build().compare(Condition::LessU, Type::I64, index, length);
                self.assert(holds, "index out of bounds: the len is {} but the index is {}", &[length, index]);
            }
            StmtKind::Assert(condition, message) => {
                let holds = self.scalar(condition);
                let (text, values) = self.message(message);
                self.assert(holds, &text, &values);
            }
            StmtKind::Print(message) => self.print(message),
            StmtKind::Dead(_) | StmtKind::End(_) | StmtKind::Unmoved(_) => {}
        }
    }

    pub(crate) fn assert(&mut self, holds: Value, message: &str, reported: &[Value]) {
        let location = self.location;
        let site = self.lowering.site(message, location);
        self.build().assert(holds, site, reported);
    }

    fn target(&self, id: BlockId) -> Block {
        self.blocks[id.0 as usize]
    }

    fn terminator(&mut self, terminator: &Terminator) {
        match terminator {
            Terminator::Open | Terminator::Unreachable => {
                self.build().push(rustg_mir::function::InstData::new(Opcode::Unreachable, Type::Void));
            }
            Terminator::Goto(next) => {
                let next = self.target(*next);
                self.build().jump(next, &[]);
            }
            Terminator::Switch(operand, _, cases, default) => {
                let (held, ty) = self.operand(operand);
                let Held::Scalar(value) = held else { return };
                let default = self.target(*default);
                if self.lowering.layout(ty).class == Class::Scalar(Type::Bool) {
                    let (key, target) = cases[0];
                    let target = self.target(target);
                    let (yes, no) = if key == 0 { (default, target) } else { (target, default) };
                    return self.build().branch(value, (yes, &[]), (no, &[]));
                }
                let scalar = self.function.value_type(value);
                let cases: Vec<(u64, Block)> = cases
                    .iter()
                    .map(|(key, block)| (*key as u64 & scalar.mask() as u64, self.target(*block)))
                    .collect();
                if let [(key, block)] = cases[..] {
                    let key = self.build().constant(scalar, u128::from(key));
                    let equal = self.build().compare(Condition::Equal, scalar, value, key);
                    return self.build().branch(equal, (block, &[]), (default, &[]));
                }
                let rows: Vec<(u64, Block, &[Value])> =
                    cases.iter().map(|(key, block)| (*key, *block, &[][..])).collect();
                self.build().switch(scalar, value, (default, &[]), &rows);
            }
            Terminator::Return => {
                if self.function.is_kernel || self.result.is_some() {
                    return self.build().ret(&[]);
                }
                let spot = self.local_spot(Local(0));
                match self.read(spot) {
                    Held::Scalar(value) => self.build().ret(&[value]),
                    Held::Fat(address, length) => self.build().ret(&[address, length]),
                    _ => self.build().ret(&[]),
                }
            }
            Terminator::Panic(message, span) => {
                self.set_location(*span);
                let (text, values) = self.message(message);
                let location = self.location;
                let site = self.lowering.site(&text, location);
                self.build().panic(site, &values);
            }
        }
    }
}
