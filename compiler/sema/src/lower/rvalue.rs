//! Values: arithmetic with Rust's checks, casts, aggregates, messages.

use rustg_mir::ids::Value;
use rustg_mir::immediate::Condition;
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::hir::{BinaryOp, UnaryOp};
use crate::items::DefKind;
use crate::layout::Class;
use crate::lower::body::{Frame, Held, Spot};
use crate::place::{Aggregate, Message, Operand, Place, Rvalue};
use crate::types::{Ty, TyKind, known};

impl Frame<'_, '_> {
    pub(super) fn assign(&mut self, place: &Place, value: &Rvalue) {
        match value {
            Rvalue::Aggregate(aggregate, operands) => return self.aggregate(place, *aggregate, operands),
            Rvalue::Repeat(_, operand) => return self.repeat(place, operand),
            _ => {}
        }
        let held = match value {
            Rvalue::Use(operand) => self.operand(operand).0,
            Rvalue::Ref(_, place) | Rvalue::Address(_, place) => {
                let spot = self.spot(place);
                let address = self.address_of(spot);
                match spot.length {
                    Some(length) => Held::Fat(address, length),
                    None => Held::Scalar(address),
                }
            }
            Rvalue::Binary(op, ty, a, b) => self.binary(*op, *ty, a, b, true),
            Rvalue::Wrapping(op, ty, a, b) => self.binary(*op, *ty, a, b, false),
            Rvalue::Unary(op, ty, operand) => {
                let ty = self.instantiate(*ty);
                let value = self.scalar(operand);
                Held::Scalar(self.unary(*op, ty, value))
            }
            Rvalue::Cast(from, to, operand) => {
                let (from, to) = (self.instantiate(*from), self.instantiate(*to));
                let (held, _) = self.operand(operand);
                self.cast(held, from, to)
            }
            Rvalue::Variant(place) => {
                let spot = self.spot(place);
                Held::Scalar(self.variant_number(spot))
            }
            Rvalue::Length(place) => {
                let spot = self.spot(place);
                Held::Scalar(self.length_of(spot))
            }
            Rvalue::Aggregate(..) | Rvalue::Repeat(..) => return,
        };
        let spot = self.spot(place);
        self.write(spot, held);
    }

    /// The number of the variant that lies there, as an `isize`.
    pub(crate) fn variant_number(&mut self, spot: Spot) -> Value {
        match self.lowering.layout(spot.ty).tag {
            Some(tag) => {
                let number = self.load_scalar(spot.address, spot.offset, tag);
                if tag == Type::I64 { number } else { self.build().unary(Opcode::Extend, Type::I64, number) }
            }
            None => self.int(0),
        }
    }

    fn aggregate(&mut self, place: &Place, aggregate: Aggregate, operands: &[Operand]) {
        let (ty, variant) = match aggregate {
            Aggregate::Plain(ty) | Aggregate::Closure(ty) => (ty, None),
            Aggregate::Adt(ty, variant) => (ty, variant),
        };
        let ty = self.instantiate(ty);
        let values: Vec<Held> = operands.iter().map(|operand| self.operand(operand).0).collect();
        let reads_memory = values.iter().any(|value| matches!(value, Held::At(_)));
        let spot = self.spot(place);
        // What is read from memory might lie where the value goes: then it is made aside.
        let target = if reads_memory && !place.steps.is_empty()
            || reads_memory && operands.iter().any(|operand| mentions(operand, place))
        {
            let layout = self.lowering.layout(ty);
            let slot = self.add_slot(layout.size, layout.align);
            let address = self.build().slot_address(slot);
            Spot { address, offset: 0, ty, variant: None, length: None }
        } else {
            Spot { ty, ..spot }
        };
        self.fill(target, ty, variant, &values);
        if target.address != spot.address {
            self.write(spot, Held::At(target.address));
        }
    }

