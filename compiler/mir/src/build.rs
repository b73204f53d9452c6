//! Appends instructions to a function, with the types that they yield.

use crate::function::{Function, InstData};
use crate::ids::{Block, FunctionId, GlobalId, Inst, LocationId, SignatureId, SiteId, Slot, Value};
use crate::immediate::{Condition, Memory, Rmw, Special};
use crate::module::Signature;
use crate::opcode::{Opcode, Yields};
use crate::types::Type;

/// The types that an instruction yields, where its row alone says so: all but calls.
pub fn yielded_types(data: &InstData) -> ([Type; 8], usize) {
    let mut types = [data.ty; 8];
    let count = match data.opcode.info().yields {
        Yields::Nothing | Yields::Signature => 0,
        Yields::Same => 1,
        Yields::Bool => {
            types[0] = Type::Bool;
            1
        }
        Yields::SameAndBool => {
            types[1] = Type::Bool;
            2
        }
        Yields::Address => {
            types[0] = Type::I64;
            1
        }
        Yields::I32 => {
            types[0] = Type::I32;
            1
        }
        Yields::I32AndBool => {
            types[..2].copy_from_slice(&[Type::I32, Type::Bool]);
            2
        }
        Yields::Vector => (data.c as usize).min(8),
    };
    (types, count)
}

impl Function {
    /// Makes an instruction that is no call; it stands nowhere yet.
    ///
    /// # Panics
    /// When it is a call, whose results its row does not say.
    pub fn make(&mut self, data: InstData, location: LocationId) -> Inst {
        assert!(data.opcode.info().yields != Yields::Signature, "calls are made with their signature");
        let (types, count) = yielded_types(&data);
        self.make_inst(data, &types[..count], location)
    }

    /// The row of a constant: `bits` cut to the width of `ty`.
    pub fn constant_row(&mut self, ty: Type, bits: u128) -> InstData {
        let bits = bits & ty.mask();
        let data = InstData::new(Opcode::Const, ty);
        match u64::try_from(bits) {
            Ok(bits) => InstData { a: bits as u32, b: (bits >> 32) as u32, ..data },
            Err(_) => {
                let pieces = [bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32];
                InstData { aux: 1, a: self.add_list(&pieces), ..data }
            }
        }
    }
}

/// Appends to one block of a function at a time.
pub struct Builder<'a> {
    /// The function that grows.
    pub function: &'a mut Function,
    /// The block that is appended to.
    pub block: Block,
    /// The position that new instructions get.
    pub location: LocationId,
}