    pub(super) fn fill(&mut self, target: Spot, ty: Ty, variant: Option<u32>, values: &[Held]) {
        let layout = self.lowering.layout(ty);
        if let TyKind::Array(element, _) = self.lowering.program.types.kind(ty) {
            let size = self.lowering.layout(element).size;
            for (at, value) in values.iter().enumerate() {
                let spot = Spot { offset: target.offset + (at as u64 * size) as i64, ty: element, ..target };
                self.write(spot, *value);
            }
            return;
        }
        if let Some(tag) = layout.tag {
            let number = self.build().constant(tag, u128::from(variant.unwrap_or(0)));
            self.store_scalar(target.address, target.offset, tag, number);
        }
        let row = if layout.tag.is_some() { variant.unwrap_or(0) as usize } else { 0 };
        let types = self.lowering.parts(ty, variant);
        for (at, value) in values.iter().enumerate() {
            let (Some(&ty), Some(&offset)) = (types.get(at), layout.fields.get(row).and_then(|row| row.get(at))) else {
                continue;
            };
            let spot = Spot { offset: target.offset + offset as i64, ty, ..target };
            self.write(spot, *value);
        }
    }

    fn repeat(&mut self, place: &Place, operand: &Operand) {
        let (held, _) = self.operand(operand);
        let spot = self.spot(place);
        let TyKind::Array(element, length) = self.lowering.program.types.kind(spot.ty) else { return };
        let count = self.lowering.constant_of(length);
        let size = self.lowering.layout(element).size;
        if count <= 16 {
            for index in 0..count {
                self.write(Spot { offset: spot.offset + (index * size) as i64, ty: element, ..spot }, held);
            }
            return;
        }
        let base = self.address_of(spot);
        let [head, body, exit] = [0; 3].map(|_| self.function.add_block());
        let index = self.function.add_parameter(head, Type::I64);
        let zero = self.int(0);
        self.build().jump(head, &[zero]);
        self.block = head;
        let end = self.int(count * size);
        let more = self.build().compare(Condition::LessU, Type::I64, index, end);
        self.build().branch(more, (body, &[]), (exit, &[]));
        self.block = body;
        let address = self.build().offset(base, index);
        self.write(Spot { address, offset: 0, ty: element, variant: None, length: None }, held);
        let step = self.int(size);
        let next = self.build().binary(Opcode::Add, Type::I64, index, step);
        self.build().jump(head, &[next]);
        self.block = exit;
    }

    pub(crate) fn scalar_type(&mut self, ty: Ty) -> Type {
        match self.lowering.layout(ty).class {
            Class::Scalar(ty) => ty,
            _ => Type::I64,
        }
    }

    pub(crate) fn is_signed(&self, ty: Ty) -> bool {
        matches!(self.lowering.program.types.kind(ty), TyKind::Int(int) if int.is_signed())
    }

    fn binary(&mut self, op: BinaryOp, ty: Ty, a: &Operand, b: &Operand, checked: bool) -> Held {
        let ty = self.instantiate(ty);
        let (a, _) = self.operand(a);
        let (b, _) = self.operand(b);
        let (a, b) = match (a, b) {
            (Held::Scalar(a), Held::Scalar(b)) => (a, b),
            (Held::Fat(a, _), Held::Fat(b, _)) => (a, b),
            // `()` equals itself.
            _ => {
                return Held::Scalar(
                    self.build()
                        .constant(Type::Bool, u128::from(matches!(op, BinaryOp::Eq | BinaryOp::Le | BinaryOp::Ge))),
                );
            }
        };
        Held::Scalar(self.binary_values(op, ty, a, b, checked))
    }

    pub(crate) fn binary_values(&mut self, op: BinaryOp, ty: Ty, a: Value, b: Value, checked: bool) -> Value {
        use BinaryOp as B;
        let scalar = self.function.value_type(a);
        if op.is_comparison() {
            let signed = self.is_signed(ty) || scalar.is_float();
            let (less, less_equal) = if signed {
                (Condition::Less, Condition::LessEqual)
            } else {
                (Condition::LessU, Condition::LessEqualU)
            };
            if scalar == Type::Bool && !matches!(op, B::Eq | B::Ne) {
                let (a, b) = (
                    self.build().unary(Opcode::Extend, Type::I32, a),
                    self.build().unary(Opcode::Extend, Type::I32, b),
                );
                return self.binary_values(op, known::U32, a, b, false);
            }
            return match op {
                B::Eq => self.build().compare(Condition::Equal, scalar, a, b),
                B::Ne => self.build().compare(Condition::NotEqual, scalar, a, b),
                B::Lt => self.build().compare(less, scalar, a, b),
                B::Le => self.build().compare(less_equal, scalar, a, b),
                B::Gt => self.build().compare(less, scalar, b, a),
                _ => self.build().compare(less_equal, scalar, b, a),
            };
        }
        if scalar.is_float() {
            let opcode = match op {
                B::Add => Opcode::FloatAdd,
                B::Sub => Opcode::FloatSub,
                B::Mul => Opcode::FloatMul,
                B::Div => Opcode::FloatDiv,
                _ => Opcode::FloatRem,
            };
            return self.build().binary(opcode, scalar, a, b);
        }
        let signed = self.is_signed(ty);
        match op {
            B::And => self.build().binary(Opcode::And, scalar, a, b),
            B::Or => self.build().binary(Opcode::Or, scalar, a, b),
            B::Xor => self.build().binary(Opcode::Xor, scalar, a, b),
            B::Shl | B::Shr => self.shift(op, scalar, signed, a, b, checked),
            B::Div | B::Rem => self.divide(op, scalar, signed, a, b, checked),
            _ => {
                let (plain, unsigned, with_sign, word) = match op {
                    B::Add => (Opcode::Add, Opcode::AddOverflowU, Opcode::AddOverflowS, "add"),
                    B::Sub => (Opcode::Sub, Opcode::SubOverflowU, Opcode::SubOverflowS, "subtract"),
                    _ => (Opcode::Mul, Opcode::MulOverflowU, Opcode::MulOverflowS, "multiply"),
                };
                if !checked {
                    return self.build().binary(plain, scalar, a, b);
                }
                let opcode = if signed { with_sign } else { unsigned };
                let (value, overflow) = self.build().checked(opcode, scalar, a, b);
                let fine = self.build().unary(Opcode::Not, Type::Bool, overflow);
                self.assert(fine, &format!("attempt to {word} with overflow"), &[]);
                value
            }
        }
    }

    fn shift(&mut self, op: BinaryOp, scalar: Type, signed: bool, a: Value, b: Value, checked: bool) -> Value {
        let amount_type = self.function.value_type(b);
        if checked {
            // A negative amount is a large unsigned one.
            let width = self.build().constant(amount_type, u128::from(scalar.bits()));
            // Where the amount's type cannot hold the width, any non-negative amount may still be too large only for `i8` and 128 bits.
            let holds = if amount_type.bits() == 8 && scalar.bits() == 128 {
                let top = self.build().constant(amount_type, 127);
                self.build().compare(Condition::LessEqualU, amount_type, b, top)
            } else {
                self.build().compare(Condition::LessU, amount_type, b, width)
            };
            let word = if op == BinaryOp::Shl { "left" } else { "right" };
            self.assert(holds, &format!("attempt to shift {word} with overflow"), &[]);
        }
        let amount = match amount_type.bits() {
            32 => b,
            bits if bits < 32 => self.build().unary(Opcode::Extend, Type::I32, b),
            _ => self.build().unary(Opcode::Truncate, Type::I32, b),
        };
        let opcode = match (op, signed) {
            (BinaryOp::Shl, _) => Opcode::Shl,
            (_, true) => Opcode::ShrS,
            _ => Opcode::ShrU,
        };
        self.build().binary(opcode, scalar, a, amount)
    }