impl Builder<'_> {
    /// Appends an instruction that is no call.
    pub fn push(&mut self, data: InstData) -> Inst {
        let inst = self.function.make(data, self.location);
        self.function.append_inst(self.block, inst);
        inst
    }

    fn push_value(&mut self, data: InstData) -> Value {
        let inst = self.push(data);
        self.function.result(inst)
    }

    /// A constant: `bits` cut to the width of `ty`.
    pub fn constant(&mut self, ty: Type, bits: u128) -> Value {
        let data = self.function.constant_row(ty, bits);
        self.push_value(data)
    }

    /// An operation on one value, of the type `ty`.
    pub fn unary(&mut self, opcode: Opcode, ty: Type, a: Value) -> Value {
        self.push_value(InstData { a: a.0, ..InstData::new(opcode, ty) })
    }

    /// An operation on two values that yields one, of the type `ty`.
    pub fn binary(&mut self, opcode: Opcode, ty: Type, a: Value, b: Value) -> Value {
        self.push_value(InstData { a: a.0, b: b.0, ..InstData::new(opcode, ty) })
    }

    /// An operation that also says whether it overflowed.
    pub fn checked(&mut self, opcode: Opcode, ty: Type, a: Value, b: Value) -> (Value, Value) {
        let inst = self.push(InstData { a: a.0, b: b.0, ..InstData::new(opcode, ty) });
        let first = self.function.result(inst);
        (first, Value(first.0 + 1))
    }

    /// An operation on three values, of the type `ty`.
    pub fn ternary(&mut self, opcode: Opcode, ty: Type, a: Value, b: Value, c: Value) -> Value {
        self.push_value(InstData { a: a.0, b: b.0, c: c.0, ..InstData::new(opcode, ty) })
    }

    /// Whether `condition` holds between two values of the type `ty`.
    pub fn compare(&mut self, condition: Condition, ty: Type, a: Value, b: Value) -> Value {
        let opcode = if ty.is_float() { Opcode::FloatCompare } else { Opcode::Compare };
        self.push_value(InstData { a: a.0, b: b.0, aux: condition as u16, ..InstData::new(opcode, ty) })
    }

    /// An address `distance` bytes from `base`.
    pub fn offset(&mut self, base: Value, distance: Value) -> Value {
        self.push_value(InstData { a: base.0, b: distance.0, ..InstData::new(Opcode::Offset, Type::Void) })
    }

    /// A special register.
    pub fn special(&mut self, special: Special) -> Value {
        self.push_value(InstData { aux: special as u16, ..InstData::new(Opcode::Special, Type::Void) })
    }

    /// The address of a slot.
    pub fn slot_address(&mut self, slot: Slot) -> Value {
        self.push_value(InstData { a: slot.0, ..InstData::new(Opcode::SlotAddress, Type::Void) })
    }

    /// The address of a variable.
    pub fn global_address(&mut self, global: GlobalId) -> Value {
        self.push_value(InstData { a: global.0, ..InstData::new(Opcode::GlobalAddress, Type::Void) })
    }

    /// A value from memory.
    pub fn load(&mut self, ty: Type, memory: Memory, address: Value, offset_bytes: i32) -> Value {
        self.push_value(InstData {
            aux: memory.0,
            a: address.0,
            b: offset_bytes as u32,
            ..InstData::new(Opcode::Load, ty)
        })
    }

    /// A value to memory.
    pub fn store(&mut self, ty: Type, memory: Memory, address: Value, offset_bytes: i32, value: Value) {
        let data = InstData::new(Opcode::Store, ty);
        self.push(InstData { aux: memory.0, a: address.0, b: offset_bytes as u32, c: value.0, ..data });
    }

    /// An atomic read-modify-write; what was there.
    pub fn atomic_rmw(&mut self, rmw: Rmw, ty: Type, memory: Memory, address: Value, value: Value) -> Value {
        let data = InstData::new(Opcode::AtomicRmw, ty);
        self.push_value(InstData { aux: memory.0, a: address.0, b: value.0, c: rmw as u32, ..data })
    }

    /// A panic at `site` unless `condition` holds; `reported` are the values that the message shows.
    pub fn assert(&mut self, condition: Value, site: SiteId, reported: &[Value]) {
        let c = self.function.add_values(reported);
        self.push(InstData { a: condition.0, b: site.0, c, ..InstData::new(Opcode::Assert, Type::Void) });
    }

    /// A call of a function of the module.
    pub fn call(&mut self, function: FunctionId, signature: &Signature, arguments: &[Value]) -> Inst {
        let c = self.function.add_values(arguments);
        let data = InstData { a: function.0, c, ..InstData::new(Opcode::Call, Type::Void) };
        let inst = self.function.make_inst(data, &signature.returns, self.location);
        self.function.append_inst(self.block, inst);
        inst
    }

    /// A call of the function at an address.
    pub fn call_indirect(
        &mut self,
        id: SignatureId,
        signature: &Signature,
        address: Value,
        arguments: &[Value],
    ) -> Inst {
        let c = self.function.add_values(arguments);
        let data = InstData { a: id.0, b: address.0, c, ..InstData::new(Opcode::CallIndirect, Type::Void) };
        let inst = self.function.make_inst(data, &signature.returns, self.location);
        self.function.append_inst(self.block, inst);
        inst
    }

    /// Goes to a block.
    pub fn jump(&mut self, block: Block, arguments: &[Value]) {
        let c = self.function.add_target(block, arguments);
        self.push(InstData { c, ..InstData::new(Opcode::Jump, Type::Void) });
    }

    /// Goes to one of two blocks.
    pub fn branch(&mut self, condition: Value, then: (Block, &[Value]), otherwise: (Block, &[Value])) {
        let b = self.function.add_target(then.0, then.1);
        let c = self.function.add_target(otherwise.0, otherwise.1);
        self.push(InstData { a: condition.0, b, c, ..InstData::new(Opcode::Branch, Type::Void) });
    }

    /// Goes to the case that equals `value`, of the type `ty`, or to `default`.
    pub fn switch(&mut self, ty: Type, value: Value, default: (Block, &[Value]), cases: &[(u64, Block, &[Value])]) {
        let mut list = vec![self.function.add_target(default.0, default.1)];
        for (key, block, arguments) in cases {
            let target = self.function.add_target(*block, arguments);
            list.extend([*key as u32, (*key >> 32) as u32, target]);
        }
        let c = self.function.add_list(&list);
        self.push(InstData { a: value.0, c, ..InstData::new(Opcode::Switch, ty) });
    }

    /// Ends the function.
    pub fn ret(&mut self, values: &[Value]) {
        let c = self.function.add_values(values);
        self.push(InstData { c, ..InstData::new(Opcode::Return, Type::Void) });
    }

    /// Panics.
    pub fn panic(&mut self, site: SiteId, reported: &[Value]) {
        let c = self.function.add_values(reported);
        self.push(InstData { b: site.0, c, ..InstData::new(Opcode::Panic, Type::Void) });
    }
}