    fn divide(&mut self, op: BinaryOp, scalar: Type, signed: bool, a: Value, b: Value, checked: bool) -> Value {
        let is_div = op == BinaryOp::Div;
        if checked {
            let zero = self.build().constant(scalar, 0);
            let holds = self.build().compare(Condition::NotEqual, scalar, b, zero);
            let text = if is_div {
                "attempt to divide by zero"
            } else {
                "attempt to calculate the remainder with a divisor of zero"
            };
            self.assert(holds, text, &[]);
            if signed {
                let least = self.build().constant(scalar, 1 << (scalar.bits() - 1));
                let minus_one = self.build().constant(scalar, u128::MAX);
                let x = self.build().compare(Condition::NotEqual, scalar, a, least);
                let y = self.build().compare(Condition::NotEqual, scalar, b, minus_one);
                let fine = self.build().binary(Opcode::Or, Type::Bool, x, y);
                let text = if is_div {
                    "attempt to divide with overflow"
                } else {
                    "attempt to calculate the remainder with overflow"
                };
                self.assert(fine, text, &[]);
            }
        }
        let opcode = match (is_div, signed) {
            (true, true) => Opcode::DivS,
            (true, false) => Opcode::DivU,
            (false, true) => Opcode::RemS,
            (false, false) => Opcode::RemU,
        };
        self.build().binary(opcode, scalar, a, b)
    }

    fn unary(&mut self, op: UnaryOp, ty: Ty, value: Value) -> Value {
        let scalar = self.function.value_type(value);
        match op {
            UnaryOp::Not => self.build().unary(Opcode::Not, scalar, value),
            UnaryOp::Neg if scalar.is_float() => self.build().unary(Opcode::FloatNeg, scalar, value),
            UnaryOp::Neg => {
                let _ = ty;
                let least = self.build().constant(scalar, 1 << (scalar.bits() - 1));
                let holds = self.build().compare(Condition::NotEqual, scalar, value, least);
                self.assert(holds, "attempt to negate with overflow", &[]);
                let zero = self.build().constant(scalar, 0);
                self.build().binary(Opcode::Sub, scalar, zero, value)
            }
        }
    }

    /// An integer as one of another width.
    pub(crate) fn resize(&mut self, value: Value, to: Type, signed: bool) -> Value {
        let from = self.function.value_type(value);
        if from == to {
            return value;
        }
        let opcode = if from == Type::Bool || from.bits() < to.bits() {
            if signed { Opcode::ExtendS } else { Opcode::Extend }
        } else {
            Opcode::Truncate
        };
        self.build().unary(opcode, to, value)
    }

    fn cast(&mut self, held: Held, from: Ty, to: Ty) -> Held {
        let types = &self.lowering.program.types;
        let (from_kind, to_kind) = (types.kind(from), types.kind(to));
        // A reference to an array as one to a slice.
        if let (TyKind::Ref(a, _) | TyKind::Ptr(a, _), TyKind::Ref(b, _) | TyKind::Ptr(b, _)) = (from_kind, to_kind) {
            return match (types.kind(a), types.kind(b), held) {
                (TyKind::Array(_, length), TyKind::Slice(_), Held::Scalar(address)) => {
                    let count = self.lowering.constant_of(length);
                    let length = self.int(count);
                    Held::Fat(address, length)
                }
                (_, _, Held::Fat(address, _)) if !self.lowering.is_unsized(b) => Held::Scalar(address),
                _ => held,
            };
        }
        let value = match held {
            Held::Scalar(value) | Held::Fat(value, _) => value,
            other => return other,
        };
        let scalar = self.scalar_type(to);
        let source = self.function.value_type(value);
        let (signed_from, signed_to) = (self.is_signed(from), self.is_signed(to));
        Held::Scalar(match (from_kind, to_kind) {
            (TyKind::Float(_), TyKind::Float(_)) if source == scalar => value,
            (TyKind::Float(_), TyKind::Float(_)) => self.build().unary(Opcode::ConvertFloat, scalar, value),
            (TyKind::Float(_), TyKind::Int(_)) => {
                self.build().unary(if signed_to { Opcode::ToS } else { Opcode::ToU }, scalar, value)
            }
            (TyKind::Int(_), TyKind::Float(_)) => {
                self.build().unary(if signed_from { Opcode::FromS } else { Opcode::FromU }, scalar, value)
            }
            (TyKind::Adt(def, _), TyKind::Int(_)) if self.lowering.program.def(def).kind == DefKind::Enum => {
                self.discriminant(def, value, scalar)
            }
            _ => self.resize(value, scalar, signed_from),
        })
    }

    /// The discriminant of a variant's number.
    fn discriminant(&mut self, def: crate::items::DefId, number: Value, scalar: Type) -> Value {
        let values = self.lowering.program.discriminants_of(def);
        let source = self.function.value_type(number);
        if values.iter().enumerate().all(|(at, value)| *value == at as i128) {
            return self.resize(number, scalar, false);
        }
        let mut result = self.build().constant(scalar, values.first().copied().unwrap_or(0) as u128);
        for (at, value) in values.iter().enumerate().skip(1) {
            let key = self.build().constant(source, at as u128);
            let equal = self.build().compare(Condition::Equal, source, number, key);
            let value = self.build().constant(scalar, *value as u128);
            result = self.build().ternary(Opcode::Select, scalar, equal, value, result);
        }
        result
    }

    /// A message's text, with a place for each value, and the values.
    pub(crate) fn message(&mut self, message: &Message) -> (String, Vec<Value>) {
        let mut text = String::new();
        let mut values = Vec::new();
        let escape = |text: &str| text.replace('{', "{{").replace('}', "}}");
        for (at, (operand, ty, debug)) in message.values.iter().enumerate() {
            text.push_str(&escape(&message.texts[at]));
            let ty = self.instantiate(*ty);
            if self.is_text(ty) {
                // Its address and length: whoever reads the record reads it there.
                if let Held::Fat(address, length) = self.operand(operand).0 {
                    text.push_str(if *debug { "{str?}" } else { "{str}" });
                    values.extend([address, length]);
                    continue;
                }
            }
            if !self.lowering.program.types.is_scalar(ty) {
                text.push_str(&format!("<{}>", self.lowering.program.type_name(ty)));
                continue;
            }
            let name = self.lowering.program.type_name(ty);
            let mark = if *debug && matches!(name.as_str(), "f32" | "f64" | "char") { "?" } else { "" };
            text.push_str(&format!("{{{name}{mark}}}"));
            let value = self.scalar(operand);
            values.push(value);
        }
        if let Some(last) = message.texts.last() {
            text.push_str(&escape(last));
        }
        (text, values)
    }

    /// Whether a value of the type is a text's address and length.
    fn is_text(&self, ty: Ty) -> bool {
        let types = &self.lowering.program.types;
        matches!(types.kind(ty), TyKind::Ref(target, _) if types.kind(target) == TyKind::Str)
    }

    pub(super) fn print(&mut self, message: &Message) {
        let mut text = String::new();
        let mut values = Vec::new();
        let escape = |text: &str| text.replace('%', "%%");
        for (at, (operand, ty, _)) in message.values.iter().enumerate() {
            text.push_str(&escape(&message.texts[at]));
            let ty = self.instantiate(*ty);
            let value = self.scalar(operand);
            let (form, value) = match self.lowering.program.types.kind(ty) {
                TyKind::Int(int) if int.bits() == 64 => (if int.is_signed() { "%lld" } else { "%llu" }, Some(value)),
                TyKind::Int(int) if int.bits() < 64 => {
                    (if int.is_signed() { "%d" } else { "%u" }, Some(self.resize(value, Type::I32, int.is_signed())))
                }
                TyKind::Float(_) => ("%g", Some(value)),
                TyKind::Bool => ("%d", Some(self.resize(value, Type::I32, false))),
                TyKind::Char => ("%c", Some(value)),
                TyKind::Ptr(target, _) | TyKind::Ref(target, _) if !self.lowering.is_unsized(target) => {
                    ("%p", Some(value))
                }
                _ => {
                    let what = format!("a value of type `{}` in `gpu_printf!`", self.lowering.program.type_name(ty));
                    self.refuse_here(&what);
                    ("", None)
                }
            };
            text.push_str(form);
            values.extend(value);
        }
        if let Some(last) = message.texts.last() {
            text.push_str(&escape(last));
        }
        let format = self.lowering.module.strings.intern(&text);
        let c = self.function.add_values(&values);
        let data = rustg_mir::function::InstData {
            a: format.0,
            c,
            ..rustg_mir::function::InstData::new(Opcode::Print, Type::Void)
        };
        self.build().push(data);
    }
}

fn mentions(operand: &Operand, place: &Place) -> bool {
    match operand {
        Operand::Copy(from) | Operand::Move(from) => from.local == place.local,
        Operand::Const(_) => false,
    }
}
